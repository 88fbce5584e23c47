"""Which part of the crop is put back: the masks that users of such tools choose among."""

import cv2
import numpy as np

from facelab.blend.errors import MaskError, require
from facelab.blend.inputs import named
from facelab.blend.masks import hull_mask
from facelab.blend.placing import lay_back
from facelab.blend.warp import face_points


def rect(place):
    """All of the crop's square, with what it shows of hair and background."""
    return hull_mask(place.square, place.shape)


def hull(place):
    """The convex hull of the 68 points: jaw and brows, no forehead."""
    return hull_mask(place.points, place.shape)


def hull_and_rect(place):
    """The hull as far as it lies in the crop, beyond which the network painted nothing."""
    return _in_crop(hull(place), place, place.points)


def landmark_grown(place):
    """The hull with a little of the forehead and less of the jaw, as far as it lies in the crop
    (``face_points``, fitted to what a true swap changes)."""
    points = face_points(place.points)
    return _in_crop(hull_mask(points, place.shape), place, points)


def _in_crop(mask, place, points):
    """The hull of points as far as it lies in the crop's square."""
    return mask if place.holds(points) else mask * rect(place)


def predicted(place):
    """The mask that the network gives together with the face."""
    remedy = "this swapper returns crops and no masks: choose another mask_type."
    require(place.predicted is not None, f"mask_type 'predicted': {remedy}", MaskError)
    mask = lay_back(np.float32(place.predicted), place.matrix, place.shape, cv2.INTER_LINEAR)
    return np.clip(mask, 0, 1) * rect(place)


MASKS = {
    "rect": rect,
    "hull": hull,
    "hull-and-rect": hull_and_rect,
    "landmark-grown": landmark_grown,
    "predicted": predicted,
}
"""Name -> function of a ``Place`` that gives a mask (H,W) float32 in [0,1]."""

SPELLINGS = {"hullandrect": "hull-and-rect", "landmarkgrown": "landmark-grown"}


def mask_named(name):
    """The mask of that name; a function of a ``Place`` is taken as it is.

    Letters may be large or small, and the book's spellings "faceHull" and "facehullandrect" mean
    "hull" and "hull-and-rect".

    Raises
    ------
    BlendError
        There is no such mask: it is never guessed what was meant.
    """
    if callable(name):
        return name
    plain = name
    if isinstance(name, str):
        plain = "".join(c for c in name.lower() if c not in "-_ ").removeprefix("face")
    known = SPELLINGS.get(plain, plain) if isinstance(plain, str) else plain
    return named(MASKS, known if known in list(MASKS) else name, "mask_type")
