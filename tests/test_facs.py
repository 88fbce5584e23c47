"""The 52 units and the action units that come closest to them."""

import pytest

from facelab.studio.errors import StudioError
from facelab.studio.facs import ACTION_UNITS, AU_OF_UNIT, NO_AU, OTHER_READINGS, UNITS, action_units
from facelab.studio.moods import mood


def test_there_are_52_units_in_the_order_of_the_model():
    assert len(UNITS) == len(set(UNITS)) == 52
    assert list(UNITS) == sorted(UNITS)
    assert set(AU_OF_UNIT) == set(UNITS)


def test_every_unit_has_an_action_unit_except_those_named():
    assert {u for u, au in AU_OF_UNIT.items() if au is None} == set(NO_AU)
    assert set(OTHER_READINGS) <= set(UNITS)


def test_sides_are_the_persons_own():
    aus = action_units({"mouthSmileLeft": 0.7, "mouthSmileRight": 0.2})
    assert (aus["AU12"], aus["AU12L"], aus["AU12R"]) == (0.7, 0.7, 0.2)


@pytest.mark.parametrize("unit, au", [
    ("browInnerUp", "AU1"), ("browOuterUpLeft", "AU2L"), ("browDownRight", "AU4R"),
    ("cheekSquintLeft", "AU6L"), ("eyeSquintLeft", "AU7L"), ("mouthSmileRight", "AU12R"),
    ("jawOpen", "AU27"), ("eyeBlinkLeft", "AU45L"), ("jawLeft", "AU30L"), ("tongueOut", "AD19"),
])  # fmt: skip
def test_known_pairs(unit, au):
    assert AU_OF_UNIT[unit] == au
    active = {name for name, value in action_units({unit: 0.5}).items() if value}
    assert active == {au, au.rstrip("LR")}


def test_both_eyes_turned_left_are_one_action_unit():
    aus = action_units({"eyeLookOutLeft": 0.4, "eyeLookInRight": 0.5})
    assert aus["AU61"] == 0.5 and aus["AU62"] == 0


def test_units_that_share_an_action_unit_give_the_stronger():
    assert action_units({"mouthRollLower": 0.3, "mouthRollUpper": 0.6})["AU28"] == 0.6


def test_tight_lips_are_pressed_and_rolled_in_at_once():
    pressed, rolled = {"mouthPressLeft": 0.4}, {"mouthRollUpper": 0.7}
    assert action_units(pressed)["AU23"] == action_units(rolled)["AU23"] == 0
    assert action_units(pressed | rolled)["AU23"] == 0.4


@pytest.mark.parametrize("name, wanted", [
    ("smile", (6, 12)), ("laugh", (6, 12, 27)), ("surprise", (1, 2, 5, 27)),
    ("sadness", (1, 15)), ("anger", (4, 5, 7, 23)), ("disgust", (9, 10, 17)),
])  # fmt: skip
def test_moods_show_the_action_units_by_which_they_are_known(name, wanted):
    aus = action_units(mood(name))
    assert all(aus[f"AU{number}"] >= 0.3 for number in wanted)
    others = {"smile": (4, 9, 15), "anger": (9, 10, 17, 12), "disgust": (5, 23, 12)}.get(name, ())
    assert all(aus[f"AU{number}"] < 0.3 for number in others)


def test_moods_scale_and_refuse_what_they_do_not_know():
    half, whole = mood("laugh", 0.5), mood("laugh")
    assert half == {unit: 0.5 * weight for unit, weight in whole.items()} and half
    for wrong in (("happiness", 1), ("smile", 2), (3, 1), ("smile", "much")):
        with pytest.raises(StudioError):
            mood(*wrong)


def test_a_neutral_face_has_every_action_unit_at_zero():
    assert action_units({}) == dict.fromkeys(ACTION_UNITS, 0.0)
    assert list(ACTION_UNITS)[:4] == ["AU1", "AU2", "AU2L", "AU2R"]


def test_a_corrective_shows_no_action_unit():
    assert not any(action_units({"mouthClose": 1.0}).values())


@pytest.mark.parametrize("expression", [{"smile": 0.5}, {"jawOpen": 1.5}, {"jawOpen": -0.1}])
def test_bad_expressions_are_refused(expression):
    with pytest.raises(StudioError):
        action_units(expression)
