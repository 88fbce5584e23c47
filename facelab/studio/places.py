"""Places behind a person, far out of focus: rooms with things along the wall, and the outdoors."""

import numpy as np

from .canvas import Canvas, colour, interior_colour, ramp, value_noise

WARM = np.float32([1.08, 0.97, 0.82]).reshape(3, 1, 1)
EVERYWHERE = -99, 99  # left and right edge of what crosses every picture


def paint_room(canvas):
    """A room: along its wall a row of things, each in a slot of its own; perhaps a sofa."""
    rng = canvas.rng(4)
    canvas.fill(interior_colour(rng, 0.45, 0.88), 4, 0.35)
    evening = rng.random() < 0.3
    things = EVENING if evening else DAY
    slot, first, stride = rng.uniform(0.38, 0.52), rng.integers(8), rng.choice([1, 3])
    for k, (left, each) in enumerate(canvas.slots(slot, 4), start=-len(canvas.x) // len(canvas.y)):
        thing = things[(round(left / slot) * stride + first) % len(things)] if k is not None else 0
        thing(canvas, each, left + (0.5 + each.uniform(-0.1, 0.1)) * slot, slot)
    canvas.light[:] *= rng.uniform(0.35, 0.6) * WARM if evening else rng.uniform(0.65, 1.1)
    _sofa(canvas, rng)
