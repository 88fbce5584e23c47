"""A whole film: each face found or followed, its points calmed, swapped, and written with the mark.

swap_clip((render(a, scene) for scene in clip(a)), to=swapper, out="swap.mp4")
"""

from collections import Counter
from dataclasses import dataclass
from itertools import islice, tee
from pathlib import Path

import cv2
import numpy as np

from facelab.blend.convert import Convert, admitted
from facelab.blend.errors import BlendError, require
from facelab.blend.inputs import picture, same_size
from facelab.blend.smoothing import smoother_named
from facelab.blend.sound import add_sound, has_sound
from facelab.faces.tracking import Tracker
from facelab.studio.door import admit_video
from facelab.studio.marks import whole_file
from facelab.studio.progress import Bar
from facelab.studio.timing import stage

TOGETHER = 4  # frames that the network sees at once
FULL_ERROR = 64  # grey levels at which the error map is brightest
CAPTIONS = "target", "swap", "truth", f"error, 0 to {FULL_ERROR}"
STRIP = 18  # pixels of height for the captions


@dataclass(frozen=True)
class SwappedClip:
    """What ``swap_clip`` wrote: the path, how many frames, and in how many no face was swapped."""

    path: Path
    frames: int
    without_face: int


def swap_frames(images, converter, smooth="moving average", detect_every=1, tally=None):
    """The frames of a film with new faces, one by one, as many as came in.

    A frame without a face, or whose face leaves the picture, passes unchanged.

    Parameters
    ----------
    images : iterable of Frame or marked pictures, taken one by one; a few are held at a time
    converter : Convert; its ``accept`` is asked once for each face that appears
    smooth : name in ``SMOOTHERS``, or a function of a stream of points
    detect_every : int >= 1, frames from one detection to the next; in between faces are followed
    tally : Counter or None, filled with the number of "frames" and of those "without face"

    Returns
    -------
    iterator of (H,W,3) uint8 RGB

    Raises
    ------
    BlendError
        No such smoother; or, while frames are taken, one that is not the studio's.
    """
    tracker, smoother = Tracker(detect_every, accept=converter.accept), smoother_named(smooth)
    images, looked_at = tee(admitted(image) for image in images)
    points = smoother(_seen(tracker, image) for image in looked_at)
    jobs = zip(images, (list(each.values()) for each in points), strict=True)
    return _patched(jobs, converter, Counter() if tally is None else tally)


def _patched(jobs, converter, tally):
    """The pictures of the jobs, some at a time, each counted."""
    while batch := list(islice(jobs, TOGETHER)):
        results = converter._patch_many(batch, lenient=True)
        unchanged = [new is old for new, (old, _) in zip(results, batch, strict=True)]
        tally.update({"frames": len(batch), "without face": sum(unchanged)})
        yield from results


def _seen(tracker, image):
    with stage("find"):
        return {number: face.landmarks for number, face in tracker(image).items()}


def swap_clip(
    clip, to, out, truth=None, smooth="moving average", detect_every=1, fps=None, quality=80,
    sound=None, total=None, progress=True, **options,
):  # fmt: skip
    """Swap the faces of a film and write it as an MP4 video that carries our mark.

    Parameters
    ----------
    clip : path of a video with the studio's mark, or an iterable of Frame, taken one by one
    to : swapper (see ``facelab.blend.swapper``), or a ``Convert``
    out : str or Path ending in .mp4, replaced in one step
    truth : iterable of Frame, or what else ``admitted`` takes, as many as the clip, or None
        With it the video shows target, swap, truth and their difference side by side.
    smooth, detect_every : see ``swap_frames``
    fps : frames a second; None for those of the video, 25 of frames
    quality : see ``write_video``
    sound : path of a video whose sound goes under the pictures; the clip's own by default
    total : int, how many frames there are, for the progress bar, where the clip cannot tell
    progress : bool, or a function of (frames done, of all)
    **options : go to ``Convert``

    Returns
    -------
    SwappedClip

    Raises
    ------
    NotOursError
        A frame or a video that is not the studio's.
    BlendError
        An option that cannot be used, or a video that would be replaced by its own swap.
    VideoError
        No frames, or a name that does not end in .mp4.
    """
    from facelab.studio.video import write_video  # on first use: PyAV costs memory

    out, converter, tally = Path(out), _converter(to, options), Counter()
    if isinstance(clip, str | Path):
        sound, clip = sound or clip, _video(clip, out)
    fps = fps or getattr(clip, "fps", 25)
    total = _length(clip) if total is None else total
    frames = _all_frames(clip, converter, truth, smooth, detect_every, tally)
    told = Bar("frames swapped") if progress is True else progress
    with whole_file(out) as partial:
        frames = _counted(frames, told, total)
        write_video(partial, frames, fps=fps, quality=quality, source="swap")
        if sound is not None and has_sound(sound):
            add_sound(partial, sound)
    return SwappedClip(out, tally["frames"], tally["without face"])


def _video(path, out):
    ok = Path(path).resolve() != out.resolve()
    require(ok, f"{out.name} would be replaced by its own swap: choose another name.")
    return admit_video(path)


def _all_frames(clip, converter, truth, *how):
    """The frames of the new film: swaps, or with a truth target, swap, truth and error."""
    if truth is None:
        return swap_frames(clip, converter, *how)
    target, clip = tee(clip)
    ours = map(admitted, truth)  # what is written carries our mark
    return beside(target, swap_frames(clip, converter, *how), ours)


def _converter(to, options):
    if not isinstance(to, Convert):
        return Convert(to, **options)
    left = ", ".join(options)
    require(not options, f"{left}: options belong into the Convert that is already made.")
    return to


def _length(clip):
    try:
        return len(clip)
    except TypeError:
        return None


def _counted(frames, told, total):
    """The frames, while the progress is told."""
    for done, frame in enumerate(frames, 1):
        yield frame
        if told and total:
            told(done, total)


def beside(targets, swaps, truths):
    """Frames that show target | swap | truth | error map, with a line of captions above.

    Parameters
    ----------
    targets, swaps, truths : iterables of (H,W,3) uint8 RGB or Frame, as many of each

    Yields
    ------
    (H+STRIP, 4W, 3) uint8 RGB
    """
    for number, three in enumerate(_in_step(targets, swaps, truths)):
        target, swap, truth = (picture(each, f"frame {number}") for each in three)
        same_size(swap, truth, "swap and truth")
        yield _with_captions([target, swap, truth, error_map(swap, truth)])


def _in_step(*streams):
    try:
        yield from zip(*streams, strict=True)
    except ValueError as error:
        if "zip()" not in str(error):
            raise
        raise BlendError("target, swap and truth must have as many frames.") from None


def error_map(image, truth):
    """How far a picture is from the truth, as colours from dark (0) to bright (``FULL_ERROR`` grey
    levels and more, mean of the three channels): (H,W,3) uint8 RGB."""
    error = np.abs(np.float32(image) - truth).mean(-1) * (255 / FULL_ERROR)
    colours = cv2.applyColorMap(np.uint8(np.clip(error, 0, 255)), cv2.COLORMAP_VIRIDIS)
    return cv2.cvtColor(colours, cv2.COLOR_BGR2RGB)


def _with_captions(pictures):
    width = pictures[0].shape[1]
    strip = np.zeros((STRIP, 4 * width, 3), np.uint8)
    for number, caption in enumerate(CAPTIONS):
        at = number * width + 4, STRIP - 5
        cv2.putText(strip, caption, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255,) * 3, 1, cv2.LINE_AA)
    return np.concatenate([strip, np.concatenate(pictures, 1)])
