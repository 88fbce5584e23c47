"""The figures of chapter 02: meshes, buffers as pictures, curves of error, points being fitted."""

import numpy as np

from facelab.course.figures import COLOURS, plt
from facelab.faces import POLYLINES

GIVEN, FITTED = COLOURS[0], COLOURS[1]


def mesh_views(vertices, triangles, near=(0, -38, 24)):
    """Two panels: the dots of a front view, and the triangles near a place (x, y, reach in mm)."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3.5))
    x, y, z = vertices.T
    left.plot(x[z > -60], y[z > -60], ".", color=COLOURS[0], markersize=1.2)
    left.set(title="vertices in front", xlim=(-110, 110), ylim=(-130, 110))
    middle = vertices[triangles].mean(1)
    here = (np.abs(middle[:, :2] - near[:2]).max(1) < near[2]) & (middle[:, 2] > 0)
    right.triplot(x, y, triangles[here], color=COLOURS[0], linestyle="-", lw=0.6)
    right.set(title="triangles of the nose")
    for axes in (left, right):
        axes.set(xlabel="x (mm)", ylabel="y (mm)")
        axes.set_aspect("equal")
        axes.grid(False)
    return figure


def curve(x, lines, xlabel, ylabel, log=(False, False), level=None, title=None):
    """Curves with marks, named in a key when there are several; `level` is a thin line across."""
    figure, axes = plt.subplots(figsize=(6, 3.2))
    for marker, (name, y) in zip("osD^v", lines.items(), strict=False):
        axes.plot(x, y, marker=marker, label=name)
    axes.set(xlabel=xlabel, ylabel=ylabel, title=title)
    axes.set_xscale("log" if log[0] else "linear")
    axes.set_yscale("log" if log[1] else "linear")
    if level is not None:
        axes.axhline(level, color="black", lw=1, ls=":")
    if len(lines) > 1:
        axes.legend()
    return figure


def scaled(values, low, high, name="cividis"):
    """Numbers (H, W) as a picture (H, W, 3) uint8: `low` dark, `high` bright, unknown black."""
    level = np.clip((np.nan_to_num(values, posinf=high) - low) / (high - low), 0, 1)
    picture = (255 * plt.get_cmap(name)(level)[..., :3]).astype(np.uint8)
    return np.where(np.isfinite(values)[..., None], picture, 0).astype(np.uint8)


def numbered_parts(parts):
    """Part numbers (H, W) as a picture in which neighbours differ in brightness too."""
    order = (np.arange(17) * 7) % 17  # spread neighbouring numbers over the scale
    return np.where(parts[..., None] > 0, scaled(order[parts] + 2, 0, 19, "viridis"), 0).astype(
        np.uint8
    )


def coloured_normals(normals):
    """Unit vectors (H, W, 3) as colours: red for right, green for up, blue for towards you."""
    return (255 * np.clip(0.5 + 0.5 * normals, 0, 1) * normals.any(-1, keepdims=True)).astype(
        np.uint8
    )


def painted(image, points, visible=None, radius=2):
    """A copy of a picture with a square on each point: orange, or white where it is hidden."""
    picture = image.copy()
    visible = np.ones(len(points), bool) if visible is None else visible
    for (x, y), seen in zip(points, visible, strict=True):
        colour = (255, 140, 40) if seen else (255, 255, 255)
        top, left = max(int(y) - radius + 1, 0), max(int(x) - radius + 1, 0)
        picture[top : int(y) + radius, left : int(x) + radius] = colour
    return picture


def truths(frame, other):
    """Every truth of a frame as ``(pictures, titles)``; flow and visibility lead to `other`."""
    flow, in_view = frame.flow_to(other)
    near, far = np.percentile(frame.depth[np.isfinite(frame.depth)], [1, 99])
    moved = np.where(frame.surface >= 0, np.linalg.norm(flow, axis=-1), np.nan)
    corners = np.dstack([frame.place, 1 - frame.place.sum(-1)]) * (frame.surface >= 0)[..., None]
    made = {
        "image": frame.image,
        "parts (17)": numbered_parts(frame.parts),
        "mask: inner face": scaled(frame.mask, 0, 1, "gray"),
        "head_mask": scaled(frame.head_mask, 0, 1, "gray"),
        "occluder_mask": scaled(frame.occluder_mask, 0, 1, "gray"),
        "depth: near is bright": scaled(frame.depth, far, near),
        "normals": coloured_normals(frame.normals),
        "surface: which triangle": scaled(
            np.where(frame.surface < 0, np.nan, frame.surface), 0, 3e4
        ),
        "place: where on it": (255 * np.clip(corners, 0, 1)).astype(np.uint8),
        "landmarks, hidden white": painted(frame.image, frame.landmarks, frame.visible),
        "jaw_3d and points5": painted(frame.image, np.vstack([frame.jaw_3d, frame.points5])),
        "the next frame": other.image,
        "flow: bright moves far": scaled(moved, 0, np.nanmax(moved)),
        "still in view there": scaled(in_view.astype(float), 0, 1, "gray"),
    }
    return [*made.values()], [*made]


def steps_of_fit(given, steps, size, titles):
    """One panel for each step: the given points as circles, the fitted face as a drawing."""
    figure, panels = plt.subplots(1, len(steps), figsize=(2.6 * len(steps), 2.9))
    for axes, points, title in zip(panels, steps, titles, strict=True):
        axes.plot(*given.T, "o", mec=GIVEN, mfc="none", markersize=4)
        for indices, closed in POLYLINES[1:]:
            line = [*indices, indices[0]] if closed else [*indices]
            axes.plot(*points[np.array(line) - 17].T, "-", color=FITTED, lw=1.5)
        low, high = given.min(0) - 0.12 * size, given.max(0) + 0.12 * size
        axes.set(title=title, xlim=(low[0], high[0]), ylim=(high[1], low[1]))
        axes.set_aspect("equal")
        axes.axis("off")
    return figure


def true_and_found(true, found, names):
    """One panel for each column of two tables (n, k): found against true, with the diagonal."""
    figure, panels = plt.subplots(1, len(names), figsize=(2.6 * len(names), 2.9), sharey=True)
    for axes, t, f, name in zip(panels, true.T, found.T, names, strict=True):
        reach = 1.05 * max(np.abs(t).max(), np.abs(f).max())
        axes.plot([-reach, reach], [-reach, reach], "-", color="black", lw=0.8)
        axes.plot(t, f, "o", color=COLOURS[0], markersize=4)
        axes.set(title=f"{name}\nr = {np.corrcoef(t, f)[0, 1]:.2f}", xlabel="true (sd)")
    panels[0].set_ylabel("found (sd)")
    return figure
