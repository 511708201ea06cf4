"""The one writer of a class run: results go into the gradebook, each in one short transaction.

A result is a row per graded cell, as nbgrader's `SaveAutoGrades` and `AssignLatePenalties` would write it,
plus a record of what the scores were computed from. Both are written together, so a run that is killed at any
moment leaves no score without its record.

Points, extra credit and comments that a person gave are never changed. Points are marked to be looked at
again when the answers that they were given for have changed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sql
from nbgrader.api import Comment, Grade, Student, SubmittedAssignment, SubmittedNotebook, new_uuid
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import DataError, IntegrityError

from utils.grading import result_records
from utils.grading.extensions import hand_over
from utils.grading.gradebook import CELL, OpenGradebook, explained
from utils.grading.late_penalty import LatePenalty
from utils.grading.lateness import ChangedPenalty, seconds_late, settle
from utils.grading.result_records import Record
from utils.grading.tasks import CellScore, Result, Task

NO_RESPONSE = "No response."  # nbgrader's comment on an answer that was left as it was handed out
GRADED_TYPES, COMMENTED_TYPES = ("GradeCell", "TaskCell"), ("SolutionCell", "TaskCell")
GRADE, COMMENT, STUDENT = Grade.__table__, Comment.__table__, Student.__table__
SUBMISSION, NOTEBOOK = SubmittedAssignment.__table__, SubmittedNotebook.__table__


class NotRecorded(ValueError):
    """A result that the gradebook has no place for; the message says why. Others are not concerned."""


class ScoreWriter:
    """Writes results to an open gradebook. All methods raise `GradebookError` when it cannot be written."""

    def __init__(self, book: OpenGradebook, penalty: LatePenalty) -> None:
        self._book, self._penalty = book, penalty

    def records(self) -> Mapping[tuple[str, str], Record]:
        """Return what is known of earlier results, by student and lesson.

        A student whom somebody has removed from the gradebook has no records.
        """
        with explained(self._book.url), self._book.engine.connect() as connection:
            graded = sql.select(SUBMISSION.c.student_id).where(SUBMISSION.c.assignment_id == self._book.id)
            students = set(connection.execute(graded).scalars())
            return result_records.read(connection, self._book.assignment, students)

    def save(self, result: Result, handed_in: datetime | None, before: Record | None) -> None:
        """Write a graded result. `before` is the record of the task's last one.

        Raises `NotRecorded` for a student or a cell that the gradebook cannot hold.
        """
        with explained(self._book.url):
            try:
                with self._book.engine.begin() as connection:
                    self._save(connection, result, handed_in, before)
            except (DataError, IntegrityError) as error:
                raise NotRecorded(f"the gradebook refuses it: {error.orig}") from error

    def settle_lateness(self, students: Collection[str]) -> list[ChangedPenalty]:
        """Bring the students' late penalties up to date; return those that changed."""
        book = self._book
        with explained(book.url), book.engine.begin() as connection:
            return settle(connection, book.assignment, book.due, self._penalty, set(students))

    def forget(self, task: Task) -> None:
        """Remove the points that an earlier submission earned; those that a person gave stay."""
        with explained(self._book.url), self._book.engine.begin() as connection:
            result_records.remove(connection, self._book.assignment, task.student, task.lesson)
            mine = self._submitted(connection, task.student, task.lesson)
            if mine is not None:
                cleared = {"auto_score": None, "needs_manual_grade": True}
                connection.execute(sql.update(GRADE).where(GRADE.c.notebook_id == mine).values(cleared))

    def _save(
        self, connection: Connection, result: Result, handed_in: datetime | None, before: Record | None
    ) -> None:
        submission = self._entered(connection, result.student, handed_in)
        notebook = self._submitted(connection, result.student, result.lesson)
        if notebook is None:
            raise NotRecorded(f"the gradebook has no notebook {result.lesson}; run 'course build'.")
        changed = before is None or before.result.answers != result.answers
        score = _save_scores(connection, notebook, result, answers_changed=changed)
        _save_comments(connection, notebook, result)
        late = seconds_late(submission.timestamp, self._book.due, submission.extension)
        penalty = self._penalty.of(result.student, score, late)
        owed = {"late_submission_penalty": penalty}
        connection.execute(sql.update(NOTEBOOK).where(NOTEBOOK.c.id == notebook).values(owed))
        result_records.write(connection, self._book.assignment, Record.of(result))

    # A submission's rows, which mirror the assignment

    def _entered(self, connection: Connection, student: str, handed_in: datetime | None) -> Row[Any]:
        """Return the row of a submission, made if need be, with the time at which it was handed in."""
        mine = (SUBMISSION.c.assignment_id == self._book.id) & (SUBMISSION.c.student_id == student)
        found = connection.execute(sql.select(SUBMISSION).where(mine)).one_or_none()
        if found is None:
            self._enter(connection, student)
            hand_over(connection, self._book.assignment)
        if handed_in is not None and (found is None or found.timestamp != handed_in):
            connection.execute(sql.update(SUBMISSION).where(mine).values(timestamp=handed_in))
        return connection.execute(sql.select(SUBMISSION).where(mine)).one()

    def _enter(self, connection: Connection, student: str) -> None:
        if connection.execute(sql.select(STUDENT.c.id).where(STUDENT.c.id == student)).first() is None:
            connection.execute(STUDENT.insert(), {"id": student})
        submission, book = new_uuid(), self._book
        row = {"id": submission, "assignment_id": book.id, "student_id": student}
        connection.execute(SUBMISSION.insert(), row)
        mine = {key: new_uuid() for key in book.notebooks.values()}
        rows = [
            {"id": own, "assignment_id": submission, "notebook_id": key, "flagged": False}
            for key, own in mine.items()
        ]
        connection.execute(NOTEBOOK.insert(), rows)
        for table, types, more in (
            (GRADE, GRADED_TYPES, {"needs_manual_grade": True}),
            (COMMENT, COMMENTED_TYPES, {}),
        ):
            rows = [
                {"id": new_uuid(), "cell_id": cell, "notebook_id": mine[key], **more}
                for cell, key, kind in book.cells
                if kind in types
            ]
            connection.execute(table.insert(), rows)

    def _submitted(self, connection: Connection, student: str, lesson: str) -> str | None:
        """Return the id of a student's copy of a lesson."""
        query = (
            sql.select(NOTEBOOK.c.id)
            .join(SUBMISSION, SUBMISSION.c.id == NOTEBOOK.c.assignment_id)
            .where(NOTEBOOK.c.notebook_id == self._book.notebooks.get(lesson))
            .where(SUBMISSION.c.student_id == student, SUBMISSION.c.assignment_id == self._book.id)
        )
        return connection.execute(query).scalar_one_or_none()


def _save_scores(connection: Connection, notebook: str, result: Result, *, answers_changed: bool) -> float:
    """Write the points of one notebook; return its score. A cell without a verdict gets none."""
    query = sql.select(GRADE, CELL.c.name).join(CELL, CELL.c.id == GRADE.c.cell_id)
    rows = connection.execute(query.where(GRADE.c.notebook_id == notebook)).all()
    verdicts = {score.grade_id: score for score in result.cells}
    if unknown := sorted(set(verdicts) - {row.name for row in rows}):
        raise NotRecorded(f"the gradebook has no cell {', '.join(unknown)}; run 'course build'.")
    none = CellScore("", 0.0, 0.0)
    values = [_new_values(row, verdicts.get(row.name, none), answers_changed) for row in rows]
    change = sql.update(GRADE).where(GRADE.c.id == sql.bindparam("row"))
    change = change.values(auto_score=sql.bindparam("auto"), needs_manual_grade=sql.bindparam("needs"))
    if values:
        connection.execute(change, values)
    return sum(_points(row, value["auto"]) for row, value in zip(rows, values, strict=True))


def _new_values(row: Row[Any], verdict: CellScore, answers_changed: bool) -> dict[str, Any]:
    """Return what to write for one cell. Points of a person wait for that person when the answer is new."""
    needs = verdict.needs_manual
    if row.manual_score is not None:
        needs = answers_changed or row.needs_manual_grade
    return {"row": row.id, "auto": verdict.points, "needs": needs}


def _points(row: Row[Any], auto: float | None) -> float:
    """Return a cell's score as nbgrader adds it up."""
    given = row.manual_score if row.manual_score is not None else auto
    return 0.0 if given is None else float(given) + (row.extra_credit or 0.0)


def _save_comments(connection: Connection, notebook: str, result: Result) -> None:
    """Say of every answer whether it was left as it was handed out."""
    mine = COMMENT.c.notebook_id == notebook
    named = sql.select(CELL.c.id).where(CELL.c.id == COMMENT.c.cell_id, CELL.c.name.in_(result.unanswered))
    text = sql.case((named.exists(), sql.literal(NO_RESPONSE)), else_=sql.null())
    connection.execute(sql.update(COMMENT).where(mine).values(auto_comment=text))
