"""The one exception that the studio raises for input it cannot use, and checks that raise it."""

from collections.abc import Iterable
from math import inf
from numbers import Integral, Real


class StudioError(ValueError):
    """Input that the studio cannot use; the message says what was given and what to give
    instead."""


def require(condition, message):
    """Raise ``StudioError(message)`` unless ``condition`` holds."""
    if not condition:
        raise StudioError(message)


def number(name, value, low, high, unit=""):
    """``value``, if it is a number in [low, high]; ``unit`` ends the message."""
    if not _within(value, low, high):
        wanted = f"a number in [{low:g}, {high:g}]{unit}"
        raise StudioError(f"{name} must be {wanted}, got {value!r}.")
    return value


def numbers(name, values, count, low, high, unit=""):
    """``values`` as a tuple, if they are ``count`` numbers in [low, high]."""
    found = tuple(values) if isinstance(values, Iterable) else ()
    if len(found) != count or not all(_within(value, low, high) for value in found):
        wanted = f"{count} numbers in [{low:g}, {high:g}]{unit}"
        raise StudioError(f"{name} needs {wanted}, got {values!r}.")
    return found


def whole_number(name, value, low=0, high=inf, error=StudioError):
    """``value``, if it is a whole number in [low, high]; else ``error`` is raised."""
    if not isinstance(value, Integral) or not low <= value <= high:
        where = f">= {low}" if high == inf else f"in [{low}, {high}]"
        raise error(f"{name} must be a whole number {where}, got {value!r}.")
    return value


def _within(value, low, high):
    return isinstance(value, Real) and low <= value <= high
