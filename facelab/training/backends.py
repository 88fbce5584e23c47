"""Ten steps of a small training under the Keras backend that is set: the losses, as JSON.

KERAS_BACKEND=jax python -m facelab.training.backends

The first weights and the batches come from NumPy, so TensorFlow, JAX and PyTorch must print the
same numbers, up to the order in which they add.
"""

import json

import numpy as np

from facelab.models.autoencoder import Size, SwapModel
from facelab.training.batches import Faces, Recipe
from facelab.training.loop import Plan, batches_of, train

SMALL = Size((8, 8, 8, 8), 16, 8, (8, 8, 8))
STEPS = 10


def patches(rng):
    """Five pictures of 4 x 4 patches, with masks: nobody's face, and enough to compare backends."""
    colours = rng.integers(0, 256, (5, 4, 4, 3), np.uint8)
    return Faces(colours.repeat(24, 1).repeat(24, 2), rng.random((5, 96, 96)), ours=True)


def losses():
    """The loss of each of ten steps, A's and B's together."""
    rng, plan = np.random.default_rng(5), Plan(STEPS, 4)
    faces = [patches(rng) for _ in "ab"]
    model = SwapModel.of(SMALL)
    told = train(model.both, batches_of(faces, Recipe(), plan), plan, every=1)
    return [sum(report.losses) for report in told]


if __name__ == "__main__":
    print(json.dumps(losses()))
