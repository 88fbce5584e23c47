"""From a neutral shape to posed vertices in the camera's view and to pixels."""

from dataclasses import dataclass, replace

import numpy as np

from .raster import compiled

NECK = np.array([0, -70, -80], np.float32)  # the joint, in mm, about which the head turns
SHOULDERS_FOLLOW = (
    0.35,
    0.0,
    0.15,
)  # share of yaw, pitch and roll that the shoulders go along with
STRAIGHT = 1.0, 0.0  # cosine and sine of no turn
LOOK_UNITS_PER_DEGREE = 1 / 30  # lids and lashes follow the gaze: eyeLook* reaches 1 at 30 degrees


def rotation(yaw, pitch, roll):
    """Rotation matrix (3,3) of angles in degrees: first pitch, then yaw, then roll in the
    picture's plane.

    Positive yaw turns the face to the picture's right, pitch upwards, roll clockwise in the
    picture.
    """
    (cy, cp, cr), (sy, sp, sr) = (
        np.cos(np.radians([yaw, pitch, roll])),
        np.sin(np.radians([yaw, pitch, roll])),
    )
    turn = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    nod = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    tilt = np.array([[cr, sr, 0], [-sr, cr, 0], [0, 0, 1]])
    return (tilt @ turn @ nod).astype(np.float32)


def look_units(gaze):
    """The eyeLook* units that lids make when the eyes turn by ``gaze`` degrees (right in the
    picture, up)."""
    right, up = (float(g) * LOOK_UNITS_PER_DEGREE for g in gaze)
    amounts = {
        "eyeLookOutLeft": right,
        "eyeLookInRight": right,
        "eyeLookInLeft": -right,
        "eyeLookOutRight": -right,
    }
    amounts |= {
        f"eyeLook{way}{side}": sign * up
        for way, sign in (("Up", 1), ("Down", -1))
        for side in ("Left", "Right")
    }
    return {unit: min(w, 1.0) for unit, w in amounts.items() if w > 0}


def correctives(weights):
    """Weights after what two units may not do together: lids closed twice, lips closed without an
    open jaw."""
    fixed = dict(weights)
    for side in ("Left", "Right"):
        blink = fixed.get(f"eyeBlink{side}", 0)
        for unit in ("eyeLookDown", "eyeSquint", "eyeWide", "eyeLookUp"):
            if unit + side in fixed:
                fixed[unit + side] *= 1 - blink
    if "mouthClose" in fixed:
        fixed["mouthClose"] = min(fixed["mouthClose"], fixed.get("jawOpen", 0))
    return fixed


@compiled
def add_unit(vertices, index, delta, weight):
    """Move the vertices ``index`` (k,) by ``weight`` times ``delta`` (k,3)."""
    for k in range(len(index)):
        for n in range(3):
            vertices[index[k], n] += weight * delta[k, n]


def express(neutral, units, weights):
    """Add expression units to a neutral shape.

    Parameters
    ----------
    neutral : (V,3) float32 mm
    units : dict, name -> (indices (k,), displacements (k,3)), as ``FaceModel.units``
    weights : dict, unit name -> weight
    """
    vertices = neutral.copy()
    for name, weight in weights.items():
        if weight:
            add_unit(vertices, *units[name], np.float32(weight))
    return vertices


@compiled
def turn_vertices(vertices, weight, angles, follow, neck, aside, turned):
    """Rotate each vertex about the neck by its own share of yaw, pitch, roll (radians), and move
    it ``aside`` mm to the right; shoulders share ``follow``."""
    share = np.float32(-1)
    for v in range(len(vertices)):
        if weight[v] != share:  # most vertices follow fully or not at all: compute a sine once
            share = weight[v]
            y = angles[0] * (follow[0] + (1 - follow[0]) * share)
            p = angles[1] * (follow[1] + (1 - follow[1]) * share)
            r = angles[2] * (follow[2] + (1 - follow[2]) * share)
            cy, sy, cp, sp = np.cos(y), np.sin(y), np.cos(p), np.sin(p)
            cr, sr = np.cos(r), np.sin(r)
        x0, y0, z0 = vertices[v, 0] - neck[0], vertices[v, 1] - neck[1], vertices[v, 2] - neck[2]
        y1, z1 = y0 * cp + z0 * sp, z0 * cp - y0 * sp
        x2, z2 = x0 * cy + z1 * sy, z1 * cy - x0 * sy
        turned[v, 0] = x2 * cr + y1 * sr + neck[0] + aside
        turned[v, 1] = y1 * cr - x2 * sr + neck[1]
        turned[v, 2] = z2 + neck[2]


def pose(vertices, weight_head, angles, aside=0.0):
    """Turn the head on the shoulders: (V,3) float32 mm in camera axes.

    Parameters
    ----------
    vertices : (V,3) float32 mm
    weight_head : (V,) float32, 1 where a vertex follows the head, 0 where the shoulders
    angles : (yaw, pitch, roll) in degrees
    aside : float, mm to the right
    """
    turned = np.empty_like(vertices)
    how = np.radians(angles).astype(np.float32), np.float32(SHOULDERS_FOLLOW), NECK
    turn_vertices(vertices, weight_head, *how, np.float32(aside), turned)
    return turned


@compiled
def carry_points(points, roots, shift, carried):
    """Move points (P,3) by the shift (V,3) of the vertices ``roots`` (P,) that they hang on."""
    for p in range(len(points)):
        for n in range(3):
            carried[p, n] = points[p, n] + shift[roots[p], n]


def carried_by(shift, strands):
    """Strand points (P,3) after the skin has moved by ``shift`` (V,3)."""
    points, roots = strands.points, strands.root_of_point
    carried = np.empty_like(points)
    carry_points(points, roots, shift, carried)
    return carried


@compiled
def project_vertices(vertices, eye, focal, centre, points, near):
    """Pinhole projection of (V,3) into points (V,2) and near (V,); see ``View.project``."""
    for v in range(len(vertices)):
        near[v] = np.float32(1) / max(eye[2] - vertices[v, 2], np.float32(1))
        points[v, 0] = centre[0] + focal * (vertices[v, 0] - eye[0]) * near[v]
        points[v, 1] = centre[1] - focal * (vertices[v, 1] - eye[1]) * near[v]


@compiled
def turn_points(points, centre, cosine, sine):
    """Turn points (P,2) about a centre, clockwise in a picture, in place."""
    for p in range(len(points)):
        x, y = points[p, 0] - centre[0], points[p, 1] - centre[1]
        points[p, 0] = centre[0] + cosine * x - sine * y
        points[p, 1] = centre[1] + sine * x + cosine * y


@dataclass(frozen=True)
class View:
    """A pinhole camera at ``(x, y, distance)`` mm looking along -z, and the size of its picture in
    pixels.

    Attributes
    ----------
    focal : float, pixels
    turn : (cosine, sine) of the angle by which the picture is turned clockwise about its axis
    centre : (x, y) pixels where the camera's axis meets the picture; None for its middle
    """

    x: float
    y: float
    distance: float
    focal: float
    height: int
    width: int
    turn: tuple = STRAIGHT
    centre: tuple | None = None

    @classmethod
    def of(cls, camera, height, width):
        """The view of a Camera whose picture is ``height`` x ``width`` pixels."""
        return cls(
            camera.x,
            camera.y,
            camera.distance,
            camera.distance * height / camera.field,
            height,
            width,
        )

    @property
    def axis(self):
        """Pixel (x, y) where the camera's axis meets the picture."""
        return self.centre or (self.width / 2, self.height / 2)

    def through(self, matrix, size):
        """The view whose square picture, ``size`` pixels wide, shows this one's moved by a
        similarity (2,3): the camera turned about its axis, zoomed and cut, not resampled."""
        (a, b), (c, s) = matrix[:, 0], self.turn
        scale = float(np.hypot(a, b))
        turn = (a * c - b * s) / scale, (a * s + b * c) / scale
        return replace(
            self, focal=self.focal * scale, height=size, width=size, turn=turn,
            centre=tuple(matrix @ [*self.axis, 1.0]),
        )  # fmt: skip

    def project(self, vertices, points=None, near=None):
        """Pixel coordinates (V,2) float32 (centres at +0.5) and nearness 1/distance (V,) of points
        (V,3) in mm; into the arrays given, if any."""
        points = np.empty((len(vertices), 2), np.float32) if points is None else points
        near = np.empty(len(vertices), np.float32) if near is None else near
        eye = np.float32([self.x, self.y, self.distance])
        centre = np.float32(self.axis)
        project_vertices(vertices, eye, np.float32(self.focal), centre, points, near)
        if self.turn != STRAIGHT:
            turn_points(points, centre, *np.float32(self.turn))
        return points, near

    @property
    def in_samples(self):
        """The same view in samples, two per pixel and axis."""
        double = {name: 2 * getattr(self, name) for name in ("focal", "height", "width")}
        double["centre"] = tuple(2 * middle for middle in self.axis)
        return replace(self, **double)
