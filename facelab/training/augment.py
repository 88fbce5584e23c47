"""Pairs to learn from: a picture bent at random, and the straight one that is to be drawn.

Taught in chapter 05. ``random_transform`` and ``random_warp`` are those of the first deepfakes
(the script of 2017 that the book follows), for pictures of any side.
"""

import cv2
import numpy as np

from facelab.studio.alignment import similarity

GRID = 5  # points of the bent grid, each way
SIGMA = 5  # pixels of 256 by which its points are moved
RANDOM_TRANSFORM = {"rotation_range": 10, "zoom_range": 0.05, "shift_range": 0.05,
                    "random_flip": 0.4}  # fmt: skip


def random_transform(image, rotation_range, zoom_range, shift_range, random_flip, rng=None):
    """Turn, zoom, shift and perhaps mirror a picture.

    Parameters
    ----------
    image : (S,S,C) uint8 or float
    rotation_range : float, degrees to either side
    zoom_range, shift_range : float, shares of the size, to either side
    random_flip : float in [0,1], how often the picture is mirrored
    rng : numpy Generator; a new one by default

    Returns
    -------
    array like ``image``
    """
    rng = np.random.default_rng() if rng is None else rng
    height, width = image.shape[:2]
    angle = rng.uniform(-rotation_range, rotation_range)
    scale = rng.uniform(1 - zoom_range, 1 + zoom_range)
    shift = rng.uniform(-shift_range, shift_range, 2) * (width, height)
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, scale)
    matrix[:, 2] += shift
    moved = cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return moved[:, ::-1] if rng.random() < random_flip else moved


def random_warp(image, coverage=160, side=64, sigma=SIGMA, rng=None):
    """The middle of a picture twice: bent by a grid of 5 x 5 points, and straight.

    The points lie over the middle ``coverage`` pixels and each is moved by Gaussian noise. The
    first picture is what lies under the moved points. The second is brought into place by the
    similarity that takes the moved points nearest to where they were (Umeyama 1991): it is not
    bent, but it inherits the shift, turn and zoom that the noise happens to hold. (In the original
    the two lie half a pixel of the network apart, for its grid is counted from pixel centres in one
    and from their corners in the other; here both are counted from corners.)

    Parameters
    ----------
    image : (S,S,C) uint8 or float
    coverage, sigma : float, pixels of a picture of 256, scaled to the one given
    side : int, pixels of a side of what is made
    rng : numpy Generator; a new one by default

    Returns
    -------
    warped, target : (side,side,C), as ``image``
    """
    rng = np.random.default_rng() if rng is None else rng
    points = moved_grid(len(image), coverage, sigma, rng)
    warped = cv2.remap(
        image, *dense(points, side), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return warped, straight(image, points, side)


def moved_grid(size, coverage, sigma, rng):
    """Points (5,5,2) of the grid in a picture of ``size`` pixels, moved."""
    unit = size / 256
    line = size / 2 + np.linspace(-coverage / 2, coverage / 2, GRID) * unit
    regular = np.stack(np.meshgrid(line, line), -1)
    return regular + rng.normal(0, sigma * unit, regular.shape) if sigma else regular


def dense(points, side):
    """Where each pixel of the bent picture comes from: two maps (side,side) float32.

    The maps are enlarged with half a cell beyond the outer points on each side, which is cut away
    again, because that is where enlarging makes values up.
    """
    rim = side // 8
    maps = (cv2.resize(points[..., axis], (side + 2 * rim,) * 2) for axis in (0, 1))
    return [np.float32(m[rim:-rim, rim:-rim]) - np.float32(0.5) for m in maps]


def straight(image, points, side):
    """The picture (side,side,C) under the similarity that takes the points back to the grid."""
    line = np.linspace(0, side, GRID)
    regular = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
    matrix = similarity(points.reshape(-1, 2), regular)
    matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5  # OpenCV's first centre lies at (0, 0)
    return cv2.warpAffine(image, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)
