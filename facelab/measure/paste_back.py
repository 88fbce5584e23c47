"""From new crops to whole frames, in the same way for every network that is scored.

What is scored by ``plainly`` is the network alone, so all else is as good as can be: the crop lies
where the true points say, and the mask is the true one of the target. ``by_convert`` is what a
reader gets: the same points, and ``Convert`` with the mask that it makes of them.

A swapper (``facelab.blend.swapper``) may say ``match_colours = False``: it paints in the target's
colours already, as one does that was trained with the true answers.
"""

import numpy as np

from facelab.blend import match_colour, paste
from facelab.blend.convert import Convert
from facelab.blend.inputs import named
from facelab.blend.placing import cut_out, lay_back
from facelab.blend.swapper import painted
from facelab.studio.alignment import crop_matrix


def is_swapper(thing):
    """Whether it works on aligned crops: it says of which size and coverage."""
    return callable(thing) and hasattr(thing, "size") and hasattr(thing, "coverage")


def aligned(image, points, size, coverage):
    """The aligned crop (size,size,3) uint8 of a picture (H,W,3) whose face has these 68 points."""
    return cut_out(image, crop_matrix(points, size, coverage), size)


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
    matrix = crop_matrix(target.landmarks, len(crop), coverage)
    face = lay_back(crop, matrix, target.image.shape[:2])
    if match_colours:
        face = match_colour(face, target.image, target.mask)
    return paste(face, target.image, target.mask)


def plainly(swapper, targets):
    """The frames of several targets with the swapper's faces in them, by ``put_back``.

    Parameters
    ----------
    swapper : see ``facelab.blend.swapper``
    targets : list of Seen

    Returns
    -------
    list of (H,W,3) uint8 RGB

    Raises
    ------
    BlendError
        The swapper's answer is not as many crops of the same size in uint8.
    """
    size, coverage = swapper.size, swapper.coverage
    given = np.stack([aligned(t.image, t.landmarks, size, coverage) for t in targets])
    faces, _ = painted(swapper, given)
    match = getattr(swapper, "match_colours", True)
    pairs = zip(faces, targets, strict=True)
    return [put_back(face, target, coverage, match) for face, target in pairs]


def by_convert(swapper, targets):
    """As ``plainly``, by ``Convert`` as it is when nothing else is said; at the true points."""
    colour = None if getattr(swapper, "match_colours", True) else "none"
    jobs = [(target.image, [target.landmarks]) for target in targets]
    return Convert(swapper, colour=colour)._patch_many(jobs)


PASTES = {"plain": plainly, "convert": by_convert}
"""Name -> function of a swapper and a list of Seen that gives their frames."""


def paste_named(name):
    """The way of pasting of that name; BlendError if there is none."""
    return named(PASTES, name, "paste")
