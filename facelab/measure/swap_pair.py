"""How good is a swap between two people? Scored on scenes that nobody trained on, both ways.

    from facelab.measure.swap_pair import as_text, score_pair

    print(as_text(score_pair({"mine": [my_swapper]}, 20, 4)))

A method is a list, of one thing (``facelab.measure.painters``) or of several that differ only in
the seed of their training. Every score is a mean over scenes; its interval is one over scenes, and
what another seed of the training would change stands beside it as the spread over seeds.
"""

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from facelab.faces import distance
from facelab.measure.held_out import SCENES, SIZE, HeldOut
from facelab.measure.intervals import interval
from facelab.measure.judging import (
    BASELINES,
    CHANCE,
    COPY,
    MEAN,
    MEAN_CROP,
    SIZES,
    TRUTH,
    PairError,
    judge_known,
    known_rows,
    read_floors,
    squeezed_name,
)
from facelab.measure.painters import judge_method, painters_of
from facelab.measure.swap import GALLERY_SCENE, cell, gallery_code, summary
from facelab.studio import Person
from facelab.studio.alignment import COVERAGE
from facelab.studio.store import kept, key_of

TOLD = "told ceiling"
GALLERY = 32  # people among whom B is sought: B, A and strangers
STRANGERS = range(2600, 2600 + GALLERY)
SHARES = ("told_share", "id_share", "retrieval_share")
SHOWN = {  # score: (what it is called in rows, heading, decimals)
    "psnr": ("psnr", "PSNR", 2),
    "ssim": ("ssim", "SSIM", 3),
    "mae": ("mae", "MAE", 2),
    "alpha": ("alpha", "alpha", 3),
    "beta": ("beta", "beta", 3),
    "identity_gain": ("id_gain", "identity", 3),
    "top1": ("retrieval", "top-1", 3),
    "nme": ("nme", "NME", 3),
    "seam": ("seam", "seam", 2),
}


def score_pair(
    methods, a, b, seed=0, scenes=SCENES, tone="a", told=None, told_psnr=None, paste="plain", *,
    report=lambda pictures: None, progress=None,
):  # fmt: skip
    """Score methods in both directions between two people, beside the rows that give them meaning.

    Parameters
    ----------
    methods : dict, name -> list of things
    a, b : int, seeds of the people
    seed : int, of the set of held-out scenes
    scenes : int, how many for each direction
    tone : "a" for methods that match colours, "b" for those that do not
    told : list of things that were trained with the true answers; None if there are none
    told_psnr : dict, direction -> PSNR by scene of a told ceiling that was scored before
    paste : name in ``facelab.measure.paste_back.PASTES``, how crops are put back
    report : function, called with a number of pictures each time so many are judged
    progress : None, or function of the number of scenes drawn and of all

    Returns
    -------
    dict
        ``rows``: one dict for each method and direction, see ``method_row``; ``calibration``: one
        for each row whose worth is known; ``told_share``, ``id_share``, ``retrieval_share``: the
        worst of all rows, or None; ``pair``, ``seed``, ``scenes``, ``tone``, ``gallery``, ``size``:
        what the numbers stand on. JSON can hold it.

    Raises
    ------
    PairError
        A swap of nobody, or an answer that is no picture.
    """
    if a == b:
        raise PairError(f"A swap needs two people: {a} and {b} are one.")
    told_psnr, everything = told_psnr or {}, methods | {TOLD: told or []}
    sides = [HeldOut(*way, seed, scenes, tone, progress) for way in ((a, b), (b, a))]
    painters = [
        painters_of(everything, side.a, side.b, paste) for side in sides
    ]  # refused before work
    sides = [
        score_direction(each, side, told_psnr.get(direction_of(side)), report)
        for each, side in zip(painters, sides, strict=True)
    ]
    rows, known = ([one for side in sides for one in side[part]] for part in (0, 1))
    stands_on = {"seed": seed, "scenes": scenes, "tone": tone, "gallery": GALLERY, "size": SIZE}
    stands_on |= {"paste": paste}
    on_pair = [{"pair": [a, b], **row} for row in rows], [{"pair": [a, b], **row} for row in known]
    return {"pair": [a, b], **stands_on, "rows": on_pair[0], "calibration": on_pair[1],
            **worst(rows)}  # fmt: skip


def worst(rows):
    """The least of each share over rows; None where no row has it."""
    found = {key: [row[key] for row in rows if row[key] is not None] for key in SHARES}
    return {key: min(values, default=None) for key, values in found.items()}


def score_direction(painters, held_out, told_psnr=None, report=lambda pictures: None):
    """Rows of methods and rows whose worth is known, of one direction: two lists of dicts.

    Parameters
    ----------
    painters : dict, name -> list of Painter; ``TOLD`` stands among the rows whose worth is known
    held_out : HeldOut
    told_psnr : PSNR by scene of a told ceiling that was scored before: such a row holds it
    report : as in ``score_pair``
    """
    floors, codes = read_floors(held_out, report), gallery(held_out.a, held_out.b)
    found = {
        name: Sample.of(judge_method(each, held_out, floors, report), codes)
        for name, each in painters.items()
        if each
    }
    eyes = {name: painters[name][0].eye for name in found}
    sizes = {(size, COVERAGE) for size in SIZES} | set(eyes.values())
    known = {
        name: Sample.of([judge_known(name, row, held_out, floors, report)], codes)
        for name, row in known_rows(sorted(sizes)).items()
    }
    told = found.pop(TOLD, None) or (told_psnr and Sample.only_psnr(told_psnr))
    if told:
        known = {n: known[n] for n in known if n != TRUTH} | {TOLD: told, TRUTH: known[TRUTH]}
    way = {"direction": direction_of(held_out)}
    rows = [
        {"method": name, **way, **method_row(one, known, squeezed_name(*eyes[name]))}
        for name, one in found.items()
    ]
    return rows, [{"row": name, **way, **known_row(name, each)} for name, each in known.items()]


def direction_of(held_out):
    """Who gets whose face, as text: "20 to 4" is person 20 with the face of person 4."""
    return f"{held_out.a} to {held_out.b}"


# From scenes to numbers


@dataclass(frozen=True, eq=False)
class Sample:
    """Scores of k seeds of a method at n scenes: ``values``, score -> (k,n) float; ``failed``, how
    often the target counted, over all seeds."""

    values: dict
    failed: int = 0

    @classmethod
    def of(cls, judged, codes):
        """The Sample of a list of Judged; ``codes`` is a gallery whose first one is B."""
        values = {key: np.stack([one.scores[key] for one in judged]) for key in judged[0].scores}
        nearest = [distance(codes, one.code[:, None]).argmin(1) for one in judged]
        return cls(values | {"top1": np.float64(nearest) == 0}, sum(one.failed for one in judged))

    @classmethod
    def only_psnr(cls, by_scene):
        """The Sample of which only the PSNR of each scene is known; other scores are nan."""
        psnr = np.array([by_scene], float)
        return cls(dict.fromkeys(SHOWN, np.full_like(psnr, np.nan)) | {"psnr": psnr})

    @cached_property
    def scenes(self):
        """Score -> (n,), the mean over seeds."""
        return {key: values.mean(0) for key, values in self.values.items()}

    def mean(self, key, weights):
        """The mean of a score, where scene i counts ``weights[i]`` times; of what is finite."""
        values = self.scenes[key]
        finite = np.isfinite(values)
        total = weights[finite].sum()
        return weights[finite] @ values[finite] / total if total else np.nan

    @property
    def spread(self):
        """Score -> standard deviation over seeds of the mean over scenes; None of one seed."""
        if len(self.values["psnr"]) == 1:
            return None
        each = {key: np.nanmean(values, axis=1) for key, values in self.values.items()}
        return {SHOWN[key][0]: rounded(means.std(ddof=1)) for key, means in each.items()}


def plain_row(sample):
    """Means of all scores, ``n``, and their intervals over scenes under ``interval``."""
    found = {SHOWN[key][0]: summary(sample.scenes[key]) for key in SHOWN}
    spans = {key: [rounded(one["low"]), rounded(one["high"])] for key, one in found.items()}
    means = {key: rounded(one["mean"]) for key, one in found.items()}
    return {"n": len(sample.scenes["psnr"]), **means, "interval": spans}


def known_row(name, sample):
    """``plain_row``; that of the told ceiling with its PSNR by scene."""
    by_scene = {"psnr_by_scene": [rounded(value) for value in sample.scenes["psnr"]]}
    return plain_row(sample) | (by_scene if name == TOLD else {})


def method_row(sample, known, eye):
    """A method's row: its scores, those that they are read beside, and the shares.

    Parameters
    ----------
    sample : Sample
    known : dict, row -> Sample of the rows whose worth is known
    eye : name of the row of the truth squeezed through the network's size

    Returns
    -------
    dict
        As ``plain_row``, and ``psnr_copy``, ``psnr_mean``, ``psnr_mean_crop``, ``psnr_squeezed``,
        ``psnr_told``, ``beta_chance``, ``id_gain_squeezed``, ``retrieval_squeezed``;
        ``told_share``: how far from the best baseline to the told ceiling, in dB;
        ``id_share``, ``retrieval_share``: of the squeezed truth's; ``seeds``, how many, and the
        ``spread`` over them; ``failed``. None where there is nothing to compare with.
    """
    row, own = plain_row(sample), partial(_whole, sample)
    beside = {
        "psnr_copy": (COPY, "psnr"),
        "psnr_mean": (MEAN, "psnr"),
        "psnr_mean_crop": (MEAN_CROP, "psnr"),
        "psnr_squeezed": (eye, "psnr"),
        "psnr_told": (TOLD, "psnr"),
        "beta_chance": (CHANCE, "beta"),
        "id_gain_squeezed": (eye, "identity_gain"),
        "retrieval_squeezed": (eye, "top1"),
    }
    row |= {k: own(known.get(name), key) for k, (name, key) in beside.items()}
    statistics = {
        "told_share": partial(told_share, sample, known) if TOLD in known else None,
        "id_share": partial(ratio, "identity_gain", sample, known[eye]),
        "retrieval_share": partial(ratio, "top1", sample, known[eye]),
    }
    for name, statistic in statistics.items():
        row[name], span = _with_interval(statistic, row["n"])
        row["interval"] = row["interval"] | {name: span}
    seeds = len(sample.values["psnr"])
    return row | {"seeds": seeds, "spread": sample.spread, "failed": sample.failed}


def _whole(sample, other, key):
    """The mean of another row's score, or None without that row."""
    return other and rounded(other.mean(key, np.ones(len(other.scenes[key]))))


def _with_interval(statistic, scenes):
    """Value and interval over scenes of a function of the scenes' weights; None without one."""
    if statistic is None or not np.isfinite(statistic(np.ones(scenes))):
        return None, None
    return rounded(statistic(np.ones(scenes))), [*map(rounded, interval(statistic, scenes))]


def told_share(sample, known, weights):
    """How much of the way from the best baseline to the told ceiling, in dB of PSNR."""
    baseline = max(known[name].mean("psnr", weights) for name in BASELINES)
    whole = known[TOLD].mean("psnr", weights) - baseline
    return (sample.mean("psnr", weights) - baseline) / whole if whole > 0 else np.nan


def ratio(key, sample, other, weights):
    """The mean of a score over that of another row."""
    whole = other.mean(key, weights)
    return sample.mean(key, weights) / whole if whole > 0 else np.nan


def rounded(value):
    """A float with four decimals that JSON can hold; None of what is not finite."""
    return None if value is None or not np.isfinite(value) else round(float(value), 4)


def gallery(a, b):
    """dlib's embeddings (``GALLERY``,128) of B, A and strangers in one plain scene; B is first."""
    strangers = [seed for seed in STRANGERS if seed not in (a, b)][: GALLERY - 2]
    return np.stack([code_of(seed) for seed in (b, a, *strangers)])


def code_of(seed):
    """The embedding (128,) float32 of a person; read from the disk the next time."""
    person = Person.from_seed(seed)
    key = key_of([(person,)], what="gallery", scene=GALLERY_SCENE)
    shapes = {"code": (np.float32, (128,))}
    found = kept(key, shapes, lambda arrays: np.copyto(arrays["code"], gallery_code(person)))
    return np.array(found["code"])


# Tables as text


def as_text(result):
    """The result of ``score_pair`` as text: a table for each direction."""
    ways = list(dict.fromkeys(row["direction"] for row in result["calibration"]))
    return "\n\n".join("\n".join(_lines(result, way)) for way in ways)


def _lines(result, way):
    target, face = way.split(" to ")
    yield (
        f"Identity from person {face}, everything else from person {target}: {result['scenes']} "
        f"held-out scenes (seed {result['seed']}), {result['size']} px"
    )
    yield f"{'':28}" + "".join(f"{heading:>14}" for _, heading, _ in SHOWN.values())
    methods = [row for row in result["rows"] if row["direction"] == way]
    known = [row for row in result["calibration"] if row["direction"] == way]
    for row in (*methods, *known):
        yield from _row_lines(row)
    sparse = min(row["n"] for row in known)
    yield f"95 % over scenes: n = {result['scenes']}, of blurs {sparse}; inside the true mask;"
    yield f"the truth has the skin tone of {result['tone'].upper()}; NME and seam minus its own;"
    yield f"top-1 in a gallery of {result['gallery']} people, in another scene"
    for row in methods:
        yield from _share_lines(row)


def _row_lines(row):
    """A row's means, and under them their intervals."""
    cells = [_cell(row, key, decimals) for key, _, decimals in SHOWN.values()]
    means, spans = zip(*cells, strict=True)
    yield f"{row.get('method') or row['row']:28.28}" + "".join(means)
    yield f"{'':28}" + "".join(spans)


def _cell(row, key, decimals):
    low, high = row["interval"][key]
    found = {"mean": row[key], "low": low, "high": high, "n": 0 if row[key] is None else row["n"]}
    return cell(found, decimals)


def _share_lines(row):
    """What the shares of a method are, and what it failed at."""
    names = {
        "told_share": "of the way from the best baseline to the told ceiling",
        "id_share": "of the squeezed truth's identity gain",
        "retrieval_share": "of its top-1",
    }
    for key, text in names.items():
        if row[key] is not None:
            low, high = row["interval"][key]
            yield f"{row['method']}: {row[key]:.2f} ({low:.2f} to {high:.2f}) {text}"
    yield f"{row['method']}: beta {row['beta']:.2f}, chance {row['beta_chance']:.2f}"
    if row["seeds"] > 1:
        yield f"{row['method']}: {row['seeds']} seeds, PSNR's spread {row['spread']['psnr']:.2f} dB"
    if row["failed"]:
        what = "pictures missing or without a face, for which the target counted"
        yield f"{row['method']}: {row['failed']} {what}"
