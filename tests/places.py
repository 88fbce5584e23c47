"""Binder, Colab and a room without a network, as near to them as one machine allows."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from shared import made_once, uv

import lab
from facelab.course import bootstrap

ROOT = Path(__file__).resolve().parent.parent
ELSEWHERE = [
    pytest.mark.elsewhere,
    pytest.mark.skipif(os.name == "nt", reason="Binder and Colab are Linux machines"),
]

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
    quiet = ["--quiet", "--no-config"]  # ours is not theirs
    do(uv(), "pip", "install", *quiet, "--python", python, *options, *packages.split())


def clean_variables(**more):
    """The caller's variables without those that would let this checkout shine through."""
    return {**{k: v for k, v in os.environ.items() if k != "PYTHONPATH"}, **more}


def published():
    """The course as a fresh clone would find it: a repository of its own, one commit."""
    return made_once("published", publish)


def publish(folder):
    """Make that repository in ``folder``."""
    listed = do("git", "ls-files", "-z", "-co", "--exclude-standard", cwd=ROOT).split("\0")
    for name in filter(None, listed):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    who = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    do("git", "init", "--quiet", "--initial-branch", bootstrap.BRANCH, cwd=folder)
    do("git", "add", "--all", cwd=folder)
    do("git", *who, "commit", "--quiet", "--message", "as published", cwd=folder)
