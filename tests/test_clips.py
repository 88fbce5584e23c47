"""Performances: smooth, within range, the same at every frame rate, free of the person."""

import numpy as np
import pytest

from facelab.studio.clips import DRIVERS, clip, drift, ease
from facelab.studio.errors import StudioError
from facelab.studio.facs import UNITS
from facelab.studio.person import Person
from facelab.studio.scene import Camera, Scene
from facelab.studio.speech import VISEMES, Sound, articulate, utter

SEEDS = range(6)
# Largest change from frame to frame, and of that change, at 25 frames a second: (step, bend).
WEIGHT, LIDS, HEAD, EYES = (0.35, 0.4), (0.8, 1.2), (8.0, 3.0), (28.0, 28.0)


def tracks(scenes):
    """Every number that changes, as name -> (n,)."""
    found = {u: np.array([s.expression.get(u, 0) for s in scenes]) for u in UNITS}
    found |= {
        k: np.array([getattr(s, k) for s in scenes]) for k in ("yaw", "pitch", "roll", "pulse")
    }
    gaze = np.array([s.gaze for s in scenes])
    return found | {"gaze_right": gaze[:, 0], "gaze_up": gaze[:, 1]}


def limits(name):
    if name.startswith("eyeBlink"):
        return LIDS
    return WEIGHT if name in UNITS or name == "pulse" else EYES if name.startswith("gaze") else HEAD


@pytest.mark.parametrize("driver", DRIVERS)
def test_everything_moves_smoothly(driver):
    for seed in SEEDS:
        for name, track in tracks(clip(None, driver, 25, 6.0, seed)).items():
            step, bend = limits(name)
            assert np.abs(np.diff(track)).max() <= step, (seed, name)
            assert np.abs(np.diff(track, 2)).max() <= bend, (seed, name)


@pytest.mark.parametrize("driver", DRIVERS)
def test_finer_sampling_gives_smaller_steps(driver):
    """What only looks like a jump at 25 frames a second is a movement at 400."""
    fine = tracks(clip(None, driver, 400, 3.0, 2))
    for name, track in fine.items():
        assert np.abs(np.diff(track)).max() <= 0.12 * limits(name)[0], name


@pytest.mark.parametrize("driver", DRIVERS)
def test_the_same_performance_at_every_frame_rate(driver):
    slow, fast = clip(None, driver, 25, 3.0, 5), clip(None, driver, 50, 3.0, 5)
    assert (len(slow), len(fast)) == (75, 150)
    whole, half = tracks(slow), tracks(fast[::2])
    assert all(np.allclose(whole[name], half[name], atol=1e-3) for name in whole)


@pytest.mark.parametrize("driver", DRIVERS)
def test_same_arguments_same_scenes_other_seed_other_scenes(driver):
    assert clip(None, driver, seed=3) == clip(None, driver, seed=3)
    assert clip(None, driver, seed=3) != clip(None, driver, seed=4)


def test_a_driver_may_be_spelled_with_an_underscore():
    assert clip(driver="look_around", seconds=0.2) == clip(driver="look around", seconds=0.2)


def test_the_number_of_frames():
    assert len(clip()) == 50
    assert len(clip(fps=30, seconds=1.5)) == 45
    assert len(clip(seconds=0.001)) == 1


def test_only_the_performance_changes():
    base = Scene(
        yaw=10,
        light="side",
        camera=Camera(focal=50),
        clothes="hoodie",
        background="room",
        occluder="glasses",
        seed=9,
    )
    for scene in clip(None, "mixed", seconds=1.0, scene=base):
        kept = scene.with_(expression={}, yaw=10, pitch=0, roll=0, gaze=(0, 0), pulse=0)
        assert kept == base


def test_it_moves_about_the_scene_that_is_given():
    base = Scene(
        expression={"browInnerUp": 0.4, "eyeBlinkLeft": 0.5}, yaw=25, pitch=-6, gaze=(8, 3)
    )
    found = tracks(clip(None, "talk", seconds=8, scene=base))
    assert abs(found["yaw"].mean() - 25) < 3 and abs(found["pitch"].mean() + 6) < 3
    assert found["browInnerUp"].min() >= 0.4 and found["eyeBlinkLeft"].min() >= 0.5
    assert abs(np.median(found["gaze_right"]) - 8) < 4


def test_people_perform_in_their_own_manner():
    a, b = Person.from_seed(1), Person.from_seed(2)
    assert clip(a, "talk", seed=5) == clip(a, "talk", seed=5)
    assert clip(a, "talk", seed=5) != clip(b, "talk", seed=5)


def test_talking_opens_and_closes_the_mouth_a_few_times_a_second():
    for seed in SEEDS:
        jaw = tracks(clip(None, "talk", 25, 8.0, seed))["jawOpen"]
        turns = np.sum(np.diff(np.sign(np.diff(jaw))) < 0) / 8
        assert 2 < turns < 9 and jaw.max() > 0.25 and jaw.min() < 0.05


def test_smiling_raises_both_corners_and_the_cheeks():
    found = tracks(clip(None, "smile", 25, 4.0, 1))
    assert min(found["mouthSmileLeft"].max(), found["mouthSmileRight"].max()) > 0.4
    assert found["cheekSquintLeft"].max() > 0.25
    assert np.argmax(found["cheekSquintLeft"] > 0.1) >= np.argmax(found["mouthSmileLeft"] > 0.1)


def test_blinks_close_the_lids_and_open_them_again():
    for seed in SEEDS:
        lids = tracks(clip(None, "blink", 25, 6.0, seed))["eyeBlinkLeft"]
        shut = np.sum(np.diff((lids > 0.95).astype(int)) > 0)
        assert shut >= 3 and np.mean(lids < 0.05) > 0.4


def test_the_head_follows_the_eyes():
    for seed in SEEDS:
        found = tracks(clip(None, "look around", 100, 6.0, seed))
        target, head = found["yaw"] + found["gaze_right"], found["yaw"]
        lags = [np.corrcoef(target[: len(head) - lag], head[lag:])[0, 1] for lag in range(0, 60, 5)]
        assert np.argmax(lags) > 1 and max(lags) > 0.8


def test_a_heart_beats():
    pulse = tracks(clip(None, "blink", 25, 20.0, 0))["pulse"]
    spectrum = np.abs(np.fft.rfft(pulse - pulse.mean()))
    assert spectrum.argmax() / 20 == pytest.approx(1.1, abs=0.06)  # beats a second


def test_sounds_are_blended_with_their_neighbours():
    t = np.linspace(0, 0.6, 61)
    alone = articulate([Sound("aa", 0.3, 0.15)], t)["jawOpen"]
    word = [Sound("oo", 0.15, 0.15), Sound("aa", 0.3, 0.15), Sound("oo", 0.45, 0.15)]
    assert articulate(word, t)["jawOpen"][30] < alone[30]
    assert articulate(word, t)["mouthPucker"][30] > 0.01


def test_lips_meet_for_m_b_p_between_open_vowels():
    t = np.linspace(0, 0.6, 61)
    word = [Sound("aa", 0.2, 0.14), Sound("mbp", 0.3, 0.08), Sound("aa", 0.4, 0.14)]
    shape = articulate(word, t)
    assert shape["jawOpen"][30] - shape["mouthClose"][30] < 0.04 < 0.2 < shape["jawOpen"][18]


def test_speech_is_made_of_known_sounds_in_order():
    sounds = utter(np.random.default_rng(1), 20.0)
    middles = [s.middle for s in sounds]
    assert {s.viseme for s in sounds} <= set(VISEMES) and middles == sorted(middles)
    assert 60 < len([s for s in sounds if s.viseme in ("aa", "eh", "ee", "oh", "oo", "uh")]) < 140
    assert middles[-1] > 19


def test_easing_starts_and_ends_at_rest():
    t = np.linspace(-0.5, 1.5, 2001)
    eased = ease(t)
    assert eased[0] == 0 and eased[-1] == 1 and np.all(np.diff(eased) >= 0)
    assert np.abs(np.diff(eased, 2)).max() < 1e-5


def test_drift_wanders_about_zero():
    wander = drift(np.random.default_rng(0), np.linspace(0, 400, 8000), 1.0)
    assert abs(wander.mean()) < 0.15 and 0.6 < wander.std() < 1.3


@pytest.mark.parametrize("wrong, word", [
    (dict(driver="sing"), "look around"), (dict(fps=0), "fps"), (dict(seconds=-1), "seconds"),
    (dict(seconds=float("nan")), "seconds"), (dict(seconds=1e5), "at most"),
    (dict(seed=-1), "seed"), (dict(scene="room"), "Scene"), (dict(fps="25"), "fps"),
    (dict(fps=None), "fps"), (dict(seconds=None), "seconds"), (dict(seconds="2"), "seconds"),
    (dict(seed=1.5), "seed"), (dict(seed=None), "seed"), (dict(person=5), "Person"),
    (dict(driver=["talk"]), "look around"), (dict(driver=None), "look around"),
])  # fmt: skip
def test_what_cannot_be_performed_is_refused(wrong, word):
    with pytest.raises(StudioError, match=word):
        clip(**wrong)
