"""Does a recogniser know a person again? Pairs, area under the curve, nearest neighbour."""

from typing import NamedTuple

import numpy as np


class Pairs(NamedTuple):
    """All pairs of n frames: m = n (n - 1) / 2 rows."""

    distance: np.ndarray
    same: np.ndarray
    one: np.ndarray
    other: np.ndarray

    def weights(self, people):
        """(m,) how often each pair counts when person i was drawn people[i] times.

        Two draws of one person are no two people, so a pair of one person counts once per draw.
        """
        return np.where(self.same, people[self.one], people[self.one] * people[self.other])


def distances(a, b):
    """(n, m) Euclidean distances between rows of a (n, d) and b (m, d)."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    square = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    return np.sqrt(np.maximum(square, 0))


def pairs(codes, people):
    """Every pair of frames once, from codes (n, d) and whose they are, people (n,) ints."""
    people = np.asarray(people)
    i, j = np.triu_indices(len(people), 1)
    return Pairs(distances(codes, codes)[i, j], people[i] == people[j], people[i], people[j])


def auc(distance, same, weights=None):
    """The chance that two frames of one person are nearer than two of different people.

    Parameters
    ----------
    distance : (m,) array
    same : (m,) bool array
        Whether the pair shows one person.
    weights : (m,) array, optional

    Returns
    -------
    float
        1 perfect, .5 guessing; equal distances count half (Hanley and McNeil 1982). nan without
        pairs of both kinds.
    """
    weights = np.ones(len(distance)) if weights is None else weights
    place = np.unique(distance, return_inverse=True)[1]
    size = place.max(initial=-1) + 1
    mine = np.bincount(place, weights * same, minlength=size)
    others = np.bincount(place, weights * ~same, minlength=size)
    farther = others.sum() - np.cumsum(others) + others / 2
    both = mine.sum() * others.sum()
    return float((mine * farther).sum() / both) if both > 0 else float("nan")


def weighted_median(values, weights=None):
    """The smallest value with at least half of the weight at or below it; nan of nothing."""
    weights = np.ones(len(values)) if weights is None else weights
    if weights.sum() == 0:
        return float("nan")
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])


def retrieved(codes, people, gallery=None, gallery_people=None):
    """(n,) bool: is the frame nearest to each of these a frame of the same person?

    Without a gallery, the nearest of all the *other* frames is taken.
    """
    alone = gallery is None
    table = distances(codes, codes if alone else gallery)
    if alone:
        np.fill_diagonal(table, np.inf)
    whose = np.asarray(people if alone else gallery_people)
    return whose[table.argmin(1)] == np.asarray(people)
