"""The last few things that were made, each made once even if several threads ask at a time."""

from collections import OrderedDict
from contextlib import contextmanager
from threading import Lock


class Shelf:
    """Keeps the last ``room`` things by key; the one that was not asked for longest goes first.

    Unlike ``functools.lru_cache``, whoever asks for what another thread is making waits for it.
    """

    def __init__(self, room):
        self.room = room
        self._places, self._lock = OrderedDict(), Lock()

    def get(self, key, make):
        """The thing of that key; ``make(key)`` if it is not there."""
        place = self._place(key)
        with place.lock:
            if not place.filled:
                place.thing, place.filled = make(key), True
        return place.thing

    def _place(self, key):
        with self._lock:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
            self._cut()
            return place

    def _cut(self):
        while len(self._places) > self.room:
            self._places.popitem(last=False)

    @contextmanager
    def room_for(self, count):
        """More room for a while."""
        before, self.room = self.room, max(self.room, count)
        try:
            yield
        finally:
            self.room = before
            with self._lock:
                self._cut()


class _Place:
    def __init__(self):
        self.lock, self.filled, self.thing = Lock(), False, None
