"""Whose face is it? dlib's recogniser, used only to measure: nothing is ever trained against it."""

import numpy as np

from facelab.faces import models
from facelab.faces.dlib_shapes import shape_of
from facelab.faces.face import require_face
from facelab.faces.pictures import as_rgb
from facelab.faces.points import as_points, dlib_68

SAME_PERSON = 0.6
"""The distance below which dlib's author calls two faces one person (99.38 % right on LFW)."""


def embed(image, face):
    """A face as 128 numbers: near each other for one person, far apart for two.

    dlib's ResNet with 29 convolutions, trained from scratch on about 3 million faces with a
    metric loss (King 2017). It is not VGGFace, as is often written, and two embeddings have a
    *distance*: smaller is more alike.

    Parameters
    ----------
    image : ndarray or PIL.Image.Image
        Whatever `as_rgb` accepts: the picture in which the face was found.
    face : DetectedFace
        Its 68 points align the face; without them they are found first ("dlib").

    Returns
    -------
    ndarray, (128,) float32

    Raises
    ------
    ImageError
        Not a picture, or the face's landmarks are not finite points.
    NoFaceError
        Not a DetectedFace, or its box lies outside the picture.
    """
    image = np.ascontiguousarray(as_rgb(image))
    require_face(face, image)
    points = None if face.landmarks is None else as_points(face.landmarks)
    if points is None or len(points) != 68:
        points = dlib_68(image, face)
    encoder = models.recognition().face_encoder
    return np.float32(encoder.compute_face_descriptor(image, shape_of(face.box, points)))


def distance(a, b):
    """Euclidean distance between two embeddings, (128,) or broadcastable (..., 128)."""
    return np.linalg.norm(np.asarray(a) - np.asarray(b), axis=-1)
