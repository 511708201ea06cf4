"""What lateness costs now: penalties follow due dates, extensions, the policy and points given by hand.

None of these is a reason to run a student's code again, so this is a pass over the gradebook alone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sql
from nbgrader.api import Assignment, Grade, Notebook, SubmittedAssignment, SubmittedNotebook
from sqlalchemy.engine import Connection

from utils.grading.extensions import hand_over
from utils.grading.late_penalty import LatePenalty

GRADE, NOTEBOOK, SUBMISSION = Grade.__table__, SubmittedNotebook.__table__, SubmittedAssignment.__table__


@dataclass(frozen=True)
class ChangedPenalty:
    """A notebook whose late penalty is another than before; in points."""

    student: str
    lesson: str
    before: float
    now: float

    def __str__(self) -> str:
        """Return the change as a note."""
        return f"{self.lesson}: the late penalty is now {self.now:g} points (it was {self.before:g})."


def seconds_late(handed_in: datetime | None, due: datetime | None, extension: timedelta | None) -> float:
    """Return by how much a submission came after its date, an extension included."""
    if handed_in is None or due is None:
        return 0.0
    end = due + extension if extension is not None else due
    return max(0.0, (handed_in - end).total_seconds())


def settle(
    connection: Connection,
    assignment: str,
    due: datetime | None,
    penalty: LatePenalty,
    students: Collection[str],
) -> list[ChangedPenalty]:
    """Bring the late penalties of these students up to date; return those that changed."""
    hand_over(connection, assignment)
    changed, values = [], []
    for row in connection.execute(_query(assignment)).all():
        if row.student not in students:
            continue
        late = seconds_late(row.timestamp, due, row.extension)
        now = penalty.of(row.student, float(row.score), late)
        if now != row.penalty:
            values.append({"row": row.id, "owed": now})
        if (now or 0.0) != (row.penalty or 0.0):
            changed.append(ChangedPenalty(row.student, row.lesson, row.penalty or 0.0, now or 0.0))
    if values:
        change = sql.update(NOTEBOOK).where(NOTEBOOK.c.id == sql.bindparam("row"))
        connection.execute(change.values(late_submission_penalty=sql.bindparam("owed")), values)
    return changed


def _query(assignment: str) -> sql.Select[tuple[object, ...]]:
    """Return what asks for each notebook's score, as nbgrader adds it up, its penalty and its time."""
    given = sql.func.coalesce(GRADE.c.manual_score, GRADE.c.auto_score, 0.0)
    score = sql.func.coalesce(sql.func.sum(given + sql.func.coalesce(GRADE.c.extra_credit, 0.0)), 0.0)
    lesson, named = Notebook.__table__, Assignment.__table__
    return (
        sql.select(
            NOTEBOOK.c.id,
            SUBMISSION.c.student_id.label("student"),
            lesson.c.name.label("lesson"),
            SUBMISSION.c.timestamp,
            SUBMISSION.c.extension,
            NOTEBOOK.c.late_submission_penalty.label("penalty"),
            score.label("score"),
        )
        .select_from(NOTEBOOK)
        .join(SUBMISSION, SUBMISSION.c.id == NOTEBOOK.c.assignment_id)
        .join(lesson, lesson.c.id == NOTEBOOK.c.notebook_id)
        .join(named, named.c.id == SUBMISSION.c.assignment_id)
        .outerjoin(GRADE, GRADE.c.notebook_id == NOTEBOOK.c.id)
        .where(named.c.name == assignment)
        .group_by(
            NOTEBOOK.c.id,
            SUBMISSION.c.student_id,
            lesson.c.name,
            SUBMISSION.c.timestamp,
            SUBMISSION.c.extension,
            NOTEBOOK.c.late_submission_penalty,
        )
        .order_by(SUBMISSION.c.student_id, lesson.c.name)
    )
