"""What contributors are told is true: the table of made files, the template, citation and forms."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from datetime import date
from importlib.util import find_spec, module_from_spec, spec_from_file_location

import pytest
import yaml

import lab
from facelab.course import build, template
from facelab.course.bootstrap import REPOSITORY
from facelab.course.exercise import RIGHT, WRONG, judge

ROOT = build.ROOT
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
ASKED = ("chapter", "cell", "platform", "expected", "got")


def section(title):
    """Text of a section of CONTRIBUTING.md."""
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)[1]


def table(text):
    """Cells of the rows of a markdown table, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


# What is made from what

MADE = table(section("What is made from what"))
PATTERNS = [path for row in MADE for path in re.findall(r"`([^`]+)`", row[0])]
KEPT = [pattern for pattern in PATTERNS if not pattern.startswith("out/")]


def commands_of_lab():
    """Names of the commands that lab.py has."""
    actions = lab.parser()._subparsers._group_actions
    return {name for action in actions for name in action.choices}


def works(command):
    """Whether the program that a command line calls exists."""
    words = command.split()
    if words[:2] == ["python3", "lab.py"]:
        return words[2] in commands_of_lab()
    if words[:2] == ["python", "-m"]:
        return find_spec(words[2]) is not None
    return words[0] == "python" and (ROOT / words[1]).is_file()


@pytest.mark.parametrize("pattern", KEPT)
def test_a_made_file_exists(pattern):
    assert list(ROOT.glob(pattern))


def test_every_command_of_the_table_exists():
    named = [command for row in MADE for command in re.findall(r"`([^`]+)`", row[2])]
    assert len(named) >= len(MADE)
    assert [command for command in named if not works(command)] == []


@pytest.mark.parametrize(
    "command", ["python3 lab.py fly", "python -m facelab.fly", "python fly.py", "make"]
)
def test_a_command_that_does_not_exist_is_noticed(command):
    assert not works(command)


def tracked():
    """Paths that git keeps, or would keep."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("this copy of the course is no git repository")
    return [ROOT / line for line in done.stdout.splitlines()]


def test_every_made_file_stands_in_the_table():
    explained = {path for pattern in KEPT for path in ROOT.glob(pattern)}
    made = {p for p in tracked() if p.suffix in (".ipynb", ".npz", ".jpg", ".png", ".webp")}
    made |= {p for p in tracked() if p.match("requirements*.txt")}
    missing = sorted(str(path.relative_to(ROOT)) for path in made - explained if path.exists())
    assert not missing, f"Name in CONTRIBUTING.md how these are made: {missing}"


def test_every_stage_of_the_tests_is_explained():
    explained = [row[0] for row in table(section("The tests, and what each stage proves"))]
    assert explained == [name for name, _ in lab.stages(fast=False)]


@pytest.mark.slow
def test_the_code_of_the_scoreboard_runs(monkeypatch):
    """The example, on one small case and with a method that copies the target."""
    from facelab.measure import calibration, swap

    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    few = list(swap.cases(pairs=1))
    monkeypatch.setattr(swap, "cases", lambda: few)
    printed = []
    names = {"my_method": lambda target, source: target, "print": printed.append}
    exec(compile(code, "CONTRIBUTING.md", "exec"), names)
    (text,) = printed
    assert "\nmy method " in text
    assert all(f"\n{row} " in text for row in calibration.calibration(few[0], few[0].scene))


def test_links_lead_somewhere():
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", PAGE):
        assert (ROOT / target).exists(), target


# The template


@pytest.fixture
def scratch(tmp_path):
    """The course without its chapters."""
    for name in ("facelab", "templates"):
        shutil.copytree(
            ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.nb?", "__py*")
        )
    (tmp_path / "datasets").mkdir()
    for name in ("requirements.txt", "datasets/face_model.npz"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    for file in (tmp_path / "facelab" / "course" / "exercises").glob("ch*.py"):
        file.unlink()
    for folder in (tmp_path / "facelab" / "course" / "chapters").glob("ch*"):
        shutil.rmtree(folder)
    return tmp_path


def python_in(folder, *arguments):
    """Run the course that lies in ``folder``."""
    variables = {**os.environ, "PYTHONPATH": str(folder), "FACELAB_PROGRESS": ""}
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_template_runs_and_keeps_the_contract(scratch):
    told = python_in(scratch, "facelab.course.template", "99", "a_new_topic")
    assert "wrote solutions/99_a_new_topic.py" in told.replace("\\", "/")
    told = python_in(scratch, "facelab.course.run", "99", "--record", "--out", str(scratch / "out"))
    assert "99_a_new_topic: " in told
    python_in(scratch, "facelab.course.build")
    assert "agree with their sources" in python_in(scratch, "facelab.course.build", "--check")
    assert "keep their contract" in python_in(scratch, "facelab.course.lint", "99")
    learner = (scratch / "notebooks" / "99_a_new_topic.ipynb").read_text(encoding="utf-8")
    assert "# your code here" in learner and "NN." not in learner


def template_exercises():
    """The template's exercises, as they are."""
    path = ROOT / "templates" / "exercises" / "chNN.py"
    spec = spec_from_file_location("chNN", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.EXERCISES


@pytest.mark.parametrize("exercise", template_exercises(), ids=lambda exercise: exercise.number)
def test_the_template_shows_how_mistakes_are_told(exercise):
    assert judge(exercise, exercise.answer, {}) == (RIGHT, exercise.reveal)
    assert len(exercise.mistakes) >= 3
    for mistake in exercise.mistakes:
        assert judge(exercise, mistake.wrong, {}) == (WRONG, mistake.says)


@pytest.fixture
def small(tmp_path):
    shutil.copytree(ROOT / "templates", tmp_path / "templates")
    return build.Course(tmp_path)


def test_the_number_is_filled_in_everywhere(small):
    for path in template.begin(small, "98", "light"):
        text = path.read_text(encoding="utf-8")
        assert "NN" not in text and "98" in text


@pytest.mark.parametrize("number, name", [("9", "light"), ("98", "Light"), ("98", "../light")])
def test_a_chapter_with_a_strange_name_is_refused(small, number, name):
    with pytest.raises(template.TemplateError, match="two digits and a name in lower case"):
        template.begin(small, number, name)


def test_a_number_that_is_taken_is_refused(small, capsys):
    root = ["--root", str(small.root)]
    assert template.main(["98", "light", *root]) == 0
    assert template.main(["98", "shadow", *root]) == 1
    assert "Chapter 98 is there: solutions" in capsys.readouterr().err


# Citation

CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_citation_has_what_the_format_requires():
    """Citation File Format 1.2.0, schema.json: the required keys and their types."""
    assert CITATION["cff-version"] == "1.2.0" and CITATION["type"] in ("software", "dataset")
    assert all(isinstance(CITATION[key], str) and CITATION[key] for key in ("message", "title"))
    assert all(set(author) == {"name"} for author in CITATION["authors"]), "entities, no persons"
    assert date.fromisoformat(CITATION["date-released"])
    assert all(isinstance(word, str) for word in CITATION["keywords"])
    assert len(set(CITATION["keywords"])) == len(CITATION["keywords"]) > 0


def test_the_citation_agrees_with_the_project():
    assert CITATION["version"] == PROJECT["version"]
    assert CITATION["license"] in PROJECT["license"].split(" AND ")
    assert CITATION["repository-code"] == f"https://github.com/{REPOSITORY}"
    assert CITATION["license-url"].startswith(CITATION["repository-code"] + "/")
    assert build.INDEX_TITLE == CITATION["title"]


# Issue forms


def forms():
    return [path for path in FORMS if path.name != "config.yml"]


def fields(path):
    """Field id -> field of an issue form."""
    body = yaml.safe_load(path.read_text(encoding="utf-8"))["body"]
    return {field["id"]: field for field in body if field["type"] != "markdown"}


@pytest.mark.parametrize("path", forms(), ids=lambda path: path.stem)
def test_a_form_is_one_that_github_accepts(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {"name", "description", "body"} <= set(form) <= {"name", "description", "body", "labels"}
    labels = [field["attributes"]["label"] for field in fields(path).values()]
    assert len(set(labels)) == len(labels)
    for field in form["body"]:
        assert field["type"] in ("markdown", "input", "textarea", "dropdown")
        if field["type"] == "markdown":
            assert field["attributes"]["value"]
        if field["type"] == "dropdown":
            options = field["attributes"]["options"]
            assert len(set(options)) == len(options) and all(isinstance(o, str) for o in options)


@pytest.mark.parametrize("path", forms(), ids=lambda path: path.stem)
def test_a_form_asks_for_what_is_needed_to_help(path):
    asked = fields(path)
    for name in ASKED:
        assert asked[name]["validations"]["required"] is True, name


@pytest.mark.parametrize("path", forms(), ids=lambda path: path.stem)
def test_a_form_lists_the_chapters(path):
    options = fields(path)["chapter"]["attributes"]["options"]
    listed = [option for option in options if re.match(r"\d\d_", option)]
    assert listed == [source.stem for source in build.Course().sources()]


def test_the_chooser_leads_to_pages_that_exist():
    config = yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE/config.yml").read_text("utf-8"))
    assert config["blank_issues_enabled"] is False
    for link in config["contact_links"]:
        assert set(link) == {"name", "url", "about"}
        home, _, path = link["url"].partition("/blob/")
        assert home == f"https://github.com/{REPOSITORY}"
        assert (ROOT / path.partition("/")[2]).is_file()
