"""The 68 points of a rendered face, exactly: 51 fixed to the mesh, 17 on the outline that is seen.

Points are numbered as in iBUG/300-W (Sagonas et al., ICCV Workshops 2013), from 0. Points 17 to 67
are fixed places on the mesh. Annotators draw the jaw, points 0 to 16, where the face ends in the
picture, so when the head turns these points slide over the cheek (Zhu et al., CVPR 2015, "landmark
marching"), and they space them evenly from ear to chin and from chin to ear. Both are given: the
outline, and the jaw fixed to the mesh.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

SHARPNESS = 0.004  # of the head's height: how near the outermost candidates count
HIDDEN = 0.05  # of the head's height: a surface this much nearer to the camera hides a point
OUTSIDE = 1.5  # pixels: how far outside the outline its visibility is tested as well


@dataclass(frozen=True, eq=False)
class Landmarks:
    """The points of one face; right is the person's, on the picture's left in front view.

    Attributes
    ----------
    points : (68,2) float32, pixels, the jaw on the visible outline
    points_3d : (68,3) float32, mm in the camera's axes, the jaw fixed to the mesh
    jaw_3d : (17,2) float32, pixels, the jaw fixed to the mesh
    visible : (68,) bool, False where something nearer to the camera covers the point
    points5 : (5,2) float32, pixels: right eye, left eye (means of their six points), tip of the
        nose, right and left mouth corner
    """

    points: np.ndarray
    points_3d: np.ndarray
    jaw_3d: np.ndarray
    visible: np.ndarray
    points5: np.ndarray


def blend(values, vertices, weights):
    """Weighted means (...,D) of rows of ``values`` (V,D); ``vertices``, ``weights`` are (...,k)."""
    return np.einsum("...kd,...k->...d", values[vertices], weights)


@cache
def crown(model):
    """The vertex on top of the mean head, straight above the jaw's upper ends."""
    x, y, z = model.mean.T
    level = model.mean[model.jaw_vertices[0, 0]].mean(0)[2]
    return int((y - 2 * abs(x) - 2 * abs(z - level)).argmax())


def face_axes(jaw, top):
    """Unit vectors in the picture: the face's own sideways (to the person's left) and down.

    Parameters
    ----------
    jaw : (n,2) pixels of the jaw fixed to the mesh, from ear to ear
    top : (2,) pixel of the crown
    """
    down = (jaw[0] + jaw[-1]) / 2 - top
    down = down / max(np.hypot(*down), 1e-6)
    return np.array([down[1], -down[0]]), down


def outward(sideways, down, half):
    """Directions (2 half + 1, 2) in which the outline is sought: right half, chin, left half."""
    directions = np.empty((2 * half + 1, 2), down.dtype)
    directions[:half], directions[half], directions[half + 1 :] = -sideways, down, sideways
    return directions


def outermost(candidates, directions, softness):
    """Point of each path that lies furthest out, moving without jumps as the paths move.

    The candidates within about ``softness`` of the furthest share the point in proportion to
    exp(distance / softness); the shared point is then pushed out to where the furthest one is.

    Parameters
    ----------
    candidates : (n,k,2) pixels
    directions : (n,2) unit vectors
    softness : float, pixels

    Returns
    -------
    points (n,2) and the candidates' shares (n,k), which sum to 1
    """
    reach = np.einsum("nkd,nd->nk", candidates, directions)
    lag = reach - reach.max(1, keepdims=True)
    share = np.exp(lag / softness)
    share /= share.sum(1, keepdims=True)
    point = np.einsum("nkd,nk->nd", candidates, share)
    short = np.einsum("nk,nk->n", lag, share)
    return point - short[:, None] * directions, share


def evenly(curve, count):
    """``count`` points, evenly spaced in the picture, on a curve (n,D) that begins with x and y."""
    along = np.zeros(len(curve))
    along[1:] = np.cumsum(np.hypot(*(curve[1:, :2] - curve[:-1, :2]).T))
    wanted = np.linspace(0, along[-1], count)
    return np.stack([np.interp(wanted, along, column) for column in curve.T], 1)


def outline(paths, z, sideways, down, softness):
    """The visible jaw: pixels and z (17,3), from candidates ``paths`` (33,k,2) and ``z`` (33,k)."""
    edge, share = outermost(paths, outward(sideways, down, 16), softness)
    curve = np.column_stack([edge, (share * z).sum(1)])
    return np.concatenate([evenly(curve[:17], 9), evenly(curve[16:], 9)[1:]])


def layout(model, pixels):
    """What the outline is sought with, from the projected vertices (V,2): candidates of the jaw
    (33,k,2), the face's own sideways and down, and how near to the furthest one counts."""
    paths, top = _paths(model, pixels), pixels[crown(model)]
    softness = SHARPNESS * np.linalg.norm(top - paths[16, 0]) + 1e-6
    return paths, face_axes(paths[:, 0], top), softness


def outlined(model, pixels):
    """The 68 points (68,2) float32 alone, as ``locate`` finds them, without asking what is in
    front; from the projected vertices (V,2)."""
    paths, axes, softness = layout(model, pixels)
    jaw = outline(paths, np.zeros_like(paths[..., 0]), *axes, softness)[:, :2]
    return np.concatenate([jaw, _fixed(model, pixels)]).astype(np.float32)


def seen(pixels, z, depth_at, margin):
    """True (n,) where no surface lies more than ``margin`` mm in front of a point."""
    return depth_at(pixels) <= z + margin


def locate(model, vertices, pixels, depth_at):
    """Find the 68 points of a posed face.

    Parameters
    ----------
    model : FaceModel
    vertices : (V,3) float32, mm in the camera's axes: x right, y up, z towards the camera
    pixels : (V,2) float32, the same vertices projected
    depth_at : callable, (n,2) float pixels -> (n,) z in mm of the surface seen there, in the axes
        of ``vertices``; -inf where there is none

    Returns
    -------
    Landmarks
    """
    fixed, inner = _fixed(model, vertices), _fixed(model, pixels)
    paths_3d, (paths, axes, softness) = _paths(model, vertices), layout(model, pixels)
    jaw = outline(paths, paths_3d[..., 2], *axes, softness)
    points = np.concatenate([jaw[:, :2], inner]).astype(np.float32)
    z = np.concatenate([jaw[:, 2], fixed[:, 2]])
    margin = HIDDEN * np.linalg.norm(vertices[crown(model)] - paths_3d[16, 0])
    visible = seen(points, z, depth_at, margin)
    # Where the face ends its surface runs away from the camera: look just outside it too.
    beyond = jaw[:, :2] + OUTSIDE * outward(*axes, 8)
    visible[:17] |= seen(beyond, z[:17], depth_at, margin)
    return Landmarks(
        points=points,
        points_3d=np.concatenate([paths_3d[::2, 0], fixed]).astype(np.float32),
        jaw_3d=paths[::2, 0].astype(np.float32),
        visible=visible,
        points5=(model.points5 @ points).astype(np.float32),
    )


def _fixed(model, values):
    return blend(values, model.landmark_vertices, model.landmark_weights)


def _paths(model, values):
    return blend(values, model.jaw_vertices, model.jaw_weights)
