"""Which side of the wall runs a cell, and which side defines a name that it uses.

Everything is read off the notebook that was handed out, never off a student's text: a student can neither
add a name to the judge nor take one away.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

from nbformat import NotebookNode

from utils.build.names import Names, names_of

Kind = Literal["answer", "given", "graded", "restoring", "drawing", "text"]
RESTORING = ("keep-", "put-back-")  # ids of the cells that intake puts around a redefinition
BOX = -1


@dataclass(frozen=True)
class Step:
    """One cell of the run: where it runs, and the names that the judge fetches from the box before it."""

    kind: Kind
    in_box: bool = False
    in_judge: bool = False
    fetched: frozenset[str] = frozenset()


def kind_of(cell: NotebookNode) -> Kind:
    """Return what a cell of a rebuilt notebook is for."""
    mark = cell.metadata.get("nbgrader", {})
    if cell.cell_type != "code":
        return "text"
    if mark.get("grade"):
        return "graded"
    if mark.get("solution"):
        return "answer"
    if mark.get("locked"):
        return "given"
    return "restoring" if str(cell.get("id", "")).startswith(RESTORING) else "drawing"


def steps(notebook: NotebookNode, released: NotebookNode, *, shown: Collection[str] = ()) -> Sequence[Step]:
    """Return a step for every cell. Cells that only draw are left out, unless their id is among `shown`."""
    owners = _Owners(notebook, released)
    judged = owners.judged_given()
    return [_step(owners, position, judged, shown) for position in range(len(notebook.cells))]


def _step(owners: _Owners, position: int, judged: Collection[int], shown: Collection[str]) -> Step:
    kind = owners.kinds[position]
    in_box = kind in ("answer", "given", "restoring") or (
        kind == "drawing" and owners.notebook.cells[position].get("id") in shown
    )
    in_judge = kind == "graded" or position in judged
    fetched = frozenset(owners.reach(position)[0]) if in_judge else frozenset()
    return Step(kind, in_box, in_judge, fetched)


@dataclass
class _Owners:
    """For each cell, who has defined each name before it: the box, or a read-only cell by its position."""

    notebook: NotebookNode
    released: NotebookNode
    kinds: list[Kind] = field(init=False)
    names: list[Names] = field(init=False)
    before: list[dict[str, int]] = field(init=False)

    def __post_init__(self) -> None:
        handed_out = {cell.id: cell.source for cell in self.released.cells}
        self.kinds = [kind_of(cell) for cell in self.notebook.cells]
        self.names = [self._names(i, handed_out) for i in range(len(self.kinds))]
        self.before = []
        known: dict[str, int] = {}
        for position, kind in enumerate(self.kinds):
            self.before.append(dict(known))
            if kind in ("answer", "given"):
                known |= dict.fromkeys(self.names[position].bound, BOX if kind == "answer" else position)

    def _names(self, position: int, handed_out: dict[str, str]) -> Names:
        """Return the names of a cell; of an answer, those of the cell as it was handed out."""
        cell, kind = self.notebook.cells[position], self.kinds[position]
        if kind == "answer":
            return names_of(ast.parse(handed_out.get(cell.id, "")))
        return names_of(ast.parse(cell.source)) if kind in ("given", "graded") else Names()

    def reach(self, position: int) -> tuple[set[str], set[int]]:
        """Return what a cell needs, if need be through read-only cells: names of the box, and those cells."""
        owners, box, given = self.before[position], set[str](), set[int]()
        waiting = list(self.names[position].used)
        while waiting:
            name = waiting.pop()
            owner = owners.get(name)
            if owner == BOX:
                box.add(name)
            elif owner is not None and owner not in given:
                given.add(owner)
                waiting += self.names[owner].used
        return box, given

    def judged_given(self) -> set[int]:
        """Return the read-only cells whose names some graded cell needs."""
        graded = [position for position, kind in enumerate(self.kinds) if kind == "graded"]
        return {cell for position in graded for cell in self.reach(position)[1]}
