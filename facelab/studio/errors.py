"""The one exception that the studio raises for input it cannot use, and checks that raise it."""

from collections.abc import Iterable
from math import inf, isfinite
from numbers import Integral, Real


class StudioError(ValueError):
    """Input that the studio cannot use; the message says what was given and what to give
    instead."""


def require(condition, message):
    """Raise ``StudioError(message)`` unless ``condition`` holds."""
    if not condition:
        raise StudioError(message)


def number(name, value, low=-inf, high=inf, unit=""):
    """``value``, if it is a finite number in [low, high]; ``unit`` ends the message."""
    if not _within(value, low, high):
        raise StudioError(f"{name} must be {_range('a number', low, high)}{unit}, got {value!r}.")
    return value


def numbers(name, values, count, low=-inf, high=inf, unit=""):
    """``values`` as a tuple, if they are ``count`` finite numbers in [low, high]."""
    found = tuple(values) if isinstance(values, Iterable) else ()
    if len(found) != count or not all(_within(value, low, high) for value in found):
        wanted = _range(f"{count} numbers", low, high)
        raise StudioError(f"{name} needs {wanted}{unit}, got {values!r}.")
    return found


def whole_number(name, value, low=0, high=inf):
    """``value``, if it is a whole number in [low, high]."""
    if not isinstance(value, Integral) or not low <= value <= high:
        where = f">= {low}" if high == inf else f"in [{low}, {high}]"
        raise StudioError(f"{name} must be a whole number {where}, got {value!r}.")
    return value


def _within(value, low, high):
    return isinstance(value, Real) and low <= value <= high and isfinite(value)


def _range(what, low, high):
    return f"{what} that is finite" if high == inf else f"{what} in [{low:g}, {high:g}]"
