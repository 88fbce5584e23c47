"""Crops on disk: arrays that are filled once and memory-mapped from then on."""

import hashlib
import os
import warnings
from dataclasses import fields
from functools import cache
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap

from facelab import disk_cache

from .model import MODEL_PATH


@cache
def version():
    """A hash of all that decides how people look: the studio's sources and the face model."""
    digest = hashlib.sha256()
    for path in [*sorted(Path(__file__).parent.glob("*.py")), MODEL_PATH]:
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def key_of(shots, **asked):
    """The name under which crops are kept: everything that they depend on, hashed."""
    digest, told = hashlib.sha256(version().encode()), {}
    for shot in shots:
        for thing in shot:
            if id(thing) not in told:  # most crops share their people
                told[id(thing)] = hashlib.sha256(_told(thing).encode()).digest()
            digest.update(told[id(thing)])
    digest.update(repr(sorted(asked.items())).encode())
    return digest.hexdigest()[:40]


def _told(thing):
    """A person or scene in words that differ where their pictures do."""
    background = getattr(thing, "background", None)
    if not isinstance(background, np.ndarray):
        return repr(thing)
    rest = [(f.name, getattr(thing, f.name)) for f in fields(thing) if f.name != "background"]
    pixels = hashlib.sha256(np.ascontiguousarray(background)).hexdigest()
    return repr((rest, background.shape, pixels))


def kept(key, shapes, fill):
    """Arrays from disk, filled and kept there before if they were not there yet.

    Parameters
    ----------
    key : str, see ``key_of``
    shapes : dict, name -> (dtype, shape)
    fill : function of a dict, name -> array, that fills all of them

    Returns
    -------
    dict, name -> array; read-only and memory-mapped, or where the disk is of no use, as said in
        one warning, in memory
    """
    found = _read(key, shapes)
    if found is None:
        found = _made(key, shapes, fill)
    return _in_memory(shapes, fill) if found is None else found


def _made(key, shapes, fill):
    """The arrays of a new entry; None, and a warning, if the disk is of no use."""
    try:
        part, arrays = _begun(key, shapes)
        _fill(part, arrays, fill)
        disk_cache.finish(part, key)
        return _read(key, shapes)
    except OSError as error:
        _warn_once(error.strerror or str(error))
        return None


def _fill(part, arrays, fill):
    try:
        fill(arrays)
        for array in arrays.values():
            array.flush()
        arrays.clear()  # closed before the folder is renamed: Windows insists
    except BaseException:
        arrays.clear()
        disk_cache.remove(part)
        raise


def _in_memory(shapes, fill):
    arrays = {name: np.empty(shape, kind) for name, (kind, shape) in shapes.items()}
    fill(arrays)
    return arrays


def _begun(key, shapes):
    """A folder for an entry and its arrays, with all the space that they need."""
    needed = sum(int(np.prod(shape)) * np.dtype(kind).itemsize for kind, shape in shapes.values())
    part = disk_cache.begin(key, needed)
    try:
        for name, (kind, shape) in shapes.items():
            _reserve(part / f"{name}.npy", kind, shape)
        return part, {name: open_memmap(part / f"{name}.npy", "r+") for name in shapes}
    except BaseException:
        disk_cache.remove(part)
        raise


def _reserve(path, kind, shape):
    """A file for an array, written in full: a disk that is full says so now. Later, writing to
    mapped memory would end the process."""
    open_memmap(path, "w+", kind, shape).flush()
    with open(path, "r+b") as file:
        size = os.fstat(file.fileno()).st_size
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
            return
        start = size - int(np.prod(shape)) * np.dtype(kind).itemsize
        file.seek(start)
        for done in range(start, size, 1 << 24):
            file.write(bytes(min(1 << 24, size - done)))


def _read(key, shapes):
    """The arrays of an entry; None if there is none, or what is there is not what it should be."""
    path = disk_cache.find(key)
    if path is None:
        return None
    try:
        arrays = {name: np.load(path / f"{name}.npy", mmap_mode="r") for name in shapes}
    except (OSError, ValueError):  # deleted meanwhile, or damaged
        disk_cache.remove(path)
        return None
    fits = all((arrays[n].dtype, arrays[n].shape) == (k, s) for n, (k, s) in shapes.items())
    return arrays if fits else None


@cache
def _warn_once(reason):
    message = f"Crops are drawn anew each time, for they cannot be kept on disk: {reason}."
    warnings.warn(message, stacklevel=4)
