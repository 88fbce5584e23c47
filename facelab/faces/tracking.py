"""The faces of a film: found anew, or followed from frame to frame by their points."""

from collections import Counter
from dataclasses import replace
from itertools import count

import cv2
import numpy as np

from facelab.faces.detectors import detect
from facelab.faces.face import DetectedFace, hog_box, iou
from facelab.faces.points import landmarks
from facelab.studio.alignment import crop_matrix

SAME_FACE = 0.3  # IoU of two boxes from which on it is the same face a frame later
JUMP = 0.25  # of a face's width: points that move further from one frame to the next have jumped

ALIKE = 0.75  # correlation from which on it is the same face: .8 to 1 from one frame to the next of
# a clip, blinks included, -.5 to .1 where no face is (dlib's points lie in any box as a face's)
PATIENCE = 5  # detections that may miss a face before it is given up
LOOK = 24  # pixels of the crops that are compared


def jumped(before, after, jump=JUMP):
    """Whether points (n,2) moved on average further than a share ``jump`` of the face's width."""
    step = np.linalg.norm(np.subtract(after, before), axis=-1).mean()
    return bool(step > jump * np.ptp(before, axis=0)[0])


class Tracker:
    """Call it with one picture after the other: {number: face}, each face keeping its number.

    Between two detections each face is sought where its points were: dlib's trees start from the
    box around the last ones, which takes a third of the time. Where the points jump, or what lies
    under them does not look like the face a frame ago, faces are detected at once. A face that
    the detector misses for up to ``PATIENCE`` times is followed meanwhile in the same way: one
    missed frame would flash up in a film.

    Parameters
    ----------
    every : int >= 1, frames from one detection to the next; 1 detects in each
    method : name in ``DETECTORS``
    accept : function of a DetectedFace -> bool, asked once for each new face

    Returns
    -------
    dict, int -> DetectedFace with 68 landmarks, of the faces accepted
    """

    def __init__(self, every=1, method="hog", accept=None):
        if not isinstance(every, int | np.integer) or every < 1:
            raise ValueError(f"every must be a whole number >= 1, got {every!r}.")
        self.every, self.method, self.accept = every, method, accept or (lambda face: True)
        self.known, self.welcome, self.numbers, self.until = {}, set(), count(), 0
        self.missed = Counter()

    def __call__(self, image):
        followed = self._followed(image) if self.until > 0 else None
        self.known = self._found(image) if followed is None else followed
        self.until = self.every - 1 if followed is None else self.until - 1
        if not self.known:
            self.until = 0
        return {number: face for number, face in self.known.items() if number in self.welcome}

    def _followed(self, image):
        """The known faces in the next picture; None where one was lost."""
        after = {number: _again(image, face) for number, face in self.known.items()}
        lost = any(not _same(self.known[number], face) for number, face in after.items())
        return None if lost else after

    def _found(self, image):
        """Faces detected anew; those that lie over a known one take its number."""
        left, found = dict(self.known), {}
        for face in detect(image, self.method):
            face = replace(face, landmarks=landmarks(image, face))
            found[self._number(face, left)] = face
        return {**self._missed(image, left, found), **found}

    def _missed(self, image, left, found):
        """The known faces that were not detected, where they can still be followed."""
        self.missed = Counter({number: self.missed[number] + 1 for number in left})
        after = {n: _again(image, f) for n, f in left.items() if self.missed[n] <= PATIENCE}
        boxes = [face.box for face in found.values()]
        return {
            number: face
            for number, face in after.items()
            if _same(left[number], face) and all(iou(face.box, box) < SAME_FACE for box in boxes)
        }

    def _number(self, face, left):
        overlap = {number: iou(face.box, other.box) for number, other in left.items()}
        number = max(overlap, key=overlap.get, default=None)
        if number is not None and overlap[number] >= SAME_FACE:
            del left[number]
            return number
        number = next(self.numbers)
        if self.accept(face):
            self.welcome.add(number)
        return number


def _again(image, face):
    moved = DetectedFace(hog_box(face.landmarks), image=image, method="followed")
    return replace(moved, landmarks=landmarks(image, moved))


def _same(before, after):
    """Whether a face is still there a frame later: near, and of the same look."""
    near = not jumped(before.landmarks, after.landmarks)
    return near and float((_look(before) * _look(after)).sum()) > ALIKE


def _look(face):
    """The face's small aligned crop in grey, of mean 0 and length 1."""
    matrix = crop_matrix(face.landmarks, LOOK, 0.9)
    grey = cv2.cvtColor(cv2.warpAffine(face.image, matrix, (LOOK, LOOK)), cv2.COLOR_RGB2GRAY)
    apart = grey - grey.mean(dtype=float)
    return apart / max(np.linalg.norm(apart), 1e-9)
