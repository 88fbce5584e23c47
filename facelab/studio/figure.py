"""One person in one scene: posed, held things placed, hair and light worked out, projected."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from . import geometry
from .body import Body, body_of, face_weight_wide, normals_of
from .clothing import garment, neckline
from .hairline import hair_colour
from .landmarks import blend
from .lids import turn_lashes
from .light import NO_SHADOW, SHADOW_SIZE, cast_shadow, empty_map, light_numbers, shadow_frame
from .model import load_model, smoothstep
from .occluders import NOTHING, occluder
from .parallel import bands
from .raster import compiled
from .scene import Scene
from .shade import ALONE, light_strands, ribbons
from .skin import skin_albedo
from .teeth import teeth_of
from .tension import tension

LIT_BEFORE = 9.0  # length of the normals of teeth; the shadow is looked up 1.5 times as far ahead


def _rows(*numbers):
    """Rows of some of the points 17..67 among these 51."""
    return np.array(numbers) - 17


UPPER_EDGE, UPPER_LIP, LOWER_LIP = _rows(60, 61, 62, 63, 64), _rows(61, 62, 63), _rows(67, 66, 65)
LIDS = {  # upper and lower, from one corner to the other
    "eye_left": (_rows(42, 43, 44, 45), _rows(42, 47, 46, 45)),
    "eye_right": (_rows(36, 37, 38, 39), _rows(36, 41, 40, 39)),
}


@dataclass(frozen=True, eq=False)
class Posed:
    """One person posed and lit, before any camera. V vertices as in the face model."""

    scene: Scene
    body: Body
    vertices: np.ndarray  # (V,3) mm in camera axes
    hair_points: np.ndarray  # (P,3) mm in camera axes
    thing: object  # the occluder, placed
    light: np.ndarray
    rotation: np.ndarray
    offset: float  # mm to the right


@dataclass(frozen=True, eq=False)
class Figure(Posed):
    """One person posed, lit and projected. All vertices A = the face model's V, then ribbons, then
    the occluder's."""

    points: np.ndarray  # (A,2) samples, two per pixel and axis; ``widen`` fills in the ribbons'
    near: np.ndarray  # (A,)
    strand_points: np.ndarray  # (P,2) samples, the middle of each ribbon
    strand_near: np.ndarray  # (P,)
    triangles: np.ndarray  # (T,3) into all vertices
    kinds: np.ndarray  # (T,) uint8 part numbers, more than ``ALONE`` at the neckline
    shadow: np.ndarray  # map that ``cast_shadows`` draws
    own_shadow: np.ndarray  # of the head under the face of another, if there is one
    shadow_frame: np.ndarray


def figure_of(person, scene, view, offset):
    return seen_by(view, posed(person, scene, offset))


def posed(person, scene, offset=0.0, pixel=0):
    """A person in the expression, pose and light of a scene; ``pixel`` as in ``Body.from_afar``."""
    body, (_, push) = body_of(person).from_afar(pixel), garment(scene.clothes)
    rotation = geometry.rotation(scene.yaw, scene.pitch, scene.roll)
    vertices, hair_points = _posed(body, scene, push, offset)
    return Posed(
        scene=scene, body=body, vertices=vertices, hair_points=hair_points,
        thing=_thing(scene, person.looks, body, rotation, offset),
        light=light_numbers(scene.rig, scene.pulse), rotation=rotation, offset=offset,
    )  # fmt: skip


def seen_by(view, posed):
    """What a camera sees of somebody: a Figure."""
    samples, body, thing = view.in_samples, posed.body, posed.thing
    strand_points, strand_near = samples.project(posed.hair_points)
    first, count = len(posed.vertices), len(posed.vertices) + 2 * len(posed.hair_points)
    points = np.empty((count + len(thing.vertices), 2), np.float32)
    near = np.empty(len(points), np.float32)
    samples.project(posed.vertices, points[:first], near[:first])
    samples.project(thing.vertices, points[count:], near[count:])
    triangles, kinds = _with_thing(body, thing)
    kinds = kinds.copy()
    kinds[neckline(posed.scene.clothes)] |= ALONE
    return Figure(
        **vars(posed), points=points, near=near, strand_points=strand_points,
        strand_near=strand_near, triangles=triangles, kinds=kinds, shadow=empty_map(),
        own_shadow=NO_SHADOW if body.outside is None else empty_map(),
        shadow_frame=shadow_frame(posed.light, posed.offset),
    )  # fmt: skip


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
    look = geometry.look_units(scene.gaze)
    look = {unit: max(weight, scene.expression.get(unit, 0)) for unit, weight in look.items()}
    weights = geometry.correctives(scene.expression | look)
    rest = body.neutral + push[:, None] * body.normals
    moved = geometry.express(rest, body.units, weights)
    hair = geometry.carried_by(moved - rest, body.strands)
    turn_lashes(hair, body.lash_swings, weights)
    angles = scene.yaw, scene.pitch, scene.roll
    vertices = geometry.pose(moved, load_model().weight_head, angles, offset)
    return vertices, geometry.pose(hair, body.strands.follows, angles, offset)


def cast_shadows(figure, rows=(0, SHADOW_SIZE), own=True):
    """Draw ``rows`` of the shadow map of a figure, and of its head's ``own`` under a worn face."""
    scene, body, thing = figure.scene, figure.body, figure.thing
    shape = figure.vertices, figure.hair_points, body.strands
    cast_shadow(figure.shadow, figure.shadow_frame, *shape, thing, rows)
    if own and body.outside is not None:
        _, push = garment(scene.clothes)
        shape = *_posed(body.outside, scene, push, figure.offset), body.outside.strands
        cast_shadow(figure.own_shadow, figure.shadow_frame, *shape, thing, rows)


def widen(figure, view, hidden=None):
    """Fill in the points of the ribbons, two beside each strand point; where strand points are
    ``hidden`` (P,) with their neighbours, anything."""
    first, count = len(figure.vertices), 2 * len(figure.hair_points)
    ends = figure.points[first : first + count], figure.near[first : first + count]
    strands, focal = figure.body.strands, np.float32(view.in_samples.focal)
    hidden = np.zeros(len(strands.points), bool) if hidden is None else hidden
    middle = figure.strand_points, figure.strand_near, strands.starts, strands.width
    ribbons(*middle, hidden, focal, *ends)


def skin_of(figure):
    """What the shader reads of the mesh: ``corners`` (V,11), position, normal, openness (but see
    ``_show_teeth``), inner face, distance into the garment, share of the head and tension of each
    vertex; and the two eyes, see ``eye_numbers``."""
    model, vertices, rotation = load_model(), figure.vertices, figure.rotation
    corners = _unmoved(figure.scene.clothes).copy()
    normals, openness = normals_of(vertices), figure.body.openness.copy()
    inner = blend(vertices, model.landmark_vertices, model.landmark_weights)
    _show_teeth(vertices, inner, rotation, normals, openness)
    fill_corners(vertices, normals, openness, tension(figure.scene.expression), corners)
    return corners, eye_numbers(vertices, inner, rotation, figure.scene.gaze)


@compiled
def fill_corners(vertices, normals, openness, tense, corners):
    """Write what a scene changes into the columns of ``skin_of``."""
    for v in range(len(vertices)):
        for n in range(3):
            corners[v, n], corners[v, 3 + n] = vertices[v, n], normals[v, n]
        corners[v, 6], corners[v, 10] = openness[v], tense[v]


@cache
def _unmoved(clothes):
    """The columns of ``skin_of`` that no scene changes but for its clothes, (V,11)."""
    model, (distance, _) = load_model(), garment(clothes)
    corners = np.zeros((len(model.mean), 11), np.float32)
    corners[:, 7:10] = np.stack([face_weight_wide(), distance, model.weight_head], 1)
    return corners


def light_of_hair_and_thing(figure, view, hidden):
    """Radiance and share of the inner face of every ribbon and occluder vertex, (A-V,4) float32,
    and the jobs that fill in the ribbons': anything where strand points are ``hidden`` (P,)."""
    body, strands, points = figure.body, figure.body.strands, figure.hair_points
    lit = np.zeros((2 * len(points) + len(figure.thing.vertices), 4), np.float32)
    lit[2 * len(points) :] = thing_light(figure.thing, figure.light, view, figure.scene.rig.flat)
    centre = figure.rotation @ np.float32([0, 25, -75]) + np.float32([figure.offset, 0, 0])
    looks = hidden, strands.colour, body.strand_inner, centre, figure.light, eye_point(view)

    def shine(starts, shadow):
        def band(a, b):
            some = starts[a : b + 1]
            light_strands(points, some, *looks, shadow, figure.shadow_frame, lit)

        return bands(band, len(starts) - 1, 2)

    # a head's own strands lie in its own shadow
    own = body.own_strands if body.outside is not None else 0
    jobs = shine(strands.starts[: own + 1], figure.own_shadow)
    return lit, jobs + shine(strands.starts[own:], figure.shadow)


def eye_point(view):
    """Where the camera is, (3,) mm."""
    return np.float32([view.x, view.y, view.distance])


def _thing(scene, looks, body, rotation, offset):
    if scene.occluder is None:
        return NOTHING
    model = load_model()
    eyes = [body.neutral[e].mean(0) for e in (model.eye_right, model.eye_left)]
    own = {"hand": skin_albedo(looks.melanin, looks.blood), "hair": hair_colour(looks)}
    thing = occluder(scene.occluder, scene.seed, eyes, own.get(scene.occluder))
    vertices, normals = thing.vertices, thing.normals
    if thing.follows_head:
        whole = np.ones(len(vertices), np.float32)
        vertices = geometry.pose(vertices, whole, (scene.yaw, scene.pitch, scene.roll))
        normals = normals @ rotation.T
    return replace(thing, vertices=vertices + np.float32([offset, 0, 0]), normals=normals)


def thing_light(thing, light, view, flat):
    """Radiance of an occluder's vertices (diffuse, hemisphere and a soft highlight) and no share
    of the face, (n,4)."""
    none = np.zeros((len(thing.vertices), 1), np.float32)
    if flat or not len(thing.vertices):
        return np.hstack([thing.colour, none])
    n, d = thing.normals, light[:3]
    towards = eye_point(view) - thing.vertices
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


def eye_numbers(vertices, inner, rotation, gaze):
    """The two eyes as the shader reads them, (2,40): left then right eye (part order); see
    ``shade._eye``. ``inner`` (51,3) are the points 17..67.

    The last number is how much light gets into the mouth: none through closed lips.
    """
    turn, model = rotation @ geometry.rotation(gaze[0], gaze[1], 0), load_model()
    numbers = np.empty((2, 40), np.float32)
    gap = ((inner[UPPER_LIP] - inner[LOWER_LIP]) @ rotation[:, 1]).max()
    numbers[:, 4:13], numbers[:, 13:22] = turn.T.ravel(), rotation.T.ravel()
    numbers[:, 38:] = 0.4, smoothstep(2, 4.5, gap)
    for row, (name, lids) in zip(numbers, LIDS.items(), strict=True):
        ball = vertices[getattr(model, name)]
        centre = (ball.min(0) + ball.max(0)) / 2
        upper, lower = (((inner[lid] - centre) @ rotation)[:, :2] for lid in lids)
        row[:3], row[3] = centre, np.linalg.norm(ball - centre, axis=1).mean()
        row[22:30], row[30:38] = upper.ravel(), lower.ravel()
    return numbers


def _show_teeth(vertices, inner, rotation, normals, openness):
    """Write what the shader reads of teeth: ``normals`` that look out of the mouth, so long that
    shadows are those before the lips, and as ``openness`` the mm below the upper lip's edge."""
    teeth = teeth_of(load_model())
    # the rows that stand for teeth are rounded towards their edges; teeth are upright
    outwards = normals[teeth] + 1.5 * rotation[:, 2]
    normals[teeth] = outwards * (LIT_BEFORE / np.linalg.norm(outwards, axis=1, keepdims=True))
    edge = inner[UPPER_EDGE] @ rotation
    x, y = ((vertices[teeth] @ rotation)[:, :2] - edge[2, :2]).T
    (left, left_up), (right, right_up) = edge[[0, 4], :2] - edge[2, :2]
    bend = (left_up + right_up) / (left * left + right * right)  # the edge is nearly a parabola
    openness[teeth] = bend * x * x - y
