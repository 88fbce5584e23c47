"""Work on all cores. Jobs never share what they write, so the result is the same on any number."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from os import cpu_count

MOST_CORES = 8  # a picture has no work for more


@cache
def cores():
    return min(cpu_count() or 1, MOST_CORES)


@cache
def _helpers():
    """One thread less than there are cores: the caller works too."""
    return ThreadPoolExecutor(max(1, cores() - 1))


def bands(work, rows, per_core):
    """Jobs that call ``work(first, last)`` for bands of ``rows`` rows; more bands per core even
    out the load."""
    count = max(1, min(per_core * cores(), rows))
    return [partial(work, rows * k // count, rows * (k + 1) // count) for k in range(count)]


def together(jobs):
    """Call all jobs, each without arguments, on all cores: what they return, in order. No job may
    wait for others."""
    found = [None] * len(jobs)
    waiting = iter(enumerate(jobs))

    def take():
        for number, job in waiting:  # the iterator hands each job to one thread only
            found[number] = job()

    others = [_helpers().submit(take) for _ in range(min(cores(), len(jobs)) - 1)]
    take()
    for other in others:
        other.result()
    return found
