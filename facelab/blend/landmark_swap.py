"""A face swap without learning: find, warp, match the colours, blend. Taught in chapter 01."""

import numpy as np

from facelab.blend.colour import match_colour, match_light
from facelab.blend.errors import require
from facelab.blend.inputs import picture, points_68, same_size, share
from facelab.blend.masks import eroded, feathered, hull_mask
from facelab.blend.poisson import poisson
from facelab.blend.warp import face_points, halfway, warp
from facelab.faces import NoFaceError, detect, landmarks

RIM = 2  # pixels that the mask loses, so that its border lies on skin of both faces


def paste(source, target, mask):
    """Lay ``source`` over ``target``, as much as the mask says: (H,W,3) uint8 RGB."""
    source, target = picture(source, "source"), picture(target, "target")
    same_size(source, target, "source and target")
    part = share(mask, target.shape)[..., None]
    return np.uint8(np.round(part * source + (1 - part) * target))


def feather(source, target, mask):
    """``paste`` with an edge that fades over a tenth of the mask's width."""
    width = np.sqrt(share(mask, picture(target).shape).sum()) / 10
    return paste(source, target, feathered(mask, width))


BLENDS = {"feather": feather, "poisson": poisson, "paste": paste}


def blender(name):
    """The function (source, target, mask) -> picture of that name; BlendError if there is none."""
    ok = isinstance(name, str) and name in BLENDS
    require(ok, f"blend must be one of {', '.join(BLENDS)}, got {name!r}.")
    return BLENDS[name]


def found_points(image, points=None):
    """The 68 points of the best face that is found, or those given: (68,2)."""
    if points is not None:
        return points_68(points)
    faces = detect(image)
    if not faces:
        raise NoFaceError("no face was found: give its 68 points, or a larger, more frontal face")
    return landmarks(image, faces[0])


def swap(
    frame_of_a, to, points_a=None, points_b=None, colour=True, blend="feather", proportions=0.5
):
    """Identity from B, everything else from A: B's face is bent into the place of A's.

    Parameters
    ----------
    frame_of_a : (H,W,3) uint8 RGB, or Frame; the picture that is faked
    to : (h,w,3) uint8 RGB, or Frame; a picture of B
    points_a, points_b : (68,2) pixels, optional; found by ``facelab.faces`` when absent
    colour : bool, give B's face the colours and the light of A's
    blend : "feather", "poisson" or "paste", how the seam is hidden
    proportions : float in [0, 1], how far B's features go from A's proportions to B's own; see
        ``halfway``

    Returns
    -------
    (H,W,3) uint8 RGB

    Raises
    ------
    BlendError
        Pictures, points or blend cannot be used; the message says why.
    NoFaceError
        No face was found in one of the pictures.
    """
    a, b, cover = picture(frame_of_a, "frame_of_a"), picture(to, "to"), blender(blend)
    points_a, points_b = found_points(a, points_a), found_points(b, points_b)
    whence, whither = face_points(points_b), face_points(halfway(points_a, points_b, proportions))
    warped, covered = warp(b, whence, whither, a.shape)
    mask = eroded(hull_mask(whither, a.shape) * covered, RIM)
    if colour:
        warped = match_light(match_colour(warped, a, mask), a, mask)
    return cover(warped, a, mask)
