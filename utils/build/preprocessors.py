"""nbgrader's steps from source to release, and the ones of ours among them.

They are named in `nbgrader_config.py`, so that the command line, Formgrader's button and `course build`
give the same bytes.
"""

from typing import Any

from nbformat import NotebookNode
from nbgrader import utils as grader
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearOutput,
    ComputeChecksums,
    LockCells,
    NbGraderPreprocessor,
    SaveCells,
)
from traitlets import List, Unicode

from utils.build.clearing import (
    HIDDEN_TESTS,
    clear_hidden_tests,
    clear_imports,
    clear_solution,
    clear_written,
    regions,
)
from utils.build.notebooks import KERNELSPEC

Resources = dict[str, Any]
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
            cell.metadata = NotebookNode(kept)
        return notebook, resources


# Hidden tests go last: the gradebook keeps them, and checksums are taken before and after.
RELEASE_STEPS = [
    StripMetadata,
    LockCells,
    ClearBlanks,
    ClearOutput,
    CheckCellMetadata,
    ComputeChecksums,
    SaveCells,
    ClearHidden,
    ComputeChecksums,
    CheckCellMetadata,
]
