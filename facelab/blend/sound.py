"""The sound of one film under the pictures of another, copied and not coded again."""

from heapq import merge
from pathlib import Path

import av

from facelab.blend.errors import require
from facelab.studio.marks import whole_file


def has_sound(path):
    """Whether a film has a sound track."""
    with av.open(str(path)) as film:
        return bool(film.streams.audio)


def add_sound(path, source):
    """Put the first sound track of ``source`` under the pictures of a film, packet by packet.

    Neither pictures nor sound are decoded, and what the film says of itself (its mark) stays.

    Parameters
    ----------
    path : str or Path of an MP4 video, replaced in one step
    source : str or Path of a video with sound

    Returns
    -------
    Path

    Raises
    ------
    BlendError
        The source has no sound.
    """
    path = Path(path)
    require(has_sound(source), f"{Path(source).name} has no sound to copy.")
    with whole_file(path) as partial, av.open(str(path)) as film, av.open(str(source)) as heard:
        _muxed(partial, film, heard)
    return path


def _muxed(path, film, heard):
    tracks = film.streams.video[0], heard.streams.audio[0]
    with av.open(path, "w", format="mp4", options={"movflags": "+faststart"}) as output:
        output.metadata.update(film.metadata)
        pictures, sound = (output.add_stream_from_template(track) for track in tracks)
        packets = _packets(film, tracks[0], pictures), _packets(heard, tracks[1], sound)
        for _, packet, stream in merge(*packets, key=lambda each: each[0]):
            packet.stream = stream
            output.mux(packet)


def _packets(container, track, stream):
    """(seconds, packet, stream of the output) of a track, in the order of decoding."""
    for packet in container.demux(track):
        if packet.dts is not None:
            yield float(packet.dts * packet.time_base), packet, stream
