"""An edit made to a source notebook in JupyterLab comes back into the text lesson."""

import json
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode, v4

from utils.build.files import write_if_changed
from utils.build.lessons import ContractError, Lesson, Problem, load, read, write
from utils.build.notebooks import from_notebook, to_notebook


@dataclass(frozen=True)
class Pulled:
    """The lesson file, whether its text changed, and what the author should know."""

    path: Path
    changed: bool
    notes: tuple[str, ...] = ()


def pull(root: Path, assignment: str, lesson: str) -> Pulled:
    """Rewrite `lessons/<assignment>/<lesson>.py` from `source/<assignment>/<lesson>.ipynb`.

    A lesson that builds to the same notebook is left as it is, to the byte. Raises FileNotFoundError if there
    is no such notebook, ContractError if the file is no notebook or holds what a lesson cannot.
    """
    path = root / "lessons" / assignment / f"{lesson}.py"
    edited, notes = read_source(root / "source" / assignment / f"{lesson}.ipynb")
    if path.is_file() and _same(_before(path), edited):
        return Pulled(path, changed=False)
    text = lesson_text(edited)
    return Pulled(path, write_if_changed(path, text.encode()), tuple(notes))


def read_source(path: Path) -> tuple[Lesson, list[str]]:
    """Return the lesson in a notebook file and notes for the author. Raises ContractError if it is none."""
    shown = f"source/{path.parent.name}/{path.name}"
    return from_notebook(read_notebook(path, shown), path.stem, shown)


def read_notebook(path: Path, shown: str) -> NotebookNode:
    """Return the notebook in a file, or raise ContractError naming the file as `shown`."""
    text = path.read_text(encoding="utf-8")
    try:
        data = json.loads(text)
        if data["nbformat"] != v4.nbformat:
            raise ValueError(f"format {data['nbformat']}, not {v4.nbformat}")
        return v4.reads(text)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ContractError([Problem(f"{shown}:1", "notebook", f"this is no notebook: {error}")]) from None


def lesson_text(lesson: Lesson) -> str:
    """Return the text of a lesson, having made sure that reading it gives the same notebook.

    Raises ContractError if it does not; the first cell that would change is named.
    """
    text = write(lesson)
    again = read(text, lesson.name, lesson.path)
    if _same(again, lesson):
        return text
    built = to_notebook(again).cells
    for cell, expected, got in zip(lesson.cells, to_notebook(lesson).cells, built, strict=False):
        if expected != got:
            raise ContractError([lesson.problem(cell, "the text of this cell does not survive as a lesson")])
    raise ContractError([Problem(f"{lesson.path}:1", "lesson", "a cell of it does not survive as a lesson")])


def _before(path: Path) -> Lesson | None:
    """Return the lesson as it stands, or None if it cannot be read and so is to be replaced."""
    try:
        return load(path)
    except ContractError:
        return None


def _same(one: Lesson | None, other: Lesson) -> bool:
    """Return whether two lessons build to the same notebook."""
    return one is not None and to_notebook(one) == to_notebook(other)
