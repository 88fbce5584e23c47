"""From pictures to one person's faces: filter, dataset, kills, contact sheet, strikes."""

import hashlib
import os
import signal
import subprocess
import sys
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facelab import faces
from facelab.faces import (
    DatasetError,
    DetectedFace,
    Extract,
    FaceFilter,
    ImageError,
    MethodError,
    NoFaceError,
    ReferenceFaceError,
    contact_sheet,
    create_face_dataset,
    dataset_faces,
    dataset_report,
    detect,
    detect_faces,
    get_faces,
    read_image,
    restore,
    strike,
)
from facelab.faces.face import hog_box
from facelab.faces.sheet import ORDERS
from facelab.measure.dataset import (
    TrueFace,
    alignment_errors,
    dataset_scores,
    f1,
    matched,
    precision_recall,
)
from facelab.studio import (
    NotOursError,
    Person,
    Scene,
    admit,
    admit_folder,
    render,
    save_image,
    write_video,
)
from facelab.studio.alignment import crop_matrix

A, B = Person.from_seed(20), Person.from_seed(11)
SIDE = 192


def drawn(person, **scene):
    return render(person, Scene(**scene), size=SIDE)


@pytest.fixture(scope="module")
def frames():
    """Frames of A by yaw, and one of B."""
    return {yaw: drawn(A, yaw=yaw) for yaw in (0, 12, -15, 20)} | {"b": drawn(B, yaw=5)}


@pytest.fixture(scope="module")
def pair(frames):
    """A and B in one picture, side by side."""
    return np.ascontiguousarray(np.concatenate([frames[12].image, frames["b"].image], axis=1))


@pytest.fixture(scope="module")
def reference(frames, tmp_path_factory):
    return save_image(tmp_path_factory.mktemp("reference") / "a.png", frames[0].image)


@pytest.fixture(scope="module")
def facefilter(reference):
    return FaceFilter(reference)


@pytest.fixture(scope="module")
def raw(frames, pair, tmp_path_factory):
    """A folder as somebody would scrape it."""
    folder = tmp_path_factory.mktemp("raw")
    save_image(folder / "a.png", frames[12].image)
    save_image(folder / "a.jpg", frames[-15].image)
    save_image(folder / "b.jpg", pair, source="composite")
    (folder / "c.jpg").write_text("no picture")
    (folder / "d.png").write_bytes((folder / "a.png").read_bytes()[:9000])
    Image.fromarray(frames[20].image).save(folder / "e.webp", quality=95)
    save_image(folder / "f.png", frames["b"].image)
    save_image(folder / "g.PNG", np.full((64, 64, 3), 99, np.uint8))
    write_video(folder / "h.mp4", [frames[yaw].image for yaw in (0, 12, 20, -15)])
    (folder / "i.mp4").write_bytes((folder / "h.mp4").read_bytes()[:4000])
    (folder / "notes.txt").write_text("not looked at")
    return folder


@pytest.fixture(scope="module")
def made(raw, facefilter, tmp_path_factory):
    """(folder, report) of a dataset made without a disturbance."""
    folder = tmp_path_factory.mktemp("made") / "faces"
    return folder, create_face_dataset(facefilter, raw, folder, Extract())


@pytest.fixture
def copy(made, tmp_path):
    """A dataset of its own for each test."""
    import shutil

    return Path(shutil.copytree(made[0], tmp_path / "faces"))


def tree(folder):
    """Name -> hash of every file in a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


# Detected faces and the filter


def test_faces_come_one_by_one_with_their_landmarks(pair, monkeypatch):
    calls = []
    real = faces.filter.landmarks
    monkeypatch.setattr(faces.filter, "landmarks", lambda *a: calls.append(1) or real(*a))
    found = detect_faces(pair)
    assert calls == []
    first = next(found)
    assert len(calls) == 1 and first.landmarks.shape == (68, 2) and first.image is pair
    assert len(list(found)) == 1 and len(calls) == 2
    assert next(detect_faces(pair[:64, :64]), None) is None
    with pytest.raises(ImageError):
        next(detect_faces("a.png"))


def test_a_face_in_the_books_words():
    face = DetectedFace((1.4, 2.6, 11.4, 32.6), np.float32([[0.5, 1.5]] * 68))
    assert (face.x, face.y, face.w, face.h) == (1, 3, 10, 30)
    assert all(type(number) is int for number in (face.x, face.y, face.w, face.h))
    assert face.landmarksAsXY() == [(0.5, 1.5)] * 68
    with pytest.raises(NoFaceError, match="no landmarks"):
        DetectedFace((0, 0, 1, 1)).landmarksAsXY()


def test_the_filter_knows_the_reference_and_not_somebody_else(facefilter, frames):
    own, other = (next(detect_faces(frames[name])) for name in (0, "b"))
    assert facefilter.distance(own) < 0.02 and facefilter.check(own) is True
    strict = FaceFilter(frames[0], threshold=0.3)
    assert strict.check(other) is False and strict.check(own) is True
    assert facefilter.distance(other) > facefilter.distance(next(detect_faces(frames[12])))


def test_b6_the_reference_is_the_file_that_was_named(frames, facefilter, tmp_path):
    other = FaceFilter(save_image(tmp_path / "any name.png", frames["b"].image))
    assert other.reference != facefilter.reference
    assert np.linalg.norm(other.encoding - facefilter.encoding) > 0.3
    with pytest.raises(FileNotFoundError, match="nowhere"):
        FaceFilter(tmp_path / "nowhere.png")


def test_b13_the_candidate_is_seen_as_the_reference_was(facefilter, frames, monkeypatch):
    """From the whole picture, in RGB, at its landmarks: nothing is detected once more."""
    face = next(detect_faces(frames[12]))
    same = FaceFilter(frames[12])
    assert same.distance(face) < 0.02
    blue = replace(face, image=np.ascontiguousarray(face.image[..., ::-1]))
    assert same.distance(blue) > 0.1
    monkeypatch.setattr(faces.filter, "detect", lambda *a, **o: pytest.fail("looked for again"))
    assert facefilter.check(face) is True


def test_b13_the_reference_is_encoded_once(reference, frames, monkeypatch):
    calls, real = [], faces.filter.embed
    monkeypatch.setattr(faces.filter, "embed", lambda *a: calls.append(1) or real(*a))
    known = FaceFilter(reference)
    for yaw in (12, 20):
        assert len(list(get_faces(known, frames[yaw], Extract()))) == 1
    assert len(calls) == 3  # the reference and two faces


def test_b13_a_reference_without_one_face_is_refused(pair, tmp_path):
    save_image(tmp_path / "none.png", np.full((64, 64, 3), 99, np.uint8))
    with pytest.raises(ReferenceFaceError, match="none.png shows no face"):
        FaceFilter(tmp_path / "none.png")
    with pytest.raises(ReferenceFaceError, match="2 faces"):
        FaceFilter(pair)


@pytest.mark.parametrize("threshold", [-1, "0.6", None, float("nan")])
def test_thresholds_that_are_none(reference, threshold):
    with pytest.raises(MethodError, match="threshold"):
        FaceFilter(reference, threshold)


def test_what_cannot_be_compared_is_refused(facefilter, frames):
    face = next(detect_faces(frames[12]))
    for other in (None, replace(face, image=None)):
        with pytest.raises(NoFaceError):
            facefilter.check(other)


class Counting(Extract):
    """Counts how often it is asked."""

    def __init__(self):
        self.calls = 0

    def extract(self, image, face, size=256):
        self.calls += 1
        return super().extract(image, face, size)


def test_b27_a_face_is_extracted_once(facefilter, pair, capsys):
    extractor = Counting()
    strict = FaceFilter(pair[:, :SIDE], threshold=0.3)
    found = list(get_faces(strict, pair, extractor, debug=True))
    assert [number for number, _ in found] == [0] and extractor.calls == 1
    assert found[0][1].aligned.shape == (256, 256, 3)
    assert "face 0" in (said := capsys.readouterr().out) and "somebody else" in said


# The dataset


def test_what_is_found_is_counted(made, raw):
    folder, report = made
    assert report.pictures == report.new == 5 + 1 + 4  # pictures, none without a face, frames
    assert report.empty == 1 and set(report.broken) == {"c.jpg", "d.png", "i.mp4"}
    assert report.faces == 10 and report.unmarked == 1 and report.struck == 0
    assert report.accepted == len(list(folder.glob("*.png")))
    assert "3 broken" in str(report) and report.pictures_per_second > 0
    assert not (folder / ".unfinished").exists()
    assert all(str(raw) not in line for line in (folder / "manifest.jsonl").read_text().split("\n"))


def test_b10_each_face_has_a_file_of_its_own(raw, reference, tmp_path):
    report = create_face_dataset(reference, raw / "b.jpg", tmp_path / "x", Extract(), threshold=2)
    assert report.accepted == 2
    paths = [face.path for face in dataset_faces(tmp_path / "x")]
    assert [path.stem[-2:] for path in paths] == ["-0", "-1"]
    one, other = map(read_image, paths)
    assert np.abs(one.astype(int) - other).mean() > 5


def test_names_that_differ_only_in_their_endings_do_not_meet(made):
    sources = [face.source for face in dataset_faces(made[0]) if face.accepted]
    assert {"a.png", "a.jpg"} <= set(sources)
    assert len({face.path for face in dataset_faces(made[0]) if face.accepted}) == len(sources)


def test_b27_a_broken_picture_is_written_down_and_stops_nothing(made):
    assert "cannot be read" in made[1].broken["d.png"]
    assert "not a picture" in made[1].broken["c.jpg"]
    assert {face.source for face in dataset_faces(made[0])} >= {"a.jpg", "e.webp", "h.mp4"}


def test_the_manifest_says_what_was_found(made, raw, facefilter):
    face = next(f for f in dataset_faces(made[0]) if f.source == "a.png")
    seen = next(detect_faces(read_image(raw / "a.png")))
    assert np.allclose(face.box, seen.box) and np.allclose(face.landmarks, seen.landmarks)
    assert face.distance == facefilter.distance(seen)
    assert np.allclose(face.matrix, Extract().matrix(seen))
    crop = Extract().extract(seen.image, seen)
    assert np.array_equal(read_image(face.path), crop)
    far = [f for f in dataset_faces(made[0]) if not f.accepted]
    assert all(f.path is None and "above 0.6" in f.why and f.number is None for f in far)


def test_only_what_has_our_mark_gets_it(made):
    """Crops of an unmarked picture can be looked at; what trains refuses them."""
    for face in dataset_faces(made[0]):
        if face.accepted and face.source == "e.webp":
            assert not face.marked
            with pytest.raises(NotOursError, match="no mark"):
                admit(face.path)
        elif face.accepted:
            assert face.marked and admit(face.path).mark["crop_of"]["file"] == face.source
    with pytest.raises(NotOursError, match="Nothing .* e-"):
        admit_folder(made[0])


def test_frames_of_a_clip_are_sources(made, raw, facefilter, tmp_path):
    found = [face.frame for face in dataset_faces(made[0]) if face.source == "h.mp4"]
    assert found == [0, 1, 2, 3]
    create_face_dataset(facefilter, raw / "h.mp4", tmp_path / "x", Extract(), every=3)
    assert [face.frame for face in dataset_faces(tmp_path / "x")] == [0, 3]


def test_a_second_run_changes_nothing(copy, raw, facefilter):
    before = tree(copy)
    report = create_face_dataset(facefilter, raw, copy, Extract())
    assert tree(copy) == before and report.new == 0 and "nothing new" in str(report)
    assert report.accepted == dataset_report(copy).accepted


def test_more_pictures_are_added(copy, facefilter, frames, tmp_path):
    """Another folder with the name a.png in it: nothing of the first is lost."""
    (tmp_path / "more").mkdir()
    save_image(tmp_path / "more" / "a.png", frames[20].image)
    before = tree(copy)
    report = create_face_dataset(facefilter, tmp_path / "more", copy, Extract())
    after = tree(copy)
    assert report.new == 1 and len(after) == len(before) + 1
    assert all(after[name] == before[name] for name in before if name != "manifest.jsonl")


def test_a_spoilt_manifest_is_named(copy, raw, facefilter):
    lines = (copy / "manifest.jsonl").read_text().splitlines(keepends=True)
    (copy / "manifest.jsonl").write_text("".join([*lines[:3], "{spoilt\n", *lines[3:]]))
    for look in (dataset_faces, lambda folder: create_face_dataset(facefilter, raw, folder, None)):
        with pytest.raises(DatasetError, match="no JSON"):
            look(copy)


def test_a_file_that_is_in_the_way_stays(made, raw, facefilter, tmp_path):
    name = next(face.path.name for face in dataset_faces(made[0]) if face.source == "a.png")
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / name).write_text("mine")
    create_face_dataset(facefilter, raw / "a.png", tmp_path / "x", Extract())
    assert (tmp_path / "x" / name).read_text() == "mine"
    assert read_image(dataset_faces(tmp_path / "x")[0].path).shape == (256, 256, 3)


KILL = """
import os, signal, sys
from facelab.faces import dataset, Extract, FaceFilter

reference, raw, folder, place, where = sys.argv[1:]
left = int(place)

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def append(folder, line, real=dataset.append):
    global left
    left -= 1
    if left == 0 and where == "before":
        die()
    if left == 0 and where == "torn":
        with open(folder / "manifest.jsonl", "ab") as file:
            file.write(b'{"source": "a.j')
            file.flush()
            die()
    real(folder, line)

def save(path, *rest, real=dataset._save):
    real(path, *rest)
    if left == 1 and where == "draft":
        path.write_bytes(path.read_bytes()[:100])
        die()

dataset.append, dataset._save = append, save
dataset.create_face_dataset(reference, raw, folder, Extract())
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 on Windows")
def test_a_run_that_is_killed_is_gone_on_with(made, raw, reference, facefilter, tmp_path):
    """Killed before a line, in the middle of one, while a crop is written, in a clip."""
    folder = tmp_path / "faces"
    environment = os.environ | {"PYTHONPATH": str(Path(faces.__file__).parents[2])}
    for place, where in ((3, "before"), (2, "torn"), (1, "draft"), (6, "before")):
        command = [sys.executable, "-c", KILL, reference, raw, folder, str(place), where]
        ended = subprocess.run(list(map(str, command)), env=environment, capture_output=True)
        assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
        assert tree(folder) != tree(made[0])
    create_face_dataset(facefilter, raw, folder, Extract())
    assert tree(folder) == tree(made[0])


@pytest.mark.parametrize(("change", "word"), [
    ({"threshold": 0.5}, "threshold of its own"), ({"input_dir": "nowhere"}, "no folder"),
    ({"every": 0}, "every"), ({"every": 1.5}, "every"), ({"size": 128}, "another size"),
    ({"every": 2}, "another every"), ({"facefilter": 0.5}, "another threshold"),
    ({"facefilter": "b"}, "another reference"), ({"output_dir": "raw"}, "own pictures"),
])  # fmt: skip
def test_datasets_that_cannot_be_made(copy, raw, reference, facefilter, frames, change, word):
    before = tree(copy)
    arguments = {"input_dir": raw, "output_dir": copy, "facefilter": facefilter} | change
    if arguments["output_dir"] == "raw":
        arguments["output_dir"] = raw
    if arguments["facefilter"] == 0.5:
        arguments["facefilter"] = FaceFilter(reference, 0.5)
    if arguments["facefilter"] == "b":
        arguments["facefilter"] = FaceFilter(frames["b"])
    facefilter = arguments.pop("facefilter")
    with pytest.raises(DatasetError, match=word):
        create_face_dataset(facefilter, extractor=Extract(), **arguments)
    assert tree(copy) == before and not (raw / "manifest.jsonl").exists()


def test_a_detector_that_cannot_run_stops_at_once(raw, facefilter, tmp_path):
    def detector(image):
        raise faces.DetectorError("no such thing here")

    with pytest.raises(faces.DetectorError):
        create_face_dataset(facefilter, raw, tmp_path / "x", Extract(), detector=detector)
    assert dataset_report(tmp_path / "x").pictures == 0  # so the next run looks again


def test_one_picture_is_in_memory_at_a_time(facefilter, tmp_path):
    (tmp_path / "in").mkdir()
    for name in "abcd":
        save_image(tmp_path / "in" / f"{name}.jpg", np.full((1200, 1600, 3), 99, np.uint8))

    def peak(source, folder):
        tracemalloc.start()
        create_face_dataset(facefilter, source, folder, Extract(), detector=lambda image: ())
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    one = peak(tmp_path / "in" / "a.jpg", tmp_path / "x")
    assert one > 1200 * 1600 * 3 and peak(tmp_path / "in", tmp_path / "y") < 1.3 * one


def test_progress_is_told(raw, facefilter, tmp_path):
    told = []
    create_face_dataset(
        facefilter, raw, tmp_path / "x", Extract(), ["mp4"],
        detector=lambda image: (), progress=lambda *done: told.append(done),
    )  # fmt: skip
    assert told[-1][0] == told[-1][1] and told == sorted(told) and len(set(told)) == len(told)


# Looked over by a person


def test_the_likeliest_faces_stand_first(made):
    sheet = contact_sheet(made[0], columns=4, tile=64)
    kept = {face.number: face.distance for face in dataset_faces(made[0]) if face.accepted}
    assert sheet.numbers == tuple(sorted(kept, key=kept.get))
    assert np.array_equal(sheet.distances, sorted(kept.values()))
    rows = -(-len(kept) // 4)
    assert sheet.image.dtype == np.uint8 and sheet.image.shape[1] == 4 * 66
    assert sheet.image.shape[0] % rows == 0 and len(sheet.image) > rows * 64


def test_likeness_needs_no_good_reference(raw, frames, tmp_path):
    """With B as the reference of A's dataset, B is the odd one out all the same."""
    odd = FaceFilter(frames["b"], threshold=2)
    create_face_dataset(odd, raw, tmp_path / "x", Extract())
    sheets = {by: contact_sheet(tmp_path / "x", by) for by in ORDERS}
    b = {face.number for face in dataset_faces(tmp_path / "x") if face.distance < 0.3}
    assert len(b) == 2
    assert set(sheets["distance"].numbers[:2]) == set(sheets["likeness"].numbers[-2:]) == b
    assert (
        contact_sheet(tmp_path / "x", "likeness", most=3).numbers
        == (sheets["likeness"].numbers[-3:])
    )


def test_struck_faces_are_put_aside_and_come_back(copy, raw, facefilter):
    before = {face.number: face for face in dataset_faces(copy) if face.accepted}
    aside = strike(copy, [2, 0, 2])
    assert [path.parent.name for path in aside] == ["struck"] * 2
    assert all(path.exists() for path in aside) and not before[0].path.exists()
    assert dataset_report(copy).struck == 2 and strike(copy, [0]) == []
    assert not {0, 2} & set(contact_sheet(copy).numbers)
    after = {face.number: face for face in dataset_faces(copy) if face.accepted}
    assert after.keys() == before.keys() and after[2].struck and after[2].path in aside
    create_face_dataset(facefilter, raw, copy, Extract())
    assert not before[0].path.exists()  # a second run does not bring them back
    assert restore(copy, [0, 2]) == [before[0].path, before[2].path]
    assert before[0].path.exists() and dataset_report(copy).struck == 0


def test_a_strike_that_was_stopped_is_gone_on_with(copy):
    face = next(face for face in dataset_faces(copy) if face.number == 1)
    (copy / "struck").mkdir()
    face.path.rename(copy / "struck" / face.path.name)
    assert strike(copy, [1]) == [copy / "struck" / face.path.name]
    assert dataset_report(copy).struck == 1


def test_what_cannot_be_struck_or_shown(copy, tmp_path):
    before = tree(copy)
    for numbers in ([0, 99], [-1], ["a"]):
        with pytest.raises(DatasetError, match="go from 0 to"):
            strike(copy, numbers)
    assert tree(copy) == before
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DatasetError, match="no dataset"):
            contact_sheet(folder)
    with pytest.raises(MethodError, match="likeness"):
        contact_sheet(copy, by="beauty")
    with pytest.raises(DatasetError, match="tile"):
        contact_sheet(copy, tile=10)
    strike(copy, [face.number for face in dataset_faces(copy) if face.accepted])
    with pytest.raises(DatasetError, match="is left"):
        contact_sheet(copy)


# Against the truth


@pytest.fixture(scope="module")
def truth(frames):
    """Who is where in ``raw``."""

    def true(source, name, frame=None, right=0):
        person = "b" if name == "b" else "a"
        return TrueFace(source, frame, person, frames[name].landmarks + np.float32([right, 0]))

    return [
        true("a.png", 12), true("a.jpg", -15), true("b.jpg", 12), true("b.jpg", "b", right=SIDE),
        true("e.webp", 20), true("f.png", "b"),
        *(true("h.mp4", yaw, frame) for frame, yaw in enumerate((0, 12, 20, -15))),
    ]  # fmt: skip


def test_every_face_is_somebody(made, truth):
    places = matched(dataset_faces(made[0]), truth)
    assert sorted(places) == list(range(10))
    elsewhere = [face._replace(source="z.png") for face in dataset_faces(made[0])]
    assert matched(elsewhere, truth) == [None] * 10


def test_recall_and_purity(made, truth):
    faces = [face._replace(accepted=True) for face in dataset_faces(made[0])]
    scores = dataset_scores(faces, truth, "a")
    assert (scores.recall, scores.purity) == (1, 0.8)
    assert (scores.true, scores.kept, scores.right) == (8, 10, 8)
    low, high = scores.purity_interval
    assert low < 0.8 < high <= 1 and scores.f1 == pytest.approx(2 * 0.8 / 1.8)
    fewer = [face._replace(struck=face.source == "h.mp4") for face in faces]
    assert dataset_scores(fewer, truth, "a").recall == 0.5
    twice = dataset_scores(faces + faces, truth, "a")
    assert twice.recall == 1 and twice.kept == 20
    nothing = dataset_scores([], truth, "a")
    assert nothing.recall == 0 and np.isnan(nothing.purity) and nothing.f1 == 0


def test_what_is_no_face_lowers_purity(made, truth):
    faces = [face._replace(accepted=True) for face in dataset_faces(made[0])]
    false = faces[0]._replace(box=(0, 0, 9, 9))
    assert dataset_scores([*faces, false], truth, "a").purity == 8 / 11


def test_precision_and_recall_over_thresholds(made, truth):
    faces = dataset_faces(made[0])
    far = sorted(face.distance for face in faces)
    points = precision_recall(faces, truth, "a", [0, far[0], far[-1]])
    assert np.isnan(points[0].precision) and points[0].recall == 0 and points[0].f1 == 0
    assert points[1][1:] == (1, 1 / 8, 1, 8)
    assert points[2][1:] == (0.8, 1, 10, 8)
    found = [point.kept for point in precision_recall(faces, truth, "a", np.linspace(0, 1, 30))]
    assert found == sorted(found)
    assert f1(0.5, 1) == pytest.approx(2 / 3)


def test_alignments_are_near_the_true_ones(made, truth):
    found = dataset_faces(made[0])
    pixels, degrees = alignment_errors(found, truth)
    assert pixels.shape == degrees.shape == (10,)
    assert 0.1 < pixels.mean() < 8 and degrees.max() < 6
    exact = [
        face._replace(matrix=crop_matrix(truth[place].landmarks, 256))
        for face, place in zip(found, matched(found, truth), strict=True)
    ]
    assert max(alignment_errors(exact, truth)[0]) < 1e-3


def test_the_box_of_true_points_is_the_detectors(frames):
    face = detect(frames[12].image)[0]
    assert faces.iou(face.box, hog_box(frames[12].landmarks)) > 0.6
