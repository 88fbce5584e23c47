"""One aligned crop, straight from the camera and on one thread.

A similarity of the picture turns, zooms and cuts the camera's view (``View.through``), so nothing
is drawn at another size first and nothing is resampled. What the crop does not show and the truths
asked for do not need is left out.
"""

from dataclasses import replace
from functools import cache

import numpy as np

from .alignment import crop_matrix
from .compiling import await_shade
from .figure import cast_shadows, light_of_hair_and_thing, seen_by, widen
from .film import backdrop_through, film_curve, grain, grain_start, jpeg
from .frame import within
from .geometry import View
from .landmarks import locate
from .model import load_model
from .passes import Buffers, behind, draw_solids, draw_strands, height_at, surface_of
from .shade import develop, shade

POINTS = {"landmarks", "points5", "visible"}  # truths that follow from the 68 points
LONGEST = 22.0  # mm, no less than a strand's segment: what lies further outside is not drawn
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


def closeup(posed, view, wanted):
    """The truths ``wanted`` of somebody in a view: dict, name -> array, see ``crops``."""
    found = _seen(posed, view, wanted) if wanted - {"landmarks", "points5"} else {}
    if wanted & POINTS:
        found |= _points(posed, view, found.get("depth"), wanted)
    return {name: found[name] for name in wanted}


def _points(posed, view, depth, wanted):
    """The 68 points and what follows from them; ``depth`` (S,S) decides which are visible."""
    points, _ = view.project(posed.vertices)

    def z_at(places):
        if depth is None:
            return np.full(len(places), -np.inf)
        return height_at(view.distance, depth, places)

    found = locate(load_model(), posed.vertices, points, z_at)
    inside = within(found.points, view.height, view.width)
    return {"landmarks": found.points, "points5": found.points5, "visible": found.visible & inside}


def _seen(posed, view, wanted):
    """Everything that is drawn: the image, if it is wanted, and the shader's buffers."""
    lit = "image" in wanted
    if not lit:  # without light nothing has to be looked up in it
        light = posed.light.copy()
        light[FLAT] = 1
        posed = replace(posed, light=light)
    figure = seen_by(view, posed)
    ids, hidden = _covered(figure, view)
    if posed.light[FLAT] == 0:
        cast_shadows(figure)
    seen = _shaded(figure, view, ids, hidden)
    image = _image(posed.scene, view, seen, lit)
    return seen._asdict() | {"image": image}


def _covered(figure, view):
    """Which triangle each sample shows (2S,2S), and which strand points nobody sees (P,)."""
    depth = np.zeros((2 * view.height, 2 * view.width), np.float32)
    ids = np.full(depth.shape, -1, np.int32)
    draw_solids([figure], [0], depth, ids, 0, len(depth))
    hidden = behind(figure, depth)
    margin = LONGEST * view.in_samples.focal * figure.strand_near.max(initial=0)
    away = np.abs(figure.strand_points - len(depth) / 2).max(1) > len(depth) / 2 + margin
    hidden |= away
    draw_strands([figure], [0], [hidden], view, depth, ids, 0, len(depth))
    return ids, hidden


def _shaded(figure, view, ids, hidden):
    """The shader's buffers of a crop."""
    widen(figure, view)
    hair, jobs = light_of_hair_and_thing(figure, view, hidden)
    for job in jobs:
        job()
    seen = Buffers.empty(view.height, view.width)
    await_shade()
    shade(ids, *surface_of(figure, 0, hair, view), *seen, 0, view.height)
    return seen


def _image(scene, view, seen, lit):
    """The developed picture; it also empties the buffers where mostly the backdrop is seen."""
    covered = not lit or seen.cover.min() >= 1
    backdrop = _nothing(view.height) if covered else backdrop_through(scene, view)
    shown = seen.radiance, seen.cover, seen.parts, seen.depth, seen.normals, seen.surface
    film = film_curve(), grain(), grain_start(scene), scene.camera.noise
    image = np.empty(seen.radiance.shape, np.uint8)
    develop(*shown, backdrop, *film, image, 0, view.height)
    return jpeg(image, scene.camera.jpeg)


@cache
def _nothing(size):
    return np.zeros((size, size, 3), np.float32)
