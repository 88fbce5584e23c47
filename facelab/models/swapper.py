"""A trained network as a function of pictures: aligned crops in, crops of the other person out."""

from dataclasses import dataclass

import cv2
import keras
import numpy as np

from facelab.models.autoencoder import Decoder, Encoder, Size
from facelab.models.weights import WeightsError, read_weights

BATCH = 32  # crops that go through a network at a time


@dataclass(frozen=True, eq=False)
class Swapper:
    """Identity from the decoder's person, everything else from the crops.

    Attributes
    ----------
    encoder, decoder : keras.Model
    coverage : float, share of a crop's width that the mean face takes from brow to brow: as it was
        trained, so it must be used
    growth : float, how much larger the decoder's person's face is than the crops'. Aligned crops
        have forgotten how large a face is, so what is drawn has the size of the face it is put on:
        it is zoomed by this much about the middle.
    """

    encoder: keras.Model
    decoder: keras.Model
    coverage: float
    growth: float = 1.0

    @property
    def size(self):
        """Pixels of a side of the crops."""
        return self.encoder.input_shape[1]

    def __call__(self, crops):
        """Draw crops again.

        Parameters
        ----------
        crops : (n,S,S,3) uint8 RGB, aligned with ``coverage``

        Returns
        -------
        (n,S,S,3) uint8 RGB
        """
        crops = np.asarray(crops)
        drawn = [self._drawn(crops[k : k + BATCH]) for k in range(0, len(crops), BATCH)]
        return np.concatenate(drawn) if drawn else np.empty_like(crops)

    def _drawn(self, crops):
        codes = self.encoder.predict_on_batch(np.float32(crops) / 255)
        drawn = np.uint8(np.round(np.clip(self.decoder.predict_on_batch(codes), 0, 1) * 255))
        return drawn if self.growth == 1 else np.stack([zoomed(d, self.growth) for d in drawn])


def zoomed(picture, factor):
    """A picture (S,S,3) zoomed about its middle; what comes in at the border repeats it."""
    size = len(picture)
    shift = (size - 1) / 2 * (1 - factor)
    matrix = np.array([[factor, 0, shift], [0, factor, shift]])
    options = {"flags": cv2.INTER_CUBIC, "borderMode": cv2.BORDER_REPLICATE}
    return cv2.warpAffine(picture, matrix, (size, size), **options)


def load_swapper(path, to="b"):
    """The Swapper of a file that ``lab.py train swap`` wrote.

    Parameters
    ----------
    path : path of weights, see ``facelab.models.weights``
    to : "a" or "b", whose identity it gives

    Returns
    -------
    Swapper

    Raises
    ------
    FileNotFoundError, WeightsError
        No such file; or it holds no network that swaps to that person.
    """
    weights = read_weights(path)
    card = weights.card
    try:
        size = Size(**{name: _tuples(value) for name, value in card["size"].items()})
        coverage, growth = float(card["coverage"]), float(card.get("growth", {}).get(to, 1))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WeightsError(
            f"the card of {path} does not say which network it is: {error}"
        ) from error
    encoder = Encoder((size.side, size.side, 3), size.code, size)
    decoder = Decoder(encoder.output_shape[1:], size, f"decoder_{to}")
    weights.into("encoder", encoder)
    weights.into(f"decoder_{to}", decoder)
    return Swapper(encoder, decoder, coverage, growth)


def _tuples(value):
    return tuple(value) if isinstance(value, list) else value
