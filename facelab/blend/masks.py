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
    outward, offset = np.split(hull_sides(points), [2], axis=1)
    centres = np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), -1)
    distance = (centres @ outward.T + offset[:, 0]).max(-1)
    return np.float32(np.clip(0.5 - distance, 0, 1))


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


def _pixels(pixels):
    ok = np.isscalar(pixels) and np.isreal(pixels) and np.isfinite(pixels) and pixels >= 0
    require(ok, f"pixels must be a number >= 0, got {pixels!r}.", MaskError)
    return float(pixels)
