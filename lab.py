#!/usr/bin/env python3
"""The course's one command: python3 lab.py start | test | run | build | doctor | and more.

Needs nothing but Python: it makes the folder .venv, installs what requirements.txt pins, and
hands over to the modules of facelab. Kept to syntax that Python 3.6 can read, so that an old
Python gets a sentence and not a traceback.
"""

import argparse
import collections
import contextlib
import errno
import hashlib
import json
import os
import platform
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import webbrowser
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent
OLDEST, NEWEST = (3, 11), (3, 13)
PYTHONS = [f"3.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]
DISK_GB = 5  # .venv takes 3.5 GB; pip unpacks beside it
PORT = 8888
KERNEL = "facelab"
LAB = "python lab.py" if os.name == "nt" else "python3 lab.py"
SERVER_PATIENCE_S = 180
NETWORKS = ["book", "original", "lab", "lab128"]  # SIZES of facelab/models/autoencoder.py


class LabError(Exception):
    """Something a person can mend: one sentence, and the remedy."""

    def __init__(self, sentence, remedy):
        super().__init__(f"{sentence}\n  {remedy}")
        self.sentence, self.remedy = sentence, remedy


def say(text):
    """Tell the learner, on standard error: standard output belongs to results."""
    print(text, file=sys.stderr, flush=True)


# ---- the Python that runs this file -------------------------------------------------------------


def other_python():
    """The command of a fitting Python on this machine that really starts, or None."""
    names = [f"python3.{minor}" for minor in (12, 13, 11)]
    return next((name for name in names if shutil.which(name) and starts(name)), None)


def starts(python):
    """Whether this interpreter runs at all."""
    try:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.call([str(python), "-c", "pass"], **quiet) == 0
    except OSError:
        return False


def refuse_python(version, bits=64):
    """Raise LabError unless the course runs on this Python version and word size."""
    remedy = "Install Python 3.12 (64 bits) from python.org, then run lab.py with it."
    if not OLDEST <= tuple(version[:2]) <= NEWEST:
        found, other = ".".join(str(part) for part in version[:3]), other_python()
        remedy = f"Run it with the one you have: {other} lab.py start" if other else remedy
        raise LabError(f"lab.py needs Python 3.11 to 3.13, and this is Python {found}.", remedy)
    if bits < 64:
        raise LabError("lab.py needs a 64-bit Python, and this one has 32 bits.", remedy)


# ---- the environment ----------------------------------------------------------------------------


def venv():
    return ROOT / ".venv"


def venv_python():
    """The interpreter inside .venv, there or not."""
    return venv() / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def venv_packages():
    """The folder of .venv that holds the installed packages, or None."""
    pattern = "Lib/site-packages" if os.name == "nt" else "lib/python3.*/site-packages"
    return next(venv().glob(pattern), None)


def receipt_file():
    return venv() / "facelab.json"


def recipe():
    """A hash of all that decides what is installed: pins, the local dlib, and the place."""
    parts = [ROOT / "requirements.txt", ROOT / "packaging" / "dlib" / "pyproject.toml"]
    text = b"\0".join(part.read_bytes() for part in parts) + str(ROOT).encode()
    return hashlib.sha256(text).hexdigest()


def contents():
    """The names in the packages folder: what a receipt lists and what damage takes away."""
    folder = venv_packages()
    names = os.listdir(str(folder)) if folder else []
    return sorted(name for name in names if name != "__pycache__")


def read_receipt():
    """What the last finished installation wrote, or None: it is written last of all."""
    try:
        receipt = json.loads(receipt_file().read_text(encoding="utf-8"))
        return receipt if {"recipe", "contents"} <= set(receipt) else None
    except (OSError, ValueError, TypeError):
        return None


def write_receipt():
    receipt = {"recipe": recipe(), "contents": contents()}
    receipt_file().write_text(json.dumps(receipt), encoding="utf-8")


def state():
    """One of "missing", "half-made", "damaged", "outdated" or "ready"."""
    receipt = read_receipt()
    if not venv().exists():
        return "missing"
    if receipt is None:
        return "half-made"
    if not starts(venv_python()) or lost_entries(receipt):
        return "damaged"
    return "ready" if receipt["recipe"] == recipe() else "outdated"


def lost_entries(receipt):
    """What the receipt lists and the packages folder no longer has."""
    return sorted(set(receipt["contents"]) - set(contents()))


def child_environment(**more):
    """The variables for a program in .venv: facelab on the path, the caller's Python kept out."""
    foreign = {"PYTHONHOME", "PIP_USER", "PIP_TARGET", "PIP_PREFIX"}
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    kept.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "PYTHONNOUSERSITE": "1", **more}


def ensure_environment(wheelhouse=None):
    """Make, mend or renew .venv, and return its interpreter. Costs next to nothing when ready.

    With a wheelhouse (a folder), everything comes from there and nothing from the network.
    """
    found = state()
    if found == "ready":
        if wheelhouse:
            say(f".venv is complete already: nothing is installed from {wheelhouse}.")
        mend_kernel()
        return str(venv_python())
    reason = {
        "missing": "Making .venv: this takes a few minutes, once.",
        "half-made": "The last installation did not finish: making .venv again.",
        "damaged": "Parts of .venv are gone: making it again.",
        "outdated": "The pinned packages have changed: bringing .venv up to date.",
    }
    if wheelhouse:
        refuse_wheelhouse(wheelhouse)
    say(reason[found])
    install(afresh=found != "outdated", wheelhouse=wheelhouse)
    return str(venv_python())


def install(afresh, wheelhouse=None):
    """Install the pins; the receipt goes first and comes last, so a break is always noticed."""
    refuse_little_disk()
    if receipt_file().exists():
        receipt_file().unlink()
    if afresh and wheelhouse:
        make_venv(["--without-pip"])
        unpack_pip(wheelhouse)
    elif afresh:
        make_venv()
    install_pins(wheelhouse)
    register_kernel()
    silence_news()
    draw_a_first_face()
    write_receipt()


def refuse_little_disk():
    free = shutil.disk_usage(str(ROOT)).free / 1e9
    if free < DISK_GB:
        raise full_disk(f"only {free:.1f} GB are free, and the installation needs {DISK_GB} GB")


def full_disk(detail="no space is left"):
    return LabError(f"The disk is full: {detail}.", f"Make room in {ROOT}, then run it again.")


def refuse_own_interpreter():
    """A running interpreter cannot replace itself."""
    if Path(sys.prefix).resolve() == venv().resolve():
        raise LabError(
            "This Python lives in .venv, which has to be made again.",
            f"Type: deactivate   and then: {LAB} start",
        )


def make_venv(options=()):
    """Make an empty .venv, whatever was there before."""
    refuse_own_interpreter()
    if venv().is_file() or venv().is_symlink():
        venv().unlink()
    done = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", *options, str(venv())],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        raise explain_venv(done.stdout.decode(errors="replace"))


def explain_venv(text):
    """The LabError for what `python -m venv` printed when it failed."""
    if "No space left" in text or "Errno 28" in text:
        return full_disk()
    if "ensurepip" in text or "No module named venv" in text:
        package = f"python3.{sys.version_info[1]}-venv"
        return LabError(
            "This Python cannot make environments: its venv part is not installed.",
            f"On Debian and Ubuntu: sudo apt install {package}   and then again: {LAB} start",
        )
    if "Permission" in text:
        return no_permission()
    return LabError(f"Making .venv failed: {last_line(text)}", f"Ask: {LAB} doctor")


def no_permission():
    return LabError(
        f"This account may not write in {ROOT}.", "Copy the course to a folder of your own."
    )


def install_pins(wheelhouse=None):
    """Let pip install requirements.txt, with a line of progress and the whole story in a log."""
    command = [str(venv_python()), "-m", "pip", "install", "--no-input", "--retries", "2"]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "-r", "requirements.txt"]
    command += from_folder(wheelhouse) if wheelhouse else []
    log = venv() / "install.log"
    pip = subprocess.Popen(
        command,
        cwd=str(ROOT),
        env=child_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        encoding="utf-8",
        errors="replace",
    )
    try:
        text = follow(pip.stdout, log)
    except BaseException:
        pip.kill()  # or it would go on unpacking behind the learner's back
        raise
    if pip.wait():
        raise explain_pip(text, log)


def follow(lines, log):
    """Copy pip's lines to the log while showing how far it is; return them all."""
    seen, total, text = 0, len(read_pins()), []
    with open(str(log), "w", encoding="utf-8") as out:
        for line in lines:
            out.write(line)
            text.append(line)
            seen += line.startswith(("Collecting", "Processing"))
            show_progress(line, min(seen, total), total)
    return "".join(text)


def show_progress(line, seen, total):
    """One line that grows on a terminal, a line now and then elsewhere."""
    if line.startswith("Installing collected"):
        clear = "\r" if sys.stderr.isatty() else ""
        say(f"{clear}  unpacking {total} packages: the longest part, please wait")
    elif line.startswith("Collecting") and sys.stderr.isatty():
        name = re.split(r"[=<>\[ ]", line.split()[1])[0]
        print(f"\r  {seen:3} of {total}  {name:40.40}", end="", file=sys.stderr, flush=True)
    elif line.startswith("Collecting") and seen % 40 == 0:
        say(f"  {seen} of {total} packages found")


NETWORK_WORDS = re.compile(
    "NewConnectionError|ConnectTimeout|ReadTimeout|Failed to establish|getaddrinfo|"
    "name resolution|Network is unreachable|Connection (refused|reset|broken)|ProxyError|"
    "Could not fetch URL|RemoteDisconnected|IncompleteRead|timed out"
)
CLOCK_WORDS = re.compile("certificate (is not yet valid|has expired)")
DISK_WORDS = re.compile("No space left|Errno 28|not enough space|Errno 122|quota exceeded")


def explain_pip(text, log, command="start"):
    """The LabError for what pip printed when it failed."""
    again = f"run it again: {LAB} {command}"
    if DISK_WORDS.search(text):
        return full_disk()
    if CLOCK_WORDS.search(text):
        return LabError(
            "The clock of this machine is wrong, so no certificate is valid.",
            "Set date and time, then " + again,
        )
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return LabError(
            "The network here replaces certificates, so pip refuses to download.",
            "Set PIP_CERT to the certificate file of your organisation, then " + again,
        )
    if NETWORK_WORDS.search(text):
        return LabError(
            "The packages cannot be downloaded: there is no connection to the package index.",
            "Check the network (or set HTTPS_PROXY), then " + again,
        )
    missing = re.search(r"No matching distribution found for (\S+)", text)
    if missing:
        return LabError(
            f"There is no ready-made {missing.group(1)} for this machine.",
            "Intel Macs and 32-bit systems: open the course in the browser instead (README).",
        )
    if "Permission denied" in text or "Errno 13" in text:
        return no_permission()
    return LabError(f"pip failed: {last_line(text)}", f"The whole story is in {log}; then {again}")


def last_line(text):
    """The last line that says ERROR, or the last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["it said nothing"]
    errors = [line for line in lines if line.lower().startswith("error")]
    return (errors or lines)[-1]


def register_kernel():
    """Make the kernel known inside .venv only; the learner's home stays as it is."""
    done = subprocess.run(
        [str(venv_python()), "-m", "ipykernel", "install", "--sys-prefix", "--name", KERNEL]
        + ["--display-name", "Deepfakes from scratch", "--env", "PYTHONPATH", str(ROOT)],
        env=child_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        story = last_line(done.stdout.decode(errors="replace"))
        raise LabError(f"The kernel could not be registered: {story}", f"Ask: {LAB} doctor")


def mend_kernel():
    """Register the kernel again if it is gone, or starts another Python."""
    path = venv() / "share" / "jupyter" / "kernels" / KERNEL / "kernel.json"
    try:
        here = json.loads(path.read_text(encoding="utf-8"))["argv"][0].startswith(str(venv()))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        here = False
    if not here:
        register_kernel()


def silence_news():
    """Keep JupyterLab from asking a newcomer about its newsletter, and the network about news."""
    folder = venv() / "etc" / "jupyter" / "labconfig"
    folder.mkdir(parents=True, exist_ok=True)
    setting = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (folder / "page_config.json").write_text(json.dumps(setting), encoding="utf-8")


FIRST_FACE = "from facelab import studio as s; s.render(s.Person.from_seed(7), s.Scene())"


def draw_a_first_face():
    """Compile the studio now, not while a learner waits for the first picture of chapter 1."""
    say("  drawing a first face: compiles the studio")
    command = [str(venv_python()), "-c", FIRST_FACE]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.call(command, cwd=str(ROOT), env=child_environment(), **quiet)


# ---- a wheelhouse: all packages in one folder, for machines without a network -------------------

PLATFORMS = ("linux", "linux-arm", "macos", "windows")
GATHERED = "gathered-{python}-{platform}.json"  # lists the files for one kind of machine


def this_platform():
    """The kind of machine this is: one of PLATFORMS, or another word."""
    arm = platform.machine().lower() in ("arm64", "aarch64")
    system = {"darwin": "macos", "win32": "windows"}.get(sys.platform, sys.platform)
    usual_arm = system == "macos"
    return system if arm == usual_arm else f"{system}-{'arm' if arm else 'intel'}"


def this_python():
    """The version that decides which packages fit, as in "3.12"."""
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def pins_digest():
    """What a wheelhouse must have been gathered for: the SHA-256 of requirements.txt."""
    return file_digest(ROOT / "requirements.txt")


def file_digest(path):
    """SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with open(str(path), "rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def read_gathered(folder):
    """The list of the files in `folder` for this kind of machine; LabError if there is none."""
    path = folder / GATHERED.format(python=this_python(), platform=this_platform())
    try:
        gathered = json.loads(path.read_text(encoding="utf-8"))
        return gathered["pins"], dict(gathered["files"])
    except FileNotFoundError:
        raise explain_no_list(folder) from None
    except (OSError, ValueError, KeyError, TypeError):
        remedy = f"Gather again: {LAB} wheelhouse {folder}"
        raise LabError(f"{path} cannot be read.", remedy) from None


def explain_no_list(folder):
    """The LabError for a folder that holds nothing for this kind of machine."""
    pattern = GATHERED.format(python="*", platform="*")
    names = [path.stem.split("-", 2)[1:] for path in folder.glob(pattern)]
    here = f"Python {this_python()} on {this_platform()}"
    options = f"--python {this_python()} --platform {this_platform()}"
    if not names:
        return LabError(
            f"{folder} is no wheelhouse.",
            f"Make one where there is a network: {LAB} wheelhouse DIR {options}",
        )
    there = ", ".join(f"Python {python} on {system}" for python, system in sorted(names))
    return LabError(
        f"The wheelhouse was gathered for {there}, and this is {here}.",
        f"Where there is a network, add what is missing: {LAB} wheelhouse DIR {options}",
    )


def harmed_files(folder, files):
    """The names whose file in `folder` is missing or is not what was gathered."""
    there = {name for name in files if (folder / name).is_file()}
    return sorted(n for n in files if n not in there or file_digest(folder / n) != files[n])


def refuse_wheelhouse(folder):
    """Raise LabError unless everything for this machine lies in `folder`, whole."""
    pins, files = read_gathered(folder)
    again = f"Gather it again where there is a network: {LAB} wheelhouse DIR"
    if pins != pins_digest():
        raise LabError("The wheelhouse was gathered for another version of the course.", again)
    harmed = harmed_files(folder, files)
    if harmed:
        raise LabError(
            f"{len(harmed)} files of the wheelhouse are missing or damaged, {harmed[0]} first.",
            f"Copy the folder once more. {again}",
        )


def from_folder(folder):
    """The options that keep pip away from every network."""
    return ["--no-index", "--find-links", str(folder)]


def unpack_pip(folder):
    """Put the wheelhouse's own pip into .venv: Debian's Python comes without one."""
    wheel = next(folder.glob("pip-*.whl"))
    command = [str(venv_python()), str(wheel / "pip"), "install", "--quiet", "pip"]
    done = subprocess.run(
        command + from_folder(folder),
        env=child_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        raise explain_pip(done.stdout.decode(errors="replace"), wheel)


# ---- start --------------------------------------------------------------------------------------


def port_is_free(port):
    """Whether a server could listen on this port of this machine."""
    with contextlib.closing(socket.socket()) as probe:
        if os.name != "nt":  # there it would mean "share the port"
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def refuse_busy_port(port):
    if not port_is_free(port):
        raise LabError(
            f"Port {port} is in use, perhaps by a course that is already open.",
            f"Close that one, or take another port: {LAB} start --port {port + 1}",
        )


def course_page():
    """Where JupyterLab opens: the course index, or the best there is."""
    places = ["notebooks/index.ipynb", "notebooks"]
    found = next((place for place in places if (ROOT / place).exists()), None)
    return f"/lab/tree/{found}" if found else "/lab"


def server_command(python, port):
    """JupyterLab on this machine only, on exactly this port."""
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": ROOT,
        "LabApp.default_url": course_page(),
        "MultiKernelManager.default_kernel_name": KERNEL,
    }
    command = [python, "-m", "jupyterlab", "--no-browser"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    return command + [f"--{name}={value}" for name, value in options.items()]


def open_server(python, port, token):
    """Start JupyterLab apart from this terminal's Ctrl-C, which stays ours to handle."""
    apart = {"start_new_session": True}
    if os.name == "nt":
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    with open(str(venv() / "jupyter.log"), "w", encoding="utf-8") as log:
        return subprocess.Popen(
            server_command(python, port),
            cwd=str(ROOT),
            env=child_environment(JUPYTER_TOKEN=token),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            **apart,
        )


def answers(port):
    """Whether a Jupyter server answers on this port (asked without any proxy)."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with contextlib.closing(direct.open(f"http://127.0.0.1:{port}/api", timeout=2)) as reply:
            return b"version" in reply.read()
    except (OSError, ValueError):
        return False


def wait_for_server(server, port):
    """Return when the server answers; raise LabError when it ends or takes too long."""
    deadline = time.monotonic() + SERVER_PATIENCE_S
    while not answers(port):
        if server.poll() is not None or time.monotonic() > deadline:
            log = venv() / "jupyter.log"
            story = last_line(log.read_text(encoding="utf-8", errors="replace"))
            raise LabError(f"JupyterLab did not start: {story}", f"Ask: {LAB} doctor   Log: {log}")
        time.sleep(0.1)


def stop(server):
    """End the server and its kernels, gently and then not."""
    if server.poll() is not None:
        return
    server.terminate()
    try:
        server.wait(15)
    except subprocess.TimeoutExpired:
        server.kill()


def interrupt(*_):
    raise KeyboardInterrupt


def start(args):
    """Open the course in JupyterLab and stay until Ctrl-C."""
    refuse_busy_port(args.port)
    python = ensure_environment(args.wheelhouse and Path(args.wheelhouse).resolve())
    refuse_busy_port(args.port)
    token = secrets.token_hex(24)
    server = open_server(python, args.port, token)
    try:
        wait_for_server(server, args.port)
        url = f"http://127.0.0.1:{args.port}{course_page()}?token={token}"
        print(f"The course is open at\n\n    {url}\n\nCtrl-C ends it.", flush=True)
        if args.browser:
            webbrowser.open(url)
        return server.wait()
    except KeyboardInterrupt:
        say("\nClosing the course. Your notebooks are saved as you left them.")
        return 0
    finally:
        stop(server)


# ---- test ---------------------------------------------------------------------------------------

PLANNED, SECONDS_A_CHAPTER = 15, 60  # chapters to come, and what one may take on average
# a test whose work grows with the chapters has one in its name
GROWS = re.compile(r"chapter|test_ch\d\d|\b\d\d_[a-z]|\[\d\d\.\d")

Result = collections.namedtuple("Result", "name passed seconds growth")


def stages(fast, thorough=False, restart=None):
    """The checks as (name, arguments for python), in the order they run."""
    # two files side by side, in the order of tests/conftest.py
    pytest = ["-m", "pytest", "--numprocesses=2", "--dist=loadfile", "--no-loadscope-reorder"]
    pytest += ["--thorough"] if thorough else []
    rerun = ["-m", "facelab.course.rerun"] + (["--thorough"] if thorough else [])
    rerun += ["--restart", restart] if restart else []
    lint = ("lint", ["-m", "ruff", "check", "."])
    if fast:
        chosen = "not slow and not browser and not elsewhere"
        return [lint, ("unit tests", pytest + ["-m", chosen, "tests"])]
    return [
        lint,
        ("unit tests", pytest + ["-m", "not browser and not elsewhere", "tests"]),
        ("notebooks as built", ["-m", "facelab.course.build", "--check"]),
        ("notebooks as run", rerun),
        ("in the browser", pytest + ["-m", "browser", "tests"]),
        ("on Binder and Colab", pytest + ["-m", "elsewhere", "tests"]),
    ]


def run_stage(python, name, arguments):
    """Run one check with its output in view and return its Result."""
    say(f"\n== {name}")
    began = time.monotonic()
    variables = child_environment(FACELAB_PROGRESS="")  # a test solves nobody's exercises
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        more = [f"--junitxml={report}"] if "pytest" in arguments else []
        code = subprocess.call([python] + arguments + more, cwd=str(ROOT), env=variables)
        seconds = time.monotonic() - began
        return Result(name, code == 0, seconds, growth(name, report))


def growth(name, report):
    """By how much a stage will have grown once all chapters are there: 1 if not at all.

    The chapters' own runs are scaled to what a chapter may take, by what those there are were
    measured to take; of a stage of tests the share grows that has a chapter in its name.
    """
    if name == "notebooks as run":
        text = (ROOT / "solutions" / "measured.json").read_text(encoding="utf-8")
        now = sum(chapter["seconds"] for chapter in json.loads(text).values())
        return PLANNED * SECONDS_A_CHAPTER / now
    share = share_that_grows(report) if report.exists() else 0
    return 1 + share * (PLANNED / max(1, len(chapters())) - 1)


def share_that_grows(report):
    """The share of its time that a stage of tests spent on tests that name a chapter."""
    cases = ElementTree.parse(str(report)).getroot().iter("testcase")
    times = [(case.get("classname") + case.get("name"), float(case.get("time"))) for case in cases]
    grows = sum(seconds for name, seconds in times if GROWS.search(name))
    return grows / max(1e-9, sum(seconds for _, seconds in times))


def test(args):
    """Run every check, also after one has failed, and sum up."""
    python = ensure_environment()
    draw_a_first_face()  # compiled once, not by two tests at a time
    plan = stages(args.fast, args.thorough, args.restart)
    results = [run_stage(python, *stage) for stage in plan]
    say("\n== summary")
    for result in results:
        verdict = "passed" if result.passed else "FAILED"
        say(f"  {verdict}  {result.seconds:7.1f} s  {result.name}")
    if not args.fast:
        say(forecast(results))
    return 0 if all(result.passed for result in results) else 1


def forecast(results):
    """One sentence: minutes now, and once all chapters are there."""
    now = sum(result.seconds for result in results) / 60
    then = sum(result.seconds * result.growth for result in results) / 60
    return (
        f"  {now:.1f} minutes for {len(chapters())} chapters; {then:.0f} for {PLANNED} that take "
        f"{SECONDS_A_CHAPTER} seconds each, computed from this run and solutions/measured.json"
    )


# ---- commands that live in facelab --------------------------------------------------------------


def hand_over(module, arguments):
    """Run a module of facelab in .venv; its output and exit status are ours."""
    python = ensure_environment()
    command = [python, "-m", module] + [str(argument) for argument in arguments]
    child = subprocess.Popen(command, cwd=str(ROOT), env=child_environment())
    try:
        return child.wait()
    except KeyboardInterrupt:
        child.wait()
        raise


def chapters():
    """The numbers of the chapters there are, as text: ["01", "03"]."""
    return sorted(path.name[:2] for path in ROOT.glob("solutions/[0-9][0-9]_*.py"))


def refuse_unknown_chapters(wanted):
    unknown = [number for number in wanted if number not in chapters()]
    if unknown:
        there = ", ".join(chapters()) or "none yet"
        raise LabError(
            f"There is no chapter {', '.join(unknown)}.", f"Chapters by their two digits: {there}."
        )


def output_folder(name):
    """The caller's folder of this name, made before the work begins: later is too late to fail."""
    folder = Path(name).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=str(folder)):
            return folder
    except OSError as error:
        sentence = f"Nothing can be written to {folder}: {error.strerror}."
        raise LabError(sentence, "Name another folder: --out DIR") from None


def run(args):
    refuse_unknown_chapters(args.chapters)
    out = ["--out", output_folder(args.out)] if args.out else []
    record = ["--record"] if args.record else []
    return hand_over("facelab.course.run", args.chapters + out + record)


def build(args):
    return hand_over("facelab.course.build", ["--check"] if args.check else [])


def score(args):
    flags = [] if args.seed is None else ["--seed", args.seed]
    flags += ["--json"] * args.json
    if args.what == "all":
        return hand_over("facelab.measure.scoreboard", ["--json"] * args.json)
    if args.what == "swap":
        return hand_over("facelab.measure.score_swap", flags + swap_words(args))
    return hand_over("facelab.measure.score", [args.what] + flags)


def swap_words(args):
    """The options of `score swap`, files named from where the caller is."""
    here = Path.cwd()
    words = ["--pair"] + args.pair if args.pair else []
    words += ["--scenes", args.scenes] if args.scenes is not None else []
    words += ["--tone", args.tone] if args.tone else []
    for method in args.method:
        words += ["--method", here / method if ".py:" in method else method]
    for name in ("weights", "told"):
        files = [f if ":" in f and ".py:" not in f else here / f for f in getattr(args, name)]
        words += ["--" + name] + files if files else []
    words += ["--folder", here / args.folder] if args.folder else []
    words += ["--paste", args.paste] if args.paste else []
    words += ["--name", args.name] if args.name else []
    words += ["--write-targets", output_folder(args.write_targets)] if args.write_targets else []
    return words + ["--store"] * args.store


def train(args):
    out = args.out and output_folder(args.out)
    named = [("--steps", args.steps), ("--seed", args.seed), ("--out", out)]
    chosen = [word for name, value in named if value is not None for word in (name, value)]
    flags = ["--told"] * args.told + ["--cost"] * args.cost + ["--json"] * args.json
    pair = ["--pair"] + args.pair + ["--size", args.size]
    return hand_over("facelab.training.command", [args.what] + pair + chosen + flags)


def bench(args):
    if args.what == "course":
        return hand_over("facelab.course.bench", ["--json"] * args.json)
    if args.what == "swap":
        race = [] if args.equal_time is None else ["--equal-time", args.equal_time]
        race += ["--seeds", args.seeds] if args.seeds is not None else []
        return hand_over("facelab.measure.bench_swap", race + ["--json"] * args.json)
    flags = ["--crops"] * args.crops + ["--json"] * args.json
    return hand_over("facelab.measure.bench", [args.what] + flags)


def dataset(args):
    """Write raw collections into the caller's folder."""
    folder = ["--seed", args.seed, "--pictures", args.pictures, Path(args.folder).resolve()]
    return hand_over("facelab.course.dataset", ["--people"] + args.people + folder)


def progress(args):
    return hand_over("facelab.course.progress", ["--forget"] * args.forget)


def badges(args):
    return hand_over("facelab.course.badges", ["--repo", args.repo, "--branch", args.branch])


def book(args):
    return hand_over("facelab.course.book", ["--out", output_folder(args.out)])


def nbgrader(args):
    return hand_over("facelab.course.nbgrader", ["--out", output_folder(args.out)])


def wheelhouse(args):
    wanted = ["--python", args.python, "--platform", args.platform]
    return hand_over("facelab.course.wheelhouse", [Path(args.folder).resolve()] + wanted)


def matrix(args):
    chosen = ["--python", args.python] if args.python else []
    chosen += ["--packages", args.packages] if args.packages else []
    flags = ["--json"] * args.json + ["--record"] * args.record
    return hand_over("facelab.course.matrix", chosen + flags)


# ---- doctor -------------------------------------------------------------------------------------

Finding = collections.namedtuple("Finding", "verdict text remedy")


def fine(text):
    return Finding("ok", text, "")


def note(text, remedy=""):
    return Finding("note", text, remedy)


def broken(text, remedy):
    return Finding("BROKEN", text, remedy)


def read_pins():
    """The pins of requirements.txt as {name: version}, whatever their platform."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split(" ;")[0].split("==") for line in lines if re.match(r"[a-z].*==", line))


def direct_needs():
    """The names that pyproject.toml asks for, in its order."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return re.findall(r'^    "([A-Za-z0-9-]+)>=', text, re.M)


def plain_name(name):
    """The one spelling of a distribution's name: lower case, hyphens."""
    return re.sub(r"[-_.]+", "-", name).lower()


def installed():
    """What .venv holds as {name: version}, read from the names of its folders."""
    stems = [name[: -len(".dist-info")] for name in contents() if name.endswith(".dist-info")]
    return {plain_name(name): version for name, _, version in (s.partition("-") for s in stems)}


def memory_gb():
    """The machine's memory in GB, or None where it cannot be asked for."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    except (AttributeError, ValueError, OSError):
        return memory_by_psutil()


def memory_by_psutil():
    code = "import psutil; print(psutil.virtual_memory().total / 1e9)"
    try:
        return float(subprocess.check_output([str(venv_python()), "-c", code]))
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None


def examine_machine():
    """Findings on the machine: system, processors, memory, disk."""
    python = ".".join(str(part) for part in sys.version_info[:3])
    yield fine(f"Python {python} on {sys.platform}, {os.cpu_count()} processor cores")
    memory = memory_gb()
    yield fine(f"{memory:.1f} GB of memory") if memory else note("memory: cannot be read here")
    free, needed = shutil.disk_usage(str(ROOT)).free / 1e9, 0.5 if state() == "ready" else DISK_GB
    if free < needed:
        yield broken(f"{free:.1f} GB of disk free, {needed} GB needed", f"Make room in {ROOT}.")
    else:
        yield fine(f"{free:.0f} GB of disk free")


def examine_environment():
    """Findings on .venv as a whole."""
    remedies = {
        "missing": ("is not made yet", f"{LAB} start"),
        "half-made": ("is only half made", f"{LAB} start   (it makes it again)"),
        "damaged": ("has lost parts", f"{LAB} start   (it makes it again)"),
        "outdated": ("is older than requirements.txt", f"{LAB} start   (it renews it)"),
    }
    found = state()
    yield (
        broken(f".venv {remedies[found][0]}", remedies[found][1])
        if found in remedies
        else fine(".venv is complete")
    )


def examine_packages():
    """A finding for each package that the course names, one for the rest of the closure."""
    pins, there = read_pins(), installed()
    direct = ["dlib-bin" if name == "dlib" else name for name in direct_needs()]
    for name in [name for name in direct if name in pins]:
        yield compare(name, pins[name], there.get(name))
    others = [name for name in there if name in pins and name not in direct]
    wrong = [name for name in others if there[name] != pins[name]]
    for name in wrong:
        yield compare(name, pins[name], there[name])
    yield fine(f"{len(others) - len(wrong)} further packages as pinned")
    for entry in lost_entries(read_receipt() or {"contents": []}):
        yield broken(f"{entry} is gone from .venv", f"{LAB} start")


def compare(name, pinned, found):
    """The finding for one package."""
    if found == pinned:
        return fine(f"{name} {found}")
    what = f"{name} is not installed" if found is None else f"{name} {found} is there"
    return broken(f"{what}, {pinned} is pinned", f"{LAB} start")


def examine_port():
    """A finding on the port that the course uses."""
    if port_is_free(PORT):
        yield fine(f"port {PORT} is free")
    else:
        yield note(f"port {PORT} is in use", f"{LAB} start --port {PORT + 1}")


def examine_troubles():
    """A finding for each of the usual troubles of this platform that is really there."""
    try:
        from facelab.course import troubles
    except ImportError:
        yield broken("the folder facelab is missing or incomplete", "Download the course again.")
        return
    known = {"memory_gb": memory_gb(), "ready": state() == "ready", "command": LAB}
    found = troubles.found(troubles.Machine.here(ROOT, venv(), **known))
    for verdict, text, remedy in found:
        yield Finding(verdict, text, remedy)
    yield fine(f"{len(troubles.TROUBLES) - len(found)} usual troubles looked for and not found")


def examine_network():
    """A finding on whether pip reaches the package index it is set to use."""
    python = str(venv_python()) if starts(venv_python()) else sys.executable
    command = [python, "-m", "pip", "index", "versions", "pip", "--timeout", "8", "--retries", "0"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode == 0:
        yield fine("the package index answers")
    elif b"No module named pip" in done.stdout:
        yield note("the network was not tried: this Python has no pip")
    else:
        yield broken("the package index does not answer", "Check the network, or set HTTPS_PROXY.")


def crop_cache():
    """The module that looks after the crops kept on disk: it needs nothing that is installed."""
    try:
        from facelab import disk_cache
    except ImportError:
        raise LabError("The folder facelab is incomplete.", "Download the course again.") from None
    return disk_cache


def examine_cache():
    """A finding on the crops that chapters keep on disk."""
    cache = crop_cache()
    if cache.place() is None:
        yield note(f"no crops are kept on disk: {cache.VARIABLE} is off")
        return
    held, limit = cache.size() / 1e9, cache.LIMIT / 1e9
    yield fine(f"{held:.1f} GB of crops, of {limit:.0f} at most, in {cache.place()} ({LAB} clean)")


def clean(args):
    """Delete the crops that chapters keep on disk."""
    freed = crop_cache().clear()
    print(f"{freed / 1e6:.0f} MB of crops deleted: chapters draw them again when they need them.")
    return 0


def examine(online):
    """All findings, as they are made."""
    yield from examine_machine()
    yield from examine_environment()
    if read_receipt():
        yield from examine_packages()
    if online or state() == "missing":
        yield from examine_network()
    yield from examine_port()
    yield from examine_cache()
    yield from examine_troubles()


def doctor(args):
    """Print what is fine and what is not, each with its remedy; 1 if anything is broken."""
    worst = 0
    for verdict, text, remedy in examine(args.online):
        print(f"  {verdict:6}  {text}" + (f"\n          -> {remedy}" if remedy else ""), flush=True)
        worst |= verdict == "BROKEN"
    print("Something is broken: see the arrows." if worst else "All is well.", flush=True)
    return int(worst)


# ---- the command line ---------------------------------------------------------------------------


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise UsageError(f"{message[:1].upper()}{message[1:]}.", f"See: {self.prog} --help")


class UsageError(LabError):
    """The command line was wrong."""


def port_number(text):
    """A port an ordinary account may listen on."""
    if not (text.isdigit() and 1024 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1024 to 65535")
    return int(text)


def minutes(text):
    """A time above 0, such as 10 or .5."""
    if not re.match(r"(\d+\.?\d*|\.\d+)$", text) or float(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of minutes")
    return float(text)


def seed_number(text):
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 on")
    return int(text)


def count_number(text):
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


def chapter_number(text):
    if not re.match(r"\d\d?$", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a chapter number like 03")
    return text.zfill(2)


def parser():
    """The command line as in the README."""
    top = Parser(prog=LAB, description="Deepfakes from scratch: the course's one command.")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)

    def command(function, text):
        made = commands.add_parser(function.__name__, help=text, description=text)
        made.set_defaults(function=function)
        return made

    made = command(start, "install on first use, then open the course in JupyterLab")
    made.add_argument(
        "--no-browser", dest="browser", action="store_false", help="only print the address"
    )
    made.add_argument("--port", type=port_number, default=PORT, help="default: %(default)s")
    made.add_argument("--wheelhouse", metavar="DIR", help="install from this folder, offline")
    made = command(test, "run everything that is checked before a change is accepted")
    made.add_argument("--fast", action="store_true", help="lint and unit tests, under 90 s")
    made.add_argument(
        "--thorough", action="store_true", help="every chapter everywhere, to its end"
    )
    made.add_argument(
        "--restart", type=chapter_number, metavar="NN", help="a new kernel for each section of this"
    )
    made = command(run, "execute chapters without a window; say seconds and peak memory")
    made.add_argument("chapters", nargs="*", type=chapter_number, metavar="NN", help="default: all")
    made.add_argument("--out", metavar="DIR", help="where the notebooks and web pages go")
    made.add_argument("--record", action="store_true", help="write the figures into the course")
    made = command(build, "make both notebooks of each chapter from solutions/*.py")
    made.add_argument("--check", action="store_true", help="change nothing; fail on a difference")
    made = command(doctor, "say in plain words what is missing, and the remedy")
    made.add_argument("--online", action="store_true", help="also try the network")
    command(clean, "delete the crops that chapters keep on disk; they are drawn again")
    made = command(score, "measure the course against the truth")
    choices = ["studio", "landmark_swap", "swap", "all"]
    made.add_argument("what", choices=choices, help="what to measure; all: what is stored")
    made.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    made.add_argument("--seed", type=seed_number, metavar="N", help="other people, or scenes")
    only = made.add_argument_group("swap only: two people, on scenes that nobody trained on")
    only.add_argument("--pair", nargs=2, type=seed_number, metavar=("A", "B"), help="two seeds")
    only.add_argument("--scenes", type=seed_number, metavar="N", help="for each direction; 200")
    only.add_argument("--tone", choices=["a", "b"], help="the truth's skin: target's or face's")
    only.add_argument(
        "--method", action="append", default=[], metavar="MODULE:FUNCTION", help="or FILE.py:..."
    )
    only.add_argument("--weights", nargs="+", default=[], metavar="FILE", help="trained networks")
    only.add_argument("--folder", metavar="DIR", help="pictures that were made elsewhere")
    only.add_argument("--told", nargs="+", default=[], metavar="FILE", help="the told ceiling")
    only.add_argument("--paste", choices=["plain", "convert"], help="how crops are put back")
    only.add_argument("--name", help="what the method is called in tables")
    only.add_argument("--store", action="store_true", help="put the result on the scoreboard")
    only.add_argument("--write-targets", metavar="DIR", help="write the pictures to swap in")
    made = command(train, "train a network; says first what it will cost, goes on after a kill")
    made.add_argument("what", choices=["swap"], help="what to train")
    made.add_argument("--pair", nargs=2, type=seed_number, required=True, metavar="SEED")
    made.add_argument("--size", choices=NETWORKS, default="lab", help="default: %(default)s")
    made.add_argument("--steps", type=count_number, metavar="N", help="of 16 pictures of each")
    made.add_argument("--seed", type=seed_number, metavar="N", help="of weights and batches")
    made.add_argument("--told", action="store_true", help="with the true answers: the ceiling")
    made.add_argument("--cost", action="store_true", help="only say what it would take")
    made.add_argument("--out", metavar="DIR", help="default: out/training/SIZE-SEED-SEED")
    made.add_argument("--json", action="store_true", help="one JSON object instead of a path")
    made = command(bench, "measure speed and memory")
    made.add_argument("what", choices=["studio", "course", "swap"], help="what to measure")
    made.add_argument("--crops", action="store_true", help="aligned crops and new people instead")
    made.add_argument(
        "--equal-time", type=minutes, metavar="MINUTES", help="swap: let networks race instead"
    )
    made.add_argument("--seeds", type=seed_number, metavar="N", help="swap: seeds of the race; 1")
    made.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    made = command(dataset, "write a raw collection, as if scraped, with its truth apart")
    made.add_argument("folder", metavar="DIR", help="where it goes; what is there is kept")
    made.add_argument(
        "--people", nargs="+", type=seed_number, default=[7, 12], metavar="N", help="default: 7 12"
    )
    made.add_argument(
        "--pictures", type=seed_number, default=200, metavar="N", help="a person; default: 200"
    )
    made.add_argument("--seed", type=seed_number, default=0, metavar="N", help="another collection")
    made = command(progress, "print which exercises are solved; kept in one file on this machine")
    made.add_argument("--forget", action="store_true", help="delete that file")
    made = command(book, "build the chapters as a web site, with search; needs no network")
    made.add_argument("--out", metavar="DIR", default="out/book", help="default: %(default)s")
    made = command(nbgrader, "write the exercises as a course that nbgrader can hand out and grade")
    made.add_argument("--out", metavar="DIR", default="out/nbgrader", help="default: %(default)s")
    made = command(wheelhouse, "gather all that an installation without a network needs")
    made.add_argument("folder", metavar="DIR", help="where the packages go")
    made.add_argument("--python", choices=PYTHONS, default=this_python(), help="default: this one")
    made.add_argument(
        "--platform", choices=PLATFORMS, default=this_platform(), help="default: this one"
    )
    made = command(badges, "write the addresses of Binder and Colab for a repository of your own")
    made.add_argument("--repo", metavar="OWNER/NAME", required=True, help="on GitHub")
    made.add_argument("--branch", default="main", help="default: %(default)s")
    made = command(matrix, "run the quick tests on each Python, oldest and newest packages")
    made.add_argument("--python", choices=PYTHONS, help="only this one")
    made.add_argument("--packages", choices=["pins", "floors", "newest"], help="only these")
    made.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    made.add_argument("--record", action="store_true", help="write the dates into the README")
    return top


def dispatch(words):
    """Read the command line and do it; return the exit status."""
    args = parser().parse_args(words)
    if not args.command:
        raise UsageError("Say what to do.", f"Begin with: {LAB} start   All commands: {LAB} --help")
    return args.function(args)


def explain_os_error(error):
    """The LabError for what the operating system refused."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return full_disk()
    if isinstance(error, PermissionError):
        return no_permission()
    return LabError(f"The system refused: {error}.", f"Ask: {LAB} doctor")


def leave_quietly():
    """Whoever read the output, as in `doctor | head`, has closed it: write the rest to nobody."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main(words=None):
    """Run a command; every failure that has a remedy ends in a sentence and that remedy."""
    try:
        refuse_python(sys.version_info, 64 if sys.maxsize > 2**32 else 32)
        return dispatch(words)
    except UsageError as error:
        say(str(error))
        return 2
    except LabError as error:
        say(str(error))
    except BrokenPipeError:
        leave_quietly()
    except OSError as error:
        say(str(explain_os_error(error)))
    except KeyboardInterrupt:
        say("\nStopped.")
        return 130
    return 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupt)
    sys.exit(main())
