"""The report on a notebook file: python -m coursekit.selfcheck decoding.ipynb

The notebook runs from top to bottom in a fresh kernel, as under nbgrader's Validate, and is not changed.
Copied, split, deleted and changed cells are named with a way to mend them, and so are answers that need a
cell of the student's own, which is not there when the notebook is graded.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.cell_faults import Cell, cells_of
from coursekit.handed_out import HandedOut, handed_out
from coursekit.part_states import PASSED, READ, STARTED
from coursekit.progress import LARGEST, Report, read_json, report_of
from coursekit.run_record import Run, first_line, read_as

if TYPE_CHECKING:
    from nbclient import NotebookClient
    from nbformat import NotebookNode

CELL_SECONDS, NOTEBOOK_SECONDS = 60, 300
OUT_OF_TIME = "CellTimeout"  # the name of our own error
UNREADABLE = 2  # exit code: there was nothing to report on
AGAIN = "Take the notebook from the zip again (into another folder) and copy your answers into it."


class NothingToCheck(ValueError):
    """A file that is no notebook of a course; the message says what was expected and what to do."""


@dataclass(frozen=True)
class Ran:
    """The last run of each cell, and why the cells after them did not run ("" if all did)."""

    runs: Mapping[tuple[str, str], Run]
    stopped: str = ""


def report(path: Path, cell_seconds: int = CELL_SECONDS, seconds: int = NOTEBOOK_SECONDS) -> Report:
    """Return the report on a notebook file. Raises NothingToCheck."""
    notebook, handed = _read(path)
    ran = run(_for_the_kernel(cells_of(notebook, handed)), path.resolve().parent, cell_seconds, seconds)
    about = f"version {handed.version}" if handed.version else "of an unknown version"
    title = f"{path.name}, {about}, run from top to bottom"
    return report_of(title, notebook, handed, ran.runs, stopped=ran.stopped)


def _read(path: Path) -> tuple[Any, HandedOut]:
    """Return a notebook as JSON, and what was handed out. Raises NothingToCheck."""
    if path.is_dir():
        raise NothingToCheck(f"{path}: this is a folder. Give the name of a notebook in it.")
    if not path.is_file():
        raise NothingToCheck(f"{path}: there is no such file. Give the name of a notebook in this folder.")
    notebook = read_json(path)
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise NothingToCheck(f"{path}: {_why_no_notebook(path, notebook)}")
    handed = handed_out(notebook)
    if handed is None:
        raise NothingToCheck(
            f"{path}: the notebook does not say what was handed out (its metadata has no complete note "
            "`course`), so it cannot be compared. Copy your answers into a fresh copy of the notebook."
        )
    return notebook, handed


def _why_no_notebook(path: Path, found: Any) -> str:
    """Return what a file is in place of a notebook, and what to do; `found` is its JSON, None for none."""
    if path.suffix != ".ipynb":
        return "this is not a notebook. Give the name of a file that ends in .ipynb."
    if not os.access(path, os.R_OK):
        return "this file may not be read. Change its permissions, or copy it."
    size = path.stat().st_size
    if size > LARGEST:
        most = f"{LARGEST // 1_000_000} MB"
        return f"this file is larger than {most}. Clear its outputs in JupyterLab and save it."
    if not size:
        return f"this file is empty. {AGAIN}"
    if found is not None:
        return f"this is not a notebook: it holds no list of cells. {AGAIN}"
    return f"this notebook is damaged: it is not complete JSON. {AGAIN}"


def _for_the_kernel(cells: Iterable[Cell]) -> NotebookNode:
    """Return a notebook of the code cells alone: nothing else of the file can keep it from running."""
    from nbformat.v4 import new_code_cell, new_notebook

    code = [cell for cell in cells if cell.kind == "code"]
    return new_notebook(cells=[new_code_cell(cell.text, metadata={"cell": cell.name}) for cell in code])


def run(notebook: NotebookNode, folder: Path, cell_seconds: int, seconds: int) -> Ran:
    """Run the cells of a notebook one after the other, each under its limit and all under theirs."""
    from nbclient.exceptions import DeadKernelError

    runs: dict[tuple[str, str], Run] = {}
    end = time.monotonic() + seconds
    client = _client(notebook, folder)
    with client.setup_kernel(env={**os.environ, "NBGRADER_EXECUTION": "validate"}):
        for number, cell in enumerate(notebook.cells, 1):
            left = int(end - time.monotonic())
            if left < 1:
                return Ran(runs, f"the notebook was stopped after {seconds} seconds")
            key = (cell.metadata["cell"], first_line(cell.source))
            client.timeout = min(cell_seconds, left)
            client.error_on_timeout = _timeout_error(client.timeout)
            try:
                runs[key] = _run_cell(client, cell, number)
            except DeadKernelError:
                why = "the kernel died in this cell (out of memory, or it was ended)"
                runs[key] = Run(cell.source, why, number)
                return Ran(runs, f"the kernel died in an earlier cell: {first_line(cell.source)}")
    return Ran(runs)


def _run_cell(client: NotebookClient, cell: NotebookNode, number: int) -> Run:
    """Run one cell. Raises DeadKernelError."""
    replies: list[Mapping[str, Any]] = []
    client.on_cell_executed = lambda execute_reply, **_: replies.append(execute_reply or {})
    client.execute_cell(cell, number - 1)
    errors = [f"{o.ename}: {o.evalue}".removesuffix(": ") for o in cell.outputs if o.output_type == "error"]
    reply = replies[0].get("content", {}) if replies else {}
    if reply.get("status") == "error" and (not errors or reply.get("ename") == OUT_OF_TIME):
        errors = [str(reply.get("evalue") or reply.get("ename"))]
    told = [note for o in cell.outputs if (note := o.get("metadata", {}).get("course"))]
    return Run(
        cell.source,
        errors[0] if errors else "",
        number,
        more=sum(int(note["more"]) for note in told) if told else None,
        only_read=bool(told) and all(note.get("tone") == "note" for note in told),
        read_as=read_as(str(o.get("data", {}).get("text/plain", "")) for o in cell.outputs),
    )


def _timeout_error(seconds: int) -> dict[str, str]:
    """Return the reply that a cell gets which was stopped."""
    said = f"this cell did not end within {seconds} seconds and was stopped"
    return {"status": "error", "ename": OUT_OF_TIME, "evalue": said}


def _client(notebook: NotebookNode, folder: Path) -> NotebookClient:
    """Return a client that goes on after errors and stops a cell that takes too long."""
    from nbclient import NotebookClient

    quiet = logging.getLogger("coursekit.selfcheck")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    return NotebookClient(
        notebook,
        allow_errors=True,
        interrupt_on_timeout=True,
        kernel_name="python3",
        extra_arguments=["--HistoryManager.hist_file=:memory:", "--log-level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
        shutdown_kernel="immediate",
        log=quiet,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report on each notebook; return 0 if nothing is left to do, else 1; 2 for no notebook."""
    given = _parser().parse_args(arguments)
    codes = [_checked(Path(name), given.cell_seconds, given.seconds) for name in given.notebook]
    return max(codes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m coursekit.selfcheck",
        description="Run a notebook from top to bottom and say where each part stands. It is not changed.",
    )
    parser.add_argument("notebook", nargs="+", help="a notebook file, such as decoding.ipynb")
    parser.add_argument(
        "--cell-seconds", type=int, default=CELL_SECONDS, help="limit of a cell (%(default)s)"
    )
    parser.add_argument("--seconds", type=int, default=NOTEBOOK_SECONDS, help="limit for all (%(default)s)")
    return parser


def _checked(path: Path, cell_seconds: int, seconds: int) -> int:
    """Print the report on one notebook and return its exit code."""
    try:
        found = report(path, cell_seconds, seconds)
    except NothingToCheck as error:
        print(error, file=sys.stderr)
        return UNREADABLE
    except ModuleNotFoundError as error:
        print(f"selfcheck needs the package {error.name}: pip install nbclient ipykernel", file=sys.stderr)
        return UNREADABLE
    print(found)
    done = all(state.word in (PASSED, READ, STARTED) for state in found.states)
    return 0 if done and not found.faults else 1


if __name__ == "__main__":
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads this, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left is written there
        code = 1
    sys.exit(code)
