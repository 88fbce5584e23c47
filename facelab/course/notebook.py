"""From the source of a chapter to its two notebooks: pure functions, no file is read or written."""

import ast
import hashlib
import inspect
import json
import re
from collections import Counter
from copy import deepcopy
from importlib import import_module

from facelab.course.bootstrap import FIRST_CELL

KERNEL = {"display_name": "Deepfakes from scratch", "language": "python", "name": "facelab"}
METADATA = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
OPEN_COMMENT = "  # your code here"

ANSWER = re.compile(r"( *)# answer:(.*)\n((?:.*\n)*?)\1# end answer\n")
_LAST_LINE = re.compile(r"\s*(return\b|[A-Za-z_]\w* =)")
_SOURCE = re.compile(r"^# source: *([\w.]+)$(\n(?=\S))?", re.MULTILINE)
_MARKER = re.compile(r" *# (answer:.*|end answer)\n")


class CourseError(Exception):
    """Something that a command of the course tells in one plain sentence."""


class SourceError(CourseError, ValueError):
    """The source of a chapter breaks a rule of the build; the message says how to mend it."""


def read_source(text):
    """List of cells ``{"cell_type", "source", "tags"}`` of a ``py:percent`` text."""
    import jupytext  # only the build needs it, exercises do without

    notebook = jupytext.reads(text, fmt="py:percent")
    return [_plain_cell(cell) for cell in notebook.cells if cell.source.strip()]


def _plain_cell(cell):
    return {
        "cell_type": cell.cell_type,
        "source": cell.source.strip("\n"),
        "tags": list(cell.metadata.get("tags", [])),
    }


def taught_source(name):
    """Source of the function or class called ``name``, its docstring cut to the first line.

    Raises
    ------
    SourceError
        If ``name`` ("package.module.function") cannot be imported.
    """
    module, _, attribute = name.rpartition(".")
    try:
        taught = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise SourceError(f"'# source: {name}': {error}. Name an importable function.") from error
    return shorten_docstring(inspect.getsource(inspect.unwrap(taught)))


def shorten_docstring(source):
    """``source`` of a function or class with its docstring cut to the first line."""
    definition = ast.parse(source).body[0]
    docstring = ast.get_docstring(definition)
    if docstring is None:
        return source.rstrip()
    lines, node = source.splitlines(), definition.body[0]
    first = " " * node.col_offset + f'"""{docstring.splitlines()[0]}"""'
    return "\n".join(lines[: node.lineno - 1] + [first] + lines[node.end_lineno :])


def fill_sources(text):
    """``text`` with each ``# source: name`` line replaced by the source of ``name``."""
    return _SOURCE.sub(lambda found: taught_source(found[1]) + ("\n\n" if found[2] else ""), text)


def open_line(answer, given):
    """The line that stands in the learner's copy instead of ``answer``.

    ``given`` is what the author wrote after ``# answer:``; when it is empty, the last line of the
    answer decides: ``return ...`` or ``name = ...``.
    """
    last = _LAST_LINE.match(answer.rstrip("\n").rpartition("\n")[2])
    if not (given or last):
        raise SourceError(
            f"The last line of this answer is neither 'return x' nor 'name = x':\n{answer}"
            "Write the learner's line after the marker, as in '# answer: points[30] = ...'."
        )
    return (given or f"{last[1]} ...") + OPEN_COMMENT


def take_answers_out(text):
    """``text`` with every answer replaced by its open line."""
    return ANSWER.sub(
        lambda found: f"{found[1]}{open_line(found[3], found[2].strip())}\n", text + "\n"
    ).rstrip("\n")


def unmark_answers(text):
    """``text`` with its answers, without the lines that mark them."""
    return _MARKER.sub("", text + "\n").rstrip("\n")


def _refuse_broken_markers(cell):
    text = cell["source"] + "\n"
    complete = 2 * len(ANSWER.findall(text))
    if complete != len(_MARKER.findall(text)) or bool(complete) != ("exercise" in cell["tags"]):
        raise SourceError(
            "An exercise is a cell tagged 'exercise' whose answer stands between the lines "
            f"'# answer:' and '# end answer', equally indented. Mend this cell:\n{cell['source']}"
        )


def finished_cells(text, measured="", answers=True):
    """The cells of a chapter as they stand in a notebook.

    Parameters
    ----------
    text : str
        Source of the chapter, ``py:percent``.
    measured : str
        What ``{measured}`` stands for: minutes and memory.
    answers : bool
        Whether answers stay in.

    Returns
    -------
    list of dict
        Cells with ``cell_type``, ``source`` and ``tags``, the generated first cell among them.
    """
    finish = unmark_answers if answers else take_answers_out
    cells = read_source(text)
    for cell in cells:
        if cell["cell_type"] == "code":
            cell["source"] = fill_sources(cell["source"])
            _refuse_broken_markers(cell)
            cell["source"] = finish(cell["source"])
        else:
            cell["source"] = cell["source"].replace("{measured}", measured)
    first = {"cell_type": "code", "source": FIRST_CELL.strip("\n"), "tags": ["setup"]}
    return cells[:1] + [first] + cells[1:]


def cell_ids(cells):
    """One id per cell, made from what it says; equal cells are numbered."""
    seen, ids = Counter(), []
    for cell in cells:
        digest = hashlib.sha256((cell["cell_type"] + cell["source"]).encode()).hexdigest()[:12]
        seen[digest] += 1
        ids.append(digest if seen[digest] == 1 else f"{digest}-{seen[digest]}")
    return ids


def make_notebook(cells):
    """Notebook (nbformat 4.5, a dict) of ``cells``, without outputs."""
    made = [_notebook_cell(cell, name) for cell, name in zip(cells, cell_ids(cells), strict=True)]
    return {"cells": made, "metadata": deepcopy(METADATA), "nbformat": 4, "nbformat_minor": 5}


def _notebook_cell(cell, name):
    metadata = {"tags": cell["tags"]} if cell["tags"] else {}
    source = cell["source"].splitlines(keepends=True)
    made = {"cell_type": cell["cell_type"], "id": name, "metadata": metadata, "source": source}
    if cell["cell_type"] == "code":
        made |= {"execution_count": None, "outputs": []}
    return made


def code_cells(notebook):
    """The code cells of a notebook, in order."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def source_of(cell):
    """Source of a stored cell as one string."""
    return "".join(cell["source"])


def same_code(a, b):
    """Whether two notebooks run the same code cells in the same order."""
    return [*map(source_of, code_cells(a))] == [*map(source_of, code_cells(b))]


def with_outputs(notebook, executed):
    """``notebook`` with the outputs and counts of ``executed``, which has as many code cells."""
    filled = deepcopy(notebook)
    for cell, run in zip(code_cells(filled), code_cells(executed), strict=False):
        cell["outputs"] = _joined([_stable(output) for output in run["outputs"]])
        cell["execution_count"] = run["execution_count"]
    return filled


def _stable(output):
    """An output without what says only when and in which process it was made."""
    kept = {key: value for key, value in deepcopy(output).items() if key != "transient"}
    data = kept.get("data", {})
    data.pop("application/vnd.jupyter.widget-view+json", None)
    for bundle in (kept, data):
        bundle.update({k: _split(v) for k, v in bundle.items() if k.startswith("text")})
    return kept


def _joined(outputs):
    """Outputs with what follows on the same stream put together: pauses decide how it comes."""
    joined = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if "name" in output and output["name"] == last.get("name"):
            whole = "".join(last["text"]) + "".join(output["text"])
            joined[-1] = last | {"text": _split(whole)}
        else:
            joined.append(output)
    return joined


def _split(text):
    return text.splitlines(keepends=True) if isinstance(text, str) else text


def dump(notebook):
    """The text of a notebook file: sorted, indented, the same on every machine."""
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def sections(notebook):
    """The sections of a notebook, as a dict from ``## `` heading to its cells."""
    found, heading = {}, None
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and source_of(cell).startswith("## "):
            heading = source_of(cell).splitlines()[0][3:].strip()
            found[heading] = []
        if heading:
            found[heading].append(cell)
    return found


def section_alone(notebook, heading):
    """Notebook of the generated first cell and one section, to prove that it can be resumed."""
    first = [cell for cell in code_cells(notebook) if "setup" in cell["metadata"].get("tags", [])]
    return deepcopy(notebook | {"cells": first + sections(notebook)[heading]})
