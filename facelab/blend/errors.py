"""What can go wrong while putting a face back, one class per remedy."""


class BlendError(ValueError):
    """Input that cannot be blended; the message says what was given and what to give instead."""


class PointsError(BlendError):
    """Points that no face or no triangles can be made of."""


class MaskError(BlendError):
    """A mask of the wrong shape, or one with nothing in it."""


def require(condition, message, error=BlendError):
    """Raise ``error(message)`` unless ``condition`` holds."""
    if not condition:
        raise error(message)
