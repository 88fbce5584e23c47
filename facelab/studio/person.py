"""People who do not exist: who they are, how they are drawn, mixed, compared and swapped."""

from dataclasses import dataclass, fields, replace

import numpy as np

from .errors import number, require
from .model import load_model, smoothstep
from .shape import Traits, sample_traits
from .survey import draw_weights

HAIR_STYLES = (
    "bald",
    "shaved",
    "buzz",
    "short",
    "side_part",
    "slicked",
    "curly_short",
    "afro",
    "bob",
    "long_straight",
    "long_wavy",
    "long_curly",
    "ponytail",
    "bun",
)
BEARDS = ("none", "stubble", "moustache", "goatee", "short_beard", "full_beard")


# Where a number of Looks or Traits lies, if not in [0, 1].
RANGES = {"melanin": (0.05, 2.2), "age": (25.0, 85.0), "weight": (-1.0, 1.0)}


@dataclass(frozen=True)
class Looks:
    """Colours and small things of a person; numbers in [0, 1] unless said (``RANGES``).

    melanin in [0.05, 2.2] and blood in [0, 1] are the two pigments of the skin; eye_melanin runs
    from blue to dark brown; hair_melanin from white-blond to black, hair_red adds red; grey is the
    share of grey hair; ``detail`` seeds pores, moles, freckles and strands.
    """

    melanin: float
    blood: float
    freckles: float
    moles: float
    lip_colour: float
    eye_melanin: float
    eye_green: float
    hair_melanin: float
    hair_red: float
    grey: float
    hair_style: str
    beard: str
    brow_density: float
    brow_width: float
    brow_arch: float
    lash_length: float
    shine: float
    detail: int


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist.

    Make one with ``from_seed`` or ``random``. Two people are equal when all that is seen of them
    is.

    Attributes
    ----------
    traits : Traits
    weights : tuple of floats, one per target of the face model
    looks : Looks
    face : Person or None, whose inner face this person wears (``with_face_of``)
    tone : "b" or "a", whose skin tone the inner face has when ``face`` is set
    """

    traits: Traits
    weights: tuple
    looks: Looks
    face: "Person | None" = None
    tone: str = "b"

    @classmethod
    def from_seed(cls, seed):
        """The person number ``seed``: the same on every machine."""
        require(
            isinstance(seed, int | np.integer) and seed >= 0,
            f"Person.from_seed needs a whole number >= 0, got {seed!r}.",
        )
        return cls.random(np.random.default_rng([77, int(seed)]))

    @classmethod
    def random(cls, rng):
        """Draw a person: see ``shape.sample_traits``, ``survey.draw_weights`` and
        ``sample_looks`` for the distributions."""
        require(
            isinstance(rng, np.random.Generator),
            "Person.random needs a numpy Generator: np.random.default_rng(seed).",
        )
        model, traits = load_model(), sample_traits(rng)
        weights = draw_weights(rng, model, traits)
        return cls(traits, tuple(float(w) for w in weights), sample_looks(rng, traits))

    @classmethod
    def between(cls, a, b, t):
        """The person a share ``t`` of the way from ``a`` (0) to ``b`` (1).

        Shape and colours change evenly; hair style and beard are those of the nearer person.

        Parameters
        ----------
        a, b : Person
        t : float in [-3, 4]; values outside [0, 1] make caricatures, whose traits and colours stop
            where those of people end
        """
        _require_people("between", a, b)
        number("Person.between's t", t, -3, 4)
        require(
            a.face is None and b.face is None,
            "Person.between mixes whole people: not one who wears another's face.",
        )
        weights = tuple((1 - t) * x + t * y for x, y in zip(a.weights, b.weights, strict=True))
        return cls(_mix(a.traits, b.traits, t), weights, _mix(a.looks, b.looks, t))

    @classmethod
    def distance(cls, a, b):
        """How different two faces are: 0 for the same, about 1.4 for two people drawn at random.

        Root mean square of shape difference over the inner face (in 3.6 mm) and skin difference
        (in .3 of albedo). What counts is the face that is seen: of somebody who wears another's
        face, the worn one.
        """
        _require_people("distance", a, b)
        shape = np.linalg.norm(_inner(a) - _inner(b), axis=1)
        colour = _inner_skin(a) - _inner_skin(b)
        return float(np.sqrt((np.mean(shape**2) / 3.6**2 + np.mean(colour**2) / 0.3**2) / 2))

    def with_face_of(self, other, tone="b"):
        """This person with the inner face of ``other``: its shape, skin, brows, eyes and mouth;
        all else stays.

        The true answer of a face swap, "identity from B, everything else from A".

        Parameters
        ----------
        other : Person
            Their own face counts, also where they wear another's. Your own face comes back with
            ``person.with_face_of(person)``.
        tone : "b" keeps B's pigments inside the face; "a" keeps B's features and detail but A's
            skin tone
        """
        require(
            isinstance(other, Person), f"with_face_of needs a Person, got {type(other).__name__}."
        )
        require(tone in ("a", "b"), f"tone must be 'a' or 'b', got {tone!r}.")
        own, face = bare(self), bare(other)
        return own if face == own else replace(self, face=face, tone=tone)


def bare(person):
    """The person without the face that they wear."""
    return person if person.face is None else replace(person, face=None, tone="b")


def _require_people(what, *people):
    for given in people:
        wrong = f"Person.{what} needs two people, got {type(given).__name__}."
        require(isinstance(given, Person), wrong)


def _mix(a, b, t):
    """Mix two dataclasses field by field: numbers evenly, everything else from the nearer one."""
    return type(a)(
        **{f.name: _mix_value(f.name, getattr(a, f.name), getattr(b, f.name), t) for f in fields(a)}
    )


def _mix_value(name, x, y, t):
    if isinstance(x, tuple):
        mixed = [max((1 - t) * p + t * q, 0.0) for p, q in zip(x, y, strict=True)]
        whole = 1.0 if 0 <= t <= 1 else sum(mixed)  # beyond both, a share may have been cut off
        return tuple(share / whole for share in mixed)
    if isinstance(x, float):
        low, high = RANGES.get(name, (0.0, 1.0))
        return min(max((1 - t) * x + t * y, low), high)
    return x if t < 0.5 else y


def _inner(person):
    """The inner face that is seen, (n,3) mm."""
    model = load_model()
    return model.shape((person.face or person).weights)[face_weight(model) > 0.5]


def _inner_skin(person):
    """Albedo (3,) of the inner face that is seen."""
    from .skin import skin_albedo

    seen = person.face if person.face and person.tone == "b" else person
    return skin_albedo(seen.looks.melanin, seen.looks.blood)


def face_ring(x, y):
    """Distance from the middle of the face, 1 on the border of the inner face; x, y in mm on the
    mean head.

    Round below like a chin, square above like a forehead, and there wide enough for whole brows.
    """
    x, y = np.abs(x), np.asarray(y) + 32
    width = 57 + 23 * smoothstep(-28, 32, y)
    below = np.hypot(x / width, y / 66)
    above = ((x / width) ** 4 + (y / 82) ** 4) ** 0.25
    return np.where(y < 0, below, above)


# Where the inner face fades out: from and to which ``face_ring``, and behind which depths in mm.
BAND = 0.74, 1.0, (-26, -4)
WIDE_BAND = 0.8, 1.16, (-46, -10)


def face_weight_at(x, y, z, band=BAND):
    """1 on the inner face, 0 elsewhere, at places of the mean head in mm; see ``face_weight``."""
    inner, outer, behind = band
    return (1 - smoothstep(inner, outer, face_ring(x, y))) * smoothstep(*behind, z)


def face_weight(model, band=BAND):
    """(V,) float32: 1 on the inner face, 0 on the rest of the head, a smooth band between.

    The inner face runs from above the brows to the chin and stops before the jaw's edge, the ears
    and the hair line, as the masks of face swappers do, so that the outline stays the target's.
    Eyeballs, teeth, tongue and lashes count as face.
    """
    weight = face_weight_at(*model.mean.T, band)
    inside = model.vertices_of("eye_left", "eye_right", "teeth", "tongue", "lashes", "mouth")
    weight[inside] = 1
    return weight.astype(np.float32)


def sample_looks(rng, traits):
    """Draw colours, hair and small things that go with the traits: ages grey, beards grow on
    masculine faces."""
    african, asian, caucasian = traits.ancestry
    melanin = (
        african * rng.uniform(0.75, 2.0)
        + asian * rng.uniform(0.25, 0.75)
        + caucasian * rng.uniform(0.08, 0.5)
    )
    light = float(np.clip(1.2 - 1.4 * melanin, 0, 1))
    hair = np.clip(rng.normal(0.95 - 0.75 * light * caucasian * rng.random(), 0.1), 0.05, 1)
    eyes = np.clip(1 - light * caucasian * rng.uniform(0, 1.6), 0, 1)
    grey = float(np.clip((traits.age - rng.uniform(35, 65)) / 30, 0, 1))
    return Looks(
        melanin=float(np.clip(melanin, 0.06, 2.1)),
        blood=float(rng.uniform(0.25, 0.8)),
        freckles=float(rng.random() ** 4 * light),
        moles=float(rng.random() ** 2),
        lip_colour=float(rng.random()),
        eye_melanin=float(eyes),
        eye_green=float(rng.random()),
        hair_melanin=float(hair),
        hair_red=float(rng.random() ** 5 * light),
        grey=grey,
        hair_style=_hair_style(rng, traits),
        beard=_beard(rng, traits),
        brow_density=float(np.clip(rng.normal(0.55 + 0.25 * traits.masculinity, 0.15), 0.2, 1)),
        brow_width=float(np.clip(rng.normal(0.4 + 0.3 * traits.masculinity, 0.18), 0.1, 1)),
        brow_arch=float(rng.random()),
        lash_length=float(np.clip(rng.normal(0.75 - 0.4 * traits.masculinity, 0.15), 0.2, 1)),
        shine=float(rng.random()),
        detail=int(rng.integers(2**31)),
    )


def _hair_style(rng, traits):
    masculine = {
        "bald": 0.08,
        "shaved": 0.12,
        "buzz": 0.16,
        "short": 0.2,
        "side_part": 0.14,
        "slicked": 0.08,
        "curly_short": 0.1,
        "afro": 0.05,
        "bob": 0.01,
        "long_straight": 0.02,
        "long_wavy": 0.02,
        "bun": 0.02,
    }
    feminine = {
        "shaved": 0.01,
        "buzz": 0.02,
        "short": 0.1,
        "side_part": 0.06,
        "slicked": 0.04,
        "curly_short": 0.08,
        "afro": 0.06,
        "bob": 0.15,
        "long_straight": 0.14,
        "long_wavy": 0.12,
        "long_curly": 0.08,
        "ponytail": 0.08,
        "bun": 0.06,
    }
    table = masculine if rng.random() < traits.masculinity else feminine
    shares = np.array(list(table.values()))
    old = np.clip((traits.age - 45) / 40, 0, 1) * (table is masculine)
    shares[0] += old * 0.4
    return str(rng.choice(list(table), p=shares / shares.sum()))


def _beard(rng, traits):
    if rng.random() > traits.masculinity**2:
        return "none"
    return str(rng.choice(BEARDS, p=(0.4, 0.24, 0.08, 0.08, 0.12, 0.08)))
