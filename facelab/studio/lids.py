"""Blinks that fit the person: the lids meet instead of crossing, and the lashes turn with them."""

from functools import cache

import numpy as np

from .facial_hair import lash_grids
from .geometry import add_unit
from .model import load_model

# Upper and lower edge of the right lids, vertex by vertex from the outer to the inner corner.
UPPER, LOWER = (12, 9, 6, 0, 1, 54, 57, 60), (30, 33, 36, 41, 44, 47, 50, 53)
OVERLAP = 0.3  # mm by which closed lids overlap, so that no eyeball shines through
# Radians by which upper lashes turn down as the eye closes, and the part of it for a look down.
LASH_TURN, LOOKING_DOWN = 1.2, 0.3


def lid_edges(model, side):
    """Vertices (n,) of the upper and of the lower lid's edge, from the picture's left to its
    right."""
    edges = np.array([UPPER, LOWER])
    return edges if side == "Right" else model.neighbours.astype(np.intp)[edges][:, ::-1]


def fitted_blink(model, neutral, side):
    """The unit eyeBlinkLeft or -Right of a person, as (indices (k,), displacements (k,3) mm).

    The model's unit closes eyes that are wide open; on most faces the lids would cross. Its
    displacement is scaled along the lid so that at weight 1 the edges meet everywhere.

    Parameters
    ----------
    model : FaceModel
    neutral : (V,3) float32, mm, the person's neutral shape
    side : "Left" or "Right"
    """
    index, delta = model.units[f"eyeBlink{side}"]
    moved = np.zeros_like(neutral)
    moved[index] = delta
    upper, lower = lid_edges(model, side)
    opening = neutral[upper, 1] - neutral[lower, 1]
    travel = np.maximum(moved[lower, 1] - moved[upper, 1], 1e-3)
    scale = np.clip((opening + OVERLAP) / travel, 0, 1.6)
    along = np.interp(neutral[index, 0], neutral[upper, 0], scale)
    return index, delta * along[:, None].astype(np.float32)


def lash_swings(strands):
    """How the upper lashes of a person's strands turn about their roots.

    Returns
    -------
    dict, side -> (indices (k,) of strand points, displacements (k,3) mm for the cosine less 1 and
        for the sine of the angle by which they turn down)
    """
    first, last = strands.starts[:-1], strands.starts[1:]
    swings = {}
    for side, row in _upper_rows().items():
        ours = np.flatnonzero(np.isin(strands.root, row))
        index = np.flatnonzero(np.isin(strands.root_of_point, row))
        roots = np.repeat(first[ours], last[ours] - first[ours])
        _, y, z = (strands.points[index] - strands.points[roots]).T
        clear = 1.2 + 1.3 * np.minimum(np.hypot(y, z), 2)  # of the lower lid
        swings[side] = index, np.stack([0 * y, y, z], 1), np.stack([0 * y, -z, y + clear], 1)
    return swings


@cache
def _upper_rows():
    """Side -> vertices at which its upper lashes grow."""
    mean, rows = load_model().mean, {}
    for grid in lash_grids():
        if mean[grid[:, -1], 1].mean() > mean[grid[:, 0], 1].mean():
            rows["Left" if mean[grid[:, 0], 0].mean() > 0 else "Right"] = grid[:, 0]
    return rows


def turn_lashes(points, swings, weights):
    """Turn upper lashes among strand points (P,3) as far as the lids have come down."""
    for side, (index, across, ahead) in swings.items():
        looking = weights.get(f"eyeLookDown{side}", 0)
        angle = LASH_TURN * (weights.get(f"eyeBlink{side}", 0) + LOOKING_DOWN * looking)
        if angle > 0:
            add_unit(points, index, across, np.float32(np.cos(angle) - 1))
            add_unit(points, index, ahead, np.float32(np.sin(angle)))
