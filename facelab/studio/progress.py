"""A line on standard error that tells how far a long job is."""

import sys
from time import monotonic

EVERY = 0.5  # seconds from one line to the next


class Bar:
    """Called with the number of things done and of all, rewrites one line: done, speed, time left.

    What is done within ``EVERY`` seconds, as when crops come from the disk, prints nothing.
    """

    def __init__(self, what, out=None):
        self.what, self.out = what, out or sys.stderr
        self.began = self.told = monotonic()

    def __call__(self, done, total):
        now = monotonic()
        if now - self.told < EVERY and not (done == total and self.told > self.began):
            return
        self.told, pace = now, done / (now - self.began)
        left = f"{(total - done) / pace:.0f} s left" if done < total else "done"
        line = f"\r{self.what}: {done} of {total}, {pace:.0f} a second, {left}"
        print(f"{line:<70}", end="\n" if done == total else "", file=self.out, flush=True)
