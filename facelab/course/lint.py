"""The chapter contract as rules: ``python -m facelab.course.lint [NN ...]``.

Each rule is one small function of a ``Chapter`` that yields a sentence for everything that breaks
it, saying how to mend it.
"""

import argparse
import ast
import base64
import json
import re
import statistics
import sys
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path

from facelab.course import build
from facelab.course.exercise import LEVELS, UnknownExercise, chapter_exercises, find
from facelab.course.notebook import code_cells, finished_cells, make_notebook, sections, source_of

CLOSING = [
    "Measured against the truth",
    "What goes wrong",
    "Who could be hurt",
    "What you have seen",
    "Sources",
]
LICENCES = ("CC BY 4.0", "MIT")  # of prose and figures, and of code
MEDIAN_LINES, USUAL_LINES, MOST_LINES = 5, 15, 25
FEWEST_MISTAKES = 3
MOST_SECONDS, AVERAGE_SECONDS = 120, 60  # on 2 cores: the tests run each chapter twice
MOST_MB = 1500  # Binder gives 2 GB
LARGEST_NOTEBOOK = 1_500_000
FORBIDDEN_CALLS = {"plt.show", "cv2.imshow", "display", "fig.show", "figure.show"}
MACHINE_PATH = re.compile(
    r"(?<![\w.])(/home/|/Users/|/root/|/tmp/|/content/|[A-Z]:\\)|" + re.escape(str(build.ROOT))
)
PICTURE_DATA = re.compile(r"base64,[A-Za-z0-9+/=]+")
CONTROLS = {"a", "button", "input", "select", "summary", "textarea"}
RULES = []


@dataclass
class Chapter:
    """A chapter in its three forms; stored notebooks are None while they are not built."""

    name: str
    source: dict
    solution: dict | None = None
    learner: dict | None = None
    sizes: tuple = ()
    cost: dict = field(default_factory=dict)

    @cached_property
    def markdown(self):
        """Text of each markdown cell."""
        cells = self.source["cells"]
        return [source_of(cell) for cell in cells if cell["cell_type"] == "markdown"]

    @cached_property
    def opening(self):
        """All markdown before the first section."""
        return "\n".join(self.markdown).partition("\n## ")[0]

    @cached_property
    def headings(self):
        """``(level, text)`` of each markdown heading."""
        text = re.sub(r"```.*?```", "", "\n".join(self.markdown), flags=re.DOTALL)
        return [(len(found[1]), found[2].strip()) for found in _HEADING.finditer(text)]

    @cached_property
    def exercises(self):
        """Code cells tagged ``exercise``."""
        return [cell for cell in code_cells(self.source) if "exercise" in tags(cell)]

    @property
    def defined(self):
        """The exercises that are defined for this chapter."""
        return [*chapter_exercises(self.name[:2]).values()]

    @cached_property
    def outputs(self):
        """Stored outputs of the solution, as ``(number of code cell, output)``."""
        cells = code_cells(self.solution) if self.solution else []
        return [(n, output) for n, cell in enumerate(cells, 1) for output in cell["outputs"]]

    @cached_property
    def elements(self):
        """``(where, tag, attributes)`` of each HTML element that the solution shows."""
        shown = [(f"code cell {n}", output.get("data", {})) for n, output in self.outputs]
        texts = [(where, "".join(data.get("text/html", ""))) for where, data in shown]
        texts += [("prose", text) for text in self.markdown]
        return [(where, *element) for where, text in texts for element in elements(text)]


_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


def load(course, source):
    """Chapter of a source file and what was built from it."""
    header = build.costs.header_line(cost(course, source))
    cells = finished_cells(source.read_text(encoding="utf-8"), header)
    paths = [folder / f"{source.stem}.ipynb" for folder in (course.solutions, course.notebooks)]
    texts = [build.read(path) for path in paths]
    stored = [json.loads(text) if text else None for text in texts]
    sizes = tuple((p.name, len(t.encode())) for p, t in zip(paths, texts, strict=True) if t)
    return Chapter(source.stem, make_notebook(cells), *stored, sizes, cost(course, source))


def cost(course, source):
    """Measured ``seconds`` and ``peak_mb`` of a chapter; empty if it was not measured."""
    return build.costs.read_measured(course.measured).get(source.stem, {})


def tags(cell):
    """Tags of a cell."""
    return cell["metadata"].get("tags", [])


def lines(cell):
    """Number of lines of a cell that are not blank."""
    return sum(bool(line.strip()) for line in source_of(cell).splitlines())


def rule(function):
    """Add a function to ``RULES``."""
    RULES.append(function)
    return function


def broken(chapter):
    """All sentences of all rules about a chapter."""
    return [f"{chapter.name}: {sentence}" for check in RULES for sentence in check(chapter)]


@rule
def one_title(chapter):
    """One H1, in the first cell."""
    titles = [text for level, text in chapter.headings if level == 1]
    if len(titles) != 1 or not chapter.opening.startswith("# "):
        yield f"has {len(titles)} H1 headings. Begin the first cell with the only '# ' heading."


@rule
def says_what_you_will_be_able_to_do(chapter):
    """The opening lists what the learner will be able to do."""
    _, found, rest = chapter.opening.partition("you will be able to")
    if not found or not re.match(r"[^\n]*\n+- \w", rest):
        yield "opens without a list. Write 'After this chapter you will be able to' and '- ' lines."


@rule
def says_time_and_memory(chapter):
    """The opening gives measured minutes and memory."""
    found = re.search(r"\*\*Time and memory:\*\* (.*)", chapter.opening)
    if not found:
        yield "gives no time and memory. Write '**Time and memory:** {measured}' in the first cell."
    elif build.costs.UNMEASURED in found[1]:
        yield "is not measured yet. Run: python3 lab.py run NN --record"


@rule
def costs_little(chapter):
    """The measured seconds and memory are those of a laboratory and of Binder."""
    for name, most, unit in (("seconds", MOST_SECONDS, "seconds"), ("peak_mb", MOST_MB, "MB")):
        if (found := chapter.cost.get(name, 0)) > most:
            yield f"takes {found} {unit}, more than {most}. Draw less, or smaller; measure again."


@rule
def says_what_it_needs(chapter):
    """The opening says what the chapter needs."""
    if not re.search(r"\*\*Needs:\*\* \w", chapter.opening):
        yield "does not say what it needs. Write '**Needs:** ...' in the first cell."


@rule
def asks_for_a_prediction(chapter):
    """The opening asks a question."""
    if not re.search(r"\*\*Predict first\.\*\*[^#]*\?", chapter.opening):
        yield "asks for no prediction. Write '**Predict first.** ...?' before the first section."


@rule
def headings_never_skip(chapter):
    """No heading is more than one level below the one before it."""
    levels = [0] + [level for level, _ in chapter.headings]
    for (before, now), (_, text) in zip(
        zip(levels, levels[1:], strict=False), chapter.headings, strict=True
    ):
        if now > before + 1:
            yield f"skips from H{before} to H{now} at '{text}'. Use '{'#' * (before + 1)} {text}'."


@rule
def closes_in_order(chapter):
    """The closing sections are there, in their order."""
    last = [text for level, text in chapter.headings if level == 2][-len(CLOSING) :]
    if last != CLOSING:
        yield f"ends with the sections {last}. The last five must be {CLOSING}."


@rule
def says_under_which_licence(chapter):
    """The last section names the licences of prose and code."""
    sources = chapter.markdown[-1] if chapter.markdown else ""
    if any(licence not in sources for licence in LICENCES):
        yield f"does not name {' and '.join(LICENCES)} at its end. Say what is under which."


@rule
def cells_are_short(chapter):
    """Median, 90 % and most lines per code cell."""
    counts = sorted(lines(cell) for cell in code_cells(chapter.source) if "setup" not in tags(cell))
    if not counts:
        yield "has no code cells."
        return
    usual = counts[max(0, -(-9 * len(counts) // 10) - 1)]
    for limit, found, what in (
        (MEDIAN_LINES, statistics.median(counts), "the median cell"),
        (USUAL_LINES, usual, "of 90 % of the cells the longest"),
        (MOST_LINES, counts[-1], "the longest cell"),
    ):
        if found > limit:
            yield f"{what} has {found} lines, more than {limit}. Split cells: one idea in each."


@rule
def sections_can_be_resumed(chapter):
    """The first code cell of each section is tagged ``resume``."""
    for heading, cells in sections(chapter.source).items():
        first = next((cell for cell in cells if cell["cell_type"] == "code"), None)
        if first is not None and "resume" not in tags(first):
            yield (
                f"section '{heading}' cannot be resumed. Tag its first code cell 'resume' and let "
                "it import and make all that the section uses."
            )


@rule
def code_is_in_sections(chapter):
    """No code cell but the generated one stands before the first section."""
    inside = sum(len([c for c in cells if "outputs" in c]) for cells in section_cells(chapter))
    if inside != len(code_cells(chapter.source)) - 1:
        yield "has code before its first section. Begin a section ('## ') above it."


def section_cells(chapter):
    """The cells of each section."""
    return sections(chapter.source).values()


@rule
def pictures_go_through_show(chapter):
    """No other way to display a picture is used."""
    for number, cell in enumerate(code_cells(chapter.source), 1):
        for name in sorted(called(source_of(cell)) & FORBIDDEN_CALLS):
            yield f"code cell {number} calls {name}. Use show(picture, alt='...')."


def called(source):
    """Names of the functions that ``source`` calls."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return {ast.unparse(call.func) for call in calls}


@rule
def pictures_have_alt_text(chapter):
    """Every stored picture has alt text."""
    for number, output in chapter.outputs:
        data = output.get("data", {})
        if any(kind.startswith("image/") for kind in data):
            yield f"code cell {number} shows a picture without alt text. Use show(..., alt='...')."
        for alt in image_alts("".join(data.get("text/html", ""))):
            if not (alt or "").strip():
                yield f"code cell {number} has an <img> without alt. Use show(..., alt='...')."


def elements(markup):
    """``(tag, attributes)`` of each element of some HTML."""
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.append((tag, dict(attributes)))
    parser.feed(markup)
    return found


def image_alts(markup):
    """Alt text of each ``<img>`` of some HTML; None where there is none."""
    return [attributes.get("alt") for tag, attributes in elements(markup) if tag == "img"]


@rule
def moving_pictures_wait(chapter):
    """Clips have a label and controls, and none moves before it is started."""
    for where, tag, attributes in chapter.elements:
        for fault in motion_faults(tag, attributes):
            yield f"{where}: a <{tag}> {fault}. Use show_clip(frames, alt='...')."


def motion_faults(tag, attributes):
    """What is wrong with an element that moves, or could."""
    if tag in ("video", "audio"):
        yield from (f"has '{name}'" for name in ("autoplay", "loop") if name in attributes)
        if "controls" not in attributes or not (attributes.get("aria-label") or "").strip():
            yield "lacks 'controls' or 'aria-label'"
    if tag in ("marquee", "blink") or tag == "img" and animated(attributes.get("src") or ""):
        yield "moves and cannot be stopped"


def animated(address):
    """Whether a picture is one that moves by itself: GIF, or a file that says it is animated."""
    if not address.startswith("data:image/"):
        return address.partition("?")[0].lower().endswith((".gif", ".apng"))
    kind, _, data = address.partition(";base64,")
    start = base64.b64decode(data[:400] + "=" * (-len(data[:400]) % 4))
    return kind == "data:image/gif" or b"ANIM" in start or b"acTL" in start


@rule
def keyboard_reaches_everything(chapter):
    """What answers to a click is a real control, and none is left out of the tabbing order."""
    for where, tag, attributes in chapter.elements:
        clicked = "onclick" in attributes and tag not in CONTROLS
        if clicked or attributes.get("tabindex", "0") != "0":
            yield f"{where}: no key reaches a <{tag}>. Use a <button> or <summary>."


@rule
def markdown_pictures_have_alt_text(chapter):
    """Pictures in prose have alt text as well."""
    for text in chapter.markdown:
        if re.search(r"!\[\s*\]\(", text) or any(
            not (alt or "").strip() for alt in image_alts(text)
        ):
            yield f"a picture in prose has no alt text. Write ![alt](...): {text[:60]!r}"


@rule
def exercises_are_four_to_six(chapter):
    """Four to six exercises."""
    if not 4 <= len(chapter.exercises) <= 6:
        yield f"has {len(chapter.exercises)} exercises. Write four to six."


@rule
def exercises_come_at_every_level(chapter):
    """Each level occurs."""
    for level in LEVELS:
        if all(exercise.level != level for exercise in chapter.defined):
            yield f"has no exercise at the level '{level}'. Write one."


@rule
def exercise_headings_agree(chapter):
    """Above each exercise stands its number and level, and no heading names another."""
    said = [text for level, text in chapter.headings if level == 3 and "Exercise " in text]
    for exercise in chapter.defined:
        wanted = f"Exercise {exercise.number} ({exercise.level}): "
        if sum(text.startswith(wanted) for text in said) != 1:
            yield f"lacks a heading. Write one '### {wanted}...' above the exercise."
    if len(said) > len(chapter.defined):
        yield f"has {len(said)} headings for {len(chapter.defined)} exercises: {said}."


@rule
def exercises_name_three_mistakes(chapter):
    """Each exercise knows at least three typical mistakes."""
    for exercise in chapter.defined:
        if len(exercise.mistakes) < FEWEST_MISTAKES:
            yield (
                f"exercise {exercise.number} names {len(exercise.mistakes)} mistakes. Name at "
                f"least {FEWEST_MISTAKES}: what do people write there?"
            )


@rule
def exercises_are_complete(chapter):
    """Each exercise cell checks an exercise that is defined (hints and reveal are part of it)."""
    for cell in chapter.exercises:
        checked = re.findall(r'check\(\s*"(\d\d\.\d+)"', source_of(cell))
        if len(checked) != 1 or checked[0][:2] != chapter.name[:2]:
            yield f'an exercise needs one check("{chapter.name[:2]}.n", ...): {source_of(cell)!r}'
            continue
        try:
            find(checked[0])
        except UnknownExercise as error:
            place = f"facelab/course/chapters/ch{checked[0][:2]}/exercises.py"
            yield f"{error} Define it in {place}."
    if len(chapter.defined) != len(chapter.exercises):
        yield (
            f"checks {len(chapter.exercises)} exercises, and {len(chapter.defined)} are defined. "
            "Check each once."
        )


@rule
def solved_exercises_are_right(chapter):
    """The stored verdict on each of the course's own answers is "right"."""
    cells = code_cells(chapter.solution) if chapter.solution else []
    for cell in cells:
        said = json.dumps(cell["outputs"])
        if "exercise" in tags(cell) and not re.search(r"Exercise [\d.]+: right", said):
            yield f"the course's own answer is not right: {source_of(cell)!r}. Build, then mend it."


@rule
def checked_cells_hold_outputs(chapter):
    """What nbval compares was stored, else it compares nothing."""
    cells = code_cells(chapter.solution) if chapter.solution else []
    checked = [cell for cell in cells if "nbval-check-output" in tags(cell)]
    if chapter.solution and not checked:
        yield "has no checked cell. Tag a few exact results 'nbval-check-output'."
    for cell in checked:
        if not cell["outputs"] or cell["execution_count"] is None:
            yield f"a checked cell has no stored output: {source_of(cell)!r}. Print, and build."


@rule
def checked_cells_are_not_exercises(chapter):
    """An open exercise prints something else than a solved one."""
    for cell in chapter.exercises:
        if "nbval-check-output" in tags(cell):
            yield f"an exercise is tagged 'nbval-check-output': {source_of(cell)!r}. Untag it."


@rule
def no_stored_errors(chapter):
    """No stored output is an error or something on the error stream."""
    for number, output in chapter.outputs:
        if output["output_type"] == "error" and "raises-exception" not in tags(
            code_cells(chapter.solution)[number - 1]
        ):
            yield f"code cell {number} holds the error {output['ename']}. Mend the cell and build."
        if output.get("name") == "stderr":
            yield f"code cell {number} wrote to the error stream. Silence what warns there."


@rule
def learner_copy_is_clean(chapter):
    """The learner's copy holds no outputs, counts or answers."""
    for number, cell in enumerate(code_cells(chapter.learner) if chapter.learner else [], 1):
        if cell["outputs"] or cell["execution_count"] is not None:
            yield f"the learner's code cell {number} has outputs. Run: python3 lab.py build"
        if "exercise" in tags(cell) and "# your code here" not in source_of(cell):
            yield f"the learner's code cell {number} shows an answer. Run: python3 lab.py build"


@rule
def notebooks_are_built_and_light(chapter):
    """Both notebooks exist and neither is too large."""
    if chapter.solution is None or chapter.learner is None:
        yield "is not built. Run: python3 lab.py build"
    for name, size in chapter.sizes:
        if size > LARGEST_NOTEBOOK:
            yield f"{name} has {size / 1e6:.1f} MB, more than 1.5. Show fewer or smaller pictures."


@rule
def no_machine_paths(chapter):
    """Neither code, prose nor outputs name a path of the machine that made them."""
    texts = [source_of(c) for c in chapter.source["cells"] if "setup" not in tags(c)]
    texts += [text for _, output in chapter.outputs for text in strings(output)]
    for text in texts:
        if found := MACHINE_PATH.search(text):
            around = text[max(0, found.start() - 20) : found.end() + 30]
            yield f"names a path of a machine: {around!r}. Print the name of the file only."


def strings(value):
    """All text inside an output, the data of pictures cut out."""
    if isinstance(value, str):
        yield PICTURE_DATA.sub("", value)
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


def too_slow_together(course):
    """What is wrong with the average time of all chapters of a course, or nothing."""
    costs = [cost(course, source) for source in course.sources()]
    seconds = [figures["seconds"] for figures in costs if figures]
    if seconds and (average := statistics.fmean(seconds)) > AVERAGE_SECONDS:
        yield (
            f"The chapters take {average:.1f} seconds on average, more than {AVERAGE_SECONDS}. "
            "Draw less in the longest, and measure again."
        )


def main(arguments=None):
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="lint", description="Hold chapters to their contract.")
    parser.add_argument("chapters", nargs="*", metavar="NN", help="chapters, as in 03; else all")
    parser.add_argument("--root", type=Path, default=build.ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    course = build.Course(options.root.resolve())
    found = [s for path in course.sources(options.chapters) for s in broken(load(course, path))]
    found += too_slow_together(course)
    print("\n".join(found) or "The chapters keep their contract.")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
