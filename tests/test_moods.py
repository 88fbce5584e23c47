"""The moods sheet: even, without the answers, and counted exactly."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facelab.measure import moods
from facelab.measure.moods import FEELINGS, Answer, AnswersError, Case
from facelab.studio import StudioError, read_mark

ROOT = Path(__file__).resolve().parents[1]
CASES = [Case(i + 1, name, 100 + i) for i, name in enumerate([*FEELINGS, "smile"])]
RIGHT = {case.number: Answer(case.mood, True) for case in CASES}


def sheet(tmp_path, rows, name="answers.csv"):
    path = tmp_path / name
    path.write_text("number,mood,convincing,remark\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def right_rows():
    return [f"{case.number},{case.mood},yes," for case in CASES]


def numbers():
    return [case.number for case in CASES]


def test_every_mood_is_drawn_as_often_as_the_others():
    cases = moods.draw(5)
    assert set(Counter(case.mood for case in cases).values()) == {12}
    assert [case.number for case in cases] == list(range(1, 85))
    assert len({case.person_seed for case in cases}) == 84


def test_a_seed_means_the_same_sheet_and_another_another():
    assert moods.draw(5) == moods.draw(5) != moods.draw(6)
    order = [case.mood for case in moods.draw(5)]
    assert order != sorted(order, key=FEELINGS.index) and order != [c.mood for c in moods.draw(6)]


def test_wrong_numbers_are_refused():
    for wrong in ((-1, 84), (1, 0), (1, 2.5)):
        with pytest.raises(StudioError):
            moods.draw(*wrong)


@pytest.fixture
def grey_pictures(monkeypatch):
    def grey(case):
        return np.full((moods.SIZE, moods.SIZE, 3), case.number, np.uint8)

    monkeypatch.setattr(moods, "picture", grey)


def test_pages_show_every_picture_whole_and_the_key_lies_elsewhere(tmp_path, grey_pictures):
    pages, key = moods.write_sheet(7, 14, tmp_path)
    assert len(pages) == 2 and pages[0].parent != key.parent
    first = np.asarray(Image.open(pages[0]))
    for number in range(1, 13):
        assert (first == number).all(-1).sum() >= moods.SIZE**2
    assert moods.read_key(key) == moods.draw(7, 14)
    assert json.loads(key.read_text(encoding="utf-8"))["seed"] == 7
    assert len((pages[0].parent / "answers.csv").read_text().splitlines()) == 15


def test_what_readers_get_names_no_mood_and_no_seed(tmp_path, grey_pictures):
    pages, _ = moods.write_sheet(123456, 7, tmp_path)
    for path in pages[0].parent.iterdir():
        content = path.read_bytes()
        assert not [name for name in (*FEELINGS, "123456") if name.encode() in content], path
    assert read_mark(pages[0])["synthetic"] is True


@pytest.mark.slow
def test_a_picture_shows_its_person_in_its_mood():
    calm, laughing = (moods.picture(Case(1, name, 11)) for name in ("neutral", "laugh"))
    assert calm.shape == (256, 256, 3) and calm.dtype == np.uint8
    assert (calm != laughing).any(-1)[100:220].mean() > 0.05


def test_the_confusion_matrix_is_exact():
    wrong = RIGHT | {3: Answer("disgust", False), 8: Answer("laugh", True)}
    found = moods.judged(CASES, [RIGHT, wrong])
    expected = np.diag([2] * 7)
    third, smile = FEELINGS.index(CASES[2].mood), FEELINGS.index("smile")
    expected[smile, smile] += 2
    expected[third, third] -= 1
    expected[third, FEELINGS.index("disgust")] += 1
    expected[smile, smile] -= 1
    expected[smile, FEELINGS.index("laugh")] += 1
    assert (found["confusion"] == expected).all()
    assert found["named"]["all"][0] == 14 / 16 and found["named"]["smile"][0] == 3 / 4
    assert found["named"]["all"][1:3] == moods.share(7, 8)[1:], "n counts pictures, not answers"
    assert found["named"]["smile"][3] == 2 and found["named"]["all"][3] == 8
    assert found["convincing"]["all"][0] == 15 / 16
    assert found["agreement"][0] == 6 / 8
    assert moods.judged(CASES, [RIGHT])["agreement"] is None


def test_shares_have_wilsons_interval():
    share, low, high = moods.share(9, 10)  # worked example, e.g. statsmodels' proportion_confint
    assert (share, low, high) == pytest.approx((0.9, 0.5958, 0.9821), abs=2e-4)
    assert moods.share(10, 10)[1] < 1 and moods.share(0, 10)[2] > 0


def test_kappa_takes_chance_away():
    first = ["smile"] * 25 + ["anger"] * 25
    second = ["smile"] * 20 + ["anger"] * 5 + ["smile"] * 10 + ["anger"] * 15
    assert moods.kappa(first, second) == pytest.approx(0.4)  # 2 x 2 table 20, 5, 10, 15
    assert moods.kappa(first, first) == 1 and moods.kappa(["smile"], ["smile"]) == 1


def test_answers_are_read_from_csv_and_json_alike(tmp_path):
    path = sheet(tmp_path, [row.replace("yes,", " YES ,a remark") for row in right_rows()])
    rows = [
        {"number": n, "mood": a.mood.title(), "convincing": "yes", "remark": "a remark"}
        for n, a in RIGHT.items()
    ]
    other = tmp_path / "answers.json"
    other.write_text(json.dumps(rows), encoding="utf-8")
    read = moods.read_answers(path, numbers())
    assert read == moods.read_answers(other, numbers())
    assert read[1] == Answer(CASES[0].mood, True, "a remark")


@pytest.mark.parametrize("spoil, says", [
    (lambda rows: rows[:-1], "lacks answers to 8"),
    (lambda rows: [*rows, rows[0]], "answered before"),
    (lambda rows: ["99,smile,yes,", *rows], "does not have"),
    (lambda rows: ["one,smile,yes,", *rows], "does not have"),
    (lambda rows: [rows[0].replace("neutral", "bored"), *rows[1:]], "'bored'; choose one of"),
    (lambda rows: [rows[0].replace("yes", "maybe"), *rows[1:]], "write yes or no"),
    (lambda rows: ["1,,yes,", *rows[1:]], "choose one of"),
])  # fmt: skip
def test_a_bad_sheet_is_refused_and_says_why(tmp_path, spoil, says):
    with pytest.raises(AnswersError, match=says):
        moods.read_answers(sheet(tmp_path, spoil(right_rows())), numbers())


@pytest.mark.parametrize("name, content", [
    ("gone.csv", None), ("a.json", "{"), ("b.json", '{"number": 1}'), ("c.csv", "a,b\n1,2\n"),
])  # fmt: skip
def test_a_file_that_is_no_sheet_is_refused(tmp_path, name, content):
    path = tmp_path / name
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(AnswersError):
        moods.read_answers(path, numbers())


def test_a_file_that_is_no_key_is_refused(tmp_path):
    path = tmp_path / "key.json"
    for content in ("[]", "{}", '{"cases": [{"number": 1}]}', "no"):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(AnswersError):
            moods.read_key(path)


def test_the_command_draws_and_counts(tmp_path, grey_pictures, capsys):
    moods.main(["--people", "7", "--out", str(tmp_path)])
    told = capsys.readouterr().out
    seed = int(told.split()[1].rstrip(":"))
    key = tmp_path / "key" / "key.json"
    assert json.loads(key.read_text(encoding="utf-8"))["seed"] == seed
    rows = [f"{case.number},{case.mood},no," for case in moods.read_key(key)]
    moods.main(["--answers", str(sheet(tmp_path, rows)), "--key", str(key)])
    told = capsys.readouterr().out
    assert "all         100%" in told and "n = 7 pictures" in told


def test_the_command_says_what_is_wrong(tmp_path):
    with pytest.raises(SystemExit, match=r"gone\.json cannot be read"):
        moods.main(["--answers", "x.csv", "--key", str(tmp_path / "gone.json")])
    with pytest.raises(SystemExit):
        moods.main(["--answers", "x.csv"])


def test_the_readme_says_what_the_kept_sheets_say():
    folder, readme = ROOT / "docs" / "moods", (ROOT / "README.md").read_text(encoding="utf-8")
    cases = moods.read_key(folder / "key.json")
    numbers = [case.number for case in cases]
    readers = [moods.read_answers(path, numbers) for path in sorted(folder.glob("reader_*.csv"))]
    found = moods.judged(cases, readers)
    for group in (FEELINGS[:4], FEELINGS[4:]):
        shares = (
            " / ".join(f"{100 * found[what][name][0]:.0f}" for name in group)
            for what in ("named", "convincing")
        )
        assert f"| {' / '.join(group)} | {' % | '.join(shares)} % |" in readme
    whole = (
        "{:.0f} % [{:.0f}, {:.0f}]".format(*(100 * part for part in found[what]["all"][:3]))
        for what in ("named", "convincing")
    )
    assert f"| all, with 95 % interval | {' | '.join(whole)} |" in readme
    assert str(json.loads((folder / "key.json").read_text(encoding="utf-8"))["seed"]) in readme
