"""The instructor's pages agree with the chapters, and each way to drift is noticed."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from facelab.course import build, teaching

COURSE = build.Course()
FOLDER = COURSE.root / "teaching"
LESSONS = teaching.lessons(COURSE)
PLANS = sorted(FOLDER.glob("lesson_*.md"))
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def number_of(thing):
    return getattr(thing, "number", None) or Path(thing).stem


def lesson(number):
    return next(found for found in LESSONS if found.number == number)


def rows(text):
    """The cells of each row of the markdown tables in a text, heads and rules left out."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    rules = {n for n, row in enumerate(cells) if set("".join(row)) <= {"-"}}
    return [row for n, row in enumerate(cells) if n not in rules and n + 1 not in rules]


def parts(text, level="## "):
    """Title -> text of the parts of a page."""
    found = re.split(rf"^{level}", text, flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in found}


def named(cell):
    """Headings named in *italics* and exercises named by number."""
    return re.findall(r"\*([^*]+)\*", cell), re.findall(r"\b(\d\d\.\d)\b", cell)


def all_headings(chapter):
    """Headings of every depth, without "Exercise 03.1 (level): "."""
    return {heading for heading in re.findall(r"^##+ (.+)$", chapter.prose, re.MULTILINE)}


def section_of(chapter, heading):
    """The section (depth 2) in which a heading of any depth stands, itself if it is one."""
    before = chapter.prose.partition(f"# {heading}\n")[0] + f"# {heading}\n"
    inside = re.findall(r"^## (.+)$", before, re.MULTILINE)
    return inside[-1] if inside else None


def collected(chapter):
    """Ordinal of a prediction -> the section that says what came of it."""
    found = {}
    for part in re.split(r"^## ", chapter.prose, flags=re.MULTILINE)[1:]:
        for ordinal in re.findall(r"\b(first|second|third) prediction", part):
            found[ordinal] = part.partition("\n")[0]
    return found


# Objectives


@pytest.mark.parametrize("chapter", LESSONS, ids=number_of)
def test_objectives_and_exercises_fit(chapter):
    found = teaching.gaps(chapter, teaching.read_map(COURSE).get(chapter.number, {}))
    assert not found, "\n".join([*found, "To mend: edit teaching/objectives.toml."])


def test_the_pages_are_up_to_date(capsys):
    assert teaching.main(["--check"]) == 0, capsys.readouterr().err


@pytest.fixture
def mapped():
    return teaching.read_map(COURSE)["03"]


def gaps_of(mapped):
    return "\n".join(teaching.gaps(lesson("03"), mapped))


def test_an_exercise_that_the_map_lacks_is_noticed(mapped):
    next(iter(mapped.values()))["exercises"].pop("03.2")
    assert gaps_of(mapped) == "Exercise 03.2 stands 0 times in the map, not once."


def test_an_exercise_that_does_not_exist_is_noticed(mapped):
    next(iter(mapped.values()))["exercises"]["03.9"] = "compute"
    assert gaps_of(mapped) == "The map names exercise 03.9, and there is none."


def test_an_exercise_named_twice_is_noticed(mapped):
    list(mapped.values())[1]["exercises"]["03.2"] = "compute"
    assert gaps_of(mapped) == "Exercise 03.2 stands 2 times in the map, not once."


def test_a_promise_that_only_one_side_makes_is_noticed(mapped):
    promise = next(iter(mapped))
    mapped["fly"] = mapped.pop(promise)
    told = gaps_of(mapped)
    assert f"promises '{promise}', and the map lacks it" in told
    assert "The map says 'fly', and chapter 03 does not promise it." in told


def test_a_section_that_does_not_exist_is_noticed(mapped):
    next(iter(mapped.values()))["sections"] = ["Five ways to find a face"]
    assert "'Five ways to find a face', which is no section of chapter 03" in gaps_of(mapped)


def test_a_verb_of_another_level_is_noticed(mapped):
    next(iter(mapped.values()))["exercises"]["03.2"] = "design"
    assert "'design' does not fit 03.2 (apply). Choose: apply, build" in gaps_of(mapped)


def test_an_objective_that_nobody_can_observe_is_noticed(tmp_path):
    source = tmp_path / "96_vague.py"
    text = "# %% [markdown]\n# # A\n# Now you will be able to\n# - understand\n#   faces,\n#\n# x\n"
    source.write_text(text, encoding="utf-8")
    found = list(teaching.objective_gaps(teaching.Lesson(source), {}))
    assert "Chapter 96: 'understand faces' cannot be observed; begin with an action." in found


def test_formulas_stay_in_their_cells():
    assert teaching.in_cell("<y> / |g|^2") == r"&lt;y> / \|g\|^2"
    text = teaching.objectives_page(COURSE)
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {5}


def test_every_verb_has_one_class():
    verbs = [verb for verbs in teaching.BLOOM.values() for verb in verbs]
    assert len(verbs) == len(set(verbs)) and not set(verbs) & set(teaching.VAGUE)
    assert {name for names in teaching.CLASSES.values() for name in names} == set(teaching.BLOOM)


# What is filled in


def test_costs_and_printed_lines_are_filled_in():
    page = "It takes <!-- cost 03 -->long<!-- end -->.\n<!-- printed 03: ^jaw .*% -->\n<!-- end -->"
    made = teaching.filled(COURSE, page)
    assert re.search(r"-->[\d.]+ minutes, [\d.]+ GB<!-- end -->\.\n", made)
    assert re.search(r"-->\n```\njaw +\d+\.\d %\n```\n<!-- end -->$", made)
    assert teaching.filled(COURSE, made) == made


@pytest.mark.parametrize("page", sorted(FOLDER.glob("*.md")), ids=number_of)
def test_a_cost_never_begins_a_line(page):
    """There markdown would take the rest of the line for HTML."""
    assert not re.search("^<!-- cost", page.read_text("utf-8"), re.MULTILINE)


@pytest.fixture
def small(tmp_path):
    """A course of chapter 03 alone, whose pages can be changed."""
    for name in ("solutions", "teaching"):
        (tmp_path / name).mkdir()
    for path in (COURSE.root / "solutions").glob("03_*"):
        (tmp_path / "solutions" / path.name).write_bytes(path.read_bytes())
    text = (FOLDER / "objectives.toml").read_text(encoding="utf-8")
    rows = [row for row in text.split("\n\n") if row.startswith('["03"')]
    (tmp_path / "teaching" / "objectives.toml").write_text("\n\n".join(rows), encoding="utf-8")
    assert teaching.main(["--root", str(tmp_path)]) == 0
    return tmp_path


def test_lines_that_are_no_longer_printed_are_told(small, capsys):
    marks = [f"<!-- printed 03: no such line {n} -->\n<!-- end -->\n" for n in (1, 2)]
    (small / "teaching" / "new.md").write_text("".join(marks), encoding="utf-8")
    assert teaching.main(["--root", str(small)]) == 1
    told = capsys.readouterr().err
    for n in (1, 2):
        assert f"new.md: chapter 03 prints no line like 'no such line {n}'." in told


def test_a_page_that_was_edited_by_hand_is_noticed_and_mended(small, capsys):
    page = small / "teaching" / "objectives.md"
    good = page.read_text(encoding="utf-8")
    page.write_text(good.replace("03.2", "03.7"), encoding="utf-8")
    assert teaching.main(["--root", str(small), "--check"]) == 1
    assert "objectives.md is out of date. Run: python -m" in capsys.readouterr().err
    assert teaching.main(["--root", str(small)]) == 0
    assert page.read_text(encoding="utf-8") == good


def test_a_map_that_does_not_fit_stops_the_command(small, capsys):
    file = small / "teaching" / "objectives.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"03.5" = "compute"', '"97.5" = "compute"'), encoding="utf-8")
    assert teaching.main(["--root", str(small)]) == 1
    told = capsys.readouterr().err
    assert "Exercise 03.5 stands 0 times" in told and "edit teaching/objectives.toml" in told


# Lesson plans


def minutes(cell):
    """ "4-9" -> (4, 9)."""
    begin, end = cell.split("-")
    return int(begin), int(end)


def test_every_chapter_has_a_plan():
    assert {plan.stem[-2:] for plan in PLANS} == {chapter.number for chapter in LESSONS}


@pytest.mark.parametrize("plan", PLANS, ids=number_of)
def test_a_plan_is_two_labs_without_a_gap(plan):
    labs = [text for title, text in parts(plan.read_text("utf-8")).items() if "50 minutes" in title]
    assert len(labs) == 2
    for lab in labs:
        times = [minutes(row[0]) for row in rows(lab)]
        assert times[0][0] == 0 and times[-1][1] == 50
        assert all(a[1] == b[0] for a, b in zip(times, times[1:], strict=False))
        assert all(begin < end for begin, end in times)
        assert "**Where to cut when late.**" in lab


@pytest.mark.parametrize("plan", PLANS, ids=number_of)
def test_a_plan_names_what_the_chapter_has(plan):
    chapter, text = lesson(plan.stem[-2:]), plan.read_text("utf-8")
    for row in rows(text):
        assert len(row) == 5 and all(row), row
        headings, numbers = named(row[2])
        assert headings or numbers, row
        assert set(headings) - {"opening"} <= all_headings(chapter), row
        assert set(numbers) <= set(chapter.exercises), row
    planned = set(named(text)[1])
    assert planned == set(chapter.exercises), "each exercise is done in class or at home"


def cuts(text):
    """The paragraph that says where to cut, as one line."""
    found = re.search(r"\*\*Where to cut when late\.\*\* (.+?)(?=\n\n|\Z)", text, re.DOTALL)
    return " ".join(found[1].split())


def ends(chapter, row):
    """Minute at which a row of a plan ends, and the sections and exercises that it works on."""
    headings, numbers = named(row[2])
    return minutes(row[0])[1], {section_of(chapter, h) for h in headings} | set(numbers)


def troubles_of_cuts(chapter, lab):
    """One sentence for each cut of a lab that names nothing, or what is over by then."""
    worked_on = [ends(chapter, row) for row in rows(lab)]
    for minute, cut in re.findall(r"At minute (\d+): (.+?)(?= At minute| Never|$)", cuts(lab)):
        headings, numbers = named(cut)
        for heading in headings:
            if heading not in all_headings(chapter):
                yield f"'{heading}' is no heading of chapter {chapter.number}."
        places = {section_of(chapter, h) for h in headings} | set(numbers)
        if not places:
            yield f"'{cut}' names nothing of the chapter."
        for place in places:
            over = [end for end, works in worked_on if place in works]
            if over and max(over) <= int(minute):
                yield f"At minute {minute} '{place}' is over."


@pytest.mark.parametrize("plan", PLANS, ids=number_of)
def test_what_is_cut_when_late_exists_and_is_still_to_come(plan):
    chapter = lesson(plan.stem[-2:])
    labs = [text for title, text in parts(plan.read_text("utf-8")).items() if "50 minutes" in title]
    for lab in labs:
        assert not [*troubles_of_cuts(chapter, lab)]


@pytest.mark.parametrize(
    "cut, told",
    [
        ("At minute 4: skip *Four ways to find a face*.", []),
        ("At minute 9: skip *Four ways to find a face*.", ["is over"]),
        ("At minute 9: skip 03.2.", []),
        ("At minute 40: skip 03.1.", ["is over"]),
        ("At minute 4: skip *Five ways*.", ["'Five ways' is no heading of chapter 03."]),
        ("At minute 4: skip something.", ["names nothing"]),
    ],
)
def test_a_cut_that_comes_too_late_is_noticed(cut, told):
    plan = [
        "| 0-8 | you | *Four ways to find a face* |",
        "| 8-30 | all | 03.2 |",
        "| 30-40 | all | 03.1 |",
    ]
    lab = "\n".join(["| h |", "|---|", *plan, "", f"**Where to cut when late.** {cut}"])
    found = [*troubles_of_cuts(lesson("03"), lab)]
    assert len(found) == len(told) and all(t in f for t, f in zip(told, found, strict=True))


@pytest.mark.parametrize("page", [*PLANS, FOLDER / "workshop.md"], ids=number_of)
def test_a_prediction_is_collected_where_the_chapter_measures_it(page):
    for row in rows(page.read_text("utf-8")):
        for ordinal in re.findall(r"\b(first|second|third) number", row[3].lower()):
            chapter = lesson(
                re.search(r"\d\d", row[2] if page.stem == "workshop" else page.stem)[0]
            )
            headings, _ = named(row[2])
            assert collected(chapter)[ordinal] in [section_of(chapter, h) for h in headings], row


def test_the_workshop_is_one_day_without_a_gap():
    text = (FOLDER / "workshop.md").read_text("utf-8")
    times = [re.split("-", row[0]) for row in rows(text)]
    clock = [[datetime.strptime(time, "%H:%M") for time in pair] for pair in times]
    assert all(a[1] == b[0] for a, b in zip(clock, clock[1:], strict=False))
    assert all(begin < end for begin, end in clock)
    assert 6 <= (clock[-1][1] - clock[0][0]).seconds / 3600 <= 8
    for row in rows(text):
        headings, numbers = named(row[2])
        chapter = re.match(r"\d\d", row[2])
        known = all_headings(lesson(chapter[0])) if chapter else set()
        assert set(headings) - {"opening"} <= known, row
        assert all(number in lesson(number[:2]).exercises for number in numbers), row
    for number, time in re.findall(r"(\d\d\.\d) at (\d\d:\d\d)", cuts(text)):
        late = datetime.strptime(time, "%H:%M")
        inside = [
            a <= late < b for (a, b), row in zip(clock, rows(text), strict=True) if number in row[2]
        ]
        assert inside == [True], f"{number} at {time}"


# Prediction sheets


@pytest.mark.parametrize("chapter", LESSONS, ids=number_of)
def test_a_sheet_asks_what_the_chapter_asks(chapter):
    """Each question mark of the opening is on the sheet, in the chapter's words."""
    asked = re.search(r"\*\*Predict first\.\*\*.+?\n#", chapter.prose, re.DOTALL)[0]
    assert len(chapter.questions) == asked.count("?") >= 2
    assert all(question in " ".join(asked.split()) for question in chapter.questions)
    page = (FOLDER / "sheets" / f"predict_{chapter.number}.html").read_text("utf-8")
    assert page == teaching.sheet(chapter), f"To mend: {teaching.COMMAND}"
    assert page.count("<li>") == len(chapter.questions)


@pytest.mark.parametrize("chapter", LESSONS, ids=number_of)
def test_what_is_predicted_is_collected(chapter):
    wanted = {"first", "second", "third"} if len(chapter.questions) > 2 else {"first", "second"}
    assert set(collected(chapter)) == wanted


def test_each_sheet_can_be_reached_from_the_first_page():
    links = LINK.findall((FOLDER / "README.md").read_text("utf-8"))
    sheets = {path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("sheets/*")}
    assert sheets <= set(links) and len(sheets) == len(LESSONS)


@pytest.mark.parametrize(
    "text, questions",
    [
        (
            "Write down two numbers. How far? And how long? You will see.",
            ["How far?", "And how long?"],
        ),
        (
            "A head turns. At 2.5 m: who is lost? Write it down.",
            ["A head turns. At 2.5 m: who is lost?"],
        ),
        ("Nothing is asked.", []),
    ],
)
def test_questions_are_taken_one_by_one(text, questions):
    assert teaching.questions_in(text) == questions


def test_a_question_that_changed_is_noticed(small, capsys):
    source = next((small / "solutions").glob("03_*.py"))
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace("A head turns slowly", "A head turns fast"), encoding="utf-8")
    assert teaching.main(["--root", str(small), "--check"]) == 1
    assert "predict_03.html is out of date" in capsys.readouterr().err.replace("\\", "/")


def test_a_chapter_without_a_prediction_has_no_sheet(tmp_path):
    source = tmp_path / "96_silent.py"
    source.write_text("# %% [markdown]\n# # A\n#\n# **Predict first.** Nothing.\n", "utf-8")
    with pytest.raises(teaching.TeachingError, match="Chapter 96 asks for no prediction"):
        teaching.sheet(teaching.Lesson(source))


# Misconceptions, rubric, cases, troubles


def test_each_misconception_has_a_demonstration_that_exists():
    found = parts((FOLDER / "misconceptions.md").read_text("utf-8"))
    assert len(found) >= 12
    for title, text in found.items():
        assert title.startswith('"'), title
        shown = re.findall(r"\*\*Shown in:\*\* chapter (\d\d), \*([^*]+)\*", text)
        assert shown and all(s in all_headings(lesson(n)) for n, s in shown), title
        assert "**Believed because:**" in text and "**Say:**" in text, title
        assert "<!-- printed" in text or "**Look at:**" in text, f"{title}: nothing to see"


def test_each_chapter_dissolves_misconceptions():
    text = (FOLDER / "misconceptions.md").read_text("utf-8")
    assert set(re.findall(r"\*\*Shown in:\*\* chapter (\d\d)", text)) == {c.number for c in LESSONS}


def test_the_rubric_has_four_levels_for_three_kinds_of_work():
    text = (FOLDER / "rubric.md").read_text("utf-8")
    assert list(parts(text)) == ["Exercises", "A small project", "A discussion"]
    assert all(len(row) == 5 and all(row[1:]) for row in rows(text))
    criteria = [row for row in rows(parts(text)["A small project"])]
    assert f"{3 * len(criteria)} in all" in text


def test_each_case_has_dated_facts_questions_an_answer_and_sources():
    text = (FOLDER / "discussion.md").read_text("utf-8")
    found = parts(text)
    assert len(found) >= 6 and re.search(r"\*\*As of \d+ \w+ 20\d\d\.\*\*", text)
    for title, case in found.items():
        heads = ("**Facts.**", "**Questions.**", "**A model answer.**", "*Sources:*")
        _, facts, questions, answer, sources = re.split("|".join(map(re.escape, heads)), case)
        assert re.search(r"\b20\d\d\b", facts), title
        assert len(re.findall(r"^\d\. .*\?", questions, re.MULTILINE | re.DOTALL)) >= 1, title
        assert len(re.findall(r"^\d\. ", questions, re.MULTILINE)) >= 2, title
        assert len(answer.split()) >= 60, title
        assert "https://" in sources, title


def test_each_trouble_says_what_to_say_and_what_to_do():
    text = (FOLDER / "troubleshooting.md").read_text("utf-8")
    assert all(len(row) == 3 and all(row) for row in rows(text)) and len(rows(text)) >= 12
    symptoms = " ".join(row[0] for row in rows(text))
    for trouble in ("Binder", "no network", "Colab asks to restart", "blank", "first picture"):
        assert trouble in symptoms
    assert "Memory is full" in text


@pytest.mark.parametrize(
    "words, file",
    [
        ("lab.py needs Python 3.11 to 3.13", "lab.py"),
        ("has lost parts", "lab.py"),
        ("is in use", "lab.py"),
        ("Missing here: ", "facelab/course/bootstrap.py"),
        ("not done yet", "facelab/course/exercise.py"),
        ("A function is asked for", "facelab/course/exercise.py"),
    ],
)
def test_symptoms_are_told_in_the_words_of_the_course(words, file):
    assert words in (FOLDER / "troubleshooting.md").read_text("utf-8")
    assert words in (COURSE.root / file).read_text("utf-8")


@pytest.mark.parametrize("page", sorted(FOLDER.glob("*.md")), ids=number_of)
def test_links_lead_somewhere(page):
    for target in LINK.findall(page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_every_page_can_be_reached_from_the_first():
    first = (FOLDER / "README.md").read_text("utf-8")
    pages = {page.name for page in FOLDER.glob("*.md")} - {"README.md"}
    assert pages <= set(LINK.findall(first)), "name it in teaching/README.md"


def test_the_rubric_tells_the_points_that_nbgrader_gives():
    from facelab.course.nbgrader import POINTS

    told = re.findall(r"(\d)(?: point)? \((\w+)\)", (FOLDER / "rubric.md").read_text("utf-8"))
    assert {level: int(points) for points, level in told} == POINTS
