"""The studio: seeded people who do not exist, rendered with everything that is true about them."""

from .clips import clip
from .collection import Collection, read_truth, write_collection
from .crops import Crops, crops
from .door import NotOursError, admit, admit_crops, admit_folder, admit_video
from .errors import StudioError
from .facs import UNITS
from .frame import FaceTruth, Frame
from .marks import read_mark, save_image
from .model import FaceModel, load_model
from .person import Looks, Person
from .render import render
from .scene import Camera, Light, Scene
from .shape import Traits
from .timing import stopwatch

__all__ = [
    "UNITS",
    "Camera",
    "Collection",
    "Crops",
    "FaceModel",
    "FaceTruth",
    "Frame",
    "Light",
    "Looks",
    "NotOursError",
    "Person",
    "Scene",
    "StudioError",
    "Traits",
    "admit",
    "admit_crops",
    "admit_folder",
    "admit_video",
    "clip",
    "crops",
    "load_model",
    "read_mark",
    "read_truth",
    "read_video",
    "render",
    "save_image",
    "stopwatch",
    "write_collection",
    "write_video",
]


def __getattr__(name):
    """Videos are imported on first use: PyAV costs memory that most chapters do not need."""
    if name in ("read_video", "write_video"):
        from . import video

        return getattr(video, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
