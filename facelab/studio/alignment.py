"""Faces laid over one another: a mean face, and the similarity that brings points onto it.

Taught in chapter 04.
"""

from functools import cache

import numpy as np

from .errors import number, require
from .landmarks import blend
from .model import load_model

COVERAGE = 0.625  # share of a crop's width that the mean face takes, brow to brow
INNER = slice(17, 68)  # of the 68 points, those that are fixed places on the face


@cache
def mean_face():
    """The 51 inner points (17 to 67) of the face model's mean, seen from the front.

    Returns
    -------
    (51, 2) float64, x right and y down in units of the face's width from brow to brow: x runs from
        0 to 1, and the points are centred between the highest and the lowest about y = .5
    """
    model = load_model()
    points = blend(model.mean, model.landmark_vertices, model.landmark_weights)
    points = points[:, :2].astype(float) * (1, -1)
    low, high = points.min(0), points.max(0)
    placed = (points - (low + high) / 2) / (high - low)[0] + 0.5
    placed.setflags(write=False)
    return placed


def similarity(points, onto):
    """The shift, turn and scale that bring points nearest to others (least squares).

    In the plane, the closed form of Umeyama 1991, "Least-squares estimation of transformation
    parameters between two point patterns", is one division of complex numbers; mirrored points are
    never mirrored back.

    Parameters
    ----------
    points, onto : (n, 2), n >= 2

    Returns
    -------
    (2, 3) float64 : ``matrix @ [x, y, 1]`` is where (x, y) comes to lie
    """
    points, onto = np.asarray(points, float), np.asarray(onto, float)
    start, end = points.mean(0), onto.mean(0)
    one, other = (points - start) @ (1, 1j), (onto - end) @ (1, 1j)
    factor = np.vdot(one, other) / np.vdot(one, one)
    turn = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.column_stack([turn, end - turn @ start])


def crop_matrix(points, size, coverage=COVERAGE):
    """The similarity from a picture to the aligned crop of a face.

    Parameters
    ----------
    points : (68, 2) or the inner (51, 2), pixels of the picture
    size : int, pixels of the crop
    coverage : float in [0.2, 1.5], share of the crop's width that the mean face takes from brow to
        brow; the rest is margin

    Returns
    -------
    (2, 3) float64, from pixels of the picture to pixels of the crop, centres at +0.5 in both

    Raises
    ------
    StudioError
        Not 68 or 51 points, or a coverage outside its range.
    """
    points = np.asarray(points, float)
    ok = points.shape in ((68, 2), (51, 2))
    require(ok, f"An aligned crop needs 68 or 51 points (n, 2), got an array {points.shape}.")
    number("coverage", coverage, 0.2, 1.5)
    onto = ((mean_face() - 0.5) * coverage + 0.5) * size
    return similarity(points[-51:], onto)
