"""How fast faces are swapped and networks trained: ``python3 lab.py bench swap [--json]``.

Side by side in one run: the course's way (its network, ``Convert``, several frames at a time) and
the book's (its network, one picture at a time, its paste), which is written here once, mistakes and
all. Networks are not trained for this: how long a frame or a step takes does not depend on it.

``--equal-time MINUTES`` trains each kind of network for the same time of the clock on the same two
people, and says how near each comes to the truth on held-out frames.
"""

import argparse
import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from statistics import mean, median
from time import monotonic, perf_counter

import cv2
import numpy as np

from facelab.blend import hull_mask
from facelab.blend.clip_swap import swap_frames
from facelab.blend.convert import Convert
from facelab.blend.placing import cut_out
from facelab.blend.swapper import BOOK_COVERAGE, BOOK_SIZE, Swapper
from facelab.faces import detect, landmarks
from facelab.measure import quality
from facelab.measure.held_out import HeldOut
from facelab.measure.paste_back import plainly
from facelab.measure.processes import fresh
from facelab.measure.trained import InOwnColours
from facelab.studio import Person, Scene, StudioError, clip, render, stopwatch
from facelab.studio.alignment import COVERAGE, crop_matrix
from facelab.training.scenes import WATCHED

PAIR = (20, 4)
SIZE = 256
BATCHES, FRAMES = 5, 32  # of the course's way: batches, and frames in each
BOOK_FRAMES = 12  # of the book's way in a batch
FOLLOWED = 8  # frames from one detection to the next where faces are followed
PASTED = 12  # frames on which the two ways to paste are compared
STEPS = 6  # that are timed of each training, after those that compile
PICTURES = 64  # of each person, for timed steps
BOOK_BATCH, BATCH = 64, 16  # pictures of each person in a step: the book's, ours
RACED, LOOK = 1500, 5  # pictures of each person in the race; steps between looks at the clock
SCENES = 40  # held-out, for each direction, of the race

CONVERSION = """
from facelab.measure import bench_swap
from facelab.measure.processes import peak_memory
bench_swap.converted(bench_swap.swapper_of("lab"), bench_swap.performance(0, {frames}))
print(peak_memory())
"""


# Conversion


def performance(seed, count):
    """``count`` frames of person A who performs in a random scene."""
    scene = Scene.random(np.random.default_rng([seed, 53]))
    scenes = clip(Person.from_seed(PAIR[0]), "mixed", fps=25, seconds=count / 25, scene=scene)
    return [render(Person.from_seed(PAIR[0]), scene, size=SIZE) for scene in scenes]


@cache
def network_of(size):
    """A whole network to B, untrained: encoder and decoder in one Keras model."""
    import keras

    from facelab.models.autoencoder import SwapModel

    model = SwapModel.of(size)
    crops = keras.Input(model.encoder.input_shape[1:])
    return keras.Model(crops, model.decoder_b(model.encoder(crops)))


@cache
def swapper_of(size):
    """An untrained swapper to B."""
    from facelab.models import swapper
    from facelab.models.autoencoder import SwapModel

    model = SwapModel.of(size)
    return swapper.Swapper(model.encoder, model.decoder_b, COVERAGE)


def converted(swapper, frames, detect_every=1):
    """Frames a second of the course's way, end to end, and milliseconds a frame of each stage."""
    with stopwatch() as times:
        start = perf_counter()
        done = sum(1 for _ in swap_frames(frames, Convert(swapper), detect_every=detect_every))
        seconds = perf_counter() - start
    stages = {name: 1000 * each / done for name, each in times.items()}
    return done / seconds, stages | {"other": 1000 * seconds / done - sum(stages.values())}


def book_frame(image, network):
    """A frame as the book converts it: one picture at a time through ``predict``."""
    faces = detect(image)
    return image if not faces else book_patched(image, landmarks(image, faces[0]), network)


def book_patched(image, points, network):
    """A picture with the book's new face at 68 points."""
    matrix = crop_matrix(points, BOOK_SIZE, BOOK_COVERAGE)
    face = cv2.warpAffine(image, matrix, (BOOK_SIZE, BOOK_SIZE))
    new = network(face[None] / 255.0)[0]
    return book_paste(image, np.uint8(np.clip(new * 255, 0, 255)), matrix, points)


def book_paste(image, new_face, matrix, points):
    """The book's paste: nearest neighbour, for ``WARP_INVERSE_MAP`` alone says no interpolation;
    half a pixel beside the place; the hull of the points, its edge blurred over two pixels."""
    height, width = image.shape[:2]
    laid = cv2.warpAffine(new_face, matrix, (width, height), flags=cv2.WARP_INVERSE_MAP)
    mask = cv2.blur(hull_mask(points, image.shape), (2, 2))[..., None]
    return np.uint8(np.clip(image * (1 - mask) + laid * mask, 0, 255))


def book_rate(frames):
    """Frames a second of the book's way."""
    network = network_of("book")
    start = perf_counter()
    for frame in frames:
        book_frame(frame.image, lambda crops: network.predict(crops, verbose=0))
    return len(frames) / (perf_counter() - start)


def conversion():
    """Figures of conversion: frames a second, and milliseconds a frame of each stage."""
    ours, followed, book = [], [], []
    lab = swapper_of("lab")
    converted(lab, performance(0, 8))  # compiles
    book_rate(performance(0, 2))
    for seed in range(1, BATCHES + 1):  # turn by turn, so that what else runs slows all of them
        frames = performance(seed, FRAMES)
        ours.append(converted(lab, frames))
        followed.append(converted(lab, frames, FOLLOWED)[0])
        book.append(book_rate(frames[:BOOK_FRAMES]))
    stages = {name: median(each.get(name, 0) for _, each in ours) for name in ours[0][1]}
    fps = median(fps for fps, _ in ours)
    return {
        "convert_fps": round(fps, 2),
        "convert_fps_tracked": round(median(followed), 2),
        "convert_fps_book": round(median(book), 2),
        "convert_ratio": round(median(a / b for (a, _), b in zip(ours, book, strict=True)), 2),
        "stages": {n: round(ms, 3) for n, ms in sorted(stages.items(), key=lambda s: -s[1])},
    }


def pasting():
    """dB of the two ways to paste, of a network of 64 pixels that knows the truth.

    Both get dlib's points; only how the crop is cut and put back differs.
    """
    a, b = map(Person.from_seed, PAIR)
    rng, found = np.random.default_rng([7, 53]), []
    for _ in range(PASTED):
        scene = Scene.random(rng)
        target, truth = render(a, scene, SIZE), render(a.with_face_of(b, "a"), scene, SIZE)
        if faces := detect(target.image):
            found.append(_pasted(target, truth, landmarks(target.image, faces[0])))
    ours, book = zip(*found, strict=True)
    return {"paste_db": round(mean(ours), 2), "paste_db_book": round(mean(book), 2)}


def _pasted(target, truth, points):
    """dB inside the true mask of the truth's crop, put back our way and the book's."""
    crop = cut_out(truth.image, crop_matrix(points, BOOK_SIZE, COVERAGE), BOOK_SIZE)
    knows = Swapper(lambda crops: crop[None] / 255.0, BOOK_SIZE, COVERAGE)
    matrix = crop_matrix(points, BOOK_SIZE, BOOK_COVERAGE)
    seen = cv2.warpAffine(truth.image, matrix, (BOOK_SIZE, BOOK_SIZE))
    pictures = (
        Convert(knows, mask_type="landmark-grown").patch_image(target, points),
        book_paste(target.image, seen, matrix, points),
    )
    return [quality.psnr(image, truth.image, truth.mask) for image in pictures]


# Training


def training_rate(size, batch, loss):
    """Pictures a second while a network is trained, and the share of a step that its data take."""
    from facelab.models.autoencoder import SwapModel, size_of
    from facelab.training.batches import AHEAD, Recipe
    from facelab.training.loop import Plan, batches_of, train
    from facelab.training.swap import Pair

    pair = Pair(PAIR, size_of(size).side, count=PICTURES)
    untimed = AHEAD + 1  # their batches are made while the first one compiles
    plan, ends = Plan(STEPS + untimed, batch, loss=loss), []
    make = batches_of(pair.faces(), Recipe(pair.side, pair.coverage), plan)
    train(SwapModel.of(size).both, make, plan, report=lambda _: ends.append(monotonic()), every=1)
    step = median(after - before for before, after in pairwise(ends[untimed - 1 :]))
    start = monotonic()
    make(0)
    return 2 * batch / step, (monotonic() - start) / step


def training():
    """Figures of training, for each size that there is."""
    from facelab.models.autoencoder import SIZES

    kinds = {"lab": (BATCH, "face"), "best": (BATCH, "face"), "book": (BOOK_BATCH, "mae")}
    found = {}
    for size, (batch, loss) in kinds.items():
        if size in SIZES:
            rate, data = training_rate(size, batch, loss)
            found[f"train_images_s_{size}"] = round(rate, 2)
            found[f"data_share_{size}"] = round(data, 3)
    ratio = found["train_images_s_lab"] / found["train_images_s_book"]
    return found | {"train_ratio": round(ratio, 2)}


# All of it


def measured():
    """All figures, under the names that ``--json`` prints."""
    code = CONVERSION.format(frames=FRAMES)
    figures = conversion() | pasting() | {"peak_mb": round(fresh(code), 1)} | training()
    return figures | {"n": counts(), "cores": os.cpu_count()}


def counts():
    """On how many measurements each figure rests."""
    frames = f"median of {BATCHES} batches of {FRAMES} frames"
    return {
        "convert_fps": f"{frames}, a face sought in each",
        "convert_fps_tracked": f"{frames}, a face sought in every {FOLLOWED}th",
        "convert_fps_book": f"median of {BATCHES} batches of {BOOK_FRAMES} frames",
        "convert_ratio": f"median over {BATCHES} batches",
        "paste_db": f"{PASTED} frames, a network of {BOOK_SIZE} px that knows the truth",
        "paste_db_book": "the same",
        "train_images_s_lab": f"median of {STEPS} steps of 2 x {BATCH} pictures",
        "train_images_s_best": f"median of {STEPS} steps of 2 x {BATCH} pictures",
        "train_images_s_book": f"median of {STEPS} steps of 2 x {BOOK_BATCH} pictures",
        "train_ratio": "lab over book",
        "data_share_lab": "time to make a batch over time of a step; another thread makes it",
        "peak_mb": f"a process that converts {FRAMES} frames",
    }


def table(figures):
    """The figures as lines of text."""
    lines = [f"Swaps at {SIZE} x {SIZE} on {figures['cores']} cores", ""]
    for name, n in figures["n"].items():
        if name in figures:
            lines.append(f"{name:<22}{figures[name]:>9}   {n}")
    lines += ["", "ms a frame"] + [f"  {n:<12}{ms:>9.2f}" for n, ms in figures["stages"].items()]
    return "\n".join(lines)


# The race


@dataclass(frozen=True)
class Arm:
    """A kind of network in the race: name in ``SIZES``, pictures of each person in a step, loss,
    and whether it is told the true answers."""

    size: str
    batch: int = BATCH
    loss: str = "face"
    told: bool = False


class TimeIsUp(Exception):
    """The race is over for this network."""


def arms():
    """The networks that race, by name; "best" where there is one."""
    from facelab.models.autoencoder import SIZES

    best = "best" if "best" in SIZES else "lab"
    found = {"book": Arm("book", BOOK_BATCH, "mae"), "lab": Arm("lab"), "best": Arm("best")}
    found["told"] = Arm(best, told=True)
    return {name: arm for name, arm in found.items() if arm.size in SIZES}


def raced(arm, minutes, seed=0):
    """Train a network for so many minutes; dB on held-out frames, both ways, and steps done.

    The learning rate falls as in any training, by the number of steps that fit into the time.
    """
    from facelab.models.autoencoder import SwapModel, size_of
    from facelab.training.batches import Recipe
    from facelab.training.loop import batches_of, train
    from facelab.training.swap import Pair, Trained, told_model, usual_plan

    pair = Pair(PAIR, size_of(arm.size).side, count=RACED)
    faces, recipe = pair.faces(arm.told), Recipe(pair.side, pair.coverage)
    pace = 2 * arm.batch / training_rate(arm.size, arm.batch, arm.loss)[0]
    plan = usual_plan(arm.size, max(1, round(60 * minutes / pace)), seed)
    plan = replace(plan, size=arm.batch, loss=arm.loss)
    model, done, began = SwapModel.of(arm.size, seed), [], monotonic()
    trained = Trained(model, pair, plan, arm.told, tuple(each.scale for each in faces), [])

    def watch(report):
        done.append(report.step)
        if monotonic() - began >= 60 * minutes:
            raise TimeIsUp

    with suppress(TimeIsUp):
        network = told_model(model) if arm.told else model.both
        train(network, batches_of(faces, recipe, plan), plan, report=watch, every=LOOK)
    return frames_db(trained), done[-1]


def frames_db(trained):
    """Mean PSNR of both directions in dB, inside the face mask of held-out frames of 256 pixels."""
    found = []
    for way, to in ((PAIR, "b"), (PAIR[::-1], "a")):
        paint = trained.swapper(to)
        paint = InOwnColours(paint) if trained.told else paint
        for held in HeldOut(*way, WATCHED, SCENES):
            (image,) = plainly(paint, [held.target])
            found.append(quality.psnr(image, held.truth.image, held.truth.mask))
    return float(np.mean(found))


def race(minutes, seeds=1):
    """Figures of the race: dB of each network, and by how much one beats another."""
    found = {
        name: [raced(arm, minutes, seed) for seed in range(seeds)] for name, arm in arms().items()
    }
    db = {name: mean(db for db, _ in each) for name, each in found.items()}
    figures = {f"{name}_db": round(value, 2) for name, value in db.items()}
    figures |= {f"{name}_steps": each[0][1] for name, each in found.items()}
    for one, other in (("best", "lab"), ("best", "book"), ("told", "best")):
        if one in db and other in db:
            figures[f"{one}_over_{other}_db"] = round(db[one] - db[other], 2)
    spread = {name: [round(db, 2) for db, _ in each] for name, each in found.items()}
    n = f"{SCENES} held-out frames for each direction"
    return figures | {"minutes": minutes, "seeds": seeds, "each": spread, "n": n}


def race_table(figures):
    """The race as lines of text."""
    return "\n".join(f"{name:<20}{value}" for name, value in figures.items())


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="bench swap", description="Measure swaps and training.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--equal-time", type=float, metavar="MINUTES", help="let networks race")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="of the race")
    options = parser.parse_args(arguments)
    try:
        racing = options.equal_time is not None
        figures = race(options.equal_time, options.seeds) if racing else measured()
    except StudioError as error:
        sys.exit(str(error))
    as_text = race_table if racing else table
    print(json.dumps(figures) if options.json else as_text(figures))


if __name__ == "__main__":
    main()
