"""Light as the shader reads it, and the depth maps that say where it does not reach."""

from functools import cache, lru_cache

import numpy as np

from .model import load_model
from .raster import ALWAYS, BEHIND, compiled, rasterise, rasterise_strands

SHADOW_SIZE, SHADOW_REACH = 352, 500.0  # texels and mm that the shadow map covers
NO_SHADOW = np.zeros((1, 1), np.float32)


def light_numbers(light, pulse=0.0):
    """A Light as the 18 numbers that the shader reads: direction, key, sky, ground, fill, flat,
    softness, pulse."""
    d = np.array(light.direction) / np.linalg.norm(light.direction)
    spread = 0.35 + 1.6 * light.softness
    numbers = *d, *light.colour, *light.sky, *light.ground, *light.fill
    return np.float32([*numbers, light.flat, spread, pulse])


def shadow_frame(light, offset):
    """Rows (3,4) that take a point in mm to shadow texel x, y and depth towards the light."""
    return _frame_towards(*light[:3].tolist(), offset)


@lru_cache(maxsize=8)
def _frame_towards(x, y, z, offset):
    side = np.array([z - 0.02 * y, 0.02 * x, -x])  # across (0, 1, .02) and the light
    side /= np.linalg.norm(side)
    a, b, c = side
    axes = np.array([side, [z * b - y * c, x * c - z * a, y * a - x * b], [x, y, z]])  # y down
    middle = np.array([offset, -60, -60])
    scale = np.array([SHADOW_SIZE / SHADOW_REACH] * 2 + [1.0])[:, None]
    move = -scale[:, 0] * (axes @ middle) + [SHADOW_SIZE / 2, SHADOW_SIZE / 2, 0]
    return np.concatenate([axes * scale, move[:, None]], 1).astype(np.float32)


def empty_map():
    """A shadow map (S,S) float32 that nothing stands in."""
    return np.full((SHADOW_SIZE, SHADOW_SIZE), -1e9, np.float32)


def cast_shadow(depth, frame, vertices, hair_points, strands, thing, rows=(0, SHADOW_SIZE)):
    """Draw the depth of the surface nearest to the light into ``rows`` of a shadow map."""
    ids = np.empty(depth.shape, np.int32)
    double_sided = np.zeros(len(thing.triangles), np.uint8)
    for points, triangles, drop in (
        (vertices, load_model().triangles, mesh_drop()),
        (thing.vertices, thing.triangles, double_sided),
    ):
        rasterise(*_in_light(frame, points), triangles, drop, depth, ids, 0, *rows)
    place, near = _in_light(frame, hair_points)
    half = strands.width * np.float32(SHADOW_SIZE / SHADOW_REACH)
    # every second lock; hairs let light through
    hair = place, near, strands.starts, half, strands.thin, 2, depth, ids, 0
    rasterise_strands(*hair, *rows)


def _in_light(frame, points):
    """Shadow texels (n,2) and depth towards the light (n,) of points (n,3) in mm."""
    place, near = np.empty((len(points), 2), np.float32), np.empty(len(points), np.float32)
    turn_to_light(frame, points, place, near)
    return place, near


@compiled
def turn_to_light(frame, points, place, near):
    """What ``_in_light`` says."""
    for p in range(len(points)):
        x, y, z = points[p, 0], points[p, 1], points[p, 2]
        place[p, 0] = frame[0, 0] * x + frame[0, 1] * y + frame[0, 2] * z + frame[0, 3]
        place[p, 1] = frame[1, 0] * x + frame[1, 1] * y + frame[1, 2] * z + frame[1, 3]
        near[p] = frame[2, 0] * x + frame[2, 1] * y + frame[2, 2] * z + frame[2, 3]


@cache
def mesh_drop():
    """Skin drops what is seen from behind; the model's lash cards are never drawn, since strands
    are."""
    model = load_model()
    return np.where(model.triangle_parts == model.part["lashes"], ALWAYS, BEHIND).astype(np.uint8)
