"""Binder stops an idle kernel: every section of a chapter goes on in a new one.

For each section a kernel is started that runs the chapter's generated first cell and then this
section's cells only, as in the learner's copy. What the checked cells print must be what the
solution stores. Together this is one run of each chapter.
"""

import pytest
from fixture_course import fixture_course

from facelab.course import build
from facelab.course.execute import ChapterFailed, execute
from facelab.course.lint import tags
from facelab.course.notebook import code_cells, section_alone, sections

COURSE = build.Course()


def name_of(thing):
    return getattr(thing, "stem", None) or str(thing)


def coded_sections(course, source):
    """Headings of the sections of a chapter that hold code."""
    made = build.chapter(course, source, answers=False)
    return [name for name, cells in sections(made).items() if code_cells({"cells": cells})]


def run_section(course, source, heading):
    """Run one section of the learner's copy in a new kernel; returns its code cells as run."""
    alone = section_alone(build.chapter(course, source, answers=False), heading)
    name = f"{source.stem}, section '{heading}'"
    return code_cells(execute(alone, course.notebooks, name, lambda line: None).notebook)[1:]


def stored_section(course, source, heading):
    """The code cells of one section as the solution stores them."""
    return code_cells({"cells": sections(build.stored_solution(course, source))[heading]})


def printed(cell):
    """All text that a cell printed or shows as its value."""
    texts = [
        output.get("text", output.get("data", {}).get("text/plain", []))
        for output in cell["outputs"]
    ]
    return "".join("".join(text) for text in texts)


def differences(ran, stored):
    """What the checked cells of a section print, where that is not what is stored."""
    pairs = zip(ran, stored, strict=True)
    return [
        (printed(new), printed(old))
        for new, old in pairs
        if "nbval-check-output" in tags(old) and printed(new) != printed(old)
    ]


ALL = [
    (source, heading) for source in COURSE.sources() for heading in coded_sections(COURSE, source)
]


@pytest.mark.slow
@pytest.mark.parametrize("source, heading", ALL, ids=name_of)
def test_section_goes_on_in_a_new_kernel(source, heading):
    ran = run_section(COURSE, source, heading)
    assert differences(ran, stored_section(COURSE, source, heading)) == []


@pytest.fixture
def course(tmp_path):
    with fixture_course(tmp_path) as made:
        made.notebooks.mkdir()
        yield made


def test_every_section_with_code_is_tried(course):
    (source,) = course.sources()
    assert coded_sections(course, source) == [
        "A cloud of points",
        "Measured against the truth",
        "What goes wrong",
    ]


@pytest.mark.slow
def test_a_section_that_makes_what_it_uses_passes(course):
    (source,) = course.sources()
    ran = run_section(course, source, "Measured against the truth")
    assert len(ran) == 4 and "not done yet" in printed(ran[1])


@pytest.mark.slow
def test_a_section_that_leans_on_an_earlier_one_is_noticed(course):
    (source,) = course.sources()
    before, heading, after = source.read_text(encoding="utf-8").partition("## Measured")
    made = "points = np.random.default_rng(1).exponential(size=(30, 2))\n"
    assert made in before and made in after
    source.write_text(before + heading + after.replace(made, ""), encoding="utf-8")
    with pytest.raises(ChapterFailed, match=r"section 'Measured .*NameError: name 'points'"):
        run_section(course, source, "Measured against the truth")


def test_a_checked_cell_that_prints_something_else_is_noticed():
    stored = [checked_cell("(30, 2)"), {**checked_cell("1"), "metadata": {}}]
    assert differences([checked_cell("(30, 2)"), checked_cell("2")], stored) == []
    assert differences([checked_cell("(31, 2)"), checked_cell("1")], stored) == [
        ("(31, 2)", "(30, 2)")
    ]


def checked_cell(text):
    """A cell that is compared and printed this."""
    output = {"output_type": "stream", "name": "stdout", "text": [text]}
    return {"metadata": {"tags": ["nbval-check-output"]}, "outputs": [output]}
