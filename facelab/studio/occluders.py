"""Things between the camera and the face: a hand, glasses, a lock of hair, a microphone.

Each is a small closed triangle mesh in head space: millimetres, origin midway between the eyes, x
to the picture's right at yaw 0, y up, z towards the camera. Whoever rasterises it gets its exact
mask.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .errors import require
from .scene import OCCLUDERS
from .skin import skin_albedo

EYES = (
    (-28.8, 0.0, 0.0),
    (28.8, 0.0, 0.0),
)  # of the mean person: the one on the picture's left first
MEAN_SPAN = 57.6  # mm between those eyes


@dataclass(frozen=True, eq=False)
class Mesh:
    """A coloured surface.

    Attributes
    ----------
    vertices : (n,3) float32 mm
    triangles : (m,3) int32, counter-clockwise seen from outside
    normals : (n,3) float32, unit, outwards
    colour : (n,3) float32 albedo in linear light
    gloss : (n,) float32 in [0, 1]
    follows_head : bool, whether it turns with the head or stays in the room
    """

    vertices: np.ndarray
    triangles: np.ndarray
    normals: np.ndarray
    colour: np.ndarray
    gloss: np.ndarray
    follows_head: bool = False


NOTHING = Mesh(
    np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32), np.zeros((0, 3), np.float32),
    np.zeros((0, 3), np.float32), np.zeros(0, np.float32),
)  # fmt: skip


def occluder(kind, seed=0, eyes=EYES, colour=None):
    """Build an occluder.

    Parameters
    ----------
    kind : name (``scene.OCCLUDERS``)
    seed : int >= 0, draws shape, place and colours
    eyes : two centres of eyeballs (x, y, z) in mm, the one on the picture's left first; glasses and
    hair are fitted to
        them, all sizes follow their distance
    colour : (r, g, b) in [0, 1], linear albedo, optional
        Of the hand's skin, the hair, the frame or the windscreen, instead of one drawn from the
        seed.

    Returns
    -------
    Mesh
        At most 3,000 triangles; its arrays are shared and must not be written to.

    Raises
    ------
    StudioError
        An unknown kind, a negative seed or eyes that are not two points apart.
    """
    require(
        kind in BUILDERS,
        f"Unknown occluder {kind!r}: choose one of {', '.join(map(repr, OCCLUDERS))}.",
    )
    require(seed >= 0, f"An occluder's seed must not be negative, got {seed}.")
    eyes = np.asarray(eyes, float)
    require(
        eyes.shape == (2, 3) and np.linalg.norm(eyes[1] - eyes[0]) > 1,
        "eyes needs two points (x, y, z) in mm.",
    )
    return _built(
        kind,
        int(seed),
        tuple(eyes.ravel().tolist()),
        None if colour is None else tuple(map(float, colour)),
    )


@lru_cache(maxsize=64)
def _built(kind, seed, eyes, colour):
    eyes = np.reshape(eyes, (2, 3))
    mesh = BUILDERS[kind](np.random.default_rng([OCCLUDERS.index(kind), seed]), colour)
    size = np.linalg.norm(eyes[1] - eyes[0]) / MEAN_SPAN
    placed = Mesh(
        (mesh.vertices * size + eyes.mean(0)).astype(np.float32), mesh.triangles, mesh.normals.astype(np.float32),
        np.clip(mesh.colour, 0, 1).astype(np.float32), mesh.gloss.astype(np.float32), mesh.follows_head,
    )  # fmt: skip
    for array in (placed.vertices, placed.triangles, placed.normals, placed.colour, placed.gloss):
        array.setflags(write=False)
    return placed


# ---------------------------------------------------------------------------------------------
# Surfaces


def joined(parts, follows_head):
    """One mesh of several."""
    starts = np.cumsum([0] + [len(p.vertices) for p in parts])
    triangles = np.concatenate([p.triangles + s for p, s in zip(parts, starts, strict=False)])
    together = (
        np.concatenate([getattr(p, name) for p in parts]) for name in ("normals", "colour", "gloss")
    )
    return Mesh(
        np.concatenate([p.vertices for p in parts]),
        triangles.astype(np.int32),
        *together,
        follows_head,
    )


def _unit(v):
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)


def _grid_triangles(rows, columns, closed_rows=False):
    """Triangles over a grid of vertices whose columns run around; rows too if ``closed_rows``."""
    r = np.arange(rows if closed_rows else rows - 1)[:, None]
    c = np.arange(columns)
    a, b = r * columns + c, r * columns + (c + 1) % columns
    below = (r + 1) % rows * columns
    d, e = below + c, below + (c + 1) % columns
    return np.stack([a, b, d, b, e, d], -1).reshape(-1, 3)


def _along(path, closed):
    """Unit tangents (n,3) of a path."""
    if closed:
        return _unit(np.roll(path, -1, 0) - np.roll(path, 1, 0))
    return _unit(np.gradient(path, axis=0))


def tube(path, radii, colour, gloss=0.2, sides=8, closed=False, up=(0, 0, 1)):
    """A bent tube.

    Parameters
    ----------
    path : (n,3) mm, its middle line
    radii : (n,2) or what broadcasts to it; half the width across ``up`` and half the width along
    ``up`` colour : (3,) or (n,3) sides : int closed : bool, a ring instead of a piece with two ends
    up : (3,), a direction that the path never takes
    """
    path, n = np.asarray(path, float), len(path)
    radii = np.broadcast_to(radii, (n, 2))
    along = _along(path, closed)
    side = _unit(np.cross(np.broadcast_to(up, (n, 3)), along))
    top = np.cross(along, side)
    turn = 2 * np.pi * np.arange(sides) / sides
    c, s = np.cos(turn)[:, None], np.sin(turn)[:, None]
    out = c * radii[:, None, :1] * side[:, None] + s * radii[:, None, 1:] * top[:, None]
    normal = c * radii[:, None, 1:] * side[:, None] + s * radii[:, None, :1] * top[:, None]
    body = _painted(
        (path[:, None] + out).reshape(-1, 3),
        _grid_triangles(n, sides, closed),
        _unit(normal).reshape(-1, 3),
        np.repeat(np.broadcast_to(colour, (n, 3)), sides, 0),
        gloss,
    )
    return (
        body
        if closed
        else joined(
            [body, _lid(body, path, along, sides, 0), _lid(body, path, along, sides, -1)], False
        )
    )


def _lid(body, path, along, sides, end):
    """The flat end of a tube."""
    rim = slice(0, sides) if end == 0 else slice(-sides, None)
    vertices = np.concatenate([body.vertices[rim], path[end : end + 1 or None]])
    normal = along[end] * (1 if end else -1)
    k = np.arange(sides)
    fan = np.stack(
        [k, np.full(sides, sides), (k + 1) % sides]
        if end == 0
        else [k, (k + 1) % sides, np.full(sides, sides)],
        -1,
    )
    return _painted(
        vertices,
        fan,
        np.broadcast_to(normal, vertices.shape),
        body.colour[rim][0],
        body.gloss[rim][0],
    )


def _painted(vertices, triangles, normals, colour, gloss):
    n = len(vertices)
    return Mesh(
        np.asarray(vertices, float),
        np.asarray(triangles, np.int32),
        np.asarray(normals, float),
        np.array(np.broadcast_to(colour, (n, 3)), float),
        np.array(np.broadcast_to(gloss, n), float),
    )


def ball(centre, radii, axis, colour, gloss=0.2, rings=14, sides=20):
    """An ellipsoid of ``radii`` (across, across, along ``axis``); ``colour`` (3,) or (rings*sides,3)."""
    rise = np.linspace(-np.pi / 2 + 0.02, np.pi / 2 - 0.02, rings)
    turn = 2 * np.pi * np.arange(sides) / sides
    unit = np.stack(
        np.broadcast_arrays(
            np.cos(rise)[:, None] * np.cos(turn),
            np.cos(rise)[:, None] * np.sin(turn),
            np.sin(rise)[:, None],
        ),
        -1,
    ).reshape(-1, 3)
    third = _unit(np.asarray(axis, float))
    first = _unit(np.cross([0.3, 0.1, 1.0], third))
    axes = np.stack([first, np.cross(third, first), third])
    radii = np.asarray(radii, float)
    return _painted(
        centre + (unit * radii) @ axes,
        _grid_triangles(rings, sides),
        _unit((unit / radii) @ axes),
        colour,
        gloss,
    )


def curve(knots, n):
    """``n`` points on the smooth curve through ``knots`` (k,d) (Catmull-Rom)."""
    knots = np.asarray(knots, float)
    ends = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    u = np.linspace(0, len(knots) - 1 - 1e-9, n)
    i, f = u.astype(int), (u % 1)[:, None]
    a, b, c, d = (ends[i + k] for k in range(4))
    return b + 0.5 * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)))


# ---------------------------------------------------------------------------------------------
# A surface where a function of space is zero


def surface_net(values, low, step):
    """Triangles along the zero level of samples, by naive surface nets (Gibson 1998).

    Parameters
    ----------
    values : (nx,ny,nz), negative inside
    low : (3,) mm, place of values[0,0,0]
    step : float mm

    Returns
    -------
    vertices (n,3), triangles (m,3)
    """
    inside = values < 0
    total, count = (
        np.zeros((*(s - 1 for s in values.shape), 3)),
        np.zeros([s - 1 for s in values.shape]),
    )
    for axis in range(3):
        _add_crossings(values, inside, axis, total, count)
    number = np.cumsum(count.ravel() > 0).reshape(count.shape) - 1
    place = (total[count > 0] / count[count > 0][:, None] + np.argwhere(count > 0)) * step + low
    return place, np.concatenate([_quads(inside, number, axis) for axis in range(3)])


def _halves(array, axis):
    """All but the last and all but the first along an axis."""
    return np.take(array, range(array.shape[axis] - 1), axis), np.take(
        array, range(1, array.shape[axis]), axis
    )


def _add_crossings(values, inside, axis, total, count):
    """Add, to each of the four cells around an edge that crosses the level, the point where it does."""
    (a, b), (ia, ib) = _halves(values, axis), _halves(inside, axis)
    crosses = ia != ib
    share = np.where(crosses, a / np.where(crosses, a - b, 1), 0)
    others = [k for k in range(3) if k != axis]
    for shift in ((0, 0), (0, 1), (1, 0), (1, 1)):
        cut = [slice(None)] * 3
        for k, s in zip(others, shift, strict=True):
            cut[k] = slice(s, values.shape[k] - 1 + s)
        hit = crosses[tuple(cut)]
        count += hit
        total[..., axis] += share[tuple(cut)]
        for k, s in zip(others, shift, strict=True):
            total[..., k] += s * hit


def _quads(inside, number, axis):
    """Two triangles for each edge along ``axis`` that crosses the level, between the four cells around it."""
    ia, ib = _halves(inside, axis)
    at = np.argwhere(ia != ib)
    u, v = (axis + 1) % 3, (axis + 2) % 3
    at = at[
        (at[:, u] > 0)
        & (at[:, v] > 0)
        & (at[:, u] < inside.shape[u] - 1)
        & (at[:, v] < inside.shape[v] - 1)
    ]
    leaves = ia[tuple(at.T)]
    corners = []
    for du, dv in ((1, 1), (0, 1), (0, 0), (1, 0)):
        cell = at.copy()
        cell[:, u] -= du
        cell[:, v] -= dv
        corners.append(number[tuple(cell.T)])
    a, b, c, d = corners
    b, d = np.where(leaves, d, b), np.where(leaves, b, d)
    return np.concatenate([np.stack([a, d, c], 1), np.stack([a, c, b], 1)])


def slope(distance, points, h=0.5):
    """Gradient (n,3) of a function of points (n,3), by central differences."""
    steps = h * np.eye(3)
    return np.stack([(distance(points + s) - distance(points - s)) / (2 * h) for s in steps], 1)


def skin_of(distance, low, high, step):
    """The surface where ``distance`` (points (n,3) -> (n,)) is 0: vertices, triangles, normals."""
    axes = [np.arange(a, b + step, step) for a, b in zip(low, high, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), -1)
    vertices, triangles = surface_net(
        distance(grid.reshape(-1, 3)).reshape(grid.shape[:3]), np.asarray(low), step
    )
    for _ in range(3):
        vertices = vertices - distance(vertices)[:, None] * _unit(slope(distance, vertices))
    return vertices, triangles, _unit(slope(distance, vertices))


def smooth_min(a, b, reach):
    """The smaller of two distances, rounded where they are within ``reach`` of each other."""
    h = np.maximum(reach - np.abs(a - b), 0) / reach
    return np.minimum(a, b) - h * h * reach / 4


def bone(points, a, b, thick_a, thick_b):
    """Distance (n,) to a capsule from ``a`` to ``b`` whose radius goes from ``thick_a`` to ``thick_b``."""
    a, along = np.asarray(a, float), np.subtract(b, a)
    share = np.clip((points - a) @ along / (along @ along), 0, 1)
    return (
        np.linalg.norm(points - a - share[:, None] * along, axis=1)
        - thick_a
        - share * (thick_b - thick_a)
    )


# ---------------------------------------------------------------------------------------------
# The hand: wrist at the origin, fingers along +y, back of the hand to +z, thumb at +x

KNUCKLES = ((25, 86, 2), (7, 92, 4), (-11, 88, 3), (-27, 78, 0))
PHALANGES = ((41, 25, 19), (45, 29, 20), (42, 27, 20), (33, 20, 17))
THICKNESS = ((9.6, 8.6, 7.8, 6.4), (9.8, 8.8, 8.0, 6.6), (9.4, 8.4, 7.6, 6.3), (8.2, 7.2, 6.5, 5.4))
FAN = (7.0, 1.0, -6.0, -14.0)  # degrees that each finger leans to the thumb's side
HAND_STEP = 6.8  # mm between samples of the hand's surface


def _finger(knuckle, lengths, lean, curl):
    """Joints (4,3) of a finger; ``curl`` in degrees adds up from joint to joint."""
    joints, at, bend = [np.array(knuckle, float)], np.array(knuckle, float), 0.0
    for length, share in zip(lengths, (0.6, 1.1, 0.8), strict=True):
        bend += np.radians(curl * share)
        lean_ = np.radians(lean)
        at = at + length * np.array(
            [np.sin(lean_) * np.cos(bend), np.cos(lean_) * np.cos(bend), -np.sin(bend)]
        )
        joints.append(at)
    return np.array(joints)


def _thumb(spread):
    turn = np.radians(spread)
    base, root = np.array([35.0, 42, -8]), np.array([16.0, 12, -5])
    first = base + 33 * np.array([np.sin(turn), np.cos(turn), -0.1])
    return np.array(
        [
            root,
            base,
            first,
            first + 27 * np.array([np.sin(turn * 0.75), np.cos(turn * 0.75), -0.15]),
        ]
    )


def hand_distance(fingers, thumb):
    """Distance function of a hand with these joints: fingers (4,4,3), thumb (4,3)."""

    def palm(p):
        d = smooth_min(
            bone(p, (-9, -22, 0), (-9, 10, 0), 17, 17),
            bone(p, (10, -22, 0), (10, 10, 0), 17, 16.5),
            10,
        )
        for x, y, z in KNUCKLES:
            d = smooth_min(d, bone(p, (0.45 * x, 8, 0), (x, y, z - 2), 15, 10.5), 12)
        return smooth_min(d, bone(p, thumb[0], thumb[1], 14, 12.5), 14)

    def digits(p):
        each = [_limb(p, joints, thick) for joints, thick in zip(fingers, THICKNESS, strict=True)]
        return np.min([*each, _limb(p, thumb[1:], (12, 10, 7.6))], axis=0)

    return lambda p: smooth_min(palm(p), digits(p), 7)


def _limb(p, joints, thick):
    d = bone(p, joints[0], joints[1], thick[0], thick[1])
    for i in range(1, len(joints) - 1):
        d = smooth_min(d, bone(p, joints[i], joints[i + 1], thick[i], thick[i + 1]), 3)
    return d


def _paint_hand(rng, skin, distance, vertices, normals, fingers, thumb):
    """Colour (n,3) and gloss (n,): dark between fingers, red at joints and tips, pale shiny nails."""
    free = np.clip(distance(vertices + 7 * normals) / 7, 0.0, 1)[:, None]
    colour = skin * (0.45 + 0.55 * free)
    gloss = np.full(len(vertices), 0.12)
    for joints in (*fingers, thumb):
        for at, wide, much in [(j, 10.0, 0.5) for j in joints[:-1]] + [(joints[-1], 11.0, 0.8)]:
            near = much * np.exp(-((np.linalg.norm(vertices - at, axis=1) / wide) ** 2))[:, None]
            colour = colour * (1 - near * [0.02, 0.26, 0.24])
        _paint_nail(colour, gloss, vertices, normals, joints, skin)
    for knuckle in fingers[:, 1:3].reshape(-1, 3):  # creases over the middle joints
        away = (vertices - knuckle)[:, 1]
        back = np.linalg.norm(vertices - knuckle, axis=1) < 12
        colour[back & (normals[:, 2] > 0.3)] *= (
            0.93 + 0.07 * np.cos(away[back & (normals[:, 2] > 0.3)] * 2.1)[:, None]
        )
    return colour, gloss


def _paint_nail(colour, gloss, vertices, normals, joints, skin):
    along = _unit(joints[-1] - joints[-2])
    top = _unit(np.array([0, 0, 1.0]) - along[2] * along)
    reach = (vertices - joints[-1]) @ along
    nail = (
        (normals @ top > 0.55) & (reach > -7) & (np.linalg.norm(vertices - joints[-1], axis=1) < 13)
    )
    colour[nail] = 0.75 * skin * [1.08, 1.0, 0.98] + 0.25 * np.array([0.75, 0.52, 0.46])
    gloss[nail] = 0.5


def _turned(angle, axis):
    """Rotation matrix (3,3) by degrees about x (0), y (1) or z (2)."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    m, (i, j) = np.eye(3), [k for k in range(3) if k != axis]
    m[i, i] = m[j, j] = c
    m[i, j], m[j, i] = -s, s
    return m


def hand(rng, colour=None):
    """A hand raised to mouth, cheek or chin, its back to the camera, with the cuff of a sleeve."""
    curl, fan = rng.uniform(10, 26), rng.uniform(0.6, 1.3)
    fingers = np.array(
        [
            _finger(k, p, lean * fan, curl + rng.uniform(-5, 5))
            for k, p, lean in zip(KNUCKLES, PHALANGES, FAN, strict=True)
        ]
    )
    thumb = _thumb(rng.uniform(18, 45))
    distance = hand_distance(fingers, thumb)
    vertices, triangles, normals = skin_of(distance, (-55, -48, -75), (85, 205, 25), HAND_STEP)
    skin = np.array(
        colour
        if colour is not None
        else skin_albedo(
            rng.choice([0.12, 0.25, 0.5, 0.9, 1.6]) * rng.uniform(0.8, 1.2), rng.uniform(0.3, 0.7)
        )
    )
    paint = _paint_hand(rng, skin, distance, vertices, normals, fingers, thumb)
    return _raised(
        rng, joined([_painted(vertices, triangles, normals, *paint), _sleeve(rng)], False)
    )


def _sleeve(rng):
    path = curve([(0, -24, 0), (0, -28, 0), (0, -60, -1), (0, -130, -2), (0, -260, -4)], 10)
    cloth = np.array(
        [
            [0.03, 0.035, 0.06],
            [0.35, 0.35, 0.36],
            [0.2, 0.04, 0.05],
            [0.05, 0.1, 0.08],
            [0.5, 0.45, 0.38],
        ]
    )[rng.integers(5)]
    wide = np.interp(-path[:, 1], [24, 30, 60, 260], [31, 33, 33, 52])
    shade = np.where(np.arange(len(path)) < 2, 0.55, 1.0)[:, None]
    return tube(path, np.stack([wide, wide * 0.8], 1), cloth * shade, 0.03, 16)


def _raised(rng, mesh):
    """Turn and move the hand in front of the face; a left hand is the mirror image of a right one."""
    target = np.array(
        [(0, -62), (36, -48), (10, -88), (30, -20)][rng.choice(4, p=[0.35, 0.35, 0.15, 0.15])],
        float,
    )
    turn = (
        _turned(rng.uniform(22, 68), 2)
        @ _turned(rng.uniform(-10, 14), 0)
        @ _turned(rng.uniform(-14, 14), 1)
    )
    middle = np.array([0.0, rng.uniform(85, 125), 0])
    place = np.array([*(target + rng.normal(0, 6, 2)), rng.uniform(66, 76)])
    side = np.array([rng.choice([-1.0, 1.0]), 1, 1])
    vertices, normals = (
        ((mesh.vertices - middle) @ turn.T + place) * side,
        (mesh.normals @ turn.T) * side,
    )
    triangles = mesh.triangles if side[0] > 0 else mesh.triangles[:, ::-1]
    return Mesh(vertices, triangles, normals, mesh.colour, mesh.gloss)


# ---------------------------------------------------------------------------------------------
# Glasses

FRAMES = np.array(
    [
        [0.012, 0.011, 0.011],
        [0.1, 0.035, 0.012],
        [0.02, 0.03, 0.07],
        [0.45, 0.34, 0.16],
        [0.5, 0.5, 0.52],
        [0.16, 0.012, 0.018],
    ]
)
LENSES = np.array([[0.008, 0.008, 0.009], [0.03, 0.018, 0.008], [0.008, 0.018, 0.014]])


def _bent(x, y):
    """Depth of the front of glasses at (x, y): curved around the face, leaning a little towards the cheeks."""
    return 31 - 0.0032 * np.square(x) + 0.07 * np.asarray(y)


def _rim(wide, high, squareness, droop, n):
    """Outline (n,2) of a lens for the eye at x > 0: a superellipse about the eye, its outer side a little higher."""
    turn = 2 * np.pi * np.arange(n) / n
    c, s = np.cos(turn), np.sin(turn)
    x, y = (np.sign(v) * np.abs(v) ** (2 / squareness) for v in (c, s))
    return np.stack(
        [
            32.5 + wide * x * (1 - 0.08 * (y < 0) * np.abs(y)),
            -2.5 + high * y + droop * (x + y) * 0.5,
        ],
        1,
    )


def glasses(rng, colour=None):
    """Glasses: rims, bridge and temples of plastic or wire; now and then with dark lenses."""
    wire = rng.random() < 0.4
    frame = (
        np.array(colour)
        if colour is not None
        else FRAMES[
            rng.choice(
                len(FRAMES),
                p=[0, 0, 0, 0.4, 0.45, 0.15] if wire else [0.45, 0.27, 0.15, 0, 0.05, 0.08],
            )
        ]
    )
    outline = _rim(
        rng.uniform(25.5, 28.5),
        rng.uniform(17.5, 22),
        rng.uniform(2.0, 2.3) if rng.random() < 0.45 else rng.uniform(2.8, 4),
        rng.uniform(0, 3.5),
        36,
    )
    thick = (
        np.array([0.9, 0.9]) if wire else np.array([rng.uniform(1.6, 2.6), rng.uniform(1.6, 2.2)])
    )
    dark = rng.random() < 0.2
    lens = LENSES[rng.integers(len(LENSES))]
    shine = 0.5 if wire else 0.35
    parts = [_bridge(outline, thick, frame, shine)]
    for side in (-1, 1):
        parts += [
            _front(outline, side, thick, frame, shine),
            _temple(outline, side, thick, frame, shine),
        ]
        parts += [_lens(outline, side, lens)] if dark else []
    return joined(parts, True)


def _front(outline, side, thick, frame, shine):
    x, y = outline.T
    path = np.stack([side * x, y, _bent(x, y)], 1)
    return tube(path[::side], thick, frame, shine, 8, closed=True)


def _bridge(outline, thick, frame, shine):
    inner = outline[np.argmin(outline[:, 0])]
    x = np.linspace(-inner[0], inner[0], 11)
    y = inner[1] + 5 + 3.5 * (1 - (x / inner[0]) ** 2)
    return tube(np.stack([x, y, _bent(x, y) + 0.5], 1), thick * 1.05, frame, shine, 8)


def _temple(outline, side, thick, frame, shine):
    x, y = outline[np.argmax(outline[:, 0] + 0.35 * outline[:, 1])]
    z = float(_bent(x, y))
    knots = [
        (x - 1, y, z),
        (x + 4, y, z - 3),
        (69, y - 1, z - 20),
        (74, y - 3, -35),
        (76.5, y - 4, -70),
        (76, y - 13, -88),
        (74, y - 30, -98),
    ]
    path = curve(knots, 26) * [side, 1, 1]
    return tube(path, thick[::-1] * [0.6, 1.1] + [0.2, 0.2], frame, shine, 8, up=(0, 1, 0.02))


def _lens(outline, side, tint):
    x, y = np.concatenate([0.35 * outline + 0.65 * outline.mean(0), outline]).T
    x, y = np.append(x, outline[:, 0].mean()), np.append(y, outline[:, 1].mean())
    n = len(outline)
    vertices = np.stack([side * x, y, _bent(x, y)], 1)
    k = np.arange(n)
    fan = np.stack([np.full(n, 2 * n), k, (k + 1) % n], 1)
    triangles = np.concatenate([fan, _grid_triangles(2, n)[:, ::-1]])
    normals = _unit(np.stack([side * 0.02 * (x - 12), 0.02 * y, np.ones_like(x)], 1))
    return _painted(vertices, triangles[:, ::side], normals, tint * (1 + 0.02 * y[:, None]), 0.9)


# ---------------------------------------------------------------------------------------------
# Hair

HAIR = np.array(
    [
        [0.008, 0.006, 0.005],
        [0.03, 0.014, 0.007],
        [0.075, 0.035, 0.016],
        [0.22, 0.12, 0.05],
        [0.42, 0.29, 0.15],
        [0.2, 0.055, 0.018],
        [0.3, 0.29, 0.28],
    ]
)
STRANDS, STRAND_POINTS = 26, 14


def _forehead(x, y):
    """Depth of the mean face's front at (x, y) where hair falls: forehead, brow, eye and cheek."""
    return 26 - 0.0066 * np.square(x) - np.square(np.maximum(np.asarray(y) - 30, 0) / 10.3)


def hair(rng, colour=None):
    """A lock that falls from the hair line over forehead and eye."""
    side = rng.choice([-1, 1])
    middle = _lock_line(rng)
    base = (
        np.array(colour)
        if colour is not None
        else HAIR[rng.integers(len(HAIR))] * rng.uniform(0.8, 1.2)
    )
    strands = [_strand(rng, middle, k / (STRANDS - 1) * 2 - 1, base) for k in range(STRANDS)]
    mesh = joined(strands, True)
    flip = np.array([side, 1, 1])
    return Mesh(
        mesh.vertices * flip,
        mesh.triangles[:, ::side],
        mesh.normals * flip,
        mesh.colour,
        mesh.gloss,
        True,
    )


def _lock_line(rng):
    """Knots (5,2) of the lock's middle line: x and y from root to tip."""
    root, sweep, low = rng.uniform(-30, 25), rng.uniform(24, 38), rng.uniform(-75, -25)
    return np.array(
        [
            (root, 98),
            (root + 0.35 * (sweep - root) + 4, 66),
            (sweep - 6, 30),
            (sweep + 2, 0.35 * low),
            (sweep + rng.uniform(-2, 14), low),
        ]
    )


def _strand(rng, middle, across, base):
    """One strand of the lock, ``across`` in [-1, 1] from its inner to its outer edge."""
    fan = across * np.array([10, 15, 17, 13, 4.5]) * rng.uniform(0.85, 1.15) + rng.normal(
        0, [1.0, 1.0, 1.5, 2.5, 3.0]
    )
    knots = middle + np.stack([fan, np.array([0, 0, 0, 0, rng.normal(0, 9)])], 1)
    x, y = curve(knots, STRAND_POINTS).T
    u = np.linspace(0, 1, STRAND_POINTS)
    lift = np.minimum(u / 0.3, 1)  # strands grow out of the scalp
    z = _forehead(x, y) - 4 + lift * (10.5 + rng.uniform(0, 5) + 3 * (1 - across**2))
    thick = rng.uniform(1.15, 1.75) * (1 - 0.75 * u**2)
    tint = base * rng.uniform(0.6, 1.35) * (0.75 + 0.6 * u)[:, None]
    return tube(np.stack([x, y, z], 1), np.stack([thick, 0.5 * thick], 1), tint, 0.25, 4)


# ---------------------------------------------------------------------------------------------
# Microphone

FOAM = np.array(
    [
        [0.012, 0.012, 0.013],
        [0.012, 0.012, 0.013],
        [0.3, 0.015, 0.02],
        [0.02, 0.06, 0.25],
        [0.55, 0.4, 0.03],
    ]
)


def microphone(rng, colour=None):
    """A microphone held up from below to the mouth, with a steel grille or a foam windscreen."""
    side = rng.choice([-1, 1])
    head = np.array([side * rng.uniform(2, 26), rng.uniform(-100, -84), rng.uniform(66, 78)])
    axis = _unit(np.array([-side * rng.uniform(0.05, 0.35), 1.0, -rng.uniform(0.15, 0.5)]))
    down = lambda *mm: [head - axis * d for d in mm]  # noqa: E731
    black, steel = np.array([0.015, 0.015, 0.017]), np.array([0.25, 0.25, 0.26])
    collar = tube(down(17, 18, 27, 28), [(19, 19), (21, 21), (19, 19), (17, 17)], steel, 0.6, 24)
    stem = tube(
        down(27, 29, 60, 120, 180, 320),
        np.array([[16], [17], [15], [12.5], [11.5], [11]]) + [[0, 0]],
        black,
        0.3,
        20,
    )
    return joined(
        [
            _foam(rng, head, axis, colour)
            if rng.random() < 0.4 or colour is not None
            else _grille(rng, head, axis),
            collar,
            stem,
        ],
        False,
    )


def _grille(rng, head, axis):
    rings, sides = 20, 32
    steel = rng.uniform(0.1, 0.36, (rings, sides))
    steel[9:11] = 0.4  # the band around the middle
    return ball(head, (24, 24, 27), axis, steel.reshape(-1, 1) * [1, 1, 1.03], 0.5, rings, sides)


def _foam(rng, head, axis, colour):
    tint = np.array(colour) if colour is not None else FOAM[rng.integers(len(FOAM))]
    return ball(
        head, (29, 29, 34), axis, tint * rng.uniform(0.75, 1.25, (20 * 28, 1)), 0.02, 20, 28
    )


BUILDERS = {"hand": hand, "glasses": glasses, "hair": hair, "microphone": microphone}
