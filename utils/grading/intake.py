"""Intake: the instructor's notebook with a student's answers in it, whatever the student's file looks like.

Only the text of solution cells and written answers is taken from a submission. Outputs, metadata, order,
copies, deleted or extra cells and other files count for nothing, and each is reported in one sentence.
"""

from __future__ import annotations

import copy
import json
import re
import shutil
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

LARGEST_NOTEBOOK = 20_000_000  # bytes; a lesson with all its figures has less than a tenth of that
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "latin-1")
COPY = re.compile(r"^(?P<name>.+?)(?:[ _-]*\(\d+\)|[ _-]+copy\d*|[ _-]+Copy\d*)$")


@dataclass
class Taken:
    """A notebook to grade, and what its student should know about how it was read."""

    notebook: NotebookNode
    notes: list[str] = field(default_factory=list)


class UnreadableNotebook(ValueError):
    """A file that is no notebook; the message says what was expected and what to do."""


def read_notebook(path: Path) -> Taken:
    """Return the notebook in a file, in the current format. Raises `UnreadableNotebook`."""
    size = path.stat().st_size
    if size > LARGEST_NOTEBOOK:
        raise UnreadableNotebook(f"{path.name} has {size / 1e6:.0f} MB; clear its outputs and hand it in again.")
    text, notes = _decoded(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # old notebooks lack cell ids; they are not ours to complain about
            notebook = nbformat.reads(text, as_version=4)
            cells = [cell for cell in notebook.cells if isinstance(cell.get("source"), str)]
    except Exception as error:  # a damaged file breaks nbformat in many ways; all mean the same to a student
        reason = "it ends too early" if isinstance(error, json.JSONDecodeError) else type(error).__name__
        raise UnreadableNotebook(
            f"{path.name} is not a complete notebook ({reason}). Open it in JupyterLab, save it, hand it in again."
        ) from None
    notebook.cells = cells
    return Taken(notebook, notes)


def _decoded(path: Path) -> tuple[str, list[str]]:
    raw = path.read_bytes()
    for encoding in ENCODINGS:
        try:
            text = raw.decode(encoding)
        except UnicodeError:
            continue
        note = [] if encoding.startswith("utf-8") else [f"{path.name} is not in UTF-8; it was read as {encoding}."]
        return text.lstrip("\ufeff"), note
    raise UnreadableNotebook(f"{path.name} is not text.")


def grade_id(cell: NotebookNode) -> str | None:
    """Return the id that nbgrader knows a cell by, or None."""
    named = cell.metadata.get("nbgrader", {}).get("grade_id")
    return named if isinstance(named, str) else None


def is_answer(cell: NotebookNode) -> bool:
    """Return whether a student writes in this cell of a released notebook."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def rebuild(released: NotebookNode, submitted: NotebookNode) -> Taken:
    """Return the released notebook with the student's answers in it, and notes on what was unusual."""
    rebuilt = copy.deepcopy(released)
    answers = [cell for cell in rebuilt.cells if is_answer(cell)]
    known = {grade_id(cell) for cell in rebuilt.cells} - {None}
    mine = {grade_id(cell) for cell in submitted.cells} & known
    if not mine and not {cell.id for cell in answers} & {cell.get("id") for cell in submitted.cells}:
        return Taken(rebuilt, ["This is not a notebook of this assignment; nothing in it could be graded."])
    notes: list[str] = []
    for cell in answers:
        text, note = _answer_to(cell, submitted)
        cell.source = cell.source if text is None else text
        notes += note
    return Taken(rebuilt, notes + _other_notes(rebuilt, submitted))


def _answer_to(released: NotebookNode, submitted: NotebookNode) -> tuple[str | None, list[str]]:
    """Return the student's text for one answer cell: copies and split halves are joined in their order."""
    name = grade_id(released)
    found = [cell for cell in submitted.cells if grade_id(cell) == name]
    if not found:
        found = [cell for cell in submitted.cells if cell.get("id") == released.id]
    if not found:
        return None, [f"The cell `{name}` is missing; it counts as not answered."]
    edited = [cell.source for cell in found if cell.source.strip() != released.source.strip()]
    note = []
    if len(found) > 1 and len(edited) > 1:
        note = [f"The cell `{name}` occurs {len(found)} times (split or copied); the pieces were joined in their order."]
    return "\n".join(edited) if edited else released.source, note


def _other_notes(rebuilt: NotebookNode, submitted: NotebookNode) -> list[str]:
    given = {grade_id(cell) for cell in submitted.cells}
    tests = [name for cell in rebuilt.cells if (name := grade_id(cell)) and name.startswith("test-")]
    missing = [name for name in tests if name not in given]
    ids = {cell.id for cell in rebuilt.cells}
    extra = sum(
        1 for cell in submitted.cells
        if cell.cell_type == "code" and cell.source.strip() and grade_id(cell) is None and cell.get("id") not in ids
    )
    notes = [f"Test cells that had been deleted were restored: {', '.join(missing)}."] if missing else []
    if extra:
        notes.append(f"{extra} cells of your own were not run: only the cells to fill in are graded.")
    return notes


def put_right_names(folder: Path, expected: Iterable[str]) -> list[str]:
    """Copy renamed notebooks (`decoding (1).ipynb`) to the name they must have; return a note for each.

    Nothing is overwritten or removed: a notebook under its right name always wins.
    """
    names = set(expected)
    notes = []
    for path in sorted(folder.glob("*.ipynb")):
        name = _meant(path, names)
        target = folder / f"{name}.ipynb"
        if name and not target.exists():
            shutil.copyfile(path, target)
            notes.append(f"{path.name} was taken for {target.name}.")
    return notes


def _meant(path: Path, names: set[str]) -> str | None:
    if path.stem in names:
        return None
    match = COPY.match(path.stem)
    wish = (match["name"] if match else path.stem).strip().lower().replace(" ", "_").replace("-", "_")
    return wish if wish in names else None
