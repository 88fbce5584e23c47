"""Expressions that people really make, as weights of the 52 units.

The seven of ``FEELINGS`` show the action units by which coders and viewers know them (Ekman,
Friesen and Hager 2002, "Facial Action Coding System", investigator's guide, table of predictions):
smile 6 + 12, laugh 6 + 12 + 26, surprise 1 + 2 + 5 + 26, sadness 1 + 4 + 15, anger 4 + 5 + 7 + 23,
disgust 9 + 10 + 17.
"""

from .errors import StudioError, number

FEELINGS = ("neutral", "smile", "laugh", "surprise", "anger", "sadness", "disgust")


def _both(**stems):
    """Weights of a left and a right unit for each stem."""
    return {stem + side: weight for stem, weight in stems.items() for side in ("Left", "Right")}


MOODS = {
    "neutral": {},
    "smile": _both(mouthSmile=0.8, cheekSquint=0.9, eyeSquint=0.55, mouthUpperUp=0.15)
    | {"jawOpen": 0.03},
    "laugh": _both(
        mouthSmile=0.9, cheekSquint=0.9, eyeSquint=0.6, mouthUpperUp=0.5, mouthLowerDown=0.2
    )
    | {"jawOpen": 0.4},
    "surprise": _both(browOuterUp=0.9, eyeWide=0.8) | {"browInnerUp": 0.9, "jawOpen": 0.45},
    "anger": _both(
        browDown=1.0, eyeWide=0.5, eyeSquint=0.6, noseSneer=0.2, mouthPress=0.35, mouthFrown=0.5
    )
    | {"mouthRollUpper": 0.35, "mouthRollLower": 0.45},
    "sadness": _both(
        mouthFrown=0.9, browDown=0.1, eyeSquint=0.15, eyeLookDown=0.3, mouthStretch=0.1
    )
    | {"browInnerUp": 1.0, "mouthShrugLower": 0.5},
    "disgust": _both(
        noseSneer=1.0,
        mouthUpperUp=0.8,
        browDown=0.4,
        eyeSquint=0.8,
        cheekSquint=0.4,
        mouthFrown=0.35,
    )
    | {"mouthShrugLower": 0.7},
    "talk": {"jawOpen": 0.3, "mouthFunnel": 0.3},
    "kiss": {"mouthPucker": 0.7},
    "blink": _both(eyeBlink=1.0),
    "wink": {"eyeBlinkLeft": 1.0, "mouthSmileLeft": 0.5, "cheekSquintLeft": 0.5},
}


def mood(name, strength=1.0):
    """Weights of the expression units of a mood.

    Parameters
    ----------
    name : a name in ``MOODS``
    strength : float in [0, 1]

    Returns
    -------
    dict, unit -> weight in [0, 1], for ``Scene(expression=...)``

    Raises
    ------
    StudioError
        An unknown name or a strength outside [0, 1].
    """
    if not isinstance(name, str) or name not in MOODS:
        raise StudioError(f"Unknown mood {name!r}: choose one of {', '.join(MOODS)}.")
    number("A mood's strength", strength, 0, 1)
    return {unit: strength * weight for unit, weight in MOODS[name].items()}
