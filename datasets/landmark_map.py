"""Where the 68 points (iBUG/300-W order, 0-based) lie on the MakeHuman base mesh.

The points of the person's right half and of the midline are named here by hand, as vertices of
``base.obj`` with weights that sum to 1; the left half is their mirror image. The jaw is a set of
paths instead: each starts at the jaw's edge and leads forward over the cheek at a constant height,
because what a camera sees as the outline slides over the cheek when the head turns. The studio
picks on each path the place that lies on the outline.
"""

import numpy as np

# Order that swaps the two sides: point i of a mirrored face is point MIRROR[i] of the face.
MIRROR = (
    *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, *range(35, 30, -1),
    45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
    *range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), *range(67, 64, -1),
)  # fmt: skip

RIGHT_AND_MIDDLE = {
    17: {5261: 0.6, 262: 0.4},
    18: {5260: 0.2, 232: 0.55, 231: 0.25},
    19: {222: 0.75, 231: 0.25},
    20: {223: 0.8, 208: 0.2},
    21: {208: 0.5, 228: 0.5},
    27: {132: 1},
    28: {131: 0.6, 135: 0.4},
    29: {164: 0.5, 201: 0.5},
    30: {5054: 1},
    31: {286: 1},
    32: {285: 0.4, 313: 0.6},
    33: {343: 0.5, 317: 0.5},
    36: {24: 1},
    37: {0: 0.75, 6: 0.25},
    38: {54: 0.65, 57: 0.35},
    39: {66: 1},
    40: {47: 0.7, 50: 0.3},
    41: {41: 0.7, 36: 0.3},
    48: {425: 1},
    49: {5351: 0.5, 5354: 0.3, 410: 0.2},
    50: {450: 0.4, 456: 0.3, 460: 0.3},
    51: {455: 0.25, 466: 0.75},
    57: {492: 1},
    58: {486: 1},
    59: {480: 0.5, 406: 0.5},
    60: {418: 0.4, 437: 0.4, 445: 0.2},
    61: {522: 0.4, 514: 0.2, 472: 0.4},
    62: {520: 0.6, 474: 0.4},
    66: {523: 1},
    67: {517: 1},
}

# The jaw's points 0 to 7: the height at which the path runs, how far back it starts and how near to
# the midline it stops (before eye, nose and lips), in mm on the mean head.
JAW_HEIGHTS = (2, -16, -35, -53, -71, -87, -98.8, -106.2)
JAW_STARTS = (-54, -53, -53, -50, -47, -38, -21, -4)
JAW_STOPS = (45, 27, 25, 25, 27, 0, 0, 0)
BEFORE_CHIN = (-107.6, 3, 0)
CHIN = (5296, 5225, 5171, 5211)  # point 8: the midline, from the chin's lowest point forward
CANDIDATES = 12

# Five points as means of the 68: right eye, left eye, tip of the nose, right and left mouth corner.
FIVE = np.zeros((5, 68))
FIVE[0, 36:42] = FIVE[1, 42:48] = 1 / 6
FIVE[[2, 3, 4], [30, 48, 54]] = 1


def inner_points(index_of, mirror):
    """The 51 points 17 to 67 on a mesh.

    Parameters
    ----------
    index_of : (B,) int, index in the mesh of every vertex of the base mesh
    mirror : (V,) int, index of every vertex's mirror image

    Returns
    -------
    vertices (51,3) int and weights (51,3) float that sum to 1
    """
    vertices, weights = np.zeros((68, 3), int), np.zeros((68, 3))
    for point, corners in RIGHT_AND_MIDDLE.items():
        right = index_of[list(corners)]
        for k, places in ((MIRROR[point], mirror[right]), (point, right)):
            vertices[k, : len(right)], weights[k, : len(right)] = places, list(corners.values())
    return vertices[17:], weights[17:]


def edges_across(mean, triangles, height):
    """Edges of a mesh that a horizontal plane cuts, each once, upper end first: (n,2)."""
    pairs = triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    upper, lower = pairs[mean[pairs[:, 0], 1] >= mean[pairs[:, 1], 1]].T
    cut = (mean[upper, 1] >= height) & (mean[lower, 1] < height)
    return np.unique(np.stack([upper, lower], 1)[cut], axis=0)


def cut_weights(mean, edges, height):
    """Weights (n,2) of the ends of edges at the point where a horizontal plane cuts them."""
    upper, lower = mean[edges, 1].T - height
    return np.stack([-lower, upper], 1) / (upper - lower)[:, None]


def jaw_path(mean, triangles, height, start, stop):
    """Candidates of one jaw point on the person's right: edges (CANDIDATES,2) and their weights.

    They are evenly spread in angle about the head's axis, from the jaw's edge forward.
    """
    edges = edges_across(mean, triangles, height)
    weights = cut_weights(mean, edges, height)
    x, _, z = (mean[edges] * weights[..., None]).sum(1).T
    kept = (x <= -stop) & (z > start)
    edges, weights, angle = edges[kept], weights[kept], np.arctan2(-x, z + 60)[kept]
    wanted = np.linspace(angle.max(), angle.min(), CANDIDATES)
    nearest = np.abs(angle - wanted[:, None]).argmin(1)
    return edges[nearest], weights[nearest]


def right_paths():
    """Height, start and stop of the right half's 16 paths: of points 0 to 7 and halfway between."""
    table = np.array([*zip(JAW_HEIGHTS, JAW_STARTS, JAW_STOPS, strict=True)])
    between = (table[:-1] + table[1:]) / 2
    return np.insert(table, range(1, 8), between, axis=0).tolist() + [BEFORE_CHIN]


def jaw_paths(mean, triangles, index_of, mirror):
    """Candidates for the outline of the jaw: path 2k belongs to point k, the others lie between.

    Parameters
    ----------
    mean : (V,3) float, the mean head in mm
    triangles : (T,3) int, of the skin alone
    index_of, mirror : as in ``inner_points``

    Returns
    -------
    vertices (33,CANDIDATES,2) int and weights (33,CANDIDATES,2) float that sum to 1
    """
    vertices, weights = np.zeros((33, CANDIDATES, 2), int), np.zeros((33, CANDIDATES, 2))
    for k, place in enumerate(right_paths()):
        vertices[k], weights[k] = jaw_path(mean, triangles, *place)
        vertices[32 - k], weights[32 - k] = mirror[vertices[k]], weights[k]
    chin = index_of[[*CHIN, *CHIN[-1:] * (CANDIDATES - len(CHIN))]]
    vertices[16], weights[16] = chin[:, None], 0.5
    return vertices, weights
