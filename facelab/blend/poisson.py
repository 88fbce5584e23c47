"""Seamless cloning: keep the differences between neighbouring pixels, take the border's colours.

OpenCV has this as ``seamlessClone``, 20 to 30 times faster. It is not used, because it centres
the mask's bounding box on a point that one has to give, so that a box of uneven width shifts the
face by a pixel, and because it solves for the whole box: pixels beside the mask change too, and
those inside are grey levels away from the solution.
"""

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from facelab.blend.errors import MaskError, require
from facelab.blend.inputs import picture, same_size, share


def poisson(source, target, mask):
    """Put ``source`` into ``target`` where ``mask`` >= .5, without a seam.

    The result has the gradients of the source inside the mask and the colours of the target on its
    border (Perez, Gangnet and Blake 2003, equation 7). Equal to that, and what is solved here: the
    smoothest correction is added to the source that makes it agree with the target on the border.

    Parameters
    ----------
    source, target : (H,W,3) uint8 RGB, or Frame; the source has colours one pixel around the mask
    mask : (H,W) in [0,1]

    Returns
    -------
    (H,W,3) uint8 RGB; the target itself, to the bit, outside the mask

    Raises
    ------
    BlendError
        Not two pictures of one size.
    MaskError
        The mask has another size, is empty, or is everything (nothing is left to agree with).

    References
    ----------
    Perez, Gangnet, Blake: Poisson image editing. SIGGRAPH 2003.
    """
    source, target = picture(source, "source"), picture(target, "target")
    same_size(source, target, "source and target")
    inside = share(mask, target.shape) >= 0.5
    require(inside.any(), "the mask is empty: nothing would be pasted.", MaskError)
    require(not inside.all(), "the mask covers everything: there is no border.", MaskError)
    difference = target.astype(float) - source
    result = target.copy()
    corrected = source[inside] + membrane(difference, inside)
    result[inside] = np.uint8(np.round(np.clip(corrected, 0, 255)))
    return result


def membrane(values, inside):
    """The smoothest filling of ``inside`` (n,3) from the values (H,W,3) on its border.

    Every pixel becomes the mean of its neighbours (Laplace's equation), as a soap film in a bent
    frame does; a neighbour beyond the picture's edge does not count.
    """
    laplace, border = neighbour_equations(inside)
    return splu(laplace, permc_spec="MMD_AT_PLUS_A").solve(border @ values[~inside])


def neighbour_equations(inside):
    """Matrices of "each pixel inside is the mean of its neighbours", on unknown and known pixels.

    Parameters
    ----------
    inside : (H,W) bool

    Returns
    -------
    laplace : (n,n) sparse, for the n pixels inside
    border : (n,m) sparse, for the m others; laplace @ unknown = border @ known
    """
    number = np.arange(inside.size).reshape(inside.shape)
    pairs = [(number[:, 1:], number[:, :-1]), (number[1:], number[:-1])]
    one = np.concatenate([side.ravel() for pair in pairs for side in pair])
    other = np.concatenate([side.ravel() for pair in pairs for side in pair[::-1]])
    links = sparse.csr_matrix((np.ones(len(one)), (one, other)), (inside.size, inside.size))
    rows = links[inside.ravel()]
    degrees = sparse.diags(np.asarray(rows.sum(1)).ravel())
    # its neighbours' number times a pixel, less the unknown ones, is the sum of the known ones
    return (degrees - rows[:, inside.ravel()]).tocsc(), rows[:, ~inside.ravel()]
