"""Intake: the released notebook with a student's answers in it, whatever the student's notebook looks like.

Only the text of solution cells and written answers is taken from a submission. Outputs, metadata, order,
copies, deleted or extra cells and other files count for nothing; what is unusual is said in one sentence.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Sequence

from nbformat import NotebookNode

from utils.grading.given_names import keep_given_names
from utils.grading.reading import Taken


def grade_id(cell: NotebookNode) -> str | None:
    """Return the id that nbgrader knows a cell by, or None."""
    named = cell.metadata.get("nbgrader", {}).get("grade_id")
    return named if isinstance(named, str) else None


def is_answer(cell: NotebookNode) -> bool:
    """Return whether a student writes in this cell of a released notebook."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def rebuild(released: NotebookNode, submitted: NotebookNode) -> Taken:
    """Return the released notebook with the student's answers in it, and notes on what was unusual.

    `given` is False when the submitted notebook belongs to something else.
    """
    rebuilt = copy.deepcopy(released)
    if _foreign(released, submitted):
        message = "This is not the notebook that was handed out under this name, so its parts get no points."
        return Taken(rebuilt, [message], given=False)
    notes: list[str] = []
    for cell in filter(is_answer, rebuilt.cells):
        text, note = _answer_to(cell, released, submitted)
        cell.source = cell.source if text is None else text
        notes += note
    notes += _other_notes(released, submitted)
    return Taken(rebuilt, notes + keep_given_names(rebuilt, released))


def _foreign(released: NotebookNode, submitted: NotebookNode) -> bool:
    """Return whether most marked cells of a notebook, or all its cells, are unknown in the released one."""
    names, ids = _names(released.cells), {cell.id for cell in released.cells}
    marked = _names(submitted.cells)
    if marked:
        return len(marked & names) * 2 < len(marked)
    return not ids & {cell.get("id") for cell in submitted.cells}


def _names(cells: Iterable[NotebookNode]) -> set[str]:
    return {name for cell in cells if (name := grade_id(cell))}


def _owner(cell: NotebookNode, released: NotebookNode) -> str | None:
    """Return the grade id of the released cell that a submitted cell stands for.

    A copy or a split half keeps nbgrader's mark and gets a new id. A cell that has kept its id is that cell,
    even when its mark was edited or removed.
    """
    marks = {known.id: grade_id(known) for known in released.cells}
    return marks.get(cell.get("id")) or grade_id(cell)


def _answer_to(
    cell: NotebookNode, released: NotebookNode, submitted: NotebookNode
) -> tuple[str | None, list[str]]:
    """Return the student's text for an answer cell, None if there is none, and a note if it was not plain."""
    name = grade_id(cell)
    found = [other.source for other in submitted.cells if _owner(other, released) == name]
    if not found:
        return None, [f"The cell `{name}` is missing; it counts as not answered."]
    edited = list(dict.fromkeys(text for text in found if text.strip() not in ("", cell.source.strip())))
    if not edited:
        return found[0], []
    if len(edited) == 1:
        return edited[0], []
    text, whole = "\n".join(edited), list(filter(_parses, edited))
    occurs = f"The cell `{name}` occurs {len(found)} times"
    if cell.cell_type == "code" and whole and not _parses(text):
        return whole[-1], [f"{occurs}; the last one that is complete was taken."]
    return text, [f"{occurs}; the pieces were joined in their order."]


def _parses(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _other_notes(released: NotebookNode, submitted: NotebookNode) -> list[str]:
    """Return notes on cells that were deleted, changed or added and that no student answers in."""
    locked = [cell for cell in released.cells if grade_id(cell) and not is_answer(cell)]
    owned: dict[str | None, list[str]] = {}
    for cell in submitted.cells:
        owned.setdefault(_owner(cell, released), []).append(cell.source)
    missing = [str(grade_id(cell)) for cell in locked if grade_id(cell) not in owned]
    found = [cell for cell in locked if grade_id(cell) in owned]
    changed = [str(grade_id(cell)) for cell in found if not _unchanged(cell, owned[grade_id(cell)])]
    notes = [f"Read-only cells that were deleted have been put back: {_listed(missing)}."] if missing else []
    notes += [f"Read-only cells that were changed have been put back: {_listed(changed)}."] if changed else []
    extra = _own_cells(released, submitted)
    if extra:
        notes.append(f"Cells of your own are not run ({extra} found); only the cells to fill in are graded.")
    return notes


def _unchanged(cell: NotebookNode, texts: Sequence[str]) -> bool:
    """Return whether all copies together still say what a read-only cell said."""
    said = "".join(cell.source.split())
    return any("".join(text.split()) == said for text in (*texts, "\n".join(texts)))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _own_cells(released: NotebookNode, submitted: NotebookNode) -> int:
    """Return the number of code cells with a text that are not in the released notebook."""
    ids = {cell.id for cell in released.cells}
    names = _names(released.cells)
    texts = {cell.source.strip() for cell in released.cells}
    return sum(
        1
        for cell in submitted.cells
        if cell.cell_type == "code"
        and cell.source.strip() not in ("", *texts)
        and cell.get("id") not in ids
        and grade_id(cell) not in names
    )
