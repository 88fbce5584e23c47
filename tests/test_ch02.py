"""The exercises of chapter 02: right answers pass, and each mistake is told by its own words."""

import time

import pytest

from facelab.course.exercise import LEVELS, OPEN, RIGHT, WRONG, find, judge
from facelab.course.exercises.ch02 import EXERCISES

MISTAKES = [
    pytest.param(exercise, mistake, id=f"{exercise.number}-{mistake.wrong.__name__}")
    for exercise in EXERCISES
    for mistake in exercise.mistakes
]
each = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.number)


@each
def test_the_answer_is_right(exercise):
    assert judge(exercise, exercise.answer, {}) == (RIGHT, exercise.reveal)


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_each_mistake_is_told_by_its_own_words(exercise, mistake):
    assert judge(exercise, mistake.wrong, {}) == (WRONG, mistake.says)


@each
def test_the_words_for_mistakes_differ(exercise):
    said = [mistake.says for mistake in exercise.mistakes]
    assert len(said) >= 3 and len(set(said)) == len(said)


@each
def test_an_open_attempt_lets_the_chapter_go_on(exercise):
    assert judge(exercise, ..., {})[0] == OPEN
    assert judge(exercise, lambda *_: ..., {})[0] == OPEN


@each
def test_another_wrong_answer_is_not_taken_for_right(exercise):
    state, message = judge(exercise, lambda *given: 1.001 * exercise.answer(*given), {})
    assert state == WRONG
    assert message not in [mistake.says for mistake in exercise.mistakes]


@each
def test_a_verdict_comes_at_once(exercise):
    began = time.process_time()
    judge(exercise, exercise.answer, {})
    assert time.process_time() - began < 1


def test_four_to_six_exercises_at_three_levels():
    assert 4 <= len(EXERCISES) <= 6
    assert {exercise.level for exercise in EXERCISES} == set(LEVELS)
    assert all(find(exercise.number) is exercise for exercise in EXERCISES)
