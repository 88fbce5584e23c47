"""Each chapter opened in JupyterLab, in a headless Chromium: the shortest is run to its end, the
others to their first picture (with ``--thorough`` all of them to their end).

Needs Debian's ``chromium``; driven over the DevTools protocol, so nothing else is installed.
``FACELAB_SCREENSHOTS`` names a folder for the pictures, ``FACELAB_CHROMIUM`` another browser.
"""

import base64
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import websocket
from fixture_course import built_course

from facelab.course import build
from facelab.course.execute import kernel_environment
from facelab.course.figures import clip_html, encode_clip, to_pil
from facelab.course.measured import read_measured
from facelab.course.notebook import KERNEL, code_cells

CHROMIUM = os.environ.get("FACELAB_CHROMIUM") or shutil.which("chromium")
QUIET = """--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run
--disable-background-networking --disable-component-update --disable-sync
--disable-default-apps --window-size=1280,1800""".split()
START_SECONDS, RUN_SECONDS = 180, 1200
TRIES = 3  # somebody else may take a port that was free a moment ago

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no chromium: apt-get install chromium"),
]


def free_port():
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(true, seconds, what):
    """The first true result of ``true``, asked four times a second."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.25)
    pytest.fail(f"Waited {seconds} s in vain until {what}.")


def answer(url):
    """JSON behind a local address, or None while nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return json.load(reply)
    except OSError:
        return None


@contextmanager
def process(command, **options):
    """A process that ends with the block."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = subprocess.Popen([str(part) for part in command], **(quiet | options))
    try:
        yield running
    finally:
        running.terminate()
        running.wait(20)


def write(path, content):
    """Write JSON, making folders on the way."""
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(content))


def jupyter_environment(scratch):
    """Environment with empty Jupyter folders, the course's kernel, no news and no autosave."""
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    write(scratch / "data" / "kernels" / KERNEL["name"] / "kernel.json", KERNEL | {"argv": argv})
    settings = scratch / "settings" / "@jupyterlab"
    silent = {"fetchNews": "false", "checkForUpdates": False}
    write(settings / "apputils-extension" / "notification.jupyterlab-settings", silent)
    unsaved = {"autosave": False}  # else the learner's copy would be overwritten with its outputs
    write(settings / "docmanager-extension" / "plugin.jupyterlab-settings", unsaved)
    return kernel_environment() | {
        "JUPYTER_DATA_DIR": str(scratch / "data"),
        "JUPYTER_CONFIG_DIR": str(scratch / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(scratch / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(scratch / "workspaces"),
    }


@contextmanager
def jupyterlab(root, scratch):
    """JupyterLab of this Python on ``root``; gives its address."""
    environment = jupyter_environment(scratch)
    for _ in range(TRIES):
        port = free_port()
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
        command += ["--expose-app-in-browser", f"--port={port}", "--ServerApp.port_retries=0"]
        command += ["--IdentityProvider.token=", f"--ServerApp.root_dir={root}"]
        address = f"http://127.0.0.1:{port}"
        with process(command, env=environment, cwd=root) as server:

            def settled(server=server, address=address):
                return answer(f"{address}/api") or server.poll() is not None

            wait_for(settled, START_SECONDS, "JupyterLab answered")
            if server.poll() is None:
                yield address
                return
    pytest.fail(f"JupyterLab ended {TRIES} times before it answered.")


class Page:
    """One page of a browser, spoken to over the DevTools protocol."""

    def __init__(self, address):
        self.socket = websocket.create_connection(address, timeout=60, suppress_origin=True)
        self.numbers = itertools.count(1)

    def call(self, method, **params):
        """Result of a DevTools command."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            reply = json.loads(self.socket.recv())
            if reply.get("id") == number:
                assert "error" not in reply, reply
                return reply["result"]

    def value(self, expression):
        """Value of a JavaScript expression; promises are waited for."""
        reply = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in reply, reply["exceptionDetails"]
        return reply["result"].get("value")

    def screenshot(self, path):
        """Write what is to be seen now."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))


@contextmanager
def chromium(scratch):
    """An empty page of a new browser."""
    port = free_port()
    command = [CHROMIUM, *QUIET, f"--user-data-dir={scratch / 'profile'}"]
    command += [f"--remote-debugging-port={port}", "about:blank"]
    with process(command):
        listed = wait_for(
            lambda: answer(f"http://127.0.0.1:{port}/json"), START_SECONDS, "Chromium answered"
        )
        pages = [page for page in listed if page["type"] == "page"]
        yield Page(pages[0]["webSocketDebuggerUrl"])


FIND = "[...window.jupyterapp.shell.widgets('main')].find(item => item.content?.model?.cells)"
READY = f"""(() => {{
    window.notebook = window.jupyterapp?.shell && {FIND};
    const session = window.notebook?.sessionContext;
    return Boolean(session?.isReady && session.session?.kernel?.status === 'idle');
}})()"""
RUN_ALL = """window.jupyterapp.shell.activateById(notebook.id);
window.jupyterapp.commands.execute('notebook:run-all-cells') && 'started'"""
CELLS = "[...notebook.content.model.cells].filter(cell => cell.type === 'code')"
COUNTS = f"{CELLS}.map(cell => cell.executionCount)"
STATUS = "notebook.sessionContext.session.kernel.status"
ERRORS = f"""{CELLS}.flatMap((cell, place) => cell.outputs.toJSON()
    .filter(output => output.output_type === 'error')
    .map(output => `code cell ${{place + 1}}: ${{output.ename}}: ${{output.evalue}}`))"""
OFFER = "document.querySelector('.jp-Dialog') ? document.querySelector('.jp-Dialog').innerText : ''"
PICTURES = "[...document.querySelectorAll('.jp-OutputArea img')].map(image => image.alt)"
SHOWN = """[...notebook.content.model.cells].flatMap((cell, place) =>
    (cell.outputs?.toJSON() ?? []).some(output => /<img /.test(output.data?.['text/html']))
    ? [place] : [])"""
SEE = "notebook.content.scrollToItem(%d, 'center').then(() => true)"
SCROLLER = "notebook.content.node.querySelector('.jp-WindowedPanel-outer')"
PAGES = f"Math.ceil({SCROLLER}.scrollHeight / {SCROLLER}.clientHeight)"
END = "window.notebook?.sessionContext.shutdown().then(() => true)"
SCROLL = f"""{SCROLLER}.scrollTop = {SCROLLER}.clientHeight * %d;
new Promise(done => setTimeout(done, 700))"""


def run_all(page, cells):
    """Run all cells of the open notebook and wait for its end."""
    page.value(RUN_ALL)
    wait_for(lambda: page.value(COUNTS)[-1] or page.value(ERRORS), RUN_SECONDS, "all cells had run")
    wait_for(lambda: page.value(STATUS) == "idle", START_SECONDS, "the kernel was idle")
    assert page.value(ERRORS) == []
    assert page.value(COUNTS) == list(range(1, cells + 1))


def look_through(page, name):
    """Alt text of all pictures of the open notebook, of which every screenful is kept."""
    alts = []
    for screen in range(page.value(PAGES)):
        page.value(SCROLL % screen)
        page.screenshot(name.with_name(f"{name.name}_{screen + 1:02d}.png"))
        alts += page.value(PICTURES)
    return alts


@pytest.fixture(scope="module")
def screenshots(tmp_path_factory):
    folder = os.environ.get("FACELAB_SCREENSHOTS") or tmp_path_factory.mktemp("screenshots")
    Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder)


@contextmanager
def desk(root, scratch):
    """A browser and the address of the JupyterLab on ``root`` that it may visit."""
    with jupyterlab(root, scratch) as address, chromium(scratch) as page:
        yield page, address


@contextmanager
def picture_of_failure(page, path):
    """Keep what was to be seen when something in the block failed; end the kernel anyway."""
    try:
        yield
    except BaseException:
        page.screenshot(path)
        raise
    finally:
        page.value(END)


@contextmanager
def opened(page, address, path, screenshots):
    """A notebook opened as a learner does; its kernel ends with the block."""
    assert path.exists(), f"{path.name} is not built. Run: python3 lab.py build"
    page.call("Page.navigate", url=f"{address}/lab/tree/{path.parent.name}/{path.name}?reset")
    with picture_of_failure(page, screenshots / f"{path.stem}_failed.png"):
        wait_for(lambda: page.value(READY), START_SECONDS, f"{path.name} was open")
        assert page.value(OFFER) == ""
        yield


def open_and_run(page, address, path, screenshots):
    """Open a notebook, run it to its end and look at it."""
    cells = code_cells(json.loads(path.read_text(encoding="utf-8")))
    with opened(page, address, path, screenshots):
        run_all(page, len(cells))
        alts = look_through(page, screenshots / path.stem)
        assert alts and all(alts)


def open_and_see_a_picture(page, address, path, screenshots):
    """Open a notebook, run all its cells, and look at the first picture as soon as it is there."""
    with opened(page, address, path, screenshots):
        page.value(RUN_ALL)
        wait_for(lambda: page.value(SHOWN) or page.value(ERRORS), RUN_SECONDS, "a picture came")
        assert page.value(ERRORS) == []
        page.value(SEE % page.value(SHOWN)[0])
        alts = wait_for(lambda: page.value(PICTURES), START_SECONDS, "the picture was to be seen")
        page.screenshot(screenshots / f"{path.stem}_first.png")
        assert all(alts)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    with built_course(tmp_path_factory.mktemp("browsed")) as made:
        yield made


@pytest.fixture(scope="module")
def fixture_desk(course, tmp_path_factory):
    with desk(course.root, tmp_path_factory.mktemp("scratch")) as opened:
        yield opened


def test_the_fixture_runs_to_its_end(course, fixture_desk, screenshots):
    open_and_run(*fixture_desk, course.notebooks / "91_fixture.ipynb", screenshots)


def test_a_cell_that_fails_is_noticed(course, fixture_desk, screenshots):
    text = (course.notebooks / "91_fixture.ipynb").read_text(encoding="utf-8")
    broken = course.notebooks / "92_broken.ipynb"
    broken.write_text(text.replace("points.shape", "points.shap"), encoding="utf-8")
    with pytest.raises(AssertionError, match="code cell 3: AttributeError"):
        open_and_run(*fixture_desk, broken, screenshots)


SUMMARY = "document.querySelector('.jp-OutputArea summary')"


def press(page, key, code):
    """Press a key in the open page, as a keyboard would."""
    known = {"key": key, "code": key, "windowsVirtualKeyCode": code}
    for kind in ("keyDown", "keyUp"):
        page.call("Input.dispatchKeyEvent", type=kind, text="\r" * (key == "Enter"), **known)


def test_a_hint_unfolds_by_key(course, fixture_desk, screenshots):
    page, address = fixture_desk
    open_and_run(page, address, course.notebooks / "91_fixture.ipynb", screenshots)
    page.value(f"{SUMMARY}.focus()")
    press(page, "Enter", 13)
    page.screenshot(screenshots / "91_hint.png")
    assert page.value(f"{SUMMARY}.parentElement.open")


CLIP = "document.querySelector('video')"


def test_a_clip_waits_until_it_is_started(tmp_path):
    frames = [np.full((64, 64, 3), 100 + n, np.uint8) for n in range(25)]
    markup = clip_html(encode_clip(frames, 25, "render"), to_pil(frames[0]), "A square brightens.")
    with chromium(tmp_path) as page:
        page.call("Page.navigate", url="data:text/html," + urllib.parse.quote(markup))
        wait_for(lambda: page.value(f"{CLIP}?.readyState > 0"), START_SECONDS, "a clip was loaded")
        waits = page.value(f"[{CLIP}.paused, {CLIP}.controls, {CLIP}.currentTime]")
        assert waits == [True, True, 0]
        assert page.value(f"{CLIP}.duration") == pytest.approx(1, abs=0.05)
        page.value(f"{CLIP}.focus()")
        press(page, " ", 32)
        wait_for(lambda: page.value(f"{CLIP}.ended"), START_SECONDS, "the clip had been played")


@pytest.fixture(scope="module")
def course_desk(tmp_path_factory):
    """One JupyterLab and one browser for all chapters, which are opened one after the other."""
    with desk(build.ROOT, tmp_path_factory.mktemp("chapters")) as opened:
        yield opened


def test_a_cell_that_fails_before_the_first_picture_is_noticed(course, fixture_desk, screenshots):
    text = (course.notebooks / "91_fixture.ipynb").read_text(encoding="utf-8")
    broken = course.notebooks / "93_broken.ipynb"
    broken.write_text(text.replace("points.shape", "points.shap"), encoding="utf-8")
    with pytest.raises(AssertionError, match="code cell 3: AttributeError"):
        open_and_see_a_picture(*fixture_desk, broken, screenshots)


def shortest(course):
    """Name of the chapter that takes the least time."""
    costs = read_measured(course.measured)
    return min((source.stem for source in course.sources()), key=lambda n: costs[n]["seconds"])


@pytest.mark.parametrize("name", [source.stem for source in build.Course().sources()])
def test_a_chapter_runs(name, course_desk, screenshots, thorough):
    course = build.Course()
    whole = thorough or name == shortest(course)
    look = open_and_run if whole else open_and_see_a_picture
    look(*course_desk, course.notebooks / f"{name}.ipynb", screenshots)


def test_a_port_that_somebody_took_meanwhile_is_no_obstacle(tmp_path, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = iter([taken.getsockname()[1], free_port()])
        monkeypatch.setattr(sys.modules[__name__], "free_port", lambda: next(ports))
        with jupyterlab(build.ROOT, tmp_path) as address:
            assert answer(f"{address}/api")
    assert next(ports, None) is None
