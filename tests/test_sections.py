"""Binder stops an idle kernel: every section of a chapter goes on in a new one, or is noticed.

The chapters themselves are run in the stage "notebooks as run" (``facelab/course/rerun.py``); here
a small chapter is broken in each way that this run must notice.
"""

from datetime import date

import pytest
from fixture_course import built_course, fixture_course

from facelab.course import build, measured, rerun, sections
from facelab.course.execute import ChapterFailed
from facelab.course.notebook import code_cells

HEADING = "## Measured"
POINTS = "points = np.random.default_rng(1).exponential(size=(30, 2))\n"
PATH = 'exercises.__path__.append("../exercises")\n'
SECTIONS = ["A cloud of points", "Measured against the truth", "What goes wrong"]


def silent(line):
    """Take a progress line."""


@pytest.fixture
def course(tmp_path):
    with fixture_course(tmp_path) as made:
        hand_out(made)
        yield made


def hand_out(course):
    """Write the learner's copies."""
    for path, text in build.derived(course, course.sources()).items():
        build.write(path, text)


def run(course, **options):
    """Run the sections of the only chapter."""
    return sections.run_sections(course, course.sources()[0], say=silent, **options)


def lose(course, line):
    """Take a line out of the chapter's second section, where it stands a second time."""
    (source,) = course.sources()
    before, heading, after = source.read_text(encoding="utf-8").partition(HEADING)
    assert line in before and line in after
    source.write_text(before + heading + after.replace(line, ""), encoding="utf-8")
    hand_out(course)


def test_every_section_with_code_is_tried(course):
    made = build.chapter(course, course.sources()[0], answers=False)
    assert sections.coded_sections(made) == SECTIONS
    sources = [cell["source"] for cell in code_cells(sections.forgetful(made))]
    assert sources.count([sections.FORGET]) == sources.count(["import sys"]) == 3
    wanted = [cell["source"] for cell in code_cells(made)[1:]]
    assert [c["source"] for c in sections.own_cells(sections.forgetful(made))] == wanted


@pytest.mark.slow
@pytest.mark.parametrize("restart", [False, True], ids=["forgets", "restarts"])
def test_sections_that_make_what_they_use_pass(course, restart):
    ran = run(course, restart=restart)
    assert len(ran) == 12
    assert sum("not done yet" in sections.printed(cell) for cell in ran) == 4


@pytest.mark.slow
@pytest.mark.parametrize("restart", [False, True], ids=["forgets", "restarts"])
def test_a_section_that_leans_on_a_name_of_an_earlier_one_is_noticed(course, restart):
    lose(course, POINTS)
    with pytest.raises(ChapterFailed, match="NameError: name 'points'"):
        run(course, restart=restart)


@pytest.mark.slow
def test_what_a_section_left_in_a_module_only_a_new_kernel_notices(course):
    lose(course, PATH)
    assert len(run(course)) == 12
    with pytest.raises(ChapterFailed, match=r"section 'Measured .*91\.3"):
        run(course, restart=True)


def test_a_checked_cell_that_prints_something_else_is_noticed():
    stored = [checked_cell("(30, 2)"), {**checked_cell("1"), "metadata": {}}]
    assert sections.differences([checked_cell("(30, 2)"), checked_cell("2")], stored) == []
    (told,) = sections.differences([checked_cell("(31, 2)"), checked_cell("1")], stored)
    assert told == "'points.shape' prints '(31, 2)', and '(30, 2)' is stored."


def checked_cell(text):
    """A cell that is compared and printed this."""
    output = {"output_type": "stream", "name": "stdout", "text": [text]}
    checked = {"tags": ["nbval-check-output"]}
    return {"metadata": checked, "outputs": [output], "source": ["points.shape"]}


# Both copies of all chapters


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    with built_course(tmp_path_factory.mktemp("rerun")) as made:
        yield made


def again(course, *words):
    return rerun.main(["--root", str(course.root), *words])


@pytest.mark.slow
def test_a_chapter_that_is_as_stored_passes_in_both_copies(built, capsys):
    assert again(built) == 0
    told = capsys.readouterr().out
    assert "A new kernel for each section: chapter 91." in told
    assert told.count("passed") == 2 and "91_fixture, solution" in told


@pytest.mark.slow
def test_a_stored_number_that_is_not_printed_fails_both_copies(built, capsys):
    path = built.solutions / "91_fixture.ipynb"
    text = path.read_text(encoding="utf-8")
    assert '"(30, 2)"' in text
    path.write_text(text.replace('"(30, 2)"', '"(31, 2)"'), encoding="utf-8")
    try:
        assert again(built) == 1
    finally:
        path.write_text(text, encoding="utf-8")
    told = capsys.readouterr().out
    assert told.count("FAILED") >= 2 and "'(31, 2)' is stored" in told
    assert "Cell outputs differ" in told


# Which chapter, and in which order


def three(tmp_path):
    """A course of three chapters, one of which has not been measured."""
    course = build.Course(tmp_path)
    course.solutions.mkdir()
    for name in ("01_a", "02_b", "03_c"):
        (course.solutions / f"{name}.py").touch()
    seconds = {"01_a": {"seconds": 20.0}, "02_b": {"seconds": 90.0}}
    measured.write_measured(course.measured, seconds)
    return course


def test_the_longest_chapter_is_run_first_and_an_unknown_one_before_it(tmp_path):
    names = [job.name.partition(":")[0] for job in rerun.jobs(three(tmp_path), ["02"])]
    order = ["03_c", "02_b", "01_a"]
    assert names == [f"{n}, {copy}" for n in order for copy in ("solution", "learner's copy")]


def test_only_the_chosen_chapter_gets_a_kernel_per_section(tmp_path):
    jobs = rerun.jobs(three(tmp_path), ["02"])
    assert ["--restart" in job.arguments for job in jobs] == [False] * 3 + [True] + [False] * 2


def test_chapters_take_turns_by_the_day(tmp_path):
    sources = three(tmp_path).sources()
    days = [date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 1)]
    assert {rerun.in_turn(sources, day) for day in days} == {"01", "02", "03"}


@pytest.mark.parametrize(
    "words, numbers",
    [(["--restart", "02"], ["02"]), (["--thorough"], ["01", "02", "03"])],
    ids=str,
)
def test_which_chapters_are_restarted_can_be_said(tmp_path, monkeypatch, capsys, words, numbers):
    heard = []
    monkeypatch.setattr(rerun, "rerun", lambda course, restarted: heard.append(restarted) or True)
    assert again(three(tmp_path), *words) == 0
    assert heard == [numbers]
    assert f"chapter {', '.join(numbers)}." in capsys.readouterr().out


def test_a_chapter_that_is_not_there_is_told(tmp_path, capsys):
    assert again(three(tmp_path), "--restart", "07") == 1
    assert "No chapter 07" in capsys.readouterr().err


def test_a_course_without_chapters_proves_nothing(tmp_path, capsys):
    assert again(build.Course(tmp_path)) == 1
    assert "nothing would be proved" in capsys.readouterr().err
