"""The proof of a release: nothing leaks, every notebook runs to its first blank, which says so.

That no starter earns a point and every solved notebook earns all of them is shown by grading the sample
class, which contains both.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from utils.build.leaks import prove_release

TIMEOUT = 60  # seconds a cell


@dataclass(frozen=True)
class FirstStop:
    """Where a notebook stopped: the cell's id, the error's name and message."""

    cell: str
    error: str
    message: str


def run(notebook: NotebookNode, folder: Path) -> FirstStop | None:
    """Run a notebook in order, in `folder`, keeping its outputs; return where it stopped, or None."""
    quiet = ["--HistoryManager.hist_file=:memory:", "--log-level=ERROR"]
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        extra_arguments=quiet,
        resources={"metadata": {"path": str(folder)}},
        shutdown_kernel="immediate",
    )
    try:
        client.execute(env={name: value for name, value in os.environ.items() if name != "MPLBACKEND"})
    except CellExecutionError as error:
        failed = [
            cell for cell in notebook.cells if any(o.output_type == "error" for o in cell.get("outputs", []))
        ]
        return FirstStop(failed[-1].id, error.ename, error.evalue)
    return None


def prove(root: Path, assignment: str) -> list[str]:
    """Return a line per proved promise. Raises `LeakError`, or AssertionError for another first stop."""
    count = prove_release(root, assignment)
    lines = [f"no leak in {count} files or texts of release/{assignment}"]
    for path in sorted((root / "release" / assignment).glob("*.ipynb")):
        stop = run(nbformat.read(path, as_version=4), path.parent)
        if stop is None or stop.error != "EmptyBlank":
            raise AssertionError(f"{path.name} does not stop at an empty blank but at {stop}")
        lines.append(f"{path.name} runs to its first blank, in {stop.cell}: {stop.message}")
    return lines
