"""Run every chapter again: ``python -m facelab.course.rerun [--restart NN] [--thorough]``.

Each copy of a chapter runs once, in a kernel of its own: the solution by nbval, which compares what
the checked cells print with what is stored, and the learner's copy by ``facelab.course.sections``,
which makes the kernel forget everything before each section. For one chapter the kernel is started
anew at each section instead: the chapters take turns by the day, ``--restart NN`` chooses one, and
with ``--thorough`` it is all of them. Two copies run side by side, the longest chapter first.
"""

import argparse
import datetime
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from facelab.course import build
from facelab.course.execute import kernel_environment
from facelab.course.measured import read_measured
from facelab.course.notebook import CourseError

SIDE_BY_SIDE = 2
NBVAL = ["-m", "pytest", "-p", "no:python", "-p", "no:cacheprovider", "-q", "--color=no"]
NBVAL += ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=300"]
SANITIZE = ["--nbval-sanitize-with", str(build.ROOT / "tests" / "nbval_sanitize.cfg")]


@dataclass(frozen=True)
class Job:
    """One copy of a chapter to run: what it is called, arguments for Python, what it may take."""

    name: str
    arguments: list
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """How a job ended, what it said and how long it took."""

    job: Job
    passed: bool
    said: str
    seconds: float


def in_turn(sources, day):
    """Number of the chapter whose kernel is started anew at each section on a day."""
    return sources[day.toordinal() % len(sources)].name[:2]


def jobs(course, restarted):
    """Both copies of each chapter, the longest first.

    Parameters
    ----------
    course : build.Course
    restarted : collection of str
        Numbers of the chapters whose kernel is started anew at each section.

    Returns
    -------
    list of Job
    """
    costs = read_measured(course.measured)
    made = []
    for source in course.sources():
        seconds = costs.get(source.stem, {}).get("seconds", float("inf"))  # unknown: at once
        made += [Job(*copy, seconds) for copy in copies(course, source, restarted)]
    return sorted(made, key=lambda job: -job.seconds)


def copies(course, source, restarted):
    """Names of the two copies of a chapter, and how Python runs each."""
    number = source.name[:2]
    afresh = ["--restart"] * (number in restarted)
    how = "a new kernel for each section" if afresh else "each section forgets the others"
    learner = ["-m", "facelab.course.sections", number, *afresh, "--root", str(course.root)]
    path = course.solutions / f"{source.stem}.ipynb"
    yield f"{source.stem}, solution", [*NBVAL, *SANITIZE, str(path)]
    yield f"{source.stem}, learner's copy: {how}", learner


def do(job, folder):
    """Run a job from ``folder`` and return its ``Outcome``."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, *job.arguments],
        cwd=folder,
        env=kernel_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    return Outcome(job, done.returncode == 0, done.stdout, time.monotonic() - began)


def tell(outcome):
    """Print a line on a job, and all that it said if it failed."""
    verdict = "passed" if outcome.passed else "FAILED"
    print(f"  {verdict}  {outcome.seconds:6.1f} s  {outcome.job.name}", flush=True)
    if not outcome.passed:
        print(outcome.said, flush=True)


def rerun(course, restarted):
    """Run both copies of each chapter, some side by side; whether all passed."""
    passed = True
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for outcome in pool.map(partial(do, folder=course.root), jobs(course, restarted)):
            tell(outcome)
            passed &= outcome.passed
    return passed


def chosen(course, options):
    """Numbers of the chapters whose kernel is started anew at each section."""
    sources = course.sources()
    if not sources:
        raise CourseError("There is no chapter in solutions/, so nothing would be proved.")
    if options.thorough:
        return [source.name[:2] for source in sources]
    if options.restart:
        return [source.name[:2] for source in course.sources([options.restart])]
    return [in_turn(sources, datetime.date.today())]


def main(arguments=None):
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="rerun", description="Run every chapter again.")
    parser.add_argument("--restart", metavar="NN", help="the chapter with a kernel per section")
    parser.add_argument("--thorough", action="store_true", help="all chapters with one")
    parser.add_argument("--root", type=Path, default=build.ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    course = build.Course(options.root.resolve())
    try:
        restarted = chosen(course, options)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"A new kernel for each section: chapter {', '.join(restarted)}.", flush=True)
    return int(not rerun(course, restarted))


if __name__ == "__main__":
    sys.exit(main())
