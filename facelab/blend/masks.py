"""Where the new face counts, and how much: masks (H,W) float32 from 0 (the target) to 1."""

import cv2
import numpy as np
from scipy.spatial import ConvexHull, QhullError

from facelab.blend.errors import MaskError, PointsError, require
from facelab.blend.inputs import height_and_width, points_2d, share


def hull_mask(points, shape):
    """1 inside the convex hull of points, 0 outside, and between on a pixel that the hull cuts.

    A pixel's distance from the hull is the largest of its distances from the hull's sides; over
    the one pixel around 0 the mask falls from 1 to 0.

    Parameters
    ----------
    points : (n,2) pixels, n >= 3, not all on one line
    shape : (H,W), or the shape of a picture

    Returns
    -------
    (H,W) float32 in [0,1]

    Raises
    ------
    PointsError
        Fewer than three points, or all on one line.
    """
    height, width = height_and_width(shape)
    points = points_2d(points)
    left, top = np.clip(np.floor(points.min(0)) - 1, 0, (width, height)).astype(int)
    right, bottom = np.clip(np.ceil(points.max(0)) + 1, 0, (width, height)).astype(int)
    mask = np.zeros((height, width), np.float32)
    distance = _hull_distance(points, np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
    mask[top:bottom, left:right] = np.clip(0.5 - distance, 0, 1)
    return mask


def _hull_distance(points, x, y):
    """Signed distance (H,W) of places (x, y) from the hull's sides: the largest one counts."""
    distance = np.full((len(y), len(x)), -np.inf)
    for right, down, offset in hull_sides(points):
        np.maximum(distance, (right * x + offset) + (down * y)[:, None], out=distance)
    return distance


def hull_sides(points):
    """Sides of the convex hull as (n,3): unit normal outwards, offset; n . x + offset = 0 on it."""
    try:
        return ConvexHull(points_2d(points)).equations
    except QhullError:
        raise PointsError("points must not all lie on one line: there is no inside.") from None


def eroded(mask, pixels):
    """The mask without a rim of ``pixels`` pixels; the picture's own edge is no rim.

    Parameters
    ----------
    mask : (H,W) in [0,1]
    pixels : float >= 0, a fraction counts as a whole pixel

    Returns
    -------
    (H,W) float32 in [0,1]
    """
    mask, radius = share(mask), int(np.ceil(_pixels(pixels)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.erode(mask, disc)


def feathered(mask, pixels):
    """The mask with a soft edge that grows inwards: 0 at its border, 1 from ``pixels`` on.

    The soft edge never leaves the mask, for outside it there is no face to show. The picture's own
    edge is no border.

    Parameters
    ----------
    mask : (H,W) in [0,1]; its border is where it crosses .5
    pixels : float >= 0, width of the soft edge

    Returns
    -------
    (H,W) float32 in [0,1], rising smoothly from 0 to 1
    """
    mask, width = share(mask), _pixels(pixels)
    if width == 0 or mask.min() >= 0.5:
        return mask
    inside = np.uint8(mask >= 0.5)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    ramp = np.clip((depth - 0.5) / width, 0, 1)
    return np.float32(ramp * ramp * (3 - 2 * ramp))


def softened(mask, pixels):
    """The mask under a Gaussian: its edge fades to both sides, so erode it first.

    Parameters
    ----------
    mask : (H,W) in [0,1]
    pixels : float >= 0, sigma of the Gaussian; the picture's own edge is no border

    Returns
    -------
    (H,W) float32 in [0,1]
    """
    mask, sigma = share(mask), _pixels(pixels)
    if sigma == 0:
        return mask
    soft = cv2.GaussianBlur(mask, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return np.clip(soft, 0, 1)  # a kernel's float32 weights may add up to a hair more than 1


def _pixels(pixels):
    ok = np.isscalar(pixels) and np.isreal(pixels) and np.isfinite(pixels) and pixels >= 0
    require(ok, f"pixels must be a number >= 0, got {pixels!r}.", MaskError)
    return float(pixels)
