"""The notebook as a perfect student hands it in: the release, with every blank and answer filled in."""

from nbformat import NotebookNode

from utils.build.clearing import clear_hidden_tests, clear_imports, solve, solve_written
from utils.build.lessons import Cell, Lesson
from utils.build.notebooks import cell_id, to_notebook

SOLVERS = {"solution": solve, "written": solve_written, "graded": clear_hidden_tests}


def solved(lesson: Lesson) -> NotebookNode:
    """Return the solved notebook of a lesson: no marks, no hidden tests, model answers in place.

    It has neither the head lines nor the last cells that a release has besides.
    """
    notebook = to_notebook(lesson)
    for cell, built in zip(lesson.cells, notebook.cells, strict=True):
        built.source = solved_text(cell)
        built.metadata.pop("course", None)
    return notebook


def solved_text(cell: Cell) -> str:
    """Return the text of one cell in the solved notebook."""
    text = SOLVERS.get(cell.role, str)(cell.source)
    return clear_imports(text) if cell.is_code else text


def answers(lesson: Lesson) -> dict[str, str]:
    """Return the text of each solution and written cell, solved, by its id in the notebook."""
    return {cell_id(cell): solved_text(cell) for cell in lesson.with_role("solution", "written")}
