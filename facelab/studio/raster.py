"""Triangles to samples: the z-buffer and what is read from it. Compiled; most functions work on a
band of rows, so that several can at once.
"""

import numba as nb
import numpy as np

OPTIONS = {
    "nogil": True,
    "cache": True,
    "fastmath": {"contract", "arcp", "nsz", "reassoc"},
    "error_model": "numpy",
    "no_cfunc_wrapper": True,
}
compiled = nb.njit(**OPTIONS)
# called by compiled functions only, which keep a copy: needs no way in from Python and no file,
# whose versions could get mixed up when two processes compile at once
helper = nb.njit(**{**OPTIONS, "cache": False}, no_cpython_wrapper=True)


# for arithmetic that has to round exactly as NumPy does
exactly = nb.njit(nogil=True, cache=True, error_model="numpy", no_cfunc_wrapper=True)

NEVER, BEHIND, ALWAYS = 0, 1, 2
BLOCK = 8  # samples of a row that are tried together


@compiled
def rasterise(points, nearness, triangles, drop, depth, ids, begin, first, last):
    """Draw triangles into rows ``first`` to ``last`` of a z-buffer.

    points (V,2) float32 in samples; nearness (V,) float32, larger is nearer and linear in the
    picture (1/distance); triangles (T,3) int32; drop (T,) uint8: ``NEVER``, ``BEHIND`` (when seen
    from behind) or ``ALWAYS``; depth (H,W) float32 and ids (H,W) int32 (``begin`` + number of the
    triangle) are updated where a triangle is nearer. Sample centres lie at +0.5.
    """
    width = depth.shape[1]
    for t in range(len(triangles)):
        if drop[t] == ALWAYS:
            continue
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, bx, by, cx, cy = (
            points[a, 0],
            points[a, 1],
            points[b, 0],
            points[b, 1],
            points[c, 0],
            points[c, 1],
        )
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0 or (drop[t] == BEHIND and area > 0):
            continue
        low = max(first, int(np.ceil(min(ay, by, cy) - np.float32(0.5))))
        high = min(last, int(np.floor(max(ay, by, cy) - np.float32(0.5))) + 1)
        if low >= high:
            continue
        left = max(0, int(np.ceil(min(ax, bx, cx) - np.float32(0.5))))
        right = min(width, int(np.floor(max(ax, bx, cx) - np.float32(0.5))) + 1)
        if left >= right:
            continue
        za, zb, zc = nearness[a], nearness[b], nearness[c]
        # weights of the corners b and c, and how they change from one sample to the next
        one = np.float32(1) / area
        db, dc = (cy - ay) * one, (ay - by) * one
        px = np.float32(left) + np.float32(0.5) - ax
        for y in range(low, high):
            py = np.float32(y) + np.float32(0.5) - ay
            wb = (px * (cy - ay) - py * (cx - ax)) * one
            wc = (py * (bx - ax) - px * (by - ay)) * one
            row, numbers = depth[y], ids[y]
            # whole blocks, at whose samples the compiler looks at once
            for k in range((right - left + BLOCK - 1) // BLOCK * BLOCK):
                step, column = np.float32(k), np.uint32(left + k)
                b_here, c_here = wb + step * db, wc + step * dc
                z = za + b_here * (zb - za) + c_here * (zc - za)
                inside = k < right - left and b_here >= 0 and c_here >= 0 and b_here + c_here <= 1
                if inside and z > row[column]:
                    row[column] = z
                    numbers[column] = begin + t


@compiled
def hide_points(points, near, depth, margin, reach, hidden):
    """Mark points (P,2) that lie behind the surface in ``depth``, further away than it by more
    than the factor ``margin``, also ``reach`` samples to all four sides: what begins there may come
    out at its border."""
    height, width = depth.shape
    for p in range(len(points)):
        x, y, limit = int(points[p, 0]), int(points[p, 1]), near[p] * margin
        hidden[p] = (
            reach <= x < width - reach
            and reach <= y < height - reach
            and depth[y, x] > limit
            and depth[y - reach, x] > limit
            and depth[y + reach, x] > limit
            and depth[y, x - reach] > limit
            and depth[y, x + reach] > limit
        )


@compiled
def rasterise_strands(points, near, starts, half, hidden, every, depth, ids, begin, first, last):
    """Draw every ``every``-th strand into rows ``first`` to ``last`` of a z-buffer, one span per
    row (per column where it lies flat).

    points (P,2) float32 in samples; near (P,) float32, larger is nearer; half (P,) float32, half
    widths in samples; hidden (P,) bool: segments between two such points are left out. Segment k
    gets the number ``begin + 2 k``, the first of its two triangles in ``Strands.triangles``.
    """
    height, width = depth.shape
    middle = np.float32(0.5)
    for s in range(0, len(starts) - 1, every):
        for p in range(starts[s], starts[s + 1] - 1):
            x0, y0, x1, y1 = points[p, 0], points[p, 1], points[p + 1, 0], points[p + 1, 1]
            wide = max(half[p], half[p + 1])
            if (
                (hidden[p] and hidden[p + 1])
                or min(y0, y1) - wide >= last
                or max(y0, y1) + wide < first
            ):
                continue
            number = begin + 2 * (p - s)
            dx, dy = x1 - x0, y1 - y0
            length = np.sqrt(dx * dx + dy * dy) + np.float32(1e-6)
            if abs(dy) >= abs(dx) and dy != 0:
                stretch, low, high = length / abs(dy), min(y0, y1), max(y0, y1)
                for y in range(
                    max(first, int(np.ceil(low - middle))), min(last, int(np.ceil(high - middle)))
                ):
                    t = (np.float32(y) + middle - y0) / dy
                    x, w, z = (
                        x0 + t * dx,
                        (half[p] + t * (half[p + 1] - half[p])) * stretch,
                        near[p] + t * (near[p + 1] - near[p]),
                    )
                    for i in range(
                        max(0, int(np.ceil(x - w - middle))),
                        min(width, int(np.ceil(x + w - middle))),
                    ):
                        if z > depth[y, i]:
                            depth[y, i] = z
                            ids[y, i] = number
            elif dx != 0:
                stretch, low, high = length / abs(dx), min(x0, x1), max(x0, x1)
                for i in range(
                    max(0, int(np.ceil(low - middle))), min(width, int(np.ceil(high - middle)))
                ):
                    t = (np.float32(i) + middle - x0) / dx
                    y, w, z = (
                        y0 + t * dy,
                        (half[p] + t * (half[p + 1] - half[p])) * stretch,
                        near[p] + t * (near[p + 1] - near[p]),
                    )
                    for j in range(
                        max(first, int(np.ceil(y - w - middle))),
                        min(last, int(np.ceil(y + w - middle))),
                    ):
                        if z > depth[j, i]:
                            depth[j, i] = z
                            ids[j, i] = number


@compiled
def vertex_normals(vertices, triangles, starts, around, normals):
    """Unit vertex normals (V,3), area-weighted; ``starts`` and ``around`` list the triangles
    around each vertex."""
    for v in range(len(vertices)):
        nx = ny = nz = np.float32(0)
        for k in range(starts[v], starts[v + 1]):
            t = around[k]
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            ux, uy, uz = (
                vertices[b, 0] - vertices[a, 0],
                vertices[b, 1] - vertices[a, 1],
                vertices[b, 2] - vertices[a, 2],
            )
            wx, wy, wz = (
                vertices[c, 0] - vertices[a, 0],
                vertices[c, 1] - vertices[a, 1],
                vertices[c, 2] - vertices[a, 2],
            )
            nx += uy * wz - uz * wy
            ny += uz * wx - ux * wz
            nz += ux * wy - uy * wx
        length = np.sqrt(nx * nx + ny * ny + nz * nz) + np.float32(1e-12)
        normals[v, 0], normals[v, 1], normals[v, 2] = nx / length, ny / length, nz / length


def triangles_around(triangles, count):
    """Compressed list of the triangles around each of ``count`` vertices: (starts (V+1,), around
    (3T,))."""
    order = np.argsort(triangles.ravel(), kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(triangles.ravel(), minlength=count))])
    return starts.astype(np.int32), (order // 3).astype(np.int32)
