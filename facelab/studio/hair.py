"""Hair, beards, brows and lashes: where strands grow and how they fall."""

from .strands import Strands


def grow(looks, traits, neutral):
    """All strands of a person on the neutral shape (V,3)."""
    return Strands.empty()
