"""One aligned crop, straight from the camera and on one thread.

A similarity of the picture turns, zooms and cuts the camera's view (``View.through``), so nothing
is drawn at another size first and nothing is resampled. What the crop does not show and the truths
asked for do not need is left out.
"""

from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from .alignment import crop_matrix
from .compiling import await_shade
from .figure import cast_shadows, light_of_hair_and_thing, seen_by, widen
from .film import backdrop_through, film_curve, grain, grain_start, jpeg
from .frame import within
from .geometry import View
from .hairs import draw_hairs
from .landmarks import blend, locate, outlined
from .light import SHADOW_SIZE
from .model import load_model
from .passes import (
    Buffers,
    behind,
    draw_solids,
    draw_strands,
    hairs_of,
    half_widths,
    height_at,
    surface_of,
)
from .raster import compiled
from .shade import develop, shade

VOTED = {"parts", "depth", "normals", "visible"}  # truths for which one surface speaks
POINTS = {"landmarks", "points5", "visible"}  # truths that follow from the 68 points
WIDEST = 6  # samples, more than half the width of a strand
BESIDE = 12  # texels beside a point in which its soft shadow, or its swap's, is looked up
FLAT = 15  # place in ``light_numbers`` of what switches shading off


def window_of(posed, size, coverage):
    """The view that shows the aligned crop of somebody, and the similarity (2,3) to it from the
    scene's own picture, in picture heights."""
    model, whole = load_model(), View.of(posed.scene.camera, 1, 1)
    corners, _ = whole.project(posed.vertices[model.landmark_vertices.ravel()])
    corners = corners.reshape(*model.landmark_vertices.shape, 2)
    inner = np.einsum("pkd,pk->pd", corners, model.landmark_weights)
    matrix = crop_matrix(inner, size, coverage)
    return whole.through(matrix, size), matrix


@cache
def pixel_of(size, coverage):
    """How many mm of a face a pixel of its crop covers, rounded down to 0, 1, 2, 4, ..."""
    model = load_model()
    inner = blend(model.mean, model.landmark_vertices, model.landmark_weights)
    covered = int(np.ptp(inner[:, 0]) / (coverage * size))
    return 1 << covered.bit_length() >> 1


@dataclass
class Shared:
    """What a target and its true swap have in common, once it has been drawn."""

    shadow: np.ndarray | None = None  # map of the target, whose head's own it is under the swap
    backdrop: np.ndarray | None = None


def closeup(posed, view, wanted, shared=None):
    """The truths ``wanted`` of somebody in a view: dict, name -> array, see ``crops``.

    ``shared`` is filled by a target and used by its true swap, drawn next in the same view.
    """
    shared = shared or Shared()
    found = _seen(posed, view, wanted, shared) if wanted - {"landmarks", "points5"} else {}
    if wanted & POINTS:
        found |= _points(posed, view, found.get("depth"), wanted)
    return {name: found[name] for name in wanted}


def _points(posed, view, depth, wanted):
    """The 68 points and what follows from them; ``depth`` (S,S) decides which are visible."""
    model, (points, _) = load_model(), view.project(posed.vertices)
    if "visible" not in wanted:
        found = outlined(model, points)
        return {"landmarks": found, "points5": np.float32(model.points5 @ found)}
    found = locate(model, posed.vertices, points, partial(height_at, view.distance, depth))
    visible = found.visible & within(found.points, view.height, view.width)
    return {"landmarks": found.points, "points5": found.points5, "visible": visible}


def _seen(posed, view, wanted, shared):
    """Everything that is drawn: the image, if it is wanted, and the shader's buffers."""
    lit = "image" in wanted
    if not lit:  # without light nothing has to be looked up in it
        light = posed.light.copy()
        light[FLAT] = 1
        posed = replace(posed, light=light)
    figure = seen_by(view, posed)
    half = half_widths(figure, view)
    depth, ids, hidden = _covered(figure, view, half)
    if posed.light[FLAT] == 0:
        figure = _in_shadow(figure, view, hidden, shared)
    seen = _shaded(figure, view, depth, ids, hidden, half, bool(wanted & VOTED))
    image = _image(posed.scene, view, seen, lit, shared)
    return seen._asdict() | {"image": image}


def _in_shadow(figure, view, hidden, shared):
    """A figure with its shadow maps drawn as far as they are looked up."""
    rows = _rows_lit(figure, view, hidden)
    if figure.body.outside is None or shared.shadow is None:
        cast_shadows(figure, rows)
        shared.shadow = figure.shadow
        return figure
    cast_shadows(figure, rows, own=False)
    return replace(figure, own_shadow=shared.shadow)


def _covered(figure, view, half):
    """Nearness and triangle of what each sample shows (2S,2S), and which strand points nobody
    sees (P,)."""
    depth = np.zeros((2 * view.height, 2 * view.width), np.float32)
    ids = np.full(depth.shape, -1, np.int32)
    draw_solids([figure], [0], depth, ids, 0, len(depth))
    hidden = behind(figure, depth)
    hide_outside(figure.strand_points, figure.body.strands.starts, *depth.shape, hidden)
    draw_strands([figure], [0], [hidden], [half], depth, ids, 0, len(depth))
    return depth, ids, hidden


@compiled
def hide_outside(points, starts, height, width, hidden):
    """Mark points (P,2) of strands whose segments to both neighbours pass a picture's border by."""
    for s in range(len(starts) - 1):
        for p in range(starts[s], starts[s + 1]):
            before, after = max(starts[s], p - 1), min(starts[s + 1] - 1, p + 1)
            x, y = points[p, 0], points[p, 1]
            left = max(x, max(points[before, 0], points[after, 0])) < -WIDEST
            right = min(x, min(points[before, 0], points[after, 0])) > width + WIDEST
            above = max(y, max(points[before, 1], points[after, 1])) < -WIDEST
            below = min(y, min(points[before, 1], points[after, 1])) > height + WIDEST
            hidden[p] |= left or right or above or below


def _rows_lit(figure, view, hidden):
    """The rows of the shadow map that what is seen looks up."""
    ends = np.float32([SHADOW_SIZE, 0])
    end, axis = len(figure.vertices), figure.shadow_frame[1]
    window = np.float32([-WIDEST, 2 * view.width + WIDEST])
    stretch_to_skin(figure.points[:end], figure.vertices, window, axis, ends)
    stretch_to_hair(figure.hair_points, hidden, axis, ends)
    everywhere = np.zeros(len(figure.thing.vertices), bool)
    stretch_to_hair(figure.thing.vertices, everywhere, axis, ends)
    return max(0, int(ends[0]) - BESIDE), min(SHADOW_SIZE, int(ends[1]) + BESIDE + 1)


@compiled
def stretch_to_skin(points, vertices, window, axis, ends):
    """Move the two ends of a range to where it holds the vertices (V,3) whose ``points`` (V,2) lie
    in a window, along the ``axis`` (4,) of a shadow map."""
    low, high = window[0], window[1]
    for v in range(len(points)):
        if low < points[v, 0] < high and low < points[v, 1] < high:
            at = axis[0] * vertices[v, 0] + axis[1] * vertices[v, 1] + axis[2] * vertices[v, 2]
            ends[0], ends[1] = min(ends[0], at + axis[3]), max(ends[1], at + axis[3])


@compiled
def stretch_to_hair(points, hidden, axis, ends):
    """The same for points (P,3) that are not ``hidden``."""
    for p in range(len(points)):
        if not hidden[p]:
            at = axis[0] * points[p, 0] + axis[1] * points[p, 1] + axis[2] * points[p, 2]
            ends[0], ends[1] = min(ends[0], at + axis[3]), max(ends[1], at + axis[3])


def _shaded(figure, view, depth, ids, hidden, half, elected):
    """The shader's buffers of a crop."""
    widen(figure, view, hidden | figure.body.strands.thin)  # of hairs no sample shows a ribbon
    hair, jobs = light_of_hair_and_thing(figure, view, hidden)
    for job in jobs:
        job()
    seen = Buffers.empty(view.height, view.width)
    await_shade()
    shade(ids, *surface_of(figure, 0, hair, view), *seen, 0, view.height)
    hairs = hairs_of(figure, 0, hidden, half, hair, depth, elected)
    draw_hairs(*hairs, *seen, 0, view.height)
    return seen


def _image(scene, view, seen, lit, shared):
    """The developed picture; it also empties the buffers where mostly the backdrop is seen."""
    backdrop = _nothing(view.height)
    if lit and seen.cover.min() < 1:
        if shared.backdrop is None:
            shared.backdrop = backdrop_through(scene, view)
        backdrop = shared.backdrop
    shown = seen.radiance, seen.cover, seen.parts, seen.depth, seen.normals, seen.surface
    film = film_curve(), grain(), grain_start(scene), scene.camera.noise
    image = np.empty(seen.radiance.shape, np.uint8)
    develop(*shown, backdrop, *film, image, 0, view.height)
    return jpeg(image, scene.camera.jpeg)


@cache
def _nothing(size):
    return np.zeros((size, size, 3), np.float32)
