"""Swaps in scenes that no network was trained on: drawn once, then read from the disk.

``facelab.training.scenes`` has the rule that keeps them apart.

    for held in HeldOut(20, 4):  # person 20 with the face of person 4
        image = my_swap(held.case)
"""

import warnings
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np

from facelab import disk_cache
from facelab.measure.calibration import SIZE, FaceReading, SwapCase, mean_person, read
from facelab.studio import Person, render
from facelab.studio.parallel import cores
from facelab.studio.store import key_of
from facelab.training.scenes import held_out_scenes

SCENES = 200  # for each direction
FORM = 1  # of the files; another number makes all sets anew
PNG = (cv2.IMWRITE_PNG_COMPRESSION, 6)


class Seen(NamedTuple):
    """What is kept of a Frame: picture (H,W,3) uint8, 68 points in pixels, mask (H,W) in [0,1] in
    steps of 1/255."""

    image: np.ndarray
    landmarks: np.ndarray
    mask: np.ndarray


@dataclass(frozen=True, eq=False)
class Held:
    """One held-out swap.

    Attributes
    ----------
    number : int, of the scene
    case : SwapCase, draws whole Frames when asked: what a method on frames gets
    target, truth : Seen
    neutral : Seen, the truth with no expression inside the truth's mask, the truth outside
    mean : (H,W,3) uint8, the target with the face of the mean person, drawn in place
    floor : (FaceReading, FaceReading) of target and truth, or None: read when asked
    """

    number: int
    case: SwapCase
    target: Seen
    truth: Seen
    neutral: Seen
    mean: np.ndarray
    floor: "tuple[FaceReading, FaceReading] | None" = None

    @cached_property
    def target_reading(self):
        """What dlib reads in the target, sought where the true swap has its face."""
        return self.floor[0] if self.floor else read(self.target.image, self.truth)

    @cached_property
    def truth_reading(self):
        """What dlib reads in the truth."""
        return self.floor[1] if self.floor else read(self.truth.image, self.truth)


class HeldOut:
    """The held-out swaps of one direction: identity from ``b``, everything else from ``a``.

    One after the other is read from the disk, 150 kB each; never are many in memory.

    Parameters
    ----------
    a, b : int, seeds of two people
    seed : int, of the set of scenes
    scenes : int, how many of them
    tone : "a" or "b", whose skin tone the truth has
    progress : None, or called with the number drawn and of all
    """

    def __init__(self, a, b, seed=0, scenes=SCENES, tone="a", progress=None):
        self.a, self.b, self.seed, self.tone, self.progress = a, b, seed, tone, progress
        people = Person.from_seed(a), Person.from_seed(b)
        self.cases = [SwapCase(*people, s, tone=tone) for s in held_out_scenes(scenes, seed)]

    def __len__(self):
        return len(self.cases)

    def __getitem__(self, number):
        if not 0 <= number < len(self):
            raise IndexError(number)
        return self._stored(number) or self._unpacked(number, self._drawn(number))

    @cached_property
    def key(self):
        """The name of the set on disk: a hash of all that it depends on."""
        people = self.cases[0].a, self.cases[0].b, self.cases[0].swapped, mean_person()
        shots = [(*people, case.scene) for case in self.cases]
        return key_of(shots, what="held-out", form=FORM, size=SIZE)

    @cached_property
    def folder(self):
        """Where the set lies on disk, drawn now if it was not there; None where nothing is kept."""
        try:
            needed = len(self) * 3 * SIZE**2  # of one picture of four, uncompressed
            return disk_cache.kept(self.key, needed, self._fill)
        except OSError as error:
            reason = error.strerror or error
            warnings.warn(f"Held-out scenes are drawn anew each time: {reason}.", stacklevel=2)
            return None

    def _fill(self, folder):
        with ThreadPoolExecutor(cores()) as pool:
            for number, packed in enumerate(_ahead(pool, self._drawn, len(self))):
                np.savez(folder / f"{number:04}.npz", **packed)
                if self.progress:
                    self.progress(number + 1, len(self))

    def _drawn(self, number):
        case = self.cases[number]
        person = case.a.with_face_of(mean_person(), case.tone)
        mean = render(person, case.scene, size=SIZE).image
        frames = (render(p, s, size=SIZE) for p, s in _shots(case))
        return packed(*frames, mean)

    def _stored(self, number):
        try:
            with np.load(self.folder / f"{number:04}.npz") as stored:
                return self._unpacked(number, stored)
        except (OSError, ValueError, KeyError, TypeError):  # none, deleted meanwhile, or damaged
            return None

    def _unpacked(self, number, stored):
        case = replace(self.cases[number])  # a case keeps the frames that it drew: not for ever
        return Held(number, case, *unpacked(stored))


def _shots(case):
    """Person and scene of target, truth and neutral truth."""
    swapped, neutral = case.swapped, case.scene.with_(expression={})
    return (case.a, case.scene), (swapped, case.scene), (swapped, neutral)


def _ahead(pool, work, count):
    """Results of ``work(0)`` to ``work(count - 1)`` in order, a few of them made ahead."""
    jobs = deque()
    for number in range(count):
        jobs.append(pool.submit(work, number))
        if len(jobs) > 2 * cores():
            yield jobs.popleft().result()
    while jobs:
        yield jobs.popleft().result()


def packed(target, truth, neutral, mean):
    """Frames and a picture as arrays of bytes: the target whole, of the others how they differ.

    Outside the face, target and truth agree, so their difference (modulo 256) is nearly free.
    """
    masks = [np.uint8(np.round(255 * frame.mask)) for frame in (target, truth)]
    changes = truth.image - target.image, neutral.image - truth.image, mean - target.image
    changes[1][masks[1] == 0] = 0
    names = "target", "truth", "neutral", "mean", "target_mask", "truth_mask"
    pictures = dict(zip(names, (target.image, *changes, *masks), strict=True))
    points = np.float32([frame.landmarks for frame in (target, truth, neutral)])
    return {name: _png(image) for name, image in pictures.items()} | {"landmarks": points}


def unpacked(stored):
    """(target, truth, neutral, mean) of what ``packed`` made, as in ``Held``."""
    target, truth, neutral, mean = (
        _picture(stored[name], cv2.IMREAD_COLOR) for name in ("target", "truth", "neutral", "mean")
    )
    masks = [
        _picture(stored[name], cv2.IMREAD_GRAYSCALE) / np.float32(255)
        for name in ("target_mask", "truth_mask")
    ]
    pictures, points = (target, target + truth, target + truth + neutral), stored["landmarks"]
    seen = zip(pictures, points, (*masks, masks[1]), strict=True)
    return *(Seen(*each) for each in seen), target + mean


def _png(image):
    return cv2.imencode(".png", image, PNG)[1]


def _picture(png, how):
    found = cv2.imdecode(png, how)
    if found is None:
        raise ValueError("not a PNG")
    return found
