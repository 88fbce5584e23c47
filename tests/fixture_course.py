"""A small course in a temporary folder, on which the machinery of the real one is tested."""

import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from shared import made_once

from facelab.course import build, exercises, notebook

HERE = Path(__file__).parent
FIXTURE = HERE / "fixtures" / "course"


@contextmanager
def fixture_course(folder):
    """Copy of the fixture course in ``folder``, its exercises importable, not yet built."""
    shutil.copytree(FIXTURE, folder, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exercises, "__path__", [*exercises.__path__, str(FIXTURE / "exercises")])
        patch.setattr(notebook, "FIRST_CELL", "import sys")
        yield build.Course(folder)
    sys.modules.pop("facelab.course.exercises.ch91", None)


@contextmanager
def built_course(folder):
    """As ``fixture_course``, executed, measured and built: once in a run of the tests."""
    built = made_once("built_course", execute)
    with fixture_course(folder) as course:
        shutil.copytree(built, folder, dirs_exist_ok=True)
        yield course


def execute(folder):
    """Make the fixture course in ``folder``, execute and measure it."""
    from facelab.course import run

    with fixture_course(folder):
        out = str(folder / "runs")
        assert run.main(["--root", str(folder), "--out", out, "--record"]) == 0
