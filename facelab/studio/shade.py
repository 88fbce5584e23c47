"""Light on skin, eyes, teeth, cloth and hair: from visible samples to linear radiance. Compiled.

Skin: wrapped diffuse with a redder wrap for light that travels under the skin (after Penner 2011,
pre-integrated skin shading), two specular lobes and Fresnel. Hair: Kajiya and Kay 1989. Shadows:
percentage-closer filtering (Reeves 1987).

What is seen is first collected as *fragments*, rows of numbers at a constant distance from each
other, so that the compiler can light many at a time.
"""

import math

import numpy as np

from .raster import compiled, helper

# Part numbers of the face model that need a rule of their own (FaceModel.part).
LIPS, MOUTH, EYE_LEFT, EYE_RIGHT, TEETH, TONGUE, CLOTHES, OCCLUDER = 2, 6, 7, 8, 9, 10, 13, 16

# A list of fragments is one array of ROWS rows, of which these are the first columns; the first
# CORNER of them are interpolated between the corners of a triangle. Albedo becomes radiance when it
# is lit.
ROOM, ROWS, CORNER = 256, 21, 11
X, Y, Z, NX, NY, NZ, AO, INNER, GARMENT, HEAD, TENSE = (ROOM * row for row in range(CORNER))
RED, GREEN, BLUE, SLOPE_U, SLOPE_V, GLOSS, ROUGH, WRAP, LIT, SHARE = (
    ROOM * row for row in range(CORNER, ROWS)
)
# Rows of a list of strand points, after place and direction (X to NZ).
ALONG = 11
TILT, BURIED, RED_HAIR, GREEN_HAIR, BLUE_HAIR = (ROOM * row for row in range(6, ALONG))
HEM = GARMENT // ROOM  # column of ``corners``
ALONE, PART = 128, 127  # of a triangle's kind: samples are not to be joined; the part number
TEXEL = RED, GREEN, BLUE, GLOSS, SLOPE_U, SLOPE_V  # the first six bytes of a texel
FOLDS = SLOPE_U, SLOPE_V  # to which the other two are added where skin is tense


@helper
def _unit(x, y, z):
    k = 1.0 / math.sqrt(x * x + y * y + z * z + 1e-12)
    return x * k, y * k, z * k


@helper
def _step(low, high, x):
    t = min(1.0, max(0.0, (x - low) / (high - low)))
    return t * t * (3.0 - 2.0 * t)


@helper
def _mix(values, a, b, c, wa, wb, wc):
    """The three numbers of a point between three rows of ``values``."""
    return (
        wa * values[a, 0] + wb * values[b, 0] + wc * values[c, 0],
        wa * values[a, 1] + wb * values[b, 1] + wc * values[c, 1],
        wa * values[a, 2] + wb * values[b, 2] + wc * values[c, 2],
    )


@helper
def _tap(shadow, x, y, d):
    """Share of the light at (x, y) of the shadow map: a comparison with a soft edge."""
    x0, y0 = int(x), int(y)
    ax, ay = x - x0, y - y0
    a = 1.0 if shadow[y0, x0] < d else 0.0
    b = 1.0 if shadow[y0, x0 + 1] < d else 0.0
    c = 1.0 if shadow[y0 + 1, x0] < d else 0.0
    e = 1.0 if shadow[y0 + 1, x0 + 1] < d else 0.0
    return (a + (b - a) * ax) * (1.0 - ay) + (c + (e - c) * ax) * ay


@helper
def _lit(shadow, frame, px, py, pz, spread):
    """Share of the key light that reaches a point: 3 x 3 comparisons in the shadow map, of which
    the outermost texels suffice where they agree."""
    u = frame[0, 0] * px + frame[0, 1] * py + frame[0, 2] * pz + frame[0, 3] - 0.5
    v = frame[1, 0] * px + frame[1, 1] * py + frame[1, 2] * pz + frame[1, 3] - 0.5
    d = frame[2, 0] * px + frame[2, 1] * py + frame[2, 2] * pz + frame[2, 3] + 2.5
    size = shadow.shape[0]
    left, right, above, below = u - spread, u + spread, v - spread, v + spread
    if left < 0 or above < 0 or right >= size - 1 or below >= size - 1:
        return 1.0
    i, j, k, m = int(left), int(right) + 1, int(above), int(below) + 1
    open_ = (shadow[k, i] < d) + (shadow[k, j] < d) + (shadow[m, i] < d) + (shadow[m, j] < d)
    if open_ == 0 or open_ == 4:
        return 0.25 * open_
    total = 0.0
    for tap in range(9):
        total += _tap(shadow, u + (tap % 3 - 1) * spread, v + (tap // 3 - 1) * spread, d)
    return total / 9.0


@helper
def _turn_normals(f, count, up):
    """Make the normals of fragments unit vectors and tilt them by the slopes of the skin: u runs
    around the head, whose axis is ``up``, and v down."""
    for i in range(count):
        nx, ny, nz = _unit(f[NX + i], f[NY + i], f[NZ + i])
        tx, ty, tz = _unit(
            up[1] * nz - up[2] * ny, up[2] * nx - up[0] * nz, up[0] * ny - up[1] * nx
        )
        qx, qy, qz = ny * tz - nz * ty, nz * tx - nx * tz, nx * ty - ny * tx
        su, sv = f[SLOPE_U + i], f[SLOPE_V + i]
        nx, ny, nz = nx - su * tx + sv * qx, ny - su * ty + sv * qy, nz - su * tz + sv * qz
        f[NX + i], f[NY + i], f[NZ + i] = _unit(nx, ny, nz)


@helper
def _light_up(f, count, light, view):
    """Turn the albedo of fragments into the radiance of a dielectric under key, fill and
    hemisphere light."""
    lx, ly, lz = light[0], light[1], light[2]
    for i in range(count):
        vx, vy, vz = _unit(view[0] - f[X + i], view[1] - f[Y + i], view[2] - f[Z + i])
        nx, ny, nz = f[NX + i], f[NY + i], f[NZ + i]
        gloss, rough, wrap, lit, ao = f[GLOSS + i], f[ROUGH + i], f[WRAP + i], f[LIT + i], f[AO + i]
        ndl = nx * lx + ny * ly + nz * lz
        ndv = max(0.0, nx * vx + ny * vy + nz * vz)
        hx, hy, hz = _unit(lx + vx, ly + vy, lz + vz)
        ndh = max(0.0, nx * hx + ny * hy + nz * hz)
        # red light travels furthest under the skin
        wr, wg, wb = wrap * 0.9, wrap * 0.6, wrap * 0.45
        dr = max(0.0, (ndl + wr) / (1.0 + wr))
        dg = max(0.0, (ndl + wg) / (1.0 + wg))
        db = max(0.0, (ndl + wb) / (1.0 + wb))
        dr, dg, db = (
            dr * math.sqrt(dr),
            dg * math.sqrt(math.sqrt(dg)),
            db * math.sqrt(math.sqrt(db)),
        )
        bleed = (math.sqrt(lit) - lit) * min(1.0, wrap * 2.0)
        dr, dg, db = (
            dr * (lit + bleed),
            dg * (lit + bleed * 0.5),
            db * (lit + bleed * 0.35),
        )
        up = 0.5 + 0.5 * ny
        back = max(0.0, -nx * lx * 0.9 + nz * 0.45 + 0.1) * ao
        half_angle = 1.0 - max(0.0, hx * vx + hy * vy + hz * vz)
        fresnel = 0.03 + 0.97 * half_angle**5
        # two lobes around the half vector: exp(-x) as (1 + x / 8)^-8, which needs no library call
        tight = 1.0 / (rough * rough)
        sharp, broad = tight * (1.0 - ndh) * 0.125, tight * (1.0 - ndh) * 0.0225
        lobe = tight * (0.35 / (1.0 + sharp) ** 8 + 0.117 / (1.0 + broad) ** 8)
        spec = gloss * fresnel * lobe * max(0.0, ndl) * lit * 1.3
        rim = gloss * 0.35 * (1.0 - ndv) ** 4 * ao
        shown = ao * ao
        r = light[3] * dr + ao * (light[9] + (light[6] - light[9]) * up) + back * light[12]
        g = light[4] * dg + back * light[13]
        g += 0.5 * (ao + shown) * (light[10] + (light[7] - light[10]) * up)
        b = light[5] * db + shown * (light[11] + (light[8] - light[11]) * up) + back * light[14]
        f[RED + i] = f[RED + i] * r + spec * light[3] + rim * light[6]
        f[GREEN + i] = f[GREEN + i] * g + spec * light[4] + rim * light[7]
        f[BLUE + i] = f[BLUE + i] * b + spec * light[5] + rim * light[8]


@helper
def _byte(texel, k):
    """Byte ``k`` of a packed texel."""
    return np.int32((texel >> np.uint64(8 * k)) & np.uint64(255))


@helper
def _add_texel(f, i, texels, u, v, level, share):
    """Add ``share`` of a bilinear fetch from one level of ``skin.pyramid`` to fragment ``i``: four
    bytes of colour and gloss, two of slopes and two of what tense skin adds to them; u wraps."""
    rows = texels.shape[0] * 2 // 3
    height, width = rows >> level, texels.shape[1] >> level
    top, left = (0, 0) if level == 0 else (rows, texels.shape[1] - 2 * width)
    x, y = u * width - 0.5, min(max(v * height - 0.5, 0.0), height - 1.001)
    fx, fy = np.floor(x), np.floor(y)
    ax, ay = x - fx, y - fy
    x0, y0 = int(fx), top + int(fy)
    x0 += width * (x0 < 0) - width * (x0 >= width)
    x1 = left + (x0 + 1) * (x0 + 1 < width)
    x0 += left
    p, q, r, s = texels[y0, x0], texels[y0, x1], texels[y0 + 1, x0], texels[y0 + 1, x1]
    above, below = (1.0 - ay) * share, ay * share
    a, b, c, d = (1.0 - ax) * above, ax * above, (1.0 - ax) * below, ax * below
    for k, row in enumerate(TEXEL):
        f[row + i] += _byte(p, k) * a + _byte(q, k) * b + _byte(r, k) * c + _byte(s, k) * d
    tense = f[TENSE + i]
    if tense > 0.02:
        for k, row in enumerate(FOLDS):
            fold = _byte(p, 6 + k) * a + _byte(q, 6 + k) * b
            fold += _byte(r, 6 + k) * c + _byte(s, 6 + k) * d
            f[row + i] += tense * (fold - 128.0 * share)


@helper
def _skin(f, i, texels, u, v, covered):
    """Make fragment ``i`` the skin at (u, v) where a pixel covers that many texels: from the two
    nearest levels, or one that is near enough."""
    level = -0.25
    while covered >= 2.0 and level < 2.0:
        covered *= 0.5
        level += 0.5
    # a straight line stands in for the logarithm between powers of two
    level = min(max(level + 0.5 * (covered - 1.0), 0.0), 1.999)
    k = int(level)
    share = min(max((level - k) * 1.6 - 0.3, 0.0), 1.0)
    for row in TEXEL:
        f[row + i] = 0.0
    for finer in range(2):
        part = share if finer == 0 else 1.0 - share
        if part > 0.0:
            _add_texel(f, i, texels, u, v, k + 1 - finer, part / 255.0)
    gloss = f[GLOSS + i]
    f[RED + i] *= f[RED + i]
    f[GREEN + i] *= f[GREEN + i]
    f[BLUE + i] *= f[BLUE + i]
    f[SLOPE_U + i] = (f[SLOPE_U + i] * 255.0 - 128.0) / 127.0
    f[SLOPE_V + i] = (f[SLOPE_V + i] * 255.0 - 128.0) / 127.0
    f[GLOSS + i], f[ROUGH + i], f[WRAP + i] = 1.3 * gloss, 0.42 - 0.14 * gloss, 0.4


@helper
def _between(points, x):
    """Height of a lid, a line through four points given as x0, y0, x1, y1, ..., at x."""
    for k in range(3):
        if x <= points[2 * k + 2] or k == 2:
            t = (x - points[2 * k]) / (points[2 * k + 2] - points[2 * k] + 1e-6)
            t = min(1.2, max(-0.2, t))
            return points[2 * k + 1] + t * (points[2 * k + 3] - points[2 * k + 1])
    return 0.0


@helper
def _iris(iris, rho, angle):
    """Bilinear fetch of the iris texture at ``rho`` iris radii from its middle: linear RGB."""
    y = min(rho * 0.7, 1.0) * 62.99  # .7: skin.IRIS_EDGE
    x = (angle * 0.15915494 + 0.5) * 64.0
    y0, x0 = int(y), int(x) % 64
    ay, ax, x1 = y - y0, x - np.floor(x), (x0 + 1) % 64
    a, b, c, d = (1.0 - ax) * (1.0 - ay), ax * (1.0 - ay), (1.0 - ax) * ay, ax * ay
    p, q, m, n = iris[y0, x0], iris[y0, x1], iris[y0 + 1, x0], iris[y0 + 1, x1]
    r = (p[0] * a + q[0] * b + m[0] * c + n[0] * d) / 255.0
    g = (p[1] * a + q[1] * b + m[1] * c + n[1] * d) / 255.0
    e = (p[2] * a + q[2] * b + m[2] * c + n[2] * d) / 255.0
    return r * r, g * g, e * e


@helper
def _eye(f, i, eye, iris, light, view):
    """Make fragment ``i`` an eyeball's: sclera, iris with depth, pupil, limbal ring, shadow of the
    lids. Returns the radiance of the wet highlight, which no albedo colours."""
    px, py, pz, lit = f[X + i], f[Y + i], f[Z + i], f[LIT + i]
    dx, dy, dz = _unit(px - eye[0], py - eye[1], pz - eye[2])
    radius = eye[3]
    vx, vy, vz = _unit(view[0] - px, view[1] - py, view[2] - pz)
    # gaze frame: z looks out of the pupil
    gx = eye[4] * dx + eye[5] * dy + eye[6] * dz
    gy = eye[7] * dx + eye[8] * dy + eye[9] * dz
    gz = eye[10] * dx + eye[11] * dy + eye[12] * dz
    wx = eye[4] * vx + eye[5] * vy + eye[6] * vz
    wy = eye[7] * vx + eye[8] * vy + eye[9] * vz
    size = eye[38]  # sine of the iris' angular radius
    edge = math.sqrt(gx * gx + gy * gy) / size
    # the iris lies behind the cornea: look it up a little along the line of sight
    depth = 0.1 * max(0.0, 1.0 - edge * edge)
    ix, iy = gx - depth * wx, gy - depth * wy
    rho = math.sqrt(ix * ix + iy * iy) / size
    r, g, b = _iris(iris, rho, math.atan2(iy, ix))
    if gz > 0 and rho < 1:
        keep = 1.0 - 0.97 * (1.0 - _step(0.32, 0.4, rho))  # the pupil
        # light gathers opposite the source
        keep *= 1.0 + 0.7 * max(0.0, -(ix * light[0] + iy * light[1])) / size
        r, g, b = r * keep, g * keep, b * keep
    corner = min(1.0, abs(gx) * 1.15) ** 3  # redder towards the corners
    r *= 1.0 - 0.12 * corner
    g *= 1.0 - 0.42 * corner
    b *= 1.0 - 0.42 * corner
    # lids: head frame
    qx = (eye[13] * dx + eye[14] * dy + eye[15] * dz) * radius
    qy = (eye[16] * dx + eye[17] * dy + eye[18] * dz) * radius
    above = _between(eye[22:30], qx) - qy
    below = qy - _between(eye[30:38], qx)
    ao = 0.3 + 0.7 * _step(-0.5, 3.6, above)
    ao *= 0.62 + 0.38 * _step(-0.4, 1.6, below)
    ao *= 1.0 - 0.5 * min(1.0, (qx / radius) ** 2 * 1.6)  # the socket shades the corners
    f[RED + i], f[GREEN + i], f[BLUE + i] = r, g, b
    f[NX + i], f[NY + i], f[NZ + i] = dx, dy, dz
    f[GLOSS + i], f[ROUGH + i], f[WRAP + i] = 0.0, 0.3, 0.35
    f[LIT + i], f[AO + i] = lit * (0.3 + 0.7 * ao), ao
    # the cornea bulges, so its highlight sits on a smaller sphere; the tear film shines on the rest
    bulge = 0.75 * (1.0 - _step(0.8, 1.25, edge))
    ax, ay, az = eye[10] * bulge, eye[11] * bulge, eye[12] * bulge
    cx, cy, cz = _unit(dx * (1.0 + bulge) - ax, dy * (1.0 + bulge) - ay, dz * (1.0 + bulge) - az)
    hx, hy, hz = _unit(light[0] + vx, light[1] + vy, light[2] + vz)
    ndh = max(0.0, cx * hx + cy * hy + cz * hz)
    wet = 5.0 * _step(0.984, 0.993, ndh) + 0.14 * math.exp((ndh - 1.0) * 60.0)
    wet *= 0.35 * (0.25 + 0.75 * lit) * _step(-0.2, 1.0, above)
    mx, my, mz = _unit(-light[0] * 0.7 + vx, 0.35 + vy, abs(light[2]) + vz)
    ndm = max(0.0, cx * mx + cy * my + cz * mz)
    edge_on = (1.0 - max(0.0, cx * vx + cy * vy + cz * vz)) ** 4
    room = (0.35 * _step(0.975, 0.995, ndm) + 0.25 * edge_on) * ao
    return (
        wet * light[3] + room * light[6],
        wet * light[4] + room * light[7],
        wet * light[5] + room * light[8],
    )


@helper
def _wave(x):
    """Nearly the sine, of parabolas: cloth needs many."""
    turns = x * 0.15915494
    turns -= np.floor(turns + 0.5)
    return 8.0 * turns * (1.0 - 2.0 * abs(turns))


@helper
def _cloth(cloth, x, y, z, d):
    """Albedo of the garment at rest position (x, y, z) mm, d mm inside its edge."""
    broad = _wave(x * 0.05 + cloth[6]) * _wave(y * 0.045 + z * 0.04 + cloth[7])
    shade = 1.0 + 0.035 * _wave(x * 0.9) * _wave(y) + 0.07 * broad
    if d < cloth[3]:  # the rib of the collar
        shade *= 0.86 + 0.1 * _wave((abs(x) + z) * 1.6)
    shade *= 0.5 + 0.5 * _step(-0.5, 2.5, d)
    if cloth[4] > 0:  # stripes
        band = min(1.0, max(0.0, 0.5 + 2.0 * _wave(y * cloth[4])))
        shade *= 1.0 - cloth[5] * band
    return cloth[0] * shade, cloth[1] * shade, cloth[2] * shade


@helper
def _inside(f, i, kind, x, y, z, opened):
    """Make fragment ``i`` a tooth, the tongue or the wall of the mouth at rest position (x, y, z)
    mm; ``opened`` is how much light gets in, a tooth's openness how far it is below the lip."""
    if kind == TEETH:
        below = _step(-1.5, 4.5, f[AO + i])  # the upper lip's edge
        wide, bright = (7.9, 1.0) if y > -68.0 else (5.8, 0.72)  # the upper row and the lower
        tooth = abs(x) / wide
        gap = abs(tooth - np.floor(tooth + 0.5))
        deep = _step(-18.0, 20.0, z)
        tint = (0.15 + 0.85 * deep) * (0.6 + 0.4 * below) * (0.06 + 0.94 * opened)
        tint *= bright * (0.36 + 0.36 * _step(0.0, 0.15, gap) + 0.28 * _step(0.1, 0.5, gap))
        r, g, b = 0.45 * tint, 0.39 * tint, 0.335 * tint
        gloss, rough, wrap = 0.7 * opened, 0.22, 0.3
        ao = 0.25 + 0.65 * deep
        f[LIT + i] *= 0.3 + 0.7 * below
    elif kind == TONGUE:
        deep = _step(-30.0, 25.0, z)
        r, g, b = 0.42 * deep, 0.13 * deep, 0.12 * deep
        gloss, rough, wrap = 0.9 * opened, 0.25, 0.4
        ao = (0.15 + 0.45 * deep) * (0.15 + 0.85 * opened)
    else:
        deep = _step(0.0, 30.0, z)
        r, g, b = 0.3 * deep + 0.02, 0.08 * deep + 0.01, 0.07 * deep + 0.01
        gloss, rough, wrap, ao = 0.4, 0.4, 0.4, 0.3 * deep
    f[RED + i], f[GREEN + i], f[BLUE + i] = r, g, b
    f[GLOSS + i], f[ROUGH + i], f[WRAP + i], f[AO + i] = gloss, rough, wrap, ao


@helper
def _dressed(f, i, cloth, x, y, z, inside):
    """Make fragment ``i`` the garment at rest position (x, y, z), ``inside`` mm from its edge."""
    f[RED + i], f[GREEN + i], f[BLUE + i] = _cloth(cloth, x, y, z, inside)
    f[GLOSS + i], f[ROUGH + i], f[WRAP + i] = 0.06, 0.6, 0.12
    fold = 0.1 * _wave(x * 0.11 + y * 0.05 + cloth[6])
    fold += 0.07 * _wave(y * 0.16 - x * 0.07 + cloth[7])
    f[NX + i] += fold
    f[NY + i] += 0.4 * fold


@helper
def _elect(votes, parts, depth, surface, place, y, x, count, kind, away, triangle, wb, wc):
    """Let the surface that most samples of a pixel lie on speak for the pixel."""
    if count > votes[y, x]:
        votes[y, x], parts[y, x], depth[y, x] = count, kind, away
        surface[y, x] = triangle
        place[y, x, 0], place[y, x, 1] = wb, wc


@helper
def _finish(f, where, count, light, view, head_up, radiance, normal_map, surface):
    """Light the collected fragments and add them to their pixels, (row, column, triangle) in
    ``where``."""
    _turn_normals(f, count, head_up)
    if light[15] == 0:
        _light_up(f, count, light, view)
    for i in range(count):
        y, x, share = where[i, 0], where[i, 1], f[SHARE + i]
        radiance[y, x, 0] += share * f[RED + i]
        radiance[y, x, 1] += share * f[GREEN + i]
        radiance[y, x, 2] += share * f[BLUE + i]
        if surface[y, x] == where[i, 2]:
            for n in range(3):
                normal_map[y, x, n] = f[NX + n * ROOM + i]


@compiled
def shade(
    ids, begin, mesh_end, triangles, kinds, points, near, corners, corner_uv, sizes, rest,
    lit_colour, texels, iris, light, eyes, cloth, view, head_up, shadow, own_shadow, shadow_frame,
    radiance, cover, votes, parts, mask, head_mask, occluder_mask, depth, normal_map, surface,
    place, first, last,
):  # fmt: skip
    """Shade all samples of one person in the pixel rows ``first`` to ``last`` and fill the truth
    buffers.

    A pixel has 2 x 2 samples in ``ids``; samples of one pixel that lie on the same kind of surface
    are shaded once, at their mean position. ``own_shadow`` is used outside the inner face of
    somebody who wears another's face.
    """
    f, where = np.empty(ROWS * ROOM, np.float32), np.empty((ROOM, 3), np.int32)
    n = np.int64(0)  # a plain 0 is a type of its own, for which all would be compiled again
    flat, spread, mesh_vertices = light[15] > 0, light[16], len(corners)
    worn = own_shadow.shape[0] > 1
    for y in range(first, last):
        above, below = ids[2 * y], ids[2 * y + 1]
        for x in range(radiance.shape[1] + 1):
            # a pixel has four samples at most
            if n > ROOM - 4 or (n > 0 and x == radiance.shape[1]):
                _finish(f, where, n, light, view, head_up, radiance, normal_map, surface)
                n = np.int64(0)
            if x == radiance.shape[1]:
                break
            if max(above[2 * x], above[2 * x + 1], below[2 * x], below[2 * x + 1]) < begin:
                continue
            done = 0
            for s in range(4):
                if done & (1 << s):
                    continue
                t = ids[2 * y + s // 2, 2 * x + s % 2] - begin
                if t < 0 or t >= len(triangles):
                    continue
                kind, alone = kinds[t] & PART, kinds[t] >= ALONE
                sx, sy = 2 * x + s % 2 + 0.5, 2 * y + s // 2 + 0.5
                count = np.int64(1)
                a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
                if t >= mesh_end:
                    for o in range(s + 1, 4):  # of all hairs in a pixel, one
                        q = ids[2 * y + o // 2, 2 * x + o % 2] - begin
                        if q >= mesh_end and q < len(triangles) and kinds[q] == kind:
                            done |= 1 << o
                            count += 1
                elif not alone:
                    for o in range(s + 1, 4):
                        q = ids[2 * y + o // 2, 2 * x + o % 2] - begin
                        if q < 0 or q >= mesh_end or done & (1 << o):
                            continue
                        step = abs(near[triangles[q, 0]] - near[a])
                        if q == t or (kinds[q] == kind and step < 0.015 * near[a]):
                            done |= 1 << o
                            count += 1
                            sx += 2 * x + o % 2 + 0.5
                            sy += 2 * y + o // 2 + 0.5
                    sx, sy = sx / count, sy / count
                share = count * 0.25
                ax, ay = points[a, 0], points[a, 1]
                bx, by = points[b, 0] - ax, points[b, 1] - ay
                cx, cy = points[c, 0] - ax, points[c, 1] - ay
                one = 1.0 / (bx * cy - by * cx)
                wb = ((sx - ax) * cy - (sy - ay) * cx) * one
                wc = (bx * (sy - ay) - by * (sx - ax)) * one
                # what is seen on edge has no inside: its values may not be carried on far beyond it
                if abs(wb - 0.5) > 1.0 or abs(wc - 0.5) > 1.0:
                    wb, wc = min(max(wb, 0.0), 1.0), min(max(wc, 0.0), 1.0)
                wa = (1.0 - wb - wc) * near[a]
                wb, wc = wb * near[b], wc * near[c]
                away = 1.0 / (wa + wb + wc)  # distance from the camera along its axis, mm
                wa, wb, wc = wa * away, wb * away, wc * away
                cover[y, x] += share
                if t >= mesh_end:
                    i, j, k = a - mesh_vertices, b - mesh_vertices, c - mesh_vertices
                    for channel in range(3):
                        radiance[y, x, channel] += share * (
                            wa * lit_colour[i, channel]
                            + wb * lit_colour[j, channel]
                            + wc * lit_colour[k, channel]
                        )
                    mask[y, x] += share * (
                        wa * lit_colour[i, 3] + wb * lit_colour[j, 3] + wc * lit_colour[k, 3]
                    )
                    if kind == OCCLUDER:
                        occluder_mask[y, x] += share
                    else:
                        head_mask[y, x] += share
                    _elect(
                        votes, parts, depth, surface, place,
                        y, x, count, np.int64(kind), away, begin + t, wb, wc,
                    )  # fmt: skip
                    if surface[y, x] == begin + t:
                        normal_map[y, x, 0] = normal_map[y, x, 1] = 0.0
                        normal_map[y, x, 2] = 1.0
                    continue
                va, vb, vc = np.float32(wa), np.float32(wb), np.float32(wc)
                for row in range(CORNER):
                    value = va * corners[a, row] + vb * corners[b, row] + vc * corners[c, row]
                    f[row * ROOM + n] = value
                inner, garment = max(0.0, f[INNER + n]), f[GARMENT + n]
                lit = 1.0
                if not flat:
                    px, py = f[X + n] + 1.5 * f[NX + n], f[Y + n] + 1.5 * f[NY + n]
                    pz = f[Z + n] + 1.5 * f[NZ + n]
                    lit = _lit(shadow, shadow_frame, px, py, pz, spread)
                    if worn and inner < 0.25:
                        own = _lit(own_shadow, shadow_frame, px, py, pz, spread)
                        lit = own + (lit - own) * inner * 4.0
                f[LIT + n], f[SHARE + n] = lit, share
                f[SLOPE_U + n] = f[SLOPE_V + n] = 0.0
                shown = np.int64(kind)
                if kind == EYE_LEFT or kind == EYE_RIGHT:
                    r, g, e = _eye(f, n, eyes[kind - EYE_LEFT], iris, light, view)
                    if not flat:
                        radiance[y, x, 0] += share * r
                        radiance[y, x, 1] += share * g
                        radiance[y, x, 2] += share * e
                elif kind == TEETH or kind == TONGUE or kind == MOUTH:
                    rx, ry, rz = _mix(rest, a, b, c, wa, wb, wc)
                    _inside(f, n, kind, rx, ry, rz, eyes[0, 39])
                elif garment > 0:
                    shown = np.int64(CLOTHES)
                    rx, ry, rz = _mix(rest, a, b, c, wa, wb, wc)
                    _dressed(f, n, cloth, rx, ry, rz, garment)
                else:
                    u = wa * corner_uv[t, 0, 0] + wb * corner_uv[t, 1, 0] + wc * corner_uv[t, 2, 0]
                    v = wa * corner_uv[t, 0, 1] + wb * corner_uv[t, 1, 1] + wc * corner_uv[t, 2, 1]
                    _skin(f, n, texels, u, v, 4.0 * abs(one) * sizes[t])
                    f[GREEN + n] *= 1.0 - 0.008 * light[17]  # the pulse
                    f[BLUE + n] *= 1.0 - 0.003 * light[17]
                    if flat:
                        f[SLOPE_U + n] = f[SLOPE_V + n] = 0.0
                where[n, 0], where[n, 1], where[n, 2] = y, x, begin + t
                if shown != CLOTHES:
                    mask[y, x] += share * min(1.0, inner)
                    head_mask[y, x] += share * (1.0 if f[HEAD + n] > 0.5 else 0.0)
                n += 1
                if alone:  # the side of the neckline on which the pixel's middle is gets all votes
                    mx, my = 2 * x + 1 - ax, 2 * y + 1 - ay
                    vb, vc = (mx * cy - my * cx) * one, (bx * my - by * mx) * one
                    ga, gb, gc = corners[a, HEM], corners[b, HEM], corners[c, HEM]
                    if (ga + vb * (gb - ga) + vc * (gc - ga) > 0) == (garment > 0):
                        for o in range(4):
                            q = ids[2 * y + o // 2, 2 * x + o % 2] - begin
                            count += o != s and 0 <= q < mesh_end and kinds[q] >= ALONE
                _elect(
                    votes, parts, depth, surface, place,
                    y, x, count, shown, away, begin + t, wb, wc,
                )  # fmt: skip


@helper
def _buried(shadow, frame, x, y, z):
    """How many mm behind the surface nearest to the light a point lies; 0 where it is lit."""
    u = frame[0, 0] * x + frame[0, 1] * y + frame[0, 2] * z + frame[0, 3]
    v = frame[1, 0] * x + frame[1, 1] * y + frame[1, 2] * z + frame[1, 3]
    d = frame[2, 0] * x + frame[2, 1] * y + frame[2, 2] * z + frame[2, 3]
    i, j = int(u), int(v)
    if i < 0 or j < 0 or i >= shadow.shape[0] or j >= shadow.shape[0]:
        return 0.0
    return max(0.0, shadow[j, i] - d - 2.5)


@helper
def _fall(x):
    """exp(-x) for x >= 0 to within 4e-6, without a library call: its series about 0, to the power
    256."""
    y = x * 0.00390625
    return (1.0 / (1.0 + y + 0.5 * y * y)) ** 256


@helper
def _dyed(c, light, n, shown):
    """Radiance in channel ``n`` of a hair of albedo ``c``."""
    direct, front, up, white, tinted, sheen = shown
    key, sky = light[3 + n], light[6 + n]
    ambient = light[9 + n] + (sky - light[9 + n]) * up
    bright = math.sqrt(c)
    gleam = key * (0.045 * white + (0.3 * c + 0.05 * bright) * tinted)
    return (
        c * (key * direct + ambient + front * light[12 + n]) + gleam + sky * 0.11 * bright * sheen
    )


@helper
def _light_hairs(f, count, centre, light, view):
    """Turn the albedo of strand points into radiance, see ``light_strands``."""
    lx, ly, lz = light[0], light[1], light[2]
    if light[15] > 0:
        return
    for i in range(count):
        x, y, z = f[X + i], f[Y + i], f[Z + i]
        tx, ty, tz = _unit(f[NX + i], f[NY + i], f[NZ + i])
        cx, cy, cz = x - centre[0], y - centre[1], z - centre[2]
        # below, the head and what hangs from it is more like a cylinder
        cy = cy if cy > 0 else 0.3 * cy
        along = cx * tx + cy * ty + cz * tz
        nx, ny, nz = _unit(cx - 0.8 * along * tx, cy - 0.8 * along * ty, cz - 0.8 * along * tz)
        vx, vy, vz = _unit(view[0] - x, view[1] - y, view[2] - z)
        tl, tv = tx * lx + ty * ly + tz * lz, tx * vx + ty * vy + tz * vz
        depth, green = f[BURIED + i], f[GREEN_HAIR + i]
        clear = 1.0 - 0.75 * min(1.0, 2.0 * green)
        lit = 1.0 / (1.0 + 0.09 * clear * depth * depth) if depth < 30.0 else 0.0
        facing = max(0.0, 0.3 + 0.7 * (nx * lx + ny * ly + nz * lz)) * lit
        sin_l, sin_v = math.sqrt(max(0.0, 1.0 - tl * tl)), math.sqrt(max(0.0, 1.0 - tv * tv))
        # half vector against the strand: the highlight is a cone about it, tilted by the
        # cuticle's scales
        hx, hy, hz = _unit(lx + vx, ly + vy, lz + vz)
        th = tx * hx + ty * hy + tz * hz + f[TILT + i]
        first, second = th - 0.09, th + 0.13
        white = _fall(first * first * 45.0) * facing
        tinted = _fall(second * second * 14.0) * facing
        # light from behind shines through
        back = max(0.0, -(vx * lx + vy * ly + vz * lz)) ** 2 * lit * sin_l
        up = 0.5 + 0.5 * ny
        sheen = sin_v * (0.25 + 0.75 * up * up)
        direct, front = 0.62 * sin_l * facing + 0.5 * back, 0.4 * max(0.0, nz)
        shown = direct, front, up, white, tinted, sheen
        # written out: of a loop in a loop the compiler makes no work on many at a time
        f[RED_HAIR + i] = _dyed(f[RED_HAIR + i], light, 0, shown)
        f[GREEN_HAIR + i] = _dyed(green, light, 1, shown)
        f[BLUE_HAIR + i] = _dyed(f[BLUE_HAIR + i], light, 2, shown)


@helper
def _spread(f, which, count, inner, out):
    """Write the light of strand points to both edges of their ribbons."""
    for i in range(count):
        p = which[i]
        for n in range(3):
            out[2 * p, n] = out[2 * p + 1, n] = f[RED_HAIR + n * ROOM + i]
        out[2 * p, 3] = out[2 * p + 1, 3] = inner[p]


@compiled
def light_strands(
    points, starts, hidden, colour, inner, normal_centre, light, view, shadow, shadow_frame, out
):
    """Light strand points (P,3), but where they and their neighbours are ``hidden``: out (2P,4),
    twice each point's linear radiance and its share of the inner face, for the two edges of a
    ribbon.

    Kajiya and Kay's diffuse term, and the two highlights of Marschner et al. 2003 (one of the
    light's colour, shifted to the root; one of the hair's, shifted to the tip), each strand a
    little off; one tap of the shadow map, which thins out with depth as hair lets light through;
    the sky from above, mirrored as well.
    """
    f, which = np.empty(ALONG * ROOM, np.float32), np.empty(ROOM, np.int64)
    n = np.int64(0)
    for s in range(len(starts) - 1):
        # the last digits of its colour, so that a strand stays itself in any company
        key = int(colour[starts[s], 0] * 4194304.0)
        tilt = (key % 1024 / 1023.0 - 0.5) * 0.16
        for p in range(starts[s], starts[s + 1]):
            before, after = max(starts[s], p - 1), min(starts[s + 1] - 1, p + 1)
            if hidden[before] and hidden[p] and hidden[after]:
                continue
            which[n], f[TILT + n] = p, tilt
            x, y, z = points[p, 0], points[p, 1], points[p, 2]
            f[X + n], f[Y + n], f[Z + n] = x, y, z
            f[NX + n] = points[after, 0] - points[before, 0]
            f[NY + n] = points[after, 1] - points[before, 1]
            f[NZ + n] = points[after, 2] - points[before, 2]
            f[BURIED + n] = _buried(shadow, shadow_frame, x, y, z)
            for k in range(3):
                f[RED_HAIR + k * ROOM + n] = colour[p, k]
            n += 1
            if n == ROOM:
                _light_hairs(f, n, normal_centre, light, view)
                _spread(f, which, n, inner, out)
                n = np.int64(0)
    _light_hairs(f, n, normal_centre, light, view)
    _spread(f, which, n, inner, out)


@compiled
def ribbons(points, near, starts, width, hidden, focal, out, out_near):
    """Widen projected strands (P,2) to camera-facing ribbons: out (2P,2) and out_near (2P,), with
    ``width`` (P,) in mm at each point, but where it and its neighbours are ``hidden``."""
    for s in range(len(starts) - 1):
        for p in range(starts[s], starts[s + 1]):
            before, after = max(starts[s], p - 1), min(starts[s + 1] - 1, p + 1)
            if hidden[before] and hidden[p] and hidden[after]:
                continue
            dx, dy = points[after, 0] - points[before, 0], points[after, 1] - points[before, 1]
            half = 0.5 * width[p] * focal * near[p] / math.sqrt(dx * dx + dy * dy + 1e-9)
            out[2 * p, 0], out[2 * p, 1] = points[p, 0] - dy * half, points[p, 1] + dx * half
            out[2 * p + 1, 0] = points[p, 0] + dy * half
            out[2 * p + 1, 1] = points[p, 1] - dx * half
            out_near[2 * p] = out_near[2 * p + 1] = near[p]


@compiled
def develop(
    radiance, cover, parts, depth, normal_map, surface,
    backdrop, curve, noise, start, strength, image, first, last,
):  # fmt: skip
    """Put the figures before the backdrop, expose, add sensor noise and write uint8 rows ``first``
    to ``last``; empty the truths where the backdrop is seen more than the figures.

    ``curve`` (1024,) maps linear radiance from 0 to 4 through the film curve to [0, 255];
    ``noise`` (N,N,3) is a tile of standard normal noise, read from ``start`` on.
    """
    side, width = noise.shape[0], radiance.shape[1]
    line, grain = np.empty(3 * width, np.float32), np.empty(3 * width, np.float32)
    for y in range(first, last):
        tile, column = noise[(y + start[0]) % side], start[1]
        for x in range(width):
            rest = max(0.0, 1.0 - cover[y, x])
            for n in range(3):
                line[3 * x + n] = radiance[y, x, n] + rest * backdrop[y, x, n]
                grain[3 * x + n] = tile[column, n]
            column = column + 1 if column + 1 < side else 0
            if 0.5 < rest < 1.0:
                parts[y, x], depth[y, x], surface[y, x] = 0, np.inf, -1
                for n in range(3):
                    normal_map[y, x, n] = 0.0
        for k in range(3 * width):  # shot noise grows with the square root of light
            light = min(max(line[k], 0.0), 3.996)
            light += grain[k] * strength * (0.012 + 0.045 * math.sqrt(light))
            line[k] = math.sqrt(min(max(light, 0.0), 3.996) * 0.25) * 1023.0
        for x in range(width):
            for n in range(3):
                at = int(line[3 * x + n])
                level = curve[at] + (curve[at + 1] - curve[at]) * (line[3 * x + n] - at)
                image[y, x, n] = np.uint8(level + 0.5)
