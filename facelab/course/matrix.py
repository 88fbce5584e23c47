"""Run the quick tests on each Python, and on the oldest and newest packages: ``matrix``.

Each environment is made afresh below ``out/matrix`` and removed when its tests are over; what it
said stays there as a log. ``--record`` keeps the dates in ``packaging/verified.json`` and writes
them into the README. Needs the network, and a quarter of an hour on a quiet machine.
"""

import argparse
import datetime
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

import lab
from facelab.course.build import write

WORK = lab.ROOT / "out" / "matrix"
VERIFIED = lab.ROOT / "packaging" / "verified.json"
README = lab.ROOT / "README.md"
BEGIN, END = "<!-- verified:begin -->", "<!-- verified:end -->"
PACKAGES = {
    "pins": "as pinned in requirements.txt",
    "floors": "the oldest that pyproject.toml allows",
    "newest": "the newest that it allows",
}
RESOLUTION = {"floors": "lowest-direct", "newest": "highest"}
ABOUT_THE_PINS = "tests/test_requirements.py"  # compares them with what is installed
ANOTHERS_GROUP = "teaching"  # installed on a class server, never beside the notebooks
BACKENDS = ["jax", "torch"]  # beside TensorFlow, where the newest packages are tried
FAILED = re.compile(r"^(?:FAILED|ERROR) (tests/\S+)|^(?:E\d+|F\d+|[A-Z]{1,4}\d{3}) ", re.M)


@dataclass(frozen=True)
class Cell:
    """One environment: a Python such as ``"3.12"`` and one of ``PACKAGES``."""

    python: str
    packages: str

    @property
    def name(self):
        """Its name in logs and in the record."""
        return f"{self.python}-{self.packages}"


@dataclass(frozen=True)
class Result:
    """What the tests of one environment said."""

    python: str
    packages: str
    passed: bool
    seconds: float
    date: str
    first_failure: str = ""


# ---- which environments -------------------------------------------------------------------------


def candidates(version):
    """The places where a Python such as ``"3.12"`` may lie, pyenv's newest first."""
    by_pyenv = Path.home().glob(f".pyenv/versions/{version}.*/bin/python")
    newest_first = sorted(by_pyenv, key=lambda p: [*map(int, re.findall(r"\d+", str(p)))])[::-1]
    found = [*map(str, newest_first), shutil.which(f"python{version}"), sys.executable]
    return [python for python in found if python and answers_to(python, version)]


def answers_to(python, version):
    """Whether an interpreter starts and has this version."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True)
    except OSError:
        return False
    return done.returncode == 0 and done.stdout.strip() == version


def pythons():
    """The Pythons of this machine that the course runs on, as a dict from version to path."""
    found = {version: candidates(version) for version in lab.PYTHONS}
    return {version: places[0] for version, places in found.items() if places}


def cells(versions, python=None, packages=None):
    """The environments to try: pins on each Python, floors on the oldest, newest on the newest.

    Parameters
    ----------
    versions : iterable of str
        The Pythons there are, as in ``"3.12"``.
    python, packages : str or None
        Keep only this Python, or only these packages; both together name any environment.

    Returns
    -------
    list of Cell

    Raises
    ------
    lab.LabError
        If no Python fits.
    """
    versions = sorted(versions, key=lambda version: int(version.partition(".")[2]))
    if not versions or python not in (None, *versions):
        wanted = python or " or ".join(lab.PYTHONS)
        raise lab.LabError(f"There is no Python {wanted} here.", "Install it, with pyenv or apt.")
    if python and packages:
        return [Cell(python, packages)]
    corners = [Cell(versions[0], "floors"), Cell(versions[-1], "newest")]
    every = [Cell(version, "pins") for version in versions] + corners
    return [c for c in every if python in (None, c.python) and packages in (None, c.packages)]


# ---- one environment ----------------------------------------------------------------------------


def learners_groups(text):
    """The dependency groups of a pyproject.toml that belong into a learner's environment."""
    return [name for name in tomllib.loads(text)["dependency-groups"] if name != ANOTHERS_GROUP]


def find_uv():
    """The command of uv, which knows what the oldest allowed versions are; LabError without it."""
    found = shutil.which("uv") or shutil.which("uv", path=str(WORK / "uv" / "bin"))
    if found:
        return found
    tool = WORK / "uv"
    do([sys.executable, "-m", "venv", tool], WORK / "uv.log")
    bin_folder = tool / ("Scripts" if os.name == "nt" else "bin")
    do([bin_folder / "python", "-m", "pip", "install", "--quiet", "uv"], WORK / "uv.log")
    return str(bin_folder / "uv")


def do(command, log, **variables):
    """Run a command with its words in a log; LabError when it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as out:
        environment = {**os.environ, **variables}
        done = subprocess.run(
            [*map(str, command)], cwd=lab.ROOT, env=environment, stdout=out, stderr=out
        )
    if done.returncode:
        raise lab.explain_pip(log.read_text(encoding="utf-8", errors="replace"), log, "matrix")


def requirements(uv, cell, log):
    """The file that lists what goes into an environment; drawn up unless it is the pins."""
    if cell.packages == "pins":
        return lab.ROOT / "requirements.txt"
    listed = WORK / f"{cell.name}.txt"
    groups = learners_groups((lab.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    chosen = [f"--group={name}" for name in groups] + ["--resolution", RESOLUTION[cell.packages]]
    command = [uv, "pip", "compile", "pyproject.toml", *chosen, "--python-version", cell.python]
    listed.unlink(missing_ok=True)  # or uv would keep to it
    do([*command, "--quiet", "--output-file", listed], log)
    return listed


def make_environment(uv, cell, python, log):
    """Make the environment of a cell and return its interpreter."""
    folder = WORK / cell.name
    do([uv, "venv", "--clear", "--python", python, folder], log)
    inside = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    listed = requirements(uv, cell, log)
    do([uv, "pip", "install", "--python", inside, "--requirement", listed], log)
    if cell.packages == "newest":
        cpu = ["--torch-backend", "cpu"]
        do([uv, "pip", "install", "--python", inside, *cpu, *BACKENDS], log)
    kernel = ["install", "--sys-prefix", "--name", lab.KERNEL, "--env", "PYTHONPATH", lab.ROOT]
    do([inside, "-m", "ipykernel", *kernel], log)
    return inside


def variables(cell, folder):
    """What the tests of a cell see: caches of their own, nobody's progress, pins if they count."""
    left_out = "" if cell.packages == "pins" else f" --ignore={ABOUT_THE_PINS}"
    caches = {"NUMBA_CACHE_DIR": folder / "numba", "PYTHONPYCACHEPREFIX": folder / "pycache"}
    return lab.child_environment(
        FACELAB_PROGRESS="",
        PYTEST_ADDOPTS="-p no:cacheprovider --durations=30" + left_out,
        RUFF_NO_CACHE="true",
        FACELAB_BACKENDS=",".join(BACKENDS) if cell.packages == "newest" else "",
        **{name: str(path) for name, path in caches.items()},
    )


def run_tests(cell, python, log):
    """Run the stages of ``lab.py test --fast``; return whether all passed, and all they said."""
    passed = True
    with log.open("a", encoding="utf-8") as out:
        for _, arguments in lab.stages(fast=True):
            command = [str(python), *arguments]
            environment = variables(cell, WORK / cell.name)
            seen = {"cwd": lab.ROOT, "env": environment, "stdout": out, "stderr": out}
            passed &= subprocess.run(command, **seen).returncode == 0
    return passed, log.read_text(encoding="utf-8", errors="replace")


def first_failure(text):
    """The first test that a log calls failed, or the first line of a lint; "" if there is none."""
    found = FAILED.search(text)
    return (found[1] or found[0].strip()) if found else ""


def verify(uv, cell, python, today):
    """Make an environment, test in it, take it away again; the ``Result``."""
    log, folder = WORK / f"{cell.name}.log", WORK / cell.name
    log.unlink(missing_ok=True)
    began = time.monotonic()
    try:
        inside = make_environment(uv, cell, python, log)
        passed, text = run_tests(cell, inside, log)
        failure = "" if passed else first_failure(text) or "see the log"
    except lab.LabError as error:
        passed, failure = False, error.sentence
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    seconds = round(time.monotonic() - began, 1)
    return Result(cell.python, cell.packages, passed, seconds, today, failure)


# ---- what is told -------------------------------------------------------------------------------


def table(results):
    """The results as lines of text, one for each environment."""
    head = ("Python", "packages", "tests", "seconds", "first failure")
    rows = [
        (r.python, r.packages, verdict(r), f"{r.seconds:.0f}", r.first_failure) for r in results
    ]
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in [head, *rows]]
    return "\n".join(lines)


def verdict(result):
    """One word for a result."""
    return "passed" if result.passed else "FAILED"


def read_verified(path):
    """What was last found in each environment: a dict from its name to the fields of ``Result``."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def merged(verified, results):
    """``verified`` with newer results in the place of older ones."""
    return verified | {Cell(r.python, r.packages).name: asdict(r) for r in results}


def long_date(iso):
    """``"2026-11-21"`` as "21 November 2026"."""
    date = datetime.date.fromisoformat(iso)
    return f"{date.day} {date:%B %Y}"


def told(result):
    """One entry of the README's table: when it last passed, that it fails, or a dash."""
    if not result:
        return "–"
    return long_date(result["date"]) if result["passed"] else f"fails ({long_date(result['date'])})"


def verified_table(verified):
    """The README's table: when the quick tests last passed in each environment, in Markdown."""
    lines = ["| Last verified | " + " | ".join(f"Python {v}" for v in lab.PYTHONS) + " |"]
    lines.append("|---" * (1 + len(lab.PYTHONS)) + "|")
    for packages, words in PACKAGES.items():
        dates = [told(verified.get(Cell(v, packages).name)) for v in lab.PYTHONS]
        lines.append(f"| packages {words} | " + " | ".join(dates) + " |")
    return "\n".join(lines)


def filled(text, verified):
    """The README's ``text`` with the table between its two marks; LabError without them."""
    before, begin, rest = text.partition(BEGIN + "\n")
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise lab.LabError(f"README.md lacks {BEGIN} or {END}.", "Put each on a line of its own.")
    return before + begin + verified_table(verified) + "\n" + end + after


def record(results, path=VERIFIED, readme=README):
    """Keep the results, and write them into the README; LabError if it has no place for them."""
    verified = merged(read_verified(path), results)
    write(path, json.dumps(verified, indent=1, sort_keys=True) + "\n")
    write(readme, filled(readme.read_text(encoding="utf-8"), verified))


# ---- the command --------------------------------------------------------------------------------


def run(chosen, found, say=lab.say):
    """Verify environments one after the other, with a word on each; the list of ``Result``."""
    uv, today, results = find_uv(), datetime.date.today().isoformat(), []
    for number, cell in enumerate(chosen, 1):
        say(f"{number} of {len(chosen)}: Python {cell.python}, packages {PACKAGES[cell.packages]}")
        results.append(verify(uv, cell, found[cell.python], today))
        say(f"  {verdict(results[-1])} after {results[-1].seconds:.0f} s")
    return results


def main(words=None):
    """Command line; the exit status is 0 when every environment passed."""
    parser = argparse.ArgumentParser(prog="matrix", description=__doc__.partition("\n")[0])
    parser.add_argument("--python", help="only this one, as in 3.12")
    parser.add_argument("--packages", choices=PACKAGES, help="only these")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--record", action="store_true", help="write the dates into the README")
    options = parser.parse_args(words)
    try:
        found = pythons()
        return report(run(cells(found, options.python, options.packages), found), options)
    except lab.LabError as error:
        lab.say(str(error))
    except OSError as error:
        lab.say(str(lab.explain_os_error(error)))
    return 1


def report(results, options):
    """Print the results, record them if asked, and return the exit status."""
    print(json.dumps([asdict(r) for r in results], indent=1) if options.json else table(results))
    if options.record:
        record(results)
    return int(not all(result.passed for result in results))


if __name__ == "__main__":
    sys.exit(main())
