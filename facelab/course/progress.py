"""Which exercises are solved: ``python -m facelab.course.progress [--forget]``.

Prints what ``facelab.course.diary`` kept, by chapter and level; ``--forget`` deletes it.
"""

import argparse
import os
import re
import sys
from collections import defaultdict

from facelab.course import build, diary
from facelab.course.exercise import LEVELS, chapter_exercises, chapters

FORGET = "python3 lab.py progress --forget"
_HEADING = re.compile(r"^# ### Exercise (\d\d\.\d+) \(\w+\): (.+)$", re.MULTILINE)


def records():
    """Dict from number of an exercise to its ``diary.Record``."""
    happened = defaultdict(list)
    for entry in diary.entries():
        happened[entry["exercise"]].append(entry)
    return {number: diary.summary(entries) for number, entries in happened.items()}


def titles():
    """Dict from number of a chapter, as in "03", to its title."""
    return {source.name[:2]: build.title(source) for source in build.Course().sources()}


def exercise_titles():
    """Dict from number of an exercise to what its heading calls it, as in "a mirrored face"."""
    texts = [build.read(source) for source in build.Course().sources()]
    return {number: title for text in texts for number, title in _HEADING.findall(text)}


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


def chapter_lines(chapter, title, named, known):
    """The table of one chapter: its title and share, then a line for each exercise.

    Parameters
    ----------
    chapter, title : str
        Number and title of the chapter.
    named : dict
        From number of an exercise to its title.
    known : dict
        From number of an exercise to its ``diary.Record``.
    """
    found = chapter_exercises(chapter).values()
    width = max(map(len, named.values()), default=0)
    yield f"{chapter}  {title}: {share(found, known)} solved"
    for exercise in found:
        record = known.get(exercise.number, diary.Record())
        name = named.get(exercise.number, "")
        yield f"    {exercise.number}  {exercise.level:<10}  {name:<{width}}  {state(record)}"


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
    known, named, tasks = records(), titles(), exercise_titles()
    for chapter in chapters():
        yield from chapter_lines(chapter, named.get(chapter, "in the making"), tasks, known)
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
        return tell("\n".join(table()))
    sentence, status = forget()
    print(sentence, file=sys.stderr if status else sys.stdout)
    return status


def tell(text):
    """Print text, also to one who stops reading early, as ``| head`` does; returns 0."""
    try:
        print(text, flush=True)
    except BrokenPipeError:  # else Python would complain once more as it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
