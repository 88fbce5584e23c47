"""What each chapter costs, as measured by ``run --record``: read and told in one place."""

import json
import re

BEGIN, END = "<!-- chapters:begin -->", "<!-- chapters:end -->"
UNMEASURED = "not measured yet"
LAST = 15  # chapters that the course is planned to have


def read_measured(path):
    """Dict from chapter name to ``{"seconds", "peak_mb", "machine", "date"}``."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def write_measured(path, measured):
    """Write what ``read_measured`` reads."""
    text = json.dumps(measured, indent=1, sort_keys=True) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def minutes(figures):
    """Time to run all cells, as in "1.2 minutes"."""
    return "under 1 minute" if figures["seconds"] < 60 else f"{figures['seconds'] / 60:.1f} minutes"


def memory(figures):
    """Peak memory, as in "0.9 GB"."""
    return f"{max(figures['peak_mb'] / 1000, 0.1):.1f} GB"


def header_line(figures):
    """What ``{measured}`` stands for in the first cell of a chapter."""
    if not figures:
        return UNMEASURED
    return (
        f"{minutes(figures)} to run all cells and {memory(figures)} of memory at the peak, "
        f"measured on {figures['machine']} on {figures['date']}."
    )


def chapter_table(titles, measured, link):
    """Markdown table of the chapters.

    Parameters
    ----------
    titles : dict
        From chapter name (``"03_faces_and_landmarks"``) to title.
    measured : dict
        As ``read_measured`` gives it.
    link : callable
        From chapter name to what the title links to.
    """
    rows = [
        f"| {name[:2]} | [{title}]({link(name)}) | {costs(measured.get(name))} |"
        for name, title in sorted(titles.items())
    ]
    head = ["| | Chapter | Time to run | Peak memory |", "|---|---|---|---|"]
    return "\n".join([*head, *rows, *planned(titles)])


def planned(titles):
    """Lines that say which chapters are still to come: none once the last one is there."""
    following = 1 + max((int(name[:2]) for name in titles), default=0)
    if following > LAST:
        return []
    which = f"Chapters {following:02} to {LAST} are" if following < LAST else f"Chapter {LAST} is"
    return ["", f"{which} planned; where a page mentions one, it says what that chapter will hold."]


def costs(figures):
    """The last two columns of a chapter's row."""
    return f"{minutes(figures)} | {memory(figures)}" if figures else f"{UNMEASURED} | "


def fill_between_marks(text, table, begin=BEGIN, end=END):
    """``text`` with ``table`` between the two marks; unchanged where there are no marks."""
    pattern = re.compile(f"({re.escape(begin)}\n).*?({re.escape(end)})", re.DOTALL)
    return pattern.sub(lambda found: f"{found[1]}{table}\n{found[2]}", text)
