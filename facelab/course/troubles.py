"""The usual troubles of each platform: what ``lab.py doctor`` looks for beside its own work.

One small function for each trouble, from a ``Machine`` to a verdict, a sentence and a remedy, or to
None where the trouble is not to be found; ``TROUBLES`` lists them. ``Machine`` holds the facts that
they ask, so that a test can put any of them on a Mac, on Windows or in a container. Needs nothing
but the standard library: the doctor is asked when nothing else works.
"""

import datetime
import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
import webbrowser
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

BROKEN, NOTE = "BROKEN", "note"

OLDEST_GLIBC = (2, 28)  # what tensorflow, opencv and av are built for
OLDEST_MAC = (14, 0)  # av asks for it
LONGEST_INSIDE = 205  # characters below .venv in the longest path of an installation
WINDOWS_PATH = 259
NEEDED_MEMORY = 2.0  # GB; the hungriest chapter takes 1.4
NEEDED_TEMPORARY = 1.0  # GB; pip unpacks the largest package there
NEEDED_FILES = 256
SLOW_START_S = 5
NOT_BEFORE = datetime.datetime(2026, 11, 1)
SYNCED = re.compile(r"onedrive|dropbox|google ?drive|mobile documents|nextcloud", re.I)
CONTAINER_LIMITS = (
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
)
CLOUDS = {"COLAB_RELEASE_TAG": "Colab", "BINDER_SERVICE_HOST": "Binder"}
KERNEL = "facelab"


# ---- the facts ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Machine:
    """What the troubles ask about; ``Machine.here`` reads it from the machine that runs this.

    ``root`` is the course's folder and ``venv`` its environment, ``ready`` says whether that is
    installed, and ``command`` is how lab.py is called.
    """

    root: Path
    venv: Path
    ready: bool = True
    command: str = "python3 lab.py"
    system: str = "linux"  # or "macos", "windows"
    processor: str = "x86_64"
    release: str = ""  # of the kernel
    version: tuple = (99,)  # of macOS
    libc: tuple = ("glibc", (2, 36))
    translated: bool = False  # an Intel program on an ARM processor
    can_make_venv: bool = True
    python: Path = Path(sys.executable)
    home: Path = Path.home()
    variables: dict = field(default_factory=dict)
    memory_gb: float | None = None  # None: cannot be read
    swap_gb: float = 0.0
    killed: int = 0  # programs ended in this container for want of memory
    flags: frozenset | None = None  # of the processor; None: cannot be read
    open_files: int | None = None
    long_paths: bool = True
    quarantined: bool = False
    start_seconds: float = 0.0
    now: datetime.datetime = NOT_BEFORE
    has_browser: bool = True

    @classmethod
    def here(cls, root, venv, memory_gb=None, **more):
        """The facts of the machine that runs this; ``memory_gb`` is that of the whole machine."""
        return cls(
            root=root,
            venv=venv,
            **more,
            system=system(),
            processor=platform.machine().lower(),
            release=platform.release(),
            version=numbers(platform.mac_ver()[0]),
            libc=libc(),
            translated=answer("sysctl", "-n", "sysctl.proc_translated") == "1",
            can_make_venv=starts_with(sys.executable, "import ensurepip, venv"),
            home=Path(os.path.expanduser("~")),  # stays "~" where there is none
            variables=dict(os.environ),
            memory_gb=least_memory(memory_gb),
            swap_gb=meminfo().get("SwapFree", 0.0),
            killed=killed_for_memory(),
            flags=processor_flags(),
            open_files=open_files(),
            long_paths=long_paths(),
            quarantined=bool(answer("xattr", "-p", "com.apple.quarantine", str(root / "lab.py"))),
            start_seconds=start_seconds(),
            now=datetime.datetime.now(),
            has_browser=has_browser(),
        )


def system():
    """The operating system in one word."""
    return {"darwin": "macos", "win32": "windows"}.get(sys.platform, sys.platform)


def numbers(text):
    """A version such as ``"2.36"`` as a tuple of int."""
    return tuple(int(part) for part in re.findall(r"\d+", text))


def libc():
    """Name and version of the C library."""
    if "musl" in (sysconfig.get_config_var("EXT_SUFFIX") or ""):
        return "musl", ()
    name, version = platform.libc_ver()
    return name, numbers(version)


def answer(*command):
    """What a command prints, or "" where it does not exist or fails."""
    if not shutil.which(command[0]):
        return ""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def starts_with(python, statement):
    """Whether an interpreter can run a statement."""
    return subprocess.run([python, "-c", statement], capture_output=True).returncode == 0


def start_seconds():
    """How long the interpreter takes to do nothing."""
    began = time.monotonic()
    starts_with(sys.executable, "pass")
    return time.monotonic() - began


def text_of(path):
    """The text of a small system file, or ""."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def meminfo():
    """Linux's memory figures as a dict from name to GB."""
    lines = re.findall(r"(\w+): +(\d+) kB", text_of("/proc/meminfo"))
    return {name: int(kilobytes) / 1e6 for name, kilobytes in lines}


def least_memory(whole):
    """GB that programs may use: the ``whole`` machine's (None: unknown), or a container's share."""
    limits = map(text_of, CONTAINER_LIMITS)
    shares = [int(limit) / 1e9 for limit in limits if limit.strip().isdigit()]
    return min([share for share in (whole, *shares) if share], default=None)


def killed_for_memory():
    """How many programs this container has ended for want of memory."""
    found = re.search(r"oom_kill (\d+)", text_of("/sys/fs/cgroup/memory.events"))
    return int(found[1]) if found else 0


def processor_flags():
    """The abilities of an Intel or AMD processor, or None where they cannot be read."""
    found = re.search(r"^flags\s*: (.*)$", text_of("/proc/cpuinfo"), re.M)
    return frozenset(found[1].split()) if found else None


def open_files():
    """How many files a program may have open, or None where there is no such limit."""
    try:
        import resource
    except ImportError:
        return None
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def long_paths():
    """Whether paths may be longer than 259 characters."""
    if os.name != "nt":
        return True
    key = r"HKLM\SYSTEM\CurrentControlSet\Control\FileSystem"
    return answer("reg", "query", key, "/v", "LongPathsEnabled").endswith("0x1")


def has_browser():
    """Whether a program could open a web page."""
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


# ---- troubles of the Python ---------------------------------------------------------------------


def no_venv(machine):
    """Debian and Ubuntu split Python: the part that makes environments comes separately."""
    if not machine.can_make_venv and not machine.ready:
        package = f"python3.{sys.version_info[1]}-venv"
        return BROKEN, "this Python cannot make environments", f"sudo apt install {package}"


def store_alias(machine):
    """Windows answers `python` with a door to its store, or with the store's own Python."""
    if machine.system == "windows" and "WindowsApps" in machine.python.parts:
        return (
            NOTE,
            "this Python is the Microsoft Store's, whose files Windows redirects",
            "Install Python 3.12 from python.org and switch off the app execution alias `python`.",
        )


def rosetta(machine):
    """An Intel Python on an ARM Mac asks for packages of an Intel Mac."""
    if machine.system == "macos" and machine.translated:
        return (
            BROKEN,
            "this Python is made for Intel Macs and runs translated (Rosetta)",
            "Install Python 3.12 from python.org, which is made for both, and run lab.py with it.",
        )


def conda(machine):
    """An active conda environment brings its own libraries."""
    active = machine.variables.get("CONDA_PREFIX")
    if active:
        return NOTE, f"the conda environment {active} is active", "Type: conda deactivate"


def python_path(machine):
    """PYTHONPATH makes foreign packages shine through; lab.py keeps it out, other ways do not."""
    if machine.variables.get("PYTHONPATH") not in (None, "", str(machine.root)):
        return NOTE, "PYTHONPATH is set; lab.py leaves it out", "Type: unset PYTHONPATH"


def other_backend(machine):
    """Keras obeys variables that another project may have left."""
    backend = machine.variables.get("KERAS_BACKEND", "tensorflow")
    if backend != "tensorflow" or machine.variables.get("TF_USE_LEGACY_KERAS", "0") != "0":
        return (
            BROKEN,
            "KERAS_BACKEND or TF_USE_LEGACY_KERAS asks for another Keras",
            "Type: unset KERAS_BACKEND TF_USE_LEGACY_KERAS",
        )


def library_path(machine):
    """Foreign C++ libraries before those of the packages: crashes without a word."""
    names = [n for n in ("LD_LIBRARY_PATH", "LD_PRELOAD") if machine.variables.get(n)]
    if names and machine.system == "linux":
        return NOTE, f"{names[0]} is set: packages may meet foreign libraries", f"unset {names[0]}"


# ---- troubles of the machine --------------------------------------------------------------------


def old_glibc(machine):
    """Linux from before 2018."""
    name, version = machine.libc
    if machine.system == "linux" and name == "glibc" and version < OLDEST_GLIBC:
        found = ".".join(map(str, version))
        return BROKEN, f"glibc {found} is too old, 2.28 is needed", IN_THE_BROWSER


def musl(machine):
    """Alpine and other small Linuxes: most packages have nothing ready-made for them."""
    if machine.system == "linux" and machine.libc[0] == "musl":
        return BROKEN, "this Linux has musl instead of glibc", "Use Debian's image, not Alpine's."


def old_mac(machine):
    """av comes for macOS 14 and newer."""
    if machine.system == "macos" and machine.version < OLDEST_MAC:
        return BROKEN, f"macOS {machine.version[0]} is too old, 14 is needed", IN_THE_BROWSER


def intel_mac(machine):
    """tensorflow no longer comes for them."""
    if machine.system == "macos" and machine.processor == "x86_64" and not machine.translated:
        return BROKEN, "there is no TensorFlow for Intel Macs any more", IN_THE_BROWSER


def arm_windows(machine):
    """There, the Python for Intel processors runs translated, and all packages with it."""
    if machine.system == "windows" and machine.processor == "arm64":
        return BROKEN, "packages lack for an ARM Python on Windows", "Install the x86-64 Python."


def no_avx(machine):
    """tensorflow stops with `Illegal instruction`; a virtual machine may hide what is there."""
    if machine.processor in ("x86_64", "amd64") and "avx" not in (machine.flags or {"avx"}):
        return (
            BROKEN,
            "the processor has no AVX, which TensorFlow needs",
            "In a virtual machine, pass the host's processor through; else " + IN_THE_BROWSER,
        )


def little_memory(machine):
    """The kernel dies in the middle of a cell."""
    if machine.memory_gb is not None and machine.memory_gb + machine.swap_gb < NEEDED_MEMORY:
        return (
            NOTE,
            f"{machine.memory_gb:.1f} GB of memory and {machine.swap_gb:.1f} GB of swap are little",
            "Keep one notebook open at a time: Kernel > Shut Down All Kernels between chapters.",
        )


def killed(machine):
    """What a container does to a program that takes more than its share."""
    if machine.killed:
        return (
            NOTE,
            f"{machine.killed} programs have been ended here for want of memory",
            "Keep one notebook open at a time, or give the container 2 GB.",
        )


def few_open_files(machine):
    """`Too many open files`: macOS begins with 256."""
    if machine.open_files is not None and 0 <= machine.open_files < NEEDED_FILES:
        return NOTE, f"only {machine.open_files} files may be open at once", "Type: ulimit -n 1024"


def slow_start(machine):
    """A virus scanner reads each file of each package."""
    if machine.start_seconds > SLOW_START_S:
        return (
            NOTE,
            f"Python takes {machine.start_seconds:.0f} s to start: perhaps a virus scanner",
            f"Exclude {machine.root} from its scans, or ask who may.",
        )


def wrong_clock(machine):
    """Certificates are not valid yet, so nothing can be downloaded."""
    if machine.now < NOT_BEFORE:
        when = machine.now.date().isoformat()
        return BROKEN, f"the clock says {when}, before the course was made", "Set the clock."


# ---- troubles of the folder ---------------------------------------------------------------------


def read_only(machine):
    """A CD, a shared folder, another account's files."""
    if not writable(machine.root):
        return (
            BROKEN,
            f"{machine.root} cannot be written to",
            "Copy the course to a folder of your own.",
        )


def writable(folder):
    """Whether a file can be made in a folder that exists."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def noexec(machine):
    """Servers mount home folders so; .venv holds programs and libraries."""
    flag = getattr(os, "ST_NOEXEC", 0)
    if hasattr(os, "statvfs") and os.statvfs(machine.root).f_flag & flag:
        return (
            BROKEN,
            f"programs may not be run from {machine.root} (noexec)",
            "Move the course to another disk.",
        )


def anothers_files(machine):
    """.venv once made with sudo."""
    if hasattr(os, "geteuid") and machine.venv.exists():
        if machine.venv.stat().st_uid not in (os.geteuid(), 0) or not writable(machine.venv):
            return BROKEN, ".venv belongs to another account", "Delete .venv as that account."


def long_path(machine):
    """Windows refuses the deepest files of tensorflow."""
    if machine.system == "windows" and not machine.long_paths:
        length = len(str(machine.venv)) + 1 + LONGEST_INSIDE
        if length > WINDOWS_PATH:
            allowed = WINDOWS_PATH - LONGEST_INSIDE - len(r"\.venv") - 1
            return (
                BROKEN,
                f"the folder's path is too long for Windows ({length} characters)",
                f"Move the course to a path of {allowed} characters, such as C:\\course.",
            )


def odd_path(machine):
    """OpenCV and dlib open files by names in the system's old encoding on Windows."""
    if machine.system == "windows" and not str(machine.root).isascii():
        return (
            BROKEN,
            "the folder's path has letters beyond ASCII, which OpenCV cannot open on Windows",
            r"Move the course to a path such as C:\course.",
        )


def synced(machine):
    """3.5 GB of .venv go up, and files are locked or offline when they are wanted."""
    if SYNCED.search(str(machine.root)):
        return (
            NOTE,
            "the course lies in a folder that is synchronised with a cloud",
            "Move it out: .venv has 40 000 files.",
        )


def quarantine(machine):
    """macOS marks what a browser has downloaded, and refuses to run it."""
    if machine.system == "macos" and machine.quarantined:
        remedy = f"Type: xattr -dr com.apple.quarantine {machine.root}"
        return NOTE, "macOS keeps the downloaded course in quarantine", remedy


def windows_disk(machine):
    """Each file goes through a bridge: ten times slower."""
    if "microsoft" in machine.release.lower() and str(machine.root).startswith("/mnt/"):
        return (
            NOTE,
            "the course lies on the Windows disk, which is slow from WSL",
            "Move it to your Linux home: mv " + f"{machine.root} ~/",
        )


def first_wsl(machine):
    """WSL 1 translates system calls, not all of them."""
    if re.search(r"-Microsoft$", machine.release):
        return NOTE, "this is WSL 1", "In PowerShell: wsl --set-version Ubuntu 2"


def little_temporary(machine):
    """pip unpacks there, not in .venv."""
    free = shutil.disk_usage(tempfile.gettempdir()).free / 1e9
    if not machine.ready and free < NEEDED_TEMPORARY:
        return (
            BROKEN,
            f"{tempfile.gettempdir()} has {free:.1f} GB free, pip needs {NEEDED_TEMPORARY:.0f} GB",
            "Make room there, or set TMPDIR to a folder with more.",
        )


def read_only_home(machine):
    """Containers run as an account whose home is / or does not exist."""
    if not writable(machine.home):
        return (
            BROKEN,
            f"the home folder {machine.home} cannot be written to, and Jupyter needs it",
            "Give it another: HOME=/tmp/home with that folder made.",
        )


def no_compile_cache(machine):
    """numba then has nowhere to keep what it compiled."""
    places = [machine.root / "facelab" / "studio", machine.home]
    chosen = machine.variables.get("NUMBA_CACHE_DIR")
    if not any(map(writable, [Path(chosen)] if chosen else places)):
        return (
            BROKEN,
            "numba finds no folder for what it compiles",
            "Set NUMBA_CACHE_DIR to a folder that can be written to.",
        )


# ---- troubles of the network and the browser ----------------------------------------------------


def dead_proxy(machine):
    """A laptop that has left the office."""
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        address = machine.variables.get(name)
        if address and not reachable(address):
            return BROKEN, f"{name} is {address}, and nothing answers there", f"unset {name}"


def reachable(address):
    """Whether something listens at an address such as ``http://proxy:3128``."""
    try:
        parts = urlsplit(address if "//" in address else f"//{address}")
        with socket.create_connection((parts.hostname, parts.port or 80), timeout=2):
            return True
    except (OSError, ValueError):
        return False


def in_a_cloud(machine):
    """There, the packages are installed already, or by the first cell."""
    for name, place in CLOUDS.items():
        if name in machine.variables:
            return NOTE, f"this is {place}", "Open a notebook there: its first cell does the rest."


def no_browser(machine):
    """A server, a container, a locked-down laboratory."""
    if not machine.has_browser and "SSH_CONNECTION" not in machine.variables:
        return NOTE, "no browser can be opened from here", "Copy the address that start prints."


def over_ssh(machine):
    """The address that start prints is of the far machine."""
    if "SSH_CONNECTION" in machine.variables:
        return (
            NOTE,
            "this is another machine, reached by ssh",
            "From yours: ssh -L 8888:127.0.0.1:8888 and its name; then open the address.",
        )


# ---- troubles of Jupyter and the course's files -------------------------------------------------


def kernel_file(machine):
    """Where the notebooks' kernel is registered."""
    return machine.venv / "share" / "jupyter" / "kernels" / KERNEL / "kernel.json"


def read_json(path):
    """What a JSON file holds, or None."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def no_kernel(machine):
    """The notebook opens and asks for a kernel."""
    if machine.ready and not kernel_file(machine).exists():
        return BROKEN, "the course's kernel is not registered", f"{machine.command} start"


def foreign_kernel(machine):
    """A kernel of the same name that starts another Python."""
    kernel = read_json(kernel_file(machine))
    words = kernel.get("argv", []) if isinstance(kernel, dict) else []
    if words and not words[0].startswith(str(machine.venv)):
        return BROKEN, f"the course's kernel starts {words[0]}", f"{machine.command} start"


def notebooks(machine):
    """The learner's notebooks and the worked ones."""
    folders = machine.root / "notebooks", machine.root / "solutions"
    return [path for folder in folders for path in sorted(folder.glob("*.ipynb"))]


def conflicted(machine):
    """`git pull` into a notebook that was worked on; or a crash while saving."""
    for path in notebooks(machine):
        if not isinstance(read_json(path), dict):
            name = path.relative_to(machine.root).as_posix()
            what = "holds both sides of a merge" if "<<<<<<<" in text_of(path) else "is no notebook"
            return BROKEN, f"{name} {what}", f"Keep a copy, then: git checkout HEAD -- {name}"


def wrong_kernel(machine):
    """Jupyter remembers in the notebook which kernel was chosen last."""
    for path in notebooks(machine):
        metadata = (read_json(path) or {}).get("metadata", {})
        chosen = metadata.get("kernelspec", {}).get("name", KERNEL)
        if chosen != KERNEL:
            return (
                NOTE,
                f"{path.name} was last run with the kernel {chosen}",
                "Choose `Deepfakes from scratch` at the top right of the notebook.",
            )


def edited(machine):
    """Answers are fine where they are, until the course is updated."""
    git = ["git", "-C", str(machine.root), "status", "--porcelain", "--", "notebooks"]
    changed = [line for line in answer(*git).splitlines() if line.lstrip().startswith("M ")]
    if changed and (machine.root / ".git").exists():
        return (
            NOTE,
            f"{len(changed)} notebooks hold changes of yours",
            "Before `git pull`, copy them out of notebooks/, then: git checkout -- notebooks",
        )


def clone_in_clone(machine):
    """The archive unpacked twice, or a clone made inside the other."""
    outer = [folder for folder in machine.root.parents if (folder / "facelab" / "studio").is_dir()]
    if outer:
        return NOTE, f"this copy of the course lies inside another, {outer[0]}", "Keep one of them."


def other_copy_open(machine):
    """Two clones, and the browser shows the one that was not meant."""
    for path in runtime_folder(machine).glob("jpserver-*.json"):
        server = read_json(path) or {}
        place = Path(server.get("root_dir", machine.root))
        open_now = reachable(f"127.0.0.1:{server.get('port', 0)}")
        if place != machine.root and (place / "facelab" / "studio").is_dir() and open_now:
            return (
                NOTE,
                f"another copy of the course is open, {place}",
                "Close it with Ctrl-C there.",
            )


def runtime_folder(machine):
    """Where running Jupyter servers leave a note."""
    default = {
        "macos": machine.home / "Library" / "Jupyter",
        "windows": Path(machine.variables.get("APPDATA", machine.home)) / "jupyter",
    }.get(machine.system, machine.home / ".local" / "share" / "jupyter")
    return Path(machine.variables.get("JUPYTER_RUNTIME_DIR") or default / "runtime")


def face_model(machine):
    """A pointer of Git LFS, a download cut short, or line ends 'mended' on the way."""
    path = machine.root / "datasets" / "face_model.npz"
    begin = path.read_bytes()[:40] if path.exists() else b""
    if begin.startswith(b"version https://git-lfs"):
        return BROKEN, "datasets/face_model.npz is a pointer of Git LFS", "Type: git lfs pull"
    if not whole_zip(path):
        remedy = "git checkout HEAD -- datasets   (or download the course again)"
        return BROKEN, "datasets/face_model.npz is missing or damaged", remedy


def whole_zip(path):
    """Whether a zip file's parts all have the checksums it lists."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error):
        return False


IN_THE_BROWSER = "Open the course in the browser instead: see README."

TROUBLES = (
    *(no_venv, store_alias, rosetta, conda, python_path, other_backend),
    *(library_path, old_glibc, musl, old_mac, intel_mac, arm_windows, no_avx, little_memory),
    *(killed, few_open_files, slow_start, wrong_clock, read_only, noexec, anothers_files),
    *(long_path, odd_path, synced, quarantine, windows_disk, first_wsl, little_temporary),
    *(read_only_home, no_compile_cache, dead_proxy, in_a_cloud, no_browser, over_ssh),
    *(no_kernel, foreign_kernel, conflicted, wrong_kernel, edited, clone_in_clone),
    *(other_copy_open, face_model),
)


def found(machine):
    """All troubles of a machine.

    Parameters
    ----------
    machine : Machine
        Its facts.

    Returns
    -------
    list of (str, str, str)
        Verdict (``"BROKEN"`` or ``"note"``), a sentence, a remedy.
    """
    return [told for told in (look(trouble, machine) for trouble in TROUBLES) if told]


def look(trouble, machine):
    """What a trouble says; a note where the system does not let it look."""
    try:
        return trouble(machine)
    except OSError as error:
        return NOTE, f"could not look for {trouble.__name__}: {error}", ""
