"""Exercises that answer at once, explain the likely mistake, and never stop a chapter.

``check`` compares an attempt with the course's own answer, computed at that moment on small probes.
The definitions (answer, probes, mistakes, hints) stand in ``facelab.course.exercises.chNN``.
"""

import html
import inspect
import numbers
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from importlib import import_module

import numpy as np

from facelab.course.notebook import shorten_docstring, unmark_answers

OPEN, RIGHT, WRONG = "not done yet", "right", "not yet right"
SIGNS = {OPEN: "○", RIGHT: "✔", WRONG: "✘"}
LEVELS = ("understand", "apply", "explore")


class UnknownExercise(LookupError):
    """No exercise has this number."""


@dataclass(frozen=True)
class Mistake:
    """A likely wrong answer, as code, and what to say to whoever made it."""

    wrong: Callable
    says: str


@dataclass(frozen=True)
class Exercise:
    """What ``check`` needs to know about one exercise.

    Attributes
    ----------
    number : str
        Chapter, full stop, number: ``"03.2"``.
    asks : str
        Ends the sentence "Exercise 03.2 asks for ...".
    answer : callable
        The course's own answer: the function asked for or, without ``probes``, a function of
        what ``check`` was given that computes the value asked for.
    hints : list of three str
        Each says more than the one before.
    reveal : str
        Why the answer is right.
    mistakes : list of Mistake
        Likely wrong answers, at least one.
    probes : callable, optional
        Returns a list of tuples of arguments on which attempt and answer are compared.
    tolerance : float
        Relative and absolute tolerance of numbers.
    same : callable, optional
        ``same(got, wanted)`` replaces the comparison.
    level : str
        One of ``LEVELS``: "understand", "apply", "explore".
    """

    number: str
    asks: str
    answer: Callable
    hints: list
    reveal: str
    mistakes: list
    probes: Callable | None = None
    tolerance: float = 1e-6
    same: Callable | None = None
    level: str = "apply"

    def __post_init__(self):
        if self.level not in LEVELS:
            raise ValueError(f"Exercise {self.number}: a level is one of {', '.join(LEVELS)}.")
        if len(self.hints) != 3 or not all(self.hints) or not self.reveal or not self.mistakes:
            raise ValueError(
                f"Exercise {self.number} needs three hints, a reveal and a mistake it can explain."
            )
        if self.answer.__name__ == "<lambda>":
            raise ValueError(f"Exercise {self.number}: reveal shows the answer; make it a def.")


class Verdict:
    """What ``check`` displays: text everywhere, with hints that unfold where HTML is shown."""

    def __init__(self, exercise, state, message):
        self.exercise, self.state, self.message = exercise, state, message

    def __repr__(self):
        number = self.exercise.number
        helps = "" if self.state == RIGHT else f' Stuck? hint("{number}"), then reveal("{number}").'
        return f"Exercise {number}: {self.state}. {self.message}{self.goes_on}{helps}"

    def _repr_html_(self):
        head = (
            f"{SIGNS[self.state]} <strong>Exercise {self.exercise.number}: {self.state}.</strong>"
        )
        helps = "" if self.state == RIGHT else unfold_hints(self.exercise)
        return f"<p>{head} {html.escape(self.message + self.goes_on)}</p>{helps}"

    @property
    def goes_on(self):
        """What happens next while the exercise is not solved."""
        return "" if self.state == RIGHT else " The chapter goes on with the course's own answer."


def find(number):
    """The exercise called ``number``; UnknownExercise if there is none."""
    module = f"facelab.course.exercises.ch{number.partition('.')[0]}"
    try:
        known = {exercise.number: exercise for exercise in import_module(module).EXERCISES}
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        known = {}
    if number not in known:
        raise UnknownExercise(f"No exercise {number}. Known: {', '.join(known) or 'none'}.")
    return known[number]


def check(number, attempt, **given):
    """Say whether ``attempt`` is right, and return what the chapter goes on with.

    Parameters
    ----------
    number : str
        The exercise, as in ``"03.2"``.
    attempt : object
        The learner's function or value; ``...`` while it is not done yet.
    **given
        What the answer, or the probes, are computed from.

    Returns
    -------
    object
        ``attempt`` when it is right, else the course's own answer.
    """
    from IPython.display import display

    exercise = find(number)
    state, message = judge(exercise, attempt, given)
    display(Verdict(exercise, state, message))
    if state == RIGHT:
        return attempt
    return exercise.answer if exercise.probes else exercise.answer(**given)


def judge(exercise, attempt, given):
    """``(state, message)`` of an attempt."""
    if attempt is ...:
        return OPEN, open_message(exercise)
    if exercise.probes is None:
        return judge_results(exercise, [attempt], [lambda answer: answer(**given)])
    if not callable(attempt):
        return WRONG, f"A function is asked for, and this is a {type(attempt).__name__}."
    calls = [calling(probe) for probe in exercise.probes(**given)]
    try:
        results = [call(attempt) for call in calls]
    except Exception as error:
        return WRONG, f"Your code stopped with {type(error).__name__}: {error}."
    return judge_results(exercise, results, calls)


def calling(probe):
    """A function that calls a function on ``probe``, which it cannot change for the next."""
    return lambda function: function(*deepcopy(probe))


def judge_results(exercise, results, calls):
    """``(state, message)`` of what an attempt gave, where ``calls`` ask others for the same."""

    def verdicts(answer):
        return [same(exercise, got, call(answer)) for got, call in zip(results, calls, strict=True)]

    if any(got is ... for got in results):
        return OPEN, open_message(exercise)
    agrees = verdicts(exercise.answer)
    if all(agrees):
        return RIGHT, exercise.reveal
    for mistake in exercise.mistakes:
        if all(verdicts(mistake.wrong)):
            return WRONG, mistake.says
    first = agrees.index(False)
    return WRONG, general_message(exercise, results[first], calls[first](exercise.answer))


def open_message(exercise):
    """What an open exercise says."""
    return f"It asks for {exercise.asks}."


def same(exercise, got, wanted):
    """Whether a result is the wanted one."""
    if exercise.same:
        return bool(exercise.same(got, wanted))
    return alike(got, wanted, exercise.tolerance)


def alike(got, wanted, tolerance):
    """Whether two results have the same shape and the same values within ``tolerance``."""
    if isinstance(wanted, dict):
        return (
            isinstance(got, dict)
            and got.keys() == wanted.keys()
            and all(alike(got[key], wanted[key], tolerance) for key in wanted)
        )
    if isinstance(wanted, (list, tuple)) and not numeric(wanted):
        return (
            isinstance(got, (list, tuple))
            and len(got) == len(wanted)
            and all(alike(g, w, tolerance) for g, w in zip(got, wanted, strict=True))
        )
    if numeric(wanted):
        return numeric(got) and close(np.asarray(got), np.asarray(wanted), tolerance)
    return type(got) is type(wanted) and bool(got == wanted)


def numeric(value):
    """Whether ``value`` is a number, a truth value, or an array (or list) of these."""
    if isinstance(value, numbers.Number):
        return True
    try:
        return np.asarray(value).dtype.kind in "biufc" and np.size(value) > 0
    except ValueError:
        return False


def close(got, wanted, tolerance):
    """Whether two arrays have one shape and agree within ``tolerance`` (truth values exactly)."""
    if got.shape != wanted.shape or (got.dtype == bool) != (wanted.dtype == bool):
        return False
    return bool(np.allclose(got, wanted, rtol=tolerance, atol=tolerance, equal_nan=True))


def general_message(exercise, got, wanted):
    """The most that can be said of a wrong result when the mistake is none of the known ones."""
    if got is None:
        return "Your code gave None: has it a 'return'?"
    if describe(got) != describe(wanted):
        return f"It gives {describe(got)} where {describe(wanted)} is asked for."
    return f"The kind of result is right, but its value is not {exercise.asks}."


def describe(result):
    """The kind and shape of a result, not its value."""
    if isinstance(result, (bool, np.bool_, str)) or not numeric(result):
        return f"a {type(result).__name__}"
    shape = np.shape(result)
    return f"an array of shape {shape}" if shape else "a number"


def answer_source(exercise):
    """Source of the course's own answer."""
    return unmark_answers(shorten_docstring(inspect.getsource(exercise.answer)))


def unfold_hints(exercise):
    """HTML in which each hint unfolds the next and the last unfolds the answer."""
    inside = folded(
        "Show the answer",
        f"<pre>{html.escape(answer_source(exercise))}</pre><p>{html.escape(exercise.reveal)}</p>",
    )
    for number, text in reversed([*enumerate(exercise.hints, 1)]):
        inside = folded(f"Hint {number} of 3", f"<p>{html.escape(text)}</p>{inside}")
    return inside


def folded(title, inside):
    """HTML that opens on a click or on the Enter key."""
    return f"<details><summary>{title}</summary>{inside}</details>"


_hints_given = Counter()


def hint(number, which=None):
    """Print the next hint of an exercise, or hint ``which`` (1 to 3)."""
    exercise = find(number)
    if which is None:
        _hints_given[number] = which = min(_hints_given[number] + 1, 3)
    if which not in (1, 2, 3):
        raise ValueError(f"There are hints 1, 2 and 3; {which} is none of them.")
    print(f"Hint {which} of 3: {exercise.hints[which - 1]}")
    if which == 3:
        print(f'That was the last hint. The answer: reveal("{number}")')


def reveal(number):
    """Print the course's own answer to an exercise and why it is right."""
    exercise = find(number)
    print(f"{answer_source(exercise)}\n\n{exercise.reveal}")
