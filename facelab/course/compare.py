"""Whether two results are the same and where they differ: numbers, arrays, text, nests of them."""

import numbers

import numpy as np


def alike(got, wanted, tolerance):
    """Whether two results have the same shape and the same values within ``tolerance``.

    What a learner's code gives can be anything: what cannot be compared differs.
    """
    try:
        return _alike(got, wanted, tolerance)
    except Exception:
        return False


def _alike(got, wanted, tolerance):
    if isinstance(wanted, dict):
        same_keys = isinstance(got, dict) and got.keys() == wanted.keys()
        return same_keys and all(_alike(got[key], wanted[key], tolerance) for key in wanted)
    if numeric(wanted):
        return numeric(got) and close(np.asarray(got), np.asarray(wanted), tolerance)
    if isinstance(wanted, (list, tuple)):
        as_long = isinstance(got, (list, tuple)) and len(got) == len(wanted)
        return as_long and all(_alike(*p, tolerance) for p in zip(got, wanted, strict=True))
    return type(got) is type(wanted) and bool(got == wanted)


def numeric(value):
    """Whether ``value`` is a number, a truth value, or an array (or list) of these."""
    if isinstance(value, numbers.Number):
        return True
    try:
        return np.asarray(value).dtype.kind in "biufc" and np.size(value) > 0
    except Exception:  # anything may pretend to be an array
        return False


def close(got, wanted, tolerance):
    """Whether two arrays have one shape and agree within ``tolerance`` (truth values exactly)."""
    if got.shape != wanted.shape or (got.dtype == bool) != (wanted.dtype == bool):
        return False
    return bool(np.allclose(got, wanted, rtol=tolerance, atol=tolerance, equal_nan=True))


def has_nan(value):
    """Whether there is a nan in a number or an array."""
    return numeric(value) and bool(np.isnan(value).any())


def describe(result):
    """The kind and shape of a result, not its value."""
    if isinstance(result, (bool, np.bool_, str)) or not numeric(result):
        many = f" of {len(result)}" if isinstance(result, (list, tuple)) else ""
        return f"a {type(result).__name__}{many}"
    shape = np.shape(result)
    return f"an array of shape {shape}" if shape else "a number"


def as_text(value):
    """A value as a learner would write it."""
    return str(value) if numeric(value) else repr(value)


def parts(got, wanted):
    """``(name, got, wanted)`` of each part of a dict, list, tuple or array."""
    if isinstance(wanted, dict):
        return [(f"[{key!r}]", got.get(key), wanted[key]) for key in wanted]
    if isinstance(wanted, (list, tuple)) or np.ndim(wanted):
        return [(f"[{n}]", *pair) for n, pair in enumerate(zip(got, wanted, strict=False))]
    return []
