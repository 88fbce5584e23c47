"""Build the notebooks from their one source: ``python -m facelab.course.build [--check] [NN ...]``.

``solutions/NN_name.py`` (jupytext ``py:percent``) is the source. From it come, the same to the
byte on every machine except for outputs,

- ``solutions/NN_name.ipynb``: answers in, executed, with its pictures;
- ``notebooks/NN_name.ipynb``: answers out, no outputs;
- ``index.ipynb`` beside both, and the chapter table of the README.

A chapter is executed again only when its code cells changed, or with ``--execute``; outputs that
look as before stay as they are stored (``facelab.course.settled``). ``--check``
writes and executes nothing: it fails on any difference in anything but outputs, and on a code cell
without a stored execution count.

How a chapter is written
------------------------
Cells are ``# %% [markdown]`` and ``# %%``; tags as in ``# %% tags=["resume"]``. No jupytext header
is needed. The first code cell (find the course, on Colab fetch it) is generated after the first
markdown cell: do not write one.

**Opening** (markdown, before the first ``## ``)::

    # %% [markdown]
    # # Faces and landmarks
    #
    # After this chapter you will be able to
    # - find a face with four detectors, ...
    # - measure how wrong each is, ...
    #
    # **Time and memory:** {measured}
    #
    # **Needs:** chapter 2; no download, no account, no GPU.

    # %% [markdown]
    # **Predict first.** Which detector loses a turned head first, and at what yaw?

``{measured}`` is filled from ``solutions/measured.json``, which ``run --record`` writes.

**Sections** are ``## `` headings of 5 to 15 minutes. The first code cell of each is tagged
``resume`` and, after the generated first cell, is enough to run that section alone: it imports all
that the section uses (and draws or loads its data cheaply). Never use a variable of an earlier
section that the resume cell does not make again; functions taught earlier are imported from
``facelab``::

    # %% [markdown]
    # ## Four ways to find a face

    # %% tags=["resume"]
    import numpy as np
    from facelab.course import check, plt, show
    from facelab.studio import Person, Scene, render

    frame = render(Person.from_seed(7), Scene(yaw=20), size=256)

``plt`` from ``facelab.course`` is matplotlib's pyplot with colour-blind-safe colours and dashes
already set: use it instead of importing matplotlib; add ``marker="o"`` to curves of few points.

The last five ``## `` sections are, in this order and with these words: ``Measured against the
truth``, ``What goes wrong``, ``Who could be hurt``, ``What you have seen``, ``Sources``.

**Cells**: median <= 5 lines, 90 % <= 15, none > 25 (lines that are not blank). Paths of this
machine, ``plt.show``, ``display``, ``cv2.imshow`` are refused.

**Pictures** all go through ``show``; a figure that is not shown by it is refused by the lint::

    show(image, alt="A woman turned left; 68 points follow brows, eyes, nose, mouth and jaw.")
    show([a, b, c], titles=["A", "B", "truth"], alt="...", caption="...", columns=3, zoom=2)
    show(figure, alt="Error against yaw: HOG stops at 40 degrees, MTCNN at 75.")

It takes a matplotlib figure (and closes it), a ``uint8`` picture (H, W, 3) or (H, W), a PIL image,
or a list of pictures (a grid with titles). Alt text says what is to be seen, in a sentence.
``show_clip(frames, fps=25, alt="...")`` shows moving pictures, which stand still until started.

**Taught code that lives in facelab** is written into the cell by the build (its docstring cut to
the first line), so there is no second copy to drift. In the source the cell holds only a line
like::

    # %%
    # source: facelab.faces.landmarks.polylines

Other lines may stand before and after; several such lines may share a cell. What the function uses
(``np``, ``cv2``) must be imported by the section's resume cell.

**Checked cells** are tagged ``nbval-check-output``: what they print is compared at each test run
in this notebook. Tag a few cells whose result is exact (a shape, a count, a relation such as
``error_hog < error_haar``); print at most 3 decimals, no timings.

How an exercise is written (4 to 6 per chapter)
-----------------------------------------------
Each is of one level, and each level occurs in a chapter: ``understand`` (say what is so),
``apply`` (write it), ``explore`` (find out). In ``solutions/NN_name.py``, one cell tagged
``exercise`` below a heading that names number and level::

    # %% [markdown]
    # ### Exercise 03.2 (apply): the normalised mean error

    # %% tags=["exercise"]
    def nme(found, truth):
        \"\"\"Mean distance of two (68, 2) sets of points, divided by that of the eyes.\"\"\"
        # answer:
        eyes = np.linalg.norm(truth[36] - truth[45])
        return np.linalg.norm(found - truth, axis=1).mean() / eyes
        # end answer

    nme = check("03.2", nme)

The learner's copy gets ``return ...  # your code here`` in place of the answer: when the last line
of the answer is ``return x`` or ``name = x``, the open line is ``return ...`` or ``name = ...``;
anything else is written by the author after the colon, as in ``# answer: points[30] = ...``. The
solution's copy loses only the two marker lines. An exercise may also ask for a value::

    # answer:
    corner = 48
    # end answer
    corner = check("03.1", corner)

So that the answer is not written twice, the function may live in ``exercises.py`` with its markers,
and the cell be ``# source: facelab.course.chapters.ch04.exercises.nme``, then the ``check`` line.

``check(number, attempt, **given)`` prints the verdict at once and returns what the chapter goes on
with: the attempt when right, else the course's own answer. ``...`` means "not done yet". An
attempt that raises or is wrong is explained. Hints and the answer unfold one inside the other
under the verdict (plain HTML, no widgets needed), and ``hint("03.2")``, ``reveal("03.2")`` print
them anywhere.

The definitions live in ``facelab/course/chapters/chNN/exercises.py`` (those of chapters 01 to 03 in
``facelab/course/exercises/chNN.py``), the chapter's figures beside them in ``figures.py``::

    from facelab.course.exercise import Exercise, Mistake

    def nme(found, truth): ...                      # the course's own answer

    def nme_in_pixels(found, truth): ...            # a likely wrong answer, as code

    def probes():                                   # what both are called with: one tuple per call
        rng = np.random.default_rng(2)
        return [(rng.normal(size=(68, 2)), rng.normal(size=(68, 2))) for _ in range(3)]

    EXERCISES = [
        Exercise(
            number="03.2",
            level="apply",
            asks="the normalised mean error",        # ends the sentence "It asks for ..."
            answer=nme,
            probes=probes,                           # leave out when a value is asked for
            mistakes=[                               # three at least
                Mistake(nme_in_pixels, "This is in pixels: a bigger picture has a bigger error."),
                ...
            ],
            hints=["...", "...", "..."],             # exactly three, each says more
            reveal="Why the answer is right, in two or three sentences.",
            tolerance=1e-6,                          # relative and absolute, as numpy.allclose
        ),
    ]

``answer`` is a named function (its source is shown by ``reveal``), mistakes may be lambdas. For a
value, ``answer`` and each mistake is a function that computes it, called with the ``given`` of
``check``: ``corner = check("03.1", corner, frame=frame)`` calls ``answer(frame=frame)``; with
``probes``, it is ``probes(**given)`` instead; ``example=lambda: {"frame": ...}`` gives the tests
something of the kind. A mistake is recognised when the attempt agrees with it on every probe. A
check takes less than one second: probes are small. Results are compared as numbers, arrays,
strings, booleans, or tuples, lists and dicts of them; ``same=function(got, wanted)`` overrides
this. Where an answer is made of known words, ``words=("up", "down")`` lets learners write them with
capitals, in an array or as one text with commas, and names the known ones to whoever mistypes one.

Name the mistakes of this exercise only: slips that are made everywhere (transposed, degrees for
radians, BGR, off by one or by half a pixel, rounded, ...) are known to ``facelab.course.slips``. In
messages ``*word*`` is stressed and text in backticks is code. Tests prove for every exercise that
the answer passes, that each mistake is told by its own words, and that an open attempt lets the
chapter go on. What a learner solved is kept by ``facelab.course.diary`` in a file of theirs;
``python3 lab.py progress`` prints it.

Commands for authors
--------------------
``python -m facelab.course.build 03`` makes the notebooks, ``python -m facelab.course.run 03
--record`` measures and fills the header, ``python -m facelab.course.lint 03`` lists what breaks the
contract and how to mend it. ``python -m facelab.course.rerun`` runs both copies of each again, and
``python -m facelab.course.sections 03`` each section of one by itself.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from facelab.course import measured as costs
from facelab.course import notebook as nb
from facelab.measure import scoreboard

ROOT = Path(__file__).resolve().parents[2]
SCORES = "<!-- scores:begin -->", "<!-- scores:end -->"
INDEX_TITLE = "Deepfakes from scratch, on people who do not exist"


@dataclass(frozen=True)
class Course:
    """Where the files of a course lie."""

    root: Path = ROOT

    @property
    def solutions(self):
        """Folder of sources and of executed notebooks."""
        return self.root / "solutions"

    @property
    def notebooks(self):
        """Folder of the learner's notebooks."""
        return self.root / "notebooks"

    @property
    def measured(self):
        """File that says what each chapter costs."""
        return self.solutions / "measured.json"

    @property
    def scores(self):
        """Folder of the stored scores of swaps."""
        return self.root / "datasets" / "scores"

    @property
    def readme(self):
        """The front door, whose tables of chapters and of scores are filled."""
        return self.root / "README.md"

    def sources(self, chosen=()):
        """Sources of the ``chosen`` chapters (numbers), or of all.

        Raises
        ------
        SourceError
            If there is no such chapter.
        """
        found = sorted(self.solutions.glob("[0-9][0-9]_*.py"))
        known = {path.name[:2] for path in found}
        missing = [number for number in chosen if number not in known]
        if missing:
            raise nb.SourceError(
                f"No chapter {', '.join(missing)} in {self.solutions.name}/. "
                f"There are: {', '.join(sorted(known)) or 'none'}."
            )
        return [path for path in found if not chosen or path.name[:2] in chosen]


def read(path):
    """Text of a file, or None if there is none."""
    return path.read_text(encoding="utf-8") if path.exists() else None


def write(path, text):
    """Write ``text`` with the same line ends everywhere; says whether that changed the file."""
    if read(path) == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_text(text, encoding="utf-8", newline="\n")
    unfinished.replace(path)  # whole or not at all
    return True


def chapter(course, source, answers):
    """Notebook of a chapter without outputs, with its answers or without."""
    figures = costs.read_measured(course.measured).get(source.stem)
    text = source.read_text(encoding="utf-8")
    try:
        return nb.make_notebook(nb.finished_cells(text, costs.header_line(figures), answers))
    except nb.SourceError as error:
        raise nb.SourceError(f"{source.name}: {error}") from error


def stored_solution(course, source):
    """The executed notebook as stored, or None."""
    text = read(course.solutions / f"{source.stem}.ipynb")
    return json.loads(text) if text else None


def title(source):
    """Title of a chapter: its first heading."""
    return next(line for line in read(source).splitlines() if line.startswith("# # "))[4:].strip()


def index(course):
    """Notebook that lists the chapters."""
    titles = {source.stem: title(source) for source in course.sources()}
    table = costs.chapter_table(
        titles, costs.read_measured(course.measured), lambda name: f"{name}.ipynb"
    )
    text = f"# {INDEX_TITLE}\n\nOpen a chapter and run its cells from the top.\n\n{table}"
    return nb.make_notebook([{"cell_type": "markdown", "source": text, "tags": []}])


def filled_readme(course):
    """README with its tables of chapters and of scores filled, or None if there is none."""
    titles = {source.stem: title(source) for source in course.sources()}
    table = costs.chapter_table(
        titles, costs.read_measured(course.measured), lambda name: f"notebooks/{name}.ipynb"
    )
    text = read(course.readme)
    if not text:
        return None
    scores = scoreboard.as_markdown(scoreboard.all_stored(course.scores))
    filled = costs.fill_between_marks(text, table)
    return costs.fill_between_marks(filled, scores, *SCORES) if scores else filled


def derived(course, sources):
    """Dict from path to text of all that is made without executing anything."""
    made = {
        course.notebooks / f"{source.stem}.ipynb": nb.dump(chapter(course, source, answers=False))
        for source in sources
    }
    for folder in (course.notebooks, course.solutions):
        made[folder / "index.ipynb"] = nb.dump(index(course))
    readme = filled_readme(course)
    return made | ({course.readme: readme} if readme else {})


def solution(course, source, execute=False, say=print):
    """Executed notebook of a chapter; executed anew only if asked or if its code changed."""
    new, old = chapter(course, source, answers=True), stored_solution(course, source)
    if not execute and old and nb.same_code(new, old) and not unexecuted(old):
        return nb.with_outputs(new, old)
    from facelab.course.execute import execute as run_cells  # --check does without a kernel
    from facelab.course.settled import settled

    made = nb.with_outputs(new, run_cells(new, course.solutions, source.stem, say).notebook)
    return settled(made, old) if old else made


def unexecuted(notebook):
    """Positions (from 1) of code cells that were not run in order from the top."""
    counts = [cell["execution_count"] for cell in nb.code_cells(notebook)]
    return [place for place, count in enumerate(counts, 1) if count != place]


def build(course, chosen=(), execute=False, say=print):
    """Make what is derived from the sources, and say which files changed."""
    sources = course.sources(chosen)
    for source in sources:
        path = course.solutions / f"{source.stem}.ipynb"
        if write(path, nb.dump(solution(course, source, execute, say))):
            say(f"wrote {path.relative_to(course.root)}")
    for path, text in derived(course, sources).items():
        if write(path, text):
            say(f"wrote {path.relative_to(course.root)}")


def differences(course, chosen=()):
    """One sentence for each file that is not what the sources make of it."""
    sources = course.sources(chosen)
    stale = [path for path, text in derived(course, sources).items() if read(path) != text]
    found = [f"{path.relative_to(course.root)} is out of date." for path in stale]
    for source in sources:
        found += solution_differences(course, source)
    return found + strays(course)


def solution_differences(course, source):
    """What is wrong with the stored solution of a chapter, outputs left aside."""
    path = course.solutions / f"{source.stem}.ipynb"
    name, old = path.relative_to(course.root), stored_solution(course, source)
    if old is None:
        return [f"{name} is missing."]
    new = chapter(course, source, answers=True)
    if len(nb.code_cells(new)) != len(nb.code_cells(old)):
        return [f"{name} is out of date."]
    found = [] if nb.dump(nb.with_outputs(new, old)) == read(path) else [f"{name} is out of date."]
    if unexecuted(old):
        found.append(f"{name}: code cell {unexecuted(old)[0]} was not executed in order.")
    return found


def strays(course):
    """Notebooks that no source makes."""
    expected = {source.stem for source in course.sources()} | {"index"}
    return [
        f"{path.relative_to(course.root)} has no source in solutions/."
        for folder in (course.solutions, course.notebooks)
        for path in sorted(folder.glob("*.ipynb"))
        if path.stem not in expected
    ]


def main(arguments=None):
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="build", description="Make the notebooks.")
    parser.add_argument("chapters", nargs="*", metavar="NN", help="chapters, as in 03; else all")
    parser.add_argument("--check", action="store_true", help="write nothing, fail on differences")
    parser.add_argument("--execute", action="store_true", help="execute unchanged chapters as well")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    course = Course(options.root.resolve())
    try:
        return report(course, options)
    except nb.CourseError as error:
        print(error, file=sys.stderr)
        return 1


def report(course, options):
    """Build or check, and return the exit status."""
    if not options.check:
        return build(course, options.chapters, options.execute) or 0
    found = differences(course, options.chapters)
    for line in found:
        print(line, file=sys.stderr)
    print(f"{len(found)} differences" if found else "Notebooks agree with their sources.")
    if found:
        print("To mend: python3 lab.py build", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
