"""Floors, pins, Binder's and the instructor's list agree; nothing in them needs a compiler."""

import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from shared import uv

from facelab.course import bootstrap

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DLIB = tomllib.loads((ROOT / "packaging/dlib/pyproject.toml").read_text())["project"]

LOCAL_DLIB = "./packaging/dlib"
PURE_SOURCES = {"face-recognition-models"}  # sdists without a line of C: weights in a package
BROUGHT_BY_BINDER = re.compile("jupyter|notebook|nb|ipy|traitlets|tornado|pyzmq|comm$|terminado")


def lines(path):
    """The lines of a requirements file without comments."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def pins(path):
    """The pinned requirements of a file by name; the local dlib counts with its own version."""
    named = [line.replace(LOCAL_DLIB, f"dlib=={DLIB['version']}") for line in lines(path)]
    found = [Requirement(line) for line in named]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def version(requirement):
    """The version of an exact pin."""
    (only,) = requirement.specifier
    assert only.operator == "==" and "*" not in only.version, f"{requirement} is not an exact pin"
    return Version(only.version)


LISTS = ["requirements.txt", "binder/requirements.txt", "teaching/requirements.txt"]
PINS, BINDER_PINS, TEACHING_PINS = map(pins, LISTS)
RUN_TIME = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
GROUPS = {
    name: [Requirement(text) for text in group]
    for name, group in PROJECT["dependency-groups"].items()
}
TEACHING = GROUPS.pop("teaching")
TOOLS = [requirement for group in GROUPS.values() for requirement in group]


@pytest.mark.parametrize("path", LISTS)
def test_every_line_is_an_exact_pin_or_the_local_dlib(path):
    assert lines(path).count(LOCAL_DLIB) == (path != "teaching/requirements.txt")
    assert not [line for line in lines(path) if line.startswith("-") or "://" in line]
    for requirement in pins(path).values():
        version(requirement)


def test_pyproject_holds_floors_only():
    for requirement in RUN_TIME + TOOLS + TEACHING:
        assert [one.operator for one in requirement.specifier] == [">="], f"{requirement}"


def test_every_requirement_has_its_reason_beside_it():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    bare = [line for line in re.findall(r'^    "[\w-]+[><=].*$', text, re.M) if "  # " not in line]
    assert not bare


@pytest.mark.parametrize("requirement", RUN_TIME + TOOLS, ids=lambda r: r.name)
def test_pins_respect_the_floors(requirement):
    assert version(PINS[canonicalize_name(requirement.name)]) in requirement.specifier


def test_pins_respect_the_ceilings():
    for text in PROJECT["tool"]["uv"]["constraint-dependencies"]:
        ceiling = Requirement(text)
        assert version(PINS[ceiling.name]) in ceiling.specifier


def applies(requirement):
    """Whether a requirement counts on this machine, with no extra asked for."""
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


def needs(name):
    """What an installed distribution asks for here."""
    wanted = map(Requirement, metadata.requires(name) or [])
    return [requirement for requirement in wanted if applies(requirement)]


def here(pinned):
    """The names of those pins that count on this machine and are installed as pinned."""
    return [name for name, pin in pinned.items() if applies(pin) and name != "tensorflow-cpu"]


@pytest.mark.parametrize("name", here(PINS))
def test_the_pins_are_the_whole_closure(name):
    for wanted in needs(name):
        pin = PINS.get(canonicalize_name(wanted.name))
        assert pin is not None, f"{name} needs {wanted}, which is not pinned"
        assert version(pin) in wanted.specifier, f"{name} needs {wanted}, pinned is {pin}"


def test_this_environment_is_the_pinned_one():
    found = {name: Version(metadata.version(name)) for name in here(PINS)}
    assert found == {name: version(PINS[name]) for name in found}


def test_no_pin_is_without_use():
    used = {canonicalize_name(one.name) for one in RUN_TIME + TOOLS}
    for name in here(PINS):
        asked = map(Requirement, metadata.requires(name) or [])  # extras too: jsonschema's are used
        used |= {canonicalize_name(one.name) for one in asked}
    assert set(here(PINS)) <= used


def test_binder_agrees_with_the_pins():
    renamed = {"tensorflow-cpu": "tensorflow"}
    for name, pin in BINDER_PINS.items():
        assert version(pin) == version(PINS[renamed.get(name, name)]), name


@pytest.mark.parametrize("requirement", TEACHING, ids=lambda r: r.name)
def test_the_instructors_pins_respect_the_floors(requirement):
    assert version(TEACHING_PINS[requirement.name]) in requirement.specifier


def test_the_instructors_pins_fit_into_the_learners_environment():
    shared = TEACHING_PINS.keys() & PINS.keys()
    assert len(shared) > 50
    assert {name: version(TEACHING_PINS[name]) for name in shared} == {
        name: version(PINS[name]) for name in shared
    }


def test_the_learner_gets_no_server():
    assert not {one.name for one in TEACHING} & PINS.keys()


def test_binder_has_all_that_chapters_import():
    wanted = {one.name for one in RUN_TIME} - {"ipywidgets", "tensorflow"} | {"tensorflow-cpu"}
    assert wanted <= BINDER_PINS.keys()
    assert "tensorflow" not in BINDER_PINS


def test_binder_brings_jupyter_itself():
    assert not [name for name in BINDER_PINS if BROUGHT_BY_BINDER.match(name)]


def test_binder_has_one_folder_and_a_python_that_fits():
    assert not (ROOT / ".binder").exists()
    name, _, number = (ROOT / "binder/runtime.txt").read_text().strip().partition("-")
    assert name == "python" and number in SpecifierSet(PROJECT["project"]["requires-python"])
    assert "set -e" in (ROOT / "binder/postBuild").read_text()


def test_the_local_dlib_brings_the_ready_built_one():
    (brought,) = map(Requirement, DLIB["dependencies"])
    assert brought.name == "dlib-bin" and version(PINS["dlib-bin"]) in brought.specifier


def test_opencv_is_the_headless_one_and_still_has_cascades():
    assert [name for name in PINS if name.startswith("opencv")] == ["opencv-python-headless"]
    assert version(PINS["opencv-python-headless"]).major == 4


def wheel_tags(name):
    """The tags of an installed distribution, as in ``cp312-cp312-manylinux_2_28_x86_64``."""
    text = metadata.distribution(name).read_text("WHEEL") or ""
    return re.findall(r"^Tag: (.*)$", text, re.M)


@pytest.mark.parametrize("name", here(PINS))
def test_nothing_was_compiled_on_this_machine(name):
    """A wheel built here carries the bare platform tag, one from the index a portable tag."""
    bare = ("-linux_x86_64", "-linux_aarch64")
    assert not [tag for tag in wheel_tags(name) if tag.endswith(bare)]


SYSTEMS = {
    "windows": ("3.13", "x86_64-pc-windows-msvc", {"sys_platform": "win32", "os_name": "nt"}),
    "mac": ("3.11", "aarch64-apple-darwin", {"sys_platform": "darwin"}),
    "linux": ("3.12", "x86_64-manylinux_2_28", {"sys_platform": "linux"}),
}
OLDEST_MACOS = "14.0"


def pins_for(pinned, python, facts):
    """Those of ``pinned`` that count on another system, as ``name==version``."""
    there = {**default_environment(), "os_name": "posix", **facts}
    there.update(python_version=python, python_full_version=f"{python}.0", extra="")
    asked = [pin for name, pin in pinned.items() if name not in PURE_SOURCES | {"dlib"}]
    counted = [pin for pin in asked if not pin.marker or pin.marker.evaluate(there)]
    return [f"{pin.name}{pin.specifier}" for pin in counted]


def find_wheels(pinned, system, folder):
    """Ask the package index for a wheel for every pin that counts on a system; what was wrong."""
    python, platform, facts = SYSTEMS[system]
    command = [uv(), "pip", "install", "--dry-run", "--no-deps", "--only-binary", ":all:"]
    command += ["--python-version", python, "--python-platform", platform]
    command += ["--python", sys.executable, "--target", str(folder)]
    environment = {**os.environ, "MACOSX_DEPLOYMENT_TARGET": OLDEST_MACOS}
    asked = pins_for(pinned, python, facts)
    done = subprocess.run(command + asked, capture_output=True, text=True, env=environment)
    if re.search("error sending request|dns error|timed out", done.stderr):
        pytest.skip("the package index cannot be reached")
    return done.stderr if done.returncode else ""


@pytest.mark.slow
@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_finds_wheels(system, tmp_path):
    assert find_wheels(PINS, system, tmp_path) == ""


@pytest.mark.slow
@pytest.mark.parametrize("system", ["linux", "mac"])  # JupyterHub does not run on Windows
def test_the_instructors_server_finds_wheels(system, tmp_path):
    assert find_wheels(TEACHING_PINS, system, tmp_path) == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    "pin, system",
    [
        ("face-recognition==0.0.7", "linux"),
        ("uvloop==0.21.0", "windows"),
        ("tensorflow==2.12.0", "mac"),
    ],
)
def test_a_pin_without_a_wheel_is_noticed(pin, system, tmp_path):
    """The sources only; no wheel for this system; none for this processor."""
    told = find_wheels({"it": Requirement(pin)}, system, tmp_path)
    assert pin.partition("=")[0] in told


def test_the_readme_points_where_colab_clones_from():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    hosts = r"(?:mybinder\.org/v2/gh|colab\.research\.google\.com/github)"
    places = re.findall(hosts + r"/([\w.-]+/[\w.-]+)", text)
    assert len(places) >= 2 and set(places) == {bootstrap.REPOSITORY}


def test_the_readmes_line_for_a_graphics_card_agrees_with_the_pin():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (named,) = re.findall(r"tensorflow\[and-cuda\]==([\d.]+)", text)
    assert Version(named) == version(PINS["tensorflow"])


def test_every_import_of_the_course_can_be_installed_on_colab():
    assert set(bootstrap.MODULES.values()) <= set(PINS)
    named = {canonicalize_name(one.name) for one in RUN_TIME} - {"dlib"} | {"dlib-bin"}
    assert named <= set(bootstrap.MODULES.values())


def test_colab_gets_only_what_it_lacks():
    found = bootstrap.read_pins(ROOT / "requirements.txt")
    assert bootstrap.missing_pins(found, present=lambda module: True) == []
    lacking = bootstrap.missing_pins(found, present=lambda module: module not in ("av", "dlib"))
    assert lacking == [f"{name}{PINS[name].specifier}" for name in ("av", "dlib-bin")]


def test_the_licences_are_where_the_licence_file_says():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    for path in re.findall(r"LICENSES/[\w.-]+\.txt", text):
        assert (ROOT / path).stat().st_size > 5000
    assert all(words in text for words in ("MIT License", "CC0 1.0", "Attribution 4.0"))
