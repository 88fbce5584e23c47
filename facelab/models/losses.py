"""How wrong is a picture? Losses that count the face, backend-neutral.

What is to be drawn comes as (n,S,S,4): RGB in [0,1] and, as fourth channel, how much each pixel
counts. So a loss needs no second input and every Keras backend can train with it.
"""

import keras
import numpy as np
from keras import ops

WINDOW, SIGMA = 7, 1.5  # pixels of the SSIM filter: 11, as in the paper, is a sixth of 64 pixels
C1, C2 = 0.01**2, 0.03**2
SURROUND = 0.1  # what a pixel beside the face counts


def mae(wanted, drawn):
    """Mean absolute error over all pixels: the book's loss."""
    return ops.mean(ops.abs(wanted[..., :3] - drawn))


def weighted_mae(wanted, drawn):
    """Mean absolute error in which a pixel counts ``SURROUND`` and, on the face, up to 1."""
    counts = SURROUND + (1 - SURROUND) * wanted[..., 3:]
    return ops.sum(counts * ops.abs(wanted[..., :3] - drawn)) / (3 * ops.sum(counts))


def dssim(wanted, drawn):
    """(1 - SSIM) / 2 on the face (Wang et al. 2004), Gaussian window, data range 1."""
    x, y = wanted[..., :3], drawn
    mean_x, mean_y = _blurred(x), _blurred(y)
    var_x, var_y = _blurred(x * x) - mean_x**2, _blurred(y * y) - mean_y**2
    both = _blurred(x * y) - mean_x * mean_y
    likeness = (2 * mean_x * mean_y + C1) * (2 * both + C2)
    likeness = likeness / ((mean_x**2 + mean_y**2 + C1) * (var_x + var_y + C2))
    rim = WINDOW // 2
    counts = wanted[:, rim:-rim, rim:-rim, 3:]
    return ops.sum(counts * (1 - likeness)) / (6 * ops.sum(counts) + 1e-6)


def _blurred(x):
    steps = np.arange(WINDOW) - WINDOW // 2
    bell = np.exp(-(steps**2) / (2 * SIGMA**2))
    window = np.outer(bell, bell) / bell.sum() ** 2
    kernel = np.repeat(window[:, :, None, None], 3, axis=2).astype("float32")
    return ops.depthwise_conv(x, ops.convert_to_tensor(kernel), padding="valid")


@keras.saving.register_keras_serializable("facelab")
def face_loss(wanted, drawn):
    """``weighted_mae`` + .3 ``dssim``: colours from the first, edges from the second."""
    return weighted_mae(wanted, drawn) + 0.3 * dssim(wanted, drawn)


LOSSES = {"mae": mae, "face": face_loss}
