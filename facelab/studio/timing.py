"""Where the time of a render goes."""

from collections import defaultdict
from contextlib import contextmanager
from time import perf_counter

_clock = {"times": None}


@contextmanager
def stopwatch():
    """Collect the seconds that each stage of ``render`` takes: ``with stopwatch() as times:
    render(...)``."""
    _clock["times"] = times = defaultdict(float)
    try:
        yield times
    finally:
        _clock["times"] = None


@contextmanager
def stage(name):
    start = perf_counter()
    yield
    if _clock["times"] is not None:
        _clock["times"][name] += perf_counter() - start
