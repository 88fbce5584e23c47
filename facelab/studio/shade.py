"""Light on skin, eyes, teeth, cloth and hair: from visible samples to linear radiance. Compiled.

Skin: wrapped diffuse with a redder wrap for light that travels under the skin (after Penner 2011, pre-integrated skin
shading), two specular lobes and Fresnel. Hair: Kajiya and Kay 1989. Shadows: percentage-closer filtering (Reeves 1987).
"""

import numpy as np

from .raster import compiled

# Part numbers of the face model that need a rule of their own (FaceModel.part).
LIPS, MOUTH, EYE_LEFT, EYE_RIGHT, TEETH, TONGUE, CLOTHES, OCCLUDER = 2, 6, 7, 8, 9, 10, 13, 16

f = np.float32


@compiled
def _unit(x, y, z):
    k = f(1) / np.sqrt(x * x + y * y + z * z + f(1e-12))
    return x * k, y * k, z * k


@compiled
def _step(low, high, x):
    t = min(f(1), max(f(0), (x - low) / (high - low)))
    return t * t * (f(3) - f(2) * t)


@compiled
def _lit(shadow, frame, px, py, pz, bias, spread):
    """Share of the key light that reaches a point: 3 x 3 comparisons in the shadow map, each with a soft edge."""
    size = shadow.shape[0]
    u = frame[0, 0] * px + frame[0, 1] * py + frame[0, 2] * pz + frame[0, 3]
    v = frame[1, 0] * px + frame[1, 1] * py + frame[1, 2] * pz + frame[1, 3]
    d = frame[2, 0] * px + frame[2, 1] * py + frame[2, 2] * pz + frame[2, 3] + bias
    total = f(0)
    for j in range(-1, 2):
        for i in range(-1, 2):
            x, y = u + i * spread - f(0.5), v + j * spread - f(0.5)
            x0, y0 = int(np.floor(x)), int(np.floor(y))
            if x0 < 0 or y0 < 0 or x0 >= size - 1 or y0 >= size - 1:
                total += f(1)
                continue
            ax, ay = x - x0, y - y0
            a = f(1) if shadow[y0, x0] < d else f(0)
            b = f(1) if shadow[y0, x0 + 1] < d else f(0)
            c = f(1) if shadow[y0 + 1, x0] < d else f(0)
            e = f(1) if shadow[y0 + 1, x0 + 1] < d else f(0)
            total += (a + (b - a) * ax) * (f(1) - ay) + (c + (e - c) * ax) * ay
    return total / f(9)


@compiled
def _surface(light, view_dir, nx, ny, nz, red, green, blue, gloss, rough, wrap, lit, ao):
    """Radiance of a dielectric with diffuse albedo (red, green, blue) under key, fill and hemisphere light."""
    lx, ly, lz = light[0], light[1], light[2]
    vx, vy, vz = view_dir
    ndl = nx * lx + ny * ly + nz * lz
    ndv = max(f(0), nx * vx + ny * vy + nz * vz)
    hx, hy, hz = _unit(lx + vx, ly + vy, lz + vz)
    ndh = max(f(0), nx * hx + ny * hy + nz * hz)
    wr, wg, wb = wrap * f(0.9), wrap * f(0.6), wrap * f(0.45)  # red light travels furthest under the skin
    dr = max(f(0), (ndl + wr) / (f(1) + wr))
    dg = max(f(0), (ndl + wg) / (f(1) + wg))
    db = max(f(0), (ndl + wb) / (f(1) + wb))
    dr, dg, db = dr * np.sqrt(dr), dg * np.sqrt(np.sqrt(dg)), db * np.sqrt(np.sqrt(db))
    soft = np.sqrt(lit)
    bleed = min(f(1), wrap * f(2))
    sr, sg, sb = lit + (soft - lit) * bleed, lit + (soft - lit) * bleed * f(0.5), lit + (soft - lit) * bleed * f(0.35)
    up = f(0.5) + f(0.5) * ny
    back = max(f(0), -nx * lx * f(0.9) + nz * f(0.45) + f(0.1))
    half_angle = f(1) - max(f(0), hx * vx + hy * vy + hz * vz)
    fresnel = f(0.03) + f(0.97) * half_angle**5
    tight, broad = f(1) / (rough * rough), f(0.18) / (rough * rough)
    lobe = f(0.35) * tight * np.exp((ndh - f(1)) * tight) + f(0.65) * broad * np.exp((ndh - f(1)) * broad)
    spec = gloss * fresnel * lobe * max(f(0), ndl) * lit * f(1.3)
    rim = gloss * f(0.35) * (f(1) - ndv) ** 4 * ao
    shown = ao * ao
    r = red * (light[3] * dr * sr + ao * (light[9] + (light[6] - light[9]) * up) + back * light[12] * ao)
    g = green * (light[4] * dg * sg + f(0.5) * (ao + shown) * (light[10] + (light[7] - light[10]) * up) + back * light[13] * ao)
    b = blue * (light[5] * db * sb + shown * (light[11] + (light[8] - light[11]) * up) + back * light[14] * ao)
    return r + spec * light[3] + rim * light[6], g + spec * light[4] + rim * light[7], b + spec * light[5] + rim * light[8]


@compiled
def _texel(colour, bump, u, v, level):
    """Bilinear fetch from one level of ``skin.pyramid``: linear RGB, gloss, slopes; u wraps."""
    height, width = (colour.shape[0] * 2 // 3) >> level, colour.shape[1] >> level
    top, left = (0, 0) if level == 0 else (colour.shape[0] * 2 // 3, colour.shape[1] - 2 * width)
    x, y = u * width - f(0.5), min(max(v * height - f(0.5), f(0)), f(height - 1.001))
    fx, fy = np.floor(x), np.floor(y)
    ax, ay = x - fx, y - fy
    x0, y0 = left + int(fx) % width, top + int(fy)
    x1, y1 = left + (int(fx) + 1) % width, y0 + 1
    a, b, c, d = (f(1) - ax) * (f(1) - ay), ax * (f(1) - ay), (f(1) - ax) * ay, ax * ay
    r = colour[y0, x0, 0] * a + colour[y0, x1, 0] * b + colour[y1, x0, 0] * c + colour[y1, x1, 0] * d
    g = colour[y0, x0, 1] * a + colour[y0, x1, 1] * b + colour[y1, x0, 1] * c + colour[y1, x1, 1] * d
    e = colour[y0, x0, 2] * a + colour[y0, x1, 2] * b + colour[y1, x0, 2] * c + colour[y1, x1, 2] * d
    w = colour[y0, x0, 3] * a + colour[y0, x1, 3] * b + colour[y1, x0, 3] * c + colour[y1, x1, 3] * d
    su = bump[y0, x0, 0] * a + bump[y0, x1, 0] * b + bump[y1, x0, 0] * c + bump[y1, x1, 0] * d
    sv = bump[y0, x0, 1] * a + bump[y0, x1, 1] * b + bump[y1, x0, 1] * c + bump[y1, x1, 1] * d
    r, g, e, w = r / f(255), g / f(255), e / f(255), w / f(255)
    su, sv = su / f(127), sv / f(127)
    return r * r, g * g, e * e, w, su, sv


@compiled
def _skin(colour, bump, u, v, texels):
    """Skin at (u, v) where a pixel covers ``texels`` texels: from the two nearest levels."""
    level = min(max(f(0.5) * np.log2(texels + f(1e-6)) - f(0.25), f(0)), f(1.999))
    k = int(level)
    t = level - k
    r, g, e, w, su, sv = _texel(colour, bump, u, v, k)
    if t > f(0.02):
        r1, g1, e1, w1, su1, sv1 = _texel(colour, bump, u, v, k + 1)
        r, g, e, w = r + (r1 - r) * t, g + (g1 - g) * t, e + (e1 - e) * t, w + (w1 - w) * t
        su, sv = su + (su1 - su) * t, sv + (sv1 - sv) * t
    return r, g, e, w, su, sv


@compiled
def _between(points, x):
    """Height of a lid, a line through four points given as x0, y0, x1, y1, ..., at x."""
    for k in range(3):
        if x <= points[2 * k + 2] or k == 2:
            t = (x - points[2 * k]) / (points[2 * k + 2] - points[2 * k] + f(1e-6))
            t = min(f(1.2), max(f(-0.2), t))
            return points[2 * k + 1] + t * (points[2 * k + 3] - points[2 * k + 1])
    return f(0)


@compiled
def _iris(iris, rho, angle):
    """Bilinear fetch of the iris texture at ``rho`` iris radii from its middle: linear RGB."""
    y = min(rho * f(0.7), f(1)) * f(62.99)  # .7: skin.IRIS_EDGE
    x = (angle * f(0.15915494) + f(0.5)) * f(64)
    y0, x0 = int(y), int(x) % 64
    ay, ax, x1 = y - y0, x - np.floor(x), (x0 + 1) % 64
    a, b, c, d = (f(1) - ax) * (f(1) - ay), ax * (f(1) - ay), (f(1) - ax) * ay, ax * ay
    p, q, m, n = iris[y0, x0], iris[y0, x1], iris[y0 + 1, x0], iris[y0 + 1, x1]
    r = (p[0] * a + q[0] * b + m[0] * c + n[0] * d) / f(255)
    g = (p[1] * a + q[1] * b + m[1] * c + n[1] * d) / f(255)
    e = (p[2] * a + q[2] * b + m[2] * c + n[2] * d) / f(255)
    return r * r, g * g, e * e


@compiled
def _eye(eye, iris, light, view_dir, px, py, pz, lit, flat):
    """Radiance of an eyeball: sclera, iris with depth, pupil, limbal ring, wet highlight, shadow of the lids."""
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
    depth = f(0.1) * max(f(0), f(1) - edge * edge)
    ix, iy = gx - depth * wx, gy - depth * wy
    rho = np.sqrt(ix * ix + iy * iy) / size
    r, g, b = _iris(iris, rho, np.arctan2(iy, ix))
    if gz > 0 and rho < 1:
        keep = f(1) - f(0.97) * (f(1) - _step(f(0.32), f(0.4), rho))  # the pupil
        # light gathers opposite the source
        keep *= f(1) + f(0.7) * max(f(0), -(ix * light[15] + iy * light[16])) / size
        r, g, b = r * keep, g * keep, b * keep
    corner = min(f(1), abs(gx) * f(1.15)) ** 3  # redder towards the corners
    r *= f(1) - f(0.12) * corner
    g *= f(1) - f(0.42) * corner
    b *= f(1) - f(0.42) * corner
    # lids: head frame
    qx = (eye[13] * dx + eye[14] * dy + eye[15] * dz) * radius
    qy = (eye[16] * dx + eye[17] * dy + eye[18] * dz) * radius
    above = _between(eye[22:30], qx) - qy
    below = qy - _between(eye[30:38], qx)
    ao = f(0.3) + f(0.7) * _step(f(-0.5), f(3.6), above)
    ao *= f(0.62) + f(0.38) * _step(f(-0.4), f(1.6), below)
    ao *= f(1) - f(0.5) * min(f(1), (qx / radius) ** 2 * f(1.6))  # the socket shades the corners
    if flat:
        return r, g, b, dx, dy, dz
    shown = lit * (f(0.3) + f(0.7) * ao)
    nr, ng, nb = _surface(light, view_dir, dx, dy, dz, r, g, b, f(0), f(0.3), f(0.35), shown, ao)
    # the cornea bulges, so its highlight sits on a smaller sphere; the tear film shines on the rest
    bulge = f(0.75) * (f(1) - _step(f(0.8), f(1.25), edge))
    ax, ay, az = eye[10] * bulge, eye[11] * bulge, eye[12] * bulge
    cx, cy, cz = _unit(dx * (f(1) + bulge) - ax, dy * (f(1) + bulge) - ay, dz * (f(1) + bulge) - az)
    hx, hy, hz = _unit(light[0] + vx, light[1] + vy, light[2] + vz)
    ndh = max(f(0), cx * hx + cy * hy + cz * hz)
    wet = f(5) * _step(f(0.984), f(0.993), ndh) + f(0.14) * np.exp((ndh - f(1)) * f(60))
    wet *= f(0.35) * (f(0.25) + f(0.75) * lit) * _step(f(-0.2), f(1), above)
    mx, my, mz = _unit(-light[0] * f(0.7) + vx, f(0.35) + vy, abs(light[2]) + vz)
    ndm = max(f(0), cx * mx + cy * my + cz * mz)
    edge_on = (f(1) - max(f(0), cx * vx + cy * vy + cz * vz)) ** 4
    room = (f(0.35) * _step(f(0.975), f(0.995), ndm) + f(0.25) * edge_on) * ao
    r = nr + wet * light[3] + room * light[6]
    g = ng + wet * light[4] + room * light[7]
    b = nb + wet * light[5] + room * light[8]
    return r, g, b, dx, dy, dz


@compiled
def _cloth(cloth, x, y, z, d):
    """Albedo of the garment at rest position (x, y, z) mm, d mm inside its edge."""
    weave = f(0.035) * np.sin(x * f(0.9)) * np.sin(y * f(1.0)) + f(0.07) * np.sin(x * f(0.05) + cloth[6]) * np.sin(y * f(0.045) + z * f(0.04) + cloth[7])
    shade = f(1) + weave
    if d < cloth[3]:  # the rib of the collar
        shade *= f(0.86) + f(0.1) * np.sin((abs(x) + z) * f(1.6))
    shade *= f(0.5) + f(0.5) * _step(f(-0.5), f(2.5), d)
    if cloth[4] > 0:  # stripes
        band = f(1) if np.sin(y * cloth[4]) > 0 else f(0)
        shade *= f(1) - cloth[5] * band
    return cloth[0] * shade, cloth[1] * shade, cloth[2] * shade


@compiled
def shade(ids, first, last, begin, mesh_end, triangles, kinds, points, near, vertices, normals, corner_uv, vertex_data, rest,
          lit_colour, colour, bump, iris, light, eyes, cloth, view, head_up, shadow, shadow_frame, own_shadow, own_frame,
          radiance, cover, votes, parts, mask, head_mask, occluder_mask, depth, normal_map, surface, place):
    """Shade all samples of one person in the pixel rows ``first`` to ``last`` and fill the truth buffers.

    A pixel has 2 x 2 samples in ``ids``; samples of one pixel that lie on the same kind of surface are shaded once, at
    their mean position. ``own_shadow`` is used outside the inner face of somebody who wears another's face.
    """
    eye_distance = view[3]
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
                sx, sy = f(2 * x + s % 2) + f(0.5), f(2 * y + s // 2) + f(0.5)
                count = 1
                done |= 1 << s
                if t < mesh_end:
                    for o in range(s + 1, 4):
                        q = ids[2 * y + o // 2, 2 * x + o % 2] - begin
                        if q >= 0 and q < mesh_end and kinds[q] == kind and not done & (1 << o):
                            ratio = near[triangles[q, 0]] / near[triangles[t, 0]]
                            if ratio > f(0.985) and ratio < f(1.015):
                                done |= 1 << o
                                count += 1
                                sx += f(2 * x + o % 2) + f(0.5)
                                sy += f(2 * y + o // 2) + f(0.5)
                    sx, sy = sx / count, sy / count
                share = f(count) * f(0.25)
                a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
                ax, ay = points[a, 0], points[a, 1]
                bx, by, cx, cy = points[b, 0] - ax, points[b, 1] - ay, points[c, 0] - ax, points[c, 1] - ay
                one = f(1) / (bx * cy - by * cx)
                wb = ((sx - ax) * cy - (sy - ay) * cx) * one
                wc = (bx * (sy - ay) - by * (sx - ax)) * one
                wa = f(1) - wb - wc
                wa, wb, wc = wa * near[a], wb * near[b], wc * near[c]
                total = f(1) / (wa + wb + wc)
                wa, wb, wc = wa * total, wb * total, wc * total
                cover[y, x] += share
                away = total  # distance from the camera along its axis, mm
                if t >= mesh_end:
                    i, j, k = a - mesh_vertices, b - mesh_vertices, c - mesh_vertices
                    for n in range(3):
                        radiance[y, x, n] += share * (wa * lit_colour[i, n] + wb * lit_colour[j, n] + wc * lit_colour[k, n])
                    mask[y, x] += share * (wa * lit_colour[i, 3] + wb * lit_colour[j, 3] + wc * lit_colour[k, 3])
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
                        normal_map[y, x, 0], normal_map[y, x, 1], normal_map[y, x, 2] = f(0), f(0), f(1)
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
                inner = max(f(0), inner)
                garment = wa * vertex_data[a, 2] + wb * vertex_data[b, 2] + wc * vertex_data[c, 2]
                head = wa * vertex_data[a, 3] + wb * vertex_data[b, 3] + wc * vertex_data[c, 3]
                rx = wa * rest[a, 0] + wb * rest[b, 0] + wc * rest[c, 0]
                ry = wa * rest[a, 1] + wb * rest[b, 1] + wc * rest[c, 1]
                rz = wa * rest[a, 2] + wb * rest[b, 2] + wc * rest[c, 2]
                view_dir = _unit(view[0] - px, view[1] - py, view[2] - pz)
                lit = f(1)
                if not flat:
                    lit = _lit(shadow, shadow_frame, px + f(1.5) * nx, py + f(1.5) * ny, pz + f(1.5) * nz, f(2.5), spread)
                    if own_shadow.shape[0] > 1 and inner < 1:
                        own = _lit(own_shadow, own_frame, px + f(1.5) * nx, py + f(1.5) * ny, pz + f(1.5) * nz, f(2.5), spread)
                        lit = own + (lit - own) * min(f(1), inner * f(4))
                shown = kind
                if kind == EYE_LEFT or kind == EYE_RIGHT:
                    r, g, e, nx, ny, nz = _eye(eyes[kind - EYE_LEFT], iris, light, view_dir, px, py, pz, lit, flat)
                else:
                    gloss, rough, wrap = f(0.5), f(0.4), f(0.4)
                    if kind == TEETH:
                        tooth = abs(rx) / (f(7.9) if ry > f(-68) else f(5.8))
                        gap = abs(tooth - np.floor(tooth + f(0.5)))
                        deep = _step(f(-22), f(22), rz)
                        tint = (f(0.5) + f(0.5) * _step(f(0), f(0.11), gap)) * (f(0.93) + f(0.07) * np.cos(np.floor(tooth + f(0.5)) * f(2.4))) * (f(0.25) + f(0.75) * deep) * (f(0.2) + f(0.8) * eyes[0, 39])
                        r, g, e, gloss, rough, wrap = f(0.52) * tint, f(0.45) * tint, f(0.37) * tint, f(0.7), f(0.22), f(0.3)
                        ao = f(0.2) + f(0.5) * deep
                    elif kind == TONGUE:
                        deep = _step(f(-30), f(25), rz)
                        r, g, e, gloss, rough = f(0.42) * deep, f(0.13) * deep, f(0.12) * deep, f(0.9), f(0.25)
                        ao = (f(0.15) + f(0.45) * deep) * (f(0.15) + f(0.85) * eyes[0, 39])
                    elif kind == MOUTH:
                        deep = _step(f(0), f(30), rz)
                        r, g, e, gloss = f(0.3) * deep + f(0.02), f(0.08) * deep + f(0.01), f(0.07) * deep + f(0.01), f(0.4)
                        ao = f(0.3) * deep
                    elif garment > 0:
                        shown = CLOTHES
                        r, g, e = _cloth(cloth, rx, ry, rz, garment)
                        gloss, rough, wrap = f(0.06), f(0.6), f(0.12)
                        fold = f(0.1) * np.sin(rx * f(0.11) + ry * f(0.05) + cloth[6]) + f(0.07) * np.sin(ry * f(0.16) - rx * f(0.07) + cloth[7])
                        nx, ny, nz = _unit(nx + fold, ny + fold * f(0.4), nz)
                    else:
                        u0, u1, u2 = corner_uv[t, 0, 0], corner_uv[t, 1, 0], corner_uv[t, 2, 0]
                        u = wa * u0 + wb * u1 + wc * u2
                        v = wa * corner_uv[t, 0, 1] + wb * corner_uv[t, 1, 1] + wc * corner_uv[t, 2, 1]
                        u1, u2, v0 = u1 - u0, u2 - u0, corner_uv[t, 0, 1]
                        spread_uv = abs(u1 * (corner_uv[t, 2, 1] - v0) - u2 * (corner_uv[t, 1, 1] - v0))
                        texels = f(4) * abs(one) * spread_uv * colour.shape[1] * (colour.shape[0] * 2 // 3)
                        r, g, e, w, su, sv = _skin(colour, bump, u, v, texels)
                        g, e = g * (f(1) - f(0.008) * light[19]), e * (f(1) - f(0.003) * light[19])  # the pulse
                        gloss, rough = w * f(1.3), f(0.42) - f(0.14) * w
                        if not flat:
                            # u runs around the head, v down: tangents from the head's axis
                            tx, ty, tz = _unit(head_up[1] * nz - head_up[2] * ny, head_up[2] * nx - head_up[0] * nz, head_up[0] * ny - head_up[1] * nx)
                            qx, qy, qz = ny * tz - nz * ty, nz * tx - nx * tz, nx * ty - ny * tx
                            nx, ny, nz = _unit(nx - su * tx + sv * qx, ny - su * ty + sv * qy, nz - su * tz + sv * qz)
                    if not flat:
                        r, g, e = _surface(light, view_dir, nx, ny, nz, r, g, e, gloss, rough, wrap, lit, ao)
                radiance[y, x, 0] += share * r
                radiance[y, x, 1] += share * g
                radiance[y, x, 2] += share * e
                if shown != CLOTHES:
                    mask[y, x] += share * min(f(1), inner)
                    head_mask[y, x] += share * (f(1) if head > f(0.5) else f(0))
                if count > votes[y, x]:
                    votes[y, x] = count
                    parts[y, x] = shown
                    depth[y, x] = away
                    surface[y, x] = begin + t
                    place[y, x, 0], place[y, x, 1] = wb, wc
                    normal_map[y, x, 0], normal_map[y, x, 1], normal_map[y, x, 2] = nx, ny, nz


@compiled
def light_strands(points, starts, colour, normal_centre, light, view, shadow, shadow_frame, flat, out):
    """Light strand points (P,3): out (P,3) linear radiance.

    Kajiya and Kay's diffuse term, and the two highlights of Marschner et al. 2003 (one of the light's colour, shifted to
    the root; one of the hair's, shifted to the tip), each strand a little off; one tap of the shadow map, which thins out
    with depth as hair lets light through; the sky from above, mirrored as well.
    """
    size = shadow.shape[0]
    lx, ly, lz = light[0], light[1], light[2]
    for s in range(len(starts) - 1):
        key = int(colour[starts[s], 0] * f(4194304))  # the last digits of its colour, so that it stays itself in any company
        tilt = (f(key % 1024) / f(1023) - f(0.5)) * f(0.16)
        for p in range(starts[s], starts[s + 1]):
            if flat:
                out[p, 0], out[p, 1], out[p, 2] = colour[p, 0], colour[p, 1], colour[p, 2]
                continue
            x, y, z = points[p, 0], points[p, 1], points[p, 2]
            before, after = max(starts[s], p - 1), min(starts[s + 1] - 1, p + 1)
            tx, ty, tz = _unit(points[after, 0] - points[before, 0], points[after, 1] - points[before, 1], points[after, 2] - points[before, 2])
            cx, cy, cz = x - normal_centre[0], y - normal_centre[1], z - normal_centre[2]
            cy = cy if cy > 0 else f(0.3) * cy  # below, the head and what hangs from it is more like a cylinder
            along = cx * tx + cy * ty + cz * tz
            nx, ny, nz = _unit(cx - f(0.8) * along * tx, cy - f(0.8) * along * ty, cz - f(0.8) * along * tz)
            vx, vy, vz = _unit(view[0] - x, view[1] - y, view[2] - z)
            tl, tv = tx * lx + ty * ly + tz * lz, tx * vx + ty * vy + tz * vz
            u = shadow_frame[0, 0] * x + shadow_frame[0, 1] * y + shadow_frame[0, 2] * z + shadow_frame[0, 3]
            v = shadow_frame[1, 0] * x + shadow_frame[1, 1] * y + shadow_frame[1, 2] * z + shadow_frame[1, 3]
            d = shadow_frame[2, 0] * x + shadow_frame[2, 1] * y + shadow_frame[2, 2] * z + shadow_frame[2, 3]
            lit = f(1)
            i, j = int(u), int(v)
            if i >= 0 and j >= 0 and i < size and j < size:
                depth = max(f(0), shadow[j, i] - d - f(2.5))
                lit = f(1) / (f(1) + f(0.09) * (f(1) - f(0.75) * min(f(1), f(2) * colour[p, 1])) * depth * depth) if depth < f(30) else f(0)
            wrapped = f(0.3) + f(0.7) * (nx * lx + ny * ly + nz * lz)
            facing = max(f(0), wrapped) * lit
            sin_l, sin_v = np.sqrt(max(f(0), f(1) - tl * tl)), np.sqrt(max(f(0), f(1) - tv * tv))
            # half vector against the strand: the highlight is a cone about it, tilted by the cuticle's scales
            hx, hy, hz = _unit(lx + vx, ly + vy, lz + vz)
            th = tx * hx + ty * hy + tz * hz + tilt
            first, second = th - f(0.09), th + f(0.13)
            white = np.exp(-first * first * f(45)) * facing
            tinted = np.exp(-second * second * f(14)) * facing
            back = max(f(0), -(vx * lx + vy * ly + vz * lz)) ** 2 * lit * sin_l  # light from behind shines through
            up = f(0.5) + f(0.5) * ny
            sheen = sin_v * (f(0.25) + f(0.75) * up * up)
            for n in range(3):
                c = colour[p, n]
                key, sky = light[3 + n], light[6 + n]
                ambient = light[9 + n] + (sky - light[9 + n]) * up
                bright = np.sqrt(c)
                out[p, n] = (c * (key * (f(0.62) * sin_l * facing + f(0.5) * back) + ambient + f(0.4) * light[12 + n] * max(f(0), nz))
                             + key * (f(0.045) * white + f(0.3) * c * tinted + f(0.05) * bright * tinted)
                             + sky * f(0.11) * bright * sheen)


@compiled
def ribbons(points, near, starts, width, focal, out):
    """Widen projected strands (P,2) to camera-facing ribbons: out (2P,2), ``width`` (P,) in mm at each point."""
    for s in range(len(starts) - 1):
        for p in range(starts[s], starts[s + 1]):
            before, after = max(starts[s], p - 1), min(starts[s + 1] - 1, p + 1)
            dx, dy = points[after, 0] - points[before, 0], points[after, 1] - points[before, 1]
            half = f(0.5) * width[p] * focal * near[p] / np.sqrt(dx * dx + dy * dy + f(1e-9))
            out[2 * p, 0], out[2 * p, 1] = points[p, 0] - dy * half, points[p, 1] + dx * half
            out[2 * p + 1, 0], out[2 * p + 1, 1] = points[p, 0] + dy * half, points[p, 1] - dx * half


@compiled
def develop(radiance, cover, backdrop, curve, noise, start, strength, first, last, image):
    """Put the figure before the backdrop, expose, add sensor noise and write uint8 rows ``first`` to ``last``.

    ``curve`` (1024,) maps linear radiance from 0 to 4 through the film curve to [0, 255]; ``noise`` (N,N,3) is a tile of
    standard normal noise, read from ``start`` on.
    """
    side = noise.shape[0]
    for y in range(first, last):
        ny = (y + start[0]) % side
        for x in range(radiance.shape[1]):
            nx = (x + start[1]) % side
            rest = max(f(0), f(1) - cover[y, x])
            for n in range(3):
                value = min(max(radiance[y, x, n] + rest * backdrop[y, x, n], f(0)), f(3.996))
                if strength > 0:  # shot noise grows with the square root of light
                    value = min(max(value + noise[ny, nx, n] * strength * (f(0.012) + f(0.045) * np.sqrt(value)), f(0)), f(3.996))
                position = np.sqrt(value * f(0.25)) * f(1023)
                k = int(position)
                level = curve[k] + (curve[min(k + 1, 1023)] - curve[k]) * (position - k)
                image[y, x, n] = np.uint8(level + f(0.5))
