"""Minibatches, made while the network computes.

Step k of a training always gets the same batch, drawn from the seed and k alone: so a training that
was stopped goes on as if it had not been.
"""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from facelab.studio.alignment import COVERAGE
from facelab.studio.door import NotOursError, admit, admit_crops, admit_folder
from facelab.training.augment import RANDOM_TRANSFORM, SIGMA, random_transform, random_warp

AHEAD = 4  # batches that wait to be used
GAMMA = 2.2  # of a screen, nearly: linear light is a pixel to this power
KEPT = 128  # pixels of a side at which pictures from files are kept in memory
LOOKED_AT = 50  # pictures by which a mean colour is judged


@dataclass(frozen=True, eq=False)
class Faces:
    """Pictures of one person to learn from.

    Attributes
    ----------
    image : (n,S,S,3) uint8 RGB, aligned; memory-mapped or not
    mask : (n,S,S) in [0,1], where the face is; None counts every pixel alike
    coverage : float, share of the width that the mean face takes from brow to brow
    truth : (n,S,S,3) uint8, what is to be drawn instead of ``image``: only the told ceiling has it
    scale : float, how large the face stood in its frames on average (geometric mean of crops to
        frames); only the ratio of two people's, photographed alike, means something
    ours : bool, whether they came through the door (``admitted``): a network learns from no others
    """

    image: np.ndarray
    mask: np.ndarray | None = None
    coverage: float = 0.5
    truth: np.ndarray | None = None
    scale: float = 1.0
    ours: bool = False

    def __len__(self):
        return len(self.image)

    @cached_property
    def tone(self):
        """Mean colour (3,) of the face in linear light, over at most ``LOOKED_AT`` pictures."""
        places = np.linspace(0, len(self) - 1, min(len(self), LOOKED_AT)).astype(int)
        light, weight = np.zeros(3), 1e-6
        for place in places:
            counts = self.counts(place)[..., None]
            light += ((self.image[place] / 255) ** GAMMA * counts).sum((0, 1))
            weight += counts.sum()
        return light / weight

    def counts(self, place):
        """How much each pixel of a picture counts, (S,S) float32."""
        if self.mask is None:
            return np.ones(self.image.shape[1:3], np.float32)
        return np.float32(self.mask[place])

    def layers(self, place):
        """One picture (S,S,7): what is seen, what is to be drawn, how much a pixel counts."""
        seen = self.image[place]
        drawn = seen if self.truth is None else self.truth[place]
        return np.dstack([seen, drawn, 255 * self.counts(place)]).astype(np.float32)


def admitted(given, coverage=COVERAGE, truth=False):
    """Faces to learn from, through the door: ``Crops``, or a folder of aligned pictures.

    Parameters
    ----------
    given : Crops with image and mask, or path of a folder that ``create_face_dataset`` wrote
    coverage : float, share of their width that the mean face takes from brow to brow
    truth : bool, draw the true swap of the Crops instead: only the told ceiling may

    Returns
    -------
    Faces

    Raises
    ------
    NotOursError
        Anything else; or a picture in the folder does not carry our mark, or was changed since.
    FileNotFoundError
        There is no such folder.
    """
    if isinstance(given, str | Path):
        paths = admit_folder(given)
        return Faces(
            np.stack([_small(admit(path).image) for path in paths]), None, coverage, ours=True
        )
    found = admit_crops(given)
    scale = mean_scale(found.matrix)
    if truth:
        return Faces(found.image, found.swap.mask, coverage, found.swap.image, scale, ours=True)
    return Faces(found.image, found.mask, coverage, None, scale, ours=True)


def _small(picture):
    """An aligned picture at the size that is kept in memory."""
    if picture.shape[0] != picture.shape[1]:
        raise NotOursError("a folder to learn from holds aligned faces, which are square.")
    return cv2.resize(picture, (KEPT, KEPT), interpolation=cv2.INTER_AREA)


def mean_scale(matrices):
    """How large faces stood in their frames: the geometric mean over similarities (n,2,3) from
    frames to crops, which shrink what is large."""
    zooms = np.hypot(matrices[:, 0, 0], matrices[:, 1, 0])
    return float(np.exp(-np.log(zooms).mean()))


@dataclass(frozen=True)
class Recipe:
    """How pairs are made from pictures.

    Attributes
    ----------
    side : int, pixels of a side of the pairs
    coverage : float, share of their width that the mean face takes from brow to brow
    sigma : float, by how much the points of the warp's grid move, in pixels of a picture of 256
        whose coverage is .625, as in the original; 0 bends nothing
    transform : dict, arguments of ``random_transform``
    tones : tuple of m (r, g, b), mean colours of faces in linear light: each pair is tinted so that
        its person has one of them, for a network that follows the tone it is shown; None tints
        nothing
    """

    side: int = 64
    coverage: float = 0.625
    sigma: float = SIGMA
    transform: dict | None = None
    tones: tuple | None = None

    def pair(self, faces, place, rng):
        """A pair of picture ``place``: (side,side,3) and (side,side,4) float32 in [0,1]."""
        moves = RANDOM_TRANSFORM if self.transform is None else self.transform
        share = faces.coverage / COVERAGE  # noise is as large for a face, whatever is around it
        moves = moves | {"shift_range": moves["shift_range"] * share}
        stack = random_transform(faces.layers(place), **moves, rng=rng)
        window = 256 * faces.coverage / self.coverage
        warped, straight = random_warp(stack, window, self.side, self.sigma * share, rng)
        seen, wanted = warped[..., :3] / 255, straight[..., 3:] / 255
        if self.tones is not None:
            tint = self._tint(faces, rng)
            seen = np.minimum(seen * tint, 1)
            wanted[..., :3] = np.minimum(wanted[..., :3] * tint, 1)
        return seen, wanted

    def _tint(self, faces, rng):
        """What a picture is multiplied by, (3,) float32, to give its person one of the tones."""
        tone = np.array(self.tones[rng.integers(len(self.tones))])
        return np.float32((tone / faces.tone) ** (1 / GAMMA))


def batch(faces, recipe, seed, step, size):
    """The batch of a step: pairs of ``size`` pictures drawn by seed and step.

    Returns
    -------
    warped : (size,side,side,3) float32; wanted : (size,side,side,4) float32, RGB and weight
    """
    rng = np.random.default_rng([seed, step])
    places = rng.integers(len(faces), size=size)
    pairs = [recipe.pair(faces, place, rng) for place in places]
    return tuple(np.stack(each) for each in zip(*pairs, strict=True))


def ahead(make, first, last, depth=AHEAD):
    """``make(step)`` for every step in [first, last), made by another thread before it is asked
    for; an error there is raised here."""
    with ThreadPoolExecutor(1) as pool:
        waiting = deque(pool.submit(make, step) for step in range(first, min(last, first + depth)))
        for step in range(first, last):
            found = waiting.popleft().result()
            if step + depth < last:
                waiting.append(pool.submit(make, step + depth))
            yield found
