"""The studio: seeded people who do not exist, rendered with everything that is true about them."""

from .clips import clip
from .errors import StudioError
from .facs import UNITS
from .frame import FaceTruth, Frame
from .model import FaceModel, load_model
from .person import Looks, Person
from .render import render, stopwatch
from .scene import Camera, Light, Scene
from .shape import Traits

__all__ = ["UNITS", "Camera", "FaceModel", "FaceTruth", "Frame", "Light", "Looks", "Person", "Scene", "StudioError", "Traits",
           "clip", "load_model", "render", "stopwatch"]
