"""Hairs thinner than a pixel: drawn over what is seen by the share of each pixel that they cover.

A z-buffer knows all or nothing, so that hairs thinner than a sample become dots. Here each hair is
a line through pixels whose coverage is worked out (a box as wide as a pixel at least, after Gupta
and Sproull 1981, "Filtering edges for gray-scale displays") and laid over the picture as Porter
and Duff's *over*, hair by hair, in an order that no band of rows changes. Compiled.
"""

import math

import numpy as np

from .raster import compiled, helper

NEAR_BY = np.float32(3.0)  # mm behind the nearest surface from which hairs still show
ELECTED = 5  # votes of a pixel that is hair for the greater part; samples have four


@helper
def _seen(depth, y, x, limit):
    """Share of a pixel's four samples whose surface is not before ``limit``."""
    a, b = depth[2 * y, 2 * x] < limit, depth[2 * y, 2 * x + 1] < limit
    c, d = depth[2 * y + 1, 2 * x] < limit, depth[2 * y + 1, 2 * x + 1] < limit
    return np.float32(0.25) * (np.float32(a) + np.float32(b) + np.float32(c) + np.float32(d))


@helper
def _lay_over(y, x, share, r, g, b, inner, radiance, cover, mask, head_mask, occluder_mask):
    """Lay a hair that covers ``share`` of a pixel over what is there."""
    keep = np.float32(1) - share
    radiance[y, x, 0] = keep * radiance[y, x, 0] + share * r
    radiance[y, x, 1] = keep * radiance[y, x, 1] + share * g
    radiance[y, x, 2] = keep * radiance[y, x, 2] + share * b
    cover[y, x] = keep * cover[y, x] + share
    mask[y, x] = keep * mask[y, x] + share * inner
    head_mask[y, x] = keep * head_mask[y, x] + share
    occluder_mask[y, x] *= keep


@compiled
def draw_hairs(
    points, near, starts, half, hidden, kinds, lit, begin, nearest, elected,
    radiance, cover, votes, parts, mask, head_mask, occluder_mask, depth, normal_map, surface,
    place, first, last,
):  # fmt: skip
    """Lay strands over the pixel rows ``first`` to ``last``.

    points (P,2), half (P,) in samples, two per pixel; near (P,); hidden (P,) bool: a segment is
    left out between two such points; kinds (S,) part numbers; lit (2P,4) radiance and share of the
    inner face, two rows per point; nearest (2H,2W) the z-buffer. Where strands cover more than half
    of a pixel and may be ``elected``, they also fill in its truths: segment k is the triangle
    ``begin + 2 k``.
    """
    width, one = radiance.shape[1], np.float32(1)
    pixel, middle = np.float32(0.5), np.float32(0.5)
    covered = np.zeros((last - first, width), np.float32)
    for s in range(len(starts) - 1):
        for p in range(starts[s], starts[s + 1] - 1):
            y0, y1 = points[p, 1] * pixel, points[p + 1, 1] * pixel
            if (hidden[p] and hidden[p + 1]) or min(y0, y1) - 1 >= last or max(y0, y1) + 1 < first:
                continue
            x0, x1 = points[p, 0] * pixel, points[p + 1, 0] * pixel
            dx, dy = x1 - x0, y1 - y0
            steep = abs(dy) >= abs(dx)
            # along a the line runs, across it b is covered
            a0, a1, b0, slope = (y0, y1, x0, dx / dy) if steep else (x0, x1, y0, dy / dx)
            if not abs(slope) <= one:
                continue  # a segment of no length
            stretch = math.sqrt(one + slope * slope)
            low, high = min(a0, a1), max(a0, a1)
            floor, roof = (first, last) if steep else (0, width)
            for i in range(max(floor, int(math.floor(low))), min(roof, int(math.ceil(high)))):
                start, stop = max(low, np.float32(i)), min(high, np.float32(i + 1))
                if stop <= start:
                    continue
                t = (middle * (start + stop) - a0) / (a1 - a0)
                b = b0 + t * slope * (a1 - a0)
                thick = (half[p] + t * (half[p + 1] - half[p])) * stretch * pixel
                wide = max(thick, middle)
                share = (stop - start) * thick / wide
                z = near[p] + t * (near[p + 1] - near[p])
                limit = z + NEAR_BY * z * z
                floor_b, roof_b = (0, width) if steep else (first, last)
                for j in range(
                    max(floor_b, int(math.floor(b - wide))), min(roof_b, int(math.ceil(b + wide)))
                ):
                    y, x = (i, j) if steep else (j, i)
                    over = min(np.float32(j + 1), b + wide) - max(np.float32(j), b - wide)
                    over *= share * _seen(nearest, y, x, limit)
                    if over <= 0:
                        continue
                    k, u = 2 * p, one - t
                    _lay_over(
                        y, x, over,
                        u * lit[k, 0] + t * lit[k + 2, 0],
                        u * lit[k, 1] + t * lit[k + 2, 1],
                        u * lit[k, 2] + t * lit[k + 2, 2],
                        u * lit[k, 3] + t * lit[k + 2, 3],
                        radiance, cover, mask, head_mask, occluder_mask,
                    )  # fmt: skip
                    if not elected:
                        continue
                    row = y - first
                    covered[row, x] += over * (one - covered[row, x])
                    if covered[row, x] > middle and votes[y, x] != ELECTED:
                        votes[y, x], parts[y, x] = ELECTED, kinds[s]
                        depth[y, x], surface[y, x] = one / z, begin + 2 * (p - s)
                        place[y, x, 0], place[y, x, 1] = middle, t
                        normal_map[y, x, 0] = normal_map[y, x, 1] = np.float32(0)
                        normal_map[y, x, 2] = one
