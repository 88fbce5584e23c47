"""The door through which every picture comes in, to leave as uint8 RGB (H, W, 3)."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from facelab.faces.errors import ImageError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"})
_REMEDY_32_BITS = (
    "32-bit grey values from 0 to 255 are ambiguous (of 255 or of 65535?): "
    "convert first, e.g. Image.fromarray(np.asarray(image).astype(np.uint8))"
)
_REMEDY_FLOAT = (
    "float pictures are ambiguous (0 to 1 or 0 to 255?): "
    "convert first, e.g. (image * 255).round().astype(np.uint8)"
)


def as_rgb(image):
    """Turn a picture that is already in memory into 8-bit RGB.

    Parameters
    ----------
    image : ndarray or PIL.Image.Image
        Arrays: uint8, uint16 or bool; (H, W) or (H, W, 1) grey, (H, W, 2) grey and alpha,
        (H, W, 3) RGB, (H, W, 4) RGB and alpha. A Pillow image is first turned upright by its
        EXIF tag.

    Returns
    -------
    ndarray, (H, W, 3) uint8
        The input itself, not a copy, where it already has this form. 16 bits become 8 by rounding
        value / 257; transparent pixels are laid over white.

    Raises
    ------
    ImageError
        For anything else: float pictures, 32-bit ones with no value above 255, empty ones, a
        path, None. A picture in OpenCV's BGR order cannot be recognised as such:
        `image[..., ::-1]` turns it into RGB.
    """
    if isinstance(image, Image.Image):
        image = _pillow_array(image)
    _refuse_non_pictures(image)
    return _three_channels(_eight_bits(image))


def read_image(path):
    """Read a picture file, upright (EXIF orientation applied), as uint8 RGB (H, W, 3).

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ImageError
        The file is not a picture, is damaged or cut short, or unpacks to an absurd size.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"there is no picture {path}")
    try:
        with Image.open(path) as picture:
            return as_rgb(picture)
    except ImageError as error:
        raise ImageError(f"{path.name}: {error}") from error
    except UnidentifiedImageError as error:
        raise ImageError(f"{path.name} is not a picture that Pillow can read") from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"{path.name} is too large: {error}") from error
    except (OSError, SyntaxError, ValueError) as error:  # Pillow's three ways to meet a bad file
        raise ImageError(f"{path.name} cannot be read: {error}") from error


def _pillow_array(picture):
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I;16"):
        return np.asarray(upright).astype(np.uint16)  # big-endian files come into native order
    if upright.mode == "I":
        return _sixteen_bits(np.asarray(upright))
    if upright.mode == "F":
        raise ImageError(_REMEDY_FLOAT)
    return np.asarray(upright.convert("RGBA" if _is_transparent(upright) else "RGB"))


def _is_transparent(picture):
    return picture.mode in ("LA", "PA", "La", "RGBa", "RGBA") or "transparency" in picture.info


def _sixteen_bits(values):
    if values.size and (values.min() < 0 or values.max() > 65535):
        raise ImageError("32-bit grey values beyond 16 bits: scale them to 0 to 65535 first")
    if values.size and 0 < values.max() <= 255:
        raise ImageError(_REMEDY_32_BITS)
    return values.astype(np.uint16)


def _refuse_non_pictures(image):
    if image is None:
        raise ImageError("None is not a picture (cv2.imread gives None for a file it cannot read)")
    if isinstance(image, (str, Path)):
        raise ImageError(f"{image!s} is a path: read it with facelab.faces.read_image")
    if not isinstance(image, np.ndarray):
        raise ImageError(f"a picture is a NumPy array or a Pillow image, not a {type(image)}")
    if image.size == 0:
        raise ImageError(f"the picture is empty: its shape is {image.shape}")
    if image.ndim not in (2, 3) or (image.ndim == 3 and not 1 <= image.shape[2] <= 4):
        raise ImageError(f"a picture has shape (H, W) or (H, W, 1 to 4), not {image.shape}")


def _eight_bits(image):
    if image.dtype == np.uint8:
        return image
    if image.dtype == np.bool_:
        return image.astype(np.uint8) * 255
    if image.dtype == np.uint16:
        return ((image.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if np.issubdtype(image.dtype, np.floating):
        raise ImageError(_REMEDY_FLOAT)
    raise ImageError(f"a picture holds uint8 or uint16 values, not {image.dtype}")


def _three_channels(image):
    image = image[..., None] if image.ndim == 2 else image
    if image.shape[2] in (2, 4):
        image = _over_white(image[..., :-1], image[..., -1:])
    return np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image


def _over_white(colour, alpha):
    part = alpha.astype(np.float32) / 255
    return (colour * part + 255 * (1 - part)).round().astype(np.uint8)
