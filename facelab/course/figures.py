"""Pictures and clips in notebooks: doors that ask for alt text, and one style for all plots."""

import base64
import html
import io
import math
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

# Blue, orange, green, crimson, violet, grey, black. Blue and orange are those of Okabe and Ito,
# "Color Universal Design" (2008), two others of whose are too pale on white (2.3 to 1, and 3 is
# asked for); the rest were searched to lie far apart for every kind of colour vision.
COLOURS = ["#0072B2", "#D55E00", "#00A96B", "#961332", "#4E1A84", "#8D7F8D", "#000000"]
DASHES = ["-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1))]

LARGEST_SIDE = 1600
LARGEST_PNG = 60_000  # bytes; above that WebP, which takes a third
QUALITY = 88
GAP = 6
TITLE_HEIGHT = 22
LARGEST_CLIP = 400_000  # bytes
LONGEST_CLIP_SIDE = 640
CLIP_QUALITIES = (80, 65, 50, 35)
STILLS = 5


class AltTextMissing(ValueError):
    """A picture came without a sentence for those who cannot see it."""


class NotAPicture(TypeError):
    """What was given cannot be shown as a picture."""


def use_style():
    """Set matplotlib so that lines differ by colour-blind-safe colour and by dash."""
    plt.rcParams.update(
        {
            "axes.prop_cycle": cycler(color=COLOURS) + cycler(linestyle=DASHES),
            "axes.grid": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "figure.dpi": 100,
            "figure.figsize": (7, 4),
            "figure.constrained_layout.use": True,
            "grid.alpha": 0.3,
            "image.cmap": "cividis",
            "lines.markersize": 5,
        }
    )


def show(picture, alt, caption=None, titles=None, columns=None, zoom=1):
    """Display a picture, or a grid of pictures, with alt text.

    Parameters
    ----------
    picture : matplotlib Figure, uint8 array (H, W, 3) or (H, W), PIL image, or a list of these
        RGB. A matplotlib figure is closed.
    alt : str
        What is to be seen, in a sentence, for those who cannot see it.
    caption : str, optional
        Text under the picture, for everyone.
    titles : list of str, optional
        One title above each picture of a list.
    columns : int, optional
        Pictures per row of a grid; all in one row when left out.
    zoom : int
        Each pixel becomes a square of ``zoom`` x ``zoom`` pixels.

    Raises
    ------
    AltTextMissing
        If ``alt`` is empty.
    NotAPicture
        If ``picture`` is none of the above.
    """
    alt = required_alt(alt, titles)
    emit(figure_html(encode(compose(picture, titles, columns, zoom)), alt, caption), alt, caption)


def required_alt(alt, titles=None):
    """``alt`` in one line, followed by the titles; AltTextMissing if there is none."""
    if not isinstance(alt, str) or not alt.strip():
        raise AltTextMissing(
            "This picture has no alt text. Say what is to be seen: show(picture, alt='...')."
        )
    named = f" Titles: {'; '.join(titles)}." if titles else ""
    return " ".join(alt.split()) + named


def compose(picture, titles=None, columns=None, zoom=1):
    """One PIL image of a picture or a list of pictures."""
    several = isinstance(picture, (list, tuple))
    pictures = [enlarge(to_pil(one), zoom) for one in (picture if several else [picture])]
    if not pictures:
        raise NotAPicture("This list holds no pictures. Give show at least one.")
    if titles and len(titles) != len(pictures):
        raise NotAPicture(f"{len(pictures)} pictures need as many titles, not {len(titles)}.")
    return grid(pictures, titles, columns) if several else pictures[0]


def to_pil(picture):
    """PIL image (RGB or grey) of a figure, an array or a PIL image."""
    if isinstance(picture, Figure):
        return figure_to_pil(picture)
    if isinstance(picture, Image.Image):
        return picture if picture.mode in ("L", "RGB") else picture.convert("RGB")
    return array_to_pil(picture)


def figure_to_pil(figure):
    """PIL image of a matplotlib figure, which is closed."""
    file = io.BytesIO()
    figure.savefig(file, format="png")
    plt.close(figure)
    return Image.open(file).convert("RGB")


def array_to_pil(array):
    """PIL image of a uint8 array (H, W, 3) or (H, W)."""
    shape, kind = getattr(array, "shape", None), getattr(array, "dtype", None)
    if kind != np.uint8 or not (len(shape) == 2 or len(shape) == 3 and shape[2] == 3) or 0 in shape:
        what = type(array).__name__ if kind is None else f"{kind} array of shape {shape}"
        raise NotAPicture(
            f"show takes a figure, a PIL image or a uint8 array (H, W, 3) or (H, W), not a {what}. "
            "Values in [0, 1] become uint8 with (255 * picture).round().astype('uint8')."
        )
    return Image.fromarray(np.ascontiguousarray(array))


def enlarge(image, zoom):
    """``image`` with every pixel repeated ``zoom`` times both ways."""
    size = (image.width * zoom, image.height * zoom)
    return image if zoom == 1 else image.resize(size, Image.Resampling.NEAREST)


def grid(images, titles=None, columns=None):
    """PIL image of ``images`` in rows of ``columns``, on white, each below its title."""
    columns = min(columns or len(images), len(images))
    width, height = max(i.width for i in images), max(i.height for i in images)
    top = TITLE_HEIGHT if titles else 0
    rows = math.ceil(len(images) / columns)
    size = (columns * (width + GAP) - GAP, rows * (height + top + GAP) - GAP)
    canvas = Image.new("RGB", size, "white")
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        x, y = column * (width + GAP), row * (height + top + GAP)
        canvas.paste(image, (x, y + top))
        if titles:
            draw_title(canvas, titles[index], x, y, width)
    return canvas


def draw_title(canvas, title, x, y, width):
    """Write ``title`` centred over ``width`` pixels from ``x``, small enough to fit."""
    size = 15
    while size > 7 and ImageFont.load_default(size).getlength(title) > width:
        size -= 1
    where = (x + width / 2, y + TITLE_HEIGHT / 2)
    ImageDraw.Draw(canvas).text(
        where, title, fill="black", font=ImageFont.load_default(size), anchor="mm"
    )


def encode(image):
    """``(mime, bytes)``: PNG when that is small (plots, drawings), else WebP (photographs)."""
    image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    png = saved(image, "PNG", optimize=True)
    if len(png) <= LARGEST_PNG:
        return "image/png", png
    return "image/webp", saved(image, "WEBP", quality=QUALITY, method=4)


def saved(image, kind, **options):
    """Bytes of ``image`` in a file format."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def figure_html(encoded, alt, caption=None):
    """HTML ``<figure>`` with the picture inside, so that the alt text survives every export."""
    mime, data = encoded
    text = base64.b64encode(data).decode()
    below = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
    return (
        f'<figure style="margin:0"><img style="max-width:100%" alt="{html.escape(alt)}" '
        f'src="data:{mime};base64,{text}">{below}</figure>'
    )


def show_clip(frames, alt, fps=25, caption=None, source="render"):
    """Display moving pictures that wait until they are started, and can be stopped.

    The clip never plays by itself and never repeats, so that nobody who asks for less motion is
    given any. Below it, five still pictures unfold for whoever does not want to see it move.

    Parameters
    ----------
    frames : list of uint8 array (H, W, 3)
        RGB, all of one size. A side over 640 pixels is made smaller.
    alt : str
        What moves and how, in a sentence, for those who cannot see it.
    fps : float
        Frames a second, in (0, 240].
    caption : str, optional
        Text under the clip, for everyone.
    source : str
        How the pictures came to be (``facelab.studio.marks.SOURCES``): the clip is marked with it.

    Raises
    ------
    AltTextMissing
        If ``alt`` is empty.
    NotAPicture
        If a frame is none, sizes differ, or the clip is too long to be put into a notebook.
    """
    alt = required_alt(alt)
    frames = small_frames(frames)
    emit(clip_html(encode_clip(frames, fps, source), stills(frames), alt, caption), alt, caption)


def small_frames(frames):
    """Frames of one size as a list of arrays, none with a side longer than LONGEST_CLIP_SIDE."""
    images = [to_pil(frame).convert("RGB") for frame in frames]
    if len({image.size for image in images}) != 1:
        raise NotAPicture("A clip needs frames, all of one size. Resize them alike.")
    for image in images:
        image.thumbnail((LONGEST_CLIP_SIDE, LONGEST_CLIP_SIDE))
    return [np.asarray(image) for image in images]


def encode_clip(frames, fps, source):
    """Bytes of an H.264 video in the best quality that is small enough for a notebook."""
    from facelab.studio.video import write_video  # brings FFmpeg, which few chapters need

    with TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        for quality in CLIP_QUALITIES:
            write_video(path, frames, fps=fps, quality=quality, source=source)
            if path.stat().st_size <= LARGEST_CLIP:
                return path.read_bytes()
    raise NotAPicture(
        f"{len(frames)} frames of {frames[0].shape[1]} x {frames[0].shape[0]} pixels make more "
        f"than {LARGEST_CLIP / 1e6} MB. Show fewer or smaller ones."
    )


def stills(frames):
    """A picture of a few frames, evenly spread from the first to the last, beside each other."""
    places = np.linspace(0, len(frames) - 1, min(STILLS, len(frames))).round().astype(int)
    return grid([to_pil(frames[place]) for place in places])


def clip_html(video, still, alt, caption=None):
    """HTML of a clip with controls that stands still, and its stills folded away below it."""
    data, label = base64.b64encode(video).decode(), html.escape(alt)
    picture = figure_html(encode(still), f"Still pictures of the clip: {alt}")
    below = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
    return (
        f'<figure style="margin:0"><video controls playsinline preload="metadata" '
        f'style="max-width:100%" aria-label="{label}" src="data:video/mp4;base64,{data}">{label}'
        f"</video>{below}<details><summary>As still pictures</summary>{picture}</details></figure>"
    )


def emit(markup, *lines):
    """Display ``markup``, or its plain ``lines`` where HTML cannot be shown."""
    from IPython.display import display

    plain = "\n".join(line for line in lines if line)
    display({"text/html": markup, "text/plain": plain}, raw=True)


use_style()
