"""The build of notebooks from their source, and running them."""

import json

import pytest
from fixture_course import built_course, fixture_course

from facelab.course import build, measured, notebook, run
from facelab.course.execute import ChapterFailed, execute


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    with built_course(tmp_path_factory.mktemp("built")) as made:
        yield made


@pytest.fixture
def fresh(tmp_path):
    with fixture_course(tmp_path) as made:
        yield made


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


@pytest.mark.slow
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


@pytest.mark.parametrize(
    "there, told",
    [
        (["01_a"], "Chapters 02 to 15 are planned"),
        (["01_a", "03_c"], "Chapters 04 to 15 are planned"),
        (["14_n"], "Chapter 15 is planned"),
    ],
)
def test_chapters_that_are_still_to_come_are_called_planned(there, told):
    table = measured.chapter_table(dict.fromkeys(there, "A title"), {}, str)
    assert f"|\n\n{told}" in table


def test_nothing_is_planned_once_the_last_chapter_is_there():
    assert "planned" not in measured.chapter_table({"15_o": "A title"}, {}, str)


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


@pytest.mark.slow
def test_the_learner_s_copy_runs_to_its_end(course, capsys):
    arguments = ["--root", str(course.root), "--copy", "notebooks", "--out"]
    assert run.main([*arguments, str(course.root / "open")]) == 0
    told = capsys.readouterr().out
    assert "91 cell  13/13" in told and "MB at the peak" in told
    page = (course.root / "open" / "91_fixture.html").read_text()
    assert page.count("not done yet") == 4 and "Show the answer" in page


@pytest.mark.slow
def test_a_cell_that_fails_is_named_with_its_error(tmp_path):
    broken = notebook.make_notebook([cell("x = 1"), cell("x / 0  # here")])
    with pytest.raises(ChapterFailed, match=r"zz: code cell 2 \(x / 0  # here\) .*ZeroDivision"):
        execute(broken, tmp_path, "zz", lambda line: None)


@pytest.mark.slow
def test_run_fails_when_a_cell_fails(fresh, capsys):
    path = fresh.sources()[0]
    path.write_text(path.read_text().replace("points.shape", "points.shap"))
    assert run.main(["--root", str(fresh.root), "--out", str(fresh.root / "out")]) == 1
    assert "code cell 3 (points.shap) stopped with AttributeError" in capsys.readouterr().err
    assert "AttributeError" in (fresh.root / "out" / "91_fixture.html").read_text()


@pytest.mark.slow
def test_build_fails_in_one_sentence_when_a_cell_fails(fresh, capsys):
    path = fresh.sources()[0]
    path.write_text(path.read_text().replace("points.shape", "points.shap"))
    assert build.main(["--root", str(fresh.root)]) == 1
    told = capsys.readouterr().err
    assert told.startswith("91_fixture: code cell 3 (points.shap) stopped with AttributeError")
    assert told.count("\n") == 1


@pytest.mark.slow
def test_peak_memory_is_that_of_the_kernel(tmp_path):
    def peak(source):
        made = notebook.make_notebook([cell(f"import time; {source}; time.sleep(.3)")])
        return execute(made, tmp_path, "zz", lambda line: None).peak_mb

    small, large = peak("1"), peak("block = b'1' * 10**8")
    assert 80 < large - small < 130


def test_a_write_that_is_broken_off_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "it.ipynb"
    assert build.write(path, "old") and not build.write(path, "old")

    def half(self, text, **_):
        self.open("w").write(text[:1])
        raise OSError("no space left")

    monkeypatch.setattr(type(path), "write_text", half)
    with pytest.raises(OSError):
        build.write(path, "new")
    assert path.read_bytes() == b"old"
