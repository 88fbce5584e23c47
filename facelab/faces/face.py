"""`DetectedFace`: what a detector says about one face, in the course's pixel convention.

Coordinates are continuous: x runs right, y down, the picture spans 0 to W and 0 to H, and the
centre of the first pixel is (0.5, 0.5). Mirroring a picture turns x into W - x, and scaling it by s
turns x into s * x, with no half pixel to remember. dlib, OpenCV and MTCNN put the first centre at
(0, 0): what they say is moved by half a pixel on the way in and out, in this package only.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from facelab.faces.errors import NoFaceError


@dataclass(frozen=True, eq=False)
class DetectedFace:
    """One face that a detector found.

    Attributes
    ----------
    box : tuple of four floats
        (left, top, right, bottom): the edges, in pixels. A box over the first pixel only is
        (0, 0, 1, 1). It may reach beyond the picture.
    landmarks : (68, 2) or (5, 2) float32 ndarray, or None
        Points (x, y) in pixels: 68 in iBUG order, or 5: eye on the image left, eye on the image
        right, nose tip, mouth corner image left, mouth corner image right.
    image : (H, W, 3) uint8 ndarray or None
        The whole RGB picture that the box refers to, shared and not copied. To keep many faces
        and no pictures, keep `dataclasses.replace(face, image=None)`.
    score : float
        How sure the method is, on its own scale: haar a sum of stump votes, hog a distance from
        the SVM's plane, mtcnn a probability, face_recognition none (nan). Scores of two methods
        cannot be compared.
    method : str
        Who found it.
    aligned : (S, S, 3) uint8 ndarray or None
        Its aligned crop, where `get_faces` has extracted one.
    """

    box: tuple
    landmarks: np.ndarray | None = field(default=None, repr=False)
    image: np.ndarray | None = field(default=None, repr=False)
    score: float = math.nan
    method: str = ""
    aligned: np.ndarray | None = field(default=None, repr=False)

    @property
    def x(self):
        """First column of pixels: `image[y : y + h, x : x + w]` is the box in whole pixels."""
        return round(self.left)

    @property
    def y(self):
        """First row of pixels."""
        return round(self.top)

    @property
    def w(self):
        """Columns of pixels."""
        return round(self.right) - round(self.left)

    @property
    def h(self):
        """Rows of pixels."""
        return round(self.bottom) - round(self.top)

    def landmarksAsXY(self):
        """The landmarks as a list of (x, y), floats with pixel centres at +0.5.

        Raises
        ------
        NoFaceError
            This face has none.
        """
        if self.landmarks is None:
            remedy = "detect_faces finds faces with 68"
            raise NoFaceError(f"no landmarks were looked for on this face: {remedy}")
        return [(float(x), float(y)) for x, y in self.landmarks]

    @property
    def left(self):
        return self.box[0]

    @property
    def top(self):
        return self.box[1]

    @property
    def right(self):
        return self.box[2]

    @property
    def bottom(self):
        return self.box[3]

    @property
    def width(self):
        return self.right - self.left

    @property
    def height(self):
        return self.bottom - self.top

    @property
    def area(self):
        return self.width * self.height

    @property
    def centre(self):
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def crop(self, margin=0.0):
        """The face cut out of its picture: a copy, (h, w, 3) uint8.

        `margin` widens the box on each side by that part of its width and height; what lies outside
        the picture is left out, so a face at the edge gives a smaller crop.
        """
        if self.image is None:
            raise ValueError("this face has let go of its picture, so there is nothing to crop")
        rows, columns = self.image.shape[:2]
        dx, dy = margin * self.width, margin * self.height
        x0, x1 = (int(np.clip(round(x), 0, columns)) for x in (self.left - dx, self.right + dx))
        y0, y1 = (int(np.clip(round(y), 0, rows)) for y in (self.top - dy, self.bottom + dy))
        return self.image[y0:y1, x0:x1].copy()


def require_face(face, image):
    """Raise NoFaceError unless `face` is a DetectedFace that shows a pixel of `image`."""
    if not isinstance(face, DetectedFace):
        remedy = "give one face of detect(image); where that is empty, there is none"
        raise NoFaceError(f"a face is a DetectedFace, not a {type(face).__name__}: {remedy}")
    if not _is_box(face.box):
        wanted = "four finite numbers (left, top, right, bottom)"
        raise NoFaceError(f"a face's box has {wanted}, not {face.box!r}")
    rows, columns = image.shape[:2]
    wide = min(face.right, columns) - max(face.left, 0)
    high = min(face.bottom, rows) - max(face.top, 0)
    if min(wide, high) < 1:
        inside = f"no pixel of the picture ({columns} x {rows})"
        raise NoFaceError(f"the box {face.box!r} holds {inside}: was it found in another one?")


def _is_box(box):
    try:
        box = np.asarray(box, float)
    except (TypeError, ValueError):
        return False
    return box.shape == (4,) and bool(np.isfinite(box).all())


def box_around(points):
    """The tightest box (left, top, right, bottom) around points (n, 2), as four floats."""
    points = np.asarray(points, float)
    return tuple(float(v) for v in (*points.min(0), *points.max(0)))


def hog_box(points):
    """The box in which HOG would frame a face with these 68 points (measured on frames that it
    finds): (left, top, right, bottom)."""
    left, top, right, bottom = box_around(np.asarray(points)[17:])
    x, y, half = (left + right) / 2, (top + bottom) / 2, 0.68 * (bottom - top)
    return float(x - half), float(y - half), float(x + half), float(y + half)


def iou(a, b):
    """Intersection over union of two boxes (left, top, right, bottom): 0 apart, 1 the same."""
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = [(right - left) * (bottom - top) for left, top, right, bottom in (a, b)]
    union = sum(areas) - width * height
    return width * height / union if union > 0 else 0.0
