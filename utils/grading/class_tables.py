"""Tables of ours for what nbgrader has no place for: sections, early extensions, versions, requests.

`utils.grading.gradebook` makes those that are missing when it opens a gradebook.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sql
from sqlalchemy.engine import Connection

NAME = 128  # characters, as in nbgrader's own tables
METADATA = sql.MetaData()

# The group that a student belongs to, as the roster says.
SECTIONS = sql.Table(
    "course_sections",
    METADATA,
    sql.Column("student", sql.String(NAME), primary_key=True),
    sql.Column("section", sql.String(NAME), nullable=False),
)
# An extension waits here until its student hands in; nbgrader keeps it with the submission from then on.
EXTENSIONS = sql.Table(
    "course_extensions",
    METADATA,
    sql.Column("assignment", sql.String(NAME), primary_key=True),
    sql.Column("student", sql.String(NAME), primary_key=True),
    sql.Column("seconds", sql.BigInteger, nullable=False),
)
# Every version of a released notebook that this gradebook has met.
VERSIONS = sql.Table(
    "course_versions",
    METADATA,
    sql.Column("assignment", sql.String(NAME), primary_key=True),
    sql.Column("lesson", sql.String(NAME), primary_key=True),
    sql.Column("version", sql.String(NAME), primary_key=True),
    sql.Column("seen", sql.DateTime, nullable=False),  # UTC, for the first time
)
# What students ask to have looked at again; closed once `closed` is set.
REQUESTS = sql.Table(
    "course_requests",
    METADATA,
    sql.Column("number", sql.Integer, primary_key=True, autoincrement=True),
    sql.Column("assignment", sql.String(NAME), nullable=False),
    sql.Column("student", sql.String(NAME), nullable=False),
    sql.Column("part", sql.String(2 * NAME), nullable=False),
    sql.Column("reason", sql.Text, nullable=False),
    sql.Column("made", sql.DateTime, nullable=False),  # UTC
    sql.Column("closed", sql.DateTime),  # UTC
    sql.Column("answer", sql.Text),
    sql.UniqueConstraint("assignment", "student", "part", "reason"),
)
OF_STUDENTS = (SECTIONS, EXTENSIONS, REQUESTS)


def forget_students(connection: Connection, students: Iterable[str]) -> None:
    """Remove what these tables hold of some students."""
    named = list(students)
    for table in OF_STUDENTS:
        connection.execute(table.delete().where(table.c.student.in_(named)))
