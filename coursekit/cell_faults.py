"""What is wrong with the cells of a notebook, against what was handed out: one plain sentence each.

Copies, split cells, deleted cells and changed read-only cells do no harm when a class is graded, where such
cells are put back. They do stop nbgrader's Validate, with a message that nobody understands.

Cells of one's own do harm where an answer needs them: only the marked cells run when a class is graded.
"""

from __future__ import annotations

import ast
import builtins
import symtable
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from coursekit.handed_out import HandedOut, label, text_of
from coursekit.run_record import Run, first_line, placed, unknown_name

FRESH = "copy that cell from a fresh notebook (unpack the zip once more, into another folder)"
PUT_BACK = "When graded, it is put back as it was."
NO_CELLS = (
    "None of the cells that were handed out is in this notebook. Take it from the zip again (unpack the zip "
    "once more, into another folder)."
)
MOST_MISSING = 3  # cells that are told of one by one; more are told together
LAST = "given-progress"  # the cell that shows the progress; no part needs it
DRAWS = "draw-"  # the ids of the cells that were handed out without a mark begin so
OWN, DRAWN = "cell of your own", "cell that only draws"
PLURAL = {OWN: "cells of your own", DRAWN: "cells that only draw"}
# What parsers raise for text that they cannot read; IPython's ends in a RuntimeError when it comes to no end.
UNREAD = (SyntaxError, ValueError, RuntimeError, MemoryError)


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
    """Return a sentence for each marked cell that is missing, changed, split or there several times.

    A given cell that is missing comes first, since others need it. Many that are missing are told together.
    """
    there: dict[str, list[Cell]] = {name: [] for name in handed.cells}
    for cell in cells:
        if cell.name in there:
            there[cell.name].append(cell)
    missing = [name for name, found in there.items() if not found]
    if missing and len(missing) == len(there):
        return [NO_CELLS]
    told = [
        sentence for name, found in there.items() if found for sentence in _faults_of(name, found, handed)
    ]
    return [*_missing(missing, handed), *told]


def _missing(names: list[str], handed: HandedOut) -> list[str]:
    """Return a sentence on each cell that is missing, given ones first; if many others are, one on these."""
    given = [name for name in names if name in _given(handed)]
    others = [name for name in names if name not in given]
    if len(others) <= MOST_MISSING:
        return [_is_missing(name, handed) for name in (*given, *others)]
    called = ", ".join(handed.called(name) for name in others)
    together = (
        f"{len(others)} cells are missing: {called}. Undo the deletion (Edit, Undo Cell Operation), or copy "
        "them from a fresh notebook (unpack the zip once more, into another folder)."
    )
    return [*(_is_missing(name, handed) for name in given), together]


def _is_missing(name: str, handed: HandedOut) -> str:
    then = "Until then it counts as not answered." if name in handed.answer_cells() else PUT_BACK
    if name in _given(handed) and name != LAST:
        then = f"Until then, what needs it cannot be checked. {PUT_BACK}"
    undo = "Undo the deletion (Edit, Undo Cell Operation)"
    return f"{_capital(handed.called(name))} is missing. {undo}, or {FRESH}. {then}"


def _given(handed: HandedOut) -> list[str]:
    """Return the ids of the given cells."""
    own = {part.check for part in handed.parts} | handed.answer_cells()
    return [name for name in handed.cells if name not in own]


def _faults_of(name: str, found: list[Cell], handed: HandedOut) -> Iterator[str]:
    """Yield what is wrong with a cell that is there."""
    called = handed.called(name)
    answer = name in handed.answer_cells()
    kind = "markdown" if name.startswith("written-") else "code"
    if len(found) > 1:
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


def stopped_cells(cells: Iterable[Cell], runs: Mapping[str, Run], handed: HandedOut) -> list[str]:
    """Return a sentence for each given cell that stopped, unless it waits for a blank to be filled in.

    One that needs what a missing given cell defines is not told of: that cell is.
    """
    names = {cell.name for cell in cells}
    lacking = any(name not in names for name in _given(handed) if name != LAST)
    return [
        f"{_capital(handed.called(name))} stopped, and cells below it may need what it defines: "
        f"{placed(error, 'that cell')}"
        for name, error in _stopped(runs, handed).items()
        if not (lacking and unknown_name(error))
    ]


def _stopped(runs: Mapping[str, Run], handed: HandedOut) -> dict[str, str]:
    """Return the errors of the given cells that stopped other than at an empty blank."""
    errors = {name: runs[name].error for name in _given(handed) if name in runs}
    return {name: error for name, error in errors.items() if error and not error.startswith("EmptyBlank")}


def broken_given(
    cells: Iterable[Cell], runs: Mapping[str, Run], handed: HandedOut
) -> tuple[str, frozenset[str]]:
    """Return a clause on the given cells that are missing, else on those that stopped, "" for none.

    With it come the names that the other cells define.
    """
    code = [cell for cell in cells if cell.kind == "code"]
    stopped = _stopped(runs, handed)
    defined = frozenset().union(*(_names(cell.text)[0] for cell in code if cell.name not in stopped))
    there = {cell.name for cell in code}
    missing = [name for name in _given(handed) if name not in there and name not in runs and name != LAST]
    names = [name.removeprefix("given-") for name in missing or stopped]
    if not names:
        return "", defined
    cells_are = ("cells", "are") if len(names) > 1 else ("cell", "is")
    what = f"{cells_are[1]} missing" if missing else "stopped"
    return f"the given {cells_are[0]} {', '.join(names)} {what}", defined


def borrowed(
    cells: Iterable[Cell], runs: Mapping[str, Run], beside: Iterable[Cell], handed: HandedOut
) -> dict[str, str]:
    """Return, by its id, a sentence for each cell to fill in that needs what is not there when graded.

    That is a name which it does not bind, nor any other cell that runs then, but a cell of one's own, or one
    that only draws. `runs` holds the last runs of the marked cells, and `beside` what else ran.
    """
    marked = set(handed.cells) - {part.check for part in handed.parts}
    code = [cell for cell in cells if cell.kind == "code"]
    ran = [Cell(name, "code", run.text) for name, run in runs.items()]
    there = set(dir(builtins)).union(*(_names(c.text)[0] for c in [*code, *ran] if c.name in marked))
    lost: dict[str, str] = {}
    for cell in [*code, *beside]:
        if cell.name not in handed.cells:
            kind = DRAWN if cell.name.startswith(DRAWS) else OWN
            lost |= {name: kind for name in _names(cell.text)[0] - there if lost.get(name) != OWN}
    latest = answer_texts(code, handed) | {cell.name: cell.text for cell in ran}
    needed = {name: sorted(_names(latest.get(name, ""))[1] & set(lost)) for name in handed.answer_cells()}
    return {name: _borrows(name, {n: lost[n] for n in found}) for name, found in needed.items() if found}


def _borrows(name: str, found: Mapping[str, str]) -> str:
    """Return the sentence on a cell to fill in; `found` holds names, each with the kind of its cell."""
    kind = OWN if OWN in found.values() else DRAWN
    called = label(name) if len(name) == 1 else f"`{name}`"
    names = ", ".join(f"`{one}`" for one in found)
    several = len(found) > 1
    where = f"which {'are' if several else 'is'} defined only in {PLURAL[kind] if several else 'a ' + kind}"
    move = "move them into the cell that uses them" if several else "move it into the cell that uses it"
    return f"{called} uses {names}, {where}. {_capital(PLURAL[kind])} are not graded: {move}."


def _names(code: str) -> tuple[set[str], set[str]]:
    """Return the names that a cell binds for other cells, and those that it takes from them.

    Both are empty for what is no Python; lines for IPython alone, such as `%time`, are understood.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a text's odd escapes its own run has warned
            top = symtable.symtable(_plain(code), "cell", "exec")
    except UNREAD:
        return set(), set()
    bound: set[str] = set()
    used: set[str] = set()
    for table in _scopes(top):
        for symbol in table.get_symbols():
            if table is top or symbol.is_declared_global():
                bound |= {symbol.get_name()} if symbol.is_assigned() or symbol.is_imported() else set()
            if symbol.is_referenced() and (table is top or symbol.is_global()):
                used.add(symbol.get_name())
    return bound, used - bound


def _scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    """Yield a scope and all that are in it."""
    yield table
    for inner in table.get_children():
        yield from _scopes(inner)


def _plain(code: str) -> str:
    """Return a cell as Python alone, its lines for IPython turned into calls. Raises SyntaxError."""
    try:
        ast.parse(code)
    except UNREAD:
        from IPython.core.inputtransformer2 import TransformerManager

        return str(TransformerManager().transform_cell(code))
    return code


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
