"""`bench swap`: what it compares, on few frames and with networks that know nothing."""

import json

import numpy as np
import pytest

from facelab.blend import Swapper
from facelab.blend.placing import lay_back
from facelab.measure import bench_swap
from facelab.measure.bench_swap import Arm, arms, book_frame, book_paste, converted, raced, training
from facelab.models.autoencoder import SIZES, Size
from facelab.studio import Person, Scene, render
from facelab.studio.alignment import COVERAGE, crop_matrix


class Grey:
    """A network of the book's kind that paints grey, one picture at a time."""

    def __init__(self):
        self.seen = []

    def predict(self, crops, verbose):
        self.seen.append(crops.shape)
        return np.full_like(crops, 0.5)


@pytest.fixture
def few(monkeypatch):
    """Little of everything; no network is built."""
    grey = Grey()
    for name, number in (("BATCHES", 1), ("FRAMES", 4), ("BOOK_FRAMES", 2), ("PASTED", 3)):
        monkeypatch.setattr(bench_swap, name, number)
    ours = Swapper(lambda crops: np.full_like(crops, 0.5), 64, COVERAGE)
    monkeypatch.setattr(bench_swap, "swapper_of", lambda size: ours)
    monkeypatch.setattr(bench_swap, "network_of", lambda size: grey)
    return grey


def test_the_book_pastes_by_the_nearest_pixel_and_half_a_pixel_beside():
    frame = render(Person.from_seed(20), Scene(), 256)
    matrix = crop_matrix(frame.landmarks, 64, COVERAGE)
    levels = np.repeat(np.arange(4, 256, 4, dtype=np.uint8)[None, :, None], 64, 0).repeat(3, 2)
    pasted = book_paste(np.zeros_like(frame.image), levels, matrix, frame.landmarks)
    inner = frame.mask == 1
    inner[:140] = False  # below the eyes, inside the hull for sure
    assert set(np.unique(pasted[inner])) <= set(np.unique(levels))
    smooth = lay_back(levels, matrix, (256, 256))
    assert not set(np.unique(smooth[inner])) <= set(np.unique(levels))


def test_a_frame_without_a_face_passes_the_books_way_too():
    wall = np.full((256, 256, 3), 90, np.uint8)
    assert (book_frame(wall, lambda crops: pytest.fail("no face")) == wall).all()


def test_the_stages_of_a_conversion_add_up(few):
    fps, stages = converted(bench_swap.swapper_of("lab"), bench_swap.performance(0, 3))
    assert {"find", "network", "mask", "paste", "other"} <= set(stages)
    assert sum(stages.values()) == pytest.approx(1000 / fps) and min(stages.values()) >= 0


def test_conversion_is_measured_beside_the_books_way(few):
    figures = bench_swap.conversion()
    assert few.seen and set(few.seen) == {(1, 64, 64, 3)}
    for name in ("convert_fps", "convert_fps_tracked", "convert_fps_book", "convert_ratio"):
        assert figures[name] > 0
    ratio = figures["convert_fps"] / figures["convert_fps_book"]
    assert figures["convert_ratio"] == pytest.approx(ratio, rel=0.05)


def test_our_paste_loses_less_of_a_face_that_is_right(few):
    figures = bench_swap.pasting()
    assert figures["paste_db"] > figures["paste_db_book"] + 1 > 15


def test_the_table_shows_every_figure_that_there_is():
    figures = dict.fromkeys(bench_swap.counts(), 7.25) | {"stages": {"find": 3.5}}
    del figures["train_images_s_best"]
    text = bench_swap.table(figures | {"n": bench_swap.counts(), "cores": 2})
    assert text.count("7.25") == len(bench_swap.counts()) - 1 and "3.50" in text
    assert "train_images_s_best" not in text


def test_the_race_says_who_beats_whom(monkeypatch, capsys):
    """By what each network is said to reach, for two seeds."""
    reached = {"book": 18.0, "lab": 21.0, "best": 23.0, "told": 27.0}
    monkeypatch.setattr(bench_swap, "arms", lambda: {name: Arm(name) for name in reached})
    raced = lambda arm, minutes, seed: (reached[arm.size] + seed, 100)  # noqa: E731
    monkeypatch.setattr(bench_swap, "raced", raced)
    bench_swap.main(["--equal-time", "2", "--seeds", "2", "--json"])
    figures = json.loads(capsys.readouterr().out)
    assert figures["best_over_lab_db"] == 2 and figures["best_over_book_db"] == 5
    assert figures["told_over_best_db"] == 4 and figures["lab_db"] == 21.5
    assert figures["each"]["lab"] == [21, 22] and figures["minutes"] == 2
    bench_swap.main(["--equal-time", "2"])
    assert "best_over_lab_db" in capsys.readouterr().out


@pytest.fixture
def small(monkeypatch):
    """Tiny networks under the names of real ones, and few pictures."""
    for name in ("lab", "book"):
        monkeypatch.setitem(SIZES, name, Size((4, 4, 4, 4), 8, 4, (4, 4, 4)))
    numbers = {"PICTURES": 6, "RACED": 6, "STEPS": 2, "BATCH": 2, "BOOK_BATCH": 4, "SCENES": 1}
    for name, number in numbers.items():
        monkeypatch.setattr(bench_swap, name, number)


@pytest.mark.slow
def test_training_is_timed_for_each_size_that_there_is(small):
    figures = training()
    ratio = figures["train_images_s_lab"] / figures["train_images_s_book"]
    assert figures["train_ratio"] == pytest.approx(ratio, rel=0.05)
    assert figures["data_share_lab"] > 0 and ("train_images_s_best" in figures) == ("best" in SIZES)


@pytest.mark.slow
def test_a_network_races_until_its_time_is_up(small):
    """Told and untold; the clock stops what would go on."""
    db, steps = raced(Arm("lab", 2), 0.02)
    assert 5 < db < 30 and steps % bench_swap.LOOK == 0 or steps < bench_swap.LOOK
    told, _ = raced(Arm("lab", 2, told=True), 0.02)
    assert told != db


def test_the_best_race_when_there_is_one(monkeypatch):
    monkeypatch.delitem(SIZES, "best", raising=False)
    assert [*arms()] == ["book", "lab", "told"] and arms()["told"] == Arm("lab", told=True)
    monkeypatch.setitem(SIZES, "best", SIZES["lab"])
    assert [*arms()] == ["book", "lab", "best", "told"] and arms()["told"].size == "best"
