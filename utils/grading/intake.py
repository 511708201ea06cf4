"""Intake: the released notebook with a student's answers in it, whatever the student's notebook looks like.

Only the text of solution cells and written answers is taken from a submission. Outputs, metadata, order,
copies, deleted or extra cells and other files count for nothing; what is unusual is said in one sentence.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import nbformat
from nbformat import NotebookNode

from coursekit.handed_out import version_of
from utils.grading.given_names import keep_given_names
from utils.grading.reading import Taken
from utils.grading.versions import Known, version_notes

# What Markdown would hand to a browser to follow or run: a space in it makes it text, and changes no formula.
# A tag, a link to a script however it is spaced or escaped, a letter written as its number, and a picture
# that was pasted in, which is not taken along.
ACTIVE = re.compile(
    r"<(?=[A-Za-z/!?])|(?:j\s*a\s*v\s*a|v\s*b)\s*s\s*c\s*r\s*i\s*p\s*t(?=\s*\\?:)"
    r"|&(?=#)|attachment(?=:)",
    re.IGNORECASE,
)
NAMED_COLON = re.compile(r"&(?=(?:colon|Tab|NewLine);)")
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass
class Rebuilt:
    """A notebook that is ours but for the answers in it, with what was unusual about the submission.

    `reason` says why there is nothing to run; it is empty when there is.
    """

    notebook: NotebookNode
    notes: list[str] = field(default_factory=list)
    reason: str = ""


def rebuilt(released: NotebookNode, intake: Taken, versions: Known | None = None) -> Rebuilt:
    """Return the released notebook with the answers that were taken from a submission.

    When something was unusual, its first cell says what. `versions` are those of the lesson that are known.
    """
    taken = rebuild(released, intake.notebook)
    # What cannot be read has no cells, and its own note says so better than a note on its cells.
    notes = list(dict.fromkeys([*(taken.notes if intake.given else []), *intake.notes]))
    if intake.given and taken.given:
        notes += version_notes(intake.version, version_of(released), versions or {})
    if notes:
        text = "**How this notebook was read**\n\n" + "\n".join(f"- {note}" for note in notes)
        taken.notebook.cells.insert(0, nbformat.v4.new_markdown_cell(text, id="intake-notes"))
    return Rebuilt(taken.notebook, notes, "" if intake.given and taken.given else notes[0])


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
    owned = _owned(released, submitted)
    for cell in filter(is_answer, rebuilt.cells):
        text, note = _answer_to(cell, owned.get(grade_id(cell), []))
        if text is not None and text != cell.source:
            cell.source = text if cell.cell_type == "code" else _harmless(text)
        notes += note
    notes += _other_notes(released, submitted, owned)
    return Taken(rebuilt, notes + keep_given_names(rebuilt, released))


def _harmless(text: str) -> str:
    """Return a written answer with nothing in it that a page showing it would follow or run."""
    spaced = ACTIVE.sub(lambda found: f"{found[0]} ", UNSEEN.sub("", text))
    return NAMED_COLON.sub("& ", spaced)


def _foreign(released: NotebookNode, submitted: NotebookNode) -> bool:
    """Return whether most marked cells of a notebook, or all its cells, are unknown in the released one."""
    names, ids = _names(released.cells), {cell.id for cell in released.cells}
    marked = _names(submitted.cells)
    if marked:
        return len(marked & names) * 2 < len(marked)
    return not ids & {cell.get("id") for cell in submitted.cells}


def _names(cells: Iterable[NotebookNode]) -> set[str]:
    return {name for cell in cells if (name := grade_id(cell))}


def _owned(released: NotebookNode, submitted: NotebookNode) -> dict[str | None, list[str]]:
    """Return the submitted texts by the grade id of the released cell that they stand for.

    A copy or a split half keeps nbgrader's mark and gets a new id. A cell that has kept its id is that cell,
    even when its mark was edited or removed.
    """
    marks = {known.id: grade_id(known) for known in released.cells}
    owned: dict[str | None, list[str]] = {}
    for cell in submitted.cells:
        owned.setdefault(marks.get(cell.get("id")) or grade_id(cell), []).append(cell.source)
    return owned


def _answer_to(cell: NotebookNode, found: list[str]) -> tuple[str | None, list[str]]:
    """Return the student's text for an answer cell, None if there is none, and a note if it was not plain.

    `found` are the submitted texts that stand for the cell.
    """
    name = grade_id(cell)
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


def _other_notes(
    released: NotebookNode, submitted: NotebookNode, owned: dict[str | None, list[str]]
) -> list[str]:
    """Return notes on cells that were deleted, changed or added and that no student answers in."""
    locked = [cell for cell in released.cells if grade_id(cell) and not is_answer(cell)]
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
