"""Where are the faces? Four answers behind one function, `detect`.

A detector is a plain function `(image, **options) -> list of Found`, where `image` is uint8 RGB and
the coordinates are continuous (see `face.py`). Put another one into `DETECTORS` and `detect` knows
it.
"""

import math
from numbers import Real
from typing import NamedTuple

import cv2
import numpy as np

from facelab.faces import models
from facelab.faces.dlib_shapes import box_of
from facelab.faces.errors import ImageError, MethodError
from facelab.faces.face import DetectedFace
from facelab.faces.pictures import as_rgb

MIN_SIDE = 16  # pixels: below this no method here has ever a chance
MAX_SIDE = 1600  # pixels: larger pictures are searched in a smaller copy


class Found(NamedTuple):
    """What a detector function returns for one face, before `detect` wraps it."""

    box: tuple
    score: float = math.nan
    landmarks: np.ndarray | None = None


def haar(image, *, step=1.1, neighbours=3, min_face=24):
    """Viola and Jones (2001): a cascade of boosted decision stumps on Haar features.

    `step` is the ratio between two window sizes, `neighbours` how many overlapping hits make a face
    and `min_face` the smallest window in pixels. The score is the stump votes of the last stage.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    boxes, _, votes = models.haar_cascade().detectMultiScale3(
        grey, step, neighbours, minSize=(min_face, min_face), outputRejectLevels=True
    )
    return [Found(_from_corner_and_size(*b), float(v)) for b, v in zip(boxes, votes, strict=True)]


def hog(image, *, upsample=0, threshold=0.0):
    """Dalal and Triggs (2005) in dlib: histograms of gradients, a linear SVM, many sizes.

    Its window is 80 pixels, so smaller faces need `upsample=1`, which doubles the picture and
    quadruples the time. The score is the signed distance from the SVM's plane; `threshold` is
    where a face begins.
    """
    boxes, scores, _ = models.hog_detector().run(image, upsample, threshold)
    return [Found(box_of(b), float(s)) for b, s in zip(boxes, scores, strict=True)]


def mtcnn(image, **options):
    """Zhang et al. (2016): three small CNNs in a cascade, which also place five points.

    `options` go to the package mtcnn: `min_face_size=20`, `threshold_pnet=.6`,
    `threshold_rnet=.7`, `threshold_onet=.8`. The score is a probability.
    """
    return _mtcnn_batch(image[None], **options)[0]


def face_recognition(image, *, model="hog", upsample=1):
    """The package face_recognition: dlib's HOG, or with `model="cnn"` dlib's CNN (King 2015).

    A wrapper: it cuts boxes off at the picture's edge and lets go of the score (nan).
    """
    if model not in ("hog", "cnn"):
        raise MethodError(f"face_recognition has the models 'hog' and 'cnn', not {model!r}")
    boxes = models.recognition().face_locations(image, upsample, model)
    return [Found(_from_css(*box, image.shape)) for box in boxes]


DETECTORS = {"haar": haar, "hog": hog, "mtcnn": mtcnn, "face_recognition": face_recognition}


def detect(image, method="hog", *, max_side=MAX_SIDE, **options):
    """Find the faces in a picture.

    Parameters
    ----------
    image : ndarray or PIL.Image.Image
        Whatever `as_rgb` accepts.
    method : {"haar", "hog", "mtcnn", "face_recognition"}
        A name in `DETECTORS`.
    max_side : number >= 16
        A picture with a longer side is searched in a copy of this size, and the answers are
        scaled back.
    **options
        Go to the detector function of that name.

    Returns
    -------
    list of DetectedFace
        Best score first (in the method's own order where it gives no score); empty if there is
        no face.

    Raises
    ------
    ImageError
        Not a picture, one with a side under 16 pixels, or a `max_side` under 16.
    MethodError
        No such method.
    DetectorError
        The method cannot run here (a package is missing, or OpenCV 5 has no cascades).
    """
    return detect_each([image], method, max_side=max_side, **options)[0]


def detect_each(images, method="hog", *, max_side=MAX_SIDE, **options):
    """`detect` for several pictures; mtcnn takes those of one shape together, 2 to 4 times faster.

    Memory grows with the number of pictures in a call: 8 to 32 of 256 x 256 are a good number.
    """
    detector = _detector(method)
    if not isinstance(max_side, Real) or not max_side >= MIN_SIDE:
        raise ImageError(f"max_side must be a number >= {MIN_SIDE}, not {max_side!r}")
    pictures = [_large_enough(as_rgb(image)) for image in images]
    small = [_shrunk(picture, max_side) for picture in pictures]
    if method == "mtcnn" and len({s.shape for s in small}) == 1:
        found = _mtcnn_batch(np.stack(small), **options)
    else:
        found = [detector(s, **options) for s in small]
    return [_faces(*each, method) for each in zip(found, small, pictures, strict=True)]


def _detector(method):
    try:
        return DETECTORS[method]
    except (KeyError, TypeError):
        raise MethodError(f"no detector {method!r}; there are {', '.join(DETECTORS)}") from None


def _large_enough(image):
    rows, columns = image.shape[:2]
    if min(rows, columns) < MIN_SIDE:
        raise ImageError(
            f"no face can be found in {columns} x {rows} pixels: a side needs at least {MIN_SIDE}"
        )
    return image


def _shrunk(image, max_side):
    """A contiguous picture whose longer side is at most `max_side`."""
    rows, columns = image.shape[:2]
    scale = max_side / max(rows, columns)
    if scale >= 1:
        return np.ascontiguousarray(image)
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _faces(found, small, image, method):
    scale = np.array([image.shape[1] / small.shape[1], image.shape[0] / small.shape[0]])
    faces = [
        DetectedFace(
            box=tuple(float(v) for v in np.multiply(f.box, np.tile(scale, 2))),
            landmarks=None if f.landmarks is None else np.float32(f.landmarks * scale),
            image=image,
            score=f.score,
            method=method,
        )
        for f in found
    ]
    return sorted(faces, key=_rank, reverse=True)


def _rank(face):
    return -math.inf if math.isnan(face.score) else face.score


def _mtcnn_batch(images, **options):
    """Rows of mtcnn: picture number, four edges, probability, five x, five y."""
    rows = models.mtcnn_networks().detect_faces(
        list(images), fit_to_image=False, box_format="xyxy", output_type="numpy", **options
    )
    return [[_from_mtcnn(row) for row in rows if row[0] == n] for n in range(len(images))]


def _from_mtcnn(row):
    """Its first pixel centre is at 0, as the mirror test in tests/test_faces.py shows."""
    return Found(tuple(row[1:5] + 0.5), float(row[5]), row[6:16].reshape(2, 5).T + 0.5)


def _from_corner_and_size(x, y, width, height):
    return float(x), float(y), float(x + width), float(y + height)


def _from_css(top, right, bottom, left, shape):
    """face_recognition's (top, right, bottom, left), which names dlib's last pixels inside."""
    rows, columns = shape[:2]
    return float(left), float(top), float(min(right + 1, columns)), float(min(bottom + 1, rows))
