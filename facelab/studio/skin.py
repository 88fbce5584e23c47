"""Skin, lips and iris as textures, made once per person in the face model's texture space.

Everything is placed in millimetres on the mean head (``atlas``): patches of pigment and shine as soft ellipses,
wrinkles as curves, pores and blotches as noise over the surface. So a texture fits every person and every expression.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from .model import load_model, smoothstep

HEIGHT, WIDTH = 768, 1024  # texels
TOP, RANGE = 135.0, 400.0  # mm: v = (TOP - y) / RANGE, as in datasets/build_face_model.py
LEVELS = 3  # the texture and its halves, so that a small picture does not sparkle
COARSE = 4  # broad patches are painted on every fourth texel
FACE = (slice(100, 580), slice(256, 768))  # rows and columns of the texture that hold all wrinkles

# Absorption per unit of pigment in red, green and blue, and what the skin scatters without and under all pigment.
BASE = np.array([0.61, 0.475, 0.36], np.float32)
MELANIN = np.array([0.81, 1.13, 1.44], np.float32)
BLOOD = np.array([0.07, 0.45, 0.34], np.float32)
DEEPEST = np.float32(0.025)

# Soft ellipses on the mean head, mirrored: x, y, half width, half height in mm, amount at the middle.
BLOOD_PATCHES = ((36, -32, 20, 16, 0.34), (0, -41, 13, 9, 0.42), (13, -43, 6, 7, 0.25), (0, -96, 14, 9, 0.16), (0, 52, 60, 24, -0.1),
                 (31, -9, 14, 6, 0.08), (15, -6, 6, 7, 0.1), (0, -68, 32, 9, 0.08), (17, -62, 9, 9, -0.05), (0, -140, 60, 25, 0.06))
MELANIN_PATCHES = ((0, 55, 55, 25, 0.05), (29, 6, 17, 7, 0.1), (0, -68, 29, 16, 0.05), (14, -45, 6, 8, 0.06), (0, -150, 60, 30, -0.03),
                   (62, -30, 16, 40, 0.05), (36, -28, 18, 16, -0.03), (0, -20, 9, 20, -0.03))
TIRED_PATCHES = ((27, -11, 12, 5.5, 1.0), (18, -9, 6, 7, 0.7), (29, 5, 14, 5, 0.45))
GLOSS_PATCHES = ((0, 42, 34, 18, 0.22), (0, -16, 6, 22, 0.26), (0, -38, 9, 7, 0.38), (38, -22, 14, 9, 0.2), (0, -93, 11, 8, 0.16),
                 (29, 5, 14, 5, 0.18), (62, 0, 15, 60, -0.08))
PORE_PATCHES = ((0, -36, 15, 13, 0.8), (28, -34, 18, 15, 0.6), (0, 40, 36, 20, 0.3), (0, -92, 16, 12, 0.4), (29, 0, 18, 10, -0.5))
SUN_PATCHES = ((0, -20, 15, 20, 0.8), (30, -24, 20, 15, 1.0), (0, 45, 48, 26, 0.25), (55, -10, 15, 30, 0.3), (0, -85, 26, 14, 0.12))

# Wrinkles on the right half of the mean head: (x, y) in mm along each, its depth and half width in mm.
WRINKLES = {
    "lids": [((15, -1), (19, 3.4), (25, 6.0), (32, 6.4), (39, 4), (44, -0.5), 0.35, 0.8)],
    "forehead": [((-3, 33), (9, 34.5), (22, 36), (34, 34), (43, 30), 0.45, 1.1), ((-2, 43), (12, 45), (26, 46), (38, 43), (47, 38), 0.5, 1.2),
                 ((-4, 53), (10, 55), (24, 56), (38, 52), 0.42, 1.2), ((-2, 64), (14, 65), (28, 64), 0.25, 1.2)],
    "frown": [((5, 8), (6.2, 14), (7, 20), (9.5, 26), 0.5, 1.0), ((-3, 3.5), (3, 3.8), (8, 2), 0.35, 1.0), ((-2, 0), (4, 0), (8, -2.5), 0.2, 0.9)],
    "crow": [((46.5, 0.5), (51, 4), (56, 9), (59, 14), 0.3, 0.7), ((47, -2), (52, -1), (58, 0.5), (62, 3), 0.32, 0.7), ((46.5, -4.5), (52, -6.5), (58, -8.5), (62, -9), 0.32, 0.7),
             ((45, -7), (50, -11), (55, -16), (58, -21), 0.28, 0.7), ((49, 1), (54, 3.5), (59, 6), 0.18, 0.6), ((49, -4), (55, -4.5), (60, -4.5), 0.18, 0.6)],
    "under_eye": [((15.5, -7.5), (20, -12), (27, -14.5), (35, -13.5), (41, -9.5), 0.28, 0.8), ((17, -6.5), (23, -9.8), (31, -11), (39, -8.3), 0.16, 0.6),
                  ((14.5, -9), (18, -15.5), (24, -20.5), (32, -23.5), (38, -24), 0.5, 2.0), ((20, -12.5), (27, -17), (34, -18), (40, -15.5), 0.18, 0.7)],
    "smile": [((13.5, -38), (17.5, -43.5), (22, -51), (26, -59), (28.5, -67), (28.5, -73), 0.9, 2.4)],
    "marionette": [((23, -69), (25.5, -74), (27.5, -81), (27.5, -88), (25.5, -94), 0.6, 1.4), ((-2, -85), (5, -85.3), (11, -84), (15, -81.5), 0.35, 1.6),
                   ((36, -80), (36, -90), (33, -99), 0.4, 2.4)],
    "lips": [((2.5, -57.5), (2.6, -51), 0.16, 0.7), ((6.8, -57), (7.6, -50), 0.2, 0.7), ((11, -58), (12.6, -51), 0.22, 0.7), ((15, -60), (17.5, -54), 0.2, 0.7),
             ((18.5, -63), (21.5, -58.5), 0.16, 0.7), ((4, -80), (4.5, -85), 0.1, 0.7), ((9, -79.5), (10.5, -84), 0.12, 0.7), ((14, -77.5), (16.5, -82), 0.14, 0.7)],
    "cheek": [((34, -43), (38, -51), (40, -60), (38, -70), 0.4, 2.4), ((42, -41), (47, -51), (48, -62), 0.3, 2.2), ((30, -30), (37, -33), (43, -38), 0.2, 1.8)],
    "neck": [((-3, -122), (14, -121), (30, -117), (44, -111), 0.5, 1.2), ((-3, -137), (16, -136), (34, -131), (50, -123), 0.55, 1.3), ((-3, -152), (18, -151), (40, -146), 0.4, 1.3)],
}
# Age in years at which each group begins, and is as deep as it gets; the share of it that everybody has.
WRINKLE_AGES = {"lids": (18, 60, 0.6), "forehead": (27, 74, 0.06), "frown": (30, 76, 0.03), "crow": (28, 70, 0.02), "under_eye": (24, 74, 0.12), "smile": (22, 74, 0.14),
                "marionette": (38, 80, 0.03), "lips": (48, 84, 0.0), "cheek": (48, 84, 0.0), "neck": (30, 78, 0.08)}


def skin_albedo(melanin, blood):
    """Linear RGB albedo of skin with these amounts of its two pigments.

    Two absorbing layers over a pale dermis, after the two-pigment model of Tsumura et al. 2003, "Image-based skin color
    and texture analysis/synthesis by extracting hemoglobin and melanin information in the skin". The coefficients were
    fitted by least squares to seven tones from very light to very dark.

    Parameters
    ----------
    melanin, blood : float or arrays (...), >= 0

    Returns
    -------
    (..., 3) float32 in (0, 1)
    """
    melanin, blood = np.asarray(melanin, np.float32)[..., None], np.asarray(blood, np.float32)[..., None]
    return DEEPEST + BASE * np.exp(-(melanin**1.15) * MELANIN - blood * BLOOD)


@dataclass(frozen=True, eq=False)
class Textures:
    """One person's skin and eyes.

    Attributes
    ----------
    colour : (1.5 HEIGHT, WIDTH, 4) uint8, square root of linear RGB albedo, and gloss; below the full picture its half,
        quarter, ... from left to right (``pyramid``)
    bump : (1.5 HEIGHT, WIDTH, 2) int8, slope of the surface along u and v in 1/127, packed alike
    iris : (64, 64, 3) uint8 over distance from the pupil's middle (the iris ends at ``IRIS_EDGE``, then comes the white)
        and angle, square root of linear RGB too
    """

    colour: np.ndarray
    bump: np.ndarray
    iris: np.ndarray


def pyramid(picture):
    """A texture (HEIGHT,WIDTH,C) with its smaller levels packed below: (1.5 HEIGHT, WIDTH, C)."""
    packed = np.zeros((HEIGHT * 3 // 2, WIDTH, picture.shape[2]), picture.dtype)
    packed[:HEIGHT] = picture
    level = picture.astype(np.int16)
    for k in range(1, LEVELS):
        level = (level[::2, ::2] + level[1::2, ::2] + level[::2, 1::2] + level[1::2, 1::2] + 2) >> 2
        left = WIDTH - 2 * (WIDTH >> k)
        packed[HEIGHT : HEIGHT + level.shape[0], left : left + level.shape[1]] = level
    return packed


@cache
def atlas():
    """Mean-head position (HEIGHT,WIDTH) mm ``x``, ``y``, ``z`` and the soft vertex masks of the model: dict of float32."""
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


@cache
def _coarse_atlas():
    """``atlas`` at every fourth texel."""
    return {k: np.ascontiguousarray(v[COARSE // 2 :: COARSE, COARSE // 2 :: COARSE]) for k, v in atlas().items()}


def _grown(layer):
    """From every fourth texel to all."""
    return cv2.resize(layer, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)


def _along(layer, axis):
    """Central difference of a layer per texel, along u (axis 1) or v (axis 0)."""
    kernel = np.float32([[-0.5, 0, 0.5]])
    return cv2.filter2D(layer, cv2.CV_32F, kernel if axis else kernel.T, borderType=cv2.BORDER_REPLICATE)


@cache
def _texel_size():
    """Size of a texel on the mean head along u and v, two (HEIGHT,WIDTH) float32 in mm."""
    a = atlas()
    return [np.clip(np.sqrt(sum(_along(a[k], axis) ** 2 for k in "xyz")), 0.15, 2).astype(np.float32) for axis in (1, 0)]


@cache
def _planes(step):
    """For each plane of space the two coordinates in it (mm) and how far the surface faces it (squares sum to 1)."""
    a = {k: v[step // 2 :: step, step // 2 :: step] for k, v in atlas().items()}
    du, dv = ([_along(a[k], axis) for k in "xyz"] for axis in (1, 0))
    facing = np.abs(np.cross(np.dstack(du), np.dstack(dv))) ** 3 + 1e-9
    facing /= np.linalg.norm(facing, axis=2, keepdims=True)
    pairs = (("y", "z"), ("x", "z"), ("x", "y"))
    return [(a[p] + 75 * (p == "y"), a[q] + 75 * (q == "z"), np.ascontiguousarray(facing[..., k])) for k, (p, q) in enumerate(pairs)]


def _wrapped(tile, step=1, reach=256.0):
    """Lay a square picture that covers ``reach`` mm over the head from three sides, mirrored where it ends."""
    scale = np.float32(len(tile) / reach)
    half = np.float32(len(tile) / 2)
    return sum(w * cv2.remap(tile, p * scale + half, q * scale + half, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT) for p, q, w in _planes(step))


def _noise_tile(rng, size, octaves, side=512, reach=256.0):
    total = np.zeros((side, side), np.float32)
    for k in range(octaves):
        cells = max(3, round(reach / size * 2**k))
        total += cv2.resize(rng.standard_normal((cells, cells), np.float32), (side, side), interpolation=cv2.INTER_CUBIC) * np.float32(0.6**k)
    return total


def _coarse_noise(rng, size, octaves):
    field = _wrapped(_noise_tile(rng, size, octaves, side=128), COARSE)
    return (field - field.mean()) / field.std()


def noise(rng, size, octaves=1):
    """Smooth noise on the skin.

    Parameters
    ----------
    rng : numpy.random.Generator
    size : float, mm of the coarsest octave, in [1, 85]
    octaves : int, each half the size and .6 of the strength of the one before

    Returns
    -------
    (HEIGHT, WIDTH) float32, mean 0, deviation 1; not stretched where the texture is
    """
    if size / 2 ** (octaves - 1) > 2 * COARSE:
        return _grown(_coarse_noise(rng, size, octaves))
    field = _wrapped(_noise_tile(rng, size, octaves))
    return (field - field.mean()) / field.std()


def _pits(rng, spacing):
    """Pores: small round pits about ``spacing`` mm apart, (HEIGHT,WIDTH) float32 in about [0, 1]."""
    side, reach = 512, 190.0
    tile = np.zeros((side, side), np.float32)
    count = int((reach / spacing) ** 2)
    np.add.at(tile, tuple(rng.integers(0, side, (2, count))), rng.uniform(0.4, 1, count).astype(np.float32))
    return _wrapped(cv2.GaussianBlur(tile, (0, 0), 0.9) * 5, reach=reach)


def _patches(table):
    """Sum of soft ellipses, on every fourth texel."""
    a = _coarse_atlas()
    front = smoothstep(-75, -40, a["z"])
    total = sum(amount * np.exp(-(((np.abs(a["x"]) - x) / w) ** 2) - ((a["y"] - y) / h) ** 2) for x, y, w, h, amount in table)
    return (total * front).astype(np.float32)


@cache
def _maps():
    """Where the skin has how much of what, on every fourth texel."""
    a = _coarse_atlas()
    tables = {"blood": BLOOD_PATCHES, "melanin": MELANIN_PATCHES, "tired": TIRED_PATCHES, "gloss": GLOSS_PATCHES, "pores": PORE_PATCHES, "sun": SUN_PATCHES}
    maps = {name: _patches(table) for name, table in tables.items()}
    return maps | {"blood": maps["blood"] + 0.22 * a["ears"], "pores": np.clip(0.45 + maps["pores"] - 0.3 * a["ears"], 0.05, 2)}


@cache
def _features():
    """Lips, the line between them and the rims of the lids, per texel: dict of (HEIGHT,WIDTH) float32 in [0, 1]."""
    a = atlas()
    lips = smoothstep(0.32, 0.68, cv2.GaussianBlur(a["lips"], (0, 0), sigmaX=2.5, sigmaY=1.2))
    seam = np.exp(-(((a["y"] + 67.6) / 1.3) ** 2)) * smoothstep(26, 20, np.abs(a["x"])) * smoothstep(5, 12, a["z"])
    above = a["y"] + 2.6 - 0.06 * (np.abs(a["x"]) - 29)
    ball = np.sqrt((np.abs(a["x"]) - 28.87) ** 2 + a["y"] ** 2 + a["z"] ** 2) - 15.4  # distance from the eyeball
    rim = np.exp(-((np.maximum(ball - 0.5, 0) / 1.1) ** 2))
    return {"lips": lips.astype(np.float32), "seam": seam.astype(np.float32), "lower_lip": smoothstep(-66, -69, a["y"]).astype(np.float32),
            "upper_rim": (rim * smoothstep(-0.5, 1.5, above)).astype(np.float32), "lower_rim": (rim * smoothstep(0.5, -1.5, above)).astype(np.float32)}


def _curve(points, step=0.35):
    """Points (n,3) on the mean head every ``step`` mm along a smooth curve through (x, y)."""
    from scipy.interpolate import CubicSpline

    points = np.float64(points)
    along = np.append(0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1)))
    x, y = CubicSpline(along, points)(np.arange(0, along[-1], step)).T
    return np.stack([x, y, _front_depth(x, y)], 1)


def _front_depth(x, y):
    """z of the mean head's front at (x, y), by the texture's rows."""
    a = atlas()
    rows = np.clip(((TOP - y) / RANGE * HEIGHT).astype(int), 0, HEIGHT - 1)
    front = slice(WIDTH // 4, 3 * WIDTH // 4)
    nearest = np.abs(a["x"][rows, front] - x[:, None]).argmin(1) + WIDTH // 4
    return a["z"][rows, nearest]


def _fold(layer, points, depth, width):
    """Press one wrinkle into ``layer``: a groove with a low swelling on both sides that runs out towards its ends."""
    a, curve = atlas(), _curve(points)
    rows = slice(*(int((TOP - y) / RANGE * HEIGHT) for y in (curve[:, 1].max() + 4 * width, curve[:, 1].min() - 4 * width)))
    near = [a[k][rows] for k in "xyz"]
    inside = (near[0] > curve[:, 0].min() - 4 * width) & (near[0] < curve[:, 0].max() + 4 * width) & (near[2] > curve[:, 2].min() - 9)
    distance, place = _nearest(np.stack([k[inside] for k in near], 1), curve)
    t = place / (len(curve) - 1)
    fade = np.minimum(1, 4 * t * (1 - t) + 0.02) ** 0.7 if points[0][0] >= 0 else np.minimum(1, 2.2 * (1 - t))
    shape = np.exp(-((distance / width) ** 2)) - 0.3 * np.exp(-((distance / (2.6 * width)) ** 2))
    view = layer[rows]
    pressed = -depth * fade * shape
    old = view[inside]
    view[inside] = np.where(np.abs(pressed) > np.abs(old), pressed, old)


def _nearest(points, curve):
    """Distance (n,) of points to a curve's points and the index of the nearest."""
    from scipy.spatial import cKDTree

    return cKDTree(curve).query(points.astype(np.float64))


@cache
def _wrinkle_layers():
    """Relief of each group of wrinkles when fully grown, name -> float32 in mm over the texels of ``FACE``."""
    layers = {}
    for name, lines in WRINKLES.items():
        layer = np.zeros((HEIGHT, WIDTH), np.float32)
        for *points, depth, width in lines:
            _fold(layer, points, depth, width)
        layers[name] = np.where(np.abs(layer) > np.abs(layer[:, ::-1]), layer, layer[:, ::-1])[FACE].copy()
    return layers


def wrinkle_depths(age, rng):
    """How far each group of wrinkles has grown at this age in this person: dict of floats, 0 none, 1 deep."""
    grown = {name: floor + (1 - floor) * smoothstep(start, full, age) for name, (start, full, floor) in WRINKLE_AGES.items()}
    return {name: float(share * rng.uniform(0.55, 1.25)) for name, share in grown.items()}


def _wrinkles(age, rng):
    """Relief of a person's wrinkles in mm, (HEIGHT,WIDTH): everybody's curves, bent and broken up by noise."""
    depths = wrinkle_depths(age, rng)
    layers = _wrinkle_layers()
    relief = sum(layers[name] * np.float32(depth) for name, depth in depths.items() if depth > 0.01)
    v, u = np.mgrid[: relief.shape[0], : relief.shape[1]].astype(np.float32)
    bend_u, bend_v, strength = (_grown(_coarse_noise(rng, size, 2))[FACE] for size in (34, 34, 26))
    relief = cv2.remap(relief, u + 5 * bend_u, v + 1.6 * bend_v, cv2.INTER_LINEAR)
    whole = np.zeros((HEIGHT, WIDTH), np.float32)
    whole[FACE] = relief * np.clip(0.95 + 0.3 * strength, 0.2, 1.5)
    return whole


def _dots(rng, density, count, smallest, largest):
    """Round spots scattered where ``density`` (coarse) is high, radii in mm: (HEIGHT,WIDTH) float32 in [0, 1]."""
    layer = np.zeros((HEIGHT, WIDTH), np.float32)
    if count < 1:
        return layer
    sizes = _texel_size()
    sums = np.cumsum((density * sizes[0][::COARSE, ::COARSE] * sizes[1][::COARSE, ::COARSE]).ravel())
    rows, columns = np.divmod(np.searchsorted(sums, rng.random(count) * sums[-1]), WIDTH // COARSE)
    rows, columns = (COARSE * (k + rng.random(count)) for k in (rows, columns))
    radius, strength = rng.uniform(smallest, largest, count), rng.uniform(0.35, 1, count)
    reach = int(np.ceil(1.6 * largest / 0.2))
    i, j = np.mgrid[-min(reach, 12) : min(reach, 12) + 1, -reach : reach + 1].reshape(2, -1, 1)
    y, x = np.clip(rows.astype(int) + i, 0, HEIGHT - 1), (columns.astype(int) + j) % WIDTH
    away = np.hypot((x - columns) * sizes[0][y, x], (y - rows) * sizes[1][y, x]) / radius
    np.maximum.at(layer, (y, x), (strength * np.exp(-(away**3))).astype(np.float32))
    return layer


def _spots(looks, traits, rng):
    """Melanin in freckles, moles and the spots of age, (HEIGHT,WIDTH)."""
    sun, clusters = np.maximum(_maps()["sun"], 0), np.exp(0.7 * _coarse_noise(rng, 24, 3))
    front = smoothstep(-75, -30, _coarse_atlas()["z"])
    freckles = _dots(rng, sun * clusters, int(1000 * looks.freckles), 0.35, 0.9)
    aged = smoothstep(48, 80, traits.age)
    old = _dots(rng, (sun + 0.15) * front, int(26 * aged * rng.uniform(0.2, 1.3)), 1.0, 3.0)
    moles = _dots(rng, front * (0.5 + sun), int(0.5 + 6 * looks.moles), 0.4, 1.1)
    return (0.16 + 0.3 * looks.melanin) * freckles + (0.14 + 0.2 * looks.melanin) * old + (0.4 + 0.5 * looks.melanin) * moles


def _pigments(looks, traits, rng):
    """Melanin and blood of the plain skin, two (HEIGHT,WIDTH) float32: patches and blotches."""
    maps, aged = _maps(), smoothstep(35, 80, traits.age)
    uneven = 0.05 * _coarse_noise(rng, 45, 3) + (0.025 + 0.04 * aged) * _coarse_noise(rng, 14, 2)
    melanin = looks.melanin * (1 + maps["melanin"] * 1.5 + uneven) + (0.05 + 0.1 * looks.melanin) * (0.5 + 0.9 * aged) * maps["tired"]
    blotches = 0.5 * _coarse_noise(rng, 32, 3) + 0.5 * _coarse_noise(rng, 12, 2)
    blood = looks.blood + 0.1 * blotches + maps["blood"] * rng.uniform(0.6, 1.4) + 0.06 * (0.5 + aged) * maps["tired"] - 0.08 * aged
    mottled = noise(rng, 6, 3)
    return _grown(np.maximum(melanin, 0.03)) * (1 + 0.02 * mottled), _grown(np.maximum(blood, 0.05)) + 0.05 * mottled


def _relief(looks, traits, rng, wrinkles):
    """Height of the skin over the smooth head in mm, (HEIGHT,WIDTH): pores, fine texture, slackness, wrinkles, lips."""
    features, aged = _features(), smoothstep(40, 82, traits.age)
    lips = features["lips"]
    pores = _pits(rng, 1.15) * _grown(_maps()["pores"]) * np.float32(0.12 + 0.05 * aged)
    fine = noise(rng, 3.2, 3) * np.float32(0.04 + 0.025 * aged)
    slack = _grown(_coarse_noise(rng, 17, 2)) * np.float32(0.05 + 0.16 * aged)
    skin = (fine - pores) * (1 - lips) + slack + wrinkles * (1 - 0.7 * lips)
    return skin + lips * (_lip_lines(rng) * np.float32(0.07) + 0.08)


def _lip_lines(rng):
    """Fine furrows across the lips, (HEIGHT,WIDTH): noise drawn out from lip to lip."""
    broad, narrow = (cv2.resize(rng.standard_normal(n).astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC) for n in ((60, 180), (90, 420)))
    return broad + 0.4 * narrow


def _slopes(relief):
    """Slope of a relief along u and v, (HEIGHT,WIDTH,2) int8 in 1/127."""
    slopes = np.dstack([_along(relief, axis) / size for axis, size in zip((1, 0), _texel_size(), strict=True)])
    return np.clip(np.rint(slopes * 127), -127, 127).astype(np.int8)


def _gloss(looks, traits, lips, rng):
    """Shine in [0, 1], (HEIGHT,WIDTH): oily forehead, nose and chin, wet lips, duller with age."""
    skin = (0.4 + _maps()["gloss"] * 1.1 + 0.05 * _coarse_noise(rng, 10, 2)) * (0.6 + 0.75 * looks.shine) - 0.06 * smoothstep(45, 80, traits.age)
    return np.clip(_grown(skin.astype(np.float32)) * (1 - lips) + lips * (0.4 + 0.35 * looks.shine), 0.05, 1)


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
    from . import hair

    rng = np.random.default_rng(looks.detail)
    features = _features()
    lips = features["lips"]
    wrinkles = _wrinkles(traits.age, rng)
    creases = np.clip(-wrinkles / 0.4, 0, 1)
    melanin, blood = _pigments(looks, traits, rng)
    melanin += _spots(looks, traits, rng) * (1 - lips) + lips * (0.05 + looks.melanin * (0.15 - 0.3 * features["lower_lip"]))
    blood += lips * (0.75 + 0.9 * looks.lip_colour) + 0.3 * features["lower_rim"] + 0.12 * creases
    albedo = skin_albedo(melanin + 0.08 * creases, blood)
    albedo *= (1 - 0.2 * lips - 0.25 * creases - 0.45 * features["seam"] * lips - 0.75 * features["upper_rim"] - 0.42 * features["lower_rim"])[..., None]
    gloss = _gloss(looks, traits, lips, rng)
    if hasattr(hair, "under_paint"):
        paint, cover = hair.under_paint(looks, traits)
        albedo += cover[..., None] * (np.float32(paint) - albedo)
        gloss *= 1 - 0.6 * cover
    colour = np.rint(255 * np.sqrt(np.clip(np.dstack([albedo, gloss * gloss]), 0, 1))).astype(np.uint8)
    bump = _slopes(_relief(looks, traits, rng, wrinkles))
    return Textures(pyramid(colour), pyramid(bump), bake_iris(looks, rng, traits.age))


IRIS_EDGE = 0.7  # share of the iris texture's radius at which the iris ends and the white begins
STROMA = np.array([0.14, 0.215, 0.29], np.float32)  # what an iris without pigment scatters
GREY = np.array([0.17, 0.205, 0.225], np.float32)
YELLOW = np.array([0.1, 0.22, 1.3], np.float32)  # absorption of the pigment that turns blue eyes green
BROWN = np.array([1.6, 2.6, 3.6], np.float32)
GRAIN = np.array([0.1, 0.045, 0.017], np.float32)  # what the brown pigment itself scatters


def bake_iris(looks, rng, age=30.0):
    """Iris and white of the eye over (radius, angle), (64,64,3) uint8.

    A blue or grey stroma seen through a yellow and a brown pigment, so that all eye colours come from the same two
    numbers; fibres, the frill round the pupil (collarette) and the dark ring at the edge. The white yellows with age.
    """
    radius = np.linspace(0, 1 / IRIS_EDGE, 64, dtype=np.float32)[:, None]
    fibres = _fibres(rng, radius)
    frill = smoothstep(0.62, 0.45, radius + 0.05 * _ring(rng, 24))
    green = smoothstep(0.45, 1, looks.eye_green)
    pigment = looks.eye_melanin * (1 + 0.18 * fibres) + 0.22 * frill * smoothstep(0.02, 0.4, looks.eye_melanin + 0.2 * green)
    stroma = STROMA + (GREY - STROMA) * smoothstep(0.5, 0.1, looks.eye_green)
    pigment = np.maximum(pigment, 0)[..., None]
    colour = stroma * np.exp(-green * YELLOW - pigment**1.2 * BROWN) + GRAIN * pigment * np.exp(-1.6 * pigment) * rng.uniform(0.4, 1.2)
    light = (1 + 0.45 * fibres) * (1 - 0.75 * smoothstep(0.74, 0.98, radius))
    white = _white(rng, radius, age)
    edge = smoothstep(0.9, 1.05, radius)[..., None]
    albedo = np.clip(colour * light[..., None], 0.004, 1) * (1 - edge) + white * edge
    return np.rint(255 * np.sqrt(np.clip(albedo, 0, 1))).astype(np.uint8)


def _ring(rng, count):
    """Periodic noise over the 64 angles, (1,64) float32."""
    values = rng.standard_normal(count).astype(np.float32)
    return np.interp(np.arange(64) * count / 64, np.arange(count + 1), np.append(values, values[0])).astype(np.float32)[None]


def _fibres(rng, radius):
    """Spokes that wander a little outwards, (64,64) float32 of deviation about .6."""
    inner, outer = _ring(rng, 40), _ring(rng, 52)
    return 0.6 * (inner + (outer - inner) * np.clip(radius, 0, 1))


def _white(rng, radius, age):
    """The white of the eye: greyish pink, yellower with age, with a few faint vessels towards the corners."""
    tint = np.float32([0.5, 0.455, 0.425]) * (1 - smoothstep(40, 85, age) * np.float32([0.03, 0.06, 0.16]))
    vessels = np.maximum(_ring(rng, 32) - 0.6, 0) * smoothstep(1.05, 1.4, radius)
    return tint * np.exp(-vessels[..., None] * np.float32([0.03, 0.2, 0.17]))


def blend(own, worn, share):
    """Textures of ``own`` with those of ``worn`` where ``share`` (HEIGHT,WIDTH) is 1; the iris is the worn one."""
    mix = lambda a, b: np.rint(a + share[..., None] * (b.astype(np.float32) - a)).astype(a.dtype)  # noqa: E731
    colour, bump = (pyramid(mix(getattr(own, k)[:HEIGHT], getattr(worn, k)[:HEIGHT])) for k in ("colour", "bump"))
    return Textures(colour, bump, worn.iris)


def retoned(textures, looks, towards):
    """B's skin with A's overall tone: every texel's albedo times the ratio of the two people's plain skin."""
    ratio = skin_albedo(towards.melanin, towards.blood) / skin_albedo(looks.melanin, looks.blood)
    scale = np.append(np.sqrt(ratio), 1).astype(np.float32)
    return Textures(np.clip(np.rint(textures.colour * scale), 0, 255).astype(np.uint8), textures.bump, textures.iris)
