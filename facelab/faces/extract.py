"""Faces turned upright, brought to one size and cut out. Taught in chapter 04."""

from dataclasses import replace

import cv2
import numpy as np

from facelab.faces.errors import ImageError
from facelab.faces.face import require_face
from facelab.faces.pictures import as_rgb
from facelab.faces.points import as_points, dlib_68
from facelab.studio.alignment import COVERAGE, INNER, mean_face, similarity

SIZE = 256  # pixels of a crop's side
PADDING = (1 - COVERAGE) / 2  # margin on each side, in sides of the crop: 48 pixels of 256


def get_align_mat(face):
    """The similarity that lays a face over the mean face: shift, turn and scale, nothing else.

    Least squares over points 17 to 67 (Umeyama 1991, see `studio.alignment.similarity`). The jaw is
    left out: its 17 points lie on the outline, which is another place of the skin in each pose.

    Parameters
    ----------
    face : DetectedFace with 68 landmarks

    Returns
    -------
    (2, 3) float64
        From pixels of the picture to the unit square, in which the brows reach from x = 0 to 1.

    Raises
    ------
    ImageError
        It has no 68 landmarks, or they lie on one place.
    """
    points = np.empty((0, 2)) if face.landmarks is None else as_points(face.landmarks)
    if len(points) != 68:
        raise ImageError(f"to align a face takes 68 landmarks, not {len(points)}: see detect_faces")
    inner = points[INNER]
    if np.ptp(inner, axis=0).max() == 0:
        raise ImageError("all landmarks of this face lie on one place, which has no size to align")
    return similarity(inner, mean_face())


class Extract:
    """Cuts faces out of pictures, all alike: eyes level, nose in the middle, one size."""

    def extract(self, image, face, size=SIZE):
        """The aligned crop of a face.

        From brow to brow the mean face takes 62.5 % of the crop, as in `studio.crops`. The margin
        holds chin and forehead and leaves room to turn and shift crops while training.

        Parameters
        ----------
        image : ndarray or PIL.Image.Image
            Whatever `as_rgb` accepts: the picture in which the face was found.
        face : DetectedFace
            Without 68 landmarks they are found first ("dlib").
        size : int in [16, 4096], pixels

        Returns
        -------
        (size, size, 3) uint8 RGB

        Raises
        ------
        ImageError, NoFaceError
            As `embed` and `get_align_mat`; or a size that cannot be used.
        """
        if not isinstance(size, int | np.integer) or not 16 <= size <= 4096:
            raise ImageError(f"size is a whole number of pixels from 16 to 4096, not {size!r}")
        image = np.ascontiguousarray(as_rgb(image))
        return self.transform(image, get_align_mat(_with_68(face, image)), size, PADDING * size)

    def transform(self, image, mat, size, padding=0):
        """Warp a picture so that the unit square of `mat` fills a crop up to `padding` pixels.

        Outside the picture its border is repeated. The picture is read by cubic interpolation,
        which keeps fine lines that linear blurs; a face more than twice as large as its place is
        halved first, averaging, for no interpolation looks at more than the nearest pixels and
        skin would turn to noise.

        Parameters
        ----------
        image : (H, W, 3) uint8
        mat : (2, 3), as `get_align_mat`
        size : int, pixels of the crop
        padding : float, pixels on each side

        Returns
        -------
        (size, size, 3) uint8
        """
        return warped(image, padded(mat, size, padding), size)

    def matrix(self, face, size=SIZE):
        """The similarity (2, 3) from pixels of the picture to those of `extract`'s crop."""
        return padded(get_align_mat(face), size, PADDING * size)


def padded(mat, size, padding):
    """The similarity to pixels of a crop, from one to the unit square: (2, 3) float64."""
    grown = np.asarray(mat, float) * (size - 2 * padding)
    grown[:, 2] += padding
    return grown


def warped(image, matrix, size):
    """The crop that `matrix` (2, 3), from pixels to pixels with centres at +0.5, cuts out."""
    image, matrix = _halved(image, matrix)
    whence = matrix.copy()
    whence[:, 2] += 0.5 * (whence[:, 0] + whence[:, 1]) - 0.5  # OpenCV's first centre is at 0
    flags, border = cv2.INTER_CUBIC, cv2.BORDER_REPLICATE
    return cv2.warpAffine(image, whence, (size, size), flags=flags, borderMode=border)


def _halved(image, matrix):
    """A picture halved until the matrix shrinks it to no less than half, and its matrix."""
    matrix = np.asarray(matrix, float)
    while np.hypot(*matrix[:, 0]) < 0.5 and min(image.shape[:2]) > 1:
        rows, columns = image.shape[:2]
        small = columns // 2, rows // 2
        image = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
        matrix = matrix * (columns / small[0], rows / small[1], 1)
    return image, matrix


def _with_68(face, image):
    """The face, with 68 points."""
    require_face(face, image)
    if face.landmarks is not None and len(face.landmarks) == 68:
        return face
    return replace(face, landmarks=dlib_68(image, face))
