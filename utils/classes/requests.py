"""Requests to look at a part again: who asks, about what and why, and what was decided.

A request changes no points. Whoever decides gives points in Formgrader, where they stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sql

from coursekit.handed_out import handed_out
from utils.collect.names import BadName, student_folder
from utils.grading.class_run import students_of
from utils.grading.class_tables import REQUESTS
from utils.grading.gradebook import OpenGradebook, explained
from utils.grading.submission import notebooks_in

LONGEST = 5_000  # characters of a reason or an answer


class RequestError(ValueError):
    """A request that cannot be taken or found; the message says why."""


@dataclass(frozen=True)
class Asked:
    """What a student sends. All texts are the student's own."""

    student: str
    part: str
    reason: str


@dataclass(frozen=True)
class Request(Asked):
    """A request in the gradebook; times are in UTC, `closed` is None while it is open."""

    number: int
    assignment: str
    made: datetime
    closed: datetime | None = None
    answer: str = ""


def parts_of(root: Path, assignment: str) -> list[str]:
    """Return the ids of all parts of the released notebooks, `<lesson>.<part>`."""
    released = notebooks_in(root / "release" / assignment)
    told = {lesson: handed_out(notebook) for lesson, notebook in released.items()}
    return [f"{lesson}.{part.name}" for lesson, about in told.items() if about for part in about.parts]


def add(book: OpenGradebook, root: Path, asked: Asked) -> int | None:
    """Enter a request and return its number, None when the very same one is there already.

    Raises `RequestError` for a student who handed nothing in, an unknown part, or no reason.
    """
    _require_student(root, book.assignment, asked.student)
    row = {
        "assignment": book.assignment,
        "student": asked.student,
        "part": _part(root, book.assignment, asked.part),
        "reason": _text(asked.reason, "a reason"),
    }
    with explained(book.url), book.engine.begin() as connection:
        same = (REQUESTS.c[name] == value for name, value in row.items())
        if connection.execute(sql.select(REQUESTS.c.number).where(*same)).first():
            return None
        made = connection.execute(REQUESTS.insert(), {**row, "made": _now()})
        return int((made.inserted_primary_key or [0])[0])


def listed(book: OpenGradebook, *, closed: bool = False) -> list[Request]:
    """Return the open requests about an assignment, or the closed ones, the oldest first."""
    query = sql.select(REQUESTS).where(REQUESTS.c.assignment == book.assignment)
    query = query.where(REQUESTS.c.closed.is_not(None) if closed else REQUESTS.c.closed.is_(None))
    return _read(book, query.order_by(REQUESTS.c.number))


def found(book: OpenGradebook, number: int) -> Request:
    """Return the request with a number. Raises `RequestError`."""
    requests = _read(book, sql.select(REQUESTS).where(REQUESTS.c.number == number))
    if not requests:
        raise RequestError(f"there is no request {number}; course requests lists them.")
    return requests[0]


def close(book: OpenGradebook, number: int, answer: str) -> Request:
    """Record what was decided; return the request. Raises `RequestError` for one that is closed."""
    said, request = _text(answer, "an answer"), found(book, number)
    this = (REQUESTS.c.number == number) & REQUESTS.c.closed.is_(None)
    with explained(book.url), book.engine.begin() as connection:
        change = sql.update(REQUESTS).where(this).values(closed=_now(), answer=said)
        if not connection.execute(change).rowcount:
            raise RequestError(f"request {number} is closed already, with the answer: {request.answer}")
    return found(book, number)


def _read(book: OpenGradebook, query: sql.Select[tuple[object, ...]]) -> list[Request]:
    with explained(book.url), book.engine.connect() as connection:
        rows: Iterable[sql.Row[tuple[object, ...]]] = connection.execute(query).all()
    return [Request(**{**row._mapping, "answer": row._mapping["answer"] or ""}) for row in rows]


def _require_student(root: Path, assignment: str, student: str) -> None:
    """Raise `RequestError` unless the student has handed in."""
    try:
        folder = student_folder(student)
    except BadName as error:
        raise RequestError(f"{error}.") from None
    if folder not in students_of(root, assignment):
        raise RequestError(f"{student} has handed in nothing for {assignment}.")


def _part(root: Path, assignment: str, asked: str) -> str:
    """Return the id of the part that is meant; the lesson may be left out when only one has it."""
    known = parts_of(root, assignment)
    meant = [part for part in known if asked.strip() in (part, part.partition(".")[2])]
    if len(meant) != 1:
        what = f"are {len(meant)} parts: {', '.join(meant)}" if meant else "is no part"
        raise RequestError(f"{asked.strip()[:80]!r} {what}; course parts {assignment} lists them.")
    return meant[0]


def _text(text: str, what: str) -> str:
    """Return a text as it is kept. Raises `RequestError` for none, or one that is too long."""
    kept = text.replace("\0", "").encode("utf-8", "replace").decode().strip()
    if not kept:
        raise RequestError(f"it has no text: {what} is needed.")
    if len(kept) > LONGEST:
        raise RequestError(f"its text has {len(kept)} characters; {what} may have {LONGEST}.")
    return kept


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
