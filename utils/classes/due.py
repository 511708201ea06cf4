"""Due dates and extensions, in nbgrader's own fields; times are in UTC there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sql
from nbgrader.api import Assignment, Student, SubmittedAssignment
from sqlalchemy.engine import Connection

from utils.grading import extensions
from utils.grading.class_run import students_of
from utils.grading.gradebook import OpenGradebook, explained

SUBMISSION, STUDENT = SubmittedAssignment.__table__, Student.__table__
LONGEST = timedelta(days=366)  # a longer extension is a slip of the keyboard


class DueError(ValueError):
    """A time or an extension that cannot be; the message says why and what to write."""


@dataclass(frozen=True)
class Dates:
    """When an assignment is due, in UTC, and who has more time."""

    due: datetime | None
    extensions: dict[str, timedelta] = field(default_factory=dict)


def moment(text: str) -> datetime:
    """Return a time, as ISO 8601 writes it with its zone, in UTC without the zone. Raises `DueError`."""
    example = "2026-12-01T23:59+01:00, or 2026-12-01T22:59Z in UTC"
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        raise DueError(f"{text!r} is no date and time; write it as {example}.") from None
    if read.tzinfo is None:
        raise DueError(f"{text!r} does not say in which zone; write it as {example}.")
    try:
        return read.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise DueError(f"{text!r} is too far away; write it as {example}.") from None


def shown(when: datetime) -> str:
    """Return a time of the gradebook's, in UTC and as this machine's clock shows it."""
    here = when.replace(tzinfo=UTC).astimezone()
    return f"{when:%Y-%m-%d %H:%M} UTC ({here:%a %d %b %H:%M %Z} here)"


def dates(book: OpenGradebook) -> Dates:
    """Return the due date of an open gradebook's assignment, and its extensions by student."""
    with explained(book.url), book.engine.connect() as connection:
        return Dates(_due(connection, book), _extensions(connection, book))


def set_due(book: OpenGradebook, due: datetime | None) -> None:
    """Set the due date, or remove it. Raises `DueError` while somebody has an extension of it."""
    with explained(book.url), book.engine.begin() as connection:
        extended = _extensions(connection, book)
        if due is None and extended:
            raise DueError(f"take the extensions of {', '.join(sorted(extended))} back first (--none).")
        this = Assignment.__table__.c.id == _known(book)
        connection.execute(sql.update(Assignment.__table__).where(this).values(duedate=due))


def extend(book: OpenGradebook, root: Path, student: str, extension: timedelta | None) -> timedelta | None:
    """Give a student so much more time in the place of an earlier extension; return the earlier one.

    None takes the extension back. Raises `DueError` for an unknown student, and where nothing is due.
    """
    with explained(book.url), book.engine.begin() as connection:
        if extension is not None:
            _require_sense(connection, book, extension)
        _require_known(connection, book, root, student)
        before = _extensions(connection, book).get(student)
        mine = (SUBMISSION.c.assignment_id == book.id) & (SUBMISSION.c.student_id == student)
        given = connection.execute(sql.update(SUBMISSION).where(mine).values(extension=extension))
        extensions.keep(connection, book.assignment, student, None if given.rowcount else extension)
    return before


def _require_sense(connection: Connection, book: OpenGradebook, extension: timedelta) -> None:
    if _due(connection, book) is None:
        raise DueError(f"nothing is due; set a date first: course due {book.assignment} WHEN.")
    if not timedelta(0) < extension <= LONGEST:
        raise DueError(f"an extension is longer than nothing and not longer than {LONGEST.days} days.")


def _require_known(connection: Connection, book: OpenGradebook, root: Path, student: str) -> None:
    listed = connection.execute(sql.select(STUDENT.c.id).where(STUDENT.c.id == student)).first()
    if listed is None and student not in students_of(root, book.assignment):
        raise DueError(f"no student is called {student!r}, in the gradebook or in submitted/: course roster.")


def _known(book: OpenGradebook) -> str:
    """Return the assignment's key. Raises `DueError` when the gradebook does not know it."""
    if book.id is None:
        raise DueError(f"the gradebook does not know {book.assignment}; run course build {book.assignment}.")
    return book.id


def _due(connection: Connection, book: OpenGradebook) -> datetime | None:
    named = sql.select(Assignment.duedate).where(Assignment.id == _known(book))
    found: datetime | None = connection.execute(named).scalar_one_or_none()
    return found


def _extensions(connection: Connection, book: OpenGradebook) -> dict[str, timedelta]:
    mine = (SUBMISSION.c.assignment_id == _known(book)) & SUBMISSION.c.extension.is_not(None)
    query = sql.select(SUBMISSION.c.student_id, SUBMISSION.c.extension).where(mine)
    given = {row.student_id: row.extension for row in connection.execute(query)}
    return dict(sorted({**extensions.waiting(connection, book.assignment), **given}.items()))
