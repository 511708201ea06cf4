"""The instructor's copy of each marked cell, hidden tests included, as the gradebook holds it.

nbgrader records these cells when a release is made. Workers never open the gradebook, so the runner writes
them to a file per lesson; a worker puts them into the notebook that it has rebuilt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from nbformat import NotebookNode
from nbgrader.utils import compute_checksum


class StaleRelease(ValueError):
    """The release and the gradebook disagree about a cell; the message says which and what to do."""


@dataclass(frozen=True)
class InstructorCell:
    """One marked cell: its text with the hidden tests, nbgrader's checksum, points (None if not graded)."""

    cell_type: str
    locked: bool
    source: str
    checksum: str
    points: float | None = None


@dataclass(frozen=True)
class InstructorCells:
    """The marked cells of one lesson by grade id, and the kernel that the notebook must name."""

    lesson: str
    cells: Mapping[str, InstructorCell]
    kernelspec: Mapping[str, Any] | None = None

    def to_json(self) -> str:
        """Return the text of the lesson's file."""
        return json.dumps(asdict(self), indent=1, sort_keys=True)

    @classmethod
    def read(cls, path: Path | str) -> Self:
        """Return what a lesson's file holds."""
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        cells = {name: InstructorCell(**cell) for name, cell in data["cells"].items()}
        return cls(data["lesson"], cells, data["kernelspec"])

    def restore(self, notebook: NotebookNode) -> None:
        """Put the full tests, points and checksums into a rebuilt notebook. Raises `StaleRelease`."""
        if self.kernelspec:
            notebook.metadata["kernelspec"] = dict(self.kernelspec)
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if name is not None:
                self._restore_cell(cell, str(name))

    def _restore_cell(self, cell: NotebookNode, name: str) -> None:
        known = self.cells.get(name)
        if known is None or known.cell_type != cell.cell_type:
            raise StaleRelease(self._stale(f"the gradebook does not know its cell {name!r}"))
        mark = cell.metadata.nbgrader
        mark["locked"], mark["checksum"] = known.locked, known.checksum
        if known.points is not None:
            mark["points"] = known.points
        if known.locked:
            cell.source = known.source
            if compute_checksum(cell) != known.checksum:
                raise StaleRelease(self._stale(f"the gradebook has another version of its cell {name!r}"))

    def _stale(self, what: str) -> str:
        return f"release/{self.lesson}.ipynb and the gradebook disagree: {what}. Run 'course build'."
