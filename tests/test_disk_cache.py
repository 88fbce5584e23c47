"""Crops on disk: read again, never half written, bounded, and harmless where there is no disk."""

import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

from facelab import disk_cache
from facelab.studio import Person, Scene, crops, store
from facelab.studio.progress import Bar

ROOT = Path(__file__).parents[1]
SHAPES = {"image": (np.uint8, (50, 20)), "mask": (np.float16, (50,))}
SLOW_WRITER = """
import os, sys, time
import numpy as np
from facelab.studio import store
def fill(arrays):
    arrays["image"][:25] = 1
    print("half", flush=True)
    sys.stdin.readline()
    arrays["image"][:], arrays["mask"][:] = 7, 2
shapes = {"image": (np.uint8, (50, 20)), "mask": (np.float16, (50,))}
print(int(store.kept("entry", shapes, fill)["image"].sum()), flush=True)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty cache of this test's own."""
    monkeypatch.setenv(disk_cache.VARIABLE, str(tmp_path / "cache"))
    store._warn_once.cache_clear()
    return tmp_path / "cache"


def sevens(arrays):
    for array in arrays.values():
        array[:] = 7


def refuse(_):
    raise AssertionError("drawn again")


def writer():
    """Another process that has filled half of an entry."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", SLOW_WRITER], env=env, **pipes)
    assert process.stdout.readline() == "half\n"
    return process


def test_what_is_kept_is_not_drawn_again(folder):
    first = store.kept("entry", SHAPES, sevens)
    again = store.kept("entry", SHAPES, refuse)
    for name, (kind, shape) in SHAPES.items():
        assert isinstance(again[name], np.memmap) and (again[name] == 7).all()
        assert (first[name].dtype, first[name].shape) == (kind, shape)
    with pytest.raises(ValueError, match="read-only"):
        again["image"][0] = 1
    assert [path.name for path in folder.iterdir()] == ["entry"]


def test_crops_come_from_the_disk_the_second_time(monkeypatch):
    asked = dict(size=16, faces=Person.from_seed(24), keep=True)
    first = crops(Person.from_seed(9), [Scene(), Scene(yaw=9)], **asked)
    monkeypatch.setattr(sys.modules["facelab.studio.crops"], "closeup", refuse)
    again = crops(Person.from_seed(9), [Scene(), Scene(yaw=9)], **asked)
    assert all(np.array_equal(first.arrays[n], again.arrays[n]) for n in first.arrays)
    assert np.array_equal(first.swap.image, again.swap.image)


def test_the_name_holds_all_that_crops_depend_on(monkeypatch):
    a, b, picture = Person.from_seed(1), Person.from_seed(2), np.zeros((9, 9, 3), np.uint8)

    def key(person=a, scene=Scene(), swap=None, size=64, truths=("image",)):  # noqa: B008
        return store.key_of([(person, scene, swap)], size=size, truths=truths)

    other = picture.copy()
    other[4, 4] = 1
    keys = [
        key(), key(b), key(scene=Scene(yaw=1)), key(swap=a.with_face_of(b)),
        key(swap=a.with_face_of(b, "a")), key(size=65), key(truths=("mask",)),
        key(scene=Scene(background=picture)), key(scene=Scene(background=other)),
    ]  # fmt: skip
    assert len(set(keys)) == len(keys)
    assert key() == key(Person.from_seed(1), Scene())
    monkeypatch.setattr(store, "version", lambda: "another studio")
    assert key() != keys[0]


def test_the_version_is_that_of_sources_and_face_model(monkeypatch, tmp_path):
    for name in ("store.py", "skin.py"):
        (tmp_path / name).write_text("pass")
    monkeypatch.setattr(store, "__file__", str(tmp_path / "store.py"))
    monkeypatch.setattr(store, "MODEL_PATH", tmp_path / "model.npz")
    versions = []
    for name, text in (("model.npz", "a"), ("model.npz", "b"), ("skin.py", "x"), ("eye.py", "")):
        (tmp_path / name).write_text(text)
        store.version.cache_clear()
        versions.append(store.version())
    store.version.cache_clear()
    assert len(set(versions)) == 4


def test_an_interrupted_write_is_never_read(folder):
    process = writer()
    process.kill()
    process.wait()
    assert [path.suffix for path in folder.iterdir()] == [disk_cache.PART]
    assert (store.kept("entry", SHAPES, sevens)["image"] == 7).all()
    left = next(folder.glob("*" + disk_cache.PART))
    disk_cache.make_room(disk_cache.LIMIT)
    assert left.exists()  # somebody may still be writing
    old = time.time() - 2 * disk_cache.ABANDONED
    os.utime(left, (old, old))
    disk_cache.make_room(disk_cache.LIMIT)
    assert not left.exists()


def test_an_error_while_drawing_leaves_nothing(folder):
    with pytest.raises(AssertionError, match="drawn again"):
        store.kept("entry", SHAPES, refuse)
    assert not list(folder.iterdir())


def test_two_programs_that_make_the_same_entry_do_not_meet(folder):
    writers = [writer(), writer()]
    sums = [process.communicate("go\n")[0] for process in writers]
    assert sums == ["7000\n"] * 2
    assert [path.name for path in folder.iterdir()] == ["entry"]
    store.kept("entry", SHAPES, refuse)


@pytest.mark.parametrize("harm", [
    lambda entry: os.truncate(entry / "image.npy", 300),
    lambda entry: (entry / "mask.npy").unlink(),
    lambda entry: (entry / "image.npy").write_bytes(b"no array"),
])  # fmt: skip
def test_a_damaged_entry_is_made_again(folder, harm):
    store.kept("entry", SHAPES, lambda arrays: None)
    harm(folder / "entry")
    assert (store.kept("entry", SHAPES, sevens)["image"] == 7).all()
    assert (store.kept("entry", SHAPES, refuse)["image"] == 7).all()


def test_what_was_used_longest_ago_goes_first(folder, monkeypatch):
    for age, key in ((30, "a"), (20, "b"), (10, "c")):
        store.kept(key, SHAPES, sevens)
        then = time.time() - age
        os.utime(folder / key / disk_cache.USED, (then, then))
    store.kept("a", SHAPES, refuse)  # now the last used
    held = disk_cache.size()
    assert held > 3 * 1100
    monkeypatch.setattr(disk_cache, "LIMIT", held + 100)
    store.kept("d", SHAPES, sevens)
    assert sorted(path.name for path in folder.iterdir()) == ["a", "c", "d"]
    assert [path.name for path, *_ in disk_cache.entries()][1] == "a"
    assert disk_cache.size() <= held


def test_a_disk_that_is_of_no_use_is_told_once(folder, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    with pytest.warns(UserWarning, match="No space left"):
        found = store.kept("entry", SHAPES, sevens)
    assert (found["image"] == 7).all() and found["image"].flags.writeable
    assert not list(folder.iterdir())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        store.kept("other", SHAPES, sevens)


def test_a_folder_that_cannot_be_made_an_entry_too_large_and_no_cache_at_all(folder, monkeypatch):
    folder.write_text("a file in its place")
    with pytest.warns(UserWarning, match="cannot be kept"):
        assert (store.kept("entry", SHAPES, sevens)["mask"] == 7).all()
    folder.unlink()
    monkeypatch.setattr(disk_cache, "LIMIT", 100)
    with pytest.warns(UserWarning, match="GB are more"):
        store.kept("entry", SHAPES, sevens)
    monkeypatch.setenv(disk_cache.VARIABLE, "off")
    with pytest.warns(UserWarning, match="off"):
        store.kept("entry", SHAPES, sevens)
    assert disk_cache.place() is None and disk_cache.size() == 0 and disk_cache.clear() == 0


def test_without_a_way_to_reserve_space_the_files_are_written_in_full(folder, monkeypatch):
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    assert (store.kept("entry", SHAPES, sevens)["mask"] == 7).all()
    assert (folder / "entry" / "image.npy").stat().st_size == 128 + 1000


@pytest.mark.parametrize("platform, variable, ending", [
    ("linux", "XDG_CACHE_HOME", "given/facelab-crops"), ("linux", None, ".cache/facelab-crops"),
    ("darwin", None, "Library/Caches/facelab-crops"),
])  # fmt: skip
def test_each_platform_has_its_folder(monkeypatch, platform, variable, ending):
    monkeypatch.delenv(disk_cache.VARIABLE)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    if variable:
        monkeypatch.setenv(variable, "/given")
    if os.name != "nt":
        assert disk_cache.place().as_posix().endswith(ending)


def test_a_bar_tells_how_far_it_is_and_short_work_nothing(capsys, monkeypatch):
    clock = iter([0, 0.1, 0, 1, 2])
    monkeypatch.setattr("facelab.studio.progress.monotonic", lambda: next(clock))
    Bar("crops")(5, 5)
    assert not capsys.readouterr().err
    bar = Bar("crops")
    bar(40, 80)
    bar(80, 80)
    told = capsys.readouterr().err
    assert "40 of 80, 40 a second, 1 s left" in told
    assert "80 of 80" in told and told.endswith("\n")
