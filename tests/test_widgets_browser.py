"""The widgets in JupyterLab, in a headless Chromium: sliders move a face, buttons answer a quiz."""

import time
from contextlib import contextmanager

import numpy as np
import pytest
from test_browser import (
    CHROMIUM,
    OFFER,
    READY,
    START_SECONDS,
    desk,
    picture_of_failure,
    press,
    run_all,
    screenshots,  # noqa: F401  a fixture
    wait_for,
)

from facelab.course.notebook import dump, make_notebook
from facelab.course.quiz import Quiz

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no chromium: apt-get install chromium"),
]

CELL = "from facelab.course.panel import panel\n\nknobs = panel(seed=7)\nknobs"
PICTURE = "document.querySelector('.jp-OutputArea .widget-html img[alt^=\"Person 7\"]')"
ALT = f"{PICTURE}?.alt ?? ''"
PIXELS = f"""(() => {{
    const picture = {PICTURE}, canvas = document.createElement('canvas');
    if (!picture?.complete || !picture.naturalWidth) return '';
    canvas.width = picture.naturalWidth;
    canvas.height = picture.naturalHeight;
    const context = canvas.getContext('2d');
    context.drawImage(picture, 0, 0);
    return Array.from(context.getImageData(0, 0, canvas.width, canvas.height).data).join(',');
}})()"""
HANDLE = """(() => {
    const rows = [...document.querySelectorAll('.jp-OutputArea .widget-slider')];
    const row = rows.find(row => row.querySelector('.widget-label')?.textContent === '%s');
    return row?.querySelector('.noUi-handle, .ui-slider-handle');
})()"""
FOCUS = f"""(() => {{
    const handle = {HANDLE};
    handle.focus();
    return handle === document.activeElement;
}})()"""
PLACE = f"""(() => {{
    const handle = {HANDLE};
    handle.scrollIntoView({{block: 'center'}});
    const box = handle.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
}})()"""


@contextmanager
def notebook(name, cells, make_folder, screenshots):  # noqa: F811
    """A page on which a notebook of these cells has been run."""
    root, scratch = make_folder("room"), make_folder("scratch")
    cells = [{"cell_type": "code", "source": source, "tags": []} for source in cells]
    (root / f"{name}.ipynb").write_text(dump(make_notebook(cells)), encoding="utf-8")
    with desk(root, scratch) as (page, address):
        page.call("Page.navigate", url=f"{address}/lab/tree/{name}.ipynb?reset")
        with picture_of_failure(page, screenshots / f"{name}_failed.png"):
            wait_for(lambda: page.value(READY), START_SECONDS, "the notebook was open")
            assert page.value(OFFER) == ""
            run_all(page, len(cells))
            yield page
            page.screenshot(screenshots / f"{name}.png")


@pytest.fixture(scope="module")
def shown(tmp_path_factory, screenshots):  # noqa: F811
    """A page on which the slider panel stands."""
    with notebook("panel", [CELL], tmp_path_factory.mktemp, screenshots) as page:
        wait_for(lambda: page.value(PIXELS), START_SECONDS, "the panel had a picture")
        yield page


def pixels(page):
    """The panel's picture as numbers."""
    text = wait_for(lambda: page.value(PIXELS), 20, "a picture was there")
    return np.array(text.split(","), int)


def test_arrow_keys_move_the_head(shown):
    before = pixels(shown)
    assert shown.value(FOCUS % "yaw")
    for _ in range(5):
        press(shown, "ArrowRight", 39)
    wait_for(lambda: "yaw 5" in shown.value(ALT), 30, "the picture said that the head had turned")
    assert np.abs(pixels(shown) - before).mean() > 0.3
    for _ in range(5):
        press(shown, "ArrowLeft", 37)
    wait_for(lambda: "yaw" not in shown.value(ALT), 30, "the head was straight again")
    assert np.array_equal(pixels(shown), before)


def test_the_mouse_drags_a_component(shown):
    name = "component 1"
    before = pixels(shown)
    x, y = shown.value(PLACE % name)
    mouse(shown, "mousePressed", x, y)
    seen = set()
    for step in range(1, 11):
        mouse(shown, "mouseMoved", x + 4 * step, y)
        time.sleep(0.15)
        seen.add(shown.value(ALT))
    mouse(shown, "mouseReleased", x + 40, y)
    wait_for(lambda: "component 1" in shown.value(ALT), 30, "the picture said who it was")
    assert np.abs(pixels(shown) - before).mean() > 0.5
    assert len(seen) > 2  # it follows during the drag, not only at its end


def mouse(page, kind, x, y):
    """One event of the left button at a place of the page."""
    held = {"button": "left", "buttons": 1, "clickCount": 1}
    page.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **held)


def test_tab_reaches_every_slider(shown):
    reached = shown.value(
        "[...document.querySelectorAll('.jp-OutputArea .widget-slider')].map(row => "
        "row.querySelector('.noUi-handle, .ui-slider-handle').tabIndex)"
    )
    assert len(reached) == 21 and set(reached) == {0}


def test_a_picture_that_does_not_move_is_noticed(shown):
    before = pixels(shown)
    assert shown.value(FOCUS % "yaw")
    press(shown, "Shift", 16)
    time.sleep(1)
    assert np.array_equal(pixels(shown), before)


# The buttons of the quiz

QUIZ = [
    "from facelab.course.quiz import Quiz\n\nquiz = Quiz.drawn(pairs=3)\nquiz.buttons()",
    "result = quiz.result()",
]
BUTTON = "[...document.querySelectorAll('.jp-OutputArea .widget-toggle-button')][%d]"
SAID = "[...document.querySelectorAll('.jp-OutputArea-output')].at(-1).innerText"
AGAIN = """window.jupyterapp.shell.activateById(notebook.id);
notebook.content.activeCellIndex = 1;
window.jupyterapp.commands.execute('notebook:run-cell') && 'started'"""


@pytest.fixture(scope="module")
def asked(tmp_path_factory, screenshots):  # noqa: F811
    """A page with a quiz of three pairs that nobody has answered."""
    with notebook("quiz", QUIZ, tmp_path_factory.mktemp, screenshots) as page:
        there = f"Boolean({BUTTON % 5})"
        wait_for(lambda: page.value(there), START_SECONDS, "all buttons were there")
        assert "Not done yet: write 3 letters" in page.value(SAID)
        yield page


def test_buttons_answer_the_quiz(asked):
    asked.value(f"{BUTTON % 0}.click()")
    middle = "(box => [box.x + box.width / 2, box.y + box.height / 2])"
    x, y = asked.value(f"{middle}({BUTTON % 3}.getBoundingClientRect())")
    mouse(asked, "mousePressed", x, y)
    mouse(asked, "mouseReleased", x, y)
    asked.value(f"{BUTTON % 4}.focus()")
    press(asked, "Enter", 13)
    asked.value(AGAIN)
    wait_for(lambda: "right. The fakes were" in asked.value(SAID), START_SECONDS, "it was judged")
    answers = Quiz.drawn(pairs=3).answers
    right = sum(one == other for one, other in zip("LRL", answers, strict=True))
    assert f"{right} of 3 right. The fakes were: {' '.join(answers)}" in asked.value(SAID)
