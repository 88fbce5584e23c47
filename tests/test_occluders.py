"""Occluders: closed surfaces with honest normals, in front of the face, fitted to the eyes."""

import numpy as np
import pytest

from facelab.studio.errors import StudioError
from facelab.studio.occluders import EYES, NOTHING, occluder
from facelab.studio.scene import OCCLUDERS
from facelab.studio.surfaces import ball, joined, mirrored, surface_of, tube

SEEDS = range(6)
EVERY = [(kind, seed) for kind in OCCLUDERS for seed in SEEDS]


def faces(mesh):
    """Corner positions (3,m,3) and twice the areas' normals (m,3)."""
    a, b, c = np.moveaxis(mesh.vertices[mesh.triangles].astype(float), 1, 0)
    return (a, b, c), np.cross(b - a, c - a)


def volume(mesh):
    (a, _, _), normals = faces(mesh)
    return np.einsum("ij,ij->", a, normals) / 6


@pytest.mark.parametrize("kind, seed", EVERY)
def test_arrays_fit_together(kind, seed):
    mesh = occluder(kind, seed)
    n = len(mesh.vertices)
    assert mesh.vertices.shape == mesh.normals.shape == mesh.colour.shape == (n, 3)
    assert mesh.gloss.shape == (n,) and mesh.triangles.dtype == np.int32
    assert 100 < len(mesh.triangles) <= 3000
    assert mesh.triangles.min() >= 0 and mesh.triangles.max() < n
    assert mesh.colour.min() >= 0 and mesh.colour.max() <= 1 and mesh.gloss.max() <= 1
    for array in (mesh.vertices, mesh.normals, mesh.colour, mesh.gloss):
        assert array.dtype == np.float32 and np.isfinite(array).all()


@pytest.mark.parametrize("kind, seed", EVERY)
def test_normals_are_unit_and_agree_with_the_triangles(kind, seed):
    mesh = occluder(kind, seed)
    assert np.allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-4)
    flat = faces(mesh)[1]
    agree = np.einsum("ij,ij->i", flat, mesh.normals[mesh.triangles].sum(1)) > 0
    assert np.average(agree, weights=np.linalg.norm(flat, axis=1) + 1e-9) > 0.99


@pytest.mark.parametrize("kind, seed", EVERY)
def test_surfaces_face_outwards(kind, seed):
    assert volume(occluder(kind, seed)) > 0


def test_glasses_and_hair_follow_the_head():
    follows = {kind: occluder(kind, 0).follows_head for kind in OCCLUDERS}
    assert follows == {"hand": False, "glasses": True, "hair": True, "microphone": False}


@pytest.mark.parametrize("kind", OCCLUDERS)
def test_same_seed_same_thing_another_seed_another(kind):
    first, again, other = occluder(kind, 3), occluder(kind, 3), occluder(kind, 4)
    assert np.array_equal(first.vertices, again.vertices)
    assert first.vertices.shape != other.vertices.shape or not np.allclose(
        first.vertices, other.vertices
    )


def test_what_is_shared_cannot_be_overwritten():
    with pytest.raises(ValueError):
        occluder("hand", 0).vertices[0] = 0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_hand_is_in_front_of_the_face(seed):
    mesh = occluder("hand", seed)
    over_face = np.linalg.norm(mesh.vertices[:, :2] - [0, -45], axis=1) < 75
    assert over_face.sum() > 200
    assert np.median(mesh.vertices[over_face, 2]) > 35  # nose tips reach 25 to 45 mm


@pytest.mark.parametrize("seed", SEEDS)
def test_a_microphone_points_at_the_mouth_from_below(seed):
    y, z = occluder("microphone", seed).vertices[:, 1:].T
    assert -80 < y.max() < -30 and y.min() < -300 and z[y > -100].min() > 25


@pytest.mark.parametrize("seed", SEEDS)
def test_glasses_stand_around_both_eyes_before_the_face(seed):
    mesh = occluder("glasses", seed)
    for eye in np.array(EYES):
        away = mesh.vertices - eye
        rim = away[(np.abs(away[:, :2]) < 35).all(1) & (away[:, 2] > 10)]
        x, y, z = rim.T
        assert (
            x.min() < -15 and x.max() > 15 and y.min() < -12 and y.max() > 12 and np.median(z) > 20
        )


def test_glasses_are_fitted_to_the_eyes():
    wide = occluder("glasses", 2, eyes=((-35, 5, 2), (35, 5, 2))).vertices
    mean = occluder("glasses", 2).vertices
    assert np.allclose(wide, mean * (70 / 57.6) + [0, 5, 2], atol=1e-3)


def test_sunglasses_are_worn_now_and_then():
    dark = [occluder("glasses", seed).gloss.max() > 0.8 for seed in range(60)]
    assert 4 <= sum(dark) <= 24


def test_a_colour_replaces_the_drawn_one():
    green = occluder("hair", 1, colour=(0.0, 0.4, 0.0)).colour
    assert green[:, 0].max() == 0 and 0.1 < green[:, 1].mean() < 0.6


def test_nothing_is_an_empty_mesh():
    joint = joined([NOTHING, occluder("glasses", 0)])
    assert len(NOTHING.vertices) == 0 and NOTHING.triangles.shape == (0, 3)
    assert len(joint.triangles) == len(occluder("glasses", 0).triangles)


def test_the_surface_of_a_ball_is_round_and_closed():
    radius = 20.0
    vertices, triangles, normals = surface_of(
        lambda p: np.linalg.norm(p, axis=1) - radius, (-30, -30, -30), (30, 30, 30), 5.0
    )
    assert np.allclose(np.linalg.norm(vertices, axis=1), radius, atol=1e-3)
    assert np.allclose(normals, vertices / radius, atol=0.02)
    edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    assert set(np.unique(edges, axis=0, return_counts=True)[1]) == {2}  # each between two triangles
    assert len(vertices) - len(triangles) / 2 == 2  # Euler's formula


def test_volumes_of_simple_surfaces():
    sphere = ball((1, 2, 3), (10, 10, 10), (0, 1, 0), (1, 1, 1), rings=40, sides=60)
    rod = tube([(0, 0, 0), (0, 50, 0), (0, 100, 0)], 5.0, (1, 1, 1), sides=60)
    assert volume(sphere) == pytest.approx(4 / 3 * np.pi * 1000, rel=0.01)
    assert volume(rod) == pytest.approx(np.pi * 25 * 100, rel=0.01)
    assert volume(mirrored(rod, -1)) == pytest.approx(volume(rod))


@pytest.mark.parametrize("wrong, word", [
    (dict(kind="cat"), "microphone"), (dict(kind="hand", seed=-1), "seed"),
    (dict(kind="hand", eyes=((0, 0, 0), (0, 0, 0))), "eyes"),
    (dict(kind="hand", colour=(2, 0, 0)), "colour"),
])  # fmt: skip
def test_what_cannot_be_built_is_refused(wrong, word):
    with pytest.raises(StudioError, match=word):
        occluder(**wrong)
