"""OpenCV's seamless cloning, used as it has to be, and what happens when it is not.

``cv2.seamlessClone`` solves the equation of ``facelab.blend.poisson`` 20 to 30 times faster, with
four traps. It centres the *bounding rectangle of the mask* on the point that it is given. It
overwrites a one-channel mask that is handed to it, so that every second frame of a film goes wrong.
It takes 254 and less as a factor on the gradients, so that a mask of 0 and 1 clones almost nothing.
And it draws the mask in by three pixels first: it agrees with our solver, within about two grey
levels, when that is given a mask three pixels smaller.
"""

import cv2
import numpy as np

from facelab.blend.errors import MaskError, require
from facelab.blend.inputs import picture, points_68, same_size, share
from facelab.blend.placing import inverse, moved
from facelab.studio.alignment import crop_matrix


def clone(source, target, mask):
    """``facelab.blend.poisson`` by OpenCV, faster; grey levels away from the solution.

    Parameters, returns and errors as ``poisson``, but pixels beside the mask change a little too.
    """
    return clone_at(source, target, mask, clone_centre(mask))


def clone_at(source, target, mask, centre):
    """The source cloned into the target with its mask's rectangle centred on a point.

    Parameters
    ----------
    source, target : (H,W,3) uint8 RGB, or Frame
    mask : (H,W) in [0,1], read and left as it is; where it is >= .5 the source is taken
    centre : (x, y) whole pixels, first pixel 0; ``clone_centre(mask)`` moves nothing

    Returns
    -------
    (H,W,3) uint8 RGB
    """
    source, target = picture(source, "source"), picture(target, "target")
    same_size(source, target, "source and target")
    own = _levels(share(mask, target.shape))  # a new array each time, for it is written to
    require(own.any(), "the mask is empty: nothing would be pasted.", MaskError)
    x, y = (int(c) for c in centre)
    return cv2.seamlessClone(source, target, own, (x, y), cv2.NORMAL_CLONE)


def clone_centre(mask):
    """The point on which a mask's rectangle already lies: (x, y) whole pixels, first pixel 0.

    OpenCV puts the rectangle's corner at ``centre - size // 2``, so the centre of one that shall
    stay is ``corner + size // 2``, for even and odd sizes.
    """
    left, top, width, height = cv2.boundingRect(_levels(share(mask)))
    return left + width // 2, top + height // 2


def book_centre(points):
    """The point that the book gives: the crop's centre brought back to the picture, cut to whole
    pixels. It is the centre of the mean face, not that of the mask."""
    matrix = crop_matrix(points_68(points), 64)
    (x, y), *_ = moved([(32, 32)], inverse(matrix)) - 0.5
    return int(x), int(y)


def clone_shift(points, mask):
    """By how much the book's centre displaces the face: (2,) int, pixels right and down.

    Over a clip the face's place and its mask's rectangle change each in its own way, so the shift
    changes from frame to frame: the cloned face trembles.

    Parameters
    ----------
    points : (68,2) pixels
    mask : (H,W) in [0,1], with which the face is cloned
    """
    return np.subtract(book_centre(points), clone_centre(mask))


def _levels(mask):
    """0 and 255, the only levels at which OpenCV does what it says."""
    return np.uint8(mask >= 0.5) * np.uint8(255)
