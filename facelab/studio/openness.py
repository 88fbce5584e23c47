"""How much of the sky each vertex of a head sees: baked ambient occlusion."""

from functools import cache

import numpy as np

from .model import load_model
from .raster import compiled, helper

SIZE = 144  # samples along each side of a depth map
REACH = 500.0  # mm that it covers
CENTRE = np.float32([0, -60, -70])  # mm, of what it shows
MARGIN = 5.0  # mm behind the map's surface at which a vertex is hidden


@cache
def sky_directions(count=40):
    """Directions spread evenly over the sphere, (count,3), by the golden angle."""
    k = np.arange(count) + 0.5
    z, turn = 1 - 2 * k / count, np.pi * (1 + 5**0.5) * k
    ring = np.sqrt(1 - z * z)
    return np.stack([ring * np.cos(turn), ring * np.sin(turn), z], 1).astype(np.float32)


@cache
def _views():
    """A right, an up and a forward axis for each of ``sky_directions``, (count,3,3) float32."""
    ahead = sky_directions()
    side = np.cross(ahead, [0, 1, 0.01])
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    return np.stack([side, np.cross(ahead, side), ahead], 1).astype(np.float32)


def openness_of(vertices, normals):
    """Share of cosine-weighted sky that each vertex sees: depth maps from all sides decide.

    Parameters
    ----------
    vertices, normals : (V,3) float32, a shape of the face model in mm

    Returns
    -------
    (V,) float32 in [0, 1]
    """
    seen, whole = np.zeros((2, len(vertices)), np.float32)
    scale, margin = np.float32(SIZE / REACH), np.float32(MARGIN)
    depth = np.empty((SIZE, SIZE), np.float32)
    local = np.empty((len(vertices), 3), np.float32)
    moved, (triangles, closed) = vertices - CENTRE, _triangles()
    for axes in _views():
        _look(moved, normals, triangles, closed, axes, scale, margin, local, depth, seen, whole)
    return seen / (whole + np.float32(1e-6))


@cache
def _triangles():
    """The model's triangles, the lashes last, and how many come before them."""
    model = load_model()
    lashes = model.triangle_parts == model.part["lashes"]
    order = np.argsort(lashes, kind="stable")
    return np.ascontiguousarray(model.triangles[order]), int((~lashes).sum())


@helper
def _cover(local, triangles, closed, depth):
    """Draw the heights of triangles into a depth map, where the nearest stays; the first
    ``closed`` only where they face the sky, because others of them hide their backs."""
    none, half, last = np.float32(0), np.float32(0.5), len(depth) - 1
    for t in range(len(triangles)):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay = local[a, 0] - half, local[a, 1] - half
        bx, by = local[b, 0] - half - ax, local[b, 1] - half - ay
        cx, cy = local[c, 0] - half - ax, local[c, 1] - half - ay
        area = bx * cy - by * cx
        if area == 0 or (area < 0 and t < closed):
            continue
        low = max(0, int(np.ceil(ay + min(none, by, cy))))
        high = min(last, int(np.floor(ay + max(none, by, cy))))
        left = max(0, int(np.ceil(ax + min(none, bx, cx))))
        right = min(last, int(np.floor(ax + max(none, bx, cx))))
        if low > high or left > right:
            continue
        bx, by, cx, cy = bx / area, by / area, cx / area, cy / area
        ab, ac = local[b, 2] - local[a, 2], local[c, 2] - local[a, 2]
        for y in range(low, high + 1):
            for x in range(left, right + 1):
                px, py = np.float32(x) - ax, np.float32(y) - ay
                wb, wc = px * cy - py * cx, py * bx - px * by
                if wb >= 0 and wc >= 0 and wb + wc <= 1:
                    depth[y, x] = max(depth[y, x], local[a, 2] + wb * ab + wc * ac)


@compiled
def _look(vertices, normals, triangles, closed, axes, scale, margin, local, depth, seen, whole):
    """Add what vertices (V,3) see of the sky in one direction, and what they would alone."""
    middle, last = np.float32(len(depth)) / np.float32(2), len(depth) - 1
    for v in range(len(vertices)):
        x, y, z = vertices[v]
        local[v, 0] = (x * axes[0, 0] + y * axes[0, 1] + z * axes[0, 2]) * scale + middle
        local[v, 1] = (x * axes[1, 0] + y * axes[1, 1] + z * axes[1, 2]) * scale + middle
        local[v, 2] = x * axes[2, 0] + y * axes[2, 1] + z * axes[2, 2]
    depth[:] = -1e9
    # from below one looks into the shoulders, which have no floor
    _cover(local, triangles, closed if axes[2, 1] > np.float32(0) else 0, depth)
    for v in range(len(vertices)):
        nx, ny, nz = normals[v]
        cosine = nx * axes[2, 0] + ny * axes[2, 1] + nz * axes[2, 2]
        if cosine > 0:
            x, y = int(local[v, 0]), int(local[v, 1])
            whole[v] += cosine
            if depth[min(max(y, 0), last), min(max(x, 0), last)] < local[v, 2] + margin:
                seen[v] += cosine
