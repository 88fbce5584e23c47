"""The colour of hair, from its pigments."""

import numpy as np

BASE = np.float32([0.82, 0.6, 0.37])  # hair without pigment is yellowish
EUMELANIN = np.float32([3.95, 4.5, 5.1])  # absorption in red, green and blue
PHEOMELANIN = np.float32([0.25, 1.55, 3.2])
GREY = np.float32([0.44, 0.4, 0.35])


def albedo(brown, red):
    """Linear RGB albedo (..., 3) of hair with these amounts of its two pigments.

    Brown-black eumelanin and red pheomelanin absorb exponentially, as in Marschner et al. 2003
    ("Light scattering from human hair fibers", section 5); the coefficients are fitted by eye.
    """
    brown, red = np.float32(brown)[..., None], np.float32(red)[..., None]
    return BASE * np.exp(-brown * EUMELANIN - red * PHEOMELANIN)


def hair_colour(looks, melanin=1.0):
    """Linear RGB albedo (3,) float32 of hair that is not grey; ``melanin`` scales its brown."""
    return albedo(melanin * brown_of(looks), looks.hair_red)


def brown_of(looks):
    """Amount of eumelanin: red hair has less."""
    return looks.hair_melanin * (1 - 0.45 * looks.hair_red)


def pigmented(looks, shape, rng, grey, lighter=0.15, spread=0.16):
    """Albedo (S,N,3) float32 of S strands of N points: each its own pigment and grey, lighter tips.

    A ribbon stands for a lock of many hairs: its share of ``grey`` ones varies about the person's.
    """
    strands, points = shape
    t = np.linspace(0, 1, points, dtype=np.float32)
    own = np.exp(rng.normal(0, spread, strands)).astype(np.float32)[:, None]
    red = np.broadcast_to(looks.hair_red * own, shape)
    colour = albedo(brown_of(looks) * own * (1 - lighter * t), red)
    silver = np.clip(grey + rng.normal(0, 0.5, strands) * grey * (1.15 - grey), 0, 1)
    return (colour + np.float32(silver)[:, None, None] * (GREY - colour)).astype(np.float32)
