"""Weights with eight bits a number: near enough, whole, and never the wrong network's."""

import numpy as np
import pytest

from facelab.models.autoencoder import Size, SwapModel
from facelab.models.swapper import Swapper, load_swapper, zoomed
from facelab.models.weights import CARD, WeightsError, read_weights, save_weights

SMALL = Size((4, 4, 4, 4), 8, 4, (4, 4, 4))
CARD_OF_SMALL = {"size": vars(SMALL), "coverage": 0.625, "people": [9, 24]}
PICTURES = np.random.default_rng(0).integers(0, 256, (5, 64, 64, 3), np.uint8)


@pytest.fixture(scope="module")
def model():
    return SwapModel.of(SMALL, 3)


@pytest.fixture
def path(model, tmp_path):
    parts = {"encoder": model.encoder, "decoder_a": model.decoder_a, "decoder_b": model.decoder_b}
    return save_weights(tmp_path / "pair.npz", parts, CARD_OF_SMALL)


def test_each_channel_is_within_half_a_step(path, model):
    there = read_weights(path).arrays["encoder"]
    for stored, true in zip(there, model.encoder.get_weights(), strict=True):
        step = np.abs(true).max(tuple(range(true.ndim - 1))) / 127 if true.ndim > 1 else 1e-3
        assert (np.abs(stored - true) <= 0.5 * step + 1e-7).all()


def test_it_takes_a_byte_a_weight(path, model):
    assert path.stat().st_size < 1.1 * model.both.count_params() + 20_000


@pytest.mark.parametrize("to", ["a", "b"])
def test_what_is_loaded_draws_the_same(path, model, to):
    loaded = load_swapper(path, to)
    own = Swapper(model.encoder, getattr(model, f"decoder_{to}"), 0.625)
    assert loaded.size == 64 and loaded.coverage == 0.625
    assert np.abs(loaded(PICTURES).astype(int) - own(PICTURES)).max() <= 2


def test_the_card_says_who(path):
    assert read_weights(path).card["people"] == [9, 24]


def test_weights_of_another_network_are_refused(path, model):
    weights = read_weights(path)
    with pytest.raises(WeightsError, match="other shapes"):
        weights.into("encoder", model.decoder_a)
    with pytest.raises(WeightsError, match="decoder_a, decoder_b, encoder"):
        weights.into("decoder_c", model.decoder_a)


def test_any_ending_is_written_whole(tmp_path, model):
    path = save_weights(tmp_path / "pair", {"encoder": model.encoder}, {})
    assert [each.name for each in tmp_path.iterdir()] == ["pair"]
    assert read_weights(path).arrays["encoder"]


def test_flipped_bytes_are_weights_or_a_sentence(path):
    whole = path.read_bytes()
    for place in np.linspace(0, len(whole) - 1, 60).astype(int):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        try:
            read_weights(path)
        except WeightsError as error:
            assert path.name in str(error)


@pytest.mark.parametrize("card", [{"size": 3}, {"size": {}}, {"size": vars(SMALL), "growth": 2}])
def test_a_card_of_nonsense_is_refused(tmp_path, model, card):
    path = save_weights(tmp_path / "x.npz", {"encoder": model.encoder}, {"coverage": 1} | card)
    with pytest.raises(WeightsError):
        load_swapper(path)


@pytest.mark.parametrize("content", [b"", b"not weights", b"PK\x03\x04 broken"])
def test_what_is_no_file_of_weights_is_refused(tmp_path, content):
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(WeightsError, match="x.npz"):
        read_weights(tmp_path / "x.npz")


def test_arrays_without_a_card_are_refused(tmp_path):
    np.savez(tmp_path / "x.npz", a=np.zeros(3))
    with pytest.raises(WeightsError):
        read_weights(tmp_path / "x.npz")


def test_a_card_that_does_not_say_the_network_is_refused(tmp_path, model):
    path = save_weights(tmp_path / "x.npz", {"encoder": model.encoder}, {"people": [1, 2]})
    with pytest.raises(WeightsError, match="does not say"):
        load_swapper(path)


def test_nothing_that_could_run_code_is_stored(path):
    with np.load(path, allow_pickle=False) as file:
        assert CARD in file.files and all(file[name].dtype != object for name in file.files)


def test_no_crops_give_no_crops(model):
    swap = Swapper(model.encoder, model.decoder_b, 0.625)
    assert swap(PICTURES[:0]).shape == (0, 64, 64, 3)
    assert swap(PICTURES).dtype == np.uint8


def test_growth_zooms_about_the_middle():
    line = np.abs(np.arange(64) + 0.5 - 32)
    square = np.uint8(255 * ((line < 16) & (line[:, None] < 16)))[..., None].repeat(3, 2)
    for factor in (0.9, 1.1):
        grown = zoomed(square, factor)[..., 0] / 255
        assert np.sqrt(grown.sum()) == pytest.approx(32 * factor, rel=0.01)
        assert np.allclose(grown, grown[::-1, ::-1], atol=0.02)
    assert np.abs(zoomed(square, 1.0).astype(int) - square).max() <= 1


def test_a_card_says_how_much_larger_the_face_is(tmp_path, model):
    card = CARD_OF_SMALL | {"growth": {"a": 0.9, "b": 1.1}}
    parts = {"encoder": model.encoder, "decoder_a": model.decoder_a, "decoder_b": model.decoder_b}
    path = save_weights(tmp_path / "x.npz", parts, card)
    assert [load_swapper(path, to).growth for to in "ab"] == [0.9, 1.1]
