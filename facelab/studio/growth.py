"""How strands of any kind take root in a person's skin, fall, clump, curl and become ribbons."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from .model import load_model, smoothstep
from .skin import HEIGHT, WIDTH
from .strands import Strands

DOWN = np.float32([0, -1, 0])
HAIR = 0.06  # mm, thickness of a single hair


def tree_over(points, **how):
    """A k-d tree over points (n,3). SciPy is imported late: the second process of ``compiling``
    grows no hair."""
    from scipy.spatial import cKDTree

    return cKDTree(points, **how)


def dot(a, b):
    """Products (...) of vectors (..., 3); faster than a sum over so short an axis."""
    return np.einsum("...k,...k->...", a, b)


def unit(v):
    """Vectors (..., 3) of length one."""
    return v / np.sqrt(dot(v, v) + 1e-12)[..., None]


def tangential(v, normal):
    """Unit vectors along the skin: ``v`` (n,3) without its part along ``normal``."""
    return unit(v - dot(v, normal)[..., None] * normal)


# --- the ground that hair grows on and rests on ---------------------------------------------------


@dataclass(frozen=True, eq=False)
class Ground:
    """A person's skin as strands see it.

    Attributes
    ----------
    vertices, normals : (V,3) float32, the neutral shape
    tree : cKDTree over the ``solid_vertices``, which strands may not enter
    ears : (centre, radii) of round bodies that hair also passes over
    """

    vertices: np.ndarray
    normals: np.ndarray
    tree: object
    ears: tuple = ()

    @classmethod
    def of(cls, neutral):
        """The ground of a neutral shape (V,3)."""
        from .body import normals_of

        return cls(neutral, normals_of(neutral), tree_over(neutral[solid_vertices()], leafsize=12))

    def above(self, points):
        """Height over the skin (n,) mm and the direction away from it (n,3) at points (n,3)."""
        distance, nearest = self.tree.query(points, k=2)
        rows = solid_vertices()[nearest]
        share = (1 / (distance**2 + 4)).astype(np.float32)
        share /= share.sum(1, keepdims=True)
        normals = self.normals[rows]
        normal = unit(np.einsum("skn,sk->sn", normals, share))
        height = dot(dot(points[:, None] - self.vertices[rows], normals), share)
        for centre, radii in self.ears:
            height, normal = _nearer_to_ellipsoid(points, centre, radii, height, normal)
        return height, normal

    def with_ears_under_hair(self):
        """The same ground for hair that hides the ears."""
        x, rows = load_model().mean[_ears(), 0], _ears()
        both = [self.vertices[rows[x * side > 0]] for side in (-1, 1)]
        return replace(self, ears=tuple(_round(ear) for ear in both))

    def place(self, x, y, z):
        """The person's own point (3,) on the skin at (x, y, z) mm on the mean head."""
        away = np.square(load_model().mean[solid_vertices()] - np.float32([x, y, z])).sum(1)
        return self.vertices[solid_vertices()[away.argmin()]]


def _round(ear):
    """Centre and radii of a body round an ear (n,3), centred in the head to push outwards."""
    centre, radii = (ear.min(0) + ear.max(0)) / 2, 0.62 * np.ptp(ear, axis=0)
    outermost, centre[0] = centre[0], 0.55 * centre[0]
    radii[0] += abs(outermost - centre[0])
    return centre, radii


def _nearer_to_ellipsoid(points, centre, radii, height, normal):
    """Height and normal over the higher of two surfaces: the one known so far and an ellipsoid."""
    local = ((points - centre) / radii).astype(np.float32)
    slope = local / np.float32(radii)
    size = np.sqrt(dot(local, local))
    over = (size - 1) * size / np.sqrt(dot(slope, slope) + 1e-9)  # to first order
    nearer = over < height
    return np.where(nearer, over, height), np.where(nearer[:, None], unit(slope), normal)


@cache
def solid_vertices():
    """Vertices of the outer skin but for the middle of the face, the ears and their folds."""
    model = load_model()
    rows = model.vertices_of("skin", "brows", "scalp")
    x, y, z = model.mean[rows].T
    middle = (np.abs(x) < 42) & (z > 0) & (y < 8)
    return rows[~(middle | _in_ear_folds(rows))]


def _in_ear_folds(rows):
    """True for vertices near an ear whose normals do not point sideways as the head's do there."""
    from .body import normals_of

    mean = load_model().mean
    near, _ = tree_over(mean[_ears()]).query(mean[rows])
    # a copy: arrays closed for writing would be compiled for a second time
    sideways = normals_of(mean.copy())[rows, 0] * np.sign(mean[rows, 0])
    return (near < 25) & (sideways < 0.6)


@cache
def _ears():
    return load_model().vertices_of("ears")


# --- roots ----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Roots:
    """Where S strands leave the skin.

    Attributes
    ----------
    points, normals : (S,3) float32, on the person's shape
    mean : (S,3) float32, the same places on the mean head
    vertex : (S,) int, nearest vertex of the face model
    density : (S,) float32, value there of the map that they were drawn from
    """

    points: np.ndarray
    normals: np.ndarray
    mean: np.ndarray
    vertex: np.ndarray
    density: np.ndarray

    def __len__(self):
        return len(self.vertex)


@cache
def _fields():
    """Triangles where hair can grow, their corners' UVs (n,3,2), areas (n,) on the mean head."""
    model = load_model()
    rows = np.isin(model.triangle_parts, [model.part[p] for p in ("skin", "brows", "scalp")])
    triangles = model.triangles[rows & (model.mean[model.triangles][:, :, 1].min(1) > -135)]
    uv = model.uv[triangles].astype(np.float32)
    uv[..., 0] += (uv[..., 0] < 0.5) & (np.ptp(uv[..., 0], axis=1) > 0.5)[:, None]
    a, b, c = np.moveaxis(model.mean[triangles], 1, 0)
    return triangles, uv, (np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2).astype(np.float32)


def _look_up(layer, uv):
    x = (uv[..., 0] * WIDTH).astype(int) % WIDTH
    y = np.clip((uv[..., 1] * HEIGHT).astype(int), 0, HEIGHT - 1)
    return layer[y, x]


def take_root(ground, density, per_mm2, rng, shaped=np.asarray):
    """Spread roots evenly over the skin, in random order.

    Parameters
    ----------
    ground : Ground
    density : (HEIGHT,WIDTH) float32 in [0, 1], in the skin's texture space
    per_mm2 : float, roots per square millimetre of the mean head where ``density`` is 1
    rng : numpy.random.Generator
    shaped : function of ``density`` that gives the density meant, where it is looked at

    Returns
    -------
    Roots
    """
    triangles, uv, area = _fields()
    here = lambda uv: shaped(_look_up(density, uv))  # noqa: E731
    most = np.maximum(here(uv).max(1), here(uv.mean(1)))
    likely = np.cumsum(most * area, dtype=np.float64)
    count = int(likely[-1] * per_mm2)
    ticks = (np.arange(count) + rng.random(count)) * (likely[-1] / max(count, 1))
    t = np.minimum(np.searchsorted(likely, ticks), len(area) - 1)
    weights = _random_weights(rng, count)
    value = here((uv[t] * weights[..., None]).sum(1))
    keep = rng.permutation(np.flatnonzero(rng.random(count) * most[t] < value))
    return _roots_at(ground, triangles[t[keep]], weights[keep], value[keep])


def _random_weights(rng, count):
    """Barycentric weights (count,3), even over a triangle."""
    a, b = rng.random((2, count), np.float32)
    flip = a + b > 1
    a, b = np.where(flip, 1 - a, a), np.where(flip, 1 - b, b)
    return np.stack([1 - a - b, a, b], 1)


def _roots_at(ground, corners, weights, value):
    at = lambda field: (field[corners] * weights[..., None]).sum(1).astype(np.float32)  # noqa: E731
    nearest = corners[np.arange(len(corners)), weights.argmax(1)]
    mean = load_model().mean
    return Roots(at(ground.vertices), unit(at(ground.normals)), at(mean), nearest, value)


def layers(roots, rng):
    """How far out in the hair each strand lies, (S,) in [0, 1]; most outside, where they show."""
    return (rng.random(len(roots)) ** 0.7).astype(np.float32)


# --- how strands fall -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Manner:
    """How strands fall.

    Attributes
    ----------
    rise : how steeply they leave the skin (1 is 45 degrees)
    inertia : how much of its direction a strand keeps from step to step
    gravity : pull downwards
    hug : pull towards the skin of what lies higher than its ``lift``
    jitter : deviation of a random pull at each step
    """

    rise: float = 0.5
    inertia: float = 1.0
    gravity: float = 0.1
    hug: float = 0.0
    jitter: float = 0.1


def fall(ground, roots, length, comb, steps, lift, manner, rng):
    """Grow strands step by step.

    Parameters
    ----------
    ground : Ground
    roots : Roots, S of them
    length : (S,) mm
    comb : function of (points (S,3), normals (S,3), t) -> (S,3), the pull of comb and brush
        at the share t of the strand
    steps : int, points per strand
    lift : (S,) mm, height over the skin below which a strand may not come after its root
    manner : Manner
    rng : numpy.random.Generator

    Returns
    -------
    (S,steps,3) float32 mm, the root first
    """
    points = np.empty((len(roots), steps, 3), np.float32)
    points[:, 0] = roots.points
    step = np.float32(length / (steps - 1))[:, None]
    height, normal = np.zeros(len(roots), np.float32), roots.normals
    way = unit(manner.rise * normal + tangential(comb(points[:, 0], normal, 0.0), normal))
    for k in range(1, steps):
        t = k / (steps - 1)
        least = lift * min(1.0, 3 * t)
        want = _pull(comb(points[:, k - 1], normal, t), height - least, normal, manner, rng)
        ahead = points[:, k - 1] + step * unit(manner.inertia * way + want)
        height, normal = ground.above(ahead)
        ahead = ahead + np.maximum(least - height, 0)[:, None] * normal
        way = unit(ahead - points[:, k - 1])
        points[:, k] = points[:, k - 1] + step * way
    return _smoothed(points)


def _pull(combed, too_high, normal, manner, rng):
    """All that bends strands at one step, (S,3)."""
    pull = combed + manner.gravity * DOWN
    if manner.hug:
        pull = pull - (manner.hug * np.clip(too_high / 8, 0, 1))[:, None] * normal
    return pull + manner.jitter * rng.standard_normal(pull.shape, np.float32)


def _smoothed(points):
    points[:, 1:-1] = 0.5 * points[:, 1:-1] + 0.25 * (points[:, :-2] + points[:, 2:])
    return points


def clump(points, per_clump, strength, rng):
    """Draw strands (S,N,3) to one of their neighbours, most at the tips: points, clump (S,)."""
    if not len(points):
        return points, np.zeros(0, int)
    centres = rng.choice(len(points), max(1, len(points) // per_clump), replace=False)
    course = np.concatenate([points[:, 0], points[:, -1]], 1)  # across a parting is not near
    _, mine = tree_over(course[centres]).query(course)
    t = np.linspace(0, 1, points.shape[1], dtype=np.float32)[None, :, None]
    pull = strength * t**1.3 * rng.uniform(0.5, 1, (len(points), 1, 1)).astype(np.float32)
    return points + pull * (points[centres[mine]] - points), mine


def curl(points, mine, radius, wave, rng, spread=0.6):
    """Wind strands (S,N,3) into helices of ``radius`` (S,) and ``wave`` mm, clumps in phase."""
    along = np.zeros(points.shape[:2], np.float32)
    along[:, 1:] = np.cumsum(np.linalg.norm(np.diff(points, axis=1), axis=2), 1)
    clumps = mine.max(initial=0) + 1
    phase = rng.uniform(0, 6.28, clumps)[mine] + rng.normal(0, spread, len(mine))
    pace = 6.28 / (wave * rng.uniform(0.8, 1.25, clumps)[mine])
    turn = (phase[:, None] + along * pace[:, None]).astype(np.float32)[..., None]
    way = unit(np.gradient(points, axis=1))
    side = unit(np.cross(way, np.float32([0.3, 0.2, 1])))
    grown = np.float32(radius)[:, None] * smoothstep(0, 1.4 * wave, along)
    return points + grown[..., None] * (np.cos(turn) * side + np.sin(turn) * np.cross(way, side))


def cut(points, last):
    """Shorten strands (S,N,3) to the share ``last`` (S,) of their length, with as many points."""
    n = points.shape[1]
    place = np.clip(last, 0.05, 1)[:, None] * np.arange(n)[None]
    low = np.minimum(place.astype(int), n - 2)
    share = (place - low)[..., None].astype(np.float32)
    rows = np.arange(len(points))[:, None]
    return points[rows, low] * (1 - share) + points[rows, low + 1] * share


def first(flags):
    """Share (S,) of each strand at which ``flags`` (S,N) is first True, 1 where it never is."""
    steps = flags.shape[1]
    return np.where(flags.any(1), flags.argmax(1), steps - 1) / (steps - 1)


# --- ribbons --------------------------------------------------------------------------------------


def as_strands(points, root, colour, width, part, follows=1.0, spacing=None):
    """Points (S,N,3), their colour (S,N,3), ``width`` and ``follows`` (as (S,N)) as a Strands.

    With ``spacing``, short strands get fewer points: one every ``spacing`` mm, three at least.
    """
    s, n = points.shape[:2]
    fields = [points, colour]
    fields += [np.broadcast_to(np.float32(v), (s, n))[..., None] for v in (width, follows)]
    if spacing is None:
        counts = np.full(s, n)
        points, colour, width, follows = (_in_line(v) for v in fields)
    else:
        counts = np.clip(np.ceil(_lengths(points) / spacing).astype(int) + 1, 3, n)
        points, colour, width, follows = (_resampled(v, counts) for v in fields)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    part, root = np.full(s, load_model().part[part], np.uint8), root.astype(np.int32)
    return Strands(points, starts, root, width[:, 0], colour, part, follows[:, 0])


def _in_line(values):
    """Rows (S,N,k) one after the other: (S N, k) float32, a copy."""
    return np.array(values, np.float32, order="C").reshape(-1, values.shape[2])


def _lengths(points):
    return np.linalg.norm(np.diff(points, axis=1), axis=2).sum(1)


def _resampled(values, counts):
    """Rows (S,N,k) at ``counts`` (S,) even places each, one after the other: (total, k) float32."""
    n = values.shape[1]
    row = np.repeat(np.arange(len(counts)), counts)
    step = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    place = step * ((n - 1) / (counts[row] - 1))
    low = np.minimum(place.astype(int), n - 2)
    share = (place - low)[:, None].astype(np.float32)
    return (values[row, low] * (1 - share) + values[row, low + 1] * share).astype(np.float32)


def tapered(points, width, rng, tip=0.35):
    """Widths (S,N) about ``width`` (one or (S,)) mm: each its own, narrower at the tip, but none
    thinner than a single hair."""
    t = np.linspace(0, 1, points.shape[1], dtype=np.float32)
    own = width * rng.uniform(0.75, 1.25, len(points))
    return np.maximum(own[:, None] * (1 - (1 - tip) * t**2), HAIR).astype(np.float32)
