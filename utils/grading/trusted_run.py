"""The trusted mode: a notebook runs in one kernel with its hidden tests, without a box.

For machines that cannot make boxes, and for notebooks of one's own. The steps are nbgrader's and those of
`nbgrader_config.py`, without the gradebook. Run as a program it serves a `LineDesk`.
"""

from __future__ import annotations

import os
import signal
import sys
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import IgnorePattern, LimitOutput

from utils.build.release import course_config
from utils.checks.course_key import course_key
from utils.grading.findings import findings_of
from utils.grading.instructor_cells import InstructorCells
from utils.grading.intake import Rebuilt, rebuilt
from utils.grading.line_desk import serve
from utils.grading.preprocessors import KeepWarnings, PlainScores
from utils.grading.reading import submitted_notebook
from utils.grading.running import NOT_GIVEN, RunNotebook
from utils.grading.tasks import Course, Result, Task
from utils.grading.verdict import scored

STEPS = (RunNotebook, KeepWarnings, PlainScores, IgnorePattern, LimitOutput)


def grade_notebook(course: Course, task: Task) -> Result:
    """Return the result of one task. What a student handed in never makes it raise.

    Raises OSError without the course key: a check would take that for a fault of the answer.
    """
    before = os.times()
    course_key()
    made = _taken_in(course, task)
    notebook = _run(course, task, made.notebook)
    verdict = scored(notebook)
    return Result(
        task.student,
        task.lesson,
        "graded",
        cells=verdict.cells,
        notes=tuple(made.notes),
        notebook_json=nbformat.writes(notebook, version=4),
        unanswered=verdict.unanswered,
        answers=verdict.answers,
        seconds=_seconds_since(before),
        digest=task.digest,
        findings=findings_of(notebook, task.lesson),
    )


def _taken_in(course: Course, task: Task) -> Rebuilt:
    """Return the notebook to run: the release with the student's answers and the instructor's full tests."""
    intake = submitted_notebook(course.submitted(task.student), task.lesson, course.lessons)
    released = nbformat.read(course.released(task.lesson), as_version=4)
    made = rebuilt(released, intake, course.versions.get(task.lesson))
    InstructorCells.read(course.tests[task.lesson]).restore(made.notebook)
    if made.reason:
        made.notebook.metadata[NOT_GIVEN] = made.reason
    return made


def _run(course: Course, task: Task, notebook: NotebookNode) -> NotebookNode:
    config = _config(course.root)
    resources: dict[str, Any] = {
        "nbgrader": {"student": task.student, "assignment": course.assignment, "notebook": task.lesson},
        "metadata": {"name": task.lesson},
    }
    for step in STEPS:
        notebook, resources = step(config=config)(notebook, resources)
    return notebook


@cache
def _config(root: str) -> Any:
    return course_config(Path(root))


def _seconds_since(before: os.times_result) -> dict[str, float]:
    """Return CPU seconds: of the kernel, its start included, and of this process."""
    now = os.times()
    kernel = now.children_user + now.children_system - before.children_user - before.children_system
    own = now.user + now.system - before.user - before.system
    return {"kernel": kernel, "judge": own, "all": kernel + own}


def _leave(number: int, frame: FrameType | None) -> None:
    """Leave in the ordinary way, so that the kernel is ended too."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _leave)
    serve(grade_notebook, int(sys.argv[1]))
