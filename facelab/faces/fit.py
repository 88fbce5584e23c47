"""From 68 points back to a person: pose, identity and expression by damped Gauss-Newton.

The model is that of Blanz and Vetter (SIGGRAPH 1999): a mean, principal components of identity in
units of their standard deviation, expression units (ARKit's), and a pinhole camera. 51 points give
102 equations for 98 unknowns, many of which say nearly the same: a prior on each coefficient
decides what the points leave open.

Points 17 to 67 are fixed places on the face. Points 0 to 16 are not: they lie where the face *ends
in the picture* and slide over the cheeks as the head turns. They are used only if you ask for them.
Taught in chapter 02.
"""

from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np

from facelab.studio import UNITS, load_model
from facelab.studio.geometry import look_units, rotation
from facelab.studio.landmarks import blend
from facelab.studio.shape import sample_traits
from facelab.studio.survey import draw_weights

INNER = tuple(range(17, 68))
PLACES = 6  # yaw, pitch, roll in degrees, then x, y and distance of the head in mm
COMPONENTS = 40
PEOPLE = 1000  # drawn to learn the components from
SPREAD = 0.2  # standard deviation that the prior gives to an expression weight
SENSOR = 24.0  # mm, the height of the sensor for which focal lengths are told


class FitError(ValueError):
    """Nothing can be fitted to what was given; the message says what is wrong."""


@dataclass(frozen=True, eq=False)
class PointModel:
    """What n of the 68 points need of the face model.

    Attributes
    ----------
    mean : (n, 3) float, mm, origin between the eyes
    identity : (k, n, 3) float, mm for one standard deviation of each component
    expression : (52, n, 3) float, mm for the full weight of each unit, in the order of ``UNITS``
    """

    mean: np.ndarray
    identity: np.ndarray
    expression: np.ndarray

    @cached_property
    def changes(self):
        """Identity, then expression: (k + 52, n, 3) mm for one unit of each."""
        return np.concatenate([self.identity, self.expression])

    def shape(self, coefficients):
        """The points (n, 3) in mm of a face that looks straight ahead."""
        return self.mean + np.einsum("k,knd->nd", coefficients, self.changes)


@dataclass(frozen=True, eq=False)
class Fit:
    """A person and a scene that explain the points.

    Attributes
    ----------
    pose : (yaw, pitch, roll) in degrees, as in ``Scene``
    place : (x, y, distance) in mm: the head against the camera's axis, and how far away
    identity : (40,) float, principal components in standard deviations
    expression : (52,) float in [0, 1], weights in the order of ``UNITS``
    points : (n, 2) float, pixels: where the fitted points come to lie
    error : float, pixels: root mean square distance from the points that were given
    costs : tuple of float, what was minimised, at the start and after each accepted step
    """

    pose: tuple
    place: tuple
    identity: np.ndarray
    expression: np.ndarray
    points: np.ndarray
    error: float
    costs: tuple


def mesh_points(shapes):
    """The 68 points (s, 68, 3) of shapes (s, V, 3); the jaw as it is fixed to the mesh."""
    model = load_model()
    jaw = model.jaw_vertices[::2, 0], model.jaw_weights[::2, 0]
    inner = model.landmark_vertices, model.landmark_weights
    return np.stack([np.concatenate([blend(s, *jaw), blend(s, *inner)]) for s in shapes])


@cache
def _linear():
    """The 68 points as a linear function of a person's weights: (68, 3) and (targets, 68, 3)."""
    model = load_model()
    eyes = [np.asarray(e) for e in (model.eye_right, model.eye_left)]

    def centred(shapes):  # as FaceModel.centred: eyes at the origin, but for x
        middle = np.mean([shapes[:, e].mean(1) for e in eyes], 0)
        return mesh_points(shapes) - middle[:, None] * [0, 1, 1]

    return centred(model.template[None])[0], centred(model.targets)


def points_of(weights):
    """The 68 points (..., 68, 3) in mm of neutral people with these target weights (..., n)."""
    start, slopes = _linear()
    return start + np.tensordot(np.asarray(weights, float), slopes, 1)


def principal_components(rows, count):
    """Mean (d,), orthonormal components (count, d) and standard deviations (count,) of (n, d)."""
    mean = rows.mean(0)
    _, s, directions = np.linalg.svd(rows - mean, full_matrices=False)
    return mean, directions[:count], s[:count] / np.sqrt(len(rows) - 1)


@cache
def drawn_weights():
    """Target weights (1000, n) of the people from whom components are learned."""
    model, rng = load_model(), np.random.default_rng(2)
    return np.array([draw_weights(rng, model, sample_traits(rng)) for _ in range(PEOPLE)])


@cache
def identity_model(which=INNER):
    """Mean, components and deviations, learned from drawn people, of some of the 68 points."""
    points = points_of(drawn_weights())[:, list(which)]
    return principal_components(points.reshape(PEOPLE, -1), COMPONENTS)


@cache
def point_model(which=INNER):
    """The PointModel of some of the 68 points; the jaw, 0 to 16, is the one *fixed to the mesh*."""
    model, (mean, components, deviations) = load_model(), identity_model(which)
    fields = np.zeros((len(UNITS), *model.mean.shape), np.float32)
    for row, unit in zip(fields, UNITS, strict=True):
        index, delta = model.units[unit]
        row[index] = delta
    identity = (components * deviations[:, None]).reshape(COMPONENTS, -1, 3)
    expression = mesh_points(fields)[:, list(which)].astype(float)
    return PointModel(mean.reshape(-1, 3), identity, expression)


def scores(weights, which=INNER):
    """Principal components (..., 40), in standard deviations, of people with these weights."""
    mean, components, deviations = identity_model(which)
    points = points_of(weights)[..., list(which), :]
    return (points.reshape(*points.shape[:-2], -1) - mean) @ components.T / deviations


def identity_of(person, which=INNER):
    """Principal components (40,) float of a person, in standard deviations: the truth of a fit.

    A worn face (``with_face_of``) is not looked at: these are the numbers of the person's own head.
    """
    return scores(person.weights, which)


def as_person(identity, like, which=INNER):
    """The most likely person with these principal components (40,), coloured as ``like``."""
    drawn = drawn_weights()
    slopes = scores(drawn, which).T @ (drawn - drawn.mean(0)) / PEOPLE  # scores have variance 1
    return replace(like, weights=tuple((drawn.mean(0) + identity @ slopes).tolist()))


def seen_expression(scene):
    """Expression weights (52,) float of a scene, with what the lids do when the eyes turn."""
    look = look_units(scene.gaze)
    return np.array([max(scene.expression.get(u, 0), look.get(u, 0)) for u in UNITS])


def turned(unknowns, model):
    """The points (n, 3) before the camera: mm to the right, up, and away from it."""
    x, y, distance = unknowns[3:PLACES]
    points = model.shape(unknowns[PLACES:]) @ rotation(*unknowns[:3]).T
    return points * [1, 1, -1] + [x, y, distance]


def project_face(unknowns, model, focal, size):
    """Where the points of a face come to lie in a square picture.

    Parameters
    ----------
    unknowns : (6 + k + 52,) float
        Yaw, pitch, roll in degrees; x, y, distance in mm; identity; expression.
    model : PointModel
    focal : float
        Focal length in mm, for a sensor 24 mm high.
    size : int
        Height and width of the picture in pixels.

    Returns
    -------
    (n, 2) float, pixels, centres at +0.5
    """
    right, up, away = turned(unknowns, model).T
    scale = focal / SENSOR * size / away
    return np.stack([size / 2 + scale * right, size / 2 - scale * up], 1)


def turned_slopes(unknowns, model, nudge=0.05):
    """How much each of ``turned`` changes with each unknown: (6 + k + 52, n, 3)."""
    shape, turn = model.shape(unknowns[PLACES:]), rotation(*unknowns[:3])
    angles = [
        shape @ (rotation(*unknowns[:3] + d) - rotation(*unknowns[:3] - d)).T / (2 * nudge)
        for d in nudge * np.eye(3)
    ]
    flip = [1, 1, -1]
    moves = np.broadcast_to(np.eye(3)[:, None], (3, *shape.shape))
    return np.concatenate([angles * np.array(flip), moves, model.changes @ turn.T * flip])


def project_slopes(unknowns, model, focal, size):
    """How much each number of ``project_face`` changes with each unknown: (2 n, 6 + k + 52).

    The chain rule: u = s x / z moves by s (dx - dz x / z) / z.
    """
    points, slopes = turned(unknowns, model), turned_slopes(unknowns, model)
    away = points[:, 2:]
    moved = slopes[..., :2] - slopes[..., 2:] * (points[:, :2] / away)
    pixels = focal / SENSOR * size * moved / away * [1, -1]
    return pixels.reshape(len(unknowns), -1).T


def gauss_newton(residuals, slopes, start, low=-np.inf, high=np.inf, steps=50):
    """Minimise a sum of squares, each step held back as much as it must (Levenberg, Marquardt).

    Tables this small gain nothing from the threads of ``@``, which wait for each other where cores
    are few and busy: hence ``einsum``.

    Parameters
    ----------
    residuals : callable, (n,) float -> (m,) float
    slopes : callable, (n,) float -> (m, n) float, how much each residual changes with each unknown
    start : (n,) float
    low, high : float or (n,) float, bounds of the unknowns
    steps : int, steps tried at most

    Returns
    -------
    unknowns : (n,) float
    costs : list of float, the sum of squares at the start and after each accepted step
    """
    at, damping, costs = start, 0.1, [np.sum(residuals(start) ** 2)]
    for _ in range(steps):
        jacobian = slopes(at)
        normal = np.einsum("mi,mj->ij", jacobian, jacobian)  # jacobian.T @ jacobian
        downhill = -np.einsum("mi,m->i", jacobian, residuals(at))
        free = ((at > low) | (downhill > 0)) & ((at < high) | (downhill < 0))
        held = normal + damping * np.diag(np.diag(normal))
        step = np.zeros_like(at)
        step[free] = np.linalg.solve(held[np.ix_(free, free)], downhill[free])
        tried = np.clip(at + step, low, high)
        gain = costs[-1] - np.sum(residuals(tried) ** 2)
        damping = damping / 10 if gain > 0 else damping * 10
        if gain > 0:
            at, costs = tried, [*costs, costs[-1] - gain]
        if abs(gain) < 1e-4 * costs[-1]:
            break
    return at, costs


def first_guess(points, model, focal, size):
    """Unknowns (6 + k + 52,) of the mean face, straight ahead, laid over the points."""
    guess = np.zeros(PLACES + len(model.changes))
    spread = np.ptp(points, axis=0).max() / np.ptp(model.mean[:, :2], axis=0).max()
    guess[5] = focal / SENSOR * size / spread
    middle = points.mean(0) - project_face(guess, model, focal, size).mean(0)
    guess[3:5] = middle * [1, -1] / spread
    return guess


def fit(points, size, focal=70.0, which=INNER, noise=0.2, prior=1.0):
    """Find pose, identity and expression that explain points in a picture.

    Minimises the squared distances in units of ``noise``, plus ``prior`` times the squared identity
    coefficients (in standard deviations) and expression weights (in units of .2): a ridge. With
    ``prior=1`` that is the most probable face under normal priors.

    Parameters
    ----------
    points : (68, 2) float
        Pixels, iBUG order, centres at +0.5. For ``which`` with numbers below 17, give the jaw
        *fixed to the face* (``Frame.jaw_3d``).
    size : int
        Height and width of the picture in pixels.
    focal : float
        Focal length in mm for a 24 mm high sensor. It must be known, or assumed: points alone
        hardly tell it.
    which : sequence of int
        The points to use.
    noise : float
        Pixels by which a point is expected to be wrong. Larger: nearer to the mean face.
    prior : float
        Weight of the priors, > 0. Small: the points decide nearly alone.

    Returns
    -------
    Fit

    Raises
    ------
    FitError
        The points are not 68 finite pairs, or a number is out of range.
    """
    found, which = _checked(points, which, size, focal, noise, prior)
    model = point_model(which)
    ridge = np.sqrt(prior) / np.r_[np.ones(len(model.identity)), np.full(len(UNITS), SPREAD)]
    pull = np.hstack([np.zeros((len(ridge), PLACES)), np.diag(ridge)])

    def residuals(unknowns):
        away = (project_face(unknowns, model, focal, size) - found).ravel() / noise
        return np.r_[away, ridge * unknowns[PLACES:]]

    def slopes(unknowns):
        return np.vstack([project_slopes(unknowns, model, focal, size) / noise, pull])

    low, high = np.full(PLACES + len(ridge), -np.inf), np.full(PLACES + len(ridge), np.inf)
    low[-len(UNITS) :], high[-len(UNITS) :] = 0, 1
    start = first_guess(found, model, focal, size)
    unknowns, costs = gauss_newton(residuals, slopes, start, low, high)
    return _told(unknowns, costs, found, project_face(unknowns, model, focal, size))


def _told(unknowns, costs, found, points):
    place, identity, expression = np.split(unknowns, [PLACES, PLACES + COMPONENTS])
    error = np.sqrt(np.mean(np.sum((points - found) ** 2, axis=1)))
    pose, where = (tuple(part.tolist()) for part in (place[:3], place[3:]))
    return Fit(pose, where, identity, expression, points, float(error), tuple(map(float, costs)))


def _checked(points, which, size, focal, noise, prior):
    """The chosen points (n, 2) and their numbers; FitError for what cannot be fitted."""
    for name, value in (("size", size), ("focal", focal), ("noise", noise), ("prior", prior)):
        if not (np.isscalar(value) and np.isreal(value) and np.isfinite(value) and value > 0):
            raise FitError(f"{name} must be a number above 0, got {value!r}.")
    try:
        array = np.asarray(points, float)
    except (TypeError, ValueError) as error:
        raise FitError(f"Points must be numbers, shape (68, 2): {error}.") from error
    if array.shape != (68, 2):
        raise FitError(f"68 points (68, 2) in iBUG order are needed, got shape {array.shape}.")
    which = np.asarray(which)
    if which.ndim != 1 or len(which) < 10 or which.dtype.kind not in "iu":
        raise FitError("`which` needs at least 10 whole numbers: the points to use.")
    if which.min() < 0 or which.max() > 67:
        raise FitError("`which` holds a number outside 0 to 67: points are counted from 0.")
    if not np.isfinite(array[which]).all():
        raise FitError("Some points are not finite: leave them out with `which`.")
    if np.ptp(array[which], axis=0).max() < 1:
        raise FitError("All points are at one place: no face can be read from that.")
    return array[which], tuple(which.tolist())


def pose_error(pose, truth):
    """The one angle, in degrees, by which two poses (yaw, pitch, roll) differ (geodesic)."""
    both = rotation(*pose).astype(float).T @ rotation(*truth).astype(float)
    return float(np.degrees(np.arccos(np.clip((np.trace(both) - 1) / 2, -1, 1))))
