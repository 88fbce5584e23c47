"""The learner's copy, by section: ``python -m facelab.course.sections [NN ...] [--restart]``.

Binder stops an idle kernel, and whoever comes back begins again at a section. So each section must
run from the chapter's generated first cell and its own cells alone. A chapter is run once, from
top to end in one kernel, and before each section that kernel forgets all its names (``%reset``)
and runs the first cell again: what a section uses and does not make raises a NameError. Modules
stay loaded, and with them what a section changed inside them; ``--restart`` starts a new kernel for
each section, which forgets that as well.

What the checked cells print must be what the solution stores.
"""

import argparse
import json
import sys
from pathlib import Path

from facelab.course import build
from facelab.course.execute import execute
from facelab.course.lint import tags
from facelab.course.notebook import (
    CourseError,
    code_cells,
    make_notebook,
    section_alone,
    sections,
    source_of,
)

FORGET = "%reset -f"


def coded_sections(notebook):
    """Headings of the sections of a notebook that hold code."""
    return [name for name, cells in sections(notebook).items() if code_cells({"cells": cells})]


def forgetful(notebook):
    """Notebook of the coded sections of ``notebook``, before each of which everything is forgotten.

    Each section comes after a cell that clears all names and the generated first cell.
    """
    alone = [section_alone(notebook, name)["cells"] for name in coded_sections(notebook)]
    forget = make_notebook([{"cell_type": "code", "source": FORGET, "tags": ["forget"]}])["cells"]
    cells = [cell for section in alone for cell in [*forget, *section]]
    named = [cell | {"id": f"{place}-{cell['id']}"} for place, cell in enumerate(cells)]
    return notebook | {"cells": named}  # anew: the first cell stands there many times


def own_cells(notebook):
    """The code cells that belong to sections: neither generated nor a ``%reset``."""
    return [cell for cell in code_cells(notebook) if not {"setup", "forget"} & set(tags(cell))]


def stored(folder, source):
    """The notebook of a chapter as it lies in a folder; CourseError if it does not."""
    text = build.read(folder / f"{source.stem}.ipynb")
    if text is None:
        raise CourseError(f"{folder.name}/{source.stem}.ipynb is missing: python3 lab.py build")
    return json.loads(text)


def run_sections(course, source, restart=False, say=print):
    """Run the sections of the learner's copy of a chapter, each as if the kernel were new.

    Parameters
    ----------
    course : build.Course
    source : Path
        Source of the chapter.
    restart : bool
        Start a new kernel for each section, instead of clearing the names of one.
    say : callable
        Takes each progress line.

    Returns
    -------
    list of dict
        The code cells of all sections, in order, as they were run.

    Raises
    ------
    ChapterFailed
        If a cell stops with an error, as one does that uses what its section does not make.
    """
    learner = stored(course.notebooks, source)
    if not restart:
        run = execute(forgetful(learner), course.notebooks, f"{source.stem}, learner's copy", say)
        return own_cells(run.notebook)
    names = {name: f"{source.stem}, section '{name}'" for name in coded_sections(learner)}
    parts = [(section_alone(learner, name), names[name]) for name in names]
    runs = [execute(part, course.notebooks, name, say).notebook for part, name in parts]
    return [cell for run in runs for cell in own_cells(run)]


def printed(cell):
    """All text that a cell printed or shows as its value."""
    texts = [
        output.get("text", output.get("data", {}).get("text/plain", []))
        for output in cell["outputs"]
    ]
    return "".join("".join(text) for text in texts)


def differences(ran, wanted):
    """A sentence for each checked cell that prints something else than is stored."""
    pairs = [(new, old) for new, old in zip(ran, wanted, strict=True) if checked(old)]
    return [
        f"{source_of(new)!r} prints {printed(new)!r}, and {printed(old)!r} is stored."
        for new, old in pairs
        if printed(new) != printed(old)
    ]


def checked(cell):
    """Whether what a cell prints is compared."""
    return "nbval-check-output" in tags(cell)


def verify(course, source, restart=False, say=print):
    """Run a chapter's sections and compare: the sentences of ``differences``."""
    wanted = own_cells(stored(course.solutions, source))
    return differences(run_sections(course, source, restart, say), wanted)


def main(arguments=None):
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="sections", description="Each section, run by itself.")
    parser.add_argument("chapters", nargs="*", metavar="NN", help="chapters, as in 03; else all")
    parser.add_argument("--restart", action="store_true", help="a new kernel for each section")
    parser.add_argument("--root", type=Path, default=build.ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    course = build.Course(options.root.resolve())
    try:
        sources = course.sources(options.chapters)
        found = [line for s in sources for line in verify(course, s, options.restart)]
    except CourseError as error:
        found = [str(error)]
    print("\n".join(found) or "Every section runs by itself and prints what is stored.")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
