"""Begin a chapter from the template: ``python -m facelab.course.template 16 a_new_topic``.

Copies ``templates/solutions/NN_template.py`` to ``solutions/16_a_new_topic.py`` and
``templates/exercises/chNN.py`` to ``facelab/course/chapters/ch16/exercises.py``, with the number
filled in.
What was copied keeps the chapter contract and runs; exchange its content piece by piece.
"""

import argparse
import re
import sys
from pathlib import Path

from facelab.course import build
from facelab.course.notebook import CourseError

NEXT = """\
Next:
  python3 lab.py run {number} --record   (execute and measure)
  python3 lab.py build          (make both notebooks)
  python3 lab.py test --fast    (says what breaks the contract)
Name the chapter's objectives in teaching/objectives.toml."""


class TemplateError(CourseError, ValueError):
    """The chapter cannot be begun; the message says why."""


def destinations(course, number, name):
    """From each file of the template to the file that it becomes.

    Parameters
    ----------
    course : build.Course
        Where the template and the chapters lie.
    number : str
        Two digits.
    name : str
        Lower case, with underscores.

    Raises
    ------
    TemplateError
        If the number or the name is not of this form, or the number is taken.
    """
    if not re.fullmatch(r"\d\d", number) or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise TemplateError("Give two digits and a name in lower case, as in: 16 a_new_topic")
    root = course.root
    place = root / "facelab" / "course" / "chapters" / f"ch{number}"
    copies = {
        "solutions/NN_template.py": course.solutions / f"{number}_{name}.py",
        "exercises/__init__.py": place / "__init__.py",
        "exercises/chNN.py": place / "exercises.py",
    }
    taken = [*course.solutions.glob(f"{number}_*.py"), *(p for p in copies.values() if p.exists())]
    if taken:
        raise TemplateError(f"Chapter {number} is there: {taken[0].relative_to(root)}")
    return {root / "templates" / old: new for old, new in copies.items()}


def begin(course, number, name):
    """Write the files of a new chapter; returns their paths."""
    copies = destinations(course, number, name)
    for old, new in copies.items():
        build.write(new, build.read(old).replace("NN", number))
    return list(copies.values())


def main(arguments=None):
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="template", description="Begin a chapter.")
    parser.add_argument("number", help="two digits, as in 16")
    parser.add_argument("name", help="as in a_new_topic")
    parser.add_argument("--root", type=Path, default=build.ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    course = build.Course(options.root.resolve())
    try:
        for path in begin(course, options.number, options.name):
            print(f"wrote {path.relative_to(course.root)}")
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    print(NEXT.format(number=options.number))
    return 0


if __name__ == "__main__":
    sys.exit(main())
