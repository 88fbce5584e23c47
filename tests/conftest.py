"""What all tests share: figures are drawn without a window, and nobody's progress is touched."""

import os

import matplotlib
import pytest

matplotlib.use("Agg")
os.environ["FACELAB_PROGRESS"] = "off"  # inherited by every process that a test starts


def pytest_addoption(parser):
    """``--thorough``: also what an ordinary run does for one chapter only, or in turn."""
    parser.addoption("--thorough", action="store_true", help="run every chapter everywhere")


@pytest.fixture(scope="session")
def thorough(pytestconfig):
    """Whether this run does everything."""
    return pytestconfig.getoption("thorough")
