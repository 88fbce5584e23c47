"""Every chapter keeps its contract, and each rule of the contract notices when it is broken.

The rules, with what to do about each, are in ``facelab/course/lint.py``.
"""

import base64
import io
import json
from dataclasses import replace

import pytest
from fixture_course import built_course
from PIL import Image

from facelab.course import build, figures, lint
from facelab.course.exercise import LEVELS
from facelab.course.notebook import code_cells, make_notebook

COURSE = build.Course()
CHAPTERS = COURSE.sources()


def name_of(thing):
    return getattr(thing, "stem", None) or getattr(thing, "__name__", None) or str(thing)


# The chapters


@pytest.fixture(scope="module")
def load():
    """Loads each chapter once."""
    known = {}
    return lambda source: known.setdefault(source, lint.load(COURSE, source))


@pytest.mark.parametrize("rule", lint.RULES, ids=name_of)
@pytest.mark.parametrize("source", CHAPTERS, ids=name_of)
def test_chapter_keeps(load, source, rule):
    found = list(rule(load(source)))
    assert not found, "\n".join(found)


def test_chapters_keep_to_the_average_time():
    found = list(lint.too_slow_together(COURSE))
    assert not found, "\n".join(found)


def test_notebooks_agree_with_their_sources():
    found = build.differences(COURSE)
    assert not found, "\n".join([*found, "To mend: python3 lab.py build"])


# The rules


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    with built_course(tmp_path_factory.mktemp("linted")) as made:
        yield made


@pytest.fixture
def chapter(course):
    return lint.load(course, course.sources()[0])


def test_a_good_chapter_breaks_no_rule(chapter):
    assert lint.broken(chapter) == []


def replaced(chapter, old, new):
    """``chapter`` with a text in its source replaced."""
    text = json.dumps(chapter.source)
    old, new = (json.dumps(part)[1:-1] for part in (old, new))
    assert old in text
    chapter.source = json.loads(text.replace(old, new))
    return chapter


@pytest.mark.parametrize(
    "rule, old, new",
    [
        (lint.one_title, "# A chapter to test", "## A chapter to test"),
        (lint.one_title, "## A cloud of points", "# A cloud of points"),
        (lint.says_what_you_will_be_able_to_do, "you will be able to", "we look at"),
        (lint.says_what_you_will_be_able_to_do, "- find the centre", "find the centre"),
        (lint.says_time_and_memory, "**Time and memory:**", "**Time:**"),
        (lint.says_time_and_memory, "under 1 minute", "not measured yet; under 1 minute"),
        (lint.says_what_it_needs, "**Needs:**", "Needs"),
        (lint.asks_for_a_prediction, "**Predict first.**", "First."),
        (lint.asks_for_a_prediction, "far away?", "far away."),
        (lint.headings_never_skip, "## What goes wrong", "##### What goes wrong"),
        (lint.closes_in_order, "## Who could be hurt", "## Who is hurt"),
        (lint.closes_in_order, "## Sources", "## More\n\n## Sources"),
        (lint.says_under_which_licence, "CC BY 4.0", "free"),
        (lint.says_under_which_licence, "MIT", "open"),
        (lint.code_is_in_sections, "## A cloud of points", "A cloud of points"),
        (lint.pictures_go_through_show, "show(fig, ", "plt.show()  # "),
        (lint.pictures_go_through_show, "show([red", "display([red"),
        (lint.markdown_pictures_have_alt_text, "Nobody.", "![](face.png)"),
        (lint.markdown_pictures_have_alt_text, "Nobody.", "<img src='face.png'>"),
        (lint.exercises_are_complete, 'check("91.1"', 'check("91.8"'),
        (lint.exercises_are_complete, 'check("91.1"', 'check("03.1"'),
        (lint.exercises_are_complete, 'check("91.1", corner)', "corner"),
        (lint.exercises_are_four_to_six, "exercise", "plain"),
        (lint.exercise_headings_agree, "91.1 (understand)", "91.1 (apply)"),
        (lint.exercise_headings_agree, "91.1 (understand)", "91.9 (understand)"),
        (lint.exercise_headings_agree, "Nobody.", "### Exercise 91.5 (apply): none"),
        (lint.no_machine_paths, "Nobody.", "See /home/someone/face.png"),
        (lint.no_machine_paths, "Nobody.", r"See C:\Users\someone"),
    ],
    ids=name_of,
)
def test_rule_notices_in_the_source(chapter, rule, old, new):
    assert list(rule(replaced(chapter, old, new)))


@pytest.mark.parametrize(
    "seconds, peak_mb, told",
    [(120.0, 1500, []), (120.1, 1500, ["takes 120.1 seconds"]), (1.0, 1501, ["takes 1501 MB"])],
)
def test_rule_notices_what_a_chapter_costs(chapter, seconds, peak_mb, told):
    chapter.cost = {"seconds": seconds, "peak_mb": peak_mb}
    found = list(lint.costs_little(chapter))
    assert len(found) == len(told) and all(t in f for t, f in zip(told, found, strict=True))


@pytest.mark.parametrize(
    "seconds, told", [([100.0, 20.0], 0), ([100.0, 20.1], 1), ([60.0], 0), ([60.1], 1)]
)
def test_the_average_of_the_chapters_is_held_to_its_limit(tmp_path, seconds, told):
    course = build.Course(tmp_path)
    course.solutions.mkdir()
    names = [f"{number:02}_x" for number in range(1, 1 + len(seconds))]
    for name in names:
        (course.solutions / f"{name}.py").touch()
    costs = {n: {"seconds": s, "peak_mb": 1} for n, s in zip(names, seconds, strict=True)}
    build.costs.write_measured(course.measured, costs)
    assert len(list(lint.too_slow_together(course))) == told


@pytest.mark.parametrize("level", LEVELS)
def test_rule_notices_a_level_that_lacks(chapter, monkeypatch, level):
    others = {e.number: e for e in chapter.defined if e.level != level}
    monkeypatch.setattr(lint, "chapter_exercises", lambda number: others)
    assert [level in told for told in lint.exercises_come_at_every_level(chapter)] == [True]


def test_rule_notices_an_exercise_that_is_not_checked(chapter):
    chapter.exercises[0]["metadata"]["tags"].remove("exercise")
    del chapter.exercises
    assert list(lint.exercises_are_complete(chapter)) == [
        "checks 3 exercises, and 4 are defined. Check each once."
    ]


def test_rule_notices_an_exercise_with_few_mistakes(chapter, monkeypatch):
    poor = [replace(e, mistakes=e.mistakes[:2]) for e in chapter.defined[:1]]
    monkeypatch.setattr(lint, "chapter_exercises", lambda number: {e.number: e for e in poor})
    assert "91.1 names 2 mistakes" in next(lint.exercises_name_three_mistakes(chapter))


def test_rule_notices_a_section_that_cannot_be_resumed(chapter):
    for cell in code_cells(chapter.source):
        cell["metadata"] = {}
    found = list(lint.sections_can_be_resumed(chapter))
    assert len(found) == 3 and "A cloud of points" in found[0]


@pytest.mark.parametrize(
    "counts, told",
    [
        ([5] * 10, []),
        ([5] * 4 + [6] * 6, ["median"]),
        ([1] * 9 + [25], []),
        ([1] * 8 + [16] * 2, ["90 %"]),
        ([1] * 9 + [26], ["longest cell"]),
        ([], ["no code"]),
    ],
)
def test_rule_notices_long_cells(chapter, counts, told):
    cells = [{"cell_type": "code", "source": "x\n\n" * n, "tags": []} for n in counts]
    chapter.source = make_notebook(cells)
    found = list(lint.cells_are_short(chapter))
    assert len(found) == len(told) and all(t in f for t, f in zip(told, found, strict=True))


def picture(**data):
    return {"output_type": "display_data", "data": data, "metadata": {}}


def html(markup):
    return picture(**{"text/html": markup})


def clip(attributes):
    return html(f"<video aria-label='A wave' {attributes} src='x'></video>")


def moving(kind):
    """The address of a picture that moves by itself."""
    file = io.BytesIO()
    red, blue = (Image.new("RGB", (4, 4), colour) for colour in ("red", "blue"))
    red.save(file, kind, save_all=True, append_images=[blue], duration=100)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"


@pytest.mark.parametrize(
    "rule, output",
    [
        (lint.pictures_have_alt_text, picture(**{"image/png": "abc"})),
        (lint.pictures_have_alt_text, picture(**{"text/html": ["<img src='x'>"]})),
        (lint.pictures_have_alt_text, picture(**{"text/html": "<p><img alt=' ' src='x'/></p>"})),
        (lint.moving_pictures_wait, clip("autoplay controls")),
        (lint.moving_pictures_wait, clip("loop controls")),
        (lint.moving_pictures_wait, clip("")),
        (lint.moving_pictures_wait, html("<video controls src='x'></video>")),
        (lint.moving_pictures_wait, html("<img alt='x' src='wave.gif?1'>")),
        (lint.moving_pictures_wait, html(f"<img alt='x' src='{moving(kind='GIF')}'>")),
        (lint.moving_pictures_wait, html(f"<img alt='x' src='{moving(kind='WEBP')}'>")),
        (lint.moving_pictures_wait, html(f"<img alt='x' src='{moving(kind='PNG')}'>")),
        (lint.keyboard_reaches_everything, html("<span onclick='f()'>")),
        (lint.keyboard_reaches_everything, html("<button tabindex='-1'>")),
        (lint.no_stored_errors, {"output_type": "error", "ename": "ValueError"}),
        (lint.no_stored_errors, {"output_type": "stream", "name": "stderr", "text": ["warn"]}),
        (lint.no_machine_paths, {"output_type": "stream", "name": "stdout", "text": ["/home/me"]}),
    ],
    ids=name_of,
)
def test_rule_notices_in_the_outputs(chapter, rule, output):
    code_cells(chapter.solution)[3]["outputs"] = [output]
    found = list(rule(chapter))
    assert found and ("cell 4" in found[0] or rule is lint.no_machine_paths)


@pytest.mark.parametrize(
    "output",
    [
        clip("controls"),
        html(figures.figure_html(figures.encode(Image.new("RGB", (8, 8))), "Black")),
        html(figures.figure_html(("image/webp", b"RIFF"), "Black")),
        html("<details><summary>More</summary><button tabindex='0'>x</button></details>"),
    ],
)
def test_rules_let_still_pictures_and_waiting_clips_pass(chapter, output):
    code_cells(chapter.solution)[3]["outputs"] = [output]
    assert lint.broken(chapter) == []


def test_rule_notices_an_answer_of_ours_that_is_wrong(chapter):
    for cell in code_cells(chapter.solution):
        cell["outputs"] = json.loads(json.dumps(cell["outputs"]).replace(": right", ": wrong"))
    assert len(list(lint.solved_exercises_are_right(chapter))) == 4


@pytest.mark.parametrize("lost", [{"outputs": []}, {"execution_count": None}], ids=str)
def test_rule_notices_a_checked_cell_without_output(chapter, lost):
    code_cells(chapter.solution)[2].update(lost)
    assert "no stored output" in next(lint.checked_cells_hold_outputs(chapter))


def test_rule_notices_that_nothing_is_checked(chapter):
    for cell in code_cells(chapter.solution):
        cell["metadata"] = {}
    assert "no checked cell" in next(lint.checked_cells_hold_outputs(chapter))


def test_rule_notices_a_checked_exercise(chapter):
    chapter.exercises[0]["metadata"]["tags"].append("nbval-check-output")
    assert list(lint.checked_cells_are_not_exercises(chapter))


@pytest.mark.parametrize(
    "spoilt",
    [{"outputs": [picture()]}, {"execution_count": 5}, {"source": ["corner = 48"]}],
    ids=str,
)
def test_rule_notices_a_learner_s_copy_that_tells(chapter, spoilt):
    code_cells(chapter.learner)[4].update(spoilt)
    assert "code cell 5" in next(lint.learner_copy_is_clean(chapter))


def test_rule_notices_heavy_and_missing_notebooks(chapter):
    chapter.sizes = (("91_fixture.ipynb", 1_600_000),)
    assert "1.6 MB" in next(lint.notebooks_are_built_and_light(chapter))
    chapter.solution, chapter.sizes = None, ()
    assert "not built" in next(lint.notebooks_are_built_and_light(chapter))


def test_every_rule_is_proved_able_to_fail():
    """Each rule is named by a test above, which hands it a chapter that breaks it."""
    tests = open(__file__, encoding="utf-8").read()
    unproved = [rule.__name__ for rule in lint.RULES if f"lint.{rule.__name__}" not in tests]
    assert not unproved, f"Show that these rules can fail: {unproved}"


def test_lint_tells_what_to_mend(course, capsys):
    assert lint.main(["--root", str(course.root)]) == 0
    path = course.sources()[0]
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace("## Sources", "## Where from"), encoding="utf-8")
    assert lint.main(["--root", str(course.root)]) == 1
    path.write_text(before, encoding="utf-8")
    assert "91_fixture: ends with the sections" in capsys.readouterr().out
