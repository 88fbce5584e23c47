"""Finding faces: the input door, the four detectors, the landmarks, the folder reader."""

import sys
import tracemalloc
from dataclasses import FrozenInstanceError, replace

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data, transform

from facelab import faces
from facelab.faces import (
    DetectedFace,
    DetectorError,
    ImageError,
    MethodError,
    NoFaceError,
    as_rgb,
    detect,
    detect_each,
    distance,
    draw_landmarks,
    embed,
    find_faces,
    iou,
    landmarks,
    mirrored,
    models,
    read_image,
)

FACE_BOX = (175, 70, 268, 170)  # where the astronaut's face is, by eye
FAST_METHODS = ["haar", "hog", "face_recognition"]
slow_mtcnn = pytest.param("mtcnn", marks=pytest.mark.slow)  # imports TensorFlow


@pytest.fixture(scope="module")
def portrait():
    return data.astronaut()  # NASA, public domain; only ever measured


@pytest.fixture(scope="module")
def face(portrait):
    return detect(portrait)[0]


@pytest.fixture(scope="module")
def points(portrait, face):
    return landmarks(portrait, face)


# The input door


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 1), (3, 4, 3)])
def test_grey_and_rgb_become_rgb(shape):
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    rgb = as_rgb(image)
    assert rgb.shape == (3, 4, 3) and rgb.dtype == np.uint8
    assert (rgb == image.reshape(3, 4, -1)).all()


def test_an_rgb_picture_is_not_copied(portrait):
    assert as_rgb(portrait) is portrait


def test_transparent_pixels_lie_over_white():
    image = np.zeros((1, 3, 4), np.uint8)
    image[0, :, 3] = 255, 0, 51
    assert as_rgb(image)[0, :, 0].tolist() == [0, 255, 204]
    assert as_rgb(image[..., 2:])[0, :, 0].tolist() == [0, 255, 204]


def test_sixteen_bits_keep_black_white_and_order():
    image = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    grey = as_rgb(image)[..., 0].ravel()
    assert grey[0] == 0 and grey[-1] == 255 and (np.diff(grey.astype(int)) >= 0).all()
    assert (grey[np.arange(256) * 257] == np.arange(256)).all()


def test_a_mask_becomes_black_and_white():
    assert as_rgb(np.array([[True, False]]))[0, :, 0].tolist() == [255, 0]


@pytest.mark.parametrize(
    "thing, word",
    [
        (None, "None"),
        ("face.png", "read_image"),
        ([[1, 2], [3, 4]], "NumPy array"),
        (np.zeros((4, 4, 3)), "255"),
        (np.zeros((4, 4, 3), np.float32), "float"),
        (np.zeros((4, 4, 3), np.int64), "int64"),
        (np.zeros((0, 4, 3), np.uint8), "empty"),
        (np.zeros((3, 40, 40), np.uint8), "shape"),
        (np.zeros((2, 4, 4, 3), np.uint8), "shape"),
        (np.zeros(7, np.uint8), "shape"),
    ],
)
def test_what_is_not_a_picture_is_refused_in_words(thing, word):
    with pytest.raises(ImageError, match=word):
        as_rgb(thing)
    with pytest.raises(ValueError):
        detect(thing)


def test_small_32_bit_values_are_not_taken_for_16_bits():
    levels = Image.fromarray(np.tile(np.arange(256, dtype=np.int32), (32, 1)))
    assert levels.mode == "I"
    with pytest.raises(ImageError, match="ambiguous"):
        as_rgb(levels)
    assert not as_rgb(Image.new("I", (4, 4), 0)).any()
    assert as_rgb(Image.new("I", (4, 4), 65535)).min() == 255


@pytest.mark.parametrize("max_side", [0, -1, 15, None, "200", float("nan")])
def test_a_picture_is_not_searched_in_next_to_nothing(portrait, max_side):
    with pytest.raises(ImageError, match="max_side"):
        detect(portrait, max_side=max_side)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I"])
def test_every_common_file_mode_is_read(tmp_path, mode):
    grey = Image.fromarray(np.tile(np.arange(0, 256, 8, dtype=np.uint8), (32, 1)))
    wide = grey.point(lambda v: v * 257, "I")
    picture = wide if mode == "I" else wide.convert(mode) if mode == "I;16" else grey.convert(mode)
    path = tmp_path / ("picture.tif" if mode in ("CMYK", "I") else "picture.png")
    picture.save(path)
    image = read_image(path)
    assert image.shape == (32, 32, 3) and image.dtype == np.uint8
    assert image[:, -8:].mean() > 150 > 100 > image[:, :8].mean()


STORED_AS = {  # the EXIF orientation of a picture that was stored after this turn
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation, turn", STORED_AS.items())
def test_rotated_files_come_out_upright(tmp_path, portrait, orientation, turn):
    upright = Image.fromarray(portrait[:200, 100:340])
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = upright if turn is None else upright.transpose(turn)
    stored.save(tmp_path / "phone.png", exif=exif)
    assert (read_image(tmp_path / "phone.png") == np.asarray(upright)).all()


def test_files_that_cannot_be_read_say_so(tmp_path, portrait):
    with pytest.raises(FileNotFoundError, match=r"none\.jpg"):
        read_image(tmp_path / "none.jpg")
    (tmp_path / "text.jpg").write_text("no picture at all")
    with pytest.raises(ImageError, match=r"text\.jpg"):
        read_image(tmp_path / "text.jpg")
    (tmp_path / "empty.png").touch()
    with pytest.raises(ImageError, match=r"empty\.png"):
        read_image(tmp_path / "empty.png")


def test_a_file_cut_short_is_refused_even_after_face_recognition_came_in(tmp_path, portrait):
    models.recognition()  # the package tells Pillow to accept cut-off files; we take that back
    Image.fromarray(portrait).save(tmp_path / "whole.jpg")
    whole = (tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ImageError, match=r"cut\.jpg"):
        read_image(tmp_path / "cut.jpg")


def test_a_picture_that_unpacks_to_an_absurd_size_is_refused(tmp_path, monkeypatch):
    Image.new("L", (300, 300)).save(tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(ImageError, match="too large"):
        read_image(tmp_path / "bomb.png")


# The detectors


@pytest.mark.parametrize("method", [*FAST_METHODS, slow_mtcnn])
def test_each_method_finds_the_astronaut_first(portrait, method):
    first, *rest = detect(portrait, method)
    assert iou(first.box, FACE_BOX) > 0.6
    assert first.method == method and first.image is portrait
    assert all(not face.score > first.score for face in rest)


@pytest.mark.parametrize("method", [*FAST_METHODS, slow_mtcnn])
def test_a_picture_without_a_face_has_none(method):
    assert detect(data.brick(), method) == []


@pytest.mark.parametrize("method", [*FAST_METHODS, slow_mtcnn])
def test_several_faces_are_all_found(portrait, method):
    head = portrait[20:230, 110:330]
    found = detect(np.hstack([head, head[:, ::-1], head]), method)
    centres = sorted(face.centre[0] // 220 for face in found)
    assert centres == [0, 1, 2]


@pytest.mark.parametrize("method", [*FAST_METHODS, slow_mtcnn])
def test_a_huge_picture_is_searched_small_and_answered_large(portrait, method):
    huge = np.repeat(np.repeat(portrait, 8, 0), 8, 1)
    face = detect(huge, method)[0]
    assert iou(face.box, tuple(8 * v for v in FACE_BOX)) > 0.6
    assert face.image is huge


@pytest.mark.parametrize("method", [*FAST_METHODS, slow_mtcnn])
@pytest.mark.parametrize("shape", [(1, 1, 3), (15, 400, 3), (300, 8)])
def test_tiny_pictures_are_refused(method, shape):
    with pytest.raises(ImageError, match="at least 16"):
        detect(np.zeros(shape, np.uint8), method)


@pytest.mark.parametrize("method", [*FAST_METHODS, slow_mtcnn])
@pytest.mark.parametrize("shape", [(16, 16), (16, 3000), (4000, 20)])
def test_small_and_narrow_pictures_are_searched(method, shape):
    assert detect(np.full(shape, 90, np.uint8), method) == []


@pytest.mark.parametrize("method", [*FAST_METHODS, slow_mtcnn])
def test_other_kinds_of_picture_give_the_same_face(portrait, method):
    wanted = detect(portrait, method)[0].box
    clear = np.dstack([portrait, np.full(portrait.shape[:2], 255, np.uint8)])
    for same in (portrait.astype(np.uint16) * 257, clear, Image.fromarray(portrait)):
        assert detect(same, method)[0].box == wanted
    view = np.asfortranarray(np.dstack([portrait, portrait]))[..., 3:]  # not contiguous
    assert detect(view, method)[0].box == wanted


def test_a_grey_picture_still_has_its_face(portrait):
    grey = cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY)
    assert iou(detect(grey)[0].box, FACE_BOX) > 0.6


def test_hog_meets_a_false_face_when_it_doubles_the_picture(portrait):
    """The astronaut's badge: the best face comes first, so `[0]` is still she."""
    found = detect(portrait, upsample=1)
    assert len(found) == 2 and iou(found[0].box, FACE_BOX) > 0.6
    assert found[0].score > 1 > found[1].score > 0


def test_face_recognition_knows_two_detectors(portrait):
    with pytest.raises(MethodError, match="hog"):
        detect(portrait, "face_recognition", model="yolo")


@pytest.mark.slow
def test_the_cnn_of_face_recognition_finds_her(portrait):
    half = cv2.resize(portrait, (256, 256), interpolation=cv2.INTER_AREA)
    face = detect(half, "face_recognition", model="cnn")[0]
    assert iou(face.box, tuple(v / 2 for v in FACE_BOX)) > 0.6


@pytest.mark.parametrize("method", ["", "HOG", "yolo", None, ["hog"]])
def test_an_unknown_method_gets_the_list(portrait, method):
    with pytest.raises(MethodError, match="haar, hog, mtcnn, face_recognition"):
        detect(portrait, method)
    with pytest.raises(MethodError):
        find_faces([], method)


def test_one_more_detector_is_one_more_entry(portrait, monkeypatch):
    found = faces.detectors.Found((1, 2, 3, 4), 0.5)
    monkeypatch.setitem(faces.DETECTORS, "mine", lambda image: [found])
    assert detect(portrait, "mine")[0].box == (1, 2, 3, 4)


def test_opencv_5_is_told_apart_from_a_picture_without_faces(portrait, monkeypatch):
    models.haar_cascade.cache_clear()
    monkeypatch.delattr(cv2, "CascadeClassifier")
    with pytest.raises(DetectorError, match="OpenCV .* no Haar cascades"):
        detect(portrait, "haar")


def test_a_missing_package_is_named_with_its_remedy(portrait, monkeypatch):
    models.recognition.cache_clear()
    monkeypatch.setitem(sys.modules, "face_recognition_models", None)
    with pytest.raises(DetectorError, match="face_recognition_models.*setuptools<81"):
        detect(portrait, "face_recognition")
    models.recognition.cache_clear()


def test_models_are_loaded_once():
    assert models.recognition() is models.recognition()
    assert models.hog_detector() is models.hog_detector()


@pytest.mark.slow
def test_only_mtcnn_brings_in_tensorflow():
    import subprocess

    code = (
        "import sys\nfrom skimage import data\nfrom facelab.faces import detect, embed\n"
        "image = data.astronaut()\n"
        "for method in ('haar', 'hog', 'face_recognition'):\n"
        "    embed(image, detect(image, method)[0])\n"
        "print('tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]


@pytest.mark.slow
def test_mtcnn_answers_in_batches_as_it_does_alone(portrait):
    half = cv2.resize(portrait, (256, 256), interpolation=cv2.INTER_AREA)
    wall = np.full_like(half, 90)
    for batch in ([half, wall, half[:, ::-1]], [half, portrait]):
        together = detect_each(batch, "mtcnn")
        assert [len(found) for found in together] == [len(detect(i, "mtcnn")) for i in batch]
        for image, found in zip(batch, together, strict=True):
            for a, b in zip(found, detect(image, "mtcnn"), strict=True):
                assert np.allclose(a.box, b.box, atol=0.1)
                assert np.allclose(a.landmarks, b.landmarks, atol=0.1)


# Half a pixel


def several_views(portrait, n=40):
    rng = np.random.default_rng(5)
    for scale, x, y in zip(rng.uniform(0.6, 1, n), *rng.integers(0, 60, (2, n)), strict=True):
        view = portrait[y : y + 300, x : x + 400]
        yield cv2.resize(view, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def test_dlib_points_of_a_mirrored_picture_mirror(portrait):
    """Off by half a pixel, the mean difference would be one whole pixel."""
    differences = []
    for view in several_views(portrait):
        width = view.shape[1]
        face = DetectedFace(detect(view, upsample=1)[0].box)
        other = DetectedFace((width - face.right, face.top, width - face.left, face.bottom))
        there = mirrored(landmarks(view[:, ::-1], other), width)
        differences.append(landmarks(view, face) - there)
    assert np.abs(np.mean(differences, axis=(0, 1))).max() < 0.15


@pytest.mark.slow
def test_mtcnn_points_of_a_mirrored_picture_mirror(portrait):
    order = [1, 0, 2, 4, 3]
    differences = []
    for view in several_views(portrait):
        there = detect(view[:, ::-1], "mtcnn")[0].landmarks[order]
        there = there * [-1, 1] + [view.shape[1], 0]
        differences.append(detect(view, "mtcnn")[0].landmarks - there)
    assert np.abs(np.mean(differences, axis=(0, 1))).max() < 0.4


def test_dlib_rectangles_go_there_and_back():
    box = (3.0, 5.0, 20.0, 31.0)
    rectangle = faces.dlib_shapes.rectangle_of(box)
    assert (rectangle.width(), rectangle.height()) == (17, 26)
    assert faces.dlib_shapes.box_of(rectangle) == box


def test_dlib_points_go_there_and_back(points, face):
    shape = faces.dlib_shapes.shape_of(face.box, points)
    assert (faces.dlib_shapes.points_of(shape) == points).all()


def test_a_drawn_point_is_centred_where_it_is():
    canvas = np.zeros((41, 61, 3), np.uint8)
    drawn = draw_landmarks(canvas, [(20.0, 30.5)], colour=(255, 255, 255))[..., 0] / 255
    y, x = np.mgrid[:41, :61] + 0.5
    centre = (drawn * x).sum() / drawn.sum(), (drawn * y).sum() / drawn.sum()
    assert np.allclose(centre, (20.0, 30.5), atol=0.1)


# DetectedFace


def test_a_face_is_frozen_and_knows_its_sides():
    face = DetectedFace((10.0, 20.0, 40.0, 60.0))
    assert (face.left, face.top, face.right, face.bottom) == face.box
    assert (face.width, face.height, face.area, face.centre) == (30, 40, 1200, (25, 40))
    with pytest.raises(FrozenInstanceError):
        face.box = (0, 0, 1, 1)


def test_a_crop_is_a_copy_with_its_margin(portrait):
    face = DetectedFace((10.0, 20.0, 40.0, 60.0), image=portrait)
    assert (face.crop() == portrait[20:60, 10:40]).all()
    assert face.crop(0.1).shape == (48, 36, 3)
    assert not np.shares_memory(face.crop(), portrait)
    assert face.crop(1).shape == (40 + 40 + 20, 30 + 30 + 10, 3)  # cut off at the picture's corner


def test_a_crop_outside_the_picture_is_empty(portrait):
    face = DetectedFace((-50.0, -50.0, -10.0, -10.0), image=portrait)
    assert face.crop().size == 0


def test_a_face_without_its_picture_cannot_be_cropped(face):
    with pytest.raises(ValueError, match="picture"):
        replace(face, image=None).crop()


def test_iou_of_known_boxes():
    box = (0, 0, 2, 2)
    assert iou(box, box) == 1
    assert iou(box, (2, 0, 4, 2)) == 0
    assert iou(box, (1, 1, 3, 3)) == pytest.approx(1 / 7)
    assert iou(box, (0, 0, 1, 1)) == 0.25
    assert iou((0, 0, 0, 0), (0, 0, 0, 0)) == 0


# Landmarks


def test_68_points_lie_on_the_face(points, face):
    assert points.shape == (68, 2) and points.dtype == np.float32
    inner = points[17:]
    assert (inner >= (face.left, face.top)).all() and (inner <= (face.right, face.bottom)).all()


def test_the_parts_are_in_order_on_an_upright_face(points):
    x, y = points.T
    assert x[36] < x[39] < x[42] < x[45]  # eye corners, image left to right
    assert y[17:27].max() < y[27] < y[30] < y[33] < y[51] < y[57] < y[8]
    assert x[0] == x.min() and x[16] == x.max()


def test_the_parts_cover_each_point_once():
    indices = [i for part in faces.PARTS.values() for i in part]
    assert indices == list(range(68))


def test_mirroring_twice_changes_nothing(points):
    assert (faces.MIRROR[faces.MIRROR] == np.arange(68)).all()
    assert np.allclose(mirrored(mirrored(points, 512), 512), points)


def test_mirroring_keeps_each_point_in_its_part_or_the_opposite_one():
    names = list(faces.PARTS)
    part = np.concatenate([[n] * len(p) for n, p in enumerate(faces.PARTS.values())])
    for mine, other in zip(part, part[faces.MIRROR], strict=True):
        swapped = names[mine].replace("left", "*").replace("right", "left").replace("*", "right")
        assert names[other] == swapped


def test_mirroring_matches_what_dlib_says_of_a_mirrored_picture(portrait, points):
    other = portrait[:, ::-1]
    assert np.abs(mirrored(landmarks(other, detect(other)[0]), 512) - points).mean() < 1


def test_the_nose_line_reaches_its_other_wing_and_stays_open(points):
    nose = [list(line) for line, closed in faces.POLYLINES if 30 in line and 31 in line]
    assert nose == [[30, 31, 32, 33, 34, 35]]
    assert (range(30, 36), False) in faces.POLYLINES
    drawing = draw_landmarks(np.zeros((512, 512, 3), np.uint8), points)
    x, y = (points[35] - 0.5).round().astype(int)
    assert drawing[y - 1 : y + 2, x - 1 : x + 2].any()


def test_each_point_is_drawn():
    rng = np.random.default_rng(1)
    scattered = rng.uniform(20, 980, (68, 2))
    drawing = draw_landmarks(np.zeros((1000, 1000), np.uint8), scattered).any(2)
    for x, y in scattered.astype(int):
        assert drawing[y - 2 : y + 3, x - 2 : x + 3].any()


def test_drawing_leaves_the_picture_alone(portrait, points):
    before = portrait.copy()
    drawing = draw_landmarks(portrait, points, colour=(255, 0, 0), dots=True)
    assert (portrait == before).all() and (drawing != portrait).any()
    changed = drawing[(drawing != portrait).any(2)].astype(int)
    assert changed[:, 0].mean() > 150 > changed[:, 2].mean()  # the first channel is red


@pytest.mark.parametrize("wrong", [
    dict(points=np.zeros(136)), dict(points=np.zeros((68, 3))), dict(points=None),
    dict(points="points"), dict(points=np.full((68, 2), np.nan)), dict(points=[(1e12, 0)]),
    dict(colour="red"), dict(colour=(0, 0)), dict(colour=(0, 0, 256)), dict(colour=(0.5, 0, 0)),
    dict(colour=None), dict(thickness=0), dict(thickness=1001), dict(thickness=1.5),
    dict(thickness="2"),
])  # fmt: skip
def test_what_cannot_be_drawn_is_refused(portrait, points, wrong):
    with pytest.raises(ImageError, match=next(iter(wrong))):
        draw_landmarks(portrait, **{"points": points} | wrong)


def test_points_beyond_the_picture_are_cut_off():
    outside = np.full((68, 2), 1e4)
    assert not draw_landmarks(np.zeros((64, 64, 3), np.uint8), outside).any()


def test_an_unknown_landmarker_gets_the_list(portrait, face):
    with pytest.raises(MethodError, match="dlib, mtcnn"):
        landmarks(portrait, face, "68")


@pytest.mark.slow
def test_mtcnn_places_five_points_near_those_of_dlib(portrait, face, points):
    five = landmarks(portrait, face, "mtcnn")
    eyes = points[36:42].mean(0), points[42:48].mean(0)
    assert five.shape == (5, 2) and five.dtype == np.float32
    assert np.abs(five - [*eyes, points[30], points[48], points[54]]).max() < 6


@pytest.mark.slow
def test_mtcnn_has_no_points_where_it_sees_no_face(portrait):
    with pytest.raises(NoFaceError):
        landmarks(portrait, DetectedFace((400.0, 400.0, 480.0, 480.0)), "mtcnn")


# Recognition


def test_an_embedding_knows_a_face_again(portrait, face, points):
    code = embed(portrait, face)
    assert code.shape == (128,) and code.dtype == np.float32
    assert (code == embed(portrait, replace(face, landmarks=points))).all()
    turned = np.uint8(transform.rotate(portrait, 8, center=face.centre, preserve_range=True))
    assert distance(code, embed(turned, detect(turned)[0])) < faces.SAME_PERSON / 2


def test_an_embedding_tells_a_face_from_a_wall(portrait, face):
    wall = as_rgb(data.brick())
    assert distance(embed(portrait, face), embed(wall, face)) > faces.SAME_PERSON


NAN = float("nan")


@pytest.mark.parametrize("read", [landmarks, embed])
@pytest.mark.parametrize("wrong, says", [
    (None, "DetectedFace"), ((10, 10, 90, 90), "DetectedFace"), (DetectedFace(None), "four finite"),
    (DetectedFace((1, 2, 3)), "four finite"), (DetectedFace((0, 0, 50, NAN)), "four finite"),
    (DetectedFace((50, 50, 50, 90)), "no pixel"), (DetectedFace((90, 90, 50, 50)), "no pixel"),
    (DetectedFace((600, 600, 700, 700)), "512 x 512"), (DetectedFace((-90, 0, -9, 9)), "no pixel"),
])  # fmt: skip
def test_a_face_that_is_none_or_elsewhere_is_refused(portrait, read, wrong, says):
    with pytest.raises(NoFaceError, match=says):
        read(portrait, wrong)


def test_landmarks_that_are_no_points_give_no_embedding(portrait, face, points):
    for wrong in (points * np.nan, points.ravel(), points[:, :1]):
        with pytest.raises(ImageError, match="points"):
            embed(portrait, replace(face, landmarks=wrong))


def test_a_face_may_reach_beyond_the_picture(portrait, face):
    half = np.ascontiguousarray(portrait[:, : int(face.centre[0]) + 10])
    assert np.isfinite(landmarks(half, face)).all()


# Folders


@pytest.fixture
def folder(tmp_path, portrait):
    Image.fromarray(portrait[:256, 80:336]).save(tmp_path / "a_face.jpg", quality=95)
    (tmp_path / "b_broken.PNG").write_bytes(b"\x89PNG\r\n\x1a\n but no more")
    Image.fromarray(np.zeros((5, 5, 3), np.uint8)).save(tmp_path / "c_tiny.png")
    Image.fromarray(data.brick()).save(tmp_path / "d_wall.png")
    (tmp_path / "e_notes.txt").write_text("left out")
    (tmp_path / "inside").mkdir()
    Image.fromarray(portrait[:256, 80:336]).save(tmp_path / "inside" / "f_face.png")
    return tmp_path


def test_a_broken_picture_never_stops_the_rest(folder):
    found = list(find_faces(folder))
    assert [p.path.name[0] for p in found] == ["a", "b", "c", "d"]
    assert [len(p.faces) for p in found] == [1, 0, 0, 0]
    assert [type(p.error) for p in found] == [type(None), ImageError, ImageError, type(None)]


def test_folders_inside_are_entered_when_asked(folder):
    assert [p.path.name[0] for p in find_faces(folder, recursive=True) if p.faces] == ["a", "f"]


def test_paths_in_any_iterable_will_do(folder):
    paths = (folder / name for name in ["d_wall.png", "none.png", "a_face.jpg"])
    found = list(find_faces(paths))
    assert [len(p.faces) for p in found] == [0, 0, 1]
    assert isinstance(found[1].error, FileNotFoundError)
    assert len(list(find_faces(folder / "a_face.jpg"))) == 1


def test_mistakes_of_the_caller_are_told_at_once(folder):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        find_faces(folder / "nowhere")
    with pytest.raises(TypeError):
        list(find_faces(folder, upsampel=1))


def test_a_detector_that_cannot_run_is_not_taken_for_broken_pictures(folder, monkeypatch):
    models.haar_cascade.cache_clear()
    monkeypatch.delattr(cv2, "CascadeClassifier")
    with pytest.raises(DetectorError):
        list(find_faces(folder, "haar"))


def test_ten_thousand_pictures_need_no_memory(folder, monkeypatch):
    """One is read at a time, and none before it is asked for."""
    read = []

    def counted(path):
        read.append(path)
        return np.zeros((1000, 1000, 3), np.uint8)

    monkeypatch.setattr(faces.folders, "read_image", counted)
    monkeypatch.setitem(
        faces.DETECTORS, "all", lambda image: [faces.detectors.Found((0.0, 0.0, 9.0, 9.0))]
    )
    pictures = find_faces((folder / f"{n}.png" for n in range(10_000)), "all")
    next(pictures)
    assert len(read) == 1
    tracemalloc.start()
    for _ in range(30):
        next(pictures)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 3_000_000
