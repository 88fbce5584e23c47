"""``render``: people and a scene in, a Frame out."""

from collections.abc import Iterable
from functools import cache, partial
from typing import NamedTuple

import numpy as np

from .clothing import cloth_numbers
from .compiling import await_shade, second_process
from .errors import require
from .facs import action_units
from .figure import eye_point, figure_of, light_of_hair_and_thing
from .film import backdrop_of, film_curve, grain, grain_start, jpeg
from .frame import FaceTruth, Frame, ScreenMesh, within
from .geometry import View
from .landmarks import locate
from .light import mesh_drop
from .model import load_model
from .person import Person
from .raster import hide_points, in_bands, rasterise, rasterise_strands
from .scene import Scene
from .shade import develop, shade
from .texels import HEIGHT, WIDTH
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

    def clear_backdrop(self):
        """Empty the truths where the backdrop is seen more than the figure."""
        backdrop = np.nonzero((self.cover > 0) & (self.cover < 0.5))
        for layer, value in ((self.parts, 0), (self.depth, np.inf), (self.normals, 0)):
            layer[backdrop] = value
        self.surface[backdrop] = -1


def _picture(figures, scene, view):
    begins = np.cumsum([0] + [len(f.triangles) for f in figures])[:-1].tolist()
    with stage("rasterise"):
        ids, hidden = _visible(figures, begins, view)
    with stage("strands"):
        lit = [light_of_hair_and_thing(f, view, h) for f, h in zip(figures, hidden, strict=True)]
    with stage("shade"):
        seen = _shaded(figures, begins, ids, lit, view)
    with stage("backdrop"):
        backdrop = backdrop_of(scene, view)
    with stage("develop"):
        image = _developed(seen, backdrop, scene)
    with stage("truth"):
        faces = tuple(_truth(f, view, seen.depth) for f in figures)
        mesh = _screen_mesh(figures)
    truths = seen._asdict()
    for inner in ("radiance", "cover", "votes"):
        truths.pop(inner)
    return Frame(image=image, faces=faces, mesh=mesh, **truths)


def _visible(figures, begins, view):
    """Number of the triangle that each sample sees, (2H,2W) int32, where -1 is the backdrop; and
    for each figure which of its strand points lie behind something, (P,) bool."""
    depth = np.zeros((2 * view.height, 2 * view.width), np.float32)
    ids = np.full(depth.shape, -1, np.int32)
    for figure, begin in zip(figures, begins, strict=True):
        _draw_solids(figure, begin, depth, ids)
    hidden = [_behind(figure, depth) for figure in figures]
    for figure, begin, out_of_sight in zip(figures, begins, hidden, strict=True):
        _draw_strands(figure, begin, view, out_of_sight, depth, ids)
    return ids, hidden


def _draw_solids(figure, begin, depth, ids):
    """Skin and occluder; each band looks at all triangles, so there are few bands."""
    mesh, things = len(load_model().triangles), len(figure.body.triangles)
    double_sided = np.zeros(len(figure.triangles) - things, np.uint8)
    for first, end, drop in ((0, mesh, mesh_drop()), (things, None, double_sided)):
        triangles = figure.triangles[first:end]
        solid = figure.points, figure.near, triangles, drop, depth, ids, begin + first
        if len(triangles):
            in_bands(partial(rasterise, *solid), len(depth), 1)


def _behind(figure, depth):
    """Which strand points lie behind the head or an occluder: most of them do."""
    hidden = np.empty(len(figure.strand_near), bool)
    margin, reach = np.float32(1.012), len(depth) // 128
    hide_points(figure.strand_points, figure.strand_near, depth, margin, reach, hidden)
    return hidden


def _draw_strands(figure, begin, view, hidden, depth, ids):
    middle, near, strands = figure.strand_points, figure.strand_near, figure.body.strands
    half = strands.width * np.float32(view.focal) * near
    begin += len(load_model().triangles)
    hair = middle, near, strands.starts, half, hidden, 1, depth, ids, begin
    in_bands(partial(rasterise_strands, *hair), len(depth), 1)


def _shaded(figures, begins, ids, lit, view):
    await_shade()
    seen, model = Buffers.empty(view.height, view.width), load_model()
    for figure, begin, hair in zip(figures, begins, lit, strict=True):
        skin = figure.body.textures
        corners = np.concatenate([figure.vertices, figure.normals, figure.data], 1)
        shape = (
            len(model.triangles), figure.triangles, figure.kinds, figure.points, figure.near,
            corners, *corner_uvs(), model.mean, hair,
        )  # fmt: skip
        looks = skin.texels, skin.iris, figure.light, figure.eyes
        looks += cloth_numbers(figure.scene), eye_point(view), figure.rotation[:, 1].copy()
        shadows = figure.shadow, figure.own_shadow, figure.shadow_frame
        in_bands(partial(shade, ids, begin, *shape, *looks, *shadows, *seen), view.height)
    seen.clear_backdrop()
    return seen


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


def _developed(seen, backdrop, scene):
    image = np.empty(seen.radiance.shape, np.uint8)
    film = film_curve(), grain(), grain_start(scene), scene.camera.noise
    in_bands(partial(develop, seen.radiance, seen.cover, backdrop, *film, image), len(image))
    return jpeg(image, scene.camera.jpeg)


def _screen_mesh(figures):
    offsets = np.cumsum([0] + [len(f.points) for f in figures])[:-1]
    triangles = [f.triangles + np.int32(o) for f, o in zip(figures, offsets, strict=True)]
    points, near = [f.points / 2 for f in figures], [f.near for f in figures]
    return ScreenMesh(np.concatenate(points), np.concatenate(near), np.concatenate(triangles))


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
