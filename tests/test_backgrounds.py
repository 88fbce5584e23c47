"""Painted backgrounds: the same at every size, in every process, and fast enough."""

import hashlib
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from facelab.studio.backgrounds import PAINTERS, background, fitted_picture, linear
from facelab.studio.canvas import Canvas, value_noise
from facelab.studio.errors import StudioError
from facelab.studio.scene import BACKGROUNDS

ROOT = Path(__file__).resolve().parents[1]
SEEDS = range(12)


def shrunk(picture, size):
    return cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)


def test_every_kind_that_a_scene_knows_is_painted():
    assert set(PAINTERS) == set(BACKGROUNDS)


@pytest.mark.parametrize("kind", BACKGROUNDS)
@pytest.mark.parametrize("blur", [0.0, 1.0])
def test_linear_light_of_the_shape_asked_for(kind, blur):
    for seed in SEEDS:
        picture = background(kind, seed, 40, 56, blur)
        assert picture.shape == (40, 56, 3) and picture.dtype == np.float32
        assert np.isfinite(picture).all() and picture.min() >= 0 and picture.max() <= 1.5


@pytest.mark.parametrize("kind", BACKGROUNDS)
def test_the_composition_is_the_same_at_every_size(kind):
    for seed in SEEDS:
        small, large = (background(kind, seed, s, s, 0.5) for s in (128, 512))
        apart = np.abs(shrunk(small, 64) - shrunk(large, 64))
        assert apart.mean() < 0.012, (kind, seed)


@pytest.mark.parametrize("kind", BACKGROUNDS)
def test_a_wider_picture_only_shows_more(kind):
    for seed in SEEDS:
        square, wide = (background(kind, seed, 64, w, 0.5) for w in (64, 128))
        apart = np.abs(wide[:, 32:96] - square)
        assert apart.mean() < 0.006, (kind, seed)


@pytest.mark.parametrize("kind", BACKGROUNDS)
def test_seeds_differ_in_brightness_and_content(kind):
    pictures = [background(kind, seed, 32, 32, 0.5) for seed in range(30)]
    assert np.std([p.mean() for p in pictures]) > 0.03
    assert len({p.tobytes() for p in pictures}) == 30


def test_colours_are_not_garish():
    tones = np.concatenate(
        [shrunk(background(k, s), 8).reshape(-1, 3) for k in BACKGROUNDS for s in SEEDS]
    )
    saturation = 1 - tones.min(1) / np.maximum(tones.max(1), 1e-3)
    assert np.median(saturation) < 0.55 and np.mean(saturation > 0.93) < 0.03


def test_blur_softens_what_is_far():
    def sharpness(blur):
        return np.mean(
            [np.abs(np.diff(background("room", s, 128, 128, blur), axis=1)).mean() for s in SEEDS]
        )

    assert sharpness(0.0) > sharpness(0.5) > sharpness(1.0)


def digests(threads):
    """Hash of one picture of each kind, from a new process with so many threads."""
    code = (
        "import hashlib, cv2; cv2.setNumThreads(%d)\n"
        "from facelab.studio.backgrounds import background, BACKGROUNDS\n"
        "pictures = [background(k, 5, 96, 96, .6) for k in BACKGROUNDS]\n"
        "print([hashlib.sha256(p.tobytes()).hexdigest() for p in pictures])"
    )
    env = {
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", code % threads],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.slow
def test_same_bytes_in_other_processes_and_thread_counts():
    here = [
        hashlib.sha256(background(k, 5, 96, 96, 0.6).tobytes()).hexdigest() for k in BACKGROUNDS
    ]
    assert digests(1) == digests(2) == str(here)


def test_a_picture_is_cut_to_shape_and_linearised():
    picture = np.zeros((50, 100, 3), np.uint8)
    picture[:, 25:75] = 188
    fitted = fitted_picture(picture, 100, 100)
    assert fitted.shape == (100, 100, 3)
    assert np.allclose(fitted[:, 2:98], linear(np.uint8(188)), atol=1e-4)
    assert linear(np.uint8(255)) == 1 and abs(linear(np.uint8(188)) - 0.503) < 0.002
    assert np.array_equal(background(picture, 0, 100, 100, 0), fitted)


def test_a_picture_out_of_focus_keeps_its_light():
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (128, 128, 3), np.uint8)
    sharp, soft = (background(picture, 0, 128, 128, blur) for blur in (0, 1))
    assert soft.std() < 0.2 * sharp.std() and abs(soft.mean() - sharp.mean()) < 0.01


def test_value_noise_is_smooth_and_fills_its_range():
    u = np.linspace(0, 20, 2000, dtype=np.float32)
    noise = value_noise(u, u, 3, 1.0)
    assert noise.shape == (2000, 2000) and abs(noise.mean()) < 0.1 and 0.3 < noise.std() < 0.7
    assert np.abs(np.diff(noise, axis=1)).max() < 0.04  # slope <= 1.5 * 2, 100 samples to a cell


def test_a_box_keeps_its_area_however_soft():
    for blur in (0.0, 1.0):
        canvas = Canvas.blank(200, 200, blur, 0)
        canvas.box(-0.2, 0.2, 0.3, 0.6, np.ones((3, 1, 1), np.float32))
        assert abs(canvas.light[0].mean() - 0.4 * 0.3) < 0.001


@pytest.mark.parametrize("wrong, word", [
    (dict(kind="beach"), "outdoor"), (dict(kind="room", blur=1.5), "blur"),
    (dict(kind="room", height=0), "pixel"), (dict(kind="room", seed=-1), "seed"),
    (dict(kind=np.zeros((4, 4))), "uint8"), (dict(kind=np.zeros((0, 4, 3), np.uint8)), "uint8"),
])  # fmt: skip
def test_what_cannot_be_painted_is_refused(wrong, word):
    with pytest.raises(StudioError, match=word):
        background(**wrong)


@pytest.mark.parametrize("kind", BACKGROUNDS)
def test_a_part_is_that_part_of_the_whole(kind):
    for seed in range(6):
        whole = background(kind, seed, 96, 96, 0.2)
        for top, left, bottom, right in ((10, 60, 60, 96), (40, 0, 96, 30)):
            part = background(kind, seed, 96, 96, 0.2, (top, left, bottom, right))
            assert part.shape == (bottom - top, right - left, 3)
            inner = np.s_[1:-1, 1:-1]  # a relief's outermost pixels know no neighbours
            assert np.array_equal(part[inner], whole[top:bottom, left:right][inner])


def test_beyond_the_border_of_a_picture_there_is_light_too():
    """Forty seeds, so that each place outdoors is among them."""
    for seed in range(40):
        above = background("outdoor", seed, 48, 48, part=(-20, 0, 0, 48))
        assert np.isfinite(above).all() and above.max() > 0.05
