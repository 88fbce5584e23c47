"""The classroom's JupyterHub, with its proxy, its limits and its links, started for real."""

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
import requests
import websocket
from classroom import classroom, variables
from places import do

from facelab.course import build
from facelab.course.execute import resident_mb
from facelab.course.measured import read_measured
from facelab.course.notebook import code_cells, source_of

ROOT = Path(__file__).resolve().parent.parent
HUB = ROOT / "teaching" / "hub"
CHAPTER = "03_faces_and_landmarks"
STUDENTS = ["ada", "bo", "chi"]
PATIENCE_S = 480  # for one cell, while three chapters share two cores


def load(name):
    """A module of teaching/hub."""
    spec = importlib.util.spec_from_file_location(f"hub_{name}", HUB / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


seats, handout = load("seats"), load("handout")
MEASURED = read_measured(build.Course().measured)


# How many students fit


def test_the_limit_is_the_largest_peak_and_the_server_and_a_fifth():
    measured = {"01_a": {"peak_mb": 500}, "02_b": {"peak_mb": 1050}}
    assert seats.largest_peak(measured) == ("02_b", 1050)
    assert seats.limit_mb(measured) == 1480
    assert [seats.seats(gb, measured) for gb in (2, 16, 64)] == [0, 9, 41]
    with pytest.raises(ValueError, match="run --record"):
        seats.limit_mb({})


def test_an_example_is_worked_out_for_a_large_class():
    measured = {"02_b": {"peak_mb": 1050, "seconds": 96}}
    assert seats.example(measured).startswith("60 students: 128 GB. With 32 cores")
    assert (
        "chapter 02 at once should take about 6 minutes (computed from a run on 2)."
        in seats.example(measured)
    )
    assert "more than 256 GB" in seats.example({"02_b": {"peak_mb": 5000, "seconds": 96}})


def test_the_page_says_what_follows_from_the_measured_peaks():
    page = seats.PAGE.read_text(encoding="utf-8")
    assert seats.table(MEASURED) in page, "To mend: python teaching/hub/seats.py --write"
    assert seats.filled(page, MEASURED) == page
    larger = {"09_z": {"peak_mb": 99_000, "seconds": 1}}
    assert seats.table(larger) in seats.filled(page, larger)


# What students pull


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A folder that looks like the course on a server, whose handout may be written."""
    folder = tmp_path_factory.mktemp("served")
    for name in ("facelab", "requirements.txt"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    assert handout.publish(folder)
    return folder


def test_the_handout_holds_notebooks_and_shares_the_rest(course, tmp_path):
    assert not handout.publish(course), "nothing has changed"
    handout.git("clone", "--quiet", handout.place(course), tmp_path / "mine", folder=tmp_path)
    mine = tmp_path / "mine"
    assert {p.name for p in mine.iterdir()} == {".git", "notebooks", *handout.SHARED}
    assert (mine / "facelab").is_symlink() and (mine / "facelab" / "course").is_dir()
    names = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {path.name for path in (mine / "notebooks").iterdir()} == names


def test_a_mended_chapter_reaches_the_handout(course, tmp_path):
    page = course / "notebooks" / "index.ipynb"
    before = page.read_text()
    page.write_text(before.replace("from the top", "from the very top"))
    assert handout.publish(course)
    handout.git("clone", "--quiet", handout.place(course), tmp_path / "mine", folder=tmp_path)
    assert "from the very top" in (tmp_path / "mine" / "notebooks" / "index.ipynb").read_text()
    page.write_text(before)
    assert handout.publish(course)


def test_a_link_logs_in_pulls_and_opens_a_chapter():
    link = handout.link("https://hub.example.org/", CHAPTER, Path("/srv/deepfakes"))
    parts = urllib.parse.urlsplit(link)
    assert parts.netloc == "hub.example.org" and parts.path == "/hub/user-redirect/git-pull"
    assert dict(urllib.parse.parse_qsl(parts.query)) == {
        "repo": "file:///srv/deepfakes/out/handout.git",
        "branch": "main",
        "targetPath": "deepfakes",
        "urlpath": f"lab/tree/deepfakes/notebooks/{CHAPTER}.ipynb",
    }


# The hub

OVERRIDES = """
# only what a test must change: who, where, and homes that need no accounts
from pathlib import Path

load_subconfig({config!r})
from handout import pull_path
from spawners import MemoryWatch
from jupyterhub.spawner import SimpleLocalProcessSpawner

class Spawner(MemoryWatch, SimpleLocalProcessSpawner):
    pass

c = get_config()
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allowed_users = {students!r}
c.JupyterHub.spawner_class = Spawner
c.Spawner.poll_interval = 1
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r}
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.Spawner.default_url = pull_path(course=Path({course!r}))
c.Spawner.args += {arguments!r}
c.Spawner.environment |= {environment!r}
"""


def free_ports(count):
    """Ports of this machine that nothing listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    """The proxy that package.json names, installed by npm."""
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip("Node.js with npm is needed for the hub's proxy, and this machine has none")
    folder = tmp_path_factory.mktemp("proxy")
    shutil.copy(HUB / "package.json", folder)
    npm = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent"]
    done = subprocess.run(npm, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"npm could not fetch the hub's proxy: {done.stderr.strip()[-200:]}")
    return folder / "node_modules" / ".bin" / "configurable-http-proxy"


class Class:
    """A running hub: its address, its folder, its process."""

    def __init__(self, folder, process, port):
        self.folder, self.process = folder, process
        self.address = f"http://127.0.0.1:{port}"

    def home(self, name):
        return self.folder / "homes" / name

    def server(self, name):
        """The process of a student's server, or None."""
        for process in psutil.Process(self.process.pid).children(recursive=True):
            try:
                if process.environ().get("JUPYTERHUB_USER") == name:
                    return process
            except psutil.Error:
                continue
        return None

    def log(self):
        return (self.folder / "hub.log").read_text(errors="replace")


@contextmanager
def open_class(folder, python, proxy, course, more=""):
    """A hub with the configuration of teaching/hub, and ``more`` of it."""
    port, hub_port, api_port = free_ports(3)
    folder.mkdir()
    environment = {
        "JUPYTER_PATH": str(Path(sys.prefix) / "share" / "jupyter"),
        "JUPYTER_CONFIG_PATH": str(Path(sys.prefix) / "etc" / "jupyter"),
        "JUPYTERLAB_DIR": str(Path(sys.prefix) / "share" / "jupyter" / "lab"),
        "FACELAB_PROGRESS": "off",
    }
    text = OVERRIDES.format(
        config=str(HUB / "jupyterhub_config.py"),
        students=set(STUDENTS),
        homes=str(folder / "homes" / "{username}"),
        proxy=str(proxy),
        course=str(course),
        environment=environment,
        arguments=[] if os.geteuid() else ["--allow-root"],
        port=port,
        hub_port=hub_port,
        api_port=api_port,
    )
    (folder / "config.py").write_text(text + more)
    command = [python, "-m", "jupyterhub", "-f", "config.py"]
    with open(folder / "hub.log", "w") as log:
        process = subprocess.Popen(
            list(map(str, command)),
            cwd=folder,
            env=variables(python),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    made = Class(folder, process, port)
    try:
        wait_for(lambda: answers(f"{made.address}/hub/health"), 90, made)
        yield made
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        finally:
            kill_group(process.pid)


def kill_group(pid):
    """End what is left of a hub."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def answers(address):
    try:
        return requests.get(address, timeout=5).ok
    except requests.ConnectionError:
        return False


def wait_for(happened, seconds, hub):
    """Wait until something has happened; show the hub's log if it does not."""
    end = time.monotonic() + seconds
    while not happened():
        assert hub.process.poll() is None and time.monotonic() < end, hub.log()[-4000:]
        time.sleep(0.3)


class KernelDied(Exception):
    """The kernel has ended and is started again."""


class Browser(requests.Session):
    """Keeps the student's cookies, and waits for no page forever."""

    def request(self, *arguments, **options):
        return super().request(*arguments, **{"timeout": 120} | options)


class Student:
    """What a student's browser does, without the browser."""

    def __init__(self, hub, name):
        self.hub, self.name = hub, name
        self.web = Browser()
        self.base = f"{hub.address}/user/{name}"

    def log_in(self):
        """Log in by the form, start the server, and return the address where that leads."""
        self.web.get(f"{self.hub.address}/hub/login")
        form = {"username": self.name, "password": "secret", "_xsrf": self.token("/hub/")}
        self.web.post(f"{self.hub.address}/hub/login", data=form).raise_for_status()
        self.web.get(f"{self.hub.address}/hub/spawn").raise_for_status()
        wait_for(self.ready, 120, self.hub)
        return self.web.get(f"{self.base}/").url

    def ready(self):
        """Whether the server can be used."""
        return self.servers().get("", {}).get("ready", False)

    def servers(self):
        """What the hub says of the student's servers; empty when none runs."""
        told = self.web.get(f"{self.hub.address}/hub/api/users/{self.name}")
        told.raise_for_status()
        return told.json()["servers"]

    def token(self, path):
        return self.web.cookies.get("_xsrf", path=path)

    def pull(self, address):
        """Do what the page at ``address`` does: pull, and say how it ended."""
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))
        asked = {"repo": query["repo"], "branch": query["branch"], "_xsrf": self.user_token()}
        asked["targetpath"] = query["targetPath"]
        lines = self.web.get(f"{self.base}/git-pull/api", params=asked).text.splitlines()
        return json.loads([line for line in lines if line.startswith("data: ")][-1][6:])

    def user_token(self):
        return self.token(f"/user/{self.name}/")

    def kernel(self, chapter=CHAPTER):
        """Open the student's copy of a chapter: a socket to its kernel."""
        path = f"{handout.FOLDER}/notebooks/{chapter}.ipynb"
        wanted = {"path": path, "type": "notebook", "name": "", "kernel": {"name": "facelab"}}
        headers = {"X-XSRFToken": self.user_token(), "Referer": f"{self.base}/lab"}
        told = self.web.post(f"{self.base}/api/sessions", json=wanted, headers=headers)
        told.raise_for_status()
        channels = f"{self.base}/api/kernels/{told.json()['kernel']['id']}/channels"
        request = requests.Request("GET", channels).prepare()
        cookies = requests.cookies.get_cookie_header(self.web.cookies, request)
        return websocket.create_connection(
            f"ws{channels.removeprefix('http')}?_xsrf={self.user_token()}",
            cookie=cookies,
            origin=self.hub.address,
            timeout=120,
        )


def messages(kernel, seconds):
    """What the kernel says; TimeoutError after so many seconds.

    The server's pings count as an answer to the socket, so its own timeout would never come.
    """
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        kernel.settimeout(left)
        try:
            kind, data = kernel.recv_data(control_frame=True)
        except websocket.WebSocketTimeoutException:
            break
        if kind == websocket.ABNF.OPCODE_TEXT:
            yield json.loads(data)
    raise TimeoutError(f"the kernel was not done after {seconds} s")


def execute(kernel, source, seconds=PATIENCE_S):
    """Run one cell and return what it printed; an error of the cell is raised."""
    number, printed = uuid.uuid4().hex, []
    content = {"code": source, "silent": False, "allow_stdin": False, "stop_on_error": True}
    header = {"msg_id": number, "msg_type": "execute_request", "version": "5.3", "session": number}
    request = {"header": header | {"username": ""}, "parent_header": {}, "metadata": {}}
    kernel.send(json.dumps(request | {"content": content, "channel": "shell", "buffers": []}))
    for message in messages(kernel, seconds):
        kind, content = message["msg_type"], message["content"]
        if kind == "status" and content["execution_state"] in ("restarting", "dead"):
            raise KernelDied(source)
        if message["parent_header"].get("msg_id") != number:
            continue
        if kind == "error":
            raise AssertionError(f"{source}\n{content['ename']}: {content['evalue']}")
        if kind == "stream":
            printed.append(content["text"])
        if kind == "status" and content["execution_state"] == "idle":
            return "".join(printed)


def execute_when_back(student, source):
    """Run a cell in a kernel that is being started again: what it says too early is lost."""
    for _ in range(6):
        with suppress(TimeoutError, KernelDied):
            return execute(student.kernel(), source, seconds=20)
    raise AssertionError(f"the kernel of {student.name} did not come back")


class Sampler:
    """Peaks of memory while a class works, in MB: of each student, of a server, of all together."""

    def __init__(self, hub, students):
        self.pids = {student: hub.server(student).pid for student in students}
        self.own = [hub.process.pid]
        self.peaks = dict.fromkeys([*students, "one server", "all together", "hub and proxy"], 0)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._stop.set()
        self._thread.join()

    def _watch(self):
        while not self._stop.wait(0.5):
            now = {student: resident_mb(pid) for student, pid in self.pids.items()}
            alone = [psutil.Process(pid).memory_info().rss / 1e6 for pid in self.pids.values()]
            now |= {"one server": max(alone), "all together": sum(now.values())}
            now["hub and proxy"] = resident_mb(self.own[0]) - now["all together"]
            self.peaks = {name: max(self.peaks[name], now[name]) for name in now}


def seconds_of_processor(server):
    """What a server and its kernels have computed so far."""
    family = [server, *server.children(recursive=True)]
    return sum(sum(process.cpu_times()[:2]) for process in family)


@pytest.fixture(scope="module")
def python():
    return classroom()


def arrive(student):
    """Log in and pull the notebooks, as the page does where one lands."""
    landed = student.log_in()
    assert landed.startswith(f"{student.base}/git-pull?"), landed
    assert student.pull(landed)["phase"] == "finished"


def run_chapter(student, chapter):
    """Run a whole chapter in the student's folder; returns where facelab and that folder are."""
    solution = json.loads((ROOT / "solutions" / f"{chapter}.ipynb").read_text(encoding="utf-8"))
    kernel = student.kernel(chapter)
    for cell in code_cells(solution):
        execute(kernel, source_of(cell))
    where = execute(kernel, "import facelab, os; print(facelab.__file__, os.getcwd(), sep='\\n')")
    return where.split()


def shortest_chapter():
    """The chapter that takes the least time."""
    return min(MEASURED, key=lambda name: MEASURED[name]["seconds"])


# what SystemdSpawner would ask systemd for, where this machine may have none
ASKED_OF_SYSTEMD = """
import asyncio, json, sys
from pathlib import Path
from types import SimpleNamespace
from unittest import mock
from systemdspawner import systemdspawner
from traitlets.config import PyFileConfigLoader

there = Path.is_dir
pretended = lambda path: str(path) == "/run/systemd/system" or there(path)
with mock.patch.object(Path, "is_dir", pretended):
    config = PyFileConfigLoader(sys.argv[1]).load_config()
assert config.JupyterHub.spawner_class == "systemd"
systemd = mock.AsyncMock()
systemd.get_systemd_version = lambda: 252
systemd.service_running.side_effect = [False, True]
systemd.service_failed.return_value = False
systemdspawner.systemd = systemd
spawner = systemdspawner.SystemdSpawner(config=config, user=SimpleNamespace(name="root", id=1))
spawner.get_env = dict
asyncio.run(spawner.start())
print(json.dumps(systemd.start_transient_service.call_args.kwargs["properties"]))
"""


@pytest.mark.elsewhere
@pytest.mark.slow
def test_systemd_is_asked_to_enforce_the_limit(python):
    config = HUB / "jupyterhub_config.py"
    asked = json.loads(do(python, "-c", ASKED_OF_SYSTEMD, config, env=variables(python)))
    assert asked["MemoryMax"] == seats.limit_mb(MEASURED) * 1_000_000
    assert asked["MemorySwapMax"] == "0" and asked["OOMPolicy"] == "continue"
    assert asked["ReadOnlyDirectories"] == [str(ROOT)] and asked["NoNewPrivileges"] == "yes"


@pytest.mark.elsewhere
@pytest.mark.slow
def test_three_students_work_at_once_one_on_the_chapter_that_takes_most_memory(
    tmp_path_factory, python, proxy, course, capsys, thorough
):
    """The others are on the shortest one; with ``--thorough`` all three are on the largest."""
    largest, shortest = seats.largest_peak(MEASURED)[0], shortest_chapter()
    chapters = [largest, *[largest if thorough else shortest] * 2]
    folder = tmp_path_factory.mktemp("three") / "hub"
    with open_class(folder, python, proxy, course) as hub, ThreadPoolExecutor(3) as pool:
        students = [Student(hub, name) for name in STUDENTS]
        list(pool.map(arrive, students))
        began = time.monotonic()
        with Sampler(hub, STUDENTS) as sampler:
            reached = list(pool.map(run_chapter, students, chapters))
        seconds = time.monotonic() - began
        processor = sum(seconds_of_processor(hub.server(name)) for name in STUDENTS)
        with capsys.disabled():
            told = ", ".join(f"{name} {peak:.0f} MB" for name, peak in sampler.peaks.items())
            at_once = " and ".join(chapters)
            print(f"\n{at_once} at once: {seconds:.0f} s, {processor:.0f} s of processor")
            print(f"peaks: {told}")
    for student, chapter, (shared, where) in zip(students, chapters, reached, strict=True):
        mine = hub.home(student.name) / handout.FOLDER
        assert Path(where) == mine / "notebooks"
        assert (mine / "notebooks" / f"{chapter}.ipynb").exists()
        assert Path(shared).resolve() == ROOT / "facelab" / "__init__.py"
        assert 500 < sampler.peaks[student.name] < seats.limit_mb(MEASURED)
    assert sampler.peaks["one server"] < seats.SERVER_MB
    assert sampler.peaks["hub and proxy"] < seats.SYSTEM_MB


@pytest.mark.elsewhere
@pytest.mark.slow
def test_who_takes_too_much_loses_the_kernel_and_nobody_else_anything(
    tmp_path_factory, python, proxy, course
):
    folder = tmp_path_factory.mktemp("greedy") / "hub"
    little = "\nc.Spawner.mem_limit = 400_000_000\n"
    with open_class(folder, python, proxy, course, little) as hub:
        greedy, modest = Student(hub, "ada"), Student(hub, "bo")
        kernels = {}
        for student in (greedy, modest):
            arrive(student)
            kernels[student] = student.kernel()
            execute(kernels[student], "import time\nkept = 'mine'")
        block = "block = b'1' * 500_000_000\ntime.sleep(60)"
        with pytest.raises((KernelDied, TimeoutError)):
            execute(kernels[greedy], block, seconds=90)
        assert execute(kernels[modest], "print(kept)") == "mine\n"
        assert execute_when_back(greedy, "print('kept' in globals())") == "False\n"
        assert "ada exceeds its memory" in hub.log() and "bo exceeds" not in hub.log()


@pytest.mark.elsewhere
@pytest.mark.slow
def test_a_server_that_nobody_uses_is_stopped(tmp_path_factory, python, proxy, course):
    folder = tmp_path_factory.mktemp("idle") / "hub"
    soon = """
command = c.JupyterHub.services[0]["command"]
assert command[-1].startswith("--timeout=")
c.JupyterHub.services[0]["command"] = [*command[:-1], "--timeout=10", "--cull-every=2"]
"""
    with open_class(folder, python, proxy, course, soon) as hub:
        student = Student(hub, "ada")
        student.log_in()
        assert hub.server("ada") is not None
        wait_for(lambda: not student.servers(), 90, hub)
        assert hub.server("ada") is None
        assert "git-pull" in student.log_in(), "a click starts it again"
