"""Raw collections: what is in them, that it is true, and that an interruption changes nothing."""

import json
from collections import Counter

import numpy as np
import pytest

from facelab.course import dataset
from facelab.faces import ImageError, box_around, detect, iou, read_image
from facelab.studio import (
    Person,
    StudioError,
    collection,
    read_mark,
    read_truth,
    read_video,
    render,
)
from facelab.studio.alignment import mean_face

SMALL = {"people": [7], "pictures": 14, "seconds": 0.32, "alike": (0.4,)}


@pytest.fixture(autouse=True, scope="module")
def few_people():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collection, "STRANGERS", 2)
        patch.setattr(collection, "SHORTEST", 96)
        patch.setattr(collection, "TALLEST", 128)
        patch.setattr(collection, "CLIP_SIZE", 64)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    (written,) = collection.write_collection(tmp_path_factory.mktemp("raw"), **SMALL)
    return written


def files_of(place):
    """Name and bytes of every file below a folder."""
    paths = sorted(path for path in place.folder.rglob("*") if path.is_file())
    return {str(path.relative_to(place.folder)): path.read_bytes() for path in paths}


def pictures(place):
    return [picture for picture in read_truth(place) if picture.index is None]


def test_every_file_has_its_truth_and_no_file_has_none(made):
    names = {picture.file for picture in read_truth(made)}
    assert names == {path.name for path in made.raw.iterdir()}
    assert len(pictures(made)) == SMALL["pictures"]
    assert sum(picture.index is not None for picture in read_truth(made)) == 8  # 25 a second


def test_what_is_broken_cannot_be_read_and_all_else_carries_our_mark(made):
    for picture in pictures(made):
        path = made.raw / picture.file
        if picture.broken in ("", "other format"):
            assert read_mark(path)["synthetic"] and picture.faces
            assert read_image(path).shape[2] == 3
        else:
            with pytest.raises(ImageError):
                read_image(path)
            assert not picture.faces
    assert {p.broken for p in pictures(made)} == {"", *collection.BROKEN}


def test_the_clip_cuts_to_a_stranger_and_back(made):
    frames = [p for p in read_truth(made) if p.index is not None]
    assert [p.faces[0].who for p in frames] == ["target"] * 4 + ["stranger 0"] * 2 + ["target"] * 2
    shown, fps = read_video(made.raw / frames[0].file)
    assert len(list(shown)) == len(frames) and fps == 25
    assert read_mark(made.raw / frames[0].file)["synthetic"]


def test_points_lie_on_faces_and_the_matrix_brings_them_onto_the_mean(made):
    seen = 0
    for picture in pictures(made):
        for face in picture.faces:
            ones = np.c_[face.landmarks[17:], np.ones(51)]
            onto = ((mean_face() - 0.5) * 0.625 + 0.5) * 256
            assert np.linalg.norm(ones @ face.matrix.T - onto, axis=1).mean() < (
                45 if picture.harm == "profile" else 20
            )
        if picture.faces and not picture.harm:
            found = detect(read_image(made.raw / picture.file), upsample=1)
            boxes = [box_around(face.landmarks) for face in picture.faces]
            seen += any(iou(f.box, box) > 0.4 for f in found for box in boxes)
    assert seen >= 3


def test_the_points_are_those_of_the_picture_drawn_again(made):
    person, root = Person.from_seed(7), [404, 0, 7]
    others = collection.cast(person, [*root, 1], SMALL["alike"])
    shots = collection.plan(person, others, SMALL["pictures"], [*root, 2])
    told = {picture.file: picture for picture in pictures(made) if picture.faces}
    for shot in [shot for shot in shots if shot.file in told][:4]:
        frame = render(list(shot.people), list(shot.scenes), size=shot.height)
        for name, face, true in zip(shot.who, told[shot.file].faces, frame.faces, strict=True):
            assert face.who == name and face.pose == pytest.approx(true.pose, abs=0.01)
            assert np.abs(face.landmarks - true.landmarks).max() < 0.001
            assert face.visible == pytest.approx(true.visible[17:].mean(), abs=0.001)


def test_a_collection_that_stopped_goes_on_to_the_same_bytes(made, tmp_path):
    def stop(done, total):
        if done >= 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        collection.write_collection(tmp_path, **SMALL, progress=stop)
    torn = tmp_path / "truth" / "person_7.jsonl"
    text = torn.read_text()
    torn.write_text(text[: len(text) - 40])  # the power went while the last line was written
    (tmp_path / "person_7" / "raw" / ".1234abcd.x7.png").write_bytes(b"half a picture")
    (again,) = collection.write_collection(tmp_path, **SMALL)
    assert files_of(again) == files_of(made)


def test_another_collection_is_not_mixed_in(made):
    before = files_of(made)
    with pytest.raises(collection.CollectionError, match="with other seed: name another folder"):
        collection.write_collection(made.folder, **SMALL, seed=1)
    assert files_of(made) == before


@pytest.mark.parametrize(
    "wrong",
    [{"people": []}, {"people": [7, 7]}, {"people": ["x"]}, {"pictures": 3}, {"alike": (3,)}]
    + [{"alike": ()}, {"seconds": -1}, {"seed": -1}],
)
def test_what_cannot_be_drawn_is_refused_before_a_file_is_written(wrong, tmp_path):
    with pytest.raises(StudioError):
        collection.write_collection(tmp_path / "new", **(SMALL | wrong))
    assert not (tmp_path / "new").exists()


def test_shares_are_kept_to_the_nearest_picture():
    rng = np.random.default_rng(0)
    dealt = Counter(collection.deal(collection.WHO, 200, rng))
    assert dealt == {name: round(200 * share) for name, share in collection.WHO.items()}
    assert len(collection.deal(collection.HARMS, 13, rng)) == 13


def test_names_tell_nothing_and_who_is_where_does_not_follow_them():
    person = Person.from_seed(7)
    shots = collection.plan(person, collection.cast(person, 1, (0.4,)), 120, 5)
    assert [shot.file for shot in shots] == sorted(shot.file for shot in shots)
    alone = np.array([shot.who == ("target",) for shot in shots])
    assert 0.25 < alone[:60].mean() / alone.mean() / 2 < 0.75
    other = collection.plan(person, collection.cast(person, 1, (0.4,)), 120, 6)
    assert {shot.file for shot in shots}.isdisjoint(shot.file for shot in other)


def test_a_look_alike_is_nearer_than_a_stranger():
    person = Person.from_seed(7)
    others = collection.cast(person, 1, (0.3, 0.6))
    apart = {name: Person.distance(person, one) for name, one in others.items()}
    assert apart["alike 0.30"] < apart["stranger 0"] and apart["alike 0.60"] < apart["stranger 1"]


@pytest.mark.parametrize("text", ["nonsense\n", "{}\n", '{"file": "x"}\n', "[1]\n"])
def test_a_file_that_is_no_truth_says_so(text, tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text(text)
    with pytest.raises(collection.CollectionError, match="not the truth of a collection"):
        read_truth(path)


def test_the_command_says_what_it_wrote(tmp_path, capsys):
    arguments = [str(tmp_path), "--people", "7", "--pictures", "12"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collection, "ALIKE", (0.4,))
        assert dataset.main(arguments) == 0
    told = capsys.readouterr()
    assert "12 pictures" in told.out and "clip of 100 frames" in told.out
    assert json.loads((tmp_path / collection.READY).read_text())["pictures"] == 12
    assert dataset.main([*arguments, "--seed", "9"]) == 1
    assert "name another folder" in capsys.readouterr().err
