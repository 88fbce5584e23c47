"""Putting a face back: warp it into place, mask it, match its colours, hide the seam.

    from facelab.blend import face_points, hull_mask, match_colour, poisson, swap, warp

    warped, covered = warp(picture_of_b, points_b, points_a, picture_of_a.shape)
    fake = swap(frame_of_a, to=frame_of_b)

Pictures are uint8 RGB (H, W, 3), masks (H, W) float32 in [0, 1]; coordinates are continuous pixels,
x right, y down, centres at +0.5.
"""

from facelab.blend.clone import clone, clone_centre, clone_shift
from facelab.blend.colour import match_colour, match_light
from facelab.blend.convert import Convert, convert
from facelab.blend.errors import BlendError, MaskError, PointsError
from facelab.blend.landmark_swap import BLENDS, feather, found_points, paste, swap
from facelab.blend.masks import eroded, feathered, hull_mask, softened
from facelab.blend.poisson import poisson
from facelab.blend.regions import MASKS
from facelab.blend.sharpen import SHARPENERS
from facelab.blend.smoothing import SMOOTHERS
from facelab.blend.swapper import Swapper
from facelab.blend.transfers import COLOURS, match_histogram, match_mean
from facelab.blend.warp import face_points, halfway, triangles, warp

__all__ = [
    "BLENDS",
    "COLOURS",
    "MASKS",
    "SHARPENERS",
    "SMOOTHERS",
    "BlendError",
    "Convert",
    "MaskError",
    "PointsError",
    "Swapper",
    "clone",
    "clone_centre",
    "clone_shift",
    "convert",
    "eroded",
    "face_points",
    "feather",
    "feathered",
    "found_points",
    "halfway",
    "hull_mask",
    "match_colour",
    "match_histogram",
    "match_light",
    "match_mean",
    "paste",
    "poisson",
    "softened",
    "swap",
    "swap_clip",
    "swap_frames",
    "triangles",
    "warp",
]


def __getattr__(name):
    """Films are imported on first use: PyAV costs memory that most chapters do not need."""
    if name in ("swap_clip", "swap_frames"):
        from facelab.blend import clip_swap

        return getattr(clip_swap, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
