"""``lab.py train``: says what it will cost, trains, and writes small weights with their card.

python3 lab.py train swap --pair 2001 2002 --size lab --steps 20000
"""

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from facelab.models.autoencoder import SIZES, NetworkError, size_of
from facelab.models.swapper import load_swapper
from facelab.models.weights import save_weights
from facelab.studio import StudioError
from facelab.studio.progress import Bar
from facelab.studio.store import version
from facelab.training.batches import Recipe
from facelab.training.loop import Plan, TrainingError, batches_of, train
from facelab.training.swap import Pair, SwapModel, baselines, swap_error, train_swap

WEIGHTS = "weights.npz"
TIMED = 4  # steps by which the cost is estimated, after one that compiles
STEPS = {"book": 9000, "original": 9000}  # the book's own; else:
USUAL = 20_000


def seconds_a_step(pair, size, plan, faces):
    """How long a step takes here, in seconds, by a few that are thrown away."""
    model, ends = SwapModel.of(size), []
    few = Plan(TIMED + 1, plan.size, loss=plan.loss)
    make = batches_of(faces, Recipe(pair.side, pair.coverage), few)
    train(model.both, make, few, report=lambda _: ends.append(time.monotonic()), every=1)
    return (ends[-1] - ends[0]) / TIMED


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


def stored(trained, size, folder):
    """Write the weights of a training; (path, dB that storing cost, A to B and B to A)."""
    held_out = trained.pair.held_out()
    before = swap_error([trained.swapper("b"), trained.swapper("a")], held_out)
    errors = baselines(trained.pair, held_out) | {"swap": before}
    model, path = trained.model, Path(folder) / WEIGHTS
    parts = {name: getattr(model, name) for name in ("encoder", "decoder_a", "decoder_b")}
    save_weights(path, parts, card_of(trained, size, errors))
    after = swap_error([load_swapper(path, "b"), load_swapper(path, "a")], held_out)
    return path, tuple(b - a for b, a in zip(before, after, strict=True))


def told(line):
    print(line, file=sys.stderr, flush=True)


def swap(options):
    """Train a pair as the command line says."""
    size = size_of(options.size)
    pair = Pair(tuple(options.pair), size.side, count=options.pictures)
    loss = "mae" if options.size in STEPS else "face"
    steps = options.steps or STEPS.get(options.size, USUAL)
    plan = Plan(steps, options.batch, options.seed, loss=loss)
    kind = "told" if options.told else options.size
    folder = Path(options.out or f"out/training/{kind}-{pair.seeds[0]}-{pair.seeds[1]}")
    told(f"{pair.count} pictures of each of two people")
    faces = pair.faces(options.told, Bar("pictures"))
    each = seconds_a_step(pair, options.size, plan, faces)
    told(f"{steps} steps of {each * 1000:.0f} ms: about {duration(each * steps)} on this machine")
    told(f"it may be stopped at any time: the same command goes on where {folder} stands")
    if options.cost:
        return
    for name, (ab, ba) in baselines(pair, pair.held_out()).items():
        told(f"{name}: {ab:.1f} dB A to B, {ba:.1f} dB B to A")
    trained = train_swap(pair, options.size, plan, folder, options.told, _say)
    path, lost = stored(trained, options.size, folder)
    told(
        f"stored with 8 bits a weight: {max(lost):.2f} dB lost, {path.stat().st_size / 1e6:.1f} MB"
    )
    print(json.dumps({"weights": str(path), "lost_db": max(lost)}) if options.json else path)


def _say(report, error):
    losses = ", ".join(f"{value:.4f}" for value in report.losses)
    told(
        f"step {report.step} of {report.steps}, loss {losses}; swap {error[0]:.2f} dB A to B, "
        f"{error[1]:.2f} B to A; {duration(report.left)} left"
    )


def main(arguments=None):
    options = _options(arguments)
    try:
        return swap(options)
    except (NetworkError, TrainingError, StudioError, ValueError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Stopped: the same command goes on from the last hundredth step.")


def _options(arguments):
    parser = argparse.ArgumentParser(prog="train", description="Train a network of the course.")
    parser.add_argument("what", choices=["swap"], help="what to train")
    parser.add_argument("--pair", nargs=2, type=int, required=True, metavar="SEED")
    parser.add_argument("--size", choices=list(SIZES), default="lab", help="default: %(default)s")
    parser.add_argument("--steps", type=int, metavar="N")
    parser.add_argument("--batch", type=int, default=16, metavar="N", help="default: %(default)s")
    parser.add_argument("--pictures", type=int, default=1500, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of weights and batches")
    parser.add_argument("--told", action="store_true", help="with the true answers: the ceiling")
    parser.add_argument("--cost", action="store_true", help="only say what it would take")
    parser.add_argument("--out", metavar="DIR")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
