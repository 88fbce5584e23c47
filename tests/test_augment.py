"""Random transform and random warp: those of the original, against it written out in full."""

import cv2
import numpy as np
import pytest
from skimage.transform import SimilarityTransform

from facelab.training.augment import (
    RANDOM_TRANSFORM,
    dense,
    moved_grid,
    random_transform,
    random_warp,
    straight,
)

yy, xx = np.mgrid[:256, :256] + 0.5
PLACES = np.dstack([xx, yy, np.zeros_like(xx)]).astype(np.float32)  # where each pixel is
SMOOTH = cv2.GaussianBlur(np.random.default_rng(1).random((256, 256, 3), np.float32), (0, 0), 6)


def rng():
    return np.random.default_rng(7)


def test_without_noise_both_are_the_middle():
    warped, target = random_warp(PLACES, 160, 64, sigma=0, rng=rng())
    line = 48 + (np.arange(64) + 0.5) * 2.5
    for picture in (warped, target):
        assert np.allclose(picture[..., 0], line, atol=0.05)
        assert np.allclose(picture[..., 1], line[:, None], atol=0.05)


def test_points_of_the_grid_land_where_the_original_puts_them():
    points = moved_grid(256, 160, 5, rng())
    map_x, map_y = dense(points, 64)
    for k in (1, 2, 3):
        # the regular grid of the target lies at 0, 16, ... 64: between pixels 15 and 16 of the maps
        found = map_x[16 * k - 1 : 16 * k + 1, 16 * k - 1 : 16 * k + 1].mean() + 0.5
        assert found == pytest.approx(points[k, k, 0], abs=0.4)


def test_the_target_is_not_bent_but_inherits_shift_turn_and_zoom():
    points = moved_grid(256, 160, 5, rng())
    fit = SimilarityTransform()
    line = np.linspace(0, 64, 5)
    regular = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
    estimate = getattr(SimilarityTransform, "from_estimate", None)
    if estimate:
        fit = estimate(points.reshape(-1, 2), regular)
    else:
        fit.estimate(points.reshape(-1, 2), regular)
    target = straight(PLACES, points, 64)
    centres = np.stack(np.meshgrid(np.arange(64) + 0.5, np.arange(64) + 0.5), -1)
    wanted = fit.inverse(centres.reshape(-1, 2)).reshape(64, 64, 2)
    assert np.abs(target[..., :2] - wanted).max() < 0.1


def test_noise_is_five_pixels_of_256_at_any_size():
    for size in (96, 256):
        moved = np.stack([moved_grid(size, 160, 5, np.random.default_rng(k)) for k in range(300)])
        assert moved.std(0).mean() * 256 / size == pytest.approx(5, rel=0.05)


def test_warped_and_target_show_the_same_face():
    warped, target = random_warp(SMOOTH, 160, 64, rng=rng())
    nothing = np.abs(target - target.mean()).mean()
    assert 0 < np.abs(warped - target).mean() < nothing


@pytest.mark.parametrize("side", [64, 128])
def test_any_side_and_more_channels(side):
    stack = np.dstack([SMOOTH, SMOOTH, SMOOTH[..., :1]])
    warped, target = random_warp(stack, 160, side, rng=rng())
    assert warped.shape == target.shape == (side, side, 7)
    assert np.array_equal(warped[..., :3], warped[..., 3:6])


def test_transform_of_nothing_changes_nothing():
    still = random_transform(SMOOTH, 0, 0, 0, 0, rng())
    assert np.allclose(still, SMOOTH, atol=1e-3)


def test_a_flip_mirrors():
    assert np.allclose(random_transform(SMOOTH, 0, 0, 0, 1, rng()), SMOOTH[:, ::-1], atol=1e-3)


def test_a_transform_turns_zooms_and_shifts_within_its_ranges():
    centre, angle, scale = [], [], []
    for k in range(300):
        moved = random_transform(PLACES, 10, 0.05, 0.05, 0, np.random.default_rng(k))
        across = moved[128, 160, :2] - moved[128, 96, :2]
        centre.append(moved[127:129, 127:129, :2].mean((0, 1)) - 128)
        angle.append(np.degrees(np.arctan2(across[1], across[0])))
        scale.append(64 / np.linalg.norm(across))
    assert 9 < np.abs(angle).max() <= 10.1
    assert 0.04 < np.abs(np.array(scale) - 1).max() <= 0.051
    assert 11 < np.abs(centre).max() < 0.05 * 256 * 1.1


def test_the_originals_numbers():
    assert RANDOM_TRANSFORM == {
        "rotation_range": 10, "zoom_range": 0.05, "shift_range": 0.05, "random_flip": 0.4,
    }  # fmt: skip
