"""The 52 expression units and the FACS action units that come closest to them.

The face model moves in ARKit's 52 units. FACS (Ekman and Friesen, 1978; Ekman, Friesen and Hager,
2002) describes what a trained coder sees muscles do. The two were made apart and are never equal:
what stands here is the closest relation, so the truth of a frame is its unit weights, and its
action units are labels derived from them. Most rows follow the relation published with
ICT-FaceKit (Li et al., CVPR 2020); where readings differ, ``OTHER_READINGS`` has the other one.
"""

from .errors import StudioError, require

UNITS = (
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight",
    "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight",
    "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight",
    "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft", "eyeSquintRight",
    "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight",
    "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight",
    "mouthFunnel", "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight",
    "mouthPressLeft", "mouthPressRight", "mouthPucker", "mouthRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthUpperUpLeft", "mouthUpperUpRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip

# Units that come as a left and a right one (the person's own sides), by their common stem.
AU_OF_PAIR = {
    "browOuterUp": "AU2", "browDown": "AU4", "eyeWide": "AU5", "cheekSquint": "AU6",
    "eyeSquint": "AU7", "noseSneer": "AU9", "mouthUpperUp": "AU10", "mouthSmile": "AU12",
    "mouthDimple": "AU14", "mouthFrown": "AU15", "mouthLowerDown": "AU16", "mouthStretch": "AU20",
    "mouthPress": "AU24", "jaw": "AU30", "eyeBlink": "AU45", "eyeLookUp": "AU63",
    "eyeLookDown": "AU64",
}  # fmt: skip
AU_OF_SINGLE = {
    "browInnerUp": "AU1", "mouthShrugLower": "AU17", "mouthShrugUpper": "AU17",
    "mouthPucker": "AU18", "tongueOut": "AD19", "mouthFunnel": "AU22", "jawOpen": "AU27",
    "mouthRollLower": "AU28", "mouthRollUpper": "AU28", "jawForward": "AU29", "cheekPuff": "AU34",
}  # fmt: skip
# Gaze: AU61 is "eyes turn left", AU62 "eyes turn right"; L and R name the eye that turns.
AU_OF_GAZE = {
    "eyeLookOutLeft": "AU61L", "eyeLookInRight": "AU61R",
    "eyeLookInLeft": "AU62L", "eyeLookOutRight": "AU62R",
}  # fmt: skip
# Two things at once: as strong as the weaker of the strongest of each group. Lips that are pressed
# together and rolled in a little are tight (the pack has no unit of its own for it).
AU_OF_BOTH = {
    "AU23": (("mouthPressLeft", "mouthPressRight"), ("mouthRollLower", "mouthRollUpper")),
}
NO_AU = ("mouthClose", "mouthLeft", "mouthRight")  # corrects jawOpen; shifts both lips sideways

OTHER_READINGS = {
    "jawOpen": "AU26",  # a small opening is a jaw drop, a wide one AU27, mouth stretch
    "cheekPuff": "AU33",  # ICT-FaceKit: cheek blow
    "eyeBlinkLeft": "AU43L",  # when the lid stays closed
    "eyeBlinkRight": "AU43R",
    "mouthUpperUpLeft": "AU11L",  # ICT-FaceKit: nasolabial deepener
    "mouthUpperUpRight": "AU11R",
    "mouthShrugUpper": "AU10",  # ICT-FaceKit: upper lip raiser
}


def _au_of(unit):
    """Closest action unit of one unit, with its side; None when FACS has none."""
    fixed = AU_OF_SINGLE | AU_OF_GAZE | dict.fromkeys(NO_AU)
    if unit in fixed:
        return fixed[unit]
    side = "Left" if unit.endswith("Left") else "Right"
    return AU_OF_PAIR[unit.removesuffix(side)] + side[0]


# Unit -> its closest action unit ("AU12L"), or None.
AU_OF_UNIT = {unit: _au_of(unit) for unit in UNITS}


def _with_whole(au):
    """A sided action unit after the whole it belongs to: "AU12L" -> ("AU12", "AU12L")."""
    return (au[:-1], au) if au[-1] in "LR" else (au,)


# Every name that ``action_units`` returns, by number.
ACTION_UNITS = tuple(sorted(
    {name for au in AU_OF_UNIT.values() if au for name in _with_whole(au)} | {*AU_OF_BOTH},
    key=lambda name: (int(name.strip("AULRD")), name),
))  # fmt: skip


def check_expression(expression):
    """Raise unless ``expression`` maps known unit names to weights in [0, 1].

    Raises
    ------
    StudioError
        An unknown unit or a weight outside [0, 1].
    """
    for unit, weight in expression.items():
        if unit not in AU_OF_UNIT:
            known = "the 52 names are in facelab.studio.facs.UNITS"
            raise StudioError(f"Unknown expression unit {unit!r}: {known}.")
        require(0 <= weight <= 1, f"The weight of {unit} must lie in [0, 1], got {weight}.")


def action_units(expression):
    """Derive FACS action units from unit weights.

    An action unit is as strong as the strongest unit that shows it; one without a side is as strong
    as the stronger of its two sides; AU23 needs two kinds of units (``AU_OF_BOTH``). ``AU30L`` is
    the jaw moved to the person's left; every other L or R is the person's side on which the face
    moves.

    Parameters
    ----------
    expression : dict, unit name -> weight in [0, 1]; units left out are 0

    Returns
    -------
    dict
        Every name in ``ACTION_UNITS`` -> intensity in [0, 1]. The closest relation, not FACS
        coding: see the note at the top of the module.

    Raises
    ------
    StudioError
        An unknown unit or a weight outside [0, 1].
    """
    check_expression(expression)
    intensity = dict.fromkeys(ACTION_UNITS, 0.0)
    for unit, weight in expression.items():
        for name in _with_whole(AU_OF_UNIT[unit]) if AU_OF_UNIT[unit] else ():
            intensity[name] = max(intensity[name], float(weight))
    for name, groups in AU_OF_BOTH.items():
        strongest = [max(expression.get(unit, 0) for unit in group) for group in groups]
        intensity[name] = float(min(strongest))
    return intensity
