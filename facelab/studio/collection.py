"""A raw collection: a folder of pictures as somebody scrapes it from the web, with its truth apart.

Each person who was "searched for" gets a folder of pictures and a clip in which they are not alone:
other people stand beside them, some look like them, some files are blurred, grey, small or broken.
The names of the files tell nothing. What is true of each file stands in ``truth``, beside the
folder that a program may look into. Taught in chapter 04.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from .alignment import crop_matrix
from .body import room_for
from .clips import clip
from .errors import StudioError, number, require, whole_number
from .marks import save_image, whole_file
from .parallel import cores
from .person import Person
from .progress import Bar
from .render import render
from .scene import OCCLUDERS, Scene
from .store import version

WHO = {"alone": 0.46, "group": 0.22, "strangers": 0.16, "alike": 0.16}  # who is in a picture
HARMS = {"": 0.6, "profile": 0.09, "covered": 0.1, "blurred": 0.07, "grey": 0.08, "small": 0.06}
SUFFIXES = {".jpg": 0.7, ".png": 0.15, ".webp": 0.15}
BROKEN = ("cut off", "empty", "text", "other format")  # the last one can be read all the same
BROKEN_SHARE = 0.06
ALIKE = (0.3, 0.45, 0.6, 0.75)  # how far look-alikes are on the way to somebody else
STRANGERS = 6
SHORTEST, TALLEST = 200, 420  # pixels of a picture's height
SMALLEST = 96
CROP = 256  # pixels of the aligned crop that the true matrices lead to
CLIP_FPS, CLIP_SIZE = 25, 256
CLIP_PARTS = (("target", 0.5), ("stranger", 0.25), ("target", 0.25))  # cut after cut
READY = "collection.json"


class CollectionError(StudioError):
    """A collection that cannot be written there, or a truth that cannot be read."""


@dataclass(frozen=True)
class Shot:
    """One picture of a collection before it is drawn; ``who`` names its people, left to right."""

    file: str
    who: tuple
    people: tuple
    scenes: tuple
    height: int
    harm: str
    sigma: float
    quality: int
    broken: str


@dataclass(frozen=True, eq=False)
class TrueFace:
    """One person in a picture of a collection.

    Attributes
    ----------
    who : str, "target", "alike 0.30" (a look-alike, and how far from the target) or "stranger 2"
    landmarks : (68,2) float32 pixels, iBUG order
    matrix : (2,3) float64, from the picture to its aligned crop of 256 pixels
    pose : (yaw, pitch, roll) in degrees
    visible : float in [0,1], share of the inner points 17 to 67 that nothing hides
    """

    who: str
    landmarks: np.ndarray = field(repr=False)
    matrix: np.ndarray = field(repr=False)
    pose: tuple = (0.0, 0.0, 0.0)
    visible: float = 1.0

    @property
    def is_target(self):
        """Whether this is the person who was searched for."""
        return self.who == "target"


@dataclass(frozen=True, eq=False)
class TruePicture:
    """What is true of a file: its faces, left to right, what was done to it, how it is broken.

    ``index`` is the number of the frame in a clip, and None for a picture.
    """

    file: str
    faces: tuple = ()
    harm: str = ""
    broken: str = ""
    index: int | None = None


@dataclass(frozen=True)
class Collection:
    """Where the parts of a raw collection of one person lie."""

    folder: Path
    seed: int

    @property
    def name(self):
        """Name of the person's folder."""
        return f"person_{self.seed}"

    @property
    def raw(self):
        """Folder of the pictures and the clip."""
        return self.folder / self.name / "raw"

    @property
    def reference(self):
        """The picture that says who is wanted."""
        return self.folder / self.name / "reference.jpg"

    @property
    def truth(self):
        """File of what is true, one line of JSON a picture; not for programs that sort faces."""
        return self.folder / "truth" / f"{self.name}.jsonl"


def write_collection(
    folder, people=(7, 12), pictures=200, seconds=4.0, seed=0, alike=ALIKE, progress=None
):
    """Write a raw collection of each person.

    Parameters
    ----------
    folder : str or Path
        Made if it is not there. A collection that was interrupted goes on where it stopped; the
        files are the same bytes as without an interruption.
    people : seeds of the people who are searched for
    pictures : int in [12, 20000], files a person, broken ones included
    seconds : float in [0, 600], length of the clip; 0 writes none
    seed : int >= 0, which collection of these people
    alike : floats in [0.02, 1], how far each look-alike is on the way from the person to somebody
        else (``Person.between``)
    progress : None; True for a line on standard error; or what is called with the number of
        pictures written and of all

    Returns
    -------
    list of Collection

    Raises
    ------
    CollectionError
        The folder holds another collection.
    StudioError
        A value out of range.
    """
    folder, people = Path(folder), _checked(people, pictures, seconds, seed, alike)
    recipe = {
        "people": people, "pictures": pictures, "seconds": seconds, "seed": seed,
        "alike": list(alike), "studio": version(),
    }  # fmt: skip
    _claim(folder, recipe)
    told = _Told(len(people) * pictures, Bar("pictures") if progress is True else progress)
    return [_write_one(Collection(folder, who), recipe, told) for who in people]


def read_truth(path):
    """What is true of a collection.

    Parameters
    ----------
    path : str or Path of a file ``truth/person_N.jsonl``, or a Collection

    Returns
    -------
    list of TruePicture, in the order of file names; those of a clip's frames stand together

    Raises
    ------
    FileNotFoundError
        There is no such file.
    CollectionError
        It is no such file, or is cut off.
    """
    path = path.truth if isinstance(path, Collection) else Path(path)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [picture for line in lines for picture in _pictures(json.loads(line))]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CollectionError(f"{path.name} is not the truth of a collection: {error}.") from error


def plan(person, others, pictures, seed):
    """The shots of one person's collection, in the order of their names.

    Parameters
    ----------
    person : Person
    others : dict, name -> Person: those who come in besides ("alike ...", "stranger ...")
    pictures : int
    seed : what numpy's generators take
    """
    rng = np.random.default_rng(seed)
    casts = deal(WHO, pictures, rng)
    harms = deal(HARMS, pictures, rng)
    endings = deal(SUFFIXES, pictures, rng)
    broken = _broken(pictures, rng)
    everyone = {"target": person, **others}
    each = zip(_names(rng, endings), casts, harms, broken, strict=True)
    shots = [_shot(rng, everyone, *one) for one in each]
    return sorted(shots, key=lambda shot: shot.file)


def deal(shares, count, rng):
    """``count`` names in random order, each as often as its share says (largest remainders)."""
    wanted = np.array(list(shares.values())) * count / sum(shares.values())
    times = np.floor(wanted).astype(int)
    times[np.argsort(times - wanted, kind="stable")[: count - times.sum()]] += 1
    names = np.repeat(np.array(list(shares), object), times)
    return [str(name) for name in rng.permutation(names)]


def cast(person, seed, alike):
    """Those who come in besides the person: dict from name to Person."""
    rng = np.random.default_rng(seed)
    strangers = [Person.random(rng) for _ in range(STRANGERS)]
    near = [Person.between(person, strangers[k % STRANGERS], float(t)) for k, t in enumerate(alike)]
    named = {f"alike {t:.2f}": one for t, one in zip(alike, near, strict=True)}
    return named | {f"stranger {k}": one for k, one in enumerate(strangers)}


# ---------------------------------------------------------------------------------------------
# The plan


def _checked(people, pictures, seconds, seed, alike):
    people = [int(whole_number("A person's seed", who)) for who in people]
    require(people and len(set(people)) == len(people), "Give the seed of each person once.")
    whole_number("pictures", pictures, 12, 20_000)
    number("seconds", seconds, 0, 600)
    whole_number("seed", seed)
    require(len(alike) > 0, "Give at least one look-alike.")
    for share in alike:
        number("alike", share, 0.02, 1)
    return people


def _broken(pictures, rng):
    """How each file is broken, "" for most: every way occurs."""
    count = max(len(BROKEN), round(BROKEN_SHARE * pictures))
    ways = [BROKEN[k % len(BROKEN)] for k in range(count)] + [""] * (pictures - count)
    return [str(way) for way in rng.permutation(np.array(ways, object))]


def _names(rng, endings):
    """File names that tell nothing, no two the same."""
    numbers = rng.choice(2**31, len(endings), replace=False)
    return [f"{n:08x}{ending}" for n, ending in zip(numbers, endings, strict=True)]


def _shot(rng, everyone, file, kind, harm, broken):
    who = _chosen(rng, kind, everyone)
    scenes = tuple(_scene(rng, harm) for _ in who)
    low, high = (SMALLEST, 1.3 * SMALLEST) if harm == "small" else (SHORTEST, TALLEST)
    height = int(np.exp(rng.uniform(np.log(low), np.log(high))))
    if broken:  # only one thing goes wrong with a file
        file = file[:-4].rstrip(".") + ".jpg"
    return Shot(
        file, who, tuple(everyone[name] for name in who), scenes, height, harm,
        float(rng.uniform(0.008, 0.016)) * height, int(rng.integers(40, 96)), broken,
    )  # fmt: skip


def _chosen(rng, kind, everyone):
    """The names of those in a picture of this kind, left to right."""
    near = [name for name in everyone if name.startswith("alike")]
    strangers = [name for name in everyone if name.startswith("stranger")]
    if kind == "alone":
        return ("target",)
    if kind == "alike":
        return (str(rng.choice(near)),)
    if kind == "strangers":
        return tuple(map(str, rng.choice(strangers, rng.integers(1, 3), replace=False)))
    others = rng.choice([*near, *strangers], rng.integers(1, 3), replace=False)
    return tuple(map(str, rng.permutation(["target", *others])))


def _scene(rng, harm):
    scene = Scene.random(rng)
    if harm == "profile":
        return scene.with_(yaw=float(rng.choice([-1, 1]) * rng.uniform(60, 90)))
    if harm == "covered":
        return scene.with_(occluder=str(rng.choice(OCCLUDERS)))
    return scene


# ---------------------------------------------------------------------------------------------
# Drawing and writing


class _Told:
    """Counts pictures over all people."""

    def __init__(self, total, progress):
        self.done, self.total, self.progress = 0, total, progress

    def __call__(self, count=1):
        self.done += count
        if self.progress and self.done:
            self.progress(self.done, self.total)


def _claim(folder, recipe):
    """Write down what this folder is going to hold; refuse one that holds something else."""
    made, path = recipe, folder / READY
    if path.exists():
        with path.open(encoding="utf-8") as file:
            made = json.load(file)
        differs = sorted(name for name in recipe if made.get(name) != recipe[name])
        other = f"{folder} holds a collection with other {', '.join(differs)}: name another folder."
        if differs:
            raise CollectionError(other)
        return
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    _write_text(path, json.dumps(recipe, indent=1) + "\n")


def _write_one(place, recipe, told):
    """Write what is missing of one person's collection."""
    person = Person.from_seed(place.seed)
    root = [404, recipe["seed"], place.seed]
    others = cast(person, [*root, 1], recipe["alike"])
    place.raw.mkdir(parents=True, exist_ok=True)
    for half in place.raw.glob(".*"):  # begun by a run that was killed
        half.unlink()
    shots = plan(person, others, recipe["pictures"], [*root, 2])
    if not place.reference.exists():
        _save(place.reference, render(person, Scene(light="studio"), size=CROP).image, 92)
    known = _already(place)
    missing = [shot for shot in shots if shot.file not in known]
    told(len(shots) - len(missing))
    with room_for(len(others) + 3 * cores()), ThreadPoolExecutor(cores()) as pool:
        for line in pool.map(lambda shot: _take(place.raw, shot), missing):
            _note(place, line)
            told()
    if recipe["seconds"]:
        _film(place, person, others, recipe, known, [*root, 3])
    _sort(place)
    return place


def _already(place):
    """Names of the files that are there with their truth."""
    known = set()
    for line in _lines(place.truth):
        known.add(line["file"])
    return {name for name in known if (place.raw / name).exists()}


def _lines(path):
    """The whole lines of a truth; one that was cut off when the machine stopped is left out."""
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def _note(place, line):
    """Add a line to the truth; on a line of its own, also behind one that was cut off."""
    cut = place.truth.exists() and not place.truth.read_bytes().endswith(b"\n")
    with place.truth.open("a", encoding="utf-8", newline="\n") as file:
        file.write("\n" * cut + json.dumps(line) + "\n")


def _sort(place):
    """Write the truth in the order of file names, each once, whatever was interrupted."""
    by_name = {line["file"]: line for line in _lines(place.truth)}
    text = "".join(json.dumps(by_name[name]) + "\n" for name in sorted(by_name))
    if place.truth.read_text(encoding="utf-8") != text:
        _write_text(place.truth, text)


def _write_text(path, text):
    with whole_file(path) as partial:
        Path(partial).write_text(text, encoding="utf-8", newline="\n")


def _take(folder, shot):
    """Draw and write one picture; its line of truth."""
    frame = render(list(shot.people), list(shot.scenes), size=shot.height)
    _write_shot(folder / shot.file, shot, frame.image)
    faces = [] if shot.broken and shot.broken != "other format" else _told_faces(shot.who, frame)
    return {"file": shot.file, "harm": shot.harm, "broken": shot.broken, "faces": faces}


def _write_shot(path, shot, image):
    image = _harmed(image, shot)
    if shot.broken == "empty":
        return _bytes(path, b"")
    if shot.broken == "text":
        return _bytes(path, b"<!doctype html><title>404 Not Found</title>\n")
    if shot.broken == "other format":
        return _as_other_format(path, image)
    _save(path, image, shot.quality)
    if shot.broken == "cut off":
        whole = path.read_bytes()
        _bytes(path, whole[: len(whole) * 2 // 3])


def _harmed(image, shot):
    if shot.harm == "grey":
        return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return cv2.GaussianBlur(image, (0, 0), shot.sigma) if shot.harm == "blurred" else image


def _save(path, image, quality):
    save_image(path, image, quality=quality)


def _bytes(path, data):
    with whole_file(path) as partial:
        Path(partial).write_bytes(data)


def _as_other_format(path, image):
    """A PNG under the name of a JPEG: readers that look at the bytes read it."""
    inside = path.with_name(f".{path.stem}.png")
    save_image(inside, image)
    inside.replace(path)


def _told_faces(who, frame):
    return [_told_face(name, face) for name, face in zip(who, frame.faces, strict=True)]


def _told_face(name, face):
    return {
        "who": name,
        "pose": [round(float(angle), 2) for angle in face.pose],
        "visible": round(float(face.visible[17:].mean()), 3),
        "landmarks": np.round(face.landmarks, 3).astype(float).tolist(),
    }


def _pictures(line):
    """The TruePictures of a line: one, or those of a clip's frames."""
    frames = line.get("frames")
    if frames is None:
        faces = tuple(map(_face, line["faces"]))
        return [TruePicture(line["file"], faces, line["harm"], line["broken"])]
    return [
        TruePicture(line["file"], tuple(map(_face, faces)), index=index)
        for index, faces in enumerate(frames)
    ]


def _face(told):
    points = np.float32(told["landmarks"])
    matrix = crop_matrix(points, CROP)
    return TrueFace(told["who"], points, matrix, tuple(told["pose"]), told["visible"])


# ---------------------------------------------------------------------------------------------
# The clip


def _film(place, person, others, recipe, known, seed):
    """Write the person's clip, which cuts to a stranger and back, unless it is there."""
    from .video import write_video  # on first use: PyAV costs memory

    rng = np.random.default_rng(seed)
    name = f"{rng.integers(2**31):08x}.mp4"
    if name in known:
        return
    takes = _takes(rng, person, others["stranger 0"], recipe["seconds"])
    faces = []

    def frames():
        for who, one, scene in takes:
            frame = render(one, scene, size=CLIP_SIZE)
            faces.append(_told_faces([who], frame))
            yield frame.image

    write_video(place.raw / name, frames(), fps=CLIP_FPS)
    _note(place, {"file": name, "harm": "", "broken": "", "frames": faces})


def _takes(rng, person, stranger, seconds):
    """(name, Person, Scene) of each frame of the clip."""
    who = {"target": ("target", person), "stranger": ("stranger 0", stranger)}
    found = []
    for part, share in CLIP_PARTS:
        name, one = who[part]
        scene = Scene.random(rng, yaw=15).with_(expression={})
        act = clip(one, "mixed", CLIP_FPS, share * seconds, int(rng.integers(2**31)), scene)
        found += [(name, one, moment) for moment in act]
    return found
