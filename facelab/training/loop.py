"""The training loop: seeded, told how far it is, and resumed after a kill.

Every batch is a function of seed and step, every hundredth step is written to disk, atomically. A
training that is begun again in the same folder goes on after the last step that was written, and
ends in the same weights as one that nobody disturbed.
"""

import json
import time
import zipfile
import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import keras
import numpy as np

from facelab.models.losses import LOSSES
from facelab.studio.door import NotOursError
from facelab.studio.marks import whole_file
from facelab.training.batches import ahead, batch

EVERY = 100  # steps from one checkpoint to the next: as many are lost at most
STATE, SETTINGS = "state.npz", "training.json"


class TrainingError(ValueError):
    """A training that cannot be begun or resumed; the message says what to do."""


@dataclass(frozen=True)
class Plan:
    """How a model is trained.

    Attributes
    ----------
    steps : int, in which each network sees ``size`` pictures
    size : int, pictures of each person in a minibatch
    seed : int, of the batches; ``train_swap`` draws the first weights from it as well
    rate : float, learning rate of Adam (Kingma and Ba 2015), with beta_1 = .5 as in the original
    slower_from : float in (0,1], share of the steps after which the rate is a third
    loss : name in ``LOSSES``
    """

    steps: int
    size: int = 16
    seed: int = 0
    rate: float = 3e-4
    slower_from: float = 0.7
    loss: str = "face"

    def __post_init__(self):
        if self.loss not in LOSSES:
            raise TrainingError(f"loss must be one of {', '.join(LOSSES)}, got {self.loss!r}.")
        if self.steps < 1 or self.size < 1:
            raise TrainingError("a training takes at least one step with one picture.")

    def optimizer(self):
        later = max(1, round(self.steps * self.slower_from))
        rates = keras.optimizers.schedules.PiecewiseConstantDecay(
            [later], [self.rate, self.rate / 3]
        )
        return keras.optimizers.Adam(rates, beta_1=0.5)


@dataclass(frozen=True)
class Report:
    """Where a training stands: steps done and planned, the loss of each output since the last
    report, seconds since this run began and steps that were there before it."""

    step: int
    steps: int
    losses: tuple
    seconds: float
    resumed: int = 0

    @property
    def left(self):
        """Seconds that are left, at the pace so far."""
        done = self.step - self.resumed
        return self.seconds / done * (self.steps - self.step) if done else float("inf")


def train(model, make, plan, folder=None, report=None, every=EVERY, about=None):
    """Train a compiled-by-us functional model in place, or go on where a folder's training stopped.

    Parameters
    ----------
    model : keras.Model with k outputs, weighted by their losses alike
    make : function of a step -> (inputs, wanted), lists of arrays as the model takes and gives them
    plan : Plan
    folder : path, where the state is kept; None keeps none
    report : function of a Report, called every ``every`` steps and at the end
    every : int, steps from one report and checkpoint to the next
    about : dict that JSON can hold, what else decides the training (of whom, by which pictures): a
        folder of another one is refused

    Returns
    -------
    list of Report, one for each time that was reported, since this call

    Raises
    ------
    TrainingError
        The folder holds another training, or a loss is not a number.
    """
    loss = LOSSES[plan.loss]
    model.compile(plan.optimizer(), [loss] * len(model.outputs))
    model.optimizer.build(model.trainable_variables)
    first = resume(folder, model, plan, about) if folder else 0
    began, sums, reports = time.monotonic(), [], []
    for step, (inputs, wanted) in enumerate(ahead(make, first, plan.steps), first + 1):
        sums.append(model.train_on_batch(inputs, wanted))
        if step % every and step != plan.steps:
            continue
        reports.append(_report(step, plan, sums, time.monotonic() - began, first))
        sums = []
        if folder:
            save_state(folder, model, step)
        if report:
            report(reports[-1])
    return reports


def _report(step, plan, sums, seconds, first):
    means = np.mean([np.atleast_1d(each) for each in sums], 0)
    losses = tuple(float(v) for v in (means[1:] if len(means) > 1 else means))
    if not np.isfinite(losses).all():
        raise TrainingError(
            f"the loss of step {step} is not a number: a Plan of a lower rate may help."
        )
    return Report(step, plan.steps, losses, seconds, first)


def batches_of(faces, recipe, plan):
    """``make`` for people who each have an output: the batch of each, by seed and step.

    Parameters
    ----------
    faces : sequence of Faces, one for each input of the model
    recipe : Recipe
    plan : Plan

    Raises
    ------
    NotOursError
        Faces that did not come through ``admitted``.
    """
    if not all(each.ours for each in faces):
        raise NotOursError("a network learns from Faces that admitted(crops or folder) let in.")
    return partial(_make, tuple(faces), recipe, plan)


def _make(faces, recipe, plan, step):
    seeds = [plan.seed + 1000 * k for k in range(len(faces))]
    drawn = [batch(f, recipe, s, step, plan.size) for f, s in zip(faces, seeds, strict=True)]
    return tuple([pair[side] for pair in drawn] for side in (0, 1))


def save_state(folder, model, step):
    """Write step, weights and the optimiser's memory, in one file that is whole or not there."""
    state = {f"v{k:04d}": keras.ops.convert_to_numpy(v) for k, v in enumerate(_live(model))}
    with whole_file(Path(folder) / STATE) as part, open(part, "wb") as file:
        np.savez(file, step=step, **state)


def _live(model):
    return [*model.weights, *model.optimizer.variables]


def resume(folder, model, plan, about=None):
    """The step that a folder's training has reached, its state read into the model; 0 if it is new.

    Raises
    ------
    TrainingError
        What the folder holds was planned otherwise, is of another network or people, or is damaged.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for lost in folder.glob(f".{Path(STATE).stem}.*"):  # what was being written when it was killed
        lost.unlink(missing_ok=True)
    _same_settings(folder / SETTINGS, plan, model, about)
    if not (folder / STATE).exists():
        return 0
    try:
        with np.load(folder / STATE) as state:
            for k, variable in enumerate(_live(model)):
                variable.assign(state[f"v{k:04d}"])
            return int(state["step"])
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError) as error:
        begin = f"delete {folder.name} to begin anew, or give another folder"
        raise TrainingError(
            f"the state of this training cannot be read ({error}): {begin}."
        ) from error


def _same_settings(path, plan, model, about):
    """Write down what decides the folder's training; if it is written already, it must agree."""
    shapes = [list(v.shape) for v in model.weights]
    wanted = json.loads(json.dumps(vars(plan) | (about or {}) | {"network": shapes}))
    if not path.exists():
        with whole_file(path) as part:
            Path(part).write_text(json.dumps(wanted))
        return
    there = json.loads(path.read_text())
    if other := sorted(k for k in wanted | there if wanted.get(k) != there.get(k)):
        raise TrainingError(
            f"{path.parent.name} holds a training that was planned otherwise ({', '.join(other)}): "
            "give another folder for this one."
        )
