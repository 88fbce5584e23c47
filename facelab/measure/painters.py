"""What is scored as a swap: networks on aligned crops, functions on frames, folders of pictures.

A *thing* is one of

- a swapper, see ``facelab.blend.swapper``: its crops are pasted as ``facelab.measure.paste_back``
  does;
- a function of a ``SwapCase`` that returns the frame (H,W,3) uint8 RGB;
- ``Pictures``: swaps that were made elsewhere.

One that has ``to`` is asked for its side first: ``thing.to(b)`` gives the swapper to person ``b``.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from facelab.faces import NoFaceError, read_image
from facelab.measure.judging import SIZES, PairError, judge
from facelab.measure.paste_back import is_swapper, paste_named
from facelab.studio.alignment import COVERAGE


@dataclass(frozen=True)
class Pictures:
    """Swaps made elsewhere: ``folder/A_to_B/0007.png`` (or .jpg, .webp) is the swap of scene 7."""

    folder: Path

    def to_pair(self, a, b):
        """Function of a Held that reads its picture; None where there is none.

        Raises
        ------
        PairError
            There are no pictures of this direction.
        """
        inside = Path(self.folder) / direction_folder(a, b)
        paths = sorted(inside.iterdir()) if inside.is_dir() else []
        numbered = {int(path.stem): path for path in paths if path.stem.isdigit()}
        if not numbered:
            name = f"{picture_name(0)}.png"
            raise PairError(f"{inside} holds no pictures with names like {name}: put them there.")
        return lambda held: _picture(numbered.get(held.number))


def direction_folder(a, b):
    """The name of the folder of one direction's pictures."""
    return f"{a}_to_{b}"


def picture_name(number):
    """The name, without its ending, of the picture of a scene."""
    return f"{number:04}"


def _picture(path):
    return None if path is None else read_image(path)


class Painter:
    """A thing that is scored, as what ``judge`` asks for; counts how often it failed.

    Parameters
    ----------
    thing : see the module
    a, b : int, seeds of whose picture it gets and whose face it puts there
    paste : name in ``facelab.measure.paste_back.PASTES``, how crops are put back
    """

    def __init__(self, thing, a, b, paste="plain"):
        thing = thing.to(b) if hasattr(thing, "to") else thing
        self.failed, self.paste = 0, paste_named(paste)
        self.swapper = thing if is_swapper(thing) else None
        by_frame = thing.to_pair(a, b) if isinstance(thing, Pictures) else None
        self.each = by_frame or (lambda held: thing(held.case))

    def __call__(self, batch):
        """Pictures of a list of Held."""
        if self.swapper is not None:
            return self.paste(self.swapper, [held.target for held in batch])
        return [self._attempt(held) for held in batch]

    def _attempt(self, held):
        try:
            image = self.each(held)
        except NoFaceError:
            image = None
        self.failed += image is None
        return held.target.image if image is None else image

    @property
    def eye(self):
        """(size, coverage) of the network; of what works on frames, the largest size."""
        here = self.swapper
        return (max(SIZES), COVERAGE) if here is None else (here.size, here.coverage)


def painters_of(methods, a, b, paste="plain"):
    """Name -> list of Painter, of methods that are lists of things."""
    return {
        name: [Painter(thing, a, b, paste) for thing in things] for name, things in methods.items()
    }


def judge_method(painters, held_out, floors, report=lambda frames: None):
    """What was found in the pictures of each of the painters: a list of Judged."""
    return [replace(judge(p, held_out, floors, report), failed=p.failed) for p in painters]
