"""`bench course` measures what it names and fails when something takes too long."""

import json
import time

import pytest

from facelab.course import bench

QUICK = dict.fromkeys(bench.LIMITS, 0.001)


@pytest.fixture
def measured(monkeypatch):
    """Figures that are not measured but set."""
    figures = dict(QUICK)
    monkeypatch.setattr(bench, "course", lambda: figures)
    return figures


def test_quick_answers_pass(measured, capsys):
    assert bench.main([]) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in bench.LIMITS) and "TOO SLOW" not in told


@pytest.mark.parametrize("name", bench.LIMITS)
def test_each_limit_can_fail(measured, capsys, name):
    measured[name] = bench.LIMITS[name]
    assert bench.main([]) == 1
    slow = [line.split()[0] for line in capsys.readouterr().out.splitlines() if "TOO SLOW" in line]
    assert slow == [name]


@pytest.mark.slow
def test_it_measures_each_part_for_real(monkeypatch, capsys):
    monkeypatch.setattr(bench, "REPEATS", 1)
    monkeypatch.setattr(bench, "LIMITS", dict.fromkeys(bench.LIMITS, 600.0))  # no clock in tests
    assert bench.main(["--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert set(figures) == set(bench.LIMITS) and min(figures.values()) > 0


def test_work_that_takes_longer_measures_more():
    short, long = (bench.took(lambda s=s: time.sleep(s), repeats=1) for s in (0.0, 0.2))
    assert long > short + 0.1
