"""Videos: what goes in comes out, whole files or none, plain errors."""

import numpy as np
import pytest

from facelab.studio.marks import VOCABULARY
from facelab.studio.video import VideoError, read_video, read_video_mark, write_video


def moving_pictures(count=20, height=96, width=128):
    """Smooth coloured waves that travel."""
    y, x = np.mgrid[:height, :width] / 20
    waves = [np.stack([x + t / 4, y - t / 5, x - y + t / 3], -1) for t in range(count)]
    return [(127 + 100 * np.sin(w)).astype(np.uint8) for w in waves]


def psnr(a, b):
    return 10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2))


@pytest.mark.parametrize("height, width", [(96, 128), (97, 128), (96, 131), (97, 131), (16, 16)])
def test_every_frame_comes_back_in_its_size(tmp_path, height, width):
    pictures = moving_pictures(20, height, width)
    frames, fps = read_video(write_video(tmp_path / "a.mp4", pictures, fps=25))
    frames = list(frames)
    assert fps == 25 and len(frames) == 20
    assert all(f.shape == (height, width, 3) and f.dtype == np.uint8 for f in frames)
    assert min(psnr(a, b) for a, b in zip(pictures, frames, strict=True)) > 30


@pytest.mark.parametrize(
    "colour",
    [(200, 30, 30), (30, 200, 30), (30, 30, 200), (128, 128, 128), (255, 255, 255), (0, 0, 0)],
)
def test_colours_are_kept(tmp_path, colour):
    flat = np.broadcast_to(np.uint8(colour), (64, 64, 3))
    frames, _ = read_video(write_video(tmp_path / "a.mp4", [flat] * 3))
    assert np.abs(next(frames)[32, 32].astype(int) - colour).max() <= 3


@pytest.mark.parametrize("fps", [1, 12.5, 30, 30000 / 1001, 60])
def test_frame_rates_are_kept(tmp_path, fps):
    frames, found = read_video(write_video(tmp_path / "a.mp4", moving_pictures(4), fps=fps))
    assert found == pytest.approx(fps, rel=1e-3) and len(list(frames)) == 4


def test_quality_buys_likeness_with_bytes(tmp_path):
    pictures = [
        p + np.random.default_rng(i).integers(0, 20, p.shape, np.uint8)
        for i, p in enumerate(moving_pictures(8))
    ]
    files = [write_video(tmp_path / f"{q}.mp4", pictures, quality=q) for q in (20, 60, 95)]
    likeness = [psnr(pictures[3], list(read_video(f)[0])[3]) for f in files]
    assert likeness == sorted(likeness) and likeness[2] > likeness[0] + 2
    sizes = [f.stat().st_size for f in files]
    assert sizes == sorted(sizes)


def test_frames_may_come_from_a_generator(tmp_path):
    frames, _ = read_video(write_video(tmp_path / "a.mp4", (p for p in moving_pictures(5))))
    assert len(list(frames)) == 5


def test_same_frames_same_bytes(tmp_path):
    a, b = (
        write_video(tmp_path / name, moving_pictures(6)).read_bytes() for name in ("a.mp4", "b.mp4")
    )
    assert a == b


def test_the_file_says_that_it_is_synthetic(tmp_path):
    path = write_video(tmp_path / "a.mp4", moving_pictures(3), source="swap", person_seed=7)
    mark = read_video_mark(path)
    assert mark["synthetic"] is True and mark["person_seed"] == 7
    assert mark["digital_source_type"] == VOCABULARY + "compositeWithTrainedAlgorithmicMedia"
    assert b"Synthetic" in path.read_bytes()


def test_a_failure_leaves_the_old_file_and_no_scraps(tmp_path):
    path = write_video(tmp_path / "a.mp4", moving_pictures(3))
    before = path.read_bytes()
    mixed = [*moving_pictures(3), np.zeros((32, 32, 3), np.uint8)]
    with pytest.raises(VideoError, match="resize"):
        write_video(path, mixed)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("frames, word", [
    ([], "at least one"), (None, "one by one"), ([None], "uint8"),
    ([np.zeros((32, 32, 3))], "uint8"),
    ([np.zeros((32, 32), np.uint8)], "uint8"), ([np.zeros((8, 64, 3), np.uint8)], "16 pixels"),
])  # fmt: skip
def test_frames_that_cannot_be_written(tmp_path, frames, word):
    with pytest.raises(VideoError, match=word):
        write_video(tmp_path / "a.mp4", frames)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "options, word",
    [
        (dict(fps=0), "fps"), (dict(fps="25"), "fps"), (dict(fps=None), "fps"),
        (dict(quality=0), "quality"), (dict(quality=None), "quality"), (dict(size=3), "size"),
    ],
)  # fmt: skip
def test_options_out_of_range(tmp_path, options, word):
    with pytest.raises(VideoError, match=word):
        write_video(tmp_path / "a.mp4", moving_pictures(1), **options)


def test_only_mp4_is_written(tmp_path):
    with pytest.raises(VideoError, match=r"\.mp4"):
        write_video(tmp_path / "a.avi", moving_pictures(1))


def test_what_is_not_a_video_is_refused(tmp_path):
    text = tmp_path / "a.mp4"
    text.write_text("no video")
    for read in (read_video, read_video_mark):
        with pytest.raises(VideoError, match="not a video"):
            read(text)
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "b.mp4")


def test_a_video_cut_short_is_refused(tmp_path):
    path = write_video(tmp_path / "a.mp4", moving_pictures(20))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(VideoError, match="damaged|not a video"):
        list(read_video(path)[0])
