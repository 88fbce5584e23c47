"""Run the cells of a notebook in a new kernel, watching time and memory."""

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from facelab.course import diary
from facelab.course.notebook import CourseError, code_cells, dump, source_of, with_outputs

ROOT = Path(__file__).resolve().parents[2]
CELL_TIMEOUT = 600
SAMPLE_EVERY = 0.05
QUIET = ["--log-level=ERROR"]


class ChapterFailed(CourseError):
    """A cell of a chapter stopped with an error; the message names both.

    ``notebook`` holds the outputs up to there.
    """

    def __init__(self, message, notebook):
        super().__init__(message)
        self.notebook = notebook


@dataclass
class Run:
    """An executed notebook and what it cost."""

    notebook: dict
    seconds: float
    peak_mb: float


class MemoryWatch:
    """Peak resident memory of a process and its children, in MB, sampled in a thread."""

    def __init__(self):
        self.peak_mb = 0.0
        self._stop = threading.Event()

    def start(self, pid):
        """Watch process ``pid`` until ``stop``."""
        self._thread = threading.Thread(target=self._watch, args=(pid,), daemon=True)
        self._thread.start()

    def stop(self):
        """End watching."""
        self._stop.set()

    def _watch(self, pid):
        while not self._stop.wait(SAMPLE_EVERY):
            self.peak_mb = max(self.peak_mb, resident_mb(pid))


def resident_mb(pid):
    """Resident memory of a process and its children now, in MB; 0 once it is gone."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(member.memory_info().rss for member in family) / 1e6
    except psutil.Error:
        return 0.0


class Progress:
    """One line per executed cell."""

    def __init__(self, name, notebook, say):
        self.name, self.say = name, say
        self.places = {cell["id"]: n for n, cell in enumerate(code_cells(notebook), 1)}

    def start(self, cell, cell_index):
        """Note which cell begins, and when."""
        self.current, self.began = cell, time.perf_counter()

    def done(self, cell, cell_index, execute_reply):
        """Say how long a cell took and how it begins."""
        place = f"{self.places[cell['id']]:3d}/{len(self.places)}"
        took = f"{time.perf_counter() - self.began:6.1f} s"
        self.say(f"{self.name[:2]} cell {place} {took}  {first_line(cell)}")

    def failure(self, error):
        """Sentence that names the chapter, the cell that stopped and why."""
        known = isinstance(error, CellExecutionError)
        why = f"{error.ename}: {error.evalue}" if known else str(error).strip()
        place, line = self.places[self.current["id"]], first_line(self.current)
        return f"{self.name}: code cell {place} ({line}) stopped with {why}"


def first_line(cell):
    """First line of a cell, at most 60 characters."""
    return source_of(cell).partition("\n")[0][:60]


def as_node(notebook):
    """``notebook`` as nbformat and its friends want it."""
    return nbformat.reads(dump(notebook), as_version=4)


def kernel_environment():
    """Environment in which a kernel finds ``facelab`` and keeps no learner's progress."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return os.environ | {"PYTHONPATH": path, diary.VARIABLE: "off"}


def execute(notebook, folder, name, say=print):
    """Run all cells of a notebook in a new kernel of this Python.

    Parameters
    ----------
    notebook : dict
        As ``make_notebook`` gives it.
    folder : Path
        Where the kernel runs.
    name : str
        Name of the chapter, for progress and errors.
    say : callable
        Takes each progress line.

    Returns
    -------
    Run

    Raises
    ------
    ChapterFailed
        If a cell stops with an error, takes too long or kills the kernel.
    """
    node = as_node(notebook)
    watch, progress = MemoryWatch(), Progress(name, notebook, say)
    client = NotebookClient(
        node,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        extra_arguments=QUIET,
        resources={"metadata": {"path": str(folder)}},
        on_cell_execute=progress.start,
        on_cell_executed=progress.done,
    )
    began = time.perf_counter()
    try:
        with client.setup_kernel(env=kernel_environment()):
            watch.start(client.km.provisioner.pid)
            for cell in code_cells(node):
                client.execute_cell(cell, node.cells.index(cell))
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise ChapterFailed(progress.failure(error), with_outputs(notebook, node)) from error
    finally:
        watch.stop()
    return Run(with_outputs(notebook, node), time.perf_counter() - began, watch.peak_mb)


def write_run(notebook, folder, name):
    """Write an executed notebook and its web page; returns the two paths."""
    from nbconvert import HTMLExporter

    folder.mkdir(parents=True, exist_ok=True)
    page, _ = HTMLExporter().from_notebook_node(as_node(notebook))
    paths = folder / f"{name}.ipynb", folder / f"{name}.html"
    for path, text in zip(paths, (dump(notebook), page), strict=True):
        path.write_text(text, encoding="utf-8", newline="\n")
    return paths
