"""What each score says about pictures whose worth is known: without these rows it says little.

A ``SwapCase`` is one swap and all that the studio knows about it: identity from B, everything else
from A. ``calibration`` gives the pictures that stand beside every method in a table.
"""

from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import NamedTuple

import cv2
import numpy as np

from facelab.faces import embed, landmarks
from facelab.measure.readings import framed
from facelab.studio import Person, Scene, render

SIZE = 256
BLURS = (1.0, 1.5, 2.0)  # pixels, sigma
CROWD = range(64)  # seeds of the people whose mean wears the mean face: none is ever in a case


@dataclass(frozen=True)
class SwapCase:
    """One swap whose true answer is known.

    Attributes
    ----------
    a, b : Person, who is faked and whose face it gets
    scene : Scene, of the target
    source_scene : Scene, of the picture of B that a method may look at
    tone : "a" or "b", whose skin tone the truth has: "a" for methods that match colours
    size : int, height of the pictures
    """

    a: Person
    b: Person
    scene: Scene
    source_scene: Scene = Scene()
    tone: str = "a"
    size: int = SIZE

    @cached_property
    def target(self):
        """Frame of A: what is faked."""
        return self._render(self.a)

    @cached_property
    def source(self):
        """Frame of B in ``source_scene``: what a method may look at."""
        return self._render(self.b, self.source_scene)

    @cached_property
    def truth(self):
        """Frame of the true swap."""
        return self._render(self.swapped)

    @cached_property
    def neutral(self):
        """Frame of the true swap with no expression."""
        return self._render(self.swapped, self.scene.with_(expression={}))

    @cached_property
    def target_reading(self):
        """What dlib reads in the target, sought where the true swap has its face."""
        return read(self.target.image, self.truth)

    @cached_property
    def truth_reading(self):
        """What dlib reads in the truth: the floor of every estimate."""
        return read(self.truth.image, self.truth)

    @property
    def swapped(self):
        """A with the face of B."""
        return self.a.with_face_of(self.b, self.tone)

    def _render(self, person, scene=None):
        return render(person, scene or self.scene, size=self.size)


class FaceReading(NamedTuple):
    """dlib's 68 points (68,2) in pixels and its embedding (128,)."""

    points: np.ndarray
    code: np.ndarray


def read(image, frame):
    """dlib's points and embedding of the face in a picture, sought where it is in ``frame``.

    The box is the true one, so that no picture drops out because a detector misses its face.
    """
    face = framed(frame)
    points = landmarks(image, face)
    return FaceReading(points, embed(image, replace(face, landmarks=points)))


def calibration(case, other_scene):
    """The rows that tell what a score means, as pictures.

    Parameters
    ----------
    case : SwapCase
    other_scene : Scene, from which "truth of another scene" comes

    Returns
    -------
    dict : name -> (H,W,3) uint8 RGB, from the worst guess to the truth itself
    """
    mean = case.a.with_face_of(mean_person(), case.tone)
    truth = case.truth.image
    return {
        "copy of the target": case.target.image,
        "mean face": render(mean, case.scene, size=case.size).image,
        "truth of another scene": render(case.swapped, other_scene, size=case.size).image,
        **{f"truth blurred {sigma:g} px": blurred(truth, sigma) for sigma in BLURS[::-1]},
        "truth": truth,
    }


@cache
def mean_person(seeds=CROWD):
    """The mean of many people, nobody in particular: shapes and colours averaged, clean-shaven."""
    mean = Person.from_seed(seeds[0])
    for n, seed in enumerate(seeds[1:], 2):
        mean = Person.between(mean, Person.from_seed(seed), 1 / n)
    return replace(mean, looks=replace(mean.looks, beard="none"))


def blurred(image, sigma):
    """A picture under a Gaussian of ``sigma`` pixels."""
    return cv2.GaussianBlur(np.ascontiguousarray(image), (0, 0), sigma)
