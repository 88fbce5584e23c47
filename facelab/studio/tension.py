"""Folds that come and go: how tense the skin is where an expression gathers it."""

from functools import cache

import numpy as np

from .model import load_model

# Unit without its side -> hills on the person's left half of the mean head, in mm: place and half
# width in x and y, and the height that the tension reaches there at weight 1.
GATHERS = {
    "browInnerUp": ((0, 46, 24, 14, 0.8),),
    "browOuterUp": ((30, 46, 18, 14, 0.8),),
    "browDown": ((6, 14, 8, 12, 1.0),),
    "cheekSquint": ((54, -2, 9, 14, 0.9),),
    "eyeSquint": ((54, -2, 9, 14, 0.4),),
    "mouthSmile": ((22, -52, 8, 16, 0.8), (54, -2, 9, 14, 0.2)),
    "mouthUpperUp": ((17, -44, 8, 10, 0.6),),
    "noseSneer": ((9, -8, 9, 12, 1.0), (15, -42, 7, 9, 0.6)),
}


@cache
def _fields():
    """Unit -> tension (V,) float32 at weight 1."""
    fields = {}
    for stem, hills in GATHERS.items():
        for side, sign in (("Left", 1), ("Right", -1)):
            name = stem if stem == "browInnerUp" else stem + side
            fields[name] = sum(_hill(sign * x, *rest) for x, *rest in hills)
    return fields


def _hill(x, y, width, height, top):
    at_x, at_y, at_z = load_model().mean.T
    hill = np.exp(-(((at_x - x) / width) ** 2 + ((at_y - y) / height) ** 2) / 2)
    return np.float32(top) * hill.astype(np.float32) * (at_z > -30)


def tension(expression):
    """How far each vertex's skin is gathered, (V,) float32 in [0, 1].

    Parameters
    ----------
    expression : dict, unit -> weight in [0, 1]
    """
    total = np.zeros(len(load_model().mean), np.float32)
    for unit, field in _fields().items():
        if weight := expression.get(unit, 0):
            total += np.float32(weight) * field
    return np.minimum(total, 1)
