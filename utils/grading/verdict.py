"""What an executed notebook earns, by nbgrader's own rule, as plain data for the gradebook."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from nbformat import NotebookNode
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution, is_task

from utils.grading.tasks import CellScore


@dataclass(frozen=True)
class Verdict:
    """Scores of the graded cells, the answers left as handed out, and a digest of all answers."""

    cells: tuple[CellScore, ...]
    unanswered: tuple[str, ...]
    answers: str


def scored(notebook: NotebookNode) -> Verdict:
    """Return the verdict on a notebook that was run to its end, every graded cell with its result or error.

    Points and checksums must be the instructor's (`InstructorCells.restore`). Raises ValueError for a cell
    that ended with more points than it is worth.
    """
    marked = [cell for cell in notebook.cells if cell.metadata.get("nbgrader")]
    scores = tuple(score_of(cell) for cell in marked if is_grade(cell))
    answered = [cell for cell in marked if is_solution(cell) or is_task(cell)]
    untouched = tuple(_grade_id(cell) for cell in answered if is_solution(cell) and _as_handed_out(cell))
    return Verdict(scores, untouched, _digest(answered))


def score_of(cell: NotebookNode) -> CellScore:
    """Return the points of one graded cell; none, and needs_manual, when a person must read it."""
    points, most = determine_grade(cell)
    return CellScore(_grade_id(cell), None if points is None else float(points), most, points is None)


def _grade_id(cell: NotebookNode) -> str:
    return str(cell.metadata.nbgrader["grade_id"])


def _as_handed_out(cell: NotebookNode) -> bool:
    return bool(cell.metadata.nbgrader.get("checksum") == compute_checksum(cell))


def _digest(cells: list[NotebookNode]) -> str:
    """Return a digest of the answers' texts."""
    texts = "".join(f"{_grade_id(cell)}\0{len(cell.source)}\0{cell.source}\0" for cell in cells)
    return hashlib.sha256(texts.encode("utf-8", "replace")).hexdigest()
