"""Exercises that answer at once, explain the likely mistake, and never stop a chapter.

``check`` compares an attempt with the course's own answer, computed at that moment on small probes.
The definitions (answer, probes, mistakes, hints) stand in
``facelab.course.chapters.chNN.exercises``, those of chapters 01 to 03 in
``facelab.course.exercises.chNN``. A wrong attempt is told the exercise's own mistake that it agrees
with, else a slip that is made everywhere (``slips``), else where it goes wrong.
"""

import html
import inspect
import pkgutil
import re
import traceback
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from importlib import import_module
from itertools import chain

import numpy as np

from facelab.course import chapters as folders
from facelab.course import diary, exercises
from facelab.course.compare import (
    alike,
    as_text,
    as_words,
    columns,
    describe,
    has_nan,
    numeric,
    parts,
    shape_of,
    tendency,
)
from facelab.course.notebook import shorten_docstring, unmark_answers
from facelab.course.slips import name_slip

OPEN, RIGHT, WRONG = "not done yet", "right", "not yet right"
SIGNS = {OPEN: "○", RIGHT: "✔", WRONG: "✘"}
LEVELS = ("understand", "apply", "explore")
LONGEST_EXAMPLE = 100  # characters that are worth reading


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
        Likely wrong answers, at least one (three in a chapter).
    probes : callable, optional
        Returns a list of tuples of arguments on which attempt and answer are compared.
    tolerance : float
        Relative and absolute tolerance of numbers.
    same : callable, optional
        ``same(got, wanted)`` replaces the comparison.
    same_mistake : callable, optional
        The same for mistakes, where an answer may be near and a mistake has to be met; ``same`` by
        default.
    otherwise : str
        What is said of a wrong answer that is none of the mistakes, where saying what is wrong with
        it would give the answer away.
    words : tuple of str
        The only words of which an answer may be made, in small letters. They are then understood
        with capitals too, in an array, or as one text with commas.
    example : callable, optional
        Returns a dict such as ``check`` is given in the chapter, so that an exercise which wants
        something can be tested without it.
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
    same_mistake: Callable | None = None
    otherwise: str = ""
    words: tuple = ()
    example: Callable | None = None
    level: str = field(kw_only=True)

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

    def __init__(self, exercise, state, message, given=None):
        self.exercise, self.state, self.message = exercise, state, message
        self.given = given

    def __repr__(self):
        number = self.exercise.number
        helps = "" if self.state == RIGHT else f' Stuck? hint("{number}"), then reveal("{number}").'
        return f"Exercise {number}: {self.state}. {self.message}{self.goes_on}{helps}"

    def _repr_html_(self):
        head = (
            f"{SIGNS[self.state]} <strong>Exercise {self.exercise.number}: {self.state}.</strong>"
        )
        helps = "" if self.state == RIGHT else unfold_hints(self.exercise, self.given)
        return f"<p>{head} {as_html(self.message + self.goes_on)}</p>{helps}"

    @property
    def goes_on(self):
        """What happens next while the exercise is not solved."""
        return "" if self.state == RIGHT else " The chapter goes on with the course's own answer."


def chapter_exercises(chapter):
    """Dict from number to exercise of a chapter ("03"); empty if it has none."""
    places = f"{folders.__name__}.ch{chapter}.exercises", f"{exercises.__name__}.ch{chapter}"
    found = next((module for module in map(module_or_none, places) if module), None)
    return {exercise.number: exercise for exercise in found.EXERCISES} if found else {}


def module_or_none(name):
    """The module of that name; None if it, or a package that it should be in, is not there."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if not f"{name}.".startswith(f"{error.name}."):
            raise
        return None


def chapters():
    """Numbers of the chapters that have exercises, as in ["01", "03"]."""
    paths = [*exercises.__path__, *folders.__path__]
    names = {module.name for module in pkgutil.iter_modules(paths)}
    return sorted(name[2:] for name in names if name.startswith("ch"))


def find(number):
    """The exercise called ``number``; UnknownExercise if there is none."""
    known = chapter_exercises(number.partition(".")[0])
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
        The attempt, as ``read`` understands it, when it is right; else the course's own answer.
    """
    from IPython.display import display

    exercise = find(number)
    state, message = judge(exercise, attempt, given)
    _given[number] = given
    if state != OPEN:
        diary.note(number, diary.RIGHT if state == RIGHT else diary.WRONG)
    display(Verdict(exercise, state, message, given))
    if state == RIGHT:
        return read(exercise, attempt)
    return answer_for(exercise, given)


def answer_for(exercise, given):
    """The course's own function, or its own value of what was ``given``."""
    return exercise.answer if exercise.probes else exercise.answer(**given)


@dataclass(frozen=True)
class Call:
    """One call on which attempt and answer are compared; its arguments are copied each time."""

    arguments: tuple = ()
    named: dict = field(default_factory=dict)

    def __call__(self, function):
        return function(*deepcopy(self.arguments), **self.named)

    def __str__(self):
        return f"({', '.join(map(as_text, self.arguments))})"


def judge(exercise, attempt, given):
    """``(state, message)`` of an attempt."""
    if attempt is ...:
        return OPEN, open_message(exercise)
    attempt = read(exercise, attempt)
    if unknown := unknown_word(exercise, attempt):
        return WRONG, unknown
    with np.errstate(all="ignore"):  # a wrong attempt may well divide by zero
        if exercise.probes is None:
            return judge_results(exercise, [attempt], [Call(named=given)])
        return judge_function(exercise, attempt, [Call(p) for p in exercise.probes(**given)])


def read(exercise, attempt):
    """An attempt as it is judged: spelt out where an exercise asks for words."""
    return as_words(attempt) if exercise.words else attempt


def unknown_word(exercise, attempt):
    """Sentence for the first word that no answer is made of, or nothing."""
    words = attempt if exercise.words and isinstance(attempt, list) else []
    strange = [word for word in words if isinstance(word, str) and word not in exercise.words]
    return strange and f"{strange[0]!r} is none of these: {', '.join(exercise.words)}."


def judge_function(exercise, attempt, calls):
    """``(state, message)`` of an attempt that ought to be a function."""
    if not callable(attempt):
        return WRONG, f"A function is asked for, and this is a {type(attempt).__name__}."
    try:
        results = [call(attempt) for call in calls]
    except Exception as error:
        return WRONG, stopped_message(attempt, error)
    return judge_results(exercise, results, calls)


def judge_results(exercise, results, calls):
    """``(state, message)`` of what an attempt gave, where ``calls`` ask others for the same."""

    def verdicts(answer, same=same):
        return [same(exercise, got, call(answer)) for got, call in zip(results, calls, strict=True)]

    if any(got is ... for got in results):
        return OPEN, open_message(exercise)
    agrees = verdicts(exercise.answer)
    if all(agrees):
        return RIGHT, exercise.reveal
    for mistake in exercise.mistakes:
        if all(verdicts(mistake.wrong, met)):
            return WRONG, mistake.says
    return WRONG, exercise.otherwise or general_message(exercise, results, calls, agrees)


def open_message(exercise):
    """What an open exercise says."""
    return f"It asks for {exercise.asks}."


def stopped_message(attempt, error):
    """What is said of an attempt that raised: the error, and the learner's own line."""
    file = getattr(getattr(attempt, "__code__", None), "co_filename", None)
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.line for frame in frames if frame.filename == file and frame.line]
    where = f" It happened at: {lines[-1]}" if lines else ""
    return f"Your code stopped with {type(error).__name__}: {error}.{where}"


def same(exercise, got, wanted):
    """Whether a result is the wanted one."""
    if exercise.same is None:
        return alike(got, wanted, exercise.tolerance)
    try:
        return bool(exercise.same(got, wanted))
    except Exception:  # what a learner's code gives can be anything
        return False


def met(exercise, got, mistaken):
    """Whether a result is that of a mistake."""
    if exercise.same_mistake is None:
        return same(exercise, got, mistaken)
    try:
        return bool(exercise.same_mistake(got, mistaken))
    except Exception:  # what a learner's code gives can be anything
        return False


def general_message(exercise, results, calls, agrees):
    """The most that can be said of a wrong attempt when its mistake is none of the known ones."""
    wanted = [call(exercise.answer) for call in calls]
    first = agrees.index(False)
    if dtype := wrong_dtype(exercise, results[first], wanted[first]):
        return dtype
    if all(map(numeric, results)) and all(map(numeric, wanted)):
        if slip := name_slip(results, wanted, lambda got, right: same(exercise, got, right)):
            return slip
    if kind := wrong_kind(results[first], wanted[first]):
        return kind
    return (
        f"The kind of result is right, but its value is not {exercise.asks}."
        + wrong_where(exercise, results, wanted, first)
        + example(calls, agrees, results[first])
    )


def wrong_where(exercise, results, wanted, first):
    """Sentences on what is wrong in results of the right kind; ``first`` is the first wrong one."""
    told = wrong_places(exercise, results[first], wanted[first])
    if exercise.same is not None:
        return told
    told += tendency(results, wanted, exercise.tolerance)
    return wrong_columns(exercise, results, wanted) or told


def wrong_dtype(exercise, got, wanted):
    """Sentence for numbers of a type that is wrong in itself, as floats in a picture; else None."""
    if not shape_of(wanted) or shape_of(got) != shape_of(wanted):
        return None
    kind, right = np.asarray(got).dtype, np.asarray(wanted)
    if right.dtype != np.uint8 or same(exercise, right.astype(kind), right):
        return None
    return (
        f"It gives {kind} numbers where uint8 is asked for: np.clip to 0 and 255, round, then "
        ".astype(np.uint8)."
    )


def wrong_kind(got, wanted):
    """Sentence for a result of another kind or shape than the right one, or for nan; else None."""
    if got is None:
        return "Your code gave None: has it a 'return'?"
    if callable(got) and not callable(wanted):
        return "It gives a function: call it, with brackets after its name."
    if describe(got) != describe(wanted):
        return f"It gives {describe(got)} where {describe(wanted)} is asked for."
    if has_nan(got) and not has_nan(wanted):
        return "It gives nan, not a number: 0 is divided by 0 somewhere, or a negative has a root."
    return None


def wrong_columns(exercise, results, wanted):
    """Sentence that says which columns of a table are right, where some are; else nothing."""
    found = [columns(*pair) for pair in zip(results, wanted, strict=True)]
    if len({len(one) for one in found}) > 1:
        return ""
    agree = {}
    for name, got, right in chain.from_iterable(found):
        agree[name] = agree.get(name, True) and alike(got, right, exercise.tolerance)
    names = {truth: ", ".join(n for n in agree if agree[n] is truth) for truth in (True, False)}
    return f" Right: {names[True]}. Not right: {names[False]}." if all(names.values()) else ""


def wrong_places(exercise, got, wanted):
    """Sentence that says which part of a result is wrong, or nothing where all or none are."""
    pairs = parts(got, wanted)
    wrong = [part for part in pairs if not alike(*part[1:], exercise.tolerance)]
    if not wrong or len(wrong) == len(pairs):
        return ""
    told = f" Right parts: {len(pairs) - len(wrong)} of {len(pairs)}; the first wrong: "
    return f"{told}{wrong[0][0]}{other_kind(*wrong[0][1:])}."


def other_kind(got, wanted):
    """What to add about a part that is of another kind than the right one."""
    kinds = describe(got), describe(wanted)
    return f" ({kinds[0]} where {kinds[1]} is asked for)" if len(set(kinds)) == 2 else ""


def example(calls, agrees, got):
    """Sentences that say how often a function is right, and a case where it is not."""
    told = f" It is right in {sum(agrees)} of {len(agrees)} tries." if any(agrees) else ""
    if not numeric(got) or not calls[0].arguments:
        return told
    case = f" For {calls[agrees.index(False)]} it gives {as_text(got)}."
    return told + (case if len(case) <= LONGEST_EXAMPLE else "")


def answer_source(exercise):
    """Source of the course's own answer."""
    return unmark_answers(shorten_docstring(inspect.getsource(exercise.answer)))


def answer_value(exercise, given):
    """The value asked for as text, in a line of its own; nothing where a function is asked for."""
    if exercise.probes or not set(inspect.signature(exercise.answer).parameters) <= set(given):
        return ""
    return f"Answer: {exercise.answer(**given)!r}\n"


def unfold_hints(exercise, given=None):
    """HTML in which each hint unfolds the next and the last unfolds the answer.

    Parameters
    ----------
    exercise : Exercise
    given : dict, optional
        What ``check`` was given; without it an answer that needs it is shown as code alone.
    """
    answer = html.escape(answer_value(exercise, given or {}) + answer_source(exercise))
    inside = folded("Show the answer", f"<pre>{answer}</pre><p>{as_html(exercise.reveal)}</p>")
    for number, text in reversed([*enumerate(exercise.hints, 1)]):
        inside = folded(f"Hint {number} of 3", f"<p>{as_html(text)}</p>{inside}")
    return inside


def as_html(text):
    """HTML of a message in which ``*words*`` are stressed and text in backticks is code."""
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
    return re.sub(r"(?<![\w*])\*(\w[^*<>]*)(?<=\w)\*(?![\w*])", r"<em>\1</em>", text)


def folded(title, inside):
    """HTML that opens on a click or on the Enter key."""
    return f"<details><summary>{title}</summary>{inside}</details>"


_hints_given = Counter()
_given = {}  # what check was last given for an exercise, from which reveal computes a value


def hint(number, which=None):
    """Print the next hint of an exercise, or hint ``which`` (1 to 3)."""
    exercise = find(number)
    if which is None:
        _hints_given[number] = which = min(_hints_given[number] + 1, 3)
    if which not in (1, 2, 3):
        raise ValueError(f"There are hints 1, 2 and 3; {which} is none of them.")
    diary.note(number, f"{diary.HINT} {which}")
    print(f"Hint {which} of 3: {exercise.hints[which - 1]}")
    if which == 3:
        print(f'That was the last hint. The answer: reveal("{number}")')


def reveal(number):
    """Print the course's own answer to an exercise and why it is right."""
    exercise = find(number)
    diary.note(number, diary.ANSWER)
    value = answer_value(exercise, _given.get(number, {}))
    print(f"{value}{answer_source(exercise)}\n\n{exercise.reveal}")
