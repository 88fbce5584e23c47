"""Do readers see the moods that were drawn? ``python -m facelab.measure.moods``.

Draws people whom nobody picked, each in one of seven moods, and writes numbered pictures that name
no mood, an empty sheet of answers for each reader, and apart from both the key. Readers who know
neither the key nor each other's answers fill the sheets;
``python -m facelab.measure.moods --answers A.csv B.csv --key KEY.json`` says what they saw.
"""

import argparse
import csv
import json
import sys
import time
from dataclasses import asdict, dataclass
from itertools import combinations
from math import sqrt
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from facelab.studio import Person, Scene, StudioError, render, save_image
from facelab.studio.errors import whole_number
from facelab.studio.marks import whole_file
from facelab.studio.moods import FEELINGS, mood

PEOPLE = 84
STRENGTH = 0.9
SIZE = 256
COLUMNS, ROWS = 4, 3  # of pictures on a page
CAPTION, GAP = 26, 8  # pixels under each picture and between pictures
FIELDS = ("number", "mood", "convincing", "remark")
YES_NO = {"yes": True, "no": False}
Z = 1.96  # of a 95 % interval


class AnswersError(StudioError):
    """A sheet of answers or a key that cannot be used; the message says where and why."""


@dataclass(frozen=True)
class Case:
    """One numbered picture: which mood, on whom."""

    number: int
    mood: str
    person_seed: int


@dataclass(frozen=True)
class Answer:
    """What one reader said of one picture."""

    mood: str
    convincing: bool
    remark: str = ""


# Drawing


def draw(seed, people=PEOPLE):
    """The cases of a sheet: every mood as often as the others, in random order, on random people.

    Parameters
    ----------
    seed, people : int

    Returns
    -------
    list of Case, numbered from 1

    Raises
    ------
    StudioError
        A seed below 0 or fewer than one person.
    """
    whole_number("seed", seed)
    whole_number("people", people, 1)
    rng = np.random.default_rng([84, seed])
    moods = rng.permutation(np.resize(FEELINGS, people))
    seeds = rng.choice(2**31, people, replace=False)
    drawn = zip(moods.tolist(), seeds.tolist(), strict=True)
    return [Case(number, *pair) for number, pair in enumerate(drawn, 1)]


def picture(case):
    """The picture (256, 256, 3) uint8 of a case: frontal, in soft light."""
    scene = Scene(expression=mood(case.mood, STRENGTH), seed=case.number)
    return render(Person.from_seed(case.person_seed), scene, SIZE).image


def page(numbers, pictures):
    """A page (H, W, 3) uint8 of pictures in their full size, each over its number."""
    wide, high = SIZE + GAP, SIZE + CAPTION
    rows = -(-len(pictures) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * wide + GAP, rows * high + GAP), "white")
    write, font = ImageDraw.Draw(sheet), ImageFont.load_default(18)
    for k, (number, image) in enumerate(zip(numbers, pictures, strict=True)):
        x, y = GAP + k % COLUMNS * wide, GAP + k // COLUMNS * high
        sheet.paste(Image.fromarray(image), (x, y))
        write.text((x + SIZE / 2, y + SIZE + 2), str(number), "black", font, anchor="ma")
    return np.asarray(sheet)


def write_pages(cases, folder, report=lambda done: None):
    """Draw every case and write the pages: their paths, in order."""
    paths = []
    for start in range(0, len(cases), COLUMNS * ROWS):
        here = cases[start : start + COLUMNS * ROWS]
        images = []
        for case in here:
            images.append(picture(case))
            report(case.number)
        path = folder / f"page_{len(paths) + 1:02d}.png"
        paths.append(save_image(path, page([case.number for case in here], images)))
    return paths


def _write(path, text):
    with whole_file(path) as partial:
        Path(partial).write_text(text, encoding="utf-8")
    return path


def write_key(cases, seed, path):
    """Write the key as JSON: the seed, and mood and person's seed of every number."""
    content = {"seed": seed, "strength": STRENGTH, "cases": [asdict(case) for case in cases]}
    return _write(path, json.dumps(content, indent=1))


def write_sheet(seed, people, folder, report=lambda done: None):
    """Write pages and an empty sheet of answers to ``folder/pages``, the key to ``folder/key``.

    Returns
    -------
    (list of Path, Path) : the pages and the key
    """
    pages, keys = Path(folder) / "pages", Path(folder) / "key"
    for each in (pages, keys):
        each.mkdir(parents=True, exist_ok=True)
    cases = draw(seed, people)
    rows = [",".join(FIELDS), *(f"{case.number},,," for case in cases)]
    _write(pages / "answers.csv", "\n".join(rows) + "\n")
    paths = write_pages(cases, pages, report)
    return paths, write_key(cases, seed, keys / "key.json")


# Reading


def _read(path):
    path = Path(path)
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise AnswersError(f"{path.name} cannot be read: {error}.") from error


def _json(path):
    try:
        return json.loads(_read(path))
    except json.JSONDecodeError as error:
        raise AnswersError(f"{Path(path).name} is no JSON: {error}.") from error


def read_key(path):
    """The cases of a key that ``write_key`` wrote.

    Raises
    ------
    AnswersError
        The file is missing or no key.
    """
    try:
        return [Case(**case) for case in _json(path)["cases"]]
    except (KeyError, TypeError) as error:
        name = Path(path).name
        raise AnswersError(f"{name} is no key: give the key.json beside the pages.") from error


def _rows(path):
    """Rows of a sheet of answers as dicts of texts, from CSV or from a JSON list."""
    if Path(path).suffix.lower() == ".json":
        rows = _json(path)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise AnswersError(f"{Path(path).name} must be a JSON list of objects.")
    else:
        rows = list(csv.DictReader(_read(path).splitlines()))
    return [{str(k).strip().lower(): str(v or "").strip() for k, v in row.items()} for row in rows]


def _answer(row, where):
    """One row's answer, if its mood and its yes or no can be understood."""
    said, sure = row.get("mood", "").lower(), row.get("convincing", "").lower()
    if said not in FEELINGS:
        raise AnswersError(f"{where}: mood is {said!r}; choose one of {', '.join(FEELINGS)}.")
    if sure not in YES_NO:
        raise AnswersError(f"{where}: convincing is {sure!r}; write yes or no.")
    return Answer(said, YES_NO[sure], row.get("remark", ""))


def read_answers(path, numbers):
    """Read one reader's sheet.

    Parameters
    ----------
    path : CSV with the columns number, mood, convincing (yes or no) and remark, or a JSON list of
        objects with these names
    numbers : iterable of int, the pictures of the key

    Returns
    -------
    dict, number -> Answer, of every picture

    Raises
    ------
    AnswersError
        A column, a number or an answer is missing, double or unknown.
    """
    name, wanted, found = Path(path).name, set(numbers), {}
    for line, row in enumerate(_rows(path), 1):
        where = f"{name}, answer {line}"
        number = row.get("number", "")
        if not number.isdecimal() or int(number) not in wanted:
            raise AnswersError(f"{where}: number is {number!r}, which the key does not have.")
        if int(number) in found:
            raise AnswersError(f"{where}: picture {number} was answered before.")
        found[int(number)] = _answer(row, where)
    missing = sorted(wanted - set(found))
    if missing:
        raise AnswersError(f"{name} lacks answers to {', '.join(map(str, missing))}.")
    return found


# Counting


def confusion(cases, readers):
    """How often each mood (row) was called each mood (column), over all readers: (7, 7) int."""
    counts = np.zeros((len(FEELINGS), len(FEELINGS)), int)
    for case in cases:
        for answers in readers:
            counts[FEELINGS.index(case.mood), FEELINGS.index(answers[case.number].mood)] += 1
    return counts


def share(hits, n):
    """A share and its 95 % Wilson interval (Wilson 1927, JASA 22:209): (share, low, high).

    ``hits`` may be a fraction: the mean over readers, for their answers to one picture are not
    independent, so that n counts pictures.
    """
    p, z2 = hits / n, Z**2 / n
    middle, half = p + z2 / 2, Z * sqrt(p * (1 - p) / n + z2 / (4 * n))
    return p, (middle - half) / (1 + z2), (middle + half) / (1 + z2)


def kappa(first, second):
    """Cohen's kappa of two readers' moods (Cohen 1960, Educ Psychol Meas 20:37); 1 if both are
    always the same."""
    agreed = np.mean([a == b for a, b in zip(first, second, strict=True)])
    chance = sum(first.count(m) * second.count(m) for m in FEELINGS) / len(first) ** 2
    return 1.0 if chance == 1 else float((agreed - chance) / (1 - chance))


def agreement(readers):
    """Share of pictures that two readers call the same and Cohen's kappa, means over pairs."""
    said = [[answers[number].mood for number in sorted(answers)] for answers in readers]
    pairs = list(combinations(said, 2))
    same = [np.mean([x == y for x, y in zip(a, b, strict=True)]) for a, b in pairs]
    return float(np.mean(same)), float(np.mean([kappa(a, b) for a, b in pairs]))


def _share_of(cases, readers, holds):
    """Share with interval of the answers for which ``holds(case, answer)``."""
    hits = sum(holds(case, answers[case.number]) for case in cases for answers in readers)
    return share(hits / len(readers), len(cases))


def judged(cases, readers):
    """Everything the readers' sheets say.

    Parameters
    ----------
    cases : list of Case
    readers : list of dicts, number -> Answer, one per reader

    Returns
    -------
    dict : ``confusion`` (7, 7) int; ``named`` and ``convincing``, mood or "all" -> (share, low,
    high, n pictures); ``agreement`` (share, kappa) or None with one reader
    """
    groups = {m: [c for c in cases if c.mood == m] for m in FEELINGS} | {"all": cases}
    groups = {name: group for name, group in groups.items() if group}

    def table(holds):
        return {n: (*_share_of(g, readers, holds), len(g)) for n, g in groups.items()}

    return {
        "confusion": confusion(cases, readers),
        "named": table(lambda case, answer: answer.mood == case.mood),
        "convincing": table(lambda case, answer: answer.convincing),
        "agreement": agreement(readers) if len(readers) > 1 else None,
    }


def as_text(found, readers):
    """What ``judged`` found, as lines to print."""
    yield f"{readers} readers; rows are the moods drawn, columns what they were called"
    yield " " * 10 + "".join(f"{name:>10}" for name in FEELINGS)
    for name, row in zip(FEELINGS, found["confusion"], strict=True):
        yield f"{name:10}" + "".join(f"{count:10d}" for count in row)
    for title in ("named", "convincing"):
        yield f"\n{'named rightly' if title == 'named' else 'called convincing'}, 95 % interval"
        for name, (part, low, high, n) in found[title].items():
            yield f"{name:10}{part:6.0%}  [{low:.0%}, {high:.0%}]  n = {n} pictures"
    if found["agreement"]:
        same, beyond = found["agreement"]
        yield f"\nreaders agree on {same:.0%} of the pictures, Cohen's kappa {beyond:.2f}"


def main(arguments=None):
    options = _options(arguments)
    try:
        if options.answers:
            cases = read_key(options.key)
            numbers = [case.number for case in cases]
            readers = [read_answers(path, numbers) for path in options.answers]
            print("\n".join(as_text(judged(cases, readers), len(readers))))
        else:
            _draw(options)
    except StudioError as error:
        sys.exit(str(error))


def _draw(options):
    seed = time.time_ns() // 1_000_000 % 2**32 if options.seed is None else options.seed
    folder = options.out or Path("out") / f"moods_{seed}"
    print(f"seed {seed}: {options.people} people (again with --seed {seed})")

    def report(done):
        print(f"\r{done} drawn", end="", file=sys.stderr, flush=True)

    pages, key = write_sheet(seed, options.people, folder, report)
    print(file=sys.stderr)
    print(f"For the readers: {len(pages)} pages and answers.csv in {pages[0].parent}")
    print(f"moods: {', '.join(FEELINGS)}; convincing: yes or no")
    print(f"Not for the readers: {key}")


def _options(arguments):
    parser = argparse.ArgumentParser(prog="moods", description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, help="draw the same again; from the clock when absent")
    parser.add_argument("--people", type=int, default=PEOPLE, help=f"how many (usual: {PEOPLE})")
    parser.add_argument("--out", type=Path, help="folder of the sheet (usual: out/moods_SEED)")
    parser.add_argument("--answers", nargs="+", type=Path, help="filled sheets, CSV or JSON")
    parser.add_argument("--key", type=Path, help="the key of the sheet that was answered")
    options = parser.parse_args(arguments)
    if bool(options.answers) != bool(options.key):
        parser.error("--answers and --key go together")
    return options


if __name__ == "__main__":
    main()
