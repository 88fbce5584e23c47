"""How fast training pictures are made: ``python -m facelab.measure.bench studio --crops [--json]``.

Side by side, batch by batch, on the same people and scenes: ``crops``, and the route that it
replaces, ``render`` at 256 pixels with every truth and ``cv2.warpAffine``. The processes that
``crops`` starts when it is asked for thousands are there from the beginning. What a person costs
who was never drawn before is compared with the studio as it was before ``crops`` was written, if
the clone's history has it.
"""

import os
import subprocess
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

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
ONE_BY_ONE = "(lambda p, s: [render(a, b, 64) for a, b in zip(p, s)])"
AT_ONCE = "(lambda p, s: crops(p, s, 64))"


def shots(rng, count):
    """``count`` people of a small cast, and as many random scenes."""
    from facelab.studio import Person, Scene

    cast = [Person.from_seed(seed) for seed in range(CAST)]
    return [cast[k % CAST] for k in range(count)], [Scene.random(rng) for _ in range(count)]


def route_before(people, scenes, size):
    """Aligned crops as they were made before: everything at 256 pixels, then image and mask
    warped."""
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
    import numpy as np

    from facelab.studio import Person, crops
    from facelab.studio.helpers import helpers
    from facelab.studio.parallel import cores

    helpers(cores() - 1)
    other, rng = Person.from_seed(CAST), np.random.default_rng(0)
    routes = {
        "crops_s_128": lambda p, s: crops(p, s, 128),
        "crops_s_64": lambda p, s: crops(p, s, 64),
        "pairs_s_128": lambda p, s: crops(p, s, 128, faces=other),
        "before_s_128": lambda p, s: route_before(p, s, 128),
        "before_s_64": lambda p, s: route_before(p, s, 64),
    }
    for draw in routes.values():  # builds the people and compiles
        draw(*shots(rng, CAST))
    batches = []
    for _ in range(BATCHES):
        batch = shots(rng, BATCH)
        batches.append({name: rate(draw, *batch) for name, draw in routes.items()})
    found = {name: round(median(b[name] for b in batches), 1) for name in routes}
    for size in (128, 64):
        ratios = [b[f"crops_s_{size}"] / b[f"before_s_{size}"] for b in batches]
        found[f"crops_ratio_{size}"] = round(median(ratios), 2)
    return found


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
        **newcomers(),
        "peak_mb": round(fresh(MANY_CROPS.format(cast=CAST, count=MEMORY)), 1),
        "n": counts(),
        "cores": os.cpu_count(),
    }


def counts():
    """On how many measurements each figure rests, and what it is."""
    batches = f"median of {BATCHES} batches of {BATCH}"
    return {
        "crops_s_128": f"crops a second at 128 px, {batches}",
        "before_s_128": f"render 256, all truths, warpAffine to 128 px; {batches}",
        "crops_ratio_128": "the one by the other, median over batches",
        "crops_s_64": f"crops a second at 64 px, {batches}",
        "before_s_64": f"render 256, all truths, warpAffine to 64 px; {batches}",
        "crops_ratio_64": "the one by the other, median over batches",
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
