"""The door: what trains or converts takes pictures of this course, and refuses all others.

Detectors, landmarks and filters may measure any picture. A network that learns a face, or puts one
onto another, takes only what the studio drew: a ``Frame``, ``Crops``, or a file that carries our
mark with a seal that fits it. A mark alone proves nothing, for programs copy metadata when they
save other pixels; the seal is a hash of the pixels (``marks.seal_of``) or of a video's coded
pictures (``video.seal_of_video``), so that whoever changes them breaks it.

This is a door and not a safe. The course is open source: somebody who wants to can save a
photograph with ``save_image``, compute a seal or take these lines out. The door keeps photographs
of people from getting into a swap by accident, by habit or in a folder of other people's files, and
makes it a deliberate act to bring them in.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .crops import Crops
from .errors import StudioError
from .frame import Frame
from .marks import FORMATS, NOTICE, SOURCES, MarkError, mark_of, read_marked, seal_of

REMEDY = "what trains or converts takes frames of the studio and files of save_image or write_video"
VIDEO = ".mp4"


class NotOursError(StudioError):
    """A picture or video that the studio did not make, or that was changed since; the message says
    which and why."""


@dataclass(frozen=True, eq=False)
class Admitted:
    """A picture that came through the door.

    Attributes
    ----------
    image : (H,W,3) uint8 RGB, exactly the pixels that were checked; read-only if from a file
    mark : dict, what the file says of itself (``marks.read_mark``); for a Frame what it would say
    name : str, the file's name; "" for a Frame
    """

    image: np.ndarray = field(repr=False)
    mark: dict = field(repr=False)
    name: str = ""


@dataclass(frozen=True, eq=False)
class AdmittedVideo:
    """A video that came through the door: iterate over it, as often as you like, for its pictures.

    Attributes
    ----------
    path : Path
    mark : dict, as ``marks.read_mark``
    fps : float, mean frames a second
    count : int, number of frames, as ``len`` says too
    """

    path: Path
    mark: dict = field(repr=False)
    fps: float
    count: int

    def __len__(self):
        return self.count

    def __iter__(self):
        """Each picture of the video as ``Admitted``."""
        from .video import read_video

        for number, image in enumerate(read_video(self.path)[0]):
            image.setflags(write=False)
            yield Admitted(image, self.mark, f"{self.path.name}#{number}")


def admit(given):
    """Let one picture in, or refuse it in a sentence that says why.

    Parameters
    ----------
    given : Frame, Admitted, or the path (str or Path) of a picture that ``save_image`` wrote

    Returns
    -------
    Admitted

    Raises
    ------
    NotOursError
        No mark, another program's mark, a mark without a seal (of an older version of the course),
        pixels that changed since they were marked, or a bare array, which cannot say whence it is.
    FileNotFoundError, MarkError
        There is no such file, or it is not a picture.
    """
    if isinstance(given, Admitted):
        return given
    if isinstance(given, Frame):
        return Admitted(given.image, mark_of("render", {}))
    if isinstance(given, str | Path):
        return _picture(Path(given))
    kind = type(given).__name__
    raise NotOursError(f"A bare {kind} cannot say where it comes from: {REMEDY}.")


def admit_crops(given):
    """Let ``Crops`` in: what they are, or NotOursError."""
    if isinstance(given, Crops):
        return given
    kind = type(given).__name__
    raise NotOursError(f"A {kind} is not Crops, as facelab.studio.crops makes them: {REMEDY}.")


def admit_folder(folder):
    """Let all pictures of a folder in, or none.

    Every file with a picture's ending is checked before the first picture is handed out; one
    picture is in memory at a time.

    Parameters
    ----------
    folder : str or Path

    Returns
    -------
    list of Path, in the order of their names, not empty; ``admit`` each to get its picture

    Raises
    ------
    NotOursError
        One of them may not come in: the message names it. Or there is none.
    FileNotFoundError
        There is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    paths = sorted(path for path in folder.iterdir() if _is_visible_picture(path))
    if not paths:
        raise NotOursError(f"There is no picture in the folder {folder.name}: {REMEDY}.")
    for path in paths:
        try:
            _picture(path)
        except (NotOursError, MarkError) as error:
            raise NotOursError(f"Nothing of the folder {folder.name} comes in. {error}") from error
    return paths


def _is_visible_picture(path):
    """Whether a file looks like a picture: also one of a kind that we never write, to refuse it."""
    known = {*FORMATS, ".bmp", ".gif", ".tif", ".tiff", ".avif", ".jfif", ".heic"}
    return path.suffix.lower() in known and not path.name.startswith(".")


def admit_video(path):
    """Let a video in, or refuse it in a sentence that says why.

    Its coded pictures are hashed, which is as fast as reading the file; nothing is decoded yet.

    Returns
    -------
    AdmittedVideo

    Raises
    ------
    NotOursError
        As ``admit``.
    FileNotFoundError, VideoError
        There is no such file, or it is not a video.
    """
    from .video import read_video_mark, seal_of_video, video_facts  # PyAV costs memory

    path = Path(path)
    mark = _ours(path.name, read_video_mark(path))
    _fits(path.name, mark, seal_of_video(path))
    return AdmittedVideo(path, mark, *video_facts(path))


def source_of(mark):
    """The key in ``marks.SOURCES`` of a mark: how the picture came to be."""
    return next(key for key, kind in SOURCES.items() if kind == mark["digital_source_type"])


def _picture(path):
    if path.suffix.lower() == VIDEO:
        raise NotOursError(f"{path.name} is a video: let it in with admit_video.")
    pixels, mark = read_marked(path)
    mark = _ours(path.name, mark)
    _fits(path.name, mark, None if pixels is None else seal_of(pixels))
    pixels = np.ascontiguousarray(pixels)
    pixels.setflags(write=False)
    return Admitted(pixels, mark, path.name)


def _ours(name, mark):
    """The mark, if it is ours and sealed."""
    if mark is None:
        reason = "carries no mark of this course, so it may show somebody real"
    elif mark.get("notice") != NOTICE:
        reason = "is marked as synthetic by another program, which does not say of whom it is made"
    elif not isinstance(mark.get("seal"), str):
        reason = (
            "carries our mark without a seal, as older versions of the course wrote it: make it "
            "anew with the program that made it"
        )
    elif mark.get("digital_source_type") not in SOURCES.values():
        reason = "carries a mark that does not say how the picture came to be"
    else:
        return mark
    raise NotOursError(f"{name} {reason}; {REMEDY}.")


def _fits(name, mark, seal):
    if mark["seal"] != seal:
        changed = "carries our mark, but it was changed or coded again since it was marked"
        raise NotOursError(f"{name} {changed}; {REMEDY}.")
