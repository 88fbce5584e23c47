"""Scores that anyone can repeat: `python -m facelab.measure.score WHAT [--json] [--seed N]`.

`landmark_swap`: how good is the swap without learning, over people whom nobody picked? Tables as in
`facelab.measure.swap`.

`studio`: how human are the studio's people? Two detectors, a landmark predictor and a recogniser,
all trained on photographs, look at people who never existed: 64 of them, 6 random scenes each
within 30 degrees of yaw, at 256 pixels; then at 32 of them turned to 90 degrees.

dlib is used to measure only, its 68 points for teaching only.
"""

import argparse
import json
import operator
import sys
import time

import numpy as np

from facelab.blend import swap
from facelab.faces import DetectorError
from facelab.measure import swap as swaps
from facelab.measure.intervals import interval
from facelab.measure.landmark_error import inter_ocular
from facelab.measure.readings import View, read_all
from facelab.measure.verification import auc, distances, pairs, retrieved, weighted_median
from facelab.studio import Person, Scene, render

PEOPLE = 64
SCENES = 6
TURNED = 32  # people in each row of the fall with yaw: an embedding takes .1 s
FIRST_SEED = 1000
SIZE = 256
FRONTAL = 10  # degrees of yaw and of pitch to either side that count as frontal
YAWS = (0, 15, 30, 45, 60, 75, 90)

SIGNS = {">=": operator.ge, "<=": operator.le, "<": operator.lt, ">": operator.gt}
ROWS = {  # key: (what it is, the sign and the limit that the studio has to meet)
    "hog_rate": ("dlib HOG finds the face", ">=", 0.99),
    "mtcnn_rate": ("MTCNN finds the face", ">=", 0.98),
    "auc": ("verification AUC, dlib 128-d", ">=", 0.995),
    "same_median": ("median distance, same person", "<", 0.32),
    "different_median": ("median distance, different people", ">", 0.58),
    "retrieval": ("nearest frame shows same person", ">=", 0.98),
    "nme_dlib": ("NME, dlib's points 17..67, frontal", "<=", 0.05),
}


def score_studio(first_seed=FIRST_SEED, people=PEOPLE, report=lambda frames: None):
    """All scores of the studio, as one dict that JSON can hold.

    Parameters
    ----------
    first_seed, people : int
        People `Person.from_seed(first_seed)` and on.
    report : function
        Is called with a number of frames each time so many are done.
    """
    start = time.perf_counter()
    seeds = range(first_seed, first_seed + people)
    readings = read_all(random_frames(seeds), report=report)
    parts = statistics(readings)
    return {
        **{key: of(np.ones(people)) for key, (of, _) in parts.items()},
        "people": people,
        "frames": len(readings),
        "first_seed": first_seed,
        "n": {key: n for key, (_, n) in parts.items()},
        "interval": {key: list(interval(of, people)) for key, (of, _) in parts.items()},
        "yaw": by_yaw(seeds[:TURNED], with_code(readings), report),
        "seconds": round(time.perf_counter() - start, 1),
    }


def random_frames(seeds):
    """(person's number, view): everyone in `SCENES` random scenes."""
    for number, seed in enumerate(seeds):
        person, rng = Person.from_seed(seed), np.random.default_rng([seed, SCENES])
        for _ in range(SCENES):
            yield number, View.of(render(person, Scene.random(rng), size=SIZE))


def turned_views(seed):
    """Views of one person, by yaw, in one random scene; those with odd seeds turn to the left."""
    scene = Scene.random(np.random.default_rng([seed, 90])).with_(pitch=0.0, roll=0.0)
    person, side = Person.from_seed(seed), -1.0 if seed % 2 else 1.0
    scenes = {yaw: scene.with_(yaw=side * yaw) for yaw in YAWS}
    return {yaw: View.of(render(person, turned, size=SIZE)) for yaw, turned in scenes.items()}


def statistics(readings):
    """Each score as a function of the people's weights, and the n it stands on."""
    seen = with_code(readings)
    frontal = [r for r in seen if max(abs(r.yaw), abs(r.pitch)) <= FRONTAL]
    codes, whose = codes_of(seen), people_of(seen)
    both = pairs(codes, whose)
    return {
        "hog_rate": (mean_of([r.hog for r in readings], readings), len(readings)),
        "mtcnn_rate": (mean_of([r.mtcnn for r in readings], readings), len(readings)),
        "auc": (lambda w: auc(both.distance, both.same, both.weights(w)), len(both.same)),
        "same_median": (median_of(both, both.same), int(both.same.sum())),
        "different_median": (median_of(both, ~both.same), int((~both.same).sum())),
        "retrieval": (mean_of(retrieved(codes, whose), seen), len(seen)),
        "nme_dlib": (mean_of([r.error for r in frontal], frontal), len(frontal)),
    }


def with_code(readings):
    return [r for r in readings if r.code is not None]


def codes_of(readings):
    return np.array([r.code for r in readings]).reshape(len(readings), -1)


def people_of(readings):
    return np.array([r.person for r in readings], int)


def mean_of(values, readings):
    """The mean of one value per reading, as a function of the people's weights."""
    values, people = np.asarray(values, float), people_of(readings)

    def mean(weights):
        total = weights[people].sum()
        return float(weights[people] @ values / total) if total else float("nan")

    return mean


def median_of(both, chosen):
    """The median distance of the chosen pairs, as a function of the people's weights."""
    return lambda weights: weighted_median(both.distance[chosen], both.weights(weights)[chosen])


def by_yaw(seeds, gallery, report):
    """One row per yaw: the scores of heads turned so far."""
    everyone = [turned_views(seed) for seed in seeds]
    scales = [inter_ocular(views[0].landmarks) for views in everyone]
    return [turned_scores(yaw, everyone, scales, gallery, report) for yaw in YAWS]


def turned_scores(yaw, everyone, scales, gallery, report):
    """Codes are compared to the random frames of everyone, `gallery`; boxes are the true ones."""
    views = [(number, views[yaw]) for number, views in enumerate(everyone)]
    readings = read_all(views, given_box=True, scales=scales, report=report)
    table = distances(codes_of(readings), codes_of(gallery))
    same = people_of(readings)[:, None] == people_of(gallery)
    return {
        "yaw": yaw,
        "hog_rate": float(np.mean([r.hog for r in readings])),
        "mtcnn_rate": float(np.mean([r.mtcnn for r in readings])),
        "auc": auc(table.ravel(), same.ravel()),
        "same_median": float(np.median(table[same])),
        "different_median": float(np.median(table[~same])),
        "retrieval": float(same[np.arange(len(table)), table.argmin(1)].mean()),
        "nme_dlib": float(np.mean([r.error for r in readings])),
        "n": len(readings),
    }


def meets(key, value):
    """Does a score meet what is asked of the studio?"""
    _, sign, limit = ROWS[key]
    return SIGNS[sign](value, limit)


def as_text(scores):
    """The scores as two tables."""
    return "\n".join([*_main_table(scores), "", *_yaw_table(scores)])


def _main_table(scores):
    first, last = scores["first_seed"], scores["first_seed"] + scores["people"] - 1
    yield f"{scores['people']} people (seeds {first} to {last}), {scores['frames']} frames"
    yield f"{'':36}{'score':>6}  {'95 % over people':>16}  {'wanted':>8}  {'':6}  {'n':>6}"
    for key, (name, sign, limit) in ROWS.items():
        span = "{:.3f} to {:.3f}".format(*scores["interval"][key])
        verdict = "ok" if meets(key, scores[key]) else "missed"
        wanted = f"{sign} {limit:g}"
        yield (
            f"{name:36}{scores[key]:6.3f}  {span:>16}  {wanted:>8}  {verdict:6}  "
            f"{scores['n'][key]:6}"
        )


def _yaw_table(scores):
    yield "yaw " + "".join(f"{key:>17}" for key in ROWS)
    for row in scores["yaw"]:
        yield f"{row['yaw']:3} " + "".join(f"{row[key]:17.3f}" for key in ROWS)
    yield f"n = {scores['yaw'][0]['n']} frames a row, one of each person; points and codes from the"
    yield "true box; codes against the frames above; NME in distances between the eyes at yaw 0."
    yield f"{scores['seconds']:.0f} seconds"


def score_landmark_swap(first_seed=swaps.FIRST_SEED, pairs=swaps.PAIRS, report=lambda pairs: None):
    """Tables of the swap of `facelab.blend`, by what it is given and measured against.

    Returns
    -------
    dict : title -> table, see `facelab.measure.swap.swap_table`
    """

    def table(methods, source, tone):
        people = swaps.cases(first_seed, pairs, source, tone)
        return swaps.swap_table(methods, people, report)

    return {
        "B plain and frontal": table(LANDMARK_SWAPS, "neutral", "a"),
        "B in another random scene": table(LANDMARK_SWAPS, "another", "a"),
        "B plain and frontal, colours left as they are": table(UNMATCHED, "neutral", "b"),
    }


def _blended(**options):
    return lambda case: swap(case.target, to=case.source, **options)


def landmark_swap(case):
    """The swap of chapter 01, of a SwapCase."""
    return swap(case.target, to=case.source)


LANDMARK_SWAPS = {
    "swap": landmark_swap,
    "swap, Poisson": _blended(blend="poisson"),
    "swap, A's proportions": _blended(proportions=0),
}
UNMATCHED = {"swap, no colour match": _blended(colour=False)}


def swaps_as_text(tables):
    """Each table under its title."""
    return "\n\n".join(f"{title}\n{swaps.as_text(table)}" for title, table in tables.items())


def main(arguments=None):
    options = _options(arguments)
    score, text, first_seed = {
        "studio": (score_studio, as_text, FIRST_SEED),
        "landmark_swap": (score_landmark_swap, swaps_as_text, swaps.FIRST_SEED),
    }[options.what]
    try:
        scores = score(first_seed if options.seed is None else options.seed, report=_Counter())
    except DetectorError as error:
        sys.exit(f"\n{error}")
    print(file=sys.stderr)
    print(json.dumps(scores) if options.json else text(scores))


class _Counter:
    """Shows on standard error how much is done, for standard output may be JSON."""

    def __init__(self):
        self.done = 0

    def __call__(self, frames):
        self.done += frames
        print(f"\r{self.done} done", end="", file=sys.stderr, flush=True)


def _options(arguments):
    parser = argparse.ArgumentParser(prog="score", description="Score a part of the course.")
    parser.add_argument("what", choices=["studio", "landmark_swap"], help="what to score")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--seed", type=int, metavar="N", help="first person")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
