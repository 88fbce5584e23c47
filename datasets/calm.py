"""A calm face: what the targets say of mood is taken out of them, once, when the model is built.

The large targets of the base mesh droop the upper lids by 2 to 6 mm, tilt the brows like a frown,
pull the corners of the mouth down and leave the lips apart, each ancestry, gender and age in its
own way: everybody looked sad. A *habit* is one such measure of a shape, linear in its vertices,
and a smooth movement that changes it. Because both are linear, a habit can be narrowed in every
target alone: each person drawn from the targets then has it at its calm value, give or take the
share of the differences that is kept.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

IRIS = 0.447  # radius of the iris as the studio draws it, in half heights of the eyeball
COVERED = 1.6, 0.7  # mm of the iris that the upper and the lower lid of a calm eye cover
OVERLAP = 0.15  # mm by which closed lips overlap, so that nothing is seen between them
# Vertices of the base mesh from the middle to the right corner of the mouth, where the lips meet.
UPPER_LIP, LOWER_LIP = (474, 472, 470, 469, 417), (523, 517, 481, 475, 438)
LID_MIDDLES = 1, 44  # vertices of the base mesh: right upper and lower lid before the pupil
CORNER = 23.0  # mm from the midline, where the lips end
SEAM_REACH = 3.5  # mm over the skin to which closing the lips moves it


@dataclass(frozen=True, eq=False)
class Habit:
    """One measure of a shape and the direction that changes it.

    Attributes
    ----------
    measure : callable, (V,3) mm -> float, linear in the shape
    direction : (V,3), a smooth movement that raises the measure
    calm : float, its mean over people afterwards
    kept : float in [0, 1], the share of people's differences that stays
    """

    measure: object
    direction: np.ndarray
    calm: float
    kept: float


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
    mean = people_mean(template, axes)
    found = habits(mean, face)
    directions = np.stack([habit.direction for habit in found])
    measured = lambda field: np.array([habit.measure(field) for habit in found])  # noqa: E731
    # a movement changes the measures of its neighbours too: all are set at once
    unmix = np.linalg.inv(np.stack([measured(direction) for direction in directions], 1))
    calm, kept = (np.array([getattr(habit, k) for habit in found]) for k in ("calm", "kept"))

    def raised(field, by):
        return field + np.tensordot(unmix @ by, directions, 1)

    axes = {name: raised(field, (kept - 1) * measured(field)) for name, field in axes.items()}
    return raised(template, calm - measured(people_mean(template, axes))), axes


@dataclass(frozen=True, eq=False)
class Face:
    """Which places of the mesh are where.

    Attributes
    ----------
    points : callable, (V,3) -> (51,3), the points 17 to 67
    eyes : vertices (n,) of the right and of the left eyeball
    lids : middle of the upper and of the lower lid, vertices, of the right and of the left eye
    wide, squint : (V,3), the units that raise the upper and the lower lids, both sides summed
    chin_pit : int, the vertex between lower lip and chin
    lips : upper and lower edge of the closed mouth, vertices (2,k), from the right to the left
    edges : (E,2) int, of the skin's triangles
    soft : (V,) bool, what moves with the skin: all but eyeballs, teeth and tongue
    """

    points: object
    eyes: tuple
    lids: tuple
    wide: np.ndarray
    squint: np.ndarray
    chin_pit: int
    lips: np.ndarray
    edges: np.ndarray
    soft: np.ndarray


def bump(mean, centre, widths):
    """A smooth hill (V,) on the mean head about a place in mm, 1 at its top."""
    return np.exp(-((((mean - centre) / widths) ** 2).sum(1)) / 2)


def along(axis, amount):
    """Movement (V,3) by ``amount`` (V,) along one axis."""
    return amount[:, None] * np.eye(3)[axis]


def habits(mean, face):
    """All that is calmed."""
    parts = lid_habits, brow_habits, mouth_habits, seam_habits
    found = [habit for part in parts for habit in part(mean, face)]
    return [replace(habit, direction=habit.direction * face.soft[:, None]) for habit in found]


def lid_habits(mean, face):
    """How much of the iris the lids cover, above and below."""
    for side, ball, lids in zip((-1, 1), face.eyes, face.lids, strict=True):
        top, bottom = ball[mean[ball, 1].argmax()], ball[mean[ball, 1].argmin()]
        here = mean[:, :1] * side > 0
        for way, lid, unit, calm in zip(
            (1, -1), lids, (face.wide, face.squint), COVERED, strict=True
        ):

            def covered(shape, way=way, lid=lid, top=top, bottom=bottom):
                high, low = shape[[top, bottom], 1]
                edge = (high + low) / 2 + way * IRIS * (high - low) / 2
                return way * (edge - shape[lid, 1])

            yield Habit(covered, unit * (here & (unit[:, 1:2] > 0)), calm, 0.15)


def brow_habits(mean, face):
    """How far the brows' inner ends lie above the outer ones, and how high they stand."""
    for side, (inner, outer), ball in zip((-1, 1), ((21, 17), (22, 26)), face.eyes, strict=True):
        places = face.points(mean)

        def tilt(shape, inner=inner - 17, outer=outer - 17):
            return face.points(shape)[inner, 1] - face.points(shape)[outer, 1]

        def height(shape, both=(inner - 17, outer - 17), ball=ball):
            return face.points(shape)[list(both), 1].mean() - shape[ball, 1].mean()

        middle = (places[inner - 17] + places[outer - 17]) / 2
        hill = bump(mean, middle, (18, 11, 30)) * (mean[:, 0] * side > -3)
        ramp = np.tanh((middle[0] - mean[:, 0]) * side / 20)
        yield Habit(tilt, along(1, hill * ramp), -1.8, 0.3)
        yield Habit(height, along(1, bump(mean, middle, (26, 14, 40))), 17.5, 0.5)


def mouth_habits(mean, face):
    """How high the corners stand, how far the lips come forward, and how full they are."""
    places = face.points(mean)
    seam = places[[62 - 17, 66 - 17]].mean(0)
    for corner in (48, 54):

        def lift(shape, corner=corner - 17):
            found = face.points(shape)
            return found[corner, 1] - found[[62 - 17, 66 - 17], 1].mean()

        yield Habit(lift, along(1, bump(mean, places[corner - 17], (9, 8, 14))), 0.5, 0.3)

    def pout(shape):
        found = face.points(shape)
        ahead = (found[51 - 17, 2] + found[57 - 17, 2]) / 2
        return ahead - (found[33 - 17, 2] + shape[face.chin_pit, 2]) / 2

    def fullness(shape):
        return face.points(shape)[51 - 17, 1] - face.points(shape)[57 - 17, 1]

    lips = bump(mean, seam + [0, -1, 2], (17, 7, 9))
    yield Habit(pout, along(2, lips), 2.6, 0.5)
    from_seam = mean[:, 1] - seam[1]
    yield Habit(fullness, along(1, from_seam * bump(mean, seam, (20, 9, 16))), 16.0, 0.6)


def seam_habits(mean, face):
    """How far the lips are apart, at each pair of vertices along the mouth."""
    upper, lower = (_ways(mean, face, edge) for edge in face.lips)
    x, columns = mean[:, 0], mean[face.lips[0], 0]
    near = np.exp(-((np.minimum(upper, lower) / SEAM_REACH) ** 2)) * face.soft
    ends = np.clip((CORNER - np.abs(x)) / 2, 0, 1)
    side = np.where(upper <= lower, 0.5, -0.5) * near * ends
    for (above, below), row in zip(face.lips.T, np.eye(len(columns)), strict=True):

        def gap(shape, above=above, below=below):
            return shape[above, 1] - shape[below, 1]

        yield Habit(gap, along(1, side * np.interp(x, columns, row)), -OVERLAP, 0.0)


def _ways(mean, face, start):
    """Way (V,) in mm over the skin to the nearest of the vertices ``start``."""
    a, b = face.edges.T
    length = np.linalg.norm(mean[a] - mean[b], axis=1)
    graph = coo_matrix((length, (a, b)), (len(mean),) * 2).tocsr()
    return dijkstra(graph, directed=False, indices=start, min_only=True, limit=4 * SEAM_REACH)
