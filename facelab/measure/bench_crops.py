"""How fast training pictures are made: ``python -m facelab.measure.bench studio --crops [--json]``.

Side by side, batch by batch, on the same people and scenes: ``crops``, and ``render`` at 256 pixels
with every truth and ``cv2.warpAffine``, which shares most of its code and got faster with it. The
processes that ``crops`` starts when it is asked for thousands are there from the beginning. The
route that it replaced, and what a person cost who was never drawn before, are those of the studio
as it was before ``crops`` was written, if the clone's history has it: in turn with today's, each in
a fresh process.
"""

import os
import subprocess
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from facelab.measure.processes import ROOT, fresh

BEFORE = "7f60c31"  # the last revision without ``crops``
CAST = 2
BATCHES, BATCH = 7, 48  # crops in a batch
STARTS, NEWCOMERS = 3, 16  # fresh processes, and people whom each draws
MEMORY = 256  # crops in the process whose memory is measured

MANY_CROPS = """
import numpy as np
from facelab.measure.processes import peak_memory
from facelab.studio import Person, Scene, crops
rng = np.random.default_rng(0)
cast = [Person.from_seed(seed) for seed in range({cast})]
crops([cast[k % {cast}] for k in range({count})], [Scene.random(rng) for _ in range({count})])
print(peak_memory())
"""
# People whom nobody drew, their first pictures: seconds for one.
NEW_PEOPLE = """
import time
import numpy as np
from facelab.studio import Person, Scene, {door}
rng = np.random.default_rng(0)
people = [Person.from_seed(5000 + k) for k in range({count} + 2)]
scenes = [Scene.random(rng) for _ in people]
{draw}(people[:2], scenes[:2])
start = time.perf_counter()
{draw}(people[2:], scenes[2:])
print((time.perf_counter() - start) / {count})
"""
# The route that crops replaced, as it was: seconds for one crop at each of two sizes.
OLD_ROUTE = """
import time
import cv2
import numpy as np
from facelab.studio import Person, Scene, render
rng = np.random.default_rng(0)
cast = [Person.from_seed(seed) for seed in range({cast})]
def draw(person, scene, size):
    frame = render(person, scene, 256)
    zoom = size / np.ptp(frame.landmarks[17:], 0).max() * 0.625
    matrix = np.array([[zoom, 0, 0], [0, zoom, 0]])
    matrix[:, 2] = size / 2 - zoom * frame.landmarks[17:].mean(0)
    for layer in (frame.image, frame.mask):
        cv2.warpAffine(layer, matrix, (size, size))
scenes = [Scene.random(rng) for _ in range({count} + {cast})]
for k in range({cast}):
    draw(cast[k], scenes[k], {size})
start = time.perf_counter()
for k in range({cast}, {count} + {cast}):
    draw(cast[k % {cast}], scenes[k], {size})
print((time.perf_counter() - start) / {count})
"""
ONE_BY_ONE = "(lambda p, s: [render(a, b, 64) for a, b in zip(p, s)])"
AT_ONCE = "(lambda p, s: crops(p, s, 64))"


def shots(rng, count):
    """``count`` people of a small cast, and as many random scenes."""
    from facelab.studio import Person, Scene

    cast = [Person.from_seed(seed) for seed in range(CAST)]
    return [cast[k % CAST] for k in range(count)], [Scene.random(rng) for _ in range(count)]


def by_render(people, scenes, size):
    """Aligned crops from frames: everything at 256 pixels, then image and mask warped."""
    import cv2

    from facelab.studio import render
    from facelab.studio.alignment import crop_matrix

    for person, scene in zip(people, scenes, strict=True):
        frame = render(person, scene, 256)
        matrix = crop_matrix(frame.landmarks, size)
        for layer in (frame.image, frame.mask):
            cv2.warpAffine(layer, matrix, (size, size))


def rate(draw, people, scenes):
    """Crops a second."""
    start = perf_counter()
    draw(people, scenes)
    return len(people) / (perf_counter() - start)


def speeds():
    """Crops a second by either route at two sizes, pairs a second, and ratios within a batch."""
    from facelab.studio import Person, crops
    from facelab.studio.helpers import helpers
    from facelab.studio.parallel import cores

    helpers(cores() - 1)
    other, rng = Person.from_seed(CAST), np.random.default_rng(0)
    routes = {
        "crops_s_128": lambda p, s: crops(p, s, 128),
        "crops_s_64": lambda p, s: crops(p, s, 64),
        "pairs_s_128": lambda p, s: crops(p, s, 128, faces=other),
        "render_s_128": lambda p, s: by_render(p, s, 128),
        "render_s_64": lambda p, s: by_render(p, s, 64),
    }
    for draw in routes.values():  # builds the people and compiles
        draw(*shots(rng, CAST))
    batches = []
    for _ in range(BATCHES):
        batch = shots(rng, BATCH)
        batches.append({name: rate(draw, *batch) for name, draw in routes.items()})
    found = {name: round(median(b[name] for b in batches), 1) for name in routes}
    for size in (128, 64):
        ratios = [b[f"crops_s_{size}"] / b[f"render_s_{size}"] for b in batches]
        found[f"render_ratio_{size}"] = round(median(ratios), 2)
    return found


def ratios():
    """How many times as many crops a second as by the route of ``BEFORE``: process after process,
    a batch of today's before and after each batch of then."""
    with TemporaryDirectory() as folder:
        old = exported(BEFORE, folder)
        return {name: value for size in (128, 64) for name, value in _ratio(old, size).items()}


def _ratio(old, size):
    if not old:
        return {f"before_s_{size}": None, f"crops_ratio_{size}": None}
    from facelab.studio import crops

    rng, then, quotients = np.random.default_rng(0), [], []
    for _ in range(STARTS):
        batches = [shots(rng, BATCH) for _ in "ab"]
        first = rate(lambda p, s: crops(p, s, size), *batches[0])
        then.append(1 / fresh(OLD_ROUTE.format(cast=CAST, count=BATCH, size=size), old))
        last = rate(lambda p, s: crops(p, s, size), *batches[1])
        quotients.append((first + last) / 2 / then[-1])
    return {
        f"before_s_{size}": round(median(then), 1),
        f"crops_ratio_{size}": round(median(quotients), 2),
    }


def newcomers():
    """People never drawn before a second, and how many times as many as before."""
    now = NEW_PEOPLE.format(door="crops", draw=AT_ONCE, count=NEWCOMERS)
    then = NEW_PEOPLE.format(door="render", draw=ONE_BY_ONE, count=NEWCOMERS)
    with TemporaryDirectory() as folder:
        old = exported(BEFORE, folder)
        rates = []
        for _ in range(STARTS):
            here = 1 / fresh(now)
            rates.append((here, 1 / fresh(then, old) if old else None))
    ratio = round(median(a / b for a, b in rates), 2) if old else None
    return {"people_s": round(median(a for a, _ in rates), 2), "people_ratio": ratio}


def exported(revision, folder):
    """The course as it was at a revision, in ``folder``; None where the history is not here."""
    command = ["git", "-C", str(ROOT), "archive", "--format=tar", revision, "facelab", "datasets"]
    try:
        tar = subprocess.run(command, capture_output=True, check=True).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=tar, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return Path(folder)


def measured():
    """All figures, under the names that ``--json`` prints."""
    return {
        **speeds(),
        **ratios(),
        **newcomers(),
        "peak_mb": round(fresh(MANY_CROPS.format(cast=CAST, count=MEMORY)), 1),
        "n": counts(),
        "cores": os.cpu_count(),
    }


def counts():
    """On how many measurements each figure rests, and what it is."""
    batches = f"median of {BATCHES} batches of {BATCH}"
    old = f"render 256, all truths, warpAffine, at {BEFORE}; median of {STARTS} times {BATCH}"
    return {
        "crops_s_128": f"crops a second at 128 px, {batches}",
        "before_s_128": old,
        "crops_ratio_128": "against that, in turn",
        "render_s_128": f"render 256, all truths, warpAffine to 128 px, today; {batches}",
        "render_ratio_128": "against that, median over batches",
        "crops_s_64": f"crops a second at 64 px, {batches}",
        "before_s_64": old,
        "crops_ratio_64": "against that, in turn",
        "render_s_64": f"render 256, all truths, warpAffine to 64 px, today; {batches}",
        "render_ratio_64": "against that, median over batches",
        "pairs_s_128": f"targets with their true swaps a second at 128 px, {batches}",
        "people_s": f"people never drawn before a second, median of {STARTS} times {NEWCOMERS}",
        "people_ratio": f"against one after the other at {BEFORE}, median of {STARTS}",
        "peak_mb": f"{MEMORY} crops of {CAST} people at 128 px",
    }


def table(figures):
    """The figures as lines of text."""
    lines = [f"Aligned crops on {figures['cores']} cores", ""]
    for name, n in figures["n"].items():
        shown = "not known" if figures[name] is None else figures[name]
        lines.append(f"{name:<16}{shown:>9}   {n}")
    return "\n".join(lines)
