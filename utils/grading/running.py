"""Running a submitted notebook to its end, whatever its cells do.

A cell that ends the Python process, or cannot be interrupted, is left out and the others run again without
it. A graded cell that gave no answer gets an error: nbgrader takes a cell without outputs for a passed one.
"""

from __future__ import annotations

import os
import tempfile
import time
from typing import Any

import nbformat
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbgrader.preprocessors import Execute
from traitlets import Integer

Resources = dict[str, Any]
Step = tuple[NotebookNode, Resources]

NOT_GIVEN = "nothing_to_run"  # in a notebook's metadata, between the two passes of nbgrader: the reason
MOST_RESTARTS = 5
ENDED = "this cell ended the notebook's Python process, so it was left out; the other cells ran without it"
STUCK = "this cell could not be stopped at its time limit, so it was left out; the other cells ran without it"
NO_ANSWER = "this cell gave no result within the time for the notebook"
TRUSTED_ONLY = (
    "TRUSTED SUBMISSIONS ONLY: no box is used. Student code runs beside the hidden tests, with your rights, "
    "on this machine. Grade only notebooks that you would run yourself."
)
REWRITING = ("clear_output", "update_display_data")  # messages that change an output that a cell has given
LONGEST_VALUE = 1000  # characters of a value that is too large to be shown
COST_OF_AN_OUTPUT = 100  # characters that an output counts for at least: a million empty ones are large too


class RunNotebook(Execute):  # type: ignore[misc] # nbgrader ships no types
    """Runs a notebook under a deadline, and never lets a cell that did not run count as passed."""

    notebook_timeout = Integer(240, help="seconds for a notebook; later cells get one each").tag(config=True)
    most_text = Integer(200_000, help="characters that one cell may print").tag(config=True)
    most_display = Integer(5_000_000, help="characters of one cell's figures").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources, km: Any = None) -> Step:
        """Return the executed notebook. A graded cell without a result gets an error that says why."""
        reason = nb.metadata.pop(NOT_GIVEN, None)
        if reason is None:
            nb, resources = self._run_to_the_end(nb, resources, km)
        for cell in nb.cells:
            if is_graded_code(cell) and cell.id not in self._answered:
                no_verdict(cell, reason or self._left_out.get(cell.id, NO_ANSWER))
        return nb, resources

    def _run_to_the_end(self, nb: NotebookNode, resources: Resources, km: Any) -> Step:
        self._student = resources.get("nbgrader", {}).get("student", "")
        end = time.monotonic() + self.notebook_timeout
        self.timeout_func = lambda cell: max(1, min(self.timeout, int(end - time.monotonic())))
        for _ in range(MOST_RESTARTS + 1):
            try:
                # An empty folder of its own: nothing that was handed in lies beside the running code.
                with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as self._folder:
                    done: Step = super().preprocess(nb, resources, km)
                    return done
            except (DeadKernelError, CellTimeoutError) as error:
                self._leave_out(self._current, STUCK if isinstance(error, CellTimeoutError) else ENDED)
            if time.monotonic() > end:
                break
        return nb, resources

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make the step; nbconvert makes a new one for every notebook."""
        super().__init__(*args, **kwargs)
        self._answered: set[str] = set()
        self._left_out: dict[str, str] = {}
        self._printed: dict[str, int] = {}

    def _leave_out(self, cell: NotebookNode, reason: str) -> None:
        self._left_out[cell.id] = reason
        cell.outputs = [*_without_results(cell), _error("LeftOut", reason)]

    def preprocess_cell(self, cell: NotebookNode, resources: Resources, index: int) -> Step:
        """Run a cell, unless it was left out or is a graded one that ran before a restart."""
        if cell.get("id") in self._left_out or (is_graded_code(cell) and cell.id in self._answered):
            return cell, resources
        self._current = cell
        self._printed.clear()
        done: Step = super().preprocess_cell(cell, resources, index)
        return done

    def on_cell_executed(self, **kwargs: Any) -> None:
        """Note that the kernel answered; an answer that is neither success nor error is an error."""
        cell, content = kwargs["cell"], kwargs["execute_reply"]["content"]
        self._answered.add(cell.id)
        if content["status"] in ("ok", "error"):
            super().on_cell_executed(**kwargs)
        else:
            cell.outputs.append(_error("NotRun", f"the kernel {content['status']} this cell"))

    def process_message(
        self, msg: dict[str, Any], cell: NotebookNode, cell_index: int
    ) -> NotebookNode | None:
        """Take up one message about a cell, cut to the limits, unless it would hide or rewrite a result."""
        kind = msg["msg_type"]
        rewrites = kind.startswith("comm") or (is_graded_code(cell) and kind in REWRITING)
        if rewrites or (kind in ("stream", "display_data") and not self._fits(kind, msg["content"])):
            return None
        if kind == "error":
            msg["content"]["evalue"] = msg["content"]["evalue"][: self.most_text]
            msg["content"]["traceback"] = [line[: self.most_text] for line in msg["content"]["traceback"]]
        elif kind == "execute_result" and not self._fits(kind, msg["content"]):
            shown = msg["content"]["data"].get("text/plain", "")[:LONGEST_VALUE]
            msg["content"]["data"] = {"text/plain": shown}
        taken: NotebookNode | None = super().process_message(msg, cell, cell_index)
        return taken

    def _fits(self, kind: str, content: dict[str, Any]) -> bool:
        """Return whether there is room for an output of the cell, whose text is cut to what fits."""
        text = kind == "stream"
        room: int = (self.most_text if text else self.most_display) - self._printed.get(kind, 0)
        size = len(content["text"]) if text else sum(len(str(part)) for part in content["data"].values())
        self._printed[kind] = self._printed.get(kind, 0) + max(size, COST_OF_AN_OUTPUT)
        if text:
            content["text"] = content["text"][: max(room, 0)]
        return room > 0 if text else size <= room

    def start_new_kernel(self, **kwargs: Any) -> Any:
        """Start the kernel with one thread, and with the student's name for the draw of hidden inputs."""
        own = {"OMP_NUM_THREADS": "1", "COURSE_STUDENT": self._student, "NBGRADER_EXECUTION": "autograde"}
        return super().start_new_kernel(**{**kwargs, "env": {**os.environ, **own}, "cwd": self._folder})


def no_verdict(cell: NotebookNode, why: str) -> None:
    """Give a graded cell the error that says why it has no verdict; nbgrader takes no outputs for passed."""
    cell.outputs = [*_without_results(cell), _error("NotRun", why)]


def not_run(notebook: NotebookNode, why: str) -> None:
    """Give every graded cell of a notebook the error that says why nothing of it ran."""
    for cell in filter(is_graded_code, notebook.cells):
        no_verdict(cell, why)


def is_graded_code(cell: NotebookNode) -> bool:
    """Return whether nbgrader reads a score off the cell's outputs."""
    return bool(cell.metadata.get("nbgrader", {}).get("grade")) and cell.cell_type == "code"


def _without_results(cell: NotebookNode) -> list[NotebookNode]:
    """Return what a cell printed, without a value that would be read as its score."""
    return [output for output in cell.get("outputs", []) if output.output_type != "execute_result"]


def _error(name: str, message: str) -> NotebookNode:
    return nbformat.v4.new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])
