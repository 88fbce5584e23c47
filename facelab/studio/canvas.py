"""A canvas for painted backgrounds: soft shapes, noise and colours, the same at every size.

Everything is measured in picture heights from the picture's centre line. Edges are as soft as a
lens makes them: an object out of focus is the sharp one averaged over the disc of confusion, which
turns each of its edges into a smooth ramp, so no blur filter is needed.
"""

from dataclasses import dataclass
from functools import cached_property
from math import ceil, cos, floor, pi

import numpy as np

from .raster import exactly

DEPTH_OF_FIELD = 0.05  # radius of a far point's disc at blur = 1
LEAST_BLUR = 0.15  # share of it that far things keep at blur = 0, as in any portrait
NONE = slice(0, 0), slice(0, 0)  # the window of what does not show
WALL_DEPTH = 0.3  # a wall stands close behind the person: its share of that radius


@dataclass(frozen=True, eq=False)
class Canvas:
    """A picture being painted in linear light, or a part of one.

    Attributes
    ----------
    light : (3,H,W) float32
    x : (W,) float32, 0 at the middle of the picture, growing to the right
    y : (H,) float32, from 0 at its top to 1 at its bottom
    blur : float in [0, 1]
    seed : int
    shape : (height, width) of the whole picture in pixels
    corner : (row, column) of the part's first pixel in it
    """

    light: np.ndarray
    x: np.ndarray
    y: np.ndarray
    blur: float
    seed: int
    shape: tuple
    corner: tuple = (0, 0)

    @classmethod
    def blank(cls, height, width, blur, seed, part=None):
        """A canvas without light; ``part`` is (top, left, bottom, right) in pixels of the picture,
        also beyond its borders."""
        top, left, bottom, right = part or (0, 0, height, width)
        x = ((np.arange(left, right) + 0.5 - width / 2) / height).astype(np.float32)
        y = ((np.arange(top, bottom) + 0.5) / height).astype(np.float32)
        light = np.zeros((3, len(y), len(x)), np.float32)
        return cls(light, x, y, blur, seed, (height, width), (top, left))

    @cached_property
    def pixel(self):
        """Height of a pixel."""
        return 1 / self.shape[0]

    def rng(self, *what):
        """A generator of its own for each part of the picture, the same at every size."""
        return np.random.default_rng([self.seed, *what])

    def softness(self, depth=1.0):
        """Half the width of an edge at ``depth`` (0 in focus, 1 far away)."""
        return max(softness(depth, self.blur), self.pixel / 2)

    def slots(self, spacing, *what):
        """Stretches ``spacing`` wide that show, and one more on either side: (number, rng)."""
        first, last = float(self.x[0]) / spacing, float(self.x[-1]) / spacing
        for number in range(floor(first) - 1, ceil(last) + 1):
            yield number, self.rng(*what, number + 1000)

    @cached_property
    def span(self):
        """Left, right, top and bottom of what is painted."""
        half = self.pixel / 2
        across, down = self.x[[0, -1]].tolist(), self.y[[0, -1]].tolist()
        return across[0] - half, across[1] + half, down[0] - half, down[1] + half

    def misses(self, left, right, top, bottom):
        """Whether a rectangle surely lies outside: cheaper to ask than its window."""
        first, last, above, below = self.span
        return left > last or right < first or top > below or bottom < above

    @cached_property
    def frame(self):
        """Height and width of the picture, row and column of the part's first pixel, and its rows
        and columns, as ``window_in`` reads them."""
        return *self.shape, *self.corner, len(self.y), len(self.x)

    def window(self, left, right, top, bottom):
        """Slices (rows, columns) of the pixels in a rectangle."""
        sides = map(float, (left, right, top, bottom))
        first, last, start, stop = window_in(self.frame, *sides)
        return slice(first, last), slice(start, stop)

    def cover(self, alpha, colour, rows=slice(None), columns=slice(None)):  # noqa: B008
        """Lay ``colour`` over the picture, or a window of it, with ``alpha`` (h,w)."""
        under = self.light[:, rows, columns]
        under += alpha * (colour - under)

    def box(self, left, right, top, bottom, colour, depth=1.0, slant=0.0):
        """An upright box; ``slant`` makes it wider at the bottom by that much on either side."""
        soft = self.softness(depth)
        reach = soft + abs(slant)
        sides = left - reach, right + reach, top - soft, bottom + soft
        if not self.misses(*sides):
            # whole numbers would be compiled for once more
            edges = tuple(map(float, (left, right, top, bottom, 0.5 / soft, slant)))
            paint_box(self.light, self.x, self.y, self.frame, sides, edges, colour)

    def disc(self, x, y, radius, colour, soft, alpha=1.0, tall=1.0):
        """A disc, or with ``tall`` != 1 an ellipse, with edges of half width ``soft``."""
        self._round((x, y, radius, soft, tall), (alpha, 0.0), colour)

    def bokeh(self, x, y, radius, colour, alpha):
        """What a lens makes of a bright point: an even disc, a little brighter at its rim."""
        soft = max(radius * 0.12, self.pixel * 0.6)
        self._round((x, y, radius, soft, 1.0), (0.8 * alpha, 0.2 * alpha), colour)

    def _round(self, shape, alpha, colour):
        x, y, radius, soft, tall = shape
        across, down = radius + soft, (radius + soft) * tall
        sides = x - across, x + across, y - down, y + down
        if not self.misses(*sides):
            paint_disc(self.light, self.x, self.y, self.frame, sides, shape, alpha, colour)

    def glow(self, x, y, radius, colour):
        """Light added around a lamp or a window, fading to nothing at ``radius``."""
        far, (rows, columns) = self.distance(x, y, radius)
        if far is not None:
            fade = np.maximum(1 - far / np.float32(radius), 0) ** 2
            self.light[:, rows, columns] += fade * colour

    def distance(self, x, y, reach, tall=1.0):
        """Distance (h,w) to a point where it is below ``reach``, and that window; None outside."""
        sides = x - reach, x + reach, y - reach * tall, y + reach * tall
        rows, columns = NONE if self.misses(*sides) else self.window(*sides)
        if empty(rows, columns):
            return None, (rows, columns)
        across, down = self.x[columns] - np.float32(x), self.y[rows] - np.float32(y)
        return np.hypot(across, down[:, None] / np.float32(tall)), (rows, columns)

    def fill(self, base, seed, lean=0.25):
        """Fill everything with ``base`` under light that falls off to one side and downwards."""
        rng = self.rng(seed, 1)
        side, fall = rng.uniform(-lean, lean), rng.uniform(0, lean)
        self.light[:] = (1 + side * np.tanh(self.x * 1.5) + fall * (0.4 - self.y)[:, None]) * base

    def noise(self, seed, frequency, octaves=1, depth=1.0, gain=0.5, stretch=1.0):
        """Clouds (H,W) float32: octaves of value noise, each finer by 2 and weaker by ``gain``.

        ``frequency`` is that of the coarsest in bumps to a picture height, ``stretch`` > 1 draws
        them out sideways. What blur or pixels would hide is left out.
        """
        total = np.zeros(self.light.shape[1:], np.float32)
        for octave in range(octaves):
            fine = frequency * 2**octave
            kept = gain**octave * np.exp(-2 * (fine * self.softness(depth)) ** 2)
            if kept > 0.01:
                lattice = 31 * (self.seed + seed) + octave
                add_noise(total, kept, self.x, self.y, lattice, fine, stretch)
        return total


def softness(depth, blur):
    """Half the width of an edge at ``depth``, in picture heights, at any number of pixels."""
    least = LEAST_BLUR if depth > WALL_DEPTH else 0
    return DEPTH_OF_FIELD * depth * (least + (1 - least) * blur)


def empty(rows, columns):
    """Whether a window holds no pixel."""
    return rows.start >= rows.stop or columns.start >= columns.stop


def ramp(u, at, soft):
    """0 before ``at``, 1 behind it, a smooth ramp of half width ``soft`` between."""
    t = (u - np.float32(at)) * np.float32(0.5 / soft) + np.float32(0.5)
    t = np.minimum(np.maximum(t, 0), 1)
    return t * t * (3 - 2 * t)


@exactly
def _ramp(u, at, steep):
    """``ramp`` of one number; ``steep`` is .5 / soft."""
    t = (u - at) * steep + np.float32(0.5)
    t = min(max(t, np.float32(0)), np.float32(1))
    return t * t * (np.float32(3) - np.float32(2) * t)


@exactly
def window_in(frame, left, right, top, bottom):
    """First row, last row, first column and last of a part's pixels in a rectangle; see
    ``Canvas.frame``."""
    high, wide, above, before, rows, columns = frame
    first, last = ceil(top * high - 0.5) - above, ceil(bottom * high - 0.5) - above
    start, stop = ceil(left * high + wide / 2 - 0.5), ceil(right * high + wide / 2 - 0.5)
    return (
        min(max(first, 0), rows), min(max(last, 0), rows),
        min(max(start - before, 0), columns), min(max(stop - before, 0), columns),
    )  # fmt: skip


@exactly
def paint_box(light, x, y, frame, sides, edges, colour):
    """What ``Canvas.box`` says, in the window of ``sides``."""
    first, last, start, stop = window_in(frame, *sides)
    left, right, top, bottom = (
        np.float32(edges[0]), np.float32(edges[1]), np.float32(edges[2]), np.float32(edges[3])
    )  # fmt: skip
    steep, slant, fall = np.float32(edges[4]), np.float32(edges[5]), np.float32(edges[3] - edges[2])
    for i in range(first, last):
        tall = _ramp(y[i], top, steep) - _ramp(y[i], bottom, steep)
        grow = slant * (y[i] - top) / fall if slant != 0 else np.float32(0)
        for j in range(start, stop):
            wide = _ramp(x[j] + grow, left, steep) - _ramp(x[j] - grow, right, steep)
            alpha = tall * wide
            for k in range(3):
                light[k, i, j] += alpha * (colour[k, 0, 0] - light[k, i, j])


@exactly
def paint_disc(light, x, y, frame, sides, shape, alpha, colour):
    """What ``Canvas.disc`` and ``bokeh`` say, in the window of ``sides``: ``alpha`` is that of the
    middle and how much is added towards the rim."""
    first, last, start, stop = window_in(frame, *sides)
    middle_x, middle_y, radius = np.float32(shape[0]), np.float32(shape[1]), np.float32(shape[2])
    steep, tall = np.float32(0.5 / shape[3]), np.float32(shape[4])
    even, rim = np.float32(alpha[0]), np.float32(alpha[1])
    for i in range(first, last):
        down = (y[i] - middle_y) / tall
        for j in range(start, stop):
            across = x[j] - middle_x
            far = np.sqrt(across * across + down * down)
            out = far / radius
            share = (even + rim * out * out) * (np.float32(1) - _ramp(far, radius, steep))
            for k in range(3):
                light[k, i, j] += share * (colour[k, 0, 0] - light[k, i, j])


# ---------------------------------------------------------------------------------------------
# Noise


def hashed(rows, columns, seed):
    """A number in [-1, 1] for each point of a lattice: (len(rows), len(columns)) float32.

    Hashing whole numbers gives any stretch of an endless lattice, the same on every machine.
    """
    found = np.empty((len(rows), len(columns)), np.float32)
    _hash(rows.astype(np.uint32), columns.astype(np.uint32), np.uint32(seed & 0xFFFFFFFF), found)
    return found


@exactly
def _hash(rows, columns, seed, found):
    """What ``hashed`` says; the products are cut to 32 bits."""
    salt = np.uint32(seed * np.uint32(0xC2B2AE3D))
    for i in range(len(rows)):
        down = np.uint32(rows[i] * np.uint32(0x9E3779B1)) ^ salt
        for j in range(len(columns)):
            h = np.uint32(down ^ np.uint32(columns[j] * np.uint32(0x85EBCA77)))
            h = np.uint32((h ^ (h >> np.uint32(15))) * np.uint32(0x2C1B3C6D))
            h = np.uint32((h ^ (h >> np.uint32(12))) * np.uint32(0x297A2D39))
            found[i, j] = np.uint32(h ^ (h >> np.uint32(15))) / 2147483648.0 - 1.0


def value_noise(x, y, seed, frequency, stretch=1.0):
    """Smooth random values (len(y), len(x)) float32 in [-1, 1] between the points of a lattice."""
    total = np.zeros((len(y), len(x)), np.float32)
    add_noise(total, 1, x, y, seed, frequency, stretch)
    return total


def add_noise(total, share, x, y, seed, frequency, stretch=1.0):
    """Add ``share`` of ``value_noise`` to ``total`` (len(y), len(x)) float32; x, y are float32."""
    column, across = _between(x * np.float32(frequency / stretch))
    row, down = _between(y * np.float32(frequency))
    lattice = hashed(np.arange(row[0], row[-1] + 2), np.arange(column[0], column[-1] + 2), seed)
    weave(lattice, row - row[0], down, column - column[0], across, np.float32(share), total)


@exactly
def weave(lattice, row, down, column, across, share, total):
    """What ``add_noise`` says, from the lattice and where in it rows and columns of pixels lie."""
    line = np.empty(lattice.shape[1], np.float32)
    for i in range(len(row)):
        above, below = lattice[row[i]], lattice[row[i] + 1]
        for k in range(len(line)):
            line[k] = above[k] + down[i] * (below[k] - above[k])
        for j in range(len(column)):
            left, right = line[column[j]], line[column[j] + 1]
            total[i, j] += share * (left + across[j] * (right - left))


def _between(u):
    """The lattice cell of each coordinate and a smooth share in [0, 1] of the way through it."""
    cell = np.floor(u)
    t = u - cell
    return cell.astype(np.int64), t * t * (3 - 2 * t)


# ---------------------------------------------------------------------------------------------
# Colours


def colour(hue, chroma, value):
    """A colour as the eye would name it, in linear light.

    Parameters
    ----------
    hue : float, turns around the colour circle: 0 red, .08 orange, .33 green, .6 blue
    chroma : float in [0, 1], 0 is grey; bright colours are made paler, as surfaces are
    value : float >= 0, brightness as perceived; .5 is a middle grey

    Returns
    -------
    (3,1,1) float32
    """
    return _tint(float(hue), float(chroma), float(value))


@exactly
def _tint(hue, chroma, value):
    """What ``colour`` says."""
    pale = chroma / (1 + 2.2 * max(value - 0.6, 0.0))
    tint = np.empty((3, 1, 1), np.float32)
    for k, weight in enumerate((0.7, 0.5, 0.85)):
        tint[k, 0, 0] = (value * max(1 + pale * weight * cos(2 * pi * (hue - k / 3)), 0.0)) ** 2.2
    return tint


def interior_colour(rng, low=0.3, high=0.85):
    """A colour of walls, furniture or cloth: near grey, mostly warm, else green or blue."""
    hue = rng.normal(0.09, 0.04) if rng.random() < 0.65 else rng.uniform(0.27, 0.68)
    return colour(hue, rng.beta(1.4, 4) * 0.5, rng.uniform(low, high))
