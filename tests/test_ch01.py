"""Chapter 01: other right ways are right, the quiz judges fairly, the modes keep their word.

What all exercises promise is tested in ``test_exercises.py``.
"""

import symtable
from types import SimpleNamespace

import numpy as np
import pytest

from facelab.course import build, figures01, quiz
from facelab.course.exercise import RIGHT, WRONG, find, judge
from facelab.course.exercises import ch01
from facelab.course.figures01 import aged, true_answer, with_mouth_of
from facelab.course.notebook import code_cells, finished_cells, make_notebook, source_of
from facelab.course.quiz import Quiz, Result, Riddle, share_interval, spelled
from facelab.studio import Person, Scene, render

A, B = Person.from_seed(9), Person.from_seed(42)
SMILE = Scene(yaw=-4, expression={"mouthSmileLeft": 0.5, "browInnerUp": 0.2})
SHOUT = Scene(yaw=20, pitch=5, gaze=(-12, 3), expression={"jawOpen": 0.5, "browDownLeft": 1.0})


# Exercises: other right ways are right, and the answers agree with the modules


def test_weights_by_signed_areas_are_right_too():
    def areas(place, triangle):
        def area(p, q, r):
            return (q[0] - p[0]) * (r[1] - p[1]) - (r[0] - p[0]) * (q[1] - p[1])

        a, b, c = triangle
        parts = np.array([area(place, b, c), area(a, place, c), area(a, b, place)])
        return parts / parts.sum()

    assert judge(find("01.3"), areas, {})[0] == RIGHT


def test_a_tint_that_truncates_instead_of_rounding_is_right_too():
    def cut(face, target, mask):
        shift = target[mask].mean(axis=0) - face[mask].mean(axis=0)
        return np.clip(face + shift, 0, 255).astype(np.uint8)

    def as_floats(face, target, mask):
        return cut(face, target, mask).astype(float)

    assert judge(find("01.4"), cut, {})[0] == RIGHT
    assert judge(find("01.4"), as_floats, {})[0] == WRONG


def test_alpha_is_the_one_that_the_course_measures_with():
    from facelab.measure import quality

    rng = np.random.default_rng(0)
    image, target, truth = rng.integers(0, 256, (3, 20, 20, 3), dtype=np.uint8)
    measured = quality.alpha(image, target, truth, np.ones((20, 20)))
    assert ch01.alpha(image, target, truth) == pytest.approx(measured)


def test_the_true_swap_is_right_in_either_tone():
    for tone in "ab":

        def mine(a, b, scene_a, scene_b, tone=tone):
            return [a.with_face_of(b, tone=tone), scene_a]

        assert judge(find("01.2"), mine, {})[0] == RIGHT


def test_a_rendered_swap_is_told_to_return_whom_and_where():
    def mine(a, b, scene_a, scene_b):
        return render(a.with_face_of(b), scene_a, size=16)

    assert "a picture already" in judge(find("01.2"), mine, {})[1]


def test_a_swap_that_is_no_pair_is_wrong_and_never_stops_a_check():
    for odd in (None, A, (A,), (A, SMILE, SHOUT), "AB", [[A], SMILE]):
        assert judge(find("01.2"), lambda *meeting, odd=odd: odd, {})[0] == WRONG


@pytest.mark.parametrize("spelt", [str.upper, str, lambda words: np.array(words.split(", "))])
def test_modes_may_be_spelt_in_many_ways(spelt):
    given = ch01.some_riddle()
    assert judge(find("01.1"), spelt(", ".join(given["riddle"].modes)), given)[0] == RIGHT


def test_a_word_that_is_no_mode_is_named():
    given = ch01.some_riddle()
    typed = ["expresion", *given["riddle"].modes[1:]]
    state, message = judge(find("01.1"), typed, given)
    assert state == WRONG and "expresion" in message and "transfer, swap" in message


def test_as_many_right_are_beyond_luck_and_one_less_is_not():
    for right, n in zip(ch01.beyond_luck(ch01.PAIRS), ch01.PAIRS, strict=True):
        assert share_interval(right, n)[0] > 0.5 >= share_interval(right - 1, n)[0]


def test_four_times_the_pairs_halve_the_distance_to_the_coin():
    """What the reveal of 01.5 says; whole pairs are coarse where they are few."""
    apart = ch01.beyond_luck(ch01.PAIRS) / np.array(ch01.PAIRS) - 0.5
    assert apart[1:] / apart[:-1] == pytest.approx(0.5, abs=0.07)


@pytest.mark.parametrize("rounded", [lambda s: round(s, 2), lambda s: round(100 * s)])
def test_shares_for_numbers_of_pairs_are_told_so(rounded):
    given = {"pairs": ch01.PAIRS}
    shares = [rounded(share) for share in ch01.as_shares(**given)]
    assert "These are shares" in judge(find("01.5"), shares, given)[1]


def bound(code):
    """Names that a cell's code binds outside its functions."""
    table = symtable.symtable(code, "cell", "exec")
    return {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}


def test_nothing_of_the_learners_is_overwritten_later():
    (source,) = build.Course().sources(["01"])
    cells = finished_cells(source.read_text(encoding="utf-8"))
    mine = set()
    for cell in code_cells(make_notebook(cells)):
        lost = mine & bound(source_of(cell))
        assert not lost, f"The learner's own {lost} is overwritten: {source_of(cell)}"
        if "exercise" in cell["metadata"].get("tags", []):
            mine |= bound(source_of(cell))
    assert {"modes", "true_swap", "corner_weights", "tinted", "fewest", "alpha"} <= mine


# The modes


def test_replacement_changes_who_and_reenactment_does_not():
    people = {
        mode: true_answer(mode, A, B, SMILE, SHOUT)[0]
        for mode in ("swap", "transfer", "gaze", "mouth", "expression", "pose")
    }
    assert people["swap"] == people["transfer"] == A.with_face_of(B, tone="a")
    assert {people[mode] for mode in ("gaze", "mouth", "expression", "pose")} == {A}


@pytest.mark.parametrize(
    "mode, from_source",
    [
        ("swap", set()),
        ("transfer", {"expression", "gaze"}),
        ("gaze", {"gaze"}),
        ("expression", {"expression"}),
        ("pose", {"yaw", "pitch"}),
    ],
)
def test_a_mode_takes_from_the_source_what_its_name_says(mode, from_source):
    scene = true_answer(mode, A, B, SMILE, SHOUT)[1]
    for field in ("expression", "gaze", "yaw", "pitch"):
        owner = SHOUT if field in from_source else SMILE
        assert getattr(scene, field) == getattr(owner, field), field


def test_mouth_takes_lips_and_jaw_and_leaves_the_brows():
    assert with_mouth_of(SMILE, SHOUT).expression == {"browInnerUp": 0.2, "jawOpen": 0.5}


def test_an_unknown_mode_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="'tickle'.*transfer, swap, gaze"):
        true_answer("tickle", A, B, SMILE, SHOUT)


def test_age_turns_hair_grey_and_back_and_keeps_the_person():
    old, young = aged(A, 80), aged(aged(A, 80), 20)
    assert old.looks.grey == 1 and young.looks.grey == 0
    assert old.traits.age == 80 and young.traits.age == 20
    assert old.looks.detail == A.looks.detail and old.weights != A.weights
    assert aged(A, A.traits.age).weights == pytest.approx(A.weights, abs=1e-6)


@pytest.mark.slow
def test_a_riddle_holds_each_mode_once_and_its_true_pictures():
    made = Riddle.drawn(size=64)
    assert sorted(made.modes) == sorted(quiz.MODES)
    assert len(made.pictures) == len(made.titles) == 18
    assert made.modes == Riddle.drawn(size=64).modes, "a seed draws one riddle"
    assert "modes" not in repr(made)
    row = made.modes.index("swap")
    target, generated = made.pictures[3 * row + 1 : 3 * row + 3]
    assert (target != generated).any() and (target[:8] == generated[:8]).all()


# The quiz


def fixed(answers="LRRLRL", pictures=()):
    return Quiz(list(pictures), answers)


@pytest.fixture(scope="module")
def drawn():
    return Quiz.drawn(pairs=3, seed=5)


def test_right_answers_are_counted(capsys):
    assert fixed().result("LRRLRL") == Result(6, 6, "you")
    assert fixed().result("RLLRLR") == Result(0, 6, "you")
    assert fixed().result(["l", "right", "R", "LEFT", "L", "r"]) == Result(4, 6, "you")
    assert "4 of 6 right. The fakes were: L R R L R L" in capsys.readouterr().out


@pytest.mark.parametrize(
    "given, word", [(..., "Not done yet"), ("", "Not done"), ("LR", "6 answers")]
)
def test_open_answers_are_replaced_by_those_of_a_machine(given, word, capsys, monkeypatch):
    monkeypatch.setattr(Quiz, "by_machine", lambda self: "LLLLLL")
    assert fixed().result(given) == Result(3, 6, "a machine")
    said = capsys.readouterr().out
    assert word in said and "answers of a machine" in said
    assert "fakes were" not in said, "who has not answered is not told"


def test_other_letters_are_explained(capsys, monkeypatch):
    monkeypatch.setattr(Quiz, "by_machine", lambda self: "LLLLLL")
    fixed().result("LRXLRL")
    assert "An answer is L or R" in capsys.readouterr().out


def test_spellings_of_one_answer_agree():
    assert spelled("l, r R") == spelled(["left", "right", "R"]) == spelled("LRR") == "LRR"


def test_buttons_answer_too():
    one = fixed()
    choices = one.buttons().children
    for choice, side in zip(choices, "LRRLRR", strict=True):
        choice.value = side
    assert one.result(...) == Result(5, 6, "you")


def test_half_chosen_buttons_are_not_done(capsys, monkeypatch):
    monkeypatch.setattr(Quiz, "by_machine", lambda self: "LLLLLL")
    one = fixed()
    one.buttons().children[0].value = "L"
    assert one.result(...).whose == "a machine"


def test_without_widgets_the_cell_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ipywidgets", None)
    assert "next cell" in fixed().buttons()


def test_answers_are_not_shown_with_the_quiz():
    assert "LRRLRL" not in repr(fixed())


def test_the_unmasked_stand_beside_what_they_were_made_of():
    def grey(level):
        return np.full((4, 4, 3), level, np.uint8)

    pictures = [np.hstack([grey(1), grey(2)]), np.hstack([grey(3), grey(4)])]
    shown = Quiz(pictures, "LR", untouched=[grey(10), grey(20)]).unmasked
    assert [both[0, ::4, 0].tolist() for both in shown] == [[10, 1], [20, 4]]


@pytest.mark.slow
def test_an_untouched_picture_differs_from_its_fake_in_the_face_only(drawn):
    for both in drawn.unmasked:
        untouched, fake = np.split(both.astype(int), 2, axis=1)
        assert np.abs(untouched - fake)[60:150, 60:150].max() > 20
        assert np.abs(untouched - fake)[:16].max() < 20  # JPEG


@pytest.mark.slow
def test_a_drawn_quiz_fakes_one_picture_of_each_pair(drawn):
    assert set(drawn.answers) <= {"L", "R"} and len(drawn.answers) == len(drawn.pictures) == 3
    assert {picture.shape for picture in drawn.pictures} == {(208, 416, 3)}
    assert drawn.titles == ["pair 1", "pair 2", "pair 3"]
    assert drawn.answers == Quiz.drawn(pairs=3, seed=5).answers


def test_the_sides_differ_from_seed_to_seed(monkeypatch):
    blank = SimpleNamespace(image=np.zeros((16, 16, 3), np.uint8))
    monkeypatch.setattr(quiz, "_photographed", lambda *a: [[blank] * 5] * 3)
    monkeypatch.setattr(quiz, "_matched", lambda people: np.arange(len(people)))
    monkeypatch.setattr(quiz, "swap", lambda a, to, blend: a.image)
    sides = {Quiz.drawn(pairs=5, seed=seed).answers for seed in range(12)}
    assert len(sides) > 6 and {letter for s in sides for letter in s} == {"L", "R"}


def test_the_fake_stands_where_the_answer_says(monkeypatch):
    dark, bright = np.zeros((16, 16, 3), np.uint8), np.full((16, 16, 3), 255, np.uint8)
    for side in "LR":
        left, right = np.split(quiz._side_by_side(dark, bright, side), 2, axis=1)
        assert (left.mean() < right.mean()) == (side == "L")


def test_nobody_gets_their_own_face():
    people = [Person.from_seed(seed) for seed in (9, 42, 28, 47)]
    wears = quiz._matched(people)
    assert sorted(wears) == [0, 1, 2, 3] and (wears != np.arange(4)).all()


@pytest.mark.parametrize("pairs", [0, 2, 99])
def test_a_quiz_of_impossible_length_is_refused(pairs):
    with pytest.raises(ValueError, match="pairs must lie in 3 to"):
        Quiz.drawn(pairs=pairs)


def test_the_machine_finds_what_is_softer_in_the_middle():
    import cv2

    image = render(A, Scene(), size=224).image
    soft = image.copy()
    soft[67:150, 78:146] = cv2.GaussianBlur(image, (0, 0), 2)[67:150, 78:146]
    assert quiz.sharpness(soft) < quiz.sharpness(image)
    pictures = [np.hstack([soft, image]), np.hstack([image, soft])]
    assert fixed("LR", pictures).by_machine() == "LR"


def test_an_interval_holds_the_share_and_narrows():
    few, many = share_interval(8, 12), share_interval(800, 1200)
    assert few[0] < 8 / 12 < few[1] and 0 <= few[0] and few[1] <= 1
    assert many[1] - many[0] < 0.2 * (few[1] - few[0])


def test_an_interval_agrees_with_wilsons_formula():
    n, p, z = 12, 8 / 12, 1.959964
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    assert share_interval(8, 12) == pytest.approx((middle - half, middle + half), abs=1e-5)


def test_what_was_published_lies_in_its_interval():
    for share, low, high in quiz.PUBLISHED.values():
        assert low < 0.5 < share < high


# Figures


def size_of(figure):
    from facelab.course.figures import to_pil

    return to_pil(figure).size


def test_figures_are_drawn():
    frame = render(A, SMILE, size=128)
    points = frame.landmarks
    three = np.array([[36, 39, 30], [42, 45, 30]])
    rows = {"you": (0.5, 0.2, 0.8), **quiz.PUBLISHED}
    lines = {"swap": ([20.0, 18.0], [0.4, 0.5]), "copy": ([18.0, 18.0], [0, 0])}
    corners = points[three[0]]
    made = [
        figures01.mesh_on(frame.image, points, three, points[:3]),
        figures01.same_place([frame.image] * 2, [corners] * 2, [corners.mean(0)] * 2, "ab"),
        figures01.error_map([frame.image] * 2, frame.image, frame.mask, "ab"),
        figures01.against_humans(rows),
        figures01.falling([0, 30], lines, "yaw"),
        figures01.five_ideas(frame, frame, frame, frame, np.ones((128, 128, 2))),
    ]
    assert all(min(size_of(figure)) > 100 for figure in made)
