"""Expressions that are seen: what the 52 units leave out is added when the model is built.

The units of the pack move brows, lids and lips far enough; cheeks, the wings of the nose and what
lies between the brows hardly take part, and without them a smile looks put on and anger and
disgust look alike. Each addition is a smooth hill on the mean head, after the action units of FACS
(Ekman, Friesen and Hager 2002).
"""

import numpy as np

from datasets.calm import bump

# Unit without its side -> hills on the person's left half: place, widths and movement in mm.
HILLS = {
    "cheekSquint": (  # AU 6: the cheek rises towards the eye and bulges, the lower lid with it
        ((33, -27, 15), (13, 10, 16), (0, 2.0, 3.6)),
        ((30, -10, 18), (12, 5, 12), (0, 1.6, 1.0)),
        ((47, -2, 8), (8, 7, 14), (-1.2, -1.0, 0.5)),
    ),
    "mouthSmile": (  # AU 12: the cheek is pushed up into a ball
        ((36, -38, 12), (12, 10, 16), (0.5, 2.0, 3.2)),
    ),
    "noseSneer": (  # AU 9: the wing of the nose rises, the lip with it, the skin above bunches
        ((14, -38, 27), (6, 8, 12), (0.8, 3.2, 0)),
        ((10, -55, 30), (10, 8, 14), (0.5, 3.0, 0.5)),
        ((20, -22, 20), (9, 9, 12), (-1.0, 2.5, 2.0)),
        ((8, 8, 27), (7, 7, 10), (-1.0, -1.5, 1.2)),
    ),
    "browDown": (  # AU 4: the brows are drawn together over a bulge
        ((11, 16, 27), (9, 8, 14), (-2.0, -3.0, 1.8)),
    ),
    "browInnerUp": (  # AU 1: the brows slant, for their outer ends stay down
        ((10, 18, 27), (8, 8, 14), (0, 2.5, 0)),
        ((45, 16, 10), (9, 8, 14), (0, -2.0, 0)),
    ),
    "mouthPress": (  # AU 24: lips are pressed without a smirk
        ((24, -66, 18), (8, 8, 12), (-1.0, -2.5, 0)),
    ),
    "mouthUpperUp": (  # AU 10: the fold beside the nose deepens over a bulge
        ((24, -42, 20), (8, 9, 14), (1.0, 2.2, 1.8)),
    ),
    "mouthShrugLower": (  # AU 17: the chin is pushed up
        ((0, -92, 24), (13, 8, 12), (0, 2.5, 1.2)),
    ),
}  # fmt: skip


def strengthened(units, mean):
    """The units with ``HILLS`` added.

    Parameters
    ----------
    units : dict, name -> (V,3) float, mm
    mean : (V,3) float, mm

    Returns
    -------
    dict, as ``units``
    """
    return {name: field + _hills(name, mean) for name, field in units.items()}


def _hills(name, mean):
    stem = name.removesuffix("Left").removesuffix("Right")
    side = {"Left": (1,), "Right": (-1,)}.get(name[len(stem) :], (1, -1))
    moved = np.zeros_like(mean)
    for place, widths, movement in HILLS.get(stem, ()):
        for sign in side if place[0] else (1,):
            flip = np.array([sign, 1, 1])
            moved += bump(mean, place * flip, widths)[:, None] * (movement * flip)
    return moved
