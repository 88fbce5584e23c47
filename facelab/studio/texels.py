"""Where on the head a texel lies, and noise that is not stretched where the texture is."""

from functools import cache

import cv2
import numpy as np

from .model import load_model, smoothstep
from .raster import compiled, helper, rasterise

HEIGHT, WIDTH = 768, 1024  # texels
TOP, RANGE = 135.0, 400.0  # mm: v = (TOP - y) / RANGE, as in datasets/build_face_model.py
COARSE = 4  # broad patches are painted on every fourth texel
FACE = (slice(100, 580), slice(256, 768))  # rows and columns that hold the face and the throat
USUAL = 256.0  # mm that a tile of noise covers
FARTHEST = 240.0  # mm from the middle of the head, further than any texel
INSIDE = ("eye_left", "eye_right", "teeth", "tongue", "lashes")  # parts that are no skin


@cache
def atlas():
    """What lies under each texel: position on the mean head and the soft masks of the model.

    Returns
    -------
    dict of (HEIGHT, WIDTH) float32
        ``x``, ``y``, ``z`` in mm; ``lips``, ``eyelids``, ``ears`` in [0, 1]
    """
    model = load_model()
    names = ("lips", "eyelids", "ears")
    masks = [getattr(model, f"mask_{name}") / np.float32(255) for name in names]
    layers = np.column_stack([model.mean, *masks]).astype(np.float32)
    triangles, ids = _unrolled(model)
    points = _texel_points(model)
    found = np.empty((HEIGHT, WIDTH, layers.shape[1]), np.float32)
    for row in range(0, HEIGHT, 64):  # in bands, to need little memory
        rows = slice(row, row + 64)
        corners = triangles[ids[rows]]
        weights = _barycentric(points[corners], row)
        found[rows] = np.einsum("yxk,yxkl->yxl", weights, layers[corners])
    nearest = _nearest_covered(ids)
    return {
        name: np.ascontiguousarray(found[..., k]).ravel()[nearest]
        for k, name in enumerate(("x", "y", "z", *names))
    }


def _texel_points(model):
    return model.uv.astype(np.float32) * np.float32([WIDTH, HEIGHT])


def _unrolled(model):
    """The skin's triangles, and which of them covers each texel (-1 none); the outermost wins."""
    wraps = np.ptp(model.uv[model.triangles][..., 0].astype(np.float32), axis=1) > 0.5
    inside = np.isin(model.triangle_parts, [model.part[name] for name in INSIDE])
    triangles = model.triangles[~wraps & ~inside]
    radius = np.hypot(model.mean[:, 0], model.mean[:, 2] + 75).astype(np.float32)
    depth = np.zeros((HEIGHT, WIDTH), np.float32)
    ids = np.full((HEIGHT, WIDTH), -1, np.int32)
    seen_from_both_sides = np.zeros(len(triangles), np.uint8)
    rasterise(
        _texel_points(model), radius, triangles, seen_from_both_sides, depth, ids, 0, 0, HEIGHT
    )
    return triangles, ids


def _barycentric(corners, first_row):
    """Weights (h,w,3) of a band's texel centres in triangles with these corners (h,w,3,2)."""
    rows, columns = corners.shape[:2]
    x = np.arange(columns, dtype=np.float32)[None] + np.float32(0.5)
    y = np.arange(rows, dtype=np.float32)[:, None] + np.float32(first_row + 0.5)
    (ax, ay), (bx, by), (cx, cy) = (corners[:, :, k].transpose(2, 0, 1) for k in range(3))
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    wb = ((x - ax) * (cy - ay) - (y - ay) * (cx - ax)) / area
    wc = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / area
    return np.stack([1 - wb - wc, wb, wc], -1)


def _nearest_covered(ids):
    """Flat index (HEIGHT,WIDTH) of the nearest texel that a triangle covers."""
    empty = (ids < 0).astype(np.uint8)
    _, label = cv2.distanceTransformWithLabels(
        empty, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    source = np.zeros(label.max() + 1, np.int32)
    covered = empty == 0
    source[label[covered]] = np.flatnonzero(covered)
    return source[label]


@cache
def coarse_atlas():
    """``atlas`` at every fourth texel."""
    half = COARSE // 2
    return {k: np.ascontiguousarray(v[half::COARSE, half::COARSE]) for k, v in atlas().items()}


def grown(layer):
    """From every fourth texel to all."""
    wide = layer.astype(np.float32, copy=False)
    return cv2.resize(wide, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)


def along(layer, axis):
    """Central difference of a layer per texel, along u (axis 1) or v (axis 0)."""
    kernel = np.float32([[-0.5, 0, 0.5]])
    kernel = kernel if axis else kernel.T
    return cv2.filter2D(layer, cv2.CV_32F, kernel, borderType=cv2.BORDER_REPLICATE)


def _steps(axis):
    """Change of position (mm) from one texel to the next, (h,w,3) at every fourth texel."""
    a = coarse_atlas()
    return np.dstack([along(a[k], axis) for k in "xyz"]) / np.float32(COARSE)


@cache
def texel_size():
    """Size of a texel on the mean head along u and v: two (HEIGHT,WIDTH) float32 in mm."""
    sizes = [np.linalg.norm(_steps(axis), axis=2) for axis in (1, 0)]
    return [grown(np.clip(size, 0.18, 2)) for size in sizes]


@cache
def _facing(step):
    """How far the surface faces along x, y and z: three layers whose squares sum to 1."""
    share = np.abs(np.cross(_steps(1), _steps(0))) ** 3 + 1e-9
    share = (share / np.linalg.norm(share, axis=2, keepdims=True)).astype(np.float32)
    layers = [np.ascontiguousarray(share[..., k]) for k in range(3)]
    if step == 1:  # steps of half a thousandth, as they were when memory was dearer
        return [grown(layer).astype(np.float16).astype(np.float32) for layer in layers]
    return layers


def wrapped(tile, step=1, reach=USUAL):
    """Lay a picture over the head from three sides.

    Parameters
    ----------
    tile : (n, n) float32
    step : 1 for all texels, ``COARSE`` for every fourth
    reach : float, mm that the picture covers; it is mirrored beyond
    """
    a, shares = atlas() if step == 1 else coarse_atlas(), _facing(step)
    border = int(np.ceil(len(tile) * (FARTHEST / reach - 0.5)))
    wide = cv2.copyMakeBorder(tile, *4 * [border], cv2.BORDER_REFLECT)
    laid, scale = np.empty_like(shares[0]), np.float32(len(tile) / reach)
    _lay(wide, border, scale, a["x"], a["y"], a["z"], *shares, laid)
    return laid


@helper
def _fetch(picture, x, y):
    """A picture between four of its samples, at a place in 32nds of a sample."""
    part = np.float32(1 / 32)
    above, below, column = picture[y >> 5], picture[(y >> 5) + 1], x >> 5
    right, down = np.float32(x & 31) * part, np.float32(y & 31) * part
    a = above[column] + right * (above[column + 1] - above[column])
    b = below[column] + right * (below[column + 1] - below[column])
    return a + down * (b - a)


@compiled
def _lay(picture, border, scale, x, y, z, sideways, upwards, forwards, laid):
    """Fetch a picture for each texel from three sides, by how far the skin faces each. Half the
    time that ``cv2.remap`` takes, whose rounding of places it keeps."""
    height, width = laid.shape
    middle = np.float32(len(picture) // 2 - border)
    behind = middle + np.float32(75) * scale  # the middle of the head
    for i in range(height):
        for j in range(width):
            u = np.int32(np.rint((x[i, j] * scale + middle) * np.float32(32))) + border * 32
            v = np.int32(np.rint((y[i, j] * scale + behind) * np.float32(32))) + border * 32
            w = np.int32(np.rint((z[i, j] * scale + behind) * np.float32(32))) + border * 32
            total = sideways[i, j] * _fetch(picture, v, w)
            total += upwards[i, j] * _fetch(picture, u, w)
            laid[i, j] = total + forwards[i, j] * _fetch(picture, u, v)


def _tile(rng, size, octaves, side):
    """A square of smooth noise ``USUAL`` mm wide, (side,side) float32."""
    total = np.zeros((side, side), np.float32)
    for k in range(octaves):
        cells = max(3, round(USUAL / size * 2**k))
        grid = rng.standard_normal((cells, cells), np.float32)
        octave = cv2.resize(grid, (side, side), interpolation=cv2.INTER_CUBIC)
        octave *= np.float32(0.6**k)
        total += octave
    return total


def _standardised(field):
    """Mean 0 and deviation 1, in place."""
    mean, deviation = field.mean(), field.std()
    field -= mean
    field /= deviation
    return field


def coarse_noise(rng, size, octaves):
    """``noise`` at every fourth texel."""
    return _standardised(wrapped(_tile(rng, size, octaves, 128), COARSE))


def noise(rng, size, octaves=1):
    """Smooth noise on the skin.

    Parameters
    ----------
    rng : numpy.random.Generator
    size : float, mm of the coarsest octave, in [1, 85]
    octaves : int, each half the size and .6 of the strength of the one before

    Returns
    -------
    (HEIGHT, WIDTH) float32, mean 0, deviation 1
    """
    if size / 2 ** (octaves - 1) > 2 * COARSE:
        return grown(coarse_noise(rng, size, octaves))
    return _standardised(wrapped(_tile(rng, size, octaves, 512)))


def patches(table):
    """Sum of soft ellipses on the face, mirrored, at every fourth texel.

    Parameters
    ----------
    table : rows of x, y, half width, half height in mm, and the amount in the middle
    """
    a = coarse_atlas()
    side, total = np.abs(a["x"]), np.zeros_like(a["x"])
    for x, y, width, height, amount in table:
        total += np.float32(amount) * np.exp(
            -(((side - x) / width) ** 2) - ((a["y"] - y) / height) ** 2
        )
    return total * smoothstep(-75, -40, a["z"])


def dots(rng, density, count, smallest, largest):
    """Round soft spots strewn over the skin.

    Parameters
    ----------
    rng : numpy.random.Generator
    density : array at every fourth texel, how many spots per area, relative
    count : int
    smallest, largest : float, radii in mm

    Returns
    -------
    (HEIGHT, WIDTH) float32 in [0, 1]
    """
    layer = np.zeros((HEIGHT, WIDTH), np.float32)
    if count < 1:
        return layer
    wide, high = texel_size()
    row, column = _strewn(rng, density, count)
    radius, strength = rng.uniform(smallest, largest, count), rng.uniform(0.35, 1, count)
    down, across = int(1 + 1.6 * largest / 0.45), int(1 + 1.6 * largest / 0.2)
    i, j = np.mgrid[-down : down + 1, -across : across + 1].reshape(2, -1, 1)
    y, x = np.clip(row.astype(int) + i, 0, HEIGHT - 1), (column.astype(int) + j) % WIDTH
    away = np.hypot((x - column) * wide[y, x], (y - row) * high[y, x]) / radius
    np.maximum.at(layer, (y, x), (strength * np.exp(-(away**3))).astype(np.float32))
    return layer


def _strewn(rng, density, count):
    """Rows and columns (count,) of texels drawn where ``density`` per area is high."""
    wide, high = (size[::COARSE, ::COARSE] for size in texel_size())
    sums = np.cumsum((density * wide * high).ravel())
    places = np.searchsorted(sums, rng.random(count) * sums[-1])
    corner = np.divmod(places, WIDTH // COARSE)
    return [COARSE * (k + rng.random(count)) for k in corner]
