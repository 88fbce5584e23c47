"""Light on skin, eyes, teeth, cloth and hair: from visible samples to linear radiance. Compiled.

Skin: wrapped diffuse with a redder wrap for light that travels under the skin (after Penner 2011,
pre-integrated skin shading), two specular lobes and Fresnel. Hair: Kajiya and Kay 1989. Shadows:
percentage-closer filtering (Reeves 1987).
"""

import numpy as np

from .raster import compiled

# Part numbers of the face model that need a rule of their own (FaceModel.part).
LIPS, MOUTH, EYE_LEFT, EYE_RIGHT, TEETH, TONGUE, CLOTHES, OCCLUDER = 2, 6, 7, 8, 9, 10, 13, 16


@compiled
def _unit(x, y, z):
    k = 1.0 / np.sqrt(x * x + y * y + z * z + 1e-12)
    return x * k, y * k, z * k


@compiled
def _step(low, high, x):
    t = min(1.0, max(0.0, (x - low) / (high - low)))
    return t * t * (3.0 - 2.0 * t)


@compiled
def _lit(shadow, frame, px, py, pz, bias, spread):
    """Share of the key light that reaches a point: 3 x 3 comparisons in the shadow map, each with
    a soft edge."""
    size = shadow.shape[0]
    u = frame[0, 0] * px + frame[0, 1] * py + frame[0, 2] * pz + frame[0, 3]
    v = frame[1, 0] * px + frame[1, 1] * py + frame[1, 2] * pz + frame[1, 3]
    d = frame[2, 0] * px + frame[2, 1] * py + frame[2, 2] * pz + frame[2, 3] + bias
    total = 0.0
    for j in range(-1, 2):
        for i in range(-1, 2):
            x, y = u + i * spread - 0.5, v + j * spread - 0.5
            x0, y0 = int(np.floor(x)), int(np.floor(y))
            if x0 < 0 or y0 < 0 or x0 >= size - 1 or y0 >= size - 1:
                total += 1.0
                continue
            ax, ay = x - x0, y - y0
            a = 1.0 if shadow[y0, x0] < d else 0.0
            b = 1.0 if shadow[y0, x0 + 1] < d else 0.0
            c = 1.0 if shadow[y0 + 1, x0] < d else 0.0
            e = 1.0 if shadow[y0 + 1, x0 + 1] < d else 0.0
            total += (a + (b - a) * ax) * (1.0 - ay) + (c + (e - c) * ax) * ay
    return total / 9.0


@compiled
def _surface(light, view_dir, nx, ny, nz, red, green, blue, gloss, rough, wrap, lit, ao):
    """Radiance of a dielectric with diffuse albedo (red, green, blue) under key, fill and
    hemisphere light."""
    lx, ly, lz = light[0], light[1], light[2]
    vx, vy, vz = view_dir
    ndl = nx * lx + ny * ly + nz * lz
    ndv = max(0.0, nx * vx + ny * vy + nz * vz)
    hx, hy, hz = _unit(lx + vx, ly + vy, lz + vz)
    ndh = max(0.0, nx * hx + ny * hy + nz * hz)
    wr, wg, wb = wrap * 0.9, wrap * 0.6, wrap * 0.45  # red light travels furthest under the skin
    dr = max(0.0, (ndl + wr) / (1.0 + wr))
    dg = max(0.0, (ndl + wg) / (1.0 + wg))
    db = max(0.0, (ndl + wb) / (1.0 + wb))
    dr, dg, db = dr * np.sqrt(dr), dg * np.sqrt(np.sqrt(dg)), db * np.sqrt(np.sqrt(db))
    soft = np.sqrt(lit)
    bleed = min(1.0, wrap * 2.0)
    sr, sg, sb = (
        lit + (soft - lit) * bleed,
        lit + (soft - lit) * bleed * 0.5,
        lit + (soft - lit) * bleed * 0.35,
    )
    up = 0.5 + 0.5 * ny
    back = max(0.0, -nx * lx * 0.9 + nz * 0.45 + 0.1)
    half_angle = 1.0 - max(0.0, hx * vx + hy * vy + hz * vz)
    fresnel = 0.03 + 0.97 * half_angle**5
    tight, broad = 1.0 / (rough * rough), 0.18 / (rough * rough)
    lobe = 0.35 * tight * np.exp((ndh - 1.0) * tight) + 0.65 * broad * np.exp((ndh - 1.0) * broad)
    spec = gloss * fresnel * lobe * max(0.0, ndl) * lit * 1.3
    rim = gloss * 0.35 * (1.0 - ndv) ** 4 * ao
    shown = ao * ao
    r = red * (
        light[3] * dr * sr + ao * (light[9] + (light[6] - light[9]) * up) + back * light[12] * ao
    )
    g = green * (
        light[4] * dg * sg
        + 0.5 * (ao + shown) * (light[10] + (light[7] - light[10]) * up)
        + back * light[13] * ao
    )
    b = blue * (
        light[5] * db * sb
        + shown * (light[11] + (light[8] - light[11]) * up)
        + back * light[14] * ao
    )
    return (
        r + spec * light[3] + rim * light[6],
        g + spec * light[4] + rim * light[7],
        b + spec * light[5] + rim * light[8],
    )


@compiled
def _texel(colour, bump, u, v, level):
    """Bilinear fetch from one level of ``skin.pyramid``: linear RGB, gloss, slopes; u wraps."""
    height, width = (colour.shape[0] * 2 // 3) >> level, colour.shape[1] >> level
    top, left = (0, 0) if level == 0 else (colour.shape[0] * 2 // 3, colour.shape[1] - 2 * width)
    x, y = u * width - 0.5, min(max(v * height - 0.5, 0.0), height - 1.001)
    fx, fy = np.floor(x), np.floor(y)
    ax, ay = x - fx, y - fy
    x0, y0 = int(fx), top + int(fy)
    x0 += width * (x0 < 0) - width * (x0 >= width)
    x1, y1 = left + (x0 + 1) * (x0 + 1 < width), y0 + 1
    x0 += left
    a, b, c, d = (1.0 - ax) * (1.0 - ay), ax * (1.0 - ay), (1.0 - ax) * ay, ax * ay
    r = (
        colour[y0, x0, 0] * a
        + colour[y0, x1, 0] * b
        + colour[y1, x0, 0] * c
        + colour[y1, x1, 0] * d
    )
    g = (
        colour[y0, x0, 1] * a
        + colour[y0, x1, 1] * b
        + colour[y1, x0, 1] * c
        + colour[y1, x1, 1] * d
    )
    e = (
        colour[y0, x0, 2] * a
        + colour[y0, x1, 2] * b
        + colour[y1, x0, 2] * c
        + colour[y1, x1, 2] * d
    )
    w = (
        colour[y0, x0, 3] * a
        + colour[y0, x1, 3] * b
        + colour[y1, x0, 3] * c
        + colour[y1, x1, 3] * d
    )
    su = bump[y0, x0, 0] * a + bump[y0, x1, 0] * b + bump[y1, x0, 0] * c + bump[y1, x1, 0] * d
    sv = bump[y0, x0, 1] * a + bump[y0, x1, 1] * b + bump[y1, x0, 1] * c + bump[y1, x1, 1] * d
    r, g, e, w = r / 255.0, g / 255.0, e / 255.0, w / 255.0
    su, sv = su / 127.0, sv / 127.0
    return r * r, g * g, e * e, w, su, sv


@compiled
def _skin(colour, bump, u, v, texels):
    """Skin at (u, v) where a pixel covers ``texels`` texels: from the two nearest levels."""
    level = min(max(0.5 * np.log2(texels + 1e-6) - 0.25, 0.0), 1.999)
    k = int(level)
    t = level - k
    r, g, e, w, su, sv = _texel(colour, bump, u, v, k)
    if t > 0.02:
        r1, g1, e1, w1, su1, sv1 = _texel(colour, bump, u, v, k + 1)
        r, g, e, w = r + (r1 - r) * t, g + (g1 - g) * t, e + (e1 - e) * t, w + (w1 - w) * t
        su, sv = su + (su1 - su) * t, sv + (sv1 - sv) * t
    return r, g, e, w, su, sv


@compiled
def _between(points, x):
    """Height of a lid, a line through four points given as x0, y0, x1, y1, ..., at x."""
    for k in range(3):
        if x <= points[2 * k + 2] or k == 2:
            t = (x - points[2 * k]) / (points[2 * k + 2] - points[2 * k] + 1e-6)
            t = min(1.2, max(-0.2, t))
            return points[2 * k + 1] + t * (points[2 * k + 3] - points[2 * k + 1])
    return 0.0


@compiled
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


@compiled
def _eye(eye, iris, light, view_dir, px, py, pz, lit, flat):
    """Radiance of an eyeball: sclera, iris with depth, pupil, limbal ring, wet highlight, shadow
    of the lids."""
    dx, dy, dz = _unit(px - eye[0], py - eye[1], pz - eye[2])
    radius = eye[3]
    vx, vy, vz = view_dir
    # gaze frame: z looks out of the pupil
    gx = eye[4] * dx + eye[5] * dy + eye[6] * dz
    gy = eye[7] * dx + eye[8] * dy + eye[9] * dz
    gz = eye[10] * dx + eye[11] * dy + eye[12] * dz
    wx = eye[4] * vx + eye[5] * vy + eye[6] * vz
    wy = eye[7] * vx + eye[8] * vy + eye[9] * vz
    size = eye[38]  # sine of the iris' angular radius
    edge = np.sqrt(gx * gx + gy * gy) / size
    # the iris lies behind the cornea: look it up a little along the line of sight
    depth = 0.1 * max(0.0, 1.0 - edge * edge)
    ix, iy = gx - depth * wx, gy - depth * wy
    rho = np.sqrt(ix * ix + iy * iy) / size
    r, g, b = _iris(iris, rho, np.arctan2(iy, ix))
    if gz > 0 and rho < 1:
        keep = 1.0 - 0.97 * (1.0 - _step(0.32, 0.4, rho))  # the pupil
        # light gathers opposite the source
        keep *= 1.0 + 0.7 * max(0.0, -(ix * light[15] + iy * light[16])) / size
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
    if flat:
        return r, g, b, dx, dy, dz
    shown = lit * (0.3 + 0.7 * ao)
    nr, ng, nb = _surface(light, view_dir, dx, dy, dz, r, g, b, 0.0, 0.3, 0.35, shown, ao)
    # the cornea bulges, so its highlight sits on a smaller sphere; the tear film shines on the rest
    bulge = 0.75 * (1.0 - _step(0.8, 1.25, edge))
    ax, ay, az = eye[10] * bulge, eye[11] * bulge, eye[12] * bulge
    cx, cy, cz = _unit(dx * (1.0 + bulge) - ax, dy * (1.0 + bulge) - ay, dz * (1.0 + bulge) - az)
    hx, hy, hz = _unit(light[0] + vx, light[1] + vy, light[2] + vz)
    ndh = max(0.0, cx * hx + cy * hy + cz * hz)
    wet = 5.0 * _step(0.984, 0.993, ndh) + 0.14 * np.exp((ndh - 1.0) * 60.0)
    wet *= 0.35 * (0.25 + 0.75 * lit) * _step(-0.2, 1.0, above)
    mx, my, mz = _unit(-light[0] * 0.7 + vx, 0.35 + vy, abs(light[2]) + vz)
    ndm = max(0.0, cx * mx + cy * my + cz * mz)
    edge_on = (1.0 - max(0.0, cx * vx + cy * vy + cz * vz)) ** 4
    room = (0.35 * _step(0.975, 0.995, ndm) + 0.25 * edge_on) * ao
    r = nr + wet * light[3] + room * light[6]
    g = ng + wet * light[4] + room * light[7]
    b = nb + wet * light[5] + room * light[8]
    return r, g, b, dx, dy, dz


@compiled
def _cloth(cloth, x, y, z, d):
    """Albedo of the garment at rest position (x, y, z) mm, d mm inside its edge."""
    weave = 0.035 * np.sin(x * 0.9) * np.sin(y * 1.0) + 0.07 * np.sin(x * 0.05 + cloth[6]) * np.sin(
        y * 0.045 + z * 0.04 + cloth[7]
    )
    shade = 1.0 + weave
    if d < cloth[3]:  # the rib of the collar
        shade *= 0.86 + 0.1 * np.sin((abs(x) + z) * 1.6)
    shade *= 0.5 + 0.5 * _step(-0.5, 2.5, d)
    if cloth[4] > 0:  # stripes
        band = 1.0 if np.sin(y * cloth[4]) > 0 else 0.0
        shade *= 1.0 - cloth[5] * band
    return cloth[0] * shade, cloth[1] * shade, cloth[2] * shade


@compiled
def shade(
    ids, begin, mesh_end, triangles, kinds, points, near, vertices, normals, corner_uv, vertex_data,
    rest, lit_colour, colour, bump, iris, light, eyes, cloth, view, head_up, shadow, own_shadow,
    shadow_frame, radiance, cover, votes, parts, mask, head_mask, occluder_mask, depth, normal_map,
    surface, place, first, last,
):  # fmt: skip
    """Shade all samples of one person in the pixel rows ``first`` to ``last`` and fill the truth
    buffers.

    A pixel has 2 x 2 samples in ``ids``; samples of one pixel that lie on the same kind of surface
    are shaded once, at their mean position. ``own_shadow`` is used outside the inner face of
    somebody who wears another's face.
    """
    flat = light[17] > 0
    spread = light[18]
    mesh_vertices = len(vertices)
    for y in range(first, last):
        for x in range(radiance.shape[1]):
            done = 0
            for s in range(4):
                if done & (1 << s):
                    continue
                t = ids[2 * y + s // 2, 2 * x + s % 2] - begin
                if t < 0 or t >= len(triangles):
                    continue
                kind = kinds[t]
                sx, sy = 2 * x + s % 2 + 0.5, 2 * y + s // 2 + 0.5
                count = 1
                done |= 1 << s
                if t < mesh_end:
                    for o in range(s + 1, 4):
                        q = ids[2 * y + o // 2, 2 * x + o % 2] - begin
                        if q >= 0 and q < mesh_end and kinds[q] == kind and not done & (1 << o):
                            ratio = near[triangles[q, 0]] / near[triangles[t, 0]]
                            if ratio > 0.985 and ratio < 1.015:
                                done |= 1 << o
                                count += 1
                                sx += 2 * x + o % 2 + 0.5
                                sy += 2 * y + o // 2 + 0.5
                    sx, sy = sx / count, sy / count
                share = count * 0.25
                a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
                ax, ay = points[a, 0], points[a, 1]
                bx, by, cx, cy = (
                    points[b, 0] - ax,
                    points[b, 1] - ay,
                    points[c, 0] - ax,
                    points[c, 1] - ay,
                )
                one = 1.0 / (bx * cy - by * cx)
                wb = ((sx - ax) * cy - (sy - ay) * cx) * one
                wc = (bx * (sy - ay) - by * (sx - ax)) * one
                wa = 1.0 - wb - wc
                wa, wb, wc = wa * near[a], wb * near[b], wc * near[c]
                total = 1.0 / (wa + wb + wc)
                wa, wb, wc = wa * total, wb * total, wc * total
                cover[y, x] += share
                away = total  # distance from the camera along its axis, mm
                if t >= mesh_end:
                    i, j, k = a - mesh_vertices, b - mesh_vertices, c - mesh_vertices
                    for n in range(3):
                        radiance[y, x, n] += share * (
                            wa * lit_colour[i, n] + wb * lit_colour[j, n] + wc * lit_colour[k, n]
                        )
                    mask[y, x] += share * (
                        wa * lit_colour[i, 3] + wb * lit_colour[j, 3] + wc * lit_colour[k, 3]
                    )
                    if kind == OCCLUDER:
                        occluder_mask[y, x] += share
                    else:
                        head_mask[y, x] += share
                    for o in range(s + 1, 4):  # all hairs in a pixel vote together
                        q = ids[2 * y + o // 2, 2 * x + o % 2] - begin
                        count += q >= mesh_end and q < len(triangles) and kinds[q] == kind
                    if count > votes[y, x]:
                        votes[y, x] = count
                        parts[y, x] = kind
                        depth[y, x] = away
                        surface[y, x] = begin + t
                        place[y, x, 0], place[y, x, 1] = wb, wc
                        normal_map[y, x, 0], normal_map[y, x, 1], normal_map[y, x, 2] = (
                            0.0,
                            0.0,
                            1.0,
                        )
                    continue
                px = wa * vertices[a, 0] + wb * vertices[b, 0] + wc * vertices[c, 0]
                py = wa * vertices[a, 1] + wb * vertices[b, 1] + wc * vertices[c, 1]
                pz = wa * vertices[a, 2] + wb * vertices[b, 2] + wc * vertices[c, 2]
                nx = wa * normals[a, 0] + wb * normals[b, 0] + wc * normals[c, 0]
                ny = wa * normals[a, 1] + wb * normals[b, 1] + wc * normals[c, 1]
                nz = wa * normals[a, 2] + wb * normals[b, 2] + wc * normals[c, 2]
                nx, ny, nz = _unit(nx, ny, nz)
                ao = wa * vertex_data[a, 0] + wb * vertex_data[b, 0] + wc * vertex_data[c, 0]
                inner = wa * vertex_data[a, 1] + wb * vertex_data[b, 1] + wc * vertex_data[c, 1]
                inner = max(0.0, inner)
                garment = wa * vertex_data[a, 2] + wb * vertex_data[b, 2] + wc * vertex_data[c, 2]
                head = wa * vertex_data[a, 3] + wb * vertex_data[b, 3] + wc * vertex_data[c, 3]
                rx = wa * rest[a, 0] + wb * rest[b, 0] + wc * rest[c, 0]
                ry = wa * rest[a, 1] + wb * rest[b, 1] + wc * rest[c, 1]
                rz = wa * rest[a, 2] + wb * rest[b, 2] + wc * rest[c, 2]
                view_dir = _unit(view[0] - px, view[1] - py, view[2] - pz)
                lit = 1.0
                if not flat:
                    lit = _lit(
                        shadow,
                        shadow_frame,
                        px + 1.5 * nx,
                        py + 1.5 * ny,
                        pz + 1.5 * nz,
                        2.5,
                        spread,
                    )
                    if own_shadow.shape[0] > 1 and inner < 1:
                        own = _lit(
                            own_shadow,
                            shadow_frame,
                            px + 1.5 * nx,
                            py + 1.5 * ny,
                            pz + 1.5 * nz,
                            2.5,
                            spread,
                        )
                        lit = own + (lit - own) * min(1.0, inner * 4.0)
                shown = kind
                if kind == EYE_LEFT or kind == EYE_RIGHT:
                    r, g, e, nx, ny, nz = _eye(
                        eyes[kind - EYE_LEFT], iris, light, view_dir, px, py, pz, lit, flat
                    )
                else:
                    gloss, rough, wrap = 0.5, 0.4, 0.4
                    if kind == TEETH:
                        tooth = abs(rx) / (7.9 if ry > -68.0 else 5.8)
                        gap = abs(tooth - np.floor(tooth + 0.5))
                        deep = _step(-22.0, 22.0, rz)
                        tint = (
                            (0.5 + 0.5 * _step(0.0, 0.11, gap))
                            * (0.93 + 0.07 * np.cos(np.floor(tooth + 0.5) * 2.4))
                            * (0.25 + 0.75 * deep)
                            * (0.2 + 0.8 * eyes[0, 39])
                        )
                        r, g, e, gloss, rough, wrap = (
                            0.52 * tint,
                            0.45 * tint,
                            0.37 * tint,
                            0.7,
                            0.22,
                            0.3,
                        )
                        ao = 0.2 + 0.5 * deep
                    elif kind == TONGUE:
                        deep = _step(-30.0, 25.0, rz)
                        r, g, e, gloss, rough = 0.42 * deep, 0.13 * deep, 0.12 * deep, 0.9, 0.25
                        ao = (0.15 + 0.45 * deep) * (0.15 + 0.85 * eyes[0, 39])
                    elif kind == MOUTH:
                        deep = _step(0.0, 30.0, rz)
                        r, g, e, gloss = (
                            0.3 * deep + 0.02,
                            0.08 * deep + 0.01,
                            0.07 * deep + 0.01,
                            0.4,
                        )
                        ao = 0.3 * deep
                    elif garment > 0:
                        shown = CLOTHES
                        r, g, e = _cloth(cloth, rx, ry, rz, garment)
                        gloss, rough, wrap = 0.06, 0.6, 0.12
                        fold = 0.1 * np.sin(rx * 0.11 + ry * 0.05 + cloth[6]) + 0.07 * np.sin(
                            ry * 0.16 - rx * 0.07 + cloth[7]
                        )
                        nx, ny, nz = _unit(nx + fold, ny + fold * 0.4, nz)
                    else:
                        u0, u1, u2 = corner_uv[t, 0, 0], corner_uv[t, 1, 0], corner_uv[t, 2, 0]
                        u = wa * u0 + wb * u1 + wc * u2
                        v = (
                            wa * corner_uv[t, 0, 1]
                            + wb * corner_uv[t, 1, 1]
                            + wc * corner_uv[t, 2, 1]
                        )
                        u1, u2, v0 = u1 - u0, u2 - u0, corner_uv[t, 0, 1]
                        spread_uv = abs(
                            u1 * (corner_uv[t, 2, 1] - v0) - u2 * (corner_uv[t, 1, 1] - v0)
                        )
                        texels = (
                            4.0
                            * abs(one)
                            * spread_uv
                            * colour.shape[1]
                            * (colour.shape[0] * 2 // 3)
                        )
                        r, g, e, w, su, sv = _skin(colour, bump, u, v, texels)
                        g, e = (
                            g * (1.0 - 0.008 * light[19]),
                            e * (1.0 - 0.003 * light[19]),
                        )  # the pulse
                        gloss, rough = w * 1.3, 0.42 - 0.14 * w
                        if not flat:
                            # u runs around the head, v down: tangents from the head's axis
                            tx, ty, tz = _unit(
                                head_up[1] * nz - head_up[2] * ny,
                                head_up[2] * nx - head_up[0] * nz,
                                head_up[0] * ny - head_up[1] * nx,
                            )
                            qx, qy, qz = ny * tz - nz * ty, nz * tx - nx * tz, nx * ty - ny * tx
                            nx, ny, nz = _unit(
                                nx - su * tx + sv * qx,
                                ny - su * ty + sv * qy,
                                nz - su * tz + sv * qz,
                            )
                    if not flat:
                        r, g, e = _surface(
                            light, view_dir, nx, ny, nz, r, g, e, gloss, rough, wrap, lit, ao
                        )
                radiance[y, x, 0] += share * r
                radiance[y, x, 1] += share * g
                radiance[y, x, 2] += share * e
                if shown != CLOTHES:
                    mask[y, x] += share * min(1.0, inner)
                    head_mask[y, x] += share * (1.0 if head > 0.5 else 0.0)
                if count > votes[y, x]:
                    votes[y, x] = count
                    parts[y, x] = shown
                    depth[y, x] = away
                    surface[y, x] = begin + t
                    place[y, x, 0], place[y, x, 1] = wb, wc
                    normal_map[y, x, 0], normal_map[y, x, 1], normal_map[y, x, 2] = nx, ny, nz


@compiled
def light_strands(
    points, starts, colour, inner, normal_centre, light, view, shadow, shadow_frame, flat, out
):
    """Light strand points (P,3): out (2P,4), twice each point's linear radiance and its share of
    the inner face, for the two edges of a ribbon.

    Kajiya and Kay's diffuse term, and the two highlights of Marschner et al. 2003 (one of the
    light's colour, shifted to the root; one of the hair's, shifted to the tip), each strand a
    little off; one tap of the shadow map, which thins out with depth as hair lets light through;
    the sky from above, mirrored as well.
    """
    size = shadow.shape[0]
    lx, ly, lz = light[0], light[1], light[2]
    for s in range(len(starts) - 1):
        # the last digits of its colour, so that a strand stays itself in any company
        key = int(colour[starts[s], 0] * 4194304.0)
        tilt = (key % 1024 / 1023.0 - 0.5) * 0.16
        for p in range(starts[s], starts[s + 1]):
            if flat:
                for n in range(3):
                    out[2 * p, n] = out[2 * p + 1, n] = colour[p, n]
                out[2 * p, 3] = out[2 * p + 1, 3] = inner[p]
                continue
            x, y, z = points[p, 0], points[p, 1], points[p, 2]
            before, after = max(starts[s], p - 1), min(starts[s + 1] - 1, p + 1)
            tx, ty, tz = _unit(
                points[after, 0] - points[before, 0],
                points[after, 1] - points[before, 1],
                points[after, 2] - points[before, 2],
            )
            cx, cy, cz = x - normal_centre[0], y - normal_centre[1], z - normal_centre[2]
            # below, the head and what hangs from it is more like a cylinder
            cy = cy if cy > 0 else 0.3 * cy
            along = cx * tx + cy * ty + cz * tz
            nx, ny, nz = _unit(cx - 0.8 * along * tx, cy - 0.8 * along * ty, cz - 0.8 * along * tz)
            vx, vy, vz = _unit(view[0] - x, view[1] - y, view[2] - z)
            tl, tv = tx * lx + ty * ly + tz * lz, tx * vx + ty * vy + tz * vz
            u = (
                shadow_frame[0, 0] * x
                + shadow_frame[0, 1] * y
                + shadow_frame[0, 2] * z
                + shadow_frame[0, 3]
            )
            v = (
                shadow_frame[1, 0] * x
                + shadow_frame[1, 1] * y
                + shadow_frame[1, 2] * z
                + shadow_frame[1, 3]
            )
            d = (
                shadow_frame[2, 0] * x
                + shadow_frame[2, 1] * y
                + shadow_frame[2, 2] * z
                + shadow_frame[2, 3]
            )
            lit = 1.0
            i, j = int(u), int(v)
            if i >= 0 and j >= 0 and i < size and j < size:
                depth = max(0.0, shadow[j, i] - d - 2.5)
                lit = (
                    1.0 / (1.0 + 0.09 * (1.0 - 0.75 * min(1.0, 2.0 * colour[p, 1])) * depth * depth)
                    if depth < 30.0
                    else 0.0
                )
            wrapped = 0.3 + 0.7 * (nx * lx + ny * ly + nz * lz)
            facing = max(0.0, wrapped) * lit
            sin_l, sin_v = np.sqrt(max(0.0, 1.0 - tl * tl)), np.sqrt(max(0.0, 1.0 - tv * tv))
            # half vector against the strand: the highlight is a cone about it, tilted by the
            # cuticle's scales
            hx, hy, hz = _unit(lx + vx, ly + vy, lz + vz)
            th = tx * hx + ty * hy + tz * hz + tilt
            first, second = th - 0.09, th + 0.13
            white = np.exp(-first * first * 45.0) * facing
            tinted = np.exp(-second * second * 14.0) * facing
            back = (
                max(0.0, -(vx * lx + vy * ly + vz * lz)) ** 2 * lit * sin_l
            )  # light from behind shines through
            up = 0.5 + 0.5 * ny
            sheen = sin_v * (0.25 + 0.75 * up * up)
            for n in range(3):
                c = colour[p, n]
                key, sky = light[3 + n], light[6 + n]
                ambient = light[9 + n] + (sky - light[9 + n]) * up
                bright = np.sqrt(c)
                out[2 * p, n] = out[2 * p + 1, n] = (
                    c
                    * (
                        key * (0.62 * sin_l * facing + 0.5 * back)
                        + ambient
                        + 0.4 * light[12 + n] * max(0.0, nz)
                    )
                    + key * (0.045 * white + 0.3 * c * tinted + 0.05 * bright * tinted)
                    + sky * 0.11 * bright * sheen
                )
            out[2 * p, 3] = out[2 * p + 1, 3] = inner[p]


@compiled
def ribbons(points, near, starts, width, focal, out, out_near):
    """Widen projected strands (P,2) to camera-facing ribbons: out (2P,2) and out_near (2P,), with
    ``width`` (P,) in mm at each point."""
    for s in range(len(starts) - 1):
        for p in range(starts[s], starts[s + 1]):
            before, after = max(starts[s], p - 1), min(starts[s + 1] - 1, p + 1)
            dx, dy = points[after, 0] - points[before, 0], points[after, 1] - points[before, 1]
            half = 0.5 * width[p] * focal * near[p] / np.sqrt(dx * dx + dy * dy + 1e-9)
            out[2 * p, 0], out[2 * p, 1] = points[p, 0] - dy * half, points[p, 1] + dx * half
            out[2 * p + 1, 0] = points[p, 0] + dy * half
            out[2 * p + 1, 1] = points[p, 1] - dx * half
            out_near[2 * p] = out_near[2 * p + 1] = near[p]


@compiled
def develop(radiance, cover, backdrop, curve, noise, start, strength, image, first, last):
    """Put the figure before the backdrop, expose, add sensor noise and write uint8 rows ``first``
    to ``last``.

    ``curve`` (1024,) maps linear radiance from 0 to 4 through the film curve to [0, 255];
    ``noise`` (N,N,3) is a tile of standard normal noise, read from ``start`` on.
    """
    side = noise.shape[0]
    for y in range(first, last):
        ny = (y + start[0]) % side
        for x in range(radiance.shape[1]):
            nx = (x + start[1]) % side
            rest = max(0.0, 1.0 - cover[y, x])
            for n in range(3):
                value = min(max(radiance[y, x, n] + rest * backdrop[y, x, n], 0.0), 3.996)
                if strength > 0:  # shot noise grows with the square root of light
                    value = min(
                        max(
                            value + noise[ny, nx, n] * strength * (0.012 + 0.045 * np.sqrt(value)),
                            0.0,
                        ),
                        3.996,
                    )
                position = np.sqrt(value * 0.25) * 1023.0
                k = int(position)
                level = curve[k] + (curve[min(k + 1, 1023)] - curve[k]) * (position - k)
                image[y, x, n] = np.uint8(level + 0.5)
