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


def run_again(path, sanitize=SANITIZE):
    """Exit status and text of running a notebook again."""
    command = [sys.executable, *NBVAL, *sanitize, path.name]
    known = os.environ | {"PYTHONPATH": str(HERE.parent)}
    done = subprocess.run(command, cwd=path.parent, env=known, capture_output=True, text=True)
    return done.returncode, done.stdout


def broken_copy(course, old, new):
    """A copy of the executed chapter with one text replaced, beside it."""
    text = (course.solutions / "91_fixture.ipynb").read_text(encoding="utf-8")
    assert re.search(old, text)
    path = course.solutions / "92_broken.ipynb"
    path.write_text(re.sub(old, new, text), encoding="utf-8")
    return path


def test_good_notebooks_pass_in_both_copies(course):
    for folder in (course.solutions, course.notebooks):
        status, told = run_again(folder / "91_fixture.ipynb")
        assert status == 0 and "13 passed" in told, told


def test_a_cell_that_fails_turns_the_run_red(course):
    status, told = run_again(broken_copy(course, r"points\.shape", "points.shap"))
    assert status == 1 and "1 failed, 12 passed" in told and "AttributeError" in told, told


def test_a_wrong_stored_output_turns_the_run_red(course):
    status, told = run_again(broken_copy(course, r"\(30, 2\)\"", '(31, 2)"'))
    assert status == 1 and "1 failed, 12 passed" in told and "Cell outputs differ" in told, told


def test_the_stored_picture_of_another_machine_is_no_difference(course):
    path = broken_copy(course, r"base64,iVBOR[A-Za-z0-9+/=]+", "base64,iVBORxxx")
    text = path.read_text(encoding="utf-8")
    unchecked, checked = (f'"metadata": {tags},\n   "outputs"' for tags in ("{}", CHECKED))
    assert unchecked in text
    path.write_text(text.replace(unchecked, checked), encoding="utf-8")
    assert run_again(path)[0] == 0
    assert run_again(path, sanitize=[])[0] == 1, "these cells are compared"
