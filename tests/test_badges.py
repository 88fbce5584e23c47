"""One setting says where the course lives; every address in the tree agrees with it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from facelab.course import badges, bootstrap
from facelab.course.badges import Setting

ROOT = Path(__file__).resolve().parent.parent
HERE = Setting(bootstrap.REPOSITORY, bootstrap.BRANCH)
NEW = Setting("Ada-L/faces.for_all", "autumn-2027")

README = """\
[![Binder](https://mybinder.org/badge_logo.svg)]({binder})
[Colab]({colab}), [code](https://github.com/{repository}), git clone https://github.com/{repository}.git
[forms](https://github.com/{repository}/blob/{branch}/CONTRIBUTING.md).
https://raw.githubusercontent.com/{repository}/{branch}/README.md
<https://hub.example.org/hub/user-redirect/git-pull?repo=https%3A%2F%2Fgithub.com%2F{quoted}&branch={branch}>
Others: https://github.com/deepfakes/faceswap and https://github.com/{repository}-extras stay.
"""
CITATION = "cff-version: 1.2.0\nrepository-code: https://github.com/{repository}\n"
OTHERS = ("github.com/deepfakes/faceswap ", "badge_logo.svg")


def filled(template, setting):
    """A text with all its addresses as the setting wants them."""
    return template.format(
        repository=setting.repository,
        quoted=setting.repository.replace("/", "%2F"),
        branch=setting.branch,
        binder=bootstrap.binder_address(
            "notebooks/index.ipynb", setting.repository, setting.branch
        ),
        colab=bootstrap.colab_address("notebooks/index.ipynb", setting.repository, setting.branch),
    )


@pytest.fixture
def tree(tmp_path):
    """A small course with every kind of address; returns its folder."""
    (tmp_path / badges.SETTING).parent.mkdir(parents=True)
    shutil.copy(ROOT / badges.SETTING, tmp_path / badges.SETTING)
    (tmp_path / "README.md").write_text(filled(README, HERE))
    (tmp_path / "CITATION.cff").write_text(filled(CITATION, HERE))
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github" / "config.yml").write_text(f"url: https://github.com/{HERE.repository}\n")
    return tmp_path


def read(folder):
    """Every text of a small course, as a dict from path to text."""
    return {path: path.read_text() for path in badges.files(folder)}


def test_all_addresses_of_this_repository_agree_with_the_setting():
    assert badges.disagreements(ROOT) == []


def test_the_setting_that_is_read_is_the_one_that_is_used():
    assert badges.read_setting(ROOT) == HERE


def test_a_move_reaches_every_address_and_no_other(tree):
    badges.move(tree, NEW, say=lambda line: None)
    told = (tree / "README.md").read_text()
    assert told.splitlines()[:5] == filled(README, NEW).splitlines()[:5]
    assert f"{HERE.repository}-extras" in told and all(other in told for other in OTHERS)
    assert (tree / "CITATION.cff").read_text() == filled(CITATION, NEW)
    assert NEW.repository in (tree / ".github" / "config.yml").read_text()
    assert badges.read_setting(tree) == NEW
    assert badges.disagreements(tree) == []


def test_moving_there_and_back_changes_nothing(tree):
    before = read(tree)
    for setting in (NEW, HERE):
        badges.move(tree, setting, say=lambda line: None)
    assert read(tree) == before


def test_a_move_to_where_it_is_writes_nothing(tree):
    assert badges.changes(tree, HERE) == {}


@pytest.mark.parametrize("file", ["README.md", "CITATION.cff", ".github/config.yml"])
def test_an_address_changed_by_hand_is_noticed(tree, file):
    path = tree / file
    owner = HERE.repository.partition("/")[0]
    path.write_text(path.read_text().replace(f"{owner}/", "somebody/", 1))
    lines = badges.disagreements(tree)
    assert lines and all(line.startswith(f"{file}:") and "somebody/" in line for line in lines)


@pytest.mark.parametrize(
    "by_hand",
    [
        "https://mybinder.org/v2/gh/a/b/main",
        "https://mybinder.org/v2/gh/{repository}/develop",
        "https://colab.research.google.com/github/a/b/blob/main/notebooks/03_faces.ipynb",
        "https://github.com/{repository}/blob/develop/README.md",
        "git clone --quiet --depth=1 --branch=main https://github.com/a/b.git",
        "git-pull?repo=https%3A%2F%2Fgithub.com%2Fsomebody%2F{name}",
    ],
)
def test_every_kind_of_address_is_checked(tree, by_hand, capsys):
    wrong = by_hand.format(repository=HERE.repository, name=HERE.name)
    (tree / "page.md").write_text(f"first\n{wrong}\n")
    assert badges.main(["--check", "--root", str(tree)]) == 1
    told = capsys.readouterr().out
    assert "page.md:2:" in told and "python3 lab.py badges --repo" in told


def test_other_peoples_code_may_be_linked(tree):
    (tree / "page.md").write_text(
        "https://github.com/a/b https://github.com/a/b/blob/dev/x.py git clone https://github.com/a/b\n"
        "https://colab.research.google.com/github/a/b/blob/master/demo.ipynb\n"
    )
    assert badges.disagreements(tree) == []


@pytest.mark.parametrize(
    "repository",
    ["", "course", "a/b/c", "-a/b", "a-/b", "a--b/c", "a b/c", "a/b c", "a/..", "a/b.git", "a/é"],
)
def test_names_that_github_refuses_are_refused(repository):
    with pytest.raises(badges.AddressError):
        Setting(repository)


@pytest.mark.parametrize("branch", ["", "-b", ".b", "a/b", "a b", "a..b", "b.lock", "b.", "a~1"])
def test_branches_that_git_or_the_addresses_refuse_are_refused(branch):
    with pytest.raises(badges.AddressError):
        Setting("a/b", branch)


def test_a_wrong_name_changes_nothing_and_says_so(tree, capsys):
    before = read(tree)
    assert badges.main(["--repo", "nonsense", "--root", str(tree)]) == 1
    assert "OWNER/NAME" in capsys.readouterr().err and read(tree) == before


def test_a_folder_that_is_no_course_is_refused(tmp_path, capsys):
    assert badges.main(["--repo", "a/b", "--root", str(tmp_path)]) == 1
    assert "is this the course?" in capsys.readouterr().err


@pytest.mark.parametrize("fails_at", [1, 2, 3])
def test_a_failure_in_the_middle_leaves_everything_as_it_was(tree, monkeypatch, capsys, fails_at):
    before, calls, replace = read(tree), [], os.replace

    def failing(source, target):
        calls.append(target)
        if len(calls) == fails_at:
            raise OSError("no more")
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    assert badges.main(["--repo", NEW.repository, "--root", str(tree)]) == 1
    assert "Nothing was changed: no more" in capsys.readouterr().err
    assert read(tree) == before and not list(tree.rglob("*.new"))


def test_a_cells_id_follows_what_the_cell_says():
    clone = "git clone --quiet --depth=1 --branch={} https://github.com/{}.git"
    cells = [
        {"cell_type": "code", "source": clone.format(s.branch, s.repository), "tags": []}
        for s in (HERE, NEW)
    ]
    old, new = (json.dumps(badges.nb.make_notebook([cell])) for cell in cells)
    moved = badges.renumbered(badges.readdressed(old, HERE, NEW))
    assert moved == badges.nb.dump(json.loads(new)) != badges.nb.dump(json.loads(old))


def copy_of_the_course(folder):
    """What a move reads and the build compares, copied."""
    skip = shutil.ignore_patterns("__pycache__", "*.nbc", "*.nbi", "*.npz", "*.mp4", "*.jpg")
    for name in ("facelab", "solutions", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    shutil.copy(ROOT / "README.md", folder)


def build_check(folder):
    """The lines of ``build --check`` in another copy of the course."""
    variables = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-m", "facelab.course.build", "--check"]
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True)
    return done.stderr.splitlines()


@pytest.mark.slow
def test_after_a_move_the_notebooks_are_what_the_build_makes(tmp_path):
    copy_of_the_course(tmp_path)
    before = build_check(tmp_path)
    badges.move(tmp_path, NEW, say=lambda line: None)
    assert badges.disagreements(tmp_path) == []
    assert build_check(tmp_path) == before
    assert NEW.repository in next(tmp_path.glob("notebooks/03_*.ipynb")).read_text()
