"""Putting a face back: each part against another computation or a case with a known answer."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from scipy.spatial import ConvexHull

from facelab.blend import (
    BLENDS,
    BlendError,
    MaskError,
    PointsError,
    eroded,
    face_points,
    feather,
    feathered,
    found_points,
    halfway,
    hull_mask,
    match_colour,
    match_light,
    paste,
    poisson,
    swap,
    triangles,
    warp,
)
from facelab.blend.colour import statistics, to_lab
from facelab.blend.masks import hull_sides
from facelab.blend.poisson import membrane
from facelab.faces import NoFaceError
from facelab.studio import Person, Scene, render

SQUARE = np.array([(10, 10), (50, 10), (50, 40), (10, 40)], float)


def smooth_picture(x, y):
    """A picture without detail as a function of places: what it shows anywhere is known exactly."""
    waves = np.sin(x / 18 + 1), np.cos(y / 22), np.sin((x + y) / 28)
    return np.stack([127 + 100 * wave for wave in waves], -1)


def centres(height, width):
    return np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)


def drawn(height, width):
    return np.uint8(np.round(smooth_picture(*centres(height, width))))


def noise(height=60, width=70, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def box_mask(height, width, top, bottom, left, right):
    mask = np.zeros((height, width), np.float32)
    mask[top:bottom, left:right] = 1
    return mask


@pytest.fixture(scope="module")
def frames():
    """A in a random scene, and B plain and frontal."""
    scene = Scene.random(np.random.default_rng(8))
    return render(Person.from_seed(11), scene), render(Person.from_seed(5), Scene())


# Triangles and the warp


def test_triangles_fill_the_hull_once():
    points = np.random.default_rng(1).uniform(0, 100, (30, 2))
    corners = points[triangles(points)]
    one, other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    areas = np.abs(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]) / 2
    assert areas.sum() == pytest.approx(ConvexHull(points).volume)


@pytest.mark.parametrize("seed", range(8))
def test_sides_of_a_hull_are_those_of_qhull(seed):
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 100, (rng.integers(3, 80), 2))
    points = np.round(points) if seed % 2 else points  # on a grid many lie on one line
    places = rng.uniform(-20, 120, (200, 2))

    def depth(sides):
        return (places @ sides[:, :2].T + sides[:, 2]).max(1)

    assert np.allclose(depth(hull_sides(points)), depth(ConvexHull(points).equations), atol=1e-9)


def test_no_point_lies_in_another_triangles_circle():
    points = np.random.default_rng(2).uniform(0, 100, (25, 2))
    for a, b, c in points[triangles(points)]:
        # the centre is as far from a as from b and from c
        centre = np.linalg.solve(2 * np.array([b - a, c - a]), [b @ b - a @ a, c @ c - a @ a])
        radius = np.linalg.norm(a - centre)
        assert (np.linalg.norm(points - centre, axis=1) > radius - 1e-6).all()


AFFINE = np.array([[0.9, 0.2], [-0.15, 1.1]])
SHIFT = np.array([6.3, 4.7])


def test_an_affine_move_is_exact_to_a_grey_level():
    """Three corners decide an affine map; inner points that move with it may not bend it.

    Source and result are rounded by up to half a level each; the cubic's weights stretch the first.
    """
    inner = np.random.default_rng(3).uniform((12, 12), (48, 38), (9, 2))
    points = np.concatenate([SQUARE, inner])
    warped, covered = warp(drawn(60, 70), points, points @ AFFINE.T + SHIFT, (80, 90))
    x, y = centres(80, 90)
    whence = (np.stack([x, y], -1) - SHIFT) @ np.linalg.inv(AFFINE).T
    error = np.abs(warped - smooth_picture(whence[..., 0], whence[..., 1]))
    assert covered.sum() == pytest.approx(1200 * np.linalg.det(AFFINE), abs=10)
    assert np.quantile(error[covered], 0.99) < 1 and error[covered].max() < 1.2


def test_points_that_stay_change_nothing():
    image = noise()
    warped, covered = warp(image, SQUARE, SQUARE, image.shape)
    assert covered.sum() == 40 * 30 and (warped[covered] == image[covered]).all()
    assert (warped[~covered] == 0).all()


def test_whole_pixels_move_without_loss():
    image = noise()
    warped, covered = warp(image, SQUARE, SQUARE + (7, -4), image.shape)
    assert (warped[6:36, 17:57] == image[10:40, 10:50]).all() and covered.sum() == 1200


def test_a_mirrored_picture_is_bent_in_mirror():
    """Fails when pixel centres are half a pixel off."""
    image, mirror = (
        noise(),
        np.array([-1, 1]),
    )
    there = SQUARE + np.random.default_rng(4).normal(0, 3, SQUARE.shape)
    edge = np.array([70, 0])
    straight, _ = warp(image, SQUARE, there, (60, 70))
    mirrored, _ = warp(image[:, ::-1], SQUARE * mirror + edge, there * mirror + edge, (60, 70))
    inside = hull_mask(there, (60, 70)) == 1
    assert np.abs(mirrored[:, ::-1][inside].astype(int) - straight[inside]).max() <= 1


def test_each_point_arrives_where_it_is_sent():
    image = np.zeros((60, 70, 3), np.uint8)
    image[22:25, 30:33] = 255
    points = np.concatenate([SQUARE, [(31.5, 23.5)]])
    there = np.concatenate([SQUARE, [(24.5, 29.5)]])
    warped, _ = warp(image, points, there, image.shape)
    assert warped[29, 24].min() == 255 and warped[23, 31].max() == 0


def test_what_lies_outside_the_picture_does_not_come():
    warped, covered = warp(noise(), SQUARE - (20, 0), SQUARE, (60, 70))
    assert not covered[20, 11] and covered[20, 40] and (warped[~covered] == 0).all()


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: warp(noise(), SQUARE, SQUARE[:3], (60, 70)), PointsError, "as many"),
        (lambda: warp(noise(), SQUARE[:2], SQUARE[:2], (60, 70)), PointsError, "n >= 3"),
        (lambda: warp(noise() / 255, SQUARE, SQUARE, (60, 70)), BlendError, "uint8"),
        (lambda: warp(noise(), SQUARE, SQUARE, 60), BlendError, "size"),
        (lambda: warp(noise(), SQUARE, SQUARE * np.nan, (60, 70)), PointsError, "finite"),
        (lambda: triangles([(0, 0), (1, 1), (2, 2)]), PointsError, "one line"),
        (lambda: triangles("here"), PointsError, "numbers"),
        (lambda: hull_mask([(0, 0), (1, 1), (2, 2)], (9, 9)), PointsError, "one line"),
        (lambda: face_points(np.zeros((5, 2))), PointsError, "68"),
        (lambda: halfway(np.ones((68, 2)), np.ones((68, 2)), 1.5), BlendError, "share"),
        (lambda: eroded(np.ones((9, 9)), -1), MaskError, "pixels"),
        (lambda: eroded(np.ones((9, 9)) * 255, 1), MaskError, "divide"),
        (lambda: feathered(np.ones((9, 9, 3)), 1), MaskError, "(H, W)"),
        (lambda: match_colour(noise(), noise(), np.zeros((60, 70))), MaskError, "covers"),
        (lambda: match_colour(noise(), noise(), np.ones((9, 9))), MaskError, "one size"),
        (lambda: match_light(noise(), noise(9, 9), np.ones((60, 70))), BlendError, "same size"),
        (lambda: match_light(noise(), noise(), np.ones((60, 70)), 0), BlendError, "reach"),
        (lambda: poisson(noise(), noise(), np.zeros((60, 70))), MaskError, "empty"),
        (lambda: poisson(noise(), noise(), np.ones((60, 70))), MaskError, "everything"),
        (lambda: poisson(noise(), noise(9, 9), np.ones((60, 70))), BlendError, "same size"),
        (lambda: paste(None, noise(), np.ones((60, 70))), BlendError, "source"),
        (lambda: swap("a.png", noise()), BlendError, "frame_of_a"),
        (lambda: swap(noise(200, 200), noise(200, 200)), BlendError, "nobody real"),
        (lambda: found_points(noise(200, 200)), NoFaceError, "no face"),
    ],
)
def test_what_cannot_be_blended_is_told_what_to_do(call, error, says):
    with pytest.raises(error, match="(?s).*" + says.replace("(", r"\(").replace(")", r"\)")):
        call()


def test_every_error_of_the_folder_can_be_caught_at_once():
    assert issubclass(PointsError, BlendError) and issubclass(MaskError, BlendError)
    assert issubclass(BlendError, ValueError)


# Points of a face


def test_face_points_keep_the_inner_face_and_draw_the_jaw_in(frames):
    points = frames[0].landmarks
    more = face_points(points)
    assert more.shape == (78, 2) and np.allclose(more[17:68], points[17:])
    far = np.linalg.norm(more[:17] - points[33], axis=1) / np.linalg.norm(
        points[:17] - points[33], axis=1
    )
    assert np.allclose(far, 0.94)


def test_face_points_turn_with_the_face(frames):
    turn = np.array([[np.cos(1), -np.sin(1)], [np.sin(1), np.cos(1)]])
    points = frames[0].landmarks.astype(float)
    assert np.allclose(face_points(points @ turn.T), face_points(points) @ turn.T)


def test_the_hull_of_face_points_is_about_the_true_face_mask():
    overlaps = []
    for seed in range(5):
        frame = render(Person.from_seed(7000 + seed), Scene.random(np.random.default_rng(seed)))
        hull = hull_mask(face_points(frame.landmarks), frame.image.shape) > 0.5
        mask = frame.mask > 0.1
        overlaps.append((hull & mask).sum() / (hull | mask).sum())
    assert np.mean(overlaps) > 0.84


def test_halfway_is_between_a_and_b(frames):
    a, b = (frame.landmarks.astype(float) for frame in frames)
    none, half, all_of_it = (halfway(a, b, share) for share in (0, 0.5, 1))
    assert np.allclose(none, a) and np.allclose(half, (none + all_of_it) / 2)
    assert np.allclose(all_of_it[:27], a[:27])
    assert not np.allclose(all_of_it[27:], a[27:])
    # nothing but proportions counts: B elsewhere, larger and turned gives the same places
    turn = 1.7 * np.array([[np.cos(0.4), -np.sin(0.4)], [np.sin(0.4), np.cos(0.4)]])
    assert np.allclose(halfway(a, b @ turn.T + 30), half)


# Masks


@pytest.mark.parametrize("shift", [0, 0.5, 0.25])
def test_a_hull_has_the_area_of_its_polygon(shift):
    mask = hull_mask(SQUARE + shift, (60, 70))
    assert mask.sum() == pytest.approx(1200, abs=1) and mask.dtype == np.float32
    assert mask[25, 30] == 1 and mask[5, 30] == 0
    assert mask[25, 10] == pytest.approx(1 - shift)


def test_erosion_takes_a_rim_and_spares_the_pictures_edge():
    inner = eroded(box_mask(40, 40, 10, 30, 10, 30), 3)
    assert (inner == box_mask(40, 40, 13, 27, 13, 27)).all()
    assert eroded(np.ones((9, 9)), 3).min() == 1


def test_a_feather_rises_inwards_only():
    mask = box_mask(60, 60, 10, 50, 10, 50)
    soft = feathered(mask, 8)
    row = soft[30]
    assert (soft[mask == 0] == 0).all() and soft[30, 30] == 1
    assert (np.diff(row[:30]) >= 0).all() and 0 < row[12] < row[15] < 1 and row[18] == 1
    assert (feathered(mask, 0) == mask).all() and feathered(np.ones((9, 9)), 3).min() == 1


# Colour


def test_matched_colours_have_the_references_statistics():
    image, reference = drawn(60, 70), np.uint8(60 + noise(seed=1) // 4)
    mask = hull_mask(SQUARE, image.shape)
    matched = match_colour(image, reference, mask)
    for got, wanted in zip(
        statistics(to_lab(matched), mask), statistics(to_lab(reference), mask), strict=True
    ):
        assert np.allclose(got, wanted, atol=0.3)


def test_each_picture_has_a_mask_of_its_own():
    image, reference = drawn(60, 70), np.uint8(60 + noise(40, 40, seed=1) // 4)
    here, there = hull_mask(SQUARE, image.shape), box_mask(40, 40, 5, 30, 5, 30)
    matched = match_colour(image, reference, here, there)
    assert np.allclose(
        statistics(to_lab(matched), here)[0], statistics(to_lab(reference), there)[0], atol=0.3
    )


@pytest.mark.parametrize("match", [match_colour, match_light])
def test_a_picture_matches_itself(match):
    image = drawn(60, 70)
    same = match(image, image, hull_mask(SQUARE, image.shape))
    assert np.abs(same.astype(int) - image).max() <= 1


def test_light_is_taken_and_detail_kept():
    """A flat grey face with a fine pattern takes over a ramp, and keeps the pattern."""
    pattern = np.zeros((80, 80, 1)) + 12 * (np.arange(80) % 2)[:, None, None] - 6
    ramp = np.linspace(70, 180, 80)[None, :, None]
    face = np.uint8(np.repeat(128 + pattern, 3, axis=2))
    reference = np.uint8(np.repeat(np.repeat(ramp, 80, axis=0), 3, axis=2))
    lit = match_light(face, reference, np.ones((80, 80)), reach=6).astype(float)[..., 0]
    columns = lit.mean(0)
    assert np.abs(columns - ramp[0, :, 0])[12:-12].max() < 4
    assert np.abs(np.diff(lit, axis=0)).mean() == pytest.approx(12, abs=2.5)


def test_only_the_mask_lends_light():
    face, reference = np.full((60, 70, 3), 128, np.uint8), np.full((60, 70, 3), 90, np.uint8)
    mask = box_mask(60, 70, 10, 50, 10, 60)
    reference[mask == 0] = 255
    assert np.abs(match_light(face, reference, mask, 4)[mask == 1].astype(int) - 90).max() <= 1


# Blending


def test_poisson_solves_perez_equations():
    """Against the equations written out pixel by pixel, for a small mask at the picture's edge."""
    source, target = drawn(12, 14) // 2 + 50, np.uint8(80 + noise(12, 14, seed=3) // 8)
    inside = np.zeros((12, 14), bool)
    inside[3:9, 5:14] = True
    inside[4, 6] = inside[8, 13] = False
    result = poisson(source, target, inside)
    assert np.abs(result[inside] - by_hand(source, target, inside)).max() <= 0.5 + 1e-6
    assert (result[~inside] == target[~inside]).all()


def test_each_pixel_of_the_membrane_is_the_mean_of_its_neighbours():
    inside = box_mask(12, 14, 3, 9, 4, 10) == 1
    values = np.random.default_rng(6).uniform(size=(12, 14, 3))
    film = values.copy()
    film[inside] = membrane(values, inside)
    means = (film[:-2, 1:-1] + film[2:, 1:-1] + film[1:-1, :-2] + film[1:-1, 2:]) / 4
    assert np.allclose(film[1:-1, 1:-1][inside[1:-1, 1:-1]], means[inside[1:-1, 1:-1]])


def by_hand(source, target, inside):
    """Perez, Gangnet, Blake (2003), equation 7, as a dense system."""
    places = [tuple(p) for p in np.argwhere(inside)]
    matrix, right = np.zeros((len(places),) * 2), np.zeros((len(places), 3))
    for row, (y, x) in enumerate(places):
        for q in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if not (0 <= q[0] < inside.shape[0] and 0 <= q[1] < inside.shape[1]):
                continue
            matrix[row, row] += 1
            right[row] += source[y, x].astype(float) - source[q]
            if inside[q]:
                matrix[row, places.index(q)] -= 1
            else:
                right[row] += target[q]
    return np.clip(np.linalg.solve(matrix, right), 0, 255)


@pytest.mark.parametrize("right", [50, 51])
def test_poisson_never_shifts(right):
    """A source that differs by a constant gives the target back, whatever the mask's width."""
    target = drawn(60, 70) // 2 + 20
    mask = box_mask(60, 70, 12, 41, 10, right)
    assert np.abs(poisson(target + 40, target, mask).astype(int) - target).max() == 0


def test_opencvs_cloning_shifts_where_ours_does_not():
    """Why OpenCV's is not used: its answer depends on a centre, and a pixel's error is a shift."""
    target, mask = noise(), box_mask(60, 70, 12, 40, 10, 50)
    errors = []
    for centre in ((30, 26), (29, 26)):
        cloned = cv2.seamlessClone(target, target, np.uint8(mask) * 255, centre, cv2.NORMAL_CLONE)
        errors.append(np.abs(cloned.astype(int) - target)[mask == 1].mean())
    assert max(errors) > 5
    assert (poisson(target, target, mask) == target).all()


def test_paste_and_feather():
    source, target = np.full((60, 70, 3), 200, np.uint8), np.full((60, 70, 3), 100, np.uint8)
    mask = hull_mask(SQUARE, (60, 70))
    assert set(np.unique(paste(source, target, mask))) == {100, 200}
    assert (paste(source, target, mask * 0.25)[25, 30] == 125).all()
    soft = feather(source, target, mask)
    assert soft[25, 30].max() == 200 and 100 < soft[25, 11].max() < 200
    assert (soft[mask == 0] == 100).all()


# The whole swap


def test_only_the_face_changes(frames):
    a, b = frames
    for blend in BLENDS:
        fake = swap(a, to=b, blend=blend)
        assert fake.shape == a.image.shape and fake.dtype == np.uint8
        points = face_points(found_points(a.image), drawn_in=1)
        near = cv2.dilate(hull_mask(points, fake.shape), np.ones((9, 9)))
        assert (fake[near == 0] == a.image[near == 0]).all()
        assert np.abs(fake.astype(int) - a.image)[a.mask > 0.9].mean() > 3


def test_found_and_given_points_are_the_same(frames):
    a, b = frames
    points = found_points(a.image), found_points(b.image)
    assert (swap(a, b) == swap(a, b, *points)).all()


def test_only_what_the_studio_rendered_is_swapped(frames):
    a, b = frames
    for one, other in ((a.image, b), (a, b.image)):
        with pytest.raises(BlendError, match="nobody real"):
            swap(one, to=other)
    with pytest.raises(BlendError, match="feather, poisson"):
        swap(a, to=b, blend="magic")


def test_a_face_swapped_with_itself_stays(frames):
    a, _ = frames
    fake = swap(a, to=a)
    assert np.abs(fake.astype(int) - a.image)[a.mask > 0.5].mean() < 1


def test_what_is_on_bs_nose_arrives_on_as(frames):
    a, b = frames
    points_a, points_b = found_points(a.image), found_points(b.image)
    (x, y), (to_x, to_y) = np.int32([points_b[30], halfway(points_a, points_b)[30]])
    marked = b.image.copy()
    marked[y - 3 : y + 4, x - 3 : x + 4] = (0, 255, 0)
    painted = replace(b, image=marked)
    fake = swap(a, painted, points_a, points_b, colour=False, blend="paste")
    green = (fake[..., 1].astype(int) - fake[..., 0] > 150) & (fake[..., 2] < 100)
    assert 15 < green.sum() < 120 and green[to_y, to_x]


def test_colours_are_matched_unless_refused(frames):
    a, b = frames
    mask = a.mask > 0.9
    means = [
        np.mean(image[mask], axis=0)
        for image in (a.image, swap(a, b, blend="paste"), swap(a, b, colour=False, blend="paste"))
    ]
    assert np.abs(means[1] - means[0]).max() < np.abs(means[2] - means[0]).max() / 3
