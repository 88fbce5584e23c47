"""What all tests share: figures are drawn without a window, and nobody's progress is touched."""

import os
import shutil
import tempfile

import matplotlib
import pytest
import shared

matplotlib.use("Agg")
os.environ["FACELAB_PROGRESS"] = "off"  # inherited by every process that a test starts

# Files that take longest, in the order in which they begin; the others follow by name. Two files
# run side by side, and what is long must not begin last.
LONGEST = """
    test_face_model test_requirements test_bench test_sections test_studio test_score
    test_nbval_red test_faces test_compiling test_settled test_contributing test_exercises
    test_no_network test_hub test_binder test_nbgrader test_colab test_browser
""".split()


def pytest_addoption(parser):
    """``--thorough``: also what an ordinary run does for one chapter only, or in turn."""
    parser.addoption("--thorough", action="store_true", help="run every chapter everywhere")


def is_worker(config):
    """Whether this is one of the processes that run tests for another one."""
    return hasattr(config, "workerinput")


def pytest_configure(config):
    """Make the folder of ``shared``, which worker processes inherit."""
    if not is_worker(config):
        os.environ[shared.VARIABLE] = tempfile.mkdtemp(prefix="facelab-tests-")


def pytest_unconfigure(config):
    """Take that folder away."""
    if not is_worker(config):
        shutil.rmtree(os.environ.pop(shared.VARIABLE), ignore_errors=True)


def pytest_collection_modifyitems(items):
    """The longest files first."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


@pytest.fixture(scope="session")
def thorough(pytestconfig):
    """Whether this run does everything."""
    return pytestconfig.getoption("thorough")
