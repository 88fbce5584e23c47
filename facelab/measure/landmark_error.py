"""How wrong are landmarks? One number that does not change with the picture's size."""

import numpy as np

INNER = slice(17, 68)
"""Brows, nose, eyes and mouth: the jaw is left out, for people draw it in different places."""


def inter_ocular(points):
    """Distance between the outer corners of the eyes, points 36 and 45, in pixels.

    Parameters
    ----------
    points : (68, 2) array
    """
    return float(np.linalg.norm(points[36] - points[45]))


def nme(found, truth, which=INNER, scale=None):
    """Normalised mean error of landmarks: the mean distance, in units of the inter-ocular distance.

    Parameters
    ----------
    found, truth : (68, 2) arrays
        Pixels.
    which : index into the 68 points
        By default 17 to 67.
    scale : float, optional
        What to divide by, in pixels; the true inter-ocular distance by default. A head in profile
        needs another one, for its eyes are nearly behind each other.

    Returns
    -------
    float
        .05 means 5 % of the distance between the eyes (Sagonas et al. 2013, the 300-W challenge).
    """
    distances = np.linalg.norm(found[which] - truth[which], axis=1)
    return float(distances.mean() / (inter_ocular(truth) if scale is None else scale))
