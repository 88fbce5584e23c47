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
        as_long = several(got) and len(got) == len(wanted)
        return as_long and all(_alike(*p, tolerance) for p in zip(got, wanted, strict=True))
    if isinstance(wanted, str):
        return isinstance(got, str) and got == wanted
    return type(got) is type(wanted) and bool(got == wanted)


def several(value):
    """Whether a value is a list, a tuple or an array that has a length."""
    return isinstance(value, (list, tuple, np.ndarray)) and getattr(value, "ndim", 1) > 0


def numeric(value):
    """Whether ``value`` is a number, a truth value, or an array (or list) of these."""
    if isinstance(value, numbers.Number):
        return True
    try:
        return np.asarray(value).dtype.kind in "biufc" and np.size(value) > 0
    except Exception:  # anything may pretend to be an array
        return False


def shape_of(value):
    """Shape of a number (the empty one) or of an array of numbers; None for anything else."""
    return np.shape(value) if numeric(value) else None


def close(got, wanted, tolerance):
    """Whether two arrays have one shape and agree within ``tolerance`` (truth values exactly)."""
    if got.shape != wanted.shape or (got.dtype == bool) != (wanted.dtype == bool):
        return False
    return bool(np.allclose(got, wanted, rtol=tolerance, atol=tolerance, equal_nan=True))


def as_words(words):
    """A list of words in small letters, from one in any of the ways in which people write it.

    Anything that is not made of words is given back as it is.
    """
    if isinstance(words, str):
        words = words.split(",")
    if not several(words):
        return words
    return [str(w).strip().lower() if isinstance(w, str) else w for w in words]


def has_nan(value):
    """Whether there is a nan in a number or an array."""
    return numeric(value) and bool(np.isnan(value).any())


def describe(result):
    """The kind and shape of a result, not its value."""
    if isinstance(result, (bool, np.bool_)):
        return "True or False"
    if isinstance(result, str):
        return "a text"
    if not numeric(result):
        return f"a list of {len(result)}" if several(result) else f"a {type(result).__name__}"
    truth = " of True and False" if np.asarray(result).dtype == bool else ""
    shape = np.shape(result)
    return f"an array{truth} of shape {shape}" if shape else "a number"


def as_text(value):
    """A value as a learner would write it, in one line."""
    return " ".join(str(value).split()) if numeric(value) else repr(value)


def parts(got, wanted):
    """``(name, got, wanted)`` of each part of a dict, list, tuple or array."""
    if isinstance(wanted, dict):
        return [(f"[{key!r}]", got.get(key), wanted[key]) for key in wanted]
    if isinstance(wanted, (list, tuple)) or np.ndim(wanted):
        pairs = enumerate(zip(got, wanted, strict=False))
        return [(f"number {n + 1}, at [{n}]", *pair) for n, pair in pairs]
    return []


def columns(got, wanted):
    """``(name, got, wanted)`` of each column of a table (n, 2 to 4); of anything else nothing."""
    shape = shape_of(wanted) or ()
    if shape_of(got) != shape or len(shape) != 2 or not 2 <= shape[1] <= 4:
        return []
    axes = (" (x)", " (y)") if shape[1] == 2 else ("", "", "", "")
    names = [f"column {n}{axis}" for n, axis in enumerate(axes)][: shape[1]]
    return list(zip(names, np.transpose(got), np.transpose(wanted), strict=True))


def tendency(results, wanted, tolerance):
    """Sentence on how all wrong numbers differ from the right ones, or nothing.

    Parameters
    ----------
    results, wanted : list of results, one for each probe
    tolerance : float
        Relative and absolute, beyond which a number is wrong.
    """
    pairs = list(zip(results, wanted, strict=True))
    if not all(numeric(g) and shape_of(g) == shape_of(w) for g, w in pairs):
        return ""
    got, right = (np.concatenate([*map(np.ravel, many)]) for many in zip(*pairs, strict=True))
    if not {got.dtype.kind, right.dtype.kind} <= set("iuf"):
        return ""
    if np.ptp(got) == 0 < np.ptp(right):
        return f" It is {got[0]:.4g} everywhere."
    return direction(got.astype(float) - right, tolerance * (1 + abs(right)))


def direction(off, allowed):
    """Sentence on numbers that are all too large or all too small, those allowed left aside."""
    signs = set(np.sign(off[abs(off) > allowed]))
    if len(signs) != 1:
        return ""
    where = "What is wrong is" if len(off) > 1 else "It is"
    return f" {where} too {'large' if signs == {1} else 'small'}."
