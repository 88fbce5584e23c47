"""Exercises: verdicts, hints, slips, and what the exercises of all chapters promise."""

import inspect
import re
from dataclasses import replace

import numpy as np
import pytest
from fixture_course import fixture_course

from facelab.course import check, hint
from facelab.course.exercise import (
    OPEN,
    RIGHT,
    WRONG,
    Exercise,
    Mistake,
    UnknownExercise,
    alike,
    as_html,
    chapter_exercises,
    chapters,
    find,
    judge,
    reveal,
    unfold_hints,
)
from facelab.course.slips import SLIPS, slipped

NO = Mistake(lambda *given: None, "no")


@pytest.fixture
def fresh(tmp_path):
    with fixture_course(tmp_path) as made:
        yield made


@pytest.fixture
def displayed(monkeypatch):
    """What was displayed, as a list."""
    seen = []
    monkeypatch.setattr("IPython.display.display", lambda what, raw=False: seen.append(what))
    return seen


def an_exercise(answer, mistakes, hints=("a", "b", "c"), level="apply", **more):
    return Exercise("91.9", "it", answer, list(hints), "so", mistakes, level=level, **more)


def centre_of(points):
    return points.mean(axis=0)


@pytest.fixture
def small(fresh):
    return [find(number) for number in ("91.1", "91.2", "91.3")]


def test_the_answer_is_right_and_a_mistake_is_explained(small):
    corner, centre, _ = small
    assert judge(corner, 48, {}) == (RIGHT, corner.reveal)
    assert judge(corner, 49, {}) == (WRONG, corner.mistakes[0].says)
    assert judge(centre, centre.answer, {}) == (RIGHT, centre.reveal)
    assert judge(centre, lambda points: points.mean(), {}) == (WRONG, centre.mistakes[1].says)


@pytest.mark.parametrize(
    "attempt, says",
    [
        (lambda points: points.nonsense, "stopped with AttributeError.*points.nonsense"),
        (lambda: 1, "stopped with TypeError"),
        (lambda points: centre_of, "It gives a function: call it"),
        (lambda points: np.nan * points.mean(axis=0), "It gives nan"),
        (lambda points: None, "has it a 'return'"),
        (lambda points: "here", "gives a text where an array of shape"),
        (
            lambda points: points.mean(axis=0) > 0,
            "an array of True and False of shape \\(2,\\) where",
        ),
        (lambda points: points, "shape \\(7, 2\\) where an array of shape \\(2,\\)"),
        (lambda points: points[0], "its value is not the mean of the points"),
        (3.5, "A function is asked for, and this is a float"),
    ],
)
def test_a_wrong_attempt_is_told_what_is_wrong(small, attempt, says):
    state, message = judge(small[1], attempt, {})
    assert state == WRONG and re.search(says, message)


@pytest.mark.parametrize("attempt", [..., lambda points: ...])
def test_an_open_exercise_goes_on_with_the_course_s_answer(small, displayed, attempt):
    assert check("91.2", attempt) is small[1].answer
    assert displayed[0].state == OPEN and "not done yet" in repr(displayed[0])
    assert check("91.1", ...) == 48


def test_a_right_attempt_is_what_the_chapter_goes_on_with(small, displayed):
    def mine(points):
        return points.sum(axis=0) / len(points)

    assert check("91.2", mine) is mine
    assert "<details>" not in displayed[0]._repr_html_()


def test_a_wrong_attempt_cannot_spoil_the_probes(small):
    def spoils(points):
        points[:] = 0
        return points.mean(axis=0)

    assert judge(small[1], spoils, {})[0] == WRONG


def test_given_values_reach_the_answer(small):
    exercise = an_exercise(twice, [Mistake(lambda value: value, "no")])
    assert judge(exercise, 8, {"value": 4})[0] == RIGHT


def test_hints_come_one_by_one_and_then_the_answer(small, capsys):
    for which in (1, 2, 3, 3):
        hint("91.3")
        assert f"Hint {which} of 3: {small[2].hints[which - 1]}" in capsys.readouterr().out
    hint("91.3", 1)
    assert "Hint 1" in capsys.readouterr().out
    reveal("91.2")
    told = capsys.readouterr().out
    assert "return points.mean(axis=0)" in told and "answer:" not in told.lower()
    with pytest.raises(ValueError, match="hints 1, 2 and 3"):
        hint("91.3", 4)


def twice(value):
    """Twice the value."""
    return 2 * value


def test_a_value_is_revealed_with_its_code(fresh, displayed, capsys, monkeypatch):
    exercise = an_exercise(twice, [NO])
    monkeypatch.setattr("facelab.course.exercise._given", {})
    monkeypatch.setattr("facelab.course.exercise.find", lambda number: exercise)
    reveal("91.9")
    assert "Answer: " not in capsys.readouterr().out, "before it is known what is given"
    check("91.9", ..., value=4)
    reveal("91.9")
    assert capsys.readouterr().out.startswith("Answer: 8\n")
    assert "<pre>Answer: 8\n" in displayed[0]._repr_html_()


def test_each_hint_unfolds_inside_the_one_before(small):
    markup = unfold_hints(small[0], {})
    told = "Show the answer", "Answer: 48", "return 48"
    order = [markup.index(text) for text in (*small[0].hints, *told)]
    assert order == sorted(order) and "</details>" not in markup[: order[-1]]


@pytest.mark.parametrize(
    "text, markup",
    [
        ("the *inner* corners", "the <em>inner</em> corners"),
        ("*both of them*, x", "<em>both of them</em>, x"),
        ("a * b * c and x*y*z and 2 ** 3 ** 4", "a * b * c and x*y*z and 2 ** 3 ** 4"),
        ("take `a < b`", "take <code>a &lt; b</code>"),
    ],
)
def test_messages_may_stress_words_and_show_code(text, markup):
    assert as_html(text) == markup


def test_an_unknown_number_names_the_known_ones(small):
    with pytest.raises(UnknownExercise, match="Known: 91.1, 91.2, 91.3, 91.4"):
        check("91.7", 1)
    with pytest.raises(UnknownExercise, match="Known: none"):
        check("99.1", 1)


def test_an_exercise_without_help_is_refused():
    with pytest.raises(ValueError, match="three hints"):
        an_exercise(find, [NO], hints=["one"])
    with pytest.raises(ValueError, match="make it a def"):
        an_exercise(lambda: 1, [NO])
    with pytest.raises(ValueError, match="a level is one of understand, apply, explore"):
        an_exercise(find, [NO], level="hard")
    with pytest.raises(TypeError, match="level"):
        Exercise("91.9", "x", find, ["a", "b", "c"], "so", [NO])


@pytest.mark.parametrize(
    "got, wanted, agree",
    [
        (1, 1.0, True),
        (1 + 1e-9, 1, True),
        (1.1, 1, False),
        (True, 1, False),
        (np.float32(2), 2, True),
        ([1, 2], np.array([1, 2]), True),
        (np.zeros((2, 1)), np.zeros(2), False),
        ("a", "a", True),
        ("1", 1, False),
        ([], [], True),
        (None, None, True),
        (None, 0, False),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"b": 1}, False),
        ((np.zeros(2), "x"), (np.zeros(2), "x"), True),
        ((np.zeros(2), np.zeros(3)), (np.zeros(2), np.zeros(3)), True),
        ((np.zeros(2),), (np.zeros(2), np.zeros(3)), False),
        (float("nan"), float("nan"), True),
    ],
)
def test_results_are_compared_by_value(got, wanted, agree):
    assert alike(got, wanted, 1e-6) is agree


def test_the_words_for_a_wrong_function_say_where_it_goes_wrong():
    def answer(n):
        return n * n

    exercise = an_exercise(answer, [NO], probes=lambda: [(0,), (2,), (3,)])
    told = judge(exercise, lambda n: n + n, {})[1]
    assert told.endswith("It is right in 2 of 3 tries. For (3) it gives 6.")
    assert "tries" not in judge(exercise, lambda n: n + 0.7, {})[1]


def test_the_words_for_a_wrong_value_say_which_part_is_wrong():
    def answer():
        return (1.0, 2.0), "end"

    told = judge(an_exercise(answer, [NO]), ((1.0, 2.0), "start"), {})[1]
    assert told.endswith("Right parts: 1 of 2; the first wrong: number 2, at [1].")


def test_a_part_of_another_kind_is_told_with_its_kind():
    def answer():
        return [30, 31], False

    told = judge(an_exercise(answer, [NO]), ([30, 31], 0), {})[1]
    assert told.endswith("number 2, at [1] (a number where True or False is asked for).")


@pytest.mark.parametrize("attempt", [("a", "b"), np.array(["a", "b"])])
def test_texts_may_come_in_any_sequence(attempt):
    assert judge(value_of(["a", "b"]), attempt, {})[0] == RIGHT
    told = judge(value_of(["a", "c"]), attempt, {})[1]
    assert "the first wrong: number 2, at [1]" in told


def test_right_columns_are_told_apart_from_wrong_ones():
    def answer(points):
        return points

    exercise = an_exercise(answer, [NO], probes=lambda: [(RESULTS[1],), (RESULTS[1] + 1,)])
    told = judge(exercise, lambda points: points * [1, 1.2], {})[1]
    assert " Right: column 0 (x). Not right: column 1 (y)." in told
    told = judge(exercise, lambda points: points * [1.1, 1.2], {})[1]
    assert "column" not in told and "What is wrong is too large." in told


@pytest.mark.parametrize(
    "wrong, says",
    [
        (lambda n: n**3 + 1, "What is wrong is too large."),
        (lambda n: 1 / n, "What is wrong is too small."),
        (lambda n: 7.0, "It is 7 everywhere."),
    ],
)
def test_a_wrong_number_is_compared_with_the_right_one(wrong, says):
    def answer(n):
        return n * n

    exercise = an_exercise(answer, [NO], probes=lambda: [(2.0,), (3.5,), (5.25,)])
    assert says in judge(exercise, wrong, {})[1]


def test_a_picture_of_floats_is_asked_for_bytes():
    right = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    exercise = replace(value_of(right), same=lambda got, wanted: got.dtype == wanted.dtype)
    told = judge(exercise, right.astype(float) + 0.2, {})[1]
    assert told.startswith("It gives float64 numbers where uint8 is asked for: np.clip")
    told = judge(value_of(right), right.astype(float)[::-1], {})[1]
    assert told.startswith("The order is reversed"), "where any type will do, it is not the type"


# Answers made of words


def words_asked_for():
    def answer():
        return ["up", "down", "up"]

    return an_exercise(answer, [NO], words=("up", "down"))


@pytest.mark.parametrize(
    "attempt",
    [
        ["up", "down", "up"],
        ("Up", " DOWN", "up"),
        np.array(["up", "down", "up"]),
        "up, down,up",
    ],
)
def test_words_are_understood_in_whatever_way_they_are_written(attempt, monkeypatch, displayed):
    exercise = words_asked_for()
    assert judge(exercise, attempt, {})[0] == RIGHT
    monkeypatch.setattr("facelab.course.exercise.find", lambda number: exercise)
    assert check("91.9", attempt) == ["up", "down", "up"]


def test_an_unknown_word_is_named_with_the_known_ones():
    told = judge(words_asked_for(), ["up", "dwon", "up"], {})
    assert told == (WRONG, "'dwon' is none of these: up, down.")


@pytest.mark.parametrize(
    "attempt", [3, None, ["up", 3, "up"], ["up"], {}, [["up"]], b"up", np.array("up")]
)
def test_anything_else_than_words_stops_nothing(attempt):
    assert judge(words_asked_for(), attempt, {})[0] == WRONG
    assert judge(value_of([1, 0]), attempt, {})[0] == WRONG


class Strange:
    """Something that a learner's code may give by accident: it cannot be compared."""

    def __eq__(self, other):
        raise RuntimeError("no")

    __array__ = property(__eq__)


@pytest.mark.parametrize("attempt", [Strange(), [Strange()], {"a": 1}, (1, 2, 3), object, "x", b""])
@pytest.mark.parametrize("right", [3, 2.5, np.eye(3), (np.eye(2), "x"), {"a": 2}, "y", True, None])
def test_no_attempt_stops_a_check(attempt, right):
    state, message = judge(value_of(right), attempt, {})
    assert state == WRONG and message


def test_a_comparison_of_its_own_may_fail_on_strange_attempts():
    exercise = an_exercise(centre_of, [NO], probes=lambda: [(np.eye(2),)], same=lambda a, b: a.x)
    assert judge(exercise, lambda points: 1, {})[0] == WRONG


# Slips that are made in every exercise


RESULTS = [  # on which the slips can be told apart
    np.array([[0.31, -1.42, 2.26], [-3.37, 4.58, 0.83], [5.1, 0.2, -0.7]]),
    np.array([[0.31, 1.42], [3.37, 4.58], [7.12, 0.83]]),
    np.array([[310.1, 42.7, 226.4, 301.2], [33.7, 458.2, 8.3, 512.4]]),
    np.array([[True, False, False], [True, True, False]]),
    np.array([[[31, 142, 226], [33, 58, 83]], [[121, 42, 7], [19, 111, 200]]]),
    np.array([[0.31, 1.42, 2.26, 3.1, 4.5], [3.37, 4.58, 0.83, 1.9, 0.2]]),
]


def value_of(right):
    """An exercise that asks for the value ``right``."""

    def answer():
        return right

    return an_exercise(answer, [NO])


def told_of(slip, right):
    """What is said to whoever makes this slip where ``right`` is asked for."""
    made = slipped(slip, right)
    return None if made is None else judge(value_of(right), made, {})[1]


@pytest.mark.parametrize("slip, message", SLIPS, ids=[message[:40] for _, message in SLIPS])
def test_each_slip_is_told_by_its_name(slip, message):
    assert message in [told_of(slip, right) for right in RESULTS]


@pytest.mark.parametrize(
    "wrong, says",
    [
        (lambda right: right.ravel(), "The values are right, the shape is not: (3, 3)"),
        (lambda right: 1.7 * right, "Everything is 1.7 times what it should be"),
        (lambda right: right - 4.2, "Everything is 4.2 too small."),
        (lambda right: right * [1.1, 1, 1], "The kind of result is right"),
        (lambda right: np.zeros((3, 3)), "The kind of result is right"),
    ],
)
def test_relations_to_the_right_result_are_told(wrong, says):
    assert judge(value_of(RESULTS[0]), wrong(RESULTS[0]), {})[1].startswith(says)


@pytest.mark.parametrize("attempt", [96, 24, 49, 47, -48, 4800])
def test_a_single_whole_number_is_never_taken_for_a_slip(attempt):
    assert "its value is not it" in judge(value_of(48), attempt, {})[1]


def test_a_slip_has_to_explain_every_probe():
    def answer(points):
        return points

    exercise = an_exercise(answer, [NO], probes=lambda: [(RESULTS[0],), (RESULTS[1],)])
    assert "transposed" in judge(exercise, np.transpose, {})[1]
    once = judge(exercise, lambda points: points.T if len(points.T) == 3 else points + 1, {})[1]
    assert "transposed" not in once


def test_the_exercise_s_own_words_come_before_a_slip():
    exercise = value_of(RESULTS[0])
    exercise.mistakes[:] = [Mistake(lambda: RESULTS[0].T, "Mine.")]
    assert judge(exercise, RESULTS[0].T, {})[1] == "Mine."


# What the exercises of all chapters promise

KNOWN = [exercise for chapter in chapters() for exercise in chapter_exercises(chapter).values()]


def wants(exercise):
    """Names of what ``check`` has to be given in the chapter."""
    return [*inspect.signature(exercise.probes or exercise.answer).parameters]


def given(exercise):
    """What ``check`` is given, for exercises that want something."""
    return exercise.example() if exercise.example else {}


@pytest.mark.parametrize("exercise", KNOWN, ids=lambda exercise: exercise.number)
def test_an_exercise_can_be_tried_without_its_chapter(exercise):
    lacks = set(wants(exercise)) - set(given(exercise))
    assert not lacks, f"Say in Exercise(..., example=lambda: ...) what it is given: {lacks}"


ALL = [exercise for exercise in KNOWN if exercise.example or not wants(exercise)]
MISTAKES = [(exercise, mistake) for exercise in ALL for mistake in exercise.mistakes]


def name_of(thing):
    return getattr(thing, "number", None) or getattr(thing.wrong, "__name__", "mistake")


def attempt_of(exercise, function):
    """What a learner who wrote ``function`` hands to ``check``."""
    with np.errstate(all="ignore"):  # a mistake may well divide by zero
        return function if exercise.probes else function(**given(exercise))


def verdict(exercise, attempt):
    return judge(exercise, attempt, given(exercise))


@pytest.mark.parametrize("exercise", ALL, ids=name_of)
def test_the_right_answer_is_accepted(exercise):
    assert verdict(exercise, attempt_of(exercise, exercise.answer)) == (RIGHT, exercise.reveal)


@pytest.mark.parametrize("exercise, mistake", MISTAKES, ids=name_of)
def test_each_mistake_gets_its_own_message(exercise, mistake):
    """So none is right, and none is hidden by one before it."""
    assert verdict(exercise, attempt_of(exercise, mistake.wrong)) == (WRONG, mistake.says)


@pytest.mark.parametrize("exercise", ALL, ids=name_of)
def test_no_two_mistakes_share_their_words(exercise):
    told = [mistake.says for mistake in exercise.mistakes]
    assert len(set(told)) == len(told) >= 3


@pytest.mark.parametrize("exercise", ALL, ids=name_of)
def test_an_open_attempt_is_not_done_yet(exercise):
    assert verdict(exercise, ...) == (OPEN, f"It asks for {exercise.asks}.")
    if exercise.probes:
        assert verdict(exercise, lambda *probe: ...)[0] == OPEN


@pytest.mark.parametrize("exercise", [e for e in ALL if e.probes], ids=name_of)
def test_an_attempt_that_stops_is_explained(exercise):
    def stops(*probe):
        return probe[0][None].nonsense()

    state, message = verdict(exercise, stops)
    assert state == WRONG and message.startswith("Your code stopped with ")
    assert message.endswith("It happened at: return probe[0][None].nonsense()")


@pytest.mark.parametrize("exercise", ALL, ids=name_of)
def test_the_answer_is_shown_without_its_marks(exercise, capsys):
    reveal(exercise.number)
    told = capsys.readouterr().out
    assert exercise.reveal in told and "# answer" not in told and "# end answer" not in told
