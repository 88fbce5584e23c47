"""The face model: one mesh, the targets that make it a person, the units that make it an
expression."""

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from .errors import StudioError

MODEL_PATH = Path(__file__).resolve().parents[2] / "datasets" / "face_model.npz"


@dataclass(frozen=True, eq=False)
class FaceModel:
    """The arrays of ``datasets/face_model.npz`` and what follows from them; lengths in mm, origin
    between the eyes.

    V = 5,531 vertices, T = 10,740 triangles, x to the picture's right in front view, y up, z
    towards the camera. What the file holds cannot be written to: change a copy.
    """

    arrays: dict

    def __getattr__(self, name):
        try:
            return self.__dict__["arrays"][name]
        except KeyError:
            raise AttributeError(f"The face model has no array {name!r}.") from None

    @cached_property
    def triangles(self):
        """(T,3) int32, counter-clockwise seen from outside."""
        return self.arrays["triangles"].astype(np.int32)

    @cached_property
    def part(self):
        """Part name -> number, as in ``triangle_parts`` and ``Frame.parts``."""
        return {str(name): i for i, name in enumerate(self.part_names)}

    @cached_property
    def targets(self):
        """Target displacements, (172, V, 3) float32 mm."""
        return self._dense("target", len(self.target_names))

    @cached_property
    def names(self):
        """Names of the targets, in the order of the weights."""
        return tuple(str(n) for n in self.target_names)

    @cached_property
    def units(self):
        """Expression unit name -> (vertex indices (k,), displacements (k,3) float32 mm)."""
        return {str(n): self._sparse("unit", i) for i, n in enumerate(self.unit_names)}

    @cached_property
    def weight_head(self):
        """(V,) float32: 1 where a vertex follows the head, 0 where it stays with the shoulders."""
        s = self.mean[:, 1] + 0.45 * (self.mean[:, 2] + 60)
        return smoothstep(-140, -66, s).astype(np.float32)

    def vertices_of(self, *parts):
        """Vertices (n,) of these parts, in order."""
        chosen = np.isin(self.triangle_parts, [self.part[name] for name in parts])
        return np.unique(self.triangles[chosen])

    def _sparse(self, kind, i):
        a, b = self.arrays[f"{kind}_start"][i : i + 2]
        delta = self.arrays[f"{kind}_delta"][a:b] * self.arrays[f"{kind}_scale"][i]
        index = self.arrays[f"{kind}_index"][a:b].astype(np.intp)
        return _frozen(index), _frozen(delta.astype(np.float32))

    def _dense(self, kind, count):
        fields = np.zeros((count, *self.template.shape), np.float32)
        for i in range(count):
            index, delta = self._sparse(kind, i)
            fields[i, index] = delta
        return _frozen(fields)

    def shape(self, weights):
        """Neutral vertices (V,3) float32 of the person with these target weights (n,), eyes at the
        origin."""
        weights = np.asarray(weights, np.float32)
        moved = np.einsum("t,tvk->vk", weights, self.targets)  # one sum in one order, unlike BLAS
        return self.centred(self.template + moved)

    def centred(self, vertices):
        """Move a shape up/down and back/forth so that its eyes' middle is the origin."""
        middle = np.mean([vertices[e].mean(0) for e in (self.eye_right, self.eye_left)], 0)
        return (vertices - middle * np.float32([0, 1, 1])).astype(np.float32)


def _frozen(array):
    """The array itself, closed for writing."""
    array.setflags(write=False)
    return array


def smoothstep(low, high, x):
    """0 below ``low``, 1 above ``high``, a smooth cubic between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


@cache
def load_model(path=MODEL_PATH):
    """Read the face model once.

    Raises
    ------
    StudioError
        The file is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            return FaceModel({name: _frozen(archive[name]) for name in archive.files})
    except (OSError, ValueError) as error:
        raise StudioError(
            f"{path.name} cannot be read ({error}): restore it with 'git checkout datasets'."
        ) from error
