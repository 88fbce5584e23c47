"""Hairs drawn by coverage: as dark as they are wide, wherever they fall, whatever the bands, and
grown across the border of a true swap."""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest

from facelab.studio import Camera, Person, Scene, load_model, render
from facelab.studio.body import body_of, face_weight_wide
from facelab.studio.hairline import brow_curve, under_paint
from facelab.studio.hairs import NEAR_BY, draw_hairs
from facelab.studio.render import Buffers
from facelab.studio.strands import LOCK, Strands
from facelab.studio.texels import HEIGHT, RANGE, TOP, WIDTH, atlas

SIDE, AWAY = 40, 1000.0  # pixels of a small picture; mm from the camera to its hairs
HAIR = load_model().part["hair"]
PLAIN = Camera(noise=0, jpeg=None)


def drawn(points, width=0.2, surface=None, bands=((0, SIDE),), away=AWAY):
    """Buffers in which hairs (S,N,2), in pixels, are drawn ``width`` pixels wide, before a surface
    at ``surface`` mm or before nothing."""
    strands, steps = points.shape[:2]
    count = strands * steps
    nearest = np.full((2 * SIDE, 2 * SIDE), 1 / surface if surface else 0, np.float32)
    buffers = Buffers.empty(SIDE, SIDE)
    hair = (
        np.float32(2 * points).reshape(-1, 2),
        np.full(count, 1 / away, np.float32),
        np.arange(0, count + 1, steps, dtype=np.int32),
        np.full(count, width, np.float32),  # half of it, twice: samples are half a pixel
        np.zeros(count, bool),
        np.full(strands, HAIR, np.uint8),
        np.ones((2 * count, 4), np.float32),
        100,
        nearest,
        True,
    )
    for first, last in bands:
        draw_hairs(*hair, *buffers, first, last)
    return buffers


def line(angle, shift=(0.0, 0.0), length=20.0):
    """One straight hair (1,2,2) of ``length`` pixels about the middle of the picture."""
    way = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    middle = np.array([SIDE / 2, SIDE / 2]) + shift
    return np.stack([middle - way, middle + way])[None]


@pytest.mark.parametrize("angle", np.radians([0, 17, 44, 46, 90, 133, 201, 270]))
def test_a_hair_covers_its_area_wherever_it_falls(angle):
    for shift in ((0, 0), (0.13, 0.31), (0.5, 0.5), (0.77, 0.49)):
        for width in (0.05, 0.3, 1.6):
            area = drawn(line(angle, shift), width).cover.sum()
            assert area == pytest.approx(20 * width, rel=0.03)


def test_a_hair_is_light_and_covers_what_it_lights():
    buffers = drawn(line(0.3), 0.4)
    assert np.allclose(buffers.radiance, buffers.cover[..., None], atol=1e-6)
    assert np.allclose(buffers.mask, buffers.cover) and np.allclose(
        buffers.head_mask, buffers.cover
    )
    assert 0.2 < buffers.cover.max() <= 0.41  # a hair thinner than a pixel hides none


def test_hairs_over_hairs_cover_the_more():
    rng = np.random.default_rng(1)
    points = rng.uniform(5, 35, (300, 4, 2))
    covers = [drawn(points[:n], 0.3).cover for n in (30, 300)]
    assert covers[0].max() <= 1 and covers[1].max() <= 1
    assert covers[1].mean() > 2 * covers[0].mean()
    assert covers[0][12:28, 12:28].mean() < 0.8 < covers[1][12:28, 12:28].mean()


def test_hairs_are_the_same_in_any_bands():
    points = np.random.default_rng(2).uniform(-5, 45, (200, 5, 2))
    odd = [(y, min(y + 7, SIDE)) for y in range(0, SIDE, 7)]
    for one, other in zip(drawn(points), drawn(points, bands=odd), strict=True):
        assert one.tobytes() == other.tobytes()


def test_a_surface_hides_what_lies_behind_it():
    near_by = float(NEAR_BY)
    assert drawn(line(0.4), surface=AWAY + 50).cover.max() > 0.1
    assert drawn(line(0.4), surface=AWAY - near_by / 2).cover.max() > 0.1
    assert drawn(line(0.4), surface=AWAY - 2 * near_by).cover.max() == 0


def test_pixels_that_are_mostly_hair_say_so_in_every_truth():
    buffers = drawn(np.repeat(line(0.2), 9, 0), 0.3)
    hair = buffers.parts == HAIR
    assert hair.any() and np.array_equal(hair, buffers.cover > 0.5)
    assert (
        np.allclose(buffers.depth[hair], AWAY, rtol=1e-4) and np.isinf(buffers.depth[~hair]).all()
    )
    assert (buffers.surface[hair] >= 100).all() and (buffers.surface[~hair] == -1).all()
    assert (buffers.place[hair] >= 0).all() and (buffers.place[hair] <= 1).all()
    assert (buffers.normals[hair] == (0, 0, 1)).all()


# --- on people ------------------------------------------------------------------------------------


@cache
def person(seed, **looks):
    someone = Person.from_seed(seed)
    return replace(someone, looks=replace(someone.looks, **looks))


def band_of_brows(frame, size):
    """Rows and columns of both brows in a picture of ``size`` pixels."""
    x, y = (frame.landmarks[17:27] * (size / len(frame.image))).T
    rows = slice(int(y.min() - 0.015 * size), int(y.max() + 0.02 * size) + 1)
    return rows, slice(int(x.min()), int(x.max()) + 1)


@pytest.mark.parametrize("size, most", [(64, 0.2), (128, 0.14), (256, 0.1)])
def test_brows_of_a_small_picture_are_those_of_a_large_one_made_smaller(size, most):
    """Hairs that are drawn or not drawn, sample by sample, differ by .2 to .35 here."""
    for seed in (501, 512, 515):
        someone, scene = person(seed, hair_style="shaved"), Scene(light="flat", camera=PLAIN)
        large = render(someone, scene, 512)
        small = render(someone, scene, size).image.astype(np.float32)
        band = band_of_brows(large, size)
        shrunk = cv2.resize(
            large.image.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA
        )
        error = np.std((small - shrunk)[band].mean(-1)) / np.std(shrunk[band].mean(-1))
        assert error < most, f"person {seed}: {error:.3f} of the contrast"


@pytest.mark.parametrize("arch", [0.0, 0.5, 1.0])
def test_neutral_brows_do_not_frown(arch):
    looks = person(1, brow_arch=arch).looks
    height, half = brow_curve(looks, np.linspace(12, 54, 50))
    assert height.max() - height[0] < 5.0, "the inner end may not lie far below the arch"
    assert height.argmax() > 15 and height[-1] < height.max()
    assert half[-1] < half[10]  # and the tail is the thin end


def test_brows_lashes_and_beards_are_hairs_and_hair_is_locks():
    strands = body_of(person(3, hair_style="side_part", beard="full_beard")).strands
    part, thin = load_model().part, strands.thin
    of = np.repeat(strands.part, np.diff(strands.starts))
    assert all(thin[of == part[name]].all() for name in ("brows", "lashes", "beard"))
    assert 0.3 < np.mean(~thin[of == part["hair"]]) < 1
    assert np.array_equal(thin, strands.width < LOCK)


@pytest.mark.parametrize("style", ["buzz", "short", "slicked", "bob"])
def test_hair_lines_thin_out(style):
    """Up the middle of the forehead, the paint takes 6 mm from a tenth to nine tenths."""
    someone = person(2, hair_style=style)
    _, cover = under_paint(someone.looks, someone.traits)
    u = np.abs(atlas()["x"][:, WIDTH // 4 : 3 * WIDTH // 4]) < 30
    rows = slice(0, int((TOP - 30) / RANGE * HEIGHT))
    front = cover[rows, WIDTH // 4 : 3 * WIDTH // 4]
    profiles = front[:, u[rows].all(0)][::-1] / front.max()
    mm = RANGE / HEIGHT
    first, full = ((profiles > level).argmax(0) * mm for level in (0.1, 0.9))
    assert np.median(full - first) > 6


BEARDS = ["moustache", "goatee", "short_beard", "full_beard"]


def shares_of(person_, other, inner):
    """Share of the other's beard that comes along, in bins of how much the root is face."""
    part = load_model().part["beard"]
    worn = body_of(other.with_face_of(person_)).strands
    roots = [s.root[s.part == part] for s in (body_of(person_).strands, worn)]
    counts = [np.histogram(face_weight_wide()[r], inner)[0] for r in roots]
    return counts[1] / np.maximum(counts[0], 1)


def test_a_worn_beard_thins_out_towards_the_border():
    clean, bearded = person(510, beard="none"), person(506, beard="full_beard")
    shares = shares_of(bearded, clean, [-0.01, 1e-6, 0.1, 0.25, 0.5, 1.01])
    assert shares[0] == 0, "nothing grows outside the face mask"
    assert (np.diff(shares) >= 0).all() and shares[-1] == 1
    assert 0.02 < shares[1] < shares[2] < 0.95, "it ends little by little"


def test_the_own_beard_thins_out_under_a_shaven_face():
    clean, bearded = person(510, beard="none"), person(506, beard="full_beard")
    part = load_model().part["beard"]
    before = body_of(bearded).strands
    after = body_of(bearded.with_face_of(clean)).strands
    inner = [-0.01, 1e-6, 0.1, 0.25, 0.4, 1.01]
    counts = [
        np.histogram(face_weight_wide()[s.root[s.part == part]], inner)[0] for s in (before, after)
    ]
    shares = counts[1] / counts[0]
    assert shares[0] == 1 and shares[-1] == 0
    assert (np.diff(shares) <= 0).all() and 0.05 < shares[2] < 0.95


def test_a_beard_at_the_border_is_short():
    strands = Strands.joined([body_of(person(506, beard="full_beard")).strands])
    half = strands.shortened(np.full(len(strands.root), 0.5))
    assert np.array_equal(half.points[strands.starts[:-1]], strands.points[strands.starts[:-1]])
    spans = [
        np.linalg.norm(s.points[s.starts[1:] - 1] - s.points[s.starts[:-1]], axis=1)
        for s in (strands, half)
    ]
    assert np.allclose(spans[1], spans[0] / 2, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("a, b", [("none", "full_beard"), ("full_beard", "none")])
def test_swapped_beards_change_nothing_outside_the_face(a, b):
    one, other = person(510, beard=a), person(506, beard=b)
    scene = Scene(light="studio", yaw=25, camera=PLAIN)
    before, after = render(one, scene, 256), render(one.with_face_of(other), scene, 256)
    outside = (before.mask == 0) & (after.mask == 0)
    change = np.abs(before.image.astype(int) - after.image).max(-1)
    assert outside.mean() > 0.4 and (change[outside] <= 1).all()
    assert change[after.mask > 0.5].mean() > 2
