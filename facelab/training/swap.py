"""Train the swap of two people: pictures, network, previews, the error against the truth.

trained = train_swap(Pair((2001, 2002)), "lab", Plan(3000), "out/training/2001-2002")
swap = trained.swapper("b")                  # identity from B, everything else from A
"""

import warnings
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from facelab.models.autoencoder import NetworkError, SwapModel, size_of
from facelab.models.swapper import Swapper, zoomed
from facelab.studio import Person, crops
from facelab.studio.marks import save_image
from facelab.training.augment import random_warp
from facelab.training.batches import Recipe, admitted
from facelab.training.loop import Plan, TrainingError, batches_of, train
from facelab.training.scenes import PICTURES, WATCHED, held_out_scenes, training_scenes

MARGIN = 1.25  # the pictures show this much more than the network sees, for it to be moved about in
CANVAS = 1.5  # pixels of a picture for one of the network's
SHOWN = 6  # columns of a preview
BOOKS = ("book", "original")


@dataclass(frozen=True)
class Pair:
    """Two people of the studio, and how their pictures for training are taken.

    Attributes
    ----------
    seeds : (int, int) of A and of B
    side : int, pixels that the network sees
    coverage : float, share of their width that the mean face takes from brow to brow
    count : int, pictures of each
    """

    seeds: tuple
    side: int = 64
    coverage: float = 0.625
    count: int = PICTURES

    def __post_init__(self):
        if self.seeds[0] == self.seeds[1]:
            raise TrainingError(f"a swap needs two people: {self.seeds[0]} twice is one.")

    @cached_property
    def people(self):
        return tuple(Person.from_seed(seed) for seed in self.seeds)

    def faces(self, told=False, progress=None):
        """Faces of A and of B, with more around them than the network sees.

        ``told`` adds the true swaps as what is to be drawn: A with the face of B and the reverse,
        each in the tone of whom they are put on. Only the told ceiling may have them.
        """
        return [self._faces(who, told, progress) for who in (0, 1)]

    def _faces(self, who, told, progress):
        asked = {"faces": self.people[1 - who], "tone": "a"} if told else {}
        coverage = self.coverage / MARGIN
        found = crops(
            self.people[who], training_scenes(self.seeds[who], self.count),
            size=round(self.side * CANVAS), coverage=coverage, truths=("image", "mask"),
            keep=True, progress=progress, **asked,
        )  # fmt: skip
        return admitted(found, coverage, truth=told)

    def held_out(self, count=40, seed=WATCHED):
        """Crops of A and of B, with their true swaps, in scenes that nothing is trained on."""
        scenes = held_out_scenes(count, seed)
        return [
            crops(
                self.people[who], scenes, size=self.side, coverage=self.coverage,
                faces=self.people[1 - who], tone="a", truths=("image", "mask"), keep=True,
            )
            for who in (0, 1)
        ]  # fmt: skip


def told_model(model):
    """The network in which A's crop goes to B's decoder and B's to A's: the told ceiling's."""
    return SwapModel.around(model.encoder, model.decoder_b, model.decoder_a).both


def swap_error(swappers, held_out):
    """How near to the truth are swaps of crops? Masked PSNR in dB, A to B and B to A.

    Parameters
    ----------
    swappers : Swapper to B, Swapper to A
    held_out : Crops of A and of B, with their true swaps in the tone of whom they are put on
    """
    return tuple(
        masked_psnr(swapper(target.image), target.swap.image, target.swap.mask)
        for swapper, target in zip(swappers, held_out, strict=True)
    )


def masked_psnr(images, truths, masks):
    """Mean over pictures of the PSNR in dB inside masks (n,S,S): (n,S,S,3) uint8 twice."""
    squares = np.square(np.float32(images) - np.float32(truths)).mean(-1)
    masks = np.float32(masks)
    errors = (squares * masks).sum((1, 2)) / masks.sum((1, 2))
    return float(np.mean(10 * np.log10(255**2 / np.maximum(errors, 1e-6))))


def baselines(pair, held_out):
    """The swap error of doing nothing, and of B's mean crop as large as B is: name -> (A to B, B to
    A) in dB."""
    faces = pair.faces()
    a, b = faces
    grown = b.scale / a.scale, a.scale / b.scale
    means = [zoomed(fitted_mean(f, pair), by) for f, by in zip((b, a), grown, strict=True)]
    nothing = [masked_psnr(t.image, t.swap.image, t.swap.mask) for t in held_out]
    mean = [
        masked_psnr(np.broadcast_to(m, t.image.shape), t.swap.image, t.swap.mask)
        for m, t in zip(means, held_out, strict=True)
    ]
    return {"copy of the target": tuple(nothing), "mean crop": tuple(mean)}


def fitted_mean(faces, pair):
    """The mean picture of a person, (side,side,3) float, with the network's margin."""
    mean, window = faces.image.mean(0, dtype=np.float32), 256 * faces.coverage / pair.coverage
    return random_warp(mean, window, pair.side, sigma=0)[1]


def preview(trained, held_out, columns=SHOWN):
    """What the first deepfakes showed while they trained, with the truth below.

    Rows: A, A drawn by A's decoder, A drawn by B's, **the true swap**; then the same from B.

    Returns
    -------
    (8*S, columns*S, 3) uint8 RGB
    """
    decoders, rows = "ab", []
    for who, target in enumerate(held_out):
        crops_ = np.asarray(target.image[:columns])
        own, swap = trained.itself(decoders[who]), trained.swapper(decoders[1 - who])
        drawn = [own(crops_), swap(crops_)]
        rows += [crops_, *drawn, target.swap.image[:columns]]
    return np.vstack([np.hstack(list(row)) for row in rows])


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained pair: its model, pair, plan, whether it was told, the scale of A's and B's faces in
    their frames, and (Report, errors) so far."""

    model: SwapModel
    pair: Pair
    plan: Plan
    told: bool
    scales: tuple
    reports: list

    def swapper(self, to):
        """The Swapper that gives faces the identity of "a" or "b"."""
        decoder = getattr(self.model, f"decoder_{to}")
        return Swapper(self.model.encoder, decoder, self.pair.coverage, self.growth(to))

    def itself(self, who):
        """What draws "a" or "b" again, as it was seen."""
        return replace(self.swapper(who), growth=1.0)

    def growth(self, to):
        """How much larger the face of "a" or "b" is than the other's, by their training pictures.

        The told ceiling needs none: it has learned the truth's size.
        """
        own, other = self.scales if to == "a" else self.scales[::-1]
        return 1.0 if self.told else own / other


def train_swap(pair, size="lab", plan=None, folder=None, told=False, report=None, recipe=None):
    """Train a network on two people, or go on where the folder's training stopped.

    Parameters
    ----------
    pair : Pair
    size : name in ``SIZES``
    plan : Plan; that of ``usual_plan`` by default
    folder : path that keeps the state (resumable after a kill) and ``preview.webp``
    told : bool, train with the true answers: A's crop in, the true swap out
    report : function of (Report, swap error in dB A to B and B to A)
    recipe : Recipe, how pairs are made; that of the pair by default

    Returns
    -------
    Trained
    """
    if size_of(size).side != pair.side:
        wanted = size_of(size).side
        raise NetworkError(f"this network sees {wanted} pixels: Pair(..., side={wanted}).")
    plan = usual_plan(size) if plan is None else plan
    recipe = Recipe(pair.side, pair.coverage) if recipe is None else recipe
    model = SwapModel.of(size, plan.seed)
    faces = pair.faces(told)
    trained = Trained(model, pair, plan, told, tuple(f.scale for f in faces), [])
    held_out = pair.held_out()

    def tell(step):
        error = swap_error([trained.swapper("b"), trained.swapper("a")], held_out)
        trained.reports.append((step, error))
        if folder:
            _keep(preview(trained, held_out), Path(folder) / "preview.webp", step.step)
        if report:
            report(step, error)

    network = told_model(model) if told else model.both
    about = {
        "people": list(pair.seeds),
        "told": told,
        "pictures": pair.count,
        "recipe": asdict(recipe),
    }
    train(network, batches_of(faces, recipe, plan), plan, folder, tell, about=about)
    return trained


def _keep(picture, path, step):
    """Write a preview; that a viewer holds the file open must not end a training."""
    try:
        save_image(path, picture, source="generated", step=step)
    except OSError as error:
        warnings.warn(f"{path.name} was not written: {error}", stacklevel=2)


def usual_plan(size, steps=None, seed=0):
    """How a network is trained when nothing else is said: those of the book as in the book (Adam of
    5e-5 throughout, 64 pictures of each, mean absolute error, 9,000 steps)."""
    if size in BOOKS:
        return Plan(steps or 9000, 64, seed, 5e-5, 1.0, "mae")
    return Plan(steps or 20_000, seed=seed)
