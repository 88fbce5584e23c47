"""Sharper after the swap, as users of such tools add it: does it come nearer, or only look it?

Each entry is a function (image, scale) -> image, (H,W,3) uint8 RGB, where ``scale`` says over how
many pixels of the picture one pixel of the network's crop was spread.
"""

import cv2
import numpy as np

from facelab.blend.inputs import named

SPREAD = 0.55  # sigma of the blur that a crop's pixel goes through, in its own widths


def leave(image, scale):
    """As it is."""
    return image


def unsharp(image, scale, amount=1.0):
    """Unsharp mask: add what a Gaussian takes away, ``amount`` times."""
    fine = np.float32(image) - _blurred(np.float32(image), scale)
    return np.uint8(np.round(np.clip(image + amount * fine, 0, 255)))


def deconvolved(image, scale, rounds=8):
    """Richardson and Lucy's deconvolution: the picture that, blurred, would look like this one.

    Multiplies ``rounds`` times by the blurred ratio of what is seen to what would be seen.

    References
    ----------
    Richardson: Bayesian-based iterative method of image restoration. JOSA 62 (1972). Lucy 1974.
    """
    seen = np.float32(image) + 1
    guess = seen
    for _ in range(rounds):
        guess = guess * _blurred(seen / _blurred(guess, scale), scale)
    return np.uint8(np.round(np.clip(guess - 1, 0, 255)))


def _blurred(image, scale):
    sigma = SPREAD * max(scale, 1.0)
    return cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)


SHARPENERS = {"none": leave, "unsharp": unsharp, "deconvolution": deconvolved}


def sharpener_named(name):
    """The sharpener of that name; a function (image, scale) is taken as it is."""
    return name if callable(name) else named(SHARPENERS, name, "sharpen")
