"""A dataset looked over by a person: all faces on one sheet, wrong ones struck out.

Taught in chapter 04.
"""

import os
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from facelab.faces.errors import DatasetError, MethodError
from facelab.faces.face import DetectedFace, box_around
from facelab.faces.manifest import STRUCK, append, cut_torn_line, dataset_faces
from facelab.faces.pictures import read_image
from facelab.faces.recognition import distance, embed

PAPER, INK = 255, (0, 0, 0)
GAP = 1  # pixels of paper around a tile
LABEL = 0.26  # height of the line below each face, in sides of a tile


class ContactSheet(NamedTuple):
    """A sheet of faces.

    Attributes
    ----------
    image : (H, W, 3) uint8 RGB
    numbers : tuple of int
        The faces' numbers in the order of the sheet, row by row from the top.
    distances : (n,) float64
        By which they are sorted.
    """

    image: np.ndarray
    numbers: tuple
    distances: np.ndarray


def by_distance(faces):
    """To the reference picture, as written down when the dataset was made."""
    return np.array([face.distance for face in faces])


def by_likeness(faces):
    """To the mean of the whole dataset, which one unlucky reference picture does not spoil; each
    crop is encoded for it."""
    codes = np.array([_code(face) for face in faces])
    return distance(codes, codes.mean(0))


ORDERS = {"distance": by_distance, "likeness": by_likeness}


def contact_sheet(folder, by="distance", columns=10, tile=80, most=400):
    """The accepted faces of a dataset on one sheet, the likeliest first.

    Below each face stand its number, which `strike` takes, and what it is sorted by. Others'
    faces gather at the end, where a person finds them quickly. What is struck out is not shown.

    Parameters
    ----------
    folder : str or Path, of `create_face_dataset`
    by : {"distance", "likeness"}
        A name in `ORDERS`.
    columns : int >= 1
    tile : int >= 48, pixels of a face's side
    most : int
        At most so many faces, the last ones of the order: where mistakes are.

    Returns
    -------
    ContactSheet
        Its picture carries no mark: save it with one (`studio.save_image`) if all faces have one.

    Raises
    ------
    DatasetError
        No dataset, or no face left in it, or sizes that cannot be drawn.
    MethodError
        No such order.
    """
    if by not in ORDERS:
        raise MethodError(f"no order {by!r}; there are {', '.join(ORDERS)}")
    if columns < 1 or tile < 48 or most < 1:
        raise DatasetError("a sheet needs columns >= 1, tile >= 48 pixels and most >= 1")
    faces = [face for face in dataset_faces(folder) if face.accepted and not face.struck]
    if not faces:
        raise DatasetError(f"no face of {Path(folder).name} is left for a contact sheet")
    found = ORDERS[by](faces)
    order = np.argsort(found, kind="stable")[-most:]
    tiles = [_tile(faces[place], found[place], tile) for place in order]
    return ContactSheet(
        _laid_out(tiles, columns), tuple(faces[place].number for place in order), found[order]
    )


def _code(face):
    """The embedding of a stored crop, at its landmarks."""
    crop = read_image(face.path)
    points = face.landmarks @ face.matrix[:, :2].T + face.matrix[:, 2]
    return embed(crop, DetectedFace(box_around(points), np.float32(points)))


def _tile(face, far, side):
    """A face with a line below it: number, distance."""
    small = cv2.resize(read_image(face.path), (side, side), interpolation=cv2.INTER_AREA)
    line = np.full((round(LABEL * side), side, 3), PAPER, np.uint8)
    text, font = f"{face.number}: {far:.2f}", cv2.FONT_HERSHEY_SIMPLEX
    width, height = cv2.getTextSize(text, font, 1, 1)[0]
    scale = min(0.9 * side / width, 0.6 * len(line) / height)
    low = (round(0.05 * side), round(0.8 * len(line)))
    cv2.putText(line, text, low, font, scale, INK, 1, cv2.LINE_AA)
    return np.concatenate([small, line])


def _laid_out(tiles, columns):
    """Tiles in rows; the last row is filled up with paper."""
    columns = min(columns, len(tiles))
    tiles = [np.pad(tile, ((GAP, 0), (GAP, GAP), (0, 0)), constant_values=PAPER) for tile in tiles]
    empty = np.full_like(tiles[0], PAPER)
    tiles = tiles + [empty] * (-len(tiles) % columns)
    rows = [np.concatenate(tiles[k : k + columns], 1) for k in range(0, len(tiles), columns)]
    return np.concatenate(rows)


def strike(folder, numbers):
    """Put crops aside that a person found to show somebody else; nothing is deleted.

    They move into the folder `struck` inside, and the manifest says so: the dataset's report counts
    them, and `create_face_dataset` does not make them again. `restore` brings them back.

    Parameters
    ----------
    folder : str or Path, of `create_face_dataset`
    numbers : iterable of int, as on a `contact_sheet`

    Returns
    -------
    list of Path, where they are now; without those that had been struck out before

    Raises
    ------
    DatasetError
        No dataset, or no accepted face has one of these numbers: then none is moved.
    """
    return _moved(folder, numbers, "struck")


def restore(folder, numbers):
    """Bring struck crops back: as `strike`, the other way."""
    return _moved(folder, numbers, "restored")


def _moved(folder, numbers, word):
    folder, strikes = Path(folder), word == "struck"
    faces = [face for face in _numbered(folder, numbers) if face.struck != strikes]
    if not faces:
        return []
    other = folder / STRUCK if strikes else folder
    other.mkdir(exist_ok=True)
    for face in faces:
        if face.path.exists():  # else it was moved before a run was stopped, and not written down
            os.replace(face.path, other / face.path.name)
    cut_torn_line(folder)
    append(folder, {word: [face.path.name for face in faces]})
    return [other / face.path.name for face in faces]


def _numbered(folder, numbers):
    """The accepted faces with these numbers, each once."""
    known = {face.number: face for face in dataset_faces(folder) if face.accepted}
    wanted = list(dict.fromkeys(numbers))
    unknown = [number for number in wanted if number not in known]
    if unknown:
        remedy = f"they go from 0 to {len(known) - 1}" if known else "no face was accepted"
        raise DatasetError(f"no face of {folder.name} has the number {unknown[0]!r}: {remedy}")
    return [known[number] for number in wanted]
