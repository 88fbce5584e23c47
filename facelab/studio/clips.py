"""Performances: what a face does over a few seconds, as one Scene per frame.

Every movement is a smooth function of time that is only sampled at the end, so a performance is the
same at every frame rate. Lids, gaze and head follow what is known of people: 2 to 5 s between
blinks, eyes that leap and a head that follows. Where mouths go in speech is told in ``speech``.
"""

from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np

from .errors import StudioError, number, require, whole_number
from .facs import UNITS
from .person import Person
from .scene import Scene
from .speech import articulate, utter

BLINK = (0.1, 0.05, 0.17)  # seconds in which a lid closes, stays closed and opens
SACCADE = (0.04, 0.0025)  # seconds that a leap of the eyes takes, and for each degree besides
MOST_FRAMES = 20_000
FASTEST, LONGEST = 1000, 100_000  # frames a second and seconds
GAZE = {"gaze_right": 35.0, "gaze_up": 25.0}  # degrees that eyes turn at most


def clip(person=None, driver="talk", fps=25, seconds=2.0, seed=0, scene=None):
    """Perform: a list of scenes that differ in expression, head pose, gaze and pulse only.

    The scenes hold nothing of the person, so any person can be rendered in them: that is what a
    reenactment's truth is.

    Parameters
    ----------
    person : Person, optional
        Whose manner it is: how fast they talk, how far they move, how often they blink. Two people
        perform the same seed differently. None is everybody's average.
    driver : "talk", "smile", "look around" (or "look_around"), "blink" or "mixed"
    fps : float in [0.001, 1000], frames a second
    seconds : float in [0.001, 100000]
        Length; the clip has ``round(fps * seconds)`` frames, at least one.
    seed : int >= 0, which performance
    scene : Scene, optional
        Light, camera, clothes, background, occluder and seed of the clip, and the pose, gaze,
        expression and pulse about which the performance moves. Default: ``Scene(seed=seed)``.
        Eyes stay within 35 degrees to the sides and 25 up and down.

    Returns
    -------
    list of Scene

    Raises
    ------
    StudioError
        An unknown driver, a person, rate, length, seed or scene that cannot be used, or more than
        20,000 frames.
    """
    perform = _driver(driver)
    _check(person, fps, seconds, seed)
    scene = Scene(seed=seed) if scene is None else scene
    require(isinstance(scene, Scene), f"clip needs a Scene, got {type(scene).__name__}.")
    act = Act.begin(fps, seconds, seed, style_of(person))
    perform(act)
    return act.scenes(scene)


def _driver(name):
    plain = name.replace("_", " ") if isinstance(name, str) else None
    if plain not in DRIVERS:
        known = ", ".join(map(repr, DRIVERS))
        raise StudioError(f"Unknown driver {name!r}: choose one of {known}.")
    return DRIVERS[plain]


def _check(person, fps, seconds, seed):
    nobody = f"clip needs a Person, or None for an average manner, got {type(person).__name__}."
    require(person is None or isinstance(person, Person), nobody)
    number("A clip's fps", fps, 0.001, FASTEST)
    number("A clip's seconds", seconds, 0.001, LONGEST)
    long = f"A clip of {fps * seconds:.0f} frames is too long: at most {MOST_FRAMES}."
    require(fps * seconds <= MOST_FRAMES, long)
    whole_number("A clip's seed", seed)


# ---------------------------------------------------------------------------------------------
# Manner


@dataclass(frozen=True)
class Style:
    """Somebody's manner, as factors about 1; a ``key`` for all else that they do in their own way.

    ``lean`` in [-1, 1] says which corner of the mouth leads, ``heart`` is in beats a second.
    """

    key: int = 0
    tempo: float = 1.0
    mouth: float = 1.0
    brows: float = 1.0
    head: float = 1.0
    blinks: float = 1.0
    lean: float = 0.0
    heart: float = 1.1


def style_of(person):
    """The manner of a person, drawn from who they are; the average one for None."""
    if person is None:
        return Style()
    key = crc32(np.asarray(person.weights, "<f4").tobytes())
    rng = np.random.default_rng(key)
    factors = np.exp(rng.normal(0, (0.12, 0.12, 0.35, 0.3, 0.3))).clip(0.5, 1.8)
    return Style(key, *factors.tolist(), lean=rng.uniform(-0.6, 0.6), heart=rng.uniform(0.9, 1.5))


# ---------------------------------------------------------------------------------------------
# Smooth functions of time; ``t`` is (n,) seconds


def ease(t):
    """From 0 before t = 0 to 1 after t = 1, starting and ending at rest (minimum jerk)."""
    t = np.clip(t, 0, 1)
    return t**3 * (10 + t * (6 * t - 15))


def drift(rng, t, period):
    """A smooth wander (n,) about 0 with a spread of about 1: a cubic B-spline of random knots."""
    u = t / period + 1
    cell = np.floor(u).astype(int)
    knots = rng.normal(0, 1.6, cell[-1] + 4)
    f = u - cell
    basis = ((1 - f) ** 3, 3 * f**3 - 6 * f**2 + 4, 1 + 3 * f + 3 * f**2 - 3 * f**3, f**3)
    return np.clip(sum(b / 6 * knots[cell + i] for i, b in enumerate(basis)), -2.5, 2.5)


def bump(t, start, rise, hold, fall):
    """From 0 up to 1 in ``rise`` seconds after ``start``, held, and down again."""
    return ease((t - start) / rise) - ease((t - start - rise - hold) / fall)


def steps(t, times, values, duration):
    """A value (n,) that moves from each of ``values`` to the next at ``times``.

    ``duration`` is in seconds, one for all moves or one for each.
    """
    leaps = np.diff(values)
    durations = np.broadcast_to(duration, leaps.shape)
    moves = zip(times, leaps, durations, strict=True)
    return values[0] + sum(leap * ease((t - at) / lasts) for at, leap, lasts in moves)


def leap_eyes(t, times, targets):
    """Eyes (degrees) that leap to the ``targets``; wide leaps take longer (the main sequence)."""
    least, each = SACCADE
    return steps(t, times, targets, least + each * np.abs(np.diff(targets)))


def intervals(rng, end, least, most, first=None):
    """Times from 0 to ``end`` that lie ``least`` to ``most`` seconds apart."""
    times, at = [], rng.uniform(0.2 * least, most) if first is None else first
    while at < end:
        times.append(float(at))
        at += rng.uniform(least, most)
    return times


# ---------------------------------------------------------------------------------------------
# The act


@dataclass(frozen=True, eq=False)
class Act:
    """A performance being put together.

    Attributes
    ----------
    t : (n,) seconds, times of the frames
    end : float, seconds that the clip lasts
    seed : int
    style : Style
    units : dict, expression unit -> weights (n,)
    pose : dict, yaw, pitch, roll, gaze_right, gaze_up (degrees) and pulse -> (n,)
    """

    t: np.ndarray
    end: float
    seed: int
    style: Style
    units: dict
    pose: dict

    @classmethod
    def begin(cls, fps, seconds, seed, style):
        """A face at rest, its heart beating."""
        t = np.arange(max(1, round(fps * seconds))) / fps
        still = {name: np.zeros(len(t)) for name in ("yaw", "pitch", "roll", *GAZE, "pulse")}
        act = cls(t, seconds, seed, style, {}, still)
        beat = 2 * np.pi * (style.heart * t + act.rng("heart").random())
        act.pose["pulse"] += 0.75 * np.sin(beat) + 0.2 * np.sin(2 * beat + 0.9)
        return act

    def rng(self, what):
        """A generator of its own for each part of the performance."""
        return np.random.default_rng([self.seed, self.style.key, crc32(what.encode())])

    def add(self, unit, track):
        """Add a track (n,) to a unit, or to both sides of a pair that is named without a side."""
        for name in SIDES.get(unit, (unit,)):
            self.units[name] = self.units.get(name, 0) + track

    def move(self, **tracks):
        """Add tracks (n,) in degrees to yaw, pitch, roll, gaze_right or gaze_up."""
        for name, track in tracks.items():
            self.pose[name] += track

    def scenes(self, base):
        """The scenes, about the pose, gaze and expression of ``base``."""
        start = base.yaw, base.pitch, base.roll, *base.gaze, base.pulse
        moved = {name: at + self.pose[name] for name, at in zip(self.pose, start, strict=True)}
        limits = {"yaw": 180, "pitch": 90, "roll": 180, "pulse": 1, **GAZE}
        held = {name: np.clip(moved[name], -most, most) for name, most in limits.items()}
        weights = self._weights(base.expression)
        return [_scene_at(base, i, weights, held) for i in range(len(self.t))]

    def _weights(self, expression):
        """Unit -> weights (n,) in [0, 1]: what is done on top of a lasting expression."""
        units = self.units | {u: self.units.get(u, 0) + w for u, w in expression.items()}
        return {u: np.clip(track + 0 * self.t, 0, 1) for u, track in units.items()}


# Units that come as a left and a right one, by their common stem; jaw and mouth also shift whole.
STEMS = {unit.removesuffix("Left") for unit in UNITS if unit.endswith("Left")} - {"jaw", "mouth"}
SIDES = {stem: (stem + "Left", stem + "Right") for stem in STEMS}


def _scene_at(base, i, weights, held):
    expression = {u: float(w[i]) for u, w in weights.items() if w[i] > 1e-4}
    at = {name: float(track[i]) for name, track in held.items()}
    gaze = at.pop("gaze_right"), at.pop("gaze_up")
    return replace(base, expression=expression, gaze=gaze, **at)


# ---------------------------------------------------------------------------------------------
# What faces do


def breathe(act, amount=1.0):
    """The small sway of somebody who sits still."""
    rng, size = act.rng("sway"), amount * act.style.head
    for name, degrees, period in (("yaw", 2.4, 1.3), ("pitch", 1.4, 1.1), ("roll", 0.8, 1.6)):
        act.move(**{name: degrees * size * drift(rng, act.t, period)})


def shut_lids(act, at, depth=1.0, pace=1.0):
    """One blink that starts at ``at`` seconds."""
    close, hold, reopen = (pace * seconds for seconds in BLINK)
    lids = depth * bump(act.t, at, close, hold, reopen)
    act.units["eyeBlinkLeft"] = np.maximum(act.units.get("eyeBlinkLeft", 0), lids)
    act.units["eyeBlinkRight"] = np.maximum(act.units.get("eyeBlinkRight", 0), lids)


def blink_now_and_then(act, least=1.8, most=4.5):
    """Blinks as often as people blink while they look at somebody."""
    rng = act.rng("blinks")
    for at in intervals(rng, act.end, least / act.style.blinks, most / act.style.blinks):
        shut_lids(act, at, pace=rng.uniform(0.9, 1.15))


def glance(act, spread=3.0):
    """Small leaps of the eyes about the viewer's face."""
    rng = act.rng("glances")
    times = intervals(rng, act.end, 0.35, 1.3)
    for name, size in (("gaze_right", spread), ("gaze_up", 0.6 * spread)):
        act.move(**{name: leap_eyes(act.t, times, rng.normal(0, size, len(times) + 1))})


def talk(act):
    """Speech: mouth, brows and nods on the stressed syllables, a blink now and then."""
    breathe(act, 1.3)
    glance(act)
    blink_now_and_then(act)
    speak(act)


def blink(act):
    """Blinks of all sorts: single, double, slow and half ones."""
    breathe(act, 0.7)
    glance(act, 2.0)
    rng = act.rng("many blinks")
    for at in intervals(rng, act.end, 0.55, 1.1, rng.uniform(0.1, 0.4)):
        kind = rng.random()
        shut_lids(act, at, 0.6 if kind < 0.15 else 1.0, 1.8 if 0.15 < kind < 0.3 else 1.0)
        if kind > 0.85:
            shut_lids(act, at + sum(BLINK) + 0.05)


def smile(act):
    """Smiles that spread and go: corners, then cheeks and lids, the head a little up."""
    breathe(act)
    glance(act, 2.5)
    blink_now_and_then(act, 2.2)
    rng = act.rng("smile")
    for at in intervals(rng, act.end, 3.2, 5.0, rng.uniform(0.1, 0.35)):
        smile_once(act, rng, at, rng.uniform(0.55, 0.95), rng.uniform(0.4, 1.6))


def smile_once(act, rng, at, strength, hold):
    """One smile of ``strength`` that starts at ``at`` and is held for ``hold`` seconds."""
    rise, fall = rng.uniform(0.45, 0.75), rng.uniform(0.7, 1.2)
    shape = strength * bump(act.t, at, rise, hold, fall)
    eyes = strength * bump(act.t, at + 0.12, rise, hold - 0.1, fall)
    lean = 0.18 * act.style.lean
    act.add("mouthSmileLeft", (1 + lean) * 0.85 * shape)
    act.add("mouthSmileRight", (1 - lean) * 0.85 * shape)
    act.add("cheekSquint", 0.6 * eyes)
    act.add("eyeSquint", 0.35 * eyes)
    act.add("mouthUpperUp", 0.28 * shape)
    act.add("mouthLowerDown", 0.15 * shape)
    act.add("mouthDimple", 0.15 * shape)
    act.add("jawOpen", 0.1 * rng.random() * shape)
    act.move(pitch=2.0 * act.style.head * shape, roll=rng.normal(0, 2.0) * shape)


def look_around(act, spread=1.0):
    """Eyes that leap from place to place, a head that follows, a blink with the wide turns."""
    breathe(act, 0.6)
    rng = act.rng("look")
    times = intervals(rng, act.end, 0.6, 1.5, rng.uniform(0.05, 0.35))
    right = np.clip(rng.normal(0, 22 * spread, len(times) + 1), -42, 42)
    up = np.clip(rng.normal(0, 9 * spread, len(times) + 1), -16, 16)
    right[0] = up[0] = 0
    share = np.clip(0.55 * act.style.head, 0.35, 0.75)
    _follow(act, times, right, share, "gaze_right", "yaw")
    _follow(act, times, up, share, "gaze_up", "pitch")
    _blink_with_turns(act, times, right)
    _brows_with_looks(act, times, up)


def _follow(act, times, targets, share, gaze, head):
    """Eyes reach each target at once; the head brings its share later and eyes turn back by it."""
    eyes = leap_eyes(act.t, times, targets)
    neck = share * steps(act.t, [at + 0.1 for at in times], targets, 0.5)
    act.move(**{gaze: eyes - neck, head: neck})


def _blink_with_turns(act, times, right):
    for at, turn in zip(times, np.abs(np.diff(right)), strict=True):
        if turn > 25:
            shut_lids(act, at - 0.02)


def _brows_with_looks(act, times, up):
    raised = steps(act.t, times, np.clip(up, 0, None) / 16, 0.25)
    act.add("browInnerUp", 0.35 * act.style.brows * raised)
    act.add("browOuterUp", 0.3 * act.style.brows * raised)


def mixed(act):
    """Somebody in conversation: talks, pauses, smiles, looks away and back, blinks."""
    look_around(act, 0.45)
    blink_now_and_then(act)
    speak(act, 0.9)
    rng = act.rng("smile")
    for at in intervals(rng, act.end, 2.6, 5.0, rng.uniform(0.2, 1.0)):
        smile_once(act, rng, at, rng.uniform(0.4, 0.75), rng.uniform(0.3, 1.2))


def speak(act, loudness=1.0):
    """Move the mouth through made-up speech, and brows and head with its stresses."""
    rng = act.rng("speech")
    sounds = utter(rng, act.end + 1, act.style.tempo)
    for unit, track in articulate(sounds, act.t).items():
        act.add(unit, loudness * act.style.mouth * track)
    _lean_mouth(act)
    _stress(act, rng, [s for s in sounds if s.stress > 1.15])


def _lean_mouth(act):
    """Most people draw the mouth to one side as it opens, here by up to a tenth as much."""
    amount = act.units["jawOpen"] * abs(act.style.lean) * 0.15
    act.add("mouthLeft" if act.style.lean > 0 else "mouthRight", amount)


def _stress(act, rng, stressed):
    """Some stressed syllables raise the brows or nod the head, a little before the vowel."""
    for sound in stressed:
        size, kind = rng.uniform(0.4, 1.0), rng.random()
        beat = bump(act.t, sound.middle - 0.18, 0.2, 0.1, 0.35) * size
        if kind < 0.4:
            act.add("browInnerUp", 0.4 * act.style.brows * beat)
            act.add("browOuterUp", 0.35 * act.style.brows * beat)
        elif kind < 0.85:
            nod = act.style.head * beat
            act.move(pitch=-3.0 * nod, yaw=rng.normal(0, 1.5) * nod)
        else:
            act.add("browDown", 0.35 * act.style.brows * beat)


DRIVERS = {"talk": talk, "smile": smile, "look around": look_around, "blink": blink, "mixed": mixed}
