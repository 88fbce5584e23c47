"""Other processes that draw crops: threads of one process wait for Python's lock, these do not.

A helper is this Python once more, which is told what to draw through a pipe and answers through
another. It is not started by ``multiprocessing``, which on Windows and macOS would run the
caller's own script again.
"""

import pickle
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Lock, Timer
from time import monotonic

ROOT = Path(__file__).parents[2]
JOB = (
    "from facelab.studio.crops import drawn; from facelab.studio.helpers import serve; serve(drawn)"
)
IDLE = 60  # seconds without work after which helpers go, and give their memory back

_running, _lock = [], Lock()
_end = {"timer": None}


class Gone(Exception):
    """A helper has died: what it was told has to be done by somebody else."""


class Helper:
    """A process that draws whatever it is asked to."""

    def __init__(self, code=JOB):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, **pipes)
        self.talking, self.idle_since = Lock(), monotonic()

    def __call__(self, *job):
        """What ``crops.drawn`` makes of a job; whoever asks meanwhile, from another thread, waits.

        Raises
        ------
        Gone
            The process is not there any more.
        """
        with self.talking:
            found, error = self._told(job)
            self.idle_since = monotonic()
        if error:
            raise error
        return found

    def _told(self, job):
        try:
            pickle.dump(job, self.process.stdin, pickle.HIGHEST_PROTOCOL)
            self.process.stdin.flush()
            return pickle.load(self.process.stdout)
        except (OSError, EOFError, ValueError, pickle.UnpicklingError) as broken:
            self.stop()
            raise Gone(str(broken)) from broken

    def alive(self):
        return self.process.poll() is None

    def stop(self):
        """End the process: it goes when nobody can tell it anything any more."""
        with suppress(OSError):
            self.process.stdin.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def running():
    """The helpers that are there, (n,) list."""
    with _lock:
        _running[:] = [helper for helper in _running if helper.alive()]
        return list(_running)


def helpers(count):
    """``count`` helpers, or as many as can be had; they stay until nobody has used them for
    ``IDLE`` seconds."""
    there = running()
    with _lock, suppress(OSError):
        while len(there) < count:
            there.append(Helper())
            _running.append(there[-1])
    _wait_for_work()
    return there[:count]


def _wait_for_work():
    """Look again when helpers may have been idle for long enough."""
    with _lock:
        if _end["timer"]:
            _end["timer"].cancel()
        _end["timer"] = Timer(IDLE, _dismiss_idle)
        _end["timer"].daemon = True
        _end["timer"].start()


def _dismiss_idle():
    for helper in running():
        if not helper.talking.locked() and monotonic() - helper.idle_since >= IDLE:
            helper.stop()
    if running():
        _wait_for_work()


def dismiss():
    """End all helpers."""
    for helper in running():
        helper.stop()


def serve(draw):
    """Be a helper: answer each job on standard input with (what ``draw`` makes of it, None) or
    (None, error), until there is no more input."""
    answers = sys.stdout.buffer
    sys.stdout = sys.stderr  # what is printed must not get between the answers
    while True:
        try:
            job = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        pickle.dump(_answer(draw, job), answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()


def _answer(draw, job):
    try:
        return draw(*job), None
    except Exception as error:
        return None, error
