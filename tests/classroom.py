"""An environment such as an instructor's: this one, and the tools of teaching/requirements.txt."""

import os
import sys
import sysconfig
from pathlib import Path

from places import do
from shared import made_once

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "teaching" / "requirements.txt"


def classroom():
    """Interpreter of that environment, made once in a run of the tests."""
    return made_once("classroom", install) / "bin" / "python"


def install(folder):
    """Make that environment.

    It is laid over the environment of the tests by a .pth file, so that only what that one lacks is
    installed and nothing in it is changed.
    """
    do(sys.executable, "-m", "venv", "--clear", folder)
    packages = sysconfig.get_path("purelib", vars={"base": str(folder)})
    Path(packages, "course.pth").write_text(sysconfig.get_path("purelib") + "\n")
    python = folder / "bin" / "python"
    do(python, "-m", "pip", "install", "--quiet", "--requirement", PINS)


def variables(python):
    """Environment variables for a program of the classroom: its programs and our kernels."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return kept | {
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        "JUPYTER_PATH": str(Path(sys.prefix) / "share" / "jupyter"),
    }
