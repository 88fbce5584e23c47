"""What is dear is made once in a run, whole, also when two processes ask at the same time."""

import os
import subprocess
import sys
from pathlib import Path

import conftest
import pytest
import shared

HERE = Path(__file__).parent

ASK = """
import shared, time

def make(path):
    time.sleep(0.5)
    with open(shared.folder() / "told", "a") as told:
        told.write("made\\n")
    path.mkdir()
    (path / "content").write_text("whole")

print((shared.made_once("thing", make) / "content").read_text())
"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(shared.VARIABLE, str(tmp_path))
    return tmp_path


def test_two_processes_make_a_thing_once_and_both_see_it_whole(own_folder):
    known = os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent)])}
    both = [
        subprocess.Popen([sys.executable, "-c", ASK], env=known, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [one.communicate()[0] for one in both] == ["whole\n", "whole\n"]
    assert (own_folder / "told").read_text() == "made\n"


def test_what_could_not_be_made_is_tried_again():
    def fail(path):
        raise OSError("no space")

    with pytest.raises(OSError):
        shared.made_once("thing", fail)
    assert shared.made_once("thing", Path.mkdir).is_dir()
    assert shared.made_once("thing", fail).is_dir(), "and then it is there"


def test_nobody_waits_for_ever(monkeypatch):
    monkeypatch.setattr(shared, "PATIENCE_S", 0.2)
    with shared.alone("thing"), pytest.raises(AssertionError, match="who makes thing"):
        with shared.alone("thing"):
            pass


def test_the_longest_files_there_are_begin_first():
    missing = [name for name in conftest.LONGEST if not (HERE / f"{name}.py").exists()]
    assert not missing
    items = [type("Item", (), {"path": HERE / f"{n}.py"}) for n in ("test_a", conftest.LONGEST[1])]
    conftest.pytest_collection_modifyitems(items)
    assert [item.path.stem for item in items] == [conftest.LONGEST[1], "test_a"]
