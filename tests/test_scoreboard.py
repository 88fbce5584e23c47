"""`score swap` and `score all`: what is read from the command line, stored and shown."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from facelab import disk_cache
from facelab.course.build import SCORES, Course, filled_readme
from facelab.faces import read_image
from facelab.measure import score_swap, scoreboard
from facelab.measure.judging import PairError
from facelab.measure.painters import Pictures
from facelab.measure.scoreboard import ScoreboardError
from facelab.measure.swap_pair import SHARES, TOLD, Sample, known_row
from facelab.studio import Person, Scene, read_mark, render

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.getbasetemp() / "held-out"
    monkeypatch.setenv(disk_cache.VARIABLE, str(folder))


def row(name, way, **more):
    """A row of a result, all scores a quarter."""
    scores = dict.fromkeys(scoreboard.COLUMNS, 0.25)
    return {"pair": [20, 4], name[0]: name[1], "direction": way} | scores | {"n": 2} | more


def result(method="mine", **more):
    ways = "20 to 4", "4 to 20"
    known = ("truth", "copy of the target", "truth through 64 px")
    return {
        "pair": [20, 4], "seed": 0, "scenes": 2, "tone": "a", "gallery": 4, "size": 256,
        "paste": "plain",
        "rows": [row(("method", method), way, **more) for way in ways],
        "calibration": [row(("row", name), way) for name in known for way in ways],
    }  # fmt: skip


# Stored and shown


def test_a_method_that_is_scored_again_replaces_its_former_self(tmp_path):
    for each in (result(), result("other"), result(psnr=0.75)):
        path = scoreboard.store(each, tmp_path)
    assert path.name == "swap_4_20_tone_a_seed_0_plain.json" and len(list(tmp_path.iterdir())) == 1
    (stored,) = scoreboard.all_stored(tmp_path)
    psnr = {(r["method"], r["direction"]): r["psnr"] for r in stored["rows"]}
    assert psnr == {("mine", "20 to 4"): 0.75, ("mine", "4 to 20"): 0.75,
                    ("other", "20 to 4"): 0.25, ("other", "4 to 20"): 0.25}  # fmt: skip
    assert stored["rows"][0]["date"] == scoreboard.today() and len(stored["calibration"]) == 6


def test_the_order_of_a_pair_does_not_matter(tmp_path):
    path = scoreboard.store(result(), tmp_path)
    assert scoreboard.store(result("other") | {"pair": [4, 20]}, tmp_path) == path
    assert len(scoreboard.read(path)["rows"]) == 4


@pytest.mark.parametrize("key", ["scenes", "gallery", "size"])
def test_results_that_stand_on_something_else_are_not_mixed(tmp_path, key):
    scoreboard.store(result(), tmp_path)
    with pytest.raises(ScoreboardError, match=key):
        scoreboard.store(result() | {key: 7}, tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", '{"rows": []}', '"rows"'])
def test_a_damaged_file_is_told_and_kept(tmp_path, text):
    path = scoreboard.file_of(result(), tmp_path)
    path.write_text(text)
    with pytest.raises(ScoreboardError, match="cannot be read"):
        scoreboard.store(result(), tmp_path)
    assert path.read_text() == text


def test_a_told_ceiling_is_used_again_only_on_the_same_scenes(tmp_path):
    told = known_row(TOLD, Sample.only_psnr([20, 30]))
    more = result()
    more["calibration"].append({"row": TOLD, "direction": "20 to 4"} | told | {"ssim": 0.9})
    scoreboard.store(more, tmp_path)
    assert scoreboard.told_before(result(), tmp_path) == {"20 to 4": [20, 30]}
    assert scoreboard.told_before(result() | {"pair": [4, 20]}, tmp_path) != {}
    assert scoreboard.told_before(result() | {"scenes": 3}, tmp_path) == {}
    assert scoreboard.told_before(result() | {"seed": 3}, tmp_path) == {}


def test_a_told_ceiling_of_which_only_the_psnr_is_known_replaces_none(tmp_path):
    whole, bare = result(), result()
    told = {"row": TOLD, "direction": "20 to 4"} | known_row(TOLD, Sample.only_psnr([20, 30]))
    whole["calibration"].append(told | {"ssim": 0.9})
    bare["calibration"].append(told)
    scoreboard.store(whole, tmp_path)
    stored = scoreboard.read(scoreboard.store(bare, tmp_path))
    assert [r["ssim"] for r in stored["calibration"] if r["row"] == TOLD] == [0.9]


def test_a_table_runs_from_the_worst_guess_to_the_truth_and_shows_both_ways(tmp_path):
    more = result()
    more["rows"][1]["psnr"] = None
    more["rows"].reverse()
    table = scoreboard.table(more)
    assert [name for name, _ in table] == [
        "copy of the target", "mine", "truth", "truth through 64 px",
    ]  # fmt: skip
    assert dict(table)["mine"]["psnr"] == "0.2 / –"
    text = scoreboard.as_text([more])
    assert "2 held-out scenes" in text and "top-1 of 4 people" in text and "told share" in text


def test_the_readme_shows_what_is_stored(tmp_path):
    (tmp_path / "solutions").mkdir()
    begin, end = SCORES
    (tmp_path / "README.md").write_text(f"Before.\n{begin}\nstale words\n{end}\nAfter.\n")
    assert "stale words" in filled_readme(Course(tmp_path))
    scoreboard.store(result(), Course(tmp_path).scores)
    filled = filled_readme(Course(tmp_path))
    assert (
        "| mine | 0.2 / 0.2 |" in filled and "stale" not in filled and filled.endswith("After.\n")
    )


def test_the_readme_of_the_course_equals_what_is_stored():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    begin, end = SCORES
    shown = text.split(begin + "\n")[1].split("\n" + end)[0]
    assert shown == scoreboard.as_markdown(scoreboard.all_stored())


def test_what_is_stored_stands_on_enough():
    for stored in scoreboard.all_stored():
        assert stored["scenes"] >= 200 and stored["gallery"] >= 32
        assert {r["n"] for r in stored["rows"]} == {stored["scenes"]}


def test_all_is_printed_as_text_and_as_json(monkeypatch, capsys):
    monkeypatch.setattr(scoreboard, "all_stored", lambda: [result()])
    scoreboard.main([])
    assert "mine" in capsys.readouterr().out
    scoreboard.main(["--json"])
    assert json.loads(capsys.readouterr().out) == [result()]


# The command line


def test_functions_come_from_modules_and_from_files(tmp_path):
    (tmp_path / "swaps.py").write_text("def mine(case):\n    return case\nother = 3\n")
    assert score_swap.load_callable(f"{tmp_path}/swaps.py:mine")(7) == 7
    assert score_swap.load_callable("facelab.measure.score:landmark_swap").__name__ == (
        "landmark_swap"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("mine", "MODULE:FUNCTION"),
        ("no.such.module:f", "no module no"),
        ("nowhere/file.py:f", "no file"),
        ("facelab.measure.score:SIZE", "no function SIZE"),
        ("facelab.measure.score:nothing", "no function nothing"),
    ],
)
def test_what_is_no_function_is_told(text, says):
    with pytest.raises(PairError, match=says):
        score_swap.load_callable(text)


@dataclass
class Net:
    """A file of weights."""

    pair: tuple
    told: bool = False
    name: str = "lab"


@pytest.fixture
def weights(monkeypatch):
    """Files of weights, given or shipped: "5,6" and "5,6,told"."""

    def net(path):
        a, b, *told = str(path).split(",")
        return Net((int(a), int(b)), bool(told))

    ours = []
    monkeypatch.setattr(score_swap, "TrainedPair", net)
    monkeypatch.setattr(score_swap, "shipped", lambda: [net(path) for path in ours])
    return ours


def jobs(*words):
    return score_swap.jobs(score_swap._options(list(words)))


def test_weights_of_one_name_are_seeds_of_one_method_and_told_ones_the_ceiling(weights):
    (job,) = jobs("--weights", "5,6", "5,6", "5,6,told")
    assert job.pair == (5, 6) and len(job.methods["lab"]) == 2 and job.told == [Net((5, 6), True)]
    (job,) = jobs("--weights", "5,6", "--name", "mine")
    assert [*job.methods] == ["mine"]


def test_each_pair_of_weights_is_a_job_unless_one_is_said(weights):
    assert [job.pair for job in jobs("--weights", "5,6", "7,8", "5,6")] == [(5, 6), (7, 8)]
    (job,) = jobs("--weights", "5,6", "--pair", "6", "5")
    assert job.pair == (6, 5) and job.methods["lab"] == [Net((5, 6))]


def test_without_anything_the_weights_of_the_course_are_scored(weights):
    (job,) = jobs()
    assert job.pair == score_swap.PAIR and job.methods == {} and job.told == []
    weights += ["5,6", "5,6,told", "7,8"]
    assert [(job.pair, len(job.told)) for job in jobs()] == [((5, 6), 1), ((7, 8), 0)]
    (job,) = jobs("--pair", "8", "7")
    assert job.methods == {"lab": [Net((7, 8))]}


def test_beside_a_method_the_course_gives_its_ceiling_alone(weights, tmp_path):
    weights += ["5,6", "5,6,told"]
    (job,) = jobs("--folder", str(tmp_path / "away"), "--pair", "6", "5")
    assert job.methods == {"away": [Pictures(tmp_path / "away")]}
    assert job.told == [Net((5, 6), True)]
    method = "facelab.measure.score:landmark_swap"
    (job,) = jobs("--method", method, "--pair", "6", "5", "--told", method)
    assert [thing.__name__ for thing in job.told] == ["landmark_swap"]


def test_functions_of_one_name_are_not_one_method(weights, tmp_path):
    (tmp_path / "other.py").write_text("def landmark_swap(case):\n    return case\n")
    texts = "facelab.measure.score:landmark_swap", f"{tmp_path}/other.py:landmark_swap"
    (job,) = jobs("--method", texts[0], "--method", texts[1])
    assert [*job.methods] == [*texts]
    (job,) = jobs("--method", texts[0])
    assert [*job.methods] == ["landmark_swap"]


def test_results_of_several_pairs_are_one_with_the_worst_shares():
    shares = {"told_share": 0.5, "id_share": 0.9, "retrieval_share": 0.7}
    both = [result(**shares), result(**shares | {"told_share": 0.3}) | {"pair": [7, 8]}]
    one = score_swap.joined(both)
    assert one["pairs"] == [[20, 4], [7, 8]] and len(one["rows"]) == 4
    assert (one["told_share"], one["id_share"]) == (0.3, 0.9) and one["scenes"] == 2


def test_targets_are_written_marked_and_come_back_as_a_folder(tmp_path):
    folders = score_swap.write_targets(tmp_path, 20, 4, scenes=2)
    assert [path.name for path in folders] == ["20_to_4", "4_to_20"]
    names = [path.name for path in sorted(folders[0].iterdir())]
    assert names == ["0000.png", "0001.png", "source.png"]
    mark = read_mark(folders[1] / "0001.png")
    assert mark["synthetic"] and mark["person_seed"] == 4 and mark["scene"] == 1
    assert read_mark(folders[1] / "source.png")["person_seed"] == 20
    face = render(Person.from_seed(4), Scene(), 256).image
    assert (read_image(folders[0] / "source.png") == face).all()


def test_the_command_says_what_is_wrong_in_one_sentence(tmp_path, capsys):
    for words, says in (
        (["--pair", "7", "7"], "two people"),
        (["--method", "nothing"], "MODULE:FUNCTION"),
        (["--weights", str(tmp_path / "none")], "no weights"),
        (["--folder", str(tmp_path), "--scenes", "1"], "no pictures"),
        (["--scenes", "0"], "count must be"),
    ):
        with pytest.raises(SystemExit) as stop:
            score_swap.main(words)
        assert says in stop.value.code


def test_json_alone_comes_on_standard_output_and_is_stored(monkeypatch, capsys, tmp_path):
    def quick(methods, *words, report, progress):
        report(3)
        return result(*methods, **dict.fromkeys(SHARES))

    monkeypatch.setattr(score_swap, "score_pair", quick)
    store = scoreboard.store
    monkeypatch.setattr(scoreboard, "store", lambda found: store(found, tmp_path))
    method = "facelab.measure.score:landmark_swap"
    score_swap.main(["--method", method, "--json", "--store", "--name", "points"])
    printed = json.loads(capsys.readouterr().out)
    assert printed["rows"] == result("points", **dict.fromkeys(SHARES))["rows"]
    assert printed["told_share"] is None and printed["pairs"] == [[20, 4]]
    assert scoreboard.all_stored(tmp_path)[0]["rows"][0]["method"] == "points"


def test_numbers_that_json_cannot_hold_become_none():
    told = known_row(TOLD, Sample.only_psnr([20, np.inf]))
    assert told["psnr_by_scene"] == [20, None] and told["psnr"] == 20 and told["ssim"] is None
