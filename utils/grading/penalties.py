"""What lateness takes off each student's points, as the gradebook has it."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sql
from nbgrader.api import Assignment, Notebook, SubmittedAssignment, SubmittedNotebook

from utils.grading.course_setup import gradebook_address, settings
from utils.grading.gradebook import rows_of


def penalties(root: Path, assignment: str, db: str | None = None) -> dict[str, dict[str, float]]:
    """Return the points off each late notebook, by student and lesson. Raises `GradebookError`."""
    found: dict[str, dict[str, float]] = {}
    for row in rows_of(db or gradebook_address(settings(root)), _query(assignment)):
        found.setdefault(row.student, {})[row.lesson] = float(row.penalty)
    return found


def _query(assignment: str) -> sql.Select[tuple[object, ...]]:
    late = SubmittedNotebook.__table__.c.late_submission_penalty
    return (
        sql.select(
            SubmittedAssignment.student_id.label("student"),
            Notebook.name.label("lesson"),
            late.label("penalty"),
        )
        .select_from(SubmittedNotebook)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .where(Assignment.name == assignment, late > 0)
    )
