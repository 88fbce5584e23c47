"""How sure is a number? Draw the people again, many times."""

import numpy as np


def interval(statistic, people, draws=200, seed=0, level=0.95):
    """A bootstrap interval over people, who are independent; the frames of one person are not.

    Parameters
    ----------
    statistic : function of (people,) float weights -> float
        The number, where person i counts `weights[i]` times. It may return nan for a draw that says
        nothing.
    people : int
        How many there are.
    draws, seed, level
        How many times the people are drawn with replacement, from which seed, and the part of the
        draws that lies inside.

    Returns
    -------
    (low, high) : floats
        Percentile interval (Efron and Tibshirani 1993, chapter 13).
    """
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(people, np.full(people, 1 / people), size=draws).astype(float)
    values = [statistic(w) for w in weights]
    outside = 50 * (1 - level)
    low, high = np.nanpercentile(values, [outside, 100 - outside])
    return float(low), float(high)
