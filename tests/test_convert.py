"""Convert: every choice does what its name says, and none of the book's mistakes is left.

The tests named after a bug hold its cure against the book's behaviour, written down here in a few
lines: the same check passes for the one and fails for the other.
"""

import inspect
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from facelab.blend import (
    COLOURS,
    MASKS,
    SHARPENERS,
    BlendError,
    Convert,
    MaskError,
    PointsError,
    Swapper,
    convert,
    hull_mask,
    match_colour,
    match_histogram,
    match_mean,
    poisson,
    softened,
)
from facelab.blend.clone import clone, clone_at, clone_centre, clone_shift
from facelab.blend.convert import admitted
from facelab.blend.placing import Place, cut_out, for_opencv, inverse, lay_back, moved
from facelab.blend.regions import mask_named
from facelab.faces import DetectedFace, Extract, box_around, get_faces, read_image
from facelab.measure.quality import psnr
from facelab.measure.steadiness import clone_tremble, displacement
from facelab.studio import Person, Scene, clip, crops, read_mark, render, save_image
from facelab.studio.alignment import COVERAGE, crop_matrix
from facelab.studio.door import NotOursError, admit

A, B = Person.from_seed(11), Person.from_seed(5)
TURNED = Scene(yaw=10, roll=12, expression={"jawOpen": 0.3}, seed=3)


class Recolour:
    """A swapper that adds to its crops and keeps the last ones that it saw."""

    size, coverage = 64, COVERAGE

    def __init__(self, add=0, size=64, coverage=COVERAGE, mask=None):
        self.add, self.size, self.coverage, self.mask, self.calls = add, size, coverage, mask, 0

    def __call__(self, crops):
        self.seen, self.calls = crops, self.calls + 1
        new = np.uint8(np.clip(crops.astype(int) + self.add, 0, 255))
        return new if self.mask is None else (new, np.full(crops.shape[:3], self.mask, np.float32))


class TrueSwap(Recolour):
    """A swapper that knows the answer: the truth cut out where its crop was cut out."""

    def __init__(self, truth, points, size=64):
        super().__init__(size=size)
        self.answer = cut_out(truth.image, crop_matrix(points, size, self.coverage), size)

    def __call__(self, crops):
        return np.repeat(self.answer[None], len(crops), 0)


@pytest.fixture(scope="module")
def frame():
    return render(A, TURNED, size=256)


@pytest.fixture(scope="module")
def truth():
    return render(A.with_face_of(B, "b"), TURNED, size=256)


@pytest.fixture(scope="module")
def two():
    return render([A, B], Scene(), size=160)


@pytest.fixture(scope="module")
def talk():
    """Points of a clip, a frame each."""
    return [render(A, scene, size=128).landmarks for scene in clip(A, "talk", seconds=0.5)]


def place_of(frame, size=64, coverage=COVERAGE):
    matrix = crop_matrix(frame.landmarks, size, coverage)
    return Place(frame.landmarks, matrix, size, frame.image.shape[:2])


def is_red(check, subject):
    """The check notices the book's behaviour."""
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check(subject)


# The book's names


def test_signatures_are_the_books():
    names = ["encoder", "blur_size", "seamless_clone", "mask_type", "erosion_kernel_size"]
    options = inspect.signature(Convert).parameters
    assert list(options)[:5] == names and list(options)[-1] == "kwargs"
    assert [options[name].default for name in names[1:]] == [2, False, "facehullandrect", None]
    wanted = {
        Convert.patch_image: "self image face_detected",
        Convert.apply_new_face: "self image new_face image_mask mat image_size size",
        Convert.get_new_face: "self image mat size",
        Convert.get_image_mask: "self image new_face face_detected mat image_size",
        convert: "converter item output_dir",
    }
    for function, parameters in wanted.items():
        assert " ".join(inspect.signature(function).parameters) == parameters


def test_the_books_steps_one_by_one_give_the_picture_of_patch_image(frame):
    converter = Convert(Recolour(30), mask_type="landmark-grown", erosion_kernel_size=3)
    face, size = frame.faces[0], (256, 256)
    mat = crop_matrix(face.landmarks, 64, converter.coverage)
    new = converter.get_new_face(frame, mat, 64)
    mask = converter.get_image_mask(frame, new, face, mat, size)
    whole = converter.apply_new_face(frame, new, mask, mat, size, 64)
    apart = np.abs(whole.astype(int) - converter.patch_image(frame, face))
    assert apart.max() <= 8 and apart.mean() < 0.2  # the colour mask is seen by another way


@pytest.mark.parametrize("mask_type", MASKS)
@pytest.mark.parametrize("blur", [0, 5])
def test_working_in_a_box_changes_nothing(frame, mask_type, blur):
    converter = Convert(Recolour(70, mask=1), blur, mask_type=mask_type, colour="none")
    face, size = frame.faces[0], (256, 256)
    mat = crop_matrix(face.landmarks, 64, converter.coverage)
    new = converter.get_new_face(frame, mat, 64)
    mask = converter.get_image_mask(frame, new, face, mat, size)
    whole = converter.apply_new_face(frame, new, mask, mat, size, 64)
    apart = np.abs(whole.astype(int) - converter.patch_image(frame, face))
    changed = (whole != frame.image).any(-1)
    assert apart.max() <= 8 and apart[changed].mean() < 0.3  # warps round to 1/32 of a pixel


def test_a_network_of_the_books_kind_sees_floats(frame):
    seen = []

    def network(batch):
        seen.append(batch)
        return 1.2 * batch

    converter = Convert(network, colour="none")
    result = converter.patch_image(frame, frame.faces[0])
    assert seen[0].dtype == np.float32 and 0 <= seen[0].min() and 0.2 < seen[0].max() <= 1
    assert converter.coverage == 160 / 220 and result.dtype == np.uint8
    inside = frame.mask > 0.99
    assert result[inside].mean() > 1.1 * frame.image[inside].mean()


# B7: the mask that was asked for, or an error


def check_masks(choose):
    """``choose(name)`` is a function of a Place."""
    place = Place(MEAN_POINTS, np.eye(2, 3), 64, (64, 64))
    hull = hull_mask(MEAN_POINTS, (64, 64))
    for name in ("faceHull", "facehull", "hull"):
        assert np.array_equal(choose(name)(place), hull)
    assert choose("rect")(place).min() == 1
    assert np.allclose(choose("facehullandrect")(place), hull, atol=1e-6)
    try:
        choose("facehul")
    except BlendError as error:
        assert all(name in str(error) for name in MASKS)
    else:
        pytest.fail("a name that does not exist was taken")


MEAN_POINTS = np.stack([32 + 22 * np.cos(np.arange(68)), 34 + 24 * np.sin(np.arange(68))], 1)


def the_books_choice(name):
    name = name.lower()

    def mask(place):
        rect = np.ones(place.shape) if "rect" in name else np.zeros(place.shape)
        hull = hull_mask(place.points, place.shape) if "hull" in name else np.zeros(place.shape)
        return rect if name == "rect" else hull if name == "faceHull" else rect * hull

    return mask


def test_b7_masks_are_chosen_strictly():
    check_masks(mask_named)
    is_red(check_masks, the_books_choice)


def test_each_mask_is_another_and_changes_the_picture(frame):
    changed = {}
    for name in MASKS:
        converter = Convert(Recolour(40, mask=0.5), mask_type=name, colour="none")
        changed[name] = converter.patch_image(frame, frame.faces[0]).astype(int) - frame.image
    assert all(change.max() >= 10 for change in changed.values())
    sums = {name: np.abs(change).sum() for name, change in changed.items()}
    assert sums["hull"] < sums["landmark-grown"] < sums["rect"]
    middle = np.float32(changed["predicted"][place_middle(frame)])
    assert 10 < middle.mean() < 25  # a mask of one half


def place_middle(frame):
    x, y = frame.landmarks[30].astype(int)
    return slice(y - 6, y + 6), slice(x - 6, x + 6)


def test_a_hull_beyond_the_crop_is_cut_by_the_rect(frame):
    place = place_of(frame, coverage=1.2)
    hull, cut = MASKS["hull"](place), MASKS["hull-and-rect"](place)
    assert cut.sum() < 0.95 * hull.sum()
    outside = moved(np.argwhere(cut > 0.6)[:, ::-1] + 0.5, place.matrix)
    assert outside.min() > -1 and outside.max() < 65


def test_a_mask_of_ones_own_is_taken(frame):
    def half(place):
        mask = np.zeros(place.shape, np.float32)
        mask[:, : place.shape[1] // 2] = 1
        return mask

    result = Convert(Recolour(50), mask_type=half, colour="none", blur_size=0).patch_image(
        frame, frame.faces[0]
    )
    left, top, right, bottom = place_of(frame).box()
    changed = (result != frame.image).any(-1)
    assert changed[:, left : (left + right) // 2].mean() > 0.3
    assert not changed[:, (left + right) // 2 + 2 :].any()


def test_no_predicted_mask_is_said(frame):
    with pytest.raises(MaskError, match="no masks"):
        Convert(Recolour(), mask_type="predicted").patch_image(frame, frame.faces[0])


def test_erosion_draws_the_mask_in_and_blur_softens_it(frame):
    place = place_of(frame)
    hard = Convert(Recolour(), blur_size=0, mask_type="hull")
    drawn_in = Convert(Recolour(), blur_size=0, mask_type="hull", erosion_kernel_size=9)
    soft = Convert(Recolour(), blur_size=3, mask_type="hull")
    new = np.zeros((64, 64, 3), np.uint8)
    masks = [
        each.get_image_mask(frame, new, frame.faces[0], place.matrix, (256, 256))
        for each in (hard, drawn_in, soft)
    ]
    depth = cv2.distanceTransform(np.uint8(masks[0] >= 0.5), cv2.DIST_L2, 5)
    assert not masks[1][depth < 3.5].any() and masks[1][depth > 5.5].min() == 1
    assert np.array_equal(masks[2], softened(masks[0], 3))
    assert 0.3 < masks[2][(depth > 0) & (depth <= 1)].mean() < 0.6


def test_the_books_even_box_filter_moves_the_mask_and_ours_does_not():
    square = np.zeros((41, 41), np.float32)
    square[10:31, 10:31] = 1

    def middle(mask):
        return np.average(np.arange(41), weights=mask.sum(0))

    assert middle(softened(square, 2)) == pytest.approx(20, abs=1e-4)
    assert middle(cv2.blur(square, (2, 2))) == pytest.approx(20.5, abs=0.01)


@pytest.mark.parametrize("sigma", [0, 0.7, 2, 5, 6])
def test_a_softened_mask_stays_a_mask(sigma):
    mask = np.zeros((80, 80), np.float32)
    mask[20:60, 20:] = 1
    soft = softened(mask, sigma)
    assert soft.min() >= 0 and soft.max() <= 1 and soft.dtype == np.float32
    assert soft.sum() == pytest.approx(mask.sum(), rel=1e-3)
    assert soft[40, -1] > 0.99  # the picture's own edge is no border


# B8: one coverage in training and conversion


def check_coverage(look):
    """``look(swapper, frame)`` lets a swapper see a frame's crop; it must be that of training."""
    for coverage in (0.625, 160 / 220):
        swapper = Recolour(coverage=coverage)
        look(swapper, render(A, TURNED, size=256))
        trained = crops(A, TURNED, size=64, coverage=coverage).image[0]
        assert psnr(swapper.seen[0], trained, np.ones((64, 64))) > 30


def the_books_look(swapper, frame):
    """The face's box fills the crop, whatever the network was trained on."""
    swapper(cut_out(frame.image, crop_matrix(frame.landmarks, 64, 1.0), 64)[None])


def test_b8_the_network_sees_the_crop_that_it_was_trained_on():
    check_coverage(lambda swapper, frame: Convert(swapper).patch_image(frame, frame.faces[0]))
    is_red(check_coverage, the_books_look)


def test_a_crop_is_averaged_where_a_plain_warp_leaves_pixels_out():
    big = render(A, TURNED, size=640)
    matrix = crop_matrix(big.landmarks, 64)
    trained = crops(A, TURNED, size=64).image[0]
    plain = cv2.warpAffine(big.image, for_opencv(matrix), (64, 64), flags=cv2.INTER_AREA)
    whole = np.ones((64, 64))
    ours = psnr(cut_out(big.image, matrix, 64), trained, whole)
    assert ours > 28 and ours > psnr(plain, trained, whole) + 1.5


@pytest.mark.parametrize("scale", [0.3, 0.5, 1.0, 1.6])
def test_pixel_centres_are_kept_there_and_back(scale):
    """A ramp, whose value says where a pixel is, comes to lie where the matrix says."""
    y, x = np.mgrid[:120, :140] + 0.5
    ramp = np.float32(np.stack([x, y, x + y], -1))
    turn = scale * np.array([[np.cos(0.2), np.sin(0.2)], [-np.sin(0.2), np.cos(0.2)]])
    matrix = np.column_stack([turn, 32 - turn @ (70, 60)])
    crop = cut_out(ramp, matrix, 64)
    v, u = np.mgrid[:64, :64] + 0.5
    there = moved(np.stack([u, v], -1).reshape(-1, 2), inverse(matrix)).reshape(64, 64, 2)
    inside = (there > 5).all(-1) & (there < (135, 115)).all(-1)
    assert np.abs(crop[..., :2] - there)[inside].max() < 0.12  # OpenCV rounds to 1/32 of a pixel
    back = lay_back(np.float32(np.stack([u, v, u + v], -1)), matrix, (120, 140))
    here = moved(np.stack([x, y], -1).reshape(-1, 2), matrix).reshape(120, 140, 2)
    inside = (here > 4).all(-1) & (here < 60).all(-1)
    assert np.abs(back[..., :2] - here)[inside].max() < 0.12


def test_a_tiny_face_gets_the_mean_of_what_was_painted():
    crop = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    matrix = np.array([[8.0, 0, -16], [0, 8.0, -24]])  # eight pixels of the crop for each here
    back = lay_back(crop, matrix, (16, 16))[3:11, 2:10].astype(float)
    means = crop.reshape(8, 8, 8, 8, 3).mean((1, 3))
    assert np.abs(back - means).max() < 1.01


# B9: smooth, not in blocks


def check_smooth(lay):
    """``lay(crop, matrix, shape)`` brings a gentle crop back four times as large."""
    v, u = np.mgrid[:64, :64]
    crop = np.uint8(128 + 60 * np.sin(np.stack([u / 5, v / 6, (u + v) / 8], -1)))
    back = lay(crop, np.array([[0.25, 0, 0], [0, 0.25, 0]]), (256, 256)).astype(int)
    stairs = np.abs(np.diff(back[..., ::2], axis=1))
    assert (stairs == 0).mean() < 0.35 and stairs.max() <= 6


def the_books_paste(crop, matrix, shape):
    how = cv2.WARP_INVERSE_MAP  # and nothing else
    return cv2.warpAffine(crop, for_opencv(matrix), shape[::-1], flags=how)


def test_b9_faces_are_pasted_by_cubic_interpolation():
    check_smooth(lay_back)
    is_red(check_smooth, the_books_paste)


# B10: every face


def check_all_faces(patch):
    two = render([A, B], Scene(), size=160)
    result = patch(Convert(Recolour(60), colour="none"), two)
    for face in two.faces:
        x, y = face.landmarks[30].astype(int)
        change = (
            result[y - 4 : y + 4, x - 4 : x + 4].astype(int)
            - two.image[y - 4 : y + 4, x - 4 : x + 4]
        )
        assert change.mean() > 40


def the_books_loop(converter, frame):
    result = None
    for face in frame.faces:
        result = converter.patch_image(frame, face)  # each on the untouched picture
    return result


def test_b10_all_faces_of_a_picture_are_swapped():
    check_all_faces(lambda converter, frame: converter.patch_image(frame, list(frame.faces)))
    is_red(check_all_faces, the_books_loop)


def test_faces_that_are_not_accepted_stay(two):
    left = min(two.faces, key=lambda face: face.landmarks[30, 0])
    converter = Convert(Recolour(60), colour="none", accept=lambda face: face is left)
    changed = (converter.patch_image(two, list(two.faces)) != two.image).any(-1)
    middle = two.image.shape[1] // 2
    assert changed[:, :middle].any() and not changed[:, middle:].any()


def test_several_faces_cost_one_call_of_the_network(two):
    swapper = Recolour(10)
    Convert(swapper).patch_image(two, list(two.faces))
    assert swapper.calls == 1 and len(swapper.seen) == 2


# B11: no option is swallowed


def check_options(make):
    for name in ("smooth_mask", "avg_color_adjust", "mask_typ"):
        try:
            make(**{name: True})
        except BlendError as error:
            assert name in str(error)
        else:
            pytest.fail(f"{name} was swallowed")


def test_b11_unknown_options_are_refused():
    check_options(lambda **options: Convert(Recolour(), **options))
    is_red(check_options, lambda **kwargs: None)


def check_skin_tone(patch):
    """The text says that skin tones are matched."""
    frame = render(A, TURNED, size=256)
    inside = frame.mask > 0.99
    off = patch(frame)[inside].mean(0) - frame.image[inside].mean(0)
    assert np.abs(off).max() < 6


def patched_with(colour):
    return lambda frame: Convert(Recolour((50, -30, 20)), colour=colour).patch_image(
        frame, frame.faces[0]
    )


@pytest.mark.parametrize("colour", ["mean", "lab", "histogram"])
def test_b11_skin_tones_are_matched(colour):
    check_skin_tone(patched_with(colour))
    is_red(check_skin_tone, patched_with("none"))


# B14: whole frames that were never seen, wherever the face is


def check_whole_frame(patch):
    scene = replace(TURNED, camera=replace(TURNED.camera, field=700, x=90, y=40), roll=-15)
    frame = render(A, scene, size=300)
    truth = render(A.with_face_of(B, "b"), scene, size=300)
    result = patch(frame, truth)
    assert result.shape == frame.image.shape and result.dtype == np.uint8
    far = cv2.dilate(np.uint8(truth.mask > 0), np.ones((25, 25))) == 0
    assert np.array_equal(result[far], frame.image[far])
    gain = psnr(result, truth.image, truth.mask) - psnr(frame.image, truth.image, truth.mask)
    assert gain > 8


def swapped_by_truth(frame, truth):
    swapper = TrueSwap(truth, frame.landmarks)
    converter = Convert(swapper, mask_type="landmark-grown", colour="none", blur_size=1)
    return converter.patch_image(frame, frame.faces[0])


def the_books_picture(frame, truth):
    """The aligned 256 pixel crop, for that is all that is ever converted."""
    return cut_out(truth.image, crop_matrix(frame.landmarks, 256), 256)


def test_b14_a_face_goes_back_into_the_whole_frame():
    check_whole_frame(swapped_by_truth)
    is_red(check_whole_frame, the_books_picture)


# B15: no frame is lost


def check_length(run, folder):
    person = render(A, Scene(), size=96)
    empty = render(A, Scene(camera=replace(Scene().camera, y=600)), size=96)
    items = [("1.png", person, [(0, person.faces[0])]), ("2.png", empty, []), ("3.png", person, [])]
    for item in items:
        run(Convert(Recolour(40), colour="none"), item, folder)
    assert sorted(path.name for path in folder.iterdir()) == ["1.png", "2.png", "3.png"]
    assert np.array_equal(read_image(folder / "2.png"), empty.image)
    assert not np.array_equal(read_image(folder / "1.png"), person.image)


def the_books_convert(converter, item, output_dir):
    name, image, faces = item
    result = None
    for _, face in faces:
        result = converter.patch_image(image, face)
    if np.any(result):
        save_image(output_dir / name, result)


def test_b15_frames_without_a_face_are_written_as_they_are(tmp_path):
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
    check_length(convert, tmp_path / "ours")
    is_red(lambda run: check_length(run, tmp_path / "theirs"), the_books_convert)


def test_converted_files_say_what_they_are(tmp_path, frame):
    converter = Convert(Recolour(40))
    path = convert(
        converter, ("x/a.bmp", frame, [(0, frame.faces[0])]), tmp_path / "new" / "folder"
    )
    assert path.name == "a.png" and read_mark(path)["swapped_faces"] == 1
    assert read_mark(path)["digital_source_type"].endswith("compositeWithTrainedAlgorithmicMedia")


def test_the_books_cells_from_a_file_to_its_swap(tmp_path, frame):
    """Reading, filtering and converting as the book's last cells do."""
    source = save_image(tmp_path / "a.png", frame.image)
    reference = save_image(tmp_path / "reference.png", render(A, Scene()).image)
    image = read_image(source)
    faces = get_faces(reference, image, Extract())
    path = convert(Convert(lambda crops: 1 - crops), (source, image, faces), tmp_path / "swaps")
    assert read_mark(path)["swapped_faces"] == 1
    stranger = save_image(tmp_path / "b.png", render(Person.from_seed(20), Scene()).image)
    faces = get_faces(stranger, image, Extract())
    path = convert(Convert(lambda crops: 1 - crops), (source, image, faces), tmp_path / "others")
    assert np.array_equal(read_image(path), image)
    Image.fromarray(image).save(tmp_path / "c.png")
    with pytest.raises(NotOursError, match="c.png carries no mark"):
        convert(Convert(Recolour()), (tmp_path / "c.png", image, []), tmp_path / "swaps")
    with pytest.raises(BlendError, match="a.png is"):
        convert(Convert(Recolour()), (source, image[:99], []), tmp_path / "swaps")


def test_a_source_is_never_replaced_by_its_swap(tmp_path, frame):
    source = save_image(tmp_path / "a.png", frame.image)
    before = source.read_bytes()
    with pytest.raises(BlendError, match="output_dir"):
        convert(Convert(Recolour()), (source, frame, [frame.faces[0]]), tmp_path)
    assert source.read_bytes() == before


def test_a_face_outside_the_picture_leaves_the_frame(tmp_path, frame, capsys):
    outside = frame.landmarks + 1000
    path = convert(Convert(Recolour(40)), ("a.png", frame, [outside]), tmp_path)
    assert np.array_equal(read_image(path), frame.image)
    assert "a.png: a face stays as it was" in capsys.readouterr().out
    both = convert(Convert(Recolour(40)), ("b.png", frame, [outside, frame.faces[0]]), tmp_path)
    assert read_mark(both)["swapped_faces"] == 1
    nothing = Convert(Recolour(40, mask=0), mask_type="predicted")
    job = frame.image, [frame.landmarks]
    assert nothing._patch_many([job], lenient=True)[0] is frame.image
    with pytest.raises(MaskError, match="less than"):
        nothing._patch_many([job])
    with pytest.raises(MaskError, match="outside the picture"):
        Convert(Recolour(40)).patch_image(frame, outside)


# B16: seamless cloning, in place


def check_stays(which, talk):
    """A dot that is cloned stays where it was, in every frame."""
    moved = clone_tremble(talk, (128, 128))[which]
    assert np.abs(moved).max() < 0.2


def test_b16_a_cloned_face_stays_in_its_place(talk):
    check_stays("mended", talk)
    is_red(lambda which: check_stays(which, talk), "book")


def test_b16_the_books_centre_makes_a_cloned_face_tremble(talk):
    moved = clone_tremble(talk, (128, 128))["book"]
    shifts = [clone_shift(points, hull_mask(points, (128, 128))) for points in talk]
    assert np.abs(moved - shifts).max() < 0.2  # as far as was worked out
    assert np.abs(np.diff(moved, axis=0)).max() > 0.8


@pytest.mark.parametrize("colour", ["clone", "poisson"])
def test_b16_faces_stay_in_place_in_the_converter(frame, colour):
    for dx in range(3):  # boxes of even and odd width
        points = frame.landmarks * [1 + 0.012 * dx, 1 + 0.012 * dx]
        result = Convert(Recolour(size=128), mask_type="hull", colour=colour).patch_image(
            frame, points
        )
        assert np.abs(displacement(result, frame.image, frame.mask)).max() < 0.15


@pytest.mark.parametrize("size", [(20, 30), (21, 31), (20, 31), (21, 30)])
def test_the_right_centre_for_odd_and_even_masks(size):
    mask = np.zeros((70, 80), np.float32)
    mask[15 : 15 + size[0], 22 : 22 + size[1]] = 1
    rng = np.random.default_rng(0)
    source = cv2.GaussianBlur(rng.integers(0, 256, (70, 80, 3), dtype=np.uint8), (0, 0), 1.5)
    target = np.full_like(source, 127)
    (x, y), apart = clone_centre(mask), {}
    inner = cv2.erode(mask, np.ones((11, 11))) > 0
    fine = source.astype(float) - cv2.GaussianBlur(source.astype(float), (0, 0), 3)
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            cloned = clone_at(source, target, mask, (x + dx, y + dy)).astype(float)
            cloned -= cv2.GaussianBlur(cloned, (0, 0), 3)
            apart[dx, dy] = np.abs(cloned - fine)[inner].mean()
    assert min(apart, key=apart.get) == (0, 0)


def test_opencv_overwrites_a_one_channel_mask_and_we_hand_it_a_copy(frame, truth):
    mask = hull_mask(frame.landmarks, frame.image.shape)
    levels = np.uint8(mask >= 0.5) * np.uint8(255)
    before = levels.copy()
    centre = clone_centre(mask)
    first = cv2.seamlessClone(truth.image, frame.image, levels, centre, cv2.NORMAL_CLONE)
    assert not np.array_equal(levels, before)  # what OpenCV does, and why the copy
    second = cv2.seamlessClone(truth.image, frame.image, levels, centre, cv2.NORMAL_CLONE)
    assert np.abs(first.astype(int) - second).max() > 10  # the next frame of a film
    kept = mask.copy()
    ours = [clone(truth.image, frame.image, mask) for _ in range(2)]
    assert np.array_equal(mask, kept) and np.array_equal(ours[0], ours[1])
    assert np.array_equal(ours[0], first)


def test_poisson_agrees_with_opencv_at_the_right_centre_only(frame, truth):
    mask = hull_mask(frame.landmarks, frame.image.shape)
    smaller = cv2.erode(np.uint8(mask >= 0.5), np.ones((3, 3)), iterations=3)
    inside, ours = mask >= 0.5, poisson(truth.image, frame.image, smaller).astype(float)

    def apart(dx, dy):
        centre = np.add(clone_centre(mask), (dx, dy))
        return np.abs(clone_at(truth.image, frame.image, mask, centre) - ours)[inside].mean()

    assert apart(0, 0) < 3.5
    assert min(apart(1, 0), apart(-1, 0), apart(0, 1), apart(0, -1)) > apart(0, 0) + 1
    whole = poisson(truth.image, frame.image, mask).astype(float)
    assert np.abs(clone(truth.image, frame.image, mask) - whole)[inside].mean() > apart(0, 0) + 1


# Colours


def test_transfers_bring_the_statistics_of_the_mask():
    rng = np.random.default_rng(2)
    source = rng.integers(0, 120, (50, 60, 3), dtype=np.uint8)
    target = np.uint8(rng.normal((150, 120, 90), (20, 30, 10), (50, 60, 3)).clip(0, 255))
    mask = np.zeros((50, 60), np.float32)
    mask[10:40, 10:50] = 1
    inside = mask > 0
    shifted = match_mean(source, target, mask)
    assert np.abs(shifted[inside].mean(0) - target[inside].mean(0)).max() < 1
    bent = match_histogram(source, target, mask)
    for share in (5, 25, 50, 75, 95):
        wanted = np.percentile(target[inside], share, axis=0)
        assert np.abs(np.percentile(bent[inside], share, axis=0) - wanted).max() <= 3
    assert np.abs(bent[inside].mean(0) - target[inside].mean(0)).max() < 0.3  # not floored
    same = match_histogram(target, target, mask)
    assert np.array_equal(same[inside], target[inside])


def test_a_repeated_histogram_match_does_not_darken(frame):
    image = frame.image
    for _ in range(10):
        image = match_histogram(image, frame.image, frame.mask)
    inside = frame.mask > 0.5
    assert abs(image[inside].mean() - frame.image[inside].mean()) < 0.2


@pytest.mark.parametrize("colour", COLOURS)
def test_every_transfer_undoes_a_shift_of_all_colours(frame, colour):
    result = patched_with(colour)(frame).astype(int)
    inside = frame.mask > 0.99
    off = np.abs((result - frame.image)[inside].mean(0)).max()
    assert off > 20 if colour == "none" else off < 6


def test_seamless_clone_is_a_colour(frame, truth):
    swapper = TrueSwap(truth, frame.landmarks)
    one = Convert(swapper, seamless_clone=True).patch_image(frame, frame.faces[0])
    other = Convert(swapper, colour="clone").patch_image(frame, frame.faces[0])
    assert np.array_equal(one, other)
    with pytest.raises(BlendError, match="seamless_clone"):
        Convert(swapper, seamless_clone=True, colour="mean")


def test_a_transfer_of_ones_own_is_taken(frame):
    def grey(source, target, mask):
        return np.full_like(source, 77)

    result = Convert(Recolour(), colour=grey, blur_size=0).patch_image(frame, frame.faces[0])
    assert (result[place_middle(frame)] == 77).all()


# Sharpening


@pytest.mark.parametrize("name", ["unsharp", "deconvolution"])
def test_sharpening_undoes_some_of_a_blur(frame, name):
    blurred = cv2.GaussianBlur(frame.image, (0, 0), 1.1)
    sharp = SHARPENERS[name](blurred, 2.0)
    assert psnr(sharp, frame.image, frame.mask) > psnr(blurred, frame.image, frame.mask) + 1
    flat = np.full((40, 40, 3), 93, np.uint8)
    assert np.array_equal(SHARPENERS[name](flat, 2.0), flat)


def test_sharpening_is_part_of_the_conversion(frame, truth):
    swapper = TrueSwap(truth, frame.landmarks)
    plain, sharp = (
        Convert(swapper, colour="none", sharpen=name).patch_image(frame, frame.faces[0])
        for name in ("none", "unsharp")
    )
    fine = [
        cv2.Laplacian(np.float32(each), cv2.CV_32F)[frame.mask > 0.9].std()
        for each in (plain, sharp)
    ]
    assert fine[1] > 1.1 * fine[0]


# The door, and wrong input


def test_nobody_real_is_faked(frame):
    converter, face = Convert(Recolour()), frame.faces[0]
    mat = crop_matrix(face.landmarks, 64)
    for attempt in (
        lambda: converter.patch_image(frame.image, face),
        lambda: converter.get_new_face(frame.image, mat, 64),
        lambda: converter.apply_new_face(
            frame.image, np.zeros((64, 64, 3), np.uint8), frame.mask, mat, (256, 256), 64
        ),
        lambda: convert(converter, ("a.png", frame.image, [face]), "/nonexistent"),
    ):
        with pytest.raises(NotOursError, match="cannot say where it comes from"):
            attempt()


def test_only_files_with_our_mark_are_converted(tmp_path, frame):
    converter, face = Convert(Recolour(40), colour="none"), frame.faces[0]
    ours = save_image(tmp_path / "ours.png", frame.image)
    assert np.array_equal(converter.patch_image(ours, face), converter.patch_image(frame, face))
    written = convert(converter, ("x.png", ours, []), tmp_path / "out")
    assert read_mark(written)["digital_source_type"].endswith("digitalCreation")
    assert np.array_equal(admitted(admit(ours)), frame.image)
    Image.fromarray(frame.image).save(tmp_path / "photograph.png")
    with pytest.raises(NotOursError, match="photograph.png carries no mark"):
        converter.patch_image(tmp_path / "photograph.png", face)
    with pytest.raises(NotOursError, match="photograph.png carries no mark"):
        convert(converter, ("a.png", tmp_path / "photograph.png", [face]), tmp_path / "out")
    with Image.open(ours) as picture:
        copied = PngImagePlugin.PngInfo()
        for key, text in picture.text.items():
            copied.add_itxt(key, text) if key.startswith("XML") else copied.add_text(key, text)
    Image.fromarray(255 - frame.image).save(tmp_path / "changed.png", pnginfo=copied)
    with pytest.raises(NotOursError, match="changed or coded again"):
        converter.patch_image(tmp_path / "changed.png", face)


def test_a_swap_may_be_swapped_again(tmp_path, frame):
    converter = Convert(Recolour(40), colour="none")
    once = convert(converter, ("a.png", frame, [frame.faces[0]]), tmp_path)
    twice = converter.patch_image(once, frame.faces[0])
    assert twice[place_middle(frame)].mean() > frame.image[place_middle(frame)].mean() + 50


def test_a_face_with_a_box_only_gets_its_points(frame):
    found = DetectedFace(box_around(frame.landmarks[17:]), image=frame.image)
    result = Convert(Recolour(40), colour="none").patch_image(frame, found)
    assert (result != frame.image).any(-1)[frame.mask > 0.99].mean() > 0.8


@pytest.mark.parametrize(
    "options, word",
    [
        ({"blur_size": -1}, "blur_size"),
        ({"blur_size": "soft"}, "blur_size"),
        ({"erosion_kernel_size": 0}, "erosion_kernel_size"),
        ({"erosion_kernel_size": 2.5}, "erosion_kernel_size"),
        ({"colour": "reinhard"}, "histogram"),
        ({"sharpen": "gan"}, "unsharp"),
        ({"accept": "b"}, "accept"),
        ({"mask_type": 3}, "mask_type"),
    ],
)
def test_options_that_cannot_be_used(options, word):
    with pytest.raises(BlendError, match=word):
        Convert(Recolour(), **options)


def test_swappers_that_cannot_be_used(frame):
    face = frame.faces[0]
    with pytest.raises(BlendError, match="function"):
        Convert("model")
    wrong = Recolour()
    del Recolour.size
    try:
        del wrong.size
        with pytest.raises(BlendError, match="size and coverage"):
            Convert(wrong)
    finally:
        Recolour.size = 64

    class Floats(Recolour):
        def __call__(self, crops):
            return np.float32(crops) / 255

    with pytest.raises(BlendError, match="float32"):
        Convert(Floats()).patch_image(frame, face)
    assert Convert(Swapper(lambda x: x, 48, 0.7)).patch_image(frame, face).dtype == np.uint8
    with pytest.raises(BlendError, match="64 pixels"):
        Convert(Recolour()).get_new_face(frame, crop_matrix(face.landmarks, 32), 32)
    with pytest.raises(PointsError):
        Convert(Recolour()).patch_image(frame, np.zeros((5, 2)))


def test_a_face_at_the_edge_of_the_picture(frame):
    scene = Scene(camera=replace(Scene().camera, x=130))
    cut = render(A, scene, size=200)
    result = Convert(Recolour(40), colour="none", mask_type="rect").patch_image(cut, cut.faces[0])
    assert result.shape == cut.image.shape and (result != cut.image).any()


def test_colour_statistics_in_floats_are_those_of_numpy():
    from facelab.blend.colour import statistics

    rng = np.random.default_rng(0)
    lab, mask = rng.normal(50, 20, (40, 50, 3)).astype(np.float32), rng.random((40, 50), np.float32)
    mean, spread = statistics(lab, mask)
    weights = np.repeat(mask[..., None], 3, -1)
    assert np.allclose(mean, np.average(lab, axis=(0, 1), weights=weights), atol=1e-4)
    wanted = np.sqrt(np.average((lab - mean) ** 2, axis=(0, 1), weights=weights))
    assert np.allclose(spread, wanted, atol=1e-4)
    assert (
        match_colour(
            np.full((20, 20, 3), 9, np.uint8), np.full((20, 20, 3), 99, np.uint8), mask[:20, :20]
        ).mean()
        == 99
    )
