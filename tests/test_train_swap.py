"""Two people are trained from the command line, resumed, stored, and scored against the truth."""

import json

import numpy as np
import pytest

import lab
from facelab.models.autoencoder import SIZES, NetworkError, Size
from facelab.models.swapper import load_swapper
from facelab.models.weights import read_weights
from facelab.studio import read_mark
from facelab.training import command
from facelab.training.batches import mean_scale
from facelab.training.loop import Plan
from facelab.training.swap import (
    Pair,
    baselines,
    fitted_mean,
    held_out_scenes,
    masked_psnr,
    swap_error,
    train_swap,
    training_scenes,
    usual_plan,
)

SMALL = Size((4, 4, 4, 4), 8, 4, (4, 4, 4))
PAIR = Pair((9, 24), count=6)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("training")
    return train_swap(PAIR, SMALL, Plan(2, 2), folder), folder


def test_nothing_is_trained_on_a_held_out_scene():
    held_out = held_out_scenes(20) + held_out_scenes(20, 1)
    trained_on = training_scenes(0, 50) + training_scenes(1, 50)
    assert not set(map(repr, held_out)) & set(map(repr, trained_on))
    assert len(set(map(repr, held_out))) == 40


def test_the_told_are_given_the_true_swap():
    one, _ = PAIR.faces(told=True)
    untold, _ = PAIR.faces()
    assert untold.truth is None
    assert np.array_equal(one.image, untold.image)
    off = np.abs(one.truth.astype(int) - one.image).max(-1)
    masks = np.float32(one.mask)
    assert off[masks == 0].mean() < 1 < off[masks > 0.9].mean()


def test_the_network_sees_the_middle_of_the_pictures():
    faces, _ = PAIR.faces()
    assert faces.coverage == pytest.approx(0.5) and faces.image.shape == (6, 96, 96, 3)
    assert fitted_mean(faces, PAIR).shape == (64, 64, 3)


def test_growth_is_the_ratio_of_how_large_faces_stood(trained):
    model, _ = trained
    assert model.growth("b") == pytest.approx(1 / model.growth("a"))
    assert model.growth("b") == model.scales[1] / model.scales[0]
    zooms = np.array([[[2.0, 0, 5], [0, 2.0, 7]], [[0, 0.5, 1], [-0.5, 0, 1]]])
    assert mean_scale(zooms) == pytest.approx(1.0)
    assert mean_scale(zooms[:1]) == pytest.approx(0.5)  # what is enlarged to fit was small


def test_error_of_the_truth_and_of_nothing():
    held_out = PAIR.held_out(4)

    class Known:
        def __init__(self, found):
            self.found = found

        def __call__(self, crops):
            return self.found

    truth = [Known(each.swap.image) for each in held_out]
    copy = [Known(each.image) for each in held_out]
    assert min(swap_error(truth, held_out)) > 100
    assert swap_error(copy, held_out) == baselines(PAIR, held_out)["copy of the target"]
    assert max(swap_error(copy, held_out)) < 30


def test_psnr_counts_only_the_mask():
    black, white = np.zeros((1, 4, 4, 3), np.uint8), np.full((1, 4, 4, 3), 255, np.uint8)
    half = (np.arange(4) < 2)[None, None].repeat(4, 1)
    mixed = np.where(half[..., None], black, white)
    assert masked_psnr(mixed, black, half) > 100
    assert masked_psnr(mixed, black, ~half) == 0


def test_a_preview_is_kept_and_marked(trained):
    _, folder = trained
    mark = read_mark(folder / "preview.webp")
    assert mark["synthetic"] and mark["step"] == 2


def test_reports_hold_losses_and_errors_of_both(trained):
    report, errors = trained[0].reports[-1]
    assert report.step == 2 and len(report.losses) == len(errors) == 2


@pytest.mark.slow
def test_from_the_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(SIZES, "lab", SMALL)
    words = ["swap", "--pair", "9", "24", "--pictures", "6", "--batch", "2", "--steps", "3"]
    command.main([*words, "--out", str(tmp_path / "t"), "--json"])
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert "3 steps of" in said.err and "about" in said.err and "copy of the target" in said.err
    assert "dB lost" in said.err
    card = read_weights(found["weights"]).card
    assert card["people"] == [9, 24] and card["told"] is False
    assert load_swapper(found["weights"], "a").growth == card["growth"]["a"] != 1
    command.main([*words, "--out", str(tmp_path / "t")])
    assert "trained to its end before" in capsys.readouterr().err
    assert read_weights(found["weights"]).card == card
    with pytest.raises(SystemExit, match="planned otherwise .people"):
        command.main([*words, "--pair", "9", "25", "--out", str(tmp_path / "t")])


@pytest.mark.slow
def test_the_cost_is_said_without_training(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(SIZES, "lab", SMALL)
    words = ["swap", "--pair", "9", "24", "--pictures", "6", "--batch", "2", "--cost"]
    command.main([*words, "--out", str(tmp_path / "t")])
    assert "20000 steps of" in capsys.readouterr().err
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize(
    "words, says",
    [
        (["--pair", "9", "9"], "two people"),
        (["--pair", "9", "24", "--out", "/dev/null/x"], "Nothing can be written"),
    ],
)
def test_what_cannot_be_is_said_before_a_picture_is_drawn(words, says):
    with pytest.raises(SystemExit, match=says):
        command.main(["swap", *words])


def test_the_book_is_trained_as_in_the_book():
    plan = usual_plan("book")
    assert (plan.steps, plan.size, plan.rate, plan.loss) == (9000, 64, 5e-5, "mae")
    assert float(plan.optimizer()._learning_rate(8999)) == pytest.approx(5e-5)
    assert usual_plan("lab", 7).steps == 7


def test_a_pair_of_another_size_is_refused():
    with pytest.raises(NetworkError, match="side=128"):
        train_swap(PAIR, "lab128", Plan(1, 1))


def test_what_differs_shares_no_folder():
    def folder(*words):
        return command.default_folder(command._options(["swap", "--pair", "1", "2", *words]))

    kinds = [(), ("--told",), ("--size", "book"), ("--seed", "1"), ("--size", "book", "--told")]
    assert len({folder(*kind) for kind in kinds}) == len(kinds)


def test_lab_knows_the_sizes_there_are():
    assert list(SIZES) == lab.NETWORKS


@pytest.mark.parametrize(
    "seconds, said", [(3, "3 s"), (600, "10 min"), (5399, "90 min"), (79200, "22.0 h")]
)
def test_durations_as_people_say_them(seconds, said):
    assert command.duration(seconds) == said
