"""Running the notebooks again can fail: a broken one turns the run red, a good one does not.

A notebook stored without outputs passes nbval without a word, and a run whose exit status is lost
passes too; so each kind of breakage is made to happen here, with the very options of the real run.
"""

import os
import re
import subprocess
import sys

import pytest
from fixture_course import HERE, built_course

from facelab.course.rerun import NBVAL, SANITIZE

pytestmark = pytest.mark.slow
CHECKED = '{"tags": ["nbval-check-output"]}'


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    with built_course(tmp_path_factory.mktemp("again")) as made:
        yield made


def run_again(*paths, sanitize=SANITIZE):
    """Exit status and text of running notebooks again."""
    command = [sys.executable, *NBVAL, *sanitize, *(path.name for path in paths)]
    known = os.environ | {"PYTHONPATH": str(HERE.parent)}
    done = subprocess.run(command, cwd=paths[0].parent, env=known, capture_output=True, text=True)
    return done.returncode, done.stdout


def copy(course, name, old, new):
    """A copy of the executed chapter with one text replaced, beside it."""
    text = (course.solutions / "91_fixture.ipynb").read_text(encoding="utf-8")
    assert re.search(old, text)
    path = course.solutions / f"{name}.ipynb"
    path.write_text(re.sub(old, new, text), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def other_picture(course):
    """The chapter with the picture of another machine in it, and every cell compared."""
    path = copy(course, "92_picture", r"base64,iVBOR[A-Za-z0-9+/=]+", "base64,iVBORxxx")
    text = path.read_text(encoding="utf-8")
    unchecked, checked = (f'"metadata": {tags},\n   "outputs"' for tags in ("{}", CHECKED))
    assert unchecked in text
    path.write_text(text.replace(unchecked, checked), encoding="utf-8")
    return path


def test_good_notebooks_pass_also_with_the_pictures_of_another_machine(course, other_picture):
    status, told = run_again(course.solutions / "91_fixture.ipynb", other_picture)
    assert status == 0 and "26 passed" in told, told


def test_without_the_sanitizer_that_picture_would_be_a_difference(other_picture):
    status, told = run_again(other_picture, sanitize=[])
    assert status == 1 and "Cell outputs differ" in told, "these cells are compared"


def test_a_cell_that_fails_and_a_wrong_stored_output_turn_the_run_red(course):
    failing = copy(course, "93_failing", r"points\.shape", "points.shap")
    wrong = copy(course, "94_wrong", r"\(30, 2\)\"", '(31, 2)"')
    status, told = run_again(failing, wrong)
    assert status == 1 and "2 failed, 24 passed" in told, told
    assert "AttributeError" in told and "Cell outputs differ" in told, told
