"""A face swap without learning: find, warp, match the colours, blend. Taught in chapter 01."""

import numpy as np

from facelab.blend.colour import match_colour, match_light
from facelab.blend.inputs import named, picture, points_68, rendered, same_size, share
from facelab.blend.masks import eroded, feathered, hull_mask
from facelab.blend.poisson import poisson
from facelab.blend.warp import face_points, halfway, warp
from facelab.faces import NoFaceError, detect, landmarks

RIM = 2  # pixels that the mask loses, so that its border lies on skin of both faces


def paste(source, target, mask):
    """Lay one picture over another, as much as the mask says: m * source + (1 - m) * target.

    Parameters
    ----------
    source, target : (H,W,3) uint8 RGB, or Frame
    mask : (H,W) in [0,1]

    Returns
    -------
    (H,W,3) uint8 RGB

    Raises
    ------
    BlendError, MaskError
        Pictures or mask cannot be used or differ in size.
    """
    source, target = picture(source, "source"), picture(target, "target")
    same_size(source, target, "source and target")
    part = share(mask, target.shape)[..., None]
    return np.uint8(np.round(part * source + (1 - part) * target))


def feather(source, target, mask):
    """``paste`` with an edge that fades inwards over a tenth of the square root of the mask's area.

    Parameters, returns and errors as ``paste``.
    """
    width = np.sqrt(share(mask, picture(target).shape).sum()) / 10
    return paste(source, target, feathered(mask, width))


BLENDS = {"feather": feather, "poisson": poisson, "paste": paste}


def blender(name):
    """The function (source, target, mask) -> picture of that name; BlendError if there is none."""
    return named(BLENDS, name, "blend")


def found_points(image, points=None):
    """The 68 points of the best face that HOG finds, by dlib; or those given.

    Parameters
    ----------
    image : (H,W,3) uint8 RGB, or Frame
    points : (68,2) pixels, optional; only checked

    Returns
    -------
    (68,2) pixels, iBUG order

    Raises
    ------
    NoFaceError
        No face was found.
    PointsError
        The points given are not 68.
    """
    if points is not None:
        return points_68(points)
    image = picture(image)
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
    frame_of_a : Frame, the picture that is faked
    to : Frame, a picture of B
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
        No Frames of the studio, for nobody real is faked here; or points or blend cannot be used.
    NoFaceError
        No face was found in one of the pictures.
    """
    a, b, cover = rendered(frame_of_a, "frame_of_a"), rendered(to, "to"), blender(blend)
    points_a, points_b = found_points(a, points_a), found_points(b, points_b)
    whence, whither = face_points(points_b), face_points(halfway(points_a, points_b, proportions))
    warped, covered = warp(b, whence, whither, a.shape)
    mask = eroded(hull_mask(whither, a.shape) * covered, RIM)
    if colour:
        warped = match_light(match_colour(warped, a, mask), a, mask)
    return cover(warped, a, mask)
