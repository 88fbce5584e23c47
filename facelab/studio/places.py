"""Places behind a person, far out of focus: rooms with things along the wall, and the outdoors."""

import numpy as np

from .canvas import colour, interior_colour, ramp, value_noise

WARM = np.float32([1.08, 0.97, 0.82]).reshape(3, 1, 1)
EDGES = -99, 99  # left and right of what crosses every picture


# ---------------------------------------------------------------------------------------------
# Rooms: each thing is painted about x in a slot of the wall


def paint_room(canvas):
    """A room: along its wall a row of things, each in a slot of its own; perhaps a sofa."""
    rng = canvas.rng(4)
    canvas.fill(interior_colour(rng, 0.45, 0.88), 4, 0.35)
    evening = rng.random() < 0.3
    things = EVENING if evening else DAY
    slot, first, stride = rng.uniform(0.38, 0.52), rng.integers(8), rng.choice([1, 3])
    for number, each in canvas.slots(slot, 4):
        thing = things[(number * stride + first) % len(things)]
        thing(canvas, each, (number + 0.5 + each.uniform(-0.1, 0.1)) * slot, slot)
    light = rng.uniform(0.35, 0.6) * WARM if evening else rng.uniform(0.65, 1.1)
    canvas.light[:] *= light
    _sofa(canvas, rng)


def _sofa(canvas, rng):
    cloth, x, y = interior_colour(rng, 0.2, 0.6), rng.uniform(-0.6, 0.6), rng.uniform(0.72, 0.86)
    if rng.random() < 0.5:
        canvas.box(x - 0.6, x + 0.6, y, 1.2, cloth, 0.7)


def _window(canvas, rng, x, slot):
    half, top, bottom = rng.uniform((0.34, -0.1, 0.62), (0.46, 0.12, 0.85)).tolist()
    half, white = half * slot, colour(0.1, 0.03, 0.92)
    sky = colour(0.58, rng.uniform(0.05, 0.25), rng.uniform(0.98, 1.15))
    canvas.box(x - half - 0.02, x + half + 0.02, top - 0.02, bottom + 0.03, white)
    canvas.box(x - half, x + half, top, bottom, sky)
    _garden(canvas, rng, x, half, bottom)
    middle = (top + bottom) / 2
    canvas.box(x - 0.012, x + 0.012, top, bottom, white)
    canvas.box(x - half, x + half, middle - 0.009, middle + 0.009, white)
    _curtains(canvas, rng, x, half, top, bottom)
    canvas.glow(x, middle, slot * 1.7, 0.16 * sky)


def _garden(canvas, rng, x, half, bottom):
    """What is seen through the window."""
    horizon, leaves = bottom - rng.uniform(0.1, 0.3), colour(0.27, 0.25, 0.6)
    canvas.box(x - half, x + half, horizon, bottom, colour(0.27, 0.2, 0.7))
    for _ in range(3):
        aside, up, size = rng.uniform((-0.6, -0.05, 0.03), (0.6, 0.06, 0.07))
        canvas.disc(x + aside * half, horizon + up, size, leaves, canvas.softness(1.2))


def _curtains(canvas, rng, x, half, top, bottom):
    cloth = interior_colour(rng, 0.6, 0.95)
    for middle in (x - half - 0.01, x + half + 0.01):
        for fold in range(4):
            left, shade = middle - 0.045 + 0.022 * fold, rng.uniform(0.6, 1.1)
            canvas.box(left, left + 0.024, top - 0.05, bottom + 0.12, cloth * shade, 0.9)


def _bookcase(canvas, rng, x, slot):
    half, top, step = slot * 0.42, rng.uniform(-0.1, 0.15), rng.uniform(0.19, 0.26)
    wood = colour(rng.uniform(0.05, 0.1), rng.uniform(0.1, 0.5), rng.uniform(0.25, 0.8))
    canvas.box(x - half - 0.015, x + half + 0.015, top, 1.1, wood * 0.45)
    for shelf in np.arange(top + step, 1.1, step).tolist():
        _books(canvas, rng, x - half, x + half, shelf, step)
        canvas.box(x - half, x + half, shelf, shelf + 0.016, wood)
    for left in (x - half - 0.015, x + half):
        canvas.box(left, left + 0.015, top, 1.1, wood * 0.9)


def _books(canvas, rng, left, right, shelf, step):
    end = right - rng.uniform(0, 0.5) * (right - left)
    if right - end > 0.07:
        vase, x = interior_colour(rng, 0.3, 0.9), (end + right) / 2 + 0.01
        canvas.disc(x, shelf - 0.04, 0.026, vase, canvas.softness(), tall=1.5)
    while left < end:
        wide, high = rng.uniform(0.012, 0.034), step * rng.uniform(0.5, 0.82)
        spine = colour(rng.random(), rng.beta(1.3, 2.2) * 0.6, rng.uniform(0.2, 0.8))
        canvas.box(left, left + wide, shelf - high, shelf, spine)
        left += wide + 0.002


def _pictures(canvas, rng, x, slot):
    heights = rng.uniform((0.15, 0.5), (0.3, 0.62))
    for y in heights[: rng.integers(1, 3)].tolist():
        _picture(canvas, rng, x + rng.uniform(-0.05, 0.05), y)


def _picture(canvas, rng, x, y):
    wide, high = rng.uniform((0.07, 0.08), (0.14, 0.13))
    frame, mat = colour(0.08, 0.3, rng.choice([0.12, 0.45, 0.85])), colour(0.1, 0.04, 0.92)
    for inset, paint in ((0, frame), (0.014, mat), (0.04, interior_colour(rng, 0.25, 0.75))):
        a, b = wide - inset, high - inset
        canvas.box(x - a, x + a, y - b, y + b, paint)
    canvas.disc(x + 0.01, y + 0.02, 0.03, interior_colour(rng, 0.2, 0.7), canvas.softness())


def _lamp(canvas, rng, x, slot):
    y, half, chroma = rng.uniform((0.28, 0.05, 0.2), (0.5, 0.08, 0.4))
    warm = colour(0.085, chroma, 1.12)
    canvas.box(x - 0.008, x + 0.008, y + 0.1, 1.1, colour(0.08, 0.2, 0.3))
    canvas.glow(x, y + 0.05, 0.5, warm * 0.4)
    canvas.box(x - half, x + half, y - 0.06, y + 0.11, warm, slant=0.05)
    canvas.glow(x, y + 0.04, 0.12, warm * 0.3)


def _door(canvas, rng, x, slot):
    half, paint = slot * 0.36, interior_colour(rng, 0.4, 0.9)
    canvas.box(x - half - 0.03, x + half + 0.03, -0.05, 1.1, paint * 1.1)
    canvas.box(x - half, x + half, 0.0, 1.1, paint * 0.85)
    for top in (0.08, 0.55):
        canvas.box(x - half * 0.65, x + half * 0.65, top, top + 0.38, paint * 0.68)
        canvas.box(x - half * 0.58, x + half * 0.58, top + 0.02, top + 0.36, paint * 0.88)


def _plant(canvas, rng, x, slot):
    y, pot = rng.uniform(0.6, 0.8), interior_colour(rng, 0.3, 0.9)
    canvas.box(x - 0.05, x + 0.05, y + 0.08, y + 0.24, pot, slant=-0.015)
    leaf = colour(rng.uniform(0.26, 0.34), 0.4, 0.4)
    for _ in range(22):
        turn, far, size = rng.normal(0, 0.8), rng.uniform(0.03, 0.27), rng.uniform(0.018, 0.035)
        at = x + np.sin(turn) * far * 0.8, y + 0.07 - np.cos(turn) * far
        shade = leaf * rng.uniform(0.4, 1.7)
        canvas.disc(*at, size, shade, canvas.softness(0.8), alpha=0.9, tall=1.6)


def _bulbs(canvas, rng, x, slot):
    y, sag = rng.uniform(0.05, 0.2), rng.uniform(0.05, 0.2)
    for t in (-0.5, -0.3, -0.1, 0.1, 0.3, 0.5):
        at = x + t * slot, y + sag * (1 - 4 * t * t)
        canvas.glow(*at, 0.12, colour(0.09, 0.4, 0.6))
        canvas.bokeh(*at, 0.007 + 0.028 * canvas.blur, colour(0.09, 0.3, 1.15), 0.9)


DAY = (_window, _bookcase, _pictures, _plant, _door, _lamp, _window, _pictures)
EVENING = (_lamp, _bookcase, _bulbs, _door, _lamp, _pictures, _plant)


# ---------------------------------------------------------------------------------------------
# Outdoors


def paint_outdoor(canvas):
    """Outside with an open lens: leaves, a street or a wide view, and discs of light."""
    rng = canvas.rng(5)
    place = (_foliage, _foliage, _street, _view)[rng.integers(4)]
    place(canvas, rng)


def _discs(canvas, count, top, bottom, lights, alpha=(0.15, 0.6)):
    """Scatter discs of light, ``count`` to a stretch of one picture height."""
    widest = 0.004 + 0.042 * canvas.blur
    for number, rng in canvas.slots(1.0, 5):
        for x, y, size, bright, opacity in rng.random((count, 5)).tolist():
            light = lights[rng.integers(len(lights))] * (0.6 + 0.5 * bright)
            strength = alpha[0] + (alpha[1] - alpha[0]) * opacity
            at = number + x, top + (bottom - top) * y
            canvas.bokeh(*at, widest * (0.5 + 0.5 * size), light, strength)


def _foliage(canvas, rng):
    hue, value, gap = rng.uniform((0.17, 0.35, -0.5), (0.27, 0.6, 0.15))
    deep, lit = colour(hue + 0.04, 0.4, value * 0.45), colour(hue, 0.42, value * 1.25)
    sky = colour(0.57, rng.uniform(0.02, 0.2), rng.uniform(0.9, 1.1))
    leaves = canvas.noise(1, 3.3, 6, 0.55, 0.62)
    sun = ramp(leaves + 0.4 * canvas.noise(2, 1.3), 0.15, 0.9)
    canvas.light[:] = deep + sun * (lit - deep)
    thin = 0.75 * leaves + 0.5 * canvas.noise(7, 2) + 1.3 * (gap - canvas.y)[:, None]
    canvas.cover(ramp(thin, 0.05, 0.28), sky)
    _trunks(canvas)
    grass = colour(hue - 0.01, 0.36, rng.uniform(0.45, 0.65))
    canvas.box(*EDGES, rng.uniform(0.68, 0.95), 1.2, grass, 1.3)
    _discs(canvas, 34, -0.05, 0.75, (sky, lit * 1.5, lit * 1.1, colour(hue - 0.06, 0.25, 0.9)))


def _trunks(canvas):
    for number, rng in canvas.slots(0.9, 5, 7):
        x, half, foot, value = rng.uniform((0, 0.012, 0.75, 0.2), (1, 0.05, 0.95, 0.35)).tolist()
        x, bark = (number + x) * 0.9, colour(0.08, 0.2, value)
        if rng.random() < 0.45:
            canvas.box(x - half, x + half, -0.1, foot, bark, 0.9, 0.01)
            canvas.box(x - half, x - half * 0.3, -0.1, foot - 0.03, bark * 1.9, 0.9, 0.01)


def _street(canvas, rng):
    """Houses, a road and cars, by day or lit at night."""
    night = rng.random() < 0.35
    dim, y = 0.25 if night else 1.0, rng.uniform(0.72, 0.88)
    canvas.fill(colour(0.58, 0.15, rng.uniform(0.85, 1.05)) * (0.12 if night else 1), 5)
    for number, each in canvas.slots(0.34, 5, 3):
        _house(canvas, each, (number + each.random()) * 0.34, dim, night)
    canvas.box(*EDGES, y, 1.2, colour(0.6, 0.03, rng.uniform(0.4, 0.6)) * dim, 1.2)
    for number, each in canvas.slots(0.5, 5, 4):
        _car(canvas, each, (number + each.random()) * 0.5, y, dim)
    warm, cool = colour(0.08, 0.45, 1.1), colour(0.55, 0.15, 1.1)
    red, green = colour(0.0, 0.7, 0.85), colour(0.38, 0.4, 0.85)
    if night:
        _discs(canvas, 30, 0.2, 0.85, (warm, warm, cool, red, green), (0.35, 0.9))
    else:
        _discs(canvas, 8, 0.2, 0.85, (warm, cool), (0.15, 0.45))


def _house(canvas, rng, x, dim, night):
    half, top, wide, high = rng.uniform((0.14, -0.2, 0.03, 0.05), (0.28, 0.45, 0.05, 0.09)).tolist()
    front = (0.25 * colour(0.08, 0.1, 0.7) + 0.75 * interior_colour(rng, 0.35, 0.75)) * dim
    canvas.box(x - half, x + half, top, 1.0, front)
    glass = colour(0.58, 0.15, rng.uniform(0.25, 0.5)) * (0.2 if night else 1)
    lamp_light = colour(0.1, 0.35, 0.85)
    for y in np.arange(top + 0.06, 0.75, high * 1.9).tolist():
        for left in np.arange(x - half + 0.03, x + half - wide, wide * 2).tolist():
            lit = night and rng.random() < 0.35
            canvas.box(left, left + wide, y, y + high, lamp_light if lit else glass, 1.1)


def _car(canvas, rng, x, y, dim):
    paint = interior_colour(rng, 0.15, 0.8) * dim
    if rng.random() < 0.5:
        canvas.box(x - 0.09, x + 0.09, y - 0.11, y - 0.04, paint * 0.4, 1.1, 0.05)
        canvas.box(x - 0.19, x + 0.19, y - 0.06, y + 0.02, paint, 1.1)


def _view(canvas, rng):
    """Sky, clouds, hills and field or water."""
    horizon, hue, chroma, value = rng.uniform((0.5, 0.56, 0.15, 0.6), (0.8, 0.61, 0.5, 0.85))
    low = colour(hue + 0.02, 0.08, rng.uniform(0.9, 1.05))
    low = colour(0.06, 0.35, 0.95) if rng.random() < 0.3 else low
    high = colour(hue, chroma, value)
    ground = colour(rng.choice([0.13, 0.24, 0.57]), 0.3, rng.uniform(0.45, 0.75))
    canvas.light[:] = high + np.clip(canvas.y / horizon, 0, 1)[:, None] ** 1.4 * (low - high)
    cloud = canvas.noise(1, 2.2, 5, 0.8, 0.55, 2.0)
    canvas.cover(0.75 * ramp(cloud, rng.uniform(0.1, 0.7), 0.5), colour(0.1, 0.03, 1.0))
    for nearness, haze in enumerate((0.6, 0.3, 0.1)):
        _hills(canvas, horizon - 0.1 + 0.06 * nearness, nearness, haze, low)
    canvas.box(*EDGES, horizon + 0.1, 1.3, ground, 1.2)
    _discs(canvas, 6, horizon + 0.02, 1.0, (ground * 1.5, low), (0.1, 0.35))


def _hills(canvas, y, nearness, haze, sky):
    (line,) = value_noise(
        canvas.x, np.zeros(1, np.float32), canvas.seed + 20 + nearness, 2.5 + nearness
    )
    rows = canvas.window(0, 0, y - 0.2, 1)[0]
    below = canvas.y[rows][:, None] - (y - 0.06 * line).astype(np.float32)
    green = colour(0.28, 0.3, 0.5 - 0.06 * nearness)
    canvas.cover(ramp(below, 0, canvas.softness(1.1)), green + haze * (sky - green), rows)
