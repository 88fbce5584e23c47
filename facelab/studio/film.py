"""From radiance to a picture: film curve, sensor grain, JPEG, and the backdrop behind it all."""

from functools import cache, lru_cache
from zlib import crc32

import cv2
import numpy as np

from .backgrounds import background, sharpest

SMOOTH = 6  # pixels: half the width of an edge that half as many pixels show as well
GRAIN = 509  # side of the noise tile; a prime, so that no picture size repeats it in step


@cache
def film_curve():
    """Radiance to display level, (1024,) float32: a filmic shoulder and the sRGB curve, over
    sqrt(radiance / 4)."""
    x = 4 * np.linspace(0, 1, 1024) ** 2 * 0.62
    filmic = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1)
    return (255 * _srgb(filmic)).astype(np.float32)


def _srgb(linear):
    """The sRGB transfer curve (IEC 61966-2-1) of linear light in [0, 1]."""
    bright = 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055
    return np.where(linear < 0.0031308, 12.92 * linear, bright)


@lru_cache(maxsize=8)
def _backdrop(kind, seed, height, width, blur):
    return background(kind, seed, height, width, blur)


def backdrop_of(scene, view):
    if isinstance(scene.background, str):
        return _backdrop(
            scene.background, scene.seed, view.height, view.width, round(scene.camera.blur, 2)
        )
    return _undeveloped(
        background(scene.background, scene.seed, view.height, view.width, scene.camera.blur)
    )


def backdrop_through(scene, view):
    """The backdrop (S,S,3) of a view that was turned and zoomed (``View.through``): painted as far
    as it shows, beyond the borders of the scene's own picture too, and turned into place."""
    tall = view.focal * scene.camera.field / scene.camera.distance  # pixels of the whole picture
    high = max(1, round(tall * detail(scene.background, scene.camera.blur, tall)))
    back = _whence(view, tall, high)
    corners = back @ np.array([[0, 1, 0, 1], [0, 0, 1, 1], [1 / view.width] * 4]) * view.width
    blur = round(scene.camera.blur, 2)
    if isinstance(scene.background, str):
        left, top = np.floor(corners.min(1)).astype(int) - 1
        right, bottom = np.ceil(corners.max(1)).astype(int) + 1
        part = int(top), int(left), int(bottom), int(right)
        painted = background(scene.background, scene.seed, high, high, blur, part)
    else:
        left = top = 0
        painted = _undeveloped(background(scene.background, scene.seed, high, high, blur))
    back[:, 2] += 0.5 * (back[:, 0] + back[:, 1]) - 0.5 - (left, top)  # OpenCV's centres are at 0
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = view.width, view.height
    return cv2.warpAffine(painted, back, size, flags=how, borderMode=cv2.BORDER_REPLICATE)


def detail(kind, blur, tall):
    """Share of its ``tall`` pixels that a backdrop is painted with: half, if they show as much."""
    known = isinstance(kind, str)
    return 0.5 if known and tall * sharpest(kind, blur) > SMOOTH else 1


def _whence(view, tall, high):
    """The matrix (2,3) from pixels of a turned view to those of the straight picture, ``tall``
    pixels high in the view and ``high`` itself."""
    (c, s), scale = view.turn, high / tall
    turn = scale * np.array([[c, s], [-s, c]])
    return np.column_stack([turn, high / 2 - turn @ view.axis])


def _undeveloped(linear):
    """The radiance that the film curve brings back to a picture's own levels."""
    level = 255 * _srgb(linear)
    return np.interp(level, film_curve(), 4 * np.linspace(0, 1, 1024) ** 2).astype(np.float32)


@cache
def grain():
    """A tile of standard normal noise; each scene starts reading it somewhere else."""
    return np.random.default_rng(9).standard_normal((GRAIN, GRAIN, 3), np.float32)


def grain_start(scene):
    """Where on the noise tile a picture begins, (2,): elsewhere for each frame of a clip."""
    rng = np.random.default_rng([9, scene.seed, _moment(scene)])
    return rng.integers(GRAIN, size=2)


def _moment(scene):
    """A number that differs from frame to frame of a clip, whose scenes share their seed."""
    moving = (
        scene.yaw,
        scene.pitch,
        scene.roll,
        scene.gaze,
        sorted(scene.expression.items()),
        scene.pulse,
    )
    return crc32(repr(moving).encode())


def jpeg(image, quality):
    if quality is None:
        return image
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, code = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.cvtColor(cv2.imdecode(code, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
