"""nbgrader's steps from source to release, and the ones of ours among them.

They are named in `nbgrader_config.py`, so that the command line, Formgrader's button and `course build`
give the same bytes.
"""

import json
from typing import Any

from nbformat import NotebookNode, from_dict
from nbgrader import utils as grader
from nbgrader.api import MissingEntry
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearOutput,
    ComputeChecksums,
    LockCells,
    NbGraderPreprocessor,
    SaveCells,
)
from traitlets import List, Unicode

from coursekit.handed_out import NOTE
from utils.build.clearing import (
    HIDDEN_TESTS,
    clear_hidden_tests,
    clear_imports,
    clear_solution,
    clear_written,
    regions,
)
from utils.build.labels import add_heads, last_cells, note
from utils.build.notebooks import KERNELSPEC

Resources = dict[str, Any]
Record = tuple[str, dict[str, tuple[Any, ...]], dict[str, tuple[Any, ...]], set[str]]
SOURCE_COLUMNS = ("cell_type", "locked", "source", "checksum")
GRADE_COLUMNS = ("cell_type", "max_score")
RELEASED_METADATA = ("nbgrader", "deletable", "editable")


class ClearBlanks(NbGraderPreprocessor):  # type: ignore[misc] # nbgrader ships no types
    """Empties solution cells and written answers, in place of nbgrader's ClearSolutions."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: Resources, index: int
    ) -> tuple[NotebookNode, Resources]:
        """Return the cell as a student receives it, hidden tests apart. Raises ClearingError."""
        if grader.is_solution(cell):
            clear = clear_written if grader.is_grade(cell) else clear_solution
            cell.source = clear(cell.source)
        if cell.cell_type == "code":
            cell.source = clear_imports(cell.source)
        return cell, resources


class ClearHidden(NbGraderPreprocessor):  # type: ignore[misc]
    """Removes hidden tests, and the lines of them that tracebacks repeat on a feedback page."""

    # nbgrader sets this option for every step of a feedback page, and warns about a step without it.
    display_data_priority = List(Unicode(), config=True)

    def preprocess_cell(
        self, cell: NotebookNode, resources: Resources, index: int
    ) -> tuple[NotebookNode, Resources]:
        """Return the cell with its visible lines only."""
        if not (grader.is_grade(cell) and cell.cell_type == "code"):
            return cell, resources  # a student's own text may hold anything, such as half a region
        if any(region.kind == HIDDEN_TESTS for region in regions(cell.source)):
            cell.source = clear_hidden_tests(cell.source)
            for output in cell.get("outputs", []):
                if output.output_type == "error":
                    output.traceback = [f"{output.ename}: {output.evalue}"]
        return cell, resources


class StripMetadata(NbGraderPreprocessor):  # type: ignore[misc]
    """Leaves a release nbgrader's metadata and the kernel; ours and editors' stay in the source."""

    def preprocess(self, notebook: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Return the notebook with the metadata a release may carry."""
        notebook.metadata = NotebookNode(kernelspec=NotebookNode(KERNELSPEC))
        for cell in notebook.cells:
            kept = {key: cell.metadata[key] for key in RELEASED_METADATA if key in cell.metadata}
            if shows := cell.metadata.get("course", {}).get("shows"):  # the grader of a submission needs it
                kept["course"] = NotebookNode(shows=shows)
            cell.metadata = NotebookNode(kept)
        return notebook, resources


class AddHeads(NbGraderPreprocessor):  # type: ignore[misc]
    """Says at the head of every marked cell what it is for, and ends the notebook with its last cells."""

    def preprocess(self, notebook: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Return the notebook as a student sees it, before anything of it is hidden."""
        notebook.cells += last_cells(resources["nbgrader"]["notebook"])
        add_heads(notebook.cells)
        return notebook, resources


class AddNote(NbGraderPreprocessor):  # type: ignore[misc]
    """Leaves a note in the released notebook on what was handed out, its version among it."""

    def preprocess(self, notebook: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Return the notebook with the note in its metadata."""
        names = resources["nbgrader"]
        notebook.metadata[NOTE] = from_dict(note(names["assignment"], names["notebook"], notebook.cells))
        return notebook, resources


class SaveChangedCells(SaveCells):  # type: ignore[misc]
    """Records a notebook in the gradebook, unless this is recorded already: nbgrader commits every cell."""

    def _create_notebook(self, notebook: NotebookNode) -> None:
        try:
            recorded = self.gradebook.find_notebook(self.notebook_id, self.assignment_id)
        except MissingEntry:
            recorded = None
        if recorded is None or _recorded(recorded) != self._to_record(notebook):
            super()._create_notebook(notebook)

    def _to_record(self, notebook: NotebookNode) -> Record:
        """Return what the gradebook would hold of the notebook."""
        sources, grades = self.new_source_cells.items(), self.new_grade_cells.items()
        return (
            json.dumps(notebook.metadata.get("kernelspec", {})),
            {name: tuple(cell[key] for key in SOURCE_COLUMNS) for name, cell in sources},
            {name: tuple(cell[key] for key in GRADE_COLUMNS) for name, cell in grades},
            {*self.new_solution_cells, *self.new_task_cells},
        )


def _recorded(notebook: Any) -> Record:
    """Return what the gradebook holds of a notebook."""
    return (
        notebook.kernelspec,
        {cell.name: tuple(getattr(cell, key) for key in SOURCE_COLUMNS) for cell in notebook.source_cells},
        {cell.name: tuple(getattr(cell, key) for key in GRADE_COLUMNS) for cell in notebook.grade_cells},
        {cell.name for cell in [*notebook.solution_cells, *notebook.task_cells]},
    )


# Hidden tests go last: the gradebook keeps them, and checksums are taken before and after.
# The note goes last of all: it says what was handed out.
RELEASE_STEPS = [
    StripMetadata,
    AddHeads,
    LockCells,
    ClearBlanks,
    ClearOutput,
    CheckCellMetadata,
    ComputeChecksums,
    SaveChangedCells,
    ClearHidden,
    ComputeChecksums,
    CheckCellMetadata,
    AddNote,
]
