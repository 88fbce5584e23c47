"""What turns aligned crops of A into those of B, seen from here: a *swapper*.

Any callable from crops (n,S,S,3) uint8 RGB to new crops of the same shape and dtype, with the
attributes ``size`` (S) and ``coverage`` (share of the crop's width that the mean face takes from
brow to brow, the one that it was trained with). It may return (crops, masks) with masks (n,S,S)
float32 in [0,1].
"""

from dataclasses import dataclass

import numpy as np

from facelab.blend.errors import BlendError, require

BOOK_SIZE = 64
BOOK_COVERAGE = 160 / 220  # the book trains on the middle 220 of 256 pixels; the face takes 160


@dataclass(frozen=True)
class Swapper:
    """A network as the book writes it, made a swapper: floats in [0,1] in, floats in [0,1] out.

    Attributes
    ----------
    network : callable, (n,S,S,3) float32 -> the same, e.g. ``lambda img: autoencoder.predict(img)``
    size : int, S
    coverage : float, as in training: otherwise faces come out too large or too small
    """

    network: object
    size: int = BOOK_SIZE
    coverage: float = BOOK_COVERAGE

    def __call__(self, crops):
        painted = np.asarray(self.network(np.float32(crops) / 255))
        return np.uint8(np.round(np.clip(painted * 255, 0, 255)))


def as_swapper(given):
    """``given`` itself if it is a swapper; a plain function is taken for a network of the book's.

    Raises
    ------
    BlendError
        It cannot be called, or says half of what a swapper says.
    """
    require(
        callable(given),
        f"Convert needs a function from crops to crops, got {type(given).__name__}: "
        "a model goes in as lambda crops: model.predict(crops).",
    )
    says = hasattr(given, "size"), hasattr(given, "coverage")
    if not any(says):
        return Swapper(given)
    require(all(says), "a swapper has both attributes, size and coverage: see blend.Swapper.")
    return given


def painted(swapper, crops):
    """What a swapper makes of crops (n,S,S,3): new crops, and masks (n,S,S) float32 or None.

    Raises
    ------
    BlendError
        It returned anything else.
    """
    answer = swapper(crops)
    faces, masks = answer if isinstance(answer, tuple) else (answer, None)
    faces = np.asarray(faces)
    if faces.shape != crops.shape or faces.dtype != np.uint8:
        raise BlendError(
            f"a swapper of {crops.shape} uint8 must return the same, got {faces.shape} "
            f"{faces.dtype}: a network of floats in [0, 1] goes in as blend.Swapper(network, ...)."
        )
    if masks is None:
        return faces, None
    masks = np.asarray(masks, np.float32)
    ok = masks.shape == crops.shape[:3]
    require(ok, f"a swapper's masks must be {crops.shape[:3]}, got {masks.shape}.")
    return faces, np.clip(masks, 0, 1)
