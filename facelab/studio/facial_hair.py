"""Beards, brows and lashes."""

from dataclasses import replace
from functools import cache

import numpy as np

from . import hairline
from .combing import beard_comb
from .growth import Manner, as_strands, clump, fall, layers, take_root, tangential, tapered
from .model import load_model, smoothstep
from .pigment import pigmented
from .strands import Strands

# Beards that have strands: how long they are on cheek and chin and how thick, in mm; how many there
# are to a square millimetre; points of each.
BEARD_MAKE = {
    "moustache": (7, 7, 0.42, 0.4, 5),
    "goatee": (8, 12, 0.42, 0.28, 5),
    "short_beard": (5, 7, 0.42, 0.17, 4),
    "full_beard": (11, 30, 0.6, 0.13, 5),
}


def beard_hair(looks, ground):
    """Beard and moustache of the person's kind; stubble and a shaven beard are paint only."""
    if looks.beard not in BEARD_MAKE:
        return Strands.empty()
    cheek, chin, thick, per_mm2, steps = BEARD_MAKE[looks.beard]
    rng = np.random.default_rng([32, looks.detail])
    roots = take_root(ground, hairline.beard_density(looks), per_mm2, rng)
    length = _beard_length(cheek, chin, roots.mean)
    length = length * rng.uniform(0.7, 1.15, len(roots)) * (0.3 + 0.7 * roots.density)
    layer = layers(roots, rng)
    manner = Manner(rise=0.45, gravity=0.25, jitter=0.3)
    lift = 0.4 + 0.12 * length * layer
    points = fall(ground, roots, length, beard_comb, steps, lift, manner, rng)
    points, _ = clump(points, 6, 0.35, rng)
    colour = pigmented(looks, points.shape[:2], rng, min(1, 1.2 * looks.grey))
    colour = colour * (0.55 + 0.4 * layer)[:, None, None]
    return as_strands(points, roots.vertex, colour, tapered(points, thick, rng), "beard")


def _beard_length(cheek, chin, places):
    """Length (S,) mm at places (S,3) of the mean head: longest at the chin, short over the lips."""
    x, y = np.abs(places[:, 0]), places[:, 1]
    low = smoothstep(-75, -105, y) * (1 - smoothstep(20, 50, x))
    lip = smoothstep(-64, -58, y) * (x < 26)
    return (cheek + (chin - cheek) * low) * (1 - lip) + lip * np.interp(y, [-58, -50], [4.5, 7.5])


def brows(looks, ground):
    """Brows: up and out at the inner end, outwards and down at the outer end, flat on the ridge."""
    rng = np.random.default_rng([33, looks.detail])
    per_mm2 = 0.35 + 0.55 * looks.brow_density
    roots = take_root(ground, hairline.brow_density(looks), per_mm2, rng)
    t = np.clip((np.abs(roots.mean[:, 0]) - 10) / 45, 0, 1)
    way = tangential(_brow_way(looks, roots.mean, t, rng), roots.normals) + 0.12 * roots.normals
    length = (5.2 + 2.8 * looks.brow_width) * rng.uniform(0.7, 1.15, len(roots))
    length = length * np.interp(t, [0, 0.3, 1], [0.85, 1.1, 0.75])
    along = np.linspace(0, 1, 4, dtype=np.float32)[None, :, None]
    grown = length[:, None, None] * (along * way[:, None] + np.float32([0, -0.1, 0]) * along**2)
    points = roots.points[:, None] + grown + 0.35 * roots.normals[:, None]
    dark = replace(looks, hair_melanin=0.15 + 0.85 * looks.hair_melanin)  # than on the head
    colour = pigmented(dark, points.shape[:2], rng, 0.5 * looks.grey, 0.1) * np.float32(0.8)
    width = rng.uniform(0.25, 0.5, len(roots)) * (0.6 + 0.4 * roots.density)
    return as_strands(points, roots.vertex, colour, tapered(points, width, rng), "brows")


def _brow_way(looks, places, t, rng):
    """Direction (S,3) of brow hairs seen from the front: upper ones lie down, lower ones rise."""
    middle, half = hairline.brow_curve(looks, places[:, 0])
    lean = np.interp(t, [0, 0.12, 0.4, 0.75, 1], [75, 48, 22, -8, -28])
    angle = np.radians(lean - 16 * (places[:, 1] - middle) / half + rng.normal(0, 9, len(t)))
    return np.stack([np.sign(places[:, 0]) * np.cos(angle), np.sin(angle), 0 * angle], 1)


# --- lashes ---------------------------------------------------------------------------------------


def lashes(looks, ground):
    """Upper and lower lashes, curved along the strips that the face model has for them."""
    rng = np.random.default_rng([34, looks.detail])
    return Strands.joined([_lash_row(looks, ground, grid, rng) for grid in lash_grids()])


def _lash_row(looks, ground, grid, rng):
    """Strands between the columns of one strip (columns, rows); longest over the middle."""
    path = ground.vertices[grid]
    upper = path[:, -1, 1].mean() > path[:, 0, 1].mean()
    count, width = (90, 0.3) if upper else (48, 0.16)
    reach = 0.55 + 0.6 * looks.lash_length if upper else 0.35 + 0.3 * looks.lash_length
    place = np.sort(rng.uniform(0, len(grid) - 1.001, count))
    low, share = place.astype(int), (place % 1)[:, None, None]
    curve = path[low] * (1 - share) + path[low + 1] * share
    fan = 0.5 + 0.5 * np.sin(np.pi * np.clip(place / len(grid), 0.1, 0.9))
    size = (reach * fan * rng.uniform(0.75, 1.1, count))[:, None, None]
    points = curve[:, :1] + size * (curve - curve[:, :1])
    dark = pigmented(looks, points.shape[:2], rng, 0.2 * looks.grey, 0) * np.float32(0.35)
    root = np.where(share[:, 0, 0] < 0.5, grid[low, 0], grid[low + 1, 0])
    return as_strands(points, root, dark, tapered(points, width, rng), "lashes")


@cache
def lash_grids():
    """The face model's four lash strips as vertex grids (columns, 5), from the lid to the tips."""
    model = load_model()
    eyes = np.stack([model.mean[e].mean(0) for e in (model.eye_left, model.eye_right)])
    return [_from_lid(grid, model.mean, eyes) for grid in _grids(_lash_quads(model))]


def _lash_quads(model):
    """The strips' quads, corners in order, from the two triangles into which each was split."""
    pair = model.triangles[model.triangle_parts == model.part["lashes"]].reshape(-1, 2, 3)
    a, b = pair[:, 0], pair[:, 1]
    fan = (a[:, 0] == b[:, 0]) & (a[:, 2] == b[:, 1])
    return np.where(fan[:, None], np.c_[a, b[:, 2]], np.c_[a[:, :2], b[:, 1], a[:, 2]]).tolist()


def _from_lid(grid, mean, eyes):
    """Turn a grid so that its columns start on the lid, which is nearest to the eye."""
    grid = grid if len(grid) > grid.shape[1] else grid.T
    eye = eyes[np.abs(eyes[:, 0] - mean[grid][..., 0].mean()).argmin()]
    away = np.linalg.norm(mean[grid] - eye, axis=-1).mean(0)
    return grid if away[0] < away[-1] else grid[:, ::-1]


def _grids(quads):
    """Vertex grids of all strips of quads, each walked from one of its corners."""
    by_edge, uses = {}, {}
    for q, quad in enumerate(quads):
        for i in range(4):
            by_edge.setdefault(frozenset((quad[i], quad[i - 1])), []).append(q)
            uses[quad[i]] = uses.get(quad[i], 0) + 1
    seen, grids = set(), []
    for q, quad in enumerate(quads):
        corner = next((v for v in quad if uses[v] == 1), None)
        if corner is not None and corner not in seen:
            grids.append(np.array(_walk(quads, by_edge, q, corner)))
            seen |= set(grids[-1].ravel().tolist())
    return grids


def _walk(quads, by_edge, q, corner):
    """One grid, column by column, from a corner vertex of its quad ``q``."""
    a, b = corner, quads[q][(quads[q].index(corner) + 1) % 4]
    columns = [_column(quads, by_edge, q, a, b)]
    while q is not None:
        _, _, b, a = _turned(quads[q], a, b)
        columns.append(_column(quads, by_edge, q, a, b))
        q = _across(by_edge, q, a, b)
    return columns


def _column(quads, by_edge, q, a, b):
    """Vertices straight on from a and b across the strip."""
    line = [a, b]
    _, _, far, _ = _turned(quads[q], a, b)
    while (q := _across(by_edge, q, b, far)) is not None:
        _, _, far, b = _turned(quads[q], b, far)
        line.append(b)
    return line


def _across(by_edge, q, a, b):
    """The quad on the other side of the edge a-b, or None."""
    return next((n for n in by_edge[frozenset((a, b))] if n != q), None)


def _turned(quad, a, b):
    """The corners of a quad in order, the edge a-b first."""
    i = quad.index(a)
    step = 1 if quad[(i + 1) % 4] == b else -1
    return tuple(quad[(i + k * step) % 4] for k in range(4))
