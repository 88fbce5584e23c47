"""The figures of chapter 01: modes as scenes, triangles, the five ideas, scores as intervals."""

from dataclasses import replace

import numpy as np
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.ticker import PercentFormatter

from facelab.course.axes import key_below, lay_under, picture_under_axes
from facelab.course.figures import COLOURS, plt
from facelab.faces import draw_landmarks
from facelab.studio import load_model
from facelab.studio.shape import is_macro, macro_weight

BLUE, ORANGE, CRIMSON = COLOURS[0], COLOURS[1], COLOURS[3]
MOUTH = ("mouth", "jaw", "tongue")

# The modes


def with_mouth_of(target, source):
    """The target's scene, where mouth and jaw do what they do in the source's."""
    brows_and_eyes = {u: w for u, w in target.expression.items() if not u.startswith(MOUTH)}
    lips = {u: w for u, w in source.expression.items() if u.startswith(MOUTH)}
    return target.with_(expression=brows_and_eyes | lips)


def true_answer(mode, a, b, target, source):
    """Who must be rendered in which scene to have a mode's true answer.

    Parameters
    ----------
    mode : "transfer", "swap", "gaze", "mouth", "expression" or "pose"
    a, b : Person, of the target and of the source
    target, source : Scene of each

    Returns
    -------
    (Person, Scene)

    Raises
    ------
    ValueError
        An unknown mode; the message lists those there are.
    """
    worn = a.with_face_of(b, tone="a")
    answers = {
        "transfer": (worn, target.with_(expression=source.expression, gaze=source.gaze)),
        "swap": (worn, target),
        "gaze": (a, target.with_(gaze=source.gaze)),
        "mouth": (a, with_mouth_of(target, source)),
        "expression": (a, target.with_(expression=source.expression)),
        "pose": (a, target.with_(yaw=source.yaw, pitch=source.pitch, roll=source.roll)),
    }
    if mode not in answers:
        raise ValueError(f"Unknown mode {mode!r}: choose one of {', '.join(answers)}.")
    return answers[mode]


def aged(person, years):
    """The same person at another age (25 to 85): shape, wrinkles and grey hair follow the trait."""
    traits = replace(person.traits, age=float(years))
    names = load_model().names
    weights = tuple(
        weight + macro_weight(name, traits) - macro_weight(name, person.traits)
        if is_macro(name)
        else weight
        for name, weight in zip(names, person.weights, strict=True)
    )
    usual, older = np.clip((years - 50) / 25, 0, 1), years > person.traits.age
    grey = float((max if older else min)(usual, person.looks.grey))
    return replace(person, traits=traits, weights=weights, looks=replace(person.looks, grey=grey))


# The first swap


def mesh_on(image, points, triangles, points_too=None):
    """A figure of a picture under its triangles; some points may be set apart as rings."""
    figure, axes = picture_under_axes(image, 2.9)
    axes.triplot(*points.T, triangles, "-", color="white", lw=1.6)
    axes.triplot(*points.T, triangles, "-", color=BLUE, lw=0.8)
    axes.plot(*points.T, ".", color=BLUE, markersize=5)
    if points_too is not None:
        axes.plot(*points_too.T, "o", mec=CRIMSON, mfc="none", mew=1.8, markersize=8)
    _zoom(axes, points, 0.15)
    return figure


def same_place(pictures, corners, places, names):
    """Two close-ups side by side: one triangle, and the same place in it, in two pictures."""
    figure, both = plt.subplots(1, 2, figsize=(4.2, 2.35))
    for axes, image, three, place, name in zip(both, pictures, corners, places, names, strict=True):
        lay_under(axes, image)
        axes.fill(*three.T, fill=False, ec=BLUE, lw=2)
        for number, corner in enumerate(three):
            axes.annotate(str(number), corner, fontsize=13, bbox=_PAPER)
        axes.plot(*place, "X", color=ORANGE, mec="black", markersize=11)
        axes.set_title(name)
        _zoom(axes, three, 0.6)
    return figure


def error_map(pictures, truth, mask, names, brightest=80):
    """Absolute error of each picture against the truth where the face is, on one scale."""
    rows, columns = (slice(n.min() - 8, n.max() + 8) for n in np.nonzero(mask > 0))
    figure, row = plt.subplots(1, len(pictures), figsize=(2.2 * len(pictures) + 0.8, 2.7))
    for axes, image, name in zip(row, pictures, names, strict=True):
        error = np.abs(image.astype(float) - truth).mean(-1)
        drawn = axes.imshow(error[rows, columns], vmin=0, vmax=brightest, interpolation="nearest")
        axes.set_title(f"{name}: {np.average(error, weights=mask):.1f} levels", fontsize=10)
        axes.axis("off")
    figure.colorbar(drawn, ax=row, label="error (grey levels)", shrink=0.85)
    return figure


# The map of the course

FIRST, LAST = 2.65, 7.95  # left edges of the first and the last station of each road


def five_ideas(a, b, truth, puppet, arrows):
    """A figure of the five ideas of the field, each as a road from what it takes to what it gives.

    Parameters
    ----------
    a, b : Frame of the target and of the source
    truth : Frame, identity from B, everything else from A
    puppet : Frame of B as A moves
    arrows : (H,W,2) flow from B's picture to the puppet's, pixels
    """
    drawing = draw_landmarks(np.zeros_like(a.image), a.landmarks, (255, 255, 255), 2)
    mask = np.uint8(255 * truth.mask)
    roads = [
        ("One shared encoder,\na decoder per person", "chapters 05, 07",
         [a.image, "encoder\nof everyone", "decoder\nof B", truth.image]),
        ("A drawn pose\nbecomes a picture", "chapters 09, 10",
         [drawing, "network that\npaints B", None, puppet.image]),
        ("An identity vector\nin the target's features", "chapter 11",
         [a.image, "features\nof A", "shifted by\nB's numbers", truth.image]),
        ("Warp the source\ninstead of painting", "chapters 01, 08, 10",
         [b.image, (b.image, arrows), "move\nits pixels", puppet.image]),
        ("Paint colour\nand mask apart", "chapters 07, 10",
         [a.image, mask, "a C + (1 - a) I", truth.image]),
    ]  # fmt: skip
    figure, axes = plt.subplots(figsize=(9.6, 9.6))
    axes.set(xlim=(0, 9.6), ylim=(9.6, 0), aspect="equal")
    axes.axis("off")
    for row, (idea, chapters, stations) in enumerate(roads):
        _road(axes, 1.95 * row, row + 1, idea, chapters, stations)
    return figure


def _road(axes, top, number, idea, chapters, stations):
    """One row of the map: the idea's name on the left, then its stations, joined by arrows."""
    middle = top + 0.92
    axes.text(0, middle - 0.15, f"{number}  {idea}", va="center", fontsize=11, weight="bold")
    axes.text(0, middle + 0.35, chapters, va="center", fontsize=10)
    lefts = [FIRST, 4.65, 6.3, LAST]
    stops = [(left, s) for left, s in zip(lefts, stations, strict=True) if s is not None]
    for left, station in stops:
        _station(axes, left, top + 0.12, station)
    for (one, _), (other, _) in zip(stops, stops[1:], strict=False):
        ends = (one + (1.6 if one == lefts[0] else 1.3), middle), (other, middle)
        axes.add_patch(FancyArrowPatch(*ends, arrowstyle="-|>", mutation_scale=14, color="black"))


def _station(axes, left, top, station):
    """A picture, a picture under arrows, or a box with words."""
    if isinstance(station, str):
        box = FancyBboxPatch((left + 0.05, top + 0.45), 1.15, 0.7, "round,pad=0.05", fc="#eef3f8")
        axes.add_patch(box)
        axes.text(left + 0.63, top + 0.8, station, ha="center", va="center", fontsize=9)
        return
    image, arrows = station if isinstance(station, tuple) else (station, None)
    side = 1.6 if left in (FIRST, LAST) else 1.3
    edge = top + (1.6 - side) / 2
    extent = (left, left + side, edge + side, edge)
    axes.imshow(image, extent=extent, cmap="gray", zorder=2, interpolation="bilinear")
    if arrows is not None:
        _arrows(axes, arrows, left, edge, side)


def _arrows(axes, flow, left, top, side, step=26):
    """Every ``step``-th vector of a flow, over a picture drawn with this side."""
    height = flow.shape[0]
    y, x = np.mgrid[step // 2 : height : step, step // 2 : height : step]
    along = flow[y, x] * side / height
    moved = np.hypot(*np.moveaxis(along, -1, 0)) > 0.02
    at = left + x[moved] * side / height, top + y[moved] * side / height
    axes.quiver(*at, *along[moved].T, angles="xy", scale_units="xy", scale=1, color=ORANGE,
                width=0.0025, headwidth=4, headlength=4, headaxislength=4, zorder=3)  # fmt: skip


# Scores


def against_humans(rows):
    """A figure of shares right with their intervals: name -> (share, low, high)."""
    figure, axes = plt.subplots(figsize=(7, 0.55 * len(rows) + 1.1))
    for place, (share, low, high) in enumerate(rows.values()):
        marker = "osD^v"[place % 5]
        axes.plot([low, high], [place, place], "-", color=COLOURS[place % 7], lw=3)
        axes.plot(share, place, marker, color=COLOURS[place % 7], markersize=9)
        axes.text(high + 0.015, place, f"{share:.1%}", va="center")
    axes.axvline(0.5, color="black", ls=":", lw=1.5)
    axes.text(0.51, len(rows) - 0.4, "a coin", ha="left", va="bottom")
    axes.set_yticks(range(len(rows)), list(rows))
    axes.set(xlim=(0.2, 1.1), ylim=(-0.5, len(rows)), xlabel="right, with 95 % interval")
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.grid(axis="y", visible=False)
    return figure


def falling(x, lines, xlabel, n=1):
    """Two panels over one cause: PSNR and alpha, name -> (psnr, alpha) for each curve."""
    figure, both = plt.subplots(1, 2, figsize=(8, 3.2))
    for k, (axes, ylabel) in enumerate(zip(both, ("PSNR (dB)", "alpha"), strict=True)):
        for marker, (name, values) in zip("osD^", lines.items(), strict=False):
            axes.plot(x, values[k], marker=marker, label=name)
        axes.set(xlabel=xlabel, ylabel=ylabel, title=f"n = {n} at each mark")
    return key_below(figure, axes)


# Pictures under axes

_PAPER = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.8}


def _zoom(axes, points, margin):
    (x0, y0), (x1, y1) = points.min(0), points.max(0)
    extra = margin * max(x1 - x0, y1 - y0)
    side = max(x1 - x0, y1 - y0) / 2 + extra
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    axes.set(xlim=(x - side, x + side), ylim=(y + side, y - side))
