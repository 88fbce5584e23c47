"""One table of every method so far, from stored results: ``python -m facelab.measure.scoreboard``.

``score swap --store`` puts what it found into ``datasets/scores``: one file for each pair of
people, skin tone and set of scenes, in which a method that is scored again replaces its former
self. The README shows the table; ``python3 lab.py build`` writes it there.
"""

import argparse
import json
import sys
from datetime import date
from pathlib import Path

from facelab.studio.marks import whole_file

FOLDER = Path(__file__).resolve().parents[2] / "datasets" / "scores"
STANDS_ON = ("pair", "seed", "scenes", "tone", "gallery", "size", "paste")
BELOW = ("copy of the target", "mean face", "B's mean crop", "truth of another scene")
COLUMNS = {  # score: (heading, decimals)
    "psnr": ("PSNR", 1),
    "ssim": ("SSIM", 2),
    "alpha": ("alpha", 2),
    "beta": ("beta", 2),
    "id_gain": ("identity gain", 2),
    "retrieval": ("top-1", 2),
    "told_share": ("told share", 2),
}


class ScoreboardError(ValueError):
    """Results that cannot be stored or read; the message says what to do."""


def today():
    """The date as the course writes it: 28 November 2026."""
    now = date.today()
    return f"{now.day} {now:%B %Y}"


def file_of(stored, folder=FOLDER):
    """Where results of this pair, skin tone and set of scenes are stored."""
    a, b = sorted(stored["pair"])
    name = f"swap_{a}_{b}_tone_{stored['tone']}_seed_{stored['seed']}_{stored['paste']}.json"
    return Path(folder) / name


def read(path):
    """A stored result, or None where there is none.

    Raises
    ------
    ScoreboardError
        The file is damaged.
    """
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
        found["rows"], found["calibration"], [found[key] for key in STANDS_ON]  # noqa: B018
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ScoreboardError(f"{path} cannot be read ({error}): take it from git again.") from None
    return found


def store(result, folder=FOLDER):
    """Merge a result of ``score_pair`` into what is stored; the path of its file.

    Raises
    ------
    ScoreboardError
        What is stored stands on other scenes, or cannot be read.
    """
    path, result = file_of(result, folder), result | {"pair": sorted(result["pair"])}
    old = read(path) or {"rows": [], "calibration": []} | {k: result[k] for k in STANDS_ON}
    differs = [key for key in STANDS_ON if old[key] != result[key]]
    if differs:
        names = ", ".join(differs)
        raise ScoreboardError(f"{path.name} differs in {names}: delete it, then score all again.")
    rows = [row | {"date": today()} for row in result["rows"]]
    known = [row for row in result["calibration"] if row["ssim"] is not None]  # judged this time
    merged = {key: old[key] for key in STANDS_ON} | {
        "rows": _merged(old["rows"], rows, "method"),
        "calibration": _merged(old["calibration"], known, "row"),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as partial:
        Path(partial).write_text(_as_json(merged), encoding="utf-8", newline="\n")
    return path


def _merged(old, new, name):
    """Old rows and new ones, which stand in the place of those of their name and direction."""
    found = {(row[name], row["direction"]): row for row in old}
    return [*(found | {(row[name], row["direction"]): row for row in new}).values()]


def _as_json(stored):
    """One line a row, so that a difference shows which."""
    parts = [f'"{key}": {json.dumps(stored[key])}' for key in STANDS_ON]
    for key in ("rows", "calibration"):
        rows = ",\n".join(json.dumps(row) for row in stored[key])
        parts.append(f'"{key}": [\n{rows}\n]')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def told_before(result_of, folder=FOLDER):
    """PSNR by scene of a stored told ceiling: direction -> list of float; empty if there is none.

    Parameters
    ----------
    result_of : dict with the keys ``STANDS_ON``, what it has to stand on
    """
    old, result_of = (
        read(file_of(result_of, folder)),
        result_of | {"pair": sorted(result_of["pair"])},
    )
    if old is None or any(old[key] != result_of[key] for key in STANDS_ON):
        return {}
    rows = (row for row in old["calibration"] if "psnr_by_scene" in row)
    return {row["direction"]: row["psnr_by_scene"] for row in rows}


def all_stored(folder=FOLDER):
    """All stored results, by the names of their files."""
    return [read(path) for path in sorted(Path(folder).glob("swap_*.json"))]


# The table


def table(stored):
    """The rows of one file for people to read: (name, {score -> text}) from worst guess to truth.

    A cell holds both directions: first that to the second person of the pair.
    """
    first = "{} to {}".format(*stored["pair"])
    known = _by_name(stored["calibration"], "row", first)
    lower = [name for name in known if name in BELOW]
    upper = [name for name in known if name not in BELOW]
    order = {name: known[name] for name in lower} | _by_name(stored["rows"], "method", first)
    order |= {name: known[name] for name in upper}
    return [(name, {key: _both(rows, key) for key in COLUMNS}) for name, rows in order.items()]


def _by_name(rows, key, first):
    """Name -> its rows of both directions, ``first`` first."""
    found = {}
    for row in sorted(rows, key=lambda row: row["direction"] != first):
        found.setdefault(row[key], []).append(row)
    return found


def _both(rows, key):
    decimals = COLUMNS[key][1]
    values = [row.get(key) for row in rows]
    return " / ".join("–" if value is None else f"{value:.{decimals}f}" for value in values)


def heading(stored):
    """What a table stands on, in a sentence or two."""
    a, b = stored["pair"]
    fewer = {row["n"] for row in stored["calibration"] if "blurred" in row["row"]}
    on = "".join(f" (the blurred truth: {n})" for n in fewer if n != stored["scenes"])
    return (
        f"Person {a} with the face of {b} / person {b} with the face of {a}: {stored['scenes']} "
        f"held-out scenes each{on}, {stored['size']} pixels, inside the true face mask, truth in "
        f"the skin tone of {'the target' if stored['tone'] == 'a' else 'the face'}, top-1 of "
        f"{stored['gallery']} people."
    )


def as_markdown(results):
    """All tables, as the README shows them."""
    return "\n\n".join("\n".join(_markdown(stored)) for stored in results)


def _markdown(stored):
    yield heading(stored)
    yield ""
    yield "| | " + " | ".join(name for name, _ in COLUMNS.values()) + " |"
    yield "|---" * (1 + len(COLUMNS)) + "|"
    for name, cells in table(stored):
        yield f"| {name} | " + " | ".join(cells.values()) + " |"


def as_text(results):
    """All tables, as the command prints them."""
    return "\n\n".join("\n".join(_text(stored)) for stored in results)


def _text(stored):
    yield heading(stored)
    yield f"{'':28}" + "".join(f"{name:>16}" for name, _ in COLUMNS.values())
    for name, cells in table(stored):
        yield f"{name:28.28}" + "".join(f"{cell:>16}" for cell in cells.values())


def main(arguments=None):
    """Print all tables."""
    parser = argparse.ArgumentParser(prog="score all", description="All stored scores of swaps.")
    parser.add_argument("--json", action="store_true", help="print one JSON list")
    options = parser.parse_args(arguments)
    try:
        results = all_stored()
    except ScoreboardError as error:
        sys.exit(str(error))
    nothing = "Nothing is stored yet: python3 lab.py score swap --store"
    print(json.dumps(results) if options.json else as_text(results) or nothing)


if __name__ == "__main__":
    main()
