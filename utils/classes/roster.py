"""The roster in the gradebook: nbgrader's students, with the section of each beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import sqlalchemy as sql
from nbgrader.api import Student, SubmittedAssignment
from sqlalchemy.engine import Connection

from utils.classes.roster_file import Person
from utils.grading.class_tables import SECTIONS, forget_students
from utils.grading.gradebook import OpenGradebook, explained

STUDENT, SUBMISSION = Student.__table__, SubmittedAssignment.__table__
COLUMNS = ("first_name", "last_name", "email", "lms_user_id")


@dataclass
class Changes:
    """What an import does, by student id. `kept` are students not on the roster, and why they stay."""

    added: list[str] = field(default_factory=list)
    changed: dict[str, list[str]] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)


def roster(book: OpenGradebook) -> dict[str, Person]:
    """Return the students of the gradebook by id, sorted."""
    with explained(book.url), book.engine.connect() as connection:
        return _roster(connection)


def plan(book: OpenGradebook, root: Path, people: Iterable[Person], *, remove: bool) -> Changes:
    """Return what an import of these students would do."""
    made, listed = Changes(), {person.id: person for person in people}
    before = roster(book)
    for person in listed.values():
        if person.id not in before:
            made.added.append(person.id)
        elif new := _new(before[person.id], person):
            made.changed[person.id] = sorted(new)
    with explained(book.url), book.engine.connect() as connection:
        graded = set(connection.execute(sql.select(SUBMISSION.c.student_id)).scalars())
    for student in before.keys() - listed.keys():
        if why := _reason_to_stay(root, student, graded, remove=remove):
            made.kept[student] = why
        else:
            made.removed.append(student)
    made.removed.sort()
    return made


def apply(book: OpenGradebook, changes: Changes, people: Iterable[Person]) -> None:
    """Write what was planned, all of it or nothing. An empty field leaves what is known as it is."""
    listed = {person.id: person for person in people}
    with explained(book.url), book.engine.begin() as connection:
        for student in (*changes.added, *changes.changed):
            _write(connection, listed[student], new=student in changes.added)
        # Whoever was graded since the plan was made stays, by this very condition.
        graded = sql.select(SUBMISSION.c.student_id)
        here = STUDENT.c.id.in_(changes.removed) & STUDENT.c.id.not_in(graded)
        gone = list(connection.execute(sql.select(STUDENT.c.id).where(here)).scalars())
        connection.execute(STUDENT.delete().where(STUDENT.c.id.in_(gone)))
        forget_students(connection, gone)


def _roster(connection: Connection) -> dict[str, Person]:
    sections = {row.student: row.section for row in connection.execute(sql.select(SECTIONS))}
    found = {}
    for row in connection.execute(sql.select(STUDENT).order_by(STUDENT.c.id)):
        known = {name: getattr(row, name) or "" for name in COLUMNS}
        found[row.id] = Person(row.id, section=sections.get(row.id, ""), **known)
    return found


def _new(before: Person, now: Person) -> dict[str, str]:
    """Return the fields that the roster says otherwise than the gradebook."""
    known = asdict(before)
    return {name: value for name, value in asdict(now).items() if value and value != known[name]}


def _reason_to_stay(root: Path, student: str, graded: set[str], *, remove: bool) -> str:
    """Return why a student who is not on the roster is kept, "" for no reason."""
    if student in graded:
        return "has scores"
    if (root / "submitted" / student).is_dir():
        return "has handed in"
    return "" if remove else "--remove would remove"


def _write(connection: Connection, person: Person, *, new: bool) -> None:
    given = {name: value for name, value in asdict(person).items() if value and name in COLUMNS}
    if new:
        connection.execute(STUDENT.insert(), {"id": person.id, **given})
    elif given:
        connection.execute(sql.update(STUDENT).where(STUDENT.c.id == person.id).values(**given))
    if person.section:
        connection.execute(SECTIONS.delete().where(SECTIONS.c.student == person.id))
        connection.execute(SECTIONS.insert(), {"student": person.id, "section": person.section})
