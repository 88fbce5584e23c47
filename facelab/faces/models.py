"""The trained models behind the methods: each is loaded once, when it is first asked for.

None of them is made for several threads at a time: use one thread, or one process each.
"""

import contextlib
import functools
import importlib
import os
import warnings
from pathlib import Path

import cv2
from PIL import ImageFile

from facelab.faces.errors import DetectorError


@functools.cache
def haar_cascade():
    """OpenCV's frontal Haar cascade (Lienhart's training of Viola and Jones 2001)."""
    if not hasattr(cv2, "CascadeClassifier"):
        raise DetectorError(
            f"OpenCV {cv2.__version__} has no Haar cascades (they left with version 5): "
            "install opencv-python-headless 4.x, or use method='hog'"
        )
    cascade = cv2.CascadeClassifier(str(_cascade_file()))
    if cascade.empty():
        name = _cascade_file().name
        raise DetectorError(f"OpenCV cannot load {name}: reinstall opencv-python-headless 4.x")
    return cascade


def _cascade_file():
    return Path(cv2.data.haarcascades) / "haarcascade_frontalface_default.xml"


def dlib():
    """The module dlib."""
    return _import("dlib", "pip install dlib-bin")


@functools.cache
def hog_detector():
    """dlib's frontal detector: five linear SVMs on HOG features, one per view of the head."""
    return dlib().get_frontal_face_detector()


@functools.cache
def recognition():
    """The module `face_recognition.api` with dlib's four trained models inside.

    It is the 68-point predictor, the 5-point predictor, the CNN detector and the ResNet recogniser,
    about 130 MB, and importing it is what loads them: a second copy is never made.
    """
    with warnings.catch_warnings():  # it imports pkg_resources, which says that it is leaving
        warnings.simplefilter("ignore", UserWarning)
        _import("face_recognition_models", "pip install face-recognition-models 'setuptools<81'")
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    api = _import("face_recognition.api", "pip install --no-deps face-recognition")
    ImageFile.LOAD_TRUNCATED_IMAGES = before  # its import makes Pillow accept cut-off files
    return api


@functools.cache
def mtcnn_networks():
    """MTCNN's three networks; the only place here that imports TensorFlow (about 500 MB)."""
    with _silent_import():
        return _import("mtcnn", "pip install mtcnn tensorflow").MTCNN()


def _import(name, remedy):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise DetectorError(f"{name} cannot be imported ({error}); remedy: {remedy}") from error


@contextlib.contextmanager
def _silent_import():
    """TensorFlow's C++ greets on file descriptor 2 before any Python setting can stop it."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    saved, sink = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(sink)
