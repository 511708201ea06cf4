"""What a judge process does: one notebook of one student, from the submitted file to its scores.

`REQUESTS` are the things that a judge can be asked for; each takes plain data and returns a text.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import nbformat
from nbformat import NotebookNode

from utils.checks.course_key import course_key
from utils.checks.evidence import Evidence, decisions, last_seen, witnessed
from utils.grading.box.boxes import Boxes
from utils.grading.box.limits import Limits
from utils.grading.executed import MAPS
from utils.grading.findings import findings_of
from utils.grading.heat_maps import maps_of
from utils.grading.instructor_cells import InstructorCells
from utils.grading.intake import Rebuilt, grade_id, rebuilt
from utils.grading.reading import submitted_notebook
from utils.grading.rehearsal import rehearsed
from utils.grading.running import is_graded_code, not_run
from utils.grading.scores import part_id
from utils.grading.split.judge import Disturbed, Judge, Verdicts
from utils.grading.split.session import Session
from utils.grading.tasks import CellScore, Course, Launcher, Result, Task
from utils.grading.verdict import score_of, scored


def grade_notebook(course: Course, task: Task) -> Result:
    """Return the result of one task. What a student handed in never makes it raise.

    Raises OSError without the course key: a check would take that for a fault of the answer.
    """
    started = time.process_time()
    course_key()
    made, released = _taken_in(course, task)
    with decisions() as decided:
        verdicts = _run(course, task, made, released)
    earned = scored(made.notebook)
    here = time.process_time() - started
    return Result(
        student=task.student,
        lesson=task.lesson,
        state="graded",
        cells=earned.cells,
        unanswered=earned.unanswered,
        answers=earned.answers,
        notes=tuple(made.notes),
        notebook_json=nbformat.writes(made.notebook, version=4),
        draws=verdicts.draws,
        incidents=tuple(verdicts.incidents),
        seconds={**verdicts.seconds, "all": verdicts.seconds.get("box", 0.0) + here},
        digest=task.digest,
        findings=findings_of(made.notebook, task.lesson, decided),
    )


def _taken_in(course: Course, task: Task) -> tuple[Rebuilt, NotebookNode]:
    """Return the notebook to run, with the full test cells, and the one that was handed out."""
    released = nbformat.read(course.released(task.lesson), as_version=4)
    taken = submitted_notebook(course.submitted(task.student), task.lesson, course.lessons)
    made = rebuilt(released, taken, course.versions.get(task.lesson))
    InstructorCells.read(course.tests[task.lesson]).restore(made.notebook)
    return made, released


def _run(course: Course, task: Task, made: Rebuilt, released: NotebookNode) -> Verdicts:
    """Run a notebook, unless there is nothing to run."""
    if made.reason:
        not_run(made.notebook, made.reason)
        return Verdicts()
    return split_run(
        made.notebook, released, task.student, task.lesson, course.limits, course.box, course.launcher
    )


def split_run(
    notebook: NotebookNode,
    released: NotebookNode,
    student: str,
    lesson: str,
    limits: Mapping[str, float],
    box: str | None,
    launcher: Launcher = "warm",
) -> Verdicts:
    """Run a rebuilt notebook with its full test cells, in a box and here; its outputs are filled in.

    `box` is the address of the process that starts boxes; None starts one for this notebook alone.
    """
    policy = replace(Limits(), **limits)  # type: ignore[arg-type]
    with Boxes(policy, address=box, launcher=launcher) as boxes:

        def run(*, again: bool) -> Verdicts:
            judge = Judge(lambda: Session(boxes.open(), policy), policy, student, lesson, again=again)
            with last_seen() as seen:
                verdicts = judge.run(notebook, released, shown=_shown(released))
            _keep_maps(notebook, lesson, maps_of(seen))
            return verdicts

        try:
            return run(again=False)
        except Disturbed:
            return run(again=True)  # every output is written anew


def _keep_maps(notebook: NotebookNode, lesson: str, maps: Mapping[str, dict[str, Any]]) -> None:
    """Let the graded cells of an executed notebook hold what their feedback can draw."""
    for cell in filter(is_graded_code, notebook.cells):
        cell.metadata.pop(MAPS, None)
        part = part_id(lesson, str(grade_id(cell))).partition(".")[2]
        if part in maps:
            cell.metadata[MAPS] = maps[part]


def _shown(released: NotebookNode) -> set[str]:
    """Return the ids of the drawing cells that a person needs to see who reads the written answers."""
    marks = [cell.metadata.get("course", {}).get("shows", "") for cell in released.cells]
    return {f"draw-{name}" for mark in marks for name in mark.split(",") if name}


@dataclass(frozen=True)
class _Explained:
    """What a check of one student's part looked at, what it gave, and what the student's page says of it."""

    part: str
    score: CellScore
    message: str
    seen: tuple[Evidence, ...]

    def __str__(self) -> str:
        earned = f"{self.part}: {self.score.points or 0:g} of {self.score.out_of:g} points"
        last = self.seen[-1] if self.seen else None
        shown = str(last) if last else "The hidden check did not get to look at anything."
        return f"{earned}\n\n{self.message or 'no message; the last case is shown'}\n\n{shown}"


def explain(course: Course, task: Task, part: str) -> str:
    """Return, for an instructor, input, expected and received of the case that decided a student's part.

    Raises KeyError when the lesson has no such part.
    """
    made, released = _taken_in(course, task)
    cells = {
        part_id(task.lesson, str(grade_id(cell))): cell
        for cell in filter(is_graded_code, made.notebook.cells)
    }
    if part not in cells:
        raise KeyError(f"{task.lesson} has no part {part}; it has {', '.join(cells)}")
    with witnessed() as seen:
        _run(course, task, made, released)
    own = tuple(evidence for evidence in seen if evidence.part == part.partition(".")[2])
    return str(_Explained(part, score_of(cells[part]), _said(cells[part]), own))


def _said(cell: NotebookNode) -> str:
    """Return what checks say of an answer in the outputs of its graded cell: errors and boxes."""
    outputs = cell.get("outputs", [])
    errors = [output.evalue for output in outputs if output.output_type == "error"]
    boxes = [output.data.get("text/plain", "") for output in outputs if output.output_type == "display_data"]
    return "\n".join([*boxes, *errors])


def _grade(course: str, task: str) -> str:
    return grade_notebook(Course.from_json(course), Task.from_json(task)).to_json()


def _explain(course: str, task: str, part: str) -> str:
    return explain(Course.from_json(course), Task.from_json(task), part)


def _rehearse(course: str) -> str:
    return rehearsed(Course.from_json(course))


def _run_only(
    notebook: str,
    released: str,
    student: str,
    lesson: str,
    limits: dict[str, float],
    box: str | None,
    launcher: Launcher,
) -> str:
    ours, theirs = (nbformat.reads(text, as_version=4) for text in (notebook, released))
    verdicts = split_run(ours, theirs, student, lesson, limits, box, launcher)
    return json.dumps({"notebook": nbformat.writes(ours, version=4), "incidents": verdicts.incidents})


REQUESTS: Mapping[str, Callable[..., str]] = {
    "rehearse": _rehearse,
    "grade": _grade,
    "explain": _explain,
    "run": _run_only,
}
