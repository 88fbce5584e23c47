"""Pictures with alt text, exercises, and the build of notebooks from their source."""

import importlib
import inspect
import io
import json
import pkgutil
import re
import time

import numpy as np
import pytest
from fixture_course import built_course, fixture_course
from PIL import Image

from facelab.course import (
    build,
    check,
    exercises,
    figures,
    hint,
    measured,
    notebook,
    plt,
    run,
    show,
)
from facelab.course.execute import ChapterFailed, execute
from facelab.course.exercise import (
    OPEN,
    RIGHT,
    WRONG,
    Exercise,
    Mistake,
    UnknownExercise,
    alike,
    find,
    judge,
    reveal,
    unfold_hints,
)

GREY = np.full((8, 8, 3), 128, np.uint8)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    with built_course(tmp_path_factory.mktemp("built")) as made:
        yield made


@pytest.fixture
def fresh(tmp_path):
    with fixture_course(tmp_path) as made:
        yield made


@pytest.fixture
def displayed(monkeypatch):
    """What was displayed, as a list."""
    seen = []
    monkeypatch.setattr("IPython.display.display", lambda what, raw=False: seen.append(what))
    return seen


# Pictures


@pytest.mark.parametrize("alt", ["", "  \n", None])
def test_show_refuses_a_picture_without_alt_text(alt):
    with pytest.raises(figures.AltTextMissing, match="Say what is to be seen"):
        show(GREY, alt=alt)


def test_show_writes_escaped_alt_text_and_caption(displayed):
    show(GREY, alt='A "grey" square', caption="5 < 6")
    markup = displayed[0]["text/html"]
    assert 'alt="A &quot;grey&quot; square"' in markup and "5 &lt; 6</figcaption>" in markup
    assert displayed[0]["text/plain"] == 'A "grey" square\n5 < 6'


def test_show_keeps_every_pixel_of_a_small_picture(displayed):
    picture = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    mime, data = figures.encode(figures.compose(picture))
    assert mime == "image/png" and np.array_equal(np.asarray(open_bytes(data)), picture)


def open_bytes(data):
    return Image.open(io.BytesIO(data))


def test_show_makes_large_photographs_small():
    noise = np.random.default_rng(0).normal(128, 20, (300, 300, 3)).astype(np.uint8)
    large = Image.fromarray(noise).resize((3000, 2000))
    mime, data = figures.encode(large)
    assert mime == "image/webp" and len(data) < 400_000
    assert max(open_bytes(data).size) == figures.LARGEST_SIDE


def test_show_closes_the_figure_it_shows(displayed):
    figure, _ = plt.subplots()
    show(figure, alt="An empty plot")
    assert not plt.fignum_exists(figure.number) and displayed


def test_grid_puts_pictures_in_rows_under_their_titles():
    red, blue = (np.full((40, 40, 3), c, np.uint8) for c in ([255, 0, 0], [0, 0, 255]))
    made = np.asarray(figures.compose([red, blue, red], ["a", "b", "c"], columns=2))
    step = 40 + figures.TITLE_HEIGHT + figures.GAP
    assert made.shape == (2 * step - figures.GAP, 2 * 40 + figures.GAP, 3)
    assert tuple(made[figures.TITLE_HEIGHT, 0]) == (255, 0, 0)
    assert tuple(made[figures.TITLE_HEIGHT, 40 + figures.GAP]) == (0, 0, 255)
    assert made[: figures.TITLE_HEIGHT, :40].min() < 128, "a title is drawn in dark letters"


def test_titles_are_part_of_the_alt_text():
    assert figures.required_alt("Two faces.", ["A", "B"]) == "Two faces. Titles: A; B."


@pytest.mark.parametrize(
    "wrong",
    [GREY / 255, GREY[:, :, :2], np.zeros((0, 4, 3), np.uint8), "face.png", [], [GREY, None]],
)
def test_show_refuses_what_is_not_a_picture(wrong):
    with pytest.raises(figures.NotAPicture):
        show(wrong, alt="A face")


def test_show_refuses_titles_that_do_not_match():
    with pytest.raises(figures.NotAPicture, match="2 pictures need as many titles"):
        show([GREY, GREY], alt="Two squares", titles=["one"])


def luminance(colour):
    """Relative luminance of an sRGB colour, WCAG 2.2."""
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def test_lines_differ_by_more_than_colour():
    cycle = list(plt.rcParams["axes.prop_cycle"])
    assert len({style["color"] for style in cycle}) == len(cycle) == 7
    assert len({str(style["linestyle"]) for style in cycle}) == len(cycle)
    assert all(1.05 / (luminance(style["color"]) + 0.05) > 2 for style in cycle), "seen on white"


# Exercises


def known_modules():
    found = pkgutil.iter_modules(exercises.__path__)
    return [importlib.import_module(f"{exercises.__name__}.{module.name}") for module in found]


def all_exercises():
    return [exercise for module in known_modules() for exercise in module.EXERCISES]


@pytest.fixture
def small(fresh):
    return [find(number) for number in ("91.1", "91.2", "91.3")]


def test_the_answer_is_right_and_a_mistake_is_explained(small):
    corner, centre, _ = small
    assert judge(corner, 48, {}) == (RIGHT, corner.reveal)
    assert judge(corner, 49, {}) == (WRONG, corner.mistakes[0].says)
    assert judge(centre, centre.answer, {}) == (RIGHT, centre.reveal)
    assert judge(centre, lambda points: points.mean(), {}) == (WRONG, centre.mistakes[1].says)


@pytest.mark.parametrize(
    "attempt, says",
    [
        (lambda points: points.nonsense, "stopped with AttributeError"),
        (lambda: 1, "stopped with TypeError"),
        (lambda points: None, "has it a 'return'"),
        (lambda points: "here", "gives a str where an array of shape"),
        (lambda points: points, "shape \\(7, 2\\) where an array of shape \\(2,\\)"),
        (lambda points: points[0], "its value is not the mean of the points"),
        (3.5, "A function is asked for, and this is a float"),
    ],
)
def test_a_wrong_attempt_is_told_what_is_wrong(small, attempt, says):
    state, message = judge(small[1], attempt, {})
    assert state == WRONG and re.search(says, message)


@pytest.mark.parametrize("attempt", [..., lambda points: ...])
def test_an_open_exercise_goes_on_with_the_course_s_answer(small, displayed, attempt):
    assert check("91.2", attempt) is small[1].answer
    assert displayed[0].state == OPEN and "not done yet" in repr(displayed[0])
    assert check("91.1", ...) == 48


def test_a_right_attempt_is_what_the_chapter_goes_on_with(small, displayed):
    def mine(points):
        return points.sum(axis=0) / len(points)

    assert check("91.2", mine) is mine
    assert "<details>" not in displayed[0]._repr_html_()


def test_a_wrong_attempt_cannot_spoil_the_probes(small):
    def spoils(points):
        points[:] = 0
        return points.mean(axis=0)

    assert judge(small[1], spoils, {})[0] == WRONG


def test_given_values_reach_the_answer(small):
    def doubled(number):
        """Twice the number."""
        return 2 * number

    exercise = Exercise("91.9", "twice", doubled, ["a", "b", "c"], "so", [Mistake(id, "no")])
    assert judge(exercise, 8, {"number": 4})[0] == RIGHT


def test_hints_come_one_by_one_and_then_the_answer(small, capsys):
    for which in (1, 2, 3, 3):
        hint("91.3")
        assert f"Hint {which} of 3: {small[2].hints[which - 1]}" in capsys.readouterr().out
    hint("91.3", 1)
    assert "Hint 1" in capsys.readouterr().out
    reveal("91.2")
    told = capsys.readouterr().out
    assert "return points.mean(axis=0)" in told and "answer:" not in told
    with pytest.raises(ValueError, match="hints 1, 2 and 3"):
        hint("91.3", 4)


def test_each_hint_unfolds_inside_the_one_before(small):
    markup = unfold_hints(small[0])
    order = [markup.index(text) for text in (*small[0].hints, "Show the answer", "return 48")]
    assert order == sorted(order) and "</details>" not in markup[: order[-1]]


def test_an_unknown_number_names_the_known_ones(small):
    with pytest.raises(UnknownExercise, match="Known: 91.1, 91.2, 91.3"):
        check("91.7", 1)
    with pytest.raises(UnknownExercise, match="Known: none"):
        check("99.1", 1)


def test_an_exercise_without_help_is_refused():
    with pytest.raises(ValueError, match="three hints"):
        Exercise("91.9", "x", find, ["one"], "so", [Mistake(find, "no")])
    with pytest.raises(ValueError, match="make it a def"):
        Exercise("91.9", "x", lambda: 1, ["a", "b", "c"], "so", [Mistake(find, "no")])


@pytest.mark.parametrize(
    "got, wanted, agree",
    [
        (1, 1.0, True),
        (1 + 1e-9, 1, True),
        (1.1, 1, False),
        (True, 1, False),
        (np.float32(2), 2, True),
        ([1, 2], np.array([1, 2]), True),
        (np.zeros((2, 1)), np.zeros(2), False),
        ("a", "a", True),
        ("1", 1, False),
        ([], [], True),
        (None, None, True),
        (None, 0, False),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"b": 1}, False),
        ((np.zeros(2), "x"), (np.zeros(2), "x"), True),
        ((np.zeros(2), np.zeros(3)), (np.zeros(2), np.zeros(3)), True),
        ((np.zeros(2),), (np.zeros(2), np.zeros(3)), False),
        (float("nan"), float("nan"), True),
    ],
)
def test_results_are_compared_by_value(got, wanted, agree):
    assert alike(got, wanted, 1e-6) is agree


def tried_without_chapter():
    """Exercises that can be tried without their chapter."""
    found = all_exercises()
    return [e for e in found if e.probes or not inspect.signature(e.answer).parameters]


def attempt_of(exercise, function):
    """What a learner who wrote ``function`` hands to ``check``."""
    return function if exercise.probes else function()


@pytest.mark.parametrize("exercise", tried_without_chapter(), ids=lambda exercise: exercise.number)
def test_every_exercise_of_the_course_works(exercise):
    began = time.perf_counter()
    assert judge(exercise, attempt_of(exercise, exercise.answer), {})[0] == RIGHT
    assert time.perf_counter() - began < 1, "a check answers within a second"
    for mistake in exercise.mistakes:
        attempt = attempt_of(exercise, mistake.wrong)
        assert judge(exercise, attempt, {}) == (WRONG, mistake.says)
    assert judge(exercise, ..., {})[0] == OPEN


# From source to notebooks


def cell(source, **more):
    return {"cell_type": "code", "source": source, "tags": [], **more}


@pytest.mark.parametrize(
    "answer, given, line",
    [
        ("    x = 1\n    return x\n", "", "return ..."),
        ("a = 1\nguess = a + 1\n", "", "guess = ..."),
        ("points[30] = 0\n", "points[30] = ...", "points[30] = ..."),
    ],
)
def test_the_open_line_follows_from_the_answer(answer, given, line):
    assert notebook.open_line(answer, given) == line + notebook.OPEN_COMMENT


def test_an_answer_without_an_open_line_is_refused():
    with pytest.raises(notebook.SourceError, match="neither 'return x' nor 'name = x'"):
        notebook.open_line("print(1)\n", "")


@pytest.mark.parametrize(
    "source",
    [
        '# %% [markdown]\n# # A\n\n# %% tags=["exercise"]\nx = 1\n',
        '# %% [markdown]\n# # A\n\n# %% tags=["exercise"]\n# answer:\nx = 1\n',
        "# %% [markdown]\n# # A\n\n# %%\n# answer:\nx = 1\n# end answer\n",
    ],
)
def test_broken_answer_marks_are_refused(source):
    with pytest.raises(notebook.SourceError, match="Mend this cell"):
        notebook.finished_cells(source)


def test_answers_are_taken_out_and_stay_in():
    source = "def f(x):\n    # answer:\n    y = x\n    return y\n    # end answer\n\nf(1)"
    assert notebook.unmark_answers(source) == "def f(x):\n    y = x\n    return y\n\nf(1)"
    assert notebook.take_answers_out(source) == (
        "def f(x):\n    return ...  # your code here\n\nf(1)"
    )


def test_taught_source_is_written_with_a_short_docstring():
    written = notebook.fill_sources("import x\n# source: facelab.course.notebook.taught_source\n1")
    assert written.startswith('import x\ndef taught_source(name):\n    """Source of the function')
    assert "Raises" not in written and written.endswith("\n\n1")


def test_taught_source_that_is_not_there_is_refused():
    with pytest.raises(notebook.SourceError, match="Name an importable function"):
        notebook.taught_source("facelab.course.notebook.nothing")


def test_ids_come_from_content_and_differ_for_equal_cells():
    ids = notebook.cell_ids([cell("1"), cell("2"), cell("1")])
    assert len(set(ids)) == 3 and ids[2] == f"{ids[0]}-2"
    assert ids[1] == notebook.cell_ids([cell("2")])[0]


def test_the_kernel_is_the_one_that_is_registered():
    for file in ("lab.py", "binder/postBuild"):
        text = (build.ROOT / file).read_text(encoding="utf-8")
        assert notebook.KERNEL["name"] in text and notebook.KERNEL["display_name"] in text, file


def test_build_is_the_same_twice_and_check_agrees(course, capsys):
    before = {path: path.read_bytes() for path in course.root.rglob("*.ipynb")}
    build.build(course)
    assert capsys.readouterr().out == "", "nothing is executed or written again"
    assert {path: path.read_bytes() for path in course.root.rglob("*.ipynb")} == before
    assert build.differences(course) == []


def test_both_copies_and_the_index_are_valid_notebooks(course):
    import nbformat

    for path in [*course.solutions.glob("*.ipynb"), *course.notebooks.glob("*.ipynb")]:
        nbformat.validate(nbformat.read(path, as_version=4))
    index = (course.notebooks / "index.ipynb").read_text()
    assert "[A chapter to test the machinery on](91_fixture.ipynb) | under 1 minute | 0." in index


def test_the_learner_s_copy_has_neither_answers_nor_outputs(course):
    text = (course.notebooks / "91_fixture.ipynb").read_text()
    assert "corner = 48" not in text and "corner = ...  # your code here" in text
    made = json.loads(text)
    assert all(cell["outputs"] == [] for cell in notebook.code_cells(made))


@pytest.mark.parametrize(
    "file, old, new, told",
    [
        ("solutions/91_fixture.py", "Nobody.", "Somebody.", "notebooks/91_fixture.ipynb is out"),
        (
            "solutions/91_fixture.py",
            "size=(30, 2)",
            "size=(31, 2)",
            "solutions/91_fixture.ipynb is",
        ),
        ("notebooks/91_fixture.ipynb", '"id": "', '"id": "x', "notebooks/91_fixture.ipynb is out"),
        ("solutions/91_fixture.ipynb", '"display_name"', '"display_nam"', "solutions/91_fixture"),
        ("solutions/91_fixture.ipynb", '"execution_count": 4', '"execution_count": null', "cell 4"),
        ("notebooks/index.ipynb", "A chapter", "The chapter", "notebooks/index.ipynb is out"),
        ("solutions/measured.json", "Linux", "Plan 9", "notebooks/91_fixture.ipynb is out"),
    ],
)
def test_check_notices_every_difference(course, capsys, file, old, new, told):
    path = course.root / file
    before = path.read_text(encoding="utf-8")
    assert old in before
    try:
        path.write_text(before.replace(old, new), encoding="utf-8", newline="\n")
        assert build.main(["--root", str(course.root), "--check"]) == 1
    finally:
        path.write_text(before, encoding="utf-8", newline="\n")
    assert told in capsys.readouterr().err


def test_check_notices_missing_and_stray_notebooks(course):
    path, stray = course.solutions / "91_fixture.ipynb", course.notebooks / "77_gone.ipynb"
    kept = path.read_text(encoding="utf-8")
    path.unlink()
    stray.write_text(kept)
    found = build.differences(course)
    stray.unlink()
    path.write_text(kept, encoding="utf-8", newline="\n")
    assert "solutions/91_fixture.ipynb is missing." in [f.replace("\\", "/") for f in found]
    assert "has no source" in found[-1]


def test_check_notices_that_taught_code_drifted(course, monkeypatch):
    monkeypatch.setattr(notebook, "taught_source", lambda name: "def drifted():\n    return 1")
    monkeypatch.setattr(notebook, "_refuse_broken_markers", lambda cell: None)
    assert len(build.differences(course)) == 2


def test_prose_alone_does_not_execute_a_chapter_again(course, monkeypatch):
    path = course.solutions / "91_fixture.py"
    before = path.read_text()
    path.write_text(before.replace("Nobody.", "Nobody at all."))
    try:
        made = build.solution(course, path)
        assert "Nobody at all." in notebook.dump(made) and build.unexecuted(made) == []
    finally:
        path.write_text(before)


def test_an_unknown_chapter_is_told_in_one_sentence(fresh, capsys):
    for command in (build, run):
        assert command.main(["--root", str(fresh.root), "42"]) == 1
        assert "No chapter 42 in solutions/. There are: 91." in capsys.readouterr().err


def test_the_readme_table_is_filled(fresh):
    marks = f"# Course\n{measured.BEGIN}\nold\n{measured.END}\nmore\n"
    fresh.readme.write_text(marks)
    told = build.filled_readme(fresh)
    assert "| 91 | [A chapter to test the machinery on](notebooks/91_fixture.ipynb) |" in told
    assert "old" not in told and told.endswith(f"{measured.END}\nmore\n")


def test_a_section_can_be_cut_out(fresh):
    whole = build.chapter(fresh, fresh.sources()[0], answers=True)
    alone = notebook.section_alone(whole, "What goes wrong")
    assert len(notebook.code_cells(alone)) == 3 and len(notebook.sections(whole)) == 6


# Running


def test_run_writes_notebook_page_and_figures(course):
    assert {path.name for path in (course.root / "runs").iterdir()} == {
        "91_fixture.ipynb",
        "91_fixture.html",
    }
    assert "Thirty points crowd" in (course.root / "runs" / "91_fixture.html").read_text()
    figures = measured.read_measured(course.measured)["91_fixture"]
    assert 0 < figures["seconds"] < 300 and 30 < figures["peak_mb"] < 2000


def test_the_learner_s_copy_runs_to_its_end(course, capsys):
    arguments = ["--root", str(course.root), "--copy", "notebooks", "--out"]
    assert run.main([*arguments, str(course.root / "open")]) == 0
    told = capsys.readouterr().out
    assert "91 cell  12/12" in told and "MB at the peak" in told
    page = (course.root / "open" / "91_fixture.html").read_text()
    assert page.count("not done yet") == 3 and "Show the answer" in page


def test_a_cell_that_fails_is_named_with_its_error(tmp_path):
    broken = notebook.make_notebook([cell("x = 1"), cell("x / 0  # here")])
    with pytest.raises(ChapterFailed, match=r"zz: code cell 2 \(x / 0  # here\) .*ZeroDivision"):
        execute(broken, tmp_path, "zz", lambda line: None)


def test_run_fails_when_a_cell_fails(fresh, capsys):
    path = fresh.sources()[0]
    path.write_text(path.read_text().replace("points.shape", "points.shap"))
    assert run.main(["--root", str(fresh.root), "--out", str(fresh.root / "out")]) == 1
    assert "code cell 3 (points.shap) stopped with AttributeError" in capsys.readouterr().err
    assert "AttributeError" in (fresh.root / "out" / "91_fixture.html").read_text()


def test_build_fails_in_one_sentence_when_a_cell_fails(fresh, capsys):
    path = fresh.sources()[0]
    path.write_text(path.read_text().replace("points.shape", "points.shap"))
    assert build.main(["--root", str(fresh.root)]) == 1
    told = capsys.readouterr().err
    assert told.startswith("91_fixture: code cell 3 (points.shap) stopped with AttributeError")
    assert told.count("\n") == 1


def test_peak_memory_is_that_of_the_kernel(tmp_path):
    def peak(source):
        made = notebook.make_notebook([cell(f"import time; {source}; time.sleep(.3)")])
        return execute(made, tmp_path, "zz", lambda line: None).peak_mb

    small, large = peak("1"), peak("block = b'1' * 10**8")
    assert 80 < large - small < 130
