"""Small surfaces as triangles: bent tubes, balls, and whatever a distance function describes."""

from dataclasses import dataclass

import numpy as np


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


def painted(vertices, triangles, normals, colour, gloss):
    """A Mesh of what broadcasts to its arrays."""
    n = len(vertices)
    colour, gloss = np.broadcast_to(colour, (n, 3)), np.broadcast_to(gloss, n)
    floats = (np.array(a, np.float32) for a in (vertices, normals, colour, gloss))
    vertices, normals, colour, gloss = floats
    return Mesh(vertices, np.array(triangles, np.int32), normals, colour, gloss)


def joined(parts, follows_head=False):
    """One mesh of several."""
    starts = np.cumsum([0] + [len(p.vertices) for p in parts[:-1]])
    triangles = np.concatenate([p.triangles + s for p, s in zip(parts, starts, strict=True)])
    names = ("vertices", "normals", "colour", "gloss")
    vertices, *others = (np.concatenate([getattr(p, name) for p in parts]) for name in names)
    return Mesh(vertices, triangles.astype(np.int32), *others, follows_head)


def mirrored(mesh, side):
    """The mesh as it is for ``side`` = 1, its mirror image across x = 0 for -1."""
    flip = np.float32([side, 1, 1])
    triangles = np.ascontiguousarray(mesh.triangles[:, ::side])
    around = mesh.vertices * flip, triangles, mesh.normals * flip
    return Mesh(*around, mesh.colour, mesh.gloss, mesh.follows_head)


def unit(v):
    """Vectors (...,3) made one long."""
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)


def curve(knots, n):
    """``n`` points on the smooth curve through ``knots`` (k,d) (Catmull and Rom, 1974)."""
    knots = np.asarray(knots, float)
    before, after = 2 * knots[:1] - knots[1:2], 2 * knots[-1:] - knots[-2:-1]
    ends = np.concatenate([before, knots, after])
    u = np.linspace(0, len(knots) - 1 - 1e-9, n)
    i, f = u.astype(int), (u % 1)[:, None]
    a, b, c, d = (ends[i + k] for k in range(4))
    return b + 0.5 * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)))


# ---------------------------------------------------------------------------------------------
# Tubes and balls


def band(rows, columns, closed=False):
    """Triangles over a grid of vertices whose columns run around; its rows too if ``closed``."""
    r = np.arange(rows if closed else rows - 1)[:, None] * columns
    c, following = np.arange(columns), (np.arange(columns) + 1) % columns
    below = (r + columns) % (rows * columns)
    a, b, d, e = r + c, r + following, below + c, below + following
    return np.stack([a, b, d, b, e, d], -1).reshape(-1, 3)


def tube(path, radii, colour, gloss=0.2, sides=8, closed=False, up=(0, 0, 1)):
    """A bent tube.

    Parameters
    ----------
    path : (n,3) mm, its middle line
    radii : what broadcasts to (n,2), mm; half the width across ``up`` and half the width along it
    colour : (3,) or (n,3)
    gloss : float
    sides : int
    closed : bool, a ring instead of a piece with two ends
    up : (3,), a direction that the path never takes
    """
    path, n = np.asarray(path, float), len(path)
    along = _tangents(path, closed)
    side = unit(np.cross(np.broadcast_to(up, (n, 3)), along))
    axes = np.stack([side, np.cross(along, side)], 1)
    turn = 2 * np.pi * np.arange(sides) / sides
    circle = np.stack([np.cos(turn), np.sin(turn)], 1)
    radii = np.broadcast_to(radii, (n, 2))
    out = np.einsum("sk,nk,nkd->nsd", circle, radii, axes)
    normals = unit(np.einsum("sk,nk,nkd->nsd", circle, radii[:, ::-1], axes)).reshape(-1, 3)
    colours = np.repeat(np.broadcast_to(colour, (n, 3)), sides, 0)
    vertices = (path[:, None] + out).reshape(-1, 3)
    wall = painted(vertices, band(n, sides, closed), normals, colours, gloss)
    return wall if closed else joined([wall, *_lids(wall, path, along, sides)])


def _tangents(path, closed):
    if closed:
        return unit(np.roll(path, -1, 0) - np.roll(path, 1, 0))
    return unit(np.gradient(path, axis=0))


def _lids(wall, path, along, sides):
    """The two flat ends of a tube."""
    k = np.arange(sides)
    fan = np.stack([k, np.full(sides, sides), (k + 1) % sides], 1)
    for rows, end, out in ((slice(0, sides), 0, 1), (slice(-sides, None), -1, -1)):
        vertices = np.concatenate([wall.vertices[rows], path[end][None]])
        normals = np.broadcast_to(-out * along[end], vertices.shape)
        yield painted(vertices, fan[:, ::out], normals, wall.colour[rows][0], wall.gloss[rows][0])


def ball(centre, radii, axis, colour, gloss=0.2, rings=14, sides=20):
    """An ellipsoid.

    Parameters
    ----------
    centre : (3,) mm
    radii : (3,) mm, twice across ``axis`` and once along it
    axis : (3,), any length
    colour : (3,) or (rings * sides, 3)
    """
    rise = np.linspace(-np.pi / 2 + 0.02, np.pi / 2 - 0.02, rings)[:, None]
    turn = 2 * np.pi * np.arange(sides) / sides
    x, y, z = np.cos(rise) * np.cos(turn), np.cos(rise) * np.sin(turn), np.sin(rise) + 0 * turn
    sphere = np.stack([x, y, z], -1).reshape(-1, 3)
    third = unit(np.asarray(axis, float))
    first = unit(np.cross([0.3, 0.1, 1.0], third))
    axes = np.stack([first, np.cross(third, first), third])
    vertices, normals = centre + (sphere * radii) @ axes, unit((sphere / radii) @ axes)
    return painted(vertices, band(rings, sides), normals, colour, gloss)


# ---------------------------------------------------------------------------------------------
# Surfaces of distance functions (points (n,3) -> distance (n,), negative inside)


def smooth_min(a, b, reach):
    """The smaller of two distances, rounded where they are within ``reach`` of each other."""
    h = np.maximum(reach - np.abs(a - b), 0) / reach
    return np.minimum(a, b) - h * h * reach / 4


def bone(points, a, b, thick_a, thick_b):
    """Distance (n,) to a capsule from ``a`` to ``b`` whose radius changes on the way."""
    a, along = np.asarray(a, float), np.subtract(b, a)
    share = np.clip((points - a) @ along / (along @ along), 0, 1)
    nearest = a + share[:, None] * along
    return np.linalg.norm(points - nearest, axis=1) - thick_a - share * (thick_b - thick_a)


def surface_of(distance, low, high, step):
    """The surface where a distance function is 0.

    Parameters
    ----------
    distance : callable
    low, high : (3,) mm, corners of a box that holds the surface
    step : float mm, about the length of the triangles' sides

    Returns
    -------
    vertices (n,3), triangles (m,3), normals (n,3)
    """
    axes = [np.arange(a, b + step, step) for a, b in zip(low, high, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), -1)
    values = distance(grid.reshape(-1, 3)).reshape(grid.shape[:3])
    vertices, triangles = surface_net(values, np.asarray(low), step)
    for _ in range(2):  # the net lies near the surface: step down the slope
        here, slope = _slope(distance, vertices)
        vertices = vertices - here[:, None] * slope
    return vertices, triangles, _slope(distance, vertices)[1]


def _slope(distance, points, h=0.25):
    """Distance (n,) and the direction (n,3) in which it grows."""
    here = distance(points)
    ahead = [distance(points + step) for step in h * np.eye(3)]
    return here, unit(np.stack(ahead, 1) - here[:, None])


def surface_net(values, low, step):
    """Triangles along the zero level of samples, by naive surface nets (Gibson, 1998).

    Each cell that the level crosses gets one vertex, the mean of the crossings on its edges; each
    edge that it crosses gets a quad between the four cells around it.

    Parameters
    ----------
    values : (nx,ny,nz), negative inside, positive on the outermost samples
    low : (3,) mm, place of ``values[0, 0, 0]``
    step : float mm, between samples

    Returns
    -------
    vertices (n,3), triangles (m,3)
    """
    inside = values < 0
    cells = tuple(side - 1 for side in values.shape)
    total, count = np.zeros((*cells, 3)), np.zeros(cells)
    for axis in range(3):
        _add_crossings(values, inside, axis, total, count)
    used = count > 0
    number = np.cumsum(used).reshape(cells) - 1
    vertices = (total[used] / count[used][:, None] + np.argwhere(used)) * step + low
    return vertices, np.concatenate([_quads(inside, number, axis) for axis in range(3)])


def _halves(array, axis):
    """All but the last, and all but the first, along an axis."""
    end = array.shape[axis]
    return np.take(array, range(end - 1), axis), np.take(array, range(1, end), axis)


def _add_crossings(values, inside, axis, total, count):
    """Add to the four cells around each crossed edge the point where it is crossed."""
    (a, b), (ia, ib) = _halves(values, axis), _halves(inside, axis)
    crossed = ia != ib
    share = np.where(crossed, a / np.where(crossed, a - b, 1), 0)
    others = [k for k in range(3) if k != axis]
    for shift in ((0, 0), (0, 1), (1, 0), (1, 1)):
        cut = [slice(None)] * 3
        for k, s in zip(others, shift, strict=True):
            cut[k] = slice(s, values.shape[k] - 1 + s)
        hit = crossed[tuple(cut)]
        count += hit
        total[..., axis] += share[tuple(cut)]
        total[..., others] += hit[..., None] * np.array(shift)


def _quads(inside, number, axis):
    """Two triangles for each crossed edge along ``axis``, facing outwards."""
    ia, ib = _halves(inside, axis)
    edges = np.argwhere(ia != ib)
    u, v = np.eye(3, dtype=int)[(axis + 1) % 3], np.eye(3, dtype=int)[(axis + 2) % 3]
    a, b, c, d = (number[tuple((edges - move).T)] for move in (u + v, v, 0 * u, u))
    leaves = ia[tuple(edges.T)]
    b, d = np.where(leaves, d, b), np.where(leaves, b, d)
    return np.concatenate([np.stack([a, d, c], 1), np.stack([a, c, b], 1)])
