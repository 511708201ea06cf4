"""The proof of a release: nothing leaks, every notebook runs to its first blank, which says so, no starter
earns a point, and every solved notebook earns all that a machine gives.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from utils.build.leaks import prove_release
from utils.build.lessons import lesson_paths, load
from utils.build.release import build_release
from utils.build.solved import answers
from utils.build.source import parts
from utils.grading.box.host import what_this_machine_can_do
from utils.grading.class_run import grade_class
from utils.grading.intake import grade_id
from utils.grading.running import is_graded_code
from utils.grading.scores import part_id, scores_of
from utils.grading.submission import enter, notebooks_in, write_submission
from utils.grading.tasks import Mode

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
    """Return a line per proved promise. Raises `LeakError`, or AssertionError for one that does not hold."""
    count = prove_release(root, assignment)
    lines = [f"no leak: {count} hidden texts do not occur in release/{assignment}"]
    for path in sorted((root / "release" / assignment).glob("*.ipynb")):
        stop = run(nbformat.read(path, as_version=4), path.parent)
        if stop is None or stop.error != "EmptyBlank":
            raise AssertionError(f"{path.name} does not stop at an empty blank but at {stop}")
        lines.append(f"{path.name} runs to its first blank, in {stop.cell}: {stop.message}")
    return lines + prove_points(root, assignment)


def prove_points(root: Path, assignment: str) -> list[str]:
    """Grade the release as it is and solved, in a course of their own; return a line for each.

    Raises AssertionError naming the parts when a starter earns a point or a solution loses one.
    """
    full = {part.id: part.points for part in parts(root, assignment) if not part.manual}
    with tempfile.TemporaryDirectory() as scratch:
        course = _scratch_course(root, assignment, Path(scratch).resolve())
        released = notebooks_in(course / "release" / assignment)
        solutions = {lesson.name: answers(lesson) for lesson in map(load, lesson_paths(root, assignment))}
        solved = {name: enter(notebook, solutions[name]) for name, notebook in released.items()}
        write_submission(course, "untouched", assignment, released)
        write_submission(course, "solved", assignment, solved)
        where = _where_to_run()
        grade_class(course, assignment, ["untouched", "solved"], mode=where)
        untouched, perfect = (scores_of(course, assignment, student) for student in ("untouched", "solved"))
        said = _messages(course / "autograded" / "solved" / assignment)
    earning = [part for part, score in untouched.items() if score.points]
    losing = [part for part, points in full.items() if part not in perfect or perfect[part].points != points]
    if earning or losing or not untouched:
        reasons = "".join(f"\n{part}: {said.get(part, 'no verdict')}" for part in losing)
        raise AssertionError(f"starters that earn points: {earning}; solutions that lose some: {reasons}")
    ran = "student code in a box" if where == "split" else "no box can be made here, so beside the tests"
    return [
        f"no starter earns a point ({ran})",
        f"the solved notebooks earn all {sum(full.values())} points of a machine ({ran})",
    ]


def _where_to_run() -> Mode:
    """Return how notebooks of ours are run: as a class is, wherever this machine can."""
    return "split" if what_this_machine_can_do().can_sandbox else "trusted"


def _messages(folder: Path) -> dict[str, str]:
    """Return what the graded cells of executed notebooks say is wrong, by part, for their author to mend."""
    found = {}
    for lesson, notebook in notebooks_in(folder).items():
        for cell in filter(is_graded_code, notebook.cells):
            errors = [output for output in cell.outputs if output.output_type == "error"]
            if errors:
                name = part_id(lesson, str(grade_id(cell)))
                found[name] = f"{errors[0].ename}: {errors[0].evalue}"
    return found


def _scratch_course(root: Path, assignment: str, scratch: Path) -> Path:
    """Return a copy of the course, with a gradebook of its own."""
    for name in ("nbgrader_config.py", "pyproject.toml"):
        shutil.copy(root / name, scratch)
    for folder in ("lessons", "source"):
        shutil.copytree(root / folder / assignment, scratch / folder / assignment)
    build_release(scratch, assignment)
    return scratch
