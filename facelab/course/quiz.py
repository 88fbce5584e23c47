"""Riddles for the eye: which mode made this picture, and which of two pictures is the fake?

    quiz = Quiz.drawn(pairs=12)
    show(quiz.pictures, titles=quiz.titles, columns=3, alt="...")
    result = quiz.result("LRLLRRLRLRLL")

What is right is drawn from a seed when the pictures are, and stands in no cell.
"""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import cv2
import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import binomtest

from facelab.blend import swap
from facelab.course.figures01 import true_answer
from facelab.studio import Camera, Person, Scene, render

SIDES = {"L": "left", "R": "right"}
CAST = (1, 3, 4, 7, 9, 11, 20, 25, 28, 32, 37, 38, 39, 40, 42, 47)
SHOWN, QUALITY = 0.8125, 88  # scale and JPEG quality of what is shown, the same for all

MODES = ("transfer", "swap", "gaze", "mouth", "expression", "pose")

ON_PAPER = "Two buttons for each pair stand here while the notebook runs."

# Published: Diel et al. 2024, 56 papers with 86,155 participants; share right and 95 % interval
PUBLISHED = {
    "people, all media": (0.5554, 0.4887, 0.6210),
    "people, still images": (0.5316, 0.4212, 0.6464),
}


class Result(NamedTuple):
    """How many answers were right, of how many, and whose answers they were."""

    right: int
    n: int
    whose: str

    @property
    def row(self):
        """(share right, low, high), with the interval of ``share_interval``."""
        return (self.right / self.n, *share_interval(self.right, self.n))


def share_interval(right, n, level=0.95):
    """Interval (low, high) of a share of which ``right`` of ``n`` were seen (Wilson 1927)."""
    low, high = binomtest(right, n).proportion_ci(level, method="wilson")
    return float(low), float(high)


# Which is the fake?


@dataclass
class Quiz:
    """Pairs of pictures, one of each a fake.

    Attributes
    ----------
    pictures : list of (H,2W,3) uint8, each a pair side by side
    answers : str of "L" and "R", where the fake is
    guesses : dict, number of a pair (from 0) -> "L" or "R", filled by ``buttons``
    untouched : list of (H,W,3) uint8, each fake's A before it was faked
    """

    pictures: list
    answers: str = field(repr=False)
    guesses: dict = field(default_factory=dict)
    untouched: list = field(default_factory=list, repr=False)

    @classmethod
    def drawn(cls, pairs=12, seed=1701, size=256):
        """Draw a quiz: everybody of the cast is once faked, once the source and once left alone.

        Parameters
        ----------
        pairs : int from 3 to 16
        seed : int, who meets whom in which scene, and on which side the fake stands
        size : int, height of a picture in pixels
        """
        if not 3 <= pairs <= len(CAST):
            raise ValueError(f"pairs must lie in 3 to {len(CAST)}, got {pairs}.")
        rng = np.random.default_rng([seed, pairs])
        people = [Person.from_seed(CAST[i]) for i in rng.permutation(len(CAST))[:pairs]]
        faked, sources, honest = _photographed(people, _matched(people), rng, size)
        fakes = [swap(a, to=b, blend="poisson") for a, b in zip(faked, sources, strict=True)]
        sides = rng.choice(list(SIDES), pairs)
        others = np.roll([frame.image for frame in honest], rng.integers(1, pairs), axis=0)
        both = zip(fakes, others, sides, strict=True)
        untouched = [_as_file(frame.image) for frame in faked]
        return cls([_side_by_side(*each) for each in both], "".join(sides), untouched=untouched)

    @property
    def titles(self):
        """One title for each pair."""
        return [f"pair {n}" for n in range(1, len(self.pictures) + 1)]

    @property
    def unmasked(self):
        """Each A untouched, and to the right the fake that was made of it."""
        pairs = zip(self._halves(), self.answers, strict=True)
        fakes = [halves["LR".index(side)] for halves, side in pairs]
        return [np.hstack(both) for both in zip(self.untouched, fakes, strict=True)]

    def result(self, answers=...):
        """Judge answers, and say so; open or odd ones are replaced by those of a machine.

        Parameters
        ----------
        answers : str or list of "L" and "R", one for each pair: where the fake is; ``...`` takes
            what was chosen with the ``buttons``

        Returns
        -------
        Result
        """
        given = self._chosen() if answers is ... else spelled(answers)
        trouble = self._trouble(given)
        if trouble:
            print(f"{trouble} The chapter goes on with the answers of a machine.")
            return Result(self._right(self.by_machine()), len(self.answers), "a machine")
        right = self._right(given)
        print(f"{right} of {len(self.answers)} right. The fakes were: {' '.join(self.answers)}")
        return Result(right, len(self.answers), "you")

    def by_machine(self):
        """The answers of a machine that knows one thing: what was bent and copied is softer."""
        pairs = self._halves()
        return "".join("L" if sharpness(one) < sharpness(two) else "R" for one, two in pairs)

    def buttons(self):
        """Two buttons for each pair, for mouse or keyboard; a sentence where widgets are missing.

        What is chosen is kept in ``guesses``.
        """
        try:
            import ipywidgets
        except ImportError:
            return "There are no buttons here. Write your answers in the next cell."
        rows = type("Buttons", (ipywidgets.VBox,), {"__repr__": lambda self: ON_PAPER})
        return rows([self._choice(ipywidgets, n) for n in range(len(self.answers))])

    def _choice(self, ipywidgets, number):
        chosen = ipywidgets.ToggleButtons(
            options=[("left", "L"), ("right", "R")], value=None, description=f"pair {number + 1}:",
            tooltips=["the left picture is the fake", "the right picture is the fake"],
        )  # fmt: skip
        chosen.observe(lambda change: self.guesses.update({number: change["new"]}), "value")
        return chosen

    def _halves(self):
        return [np.split(picture, 2, axis=1) for picture in self.pictures]

    def _chosen(self):
        return "".join(self.guesses.get(n) or "" for n in range(len(self.answers)))

    def _trouble(self, given):
        """What is wrong with answers, in a sentence; empty when they can be judged."""
        n = len(self.answers)
        if not given:
            return f"Not done yet: write {n} letters, L or R, one for each pair."
        if set(given) - set(SIDES):
            return "An answer is L or R, for the left or the right picture of a pair."
        return "" if len(given) == n else f"{n} answers are needed, here are {len(given)}."

    def _right(self, given):
        return sum(one == other for one, other in zip(given, self.answers, strict=True))


def spelled(answers):
    """Answers as one string of capitals: "l, r", ["left", "right"] and "LR" are the same."""
    words = answers if isinstance(answers, str) else " ".join(map(str, answers))
    words = words.upper().replace("LEFT", "L").replace("RIGHT", "R")
    return "".join(letter for letter in words if letter.isalnum())


def sharpness(image):
    """How much finer the detail is in the middle of a face than beside it."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(float)
    detail = np.abs(cv2.Laplacian(grey, cv2.CV_64F))
    height, width = grey.shape
    middle = detail[int(0.3 * height) : int(0.65 * height), int(0.35 * width) : int(0.65 * width)]
    return middle.mean() / detail.mean()


def _photographed(people, wears, rng, size):
    """Frames to be faked, of those whose faces they get, and to be left alone: three lists.

    Person ``wears[i]`` lends a face to person i, and is taken in the pose and light of i: a faker
    with many pictures of somebody picks the one that fits.
    """
    scenes, honest = [[_calm(rng) for _ in people] for _ in range(2)]
    lent = np.argsort(wears)
    shots = [
        (scenes[n], scenes[lent[n]].with_(expression={}), honest[n]) for n in range(len(people))
    ]
    taken = [
        [render(person, scene, size=size) for scene in three]
        for person, three in zip(people, shots, strict=True)
    ]
    faked, lends, alone = zip(*taken, strict=True)
    return faked, [lends[n] for n in wears], alone


def _calm(rng):
    """A random scene that asks little of a swap: it looks ahead in even light.

    It has no noise and no JPEG yet, so that fakes and others go through the same file later.
    """
    scene = Scene.random(rng, yaw=10)
    camera = replace(scene.camera, noise=0.0, jpeg=None)
    faint = {unit: weight / 2 for unit, weight in scene.expression.items()}
    return scene.with_(camera=camera, pitch=0.0, roll=0.0, light="soft", expression=faint)


def _matched(people):
    """For each person the number of another, so that faces go to faces like them."""
    apart = np.array([[Person.distance(a, b) for b in people] for a in people])
    return linear_sum_assignment(apart + 9 * np.eye(len(people)))[1]


def _side_by_side(fake, honest, side):
    return _as_file(np.hstack([fake, honest] if side == "L" else [honest, fake]))


def _as_file(image):
    """The picture, smaller and after a trip through JPEG, so that no file tells its history."""
    image = cv2.resize(image, None, fx=SHOWN, fy=SHOWN, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


# Which mode?


@dataclass(frozen=True)
class Riddle:
    """Rows of source, target and generated picture, and which mode made each.

    Attributes
    ----------
    pictures : list of (H,W,3) uint8, three for each row
    titles : list of str, one for each picture
    modes : list of str, one for each row
    """

    pictures: list
    titles: list
    modes: list = field(repr=False)

    @classmethod
    def drawn(cls, seed=8, size=144):
        """Draw a riddle of the six modes in a random order."""
        rng = np.random.default_rng([seed, 81])
        modes = [str(m) for m in rng.permutation(list(MODES))]
        people = [Person.from_seed(seed) for seed in (42, 9, 28)]
        pictures = []
        for row, mode in enumerate(modes):
            a, b = people[row % 3], people[(row + 1) % 3]
            target, source = _riddle_scenes(rng)
            shots = (b, source), (a, target), true_answer(mode, a, b, target, source)
            pictures += [render(*shot, size=size).image for shot in shots]
        names = ("source", "target", "generated")
        titles = [f"{row}: {name}" for row in range(1, len(modes) + 1) for name in names]
        return cls(pictures, titles, modes)


def _riddle_scenes(rng):
    """A target that looks at us and a source that does everything else, in one direction each."""
    side = rng.choice([-1, 1])
    shout = {"browDownLeft": 1, "browDownRight": 1, "noseSneerLeft": 0.8, "noseSneerRight": 0.8}
    shout |= {"eyeSquintLeft": 0.5, "eyeSquintRight": 0.5, "jawOpen": 0.55}
    smile = {"mouthSmileLeft": 0.5, "mouthSmileRight": 0.5}
    seed = int(rng.integers(1000))
    near = Camera(field=240)
    target = Scene(yaw=-4.0 * side, expression=smile, background="room", camera=near, seed=seed)
    source = Scene(yaw=24.0 * side, pitch=4, gaze=(-24.0 * side, 0), expression=shout,
                   background="wall", clothes="shirt", camera=near, seed=seed)  # fmt: skip
    return target, source
