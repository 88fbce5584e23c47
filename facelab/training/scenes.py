"""Which scenes are for training and which are held out, so that no scene is ever both.

The rule: whoever trains draws scenes from ``np.random.default_rng([seed, k])`` with any seed below
``HELD_OUT``; held-out scenes come from ``np.random.default_rng([HELD_OUT, seed])`` alone.
The same scenes are held out for every pair of people, and the first n of a set are the set of n.
"""

import numpy as np

from facelab.studio import Scene
from facelab.studio.errors import whole_number

PICTURES = 1500  # scenes of each person to learn from
HELD_OUT = 1_000_003  # no seed of a training is that high
WATCHED = 999_983  # the held-out set that a training is watched on: scores are taken on others


def training_scenes(seed, count=PICTURES):
    """Scenes in which the person of a seed is photographed for training."""
    return _drawn([whole_number("seed", seed, 0, HELD_OUT - 1), 0], count)


def held_out_scenes(count, seed=0):
    """The first ``count`` scenes of the held-out set of that seed: no training sees them."""
    return _drawn([HELD_OUT, whole_number("seed", seed)], count)


def _drawn(seeds, count):
    rng = np.random.default_rng(seeds)
    return [Scene.random(rng) for _ in range(whole_number("count", count, 1))]
