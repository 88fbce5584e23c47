"""The exercises of chapter 03: its answers agree with the modules, and other right ways are right.

What all exercises promise is tested in ``test_exercises.py``.
"""

import numpy as np
import pytest

from facelab.course.exercise import RIGHT, WRONG, find, judge
from facelab.course.exercises import ch03
from facelab.faces import MIRROR, PARTS, models
from facelab.faces.dlib_shapes import box_of
from facelab.faces.points import mirrored
from facelab.measure import landmark_error

# The course's own answers, held against the modules


def test_the_box_is_that_of_the_modules():
    rectangle = models.dlib().rectangle(179, 83, 266, 170)
    assert ch03.to_box(179, 83, 266, 170) == box_of(rectangle) == (179, 83, 267, 171)


def test_the_overlap_is_that_of_counted_pixels():
    a, b = (3, 5, 20, 40), (10, 0, 30, 20)
    inside = np.zeros((2, 50, 50), bool)
    for mask, (left, top, right, bottom) in zip(inside, (a, b), strict=True):
        mask[top:bottom, left:right] = True
    assert ch03.iou(a, b) == inside.all(axis=0).sum() / inside.any(axis=0).sum()


def test_the_line_joins_the_tip_and_the_base_of_the_nose():
    indices, closed = ch03.nose_line()
    assert indices == [PARTS["nose bridge"][-1], *PARTS["nose base"]] and closed is False


def test_mirroring_is_that_of_the_modules_and_undoes_itself():
    for points, width in ch03.point_sets():
        there = ch03.mirrored(points, width)
        assert np.allclose(there, mirrored(points, width), atol=1e-3)
        assert np.allclose(ch03.mirrored(there, width), points, atol=1e-3)


def test_the_error_is_that_of_the_modules():
    for found, truth in ch03.found_and_true():
        assert ch03.nme(found, truth) == pytest.approx(landmark_error.nme(found, truth))


def test_the_eye_s_ratio_knows_neither_size_nor_place_nor_tilt():
    (eye,), (turned,), _ = ch03.eyes()
    assert ch03.eye_ratio(turned) == pytest.approx(ch03.eye_ratio(eye))
    assert ch03.eye_ratio(3 * eye + 7) == pytest.approx(ch03.eye_ratio(eye))
    assert ch03.eye_ratio(eye * (1, 0.5)) < ch03.eye_ratio(eye)


# Other right answers


def overlap_by_numpy(a, b):
    corners = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    shared = np.prod(np.clip(corners[1] - corners[0], 0, None))
    area = sum(np.prod(np.subtract(box[2:], box[:2])) for box in (a, b))
    return shared / (area - shared)


def mirrored_in_steps(points, width):
    points = points.copy()
    points[:, 0] = width - points[:, 0]
    return points[MIRROR]


def nme_by_hand(found, truth):
    dx, dy = (found - truth)[17:].T
    ruler = np.hypot(*(truth[36] - truth[45]))
    return np.mean((dx**2 + dy**2) ** 0.5) / ruler


def eye_ratio_by_hand(eye):
    lengths = [np.hypot(*(eye[i] - eye[j])) for i, j in ((1, 5), (2, 4), (0, 3))]
    return np.mean(lengths[:2]) / lengths[2]


@pytest.mark.parametrize(
    "number, attempt",
    [
        ("03.1", lambda left, top, right, bottom: [left, top, right + 1.0, bottom + 1.0]),
        ("03.1", lambda *edges: np.array(edges) + [0, 0, 1, 1]),
        ("03.2", overlap_by_numpy),
        ("03.3", (range(30, 36), False)),
        ("03.3", [np.arange(30, 36), False]),
        ("03.3", ((30, 31, 32, 33, 34, 35), np.False_)),
        ("03.4", mirrored_in_steps),
        ("03.4", lambda points, width: mirrored(points, width)),
        ("03.5", nme_by_hand),
        ("03.6", eye_ratio_by_hand),
    ],
)
def test_another_right_way_is_right(number, attempt):
    assert judge(find(number), attempt, {})[0] == RIGHT


# Slips that no one foresaw for these exercises


@pytest.mark.parametrize(
    "number, attempt, says",
    [
        ("03.1", lambda a, b, c, d: (d + 1, c + 1, b, a), "The order is reversed"),
        ("03.2", lambda a, b: 100 * ch03.iou(a, b), "in per cent"),
        ("03.2", lambda a, b: int(ch03.iou(a, b)), "decimals are cut off"),
        ("03.2", lambda a, b: 1 - ch03.iou(a, b), "the rest to 1"),
        ("03.4", lambda p, w: ch03.mirrored(p, w)[:, ::-1], "x and y are exchanged"),
        ("03.4", lambda p, w: ch03.mirrored(p, w).T, "transposed"),
        ("03.4", lambda p, w: ch03.mirrored(p, w) + 0.5, "Half a pixel too much"),
        ("03.4", lambda p, w: ch03.mirrored(p, w).astype(int), "decimals are cut off"),
        ("03.5", lambda f, t: 100 * ch03.nme(f, t), "in per cent"),
        ("03.5", lambda f, t: 2 * ch03.nme(f, t), "twice the right result"),
        ("03.6", lambda eye: ch03.eye_ratio(eye) ** 2, "a square root is missing"),
        ("03.6", lambda eye: ch03.eye_ratio(eye) * 3, "Everything is 3 times"),
    ],
)
def test_a_slip_is_told_by_its_name(number, attempt, says):
    state, message = judge(find(number), attempt, {})
    assert state == WRONG and says in message
