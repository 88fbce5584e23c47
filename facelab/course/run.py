"""Execute chapters without a window: ``python -m facelab.course.run [NN ...] [--record]``.

One progress line per cell; the executed notebook and a web page of it are written to ``--out``;
seconds and peak memory are printed per chapter and, with ``--record``, kept where the chapter
headers and the README read them. The exit status is not 0 if a cell stopped with an error.
"""

import argparse
import datetime
import os
import platform
import sys
from pathlib import Path

from facelab.course import build, measured
from facelab.course.execute import ChapterFailed, execute, write_run
from facelab.course.notebook import CourseError


def machine():
    """This machine in a few words."""
    system = {"Darwin": "macOS"}.get(platform.system(), platform.system())
    return f"{available_cores()} CPU cores ({system})"


def available_cores():
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def record(course, name, run):
    """Keep what a chapter costs where headers and README read it."""
    figures = measured.read_measured(course.measured)
    figures[name] = {
        "seconds": round(run.seconds, 1),
        "peak_mb": round(run.peak_mb),
        "machine": machine(),
        "date": datetime.date.today().isoformat(),
    }
    measured.write_measured(course.measured, figures)


def run_chapter(course, source, options):
    """Execute one chapter; returns whether it reached its end."""
    folder = course.root / options.copy
    notebook = build.chapter(course, source, answers=options.copy == "solutions")
    try:
        run = execute(notebook, folder, source.stem, lambda line: print(line, flush=True))
    except ChapterFailed as error:
        _, page = write_run(error.notebook, options.out, source.stem)
        print(f"{error}\nThe traceback is in {page}", file=sys.stderr)
        return False
    for path in write_run(run.notebook, options.out, source.stem):
        print(f"wrote {path}")
    print(f"{source.stem}: {run.seconds:.1f} s, {run.peak_mb:.0f} MB at the peak", flush=True)
    if options.record:
        record(course, source.stem, run)
    return True


def main(arguments=None):
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="run", description="Execute chapters without a window.")
    parser.add_argument("chapters", nargs="*", metavar="NN", help="chapters, as in 03; else all")
    parser.add_argument("--out", type=Path, help="folder for notebooks and pages [out]")
    parser.add_argument("--record", action="store_true", help="keep seconds and memory")
    parser.add_argument("--copy", choices=["solutions", "notebooks"], default="solutions")
    parser.add_argument("--root", type=Path, default=build.ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    course = build.Course(options.root.resolve())
    options.out = options.out or course.root / "out"
    try:
        reached = [run_chapter(course, s, options) for s in course.sources(options.chapters)]
        if options.record:
            build.build(course, options.chapters)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
