"""The names of the book's chapter on face swaps exist here, under the book's signatures.

Whoever knows them finds them: parameters in the book's order and under its names; what we add
stands behind them and has a default, so that the book's own calls run.
"""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from facelab import faces

ROOT = Path(__file__).parents[1]

# name -> (where it is, the book's parameters; "=" marks those that have a default there)
BOOK = {
    "detect_faces": (faces.detect_faces, "frame"),
    "get_align_mat": (faces.get_align_mat, "face"),
    "Extract": (faces.Extract, ""),
    "Extract.extract": (faces.Extract.extract, "self image face size"),
    "Extract.transform": (faces.Extract.transform, "self image mat size padding="),
    "FaceFilter": (faces.FaceFilter, "reference_file_path threshold="),
    "FaceFilter.check": (faces.FaceFilter.check, "self detected_face"),
    "get_faces": (faces.get_faces, "reference_image image extractor debug="),
    "create_face_dataset": (
        faces.create_face_dataset,
        "reference_face_filepath input_dir output_dir extractor included_extensions=",
    ),
    "DetectedFace.landmarksAsXY": (faces.DetectedFace.landmarksAsXY, "self"),
}


def fits(signature, wanted):
    """Whether a call in the book's way works."""
    found, names = list(signature.parameters.values()), wanted.split()
    ours, more = found[: len(names)], found[len(names) :]
    same = [p.name for p in ours] == [name.rstrip("=") for name in names]
    free = [
        p.default is not p.empty or p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
        for p, name in zip(ours + more, names + ["="] * len(more), strict=True)
        if name.endswith("=")
    ]
    return same and all(free)


@pytest.mark.parametrize("name", BOOK)
def test_the_books_call_works(name):
    ours, wanted = BOOK[name]
    assert fits(inspect.signature(ours), wanted), f"{name}{inspect.signature(ours)}, not {wanted}"


def test_the_comparison_notices():
    def ours(image, face, size=256, *, more=1):
        """As in ``Extract.extract``."""

    def worse(image, face, *, more):
        """One parameter without a default."""

    signature = inspect.signature(ours)
    assert fits(signature, "image face size") and fits(signature, "image face size=")
    assert not fits(signature, "face image size") and not fits(signature, "image face= size")
    assert not fits(inspect.signature(worse), "image face")


def test_b1_the_books_cells_parse_and_run(tmp_path):
    """Of the published notebook one cell does not parse; these are its calls, in our words."""
    from facelab.studio import Person, Scene, render, save_image

    frame = render(Person.from_seed(20), Scene(), size=192)
    reference = save_image(tmp_path / "reference.png", frame.image)
    (tmp_path / "in").mkdir()
    save_image(tmp_path / "in" / "a.jpg", frame.image)
    cell = """
extractor = Extract()
for number, face in get_faces(str(reference), image, extractor):
    crop = extractor.extract(image, face, 256)
    part = image[face.y : face.y + face.h, face.x : face.x + face.w]
create_face_dataset(str(reference), f"{folder}/in", f"{folder}/out", extractor,
                    included_extensions=["jpg", "bmp", "png", "gif"])
"""
    names = {"image": frame.image, "reference": reference, "folder": tmp_path} | {
        name: getattr(faces, name) for name in faces.__all__
    }
    exec(compile(cell, "cell", "exec"), names)
    assert names["number"] == 0 and names["crop"].shape == (256, 256, 3)
    assert names["part"].shape == (names["face"].h, names["face"].w, 3) and names["part"].size
    assert len(list((tmp_path / "out").glob("*.png"))) == 1


def test_whoever_only_looks_for_faces_does_not_load_the_studio():
    """It costs a second and 80 MB, and everything is there once it is asked for."""
    code = (
        "import sys, facelab.faces as faces; print('facelab.studio' in sys.modules);"
        "print(all(hasattr(faces, name) for name in faces.__all__))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert said.stdout.split() == ["False", "True"], said.stderr
    with pytest.raises(AttributeError, match="no_such"):
        faces.no_such  # noqa: B018
