"""The 68 points: where they lie, how the jaw's outline slides, what hides them."""

from functools import cache

import numpy as np
import pytest

from datasets.landmark_map import MIRROR
from facelab.studio.geometry import View, pose
from facelab.studio.landmarks import locate, outermost
from facelab.studio.model import load_model
from facelab.studio.person import Person
from facelab.studio.render import render
from facelab.studio.scene import Camera, Scene

SIZE = 256
VIEW = View.of(Camera(), SIZE, SIZE)


def nothing(pixels):
    return np.full(len(pixels), -np.inf)


@cache
def posed(yaw=0.0, pitch=0.0, roll=0.0):
    model = load_model()
    vertices = pose(model.mean, model.weight_head, (yaw, pitch, roll))
    return vertices, VIEW.project(vertices)[0]


def found(yaw=0.0, pitch=0.0, roll=0.0, depth_at=nothing):
    return locate(load_model(), *posed(yaw, pitch, roll), depth_at)


def test_shapes_and_types():
    marks = found()
    shapes = {"points": (68, 2), "points_3d": (68, 3), "jaw_3d": (17, 2), "points5": (5, 2)}
    for name, shape in shapes.items():
        array = getattr(marks, name)
        assert array.shape == shape and array.dtype == np.float32
    assert marks.visible.shape == (68,) and marks.visible.dtype == bool


def test_points_in_the_picture_are_the_points_in_space_projected():
    marks = found(yaw=35, pitch=-8, roll=5)
    projected = VIEW.project(marks.points_3d)[0]
    assert np.abs(projected[17:] - marks.points[17:]).max() < 0.05
    assert np.abs(projected[:17] - marks.jaw_3d).max() < 0.05


def test_a_face_from_the_front_is_symmetric_and_in_order():
    points = found().points
    mirrored = points[list(MIRROR)] * [-1, 1] + [SIZE, 0]
    assert np.abs(mirrored - points).max() < 0.5
    assert (np.diff(points[:17, 0]) > 0).all(), "the jaw runs from the picture's left to its right"
    assert points[8, 1] == points[:, 1].max(), "the chin is the lowest point"


def test_turning_the_other_way_gives_the_mirror_image():
    left, right = found(yaw=-40).points, found(yaw=40).points
    assert np.abs(right[list(MIRROR)] * [-1, 1] + [SIZE, 0] - left).max() < 0.7


def test_rolling_the_picture_rolls_the_points():
    vertices, pixels = posed(yaw=25, pitch=5)
    angle = np.radians(30)
    turn = np.float32([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.float32([SIZE / 2, SIZE / 2])
    rolled = locate(load_model(), vertices, (pixels - middle) @ turn.T + middle, nothing).points
    upright = found(yaw=25, pitch=5).points
    assert np.abs((upright - middle) @ turn.T + middle - rolled).max() < 0.01


def cheek_edges():
    """Edges of the face's skin without ears, nose, neck and the back of the head."""
    model = load_model()
    parts = [model.part["skin"], model.part["brows"]]
    skin = model.triangles[np.isin(model.triangle_parts, parts)]
    x, y, z = model.mean.T
    nose = (np.abs(x) < 22) & (y > -58)
    kept = skin[((z > -55) & (y > -112) & ~nose)[skin].all(1)]
    return kept[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)


def furthest_right(pixels, edges, row):
    """Right end of the face on one row of the picture, from its edges: an independent outline."""
    (ax, ay), (bx, by) = pixels[edges[:, 0]].T, pixels[edges[:, 1]].T
    cut = (ay - row) * (by - row) < 0
    share = (row - ay[cut]) / (by[cut] - ay[cut])
    return (ax[cut] + share * (bx[cut] - ax[cut])).max()


@pytest.mark.parametrize("yaw", [10, 20, 30, 40, 50])
def test_the_far_jaw_lies_on_the_outline(yaw):
    _, pixels = posed(yaw)
    edges = cheek_edges()
    for k, (x, y) in list(enumerate(found(yaw).points))[10:16]:
        assert abs(furthest_right(pixels, edges, y) - x) < 1.2, f"point {k}, {x} px"


def distance_to_curve(points, curve):
    """Distance of each point (n,2) to the polyline through ``curve`` (m,2), by dense sampling."""
    t = np.linspace(0, len(curve) - 1, 400)
    dense = np.stack([np.interp(t, range(len(curve)), curve[:, i]) for i in (0, 1)], 1)
    return np.linalg.norm(points[:, None] - dense, axis=2).min(1)


def test_the_near_jaw_keeps_to_the_mesh_and_the_far_one_slides():
    marks = found(yaw=45)
    gap = distance_to_curve(marks.points[:17], marks.jaw_3d)
    assert gap[:8].max() < 1.5, "the near side is seen where it is"
    assert gap[11:15].min() > 5, "the far side is hidden behind the cheek"


@pytest.mark.parametrize("yaw", [0, 25, -50])
def test_the_outline_is_evenly_spaced_from_ear_to_chin_and_on(yaw):
    steps = np.linalg.norm(np.diff(found(yaw).points[:17], axis=0), axis=1)
    assert np.ptp(steps[:8]) < 0.1 * steps[:8].mean()
    assert np.ptp(steps[8:]) < 0.1 * steps[8:].mean()


@pytest.mark.parametrize("turn", ["yaw", "pitch"])
def test_points_move_without_jumps(turn):
    angles = np.arange(-85, 85, 0.5) if turn == "yaw" else np.arange(-30, 30, 0.5)
    tracks = np.stack([found(**{turn: float(a)}).points for a in angles])
    speed = np.linalg.norm(np.diff(tracks, axis=0), axis=2) / 0.5
    assert speed.max() < 2.5, f"{speed.max():.1f} px per degree at {SIZE} px"


def test_outermost_takes_the_furthest_candidate():
    path = np.array([[[0.0, 0], [10, 3], [4, 9]]])
    point, share = outermost(path, np.array([[1.0, 0]]), 0.1)
    assert np.allclose(point, [[10, 3]]) and np.allclose(share.sum(1), 1)


def test_outermost_is_pushed_out_to_the_furthest_and_moves_smoothly():
    def at(height):
        candidates = np.array([[[10.0, 0], [9.0 + height, 8]]])
        return outermost(candidates, np.array([[1.0, 0]]), 0.5)[0][0]

    track = np.array([at(h) for h in np.linspace(0, 2, 81)])
    assert np.allclose(track[:, 0], np.maximum(10, 9 + np.linspace(0, 2, 81)))
    assert np.abs(np.diff(track[:, 1])).max() < 0.15, "it slides over when another takes the lead"


def test_a_wall_before_the_face_hides_all_points_and_nothing_hides_none():
    assert found(yaw=20).visible.all()
    assert not found(yaw=20, depth_at=lambda pixels: np.full(len(pixels), 200.0)).visible.any()


def test_a_surface_just_before_a_point_does_not_hide_it():
    z = found().points_3d[:, 2]
    marks = found(depth_at=lambda pixels: z[: len(pixels)] + 2)
    assert marks.visible.all()


def test_points_outside_the_picture_are_not_visible():
    near = Camera(field=90, x=25)
    frame = render(Person.from_seed(7), Scene(camera=near), 96)
    x, y = frame.landmarks.T
    inside = (x >= 0) & (x < 96) & (y >= 0) & (y < 96)
    assert 5 < inside.sum() < 60
    assert not frame.visible[~inside].any() and frame.visible[inside].mean() > 0.8


def test_five_points_are_eyes_nose_and_mouth_corners():
    marks = found(yaw=10)
    eyes = marks.points[36:42].mean(0), marks.points[42:48].mean(0)
    assert np.allclose(marks.points5, [*eyes, *marks.points[[30, 48, 54]]], atol=1e-3)
    assert marks.points5[0, 0] < marks.points5[2, 0] < marks.points5[1, 0]
