"""The one exception that the studio raises for input it cannot use."""


class StudioError(ValueError):
    """Input that the studio cannot use; the message says what was given and what to give
    instead."""


def require(condition, message):
    """Raise ``StudioError(message)`` unless ``condition`` holds."""
    if not condition:
        raise StudioError(message)
