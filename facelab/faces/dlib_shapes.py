"""dlib's rectangles and points, and ours: the half pixel is known here and nowhere else.

dlib counts pixels from 0 and names the first and the last one inside a rectangle. We count
continuously: its pixel 0 spans 0 to 1 and has its centre at 0.5.
"""

import numpy as np

from facelab.faces import models


def box_of(rectangle):
    """(left, top, right, bottom): the right edge is where the pixel after the last begins."""
    right, bottom = rectangle.right() + 1, rectangle.bottom() + 1
    return float(rectangle.left()), float(rectangle.top()), float(right), float(bottom)


def rectangle_of(box):
    left, top, right, bottom = (round(v) for v in box)
    return models.dlib().rectangle(left, top, right - 1, bottom - 1)


def points_of(shape):
    """(n, 2) float32; dlib's predictors answer in whole pixels."""
    return np.float32([(p.x, p.y) for p in shape.parts()]) + np.float32(0.5)


def shape_of(box, points):
    point = models.dlib().point
    parts = [point(int(x), int(y)) for x, y in np.round(np.asarray(points) - 0.5)]
    return models.dlib().full_object_detection(rectangle_of(box), parts)
