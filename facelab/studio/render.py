"""``render``: people and a scene in, a Frame out."""

from collections.abc import Iterable
from functools import partial

import numpy as np

from .compiling import await_shade, second_process
from .errors import require
from .facs import action_units
from .figure import cast_shadows, figure_of, light_of_hair_and_thing, widen
from .film import backdrop_of, film_curve, grain, grain_start, jpeg
from .frame import FaceTruth, Frame, ScreenMesh, within
from .geometry import View
from .hairs import draw_hairs
from .landmarks import locate
from .model import load_model
from .parallel import bands, together
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
from .person import Person
from .scene import Scene
from .shade import develop, shade
from .timing import stage

SPACING = 0.86  # distance of people side by side, in picture heights


def render(people, scene, size=256):
    """Render one person, or a list of people side by side.

    Parameters
    ----------
    people : Person, or list of Person
    scene : Scene, or for a list of people a list of as many (the first one's camera, light and
        background count)
    size : int in [16, 2048], height of the picture in pixels; the width is the same for one person
        and grows with people

    Returns
    -------
    Frame

    Raises
    ------
    StudioError
        People, scene or size cannot be used; the message says why.
    """
    people, scenes = _checked(people, scene, size)
    second_process()
    first = scenes[0]
    width = int(round(size * (1 + SPACING * (len(people) - 1))))
    view = View.of(first.camera, size, width)
    offsets = (np.arange(len(people)) - (len(people) - 1) / 2) * SPACING * first.camera.field
    with stage("geometry"):
        figures = [
            figure_of(p, s, view, float(o)) for p, s, o in zip(people, scenes, offsets, strict=True)
        ]
    return _picture(figures, first, view)


def _checked(people, scene, size):
    people, asked = _list_of(Person, people), type(people).__name__
    require(people, f"render needs a Person or a list of at least one, got {asked}.")
    scenes = [scene] * len(people) if isinstance(scene, Scene) else _list_of(Scene, scene)
    require(scenes, f"render needs a Scene (or one per person), got {type(scene).__name__}.")
    require(
        len(scenes) == len(people), f"render got {len(people)} people but {len(scenes)} scenes."
    )
    ok = isinstance(size, int | np.integer) and 16 <= size <= 2048
    require(ok, f"size must be a whole number of pixels in [16, 2048], got {size!r}.")
    return people, scenes


def _list_of(kind, given):
    """One of a kind or several of them as a list; an empty one if there is anything else."""
    several = given if isinstance(given, Iterable) else ()
    items = [given] if isinstance(given, kind) else list(several)
    return items if all(isinstance(item, kind) for item in items) else []


def _picture(figures, scene, view):
    """The Frame of figures in three rounds of jobs: what the camera and the lamp see of solids,
    then the strands and their light, then the pixels."""
    begins = np.cumsum([0] + [len(f.triangles) for f in figures])[:-1].tolist()
    with stage("depth"):
        depth = np.zeros((2 * view.height, 2 * view.width), np.float32)
        # number of the triangle that each sample sees; -1 is the backdrop
        ids = np.full(depth.shape, -1, np.int32)
        solids = partial(draw_solids, figures, begins, depth, ids)
        shadows = [partial(cast_shadows, figure) for figure in figures]
        ends = [partial(widen, figure, view) for figure in figures]
        together([*shadows, *bands(solids, len(depth), 1), *ends])
        hidden = [behind(figure, depth) for figure in figures]
    with stage("strands"):
        halves = [half_widths(figure, view) for figure in figures]
        strands = partial(draw_strands, figures, begins, hidden, halves, depth, ids)
        lights = [light_of_hair_and_thing(f, view, h) for f, h in zip(figures, hidden, strict=True)]
        lit, shine = [light for light, _ in lights], [job for _, jobs in lights for job in jobs]
        ready = partial(_ready, figures, begins, lit, scene, view)
        *_, (seen, surfaces, film) = together([*bands(strands, len(depth), 2), *shine, ready])
        each = zip(figures, begins, hidden, halves, lit, strict=True)
        hairs = [hairs_of(*figure, depth) for figure in each]
    with stage("backdrop"):
        backdrop = backdrop_of(scene, view)
    with stage("shade"):
        await_shade()
        image = _developed(ids, surfaces, hairs, seen, backdrop, film)
    with stage("jpeg"):
        image = jpeg(image, scene.camera.jpeg)
    with stage("truth"):
        faces = tuple(_truth(figure, view, seen.depth) for figure in figures)
        mesh = _screen_mesh(figures)
    buffers = seen._asdict()
    for inner in ("radiance", "cover", "votes"):
        buffers.pop(inner)
    return Frame(image=image, faces=faces, mesh=mesh, **buffers)


def _ready(figures, begins, lit, scene, view):
    """All that ``_developed`` needs: empty buffers, the figures for ``shade``, the film."""
    surfaces = [surface_of(*each, view) for each in zip(figures, begins, lit, strict=True)]
    film = film_curve(), grain(), grain_start(scene), scene.camera.noise
    return Buffers.empty(view.height, view.width), surfaces, film


def _developed(ids, surfaces, hairs, seen, backdrop, film):
    """Shade the samples into the buffers ``seen`` and develop the image, band by band."""
    image = np.empty(seen.radiance.shape, np.uint8)
    shown = seen.radiance, seen.cover, seen.parts, seen.depth, seen.normals, seen.surface

    def band(first, last):
        for surface in surfaces:
            shade(ids, *surface, *seen, first, last)
        for hair in hairs:
            draw_hairs(*hair, *seen, first, last)
        develop(*shown, backdrop, *film, image, first, last)

    together(bands(band, len(image), 4))
    return image


def _truth(figure, view, depth):
    scene, points = figure.scene, figure.points[: len(figure.vertices)] / 2
    z_at = partial(height_at, view.distance, depth)
    found = locate(load_model(), figure.vertices, points, z_at)
    visible = found.visible & within(found.points, *depth.shape)
    expression = {unit: weight for unit, weight in scene.expression.items() if weight > 0}
    return FaceTruth(
        landmarks=found.points, landmarks_3d=found.points_3d, jaw_3d=found.jaw_3d,
        visible=visible, points5=found.points5, pose=(scene.yaw, scene.pitch, scene.roll),
        expression=expression, aus=action_units(expression), gaze=tuple(scene.gaze),
    )  # fmt: skip


def _screen_mesh(figures):
    begins = np.cumsum([0] + [len(f.points) for f in figures])[:-1].astype(np.int32)
    points, near = [f.points / 2 for f in figures], [f.near for f in figures]
    if len(figures) == 1:  # a clip keeps the triangles once
        triangles = figures[0].triangles.view()
    else:
        shifted = [f.triangles + begin for f, begin in zip(figures, begins, strict=True)]
        triangles = np.concatenate(shifted)
    triangles.flags.writeable = False
    return ScreenMesh(np.concatenate(points), np.concatenate(near), triangles)
