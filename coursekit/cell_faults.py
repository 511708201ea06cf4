"""What is wrong with the cells of a notebook, against what was handed out: one plain sentence each.

Copies, split cells, deleted cells and changed read-only cells do no harm when a class is graded, where such
cells are put back. They do stop nbgrader's Validate, with a message that nobody understands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from coursekit.handed_out import HandedOut, text_of
from coursekit.run_record import Run, first_line

FRESH = "copy that cell from a fresh notebook (unpack the zip once more, into another folder)"
PUT_BACK = "When graded, it is put back as it was."


@dataclass(frozen=True)
class Cell:
    """A cell of a student's notebook: nbgrader's id of it (or its own), its kind and its text."""

    name: str
    kind: str
    text: str


def cells_of(notebook: Any, handed: HandedOut) -> list[Cell]:
    """Return the cells of a notebook, as JSON or nbformat's. Anything that is no cell is left out."""
    found = notebook.get("cells", [])
    return [_cell(raw, handed) for raw in found if isinstance(raw, Mapping)]


def _cell(raw: Any, handed: HandedOut) -> Cell:
    metadata = raw.get("metadata") or {}
    mark = metadata.get("nbgrader") if isinstance(metadata, Mapping) else None
    marked = str(mark.get("grade_id", "")) if isinstance(mark, Mapping) else ""
    name = marked if marked in handed.cells else str(raw.get("id", ""))
    return Cell(name, str(raw.get("cell_type", "")), text_of(raw))


def answer_texts(cells: Iterable[Cell], handed: HandedOut) -> dict[str, str]:
    """Return the text of each cell to fill in; the pieces or copies of one are joined."""
    texts: dict[str, str] = {}
    for cell in cells:
        if cell.name in handed.answer_cells():
            texts[cell.name] = f"{texts[cell.name]}\n{cell.text}" if cell.name in texts else cell.text
    return texts


def faults(cells: list[Cell], handed: HandedOut) -> list[str]:
    """Return a sentence for each marked cell that is missing, changed, split or there several times."""
    return [
        sentence
        for name in handed.cells
        for sentence in _faults_of(name, [cell for cell in cells if cell.name == name], handed)
    ]


def _faults_of(name: str, found: list[Cell], handed: HandedOut) -> Iterator[str]:
    called = handed.called(name)
    answer = name in handed.answer_cells()
    kind = "markdown" if name.startswith("written-") else "code"
    if not found:
        then = "Until then it counts as not answered." if answer else PUT_BACK
        undo = "Undo the deletion (Edit, Undo Cell Operation)"
        yield f"{_capital(called)} is missing. {undo}, or {FRESH}. {then}"
    elif len(found) > 1:
        yield _several(name, called, found, handed)
    elif found[0].kind != kind:
        now = "a text cell" if kind == "code" else f"a {found[0].kind} cell"
        back = "Code" if kind == "code" else "Markdown"
        yield f"{_capital(called)} has become {now}. Select it and choose {back} in the toolbar's list."
    elif not answer and not handed.is_as_handed_out(name, found[0].text):
        yield f"{_capital(called)} was changed. Undo that, or {FRESH}. {PUT_BACK}"


def _several(name: str, called: str, found: list[Cell], handed: HandedOut) -> str:
    """Return the sentence for a cell that is there several times, whole or in pieces: copies begin alike."""
    if len({first_line(cell.text) for cell in found}) == len(found):
        return (
            f"{_capital(called)} is split into {len(found)} cells, and Validate cannot run. Select them "
            "together and join them again: Edit, Merge Selected Cells."
        )
    keep = "the one with your answer" if name in handed.answer_cells() else "one of them"
    return (
        f"{_capital(called)} is there {len(found)} times, and Validate cannot run. Keep {keep} and delete "
        "the rest: select a copy and press D twice."
    )


def stopped_cells(runs: Mapping[str, Run], handed: HandedOut) -> list[str]:
    """Return a sentence for each given cell that stopped, unless it waits for a blank to be filled in."""
    own = {part.check for part in handed.parts} | handed.answer_cells()
    failed = {n: runs[n].error for n in handed.cells if n not in own and n in runs and runs[n].error}
    return [
        f"{_capital(handed.called(name))} stopped, and cells below it may need what it defines: {error}"
        for name, error in failed.items()
        if not error.startswith("EmptyBlank")
    ]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
