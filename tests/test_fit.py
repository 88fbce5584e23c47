"""From 68 points back to a person: recovery, slopes, priors, bad input, and checks that go red."""

from dataclasses import replace

import numpy as np
import pytest

from facelab.faces.fit import (
    COMPONENTS,
    INNER,
    PLACES,
    FitError,
    as_person,
    first_guess,
    fit,
    gauss_newton,
    identity_of,
    point_model,
    points_of,
    pose_error,
    project_face,
    project_slopes,
    scores,
    seen_expression,
)
from facelab.studio import UNITS, Person, Scene, StudioError, render
from facelab.studio.draft import Draft

SIZE = 64  # pixels of the renders; points do not depend on it but for their unit
POSE = 2.0  # degrees, median, that a fit has to reach


@pytest.fixture(scope="module")
def crowd():
    """(person, scene, truth of the frame) of 24 people whom the components never saw."""
    rng, skin = np.random.default_rng(4), Person.from_seed(50)
    people = [Draft.of(skin, Person.from_seed(seed).weights) for seed in range(7000, 7024)]
    scenes = [Scene.random(rng) for _ in people]
    frames = [render(p, s, SIZE).faces[0] for p, s in zip(people, scenes, strict=True)]
    return list(zip(people, scenes, frames, strict=True))


def fitted(crowd, **how):
    """Fits at 256 pixels; the jaw is the fixed one."""
    made = []
    for _, scene, truth in crowd:
        points = np.vstack([truth.jaw_3d, truth.landmarks[17:]]) * (256 / SIZE)
        made.append(fit(points, 256, **({"focal": scene.camera.focal} | how)))
    return made


@pytest.fixture(scope="module")
def fits(crowd):
    return fitted(crowd)


def median_pose(fits, crowd):
    turns = [pose_error(r.pose, truth.pose) for r, (_, _, truth) in zip(fits, crowd, strict=True)]
    return np.median(turns)


def correlation(fits, crowd, which=INNER):
    true = np.array([identity_of(p, which) for p, _, _ in crowd])
    return np.corrcoef(true.ravel(), np.ravel([r.identity for r in fits]))[0, 1]


# What comes back


def test_pose_is_recovered(fits, crowd):
    assert median_pose(fits, crowd) < POSE


def test_that_check_goes_red_when_the_camera_is_wrong(crowd):
    upside_down = [(p, s, replace(t, landmarks=t.landmarks[:, ::-1])) for p, s, t in crowd[:8]]
    assert median_pose(fitted(upside_down), crowd[:8]) > POSE


def test_identity_is_recovered(fits, crowd):
    assert correlation(fits, crowd) > 0.7


def test_strangers_are_not_recognised(fits, crowd):
    assert abs(correlation(fits, crowd[1:] + crowd[:1])) < 0.3


def test_noise_takes_the_late_components_first(fits, crowd):
    rng = np.random.default_rng(1)
    noisy = [fit(with_jitter(t, rng), 256, s.camera.focal, noise=2) for _, s, t in crowd]
    true = np.array([identity_of(p) for p, _, _ in crowd])

    def r(found, columns):
        told = np.array([one.identity for one in found])[:, columns]
        return np.corrcoef(true[:, columns].ravel(), told.ravel())[0, 1]

    early, late = slice(0, 10), slice(20, 40)
    assert r(fits, early) > 0.75 and r(fits, late) > 0.6
    assert r(noisy, early) > r(noisy, late) + 0.1


def with_jitter(truth, rng):
    return truth.landmarks * (256 / SIZE) + rng.normal(0, 2, (68, 2))


def test_expression_goes_with_the_truth_and_stays_in_range(fits, crowd):
    told = np.array([r.expression for r in fits])
    true = np.array([seen_expression(scene) for _, scene, _ in crowd])
    assert told.min() >= 0 and told.max() <= 1
    assert np.corrcoef(told.ravel(), true.ravel())[0, 1] > 0.5


def test_points_are_explained_to_a_fraction_of_a_pixel(fits):
    assert np.median([r.error for r in fits]) < 0.3


def test_distance_follows_the_lens(crowd):
    near, far = fitted(crowd[:4], focal=35.0), fitted(crowd[:4], focal=105.0)
    ratios = [b.place[2] / a.place[2] for a, b in zip(near, far, strict=True)]
    assert np.allclose(ratios, 3, atol=0.6)
    assert max(r.error for r in near + far) < 1  # both explain the points


def test_the_fixed_jaw_helps_and_the_contour_misleads(fits, crowd):
    everything = tuple(range(68))
    helped = fitted(crowd, which=everything)
    contour = [
        fit(t.landmarks * (256 / SIZE), 256, s.camera.focal, everything) for _, s, t in crowd
    ]
    assert median_pose(helped, crowd) < median_pose(fits, crowd) < median_pose(contour, crowd)


def test_without_a_prior_coefficients_run_away(crowd):
    rng = np.random.default_rng(1)
    pairs = [(with_jitter(truth, rng), scene.camera.focal) for _, scene, truth in crowd[:6]]
    held = [fit(points, 256, focal, noise=2) for points, focal in pairs]
    wild = [fit(points, 256, focal, noise=2, prior=1e-6) for points, focal in pairs]
    assert np.std([r.identity for r in held]) < 1.2
    assert np.std([r.identity for r in wild]) > 3
    assert np.mean([r.error for r in wild]) < np.mean([r.error for r in held])


def test_costs_only_fall(fits):
    assert all(np.all(np.diff(r.costs) < 0) and len(r.costs) > 3 for r in fits)


def test_a_fit_is_the_same_each_time(crowd):
    (one,), (two,) = fitted(crowd[:1]), fitted(crowd[:1])
    assert np.array_equal(one.identity, two.identity) and one.pose == two.pose


# The model


def test_points_are_those_of_the_studio():
    person = Person.from_seed(3)
    truth = render(person, Scene(), size=SIZE).landmarks_3d
    ours = points_of(person.weights)
    assert np.abs(ours - truth)[17:].max() < 0.01


def test_the_projection_is_that_of_the_studio():
    person, scene = Person.from_seed(50), Scene(yaw=20, pitch=-6, roll=9)
    frame = render(person, scene, size=SIZE)
    exact = replace(point_model(), mean=points_of(person.weights)[17:])
    unknowns = np.zeros(PLACES + len(exact.changes))
    unknowns[:3], unknowns[5] = frame.pose, scene.camera.distance
    offset = project_face(unknowns, exact, scene.camera.focal, SIZE) - frame.landmarks[17:]
    # the head turns about the neck and the camera stands lower: one shift for all, but for depth
    assert np.ptp(offset, axis=0).max() < 0.6
    assert (
        np.ptp(project_face(unknowns * 0.9, exact, 70, SIZE) - frame.landmarks[17:], axis=0).max()
        > 1
    )


def test_slopes_are_what_nudging_gives():
    model, rng = point_model(), np.random.default_rng(0)
    at = np.r_[10, -5, 3, 4, -20, 900, rng.normal(size=COMPONENTS), rng.uniform(0, 0.5, 52)]
    pairs = [(at + d, at - d) for d in 0.01 * np.eye(len(at))]
    nudged = [
        (project_face(a, model, 70, 256) - project_face(b, model, 70, 256)).ravel()
        for a, b in pairs
    ]
    assert np.allclose(project_slopes(at, model, 70, 256), np.stack(nudged, 1) / 0.02, atol=2e-3)


def test_components_have_unit_variance_on_new_people():
    told = scores([Person.from_seed(seed).weights for seed in range(8000, 8200)])
    assert np.abs(told.mean(0)[:20]).max() < 0.35
    assert np.allclose(told.std(0)[:20], 1, atol=0.3)


def test_a_person_made_from_components_has_them():
    person = Person.from_seed(12)
    again = as_person(identity_of(person), person)
    assert again.looks == person.looks
    assert np.abs(identity_of(again) - identity_of(person))[:20].max() < 0.1
    assert identity_of(person).shape == (COMPONENTS,)


def test_the_lids_that_follow_the_eyes_are_part_of_the_expression():
    weights = dict(zip(UNITS, seen_expression(Scene(gaze=(15, 0))), strict=True))
    assert weights["eyeLookOutLeft"] == pytest.approx(0.5)
    assert weights["jawOpen"] == 0


def test_the_first_guess_lies_on_the_points():
    points = render(Person.from_seed(5), Scene(), size=256).landmarks[17:]
    guess = first_guess(points, point_model(), 70, 256)
    placed = project_face(guess, point_model(), 70, 256)
    assert np.abs(placed.mean(0) - points.mean(0)).max() < 2
    assert np.allclose(np.ptp(placed, 0), np.ptp(points, 0), rtol=0.25)


def test_pose_error_is_one_angle():
    assert pose_error((0, 0, 0), (0, 0, 0)) < 0.05
    assert pose_error((30, 0, 0), (0, 0, 0)) == pytest.approx(30, abs=0.01)
    assert pose_error((10, 5, 0), (-10, 5, 0)) < 20 < pose_error((10, 0, 0), (-10.1, 0, 0))


# The solver


def test_gauss_newton_finds_a_curved_minimum_within_bounds():
    def away(u):
        return np.array([u[0] ** 2 - 4, u[1] - 3])

    def slopes(u):
        return np.array([[2 * u[0], 0], [0, 1]])

    start = np.array([0.5, 0.0])
    assert gauss_newton(away, slopes, start)[0] == pytest.approx([2, 3], abs=1e-3)
    held, costs = gauss_newton(away, slopes, start, high=np.array([np.inf, 1.0]))
    assert held == pytest.approx([2, 1], abs=1e-2)
    assert costs[-1] == pytest.approx(4, abs=1e-2)


def test_gauss_newton_with_wrong_slopes_does_not_arrive():
    found, _ = gauss_newton(lambda u: u - 3, lambda u: -np.eye(1), np.zeros(1), steps=20)
    assert abs(found[0] - 3) > 1


# Bad input

GOOD = np.random.default_rng(0).uniform(50, 200, (68, 2))


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (np.zeros((5, 2)), r"68 points .* got shape \(5, 2\)"),
        (np.zeros((68, 3)), r"got shape \(68, 3\)"),
        (np.zeros((2, 68)), "got shape"),
        (GOOD[None], "got shape"),
        ("a face", "must be numbers"),
        (None, "got shape"),
        (np.full((68, 2), np.nan), "not finite"),
        (np.full((68, 2), 7.0), "at one place"),
    ],
)
def test_points_that_are_none_are_refused(points, words):
    with pytest.raises(FitError, match=words):
        fit(points, 256)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"size": 0}, "size must be a number above 0"),
        ({"focal": -70}, "focal must be"),
        ({"focal": float("nan")}, "focal must be"),
        ({"focal": "wide"}, "focal must be"),
        ({"noise": 0}, "noise must be"),
        ({"prior": 0}, "prior must be"),
        ({"which": [17, 18]}, "at least 10"),
        ({"which": np.linspace(17, 67, 51)}, "whole numbers"),
        ({"which": range(20, 69)}, "outside 0 to 67"),
    ],
)
def test_settings_that_make_no_sense_are_refused(how, words):
    with pytest.raises(FitError, match=words):
        fit(GOOD, **({"size": 256} | how))


def test_points_that_are_not_used_may_be_unknown(crowd):
    _, scene, truth = crowd[0]
    points = truth.landmarks * (256 / SIZE)
    points[:17] = np.nan
    assert fit(points, 256, scene.camera.focal).error < 1


# The draft that the tests and the sliders draw with


def test_a_draft_has_its_own_shape_on_the_others_skin():
    person, other = Person.from_seed(50), Person.from_seed(3)
    draft = Draft.of(person, other.weights)
    full = replace(person, weights=other.weights)
    quick, slow = (render(p, Scene(), size=SIZE) for p in (draft, full))
    assert np.allclose(quick.landmarks, slow.landmarks, atol=0.01)
    own = render(person, Scene(), size=SIZE)
    gap = np.abs(quick.image.astype(int) - slow.image).mean()
    assert gap < 0.5 * np.abs(own.image.astype(int) - slow.image).mean()


def test_a_draft_of_the_person_is_the_person():
    person = Person.from_seed(50)
    same = render(Draft.of(person, person.weights), Scene(), size=SIZE).image.astype(int)
    assert np.abs(same - render(person, Scene(), size=SIZE).image).max() <= 1


ONE, TWO = Person.from_seed(1), Person.from_seed(2)


@pytest.mark.parametrize(
    ("like", "count"), [("somebody", 172), (ONE, 3), (ONE.with_face_of(TWO), 172)]
)
def test_a_draft_needs_a_whole_person_and_all_weights(like, count):
    with pytest.raises(StudioError, match="A Draft needs"):
        Draft.of(like, [0.0] * count)
