"""The README's pictures: ``python -m facelab.course.gallery`` draws them anew into docs/gallery."""

from pathlib import Path

import numpy as np

from facelab.studio import Camera, Person, Scene, render
from facelab.studio.marks import save_image

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "gallery"
SWAPS = ((9, 24), (20, 31), (3, 12), (4, 47))
SMILE = {
    "mouthSmileLeft": 0.7,
    "mouthSmileRight": 0.7,
    "cheekSquintLeft": 0.4,
    "cheekSquintRight": 0.4,
}
SCENES = (
    Scene(expression=SMILE, yaw=-18, roll=3, background="room", seed=4, camera=Camera(noise=0.1)),
    Scene(
        expression={"jawOpen": 0.4, "browInnerUp": 0.5},
        yaw=25,
        pitch=4,
        gaze=(-8, 0),
        light="studio",
        background="outdoor",
        seed=5,
        camera=Camera(noise=0.1),
    ),
)


def people(rows=4, columns=8, size=192):
    """A contact sheet of the first people, seeds 0, 1, 2, ..., none left out, each in a random
    scene."""
    rng = np.random.default_rng(1)
    frames = [
        render(Person.from_seed(seed), Scene.random(rng), size).image
        for seed in range(rows * columns)
    ]
    return np.vstack([np.hstack(frames[r * columns : (r + 1) * columns]) for r in range(rows)])


def true_swaps(size=192):
    """Columns of frames; rows: A, the true swap of A's face for B's, B in the same scene."""
    columns = []
    for a, b in SWAPS:
        a, b = Person.from_seed(a), Person.from_seed(b)
        columns += [
            np.vstack([render(p, scene, size).image for p in (a, a.with_face_of(b), b)])
            for scene in SCENES
        ]
    return np.hstack(columns)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for draw in (people, true_swaps):
        path = FOLDER / f"{draw.__name__}.jpg"
        save_image(path, draw(), about=draw.__doc__.splitlines()[0])
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
