"""Does a film hold still? Flicker and trembling points, minus those of the true swap's film.

A frozen picture would score best and the truth itself is not at rest, so no figure here says
anything without the truth's own, which is taken off.
"""

import cv2
import numpy as np

from facelab.blend.clone import book_centre, clone_at, clone_centre
from facelab.blend.masks import hull_mask
from facelab.blend.smoothing import SMOOTHERS
from facelab.faces import landmarks
from facelab.measure.landmark_error import nme
from facelab.measure.quality import QualityError
from facelab.measure.readings import framed


def flicker(pictures, flows):
    """How much each picture differs from the one before, brought along by the exact flow.

    Parameters
    ----------
    pictures : list of n (H,W,3) uint8 RGB
    flows : list of n - 1 (flow, weight), see ``flows_between``

    Returns
    -------
    float, grey levels: the mean over frames of the mean absolute difference where the weight counts
    """
    _as_many(pictures, flows, 1)
    pairs = zip(pictures[1:], pictures[:-1], flows, strict=True)
    return float(np.mean([_difference(*each) for each in pairs]))


def _difference(now, before, moved):
    flow, weight = moved
    brought = brought_along(before, flow)
    return np.average(np.abs(np.float32(now) - brought).mean(-1), weights=weight)


def brought_along(before, flow):
    """The picture before, fetched for each pixel from where its surface was: (H,W,3) float32.

    Parameters
    ----------
    before : (H,W,3) uint8 RGB
    flow : (H,W,2) float32, from a pixel's place now to its place then
    """
    height, width = flow.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    places = np.stack([x, y], -1) + flow
    return cv2.remap(
        np.float32(before), places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def flows_between(frames):
    """The exact flow from each frame back to the one before, and where it counts.

    Parameters
    ----------
    frames : list of n Frame, a clip of one person; for a swap the film of the true swap

    Returns
    -------
    list of n - 1 (flow (H,W,2) float32, weight (H,W) float32): the face mask where its surface was
        seen in both frames
    """
    return [_back(now, before) for before, now in zip(frames[:-1], frames[1:], strict=True)]


def _back(now, before):
    flow, visible = now.flow_to(before)
    return flow, now.mask * visible


def jitter(points):
    """How much points tremble: the mean length of their second difference over time, pixels.

    Parameters
    ----------
    points : (n,68,2), n >= 3, pixels

    Returns
    -------
    float, mean |p[k+1] - 2 p[k] + p[k-1]|; a steady movement counts nothing
    """
    points = np.asarray(points, float)
    if len(points) < 3:
        raise QualityError(f"trembling shows in three frames or more, got {len(points)}.")
    return float(np.linalg.norm(np.diff(points, 2, axis=0), axis=-1).mean())


def displacement(image, truth, mask, rounds=4):
    """By how much a face lies beside its place: the shift that best brings the truth onto it.

    Least squares on luminance inside the mask, linearised and repeated (Lucas and Kanade 1981); a
    difference in lightness or contrast between the two is taken out first.

    Parameters
    ----------
    image, truth : (H,W,3) uint8 RGB
    mask : (H,W) in [0,1]

    Returns
    -------
    (2,) float64, pixels right and down; exactly 0 for the truth itself
    """
    target, moved = _standard(truth, mask), np.zeros(2)
    slopes = np.stack(np.gradient(target)[::-1], -1) * mask[..., None]
    normal = np.einsum("hwi,hwj->ij", slopes, slopes)
    for _ in range(rounds):
        back = np.float32([[1, 0, moved[0]], [0, 1, moved[1]]])
        size = image.shape[1::-1]
        seen = cv2.warpAffine(image, back, size, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP)
        left = (_standard(seen, mask) - target) * mask
        moved = moved - np.linalg.solve(normal, np.einsum("hwi,hw->i", slopes, left))
    return moved


def _standard(image, mask):
    """Luminance (H,W), softened a little, of mean 0 and spread 1 inside the mask."""
    grey = cv2.GaussianBlur(np.float32(image) @ np.float32((0.299, 0.587, 0.114)), (0, 0), 2)
    weights = mask / mask.sum(dtype=float)
    grey = grey - (weights * grey).sum()
    return grey / max(np.sqrt((weights * grey**2).sum()), 1e-9)


def steadiness(pictures, truths):
    """Flicker and trembling of a swapped film beside those of the true one.

    dlib's points tremble more on a still face (1.4 pixels at 256) than a badly aligned swap does,
    so "wobble" is the figure that tells smoothers apart: it needs the truth and no detector.

    Parameters
    ----------
    pictures : list of n (H,W,3) uint8 RGB, n >= 3, the swaps
    truths : list of n Frame, the film of the true swap

    Returns
    -------
    dict : "flicker" (grey levels) and "jitter" (pixels, of the points that dlib reads), each minus
        the truth's; "wobble" (pixels), the jitter of the face's ``displacement``, 0 for the truth;
        "flicker of the truth" and "jitter of the truth"; "frames"
    """
    _as_many(pictures, truths, 0)
    flows, own = flows_between(truths), [frame.image for frame in truths]
    floor = {"flicker": flicker(own, flows), "jitter": jitter(_read(own, truths))}
    found = {"flicker": flicker(pictures, flows), "jitter": jitter(_read(pictures, truths))}
    excess = {name: found[name] - floor[name] for name in floor}
    told = {f"{name} of the truth": value for name, value in floor.items()}
    return {**excess, "wobble": wobble(pictures, truths), **told, "frames": len(pictures)}


def wobble(pictures, truths):
    """How much faces tremble about their true place: the jitter of ``displacement``, pixels."""
    pairs = zip(pictures, truths, strict=True)
    places = [displacement(picture, truth.image, truth.mask) for picture, truth in pairs]
    return jitter(np.array(places)[:, None])


def _read(pictures, truths):
    """dlib's points in each picture, sought where the truth has its face."""
    pairs = zip(pictures, truths, strict=True)
    return np.array([landmarks(picture, framed(truth)) for picture, truth in pairs])


def smoother_table(found, truth, smoothers=SMOOTHERS):
    """What each smoother of an alignment gains in calm and costs in accuracy.

    Parameters
    ----------
    found : (n,68,2) pixels, what a detector said of each frame; nan where it found nothing
    truth : (n,68,2) pixels, where the points were
    smoothers : dict, name -> function of a stream of {number: points}

    Returns
    -------
    dict : name -> {"jitter": pixels, minus the truth's; "nme": mean error of points 17 to 67 in
        inter-ocular distances; "lag": frames by which the result comes late}
    """
    return {name: _smoothed(found, truth, smoother) for name, smoother in smoothers.items()}


def _smoothed(found, truth, smoother):
    points = np.array(list(_stream(found, smoother)))
    errors = [nme(one, true) for one, true in zip(points, truth, strict=True)]
    still = jitter(points) - jitter(truth)
    return {"jitter": still, "nme": float(np.nanmean(errors)), "lag": lag(points, truth)}


def _stream(found, smoother):
    """The points that a smoother makes of those of one face; nan where there was none."""
    frames = ({0: points} if np.isfinite(points).all() else {} for points in found)
    gone = np.full(found.shape[1:], np.nan)
    return (frame.get(0, gone) for frame in smoother(frames))


def lag(points, truth, most=3):
    """Frames by which points come late: where their steps look most like the truth's steps.

    Parameters
    ----------
    points, truth : (n,68,2) pixels
    most : float, the longest lag looked for; found to a tenth of a frame

    Returns
    -------
    float in [-most, most]
    """
    times = np.arange(len(truth))
    inside = (times >= most) & (times < len(truth) - most)
    shifts = np.linspace(-most, most, 20 * most + 1)
    centre, other = points[:, 17:].mean(1), truth[:, 17:].mean(1)
    late = [np.stack([np.interp(times - s, times, c) for c in other.T], 1) for s in shifts]
    errors = [np.nanmean((_about(centre[inside]) - _about(each[inside])) ** 2) for each in late]
    return float(shifts[np.argmin(errors)])


def _about(values):
    return values - np.nanmean(values, 0)


def _as_many(pictures, others, fewer):
    ok = len(pictures) == len(others) + fewer and len(pictures) >= 2
    if not ok:
        counts = f"{len(pictures)} pictures and {len(others)} {'flows' if fewer else 'truths'}"
        raise QualityError(f"a film and its truth must be as long, two frames at least: {counts}.")


def clone_tremble(points, shape):
    """How far seamless cloning displaces a face in each frame: by the book's centre, and mended.

    A dot is cloned with the hull of each frame's points and sought in the result.

    Parameters
    ----------
    points : (n,68,2) pixels, a clip
    shape : (H,W) of its frames

    Returns
    -------
    dict : "book", "mended" -> (n,2) float64, pixels right and down by which the dot moved
    """
    centres = {
        "book": lambda points, mask: book_centre(points),
        "mended": lambda points, mask: clone_centre(mask),
    }
    masks = [hull_mask(one, shape) for one in points]
    return {
        name: np.array([_dot_moved(p, m, of(p, m)) for p, m in zip(points, masks, strict=True)])
        for name, of in centres.items()
    }


def _dot_moved(points, mask, centre):
    """By how much (2,) a dot on the tip of the nose is displaced when it is cloned."""
    at, grey = points[30].astype(int), np.full((*mask.shape, 3), 90, np.uint8)
    dotted = grey.copy()
    dotted[at[1] - 1 : at[1] + 2, at[0] - 1 : at[0] + 2] = 250
    light = clone_at(dotted, grey, mask, centre)[..., 0].astype(float)
    weights = np.clip(light - 120, 0, None)
    rows, columns = np.mgrid[: mask.shape[0], : mask.shape[1]]
    return np.array([np.average(each, weights=weights) for each in (columns, rows)]) - at
