"""What chapter 04 works on: small raw collections, drawn once, and a folder for what it makes."""

import hashlib
import json
import tempfile
from functools import cache
from pathlib import Path

from facelab import disk_cache
from facelab.studio import Collection, write_collection
from facelab.studio.store import version

PERSON = 7
PLAIN = {"pictures": 60, "seconds": 2.0, "seed": 0, "alike": (0.3, 0.45, 0.6, 0.75)}
HARD = {"pictures": 48, "seconds": 0, "seed": 1, "alike": (0.2, 0.25, 0.3, 0.35)}


def raw_collection(hard=False):
    """The chapter's raw collection of one person: 60 files and a clip.

    Drawn at the first call (some 15 seconds on two cores) and kept with the crops that chapters
    keep on disk; ``python3 lab.py clean`` deletes both.

    Parameters
    ----------
    hard : bool, True for the collection of the open challenge: other pictures of the same person
        among people who look more like them

    Returns
    -------
    Collection
    """
    recipe = HARD if hard else PLAIN
    return Collection(_kept(json.dumps(recipe | {"studio": version()}), recipe), PERSON)


def _kept(key, recipe):
    """The folder of a collection: from the disk, else drawn."""
    name = "collection-" + hashlib.sha256(key.encode()).hexdigest()[:32]
    return disk_cache.find(name) or _drawn(name, json.dumps(recipe))


@cache
def _drawn(name, told):
    """A collection that is drawn now, and kept if the disk is of use."""
    recipe = json.loads(told)
    try:
        part = disk_cache.begin(name, 20_000_000)
    except OSError:
        return _write(workshop() / name, recipe)
    try:
        return disk_cache.finish(_write(part, recipe), name)
    except BaseException:
        disk_cache.remove(part)
        raise


def _write(folder, recipe):
    write_collection(folder, [PERSON], **recipe, progress=True)
    return folder


@cache
def _temporary():
    return tempfile.TemporaryDirectory(prefix="chapter04-")


def workshop():
    """A folder for what the chapter makes; it is gone when the kernel stops."""
    return Path(_temporary().name)
