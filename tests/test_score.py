"""`score studio`, on few people, and what a chapter measures with the same functions."""

import json

import numpy as np
import pytest

from facelab.course.exercises import ch03
from facelab.faces import DetectedFace, box_around, iou, mirrored
from facelab.measure import nme
from facelab.measure.readings import View, best_match, found_rate, framed, in_batches, mean_nme
from facelab.measure.score import ROWS, YAWS, as_text, main, meets, score_studio
from facelab.studio import Person, Scene, render


@pytest.fixture(scope="module")
def frame():
    return render(Person.from_seed(7), Scene(yaw=10), size=256)


def test_batches_lose_nothing():
    assert [*in_batches(range(7), 3)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert [*in_batches([], 3)] == []


def test_the_best_match_is_the_true_face_or_none(frame):
    truth = DetectedFace(box_around(frame.landmarks))
    far = DetectedFace((0.0, 0.0, 30.0, 30.0), score=9.0)
    assert best_match([far, truth], frame) is truth
    assert best_match([far], frame) is None
    assert best_match([], frame) is None


def test_the_true_box_is_framed_as_hog_frames_it(frame):
    from facelab.faces import detect

    assert iou(detect(frame.image)[0].box, framed(frame).box) > 0.7


def test_rates_and_errors_of_views(frame):
    wall = View(np.full((256, 256, 3), 90, np.uint8), frame.landmarks)
    assert found_rate([frame], "hog") == 1
    assert found_rate([frame, wall], "hog") == 0.5
    assert mean_nme([frame]) < 0.06 < mean_nme([wall])
    assert mean_nme([frame], scales=[10.0]) > mean_nme([frame])


def test_each_limit_is_on_its_side():
    assert meets("hog_rate", 0.99) and not meets("hog_rate", 0.98)
    assert meets("same_median", 0.31) and not meets("same_median", 0.32)
    assert meets("different_median", 0.59) and not meets("different_median", 0.58)
    assert not meets("auc", float("nan"))


def test_the_exercises_agree_with_the_modules():
    """What the learner writes is what the later chapters import."""
    for a, b in ch03.box_pairs():
        assert ch03.iou(a, b) == pytest.approx(iou(a, b))
    for found, truth in ch03.found_and_true():
        assert ch03.nme(found, truth) == pytest.approx(nme(found, truth))
    for points, width in ch03.point_sets():
        assert (ch03.mirrored(points, width) == mirrored(points, width)).all()


@pytest.fixture(scope="module")
def scores():
    return score_studio(first_seed=5000, people=3)


@pytest.mark.slow
def test_the_score_says_all_that_is_asked(scores):
    assert scores["people"] == 3 and scores["frames"] == 18
    assert [row["yaw"] for row in scores["yaw"]] == list(YAWS)
    for key in ROWS:
        low, high = scores["interval"][key]
        assert low <= scores[key] <= high
        assert scores["n"][key] > 0
    assert json.loads(json.dumps(scores)) == scores


@pytest.mark.slow
def test_the_score_is_of_these_people_and_repeats(scores):
    again = score_studio(first_seed=5000, people=3)
    for key in ("same_median", "different_median", "nme_dlib"):
        assert scores[key] == pytest.approx(again[key], abs=1e-3)


@pytest.mark.slow
def test_detection_and_points_fall_in_profile(scores):
    front, profile = scores["yaw"][0], scores["yaw"][-1]
    assert front["hog_rate"] > profile["hog_rate"]
    assert front["nme_dlib"] < profile["nme_dlib"]


@pytest.mark.slow
def test_the_table_names_every_score(scores):
    text = as_text(scores)
    assert all(name in text for name, _, _ in ROWS.values())
    assert f"n = {scores['yaw'][0]['n']}" in text


def test_json_is_all_that_comes_on_standard_output(monkeypatch, capsys):
    def short(seed, report):
        report(5)
        return {"first_seed": seed}

    monkeypatch.setattr("facelab.measure.score.score_studio", short)
    main(["studio", "--json", "--seed", "12"])
    assert json.loads(capsys.readouterr().out) == {"first_seed": 12}


def test_wrong_use_is_told_without_a_traceback(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["house"])
    assert stop.value.code == 2 and "studio" in capsys.readouterr().err
