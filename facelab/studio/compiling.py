"""The first picture of all, sooner: a second process compiles ``shade`` while the first goes on.

Numba compiles one function at a time, on one core, and keeps the result in a file that every
process reads. ``shade`` takes as long as all others together.
"""

import gc
import subprocess
import sys
from functools import cache
from pathlib import Path

from numba import boolean, config, float32, int32, intp, types, uint8, uint64

from .hairs import draw_hairs
from .parallel import cores
from .shade import shade

ROOT = Path(__file__).parents[2]
JOB = "from facelab.studio import compiling; compiling.compile_shade()"
PATIENCE = 120  # seconds, after which this process does the work itself

_F1, _F2, _F3 = (types.Array(float32, dimensions, "C") for dimensions in (1, 2, 3))
_I2, _U2 = int32[:, ::1], uint8[:, ::1]
# of the arguments of ``shade``, in its order: a picture compiles nothing more (test)
TYPES = (
    _I2, intp, intp, _I2, uint8[::1], _F2, _F1, _F2, _F3, _F1, types.Array(float32, 2, "C", True),
    _F2, uint64[:, ::1], uint8[:, :, ::1], _F1, _F2, _F1, _F1, _F1, _F2, _F2, _F2,
    _F3, _F2, _U2, _U2, _F2, _F2, _F2, _F2, _F3, _I2, _F3, intp, intp,
)  # fmt: skip
HAIR_TYPES = (
    _F2, _F1, int32[::1], _F1, boolean[::1], uint8[::1], _F2, intp, _F2,
    boolean, *TYPES[-13:],
)  # fmt: skip


def compile_shade():
    """Compile ``shade`` and keep the result, without calling it: all that a process is for."""
    gc.disable()  # a twelfth of the time
    shade.compile(TYPES)


@cache
def second_process():
    """A process that compiles ``shade``; None where it is compiled, or this process has to do it.
    Started at the first call."""
    if config.DISABLE_JIT or cores() == 1 or not sys.executable or compiled_before():
        return None
    silent = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    try:
        return subprocess.Popen([sys.executable, "-c", JOB], cwd=ROOT, **silent)
    except OSError:
        return None


def compiled_before():
    """Whether there is a file with a compiled ``shade`` that is not older than its source."""
    source = Path(shade.py_func.__code__.co_filename).stat().st_mtime
    version = f"py{sys.version_info.major}{sys.version_info.minor}"
    kept = Path(shade.stats.cache_path).glob(f"shade.shade-*.{version}.nbi")
    return any(index.stat().st_mtime >= source for index in kept)


def await_shade():
    """Wait for the second process, if there is one; meanwhile compile what is called next."""
    process = second_process()
    try:
        if process:
            draw_hairs.compile(HAIR_TYPES)
            process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
