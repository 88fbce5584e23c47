"""The exercises as a course for nbgrader: what is written, and how the real nbgrader grades it."""

import ast
import csv
import re
from datetime import date
from functools import cache

import nbformat
import numpy as np
import pytest
from classroom import classroom, variables
from places import do

from facelab.course import build, nbgrader, notebook, rerun
from facelab.course.exercise import chapter_exercises, find

COURSE = build.Course()
CHAPTERS = [path for path in COURSE.sources() if chapter_exercises(path.name[:2])]
EXERCISES = [e for path in CHAPTERS for e in chapter_exercises(path.name[:2]).values()]
GRADED = "03_faces_and_landmarks"

every_chapter = pytest.mark.parametrize("source", CHAPTERS, ids=lambda path: path.stem)
every_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.number)


@cache
def made(source):
    return nbgrader.assignment(source)


def metadata(cell):
    return cell["metadata"]["nbgrader"]


def chosen(assignment, **wanted):
    """Cells of an assignment whose metadata say this."""
    return [c for c in assignment["cells"] if wanted.items() <= metadata(c).items()]


def cell(source, tags=(), cell_type="code"):
    return {"cell_type": cell_type, "source": source, "tags": list(tags)}


# What is written


@every_chapter
def test_an_assignment_is_a_valid_notebook_with_unique_names(source):
    nbformat.validate(nbformat.reads(notebook.dump(made(source)), as_version=4))
    names = [metadata(c)["grade_id"] for c in made(source)["cells"]]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[\w-]+", name) for name in names)
    assert {metadata(c)["schema_version"] for c in made(source)["cells"]} == {3}


@every_chapter
def test_each_exercise_has_an_answer_cell_and_a_test_worth_its_level(source):
    wanted = chapter_exercises(source.name[:2])
    answers = chosen(made(source), solution=True, locked=False)
    tests = chosen(made(source), grade=True, locked=True)
    assert len(answers) == len(tests) == len(wanted)
    for test, exercise in zip(tests, wanted.values(), strict=True):
        assert metadata(test)["points"] == nbgrader.POINTS[exercise.level]
        assert f'grade("{exercise.number}", ' in notebook.source_of(test)
    assert all(metadata(c)["locked"] for c in made(source)["cells"] if c not in answers)


@every_chapter
def test_what_the_learner_receives_holds_no_answer(source):
    begin, end = map(re.escape, nbgrader.SOLUTION)
    for answer in chosen(made(source), solution=True):
        text = notebook.source_of(answer)
        solution = re.search(rf" *{begin}\n(.*?) *{end}\n?", text, re.DOTALL)
        rest = text.replace(solution[0], "")
        assert "check(" not in text and "..." in rest
        assert not any(line.strip() in rest for line in solution[1].splitlines())


@every_chapter
def test_an_assignment_is_shorter_than_its_chapter(source):
    whole = notebook.code_cells(build.chapter(COURSE, source, answers=True))
    context = [c for c in notebook.code_cells(made(source)) if c in chosen(made(source))]
    bare = [c for c in context if not metadata(c)["grade"] and not metadata(c)["solution"]]
    assert len(bare) < len(whole) / 2


# The parts


def test_an_open_return_follows_the_answer_and_an_open_name_precedes_it():
    returned = "def f():\n    # answer:\n    return 1\n    # end answer"
    assert nbgrader.marked_for_nbgrader(returned).splitlines() == [
        "def f():",
        "    ### BEGIN SOLUTION",
        "    return 1",
        "    ### END SOLUTION",
        "    return ...",
    ]
    named = "# answer: x[1] = ...\nx[1] = 2\n# end answer"
    assert nbgrader.marked_for_nbgrader(named).splitlines() == [
        "x[1] = ...",
        "### BEGIN SOLUTION",
        "x[1] = 2",
        "### END SOLUTION",
    ]


def test_a_cell_is_taken_apart():
    task = nbgrader.take_apart('def f(): ...\n\na, b = check("91.1", f(), frame=x[0])')
    assert task.number == "91.1" and task.body == "def f(): ..."
    assert task.arguments == "f(), frame=x[0]"
    assert task.goes_on == 'a, b = course_answer("91.1", frame=x[0])'
    with pytest.raises(notebook.SourceError, match="ends with its check"):
        nbgrader.take_apart('f = check("91.1", f)\nf(1)')


def test_names_are_followed_back_to_the_cells_that_bind_them():
    cells = [
        cell("import numpy as np\nfrom a import b as c"),
        cell("size = 3"),
        cell("unused = size"),
        cell("def wide(x):\n    own = x\n    return own * size"),
        cell("frame = [wide(n) for n in np.arange(3)]"),
        cell("text about frame", cell_type="markdown"),
        cell("frame = frame + c"),
        cell("last = frame"),
        cell("last.near[2] = 1"),
        cell("last.sort()"),
        cell("print(last.size)"),
        cell("first = last"),
    ]
    assert nbgrader.needed(cells, {4}) == {0, 1, 3, 4}
    assert nbgrader.needed(cells, {7}) == {0, 1, 3, 4, 6, 7}
    assert nbgrader.needed(cells, {2}) == {1, 2}
    assert nbgrader.needed(cells, {11}) == {0, 1, 3, 4, 6, 7, 8, 9, 11}


SECTION = [
    cell("## Points\n\nProse that stays behind.", cell_type="markdown"),
    cell("import numpy as np\n\n# far\nfar = np.pi\nlost = 2\nfar * 2", ["resume"]),
    cell("left_behind = 1"),
    cell("Before.\n\n### Exercise 03.2 (apply): first\n\nDo it.", cell_type="markdown"),
    cell('# answer:\niou = 1\n# end answer\niou = check("03.2", iou)', ["exercise"]),
    cell("shown = iou + far"),
    cell("### Exercise 03.5 (apply): second", cell_type="markdown"),
    cell("print(shown)"),
    cell('# answer:\nnme = 2\n# end answer\nnme = check("03.5", nme)', ["exercise"]),
    cell("print(nme)"),
]


def test_a_section_keeps_what_its_exercises_need_and_goes_on_with_the_course_s_answer():
    part = nbgrader.section_part(SECTION, "s")
    sources = [notebook.source_of(c) for c in part]
    assert sources[:2] == ["## Points", "import numpy as np\n\n# far\nfar = np.pi"]
    assert sources[2] == "### Exercise 03.2 (apply): first\n\nDo it."
    assert sources[5] == 'iou = course_answer("03.2")'
    assert sources[6:9] == [
        "shown = iou + far",
        "### Exercise 03.5 (apply): second",
        "print(shown)",
    ]
    assert not any("left_behind" in s or "print(nme)" in s or "nme = course" in s for s in sources)


# The grading


@every_exercise
def test_the_answer_earns_its_points_and_no_mistake_does(exercise):
    given = exercise.example() if exercise.example else {}

    def attempt(function):
        return function if exercise.probes else function(**given)

    nbgrader.grade(exercise.number, attempt(exercise.answer), **given)
    for wrong in [mistake.wrong for mistake in exercise.mistakes]:
        with pytest.raises(nbgrader.NotRight, match="not yet right"):
            nbgrader.grade(exercise.number, attempt(wrong), **given)
    with pytest.raises(nbgrader.NotRight, match="not done yet"):
        nbgrader.grade(exercise.number, ..., **given)


def test_grades_come_from_probes_that_the_learner_has_not_seen():
    exercise = find("03.5")
    seen = exercise.probes()

    def by_heart(found, truth):
        known = [exercise.answer(*probe) for probe in seen if np.array_equal(probe[0], found)]
        return known[0] if known else 0.0

    nbgrader.tell("03.5", by_heart)
    with pytest.raises(nbgrader.NotRight):
        nbgrader.grade("03.5", by_heart)
    again = exercise.probes()
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(seen, again, strict=True))


def test_tell_says_what_check_says_and_hands_back_nothing(capsys):
    for wrong in find("03.2").mistakes:
        assert nbgrader.tell("03.2", wrong.wrong) is None
        assert wrong.says in capsys.readouterr().out
    nbgrader.tell("03.2", ...)
    assert "Exercise 03.2: not done yet." in capsys.readouterr().out


# The command


def test_the_command_writes_a_course_that_finds_facelab_from_anywhere(tmp_path, capsys):
    assert nbgrader.main(["--out", str(tmp_path / "graded")]) == 0
    ast.parse((tmp_path / "graded" / "nbgrader_config.py").read_text())
    told = capsys.readouterr().out
    for source in CHAPTERS:
        path = tmp_path / "graded" / "source" / source.stem / f"{source.stem}.ipynb"
        assert path.exists() and str(path) in told
    assert (tmp_path / "graded" / "facelab").resolve() == build.ROOT / "facelab"
    assert nbgrader.main(["--out", str(tmp_path / "graded")]) == 0


def test_a_course_without_chapters_is_told_in_one_sentence(tmp_path, capsys):
    assert nbgrader.main(["--root", str(tmp_path), "--out", str(tmp_path / "graded")]) == 1
    assert "no chapter in solutions/" in capsys.readouterr().err


# The real nbgrader


def answered(release, answers):
    """A learner's copy in which some exercises are answered: dict from number to source."""
    copy = nbformat.reads(nbformat.writes(release), as_version=4)
    for number, source in answers.items():
        name = f"exercise-{number.replace('.', '-')}-answer"
        next(c for c in copy.cells if c.metadata.nbgrader.grade_id == name).source = source
    return copy


def right_answers(numbers):
    """The course's answers, as learners' cells."""
    source = next(path for path in CHAPTERS if path.name[:2] == numbers[0][:2])
    cells = chosen(made(source), solution=True)
    sources = {metadata(c)["grade_id"]: notebook.source_of(c) for c in cells}
    return {n: sources[f"exercise-{n.replace('.', '-')}-answer"] for n in numbers}


def wrong_answers(numbers):
    """Known mistakes, as learners' cells."""
    names = {n: ast.parse(text).body[-1].name for n, text in right_answers(numbers).items()}
    mistake = "from facelab.course.exercise import find\n{} = find('{}').mistakes[0].wrong"
    return {n: mistake.format(name, n) for n, name in names.items()}


def worth(numbers):
    """Points of exercises."""
    return sum(nbgrader.POINTS[find(n).level] for n in numbers)


def submissions(sources):
    """What is handed in: dict from assignment and student to answers and the points they earn."""
    chapters = {path.stem: list(chapter_exercises(path.name[:2])) for path in sources}
    right = {(c, "right"): (right_answers(n), worth(n)) for c, n in chapters.items()}
    numbers = chapters[GRADED]
    half, broken = numbers[:3], {numbers[3]: "def mirrored(points, width):\n    return 1 / 0"}
    return right | {
        (GRADED, "partly"): (right_answers(half) | broken, worth(half)),
        (GRADED, "wrong"): (wrong_answers(numbers), 0),
        (GRADED, "empty"): ({}, 0),
    }


@pytest.fixture(scope="module")
def handed_in(thorough):
    """What is handed in: for one chapter all kinds, for the chapter in turn right answers.

    With ``--thorough`` for every chapter. The same answers are graded without nbgrader above.
    """
    turn = rerun.in_turn(CHAPTERS, date.today())
    chosen = [s for s in CHAPTERS if thorough or s.stem == GRADED or s.name[:2] == turn]
    return submissions(chosen)


def call(folder, *arguments):
    """Run the classroom's nbgrader in the folder of a course."""
    python = classroom()
    do(python, "-m", "nbgrader", *arguments, cwd=folder, env=variables(python))


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    """Folder of the course after nbgrader has handed out every chapter."""
    folder = tmp_path_factory.mktemp("nbgrader")
    assert nbgrader.main(["--out", str(folder)]) == 0
    for source in CHAPTERS:
        call(folder, "generate_assignment", source.stem)
    return folder


@pytest.fixture(scope="module")
def graded(handed_out, handed_in):
    """The same folder after answers were collected, graded and exported."""
    folder = handed_out
    for (name, student), (answers, _) in handed_in.items():
        release = nbformat.read(folder / "release" / name / f"{name}.ipynb", as_version=4)
        path = folder / "submitted" / student / name
        path.mkdir(parents=True)
        nbformat.write(answered(release, answers), path / f"{name}.ipynb")
    for name in sorted({name for name, _ in handed_in}):
        call(folder, "autograde", name)
    call(folder, "export")
    return folder


@pytest.mark.elsewhere
@pytest.mark.slow
def test_nbgrader_hands_out_chapters_with_neither_answers_nor_hidden_tests(handed_out):
    ours, release = (
        (handed_out / folder / GRADED / f"{GRADED}.ipynb").read_text()
        for folder in ("source", "release")
    )
    assert release.count(nbgrader.YOUR_CODE) == len(chapter_exercises("03")) + 1
    assert "grade(" not in release.replace("nbgrader", "") and "SOLUTION" not in release
    for answer in ("bottom + 1", "half = open_eye(person) / 2"):
        assert answer in ours and answer not in release


@pytest.mark.elsewhere
@pytest.mark.slow
def test_nbgrader_gives_each_submission_the_points_it_is_worth(graded, handed_in):
    with open(graded / "grades.csv", newline="") as file:
        rows = {(row["assignment"], row["student_id"]): row for row in csv.DictReader(file)}
    for submission, (_, earned) in handed_in.items():
        assert float(rows[submission]["score"]) == earned, submission
        full = worth(chapter_exercises(submission[0][:2]))
        assert float(rows[submission]["max_score"]) == full > 0
