"""The book's minibatches, under its names: endless, shuffled, through the door.

Taught in chapter 05. The book reads and decodes every picture again for every batch; here they are
read once, and a list that is shorter than a batch is drawn from more than once.
"""

from itertools import count
from pathlib import Path

import numpy as np

from facelab.blend.swapper import BOOK_COVERAGE
from facelab.studio.crops import Crops
from facelab.studio.door import admit, admit_crops, admit_folder
from facelab.training.augment import RANDOM_TRANSFORM, random_transform, random_warp

COVERAGE = round(160 / BOOK_COVERAGE)  # 220 pixels of 256: what ``Convert`` cuts out for a network


def read_image(img_path, random_transform_args=RANDOM_TRANSFORM, coverage=COVERAGE, rng=None):
    """One pair from a picture file that carries our mark.

    Parameters
    ----------
    img_path : path of an aligned picture, or what ``admit`` takes
    random_transform_args : dict, of ``random_transform``
    coverage : float, pixels of 256 that the network sees: use the same when you convert
    rng : numpy Generator

    Returns
    -------
    warped, target : (64,64,3) float in [0,1]

    Raises
    ------
    NotOursError
        The picture does not carry our mark, or was changed since.
    """
    return _pair(admit(img_path).image, random_transform_args, coverage, rng)


def _pair(image, transform, coverage, rng):
    moved = random_transform(np.float32(image) / 255, **transform, rng=rng)
    return random_warp(moved, coverage, rng=rng)


def minibatch(image_list, batchsize, coverage=COVERAGE, seed=None):
    """Pairs of one person, without end.

    Parameters
    ----------
    image_list : paths of aligned pictures with our mark, a folder of them, or Crops
    batchsize : int
    coverage : float, pixels of 256
    seed : int or None

    Yields
    ------
    epoch : int, how often all pictures have been seen
    warped, target : (batchsize,64,64,3) float32 in [0,1]

    Raises
    ------
    NotOursError
        At once: one of the pictures is not the course's.
    ValueError
        There is no picture.
    """
    images, rng = _images(image_list), np.random.default_rng(seed)
    return _batches(images, batchsize, coverage, rng)


def minibatchAB(image_list, batchsize, coverage=COVERAGE, seed=None):
    """As ``minibatch``: the book's name for the batches of A, and of B."""
    return minibatch(image_list, batchsize, coverage, seed)


def _images(image_list):
    if isinstance(image_list, Crops):
        return admit_crops(image_list).image
    folder = isinstance(image_list, str | Path)
    images = [admit(path).image for path in (admit_folder(image_list) if folder else image_list)]
    if not images:
        raise ValueError("minibatch needs at least one picture, got none.")
    return images


def _batches(images, size, coverage, rng):
    order = _shuffled(len(images), rng)
    for epoch, places in _numbered(order, size, len(images)):
        pairs = [_pair(images[k], RANDOM_TRANSFORM, coverage, rng) for k in places]
        yield epoch, *(np.float32(each) for each in zip(*pairs, strict=True))


def _shuffled(total, rng):
    """Places without end, each once before any comes again."""
    for _ in count():
        yield from rng.permutation(total)


def _numbered(order, size, total):
    for batch in count():
        yield batch * size // total, [next(order) for _ in range(size)]
