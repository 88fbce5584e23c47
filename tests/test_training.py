"""Training: seeded, made ahead, resumed to the bit, and refused where it would mislead."""

import json

import keras
import numpy as np
import pytest

from facelab.models.autoencoder import Size, SwapModel
from facelab.studio.door import NotOursError
from facelab.training.batches import Faces, Recipe, ahead, batch
from facelab.training.kills import trial
from facelab.training.loop import SETTINGS, STATE, Plan, TrainingError, batches_of, train

SMALL = Size((4, 4, 4, 4), 8, 4, (4, 4, 4))
rng = np.random.default_rng(5)


def plain():
    """Five pictures, each of one colour: something that so small a network can learn."""
    return np.broadcast_to(rng.integers(0, 99, (5, 1, 1, 3), np.uint8), (5, 96, 96, 3))


FACES = [Faces(plain(), rng.random((5, 96, 96)), ours=True) for _ in "ab"]
RECIPE = Recipe()


def learned(plan, folder=None, seed=0, **more):
    model = SwapModel.of(SMALL, seed)
    told = train(model.both, batches_of(FACES, RECIPE, plan), plan, folder, **more)
    return model, told


def test_a_batch_is_decided_by_seed_and_step():
    one, same = batch(FACES[0], RECIPE, 1, 7, 4), batch(FACES[0], RECIPE, 1, 7, 4)
    others = batch(FACES[0], RECIPE, 2, 7, 4), batch(FACES[0], RECIPE, 1, 8, 4)
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not any(np.array_equal(one[0], other[0]) for other in others)


def test_a_batch_is_what_the_network_takes():
    warped, wanted = batch(FACES[0], RECIPE, 0, 0, 3)
    assert warped.shape == (3, 64, 64, 3) and wanted.shape == (3, 64, 64, 4)
    assert warped.dtype == wanted.dtype == np.float32
    assert 0 <= warped.min() and warped.max() <= 1 and wanted[..., 3].max() <= 1


def test_the_told_are_shown_the_target_and_draw_the_truth():
    white, black = np.full((1, 96, 96, 3), 255, np.uint8), np.zeros((1, 96, 96, 3), np.uint8)
    warped, wanted = batch(Faces(white, truth=black), RECIPE, 0, 0, 2)
    assert warped.min() == 1 and wanted[..., :3].max() == 0 and wanted[..., 3].min() == 1


def test_the_network_sees_the_coverage_it_is_used_with():
    # a disc as wide as the mean face in the picture must be as wide as it in the pair
    line = (np.arange(96) + 0.5) / 96 - 0.5
    disc = np.hypot(line, line[:, None]) < 0.25  # coverage .5
    faces = Faces(np.uint8(255 * np.dstack([disc] * 3))[None], coverage=0.5)
    still = {"rotation_range": 0, "zoom_range": 0, "shift_range": 0, "random_flip": 0}
    _, wanted = batch(faces, Recipe(coverage=0.625, sigma=0, transform=still), 0, 0, 1)
    assert wanted[0, 32, :, 0].sum() / 64 == pytest.approx(0.625, abs=0.02)


def test_ahead_gives_all_in_order():
    assert list(ahead(lambda step: step, 3, 20, depth=4)) == list(range(3, 20))


def test_an_error_made_ahead_is_raised():
    def broken(step):
        raise OSError("no such picture")

    with pytest.raises(OSError, match="no such picture"):
        list(ahead(broken, 0, 5))


def test_the_loss_falls():
    _, told = learned(Plan(60, 4, rate=3e-2), every=10)
    assert [report.step for report in told] == [10, 20, 30, 40, 50, 60]
    assert sum(told[-1].losses) < 0.9 * sum(told[0].losses)


def test_the_same_seed_gives_the_same_weights():
    one, _ = learned(Plan(3, 2))
    same, _ = learned(Plan(3, 2))
    other, _ = learned(Plan(3, 2, seed=1))
    assert np.array_equal(one.both.get_weights()[0], same.both.get_weights()[0])
    assert not np.array_equal(one.both.get_weights()[0], other.both.get_weights()[0])


def test_what_was_stopped_goes_on_to_the_same_end(tmp_path):
    class Stop(Exception):
        pass

    def stop(report):
        if report.step == 4:
            raise Stop

    plan = Plan(6, 2)
    with pytest.raises(Stop):
        learned(plan, tmp_path, report=stop, every=2)
    resumed, told = learned(plan, tmp_path, seed=99, every=2)  # its own weights are not used
    whole, _ = learned(plan)
    assert told[0].step == 6 and told[0].resumed == 4
    weights = zip(resumed.both.get_weights(), whole.both.get_weights(), strict=True)
    assert all(np.array_equal(a, b) for a, b in weights)


@pytest.mark.slow
def test_three_kills_cost_nothing():
    found = trial(3)
    assert found["same"] and len(found["reached"]) == 3


def test_the_rate_falls_when_the_plan_says():
    optimizer = Plan(100, rate=3e-4, slower_from=0.5).optimizer()
    rates = [float(optimizer._learning_rate(step)) for step in (0, 49, 51, 99)]
    assert rates == pytest.approx([3e-4, 3e-4, 1e-4, 1e-4])


def test_a_folder_of_another_training_is_refused(tmp_path):
    learned(Plan(1, 2), tmp_path)
    with pytest.raises(TrainingError, match="planned otherwise"):
        learned(Plan(2, 2), tmp_path)
    assert (tmp_path / STATE).exists()
    assert json.loads((tmp_path / SETTINGS).read_text())["steps"] == 1


@pytest.mark.parametrize(
    "other", [{"people": [3, 4], "told": False}, {"people": [1, 2], "told": True}, None]
)
def test_a_folder_of_other_people_is_refused(tmp_path, other):
    learned(Plan(1, 2), tmp_path, about={"people": [1, 2], "told": False})
    with pytest.raises(TrainingError, match="people|told"):
        learned(Plan(1, 2), tmp_path, about=other)


def test_a_damaged_state_says_what_to_do(tmp_path):
    learned(Plan(1, 2), tmp_path)
    (tmp_path / STATE).write_bytes((tmp_path / STATE).read_bytes()[:500])
    with pytest.raises(TrainingError, match="begin anew"):
        learned(Plan(1, 2), tmp_path)


def test_what_a_kill_left_half_written_is_cleared_away(tmp_path):
    (tmp_path / ".state.abcd.npz").write_bytes(b"half")
    learned(Plan(1, 2), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {STATE, SETTINGS}


def test_faces_that_nobody_let_in_are_not_learned():
    photographs = [Faces(faces.image) for faces in FACES]
    with pytest.raises(NotOursError):
        batches_of(photographs, RECIPE, Plan(1))


@pytest.mark.parametrize("coverage", [0.4, 0.5, 0.625])
def test_noise_is_as_large_for_a_face_whatever_is_around_it(coverage):
    # where each pixel of the picture lies, in widths of the mean face from its middle
    line = ((np.arange(128) + 0.5) / 128 - 0.5) / coverage
    places = np.dstack([*np.meshgrid(line, line), 0 * line + 0 * line[:, None]])
    faces = Faces(np.uint8(np.clip(128 + 60 * places, 0, 255))[None], coverage=coverage)
    still = {"rotation_range": 0, "zoom_range": 0, "shift_range": 0, "random_flip": 0}
    recipe = Recipe(coverage=0.8, transform=still)
    moved = [batch(faces, recipe, 0, step, 8) for step in range(12)]
    off = np.concatenate([warped - wanted[..., :3] for warped, wanted in moved])[:, 8:-8, 8:-8, :2]
    assert off.std() * 255 / 60 == pytest.approx(0.0198, rel=0.08)


def test_a_loss_that_is_no_number_ends_the_training():
    with pytest.raises(TrainingError, match="not a number"):
        model = SwapModel.of(SMALL)
        model.both.set_weights([np.full_like(w, np.nan) for w in model.both.get_weights()])
        train(model.both, batches_of(FACES, RECIPE, Plan(1, 2)), Plan(1, 2))


@pytest.mark.parametrize(
    "asked", [{"steps": 0}, {"steps": 1, "size": 0}, {"steps": 1, "loss": "x"}]
)
def test_plans_that_mean_nothing_are_refused(asked):
    with pytest.raises(TrainingError):
        Plan(**asked)


def test_the_first_deepfakes_optimiser():
    assert float(Plan(5).optimizer().beta_1) == 0.5
    assert isinstance(Plan(5).optimizer(), keras.optimizers.Adam)
