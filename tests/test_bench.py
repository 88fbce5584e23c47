"""The benchmark prints what it promises, as a table and as one JSON object."""

import json

import pytest

from facelab.measure import bench, bench_crops

NAMES = {"fps_256", "fps_512", "peak_mb", "cold_start_s", "warm_start_s", "stages"}


@pytest.fixture
def short(monkeypatch):
    """The same measurements on fewer frames and starts."""
    monkeypatch.setattr(bench, "BATCHES", {256: (2, 4), 512: (2, 2)})
    monkeypatch.setattr(bench, "WARM_STARTS", 1)
    monkeypatch.setattr(bench, "PEOPLE", 2)
    fresh = bench.fresh  # with the compiled studio that there is: test_compiling compiles it anew
    monkeypatch.setattr(bench, "fresh", lambda code, **environment: fresh(code))


@pytest.mark.slow
def test_one_json_object_on_standard_output(short, capsys):
    assert bench.main(["studio", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert set(figures) >= NAMES
    assert figures["fps_256"] > 0 and figures["fps_512"] > 0
    assert figures["cold_start_s"] > 0 and figures["warm_start_s"] > 0
    assert 50 < figures["peak_mb"] < 2000
    for size, stages in figures["stages"].items():
        assert sum(stages.values()) == pytest.approx(1000 / figures[f"fps_{size}"], rel=0.5)


@pytest.mark.slow
def test_crops_are_measured_beside_the_route_that_they_replace(monkeypatch, capsys):
    for name, few in (("BATCHES", 1), ("BATCH", 4), ("STARTS", 1), ("NEWCOMERS", 2), ("MEMORY", 4)):
        monkeypatch.setattr(bench_crops, name, few)
    assert bench.main(["studio", "--crops", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert set(figures) == {*bench_crops.counts(), "n", "cores"}
    for size in (64, 128):
        quotient = figures[f"crops_s_{size}"] / figures[f"render_s_{size}"]
        assert figures[f"render_ratio_{size}"] == pytest.approx(quotient, rel=0.05)
        then, ratio = figures[f"before_s_{size}"], figures[f"crops_ratio_{size}"]
        assert (then is None and ratio is None) or (then > 0 and ratio > 0)
    assert figures["crops_s_128"] > figures["pairs_s_128"] > 0 and 50 < figures["peak_mb"] < 2000


def test_without_the_history_there_is_no_figure_for_it(monkeypatch, tmp_path):
    assert bench_crops.exported("0" * 40, tmp_path) is None
    monkeypatch.setattr(bench_crops, "exported", lambda *_: None)
    monkeypatch.setattr(bench_crops, "fresh", lambda *_: 0.25)
    figures = bench_crops.newcomers()
    assert figures == {"people_s": 4.0, "people_ratio": None}
    ratios = bench_crops.ratios()
    names = {f"{what}_{size}" for what in ("before_s", "crops_ratio") for size in (64, 128)}
    assert ratios == dict.fromkeys(names)
    shown = dict.fromkeys(bench_crops.counts(), 7.25) | figures
    text = bench_crops.table(shown | {"n": bench_crops.counts(), "cores": 2})
    assert "not known" in text and "7.25" in text and "4.0" in text


@pytest.mark.slow
def test_a_process_that_fails_says_why():
    with pytest.raises(RuntimeError, match="nothing to see"):
        bench.fresh("raise SystemExit('nothing to see')")


def test_memory_counts_what_was_held_and_let_go():
    before = bench.peak_memory()
    held = bytearray(120_000_000)
    held[::4096] = b"x" * len(held[::4096])
    del held
    assert bench.peak_memory() > before + 60 or before > 400


def test_the_table_shows_every_figure_with_its_number_of_measurements():
    figures = {
        "fps_256": 61.5,
        "fps_512": 16.25,
        "fps_256_scenes": 44.0,
        "peak_mb_many": 465.0,
        "peak_mb": 312.0,
        "cold_start_s": 9.5,
        "warm_start_s": 1.75,
    }
    stages = {"256": {"shade": 5.5}, "512": {"shade": 21.75}}
    text = bench.table(figures | {"stages": stages, "n": bench.counts(), "cores": 2})
    for shown in ("61.5", "16.25", "312.0", "9.5", "1.75", "21.75", "median of", "8 people"):
        assert shown in text


def test_wrong_use_ends_with_a_hint(capsys):
    with pytest.raises(SystemExit):
        bench.main(["kitchen"])
    assert "studio" in capsys.readouterr().err
