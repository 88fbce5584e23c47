"""Gathering packages: the right ones for each kind of machine, and a sentence when it fails."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import lab
from facelab.course import wheelhouse
from facelab.course.wheelhouse import Target

ROOT = Path(__file__).resolve().parent.parent
LINUX, WINDOWS = Target("3.12", "linux"), Target("3.12", "windows")
TEXT = """\
# a comment
./packaging/dlib
numpy==2.4.6
appnope==1.0.0 ; sys_platform == 'darwin'
overrides==7.7.0 ; python_full_version < '3.12'
pexpect==4.9.0 ; sys_platform != 'emscripten' and sys_platform != 'win32'
pywinpty==3.1.2 ; os_name == 'nt'
"""


@pytest.mark.parametrize(
    "python, platform, names",
    [
        ("3.12", "linux", "numpy pexpect"),
        ("3.11", "linux-arm", "numpy overrides pexpect"),
        ("3.13", "macos", "numpy appnope pexpect"),
        ("3.11", "windows", "numpy overrides pywinpty"),
    ],
)
def test_the_target_decides_which_pins_count(python, platform, names):
    pins = wheelhouse.wanted(TEXT, Target(python, platform))
    assert [pin.name for pin in pins] == names.split()


@pytest.mark.parametrize(
    "wheel, target, fits",
    [
        ("numpy-2.4.6-cp312-cp312-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl", LINUX, True),
        ("numpy-2.4.6-cp312-cp312-manylinux2014_x86_64.whl", LINUX, True),
        ("numpy-2.4.6-cp39-abi3-manylinux_2_17_x86_64.whl", LINUX, True),
        ("numpy-2.4.6-py3-none-any.whl", LINUX, True),
        ("numpy-2.4.6-cp312-cp312-manylinux_2_34_x86_64.whl", LINUX, False),
        ("numpy-2.4.6-cp312-cp312-linux_x86_64.whl", LINUX, False),
        ("numpy-2.4.6-cp311-cp311-manylinux2014_x86_64.whl", LINUX, False),
        ("numpy-2.4.6-cp312-cp312-win_amd64.whl", LINUX, False),
        ("numpy-2.4.6-cp312-cp312-win_amd64.whl", WINDOWS, True),
        ("numpy-2.4.6-cp312-cp312-macosx_12_0_arm64.whl", Target("3.12", "macos"), True),
        ("numpy-2.4.6-cp312-cp312-macosx_15_0_arm64.whl", Target("3.12", "macos"), False),
        ("numpy-2.4.6-cp312-cp312-macosx_14_0_x86_64.whl", Target("3.12", "macos"), False),
        ("numpy-2.4.5-py3-none-any.whl", LINUX, False),
        ("scipy-2.4.6-py3-none-any.whl", LINUX, False),
    ],
)
def test_a_wheel_fits_by_its_name(wheel, target, fits):
    assert wheelhouse.fits(wheel, Requirement("numpy==2.4.6"), target) == fits


def test_each_pin_gets_a_file():
    pins = wheelhouse.wanted(TEXT, WINDOWS)
    names = ["numpy-2.4.6-cp312-cp312-win_amd64.whl", "pywinpty-3.1.2-cp312-cp312-win_amd64.whl"]
    others = ["pexpect-4.9.0-py2.py3-none-any.whl", "numpy-2.4.6-cp312-cp312-macosx_14_0_arm64.whl"]
    assert wheelhouse.choose_files(names + others, pins, WINDOWS).keys() == set(names)
    with pytest.raises(lab.LabError, match="3.12 on windows, nothing fits pywinpty==3.1.2"):
        wheelhouse.choose_files(names[:1] + others, pins, WINDOWS)


@pytest.mark.parametrize("python, platform", [("3.14", "linux"), ("3.12", "macos-intel")])
def test_a_machine_that_the_course_does_not_run_on_is_refused(python, platform):
    with pytest.raises(lab.LabError, match=f"Python {python} on {platform}"):
        Target(python, platform)


def test_every_platform_of_the_command_line_has_its_tags():
    assert tuple(wheelhouse.SYSTEMS) == lab.PLATFORMS
    assert all(Target("3.12", name).wheel_tags for name in lab.PLATFORMS)


@pytest.mark.parametrize(
    "words, sentence",
    [
        ("NewConnectionError: Failed to establish\nNo matching distribution found for a", "index"),
        ("ERROR: No matching distribution found for av==18.1.0", "no ready-made av==18.1.0 for X"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("CERTIFICATE_VERIFY_FAILED", "certificates"),
        ("ERROR: odd", "pip failed: ERROR: odd"),
    ],
)
def test_what_pip_says_becomes_a_sentence(words, sentence):
    error = wheelhouse.explain(words, "X")
    assert sentence in error.sentence and error.remedy


@pytest.mark.parametrize(
    "code, sentence",
    [(errno.ENOSPC, "is full"), (errno.EACCES, "cannot be written to"), (errno.EROFS, "cannot be")],
)
def test_what_the_system_says_becomes_a_sentence(tmp_path, code, sentence):
    error = wheelhouse.explain_folder(tmp_path, OSError(code, os.strerror(code)))
    assert sentence in error.sentence and error.remedy


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "usb").touch()
    with pytest.raises(lab.LabError, match="cannot be written to"):
        wheelhouse.refuse_folder(tmp_path / "usb")


@pytest.mark.skipif(sys.platform != "linux", reason="mounts with Linux's means")
@pytest.mark.parametrize(
    "mount, sentence", [("ro", "cannot be written to"), ("size=9m", "is full")]
)
def test_a_stick_that_is_full_or_protected_is_refused(tmp_path, mount, sentence):
    inside = 'mount -t tmpfs -o "$0" none "$1" && exec "$2" -m facelab.course.wheelhouse "$1"'
    command = ["unshare", "-rm", "sh", "-c", inside, mount, str(tmp_path), sys.executable]
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=variables, cwd=ROOT)
    if "unshare failed" in done.stderr or "permission denied" in done.stderr.lower():
        pytest.skip("this account may not mount anything")
    assert done.returncode == 1 and sentence in done.stderr and "Traceback" not in done.stderr


@pytest.fixture
def pip(monkeypatch):
    """A pip that puts the wheels of two packages where it is told; returns what it was asked."""
    asked = []

    def stand_in(arguments, what):
        asked.append([str(word) for word in arguments])
        folder = Path(arguments[arguments.index("--find-links") + 1])
        if arguments[0] == "download":
            (folder / "numpy-2.4.6-cp312-cp312-win_amd64.whl").write_bytes(b"numpy")
            (folder / "pip-26.0-py3-none-any.whl").write_bytes(b"pip")

    monkeypatch.setattr(wheelhouse, "pip", stand_in)
    return asked


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course with one pin; returns its folder."""
    (tmp_path / "requirements.txt").write_text("numpy==2.4.6\npexpect==4.9.0 ; os_name != 'nt'\n")
    monkeypatch.setattr(lab, "ROOT", tmp_path)
    monkeypatch.setattr(wheelhouse, "FREE_GB", 0)
    return tmp_path


def test_what_is_gathered_is_accepted_by_start(course, pip, monkeypatch, capsys):
    words = [str(course / "usb"), "--python", "3.12", "--platform", "windows"]
    assert wheelhouse.main(words) == 0
    assert "2 files" in capsys.readouterr().out
    download = pip[-1]
    assert {"--only-binary", "--platform=win_amd64", "numpy==2.4.6", "pip"} <= set(download)
    assert "pexpect==4.9.0" not in download
    monkeypatch.setattr(lab, "this_python", lambda: "3.12")
    monkeypatch.setattr(lab, "this_platform", lambda: "windows")
    lab.refuse_wheelhouse(course / "usb")
    next((course / "usb").glob("numpy*")).unlink()
    with pytest.raises(lab.LabError, match="missing or damaged"):
        lab.refuse_wheelhouse(course / "usb")


def test_a_folder_that_is_not_finished_has_no_list(course, pip, monkeypatch):
    words = [str(course / "usb"), "--python", "3.12", "--platform", "windows"]
    wheelhouse.main(words)
    lists = list((course / "usb").glob("gathered-*.json"))
    assert len(lists) == 1 and len(json.loads(lists[0].read_text())["files"]) == 2

    def fail(*_):
        raise lab.LabError("no network", "none")

    monkeypatch.setattr(wheelhouse, "download", fail)
    assert wheelhouse.main(words) == 1
    assert not list((course / "usb").glob("gathered-*"))


def test_a_failing_pip_ends_in_two_lines(course, monkeypatch, capsys):
    dead = subprocess.CompletedProcess([], 1, "", "ProxyError: Connection refused")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: dead)
    assert wheelhouse.main([str(course / "usb"), "--python", "3.12", "--platform", "linux"]) == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 3 and "no connection to the package index" in told[1]


def test_what_is_built_from_source_has_no_wheel_on_purpose():
    pins = lab.read_pins()
    assert set(wheelhouse.SOURCE_ONLY) <= pins.keys()
