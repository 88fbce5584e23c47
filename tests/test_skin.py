"""Skin, eyes and wrinkles as textures: same bytes everywhere, human tones, age that shows."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from facelab.studio import Person, load_model, openness, texels
from facelab.studio.body import body_of, normals_of
from facelab.studio.raster import rasterise
from facelab.studio.skin import HEIGHT, WIDTH, bake, bake_iris, blend, pyramid, retoned, skin_albedo
from facelab.studio.texels import atlas, coarse_atlas, dots, noise, texel_size
from facelab.studio.wrinkles import WRINKLES, full_wrinkles, wrinkle_depths, wrinkles

ROOT = Path(__file__).resolve().parents[1]


@cache
def baked(seed, **changes):
    return bake(*described(seed, **changes))


def described(seed, **changes):
    person = Person.from_seed(seed)
    traits = {k: v for k, v in changes.items() if k == "age"}
    looks = {k: v for k, v in changes.items() if k != "age"}
    return replace(person.looks, **looks), replace(person.traits, **traits)


def albedo(textures):
    return (textures.colour[:HEIGHT, :, :3] / 255.0) ** 2


def face():
    a = atlas()
    return (np.abs(a["x"]) < 55) & (np.abs(a["y"] + 30) < 60) & (a["z"] > -20)


def digest(textures):
    parts = (textures.colour, textures.bump, textures.iris)
    return hashlib.sha256(b"".join(p.tobytes() for p in parts)).hexdigest()


def roughness(textures):
    """Mean slope of the skin of the face, lips and lids left out."""
    plain = face() & (atlas()["lips"] < 0.01) & (atlas()["eyelids"] < 0.01)
    return np.abs(textures.bump[:HEIGHT, :, :2][plain].astype(float)).mean() / 127


def test_textures_have_the_documented_shapes():
    textures = baked(3)
    high = HEIGHT * 3 // 2
    assert (textures.colour.shape, textures.colour.dtype) == ((high, WIDTH, 4), np.uint8)
    assert (textures.bump.shape, textures.bump.dtype) == ((high, WIDTH, 4), np.int8)
    assert (textures.iris.shape, textures.iris.dtype) == ((64, 64, 3), np.uint8)


@pytest.mark.slow
def test_same_person_same_bytes_in_another_process():
    code = (
        "import sys; sys.path[:0] = ['.', 'tests']\n"
        "import test_skin; print(test_skin.digest(test_skin.baked(5)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip().splitlines()[-1] == digest(baked(5))


def test_other_detail_other_bytes():
    assert digest(baked(5)) != digest(baked(5, detail=6))


@pytest.mark.parametrize("melanin", [0.06, 0.5, 1.2, 2.1])
@pytest.mark.parametrize("blood", [0.25, 0.8])
def test_albedo_of_skin_and_iris_is_physical(melanin, blood):
    textures = bake(*described(4, melanin=melanin, blood=blood))
    skin, iris = albedo(textures), (textures.iris / 255.0) ** 2
    assert skin.min() > 0.01 and skin.max() < 0.95
    assert iris.min() > 0.003 and iris.max() < 0.6


def test_more_melanin_is_darker_in_every_channel():
    tones = [albedo(bake(*described(2, melanin=m)))[face()].mean(0) for m in (0.1, 0.5, 1.0, 2.0)]
    assert np.all(np.diff(tones, axis=0) < 0)


def test_skin_reflects_red_most_and_blue_least():
    tones = skin_albedo(np.linspace(0.06, 2.1, 9)[:, None], np.linspace(0.25, 0.8, 4)[None])
    assert tones.shape == (9, 4, 3)
    assert np.all(tones[..., 0] > tones[..., 1]) and np.all(tones[..., 1] > tones[..., 2])


def test_blood_reddens():
    pale, flushed = skin_albedo(0.3, 0.2), skin_albedo(0.3, 0.8)
    assert flushed[0] / flushed[1] > 1.15 * pale[0] / pale[1]


def test_lips_are_redder_than_cheeks():
    colour, a = albedo(baked(7)), atlas()
    cheek = colour[(np.abs(np.abs(a["x"]) - 36) < 6) & (np.abs(a["y"] + 30) < 6) & (a["z"] > 0)]
    lips = colour[a["lips"] > 0.95]
    assert (lips[:, 0] / lips[:, 1]).mean() > 1.1 * (cheek[:, 0] / cheek[:, 1]).mean()
    assert lips.mean() < cheek.mean()


def test_old_skin_has_more_relief_than_young():
    for seed in (1, 4, 9):
        young, old = (roughness(bake(*described(seed, age=age))) for age in (22.0, 78.0))
        assert old > 1.25 * young


def test_wrinkles_deepen_with_age_and_are_grooves():
    energy = [np.abs(wrinkles(age, np.random.default_rng(1))[0]).sum() for age in (20, 40, 60, 80)]
    assert np.all(np.diff(energy) > 0)
    for name, layer in full_wrinkles().items():
        assert layer.min() < -0.05, name
        assert -layer.min() > 2.5 * layer.max(), name


def test_every_group_of_wrinkles_grows_within_bounds():
    ages = [wrinkle_depths(age, np.random.default_rng(2)) for age in (18, 50, 85)]
    for name in WRINKLES:
        first, middle, last = (depths[name] for depths in ages)
        assert 0 <= first <= middle <= last <= 1.25 and last > first


def test_crows_feet_lie_beside_the_eyes():
    from facelab.studio.texels import FACE

    layer = full_wrinkles()["crow"]
    x, y = (atlas()[k][FACE][layer < -0.1] for k in "xy")
    assert np.abs(x).min() > 38 and np.abs(x).max() < 70 and y.min() > -28 and y.max() < 20
    assert (x > 0).any() and (x < 0).any()


def test_wrinkles_darken_the_skin():
    colour = albedo(bake(*described(4, age=80.0, freckles=0.0, moles=0.0)))
    looks, traits = described(4, age=80.0)
    folds, _ = wrinkles(traits.age, np.random.default_rng(looks.detail))
    a = atlas()
    forehead = (np.abs(a["y"] - 45) < 15) & (np.abs(a["x"]) < 40) & (a["z"] > 0)
    creased, smooth = forehead & (folds < -0.15), forehead & (np.abs(folds) < 0.02)
    assert creased.any() and colour[creased].mean() < 0.96 * colour[smooth].mean()


def test_freckles_and_moles_show():
    plain = albedo(bake(*described(6, freckles=0.0, moles=0.0, melanin=0.2)))
    dotted = albedo(bake(*described(6, freckles=1.0, moles=1.0, melanin=0.2)))
    nose = face() & (np.abs(atlas()["y"] + 25) < 15) & (np.abs(atlas()["x"]) < 35)
    assert np.percentile(dotted[nose], 2) < 0.97 * np.percentile(plain[nose], 2)


def test_dots_have_the_asked_radii():
    everywhere = (coarse_atlas()["z"] > 0).astype(np.float32)
    wide, high = texel_size()
    areas = []
    for radius in (1.0, 2.0):
        layer = dots(np.random.default_rng(3), everywhere, 40, radius, radius)
        assert 0 < layer.max() <= 1
        areas.append(((layer > 0.3) * wide * high).sum())
    assert 2.5 < areas[1] / areas[0] < 5.5


def test_no_dots_where_there_are_none_asked():
    assert not dots(np.random.default_rng(0), np.ones_like(coarse_atlas()["x"]), 0, 1, 2).any()


@pytest.mark.parametrize("size, octaves", [(2, 1), (6, 3), (40, 2)])
def test_noise_is_standardised_and_as_fine_as_asked(size, octaves):
    field = noise(np.random.default_rng(1), size, octaves)
    assert field.shape == (HEIGHT, WIDTH) and field.dtype == np.float32
    assert abs(field.mean()) < 0.01 and abs(field.std() - 1) < 0.01


def test_coarse_noise_changes_slower_than_fine():
    fine, coarse = (noise(np.random.default_rng(1), size) for size in (3, 30))
    assert np.abs(np.diff(fine, axis=1)).mean() > 4 * np.abs(np.diff(coarse, axis=1)).mean()


def test_noise_is_not_stretched_under_the_chin():
    field, a = noise(np.random.default_rng(2), 3), atlas()
    wide, high = texel_size()
    for region in (face(), (a["y"] < -100) & (a["y"] > -112) & (np.abs(a["x"]) < 15)):
        steps = np.abs(np.diff(field, axis=0))[region[:-1]] / high[:-1][region[:-1]]
        assert 0.15 < steps.mean() < 1.2


def test_pyramid_halves():
    picture = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 4)).astype(np.uint8)
    packed = pyramid(picture)
    np.testing.assert_array_equal(packed[:HEIGHT], picture)
    blocks = picture.reshape(HEIGHT // 2, 2, WIDTH // 2, 2, 4).mean((1, 3))
    assert np.abs(packed[HEIGHT:, : WIDTH // 2] - blocks).max() <= 0.5
    quarter = packed[HEIGHT : HEIGHT + HEIGHT // 4, WIDTH // 2 : 3 * WIDTH // 4]
    blocks = picture.reshape(HEIGHT // 4, 4, WIDTH // 4, 4, 4).mean((1, 3))
    assert np.abs(quarter - blocks).max() <= 1


def test_pyramid_keeps_signs():
    slopes = np.full((HEIGHT, WIDTH, 2), -100, np.int8)
    packed = pyramid(slopes)
    assert (packed[HEIGHT:, : WIDTH // 2] == -100).all()


def test_blend_keeps_own_bytes_where_the_share_is_nought():
    own, worn = baked(1), baked(2)
    nothing, all_ = np.zeros((HEIGHT, WIDTH), np.float32), np.ones((HEIGHT, WIDTH), np.float32)
    kept, taken = blend(own, worn, nothing), blend(own, worn, all_)
    np.testing.assert_array_equal(kept.colour, own.colour)
    np.testing.assert_array_equal(kept.bump, own.bump)
    np.testing.assert_array_equal(taken.colour, worn.colour)
    np.testing.assert_array_equal(taken.bump, worn.bump)
    np.testing.assert_array_equal(kept.iris, worn.iris)


def test_blend_changes_only_what_the_share_covers():
    share = np.zeros((HEIGHT, WIDTH), np.float32)
    share[200:300, 400:600] = 0.5
    own, mixed = baked(1), blend(baked(1), baked(2), share)
    outside = share == 0
    np.testing.assert_array_equal(mixed.colour[:HEIGHT][outside], own.colour[:HEIGHT][outside])
    assert (mixed.colour[:HEIGHT][~outside] != own.colour[:HEIGHT][~outside]).any()


def test_retoned_to_oneself_changes_no_byte():
    looks, _ = described(2)
    same = retoned(baked(2), looks, looks)
    np.testing.assert_array_equal(same.texels, baked(2).texels)
    assert same.iris is baked(2).iris


def test_retoned_skin_has_the_other_tone():
    light, dark = described(2, melanin=0.3)[0], described(2, melanin=1.5)[0]
    toned = albedo(retoned(baked(2, melanin=0.3), light, dark))[face()].mean(0)
    wanted = albedo(baked(2, melanin=1.5))[face()].mean(0)
    np.testing.assert_allclose(toned, wanted, rtol=0.25)


def iris_colour(melanin, green):
    looks = replace(Person.from_seed(0).looks, eye_melanin=melanin, eye_green=green)
    iris = bake_iris(looks, np.random.default_rng(4))
    return ((iris[16:30] / 255.0) ** 2).mean((0, 1))


def test_eye_colours_come_from_two_pigments():
    blue, green, brown = iris_colour(0.0, 0.4), iris_colour(0.0, 1.0), iris_colour(1.0, 0.5)
    assert blue[2] > blue[1] > blue[0]
    assert green[1] > green[0] and green[1] > green[2]
    assert brown[0] > brown[1] > brown[2] and brown.sum() < 0.5 * blue.sum()


def test_the_white_of_the_eye_is_never_white_and_yellows_with_age():
    looks = Person.from_seed(0).looks
    young, old = (bake_iris(looks, np.random.default_rng(4), age)[56:] / 255.0 for age in (20, 80))
    assert (young**2).max() < 0.6
    assert (old[..., 2] / old[..., 0]).mean() < (young[..., 2] / young[..., 0]).mean()


@pytest.mark.parametrize("reach", [256.0, 190.0])
def test_noise_is_laid_as_opencv_would(reach):
    """``wrapped`` against ``cv2.remap`` from the three sides, mirrored beyond the tile."""
    tile = np.random.default_rng(3).random((512, 512), np.float32)
    scale, expected = np.float32(512 / reach), 0
    at = {k: texels.atlas()[k] * scale + np.float32(256) for k in "xyz"}
    at |= {k: at[k] + np.float32(75) * scale for k in "yz"}
    for share, (p, q) in zip(texels._facing(1), ("yz", "xz", "xy"), strict=True):
        places = cv2.convertMaps(at[p], at[q], cv2.CV_16SC2)
        side = cv2.remap(tile, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        expected = expected + share * side
    # a place may round to the 32nd of a sample beside it
    away = np.abs(texels.wrapped(tile, reach=reach) - expected)
    assert away.max() < 0.1 and (away > 1e-5).mean() < 0.01


def test_openness_is_that_of_whole_depth_maps():
    """``openness_of`` against the rasteriser that draws pictures."""
    neutral = body_of(Person.from_seed(3)).neutral
    normals, triangles = normals_of(neutral), load_model().triangles
    seen, whole = np.zeros((2, len(neutral)))
    for side, up, ahead in openness._views():
        local = (neutral - openness.CENTRE) @ np.stack([side, up, ahead], 1)
        points = local[:, :2] * np.float32(144 / 500) + np.float32(72)
        depth, ids = np.full((144, 144), -1e9, np.float32), np.empty((144, 144), np.int32)
        drop, high = np.zeros(len(triangles), np.uint8), np.ascontiguousarray(local[:, 2])
        rasterise(points, high, triangles, drop, depth, ids, 0, 0, 144)
        x, y = np.clip(points.T.astype(int), 0, 143)
        cosine = np.maximum(normals @ ahead, 0)
        seen += cosine * (depth[y, x] < high + 5)
        whole += cosine
    away = np.abs(openness.openness_of(neutral, normals) - seen / (whole + 1e-6))
    assert away.max() < 0.05 and (away > 0.001).mean() < 0.01
