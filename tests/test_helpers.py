"""Crops drawn by other processes: the same bytes, and nothing is lost when one of them dies."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from facelab.studio import Person, Scene, StudioError, crops, helpers
from facelab.studio.helpers import Gone, Helper

A, B = Person.from_seed(9), Person.from_seed(24)
SCENES = [Scene.random(np.random.default_rng(k)) for k in range(12)]


@pytest.fixture
def helper():
    """One helper, in whose presence ``crops`` uses it."""
    yield helpers.helpers(1)[0]
    helpers.dismiss()


def drawn(**more):
    return crops([A, B] * 6, SCENES, size=32, workers=2, faces=A, **more)


def same(one, other):
    return all(np.array_equal(array, other.arrays[name]) for name, array in one.arrays.items())


def test_few_crops_are_drawn_without_them():
    helpers.dismiss()  # those that other tests have left
    drawn()
    assert not helpers.running()


def test_the_same_bytes_as_threads_make(helper, monkeypatch):
    calls = []
    tell = Helper.__call__
    monkeypatch.setattr(Helper, "__call__", lambda h, *job: calls.append(job) or tell(h, *job))
    theirs = drawn()
    helpers.dismiss()
    ours = drawn()
    assert calls and same(theirs, ours) and same(theirs.swap, ours.swap)


def test_what_a_dead_helper_was_told_is_drawn_here(helper):
    helper.process.kill()
    assert same(drawn(), drawn())


def test_a_helper_that_dies_at_work_is_replaced_by_this_process(helper, monkeypatch):
    def die(self, *job):
        self.process.kill()
        raise Gone("killed")

    monkeypatch.setattr(Helper, "__call__", die)
    found = drawn()
    helpers.dismiss()
    assert same(found, drawn())


def test_an_error_of_a_helper_names_the_crop(helper, monkeypatch):
    def fail(self, shots, kinds, size, coverage, places):
        raise StudioError(f"Crop {places[0]} could not be drawn: made to fail.")

    monkeypatch.setattr(Helper, "__call__", fail)
    with pytest.raises(StudioError, match="Crop [0-9]+ could not be drawn"):
        drawn()


def test_a_job_that_fails_is_answered_and_the_helper_lives_on(helper):
    with pytest.raises(StudioError, match="Crop 7 could not be drawn"):
        helper([(A, None, None)], {"image": (np.uint8, (32, 32, 3))}, 32, 0.6, [7])
    assert helper.alive()


def test_helpers_go_when_nobody_needs_them(helper, monkeypatch):
    monkeypatch.setattr(helpers, "IDLE", 0.05)
    helpers.helpers(1)
    helper.process.wait(20)
    assert not helpers.running()


def test_helpers_at_work_stay(helper, monkeypatch):
    monkeypatch.setattr(helpers, "IDLE", 0.05)
    with helper.talking:
        helpers.helpers(1)
        time.sleep(0.5)
        assert helpers.running() == [helper]
    helper.process.wait(20)


def test_two_threads_may_ask_at_once(helper):
    with ThreadPoolExecutor(2) as pool:
        one, other = (job.result() for job in [pool.submit(drawn) for _ in range(2)])
    helpers.dismiss()
    wanted = drawn()
    assert same(one, wanted) and same(other, wanted)


def test_crops_that_are_kept_need_no_helpers(monkeypatch, tmp_path):
    monkeypatch.setenv("FACELAB_CACHE", str(tmp_path))
    drawn(keep=True)
    monkeypatch.setattr(sys.modules["facelab.studio.crops"], "MANY", 1)
    drawn(keep=True)
    assert not helpers.running()


def test_without_processes_threads_do_it(monkeypatch):
    def refuse(*_, **__):
        raise OSError("no more processes")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert helpers.helpers(3) == []


def test_what_is_printed_does_not_get_between_the_answers():
    code = (
        "import sys; from facelab.studio.helpers import serve\n"
        "serve(lambda word: print('noise') or word.upper())"
    )
    teller = Helper(code)
    assert [teller("a"), teller("b")] == ["A", "B"]
    teller.stop()
