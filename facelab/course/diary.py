"""What was tried and solved on this machine: one small file, which belongs to the learner.

Each line of the file is one JSON object: exercise, what happened, day. A line is added by a single
write to the end of the file, so that two notebooks at a time lose nothing and a crash spoils at
most the line it was in; lines that cannot be read are passed over. Nothing is sent anywhere, and
nothing that goes wrong here stops a chapter.

``FACELAB_PROGRESS`` names another file; ``off`` (or nothing) keeps none.
"""

import contextlib
import datetime
import json
import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "FACELAB_PROGRESS"
RIGHT, WRONG, HINT, ANSWER = "right", "wrong", "hint", "answer"


@dataclass(frozen=True)
class Record:
    """What is known of one exercise.

    Attributes
    ----------
    solved : str or None
        Day of the first right attempt, as in "2026-11-21".
    attempts : int
        Wrong and right ones, up to the first right one.
    hints : int
        Different hints printed by ``hint``, 0 to 3; those unfolded in the page are not noticed.
    revealed : bool
        Whether ``reveal`` printed the answer before it was found.
    """

    solved: str | None = None
    attempts: int = 0
    hints: int = 0
    revealed: bool = False


def place():
    """Path of the file, or None where nothing is kept: when told so, or beside the solutions."""
    told = os.environ.get(VARIABLE)
    if told in ("", "off") or (told is None and among_solutions()):
        return None
    return Path(told) if told else ROOT / "out" / "progress.jsonl"


def among_solutions():
    """Whether this is the kernel of a chapter whose answers are filled in."""
    with contextlib.suppress(OSError):  # the folder it was started in may be gone
        return Path.cwd() == ROOT / "solutions"
    return False


def note(exercise, what):
    """Add that something happened to an exercise today, unless it is solved already.

    Parameters
    ----------
    exercise : str
        Its number, as in "03.2".
    what : str
        ``RIGHT``, ``WRONG``, ``ANSWER``, or ``HINT`` and its number, as in "hint 2".
    """
    path = place()
    if path is None or record(exercise).solved:
        return
    today = datetime.date.today().isoformat()
    entry = json.dumps({"exercise": exercise, "what": what, "day": today})
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "ab", buffering=0) as file:
            file.write(f"\n{entry}\n".encode())


def entries():
    """All entries of the file that can be read, oldest first."""
    try:
        text = place().read_text(encoding="utf-8", errors="replace")
    except (AttributeError, OSError):  # nothing is kept, or nothing can be read
        return []
    return [entry for line in text.splitlines() if (entry := read_entry(line))]


def read_entry(line):
    """The entry in a line of the file, or None if it is damaged."""
    try:
        entry = json.loads(line)
        known = [entry[key] for key in ("exercise", "what", "day")]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return entry if all(isinstance(value, str) for value in known) else None


def record(exercise):
    """What the file says of the exercise with this number."""
    return summary([entry for entry in entries() if entry["exercise"] == exercise])


def summary(happened):
    """Record of the entries of one exercise."""
    what = [entry["what"] for entry in happened]
    end = what.index(RIGHT) + 1 if RIGHT in what else len(what)
    before = what[:end]
    return Record(
        solved=happened[end - 1]["day"] if RIGHT in what else None,
        attempts=before.count(WRONG) + before.count(RIGHT),
        hints=len({one for one in before if one.startswith(HINT)}),
        revealed=ANSWER in before,
    )


def forget():
    """Delete the file; says whether there was one."""
    path = place()
    if path is None or not path.exists():
        return False
    path.unlink()
    return True
