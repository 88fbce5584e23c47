"""What Colab holds, and what the first cell of a chapter adds to it."""

from places import ELSEWHERE, SMOKE, add, clean_environment, clean_variables, do, published

from facelab.course import bootstrap

pytestmark = ELSEWHERE

# what Colab held in August 2026, as far as the course touches it; dlib-bin stands for its dlib
ON_COLAB = """
    tensorflow==2.20.0 keras==3.13.2 numpy==2.1.3 scipy==1.16.3 numba scikit-image==0.25.2
    matplotlib==3.10.0 pillow==11.3.0 ipywidgets==7.7.1 ipython==7.34.0 ipykernel==6.17.1
    psutil==5.9.5 joblib click setuptools==75.2.0
"""
BESIDE_ON_COLAB = "opencv-contrib-python==4.14.0.94 dlib-bin==19.24.6"
OPENCV_5 = "opencv-python==5.0.0.93 opencv-python-headless==5.0.0.93"

PRETEND_COLAB = """
import sys, types
sys.modules["google.colab"] = types.ModuleType("google.colab")
"""

# whichever OpenCV has won, Haar either works or says that it cannot
HAAR = """
import cv2
from facelab.faces.errors import DetectorError
try:
    detect(frame.image, method="haar")
    assert hasattr(cv2, "CascadeClassifier")
except DetectorError as error:
    assert "OpenCV" in str(error)
print("OpenCV", cv2.__version__)
"""


def frozen(python):
    """What is installed, as a set of ``name==version``."""
    return set(do(python, "-m", "pip", "freeze").split("\n"))


def test_colab(tmp_path):
    python = clean_environment(tmp_path / "colab", 13, ON_COLAB)
    add(python, OPENCV_5, "--no-deps", "--reinstall")
    add(python, BESIDE_ON_COLAB, "--no-deps", "--reinstall")
    before = frozen(python)
    program = PRETEND_COLAB + bootstrap.first_cell(address=published().as_uri()) + SMOKE + HAAR
    content = tmp_path / "content"
    content.mkdir()
    assert "OpenCV 4" in do(python, "-c", program, cwd=content, env=clean_variables())
    assert before < frozen(python), "something that was there has been replaced"
    add(python, OPENCV_5, "--no-deps", "--reinstall")
    assert "OpenCV 5" in do(python, "-c", program, cwd=content, env=clean_variables())
