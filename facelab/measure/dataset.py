"""How good is a dataset of faces? Held against the truth of who is where in each picture."""

from typing import NamedTuple

import numpy as np

from facelab.faces import iou
from facelab.faces.face import hog_box
from facelab.measure.alignment import alignment_error
from facelab.measure.intervals import interval
from facelab.measure.readings import OVERLAP
from facelab.studio.alignment import crop_matrix


class TrueFace(NamedTuple):
    """Who is where in a picture.

    Attributes
    ----------
    source : str, frame : int or None
        Of which picture, named as in `DatasetFace`.
    person : hashable, who it is
    landmarks : (68, 2) pixels of that picture
    """

    source: str
    frame: int | None
    person: object
    landmarks: np.ndarray


class DatasetScores(NamedTuple):
    """Of one person's dataset.

    Attributes
    ----------
    recall : float
        Part of the person's true faces that are in the dataset.
    purity : float
        Part of the dataset's faces that show the person (its precision); nan if it is empty.
    recall_interval, purity_interval : (low, high)
        95 %, bootstrap over the files, for the faces of one picture or clip go together.
    true, kept, right : int
        The person's true faces; faces in the dataset; of these such that show the person.
    """

    recall: float
    purity: float
    recall_interval: tuple
    purity_interval: tuple
    true: int
    kept: int
    right: int

    @property
    def f1(self):
        """Harmonic mean of recall and purity."""
        return f1(self.recall, self.purity)


class CurvePoint(NamedTuple):
    """Precision and recall at one threshold; `kept` faces lie within it of `true` to be found."""

    threshold: float
    precision: float
    recall: float
    kept: int
    true: int

    @property
    def f1(self):
        """Harmonic mean of precision and recall."""
        return f1(self.recall, self.precision)


def f1(recall, precision):
    """Harmonic mean of two shares; 0 where either is 0 or nan (van Rijsbergen 1979)."""
    total = recall + precision
    return 2 * recall * precision / total if total > 0 else 0.0


def matched(faces, truth):
    """The true face that each found one is.

    Parameters
    ----------
    faces : list of DatasetFace, see `facelab.faces.dataset_faces`
    truth : iterable of TrueFace

    Returns
    -------
    list of int or None
        Place in `truth` of the one whose box overlaps most, from an IoU of .3 on.
    """
    places = {}
    for place, true in enumerate(truth):
        box = hog_box(true.landmarks)
        places.setdefault((true.source, true.frame), []).append((place, box))
    return [_nearest(face.box, places.get((face.source, face.frame), ())) for face in faces]


def _nearest(box, candidates):
    shares = [(iou(box, other), place) for place, other in candidates]
    share, place = max(shares, default=(0.0, None))
    return place if share >= OVERLAP else None


def dataset_scores(faces, truth, person):
    """Recall and purity of a dataset: of the faces that were accepted and not struck out since.

    A true face that is there twice counts once for recall, and each face counts for purity, also
    one that is no face at all.

    Parameters
    ----------
    faces : list of DatasetFace
    truth : list of TrueFace
        All of which should be found: leave out those that are too small or hidden, and say so.
    person : who the dataset is of

    Returns
    -------
    DatasetScores
    """
    kept = [face for face in faces if face.accepted and not face.struck]
    return _scores(kept, list(truth), person)


def _scores(kept, truth, person):
    places = matched(kept, truth)
    hits = [place is not None and truth[place].person == person for place in places]
    found = {place for place, hit in zip(places, hits, strict=True) if hit}
    files, counts = _by_file(kept, hits, truth, found, person)

    def share(top, bottom):
        def of(weights):
            below = weights @ counts[:, bottom]
            return weights @ counts[:, top] / below if below else float("nan")

        return of

    recall, purity = share(0, 1), share(2, 3)
    all_once = np.ones(files)
    return DatasetScores(
        recall(all_once),
        purity(all_once),
        _interval(recall, files),
        _interval(purity, files),
        *(int(n) for n in counts[:, [1, 3, 2]].sum(0)),
    )


def _interval(statistic, files):
    values = statistic(np.ones(files)) if files else float("nan")
    return interval(statistic, files) if np.isfinite(values) else (float("nan"),) * 2


def _by_file(kept, hits, truth, found, person):
    """(number of files, (files, 4) of: true faces found, true faces, right faces, faces kept)."""
    names = sorted({true.source for true in truth} | {face.source for face in kept})
    row = {name: place for place, name in enumerate(names)}
    counts = np.zeros((len(names), 4))
    for place, true in enumerate(truth):
        counts[row[true.source], :2] += (place in found, true.person == person)
    for face, hit in zip(kept, hits, strict=True):
        counts[row[face.source], 2:] += (hit, 1)
    return len(names), counts


def precision_recall(faces, truth, person, thresholds):
    """Precision and recall of a filter over thresholds, from the distances of all faces found.

    Parameters
    ----------
    faces : list of DatasetFace, accepted or not: one run of `create_face_dataset` serves all
        thresholds
    truth : list of TrueFace
    person : who is sought
    thresholds : iterable of float

    Returns
    -------
    list of CurvePoint
        `true` is the number of the person's faces in the truth, found by the detector or not, so
        recall ends below 1 where the detector is blind.
    """
    truth = list(truth)
    places = matched(faces, truth)
    far = np.array([face.distance for face in faces])
    mine = np.array([place is not None and truth[place].person == person for place in places])
    total = sum(true.person == person for true in truth)
    return [_point(t, far <= t, mine, places, total) for t in thresholds]


def _point(threshold, kept, mine, places, total):
    right = kept & mine
    found = len({place for place, hit in zip(places, right, strict=True) if hit})
    precision = float(right.sum() / kept.sum()) if kept.any() else float("nan")
    recall = found / total if total else float("nan")
    return CurvePoint(float(threshold), precision, recall, int(kept.sum()), total)


def alignment_errors(faces, truth, size=256):
    """Error of each alignment against that of the true landmarks.

    Parameters
    ----------
    faces : list of DatasetFace
    truth : list of TrueFace
    size : int, pixels of the crops, as they were made

    Returns
    -------
    pixels, degrees : (n,) float64, of the n faces that are somebody's: `degrees` without sign
    """
    truth = list(truth)
    pairs = [pair for pair in zip(faces, matched(faces, truth), strict=True) if pair[1] is not None]
    errors = [
        alignment_error(face.matrix, crop_matrix(truth[place].landmarks, size), size)
        for face, place in pairs
    ]
    table = np.array([(error.pixels, abs(error.degrees)) for error in errors]).reshape(-1, 2)
    return table[:, 0], table[:, 1]
