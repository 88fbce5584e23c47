"""The measures, each against an independent computation or a case whose answer is known."""

import numpy as np
import pytest

from facelab.measure import auc, inter_ocular, interval, nme, pairs, retrieved
from facelab.measure.verification import distances, weighted_median


@pytest.fixture
def points():
    points = np.random.default_rng(3).normal(128, 30, (68, 2))
    points[36], points[45] = (90, 100), (150, 180)  # 100 apart
    return points


@pytest.fixture
def crowd():
    """Codes of 6 people in 5 frames each, and whose they are."""
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(6), 5)
    return rng.normal(size=(6, 8))[people] + 0.5 * rng.normal(size=(30, 8)), people


# Landmarks


def test_eyes_are_measured_between_their_outer_corners(points):
    assert inter_ocular(points) == pytest.approx(100)


def test_points_that_are_right_have_no_error(points):
    assert nme(points, points) == 0


def test_a_shift_of_five_pixels_is_five_percent_here(points):
    assert nme(points + (3, 4), points) == pytest.approx(0.05)
    assert nme(points + (3, 4), points, scale=50) == pytest.approx(0.1)


def test_the_jaw_does_not_count_unless_asked(points):
    wrong = points.copy()
    wrong[:17] += 40
    assert nme(wrong, points) == 0
    assert nme(wrong, points, which=slice(0, 17)) > 0.5


def test_the_error_does_not_know_the_size_of_the_picture(points):
    found = points + np.random.default_rng(1).normal(size=(68, 2))
    assert nme(found * 3, points * 3) == pytest.approx(nme(found, points))


# Verification


def test_every_pair_comes_once_with_its_distance(crowd):
    codes, people = crowd
    both = pairs(codes, people)
    assert len(both.distance) == 30 * 29 / 2 and both.same.sum() == 6 * 10
    wanted = [np.linalg.norm(codes[i] - codes[j]) for i in range(30) for j in range(i + 1, 30)]
    assert np.allclose(both.distance, wanted)


def test_auc_is_the_share_of_pairs_in_the_right_order(crowd):
    both = pairs(*crowd)
    near, far = both.distance[both.same], both.distance[~both.same]
    assert auc(both.distance, both.same) == pytest.approx((near[:, None] < far).mean())


def test_auc_of_known_cases():
    same = np.array([True, True, False, False])
    assert auc(np.array([1, 2, 3, 4.0]), same) == 1
    assert auc(np.array([3, 4, 1, 2.0]), same) == 0
    assert auc(np.array([1, 1, 1, 1.0]), same) == 0.5
    assert auc(np.array([1, 3, 2, 4.0]), same) == 0.75
    assert np.isnan(auc(np.array([1.0]), np.array([True])))


def test_weights_count_as_so_many_copies(crowd):
    """Drawing person 0 twice and person 5 not at all is the same as repeating their rows."""
    both = pairs(*crowd)
    weights = both.weights(np.array([2.0, 1, 1, 1, 1, 0]))
    copies = np.repeat(np.arange(len(weights)), weights.astype(int))
    assert auc(both.distance, both.same, weights) == pytest.approx(
        auc(both.distance[copies], both.same[copies])
    )
    assert weighted_median(both.distance, weights) == pytest.approx(
        np.sort(both.distance[copies])[(len(copies) - 1) // 2]
    )


def test_the_weighted_median_of_known_cases():
    values = np.array([5.0, 1, 3])
    assert weighted_median(values) == 3
    assert weighted_median(values, np.array([5.0, 1, 1])) == 5
    assert np.isnan(weighted_median(values, np.zeros(3)))


def test_retrieval_never_takes_the_frame_itself(crowd):
    codes, people = crowd
    assert retrieved(codes, people).mean() > 0.7
    assert not retrieved(codes[::5], people[::5]).any()  # one frame each: nobody can be found again
    assert retrieved(codes, people, codes, people).all()  # a gallery may hold the very frame


def test_distances_to_oneself_are_zero(crowd):
    table = distances(crowd[0], crowd[0])
    assert np.allclose(np.diag(table), 0, atol=1e-6) and np.isfinite(table).all()


# Intervals


def test_an_interval_holds_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(7)
    hits = 0
    for n in range(100):
        sample = rng.normal(size=40)
        low, high = interval(lambda w, s=sample: np.average(s, weights=w), 40, draws=150, seed=n)
        hits += low < 0 < high
    assert 86 <= hits <= 99


def test_an_interval_is_repeatable_and_narrows_with_more_people():
    few, many = (np.random.default_rng(1).normal(size=n) for n in (10, 1000))

    def width(sample):
        low, high = interval(lambda w: np.average(sample, weights=w), len(sample))
        return high - low

    assert width(few) == width(few) > 3 * width(many)


def test_draws_that_say_nothing_are_left_out():
    low, high = interval(lambda w: np.nan if w[0] else 1.0, 3)
    assert low == high == 1
