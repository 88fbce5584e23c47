"""Blinks that fit the person: the lids meet instead of crossing."""

import numpy as np

# Upper and lower edge of the right lids, vertex by vertex from the outer to the inner corner.
UPPER, LOWER = (12, 9, 6, 0, 1, 54, 57, 60), (30, 33, 36, 41, 44, 47, 50, 53)
OVERLAP = 0.3  # mm by which closed lids overlap, so that no eyeball shines through


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
    scale = np.clip((opening + OVERLAP) / travel, 0, 1.2)
    along = np.interp(neutral[index, 0], neutral[upper, 0], scale)
    return index, delta * along[:, None].astype(np.float32)
