"""The same file trains under TensorFlow, JAX and PyTorch, to the same losses.

The last two are not among the course's packages: ``lab.py matrix`` installs them in one of its
environments and names them in ``FACELAB_BACKENDS``.
"""

import json
import os
import subprocess
import sys

import pytest

import lab

BACKENDS = ["tensorflow", *filter(None, os.environ.get("FACELAB_BACKENDS", "").split(","))]
LOSSES = [
    0.643116, 0.650469, 0.655344, 0.654179, 0.656927, 0.64339, 0.641291, 0.643894, 0.634091,
    0.655573,
]  # fmt: skip
NEAR = 2e-5  # what the order of additions makes after ten steps


def losses(backend):
    command = [sys.executable, "-m", "facelab.training.backends"]
    environment = os.environ | {"KERAS_BACKEND": backend}
    done = subprocess.run(
        command, cwd=lab.ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("backend", BACKENDS)
def test_ten_steps_of_training(backend):
    assert losses(backend) == pytest.approx(LOSSES, abs=NEAR)


def test_another_rate_would_be_noticed(monkeypatch):
    from facelab.training import backends

    monkeypatch.setattr(backends, "Plan", backends_plan)
    assert backends.losses() != pytest.approx(LOSSES, abs=NEAR)


def backends_plan(*given):
    from facelab.training.loop import Plan

    return Plan(*given, rate=4e-4)
