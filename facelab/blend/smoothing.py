"""A face's points over time, calmer: named ways to smooth what a detector says of each frame.

Each is a function of a stream, one dict {number of the face: points (68,2)} for each frame, and
yields as many dicts with the same numbers. A face that jumps, that is new or that was away begins
anew: a cut in the film is not smeared.
"""

from collections import deque
from itertools import islice

import numpy as np

from facelab.blend.inputs import named
from facelab.faces.tracking import jumped


def unsmoothed(frames):
    """As detected."""
    yield from frames


def moving_average(frames, reach=2):
    """The mean of as many frames before as after, up to ``reach`` each; it needs to look ahead.

    Both sides count the same, so that a steady movement is not delayed.
    """
    frames, past = iter(frames), deque(maxlen=reach)
    ahead = deque(islice(frames, reach + 1))
    while ahead:
        now = ahead.popleft()
        yield {
            n: _mean_about(p, _column(reversed(past), n), _column(ahead, n)) for n, p in now.items()
        }
        past.append(now)
        ahead.extend(islice(frames, 1))


def _column(frames, number):
    return [frame.get(number) for frame in frames]


def _mean_about(points, before, after):
    """The mean of points and of their neighbours in time, the same number on either side."""
    before, after = _unbroken(points, before), _unbroken(points, after)
    near = min(len(before), len(after))
    return np.mean([points, *before[:near], *after[:near]], axis=0)


def _unbroken(points, others):
    """The first of ``others`` (points or None) up to where the face is gone or jumps."""
    run = []
    for other in others:
        if other is None or jumped(points, other):
            break
        run.append(other)
        points = other
    return run


def one_euro(frames, fps=25, least=1.5, speed=15.0):
    """A low-pass whose cut-off rises with the speed: calm at rest, quick in movement.

    Parameters
    ----------
    frames : the stream
    fps : frames a second
    least : Hz, the cut-off of a face at rest
    speed : Hz for each face width a second that a coordinate moves

    References
    ----------
    Casiez, Roussel, Vogel: 1 euro filter. CHI 2012.
    """

    def step(state, points):
        last, velocity = state
        width = np.ptp(points, axis=0)[0]
        velocity = velocity + _weight(1.0, fps) * ((points - last) * fps / width - velocity)
        weight = _weight(least + speed * np.abs(velocity), fps)
        smooth = last + weight * (points - last)
        return (smooth, velocity), smooth

    yield from _each_face(frames, lambda points: (points, 0 * points), step)


def _weight(cutoff, fps):
    """How much a new value counts in a first-order low-pass with this cut-off in Hz."""
    return 1 / (1 + fps / (2 * np.pi * cutoff))


def kalman(frames, noise=0.006, push=0.001):
    """A Kalman filter for constant velocity: what was expected and what is seen, weighed.

    All coordinates share one covariance, for they are measured equally well.

    Parameters
    ----------
    frames : the stream
    noise : standard deviation of a detector's points, face widths
    push : standard deviation of a face's acceleration, face widths a frame squared

    References
    ----------
    Kalman: A new approach to linear filtering and prediction problems. 1960.
    """
    unforeseen = push**2 * np.array([[0.25, 0.5], [0.5, 1]])
    move = np.array([[1.0, 1], [0, 1]])

    def begin(points):
        return points, 0 * points, np.diag([noise**2, (10 * push) ** 2])

    def step(state, points):
        place, velocity, spread = state
        place, spread = place + velocity, move @ spread @ move.T + unforeseen
        gain = spread[:, 0] / (spread[0, 0] + noise**2)
        surprise = points - place
        place, velocity = place + gain[0] * surprise, velocity + gain[1] * surprise
        return (place, velocity, spread - np.outer(gain, spread[0])), place

    yield from _each_face(frames, begin, step)


def _each_face(frames, begin, step):
    """Run a filter (state, points) -> (state, points) for each face, from ``begin(points)`` on."""
    states, last = {}, {}
    for frame in frames:
        smooth = {}
        for number, points in frame.items():
            points = np.asarray(points, float)
            if number not in last or jumped(last[number], points):
                states[number], smooth[number] = begin(points), points
            else:
                states[number], smooth[number] = step(states[number], points)
        last = frame
        yield smooth


SMOOTHERS = {
    "none": unsmoothed,
    "moving average": moving_average,
    "one euro": one_euro,
    "kalman": kalman,
}


def smoother_named(name):
    """The smoother of that name; a function of a stream is taken as it is."""
    return name if callable(name) else named(SMOOTHERS, name, "smooth")
