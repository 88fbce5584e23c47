"""A file of weights says whom it swaps, and is scored from both sides."""

from dataclasses import asdict

import numpy as np
import pytest

from facelab.measure.judging import PairError
from facelab.measure.painters import Painter
from facelab.measure.trained import TrainedPair, shipped
from facelab.models.autoencoder import SIZES, Size
from facelab.models.swapper import load_swapper
from facelab.models.weights import save_weights
from facelab.training.command import stored
from facelab.training.loop import Plan
from facelab.training.swap import Pair, train_swap

SMALL = Size((4, 4, 4, 4), 8, 4, (4, 4, 4))
A, B = 9, 24
CROPS = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Weights of one pair: untold, told."""
    folder, pair = tmp_path_factory.mktemp("weights"), Pair((A, B), count=6)
    return [_file(folder / f"{told}.npz", pair, told) for told in (False, True)]


def _file(path, pair, told):
    trained = train_swap(pair, SMALL, Plan(2, 2), told=told)
    assert stored(trained, SMALL, path, {}) < 1
    return TrainedPair(path)


@pytest.mark.slow
def test_a_file_gives_the_swapper_to_each_of_its_people(files):
    untold, _ = files
    assert untold.pair == (A, B) and not untold.told
    for person, side in ((A, "a"), (B, "b")):
        assert (untold.to(person)(CROPS) == load_swapper(untold.path, side)(CROPS)).all()
    assert (untold.to(A)(CROPS) != untold.to(B)(CROPS)).any()


@pytest.mark.slow
def test_a_stranger_is_refused(files):
    with pytest.raises(PairError, match=f"swaps {A} and {B}, not 7"):
        files[0].to(7)


@pytest.mark.slow
def test_who_was_told_keeps_the_colours(files):
    untold, told = (Painter(file, A, B).swapper for file in files)
    assert told.match_colours is False and getattr(untold, "match_colours", True)
    assert (told.size, told.coverage) == (untold.size, untold.coverage)
    assert told(CROPS).shape == CROPS.shape


def card(**more):
    plan = {"steps": 20000}
    return {"people": [A, B], "told": False, "size": asdict(SIZES["lab"]), "plan": plan} | more


def test_the_name_says_size_and_steps(tmp_path):
    save_weights(tmp_path / "lab.npz", {}, card())
    save_weights(tmp_path / "mine.npz", {}, card(size=asdict(SMALL)))
    assert [each.name for each in shipped(tmp_path)] == [
        "lab, 20,000 steps",
        "network, 20,000 steps",
    ]
    assert shipped(tmp_path / "none") == []


def test_what_is_no_file_of_weights_is_refused(tmp_path):
    (tmp_path / "broken.npz").write_bytes(b"PK")
    save_weights(tmp_path / "bare.npz", {}, {"people": [A, B]})
    for name, says in (("none", "no weights"), ("broken", "read"), ("bare", "told")):
        with pytest.raises(PairError, match=says):
            TrainedPair(tmp_path / f"{name}.npz").pair  # noqa: B018
