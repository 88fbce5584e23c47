"""People drawn in a hurry, while a slider moves."""

from dataclasses import dataclass

from .errors import require
from .person import Person


@dataclass(frozen=True)
class Draft(Person):
    """A person with a shape of their own, on the skin and hair that were grown for another.

    ``render`` takes one like any Person, and needs a tenth of the time for a new shape: pores,
    strands and baked shade are those of ``like``, carried along as the skin moves.

    Attributes
    ----------
    like : Person, who has been drawn before; a whole one, no Draft, wearing nobody's face
    """

    like: Person | None = None

    @classmethod
    def of(cls, like, weights):
        """``like`` with other target weights.

        Raises
        ------
        StudioError
            ``like`` is no whole person, or the weights are not as many as the face model's targets.
        """
        whole = isinstance(like, Person) and not isinstance(like, Draft) and like.face is None
        require(whole, "A Draft needs a whole Person, who wears nobody's face.")
        require(
            len(weights) == len(like.weights),
            f"A Draft needs {len(like.weights)} target weights, got {len(weights)}.",
        )
        return cls(like.traits, tuple(float(w) for w in weights), like.looks, like=like)
