"""Things between the camera and the face: a hand, glasses, a lock of hair, a microphone.

Each is a small triangle mesh in head space: millimetres, origin midway between the eyes, x to the
picture's right at yaw 0, y up, z towards the camera. Whoever rasterises it gets its exact mask.
"""

from functools import lru_cache

import numpy as np

from .errors import require
from .scene import OCCLUDERS
from .skin import skin_albedo
from .surfaces import (
    Mesh,
    ball,
    band,
    bone,
    curve,
    joined,
    mirrored,
    painted,
    smooth_min,
    surface_of,
    tube,
    unit,
)

EYES = ((-28.8, 0.0, 0.0), (28.8, 0.0, 0.0))  # of the mean person: the picture's left one first
MEAN_SPAN = 57.6  # mm between those eyes
NOTHING = painted(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros((0, 3)), 0, 0)


def occluder(kind, seed=0, eyes=EYES, colour=None):
    """Build an occluder.

    Parameters
    ----------
    kind : name (``scene.OCCLUDERS``)
    seed : int >= 0, draws shape, place and colours
    eyes : two centres of eyeballs (x, y, z) in mm, the one on the picture's left first
        Glasses and hair are fitted to them; every size follows their distance.
    colour : (r, g, b) in [0, 1], linear albedo, optional
        Of the hand's skin, the hair, the frame or the windscreen, instead of one from the seed.

    Returns
    -------
    Mesh
        At most 3,000 triangles; its arrays are shared and cannot be written to.

    Raises
    ------
    StudioError
        An unknown kind, a negative seed, eyes that are not two points apart, or a wrong colour.
    """
    known = ", ".join(map(repr, OCCLUDERS))
    require(kind in BUILDERS, f"Unknown occluder {kind!r}: choose one of {known}.")
    require(seed >= 0, f"An occluder's seed must not be negative, got {seed}.")
    eyes = np.asarray(eyes, float)
    apart = eyes.shape == (2, 3) and np.linalg.norm(eyes[1] - eyes[0]) > 1
    require(apart, "eyes needs two points (x, y, z) in mm, one for each eye.")
    colour = None if colour is None else tuple(map(float, colour))
    right = colour is None or (len(colour) == 3 and min(colour) >= 0 and max(colour) <= 1)
    require(right, f"An occluder's colour needs three numbers in [0, 1], got {colour}.")
    return _placed(kind, int(seed), tuple(eyes.ravel().tolist()), colour)


@lru_cache(maxsize=64)
def _placed(kind, seed, eyes, colour):
    """The occluder moved and scaled to the eyes, made read-only because it is shared."""
    eyes = np.reshape(eyes, (2, 3))
    mesh = BUILDERS[kind](np.random.default_rng([OCCLUDERS.index(kind), seed]), colour)
    size = np.linalg.norm(eyes[1] - eyes[0]) / MEAN_SPAN
    vertices = (mesh.vertices * size + eyes.mean(0)).astype(np.float32)
    colours = np.clip(mesh.colour, 0, 1)
    arrays = vertices, mesh.triangles, mesh.normals, colours, mesh.gloss
    for array in arrays:
        array.setflags(write=False)
    return Mesh(*arrays, mesh.follows_head)


def _chosen(rng, table, colour, shares=None):
    """The colour asked for, else one of a table."""
    drawn = table[rng.choice(len(table), p=shares)]
    return np.array(drawn if colour is None else colour)


# ---------------------------------------------------------------------------------------------
# The hand: wrist at the origin, fingers along +y, back of the hand to +z, thumb at +x

KNUCKLES = ((25, 86, 2), (7, 92, 4), (-11, 88, 3), (-27, 78, 0))
PHALANGES = ((41, 25, 19), (45, 29, 20), (42, 27, 20), (33, 20, 17))
THICKNESS = ((9.6, 8.6, 7.8, 6.4), (9.8, 8.8, 8.0, 6.6), (9.4, 8.4, 7.6, 6.3), (8.2, 7.2, 6.5, 5.4))
FAN = (7.0, 1.0, -6.0, -14.0)  # degrees that each finger leans to the thumb's side
HAND_BOX = (-55, -48, -75), (85, 205, 25)
HAND_STEP = 6.8  # mm; finer ones need more than 3,000 triangles
MELANIN = (0.18, 0.3, 0.5, 0.9, 1.6)
SLEEVES = ((0.03, 0.035, 0.06), (0.35, 0.35, 0.36), (0.2, 0.04, 0.05), (0.05, 0.1, 0.08))
TARGETS = ((0, -62), (36, -48), (10, -88), (30, -20))  # mouth, cheek, chin, side of the nose


def hand(rng, colour=None):
    """A hand raised to the face, its back to the camera, with the cuff of a sleeve."""
    tone = skin_albedo(rng.choice(MELANIN) * rng.uniform(0.8, 1.2), rng.uniform(0.3, 0.7))
    skin = np.array(tone if colour is None else colour)
    fingers, thumb = _fingers(rng, rng.uniform(10, 26), rng.uniform(0.6, 1.3)), _thumb(rng)
    distance = hand_distance(fingers, thumb)
    surface = surface_of(distance, *HAND_BOX, HAND_STEP)
    paint = _hand_paint(skin, distance, surface[0], surface[2], fingers, thumb)
    return _raised(rng, joined([painted(*surface, *paint), _sleeve(rng)]))


def _fingers(rng, curl, fan):
    """Joints (4,4,3) of four fingers."""
    bones = zip(KNUCKLES, PHALANGES, FAN, strict=True)
    return np.array([_finger(k, p, lean * fan, curl + rng.uniform(-5, 5)) for k, p, lean in bones])


def _finger(knuckle, lengths, lean, curl):
    """Joints (4,3) of a finger that leans sideways and bends more from joint to joint."""
    lean, bend = np.radians(lean), np.radians(curl) * np.cumsum((0.6, 1.1, 0.8))
    ways = [np.sin(lean) * np.cos(bend), np.cos(lean) * np.cos(bend), -np.sin(bend)]
    steps = np.array(lengths)[:, None] * np.stack(ways, 1)
    return np.array(knuckle) + np.concatenate([np.zeros((1, 3)), np.cumsum(steps, 0)])


def _thumb(rng):
    """Joints (4,3) of the thumb, from the wrist on."""
    turn = np.radians(rng.uniform(18, 45))
    first = 33 * np.array([np.sin(turn), np.cos(turn), -0.1])
    second = 27 * np.array([np.sin(0.75 * turn), np.cos(0.75 * turn), -0.15])
    return np.cumsum([(16, 12, -5), (19, 30, -3), first, second], 0)


def hand_distance(fingers, thumb):
    """Distance function of a hand with these joints: fingers (4,4,3), thumb (4,3)."""

    def palm(p):
        sides = ((-9, 17), (10, 16.5))
        d = smooth_min(*(bone(p, (x, -22, 0), (x, 10, 0), 17, end) for x, end in sides), 10)
        for x, y, z in KNUCKLES:
            d = smooth_min(d, bone(p, (0.45 * x, 8, 0), (x, y, z - 2), 15, 10.5), 12)
        return smooth_min(d, bone(p, thumb[0], thumb[1], 14, 12.5), 14)

    def digits(p):
        limbs = [_limb(p, joints, thick) for joints, thick in zip(fingers, THICKNESS, strict=True)]
        return np.min([*limbs, _limb(p, thumb[1:], (12, 10, 7.6))], axis=0)

    return lambda p: smooth_min(palm(p), digits(p), 7)


def _limb(p, joints, thick):
    d = bone(p, joints[0], joints[1], thick[0], thick[1])
    for i in range(1, len(joints) - 1):
        d = smooth_min(d, bone(p, joints[i], joints[i + 1], thick[i], thick[i + 1]), 3)
    return d


def _hand_paint(skin, distance, vertices, normals, fingers, thumb):
    """Colour (n,3) and gloss (n,): dark between fingers, red at joints and tips, shiny nails."""
    free = np.clip(distance(vertices + 7 * normals) / 7, 0, 1)[:, None]
    colour, gloss = skin * (0.45 + 0.55 * free), np.full(len(vertices), 0.12)
    for joints in (*fingers, thumb):
        for joint in joints:
            near = 0.6 * np.exp(-((np.linalg.norm(vertices - joint, axis=1) / 10) ** 2))
            colour *= 1 - near[:, None] * [0.02, 0.26, 0.24]
        nail = _on_nail(vertices, normals, joints)
        colour[nail], gloss[nail] = 0.75 * skin + 0.25 * np.array([0.78, 0.52, 0.45]), 0.5
    return colour, gloss


def _on_nail(vertices, normals, joints):
    along, tip = unit(joints[-1] - joints[-2]), vertices - joints[-1]
    top = unit(np.array([0, 0, 1.0]) - along[2] * along)
    return (normals @ top > 0.55) & (tip @ along > -7) & (np.linalg.norm(tip, axis=1) < 13)


def _sleeve(rng):
    y = np.array([-24.0, -27, -32, -45, -70, -110, -170, -260])
    path = np.stack([0 * y, y, 0.015 * y], 1)
    wide = np.interp(-y, [24, 30, 60, 260], [31, 33, 33, 52])
    inside_out = np.where(y > -26, 0.5, 1.0)[:, None]
    cloth = np.array(SLEEVES[rng.integers(len(SLEEVES))]) * inside_out
    return tube(path, np.stack([wide, 0.8 * wide], 1), cloth, 0.03, 16)


def _raised(rng, mesh):
    """Turn and move the hand in front of the face; a left hand is a right one mirrored."""
    target = np.array(TARGETS[rng.choice(4, p=(0.35, 0.35, 0.15, 0.15))]) + rng.normal(0, 6, 2)
    limits = (2, 22, 68), (0, -10, 14), (1, -14, 14)
    roll, nod, yaw = (_turn(axis, rng.uniform(a, b)) for axis, a, b in limits)
    turn, middle = roll @ nod @ yaw, np.array([0, rng.uniform(85, 125), 0])
    place = np.array([*target, rng.uniform(66, 76)])
    vertices, normals = 0.94 * (mesh.vertices - middle) @ turn.T + place, mesh.normals @ turn.T
    turned = painted(vertices, mesh.triangles, normals, mesh.colour, mesh.gloss)
    return mirrored(turned, rng.choice([-1, 1]))


def _turn(axis, degrees):
    """Rotation matrix (3,3) about one axis."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix, (i, j) = np.eye(3), [k for k in range(3) if k != axis]
    matrix[[i, j, i, j], [i, j, j, i]] = c, c, -s, s
    return matrix


# ---------------------------------------------------------------------------------------------
# Glasses

BLACK, HORN = (0.012, 0.011, 0.011), (0.1, 0.035, 0.012)
NAVY, WINE = (0.02, 0.03, 0.07), (0.16, 0.012, 0.018)
GOLD, SILVER = (0.38, 0.29, 0.14), (0.34, 0.34, 0.35)
PLASTIC, WIRE = (BLACK, BLACK, BLACK, HORN, HORN, NAVY, WINE), (GOLD, GOLD, SILVER, SILVER, WINE)
LENSES = ((0.008, 0.008, 0.009), (0.03, 0.018, 0.008), (0.008, 0.018, 0.014))


def glasses(rng, colour=None):
    """Glasses: rims, bridge and temples of plastic or wire; now and then with dark lenses."""
    wire, dark = rng.random() < 0.4, rng.random() < 0.2
    frame = _chosen(rng, WIRE if wire else PLASTIC, colour)
    thick = np.array((0.9, 0.9) if wire else rng.uniform((1.6, 1.6), (2.6, 2.2)))
    material = thick, frame, 0.5 if wire else 0.35
    outline, tint = _outline(rng), np.array(LENSES[rng.integers(len(LENSES))])
    parts = [_bridge(outline, *material)]
    for side in (-1, 1):
        parts += [_rim(outline, side, *material), _temple(outline, side, *material)]
        parts += [_lens(outline, side, tint)] if dark else []
    return joined(parts, follows_head=True)


def _outline(rng, n=36):
    """Outline (n,2) of a lens about the eye at x > 0: round or square, its outer side higher."""
    wide, high, droop = rng.uniform((25.5, 17.5, 0), (28.5, 22, 3.5))
    power = 2 / (rng.uniform(2.0, 2.3) if rng.random() < 0.45 else rng.uniform(2.8, 4))
    turn = 2 * np.pi * np.arange(n) / n
    x, y = (np.sign(v) * np.abs(v) ** power for v in (np.cos(turn), np.sin(turn)))
    narrower_below = 1 - 0.08 * np.maximum(-y, 0)
    return np.stack([32.5 + wide * x * narrower_below, -2.5 + high * y + droop * (x + y) / 2], 1)


def _bent(x, y):
    """Points (n,3) of the front of glasses: curved around the face, leaning to the cheeks."""
    return np.stack([x, y, 31 - 0.0032 * np.square(x) + 0.07 * y], 1)


def _rim(outline, side, thick, frame, shine):
    path = _bent(side * outline[::side, 0], outline[::side, 1])
    return tube(path, thick, frame, shine, closed=True)


def _bridge(outline, thick, frame, shine):
    reach, y = outline[np.argmin(outline[:, 0])]
    x = np.linspace(-reach, reach, 11)
    return tube(_bent(x, y + 5 + 3.5 * (1 - (x / reach) ** 2)), 1.05 * thick, frame, shine)


def _temple(outline, side, thick, frame, shine):
    """From the rim's outer upper corner back along the temple and down behind the ear."""
    x, y = outline[np.argmax(outline @ (1, 0.35))]
    (_, _, z), *_ = _bent(np.array([x]), np.array([y]))
    hinge = (x - 1, y, z), (x + 4, y, z - 3), (69, y - 1, z - 20)
    ear = (74, y - 3, -35), (76.5, y - 4, -70), (76, y - 13, -88), (74, y - 30, -98)
    path = curve((*hinge, *ear), 26) * [side, 1, 1]
    return tube(path, thick[::-1] * [0.6, 1.1] + 0.2, frame, shine, up=(0, 1, 0.02))


def _lens(outline, side, tint):
    middle, n = outline.mean(0), len(outline)
    x, y = np.concatenate([0.35 * outline + 0.65 * middle, outline, middle[None]]).T
    fan = np.stack([np.full(n, 2 * n), np.arange(n), (np.arange(n) + 1) % n], 1)
    triangles = np.concatenate([fan, band(2, n)[:, ::-1]])
    normals = unit(np.stack([0.02 * (x - 12), 0.02 * y, np.ones_like(x)], 1))
    lens = painted(_bent(x, y), triangles, normals, tint * (1 + 0.02 * y[:, None]), 0.9)
    return mirrored(lens, side)


# ---------------------------------------------------------------------------------------------
# Hair

HAIR = (
    (0.008, 0.006, 0.005), (0.03, 0.014, 0.007), (0.075, 0.035, 0.016), (0.22, 0.12, 0.05),
    (0.42, 0.29, 0.15), (0.13, 0.042, 0.016), (0.3, 0.29, 0.28),
)  # fmt: skip
STRANDS, STRAND_POINTS = 26, 14


def hair(rng, colour=None):
    """A lock that falls from the hair line over forehead and eye."""
    base = _chosen(rng, HAIR, colour)
    line = _lock_line(rng)
    strands = [_strand(rng, line, across, base) for across in np.linspace(-1, 1, STRANDS)]
    return mirrored(joined(strands, follows_head=True), rng.choice([-1, 1]))


def _lock_line(rng):
    """Knots (5,2) of the lock's middle line: x and y from root to tip."""
    root, eye, low, tip = rng.uniform((-30, 24, -75, -2), (25, 38, -25, 14))
    x = root, root + 0.35 * (eye - root) + 4, eye - 6, eye + 2, eye + tip
    return np.stack([x, (98, 66, 30, 0.35 * low, low)], 1)


def _strand(rng, line, across, base):
    """One strand of the lock, ``across`` in [-1, 1] from its inner to its outer edge."""
    spread = across * np.array([10, 15, 17, 13, 4.5]) * rng.uniform(0.85, 1.15)
    aside = spread + rng.normal(0, [1.0, 1.0, 1.5, 2.5, 3.0])
    x, y = curve(line + np.stack([aside, (0, 0, 0, 0, rng.normal(0, 9))], 1), STRAND_POINTS).T
    u = np.linspace(0, 1, STRAND_POINTS)
    lift = np.minimum(u / 0.3, 1) * (10.5 + rng.uniform(0, 5) + 3 * (1 - across**2))
    thick = rng.uniform(1.15, 1.75) * (1 - 0.75 * u**2)
    tint = base * rng.uniform(0.6, 1.35) * (0.75 + 0.6 * u)[:, None]
    path = np.stack([x, y, _front(x, y) - 4 + lift], 1)  # grows out of the scalp
    return tube(path, np.stack([thick, 0.5 * thick], 1), tint, 0.25, 4)


def _front(x, y):
    """Depth of the mean face's front where hair falls: forehead, brow, eye and cheek."""
    return 26 - 0.0066 * np.square(x) - np.square(np.maximum(y - 30, 0) / 10.3)


# ---------------------------------------------------------------------------------------------
# Microphone

CASE, STEEL = (0.015, 0.015, 0.017), (0.25, 0.25, 0.26)
FOAM = (CASE, CASE, (0.3, 0.015, 0.02), (0.02, 0.06, 0.25), (0.55, 0.4, 0.03))
COLLAR = ((17, 19), (18, 21), (27, 19), (28, 17))  # mm below the head's middle, radius
STEM = ((27, 16), (29, 17), (60, 15), (120, 12.5), (180, 11.5), (320, 11))


def microphone(rng, colour=None):
    """A microphone held up to the mouth from below, with a steel grille or a foam windscreen."""
    x, y, z, aside, forward = rng.uniform((2, -100, 66, 0.05, 0.15), (26, -84, 78, 0.35, 0.5))
    head, axis = np.array([x, y, z]), unit(np.array([-aside, 1, -forward]))
    foam = rng.random() < 0.4 or colour is not None
    top = _foam(rng, head, axis, colour) if foam else _grille(rng, head, axis)
    collar, stem = _turned(head, axis, COLLAR, STEEL, 0.6), _turned(head, axis, STEM, CASE, 0.3)
    return mirrored(joined([top, collar, stem]), rng.choice([-1, 1]))


def _turned(head, axis, profile, colour, gloss):
    """A piece as from a lathe below ``head``: ``profile`` gives distance and radius."""
    below, radius = np.array(profile, float).T
    return tube(head - below[:, None] * axis, radius[:, None], colour, gloss, 20)


def _grille(rng, head, axis, rings=20, sides=32):
    steel = rng.uniform(0.1, 0.36, (rings, sides, 1))
    steel[rings // 2 - 1 : rings // 2 + 1] = 0.4  # the band around the middle
    return ball(head, (24, 24, 27), axis, steel.reshape(-1, 1) * [1, 1, 1.03], 0.5, rings, sides)


def _foam(rng, head, axis, colour, rings=20, sides=28):
    grain = rng.uniform(0.75, 1.25, (rings * sides, 1))
    tint = _chosen(rng, FOAM, colour) * grain
    return ball(head, (29, 29, 34), axis, tint, 0.02, rings, sides)


BUILDERS = {"hand": hand, "glasses": glasses, "hair": hair, "microphone": microphone}
