"""Where hair grows on the mean head and how densely: maps in the skin's texture space.

The same maps paint the shadow under the hair and decide where strands take root, so both end in the
same soft line.
"""

from functools import cache, lru_cache

import numpy as np

from .model import smoothstep
from .parallel import cores
from .pigment import GREY, hair_colour
from .skin import HEIGHT, RANGE, TOP, WIDTH, atlas, noise

# Hair line of a young woman: height (mm above the eyes) over the angle about the head's vertical
# axis (degrees; 0 in front, 180 behind): forehead, temple, sideburn, over and behind the ear, nape.
EDGE_ANGLE = np.float32([0, 14, 27, 37, 45, 52, 58, 64, 71, 74, 99, 105, 112, 124, 150, 180])
EDGE_HEIGHT = np.float32([68, 67, 61, 48, 34, 21, 11, 1, -4, 9, 9, -20, -42, -56, -66, -68])
TEMPLE = np.float32([0, 0.35, 1, 0.9, 0.6, 0.25, 0.1, 0, 0, 0, 0, 0, 0, 0, 0, 0])  # what recedes
BURN = np.float32([0, 0, 0, 0, 0, 0.1, 0.5, 1, 1, 0.1, 0, 0, 0, 0, 0, 0])  # the sideburn
MOST = cores()  # as many people as can be built at a time
FRINGE_TOP = 34.0  # mm, upper end of the hair that is left on a bald head

# Share of the skin that hair hides at its roots, by style.
PAINT = {
    "bald": 0.35,
    "shaved": 0.5,
    "buzz": 0.9,
    "short": 0.96,
    "side_part": 0.97,
    "slicked": 0.97,
    "curly_short": 0.97,
    "afro": 0.98,
}
LONG_PAINT = 0.98
BEARD_PAINT = {
    "none": 0.0,
    "stubble": 0.42,
    "moustache": 0.6,
    "goatee": 0.62,
    "short_beard": 0.68,
    "full_beard": 0.88,
}
SHADOW = 0.2  # the shaved beard's shadow on a masculine face


def recession(looks, traits):
    """How far the hair line has gone back, in [0, 1]: with age, on masculine heads, by luck."""
    luck = np.random.default_rng([21, looks.detail]).uniform(0.1, 1.2)
    return float(np.clip(traits.masculinity * luck * (traits.age - 22) / 45, 0, 1))


def hair_edge(looks, traits):
    """A person's hair line: heights (mm) at ``EDGE_ANGLE``, float32."""
    rng = np.random.default_rng([22, looks.detail])
    front, peak, burn = rng.normal(0, 2.5), rng.uniform(-2, 4), rng.uniform(0.2, 1.1)
    gone = recession(looks, traits)
    height = EDGE_HEIGHT + front * (EDGE_ANGLE < 50) - peak * np.exp(-((EDGE_ANGLE / 9) ** 2))
    height += TEMPLE * (8 * traits.masculinity + 22 * gone) - BURN * 18 * traits.masculinity * burn
    return (height + 9 * gone**2 * (EDGE_ANGLE < 35)).astype(np.float32)


@cache
def _angle():
    """Each texel's angle about the head's axis, (H,W) uint16 in quarter degrees, 0 in front."""
    a = atlas()
    return np.rint(4 * np.degrees(np.arctan2(np.abs(a["x"]), a["z"] + 75))).astype(np.uint16)


def _depth_in_hair(height):
    """About how many mm inside the hair line each texel lies, (H,W) float32, negative outside."""
    line = np.interp(np.arange(0, 180.25, 0.25), EDGE_ANGLE, height)
    line = np.convolve(np.pad(line, 14, mode="edge"), np.ones(29) / 29, "valid").astype(np.float32)
    steep = 1 / np.sqrt(1 + (np.gradient(line) / 0.31) ** 2)  # a quarter degree is about .31 mm
    return (atlas()["y"] - np.take(line, _angle())) * np.take(steep.astype(np.float32), _angle())


@lru_cache(maxsize=MOST)
def scalp_density(looks, traits):
    """Where hair grows on the head: (HEIGHT,WIDTH) float32 in [0, 1] with a soft, ragged edge."""
    inside = _depth_in_hair(hair_edge(looks, traits))
    inside += np.float32(1.9) * noise(np.random.default_rng([23, looks.detail]), 9, 3)
    density = smoothstep(-6, 10, inside)
    density *= 1 - np.float32(0.9) * atlas()["ears"]
    if looks.hair_style == "bald":
        return density * _fringe(traits)
    thin = np.float32(max(0, recession(looks, traits) - 0.45) * 1.3)
    return density * (1 - thin * _crown()) if thin else density


def _fringe(traits):
    """What a bald person keeps: nothing while young, a ring round the back when old."""
    ring = 1 - smoothstep(FRINGE_TOP - 22, FRINGE_TOP, atlas()["y"])
    ring = ring * smoothstep(4 * 68, 4 * 84, _angle().astype(np.float32))
    return ring * np.float32(smoothstep(35, 60, traits.age))


@cache
def _crown():
    """Soft disc (H,W) in which hair thins out with age."""
    a = atlas()
    away = np.sqrt(a["x"] ** 2 + (a["z"] + 115) ** 2 + (a["y"] - 95) ** 2)
    return 1 - smoothstep(10, 48, away)


def _bare_skin():
    """Soft mask (H,W) of the face without lips and ears."""
    a = atlas()
    return (1 - smoothstep(0.05, 0.5, a["lips"])) * (1 - smoothstep(0.1, 0.6, a["ears"]))


def _under_lip(x, y):
    """Soft mask of where little grows, beside the middle under the lower lip."""
    return 0.75 * smoothstep(10, 14, x) * (1 - smoothstep(18, 24, x)) * smoothstep(-88, -82, y)


def _whiskers(x, y, z):
    """Cheeks, jaw and the upper neck."""
    cheek = np.interp(x, [0, 24, 40, 58, 68, 74], [-52, -57, -62, -50, -30, -8])
    under = np.interp(x, [0, 40, 60], [-124, -118, -84]) - 0.25 * np.clip(-20 - z, 0, 60)
    return smoothstep(-2, 9, cheek - y) * smoothstep(-4, 10, y - under) * smoothstep(-78, -66, z)


def _moustache(x, y, z):
    """Between nose and upper lip, a little past the corners of the mouth."""
    top = np.interp(x, [0, 3, 8, 16, 24, 30], [-51.5, -50.5, -49.5, -51, -57, -62])
    lip = smoothstep(-1, 3, top - y) * (1 - smoothstep(25, 31, x)) * smoothstep(-79, -74, y)
    return lip * (1 - smoothstep(-4, 4, x - 24) * smoothstep(-66, -72, y)) * smoothstep(0, 8, z)


def _chin(x, y, z):
    disc = 1 - smoothstep(0.8, 1.1, np.hypot(x / 25, (y + 98) / 26))
    return disc * smoothstep(-2, 6, -74 - y) * smoothstep(-45, -20, z)


def _corners(x, y, z):
    """Down from the corners of the mouth."""
    beside = smoothstep(18, 22, x) * (1 - smoothstep(28, 33, x)) * smoothstep(-52, -62, y)
    return beside * smoothstep(-104, -94, y) * smoothstep(-5, 5, z)


@cache
def _beard_shapes():
    """Soft maps (H,W) of the kinds of beard; ``whole`` is all that can grow."""
    x, y, z = np.abs(atlas()["x"]), atlas()["y"], atlas()["z"]
    thin, lip = 1 - _under_lip(x, y), _moustache(x, y, z)
    goatee = np.maximum.reduce([lip, _chin(x, y, z) * thin, _corners(x, y, z)])
    whole = np.maximum(_whiskers(x, y, z) * thin, lip)
    shapes = {"moustache": lip, "goatee": goatee, "whole": whole}
    return {name: (shape * _bare_skin()).astype(np.float16) for name, shape in shapes.items()}


@lru_cache(maxsize=MOST)
def beard_density(looks):
    """Where a beard, or its shadow, grows: (HEIGHT,WIDTH) float32 in [0, 1]."""
    rng = np.random.default_rng([24, looks.detail])
    shape = _beard_shapes().get(looks.beard, _beard_shapes()["whole"])
    return np.clip(shape * (1 + 0.12 * noise(rng, 12, 3)) - 0.04, 0, 1).astype(np.float32)


def brow_curve(looks, x):
    """Height of the brow's middle and its half width in mm, ``x`` mm beside the mean face's."""
    t = np.clip((np.abs(x) - 10) / 45, 0, 1)
    arch = looks.brow_arch
    middle = 18 + (1.8 + 3.2 * arch) * np.sin(t * np.pi * 0.8) - 1.2 * arch * t**3
    profile = np.interp(t, [0, 0.15, 0.4, 0.7, 1], [0.8, 1, 0.95, 0.7, 0.3])
    return middle, (2.3 + 2.6 * looks.brow_width) * profile


@lru_cache(maxsize=MOST)
def brow_density(looks):
    """Where the brows grow: (HEIGHT,WIDTH) float32 in [0, 1]."""
    rows = slice(int((TOP - 45) / RANGE * HEIGHT), int(TOP / RANGE * HEIGHT))
    x, y, z = (atlas()[axis][rows] for axis in "xyz")
    middle, half = brow_curve(looks, x)
    across = 1 - smoothstep(0.2, 1.3, np.abs(y - middle) / half)
    along = smoothstep(8, 19, np.abs(x)) * (1 - smoothstep(44, 58, np.abs(x)))
    density = np.zeros((HEIGHT, WIDTH), np.float32)
    density[rows] = across * along * smoothstep(-10, 0, z)
    return density


def under_paint(looks, traits):
    """What hair does to the skin beneath it: shadow of hair, beard and brows, stubble.

    Parameters
    ----------
    looks : Looks
    traits : Traits

    Returns
    -------
    colour : (3,) float32, linear RGB albedo
    cover : (HEIGHT,WIDTH) float32 in [0, 1], share of the skin that it hides, over ``skin.atlas``
    """
    grain = noise(np.random.default_rng([25, looks.detail]), 1.6, 1)
    strength = PAINT.get(looks.hair_style, LONG_PAINT)
    scalp = smoothstep(0.2, 1.1, scalp_density(looks, traits)) * _grained(strength, grain)
    brow = brow_density(looks) * np.float32(0.1 + 0.3 * looks.brow_density)
    cover = np.maximum(scalp, brow)
    beard = _beard_paint(looks, traits)
    if beard > 0:
        cover = np.maximum(cover, beard_density(looks) * _grained(beard, grain))
    return _paint_colour(looks), np.clip(cover, 0, 0.985).astype(np.float32)


def _paint_colour(looks):
    """Hair at its roots, in the shade of the hair above."""
    colour = hair_colour(looks, 1.1)
    colour = colour + 0.7 * looks.grey * (GREY - colour)
    return (colour * (0.5 + 0.5 * colour.mean())).astype(np.float32)


def _beard_paint(looks, traits):
    dark = smoothstep(0.2, 0.8, looks.hair_melanin)
    shadow = SHADOW * smoothstep(0.6, 1, traits.masculinity) * dark
    return max(BEARD_PAINT[looks.beard], float(shadow))


def _grained(strength, grain):
    """Paint of this mean strength in which single hairs show, the more the thinner it is."""
    return np.float32(strength) * (1 + np.float32(0.42 * (1 - strength)) * grain)
