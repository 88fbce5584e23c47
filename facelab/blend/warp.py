"""Bend one face into the place of another: triangles between points, each moved as a whole."""

import cv2
import numpy as np
from scipy.spatial import Delaunay, QhullError

from facelab.blend.errors import PointsError, require
from facelab.blend.inputs import height_and_width, picture, points_2d, points_68
from facelab.studio.alignment import similarity

BROWS, INNER, BELOW_BROWS = slice(17, 27), slice(17, 68), slice(27, 68)
LIFT = 0.2  # height of the arch on the forehead, in lengths from chin to top of the nose


def face_points(points68, drawn_in=0.94):
    """78 points on and around what is swapped: the inner face, with a little of the forehead.

    - 0 to 16, the jaw, drawn in to ``drawn_in`` of its distance from the base of the nose (33): the
      outline of the head stays A's, and the hair and background behind it too;
    - 17 to 67 as they were;
    - 68 to 77, an arch over the brows: these lifted along the line from the chin (8) to the top of
      the nose (27), by ``LIFT`` / 2 of its length at their ends and 3/2 ``LIFT`` in the middle.

    Of a grid of such rules this one's hull fits what a true swap changes well, with its band and
    without: IoU .87 with ``Frame.mask`` > .1 and .87 with ``Frame.mask`` > .5 on 20 random frames.

    Parameters
    ----------
    points68 : (68,2) pixels, iBUG order
    drawn_in : float, 1 leaves the jaw where it was

    Returns
    -------
    (78,2) float64

    Raises
    ------
    PointsError
        Not 68 finite points.
    """
    points = points_68(points68, "points68")
    jaw = points[33] + drawn_in * (points[:17] - points[33])
    arch = 1.5 - np.linspace(-1, 1, 10)[:, None] ** 2
    forehead = points[BROWS] + LIFT * arch * (points[27] - points[8])
    return np.concatenate([jaw, points[17:], forehead])


def halfway(points_a, points_b, share=0.5):
    """Places for B's features in A's face: nose, eyes and mouth a share of the way to B's own.

    Moved to A's points exactly, B's features would get A's proportions, and much of who somebody
    is lies there. So B's points are laid over A's as they are (the least-squares similarity of
    points 17 to 67), and points 27 to 67 go a ``share`` of the way to them. Jaw and brows, at the
    border of what is swapped, stay A's. What one picture cannot tell apart is taken along: with
    B's proportions come B's expression and pose.

    Parameters
    ----------
    points_a, points_b : (68,2) pixels, each in its own picture
    share : float in [0, 1]; 0 gives A's points, 1 B's proportions

    Returns
    -------
    (68,2) float64 : pixels in A's picture
    """
    points_a, points_b = points_68(points_a, "points_a"), points_68(points_b, "points_b")
    require(0 <= share <= 1, f"share must lie in [0, 1], got {share!r}.")
    places = points_a.copy()
    turn, shift = np.split(similarity(points_b[INNER], points_a[INNER]), [2], axis=1)
    laid_over = points_b @ turn.T + shift.T
    places[BELOW_BROWS] += share * (laid_over - points_a)[BELOW_BROWS]
    return places


def triangles(points):
    """Delaunay triangles over points: no point lies inside another triangle's circle.

    Parameters
    ----------
    points : (n,2) pixels, n >= 3, not all on one line

    Returns
    -------
    (m,3) int : numbers of each triangle's corners; together they fill the points' convex hull

    Raises
    ------
    PointsError
        Fewer than three points, or all on one line.
    """
    return mesh(points).simplices.astype(int)


def mesh(points):
    """The ``scipy.spatial.Delaunay`` of points (n,2), with PointsError for points on one line."""
    points = points_2d(points)
    try:
        return Delaunay(points)
    except QhullError:
        raise PointsError("points must not all lie on one line: no triangle fits.") from None


def warp(image, points, to_points, size):
    """Bend a picture so that each of its ``points`` comes to lie at the one of ``to_points``.

    Every pixel of the result asks in which triangle of ``to_points`` its centre lies and how much
    each corner weighs there (barycentric coordinates), and fetches its colour at the same mixture
    of ``points``: an affine map in each triangle, continuous across their edges.

    Parameters
    ----------
    image : (h,w,3) uint8 RGB, or Frame
    points, to_points : (n,2) pixels in the picture and in the result
    size : (H,W), or the shape of the picture into whose place this one goes

    Returns
    -------
    warped : (H,W,3) uint8, 0 where nothing came
    covered : (H,W) bool, True inside the hull of ``to_points`` where the picture has pixels

    Raises
    ------
    BlendError
        The picture or the size cannot be used.
    PointsError
        The points do not match, are fewer than three, or lie on one line.
    """
    image = picture(image)
    whence = origins(points, to_points, height_and_width(size))
    return fetched(image, whence)


def origins(points, to_points, size):
    """Where each pixel of the result comes from: (H,W,2) pixels; nan outside the triangles."""
    points, to_points = points_2d(points), points_2d(to_points, name="to_points")
    require(
        len(points) == len(to_points),
        f"points and to_points must be as many, got {len(points)} and {len(to_points)}.",
        PointsError,
    )
    target, (height, width) = mesh(to_points), size
    centres = np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), -1)
    triangle = target.find_simplex(centres)
    corners = points[target.simplices[triangle]]
    whence = (weights_in_mesh(target, triangle, centres)[..., None] * corners).sum(-2)
    return np.where(triangle[..., None] >= 0, whence, np.nan)


def weights_in_mesh(mesh, triangle, places):
    """Barycentric weights (...,3) of places (...,2) in the triangles (...) of a Delaunay mesh."""
    to_weights, origin = mesh.transform[triangle, :2], mesh.transform[triangle, 2]
    two = np.einsum("...ij,...j->...i", to_weights, places - origin)
    return np.concatenate([two, 1 - two.sum(-1, keepdims=True)], -1)


def fetched(image, whence):
    """Colours (H,W,3) uint8 at places (H,W,2) of a picture, and where it has any, (H,W) bool."""
    height, width = image.shape[:2]
    covered = ((whence >= 0) & (whence <= (width, height))).all(-1)
    places = np.float32(np.where(covered[..., None], whence, 0) - 0.5)  # OpenCV's centres are at 0
    colours = cv2.remap(image, places, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.where(covered[..., None], colours, 0).astype(np.uint8), covered
