"""``render``: people and a scene in, a Frame out."""

from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from time import perf_counter
from zlib import crc32

import cv2
import numpy as np

from . import geometry
from .backgrounds import background
from .body import Body, body_of, face_weight_wide, normals_of
from .clothing import garment
from .errors import require
from .facs import action_units
from .frame import FaceTruth, Frame, ScreenMesh
from .geometry import View
from .hairline import hair_colour
from .landmarks import locate
from .model import load_model, smoothstep
from .occluders import NOTHING, occluder
from .person import Person
from .raster import ALWAYS, BEHIND, hide_points, in_bands, rasterise, rasterise_strands
from .scene import Scene
from .shade import develop, light_strands, ribbons, shade
from .skin import skin_albedo

SHADOW_SIZE, SHADOW_REACH = 352, 500.0  # texels and mm that the shadow map covers
NO_SHADOW = np.zeros((1, 1), np.float32)
GRAIN = 509  # side of the noise tile; a prime, so that no picture size repeats it in step
SPACING = 0.86  # distance of people side by side, in picture heights

_clock = {"times": None}


@contextmanager
def stopwatch():
    """Collect the seconds that each stage of ``render`` takes: ``with stopwatch() as times: render(...)``."""
    _clock["times"] = times = defaultdict(float)
    try:
        yield times
    finally:
        _clock["times"] = None


@contextmanager
def _stage(name):
    start = perf_counter()
    yield
    if _clock["times"] is not None:
        _clock["times"][name] += perf_counter() - start


def render(people, scene, size=256):
    """Render one person, or a list of people side by side.

    Parameters
    ----------
    people : Person, or list of Person
    scene : Scene, or for a list of people a list of as many (the first one's camera, light and background count)
    size : int in [16, 2048], height of the picture in pixels; the width is the same for one person and grows with people

    Returns
    -------
    Frame

    Raises
    ------
    StudioError
        People, scene or size cannot be used; the message says why.
    """
    people, scenes = _checked(people, scene, size)
    first = scenes[0]
    width = int(round(size * (1 + SPACING * (len(people) - 1))))
    view = View.of(first.camera, size, width)
    offsets = (np.arange(len(people)) - (len(people) - 1) / 2) * SPACING * first.camera.field
    figures = [
        _figure(p, s, view, float(o)) for p, s, o in zip(people, scenes, offsets, strict=True)
    ]
    return _picture(figures, first, view)


def _checked(people, scene, size):
    people = [people] if isinstance(people, Person) else list(people)
    require(
        people and all(isinstance(p, Person) for p in people),
        "render needs a Person or a list of at least one.",
    )
    scenes = [scene] * len(people) if isinstance(scene, Scene) else list(scene)
    require(all(isinstance(s, Scene) for s in scenes), "render needs a Scene (or one per person).")
    require(
        len(scenes) == len(people), f"render got {len(people)} people but {len(scenes)} scenes."
    )
    ok = isinstance(size, int | np.integer) and 16 <= size <= 2048
    require(ok, f"size must be a whole number of pixels in [16, 2048], got {size!r}.")
    return people, scenes


@dataclass(frozen=True, eq=False)
class Figure:
    """One person posed, lit and projected. All vertices A = the face model's V, then ribbons, then the occluder's."""

    scene: Scene
    body: Body
    vertices: np.ndarray  # (V,3) mm in camera axes
    normals: np.ndarray  # (V,3)
    data: np.ndarray  # (V,4) openness, inner face, distance into the garment, share of the head
    points: np.ndarray  # (A,2) pixels
    near: np.ndarray  # (A,)
    triangles: np.ndarray  # (T,3) into all vertices
    kinds: np.ndarray  # (T,) uint8 part numbers
    lit: np.ndarray  # (A-V,4) radiance and share of the inner face of ribbons and occluder
    light: np.ndarray
    shadow: np.ndarray
    own_shadow: np.ndarray
    shadow_frame: np.ndarray
    rotation: np.ndarray
    eyes: np.ndarray

    @cached_property
    def points2(self):
        """Points in samples, two per pixel and axis."""
        return 2 * self.points


def _figure(person, scene, view, offset):
    model, body = load_model(), body_of(person)
    distance, push = garment(scene.clothes)
    rotation = geometry.rotation(scene.yaw, scene.pitch, scene.roll)
    light = light_numbers(scene.rig, scene.pulse)
    with _stage("geometry"):
        vertices, hair_points = _posed(body, scene, push, offset)
        normals = normals_of(vertices)
        thing = _thing(scene, person.looks, body, rotation, offset)
    with _stage("shadow"):
        frame = shadow_frame(light, offset)
        shadow = shadow_map(frame, vertices, hair_points, body.strands, thing)
        own_shadow = NO_SHADOW
        if body.outside is not None:
            own_shadow = shadow_map(
                frame, *_posed(body.outside, scene, push, offset), body.outside.strands, thing
            )
    with _stage("strands"):
        lit = strand_light(
            body, hair_points, rotation, offset, light, view, frame, shadow, own_shadow
        )
        ribbon_points, ribbon_near = ribbons_of(hair_points, body.strands, view)
    with _stage("geometry"):
        points, near = view.project(vertices)
        thing_points, thing_near = view.project(thing.vertices)
        data = np.stack([body.openness, face_weight_wide(), distance, model.weight_head], 1).astype(
            np.float32
        )
        triangles, kinds = _with_thing(body, thing)
        return Figure(
            scene=scene,
            body=body,
            vertices=vertices,
            normals=normals,
            data=data,
            points=np.concatenate([points, ribbon_points, thing_points]),
            near=np.concatenate([near, ribbon_near, thing_near]),
            triangles=triangles,
            kinds=kinds,
            lit=np.concatenate([lit, thing_light(thing, light, view, scene.rig.flat)]),
            light=light,
            shadow=shadow,
            own_shadow=own_shadow,
            shadow_frame=frame,
            rotation=rotation,
            eyes=eye_numbers(model, vertices, rotation, scene.gaze),
        )


def _with_thing(body, thing):
    """Triangles and part numbers of a body and what it holds."""
    if not len(thing.triangles):
        return body.triangles, body.kinds
    before = len(body.neutral) + 2 * len(body.strands.points)
    number = np.full(len(thing.triangles), load_model().part["occluder"], np.uint8)
    return np.concatenate([body.triangles, thing.triangles + np.int32(before)]), np.concatenate(
        [body.kinds, number]
    )


def _posed(body, scene, push, offset):
    """Vertices (V,3) and strand points (P,3) of a body in the scene's expression and pose, in camera axes."""
    model = load_model()
    weights = {
        u: max(w, scene.expression.get(u, 0)) for u, w in geometry.look_units(scene.gaze).items()
    }
    rest = body.neutral + push[:, None] * body.normals
    moved = geometry.express(rest, body.units, geometry.correctives(scene.expression | weights))
    hair = body.strands.points + (moved - rest)[body.strands.root_of_point]
    pose = (scene.yaw, scene.pitch, scene.roll)
    at = np.float32([offset, 0, 0])
    return geometry.pose(moved, model.weight_head, *pose) + at, geometry.pose(
        hair, body.strands.follows, *pose
    ) + at


def strand_light(body, points, rotation, offset, light, view, frame, shadow, own_shadow):
    """Radiance and share of the inner face of every ribbon vertex, (2P,4): a head's own strands lie in its own shadow."""
    strands, lit = body.strands, np.empty((len(points), 4), np.float32)
    centre = rotation @ np.float32([0, 25, -75]) + np.float32([offset, 0, 0])
    own = body.own_strands if body.outside is not None else 0
    eye = _eye_point(view)
    for starts, dark in ((strands.starts[: own + 1], own_shadow), (strands.starts[own:], shadow)):
        in_bands(
            lambda a, b: light_strands(
                points,
                starts[a : b + 1],
                strands.colour,
                centre,
                light,
                eye,
                dark,
                frame,
                bool(light[17]),
                lit,
            ),
            len(starts) - 1,
            1,
        )  # noqa: B023
    lit[:, 3] = body.strand_inner
    return np.repeat(lit, 2, 0)


def ribbons_of(points, strands, view):
    """Strands as camera-facing ribbons: pixels (2P,2) and nearness (2P,)."""
    centre, near = view.project(points)
    wide = np.empty((2 * len(points), 2), np.float32)
    in_bands(
        lambda a, b: ribbons(
            centre, near, strands.starts[a : b + 1], strands.width, np.float32(view.focal), wide
        ),
        len(strands.root),
        1,
    )
    return wide, np.repeat(near, 2)


@cache
def _mesh_drop():
    """Skin drops what is seen from behind; the model's lash cards are never drawn, since strands are."""
    model = load_model()
    return np.where(model.triangle_parts == model.part["lashes"], ALWAYS, BEHIND).astype(np.uint8)


def _eye_point(view):
    return np.float32([view.x, view.y, view.distance, view.distance])


def light_numbers(light, pulse=0.0):
    """A Light as the 20 numbers that the shader reads: direction, key, sky, ground, fill, iris glow, flat, softness, pulse."""
    d = np.array(light.direction) / np.linalg.norm(light.direction)
    spread = 0.35 + 1.6 * light.softness
    return np.float32(
        [
            *d,
            *light.colour,
            *light.sky,
            *light.ground,
            *light.fill,
            d[0],
            d[1],
            light.flat,
            spread,
            pulse,
        ]
    )


def shadow_frame(light, offset):
    """Rows (3,4) that take a point in mm to shadow texel x, y and depth towards the light."""
    d = light[:3]
    side = np.cross([0, 1, 0.02], d)
    side /= np.linalg.norm(side)
    axes = np.stack([side, np.cross(d, side), d])
    middle = np.array([offset, -60, -60])
    scale = np.array([SHADOW_SIZE / SHADOW_REACH] * 2 + [1.0])[:, None]
    move = -scale[:, 0] * (axes @ middle) + [SHADOW_SIZE / 2, SHADOW_SIZE / 2, 0]
    return np.concatenate([axes * scale, move[:, None]], 1).astype(np.float32)


def shadow_map(frame, vertices, hair_points, strands, thing):
    """Depth of the surface nearest to the light, (S,S) float32."""
    depth = np.full((SHADOW_SIZE, SHADOW_SIZE), -1e9, np.float32)
    ids = np.empty((SHADOW_SIZE, SHADOW_SIZE), np.int32)
    scale = np.float32(SHADOW_SIZE / SHADOW_REACH)
    solids = (
        (vertices, load_model().triangles, _mesh_drop() & ALWAYS),
        (thing.vertices, thing.triangles, np.zeros(len(thing.triangles), np.uint8)),
    )
    for points, triangles, drop in solids:
        place, near = _in_light(frame, points)
        in_bands(
            lambda a, b: rasterise(place, near, triangles, drop, depth, ids, 0, a, b),
            SHADOW_SIZE,
            1,
        )  # noqa: B023
    place, near = _in_light(frame, hair_points)
    half, hidden = (
        strands.width * scale,
        np.zeros(len(place), bool),
    )  # every second strand, twice as wide
    in_bands(
        lambda a, b: rasterise_strands(
            place, near, strands.starts, half, hidden, 2, depth, ids, 0, a, b
        ),
        SHADOW_SIZE,
        1,
    )
    return depth


def _in_light(frame, points):
    """Shadow texels (n,2) and depth towards the light (n,) of points (n,3)."""
    seen = points @ frame[:, :3].T + frame[:, 3]
    return np.ascontiguousarray(seen[:, :2]), np.ascontiguousarray(seen[:, 2])


def _thing(scene, looks, body, rotation, offset):
    if scene.occluder is None:
        return NOTHING
    model = load_model()
    eyes = [body.neutral[e].mean(0) for e in (model.eye_right, model.eye_left)]
    own = {"hand": skin_albedo(looks.melanin, looks.blood), "hair": hair_colour(looks)}
    thing = occluder(scene.occluder, scene.seed, eyes, own.get(scene.occluder))
    vertices, normals = thing.vertices, thing.normals
    if thing.follows_head:
        vertices = geometry.pose(
            vertices, np.ones(len(vertices), np.float32), scene.yaw, scene.pitch, scene.roll
        )
        normals = normals @ rotation.T
    return replace(thing, vertices=vertices + np.float32([offset, 0, 0]), normals=normals)


def thing_light(thing, light, view, flat):
    """Radiance of an occluder's vertices (diffuse, hemisphere and a soft highlight) and no share of the face, (n,4)."""
    none = np.zeros((len(thing.vertices), 1), np.float32)
    if flat or not len(thing.vertices):
        return np.hstack([thing.colour, none])
    n, d = thing.normals, light[:3]
    towards = np.float32([view.x, view.y, view.distance]) - thing.vertices
    half = towards / np.linalg.norm(towards, axis=1, keepdims=True) + d
    half /= np.linalg.norm(half, axis=1, keepdims=True)
    up = 0.5 + 0.5 * n[:, 1:2]
    diffuse = np.maximum((n @ d + 0.25) / 1.25, 0)[:, None] * light[3:6]
    ambient = light[9:12] + (light[6:9] - light[9:12]) * up
    shine = (
        thing.gloss[:, None] * np.exp((np.sum(n * half, 1, keepdims=True) - 1) * 60) * light[3:6]
    )
    return np.hstack([thing.colour * (diffuse + 0.8 * ambient) + 0.5 * shine, none]).astype(
        np.float32
    )


def eye_numbers(model, vertices, rotation, gaze):
    """The two eyes as the shader reads them, (2,40): left then right eye (part order); see ``shade._eye``.

    The last number is how much light gets into the mouth: none through closed lips.
    """
    turn = rotation @ geometry.rotation(gaze[0], gaze[1], 0)
    lids = {
        "eye_left": ((42, 43, 44, 45), (42, 47, 46, 45)),
        "eye_right": ((36, 37, 38, 39), (36, 41, 40, 39)),
    }
    rows = []
    upper_lip, lower_lip = (_inner_points(model, vertices, k) for k in ((61, 62, 63), (67, 66, 65)))
    gap = np.linalg.norm(upper_lip - lower_lip, axis=1).mean()
    for name in ("eye_left", "eye_right"):
        ball = vertices[getattr(model, name)]
        centre = (ball.min(0) + ball.max(0)) / 2
        radius = np.linalg.norm(ball - centre, axis=1).mean()
        upper, lower = (
            ((_inner_points(model, vertices, k) - centre) @ rotation)[:, :2] for k in lids[name]
        )
        rows.append(
            [
                *centre,
                radius,
                *turn.T.ravel(),
                *rotation.T.ravel(),
                *upper.ravel(),
                *lower.ravel(),
                0.43,
                smoothstep(1, 6, gap),
            ]
        )
    return np.float32(rows)


def _inner_points(model, vertices, numbers):
    """Some of the points 17..67 on posed vertices, (n,3)."""
    rows = np.array(numbers) - 17
    return (vertices[model.landmark_vertices[rows]] * model.landmark_weights[rows][..., None]).sum(
        1
    )


def depth_under(depth, points):
    """Depth (n,) at pixel positions (n,2); inf outside the picture."""
    height, width = depth.shape
    x, y = np.floor(points.T).astype(int)
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    return np.where(inside, depth[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)], np.inf)


@cache
def film_curve():
    """Radiance to display level, (1024,) float32: a filmic shoulder and the sRGB curve, over sqrt(radiance / 4)."""
    x = 4 * np.linspace(0, 1, 1024) ** 2 * 0.62
    filmic = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1)
    srgb = np.where(filmic < 0.0031308, 12.92 * filmic, 1.055 * filmic ** (1 / 2.4) - 0.055)
    return (255 * srgb).astype(np.float32)


@lru_cache(maxsize=8)
def _backdrop(kind, seed, height, width, blur):
    return background(kind, seed, height, width, blur)


def _backdrop_of(scene, view):
    if isinstance(scene.background, str):
        return _backdrop(
            scene.background, scene.seed, view.height, view.width, round(scene.camera.blur, 2)
        )
    return _undeveloped(
        background(scene.background, scene.seed, view.height, view.width, scene.camera.blur)
    )


def _undeveloped(linear):
    """The radiance that the film curve brings back to a picture's own levels."""
    level = 255 * np.where(
        linear < 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055
    )
    return np.interp(level, film_curve(), 4 * np.linspace(0, 1, 1024) ** 2).astype(np.float32)


def _picture(figures, scene, view):
    size = (view.height, view.width)
    with _stage("rasterise"):
        depth, ids = (
            np.zeros((2 * size[0], 2 * size[1]), np.float32),
            np.full((2 * size[0], 2 * size[1]), -1, np.int32),
        )
        begins = np.cumsum([0] + [len(f.triangles) for f in figures])

        for figure, begin in zip(figures, begins, strict=False):
            _draw_solids(figure, int(begin), depth, ids)
        for figure, begin in zip(figures, begins, strict=False):
            _draw_strands(figure, int(begin), view, depth, ids)
    buffers = _shaded(figures, begins, ids, scene, view)
    radiance, cover, _, parts, mask, head_mask, occluder_mask, away, normals, surface, place = (
        buffers
    )
    with _stage("backdrop"):
        backdrop = _backdrop_of(scene, view)
        noise, at = (
            _grain(),
            np.random.default_rng([9, scene.seed, _moment(scene)]).integers(GRAIN, size=2),
        )
    with _stage("develop"):
        image = np.empty((*size, 3), np.uint8)
        in_bands(
            lambda a, b: develop(
                radiance, cover, backdrop, film_curve(), noise, at, scene.camera.noise, a, b, image
            ),
            size[0],
        )
        image = _jpeg(image, scene.camera.jpeg)
    with _stage("truth"):
        mesh = ScreenMesh(
            np.concatenate([f.points for f in figures]),
            np.concatenate([f.near for f in figures]),
            _all_triangles(figures),
        )
        faces = tuple(_truth(f, view, away) for f in figures)
    return Frame(
        image, faces, parts, mask, head_mask, occluder_mask, away, normals, surface, place, mesh
    )


def _all_triangles(figures):
    offsets = np.cumsum([0] + [len(f.points) for f in figures])
    if len(figures) == 1:
        return figures[0].triangles
    return np.concatenate([f.triangles + o for f, o in zip(figures, offsets, strict=False)]).astype(
        np.int32
    )


def _draw_solids(figure, begin, depth, ids):
    """Skin and occluder; each band looks at all triangles, so there are few bands."""
    mesh, things = len(load_model().triangles), len(figure.body.triangles)
    for which, drop in (
        (slice(0, mesh), _mesh_drop()),
        (slice(things, None), np.zeros(len(figure.triangles) - things, np.uint8)),
    ):
        args = (
            figure.points2,
            figure.near,
            figure.triangles[which],
            drop,
            depth,
            ids,
            begin + which.start,
        )
        in_bands(lambda a, b: rasterise(*args, a, b), len(depth), 1)  # noqa: B023


def _draw_strands(figure, begin, view, depth, ids):
    """Hair, but what lies behind the head: most of it does."""
    strands, first = figure.body.strands, len(figure.vertices)
    ribbon = slice(first, first + 2 * len(strands.points))
    edges, near = figure.points2[ribbon].reshape(-1, 2, 2), figure.near[ribbon][::2].copy()
    middle, hidden = edges.mean(1), np.empty(len(near), bool)
    half = strands.width * np.float32(view.focal) * near  # in samples: two to the pixel
    hide_points(middle, near, depth, np.float32(1.012), hidden)
    args = (
        middle,
        near,
        strands.starts,
        half,
        hidden,
        1,
        depth,
        ids,
        begin + len(load_model().triangles),
    )
    in_bands(lambda a, b: rasterise_strands(*args, a, b), len(depth), 1)


def _shaded(figures, begins, ids, scene, view):
    with _stage("shade"):
        h, w = view.height, view.width
        out = _buffers(h, w)
        model = load_model()
        for figure, begin in zip(figures, begins, strict=False):
            textures = figure.body.textures
            args = (
                model.triangles.shape[0],
                figure.triangles,
                figure.kinds,
                figure.points2,
                figure.near,
                figure.vertices,
                figure.normals,
                corner_uvs(),
                figure.data,
                model.mean,
                figure.lit,
                textures.colour,
                textures.bump,
                textures.iris,
                figure.light,
                figure.eyes,
                cloth_numbers(figure.scene),
                _eye_point(view),
                figure.rotation[:, 1].copy(),
                figure.shadow,
                figure.shadow_frame,
                figure.own_shadow,
                figure.shadow_frame,
            )
            in_bands(lambda a, b: shade(ids, a, b, int(begin), *args, *out), h)  # noqa: B023
        _, cover, _, parts, _, _, _, depth, normals, surface, _ = out
        mostly_backdrop = cover < 0.5  # one sample of four does not make a pixel the figure's
        (
            parts[mostly_backdrop],
            depth[mostly_backdrop],
            normals[mostly_backdrop],
            surface[mostly_backdrop],
        ) = 0, np.inf, 0, -1
        return out


def _buffers(height, width):
    """Empty buffers in the shader's order: radiance, cover, votes, parts, three masks, depth, normals, surface, place."""
    layer = lambda kind=np.float32, *depth: np.zeros((height, width, *depth), kind)  # noqa: E731
    return [
        layer(np.float32, 3),
        layer(),
        layer(np.uint8),
        layer(np.uint8),
        layer(),
        layer(),
        layer(),
        np.full((height, width), np.inf, np.float32),
        layer(np.float32, 3),
        np.full((height, width), -1, np.int32),
        layer(np.float32, 2),
    ]


@cache
def corner_uvs():
    """UV of each triangle's corners (T,3,2) float32; triangles across the seam behind the head run past u = 1."""
    model = load_model()
    uv = model.uv[model.triangles].astype(np.float32)
    wraps = np.ptp(uv[..., 0], axis=1) > 0.5
    uv[..., 0] += (uv[..., 0] < 0.5) & wraps[:, None]
    return uv


CLOTH_COLOURS = np.float32(
    [
        [0.03, 0.035, 0.05],
        [0.5, 0.5, 0.5],
        [0.05, 0.08, 0.16],
        [0.22, 0.03, 0.035],
        [0.06, 0.11, 0.07],
        [0.3, 0.26, 0.2],
        [0.1, 0.1, 0.105],
        [0.12, 0.2, 0.32],
        [0.35, 0.2, 0.08],
        [0.24, 0.14, 0.2],
    ]
)


def cloth_numbers(scene):
    """Colour, collar rib, stripes and fold phases of the garment, (8,)."""
    rng = np.random.default_rng([5, scene.seed])
    colour = (
        CLOTH_COLOURS[rng.integers(len(CLOTH_COLOURS))] * rng.uniform(0.8, 1.2)
        if scene.clothes_colour is None
        else np.float32(scene.clothes_colour) ** 2.2
    )
    rib = {"crew": 11.0, "vneck": 9.0, "turtleneck": 30.0, "shirt": 0.0, "hoodie": 12.0}[
        scene.clothes
    ]
    stripes = rng.choice([0.0, 0.0, 0.0, 0.35]) if scene.clothes in ("crew", "turtleneck") else 0.0
    return np.float32([*colour, rib, stripes, 0.5, *rng.uniform(0, 6.28, 2)])


def _moment(scene):
    """A number that differs from frame to frame of a clip, whose scenes share their seed."""
    moving = (
        scene.yaw,
        scene.pitch,
        scene.roll,
        scene.gaze,
        sorted(scene.expression.items()),
        scene.pulse,
    )
    return crc32(repr(moving).encode())


@cache
def _grain():
    """A tile of standard normal noise; each scene starts reading it somewhere else."""
    return np.random.default_rng(9).standard_normal((GRAIN, GRAIN, 3), np.float32)


def _jpeg(image, quality):
    if quality is None:
        return image
    _, code = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(code, cv2.IMREAD_COLOR)[..., ::-1])


def _truth(figure, view, depth):
    found = locate(
        load_model(),
        figure.vertices,
        figure.points[: len(figure.vertices)],
        lambda at: view.distance - depth_under(depth, at),
    )
    s = figure.scene
    expression = {k: v for k, v in s.expression.items() if v > 0}
    return FaceTruth(
        **{
            {"points": "landmarks", "points_3d": "landmarks_3d"}.get(k, k): v
            for k, v in vars(found).items()
        },
        pose=(s.yaw, s.pitch, s.roll),
        expression=expression,
        aus=action_units(expression),
        gaze=tuple(s.gaze),
    )
