"""``render``: people and a scene in, a Frame out."""

from collections.abc import Iterable
from functools import cache, partial
from typing import NamedTuple

import numpy as np

from .clothing import cloth_numbers
from .compiling import await_shade, second_process
from .errors import require
from .facs import action_units
from .figure import (
    cast_shadows,
    eye_point,
    figure_of,
    light_of_hair_and_thing,
    skin_of,
    widen,
)
from .film import backdrop_of, film_curve, grain, grain_start, jpeg
from .frame import FaceTruth, Frame, ScreenMesh, within
from .geometry import View
from .hairs import draw_hairs
from .landmarks import locate
from .light import mesh_drop
from .model import load_model
from .parallel import bands, together
from .person import Person
from .raster import hide_points, rasterise, rasterise_strands
from .scene import Scene
from .shade import develop, shade
from .texels import HEIGHT, WIDTH
from .timing import stage

SPACING = 0.86  # distance of people side by side, in picture heights
# A strand stands for several hairs: wider than this half width in samples it looks like a wire, so
# only a share of what is above is drawn. No strand is as wide at 256 pixels.
FINE, THINNER = np.float32(1.6), np.float32(0.35)


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


def _picture(figures, scene, view):
    """The Frame of figures in three rounds of jobs: what the camera and the lamp see of solids,
    then the strands and their light, then the pixels."""
    begins = np.cumsum([0] + [len(f.triangles) for f in figures])[:-1].tolist()
    with stage("depth"):
        depth = np.zeros((2 * view.height, 2 * view.width), np.float32)
        # number of the triangle that each sample sees; -1 is the backdrop
        ids = np.full(depth.shape, -1, np.int32)
        solids = partial(_draw_solids, figures, begins, depth, ids)
        shadows = [partial(cast_shadows, figure) for figure in figures]
        ends = [partial(widen, figure, view) for figure in figures]
        together([*shadows, *bands(solids, len(depth), 1), *ends])
        hidden = [_behind(figure, depth) for figure in figures]
    with stage("strands"):
        strands = partial(_draw_strands, figures, begins, hidden, view, depth, ids)
        lights = [light_of_hair_and_thing(f, view, h) for f, h in zip(figures, hidden, strict=True)]
        lit, shine = [light for light, _ in lights], [job for _, jobs in lights for job in jobs]
        ready = partial(_ready, figures, begins, lit, scene, view)
        *_, (seen, surfaces, film) = together([*bands(strands, len(depth), 2), *shine, ready])
        each = zip(figures, begins, hidden, lit, strict=True)
        hairs = [_hairs(*figure, view, depth) for figure in each]
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


def _draw_solids(figures, begins, depth, ids, first, last):
    """Skin and occluders in some rows; each band looks at all triangles, so there are few bands."""
    for figure, begin in zip(figures, begins, strict=True):
        mesh, things = len(load_model().triangles), len(figure.body.triangles)
        double_sided = np.zeros(len(figure.triangles) - things, np.uint8)
        for start, end, drop in ((0, mesh, mesh_drop()), (things, None, double_sided)):
            triangles = figure.triangles[start:end]
            solid = figure.points, figure.near, triangles, drop, depth, ids, begin + start
            rasterise(*solid, first, last)


def _behind(figure, depth):
    """Which strand points lie behind the head or an occluder: most of them do."""
    hidden = np.empty(len(figure.strand_near), bool)
    margin, reach = np.float32(1.012), len(depth) // 128
    hide_points(figure.strand_points, figure.strand_near, depth, margin, reach, hidden)
    return hidden


def _draw_strands(figures, begins, hidden, view, depth, ids, first, last):
    for figure, begin, unseen in zip(figures, begins, hidden, strict=True):
        middle, near, strands = figure.strand_points, figure.strand_near, figure.body.strands
        half = _half_widths(figure, view)
        begin += len(load_model().triangles)
        left_out = unseen | strands.thin
        hair = middle, near, strands.starts, half, left_out, 1, depth, ids, begin
        rasterise_strands(*hair, first, last)


def _half_widths(figure, view):
    """Half the width of strands at each of their points (P,), in samples."""
    half = figure.body.strands.width * np.float32(view.focal) * figure.strand_near
    return np.minimum(half, FINE + THINNER * (half - FINE))


def _hairs(figure, begin, unseen, lit, view, depth):
    """What ``draw_hairs`` has to know of a figure, in its order."""
    strands = figure.body.strands
    middle = figure.strand_points, figure.strand_near, strands.starts, _half_widths(figure, view)
    begin += len(load_model().triangles)
    return *middle, unseen, strands.part, lit, begin, depth


def _ready(figures, begins, lit, scene, view):
    """All that ``_developed`` needs: empty buffers, the figures for ``shade``, the film."""
    surfaces = [_surface(*each, view) for each in zip(figures, begins, lit, strict=True)]
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


def _surface(figure, begin, hair, view):
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


def _truth(figure, view, depth):
    scene, points = figure.scene, figure.points[: len(figure.vertices)] / 2
    z_at = partial(_height_at, view.distance, depth)
    found = locate(load_model(), figure.vertices, points, z_at)
    visible = found.visible & within(found.points, *depth.shape)
    expression = {unit: weight for unit, weight in scene.expression.items() if weight > 0}
    return FaceTruth(
        landmarks=found.points, landmarks_3d=found.points_3d, jaw_3d=found.jaw_3d,
        visible=visible, points5=found.points5, pose=(scene.yaw, scene.pitch, scene.roll),
        expression=expression, aus=action_units(expression), gaze=tuple(scene.gaze),
    )  # fmt: skip


def _height_at(distance, depth, points):
    """Height (n,) in mm above the eyes' plane of what is seen at pixels (n,2); -inf for nothing."""
    height, width = depth.shape
    x, y = np.floor(points.T).astype(int)
    inside = within(points, height, width)
    seen = depth[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]
    return np.where(inside, distance - seen, -np.inf)


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
