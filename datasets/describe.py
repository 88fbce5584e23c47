"""Print the numbers of DATASHEET.md: what the face model holds, what people drawn from it are like.

Usage: python datasets/describe.py [--write]

With --write the numbers go into DATASHEET.md, between its two markers.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from facelab.measure import anthropometry  # noqa: E402  (needs the path above)
from facelab.studio.model import load_model  # noqa: E402
from facelab.studio.person import Person  # noqa: E402
from facelab.studio.shape import ANCESTRIES, is_macro  # noqa: E402
from facelab.studio.skin import skin_albedo  # noqa: E402

PATH = ROOT / "datasets" / "face_model.npz"
SHEET = ROOT / "datasets" / "DATASHEET.md"
MARKERS = "<!-- numbers: printed by datasets/describe.py -->\n", "<!-- end of numbers -->\n"
PEOPLE = 1000
# Individual typology angle of skin, in degrees: lower bounds and names (Chardon et al. 1991).
TONES = ((55, "very light"), (41, "light"), (28, "intermediate"), (10, "tan"), (-30, "brown"),
         (-180, "dark"))  # fmt: skip
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def shares(values):
    """'a 60 %, b 40 %', the most frequent first."""
    counts = Counter(values).most_common()
    return ", ".join(f"{name} {100 * n / len(values):.0f} %" for name, n in counts)


def spread(values):
    """'5th percentile / median / 95th percentile'."""
    return " / ".join(f"{v:.0f}" for v in np.percentile(values, (5, 50, 95)))


def lab(linear):
    """CIE L*, a*, b* (..., 3) under D65 of linear sRGB (..., 3)."""
    f = np.cbrt(linear @ TO_XYZ.T / TO_XYZ.sum(1))  # skin is light enough for the cube root alone
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def tone(looks):
    """Name of a person's skin tone by its individual typology angle."""
    lightness, _, yellow = lab(skin_albedo(looks.melanin, looks.blood))
    angle = np.degrees(np.arctan2(lightness - 50, yellow))
    return next(name for bound, name in TONES if angle > bound)


def gender(traits):
    """Which end of the model's one gender axis a person is near."""
    ends = ((0.2, "feminine"), (0.8, "between"), (1.1, "masculine"))
    return next(name for bound, name in ends if traits.masculinity < bound)


def ancestry(traits):
    """The ancestry target that makes up most of a person, or 'none above half'."""
    top = int(np.argmax(traits.ancestry))
    return ANCESTRIES[top] if traits.ancestry[top] > 0.5 else "none above half"


def unexplained(model, shapes):
    """Share of the variance of shapes (n,V,3) that the components leave over."""
    rest = (shapes - model.mean).reshape(len(shapes), -1)
    components = model.components.astype(np.float32)
    return np.sum((rest - rest @ components.T @ components) ** 2) / np.sum(rest**2)


def model_facts(model):
    macro = sum(is_macro(name) for name in model.names)
    uneven = sum(name.startswith("asym") for name in model.names)
    parts = Counter(model.part_names[model.triangle_parts].tolist())
    yield f"vertices {len(model.mean)}, triangles {len(model.triangles)}"
    yield "triangles by part: " + ", ".join(f"{name} {n}" for name, n in parts.most_common())
    local = len(model.names) - macro - uneven
    yield f"targets {len(model.names)}: {local} local, {macro} of traits, {uneven} of asymmetry"
    yield f"expression units {len(model.unit_names)}"
    yield f"principal components {len(model.deviations)}"


def people_facts(model, people):
    shapes = np.stack([model.shape(p.weights) for p in people])
    yield f"variance of 200 people left unexplained {100 * unexplained(model, shapes[:200]):.1f} %"
    yield from anthropometry.lines(shapes, np.array([p.traits.masculinity for p in people]))
    yield f"age {spread([p.traits.age for p in people])} years"
    yield f"gender axis: {shares([gender(p.traits) for p in people])}"
    yield f"largest ancestry target: {shares([ancestry(p.traits) for p in people])}"
    yield f"skin tone: {shares([tone(p.looks) for p in people])}"
    yield f"hair: {shares([p.looks.hair_style for p in people])}"
    yield f"beard: {shares([p.looks.beard for p in people])}"


def facts():
    """The lines of numbers, in the order of the data sheet."""
    model, people = load_model(), [Person.from_seed(seed) for seed in range(PEOPLE)]
    return [
        f"size {PATH.stat().st_size / 1e6:.1f} MB", *model_facts(model),
        f"people: seeds 0 to {PEOPLE - 1}; three numbers are the 5th, 50th and 95th percentile",
        *people_facts(model, people),
    ]  # fmt: skip


def between_markers(text):
    """The part of the data sheet that is printed, and what stands before and after it."""
    before, rest = text.split(MARKERS[0])
    inside, after = rest.split(MARKERS[1])
    return before, inside, after


def block(lines):
    return "```text\n" + "\n".join(lines) + "\n```\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the numbers into DATASHEET.md")
    write = parser.parse_args().write
    text = block(facts())
    if write:
        before, _, after = between_markers(SHEET.read_text(encoding="utf-8"))
        SHEET.write_text(before + MARKERS[0] + text + MARKERS[1] + after, encoding="utf-8")
    print(text, end="")


if __name__ == "__main__":
    main()
