"""What was graded, as Gradescope's results.json has it: a test for every part, with the first wrong thing.

The words are those of the feedback pages: what was called, the first thing wrong, one hint. No line of a
hidden test is among them, and every line of a student's is made safe to show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from utils.build.clearing import HIDDEN_TESTS, regions
from utils.grading.box.inside.shown import safe_line
from utils.grading.gradebook import OpenGradebook
from utils.grading.result_records import Record, read
from utils.grading.scores import part_id
from utils.grading.tasks import CellScore

RIGHT = "Right."
UNSAID = "This part did not earn everything, and its check said nothing."
UNTOUCHED = "Left as it was handed out."
LONGEST_LINE, MOST_LINES = 500, 12  # of what one part says


def results(
    course: Path, assignment: str, student: str, visibility: str, notes: Iterable[str]
) -> dict[str, Any]:
    """Return results.json of one graded submission; `notes` say how it was read."""
    tests: list[dict[str, Any]] = []
    by_hand: list[str] = []
    for number, record in enumerate(_records(course, assignment, student), 1):
        cells = _cells(course / "autograded" / student / assignment / f"{record.lesson}.ipynb")
        for place, score in enumerate(_in_order(record, cells), 1):
            part = part_id(record.lesson, score.grade_id)
            if score.needs_manual or score.points is None:
                by_hand.append(f"{part} ({score.out_of:g} points)")
                continue
            cell = cells[score.grade_id]
            untouched = not score.points and _is_untouched(record, score.grade_id)
            shown = visibility if _is_hidden(cell) else "visible"
            tests.append(_test(part, f"{number}.{place}", score, _said(cell, untouched), shown))
    lines = [safe_line(note, LONGEST_LINE) for note in notes]
    if by_hand:
        lines.append(f"A person reads these answers; their points are not in the sum: {', '.join(by_hand)}.")
    return {
        "tests": tests,
        "output": "\n".join(lines),
        "output_format": "text",
        "stdout_visibility": "hidden",
    }


def _records(course: Path, assignment: str, student: str) -> list[Record]:
    """Return what was recorded of each lesson, sorted by its name."""
    with OpenGradebook(f"sqlite:///{course / 'gradebook.db'}", assignment) as book:
        with book.engine.connect() as connection:
            found = read(connection, assignment, [student])
        book.engine.dispose()
    return [record for _, record in sorted(found.items())]


def _cells(path: Path) -> Mapping[str, NotebookNode]:
    """Return the marked cells of an executed notebook by their grade ids, in the notebook's order."""
    notebook = nbformat.read(path, as_version=4)
    return {
        str(cell.metadata.nbgrader["grade_id"]): cell
        for cell in notebook.cells
        if "grade_id" in cell.metadata.get("nbgrader", {})
    }


def _in_order(record: Record, cells: Mapping[str, NotebookNode]) -> list[CellScore]:
    places = list(cells)
    return sorted(record.result.cells, key=lambda score: places.index(score.grade_id))


def _is_untouched(record: Record, grade_id: str) -> bool:
    """Return whether the answer that a cell grades was left as it was handed out."""
    part = part_id(record.lesson, grade_id)
    return part in {part_id(record.lesson, name) for name in record.result.unanswered}


def _is_hidden(cell: NotebookNode) -> bool:
    return any(region.kind == HIDDEN_TESTS for region in regions(cell.source))


def _test(part: str, number: str, score: CellScore, said: str, visibility: str) -> dict[str, Any]:
    full = score.points is not None and score.points >= score.out_of
    return {
        "name": part,
        "number": number,
        "score": score.points,
        "max_score": score.out_of,
        "status": "passed" if full else "failed",
        "output": RIGHT if full else said,
        "output_format": "text",
        "visibility": visibility,
    }


def _said(cell: NotebookNode, untouched: bool) -> str:
    """Return what a graded cell says is wrong, line by line, each safe to be shown."""
    if untouched:
        return UNTOUCHED
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            kind = "" if output.ename == "WrongAnswer" else f"{output.ename}: "
            return _safe(f"{kind}{output.evalue}")
    boxes = [str(output.data.get("text/plain", "")) for output in _displays(cell)]
    return _safe("\n".join(boxes)) or UNSAID


def _displays(cell: NotebookNode) -> list[NotebookNode]:
    return [output for output in cell.get("outputs", []) if output.output_type == "display_data"]


def _safe(text: str) -> str:
    lines = [safe_line(line, LONGEST_LINE) for line in text.splitlines()[:MOST_LINES]]
    return "\n".join(lines).strip()
