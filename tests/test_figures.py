"""Pictures and clips in notebooks: what is shown, how large, and what is refused."""

import base64
import io

import av
import numpy as np
import pytest
from PIL import Image

from facelab.course import figures, lint, plt, show, show_clip

GREY = np.full((8, 8, 3), 128, np.uint8)


@pytest.fixture
def displayed(monkeypatch):
    """What was displayed, as a list."""
    seen = []
    monkeypatch.setattr("IPython.display.display", lambda what, raw=False: seen.append(what))
    return seen


@pytest.mark.parametrize("alt", ["", "  \n", None])
def test_show_refuses_a_picture_without_alt_text(alt):
    with pytest.raises(figures.AltTextMissing, match="Say what is to be seen"):
        show(GREY, alt=alt)


def test_show_writes_escaped_alt_text_and_caption(displayed):
    show(GREY, alt='A "grey" square', caption="5 < 6")
    markup = displayed[0]["text/html"]
    assert 'alt="A &quot;grey&quot; square"' in markup and "5 &lt; 6</figcaption>" in markup
    assert displayed[0]["text/plain"] == 'A "grey" square\n5 < 6'


def test_show_keeps_every_pixel_of_a_small_picture(displayed):
    picture = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    mime, data = figures.encode(figures.compose(picture))
    assert mime == "image/png" and np.array_equal(np.asarray(open_bytes(data)), picture)


def open_bytes(data):
    return Image.open(io.BytesIO(data))


def test_show_makes_large_photographs_small():
    noise = np.random.default_rng(0).normal(128, 20, (300, 300, 3)).astype(np.uint8)
    large = Image.fromarray(noise).resize((3000, 2000))
    mime, data = figures.encode(large)
    assert mime == "image/webp" and len(data) < 400_000
    assert max(open_bytes(data).size) == figures.LARGEST_SIDE


def test_show_closes_the_figure_it_shows(displayed):
    figure, _ = plt.subplots()
    show(figure, alt="An empty plot")
    assert not plt.fignum_exists(figure.number) and displayed


def test_grid_puts_pictures_in_rows_under_their_titles():
    red, blue = (np.full((40, 40, 3), c, np.uint8) for c in ([255, 0, 0], [0, 0, 255]))
    made = np.asarray(figures.compose([red, blue, red], ["a", "b", "c"], columns=2))
    step = 40 + figures.TITLE_HEIGHT + figures.GAP
    assert made.shape == (2 * step - figures.GAP, 2 * 40 + figures.GAP, 3)
    assert tuple(made[figures.TITLE_HEIGHT, 0]) == (255, 0, 0)
    assert tuple(made[figures.TITLE_HEIGHT, 40 + figures.GAP]) == (0, 0, 255)
    assert made[: figures.TITLE_HEIGHT, :40].min() < 128, "a title is drawn in dark letters"


def test_titles_are_part_of_the_alt_text():
    assert figures.required_alt("Two faces.", ["A", "B"]) == "Two faces. Titles: A; B."


@pytest.mark.parametrize(
    "wrong",
    [GREY / 255, GREY[:, :, :2], np.zeros((0, 4, 3), np.uint8), "face.png", [], [GREY, None]],
)
def test_show_refuses_what_is_not_a_picture(wrong):
    with pytest.raises(figures.NotAPicture):
        show(wrong, alt="A face")


def test_show_refuses_titles_that_do_not_match():
    with pytest.raises(figures.NotAPicture, match="2 pictures need as many titles"):
        show([GREY, GREY], alt="Two squares", titles=["one"])


# Clips


def moving(count=30, size=64):
    """A white square that crosses a grey ground."""
    frames = np.full((count, size, size, 3), 128, np.uint8)
    for n, frame in enumerate(frames):
        frame[20:36, n : n + 16] = 255
    return [*frames]


def shown_clip(displayed, **more):
    """Attributes of the clip that was shown, and its markup."""
    show_clip(moving(), alt='A "white" square moves right.', **more)
    markup = displayed[-1]["text/html"]
    return dict(lint.elements(markup))["video"], markup


def video_of(attributes):
    """Frames and rate of the video inside a clip's address."""
    kind, _, data = attributes["src"].partition(";base64,")
    assert kind == "data:video/mp4"
    with av.open(io.BytesIO(base64.b64decode(data))) as container:
        rate = container.streams.video[0].average_rate
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)], rate


def test_a_clip_waits_and_can_be_controlled(displayed):
    attributes, markup = shown_clip(displayed, caption="5 < 6")
    assert "controls" in attributes and not {"autoplay", "loop"} & set(attributes)
    assert attributes["aria-label"] == 'A "white" square moves right.'
    assert "5 &lt; 6</figcaption>" in markup
    assert displayed[-1]["text/plain"] == 'A "white" square moves right.\n5 < 6'


def test_a_clip_holds_every_frame_in_its_order(displayed):
    frames, rate = video_of(shown_clip(displayed, fps=10)[0])
    assert len(frames) == 30 and rate == 10
    right = [np.flatnonzero(frame[28, :, 0] > 200).max() for frame in frames]
    assert np.abs(np.array(right) - np.arange(15, 45)).max() <= 1


def test_a_clip_has_stills_from_its_first_to_its_last_frame(displayed):
    markup = shown_clip(displayed)[1]
    (alt,) = lint.image_alts(markup)
    assert alt.startswith("Still pictures of the clip: A ") and "<summary>" in markup
    made = np.asarray(figures.stills(moving()))
    assert made.shape == (64, 5 * (64 + figures.GAP) - figures.GAP, 3)
    assert np.array_equal(made[:, :64], moving()[0]) and np.array_equal(made[:, -64:], moving()[-1])


def test_a_clip_is_marked_as_synthetic(displayed):
    data = shown_clip(displayed, source="swap")[0]["src"].partition(";base64,")[2]
    assert b"compositeWithTrainedAlgorithmicMedia" in base64.b64decode(data)


def test_a_large_clip_is_made_smaller(displayed):
    frames = [np.kron(f, np.ones((20, 20, 1), np.uint8)) for f in moving(4)]
    show_clip(frames, alt="A white square moves right.")
    small, _ = video_of(dict(lint.elements(displayed[-1]["text/html"]))["video"])
    assert small[0].shape == (640, 640, 3)


def noise(count, size=320):
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (size, size, 3), dtype=np.uint8) for _ in range(count)]


def test_a_heavy_clip_is_encoded_harder_and_then_refused(monkeypatch):
    monkeypatch.setattr(figures, "LARGEST_CLIP", 60_000)
    assert len(figures.encode_clip(noise(2, 160), 25, "render")) <= 60_000
    with pytest.raises(figures.NotAPicture, match="20 frames of 160 x 160 .*fewer or smaller"):
        figures.encode_clip(noise(20, 160), 25, "render")


@pytest.mark.parametrize("frames", [[], [GREY, GREY[:4]], [GREY, None]])
def test_what_is_no_clip_is_refused(frames):
    with pytest.raises(figures.NotAPicture):
        show_clip(frames, alt="A grey square")


def test_a_clip_without_alt_text_is_refused():
    with pytest.raises(figures.AltTextMissing):
        show_clip(moving(), alt="")
