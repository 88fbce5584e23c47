"""Binder, Colab and a room without a network, as near to them as one machine allows."""

import os
import shutil
import socket
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest
from shared import uv

import lab
from facelab.course import bootstrap

ROOT = Path(__file__).resolve().parent.parent
pytestmark = [
    pytest.mark.elsewhere,
    pytest.mark.skipif(os.name == "nt", reason="Binder and Colab are Linux machines"),
]

# what Binder's own Python 3.12 environment holds before it reads binder/
ON_BINDER = "jupyterlab==4.4.9 notebook==7.4.7 ipywidgets==8.1.7 ipykernel==7.0.1"

# what Colab held in August 2026, as far as the course touches it; dlib-bin stands for its dlib
ON_COLAB = """
    tensorflow==2.20.0 keras==3.13.2 numpy==2.1.3 scipy==1.16.3 numba scikit-image==0.25.2
    matplotlib==3.10.0 pillow==11.3.0 ipywidgets==7.7.1 ipython==7.34.0 ipykernel==6.17.1
    psutil==5.9.5 joblib click setuptools==75.2.0
"""
BESIDE_ON_COLAB = "opencv-contrib-python==4.14.0.94 dlib-bin==19.24.6"
OPENCV_5 = "opencv-python==5.0.0.93 opencv-python-headless==5.0.0.93"

PRETEND_COLAB = """
import sys, types
sys.modules["google.colab"] = types.ModuleType("google.colab")
"""

# every package is imported, a person is drawn, and dlib finds the face
SMOKE = """
from importlib import import_module
from facelab.course.bootstrap import MODULES
for module in MODULES:
    import_module(module)
from facelab.faces import detect
from facelab.studio import Person, Scene, render
frame = render(Person.from_seed(7), Scene(seed=7), size=256)
assert len(detect(frame.image, method="hog")) == 1
"""

# whichever OpenCV has won, Haar either works or says that it cannot
HAAR = """
import cv2
from facelab.faces.errors import DetectorError
try:
    detect(frame.image, method="haar")
    assert hasattr(cv2, "CascadeClassifier")
except DetectorError as error:
    assert "OpenCV" in str(error)
print("OpenCV", cv2.__version__)
"""


def interpreter(minor):
    """A Python 3.`minor` of this machine that starts; skips the test where there is none."""
    by_pyenv = sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python"))
    found = [*map(str, by_pyenv), shutil.which(f"python3.{minor}")]
    working = [python for python in found if python and lab.starts(python)]
    if not working:
        pytest.skip(f"this machine has no Python 3.{minor}")
    return working[0]


def do(*command, **options):
    """Run a command and return what it printed; a failure shows all it said."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    if "NewConnectionError" in done.stderr or "name resolution" in done.stderr:
        pytest.skip("the package index cannot be reached")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def clean_environment(folder, minor, packages):
    """A new environment with these packages, which the place has before we come; its interpreter.

    By uv, so that only what the course asks for is left to the slower pip.
    """
    python = folder / "bin" / "python"
    do(uv(), "venv", "--quiet", "--seed", "--python", interpreter(minor), folder)
    add(python, packages)
    return python


def add(python, packages, *options):
    """Put packages into an environment, whatever is there."""
    do(uv(), "pip", "install", "--quiet", "--python", python, *options, *packages.split())


def clean_variables(**more):
    """The caller's variables without those that would let this checkout shine through."""
    return {**{k: v for k, v in os.environ.items() if k != "PYTHONPATH"}, **more}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The course as a fresh clone would find it: a repository of its own, one commit."""
    folder = tmp_path_factory.mktemp("published")
    listed = do("git", "ls-files", "-z", "-co", "--exclude-standard", cwd=ROOT).split("\0")
    for name in filter(None, listed):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    who = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    do("git", "init", "--quiet", "--initial-branch", bootstrap.BRANCH, cwd=folder)
    do("git", "add", "--all", cwd=folder)
    do("git", *who, "commit", "--quiet", "--message", "as published", cwd=folder)
    return folder


def frozen(python):
    """What is installed, as a set of ``name==version``."""
    return set(do(python, "-m", "pip", "freeze").split("\n"))


def test_binder(published, tmp_path):
    python = clean_environment(tmp_path / "binder", 12, ON_BINDER)
    do(python, "-m", "pip", "install", "--quiet", "-r", "binder/requirements.txt", cwd=published)
    do(python, "-m", "pip", "check")
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    do("binder/postBuild", cwd=published, env=clean_variables(PATH=path))
    assert "facelab" in do(python, "-m", "jupyter", "kernelspec", "list")
    program = bootstrap.first_cell() + SMOKE
    do(python, "-c", program, cwd=published / "notebooks", env=clean_variables())


def test_colab(published, tmp_path):
    python = clean_environment(tmp_path / "colab", 13, ON_COLAB)
    add(python, OPENCV_5, "--no-deps", "--reinstall")
    add(python, BESIDE_ON_COLAB, "--no-deps", "--reinstall")
    before = frozen(python)
    program = PRETEND_COLAB + bootstrap.first_cell(address=published.as_uri()) + SMOKE + HAAR
    content = tmp_path / "content"
    content.mkdir()
    assert "OpenCV 4" in do(python, "-c", program, cwd=content, env=clean_variables())
    assert before < frozen(python), "something that was there has been replaced"
    add(python, OPENCV_5, "--no-deps", "--reinstall")
    assert "OpenCV 5" in do(python, "-c", program, cwd=content, env=clean_variables())


# what is run in a network of its own, where nothing is but this machine
ALONE = """
import errno, fcntl, os, socket, struct, sys
up = struct.pack("16sh", b"lo", 0x41)
fcntl.ioctl(socket.socket(), 0x8914, up)
try:
    socket.create_connection(("192.0.2.1", 80), 1)
except OSError as error:
    assert error.errno == errno.ENETUNREACH, error
else:
    raise SystemExit("there is a network")
os.execv(sys.argv[1], sys.argv[1:])
"""
DEAD_PROXY = "http://127.0.0.1:9"


def offline(*command):
    """A command and variables that keep it from every network: for real, where that is allowed."""
    probe = subprocess.run(["unshare", "-rn", "true"], capture_output=True)
    apart = ["unshare", "-rn", sys.executable, "-c", ALONE] if probe.returncode == 0 else []
    proxies = {name: DEAD_PROXY for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")}
    variables = clean_variables(PIP_NO_INDEX="1", PIP_NO_CACHE_DIR="1", **proxies)
    return [*apart, *map(str, command)], variables


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def open_and_close(command, variables, folder):
    """Start the course, wait until it says that it is open or gives up, end it; all it said."""
    with open(folder / "said.txt", "w+") as said:
        course = subprocess.Popen(
            command, cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=said, text=True
        )
        told = list(takewhile(lambda line: "Ctrl-C" not in line, course.stdout))
        course.terminate()
        course.communicate(timeout=60)
        said.seek(0)
        return "".join(told) + said.read()


def test_a_room_without_a_network(published, tmp_path):
    course, house = tmp_path / "course", tmp_path / "stick"
    do("git", "clone", "--quiet", published, course)
    python = interpreter(12)
    variables = clean_variables(PYTHONPATH=str(ROOT))
    gather = [sys.executable, "-m", "facelab.course.wheelhouse", house, "--python", "3.12"]
    try:
        do(*gather, cwd=ROOT, env=variables)
        start = [python, "lab.py", "start", "--no-browser", "--port", free_port()]
        said = open_and_close(*offline(*start, "--wheelhouse", house), course)
        assert "The course is open at" in said and "Closing the course" in said, said
        command, variables = offline(course / ".venv" / "bin" / "python", "-c", SMOKE)
        do(*command, cwd=course, env={**variables, "PYTHONPATH": str(course)})
    finally:
        shutil.rmtree(house, ignore_errors=True)  # 5 GB together
        shutil.rmtree(course / ".venv", ignore_errors=True)
