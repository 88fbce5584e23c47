"""What stands behind a person: six kinds of painted background, or a picture."""

import cv2
import numpy as np

from .canvas import (
    DEPTH_OF_FIELD,
    WALL_DEPTH,
    Canvas,
    colour,
    hashed,
    interior_colour,
    ramp,
    softness,
)
from .errors import require
from .places import paint_outdoor, paint_room
from .scene import BACKGROUNDS

BRIGHTEST = 1.5  # linear light; 1 is white paper in the picture's main light


def background(kind, seed=0, height=256, width=256, blur=0.5, part=None):
    """Paint a background, or fit a picture, in linear light.

    The composition follows from the seed alone: another size shows the same thing.

    Parameters
    ----------
    kind : name (``scene.BACKGROUNDS``) or a picture (h,w,3) uint8, cut to the shape asked for
    seed : int >= 0, draws colours, brightness and objects; a picture ignores it
    height, width : int, pixels
    blur : float in [0, 1], depth-of-field blur
    part : (top, left, bottom, right) in pixels of the painted picture, also beyond its borders, to
        paint no more than that; a picture ignores it

    Returns
    -------
    (height, width, 3) float32, or as many pixels as the part has
        Linear light in [0, 1.5]; the same bytes for the same arguments.

    Raises
    ------
    StudioError
        An unknown kind, a size below one pixel, a blur outside [0, 1] or a negative seed.
    """
    require(min(height, width) >= 1, f"A background needs a pixel, got {height} x {width}.")
    require(0 <= blur <= 1, f"A background's blur must lie in [0, 1], got {blur}.")
    require(seed >= 0, f"A background's seed must not be negative, got {seed}.")
    if not isinstance(kind, str):
        return fitted_picture(kind, height, width, blur)
    known = ", ".join(BACKGROUNDS)
    require(kind in PAINTERS, f"Unknown background {kind!r}: choose one of {known}.")
    canvas = Canvas.blank(height, width, blur, int(seed), part)
    PAINTERS[kind](canvas)
    return cv2.merge(list(np.clip(canvas.light, 0, BRIGHTEST)))


def paint_plain(canvas):
    """Paper or a painted wall, evenly lit but for the fall of light."""
    canvas.fill(interior_colour(canvas.rng(0), 0.25, 0.95), 0, 0.3)
    canvas.light[:] *= 1 + 0.015 * canvas.noise(5, 3)


def paint_gradient(canvas):
    """A photographer's backdrop with a lamp on it: a bright spot that fades."""
    rng = canvas.rng(1)
    hue, chroma, value = rng.random(), rng.beta(1.3, 3) * 0.6, rng.uniform(0.45, 0.9)
    near = colour(hue, chroma, value)
    far = colour(hue + rng.normal(0, 0.05), chroma, value * rng.uniform(0.2, 0.65))
    x, y, reach = rng.normal(0, 0.25), rng.uniform(0.15, 0.8), rng.uniform(0.55, 1.0)
    away = ((canvas.x - x) ** 2 + ((canvas.y - y) ** 2)[:, None]) / reach**2
    canvas.light[:] = far + np.exp(-1.6 * away) * (near - far)


def paint_noise(canvas):
    """Clouds of two colours, like a hand-painted canvas backdrop."""
    rng = canvas.rng(2)
    hue, chroma, value = rng.random(), rng.beta(1.5, 2.5) * 0.55, rng.uniform(0.3, 0.7)
    dark = colour(hue, chroma, value * 0.6)
    bright = colour(hue + rng.normal(0, 0.09), chroma * 0.8, value * 1.2)
    cloud = canvas.noise(2, rng.uniform(1.5, 3), 6, 0.25, 0.6)
    canvas.light[:] = dark + ramp(cloud, rng.uniform(-0.15, 0.15), 0.85) * (bright - dark)
    canvas.light[:] *= 1.1 - 0.5 * (canvas.x**2 + ((canvas.y - 0.45) ** 2)[:, None])


# ---------------------------------------------------------------------------------------------
# Walls


def paint_wall(canvas):
    """A wall close behind: plaster, brick, concrete, boards or tiles."""
    rng = canvas.rng(3)
    material = (_plaster, _brick, _brick, _concrete, _boards, _tiles)[rng.integers(6)]
    material(canvas, rng)
    side, fall, lamp = rng.uniform(-0.5, 0.5), rng.uniform(0.1, 0.6), rng.uniform(0.1, 0.5)
    light = 1 + side * np.tanh(canvas.x * 1.2) - fall * ((canvas.y - lamp) ** 2)[:, None]
    canvas.light[:] *= np.clip(light, 0.2, 2)


def _relief(canvas, height, strength):
    """Shade (H,W) of a bumpy surface (H,W) lit from above left."""
    padded = np.pad(height, 1, "edge")
    rise = padded[2:, 1:-1] - padded[:-2, 1:-1] + padded[1:-1, 2:] - padded[1:-1, :-2]
    return 1 + np.float32(0.5 * strength / canvas.pixel) * rise


def _plaster(canvas, rng):
    grain, stretch, strength = rng.uniform(9, 22), rng.uniform(1, 2.5), rng.uniform(0.002, 0.006)
    bumps = canvas.noise(1, grain, 4, WALL_DEPTH, 0.6, stretch)
    stain = 1 + 0.08 * canvas.noise(4, 1.7, 3)
    canvas.light[:] = interior_colour(rng, 0.5, 0.9) * (stain * _relief(canvas, bumps, strength))


def _concrete(canvas, rng):
    base = colour(rng.uniform(0.05, 0.65), 0.04, rng.uniform(0.4, 0.75))
    canvas.light[:] = base * (1 + 0.16 * canvas.noise(1, 2.2, 7, WALL_DEPTH, 0.68))
    wide, x, y = rng.uniform(0.7, 1.2), rng.uniform(-0.6, 0.6), rng.uniform(0.05, 0.95)
    upright, level = _grooves(canvas, canvas.x - x, wide), _grooves(canvas, canvas.y - y, wide)
    canvas.light[:] *= 1 - 0.45 * np.minimum(upright + level[:, None], 1)


def _grooves(canvas, u, spacing, half=0.004):
    """Grooves (0 to 1) every ``spacing``, as soft as the blur makes them."""
    soft = canvas.softness(WALL_DEPTH)
    away = np.abs((u / spacing + 0.5) % 1 - 0.5) * spacing
    return ramp(-away, -half, soft) - ramp(-away, half, soft)


def _courses(canvas, rng, wide, high, shift):
    """Rows of blocks: a number in [-1, 1] for the block of each pixel (H,W) and the distance to
    its joint (H,W)."""
    v = (canvas.y + np.float32(rng.random())) / np.float32(high)
    row = np.floor(v)[:, None]
    u = (canvas.x - np.float32(rng.random())) / np.float32(wide) + np.float32(shift) * row
    column = np.floor(u)
    across, down = (u - column) * wide, ((v - np.floor(v)) * high)[:, None]
    to_side, to_top = np.minimum(across, wide - across), np.minimum(down, high - down)
    return _numbers(canvas, row, column), np.minimum(to_side, to_top)


def _numbers(canvas, row, column):
    """A number in [-1, 1] for each block, from its row (H,1) and column (H,W)."""
    row, column = row.astype(np.int64), column.astype(np.int64)
    rows, columns = (np.arange(k.min(), k.max() + 1) for k in (row, column))
    return hashed(rows, columns, canvas.seed + 8)[row - rows[0], column - columns[0]]


def _block(canvas, away, joint):
    """Share (H,W) of block against joint, softened by the blur."""
    return ramp(away, joint, max(canvas.softness(WALL_DEPTH), joint * 0.3))


def _brick(canvas, rng):
    high, long = rng.uniform(0.05, 0.085), rng.uniform(2.4, 3.4)
    number, away = _courses(canvas, rng, high * long, high, 0.5)
    base, mortar, vary = _brick_colours(rng)
    grain = canvas.noise(3, 24, 4, WALL_DEPTH, 0.7)
    share = _block(canvas, away + 0.0012 * grain, high * 0.07)
    face, joint = (1 + vary * number + 0.1 * grain) * base, mortar * (0.85 + 0.07 * grain)
    canvas.light[:] = (joint + share * (face - joint)) * _relief(canvas, share, 0.0035)


def _brick_colours(rng):
    """Colours of brick and mortar and how much bricks differ: painted over, or bare."""
    if rng.random() < 0.3:
        paint = interior_colour(rng, 0.55, 0.9)
        return paint, 0.8 * paint, 0.06
    clay = colour(rng.uniform(0.01, 0.07), rng.uniform(0.25, 0.5), rng.uniform(0.38, 0.6))
    return clay, colour(0.1, 0.06, rng.uniform(0.45, 0.75)), 0.22


def _tiles(canvas, rng):
    high = rng.uniform(0.1, 0.2)
    long, shift = (2, 0.5) if rng.random() < 0.5 else (1, 0)
    number, away = _courses(canvas, rng, high * long, high, shift)
    base = colour(rng.random(), rng.beta(1.2, 3) * 0.5, rng.uniform(0.5, 0.9))
    grout, share = colour(0.1, 0.05, rng.uniform(0.4, 0.7)), _block(canvas, away, high * 0.025)
    sheen = 0.06 * np.maximum(canvas.noise(6, 2.5), 0)
    canvas.light[:] = grout + share * ((1 + 0.04 * number) * base + sheen - grout)


def _boards(canvas, rng):
    number, away = _courses(canvas, rng, rng.uniform(0.1, 0.2), 1e4, 0)
    base = colour(rng.uniform(0.05, 0.1), rng.uniform(0.15, 0.5), rng.uniform(0.35, 0.75))
    fibre = canvas.noise(3, 60, 2, WALL_DEPTH, 0.6, 0.35)
    figure = canvas.noise(5, 4, 4, WALL_DEPTH, 0.6, 0.12)
    wood = 1 + 0.16 * number + 0.12 * figure + 0.025 * fibre
    canvas.light[:] = base * (wood * (0.35 + 0.65 * _block(canvas, away, 0.003)))


PAINTERS = {
    "plain": paint_plain,
    "gradient": paint_gradient,
    "room": paint_room,
    "outdoor": paint_outdoor,
    "wall": paint_wall,
    "noise": paint_noise,
}


DEPTHS = {"room": 0.7, "outdoor": 0.9}  # of what stands nearest; 1 is far away
SMOOTH = {"plain": 0.1, "gradient": 0.2}  # heights over which they change, whatever the blur


def sharpest(kind, blur):
    """Half the width of the sharpest edge in a background, in picture heights; 0 if it has finer
    things than edges."""
    edge = softness(DEPTHS[kind], blur) if kind in DEPTHS else 0
    return SMOOTH.get(kind, edge)


# ---------------------------------------------------------------------------------------------
# Pictures


def linear(picture):
    """Linear light (float32 in [0, 1]) of sRGB bytes, by the standard's curve (IEC 61966-2-1)."""
    v = np.arange(256, dtype=np.float32) / 255
    curve = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4).astype(np.float32)
    return curve[picture]


def fitted_picture(picture, height, width, blur=0.0):
    """A picture's middle, cut to shape and resized, in linear light.

    Parameters
    ----------
    picture : (h,w,3) uint8 RGB
    height, width : int, pixels
    blur : float in [0, 1], depth-of-field blur

    Returns
    -------
    (height, width, 3) float32 in [0, 1]

    Raises
    ------
    StudioError
        The picture is not a uint8 RGB array that holds a pixel.
    """
    ok = getattr(picture, "dtype", None) == np.uint8 and picture.ndim == 3 and picture.size
    require(ok and picture.shape[2] == 3, "A background picture must be uint8 RGB (h, w, 3).")
    scale = max(height / picture.shape[0], width / picture.shape[1])
    h, w = (max(1, round(side / scale)) for side in (height, width))
    top, left = (picture.shape[0] - h) // 2, (picture.shape[1] - w) // 2
    cut = linear(picture[top : top + h, left : left + w])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    fitted = cv2.resize(cut, (width, height), interpolation=way)
    sigma = 0.5 * DEPTH_OF_FIELD * blur * height
    return cv2.GaussianBlur(fitted, (0, 0), sigma) if sigma > 0.3 else fitted
