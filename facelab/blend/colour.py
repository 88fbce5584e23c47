"""One face in the colours and in the light of another."""

import cv2
import numpy as np

from facelab.blend.errors import MaskError, require
from facelab.blend.inputs import picture, same_size, share

LEAST = 16  # pixels that a mask must weigh, or its mean says nothing


def match_colour(image, reference, mask, reference_mask=None):
    """Give a picture the colours of another, judged inside masks (Reinhard et al. 2001).

    In CIELAB each channel is shifted and stretched until its mean and standard deviation, both
    weighted by the mask, are those of the reference. All of the picture is changed, not only what
    the mask covers, so that a later blend may still move its edge.

    Parameters
    ----------
    image, reference : (H,W,3) uint8 RGB, or Frame
    mask : (H,W) in [0,1], the face in ``image``
    reference_mask : (H,W) in [0,1], the face in ``reference``; ``mask`` by default

    Returns
    -------
    (H,W,3) uint8 RGB

    Raises
    ------
    BlendError
        Not pictures.
    MaskError
        A mask of another size than its picture, or one that covers nearly nothing.

    References
    ----------
    Reinhard, Ashikhmin, Gooch, Shirley: Color transfer between images. IEEE Computer Graphics and
    Applications 21 (2001). Its own space was l-alpha-beta; CIELAB is what face swappers use.
    """
    image, reference = picture(image), picture(reference, "reference")
    if reference_mask is None:
        same_size(image, reference)
        reference_mask = mask
    mask = share(mask, image.shape)
    reference_mask = share(reference_mask, reference.shape, "reference_mask")
    lab = to_lab(image)
    mean, spread = statistics(lab, mask)
    wanted_mean, wanted_spread = statistics(to_lab(reference), reference_mask)
    return to_rgb((lab - mean) * (wanted_spread / np.maximum(spread, 1e-3)) + wanted_mean)


def match_light(image, reference, mask, reach=None):
    """Give a face the light and shade of another in the same place.

    In CIELAB each pixel's neighbourhood gets the mean of the reference's neighbourhood there, while
    what is finer than ``reach`` (brows, eyes, lips, wrinkles) stays. Both means are taken inside
    the mask only, so that hair and background lend nothing.

    Parameters
    ----------
    image, reference : (H,W,3) uint8 RGB, or Frame; the faces lie over each other
    mask : (H,W) in [0,1], where both show a face
    reach : float, pixels, sigma of the Gaussian neighbourhood; by default a tenth of the square
        root of the mask's area

    Returns
    -------
    (H,W,3) uint8 RGB; as ``image`` where the mask is out of reach

    Raises
    ------
    BlendError
        Not two pictures of one size, or a reach that is not above 0.
    MaskError
        A mask of another size, or one that covers nearly nothing.
    """
    image, reference = picture(image), picture(reference, "reference")
    same_size(image, reference)
    mask = share(mask, image.shape)
    require(mask.sum() >= LEAST, f"the mask covers less than {LEAST} pixels.", MaskError)
    reach = np.sqrt(mask.sum()) / 10 if reach is None else reach
    require(np.isscalar(reach) and reach > 0, f"reach must be a number > 0, got {reach!r}.")
    lab = to_lab(image)
    return to_rgb(lab + _nearby_mean(to_lab(reference) - lab, mask, reach))


def _nearby_mean(values, mask, reach):
    """Mean (H,W,3) around each pixel, weighted by a Gaussian and by the mask; 0 far off."""
    total = cv2.GaussianBlur(values * mask[..., None], (0, 0), reach)
    weight = cv2.GaussianBlur(mask, (0, 0), reach)[..., None]
    return total / np.maximum(weight, 1e-3)


def statistics(lab, mask):
    """Mean (3,) and standard deviation (3,) of a picture (H,W,3), weighted by a mask (H,W)."""
    require(
        mask.sum() >= LEAST,
        f"the mask covers {mask.sum():.0f} pixels, at least {LEAST} are needed to judge colours.",
        MaskError,
    )
    weights = mask.astype(float) / mask.sum(dtype=float)
    mean = np.tensordot(weights, lab, 2)
    return mean, np.sqrt(np.tensordot(weights, (lab - mean) ** 2, 2))


def to_lab(image):
    """CIELAB (H,W,3) float32 of uint8 RGB: L in [0,100], a and b about [-127,127]."""
    return cv2.cvtColor(np.float32(image) / 255, cv2.COLOR_RGB2LAB)


def to_rgb(lab):
    """uint8 RGB of CIELAB, out-of-range colours cut."""
    rgb = cv2.cvtColor(np.float32(lab), cv2.COLOR_LAB2RGB)
    return np.uint8(np.round(np.clip(rgb, 0, 1) * 255))
