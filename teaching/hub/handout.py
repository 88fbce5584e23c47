"""What students pull when they open a link of the hub: ``handout.py [--hub ADDRESS]``.

Makes, or brings up to date, a small git repository below ``out/``. It holds the learner's notebooks
and, as links, the course's ``facelab`` and ``requirements.txt``: each student gets notebooks of
their own to write in, while one ``facelab``, which they cannot change, serves all. With ``--hub``
the links that students click are printed, one for each chapter.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote, urlencode

COURSE = Path(__file__).resolve().parents[2]
BRANCH = "main"
FOLDER = "deepfakes"  # in the student's home
SHARED = ("facelab", "requirements.txt")
WHO = ("-c", "user.name=Deepfakes from scratch", "-c", "user.email=course@localhost")


def place(course=COURSE):
    """Where the repository lies that students pull from."""
    return course / "out" / "handout.git"


def git(*arguments, folder):
    """Run git in ``folder`` and return what it printed."""
    command = ["git", *WHO, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def publish(course=COURSE):
    """Bring the repository up to date with ``course``; returns whether anything changed.

    What students have written is kept when they pull: nbgitpuller merges, and theirs wins.
    """
    bare = place(course)
    if not bare.exists():
        bare.mkdir(parents=True)
        git("init", "--quiet", "--bare", f"--initial-branch={BRANCH}", folder=bare)
    with tempfile.TemporaryDirectory() as folder:
        git("clone", "--quiet", bare, folder, folder=course)
        git("checkout", "--quiet", "-B", BRANCH, folder=folder)
        fill(Path(folder), course)
        git("add", "--all", folder=folder)
        changed = bool(git("status", "--porcelain", folder=folder))
        if changed:
            git("commit", "--quiet", "--message", "The chapters as they are now", folder=folder)
            git("push", "--quiet", "origin", BRANCH, folder=folder)
    return changed


def fill(folder, course):
    """Put into a work tree what students shall have, and nothing else."""
    for old in [path for path in folder.iterdir() if path.name != ".git"]:
        shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
    notebooks = sorted((course / "notebooks").glob("*.ipynb"))
    (folder / "notebooks").mkdir()
    for notebook in notebooks:
        shutil.copy(notebook, folder / "notebooks")
    for name in SHARED:
        (folder / name).symlink_to(course / name)


def pull_path(notebook="index", course=COURSE):
    """Path, on a student's server, that pulls the handout and opens a notebook of it.

    Parameters
    ----------
    notebook : str
        Its name without ``.ipynb``, as in ``"03_faces_and_landmarks"``.
    course : Path
        The course's folder on the server.
    """
    query = {
        "repo": place(course).as_uri(),
        "branch": BRANCH,
        "targetPath": FOLDER,
        "urlpath": f"lab/tree/{FOLDER}/notebooks/{quote(notebook)}.ipynb",
    }
    return f"/git-pull?{urlencode(query)}"


def link(hub, notebook="index", course=COURSE):
    """What a student clicks: logs in, starts the server, pulls, opens the notebook.

    ``hub`` is the address of the hub, as in ``"https://hub.example.org"``.
    """
    return f"{hub.rstrip('/')}/hub/user-redirect{pull_path(notebook, course)}"


def main(arguments=None):
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="handout.py", description="What students pull.")
    parser.add_argument("--hub", metavar="ADDRESS", help="print the links for this hub")
    options = parser.parse_args(arguments)
    changed = publish()
    print(f"{place()}: {'brought up to date' if changed else 'nothing has changed'}")
    for notebook in sorted((COURSE / "notebooks").glob("*.ipynb")) if options.hub else []:
        print(f"{notebook.stem}\n  {link(options.hub, notebook.stem)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
