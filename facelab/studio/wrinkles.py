"""Wrinkles: curves on the mean head that grow deeper with age, as a relief in millimetres."""

from functools import cache

import cv2
import numpy as np

from .model import smoothstep
from .texels import FACE, HEIGHT, RANGE, TOP, WIDTH, atlas, coarse_noise, grown

# On the right half of the mean head: (x, y) in mm along each, then its depth and half width in mm.
# A curve that begins left of the middle goes on in its mirror image.
WRINKLES = {
    "lids": [
        ((15, -1), (19, 3.4), (25, 6.0), (32, 6.4), (39, 4), (44, -0.5), 0.35, 0.8),
    ],
    "forehead": [
        ((-3, 33), (9, 34.5), (22, 36), (34, 34), (43, 30), 0.45, 1.1),
        ((-2, 43), (12, 45), (26, 46), (38, 43), (47, 38), 0.5, 1.2),
        ((-4, 53), (10, 55), (24, 56), (38, 52), 0.42, 1.2),
        ((-2, 64), (14, 65), (28, 64), 0.25, 1.2),
    ],
    "frown": [
        ((5, 8), (6.2, 14), (7, 20), (9.5, 26), 0.34, 1.0),
        ((-3, 3.5), (3, 3.8), (8, 2), 0.25, 1.0),
        ((-2, 0), (4, 0), (8, -2.5), 0.2, 0.9),
    ],
    "crow": [
        ((46.5, 0.5), (51, 4), (56, 9), (59, 14), 0.3, 0.7),
        ((47, -2), (52, -1), (58, 0.5), (62, 3), 0.32, 0.7),
        ((46.5, -4.5), (52, -6.5), (58, -8.5), (62, -9), 0.32, 0.7),
        ((45, -7), (50, -11), (55, -16), (58, -21), 0.28, 0.7),
        ((49, 1), (54, 3.5), (59, 6), 0.18, 0.6),
        ((49, -4), (55, -4.5), (60, -4.5), 0.18, 0.6),
    ],
    "under_eye": [
        ((15.5, -7.5), (20, -12), (27, -14.5), (35, -13.5), (41, -9.5), 0.28, 0.8),
        ((17, -6.5), (23, -9.8), (31, -11), (39, -8.3), 0.16, 0.6),
        ((14.5, -9), (18, -15.5), (24, -20.5), (32, -23.5), (38, -24), 0.5, 2.0),
        ((20, -12.5), (27, -17), (34, -18), (40, -15.5), 0.18, 0.7),
    ],
    "smile": [
        ((13.5, -38), (17.5, -43.5), (22, -51), (26, -59), (28.5, -67), (28.5, -73), 0.6, 2.6),
    ],
    "marionette": [
        ((23, -69), (25.5, -74), (27.5, -81), (27.5, -88), (25.5, -94), 0.6, 1.4),
        ((-2, -85), (5, -85.3), (11, -84), (15, -81.5), 0.35, 1.6),
        ((36, -80), (36, -90), (33, -99), 0.4, 2.4),
    ],
    "lips": [
        ((2.5, -57.5), (2.6, -51), 0.16, 0.7),
        ((6.8, -57), (7.6, -50), 0.2, 0.7),
        ((11, -58), (12.6, -51), 0.22, 0.7),
        ((15, -60), (17.5, -54), 0.2, 0.7),
        ((18.5, -63), (21.5, -58.5), 0.16, 0.7),
        ((4, -80), (4.5, -85), 0.1, 0.7),
        ((9, -79.5), (10.5, -84), 0.12, 0.7),
        ((14, -77.5), (16.5, -82), 0.14, 0.7),
    ],
    "cheek": [
        ((34, -43), (38, -51), (40, -60), (38, -70), 0.4, 2.4),
        ((42, -41), (47, -51), (48, -62), 0.3, 2.2),
        ((30, -30), (37, -33), (43, -38), 0.2, 1.8),
    ],
    "nose": [
        ((6.5, -1), (9.5, -7), (11, -14), 0.4, 0.9),
        ((9.5, 3), (13, -3), (15.5, -11), 0.4, 0.9),
        ((-3, -4), (3, -4), (7, -6), 0.25, 0.9),
    ],
    "neck": [
        ((-3, -122), (14, -121), (30, -117), (44, -111), 0.5, 1.2),
        ((-3, -137), (16, -136), (34, -131), (50, -123), 0.55, 1.3),
        ((-3, -152), (18, -151), (40, -146), 0.4, 1.3),
    ],
}

# Age in years at which each group begins and is deepest; the share that is there from the start.
GROWTH = {
    "lids": (18, 60, 0.6),
    "forehead": (27, 74, 0.06),
    "frown": (30, 76, 0.03),
    "crow": (28, 70, 0.02),
    "under_eye": (24, 74, 0.12),
    "smile": (22, 74, 0.14),
    "marionette": (38, 80, 0.03),
    "lips": (48, 84, 0.0),
    "cheek": (48, 84, 0.0),
    "nose": (40, 90, 0.0),
    "neck": (30, 78, 0.08),
}
# Group -> how deep an expression presses it into an old face, in the table's depths; ``tension``
# says where which expression does.
PRESSED = {"forehead": 1.2, "frown": 2.5, "crow": 1.3, "nose": 1.8, "smile": 1.2}
SMOOTH = 0.5  # of that depth, in the youngest face


def wrinkle_depths(age, rng):
    """How far each group of wrinkles has grown at ``age`` years in one person.

    Returns
    -------
    dict, group -> float in [0, 1.25]: 0 none, 1 as deep as the table says
    """
    depths = {}
    for name, (start, full, floor) in GROWTH.items():
        grown_by_now = floor + (1 - floor) * smoothstep(start, full, age)
        depths[name] = float(grown_by_now * rng.uniform(0.55, 1.25))
    return depths


def wrinkles(age, rng):
    """One person's wrinkles: everybody's curves, bent and broken up by noise.

    Parameters
    ----------
    age : float, years
    rng : numpy.random.Generator

    Returns
    -------
    lasting, pressed : (HEIGHT, WIDTH) float32, reliefs in mm: below 0 in a crease, a little above
        0 beside it; those of a face at rest, and those that expressions add where skin is tense
    """
    lasting, layers = wrinkle_depths(age, rng), full_wrinkles()
    deep = SMOOTH + (1 - SMOOTH) * smoothstep(18, 65, age)
    pressed = {name: deep * depth for name, depth in PRESSED.items()}
    bend_u, bend_v, strength = (grown(coarse_noise(rng, size, 2))[FACE] for size in (34, 34, 26))
    v, u = np.mgrid[: bend_u.shape[0], : bend_u.shape[1]].astype(np.float32)
    u, v, strength = u + 5 * bend_u, v + 1.6 * bend_v, np.clip(0.95 + 0.3 * strength, 0.2, 1.5)
    reliefs = []
    for depths in (lasting, pressed):
        relief = np.zeros_like(u)
        for name, depth in depths.items():
            cv2.scaleAdd(layers[name], depth, relief, relief)
        whole = np.zeros((HEIGHT, WIDTH), np.float32)
        whole[FACE] = cv2.remap(relief, u, v, cv2.INTER_LINEAR) * strength
        reliefs.append(whole)
    return reliefs


@cache
def full_wrinkles():
    """Relief of each group of wrinkles when fully grown: name -> float32 in mm on ``FACE``, in the
    steps of float16."""
    space = np.stack([atlas()[k][FACE] for k in "xyz"])
    layers = {name: _group(lines, space).astype(np.float16) for name, lines in WRINKLES.items()}
    return {name: layer.astype(np.float32) for name, layer in layers.items()}


def _group(lines, space):
    layer = np.zeros(space.shape[1:], np.float32)
    for *points, depth, width in lines:
        _press(layer, space, np.float32(points), depth, width)
    return _stronger(layer, layer[:, ::-1])


def _stronger(a, b):
    return np.where(np.abs(a) > np.abs(b), a, b)


def _press(layer, space, points, depth, width):
    """Press one wrinkle into ``layer``: a groove between swellings that runs out at its ends."""
    curve = _curve(points)
    rows, columns = _around(space, curve, 4 * width)
    near = space[:, rows, columns]
    distance, place = _to_curve(near.reshape(3, -1).T, curve)
    fade = np.minimum(1, (4 * place * (1 - place) if points[0, 0] > 0 else 2.2 * (1 - place)))
    groove = np.exp(-((distance / width) ** 2)) - 0.3 * np.exp(-((distance / (2.6 * width)) ** 2))
    pressed = (-depth * np.maximum(fade, 0.01) ** 0.7 * groove).reshape(near.shape[1:])
    layer[rows, columns] = _stronger(pressed.astype(np.float32), layer[rows, columns])


def _curve(points, pieces=6):
    """A smooth curve (n,3) on the mean head through points (k,2); z follows the face."""
    ends = [2 * points[0] - points[1], *points, 2 * points[-1] - points[-2]]
    t = np.linspace(0, 1, pieces, endpoint=False, dtype=np.float32)[:, None]
    curve = [_between(*ends[k : k + 4], t) for k in range(len(points) - 1)]
    flat = np.concatenate([*curve, points[-1:]])
    return np.column_stack([flat, _front_depth(*flat.T)])


def _between(a, b, c, d, t):
    """Catmull and Rom 1974: the cubic from b to c whose slopes follow the neighbours a and d."""
    return b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))


def _front_depth(x, y):
    """z of the mean head's front at (x, y), by the texture's rows."""
    a = atlas()
    rows = np.clip(((TOP - y) / RANGE * HEIGHT).astype(int), 0, HEIGHT - 1)
    columns = np.abs(a["x"][rows, FACE[1]] - x[:, None]).argmin(1) + FACE[1].start
    return a["z"][rows, columns]


def _around(space, curve, margin):
    """Slices of ``FACE`` that hold everything within ``margin`` mm of the curve."""
    low, high = curve.min(0) - margin, curve.max(0) + margin
    inside = np.all((space >= low[:, None, None]) & (space <= high[:, None, None]), axis=0)
    return tuple(_span(inside.any(axis)) for axis in (1, 0))


def _span(flags):
    found = np.flatnonzero(flags)
    return slice(found[0], found[-1] + 1)


def _to_curve(points, curve):
    """Distance (n,) of points (n,3) to a polyline, and how far along it the nearest point lies."""
    place = np.zeros(len(points), np.float32)
    best = np.full_like(place, np.inf)
    for k, (start, end) in enumerate(zip(curve[:-1], curve[1:], strict=True)):
        way = end - start
        t = np.clip((points - start) @ way / (way @ way), 0, 1)
        distance = np.linalg.norm(points - start - t[:, None] * way, axis=1)
        nearer = distance < best
        best[nearer], place[nearer] = distance[nearer], (k + t[nearer]) / (len(curve) - 1)
    return best, place
