"""Putting a face back: warp it into place, mask it, match its colours, hide the seam.

    from facelab.blend import face_points, hull_mask, match_colour, poisson, swap, warp

    warped, covered = warp(picture_of_b, points_b, points_a, picture_of_a.shape)
    fake = swap(frame_of_a, to=frame_of_b)

Pictures are uint8 RGB (H, W, 3), masks (H, W) float32 in [0, 1]; coordinates are continuous pixels,
x right, y down, centres at +0.5.
"""

from facelab.blend.colour import match_colour, match_light
from facelab.blend.errors import BlendError, MaskError, PointsError
from facelab.blend.landmark_swap import BLENDS, feather, found_points, paste, swap
from facelab.blend.masks import eroded, feathered, hull_mask
from facelab.blend.poisson import poisson
from facelab.blend.warp import face_points, halfway, triangles, warp

__all__ = [
    "BLENDS",
    "BlendError",
    "MaskError",
    "PointsError",
    "eroded",
    "face_points",
    "feather",
    "feathered",
    "found_points",
    "halfway",
    "hull_mask",
    "match_colour",
    "match_light",
    "paste",
    "poisson",
    "swap",
    "triangles",
    "warp",
]
