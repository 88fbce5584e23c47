"""Swaps between two people, scored on scenes that nobody trained on: few of them here."""

import json

import numpy as np
import pytest

from facelab import disk_cache
from facelab.blend import BlendError
from facelab.faces import NoFaceError
from facelab.measure import held_out, judging, painters, paste_back, quality, swap_pair
from facelab.measure.calibration import FaceReading
from facelab.measure.held_out import HeldOut
from facelab.measure.judging import PairError, judge, read_floors, squeezed
from facelab.measure.painters import Painter, Pictures, painters_of
from facelab.measure.paste_back import aligned, by_convert, plainly, put_back
from facelab.measure.swap_pair import Sample, as_text, method_row, score_direction, told_share
from facelab.studio import Person, StudioError, crops, render, save_image
from facelab.studio.alignment import COVERAGE
from facelab.training.scenes import HELD_OUT, held_out_scenes, training_scenes

A, B = 20, 4
FLOORS = [(FaceReading(np.zeros((68, 2)), np.zeros(128)),) * 2] * 3  # where none is looked at


class Swapper:
    """A network of some size, as a function of its crops."""

    coverage = COVERAGE

    def __init__(self, function=lambda crops: crops, size=64, **more):
        self.function, self.size = function, size
        vars(self).update(more)

    def __call__(self, crops):
        return self.function(crops)


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    """A cache of our own; a small gallery and few crops, for dlib takes its time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(disk_cache.VARIABLE, str(tmp_path_factory.mktemp("cache")))
        patch.setattr(swap_pair, "GALLERY", 4)
        patch.setattr(judging, "CROPS", 8)
        yield


@pytest.fixture(scope="module")
def some():
    return HeldOut(A, B, scenes=3)


@pytest.fixture(scope="module")
def held(some):
    return some[1]


@pytest.fixture
def not_read(monkeypatch):
    """dlib reads nothing: one and the same code for every picture."""
    nobody = FaceReading(np.zeros((68, 2)), np.zeros(128))
    monkeypatch.setattr("facelab.measure.swap.read", lambda image, frame: nobody)


# The held-out set


def test_a_set_begins_with_the_smaller_set_and_differs_by_seed():
    scenes = held_out_scenes(5)
    assert held_out_scenes(3) == scenes[:3]
    assert not set(held_out_scenes(5, seed=1)) & set(scenes)
    assert [case.scene for case in HeldOut(A, B, scenes=3).cases] == scenes[:3]


def test_no_training_draws_a_held_out_scene():
    held = set(held_out_scenes(5)) | set(held_out_scenes(5, seed=1))
    for seed in (0, 1, 2, HELD_OUT - 1):
        assert not held & set(training_scenes(seed, 5))
    with pytest.raises(StudioError, match="seed"):
        training_scenes(HELD_OUT, 5)


def test_what_comes_from_the_disk_is_what_is_drawn(held):
    case = held.case
    assert (held.target.image == case.target.image).all()
    assert (held.truth.image == case.truth.image).all()
    mean = case.a.with_face_of(held_out.mean_person(), "a")
    assert (held.mean == render(mean, case.scene).image).all()
    assert np.abs(held.truth.mask - case.truth.mask).max() <= 0.51 / 255
    assert (held.truth.landmarks == case.truth.landmarks).all()
    face = held.truth.mask > 0
    assert (held.neutral.image[face] == case.neutral.image[face]).all()
    assert (held.neutral.image[~face] == held.truth.image[~face]).all()


def test_the_set_lies_on_the_disk_once_and_small(some):
    held_again = HeldOut(A, B, scenes=3)
    assert held_again.folder == some.folder and len(list(some.folder.glob("*.npz"))) == 3
    assert sum(f.stat().st_size for f in some.folder.iterdir()) < 3 * 256 * 256 * 3
    assert HeldOut(A, B, seed=1, scenes=3).key != some.key != HeldOut(B, A, scenes=3).key
    assert HeldOut(A, B, scenes=3, tone="b").key != some.key


def test_a_scene_that_is_damaged_or_cannot_be_kept_is_drawn_again(tmp_path, monkeypatch, held):
    monkeypatch.setenv(disk_cache.VARIABLE, str(tmp_path))
    one = HeldOut(A, B, scenes=2)
    (one.folder / "0001.npz").write_bytes(b"PK")
    assert (one[1].truth.image == held.truth.image).all()
    monkeypatch.setenv(disk_cache.VARIABLE, "off")
    with pytest.warns(UserWarning, match="anew"):
        assert (HeldOut(A, B, scenes=2)[1].target.image == held.target.image).all()


def test_what_is_interrupted_leaves_no_set(tmp_path, monkeypatch):
    monkeypatch.setenv(disk_cache.VARIABLE, str(tmp_path))

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        HeldOut(A, B, scenes=2, progress=stop).folder  # noqa: B018
    assert not list(tmp_path.iterdir())


def test_a_case_does_not_keep_the_frames_of_a_method(some):
    assert some[0].case.target is not some[0].case.target


# Pasting back


def test_a_crop_is_what_the_studio_draws_there(held):
    """Cut out of the frame against drawn by the camera itself, which is a little sharper."""
    case = held.case
    drawn = crops(case.a, case.scene, 64, truths="image").image[0]
    cut = aligned(held.target.image, held.target.landmarks, 64, COVERAGE)
    shifted = np.roll(cut, 1, axis=1)
    everywhere = np.ones((64, 64))
    assert quality.psnr(cut, drawn, everywhere) > 25 > quality.psnr(shifted, drawn, everywhere)


def test_a_crop_of_full_size_comes_back_where_it_was(held):
    target = held.target
    crop = aligned(target.image, target.landmarks, 256, COVERAGE)
    back = put_back(crop, target, COVERAGE, match_colours=False)
    assert quality.psnr(back, target.image, target.mask) > 38


def test_only_the_face_is_painted_and_in_the_colours_of_the_target(held):
    green = np.zeros((64, 64, 3), np.uint8)
    green[:, ::2] = 0, 200, 0
    target = held.target
    raw = put_back(green, target, COVERAGE, match_colours=False)
    matched = put_back(green, target, COVERAGE)
    outside = target.mask == 0
    assert (raw[outside] == target.image[outside]).all()
    face = target.mask > 0.99
    assert np.abs(raw[face].mean(0) - target.image[face].mean(0)).max() > 30
    assert np.abs(matched[face].mean(0) - target.image[face].mean(0)).max() < 8


def test_a_swapper_sees_crops_of_its_size_and_may_keep_its_colours(held):
    seen = []
    grey = Swapper(lambda c: seen.append(c) or np.full_like(c, 90), 32, match_colours=False)
    frames = plainly(grey, [held.target, held.target])
    assert seen[0].shape == (2, 32, 32, 3) and seen[0].dtype == np.uint8 and len(frames) == 2
    assert (frames[0][held.target.mask == 1] == 90).all()


def test_convert_pastes_with_a_mask_of_its_own(held):
    target = held.target
    white, white_as_is = Swapper(np.ones_like), Swapper(np.ones_like, match_colours=False)
    (plain,), (frame,) = plainly(white_as_is, [target]), by_convert(white_as_is, [target])
    inner = target.mask == 1
    assert (plain[inner] == frame[inner]).mean() > 0.7 and (plain != frame).any()
    (matched,) = by_convert(white, [target])
    assert matched[inner].mean() > frame[inner].mean() + 20


@pytest.mark.parametrize("wrong", [lambda c: c / 255, lambda c: c[:, :-1], lambda c: None])
def test_a_swapper_that_returns_something_else_is_refused(held, wrong):
    with pytest.raises(BlendError, match="uint8"):
        plainly(Swapper(wrong), [held.target])


def test_the_truth_through_a_larger_eye_is_nearer_to_the_truth(some, held):
    truth, mask = held.truth.image, held.truth.mask
    small, large = (squeezed(size, COVERAGE, some, held) for size in (64, 128))
    copy = quality.psnr(held.target.image, truth, mask)
    assert copy + 5 < quality.psnr(small, truth, mask) < quality.psnr(large, truth, mask) - 3


# Painters


def test_a_method_that_finds_no_face_leaves_the_target(some, not_read):
    def shy(case):
        if case.scene == some[0].case.scene:
            raise NoFaceError("nobody")
        return case.truth.image

    painter = Painter(shy, A, B)
    found = judge(painter, some, FLOORS)
    assert painter.failed == 1
    assert (found.scores["mae"] == 0).tolist() == [False, True, True]


def test_a_thing_of_two_sides_is_asked_for_its_side(some, not_read):
    class Both:
        def to(self, person):
            return Swapper(lambda c: np.full_like(c, person), match_colours=False)

    assert Painter(Both(), A, B)([some[0]])[0][some[0].target.mask == 1].tolist()[0] == [B] * 3


def test_pictures_in_a_folder_are_found_by_number(some, tmp_path, not_read):
    (tmp_path / f"{A}_to_{B}").mkdir()
    save_image(tmp_path / f"{A}_to_{B}" / "0001.png", some[1].truth.image)
    save_image(tmp_path / f"{A}_to_{B}" / "2.png", some[2].truth.image)
    painter = Painter(Pictures(tmp_path), A, B)
    found = judge(painter, some, FLOORS)
    assert (found.scores["mae"] == 0).tolist() == [False, True, True] and painter.failed == 1
    with pytest.raises(PairError, match=f"{B}_to_{A}"):
        Painter(Pictures(tmp_path), B, A)


def test_a_picture_of_another_size_is_refused(some, not_read):
    with pytest.raises(PairError, match=r"Scene 0.*\(256, 256, 3\)"):
        judge(Painter(lambda case: case.target.image[:100], A, B), some, FLOORS)


def test_a_swapper_never_has_many_frames_in_hand(monkeypatch, some, not_read):
    monkeypatch.setattr(judging, "BATCH", 2)
    sizes = []
    judge(Painter(Swapper(lambda c: sizes.append(len(c)) or c), A, B), some, FLOORS)
    assert sizes == [2, 1]


# From scenes to numbers


def sample(psnr, **more):
    """A Sample with these PSNRs, a (k,n) list, and other scores all zero unless said."""
    psnr = np.atleast_2d(np.array(psnr, float))
    zero = dict.fromkeys(swap_pair.SHOWN, np.zeros_like(psnr))
    return Sample(zero | {"psnr": psnr} | {k: np.atleast_2d(v) for k, v in more.items()})


def known(told=30.0):
    names = {"copy of the target": 10, "mean face": 20, "B's mean crop": 15, "told ceiling": told}
    rows = {name: sample([value] * 4) for name, value in names.items()}
    rows["truth of another scene"] = sample([5] * 4, beta=[0.25] * 4)
    rows["eye"] = sample([35] * 4, identity_gain=[0.8] * 4, top1=[1.0, 1, 1, 0])
    return rows


def test_shares_are_of_the_way_from_the_best_baseline():
    one = sample([24, 26, 24, 26], identity_gain=[0.4] * 4, top1=[1.0, 0, 1, 0], beta=[0.5] * 4)
    row = method_row(one, known(), "eye")
    assert row["told_share"] == 0.5 and row["id_share"] == 0.5
    assert row["retrieval_share"] == pytest.approx(0.5 / 0.75, abs=1e-4)
    assert row["beta"] == 0.5 and row["beta_chance"] == 0.25
    assert (row["psnr_copy"], row["psnr_mean"], row["psnr_told"]) == (10, 20, 30)
    low, high = row["interval"]["told_share"]
    assert low < 0.5 < high and row["seeds"] == 1 and row["spread"] is None


def test_without_a_ceiling_above_the_baselines_there_is_no_share():
    assert method_row(sample([25] * 4), known(told=19.0), "eye")["told_share"] is None
    rows = {name: row for name, row in known().items() if name != "told ceiling"}
    assert method_row(sample([25] * 4), rows, "eye")["told_share"] is None


def test_the_best_baseline_is_sought_anew_in_each_draw_of_scenes():
    rows = known() | {"copy of the target": sample([0, 0, 60, 60])}
    first_half = told_share(sample([25] * 4), rows, np.array([1.0, 1, 0, 0]))
    assert first_half == 0.5


def test_the_spread_is_over_seeds_and_the_interval_over_scenes():
    row = method_row(sample([[20, 22, 24, 26], [22, 24, 26, 28]]), known(), "eye")
    assert row["psnr"] == 24 and row["seeds"] == 2
    assert row["spread"]["psnr"] == pytest.approx(2**0.5, abs=1e-4)
    assert row["interval"]["psnr"][0] > 21


def test_the_worst_share_of_all_rows_counts():
    rows = [{"told_share": 0.5, "id_share": 0.9, "retrieval_share": None},
            {"told_share": 0.4, "id_share": 1.0, "retrieval_share": None}]  # fmt: skip
    assert swap_pair.worst(rows) == {"told_share": 0.4, "id_share": 0.9, "retrieval_share": None}


def test_what_cannot_be_scored_is_refused_before_the_work(monkeypatch, tmp_path):
    """Also where only the second direction lacks its pictures."""
    (tmp_path / f"{A}_to_{B}").mkdir()
    save_image(tmp_path / f"{A}_to_{B}" / "0.png", np.zeros((256, 256, 3), np.uint8))
    monkeypatch.setattr(swap_pair, "score_direction", lambda *_: pytest.fail("worked in vain"))
    with pytest.raises(PairError, match=f"{B}_to_{A}"):
        swap_pair.score_pair({"away": [Pictures(tmp_path)]}, A, B, scenes=1)


def test_a_told_ceiling_of_before_gives_the_share(monkeypatch):
    """Both directions, each with its own; what is read and judged is made up."""
    heard = []

    def direction(painters, held_out, told_psnr, report):
        heard.append((held_out.a, told_psnr, [*painters]))
        return [], []

    monkeypatch.setattr(swap_pair, "score_direction", direction)
    swap_pair.score_pair({}, A, B, scenes=1, told_psnr={f"{B} to {A}": [30.0]})
    assert heard == [(A, None, ["told ceiling"]), (B, [30.0], ["told ceiling"])]


def test_one_person_is_no_pair():
    with pytest.raises(PairError, match="two people"):
        swap_pair.score_pair({}, 7, 7)


# All of it


@pytest.fixture(scope="module")
def result():
    eye = Swapper(size=32)
    true = {"identity": [eye, eye], "perfect": [lambda case: case.truth.image]}
    true["told ceiling"] = [Swapper(size=128)]
    rows, calibration = score_direction(painters_of(true, A, B), HeldOut(A, B, scenes=2))
    way = {"pair": [A, B]}
    stands_on = {"seed": 0, "scenes": 2, "tone": "a", "gallery": 4, "size": 256, "paste": "plain"}
    return stands_on | {
        "rows": [way | row for row in rows], "calibration": [way | row for row in calibration],
    }  # fmt: skip


@pytest.mark.slow
def test_rows_stand_in_the_order_of_their_worth(result):
    names = [row["row"] for row in result["calibration"]]
    assert names == [
        "copy of the target", "mean face", "B's mean crop", "truth of another scene",
        "truth blurred 2 px", "truth blurred 1.5 px", "truth blurred 1 px",
        "truth through 32 px", "truth through 64 px", "truth through 128 px",
        "told ceiling", "truth",
    ]  # fmt: skip
    by_name = {row["row"]: row for row in result["calibration"]}
    eyes = [by_name[f"truth through {size} px"]["psnr"] for size in (32, 64, 128)]
    assert sorted(eyes) == eyes and by_name["truth"]["ssim"] == 1
    assert by_name["copy of the target"]["alpha"] == 0 == by_name["copy of the target"]["id_gain"]
    assert by_name["copy of the target"]["retrieval"] == 0 < by_name["truth"]["retrieval"] == 1
    assert by_name["truth blurred 2 px"]["n"] == 1 < by_name["truth"]["n"] == 2


@pytest.mark.slow
def test_each_method_has_its_row(result):
    identity, perfect = result["rows"]
    assert identity["direction"] == f"{A} to {B}" and identity["seeds"] == 2
    assert perfect["alpha"] == perfect["beta"] == perfect["id_gain"] == 1
    assert identity["id_gain"] < 0.3 and identity["retrieval"] == 0 and perfect["retrieval"] == 1
    assert perfect["psnr"] is None and identity["psnr"] < identity["psnr_squeezed"]
    assert json.loads(json.dumps(result)) == result


@pytest.mark.slow
def test_what_was_judged_is_read_from_the_disk(result, monkeypatch):
    monkeypatch.setattr(judging, "judged", lambda *_: pytest.fail("judged again"))
    some = HeldOut(A, B, scenes=2)
    row = judging.known_rows([])["mean face"]
    judging.judge_known("mean face", row, some, read_floors(some))


@pytest.mark.slow
def test_the_table_says_what_it_stands_on(result):
    text = as_text(result)
    assert f"Identity from person {B}, everything else from person {A}: 2 held-out" in text
    assert all(heading in text for _, heading, _ in swap_pair.SHOWN.values())
    assert "gallery of 4" in text and "n = 2, of blurs 1" in text and "tone of A" in text
    assert "identity: 2 seeds" in text and "chance" in text and "told ceiling" in text


def test_strangers_fill_the_gallery_and_b_is_first(monkeypatch):
    monkeypatch.setattr(swap_pair, "code_of", lambda seed: np.full(128, seed))
    first = swap_pair.STRANGERS[0]
    assert swap_pair.gallery(first, B)[:, 0].tolist() == [B, first, first + 1, first + 2]
    assert Person.from_seed(first) != Person.from_seed(B)


def test_swappers_are_told_from_functions():
    assert paste_back.is_swapper(Swapper()) and not paste_back.is_swapper(lambda case: case)
    assert Painter(Swapper(size=96), A, B).eye == (96, COVERAGE)
    assert Painter(lambda case: None, A, B).eye == (128, COVERAGE)
    assert painters.picture_name(7) == "0007"
