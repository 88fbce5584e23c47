"""Strands: every style grows on everybody, outside the head, the same each time, within budget."""

import subprocess
import sys
from dataclasses import replace
from functools import cache
from hashlib import sha256

import numpy as np
import pytest
from scipy.spatial import cKDTree

from facelab.studio.body import normals_of
from facelab.studio.facial_hair import brows, lash_grids
from facelab.studio.growth import Ground
from facelab.studio.hair import grow, under_paint
from facelab.studio.hairline import brow_curve, hair_edge, scalp_density
from facelab.studio.hairstyles import STYLES
from facelab.studio.lids import lash_swings, turn_lashes
from facelab.studio.model import load_model
from facelab.studio.person import BEARDS, HAIR_STYLES, Person
from facelab.studio.pigment import hair_colour
from facelab.studio.skin import HEIGHT, WIDTH

MODEL = load_model()
BARE = ("bald", "shaved")


@cache
def person(seed, style=None, beard=None):
    someone = Person.from_seed(seed)
    chosen = {"hair_style": style, "beard": beard}
    looks = replace(someone.looks, **{name: kind for name, kind in chosen.items() if kind})
    return replace(someone, looks=looks)


@cache
def strands_of(seed, style=None, beard=None):
    someone = person(seed, style, beard)
    return grow(someone.looks, someone.traits, MODEL.shape(someone.weights))


def points_of(strands, part):
    return strands.points[np.repeat(strands.part == MODEL.part[part], np.diff(strands.starts))]


def digest(strands):
    names = ("points", "starts", "root", "width", "colour", "part", "follows")
    return sha256(b"".join(getattr(strands, n).tobytes() for n in names)).hexdigest()


def test_each_style_of_a_person_has_its_rule():
    assert set(STYLES) == set(HAIR_STYLES)


def check_sound(strands):
    """Everything that makes a set of strands fit to draw."""
    points, lengths = len(strands.points), np.diff(strands.starts)
    assert strands.starts[0] == 0 and strands.starts[-1] == points and lengths.min() >= 3
    assert len(strands.width) == len(strands.colour) == len(strands.follows) == points
    assert len(strands.root) == len(strands.part) == len(lengths)
    for values in (strands.points, strands.width, strands.colour, strands.follows):
        assert values.dtype == np.float32 and np.isfinite(values).all()
    assert np.abs(strands.points).max() < 450
    assert strands.width.min() > 0.05 and strands.width.max() < 4
    assert strands.colour.min() >= 0 and strands.colour.max() <= 1
    assert strands.follows.min() > 0.2 and strands.follows.max() <= 1
    assert strands.root.max() < len(MODEL.mean)


@pytest.mark.parametrize("style", HAIR_STYLES)
def test_a_style_grows(style):
    for seed in range(3):
        check_sound(strands_of(seed, style, "none"))


@pytest.mark.slow
@pytest.mark.parametrize("style", HAIR_STYLES)
def test_a_style_grows_on_many_people(style):
    for seed in range(20):
        check_sound(strands_of(seed, style, "none"))


@pytest.mark.parametrize("style", HAIR_STYLES)
def test_strands_keep_within_the_budget(style):
    for seed in range(3):
        hair = len(points_of(strands_of(seed, style, "none"), "hair"))
        assert hair < 46_000
        assert style in BARE or hair > 4_000


@pytest.mark.parametrize("beard", BEARDS)
def test_beards_grow_below_the_nose_and_stay_small(beard):
    strands = strands_of(3, "bald", beard)
    points = points_of(strands, "beard")
    assert len(points) < 12_000
    if beard in ("none", "stubble"):
        assert not len(points)
    else:
        assert len(points) > 200
        roots = MODEL.mean[strands.root[strands.part == MODEL.part["beard"]]]
        assert roots[:, 1].max() < 5 and roots[:, 2].min() > -95


def outer_skin():
    """Vertices of head and neck but those near the ears, whose folds face any way."""
    parts = [MODEL.part[p] for p in ("skin", "scalp", "brows")]
    rows = np.unique(MODEL.triangles[np.isin(MODEL.triangle_parts, parts)])
    ears = np.unique(MODEL.triangles[MODEL.triangle_parts == MODEL.part["ears"]])
    away, _ = cKDTree(MODEL.mean[ears]).query(MODEL.mean[rows])
    return rows[away > 12]


def depth_inside(points, neutral):
    """How many mm points lie under the skin, by the plane of the nearest vertex."""
    rows = outer_skin()
    _, nearest = cKDTree(neutral[rows]).query(points)
    rows = rows[nearest]
    return -((points - neutral[rows]) * normals_of(neutral)[rows]).sum(1)


@pytest.mark.parametrize("style", [s for s in HAIR_STYLES if s not in BARE])
def test_hair_stays_outside_the_head(style):
    for seed in (1, 2):
        neutral = MODEL.shape(person(seed, style).weights)
        # a strand of no style has 13 points: every step of strands is looked at, not roots alone,
        # which lie on flat triangles and so below the tangent planes at their corners
        points = points_of(strands_of(seed, style, "none"), "hair")[::13]
        deep = depth_inside(points[points[:, 1] > -60], neutral)
        share = np.mean(deep > 3)
        assert share < 0.01, f"{share:.1%} of the points lie more than 3 mm inside the head"


def test_hair_leaves_the_face_free():
    for style in ("bob", "long_straight", "long_wavy", "long_curly"):
        for seed in range(3):
            x, y, z = points_of(strands_of(seed, style, "none"), "hair").T
            assert np.mean((np.abs(x) < 35) & (y < 10) & (y > -90) & (z > 0)) < 0.002


@pytest.mark.slow
def test_the_same_person_has_the_same_hair_in_another_process():
    code = (
        "from tests.test_hair import digest, strands_of;"
        "print(digest(strands_of(11, 'long_wavy', 'full_beard')))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert told.returncode == 0, told.stderr
    assert told.stdout.strip() == digest(strands_of(11, "long_wavy", "full_beard"))


def test_people_of_one_style_differ():
    assert digest(strands_of(1, "short", "none")) != digest(strands_of(2, "short", "none"))


@pytest.mark.slow
def test_brows_lie_on_the_ridge_over_each_eye():
    for seed in range(20):
        someone = person(seed)
        neutral = MODEL.shape(someone.weights)
        strands = strands_of(seed)
        mine = strands.part == MODEL.part["brows"]
        roots = MODEL.mean[strands.root[mine]]
        middle, half = brow_curve(someone.looks, roots[:, 0])
        assert mine.sum() > 30
        assert np.abs(roots[:, 1] - middle).max() < half.max() + 9  # a triangle's size
        assert (roots[:, 2] > -12).all() and 0.3 < np.mean(roots[:, 0] > 0) < 0.7
        assert np.abs(depth_inside(points_of(strands, "brows"), neutral)).max() < 6


def test_brow_hairs_point_outwards_at_the_tail_and_up_at_the_head():
    someone = person(7)
    strands = brows(someone.looks, Ground.of(MODEL.shape(someone.weights)))
    way = strands.points[strands.starts[1:] - 1] - strands.points[strands.starts[:-1]]
    x = MODEL.mean[strands.root, 0]
    assert np.mean(np.sign(x) * way[:, 0]) > 0
    assert way[np.abs(x) < 16, 1].mean() > 1 and way[np.abs(x) > 48, 1].mean() < 0.5


def test_lash_strips_run_from_the_lid_outwards():
    grids = lash_grids()
    every = np.concatenate([g.ravel() for g in grids])
    assert len(grids) == 4 and len(every) == len(np.unique(every))
    eyes = [MODEL.mean[e].mean(0) for e in (MODEL.eye_left, MODEL.eye_right)]
    for grid in grids:
        distances = [np.linalg.norm(MODEL.mean[grid] - eye, axis=2).mean(0) for eye in eyes]
        away = min(distances, key=np.mean)
        assert (np.diff(away) > 0).all()


def test_longer_lashes_are_longer():
    def reach(length):
        someone = person(4)
        looks = replace(someone.looks, lash_length=length)
        strands = grow(looks, someone.traits, MODEL.shape(someone.weights))
        strands = strands.chosen(strands.part == MODEL.part["lashes"])
        tips, roots = strands.points[strands.starts[1:] - 1], strands.points[strands.starts[:-1]]
        return np.linalg.norm(tips - roots, axis=1).mean()

    assert reach(1.0) > 1.2 * reach(0.2)


def test_upper_lashes_come_down_with_the_lids_and_lower_ones_stay():
    strands = strands_of(4)
    swings = lash_swings(strands)

    def rise(**weights):
        points = strands.points.copy()
        turn_lashes(points, swings, weights)
        lashes = strands.part == MODEL.part["lashes"]
        tips, roots = (points[s[lashes]] for s in (strands.starts[1:] - 1, strands.starts[:-1]))
        return tips[:, 1] - roots[:, 1], strands.root[lashes]

    (still, roots), (half, _), (closed, _) = (rise(eyeBlinkLeft=w) for w in (0.0, 0.6, 1.0))
    upper_left = (still > 0) & (MODEL.mean[roots, 0] > 0)
    assert 30 < upper_left.sum() < len(roots) / 2
    assert (half < still)[upper_left].all() and (closed < half)[upper_left].all()
    assert closed[upper_left].mean() < -1
    assert np.array_equal(closed[~upper_left], still[~upper_left])
    assert (rise(eyeLookDownLeft=1.0)[0] < still)[upper_left].all()


@pytest.mark.parametrize("style", HAIR_STYLES)
def test_under_paint_has_the_shape_of_the_skin(style):
    someone = person(2, style, "full_beard")
    colour, cover = under_paint(someone.looks, someone.traits)
    assert colour.shape == (3,) and colour.dtype == np.float32
    assert (colour >= 0).all() and (colour < 0.6).all()
    assert cover.shape == (HEIGHT, WIDTH) and cover.dtype == np.float32
    assert cover.min() >= 0 and cover.max() <= 1


def test_under_paint_darkens_scalp_but_neither_nose_nor_lips():
    someone = person(2, "short", "full_beard")
    _, cover = under_paint(someone.looks, someone.traits)

    def at(x, y, z):
        nearest = np.square(MODEL.mean - np.float32([x, y, z])).sum(1).argmin()
        u, v = MODEL.uv[nearest]
        return cover[int(v * HEIGHT), int(u * WIDTH) % WIDTH]

    assert at(0, 60, -155) > 0.8  # back of the head
    assert at(20, -98, 10) > 0.3  # chin
    assert max(at(0, -37, 41), at(0, -62, 33), at(40, -25, 10), at(0, 40, 24)) < 0.1


def test_a_beard_of_a_shaven_face_shows_only_as_a_shadow():
    someone = person(2, "short", "none")
    dark = replace(someone.looks, hair_melanin=0.95)
    shaven = under_paint(dark, replace(someone.traits, masculinity=1.0))[1]
    smooth = under_paint(dark, replace(someone.traits, masculinity=0.0))[1]
    jaw = int((135 + 98) / 400 * HEIGHT), WIDTH // 2 + 60
    assert 0.02 < shaven[jaw] < 0.4 and smooth[jaw] < 0.02


def test_hair_lines_recede_with_age_on_masculine_heads():
    someone = person(6, "short")
    man = replace(someone.traits, masculinity=1.0, age=25.0)
    old, woman = replace(man, age=75.0), replace(man, masculinity=0.0)
    temple = 2
    assert hair_edge(someone.looks, old)[temple] > hair_edge(someone.looks, man)[temple]
    assert hair_edge(someone.looks, man)[temple] > hair_edge(someone.looks, woman)[temple]


def test_only_old_bald_people_keep_a_fringe():
    someone = person(6, "bald")
    maps = [scalp_density(someone.looks, replace(someone.traits, age=a)) for a in (25.0, 75.0)]
    assert maps[0].max() == 0 and maps[1].max() > 0.5


def test_pigments_make_hair_from_fair_to_black():
    looks = person(1).looks
    shades = [replace(looks, hair_melanin=m, hair_red=0.0) for m in (0.1, 0.5, 1.0)]
    fair, brown, black = map(hair_colour, shades)
    assert (fair > brown).all() and (brown > black).all()
    red = hair_colour(replace(looks, hair_melanin=0.4, hair_red=0.8))
    assert red[0] > 3 * red[1] > 3 * red[2]
