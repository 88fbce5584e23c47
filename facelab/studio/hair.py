"""Hair, beards, brows and lashes as strands: how they take root, fall, clump, curl and are coloured."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy.spatial import cKDTree

from . import hairline
from .hairline import EUMELANIN, GREY, PHEOMELANIN, PIGMENT_BASE, under_paint
from .model import load_model, smoothstep
from .skin import HEIGHT, WIDTH, atlas
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
    ears: tuple = ()  # (centre, radii) of round bodies that hair also passes over

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
        height = (height * share).sum(1)
        for centre, radii in self.ears:
            height, normal = _nearer_to_ellipsoid(points, centre, radii, height, normal)
        return height, normal

    def with_ears_under_hair(self):
        """The same ground for hair that hides the ears."""
        model = load_model()
        rows = np.unique(model.triangles[model.triangle_parts == model.part["ears"]])
        both = [self.vertices[rows[model.mean[rows, 0] * side > 0]] for side in (-1, 1)]
        return replace(self, ears=tuple(((e.min(0) + e.max(0)) / 2, 0.62 * np.ptp(e, axis=0)) for e in both))


def _nearer_to_ellipsoid(points, centre, radii, height, normal):
    """Height and normal over the higher of two surfaces: what is known so far and an ellipsoid."""
    local = (points - centre) / radii
    size = np.sqrt((local * local).sum(1)) + 1e-6
    over = ((size - 1) * radii.min()).astype(np.float32)
    nearer = over < height
    outwards = unit(local / radii).astype(np.float32)
    return np.where(nearer, over, height), np.where(nearer[:, None], outwards, normal)


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

def fall(ground, roots, length, comb, steps, lift, gravity=0.0, inertia=1.0, rise=0.5, jitter=0.0, rng=None, hug=0.0):
    """Grow strands step by step: (S,steps,3) float32 mm, the root first.

    Each step mixes the last direction (``inertia``), the combing field ``comb(points, normals, t)`` and ``gravity``;
    what comes nearer to the skin than ``lift`` (S,) mm is pushed out, what lies higher is drawn back by ``hug``. ``rise`` is
    how steeply hair leaves the skin.
    """
    points = np.empty((len(roots), steps, 3), np.float32)
    points[:, 0] = roots.points
    step = (length / (steps - 1)).astype(np.float32)[:, None]
    height, least, normal = np.zeros(len(roots), np.float32), lift, roots.normals
    way = unit(rise * normal + tangential(comb(points[:, 0], normal, 0.0), normal))
    for k in range(1, steps):
        t = k / (steps - 1)
        want = comb(points[:, k - 1], normal, t)
        want = want + gravity * DOWN
        if hug:
            want = want - (hug * np.clip((height - least) / 8, 0, 1))[:, None] * normal
        if jitter:
            want = want + jitter * rng.standard_normal(want.shape, np.float32)
        way = unit(inertia * way + want)
        ahead = points[:, k - 1] + step * way
        height, normal = ground.above(ahead)
        least = lift * min(1.0, 3 * t) if np.ndim(lift) else lift
        ahead = ahead + np.maximum(least - height, 0)[:, None] * normal
        way = unit(ahead - points[:, k - 1])
        points[:, k] = points[:, k - 1] + step * way
    points[:, 1:-1] = 0.5 * points[:, 1:-1] + 0.25 * (points[:, :-2] + points[:, 2:])
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
    # a ribbon stands for a lock of many hairs: its share of grey ones varies about the person's
    silver = np.clip(grey + rng.normal(0, 0.5, strands) * grey * (1.15 - grey), 0, 1).astype(np.float32)
    return (colour + silver[:, None, None] * (GREY - colour)).astype(np.float32)


def as_strands(points, root, colour, width, part, follows=1.0, spacing=None):
    """Strands (S,N,3) with colour (S,N,3) and ``width``, ``follows`` that broadcast to (S,N) as a Strands.

    With ``spacing``, short strands get fewer points: about one every ``spacing`` mm, two at least.
    """
    s, n = points.shape[:2]
    fields = [points, colour] + [np.broadcast_to(np.float32(v), (s, n))[..., None] for v in (width, follows)]
    counts = np.full(s, n) if spacing is None else np.clip(np.ceil(_lengths(points) / spacing).astype(int) + 1, 3, n)
    points, colour, width, follows = (_resampled(v, counts) for v in fields)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return Strands(points, starts, root.astype(np.int32), width[:, 0].copy(), colour,
                   np.full(s, load_model().part[part], np.uint8), follows[:, 0].copy())


def _lengths(points):
    return np.linalg.norm(np.diff(points, axis=1), axis=2).sum(1)


def _resampled(values, counts):
    """Rows (S,N,k) at ``counts`` (S,) even places each, one row after the other: (sum of counts, k) float32."""
    n = values.shape[1]
    row = np.repeat(np.arange(len(counts)), counts)
    step = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    place = step * ((n - 1) / (counts[row] - 1))
    low = np.minimum(place.astype(int), n - 2)
    share = (place - low)[:, None].astype(np.float32)
    return (values[row, low] * (1 - share) + values[row, low + 1] * share).astype(np.float32)


def tapered(points, width, rng, tip=0.35):
    """Ribbon widths (S,N) mm that vary from strand to strand and shrink towards the tip."""
    t = np.linspace(0, 1, points.shape[1], dtype=np.float32)
    own = width * rng.uniform(0.75, 1.25, len(points))
    return (own[:, None] * (1 - (1 - tip) * t**2)).astype(np.float32)


def hanging(points):
    """How much points (S,N,3) follow the head: less the lower they hang, so that hair rests on the shoulders."""
    return 1 - 0.75 * smoothstep(-85, -175, points[..., 1])


# --- combing fields: where hair is led, as functions (points, normals, t) -> (n,3) ------------------

def radial(crown):
    """Away from the crown on all sides: forwards in front, down at the sides and behind."""

    def comb(points, normals, t):
        return unit(points - crown) + 0.35 * (1 - smoothstep(0.3, 0.9, normals[:, 1:2])) * DOWN

    return comb


def turned(comb, degrees, crown):
    """Another field turned about the vertical on top of the head, in front of the crown."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.float32([[c, 0, -s], [0, 1, 0], [s, 0, c]])

    def led(points, normals, t):
        plain = comb(points, normals, t)
        top = smoothstep(0.35, 0.8, normals[:, 1:2]) * smoothstep(0, 40, points[:, 2:3] - crown[2])
        return plain + top * (plain @ turn - plain)

    return led


def swept(parting, crown, across=1.0, back=0.25):
    """Away from a parting at x = ``parting`` mm that runs from the forehead to the crown."""
    behind = radial(crown)

    def comb(points, normals, t):
        top = smoothstep(0.2, 0.75, normals[:, 1:2])
        side = np.tanh((points[:, :1] - parting) / 5)
        away = np.concatenate([across * side, 0 * side, -back + 0 * side], 1)
        front = top * away + (1 - top) * np.float32([0, -1, -0.2])
        share = smoothstep(-25, 20, points[:, 2:3] - crown[2])
        return share * front + (1 - share) * behind(points, normals, t)

    return comb


def slick(points, normals, t):
    """From the forehead over the crown and round the sides to the back, down behind."""
    rear = smoothstep(-70, -145, points[:, 2:3])
    low = 1 - smoothstep(10, 50, points[:, 1:2])
    return (1 - rear) * np.float32([0, 0, -1]) + (0.9 * rear + 0.45 * low) * DOWN


def curtain(parting, crown, back):
    """Long hair: away from the parting, out of the face, then straight down; before or behind the shoulders."""
    away = swept(parting, crown, 1.0, back)

    def comb(points, normals, t):
        x, y, z = points[:, :1], points[:, 1:2], points[:, 2:3]
        head = smoothstep(0, 45, y)
        face = smoothstep(-45, -22, z) * smoothstep(60, 35, y)
        rest = smoothstep(-80, -120, y)
        side = np.sign(x)
        pull = [face * 0.6 * side - 0.3 * rest * side, 0 * x, -1.4 * face + rest * np.where(z > -72, 0.8, -0.1)]
        return 0.5 * away(points, normals, t) * head + np.concatenate(pull, 1) - 0.22 * normals * (1 - head) * (1 - rest)

    return comb


def towards(tie):
    """Pulled back into a tie."""

    def comb(points, normals, t):
        return unit(tie - points)

    return comb


# --- hair on the head -----------------------------------------------------------------------------

def scalp_hair(looks, traits, ground):
    """Hair on the head in the person's style."""
    rng = np.random.default_rng([31, looks.detail])
    density = hairline.scalp_density(looks, traits) ** 0.6
    return STYLES[looks.hair_style](looks, ground, density, rng)


def _dress(looks, points, roots, layer, width, rng, deep=0.5, tip=0.35, spacing=None):
    """Colour, ribbon widths and Strands of scalp hair; ``layer`` (S,) is 0 for inner and 1 for outer hair."""
    colour = pigmented(looks, points.shape[:2], rng, looks.grey)
    deep = deep + (1 - deep) * min(0.7, 1.6 * float(colour.mean()) if len(points) else 0)  # fair hair passes light on
    t = np.linspace(0, 1, points.shape[1], dtype=np.float32)
    light = deep + (1 - deep) * (0.55 * layer[:, None] + 0.45 * smoothstep(-0.2, 0.45, t))
    wide = tapered(points, width, rng, tip) * (0.5 + 0.5 * smoothstep(0, 0.6, roots.density))[:, None]
    return as_strands(points, roots.vertex, colour * light[..., None].astype(np.float32), wide, "hair", hanging(points), spacing)


def _layers(roots, rng):
    """How far out in the hair each strand lies, (S,) in [0, 1]; more of them outside, where they are seen."""
    return (rng.random(len(roots)) ** 0.7).astype(np.float32)


def _place(ground, x, y, z):
    """The person's own point at (x, y, z) mm on the mean head, on the skin."""
    mean = load_model().mean[ground.solid]
    return ground.vertices[ground.solid[np.square(mean - np.float32([x, y, z])).sum(1).argmin()]]


def _crown(ground, rng):
    return _place(ground, rng.choice([-1, 1]) * rng.uniform(2, 14), 100, -112) - np.float32([0, 12, 0])


def _none(looks, ground, density, rng):
    return Strands.empty()


def _bald(looks, ground, density, rng):
    roots = take_root(ground, density, 0.06, rng)
    length = rng.uniform(6, 14, len(roots)) * (0.4 + 0.6 * roots.density)
    points = fall(ground, roots, length, radial(_crown(ground, rng)), 4, 0.6, 0.3, 1.0, 0.4, 0.25, rng)
    return _dress(looks, points, roots, _layers(roots, rng), 0.8, rng)


def _buzz(looks, ground, density, rng):
    roots = take_root(ground, density, 0.11, rng)
    length = rng.uniform(2.5, 5, len(roots)) * (0.5 + 0.5 * roots.density)
    points = fall(ground, roots, length, radial(_crown(ground, rng)), 3, 0.3, 0, 1, 1.1, 0.35, rng)
    return _dress(looks, points, roots, _layers(roots, rng), 0.75, rng, 0.6)


def _short(looks, ground, density, rng):
    roots, crown = take_root(ground, density, 0.062, rng), _crown(ground, rng)
    layer, top = _layers(roots, rng), smoothstep(25, 80, roots.mean[:, 1])
    length = (rng.uniform(8, 14) + rng.uniform(12, 28) * top) * rng.uniform(0.75, 1.1, len(roots)) * (0.35 + 0.65 * roots.density)
    comb = turned(radial(crown), rng.uniform(-75, 75), crown)
    points = fall(ground, roots, length, comb, 5, 0.6 + 6 * layer * top, 0.1, 1.2, rng.uniform(0.6, 1.3), 0.3, rng)
    points, _ = clump(points, roots, 7, 0.55, rng)
    return _dress(looks, points, roots, layer, 1.25, rng, 0.5)


def _side_part(looks, ground, density, rng):
    roots, crown = take_root(ground, density, 0.05, rng), _crown(ground, rng)
    layer, top = _layers(roots, rng), smoothstep(30, 72, roots.mean[:, 1])
    length = (13 + 52 * top) * rng.uniform(0.8, 1.1, len(roots)) * (0.3 + 0.7 * roots.density)
    comb = swept(np.sign(crown[0]) * rng.uniform(22, 34), crown, 1.0, rng.uniform(-0.1, 0.45))
    points = fall(ground, roots, length, comb, 7, 0.8 + 9 * layer * top, 0.25, 0.8, 0.45, 0.1, rng, 1.2)
    points, _ = clump(points, roots, 9, 0.55, rng)
    return _dress(looks, points, roots, layer, 1.35, rng, 0.5)


def _slicked(looks, ground, density, rng):
    roots = take_root(ground, density**0.6, 0.05, rng)
    layer, top = _layers(roots, rng), smoothstep(0, 70, roots.mean[:, 1])
    length = (26 + 62 * top) * rng.uniform(0.8, 1.1, len(roots)) * (0.4 + 0.6 * roots.density)
    points = fall(ground, roots, length, slick, 8, 0.8 + 4.5 * layer * (0.4 + 0.6 * top), 0.05, 1.0, 0.35, 0.05, rng, 0.8)
    points, _ = clump(points, roots, 12, 0.7, rng)
    return _dress(looks, points, roots, layer, 1.35, rng, 0.5)


def _curly_short(looks, ground, density, rng):
    roots, crown = take_root(ground, density, 0.03, rng), _crown(ground, rng)
    layer, top = _layers(roots, rng), smoothstep(-20, 70, roots.mean[:, 1])
    length = (22 + 26 * top) * rng.uniform(0.7, 1.15, len(roots)) * (0.3 + 0.7 * roots.density)
    points = fall(ground, roots, length, radial(crown), 11, 1 + (4 + 13 * top) * layer, 0.25, 0.8, 1.6, 0.3, rng, 0.7)
    points, mine = clump(points, roots, 8, 0.5, rng)
    points = curl(points, mine, rng.uniform(3, 5, len(roots)) * (0.4 + 0.6 * top), rng.uniform(17, 24), rng)
    return _dress(looks, points, roots, layer, 1.7, rng, 0.4, 0.5)


def _afro(looks, ground, density, rng):
    roots = take_root(ground, density, 0.07, rng)
    layer = (rng.random(len(roots)) ** 0.55).astype(np.float32)
    thick = rng.uniform(24, 52) * (0.45 + 0.55 * smoothstep(-40, 60, roots.mean[:, 1])) * (0.35 + 0.65 * roots.density)
    centre = np.float32([0, 20, -80])
    out = unit(0.7 * roots.normals + 0.5 * unit(roots.points - centre))
    lump = 1 + 0.16 * np.sin(roots.points @ rng.normal(0, 0.09, (3, 3)).astype(np.float32)).sum(1) / 1.7
    turn = np.linspace(0, rng.uniform(7, 11), 6)[None] + rng.uniform(0, 6.28, (len(roots), 1))
    side = unit(np.cross(out, rng.standard_normal(out.shape)))
    other = np.cross(out, side)
    far = (thick * lump * layer)[:, None] + np.linspace(-4, 5, 6)[None]
    wide = rng.uniform(1.8, 3.6, (len(roots), 1)) * np.clip(far / 8, 0.1, 1)
    points = roots.points[:, None] + np.maximum(far, 0.3)[..., None] * out[:, None]
    points = points + wide[..., None] * (np.cos(turn)[..., None] * side[:, None] + np.sin(turn)[..., None] * other[:, None])
    return _dress(looks, points.astype(np.float32), roots, layer**2, 2.0, rng, 0.35, 0.6)


def _hanging(looks, ground, density, rng, line, volume=11.0, curls=None, per=0.036, bound=0.6, steps=18, width=1.8, spacing=20.0):
    """Long hair of all kinds, cut at the height ``line`` mm."""
    roots, crown = take_root(ground, density, per, rng), _crown(ground, rng)
    layer = _layers(roots, rng)
    comb = curtain(np.sign(crown[0]) * rng.uniform(2, 26), crown, rng.uniform(0.25, 0.6))
    lift = 1.0 + volume * layer * (0.35 + 0.65 * smoothstep(-10, 60, roots.mean[:, 1]))
    length = (105.0 - line) * (0.12 + 0.88 * smoothstep(0.25, 0.75, roots.density))
    points = fall(ground.with_ears_under_hair(), roots, length, comb, steps, lift, 0.45, 1.0, 0.35, 0.05, rng)
    points, mine = clump(points, roots, 14, bound, rng)
    if curls:
        radius, wave = curls
        points = curl(points, mine, radius * rng.uniform(0.6, 1.2, len(roots)), wave, rng)
    points = _trimmed(_off_forehead(points), line + rng.normal(0, 5, len(roots)) - 8 * layer, rng)
    return _dress(looks, points, roots, layer, width, rng, 0.45, 0.35, spacing)


def _off_forehead(points):
    """End strands where they would cross the forehead: what is left is baby hair."""
    x, y, z = np.moveaxis(points, 2, 0)
    across = (np.abs(x) < 52) & (z > -14) & (y < y[:, :1] - 7) & (y > -20)
    return cut(points, _first(across))


def _first(flags):
    """Share (S,) of each strand's length at which ``flags`` (S,N) is first True, 1 where it never is."""
    steps = flags.shape[1]
    return np.where(flags.any(1), flags.argmax(1), steps - 1) / (steps - 1)


def _trimmed(points, line, rng):
    """Cut strands where they pass below the height ``line`` (S,) mm."""
    return cut(points, _first(points[..., 1] < line[:, None]) * rng.uniform(0.93, 1, len(points)))


def _fringe(looks, ground, density, rng):
    """A fringe over the forehead, cut above the eyes."""
    a = atlas()
    front = smoothstep(-52, -30, a["z"]) * smoothstep(48, 34, np.abs(a["x"])) * smoothstep(45, 55, a["y"])
    roots = take_root(ground, density * front, 0.1, rng)
    layer, part = _layers(roots, rng), rng.uniform(-0.5, 0.5)

    def comb(points, normals, t):
        x = points[:, :1]
        return np.concatenate([part * (1 - t) + 0.004 * x, -0.3 + 0 * x, 1.2 * (1 - t) + 0 * x], 1)

    points = fall(ground, roots, np.full(len(roots), 85.0), comb, 9, 1 + 7 * layer, 0.7, 1.0, 0.5, 0.06, rng, 0.5)
    points, _ = clump(points, roots, 9, 0.5, rng)
    line = rng.uniform(20, 30) + 0.004 * points[:, -1, 0] ** 2 + rng.normal(0, 2, len(roots))
    return _dress(looks, _trimmed(points, line, rng), roots, layer, 1.5, rng, 0.5, 0.4)


def _bob(looks, ground, density, rng):
    fringe = _fringe(looks, ground, density, rng) if rng.random() < 0.4 else Strands.empty()
    hair = _hanging(looks, ground, density, rng, rng.uniform(-98, -62), 12, None, 0.042, 0.5, 13, 1.7, 15.0)
    return Strands.joined([hair, fringe])


def _long_straight(looks, ground, density, rng):
    fringe = _fringe(looks, ground, density, rng) if rng.random() < 0.3 else Strands.empty()
    return Strands.joined([_hanging(looks, ground, density, rng, rng.uniform(-210, -150)), fringe])


def _long_wavy(looks, ground, density, rng):
    return _hanging(looks, ground, density, rng, rng.uniform(-205, -130), 15, (rng.uniform(5, 8), rng.uniform(58, 80)), 0.033, 0.75, 22, 1.9, 12.0)


def _long_curly(looks, ground, density, rng):
    return _hanging(looks, ground, density, rng, rng.uniform(-170, -100), 24, (rng.uniform(6.5, 9), rng.uniform(36, 48)), 0.0245, 0.6, 30, 2.2, 8.2)


def _pulled(looks, ground, density, rng, tie):
    """Hair drawn tightly over the head into a tie."""
    roots = take_root(ground, density**0.6, 0.05, rng)
    layer = _layers(roots, rng)
    centre = np.float32([0, 25, -75])
    cosine = (unit(roots.points - centre) * unit(tie - centre)).sum(1)
    length = 88 * np.arccos(np.clip(cosine, -1, 1)) * rng.uniform(0.9, 1.0, len(roots))
    points = fall(ground, roots, np.maximum(length, 6), towards(tie), 8, 0.8 + 4 * layer, 0.03, 0.5, 0.3, 0.04, rng, 0.8)
    points, _ = clump(points, roots, 10, 0.5, rng)
    return _dress(looks, points, roots, layer, 1.4, rng, 0.5, 0.7)


def _at_tie(ground, tie, count, rng):
    """Roots of the hair that hangs from a tie."""
    nearest = ground.solid[np.square(ground.vertices[ground.solid] - tie).sum(1).argmin()]
    normal = np.repeat(ground.normals[nearest][None], count, 0)
    disc = tangential(rng.standard_normal((count, 3)).astype(np.float32), normal) * rng.uniform(0, 9, (count, 1))
    points = (tie + 6 * normal + disc).astype(np.float32)
    return Roots(points, normal, points, np.full(count, nearest), np.ones(count, np.float32))


def _ponytail(looks, ground, density, rng):
    tie = _place(ground, 0, rng.uniform(35, 85), -200)
    roots = _at_tie(ground, tie, 420, rng)
    layer = _layers(roots, rng)
    comb = lambda points, normals, t: 0 * points  # noqa: E731
    points = fall(ground, roots, rng.uniform(150, 220) * rng.uniform(0.85, 1, len(roots)), comb, 12, 4 + 8 * layer, 0.6, 1.0, 1.0, 0.1, rng)
    points, mine = clump(points, roots, 16, 0.5, rng)
    points = curl(points, mine, np.full(len(roots), rng.uniform(0, 5)), 70, rng)
    return Strands.joined([_pulled(looks, ground, density, rng, tie), _dress(looks, points, roots, layer, 1.8, rng, 0.5)])


def _bun(looks, ground, density, rng):
    tie = _place(ground, 0, rng.uniform(60, 95), rng.uniform(-165, -130))
    roots = _at_tie(ground, tie, 420, rng)
    size, axis = rng.uniform(19, 27), roots.normals[:1]
    layer = _layers(roots, rng)
    polar = rng.uniform(0.15, 2.2, (len(roots), 1)) + np.linspace(-0.3, 0.3, 9)[None]
    around = rng.uniform(0, 6.28, (len(roots), 1)) + np.linspace(0, 1.8, 9)[None]
    side = unit(np.cross(axis, np.float32([[1, 0.2, 0.1]])))
    other = np.cross(axis, side)
    ball = np.cos(polar)[..., None] * axis + np.sin(polar)[..., None] * (np.cos(around)[..., None] * side + np.sin(around)[..., None] * other)
    points = tie + 0.6 * size * axis[0] + size * (0.72 + 0.28 * layer[:, None, None]) * ball * [1, 0.9, 1]
    coil = _dress(looks, points.astype(np.float32), roots, layer**2, 1.9, rng, 0.3, 0.6)
    return Strands.joined([_pulled(looks, ground, density, rng, tie), coil])


STYLES = {
    "bald": _bald, "shaved": _none, "buzz": _buzz, "short": _short, "side_part": _side_part, "slicked": _slicked,
    "curly_short": _curly_short, "afro": _afro, "bob": _bob, "long_straight": _long_straight, "long_wavy": _long_wavy,
    "long_curly": _long_curly, "ponytail": _ponytail, "bun": _bun,
}


# --- beard, brows, lashes -------------------------------------------------------------------------

BEARD_LENGTH = {"moustache": (7, 7), "goatee": (8, 12), "short_beard": (5, 7), "full_beard": (11, 30)}  # cheek, chin; mm


def beard_hair(looks, traits, ground):
    """Beard and moustache of the person's kind; stubble and the shaved beard's shadow are paint only."""
    if looks.beard not in BEARD_LENGTH:
        return Strands.empty()
    rng = np.random.default_rng([32, looks.detail])
    roots = take_root(ground, hairline.beard_density(looks), 0.115, rng)
    x, y = roots.mean[:, 0], roots.mean[:, 1]
    cheek, chin = BEARD_LENGTH[looks.beard]
    lip = smoothstep(-64, -58, y) * (np.abs(x) < 26)  # the moustache stays above the mouth
    low = smoothstep(-75, -105, y) * (1 - smoothstep(20, 50, np.abs(x)))
    length = (cheek + (chin - cheek) * low) * (1 - lip) + lip * np.interp(y, [-58, -50], [4.5, 7.5])
    length = length * rng.uniform(0.7, 1.15, len(roots)) * (0.45 + 0.55 * roots.density)
    layer = _layers(roots, rng)
    points = fall(ground, roots, length, _beard_comb(chin), 5, 0.4 + 0.12 * length * layer, 0.25, 1.0, 0.45, 0.3, rng)
    points, _ = clump(points, roots, 6, 0.35, rng)
    colour = pigmented(looks, points.shape[:2], rng, min(1, 1.2 * looks.grey)) * (0.55 + 0.4 * layer)[:, None, None]
    return as_strands(points, roots.vertex, colour, tapered(points, 1.0, rng), "beard")


def _beard_comb(long):
    def comb(points, normals, t):
        upper = smoothstep(-68, -62, points[:, 1:2])
        out = np.tanh(points[:, :1] / 6)
        side = np.concatenate([1.5 * upper * out, -1 + 0 * out, 0.25 + 0 * out], 1)
        inward = np.concatenate([-0.006 * long * points[:, :1] / 30, 0 * out, 0 * out], 1)
        return side + inward

    return comb


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
    """Upper and lower lashes, curved away from the eye, along the strips that the face model has for them."""
    rng = np.random.default_rng([34, looks.detail])
    return Strands.joined([_lash_row(looks, ground, grid, rng) for grid in lash_grids()])


def _lash_row(looks, ground, grid, rng):
    """Strands (S,5) between the columns of one strip (columns, rows), root to tip."""
    path = ground.vertices[grid]
    upper = path[:, -1, 1].mean() > path[:, 0, 1].mean()
    count, reach = (46, 0.55 + 0.6 * looks.lash_length) if upper else (24, 0.35 + 0.3 * looks.lash_length)
    place = np.sort(rng.uniform(0, len(grid) - 1.001, count))
    low, share = place.astype(int), (place % 1)[:, None, None]
    curve = path[low] * (1 - share) + path[low + 1] * share
    fan = 0.5 + 0.5 * np.sin(np.pi * np.clip(place / len(grid), 0.1, 0.9))
    grown = (reach * fan * rng.uniform(0.75, 1.1, count))[:, None, None] * (curve - curve[:, :1])
    points = curve[:, :1] + grown
    dark = pigmented(looks, points.shape[:2], rng, 0.2 * looks.grey, 0) * 0.35
    root = np.where(share[:, 0, 0] < 0.5, grid[low, 0], grid[low + 1, 0])
    return as_strands(points, root, dark, tapered(points, 0.5 if upper else 0.36, rng, 0.25), "lashes")


@cache
def lash_grids():
    """The four lash strips of the model as vertex grids (columns, 5), each column from the lid to the tip."""
    model = load_model()
    t = model.triangles[model.triangle_parts == model.part["lashes"]].reshape(-1, 2, 3)
    fan = (t[:, 0, 0] == t[:, 1, 0]) & (t[:, 0, 2] == t[:, 1, 1])
    quads = np.where(fan[:, None], np.c_[t[:, 0], t[:, 1, 2]], np.c_[t[:, 0, :2], t[:, 1, 1], t[:, 0, 2]])
    eyes = np.stack([model.mean[e].mean(0) for e in (model.eye_left, model.eye_right)])
    return [_rooted(g, model.mean, eyes) for g in _grids(quads.tolist())]


def _rooted(grid, mean, eyes):
    """Turn a grid so that its rows run along the lid and its first row lies on it."""
    grid = grid if len(grid) > grid.shape[1] else grid.T
    eye = eyes[np.abs(eyes[:, 0] - mean[grid][..., 0].mean()).argmin()]
    away = np.linalg.norm(mean[grid] - eye, axis=-1).mean(0)
    return grid if away[0] < away[-1] else grid[:, ::-1]


def _grids(quads):
    """Vertex grids (columns, rows) of all strips of quads, each walked from one of its corners."""
    by_edge, use = {}, {}
    for q, quad in enumerate(quads):
        for i in range(4):
            by_edge.setdefault(frozenset((quad[i], quad[i - 1])), []).append(q)
            use[quad[i]] = use.get(quad[i], 0) + 1
    seen, grids = set(), []
    for q, quad in enumerate(quads):
        corner = [v for v in quad if use[v] == 1]
        if corner and corner[0] not in seen:
            grid = _walk(quads, by_edge, q, corner[0])
            seen |= set(np.ravel(grid).tolist())
            grids.append(np.array(grid))
    return grids


def _walk(quads, by_edge, q, corner):
    """One grid, column by column, from a corner vertex of its quad ``q``."""
    i = quads[q].index(corner)
    a, b = corner, quads[q][(i + 1) % 4]
    columns = [_column(quads, by_edge, q, a, b)]
    while True:
        a, b, c, d = _turned(quads[q], a, b)
        columns.append(_column(quads, by_edge, q, d, c))
        a, b = d, c
        onward = [n for n in by_edge[frozenset((a, b))] if n != q]
        if not onward:
            return columns
        q = onward[0]


def _turned(quad, a, b):
    """The corners of a quad as a, b, c, d with the edge a-b first."""
    i, j = quad.index(a), quad.index(b)
    step = 1 if (i + 1) % 4 == j else -1
    return tuple(quad[(i + k * step) % 4] for k in range(4))


def _column(quads, by_edge, q, a, b):
    """Vertices straight on from a and b across the strip."""
    line = [a, b]
    _, _, c, d = _turned(quads[q], a, b)
    far = c
    while True:
        onward = [n for n in by_edge[frozenset((b, far))] if n != q]
        if not onward:
            return line
        q = onward[0]
        _, _, c, d = _turned(quads[q], b, far)
        b, far = d, c
        line.append(b)
