"""A roster as a file: who is in the class, whatever the learning platform calls its columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from utils.collect.names import BadName, folded, student_folder
from utils.grading.class_tables import NAME
from utils.tables import Row, Table, TableError, read_table

# The names of columns in lower case, the surest first. `course collect` names folders by the same columns.
ID = ("student_id", "student id", "sis login id", "username", "sis user id", "sid", "id number")
LAST_ID = ("id", "login", "email address", "email")
NAMES = {
    "first_name": ("first_name", "first name", "firstname", "given name"),
    "last_name": ("last_name", "last name", "lastname", "surname", "family name"),
    "email": ("email", "email address", "e-mail", "e-mail address"),
    "lms_user_id": ("lms_user_id", "lms user id", "user id", "user_id", "orgdefinedid", "id"),
    "section": ("section", "sections", "group", "groups"),
}
WHOLE_NAME = ("student", "name", "full name")  # Canvas writes `Lovelace, Ada`
NOBODY = "points possible"  # in Canvas's exports the row below the columns is about the assignments


@dataclass(frozen=True)
class Person:
    """One student of a roster; "" where the roster does not say."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""
    section: str = ""


@dataclass
class RosterFile:
    """What a file says: the students, the lines that cannot be used and why, the column of the ids."""

    people: list[Person] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    guessed: bool = False
    id_column: str = ""


def read_roster(path: Path, known: Iterable[str] = ()) -> RosterFile:
    """Return the roster in a file. Raises `TableError` when it is none, OSError.

    `known` are the ids of students that exist; one that differs from them by upper and lower case is bad.
    """
    table = read_table(path)
    wanted = _columns(table)
    found = RosterFile(guessed=table.guessed, id_column=wanted["id"])
    taken = {folded(name): (name, "the gradebook") for name in known}
    for row in table.rows:
        if NOBODY in row.values.get(wanted["whole"], "").lower():
            continue
        try:
            person = _person(row, wanted, table.guessed)
            _require_own_name(person, taken, row.line)
        except (BadName, TableError) as error:
            found.bad.append(f"line {row.line}: {error}.")
        else:
            found.people.append(person)
    if not found.people and not found.bad:
        raise TableError(f"{path} names no student.")
    return found


def _columns(table: Table) -> dict[str, str]:
    """Return the column for each field, "" for none. Raises `TableError` without one for the id."""
    key = _first(table.columns, (*ID, *LAST_ID))
    if not key:
        raise TableError(
            f"{table.path} has no column for the id, such as {', '.join(ID + LAST_ID)}; "
            f"its columns are {', '.join(filter(None, table.columns))}."
        )
    rest = [name for name in table.columns if name != key or "email" in name]
    found = {name: _first(rest, columns) for name, columns in NAMES.items()}
    return {"id": key, "whole": _first(rest, WHOLE_NAME), **found}


def _first(there: Iterable[str], wanted: Iterable[str]) -> str:
    columns = set(there)
    return next((name for name in wanted if name in columns), "")


def _person(row: Row, wanted: Mapping[str, str], guessed: bool) -> Person:
    """Return the student of a row. Raises `BadName`, `TableError` with the reason."""
    if row.problem:
        raise TableError(row.problem)
    values = {name: row.values.get(column, "") for name, column in wanted.items()}
    whole = values.pop("whole")
    if not values["id"]:
        raise TableError("it has no id")
    student = student_folder(values.pop("id").removeprefix("#"))  # Brightspace marks ids as text by a #
    if guessed and not student.isascii():
        raise TableError(f"the letters of {student!r} are not sure; save the file again as CSV UTF-8")
    if whole and not values["first_name"] and not values["last_name"]:
        values["last_name"], values["first_name"] = _parted(whole)
    for name, value in values.items():
        if not value.isprintable() or len(value) > NAME:
            raise TableError(f"its {name} has more than {NAME} characters, or some that cannot be printed")
    return Person(student, **values)


def _parted(whole: str) -> tuple[str, str]:
    """Return last and first name of `Lovelace, Ada` or `Ada Lovelace`."""
    last, comma, first = whole.partition(",")
    if not comma:
        first, _, last = whole.rpartition(" ")
    return last.strip(), first.strip()


def _require_own_name(person: Person, taken: dict[str, tuple[str, str]], line: int) -> None:
    """Note the student's id as taken. Raises `TableError` when another line or another spelling has it."""
    name, where = taken.get(folded(person.id), (person.id, "the gradebook"))
    if where != "the gradebook":
        raise TableError(f"{person.id} stands in {where} already")
    if name != person.id:
        raise TableError(f"{person.id} differs from {name} in the gradebook by upper and lower case alone")
    taken[folded(person.id)] = person.id, f"line {line}"
