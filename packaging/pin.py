"""Draw the exact pins of the three requirements files from pyproject.toml.

Run `uv run --no-project packaging/pin.py`, or `python packaging/pin.py` where `uv` is on the path.
Pins that still fit are kept; `--upgrade` looks for newer ones.
"""

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "requirements.txt"
BINDER_PINS = ROOT / "binder" / "requirements.txt"
TEACHING_PINS = ROOT / "teaching" / "requirements.txt"
LEARNERS_GROUPS = ("jupyter", "test", "book")

COMMON = ("--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-header", "--quiet")
EVERYWHERE = ("--universal", "--fork-strategy", "fewest", "--python-version", "3.11")
BINDER = ("--python-platform", "x86_64-unknown-linux-gnu", "--python-version", "3.12")
BROUGHT_BY_BINDER = ("ipywidgets",)

WHY_DLIB = "# brings dlib-bin: face-recognition asks for `dlib` by name, and that has no wheel\n"
HEADER = """\
# The whole closure, pinned: Python 3.11 to 3.13 on Linux, macOS and Windows, no compiler needed.
# Drawn from pyproject.toml by packaging/pin.py. Install from the repository's root folder.
"""
BINDER_HEADER = """\
# What mybinder installs: requirements.txt with the smaller tensorflow-cpu, and without the
# Jupyter packages, which Binder brings itself. Drawn from pyproject.toml by packaging/pin.py.
"""

TEACHING_HEADER = """\
# What an instructor's server needs beside requirements.txt, with which it shares one environment:
# pip install -r requirements.txt -r teaching/requirements.txt
# Drawn from pyproject.toml by packaging/pin.py.
"""


def compile_pins(wanted, target, *options):
    """Let uv resolve what is `wanted` (files and groups) and write the pins to `target`."""
    subprocess.run(
        ["uv", "pip", "compile", *wanted, "-o", str(target), *COMMON, *options],
        cwd=ROOT,
        check=True,
    )


def explain(target, header):
    """Put the header on the pins and the reason above the local `dlib`."""
    text = target.read_text().replace("./packaging/dlib\n", WHY_DLIB + "./packaging/dlib\n")
    target.write_text(header + text)


def binder_requirements():
    """The run-time requirements as Binder wants them, one per line."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    kept = [line for line in wanted if not line.startswith(BROUGHT_BY_BINDER)]
    return (
        "\n".join(kept)
        .replace("tensorflow>=", "tensorflow-cpu>=")
        .replace("dlib>=19.24", "./packaging/dlib")
    )


def groups(*names):
    """The options that name dependency groups of pyproject.toml."""
    return [f"--group={name}" for name in names]


def constraints(folder):
    """A file of the learner's pins, to which the other lists are held."""
    pins = [line for line in PINS.read_text().splitlines() if not line.startswith(("#", "./"))]
    path = Path(folder) / "pins.txt"
    path.write_text("\n".join(pins))
    return f"--constraint={path}"


def main():
    wanted = groups(*LEARNERS_GROUPS)
    compile_pins(["pyproject.toml", *wanted], PINS, *EVERYWHERE, *sys.argv[1:])
    explain(PINS, HEADER)
    with tempfile.TemporaryDirectory() as folder:
        source, held = Path(folder) / "binder.in", constraints(folder)
        source.write_text(binder_requirements())
        compile_pins([source], BINDER_PINS, held, *BINDER)
        compile_pins(groups("teaching"), TEACHING_PINS, held, *EVERYWHERE, *sys.argv[1:])
    explain(BINDER_PINS, BINDER_HEADER)
    explain(TEACHING_PINS, TEACHING_HEADER)


if __name__ == "__main__":
    main()
