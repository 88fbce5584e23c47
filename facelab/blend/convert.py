"""``Convert``: find the crop, let the network paint, bring the new face back. Taught in chapter 06.

    converter = Convert(swapper, mask_type="landmark-grown", colour="lab")
    fake = converter.patch_image(frame, detect(frame.image)[0])

The names and signatures are those of the book's chapter on face swaps. Only frames of the studio
and files that it marked are taken: nobody real is faked here.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from facelab.blend.colour import LEAST
from facelab.blend.errors import BlendError, MaskError, require
from facelab.blend.inputs import picture, points_68, share
from facelab.blend.landmark_swap import paste
from facelab.blend.masks import eroded, softened
from facelab.blend.placing import Box, Place, cut_out, lay_back, scale_of
from facelab.blend.regions import mask_named
from facelab.blend.sharpen import sharpener_named
from facelab.blend.swapper import as_swapper, painted
from facelab.blend.transfers import IN_PLACE, colour_named
from facelab.faces import NoFaceError, as_rgb, landmarks
from facelab.studio.alignment import crop_matrix
from facelab.studio.door import admit, source_of
from facelab.studio.marks import FORMATS, save_image
from facelab.studio.timing import stage

UNSEEN = "pixels: is the face outside the picture, or the mask eroded away?"
HINTS = {
    "avg_color_adjust": "colour='mean' shifts the mean colour here",
    "smooth_mask": "blur_size is the softness of the mask's edge here",
}


class Convert:
    """Puts the faces that a network paints back into pictures.

    Parameters
    ----------
    encoder : swapper (see ``facelab.blend.swapper``), or a function of float crops as in the book
    blur_size : float >= 0, sigma of the Gaussian that softens the mask's edge, pixels of the
        picture
    seamless_clone : bool, True is another way to say ``colour="clone"``
    mask_type : name in ``MASKS`` ("rect", "hull", "hull-and-rect", "landmark-grown", "predicted"),
        in the book's spelling too, or a function of a ``Place``
    erosion_kernel_size : int >= 1 or None, width of the disc by whose radius the mask is drawn in
        before it is softened, pixels of the picture
    colour : name in ``COLOURS`` ("none", "mean", "lab", "histogram", "poisson", "clone"), or a
        function (source, target, mask) -> source; "lab" unless ``seamless_clone``
    sharpen : name in ``SHARPENERS`` ("none", "unsharp", "deconvolution"), or a function
        (image, scale) -> image
    accept : function of a face -> bool, or None; faces that it refuses stay as they are, e.g.
        ``FaceFilter(...).check``
    **kwargs : nothing. The book swallows names that it does not know, here they are refused.

    Attributes
    ----------
    size, coverage : the swapper's own, so that training and conversion cut the same crop

    Raises
    ------
    BlendError
        An option that does not exist or cannot be used.
    """

    def __init__(
        self, encoder, blur_size=2, seamless_clone=False, mask_type="facehullandrect",
        erosion_kernel_size=None, colour=None, sharpen="none", accept=None, **kwargs,
    ):  # fmt: skip
        _refuse(kwargs)
        self.encoder = as_swapper(encoder)
        self.size, self.coverage = self.encoder.size, self.encoder.coverage
        self.blur_size = _amount("blur_size", blur_size, 0)
        self.erosion = _radius(erosion_kernel_size)
        self.colour_name = _colour(colour, seamless_clone)
        self.in_place = callable(self.colour_name) or self.colour_name in IN_PLACE
        self.recolour = colour_named(self.colour_name)
        self.mask_of, self.sharpen = mask_named(mask_type), sharpener_named(sharpen)
        ok = accept is None or callable(accept)
        require(ok, f"accept must be a function of a face, got {accept!r}.")
        self.accept = accept or (lambda face: True)

    def patch_image(self, image, face_detected):
        """The picture with a new face in place of one, or of each of several.

        Parameters
        ----------
        image : Frame, or a picture with the studio's mark (see ``admitted``)
        face_detected : DetectedFace (its 68 points, or they are found), the ``FaceTruth`` of a
            Frame, or (68,2) pixels; or a list of these, each patched on what the one before left

        Returns
        -------
        (H,W,3) uint8 RGB; the picture itself, to the bit, outside the masks

        Raises
        ------
        NotOursError
            No picture of the studio.
        BlendError
            The network gave something else than crops.
        PointsError
            The face has no 68 points.
        MaskError
            The mask covers nearly nothing, e.g. because the face is outside the picture.
        """
        image = admitted(image)
        faces = face_detected if isinstance(face_detected, list | tuple) else [face_detected]
        wanted = [points_of(image, face) for face in faces if self.accept(face)]
        return self._patch_many([(image, wanted)])[0]

    def _patch_many(self, jobs, lenient=False):
        """Pictures with new faces, all painted in one call of the network.

        For frames that have passed the door already (``admitted``) and points already found.

        Parameters
        ----------
        jobs : list of (image (H,W,3) uint8 RGB, list of points (68,2))
        lenient : bool, True leaves a face as it is whose mask covers nearly nothing

        Returns
        -------
        list of (H,W,3) uint8 RGB, as many; the same array where nothing was changed
        """
        with stage("crop"):
            places = [[self._place(image, points) for points in each] for image, each in jobs]
            pairs = [(job[0], p) for job, each in zip(jobs, places, strict=True) for p in each]
            crops = [cut_out(image, place.matrix, self.size) for image, place in pairs]
        new = iter(zip(crops, self._new_faces(np.stack(crops)), strict=True) if crops else ())
        results = []
        for (image, _), each in zip(jobs, places, strict=True):
            for place in each:
                image = self._patched_if(lenient, image, place, *next(new))
            results.append(image)
        return results

    def get_new_face(self, image, mat, size):
        """What the network paints for one face.

        Parameters
        ----------
        image : Frame or marked picture
        mat : (2,3), from the picture to the crop (``crop_matrix(points, size, coverage)``)
        size : int, pixels of the crop, the swapper's

        Returns
        -------
        (size,size,3) uint8 RGB, or (size,size,4) with the network's own mask as the fourth
        """
        ok = size == self.size
        require(ok, f"this swapper paints crops of {self.size} pixels, not {size!r}.")
        crop = cut_out(admitted(image), np.asarray(mat, float), size)
        return self._new_faces(crop[None])[0]

    def get_image_mask(self, image, new_face, face_detected, mat, image_size):
        """The mask with which a face is put back: chosen, eroded, softened.

        Parameters
        ----------
        image : picture; only its size counts, and its content where the face has no points
        new_face : (S,S,3) or (S,S,4) uint8, from ``get_new_face``
        face_detected, mat : as in ``patch_image`` and ``get_new_face``
        image_size : (width, height), pixels

        Returns
        -------
        (height,width) float32 in [0,1]
        """
        image = picture(image)
        width, height = image_size
        points = points_of(image, face_detected)
        size, mat = new_face.shape[0], np.asarray(mat, float)
        place = Place(points, mat, size, (height, width), _own_mask(new_face))
        return self._soft(self._hard_mask(place))

    def apply_new_face(self, image, new_face, image_mask, mat, image_size, size):
        """A new face in its place: colours matched, laid back, sharpened, pasted by the mask.

        Parameters
        ----------
        image : Frame or marked picture
        new_face : (size,size,3) or (size,size,4) uint8, from ``get_new_face``
        image_mask : (H,W) in [0,1], from ``get_image_mask``
        mat : (2,3), from the picture to the crop
        image_size : (width, height) of the picture, pixels
        size : int, pixels of the crop

        Returns
        -------
        (H,W,3) uint8 RGB
        """
        image, mat = admitted(image), np.asarray(mat, float)
        ok = tuple(image_size) == image.shape[1::-1] and new_face.shape[0] == size
        require(ok, "image_size must be the picture's (width, height) and size the crop's side.")
        mask, crop = share(image_mask, image.shape), cut_out(image, mat, size)
        new_face = self._recoloured(new_face[..., :3], crop, mask_in_crop(mask, mat, size))
        return self._pasted(image, new_face, mask, mat)

    def _place(self, image, points):
        matrix = crop_matrix(points, self.size, self.coverage)
        return Place(np.asarray(points, float), matrix, self.size, image.shape[:2])

    def _new_faces(self, crops):
        with stage("network"):
            faces, masks = painted(self.encoder, crops)
        if masks is None:
            return faces
        levels = np.uint8(np.round(masks * 255))
        return np.concatenate([faces, levels[..., None]], -1)

    def _patched_if(self, lenient, image, *face):
        """The picture with one new face; or, where that may be, as it is if the mask is empty."""
        try:
            return self._patched(image, *face)
        except MaskError:
            if lenient:
                return image
            raise

    def _patched(self, image, place, crop, new_face):
        """The picture with one new face; only the box around its mask is worked on."""
        place = replace(place, predicted=_own_mask(new_face))
        with stage("mask"):
            box, mask = self._boxed_mask(place)
        require(mask.sum() >= LEAST, f"the mask covers less than {LEAST} {UNSEEN}", MaskError)
        with stage("colour"):
            new_face = self._recoloured(new_face[..., :3], crop, self._crop_mask(place))
        result, matrix = image.copy(), place.inside(box).matrix
        box.of(result)[:] = self._pasted(box.of(image), new_face, mask, matrix)
        return result

    def _boxed_mask(self, place):
        """The Box that changes and the softened mask in it."""
        margin = int(4 * self.blur_size) + 2
        wide = place.box(margin)
        hard = self._hard_mask(place.inside(wide))
        tight = Box.around(hard, margin)
        box = Box(*np.add(tight, (wide.left, wide.top) * 2)).within(place.shape)
        return box, self._soft(tight.of(hard))

    def _hard_mask(self, place):
        if min(place.shape) == 0:
            return np.zeros(place.shape, np.float32)
        return share(self.mask_of(place), place.shape)

    def _soft(self, mask):
        if mask.size == 0:
            return mask
        return softened(eroded(mask, self.erosion) if self.erosion else mask, self.blur_size)

    def _crop_mask(self, place):
        """The chosen mask in the crop, where colours are judged; None where they are not."""
        return None if self.in_place else self._hard_mask(place.in_crop())

    def _recoloured(self, new_face, crop, crop_mask):
        return new_face if self.in_place else self.recolour(new_face, crop, crop_mask)

    def _pasted(self, part, new_face, mask, matrix):
        with stage("paste"):
            laid = lay_back(new_face, matrix, part.shape[:2])
        with stage("sharpen"):
            laid = self.sharpen(laid, 1 / scale_of(matrix))
        with stage("colour"):
            laid = self.recolour(laid, part, mask) if self.in_place else laid
        with stage("paste"):
            return paste(laid, part, mask)


def convert(converter, item, output_dir):
    """Convert one picture of a list and save it with its mark, under its own name.

    A picture without an accepted face, or one whose face cannot be converted, is written as it is,
    so that a film keeps its length. Existing files of that name are replaced, the source never.

    Parameters
    ----------
    converter : Convert
    item : (filename, image, faces): a name or path; what ``admitted`` takes, or for a marked file
        of that path the pixels that were read from it; faces as pairs (number, face), as
        ``get_faces`` yields them, or plain
    output_dir : str or Path, made if it is not there

    Returns
    -------
    Path of the file written

    Raises
    ------
    NotOursError
        The picture is not one of the studio's.
    BlendError
        The file would replace its own source.
    """
    filename, image, faces = item
    source, path = Path(filename), _output_path(filename, output_dir)
    ok = not source.exists() or path.resolve() != source.resolve()
    require(ok, f"{path.name} would be replaced by its own swap: give another output_dir.")
    guest = _guest(source, image)
    new, count = as_rgb(guest.image), 0
    for face in faces:
        before, new = new, _with_face(converter, new, _plain(face), source.name)
        count += new is not before
    kind = "swap" if count else source_of(guest.mark)
    return save_image(path, new, source=kind, swapped_faces=count)


def _guest(source, image):
    """What is admitted: the image, or where it is bare pixels the file that they were read from."""
    if not isinstance(image, np.ndarray) or not source.is_file():
        return admit(image)
    guest = admit(source)
    same = np.shape(image)[:2] == guest.image.shape[:2]
    require(same, f"{source.name} is {guest.image.shape[:2]}, the picture {np.shape(image)[:2]}.")
    return guest


def _with_face(converter, image, face, name):
    """The picture with one new face, if it is accepted; the picture itself where none can be."""
    if not converter.accept(face):
        return image
    try:
        return converter._patch_many([(image, [points_of(image, face)])])[0]
    except (MaskError, NoFaceError) as error:
        print(f"{name}: a face stays as it was: {error}")
        return image


def _plain(face):
    """The face of a pair (number, face), or the face."""
    numbered = isinstance(face, tuple) and len(face) == 2 and isinstance(face[0], int | np.integer)
    return face[1] if numbered else face


def admitted(image):
    """The picture (H,W,3) uint8 RGB of what may be changed.

    Parameters
    ----------
    image : Frame, or a picture with the studio's mark: its path, or what ``studio.door.admit`` gave

    Raises
    ------
    NotOursError
        It is anything else: nobody real is faked here.
    """
    return as_rgb(admit(image).image)


def points_of(image, face):
    """The 68 points (68,2) float64 of a face in a picture; dlib's where only a box is known."""
    points = getattr(face, "landmarks", face)
    if points is None or (hasattr(face, "box") and len(points) != 68):
        points = landmarks(image, face)
    return points_68(points, "the face's points")


def mask_in_crop(mask, matrix, size):
    """A picture's mask (H,W) seen in the crop (size,size)."""
    three = np.repeat(mask[..., None], 3, -1)
    return np.clip(cut_out(three, matrix, size)[..., 0], 0, 1)


def _own_mask(new_face):
    return np.float32(new_face[..., 3]) / 255 if new_face.shape[-1] == 4 else None


def _output_path(filename, output_dir):
    folder, name = Path(output_dir), Path(filename).name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    return path if path.suffix.lower() in FORMATS else path.with_suffix(".png")


def _refuse(unknown):
    """BlendError for keywords that the book would swallow."""
    for name in unknown:
        hint = HINTS.get(name, "help(Convert) lists what there is")
        raise BlendError(f"Convert has no option {name!r}: {hint}.")


def _colour(colour, seamless_clone):
    """The transfer that is meant by two options, of which at most one may speak."""
    ok = not (seamless_clone and colour is not None and colour != "clone")
    require(ok, f"seamless_clone already says the colours, so colour={colour!r} cannot be kept.")
    return colour if colour is not None else ("clone" if seamless_clone else "lab")


def _amount(name, value, least):
    ok = isinstance(value, int | float | np.number) and np.isfinite(value) and value >= least
    require(ok, f"{name} must be a number >= {least}, got {value!r}.")
    return float(value)


def _radius(kernel_size):
    if kernel_size is None:
        return 0
    ok = isinstance(kernel_size, int | np.integer) and kernel_size >= 1
    require(ok, f"erosion_kernel_size must be a whole number >= 1 or None, got {kernel_size!r}.")
    return int(kernel_size) // 2
