"""The shelf of bodies: each thing is made once, and the oldest goes first."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from facelab.studio.shelf import Shelf


@pytest.fixture
def made():
    """A shelf for two things and the keys of all that it had made."""
    keys = []

    def make(key):
        time.sleep(0.02)
        keys.append(key)
        return key.upper()

    shelf = Shelf(2)
    return shelf, keys, lambda key: shelf.get(key, make)


def test_many_threads_wait_for_the_one_that_makes_a_thing(made):
    _, keys, get = made
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(get, "abababab")) == list("ABABABAB")
    assert sorted(keys) == ["a", "b"]


def test_what_was_not_asked_for_longest_goes_first(made):
    _, keys, get = made
    for key in "abacab":
        get(key)
    assert keys == ["a", "b", "c", "b"]


def test_more_room_for_a_while(made):
    shelf, keys, get = made
    with shelf.room_for(3):
        for key in "abcabc":
            get(key)
    assert keys == ["a", "b", "c"]
    get("a")
    assert keys == ["a", "b", "c", "a"]


def test_what_could_not_be_made_is_tried_again(made):
    shelf, _, get = made

    def fail(_):
        raise ValueError("not today")

    with pytest.raises(ValueError, match="not today"):
        shelf.get("a", fail)
    assert get("a") == "A"
