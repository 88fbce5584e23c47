"""Say where the course lives: ``badges --repo OWNER/NAME [--branch B]``.

One setting, ``REPOSITORY`` and ``BRANCH`` in ``facelab/course/bootstrap.py``, decides every address
of the course: the links of the README, the first cell of each notebook, Binder, Colab, the issue
forms, CITATION.cff. This command rewrites the setting and all of them, or nothing; no chapter is
executed for it. ``--check`` rewrites nothing and names every address that disagrees.
"""

import argparse
import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from facelab.course import notebook as nb

ROOT = Path(__file__).resolve().parents[2]
SETTING = Path("facelab", "course", "bootstrap.py")
SKIPPED = {"out", "tests", "__pycache__", "node_modules"}  # and every hidden folder but .github
KINDS = {".md", ".py", ".ipynb", ".cff", ".yml", ".yaml", ".toml", ".txt", ".html", ".json"}

_ANY = r"(?P<repository>[\w.-]+(?:/|%2F)[\w.-]+)"
_BRANCH = r"(?P<branch>[\w.-]+)"
_SETTING = re.compile(r'^REPOSITORY = "(?P<repository>.*)"$\n^BRANCH = "(?P<branch>.*)"$', re.M)


class AddressError(nb.CourseError, ValueError):
    """A name that GitHub or git would refuse, or a tree whose setting cannot be found."""


@dataclass(frozen=True)
class Setting:
    """Where the course lives: ``"OWNER/NAME"`` on GitHub, and the branch that is handed out.

    Raises
    ------
    AddressError
        If GitHub would refuse the owner or the name, or git the branch; or if the branch holds a
        slash, which the addresses of Binder and Colab cannot carry.
    """

    repository: str
    branch: str = "main"

    def __post_init__(self):
        if not re.fullmatch(
            r"(?!-)(?!.*--)[A-Za-z0-9-]{1,39}(?<!-)/[\w.-]{1,100}", self.repository
        ):
            raise AddressError(f"{self.repository!r} is not OWNER/NAME as GitHub spells it.")
        if self.name in (".", "..") or self.name.endswith(".git") or not self.name.isascii():
            raise AddressError(f"GitHub refuses the name {self.name!r}; leave out any `.git`.")
        if not re.fullmatch(
            r"(?![-.])(?!.*\.\.)[A-Za-z0-9._-]{1,200}(?<!\.lock)(?<!\.)", self.branch
        ):
            raise AddressError(
                f"{self.branch!r} is no branch that Binder and Colab can be given: letters, "
                "digits, dots, hyphens and underscores, and no slash."
            )

    @property
    def name(self):
        """The part after the slash."""
        return self.repository.partition("/")[2]


# ---- addresses in a text ------------------------------------------------------------------------


def patterns(name):
    """What the course's own addresses look like, as compiled expressions.

    On Binder, and for a notebook of this course on Colab, any repository is taken for the course's;
    on GitHub only one called ``name``: the chapters link to other people's code as well.
    """
    called = rf"(?P<repository>[\w-]+(?:/|%2F){re.escape(name)})(?![\w-])"
    kinds = [
        rf"mybinder\.org/v2/gh/{_ANY}/{_BRANCH}",
        rf"colab\.research\.google\.com/github/{_ANY}/blob/{_BRANCH}/notebooks/(?:index|\d\d_)",
        rf"git clone --quiet --depth=1 --branch={_BRANCH} https://github\.com/{_ANY}(?=\.git)",
        rf"^repository-code: \"?https://github\.com/{_ANY}",
        rf"github\.com(?:/|%2F){called}(?:(?:/(?:blob|tree|raw|edit)/|&(?:amp;)?branch=){_BRANCH})?",
        rf"raw\.githubusercontent\.com/{called}/{_BRANCH}",
    ]
    return [re.compile(kind, re.M) for kind in kinds]


def own_addresses(text, name):
    """The matches of all ``patterns(name)`` in ``text``."""
    return [match for pattern in patterns(name) for match in pattern.finditer(text)]


def agrees(match, setting):
    """Whether an address points where the setting says."""
    found = match.groupdict()
    repository = found["repository"].replace("%2F", "/")
    return repository == setting.repository and found.get("branch") in (None, setting.branch)


def respelled(match, setting):
    """The text of a match with the setting's repository and branch in place of its own."""
    slash = "%2F" if "%2F" in match["repository"] else "/"
    new = {"repository": setting.repository.replace("/", slash), "branch": setting.branch}
    spans = {match.span(group): new[group] for group in match.groupdict() if match[group]}
    text = match.string
    for begin, end in sorted(spans, reverse=True):
        text = text[:begin] + spans[begin, end] + text[end:]
    return text[match.start() : len(text) - (len(match.string) - match.end())]


def readdressed(text, old, new):
    """``text`` with the course's own addresses, as ``old`` knows them, pointing to ``new``.

    Parameters
    ----------
    text : str
        Prose, code or the JSON of a notebook.
    old, new : Setting
        Where the course lived, and where it will.

    Returns
    -------
    str
    """
    for pattern in patterns(old.name):
        text = pattern.sub(lambda match: respelled(match, new), text)
    return text


def renumbered(text):
    """A notebook's text with the cell ids that the build gives to what the cells now say."""
    notebook = json.loads(text)
    plain = [{**cell, "source": nb.source_of(cell)} for cell in notebook["cells"]]
    for cell, name in zip(notebook["cells"], nb.cell_ids(plain), strict=True):
        cell["id"] = name
    return nb.dump(notebook)


# ---- the tree -----------------------------------------------------------------------------------


def files(root):
    """The course's own text files, sorted."""
    found = []
    for folder, inside, names in os.walk(root):
        inside[:] = [n for n in inside if n not in SKIPPED and (n[0] != "." or n == ".github")]
        found += [Path(folder, name) for name in names if Path(name).suffix in KINDS]
    return sorted(found)


def read_setting(root):
    """The setting of a tree; AddressError where there is none."""
    path = root / SETTING
    match = _SETTING.search(path.read_text(encoding="utf-8")) if path.exists() else None
    if not match:
        raise AddressError(
            f"{SETTING.as_posix()} has no REPOSITORY and BRANCH: is this the course?"
        )
    return Setting(**match.groupdict())


def new_text(path, text, old, new):
    """What a file has to say after the move."""
    changed = readdressed(text, old, new)
    if path.parts[-3:] == SETTING.parts:
        changed = _SETTING.sub(lambda m: respelled(m, new), changed)
    return renumbered(changed) if path.suffix == ".ipynb" and changed != text else changed


def changes(root, new):
    """Dict from path to new text of every file that has to change for a new setting."""
    old, made = read_setting(root), {}
    for path in files(root):
        text = path.read_bytes().decode("utf-8", errors="surrogateescape")
        changed = new_text(path, text, old, new)
        if changed != text:
            made[path] = changed
    return made


def disagreements(root):
    """A line for each address in a tree that does not agree with its setting."""
    setting, found = read_setting(root), []
    for path in files(root):
        text = path.read_text(encoding="utf-8", errors="replace")
        wrong = [m for m in own_addresses(text, setting.name) if not agrees(m, setting)]
        for match in wrong:
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{path.relative_to(root).as_posix()}:{line}: {match[0].strip()}")
    return sorted(set(found))


def write_all(texts):
    """Write all files or none: each is written beside its old one, then all take their places."""
    staged = {path: path.with_name(path.name + ".new") for path in texts}
    before = {}
    try:
        for path, new in staged.items():
            new.write_bytes(texts[path].encode("utf-8", errors="surrogateescape"))
        for path, new in staged.items():
            before[path] = path.read_bytes()
            os.replace(new, path)
    except BaseException:
        for path, old in before.items():
            path.write_bytes(old)
        raise
    finally:
        for new in staged.values():
            new.unlink(missing_ok=True)


# ---- the command --------------------------------------------------------------------------------


def move(root, setting, say=print):
    """Rewrite the setting and all that is derived from it, and say which files changed."""
    texts = changes(root, setting)
    write_all(texts)
    for path in texts:
        say(f"wrote {path.relative_to(root).as_posix()}")
    say(f"The course lives at {setting.repository}, branch {setting.branch}.")


def check(root, say=print):
    """Say which addresses disagree with the setting; return the exit status."""
    wrong = disagreements(root)
    for line in wrong:
        say(line)
    if wrong:
        setting = read_setting(root)
        again = f"--repo {setting.repository} --branch {setting.branch}"
        say(f"Not where the setting says. To mend: python3 lab.py badges {again}")
    return int(bool(wrong))


def main(words=None):
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="badges", description=__doc__.partition("\n")[0])
    parser.add_argument("--repo", metavar="OWNER/NAME")
    parser.add_argument("--branch", default="main")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(words)
    try:
        if options.check:
            return check(options.root)
        return move(options.root, Setting(options.repo or "", options.branch)) or 0
    except nb.CourseError as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(f"Nothing was changed: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
