"""The table of ours in the gradebook: for every task, what its scores were computed from and the result.

nbgrader's own tables know no reason, no version and no draw. A row here is written together with the scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Self

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from utils.grading.tasks import Result

RESULTS = sql.Table(
    "course_results",
    sql.MetaData(),
    sql.Column("assignment", sql.String(128), primary_key=True),
    sql.Column("student", sql.String(128), primary_key=True),
    sql.Column("lesson", sql.String(128), primary_key=True),
    sql.Column("digest", sql.String(128), nullable=False),
    sql.Column("result", sql.Text, nullable=False),  # as JSON, without the executed notebook
    sql.Column("recorded", sql.DateTime, nullable=False),  # UTC
)


@dataclass(frozen=True)
class Record:
    """What is kept of a result: enough to skip an unchanged task and to say again how it was read."""

    student: str
    lesson: str
    digest: str
    result: Result

    @classmethod
    def of(cls, result: Result) -> Self:
        """Return the record of a result; the executed notebook is not part of it."""
        return cls(result.student, result.lesson, result.digest, replace(result, notebook_json=""))


def write(connection: Connection, assignment: str, record: Record) -> None:
    """Write a record in the place of an earlier one."""
    remove(connection, assignment, record.student, record.lesson)
    values = {
        "assignment": assignment,
        "student": record.student,
        "lesson": record.lesson,
        "digest": record.digest,
        "result": record.result.to_json(),
        "recorded": datetime.now(UTC).replace(tzinfo=None),
    }
    connection.execute(RESULTS.insert(), values)


def remove(connection: Connection, assignment: str, student: str, lesson: str) -> None:
    """Remove a task's record, if there is one."""
    this = {"assignment": assignment, "student": student, "lesson": lesson}
    connection.execute(RESULTS.delete().where(*(RESULTS.c[name] == value for name, value in this.items())))


def read(
    connection: Connection, assignment: str, students: Iterable[str] | None = None
) -> Mapping[tuple[str, str], Record]:
    """Return the records of an assignment by student and lesson; an unreadable one counts as none."""
    query = sql.select(RESULTS).where(RESULTS.c.assignment == assignment)
    chosen = None if students is None else set(students)
    found = {}
    for row in connection.execute(query):
        if chosen is None or row.student in chosen:
            with_result = _read(row.result)
            if with_result is not None:
                found[row.student, row.lesson] = Record(row.student, row.lesson, row.digest, with_result)
    return found


def _read(text: str) -> Result | None:
    try:
        return Result.from_json(text)
    except ValueError:
        return None
