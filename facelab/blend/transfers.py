"""The colours of the face that is there, given to the one that is put in: named ways.

Each is a function (source, target, mask) -> source recoloured, pictures (H,W,3) uint8 RGB of one
size, mask (H,W) in [0,1]. Those of ``IN_PLACE`` need the border in the picture itself; the others
judge by statistics, for which the small crop is as good as the picture.
"""

import cv2
import numpy as np

from facelab.blend.clone import clone
from facelab.blend.colour import LEAST, match_colour
from facelab.blend.errors import MaskError, require
from facelab.blend.inputs import named, picture, same_size, share
from facelab.blend.poisson import poisson

LEVELS = np.arange(256)


def keep_colours(source, target, mask):
    """None: the network's own colours."""
    return picture(source, "source")


def match_mean(source, target, mask):
    """Shift each of R, G, B until its mean inside the mask is the target's (the first script's
    ``avg_color_adjust``)."""
    source, target, mask = _checked(source, target, mask)
    shift = np.tensordot(mask, np.float32(target) - source, 2) / mask.sum()
    return np.uint8(np.round(np.clip(source + shift, 0, 255)))


def match_histogram(source, target, mask):
    """Bend each of R, G, B until its distribution inside the mask is the target's.

    Pixels weigh as much as the mask says; levels are rounded, so that a repeated match does not
    darken (scikit-image's ``match_histograms`` knows no mask and cuts uint8 results down).
    """
    source, target, mask = _checked(source, target, mask)
    weights = mask.ravel()
    bent = [_bent(source[..., c], target[..., c], weights) for c in range(3)]
    return cv2.merge([cv2.LUT(source[..., c], levels) for c, levels in enumerate(bent)])


def _bent(source, target, weights):
    """For each level (256,) of the source the one of the target with as many pixels below it."""
    (_, rank), (levels, wanted) = _ranks(source, weights, LEVELS), _ranks(target, weights)
    return np.uint8(np.round(np.interp(rank, wanted, levels)))


def _ranks(channel, weights, levels=None):
    """Levels and the share of pixels below each, half of its own included."""
    count = np.bincount(channel.ravel(), weights, minlength=256)
    rank = (np.cumsum(count) - count / 2) / count.sum()
    levels = np.flatnonzero(count) if levels is None else levels
    return levels, rank[levels]


def _checked(source, target, mask):
    source, target = picture(source, "source"), picture(target, "target")
    same_size(source, target, "source and target")
    mask = share(mask, target.shape)
    require(mask.sum() >= LEAST, f"the mask covers less than {LEAST} pixels.", MaskError)
    return source, target, mask


IN_PLACE = {"poisson": poisson, "clone": clone}
COLOURS = {
    "none": keep_colours,
    "mean": match_mean,
    "lab": match_colour,
    "histogram": match_histogram,
    **IN_PLACE,
}
"""Name -> function; "lab" is Reinhard's, "poisson" ours, "clone" OpenCV's solver."""


def colour_named(name):
    """The transfer of that name; a function (source, target, mask) is taken as it is."""
    return name if callable(name) else named(COLOURS, name, "colour")
