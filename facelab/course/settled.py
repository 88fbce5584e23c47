"""Outputs that look as before stay as they are stored, so that building again adds nothing.

A chapter that is executed again draws the same pictures in other bytes: another machine rounds
otherwise, another encoder packs otherwise. Git would keep each of them for ever. So an output
is replaced only if somebody who looks would see a difference.

Two pictures look the same when they differ nowhere by more than ``NOTICED`` after a blur: by one
pixel, which averages noise of a sensor or an encoder away and leaves a digit or a point that
has moved, and by eight, which leaves a change of colour or light too weak for single pixels.
Clips are compared frame by frame. Texts are the same when they differ only in how long something
took (``12 ms``, ``3.4 seconds``). The comparison is always with what is stored, so that small
differences never add up.
"""

import base64
import io
import json
import re
from copy import deepcopy

import cv2
import numpy as np
from PIL import Image

from facelab.course.notebook import code_cells

# Standard deviation of the blur in pixels -> levels of 255. After the small one, two shots of a
# face under noise of 1 to 4 levels, encoded as WebP, differ by up to 11 (of grey noise all over
# by 20), a head turned by .3 degrees by 38, a landmark one pixel further by 68, a digit by 113.
NOTICED = {1.0: 20.0, 8.0: 3.0}
MEDIA = re.compile(r"data:(image/png|image/webp|video/mp4);base64,([A-Za-z0-9+/=]+)")
DURATION = re.compile(r" *\d+(\.\d+)? ?(?=(ms|s|seconds|minutes|pictures a second)\b)")


def settled(notebook, stored):
    """``notebook`` with every output that looks like the stored one replaced by that one.

    Parameters
    ----------
    notebook, stored : dict
        Executed notebooks; cells belong together when their ids, made of what they say, agree.

    Returns
    -------
    dict
    """
    kept = deepcopy(notebook)
    known = {cell["id"]: cell["outputs"] for cell in code_cells(stored)}
    for cell in code_cells(kept):
        old = known.get(cell["id"], [])
        if len(old) == len(cell["outputs"]):
            pairs = zip(cell["outputs"], old, strict=True)
            cell["outputs"] = [was if looks_like(now, was) else now for now, was in pairs]
    return kept


def looks_like(now, was):
    """Whether somebody who looks at two outputs would see no difference."""
    now, was = (json.dumps(output, sort_keys=True) for output in (now, was))
    if now == was:
        return True
    if skeleton(now) != skeleton(was):
        return False
    pairs = zip(MEDIA.findall(now), MEDIA.findall(was), strict=True)
    return all(a == b or media_look_alike(a, b) for a, b in pairs)


def skeleton(text):
    """The text of an output without the data of its pictures and without durations."""
    return DURATION.sub("# ", MEDIA.sub(r"\1", text))


def media_look_alike(a, b):
    """Whether two ``(mime, base64)`` of one mime look the same."""
    frames_a, frames_b = (list(frames(mime, base64.b64decode(data))) for mime, data in (a, b))
    return len(frames_a) == len(frames_b) and all(map(look_alike, frames_a, frames_b))


def frames(mime, data):
    """The pictures in a picture or a clip, as uint8 RGB arrays (H, W, 3)."""
    if mime != "video/mp4":
        yield np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        return
    import av  # brings FFmpeg, which few chapters need

    with av.open(io.BytesIO(data)) as clip:
        yield from (frame.to_ndarray(format="rgb24") for frame in clip.decode(video=0))


def look_alike(a, b):
    """Whether two uint8 RGB pictures (H, W, 3) look the same."""
    if a.shape != b.shape:
        return False
    return all(strongest_difference(a, b, blur) <= most for blur, most in NOTICED.items())


def strongest_difference(a, b, blur):
    """Largest difference of two pictures (H, W, 3) after a blur by so many pixels, in levels."""
    return float(np.abs(cv2.GaussianBlur(a.astype(np.float32) - b, (0, 0), blur)).max())
