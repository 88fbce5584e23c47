"""A rendered picture together with everything that is true about it."""

from dataclasses import dataclass, field

import numpy as np

from .errors import require


def within(points, height, width):
    """True (...) where points (...,2), in pixels, lie inside a picture."""
    x, y = points[..., 0], points[..., 1]
    return (x >= 0) & (y >= 0) & (x < width) & (y < height)


@dataclass(frozen=True, eq=False)
class FaceTruth:
    """What is true about one person in a frame; attributes as in ``Frame``."""

    landmarks: np.ndarray
    landmarks_3d: np.ndarray
    jaw_3d: np.ndarray
    visible: np.ndarray
    points5: np.ndarray
    pose: tuple
    expression: dict
    aus: dict
    gaze: tuple


@dataclass(frozen=True, eq=False)
class Frame:
    """A picture and its truth. With several people, the single-person attributes speak of the
    first.

    Attributes
    ----------
    image : (H,W,3) uint8 RGB
    faces : tuple of FaceTruth, one per person, left to right
    parts : (H,W) uint8, part numbers as in ``FaceModel.part``; 0 is background
    mask : (H,W) float32 in [0,1], the visible inner face; 0 on hair and occluders in front of it
    head_mask : (H,W) float32, visible head with its hair
    occluder_mask : (H,W) float32, the occluder
    depth : (H,W) float32, mm from the camera along its axis; inf on the background
    normals : (H,W,3) float32 unit vectors (x right, y up, z to the camera); 0 on the background
    landmarks : (68,2) float32 pixels, iBUG order, jaw on the visible contour
    landmarks_3d : (68,3) float32 mm in camera axes (origin between the eyes of a straight head, z
        to the camera)
    jaw_3d : (17,2) float32 pixels, the jaw as fixed points of the face whatever the pose
    visible : (68,) bool, inside the picture and not hidden by anything nearer
    points5 : (5,2) float32: eye on the picture's left, eye on its right, nose tip, mouth corners
        left and right
    pose : (yaw, pitch, roll) in degrees; gaze : (right, up) in degrees against the head
    expression : dict, ARKit unit -> weight; aus : dict, FACS action unit -> intensity in [0,1],
        derived
    """

    image: np.ndarray
    faces: tuple
    parts: np.ndarray
    mask: np.ndarray
    head_mask: np.ndarray
    occluder_mask: np.ndarray
    depth: np.ndarray
    normals: np.ndarray
    surface: np.ndarray = field(repr=False)  # (H,W) int32 triangle seen, -1 for background
    place: np.ndarray = field(
        repr=False
    )  # (H,W,2) float32 where on it: weights of its second and third corner
    mesh: "ScreenMesh" = field(repr=False)

    def __getattr__(self, name):
        if name in FaceTruth.__dataclass_fields__:
            return getattr(self.faces[0], name)
        raise AttributeError(f"Frame has no attribute {name!r}.")

    def flow_to(self, other):
        """Exact optical flow from this frame to another of the same people and size.

        Both frames must be made of the same surfaces: the same people with the same hair and
        occluder. A frame and its true swap are not, for the other face brings its own brows,
        lashes and beard.

        Returns
        -------
        flow : (H,W,2) float32; the surface seen at pixel (x, y) is at (x, y) + flow in ``other``.
            The background stands still.
        visible : (H,W) bool, True where that surface is in view in ``other`` too

        Raises
        ------
        StudioError
            The frames show other people, hair or occluders, or differ in size.
        """
        self._check_surfaces(other)
        here, _ = self.mesh.follow(self.surface, self.place)
        there, distance = other.mesh.follow(self.surface, self.place)
        figure = self.surface >= 0
        flow = np.where(figure[..., None], there - here, 0).astype(np.float32)
        return flow, self._in_view(other, there, distance, figure)

    def _check_surfaces(self, other):
        require(isinstance(other, Frame), f"flow_to needs a Frame, got {type(other).__name__}.")
        here, there = self.image.shape[:2], other.image.shape[:2]
        sizes = f"flow_to needs frames of the same people and size, got {here} and {there} pixels."
        require(here == there, sizes)
        require(
            np.array_equal(self.mesh.triangles, other.mesh.triangles),
            "flow_to needs two frames of the same people with the same hair and occluder. "
            "A frame and its true swap differ in brows, lashes and beard: no flow joins them.",
        )

    def _in_view(self, other, there, distance, figure):
        height, width = figure.shape
        inside = within(there, height, width)
        x, y = np.floor(there[..., 0]).astype(int), np.floor(there[..., 1]).astype(int)
        seen = other.depth[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]
        return np.where(figure, inside & (np.abs(seen - distance) < 3), other.surface < 0)


@dataclass(frozen=True, eq=False)
class ScreenMesh:
    """All triangles of a frame on the screen: points (V,2) pixels, near (V,) 1/mm, triangles
    (T,3)."""

    points: np.ndarray
    near: np.ndarray
    triangles: np.ndarray

    def follow(self, surface, place):
        """Where the surface points of another frame (triangle, corner weights) are in this one,
        and how far: (H,W,2), (H,W)."""
        corners = self.triangles[np.maximum(surface, 0)]
        weights = np.concatenate([1 - place.sum(-1, keepdims=True), place], -1)
        near = self.near[corners] * weights
        total = near.sum(-1)
        return (self.points[corners] * near[..., None]).sum(-2) / total[..., None], 1 / total
