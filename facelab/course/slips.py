"""Slips that are made in every exercise: each is what it does to the right result, with its name.

A wrong result that equals ``slip(right result)`` on every probe is told by that name. An exercise's
own mistakes come first; these catch what its author did not think of.
"""

import numpy as np

BYTE = 256  # values of a uint8

SLIPS = [
    (np.degrees, "The angles are in degrees, and radians are asked for: take np.radians."),
    (np.radians, "The angles are in radians, and degrees are asked for: take np.degrees."),
    (lambda right: places(right) - 0.5, "Half a pixel is missing: pixel 0 has its centre at 0.5."),
    (lambda right: places(right) + 0.5, "Half a pixel too much: this 0.5 has been added already."),
    (lambda right: right + 1, "Off by one: every number is 1 too large. Do you count from 1?"),
    (lambda right: right - 1, "Off by one: every number is 1 too small. Is an end left out?"),
    (np.transpose, "Rows and columns are exchanged: it is the transposed result."),
    (lambda right: picture(right)[..., ::-1], "Red and blue are exchanged: BGR for RGB."),
    (lambda right: of_length(right, 2)[..., ::-1], "x and y are exchanged: x comes first."),
    (lambda right: right[::-1], "The order is reversed: what should come first comes last."),
    (lambda right: of_length(right, 3, 4)[..., ::-1], "The last axis runs backwards."),
    (lambda right: right[:, ::-1], "Left and right are exchanged: the columns run backwards."),
    (np.sort, "The values are right, but sorted: keep them in their places."),
    (np.negative, "Every sign is the wrong way round: subtract the other way."),
    (np.abs, "The signs are lost: some of these numbers are negative."),
    (lambda right: np.maximum(right, 0), "Negative numbers are cut off at 0. Keep them."),
    (np.reciprocal, "It is upside down: divide the other way round."),
    (lambda right: 1 - right, "It is the rest to 1: take 1 minus yours."),
    (np.square, "It is the square of the right result: a square root is missing."),
    (np.sqrt, "It is the square root of the right result: there is one root too many."),
    (lambda right: 2 * right, "It is twice the right result: something is counted two times."),
    (lambda right: right / 2, "It is half the right result: a factor 2 is missing."),
    (lambda right: 100 * right, "It is in per cent, and a share of 1 is asked for."),
    (lambda right: right / 100, "It is a share of 1, and per cent are asked for."),
    (lambda right: 255 * right, "It runs from 0 to 255 where 0 to 1 is asked for."),
    (lambda right: right / 255, "It runs from 0 to 1 where 0 to 255 is asked for."),
    (np.trunc, "The decimals are cut off: an integer type or // throws them away."),
    (np.round, "It is rounded to whole numbers: keep the decimals."),
    (lambda right: right % BYTE, "It wraps round at 256: uint8 ends at 255. Compute in floats."),
    (lambda right: right - right.mean(axis=0), "It is centred: the mean should not be taken off."),
    (np.logical_not, "It is the other way round: True where False is right."),
]


def of_length(array, *lengths):
    """``array`` when its last axis has one of these lengths; ValueError otherwise."""
    if array.shape[-1:] not in [(n,) for n in lengths]:
        raise ValueError(f"the last axis of {array.shape} is not {lengths} long")
    return array


def picture(array):
    """``array`` when it may be a picture (H, W, 3); ValueError otherwise."""
    if array.ndim != 3:
        raise ValueError(f"{array.shape} is no picture")
    return of_length(array, 3)


def places(array):
    """``array`` when it may hold points or boxes: (..., 2) or (..., 4); ValueError otherwise."""
    return of_length(array, 2, 4)


def slipped(slip, right):
    """What a slip makes of a right result (a number or an array), or None where it cannot be."""
    array = np.asarray(right)
    truth = array.dtype == bool
    if truth != (slip is np.logical_not):
        return None
    try:
        with np.errstate(all="ignore"):
            return slip(array if truth else array.astype(float))
    except (IndexError, TypeError, ValueError):
        return None


def name_slip(got, right, same):
    """Message of the first slip that explains all results of an attempt, or None.

    Parameters
    ----------
    got, right : list of numbers or arrays, one for each probe
        What the attempt gave and what is right.
    same : callable
        ``same(got, wanted)``: the exercise's comparison.
    """
    if not tell_much(right):
        return None
    for slip, message in SLIPS:
        made = [slipped(slip, one) for one in right]
        if all(m is not None and same(g, m) for g, m in zip(got, made, strict=True)):
            return message
    return name_relation(got, right)


def tell_much(right):
    """Whether these results cannot be met by chance, as one whole number can."""
    return sum(map(np.size, right)) > 1 or np.asarray(right[0]).dtype.kind == "f"


def name_relation(got, right):
    """Message for results with another shape, or one factor or difference from the right ones."""
    if [*map(np.size, got)] != [*map(np.size, right)]:
        return None
    a, b = (np.concatenate([np.ravel(one) for one in results]) for results in (got, right))
    if np.allclose(a, b):
        return name_shape(got, right)
    if a.dtype == bool or b.dtype == bool or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None  # a constant has too many explanations
    return name_factor(a, b) or name_difference(a, b)


def name_shape(got, right):
    """Message for right values in another shape; None where the shape is right as well."""
    if [*map(np.shape, got)] == [*map(np.shape, right)]:
        return None
    return f"The values are right, the shape is not: {np.shape(right[0])} is asked for."


def name_factor(a, b):
    """Message when ``a`` is ``b`` times one number, else None."""
    factor = (a @ b) / (b @ b)
    if np.allclose(a, factor * b):
        return f"Everything is {factor:.3g} times what it should be: look for that factor."
    return None


def name_difference(a, b):
    """Message when ``a`` is ``b`` plus one number, else None."""
    extra = (a - b).mean()
    if np.allclose(a, b + extra):
        return f"Everything is {abs(extra):.3g} too {'large' if extra > 0 else 'small'}."
    return None
