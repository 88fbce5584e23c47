"""Are heads of the studio people's heads? ``python -m facelab.measure.anthropometry [--drawn]``.

1,000 people are measured as a calliper would and compared with the surveys of
``facelab.studio.survey``. Where a calliper seeks the widest place, so does this measurement:
``survey`` itself only knows fixed points, so the two do not share their errors. ``--drawn`` prints
the scores of shapes as they are drawn, before they are moved (``survey.DRAWN``).
"""

import argparse
from functools import cache

import numpy as np

from facelab.studio import Person, load_model
from facelab.studio.shape import sample_traits, sample_weights
from facelab.studio.survey import PLACES, SURVEY, childlikeness, distances, norms

PEOPLE = 1000
FIRST_SEED = 1000
FURTHEST = 3  # standard deviations from a survey's mean beyond which nobody lies
LEVEL = 1.0  # mm that one corner of a calm mouth may lie higher than the other
# Where the widest, highest or furthest place is sought, on the mean head: (low, high) of x, y, z in
# mm, with x taken without its sign.
REGIONS = {
    "head breadth": ((50, 90), (15, 80), (-140, -40)),
    "cheek bone width": ((60, 90), (-35, 0), (-46, -25)),
    "skull height": ((0, 40), (60, 130), (-140, 0)),
    "head length": ((0, 25), (-30, 80), (-200, -80)),
}
WIDE = ("head breadth", "cheek bone width")


@cache
def region(model, name):
    """Vertices (n,) of the skin, ears left out, that lie in one of ``REGIONS`` on the mean head."""
    skin = np.setdiff1d(model.vertices_of("skin", "scalp", "brows"), model.vertices_of("ears"))
    low, high = np.array(REGIONS[name]).T
    place = model.mean[skin] * np.sign(model.mean[skin]) ** [1, 0, 0]
    return skin[((place >= low) & (place <= high)).all(1)]


def measure(model, shapes):
    """Distances as a calliper finds them, which is opened until it touches.

    Parameters
    ----------
    model : FaceModel
    shapes : (n, V, 3) float, neutral vertices in mm

    Returns
    -------
    (n, K) float, mm, in the order of ``survey.SURVEY``
    """
    lengths = dict(zip(SURVEY, distances(model, shapes).T, strict=True))
    for name in WIDE:
        lengths[name] = np.ptp(shapes[:, region(model, name), 0], axis=1)
    top = shapes[:, region(model, "skull height"), 1].max(1)
    lengths["skull height"] = top - _place(model, shapes, "tragion")[:, 1]
    back = shapes[:, region(model, "head length")]
    glabella = _place(model, shapes, "glabella")[:, None]
    lengths["head length"] = np.linalg.norm(back - glabella, axis=-1).max(1)
    return np.stack(list(lengths.values()), 1)


def _place(model, shapes, name):
    """A midline place, or the middle of its twins: (n, 3) mm."""
    vertices = np.flatnonzero(np.isin(model.vertex_ids, PLACES[name]))
    return shapes[:, vertices].mean(1)


def scores(lengths, masculinity):
    """Distances (n, K) in standard deviations from the survey's mean for each gender trait (n,)."""
    mean, deviation = norms(masculinity)
    return (lengths - mean) / deviation


def mouth_tilt(model, shapes):
    """Height in mm (n,) of the mouth's left corner over its right one, eyes level."""
    points = np.einsum("nlcd,lc->nld", shapes[:, model.landmark_vertices], model.landmark_weights)
    at = lambda point: points[:, point - 17]  # noqa: E731
    eyes, mouth = at(45) - at(36), at(54) - at(48)
    return mouth[:, 1] - mouth[:, 0] * eyes[:, 1] / eyes[:, 0]


def people_drawn(first_seed=FIRST_SEED, people=PEOPLE):
    """Neutral shapes (people, V, 3) float32 and gender traits (people,) of people by seed."""
    model = load_model()
    drawn = [Person.from_seed(seed) for seed in range(first_seed, first_seed + people)]
    shapes = np.stack([model.shape(person.weights) for person in drawn])
    return shapes, np.array([person.traits.masculinity for person in drawn])


def drawn_freely(people=2000, seed=5):
    """Scores (people, K) of shapes as ``shape.sample_weights`` draws them: between fixed points."""
    model, rng = load_model(), np.random.default_rng(seed)
    one_sided, rows = set(model.one_sided.tolist()), []
    for _ in range(people):
        traits = sample_traits(rng)
        shape = model.shape(sample_weights(rng, model.names, one_sided, traits))
        rows.append(scores(distances(model, shape), traits.masculinity))
    return np.array(rows)


def lines(shapes, masculinity):
    """The table, line by line: mm of our men and women beside the survey's, and the scores."""
    model = load_model()
    found = measure(model, shapes)
    z = scores(found, masculinity)
    men, women = masculinity > 0.8, masculinity < 0.2
    yield f"{len(z)} people, {men.sum()} masculine, {women.sum()} feminine; survey in brackets"
    for name, norm, mm, score in zip(SURVEY, SURVEY.values(), found.T, z.T, strict=True):
        yield (
            f"{name}: masculine {mm[men].mean():.1f} ({norm.men[0]:.1f}), "
            f"feminine {mm[women].mean():.1f} ({norm.women[0]:.1f}) mm; "
            f"{score.mean():+.2f} sd from the mean, from {score.min():+.1f} to {score.max():+.1f}"
        )
    yield f"people beyond {FURTHEST} sd in any distance: {(abs(z).max(1) > FURTHEST).sum()}"
    yield f"skull against face: at most {childlikeness(z).max():+.2f} sd"
    yield f"mouth out of level: at most {abs(mouth_tilt(model, shapes)).max():.2f} mm"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drawn", action="store_true", help="shapes before they are moved")
    if parser.parse_args().drawn:
        z = drawn_freely()
        rows = zip(SURVEY, z.mean(0), z.std(0), strict=True)
        text = (f'    "{name}": ({middle:.2f}, {width:.2f}),' for name, middle, width in rows)
    else:
        text = lines(*people_drawn())
    print("\n".join(text))


if __name__ == "__main__":
    main()
