"""Notebooks as a grader leaves them, made by hand: every state of a part, and every way to be hostile."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import compute_checksum

from utils.feedback.page import Version, page_of
from utils.feedback.parts import Graded, graded

VERSION = Version(datetime(2026, 1, 30, 15, tzinfo=UTC), "aaaa1111", "bbbb2222")
TESTS = "### BEGIN HIDDEN TESTS\nassert answer == 'the key'\n### END HIDDEN TESTS"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
WRONG = (
    "f differs from the reference.\n"
    "  called with  x (3, 5)\n"
    "  first        shape (3, 1), expected (3,)\n"
    "  hint         The summed axis should be gone from the result."
)
READ = "x was read as: d\nWhether it is right is checked when the notebook is graded."
COSTLY = (
    "The results are right, but they cost more than linear attention does.\n"
    "  first        work grow like N^1.87, counted\n"
    "  hint         The sum over all keys is taken anew for every query."
)


def prose(text: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell(text)


def solution(name: str, source: str, *, handed_out: str = "x = ____", **more: Any) -> NotebookNode:
    """Return a cell that a student has filled in, or left as it was handed out."""
    cell = nbformat.v4.new_code_cell(handed_out, outputs=more.pop("outputs", []))
    cell.metadata["nbgrader"] = NotebookNode(grade_id=name, solution=True, grade=False, task=False, **more)
    return _filled_in(cell, source)


def checked(name: str, points: float, out_of: float, *outputs: NotebookNode, **more: Any) -> NotebookNode:
    """Return a graded cell with its hidden tests and the outputs of its run."""
    cell = nbformat.v4.new_code_cell(TESTS, outputs=list(outputs))
    mark = {"score": points, "points": out_of, "waits": False, "by_hand": False, **more}
    cell.metadata["nbgrader"] = NotebookNode(
        grade_id=f"test-{name}", solution=False, grade=True, task=False, checksum="c0ffee", **mark
    )
    return cell


def written(name: str, source: str, points: float, out_of: float, **more: Any) -> NotebookNode:
    """Return a written answer."""
    cell = nbformat.v4.new_markdown_cell("Your answer here.")
    mark = {"score": points, "points": out_of, "waits": False, "by_hand": False, **more}
    cell.metadata["nbgrader"] = NotebookNode(
        grade_id=f"written-{name}", solution=True, grade=True, task=False, **mark
    )
    return _filled_in(cell, source)


def error(message: str, name: str = "WrongAnswer") -> NotebookNode:
    quoting = [f"{name}: {message}", "in utils/checks/secret.py, line 1", TESTS]
    return nbformat.v4.new_output("error", ename=name, evalue=message, traceback=quoting)


def box(text: str) -> NotebookNode:
    return nbformat.v4.new_output(
        "display_data", data={"text/plain": text, "text/html": f"<div>{text}</div>"}
    )


def printed(text: str) -> NotebookNode:
    return nbformat.v4.new_output("stream", name="stdout", text=text)


def every_state() -> Graded:
    """Return a notebook in which each state occurs, with figures, a comment, formulas and a long line."""
    return graded(notebook(*_cells()), "lesson", penalty=1.0)


def notebook(*cells: NotebookNode) -> NotebookNode:
    return nbformat.v4.new_notebook(cells=list(cells))


def html_of_page(about: Graded) -> str:
    return page_of(about, VERSION, "ada", "attention")


def _cells() -> list[NotebookNode]:
    notes = prose("**How this notebook was read**\n\n- The cell `a` occurs 2 times.")
    notes["id"] = "intake-notes"
    picture = nbformat.v4.new_output("display_data", data={"image/png": PIXEL})
    drawing = nbformat.v4.new_code_cell("figures.curve(f)", outputs=[picture])
    return [
        notes,
        prose("# A lesson with every state"),
        prose("## Numbers\n\n**(a)** What is $\\sqrt{d_k}$?\n\n| axis | size |\n|---|---|\n| `b` | $2^9$ |"),
        solution("a", "x = 'd'  # as in the paper"),
        checked("a", 2, 2, box(READ)),
        prose("```python\n# no heading\n```\n\n$$\\sum_j \\frac{w_j}{\\sqrt{d}}$$"),
        solution("b_function", f"def f(x):\n    return x, '{'long ' * 60}'", outputs=[printed("from f\n")]),
        checked("b_function", 0, 3, error(WRONG)),
        prose("## Costs"),
        solution("c", "y = 'N^2'"),
        checked("c", 1, 2, box(f"partly right: {COSTLY}"), printed("| seen meanwhile\n")),
        solution("d", "x = ____"),
        checked("d", 0, 2, error("`x` is still empty. Replace ____ by your answer.", "EmptyBlank")),
        drawing,
        prose("**(e)** Explain."),
        written("why", "Because $d_k$ grows.\n\n# Loud", 0, 3, waits=True, comment="I *read* this: $e^x$"),
        written("again", "So it is.", 1.5, 3, by_hand=True, comment="Half of it."),
    ]  # fmt: skip


def _filled_in(cell: NotebookNode, source: str) -> NotebookNode:
    cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
    cell.source = source
    return cell
