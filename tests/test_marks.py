"""Pictures that carry the mark that they are synthetic."""

import numpy as np
import pytest
from PIL import Image

from facelab.studio import marks
from facelab.studio.marks import MarkError, parse_packet, read_mark, save_image, write_packet
from facelab.studio.video import write_video

RNG = np.random.default_rng(0)
PICTURE = np.kron(RNG.integers(0, 256, (8, 10, 3)), np.ones((8, 8, 1))).astype(np.uint8)
ENDINGS = ("png", "jpg", "jpeg", "webp")


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_mark_comes_back(tmp_path, ending):
    facts = {"person_seed": 7, "note": 'é "quoted" <&>', "yaw": -3.5, "swap": None, "size": [1, 2]}
    mark = read_mark(save_image(tmp_path / f"a.{ending}", PICTURE, **facts))
    assert mark["synthetic"] is True and mark["digital_source_type"].endswith("/digitalCreation")
    assert {name: mark[name] for name in facts} == facts


@pytest.mark.parametrize("source", marks.SOURCES)
def test_how_the_picture_came_to_be(tmp_path, source):
    mark = read_mark(save_image(tmp_path / "a.png", PICTURE, source=source))
    assert mark["digital_source_type"] == marks.SOURCES[source]


@pytest.mark.parametrize("ending", ENDINGS)
def test_programs_find_it_where_iptc_says(tmp_path, ending):
    path = save_image(tmp_path / f"a.{ending}", PICTURE)
    assert b"Iptc4xmpExt:DigitalSourceType" in path.read_bytes()
    with Image.open(path) as picture:
        packet = picture.info["xmp"]
    assert b"http://cv.iptc.org/newscodes/digitalsourcetype/digitalCreation" in packet


def test_png_and_jpeg_also_say_it_in_plain_text(tmp_path):
    for ending, key in (("png", "Comment"), ("jpg", "comment")):
        with Image.open(save_image(tmp_path / f"a.{ending}", PICTURE)) as picture:
            said = picture.info[key]
        assert "do not exist" in (said.decode() if isinstance(said, bytes) else said)


@pytest.mark.parametrize(
    "ending, quality, error", [("png", 95, 0), ("webp", 100, 0), ("jpg", 95, 3), ("webp", 90, 8)]
)
def test_the_picture_comes_back(tmp_path, ending, quality, error):
    with Image.open(save_image(tmp_path / f"a.{ending}", PICTURE, quality=quality)) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert np.abs(pixels - PICTURE).mean() <= error


def test_grey_pictures_are_saved_too(tmp_path):
    with Image.open(save_image(tmp_path / "a.png", PICTURE[..., 0])) as picture:
        assert np.array_equal(np.asarray(picture), PICTURE[..., 0])


def test_saving_again_elsewhere_loses_the_mark(tmp_path):
    """The limit of metadata, which chapter 13 is about."""
    with Image.open(save_image(tmp_path / "a.png", PICTURE)) as picture:
        Image.fromarray(np.asarray(picture)).save(tmp_path / "b.png")
    assert read_mark(tmp_path / "b.png") is None


def test_marks_of_other_programs_are_understood():
    kind = marks.SOURCES["generated"]
    packet = write_packet({"digital_source_type": kind}).replace("dc:source", "dc:rights")
    as_element = packet.replace(f'Iptc4xmpExt:DigitalSourceType="{kind}"', "").replace(
        "/></rdf:RDF>",
        f"><Iptc4xmpExt:DigitalSourceType>{kind}</Iptc4xmpExt:DigitalSourceType></rdf:Description></rdf:RDF>",
    )
    assert (
        parse_packet(packet)
        == parse_packet(as_element)
        == {"synthetic": True, "digital_source_type": kind}
    )
    camera = packet.replace("trainedAlgorithmicMedia", "digitalCapture")
    assert parse_packet(camera) is None


@pytest.mark.parametrize("packet", [
    b"", b"\xff\xfe\x00", "<x", "<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", "<a/>",
])  # fmt: skip
def test_strange_packets_hold_no_mark(packet):
    assert parse_packet(packet) is None


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path, monkeypatch):
    path = save_image(tmp_path / "a.png", PICTURE)
    before = path.read_bytes()

    def fail(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        save_image(path, 255 - PICTURE)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("change, word", [
    (dict(path="a.gif"), "endings"), (dict(image=PICTURE / 255.0), "uint8"),
    (dict(image=None), "uint8"), (dict(image=PICTURE[:0]), "pixels"),
    (dict(image=PICTURE[..., :2]), "uint8"),
    (dict(source="photo"), "swap"), (dict(quality=101), "quality"),
    (dict(quality="95"), "quality"), (dict(quality=90.5), "quality"),
    (dict(source=["swap"]), "swap"), (dict(fact={1, 2}), "Facts"),
    (dict(fact=float("nan")), "Facts"), (dict(synthetic=False), "another name"),
    (dict(fact="x" * 30_000), "too long"),
])  # fmt: skip
def test_what_cannot_be_saved_is_refused(tmp_path, change, word):
    arguments = {"path": "a.png", "image": PICTURE} | change
    arguments["path"] = tmp_path / arguments["path"]
    with pytest.raises(MarkError, match=word):
        save_image(**arguments)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "word"), [("a.png", "cannot be read"), ("a.mp4", "not a video")])
def test_what_is_no_picture_and_no_video_is_refused(tmp_path, name, word):
    path = tmp_path / name
    with pytest.raises(FileNotFoundError):
        read_mark(path)
    path.write_text("text")
    with pytest.raises(MarkError, match=word):
        read_mark(path)


def test_a_video_has_a_mark_too(tmp_path):
    path = write_video(tmp_path / "a.MP4", [PICTURE] * 2, source="swap", person_seed=7)
    mark = read_mark(path)
    assert mark["synthetic"] is True and mark["person_seed"] == 7
    assert mark["digital_source_type"] == marks.SOURCES["swap"]
