"""The door of this folder: pictures, points and masks are checked here and nowhere else."""

import numpy as np

from facelab.blend.errors import BlendError, MaskError, PointsError, require
from facelab.studio import Frame


def picture(image, name="image"):
    """``image`` itself, or the ``.image`` of a Frame, when it is uint8 RGB (H,W,3).

    Raises
    ------
    BlendError
        It is anything else.
    """
    image = getattr(image, "image", image)
    shape = getattr(image, "shape", None)
    ok = getattr(image, "dtype", None) == np.uint8 and len(shape) == 3 and shape[2] == 3
    require(
        ok and image.size,
        f"{name} must be a uint8 RGB picture (H, W, 3) or a Frame, got {_kind(image)}: "
        "facelab.faces.as_rgb makes one of most pictures.",
        BlendError,
    )
    return image


def rendered(frame, name="frame"):
    """The picture of a Frame.

    Raises
    ------
    BlendError
        It is anything else, such as a photograph: in this course nobody real is faked.
    """
    require(
        isinstance(frame, Frame),
        f"{name} must be a Frame, as facelab.studio.render makes it, got {_kind(frame)}: nobody "
        "real is faked here.",
    )
    return picture(frame, name)


def same_size(image, other, names="image and reference"):
    """Raise BlendError unless two pictures have the same height and width."""
    require(
        image.shape[:2] == other.shape[:2],
        f"{names} must have the same size, got {image.shape[:2]} and {other.shape[:2]}.",
    )


def points_2d(points, least=3, name="points"):
    """Points as (n,2) float64, n >= ``least``, all finite; PointsError for anything else."""
    try:
        points = np.asarray(points, float)
    except (TypeError, ValueError):
        raise PointsError(f"{name} must be numbers (n, 2), got {_kind(points)}.") from None
    require(
        points.ndim == 2 and points.shape[1] == 2 and len(points) >= least,
        f"{name} must have the shape (n, 2) with n >= {least}, got {points.shape}.",
        PointsError,
    )
    require(np.isfinite(points).all(), f"{name} must be finite numbers of pixels.", PointsError)
    return points


def points_68(points, name="points"):
    """The 68 points as (68,2) float64; PointsError for anything else."""
    points = points_2d(points, name=name)
    require(
        len(points) == 68,
        f"{name} must be the 68 points of iBUG, got {len(points)}: facelab.faces.landmarks "
        "gives them.",
        PointsError,
    )
    return points


def share(mask, shape=None, name="mask"):
    """A mask as (H,W) float32 in [0,1], of the height and width of ``shape`` where it is given."""
    mask = np.asarray(mask)
    require(mask.ndim == 2, f"{name} must have the shape (H, W), got {mask.shape}.", MaskError)
    if shape is not None:
        require(
            mask.shape == tuple(shape[:2]),
            f"{name} is {mask.shape} but the picture {tuple(shape[:2])}: both need one size.",
            MaskError,
        )
    mask = mask.astype(np.float32)
    ok = mask.size and mask.min() >= 0 and mask.max() <= 1
    require(ok, f"{name} must lie in [0, 1]: divide a 0 to 255 mask by 255.", MaskError)
    return mask


def named(table, name, what):
    """The entry ``name`` of a registry; BlendError that lists the entries if there is none."""
    ok = isinstance(name, str) and name in table
    require(ok, f"{what} must be one of {', '.join(table)}, got {name!r}.")
    return table[name]


def height_and_width(size):
    """Two positive whole numbers from ``size``, which may be the ``shape`` of a picture."""
    try:
        height, width = (int(n) for n in tuple(size)[:2])
    except (TypeError, ValueError):
        raise BlendError(f"size must be (height, width) in pixels, got {size!r}.") from None
    require(min(height, width) > 0, f"size must be positive, got {size!r}.")
    return height, width


def _kind(thing):
    if isinstance(thing, np.ndarray):
        return f"{thing.dtype} {thing.shape}"
    return type(thing).__name__
