"""The book's minibatches: through the door, without end, each picture once before any again."""

import itertools
import shutil

import numpy as np
import pytest
from PIL import Image

from facelab.blend.swapper import BOOK_COVERAGE
from facelab.studio import Person, Scene, crops, save_image
from facelab.studio.door import NotOursError
from facelab.training.batches import Recipe, admitted, batch
from facelab.training.minibatches import minibatch, minibatchAB, read_image

FACES = crops(Person.from_seed(9), [Scene(), Scene(yaw=10), Scene(yaw=-10)], size=256)


@pytest.fixture
def paths(tmp_path):
    return [save_image(tmp_path / f"{k}.png", each) for k, each in enumerate(FACES.image)]


@pytest.fixture
def photograph(tmp_path):
    """A picture as a camera writes it: without our mark."""
    path = tmp_path / "photograph.png"
    Image.fromarray(FACES.image[0]).save(path)
    return path


def test_a_batch_is_the_books(paths):
    epoch, warped, target = next(minibatchAB(paths, 4, seed=0))
    assert epoch == 0 and warped.shape == target.shape == (4, 64, 64, 3)
    assert warped.dtype == np.float32 and 0 <= warped.min() < warped.max() <= 1.01


def test_a_seed_gives_the_same_batches(paths):
    one, same = (next(minibatch(paths, 2, seed=3)) for _ in range(2))
    other = next(minibatch(FACES, 2, seed=4))
    assert np.array_equal(one[1], same[1]) and not np.array_equal(one[1], other[1])


def test_epochs_count_how_often_all_were_seen(paths):
    epochs = [epoch for epoch, *_ in itertools.islice(minibatch(paths, 2, seed=0), 6)]
    assert epochs == [0, 0, 1, 2, 2, 3]


def test_each_picture_once_before_any_again():
    plain = [np.full((256, 256, 3), 60 * k, np.uint8) for k in range(3)]
    seen = crops(Person.from_seed(9), [Scene()] * 3, size=256)
    for k in range(3):
        seen.image[k] = plain[k]
    batches = itertools.islice(minibatch(seen, 3, seed=1), 4)
    for _, warped, _ in batches:
        assert sorted(np.round(warped.mean((1, 2, 3)) * 255)) == [0, 60, 120]


def test_fewer_pictures_than_a_batch_are_drawn_again(paths):
    assert next(minibatch(paths[:1], 5, seed=0))[1].shape[0] == 5


def test_one_picture_of_the_book(paths):
    warped, target = read_image(paths[0], rng=np.random.default_rng(0))
    assert warped.shape == target.shape == (64, 64, 3)


def test_a_photograph_is_refused_at_once(paths, photograph):
    with pytest.raises(NotOursError, match="photograph.png"):
        minibatchAB([*paths, photograph], 2)
    with pytest.raises(NotOursError, match="photograph.png"):
        read_image(photograph)


@pytest.mark.parametrize("given", [[np.zeros((256, 256, 3), np.uint8)], [None]])
def test_bare_arrays_are_refused(given):
    with pytest.raises(NotOursError):
        minibatch(given, 2)


def test_a_network_is_shown_faces_as_large_as_it_is_used_on():
    line = (np.arange(256) + 0.5) / 256 - 0.5
    disc = np.hypot(line, line[:, None]) < 0.5 * 0.625  # as wide as the mean face of Extract
    seen = crops(Person.from_seed(9), [Scene()], size=256)
    seen.image[0] = np.uint8(255 * disc)[..., None]
    target = np.concatenate([t for _, _, t in itertools.islice(minibatch(seen, 8, seed=0), 8)])
    wide = (target[:, 32, :, 0] > 0.5).sum(1) / 64
    assert np.median(wide) == pytest.approx(BOOK_COVERAGE, abs=0.02)


def test_a_folder_is_a_list_of_its_pictures(paths):
    assert next(minibatch(paths[0].parent, 2, seed=0))[1].shape == (2, 64, 64, 3)


def test_nothing_to_learn_from_is_refused():
    with pytest.raises(ValueError, match="at least one picture"):
        minibatch([], 2)


def test_a_folder_is_learned_from_all_or_nothing(paths, photograph):
    folder = photograph.parent
    with pytest.raises(NotOursError, match="photograph.png"):
        admitted(folder)
    photograph.unlink()
    faces = admitted(folder)
    assert len(faces) == 3 and faces.coverage == 0.625
    warped, wanted = batch(faces, Recipe(coverage=0.75), 0, 0, 2)
    assert warped.shape == (2, 64, 64, 3) and wanted[..., 3].min() == 1


def test_a_copied_mark_does_not_open_the_door(paths):
    """Other pixels under the metadata of one of our files, as a photo editor would save them."""
    with Image.open(paths[0]) as ours:
        text = ours.text
    other = paths[0].with_name("other.png")
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    for key, value in text.items():
        info.add_itxt(key, value) if key.startswith("XML") else info.add_text(key, value)
    Image.fromarray(255 - FACES.image[0]).save(other, pnginfo=info)
    with pytest.raises(NotOursError, match="changed"):
        minibatch([other], 2)
    shutil.copy(paths[0], other)
    assert next(minibatch([other], 1))[0] == 0


@pytest.mark.parametrize("given", [np.zeros((3, 96, 96, 3), np.uint8), None, 3])
def test_only_crops_and_folders_are_admitted(given):
    with pytest.raises(NotOursError):
        admitted(given)
