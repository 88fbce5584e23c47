"""Score swaps of two people: ``python -m facelab.measure.score_swap [--pair A B] [--json] ...``.

What is scored is a function of yours (``--method module:function`` or ``file.py:function``: a
swapper or a function of a ``SwapCase``, see ``facelab.measure.painters``), pictures that were made
elsewhere (``--folder``, from the targets that ``--write-targets`` wrote), or trained weights
(``--weights``; several files of one training but for its seed are one method; those that were told
the true answers are the ceiling). Without any of these, the weights that the course comes with.
"""

import argparse
import importlib
import importlib.util
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

from facelab.blend import BlendError
from facelab.faces import DetectorError, ImageError
from facelab.measure import scoreboard
from facelab.measure.held_out import SCENES, SIZE, HeldOut
from facelab.measure.judging import PairError
from facelab.measure.painters import Pictures, direction_folder, picture_name
from facelab.measure.paste_back import PASTES
from facelab.measure.scoreboard import ScoreboardError
from facelab.measure.swap_pair import GALLERY, as_text, score_pair, worst
from facelab.measure.trained import TrainedPair, shipped
from facelab.studio import StudioError, save_image
from facelab.studio.progress import Bar

PAIR = (20, 4)  # seeds of the people whom the course swaps first


def load_callable(text):
    """The function that "module:name" or "file.py:name" names.

    Raises
    ------
    PairError
        There is no such function; the message says what is missing.
    """
    place, colon, name = text.rpartition(":")
    if not colon:
        raise PairError(f"{text}: write MODULE:FUNCTION or FILE.py:FUNCTION.")
    module = _from_file(Path(place)) if place.endswith(".py") else _from_name(place)
    if not callable(getattr(module, name, None)):
        raise PairError(f"{place} has no function {name}.")
    return getattr(module, name)


def _from_name(name):
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise PairError(f"There is no module {error.name}: name it, or a file.py.") from None


def _from_file(path):
    if not path.is_file():
        raise PairError(f"There is no file {path}.")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass
class Job:
    """What is scored on one pair of people: methods by name, and things that make the ceiling."""

    pair: tuple
    methods: dict = field(default_factory=dict)
    told: list = field(default_factory=list)

    def add(self, name, thing):
        """One more thing under a name; told weights are a ceiling, whatever they are called."""
        if getattr(thing, "told", False):
            self.told.append(thing)
        else:
            self.methods.setdefault(name, []).append(thing)


def jobs(options):
    """What the command line asks for, pair by pair; without anything, the weights that the course
    comes with.

    Returns
    -------
    list of Job
    """
    given, named = [TrainedPair(Path(path)) for path in options.weights], named_things(options)
    ours = [] if given else shipped()
    usual = ours if not named else []
    pairs = [tuple(options.pair)] if options.pair else [each.pair for each in (*given, *usual)]
    return [_job(pair, options, given, named, ours) for pair in dict.fromkeys(pairs or [PAIR])]


def _job(pair, options, given, named, ours):
    job = Job(pair, told=[load(text) for text in options.told])
    for name, thing in named:
        job.add(options.name or name, thing)
    of_pair = [each for each in ours if set(each.pair) == set(pair)]
    if named:  # of what the course comes with, only the ceiling
        of_pair = [each for each in of_pair if each.told and not job.told]
    mine = given if options.pair else [each for each in given if each.pair == pair]
    for thing in (*mine, *of_pair):
        job.add(options.name or thing.name, thing)
    return job


def named_things(options):
    """Functions and folders of the command line: (name, thing) of each."""
    names = [text.rpartition(":")[2] for text in options.method]
    found = [
        (text if names.count(name) > 1 else name, load_callable(text))
        for text, name in zip(options.method, names, strict=True)
    ]
    if options.folder:
        found.append((Path(options.folder).resolve().name, Pictures(Path(options.folder))))
    return found


def load(text):
    """What "module:function", "file.py:function" or a file of weights stands for."""
    is_function = ":" in text and not Path(text).is_file()
    return load_callable(text) if is_function else TrainedPair(Path(text))


def write_targets(folder, a, b, seed=0, scenes=SCENES, tone="a", report=lambda done, of: None):
    """Write what somebody needs who swaps elsewhere: marked pictures, for both directions.

    ``folder/A_to_B/0007.png`` is the target of scene 7, person A; ``source.png`` beside it is a
    plain picture of B. Swaps under the same names are what ``--folder`` reads.

    Returns
    -------
    list of the folders of both directions
    """
    made = []
    for way in ((a, b), (b, a)):
        inside = Path(folder) / direction_folder(*way)
        inside.mkdir(parents=True, exist_ok=True)
        held_out = HeldOut(*way, seed, scenes, tone)
        facts = {"held_out_seed": seed, "person_seed": way[0]}
        for held in held_out:
            path = inside / f"{picture_name(held.number)}.png"
            save_image(path, held.target.image, scene=held.number, **facts)
            report(held.number + 1, len(held_out))
        save_image(inside / "source.png", held_out[0].case.source.image, person_seed=way[1])
        made.append(inside)
    return made


def scored(job, options, report):
    """The result of ``score_pair`` for a job of the command line."""
    stands_on = {"pair": list(job.pair), "seed": options.seed, "scenes": options.scenes}
    stands_on |= {"tone": options.tone, "gallery": GALLERY, "size": SIZE, "paste": options.paste}
    before = {} if job.told else scoreboard.told_before(stands_on)
    return score_pair(
        job.methods, *job.pair, options.seed, options.scenes, options.tone, job.told, before,
        options.paste, report=report, progress=Bar("held-out scenes"),
    )  # fmt: skip


def joined(results):
    """Results of several pairs as one: all rows, and the worst shares of all."""
    rows, known = ([one for r in results for one in r[key]] for key in ("rows", "calibration"))
    stands_on = {key: results[0][key] for key in scoreboard.STANDS_ON if key != "pair"}
    pairs = {"pairs": [result["pair"] for result in results]}
    return pairs | stands_on | {"rows": rows, "calibration": known} | worst(rows)


def main(arguments=None):
    options = _options(arguments)
    try:
        if options.write_targets:
            pair = options.pair or PAIR
            rest = options.seed, options.scenes, options.tone, Bar("targets")
            folders = write_targets(options.write_targets, *pair, *rest)
            return print("\n".join(map(str, folders)))
        report = _Counter()
        results = [scored(job, options, report) for job in jobs(options)]
        print(file=sys.stderr)
        text = json.dumps(joined(results)) if options.json else "\n\n".join(map(as_text, results))
        print(text)
        for result in results if options.store else ():
            print(f"stored in {scoreboard.store(result)}", file=sys.stderr)
    except (PairError, BlendError, ScoreboardError, StudioError, DetectorError, ImageError) as e:
        sys.exit(f"\n{e}")


class _Counter:
    """Shows on standard error how many pictures were judged."""

    def __init__(self):
        self.done = 0

    def __call__(self, pictures):
        self.done += pictures
        print(f"\r{self.done} pictures judged", end="", file=sys.stderr, flush=True)


def _options(arguments):
    parser = argparse.ArgumentParser(prog="score swap", description="Score swaps of two people.")
    add = parser.add_argument
    add("--pair", nargs=2, type=int, metavar=("A", "B"), help=f"seeds of two people: {PAIR}")
    add("--seed", type=int, default=0, help="another set of held-out scenes")
    add("--scenes", type=int, default=SCENES, metavar="N", help="how many, for each direction")
    add("--tone", choices=["a", "b"], default="a", help="skin of the truth: a target's, b face's")
    add("--method", action="append", default=[], metavar="MODULE:FUNCTION", help="score this")
    add("--weights", nargs="+", default=[], metavar="FILE", help="score these weights")
    add("--folder", metavar="DIR", help="score these pictures")
    add("--told", nargs="+", default=[], metavar="FILE", help="told ceiling: weights or function")
    add("--paste", choices=list(PASTES), default="plain", help="how crops are put back")
    add("--name", help="what the method is called in tables")
    add("--json", action="store_true", help="print one JSON object instead of tables")
    add("--store", action="store_true", help="put the result on the scoreboard")
    add("--write-targets", metavar="DIR", help="only write the targets, marked")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
