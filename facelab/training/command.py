"""``lab.py train``: says what it will cost, trains, and writes small weights with their card.

python3 lab.py train swap --pair 2001 2002 --size lab --steps 20000
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path

from facelab.models.autoencoder import SIZES, NetworkError, size_of
from facelab.models.swapper import load_swapper
from facelab.models.weights import WeightsError, save_weights
from facelab.studio import StudioError
from facelab.studio.store import version
from facelab.training.batches import AHEAD, Recipe
from facelab.training.loop import TrainingError, batches_of, train
from facelab.training.swap import (
    Pair,
    SwapModel,
    baselines,
    swap_error,
    train_swap,
    usual_plan,
)

WEIGHTS = "weights.npz"
UNTIMED, TIMED = AHEAD + 1, 6  # steps by which the cost is estimated: not the first


def seconds_a_step(pair, size, plan, faces):
    """How long a step takes here, in seconds, by a few that are thrown away.

    The first ones compile, and use batches that were made meanwhile: they do not count.
    """
    model, ends = SwapModel.of(size), []
    few = replace(plan, steps=UNTIMED + TIMED)
    make = batches_of(faces, Recipe(pair.side, pair.coverage), few)
    train(model.both, make, few, report=lambda _: ends.append(time.monotonic()), every=1)
    return (ends[-1] - ends[UNTIMED - 1]) / TIMED


def duration(seconds):
    """Seconds as people say them: "40 s", "12 min", "3.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def card_of(trained, size, errors):
    """What a file of weights says about itself."""
    last = trained.reports[-1][0] if trained.reports else None
    return {
        "what": "one encoder and two decoders that swap the faces of two people who do not exist",
        "people": list(trained.pair.seeds),
        "size": asdict(size_of(size)),
        "coverage": trained.pair.coverage,
        "told": trained.told,
        "growth": {to: trained.growth(to) for to in "ab"},
        "plan": asdict(trained.plan),
        "pictures": trained.pair.count,
        "losses": list(last.losses) if last else None,
        "swap_db": {name: list(pair) for name, pair in errors.items()},
        "studio": version(),
        "licence": "CC0-1.0",
    }


def stored(trained, size, path, known):
    """Write the weights of a training, on their card beside errors that are ``known``; the dB that
    storing cost, the worse of both ways."""
    held_out = trained.pair.held_out()
    before = swap_error([trained.swapper("b"), trained.swapper("a")], held_out)
    names = "encoder", "decoder_a", "decoder_b"
    parts = {name: getattr(trained.model, name) for name in names}
    save_weights(path, parts, card_of(trained, size, known | {"swap": before}))
    after = swap_error([load_swapper(path, "b"), load_swapper(path, "a")], held_out)
    return max(b - a for b, a in zip(before, after, strict=True))


def say(line):
    print(line, file=sys.stderr, flush=True)


def swap(options):
    """Train a pair as the command line says."""
    pair = Pair(tuple(options.pair), size_of(options.size).side, count=options.pictures)
    plan = usual_plan(options.size, options.steps, options.seed)
    plan = replace(plan, size=options.batch or plan.size)
    folder = Path(options.out or default_folder(options))
    _writable(folder, options.cost)
    say(f"{pair.count} pictures of each of two people")
    faces = pair.faces(options.told, progress=True)
    each = seconds_a_step(pair, options.size, plan, faces)
    say(f"{plan.steps} steps of {each * 1000:.0f} ms: about {duration(each * plan.steps)} here")
    say(f"it may be stopped at any time: the same command goes on where {folder.name} stands")
    if options.cost:
        return
    known = baselines(pair, pair.held_out())
    for name, (ab, ba) in known.items():
        say(f"{name}: {ab:.1f} dB A to B, {ba:.1f} dB B to A")
    trained = train_swap(pair, options.size, plan, folder, options.told, _say)
    path = (folder / WEIGHTS).resolve()
    if not trained.reports and path.exists():
        say("it was trained to its end before")
    else:
        lost = stored(trained, options.size, path, known)
        say(f"stored with 8 bits a weight: {lost:.2f} dB lost")
    print(json.dumps({"weights": str(path)}) if options.json else path)


def default_folder(options):
    """Where a training is kept when nothing else is said: nothing that differs shares a folder."""
    kind = options.size + "-told" * options.told
    a, b = options.pair
    return f"out/training/{kind}-{a}-{b}" + (f"-seed{options.seed}" if options.seed else "")


def _writable(folder, only_asked):
    """Make the folder now: after an hour is too late to fail."""
    if not only_asked:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass


def _say(report, error):
    losses = ", ".join(f"{value:.4f}" for value in report.losses)
    say(
        f"step {report.step} of {report.steps}, loss {losses}; swap {error[0]:.2f} dB A to B, "
        f"{error[1]:.2f} B to A; {duration(report.left)} left"
    )


def main(arguments=None):
    options = _options(arguments)
    try:
        return swap(options)
    except (NetworkError, TrainingError, WeightsError, StudioError) as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"Nothing can be written: {error}. Name another folder: --out DIR")
    except KeyboardInterrupt:
        sys.exit("Stopped: the same command goes on from the last hundredth step.")


def _options(arguments):
    parser = argparse.ArgumentParser(prog="train", description="Train a network of the course.")
    parser.add_argument("what", choices=["swap"], help="what to train")
    parser.add_argument("--pair", nargs=2, type=int, required=True, metavar="SEED")
    parser.add_argument("--size", choices=list(SIZES), default="lab", help="default: %(default)s")
    parser.add_argument("--steps", type=_count, metavar="N")
    parser.add_argument("--batch", type=_count, metavar="N", help="pictures of each person")
    parser.add_argument("--pictures", type=_count, default=1500, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of weights and batches")
    parser.add_argument("--told", action="store_true", help="with the true answers: the ceiling")
    parser.add_argument("--cost", action="store_true", help="only say what it would take")
    parser.add_argument("--out", metavar="DIR")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


def _count(text):
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


if __name__ == "__main__":
    main()
