"""Hair, beards, brows and lashes as strands: how they take root, fall, clump, curl and are coloured."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.spatial import cKDTree

from . import hairline
from .hairline import EUMELANIN, GREY, PHEOMELANIN, PIGMENT_BASE, under_paint
from .model import load_model, smoothstep
from .skin import HEIGHT, WIDTH
from .strands import Strands

__all__ = ["grow", "under_paint"]

DOWN = np.float32([0, -1, 0])


def grow(looks, traits, neutral):
    """Grow all strands of a person.

    Parameters
    ----------
    looks : Looks
    traits : Traits
    neutral : (V,3) float32 mm, the person's own neutral shape

    Returns
    -------
    Strands; the same for the same looks, traits and shape
    """
    ground = Ground.of(neutral)
    pieces = [scalp_hair(looks, traits, ground), beard_hair(looks, traits, ground),
              brows(looks, ground), lashes(looks, ground)]
    return Strands.joined(pieces)


# --- the ground that hair grows on and rests on -------------------------------------------------

@dataclass(frozen=True, eq=False)
class Ground:
    """A person's skin as roots and strands see it."""

    vertices: np.ndarray  # (V,3)
    normals: np.ndarray  # (V,3)
    solid: np.ndarray  # (n,) vertices that strands may not enter
    tree: cKDTree

    @classmethod
    def of(cls, neutral):
        from .body import normals_of

        solid = solid_vertices()
        return cls(neutral, normals_of(neutral), solid, cKDTree(neutral[solid], leafsize=12))

    def above(self, points):
        """Height over the skin (n,) and its direction (n,3) at points (n,3)."""
        distance, nearest = self.tree.query(points, k=2)
        rows = self.solid[nearest]
        share = (1 / (distance**2 + 4)).astype(np.float32)
        share /= share.sum(1, keepdims=True)
        normal = unit((self.normals[rows] * share[..., None]).sum(1))
        height = ((points[:, None] - self.vertices[rows]) * self.normals[rows]).sum(2)
        return (height * share).sum(1), normal


@cache
def solid_vertices():
    """Vertices of the outer skin, without lips and ears' folds."""
    model = load_model()
    parts = [model.part[p] for p in ("skin", "brows", "scalp", "ears")]
    rows = np.unique(model.triangles[np.isin(model.triangle_parts, parts)])
    inner_face = (np.abs(model.mean[rows, 0]) < 42) & (model.mean[rows, 2] > 0) & (model.mean[rows, 1] < 8)
    return rows[~inner_face]


def unit(v):
    """Vectors (..., 3) of length one."""
    return v / np.sqrt((v * v).sum(-1, keepdims=True) + 1e-12)


@dataclass(frozen=True, eq=False)
class Roots:
    """Where strands leave the skin: person's positions and normals, positions on the mean head, vertex, map value."""

    points: np.ndarray
    normals: np.ndarray
    mean: np.ndarray
    vertex: np.ndarray
    density: np.ndarray

    def __len__(self):
        return len(self.vertex)

    def chosen(self, keep):
        return Roots(self.points[keep], self.normals[keep], self.mean[keep], self.vertex[keep], self.density[keep])


@cache
def _fields():
    """Triangles on which hair can grow, their corners' UVs (n,3,2) and areas on the mean head (n,)."""
    model = load_model()
    parts = [model.part[p] for p in ("skin", "brows", "scalp")]
    rows = np.isin(model.triangle_parts, parts) & (model.mean[model.triangles][:, :, 1].min(1) > -135)
    triangles = model.triangles[rows]
    uv = model.uv[triangles].astype(np.float32)
    uv[..., 0] += (uv[..., 0] < 0.5) & (np.ptp(uv[..., 0], axis=1) > 0.5)[:, None]
    a, b, c = np.moveaxis(model.mean[triangles], 1, 0)
    return triangles, uv, (np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2).astype(np.float32)


def _look_up(layer, uv):
    x = (uv[..., 0] * WIDTH).astype(int) % WIDTH
    y = np.clip((uv[..., 1] * HEIGHT).astype(int), 0, HEIGHT - 1)
    return layer[y, x]


def take_root(ground, density, per_mm2, rng, most=20000):
    """Spread roots evenly over the skin, ``per_mm2`` where the map ``density`` (H,W) is 1, in random order."""
    triangles, uv, area = _fields()
    likely = _look_up(density, uv).max(1)
    likely = np.maximum(likely, _look_up(density, uv.mean(1))) * area
    count = min(most, int(likely.sum() * per_mm2))
    if count == 0:
        return Roots(*(np.zeros(s, np.float32) for s in ((0, 3), (0, 3), (0, 3))), np.zeros(0, int), np.zeros(0, np.float32))
    ticks = (np.arange(count) + rng.random(count)) * (likely.sum() / count)
    t = np.minimum(np.searchsorted(np.cumsum(likely), ticks), len(area) - 1)
    w = _random_weights(rng, count)
    value = _look_up(density, (uv[t] * w[..., None]).sum(1))
    keep = np.flatnonzero(rng.random(count) * likely[t] / area[t] < value)
    keep = keep[rng.permutation(len(keep))]
    corners, w = triangles[t[keep]], w[keep][..., None]
    at = lambda field: (field[corners] * w).sum(1).astype(np.float32)  # noqa: E731
    nearest = corners[np.arange(len(keep)), w[..., 0].argmax(1)]
    return Roots(at(ground.vertices), unit(at(ground.normals)), at(load_model().mean), nearest, value[keep])


def _random_weights(rng, count):
    a, b = rng.random((2, count), np.float32)
    flip = a + b > 1
    a, b = np.where(flip, 1 - a, a), np.where(flip, 1 - b, b)
    return np.stack([1 - a - b, a, b], 1)


# --- how strands fall -----------------------------------------------------------------------------

def fall(ground, roots, length, comb, steps, lift, gravity=0.0, inertia=1.0, rise=0.5, jitter=0.0, rng=None):
    """Grow strands step by step: (S,steps,3) float32 mm, the root first.

    Each step mixes the last direction (``inertia``), the combing field ``comb(points, normals, t)`` and ``gravity``;
    what comes nearer to the skin than ``lift`` (S,) mm is pushed out. ``rise`` is how steeply hair leaves the skin.
    """
    points = np.empty((len(roots), steps, 3), np.float32)
    points[:, 0] = roots.points
    step = (length / (steps - 1)).astype(np.float32)[:, None]
    height, normal = np.zeros(len(roots), np.float32), roots.normals
    way = unit(rise * normal + tangential(comb(points[:, 0], normal, 0.0), normal))
    for k in range(1, steps):
        t = k / (steps - 1)
        want = comb(points[:, k - 1], normal, t)
        want = want + gravity * DOWN
        if jitter:
            want = want + jitter * rng.standard_normal(want.shape, np.float32)
        way = unit(inertia * way + want)
        ahead = points[:, k - 1] + step * way
        height, normal = ground.above(ahead)
        least = lift * min(1.0, 3 * t) if np.ndim(lift) else lift
        ahead = ahead + np.maximum(least - height, 0)[:, None] * normal
        way = unit(ahead - points[:, k - 1])
        points[:, k] = points[:, k - 1] + step * way
    return points


def tangential(v, normal):
    """The part of vectors (n,3) that runs along the skin."""
    return unit(v - (v * normal).sum(-1, keepdims=True) * normal)


def clump(points, roots, per_clump, strength, rng):
    """Draw strands (S,N,3) towards one strand of their neighbourhood, more and more towards the tips."""
    count = max(1, len(points) // per_clump)
    centres = rng.choice(len(points), count, replace=False)
    _, mine = cKDTree(roots.points[centres]).query(roots.points)
    t = np.linspace(0, 1, points.shape[1], dtype=np.float32)[None, :, None]
    pull = strength * t**1.3 * rng.uniform(0.5, 1, (len(points), 1, 1)).astype(np.float32)
    return points + pull * (points[centres[mine]] - points), mine


def curl(points, mine, radius, wave, rng, spread=0.6):
    """Wind strands (S,N,3) into helices of ``radius`` (S,) mm and ``wave`` mm length; clumps ``mine`` (S,) keep in phase."""
    along = np.zeros(points.shape[:2], np.float32)
    along[:, 1:] = np.cumsum(np.linalg.norm(np.diff(points, axis=1), axis=2), 1)
    clumps = mine.max() + 1
    phase = rng.uniform(0, 6.28, clumps)[mine] + rng.normal(0, spread, len(mine))
    pace = 6.28 / (wave * rng.uniform(0.8, 1.25, clumps)[mine])
    turn = (phase[:, None] + along * pace[:, None]).astype(np.float32)
    way = unit(np.gradient(points, axis=1))
    side = unit(np.cross(way, np.float32([0.3, 0.2, 1])))
    other = np.cross(way, side)
    grown = radius[:, None] * smoothstep(0, 1.4 * wave, along)
    return points + (grown[..., None] * (np.cos(turn)[..., None] * side + np.sin(turn)[..., None] * other)).astype(np.float32)


def cut(points, last):
    """Shorten strands (S,N,3) to the share ``last`` (S,) of their length, with as many points."""
    n = points.shape[1]
    place = np.clip(last, 0.05, 1)[:, None] * np.linspace(0, n - 1, n)[None]
    low = np.minimum(place.astype(int), n - 2)
    share = (place - low)[..., None].astype(np.float32)
    rows = np.arange(len(points))[:, None]
    return points[rows, low] * (1 - share) + points[rows, low + 1] * share


# --- colour and ribbons ---------------------------------------------------------------------------

def pigmented(looks, shape, rng, grey, lighter=0.15, spread=0.16):
    """Albedo (S,N,3) float32 of strands: their own pigment, grey ones among them, lighter tips."""
    strands, points = shape
    t = np.linspace(0, 1, points, dtype=np.float32)
    own = np.exp(rng.normal(0, spread, strands)).astype(np.float32)
    brown = looks.hair_melanin * (1 - 0.45 * looks.hair_red) * own[:, None] * (1 - lighter * t)
    red = np.broadcast_to(looks.hair_red * own[:, None], brown.shape)
    colour = PIGMENT_BASE * np.exp(-brown[..., None] * EUMELANIN - red[..., None] * PHEOMELANIN)
    silver = (rng.random(strands) < grey).astype(np.float32) * rng.uniform(0.7, 1, strands).astype(np.float32)
    return (colour + silver[:, None, None] * (GREY - colour)).astype(np.float32)


def as_strands(points, root, colour, width, part, follows=None):
    """Strands of equal point counts (S,N,3) as a Strands; ``width`` and ``follows`` broadcast to (S,N)."""
    s, n = points.shape[:2]
    full = lambda v: np.broadcast_to(np.float32(v), (s, n)).reshape(-1).copy()  # noqa: E731
    return Strands(points.reshape(-1, 3).astype(np.float32), np.arange(0, s * n + 1, n, dtype=np.int32), root.astype(np.int32),
                   full(width), colour.reshape(-1, 3), np.full(s, load_model().part[part], np.uint8),
                   full(1.0 if follows is None else follows))


def tapered(points, width, rng, tip=0.35):
    """Ribbon widths (S,N) mm that vary from strand to strand and shrink towards the tip."""
    t = np.linspace(0, 1, points.shape[1], dtype=np.float32)
    own = width * rng.uniform(0.75, 1.25, len(points))
    return (own[:, None] * (1 - (1 - tip) * t**2)).astype(np.float32)


def hanging(points):
    """How much points (S,N,3) follow the head: less the lower they hang, so that hair rests on the shoulders."""
    return 1 - 0.75 * smoothstep(-85, -175, points[..., 1])


# --- hair on the head -----------------------------------------------------------------------------

def whorl(points, normals, t):
    """Short hair: forwards on top, down at the sides and behind."""
    top = smoothstep(0.45, 0.95, normals[:, 1:2])
    side = np.sign(points[:, :1])
    front = np.concatenate([0.35 + 0 * side, 0 * side, 1 + 0 * side], 1)
    return top * front + (1 - top) * np.float32([0, -1, -0.25])


def swept(parting, across=1.0, back=0.25):
    """Combed away from a parting at x = ``parting`` mm."""

    def comb(points, normals, t):
        top = smoothstep(0.2, 0.75, normals[:, 1:2])
        side = np.tanh((points[:, :1] - parting) / 4)
        away = np.concatenate([across * side, 0 * side, -back + 0 * side], 1)
        return top * away + (1 - top) * np.float32([0, -1, -0.2])

    return comb


def straight_back(points, normals, t):
    """Slicked: from the forehead over the crown and down behind."""
    rear = smoothstep(-60, -140, points[:, 2:3])
    return np.float32([0, 0.1, -1]) * (1 - rear) + rear * np.float32([0, -1, -0.1])


def curtain(parting, back):
    """Long hair: away from the parting, out of the face, then straight down; on the shoulders to the front or behind."""
    away = swept(parting, 1.0, back)

    def comb(points, normals, t):
        x, y, z = points[:, :1], points[:, 1:2], points[:, 2:3]
        head = smoothstep(0, 45, y)
        face = smoothstep(-45, -22, z) * smoothstep(60, 35, y)
        rest = smoothstep(-105, -135, y)
        side = np.sign(x)
        pull = np.concatenate([face * 0.6 * side - 0.35 * rest * side, 0 * x, -1.4 * face + 0.5 * rest * np.sign(z + 70)], 1)
        return 0.5 * away(points, normals, t) * head + pull - 0.22 * normals * (1 - head) * (1 - rest)

    return comb


def scalp_hair(looks, traits, ground):
    """Hair on the head in the person's style."""
    rng = np.random.default_rng([31, looks.detail])
    density = hairline.scalp_density(looks, traits)
    return STYLES[looks.hair_style](looks, traits, ground, density, rng)


def _dress(looks, points, roots, layer, width, rng, deep=0.5, grey=None, tip=0.35):
    """Colour, ribbon widths and Strands of scalp hair; ``layer`` (S,) is 0 for inner and 1 for outer hair."""
    colour = pigmented(looks, points.shape[:2], rng, looks.grey if grey is None else grey)
    t = np.linspace(0, 1, points.shape[1], dtype=np.float32)
    open_ = deep + (1 - deep) * (0.55 * layer[:, None] + 0.45 * smoothstep(-0.2, 0.45, t))
    return as_strands(points, roots.vertex, colour * open_[..., None].astype(np.float32), tapered(points, width, rng, tip), "hair",
                      hanging(points))


def _none(looks, traits, ground, density, rng):
    return Strands.empty()


def _bald(looks, traits, ground, density, rng):
    roots = take_root(ground, density, 0.06, rng)
    length = rng.uniform(6, 14, len(roots)) * (0.4 + 0.6 * roots.density)
    points = fall(ground, roots, length, whorl, 4, 0.6, 0.3, 1.0, 0.4, 0.25, rng)
    return _dress(looks, points, roots, rng.random(len(roots)), 0.8, rng)


def _buzz(looks, traits, ground, density, rng):
    roots = take_root(ground, density, 0.12, rng)
    length = rng.uniform(2.5, 5, len(roots)) * (0.5 + 0.5 * roots.density)
    points = fall(ground, roots, length, whorl, 3, 0.3, 0, 1, 1.1, 0.35, rng)
    return _dress(looks, points, roots, rng.random(len(roots)), 0.75, rng, 0.6)


def _short(looks, traits, ground, density, rng):
    roots = take_root(ground, density, 0.066, rng)
    layer = rng.random(len(roots)).astype(np.float32)
    top = smoothstep(20, 75, roots.mean[:, 1])
    length = (9 + 24 * top) * rng.uniform(0.75, 1.1, len(roots)) * (0.35 + 0.65 * roots.density)
    points = fall(ground, roots, length, whorl, 5, 0.6 + 5 * layer * top, 0.1, 1.2, 0.9, 0.3, rng)
    points, _ = clump(points, roots, 7, 0.55, rng)
    return _dress(looks, points, roots, layer, 1.25, rng, 0.45)


def _long(looks, traits, ground, density, rng, length=270.0, line=-185.0, per=0.036, steps=18, volume=13.0, curls=None, bound=0.6, width=1.7):
    roots = take_root(ground, density, per, rng)
    layer = rng.random(len(roots)).astype(np.float32) ** 0.7
    parting = rng.choice([-1, 1]) * rng.uniform(2, 24)
    comb = curtain(parting, rng.uniform(0.25, 0.6))
    lift = 1.0 + volume * layer * (0.35 + 0.65 * smoothstep(-10, 60, roots.mean[:, 1]))
    points = fall(ground, roots, np.full(len(roots), length), comb, steps, lift, 0.45, 1.0, 0.35, 0.05, rng)
    points, mine = clump(points, roots, 14, bound, rng)
    if curls:
        points = curl(points, mine, np.full(len(roots), curls[0]) * rng.uniform(0.6, 1.2, len(roots)), curls[1], rng)
    below = points[..., 1] < line + rng.normal(0, 7, len(roots))[:, None] - 10 * layer[:, None]
    last = np.where(below.any(1), below.argmax(1), steps - 1) / (steps - 1)
    points = cut(points, last * rng.uniform(0.93, 1, len(roots)))
    return _dress(looks, points, roots, layer, width, rng, 0.4)


STYLES = {
    "bald": _bald, "shaved": _none, "buzz": _buzz, "short": _short, "side_part": _short, "slicked": _short,
    "curly_short": _short, "afro": _short, "bob": _long, "long_straight": _long, "long_wavy": _long, "long_curly": _long,
    "ponytail": _long, "bun": _long,
}


# --- beard, brows, lashes -------------------------------------------------------------------------

def beard_hair(looks, traits, ground):
    """Beard and moustache of the person's kind; stubble is paint only."""
    return Strands.empty()


def brows(looks, ground):
    """Brows: up and out at the inner end, outwards and down at the outer end, flat on the ridge."""
    rng = np.random.default_rng([33, looks.detail])
    roots = take_root(ground, hairline.brow_density(looks), 0.25 + 0.35 * looks.brow_density, rng)
    x, y = np.abs(roots.mean[:, 0]), roots.mean[:, 1]
    middle, half = hairline.brow_curve(looks, x)
    across, t = (y - middle) / half, np.clip((x - 10) / 45, 0, 1)
    angle = np.radians(np.interp(t, [0, 0.12, 0.4, 0.75, 1], [75, 48, 22, -8, -28]) - 16 * across + rng.normal(0, 9, len(roots)))
    way = np.stack([np.sign(roots.mean[:, 0]) * np.cos(angle), np.sin(angle), 0 * angle], 1).astype(np.float32)
    way = tangential(way, roots.normals) + 0.12 * roots.normals
    length = (5.2 + 2.8 * looks.brow_width) * rng.uniform(0.7, 1.15, len(roots)) * np.interp(t, [0, 0.3, 1], [0.85, 1.1, 0.75])
    along = np.linspace(0, 1, 4, dtype=np.float32)[None, :, None]
    bend = np.float32([0, -0.1, 0]) * along**2
    points = roots.points[:, None] + length[:, None, None] * (along * way[:, None] + bend) + 0.35 * roots.normals[:, None]
    colour = pigmented(looks, points.shape[:2], rng, 0.5 * looks.grey, 0) * np.float32(0.62)
    return as_strands(points, roots.vertex, colour, tapered(points, 0.62, rng, 0.3), "brows")


def lashes(looks, ground):
    """Upper and lower lashes on the lids' margins."""
    return Strands.empty()
