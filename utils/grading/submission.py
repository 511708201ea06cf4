"""Writing a submission as a student would: the released notebook with answers entered in its cells."""

from __future__ import annotations

import copy
import inspect
import re
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from utils.grading.intake import grade_id

TIMESTAMP = "2026-01-30 15:00:00.000000 UTC"


def enter(released: NotebookNode, answers: Mapping[str, str]) -> NotebookNode:
    """Return the notebook with the text of each named solution cell replaced.

    `answers` maps a cell's grade id to its whole new text. Raises KeyError for a cell that does not exist.
    """
    notebook = copy.deepcopy(released)
    cells = {grade_id(cell): cell for cell in notebook.cells}
    for name, text in answers.items():
        if name not in cells:
            raise KeyError(f"the released notebook has no cell {name!r} to fill in")
        cells[name].source = text
    return notebook


def typed(released_text: str, answer: Any) -> str:
    """Return a released cell with its one blank replaced by a typed answer, as Python code."""
    return released_text.replace("____", as_code(answer), 1)


def as_code(value: Any) -> str:
    """Return code that gives the value in a notebook: tensors by `torch.tensor`, everything else by repr."""
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(as_code, value)) + "]"
    return f"torch.tensor({value.tolist()!r})" if hasattr(value, "tolist") else repr(value)


def function_text(function: Callable[..., Any], name: str) -> str:
    """Return the source of a function under another name, as one would type it into a cell."""
    source = textwrap.dedent(inspect.getsource(function))
    return re.sub(rf"\b{re.escape(function.__name__)}\b", name, source)


def write_submission(
    root: Path, student: str, assignment: str, notebooks: Mapping[str, NotebookNode]
) -> Path:
    """Write notebooks (by lesson) to `submitted/<student>/<assignment>` where they differ; return it."""
    folder = root / "submitted" / student / assignment
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        f"{lesson}.ipynb": nbformat.writes(notebook, version=4) for lesson, notebook in notebooks.items()
    }
    files["timestamp.txt"] = TIMESTAMP
    for name, text in files.items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    return folder


def notebooks_in(folder: Path) -> dict[str, NotebookNode]:
    """Return the notebooks of a folder by lesson."""
    return {path.stem: nbformat.read(path, as_version=4) for path in sorted(folder.glob("*.ipynb"))}
