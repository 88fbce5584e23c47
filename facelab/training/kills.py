"""A training that is killed again and again: is a file ever broken, does it end as if undisturbed?

python -m facelab.training.kills [--kills 20]

A small network learns two people of the studio in a process of its own, which is killed (``kill
-9``; on Windows its equivalent) at a random moment after a random checkpoint, and begun again,
until it has been killed often enough. Then it may end. Its weights are compared with those of a
training that ran through.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from facelab.models.autoencoder import Size, SwapModel
from facelab.training.batches import Recipe
from facelab.training.loop import STATE, Plan, batches_of, train

SMALL = Size((4, 4, 4, 4), 8, 4, (4, 4, 4))
SEEDS = (9, 24)
EVERY = 2  # steps from one checkpoint to the next
AT_ONCE = 3  # checkpoints after which a kill may fall


def learn(folder, steps):
    """Train the small network for ``steps`` steps; says each checkpoint on standard output."""
    from facelab.training.swap import Pair

    faces = Pair(SEEDS, count=8).faces()
    plan = Plan(steps, size=2)
    make = batches_of(faces, Recipe(), plan)
    model = SwapModel.of(SMALL)
    train(model.both, make, plan, folder, lambda told: print(told.step, flush=True), EVERY)


def begun(folder, steps):
    """A process that learns in a folder."""
    command = [sys.executable, "-m", "facelab.training.kills", "--learn", str(folder), str(steps)]
    root = Path(__file__).parents[2]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)


def killed(folder, steps, rng):
    """Kill a process that learns, at a random moment; the step that is on disk then."""
    process = begun(folder, steps)
    for _ in range(int(rng.integers(1, AT_ONCE + 1))):
        process.stdout.readline()
    time.sleep(rng.uniform(0, 0.2))
    process.kill()
    process.wait()
    process.stdout.close()
    with np.load(Path(folder) / STATE) as state:  # raises if it is broken
        _ = [state[name] for name in state.files]
        return int(state["step"])


def trial(kills, seed=0):
    """Kill a training ``kills`` times, then let it end.

    Returns
    -------
    dict
        ``kills``; ``reached``, the step on disk after each; ``steps`` of the whole training;
        ``same``, whether it ended in the weights, to the bit, of a training that ran through
    """
    rng, steps = np.random.default_rng(seed), EVERY * AT_ONCE * (kills + 1)
    with tempfile.TemporaryDirectory() as place:
        reached = [killed(Path(place) / "killed", steps, rng) for _ in range(kills)]
        for name in ("killed", "whole"):
            begun(Path(place) / name, steps).communicate()
        one, other = (np.load(Path(place) / name / STATE) for name in ("killed", "whole"))
        with one, other:
            same = all(np.array_equal(one[name], other[name]) for name in other.files)
    return {"kills": kills, "reached": reached, "steps": steps, "same": bool(same)}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="default: %(default)s")
    parser.add_argument("--learn", nargs=2, metavar=("DIR", "STEPS"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.learn:
        return learn(options.learn[0], int(options.learn[1]))
    found = trial(options.kills)
    print(f"{found['kills']} kills at steps {found['reached']}, no file was broken")
    print(f"{found['steps']} steps, the same weights as undisturbed: {found['same']}")
    return 0 if found["same"] else 1


if __name__ == "__main__":
    sys.exit(main())
