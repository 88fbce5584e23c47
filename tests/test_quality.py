"""Scores of swaps: known answers, formulas written out, and tables that say what they stand on."""

import json

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from facelab.faces import NoFaceError
from facelab.measure import quality, swap
from facelab.measure.calibration import SwapCase, blurred, calibration, mean_person, read
from facelab.measure.quality import (
    QualityError,
    alpha,
    beta,
    identity_gain,
    mae,
    psnr,
    seam_gradient,
    ssim,
)
from facelab.measure.score import main, swaps_as_text
from facelab.studio import Person, Scene

SMILE = Scene(yaw=12, expression={"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8, "jawOpen": 0.3})


def noise(seed=0, height=40, width=50):
    return np.random.default_rng(seed).integers(0, 200, (height, width, 3), dtype=np.uint8)


@pytest.fixture
def mask():
    mask = np.zeros((40, 50), np.float32)
    mask[10:30, 15:40] = 1
    return mask


@pytest.fixture(scope="module")
def case():
    return SwapCase(Person.from_seed(2000), Person.from_seed(2003), SMILE)


# Nearness to the truth


def test_errors_of_a_shift_by_eight_levels(mask):
    image, truth = noise() + 8, noise()
    assert mae(image, truth, mask) == pytest.approx(8)
    assert psnr(image, truth, mask) == pytest.approx(10 * np.log10(255**2 / 64))
    assert mae(truth, truth, mask) == 0 and psnr(truth, truth, mask) == float("inf")


def test_nothing_outside_the_mask_counts(mask):
    image, truth = noise(), noise()
    image[mask == 0] = 255
    assert mae(image, truth, mask) == 0 and alpha(image, truth, noise(1), mask) == 0


def test_a_pixel_counts_as_much_as_the_mask_says():
    truth = np.zeros((20, 20, 3), np.uint8)
    image, mask = truth.copy(), np.ones((20, 20))
    image[:, :10], mask[:, :10] = 100, 0.25
    assert mae(image, truth, mask) == pytest.approx(20)


def test_ssim_is_wangs_formula(mask):
    image, truth = noise(1), np.uint8(noise(1) * 0.7 + noise(2) * 0.3)
    assert ssim(image, truth, mask) == pytest.approx(by_hand(image, truth)[mask == 1].mean())
    assert ssim(truth, truth, mask) == pytest.approx(1)


def by_hand(x, y, top=255):
    """Wang, Bovik, Sheikh, Simoncelli (2004), equation 13: the map, mean of three channels."""

    def mean(values):  # 11 pixels: the Gaussian is cut at 5
        once = gaussian_filter1d(values, 1.5, axis=0, radius=5)
        return gaussian_filter1d(once, 1.5, axis=1, radius=5)

    x, y, c1, c2 = x.astype(float), y.astype(float), (0.01 * top) ** 2, (0.03 * top) ** 2
    mx, my = mean(x), mean(y)
    vx, vy, both = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    top_part = (2 * mx * my + c1) * (2 * both + c2)
    return (top_part / ((mx**2 + my**2 + c1) * (vx + vy + c2))).mean(-1)


# Identity and expression


@pytest.mark.parametrize("score", [alpha, beta])
def test_the_share_of_the_way(score, mask):
    start, end = noise(1), noise(2)
    half = np.uint8((start.astype(int) + end) // 2)
    assert score(start, start, end, mask) == 0
    assert score(end, start, end, mask) == pytest.approx(1)
    assert score(half, start, end, mask) == pytest.approx(0.5, abs=0.01)
    assert np.isnan(score(half, end, end, mask))


def test_an_unrelated_picture_does_not_score_zero(mask):
    """Why calibration rows are printed beside every alpha."""
    start, end = noise(1) // 4, noise(2) // 4 + 150
    assert alpha(noise(3) // 4 + 150, start, end, mask) > 0.8


def test_identity_gain_runs_from_the_target_to_the_truth(case):
    target, truth = case.target.image, case.truth.image
    points = case.truth.landmarks
    assert identity_gain(truth, target, truth) == 1
    assert identity_gain(target, target, truth) == 0
    assert 0 < identity_gain(blurred(truth, 1.5), target, truth, points) < 1
    assert np.isnan(identity_gain(target, truth, truth))


def test_identity_gain_of_a_picture_without_a_face_is_not_a_number(case):
    wall = np.full_like(case.target.image, 90)
    assert np.isnan(identity_gain(wall, case.target.image, case.truth.image))


# Seams


def test_a_pasted_patch_has_a_seam_and_the_truth_has_none(mask):
    truth = np.full((40, 50, 3), 90, np.uint8)
    pasted = np.where(mask[..., None] == 1, truth + 30, truth)
    assert seam_gradient(truth, truth, mask) == 0
    seam = seam_gradient(pasted, truth, mask)
    # a step of 30 is seen by central differences as two slopes of 15, in a band of 2 * SEAM pixels
    assert seam == pytest.approx(2 * 15 / (2 * quality.SEAM), rel=0.1)
    assert seam_gradient(blurred(noise(), 2), noise(), mask) < 0


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda m: mae(noise() / 255, noise(), m), "uint8"),
        (lambda m: mae(noise(), noise(height=41), m), "size"),
        (lambda m: mae(noise(), noise(), m[1:]), "size"),
        (lambda m: psnr(noise(), noise(), m * 0), "empty"),
        (lambda m: alpha(noise(), noise(), noise(), m * 255), r"\[0, 1\]"),
        (lambda m: ssim(noise()[:9], noise()[:9], m[:9] + 1), "11"),
        (lambda m: seam_gradient(noise(), noise(), m * 0 + 1), "no border"),
    ],
)
def test_what_cannot_be_compared_is_refused(call, says, mask):
    with pytest.raises(QualityError, match=says):
        call(mask)


# Calibration


def test_a_case_knows_its_truths(case):
    assert case.truth.image.shape == case.target.image.shape == (256, 256, 3)
    assert case.truth.expression == case.target.expression and not case.neutral.expression
    assert case.source.expression == {} and case.source.pose == (0, 0, 0)
    assert case.swapped == case.a.with_face_of(case.b, "a")
    outside = np.maximum(case.truth.head_mask, case.target.head_mask) < 0.01
    assert np.abs(case.truth.image[outside].astype(int) - case.target.image[outside]).max() <= 1


def test_calibration_rows_are_ordered_by_what_they_are_worth(case):
    rows = calibration(case, Scene(yaw=-10))
    assert [*rows][0] == "copy of the target" and [*rows][-1] == "truth" and len(rows) == 7
    target, truth, mask = rows["copy of the target"], rows["truth"], case.truth.mask
    worth = {name: alpha(image, target, truth, mask) for name, image in rows.items()}
    assert worth["copy of the target"] == 0 and worth["truth"] == pytest.approx(1)
    blurs = [worth[f"truth blurred {sigma} px"] for sigma in ("2", "1.5", "1")]
    assert 0.5 < blurs[0] < blurs[1] < blurs[2] < 1
    assert 0.1 < worth["mean face"] < 1


def test_the_mean_person_is_the_mean():
    seeds = range(3)
    people = [Person.from_seed(seed) for seed in seeds]
    mean = mean_person(seeds)
    assert np.allclose(mean.weights, np.mean([p.weights for p in people], 0))
    assert mean.looks.melanin == pytest.approx(np.mean([p.looks.melanin for p in people]))
    assert mean.looks.beard == "none"


def test_everyone_differs_from_the_mean_person():
    one, other = Person.from_seed(2000), Person.from_seed(2001)
    assert Person.distance(one, mean_person()) < Person.distance(one, other)


# Tables


def test_cases_are_people_of_their_own_and_repeat():
    some = list(swap.cases(3000, 3, "another"))
    people = [p for c in some for p in (c.a, c.b)]
    assert len({p.looks.detail for p in people}) == 6
    again = list(swap.cases(3000, 3, "another"))
    assert [c.scene.yaw for c in some] == [c.scene.yaw for c in again]
    assert all(c.source_scene.yaw != c.scene.yaw for c in some)
    assert next(swap.cases(source="same")).source_scene == next(swap.cases()).scene
    assert next(swap.cases(source="neutral", tone="b")).tone == "b"
    with pytest.raises(ValueError, match="another, neutral, same"):
        next(swap.cases(source="none"))


def test_the_truth_scores_full_marks(case):
    scores = swap.score_swap(case.truth.image, case)
    assert {*scores, "top1"} == {*swap.SCORES}
    assert (scores["ssim"], scores["alpha"], scores["beta"]) == pytest.approx((1, 1, 1))
    assert scores["identity_gain"] == 1
    assert scores["mae"] == scores["nme"] == scores["seam"] == 0


def test_a_copy_of_the_target_transfers_nothing(case):
    scores = swap.score_swap(case.target.image, case)
    assert scores["alpha"] == scores["identity_gain"] == 0 < scores["mae"]


def no_face(case):
    raise NoFaceError("nobody")


@pytest.fixture(scope="module")
def table():
    methods = {"perfect": lambda case: case.truth.image, "blind": no_face}
    return swap.swap_table(methods, swap.cases(3000, 2))


@pytest.mark.slow
def test_a_table_holds_methods_baselines_and_floor(table):
    rows = table["rows"]
    assert [*rows][:2] == ["perfect", "blind"] and [*rows][-1] == "truth"
    assert rows["perfect"] == rows["truth"]
    assert rows["blind"] == rows["copy of the target"] and table["failed"]["blind"] == 2
    assert table["pairs"] == 2 and table["gallery"] == 4 and table["tone"] == "a"
    assert rows["truth"]["psnr"]["n"] == 0 and rows["truth"]["mae"]["n"] == 2
    for row in rows.values():
        for one in row.values():
            assert one["n"] == 0 or one["low"] <= one["mean"] <= one["high"]
    assert json.loads(json.dumps(table)) == table


@pytest.mark.slow
def test_a_table_says_what_it_stands_on(table):
    text = swap.as_text(table)
    assert all(heading in text for heading, _ in swap.SCORES.values())
    assert all(name in text for name in table["rows"])
    assert "2 pairs" in text and "skin tone of A" in text and "gallery of 4" in text
    assert "blind found no face 2 times" in text and "perfect found" not in text
    assert swaps_as_text({"one": table}).startswith("one\n2 pairs")


@pytest.mark.slow
def test_the_landmark_swap_is_scored_by_the_command(monkeypatch, capsys):
    from facelab.measure.score import score_landmark_swap

    monkeypatch.setattr(
        "facelab.measure.score.score_landmark_swap",
        lambda seed, report: score_landmark_swap(seed, pairs=1, report=report),
    )
    main(["landmark_swap", "--json", "--seed", "3010"])
    tables = json.loads(capsys.readouterr().out)
    assert {table["tone"] for table in tables.values()} == {"a", "b"}
    for one in tables.values():
        method = one["rows"][[*one["rows"]][0]]
        assert 0.1 < method["alpha"]["mean"] < one["rows"]["truth"]["alpha"]["mean"]


def test_a_reading_of_a_face_is_points_and_code(case):
    reading = read(case.truth.image, case.truth)
    assert reading.points.shape == (68, 2) and reading.code.shape == (128,)
    assert np.abs(reading.points - case.truth.landmarks)[17:].mean() < 4
