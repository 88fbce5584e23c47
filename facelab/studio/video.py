"""Reading and writing videos as pictures, with the FFmpeg that the PyAV wheel carries."""

import hashlib
from collections.abc import Iterable
from fractions import Fraction
from itertools import chain
from mmap import mmap
from numbers import Real
from pathlib import Path

import av
import numpy as np

from .errors import StudioError, whole_number
from .marks import NO_SEAL, as_text, from_text, mark_of, whole_file

BT709 = 1  # code of the standard's matrix, primaries and curve in a video stream
STUDIO_RANGE = 1
NOT_A_VIDEO = (av.FFmpegError, ValueError, IndexError)


class VideoError(StudioError):
    """A video that cannot be read or frames that cannot be written; says what to do."""


def write_video(path, frames, fps=25, quality=80, source="render", **facts):
    """Write pictures as an H.264 video (yuv420p, which every player and browser shows).

    The file says in its metadata that it is synthetic, as ``marks.save_image`` does for pictures.

    Parameters
    ----------
    path : str or Path ending in .mp4
        Replaced in one step, so nobody sees half a file.
    frames : iterable of (H,W,3) uint8 RGB, all of one size, at least 16 pixels each way
        Taken one by one. H.264 halves the colours, so an odd side gets one more row or column of
        pixels, which ``read_video`` takes away again.
    fps : float, frames a second in (0, 240]
    quality : int in [1, 100], like JPEG's; 80 is hard to tell from the pictures
    source : how the pictures came to be (``marks.SOURCES``)
    **facts : what else should travel with the video

    Returns
    -------
    Path

    Raises
    ------
    VideoError
        No frames, frames of another size or kind, or an ending, rate or quality out of range.
    """
    path = Path(path)
    _require(path.suffix.lower() == ".mp4", f"{path.name}: a video's name must end in .mp4.")
    rate = isinstance(fps, Real) and 0 < fps <= 240
    _require(rate, f"fps must be a number in (0, 240], got {fps!r}.")
    whole_number("quality", quality, 1, 100, error=VideoError)
    some = isinstance(frames, Iterable)
    _require(some, f"write_video needs pictures one by one, got {type(frames).__name__}.")
    frames = iter(frames)
    nothing = object()
    first = next(frames, nothing)
    _require(first is not nothing, "A video needs at least one frame, got none.")
    _check_frame(first, 0, np.shape(first))
    _require(
        "size" not in facts, "The mark itself says the video's size: give this fact another name."
    )
    mark = mark_of(source, facts | {"size": [first.shape[1], first.shape[0]]})
    mark = mark | {"seal": NO_SEAL}
    rate = Fraction(fps).limit_denominator(1001)
    with whole_file(path) as partial:
        _encode(partial, chain([first], frames), first.shape, rate, quality, mark)
        _set_seal(partial)
    return path


def read_video(path):
    """Open a video and hand out its pictures one by one.

    Returns
    -------
    frames : iterator of (H,W,3) uint8 RGB
    fps : float, mean frames a second

    Raises
    ------
    FileNotFoundError
        There is no such file.
    VideoError
        The file is not a video; or, while reading, it is damaged.
    """
    path = Path(path)
    container = _open(path)
    return _decode(container, path.name, _true_size(container)), _rate(container)


def video_facts(path):
    """(frames a second, number of frames) as a video's header says, without decoding it; 0 frames
    where it does not say."""
    with _open(Path(path)) as container:
        return _rate(container), container.streams.video[0].frames


def read_video_mark(path):
    """The mark of a video that ``write_video`` wrote (see ``marks.read_mark``), or None."""
    with _open(Path(path)) as container:
        return from_text(container.metadata.get("comment"))


def seal_of_video(path):
    """The seal of a video: SHA-256 over the coded pictures of its first video track, 64 characters.

    Nothing is decoded. To put sound beside the pictures, or to copy them into another file, keeps
    it; to code them again changes it.

    Raises
    ------
    FileNotFoundError, VideoError
        As ``read_video``.
    """
    path, digest = Path(path), hashlib.sha256()
    with _open(path) as container:
        digest.update(container.streams.video[0].codec_context.extradata or b"")
        try:
            for packet in container.demux(video=0):
                digest.update(packet)
        except av.FFmpegError as error:
            raise VideoError(f"{path.name} is damaged: {error}") from error
    return digest.hexdigest()


def _set_seal(path):
    """Write the seal of a new video into its mark, where room was left for it."""
    seal = seal_of_video(path)
    with open(path, "r+b") as file, mmap(file.fileno(), 0) as content:
        place = content.find(NO_SEAL.encode())
        content[place : place + len(seal)] = seal.encode()


def _require(condition, message):
    if not condition:
        raise VideoError(message)


def _open(path):
    if not path.exists():
        raise FileNotFoundError(f"there is no video {path}")
    try:
        container = av.open(str(path))
    except NOT_A_VIDEO as error:
        raise VideoError(f"{path.name} is not a video that can be read: {error}") from error
    if not container.streams.video:
        container.close()
        raise VideoError(f"{path.name} holds no moving pictures.")
    return container


def _rate(container):
    stream = container.streams.video[0]
    return float(stream.average_rate or stream.guessed_rate or 25)


def _check_frame(frame, number, shape):
    ok = isinstance(frame, np.ndarray) and frame.dtype == np.uint8 and frame.ndim == 3
    _require(ok and frame.shape[2] == 3, f"Frame {number} is not a uint8 RGB array (H, W, 3).")
    same = f"Frame {number} has shape {frame.shape}, the first one {shape}: resize them alike."
    _require(frame.shape == shape, same)
    _require(min(shape[:2]) >= 16, f"Frames of {shape[1]} x {shape[0]}: a side needs 16 pixels.")


def _encode(path, frames, shape, rate, quality, mark):
    with av.open(path, "w", format="mp4", options={"movflags": "+faststart"}) as container:
        container.metadata["comment"] = as_text(mark)
        container.metadata["title"] = mark["notice"]
        stream = _stream(container, shape, rate, quality)
        for number, frame in enumerate(frames):
            _check_frame(frame, number, shape)
            container.mux(stream.encode(_picture(frame)))
        container.mux(stream.encode(None))


def _stream(container, shape, rate, quality):
    """An H.264 stream; one thread, so that the number of cores does not change the bytes."""
    options = {"crf": f"{40 - 0.3 * quality:.1f}", "preset": "medium"}
    stream = container.add_stream("libx264", rate=rate, options=options)
    stream.height, stream.width = (side + side % 2 for side in shape[:2])
    stream.pix_fmt = "yuv420p"
    coder = stream.codec_context
    coder.thread_count = 1
    coder.colorspace = coder.color_primaries = coder.color_trc = BT709
    coder.color_range = STUDIO_RANGE
    return stream


def _picture(frame):
    """A frame in the video's colours; its last row and column are doubled where a side is odd."""
    odd = [(0, side % 2) for side in frame.shape[:2]]
    even = np.ascontiguousarray(np.pad(frame, (*odd, (0, 0)), "edge"))
    picture = av.VideoFrame.from_ndarray(even, format="rgb24")
    return picture.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")


def _true_size(container):
    """(height, width) that ``write_video`` noted, without doubled edges; None for others."""
    size = (from_text(container.metadata.get("comment")) or {}).get("size")
    known = (
        isinstance(size, list) and len(size) == 2 and all(type(s) is int and s > 0 for s in size)
    )
    return (size[1], size[0]) if known else None


def _decode(container, name, size):
    height, width = size or (None, None)
    with container:
        try:
            for picture in container.decode(video=0):
                yield picture.to_ndarray(format="rgb24")[:height, :width]
        except av.FFmpegError as error:
            raise VideoError(f"{name} is damaged: {error}") from error
