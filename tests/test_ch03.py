"""The exercises of chapter 03: its answers agree with the modules, and other right ways are right.

What all exercises promise is tested in ``test_exercises.py``.
"""

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from facelab.course import figures03, plt
from facelab.course.exercise import RIGHT, WRONG, find, judge
from facelab.course.exercises import ch03
from facelab.course.nbgrader import unseen
from facelab.faces import DETECTORS, MIRROR, PARTS, DetectedFace, models
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


EYE = np.array([(0, 5), (8, 0), (17, 2), (24, 6), (16, 10), (8, 9)], float)


def test_the_eye_s_ratio_knows_neither_size_nor_place_nor_roll():
    turned = EYE @ np.array([(0.8, 0.6), (-0.6, 0.8)])
    assert ch03.eye_ratio(turned) == pytest.approx(ch03.eye_ratio(EYE))
    assert ch03.eye_ratio(3 * EYE + 7) == pytest.approx(ch03.eye_ratio(EYE))
    assert ch03.eye_ratio(EYE * (1, 0.5)) < ch03.eye_ratio(EYE)


def test_the_eye_s_ratio_takes_both_heights():
    heights = [np.hypot(*(EYE[i] - EYE[j])) for i, j in ((1, 5), (2, 4))]
    assert heights[0] != heights[1]
    assert ch03.eye_ratio(EYE) == pytest.approx(np.mean(heights) / np.hypot(*(EYE[0] - EYE[3])))


def test_only_looking_down_makes_an_open_eye_look_closed():
    person = ch03.somebody()["person"]
    half = ch03.open_eye(person) / 2
    angle, degrees = ch03.false_blink(person)
    assert angle == "pitch" and -50 < degrees < -40
    assert ch03.open_eye(person, pitch=degrees) < half <= ch03.open_eye(person, pitch=degrees + 1)
    others = [{name: n} for name in ("yaw", "roll") for n in (-60, -30, 30, 60)]
    others += [{"pitch": n} for n in range(0, 61, 10)]
    assert all(ch03.open_eye(person, **held) > half for held in others)


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
    ],
)
def test_another_right_way_is_right(number, attempt):
    assert judge(find(number), attempt, {})[0] == RIGHT


def verdict_on_blink(attempt):
    return judge(find("03.6"), lambda person: attempt, ch03.somebody())


@pytest.mark.parametrize("nearly", [-1, 0, 1.0])
def test_one_degree_more_or_less_is_right(nearly):
    assert verdict_on_blink(["pitch", ch03.false_blink(**ch03.somebody())[1] + nearly])[0] == RIGHT


@pytest.mark.parametrize(
    "attempt, says",
    [
        (("yaw", 60), "Yaw brings the *corners* together"),
        (("roll", -45.0), "distances know nothing of that"),
        (("pitch", -58), "look again at the degrees"),
        (-45, "It gives a number"),
        ("pitch", "It gives a text"),
        (("nod", -45), "its value is not the angle"),
        (("Pitch", ch03.false_blink(**ch03.somebody())[1]), "the first wrong: number 1"),
    ],
)
def test_another_blink_is_wrong(attempt, says):
    state, message = verdict_on_blink(attempt)
    assert state == WRONG and says in message


@pytest.mark.parametrize("number", ["03.1", "03.2", "03.4", "03.5"])
def test_who_grades_draws_other_probes_than_the_learner_sees(number):
    seen, hidden = find(number).probes(), unseen(find(number)).probes()
    new = [h for h in hidden if not any(as_lists(h) == as_lists(s) for s in seen)]
    assert len(new) >= 2


def as_lists(probe):
    return [np.asarray(part).tolist() for part in probe]


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
        ("03.5", lambda f, t: ch03.nme(f, t) ** 2, "a square root is missing"),
        ("03.5", lambda f, t: 3 * ch03.nme(f, t), "Everything is 3 times"),
    ],
)
def test_a_slip_is_told_by_its_name(number, attempt, says):
    state, message = judge(find(number), attempt, {})
    assert state == WRONG and says in message


# The figures


@pytest.fixture
def closed_figures():
    yield
    plt.close("all")


def looks(axes):
    """Colour and dash of each curve that has a name."""
    lines = [line for line in axes.get_lines() if not line.get_label().startswith("_")]
    return {line.get_label(): (line.get_color(), line.get_linestyle()) for line in lines}


def test_a_method_looks_the_same_in_all_figures(closed_figures):
    picture = np.zeros((40, 60, 3), np.uint8)
    order = ["truth", "mtcnn", "haar", "hog", "face_recognition", "face_recognition"]
    faces = [DetectedFace((3.0, 4.0, 20.0 + n, 30.0), method=m) for n, m in enumerate(order)]
    framed = looks(figures03.boxes(picture, faces).axes[0])
    rates = {method: [1, 0] for method in DETECTORS}
    both = figures03.rates_and_error([0, 1], rates, [0.1, 0.2], "x", n=2).axes
    drawn = looks(both[0])
    assert drawn == {method: framed[method] for method in DETECTORS}
    assert len(set(framed.values())) == len(framed) == 5
    assert not set(looks(both[1]).values()) & set(framed.values())
    bars = figures03.grouped_bars(["a", "b"], rates, "y", n=2).axes[0].containers
    for bar in bars:
        assert bar[0].get_facecolor() == pytest.approx(to_rgba(drawn[bar.get_label()][0]))


def test_a_close_up_shows_each_line_that_it_is_given(closed_figures):
    points = np.random.default_rng(0).uniform(5, 30, (68, 2))
    picture = np.zeros((40, 60, 3), np.uint8)
    lines = {"one": ([30, 31], True), "other": ([30, 31], False)}
    alone = figures03.close_ups(picture, points, {"one": lines["one"]})
    both = figures03.close_ups(picture, points, lines)
    assert [len(figure.axes) for figure in (alone, both)] == [1, 2]
    assert [len(axes.get_lines()[0].get_xdata()) for axes in both.axes] == [3, 2]


def test_a_box_of_no_method_is_drawn_too():
    figure = figures03.boxes(np.zeros((64, 64, 3), np.uint8), [DetectedFace((8.0, 8, 40, 40))])
    assert figure.axes[0].get_legend_handles_labels()[1] == ["box"]
