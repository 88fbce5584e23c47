"""Made-up speech: sounds in time, and the mouth that forms them.

The mouth never reaches one sound's shape before it is on the way to the next. Each sound claims the
mouth by a bell over time, and the shape is the mean of all shapes by their claims, after the
dominance functions of Cohen and Massaro, "Modeling coarticulation in synthetic visual speech"
(1993).
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

# Mouth shapes of sounds that look alike, as unit weights; pairs are named without a side. Vowels as
# in father, bed, see, go, blue, but.
VISEMES = {
    "aa": {"jawOpen": 0.42, "mouthLowerDown": 0.22, "mouthUpperUp": 0.1, "mouthStretch": 0.05},
    "eh": {"jawOpen": 0.27, "mouthLowerDown": 0.25, "mouthUpperUp": 0.14, "mouthStretch": 0.2},
    "ee": {"jawOpen": 0.11, "mouthStretch": 0.32, "mouthSmile": 0.22, "mouthLowerDown": 0.25},
    "oh": {"jawOpen": 0.27, "mouthFunnel": 0.45, "mouthPucker": 0.2},
    "oo": {"jawOpen": 0.12, "mouthPucker": 0.62, "mouthFunnel": 0.22},
    "uh": {"jawOpen": 0.2, "mouthLowerDown": 0.16, "mouthUpperUp": 0.06},
    "mbp": {"mouthPress": 0.35, "mouthRollLower": 0.25, "mouthRollUpper": 0.15},
    "fv": {"jawOpen": 0.06, "mouthRollLower": 0.45, "mouthUpperUp": 0.25},
    "th": {"jawOpen": 0.14, "tongueOut": 0.16, "mouthLowerDown": 0.16, "mouthUpperUp": 0.08},
    "tdnl": {"jawOpen": 0.11, "mouthLowerDown": 0.2, "mouthUpperUp": 0.08},
    "sz": {"jawOpen": 0.05, "mouthStretch": 0.22, "mouthLowerDown": 0.26, "mouthUpperUp": 0.12},
    "sh": {"jawOpen": 0.09, "mouthFunnel": 0.5, "mouthPucker": 0.15, "mouthUpperUp": 0.1},
    "kg": {"jawOpen": 0.17, "mouthLowerDown": 0.12},
    "r": {"jawOpen": 0.13, "mouthPucker": 0.3, "mouthFunnel": 0.2},
    "w": {"jawOpen": 0.07, "mouthPucker": 0.6, "mouthFunnel": 0.12},
    "rest": {},
}
# About how often each is heard in English.
VOWELS = {"aa": 0.17, "eh": 0.17, "ee": 0.19, "oh": 0.12, "oo": 0.1, "uh": 0.25}
CONSONANTS = {
    "tdnl": 0.36, "mbp": 0.15, "sz": 0.13, "kg": 0.08, "fv": 0.07, "th": 0.06, "r": 0.06,
    "sh": 0.05, "w": 0.04,
}  # fmt: skip
# How strongly a sound claims the mouth against its neighbours (else 1): for m, b and p the lips
# must meet whatever comes next.
CLAIM = {
    "mbp": 7.0, "fv": 4.0, "w": 3.0, "sh": 2.5, "oo": 2.0, "th": 1.6, "kg": 0.5, "tdnl": 0.7,
    "rest": 1.2,
}  # fmt: skip


@dataclass(frozen=True)
class Sound:
    """A sound: its mouth shape, middle and length in seconds, and stress (about 1)."""

    viseme: str
    middle: float
    length: float
    stress: float = 1.0


def utter(rng, end, tempo=1.0):
    """Draw speech: phrases of 4 to 9 syllables and pauses, until after ``end`` seconds.

    Parameters
    ----------
    rng : numpy.random.Generator
    end : float, seconds
    tempo : float, 1 is about five syllables a second

    Returns
    -------
    list of Sound
    """
    sounds, at = [Sound("rest", -0.3, 0.3)], rng.uniform(0.0, 0.15)
    while at < end:
        for _ in range(rng.integers(4, 10)):
            at = _syllable(rng, sounds, at, tempo)
        pause = rng.uniform(0.15, 0.5)
        sounds.append(Sound("rest", at + pause / 2, pause))
        at += pause
    return sounds


def _syllable(rng, sounds, at, tempo):
    """Append consonant, vowel and sometimes a second consonant; gives the time at their end."""
    stress = float(rng.choice([0.75, 1.0, 1.3], p=[0.4, 0.35, 0.25]))
    for table in (CONSONANTS, VOWELS, CONSONANTS)[: 3 if rng.random() < 0.35 else 2]:
        weight, (least, most) = (stress, (0.09, 0.15)) if table is VOWELS else (1.0, (0.06, 0.1))
        length = weight * rng.uniform(least, most) / tempo
        viseme = str(rng.choice(list(table), p=list(table.values())))
        sounds.append(Sound(viseme, at + length / 2, length, weight))
        at += length
    return at


def articulate(sounds, t):
    """The mouth that forms ``sounds``.

    Parameters
    ----------
    sounds : iterable of Sound
    t : (n,) seconds, ascending

    Returns
    -------
    dict
        Unit, or pair without its side -> weights (n,).
    """
    total, tracks = np.full(len(t), 0.02), defaultdict(lambda: np.zeros(len(t)))
    for sound in sounds:
        rows, claim = _claim(sound, t)
        total[rows] += claim
        for unit, weight in VISEMES[sound.viseme].items():
            tracks[unit][rows] += sound.stress * weight * claim
        if sound.viseme == "mbp":
            tracks["lips meet"][rows] += claim
    shapes = {unit: track / total for unit, track in tracks.items()}
    meet = shapes.pop("lips meet", 0)
    return shapes | {"mouthClose": meet * shapes.get("jawOpen", 0)}  # although the jaw is open


def _claim(sound, t):
    """How strongly a sound claims the mouth: a bell about its middle, where it is not 0."""
    width = 0.75 * sound.length + 0.02
    rows = slice(*np.searchsorted(t, (sound.middle - 4 * width, sound.middle + 4 * width)))
    away = (t[rows] - sound.middle) / width
    return rows, CLAIM.get(sound.viseme, 1.0) * np.exp(-(away**2))
