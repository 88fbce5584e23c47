"""Teeth that stay in the mouth: where a jaw is narrow, they would come out through the chin."""

from functools import cache

import numpy as np

from .landmarks import blend
from .model import load_model, smoothstep
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
# In mm: how far the upper and the lower row's edge end below the line where the lips meet, how far
# the upper row's front lies behind that line, and the lower row's behind the upper's.
SHOWN, LOWER_EDGE, BEHIND, OVERJET = 2.6, 0.6, 4.5, 2.5
FRONT = 6.0  # mm from the midline: the front teeth
MOLARS = 25.0  # mm behind them
CLEAR = 3.5  # mm of lip or chin that a tooth has before it
OPEN = 14.0  # mm behind the front of a tooth, past which one looks into the open mouth
ALONG = 5.0  # mm along the row over which neighbours are moved too
MOUTH = np.float32([0, -70, 0])  # mm, its place in the mean head
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
    neutral = behind_the_lips(neutral)
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


def behind_the_lips(neutral):
    """A neutral shape with its teeth where lips leave them in view: the upper row's edge ``SHOWN``
    below the line where the lips meet and close behind them, the lower row behind that.

    At rest the upper front teeth end a little below the upper lip's edge, so that they are seen in
    a smile and with every open mouth (Vig and Brundo 1978: 1 to 3 mm with parted lips).
    """
    lower, upper = np.split(teeth_of(load_model()), 2)  # the model's order
    _, meeting_y, meeting_z = blend(neutral, *_meeting())
    shape = neutral.copy()
    for row, edge, below, behind in (
        (upper, neutral[upper, 1].min(), SHOWN, BEHIND),
        (lower, neutral[lower, 1].max(), LOWER_EDGE, BEHIND + OVERJET),
    ):
        front = neutral[row][np.abs(neutral[row, 0]) < FRONT, 2].max()
        share = smoothstep(-MOLARS, 0, neutral[row, 2] - front)  # back teeth keep their place
        shape[row, 1] += share * (meeting_y - below - edge)
        shape[row, 2] += share * (meeting_z - behind - front)
    return shape


@cache
def _meeting():
    """Vertices and weights of the point where the lips meet in the middle, see ``blend``."""
    model, rows = load_model(), [62 - 17, 66 - 17]
    return model.landmark_vertices[rows].ravel(), model.landmark_weights[rows].ravel() / 2


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
    around = np.abs(model.mean - MOUTH).max(1)[model.triangles].min(1) < 2 * REACH
    hiding = np.isin(model.triangle_parts, covers) & around
    return teeth_of(model), model.triangles[hiding], moves


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
