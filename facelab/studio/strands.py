"""Hair of all kinds as strands: the common shape, and how a person's strands are put together."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

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
        lengths = np.diff(self.starts)
        points = np.repeat(keep, lengths)
        starts = np.concatenate([[0], np.cumsum(lengths[keep])]).astype(np.int32)
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

    @cached_property
    def root_of_point(self):
        """(P,) int32: the face-model vertex that each point hangs on."""
        return np.repeat(self.root, np.diff(self.starts))

    @cached_property
    def thin(self):
        """(P,) bool: where a strand is a hair and not a lock."""
        return self.width < LOCK

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
