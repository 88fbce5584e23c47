"""From the picture to the aligned crop and back: two warps, both in our pixel convention.

A matrix (2,3) here leads from pixels of the picture to pixels of the crop, centres at +0.5 in both,
as ``facelab.studio.alignment.crop_matrix`` makes it.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np

from facelab.blend.warp import face_points
from facelab.faces.extract import warped


def for_opencv(matrix):
    """The same map for OpenCV, whose first pixel has its centre at 0 and not at .5."""
    matrix = np.array(matrix, float)
    matrix[:, 2] += matrix[:, :2].sum(1) / 2 - 0.5
    return matrix


def scale_of(matrix):
    """Pixels of the crop for each pixel of the picture."""
    return float(np.sqrt(abs(np.linalg.det(np.asarray(matrix)[:, :2]))))


def moved(points, matrix):
    """Points (n,2) under a matrix (2,3)."""
    return np.asarray(points, float) @ matrix[:, :2].T + matrix[:, 2]


def inverse(matrix):
    """The way back, (2,3)."""
    turn = np.linalg.inv(matrix[:, :2])
    return np.column_stack([turn, -turn @ matrix[:, 2]])


def cut_out(image, matrix, size):
    """The aligned crop of a picture.

    It is warped as the crops of a dataset are (``faces.Extract``), so that a network sees in
    conversion what it saw in training.

    Parameters
    ----------
    image : (H,W,3) uint8 RGB, or float32
    matrix : (2,3), from the picture to the crop
    size : int, pixels of the crop's side

    Returns
    -------
    (size,size,3), of the picture's dtype; the picture's edge is continued beyond it
    """
    return warped(image, matrix, size)


def lay_back(crop, matrix, shape, how=cv2.INTER_CUBIC):
    """A crop brought back to its place in a picture, by cubic interpolation.

    ``WARP_INVERSE_MAP`` alone, as the book has it, is interpolation 0: nearest neighbour, blocks.

    Parameters
    ----------
    crop : (S,S) or (S,S,C), uint8 or float32
    matrix : (2,3), from the picture to the crop
    shape : (H,W) of the picture

    Returns
    -------
    (H,W) or (H,W,C), of the crop's dtype; beyond the crop its edge goes on
    """
    times = int(scale_of(matrix) + 1e-6)
    if times > 1:  # a small face: average first, or pixels would be left out
        side = max(1, round(crop.shape[0] / times))
        matrix = matrix * (side / crop.shape[0])
        crop = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
    return cv2.warpAffine(
        crop, for_opencv(matrix), (shape[1], shape[0]),
        flags=how | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip


class Box(NamedTuple):
    """A part of a picture: whole pixels, right and bottom behind the last."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def around(cls, mask, margin):
        """The Box around all that a mask (H,W) covers, with a margin as far as there is one."""
        left, top, width, height = cv2.boundingRect(np.uint8(mask > 0))
        edges = left - margin, top - margin, left + width + margin, top + height + margin
        return cls(*edges).within(mask.shape)

    def within(self, shape):
        """As far as it lies in a picture (H,W)."""
        height, width = shape
        x, y = (np.clip(each, 0, side) for each, side in ((self[::2], width), (self[1::2], height)))
        return Box(int(x[0]), int(y[0]), int(x[1]), int(y[1]))

    def of(self, image):
        """That part of a picture, not copied."""
        return image[self.top : self.bottom, self.left : self.right]


@dataclass(frozen=True, eq=False)
class Place:
    """Where a face is, for masks: in the picture, in a part of it, or in its own crop.

    Attributes
    ----------
    points : (68,2) pixels
    matrix : (2,3), from here to the crop
    size : int, pixels of the crop's side
    shape : (H,W) here
    predicted : (size,size) float32 in [0,1], the network's own mask, or None
    """

    points: np.ndarray
    matrix: np.ndarray
    size: int
    shape: tuple
    predicted: np.ndarray | None = None

    @property
    def square(self):
        """The crop's corners (4,2), in order."""
        corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * self.size
        return moved(corners, inverse(self.matrix))

    def holds(self, points):
        """Whether points lie in the crop's square, a pixel of the crop from its edge."""
        there = moved(points, self.matrix)
        return bool(there.min() >= 1 and there.max() <= self.size - 1)

    def box(self, margin=0):
        """The Box of all that any mask may cover, and ``margin`` pixels about it."""
        places = np.concatenate([self.square, face_points(self.points), self.points])
        left, top = np.floor(places.min(0)) - margin
        right, bottom = np.ceil(places.max(0)) + margin
        return Box(int(left), int(top), int(right), int(bottom)).within(self.shape)

    def inside(self, box):
        """This place in the part of the picture that a Box cuts out."""
        matrix, corner = self.matrix.copy(), (box.left, box.top)
        matrix[:, 2] += matrix[:, :2] @ corner
        shape = box.bottom - box.top, box.right - box.left
        return replace(self, points=self.points - corner, matrix=matrix, shape=shape)

    def in_crop(self):
        """This place in the crop itself."""
        points = moved(self.points, self.matrix)
        return replace(self, points=points, matrix=np.eye(2, 3), shape=(self.size, self.size))
