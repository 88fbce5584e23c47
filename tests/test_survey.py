"""Heads of the studio have adults' proportions: every distance within a published survey."""

import numpy as np
import pytest

from facelab.measure import anthropometry
from facelab.studio import Person, load_model
from facelab.studio import survey as measured
from facelab.studio.shape import AGES, sample_traits, sample_weights

NAMES = list(measured.SURVEY)


@pytest.fixture(scope="module")
def people():
    """1,000 people: shapes, gender traits, scores (1000, K)."""
    shapes, masculinity = anthropometry.people_drawn()
    lengths = anthropometry.measure(load_model(), shapes)
    return shapes, masculinity, anthropometry.scores(lengths, masculinity)


def test_nobody_lies_beyond_three_standard_deviations(people):
    far = abs(people[2]) > anthropometry.FURTHEST
    who, what = np.nonzero(far)
    told = [(int(i) + anthropometry.FIRST_SEED, NAMES[k]) for i, k in zip(who, what, strict=True)]
    assert not told, f"seeds and distances out of the survey: {told}"


@pytest.mark.parametrize("low, high", [(0, 0.2), (0.8, 1)])
def test_means_are_the_surveys_for_women_and_men(people, low, high):
    chosen = (people[1] >= low) & (people[1] <= high)
    assert chosen.sum() > 250
    assert abs(people[2][chosen].mean(0)).max() < 0.6, people[2][chosen].mean(0)


def test_people_differ_about_as_much_as_in_the_survey(people):
    spread = people[2].std(0)
    assert (spread > 0.7).all() and (spread < 1.1).all(), dict(zip(NAMES, spread, strict=True))


def test_nobody_has_a_childs_proportions(people):
    most = measured.childlikeness(people[2]).max()
    assert most < 0.7, f"a skull {most:.2f} standard deviations too large for its face"


def test_calm_mouths_are_level(people):
    tilt = abs(anthropometry.mouth_tilt(load_model(), people[0]))
    assert tilt.max() <= anthropometry.LEVEL, f"seed {anthropometry.FIRST_SEED + tilt.argmax()}"


def test_drawn_freely_people_would_be_out_of_the_survey():
    """The move is what keeps them in; without it the tests above could not pass."""
    scores = anthropometry.drawn_freely(300)
    assert (abs(scores).max(1) > anthropometry.FURTHEST).mean() > 0.1


def test_the_scores_of_free_draws_are_the_stated_ones():
    scores = anthropometry.drawn_freely()
    stated = np.array([measured.DRAWN[name] for name in NAMES])
    found = np.stack([scores.mean(0), scores.std(0)], 1)
    assert abs(found - stated).max() < 0.02, "python -m facelab.measure.anthropometry --drawn"


def test_distances_are_those_between_the_places():
    model = load_model()
    scaled = measured.distances(model, 2 * model.mean)
    np.testing.assert_allclose(scaled, 2 * measured.distances(model, model.mean))
    moved = measured.distances(model, model.mean + [5, -7, 11])
    np.testing.assert_allclose(moved, measured.distances(model, model.mean), atol=1e-5)
    eyes = model.mean[model.eye_left].mean(0) - model.mean[model.eye_right].mean(0)
    assert measured.distances(model, model.mean)[NAMES.index("eye distance")] == pytest.approx(
        np.linalg.norm(eyes), abs=0.05
    )


def test_the_order_of_people_stays():
    """Who had the longest nose among those drawn has the longest among those moved."""
    model, rng = load_model(), np.random.default_rng(8)
    one_sided = set(model.one_sided.tolist())
    before, after = [], []
    for _ in range(60):
        traits = sample_traits(rng)
        weights = sample_weights(rng, model.names, one_sided, traits)
        for rows, w in (
            (before, weights),
            (after, measured.as_measured(model, weights, traits.masculinity)),
        ):
            mean, deviation = measured.norms(traits.masculinity)
            rows.append((measured.distances(model, model.shape(w)) - mean) / deviation)
    for name, x, y in zip(NAMES, np.transpose(before), np.transpose(after), strict=True):
        assert np.corrcoef(x, y)[0, 1] > 0.8, name


def test_only_the_targets_named_give_way():
    model, rng = load_model(), np.random.default_rng(9)
    weights = sample_weights(rng, model.names, set(model.one_sided.tolist()))
    moved = measured.as_measured(model, weights, 0.5)
    changed = {n for n, a, b in zip(model.names, weights, moved, strict=True) if abs(a - b) > 1e-3}
    assert changed and changed <= {*measured.EASE, *measured.SHIFTS}
    assert {*measured.EASE, *measured.SHIFTS} <= set(model.names)
    assert np.array_equal(np.round(moved, 4), moved)


def test_everybody_drawn_is_an_adult():
    ages = [Person.from_seed(seed).traits.age for seed in range(300)]
    assert min(ages) >= AGES[0] >= 28 and max(ages) <= AGES[1]
