"""Hair of all kinds as strands: the common shape, and how a person's strands are put together."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from .model import load_model
from .raster import compiled, helper

GOLDEN = (5**0.5 - 1) / 2  # its multiples are spread evenly over [0, 1]
BEND = np.float32(0.25)  # of a pixel, by which a strand drawn from afar may be off
# Wider strands are locks, which hide what is behind them; thinner ones are hairs, which cover a
# share of it (``hairs.draw_hairs``).
LOCK = np.float32(0.8)  # mm


@dataclass(frozen=True, eq=False)
class Strands:
    """Many thin curves that grow on the face model.

    Attributes
    ----------
    points : (P,3) float32 mm, all strands one after the other, root first, on the person's neutral
        shape
    starts : (S+1,) int32, where each strand begins in ``points``
    root : (S,) int32, vertex of the face model at which each strand grows
    width : (P,) float32 mm
    colour : (P,3) float32 linear albedo
    part : (S,) uint8, part number (hair, beard, brows, lashes)
    follows : (P,) float32, 1 where a point moves with the head, 0 with the shoulders
    """

    points: np.ndarray
    starts: np.ndarray
    root: np.ndarray
    width: np.ndarray
    colour: np.ndarray
    part: np.ndarray
    follows: np.ndarray

    @classmethod
    def empty(cls):
        """No strand at all."""
        none = np.zeros(0, np.float32)
        return cls(
            none.reshape(0, 3),
            np.zeros(1, np.int32),
            np.zeros(0, np.int32),
            none,
            none.reshape(0, 3),
            np.zeros(0, np.uint8),
            none,
        )

    @classmethod
    def joined(cls, pieces):
        """One set of strands of several."""
        pieces = [p for p in pieces if len(p.root)] or [cls.empty()]
        offsets = np.cumsum([0] + [len(p.points) for p in pieces])
        starts = np.concatenate(
            [p.starts[:-1] + o for p, o in zip(pieces, offsets, strict=False)] + [offsets[-1:]]
        )
        rest = {
            n: np.concatenate([getattr(p, n) for p in pieces])
            for n in ("points", "root", "width", "colour", "part", "follows")
        }
        return cls(starts=starts.astype(np.int32), **rest)

    def chosen(self, keep):
        """Only the strands where ``keep`` (S,) bool is True."""
        return self._of(np.repeat(keep, np.diff(self.starts)), keep)

    def _of(self, points, keep):
        """Only the strands where ``keep`` (S,) and of them the points where ``points`` (P,)."""
        counts = np.add.reduceat(points, self.starts[:-1], dtype=np.int32)[keep]
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        return Strands(
            self.points[points],
            starts,
            self.root[keep],
            self.width[points],
            self.colour[points],
            self.part[keep],
            self.follows[points],
        )

    def shortened(self, share):
        """The same strands, each only ``share`` (S,) as large."""
        roots = np.repeat(self.starts[:-1], np.diff(self.starts))
        share = np.repeat(np.float32(share), np.diff(self.starts))[:, None]
        origin = self.points[roots]
        return replace(self, points=origin + share * (self.points - origin))

    def from_afar(self, pixel):
        """The strands as pixels show them that cover ``pixel`` mm, a whole number >= 1.

        Of as many hairs one is drawn, which is as many times as wide (Cook et al. 2007, "Stochastic
        simplification of aggregate detail"), but each of brows and lashes, which are few; points
        without which hardly a pixel changes are left out, and no strand covers less without them.

        Returns
        -------
        Strands, and which strands (S,) are among them
        """
        part = load_model().part
        many = (self.part == part["hair"]) | (self.part == part["beard"])
        hair = many & self.thin[self.starts[:-1]]
        stay = ~hair | evenly_strewn(len(hair), 1 / pixel)
        points = np.repeat(stay, np.diff(self.starts))
        leave_out_straight(self.points, self.starts, BEND * np.float32(pixel), points)
        fewer = self._of(points, stay)
        times = np.where(hair, np.float32(pixel), np.float32(1))[stay]
        times *= self.areas[stay] / fewer.areas
        wider = fewer.width * np.repeat(times, np.diff(fewer.starts))
        seen = replace(fewer, width=wider)
        vars(seen).update(thin=self.thin[points])  # however wide, a hair stays one
        return seen, stay

    @cached_property
    def root_of_point(self):
        """(P,) int32: the face-model vertex that each point hangs on."""
        return np.repeat(self.root, np.diff(self.starts))

    @cached_property
    def thin(self):
        """(P,) bool: where a strand is a hair and not a lock."""
        return self.width < LOCK

    @property
    def areas(self):
        """(S,) float32 mm2 that each strand covers, seen from the side."""
        length = np.linalg.norm(np.diff(self.points, axis=0), axis=1)
        pieces = np.append(length * (self.width[1:] + self.width[:-1]) / 2, np.float32(0))
        pieces[self.starts[1:] - 1] = 0  # from one strand to the next
        return np.maximum(np.add.reduceat(pieces, self.starts[:-1]), np.float32(1e-6))

    @property
    def triangles(self):
        """Two triangles per strand segment over ribbon vertices (2P): (2(P-S),3) int32."""
        inner = np.ones(len(self.points), bool)
        inner[self.starts[1:] - 1] = False
        p = 2 * np.flatnonzero(inner).astype(np.int32)
        return np.stack(
            [np.stack([p, p + 1, p + 2], 1), np.stack([p + 1, p + 3, p + 2], 1)], 1
        ).reshape(-1, 3)

    @property
    def triangle_parts(self):
        """Part number of each triangle."""
        return np.repeat(self.part, 2 * np.maximum(np.diff(self.starts) - 1, 0))


def evenly_strewn(count, share):
    """True (count,) for a ``share`` of things, evenly strewn over their numbers and always the
    same."""
    return np.arange(count) * GOLDEN % 1 < share


@compiled
def leave_out_straight(points, starts, slack, kept):
    """Unmark inner points (P,3) of strands that lie within ``slack`` of the straight line between
    those before and behind that stay ``kept`` (P,) bool."""
    for s in range(len(starts) - 1):
        before = starts[s]
        for p in range(starts[s] + 1, starts[s + 1] - 1):
            straight = True
            for q in range(before + 1, p + 1):
                straight &= _aside(points, before, q, p + 1) < slack
            if straight:
                kept[p] = False
            else:
                before = p


@helper
def _aside(points, a, q, b):
    """Distance of point ``q`` from the line through ``a`` and ``b``."""
    dx, dy, dz = (
        points[b, 0] - points[a, 0],
        points[b, 1] - points[a, 1],
        points[b, 2] - points[a, 2],
    )
    x, y, z = (
        points[q, 0] - points[a, 0],
        points[q, 1] - points[a, 1],
        points[q, 2] - points[a, 2],
    )
    along = (x * dx + y * dy + z * dz) / max(dx * dx + dy * dy + dz * dz, np.float32(1e-12))
    x, y, z = x - along * dx, y - along * dy, z - along * dz
    return np.sqrt(x * x + y * y + z * z)
