"""How fast the studio is here: ``python -m facelab.measure.bench studio [--crops] [--json]``.

Start-up times and memory are taken from fresh processes. Frame rates are those of performances:
each batch is a person in a random scene who moves, talks and blinks, so every frame has a new
pose and expression. ``fps_256_scenes`` is the rate where light, lens, clothes and background are
new in every frame too.
"""

import argparse
import json
import os
import sys
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, time

from facelab.measure import bench_crops
from facelab.measure.processes import fresh, peak_memory

__all__ = ["fresh", "peak_memory"]

PEOPLE = 4
BATCHES = {256: (9, 16), 512: (7, 6)}  # picture height -> batches, frames in each
WARM_STARTS = 3
MEMORY_SCENES, MEMORY_PEOPLE = 6, 8

# What the fresh processes run.
FIRST_PICTURE = """
from facelab.studio import Person, Scene, render
render(Person.from_seed(7), Scene(), 256)
import time; print(time.time())
"""
MANY_PICTURES = """
import numpy as np
from facelab.measure.processes import peak_memory
from facelab.studio import Person, Scene, render
rng = np.random.default_rng(0)
for seed in range({people}):
    for _ in range({scenes}):
        render(Person.from_seed(seed), Scene.random(rng), 256)
print(peak_memory())
"""


def start_up(**environment):
    """Seconds from starting Python to the first picture."""
    start = time()
    return fresh(FIRST_PICTURE, **environment) - start


def starts():
    """Seconds to start with an empty compile cache and a full one (median), peak MB of one
    person and of several."""
    with TemporaryDirectory() as cache:
        cold = start_up(NUMBA_CACHE_DIR=cache)
        warm = median(start_up(NUMBA_CACHE_DIR=cache) for _ in range(WARM_STARTS))
        codes = [MANY_PICTURES.format(people=n, scenes=MEMORY_SCENES) for n in (1, MEMORY_PEOPLE)]
        return cold, warm, *(fresh(code, NUMBA_CACHE_DIR=cache) for code in codes)


def shots(rng, count):
    """``count`` pairs of a person from a small cast and a random scene."""
    from facelab.studio import Person, Scene

    cast = [Person.from_seed(seed) for seed in range(PEOPLE)]
    return [(cast[i % PEOPLE], Scene.random(rng)) for i in range(count)]


def performance(rng, count):
    """``count`` frames of a person of the cast who performs in a random scene."""
    from facelab.studio import Person, Scene, clip

    person = Person.from_seed(int(rng.integers(PEOPLE)))
    scenes = clip(person, "mixed", fps=25, seconds=count / 25, scene=Scene.random(rng))
    return [(person, scene) for scene in scenes]


def rate(batch, size):
    """Frames a second over a batch of shots, and the seconds of each stage."""
    from facelab.studio import render, stopwatch

    with stopwatch() as times:
        start = perf_counter()
        for person, scene in batch:
            render(person, scene, size)
        seconds = perf_counter() - start
    return len(batch) / seconds, {**times, "other": seconds - sum(times.values())}


def speed(size, batch=performance):
    """Median frames a second, and milliseconds a frame of each stage, slowest first."""
    import numpy as np

    rng, (batches, frames) = np.random.default_rng(size), BATCHES[size]
    rate(shots(rng, 2 * PEOPLE), size)  # builds the people and compiles
    rates, times = zip(*(rate(batch(rng, frames), size) for _ in range(batches)), strict=True)
    names = {name for each in times for name in each}
    stages = {n: round(1000 / frames * median(each.get(n, 0) for each in times), 3) for n in names}
    slowest_first = sorted(stages.items(), key=lambda stage: -stage[1])
    return median(rates), dict(slowest_first)


def studio():
    """Measure the studio; figures under the names that ``--json`` prints."""
    cold, warm, peak, peak_of_many = starts()
    speeds = {size: speed(size) for size in BATCHES}
    return {
        **{f"fps_{size}": round(fps, 2) for size, (fps, _) in speeds.items()},
        "fps_256_scenes": round(speed(256, shots)[0], 2),
        "peak_mb": round(peak, 1),
        "peak_mb_many": round(peak_of_many, 1),
        "cold_start_s": round(cold, 2),
        "warm_start_s": round(warm, 2),
        "stages": {str(size): stages for size, (_, stages) in speeds.items()},
        "n": counts(),
        "cores": os.cpu_count(),
    }


def counts():
    """On how many measurements each figure rests."""
    batches = "median of {} batches of {} frames, {} people"
    return {
        **{f"fps_{size}": batches.format(*n, PEOPLE) for size, n in BATCHES.items()},
        "fps_256_scenes": batches.format(*BATCHES[256], PEOPLE),
        "peak_mb": f"1 person in {MEMORY_SCENES} scenes at 256 px",
        "peak_mb_many": f"{MEMORY_PEOPLE} people in {MEMORY_SCENES} scenes each at 256 px",
        "cold_start_s": "1 start",
        "warm_start_s": f"median of {WARM_STARTS} starts",
    }


def table(figures):
    """The figures as lines of text."""
    lines = [f"The studio on {figures['cores']} cores", ""]
    for name, n in figures["n"].items():
        lines.append(f"{name:<16}{figures[name]:>9}   {n}")
    for size, stages in figures["stages"].items():
        lines += ["", f"ms a frame at {size} x {size}"]
        lines += [f"  {name:<12}{ms:>9.2f}" for name, ms in stages.items()]
    return "\n".join(lines)


def main(arguments=None):
    """Measure and print; 0 if all went well."""
    about = "Measure how fast the course's parts run on this computer."
    parser = argparse.ArgumentParser(prog="bench", description=about)
    parser.add_argument("what", choices=["studio"], help="what to measure")
    parser.add_argument(
        "--crops", action="store_true", help="aligned crops, and people never drawn before"
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object instead of a table"
    )
    options = parser.parse_args(arguments)
    figures = bench_crops.measured() if options.crops else studio()
    as_text = bench_crops.table if options.crops else table
    print(json.dumps(figures) if options.json else as_text(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
