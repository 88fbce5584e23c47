"""Combing fields: where hair is led.

Each maker returns a function of (points (n,3), normals (n,3), t) that gives pulls (n,3); t runs
from 0 at the root to 1 at the tip.
"""

import numpy as np

from .growth import DOWN, unit
from .model import smoothstep


def _vectors(x, y, z):
    """Pulls (n,3) from components (n,1) or numbers."""
    return np.concatenate(np.broadcast_arrays(*map(np.float32, (x, y, z))), 1)


def radial(crown):
    """Away from the crown on all sides: forwards in front, down at the sides and behind."""

    def comb(points, normals, t):
        return unit(points - crown) + 0.35 * (1 - smoothstep(0.3, 0.9, normals[:, 1:2])) * DOWN

    return comb


def turned(comb, degrees, crown):
    """Another field, turned about the vertical on top of the head in front of the crown."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.float32([[c, 0, -s], [0, 1, 0], [s, 0, c]])

    def led(points, normals, t):
        plain = comb(points, normals, t)
        top = smoothstep(0.35, 0.8, normals[:, 1:2]) * smoothstep(0, 40, points[:, 2:3] - crown[2])
        return plain + top * (plain @ turn - plain)

    return led


def swept(parting, crown, back=0.25):
    """Away from a parting at x = ``parting`` mm that runs from the forehead to the crown."""
    behind = radial(crown)

    def comb(points, normals, t):
        top = smoothstep(0.2, 0.75, normals[:, 1:2])
        away = _vectors(np.tanh((points[:, :1] - parting) / 5), 0, -back)
        front = top * away + (1 - top) * np.float32([0, -1, -0.2])
        share = smoothstep(-25, 20, points[:, 2:3] - crown[2])
        return share * front + (1 - share) * behind(points, normals, t)

    return comb


def slick(points, normals, t):
    """From the forehead over the crown and round the sides to the back, down behind."""
    rear = smoothstep(-70, -145, points[:, 2:3])
    low = 1 - smoothstep(10, 50, points[:, 1:2])
    return (1 - rear) * np.float32([0, 0, -1]) + (0.9 * rear + 0.45 * low) * DOWN


def curtain(parting, crown, back):
    """Long hair: from the parting, out of the face and down, before or behind the shoulders."""
    away = swept(parting, crown, back)

    def comb(points, normals, t):
        x, y, z = points[:, :1], points[:, 1:2], points[:, 2:3]
        head = smoothstep(0, 45, y)
        face = smoothstep(-45, -22, z) * smoothstep(60, 35, y)
        shoulder = smoothstep(-80, -120, y)
        out = (0.6 * face - 0.3 * shoulder) * np.sign(x)
        pull = _vectors(out, 0, -1.4 * face + shoulder * np.where(z > -72, 0.8, -0.1))
        inwards = 0.22 * normals * (1 - head) * (1 - shoulder)
        return 0.5 * away(points, normals, t) * head + pull - inwards

    return comb


def forwards(lean):
    """A fringe: forwards off the head, then left to gravity."""

    def comb(points, normals, t):
        return _vectors(lean * (1 - t) + 0.004 * points[:, :1], -0.3, 1.2 * (1 - t))

    return comb


def towards(tie):
    """Pulled back into a tie."""
    return lambda points, normals, t: unit(tie - points)


def free(points, normals, t):
    """Not combed at all."""
    return np.zeros_like(points)


def beard_comb(points, normals, t):
    """A beard: downwards; the moustache from its middle outwards."""
    upper = smoothstep(-68, -62, points[:, 1:2])
    return _vectors(1.5 * upper * np.tanh(points[:, :1] / 6) - 0.004 * points[:, :1], -1, 0.25)
