"""All that grows on a head: hair, beard, brows and lashes, and their shadow on the skin."""

from .facial_hair import beard_hair, brows, lashes
from .growth import Ground
from .hairline import under_paint
from .hairstyles import scalp_hair
from .strands import Strands

__all__ = ["grow", "under_paint"]


def grow(looks, traits, neutral):
    """Grow all strands of a person.

    Parameters
    ----------
    looks : Looks
    traits : Traits
    neutral : (V,3) float32 mm, the person's own neutral shape

    Returns
    -------
    Strands; the same for the same looks, traits and shape
    """
    ground = Ground.of(neutral)
    return Strands.joined(
        [
            scalp_hair(looks, traits, ground),
            beard_hair(looks, ground),
            brows(looks, ground),
            lashes(looks, ground),
        ]
    )
