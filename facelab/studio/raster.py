"""Triangles to samples: the z-buffer and what is read from it. Compiled; every function works on a band of rows.

Bands never share a sample, so the result does not depend on how many threads work on them.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from os import cpu_count

import numba as nb
import numpy as np

compiled = nb.njit(nogil=True, cache=True, fastmath={"contract", "arcp", "nsz", "reassoc"}, error_model="numpy")


@compiled
def rasterise(points, nearness, triangles, culled, depth, ids, begin, first, last):
    """Draw triangles into rows ``first`` to ``last`` of a z-buffer.

    points (V,2) float32 in samples; nearness (V,) float32, larger is nearer and linear in the picture (1/distance);
    triangles (T,3) int32; culled (T,) bool, True drops triangles seen from behind; depth (H,W) float32 and ids (H,W)
    int32 (``begin`` + number of the triangle) are updated where a triangle is nearer. Sample centres lie at +0.5.
    """
    width = depth.shape[1]
    for t in range(len(triangles)):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, bx, by, cx, cy = points[a, 0], points[a, 1], points[b, 0], points[b, 1], points[c, 0], points[c, 1]
        low = max(first, int(np.ceil(min(ay, by, cy) - np.float32(0.5))))
        high = min(last, int(np.floor(max(ay, by, cy) - np.float32(0.5))) + 1)
        if low >= high:
            continue
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0 or (culled[t] and area > 0):
            continue
        left = max(0, int(np.ceil(min(ax, bx, cx) - np.float32(0.5))))
        right = min(width, int(np.floor(max(ax, bx, cx) - np.float32(0.5))) + 1)
        if left >= right:
            continue
        one = np.float32(1) / area
        za, zb, zc = nearness[a], nearness[b], nearness[c]
        for y in range(low, high):
            py = y + np.float32(0.5)
            px = left + np.float32(0.5)
            wb = ((px - ax) * (cy - ay) - (py - ay) * (cx - ax)) * one
            wc = ((bx - ax) * (py - ay) - (by - ay) * (px - ax)) * one
            db, dc = (cy - ay) * one, -(by - ay) * one
            for x in range(left, right):
                if wb >= 0 and wc >= 0 and wb + wc <= 1:
                    z = za + wb * (zb - za) + wc * (zc - za)
                    if z > depth[y, x]:
                        depth[y, x] = z
                        ids[y, x] = begin + t
                wb += db
                wc += dc


@compiled
def vertex_normals(vertices, triangles, starts, around, normals):
    """Unit vertex normals (V,3), area-weighted; ``starts`` and ``around`` list the triangles around each vertex."""
    for v in range(len(vertices)):
        nx = ny = nz = np.float32(0)
        for k in range(starts[v], starts[v + 1]):
            t = around[k]
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            ux, uy, uz = vertices[b, 0] - vertices[a, 0], vertices[b, 1] - vertices[a, 1], vertices[b, 2] - vertices[a, 2]
            wx, wy, wz = vertices[c, 0] - vertices[a, 0], vertices[c, 1] - vertices[a, 1], vertices[c, 2] - vertices[a, 2]
            nx += uy * wz - uz * wy
            ny += uz * wx - ux * wz
            nz += ux * wy - uy * wx
        length = np.sqrt(nx * nx + ny * ny + nz * nz) + np.float32(1e-12)
        normals[v, 0], normals[v, 1], normals[v, 2] = nx / length, ny / length, nz / length


def triangles_around(triangles, count):
    """Compressed list of the triangles around each of ``count`` vertices: (starts (V+1,), around (3T,))."""
    order = np.argsort(triangles.ravel(), kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(triangles.ravel(), minlength=count))])
    return starts.astype(np.int32), (order // 3).astype(np.int32)


@cache
def _pool():
    return ThreadPoolExecutor(cpu_count() or 1)


def in_bands(work, rows, bands=None):
    """Call ``work(first, last)`` for bands of ``rows`` rows, on all cores."""
    bands = bands or 4 * (cpu_count() or 1)
    edges = np.linspace(0, rows, min(bands, rows) + 1).astype(int)
    for done in [_pool().submit(work, a, b) for a, b in zip(edges[:-1], edges[1:], strict=True)]:
        done.result()
