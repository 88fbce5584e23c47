"""Teeth that stay in the mouth: where a jaw is narrow, they would come out through the chin."""

from functools import cache

import numpy as np

from .model import load_model
from .raster import rasterise

# Mouths in which teeth come out first: shouts, laughs, lips forward or apart, a jaw to each side.
WIDE = (
    {"jawOpen": 1},
    {"jawOpen": 0.7, "mouthSmile": 1},
    {"jawOpen": 0.35, "mouthSmile": 1},
    {"jawOpen": 0.4, "mouthFunnel": 1},
    {"jawOpen": 0.4, "mouthStretch": 1},
    {"jawOpen": 0.5, "jawLeft": 1},
    {"jawOpen": 0.5, "jawRight": 1},
)
CLEAR = 3.5  # mm of lip or chin that a tooth has before it
OPEN = 14.0  # mm behind the front of a tooth, past which one looks into the open mouth
ALONG = 5.0  # mm along the row over which neighbours are moved too
REACH, PER_MM = 48, 2  # half the width of the window on the mouth in mm, and its samples per mm


def seated(neutral):
    """A neutral shape with its teeth so far back that skin hides them in each of ``WIDE``.

    Parameters
    ----------
    neutral : (V,3) float32, mm

    Returns
    -------
    (V,3) float32: teeth moved along z, all else as it was
    """
    teeth, skin, moves = _mouth()
    ahead = np.zeros(len(teeth), np.float32)
    for move in moves:
        shape = neutral + move
        out = shape[teeth, 2] + CLEAR - _front(shape, skin, shape[teeth, :2])
        ahead = np.maximum(ahead, np.where(out < CLEAR + OPEN, out, 0))
    x = neutral[teeth, 0]
    beside = np.exp(-(((x[:, None] - x) / ALONG) ** 2) / 2)
    shape = neutral.copy()
    shape[teeth, 2] -= (beside * ahead).max(1)
    return shape


@cache
def teeth_of(model):
    """Vertices (n,) of the teeth."""
    return model.vertices_of("teeth")


@cache
def _mouth():
    """Vertices (n,) of the teeth, triangles (T,3) of what hides them, and how each of ``WIDE``
    moves the model's vertices, a list of (V,3)."""
    model = load_model()
    covers = [model.part[name] for name in ("skin", "lips")]
    moves = []
    for weights in WIDE:
        move = np.zeros_like(model.mean)
        for unit, (index, delta) in model.units.items():
            weight = weights.get(unit, weights.get(unit.removesuffix("Left").removesuffix("Right")))
            if weight:
                move[index] += weight * delta
        moves.append(move)
    return teeth_of(model), model.triangles[np.isin(model.triangle_parts, covers)], moves


def _front(shape, triangles, places):
    """Height z (n,) in mm of the foremost surface at places (n,2), as it is seen from the front."""
    size = 2 * REACH * PER_MM
    corner = np.float32([-REACH, places[:, 1].mean() - REACH])
    points = ((shape[:, :2] - corner) * PER_MM).astype(np.float32)
    depth, ids = np.full((size, size), -1e9, np.float32), np.empty((size, size), np.int32)
    drop, z = np.zeros(len(triangles), np.uint8), np.ascontiguousarray(shape[:, 2])
    rasterise(points, z, triangles, drop, depth, ids, 0, 0, size)
    x, y = np.clip(((places - corner) * PER_MM).T.astype(int), 0, size - 1)
    return depth[y, x]
