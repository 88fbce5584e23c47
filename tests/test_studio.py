"""The studio's promises: exact truths, true swaps, the same bytes everywhere, clear errors."""

import hashlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from facelab.studio import Camera, Light, Person, Scene, StudioError, load_model, render
from facelab.studio import geometry as geo
from facelab.studio.body import body_of
from facelab.studio.lids import OVERLAP, lid_edges
from facelab.studio.person import face_weight

ROOT = Path(__file__).resolve().parents[1]
SIDES = ("Left", "Right")
SMILE = {"mouthSmileLeft": 0.8, "mouthSmileRight": 0.7, "jawOpen": 0.3}
SCENE = Scene(
    expression=SMILE, yaw=20, pitch=-5, roll=6, gaze=(10, 4), background="gradient", seed=3
)
HIDE_NOTHING = Camera(noise=0, jpeg=None)


@pytest.fixture(scope="module")
def frame():
    return render(Person.from_seed(7), SCENE, 256)


def head_by_hand(person, scene):
    """Points of the head in camera axes, written again from the definition: express, then R about
    the neck."""
    model = load_model()
    vertices = body_of(person).neutral.astype(float)
    for name, weight in (scene.expression | geo.look_units(scene.gaze)).items():
        index, delta = model.units[name]
        vertices[index] += weight * delta
    y, p, r = np.radians([scene.yaw, scene.pitch, scene.roll])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(r), np.sin(r), 0], [-np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return (vertices - geo.NECK) @ (about_z @ about_y @ about_x).T + geo.NECK


def pinhole(points, camera, size):
    f = camera.distance * size / camera.field
    x = size / 2 + f * (points[:, 0] - camera.x) / (camera.distance - points[:, 2])
    y = size / 2 - f * (points[:, 1] - camera.y) / (camera.distance - points[:, 2])
    return np.stack([x, y], 1)


def test_landmarks_are_the_projected_points_of_the_posed_mesh(frame):
    model = load_model()
    posed = head_by_hand(Person.from_seed(7), SCENE)
    points = (posed[model.landmark_vertices] * model.landmark_weights[..., None]).sum(1)
    assert np.abs(pinhole(points, SCENE.camera, 256) - frame.landmarks[17:]).max() < 0.05
    assert np.abs(points - frame.landmarks_3d[17:]).max() < 0.05


def test_depth_under_visible_landmarks_is_their_depth(frame):
    points, z = frame.landmarks[17:], SCENE.camera.distance - frame.landmarks_3d[17:, 2]
    found = frame.depth[points[:, 1].astype(int), points[:, 0].astype(int)]
    seen = frame.visible[17:]
    assert seen.mean() > 0.8
    assert np.median(np.abs(found - z)[seen]) < 2


def test_normals_agree_with_the_slope_of_the_depth_map(frame):
    inside = cv2.erode((frame.mask > 0.95).astype(np.uint8), np.ones((9, 9))) > 0
    mm = SCENE.camera.field / 256
    dy, dx = np.gradient(
        cv2.GaussianBlur(np.where(np.isinf(frame.depth), 0, frame.depth), (5, 5), 1)
    )
    slope = np.dstack([dx / mm, -dy / mm, np.ones_like(dx)])
    slope /= np.linalg.norm(slope, axis=2, keepdims=True)
    angle = np.degrees(np.arccos(np.clip((slope * frame.normals).sum(2), -1, 1)))[inside]
    assert np.median(angle) < 12


@pytest.mark.parametrize("turn", [(4, 1, 2), (-9, 3, 0)])
def test_flow_warps_one_frame_onto_the_other(turn):
    """Without shading a surface keeps its colour, so following the flow must find the same grey
    level."""
    person, flat = Person.from_seed(7), SCENE.with_(light="flat", camera=HIDE_NOTHING)
    moved = flat.with_(
        yaw=flat.yaw + turn[0],
        pitch=flat.pitch + turn[1],
        roll=flat.roll + turn[2],
        expression={"jawOpen": 0.5},
    )
    a, b = render(person, flat, 256), render(person, moved, 256)
    error, where = followed(a, b)
    where &= ~np.isin(a.parts, [load_model().part[name] for name in ("hair", "brows", "none")])
    assert where.sum() > 10_000
    assert error[where].mean() < 1
    unmoved = np.abs(b.image.astype(float) - a.image)[where].mean()
    assert unmoved > 3, "the frames must differ, or the test shows nothing"


def followed(a, b):
    """Error (H,W) in grey levels of frame ``b`` bent onto ``a`` along the flow, and where (H,W) it
    should be small: in view, and not at outlines, where one pixel holds several surfaces."""
    flow, visible = a.flow_to(b)
    x, y = np.meshgrid(*[np.arange(n, dtype=np.float32) for n in a.parts.shape[::-1]])
    bent = cv2.remap(b.image, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR).astype(float)
    block = np.ones((3, 3))
    one_surface = cv2.erode(a.parts, block) == cv2.dilate(a.parts, block)
    return np.abs(bent - a.image).mean(-1), visible & one_surface


@pytest.mark.parametrize("seed", range(400, 408))
def test_flow_holds_on_everybodys_skin(seed):
    yaw, pitch, roll = np.random.default_rng(seed).uniform(-10, 10, 3)
    scene = Scene(light="flat", camera=HIDE_NOTHING)
    moved = scene.with_(yaw=yaw, pitch=pitch, roll=roll, expression={"jawOpen": 0.5})
    a, b = (render(Person.from_seed(seed), each, 256) for each in (scene, moved))
    error, where = followed(a, b)
    where &= a.parts == load_model().part["skin"]
    assert where.sum() > 3000 and error[where].mean() < 1
    assert np.abs(b.image.astype(float) - a.image)[where].mean() > 3, "the frames must differ"


@pytest.mark.parametrize("style", ["curly_short", "afro", "short"])
def test_depth_and_place_stay_on_their_surface(style):
    """Ribbons seen on edge, and triangles smaller than a pixel, have no inside: a sample beside
    them may not be given what lies far beyond."""
    someone = replace(ANYBODY, looks=replace(ANYBODY.looks, hair_style=style))
    scene = Scene(yaw=15, pitch=10)
    frame = render(someone, scene, 256)
    figure = frame.surface >= 0
    assert np.abs(frame.place[figure]).max() < 2
    assert np.abs(frame.depth[figure] - scene.camera.distance).max() < 300


@pytest.mark.parametrize("clothes", ["crew", "vneck", "shirt"])
def test_parts_at_the_neckline_are_those_of_most_of_the_pixel(clothes):
    skin, cloth = (load_model().part[name] for name in ("skin", "clothes"))
    small, large = (render(ANYBODY, Scene(clothes=clothes), size).parts for size in (128, 512))
    inside = large.reshape(128, 4, 128, 4).swapaxes(1, 2).reshape(128, 128, 16)
    dressed, bare = (inside == cloth).sum(-1), (inside == skin).sum(-1)
    clear = (dressed + bare == 16) & (dressed > 0) & (bare > 0) & (abs(dressed - bare) > 2)
    assert clear.sum() > 10
    assert np.all((small == cloth)[clear] == (dressed > bare)[clear])


def test_flow_to_itself_is_zero_and_all_in_view(frame):
    flow, visible = frame.flow_to(frame)
    assert np.abs(flow).max() < 1e-2
    assert visible.mean() > 0.99


def test_flow_between_different_people_is_refused(frame):
    with pytest.raises(StudioError, match="same people"):
        frame.flow_to(render(Person.from_seed(8), SCENE, 128))


def test_mask_covers_the_parts_of_the_inner_face(frame):
    part = load_model().part
    inner = np.isin(
        frame.parts,
        [part[p] for p in ("lips", "eye_left", "eye_right", "mouth", "teeth", "tongue")],
    )
    assert inner.sum() > 300
    assert (frame.mask[inner] > 0.5).mean() > 0.99
    assert not (frame.mask[(frame.parts == 0) | (frame.parts == part["clothes"])] > 0.9).any()


def teeth_of(person, **scene):
    """The colours (n,3) of the pixels that show teeth."""
    frame = render(person, Scene(**scene), 256)
    return frame.image[frame.parts == load_model().part["teeth"]].astype(int)


@pytest.mark.parametrize("light", ["soft", "studio", "side"])
@pytest.mark.parametrize("seed", [1000, 3])
def test_a_broad_smile_shows_light_teeth_and_closed_lips_show_none(seed, light):
    someone = Person.from_seed(seed)
    broad = {f"mouth{what}{side}": 0.7 for what in ("Smile", "UpperUp") for side in SIDES}
    smile = teeth_of(someone, expression=broad | {"jawOpen": 0.1}, light=light)
    assert len(smile) > 50
    assert np.percentile(smile, 75) > 100
    assert np.ptp(np.median(smile, 0)) < 50  # hardly any colour
    closed = teeth_of(someone, light=light)
    assert len(closed) < 10 and (closed < 100).all()


def test_head_mask_agrees_with_the_rendered_parts(frame):
    part = load_model().part
    above_nose = (
        np.arange(256)[:, None] < frame.landmarks[30, 1]
    )  # below it come neck and shoulders
    head = (frame.parts > 0) & (frame.parts != part["clothes"]) & above_nose
    found = (frame.head_mask > 0.5) & above_nose
    assert (head & found).sum() / (head | found).sum() > 0.98


SWAPS = [(9, 24), (4, 47), (20, 31)]


@pytest.mark.parametrize("tone", ["a", "b"])
@pytest.mark.parametrize("a, b", SWAPS)
def test_true_swap_changes_nothing_outside_the_face(a, b, tone):
    scene = SCENE.with_(camera=HIDE_NOTHING)
    before = render(Person.from_seed(a), scene, 192)
    after = render(Person.from_seed(a).with_face_of(Person.from_seed(b), tone=tone), scene, 192)
    change = np.abs(before.image.astype(int) - after.image).max(-1)
    outside = (before.mask == 0) & (after.mask == 0)
    assert (change[outside] <= 1).all()
    assert change[(after.mask > 0.5)].mean() > 2, "the swap must be seen"


def test_the_swap_has_the_other_shape_inside_and_its_own_outside():
    a, b = Person.from_seed(9), Person.from_seed(24)
    swapped, own = body_of(a.with_face_of(b)), body_of(a)
    model = load_model()
    outside = face_weight(model) == 0
    assert (
        outside.mean() > 0.3
        and outside[np.unique(model.triangles[model.triangle_parts == model.part["ears"]])].all()
    )
    assert np.array_equal(swapped.neutral[outside], own.neutral[outside])
    nose = model.landmark_vertices[30 - 17][:1]
    assert np.linalg.norm(swapped.neutral[nose] - own.neutral[nose]) > 0.5


def test_every_point_of_the_inner_face_and_every_hair_of_the_brows_is_the_others():
    a, b, model = Person.from_seed(20), Person.from_seed(4), load_model()
    on_points = face_weight(model)[model.landmark_vertices] * model.landmark_weights
    assert on_points.sum(1).min() > 0.95
    brows = body_of(b).strands.part == model.part["brows"]
    worn = body_of(a.with_face_of(b)).strands
    worn_brows = worn.part == model.part["brows"]
    assert worn_brows.sum() == brows.sum() > 100
    assert np.array_equal(worn.root[worn_brows], body_of(b).strands.root[brows])


LAUGH = {"jawOpen": 0.6, "mouthSmileLeft": 0.8, "mouthSmileRight": 0.8}
NARROW_JAWS = (15, 20, 34, 51, 54, 74, 77, 82)


@pytest.mark.parametrize("expression", [LAUGH, {"jawOpen": 0.8}], ids=["laugh", "shout"])
def test_no_tooth_comes_out_through_the_skin(expression):
    for seed in NARROW_JAWS:
        frame = render(Person.from_seed(seed), Scene(expression=expression), 320)
        lips = cv2.convexHull(frame.landmarks[48:68].astype(np.int32))
        mouth = cv2.fillConvexPoly(np.zeros(frame.parts.shape, np.uint8), lips, 1)
        mouth = cv2.dilate(mouth, np.ones((3, 3), np.uint8)) > 0
        teeth = frame.parts == load_model().part["teeth"]
        assert teeth[mouth].any() and not teeth[~mouth].any(), f"person {seed}"


def test_wearing_ones_own_face_changes_nothing():
    person = Person.from_seed(9)
    assert person.with_face_of(person) == person


def test_tone_a_brings_the_face_nearer_to_the_own_skin():
    a, b, scene = (
        Person.from_seed(20),
        Person.from_seed(31),
        Scene(light="flat", background="plain"),
    )
    own = render(a, scene, 128)
    distance = {}
    for tone in "ab":
        worn = render(a.with_face_of(b, tone=tone), scene, 128)
        inside = (worn.mask > 0.9) & (worn.parts == 1) & (own.parts == 1)
        distance[tone] = np.abs(worn.image[inside].mean(0) - own.image[inside].mean(0)).mean()
    assert distance["a"] < 0.5 * distance["b"]


def digest(person_seed=11):
    """Of all that a picture holds."""
    frame = render(Person.from_seed(person_seed), Scene.random(np.random.default_rng(5)), 160)
    found = hashlib.sha256(frame.image.tobytes())
    for buffer in (frame.parts, frame.mask, frame.depth, frame.normals, frame.landmarks):
        found.update(buffer.tobytes())
    return found.hexdigest()


@pytest.mark.slow
@pytest.mark.parametrize("threads", ["1", "3"])
def test_same_seed_same_bytes_in_another_process(threads):
    code = "import tests.test_studio as t; print([t.digest(seed) for seed in range(6)])"
    counts = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads)
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | counts,
        capture_output=True,
        text=True,
    )
    assert result.stdout.strip() == str([digest(seed) for seed in range(6)]), result.stderr


def test_same_bytes_on_one_thread_and_with_other_bands(monkeypatch):
    expected = digest()

    def many(work, rows, per_core):
        return [partial(work, first, min(rows, first + 13)) for first in range(0, rows, 13)]

    def in_turn(jobs):
        return [job() for job in jobs]

    for module in ("render", "figure"):
        monkeypatch.setattr(sys.modules[f"facelab.studio.{module}"], "bands", many)
    monkeypatch.setattr(sys.modules["facelab.studio.render"], "together", in_turn)
    assert digest() == expected


def test_people_side_by_side_each_have_their_truth():
    people = [Person.from_seed(k) for k in (1, 2, 3)]
    frame = render(people, [SCENE, SCENE.with_(yaw=-15), SCENE.with_(yaw=0)], 160)
    assert frame.image.shape[0] == 160 and frame.image.shape[1] > 2 * 160
    middles = [f.landmarks[30, 0] for f in frame.faces]
    assert np.all(np.diff(middles) > 80)
    assert [f.pose[0] for f in frame.faces] == [20, -15, 0]
    for face in frame.faces:
        x, y = face.landmarks[30].astype(int)
        assert frame.mask[y, x] > 0.9


def test_yaw_turns_right_pitch_up_and_roll_clockwise():
    person = Person.from_seed(7)
    nose = {
        name: render(person, Scene(**{name: 20.0}), 128).landmarks
        for name in ("yaw", "pitch", "roll")
    }
    straight = render(person, Scene(), 128).landmarks
    assert nose["yaw"][30, 0] > straight[30, 0] + 3
    assert nose["pitch"][30, 1] < straight[30, 1] - 3
    eyes = nose["roll"][45] - nose["roll"][36]
    assert 15 < np.degrees(np.arctan2(eyes[1], eyes[0])) < 25


def test_a_wide_lens_makes_the_nose_larger_but_not_the_head():
    person = Person.from_seed(7)
    wide, tele = (render(person, Scene(camera=Camera(focal=f)), 256).landmarks for f in (20, 200))
    width = lambda p, i, j: np.linalg.norm(p[i] - p[j])  # noqa: E731
    assert width(wide, 31, 35) / width(wide, 36, 45) > 1.03 * width(tele, 31, 35) / width(
        tele, 36, 45
    )


def test_the_eyes_look_where_gaze_says():
    person, part = Person.from_seed(7), load_model().part
    dark = {}
    for side in (-25, 25):
        frame = render(
            person, Scene(gaze=(side, 0), light="flat", camera=Camera(field=120, y=0)), 256
        )
        eye = (frame.parts == part["eye_left"]) & (frame.image.mean(2) < 90)
        dark[side] = np.nonzero(eye)[1].mean()
    assert dark[25] > dark[-25] + 8


def test_a_pulse_changes_green_most_and_only_a_little():
    person = Person.from_seed(7)
    skin = [render(person, Scene(pulse=p, light="flat"), 128) for p in (-1, 1)]
    inside = (skin[0].parts == 1) & (skin[0].mask > 0.9)
    change = [(s.image[inside].astype(float)).mean(0) for s in skin]
    difference = change[0] - change[1]
    assert 0.1 < difference[1] < 4 and difference[1] > difference[0]


def test_between_and_distance_are_graded():
    a, b = Person.from_seed(1), Person.from_seed(2)
    steps = [Person.distance(a, Person.between(a, b, t)) for t in (0, 0.25, 0.5, 1)]
    assert steps[0] == 0 and np.all(np.diff(steps) > 0)
    assert (
        0.3
        < np.mean(
            [Person.distance(Person.from_seed(k), Person.from_seed(k + 1)) for k in range(30)]
        )
        < 3
    )


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: Scene(expression={"smile": 1}), "52 names"),
        (lambda: Scene(expression={"jawOpen": 2}), r"\[0, 1\]"),
        (lambda: Scene(yaw=float("nan")), "yaw"),
        (lambda: Scene(light="disco"), "soft"),
        (lambda: Scene(background="beach"), "outdoor"),
        (lambda: Scene(background=np.zeros((4, 4))), "uint8"),
        (lambda: Scene(occluder="cat"), "glasses"),
        (lambda: Scene(clothes="toga"), "hoodie"),
        (lambda: Camera(focal=1), "focal"),
        (lambda: Light(direction=(0, 0, 0)), "towards the light"),
        (lambda: Person.from_seed(-1), "whole number"),
        (lambda: Person.random(3), "default_rng"),
        (lambda: Scene.random(3), "default_rng"),
        (lambda: render(Person.from_seed(1), Scene(), 3), "size"),
        (lambda: render([], Scene()), "at least one"),
        (lambda: render([Person.from_seed(1)], [Scene(), Scene()]), "2 scenes"),
        (lambda: Person.from_seed(1).with_face_of(None), "needs a Person"),
        (lambda: Person.from_seed(1).with_face_of(Person.from_seed(2), tone="c"), "'a' or 'b'"),
        (lambda: Scene().with_(smile=1), "no"),
    ],
)
def test_bad_input_gets_a_clear_error(make, says):
    with pytest.raises(StudioError, match=says):
        make()


@pytest.mark.parametrize("seed", range(0, 40, 4))
def test_closed_lids_meet_and_do_not_cross(seed):
    body, model = body_of(Person.from_seed(seed)), load_model()
    closed = geo.express(body.neutral, body.units, {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0})
    for side in ("Left", "Right"):
        upper, lower = lid_edges(model, side)
        gap = (closed[upper, 1] - closed[lower, 1])[1:-1]
        assert np.abs(gap + OVERLAP).max() < 1.5


def test_a_closed_eye_hides_the_eyeball():
    frame = render(
        Person.from_seed(7), Scene(expression={"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0}), 256
    )
    eyes = [load_model().part[p] for p in ("eye_left", "eye_right")]
    assert np.isin(frame.parts, eyes).sum() < 6


NAN = float("nan")
ANYBODY, ANOTHER = Person.from_seed(1), Person.from_seed(2)


@pytest.mark.parametrize("wrong, says", [
    (dict(gaze=(0, NAN)), "gaze"), (dict(gaze=(NAN, 0)), "gaze"), (dict(gaze=10), "gaze"),
    (dict(gaze=None), "gaze"), (dict(gaze=("a", "b")), "gaze"), (dict(gaze=(1, 2, 3)), "gaze"),
    (dict(yaw="20"), "yaw"), (dict(yaw=None), "yaw"), (dict(roll=float("inf")), "roll"),
    (dict(clothes_colour=(2, 0, 0)), "clothes_colour"), (dict(clothes_colour=(1, 2)), "clothes_"),
    (dict(clothes_colour=(NAN, 0, 0)), "clothes_colour"), (dict(clothes_colour="red"), "clothes_"),
    (dict(expression=None), "must be a dict"), (dict(expression=["jawOpen"]), "must be a dict"),
    (dict(expression="jawOpen"), "must be a dict"), (dict(expression={"jawOpen": "x"}), "jawOpen"),
    (dict(expression={"jawOpen": NAN}), "jawOpen"), (dict(expression={3: 1}), "unit 3"),
    (dict(seed=-1), "seed"), (dict(seed=1.5), "seed"), (dict(seed=None), "seed"),
    (dict(pulse=None), "pulse"), (dict(light=None), "soft"), (dict(light=np.ones(3)), "soft"),
    (dict(camera="wide"), "Camera"), (dict(clothes=["crew"]), "hoodie"),
    (dict(background=None), "'room'"), (dict(background=np.zeros((0, 4, 3), np.uint8)), "uint8"),
])  # fmt: skip
def test_no_scene_is_made_of_what_it_cannot_use(wrong, says):
    with pytest.raises(StudioError, match=says):
        Scene(**wrong)


@pytest.mark.parametrize("wrong", [None, "1", NAN])
@pytest.mark.parametrize("name", ["focal", "field", "x", "y", "blur", "noise", "jpeg"])
def test_a_camera_takes_numbers_only(name, wrong):
    if name == "jpeg":
        wrong = wrong or 50.5
    with pytest.raises(StudioError, match=f"Camera.{name}"):
        Camera(**{name: wrong})


@pytest.mark.parametrize("wrong", [None, "abc", 3, (1, 2), (1, NAN, 1), (1e9, 0, 0)])
@pytest.mark.parametrize(
    "name", ["direction", "colour", "sky", "ground", "fill", "softness", "flat"]
)
def test_a_light_takes_numbers_only(name, wrong):
    with pytest.raises(StudioError, match=f"Light.{name}"):
        Light(**{name: wrong})


@pytest.mark.parametrize("make, says", [
    (lambda: render(None, Scene()), "needs a Person or a list.*NoneType"),
    (lambda: render("anybody", Scene()), "needs a Person"),
    (lambda: render(ANYBODY, None), "needs a Scene.*NoneType"),
    (lambda: render(ANYBODY, {}), "needs a Scene.*dict"),
    (lambda: render(ANYBODY, [Scene(), None]), "needs a Scene"),
    (lambda: render(ANYBODY, Scene(), "256"), "size"),
    (lambda: Person.between(ANYBODY, ANOTHER, NAN), "t must be"),
    (lambda: Person.between(ANYBODY, ANOTHER, -3.1), "t must be"),
    (lambda: Person.between(ANYBODY, ANOTHER, "half"), "t must be"),
    (lambda: Person.between(ANYBODY, 5, 0.5), "two people"),
    (lambda: Person.distance(ANYBODY, 3), "two people"),
    (lambda: Scene.random(np.random.default_rng(0), yaw=-5), "yaw"),
])  # fmt: skip
def test_nothing_is_made_of_the_wrong_things(make, says):
    with pytest.raises(StudioError, match=says):
        make()


def test_numbers_of_numpy_are_numbers():
    scene = Scene(yaw=np.float32(3), gaze=np.array([1.0, 2]), seed=np.int64(4), pulse=np.float64(0))
    assert scene == Scene(yaw=3, gaze=(1, 2), seed=4)
    assert Scene(clothes_colour=[0, 0.5, 1]).clothes_colour == (0, 0.5, 1)
    assert Camera(jpeg=np.int64(80), focal=np.float32(50)) == Camera(jpeg=80, focal=50)


def test_a_scene_keeps_its_own_expression():
    mine = {"jawOpen": 0.5}
    scene = Scene(expression=mine)
    mine["jawOpen"] = 7
    assert scene.expression == {"jawOpen": 0.5}


def test_scenes_with_a_picture_behind_can_be_compared_and_be_keys():
    black, grey = np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 9, np.uint8)
    here, there = Scene(background=black, yaw=3), Scene(background=black.copy(), yaw=3.0)
    assert here == there and len({here, there}) == 1
    assert here != here.with_(background=grey) and here != here.with_(background="room")
    assert here != here.with_(background=black.reshape(4, 16, 3)) and here != "scene"
    two = Scene(expression={"jawOpen": 0.1, "mouthFunnel": 0.2})
    assert two == Scene(expression={"mouthFunnel": 0.2, "jawOpen": 0.1})
    assert hash(two) == hash(Scene(expression={"mouthFunnel": 0.2, "jawOpen": 0.1}))


@pytest.mark.parametrize("t", [-3, -1, 2, 4])
@pytest.mark.filterwarnings("error")
def test_a_caricature_has_the_colours_and_the_age_of_people(t):
    """Light and dark skin: far beyond them there is no pigment left, or more than people have."""
    pale, dark = (replace(ANYBODY, looks=replace(ANYBODY.looks, melanin=m)) for m in (0.1, 2.0))
    made = Person.between(pale, replace(dark, traits=ANOTHER.traits), t)
    assert made.looks.melanin == (0.05 if t < 0 else 2.2)
    assert 18 <= made.traits.age <= 85 and 0 <= made.traits.masculinity <= 1
    assert min(made.traits.ancestry) >= 0 and sum(made.traits.ancestry) == pytest.approx(1)
    assert render(made, Scene(), 32).mask.any()


def test_distance_looks_at_the_face_that_is_worn():
    worn = ANYBODY.with_face_of(ANOTHER)
    apart = Person.distance(ANYBODY, ANOTHER)
    assert Person.distance(worn, ANOTHER) == 0 and Person.distance(worn, ANYBODY) == apart
    own_tone = ANYBODY.with_face_of(ANOTHER, tone="a")
    assert 0 < Person.distance(own_tone, ANOTHER) < apart
    assert 0 < Person.distance(own_tone, ANYBODY) < apart


def test_two_people_are_as_far_apart_as_the_text_says():
    people = [Person.from_seed(seed) for seed in range(200)]
    distances = [Person.distance(*pair) for pair in zip(people[::2], people[1::2], strict=True)]
    said = re.search(r"about ([\d.]+) for two people", Person.distance.__doc__).group(1)
    assert np.mean(distances) == pytest.approx(float(said), abs=0.1)


def test_the_own_face_comes_back():
    assert ANYBODY.with_face_of(ANOTHER).with_face_of(ANYBODY) == ANYBODY
    assert ANYBODY.with_face_of(ANOTHER, tone="a").with_face_of(ANYBODY, tone="a") == ANYBODY


@pytest.mark.parametrize("other, says", [
    (lambda: None, "needs a Frame"),
    (lambda: render(ANYBODY, Scene(), 48), "same people and size"),
    (lambda: render(ANYBODY, Scene(occluder="glasses"), 64), "same hair and occluder"),
    (lambda: render(ANYBODY.with_face_of(ANOTHER), Scene(), 64), "its true swap"),
])  # fmt: skip
def test_flow_needs_the_same_surfaces(other, says):
    with pytest.raises(StudioError, match=says):
        render(ANYBODY, Scene(), 64).flow_to(other())


def test_the_face_model_cannot_be_spoiled():
    model = load_model()
    index, displacements = model.units["jawOpen"]
    for array in (*model.arrays.values(), model.targets, index, displacements):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = array
