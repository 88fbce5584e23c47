"""The chapters as a web site: ``python -m facelab.course.book --out DIR``.

Every stored chapter becomes a page, with the pictures and the text that its last run left: nothing
is executed and nothing is fetched, neither while the book is made nor while it is read. The pages
are handed to Sphinx with MyST-NB in a temporary folder, beside a copy of ``docs/book``, which holds
the settings, the front page's frame and the style. Four things are done to a chapter on its way:

- its first cell, plumbing that finds the course on a machine, is left out;
- exercises stand open, as in the learner's copy, their hints and answers folded below them; in
  place of sliders and buttons, which need a kernel, stands a sentence;
- pictures leave the text of the page and become files beside it, each with its size;
- links to files of the repository become links to pages of the book, or to the public repository.

The instructor's pages in ``teaching`` follow the chapters.
"""

import argparse
import base64
import hashlib
import io
import json
import os
import posixpath
import re
import shutil
import subprocess
import sys
import tempfile
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import ipywidgets
from PIL import Image

from facelab.course import bootstrap, build, exercise, measured
from facelab.course import notebook as nb

FRAME = build.ROOT / "docs" / "book"
SEARCH_INDEX = "searchindex.js"  # the file by which a folder is known to hold a book
PICTURES = "pictures"
GITHUB = f"https://github.com/{bootstrap.REPOSITORY}/blob/{bootstrap.BRANCH}/"
STILL = "Here the notebook has something to move or to press."
FRONT_PAGES = ("README.md", "notebooks/index.ipynb", "solutions/index.ipynb")

_CHECK = re.compile(r"""\bcheck\(\s*["'](\d\d\.\d+)["']""")
_EMBEDDED = re.compile(r'src="data:(image|video)/([a-z0-9]+)[^,"]*;base64,([^"]+)"')
_LINK = re.compile(r"(\]\()([^)\s#]+)")
_ELSEWHERE = re.compile(r"[a-z]+:|/")


class BookError(nb.CourseError):
    """The book cannot be made; the message says how to mend it."""


@dataclass(frozen=True)
class Chapter:
    """A chapter as stored: its name, and both copies as notebooks."""

    name: str
    solution: dict
    learners: dict

    @property
    def title(self):
        """Its first heading."""
        return nb.source_of(self.solution["cells"][0]).splitlines()[0].removeprefix("# ").strip()


def read_notebook(path):
    """A stored notebook as a dict; BookError where there is none."""
    if not path.exists():
        raise BookError(f"{path.parent.name}/{path.name} is missing. Run: python3 lab.py build")
    return json.loads(path.read_text(encoding="utf-8"))


def read_chapter(course, name):
    """The stored ``Chapter`` called ``name``, as in "03_faces_and_landmarks".

    Raises
    ------
    BookError
        If a copy is missing, if a cell was not run, or if the two copies differ in their cells.
    """
    copies = [read_notebook(f / f"{name}.ipynb") for f in (course.solutions, course.notebooks)]
    if build.unexecuted(copies[0]) or frozen(copies[0]) != frozen(copies[1]):
        raise BookError(f"Chapter {name[:2]} is not as its source. Run: python3 lab.py build")
    return Chapter(name, *copies)


def frozen(notebook):
    """What both copies of a chapter share: the cells, exercises by their place only."""
    return ["exercise" in tags(cell) or nb.source_of(cell) for cell in notebook["cells"]]


def read_chapters(course):
    """All stored chapters, in their order; BookError if there is none."""
    names = sorted(path.stem for path in course.solutions.glob("[0-9][0-9]_*.ipynb"))
    if not names:
        raise BookError("There is no chapter in solutions/. Run: python3 lab.py build")
    return [read_chapter(course, name) for name in names]


# ---- from a chapter to its page -----------------------------------------------------------------


def page(chapter, pictures):
    """The notebook of a chapter as it stands in the book.

    Parameters
    ----------
    chapter : Chapter
        As stored.
    pictures : Path
        Folder that receives the pictures; the page will look for it as ``../pictures``.

    Returns
    -------
    dict
        A notebook without plumbing, with open exercises and with pictures that are files.
    """
    pairs = zip(chapter.solution["cells"], chapter.learners["cells"], strict=True)
    cells = [book_cell(done, open_) for done, open_ in pairs if "setup" not in tags(done)]
    cells[0]["source"] = with_doors(nb.source_of(cells[0]), chapter.name)
    for cell in cells:
        cell["outputs"] = [unpacked(still(o), pictures) for o in cell.get("outputs", [])]
        cell.update(markdown(cell) if cell["cell_type"] == "markdown" else {})
    return chapter.solution | {"cells": cells}


def tags(cell):
    """The tags of a stored cell."""
    return cell["metadata"].get("tags", [])


def book_cell(done, open_):
    """The cell of a page: as run, unless it is an exercise, which stands open."""
    return exercise_cell(open_) if "exercise" in tags(done) else deepcopy(done)


def exercise_cell(open_):
    """An open exercise; its output is what unfolds under it."""
    numbers = _CHECK.findall(nb.source_of(open_))
    helps = [html_output(exercise.unfold_hints(exercise.find(number))) for number in numbers]
    return deepcopy(open_) | {"outputs": helps}


def html_output(markup, kind="helps"):
    """An output that shows ``markup``."""
    data = {"text/html": f'<div class="{kind}">{markup}</div>'}
    return {"output_type": "display_data", "metadata": {}, "data": data}


def still(output):
    """The output, or a sentence in place of a widget, which nothing on a page could answer."""
    data = output.get("data", {})
    name = re.match(r"(\w+)\(", "".join(data.get("text/plain", "")))
    if data.keys() == {"text/plain"} and name and is_widget(name[1]):
        return html_output(f"<p>{STILL}</p>", "still")
    return output


def is_widget(name):
    """Whether a class of ipywidgets is called so: what is stored of a widget is its repr."""
    named = getattr(ipywidgets, name, None)
    return isinstance(named, type) and issubclass(named, ipywidgets.Widget)


def markdown(cell):
    """What changes in a cell of prose: its links, and it has no outputs."""
    cell.pop("outputs")
    return {"source": relinked(nb.source_of(cell), "notebooks", "chapters")}


def with_doors(opening, name):
    """The first cell of a chapter with a row of links below its heading."""
    heading, _, rest = opening.partition("\n")
    return f"{heading}\n\n{doors(name)}\n{rest}"


def doors(name):
    """HTML of the ways to run a chapter: Binder, Colab, and its file."""
    binder, colab = addresses(name)
    links = [
        f'<a href="{binder}">Run it on Binder</a>',
        f'<a href="{colab}">Run it on Colab</a>',
        f'<a href="../notebooks/{name}.ipynb" download>Take the notebook</a>',
        f'<a href="../solutions/{name}.ipynb" download>Take it worked through</a>',
    ]
    rows = "".join(f"<li>{link}</li>" for link in links)
    return f'<nav class="doors" aria-label="Ways to run this chapter"><ul>{rows}</ul></nav>\n'


def addresses(name):
    """Where Binder and Colab open the learner's copy of a chapter."""
    path = f"notebooks/{name}.ipynb"
    return (
        f"https://mybinder.org/v2/gh/{bootstrap.REPOSITORY}/{bootstrap.BRANCH}"
        f"?urlpath=lab/tree/{path}",
        f"https://colab.research.google.com/github/{bootstrap.REPOSITORY}"
        f"/blob/{bootstrap.BRANCH}/{path}",
    )


def unpacked(output, pictures):
    """An output whose embedded pictures and clips have become files."""
    if "text/html" not in output.get("data", {}):
        return output
    markup = "".join(output["data"]["text/html"])
    beside = _EMBEDDED.sub(lambda found: picture_link(*found.groups(), pictures), markup)
    return output | {"data": output["data"] | {"text/html": beside}}


def picture_link(family, kind, text, pictures):
    """Write one embedded picture; the attributes with which an element shows the file."""
    content = base64.b64decode(text)
    name = f"{hashlib.sha256(content).hexdigest()[:16]}.{kind}"
    (pictures / name).write_bytes(content)
    return f'src="../{PICTURES}/{name}"' + (size(content) if family == "image" else "")


def size(content):
    """Attributes that keep a picture's place on the page while it loads."""
    width, height = Image.open(io.BytesIO(content)).size
    return f' width="{width}" height="{height}"'


# ---- links --------------------------------------------------------------------------------------


def place(path):
    """Where the book has a file of the repository (both from their roots), or None."""
    if path in FRONT_PAGES:
        return "index.md"
    if re.fullmatch(r"(notebooks|solutions)/\d\d_\w+\.ipynb", path):
        return f"chapters/{posixpath.basename(path)}"
    if re.fullmatch(r"teaching/[\w/]+\.md|docs/gallery/[\w.]+", path):
        return path
    return None


def relinked(text, folder, home):
    """Markdown whose links to files of the repository hold in the book.

    Parameters
    ----------
    text : str
        Markdown.
    folder : str
        Folder of the repository from which its links start, "" for the root.
    home : str
        Folder of the book in which the page will lie, "" for the root.
    """

    def link(found):
        if _ELSEWHERE.match(found[2]):
            return found[0]
        path = posixpath.normpath(posixpath.join(folder, found[2]))
        there = place(path)
        return found[1] + (posixpath.relpath(there, home or ".") if there else GITHUB + path)

    return _LINK.sub(link, text)


# ---- the front page -----------------------------------------------------------------------------


def section(text, heading):
    """What stands under a ``## `` heading of a page; "" for what stands before the first.

    Raises
    ------
    BookError
        If the page has no such heading.
    """
    parts = re.split(r"^## +(.+)\n", text, flags=re.MULTILINE)
    known = dict(zip(["", *parts[1::2]], parts[::2], strict=True))
    if heading not in known:
        raise BookError(
            f"The README has no section '{heading}', which the book's front page shows."
        )
    return known[heading].strip()


def front_page(course, chapters, frame):
    """Markdown of the front page: the ``frame`` filled from the README and the measured costs."""
    readme = relinked(course.readme.read_text(encoding="utf-8"), "", "")
    costs = measured.read_measured(course.measured)
    titles = {chapter.name: chapter.title for chapter in chapters}
    return frame.format(
        opening=section(readme, ""),
        commands=section(readme, "The two commands"),
        chapters=measured.chapter_table(titles, costs, lambda name: f"chapters/{name}.ipynb"),
        licences=section(readme, "Licences"),
    )


def contents(chapters, teaching):
    """The two hidden lists from which come the navigation and the order of the pages."""
    numbered = [f"{c.name[:2]} {c.title} <chapters/{c.name}>" for c in chapters]
    return "\n\n".join(
        "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```"])
        for caption, pages in (("Chapters", numbered), ("For instructors", teaching))
        if pages
    )


# ---- the folder that Sphinx reads ---------------------------------------------------------------


def gather(course, folder):
    """Put all that the book is made of into ``folder``."""
    chapters, extra = read_chapters(course), folder / "extra"
    shutil.copytree(FRAME, folder, dirs_exist_ok=True)
    (extra / PICTURES).mkdir(parents=True)
    for chapter in chapters:
        write(folder / f"chapters/{chapter.name}.ipynb", nb.dump(page(chapter, extra / PICTURES)))
        write(extra / f"solutions/{chapter.name}.ipynb", nb.dump(chapter.solution))
        write(extra / f"notebooks/{chapter.name}.ipynb", nb.dump(chapter.learners))
    copy_gallery(course, folder)
    frame = folder / "index.md"
    front = front_page(course, chapters, frame.read_text(encoding="utf-8"))
    write(frame, f"{front}\n{contents(chapters, copy_teaching(course, folder))}\n")


def write(path, text):
    """Write a text file, making folders on the way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def copy_gallery(course, folder):
    """The README's pictures."""
    source = course.root / "docs" / "gallery"
    if source.is_dir():
        shutil.copytree(source, folder / "docs" / "gallery")


def copy_teaching(course, folder):
    """The instructor's pages; returns their names for the list of contents."""
    found = [p.relative_to(course.root) for p in (course.root / "teaching").rglob("*.md")]
    for path in found:
        text = (course.root / path).read_text(encoding="utf-8")
        here = path.parent.as_posix()
        write(folder / path, relinked(text, here, here))
    names = [path.with_suffix("").as_posix() for path in sorted(found)]
    return in_reading_order(names, read_or_empty(course.root / "teaching" / "README.md"))


def read_or_empty(path):
    """Text of a file, "" where there is none."""
    return path.read_text(encoding="utf-8") if path.exists() else ""


def in_reading_order(names, readme):
    """Pages of ``teaching``: the README, then those it links to in its order, then the others."""
    linked = [f"teaching/{target.removesuffix('.md')}" for _, target in _LINK.findall(readme)]
    rank = {name: place for place, name in reversed([*enumerate(["teaching/README", *linked])])}
    return sorted(names, key=lambda name: rank.get(name, len(rank) + len(linked)))


# ---- Sphinx -------------------------------------------------------------------------------------


def run_sphinx(source, site):
    """Let Sphinx make the pages, in a process of its own; every warning is an error.

    Raises
    ------
    BookError
        If Sphinx warned or failed; its words are in the message.
    """
    command = [sys.executable, "-m", "sphinx", "--builder=html", "--fail-on-warning", "--quiet"]
    command += ["--no-color", f"--doctree-dir={source.parent / 'doctrees'}", source, site]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        raise BookError(done.stderr.replace(f"{source}{os.sep}", "").strip())


def refuse_foreign_folder(out):
    """Raise BookError unless ``out`` is new, empty, or holds an earlier book."""
    if out.exists() and not out.is_dir():
        raise BookError(f"{out} is a file. Name a folder of the book's own.")
    if out.exists() and any(out.iterdir()) and not (out / SEARCH_INDEX).exists():
        raise BookError(f"{out} holds other things. Name a folder of the book's own.")


def make_book(course, out):
    """Make the web site of ``course`` in the folder ``out``; an earlier book there is replaced.

    Raises
    ------
    BookError
        If ``out`` holds other things, or if a page is not in order.
    """
    refuse_foreign_folder(out)
    with tempfile.TemporaryDirectory() as scratch:
        source, site = Path(scratch) / "source", Path(scratch) / "site"
        source.mkdir()
        gather(course, source)
        run_sphinx(source, site)
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(site, out, ignore=shutil.ignore_patterns(".buildinfo*", "objects.inv"))


def main(arguments=None):
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="book", description="Make the web book.")
    parser.add_argument("--out", type=Path, required=True, help="folder for the site")
    parser.add_argument("--root", type=Path, default=build.ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    out = options.out.resolve()
    try:
        make_book(build.Course(options.root.resolve()), out)
    except nb.CourseError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Open {out / 'index.html'} in a browser, or put the folder on any web server.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
