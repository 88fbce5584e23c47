"""The door: what the studio made comes in, and nothing else, in a sentence that says why."""

import re
import shutil

import av
import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from facelab.studio import Crops, NotOursError, admit, admit_crops, admit_folder, admit_video, marks
from facelab.studio.marks import read_mark, save_image, seal_of, write_packet
from facelab.studio.video import read_video, write_video

PICTURE = (127 + 100 * np.sin(np.arange(48 * 64 * 3) / 900)).astype(np.uint8).reshape(48, 64, 3)
ENDINGS = ("png", "jpg", "jpeg", "webp")


@pytest.fixture(scope="module")
def frame():
    from facelab.studio import Person, Scene, render

    return render(Person.from_seed(1), Scene(), size=64)


def test_a_frame_comes_in_and_in_again(frame):
    once = admit(frame)
    assert once.image is frame.image and admit(once) is once


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_of_ours_comes_in_with_the_pixels_that_a_reader_sees(tmp_path, ending):
    path = save_image(tmp_path / f"a.{ending}", PICTURE, source="swap", person_seed=7)
    found = admit(str(path))
    with Image.open(path) as picture:
        assert np.array_equal(found.image, np.asarray(picture.convert("RGB")))
    assert found.mark["person_seed"] == 7 and found.name == f"a.{ending}"
    assert marks.NO_SEAL.encode() not in path.read_bytes()


def test_a_grey_file_comes_in_as_rgb(tmp_path):
    for ending in ENDINGS:
        found = admit(save_image(tmp_path / f"a.{ending}", PICTURE[..., 0]))
        assert found.image.shape == PICTURE.shape


def refused(given, *words, admit=admit):
    with pytest.raises(NotOursError) as caught:
        admit(given)
    sentence = str(caught.value)
    for word in words:
        assert re.search(word, sentence), sentence
    assert "studio" in sentence and "\n" not in sentence


def test_an_unmarked_picture_stays_outside(tmp_path):
    Image.fromarray(PICTURE).save(tmp_path / "photo.png")
    refused(tmp_path / "photo.png", "photo.png", "no mark", "somebody real")


def test_arrays_and_other_things_stay_outside(frame):
    refused(frame.image, "ndarray", "where it comes from")
    refused(None, "NoneType")
    refused(frame.image, "ndarray", admit=admit_crops)


@pytest.mark.parametrize("ending", ENDINGS)
def test_changed_pixels_under_a_kept_mark_stay_outside(tmp_path, ending):
    with Image.open(save_image(tmp_path / f"a.{ending}", PICTURE)) as picture:
        pixels, packet = np.array(picture), picture.info["xmp"]
    pixels[5:9, 5:9] = 0
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", packet.decode())
    options = {"pnginfo": text} if ending == "png" else {"xmp": packet}
    Image.fromarray(pixels).save(tmp_path / f"b.{ending}", **options)
    assert read_mark(tmp_path / f"b.{ending}")["notice"] == marks.NOTICE
    refused(tmp_path / f"b.{ending}", f"b.{ending}", "changed or coded again")


def test_one_level_of_one_pixel_breaks_a_seal():
    other = PICTURE.copy()
    other[0, 0, 0] += 1
    assert seal_of(other) != seal_of(PICTURE) != seal_of(PICTURE.reshape(64, 48, 3))


def test_turned_and_transparent_copies_stay_outside(tmp_path):
    with Image.open(save_image(tmp_path / "a.png", PICTURE)) as picture:
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", picture.info["xmp"].decode())
        turned = Image.Exif()
        turned[0x0112] = 6
        picture.save(tmp_path / "turned.png", pnginfo=text, exif=turned)
        picture.save(tmp_path / "holes.png", pnginfo=text, transparency=(1, 2, 3))
        picture.save(tmp_path / "same.png", pnginfo=text)
    refused(tmp_path / "turned.png", "changed")
    refused(tmp_path / "holes.png", "changed")
    assert np.array_equal(admit(tmp_path / "same.png").image, PICTURE)


def test_another_programs_mark_does_not_open_the_door(tmp_path):
    kind = marks.SOURCES["generated"]
    packet = write_packet({"digital_source_type": kind}).replace("dc:source", "dc:rights")
    Image.fromarray(PICTURE).save(tmp_path / "a.webp", xmp=packet.encode())
    assert read_mark(tmp_path / "a.webp")["synthetic"] is True
    refused(tmp_path / "a.webp", "another program")


def test_our_mark_without_a_seal_says_how_to_get_one(tmp_path):
    packet = write_packet(marks.mark_of("render", {}))
    Image.fromarray(PICTURE).save(tmp_path / "old.jpg", xmp=packet.encode())
    refused(tmp_path / "old.jpg", "without a seal", "make it anew")


def test_a_seal_is_no_fact_that_one_can_give(tmp_path):
    with pytest.raises(marks.MarkError, match="seal"):
        save_image(tmp_path / "a.png", PICTURE, seal="x")


def test_a_folder_comes_in_as_a_whole(tmp_path):
    for name in ("b.png", "a.jpg"):
        save_image(tmp_path / name, PICTURE)
    (tmp_path / "notes.txt").write_text("no picture")
    assert [path.name for path in admit_folder(tmp_path)] == ["a.jpg", "b.png"]


@pytest.mark.parametrize("ending", ["png", "JPG", "bmp", "gif", "tiff"])
def test_a_folder_with_one_unmarked_picture_stays_outside(tmp_path, ending):
    save_image(tmp_path / "a.png", PICTURE)
    Image.fromarray(PICTURE).save(tmp_path / f"photo.{ending}")
    refused(tmp_path, "Nothing", f"photo.{ending}", "no mark", admit=admit_folder)


def test_a_folder_with_a_broken_picture_or_none_stays_outside(tmp_path):
    refused(tmp_path, "no picture", admit=admit_folder)
    save_image(tmp_path / "a.png", PICTURE)
    (tmp_path / "b.jpg").write_text("text")
    with pytest.raises(NotOursError, match=r"b\.jpg"):
        admit_folder(tmp_path)
    with pytest.raises(FileNotFoundError):
        admit_folder(tmp_path / "nowhere")


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    pictures = [np.roll(PICTURE, 3 * t, axis=1) for t in range(8)]
    return write_video(tmp_path_factory.mktemp("film") / "a.mp4", pictures, person_seed=7)


def test_a_video_of_ours_comes_in(film):
    video = admit_video(film)
    assert (len(video), video.fps, video.mark["person_seed"]) == (8, 25, 7)
    for _ in range(2):  # as often as one likes
        pairs = zip(video, read_video(film)[0], strict=True)
        assert all(np.array_equal(admit(ours).image, plain) for ours, plain in pairs)
    with pytest.raises(NotOursError, match="admit_video"):
        admit(film)


def coded_again(source, path, template):
    """What other programs do: pictures coded again or copied, metadata copied along."""
    with av.open(str(source)) as film, av.open(str(path), "w") as output:
        output.metadata.update(film.metadata)
        track = film.streams.video[0]
        if template:
            copy = output.add_stream_from_template(track)
            for packet in film.demux(track):
                if packet.dts is not None:
                    packet.stream = copy
                    output.mux(packet)
            return path
        copy = output.add_stream("libx264", rate=25)
        copy.width, copy.height, copy.pix_fmt = track.width, track.height, "yuv420p"
        for picture in film.decode(track):
            output.mux(copy.encode(picture))
        output.mux(copy.encode(None))
    return path


def test_a_video_coded_again_elsewhere_stays_outside(film, tmp_path):
    path = coded_again(film, tmp_path / "b.mp4", template=False)
    assert read_mark(path) == read_mark(film)  # the mark came along: it proves nothing
    refused(path, r"b\.mp4", "coded again", admit=admit_video)


def test_a_video_whose_coded_pictures_were_copied_comes_in(film, tmp_path):
    assert len(admit_video(coded_again(film, tmp_path / "b.mp4", template=True))) == 8


def test_other_coded_pictures_under_our_mark_stay_outside(film, tmp_path):
    """One byte of one coded picture is another."""
    content = bytearray(film.read_bytes())
    place = content.rindex(b"mdat") + len(content) // 2 - content.rindex(b"mdat") // 2
    content[place] ^= 1
    (tmp_path / "b.mp4").write_bytes(content)
    refused(tmp_path / "b.mp4", "changed", admit=admit_video)


def test_unmarked_and_old_videos_stay_outside(film, tmp_path):
    with av.open(str(tmp_path / "c.mp4"), "w") as output:
        stream = output.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for picture in (PICTURE, None):
            shown = None if picture is None else av.VideoFrame.from_ndarray(picture, "rgb24")
            output.mux(stream.encode(shown))
    refused(tmp_path / "c.mp4", "no mark", admit=admit_video)
    shutil.copy(film, tmp_path / "old.mp4")
    content = film.read_bytes().replace(b'"seal"', b'"sell"')
    (tmp_path / "old.mp4").write_bytes(content)
    refused(tmp_path / "old.mp4", "without a seal", admit=admit_video)


def test_crops_come_in():
    crops = Crops({"image": PICTURE[None], "matrix": np.zeros((1, 2, 3))})
    assert admit_crops(crops) is crops


def test_a_jpeg_keeps_its_seal_when_only_its_texts_change(tmp_path):
    path = save_image(tmp_path / "a.jpg", PICTURE)
    content = path.read_bytes().replace(b"xpacket end", b"xpacket END")
    (tmp_path / "b.jpg").write_bytes(content)
    assert admit(tmp_path / "b.jpg").mark["seal"] == admit(path).mark["seal"]
