"""One encoder, two decoders: the networks of the first deepfakes, in the book's size and in ours.

    model = SwapModel.of("lab", seed=0)          # a shared encoder, decoders of A and of B
    model.both.summary()                         # both autoencoders: two inputs, two outputs

Taught in chapter 05. Nothing here calls a backend: the same file runs under TensorFlow, JAX and
PyTorch (``KERAS_BACKEND``).
"""

from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

SLOPE = 0.1  # of the leaky ReLU, as in the original
LEAST = 4  # pixels of a side of the smallest feature map


class NetworkError(ValueError):
    """A network that cannot be built; the message says what to choose."""


@keras.saving.register_keras_serializable("facelab")
class PixelShuffle(layers.Layer):
    """Four channels become the four pixels of a square (Shi et al. 2016, "sub-pixel convolution").

    The channels of one pixel of the larger picture are ``channel + filters * (2 * row + column)``,
    the order of TensorFlow's ``depth_to_space``.
    """

    def call(self, x):
        return keras.ops.depth_to_space(x, 2) if hasattr(keras.ops, "depth_to_space") else _deal(x)

    def compute_output_shape(self, shape):
        batch, height, width, channels = shape
        return batch, 2 * height, 2 * width, channels // 4


def _deal(x):
    """Depth to space by reshaping, for Keras before it had the operation."""
    _, height, width, channels = x.shape
    squares = keras.ops.reshape(x, (-1, height, width, 2, 2, channels // 4))
    rows = keras.ops.transpose(squares, (0, 1, 3, 2, 4, 5))
    return keras.ops.reshape(rows, (-1, 2 * height, 2 * width, channels // 4))


def conv(x, filters):
    """Half the size: a 5 x 5 convolution with stride 2 and a leaky ReLU."""
    x = layers.Conv2D(filters, 5, strides=2, padding="same")(x)
    return layers.LeakyReLU(negative_slope=SLOPE)(x)


def upscale(x, filters, shuffle=True):
    """Twice the size: a 3 x 3 convolution to 4 * filters, a leaky ReLU, then pixels from channels.

    ``shuffle=False`` is the book's variant: all 4 * filters channels are kept and every pixel is
    doubled.
    """
    x = layers.Conv2D(4 * filters, 3, padding="same")(x)
    x = layers.LeakyReLU(negative_slope=SLOPE)(x)
    return PixelShuffle()(x) if shuffle else layers.UpSampling2D()(x)


@dataclass(frozen=True)
class Size:
    """How wide a network is.

    Attributes
    ----------
    down : filters of the encoder's convolutions, each of which halves the side
    code : int, numbers in the bottleneck
    middle : filters of the encoder's own up-scale
    up : filters of the decoder's up-scales, each of which doubles the side
    shuffle : bool, PixelShuffle or doubled pixels
    dense : bool; False leaves the bottleneck out, as chapter 05 tries
    """

    down: tuple
    code: int
    middle: int
    up: tuple
    shuffle: bool = True
    dense: bool = True

    @property
    def side(self):
        """Pixels of a side of the pictures."""
        return LEAST * 2 ** len(self.down)


SIZES = {
    "book": Size((128, 256, 512, 1024), 1024, 128, (256, 128, 64), shuffle=False),
    "original": Size((128, 256, 512, 1024), 1024, 512, (256, 128, 64)),
    "lab": Size((32, 64, 128, 256), 256, 128, (64, 32, 16)),
    "lab128": Size((16, 32, 64, 128, 256), 256, 128, (64, 32, 16, 16)),
}


def size_of(name):
    """The ``Size`` of that name, or the one given.

    Raises
    ------
    NetworkError
        There is none of that name.
    """
    if isinstance(name, Size):
        return name
    if not isinstance(name, str) or name not in SIZES:
        raise NetworkError(f"size must be one of {', '.join(SIZES)}, got {name!r}.")
    return SIZES[name]


def Encoder(input_shape=(64, 64, 3), encoder_dim=None, size="book", name="encoder"):
    """The shared encoder: a picture becomes a code, and the code a small map of features.

    Parameters
    ----------
    input_shape : (S, S, 3), S as the size has it
    encoder_dim : int, numbers in the bottleneck; by default as the size has it
    size : str in ``SIZES``, or Size

    Returns
    -------
    keras.Model, (n,S,S,3) float in [0,1] -> (n,8,8,channels)
    """
    size = size_of(size)
    wanted = (size.side, size.side, 3)
    if tuple(input_shape) != wanted:
        raise NetworkError(f"an encoder of {len(size.down)} halvings takes {wanted}.")
    pictures = x = keras.Input(input_shape)
    for filters in size.down:
        x = conv(x, filters)
    if size.dense:
        x = layers.Dense(encoder_dim or size.code, name="code")(layers.Flatten()(x))
        x = layers.Dense(LEAST * LEAST * size.down[-1])(x)
        x = layers.Reshape((LEAST, LEAST, size.down[-1]))(x)
    return keras.Model(pictures, upscale(x, size.middle, size.shuffle), name=name)


def Decoder(input_shape=(8, 8, 512), size="book", name="decoder"):
    """The decoder of one person: a map of features becomes that person's picture.

    Parameters
    ----------
    input_shape : (8, 8, channels), what the encoder gives
    size : str in ``SIZES``, or Size

    Returns
    -------
    keras.Model, (n,8,8,channels) -> (n,S,S,3) float in [0,1]
    """
    size = size_of(size)
    features = x = keras.Input(input_shape)
    for filters in size.up:
        x = upscale(x, filters, size.shuffle)
    x = layers.Conv2D(3, 5, padding="same", activation="sigmoid", dtype="float32")(x)
    return keras.Model(features, x, name=name)


@dataclass(frozen=True, eq=False)
class SwapModel:
    """A shared encoder and the decoders of A and B.

    Attributes
    ----------
    encoder, decoder_a, decoder_b : keras.Model
    both : keras.Model, [(n,S,S,3) of A, (m,S,S,3) of B] -> [A drawn again, B drawn again]
    """

    encoder: keras.Model
    decoder_a: keras.Model
    decoder_b: keras.Model
    both: keras.Model

    @classmethod
    def of(cls, size="lab", seed=0):
        """A model that knows nothing yet; the same numbers for a seed under every backend."""
        size = size_of(size)
        shape = (size.side, size.side, 3)
        encoder = Encoder(shape, size.code, size)
        model = cls.around(encoder, *_decoders(encoder, size))
        initialise(model.both, seed)
        return model

    @classmethod
    def around(cls, encoder, decoder_a, decoder_b):
        """The model of parts that are there."""
        inputs = [keras.Input(encoder.input_shape[1:], name=who) for who in "ab"]
        a, b = (encoder(x) for x in inputs)
        both = keras.Model(inputs, [decoder_a(a), decoder_b(b)], name="both")
        return cls(encoder, decoder_a, decoder_b, both)


def _decoders(encoder, size):
    """Decoders of A and of B for what an encoder gives."""
    return [Decoder(encoder.output_shape[1:], size, f"decoder_{who}") for who in "ab"]


def initialise(model, seed):
    """Glorot's uniform weights (2010) and zero biases from one NumPy generator, in place.

    Keras' own seeds mean other numbers under each backend.
    """
    rng = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        variable.assign(_glorot(rng, variable.shape))


def _glorot(rng, shape):
    if len(shape) < 2:
        return np.zeros(shape, np.float32)
    places = int(np.prod(shape[:-2]))
    limit = np.sqrt(6 / (places * (shape[-2] + shape[-1])))
    return rng.uniform(-limit, limit, shape).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Apart:
    """The control: two autoencoders that share nothing, each with its own person.

    Attributes
    ----------
    encoder_a, encoder_b, decoder_a, decoder_b : keras.Model
    both : keras.Model, as ``SwapModel.both``
    """

    encoder_a: keras.Model
    encoder_b: keras.Model
    decoder_a: keras.Model
    decoder_b: keras.Model
    both: keras.Model

    @classmethod
    def of(cls, size="lab", seed=0):
        """Two autoencoders that know nothing yet, of unlike first weights."""
        size = size_of(size)
        shape = (size.side, size.side, 3)
        encoders = [Encoder(shape, size.code, size, f"encoder_{who}") for who in "ab"]
        decoders = _decoders(encoders[0], size)
        inputs = [keras.Input(shape, name=who) for who in "ab"]
        paths = zip(inputs, encoders, decoders, strict=True)
        both = keras.Model(inputs, [decode(encode(x)) for x, encode, decode in paths])
        initialise(both, seed)
        return cls(*encoders, *decoders, both)
