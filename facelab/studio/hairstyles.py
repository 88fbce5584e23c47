"""Hair on the head, style by style."""

import numpy as np

from . import hairline
from .combing import curtain, forwards, free, radial, slick, swept, towards, turned
from .growth import (
    HAIR,
    Manner,
    Roots,
    as_strands,
    clump,
    curl,
    cut,
    fall,
    first,
    layers,
    solid_vertices,
    take_root,
    tangential,
    tapered,
    unit,
)
from .model import smoothstep
from .pigment import pigmented
from .skin import atlas
from .strands import Strands

LED_BACK = ("slicked", "ponytail", "bun", "bob", "long_straight", "long_wavy", "long_curly")
HEAD_CENTRE = np.float32([0, 22, -77])


def scalp_hair(looks, traits, ground):
    """Hair on the head in the person's style, a Strands."""
    rng = np.random.default_rng([31, looks.detail])
    density = hairline.scalp_density(looks, traits)
    hair = STYLES[looks.hair_style](looks, ground, density, rng)
    down = baby_hair(looks, ground, density) if len(hair.root) else hair
    return Strands.joined([hair, down])


def fuller(density):
    """How much hair there is where it grows: soon as much as anywhere."""
    return density**0.6


def clipped(density):
    """The same for hair so short that a thin edge would be seen."""
    return fuller(density) ** 1.7


def at_the_edge(density):
    """Where hair only just grows."""
    return smoothstep(0, 0.25, density) * smoothstep(0.9, 0.4, density)


def baby_hair(looks, ground, density):
    """Short fine hairs along the hair line, which thins out instead of ending."""
    rng = np.random.default_rng([35, looks.detail])
    roots = take_root(ground, density, 0.3, rng, at_the_edge)
    comb = slick if looks.hair_style in LED_BACK else radial(crown_of(ground, rng))
    length = rng.uniform(3, 11, len(roots)) * (0.4 + 0.6 * smoothstep(0, 0.5, roots.density))
    points = fall(ground, roots, length, comb, 4, 0.3, Manner(rise=0.3, jitter=0.35), rng)
    return dressed(looks, points, roots, layers(roots, rng), 0.36, rng, 0.7)


def dressed(looks, points, roots, layer, width, rng, deep=0.5, tip=0.35, spacing=None):
    """Scalp hair (S,N,3) as a Strands with colour and width.

    ``layer`` (S,) is 0 for inner and 1 for outer hair; ``deep`` is the share of light in the depth;
    the other arguments are those of ``growth.tapered`` and ``growth.as_strands``.
    """
    colour = pigmented(looks, points.shape[:2], rng, looks.grey)
    fair = min(0.7, 1.6 * float(colour.mean())) if len(points) else 0  # fair hair passes light on
    deep = deep + (1 - deep) * fair
    t = np.linspace(0, 1, points.shape[1], dtype=np.float32)
    light = deep + (1 - deep) * (0.55 * layer[:, None] + 0.45 * smoothstep(-0.2, 0.45, t))
    fine = 0.35 + 0.65 * smoothstep(0, 0.7, roots.density)
    fine = fine * (1 - 0.55 * smoothstep(0.8, 1, layer))  # the outermost fly away one by one
    sprung = 0.6 * (1 - smoothstep(0, 0.3, t)) * (1 - smoothstep(0.5, 1, roots.density))[:, None]
    # no blunt ends at the hair line
    wide = np.maximum(tapered(points, width * fine, rng, tip) * (1 - sprung), HAIR)
    return as_strands(
        points,
        roots.vertex,
        colour * np.float32(light)[..., None],
        wide,
        "hair",
        hanging(points),
        spacing,
    )


def hanging(points):
    """How much points (S,N,3) follow the head: less the lower they hang, to rest on shoulders."""
    return 1 - 0.75 * smoothstep(-85, -175, points[..., 1])


def crown_of(ground, rng):
    """The person's crown, a little to one side and under the skin, from which hair turns away."""
    side = rng.choice([-1, 1]) * rng.uniform(2, 14)
    return ground.place(side, 100, -112) - np.float32([0, 12, 0])


# --- short ----------------------------------------------------------------------------------------


def shaved(looks, ground, density, rng):
    """Nothing but the paint under the hair."""
    return Strands.empty()


def bald(looks, ground, density, rng):
    """What is left round the back of old heads."""
    roots = take_root(ground, density, 0.06, rng, fuller)
    length = rng.uniform(6, 14, len(roots)) * (0.4 + 0.6 * roots.density)
    manner = Manner(rise=0.4, gravity=0.3, jitter=0.25)
    points = fall(ground, roots, length, radial(crown_of(ground, rng)), 4, 0.6, manner, rng)
    return dressed(looks, points, roots, layers(roots, rng), 0.8, rng)


def buzz(looks, ground, density, rng):
    """Clipped to a few millimetres."""
    roots = take_root(ground, density, 0.14, rng, clipped)
    length = rng.uniform(2.5, 5, len(roots)) * (0.5 + 0.5 * roots.density)
    manner = Manner(rise=1.1, gravity=0, jitter=0.35)
    points = fall(ground, roots, length, radial(crown_of(ground, rng)), 3, 0.3, manner, rng)
    return dressed(looks, points, roots, layers(roots, rng), 0.55, rng, 0.6)


def short(looks, ground, density, rng):
    """Short sides, longer on top, brushed any way between forwards and sideways."""
    roots, crown = take_root(ground, density, 0.062, rng, fuller), crown_of(ground, rng)
    layer, top = layers(roots, rng), smoothstep(25, 80, roots.mean[:, 1])
    length = rng.uniform(8, 14) + rng.uniform(12, 28) * top
    length = length * rng.uniform(0.75, 1.1, len(roots)) * (0.35 + 0.65 * roots.density)
    comb = turned(radial(crown), rng.uniform(-75, 75), crown)
    manner = Manner(rise=rng.uniform(0.6, 1.3), inertia=1.2, jitter=0.3)
    points = fall(ground, roots, length, comb, 5, 0.6 + 6 * layer * top, manner, rng)
    points, _ = clump(points, 7, 0.55, rng)
    return dressed(looks, points, roots, layer, 1.25, rng)


def side_part(looks, ground, density, rng):
    """Parted at the side and combed over."""
    roots, crown = take_root(ground, density, 0.05, rng, fuller), crown_of(ground, rng)
    layer, top = layers(roots, rng), smoothstep(30, 72, roots.mean[:, 1])
    length = (13 + 52 * top) * rng.uniform(0.8, 1.1, len(roots)) * (0.3 + 0.7 * roots.density)
    comb = swept(np.sign(crown[0]) * rng.uniform(22, 34), crown, rng.uniform(-0.1, 0.45))
    manner = Manner(rise=0.45, inertia=0.8, gravity=0.25, hug=1.2)
    points = fall(ground, roots, length, comb, 7, 0.8 + 9 * layer * top, manner, rng)
    points, _ = clump(points, 9, 0.55, rng)
    return dressed(looks, points, roots, layer, 1.35, rng)


def slicked(looks, ground, density, rng):
    """Combed straight back, close to the head."""
    roots = take_root(ground, density, 0.055, rng, fuller)
    layer, top = layers(roots, rng), smoothstep(0, 70, roots.mean[:, 1])
    length = (26 + 62 * top) * rng.uniform(0.8, 1.1, len(roots)) * (0.4 + 0.6 * roots.density)
    lift = 0.8 + 4.5 * layer * (0.4 + 0.6 * top)
    manner = Manner(rise=0.35, gravity=0.05, hug=0.8, jitter=0.05)
    points = fall(ground, roots, length, slick, 8, lift, manner, rng)
    points, _ = clump(points, 12, 0.7, rng)
    return dressed(looks, points, roots, layer, 1.35, rng)


def curly_short(looks, ground, density, rng):
    """Short curls."""
    roots, crown = take_root(ground, density, 0.03, rng, fuller), crown_of(ground, rng)
    layer, top = layers(roots, rng), smoothstep(-20, 70, roots.mean[:, 1])
    length = (22 + 26 * top) * rng.uniform(0.7, 1.15, len(roots)) * (0.3 + 0.7 * roots.density)
    manner = Manner(rise=1.6, inertia=0.8, gravity=0.25, hug=0.7, jitter=0.3)
    points = fall(ground, roots, length, radial(crown), 11, 1 + (4 + 13 * top) * layer, manner, rng)
    points, mine = clump(points, 8, 0.5, rng)
    radius = rng.uniform(3, 5, len(roots)) * (0.4 + 0.6 * top)
    points = curl(points, mine, radius, rng.uniform(17, 24), rng)
    return dressed(looks, points, roots, layer, 1.7, rng, 0.4, 0.5)


def afro(looks, ground, density, rng):
    """Tight coils that stand off all round: each strand is one, between skin and outline."""
    roots = take_root(ground, density, 0.07, rng, fuller)
    layer = (rng.random(len(roots)) ** 0.55).astype(np.float32)
    far = _afro_outline(roots, rng) * layer
    turn = np.linspace(0, rng.uniform(7, 11), 6) + rng.uniform(0, 6.28, (len(roots), 1))
    out = unit(0.7 * roots.normals + 0.5 * unit(roots.points - HEAD_CENTRE))
    side = unit(np.cross(out, rng.standard_normal(out.shape)))
    far = np.maximum(far[:, None] + np.linspace(-4, 5, 6), 0.3)
    wide = rng.uniform(1.8, 3.6, (len(roots), 1)) * np.clip(far / 8, 0.1, 1)
    points = roots.points[:, None] + far[..., None] * out[:, None] + _coil(turn, wide, side, out)
    return dressed(looks, points.astype(np.float32), roots, layer**2, 2.0, rng, 0.35, 0.6)


def _afro_outline(roots, rng):
    """How far the hair stands off over each root, (S,) mm: less at the edges, lumpy."""
    tall = 0.45 + 0.55 * smoothstep(-40, 60, roots.mean[:, 1])
    lump = 1 + 0.09 * np.sin(roots.points @ rng.normal(0, 0.09, (3, 3)).astype(np.float32)).sum(1)
    return rng.uniform(24, 52) * tall * lump * (0.35 + 0.65 * roots.density)


def _coil(turn, wide, side, axis):
    """Offsets (S,N,3) on circles about ``axis`` (S,3), ``wide`` (S,N) mm, at ``turn`` (S,N)."""
    other, turn = np.cross(axis, side)[:, None], turn[..., None]
    return wide[..., None] * (np.cos(turn) * side[:, None] + np.sin(turn) * other)


# --- long -----------------------------------------------------------------------------------------


def bob(looks, ground, density, rng):
    """To the jaw, at times with a fringe."""
    bangs = fringe(looks, ground, density, rng) if rng.random() < 0.4 else Strands.empty()
    line = rng.uniform(-98, -62)
    hair = _long(looks, ground, density, rng, line, 12, 0.035, 0.5, 13, 1.8, 15)
    return Strands.joined([hair, bangs])


def long_straight(looks, ground, density, rng):
    """Over the shoulders, at times with a fringe."""
    bangs = fringe(looks, ground, density, rng) if rng.random() < 0.3 else Strands.empty()
    line = rng.uniform(-210, -150)
    hair = _long(looks, ground, density, rng, line, 11, 0.029, 0.6, 18, 1.95, 20)
    return Strands.joined([hair, bangs])


def long_wavy(looks, ground, density, rng):
    """Long with waves."""
    line, waves = rng.uniform(-205, -130), (rng.uniform(5, 8), rng.uniform(58, 80))
    return _long(looks, ground, density, rng, line, 15, 0.028, 0.75, 22, 2.0, 13, waves)


def long_curly(looks, ground, density, rng):
    """Long with curls."""
    line, curls = rng.uniform(-170, -100), (rng.uniform(6.5, 9), rng.uniform(36, 48))
    return _long(looks, ground, density, rng, line, 24, 0.0225, 0.6, 30, 2.25, 8.5, curls)


def _long(
    looks, ground, density, rng, line, volume, per_mm2, bound, steps, width, spacing, curls=None
):
    """Long hair cut at the height ``line`` mm; ``curls`` are (radius, wave length) in mm."""
    roots, crown = take_root(ground, density, per_mm2, rng, fuller), crown_of(ground, rng)
    layer = layers(roots, rng)
    comb = curtain(np.sign(crown[0]) * rng.uniform(2, 26), crown, rng.uniform(0.25, 0.6))
    lift = 1 + volume * layer * (0.35 + 0.65 * smoothstep(-10, 60, roots.mean[:, 1]))
    length = (105 - line) * (0.12 + 0.88 * smoothstep(0.25, 0.75, roots.density))
    manner = Manner(rise=0.35, gravity=0.45, jitter=0.05)
    points = fall(ground.with_ears_under_hair(), roots, length, comb, steps, lift, manner, rng)
    points, mine = clump(points, 14, bound, rng)
    if curls:
        points = curl(points, mine, curls[0] * rng.uniform(0.6, 1.2, len(roots)), curls[1], rng)
    points, width = _off_forehead(points, width)
    points = trimmed(points, line + rng.normal(0, 5, len(roots)) - 8 * layer, rng)
    return dressed(looks, points, roots, layer, width, rng, 0.45, 0.35, spacing)


def _off_forehead(points, width):
    """End strands where they would cross the forehead, as baby hair: points, width (S,)."""
    x, y, z = np.moveaxis(points, 2, 0)
    across = (np.abs(x) < 52) & (z > -14) & (y < y[:, :1] - 6) & (y > -20)
    return cut(points, first(across)), np.where(across.any(1), 0.5 * width, width)


def trimmed(points, line, rng):
    """Cut strands where they pass below the height ``line`` (S,) mm, a little unevenly."""
    return cut(points, first(points[..., 1] < line[:, None]) * rng.uniform(0.93, 1, len(points)))


def fringe(looks, ground, density, rng):
    """A fringe over the forehead, cut above the eyes."""
    a = atlas()
    front = smoothstep(-52, -30, a["z"]) * smoothstep(48, 34, np.abs(a["x"]))
    front = front * smoothstep(45, 55, a["y"])
    roots = take_root(ground, fuller(density) * front, 0.1, rng)
    layer, comb = layers(roots, rng), forwards(rng.uniform(-0.5, 0.5))
    manner = Manner(rise=0.5, gravity=0.7, hug=0.5, jitter=0.06)
    points = fall(ground, roots, np.full(len(roots), 85.0), comb, 9, 1 + 7 * layer, manner, rng)
    points, _ = clump(points, 9, 0.5, rng)
    line = rng.uniform(27, 40) + 0.004 * points[:, -1, 0] ** 2
    line = line + rng.normal(0, 2, len(roots))
    return dressed(looks, trimmed(points, line, rng), roots, layer, 1.5, rng, 0.5, 0.4)


# --- tied -----------------------------------------------------------------------------------------


def ponytail(looks, ground, density, rng):
    """Drawn back into a tail."""
    tie = ground.place(0, rng.uniform(35, 85), -200)
    roots = _at_tie(ground, tie, 420, rng)
    layer = layers(roots, rng)
    length = rng.uniform(150, 220) * rng.uniform(0.85, 1, len(roots))
    manner = Manner(rise=1.0, gravity=0.6)
    points = fall(ground, roots, length, free, 12, 4 + 8 * layer, manner, rng)
    points, mine = clump(points, 16, 0.5, rng)
    points = curl(points, mine, np.full(len(roots), rng.uniform(0, 5)), 70, rng)
    tail = dressed(looks, points, roots, layer, 1.8, rng)
    return Strands.joined([_pulled(looks, ground, density, rng, tie), tail])


def bun(looks, ground, density, rng):
    """Drawn up into a bun on the back of the head or on top."""
    tie = ground.place(0, rng.uniform(70, 104), rng.uniform(-160, -105))
    roots = _at_tie(ground, tie, 420, rng)
    size, axis, layer = rng.uniform(21, 29), roots.normals[:1], layers(roots, rng)
    polar = rng.uniform(0.15, 2.2, (len(roots), 1)) + np.linspace(-0.3, 0.3, 9)
    around = rng.uniform(0, 6.28, (len(roots), 1)) + np.linspace(0, 1.8, 9)
    side = unit(np.cross(axis, np.float32([[1, 0.2, 0.1]])))
    ball = np.cos(polar)[..., None] * axis + _coil(around, np.sin(polar), side, axis)
    points = tie + size * (0.6 * axis + (0.72 + 0.28 * layer[:, None, None]) * ball)
    coil = dressed(looks, points.astype(np.float32), roots, layer**2, 1.9, rng, 0.3, 0.6)
    return Strands.joined([_pulled(looks, ground, density, rng, tie), coil])


def _pulled(looks, ground, density, rng, tie):
    """Hair drawn over the head into a tie; at times locks are left out in front of the ears."""
    roots = take_root(ground, density, 0.055, rng, fuller)
    layer, volume = layers(roots, rng), rng.uniform(3, 8)
    cosine = (unit(roots.points - HEAD_CENTRE) * unit(tie - HEAD_CENTRE)).sum(1)
    length = 88 * np.arccos(np.clip(cosine, -1, 1)) * rng.uniform(0.9, 1.0, len(roots))
    manner = Manner(rise=0.3, inertia=0.5, gravity=0.03, hug=0.8, jitter=0.04)
    lift = 0.8 + volume * layer
    points = fall(ground, roots, np.maximum(length, 6), towards(tie), 8, lift, manner, rng)
    points, _ = clump(points, 10, 0.5, rng)
    locks = _left_out(looks, ground, density, rng) if rng.random() < 0.5 else Strands.empty()
    return Strands.joined([dressed(looks, points, roots, layer, 1.4, rng, 0.5, 0.7), locks])


def _left_out(looks, ground, density, rng):
    """Locks that frame the face."""
    a = atlas()
    temple = smoothstep(-58, -48, a["z"]) * smoothstep(-20, -30, a["z"])
    temple = temple * smoothstep(8, 20, a["y"]) * (a["y"] < 55)
    roots = take_root(ground, fuller(density) * temple, 0.06, rng)
    length = rng.uniform(60, 130) * rng.uniform(0.5, 1.1, len(roots))
    manner = Manner(rise=0.6, gravity=0.5, jitter=0.08)
    points = fall(ground, roots, length, curtain(0, HEAD_CENTRE, 0.2), 10, 3.0, manner, rng)
    points, mine = clump(points, 9, 0.7, rng)
    points = curl(points, mine, np.full(len(roots), rng.uniform(0, 5)), 50, rng)
    return dressed(looks, points, roots, layers(roots, rng), 1.1, rng, 0.6)


def _at_tie(ground, tie, count, rng):
    """Roots of the hair that hangs from a tie."""
    solid = solid_vertices()
    nearest = solid[np.square(ground.vertices[solid] - tie).sum(1).argmin()]
    normal = np.repeat(ground.normals[nearest][None], count, 0)
    disc = tangential(rng.standard_normal((count, 3)).astype(np.float32), normal)
    points = (tie + 6 * normal + disc * rng.uniform(0, 9, (count, 1))).astype(np.float32)
    return Roots(points, normal, points, np.full(count, nearest), np.ones(count, np.float32))


STYLES = {
    "bald": bald,
    "shaved": shaved,
    "buzz": buzz,
    "short": short,
    "side_part": side_part,
    "slicked": slicked,
    "curly_short": curly_short,
    "afro": afro,
    "bob": bob,
    "long_straight": long_straight,
    "long_wavy": long_wavy,
    "long_curly": long_curly,
    "ponytail": ponytail,
    "bun": bun,
}
