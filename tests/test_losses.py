"""Losses of pictures against scikit-image and against sums by hand."""

import keras
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage.metrics import structural_similarity

from facelab.models.losses import (
    LOSSES,
    SIGMA,
    SURROUND,
    WINDOW,
    dssim,
    face_loss,
    mae,
    weighted_mae,
)

rng = np.random.default_rng(3)
PICTURE = rng.random((2, 32, 32, 3), np.float32)
OTHER = np.clip(PICTURE + rng.normal(0, 0.1, PICTURE.shape), 0, 1).astype(np.float32)
ONES = np.ones((2, 32, 32, 1), np.float32)


def wanted(mask=ONES):
    return np.concatenate([PICTURE, mask], -1)


def value(loss, mask=ONES, drawn=OTHER):
    return float(
        loss(keras.ops.convert_to_tensor(wanted(mask)), keras.ops.convert_to_tensor(drawn))
    )


def test_mae_is_the_mean():
    assert value(mae) == pytest.approx(np.abs(PICTURE - OTHER).mean(), rel=1e-5)


@pytest.mark.parametrize("loss", LOSSES.values())
def test_the_same_picture_costs_nothing(loss):
    assert value(loss, drawn=PICTURE) == pytest.approx(0, abs=1e-6)


def test_what_lies_beside_the_face_counts_less():
    half = ONES * (np.arange(32) < 16)[:, None]
    counts = SURROUND + (1 - SURROUND) * half
    by_hand = (counts * np.abs(PICTURE - OTHER)).sum() / (3 * counts.sum())
    assert value(weighted_mae, half) == pytest.approx(by_hand, rel=1e-5)


def smooth(x):
    return gaussian_filter(x.astype(float), SIGMA, radius=WINDOW // 2, axes=(0, 1))


def likeness(x, y):
    """SSIM's map (H-6,W-6,3) by SciPy, where the window lies inside the picture."""
    mean_x, mean_y = smooth(x), smooth(y)
    var_x, var_y = smooth(x * x) - mean_x**2, smooth(y * y) - mean_y**2
    both = smooth(x * y) - mean_x * mean_y
    top = (2 * mean_x * mean_y + 0.01**2) * (2 * both + 0.03**2)
    return (top / ((mean_x**2 + mean_y**2 + 0.01**2) * (var_x + var_y + 0.03**2)))[3:-3, 3:-3]


def test_dssim_is_the_papers():
    by_scipy = np.mean([likeness(a, b) for a, b in zip(PICTURE, OTHER, strict=True)])
    assert value(dssim) == pytest.approx((1 - by_scipy) / 2, abs=1e-5)


def test_dssim_is_near_scikit_images_whose_window_is_wider():
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    pairs = zip(PICTURE, OTHER, strict=True)
    theirs = np.mean(
        [structural_similarity(a, b, data_range=1, channel_axis=-1, **options) for a, b in pairs]
    )
    assert value(dssim) == pytest.approx((1 - theirs) / 2, rel=0.02)


def test_an_empty_mask_is_no_division_by_nothing():
    assert np.isfinite(value(face_loss, 0 * ONES))
