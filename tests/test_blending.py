"""What the way back costs: the table of masks and colours, and a hand before the face."""

import numpy as np
import pytest

from facelab.blend import Convert
from facelab.blend.regions import MASKS
from facelab.blend.transfers import COLOURS
from facelab.measure.blending import (
    SCORES,
    Remembered,
    as_text,
    blend_table,
    colour_shift,
    occlusion,
    put_back,
    scores,
    true_swapper,
    ways,
)
from facelab.measure.calibration import SwapCase
from facelab.measure.quality import QualityError, psnr
from facelab.studio import Person, Scene

A, B = Person.from_seed(20), Person.from_seed(4)


def a_case(tone="b", **scene):
    return SwapCase(
        A, B, Scene(**{"yaw": 8, "expression": {"jawOpen": 0.2}, **scene}), tone=tone, size=160
    )


@pytest.fixture(scope="module")
def case():
    return a_case()


@pytest.fixture(scope="module")
def table(case):
    asked = {
        **ways(("rect", "hull"), ("none", "mean")),
        **ways(("landmark-grown", "predicted"), ("none",)),
        "mine": {"mask_type": lambda place: MASKS["hull"](place) * 0.5, "colour": "lab"},
    }
    return blend_table(true_swapper, [case, a_case(yaw=-10)], asked)


def mean(table, row, score):
    return table["rows"][row][score]["mean"]


def test_the_grid_of_ways_is_whole():
    grid = ways(erosion_kernel_size=3)
    assert len(grid) == len(MASKS) * len(COLOURS)
    assert grid["hull, poisson"] == {
        "mask_type": "hull",
        "colour": "poisson",
        "erosion_kernel_size": 3,
    }


def test_the_ends_of_the_scale(table):
    assert mean(table, "copy of the target", "alpha") == 0
    assert mean(table, "truth", "alpha") == 1 and mean(table, "truth", "seam") == 0
    assert mean(table, "truth", "psnr") is None  # infinite: nothing is wrong
    assert table["cases"] == 2 and table["rows"]["rect, none"]["psnr"]["n"] == 2


def test_the_true_face_goes_back_well_and_masks_differ(table):
    copy = mean(table, "copy of the target", "psnr")
    for name in ("rect, none", "landmark-grown, none", "predicted, none"):
        assert mean(table, name, "psnr") > copy + 5
        assert 0.8 < mean(table, name, "alpha") < 1.05
    assert mean(table, "hull, none", "psnr") < mean(table, "landmark-grown, none", "psnr") - 1
    assert mean(table, "mine", "alpha") < mean(table, "hull, mean", "alpha")


def test_a_way_without_colours_is_held_against_the_tone_of_b(table, case):
    assert table["tones"]["rect, none"] == "b" and table["tones"]["rect, mean"] == "a"
    pasted = put_back(true_swapper(case), case.target, {"mask_type": "rect", "colour": "none"})
    assert scores(pasted, case)["psnr"] > scores(pasted, a_case("a"))["psnr"] + 5


def test_a_hard_edge_is_a_seam(case):
    class Grey:
        size, coverage = 64, 0.625

        def __call__(self, crops):
            return np.full_like(crops, 200)

    found = {}
    for blur in (0, 6):
        options = {"mask_type": "hull", "colour": "none", "blur_size": blur}
        found[blur] = scores(put_back(Grey(), case.target, options), case)["seam"]
    assert found[0] > found[6] + 2


def test_a_shift_of_all_colours_is_read(case):
    truth = case.truth
    redder = np.uint8(np.clip(truth.image + np.array([9.0, 0, 0]), 0, 255))
    bright = truth.image.max(-1) > 246
    mask = np.where(bright, 0, truth.mask)
    assert colour_shift(redder, truth.image, mask) == pytest.approx(3, abs=0.01)
    noise = np.random.default_rng(0).integers(-5, 6, truth.image.shape)
    noisy = np.uint8(np.clip(truth.image.astype(int) + noise, 0, 255))
    assert colour_shift(noisy, truth.image, mask) < 0.2


def test_the_same_picture_as_patch_image(case):
    swapper = true_swapper(case)
    pasted = put_back(swapper, case.target, {"mask_type": "hull", "colour": "lab"})
    again = Convert(swapper, mask_type="hull", colour="lab").patch_image(
        case.target, case.target.faces[0]
    )
    assert np.array_equal(pasted.image, again)
    outside = pasted.mask == 0
    assert np.array_equal(pasted.image[outside], case.target.image[outside])


def test_the_network_is_asked_once_for_each_crop(case):
    swapper = true_swapper(case)
    calls = []

    class Counting:
        size, coverage = swapper.size, swapper.coverage

        def __call__(self, crops):
            calls.append(len(crops))
            return swapper(crops)

    blend_table(Counting(), [case], ways(("hull", "rect"), ("none", "mean")))
    assert calls == [1]
    remembered = Remembered(swapper)
    one, other = (remembered(np.zeros((1, 64, 64, 3), np.uint8)) for _ in range(2))
    assert one is other


def test_a_larger_crop_loses_less(case):
    options = {"mask_type": "predicted", "colour": "none", "blur_size": 1}
    found = [
        scores(put_back(true_swapper(case, size), case.target, options), case)["psnr"]
        for size in (32, 64, 128)
    ]
    assert found == sorted(found) and found[2] > found[0] + 4


def test_the_table_as_text(table):
    lines = as_text(table).splitlines()
    assert lines[0].startswith("2 cases") and len(lines) == 2 + len(table["rows"])
    assert all(heading in lines[1] for heading, _ in SCORES.values())
    row = next(line for line in lines if line.startswith("hull, mean"))
    assert row.split()[2] == "A" and f"{mean(table, 'hull, mean', 'psnr'):.2f}" in row


def test_a_hand_is_painted_over_unless_the_mask_is_told():
    case = a_case(occluder="hand", seed=2)
    made = occlusion(case)
    assert list(made) == [
        "rect",
        "hull",
        "hull-and-rect",
        "landmark-grown",
        "told",
        "copy of the target",
    ]
    errors = {name: error for name, (_, error) in made.items()}
    for name in ("rect", "hull", "landmark-grown"):
        assert errors[name]["occluder"] > 2 * errors["told"]["occluder"]
    assert errors["told"]["face"] < 0.5 * errors["copy of the target"]["face"]
    picture, _ = made["hull"]
    assert psnr(picture, case.truth.image, case.truth.occluder_mask) < 25


def test_nothing_in_the_way_is_said(case):
    with pytest.raises(QualityError, match="occluder"):
        occlusion(case)
