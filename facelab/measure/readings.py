"""What detectors, a landmark predictor and a recogniser say about frames whose truth is known.

Frames come as (person's number, Frame) pairs, so that people stay together in every average.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from facelab.faces import DetectedFace, box_around, detect_each, embed, iou, landmarks
from facelab.faces.face import hog_box
from facelab.measure.landmark_error import nme

OVERLAP = 0.3  # IoU with the box around the true points from which a face counts as found
BATCH = 16  # pictures that MTCNN sees together


@dataclass(frozen=True, eq=False)
class Reading:
    """One frame: who, turned how, found by whom, points how wrong (NME), which embedding.

    Where no face was at hand, `error` is nan and `code` None.
    """

    person: int
    yaw: float
    pitch: float
    hog: bool
    mtcnn: bool
    error: float
    code: np.ndarray | None


def best_match(faces, frame):
    """The detected face that overlaps the true one most, or None if none does by `OVERLAP`."""
    truth = box_around(frame.landmarks)
    face = max(faces, key=lambda face: iou(face.box, truth), default=None)
    return face if face is not None and iou(face.box, truth) >= OVERLAP else None


class View(NamedTuple):
    """What is kept of a Frame when there are hundreds: picture, true 68 points, pose in degrees."""

    image: np.ndarray
    landmarks: np.ndarray
    pose: tuple = (0.0, 0.0, 0.0)

    @classmethod
    def of(cls, frame):
        """The view of a Frame, whose depth, normals and mesh (4 MB at 256 pixels) are let go."""
        return cls(frame.image, frame.landmarks, frame.pose)


def found_rate(views, method, **options):
    """The part of views (Frames or Views) in which `method` finds the face.

    Found means a box that overlaps the true one by an IoU of `OVERLAP`.
    """
    hits = []
    for batch in in_batches(views, 4):
        found = detect_each([view.image for view in batch], method, **options)
        hits += [best_match(*each) is not None for each in zip(found, batch, strict=True)]
    return float(np.mean(hits))


def mean_nme(views, scales=None):
    """The mean NME of dlib's points, put on from the true box, over views (Frames or Views)."""
    scales = [None] * len(views) if scales is None else scales
    found = [landmarks(view.image, framed(view)) for view in views]
    truths = [view.landmarks for view in views]
    errors = [nme(f, t, scale=s) for f, t, s in zip(found, truths, scales, strict=True)]
    return float(np.mean(errors))


def framed(frame):
    """The true face as HOG would box it (measured on frames that it finds), found or not."""
    return DetectedFace(hog_box(frame.landmarks), image=frame.image)


def read_all(numbered_frames, given_box=False, scales=None, report=lambda frames: None):
    """A Reading of every frame.

    Parameters
    ----------
    numbered_frames : iterable of (int, Frame or View)
    given_box : bool
        Points and embedding start from the face that HOG found, or, if True, from the true box, so
        that they are measured apart from the detector.
    scales : sequence of float, optional
        What a person's landmark errors are divided by, in pixels; the true inter-ocular distance in
        the same frame by default.
    report : function
        Is called with the number of frames after each batch.
    """
    readings = []
    for batch in in_batches(numbered_frames, BATCH):
        images = [frame.image for _, frame in batch]
        found = zip(batch, detect_each(images, "hog"), detect_each(images, "mtcnn"), strict=True)
        for (person, frame), hog, mtcnn in found:
            hog, mtcnn = best_match(hog, frame), best_match(mtcnn, frame)
            scale = None if scales is None else scales[person]
            face = framed(frame) if given_box else hog
            error, code = (float("nan"), None) if face is None else read_face(frame, face, scale)
            hits = hog is not None, mtcnn is not None
            readings.append(Reading(person, *frame.pose[:2], *hits, error, code))
        report(len(batch))
    return readings


def read_face(frame, face, scale=None):
    """(NME of dlib's points, embedding) of one face in a frame."""
    points = landmarks(frame.image, face)
    code = embed(frame.image, replace(face, landmarks=points))
    return nme(points, frame.landmarks, scale=scale), code


def in_batches(items, size):
    """Lists of `size` items, the last one shorter."""
    batch = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
