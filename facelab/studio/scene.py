"""Everything in a picture that is not the person: expression, pose, gaze, light, camera, clothes,
background."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from math import hypot

import numpy as np

from .errors import StudioError, number, numbers, require, whole_number
from .facs import UNITS
from .moods import mood

BACKGROUNDS = ("plain", "gradient", "room", "outdoor", "wall", "noise")
CLOTHES = ("crew", "vneck", "turtleneck", "shirt", "hoodie")
OCCLUDERS = ("hand", "glasses", "hair", "microphone")
BRIGHTEST = 1000.0  # radiance of a light
KNOWN_UNITS = frozenset(UNITS)


@dataclass(frozen=True)
class Light:
    """A key light over a sky-and-ground ambient, all in linear light.

    Attributes
    ----------
    direction : (x, y, z), towards the light, in camera space (x right, y up, z to the camera); any
        length but zero
    colour : (r, g, b) in [0, 1000], the key light's radiance; about 2 gives a normal exposure
    sky, ground : (r, g, b) in [0, 1000], ambient from above and from below
    fill : (r, g, b) in [0, 1000], a weak light from the camera's side opposite the key
    softness : float in [0, 1], width of the shadow's edge
    flat : bool, True shows the albedo without any shading (to test colours and flow)
    """

    direction: tuple = (0.45, 0.55, 0.8)
    colour: tuple = (2.0, 1.9, 1.78)
    sky: tuple = (0.55, 0.6, 0.68)
    ground: tuple = (0.3, 0.25, 0.22)
    fill: tuple = (0.25, 0.26, 0.3)
    softness: float = 0.6
    flat: bool = False

    def __post_init__(self):
        for name in ("direction", "colour", "sky", "ground", "fill"):
            low, high = (-1e6, 1e6) if name == "direction" else (0, BRIGHTEST)
            value = numbers(f"Light.{name}", getattr(self, name), 3, low, high)
            object.__setattr__(self, name, tuple(float(v) for v in value))
        require(
            hypot(*self.direction) > 1e-6,
            "Light.direction must not be (0, 0, 0): give the direction towards the light.",
        )
        number("Light.softness", self.softness, 0, 1)
        require(
            isinstance(self.flat, bool | np.bool_),
            f"Light.flat must be True or False, got {self.flat!r}.",
        )


RIGS = {
    "soft": Light(),
    "studio": Light(
        (-0.65, 0.5, 0.75),
        (2.3, 2.2, 2.1),
        (0.38, 0.4, 0.45),
        (0.2, 0.18, 0.17),
        (0.55, 0.55, 0.6),
        0.35,
    ),
    "side": Light(
        (0.95, 0.3, 0.35),
        (2.9, 2.6, 2.25),
        (0.2, 0.23, 0.3),
        (0.12, 0.1, 0.09),
        (0.1, 0.11, 0.14),
        0.25,
    ),
    "flat": Light(flat=True),
}


@dataclass(frozen=True)
class Camera:
    """A camera on the head's height that keeps the head's size whatever its focal length.

    Attributes
    ----------
    focal : float, mm for a 24 mm high sensor; 85 is a portrait lens, 24 stands close and distorts
    field : float, mm of the scene that the picture's height covers at the eyes' depth
    x, y : float, mm by which the camera is moved sideways and up (the head moves the other way)
    blur : float in [0, 1], depth-of-field blur of the background
    noise : float in [0, 1], sensor noise; .2 is a good indoor photo
    jpeg : int in [1, 100] or None, JPEG quality of the picture; None leaves it uncompressed
    """

    focal: float = 70.0
    field: float = 330.0
    x: float = 0.0
    y: float = -22.0
    blur: float = 0.5
    noise: float = 0.0
    jpeg: int | None = None

    def __post_init__(self):
        number("Camera.focal", self.focal, 12, 600, " mm")
        number("Camera.field", self.field, 80, 3000, " mm")
        for name in ("x", "y"):
            number(f"Camera.{name}", getattr(self, name), -10_000, 10_000, " mm")
        for name in ("blur", "noise"):
            number(f"Camera.{name}", getattr(self, name), 0, 1)
        if self.jpeg is not None:
            whole_number("Camera.jpeg (or None)", self.jpeg, 1, 100)

    @property
    def distance(self):
        """Distance from the camera to the eyes in mm."""
        return self.focal * self.field / 24.0


# How often ``Scene.random`` draws each mood.
MOOD_SHARES = {
    "neutral": 0.22,
    "smile": 0.2,
    "laugh": 0.1,
    "sadness": 0.08,
    "anger": 0.07,
    "surprise": 0.07,
    "disgust": 0.05,
    "talk": 0.12,
    "kiss": 0.04,
    "blink": 0.03,
    "wink": 0.02,
}
MOOD_STRENGTHS = 0.25, 0.8  # people seldom show all that they feel


@dataclass(frozen=True)
class Scene:
    """Everything else than the person.

    Two scenes are equal when all their fields are, and such scenes have one hash: do not write
    into the expression or the background of a scene that is already a key of a dict.

    Attributes
    ----------
    expression : dict, ARKit unit name -> weight in [0, 1]; units left out are 0. The scene keeps a
        copy.
    yaw, pitch, roll : float, degrees; positive yaw turns the face to the picture's right,
        positive pitch looks up, positive roll tilts the head clockwise in the picture
    gaze : (float, float), degrees of the eyes against the head, right in the picture and up
    light : name of a rig (``RIGS``) or Light
    camera : Camera
    clothes : name (``CLOTHES``)
    clothes_colour : (r, g, b) in [0, 1] or None, drawn from the seed
    background : name (``BACKGROUNDS``) or an image (H,W,3) uint8
    occluder : None or name (``OCCLUDERS``)
    pulse : float in [-1, 1], blood in the skin now against its mean (1 raises green absorption by
        .8 %)
    seed : int >= 0, decides what is left open: details of clothes, background, occluder and the
        sensor's noise

    Raises
    ------
    StudioError
        A value outside its range, an unknown name; the message lists what there is.
    """

    expression: dict = field(default_factory=dict)
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    gaze: tuple = (0.0, 0.0)
    light: object = "soft"
    camera: Camera = Camera()
    clothes: str = "crew"
    clothes_colour: tuple | None = None
    background: object = "gradient"
    occluder: str | None = None
    pulse: float = 0.0
    seed: int = 0

    def __post_init__(self):
        object.__setattr__(self, "expression", _checked_expression(self.expression))
        for name, limit in (("yaw", 180), ("pitch", 90), ("roll", 180)):
            number(f"Scene.{name}", getattr(self, name), -limit, limit, " degrees")
        gaze = numbers("Scene.gaze", self.gaze, 2, -60, 60, " degrees")
        object.__setattr__(self, "gaze", gaze)
        if not isinstance(self.light, Light):
            _one_of("light", self.light, RIGS)
        require(
            isinstance(self.camera, Camera),
            f"Scene.camera must be a Camera, got {type(self.camera).__name__}.",
        )
        _one_of("clothes", self.clothes, CLOTHES)
        if self.clothes_colour is not None:
            colour = numbers("Scene.clothes_colour (or None)", self.clothes_colour, 3, 0, 1)
            object.__setattr__(self, "clothes_colour", colour)
        if isinstance(self.background, str):
            _one_of("background", self.background, BACKGROUNDS)
        else:
            _check_picture(self.background)
        _one_of("occluder", self.occluder, (None, *OCCLUDERS))
        number("Scene.pulse", self.pulse, -1, 1)
        whole_number("Scene.seed", self.seed)

    def __eq__(self, other):
        """Whether all fields are the same, a background picture pixel by pixel."""
        return self._key() == other._key() if isinstance(other, Scene) else NotImplemented

    def __hash__(self):
        return hash(self._key())

    def _key(self):
        """All fields in a form that can be compared and hashed."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        values["expression"] = frozenset(self.expression.items())
        if not isinstance(self.background, str):
            values["background"] = self.background.shape, self.background.tobytes()
        return tuple(values.values())

    @property
    def rig(self):
        """The Light itself, also where ``light`` is a rig's name."""
        return self.light if isinstance(self.light, Light) else RIGS[self.light]

    def with_(self, **changes):
        """A copy with some fields changed: ``scene.with_(yaw=30)``."""
        unknown = set(changes) - {f.name for f in fields(self)}
        require(
            not unknown, f"Scene has no {sorted(unknown)}; it has {[f.name for f in fields(self)]}."
        )
        return replace(self, **changes)

    @classmethod
    def random(cls, rng, yaw=30.0):
        """Draw a scene.

        Yaw ~ N(0, 12) and pitch ~ N(0, 6) degrees cut at ``yaw`` and 15, roll ~ N(0, 4); a mood
        with its weights times U(.25, .8) plus faint units everywhere; gaze ~ N(0, 8); light one of
        the three rigs or a free key light; a lens of 50 to 135 mm; clothes, colour and background
        uniform; no occluder.

        Parameters
        ----------
        rng : numpy.random.Generator
        yaw : float in [0, 180], greatest yaw to either side in degrees
        """
        require(
            isinstance(rng, np.random.Generator),
            "Scene.random needs a numpy Generator: np.random.default_rng(seed).",
        )
        number("yaw", yaw, 0, 180, " degrees")
        return cls(
            expression=_random_expression(rng),
            yaw=float(np.clip(rng.normal(0, 12), -yaw, yaw)),
            pitch=float(np.clip(rng.normal(0, 6), -15, 15)),
            roll=float(np.clip(rng.normal(0, 4), -12, 12)),
            gaze=tuple(float(g) for g in np.clip(rng.normal(0, 8, 2), -25, 25)),
            light=_random_light(rng),
            camera=_random_camera(rng),
            clothes=str(rng.choice(CLOTHES)),
            background=str(rng.choice(BACKGROUNDS)),
            seed=int(rng.integers(2**31)),
        )


def _one_of(what, value, known):
    if not isinstance(value, str | None) or value not in tuple(known):
        raise StudioError(f"Unknown {what} {value!r}: choose one of {', '.join(map(repr, known))}.")


def _check_picture(picture):
    ok = isinstance(picture, np.ndarray) and picture.dtype == np.uint8 and picture.ndim == 3
    ok = ok and picture.shape[2] == 3 and picture.size > 0
    names = ", ".join(map(repr, BACKGROUNDS))
    require(ok, f"A background must be {names}, or a uint8 RGB array of shape (H, W, 3).")


def _checked_expression(expression):
    """A copy of an expression whose names and weights can be used."""
    example = '{"jawOpen": 0.5}'
    require(
        isinstance(expression, Mapping),
        f"Scene.expression must be a dict such as {example}, got {expression!r}.",
    )
    for unit, weight in expression.items():
        if unit not in KNOWN_UNITS:
            names = "the 52 names are in facelab.studio.UNITS"
            raise StudioError(f"Unknown expression unit {unit!r}: {names}.")
        number(f"Scene.expression[{unit!r}]", weight, 0, 1)
    return dict(expression)


def _random_expression(rng):
    name = str(rng.choice(list(MOOD_SHARES), p=list(MOOD_SHARES.values())))
    made = mood(name, rng.uniform(*MOOD_STRENGTHS))
    faint = {
        u: float(rng.exponential(0.03))
        for u in UNITS
        if rng.random() < 0.25 and u not in ("tongueOut", "mouthClose")
    }
    mixed = {u: min(1.0, faint.get(u, 0) + made.get(u, 0)) for u in {*faint, *made}}
    return {u: mixed[u] for u in UNITS if mixed.get(u, 0) > 0.01}


def _random_light(rng):
    if rng.random() < 0.5:
        return str(rng.choice(["soft", "studio", "side"], p=[0.5, 0.35, 0.15]))
    turn, height = np.radians(rng.uniform(-60, 60)), np.radians(rng.uniform(5, 50))
    direction = (np.sin(turn) * np.cos(height), np.sin(height), np.cos(turn) * np.cos(height))
    warm, power = rng.uniform(-0.12, 0.12), rng.uniform(1.5, 2.4)
    return Light(
        tuple(direction),
        (power * (1 + warm), power, power * (1 - warm)),
        softness=float(rng.uniform(0.2, 1)),
    )


def _random_camera(rng):
    return Camera(
        focal=float(np.exp(rng.uniform(np.log(50), np.log(135)))),
        field=float(rng.uniform(290, 370)),
        x=float(rng.normal(0, 8)),
        y=float(-22 + rng.normal(0, 8)),
        blur=float(rng.uniform(0.2, 1)),
        noise=float(rng.uniform(0, 0.3)),
        jpeg=int(rng.integers(70, 98)),
    )
