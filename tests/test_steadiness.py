"""Flicker and trembling: nothing for the truth, more for what is worse, and late what is late."""

import cv2
import numpy as np
import pytest

from facelab.blend.smoothing import SMOOTHERS
from facelab.measure.quality import QualityError
from facelab.measure.steadiness import (
    brought_along,
    clone_tremble,
    displacement,
    flicker,
    flows_between,
    jitter,
    lag,
    smoother_table,
    steadiness,
)
from facelab.studio import Person, Scene, clip, render

A, B = Person.from_seed(11), Person.from_seed(5)


@pytest.fixture(scope="module")
def film():
    """The true swap of B's face in A's clip."""
    swapped = A.with_face_of(B, "a")
    return [render(swapped, scene, size=160) for scene in clip(A, "talk", seconds=0.3, seed=1)]


def test_the_truth_is_as_steady_as_itself(film):
    found = steadiness([frame.image for frame in film], film)
    assert found["flicker"] == found["jitter"] == found["wobble"] == 0
    assert found["flicker of the truth"] > 0 and found["jitter of the truth"] > 0
    assert found["frames"] == len(film)


def test_frames_that_change_their_light_flicker(film):
    rng = np.random.default_rng(0)
    shaky = [
        np.uint8(np.clip(f.image + rng.normal(0, 8), 0, 255)) for f in film
    ]  # each as a whole lighter or darker
    assert steadiness(shaky, film)["flicker"] > 3
    lighter = [np.uint8(np.clip(frame.image + 8.0, 0, 255)) for frame in film]
    assert abs(steadiness(lighter, film)["flicker"]) < 0.3


def test_a_face_that_trembles_is_read_as_trembling(film):
    rng = np.random.default_rng(1)
    steps = rng.integers(-2, 3, (len(film), 2))
    shaken = [np.roll(f.image, step, (0, 1)) for f, step in zip(film, steps, strict=True)]
    found = steadiness(shaken, film)
    assert found["jitter"] > 1
    assert found["wobble"] == pytest.approx(jitter(steps[:, None]), rel=0.1)


@pytest.mark.parametrize("shift", [(0, 0), (0.4, -0.3), (-1.5, 1.0), (2.0, 2.0)])
def test_a_displaced_face_is_found_at_its_place(film, shift):
    back = np.float32([[1, 0, shift[0]], [0, 1, shift[1]]])
    moved = cv2.warpAffine(film[0].image, back, (160, 160), flags=cv2.INTER_CUBIC)
    darker = np.uint8(np.round(0.8 * moved + 5))
    for image in (moved, darker):
        found = displacement(image, film[0].image, film[0].mask)
        assert np.abs(found - shift).max() < 0.1


def test_flow_brings_a_flat_lit_face_along():
    scenes = [Scene(yaw=yaw, light="flat") for yaw in (0, 8)]
    frames = [render(A, scene, size=160) for scene in scenes]
    (flow, weight), *_ = flows_between(frames)
    brought = brought_along(frames[0].image, flow)
    still = np.abs(np.float32(frames[1].image) - frames[0].image).mean(-1)
    moved = np.abs(np.float32(frames[1].image) - brought).mean(-1)
    assert np.average(moved, weights=weight) < 0.4 * np.average(still, weights=weight)
    hidden = (frames[1].mask > 0.9) & (weight == 0)  # the side of the nose that came into view
    assert 0 < hidden.sum() < 0.1 * frames[1].mask.sum()
    own = np.average(moved, weights=weight)
    assert flicker([f.image for f in frames], [(flow, weight)]) == pytest.approx(own)


def test_jitter_is_the_second_difference():
    steady = np.arange(5)[:, None, None] * np.ones((1, 68, 2))
    assert jitter(steady) == pytest.approx(0)
    steady[2, :, 0] += 1  # second differences of 1, -2 and 1
    assert jitter(steady) == pytest.approx(4 / 3)


def test_lag_is_found():
    t = np.arange(60)
    path = np.stack([20 * np.sin(t / 5), 12 * np.cos(t / 7)], -1)
    truth = np.repeat(path[:, None], 68, 1)
    late = np.stack([np.stack([np.interp(t - 1.4, t, c) for c in path.T], -1)] * 68, 1)
    assert lag(late, truth) == pytest.approx(1.4, abs=0.11)
    assert lag(truth, truth) == pytest.approx(0, abs=0.05)


def test_smoothers_gain_calm_and_only_the_causal_ones_come_late():
    scenes = clip(A, "look around", seconds=2, seed=3)
    truth = np.array([render(A, scene, size=64).landmarks for scene in scenes]) * 4
    found = truth + np.random.default_rng(0).normal(0, 0.6, truth.shape)
    found[20] = np.nan  # a frame in which nothing was found
    table = smoother_table(found[:20], truth[:20])
    assert set(table) == set(SMOOTHERS)
    assert all(
        table[name]["jitter"] < 0.5 * table["none"]["jitter"] for name in table if name != "none"
    )
    assert table["one euro"]["lag"] > table["moving average"]["lag"] + 0.2
    assert np.isfinite(smoother_table(found, truth)["kalman"]["nme"])


def test_the_books_clone_trembles_and_the_mended_one_does_not():
    points = [render(A, scene, size=128).landmarks for scene in clip(A, "talk", seconds=0.3)]
    moved = clone_tremble(points, (128, 128))
    assert np.abs(moved["mended"]).max() < 0.2 < 1 < np.abs(moved["book"]).max()


def test_films_that_cannot_be_compared(film):
    pictures = [frame.image for frame in film]
    for wrong in (pictures[:-1], pictures[:1]):
        with pytest.raises(QualityError, match="as long"):
            steadiness(wrong, film)
    with pytest.raises(QualityError, match="three frames"):
        jitter(np.zeros((2, 68, 2)))
