"""The first cell of every chapter, and what it does on Colab: fetch the course, add what lacks.

Colab brings its own versions of most packages, and a session breaks when one that is already
loaded is replaced. So only what cannot be found at all is installed, as pinned and without
dependencies. Needs nothing but the standard library: it runs before anything is installed.
"""

import re
import subprocess
import sys
from importlib import invalidate_caches
from importlib.util import find_spec
from pathlib import Path

# where the course lives; `lab.py badges` rewrites both, and every address made from them
REPOSITORY = "OWNER/deepfakes-from-scratch"
BRANCH = "main"

MODULES = {
    "numpy": "numpy",
    "scipy": "scipy",
    "numba": "numba",
    "llvmlite": "llvmlite",  # below numba
    "cv2": "opencv-python-headless",
    "PIL": "pillow",
    "matplotlib": "matplotlib",
    "skimage": "scikit-image",
    "av": "av",
    "tensorflow": "tensorflow",
    "keras": "keras",
    "mtcnn": "mtcnn",
    "lz4": "lz4",  # below mtcnn
    "joblib": "joblib",  # below mtcnn
    "dlib": "dlib-bin",
    "face_recognition": "face-recognition",
    "face_recognition_models": "face-recognition-models",
    "pkg_resources": "setuptools",  # below face_recognition_models
    "click": "click",  # below face_recognition
    "ipywidgets": "ipywidgets",
    "psutil": "psutil",
}

_FIRST_CELL = """\
# plumbing: find the course; on Colab fetch it first, with the packages that Colab lacks
import subprocess
import sys
from pathlib import Path

home = Path.cwd()
if "google.colab" in sys.modules:
    home = home / "course"
    clone = "git clone --quiet --depth=1 --branch={branch} {address}"
    home.exists() or subprocess.run([*clone.split(), str(home)], check=True)
root = next(folder for folder in (home, *home.parents) if (folder / "facelab").is_dir())
sys.path.insert(0, str(root))

from facelab.course.bootstrap import prepare
prepare(root)"""


class MissingPackages(RuntimeError):
    """Packages are missing here; the message says how to get them."""


def first_cell(address=f"https://github.com/{REPOSITORY}.git", branch=BRANCH):
    """The source of the first code cell.

    Parameters
    ----------
    address : str
        Where Colab clones the course from: anything that ``git clone`` takes.
    branch : str
        The branch or tag that is cloned.

    Returns
    -------
    str
        Python source, at most 15 lines, without a final newline.
    """
    return _FIRST_CELL.format(address=address, branch=branch)


FIRST_CELL = first_cell()


def binder_address(notebook, repository=REPOSITORY, branch=BRANCH):
    """Where Binder opens ``notebook``, a path such as ``"notebooks/index.ipynb"``."""
    return f"https://mybinder.org/v2/gh/{repository}/{branch}?urlpath=lab/tree/{notebook}"


def colab_address(notebook, repository=REPOSITORY, branch=BRANCH):
    """Where Colab opens ``notebook``, a path such as ``"notebooks/index.ipynb"``."""
    return f"https://colab.research.google.com/github/{repository}/blob/{branch}/{notebook}"


def read_pins(path):
    """The exact versions of a requirements file.

    Parameters
    ----------
    path : str or Path
        A file of lines such as ``numpy==2.4.6 ; sys_platform == 'linux'``.

    Returns
    -------
    dict
        Name of the distribution to its version, both str; other lines are passed over.
    """
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    found = (re.match(r"([A-Za-z0-9._-]+)==([^\s;]+)", line) for line in lines)
    return {match[1]: match[2] for match in found if match}


def missing_pins(pins, present=find_spec):
    """What has to be installed so that every module in ``MODULES`` can be imported.

    Parameters
    ----------
    pins : dict
        Name of the distribution to its version, as from ``read_pins``.
    present : callable
        Takes a module's name, says whether it is there.

    Returns
    -------
    list of str
        ``name==version`` for each distribution that is missing, never one that is there.
    """
    absent = [name for module, name in MODULES.items() if not present(module)]
    return [f"{name}=={pins[name]}" for name in absent]


def install(requirements):
    """Install exactly these and nothing they ask for, so that nothing present is replaced."""
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--disable-pip-version-check"]
    done = subprocess.run([*pip, *requirements], capture_output=True, text=True)
    if done.returncode:
        raise MissingPackages(
            f"pip could not install {', '.join(requirements)}. Run the cell again; if that does "
            f"not help, restart the session. pip said:\n{done.stderr or done.stdout}"
        )
    invalidate_caches()


def prepare(root):
    """Make the packages of the course importable: on Colab by installing the missing ones.

    Parameters
    ----------
    root : str or Path
        The course's folder, where requirements.txt lies.

    Raises
    ------
    MissingPackages
        When pip fails on Colab, or when packages are missing elsewhere.
    """
    missing = missing_pins(read_pins(Path(root) / "requirements.txt"))
    if missing and "google.colab" in sys.modules:
        print(f"Installing what this place lacks: {', '.join(missing)}")
        install(missing)
    elif missing:
        raise MissingPackages(
            f"Missing here: {', '.join(missing)}. Close this notebook and open the course with: "
            "python3 lab.py start"
        )
