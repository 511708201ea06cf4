"""A lesson as a notebook: the marks become nbgrader's metadata, and back.

| mark | grade_id and cell id | nbgrader | `metadata.course` (in source/ only) |
|---|---|---|---|
| `solution="mean"` | `mean` | solution | |
| `graded="mean"` | `test-mean` | grade, locked, points | spec, kind |
| `written="why"` | `written-why` | grade, solution, points | spec, kind, shows (in release/, too) |
| `locked="setup"` | `given-setup` | locked | |
| `draw="curve"` | (cell id only) `draw-curve` | | draw |
| prose | (cell id only) `prose-03`: the third prose cell | | |
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import nbformat
from nbformat import NotebookNode

from utils.build.lessons import Cell, ContractError, Lesson, Role, tidy

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
PREFIX: Mapping[Role, str] = {
    "solution": "",
    "graded": "test-",
    "written": "written-",
    "locked": "given-",
    "draw": "draw-",
    "prose": "prose-",
}
FLAGS: Mapping[Role, tuple[bool, bool, bool]] = {  # grade, solution, locked
    "solution": (False, True, False),
    "graded": (True, False, True),
    "written": (True, True, False),
    "locked": (False, False, True),
}


def cell_id(cell: Cell) -> str:
    """Return the id that a named cell has in the notebook and in the gradebook."""
    return PREFIX[cell.role] + cell.name


def to_notebook(lesson: Lesson) -> NotebookNode:
    """Return the source notebook of a lesson: no outputs, the same ids at every build."""
    prose = 0
    cells = []
    for cell in lesson.cells:
        prose += cell.role == "prose"
        cells.append(_to_cell(cell, cell_id(cell) if cell.name else f"prose-{prose:02}"))
    plain = {"cells": cells, "metadata": {"kernelspec": KERNELSPEC}, "nbformat": 4, "nbformat_minor": 5}
    return nbformat.from_dict(plain)


def _to_cell(cell: Cell, identity: str) -> dict[str, object]:
    """Return one notebook cell, as plain data, with nbgrader's metadata and ours."""
    metadata: dict[str, object] = {}
    if cell.role in FLAGS:
        metadata["nbgrader"] = nbgrader_metadata(cell)
    draw = cell.name if cell.role == "draw" else ""
    course = {"spec": cell.spec, "kind": cell.kind, "draw": draw, "shows": cell.shows}
    if any(course.values()):
        metadata["course"] = {key: text for key, text in course.items() if text}
    plain = {"id": identity, "metadata": metadata, "source": cell.source}
    if cell.is_code:
        return {"cell_type": "code", "execution_count": None, "outputs": [], **plain}
    return {"cell_type": "markdown", **plain}


def nbgrader_metadata(cell: Cell) -> dict[str, object]:
    """Return nbgrader's metadata, schema 3, of a solution, graded, written or locked cell."""
    grade, solution, locked = FLAGS[cell.role]
    points = {"points": cell.points} if grade else {}
    names = {"grade_id": cell_id(cell), "schema_version": 3, "task": False}
    return {"grade": grade, "locked": locked, "solution": solution, **points, **names}


def to_text(notebook: NotebookNode) -> str:
    """Return the bytes of a notebook file as text: sorted keys, one newline at the end."""
    return str(nbformat.writes(notebook, version=4)).rstrip("\n") + "\n"


def from_notebook(notebook: NotebookNode, name: str, path: str = "") -> tuple[Lesson, list[str]]:
    """Return the lesson that a source notebook holds, and notes on names that had to be made up.

    Outputs, counts, ids and other metadata do not matter. Raises ContractError for what a lesson cannot
    hold: a pasted image, a raw cell, a manually graded task, or code to be graded by hand.
    """
    lesson = Lesson(name, (), path)
    cells, notes, problems = [], [], []
    taken: set[str] = set()
    for position, raw in enumerate(notebook.cells, 1):
        cell = replace(_from_cell(raw), line=position)
        if complaint := _cannot_hold(raw, cell.role):
            problems.append(lesson.problem(cell, complaint))
        elif cell.source or cell.name:
            named, remarks = _named(cell, raw, taken)
            taken.add(cell_id(named))
            cells.append(named)
            notes += [f"cell {position}: {remark}" for remark in remarks]
    if problems:
        raise ContractError(problems)
    return Lesson(name, tuple(cells), path), notes


def _from_cell(raw: NotebookNode) -> Cell:
    """Return the cell that the metadata describes; its name may still be missing or taken."""
    grading, course = raw.metadata.get("nbgrader", {}), raw.metadata.get("course", {})
    role = _role(raw, grading)
    points = grading.get("points", 0) if role in ("graded", "written") else 0
    spec, kind = (str(course.get(key, "")) if points else "" for key in ("spec", "kind"))
    whole = int(points) if float(points).is_integer() else 0
    shows = str(course.get("shows", "")) if role == "written" else ""
    return Cell(role, _own_name(raw, role), tidy(raw.source, raw.cell_type), whole, spec, kind, shows=shows)


def _role(raw: NotebookNode, grading: Mapping[str, Any]) -> Role:
    """Return the role that nbgrader's flags say; unmarked code draws, other unmarked cells are prose."""
    flags = tuple(bool(grading.get(flag)) for flag in ("grade", "solution", "locked"))
    if flags[:2] == (True, True):
        return "written"
    if flags[0]:
        return "graded"
    if flags[1]:
        return "solution"
    if raw.cell_type != "code":
        return "prose"
    return "locked" if flags[2] else "draw"


def _own_name(raw: NotebookNode, role: Role) -> str:
    """Return the name in the cell's metadata or id, without the prefix of its role."""
    if role == "prose":
        return ""
    if role == "draw":
        identity = str(raw.get("id", ""))
        fallback = identity.removeprefix("draw-") if identity.startswith("draw-") else ""
        return str(raw.metadata.get("course", {}).get("draw", fallback))
    return str(raw.metadata["nbgrader"].get("grade_id", "")).removeprefix(PREFIX[role])


def _cannot_hold(raw: NotebookNode, role: Role) -> str:
    """Return why a lesson cannot hold a cell, or an empty text."""
    if raw.get("attachments"):
        return "a pasted image is not text; draw it with code instead"
    if raw.metadata.get("nbgrader", {}).get("task"):
        return "make it a manually graded answer instead of a manually graded task"
    if raw.cell_type == "raw":
        return "make the raw cell a Markdown cell"
    if role == "written" and raw.cell_type == "code":
        return "a manually graded answer is a Markdown cell; code is graded by a cell of tests"
    if role in ("solution", "graded") and raw.cell_type != "code":
        return f"a Markdown cell cannot be {role}"
    return ""


def _named(cell: Cell, raw: NotebookNode, taken: set[str]) -> tuple[Cell, Iterator[str]]:
    """Return the cell under a free name, and what to tell the author about it."""
    if cell.role == "prose":
        locked = raw.metadata.get("nbgrader", {}).get("locked")
        return cell, iter(["the read-only mark of a prose cell is dropped"] if locked else [])
    wish = re.sub(r"[^a-zA-Z0-9_-]", "-", cell.name) or "new"
    free = wish
    number = 1
    while PREFIX[cell.role] + free in taken:
        number += 1
        free = f"{wish}-{number}"
    unmarked = cell.role == "draw" and not cell.name
    kept = free == cell.name
    news = f'{"unmarked code becomes" if unmarked else "named"} {cell.role}="{free}"; rename it as you like'
    return replace(cell, name=free), iter([] if kept else [news])


def normalise(notebook: NotebookNode, name: str) -> NotebookNode:
    """Return the notebook without outputs, editors' ids and metadata: what building its lesson gives."""
    return to_notebook(from_notebook(notebook, name)[0])
