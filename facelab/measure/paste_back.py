"""The plainest honest way from a face picture to the frame, the same for all who are scored.

A *swapper* is anything that is called with aligned crops (n,S,S,3) uint8 RGB and returns new ones
of the same shape and dtype, with two attributes: ``size``, S in pixels, and ``coverage``, see
``facelab.studio.alignment.crop_matrix``. A third may be there: ``match_colours``, False for one
that paints in the target's colours already.

What is scored is the swapper, so all else is as good as can be: the crop lies where the true points
say, and the mask is the true one of the target. Whatever takes pieces of a target and new crops
and returns pictures can stand in for ``put_back``.
"""

import cv2
import numpy as np

from facelab.blend import match_colour, paste
from facelab.studio.alignment import crop_matrix


class SwapperError(ValueError):
    """A swapper whose answer cannot be pasted; the message says what it gave."""


def is_swapper(thing):
    """Whether it works on aligned crops: it says of which size and coverage."""
    return callable(thing) and hasattr(thing, "size") and hasattr(thing, "coverage")


def aligned(image, points, size, coverage):
    """The aligned crop of a face; every pixel of the picture counts once.

    Where the crop is smaller than the face in the picture, it is cut out at a multiple of its size
    and averaged down, as a camera would: a single cubic look at each place would skip pixels.

    Parameters
    ----------
    image : (H,W,3) uint8 RGB
    points : (68,2) pixels
    size : int, pixels of the crop's side; coverage : float

    Returns
    -------
    (size,size,3) uint8 RGB
    """
    matrix = crop_matrix(points, size, coverage)
    finer = max(1, int(np.ceil(1 / np.hypot(*matrix[:, 0]))))
    large = cv2.warpAffine(
        image, centred(matrix * finer), (size * finer, size * finer),
        flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA)


def centred(matrix):
    """A similarity (2,3) for OpenCV, whose pixel centres lie at 0 and not at .5."""
    shift = matrix[:, :2] @ (0.5, 0.5) - 0.5
    return np.column_stack([matrix[:, :2], matrix[:, 2] + shift])


def laid_over(crop, points, coverage, shape):
    """An aligned crop as it lies over the picture (H,W,3) that it was cut from, by cubic looks."""
    matrix = crop_matrix(points, len(crop), coverage)
    return cv2.warpAffine(
        crop, centred(matrix), shape[1::-1],
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip


def put_back(crop, target, coverage, match_colours=True):
    """Put a new face into the target's place.

    Parameters
    ----------
    crop : (S,S,3) uint8 RGB
    target : Seen, see ``facelab.measure.held_out``: picture, points and the face's mask
    coverage : float, of the crop
    match_colours : bool, give the new face the mean and spread that the target's has in CIELAB
        inside the mask (``facelab.blend.match_colour``)

    Returns
    -------
    (H,W,3) uint8 RGB; the target itself where its mask is 0
    """
    face = laid_over(crop, target.landmarks, coverage, target.image.shape)
    if match_colours:
        face = match_colour(face, target.image, target.mask)
    return paste(face, target.image, target.mask)


def swapped(swapper, targets):
    """The frames of several targets with the swapper's faces in them: a list of (H,W,3) uint8.

    Raises
    ------
    SwapperError
        The swapper's answer is not as many crops of the same size in uint8.
    """
    size, coverage = swapper.size, swapper.coverage
    given = np.stack([aligned(t.image, t.landmarks, size, coverage) for t in targets])
    got = swapper(given)
    kind = f"{getattr(got, 'dtype', type(got).__name__)} {getattr(got, 'shape', '')}"
    if getattr(got, "dtype", None) != np.uint8 or got.shape != given.shape:
        raise SwapperError(f"The swapper got uint8 {given.shape} and must return the like: {kind}.")
    match = getattr(swapper, "match_colours", True)
    pairs = zip(got, targets, strict=True)
    return [put_back(crop, target, coverage, match) for crop, target in pairs]
