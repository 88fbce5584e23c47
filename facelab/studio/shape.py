"""Who a person is, as numbers: traits, the weights of the face model's targets, and how both are
drawn."""

from dataclasses import dataclass

import numpy as np

ANCESTRIES = ("african", "asian", "caucasian")
YOUNG, OLD = 25.0, 85.0  # the two ages, in years, between which the model's targets interpolate
AGES = 28.0, 80.0  # the ages drawn: the model's youngest adults can be taken for children

# Spread of the local targets (standard deviation of the weight; 1 is the modeller's own extreme).
# Targets that deform quickly get less, those that people really differ by get more.
SPREAD = 0.3
SPREADS = {
    "asym": 0.16,
    "ear": 0.2,
    "ear-lobe": 0.3,
    "ear-shape": 0.1,
    "ear-wing": 0.3,
    "neck": 0.12,
    "head": 0.25,
    "head-age": 0.0,
    "head-angle": 0.15,
    "head-back": 0.2,
    "head-scale-vert": 0.15,
    "head-scale-horiz": 0.22,
    "head-square": 0.15,
    "head-rectangular": 0.15,
    "head-invertedtriangular": 0.2,
    "forehead": 0.2,
    "forehead-nubian": 0.08,
    "forehead-scale-vert": 0.14,
    "eye": 0.25,
    "eye-corner": 0.3,
    "eye-epicanthus": 0.2,
    "eye-eyefold": 0.3,
    "eye-height": 0.2,
    "eye-push": 0.2,
    "eye-trans": 0.3,
    "eye-bag": 0.3,
    "nose": 0.33,
    "nose-point": 0.25,
    "nose-septumangle": 0.2,
    "nose-trans-in": 0.06,
    "mouth": 0.3,
    "mouth-angles": 0.18,
    "mouth-trans": 0.22,
    "mouth-trans-in": 0.06,
    "mouth-scale-vert": 0.22,
    "chin": 0.3,
    "chin-cleft": 0.4,
    "chin-prognathism": 0.2,
    "eyebrows": 0.35,
}
# What was still seen too often at those spreads: crooked mouths and eyes, brows that frown or plead
# at rest, pouting or rubbery lips, round cheeks and turned-up noses as children have them. The mean
# head was laid out before these were narrowed.
NARROWED = {
    "asym-cheek": 0.06,
    "asym-eye": 0.04,
    "asym-jaw": 0.06,
    "asym-mouth": 0.03,
    "asym-nose": 0.08,
    "eyebrows-angle": 0.2,
    "head-fat": 0.12,
    "head-round": 0.12,
    "mouth-angles": 0.1,
    "mouth-lowerlip-height": 0.18,
    "mouth-lowerlip-volume": 0.15,
    "mouth-scale-depth": 0.15,
    "mouth-trans-forward": 0.1,
    "mouth-upperlip-volume": 0.15,
    "nose-point-up": 0.15,
}
# Everything else differs between people by this much more than between those around whom the mean
# head was laid out, or a recogniser confuses them.
WIDER = 1.35
PEOPLE_SPREADS = {
    prefix: deviation * (1 if prefix in ("asym", "neck") else WIDER)
    for prefix, deviation in ({"": SPREAD} | SPREADS).items()
} | NARROWED
# share of people in whom a target without opposite (head-round, ...) is switched on at all
ONE_SIDED = 0.25


@dataclass(frozen=True)
class Traits:
    """The large differences between people; each drives many targets at once.

    Attributes
    ----------
    masculinity : float in [0, 1]
    age : float, years in [25, 85]; the course renders unmistakable adults only
    ancestry : tuple of 3 floats that sum to 1, the mix of the model's three ancestry targets
    weight : float in [-1, 1], from slim to heavy
    muscle : float in [0, 1]
    """

    masculinity: float
    age: float
    ancestry: tuple
    weight: float
    muscle: float


def sample_traits(rng, ages=AGES):
    """Draw traits: genders even with few between, ages 28 to 80, ancestry mostly one of three with
    mixtures."""
    masculinity = rng.beta(0.35, 0.35)
    age = ages[0] + (ages[1] - ages[0]) * rng.beta(1.1, 1.6)
    ancestry = rng.dirichlet((0.45, 0.45, 0.45))
    weight, muscle = np.clip(rng.normal(0, 0.45), -1, 1), rng.beta(1.2, 3)
    return Traits(
        float(masculinity),
        float(age),
        tuple(float(a) for a in ancestry),
        float(weight),
        float(muscle),
    )


def _pair(share, low, high):
    return {low: 1 - share, high: share}


def macro_weight(name, traits):
    """Weight of one large-scale target, the product of the shares of what its name lists."""
    shares = _pair(traits.masculinity, "female", "male")
    shares |= _pair(np.clip((traits.age - YOUNG) / (OLD - YOUNG), -0.1, 1), "young", "old")
    shares |= dict(zip(ANCESTRIES, traits.ancestry, strict=True))
    shares |= _pair(traits.muscle, "averagemuscle", "maxmuscle")
    shares |= {
        "universal": 1,
        "minweight": max(0, -traits.weight),
        "maxweight": max(0, traits.weight),
        "averageweight": 1 - abs(traits.weight),
    }
    return float(np.prod([shares[word] for word in name.split("-")]))


def is_macro(name):
    """True for ancestry and build targets, whose weights follow from the traits."""
    return name.split("-")[0] in (*ANCESTRIES, "universal")


def spread(name, spreads=PEOPLE_SPREADS):
    """Standard deviation of a local target's weight: the longest prefix listed in ``spreads``,
    else ``SPREAD``."""
    known = [p for p in spreads if name.startswith(p)]
    return spreads[max(known, key=len)] if known else SPREAD


def sample_weights(rng, names, one_sided, traits=None, spreads=PEOPLE_SPREADS):
    """Draw target weights freely; ``survey.draw_weights`` then moves them to where people are.

    Parameters
    ----------
    rng : numpy.random.Generator
    names : sequence of str, the targets in the face model's order
    one_sided : set of str, the targets without opposite
    traits : Traits, optional; drawn when absent
    spreads : dict, prefix of a target's name -> standard deviation of its weight

    Returns
    -------
    (len(names),) float32
    """
    traits = traits or sample_traits(rng)
    normal, switch = rng.normal(size=len(names)), rng.random(len(names))
    weights = np.zeros(len(names), np.float32)
    for i, name in enumerate(names):
        if is_macro(name):
            weights[i] = macro_weight(name, traits)
        elif name in one_sided:
            weights[i] = np.clip(abs(normal[i]) * spread(name, spreads) * 1.4, 0, 0.8) * (
                switch[i] < ONE_SIDED
            )
        else:
            weights[i] = np.clip(normal[i] * spread(name, spreads), -0.9, 0.9)
    return weights
