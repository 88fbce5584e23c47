"""The shared encoder and its decoders: the sizes of the book, the same numbers everywhere."""

import keras
import numpy as np
import pytest

from facelab.models.autoencoder import (
    SIZES,
    Apart,
    Decoder,
    Encoder,
    NetworkError,
    PixelShuffle,
    Size,
    SwapModel,
    _deal,
    size_of,
)

SMALL = Size((4, 4, 4, 4), 8, 4, (4, 4, 4))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name, encoder, decoder",
    [("book", 55_505_664, 10_637_827), ("original", 69_662_976, 6_199_747)],
)
def test_parameters_of_the_published_networks(name, encoder, decoder):
    first = Encoder(size=name)
    assert first.count_params() == encoder
    assert Decoder(first.output_shape[1:], name).count_params() == decoder


def test_the_books_own_call_builds_the_books_network():
    features = keras.Input((8, 8, 512))
    assert Decoder()(features).shape == (None, 64, 64, 3)


@pytest.mark.parametrize("name", ["lab", "lab128"])
def test_a_picture_comes_out_as_large_as_it_went_in(name):
    model = SwapModel.of(name)
    side = SIZES[name].side
    assert model.both.output_shape == [(None, side, side, 3)] * 2


def test_both_autoencoders_share_one_encoder():
    model = SwapModel.of(SMALL)
    parts = [model.encoder, model.decoder_a, model.decoder_b]
    assert model.both.count_params() == sum(part.count_params() for part in parts)


def test_without_dense_there_is_no_bottleneck():
    size = Size((4, 4, 4, 4), 8, 4, (4, 4, 4), dense=False)
    names = [layer.name for layer in SwapModel.of(size).encoder.layers]
    assert "code" not in names and "code" in [x.name for x in SwapModel.of(SMALL).encoder.layers]


@pytest.mark.parametrize("deal", [PixelShuffle(), _deal])
def test_pixels_come_from_channels_in_the_order_that_is_documented(deal):
    x = np.arange(2 * 2 * 8, dtype=np.float32).reshape(1, 2, 2, 8)
    out = keras.ops.convert_to_numpy(deal(x))
    for row, column, channel in np.ndindex(2, 2, 2):
        wanted = x[0, :, :, channel + 2 * (2 * row + column)]
        assert np.array_equal(out[0, row::2, column::2, channel], wanted)


@pytest.mark.parametrize("name", ["book", "lab"])
def test_a_size_brings_its_own_code(name):
    code = Encoder(size=name).get_layer("code")
    assert code.units == SIZES[name].code


def test_a_seed_means_the_same_numbers():
    one, same, other = (SwapModel.of(SMALL, seed).both.get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_first_weights_keep_the_size_of_signals():
    kernel = SwapModel.of("lab").encoder.get_weights()[2]  # 5 x 5, 32 to 64
    assert kernel.std() == pytest.approx(np.sqrt(2 / (25 * 96)), rel=0.05)


@pytest.mark.parametrize("name", ["big", None, 3])
def test_an_unknown_size_is_refused(name):
    with pytest.raises(NetworkError, match="book, original, lab"):
        size_of(name)


def test_pictures_of_another_size_are_refused():
    with pytest.raises(NetworkError, match=r"\(64, 64, 3\)"):
        Encoder((128, 128, 3), 256, "lab")


def test_autoencoders_apart_share_nothing():
    model = Apart.of(SMALL)
    parts = [model.encoder_a, model.encoder_b, model.decoder_a, model.decoder_b]
    assert model.both.count_params() == sum(part.count_params() for part in parts)
    assert not np.array_equal(*(part.get_weights()[0] for part in parts[:2]))
    assert not np.array_equal(*(part.get_weights()[0] for part in parts[2:]))
