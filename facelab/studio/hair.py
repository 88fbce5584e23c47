"""Hair, beards, brows and lashes: where strands grow and how they fall."""

from .hairline import under_paint
from .strands import Strands

__all__ = ["grow", "under_paint"]


def grow(looks, traits, neutral):
    """All strands of a person on the neutral shape (V,3)."""
    return Strands.empty()
