"""Answers that are code, judged as a class is graded: entered in the released notebooks, which then run.

A folder of its own is made for that, with nothing in it but the release and the answers; code never runs in
this process. In the i-th notebook each part has its i-th attempt, or its last one.
"""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import compute_checksum

from utils.build.lessons import lesson_paths, load
from utils.build.notebooks import to_notebook
from utils.grading.course_setup import course_of, settings
from utils.grading.instructor_cells import InstructorCell, InstructorCells
from utils.grading.intake import grade_id
from utils.grading.running import is_graded_code
from utils.grading.scores import part_id
from utils.grading.submission import enter, notebooks_in, write_submission
from utils.grading.tasks import CellScore, Course, Mode, Result, Task
from utils.grading.teams import workers_here
from utils.grading.verdict import score_of
from utils.grading.workers import worked

Texts = Mapping[str, Mapping[str, str]]  # lesson -> part -> the text of its cell


@dataclass(frozen=True)
class CellVerdict:
    """What a graded cell gave for one part, and what it said."""

    score: CellScore
    said: str


def judged(
    root: Path, assignment: str, attempts: Iterable[Texts], *, mode: Mode = "split", jobs: int = 1
) -> list[dict[str, CellVerdict]]:
    """Return, for each attempt, the verdicts on all parts of the lessons that it answers, by part id.

    `attempts` map a lesson to the whole texts of its cells. Raises `CannotGrade` when no box can be made,
    RuntimeError when a notebook got no verdict.
    """
    given = list(attempts)
    with tempfile.TemporaryDirectory() as scratch:
        course = _course(root, assignment, Path(scratch), mode)
        released = notebooks_in(Path(scratch) / "release" / assignment)
        tasks = [_handed_in(course, released, number, texts) for number, texts in enumerate(given)]
        verdicts: list[dict[str, CellVerdict]] = [{} for _ in given]
        with workers_here(course, jobs) as workers:
            for result in worked([task for several in tasks for task in several], workers):
                verdicts[_number(result.student)] |= _verdicts(result)
    return verdicts


def _course(root: Path, assignment: str, scratch: Path, mode: Mode) -> Course:
    """Return a course in an empty folder: the release of `root`, its settings, its key, its full tests."""
    course = course_of(root.resolve(), assignment, mode, settings(root))
    folder = scratch / "release" / assignment
    folder.mkdir(parents=True)
    tests = {}
    for path in lesson_paths(root, assignment):
        released = root / "release" / assignment / f"{path.stem}.ipynb"
        if not released.is_file():
            raise FileNotFoundError(f"{released} is missing: run 'course build'.")
        (folder / released.name).write_bytes(released.read_bytes())
        file = scratch / f"{path.stem}.json"
        cells = instructor_cells(path, nbformat.read(released, as_version=4))
        file.write_text(cells.to_json(), encoding="utf-8")
        tests[path.stem] = str(file)
    (scratch / "nbgrader_config.py").write_bytes((root / "nbgrader_config.py").read_bytes())
    return replace(course, root=str(scratch), tests=tests)


def instructor_cells(lesson: Path, released: NotebookNode) -> InstructorCells:
    """Return the marked cells of a released notebook with the hidden tests of its lesson.

    Raises ValueError when the release was made from another version of the lesson.
    """
    written = {cell.id: cell for cell in to_notebook(load(lesson)).cells}
    cells = {}
    for cell in released.cells:
        if name := grade_id(cell):
            if is_graded_code(cell) and cell.id not in written:
                raise ValueError(f"{lesson.stem}: release and lesson differ in {name}: run 'course build'.")
            cells[name] = _full(cell, written.get(cell.id, cell))
    return InstructorCells(lesson.stem, cells, dict(released.metadata.get("kernelspec", {})))


def _full(released: NotebookNode, written: NotebookNode) -> InstructorCell:
    cell = copy.deepcopy(released)
    mark = cell.metadata.nbgrader
    if is_graded_code(cell):
        cell.source, mark["points"] = written.source, written.metadata.nbgrader["points"]
    points = float(mark["points"]) if mark["grade"] else None
    return InstructorCell(cell.cell_type, mark["locked"], cell.source, compute_checksum(cell), points)


def _handed_in(course: Course, released: Mapping[str, NotebookNode], number: int, texts: Texts) -> list[Task]:
    """Write one attempt as a submission; return a task for each lesson that has an answer."""
    student = f"attempt-{number}"
    entered = {
        lesson: enter(released[lesson], {name.partition(".")[2]: text for name, text in answers.items()})
        for lesson, answers in texts.items()
        if answers
    }
    write_submission(course.folder, student, course.assignment, entered)
    return [Task(student, lesson) for lesson in entered]


def _number(student: str) -> int:
    return int(student.rpartition("-")[2])


def _verdicts(result: Result) -> dict[str, CellVerdict]:
    """Return the verdicts of one notebook by part id. Raises RuntimeError for a notebook without any."""
    if result.state == "failed":
        raise RuntimeError(f"the code answers of {result.lesson} got no verdict: {result.reason}")
    notebook = nbformat.reads(result.notebook_json, as_version=4)
    return {
        part_id(result.lesson, str(grade_id(cell))): CellVerdict(score_of(cell), _said(cell))
        for cell in filter(is_graded_code, notebook.cells)
    }


def _said(cell: NotebookNode) -> str:
    """Return what a graded cell says of an answer: boxes and errors, in their order."""
    outputs = cell.get("outputs", [])
    boxes = [output.data.get("text/plain", "") for output in outputs if output.output_type == "display_data"]
    errors = [output.evalue for output in outputs if output.output_type == "error"]
    return "\n".join([*boxes, *errors])
