"""Films: found, followed, calmed, swapped, as long as before, with their sound and our mark."""

from collections import Counter
from dataclasses import replace

import av
import numpy as np
import pytest

from facelab.blend import SMOOTHERS, BlendError, Convert, hull_mask, swap_clip, swap_frames
from facelab.blend.clip_swap import STRIP, beside, error_map
from facelab.blend.smoothing import kalman, moving_average, one_euro, smoother_named
from facelab.blend.sound import add_sound, has_sound
from facelab.faces.face import hog_box
from facelab.faces.tracking import Tracker, jumped
from facelab.measure.landmark_error import nme
from facelab.measure.steadiness import jitter
from facelab.studio import Person, Scene, clip, read_mark, read_video, render, write_video
from facelab.studio.door import NotOursError, admit_video
from facelab.studio.video import VideoError

A, B = Person.from_seed(11), Person.from_seed(5)


class Brighter:
    """A swapper that is seen at once."""

    size, coverage = 64, 0.625

    def __call__(self, crops):
        return np.uint8(np.clip(crops.astype(int) + 50, 0, 255))


@pytest.fixture(scope="module")
def scenes():
    return clip(A, "talk", seconds=0.6, seed=2)


@pytest.fixture(scope="module")
def film(scenes):
    return [render(A, scene, size=192) for scene in scenes]


@pytest.fixture(scope="module")
def empty():
    return render(A, Scene(camera=replace(Scene().camera, y=700)), size=192)


def converter(**options):
    return Convert(Brighter(), colour="none", mask_type="hull", **options)


def changed(new, old):
    return bool((new != old.image).any())


# Followed faces


def test_faces_are_followed_as_well_as_they_are_detected(film):
    errors = {}
    for every in (1, 7):
        tracker = Tracker(every)
        points = [next(iter(tracker(frame.image).values())).landmarks for frame in film]
        pairs = zip(points, film, strict=True)
        errors[every] = np.mean([nme(found, frame.landmarks) for found, frame in pairs])
    assert errors[1] < 0.06 and errors[7] < 1.2 * errors[1]


def test_between_detections_nothing_is_detected(film, monkeypatch):
    from facelab.faces import tracking

    calls = Counter()

    def counted(*given):
        calls["detect"] += 1
        return detect(*given)

    detect = tracking.detect
    monkeypatch.setattr(tracking, "detect", counted)
    tracker = Tracker(5)
    for frame in film[:11]:
        assert list(tracker(frame.image)) == [0]  # one face, one number
    assert calls["detect"] == 3


def test_a_face_that_was_away_is_found_at_once_and_is_a_new_one(film, empty):
    tracker = Tracker(1)
    numbers = [list(tracker(f.image)) for f in (film[0], empty, film[1], film[2])]
    assert numbers == [[0], [], [1], [1]]
    lazy = Tracker(50)
    assert [len(lazy(f.image)) for f in (empty, film[0], film[1])] == [0, 1, 1]


def test_a_face_that_the_detector_misses_is_followed_for_a_while(film, monkeypatch):
    from facelab.faces import tracking

    tracker = Tracker(1)
    tracker(film[0].image)
    monkeypatch.setattr(tracking, "detect", lambda *given: [])
    seen = [tracker(film[0].image) for _ in range(tracking.PATIENCE + 2)]
    assert [len(faces) for faces in seen] == [1] * tracking.PATIENCE + [0, 0]
    assert list(seen[2]) == [0]
    assert nme(seen[2][0].landmarks, film[0].landmarks) < 0.06


def test_a_jump_is_detected_anew(film):
    far = render(A, Scene(camera=replace(Scene().camera, x=60)), size=192)
    tracker = Tracker(50)
    tracker(film[0].image)
    face = next(iter(tracker(far.image).values()))
    assert nme(face.landmarks, far.landmarks) < 0.08


def test_each_new_face_is_asked_about_once():
    two = render([A, B], Scene(), size=192)
    asked = []

    def left_one(face):
        asked.append(face)
        return face.centre[0] < 96

    tracker = Tracker(1, accept=left_one)
    seen = [tracker(two.image) for _ in range(4)]
    assert len(asked) == 2 and all(len(faces) == 1 for faces in seen)
    assert next(iter(seen[3].values())).centre[0] < 96


def test_a_step_that_makes_no_sense_is_refused():
    for every in (0, 2.5, "5"):
        with pytest.raises(ValueError, match="every"):
            Tracker(every)


def test_the_box_for_hog_surrounds_the_points(film):
    left, top, right, bottom = hog_box(film[0].landmarks)
    assert right - left == pytest.approx(bottom - top)
    inner = film[0].landmarks[17:]
    assert (inner.min(0) > (left, top)).all() and (inner.max(0) < (right, bottom)).all()


# Smoothers


def stream(points):
    return ({0: p} for p in points)


def track(still=40, seed=0, noise=0.6):
    """A face at rest under the rounding of a detector: points (n,68,2)."""
    rng = np.random.default_rng(seed)
    face = np.stack([50 * np.cos(np.arange(68)), 60 * np.sin(np.arange(68))], 1) + 120
    return face, face + rng.normal(0, noise, (still, 68, 2))


@pytest.mark.parametrize("name", [name for name in SMOOTHERS if name != "none"])
def test_smoothers_calm_a_face_at_rest_and_leave_it_in_its_place(name):
    face, noisy = track()
    calm = np.array([frame[0] for frame in SMOOTHERS[name](stream(noisy))])
    assert len(calm) == len(noisy)
    assert jitter(calm) < 0.4 * jitter(noisy)
    assert np.abs(calm[10:].mean(0) - face).max() < 0.6


@pytest.mark.parametrize("name", SMOOTHERS)
def test_smoothers_begin_anew_after_a_cut_or_a_gap(name):
    face, noisy = track(8)
    away = [{}, {}]
    frames = (
        [{0: p} for p in noisy] + [{0: p + 300} for p in noisy] + away + [{0: p} for p in noisy]
    )
    results = list(SMOOTHERS[name](frames))
    assert [list(r) for r in results] == [list(f) for f in frames]
    for given, got in zip(frames, results, strict=True):
        for number in given:
            assert np.abs(got[number] - given[number]).max() < 5  # 300 pixels are not smeared


def test_a_moving_average_is_the_mean_of_both_sides_and_is_not_late():
    steady = [
        np.full((68, 2), 10.0) * [1, 0] * k + np.arange(136).reshape(68, 2) * 3 for k in range(9)
    ]
    results = [frame[0] for frame in moving_average(stream(steady), reach=2)]
    assert np.allclose(results, steady)
    rng = np.random.default_rng(1)
    noisy = [p + rng.normal(0, 0.5, p.shape) for p in steady]
    results = [frame[0] for frame in moving_average(stream(noisy), reach=2)]
    assert np.allclose(results[4], np.mean(noisy[2:7], axis=0))
    assert np.allclose(results[1], np.mean(noisy[0:3], axis=0))


def test_one_euro_follows_the_faster_the_faster_a_face_moves():
    face, _ = track(1)
    late = {}
    for step in (0.2, 4.0):
        moving = [face + [k * step, 0] for k in range(40)]
        last = list(one_euro(stream(moving)))[-1][0]
        late[step] = (moving[-1] - last)[:, 0].mean() / step
    assert 0 < late[4.0] < 0.5 * late[0.2]


def test_kalman_learns_a_steady_velocity():
    face, _ = track(1)
    moving = [face + [2.0 * k, -1.0 * k] for k in range(60)]
    last = list(kalman(stream(moving)))[-1][0]
    assert np.abs(last - moving[-1]).max() < 0.05


def test_several_faces_are_smoothed_apart():
    face, noisy = track(12)
    both = ({0: p, 7: p + 500} for p in noisy)
    alone = [frame[0] for frame in kalman(stream(noisy))]
    for one, two in zip(alone, kalman(both), strict=True):
        assert np.allclose(two[0], one) and np.allclose(two[7], one + 500, atol=1e-6)


def test_jumped_is_in_face_widths():
    face, _ = track(1)
    assert not jumped(face, face + [20, 0]) and jumped(face, face + [30, 0])


def test_unknown_smoothers_are_refused(film):
    with pytest.raises(BlendError, match="one euro"):
        swap_frames(film, converter(), smooth="mean")
    assert smoother_named(moving_average) is moving_average


# Films


@pytest.mark.parametrize("smooth", SMOOTHERS)
@pytest.mark.parametrize("every", [1, 4])
def test_b15_as_many_frames_come_out_as_went_in(film, empty, smooth, every):
    frames, tally = [empty, *film[:5], empty, *film[5:7]], Counter()
    swaps = list(swap_frames(frames, converter(), smooth, every, tally))
    assert len(swaps) == len(frames)
    different = [changed(new, old) for new, old in zip(swaps, frames, strict=True)]
    assert different == [False] + [True] * 5 + [False] + [True] * 2
    assert tally == {"frames": 9, "without face": 2}


def test_frames_are_taken_one_by_one(film):
    taken = []

    def lazily():
        for number, frame in enumerate(film):
            taken.append(number)
            yield frame

    swaps = swap_frames(lazily(), converter(), "moving average")
    next(swaps)
    assert len(taken) <= 8


def test_the_face_is_changed_and_nothing_else(film):
    swap = next(iter(swap_frames(film[:1], converter(blur_size=0), "none")))
    hull = hull_mask(film[0].landmarks, swap.shape)
    difference = (swap != film[0].image).any(-1)
    assert difference[hull == 1].mean() > 0.9
    assert difference[hull == 0].mean() < 0.02


def test_of_several_people_only_those_accepted_are_swapped():
    films = [[scene for scene in clip(who, "talk", seconds=0.2)] for who in (A, B)]
    frames = [render([A, B], list(scenes), size=160) for scenes in zip(*films, strict=True)]
    only_left = converter(accept=lambda face: face.centre[0] < 80)
    for swap, frame in zip(swap_frames(frames, only_left), frames, strict=True):
        different = (swap != frame.image).any(-1)
        middle = different.shape[1] // 2
        assert different[:, :middle].any() and not different[:, middle:].any()


def test_a_swapped_film_is_marked_and_as_long(tmp_path, film, empty):
    told = []
    result = swap_clip(
        [empty, *film[:6]], Brighter(), tmp_path / "a.mp4", colour="mean",
        progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    frames, fps = read_video(result.path)
    assert len(list(frames)) == 7 == result.frames and fps == 25 and result.without_face == 1
    assert read_mark(result.path)["digital_source_type"].endswith("TrainedAlgorithmicMedia")
    assert told == [(k, 7) for k in range(1, 8)]


def test_no_photograph_is_swapped_and_no_file_is_left(tmp_path, film):
    with pytest.raises(NotOursError, match="cannot say where it comes from"):
        swap_clip([film[0], film[1].image], Brighter(), tmp_path / "a.mp4", progress=False)
    assert not list(tmp_path.iterdir())
    with pytest.raises(VideoError, match="at least one frame"):
        swap_clip([], Brighter(), tmp_path / "a.mp4", progress=False)
    with pytest.raises(VideoError, match="mp4"):
        swap_clip(film, Brighter(), tmp_path / "a.avi", progress=False)
    with pytest.raises(BlendError, match="already made"):
        swap_clip(film, converter(), tmp_path / "a.mp4", colour="lab")
    assert not list(tmp_path.iterdir())


def test_a_marked_video_is_swapped_and_one_of_elsewhere_is_not(tmp_path, film):
    ours = write_video(tmp_path / "ours.mp4", [frame.image for frame in film[:5]], fps=30)
    result = swap_clip(str(ours), Brighter(), tmp_path / "swap.mp4", progress=False)
    frames, fps = read_video(result.path)
    assert len(list(frames)) == 5 == result.frames and fps == 30 and result.without_face == 0
    again = swap_clip(result.path, Brighter(), tmp_path / "again.mp4", progress=False)
    assert again.frames == 5
    coded_again(ours, tmp_path / "elsewhere.mp4")
    for foreign, why in (("elsewhere.mp4", "coded again"), ("plain.mp4", "no mark")):
        if foreign == "plain.mp4":
            coded_again(ours, tmp_path / foreign, metadata=False)
        with pytest.raises(NotOursError, match=why):
            swap_clip(tmp_path / foreign, Brighter(), tmp_path / "b.mp4", progress=False)
    before = ours.read_bytes()
    with pytest.raises(BlendError, match="another name"):
        swap_clip(ours, Brighter(), ours, progress=False)
    assert ours.read_bytes() == before and not (tmp_path / "b.mp4").exists()


def coded_again(source, path, metadata=True):
    """What other programs do: decode, encode, copy what the file says of itself."""
    with av.open(str(source)) as film, av.open(str(path), "w") as output:
        if metadata:
            output.metadata.update(film.metadata)
        stream = output.add_stream("libx264", rate=30)
        stream.width, stream.height = film.streams.video[0].width, film.streams.video[0].height
        for picture in film.decode(video=0):
            output.mux(stream.encode(picture.reformat(format="yuv420p")))
        output.mux(stream.encode(None))


def test_beside_its_truth(tmp_path, scenes, film):
    truths = [render(A.with_face_of(B), scene, size=192) for scene in scenes[:3]]
    path = swap_clip(film[:3], Brighter(), tmp_path / "a.mp4", truths, progress=False).path
    frame = next(read_video(path)[0])
    assert frame.shape == (192 + STRIP, 4 * 192, 3)
    whole = next(iter(beside(film[:1], [film[0].image], truths[:1])))
    panels = np.split(whole[STRIP:], 4, axis=1)
    assert np.array_equal(panels[0], film[0].image) and np.array_equal(panels[2], truths[0].image)
    assert np.array_equal(panels[3], error_map(film[0].image, truths[0].image))
    with pytest.raises(BlendError, match="as many frames"):
        list(beside(film[:3], [f.image for f in film[:3]], truths[:2]))


def test_the_error_map_is_dark_where_all_is_right():
    truth = np.full((20, 20, 3), 100, np.uint8)
    image = truth.copy()
    image[:10] += 64
    image[10:15] += 20
    rows = error_map(image, truth).astype(int).sum(-1)[[0, 12, 18], 0]
    assert rows[0] > rows[1] > rows[2]


# Sound


def with_tone(path, seconds=0.5, rate=44100):
    """Put a tone under a film, as a camera would."""
    tone = np.float32(0.3 * np.sin(np.arange(int(rate * seconds)) * 2 * np.pi * 440 / rate))
    source = path.with_name("tone.mp4")
    with av.open(str(source), "w") as output:
        stream = output.add_stream("aac", rate=rate)
        stream.layout = "mono"
        for start in range(0, len(tone), 1024):
            frame = av.AudioFrame.from_ndarray(tone[None, start : start + 1024], "fltp", "mono")
            frame.sample_rate, frame.pts = rate, start
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return add_sound(path, source)


def packets(path, kind):
    with av.open(str(path)) as film:
        tracks = getattr(film.streams, kind)
        return [bytes(p) for p in film.demux(tracks[0]) if p.size]


def test_sound_is_kept_packet_by_packet(tmp_path, film):
    source = write_video(tmp_path / "a.mp4", [frame.image for frame in film], fps=25, origin="here")
    pictures = packets(source, "video")
    with_tone(source)
    assert has_sound(source) and packets(source, "video") == pictures
    assert admit_video(source).count == len(film)  # its seal still fits
    assert read_mark(source)["origin"] == "here"
    for given in (source, film):
        result = swap_clip(given, Brighter(), tmp_path / "b.mp4", sound=source, progress=False)
        assert packets(result.path, "audio") == packets(source, "audio")
        assert admit_video(result.path).count == len(film)
    own = swap_clip(source, Brighter(), tmp_path / "c.mp4", progress=False)
    assert packets(own.path, "audio") == packets(source, "audio")
    frames, fps = read_video(result.path)
    assert len(list(frames)) == len(film) and fps == 25
    assert read_mark(result.path)["synthetic"] is True


def test_a_film_without_sound_has_none_to_give(tmp_path, film):
    silent = write_video(tmp_path / "a.mp4", [frame.image for frame in film[:2]])
    before = silent.read_bytes()
    assert not has_sound(silent)
    with pytest.raises(BlendError, match="no sound"):
        add_sound(silent, silent)
    assert silent.read_bytes() == before
    swap_clip(film[:2], Brighter(), tmp_path / "b.mp4", sound=silent, progress=False)
