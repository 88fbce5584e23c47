"""A person to move with sliders: ``panel()`` in a cell.

Who (principal components), expression (action units), pose, gaze and light. Works with ipywidgets
7.7 and 8, by mouse and by keyboard (Tab to a slider, then the arrow keys). Where widgets are
missing or are not shown (a web page, a printed chapter, no ipywidgets) a grid of pictures stands in
their place. What a panel draws is a pure function of its knobs: ``draw``.
"""

import base64
import html
import io
import time
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

from facelab.course.figures import compose, encode, figure_html
from facelab.studio import Camera, Light, Person, Scene, load_model, render
from facelab.studio.draft import Draft
from facelab.studio.facs import AU_OF_UNIT
from facelab.studio.shape import SPREADS, sample_weights

AU_NAMES = {
    "AU1": "inner brow raiser",
    "AU2": "outer brow raiser",
    "AU4": "brow lowerer",
    "AU5": "upper lid raiser",
    "AU6": "cheek raiser",
    "AU7": "lid tightener",
    "AU9": "nose wrinkler",
    "AU10": "upper lip raiser",
    "AU12": "lip corner puller",
    "AU14": "dimpler",
    "AU15": "lip corner depressor",
    "AU16": "lower lip depressor",
    "AU17": "chin raiser",
    "AU18": "lip pucker",
    "AD19": "tongue show",
    "AU20": "lip stretcher",
    "AU22": "lip funneler",
    "AU24": "lip pressor",
    "AU27": "mouth stretch",
    "AU28": "lip suck",
    "AU29": "jaw thrust",
    "AU30": "jaw sideways",
    "AU34": "puff",
    "AU45": "blink",
    "AU61": "eyes turn left",
    "AU62": "eyes turn right",
    "AU63": "eyes up",
    "AU64": "eyes down",
}
ON_SLIDERS = ("AU1", "AU4", "AU9", "AU12", "AU15", "AU18", "AU27", "AU45")
COMPONENTS = 6
SAMPLE = 300  # people from whom the meaning of a component in target weights is learned
QUALITY = 88
VIEW = {
    "camera": Camera(field=250, y=-14),
    "background": "plain",
    "clothes": "turtleneck",
}
WIDGET = "application/vnd.jupyter.widget-view+json"


@dataclass(frozen=True)
class Knob:
    """One number that can be turned: its group and label, its range, and where it starts."""

    name: str
    group: str
    label: str
    low: float
    high: float
    step: float
    start: float = 0.0


def _knobs():
    for k in range(1, COMPONENTS + 1):
        yield Knob(f"component {k}", "Who (standard deviations)", f"component {k}", -3, 3, 0.1)
    for au in ON_SLIDERS:
        yield Knob(au, "Expression (weights)", f"{au} {AU_NAMES[au]}", 0, 1, 0.05)
    for name, reach in (("yaw", 75), ("pitch", 30), ("roll", 40)):
        yield Knob(name, "Head (degrees)", name, -reach, reach, 1)
    yield Knob("gaze right", "Gaze (degrees)", "to the right", -35, 35, 1)
    yield Knob("gaze up", "Gaze (degrees)", "up", -25, 25, 1)
    yield Knob("light turn", "Light (degrees)", "from the side", -120, 120, 5, 30)
    yield Knob("light height", "Light (degrees)", "from above", -60, 85, 5, 30)


KNOBS = {knob.name: knob for knob in _knobs()}
START = {name: knob.start for name, knob in KNOBS.items()}


def units_of(au):
    """The ARKit units that stand for an action unit without a side, as ``"AU12"``."""
    return [unit for unit, name in AU_OF_UNIT.items() if name and name.rstrip("LR") == au]


@cache
def component_weights():
    """What one standard deviation of the first components is in target weights: (6, n) float.

    A component is a mixture of freely drawn shapes, so the same mixture of their weights makes it.
    """
    model, rng = load_model(), np.random.default_rng(3)
    one_sided = set(model.one_sided.tolist())
    weights = np.array(
        [sample_weights(rng, model.names, one_sided, spreads=SPREADS) for _ in range(SAMPLE)]
    )
    fields = np.stack([model.centred(field) for field in model.targets])
    components = model.components[:COMPONENTS].astype(np.float32)
    slopes = fields.reshape(len(fields), -1) @ components.T
    scores = weights @ slopes / model.deviations[:COMPONENTS]
    scores -= scores.mean(0)
    return scores.T @ (weights - weights.mean(0)) / SAMPLE


def person_of(seed, state):
    """Person ``seed``, moved along the components; drawn in a hurry when moved at all."""
    person = Person.from_seed(seed)
    along = np.array([state[f"component {k}"] for k in range(1, COMPONENTS + 1)])
    return Draft.of(person, person.weights + along @ component_weights()) if any(along) else person


def scene_of(state):
    """The scene that the knobs say."""
    turn, height = np.radians([state["light turn"], state["light height"]])
    light = np.sin(turn) * np.cos(height), np.sin(height), np.cos(turn) * np.cos(height)
    return Scene(
        expression={unit: state[au] for au in ON_SLIDERS for unit in units_of(au) if state[au]},
        gaze=(state["gaze right"], state["gaze up"]),
        light=Light(direction=light),
        **VIEW,
        **{angle: state[angle] for angle in ("yaw", "pitch", "roll")},
    )


def draw(seed, state, size=256):
    """The picture (size, size, 3) uint8 of person ``seed`` with the knobs at ``state``."""
    return render(person_of(seed, state), scene_of(state), size).image


def words(seed, state):
    """What the picture shows, in words: every knob that is not where it starts."""
    turned = [
        f"{KNOBS[name].label} {value:g}" for name, value in state.items() if value != START[name]
    ]
    return f"Person {seed} of the studio: {', '.join(turned) or 'as they come'}."


EXAMPLES = (
    {},
    {"component 1": -2.0},
    {"component 1": 2.0},
    {"component 2": -2.0},
    {"component 2": 2.0},
    {"AU12": 0.9},
    {"AU27": 0.8, "AU1": 0.8},
    {"yaw": 35.0},
    {"gaze right": 30.0},
    {"light turn": -85.0},
)


def grid(seed, size=160, columns=5):
    """HTML of ten pictures of person ``seed``, each with one knob turned."""
    pictures = [draw(seed, START | turned, size) for turned in EXAMPLES]
    titles = [", ".join(f"{k} {v:+g}" for k, v in turned.items()) or "start" for turned in EXAMPLES]
    alt = f"Person {seed} ten times, with another slider moved in each. {'; '.join(titles)}."
    caption = "What the sliders do. They move where Python runs and ipywidgets is installed."
    return figure_html(encode(compose(pictures, titles, columns)), alt, caption), alt


def image_tag(picture, alt):
    """HTML of a picture: JPEG, of fixed size so that the page stays still while it changes."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=QUALITY)
    data = base64.b64encode(file.getvalue()).decode()
    height, width = picture.shape[:2]
    return (
        f'<img alt="{html.escape(alt)}" width="{width}" height="{height}" decoding="sync" '
        f'src="data:image/jpeg;base64,{data}">'
    )


class Grid:
    """The pictures that stand where no sliders can."""

    def __init__(self, seed):
        self.html, self.alt = grid(seed)

    def _repr_mimebundle_(self, **_):
        return {"text/html": self.html, "text/plain": self.alt}


class Panel(Grid):
    """Sliders beside a picture, and the grid for pages that cannot show sliders.

    Attributes
    ----------
    sliders : dict, name of a knob -> ipywidgets slider; set ``sliders["yaw"].value`` from code
    picture : ipywidgets.HTML
    seconds : list of float, how long each redraw took
    """

    def __init__(self, seed=7, size=256):
        import ipywidgets as widgets

        super().__init__(seed)
        self.seed, self.size, self.seconds, self.still = seed, size, [], False
        self.sliders = {name: _slider(widgets, knob) for name, knob in KNOBS.items()}
        self.picture = widgets.HTML()
        self.again = widgets.Button(description="Start again")
        self.again.on_click(lambda _: self.turn(START))
        for slider in self.sliders.values():
            slider.observe(self._redraw, "value")
        self.widget = _arranged(widgets, self)
        self._redraw()

    @property
    def state(self):
        """Name of each knob -> its value now, without what a browser's rounding adds."""
        return {name: round(slider.value, 6) for name, slider in self.sliders.items()}

    @property
    def person(self):
        """The person as moved, to be used elsewhere: ``render(knobs.person, knobs.scene)``."""
        return person_of(self.seed, self.state)

    @property
    def scene(self):
        """The scene as set."""
        return scene_of(self.state)

    def turn(self, state):
        """Set several knobs, and redraw once."""
        self.still = True
        for name, value in state.items():
            self.sliders[name].value = value
        self.still = False
        self._redraw()

    def _redraw(self, _=None):
        if self.still:
            return
        began, state = time.perf_counter(), self.state
        picture = draw(self.seed, state, self.size)
        self.picture.value = image_tag(picture, words(self.seed, state))
        self.seconds.append(time.perf_counter() - began)

    def _repr_mimebundle_(self, **_):
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        return {WIDGET: view} | super()._repr_mimebundle_()


BESIDE = ("Who (standard deviations)", "Expression (weights)")  # groups right of the picture


def _slider(widgets, knob):
    named, wide = ("175px", "480px") if knob.group in BESIDE else ("90px", "290px")
    return widgets.FloatSlider(
        value=knob.start,
        min=knob.low,
        max=knob.high,
        step=knob.step,
        description=knob.label,
        readout_format=".0f" if knob.step >= 1 else ".2f",
        style={"description_width": named},
        layout={"width": wide},
    )


def _arranged(widgets, panel):
    """Picture, button and the small groups in one column, the large groups in another."""
    groups = {knob.group: [] for knob in KNOBS.values()}
    for name, knob in KNOBS.items():
        groups[knob.group].append(panel.sliders[name])
    boxes = {
        group: widgets.VBox([widgets.HTML(f"<strong>{html.escape(group)}</strong>"), *sliders])
        for group, sliders in groups.items()
    }
    right = [boxes.pop(group) for group in BESIDE]
    left = widgets.VBox([panel.picture, panel.again, *boxes.values()])
    return widgets.HBox([left, widgets.VBox(right)], layout={"flex_flow": "row wrap"})


def panel(seed=7, size=256):
    """Sliders that move a person who does not exist.

    Parameters
    ----------
    seed : int
        Who: ``Person.from_seed(seed)``.
    size : int
        Height and width of the picture in pixels; a smaller one is redrawn faster.

    Returns
    -------
    Panel, or Grid where ipywidgets is not installed: let it be the last line of a cell
    """
    try:
        return Panel(seed, size)
    except ImportError:
        return Grid(seed)
