"""Skin, lips and iris as textures, made once per person in the face model's texture space."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from .model import load_model, smoothstep

HEIGHT, WIDTH = 768, 1024  # texels
TOP, RANGE = 135.0, 400.0  # mm: v = (TOP - y) / RANGE, as in datasets/build_face_model.py

BASE = np.array([0.86, 0.745, 0.66], np.float32)  # dermis without pigment
MELANIN = np.array([0.75, 1.1, 1.45], np.float32)  # absorption per unit in red, green and blue
BLOOD = np.array([0.06, 0.42, 0.36], np.float32)


def skin_albedo(melanin, blood):
    """Linear RGB albedo of skin with these amounts of its two pigments, (..., 3) in (0, 1).

    Two absorbing layers over a pale dermis, after the two-pigment model of Tsumura et al. 2003 (independent component
    analysis of skin colour); the coefficients are fitted by eye.
    """
    melanin, blood = np.asarray(melanin, np.float32)[..., None], np.asarray(blood, np.float32)[..., None]
    return BASE * np.exp(-melanin * MELANIN - blood * BLOOD)


@dataclass(frozen=True, eq=False)
class Textures:
    """One person's skin: ``colour`` (H,W,4) uint8 = square root of linear RGB albedo and gloss, ``bump`` (H,W,2) int8 =
    slope of the surface along u and v in 1/127, ``iris`` (64,64,3) uint8 over (radius, angle), square root too."""

    colour: np.ndarray
    bump: np.ndarray
    iris: np.ndarray


@cache
def atlas():
    """Mean-head position (HEIGHT,WIDTH,3) mm and the soft vertex masks of the model, per texel: dict of float32 arrays."""
    from .raster import rasterise

    model = load_model()
    uv = model.uv.astype(np.float32)
    points = uv * np.float32([WIDTH, HEIGHT])
    radius = np.hypot(model.mean[:, 0], model.mean[:, 2] + 75).astype(np.float32)
    wraps = np.ptp(uv[model.triangles][..., 0], axis=1) > 0.5
    helper = np.isin(model.triangle_parts, [model.part[p] for p in ("eye_left", "eye_right", "teeth", "tongue", "lashes")])
    triangles = model.triangles[~wraps & ~helper]
    depth, ids = np.zeros((HEIGHT, WIDTH), np.float32), np.full((HEIGHT, WIDTH), -1, np.int32)
    rasterise(points, radius, triangles, np.zeros(len(triangles), bool), depth, ids, 0, 0, HEIGHT)
    corners = triangles[ids]
    weights = _barycentric(points[corners], *np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5))
    layers = {"x": model.mean[:, 0], "y": model.mean[:, 1], "z": model.mean[:, 2]}
    layers |= {name: getattr(model, f"mask_{name}") / 255 for name in ("lips", "eyelids", "ears")}
    empty = (ids < 0).astype(np.uint8)
    return {k: _filled((v[corners] * weights).sum(-1).astype(np.float32), empty) for k, v in layers.items()}


def _barycentric(corners, x, y):
    a, b, c = (corners[:, :, i] for i in range(3))
    area = (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])
    wb = ((x - a[..., 0]) * (c[..., 1] - a[..., 1]) - (y - a[..., 1]) * (c[..., 0] - a[..., 0])) / area
    wc = ((b[..., 0] - a[..., 0]) * (y - a[..., 1]) - (b[..., 1] - a[..., 1]) * (x - a[..., 0])) / area
    return np.stack([1 - wb - wc, wb, wc], -1)


def _filled(layer, empty):
    """Fill texels that no triangle covers from their nearest neighbour."""
    _, nearest = cv2.distanceTransformWithLabels(empty, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    source = np.zeros(nearest.max() + 1, np.float32)
    source[nearest[empty == 0]] = layer[empty == 0]
    return source[nearest]


def noise(rng, size, octaves=1):
    """Smooth noise over the texture (HEIGHT,WIDTH) float32, mean 0, deviation 1; ``size`` in mm of the coarsest octave."""
    total = np.zeros((HEIGHT, WIDTH), np.float32)
    for k in range(octaves):
        cells = max(2, int(RANGE / size * 2**k))
        grid = rng.standard_normal((cells, int(cells * 1.6)), np.float32)
        total += cv2.resize(grid, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC) * np.float32(0.6**k)
    return (total - total.mean()) / total.std()


def bake(looks, traits):
    """Paint one person's textures."""
    rng = np.random.default_rng(looks.detail)
    a = atlas()
    melanin = looks.melanin * (1 + 0.07 * noise(rng, 40, 4))
    blood = looks.blood * (1 + 0.15 * noise(rng, 30, 3))
    blush = np.exp(-(((np.abs(a["x"]) - 42) / 22) ** 2 + ((a["y"] + 32) / 18) ** 2))
    blood = blood + 0.25 * blush + 0.7 * a["lips"] + 0.2 * a["ears"]
    melanin = melanin + a["lips"] * 0.15
    albedo = skin_albedo(melanin, blood)
    gloss = 0.5 + 0.3 * a["lips"]
    colour = np.dstack([np.sqrt(albedo), gloss]) * 255
    pores = noise(rng, 3, 2)
    bump = np.dstack([cv2.Sobel(pores, cv2.CV_32F, 1, 0), cv2.Sobel(pores, cv2.CV_32F, 0, 1)]) * 3
    return Textures(np.clip(colour, 0, 255).astype(np.uint8), np.clip(bump, -127, 127).astype(np.int8), bake_iris(looks, rng))


def bake_iris(looks, rng):
    """Iris over (radius, angle): fibres, a lighter ring round the pupil, the dark limbal ring at the edge."""
    radius = np.linspace(0, 1, 64, dtype=np.float32)[:, None]
    fibres = cv2.resize(rng.standard_normal((6, 48)).astype(np.float32), (64, 64), interpolation=cv2.INTER_CUBIC)
    blue, green, brown = np.array([0.16, 0.28, 0.42]), np.array([0.2, 0.27, 0.14]), np.array([0.14, 0.065, 0.03])
    light = blue + (green - blue) * looks.eye_green
    colour = light + (brown - light) * np.clip(looks.eye_melanin * 1.3 + (0.35 - radius) * 0.5, 0, 1)[..., None]
    shade = (1 + 0.25 * fibres) * (1.15 - 0.85 * smoothstep(0.75, 1.0, radius))
    return np.clip(np.sqrt(np.clip(colour * shade[..., None], 0, 1)) * 255, 0, 255).astype(np.uint8)


def blend(own, worn, share):
    """Textures of ``own`` with those of ``worn`` where ``share`` (H,W) is 1; the iris is the worn one."""
    mix = lambda a, b: np.rint(a + share[..., None] * (b.astype(np.float32) - a)).astype(a.dtype)  # noqa: E731
    return Textures(mix(own.colour, worn.colour), mix(own.bump, worn.bump), worn.iris)


def retoned(textures, looks, towards):
    """B's skin with A's overall tone: every texel's albedo times the ratio of the two people's plain skin."""
    ratio = skin_albedo(towards.melanin, towards.blood) / skin_albedo(looks.melanin, looks.blood)
    scale = np.append(np.sqrt(ratio), 1).astype(np.float32)
    return Textures(np.clip(np.rint(textures.colour * scale), 0, 255).astype(np.uint8), textures.bump, textures.iris)
