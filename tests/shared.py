"""What several files of tests need and is dear: made once in a run, by whoever comes first."""

import os
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

import lab
from facelab.course import matrix

VARIABLE = "FACELAB_TESTS"  # the folder that all processes of one run share; conftest sets it
PATIENCE_S = 900


def folder():
    """The folder that all processes of this run of the tests share."""
    return Path(os.environ[VARIABLE])


@contextmanager
def alone(name):
    """Only one process at a time is inside, of all that give this name."""
    lock, end = folder() / f"{name}.lock", time.monotonic() + PATIENCE_S
    while True:
        try:
            lock.mkdir()
            break
        except FileExistsError:
            assert time.monotonic() < end, f"waited in vain for who makes {name}"
            time.sleep(0.1)
    try:
        yield
    finally:
        lock.rmdir()


def made_once(name, make):
    """The path ``name`` in the shared folder, made by the first who asks: ``make(path)``.

    When making fails, the next who asks tries again.
    """
    path, ready = folder() / name, folder() / f"{name}.ready"
    with alone(name):
        if not ready.exists():
            make(path)
            ready.touch()
    return path


def uv():
    """The command of uv, which is many times as fast as pip; skips where there is no network."""
    with alone("uv"):
        try:
            return matrix.find_uv()
        except lab.LabError as error:
            pytest.skip(f"uv cannot be installed here: {error.sentence}")
