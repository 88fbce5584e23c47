"""What chapter 04 works on: small raw collections, drawn once, and a folder for what it makes."""

import hashlib
import json
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from IPython import get_ipython
from IPython.display import clear_output

from facelab import disk_cache
from facelab.faces import (
    DetectedFace,
    FaceFilter,
    ImageError,
    box_around,
    detect_faces,
    embed,
    iou,
    read_image,
)
from facelab.measure.dataset import TrueFace
from facelab.studio import Collection, read_truth, write_collection
from facelab.studio.progress import Bar
from facelab.studio.store import version

PERSON = 7
PLAIN = {"pictures": 60, "seconds": 2.0, "seed": 0, "alike": (0.3, 0.45, 0.6, 0.75)}
HARD = {"pictures": 44, "seconds": 0, "seed": 2, "alike": (0.2, 0.24, 0.28, 0.32, 0.36, 0.4)}


def raw_collection(hard=False):
    """The chapter's raw collection of one person: 60 files and a clip.

    Drawn at the first call (some 15 seconds on two cores) and kept with the crops that chapters
    keep on disk; ``python3 lab.py clean`` deletes both.

    Parameters
    ----------
    hard : bool, True for the collection of the open challenge: other pictures of the same person
        among people who look more like them

    Returns
    -------
    Collection
    """
    recipe = HARD if hard else PLAIN
    return Collection(_kept(json.dumps(recipe | {"studio": version()}), recipe), PERSON)


def _kept(key, recipe):
    """The folder of a collection: from the disk, else drawn."""
    name = "collection-" + hashlib.sha256(key.encode()).hexdigest()[:32]
    return disk_cache.find(name) or _drawn(name, json.dumps(recipe))


@cache
def _drawn(name, told):
    """A collection that is drawn now, and kept if the disk is of use."""
    recipe = json.loads(told)
    try:
        part = disk_cache.begin(name, 20_000_000)
    except OSError:
        return _write(workshop() / name, recipe)
    try:
        return disk_cache.finish(_write(part, recipe), name)
    except BaseException:
        disk_cache.remove(part)
        raise


def _write(folder, recipe):
    """Draw a collection; its progress is shown while it lasts and not kept in the notebook."""
    write_collection(folder, [PERSON], **recipe, progress=Bar("pictures", sys.stdout))
    if get_ipython():
        clear_output()
    return folder


@cache
def _temporary():
    return tempfile.TemporaryDirectory(prefix="chapter04-")


def workshop():
    """A folder for what the chapter makes; it is gone when the kernel stops."""
    return Path(_temporary().name)


# ---------------------------------------------------------------------------------------------
# Who is it, by the truth?


def name_of(box, picture):
    """Who is in a box by the truth of its picture: "nobody" where no true face overlaps it."""
    overlaps = [iou(box, box_around(true.landmarks)) for true in picture.faces]
    best = int(np.argmax(overlaps)) if overlaps else 0
    return picture.faces[best].who if overlaps and overlaps[best] >= 0.3 else "nobody"


def true_faces(pictures, every=1):
    """The truth of a collection as ``facelab.measure.dataset`` wants it.

    Parameters
    ----------
    pictures : list of TruePicture, see ``read_truth``
    every : int, of a clip take every so many-th frame, as ``create_face_dataset`` does

    Returns
    -------
    list of facelab.measure.dataset.TrueFace
    """
    return [
        TrueFace(picture.file, picture.index, face.who, face.landmarks)
        for picture in pictures
        if not (picture.index or 0) % every
        for face in picture.faces
    ]


# ---------------------------------------------------------------------------------------------
# The open challenge


class Candidate(NamedTuple):
    """A face that may be the person's.

    Attributes
    ----------
    file : str
    face : DetectedFace, with its picture and 68 landmarks
    code : (128,) float32, its embedding
    distance : float, to the reference
    """

    file: str
    face: DetectedFace
    code: np.ndarray
    distance: float


@cache
def candidates():
    """All faces that are found in the hard collection: a list of Candidate."""
    place = raw_collection(hard=True)
    reference = FaceFilter(place.reference).encoding
    found = []
    for path in sorted(place.raw.iterdir()):
        try:
            image = read_image(path)
        except ImageError:
            continue
        for face in detect_faces(image):
            code = embed(image, face)
            found.append(Candidate(path.name, face, code, float(np.linalg.norm(code - reference))))
    return found


@cache
def _answers():
    """Whether each candidate is the person, and how many faces of the person there are."""
    truth = {picture.file: picture for picture in read_truth(raw_collection(hard=True))}
    names = [name_of(one.face.box, truth[one.file]) for one in candidates()]
    there = sum(face.is_target for picture in truth.values() for face in picture.faces)
    return np.array([name == "target" for name in names]), there


def score_rule(rule):
    """Precision, recall and F1 of a rule on the hard collection.

    Parameters
    ----------
    rule : function of a list of Candidate that returns as many booleans, True for the person

    Raises
    ------
    ValueError
        It returns another number of answers.
    """
    wanted, there = _answers()
    chosen = np.asarray(rule(list(candidates())), bool)
    if chosen.shape != wanted.shape:
        raise ValueError(f"A rule says True or False for each of {len(wanted)} faces.")
    right = float((chosen & wanted).sum())
    precision, recall = right / max(chosen.sum(), 1), right / there
    return precision, recall, 2 * right / max(chosen.sum() + there, 1)


def best_threshold():
    """The best F1 that any one threshold reaches there, which only the truth can choose."""
    distances = np.array([one.distance for one in candidates()])
    return max(score_rule(lambda faces, t=t: distances <= t)[2] for t in distances)
