"""The second process that compiles ``shade`` beside the first picture."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from facelab.studio import Person, Scene, compiling, render
from facelab.studio.hairs import draw_hairs
from facelab.studio.shade import shade

ROOT = Path(__file__).parents[1]
FIRST_PICTURE = """
from facelab.studio import Person, Scene, compiling, render
from facelab.studio.shade import shade
render(Person.from_seed(7), Scene(), 64)
compiled_here = len(shade.stats.cache_misses)
print(compiling.second_process() is not None, compiled_here, compiling.compiled_before())
"""


@pytest.fixture
def forgetful():
    """The first picture of a process, once more."""
    compiling.second_process.cache_clear()
    yield
    compiling.second_process.cache_clear()


def test_pictures_of_all_kinds_need_no_other_types():
    a, b = Person.from_seed(1), Person.from_seed(2)
    for person, scene in (
        (a, Scene()), (a.with_face_of(b), Scene(yaw=20)), ([a, b], [Scene(), Scene(yaw=-10)]),
        (a, Scene(occluder="hand")), (a, Scene(light="flat")),
    ):  # fmt: skip
        render(person, scene, 64)
    assert shade.signatures == [compiling.TYPES]
    assert draw_hairs.signatures == [compiling.HAIR_TYPES]


@pytest.mark.slow
def test_the_first_process_compiles_everything_else(tmp_path):
    env = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}

    def picture():
        command = [sys.executable, "-c", FIRST_PICTURE]
        return subprocess.run(command, env=env, capture_output=True, text=True).stdout.split()

    assert picture() == ["True", "0", "True"]
    assert picture() == ["False", "0", "True"]  # and it is asked for once only


def test_without_a_second_process_the_first_compiles_all(forgetful, monkeypatch):
    def refuse(*_, **__):
        raise OSError("no more processes")

    monkeypatch.setattr(compiling, "compiled_before", lambda: False)
    monkeypatch.setattr(compiling.subprocess, "Popen", refuse)
    assert compiling.second_process() is None
    compiling.await_shade()


def test_a_second_process_that_hangs_is_ended(forgetful, monkeypatch):
    monkeypatch.setattr(compiling, "compiled_before", lambda: False)
    monkeypatch.setattr(compiling, "JOB", "import time; time.sleep(60)")
    monkeypatch.setattr(compiling, "PATIENCE", 0.1)
    compiling.await_shade()
    assert compiling.second_process().wait(10) != 0
