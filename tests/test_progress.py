"""What is kept of a learner's progress: little, here only, safe from crashes, easy to delete."""

import datetime
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from fixture_course import HERE, fixture_course

from facelab.course import build, check, diary, hint, progress
from facelab.course.execute import execute
from facelab.course.exercise import find, reveal
from facelab.course.notebook import make_notebook

TODAY = datetime.date.today().isoformat()


@pytest.fixture
def file(tmp_path, monkeypatch):
    """The file that progress is kept in."""
    path = tmp_path / "kept" / "progress.jsonl"
    monkeypatch.setenv(diary.VARIABLE, str(path))
    return path


@pytest.fixture
def course(tmp_path):
    with fixture_course(tmp_path / "course") as made:
        yield made


def test_the_first_success_its_attempts_and_hints_are_kept(file, course, capsys):
    check("91.1", 49)
    hint("91.1", 1)
    hint("91.1", 1)
    hint("91.1", 2)
    check("91.1", 48)
    assert diary.record("91.1") == diary.Record(TODAY, attempts=2, hints=2, revealed=False)
    before = file.read_bytes()
    check("91.1", 50)
    reveal("91.1")
    assert file.read_bytes() == before, "what is solved stays as it was"


def test_an_answer_that_was_looked_up_is_remembered(file, course):
    reveal("91.2")
    check("91.2", find("91.2").answer)
    assert diary.record("91.2") == diary.Record(TODAY, attempts=1, revealed=True)


def test_an_open_exercise_is_not_an_attempt(file, course):
    check("91.1", ...)
    assert not file.exists() and diary.record("91.1") == diary.Record()


def test_the_day_of_the_first_success_stays(file):
    file.parent.mkdir()
    days = [("wrong", "2026-01-01"), ("right", "2026-01-02"), ("right", "2026-01-03")]
    lines = [json.dumps({"exercise": "91.1", "what": w, "day": d}) for w, d in days]
    file.write_text("\n".join(lines))
    assert diary.record("91.1") == diary.Record("2026-01-02", attempts=2)


DAMAGE = [
    b"\x00\xff\xfe",
    b"[" * 100_000,
    b'{"exercise": "91.1", "what": "ri',
    b'{"exercise": 91, "what": "right", "day": "x"}',
    b'{"what": "right"}',
    b"3",
    b"null",
    b'"text"',
]


@pytest.mark.parametrize("damage", DAMAGE, ids=range(len(DAMAGE)))
def test_a_damaged_file_costs_only_its_damaged_lines(file, course, damage):
    check("91.1", 49)
    with open(file, "ab") as broken:
        broken.write(damage)
    check("91.1", 48)
    assert diary.record("91.1") == diary.Record(TODAY, attempts=2)


def test_a_file_that_cannot_be_written_stops_nothing(file, course):
    file.parent.write_text("a file where a folder should be")
    assert check("91.1", 48) == 48
    hint("91.1")
    assert diary.record("91.1") == diary.Record() and progress.main([]) == 0


def test_a_folder_in_the_place_of_the_file_stops_nothing(file, course, capsys):
    file.mkdir(parents=True)
    assert check("91.1", 48) == 48 and diary.entries() == []
    assert progress.main(["--forget"]) == 1
    assert "Delete it yourself" in capsys.readouterr().err


def test_kernels_at_the_same_time_lose_no_entry(file):
    code = "from facelab.course import diary\nfor n in range(50): diary.note(f'{%d}.{n}', 'wrong')"
    environment = os.environ | {"PYTHONPATH": str(HERE.parent)}

    def kernel(number):
        subprocess.run([sys.executable, "-c", code % number], env=environment, check=True)

    with ThreadPoolExecutor() as pool:
        [*pool.map(kernel, range(4))]
    assert {e["exercise"] for e in diary.entries()} == {
        f"{k}.{n}" for k in range(4) for n in range(50)
    }


@pytest.mark.parametrize("told", ["", "off"])
def test_nothing_is_kept_when_told_so(monkeypatch, course, tmp_path, told, capsys):
    monkeypatch.setenv(diary.VARIABLE, told)
    monkeypatch.setattr(diary, "ROOT", tmp_path)
    check("91.1", 48)
    assert diary.place() is None and not diary.forget() and not [*tmp_path.glob("**/*.jsonl")]
    assert progress.main([]) == 0 and "Nothing is kept" in capsys.readouterr().out


def test_the_file_lies_where_git_does_not_look(monkeypatch):
    monkeypatch.delenv(diary.VARIABLE)
    ignored = (build.ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert diary.place().parent == build.ROOT / "out" and "out/" in ignored


def test_solutions_solve_nothing(monkeypatch, tmp_path):
    monkeypatch.delenv(diary.VARIABLE)
    monkeypatch.setattr(diary, "ROOT", tmp_path)
    for folder in ("solutions", "notebooks"):
        (tmp_path / folder).mkdir()
        monkeypatch.chdir(tmp_path / folder)
        diary.note("91.1", diary.RIGHT)
        assert bool([*tmp_path.glob("out/*")]) == (folder == "notebooks")


@pytest.mark.slow
def test_a_chapter_that_is_built_or_tested_keeps_nothing(file, tmp_path):
    source = "from facelab.course import diary\ndiary.note('91.1', diary.RIGHT)"
    cells = [{"cell_type": "code", "source": source, "tags": []}]
    execute(make_notebook(cells), tmp_path, "zz", lambda line: None)
    assert not file.exists()


def test_the_table_shows_chapters_and_levels(file, course, capsys):
    check("91.1", 48)
    check("91.4", 1)
    hint("91.4", 3)
    capsys.readouterr()
    assert progress.main([]) == 0
    told = capsys.readouterr().out
    assert "91  in the making: 1 of 4 solved" in told
    lines = {line.split()[0]: " ".join(line.split()[1:]) for line in told.splitlines() if line}
    assert lines["91.1"] == f"understand solved {TODAY}, 1 attempt"
    assert lines["91.3"] == "apply not tried yet"
    assert lines["91.4"] == "explore not solved yet, 1 attempt, 1 hint"
    assert lines["03.4"] == "apply a mirrored face not tried yet"
    assert len({line.index("not tried") for line in told.splitlines() if "not tried" in line}) == 1
    assert "03  Faces and landmarks: 0 of 6 solved" in told
    assert str(file) in told and "--forget" in told


def test_levels_are_counted_over_all_chapters(file, course, capsys):
    before = [*progress.level_lines(progress.records())]
    check("91.1", 48)
    after = [*progress.level_lines(progress.records())]
    assert before[0].split()[1:2] == ["0"] and after[0].split()[1:2] == ["1"]
    assert before[1:] == after[1:]


def test_what_was_kept_can_be_deleted(file, course, capsys):
    check("91.1", 48)
    assert progress.main(["--forget"]) == 0 and not file.exists()
    assert progress.main(["--forget"]) == 0
    assert capsys.readouterr().out.endswith("Forgotten.\nThere was nothing to forget.\n")


def test_nothing_is_sent_anywhere():
    """The two modules import nothing that could."""
    for module in (diary, progress):
        text = open(module.__file__, encoding="utf-8").read()
        assert not any(word in text for word in ("urllib", "socket", "http", "requests"))


def test_each_exercise_is_listed_with_its_title():
    named = progress.exercise_titles()
    for chapter in progress.chapters():
        assert all(named[number] for number in progress.chapter_exercises(chapter)), chapter


def test_one_who_stops_reading_is_no_failure(file):
    command = [sys.executable, "-m", "facelab.course.progress"]
    environment = os.environ | {"PYTHONPATH": str(HERE.parent)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        child.stdout.close()
        assert child.stderr.read() == b"" and child.wait() == 0


@pytest.mark.slow
def test_the_command_line_prints_the_table(file):
    done = subprocess.run(
        [sys.executable, "-m", "facelab.course.progress"],
        env=os.environ | {"PYTHONPATH": str(HERE.parent)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and "03.1  understand  whose pixels?" in done.stdout
