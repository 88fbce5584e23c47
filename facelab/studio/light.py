"""Light as the shader reads it, and the depth maps that say where it does not reach."""

from functools import cache, partial

import numpy as np

from .model import load_model
from .raster import ALWAYS, BEHIND, in_bands, rasterise, rasterise_strands

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
    d = light[:3]
    side = np.cross([0, 1, 0.02], d)
    side /= np.linalg.norm(side)
    axes = np.stack([side, -np.cross(d, side), d])  # y down, as in a picture
    middle = np.array([offset, -60, -60])
    scale = np.array([SHADOW_SIZE / SHADOW_REACH] * 2 + [1.0])[:, None]
    move = -scale[:, 0] * (axes @ middle) + [SHADOW_SIZE / 2, SHADOW_SIZE / 2, 0]
    return np.concatenate([axes * scale, move[:, None]], 1).astype(np.float32)


def shadow_map(frame, vertices, hair_points, strands, thing):
    """Depth of the surface nearest to the light, (S,S) float32."""
    depth = np.full((SHADOW_SIZE, SHADOW_SIZE), -1e9, np.float32)
    ids = np.empty((SHADOW_SIZE, SHADOW_SIZE), np.int32)
    scale = np.float32(SHADOW_SIZE / SHADOW_REACH)
    double_sided = np.zeros(len(thing.triangles), np.uint8)
    solids = (
        (vertices, load_model().triangles, mesh_drop()),
        (thing.vertices, thing.triangles, double_sided),
    )
    for points, triangles, drop in solids:
        place, near = _in_light(frame, points)
        solid = place, near, triangles, drop, depth, ids, 0
        if len(triangles):
            in_bands(partial(rasterise, *solid), SHADOW_SIZE, 1)
    place, near = _in_light(frame, hair_points)
    half, hidden = strands.width * scale, np.zeros(len(place), bool)
    # half as many strands, twice as wide
    hair = place, near, strands.starts, half, hidden, 2, depth, ids, 0
    in_bands(partial(rasterise_strands, *hair), SHADOW_SIZE, 1)
    return depth


def _in_light(frame, points):
    """Shadow texels (n,2) and depth towards the light (n,) of points (n,3) in mm."""
    x, y, near = frame[:, :3] @ points.T + frame[:, 3:]
    return np.stack([x, y], 1), near


@cache
def mesh_drop():
    """Skin drops what is seen from behind; the model's lash cards are never drawn, since strands
    are."""
    model = load_model()
    return np.where(model.triangle_parts == model.part["lashes"], ALWAYS, BEHIND).astype(np.uint8)
