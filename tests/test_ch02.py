"""The exercises of chapter 02. What all exercises promise is tested in ``test_exercises.py``."""

import numpy as np
import pytest

from facelab.course.exercise import LEVELS, RIGHT, WRONG, find, judge
from facelab.course.exercises import ch02
from facelab.course.exercises.ch02 import EXERCISES, moves_from_the_front, ways_of
from facelab.studio import UNITS

OF_NUMBERS = [exercise for exercise in EXERCISES if exercise.probes and not exercise.same]


def given(exercise):
    """What the chapter gives to ``check``."""
    return exercise.example() if exercise.example else {}


def told(exercise, function):
    """State and message for a learner who wrote ``function``."""
    return judge(exercise, function, given(exercise))


@pytest.mark.parametrize("exercise", OF_NUMBERS, ids=lambda exercise: exercise.number)
def test_another_wrong_answer_is_not_taken_for_right(exercise):
    state, message = judge(exercise, lambda *probe: 1.001 * exercise.answer(*probe), {})
    assert state == WRONG
    assert message not in [mistake.says for mistake in exercise.mistakes]


def test_four_to_six_exercises_at_three_levels():
    assert 4 <= len(EXERCISES) <= 6
    assert {exercise.level for exercise in EXERCISES} == set(LEVELS)
    assert all(find(exercise.number) is exercise for exercise in EXERCISES)


# Other right ways


def projected_by_columns(points, distance, focal, size):
    scale = focal / (distance - points[:, 2:])
    return size / 2 + scale * points[:, :2] * [1, -1]


def light_from_centred_table(normals, brightness):
    light = np.linalg.lstsq(normals - normals.mean(0), brightness - brightness.mean())[0]
    return light / np.linalg.norm(light)


def step_by_longer_table(slopes, residuals, damping):
    unknowns = slopes.shape[1]
    table = np.vstack([slopes, np.sqrt(damping) * np.eye(unknowns)])
    return np.linalg.lstsq(table, np.r_[-residuals, np.zeros(unknowns)])[0]


@pytest.mark.parametrize(
    ("number", "attempt"),
    [
        ("02.2", (1.0, 0, -1, 2, 0.0)),
        ("02.2", np.array([1, 0, -1, 2, 0])),
        ("02.3", projected_by_columns),
        ("02.4", lambda moves: ("jawOpen", "jawForward")),
        ("02.4", lambda moves: {"jawForward", "jawOpen"}),
        ("02.4", lambda moves: np.array(["jawForward", "jawOpen"])),
        ("02.5", light_from_centred_table),
        ("02.6", step_by_longer_table),
    ],
)
def test_another_right_way_is_right(number, attempt):
    exercise = find(number)
    assert judge(exercise, attempt, given(exercise))[0] == RIGHT


# Two expressions that look alike


@pytest.mark.parametrize(
    ("pair", "mistake"),
    [
        (("eyeLookDownLeft", "eyeBlinkLeft"), ch02.lookalikes_in_space),
        (("mouthShrugLower", "mouthRollLower"), ch02.lookalikes_second),
        (("mouthSmileLeft", "mouthSmileRight"), ch02.lookalikes_with_themselves),
    ],
)
def test_a_wrong_pair_is_told_on_either_side_of_the_face(pair, mistake):
    exercise = find("02.4")
    (says,) = [m.says for m in exercise.mistakes if m.wrong is mistake]
    assert told(exercise, lambda moves: pair) == (WRONG, says)


@pytest.mark.parametrize("pair", ["jawOpen", ("jawOpen",), (22, 24), ("jawForwardLeft", "jawOpen")])
def test_what_names_no_two_units_is_wrong(pair):
    exercise = find("02.4")
    state, message = told(exercise, lambda moves: pair)
    assert state == WRONG and message


def cosine(pair):
    one, other = (ways_of(moves_from_the_front())[UNITS.index(unit)] for unit in pair)
    return one @ other


def test_the_cosines_that_are_told_are_the_right_ones():
    moves = moves_from_the_front()
    assert f"{cosine(ch02.lookalikes(moves)):.2f}" == "0.99"
    assert f"{cosine(ch02.lookalikes_second(moves)):.2f}" == "0.97"
    assert f"{cosine(ch02.lookalikes_in_space(moves)):.2f}" == "0.96"
