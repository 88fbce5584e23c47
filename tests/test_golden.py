"""The studio's pictures are the same on every machine, up to rounding.

``golden.npz`` holds a few small frames. Compilers and mathematics libraries round differently, so
the comparison allows a little; anything more is a change of the studio. After a wanted change:
``python tests/test_golden.py`` draws them anew.
"""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from facelab.studio import Person, Scene, render

GOLDEN = Path(__file__).with_name("golden.npz")
SIZE = 96


def scenes():
    """Name -> (person, scene): styles, lights and backgrounds that between them use all code."""
    rng = np.random.default_rng(8)
    people = {f"person {seed}": Person.from_seed(seed) for seed in (3, 9, 24, 115)}
    people["true swap"] = Person.from_seed(9).with_face_of(Person.from_seed(24), tone="a")
    return {name: (person, Scene.random(rng)) for name, person in people.items()}


def draw():
    """All golden frames, as arrays by name."""
    frames = {name: render(*both, SIZE) for name, both in scenes().items()}
    images = {f"{name}, image": frame.image for name, frame in frames.items()}
    return images | {f"{name}, landmarks": frame.landmarks for name, frame in frames.items()}


@pytest.fixture(scope="module")
def drawn():
    return draw()


@pytest.mark.parametrize("name", list(scenes()))
def test_picture_is_the_golden_one(drawn, name):
    with np.load(GOLDEN) as golden:
        image, points = golden[f"{name}, image"], golden[f"{name}, landmarks"]
    change = np.abs(drawn[f"{name}, image"].astype(int) - image)
    assert change.mean() < 0.5 and (change > 12).mean() < 0.01
    assert np.abs(drawn[f"{name}, landmarks"] - points).max() < 0.05


def test_the_tolerance_tells_two_people_apart(drawn):
    """A different person in the same scene would be noticed."""
    person, scene = scenes()["person 3"]
    other = Person.between(person, Person.from_seed(9), 0.1)
    change = np.abs(render(other, scene, SIZE).image.astype(int) - drawn["person 3, image"])
    assert change.mean() > 0.5


if __name__ == "__main__":
    np.savez_compressed(GOLDEN, **draw())
    print(f"{GOLDEN.name}: {GOLDEN.stat().st_size / 1000:.0f} kB")
