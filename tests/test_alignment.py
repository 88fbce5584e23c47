"""Alignment: the closed form against another program's, crops against drawn ones, estimators."""

import warnings
from dataclasses import replace

import cv2
import numpy as np
import pytest
from skimage import transform

from facelab.faces import DetectedFace, Extract, ImageError, NoFaceError, get_align_mat
from facelab.faces.extract import PADDING, padded, warped
from facelab.measure.alignment import (
    ESTIMATORS,
    alignment_error,
    estimator_errors,
    on_crop,
)
from facelab.studio import Person, Scene, crops, render
from facelab.studio.alignment import COVERAGE, crop_matrix, mean_face, similarity

RNG = np.random.default_rng(0)


def by_skimage(points, onto):
    """skimage's similarity (2, 3), or None where it says that there is none."""
    if hasattr(transform.SimilarityTransform, "from_estimate"):
        found = transform.SimilarityTransform.from_estimate(points, onto)
        return found.params[:2] if found else None
    found = transform.SimilarityTransform()  # before scikit-image 0.26
    return found.params[:2] if found.estimate(points, onto) else None


@pytest.mark.parametrize("count", [2, 3, 51, 68])
def test_the_closed_form_is_umeyamas(count):
    for _ in range(20):
        points, onto = RNG.normal(0, 50, (2, count, 2)) + RNG.normal(0, 100, (2, 1, 2))
        if count > 2:  # as landmarks are: turned, grown, with noise; mirrored is another question
            turn = np.array([[0.8, -0.6], [0.6, 0.8]])
            onto = points @ turn.T * RNG.uniform(0.1, 5) + RNG.normal(0, 3, (count, 2))
        assert np.allclose(similarity(points, onto), by_skimage(points, onto), atol=1e-6)


def test_mirrored_points_are_not_mirrored_back():
    """skimage's estimate leaves the turn proper too, as Umeyama's correction of the sign does."""
    points = RNG.normal(0, 1, (30, 2))
    matrix = similarity(points, points * [-1, 1])
    assert np.linalg.det(matrix[:, :2]) >= 0
    assert np.linalg.det(by_skimage(points, points * [-1, 1])[:, :2]) >= 0


def test_points_on_a_line_are_enough():
    points = np.column_stack([np.arange(6.0), np.zeros(6)])
    onto = points @ np.array([[0, 2], [-2, 0]]) + 7
    found = similarity(points, onto)
    assert np.allclose(points @ found[:, :2].T + found[:, 2], onto)
    other = by_skimage(points, onto)
    assert other is None or np.allclose(found, other)


def face_with(points):
    return DetectedFace((0, 0, 100, 100), landmarks=np.float32(points))


def test_points_on_one_place_have_no_size_and_are_refused():
    points = np.full((68, 2), 7.0)
    other = by_skimage(points[17:], mean_face())
    assert other is None or not np.isfinite(other).all()
    with pytest.raises(ImageError, match="one place"):
        get_align_mat(face_with(points))


@pytest.mark.parametrize("points", [None, np.zeros((5, 2)), np.full((68, 2), np.nan)])
def test_other_than_68_points_are_refused(points):
    face = DetectedFace((0, 0, 9, 9)) if points is None else face_with(points)
    with pytest.raises(ImageError, match="68|finite"):
        get_align_mat(face)


def test_b5_nothing_that_numpy_or_skimage_took_away_is_used():
    points = on_crop()[RNG.permutation(51)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        get_align_mat(face_with(np.concatenate([points[:17], points])))


# Crops


@pytest.fixture(scope="module")
def frame():
    scene = Scene(yaw=12, roll=14)
    return render(Person.from_seed(3), replace_camera(scene), size=320)


def replace_camera(scene):
    return scene.with_(camera=replace(scene.camera, noise=0.0, jpeg=None))


def found_in(frame):
    left, top = frame.landmarks.min(0)
    right, bottom = frame.landmarks.max(0)
    return DetectedFace((left, top, right, bottom), frame.landmarks, frame.image)


@pytest.mark.parametrize("size", [64, 256])
def test_the_books_padding_is_the_studios_coverage(frame, size):
    face = found_in(frame)
    assert PADDING * 256 == 48 and COVERAGE == 160 / 256
    ours = padded(get_align_mat(face), size, PADDING * size)
    assert np.allclose(ours, crop_matrix(frame.landmarks, size))
    assert np.allclose(ours, Extract().matrix(face, size))


def in_one_step(image, matrix, size, flags=cv2.INTER_CUBIC, half=0.5):
    """The crop as one call makes it."""
    whence = matrix.copy()
    whence[:, 2] += half * (whence[:, 0] + whence[:, 1]) - half
    return cv2.warpAffine(image, whence, (size, size), flags=flags, borderMode=1)


@pytest.mark.parametrize("size", [128, 256])
def test_a_crop_is_what_the_studio_draws_there(frame, size):
    """Nearer than with nearest neighbours or half a pixel off, and enlarged, than with linear."""
    scene = replace_camera(Scene(yaw=12, roll=14))
    drawn = crops(Person.from_seed(3), scene, size=size, truths=("image",)).image[0]
    face, inner = found_in(frame), slice(size // 5, -size // 5)
    ways = {
        "ours": Extract().extract(frame.image, face, size),
        "nearest": in_one_step(frame.image, Extract().matrix(face, size), size, cv2.INTER_NEAREST),
        "linear": in_one_step(frame.image, Extract().matrix(face, size), size, cv2.INTER_LINEAR),
        "shifted": in_one_step(frame.image, Extract().matrix(face, size), size, half=0),
    }
    assert ways["ours"].shape == drawn.shape and ways["ours"].dtype == np.uint8
    near = {way: psnr(crop[inner, inner], drawn[inner, inner]) for way, crop in ways.items()}
    linear, ours = near.pop("linear"), near.pop("ours")
    assert ours > max(near.values()) + 0.4, near
    assert size == 128 or ours > linear + 0.4  # where it shrinks a little, linear is as near


def psnr(a, b):
    return 10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2))


def test_half_a_pixel_is_kept():
    picture = np.uint8(RNG.integers(0, 256, (40, 40, 3)))
    same = np.array([[1.0, 0, 0], [0, 1, 0]])
    assert np.array_equal(warped(picture, same, 40), picture)
    half = warped(picture, same / 2, 20)
    squares = picture.reshape(20, 2, 20, 2, 3).mean((1, 3))
    assert np.abs(half - squares)[1:-1, 1:-1].max() <= 1


@pytest.mark.parametrize("scale", [2, 0.4])
def test_a_mirrored_picture_gives_the_mirrored_crop(scale):
    """Which half a pixel to one side would spoil."""
    picture = np.uint8(RNG.integers(0, 256, (40, 40, 3)))
    matrix, size = np.array([[scale, 0, 0], [0, scale, 0]]), round(40 * scale)
    crop = warped(picture, matrix, size)
    mirrored = warped(np.ascontiguousarray(picture[:, ::-1]), matrix, size)
    assert np.abs(mirrored[:, ::-1].astype(int) - crop).max() <= 1


def test_what_shrinks_is_averaged():
    """Every second row black: read at single places, a grey picture becomes stripes or noise."""
    stripes = np.zeros((600, 600, 3), np.uint8)
    stripes[::2] = 255
    small = warped(stripes, np.array([[0.13, 0, 0], [0, 0.13, 0]]), 64)[8:-8, 8:-8]
    assert abs(small.mean() - 127.5) < 2 and small.std() < 8


def test_a_face_without_landmarks_gets_them_first(frame):
    from facelab.faces import detect, detect_faces

    face = detect(frame.image)[0]
    assert face.landmarks is None
    crop = Extract().extract(frame.image, face, 128)
    assert np.array_equal(crop, Extract().extract(frame.image, next(detect_faces(frame)), 128))


@pytest.mark.parametrize(("change", "error"), [
    ({"size": 8}, ImageError), ({"size": "256"}, ImageError), ({"size": 64.0}, ImageError),
    ({"image": None}, ImageError), ({"face": None}, NoFaceError),
    ({"face": DetectedFace((900, 900, 950, 950))}, NoFaceError),
])  # fmt: skip
def test_what_cannot_be_extracted_is_refused(frame, change, error):
    with pytest.raises(error):
        Extract().extract(**({"image": frame.image, "face": found_in(frame), "size": 64} | change))


# Errors


def test_alignment_error_of_known_mistakes():
    truth = crop_matrix(on_crop(300) + 20, 256)
    assert np.allclose(alignment_error(truth, truth), (0, 0, 1), atol=1e-9)
    moved = truth + [[0, 0, 3], [0, 0, 4]]
    assert np.allclose(alignment_error(moved, truth), (5, 0, 1), atol=1e-9)
    turn = np.radians(7)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ truth
    assert np.allclose(alignment_error(turned, truth)[1:], (7, 1))
    assert np.isclose(alignment_error(1.1 * truth, truth).scale, 1.1)
    assert alignment_error(truth, truth * 0.5, 128).scale == pytest.approx(2)


def rows(**asked):
    return {(row.estimator, row.noise): row for row in estimator_errors(n=60, **asked)}


def test_least_squares_is_best_where_all_points_are_a_little_wrong():
    """G20 of what was measured: RANSAC keeps what lies near two points, which are wrong too."""
    found = rows()
    assert len(found) == 4 * len(ESTIMATORS)
    for noise in (1.0, 2.0, 4.0):
        best, ransac = found["least squares", noise], found["RANSAC", noise]
        assert ransac.pixels > 1.15 * best.pixels and ransac.degrees > 1.15 * best.degrees
    assert found["RANSAC", 4.0].pixels > 2 * found["least squares", 4.0].pixels
    expected = 2.0 * np.sqrt(np.pi / 2 / 51)  # two of four degrees of freedom alone
    assert 1 < found["least squares", 2.0].pixels / expected < 2


def test_robust_estimators_pay_where_a_few_points_are_wild():
    found = rows(noises=(1,), wild=5)
    assert found["RANSAC", 1.0].pixels < 0.3 * found["least squares", 1.0].pixels
    assert found["LMedS", 1.0].pixels < 0.3 * found["least squares", 1.0].pixels
