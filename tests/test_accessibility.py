"""For every eye and hand: alt text, headings, colours, marks beside colours, motion, keys."""

import itertools
import json
import re

import matplotlib
import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from facelab.course import build, figures, figures03, lint, plt
from facelab.course.exercise import SIGNS, Verdict, chapter_exercises, chapters
from facelab.course.notebook import source_of

COURSE = build.Course()
NOTEBOOKS = sorted([*COURSE.solutions.glob("*.ipynb"), *COURSE.notebooks.glob("*.ipynb")])
PAGES = sorted([*build.ROOT.glob("*.md"), *build.ROOT.glob("teaching/*.md")])


def name_of(path):
    return "/".join(path.parts[-2:])


def cells_of(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def shown(path):
    """All HTML that a notebook shows: its outputs' and that in its prose."""
    for cell in cells_of(path):
        if cell["cell_type"] == "markdown":
            yield source_of(cell)
        for output in cell.get("outputs", []):
            yield "".join(output.get("data", {}).get("text/html", ""))


# Alt text


def alts_of(path):
    return [alt for markup in shown(path) for alt in lint.image_alts(markup)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_every_picture_of_a_notebook_has_alt_text(path):
    assert all(useful(alt) for alt in alts_of(path)), [a for a in alts_of(path) if not useful(a)]
    kinds = {k for c in cells_of(path) for o in c.get("outputs", []) for k in o.get("data", {})}
    assert not {kind for kind in kinds if kind.startswith("image/")}, "shown past show()"


def useful(alt):
    """Whether an alt text is a sentence about what is to be seen."""
    words = (alt or "").split()
    return len(words) >= 3 and words[0].lower() not in {"image", "picture", "photo", "figure"}


@pytest.mark.parametrize("alt", [None, "", " ", "face.png", "Image of a face", "Two faces"])
def test_alt_text_that_says_nothing_is_noticed(alt):
    assert not useful(alt)


@pytest.mark.parametrize("source", COURSE.sources(), ids=lambda source: source.stem)
def test_a_chapter_shows_pictures_and_no_two_share_their_alt_text(source):
    alts = alts_of(COURSE.solutions / f"{source.stem}.ipynb")
    assert alts and len(set(alts)) == len(alts)


def markdown_images(text):
    return re.findall(r"!\[([^\]]*)\]\(", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_picture_of_a_page_has_alt_text(path):
    text = path.read_text(encoding="utf-8")
    badges = re.findall(r"\[!\[([^\]]*)\]\(", text)  # a badge names its place in two words
    assert all(useful(alt) or alt in badges and alt for alt in markdown_images(text))


# Headings


def heading_levels(text):
    """Levels of the headings of some markdown, code left out."""
    text = re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.DOTALL | re.MULTILINE)
    return [len(marks) for marks in re.findall(r"^(#+) \S", text, flags=re.MULTILINE)]


def ordered(levels):
    """Whether there is one title, first, and no level is jumped on the way down."""
    steps = [after - before for before, after in itertools.pairwise([0, *levels])]
    return levels.count(1) == 1 and levels[0] == 1 and max(steps) <= 1


@pytest.mark.parametrize(
    "levels, fine", [([1, 2, 3, 2], True), ([1, 3], False), ([2, 1], False), ([1, 2, 1], False)]
)
def test_headings_out_of_order_are_noticed(levels, fine):
    assert ordered(levels) == fine


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_headings_of_a_notebook_are_in_order(path):
    prose = [source_of(cell) for cell in cells_of(path) if cell["cell_type"] == "markdown"]
    assert ordered(heading_levels("\n\n".join(prose)))


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_headings_of_a_page_are_in_order(path):
    assert ordered(heading_levels(path.read_text(encoding="utf-8")))


# Colours

# Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color vision
# deficiency" (2009), table of matrices for severity 1.0; they act on linear RGB.
VISION = {
    "full": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
APART = 12  # CIEDE2000; about 2 is just to be seen side by side
CONTRAST = 3  # to 1, for graphics: WCAG 2.2, success criterion 1.4.11


def linear(colours):
    """Linear RGB (N, 3) of colours as "#rrggbb"."""
    rgb = np.array([matplotlib.colors.to_rgb(colour) for colour in colours])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def seen(colours, matrix):
    """Lab (N, 3) of colours as seen through a vision matrix."""
    rgb = np.clip(linear(colours) @ np.transpose(matrix), 0, 1)
    encoded = np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * rgb ** (1 / 2.4) - 0.055)
    return rgb2lab(encoded[None])[0]


def closest(colours, matrix):
    """The least distance between two of these colours, seen through a vision matrix."""
    lab = seen(colours, matrix)
    return min(deltaE_ciede2000(a, b) for a, b in itertools.combinations(lab, 2))


def contrast(colour):
    """Contrast of a colour against white, 1 to 21 (WCAG 2.2)."""
    return 1.05 / (linear([colour])[0] @ [0.2126, 0.7152, 0.0722] + 0.05)


@pytest.mark.parametrize("matrix", VISION.values(), ids=VISION)
def test_colours_lie_apart_for_everyone(matrix):
    assert closest(figures.COLOURS, matrix) > APART


def test_colours_that_are_confused_are_noticed():
    red_and_green = ["#A05000", "#606000"]
    assert closest(red_and_green, VISION["full"]) > APART
    assert closest(red_and_green, VISION["deuteranopia"]) < APART
    assert closest(["#0072B2", "#00807F"], VISION["tritanopia"]) < APART


@pytest.mark.parametrize("colour", figures.COLOURS)
def test_colours_stand_out_on_white(colour):
    assert contrast(colour) > CONTRAST


def test_pale_colours_are_noticed():
    assert contrast("#E69F00") < CONTRAST and contrast("#000000") == pytest.approx(21)


# Nothing is told by colour alone


def test_lines_differ_by_dash_as_well():
    cycle = [*plt.rcParams["axes.prop_cycle"]]
    assert [style["color"] for style in cycle] == figures.COLOURS
    assert len({str(style["linestyle"]) for style in cycle}) == len(cycle) == 7


def test_curves_differ_by_marker_as_well():
    lines = {name: np.arange(3) for name in "abcdefg"}
    drawn = figures03.curves([1, 2, 3], lines, "x", "y", n=3).axes[0].get_lines()
    marks = {(line.get_marker(), str(line.get_linestyle())) for line in drawn}
    plt.close("all")
    assert len({marker for marker, _ in marks}) == len(marks) == 7


def test_bars_differ_by_hatch_as_well():
    lines = {name: [0.1, 0.2] for name in "abcd"}
    drawn = figures03.grouped_bars(["x", "y"], lines, "z", n=2).axes[0].containers
    plt.close("all")
    assert len({bars[0].get_hatch() for bars in drawn}) == 4


def test_found_and_true_points_differ_by_shape():
    points = np.random.default_rng(0).uniform(0, 64, (68, 2))
    picture = np.zeros((64, 64, 3), np.uint8)
    drawn = figures03.beside(picture, points, points + 1).axes[0].get_lines()
    marks = {line.get_color(): line.get_marker() for line in drawn}
    plt.close("all")
    assert marks[figures03.FOUND] != marks[figures03.TRUE]


@pytest.mark.parametrize("state", SIGNS)
def test_a_verdict_is_told_in_words(state):
    exercise = next(iter(chapter_exercises(chapters()[0]).values()))
    markup = Verdict(exercise, state, "Because.")._repr_html_()
    assert f"{exercise.number}: {state}." in markup and "color" not in markup


# Keys and motion


def test_hints_unfold_by_key():
    """<summary> is the one element that opens by mouse and by Enter without any script."""
    exercise = next(iter(chapter_exercises(chapters()[0]).values()))
    elements = lint.elements(Verdict(exercise, "not done yet", "Because.")._repr_html_())
    tags = [tag for tag, _ in elements]
    assert tags.count("summary") == tags.count("details") == 4
    assert not [attributes for _, attributes in elements if attributes]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_nothing_moves_by_itself(path):
    elements = [element for markup in shown(path) for element in lint.elements(markup)]
    assert [fault for element in elements for fault in lint.motion_faults(*element)] == []
