"""Gather all that an installation without a network needs: ``wheelhouse DIR``.

``DIR`` then holds one ready-built package for each pin of requirements.txt, pip itself, and a list
of the files with their SHA-256, by which ``lab.py start --wheelhouse DIR`` knows that everything is
there and whole. The folder may serve several kinds of machine: gather once for each.
"""

import argparse
import errno
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

import lab
from packaging import tags

FREE_GB = 2  # up to 1.1 GB of packages, and room to build the one that has no wheel
BESIDES_THE_PINS = ("pip",)
SOURCE_ONLY = ("face-recognition-models",)


def manylinux(machine, oldest=5, newest=28):
    """Platform tags of a Linux with glibc 2.``newest``, the newest first."""
    modern = [f"manylinux_2_{minor}_{machine}" for minor in range(newest, oldest - 1, -1)]
    return modern + [f"manylinux{year}_{machine}" for year in (2014, 2010, 1)]


LINUX = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
MAC = {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"}
WINDOWS = {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"}

# for each of lab.PLATFORMS: what pip calls it, and what a requirement may ask about it
SYSTEMS = {
    "linux": (manylinux("x86_64"), {**LINUX, "platform_machine": "x86_64"}),
    "linux-arm": (manylinux("aarch64", 17), {**LINUX, "platform_machine": "aarch64"}),
    "macos": ([*tags.mac_platforms((14, 0), "arm64")], {**MAC, "platform_machine": "arm64"}),
    "windows": (["win_amd64"], {**WINDOWS, "platform_machine": "AMD64"}),
}


@dataclass(frozen=True)
class Target:
    """A kind of machine: a Python version such as ``"3.12"`` and one of ``lab.PLATFORMS``.

    Raises
    ------
    lab.LabError
        If the course cannot run there at all.
    """

    python: str
    platform: str

    def __post_init__(self):
        if self.python not in lab.PYTHONS or self.platform not in SYSTEMS:
            raise lab.LabError(
                f"The course cannot be installed on Python {self.python} on {self.platform}.",
                f"It runs on Python {', '.join(lab.PYTHONS)} and on {', '.join(SYSTEMS)}.",
            )

    @property
    def platform_tags(self):
        """What pip calls this platform, best first."""
        return SYSTEMS[self.platform][0]

    @property
    def facts(self):
        """What the markers of a requirement may ask."""
        return {
            **SYSTEMS[self.platform][1],
            "python_version": self.python,
            "python_full_version": f"{self.python}.0",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
            "extra": "",
        }

    @property
    def wheel_tags(self):
        """The tags of all wheels that such a machine can use, as a frozenset."""
        version = tuple(int(part) for part in self.python.split("."))
        interpreter = f"cp{version[0]}{version[1]}"
        own = tags.cpython_tags(version, platforms=self.platform_tags)
        return frozenset([*own, *tags.compatible_tags(version, interpreter, self.platform_tags)])

    @property
    def list_name(self):
        """Name of the file that lists what was gathered for it."""
        return lab.GATHERED.format(python=self.python, platform=self.platform)


def wanted(text, target):
    """The pins of a requirements file that count on ``target``.

    Parameters
    ----------
    text : str
        Lines such as ``numpy==2.4.6 ; sys_platform == 'linux'``; paths are passed over.
    target : Target
        Whose markers decide, not those of the machine that runs this.

    Returns
    -------
    list of packaging.requirements.Requirement
    """
    pins = [pin for pin in map(parse_pin, text.splitlines()) if pin]
    return [pin for pin in pins if not pin.marker or pin.marker.evaluate(target.facts)]


def parse_pin(line):
    """The requirement on a line, or None for comments and paths."""
    try:
        return Requirement(line)
    except InvalidRequirement:
        return None


def fits(wheel, pin, target):
    """Whether the file called ``wheel`` is what ``pin`` asks for and runs on ``target``."""
    name, version, _, its_tags = parse_wheel_filename(wheel)
    asked = name == canonicalize_name(pin.name) and pin.specifier.contains(version, True)
    return asked and bool(its_tags & target.wheel_tags)


def choose_files(names, pins, target):
    """For each pin the file that serves it.

    Parameters
    ----------
    names : iterable of str
        Names of wheels.
    pins : list of Requirement
        As ``wanted`` gives them.
    target : Target
        The kind of machine they have to fit.

    Returns
    -------
    dict
        From file name to the pin, as str.

    Raises
    ------
    lab.LabError
        If a pin has no file.
    """
    names = sorted(names)
    found = {str(pin): [name for name in names if fits(name, pin, target)] for pin in pins}
    lacking = [pin for pin, files in found.items() if not files]
    if lacking:
        raise lab.LabError(
            f"For Python {target.python} on {target.platform}, nothing fits {', '.join(lacking)}.",
            "Gather again into an empty folder, or for another Python or platform.",
        )
    return {files[-1]: pin for pin, files in found.items()}


# ---- what pip is asked for ----------------------------------------------------------------------


def pip(arguments, what):
    """Run pip; what it says when it fails becomes a LabError."""
    command = [sys.executable, "-m", "pip", *map(str, arguments), "--no-deps", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "--retries", "2"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        raise explain(done.stdout + done.stderr, what)


def explain(text, what):
    """The LabError for what pip printed: the missing network, the full disk, or its own words."""
    lost = re.search(r"No matching distribution found for (\S+)", text)
    if lost and not (lab.NETWORK_WORDS.search(text) or lab.DISK_WORDS.search(text)):
        return lab.LabError(
            f"There is no ready-made {lost[1]} for {what}.",
            "Gather for another Python or platform.",
        )
    return lab.explain_pip(text, "pip's output above", "wheelhouse DIR")


def build(folder, pins):
    """Build the packages that come as source only; without compiled parts, they fit anywhere."""
    sources = [f"{pin.name}{pin.specifier}" for pin in pins if pin.name in SOURCE_ONLY]
    pip(["wheel", "--find-links", folder, "--wheel-dir", folder, *sources], "this machine")


def download(folder, pins, target):
    """Fetch the wheel of each pin for ``target`` into ``folder``, unless it is there."""
    platforms = [f"--platform={name}" for name in target.platform_tags]
    where = ["--dest", folder, "--find-links", folder, "--only-binary", ":all:"]
    where += ["--python-version", target.python, *platforms]
    exact = [f"{pin.name}{pin.specifier}" for pin in pins]
    pip(["download", *where, *exact], f"Python {target.python} on {target.platform}")


def refuse_folder(folder):
    """Make ``folder``; LabError if that fails, if it cannot be written to, or is nearly full."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".facelab"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise explain_folder(folder, error) from None
    free = lab.shutil.disk_usage(folder).free / 1e9
    if free < FREE_GB:
        raise explain_folder(folder, OSError(errno.ENOSPC, f"{free:.1f} GB free"))


def explain_folder(folder, error):
    """The LabError for what the system said about the folder."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return lab.LabError(
            f"The disk of {folder} is full: a wheelhouse needs {FREE_GB} GB while it is made.",
            "Make room, or choose another folder.",
        )
    return lab.LabError(f"{folder} cannot be written to: {error.strerror}.", "Choose another.")


# ---- the command --------------------------------------------------------------------------------


def gather(folder, target):
    """Fill ``folder`` with all that ``target`` needs, and list it.

    Parameters
    ----------
    folder : Path
        Made if missing. What fits already is kept.
    target : Target
        The kind of machine that will install from it.

    Returns
    -------
    dict
        From file name to its SHA-256, as listed in ``gathered-PYTHON-PLATFORM.json``.

    Raises
    ------
    lab.LabError
        If the folder, the network or the package index lets it down.
    """
    refuse_folder(folder)
    text = (lab.ROOT / "requirements.txt").read_text(encoding="utf-8")
    pins = wanted(text, target) + [Requirement(name) for name in BESIDES_THE_PINS]
    listing = folder / target.list_name
    listing.unlink(missing_ok=True)
    build(folder, pins)
    download(folder, pins, target)
    chosen = choose_files((path.name for path in folder.glob("*.whl")), pins, target)
    files = {name: lab.file_digest(folder / name) for name in sorted(chosen)}
    write_list(listing, files)
    return files


def write_list(path, files):
    """Write the list, last of all and in one step: a list is never of a half-made folder."""
    text = json.dumps({"pins": lab.pins_digest(), "files": files}, indent=1) + "\n"
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8", newline="\n")
    os.replace(part, path)


def main(words=None):
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="wheelhouse", description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--python", default=lab.this_python())
    parser.add_argument("--platform", default=lab.this_platform())
    options = parser.parse_args(words)
    try:
        return report(options.folder, Target(options.python, options.platform))
    except lab.LabError as error:
        lab.say(str(error))
    except OSError as error:
        lab.say(str(explain_folder(options.folder, error)))
    return 1


def report(folder, target):
    """Gather, and say how much there is and what to do with it."""
    lab.say(f"Gathering for Python {target.python} on {target.platform}: a few minutes, once.")
    files = gather(folder, target)
    size = sum((folder / name).stat().st_size for name in files) / 1e6
    print(f"{len(files)} files, {size:.0f} MB, listed in {folder / target.list_name}")
    print(f"On a machine without a network: {lab.LAB} start --wheelhouse {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
