"""Pictures that say in their metadata that nobody took them with a camera.

The mark is an XMP packet with IPTC's digital source type, which programs that show provenance look
for, and the same facts as plain text. It tells honest readers the truth; it does not stop anybody:
saving the picture again with most programs loses it.

Programs that change a picture often copy its metadata, so the mark also holds a seal, a hash of the
pixels as a reader decodes them (of a video, of its coded pictures): a mark whose seal does not fit
speaks of another picture. ``door`` looks at it.
"""

import hashlib
import json
import os
import re
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import mkstemp
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

import numpy as np
from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError

from .errors import StudioError, whole_number

# How a picture came to be -> IPTC digital source type (https://cv.iptc.org/newscodes/digitalsourcetype/).
VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
SOURCES = {
    "render": VOCABULARY + "digitalCreation",  # made with a program, no trained model
    "composite": VOCABULARY + "compositeSynthetic",  # parts of pictures put together without one
    "generated": VOCABULARY + "trainedAlgorithmicMedia",  # painted by a trained network
    "swap": VOCABULARY
    + "compositeWithTrainedAlgorithmicMedia",  # a network's face put into a picture
}
NOTICE = "Synthetic: the people in this file do not exist."
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
NAMESPACES = {
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
}
WRAPPING = r"(?s)<\?xpacket.*?\?>|[\x00\ufeff]"  # what stands around the XML in a packet
MOST_FACTS = 20_000  # characters of JSON; a JPEG segment holds 65,502 bytes
NO_SEAL = "seal-to-come" + 52 * "-"  # as long as a seal: it is known when the file is coded
NO_PICTURE = (UnidentifiedImageError, OSError, ValueError, SyntaxError)


class MarkError(StudioError):
    """A picture file that cannot be written or read, or facts that cannot be stored."""


def save_image(path, image, source="render", quality=95, **facts):
    """Save a picture together with the mark that it is synthetic.

    Parameters
    ----------
    path : str or Path ending in .png, .jpg, .jpeg or .webp
        Replaced in one step, so nobody sees half a file.
    image : (H,W,3) or (H,W) uint8
    source : "render", "composite", "generated" or "swap": how the picture came to be (``SOURCES``)
    quality : int in [1, 100], of JPEG and WebP; a WebP of 100 is lossless
    **facts : str, int, float, bool or None, or lists and dicts of these
        What else should travel with the picture, for example ``person_seed=7``.

    Returns
    -------
    Path

    Raises
    ------
    MarkError
        The ending, the picture, the source, the quality or a fact cannot be used.
    """
    path = Path(path)
    kind = FORMATS.get(path.suffix.lower())
    _require(kind, f"{path.name}: choose one of the endings {', '.join(FORMATS)}.")
    _require(_is_picture(image), "save_image needs a uint8 array (H, W, 3) or (H, W) with pixels.")
    whole_number("quality", quality, 1, 100, error=MarkError)
    coded = _coded(kind, image, mark_of(source, facts) | {"seal": NO_SEAL}, quality)
    with whole_file(path) as partial:
        Path(partial).write_bytes(coded)
    return path


def _coded(kind, image, mark, quality):
    """The bytes of a picture file with its sealed mark."""
    image = np.ascontiguousarray(image)
    if kind == "PNG":  # loses nothing, and a sum over its texts forbids to change them later
        return _saved(kind, image, mark | {"seal": seal_of(_three(image))}, quality)
    coded = _saved(kind, image, mark, quality)
    with Image.open(BytesIO(coded)) as picture:
        return coded.replace(NO_SEAL.encode(), seal_of(pixels_of(picture)).encode())


def _saved(kind, image, mark, quality):
    coded = BytesIO()
    Image.fromarray(image).save(coded, kind, **_options(kind, mark, quality))
    return coded.getvalue()


def seal_of(pixels):
    """The seal of a picture: SHA-256 over its size and its pixels, 64 characters.

    Parameters
    ----------
    pixels : (H,W,3) uint8 RGB, as a reader decodes them
    """
    size = f"{pixels.shape[0]} {pixels.shape[1]} "
    return hashlib.sha256(size.encode() + np.ascontiguousarray(pixels).data).hexdigest()


def pixels_of(picture):
    """The pixels (H,W,3) uint8 RGB of a Pillow picture, upright; None for one that is not 8-bit
    grey or RGB, or that is transparent somewhere, which ``save_image`` never writes."""
    plain = picture.mode in ("RGB", "L") and "transparency" not in picture.info
    return _three(np.asarray(ImageOps.exif_transpose(picture))) if plain else None


def _three(image):
    return np.repeat(image[..., None], 3, axis=2) if image.ndim == 2 else image


def read_mark(path):
    """The mark of a picture or an MP4 video: a dict, or None if it has none.

    Returns
    -------
    dict or None
        ``synthetic`` (True), ``digital_source_type`` (an IPTC address), ``notice``, ``seal``, and
        the facts given to ``save_image`` or ``write_video``. A picture that another program marked
        as synthetic has the first two. Whether the seal fits is asked by ``door``.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    MarkError
        The file is neither a picture nor a video.
    """
    if Path(path).suffix.lower() == ".mp4":
        return _video_mark(path)
    return read_marked(path)[1]


def read_marked(path):
    """The pixels of a picture file and its mark, from one reading of it.

    Returns
    -------
    pixels : (H,W,3) uint8 RGB, or None where ``pixels_of`` gives none
    mark : dict or None, as ``read_mark``

    Raises
    ------
    FileNotFoundError, MarkError
        As ``read_mark``.
    """
    try:
        with Image.open(path) as picture:
            picture.load()  # PNG may hold its text behind the pixels
            packet = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp")
            pixels = pixels_of(picture)
    except FileNotFoundError:
        raise
    except (*NO_PICTURE, Image.DecompressionBombError) as error:
        raise MarkError(f"{Path(path).name} cannot be read as a picture: {error}") from error
    return pixels, (parse_packet(packet) if packet else None)


def _video_mark(path):
    from .video import VideoError, read_video_mark  # on first use: PyAV costs memory

    try:
        return read_video_mark(path)
    except VideoError as error:
        raise MarkError(str(error)) from error


def mark_of(source, facts):
    """The mark as a dict that JSON can hold."""
    known = ", ".join(map(repr, SOURCES))
    there = isinstance(source, str) and source in SOURCES
    _require(there, f"Unknown source {source!r}: choose one of {known}.")
    taken = {"synthetic", "digital_source_type", "notice", "seal"} & set(facts)
    _require(not taken, f"The mark itself says {sorted(taken)}: give this fact another name.")
    mark = {"synthetic": True, "digital_source_type": SOURCES[source], "notice": NOTICE, **facts}
    short = len(as_text(mark)) <= MOST_FACTS
    _require(short, f"The facts are too long: at most {MOST_FACTS} characters of JSON.")
    return mark


def as_text(mark):
    """A mark as one line of JSON (ASCII, so that every container can hold it)."""
    try:
        return json.dumps(mark, allow_nan=False)
    except (TypeError, ValueError) as error:
        kinds = "texts, numbers, booleans, None, or lists and dicts of these"
        raise MarkError(f"Facts must be {kinds}: {error}.") from error


def from_text(text):
    """The mark in a text that ``as_text`` wrote, or None."""
    try:
        mark = json.loads(text)
    except (TypeError, ValueError):
        return None
    return mark if isinstance(mark, dict) and mark.get("synthetic") is True else None


@contextmanager
def whole_file(path):
    """Give a temporary path beside ``path``, which takes its place if all went well.

    Raises
    ------
    FileNotFoundError
        The folder does not exist.
    """
    handle, partial = mkstemp(prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    try:
        yield partial
        os.chmod(partial, 0o666 & ~_umask())  # mkstemp lets nobody else read
        os.replace(partial, path)
    finally:
        Path(partial).unlink(missing_ok=True)


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _require(condition, message):
    if not condition:
        raise MarkError(message)


def _is_picture(image):
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or not image.size:
        return False
    return image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)


def _options(kind, mark, quality):
    """What Pillow is told for each format."""
    packet = write_packet(mark)
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", as_text(mark))
        text.add_itxt("XML:com.adobe.xmp", packet)
        return {"pnginfo": text}
    if kind == "JPEG":
        full_colour = {"subsampling": 0}  # skin tones are halved otherwise
        return {"quality": quality, "xmp": packet.encode(), "comment": as_text(mark), **full_colour}
    return {"quality": quality, "lossless": quality == 100, "xmp": packet.encode()}


def write_packet(mark):
    """The XMP packet of a mark."""
    names = " ".join(f"xmlns:{prefix}={quoteattr(uri)}" for prefix, uri in NAMESPACES.items())
    kind, facts = quoteattr(mark["digital_source_type"]), quoteattr(as_text(mark))
    about = f'rdf:about="" Iptc4xmpExt:DigitalSourceType={kind} dc:source={facts}'
    body = f"<rdf:RDF {names}><rdf:Description {about}/></rdf:RDF>"
    begin = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    return f'{begin}<x:xmpmeta xmlns:x="adobe:ns:meta/">{body}</x:xmpmeta><?xpacket end="w"?>'


def parse_packet(packet):
    """The mark in an XMP packet (bytes or str), or None.

    Our own facts, else IPTC's source type if it is one of ``SOURCES``.
    """
    text = packet.decode("utf-8", "replace") if isinstance(packet, bytes) else packet
    if "<!" in text:  # entities can blow up a parser, and XMP has no use for them
        return None
    try:
        tree = ElementTree.fromstring(re.sub(WRAPPING, "", text))
    except ElementTree.ParseError:
        return None
    kind = _property(tree, "Iptc4xmpExt", "DigitalSourceType")
    ours = from_text(_property(tree, "dc", "source"))
    theirs = {"synthetic": True, "digital_source_type": kind} if kind in SOURCES.values() else None
    return ours or theirs


def _property(tree, prefix, name):
    """The value of an XMP property, written as an attribute or as an element; None if absent."""
    name = f"{{{NAMESPACES[prefix]}}}{name}"
    found = (node.text if node.tag == name else node.get(name) for node in tree.iter())
    return next((value.strip() for value in found if value), None)
