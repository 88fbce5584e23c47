"""The matrix: which environments are tried, what their logs say, and what the README shows."""

import errno
import json
import os
import stat
import subprocess
import sys
import tomllib
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

import pytest

import lab
from facelab.course import matrix
from facelab.course.matrix import Cell, Result

ROOT = Path(__file__).resolve().parent.parent
DAY = "2026-11-21"
GOOD = Result("3.11", "pins", True, 200.4, DAY)
BAD = Result("3.13", "newest", False, 33.0, DAY, "tests/test_a.py::test_b")


def names(*arguments, **options):
    return [cell.name for cell in matrix.cells(*arguments, **options)]


def test_pins_are_tried_everywhere_and_the_ends_at_the_ends():
    pins = ["3.11-pins", "3.12-pins", "3.13-pins"]
    assert names(["3.13", "3.11", "3.12"]) == [*pins, "3.11-floors", "3.13-newest"]
    assert names(["3.12"]) == ["3.12-pins", "3.12-floors", "3.12-newest"]


def test_a_choice_keeps_what_it_names():
    assert names(["3.11", "3.12"], python="3.12") == ["3.12-pins", "3.12-newest"]
    assert names(["3.11", "3.12"], packages="pins") == ["3.11-pins", "3.12-pins"]
    assert names(["3.11", "3.12"], python="3.12", packages="floors") == ["3.12-floors"]


@pytest.mark.parametrize("versions, python", [([], None), (["3.12"], "3.11")])
def test_a_missing_python_is_told(versions, python):
    with pytest.raises(lab.LabError, match="no Python"):
        matrix.cells(versions, python)


def stand_in(path, version):
    """A program that says it is this Python."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return str(path)


@pytest.mark.skipif(os.name == "nt", reason="stands in a shell script for an interpreter")
def test_pythons_are_found_under_pyenv_first_the_newest(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(matrix.shutil, "which", lambda name: None)
    monkeypatch.setattr(matrix.sys, "executable", stand_in(tmp_path / "own", "3.13"))
    versions = tmp_path / ".pyenv" / "versions"
    stand_in(versions / "3.12.9" / "bin" / "python", "3.12")
    newest = stand_in(versions / "3.12.10" / "bin" / "python", "3.12")
    stand_in(versions / "3.11.2" / "bin" / "python", "3.10")  # does not say what its folder says
    assert matrix.pythons() == {"3.12": newest, "3.13": str(tmp_path / "own")}


def test_the_python_that_runs_this_is_found():
    own = "{}.{}".format(*sys.version_info)
    assert matrix.answers_to(sys.executable, own) and not matrix.answers_to(sys.executable, "2.7")
    assert not matrix.answers_to("/no/such/python", own)


def test_a_class_servers_packages_are_left_out():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    groups = matrix.learners_groups(text)
    assert "teaching" not in groups and {"jupyter", "test"} <= set(groups)
    assert set(groups) <= tomllib.loads(text)["dependency-groups"].keys()


@pytest.mark.parametrize(
    "log, failure",
    [
        ("..F\nFAILED tests/test_a.py::test_b[x] - assert 1\nFAILED tests/test_c.py", "test_b[x]"),
        ("..E\nERROR tests/test_a.py::test_b - Import", "tests/test_a.py::test_b"),
        ("E501 Line too long\n --> lab.py", "E501"),
        ("UP032 Use f-string", "UP032"),
        ("3 passed", ""),
    ],
)
def test_the_first_failure_is_found_in_a_log(log, failure):
    assert failure in matrix.first_failure(log)
    assert bool(matrix.first_failure(log)) == bool(failure)


def test_tests_get_caches_of_their_own_and_keep_no_progress(tmp_path):
    seen = matrix.variables(Cell("3.12", "pins"), tmp_path)
    assert seen["FACELAB_PROGRESS"] == "" and seen["PYTHONPATH"] == str(lab.ROOT)
    for name in ("NUMBA_CACHE_DIR", "PYTHONPYCACHEPREFIX"):
        assert Path(seen[name]).parent == tmp_path


@pytest.mark.parametrize("packages, ignored", [("pins", 0), ("floors", 1), ("newest", 1)])
def test_the_pins_are_compared_only_with_themselves(tmp_path, packages, ignored):
    options = matrix.variables(Cell("3.12", packages), tmp_path)["PYTEST_ADDOPTS"].split()
    assert (ROOT / matrix.ABOUT_THE_PINS).exists()
    assert options.count(f"--ignore={matrix.ABOUT_THE_PINS}") == ignored


@pytest.fixture
def no_work(tmp_path, monkeypatch):
    """Environments that cost nothing: this interpreter, with stages of our own."""
    monkeypatch.setattr(matrix, "WORK", tmp_path)
    monkeypatch.setattr(matrix, "make_environment", lambda *_: sys.executable)

    def plan(*codes):
        stages = [("stage", ["-c", code]) for code in codes]
        monkeypatch.setattr(lab, "stages", lambda fast: stages)

    return plan


def test_an_environment_passes_when_all_stages_do(no_work):
    no_work("print('lint')", "print('tests')")
    result = matrix.verify("uv", Cell("3.12", "pins"), sys.executable, DAY)
    assert result.passed and result.first_failure == "" and result.date == DAY


def test_an_environment_fails_by_any_stage_and_the_rest_still_runs(no_work, tmp_path):
    fails = "import sys; print('FAILED tests/test_a.py::test_b'); sys.exit(1)"
    no_work(fails, "print('went on')")
    result = matrix.verify("uv", Cell("3.12", "pins"), sys.executable, DAY)
    assert not result.passed and result.first_failure == "tests/test_a.py::test_b"
    assert "went on" in (tmp_path / "3.12-pins.log").read_text()


def test_a_failed_installation_is_a_result(no_work, monkeypatch):
    def fail(*_):
        raise lab.LabError("no wheel for it", "none")

    monkeypatch.setattr(matrix, "make_environment", fail)
    result = matrix.verify("uv", Cell("3.12", "newest"), sys.executable, DAY)
    assert not result.passed and result.first_failure == "no wheel for it"


def test_a_command_that_fails_is_explained_by_its_log(tmp_path):
    code = "print('ProxyError'); raise SystemExit(1)"
    with pytest.raises(lab.LabError, match="connection to the package index"):
        matrix.do([sys.executable, "-c", code], tmp_path / "log")


def test_the_pins_are_the_file_and_the_rest_is_drawn_up(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(matrix, "WORK", tmp_path)
    monkeypatch.setattr(matrix, "do", lambda command, log: asked.append([*map(str, command)]))
    log = tmp_path / "log"
    assert matrix.requirements("uv", Cell("3.12", "pins"), log) == lab.ROOT / "requirements.txt"
    assert not asked
    listed = matrix.requirements("uv", Cell("3.11", "floors"), log)
    assert listed == tmp_path / "3.11-floors.txt" and str(listed) in asked[0]
    text = " ".join(asked[0])
    assert "--resolution lowest-direct" in text and "--python-version 3.11" in text
    matrix.requirements("uv", Cell("3.13", "newest"), log)
    assert "--resolution highest" in " ".join(asked[1])


def test_the_table_has_a_line_for_each_environment():
    head, good, bad = matrix.table([GOOD, BAD]).splitlines()
    assert head.split() == ["Python", "packages", "tests", "seconds", "first", "failure"]
    assert good.split() == ["3.11", "pins", "passed", "200"]
    assert bad.split() == ["3.13", "newest", "FAILED", "33", "tests/test_a.py::test_b"]
    assert head.index("tests") == good.index("passed") == bad.index("FAILED")


def test_newer_results_take_the_place_of_older_ones():
    old = {"3.11-pins": {"passed": False}, "3.12-pins": {"passed": True}}
    new = matrix.merged(old, [GOOD])
    assert new["3.11-pins"]["passed"] and new["3.12-pins"] == {"passed": True}


def test_the_readme_shows_dates_failures_and_what_was_not_tried():
    verified = matrix.merged({}, [GOOD, BAD])
    lines = matrix.verified_table(verified).splitlines()
    assert "Python 3.11 | Python 3.12 | Python 3.13" in lines[0]
    assert lines[2] == "| packages as pinned in requirements.txt | 21 November 2026 | – | – |"
    assert lines[4].endswith("| – | – | fails (21 November 2026) |")


MARKED = f"before\n{matrix.BEGIN}\nstale\n{matrix.END}\nafter\n"


def test_the_readme_is_filled_between_its_marks_and_nowhere_else():
    text = matrix.filled(MARKED, {})
    assert text.startswith(f"before\n{matrix.BEGIN}\n| Last verified")
    assert text.endswith(f"|\n{matrix.END}\nafter\n") and "stale" not in text
    assert matrix.filled(text, {}) == text


@pytest.mark.parametrize("text", ["", matrix.BEGIN + "\n", matrix.END])
def test_a_readme_without_marks_is_told(text):
    with pytest.raises(lab.LabError, match="verified:begin"):
        matrix.filled(text, {})


def test_a_record_is_kept_and_shown(tmp_path):
    path, readme = tmp_path / "verified.json", tmp_path / "README.md"
    readme.write_text(MARKED)
    matrix.record([GOOD], path, readme)
    matrix.record([BAD], path, readme)
    assert json.loads(path.read_text()) == {"3.11-pins": asdict(GOOD), "3.13-newest": asdict(BAD)}
    assert "21 November 2026 | – | –" in readme.read_text()


def test_the_readme_agrees_with_the_record():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert matrix.filled(text, matrix.read_verified(matrix.VERIFIED)) == text


@pytest.mark.parametrize("results, status", [([GOOD], 0), ([GOOD, BAD], 1)])
@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_prints_and_says_by_its_status(results, status, as_json, capsys):
    assert matrix.report(results, Namespace(json=as_json, record=False)) == status
    told = capsys.readouterr().out
    assert json.loads(told) == [asdict(r) for r in results] if as_json else "passed" in told


def test_a_full_disk_ends_in_two_lines(monkeypatch, capsys):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(matrix, "run", fail)
    assert matrix.main([]) == 1
    assert "disk is full" in capsys.readouterr().err


def test_no_python_ends_in_two_lines(monkeypatch, capsys):
    monkeypatch.setattr(matrix, "pythons", dict)
    assert matrix.main([]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_uv_is_used_where_it_is(monkeypatch):
    monkeypatch.setattr(matrix.shutil, "which", lambda name, path=None: "/x/uv")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("installed it"))
    assert matrix.find_uv() == "/x/uv"


@pytest.mark.parametrize("packages, backends", [("pins", ""), ("newest", "jax,torch")])
def test_other_backends_are_tried_beside_the_newest_packages(
    tmp_path, monkeypatch, packages, backends
):
    asked = []
    monkeypatch.setattr(matrix, "WORK", tmp_path)
    monkeypatch.setattr(
        matrix, "do", lambda command, log: asked.append(" ".join(map(str, command)))
    )
    cell = Cell("3.12", packages)
    matrix.make_environment("uv", cell, "python", tmp_path / "log")
    assert any(line.endswith("--torch-backend cpu jax torch") for line in asked) == bool(backends)
    assert matrix.variables(cell, tmp_path)["FACELAB_BACKENDS"] == backends
