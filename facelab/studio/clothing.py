"""Garments: where on the body they begin and how thick they are, on the mean head (mm)."""

from functools import cache

import numpy as np

from .model import load_model, smoothstep

# style: height of the neckline at the sides, its fall to the front, depth and width of an opening,
# thickness, collar
_STYLES = {
    "crew": (-136, 0.36, 0, 1, 2.5, 0),
    "vneck": (-136, 0.36, 46, 38, 2.5, 0),
    "turtleneck": (-108, 0.2, 0, 1, 3.5, 3),
    "shirt": (-124, 0.34, 34, 26, 3.5, 4),
    "hoodie": (-132, 0.36, 10, 30, 6.0, 11),
}


@cache
def garment(style):
    """How a garment lies on the face model.

    Returns
    -------
    distance : (V,) float32, mm from the neckline into the garment; negative on bare skin
    thickness : (V,) float32, mm by which it stands off the body
    """
    side, fall, opening, wide, thick, collar = _STYLES[style]
    x, y, z = load_model().mean.T
    line = (
        side
        - fall * (z + 60)
        - opening * np.clip(1 - np.abs(x) / wide, 0, 1) * smoothstep(-60, -30, z)
    )
    distance = line - y
    roll = collar * np.exp(-(((distance - 9) / 12) ** 2))
    # it rises a little before the edge: a step within one triangle would make the hem zigzag
    return distance.astype(np.float32), ((thick + roll) * smoothstep(-11, 5, distance)).astype(
        np.float32
    )


@cache
def neckline(style):
    """Triangles (n,) of the face model that are part skin and part garment."""
    distance, _ = garment(style)
    dressed = (distance[load_model().triangles] > 0).sum(1)
    return np.flatnonzero((dressed > 0) & (dressed < 3))


CLOTH_COLOURS = np.float32(
    [
        [0.03, 0.035, 0.05],
        [0.5, 0.5, 0.5],
        [0.05, 0.08, 0.16],
        [0.22, 0.03, 0.035],
        [0.06, 0.11, 0.07],
        [0.3, 0.26, 0.2],
        [0.1, 0.1, 0.105],
        [0.12, 0.2, 0.32],
        [0.35, 0.2, 0.08],
        [0.24, 0.14, 0.2],
    ]
)


def cloth_numbers(scene):
    """Colour, collar rib, stripes and fold phases of the garment, (8,)."""
    rng = np.random.default_rng([5, scene.seed])
    colour = (
        CLOTH_COLOURS[rng.integers(len(CLOTH_COLOURS))] * rng.uniform(0.8, 1.2)
        if scene.clothes_colour is None
        else np.float32(scene.clothes_colour) ** 2.2
    )
    rib = {"crew": 11.0, "vneck": 9.0, "turtleneck": 30.0, "shirt": 0.0, "hoodie": 12.0}[
        scene.clothes
    ]
    striped = scene.clothes in ("crew", "turtleneck") and rng.integers(4) == 3
    stripes = 0.35 if striped else 0.0
    return np.float32([*colour, rib, stripes, 0.5, *rng.uniform(0, 6.28, 2)])
