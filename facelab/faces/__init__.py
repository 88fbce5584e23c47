"""What a picture contains: faces, their landmarks, whose they are.

    from facelab.faces import detect, landmarks, draw_landmarks, embed, find_faces

    faces = detect(image, method="hog")        # best first
    points = landmarks(image, faces[0])        # (68, 2) float32
    code = embed(image, faces[0])              # (128,) float32

Pictures are uint8 RGB (H, W, 3); coordinates are continuous pixels, x right, y down, centres at
+0.5.
dlib's 68-point model is for research and teaching only (300-W).
"""

from importlib import import_module

from facelab.faces.detectors import DETECTORS, detect, detect_each
from facelab.faces.errors import (
    DatasetError,
    DetectorError,
    ImageError,
    MethodError,
    NoFaceError,
    ReferenceFaceError,
)
from facelab.faces.face import DetectedFace, box_around, iou
from facelab.faces.filter import FaceFilter, detect_faces, get_faces
from facelab.faces.folders import Picture, find_faces
from facelab.faces.manifest import DatasetFace, dataset_faces
from facelab.faces.pictures import as_rgb, read_image
from facelab.faces.points import (
    LANDMARKERS,
    MIRROR,
    PARTS,
    POLYLINES,
    draw_landmarks,
    landmarks,
    mirrored,
)
from facelab.faces.recognition import SAME_PERSON, distance, embed
from facelab.faces.sheet import ContactSheet, contact_sheet, restore, strike

__all__ = [
    "ContactSheet",
    "DETECTORS",
    "LANDMARKERS",
    "MIRROR",
    "PARTS",
    "POLYLINES",
    "SAME_PERSON",
    "DatasetError",
    "DatasetFace",
    "DatasetReport",
    "DetectedFace",
    "DetectorError",
    "Extract",
    "FaceFilter",
    "ImageError",
    "MethodError",
    "NoFaceError",
    "Picture",
    "ReferenceFaceError",
    "Tracker",
    "as_rgb",
    "box_around",
    "contact_sheet",
    "create_face_dataset",
    "dataset_faces",
    "dataset_report",
    "detect",
    "detect_each",
    "detect_faces",
    "distance",
    "draw_landmarks",
    "embed",
    "find_faces",
    "get_align_mat",
    "get_faces",
    "iou",
    "landmarks",
    "mirrored",
    "read_image",
    "restore",
    "strike",
]

_ON_FIRST_USE = {  # these need the studio, which costs a second and 80 MB
    "DatasetReport": "dataset",
    "create_face_dataset": "dataset",
    "dataset_report": "dataset",
    "Extract": "extract",
    "Tracker": "tracking",
    "get_align_mat": "extract",
}


def __getattr__(name):
    """Faces are found in any picture without the studio; it is imported on first use."""
    if name in _ON_FIRST_USE:
        return getattr(import_module(f"{__name__}.{_ON_FIRST_USE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
