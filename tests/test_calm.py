"""Nobody is sad, frowns or gapes without being asked to: measured on people whom nobody picked."""

import numpy as np
import pytest

from datasets.calm import LOWER_LIP, OVERLAP, UPPER_LIP
from facelab.studio import Person, load_model
from facelab.studio.landmarks import blend
from facelab.studio.lids import lid_edges
from facelab.studio.teeth import seated, teeth_of

MODEL = load_model()
IRIS = 0.4  # sine of the iris' angular radius, as the shader has it


@pytest.fixture(scope="module")
def shapes():
    return [MODEL.shape(Person.from_seed(seed).weights) for seed in range(3000, 3300)]


@pytest.fixture(scope="module")
def points(shapes):
    """The 68 points of everybody's neutral face, without the jaw's; row 17 is point 17."""
    inner = [blend(s, MODEL.landmark_vertices, MODEL.landmark_weights) for s in shapes]
    return np.pad(np.array(inner), ((0, 0), (17, 0), (0, 0)))


def covered(shape, side):
    """mm of the iris above the edge of the upper lid, and below that of the lower, before it."""
    ball = shape[MODEL.eye_right if side == "Right" else MODEL.eye_left]
    centre = (ball.min(0) + ball.max(0)) / 2
    iris = IRIS * np.linalg.norm(ball - centre, axis=1).mean()
    upper, lower = (np.interp(centre[0], *shape[edge][:, :2].T) for edge in lid_edges(MODEL, side))
    return centre[1] + iris - upper, lower - (centre[1] - iris)


@pytest.mark.parametrize("side", ["Right", "Left"])
def test_upper_lids_cover_one_to_two_millimetres_of_the_iris(shapes, side):
    above, below = np.transpose([covered(shape, side) for shape in shapes])
    assert 1.4 < above.mean() < 1.8 and np.mean((above > 0.9) & (above < 2.3)) > 0.95
    assert 0 < below.mean() < 1 and below.min() > -0.5


def test_mouths_are_level_and_their_corners_do_not_hang(points):
    middle = points[:, [62, 66], 1].mean(1, keepdims=True)
    corners = points[:, [48, 54], 1] - middle
    assert 0.3 < corners.mean() < 0.9 and np.mean(corners > -0.2) > 0.97
    assert np.percentile(np.abs(corners[:, 0] - corners[:, 1]), 95) < 1


def test_brows_neither_frown_nor_plead(points):
    for inner, outer in ((21, 17), (22, 26)):
        tilt = points[:, inner, 1] - points[:, outer, 1]
        assert -2 < tilt.mean() < -0.5 and np.mean(np.abs(tilt - tilt.mean()) < 3) > 0.97


def test_lips_meet_all_along_the_mouth(shapes):
    upper, lower = (np.searchsorted(MODEL.vertex_ids, edge) for edge in (UPPER_LIP, LOWER_LIP))
    gaps = np.array([shape[upper, 1] - shape[lower, 1] for shape in shapes])
    assert np.abs(gaps + OVERLAP).max() < 0.05


def test_upper_teeth_end_a_little_below_the_meeting_of_the_lips(shapes):
    lower, upper = np.split(teeth_of(MODEL), 2)
    for shape in shapes[:40]:
        shape = seated(shape)
        meeting = blend(shape, MODEL.landmark_vertices, MODEL.landmark_weights)[[45, 49], 1].mean()
        front = upper[np.abs(shape[upper, 0]) < 6]
        assert 1.5 < meeting - shape[front, 1].min() < 3.2
        assert shape[upper, 1].mean() > shape[lower, 1].mean() + 8
