"""The doctor's list of usual troubles: each is made to happen, and a healthy machine has none."""

import ast
import contextlib
import datetime
import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from facelab.course import troubles
from facelab.course.troubles import BROKEN, NOTE, Machine

ROOT = Path(__file__).resolve().parent.parent
linux = pytest.mark.skipif(sys.platform != "linux", reason="made to happen with Linux's means")
NOTEBOOK = {"cells": [], "metadata": {"kernelspec": {"name": "facelab"}}, "nbformat": 4}


@pytest.fixture
def machine(tmp_path):
    """A healthy Linux machine with a small course on it."""
    root, home = tmp_path / "course", tmp_path / "home"
    venv = root / ".venv"
    for folder in (root / "datasets", root / "notebooks", root / "facelab" / "studio", home):
        folder.mkdir(parents=True)
    shutil.copy(ROOT / "datasets" / "face_model.npz", root / "datasets")
    (root / "notebooks" / "03_faces.ipynb").write_text(json.dumps(NOTEBOOK))
    write_kernel(venv, venv / "bin" / "python")
    return Machine(root=root, venv=venv, home=home, python=Path("/usr/bin/python3.12"))


def write_kernel(venv, python):
    """Register a kernel that starts this interpreter."""
    folder = venv / "share" / "jupyter" / "kernels" / "facelab"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kernel.json").write_text(json.dumps({"argv": [str(python), "-m", "ipykernel"]}))


def clone(folder):
    """What is taken for another copy of the course."""
    (folder / "facelab" / "studio").mkdir(parents=True)
    return folder


@contextlib.contextmanager
def closed_port():
    """A port of this machine on which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def names(machine):
    """The troubles that are found, by their functions' names."""
    return {trouble.__name__ for trouble in troubles.TROUBLES if trouble(machine)}


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"system": "macos", "processor": "arm64", "version": (15, 1), "libc": ("", ())},
        {"system": "windows", "processor": "amd64", "libc": ("", ())},
    ],
)
def test_a_healthy_machine_has_no_trouble(machine, facts):
    assert names(replace(machine, **facts)) == set()


WINDOWS = {"system": "windows", "libc": ("", ())}
MAC = {"system": "macos", "processor": "arm64", "version": (15, 1), "libc": ("", ())}
STORE = Path("C:/Users/a/AppData/Local/Microsoft/WindowsApps/python.exe")

# troubles that a fact alone makes happen: facts, verdict, words of the sentence, of the remedy
BY_FACTS = {
    "no_venv": ({"can_make_venv": False, "ready": False}, BROKEN, "environments", "apt install"),
    "store_alias": ({**WINDOWS, "python": STORE}, NOTE, "Store", "python.org"),
    "rosetta": ({**MAC, "processor": "x86_64", "translated": True}, BROKEN, "Rosetta", "both"),
    "conda": ({"variables": {"CONDA_PREFIX": "/c"}}, NOTE, "conda", "deactivate"),
    "python_path": ({"variables": {"PYTHONPATH": "/x"}}, NOTE, "PYTHONPATH", "unset"),
    "other_backend": ({"variables": {"KERAS_BACKEND": "torch"}}, BROKEN, "Keras", "unset"),
    "library_path": ({"variables": {"LD_LIBRARY_PATH": "/x"}}, NOTE, "foreign", "unset"),
    "old_glibc": ({"libc": ("glibc", (2, 17))}, BROKEN, "glibc 2.17", "browser"),
    "musl": ({"libc": ("musl", ())}, BROKEN, "musl", "Alpine"),
    "old_mac": ({**MAC, "version": (12, 7)}, BROKEN, "macOS 12", "browser"),
    "intel_mac": ({**MAC, "processor": "x86_64"}, BROKEN, "Intel Macs", "browser"),
    "arm_windows": ({**WINDOWS, "processor": "arm64"}, BROKEN, "ARM", "x86-64"),
    "no_avx": ({"flags": frozenset({"sse4_2"})}, BROKEN, "AVX", "virtual machine"),
    "little_memory": ({"memory_gb": 1.0, "swap_gb": 0.5}, NOTE, "1.0 GB of memory", "one notebook"),
    "killed": ({"killed": 3}, NOTE, "3 programs", "one notebook"),
    "few_open_files": ({"open_files": 200}, NOTE, "200 files", "ulimit"),
    "slow_start": ({"start_seconds": 9.0}, NOTE, "9 s to start", "Exclude"),
    "wrong_clock": ({"now": datetime.datetime(2019, 1, 1)}, BROKEN, "2019-01-01", "Set the clock"),
    "quarantine": ({**MAC, "quarantined": True}, NOTE, "quarantine", "xattr"),
    "first_wsl": ({"release": "4.4.0-19041-Microsoft"}, NOTE, "WSL 1", "--set-version"),
    "in_a_cloud": ({"variables": {"BINDER_SERVICE_HOST": "1"}}, NOTE, "Binder", "notebook"),
    "no_browser": ({"has_browser": False}, NOTE, "no browser", "address"),
    "over_ssh": ({"variables": {"SSH_CONNECTION": "1"}}, NOTE, "ssh", "ssh -L"),
}


@pytest.mark.parametrize("name", BY_FACTS)
def test_a_fact_is_told_with_its_remedy(machine, name):
    facts, verdict, words, remedy = BY_FACTS[name]
    found = getattr(troubles, name)(replace(machine, **facts))
    assert found and found[0] == verdict and words in found[1] and remedy in found[2]
    assert name in names(replace(machine, **facts))


def long_path(machine):
    root = Path("C:/Users/somebody/Documents/University/Term 3/deepfakes-from-scratch-main")
    return replace(machine, **WINDOWS, long_paths=False, venv=root / ".venv"), "too long"


def odd_path(machine):
    root = machine.root.rename(machine.root.with_name("Übung"))
    return replace(machine, **WINDOWS, root=root), "ASCII"


def synced(machine):
    (machine.root.parent / "OneDrive - Uni").mkdir()
    return replace(
        machine, root=machine.root.rename(machine.root.parent / "OneDrive - Uni" / "x")
    ), "cloud"


def windows_disk(machine):
    release = "5.15.90.1-microsoft-standard-WSL2"
    return replace(machine, root=Path("/mnt/c/course"), release=release), "Windows disk"


def no_kernel(machine):
    (machine.venv / "share/jupyter/kernels/facelab/kernel.json").unlink()
    return machine, "not registered"


def foreign_kernel(machine):
    write_kernel(machine.venv, "/opt/other/python")
    return machine, "/opt/other/python"


def conflicted(machine):
    notebook = machine.root / "notebooks" / "03_faces.ipynb"
    notebook.write_text('{"cells": [\n<<<<<<< HEAD\n 1\n=======\n 2\n>>>>>>> theirs\n]}')
    return machine, "both sides of a merge"


def cut_short(machine):
    notebook = machine.root / "notebooks" / "03_faces.ipynb"
    notebook.write_text('{"cells": [')
    return machine, "is no notebook"


def wrong_kernel(machine):
    chosen = NOTEBOOK | {"metadata": {"kernelspec": {"name": "python3"}}}
    (machine.root / "notebooks" / "03_faces.ipynb").write_text(json.dumps(chosen))
    return machine, "kernel python3"


def clone_in_clone(machine):
    clone(machine.root.parent)
    return machine, "inside another"


def lfs_pointer(machine):
    text = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    (machine.root / "datasets" / "face_model.npz").write_text(text)
    return machine, "Git LFS"


def no_model(machine):
    (machine.root / "datasets" / "face_model.npz").unlink()
    return machine, "missing or damaged"


def damaged_model(machine):
    """A single byte in the middle: the file opens, but not all of it is as it was."""
    path = machine.root / "datasets" / "face_model.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    return machine, "missing or damaged"


def home_is_a_file(machine):
    (machine.root.parent / "nobody").touch()
    return replace(machine, home=machine.root.parent / "nobody"), "home folder"


def no_compile_cache(machine):
    variables = {"NUMBA_CACHE_DIR": str(machine.root.parent / "nowhere")}
    return replace(machine, variables=variables), "numba"


BY_FILES = {
    "long_path": [long_path],
    "odd_path": [odd_path],
    "synced": [synced],
    "windows_disk": [windows_disk],
    "no_kernel": [no_kernel],
    "foreign_kernel": [foreign_kernel],
    "conflicted": [conflicted, cut_short],
    "wrong_kernel": [wrong_kernel],
    "clone_in_clone": [clone_in_clone],
    "face_model": [lfs_pointer, no_model, damaged_model],
    "read_only_home": [home_is_a_file],
    "no_compile_cache": [no_compile_cache],
}


@pytest.mark.parametrize(
    "name, harm", [(name, harm) for name, harms in BY_FILES.items() for harm in harms]
)
def test_a_harmed_course_is_told_with_its_remedy(machine, name, harm):
    harmed, words = harm(machine)
    found = getattr(troubles, name)(harmed)
    assert found and words in found[1] and found[2]


# ---- for real, on this machine -------------------------------------------------------------------


def test_a_dead_proxy(machine):
    with closed_port() as port:
        dead = replace(machine, variables={"https_proxy": f"http://127.0.0.1:{port}"})
        verdict, text, remedy = troubles.dead_proxy(dead)
        assert verdict == BROKEN and str(port) in text and remedy == "unset https_proxy"
    with socket.socket() as alive:
        alive.bind(("127.0.0.1", 0))
        alive.listen()
        proxy = f"127.0.0.1:{alive.getsockname()[1]}"
        assert not troubles.dead_proxy(replace(machine, variables={"HTTP_PROXY": proxy}))


@pytest.mark.parametrize("proxy", ["http://", "http://host:port", "::::"])
def test_a_proxy_that_is_no_address(machine, proxy):
    assert troubles.dead_proxy(replace(machine, variables={"HTTPS_PROXY": proxy}))


def test_another_copy_that_is_open(machine, tmp_path):
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    other = clone(tmp_path / "other")
    here = replace(machine, variables={"JUPYTER_RUNTIME_DIR": str(runtime)})
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        told = {"root_dir": str(other), "port": server.getsockname()[1]}
        (runtime / "jpserver-1.json").write_text(json.dumps(told))
        assert str(other) in troubles.other_copy_open(here)[1]
    assert not troubles.other_copy_open(here), "it is closed now"


def git(folder, *words):
    """Run git as nobody in particular."""
    who = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    subprocess.run(["git", "-C", folder, *who, *words], check=True, capture_output=True)


def test_answers_of_the_learner_and_the_merge_that_harms_them(machine):
    notebook = machine.root / "notebooks" / "03_faces.ipynb"
    git(machine.root, "init", "--initial-branch=main")
    git(machine.root, "add", "notebooks")
    git(machine.root, "commit", "--message=first")
    assert not troubles.edited(machine)
    git(machine.root, "branch", "theirs")
    notebook.write_text(json.dumps(NOTEBOOK | {"mine": 1}))
    assert "1 notebooks hold changes" in troubles.edited(machine)[1]
    git(machine.root, "commit", "--all", "--message=mine")
    git(machine.root, "checkout", "theirs")
    notebook.write_text(json.dumps(NOTEBOOK | {"theirs": 1}))
    git(machine.root, "commit", "--all", "--message=theirs")
    with pytest.raises(subprocess.CalledProcessError):
        git(machine.root, "merge", "main")
    assert "both sides of a merge" in troubles.conflicted(machine)[1]


def harmed_python(folder, monkeypatch, **modules):
    """Put modules of ours before those of every interpreter that is started from here."""
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(folder))


def test_a_python_without_its_venv_part(machine, tmp_path, monkeypatch):
    harmed_python(tmp_path, monkeypatch, ensurepip="raise ImportError")
    here = Machine.here(machine.root, machine.venv, ready=False)
    assert not here.can_make_venv and troubles.no_venv(here)


def test_a_python_that_starts_slowly(machine, tmp_path, monkeypatch):
    harmed_python(tmp_path, monkeypatch, sitecustomize="import time; time.sleep(.5)")
    monkeypatch.setattr(troubles, "SLOW_START_S", 0.4)
    assert troubles.slow_start(replace(machine, start_seconds=troubles.start_seconds()))


@linux
def test_a_venv_of_another_account(machine):
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    os.chown(machine.venv, 12345, -1)
    assert "another account" in troubles.anothers_files(machine)[1]


LOOK = """
import resource, sys
from dataclasses import replace
from pathlib import Path
from facelab.course import troubles
root = Path(sys.argv[1])
(root / "facelab" / "studio").mkdir(parents=True, exist_ok=True) if {make} else None
machine = troubles.Machine(root=root, venv=root / ".venv", home=root, ready=False)
{before}
print(troubles.{trouble}(machine))
"""


def seen(trouble, before="", mount=None, folder=None, make=False, **variables):
    """What a fresh interpreter says of a trouble, on a file system mounted for it alone."""
    script = LOOK.format(trouble=trouble, before=before, make=make)
    command = [sys.executable, "-c", script, str(folder)]
    if mount:
        inside = f'mount -t tmpfs -o {mount} none "$0" && exec "$@"'
        command = ["unshare", "-rm", "sh", "-c", inside, str(folder), *command]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    done = subprocess.run(command, capture_output=True, text=True, env=variables)
    if mount and ("unshare failed" in done.stderr or "permission denied" in done.stderr.lower()):
        pytest.skip("this account may not mount anything")
    assert done.returncode == 0, done.stderr
    return done.stdout


@linux
def test_a_disk_from_which_nothing_may_be_run(tmp_path):
    assert "noexec" in seen("noexec", mount="noexec", folder=tmp_path)
    assert seen("noexec", mount="exec", folder=tmp_path) == "None\n"


@linux
@pytest.mark.parametrize("trouble", ["read_only", "read_only_home", "no_compile_cache"])
def test_a_disk_that_cannot_be_written_to(tmp_path, trouble):
    (tmp_path / "facelab" / "studio").mkdir(parents=True)
    told = seen(trouble, mount="ro", folder=tmp_path)
    assert BROKEN in told
    assert seen(trouble, mount="rw", folder=tmp_path, make=True) == "None\n"


@linux
def test_a_small_disk_for_temporary_files(tmp_path):
    small = seen("little_temporary", mount="size=9m", folder=tmp_path, TMPDIR=str(tmp_path))
    assert BROKEN in small and "0.0 GB free" in small


@linux
def test_a_shell_that_allows_few_open_files(tmp_path):
    limit = "resource.setrlimit(resource.RLIMIT_NOFILE, (99, 99))\n"
    limit += "machine = replace(machine, open_files=troubles.open_files())"
    assert "99 files" in seen("few_open_files", limit, folder=tmp_path)


@linux
def test_a_container_with_little_memory(tmp_path, monkeypatch):
    (tmp_path / "memory.max").write_text("1500000000\n")
    monkeypatch.setattr(troubles, "CONTAINER_LIMITS", (str(tmp_path / "memory.max"),))
    assert troubles.least_memory(16.0) == 1.5
    (tmp_path / "memory.max").write_text("max\n")
    assert troubles.least_memory(16.0) == 16.0 and troubles.least_memory(None) is None


# ---- the list itself -----------------------------------------------------------------------------

FOR_REAL = {"dead_proxy", "other_copy_open", "edited", "anothers_files"}
FOR_REAL |= {"noexec", "read_only", "little_temporary"}


def test_every_trouble_is_made_to_happen():
    listed = {trouble.__name__ for trouble in troubles.TROUBLES}
    assert listed == BY_FACTS.keys() | BY_FILES.keys() | FOR_REAL


def test_every_trouble_says_what_it_is():
    assert all(trouble.__doc__ for trouble in troubles.TROUBLES)


def test_what_the_system_hides_is_a_note_and_no_accident(machine):
    def hidden(machine):
        raise PermissionError("hidden")

    assert troubles.look(hidden, machine) == (NOTE, "could not look for hidden: hidden", "")


def test_the_facts_of_this_machine_can_be_read(machine):
    here = Machine.here(machine.root, machine.venv, memory_gb=8.0)
    assert here.can_make_venv and here.memory_gb <= 8 and here.variables == dict(os.environ)
    assert 0 < here.start_seconds and here.now.year >= 2026
    assert all(len(told) == 3 for told in troubles.found(here))


def test_only_the_standard_library_is_imported():
    tree = ast.parse((ROOT / "facelab/course/troubles.py").read_text(encoding="utf-8"))
    found = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    found |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in found} <= sys.stdlib_module_names
