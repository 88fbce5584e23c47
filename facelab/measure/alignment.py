"""How wrong is an alignment, and which way of finding it is least wrong?"""

from typing import NamedTuple

import cv2
import numpy as np

from facelab.studio.alignment import COVERAGE, mean_face, similarity


class AlignmentError(NamedTuple):
    """How far a similarity is from the true one.

    Attributes
    ----------
    pixels : float
        Mean distance, over the 51 points of the mean face, between where the true similarity and
        the found one bring the same place of the picture: pixels of the crop.
    degrees : float
        Turn from the true one to the found one, clockwise on the screen, in (-180, 180].
    scale : float
        Size of the face in the crop, in true ones: 1 is right.
    """

    pixels: float
    degrees: float
    scale: float


def alignment_error(found, truth, size=256):
    """Error of a similarity `found` (2, 3), picture to crop of `size` pixels, against the true one.

    Raises
    ------
    numpy.linalg.LinAlgError
        The true one has no size, so it cannot be undone.
    """
    moved = _square(found) @ np.linalg.inv(_square(truth))
    places = on_crop(size)
    arrived = places @ moved[:2, :2].T + moved[:2, 2]
    factor = complex(moved[0, 0], moved[1, 0])
    pixels = np.linalg.norm(arrived - places, axis=1).mean()
    return AlignmentError(float(pixels), float(np.degrees(np.angle(factor))), abs(factor))


def on_crop(size=256, coverage=COVERAGE):
    """The 51 points of the mean face in pixels of a crop, (51, 2) float64."""
    return ((mean_face() - 0.5) * coverage + 0.5) * size


def _square(matrix):
    return np.vstack([matrix, (0, 0, 1)])


# ---------------------------------------------------------------------------------------------
# Ways of finding a similarity


def _opencv(method):
    def estimate(points, onto):
        matrix, inliers = cv2.estimateAffinePartial2D(points, onto, method=method)
        return matrix

    return estimate


ESTIMATORS = {
    "least squares": similarity,
    "RANSAC": _opencv(cv2.RANSAC),  # Fischler and Bolles 1981; OpenCV's threshold of 3 pixels
    "LMedS": _opencv(cv2.LMEDS),  # least median of squares, Rousseeuw 1984
}


class EstimatorRow(NamedTuple):
    """Mean error of one estimator over `n` draws at one level of noise; `worst` is in pixels."""

    estimator: str
    noise: float
    wild: int
    pixels: float
    degrees: float
    worst: float
    n: int


def estimator_errors(noises=(0.5, 1, 2, 4), wild=0, n=200, size=256, seed=0):
    """Which estimator finds an alignment best when all 51 points are a little wrong?

    The mean face is turned, moved and noise is added to each point; every estimator gets the same
    points. RANSAC takes the similarity of two points and keeps what lies within 3 pixels of it: of
    landmarks, which are all a little wrong and none wildly, it throws good ones away. A robust
    estimator pays where a few points are wild.

    Parameters
    ----------
    noises : standard deviations of the points' x and y, in pixels of the crop
    wild : int, how many of the 51 points are thrown 40 pixels off
    n : int, draws at each noise
    size : int, pixels of the crop
    seed : int

    Returns
    -------
    list of EstimatorRow, estimators in the order of `ESTIMATORS` for each noise
    """
    rows = []
    for noise in noises:
        draws = list(_draws(noise, wild, n, size, np.random.default_rng(seed)))
        cv2.setRNGSeed(seed)
        for name, estimate in ESTIMATORS.items():
            errors = [_error(estimate, *draw, size) for draw in draws]
            pixels, degrees = (np.array([error[k] for error in errors]) for k in (0, 1))
            means = float(pixels.mean()), float(np.abs(degrees).mean()), float(pixels.max())
            rows.append(EstimatorRow(name, float(noise), wild, *means, n))
    return rows


def _draws(noise, wild, n, size, rng):
    """(noisy points in a picture, their places on the crop, the true similarity), n times."""
    onto = on_crop(size)
    for _ in range(n):
        turn = np.exp(1j * np.radians(rng.uniform(-30, 30)))
        back = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
        points = (onto - size / 2) @ back.T + rng.uniform(size / 2, size, 2)
        truth = similarity(points, onto)
        points = points + rng.normal(0, noise, points.shape)
        thrown = rng.permutation(len(points))[:wild]
        angles = rng.uniform(0, 2 * np.pi, wild)
        points[thrown] += 40 * np.column_stack([np.cos(angles), np.sin(angles)])
        yield points, onto, truth


def _error(estimate, points, onto, truth, size):
    return alignment_error(estimate(points, onto), truth, size)
