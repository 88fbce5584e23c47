"""Skin, lips and eyes as textures, made once per person in the face model's texture space.

Everything is placed in millimetres on the mean head (``texels.atlas``): patches of pigment and
shine as soft ellipses, wrinkles as curves, pores and blotches as noise. So it fits every person
and moves with every expression.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from .model import smoothstep
from .texels import (
    FACE,
    HEIGHT,
    RANGE,
    TOP,
    WIDTH,
    along,
    atlas,
    coarse_atlas,
    coarse_noise,
    dots,
    grown,
    noise,
    patches,
    texel_size,
    wrapped,
)
from .wrinkles import wrinkles

__all__ = [
    "HEIGHT", "RANGE", "TOP", "WIDTH", "Textures", "atlas", "bake", "bake_iris", "blend", "noise",
    "pyramid", "retoned", "skin_albedo",
]  # fmt: skip

LEVELS = 3  # the texture and its halves, so that a small picture does not sparkle

# Absorption per unit of pigment in red, green and blue; what skin scatters without and under it.
BASE = np.array([0.595, 0.45, 0.362], np.float32)
MELANIN = np.array([0.81, 1.13, 1.58], np.float32)
BLOOD = np.array([0.07, 0.45, 0.34], np.float32)
DEEPEST = np.float32(0.025)
ALBEDO = (0.012, 0.9)  # nothing on a face is darker or lighter

# Soft ellipses, mirrored: x, y, half width, half height in mm, amount in the middle.
PATCHES = {
    "blood": (
        (36, -32, 20, 16, 0.34), (0, -41, 13, 9, 0.42), (13, -43, 6, 7, 0.25),
        (0, -96, 14, 9, 0.16), (0, 52, 60, 24, -0.1), (31, -9, 14, 6, 0.08), (15, -6, 6, 7, 0.1),
        (0, -68, 32, 9, 0.08), (17, -62, 9, 9, -0.05), (0, -140, 60, 25, 0.06),
    ),
    "melanin": (
        (0, 55, 55, 25, 0.08), (29, 6, 17, 7, 0.15), (0, -68, 29, 16, 0.08),
        (14, -45, 6, 8, 0.09), (0, -150, 60, 30, -0.05), (62, -30, 16, 40, 0.08),
        (36, -28, 18, 16, -0.05), (0, -20, 9, 20, -0.05),
    ),
    "tired": ((27, -11, 12, 5.5, 1.0), (18, -9, 6, 7, 0.7), (29, 5, 14, 5, 0.45)),
    "gloss": (
        (0, 42, 34, 18, 0.24), (0, -16, 6, 22, 0.29), (0, -38, 9, 7, 0.42),
        (38, -22, 14, 9, 0.22), (0, -93, 11, 8, 0.18), (29, 5, 14, 5, 0.2), (62, 0, 15, 60, -0.09),
    ),
    "pores": (
        (0, -36, 15, 13, 0.8), (28, -34, 18, 15, 0.6), (0, 40, 36, 20, 0.3),
        (0, -92, 16, 12, 0.4), (29, 0, 18, 10, -0.5),
    ),
    "sun": (
        (0, -20, 15, 20, 0.8), (30, -24, 20, 15, 1.0), (0, 45, 48, 26, 0.25),
        (55, -10, 15, 30, 0.3), (0, -85, 26, 14, 0.12),
    ),
}  # fmt: skip

IRIS_EDGE = 0.7  # share of the iris texture's radius where the iris ends and the white begins
STROMA = np.array([0.12, 0.175, 0.23], np.float32)  # what an iris without pigment scatters
GREY = np.array([0.14, 0.168, 0.185], np.float32)  # the same with coarser fibres
YELLOW = np.array([0.1, 0.22, 1.3], np.float32)  # absorption of what turns blue eyes green
BROWN = np.array([1.6, 2.6, 3.6], np.float32)  # absorption of melanin, denser than in skin
GRAIN = np.array([0.1, 0.045, 0.017], np.float32)  # what the melanin itself scatters
WHITE = np.array([0.47, 0.425, 0.395], np.float32)  # of the eye
VESSELS = np.array([0.03, 0.2, 0.17], np.float32)


def skin_albedo(melanin, blood):
    """Linear RGB albedo of skin with these amounts of its two pigments.

    Two absorbing layers over a pale dermis, after the two-pigment model of Tsumura et al. 2003,
    "Image-based skin color and texture analysis/synthesis by extracting hemoglobin and melanin
    information in the skin". The coefficients were fitted to seven tones from very light to very
    dark and then adjusted by eye.

    Parameters
    ----------
    melanin, blood : float or arrays (...), >= 0

    Returns
    -------
    (..., 3) float32 in (0, 1)
    """
    melanin = np.asarray(melanin, np.float32) ** np.float32(1.15)
    blood = np.asarray(blood, np.float32)
    return np.stack([_scattered(melanin, blood, channel) for channel in range(3)], -1)


def _scattered(melanin, blood, channel):
    """One channel of ``skin_albedo``, of melanin to the power of 1.15."""
    light = np.asarray(melanin * -MELANIN[channel] - blood * BLOOD[channel])
    np.exp(light, out=light)
    light *= BASE[channel]
    light += DEEPEST
    return light


@dataclass(frozen=True, eq=False)
class Textures:
    """One person's skin and eyes.

    Attributes
    ----------
    texels : (1.5 HEIGHT, WIDTH) uint64, the bytes of ``colour`` and ``bump`` in one number for a
        single fetch
    iris : (64, 64, 3) uint8 over radius and angle, square root of linear RGB too; the iris ends
        at ``IRIS_EDGE`` of the radius, then comes the white of the eye
    """

    texels: np.ndarray
    iris: np.ndarray

    @classmethod
    def of(cls, colour, bump, iris):
        """Pack a texture (HEIGHT,WIDTH,4) uint8 and its slopes (HEIGHT,WIDTH,4) int8, each with
        its smaller copies."""
        layers = np.empty((HEIGHT * 3 // 2, WIDTH, 2), "<u4")
        layers[..., 0] = pyramid(colour).view("<u4")[..., 0]
        # the shader adds unsigned bytes
        layers[..., 1] = pyramid(bump).view("<u4")[..., 0] ^ np.uint32(0x80808080)
        return cls(layers.view("<u8")[..., 0], iris)

    @property
    def _layers(self):
        return self.texels[..., None].view(np.uint8)

    @property
    def colour(self):
        """(1.5 HEIGHT, WIDTH, 4) uint8: square root of linear RGB albedo, and gloss, laid out as
        ``pyramid`` says."""
        return self._layers[..., :4]

    @property
    def bump(self):
        """(1.5 HEIGHT, WIDTH, 4) int8: slope of the surface along u and v in 1/127 at rest, and
        what tense skin adds to both, laid out alike."""
        return (self._layers[..., 4:] ^ 128).view(np.int8)


def pyramid(picture):
    """A texture with smaller copies, each half the size of the one before (Williams 1983).

    Parameters
    ----------
    picture : (HEIGHT, WIDTH, C) uint8 or int8

    Returns
    -------
    (1.5 HEIGHT, WIDTH, C), the picture on top and its copies below it from left to right
    """
    packed = np.zeros((HEIGHT * 3 // 2, WIDTH, picture.shape[2]), picture.dtype)
    packed[:HEIGHT] = picture
    sign = 128 if picture.dtype == np.int8 else 0
    level = picture.view(np.uint8) ^ np.uint8(sign)  # OpenCV halves unsigned bytes only
    for k in range(1, LEVELS):
        level = cv2.resize(level, (WIDTH >> k, HEIGHT >> k), interpolation=cv2.INTER_AREA)
        left = WIDTH - 2 * (WIDTH >> k)
        small = (level ^ np.uint8(sign)).view(picture.dtype)
        packed[HEIGHT : HEIGHT + len(small), left : left + small.shape[1]] = small
    return packed


@cache
def _maps():
    """Where the skin has how much of what, at every fourth texel."""
    maps = {name: patches(table) for name, table in PATCHES.items()}
    ears = coarse_atlas()["ears"]
    maps["blood"] += 0.22 * ears
    maps["pores"] = np.clip(0.45 + maps["pores"] - 0.3 * ears, 0.05, 2)
    maps["sun"] = np.maximum(maps["sun"], 0)
    return maps


@cache
def _lips():
    """How much each texel is lip, (HEIGHT,WIDTH) float32: crisper than the model's vertices."""
    smooth = cv2.GaussianBlur(atlas()["lips"], (0, 0), sigmaX=2.5, sigmaY=1.2)
    return smoothstep(0.25, 0.75, smooth).astype(np.float32)


@cache
def _lines():
    """Shares on ``FACE``: the lower lip, the rim of the lower lid, and the light lost where the
    lips meet and at the rims of both lids."""
    x, y, z = (atlas()[k][FACE] for k in "xyz")
    x = np.abs(x)
    seam = np.exp(-(((y + 67.6) / 1.0) ** 2)) * smoothstep(26, 20, x) * smoothstep(5, 12, z)
    from_eyeball = np.sqrt((x - 28.87) ** 2 + y**2 + z**2) - 15.4
    rim = np.exp(-((np.maximum(from_eyeball - 0.9, 0) / 1.1) ** 2))
    above = y + 2.6 - 0.06 * (x - 29)  # the line between the corners of the eye
    upper, lower = rim * smoothstep(-0.5, 1.5, above), rim * smoothstep(0.5, -1.5, above)
    return {
        "lower_lip": smoothstep(-66, -69, y) * _lips()[FACE],
        "lower_rim": lower,
        "dark": 0.22 * seam * _lips()[FACE] + 0.75 * upper + 0.42 * lower,
    }


def bake(looks, traits):
    """Paint one person's textures.

    Parameters
    ----------
    looks : Looks
    traits : Traits

    Returns
    -------
    Textures
    """
    rng = np.random.default_rng(looks.detail)
    folds, pressed = wrinkles(traits.age, rng)
    skin = _layers(looks, traits, rng, np.clip(folds / np.float32(-0.4), 0, 1))
    colour = _painted(*skin, _gloss(looks, traits, rng), *_under_paint(looks, traits))
    bump = cv2.merge([*_slopes(_relief(traits, rng, folds)), *_slopes(pressed)])
    return Textures.of(colour, bump, bake_iris(looks, rng, traits.age))


def _under_paint(looks, traits):
    from .hair import under_paint  # hair grows on this module's atlas

    return under_paint(looks, traits)


def _painted(melanin, blood, light, gloss, hair, cover):
    """Albedo and gloss (HEIGHT,WIDTH,4) uint8 of skin of so much of each, under hair."""
    melanin = melanin ** np.float32(1.15)
    layers = []
    for channel in range(3):  # one after the other: they fit the processor's cache
        albedo = _scattered(melanin, blood, channel)
        albedo *= light
        albedo += cover * (hair[channel] - albedo)
        np.clip(albedo, *map(np.float32, ALBEDO), out=albedo)
        layers.append(_bytes_of(np.sqrt(albedo, out=albedo)))
    return cv2.merge([*layers, _bytes_of(gloss * (1 - np.float32(0.6) * cover))])


def _bytes_of(share):
    """A share in [0, 1] as uint8."""
    return cv2.convertScaleAbs(share, alpha=255)


def _layers(looks, traits, rng, creases):
    """What colours the bare skin, three (HEIGHT,WIDTH) float32: melanin, blood, and the share of
    the light that comes back from a fold or a crease."""
    lips, lines = _lips(), _lines()
    melanin, blood = _pigments(looks, traits, rng)
    melanin += _spots(looks, traits, rng) * (1 - lips)
    melanin += np.float32(0.08) * creases
    melanin += lips * np.float32(0.05 + 0.15 * looks.melanin)
    melanin[FACE] -= np.float32(0.15 * looks.melanin) * lines["lower_lip"]
    blood += lips * np.float32(0.75 + 0.9 * looks.lip_colour)
    blood += np.float32(0.12) * creases
    blood[FACE] += np.float32(0.3) * lines["lower_rim"]
    light = 1 - np.float32(0.2) * lips
    light -= np.float32(0.25) * creases
    light[FACE] -= lines["dark"]
    return melanin, blood, np.maximum(light, np.float32(0.12), out=light)


def _pigments(looks, traits, rng):
    """Melanin and blood of the plain skin, two (HEIGHT,WIDTH) float32: patches and blotches."""
    maps, aged = _maps(), smoothstep(35, 80, traits.age)
    uneven = 0.05 * coarse_noise(rng, 45, 3) + (0.025 + 0.04 * aged) * coarse_noise(rng, 14, 2)
    melanin = looks.melanin * (1 + maps["melanin"] + uneven)
    melanin += (0.05 + 0.1 * looks.melanin) * (0.5 + 0.9 * aged) * maps["tired"]
    blotches = 0.05 * coarse_noise(rng, 32, 3) + 0.05 * coarse_noise(rng, 12, 2)
    blood = looks.blood + blotches + maps["blood"] * rng.uniform(0.6, 1.4)
    blood += 0.06 * (0.5 + aged) * maps["tired"] - 0.08 * aged
    melanin, blood = grown(np.maximum(melanin, 0.03)), grown(np.maximum(blood, 0.05))
    mottled = noise(rng, 6, 3)
    melanin *= 1 + np.float32(0.02) * mottled
    blood += np.float32(0.05) * mottled
    return np.maximum(melanin, np.float32(0.01), out=melanin), blood


def _spots(looks, traits, rng):
    """Melanin of freckles, moles and the spots of age, (HEIGHT,WIDTH) float32."""
    sun, front = _maps()["sun"], smoothstep(-75, -30, coarse_atlas()["z"])
    clusters = sun * np.exp(0.7 * coarse_noise(rng, 24, 3))
    freckles = dots(rng, clusters, int(1000 * looks.freckles), 0.35, 0.9)
    aged = smoothstep(48, 80, traits.age) * rng.uniform(0.2, 1.3)
    old = dots(rng, (sun + 0.15) * front, int(26 * aged), 1.0, 3.0)
    moles = dots(rng, (sun + 0.5) * front, int(0.5 + 6 * looks.moles), 0.4, 1.1)
    m = looks.melanin
    return (0.2 + 0.3 * m) * freckles + (0.14 + 0.2 * m) * old + (0.4 + 0.5 * m) * moles


def _gloss(looks, traits, rng):
    """Shine in [0, 1], (HEIGHT,WIDTH): oily forehead, nose, chin, moist lips; duller with age."""
    skin = 0.4 + _maps()["gloss"] + 0.05 * coarse_noise(rng, 10, 2)
    skin = skin * (0.6 + 0.75 * looks.shine) - 0.06 * smoothstep(45, 80, traits.age)
    moist = np.float32(0.26 + 0.26 * looks.shine)
    return np.clip(grown(skin) * (1 - _lips()) + moist * _lips(), 0.05, 1)


def _relief(traits, rng, folds):
    """Height of the skin over the smooth head in mm, (HEIGHT,WIDTH)."""
    lips, aged = _lips(), smoothstep(40, 82, traits.age)
    pores = _pits(rng)
    pores *= grown(_maps()["pores"])
    pores *= np.float32(0.085 + 0.07 * aged)
    skin = noise(rng, 3.2, 3)
    skin *= np.float32(0.026 + 0.034 * aged)
    skin -= pores
    skin *= 1 - lips
    skin += grown(coarse_noise(rng, 17, 2)) * np.float32(0.04 + 0.16 * aged)
    skin += folds * (1 - np.float32(0.7) * lips)
    skin[FACE] += lips[FACE] * (0.028 * _furrows(rng) + np.float32(0.08))
    return skin


def _pits(rng, spacing=1.15, side=512, reach=190.0):
    """Pores: round pits about ``spacing`` mm apart, (HEIGHT,WIDTH) float32 in about [0, 1]."""
    picture = np.zeros((side, side), np.float32)
    count = int((reach / spacing) ** 2)
    depth = rng.uniform(0.4, 1, count).astype(np.float32)
    np.add.at(picture, tuple(rng.integers(0, side, (2, count))), depth)
    return wrapped(5 * cv2.GaussianBlur(picture, (0, 0), 0.9), reach=reach)


def _furrows(rng):
    """Fine furrows across the lips on ``FACE``, float32: noise drawn out up and down."""
    lines = _streaks(rng, 8, 64) + 0.5 * _streaks(rng, 12, 128)
    x, y = atlas()["x"][FACE] * 8 + 256, atlas()["y"][FACE] * 1.5 + 132
    return cv2.remap(lines, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def _streaks(rng, *cells):
    grid = rng.standard_normal(cells, np.float32)
    return cv2.resize(grid, (512, 64), interpolation=cv2.INTER_CUBIC)


def _slopes(relief):
    """Slope of a relief in mm along u and v, two (HEIGHT,WIDTH) int8 in 1/127."""
    slopes = []
    for axis, size in zip((1, 0), texel_size(), strict=True):
        slope = along(relief, axis)
        slope /= size
        slope *= 127
        np.clip(np.rint(slope, out=slope), -127, 127, out=slope)
        slopes.append(slope.astype(np.int8))
    return slopes


def bake_iris(looks, rng, age=30.0):
    """Iris and white of the eye over (radius, angle).

    A blue or grey stroma seen through a yellow and a brown pigment, so that all eye colours come
    from the same two numbers; fibres, the frill round the pupil, the dark ring at the edge.

    Parameters
    ----------
    looks : Looks
    rng : numpy.random.Generator
    age : float, years; the white of the eye yellows

    Returns
    -------
    (64, 64, 3) uint8, square root of linear RGB
    """
    radius = np.linspace(0, 1 / IRIS_EDGE, 64, dtype=np.float32)[:, None]
    fibres = _fibres(rng, radius)
    light = (1 + 0.45 * fibres) * (1 - 0.75 * smoothstep(0.74, 0.98, radius))
    iris = np.clip(_stained(looks, rng, radius, fibres) * light[..., None], 0.004, 1)
    white = _white(rng, radius, age) * np.float32(1 - 0.06 * min(looks.melanin, 2))
    edge = smoothstep(0.9, 1.05, radius)[..., None]
    return np.rint(255 * np.sqrt(iris * (1 - edge) + white * edge)).astype(np.uint8)


def _stained(looks, rng, radius, fibres):
    """Albedo (64,64,3) of the stroma behind its pigments, more of them round the pupil."""
    green = smoothstep(0.45, 1, looks.eye_green)
    frill = smoothstep(0.62, 0.45, radius + 0.05 * _ring(rng, 24))
    frill = frill * smoothstep(0.02, 0.4, looks.eye_melanin + 0.2 * green)
    brown = np.maximum(looks.eye_melanin * (1 + 0.18 * fibres) + 0.22 * frill, 0)[..., None]
    stroma = STROMA + (GREY - STROMA) * smoothstep(0.5, 0.1, looks.eye_green)
    grain = GRAIN * brown * np.exp(-1.6 * brown) * rng.uniform(0.4, 1.2)
    return stroma * np.exp(-green * YELLOW - brown**1.2 * BROWN) + grain


def _ring(rng, count):
    """Periodic noise over the 64 angles, (1,64) float32."""
    values = rng.standard_normal(count).astype(np.float32)
    places = np.arange(64) * count / 64
    return np.interp(places, np.arange(count + 1), [*values, values[0]]).astype(np.float32)[None]


def _fibres(rng, radius):
    """Spokes that wander a little outwards, (64,64) float32 of deviation about .5."""
    inner, outer = _ring(rng, 40), _ring(rng, 52)
    return 0.6 * (inner + (outer - inner) * np.clip(radius, 0, 1))


def _white(rng, radius, age):
    """The white of the eye (64,64,3): greyish pink, a few faint vessels towards the corners."""
    tint = WHITE * (1 - smoothstep(40, 85, age) * np.float32([0.03, 0.06, 0.16]))
    vessels = np.maximum(_ring(rng, 32) - 0.6, 0) * smoothstep(1.05, 1.4, radius)
    return tint * np.exp(-vessels[..., None] * VESSELS)


def blend(own, worn, share):
    """Textures of ``own`` with those of ``worn`` inside; the iris is the worn one.

    Parameters
    ----------
    own, worn : Textures
    share : (HEIGHT, WIDTH) float32, 0 keeps ``own`` to the byte, 1 takes ``worn``
    """
    colour = _mixed(own.colour[:HEIGHT], worn.colour[:HEIGHT], share)
    bump = _mixed(own.bump[:HEIGHT], worn.bump[:HEIGHT], share)
    return Textures.of(colour, bump, worn.iris)


def _mixed(a, b, share):
    return np.rint(a + share[..., None] * (b.astype(np.float32) - a)).astype(a.dtype)


def retoned(textures, looks, towards):
    """B's skin in A's tone: every albedo times the ratio of the two people's plain skin.

    Parameters
    ----------
    textures : Textures
    looks, towards : Looks of B, whose textures they are, and of A
    """
    plain = skin_albedo(looks.melanin, looks.blood)
    ratio = skin_albedo(towards.melanin, towards.blood) / plain
    scale = np.append(np.sqrt(ratio), 1).astype(np.float32)
    lightest = np.float32([*[255 * ALBEDO[1] ** 0.5] * 3, 255])
    colour = np.rint(np.minimum(textures.colour[:HEIGHT] * scale, lightest)).astype(np.uint8)
    return Textures.of(colour, textures.bump[:HEIGHT], textures.iris)
