"""A calm face: what the targets say of mood is taken out of them, once, when the model is built.

The large targets of the base mesh droop the upper lids, tilt the brows like a frown, pull the
corners of the mouth down and leave the lips apart, each ancestry, gender and age in its own way:
everybody looked sad (``findings/makehuman_adults_look_sad.sh``). A *habit* is one such measure of
a shape, linear in its vertices, and a smooth movement that changes it. Because both are linear, a
habit can be narrowed in every target alone: each person drawn from the targets then has it at its
calm value, give or take the share of the differences that is kept.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

IRIS = 0.447  # radius of the iris as the studio draws it, in half heights of the eyeball
COVERED = 1.75, 0.8  # mm of the iris that the upper and the lower lid of a calm eye cover
OVERLAP = 0.6  # mm by which closed lips overlap, so that nothing is seen between them
# Vertices of the base mesh from the middle to the right corner of the mouth, where the lips meet.
UPPER_LIP, LOWER_LIP = (474, 472, 470, 469, 417), (523, 517, 481, 475, 438)
LID_MIDDLES = 1, 44  # vertices of the base mesh: right upper and lower lid before the pupil
CORNER = 23.0  # mm from the midline, where the lips end
SEAM_REACH = 3.5  # mm over the skin to which closing the lips moves it


@dataclass(frozen=True, eq=False)
class Habit:
    """One measure of a shape and the movement that changes it.

    Attributes
    ----------
    measure : (V,), weights of the vertices' coordinates along ``axis``; what they sum to, in mm
    axis : int, 1 for heights and 2 for depths
    movement : (V,3), a smooth one that raises the measure
    calm : float, mm, the measure's mean over people afterwards
    kept : float in [0, 1], the share of people's differences that stays
    """

    measure: np.ndarray
    axis: int
    movement: np.ndarray
    calm: float
    kept: float

    def of(self, shape):
        """The measure of a shape or field (V,3)."""
        return self.measure @ shape[:, self.axis]


@dataclass(frozen=True, eq=False)
class Face:
    """Which places of the mesh are where.

    Attributes
    ----------
    points : (51,V), weights of the vertices of the points 17 to 67
    eyes : vertices (n,) of the right and of the left eyeball
    lids : middle of the upper and of the lower lid, vertices, of the right and of the left eye
    wide, squint : (V,3), the units that raise the upper and the lower lids, both sides summed
    chin_pit : int, the vertex between lower lip and chin
    lips : upper and lower edge of the closed mouth, vertices (2,k), from the right to the left
    edges : (E,2) int, of the skin's triangles
    soft : (V,) bool, what moves with the skin: all but eyeballs, teeth and tongue
    """

    points: np.ndarray
    eyes: tuple
    lids: tuple
    wide: np.ndarray
    squint: np.ndarray
    chin_pit: int
    lips: np.ndarray
    edges: np.ndarray
    soft: np.ndarray

    def point(self, *numbers):
        """Weights (V,) of the mean of some of the 68 points."""
        return self.points[np.array(numbers) - 17].mean(0)

    def vertex(self, *numbers):
        """Weights (V,) of the mean of some vertices."""
        return np.bincount(numbers, minlength=len(self.soft)) / len(numbers)


def calmed(template, axes, people_mean, face):
    """Template and axes without mood.

    Parameters
    ----------
    template : (V,3) float, mm
    axes : dict, name -> (V,3) float, mm
    people_mean : callable, (template, axes) -> (V,3), the mean of the people drawn from them
    face : Face, which places are where

    Returns
    -------
    template (V,3) and axes, of the same kinds
    """
    found = habits(people_mean(template, axes), face)
    movements = np.stack([habit.movement for habit in found]) * face.soft[:, None]
    measured = lambda field: np.array([habit.of(field) for habit in found])  # noqa: E731
    # a movement changes the measures of its neighbours too: all are set at once
    unmix = np.linalg.inv(np.stack([measured(movement) for movement in movements], 1))
    calm, kept = (np.array([getattr(habit, k) for habit in found]) for k in ("calm", "kept"))

    def raised(field, by):
        return field + np.tensordot(unmix @ by, movements, 1)

    axes = {name: raised(field, (kept - 1) * measured(field)) for name, field in axes.items()}
    return raised(template, calm - measured(people_mean(template, axes))), axes


def bump(mean, centre, widths):
    """A smooth hill (V,) on the mean head about a place in mm, 1 at its top."""
    return np.exp(-((((mean - centre) / widths) ** 2).sum(1)) / 2)


def along(axis, amount):
    """Movement (V,3) by ``amount`` (V,) along one axis."""
    return amount[:, None] * np.eye(3)[axis]


def habits(mean, face):
    """All that is calmed."""
    parts = lid_habits, brow_habits, mouth_habits, lip_habits, seam_habits
    return [habit for part in parts for habit in part(mean, face)]


def lid_habits(mean, face):
    """How much of the iris the lids cover, above and below."""
    raisers = face.wide, face.squint
    for side, ball, lids in zip((-1, 1), face.eyes, face.lids, strict=True):
        top, bottom = ball[mean[ball, 1].argmax()], ball[mean[ball, 1].argmin()]
        for way, lid, unit, calm in zip((1, -1), lids, raisers, COVERED, strict=True):
            share = (1 + way * IRIS) / 2  # of the eyeball's height at which the iris ends
            edge = share * face.vertex(top) + (1 - share) * face.vertex(bottom)
            raised = unit * ((mean[:, :1] * side > 0) & (unit[:, 1:2] > 0))
            yield Habit(way * (edge - face.vertex(lid)), 1, raised, calm, 0.12)


def brow_habits(mean, face):
    """How far the brows' inner ends lie above the outer ones, and how high they stand."""
    for side, (inner, outer), ball in zip((-1, 1), ((21, 17), (22, 26)), face.eyes, strict=True):
        middle = face.point(inner, outer) @ mean
        hill = bump(mean, middle, (18, 11, 30)) * (mean[:, 0] * side > -3)
        ramp = np.tanh((middle[0] - mean[:, 0]) * side / 20)
        tilt = face.point(inner) - face.point(outer)
        yield Habit(tilt, 1, along(1, hill * ramp), -1.3, 0.3)
        height = face.point(inner, outer) - face.vertex(*ball)
        yield Habit(height, 1, along(1, bump(mean, middle, (26, 14, 40))), 17.5, 0.5)


def mouth_habits(mean, face):
    """How high the corners of the mouth stand, and how far each half is bent upwards."""
    middle = face.lips.shape[1] // 2
    for corner, half in ((48, face.lips[:, middle - 2]), (54, face.lips[:, middle + 2])):
        end, between = face.point(corner), face.vertex(*half)
        lift = along(1, bump(mean, end @ mean, (9, 8, 14)))
        yield Habit(end - face.point(62, 66), 1, lift, 0.6, 0.2)
        bend = along(1, bump(mean, between @ mean, (5, 6, 12)))
        yield Habit(between - face.point(corner, 62), 1, bend, 0.0, 0.3)


def lip_habits(mean, face):
    """How far the lips come forward, and how full they are."""
    seam = face.point(62, 66) @ mean
    ahead = face.point(51, 57) - (face.point(33) + face.vertex(face.chin_pit)) / 2
    yield Habit(ahead, 2, along(2, bump(mean, seam + [0, -1, 2], (17, 7, 9))), 2.6, 0.5)
    apart = (mean[:, 1] - seam[1]) * bump(mean, seam, (20, 9, 16))
    yield Habit(face.point(51) - face.point(57), 1, along(1, apart), 16.0, 0.6)


def seam_habits(mean, face):
    """How far the lips are apart, at each pair of vertices along the mouth."""
    upper, lower = (_ways(mean, face, edge) for edge in face.lips)
    x, columns = mean[:, 0], mean[face.lips[0], 0]
    near = np.exp(-((np.minimum(upper, lower) / SEAM_REACH) ** 2))
    ends = np.clip((CORNER - np.abs(x)) / 2, 0, 1)
    side = np.where(upper <= lower, 0.5, -0.5) * near * ends
    for (above, below), row in zip(face.lips.T, np.eye(len(columns)), strict=True):
        gap = face.vertex(above) - face.vertex(below)
        yield Habit(gap, 1, along(1, side * np.interp(x, columns, row)), -OVERLAP, 0.0)


def _ways(mean, face, start):
    """Way (V,) in mm over the skin to the nearest of the vertices ``start``."""
    a, b = face.edges.T
    length = np.linalg.norm(mean[a] - mean[b], axis=1)
    graph = coo_matrix((length, (a, b)), (len(mean),) * 2).tocsr()
    return dijkstra(graph, directed=False, indices=start, min_only=True, limit=4 * SEAM_REACH)
