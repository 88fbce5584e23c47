"""How good is a way to swap faces? Scores over many people, beside the rows that give them meaning.

from facelab.measure.swap import as_text, cases, swap_table

table = swap_table({"warp and blend": lambda case: swap(case.target, to=case.source)}, cases())
print(as_text(table))
"""

import numpy as np

from facelab.faces import NoFaceError, distance
from facelab.measure import quality
from facelab.measure.calibration import SwapCase, calibration, read
from facelab.measure.intervals import interval
from facelab.measure.landmark_error import nme
from facelab.studio import Person, Scene, render

FIRST_SEED = 2500  # people who were never looked at while a method was tuned
PAIRS = 24
SOURCES = ("another", "neutral", "same")
GALLERY_SCENE = Scene(yaw=8, light="studio", expression={"jawOpen": 0.1})

SCORES = {  # key: (heading, decimals)
    "psnr": ("PSNR", 2),
    "ssim": ("SSIM", 3),
    "mae": ("MAE", 2),
    "alpha": ("alpha", 3),
    "beta": ("beta", 3),
    "identity_gain": ("identity", 3),
    "top1": ("top-1", 2),
    "nme": ("NME", 3),
    "seam": ("seam", 2),
}


def cases(first_seed=FIRST_SEED, pairs=PAIRS, source="another", tone="a"):
    """Pairs of people whom nobody picked, each in a random scene: an iterator of SwapCase.

    Parameters
    ----------
    first_seed, pairs : int
        A is ``Person.from_seed(first_seed + 2 i)``, B the next one, for i below ``pairs``.
    source : "another", "neutral" or "same"
        The scene of the picture of B that a method gets: another random one, the plain frontal one,
        or, only to see what pose and expression cost, that of the target.
    tone : "a" or "b", the skin tone of the truth
    """
    if source not in SOURCES:
        raise ValueError(f"source must be one of {', '.join(SOURCES)}, got {source!r}.")
    for i in range(pairs):
        seed = first_seed + 2 * i
        rng = np.random.default_rng([seed, 31])
        scene, another = Scene.random(rng), Scene.random(rng)
        source_scene = {"another": another, "neutral": Scene(), "same": scene}[source]
        people = Person.from_seed(seed), Person.from_seed(seed + 1)
        yield SwapCase(*people, scene, source_scene, tone)


def score_swap(image, case):
    """All scores of one swap.

    Parameters
    ----------
    image : (H,W,3) uint8 RGB, the swap
    case : SwapCase

    Returns
    -------
    dict : score -> float; see ``facelab.measure.quality``. ``nme`` is the error of dlib's points on
        the picture minus their error on the truth, ``seam`` is sought on the border of the true
        face mask.
    """
    return _scores(image, case, read(image, case.truth))


def _scores(image, case, reading):
    target, truth, mask = case.target.image, case.truth.image, case.truth.mask
    points, floor = case.truth.landmarks, case.truth_reading
    return {
        "psnr": quality.psnr(image, truth, mask),
        "ssim": quality.ssim(image, truth, mask),
        "mae": quality.mae(image, truth, mask),
        "alpha": quality.alpha(image, target, truth, mask),
        "beta": quality.beta(image, case.neutral.image, truth, mask),
        "identity_gain": quality.gain(reading.code, case.target_reading.code, floor.code),
        "nme": nme(reading.points, points) - nme(floor.points, points),
        "seam": quality.seam_gradient(image, truth, mask),
    }


def swap_table(methods, cases, report=lambda pairs: None):
    """Scores of methods and of the calibration rows, over cases.

    Parameters
    ----------
    methods : dict, name -> function of a SwapCase that returns its swap, (H,W,3) uint8 RGB
        One that raises NoFaceError has failed: the target counts as its answer, as in tools that
        leave such a frame as it was.
    cases : iterable of SwapCase, each with people of its own, all with one tone
    report : function, called with 1 after each case

    Returns
    -------
    dict
        ``rows``: name -> score -> {"mean", "low", "high", "n"}, an interval of 95 % over pairs of
        people; ``failed``: method -> how often; ``pairs``, ``tone``, ``gallery``: what the numbers
        stand on. JSON can hold it.
    """
    seen, gallery, failed = [], [], dict.fromkeys(methods, 0)
    for number, case in enumerate(cases):
        pictures = {name: _attempt(name, method, case, failed) for name, method in methods.items()}
        pictures |= calibration(case, _other_scene(number))
        seen.append({name: judged(image, case) for name, image in pictures.items()})
        gallery += [gallery_code(case.b), gallery_code(case.a)]
        tone = case.tone
        report(1)
    rows = {name: _row([s[name] for s in seen], np.array(gallery)) for name in seen[0]}
    return {
        "rows": rows, "failed": failed, "pairs": len(seen), "tone": tone, "gallery": len(gallery),
    }  # fmt: skip


def _attempt(name, method, case, failed):
    try:
        return method(case)
    except NoFaceError:
        failed[name] += 1
        return case.target.image


def judged(image, case):
    """All scores of one swap as in ``score_swap``, and dlib's embedding (128,) of the picture."""
    known = {id(case.target.image): "target_reading", id(case.truth.image): "truth_reading"}
    name = known.get(id(image))  # what was read once is not read again: it takes .1 s
    reading = getattr(case, name) if name else read(image, case.truth)
    return _scores(image, case, reading), reading.code


def _other_scene(number):
    return Scene.random(np.random.default_rng([number, 47]))


def gallery_code(person):
    """dlib's embedding (128,) of a person in the scene of all galleries."""
    frame = render(person, GALLERY_SCENE)
    return read(frame.image, frame).code


def _row(readings, gallery):
    """One method's scores with their intervals, and whether B is the nearest of the gallery."""
    scores = {key: [each[key] for each, _ in readings] for key in readings[0][0]}
    nearest = [int(np.argmin(distance(gallery, code))) for _, code in readings]
    scores["top1"] = [float(found == 2 * n) for n, found in enumerate(nearest)]
    return {key: summary(np.array(values)) for key, values in scores.items()}


def summary(values):
    """Mean, interval over whom or what the values belong to, and n, of what is finite."""
    finite = np.isfinite(values)
    values, n = values[finite], int(finite.sum())
    if n == 0:
        return {"mean": None, "low": None, "high": None, "n": 0}
    low, high = interval(lambda w: np.average(values, weights=w) if w.any() else np.nan, n)
    return {"mean": float(values.mean()), "low": low, "high": high, "n": n}


def as_text(table):
    """The table as text: two lines a row, means and under them their intervals."""
    return "\n".join(_lines(table))


def _lines(table):
    tone, pairs, gallery = table["tone"].upper(), table["pairs"], table["gallery"]
    yield f"{pairs} pairs of people; the truth has the skin tone of {tone}"
    yield f"{'':24}" + "".join(f"{heading:>14}" for heading, _ in SCORES.values())
    for name, row in table["rows"].items():
        means, spans = zip(*(cell(row[key], d) for key, (_, d) in SCORES.items()), strict=True)
        yield f"{name:24}" + "".join(means)
        yield f"{'':24}" + "".join(spans)
    yield "95 % over pairs; face mask of the truth; NME and seam minus the truth's own;"
    yield f"top-1 in a gallery of {gallery} people, all A and B, in another scene"
    for name, times in table["failed"].items():
        if times:
            yield f"{name} found no face {times} times: the target counts as its answer"


def cell(found, decimals):
    """A mean and its interval as text, both 14 wide; a dash where there is no finite number."""
    if found["n"] == 0:
        return f"{'-':>14}", f"{'':14}"
    mean, low, high = (f"{found[key]:.{decimals}f}" for key in ("mean", "low", "high"))
    return f"{mean:>14}", f"{f'{low}..{high}':>14}"
