"""Extensions that were granted before their students handed in.

nbgrader keeps an extension with a submission. A submission made for its sake would show in every list as work
without points, so until there is one the extension waits in a table of ours.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sql
from nbgrader.api import Assignment, SubmittedAssignment
from sqlalchemy.engine import Connection

from utils.grading.class_tables import EXTENSIONS

SUBMISSION = SubmittedAssignment.__table__


def waiting(connection: Connection, assignment: str) -> dict[str, timedelta]:
    """Return the extensions of students who have not handed in yet."""
    query = sql.select(EXTENSIONS).where(EXTENSIONS.c.assignment == assignment)
    return {row.student: timedelta(seconds=row.seconds) for row in connection.execute(query)}


def keep(connection: Connection, assignment: str, student: str, extension: timedelta | None) -> None:
    """Let an extension wait for its student, in the place of an earlier one; None removes it."""
    connection.execute(EXTENSIONS.delete().where(*_this(assignment, student)))
    if extension is not None:
        row = {"assignment": assignment, "student": student, "seconds": int(extension.total_seconds())}
        connection.execute(EXTENSIONS.insert(), row)


def hand_over(connection: Connection, assignment: str) -> None:
    """Give every waiting extension to the submission that has come in for it."""
    for student, extension in waiting(connection, assignment).items():
        named = sql.select(Assignment.id).where(Assignment.name == assignment).scalar_subquery()
        mine = (SUBMISSION.c.assignment_id == named) & (SUBMISSION.c.student_id == student)
        given = connection.execute(sql.update(SUBMISSION).where(mine).values(extension=extension))
        if given.rowcount:
            connection.execute(EXTENSIONS.delete().where(*_this(assignment, student)))


def hand_over_at(url: str, assignment: str) -> None:
    """Do the same in the gradebook at an address, if it has such extensions."""
    engine = sql.create_engine(url)
    try:
        with engine.begin() as connection:
            if sql.inspect(connection).has_table(EXTENSIONS.name):
                hand_over(connection, assignment)
    finally:
        engine.dispose()


def _this(assignment: str, student: str) -> tuple[sql.ColumnElement[bool], ...]:
    return EXTENSIONS.c.assignment == assignment, EXTENSIONS.c.student == student
