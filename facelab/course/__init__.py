"""What the notebooks of the course use: pictures with alt text, exercises, the notebook build.

``show`` displays pictures, ``show_clip`` moving ones, ``plt`` is pyplot in the course's style;
``check``, ``hint`` and ``reveal`` serve exercises. Names load on first use, so that tools that only
read notebooks stay light.
"""

from importlib import import_module

_HOME = {
    "plt": "figures",
    "show": "figures",
    "show_clip": "figures",
    "use_style": "figures",
    "check": "exercise",
    "hint": "exercise",
    "reveal": "exercise",
}

__all__ = sorted(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__():
    return __all__
