"""Faces in many pictures, one picture in memory at a time."""

from pathlib import Path
from typing import NamedTuple

from facelab.faces.detectors import _detector, detect
from facelab.faces.errors import DetectorError
from facelab.faces.pictures import SUFFIXES, read_image


class Picture(NamedTuple):
    """What `find_faces` says about one file: its faces, or the error that stopped it."""

    path: Path
    faces: tuple = ()
    error: Exception | None = None


def find_faces(source, method="hog", *, recursive=False, **options):
    """Look for faces in many pictures, lazily.

    Parameters
    ----------
    source : path or iterable of paths
        A folder (its pictures by `SUFFIXES`, in name order), one picture, or paths.
    method, **options
        As `detect`.
    recursive : bool
        Also look into the folders inside.

    Yields
    ------
    Picture
        One for each file, also for one without a face (`faces` empty) and for one that cannot be
        read (`error` set): a broken picture never stops the rest. A picture is let go when its
        faces are.

    Raises
    ------
    FileNotFoundError, MethodError
        At once, before the first picture.
    DetectorError
        At the first picture, if the method cannot run on this machine.
    """
    _detector(method)
    return _look(_paths(source, recursive), method, options)


def _look(paths, method, options):
    for path in paths:
        yield _look_at(path, method, options)


def _look_at(path, method, options):
    try:
        return Picture(path, tuple(detect(read_image(path), method, **options)))
    except (DetectorError, TypeError):  # not this picture's fault: no other would fare better
        raise
    except Exception as error:  # whatever one file does, the next one still counts
        return Picture(path, error=error)


def _paths(source, recursive):
    if not isinstance(source, (str, Path)):
        return (Path(path) for path in source)
    source = Path(source)
    if source.is_file():
        return iter((source,))
    if not source.is_dir():
        raise FileNotFoundError(f"there is no folder or picture {source}")
    inside = source.rglob("*") if recursive else source.iterdir()
    return iter(sorted(path for path in inside if path.suffix.lower() in SUFFIXES))
