"""What the way back costs: every mask with every colour transfer, against the true swap.

    table = blend_table(true_swapper, cases(pairs=8), ways())
    print(as_text(table))

Any swapper can be judged; ``true_swapper`` paints the answer itself, so that all that is lost is
lost on the way back: by the crop's size, the mask, the colours.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from facelab.blend.convert import Convert, mask_in_crop
from facelab.blend.inputs import share
from facelab.blend.masks import hull_mask
from facelab.blend.placing import cut_out
from facelab.blend.regions import MASKS
from facelab.blend.transfers import COLOURS
from facelab.blend.warp import face_points
from facelab.measure import quality
from facelab.measure.swap import summary
from facelab.studio.alignment import COVERAGE, crop_matrix

RING = 6  # pixels to either side of the true face's border in which pasting shows
SCORES = {  # key: (heading, decimals)
    "psnr": ("PSNR", 2),
    "ring": ("ring PSNR", 2),
    "seam": ("seam", 2),
    "shift": ("shift", 1),
    "alpha": ("alpha", 3),
}


@dataclass(eq=False)
class Painted:
    """A swapper with one answer, whatever it is asked.

    Attributes
    ----------
    answer : (S,S,3) uint8 RGB
    mask : (S,S) float32 in [0,1], told as the network's own
    coverage : float
    """

    answer: np.ndarray
    mask: np.ndarray
    coverage: float = COVERAGE

    @property
    def size(self):
        return len(self.answer)

    def __call__(self, crops):
        count = len(crops)
        return np.repeat(self.answer[None], count, 0), np.repeat(self.mask[None], count, 0)


def true_swapper(case, size=64, coverage=COVERAGE):
    """A swapper that paints the true swap of a case at its true points, and knows the true mask.

    Parameters
    ----------
    case : SwapCase
    size, coverage : of the crop

    Returns
    -------
    Painted
    """
    return painted_from(case.truth.image, case.truth.mask, case.target.landmarks, size, coverage)


def painted_from(image, mask, points, size=64, coverage=COVERAGE):
    """The ``Painted`` that a picture (H,W,3) and a mask (H,W) give where a face has its points."""
    matrix = crop_matrix(points, size, coverage)
    answer = cut_out(image, matrix, size)
    return Painted(answer, mask_in_crop(share(mask), matrix, size), coverage)


class Remembered:
    """A swapper that is asked once for each crop: many ways back, one pass of the network."""

    def __init__(self, swapper):
        self.swapper, self.answers = swapper, {}
        self.size, self.coverage = swapper.size, swapper.coverage

    def __call__(self, crops):
        key = crops.tobytes()
        if key not in self.answers:
            self.answers[key] = self.swapper(crops)
        return self.answers[key]


def ways(masks=tuple(MASKS), colours=tuple(COLOURS), **more):
    """Options of ``Convert`` by name, one for each mask with each colour transfer.

    Parameters
    ----------
    masks, colours : names
    **more : options that all of them share, e.g. ``erosion_kernel_size=5``

    Returns
    -------
    dict : "mask, colour" -> dict of options
    """
    pairs = [(mask, colour) for mask in masks for colour in colours]
    return {f"{m}, {c}": {"mask_type": m, "colour": c, **more} for m, c in pairs}


def blend_table(swapper_of, cases, ways, report=lambda cases: None):
    """Scores of ways to put a face back, over cases, beside the target and the truth.

    A way with a colour transfer is held against the truth in A's tone, one without (``colour``
    "none") against that in B's.

    Parameters
    ----------
    swapper_of : swapper, or a function of a SwapCase that gives one, e.g. ``true_swapper``
    cases : iterable of SwapCase
    ways : dict, name -> options of ``Convert``, see ``ways``
    report : function, called with 1 after each case

    Returns
    -------
    dict
        ``rows``: name -> score -> {"mean", "low", "high", "n"}, an interval of 95 % over cases.
        "psnr" (dB, in the true face mask), "ring" (dB, within ``RING`` pixels of its border),
        "seam" (grey levels a pixel steeper than the truth, along the mask that was pasted with),
        "shift" (grey levels by which the face as a whole has another colour), "alpha". ``tones``:
        name -> "a" or "b"; ``cases``: how many.
    """
    seen = []
    for case in cases:
        seen.append(_judged(swapper_of, case, ways))
        report(1)
    rows = {
        name: {key: summary(np.array([each[name][key] for each in seen])) for key in SCORES}
        for name in seen[0]
    }
    tones = {name: _tone(options) for name, options in ways.items()}
    return {"rows": rows, "tones": tones, "cases": len(seen)}


def _tone(options):
    return "b" if options.get("colour") == "none" else "a"


def _judged(swapper_of, case, ways):
    """The scores of all ways and of both ends of the scale, in one case."""
    tones = {tone: replace(case, tone=tone) for tone in ("a", "b")}
    swappers = {tone: swapper_for(swapper_of, one) for tone, one in tones.items()}
    target, truth = tones["a"].target, tones["a"].truth
    found = {"copy of the target": scores(Pasted(target.image, truth.mask), tones["a"])}
    for name, options in ways.items():
        # who paints paints B's own colours; only the judge knows about tones
        found[name] = scores(put_back(swappers["b"], target, options), tones[_tone(options)])
    return found | {"truth": scores(Pasted(truth.image, truth.mask), tones["a"])}


def swapper_for(swapper_of, case):
    """The swapper of a case, remembered."""
    own = hasattr(swapper_of, "size") and hasattr(swapper_of, "coverage")
    return Remembered(swapper_of if own else swapper_of(case))


class Pasted(NamedTuple):
    """A picture (H,W,3) uint8 RGB and the mask (H,W) with which its face was pasted."""

    image: np.ndarray
    mask: np.ndarray


def put_back(swapper, frame, options):
    """The swap of a frame's first face at its true points.

    Parameters
    ----------
    swapper : swapper
    frame : Frame
    options : dict, of ``Convert``

    Returns
    -------
    Pasted
    """
    converter, face = Convert(swapper, **options), frame.faces[0]
    matrix = crop_matrix(face.landmarks, swapper.size, swapper.coverage)
    new_face = converter.get_new_face(frame, matrix, swapper.size)
    size = frame.image.shape[1::-1]
    mask = converter.get_image_mask(frame, new_face, face, matrix, size)
    return Pasted(converter.patch_image(frame, face), mask)


def scores(pasted, case):
    """All ``SCORES`` of one swap: score -> float."""
    target, truth = case.target.image, case.truth
    ring = np.float32(quality.border(truth.mask, RING))
    return {
        "psnr": quality.psnr(pasted.image, truth.image, truth.mask),
        "ring": quality.psnr(pasted.image, truth.image, ring),
        "seam": quality.seam_gradient(pasted.image, truth.image, pasted.mask),
        "shift": colour_shift(pasted.image, truth.image, truth.mask),
        "alpha": quality.alpha(pasted.image, target, truth.image, truth.mask),
    }


def colour_shift(image, truth, mask):
    """By how much a face as a whole has another colour: the mean over R, G and B of the absolute
    difference of their means inside the mask, grey levels."""
    difference = np.float32(image) - truth
    return float(np.abs(np.average(difference.reshape(-1, 3), 0, mask.ravel())).mean())


def as_text(table):
    """The table as text, a line a row: means with the half width of their interval."""
    return "\n".join(_lines(table))


def _lines(table):
    yield f"{table['cases']} cases; dB in the true face and {RING} px about its border; 95 %"
    yield f"{'':30}{'tone':>5}" + "".join(f"{heading:>18}" for heading, _ in SCORES.values())
    for name, row in table["rows"].items():
        tone = table["tones"].get(name, "a").upper()
        cells = [_cell(row[key], decimals) for key, (_, decimals) in SCORES.items()]
        yield f"{name:30}{tone:>5}" + "".join(f"{cell:>18}" for cell in cells)


def _cell(summary, decimals):
    if summary["n"] == 0:
        return "-"
    half = (summary["high"] - summary["low"]) / 2
    return f"{summary['mean']:.{decimals}f} +- {half:.{decimals}f}"


def occlusion(case, swapper=None, masks=("rect", "hull", "hull-and-rect", "landmark-grown")):
    """A hand before the face: what each mask makes of it, and what the true one would.

    Parameters
    ----------
    case : SwapCase whose scene has an occluder
    swapper : swapper or None; by default one that paints the true face as if no hand were there:
        a network that never saw one
    masks : names of masks that know of no hand

    Returns
    -------
    dict : name -> (picture (H,W,3) uint8 RGB, {"occluder": mean error in grey levels where the hand
        covers the face, "face": the same on the visible face}); after the masks "told", the visible
        face as the network's own mask, and "copy of the target"

    Raises
    ------
    QualityError
        The scene has no occluder, or it does not cover the face.
    """
    hidden = _hidden(case)
    clear = replace(case, scene=case.scene.with_(occluder=None))
    unaware = swapper or true_swapper(clear)
    told = _told(unaware, case)
    options = {"colour": "lab" if swapper else "none"}
    made = {name: put_back(unaware, case.target, {"mask_type": name, **options}) for name in masks}
    made["told"] = put_back(told, case.target, {"mask_type": "predicted", **options})
    pictures = {name: pasted.image for name, pasted in made.items()}
    pictures["copy of the target"] = case.target.image
    truth = case.truth
    return {
        name: (
            image,
            {
                "occluder": quality.mae(image, truth.image, hidden),
                "face": quality.mae(image, truth.image, truth.mask),
            },
        )
        for name, image in pictures.items()
    }


def _hidden(case):
    """Where the occluder covers what would be swapped: (H,W) float32."""
    target = case.target
    hidden = target.occluder_mask * hull_mask(face_points(target.landmarks), target.image.shape)
    if hidden.sum() < 1:
        raise quality.QualityError(
            "nothing covers the face: give a case whose scene has an occluder, e.g. "
            "Scene(occluder='hand')."
        )
    return hidden


def _told(swapper, case):
    """The same swapper with the true visible face as its own mask."""
    matrix = crop_matrix(case.target.landmarks, swapper.size, swapper.coverage)
    crop = cut_out(case.target.image, matrix, swapper.size)
    answer = swapper(crop[None])
    face = (answer[0] if isinstance(answer, tuple) else answer)[0]
    return Painted(face, mask_in_crop(case.truth.mask, matrix, swapper.size), swapper.coverage)
