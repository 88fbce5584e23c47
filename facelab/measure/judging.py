"""Pictures of held-out swaps, judged; and the rows whose worth is known, judged once and kept.

The second are what a score of the first has to be read beside: see ``known_rows``.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import islice
from pathlib import Path

import numpy as np

from facelab.measure import calibration, paste_back, quality, readings, swap
from facelab.measure.calibration import BLURS, FaceReading, blurred
from facelab.measure.held_out import HeldOut
from facelab.measure.paste_back import aligned, put_back
from facelab.measure.swap import judged
from facelab.studio import Person, Scene, crops
from facelab.studio.alignment import COVERAGE
from facelab.studio.store import kept
from facelab.training.scenes import HELD_OUT

SIZES = (64, 128)  # of networks: through which the truth is squeezed
SPARSE = 4  # blurs are judged at every fourth scene
CROPS = 100  # of B, whose mean is pasted
BATCH = 8  # frames that a swapper sees at a time
SCORES = ("psnr", "ssim", "mae", "alpha", "beta", "identity_gain", "nme", "seam")
COPY, MEAN, MEAN_CROP = "copy of the target", "mean face", "B's mean crop"
BASELINES = (COPY, MEAN, MEAN_CROP)
CHANCE, TRUTH = "truth of another scene", "truth"


class PairError(ValueError):
    """Something that cannot be scored as a swap of two people; the message says why."""


@dataclass(frozen=True, eq=False)
class Judged:
    """What was found in n pictures.

    Attributes
    ----------
    scores : dict, one of ``SCORES`` -> (n,) float
    code : (n,128) float32, dlib's embedding
    failed : int, how often there was no picture and the target counted
    """

    scores: dict
    code: np.ndarray
    failed: int = 0


def judge(paint, held_out, floors, report=lambda frames: None):
    """Judge the pictures that ``paint``, a function of a list of Held, makes of a set.

    Returns
    -------
    Judged
    """
    found = []
    for batch in _batches(held_out, floors):
        pictures = zip(paint(batch), batch, strict=True)
        found += [judged(_checked(image, held), held) for image, held in pictures]
        report(len(batch))
    scores, codes = zip(*found, strict=True)
    return Judged({key: np.array([s[key] for s in scores]) for key in SCORES}, np.float32(codes))


def _batches(held_out, floors):
    with_floors = (replace(h, floor=f) for h, f in zip(held_out, floors, strict=True))
    while batch := list(islice(with_floors, BATCH)):
        yield batch


def _checked(image, held):
    given, wanted = getattr(image, "shape", None), held.target.image.shape
    ok = given == wanted and image.dtype == np.uint8
    if not ok:
        got = f"{getattr(image, 'dtype', type(image).__name__)} {given}"
        raise PairError(f"Scene {held.number}: a swap must be uint8 RGB {wanted}, got {got}.")
    return image


@dataclass(frozen=True, eq=False)
class Some:
    """Every so manyth swap of a held-out set."""

    whole: HeldOut
    every: int

    def __len__(self):
        return len(self.whole.cases[:: self.every])

    def __iter__(self):
        return (self.whole[n] for n in range(0, len(self.whole), self.every))


# Rows whose worth is known


@dataclass(frozen=True)
class Row:
    """A calibration row: what paints it, from the whole set and one Held, and at how many scenes it
    is judged."""

    paint: Callable
    every: int = 1


def squeezed(size, coverage, held_out, held):
    """The truth through the eye of a network: cut out at its size, and pasted back as it is.

    Colours are left alone, for they are the truth's: what is lost is what resolution alone costs.
    """
    crop = aligned(held.truth.image, held.target.landmarks, size, coverage)
    return put_back(crop, held.target, coverage, match_colours=False)


def another(held_out, held):
    """The truth of the next scene of the set."""
    return held_out[(held.number + 1) % len(held_out)].truth.image


@cache
def mean_crop(b, seed, size=128):
    """The mean (size,size,3) uint8 of ``CROPS`` crops of person ``b`` in scenes of their own."""
    rng = np.random.default_rng([HELD_OUT, seed, 1])
    scenes = [Scene.random(rng) for _ in range(CROPS)]
    image = crops(Person.from_seed(b), scenes, size, truths="image").image
    return np.uint8(np.round(image.mean(0)))


def _mean_crop_pasted(held_out, held):
    return put_back(mean_crop(held_out.b, held_out.seed), held.target, COVERAGE)


def squeezed_name(size, coverage=COVERAGE):
    """What the row of the truth at a network's size is called."""
    usual = coverage == COVERAGE
    return f"truth through {size} px" + ("" if usual else f", coverage {coverage:g}")


def known_rows(sizes):
    """The calibration rows, worst guess first; ``sizes``: (size, coverage) of networks."""
    return {
        COPY: Row(lambda held_out, held: held.target.image),
        MEAN: Row(lambda held_out, held: held.mean),
        MEAN_CROP: Row(_mean_crop_pasted),
        CHANCE: Row(another),
        **{f"truth blurred {sigma:g} px": Row(partial(_blurred, sigma), SPARSE)
           for sigma in BLURS[::-1]},
        **{squeezed_name(*each): Row(partial(squeezed, *each)) for each in sizes},
        TRUTH: Row(lambda held_out, held: held.truth.image),
    }  # fmt: skip


def _blurred(sigma, held_out, held):
    return blurred(held.truth.image, sigma)


def judge_known(name, row, held_out, floors, report=lambda frames: None):
    """Judge a calibration row, or read from the disk what was found before."""
    some, chosen = Some(held_out, row.every), floors[:: row.every]
    shapes = {key: (np.float64, (len(some),)) for key in SCORES}
    shapes["code"] = np.float32, (len(some), 128)

    def fill(arrays):
        found = judge(lambda batch: [row.paint(held_out, h) for h in batch], some, chosen, report)
        for key, values in (found.scores | {"code": found.code}).items():
            arrays[key][:] = values

    arrays = {k: np.array(v) for k, v in kept(_key(held_out, name), shapes, fill).items()}
    return Judged({key: arrays[key] for key in SCORES}, arrays["code"])


def read_floors(held_out, report=lambda frames: None):
    """What dlib reads in target and truth of each scene: a list of pairs of FaceReading.

    Read from the disk the next time.
    """
    shapes = {"points": (np.float32, (len(held_out), 2, 68, 2))}
    shapes["code"] = np.float32, (len(held_out), 2, 128)

    def fill(arrays):
        for held in held_out:
            for side, reading in enumerate((held.target_reading, held.truth_reading)):
                arrays["points"][held.number, side] = reading.points
                arrays["code"][held.number, side] = reading.code
            report(1)

    arrays = kept(_key(held_out, "floors"), shapes, fill)
    both = zip(np.array(arrays["points"]), np.array(arrays["code"]), strict=True)
    return [tuple(map(FaceReading, points, codes)) for points, codes in both]


def _key(held_out, what):
    return hashlib.sha256(f"{held_out.key} {judges()} {what}".encode()).hexdigest()[:40]


@cache
def judges():
    """A hash of the sources that decide how calibration rows are painted and judged."""
    from facelab.blend import colour, landmark_swap, placing
    from facelab.faces import tracking

    own = calibration, paste_back, quality, readings, swap
    modules = *own, colour, landmark_swap, placing, tracking
    sources = [Path(module.__file__).read_bytes() for module in modules]
    return hashlib.sha256(b"\0".join([*sources, Path(__file__).read_bytes()])).hexdigest()
