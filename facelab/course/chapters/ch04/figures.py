"""The figures of chapter 04: small pictures, distances by kind, curves of a threshold, faces laid
over one another."""

import cv2
import numpy as np

from facelab.course.axes import lay_under
from facelab.course.figures import COLOURS, plt

KINDS = {  # of true names: what each begins with, how it is drawn
    "target": ("the person", "o", COLOURS[0]),
    "alike": ("a look-alike", "^", COLOURS[1]),
    "stranger": ("a stranger", "s", COLOURS[5]),
}


def kind_of(name):
    """ "target", "alike" or "stranger" of a true name."""
    return name.partition(" ")[0]


def thumbnails(images, height=110, width=1200):
    """Pictures of any size on one sheet (H, W, 3), in rows, all `height` pixels high."""
    rows, free = [[]], width
    for image in images:
        small = _of_height(image, height)
        if small.shape[1] > free and rows[-1]:
            rows.append([])
            free = width
        rows[-1].append(small)
        free -= small.shape[1]
    return np.concatenate([_filled(row, width) for row in rows])


def _of_height(image, height):
    size = max(1, round(image.shape[1] * height / image.shape[0])), height
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _filled(row, width):
    """Pictures side by side, the rest of the row white."""
    strip = np.concatenate(row, axis=1)[:, :width]
    return np.pad(strip, ((0, 0), (0, width - strip.shape[1]), (0, 0)), constant_values=255)


def distances_by_kind(names, distances, marks=None):
    """A figure of all distances in one row for each kind; `marks` are thresholds with a name."""
    figure, axes = plt.subplots(figsize=(7, 2.6))
    distances = np.asarray(distances)
    rng = np.random.default_rng(0)
    for row, (kind, (label, marker, colour)) in enumerate(KINDS.items()):
        x = distances[[kind_of(name) == kind for name in names]]
        y = -row + rng.uniform(-0.25, 0.25, len(x))
        axes.plot(x, y, marker, color=colour, linestyle="none", label=f"{label} (n = {len(x)})")
    _mark(axes, marks or {})
    axes.set_yticks([0, -1, -2], [label for label, *_ in KINDS.values()])
    axes.set(xlabel="distance to the reference", ylim=(-2.6, 0.9))
    return figure


def threshold_curves(thresholds, precision, recall, marks=None, n=0):
    """A figure of precision and recall over the threshold; `marks` are thresholds with a name."""
    figure, axes = plt.subplots(figsize=(7, 3.4))
    axes.plot(thresholds, 100 * np.asarray(precision), label="precision: who came in is right")
    axes.plot(thresholds, 100 * np.asarray(recall), label="recall: who is there came in")
    _mark(axes, marks or {})
    axes.set(xlabel="threshold", ylabel="per cent", ylim=(0, 112), title=f"n = {n} faces")
    axes.legend(loc="lower right")
    return figure


def _mark(axes, marks):
    """A vertical line with its name for each threshold."""
    for place, (name, x) in enumerate(marks.items()):
        axes.axvline(x, color=COLOURS[-1], linestyle=":", lw=1.5)
        at = (x, 0.97 - 0.11 * (place % 2))
        transform = axes.get_xaxis_transform()
        axes.annotate(f" {name}", at, xycoords=transform, fontsize=8, va="top")


def laid_over(before, after, size):
    """Two panels of the points (68, 2) of many faces: as found, and in their crops."""
    figure, panels = plt.subplots(1, 2, figsize=(8, 4))
    titles = "in their pictures", f"in crops of {size} pixels"
    for axes, sets, title in zip(panels, (before, after), titles, strict=True):
        for points in sets:
            axes.plot(*points[17:].T, ".", color=COLOURS[0], markersize=3, alpha=0.5)
        axes.set(title=f"{title} (n = {len(sets)})", xlabel="pixels", aspect="equal")
        axes.invert_yaxis()
    panels[1].set(xlim=(0, size), ylim=(size, 0))
    return figure


def framed(image, boxes):
    """A figure of a crop with boxes (left, top, right, bottom), each under its name."""
    figure, axes = plt.subplots(figsize=(4, 4))
    lay_under(axes, image)
    for (name, (x0, y0, x1, y1)), colour, dash in zip(
        boxes.items(), COLOURS, ("-", "--", "-."), strict=False
    ):
        corners = [x0, x1, x1, x0, x0], [y0, y0, y1, y1, y0]
        axes.plot(*corners, color="white", lw=4)
        axes.plot(*corners, color=colour, linestyle=dash, lw=2, label=name)
    axes.legend(loc="lower right")
    return figure


def curves(x, lines, xlabel, ylabel, title):
    """A figure of one curve for each name in `lines`, told apart by colour, dash and marker."""
    figure, axes = plt.subplots(figsize=(6, 3.2))
    for marker, (name, y) in zip("os^Dv", lines.items(), strict=False):
        axes.plot(x, y, marker=marker, label=name)
    axes.set(xlabel=xlabel, ylabel=ylabel, title=title)
    axes.set_ylim(bottom=0)
    axes.legend()
    return figure


def likeness(shares, distances, threshold):
    """Distances (people, scenes) of people who lie a share of the way to somebody else."""
    figure, axes = plt.subplots(figsize=(6, 3.2))
    axes.plot(shares, np.mean(distances, axis=1), marker="o", label="mean")
    low, high = np.min(distances, axis=1), np.max(distances, axis=1)
    axes.fill_between(shares, low, high, alpha=0.2, label="least to greatest")
    axes.axhline(threshold, color=COLOURS[-1], linestyle=":", label=f"threshold {threshold:.2f}")
    n = np.shape(distances)[1]
    axes.set(xlabel="share of somebody else", ylabel="distance", title=f"n = {n} scenes a mark")
    axes.set_ylim(bottom=0)
    axes.legend()
    return figure
