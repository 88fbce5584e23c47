"""What stands behind a person: six kinds of painted background, or a picture.

Everything is measured in picture heights from the picture's centre line, so a background has the
same composition at every size. Edges are as soft as a lens would make them: an object out of focus
is the sharp object averaged over the disc of confusion, which turns each of its edges into a smooth
ramp, so no blur filter is needed.
"""

from dataclasses import dataclass
from math import ceil, cos, floor, pi

import cv2
import numpy as np

from .errors import require
from .scene import BACKGROUNDS

BRIGHTEST = 1.5  # linear light; 1 is white paper in the picture's main light
DEPTH_OF_FIELD = 0.05  # radius in picture heights of a far point's disc at blur = 1
LEAST_BLUR = 0.15  # share of that radius that far things keep at blur = 0: no portrait lens is sharp throughout
WALL_DEPTH = 0.3  # a wall stands close behind the person: its share of that radius


def background(kind, seed=0, height=256, width=256, blur=0.5):
    """Paint a background, or fit a picture, in linear light.

    Parameters
    ----------
    kind : name (``scene.BACKGROUNDS``) or a picture (h,w,3) uint8, which is cut to the shape asked
    for seed : int >= 0, draws colours, brightness and objects; a picture ignores it height, width :
    int, pixels blur : float in [0, 1], depth-of-field blur

    Returns
    -------
    (height, width, 3) float32
        Linear light in [0, 1.5]; the same bytes for the same arguments.

    Raises
    ------
    StudioError
        An unknown kind, a size below one pixel, a blur outside [0, 1] or a negative seed.
    """
    require(
        min(height, width) >= 1, f"A background needs at least one pixel, got {height} x {width}."
    )
    require(0 <= blur <= 1, f"Background blur must lie in [0, 1], got {blur}.")
    require(seed >= 0, f"A background's seed must not be negative, got {seed}.")
    if not isinstance(kind, str):
        return fitted_picture(kind, height, width, blur)
    require(
        kind in PAINTERS, f"Unknown background {kind!r}: choose one of {', '.join(BACKGROUNDS)}."
    )
    canvas = Canvas.blank(height, width, blur, seed)
    PAINTERS[kind](canvas)
    return cv2.merge(list(np.clip(canvas.light, 0, BRIGHTEST)))


# ---------------------------------------------------------------------------------------------
# The canvas


@dataclass(frozen=True, eq=False)
class Canvas:
    """A picture being painted: ``light`` (3,H,W), its coordinates in picture heights, blur and seed.

    ``x`` (W,) is 0 at the middle and grows to the right, ``y`` (H,) runs from 0 at the top to 1 at
    the bottom.
    """

    light: np.ndarray
    x: np.ndarray
    y: np.ndarray
    blur: float
    seed: int

    @classmethod
    def blank(cls, height, width, blur, seed):
        """A canvas without light."""
        x = ((np.arange(width) + 0.5 - width / 2) / height).astype(np.float32)
        y = ((np.arange(height) + 0.5) / height).astype(np.float32)
        return cls(np.zeros((3, height, width), np.float32), x, y, blur, seed)

    @property
    def pixel(self):
        """Height of a pixel."""
        return 1 / len(self.y)

    def rng(self, *what):
        """A generator of its own for each part of the picture, the same at every size."""
        return np.random.default_rng([self.seed, *what])

    def softness(self, depth=1.0):
        """Half the width of an edge at ``depth`` (0 in focus, 1 far away)."""
        least = LEAST_BLUR if depth > WALL_DEPTH else 0
        return max(DEPTH_OF_FIELD * depth * (least + (1 - least) * self.blur), self.pixel / 2)

    def columns(self, spacing):
        """Numbers of the columns, ``spacing`` wide, that show in the picture with one more on either side."""
        half = -float(self.x[0]) / spacing
        return range(floor(-half) - 1, ceil(half) + 1)

    def window(self, left, right, top, bottom):
        """Slices (rows, columns) of the pixels in a rectangle."""
        high, wide = self.light.shape[1:]
        rows = (min(max(ceil(y * high - 0.5), 0), high) for y in (top, bottom))
        columns = (min(max(ceil(x * high + wide / 2 - 0.5), 0), wide) for x in (left, right))
        return slice(*rows), slice(*columns)


def _ramp(u, at, soft):
    """0 before ``at``, 1 behind it, a smooth ramp of half width ``soft`` between."""
    t = np.minimum(np.maximum((u - at) * np.float32(0.5 / soft) + np.float32(0.5), 0), 1)
    return t * t * (3 - 2 * t)


def _empty(window):
    return any(part.start >= part.stop for part in window)


def _lay(canvas, window, alpha, colour):
    """Cover a window of the canvas with ``colour`` by ``alpha`` (h,w)."""
    under = canvas.light[:, *window]
    under += alpha * (colour - under)


def paint_box(canvas, left, right, top, bottom, colour, depth=1.0, slant=0.0):
    """An upright box out of focus; ``slant`` makes it wider at the bottom by that much on either side."""
    soft = canvas.softness(depth)
    reach = soft + abs(slant)
    rows, columns = canvas.window(left - reach, right + reach, top - soft, bottom + soft)
    if _empty((rows, columns)):
        return
    x, y = canvas.x[columns], canvas.y[rows]
    tall = _ramp(y, top, soft) - _ramp(y, bottom, soft)
    if slant:
        grow = (slant * (y - top) / (bottom - top))[:, None]
        wide = _ramp(x + grow, left, soft) - _ramp(x - grow, right, soft)
    else:
        wide = _ramp(x, left, soft) - _ramp(x, right, soft)
    _lay(canvas, (rows, columns), tall[:, None] * wide, colour)


def paint_disc(canvas, x, y, radius, colour, soft, alpha=1.0, tall=1.0):
    """A disc, or with ``tall`` != 1 an ellipse, with edges of half width ``soft``."""
    reach = radius + soft
    rows, columns = canvas.window(x - reach, x + reach, y - reach * tall, y + reach * tall)
    if _empty((rows, columns)):
        return
    far = np.hypot(canvas.x[columns] - x, ((canvas.y[rows] - y) / tall)[:, None])
    _lay(canvas, (rows, columns), alpha * (1 - _ramp(far, radius, soft)), colour)


def paint_bokeh(canvas, x, y, radius, colour, alpha):
    """What a lens makes of a bright point: an even disc, a little brighter towards its rim."""
    soft = max(radius * 0.12, canvas.pixel * 0.6)
    reach = radius + soft
    rows, columns = canvas.window(x - reach, x + reach, y - reach, y + reach)
    if _empty((rows, columns)):
        return
    far = np.hypot(canvas.x[columns] - x, (canvas.y[rows] - y)[:, None])
    rim = 0.8 + 0.2 * (far / radius) ** 2
    _lay(canvas, (rows, columns), alpha * rim * (1 - _ramp(far, radius, soft)), colour)


def paint_glow(canvas, x, y, radius, colour):
    """Light added around a lamp or a window, fading to nothing at ``radius``."""
    rows, columns = canvas.window(x - radius, x + radius, y - radius, y + radius)
    far = np.hypot(canvas.x[columns] - x, (canvas.y[rows] - y)[:, None]) / radius
    fade = np.clip(1 - far, 0, 1) ** 2
    canvas.light[:, rows, columns] += fade * colour


# ---------------------------------------------------------------------------------------------
# Noise and colours


def _hashed(row, column, seed):
    """A number in [-1, 1] for every lattice point: integer hashing, so any stretch of an endless lattice can be had."""
    h = row.astype(np.uint32)[:, None] * np.uint32(0x9E3779B1)
    h = (
        h
        ^ (column.astype(np.uint32) * np.uint32(0x85EBCA77))
        ^ np.uint32(seed * 0xC2B2AE3D & 0xFFFFFFFF)
    )
    for shift, factor in ((15, 0x2C1B3C6D), (12, 0x297A2D39)):
        h = (h ^ (h >> np.uint32(shift))) * np.uint32(factor)
    return ((h ^ (h >> np.uint32(15))) / np.float32(2**31) - 1).astype(np.float32)


def _between(u):
    """Lattice cell of each coordinate and a smooth share in [0, 1] of the way through it."""
    cell = np.floor(u)
    t = (u - cell).astype(np.float32)
    return cell.astype(np.int64), t * t * (3 - 2 * t)


def value_noise(canvas, seed, frequency, stretch=1.0):
    """Smooth random values (H,W) float32 in [-1, 1], ``frequency`` bumps to a picture height.

    ``stretch`` > 1 draws the bumps out sideways.
    """
    column, across = _between(canvas.x * (frequency / stretch))
    row, down = _between(canvas.y * frequency)
    lattice = _hashed(np.arange(row[0], row[-1] + 2), np.arange(column[0], column[-1] + 2), seed)
    row, column, down = row - row[0], column - column[0], down[:, None]
    lines = lattice[row] + down * (lattice[row + 1] - lattice[row])
    left = lines[:, column]
    return left + across * (lines[:, column + 1] - left)


def fractal_noise(canvas, seed, frequency, octaves, depth=1.0, gain=0.5, stretch=1.0):
    """Octaves of value noise (H,W), each finer by 2 and weaker by ``gain``; what blur or pixels would hide is left out."""
    total = np.zeros(canvas.light.shape[1:], np.float32)
    for octave in range(octaves):
        fine = frequency * 2**octave
        kept = np.exp(-((fine * canvas.softness(depth)) ** 2) * 2) * gain**octave
        if kept > 0.01:
            total += np.float32(kept) * value_noise(canvas, seed * 31 + octave, fine, stretch)
    return total


def colour(hue, chroma, value):
    """A colour as the eye would name it, in linear light.

    Parameters
    ----------
    hue : float, turns around the colour circle: 0 red, .08 orange, .33 green, .6 blue
    chroma : float in [0, 1], 0 is grey
    value : float >= 0, brightness as perceived; .5 is a middle grey

    Returns
    -------
    (3,1,1) float32
    """
    pale = chroma / (1 + 1.5 * max(value - 0.6, 0))  # bright surfaces are never deeply coloured
    tint = [
        weight * cos(2 * pi * (hue - third / 3)) for third, weight in enumerate((0.7, 0.5, 0.85))
    ]
    return np.array([(value * max(1 + pale * t, 0)) ** 2.2 for t in tint], np.float32).reshape(
        3, 1, 1
    )


def interior_colour(rng, low=0.3, high=0.85):
    """A colour that walls, furniture and fabrics have: mostly near grey and warm, sometimes blue or green."""
    hue = rng.normal(0.09, 0.04) if rng.random() < 0.65 else rng.uniform(0.27, 0.68)
    return colour(hue, rng.beta(1.4, 4) * 0.5, rng.uniform(low, high))


def shaded(canvas, base, seed, lean=0.25):
    """Fill the canvas with ``base`` under uneven light that falls off to one side and to the bottom."""
    rng = canvas.rng(seed, 1)
    side, fall = rng.uniform(-lean, lean), rng.uniform(0, lean)
    light = 1 + side * np.tanh(canvas.x * 1.5) + fall * (0.4 - canvas.y)[:, None]
    canvas.light[:] = light * base


# ---------------------------------------------------------------------------------------------
# The kinds


def paint_plain(canvas):
    """Paper or a painted wall, evenly lit but for the fall of light."""
    rng = canvas.rng(0)
    shaded(canvas, interior_colour(rng, 0.25, 0.95), 0, 0.3)
    canvas.light[:] *= 1 + 0.015 * value_noise(canvas, canvas.seed + 5, 3)


def paint_gradient(canvas):
    """A photographer's backdrop with a lamp on it: a bright spot that fades, perhaps into another colour."""
    rng = canvas.rng(1)
    hue, chroma, value = rng.uniform(0, 1), rng.beta(1.3, 3) * 0.6, rng.uniform(0.45, 0.9)
    near = colour(hue, chroma, value)
    far = colour(hue + rng.normal(0, 0.05), chroma, value * rng.uniform(0.2, 0.65))
    x, y, reach = rng.normal(0, 0.25), rng.uniform(0.15, 0.8), rng.uniform(0.55, 1.0)
    fade = np.exp(-(((canvas.x - x) / reach) ** 2 + ((canvas.y - y) / reach)[:, None] ** 2) * 1.6)
    canvas.light[:] = far + fade * (near - far)


def paint_noise(canvas):
    """Clouds of two colours, like a hand-painted canvas backdrop."""
    rng = canvas.rng(2)
    hue, chroma, value = rng.uniform(0, 1), rng.beta(1.5, 2.5) * 0.55, rng.uniform(0.3, 0.7)
    dark = colour(hue, chroma, value * 0.6)
    bright = colour(hue + rng.normal(0, 0.09), chroma * 0.8, value * 1.2)
    cloud = fractal_noise(canvas, canvas.seed + 2, rng.uniform(1.5, 3), 6, 0.25, 0.6)
    mix = _ramp(cloud, rng.uniform(-0.15, 0.15), 0.85)
    canvas.light[:] = dark + mix * (bright - dark)
    canvas.light[:] *= 1.1 - 0.5 * (canvas.x**2 + ((canvas.y - 0.45) ** 2)[:, None])


def paint_wall(canvas):
    """A wall close behind: plaster, brick, concrete, boards or tiles."""
    rng = canvas.rng(3)
    material = (_plaster, _brick, _brick, _concrete, _boards, _tiles)[rng.integers(6)]
    material(canvas, rng)
    side, fall = rng.uniform(-0.5, 0.5), rng.uniform(0.1, 0.6)
    light = (
        1
        + side * np.tanh(canvas.x * 1.2)
        - fall * ((canvas.y - rng.uniform(0.1, 0.5)) ** 2)[:, None]
    )
    canvas.light[:] *= np.clip(light, 0.2, 2)


def _relief(canvas, height, strength):
    """Shade (H,W) of a bumpy surface (H,W) lit from above left: brighter where it rises away from the light."""
    down, right = np.gradient(height, canvas.pixel)
    return 1 + strength * (right + down)


def _plaster(canvas, rng):
    bumps = fractal_noise(
        canvas, canvas.seed + 1, rng.uniform(9, 22), 4, WALL_DEPTH, 0.6, rng.uniform(1, 2.5)
    )
    stain = fractal_noise(canvas, canvas.seed + 4, 1.7, 3)
    base = interior_colour(rng, 0.5, 0.9)
    canvas.light[:] = base * (
        _relief(canvas, bumps, rng.uniform(0.002, 0.006)) * (1 + 0.08 * stain)
    )


def _concrete(canvas, rng):
    cloud = fractal_noise(canvas, canvas.seed + 1, 2.2, 7, WALL_DEPTH, 0.68)
    base = colour(rng.uniform(0.05, 0.65), 0.04, rng.uniform(0.4, 0.75))
    canvas.light[:] = base * (1 + 0.16 * cloud)
    wide, x, y = rng.uniform(0.7, 1.2), rng.uniform(-0.6, 0.6), rng.uniform(0.05, 0.95)
    joint = (
        _grooves(canvas, canvas.x - x, wide, 0.004)
        + _grooves(canvas, canvas.y - y, wide, 0.004)[:, None]
    )
    canvas.light[:] *= 1 - 0.45 * np.clip(joint, 0, 1)


def _grooves(canvas, u, spacing, width):
    """Grooves (0 to 1) of half width ``width`` every ``spacing``, as soft as the blur makes them."""
    soft = canvas.softness(WALL_DEPTH)
    away = np.abs((u / spacing + 0.5) % 1 - 0.5) * spacing
    return _ramp(-away, -width, soft) - _ramp(-away, width, soft)


def _courses(canvas, wide, high, shift, x0, y0):
    """Rows of blocks: the number (row (H,1), column (H,W)) of each pixel's block and its distance to the joint (H,W)."""
    v = (canvas.y - y0) / high
    row = np.floor(v)[:, None]
    u = (canvas.x - x0) / wide + shift * row
    column = np.floor(u)
    across = np.minimum(u - column, column + 1 - u) * wide
    down = (np.minimum(v - np.floor(v), np.ceil(v) - v) * high)[:, None]
    return row.astype(np.int64), column.astype(np.int64), np.minimum(across, down)


def _block_noise(row, column, seed):
    """A number in [-1, 1] for each block (H,W) from its row (H,1) and column (H,W)."""
    rows, columns = np.arange(row.min(), row.max() + 1), np.arange(column.min(), column.max() + 1)
    return _hashed(rows, columns, seed)[row - rows[0], column - columns[0]]


def _joined(canvas, away, joint):
    """Share (H,W) of block against joint, softened by the blur."""
    return _ramp(away, joint, max(canvas.softness(WALL_DEPTH), joint * 0.3))


def _brick(canvas, rng):
    high = rng.uniform(0.05, 0.085)
    row, column, away = _courses(
        canvas, high * rng.uniform(2.4, 3.4), high, 0.5, rng.random(), rng.random()
    )
    painted = rng.random() < 0.3
    base = (
        interior_colour(rng, 0.55, 0.9)
        if painted
        else colour(rng.uniform(0.01, 0.07), rng.uniform(0.25, 0.5), rng.uniform(0.38, 0.6))
    )
    mortar = base * 0.8 if painted else colour(0.1, 0.06, rng.uniform(0.45, 0.75))
    vary = (0.06 if painted else 0.22) * _block_noise(row, column, canvas.seed + 8)
    grain = fractal_noise(canvas, canvas.seed + 3, 24, 4, WALL_DEPTH, 0.7)
    face = (1 + vary + 0.1 * grain) * base
    share = _joined(canvas, away + 0.0012 * grain, high * 0.07)
    canvas.light[:] = mortar * (1 + 0.08 * grain) * 0.85 + share * (face - mortar * 0.85)
    canvas.light[:] *= _relief(canvas, share, 0.0035)


def _tiles(canvas, rng):
    high = rng.uniform(0.1, 0.2)
    long, shift = (2, 0.5) if rng.random() < 0.5 else (1, 0)
    row, column, away = _courses(canvas, high * long, high, shift, rng.random(), rng.random())
    base = colour(rng.uniform(0, 1), rng.beta(1.2, 3) * 0.6, rng.uniform(0.5, 0.9))
    vary = 0.04 * _block_noise(row, column, canvas.seed + 8)
    share = _joined(canvas, away, high * 0.025)
    grout = colour(0.1, 0.05, rng.uniform(0.4, 0.7))
    canvas.light[:] = grout + share * ((1 + vary) * base - grout)
    sheen = value_noise(canvas, canvas.seed + 6, 2.5)
    canvas.light[:] += (0.06 * np.clip(sheen, 0, 1)) * share


def _boards(canvas, rng):
    wide = rng.uniform(0.1, 0.2)
    flat = Canvas(canvas.light, canvas.x, canvas.y, canvas.blur, canvas.seed)
    row, column, away = _courses(flat, wide, 50.0, 0, rng.random(), -20.0)
    base = colour(rng.uniform(0.05, 0.1), rng.uniform(0.15, 0.5), rng.uniform(0.35, 0.75))
    grain = fractal_noise(canvas, canvas.seed + 3, 60, 2, WALL_DEPTH, 0.6, 0.35) * 0.5
    figure = fractal_noise(canvas, canvas.seed + 5, 4, 4, WALL_DEPTH, 0.6, 0.12)
    vary = 0.16 * _block_noise(row, column, canvas.seed + 8)
    share = _joined(canvas, away, 0.003)
    canvas.light[:] = base * ((1 + vary + 0.12 * figure + 0.05 * grain) * (0.35 + 0.65 * share))


def paint_room(canvas):
    """A room out of focus: along the wall a row of things, each in a slot of its own, over skirting and floor."""
    rng = canvas.rng(4)
    wall = interior_colour(rng, 0.45, 0.88)
    shaded(canvas, wall, 4, 0.35)
    evening = rng.random() < 0.3
    things = ROOM_EVENING if evening else ROOM_DAY
    slot, first = rng.uniform(0.38, 0.52), int(rng.integers(len(things)))
    for column in canvas.columns(slot):
        each = canvas.rng(4, column + 1000)
        thing = things[(first + column * (1 + 2 * (first % 2))) % len(things)]
        thing(canvas, each, (column + 0.5 + each.uniform(-0.1, 0.1)) * slot, slot, wall)
    canvas.light[:] *= np.float32(rng.uniform(0.35, 0.6) if evening else rng.uniform(0.65, 1.1))
    if evening:
        canvas.light[:] *= WARM
    _sofa(canvas, rng)


def _sofa(canvas, rng):
    if rng.random() < 0.5:
        cloth, x = interior_colour(rng, 0.2, 0.6), rng.uniform(-0.6, 0.6)
        paint_box(canvas, x - 0.6, x + 0.6, rng.uniform(0.72, 0.86), 1.2, cloth, 0.7)


def _window(canvas, rng, x, slot, wall):
    half, top, bottom = (
        slot * rng.uniform(0.34, 0.46),
        rng.uniform(-0.1, 0.12),
        rng.uniform(0.62, 0.85),
    )
    white, sky = (
        colour(0.1, 0.03, 0.92),
        colour(0.58, rng.uniform(0.05, 0.25), rng.uniform(0.98, 1.15)),
    )
    paint_box(canvas, x - half - 0.02, x + half + 0.02, top - 0.02, bottom + 0.03, white)
    paint_box(canvas, x - half, x + half, top, bottom, sky)
    horizon = bottom - rng.uniform(0.1, 0.3)
    paint_box(canvas, x - half, x + half, horizon, bottom, colour(0.27, 0.2, 0.7))
    for _ in range(3):
        y, r = horizon + rng.uniform(-0.05, 0.06), rng.uniform(0.03, 0.07)
        paint_disc(
            canvas,
            x + rng.uniform(-0.7, 0.7) * half,
            y,
            r,
            colour(0.27, 0.25, 0.6),
            canvas.softness(1.2),
        )
    paint_box(canvas, x - 0.012, x + 0.012, top, bottom, white)
    paint_box(
        canvas, x - half, x + half, (top + bottom) / 2 - 0.009, (top + bottom) / 2 + 0.009, white
    )
    cloth = interior_colour(rng, 0.6, 0.95)
    for side in (-1, 1):
        _curtain(canvas, rng, x + side * (half + 0.01), top - 0.05, bottom + 0.12, cloth)
    paint_glow(canvas, x, (top + bottom) / 2, slot * 1.7, 0.16 * sky)


def _curtain(canvas, rng, x, top, bottom, cloth):
    for fold in range(4):
        left = x - 0.045 + fold * 0.022
        paint_box(canvas, left, left + 0.024, top, bottom, cloth * rng.uniform(0.6, 1.1), 0.9)


def _bookcase(canvas, rng, x, slot, wall):
    half, wood = (
        slot * 0.42,
        colour(rng.uniform(0.05, 0.1), rng.uniform(0.1, 0.5), rng.uniform(0.25, 0.8)),
    )
    paint_box(canvas, x - half - 0.015, x + half + 0.015, rng.uniform(-0.1, 0.15), 1.1, wood * 0.45)
    step = rng.uniform(0.19, 0.26)
    for shelf in np.arange(rng.uniform(0.2, 0.32), 1.1, step):
        _books(canvas, rng, x - half, x + half, shelf, step)
        paint_box(canvas, x - half, x + half, shelf, shelf + 0.016, wood)
    for side in (-half - 0.015, half):
        paint_box(canvas, x + side, x + side + 0.015, 0.15, 1.1, wood * 0.9)


def _books(canvas, rng, left, right, shelf, step):
    end = right - rng.uniform(0, 0.5) * (right - left)
    while left < end:
        wide = rng.uniform(0.012, 0.034)
        spine = colour(rng.uniform(0, 1), rng.beta(1.3, 2.2) * 0.75, rng.uniform(0.2, 0.8))
        paint_box(canvas, left, left + wide, shelf - step * rng.uniform(0.5, 0.82), shelf, spine)
        left += wide + 0.002
    if right - end > 0.07:
        vase = interior_colour(rng, 0.3, 0.9)
        paint_disc(
            canvas, (end + right) / 2 + 0.01, shelf - 0.04, 0.026, vase, canvas.softness(), 1, 1.5
        )


def _frames(canvas, rng, x, slot, wall):
    for y in (rng.uniform(0.15, 0.3), rng.uniform(0.5, 0.62))[: rng.integers(1, 3)]:
        wide, high, mat = rng.uniform(0.07, 0.14), rng.uniform(0.08, 0.13), colour(0.1, 0.04, 0.92)
        x0 = x + rng.uniform(-0.05, 0.05)
        border = colour(0.08, 0.3, rng.choice([0.12, 0.45, 0.85]))
        for shrink, ink in ((0, border), (0.014, mat), (0.04, interior_colour(rng, 0.25, 0.75))):
            paint_box(
                canvas,
                x0 - wide + shrink,
                x0 + wide - shrink,
                y - high + shrink,
                y + high - shrink,
                ink,
            )
        paint_disc(
            canvas, x0 + 0.01, y + 0.02, 0.03, interior_colour(rng, 0.2, 0.7), canvas.softness()
        )


def _lamp(canvas, rng, x, slot, wall):
    y, half, warm = (
        rng.uniform(0.28, 0.5),
        rng.uniform(0.05, 0.08),
        colour(0.085, rng.uniform(0.2, 0.4), 1.12),
    )
    paint_box(canvas, x - 0.008, x + 0.008, y + 0.1, 1.1, colour(0.08, 0.2, 0.3))
    paint_glow(canvas, x, y + 0.05, 0.5, warm * 0.4)
    paint_box(canvas, x - half, x + half, y - 0.06, y + 0.11, warm, 1, 0.05)
    paint_glow(canvas, x, y + 0.04, 0.12, warm * 0.3)


def _door(canvas, rng, x, slot, wall):
    half, paint = slot * 0.36, interior_colour(rng, 0.4, 0.9)
    paint_box(canvas, x - half - 0.03, x + half + 0.03, -0.05, 1.1, paint * 1.1)
    paint_box(canvas, x - half, x + half, 0.0, 1.1, paint * 0.85)
    for top in (0.08, 0.55):
        paint_box(canvas, x - half * 0.65, x + half * 0.65, top, top + 0.38, paint * 0.68)
        paint_box(canvas, x - half * 0.58, x + half * 0.58, top + 0.02, top + 0.36, paint * 0.88)


def _plant(canvas, rng, x, slot, wall):
    y, pot = rng.uniform(0.6, 0.8), interior_colour(rng, 0.3, 0.9)
    paint_box(canvas, x - 0.05, x + 0.05, y + 0.08, y + 0.24, pot, 1, -0.015)
    leaf = colour(rng.uniform(0.26, 0.36), 0.45, 0.4)
    for _ in range(22):
        turn, far = rng.normal(0, 0.8), rng.uniform(0.03, 0.27)
        at = x + np.sin(turn) * far * 0.8, y + 0.07 - np.cos(turn) * far
        paint_disc(
            canvas,
            *at,
            rng.uniform(0.018, 0.035),
            leaf * rng.uniform(0.4, 1.7),
            canvas.softness(0.8),
            0.9,
            1.6,
        )


def _bulbs(canvas, rng, x, slot, wall):
    y, sag = rng.uniform(0.05, 0.2), rng.uniform(0.05, 0.2)
    for t in np.linspace(-0.5, 0.5, 6):
        at = x + t * slot, y + sag * (0.25 - t**2) * 4
        paint_glow(canvas, *at, 0.12, colour(0.09, 0.4, 0.6))
        paint_bokeh(canvas, *at, 0.007 + 0.028 * canvas.blur, colour(0.09, 0.3, 1.15), 0.9)


WARM = np.float32([1.08, 0.97, 0.82]).reshape(3, 1, 1)
ROOM_DAY = (_window, _bookcase, _frames, _plant, _door, _lamp, _window, _frames)
ROOM_EVENING = (_lamp, _bookcase, _bulbs, _door, _lamp, _frames, _plant)


def paint_outdoor(canvas):
    """Outside with an open lens: leaves, a street or a wide view, and discs of light."""
    rng = canvas.rng(5)
    place = (_foliage, _foliage, _street, _view)[rng.integers(4)]
    place(canvas, rng)


def _discs(canvas, rng, count, top, bottom, palette, alpha=(0.15, 0.6), size=(0.5, 1.0)):
    """Scatter discs of light, ``count`` to a stretch of one picture height."""
    for column in canvas.columns(1.0):
        each = np.random.default_rng([canvas.seed, 5, column + 1000])
        for _ in range(count):
            x, y = column + each.random(), each.uniform(top, bottom)
            radius = (0.004 + 0.042 * canvas.blur) * each.uniform(*size)
            light = palette[each.integers(len(palette))] * each.uniform(0.6, 1.1)
            opacity = each.uniform(*alpha)
            paint_bokeh(canvas, x, y, radius, light, opacity)


def _foliage(canvas, rng):
    hue, value = rng.uniform(0.17, 0.27), rng.uniform(0.35, 0.6)
    deep, lit = colour(hue + 0.04, 0.4, value * 0.45), colour(hue, 0.42, value * 1.25)
    sky = colour(0.57, rng.uniform(0.02, 0.2), rng.uniform(0.9, 1.1))
    leaves = fractal_noise(canvas, canvas.seed + 1, 3.3, 6, 0.55, 0.62)
    light = 0.4 * value_noise(canvas, canvas.seed + 2, 1.3)
    mix = _ramp(leaves + light, 0.15, 0.9)
    canvas.light[:] = deep + mix * (lit - deep)
    gap = rng.uniform(-0.5, 0.15)
    height = (0.75 * leaves + 0.5 * value_noise(canvas, canvas.seed + 7, 2)) + 1.3 * (
        gap - canvas.y
    )[:, None]
    _lay(canvas, (slice(None), slice(None)), _ramp(height, 0.05, 0.28), sky)
    _trunks(canvas, rng)
    _lawn(canvas, rng, hue)
    _discs(canvas, rng, 34, -0.05, 0.75, (sky, lit * 1.5, lit * 1.1, colour(hue - 0.06, 0.25, 0.9)))


def _trunks(canvas, rng):
    for column in canvas.columns(0.9):
        each = canvas.rng(5, 7, column + 1000)
        if each.random() < 0.45:
            x, half = (column + each.random()) * 0.9, each.uniform(0.012, 0.05)
            bark = colour(0.08, 0.2, each.uniform(0.2, 0.35))
            paint_box(canvas, x - half, x + half, -0.1, each.uniform(0.75, 0.95), bark, 0.9, 0.01)
            paint_box(canvas, x - half, x - half * 0.3, -0.1, 0.8, bark * 1.9, 0.9, 0.01)


def _lawn(canvas, rng, hue):
    y = rng.uniform(0.68, 0.95)
    grass = colour(hue - 0.01, 0.36, rng.uniform(0.45, 0.65))
    paint_box(canvas, -9, 9, y, 1.2, grass, 1.3)


def _street(canvas, rng):
    night = rng.random() < 0.35
    dim = 0.25 if night else 1.0
    shaded(canvas, colour(0.58, 0.15, rng.uniform(0.85, 1.05)) * (0.12 if night else 1), 5)
    for column in canvas.columns(0.34):
        each = canvas.rng(5, 3, column + 1000)
        x, half, top = (
            (column + each.random()) * 0.34,
            each.uniform(0.14, 0.28),
            each.uniform(-0.2, 0.45),
        )
        facade = (0.25 * colour(0.08, 0.1, 0.7) + 0.75 * interior_colour(each, 0.35, 0.75)) * dim
        paint_box(canvas, x - half, x + half, top, 1.0, facade)
        _facade_windows(canvas, each, x - half, x + half, top, night)
    y = rng.uniform(0.72, 0.88)
    paint_box(canvas, -9, 9, y, 1.2, colour(0.6, 0.03, rng.uniform(0.4, 0.6)) * dim, 1.2)
    _cars(canvas, y, dim)
    warm, cool = colour(0.08, 0.45, 1.1), colour(0.55, 0.15, 1.1)
    lights = (
        (warm, warm, cool, colour(0.0, 0.7, 0.85), colour(0.38, 0.4, 0.85))
        if night
        else (warm, cool)
    )
    _discs(
        canvas, rng, 30 if night else 8, 0.2, 0.85, lights, (0.35, 0.9) if night else (0.15, 0.45)
    )


def _facade_windows(canvas, rng, left, right, top, night):
    glass = colour(0.58, 0.15, rng.uniform(0.25, 0.5)) * (0.2 if night else 1)
    wide, high = rng.uniform(0.03, 0.05), rng.uniform(0.05, 0.09)
    for y in np.arange(top + 0.06, 0.75, high * 1.9):
        for x in np.arange(left + 0.03, right - wide, wide * 2):
            lit = night and rng.random() < 0.35
            paint_box(
                canvas, x, x + wide, y, y + high, colour(0.1, 0.35, 0.85) if lit else glass, 1.1
            )


def _cars(canvas, y, dim):
    for column in canvas.columns(0.5):
        each = canvas.rng(5, 4, column + 1000)
        if each.random() < 0.5:
            x, paint = (column + each.random()) * 0.5, interior_colour(each, 0.15, 0.8) * dim
            paint_box(canvas, x - 0.09, x + 0.09, y - 0.11, y - 0.04, paint * 0.4, 1.1, 0.05)
            paint_box(canvas, x - 0.19, x + 0.19, y - 0.06, y + 0.02, paint, 1.1)


def _view(canvas, rng):
    """Sky, clouds, hills and field or water."""
    horizon, hue = rng.uniform(0.5, 0.8), rng.uniform(0.56, 0.61)
    high, low = (
        colour(hue, rng.uniform(0.15, 0.5), rng.uniform(0.6, 0.85)),
        colour(hue + 0.02, 0.08, rng.uniform(0.9, 1.05)),
    )
    if rng.random() < 0.3:
        low = colour(0.06, 0.35, 0.95)
    depth = np.clip(canvas.y / horizon, 0, 1)[:, None] ** 1.4
    canvas.light[:] = high + depth * (low - high)
    cloud = fractal_noise(canvas, canvas.seed + 1, 2.2, 5, 0.8, 0.55, 2.0)
    _lay(
        canvas,
        (slice(None), slice(None)),
        0.75 * _ramp(cloud, rng.uniform(0.1, 0.7), 0.5),
        colour(0.1, 0.03, 1.0),
    )
    for far in range(3):
        _hills(canvas, horizon - 0.1 + far * 0.06, far, low)
    ground = colour(rng.choice([0.13, 0.24, 0.57]), 0.3, rng.uniform(0.45, 0.75))
    paint_box(canvas, -9, 9, horizon + 0.1, 1.3, ground, 1.2)
    _discs(canvas, rng, 6, horizon + 0.02, 1.0, (ground * 1.5, low), (0.1, 0.35))


def _hills(canvas, y, far, haze):
    ridge = y - 0.06 * value_noise(
        Canvas(canvas.light[:, :1], canvas.x, canvas.y[:1], canvas.blur, 0),
        canvas.seed + 20 + far,
        2.5 + far,
    )
    green = colour(0.28, 0.3, 0.5 - 0.06 * far)
    share = (0.6, 0.3, 0.1)[far]
    alpha = _ramp(canvas.y[:, None], ridge, canvas.softness(1.1))
    _lay(canvas, (slice(None), slice(None)), alpha, green + share * (haze - green))


PAINTERS = {
    "plain": paint_plain,
    "gradient": paint_gradient,
    "room": paint_room,
    "outdoor": paint_outdoor,
    "wall": paint_wall,
    "noise": paint_noise,
}


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
    """
    scale = max(height / picture.shape[0], width / picture.shape[1])
    h, w = (max(1, round(side / scale)) for side in (height, width))
    top, left = (picture.shape[0] - h) // 2, (picture.shape[1] - w) // 2
    cut = linear(picture[top : top + h, left : left + w])
    fitted = cv2.resize(
        cut, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
    sigma = 0.5 * DEPTH_OF_FIELD * blur * height
    return cv2.GaussianBlur(fitted, (0, 0), sigma) if sigma > 0.3 else fitted
