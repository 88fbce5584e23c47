"""Chapter 04: its exercises agree with the modules, other right ways are right, its material holds.

What all exercises promise is tested in ``test_exercises.py``.
"""

import numpy as np
import pytest
from skimage.transform import SimilarityTransform

from facelab import disk_cache
from facelab.course import plt
from facelab.course.chapters.ch04 import exercises as ch04
from facelab.course.chapters.ch04 import figures, material
from facelab.course.exercise import RIGHT, WRONG, find, judge
from facelab.course.nbgrader import unseen
from facelab.faces import box_around, extract
from facelab.faces.face import hog_box
from facelab.measure import dataset
from facelab.studio import alignment, collection, progress, read_truth

# The course's own answers, held against the modules


def test_the_similarity_is_that_of_the_modules_and_of_scikit_image():
    for points, onto in ch04.point_pairs():
        ours = ch04.similarity(points, onto)
        assert np.allclose(ours, alignment.similarity(points, onto))
        if np.linalg.det(SimilarityTransform.from_estimate(points, onto).params[:2, :2]) > 0:
            assert np.allclose(ours, SimilarityTransform.from_estimate(points, onto).params[:2])


def test_no_other_similarity_is_nearer():
    rng = np.random.default_rng(1)
    for points, onto in ch04.point_pairs():
        best = ch04.similarity(points, onto)
        (a, b), shift = best[:, 0], best[:, 2]
        for da, db, *move in rng.normal(0, (0.01, 0.01, 1, 1), (20, 4)):
            turn = np.array([(a + da, -b - db), (b + db, a + da)])
            other = np.column_stack([turn, shift + move])
            assert off(best, points, onto) < off(other, points, onto)


def off(matrix, points, onto):
    return ((points @ matrix[:, :2].T + matrix[:, 2] - onto) ** 2).sum()


def test_precision_and_recall_are_those_of_the_modules():
    class Face:
        def __init__(self, source, far):
            self.source, self.frame, self.box, self.distance = source, None, BOX, far

    for distances, wanted, threshold, there in ch04.folders():
        faces = [Face(str(n), far) for n, far in enumerate(distances)]
        who = ["target" if wants else "other" for wants in wanted]
        truth = [dataset.TrueFace(str(n), None, name, POINTS) for n, name in enumerate(who)]
        unseen_ones = range(there - wanted.sum())
        truth += [dataset.TrueFace(f"lost {n}", None, "target", POINTS) for n in unseen_ones]
        (point,) = dataset.precision_recall(faces, truth, "target", [threshold])
        precision, recall = ch04.precision_recall(distances, wanted, threshold, there)
        assert recall == pytest.approx(point.recall)
        assert precision == pytest.approx(np.nan_to_num(point.precision))


POINTS = np.random.default_rng(0).uniform(40, 80, (68, 2))
BOX = hog_box(POINTS)


def test_the_margin_is_that_of_extract():
    padding, share = ch04.margin()
    assert padding == extract.PADDING * 64 and share == alignment.COVERAGE


def test_the_threshold_keeps_95_per_cent_and_no_smaller_one_does():
    given = ch04.some_folder()
    ours = given["distances"][given["wanted"]]
    threshold = ch04.loose_enough(**given)
    assert (ours <= threshold).mean() >= 0.95 > (ours < threshold).mean()


# Other right answers


def similarity_by_svd(points, onto):
    """Umeyama's own way, with the guard against mirrors."""
    start, end = points.mean(0), onto.mean(0)
    u, s, v = np.linalg.svd((onto - end).T @ (points - start))
    guard = np.array([1, np.sign(np.linalg.det(u @ v))])
    turn = u * guard @ v * (s @ guard) / ((points - start) ** 2).sum()
    return np.column_stack([turn, end - turn @ start])


def similarity_by_least_squares(points, onto):
    x, y = points.T
    one, none = np.ones_like(x), np.zeros_like(x)
    rows = np.concatenate([np.column_stack([x, -y, one, none]), np.column_stack([y, x, none, one])])
    a, b, p, q = np.linalg.lstsq(rows, onto.T.ravel(), rcond=None)[0]
    return np.array([(a, -b, p), (b, a, q)])


def precision_recall_by_hand(distances, wanted, threshold, there):
    pairs = [(d <= threshold, w) for d, w in zip(distances, wanted, strict=True)]
    right = sum(inside and wants for inside, wants in pairs)
    accepted = sum(inside for inside, _ in pairs)
    return (right / accepted if accepted else 0), right / there


@pytest.mark.parametrize(
    "number, attempt",
    [
        ("04.1", "up, down"),
        ("04.1", ["Up", "Down"]),
        ("04.2", precision_recall_by_hand),
        ("04.4", similarity_by_svd),
        ("04.4", similarity_by_least_squares),
        ("04.5", [12.0, 5 / 8]),
    ],
)
def test_another_right_way_is_right(number, attempt):
    assert judge(find(number), attempt, {})[0] == RIGHT


@pytest.mark.parametrize("nearly", [0, 0.004, 0.007])
def test_a_threshold_may_be_read_from_the_curve(nearly):
    given = ch04.some_folder()
    attempt = float(ch04.loose_enough(**given)) + nearly
    assert judge(find("04.3"), attempt, given)[0] == RIGHT
    assert judge(find("04.3"), attempt + 0.03, given)[0] == WRONG
    loses_a_face = attempt - nearly - 0.002
    assert judge(find("04.3"), loses_a_face, given)[0] == WRONG


def test_two_numbers_on_the_sheet_may_be_missed():
    given = ch04.a_sheet()
    all_of_them = ch04.impostors(**given)
    assert judge(find("04.6"), all_of_them[2:], given)[0] == RIGHT
    assert judge(find("04.6"), np.array(all_of_them), given)[0] == RIGHT
    assert judge(find("04.6"), all_of_them[3:], given)[0] == WRONG
    assert judge(find("04.6"), "those at the end", given)[0] == WRONG


def test_two_of_the_person_are_not_taken_for_nobody():
    given = ch04.a_sheet()
    right = [number for number, name in given["names"].items() if name == "target"]
    for few in (right[:2], right[:8]):
        state, message = judge(find("04.6"), few, given)
        assert state == WRONG and "Nobody" not in message and "More than two" in message


def test_a_sheet_without_anybody_else_is_judged_too():
    names = {"names": dict.fromkeys(range(9), "target")}
    assert judge(find("04.6"), [], names)[0] == RIGHT
    assert judge(find("04.6"), [3, 4, 5], names)[0] == WRONG


@pytest.mark.parametrize("number", ["04.2", "04.4"])
def test_who_grades_draws_other_probes_than_the_learner_sees(number):
    seen, hidden = find(number).probes(), unseen(find(number)).probes()
    assert not any(np.array_equal(h[0], s[0]) for h in hidden for s in seen)


@pytest.mark.parametrize(
    "number, attempt, says",
    [
        ("04.2", lambda *g: 100 * np.array(ch04.precision_recall(*g)), "in per cent"),
        ("04.4", lambda p, o: ch04.similarity(p, o).T, "transposed"),
        ("04.4", lambda p, o: 2 * ch04.similarity(p, o), "twice"),
    ],
)
def test_a_slip_is_told_by_its_name(number, attempt, says):
    state, message = judge(find(number), attempt, {})
    assert state == WRONG and says in message


# What the chapter works on


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Small collections, in a cache of their own."""
    monkeypatch.setattr(collection, "STRANGERS", 2)
    monkeypatch.setattr(collection, "SHORTEST", 120)
    monkeypatch.setattr(collection, "TALLEST", 160)
    recipe = {"pictures": 12, "seconds": 0, "seed": 2, "alike": (0.4,)}
    monkeypatch.setattr(material, "PLAIN", recipe)
    monkeypatch.setattr(material, "HARD", recipe)
    monkeypatch.setenv(disk_cache.VARIABLE, str(tmp_path / "cache"))
    caches = material._drawn, material.candidates, material._answers
    yield tmp_path / "cache"
    for cached in caches:
        cached.cache_clear()


def test_a_collection_is_drawn_once_and_kept(small, monkeypatch, capsys):
    monkeypatch.setattr(progress, "EVERY", 0)
    first = material.raw_collection()
    told = capsys.readouterr()
    assert "12 of 12" in told.out and not told.err  # a notebook may not keep an error stream
    assert first.reference.exists() and small in first.raw.parents
    material._drawn.cache_clear()
    monkeypatch.setattr(material, "write_collection", lambda *_, **__: pytest.fail("drawn again"))
    assert material.raw_collection() == first


def test_without_a_cache_it_is_drawn_into_the_workshop(small, monkeypatch):
    monkeypatch.setenv(disk_cache.VARIABLE, "off")
    place = material.raw_collection()
    assert place.reference.exists() and material.workshop() in place.raw.parents
    assert material.raw_collection() == place


def test_an_interrupted_drawing_leaves_nothing_that_could_be_taken_for_whole(small, monkeypatch):
    def stop(folder, *_, **__):
        (folder / "half").touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(material, "write_collection", stop)
    with pytest.raises(KeyboardInterrupt):
        material.raw_collection()
    assert not list(small.iterdir())


def test_the_score_of_a_rule_is_counted_against_the_truth(small):
    wanted, there = material._answers()
    assert len(wanted) == len(material.candidates()) and wanted.sum() <= there
    assert material.score_rule(lambda faces: wanted)[0] == 1
    assert material.score_rule(lambda faces: wanted)[1] == pytest.approx(wanted.sum() / there)
    assert material.score_rule(lambda faces: ~wanted)[2] == 0
    assert material.score_rule(lambda faces: [False] * len(faces)) == (0, 0, 0)
    everyone = material.score_rule(lambda faces: [True] * len(faces))
    assert everyone[0] == pytest.approx(wanted.mean())
    assert everyone[2] <= material.best_threshold() <= material.score_rule(lambda f: wanted)[2]
    with pytest.raises(ValueError, match="True or False for each"):
        material.score_rule(lambda faces: [True])


def middle_of_the_nearest(faces, within=0.4):
    """Nobody is in a picture twice; the middle of the nearest twelve is a better reference."""
    codes = np.array([face.code for face in faces])
    near = np.argsort([face.distance for face in faces])[:12]
    far = np.linalg.norm(codes - codes[near].mean(0), axis=1)
    best = {
        face.file: min(far[k] for k, o in enumerate(faces) if o.file == face.file) for face in faces
    }
    return [d <= within and d == best[face.file] for face, d in zip(faces, far, strict=True)]


@pytest.mark.slow
def test_the_open_challenge_can_be_won_without_the_truth():
    assert material.score_rule(middle_of_the_nearest)[2] > material.best_threshold() + 0.01


def test_who_is_in_a_box(small):
    picture = next(p for p in read_truth(material.raw_collection()) if len(p.faces) > 1)
    boxes = [box_around(face.landmarks) for face in picture.faces]
    assert [material.name_of(box, picture) for box in boxes] == [f.who for f in picture.faces]
    assert material.name_of((0, 0, 3, 3), picture) == "nobody"
    assert material.name_of(boxes[0], collection.TruePicture("x.jpg")) == "nobody"


def test_the_truth_takes_the_frames_that_the_dataset_looks_at():
    face = collection.TrueFace("target", POINTS, np.eye(2, 3))
    film = [collection.TruePicture("a.mp4", (face,), index=n) for n in range(25)]
    still = collection.TruePicture("b.jpg", (face, face))
    told = material.true_faces([*film, still], every=10)
    assert [(one.source, one.frame) for one in told] == [
        ("a.mp4", 0), ("a.mp4", 10), ("a.mp4", 20), ("b.jpg", None), ("b.jpg", None),
    ]  # fmt: skip


# The figures


@pytest.fixture
def closed_figures():
    yield
    plt.close("all")


def test_each_kind_has_a_row_a_colour_and_a_mark_of_its_own(closed_figures):
    names = ["target", "alike 0.30", "stranger 2", "target"]
    axes = figures.distances_by_kind(names, [0.2, 0.3, 0.6, 0.25], {"x": 0.5}).axes[0]
    dots = [line for line in axes.get_lines() if line.get_linestyle() == "None"]
    assert [len(line.get_xdata()) for line in dots] == [2, 1, 1]
    assert (
        len({line.get_marker() for line in dots}) == len({line.get_color() for line in dots}) == 3
    )


def test_small_pictures_fill_rows_and_keep_their_shape():
    wide, tall = np.zeros((40, 90, 3), np.uint8), np.zeros((80, 40, 3), np.uint8)
    sheet = figures.thumbnails([wide, tall, wide, wide], height=20, width=110)
    assert sheet.shape == (40, 110, 3)
    assert (sheet[:20, :100] == 0).all() and (sheet[20:, 45:] == 255).all()


def test_precision_and_recall_differ_by_dash_and_colour(closed_figures):
    axes = figures.threshold_curves([0.1, 0.2], [1, 0.5], [0.2, 0.9], {"t": 0.15}, 3).axes[0]
    one, other, mark = axes.get_lines()
    assert one.get_linestyle() != other.get_linestyle() and one.get_color() != other.get_color()
    assert list(other.get_ydata()) == [20, 90] and mark.get_xdata()[0] == 0.15
