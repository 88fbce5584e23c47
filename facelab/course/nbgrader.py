"""Write the exercises as a course that nbgrader hands out and grades: ``nbgrader [--out DIR]``.

For each chapter with exercises ``DIR`` gets an assignment, ``source/<chapter>/<chapter>.ipynb``,
and beside ``source`` the file ``nbgrader_config.py``. An assignment holds the exercises and no more
than they need: the first cell of the chapter, the imports of each section and what else an exercise
uses, the prose and pictures of each exercise. Everything comes from ``solutions/NN_name.py`` and
from the definitions by which the chapter itself checks, so no answer is written twice.

Below each answer stands a locked cell that is worth points. Its visible line, ``tell``, says
whether the attempt is right, as ``check`` does in the chapter; but it never hands back the course's
own answer, so that what is graded is the attempt. Its hidden line, ``grade``, fails unless the
attempt is right, on the probes of the chapter and on others drawn from another seed.
"""

import argparse
import ast
import os
import re
import symtable
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, groupby
from pathlib import Path

import numpy as np

from facelab.course import build
from facelab.course import notebook as nb
from facelab.course.exercise import LEVELS, RIGHT, answer_for, find, judge

POINTS = dict(zip(LEVELS, (1, 2, 3), strict=True))
HIDDEN_SEED = 20261121  # joined to the seeds of the probes: other draws of the same kind
YOUR_CODE = "# your code here"
SOLUTION = "### BEGIN SOLUTION", "### END SOLUTION"
HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
IMPORTS = "from facelab.course import hint\nfrom facelab.course.nbgrader import course_answer, tell"

INTRODUCTION = """\
# {title}: exercises

Write each answer where it says `{your_code}`, then run the cell below it: it tells you whether
the answer is right and, if not, what is likely wrong. `hint("{number}")` gives a hint, a second
call the next one. Change nothing else: all other cells are put back as they were before grading.
"""

CONFIG = """\
# How nbgrader runs this course. Written by: python3 lab.py nbgrader
import os
import sys
from pathlib import Path

# nbgrader calls alembic by its name: find the one of its own environment
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

c = get_config()
c.CourseDirectory.course_id = "deepfakes"
c.ClearSolutions.code_stub = {{"python": "{your_code}"}}
c.Execute.timeout = 120  # seconds for one cell
"""


# ---- what the cells of an assignment call --------------------------------------------------------


class NotRight(AssertionError):
    """The attempt at an exercise earns no points; the message says why."""


def tell(number, attempt, **given):
    """Print whether an attempt is right, as ``check`` does, without handing on any answer.

    Parameters
    ----------
    number : str
        The exercise, as in ``"03.2"``.
    attempt : object
        The learner's function or value; ``...`` while it is not done yet.
    **given
        What the answer, or the probes, are computed from.
    """
    state, message = judge(find(number), attempt, given)
    print(f"Exercise {number}: {state}. {message}")


def grade(number, attempt, **given):
    """Pass if an attempt is right on the chapter's probes and on unseen ones.

    Parameters are those of ``tell``.

    Raises
    ------
    NotRight
        If the attempt is open or wrong.
    """
    exercise = find(number)
    for judged in (exercise, unseen(exercise)):
        state, message = judge(judged, attempt, given)
        if state != RIGHT:
            raise NotRight(f"Exercise {number}: {state}. {message}")


def course_answer(number, **given):
    """The course's own answer, with which the cells of a later exercise go on."""
    return answer_for(find(number), given)


def unseen(exercise):
    """``exercise`` with probes from another seed, where its probes are drawn by NumPy at all."""

    def probes(**given):
        with other_draws():
            return exercise.probes(**given)

    return replace(exercise, probes=probes) if exercise.probes else exercise


@contextmanager
def other_draws():
    """Let ``np.random.default_rng(seed)`` give other numbers for each seed."""
    usual = np.random.default_rng

    def shifted(seed=None):
        fixed = isinstance(seed, (int, np.integer, list, tuple))
        return usual([*np.atleast_1d(seed), HIDDEN_SEED] if fixed else seed)

    np.random.default_rng = shifted
    try:
        yield
    finally:
        np.random.default_rng = usual


# ---- a chapter's exercises -----------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """An exercise cell, taken apart.

    Attributes
    ----------
    number : str
        As in ``"03.2"``.
    body : str
        What the learner works on, the answer between its markers.
    arguments : str
        What ``check`` was given after the number: the attempt and all that it is judged with.
    goes_on : str
        Statement that binds the names which ``check`` bound to the course's own answer.
    """

    number: str
    body: str
    arguments: str
    goes_on: str


def take_apart(source):
    """``Task`` of the source of an exercise cell.

    Raises
    ------
    SourceError
        If the cell does not end with its one ``check``.
    """
    statements = ast.parse(source).body
    call = next((node for node in ast.walk(statements[-1]) if is_check(node)), None)
    if call is None:
        raise nb.SourceError(f"An exercise cell ends with its check. Mend this cell:\n{source}")
    last = statements[-1]
    body = "\n".join(source.splitlines()[: last.lineno - 1]).rstrip()
    rest = [ast.unparse(call.args[1]), *map(unparse_keyword, call.keywords)]
    number = call.args[0].value
    own = ", ".join([f'"{number}"', *rest[1:]])
    bound = ast.unparse(last.targets[0]) if isinstance(last, ast.Assign) else "_"
    return Task(number, body, ", ".join(rest), f"{bound.strip('()')} = course_answer({own})")


def is_check(node):
    """Whether a node is a call of ``check``."""
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "check"


def unparse_keyword(keyword):
    """``name=value`` of a keyword in a call."""
    return f"{keyword.arg}={ast.unparse(keyword.value)}"


def marked_for_nbgrader(body):
    """``body`` with its answer between nbgrader's marks, and the open line beside it.

    An open ``return ...`` stands after the answer, where it is reached only once the answer is
    gone; an open ``name = ...`` stands before it, where the answer overrides it.
    """

    def marked(found):
        indent, answer = found[1], found[3]
        line = nb.open_line(answer, found[2].strip()).removesuffix(nb.OPEN_COMMENT)
        solution = f"{indent}{SOLUTION[0]}\n{answer}{indent}{SOLUTION[1]}\n"
        opened = f"{indent}{line}\n"
        return solution + opened if line.startswith("return") else opened + solution

    return nb.ANSWER.sub(marked, body + "\n").rstrip("\n")


def binds(cell):
    """Names that a code cell binds or changes at its top level; prose binds none."""
    source = "" if is_prose(cell) else cell["source"]
    return names_bound(source) | names_changed(source)


def uses(cell):
    """Names that a code cell reads from what came before it; prose reads none."""
    used, bound = set(), set()
    for statement in [] if is_prose(cell) else ast.parse(cell["source"]).body:
        used |= names_read(ast.unparse(statement)) - bound
        bound |= names_bound(ast.unparse(statement))
    return used


def names_bound(source):
    """Names that ``source`` binds at its top level."""
    symbols = symtable.symtable(source, "cell", "exec").get_symbols()
    return {symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()}


def names_changed(source):
    """Names to which ``source`` assigns a part, or of which a method is called for its effect."""
    nodes = list(ast.walk(ast.parse(source)))
    parts = [n for n in nodes if isinstance(getattr(n, "ctx", None), ast.Store)]
    parts += [n.value.func for n in nodes if isinstance(n, ast.Expr) and hasattr(n.value, "func")]
    return {ast.unparse(root(part)) for part in parts if root(part) is not part}


def root(node):
    """What an attribute or an item is taken from, all the way down."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node


def names_read(source):
    """Names of the top level that ``source``, or a function in it, reads."""
    top = symtable.symtable(source, "cell", "exec")
    return {
        symbol.get_name()
        for table in tables_of(top)
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (table is top or symbol.is_global())
    }


def tables_of(table):
    """A symbol table and all inside it."""
    return [table, *(inner for child in table.get_children() for inner in tables_of(child))]


def is_exercise(cell):
    """Whether a cell is an exercise."""
    return "exercise" in cell["tags"]


def is_resume(cell):
    """Whether a cell begins a section anew."""
    return "resume" in cell["tags"]


def is_prose(cell):
    """Whether a cell is text."""
    return cell["cell_type"] == "markdown"


def heading_of(place, cells):
    """Place of the cell with the heading of the exercise at ``place``, or ``place`` itself."""
    titled = [n for n in range(place) if is_prose(cells[n]) and exercise_prose(cells[n])]
    after = [n for n in titled if not any(map(is_exercise, cells[n:place]))]
    return after[-1] if after else place


def exercise_prose(cell):
    """The text of a cell from its exercise's heading on; empty where there is none."""
    found = re.search(r"^### Exercise .*", cell["source"], re.DOTALL | re.MULTILINE)
    return found[0] if found else ""


def statements(cell):
    """A cell that begins a section anew as one cell for each statement; any other as it is."""
    if not is_resume(cell):
        return [cell]
    lines, ends = cell["source"].splitlines(), [0]
    ends += [statement.end_lineno for statement in ast.parse(cell["source"]).body]
    spans = zip(ends, ends[1:], strict=False)
    return [cell | {"source": "\n".join(lines[start:end])} for start, end in spans]


def imports_only(cell):
    """Whether all that a code cell does is to import."""
    return all(isinstance(s, (ast.Import, ast.ImportFrom)) for s in ast.parse(cell["source"]).body)


def needed(cells, chosen):
    """``chosen`` places and those of the cells before them that bind a name they use."""
    kept, wanted = set(chosen), set()
    for place in reversed(range(max(chosen) + 1)):
        if place in kept or binds(cells[place]) & wanted:
            kept.add(place)
            wanted = (wanted - binds(cells[place])) | uses(cells[place])
    return kept


def section_cells(cells):
    """List of the sections, each a list of cells that begins with its heading."""
    starts = [n for n, cell in enumerate(cells) if is_prose(cell) and heading_text(cell)]
    return [cells[a:b] for a, b in zip(starts, [*starts[1:], len(cells)], strict=True)]


def heading_text(cell):
    """The line of a cell that opens a section, or nothing."""
    found = re.match(r"## .*", cell["source"])
    return found[0] if found else ""


# ---- an assignment -------------------------------------------------------------------------------


def locked(cell_type, source, name, points=None):
    """A cell that nbgrader puts back as it was; with ``points`` it is a test."""
    grading = {"grade": points is not None, "solution": False, "locked": True}
    return graded_cell(cell_type, source, name, grading | ({"points": points} if points else {}))


def answer_cell(source, name):
    """A cell that the learner fills in."""
    grading = {"grade": False, "solution": True, "locked": False}
    return graded_cell("code", source, name, grading)


def graded_cell(cell_type, source, name, grading):
    """A notebook cell with nbgrader's metadata, schema 3, and ``name`` as its id."""
    common = {"grade_id": name, "schema_version": 3, "task": False, "cell_type": cell_type}
    made = {
        "cell_type": cell_type,
        "id": name,
        "metadata": {"nbgrader": common | grading},
        "source": source.splitlines(keepends=True),
    }
    return made | ({"execution_count": None, "outputs": []} if cell_type == "code" else {})


def test_source(task):
    """Source of the cell that grades a task."""
    level = find(task.number).level
    call = f'"{task.number}", {task.arguments}'
    return "\n".join(
        [
            f"# {level}: {POINTS[level]} {'point' if POINTS[level] == 1 else 'points'}",
            f"tell({call})",
            HIDDEN[0],
            "from facelab.course.nbgrader import grade",
            f"grade({call})",
            HIDDEN[1],
        ]
    )


def task_cells(task, go_on):
    """The two cells of a task, and a third one if later cells ``go_on`` with what it made."""
    name = f"exercise-{task.number.replace('.', '-')}"
    points = POINTS[find(task.number).level]
    made = [
        answer_cell(marked_for_nbgrader(task.body), f"{name}-answer"),
        locked("code", test_source(task), f"{name}-test", points),
    ]
    return made + [locked("code", task.goes_on, f"{name}-after")] * go_on


def exercise_places(section):
    """Places of the exercises of a section."""
    return [place for place, cell in enumerate(section) if is_exercise(cell)]


def assigned(section):
    """Places of the cells of a section that an assignment takes.

    The exercises, what stands between each and its heading, all imports, and what these need.
    """
    places = exercise_places(section)
    blocks = {n for place in places for n in range(heading_of(place, section), place + 1)}
    prepared = {n for n, cell in enumerate(section[: max(places)]) if is_resume(cell)}
    imports = {n for n in prepared if imports_only(section[n])}
    return sorted(needed(section, blocks - prepared | imports))


def section_part(section, prefix):
    """The notebook cells of one section that holds exercises."""
    section = list(chain.from_iterable(map(statements, section)))
    chosen = assigned(section)
    made = [locked("markdown", heading_text(section[0]), f"{prefix}-heading")]
    for resumes, places in groupby(chosen, lambda place: is_resume(section[place])):
        places = list(places)
        if resumes:
            source = "\n".join(section[place]["source"] for place in places).strip("\n")
            made.append(locked("code", source, f"{prefix}-{places[0]}"))
        else:
            made += [part for place in places for part in cell_part(section, place, chosen, prefix)]
    return made


def cell_part(section, place, chosen, prefix):
    """The notebook cells that one cell of a section becomes."""
    cell, name = section[place], f"{prefix}-{place}"
    if is_exercise(cell):
        later = {name for n in chosen if n > place for name in uses(section[n])}
        return task_cells(take_apart(cell["source"]), go_on=bool(binds(cell) & later))
    if is_prose(cell):
        return [locked("markdown", exercise_prose(cell) or cell["source"], name)]
    return [locked("code", cell["source"], name)]


def chapter_cells(source):
    """The cells of a chapter's source, its taught code filled in, answers still marked."""
    cells = nb.read_source(source.read_text(encoding="utf-8"))
    return [cell | {"source": nb.fill_sources(cell["source"])} for cell in cells]


def assignment(source):
    """Notebook (nbformat 4.5, a dict) of a chapter's exercises, or None if it has none.

    Parameters
    ----------
    source : Path
        ``solutions/NN_name.py``.
    """
    cells = chapter_cells(source)
    first = next((take_apart(c["source"]).number for c in cells if is_exercise(c)), None)
    if first is None:
        return None
    text = INTRODUCTION.format(title=build.title(source), your_code=YOUR_CODE, number=first)
    made = [
        locked("markdown", text, "introduction"),
        locked("code", nb.FIRST_CELL.strip("\n"), "first-cell"),
        locked("code", IMPORTS, "imports"),
    ]
    for number, section in enumerate(section_cells(cells), 1):
        if exercise_places(section):
            made += section_part(section, f"section-{number}")
    return {"cells": made, "metadata": nb.METADATA, "nbformat": 4, "nbformat_minor": 5}


# ---- the course ----------------------------------------------------------------------------------


def write_course(course, out, say=print):
    """Write the assignments of a course and nbgrader's settings; gradebook and hand-ins stay.

    Parameters
    ----------
    course : build.Course
        Where the chapters lie.
    out : Path
        Folder of the nbgrader course, made where it is missing.
    say : callable
        Takes a line for each file written.

    Raises
    ------
    CourseError
        If there is no chapter, or ``out`` lies elsewhere and cannot be linked to the course.
    """
    if not course.sources():
        raise nb.CourseError("There is no chapter in solutions/ to make an assignment of.")
    made = {source.stem: assignment(source) for source in course.sources()}
    texts = {
        out / "source" / name / f"{name}.ipynb": nb.dump(notebook)
        for name, notebook in made.items()
        if notebook
    }
    texts[out / "nbgrader_config.py"] = CONFIG.format(your_code=YOUR_CODE)
    for path, text in texts.items():
        build.write(path, text)
        say(f"wrote {path}")
    link_course(out)


def link_course(out):
    """Let the first cell of a notebook below ``out`` find the course, wherever ``out`` lies."""
    if any((folder / "facelab").is_dir() for folder in (out, *out.parents)):
        return
    try:
        for name in ("facelab", "requirements.txt"):
            (out / name).symlink_to(build.ROOT / name)
    except OSError as error:
        raise nb.CourseError(
            f"{out} lies outside the course, and a link to it cannot be made here ({error}). "
            "Choose a folder inside the course, as in: python3 lab.py nbgrader --out out/nbgrader"
        ) from error


def main(arguments=None):
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="nbgrader", description="Write a course for nbgrader.")
    parser.add_argument("--out", type=Path, default=build.ROOT / "out" / "nbgrader")
    parser.add_argument("--root", type=Path, default=build.ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    out = Path(os.path.abspath(options.out))
    try:
        write_course(build.Course(options.root.resolve()), out)
    except nb.CourseError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Next, with nbgrader: cd {out}, then nbgrader generate_assignment NAME")
    return 0


if __name__ == "__main__":
    sys.exit(main())
