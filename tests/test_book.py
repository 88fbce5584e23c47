"""The web book: made from stored chapters, read in a headless Chromium, by keyboard, and printed.

The quick tests take the parts apart; those marked slow make the book of this course once and look
into its files; those marked browser read it as a visitor does, from files and from a plain server.
"""

import base64
import functools
import http.server
import json
import re
import shutil
import tempfile
import threading
import zlib
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import numpy as np
import pytest
from bs4 import BeautifulSoup
from test_browser import CHROMIUM, START_SECONDS, Page, chromium, wait_for

from facelab.course import book, build, figures
from facelab.course import notebook as nb

slow = pytest.mark.slow
DOT = figures.figure_html(
    figures.encode(figures.array_to_pil(np.zeros((4, 6, 3), np.uint8))), "A dot"
)


# ---- the parts ----------------------------------------------------------------------------------


def cell(kind, source, *tags, **more):
    """A cell as the build takes it."""
    return {"cell_type": kind, "source": source, "tags": list(tags)} | more


def small_notebook(answer, prose):
    """A chapter with plumbing, prose, one exercise of chapter 03 and one picture."""
    made = nb.make_notebook(
        [
            cell("markdown", "# A small chapter\n\nYou will be able to *read* it."),
            cell("code", "plumbing = 1", "setup"),
            cell("markdown", f"## A part\n\n{prose}"),
            cell("code", "show(dot)"),
            cell("code", f'{answer}\nto_box = check("03.1", to_box)', "exercise"),
        ]
    )
    for count, one in enumerate(nb.code_cells(made), 1):
        one["execution_count"] = count
    shown = {"output_type": "display_data", "metadata": {}, "data": {"text/html": [DOT]}}
    nb.code_cells(made)[1]["outputs"] = [shown]
    return made


README = """# A course
What it is. [Licence](LICENSE)
## The two commands
One, two.
## Licences
Free.
"""
PROSE = "A formula, $a^2 < b$; [itself](01_small.ipynb), [the rubric](../teaching/rubric.md)."


@pytest.fixture
def course(tmp_path):
    """A course of one chapter, as stored."""
    made = build.Course(tmp_path / "course")
    for folder, answer in ((made.solutions, "SECRET"), (made.notebooks, "OPEN")):
        book.write(folder / "01_small.ipynb", nb.dump(small_notebook(answer, PROSE)))
    book.write(made.readme, README)
    book.write(made.root / "teaching" / "rubric.md", "# Rubric\n\nSee the [front](../README.md).\n")
    return made


@pytest.fixture
def page(course, tmp_path):
    """The page of that chapter, its pictures beside it."""
    (tmp_path / "pictures").mkdir()
    return book.page(*book.read_chapters(course), tmp_path / "pictures")


def text_of(page):
    return json.dumps(page)


def test_the_plumbing_is_left_out(page):
    assert "plumbing" not in text_of(page) and len(page["cells"]) == 4


def test_an_exercise_stands_open_and_its_answer_is_folded(page):
    code = nb.code_cells(page)[-1]
    (output,) = code["outputs"]
    assert nb.source_of(code).startswith("OPEN") and "SECRET" not in text_of(page)
    helps = BeautifulSoup(output["data"]["text/html"], "html.parser")
    titles = [one.text for one in helps.find_all("summary")]
    assert titles == ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3", "Show the answer"]
    assert "return left, top, right + 1" in helps.select("details " * 4)[0].text


def test_a_picture_becomes_a_file_with_its_size(page, tmp_path):
    (picture,) = (tmp_path / "pictures").iterdir()
    markup = nb.code_cells(page)[0]["outputs"][0]["data"]["text/html"]
    shown = BeautifulSoup(markup, "html.parser").img
    assert shown["src"] == f"../pictures/{picture.name}" and shown["alt"] == "A dot"
    assert (shown["width"], shown["height"]) == ("6", "4") and "base64" not in text_of(page)


@pytest.mark.parametrize(
    "text, kept",
    [
        ("VBox(children=(ToggleButtons(options=('L', 'R')),))", False),
        ("IntSlider(value=3)", False),
        ("Person(seed=3)", True),
        ("(68, 2)", True),
        ("Four boxes", True),
    ],
)
def test_a_sentence_stands_for_a_widget(text, kept):
    output = {"output_type": "execute_result", "data": {"text/plain": [text]}, "metadata": {}}
    assert (book.still(output) is output) == kept
    assert kept or book.STILL in book.still(output)["data"]["text/html"]


def test_what_a_widget_falls_back_to_is_kept():
    shown = {"output_type": "display_data", "data": {"text/html": DOT, "text/plain": "VBox()"}}
    assert book.still(shown) is shown


def test_what_was_stored_is_not_touched(course, tmp_path):
    (chapter,) = book.read_chapters(course)
    before = text_of(chapter.solution)
    book.page(chapter, tmp_path)
    assert text_of(chapter.solution) == before


def test_each_chapter_has_its_four_doors(page):
    opening = nb.source_of(page["cells"][0])
    hrefs = [a["href"] for a in BeautifulSoup(opening, "html.parser").select("nav.doors a")]
    assert [urlsplit(href).netloc for href in hrefs] == [
        "mybinder.org",
        "colab.research.google.com",
        "",
        "",
    ]
    assert all(href.endswith("notebooks/01_small.ipynb") for href in hrefs[:3])
    assert opening.startswith("# A small chapter\n\n<nav") and "You will be able to" in opening


@pytest.mark.parametrize(
    "folder, home, link, wanted",
    [
        ("notebooks", "chapters", "02_b.ipynb", "02_b.ipynb"),
        ("notebooks", "chapters", "../teaching/rubric.md", "../teaching/rubric.md"),
        ("notebooks", "chapters", "../README.md", "../index.md"),
        ("", "", "notebooks/02_b.ipynb", "chapters/02_b.ipynb"),
        ("", "", "docs/gallery/people.jpg", "docs/gallery/people.jpg"),
        ("teaching/hub", "teaching/hub", "../../solutions/02_b.ipynb", "../../chapters/02_b.ipynb"),
        ("teaching", "teaching", "hub/config.py", book.GITHUB + "teaching/hub/config.py"),
        ("", "", "https://example.org/a", "https://example.org/a"),
    ],
)
def test_links_of_the_repository_hold_in_the_book(folder, home, link, wanted):
    assert book.relinked(f"See [x]({link}).", folder, home) == f"See [x]({wanted})."


def test_links_keep_their_anchors():
    assert book.relinked("[x](README.md#a) [y](#b)", "", "") == "[x](index.md#a) [y](#b)"


def test_a_section_is_found_by_its_heading():
    assert book.section(README, "").startswith("# A course")
    assert book.section(README, "Licences") == "Free."
    with pytest.raises(book.BookError, match="no section 'Prices'"):
        book.section(README, "Prices")


def test_the_instructors_pages_come_in_the_order_of_their_readme():
    names = [f"teaching/{name}" for name in ("a", "b", "c", "README")]
    order = book.in_reading_order(names, "[c](c.md), [a](a.md) and [c again](c.md)")
    assert order == [f"teaching/{name}" for name in ("README", "c", "a", "b")]


def test_a_missing_copy_is_told(course):
    (course.notebooks / "01_small.ipynb").unlink()
    with pytest.raises(book.BookError, match="notebooks/01_small.ipynb is missing.*lab.py build"):
        book.read_chapters(course)


def test_a_cell_that_was_not_run_is_told(course):
    path = course.solutions / "01_small.ipynb"
    path.write_text(path.read_text().replace('"execution_count": 2', '"execution_count": null'))
    with pytest.raises(book.BookError, match="Chapter 01 is not as its source"):
        book.read_chapters(course)


def test_copies_that_differ_are_told(course):
    path = course.notebooks / "01_small.ipynb"
    path.write_text(path.read_text().replace("show(dot)", "show(other)"))
    with pytest.raises(book.BookError, match="Chapter 01 is not as its source"):
        book.read_chapters(course)


def test_a_course_without_chapters_is_told(tmp_path):
    with pytest.raises(book.BookError, match="no chapter"):
        book.read_chapters(build.Course(tmp_path))


def test_other_peoples_files_are_never_replaced(tmp_path, course, capsys):
    (tmp_path / "thesis.txt").write_text("three years")
    assert book.main(["--out", str(tmp_path), "--root", str(course.root)]) == 1
    assert "holds other things" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").read_text() == "three years"


def test_the_book_never_goes_into_a_file(tmp_path, course, capsys):
    (tmp_path / "book").write_text("")
    assert book.main(["--out", str(tmp_path / "book"), "--root", str(course.root)]) == 1
    assert "is a file" in capsys.readouterr().err


# ---- a small book -------------------------------------------------------------------------------


def soup(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@slow
def test_formulas_are_drawn_by_the_browser_alone(course, tmp_path):
    out = tmp_path / "book"
    assert book.main(["--out", str(out), "--root", str(course.root)]) == 0
    page = soup(out / "chapters" / "01_small.html")
    assert page.find("math")["alttext"] == "a^2 < b"
    assert not [s for s in page.find_all("script") if "mathjax" in s.get("src", "").lower()]
    assert book.main(["--out", str(out), "--root", str(course.root)]) == 0  # replaces its own


@slow
def test_a_link_to_nowhere_stops_the_book(course, tmp_path, capsys):
    book.write(course.root / "teaching" / "rubric.md", "# Rubric\n\n[lost](nowhere.md)\n")
    assert book.main(["--out", str(tmp_path / "book"), "--root", str(course.root)]) == 1
    assert "teaching/rubric.md:3: WARNING" in (said := capsys.readouterr().err)
    assert "nowhere.md" in said and str(tmp_path) not in said
    assert not (tmp_path / "book").exists()


# ---- the book of this course, as files ----------------------------------------------------------

COURSE = build.Course()
NAMES = [path.stem for path in sorted(COURSE.solutions.glob("[0-9][0-9]_*.ipynb"))]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The book of this course, made once."""
    out = tmp_path_factory.mktemp("book") / "site"
    book.make_book(COURSE, out)
    return out


def pages(site):
    """All pages, without what the theme keeps in its own folder."""
    return [p for p in sorted(site.rglob("*.html")) if "_static" not in p.parts]


def name_of(path, site):
    return path.relative_to(site).as_posix()


@slow
def test_every_chapter_and_instructors_page_is_there(site):
    found = {name_of(path, site) for path in pages(site)}
    teaching = {p.relative_to(COURSE.root) for p in (COURSE.root / "teaching").rglob("*.md")}
    wanted = {f"chapters/{name}.html" for name in NAMES}
    wanted |= {path.with_suffix(".html").as_posix() for path in teaching}
    assert found == wanted | {"index.html", "search.html"}


@slow
def test_every_stored_picture_is_in_the_book(site):
    for name in NAMES:
        stored = (COURSE.solutions / f"{name}.ipynb").read_text(encoding="utf-8")
        page = soup(site / "chapters" / f"{name}.html")
        shown = [img["src"] for img in page.find_all("img") if "../pictures/" in img["src"]]
        assert len(shown) == stored.count('src=\\"data:image/') > 0


@slow
def test_the_front_page_says_what_each_chapter_costs(site):
    figures = json.loads(COURSE.measured.read_text())
    (rows,) = [t.text for t in soup(site / "index.html").find_all("table")]
    for name in NAMES:
        if name in figures:
            assert f"{figures[name]['peak_mb'] / 1000:.1f} GB" in rows


@slow
def test_no_page_holds_what_would_be_loaded_from_elsewhere(site):
    loading = ("img", "script", "iframe", "video", "source", "audio", "embed", "object")
    for path in pages(site):
        page = soup(path)
        asked = [one.get("src") or one.get("data") or "" for one in page.find_all(loading)]
        asked += [one["href"] for one in page.find_all("link")]
        assert not [url for url in asked if re.match(r"(https?:)?//", url)], path.name
    for path in site.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        assert not re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^)\"']*", text), path.name


@slow
def test_no_path_of_the_machine_that_made_it(site):
    for path in pages(site):
        text = path.read_text(encoding="utf-8")
        assert str(COURSE.root) not in text and tempfile.gettempdir() + "/tmp" not in text, path


def targets(path):
    """(file, fragment) of each internal link of a page."""
    for a in soup(path).find_all("a", href=True):
        parts = urlsplit(urljoin(path.as_uri(), a["href"]))
        if parts.scheme == "file":
            yield Path(unquote(parts.path)), unquote(parts.fragment)


def broken_links(site):
    """Internal links that lead to no file, or to no place in it."""

    @functools.cache
    def places(path):
        return {one["id"] for one in soup(path).find_all(id=True)}

    return [
        f"{name_of(path, site)}: {target.name}#{fragment}"
        for path in pages(site)
        for target, fragment in targets(path)
        if not target.is_file() or (fragment and fragment not in places(target))
    ]


@slow
def test_every_internal_link_leads_somewhere(site):
    assert sum(1 for path in pages(site) for _ in targets(path)) > 20 * len(pages(site)) / 2
    assert broken_links(site) == []


def heading_levels(page):
    return [int(one.name[1]) for one in page.find_all(re.compile("^h[1-6]$"))]


@slow
def test_headings_are_in_order(site):
    for path in pages(site):
        levels = heading_levels(soup(path).find("main"))
        assert levels[0] == 1 and levels.count(1) == 1, path.name
        assert all(b - a <= 1 for a, b in zip(levels, levels[1:], strict=False)), path.name


@slow
def test_the_pages_follow_one_another(site):
    first = soup(site / "index.html").select_one("a.right-next")["href"]
    assert first == f"chapters/{NAMES[0]}.html"
    for before, after in zip(NAMES, NAMES[1:], strict=False):
        assert soup(site / f"chapters/{before}.html").select_one("a.right-next")["href"] == (
            f"{after}.html"
        )


# ---- the book of this course, in a browser ------------------------------------------------------


class Ear(Page):
    """A page whose events are kept: what it asked for, and what it complained about."""

    def __init__(self, page):
        self.socket, self.numbers, self.heard = page.socket, page.numbers, []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        """Result of a DevTools command; events that come before it are kept."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while (reply := json.loads(self.socket.recv())).get("id") != number:
            self.heard.append(reply)
        assert "error" not in reply, reply
        return reply["result"]

    def events(self, method):
        """What was heard of one kind."""
        return [one["params"] for one in self.heard if one.get("method") == method]

    @property
    def asked(self):
        """Addresses that the page asked for."""
        return [one["request"]["url"] for one in self.events("Network.requestWillBeSent")]

    @property
    def complaints(self):
        """Errors of the console, exceptions, and what failed to load."""
        said = self.events("Runtime.consoleAPICalled")
        return (
            [one["args"] for one in said if one["type"] in ("error", "assert")]
            + self.events("Runtime.exceptionThrown")
            + [e for e in self.events("Log.entryAdded") if e["entry"]["level"] == "error"]
            + self.events("Network.loadingFailed")
        )

    def visit(self, url):
        """Open a page and wait until all of it is there."""
        self.heard.clear()
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=url)
        self.arrive(urlsplit(url).path.rpartition("/")[2])

    def arrive(self, file):
        """Wait until the page called ``file`` is there."""
        there = f"location.pathname.endsWith('/{file}') && document.readyState === 'complete'"
        wait_for(lambda: self.glance(there), START_SECONDS, f"{file} was open")

    def glance(self, expression):
        """Value of an expression, or None while one page gives way to the next."""
        try:
            return self.value(expression)
        except AssertionError:
            return None

    def press(self, key, modifiers=0):
        """Press a key, as on a keyboard."""
        code = {"Tab": 9, "Enter": 13, "k": 75}[key]
        more = {"key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        text = {"text": "\r"} if key == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", **more, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **more)

    def tab_to(self, selector, most=250):
        """Press Tab until an element that matches has the focus; returns how many presses."""
        for presses in range(1, most + 1):
            self.press("Tab")
            if self.value(f"document.activeElement.matches({json.dumps(selector)})"):
                return presses
        pytest.fail(f"{most} times Tab never reach {selector}")


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    if not CHROMIUM:
        pytest.skip("no chromium: apt-get install chromium")
    with chromium(tmp_path_factory.mktemp("reader")) as page:
        yield Ear(page)


class Silent(http.server.SimpleHTTPRequestHandler):
    """A plain server that does not talk."""

    def log_message(self, *_):
        pass


@contextmanager
def served(folder):
    """The folder on a plain web server; gives its address."""
    handler = functools.partial(Silent, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


PICTURES = """Promise.all([...document.images].map(one => one.decode().catch(() => 0)
    .then(() => [one.currentSrc, one.alt, one.naturalWidth, getComputedStyle(one).display])))"""


def check_page(reader, url):
    """A page loads, all of it from its own place, with every picture and without complaint."""
    reader.visit(url)
    pictures = reader.value(PICTURES)
    assert reader.complaints == []
    allowed = ("about:", "data:", url.partition(":")[0] + ":")
    assert not [asked for asked in reader.asked if not asked.startswith(allowed)]
    for source, alt, width, _ in pictures:
        assert alt and width > 0, source
    return pictures


@pytest.mark.browser
def test_every_page_loads_whole_and_in_silence(site, reader):
    seen = [check_page(reader, path.as_uri()) for path in pages(site)]
    assert sum(map(len, seen)) > 20


@pytest.mark.browser
def test_a_plain_server_will_do(site, reader):
    with served(site) as address:
        for path in ("index.html", f"chapters/{NAMES[0]}.html", "search.html?q=face"):
            check_page(reader, f"{address}/{path}")
            assert not [url for url in reader.asked if not url.startswith((address, "about:"))]


def damaged(site, folder, damage):
    """A copy of the book with something done to the first chapter's page."""
    shutil.copytree(site, folder)
    page = folder / "chapters" / f"{NAMES[0]}.html"
    page.write_text(damage(page.read_text(encoding="utf-8")), encoding="utf-8")
    return page.as_uri()


DAMAGES = {
    "broken picture": lambda text: text.replace("../pictures/", "../lost/", 1),
    "no alt": lambda text: re.sub(r'(<img [^>]*?)alt="[^"]+"', r'\1alt=""', text, count=1),
    "console error": lambda text: text.replace("<body", "<script>console.error(1)</script><body"),
    "exception": lambda text: text.replace("<body", "<script>lost.thing()</script><body"),
    "remote": lambda text: text.replace(
        "<body", '<script src="https://example.invalid/x.js"></script><body'
    ),
}


@pytest.mark.browser
@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_noticed(damage, site, reader, tmp_path):
    url = damaged(site, tmp_path / "site", DAMAGES[damage])
    with pytest.raises(AssertionError):
        check_page(reader, url)


RESULTS = "[...document.querySelectorAll('#search-results ul.search a')].map(a => a.href)"
EXCERPTS = "[...document.querySelectorAll('#search-results .context')].map(p => p.textContent)"


def search(reader, word):
    """Type a word into the search as by keyboard; returns the addresses it finds."""
    reader.press("k", modifiers=2)
    wait_for(lambda: reader.value("document.activeElement.name === 'q'"), 10, "the search is open")
    reader.call("Input.insertText", text=word)
    reader.press("Enter")
    reader.arrive("search.html")
    return wait_for(lambda: reader.value(RESULTS), 20, f"the search found {word}")


@pytest.mark.browser
def test_the_search_finds_a_word_and_leads_to_its_page(site, reader):
    reader.visit((site / "index.html").as_uri())
    found = search(reader, "landmarks")
    assert any("/chapters/03_faces_and_landmarks.html" in url for url in found)
    assert reader.complaints == []
    where = next(n for n, url in enumerate(found) if "/chapters/03_" in url)
    reader.glance(f"document.querySelectorAll('#search-results ul.search a')[{where}].click()")
    reader.arrive("03_faces_and_landmarks.html")
    assert "landmarks" in reader.value("document.querySelector('main').innerText")


@pytest.mark.browser
def test_on_a_server_the_search_shows_where_the_word_stands(site, reader):
    with served(site) as address:
        reader.visit(f"{address}/search.html?q=cascade")
        said = wait_for(lambda: reader.value(EXCERPTS), 20, "the search showed excerpts")
        assert any("cascade" in text.lower() for text in said)
        assert reader.complaints == []


@pytest.mark.browser
def test_a_word_that_is_nowhere_is_not_found(site, reader):
    reader.visit((site / "search.html").as_uri() + "?q=xylophonist")
    said = "document.querySelector('#search-results').innerText"
    wait_for(lambda: "did not match" in reader.value(said), 20, "the search had ended")
    assert reader.value(RESULTS) == []


@pytest.mark.browser
def test_the_keyboard_alone_is_enough(site, reader):
    reader.visit((site / "index.html").as_uri())
    assert reader.tab_to("#pst-skip-link a") == 1
    reader.press("Enter")
    assert reader.value("location.hash") == "#main-content"
    reader.visit((site / "index.html").as_uri())
    reader.tab_to(".search-button-field, .search-button")
    reader.tab_to("nav.chapters a")
    reader.tab_to("a.right-next")
    outline = reader.value("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    reader.press("Enter")
    reader.arrive(f"{NAMES[0]}.html")


@pytest.mark.browser
def test_hints_unfold_by_keyboard(site, reader):
    reader.visit((site / "chapters" / f"{NAMES[0]}.html").as_uri())
    inner = "document.querySelector('.helps details details > summary').checkVisibility()"
    assert reader.value(inner) is False
    reader.tab_to(".helps summary")
    reader.press("Enter")
    assert reader.value(inner) is True


WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.browser
def test_no_page_is_wider_than_a_phone(site, reader):
    phone = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    reader.call("Emulation.setDeviceMetricsOverride", **phone)
    try:
        for path in pages(site):
            reader.visit(path.as_uri())
            assert reader.value(WIDE) <= 0, path.name
            assert reader.value("innerWidth") == 390, path.name
    finally:
        reader.call("Emulation.clearDeviceMetricsOverride")


def words_drawn(pdf):
    """How many pieces of text the pages of a PDF draw."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return sum(len(re.findall(rb"\bT[jJ]\b", inflate(stream))) for stream in streams)


def inflate(stream):
    """A stream of a PDF in plain, or nothing where it is not deflated."""
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


@pytest.mark.browser
def test_a_chapter_prints(site, reader):
    reader.visit((site / "chapters" / f"{NAMES[-1]}.html").as_uri())
    reader.value(PICTURES)
    printed = reader.call("Page.printToPDF", generateDocumentOutline=True, generateTaggedPDF=True)
    pdf = base64.b64decode(printed["data"])
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) > 3
    title = reader.value("document.querySelector('h1').firstChild.textContent")
    assert title.encode() in pdf and b"Sources" in pdf
    assert words_drawn(pdf) > 200
