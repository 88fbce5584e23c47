"""Aligned crops straight from the camera, held against what ``render`` and a warp make."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from scipy.spatial import cKDTree

from facelab.studio import Camera, Crops, Person, Scene, StudioError, crops, render
from facelab.studio.alignment import COVERAGE, crop_matrix, mean_face, similarity
from facelab.studio.body import body_of
from facelab.studio.crops import TOGETHER, TRUTHS, _ending_small
from facelab.studio.model import load_model

A, B = Person.from_seed(9), Person.from_seed(24)


def clean(scene):
    """The scene without noise and JPEG, which each picture has of its own."""
    return scene.with_(camera=replace(scene.camera, noise=0.0, jpeg=None))


def random_scenes(count, seed=4):
    rng = np.random.default_rng(seed)
    return [clean(Scene.random(rng)) for _ in range(count)]


def aligned(frame, matrix, size, finer):
    """Render-then-align: a fine frame warped onto ``finer`` times the crop, then averaged."""
    whence = finer * matrix
    whence[:, 2] += 0.5 * (whence[:, 0] + whence[:, 1]) - 0.5  # OpenCV's centres are at 0
    big = (finer * size,) * 2
    warped = [
        cv2.warpAffine(layer.astype(np.float32), whence, big, borderMode=cv2.BORDER_REPLICATE)
        for layer in (frame.image, frame.mask)
    ]
    return [cv2.resize(layer, (size, size), interpolation=cv2.INTER_AREA) for layer in warped]


def halved(layer):
    """A layer of 256 pixels at 128, so that its four samples a pixel become sixteen."""
    return cv2.resize(np.float32(layer), (128, 128), interpolation=cv2.INTER_AREA)


def psnr(a, b, where):
    return 10 * np.log10(255**2 / np.mean((a.astype(float) - b)[where] ** 2))


@pytest.fixture(scope="module")
def drawn():
    """Two people in four scenes: crops of 256 px, and frames fine enough to be warped."""
    people, scenes = [A, B, A, B], random_scenes(4)
    found = crops(people, scenes, size=256)
    return found, [render(*shot, size=1024) for shot in zip(people, scenes, strict=True)]


def test_crops_agree_with_frames_that_are_drawn_first_and_warped_then(drawn):
    found, frames = drawn
    for k, frame in enumerate(frames):
        theirs = aligned(frame, found.from_frame(1024)[k], 256, 2)
        ours = found.image[k], found.mask[k]
        (image, mask), (our_image, our_mask) = map(halved, theirs), map(halved, ours)
        assert psnr(our_image, image, our_mask > 0.5) > 35
        assert np.abs(our_mask - mask).mean() < 0.01


def test_landmarks_are_those_of_the_frame_moved(drawn):
    found, frames = drawn
    for k, frame in enumerate(frames):
        matrix = found.from_frame(1024)[k]
        moved = frame.landmarks @ matrix[:, :2].T + matrix[:, 2]
        assert np.abs(moved - found.landmarks[k]).max() < 0.1
        assert np.allclose(matrix, crop_matrix(frame.landmarks, 256), atol=1e-3)


def test_other_truths_are_those_of_a_frame_that_the_camera_saw_alike():
    """A window that happens to be the scene's own picture shows what ``render`` shows."""
    from facelab.studio.closeup import closeup
    from facelab.studio.figure import posed
    from facelab.studio.geometry import View

    scene = random_scenes(1, seed=2)[0].with_(occluder="glasses")
    same = View.of(scene.camera, 1, 1).through(np.float64([[128, 0, 0], [0, 128, 0]]), 128)
    found, frame = closeup(posed(A, scene), same, set(TRUTHS)), render(A, scene, 128)
    for name in TRUTHS:
        ours, theirs = np.float64(found[name]), np.float64(getattr(frame, name))
        same = np.isclose(ours, theirs, atol=1.5 if name == "image" else 0.02)
        assert same.mean() > 0.995, name


@pytest.mark.parametrize("background, camera, least", [
    ("room", Camera(), 38), ("wall", Camera(), 32), ("outdoor", Camera(), 40),
    ("room", Camera(x=-110.0, blur=0.0), 33), ("outdoor", Camera(x=-110.0, blur=0.0), 33),
])  # fmt: skip
def test_the_backdrop_is_that_of_the_frame_also_beyond_its_border(background, camera, least):
    """A crop so wide that much backdrop shows; within the frame, it is the frame's."""
    scene = clean(Scene(background=background, yaw=20, roll=25, seed=5, camera=camera))
    found = crops(A, scene, size=96, coverage=0.3, truths=("image", "parts"))
    matrix = found.from_frame(512)[0]
    image, _ = aligned(render(A, scene, 512), matrix, 96, 2)
    framed = cv2.warpAffine(np.full((512, 512), 255, np.uint8), 2 * matrix, (192, 192))
    framed = cv2.resize(framed, (96, 96), interpolation=cv2.INTER_AREA) == 255
    behind = found.parts[0] == 0
    assert 0.3 < framed.mean() < 0.9
    assert psnr(found.image[0], image, framed & behind) > least
    assert found.image[0][behind & ~framed].std() > 1


def test_the_same_bytes_with_any_number_of_workers():
    rng = np.random.default_rng(1)
    scenes = [Scene.random(rng) for _ in range(10)]
    people = [A, B] * 5
    one, many = (crops(people, scenes, size=48, faces=B, workers=w) for w in (1, 3))
    for ours, theirs in ((one, many), (one.swap, many.swap)):
        assert all(np.array_equal(ours.arrays[n], theirs.arrays[n]) for n in ours.arrays)


def test_the_true_swap_is_drawn_in_the_targets_window():
    scene = random_scenes(1, seed=7)[0]
    found = crops(A, scene, size=64, faces=B, tone="a")
    swap = crops(A.with_face_of(B, "a"), scene, size=64)
    assert np.array_equal(found.matrix, found.swap.matrix)
    assert not np.array_equal(found.matrix, swap.matrix)
    # far from the face it is the target, in it it is not
    outside = (found.swap.mask[0] == 0) & (found.mask[0] == 0)
    change = np.abs(found.image[0].astype(int) - found.swap.image[0]).max(-1)
    assert outside.mean() > 0.1 and (change[outside] <= 2).mean() > 0.95
    assert change[found.mask[0] > 0.9].mean() > 5


def test_what_target_and_swap_share_is_what_either_would_have_made():
    """The swap drawn after its target is the swap drawn alone in that window."""
    from facelab.studio.closeup import closeup, pixel_of, window_of
    from facelab.studio.figure import posed

    pixel = pixel_of(64, COVERAGE)
    for scene in random_scenes(3, seed=3):
        found = crops(A, scene, size=64, faces=B)
        view, _ = window_of(posed(A, scene), 64, COVERAGE)
        alone = closeup(posed(A.with_face_of(B), scene, pixel=pixel), view, {"image"})["image"]
        assert np.isclose(found.swap.image[0], alone, rtol=0, atol=1).mean() > 0.999


def test_the_last_tasks_are_single_crops_and_none_is_left_out():
    tasks = [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert _ending_small(tasks, 2) == [[0, 1, 2, 3], *([k] for k in range(4, 12))]
    assert _ending_small(tasks, 3) == tasks


def test_truths_that_nobody_asked_for_change_no_picture():
    scene = random_scenes(1, seed=11)[0]
    few, all_ = crops(B, scene, size=64), crops(B, scene, size=64, truths=TRUTHS)
    assert all(np.array_equal(few.arrays[n], all_.arrays[n]) for n in few.arrays)


def test_hair_from_afar_has_fewer_points_and_covers_as_much():
    """Half the hairs twice as wide at two millimetres a pixel, brows and lashes all; no strand is
    off by more than a quarter of a pixel, and roots and tips stay."""
    strands, part = body_of(B).strands, load_model().part
    near, every = strands.from_afar(1)
    assert every.all() and np.array_equal(near.root, strands.root)
    assert len(near.points) < 0.9 * len(strands.points)
    ends = strands.starts[1:] - 1
    assert np.array_equal(near.points[near.starts[1:] - 1], strands.points[ends])
    tree = cKDTree(np.concatenate([_between(near, k) for k in range(200)]))
    far_off, _ = tree.query(strands.points[: strands.starts[200]])
    assert far_off.max() < 0.3
    far, stay = strands.from_afar(2)
    few = np.isin(strands.part, [part["brows"], part["lashes"]])
    fine = strands.thin[strands.starts[:-1]] & ~few
    assert stay[~fine].all() and stay[fine].mean() == pytest.approx(0.5, abs=0.01)
    assert np.allclose(near.areas, strands.areas, rtol=1e-4)
    assert far.areas[fine[stay]].sum() == pytest.approx(strands.areas[fine].sum(), rel=0.03)
    assert far.thin[far.starts[:-1]].sum() == (fine | few)[stay].sum()


def _between(strands, number):
    """Points (n,3) close together on one strand."""
    path = strands.points[strands.starts[number] : strands.starts[number + 1]]
    steps = np.linspace(0, len(path) - 1, 40 * len(path))
    return np.stack([np.interp(steps, np.arange(len(path)), axis) for axis in path.T], 1)


def test_target_and_swap_share_backdrop_and_shadow(monkeypatch):
    from facelab.studio import closeup

    scene, called = random_scenes(1)[0], []
    for name in ("backdrop_through", "cast_shadows"):
        inner = getattr(closeup, name)

        def counted(*given, inner=inner, name=name, **named):
            called.append((name, named.get("own", True)))
            return inner(*given, **named)

        monkeypatch.setattr(closeup, name, counted)
    crops(A, scene, size=64, faces=B, coverage=0.4)
    assert sorted(called) == [
        ("backdrop_through", True), ("cast_shadows", False), ("cast_shadows", True),
    ]  # fmt: skip


def test_only_what_is_asked_for_is_worked_out(monkeypatch):
    from facelab.studio import closeup

    scene = random_scenes(1)[0]
    whole = crops(A, scene, size=48, truths=TRUTHS)

    def refuse(*_):
        raise AssertionError("not needed")

    monkeypatch.setattr(closeup, "cast_shadows", refuse)
    dark = crops(A, scene, size=48, truths=("mask", "parts", "depth", "visible"))
    monkeypatch.setattr(closeup, "shade", refuse)
    points = crops(A, scene, size=48, truths="landmarks")
    for part in (dark, points):
        assert all(np.array_equal(part.arrays[n], whole.arrays[n]) for n in part.arrays)
    with pytest.raises(StudioError, match="Crop 0 .*not needed"):
        crops(A, scene, size=48, truths="image")
    with pytest.raises(AttributeError, match="truths"):
        points.image  # noqa: B018


def test_results_keep_the_order_in_which_they_were_asked_for():
    people, scenes = [A, B, A, B, B], random_scenes(5)
    found = crops(people, scenes, size=32)
    assert isinstance(found, Crops) and len(found) == 5
    for k in (1, 2):
        alone = crops(people[k], scenes[k], size=32)
        assert np.array_equal(alone.image[0], found.image[k])


def test_progress_is_told_and_ends_with_all():
    told = []
    asked = {"size": 16, "truths": "landmarks", "workers": 2}
    crops(A, random_scenes(20), **asked, progress=lambda *n: told.append(n))
    done = [drawn for drawn, _ in told]
    steps = np.diff([0, *done])
    assert sorted(steps) == [1] * 2 * TOGETHER + [TOGETHER] * 3
    assert told[-1] == (20, 20) and {total for _, total in told} == {20}


@pytest.mark.parametrize("wrong, word", [
    (dict(size=8), "size"), (dict(truths=("image", "smell")), "smell.*head_mask"),
    (dict(truths=()), "truths"), (dict(coverage=3), "coverage"), (dict(workers=0), "workers"),
    (dict(people=[A, B], scenes=[Scene()] * 3), "2 people for 3"), (dict(people=[]), "Person"),
    (dict(scenes="dark"), "Scene"), (dict(faces=[A, 7]), "int"), (dict(faces=B, tone="c"), "tone"),
])  # fmt: skip
def test_what_cannot_be_drawn_is_refused(wrong, word):
    with pytest.raises(StudioError, match=word):
        crops(**{"people": A, "scenes": Scene(), **wrong})


# --- alignment ------------------------------------------------------------------------------------


def test_a_similarity_is_found_again():
    rng, turn = np.random.default_rng(3), np.radians(31)
    points = rng.normal(size=(51, 2)) * 40
    rotation = 1.7 * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = similarity(points, points @ rotation.T + [5, -8])
    assert np.allclose(matrix, np.column_stack([rotation, [5, -8]]))


def test_the_similarity_is_the_one_with_the_least_error():
    rng = np.random.default_rng(4)
    points, onto = rng.normal(size=(2, 51, 2))
    best = similarity(points, onto)

    def error(matrix):
        return np.square(points @ matrix[:, :2].T + matrix[:, 2] - onto).sum()

    for _ in range(50):
        (a, b, x, y) = rng.normal(size=4) * 0.05
        assert error(best) < error(best + [[a, -b, x], [b, a, y]])


def test_the_mean_face_fills_its_share_of_a_crop():
    assert mean_face().shape == (51, 2) and np.ptp(mean_face()[:, 0]) == pytest.approx(1)
    matrix = crop_matrix(mean_face() * 300, 128, coverage=0.5)
    placed = mean_face() * 300 @ matrix[:, :2].T + matrix[:, 2]
    assert (placed.min(0) + placed.max(0)) / 2 == pytest.approx([64, 64])
    assert np.ptp(placed[:, 0]) == pytest.approx(64)


def test_points_that_are_no_face_are_refused():
    with pytest.raises(StudioError, match="68 or 51"):
        crop_matrix(np.zeros((5, 2)), 128)
