"""Pictures in notebooks: one door, which asks for alt text, and one style for all plots."""

import base64
import html
import io
import math

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

# Okabe and Ito, "Color Universal Design" (2008); their yellow is left out: too pale on white.
COLOURS = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000"]
DASHES = ["-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1))]

LARGEST_SIDE = 1600
LARGEST_PNG = 120_000
QUALITY = 88
GAP = 6
TITLE_HEIGHT = 22


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


def emit(markup, *lines):
    """Display ``markup``, or its plain ``lines`` where HTML cannot be shown."""
    from IPython.display import display

    plain = "\n".join(line for line in lines if line)
    display({"text/html": markup, "text/plain": plain}, raw=True)


use_style()
