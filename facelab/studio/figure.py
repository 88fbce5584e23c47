"""One person in one scene: posed, held things placed, hair and light worked out, projected."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from . import geometry
from .body import Body, body_of, face_weight_wide, normals_of
from .clothing import garment
from .hairline import hair_colour
from .light import NO_SHADOW, light_numbers, shadow_frame, shadow_map
from .model import load_model, smoothstep
from .occluders import NOTHING, occluder
from .raster import in_bands
from .scene import Scene
from .shade import light_strands, ribbons
from .skin import skin_albedo
from .timing import stage


@dataclass(frozen=True, eq=False)
class Figure:
    """One person posed, lit and projected. All vertices A = the face model's V, then ribbons, then
    the occluder's."""

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


def figure_of(person, scene, view, offset):
    model, body = load_model(), body_of(person)
    distance, push = garment(scene.clothes)
    rotation = geometry.rotation(scene.yaw, scene.pitch, scene.roll)
    light = light_numbers(scene.rig, scene.pulse)
    with stage("geometry"):
        vertices, hair_points = _posed(body, scene, push, offset)
        normals = normals_of(vertices)
        thing = _thing(scene, person.looks, body, rotation, offset)
    with stage("shadow"):
        frame = shadow_frame(light, offset)
        shadow = shadow_map(frame, vertices, hair_points, body.strands, thing)
        own_shadow = NO_SHADOW
        if body.outside is not None:
            own_shadow = shadow_map(
                frame, *_posed(body.outside, scene, push, offset), body.outside.strands, thing
            )
    with stage("strands"):
        lit = strand_light(
            body, hair_points, rotation, offset, light, view, frame, shadow, own_shadow
        )
        ribbon_points, ribbon_near = ribbons_of(hair_points, body.strands, view)
    with stage("geometry"):
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
    """Vertices (V,3) and strand points (P,3) of a body in the scene's expression and pose, in
    camera axes."""
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
    """Radiance and share of the inner face of every ribbon vertex, (2P,4): a head's own strands
    lie in its own shadow."""
    strands, lit = body.strands, np.empty((len(points), 4), np.float32)
    centre = rotation @ np.float32([0, 25, -75]) + np.float32([offset, 0, 0])
    own = body.own_strands if body.outside is not None else 0
    eye = eye_point(view)

    def shine(starts, dark):
        def band(a, b):
            light_strands(
                points, starts[a : b + 1], strands.colour, centre, light, eye, dark, frame,
                bool(light[17]), lit,
            )  # fmt: skip

        in_bands(band, len(starts) - 1, 1)

    shine(strands.starts[: own + 1], own_shadow)
    shine(strands.starts[own:], shadow)
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


def eye_point(view):
    return np.float32([view.x, view.y, view.distance, view.distance])


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
    """Radiance of an occluder's vertices (diffuse, hemisphere and a soft highlight) and no share
    of the face, (n,4)."""
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
    """The two eyes as the shader reads them, (2,40): left then right eye (part order); see
    ``shade._eye``.

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
