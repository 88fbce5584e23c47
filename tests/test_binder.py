"""What mybinder would install, installed, and a person drawn on it."""

import os

from places import ELSEWHERE, SMOKE, clean_environment, clean_variables, do, published

from facelab.course import bootstrap

pytestmark = ELSEWHERE

# what Binder's own Python 3.12 environment holds before it reads binder/
ON_BINDER = "jupyterlab==4.4.9 notebook==7.4.7 ipywidgets==8.1.7 ipykernel==7.0.1"


def test_binder(tmp_path):
    python = clean_environment(tmp_path / "binder", 12, ON_BINDER)
    do(python, "-m", "pip", "install", "--quiet", "-r", "binder/requirements.txt", cwd=published())
    do(python, "-m", "pip", "check")
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    do("binder/postBuild", cwd=published(), env=clean_variables(PATH=path))
    assert "facelab" in do(python, "-m", "jupyter", "kernelspec", "list")
    program = bootstrap.first_cell() + SMOKE
    do(python, "-c", program, cwd=published() / "notebooks", env=clean_variables())
