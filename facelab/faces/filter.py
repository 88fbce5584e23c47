"""One person's faces among those of others. Taught in chapter 04."""

from dataclasses import replace
from numbers import Real
from pathlib import Path

from facelab.faces.detectors import detect
from facelab.faces.errors import MethodError, NoFaceError, ReferenceFaceError
from facelab.faces.face import DetectedFace
from facelab.faces.pictures import as_rgb, read_image
from facelab.faces.points import landmarks
from facelab.faces.recognition import SAME_PERSON, distance, embed


def detect_faces(frame, method="hog", **options):
    """Find the faces in a picture, each with its 68 landmarks, one at a time.

    Lazily: nothing is done before the first face is asked for, and the landmarks of a face only
    when it is its turn.

    Parameters
    ----------
    frame : Frame, ndarray or PIL.Image.Image
        Whatever `as_rgb` accepts.
    method, **options
        As `detect`. The landmarks are dlib's, which was trained with boxes of "hog"; with
        `upsample=1` it also finds faces of 40 to 80 pixels, in four times the time.

    Yields
    ------
    DetectedFace
        Best score first; `image` is the whole picture.

    Raises
    ------
    ImageError, MethodError, DetectorError
        As `detect`, with the first face.
    """
    image = as_rgb(getattr(frame, "image", frame))
    for face in detect(image, method, **options):
        yield replace(face, landmarks=landmarks(image, face))


class FaceFilter:
    """Is a face that of the person in a reference picture?

    The reference is encoded once, by `embed`; a face is encoded from the whole picture in which it
    was found, at its landmarks, in RGB like the reference.

    Parameters
    ----------
    reference_file_path : path, or a picture in memory (Frame, ndarray, PIL.Image.Image)
        It shows one face.
    threshold : float >= 0
        The largest distance that still counts as the same person: a larger one lets more in, of
        both kinds. dlib's author measured .6 to be right for 99.38 % of the pairs of LFW, half of
        which show one person. A folder with many more strangers than that, or with people who look
        alike, needs a smaller one: choose it from a curve of precision and recall. Rendered people
        lie nearer together than photographed ones: of 12 of the studio's (seeds 0 to 11, 4 random
        scenes each), .6 let in 55 % of the strangers and .45 less than 1 %, both all of the person.

    Attributes
    ----------
    threshold : float
    encoding : (128,) float32, of the reference
    reference : str, a hash of the reference's pixels

    Raises
    ------
    FileNotFoundError, ImageError
        The reference cannot be read.
    ReferenceFaceError
        It shows no face, or several.
    MethodError
        The threshold is not a number >= 0.
    """

    def __init__(self, reference_file_path, threshold=SAME_PERSON):
        if not isinstance(threshold, Real) or not threshold >= 0:
            raise MethodError(f"threshold is a distance >= 0, not {threshold!r}")
        self.threshold = float(threshold)
        from facelab.studio.marks import seal_of  # on first use: the studio costs memory

        face = _only_face(reference_file_path)
        self.encoding = embed(face.image, face)
        self.reference = seal_of(face.image)

    def distance(self, face):
        """Distance of a DetectedFace to the reference: 0 the same picture, around .6 unsure.

        Raises
        ------
        NoFaceError
            Not a DetectedFace, or it has let go of its picture.
        ImageError
            As `embed`.
        """
        if not isinstance(face, DetectedFace) or face.image is None:
            raise NoFaceError("a face to compare is a DetectedFace that has its picture in .image")
        return float(distance(self.encoding, embed(face.image, face)))

    def check(self, detected_face):
        """Whether a DetectedFace is within the threshold: True or False. Errors as `distance`."""
        return self.distance(detected_face) <= self.threshold


def _only_face(reference):
    """The face of a reference picture."""
    known = isinstance(reference, str | Path)
    image = read_image(reference) if known else as_rgb(getattr(reference, "image", reference))
    name = Path(reference).name if known else "the reference"
    faces = detect(image) or detect(image, upsample=1)
    if len(faces) == 1:
        return faces[0]
    found = f"{len(faces)} faces" if faces else "no face"
    remedy = "give a picture that shows the one person sought, from the front, alone"
    raise ReferenceFaceError(f"{name} shows {found} that can be found: {remedy}")


def get_faces(reference_image, image, extractor, debug=False):
    """The faces of one person in a picture, lazily, each cut out once.

    Parameters
    ----------
    reference_image : FaceFilter, or what it is made from
        A path or picture is encoded anew in each call: for many pictures give a FaceFilter.
    image : Frame, ndarray or PIL.Image.Image
    extractor : Extract, or another with its method `extract(image, face, size)`
    debug : bool
        Say on the screen how far each face is from the reference, also of those left out.

    Yields
    ------
    number : int, from 0
    face : DetectedFace with 68 landmarks, and its crop of 256 pixels in `face.aligned`

    Raises
    ------
    As `FaceFilter` and `detect_faces`, with the first face.
    """
    known = isinstance(reference_image, FaceFilter)
    facefilter = reference_image if known else FaceFilter(reference_image)
    number = 0
    for face in detect_faces(image):
        far = facefilter.distance(face)
        accepted = far <= facefilter.threshold
        if debug:
            print(f"distance {far:.3f}: {f'face {number}' if accepted else 'somebody else'}")
        if accepted:
            yield number, replace(face, aligned=extractor.extract(face.image, face, 256))
            number += 1
