"""Faces turned upright, brought to one size and cut out. Taught in chapter 04."""

from dataclasses import replace
from math import ceil

import cv2
import numpy as np

from facelab.faces.errors import ImageError
from facelab.faces.face import require_face
from facelab.faces.pictures import as_rgb
from facelab.faces.points import as_points, dlib_68
from facelab.studio.alignment import COVERAGE, INNER, mean_face, similarity

SIZE = 256  # pixels of a crop's side
PADDING = (1 - COVERAGE) / 2  # margin on each side, in sides of the crop: 48 pixels of 256
FINEST = 8  # times a crop is drawn larger, at most, before its pixels are averaged


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
        which keeps fine lines that linear blurs. No interpolation looks at more than the nearest
        pixels, so a face that becomes smaller is first cut out at two, three ... times the size,
        and each square of those pixels is averaged. Against crops that the studio drew at their
        own size (256 pixels, mean of 4 frames): enlarged 1.7 times 31.5 dB, linear 31.0; shrunk to
        .48 40.2 dB, linear 38.4, cubic without averaging 36.3; from .5 to 1 all are within .6 dB.

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
    finer = min(ceil(1 / np.hypot(*matrix[:, 0])), FINEST)
    whence = finer * np.asarray(matrix, float)
    whence[:, 2] += 0.5 * (whence[:, 0] + whence[:, 1]) - 0.5  # OpenCV's first centre is at 0
    side, flags = finer * size, cv2.INTER_CUBIC
    crop = cv2.warpAffine(image, whence, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA) if finer > 1 else crop


def _with_68(face, image):
    """The face, with 68 points."""
    require_face(face, image)
    if face.landmarks is not None and len(face.landmarks) == 68:
        return face
    return replace(face, landmarks=dlib_68(image, face))
