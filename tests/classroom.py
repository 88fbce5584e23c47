"""An environment such as an instructor's: this one, and the tools of teaching/requirements.txt."""

import os
import sys
import sysconfig
from pathlib import Path

from test_elsewhere import do

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "teaching" / "requirements.txt"


def classroom(base):
    """Interpreter of that environment below ``base``, made on the first call.

    It is laid over the environment of the tests by a .pth file, so that only what that one lacks is
    installed and nothing in it is changed.
    """
    folder = base / "classroom"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        do(sys.executable, "-m", "venv", "--clear", folder)
        packages = sysconfig.get_path("purelib", vars={"base": str(folder)})
        Path(packages, "course.pth").write_text(sysconfig.get_path("purelib") + "\n")
        do(python, "-m", "pip", "install", "--quiet", "--requirement", PINS)
        (folder / "ready").touch()
    return python


def variables(python):
    """Environment variables for a program of the classroom: its programs and our kernels."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return kept | {
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        "JUPYTER_PATH": str(Path(sys.prefix) / "share" / "jupyter"),
    }
