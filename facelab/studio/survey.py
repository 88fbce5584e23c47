"""Heads as they were measured: distances between landmarks, what surveys found, and how a drawn
shape gets there.

The targets of the face model are a modeller's extremes. Drawn freely they make eyes too close
together, faces short for their skulls and small noses: the proportions by which children are known
(Lorenz 1943, Z Tierpsychol 5:235; Alley 1981, Dev Psychol 17:650). So every drawn shape is moved to
the nearest one whose distances adults have.

Means and standard deviations were computed from the public tables of two surveys, men and women
apart: NIOSH 2003, head and face of 2,543 men and 1,454 women aged 18 to 66 (data set
RD-10130-2020-0; Zhuang and Bradtmiller 2005, J Occup Environ Hyg 2:567), and for the height of the
skull ANSUR II 2012, 4,082 men and 1,986 women aged 17 to 58 (Gordon et al. 2014, NATICK/TR-15/007).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from .shape import sample_weights

# Where a calliper stands: vertices of ``base.obj``; of those with a twin, the right one.
PLACES = {
    "sellion": (132,),  # deepest point of the nose's root, as point 27
    "subnasale": (343, 317),  # below the nose, as point 33
    "pronasale": (297,),  # tip of the nose
    "menton": (747,),  # lowest point of the chin
    "glabella": (227,),  # between the brows
    "opisthocranion": (962,),  # point of the skull furthest back
    "crown": (881,),
    "tragion": (5424, 12023),  # upper end of the tragus, mean of both ears
    "alare": (336,),  # widest point of the nose
    "cheilion": (425,),  # corner of the mouth, as point 48
    "gonion": (739,),  # angle of the jaw
    "zygion": (867,),  # widest point of the cheek bone's arch, 15 mm before the tragus
    "euryon": (5399,),  # widest point of the skull, above the ear
}


@dataclass(frozen=True)
class Distance:
    """One distance of a survey.

    Attributes
    ----------
    ends : names of two places, or of one that has a twin on the other side
    men, women : (mean, standard deviation) in mm
    upright : bool, True when only the difference in height counts
    """

    ends: tuple
    men: tuple
    women: tuple
    upright: bool = False


SURVEY = {
    "eye distance": Distance(("pupil",), (65.07, 3.80), (63.14, 3.98)),
    "face height": Distance(("sellion", "menton"), (123.19, 7.16), (114.23, 6.47)),
    "nose length": Distance(("sellion", "subnasale"), (51.88, 4.12), (47.68, 3.81)),
    "nose protrusion": Distance(("subnasale", "pronasale"), (20.80, 2.75), (18.94, 2.68)),
    "nose width": Distance(("alare",), (37.81, 4.80), (35.81, 4.92)),
    "mouth width": Distance(("cheilion",), (51.65, 4.27), (49.15, 4.47)),
    "jaw width": Distance(("gonion",), (120.70, 10.70), (111.64, 9.27)),
    "cheek bone width": Distance(("zygion",), (143.89, 6.86), (136.24, 6.53)),
    "head breadth": Distance(("euryon",), (153.10, 5.96), (146.99, 5.75)),
    "head length": Distance(("glabella", "opisthocranion"), (197.36, 7.51), (187.56, 7.60)),
    "skull height": Distance(("tragion", "crown"), (131.15, 6.16), (126.48, 6.55), upright=True),
}

# Mean and standard deviation of the scores of shapes as ``sample_weights`` draws them, before they
# are moved; ``python -m facelab.measure.anthropometry --drawn`` prints them.
DRAWN = {
    "eye distance": (-1.70, 1.21),
    "face height": (-1.04, 1.18),
    "nose length": (-0.11, 0.94),
    "nose protrusion": (-1.98, 1.32),
    "nose width": (-0.94, 1.28),
    "mouth width": (-1.21, 1.19),
    "jaw width": (-0.56, 0.92),
    "cheek bone width": (-0.70, 1.40),
    "head breadth": (-1.49, 1.64),
    "head length": (-0.10, 1.61),
    "skull height": (-1.27, 1.71),
}

# The targets that move a shape, and how easily each gives way (standard deviation of its weight).
EASE = {
    "eye-trans-in": 0.3,
    "head-scale-horiz": 0.25,
    "head-scale-vert": 0.25,
    "head-scale-depth": 0.25,
    "head-back-scale-depth": 0.2,
    "head-square": 0.1,
    "head-fat": 0.1,
    "forehead-scale-vert": 0.2,
    "chin-height": 0.3,
    "chin-width": 0.3,
    "nose-scale-vert": 0.33,
    "nose-scale-depth": 0.33,
    "nose-scale-horiz": 0.33,
    "nose-width3": 0.33,
    "mouth-scale-horiz": 0.3,
    "ear-trans-up": 0.2,
}
STEPS = 4  # distances are nearly linear in the weights
SLACK = 0.15  # standard deviations by which a distance may miss for the sake of smaller weights
FURTHEST = 2.2  # standard deviations from the mean; scores beyond are drawn in smoothly
EXTREME = 1.0  # of a weight: the modeller's own extreme

# What moves in everybody without a survey, judged by eye: eyes as much longer as they now stand
# further apart, less lip and cheek, more chin, cheek bone and brow ridge.
SHIFTS = {
    "eye-scale": 0.5,
    "mouth-lowerlip-height": -0.1,
    "chin-prominent": 0.2,
    "cheek-volume": -0.3,
    "cheek-bones": 0.2,
    "eyebrows-trans-forward": 0.2,
}

# What tells a child's head from an adult's: a large round head with a short face, a small nose,
# mouth and jaw.
CHILDLIKE = {
    "skull height": 1 / 6, "head breadth": 1 / 6, "cheek bone width": 1 / 6,
    "face height": -1 / 4, "nose length": -1 / 5, "nose protrusion": -1 / 5, "mouth width": -1 / 5,
    "jaw width": -1 / 6,
}  # fmt: skip
MOST_CHILDLIKE = 0.0  # nobody's head is more of a child's than the surveys' mean


@cache
def _ends(model):
    """Differences between the ends of each distance, linear in the vertices: (K, V) float."""
    index = {int(name): i for i, name in enumerate(model.vertex_ids)}
    places = {name: [index[v] for v in vertices] for name, vertices in PLACES.items()}
    places["pupil"] = list(model.eye_right)
    rows = np.zeros((len(SURVEY), len(model.mean)))
    for row, distance in zip(rows, SURVEY.values(), strict=True):
        first = places[distance.ends[0]]
        twin = model.neighbours[first] if len(distance.ends) == 1 else places[distance.ends[1]]
        np.add.at(row, first, 1 / len(first))
        np.add.at(row, twin, -1 / len(twin))
    return rows


def _lengths(spans):
    """Distances (..., K) of differences (..., K, 3) between their ends."""
    upright = np.array([d.upright for d in SURVEY.values()])[:, None]
    return np.linalg.norm(np.where(upright, spans * [0, 1, 0], spans), axis=-1)


def distances(model, shapes):
    """Measure heads.

    Parameters
    ----------
    model : FaceModel
    shapes : (..., V, 3) float, vertices in mm, neutral

    Returns
    -------
    (..., K) float, mm, in the order of ``SURVEY``
    """
    return _lengths(np.einsum("kv,...vd->...kd", _ends(model), shapes, optimize=True))


def norms(masculinity):
    """Means and standard deviations (..., K) in mm between those of women (0) and men (1)."""
    share = np.asarray(masculinity, float)[..., None, None]
    table = np.array([(d.women, d.men) for d in SURVEY.values()])
    mixed = (1 - share) * table[:, 0] + share * table[:, 1]
    return mixed[..., 0], mixed[..., 1]


def childlikeness(scores):
    """How much a head (..., K scores) is a child's: skull against features, in standard
    deviations."""
    return np.asarray(scores) @ np.array([CHILDLIKE.get(name, 0) for name in SURVEY])


def _among_people(scores):
    """The scores (..., K) that a drawn shape's scores become: none far out, none a child's."""
    middle, width = np.array([DRAWN[name] for name in SURVEY]).T
    wanted = FURTHEST * np.tanh((scores - middle) / width / FURTHEST)
    toward = np.array([CHILDLIKE.get(name, 0) for name in SURVEY])
    excess = np.maximum(childlikeness(wanted) - MOST_CHILDLIKE, 0)
    return wanted - excess[..., None] * toward / (toward @ toward)


@cache
def _moves(model):
    """What ``as_measured`` needs: differences between the ends on the template (K,3), their change
    per unit weight (n,K,3), the weights (n,K) that lengthen each distance by a millimetre, the
    shifts (n,), and the least and largest weights (n,) it may give."""
    ends, ease = _ends(model), np.array([EASE.get(name, 0) for name in model.names])
    start, slopes = ends @ model.template, np.einsum("kv,nvd->nkd", ends, model.targets)
    middle = ends @ model.mean
    slope = (_lengths(middle + slopes) - _lengths(middle)).T  # (K,n) mm
    slack = (SLACK * norms(0.5)[1]) ** 2
    give = ease[:, None] ** 2 * slope.T
    gain = give @ np.linalg.inv(slope @ give + np.diag(slack))
    low = np.where(np.isin(model.names, model.one_sided), 0, -EXTREME)
    bounds = np.where(ease > 0, low, -np.inf), np.where(ease > 0, EXTREME, np.inf)
    shifts = np.array([SHIFTS.get(name, 0.0) for name in model.names])
    return start, slopes, gain, shifts, bounds


def as_measured(model, weights, masculinity):
    """Move a shape to the nearest one whose distances people have.

    The order of shapes stays: who had the longest nose among those drawn has the longest nose among
    those moved. The change of weights is the smallest, in units of ``EASE``, that makes the
    distances (linear inversion; Tarantola 2005, "Inverse Problem Theory", section 3.2).

    Parameters
    ----------
    model : FaceModel
    weights : (n,) float, target weights as ``shape.sample_weights`` draws them
    masculinity : float in [0, 1], the trait

    Returns
    -------
    (n,) float64, rounded to four decimals, so that they are the same on every machine
    """
    start, slopes, gain, shifts, bounds = _moves(model)
    mean, deviation = norms(masculinity)

    def measured(moved):
        return _lengths(start + np.tensordot(moved, slopes, 1))

    moved = np.array(weights, float)
    wanted = mean + deviation * _among_people((measured(moved) - mean) / deviation)
    moved += shifts
    for _ in range(STEPS):
        moved = np.clip(moved + gain @ (wanted - measured(moved)), *bounds)
    return np.round(moved, 4)


def draw_weights(rng, model, traits):
    """Draw one person's target weights: drawn freely, then moved to where people are.

    Parameters
    ----------
    rng : numpy.random.Generator
    model : FaceModel
    traits : Traits

    Returns
    -------
    (n,) float64
    """
    drawn = sample_weights(rng, model.names, set(model.one_sided.tolist()), traits)
    return as_measured(model, drawn, traits.masculinity)
