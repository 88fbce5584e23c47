"""A folder of pictures and clips becomes a folder of one person's aligned faces.

Taught in chapter 04. See `manifest` for what is written down about each picture.
"""

import hashlib
import math
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from facelab.faces.errors import DatasetError, DetectorError
from facelab.faces.extract import SIZE
from facelab.faces.filter import FaceFilter, detect_faces
from facelab.faces.manifest import append, cut_torn_line, lines_of, struck_files
from facelab.faces.pictures import SUFFIXES, as_rgb, read_image
from facelab.faces.recognition import SAME_PERSON
from facelab.studio.door import NotOursError, admit, admit_video, source_of
from facelab.studio.marks import MarkError, save_image
from facelab.studio.progress import Bar

CLIPS = frozenset({".mp4", ".mov", ".m4v", ".mkv", ".avi", ".webm"})
EXTENSIONS = tuple(sorted(SUFFIXES | CLIPS | {".gif"}))
UNFINISHED = ".unfinished"  # folder, inside, of crops that are being written
VERSION = 1


@dataclass(frozen=True)
class DatasetReport:
    """What is in a folder of faces, and what the last run did.

    Attributes
    ----------
    folder : Path
    pictures : int, looked at in all runs, each frame of a clip counted
    faces : int, found in them
    accepted : int, of these the reference's, one file each
    unmarked : int, of these without our mark, because their source has none: not to be trained on
    struck : int, of the accepted struck out since
    empty : int, pictures in which no face was found
    broken : dict, name -> why, files that could not be read to their end
    new : int, pictures looked at by this run
    seconds : float, that it took
    """

    folder: Path
    pictures: int
    faces: int
    accepted: int
    unmarked: int
    struck: int
    empty: int
    broken: dict
    new: int
    seconds: float

    @property
    def pictures_per_second(self):
        """Speed of this run; nan if there was nothing left to do."""
        return self.new / self.seconds if self.new else float("nan")

    def __str__(self):
        found = f"{self.pictures} pictures, {self.faces} faces, {self.accepted} of the reference"
        broken = f"{self.empty} pictures without a face, {len(self.broken)} broken files"
        speed = f"{self.new} new at {self.pictures_per_second:.1f} a second" if self.new else ""
        return "; ".join(filter(None, (found, broken, speed or "nothing new")))


class _Maker(NamedTuple):
    """What stays the same from picture to picture."""

    facefilter: FaceFilter
    extractor: object
    detector: Callable
    size: int
    folder: Path


class _Shot(NamedTuple):
    """One picture to look at, or why it could not be read."""

    key: dict  # source, hash and, of a clip, frame
    image: np.ndarray | None = None
    mark: dict | None = None
    error: str = ""


def create_face_dataset(
    reference_face_filepath, input_dir, output_dir, extractor, included_extensions=EXTENSIONS, *,
    threshold=None, size=SIZE, detector=detect_faces, every=1, progress=None,
):  # fmt: skip
    """Collect one person's aligned faces from a folder of pictures and clips.

    One picture is in memory at a time. Each accepted face becomes a PNG of its own, named after its
    picture, the first characters of a hash of that file, the frame and the number of the face.
    Nothing is overwritten. What was looked at is written down in `manifest.jsonl`, so a run that
    was stopped, however harshly, is gone on with by the same call, and ends with the same bytes as
    one that was not. A crop carries our mark only if its picture does: pictures of other people's
    making can be measured, but `studio.door` keeps their crops from being trained on.

    Parameters
    ----------
    reference_face_filepath : FaceFilter, or what it is made from
    input_dir : str or Path of a folder, or of a single picture or clip
    output_dir : str or Path; made if it is not there
    extractor : Extract, or another with its methods `extract` and `matrix`
    included_extensions : names' endings of the files to look at, with or without the dot
    threshold : float or None
        For `FaceFilter`, .6 by default; None for one that is given.
    size : int, pixels of a crop's side
    detector : function of a picture -> DetectedFaces with 68 landmarks
    every : int >= 1
        Of a clip, look at every so many-th frame: neighbours hardly differ.
    progress : None; True for a line on standard error; or a function of pictures done and of all

    Returns
    -------
    DatasetReport

    Raises
    ------
    DatasetError
        No such folder, the output is the input, or the output holds a dataset made in another way.
    FileNotFoundError, ImageError, ReferenceFaceError, MethodError
        As `FaceFilter`.
    DetectorError
        The detector cannot run on this machine. Any other error of one picture is written down.
    """
    begun = time.monotonic()
    every = _at_least_one(every)
    paths = _inputs(Path(input_dir), included_extensions)
    facefilter = _filter(reference_face_filepath, threshold)
    folder = _ready(Path(output_dir), Path(input_dir))
    maker = _Maker(facefilter, extractor, detector, size, folder)
    done = _gone_on(folder, _settings(maker, every))
    told = Bar("faces") if progress is True else progress or (lambda done, total: None)
    new, behind, lengths = 0, 0, [_length(path, every) for path in paths]
    for path, length in zip(paths, lengths, strict=True):
        for seen, shot in enumerate(_shots(path, every, done), 1):
            _look(maker, shot)
            new += shot.image is not None
            del shot  # its picture goes before the next one is read
            if seen < length:
                told(behind + seen, sum(lengths))
        behind += length
        told(behind, sum(lengths))
    shutil.rmtree(folder / UNFINISHED, ignore_errors=True)
    return dataset_report(folder, new, time.monotonic() - begun)


def dataset_report(folder, new=0, seconds=0.0):
    """What is in a folder of `create_face_dataset`: a DatasetReport."""
    lines = lines_of(folder)
    looked = [line for line in lines if "faces" in line]
    pairs = [(line, face) for line in looked for face in line["faces"]]
    accepted = [(line, face) for line, face in pairs if face["accepted"]]
    return DatasetReport(
        folder=Path(folder),
        pictures=len(looked),
        faces=len(pairs),
        accepted=len(accepted),
        unmarked=sum(not line["marked"] for line, _ in accepted),
        struck=len(struck_files(lines)),
        empty=sum(not line["faces"] for line in looked),
        broken={line["source"]: line["error"] for line in lines if "error" in line},
        new=new,
        seconds=seconds,
    )


def _at_least_one(every):
    if not isinstance(every, int | np.integer) or every < 1:
        raise DatasetError(f"every is a whole number of frames >= 1, not {every!r}")
    return int(every)


def _inputs(source, extensions):
    """The files to look at, in the order of their names."""
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise DatasetError(f"there is no folder, picture or clip {source.name} to look at")
    wanted = {f".{ending.lower().lstrip('.')}" for ending in extensions}
    known = (path for path in source.iterdir() if path.suffix.lower() in wanted and path.is_file())
    return sorted((path for path in known if path.name[0] != "."), key=lambda path: path.name)


def _length(path, every):
    """How many pictures of a file there are to look at, as far as its header says."""
    if path.suffix.lower() not in CLIPS:
        return 1
    from facelab.studio.video import VideoError, video_facts  # PyAV costs memory

    try:
        return max(1, math.ceil(video_facts(path)[1] / every))
    except VideoError:
        return 1


def _filter(reference, threshold):
    if not isinstance(reference, FaceFilter):
        return FaceFilter(reference, SAME_PERSON if threshold is None else threshold)
    if threshold not in (None, reference.threshold):
        raise DatasetError("this FaceFilter has a threshold of its own: leave threshold out")
    return reference


def _ready(folder, source):
    """The output folder, without what a run that was killed left half written."""
    if folder.exists() and source.exists() and folder.samefile(source):
        raise DatasetError("the faces would lie among their own pictures: give another output_dir")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / UNFINISHED, ignore_errors=True)
    (folder / UNFINISHED).mkdir()
    cut_torn_line(folder)
    return folder


def _settings(maker, every):
    """What must not change from run to run; the manifest's first line."""
    return {
        "dataset": VERSION,
        "reference": maker.facefilter.reference,
        "threshold": maker.facefilter.threshold,
        "size": int(maker.size),
        "every": every,
    }


def _gone_on(folder, settings):
    """Keys of what is done; the first line is written if the folder is new."""
    lines = lines_of(folder)
    if not lines:
        append(folder, settings)
        return set()
    other = {name for name in settings if settings[name] != lines[0].get(name)}
    if other:
        begun = ", ".join(sorted(other))
        remedy = "give another output_dir, or what it was begun with"
        raise DatasetError(f"the faces in {folder.name} were begun with another {begun}: {remedy}")
    return {_key(line) for line in lines if "source" in line}


def _key(line):
    return line["source"], line["hash"], line.get("frame", "whole")


def _shots(path, every, done):
    """The pictures of a file that were not looked at yet, read one by one."""
    key = {"source": path.name, "hash": _hash(path)}
    if _key(key) in done:
        return
    if path.suffix.lower() not in CLIPS:
        yield _picture(path, key)
        return
    yield from _frames(path, key, every, done)


def _hash(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _picture(path, key):
    try:
        return _Shot(key, *_read(path))
    except Exception as error:  # whatever one file does, the next one still counts
        return _Shot(key, error=_sentence(error))


def _read(path):
    """A picture and its mark, if it is ours."""
    try:
        ours = admit(path)
        return ours.image, ours.mark
    except (NotOursError, MarkError):
        return read_image(path), None


def _frames(path, key, every, done):
    """Every so many-th frame of a clip that was not looked at yet, and at last that it is done."""
    number = -1
    try:
        for number, (image, mark) in enumerate(_film(path)):
            at = key | {"frame": number}
            if number % every == 0 and _key(at) not in done:
                yield _Shot(at, image, mark)
    except Exception as error:  # as for pictures
        yield _Shot(key, error=f"after {number + 1} frames: {_sentence(error)}")
        return
    yield _Shot(key)


def _film(path):
    """(picture, mark or None) of each frame."""
    from facelab.studio.video import read_video  # PyAV costs memory

    try:
        return ((frame.image, frame.mark) for frame in admit_video(path))
    except NotOursError:
        return ((image, None) for image in read_video(path)[0])


def _sentence(error):
    """An error in one line, without places in memory, which differ from run to run."""
    text = " ".join(str(error).split()) or type(error).__name__
    return re.sub(r" at 0x[0-9a-f]+", "", text)


def _look(maker, shot):
    """Find the faces of a picture, store those of the reference, and write down what was found."""
    if shot.image is None:
        append(maker.folder, shot.key | ({"error": shot.error} if shot.error else {"whole": True}))
        return
    try:
        faces = [_face(maker, shot.image, face, n) for n, face in _detected(maker, shot.image)]
    except (DetectorError, TypeError):  # not this picture's fault: no other would fare better
        raise
    except Exception as error:
        append(maker.folder, shot.key | {"error": _sentence(error)})
        return
    entries = [_stored(maker, shot, *face) for face in faces]
    append(maker.folder, shot.key | {"marked": shot.mark is not None, "faces": entries})


def _detected(maker, image):
    return enumerate(maker.detector(image))


def _face(maker, image, face, index):
    """What is written down about a face, and its crop if it is the reference's."""
    far = maker.facefilter.distance(face)
    accepted = far <= maker.facefilter.threshold
    entry = {
        "index": index,
        "box": _rounded(face.box),
        "score": None if math.isnan(face.score) else round(float(face.score), 4),
        "landmarks": _rounded(face.landmarks),
        "matrix": np.asarray(maker.extractor.matrix(face, maker.size)).tolist(),
        "distance": far,
        "accepted": accepted,
        "why": "" if accepted else f"distance {far:.3f} above {maker.facefilter.threshold:g}",
    }
    return entry, maker.extractor.extract(image, face, maker.size) if accepted else None


def _rounded(numbers):
    return np.asarray(numbers, float).round(2).tolist()


def _stored(maker, shot, entry, crop):
    """The entry with the name of the crop's file, which is stored first."""
    if crop is None:
        return entry | {"file": None}
    draft = maker.folder / UNFINISHED / _name(shot.key, entry["index"])
    _save(draft, crop, shot, entry["index"])
    return entry | {"file": _placed(draft, maker.folder).name}


def _name(key, index):
    """One name for each face of each picture, also of two that are called a.jpg and a.png."""
    stem = Path(key["source"]).stem[:60]
    frame = f"-f{key['frame']:06d}" if "frame" in key else ""
    return f"{stem}-{key['hash'][:8]}{frame}-{index}.png"


def _save(path, crop, shot, index):
    """Write a crop, marked as its picture is."""
    if shot.mark is None:
        Image.fromarray(as_rgb(crop)).save(path, "PNG")
        return
    origin = {"file": shot.key["source"], "seal": shot.mark["seal"], "face": index}
    save_image(path, as_rgb(crop), source_of(shot.mark), crop_of=origin)


def _placed(draft, folder):
    """Move a file that is whole into the folder, beside any other of its name.

    One with the same bytes was left by a run that was killed before it wrote its line.
    """
    content = draft.read_bytes()
    for number in count():
        path = folder / f"{draft.stem}{f'-{number}' if number else ''}.png"
        if not path.exists() or path.read_bytes() == content:
            os.replace(draft, path)
            return path
