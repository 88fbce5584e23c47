"""Draw the exact pins of requirements.txt and binder/requirements.txt from pyproject.toml.

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


def compile_pins(source, target, *options):
    """Let uv resolve `source` and write the pins to `target`."""
    subprocess.run(
        ["uv", "pip", "compile", str(source), "-o", str(target), *COMMON, *options],
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
    return "\n".join(kept).replace("tensorflow>=", "tensorflow-cpu>=").replace(
        "dlib>=19.24", "./packaging/dlib"
    )


def main():
    compile_pins(
        "pyproject.toml", PINS, "--group", "jupyter", "--group", "test", *EVERYWHERE, *sys.argv[1:]
    )
    explain(PINS, HEADER)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "binder.in"
        pins = [line for line in PINS.read_text().splitlines() if not line.startswith(("#", "./"))]
        constraints = Path(folder) / "pins.txt"
        constraints.write_text("\n".join(pins))
        source.write_text(binder_requirements())
        compile_pins(source, BINDER_PINS, "--constraint", str(constraints), *BINDER)
    explain(BINDER_PINS, BINDER_HEADER)


if __name__ == "__main__":
    main()
