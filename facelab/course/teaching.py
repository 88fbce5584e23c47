"""What the instructor's pages take from the chapters: ``python -m facelab.course.teaching``.

Four things in ``teaching/`` are never typed by hand, so that they cannot drift:

- ``objectives.md``, the map from objectives to exercises, from the openings of the chapters, the
  exercises in ``facelab/course/chapters/`` and ``teaching/objectives.toml``, which says what
  belongs together and with which verb;
- what a chapter costs: ``<!-- cost 03 -->1.6 minutes, 1.4 GB<!-- end -->``, from
  ``solutions/measured.json``;
- what a chapter printed: between ``<!-- printed 03: PATTERN -->`` and ``<!-- end -->``, each on a
  line of its own, the lines of the executed solution that the regular expression matches;
- ``sheets/predict_NN.html``, a page to print: the questions of *Predict first*, and room for what
  is predicted, why, and what was measured.

With ``--check`` nothing is written: the exit status is 1 if a page would change.
"""

import argparse
import re
import sys
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from facelab.course import build, measured
from facelab.course.exercise import as_html, chapter_exercises
from facelab.course.notebook import CourseError, code_cells, read_source

COMMAND = "python -m facelab.course.teaching"
# Bloom's revised taxonomy (Anderson and Krathwohl 2001), with the verbs that this course uses.
BLOOM = {
    "remember": ("define", "identify", "list", "name"),
    "understand": ("classify", "convert", "correct", "explain", "interpret", "locate", "predict"),
    "apply": ("apply", "build", "calculate", "compute", "draw", "implement", "transform", "use"),
    "analyse": (
        "analyse",
        "compare",
        "derive",
        "discover",
        "distinguish",
        "examine",
        "fit",
        "test",
    ),
    "evaluate": ("assess", "choose", "criticise", "judge", "justify", "measure", "rank"),
    "create": ("compose", "design", "invent", "make", "plan"),
}
# Which of Bloom's classes an exercise of each level may belong to.
CLASSES = {
    "understand": ("remember", "understand"),
    "apply": ("apply",),
    "explore": ("analyse", "evaluate", "create"),
}
VAGUE = ("appreciate", "be", "become", "grasp", "know", "learn", "realise", "see", "understand")

_LINES = re.MULTILINE | re.DOTALL
_COST = re.compile(r"(<!-- cost (\d\d) -->).*?(<!-- end -->)", re.DOTALL)
_PRINTED = re.compile(r"(<!-- printed (\d\d): (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)


class TeachingError(CourseError, ValueError):
    """A page and a chapter do not fit; the message says how to mend it."""


@dataclass(frozen=True)
class Lesson:
    """What a chapter's source says to an instructor."""

    source: Path

    @property
    def number(self):
        """Two digits, as text."""
        return self.source.name[:2]

    @cached_property
    def prose(self):
        """All markdown cells as one text."""
        cells = read_source(self.source.read_text(encoding="utf-8"))
        return "\n".join(cell["source"] for cell in cells if cell["cell_type"] == "markdown")

    @property
    def title(self):
        """The chapter's only H1."""
        return re.search(r"^# (.+)$", self.prose, re.MULTILINE)[1]

    @property
    def promises(self):
        """What the learner will be able to do: the lines of the opening's list, without commas."""
        opening = self.prose.partition("you will be able to")[2].partition("\n\n")[0]
        return [" ".join(item.split()).rstrip(",.;") for item in re.split(r"\n- ", opening)[1:]]

    @property
    def questions(self):
        """What is asked in *Predict first*, one by one, each with the sentences that lead to it."""
        asked = re.search(r"^\*\*Predict first\.\*\*(.+?)(?=\n\n|\n#|\Z)", self.prose, _LINES)
        return questions_in(" ".join(asked[1].split())) if asked else []

    @property
    def sections(self):
        """Headings of the sections."""
        return re.findall(r"^## (.+)$", self.prose, re.MULTILINE)

    @property
    def exercises(self):
        """Number of each exercise to its definition; empty if the chapter defines none."""
        return chapter_exercises(self.number)


def questions_in(text):
    """The questions of a text, each with the sentences before it; "Write down ..." is none.

    Examples
    --------
    >>> questions_in("Write down two. A head turns. Who loses it? And when? You will see.")
    ['A head turns. Who loses it?', 'And when?']
    """
    sentences = re.split(r"(?<=[.?!]) (?=[A-Z])", text)
    told = " ".join(one for one in sentences if not one.startswith("Write down"))
    return [one.strip() for one in re.findall(r"[^?]+\?", told)]


def lessons(course):
    """The chapters of a course, in order."""
    return [Lesson(source) for source in course.sources()]


def read_map(course):
    """``teaching/objectives.toml``: chapter -> objective -> ``{"sections", "exercises"}``."""
    with open(course.root / "teaching" / "objectives.toml", "rb") as file:
        return tomllib.load(file)


def gaps(lesson, rows):
    """One sentence for each thing in which the map and a chapter disagree.

    Parameters
    ----------
    lesson : Lesson
        The chapter.
    rows : dict
        Its part of the map: objective to ``{"sections": [...], "exercises": {number: verb}}``.
    """
    return [
        *objective_gaps(lesson, rows),
        *exercise_gaps(lesson, rows),
        *verb_gaps(lesson, rows),
    ]


def objective_gaps(lesson, rows):
    """Objectives and sections that only the map or only the chapter has."""
    for promise in lesson.promises:
        if promise not in rows:
            yield f"Chapter {lesson.number} promises '{promise}', and the map lacks it."
        if promise.split()[0] in VAGUE:
            yield f"Chapter {lesson.number}: '{promise}' cannot be observed; begin with an action."
    for promise, row in rows.items():
        if promise not in lesson.promises:
            yield f"The map says '{promise}', and chapter {lesson.number} does not promise it."
        for section in row["sections"]:
            if section not in lesson.sections:
                yield f"The map names '{section}', which is no section of chapter {lesson.number}."


def exercise_gaps(lesson, rows):
    """Exercises that only the map or only the chapter has."""
    named = [number for row in rows.values() for number in row["exercises"]]
    for number in lesson.exercises:
        if named.count(number) != 1:
            yield f"Exercise {number} stands {named.count(number)} times in the map, not once."
    for number in named:
        if number not in lesson.exercises:
            yield f"The map names exercise {number}, and there is none."


def verb_gaps(lesson, rows):
    """Verbs that do not belong to the level of their exercise."""
    for row in rows.values():
        for number, verb in row["exercises"].items():
            level = lesson.exercises[number].level if number in lesson.exercises else None
            fitting = [word for name in CLASSES.get(level, ()) for word in BLOOM[name]]
            if level and verb not in fitting:
                yield f"'{verb}' does not fit {number} ({level}). Choose: {', '.join(fitting)}."


def bloom_class(verb):
    """The class of Bloom's taxonomy that a verb of the map belongs to."""
    return next(name for name, verbs in BLOOM.items() if verb in verbs)


def table(lesson, rows):
    """The map of one chapter as markdown."""
    head = [
        f"## Chapter {lesson.number}: {lesson.title}",
        "",
        "| You will be able to | Worked on in | Shown by | The learner will |",
        "|---|---|---|---|",
    ]
    return "\n".join(head + [line(lesson, promise, rows[promise]) for promise in lesson.promises])


def line(lesson, promise, row):
    """One objective as a row of the table."""
    shown = [f"{n} ({lesson.exercises[n].level})" for n in row["exercises"]]
    tasks = [
        f"{verb} {in_cell(lesson.exercises[number].asks)} (*{bloom_class(verb)}*)"
        for number, verb in row["exercises"].items()
    ]
    sections = ", ".join(f"*{section}*" for section in row["sections"])
    shown, tasks = shown or ["discussion"], tasks or [f"[say it](lesson_{lesson.number}.md)"]
    return f"| {' | '.join([promise, sections, '<br>'.join(shown), '<br>'.join(tasks)])} |"


def in_cell(text):
    """Text that stays in its cell of a markdown table, and shows what it says."""
    return text.replace("<", "&lt;").replace("|", "\\|")


def objectives_page(course):
    """``teaching/objectives.md``.

    Raises
    ------
    TeachingError
        If the map and the chapters disagree.
    """
    mapped, known = read_map(course), lessons(course)
    found = [gap for lesson in known for gap in gaps(lesson, mapped.get(lesson.number, {}))]
    strange = sorted(set(mapped) - {lesson.number for lesson in known})
    found += [f"The map has a chapter {number}, and there is none." for number in strange]
    if found:
        raise TeachingError("\n".join([*found, "To mend: edit teaching/objectives.toml."]))
    tables = [table(lesson, mapped[lesson.number]) for lesson in known]
    return "\n\n".join([HEAD, *tables]) + "\n"


HEAD = f"""\
# From objectives to exercises

<!-- made by {COMMAND} from the chapters and objectives.toml; do not edit -->

Each objective is a line that the chapter opens with. An exercise shows whether it was reached; its
level is the one in its heading, the verb's class is that of Bloom's revised taxonomy (Anderson and
Krathwohl 2001). "Discussion" means that no code can tell: use the questions at the end of the
lesson plan."""


SHEET = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Prediction sheet, chapter {number}: {title}</title>
<!-- made by {command} from the chapter; do not edit -->
<style>
@page {{ margin: 15mm; }}
body {{ font: 12pt/1.4 sans-serif; color: #000; max-width: 180mm; margin: auto; }}
h1 {{ font-size: 16pt; margin: 0; }}
ol {{ padding-left: 6mm; }}
li {{ margin-bottom: 7mm; break-inside: avoid; }}
table {{ width: 100%; border-collapse: collapse; table-layout: fixed; margin-top: 2mm; }}
th {{ text-align: left; font-weight: normal; font-size: 10pt; }}
td {{ border: 1px solid #000; height: {height}mm; }}
.line {{ border-bottom: 1px solid #000; height: 9mm; }}
</style>
</head>
<body>
<p>Prediction sheet, chapter {number}</p>
<h1>{title}</h1>
<p>Pair: ______________________________ Day: _______________</p>
<p>Fill in the first two fields of each question before you run anything. A guess is enough, and
nobody marks it. Fill in the third when the chapter has measured it.</p>
<ol>
{questions}
</ol>
<p>Which prediction was furthest off, and why had it seemed right?</p>
<p class="line"></p>
<p class="line"></p>
</body>
</html>
"""

QUESTION = """\
<li>{question}
<table>
<tr><th scope="col">We predict</th><th scope="col">because</th><th scope="col">Measured</th></tr>
<tr><td></td><td></td><td></td></tr>
</table>
</li>"""


def sheet(lesson):
    """The page (HTML, to print) on which a pair writes its predictions for a chapter.

    Raises
    ------
    TeachingError
        If the chapter asks for no prediction.
    """
    if not lesson.questions:
        raise TeachingError(f"Chapter {lesson.number} asks for no prediction; see the lint.")
    asked = [QUESTION.format(question=as_html(question)) for question in lesson.questions]
    return SHEET.format(
        number=lesson.number,
        title=as_html(lesson.title),
        command=COMMAND,
        height=75 // len(asked),
        questions="\n".join(asked),
    )


def printed_lines(course, number):
    """All lines that the executed solution of a chapter printed."""
    (source,) = course.sources([number])
    cells = code_cells(build.stored_solution(course, source) or {"cells": []})
    texts = ["".join(o.get("text", "")) for cell in cells for o in cell["outputs"]]
    return [line.rstrip() for text in texts for line in text.splitlines()]


def matching(course, number, pattern):
    """The lines that a chapter printed and a regular expression finds."""
    return [line for line in printed_lines(course, number) if re.search(pattern, line)]


def unprinted(course, path, text):
    """One sentence for each mark of a page whose lines the chapter does not print."""
    for _, number, pattern, _ in _PRINTED.findall(text):
        if not matching(course, number, pattern):
            yield f"{path.name}: chapter {number} prints no line like '{pattern}'."


def printed(course, number, pattern):
    """The matching lines of a chapter as a block of code."""
    return "\n".join(["```", *matching(course, number, pattern), "```", ""])


def cost(course, number):
    """Minutes and memory of a chapter, as measured."""
    (source,) = course.sources([number])
    figures = measured.read_measured(course.measured).get(source.stem)
    if not figures:
        return measured.UNMEASURED
    return f"{measured.minutes(figures)}, {measured.memory(figures)}"


def filled(course, text):
    """``text`` with everything between its marks made anew."""
    text = _COST.sub(lambda found: f"{found[1]}{cost(course, found[2])}{found[3]}", text)
    return _PRINTED.sub(
        lambda found: f"{found[1]}{printed(course, found[2], found[3])}{found[4]}", text
    )


def pages(course):
    """Dict from path to text of every page of ``teaching/``, made anew.

    Raises
    ------
    TeachingError
        If a page asks for lines that no chapter prints, if the map does not fit, or if a chapter
        asks for no prediction.
    """
    folder = course.root / "teaching"
    texts = {path: build.read(path) for path in sorted(folder.glob("*.md"))}
    if found := [gap for path, text in texts.items() for gap in unprinted(course, path, text)]:
        raise TeachingError("\n".join([*found, "Build these chapters, or mend the marks."]))
    made = {path: filled(course, text) for path, text in texts.items()}
    made |= {
        folder / "sheets" / f"predict_{lesson.number}.html": sheet(lesson)
        for lesson in lessons(course)
    }
    return made | {folder / "objectives.md": objectives_page(course)}


def main(arguments=None):
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="teaching", description="Fill the instructor's pages.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail on differences")
    parser.add_argument("--root", type=Path, default=build.ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    course = build.Course(options.root.resolve())
    try:
        made = pages(course)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    return stale(course, made) if options.check else renew(course, made)


def renew(course, made):
    """Write the pages that changed; returns 0."""
    for path, text in made.items():
        if build.write(path, text):
            print(f"wrote {path.relative_to(course.root)}")
    return 0


def stale(course, made):
    """Name the pages that would change; returns 1 if there are any."""
    found = [path for path, text in made.items() if build.read(path) != text]
    for path in found:
        print(f"{path.relative_to(course.root)} is out of date. Run: {COMMAND}", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
