"""The 68 points: where they are, what they are called, how they are drawn.

dlib's 68-point predictor (Kazemi and Sullivan 2014) was trained on the iBUG 300-W pictures, whose
licence allows research and teaching only: that binds what is done with `landmarks(..., "dlib")`.
"""

from numbers import Integral
from types import MappingProxyType

import cv2
import numpy as np

from facelab.faces import models
from facelab.faces.detectors import detect
from facelab.faces.dlib_shapes import points_of, rectangle_of
from facelab.faces.errors import ImageError, MethodError, NoFaceError
from facelab.faces.face import iou, require_face
from facelab.faces.pictures import as_rgb

PARTS = MappingProxyType(
    {
        "jaw": range(0, 17),
        "brow image left": range(17, 22),
        "brow image right": range(22, 27),
        "nose bridge": range(27, 31),
        "nose base": range(31, 36),
        "eye image left": range(36, 42),
        "eye image right": range(42, 48),
        "outer lips": range(48, 60),
        "inner lips": range(60, 68),
    }
)
"""The nine parts of the 68 points, 0-based, end excluded as in every `range`."""

POLYLINES = (
    (range(0, 17), False),
    (range(17, 22), False),
    (range(22, 27), False),
    (range(27, 31), False),
    (range(30, 36), False),  # tip and base up to point 35; the book stops at 34 and closes it
    (range(36, 42), True),
    (range(42, 48), True),
    (range(48, 60), True),
    (range(60, 68), True),
)
"""How the points are joined: (indices, closed)."""

MIRROR = np.array(
    [*range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1)]
    + [45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40]
    + [54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65]
)
"""`points[MIRROR]` renames the 68 points after the picture was mirrored: 36 becomes what 45 was."""


def mirrored(points, width):
    """The 68 points (68, 2) after their picture, `width` pixels wide, is mirrored."""
    return points[MIRROR] * np.float32([-1, 1]) + np.float32([width, 0])


def dlib_68(image, face):
    """Kazemi and Sullivan (2014): an ensemble of regression trees moves a mean shape onto the face.

    dlib answers in whole pixels, so up to half a pixel of error is rounding alone.
    """
    return points_of(models.recognition().pose_predictor_68_point(image, rectangle_of(face.box)))


def mtcnn_5(image, face):
    """The five points of the MTCNN face that overlaps `face` most."""
    if face.landmarks is not None and len(face.landmarks) == 5:
        return face.landmarks
    others = detect(image, "mtcnn")
    best = max(others, key=lambda other: iou(face.box, other.box), default=None)
    if best is None or iou(face.box, best.box) == 0:
        raise NoFaceError("MTCNN sees no face at this place, so it has no points for it")
    return best.landmarks


LANDMARKERS = {"dlib": dlib_68, "mtcnn": mtcnn_5}


def landmarks(image, face, method="dlib"):
    """The landmarks of one face.

    Parameters
    ----------
    image : ndarray or PIL.Image.Image
        Whatever `as_rgb` accepts: the picture in which the face was found.
    face : DetectedFace
        The trees of "dlib" use its box only and were trained with boxes of dlib's HOG detector: a
        box that frames the face in another way costs accuracy.
    method : {"dlib", "mtcnn"}
        "dlib": 68 points, iBUG order. For research and teaching only (300-W). "mtcnn": 5 points.

    Returns
    -------
    ndarray, (68, 2) or (5, 2) float32
        Pixels, x right, y down, pixel centres at +0.5.

    Raises
    ------
    ImageError, MethodError, DetectorError
        As `detect`.
    NoFaceError
        Not a DetectedFace, its box lies outside the picture, or "mtcnn" sees no face there.
    """
    try:
        landmarker = LANDMARKERS[method]
    except (KeyError, TypeError):
        raise MethodError(f"no landmarks {method!r}; there are {', '.join(LANDMARKERS)}") from None
    image = np.ascontiguousarray(as_rgb(image))
    require_face(face, image)
    return np.float32(landmarker(image, face))


def draw_landmarks(image, points, colour=(0, 158, 115), thickness=None, dots=False):
    """Draw 68 points as the nine polylines of a face, on a copy.

    Parameters
    ----------
    image : ndarray
        Whatever `as_rgb` accepts; a black picture gives the drawing alone.
    points : (68, 2) or (n, 2) array
        Pixels, centres at +0.5. Other than 68 points are drawn as dots.
    colour : three ints, 0 to 255
        RGB.
    thickness : int in [1, 1000]
        Pixels; by default 1 for every 256 pixels of height.
    dots : bool
        Draw every point too.

    Returns
    -------
    ndarray, (H, W, 3) uint8

    Raises
    ------
    ImageError
        Not a picture, points that are not pairs of finite numbers, or a colour or thickness that
        cannot be drawn.
    """
    canvas = as_rgb(image).copy()
    points, colour = as_points(points), _as_colour(colour)
    width = max(1, round(canvas.shape[0] / 256)) if thickness is None else thickness
    if not isinstance(width, Integral) or not 1 <= width <= 1000:
        raise ImageError(f"thickness is a whole number from 1 to 1000, not {thickness!r}")
    if len(points) == 68:
        for indices, closed in POLYLINES:
            line = _sixteenths(points[list(indices)])
            cv2.polylines(canvas, [line], closed, colour, width, cv2.LINE_AA, _SHIFT)
    if dots or len(points) != 68:
        for x, y in _sixteenths(points):
            cv2.circle(canvas, (int(x), int(y)), 20 * width, colour, -1, cv2.LINE_AA, _SHIFT)
    return canvas


def as_points(points):
    """Points as a float array (n, 2), or ImageError."""
    wanted = "points are an array (n, 2) of x and y in pixels"
    try:
        found = np.asarray(points, float)
    except (TypeError, ValueError):
        raise ImageError(f"{wanted}, not a {type(points).__name__}") from None
    if found.ndim != 2 or found.shape[1] != 2:
        raise ImageError(f"{wanted}, not of shape {found.shape}")
    if not (np.abs(found) <= _FURTHEST).all():
        raise ImageError(f"{wanted}; leave out those that are not finite or absurdly far away")
    return found


def _as_colour(colour):
    levels = tuple(colour) if isinstance(colour, (tuple, list, np.ndarray)) else ()
    whole = all(isinstance(level, Integral) and 0 <= level <= 255 for level in levels)
    if len(levels) != 3 or not whole:
        raise ImageError(f"a colour is three whole numbers from 0 to 255 (RGB), not {colour!r}")
    return tuple(int(level) for level in levels)


_FURTHEST = 1e6  # pixels
_SHIFT = 4  # bits: OpenCV draws at sixteenths of a pixel


def _sixteenths(points):
    """Our pixels as OpenCV's fixed-point ones, whose first centre is at 0."""
    return np.round((points - 0.5) * (1 << _SHIFT)).astype(np.int32)
