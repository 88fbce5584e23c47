"""The slider panel: what the knobs do to the picture, both ipywidgets, none at all."""

import builtins
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from places import do
from shared import uv

from facelab.course import lint
from facelab.course import panel as panels
from facelab.course.panel import (
    AU_NAMES,
    EXAMPLES,
    KNOBS,
    ON_SLIDERS,
    START,
    WIDGET,
    Grid,
    Panel,
    component_weights,
    draw,
    image_tag,
    panel,
    scene_of,
    units_of,
    words,
)
from facelab.studio import Person, load_model, render
from facelab.studio.facs import ACTION_UNITS, AU_OF_BOTH, AU_OF_UNIT, NO_AU

ROOT = Path(__file__).resolve().parents[1]
SEED, SIZE = 7, 64


@pytest.fixture(scope="module")
def knobs():
    return Panel(SEED, SIZE)


@pytest.fixture(autouse=True)
def back_to_the_start(request):
    if "knobs" in request.fixturenames:
        request.getfixturevalue("knobs").turn(START)


def changed(state):
    """Mean change of the picture, in grey levels, when some knobs are turned."""
    first, then = draw(SEED, START, SIZE), draw(SEED, START | state, SIZE)
    return np.abs(first.astype(int) - then).mean()


# What the knobs mean


@pytest.mark.parametrize("name", KNOBS)
def test_every_knob_changes_the_picture(name):
    knob = KNOBS[name]
    assert changed({name: knob.high if knob.high != knob.start else knob.low}) > 0.05
    assert changed({name: knob.start}) == 0


@pytest.mark.parametrize("name", KNOBS)
def test_knobs_start_inside_their_range(name):
    knob = KNOBS[name]
    assert knob.low <= knob.start <= knob.high and knob.step > 0 and knob.label


def test_the_scene_says_what_the_knobs_say():
    scene = scene_of(START | {"yaw": 20.0, "gaze up": -5.0, "AU12": 0.5})
    assert (scene.yaw, scene.gaze) == (20, (0, -5))
    assert scene.expression == {"mouthSmileLeft": 0.5, "mouthSmileRight": 0.5}


def test_the_light_comes_from_where_the_knobs_say():
    turned = {"light turn": 90.0, "light height": 0.0}
    assert scene_of(START | turned).light.direction == pytest.approx((1, 0, 0), abs=1e-6)
    raised = {"light turn": 0.0, "light height": 60.0}
    assert scene_of(START | raised).light.direction == pytest.approx((0, 0.866, 0.5), abs=1e-3)


def test_nothing_turned_is_the_person_of_the_seed():
    assert panels.person_of(SEED, START) == Person.from_seed(SEED)


def test_a_component_moves_a_person_along_that_component():
    model, person = load_model(), Person.from_seed(SEED)
    for k, change in enumerate(component_weights()):
        moved = model.shape(person.weights + change) - model.shape(person.weights)
        along = model.components.astype(float) @ moved.ravel() / model.deviations
        assert along[k] == pytest.approx(1, abs=0.25)
        assert np.abs(np.delete(along, k)).max() < 0.5


def test_each_action_unit_has_a_name_and_its_units():
    whole = {name for name in ACTION_UNITS if name[-1] not in "LR"}
    assert set(AU_NAMES) == whole - {*AU_OF_BOTH}  # those are shown by two others at once
    units = [unit for au in AU_NAMES for unit in units_of(au)]
    assert sorted(units) == sorted(set(AU_OF_UNIT) - set(NO_AU))
    assert set(ON_SLIDERS) <= whole


def test_words_name_what_is_turned_and_nothing_else():
    assert words(3, START) == "Person 3 of the studio: as they come."
    said = words(3, START | {"yaw": 20.0, "AU12": 0.5})
    assert said == "Person 3 of the studio: AU12 lip corner puller 0.5, yaw 20."


# The picture


def test_the_picture_has_alt_text_and_a_fixed_size():
    tag = image_tag(draw(SEED, START, SIZE), 'A "face"')
    assert tag.startswith('<img alt="A &quot;face&quot;" width="64" height="64"')
    assert lint.image_alts(tag) == ['A "face"']


def test_the_picture_is_that_of_the_studio():
    import base64

    data = image_tag(draw(SEED, START, SIZE), "x").partition("base64,")[2].rstrip('">')
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))), int)
    drawn = render(Person.from_seed(SEED), scene_of(START), SIZE).image
    assert np.abs(shown - drawn).mean() < 4  # JPEG


# The panel


def test_a_slider_changes_the_picture(knobs):
    before = knobs.picture.value
    knobs.sliders["yaw"].value = 30
    assert knobs.picture.value != before
    assert "yaw 30" in knobs.picture.value
    knobs.sliders["yaw"].value = 0
    assert knobs.picture.value == before


def test_start_again_turns_everything_back_and_draws_once(knobs):
    before = knobs.picture.value
    knobs.turn({"yaw": 30, "AU27": 1.0, "component 2": -2.0})
    assert knobs.picture.value != before
    drawn = len(knobs.seconds)
    knobs.again.click()
    assert knobs.state == START and knobs.picture.value == before
    assert len(knobs.seconds) == drawn + 1


def test_what_was_made_can_be_drawn_elsewhere(knobs):
    knobs.turn({"yaw": 12, "component 1": 1.0})
    again = render(knobs.person, knobs.scene, SIZE).image
    assert np.array_equal(again, draw(SEED, knobs.state, SIZE))
    assert knobs.scene.yaw == 12


def test_every_slider_says_what_it_does_in_its_group(knobs):
    for name, knob in KNOBS.items():
        slider = knobs.sliders[name]
        assert slider.description == knob.label
        assert (slider.min, slider.max, slider.value) == (knob.low, knob.high, knob.start)
    groups = {knob.group for knob in KNOBS.values()}
    assert all(any(group in box for box in texts_of(knobs.widget)) for group in groups)


def texts_of(widget):
    """All HTML inside a box."""
    inner = [text for child in getattr(widget, "children", ()) for text in texts_of(child)]
    return inner + ([widget.value] if isinstance(getattr(widget, "value", None), str) else [])


def test_the_panel_is_shown_as_widgets_and_as_a_grid_for_those_who_cannot(knobs):
    bundle = knobs._repr_mimebundle_()
    assert bundle[WIDGET]["model_id"] == knobs.widget.model_id
    assert lint.image_alts(bundle["text/html"]) == [bundle["text/plain"]]
    assert bundle["text/plain"].startswith("Person 7 ten times")


def test_the_grid_shows_another_thing_in_each_picture():
    pictures = [draw(SEED, START | turned, SIZE).astype(int) for turned in EXAMPLES]
    for n, picture in enumerate(pictures):
        assert all(np.abs(picture - other).mean() > 0.1 for other in pictures[:n])


@pytest.fixture
def no_ipywidgets(monkeypatch):
    """An import of ipywidgets fails as where it is not installed."""
    known = builtins.__import__

    def refuse(name, *rest, **named):
        if name.partition(".")[0] == "ipywidgets":
            raise ImportError(f"No module named {name!r}")
        return known(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", refuse)


def test_without_ipywidgets_there_is_the_grid(no_ipywidgets):
    shown = panel(SEED, SIZE)
    assert type(shown) is Grid and not hasattr(shown, "sliders")
    bundle = shown._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert lint.image_alts(bundle["text/html"])[0]


def test_with_ipywidgets_there_are_sliders():
    assert type(panel(SEED, SIZE)) is Panel


# ipywidgets 7.7, as on Colab

IN_THE_OLD = """
import ipywidgets, numpy as np
from facelab.course.panel import panel, WIDGET
assert ipywidgets.__version__.startswith("7.7"), ipywidgets.__version__
knobs = panel(7, 64)
before = knobs.picture.value
knobs.sliders["yaw"].value = 30
assert knobs.picture.value != before
knobs.again.click()
assert knobs.picture.value == before
print(sorted(knobs._repr_mimebundle_()))
"""


@pytest.mark.elsewhere
def test_the_panel_works_with_ipywidgets_7(tmp_path):
    """A small environment with ipywidgets 7.7 in front of this one's packages."""
    folder = "Scripts" if os.name == "nt" else "bin"
    python = tmp_path / "old" / folder / "python"
    do(uv(), "venv", "--quiet", "--python", sys.executable, tmp_path / "old")
    do(uv(), "pip", "install", "--quiet", "--python", python, "ipywidgets==7.7.1")
    kept = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"],
        capture_output=True,
        text=True,
        check=True,
    )
    here = Path(np.__file__).parents[1]
    (Path(kept.stdout.strip()) / "here.pth").write_text(f"{here}\n", encoding="utf-8")
    done = subprocess.run(
        [str(python), "-c", IN_THE_OLD],
        capture_output=True,
        text=True,
        timeout=600,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    assert WIDGET in done.stdout
