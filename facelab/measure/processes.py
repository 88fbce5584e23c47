"""Fresh Python processes that run a few lines and print a number, and how much memory they held."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def peak_memory():
    """Most memory that this process has held so far, in MB (10^6 bytes).

    Not ``ru_maxrss`` on Linux: a child process inherits that from its parent.
    """
    import psutil

    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    if hasattr(psutil.Process().memory_info(), "peak_wset"):
        return psutil.Process().memory_info().peak_wset / 1e6
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # bytes on macOS


def fresh(code, root=ROOT, **environment):
    """Run code in a new Python, with the course that lies at ``root``; the number that it prints.

    Raises
    ------
    RuntimeError
        The process failed; the message holds what it said.
    """
    env = {**os.environ, "PYTHONPATH": str(root), **environment}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=env, cwd=root, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"A fresh Python process could not render:\n{done.stderr[-2000:]}")
    return float(done.stdout.split()[-1])
