"""How near is a swap to the true swap? All scores of one picture, inside a face mask.

``image`` is what is judged, ``target`` the picture of A that was faked, ``truth`` the true swap:
all (H,W,3) uint8 RGB of one size. ``mask`` is (H,W) in [0,1]; every pixel counts as much as the
mask says.
"""

import cv2
import numpy as np
from skimage.metrics import structural_similarity

from facelab.faces import DetectedFace, box_around, detect, distance, embed

SEAM = 3  # pixels to either side of a mask's border in which a seam is looked for


class QualityError(ValueError):
    """Pictures or masks that cannot be compared; the message says why."""


def mae(image, truth, mask):
    """Mean absolute error in grey levels, 0 to 255, over all pixels and channels of the mask."""
    image, truth, mask = _checked(mask, image, truth)
    return float(np.average(np.abs(image - truth).mean(-1), weights=mask))


def psnr(image, truth, mask):
    """Peak signal-to-noise ratio in dB: 10 log10(255^2 / mean squared error); inf when equal."""
    image, truth, mask = _checked(mask, image, truth)
    error = np.average(((image - truth) ** 2).mean(-1), weights=mask)
    return float(10 * np.log10(255**2 / error)) if error > 0 else float("inf")


def ssim(image, truth, mask):
    """Structural similarity, 1 for the same picture (Wang et al. 2004).

    Gaussian window of 11 pixels with sigma 1.5, data range 255, each colour channel apart; the full
    map is made of the whole pictures and then averaged inside the mask, so that no black surround
    is compared. Pictures need sides of at least 11 pixels.
    """
    image, truth, mask = _checked(mask, image, truth)
    _require(min(mask.shape) >= 11, f"SSIM needs sides of 11 pixels, got {mask.shape}.")
    _, each = structural_similarity(
        image, truth, win_size=11, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
        data_range=255, channel_axis=-1, full=True,
    )  # fmt: skip
    return float(np.average(each.mean(-1), weights=mask))


def alpha(image, target, truth, mask):
    """Identity transfer: how far the picture went from the target towards the truth.

    <y - t, g - t> / |g - t|^2 inside the mask: 0 for the target itself, 1 for the truth. Any other
    face in the right place scores well above 0, so print it beside ``calibration`` rows.

    Returns
    -------
    float; nan where truth and target are the same, for then there is nothing to transfer
    """
    return _share_of_way(image, target, truth, mask)


def beta(image, neutral, truth, mask):
    """Expression kept: <y - n, g - n> / |g - n|^2 with n the truth at neutral expression.

    0 for the neutral truth, 1 for the truth; an unrelated picture does not score 0 either.

    Returns
    -------
    float; nan where the scene's expression is neutral, for then there is none to keep
    """
    return _share_of_way(image, neutral, truth, mask)


def _share_of_way(image, start, end, mask):
    image, start, end, mask = _checked(mask, image, start, end)
    way = end - start
    length = (mask[..., None] * way**2).sum()
    return float((mask[..., None] * (image - start) * way).sum() / length) if length else np.nan


def identity_gain(image, target, truth, points=None):
    """1 - d(E(y), E(g)) / d(E(t), E(g)), E = dlib's embedding: 1 the truth's identity, 0 as far
    as the target, below 0 further.

    Parameters
    ----------
    image, target, truth : (H,W,3) uint8 RGB
    points : (68,2) pixels, optional
        Where the face is in all three pictures. Without them each face is found first.

    Returns
    -------
    float; nan where no face is found in one of the pictures, or where truth and target read the
    same
    """
    codes = [code(picture, points) for picture in (image, target, truth)]
    return float("nan") if any(c is None for c in codes) else gain(*codes)


def gain(code, target, truth):
    """``identity_gain`` of embeddings (128,); nan where those of target and truth are the same."""
    whole = distance(target, truth)
    return float(1 - distance(code, truth) / whole) if whole > 0 else float("nan")


def code(image, points=None):
    """dlib's embedding (128,) of the face at ``points``, or of the best one found; else None."""
    if points is not None:
        return embed(image, DetectedFace(box_around(points), landmarks=np.float32(points)))
    faces = detect(image)
    return embed(image, faces[0]) if faces else None


def seam_gradient(image, truth, mask):
    """How much steeper the picture is than the truth along the border of a mask.

    Mean length of the luminance gradient in a band of ``SEAM`` pixels to either side of where the
    mask crosses .5, minus the same of the truth: 0 without a seam, below 0 where blending washed
    texture out. Give the mask that was pasted with: the seam is at its border.

    Returns
    -------
    float, grey levels per pixel
    """
    image, truth, mask = _checked(mask, image, truth)
    band = border(mask)
    _require(band.any(), "the mask has no border inside the picture, so there is no seam.")
    return float(steepness(image)[band].mean() - steepness(truth)[band].mean())


def border(mask, pixels=SEAM):
    """(H,W) bool: within ``pixels`` pixels of where a mask crosses .5, on either side."""
    inside, disc = np.uint8(mask >= 0.5), _disc(pixels)
    return (cv2.dilate(inside, disc) - cv2.erode(inside, disc, borderValue=1)).astype(bool)


def _disc(pixels):
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))


def steepness(image):
    """Length of the luminance gradient (H,W), grey levels per pixel, by central differences."""
    luminance = np.asarray(image, float) @ (0.299, 0.587, 0.114)
    return np.hypot(*np.gradient(luminance))


def _checked(mask, *images):
    """Pictures as float64, and the mask, when all fit together."""
    for image in images:
        ok = getattr(image, "dtype", None) == np.uint8 and image.ndim == 3 and image.shape[2] == 3
        _require(ok, "scores compare uint8 RGB pictures (H, W, 3): of a Frame, give its image.")
    mask = np.asarray(mask, float)
    shapes = {image.shape[:2] for image in images} | {mask.shape}
    _require(len(shapes) == 1, f"pictures and mask differ in size: {sorted(shapes)}.")
    _require(mask.min() >= 0 and mask.max() <= 1, "the mask must lie in [0, 1].")
    _require(mask.any(), "the mask is empty: there is nothing to compare.")
    return *(image.astype(float) for image in images), mask


def _require(condition, message):
    if not condition:
        raise QualityError(message)
