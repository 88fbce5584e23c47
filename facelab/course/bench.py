"""How quickly the course answers here: ``python -m facelab.course.bench [--json]``.

What a learner waits for, and the parts of a new person and scene, each beside the longest it may
take. Seconds of the clock, the median of several; so run it on a quiet machine. The exit status is
1 when something takes longer.
"""

import argparse
import json
import sys
from dataclasses import replace
from statistics import median
from time import perf_counter

import numpy as np

REPEATS = 5
LIMITS = {  # the most seconds, on two quiet cores
    "check_s": 1.0,
    "slider_s": 0.1,
    "background_s": 0.03,
    "hair_s": 1.0,
    "skin_s": 3.0,
}
ABOUT = {
    "check_s": "the slowest exercise told that something is wrong",
    "slider_s": "the picture after the slowest slider has moved",
    "background_s": "the slowest kind of background",
    "hair_s": "hair and beard of one person grown",
    "skin_s": "skin of one person baked",
}
SLIDERS = ("yaw", "component 1", "AU12", "gaze up", "light turn")


def took(work, repeats=None):
    """Median of the seconds that ``work()`` takes, once it has been called."""
    work()
    return median(once(work) for _ in range(repeats or REPEATS))


def once(work):
    """Seconds that ``work()`` takes."""
    began = perf_counter()
    work()
    return perf_counter() - began


def check_s():
    """Seconds of the slowest check, of an attempt for which all mistakes and slips are tried."""
    from facelab.course.build import Course
    from facelab.course.exercise import chapter_exercises, judge

    numbers = [source.name[:2] for source in Course().sources()]
    every = [e for number in numbers for e in chapter_exercises(number).values()]
    return max(took(lambda e=e: judge(e, *nonsense(e)), repeats=1) for e in every)


def nonsense(exercise):
    """An attempt at an exercise that is like no known mistake, and what is given with it."""
    given = exercise.example() if exercise.example else {}
    return ((lambda *_, **__: "?") if exercise.probes else "?"), given


def slider_s():
    """Seconds of a picture while the slowest slider moves over its range."""
    from facelab.course.panel import Panel

    return max(median(moves(Panel(7, 256), name)) for name in SLIDERS)


def moves(panel, name):
    """Seconds of each picture while one slider moves over its range."""
    from facelab.course.panel import KNOBS

    panel.sliders[name].value = KNOBS[name].low
    panel.seconds.clear()
    for value in np.linspace(KNOBS[name].low, KNOBS[name].high, 12)[1:]:
        panel.sliders[name].value = value
    return panel.seconds


def background_s():
    """Seconds to paint the slowest kind of background."""
    from facelab.studio.backgrounds import BACKGROUNDS, background

    return max(took(lambda kind=kind: background(kind, 5)) for kind in BACKGROUNDS)


def described():
    """A person with long hair and a full beard, and the head without expression."""
    from facelab.studio import Person, load_model

    someone = Person.from_seed(5)
    looks = replace(someone.looks, hair_style="long_curly", beard="full_beard")
    return replace(someone, looks=looks), load_model().shape(someone.weights)


def hair_s():
    """Seconds to grow hair and beard."""
    from facelab.studio.hair import grow

    someone, neutral = described()
    return took(lambda: grow(someone.looks, someone.traits, neutral))


def skin_s():
    """Seconds to bake a skin."""
    from facelab.studio.skin import bake

    someone, _ = described()
    return took(lambda: bake(someone.looks, someone.traits))


def course():
    """Measure everything; seconds under the names of ``LIMITS``."""
    measures = (check_s, slider_s, background_s, hair_s, skin_s)
    return {measure.__name__: round(measure(), 4) for measure in measures}


def too_slow(figures):
    """Names of the figures above their limits."""
    return [name for name, limit in LIMITS.items() if figures[name] >= limit]


def table(figures):
    """The figures as lines of text."""
    verdicts = {True: "TOO SLOW", False: "ok"}
    slow = too_slow(figures)
    head = f"{'':<14}{'seconds':>9}{'at most':>9}"
    lines = [
        f"{name:<14}{figures[name]:>9.3f}{limit:>9}  {verdicts[name in slow]:<8}  {ABOUT[name]}"
        for name, limit in LIMITS.items()
    ]
    return "\n".join([head, *lines])


def main(arguments=None):
    """Measure and print; 0 if nothing takes longer than it may."""
    parser = argparse.ArgumentParser(prog="bench course", description="Measure how it answers.")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args(arguments)
    figures = course()
    print(json.dumps(figures) if options.json else table(figures))
    return int(bool(too_slow(figures)))


if __name__ == "__main__":
    sys.exit(main())
