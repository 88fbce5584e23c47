"""The steps of a picture: what is nearest, what is hidden, what the shader needs to know."""

from functools import cache
from typing import NamedTuple

import numpy as np

from .clothing import cloth_numbers
from .figure import eye_point, skin_of
from .frame import within
from .light import mesh_drop
from .model import load_model
from .raster import hide_points, rasterise, rasterise_strands
from .texels import HEIGHT, WIDTH

# A strand stands for several hairs: wider than this half width in samples it looks like a wire, so
# only a share of what is above is drawn. No strand is as wide at 256 pixels.
FINE, THINNER = np.float32(1.6), np.float32(0.35)


class Buffers(NamedTuple):
    """What the shader fills, in its order; see ``Frame``. ``votes`` counts samples per surface."""

    radiance: np.ndarray  # (H,W,3)
    cover: np.ndarray  # (H,W) share of the samples that show somebody
    votes: np.ndarray  # (H,W)
    parts: np.ndarray
    mask: np.ndarray
    head_mask: np.ndarray
    occluder_mask: np.ndarray
    depth: np.ndarray
    normals: np.ndarray
    surface: np.ndarray
    place: np.ndarray

    @classmethod
    def empty(cls, height, width):
        """Buffers in which nobody is seen."""

        def layer(*depth, kind=np.float32, value=0):
            return np.full((height, width, *depth), value, kind)

        return cls(
            layer(3), layer(), layer(kind=np.uint8), layer(kind=np.uint8), layer(), layer(),
            layer(), layer(value=np.inf), layer(3), layer(kind=np.int32, value=-1), layer(2),
        )  # fmt: skip


def draw_solids(figures, begins, depth, ids, first, last):
    """Skin and occluders in some rows; each band looks at all triangles, so there are few bands."""
    for figure, begin in zip(figures, begins, strict=True):
        mesh, things = len(load_model().triangles), len(figure.body.triangles)
        double_sided = np.zeros(len(figure.triangles) - things, np.uint8)
        for start, end, drop in ((0, mesh, mesh_drop()), (things, None, double_sided)):
            triangles = figure.triangles[start:end]
            solid = figure.points, figure.near, triangles, drop, depth, ids, begin + start
            rasterise(*solid, first, last)


def behind(figure, depth):
    """Which strand points lie behind the head or an occluder: most of them do."""
    hidden = np.empty(len(figure.strand_near), bool)
    margin, reach = np.float32(1.012), len(depth) // 128
    hide_points(figure.strand_points, figure.strand_near, depth, margin, reach, hidden)
    return hidden


def draw_strands(figures, begins, hidden, halves, depth, ids, first, last):
    """Locks in some rows, but where points are ``hidden``; see ``half_widths``."""
    for figure, begin, unseen, half in zip(figures, begins, hidden, halves, strict=True):
        middle, near, strands = figure.strand_points, figure.strand_near, figure.body.strands
        begin += len(load_model().triangles)
        left_out = unseen | strands.thin
        hair = middle, near, strands.starts, half, left_out, 1, depth, ids, begin
        rasterise_strands(*hair, first, last)


def half_widths(figure, view):
    """Half the width of strands at each of their points (P,), in samples."""
    half = figure.body.strands.width * np.float32(view.focal)
    half *= figure.strand_near
    return np.minimum(half, FINE + THINNER * (half - FINE))


def hairs_of(figure, begin, unseen, half, lit, depth, elected=True):
    """What ``draw_hairs`` has to know of a figure, in its order."""
    strands = figure.body.strands
    middle = figure.strand_points, figure.strand_near, strands.starts, half
    begin += len(load_model().triangles)
    return *middle, unseen, strands.part, lit, begin, depth, elected


def surface_of(figure, begin, hair, view):
    """What ``shade`` has to know of a figure, in its order."""
    model, skin = load_model(), figure.body.textures
    corners, eyes = skin_of(figure)
    shape = (
        begin, len(model.triangles), figure.triangles, figure.kinds, figure.points, figure.near,
        corners, *corner_uvs(), model.mean, hair,
    )  # fmt: skip
    looks = skin.texels, skin.iris, figure.light, eyes
    looks += cloth_numbers(figure.scene), eye_point(view), figure.rotation[:, 1].copy()
    return *shape, *looks, figure.shadow, figure.own_shadow, figure.shadow_frame


@cache
def corner_uvs():
    """UV of each triangle's corners (T,3,2) float32, where triangles across the seam behind the
    head run past u = 1, and twice the texels that each triangle covers (T,)."""
    model = load_model()
    uv = model.uv[model.triangles].astype(np.float32)
    wraps = np.ptp(uv[..., 0], axis=1) > 0.5
    uv[..., 0] += (uv[..., 0] < 0.5) & wraps[:, None]
    (bu, bv), (cu, cv) = (uv[:, 1] - uv[:, 0]).T, (uv[:, 2] - uv[:, 0]).T
    return uv, np.abs(bu * cv - cu * bv) * np.float32(WIDTH * HEIGHT)


def height_at(distance, depth, points):
    """Height (n,) in mm above the eyes' plane of what is seen at pixels (n,2); -inf for nothing."""
    height, width = depth.shape
    x, y = np.floor(points.T).astype(int)
    inside = within(points, height, width)
    seen = depth[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]
    return np.where(inside, distance - seen, -np.inf)
