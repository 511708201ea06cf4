"""Who is who: a table (CSV) that a learning platform exports, or one's own with the columns student_id, name.

A row's student id is what the first of `ID_COLUMNS` holds that the table has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from utils.collect.names import BadName, slug, squeezed, student_folder
from utils.tables import TableError, read_table

# In the order in which they name a student's folder, in lower case.
ID_COLUMNS = (
    "student_id",
    "sis login id",
    "username",
    "sis user id",
    "sid",
    "id number",
    "email address",
    "email",
)
# What an export may call a student by, and the columns that hold it.
KEYS: Mapping[str, tuple[str, ...]] = {
    "canvas": ("id",),
    "participant": ("identifier",),
    "login": (
        "student_id",
        "sis login id",
        "username",
        "sid",
        "sis user id",
        "id number",
        "email address",
        "email",
    ),
}
NAME_COLUMNS = ("student", "name", "full name")
TWO_NAMES = (("first name", "last name"), ("first_name", "last_name"))


class Unknown(LookupError):
    """Nobody, or more than one student, is called like this; the message says which."""


@dataclass
class Roster:
    """Student ids by what a platform calls a student: the sort of name, and the name."""

    students: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def add(self, sort: str, value: str, student: str) -> None:
        """Enter one name of a student."""
        if value.strip():
            self.students.setdefault((sort, value.strip().casefold()), set()).add(student)

    def find(self, names: Iterable[tuple[str, str]]) -> str:
        """Return the student of the first of these names that the table has. Raises `Unknown`."""
        for sort, value in names:
            found = self.students.get((sort, value.strip().casefold()), set())
            if len(found) == 1:
                return next(iter(found))
            if found:
                raise Unknown(f"the table of names has {len(found)} students called {value!r}")
        raise Unknown("the table of names does not have this student")


def read_roster(path: Path) -> Roster:
    """Return the table in a file. Raises `TableError`, OSError."""
    roster, wanted = Roster(), None
    for line, row in ((one.line, one.values) for one in read_table(path).whole_rows()):
        wanted = wanted or _id_column(path, row)
        given = row.get(wanted, "").strip() or _first(row, ID_COLUMNS)
        if not given or "points possible" in row.get("student", "").lower():
            continue  # Canvas writes a row that is about the assignments, and one for a test student
        try:
            student = student_folder(given)
        except BadName as error:
            raise TableError(f"{path}, line {line}: {error}.") from None
        _enter(roster, row, student)
    if not roster.students:
        raise TableError(f"{path} names no student.")
    return roster


def _id_column(path: Path, row: Mapping[str, str]) -> str:
    found = next((column for column in ID_COLUMNS if column in row), None)
    if found is None:
        raise TableError(
            f"{path} has none of the columns {', '.join(ID_COLUMNS)}; its columns are {', '.join(row)}."
        )
    return found


def _first(row: Mapping[str, str], columns: Iterable[str]) -> str:
    return next((row[column].strip() for column in columns if row.get(column, "").strip()), "")


def _enter(roster: Roster, row: Mapping[str, str], student: str) -> None:
    """Enter everything that a row calls its student."""
    for sort, columns in KEYS.items():
        for column in columns:
            roster.add(sort, row.get(column, ""), student)
    roster.add("participant", row.get("identifier", "").rpartition(" ")[2], student)  # "Participant 12345"
    names = [row.get(column, "") for column in NAME_COLUMNS]
    names += [f"{row.get(first, '')} {row.get(last, '')}" for first, last in TWO_NAMES]
    for name in filter(str.strip, names):
        roster.add("squeezed", squeezed(name), student)
        last, comma, first = name.partition(",")
        roster.add("name", slug(f"{first} {last}" if comma else name), student)
