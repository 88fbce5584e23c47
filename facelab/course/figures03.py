"""The figures of chapter 03: boxes, numbered points, points beside the truth, curves that fall."""

from itertools import cycle

import numpy as np
from matplotlib.patheffects import withStroke

from facelab.course.axes import key_below, lay_under, picture_under_axes
from facelab.course.figures import COLOURS, DASHES, plt
from facelab.faces import DETECTORS, POLYLINES

FOUND, TRUE = COLOURS[1], COLOURS[0]  # orange crosses against blue circles
NAMES = [*DETECTORS, "dlib's points", "truth"]  # each looks the same in all figures
LOOKS = {
    name: {"color": colour, "linestyle": dash}
    for name, colour, dash in zip(
        NAMES, COLOURS[:5] + COLOURS[-1:], DASHES[:5] + DASHES[:1], strict=True
    )
}
PLAIN = {"color": COLOURS[-1], "linestyle": DASHES[0]}  # of a box that no method here found
MARKERS = "osD^vPX"
HATCHES = ("", "//", "..", "xx")


def boxes(image, faces):
    """A figure of the picture with each face's box; its method has one entry in the key."""
    figure, axes = picture_under_axes(image, size=4.5)
    on_dark = [withStroke(linewidth=4, foreground="white")]
    named = set()
    for face in faces:
        look, name = LOOKS.get(face.method, PLAIN), face.method or "box"
        label = "_again" if name in named else name
        x, y = [face.left, face.right], [face.top, face.bottom]
        corners = [*x, *x[::-1], x[0]], [y[0], *y, y[1], y[0]]
        effects = on_dark if face.method == "truth" else None
        axes.plot(*corners, **look, lw=2, label=label, path_effects=effects)
        if face.landmarks is not None:
            axes.plot(*face.landmarks.T, "x", color=look["color"], markersize=7, label="_points")
        named.add(name)
    axes.legend(loc="lower right")
    return figure


def numbered(image, points, margin=0.25):
    """A figure of 68 points with their numbers, 0 to 67, and the nine lines that join them."""
    figure, axes = picture_under_axes(image, size=8)
    _lines(axes, points, TRUE)
    axes.plot(*points.T, "o", color=TRUE, markersize=3)
    _numbers(axes, points, range(len(points)), 8)
    _zoom(axes, points, margin)
    return figure


def beside(image, found, truth, margin=0.15):
    """A figure of found points (crosses) and true ones (circles), joined by a line each."""
    figure, axes = picture_under_axes(image, size=9)
    for f, t in zip(found, truth, strict=True):
        axes.plot(*np.stack([f, t]).T, "-", color="white", lw=1.5)
    axes.plot(*truth.T, "o", mec=TRUE, mfc="none", mew=1.8, markersize=7, label="the truth")
    axes.plot(*found.T, "x", color=FOUND, mew=1.8, markersize=6, label="found")
    axes.legend(loc="lower right")
    _zoom(axes, np.concatenate([found, truth]), margin)
    return figure


def close_ups(image, points, lines, margin=0.5):
    """Close-ups of the nose side by side: for each title its line, (indices, closed)."""
    width = 3.5 * len(lines)
    figure, row = plt.subplots(1, len(lines), figsize=(width, 3.2), squeeze=False)
    colours = cycle((FOUND, TRUE))
    for axes, (title, line), colour in zip(row[0], lines.items(), colours, strict=False):
        lay_under(axes, image)
        axes.plot(*points[_joined(*line)].T, "-o", color=colour, lw=2.5)
        axes.set_title(title)
        _numbers(axes, points, range(30, 36), 10)
        _zoom(axes, points[30:36], margin)
    return figure


def curves(x, lines, xlabel, ylabel, n, ax=None, percent=True):
    """A figure of one curve for each name in `lines`, told apart by colour, dash and marker."""
    figure, axes = plt.subplots(figsize=(6, 3.4)) if ax is None else (ax.figure, ax)
    for marker, (name, y) in zip(MARKERS, lines.items(), strict=False):
        height = 100 * np.asarray(y) if percent else y
        axes.plot(x, height, marker=marker, label=name, **LOOKS.get(name, {}))
    many = "picture" if n == 1 else "pictures"
    axes.set(xlabel=xlabel, ylabel=ylabel, title=f"n = {n} {many} at each mark")
    axes.set_ylim(bottom=0)
    if ax is None:
        axes.legend()
    return figure


def rates_and_error(x, rates, errors, xlabel, n):
    """Two panels over one cause: how many faces are found, and how wrong the points are."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2))
    curves(x, rates, xlabel, "faces found (%)", n, ax=left)
    curves(x, {"dlib's points": errors}, xlabel, "NME (% of eye distance)", n, ax=right)
    return key_below(figure, left)


def panels(x, groups, xlabel, ylabel, n):
    """Two panels or more beside each other: the curves of each group, under its name."""
    figure, both = plt.subplots(1, len(groups), figsize=(8, 3.2), sharey=True)
    for axes, (name, lines) in zip(both, groups.items(), strict=True):
        curves(x, lines, xlabel, ylabel, n, ax=axes)
        axes.set_title(f"{name}, n = {n} pictures at each mark")
    return key_below(figure, axes)


def eyes_closing(weights, true, found, people=5):
    """Two panels of eye ratios against the weight: from true points, and from found ones."""
    figure, both = plt.subplots(1, 2, figsize=(8, 3.2), sharey=True)
    for axes, ratios, name in zip(both, (true, found), ("true", "found"), strict=True):
        lines = {f"person {n}": row for n, row in enumerate(ratios[:people], 1)}
        curves(weights, lines, "weight of eyeBlink", "eye ratio", 1, ax=axes, percent=False)
        axes.set_title(f"{name} points, n = 1 picture at each mark")
        axes.set_ylim(top=1.05 * max(true.max(), found[:people].max()))
    return key_below(figure, axes)


def grouped_bars(groups, lines, ylabel, n):
    """Bars beside each other for each group: one colour and hatch for each name in `lines`."""
    figure, axes = plt.subplots(figsize=(7, 3.2))
    width = 0.8 / len(lines)
    for k, (name, values) in enumerate(lines.items()):
        at = np.arange(len(groups)) + (k - (len(lines) - 1) / 2) * width
        hatch = HATCHES[k % len(HATCHES)]
        colour = LOOKS[name]["color"] if name in LOOKS else None
        height = 100 * np.asarray(values)
        axes.bar(at, height, width, label=name, hatch=hatch, ec="white", color=colour)
    axes.set_xticks(range(len(groups)), groups)
    axes.set(ylabel=ylabel, title=f"n = {n} pictures for each bar")
    return key_below(figure, axes)


def _zoom(axes, points, margin):
    (x0, y0), (x1, y1) = points.min(0), points.max(0)
    extra = margin * max(x1 - x0, y1 - y0)
    axes.set(xlim=(x0 - extra, x1 + extra), ylim=(y1 + extra, y0 - extra))


def _lines(axes, points, colour):
    for line in POLYLINES:
        axes.plot(*points[_joined(*line)].T, "-", color=colour, lw=1)


def _joined(indices, closed):
    """The indices along a line; a closed one comes back to its first."""
    return [*indices, indices[0]] if closed else [*indices]


def _numbers(axes, points, which, size):
    paper = {"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.75}
    for n in which:
        axes.annotate(
            str(n), points[n], (3, 3), textcoords="offset points", fontsize=size, bbox=paper
        )
