"""How much memory a student gets, and how many students fit: ``seats.py [--write]``.

Both follow from the peaks in ``solutions/measured.json``. Without arguments the table is printed;
``--write`` puts it into ``teaching/hub.md``.
"""

import argparse
import math
import re
import sys
from pathlib import Path

COURSE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(COURSE))

from facelab.course.build import Course  # noqa: E402
from facelab.course.measured import read_measured  # noqa: E402

PAGE = COURSE / "teaching" / "hub.md"
SERVER_MB = 180  # JupyterLab's own process; tests/test_hub.py measures it, 169 in November 2026
SYSTEM_MB = 2000  # the operating system, and 400 of the hub and its proxy, measured likewise
MARGIN = 1.2
CLASS, CORES = 60, 32  # an example that is worked out
SIZES_GB = (8, 16, 32, 64, 128, 256)
BEGIN, END = "<!-- seats:begin -->", "<!-- seats:end -->"


def largest_peak(measured):
    """``(chapter, MB)`` of the chapter that takes the most memory.

    Parameters
    ----------
    measured : dict
        From chapter to its figures, as ``read_measured`` gives it.

    Raises
    ------
    ValueError
        If no chapter is measured.
    """
    if not measured:
        raise ValueError("No chapter is measured yet. Run: python3 lab.py run --record")
    chapter = max(measured, key=lambda name: measured[name]["peak_mb"])
    return chapter, measured[chapter]["peak_mb"]


def limit_mb(measured):
    """Memory of one student in MB: the largest peak and the server, and 20 % more; tens only."""
    return math.ceil(MARGIN * (largest_peak(measured)[1] + SERVER_MB) / 10) * 10


def seats(memory_gb, measured):
    """How many students fit into a machine when all of them are at their limit at once."""
    return max(0, int((1000 * memory_gb - SYSTEM_MB) // limit_mb(measured)))


def example(measured):
    """A sentence: the machine of a large class, and how long its worst moment lasts."""
    chapter, _ = largest_peak(measured)
    enough = [size for size in SIZES_GB if seats(size, measured) >= CLASS]
    if not enough:
        return f"{CLASS} students: more than {SIZES_GB[-1]} GB, or two machines."
    wait = measured[chapter]["seconds"] * CLASS / (CORES / 2) / 60
    return (
        f"{CLASS} students: {enough[0]} GB. With {CORES} cores, everybody's *Run All* of chapter "
        f"{chapter[:2]} at once should take about {wait:.0f} minutes (computed from a run on 2)."
    )


def table(measured):
    """Markdown: what one student takes, how many fit, and an example."""
    chapter, peak = largest_peak(measured)
    sentence = (
        f"Chapter {chapter[:2]} takes the most, {peak} MB at its peak. With {SERVER_MB} MB for "
        f"JupyterLab itself and 20 % to spare, **each student may use {limit_mb(measured)} MB**."
    )
    head = ["| memory of the machine | students |", "|---|---|"]
    rows = [f"| {size} GB | {seats(size, measured)} |" for size in SIZES_GB]
    return "\n".join([sentence, "", *head, *rows, "", example(measured)])


def filled(text, measured):
    """``text`` with the table between its marks."""
    pattern = re.compile(f"({re.escape(BEGIN)}\n).*?({re.escape(END)})", re.DOTALL)
    return pattern.sub(lambda found: f"{found[1]}{table(measured)}\n{found[2]}", text)


def main(arguments=None):
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="seats.py", description="How many students fit.")
    parser.add_argument("--write", action="store_true", help="put the table into teaching/hub.md")
    options = parser.parse_args(arguments)
    measured = read_measured(Course().measured)
    print(table(measured))
    if options.write:
        PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), measured), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
