"""An environment such as an instructor's: this one, and the tools of teaching/requirements.txt."""

import os
import re
import sys
import sysconfig
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from places import do
from shared import made_once, uv

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
    do(uv(), "venv", "--quiet", "--clear", "--python", sys.executable, folder)
    packages = sysconfig.get_path("purelib", vars={"base": str(folder)})
    Path(packages, "course.pth").write_text(sysconfig.get_path("purelib") + "\n")
    python = folder / "bin" / "python"
    do(uv(), "pip", "install", "--quiet", "--no-deps", "--python", python, *lacking(PINS))


def lacking(path):
    """Those pins of a requirements file, which lists everything, that this environment lacks."""
    lines = [line for line in path.read_text().splitlines() if re.match(r"\w", line)]
    pins = [Requirement(line) for line in lines]
    there = {canonicalize_name(found.name): found.version for found in metadata.distributions()}
    counted = [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]
    versions = [there.get(canonicalize_name(pin.name)) for pin in counted]
    pairs = zip(counted, versions, strict=True)
    return [f"{p.name}{p.specifier}" for p, v in pairs if v is None or v not in p.specifier]


def variables(python):
    """Environment variables for a program of the classroom: its programs and our kernels."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return kept | {
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        "JUPYTER_PATH": str(Path(sys.prefix) / "share" / "jupyter"),
    }
