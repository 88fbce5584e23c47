"""Weights in small files: eight bits a number, a scale for each channel, and a card.

save_weights("pair.npz", {"encoder": encoder, "decoder_b": decoder}, card)
weights = read_weights("pair.npz")
weights.into("encoder", encoder)
"""

import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from facelab.studio.marks import whole_file

LEVELS = 127  # steps of a signed byte on either side of 0
CARD = "card"
# what NumPy raises of files that are something else, or damaged
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, ValueError, KeyError, EOFError, TypeError, OSError,
    NotImplementedError,
)  # fmt: skip


class WeightsError(ValueError):
    """A file of weights that cannot be used; the message says why."""


@dataclass(frozen=True, eq=False)
class Weights:
    """What a file of weights holds.

    Attributes
    ----------
    card : dict, what the file says about itself: who, how trained, how good
    arrays : dict, name of a network -> its arrays as float32, in Keras' order
    """

    card: dict
    arrays: dict

    def into(self, name, model):
        """Give a network its weights.

        Raises
        ------
        WeightsError
            The file has none of that name, or those of another network.
        """
        if name not in self.arrays:
            known = ", ".join(self.arrays)
            raise WeightsError(f"the file holds weights of {known}, not of {name!r}.")
        there = [array.shape for array in self.arrays[name]]
        wanted = [tuple(variable.shape) for variable in model.weights]
        if there != wanted:
            raise WeightsError(f"the weights of {name!r} are those of a network of other shapes.")
        model.set_weights(self.arrays[name])


def save_weights(path, models, card):
    """Write networks as int8, a scale for each output channel, and what has one axis as float16.

    Parameters
    ----------
    path : path ending in .npz, replaced in one step
    models : dict, name -> keras.Model
    card : dict that JSON can hold

    Returns
    -------
    Path
    """
    entries = {CARD: np.frombuffer(json.dumps(card).encode(), np.uint8)}
    for name, model in models.items():
        for k, variable in enumerate(model.weights):
            entries |= _packed(f"{name}.{k:03d}", keras.ops.convert_to_numpy(variable))
    with whole_file(Path(path)) as part, open(part, "wb") as file:
        np.savez_compressed(file, **entries)
    return Path(path)


def _packed(name, values):
    if values.ndim < 2:
        return {name: values.astype(np.float16)}
    scale = np.abs(values).max(tuple(range(values.ndim - 1))) / LEVELS
    steps = np.round(values / np.maximum(scale, 1e-12))
    return {name: steps.astype(np.int8), f"{name}.scale": scale.astype(np.float32)}


def read_weights(path):
    """What a file of ``save_weights`` holds.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    WeightsError
        It is something else, or damaged.
    """
    path = Path(path)
    try:
        with np.load(path) as file:
            entries = {name: file[name] for name in file.files}
        card = json.loads(entries.pop(CARD).tobytes())
    except FileNotFoundError:
        raise
    except UNREADABLE as error:
        raise WeightsError(f"{path.name} holds no weights that can be read: {error}") from error
    return Weights(card, _arrays(entries))


def _arrays(entries):
    """Name of a network -> its arrays, from the entries of a file."""
    arrays = {}
    for name in sorted(n for n in entries if not n.endswith(".scale")):
        values = entries[name].astype(np.float32)
        scale = entries.get(f"{name}.scale", np.float32(1))
        arrays.setdefault(name.rpartition(".")[0], []).append(values * scale)
    return arrays
