"""nbgrader's steps from a submission to scores, and the ones of ours among them.

`nbgrader_config.py` names them, so that `nbgrader autograde`, Formgrader's button and `course grade` give the
same scores.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient.exceptions import DeadKernelError
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearOutput,
    Execute,
    IgnorePattern,
    LimitOutput,
    NbGraderPreprocessor,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)
from traitlets import Integer

from utils.grading.intake import Taken, UnreadableNotebook, grade_id, read_notebook, rebuild

Resources = dict[str, Any]
Step = tuple[NotebookNode, Resources]


class TolerantExporter(NotebookExporter):  # type: ignore[misc]
    """Reads a submission even when its file is damaged: what cannot be read counts as not answered."""

    def from_filename(self, filename: str, resources: Resources | None = None, **kw: Any) -> tuple[str, Resources]:
        """Return the converted notebook; an unreadable file becomes an empty one that says why."""
        try:
            taken = read_notebook(Path(filename))
        except UnreadableNotebook as error:
            taken = Taken(nbformat.v4.new_notebook(), [str(error)])
        resources = resources or {}
        resources["metadata"] = {**resources.get("metadata", {}), "path": str(Path(filename).resolve().parent),
                                 "name": Path(filename).stem}
        resources["intake"] = taken.notes
        converted: tuple[str, Resources] = self.from_notebook_node(taken.notebook, resources=resources, **kw)
        return converted


class Rebuild(NbGraderPreprocessor):  # type: ignore[misc]
    """Puts the student's answers into the released notebook; everything else of the submission is dropped."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> Step:
        """Return the rebuilt notebook, with a first cell of notes when something was unusual."""
        names = resources["nbgrader"]
        path = Path(self._release_folder(names["assignment"])) / f"{names['notebook']}.ipynb"
        taken = rebuild(nbformat.read(path, as_version=4), nb)
        # A file that could not be read has no cells; its own note says so better than a note on its cells.
        notes = resources.get("intake", []) if not nb.cells else [*resources.get("intake", []), *taken.notes]
        if notes:
            text = "**How this notebook was read**\n\n" + "\n".join(f"- {note}" for note in notes)
            taken.notebook.cells.insert(0, nbformat.v4.new_markdown_cell(text, id="intake-notes"))
        return taken.notebook, resources

    def _release_folder(self, assignment: str) -> str:
        coursedir = self.parent.parent.coursedir
        folder: str = coursedir.format_path(coursedir.release_directory, ".", assignment)
        return folder


class RunNotebook(Execute):  # type: ignore[misc]
    """Runs a notebook under a deadline, and never lets a cell that did not run count as passed."""

    notebook_timeout = Integer(240, help="seconds for a whole notebook; later cells get one second each").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources, km: Any = None) -> Step:
        """Return the executed notebook. A graded cell without a result gets an error that says why."""
        self.student = resources.get("nbgrader", {}).get("student", "")
        end = time.monotonic() + self.notebook_timeout
        self.timeout_func = lambda cell: max(1, min(self.timeout, int(end - time.monotonic())))
        reason = "this cell did not run"
        try:
            nb, resources = super().preprocess(nb, resources, km)
        except DeadKernelError:
            reason = "the notebook's Python process died before this cell (out of memory, or it was ended by the code)"
        for cell in nb.cells:
            if cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code" and not _ran(cell):
                cell.outputs = [nbformat.v4.new_output("error", ename="NotRun", evalue=reason, traceback=[reason])]
        return nb, resources

    def start_new_kernel(self, **kwargs: Any) -> Any:
        """Start the kernel with one thread, and with the student's name for the draw of hidden inputs."""
        own = {"OMP_NUM_THREADS": "1", "NBGRADER_EXECUTION": "autograde", "COURSE_STUDENT": self.student}
        # A backend chosen for the grader's own process would keep the kernel from drawing into the notebook.
        kwargs["env"] = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"} | own
        return super().start_new_kernel(**kwargs)


def _ran(cell: NotebookNode) -> bool:
    return cell.get("execution_count") is not None


class KeepWarnings(NbGraderPreprocessor):  # type: ignore[misc]
    """Moves what a graded cell wrote to stderr to its stdout: a warning is worth reading, and costs no points."""

    def preprocess_cell(self, cell: NotebookNode, resources: Resources, index: int) -> Step:
        """Return the cell with its stderr output renamed."""
        for output in cell.get("outputs", []):
            if output.get("output_type") == "stream" and output.get("name") == "stderr":
                output["name"] = "stdout"
        return cell, resources


SANITIZE_STEPS = [ClearOutput, Rebuild, OverwriteKernelspec, OverwriteCells, CheckCellMetadata]
AUTOGRADE_STEPS = [RunNotebook, KeepWarnings, IgnorePattern, LimitOutput, SaveAutoGrades, AssignLatePenalties,
                   CheckCellMetadata]


def repair_names(assignment: str, student: str, notebooks: list[str]) -> None:
    """Give renamed notebooks of a submission their right names; nbgrader calls this before it converts one.

    nbgrader hands over its own list of files, and goes on with what is in it afterwards.
    """
    from utils.grading.intake import put_right_names

    if not notebooks:
        return
    folder = Path(notebooks[0]).parent
    course = Path.cwd()  # nbgrader has changed into the course's root
    put_right_names(folder, [path.stem for path in (course / "release" / assignment).glob("*.ipynb")])
    notebooks[:] = sorted(str(path) for path in folder.glob("*.ipynb"))


__all__ = ["AUTOGRADE_STEPS", "SANITIZE_STEPS", "KeepWarnings", "Rebuild", "RunNotebook", "TolerantExporter",
           "grade_id", "repair_names"]
