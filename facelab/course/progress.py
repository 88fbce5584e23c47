"""Which exercises are solved: ``python -m facelab.course.progress [--forget]``.

Prints what ``facelab.course.diary`` kept, by chapter and level; ``--forget`` deletes it.
"""

import argparse
import sys
from collections import defaultdict

from facelab.course import build, diary
from facelab.course.exercise import LEVELS, chapter_exercises, chapters

FORGET = "python3 lab.py progress --forget"


def records():
    """Dict from number of an exercise to its ``diary.Record``."""
    happened = defaultdict(list)
    for entry in diary.entries():
        happened[entry["exercise"]].append(entry)
    return {number: diary.summary(entries) for number, entries in happened.items()}


def titles():
    """Dict from number of a chapter, as in "03", to its title."""
    return {source.name[:2]: build.title(source) for source in build.Course().sources()}


def count(number, thing):
    """A number of things in words, as in "2 hints"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def state(record):
    """What is known of an exercise, in a few words."""
    if not (record.attempts or record.hints or record.revealed):
        return "not tried yet"
    did = f"solved {record.solved}" if record.solved else "not solved yet"
    helps = [count(record.hints, "hint")] * bool(record.hints) + ["answer seen"] * record.revealed
    return ", ".join([did, count(record.attempts, "attempt"), *helps])


def share(exercises, known):
    """How many of some exercises are solved, as in "2 of 6"."""
    solved = sum(known.get(e.number, diary.Record()).solved is not None for e in exercises)
    return f"{solved} of {len(exercises)}"


def chapter_lines(chapter, title, known):
    """The table of one chapter: its title and share, then a line for each exercise."""
    found = chapter_exercises(chapter).values()
    yield f"{chapter}  {title}: {share(found, known)} solved"
    for exercise in found:
        record = known.get(exercise.number, diary.Record())
        yield f"    {exercise.number}  {exercise.level:<10}  {state(record)}"


def level_lines(known):
    """How many exercises are solved at each level, all chapters together."""
    every = [e for chapter in chapters() for e in chapter_exercises(chapter).values()]
    for level in LEVELS:
        yield f"    {level:<10}  {share([e for e in every if e.level == level], known)} solved"


def kept():
    """Where the file lies and how to delete it, in a sentence."""
    path = diary.place()
    if path is None:
        return f"Nothing is kept: {diary.VARIABLE} is off."
    return f"Kept in {path}, and sent nowhere. To delete it: {FORGET}"


def table():
    """All lines of the report."""
    known, named = records(), titles()
    for chapter in chapters():
        yield from chapter_lines(chapter, named.get(chapter, "in the making"), known)
        yield ""
    yield "All chapters"
    yield from level_lines(known)
    yield f"\n{kept()}"


def forget():
    """Delete what was kept; returns the sentence that says so, and the exit status."""
    try:
        deleted = diary.forget()
    except OSError as error:
        return f"The file cannot be deleted: {error}. Delete it yourself: {diary.place()}", 1
    return ("Forgotten." if deleted else "There was nothing to forget."), 0


def main(arguments=None):
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="progress", description="Print what is solved.")
    parser.add_argument("--forget", action="store_true", help="delete what was kept")
    if not parser.parse_args(arguments).forget:
        print("\n".join(table()))
        return 0
    sentence, status = forget()
    print(sentence, file=sys.stderr if status else sys.stdout)
    return status


if __name__ == "__main__":
    sys.exit(main())
