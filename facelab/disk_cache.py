"""Where drawn crops are kept between runs: a bounded folder of the user's, one folder an entry.

Only the standard library, because ``lab.py`` looks into it before anything is installed. An entry
is made under another name and renamed when it is whole, so what was interrupted is never read. Two
programs that make the same entry do not meet: whoever ends first is read by both.

``FACELAB_CACHE`` names another folder; ``off`` (or nothing) keeps none.
"""

import contextlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

VARIABLE = "FACELAB_CACHE"
LIMIT = 4_000_000_000  # bytes: whatever was used longest ago goes first
PART, USED = ".part", "used"  # end of an unfinished entry's name; file that is touched at each use
ABANDONED = 6 * 3600  # seconds after which nobody is writing to an unfinished entry any more


def place():
    """Path of the folder, there or not; None where nothing is kept."""
    told = os.environ.get(VARIABLE)
    if told is not None:
        return None if told in ("", "off") else Path(told).expanduser()
    return _usual() / "facelab-crops"


def _usual():
    """The folder for what may be deleted at any time, by the platform's rule."""
    home = Path("~").expanduser()
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    if sys.platform == "darwin":
        return home / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")


def entries():
    """(path, bytes, seconds since the epoch of the last use) of each entry, last used first."""
    found = []
    for path in _folders():
        with contextlib.suppress(OSError):  # another program may be deleting it
            last = (path / USED).stat().st_mtime if _whole(path) else path.stat().st_mtime
            found.append(
                (path, sum(f.stat().st_size for f in path.rglob("*") if f.is_file()), last)
            )
    return sorted(found, key=lambda entry: -entry[2])


def _folders():
    try:
        return [path for path in place().iterdir() if path.is_dir()] if place() else []
    except OSError:
        return []


def _whole(path):
    return not path.name.endswith(PART)


def size():
    """Bytes of all entries."""
    return sum(held for _, held, _ in entries())


def find(key):
    """Path of the entry of that name, which now counts as used; None if there is none."""
    path = place() and place() / key
    if not path or not (path / USED).exists():
        return None
    with contextlib.suppress(OSError):  # a cache that may only be read
        os.utime(path / USED)
    return path


def begin(key, needed):
    """A new folder to make an entry of ``needed`` bytes in.

    Raises
    ------
    OSError
        Nothing is kept, the entry is too large, or the folder cannot be written to.
    """
    if place() is None:
        raise OSError(f"{VARIABLE} is off")
    if needed > LIMIT:
        raise OSError(f"{needed / 1e9:.1f} GB are more than the {LIMIT / 1e9:g} GB that are kept")
    place().mkdir(parents=True, exist_ok=True)
    make_room(needed)
    return Path(tempfile.mkdtemp(prefix=key + ".", suffix=PART, dir=place()))


def finish(part, key):
    """Make what lies in ``part`` the entry of that name, unless there is one already; its path."""
    (part / USED).touch()
    try:
        part.rename(place() / key)
    except OSError:
        remove(part)
        if not find(key):
            raise
    return place() / key


def kept(key, needed, fill):
    """Path of the entry of that name, made first if there is none.

    Parameters
    ----------
    key : str, says all that the entry depends on
    needed : int, bytes that the entry takes at most
    fill : function of a folder's path, writes the entry's files there

    Raises
    ------
    OSError
        As ``begin``, or from ``fill``.
    """
    found = find(key)
    if found:
        return found
    part = begin(key, needed)
    try:
        fill(part)
        return finish(part, key)
    except BaseException:
        remove(part)
        raise


def make_room(needed):
    """Delete the entries that were used longest ago until ``needed`` bytes fit beside the rest."""
    free = LIMIT - needed
    for path, held, last in entries():
        free -= held
        if free < 0 and (_whole(path) or time.time() - last > ABANDONED):
            remove(path)
            free += held


def remove(path):
    """Delete an entry, hidden from readers before the first of its files is gone."""
    with contextlib.suppress(OSError):  # on Windows, while another program reads it
        if _whole(path):
            gone = path.with_name(f"{path.name}.{os.getpid()}{PART}")
            path.rename(gone)
            path = gone
        shutil.rmtree(str(path))


def clear():
    """Delete all entries; the bytes that were freed."""
    before = size()
    for path, _, _ in entries():
        remove(path)
    return before - size()
