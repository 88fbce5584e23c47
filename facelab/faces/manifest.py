"""What a folder of faces says of itself: one line of JSON for each picture that was looked at.

A line is written in one piece behind the others when all crops of its picture are there, so a run
that is killed leaves at worst crops without a line (made again, byte for byte) or half a last line
(cut off by the next run). Nothing in it depends on the time or the place of the folder.
"""

import json
import os
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np

from facelab.faces.errors import DatasetError

MANIFEST = "manifest.jsonl"
STRUCK = "struck"  # folder, inside, of the crops that a person has struck out


class DatasetFace(NamedTuple):
    """One face that was found while a dataset was made.

    Attributes
    ----------
    number : int or None
        Counts the accepted faces in the order in which they were found, from 0; it stays, also when
        others are struck out. None for a face that was not accepted.
    source : str
        Name of the picture or clip inside the input folder.
    frame : int or None
        Of a clip, which picture.
    index : int
        Which face of the picture, best score first.
    box : tuple of four floats; landmarks : (68, 2) float32; score : float
        As in `DetectedFace`, in pixels of the source.
    matrix : (2, 3) float64
        From pixels of the source to pixels of the crop.
    distance : float
        To the reference, see `FaceFilter.distance`.
    accepted : bool
    why : str
        Why it was not accepted, or "".
    path : Path or None
        Where the crop is now.
    struck : bool
        Whether a person has struck it out.
    marked : bool
        Whether the crop carries our mark, as its source did: without it, it can be looked at but
        not trained on.
    """

    number: int | None
    source: str
    frame: int | None
    index: int
    box: tuple
    landmarks: np.ndarray
    score: float
    matrix: np.ndarray
    distance: float
    accepted: bool
    why: str
    path: Path | None
    struck: bool
    marked: bool


def dataset_faces(folder):
    """All faces that were found while the dataset in a folder was made, accepted or not.

    Returns
    -------
    list of DatasetFace, in the order in which they were found

    Raises
    ------
    DatasetError
        The folder holds no dataset of `create_face_dataset`.
    """
    lines = lines_of(folder)
    if not lines:
        raise DatasetError(f"{Path(folder).name} holds no dataset: create_face_dataset makes one")
    struck, numbers = struck_files(lines), count()
    pairs = ((line, entry) for line in lines for entry in line.get("faces", ()))
    return [_face(Path(folder), *pair, struck, numbers) for pair in pairs]


def _face(folder, line, entry, struck, numbers):
    file = entry["file"]
    out = file in struck
    return DatasetFace(
        number=next(numbers) if entry["accepted"] else None,
        source=line["source"],
        frame=line.get("frame"),
        index=entry["index"],
        box=tuple(entry["box"]),
        landmarks=np.float32(entry["landmarks"]),
        score=float("nan") if entry["score"] is None else entry["score"],
        matrix=np.float64(entry["matrix"]),
        distance=entry["distance"],
        accepted=entry["accepted"],
        why=entry["why"],
        path=file and (folder / STRUCK / file if out else folder / file),
        struck=out,
        marked=line["marked"],
    )


def struck_files(lines):
    """Names of the crops that are struck out: the last word on each counts."""
    struck = set()
    for line in lines:
        struck |= set(line.get("struck", ()))
        struck -= set(line.get("restored", ()))
    return struck


def lines_of(folder):
    """The whole lines of a manifest as dicts; [] where there is none; DatasetError if one was
    spoilt."""
    path = Path(folder) / MANIFEST
    if not path.exists():
        return []
    whole = path.read_bytes().rpartition(b"\n")[0]
    try:
        return [json.loads(line) for line in whole.splitlines()]
    except ValueError as error:
        remedy = "take that line out, and its pictures are looked at again"
        raise DatasetError(f"{MANIFEST} has a line that is no JSON ({error}): {remedy}") from error


def append(folder, line):
    """Write a line behind the others, in one piece, and wait until the disk has it."""
    text = json.dumps(line, allow_nan=False, ensure_ascii=True) + "\n"
    handle = os.open(
        Path(folder) / MANIFEST,
        os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0),
        0o666,
    )
    try:
        if os.write(handle, text.encode()) < len(text):
            raise OSError(f"the disk has no room for a line of {MANIFEST}")
        os.fsync(handle)
    finally:
        os.close(handle)


def cut_torn_line(folder):
    """Cut off half a last line, which a run that was killed may leave."""
    path = Path(folder) / MANIFEST
    if path.exists():
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(path, whole)
