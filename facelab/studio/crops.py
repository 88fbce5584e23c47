"""``crops``: aligned training pictures by the thousand, with their truths and their true swaps."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue

import numpy as np

from .alignment import COVERAGE
from .body import room_for
from .closeup import Shared, closeup, pixel_of, window_of
from .compiling import second_process
from .errors import StudioError, number, require, whole_number
from .figure import posed
from .helpers import Gone, helpers, running
from .parallel import cores
from .person import Person
from .progress import Bar
from .scene import Scene
from .store import kept, key_of

SHAPES = {  # what can be asked for: kind and, for a crop of n pixels, shape
    "image": (np.uint8, lambda n: (n, n, 3)),
    "mask": (np.float16, lambda n: (n, n)),
    "head_mask": (np.float16, lambda n: (n, n)),
    "occluder_mask": (np.float16, lambda n: (n, n)),
    "parts": (np.uint8, lambda n: (n, n)),
    "depth": (np.float32, lambda n: (n, n)),
    "normals": (np.float32, lambda n: (n, n, 3)),
    "landmarks": (np.float32, lambda n: (68, 2)),
    "points5": (np.float32, lambda n: (5, 2)),
    "visible": (np.bool_, lambda n: (68,)),
}
TRUTHS = tuple(SHAPES)
OF_SWAP = "swap-"  # before the names of a true swap's arrays
TOGETHER = 4  # crops of one person that are drawn one after the other
MANY = 1000  # crops from which on it pays to start other processes


@dataclass(frozen=True, eq=False)
class Crops:
    """Aligned crops, one after the other in the order in which they were asked for.

    Each truth that was asked for is an attribute, an array whose first axis counts the crops.

    Attributes
    ----------
    image : (n,S,S,3) uint8 RGB
    mask, head_mask, occluder_mask : (n,S,S) float16 in [0,1], as in ``Frame``
    parts : (n,S,S) uint8; depth : (n,S,S) float32 mm; normals : (n,S,S,3) float32 in the camera's
        axes, which do not turn with the crop
    landmarks : (n,68,2), points5 : (n,5,2) float32 pixels of the crop; visible : (n,68) bool
    matrix : (n,2,3) float64, the similarity to the crop from the scene's own picture in picture
        heights; see ``from_frame``
    swap : Crops or None, the true swaps in the same windows
    """

    arrays: dict
    swap: "Crops | None" = None

    def __getattr__(self, name):
        try:
            return self.__dict__["arrays"][name]
        except KeyError:
            raise AttributeError(f"These crops have no {name!r}: ask for it in truths.") from None

    def __len__(self):
        return len(self.arrays["matrix"])

    def from_frame(self, height):
        """The similarities (n,2,3) from pixels of ``render(person, scene, size=height)`` to pixels
        of the crops, centres at +0.5 in both."""
        return self.matrix / [height, height, 1]


def crops(
    people, scenes, size=128, truths=("image", "mask", "landmarks"), workers=None, *,
    faces=None, tone="b", coverage=COVERAGE, keep=False, progress=None,
):  # fmt: skip
    """Aligned face crops, straight from the camera.

    The 51 inner points of each face are laid over the mean face (``alignment.crop_matrix``) and
    the camera is turned about its axis and zoomed until they lie there: the crop is drawn at its
    own size and never resampled, and shows the scene also beyond the borders of its own picture.
    So noise and JPEG of ``Scene.camera`` are those of a camera that took the crop itself: grains
    are its pixels, blocks begin at its corner.
    Hair is drawn as finely as the crop's pixels show it (``Body.from_afar``): at 64 pixels one hair
    of the head and beard stands for two.

    Parameters
    ----------
    people : Person, or list of n
    scenes : Scene, or list of n; a single one of either goes with every one of the other
    size : int in [16, 1024], pixels of a side
    truths : names among ``TRUTHS``; what is not asked for is not worked out
    workers : int in [1, 64], how many crops are drawn at a time; None for one per core. For 1000
        crops and more all but one are drawn by processes of their own, else by threads. The
        pictures are the same bytes for any number and either way.
    faces : None, Person or list of n, whose faces the people wear in the true swaps
    tone : "b" or "a", the skin of the true swaps, see ``Person.with_face_of``
    coverage : float in [0.2, 1.5], share of the width that the mean face takes from brow to brow;
        the rest is margin
    keep : bool; True keeps the crops on disk (``disk_cache``), under a name that holds the studio's
        version and all that was asked for, and reads them from there the next time
    progress : None; True for a line on standard error; or what is called with the number of crops
        drawn and of all, now and then

    Returns
    -------
    Crops
        Arrays of all crops: 128 pixels with image and mask take 82 kB each, on disk if they are
        kept (memory-mapped, not to be written to), else in memory. With ``faces``, ``Crops.swap``
        holds the true answers: the same scenes in the same windows, those of the target, with the
        face of B in place.

    Raises
    ------
    StudioError
        Something asked for cannot be drawn; the message says what and why.
    """
    shots = _shots(people, scenes, faces, tone)
    truths = _checked(size, truths, coverage)
    workers = cores() if workers is None else whole_number("workers", workers, 1, 64)
    shapes = _shapes(len(shots), truths, size, swaps=faces is not None)
    told = Bar("crops") if progress is True else progress

    def fill(arrays):
        second_process()
        others = helpers(workers - 1) if len(shots) >= MANY or running() else []
        here = partial(_draw_here, shots, arrays, size, coverage)
        away = [partial(_draw_away, h, here, shots, arrays, size, coverage) for h in others]
        tasks = _ending_small(_tasks(shots), workers)
        _at_once(tasks, away + [here] * (workers - len(away)), told)

    if keep:
        key = key_of(shots, size=size, truths=truths, coverage=coverage)
        return _crops(kept(key, shapes, fill))
    arrays = {name: np.empty(shape, kind) for name, (kind, shape) in shapes.items()}
    fill(arrays)
    return _crops(arrays)


def _shots(people, scenes, faces, tone):
    """(target, scene, true swap or None) of every crop."""
    given = {"people": (Person, people), "scenes": (Scene, scenes), "faces": (Person, faces)}
    if faces is None:
        del given["faces"]
    lists = {name: _listed(name, *each) for name, each in given.items()}
    count = max(map(len, lists.values()))
    for name, items in lists.items():
        ok = len(items) in (1, count)
        require(ok, f"crops got {len(items)} {name} for {count} crops: give 1 or {count}.")
    filled = {name: items * count if len(items) == 1 else items for name, items in lists.items()}
    worn = filled.get("faces", [None] * count)
    swaps = [b and a.with_face_of(b, tone) for a, b in zip(filled["people"], worn, strict=True)]
    return list(zip(filled["people"], filled["scenes"], swaps, strict=True))


def _listed(name, kind, given):
    items = [given] if isinstance(given, kind) else given
    items = list(items) if isinstance(items, Iterable) else []
    ok = items and all(isinstance(item, kind) for item in items)
    require(ok, f"crops needs a {kind.__name__} or a list of them as {name}, got {_kind(given)}.")
    return items


def _kind(given):
    if not isinstance(given, list | tuple):
        return repr(given)
    kinds = sorted({type(item).__name__ for item in given})
    return f"a {type(given).__name__} of {', '.join(kinds) or 'nothing'}"


def _checked(size, truths, coverage):
    whole_number("size", size, 16, 1024)
    number("coverage", coverage, 0.2, 1.5)
    names = (truths,) if isinstance(truths, str) else tuple(truths)
    unknown = [name for name in names if name not in SHAPES]
    known = ", ".join(SHAPES)
    require(names and not unknown, f"Unknown truths {unknown}: choose among {known}.")
    return tuple(dict.fromkeys(names))


def _shapes(count, truths, size, swaps):
    """Kind and shape of all arrays by name, those of true swaps with ``OF_SWAP`` before it."""
    shapes = {name: (SHAPES[name][0], (count, *SHAPES[name][1](size))) for name in truths}
    shapes["matrix"] = np.float64, (count, 2, 3)
    return shapes | {OF_SWAP + name: each for name, each in shapes.items() if swaps}


def _crops(arrays):
    """The Crops of these arrays, and of true swaps."""
    swaps = {n.removeprefix(OF_SWAP): a for n, a in arrays.items() if n.startswith(OF_SWAP)}
    own = {n: a for n, a in arrays.items() if not n.startswith(OF_SWAP)}
    return Crops(own, Crops(swaps) if swaps else None)


def _tasks(shots):
    """Numbers of the crops that a thread draws one after the other: few of one person, so that
    whoever is built is used until done."""
    ordered = sorted(range(len(shots)), key=_first_place([target for target, *_ in shots]))
    tasks = []
    for place in ordered:
        fits = tasks and len(tasks[-1]) < TOGETHER and shots[tasks[-1][0]][0] == shots[place][0]
        tasks[-1].append(place) if fits else tasks.append([place])
    return tasks


def _ending_small(tasks, workers):
    """The tasks, of which the last ones, one for each worker, are cut into single crops: nobody
    waits for long while others finish."""
    rest = tasks[len(tasks) - workers :] if len(tasks) > workers else []
    return tasks[: len(tasks) - len(rest)] + [[place] for task in rest for place in task]


def _first_place(people):
    """A key that sorts places by where in the list the same person stands first."""
    first = {}
    places = [first.setdefault(person, place) for place, person in enumerate(people)]
    return places.__getitem__


def drawn(shots, kinds, size, coverage, places):
    """Crops of ``shots``, which are those at ``places`` of all: arrays of these ``kinds``, name ->
    (dtype, shape of one)."""
    arrays = {name: np.empty((len(shots), *one), kind) for name, (kind, one) in kinds.items()}
    for k, place in enumerate(places):
        _told(partial(_draw, shots, _crops(arrays), size, coverage, k), place)
    return arrays


def _draw_here(shots, arrays, size, coverage, task):
    """Draw the crops of a task into the arrays."""
    for place in task:
        _told(partial(_draw, shots, _crops(arrays), size, coverage, place), place)


def _told(draw, place):
    """Call ``draw``; an error says at which place."""
    try:
        draw()
    except Exception as error:
        raise StudioError(f"Crop {place} could not be drawn: {error!r}.") from error


def _draw_away(helper, here, shots, arrays, size, coverage, task):
    """Let a helper draw the crops of a task; whoever has lost their helper draws here."""
    kinds = {name: (array.dtype, array.shape[1:]) for name, array in arrays.items()}
    with suppress(Gone):
        found = helper([shots[place] for place in task], kinds, size, coverage, task)
        for name, array in found.items():
            arrays[name][task] = array
        return
    here(task)


def _draw(shots, found, size, coverage, place):
    """Draw one crop, and its true swap, into the arrays."""
    target, scene, swap = shots[place]
    pixel, wanted, shared = pixel_of(size, coverage), _wanted(found), Shared()
    figure = posed(target, scene, pixel=pixel)
    view, matrix = window_of(figure, size, coverage)
    _put(found, place, matrix, closeup(figure, view, wanted, shared))
    if swap:
        truth = closeup(posed(swap, scene, pixel=pixel), view, wanted, shared)
        _put(found.swap, place, matrix, truth)


def _wanted(found):
    return set(found.arrays) - {"matrix"}


def _put(crops, place, matrix, truths):
    for name, value in (truths | {"matrix": matrix}).items():
        crops.arrays[name][place] = value


def _at_once(tasks, hands, progress):
    """Let ``hands``, functions of a task, take one task after the other, all at a time."""
    total, done, free = sum(map(len, tasks)), 0, SimpleQueue()
    for hand in hands:
        free.put(hand)
    with room_for(3 * len(hands)), ThreadPoolExecutor(len(hands)) as pool:
        jobs = [pool.submit(_with_a_hand, free, task) for task in tasks]
        try:
            for job in as_completed(jobs):
                done += job.result()
                if progress:
                    progress(done, total)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _with_a_hand(free, task):
    hand = free.get()
    try:
        hand(task)
    finally:
        free.put(hand)
    return len(task)
