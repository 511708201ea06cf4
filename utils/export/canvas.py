"""A file that Canvas's gradebook imports: its five columns about the student, and one for the assignment.

Canvas finds a student by ID, then SIS User ID, then SIS Login ID, then name, and an assignment by the number
in parentheses at the end of its column. So the safe way is to fill in a file that Canvas itself exported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from utils.collect.names import squeezed
from utils.export.standings import Standing
from utils.export.tables import FORMULA, Cell, csv_text, number
from utils.tables import TableError, read_table

ABOUT = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
NAMED_BY = ("SIS Login ID", "SIS User ID", "ID")
POSSIBLE = "Points Possible"  # the row of this name is about the assignments; Canvas indents it
COLLECTED = re.compile(r"(?P<name>.+)_(?P<id>\d+)")  # how `course collect` names a student of Canvas
NUMBERED = re.compile(r"(?P<title>.*\S)\s*\(\d+\)")


@dataclass(frozen=True)
class Gradebook:
    """What a gradebook that Canvas exported says: its students, its columns, the points possible."""

    students: Sequence[Mapping[str, str]]
    columns: Sequence[str]
    possible: Mapping[str, str]


@dataclass
class Import:
    """A file for Canvas, and what its reader should know.

    `unmatched` are students who are not in it, each with the reason.
    """

    text: str
    column: str
    unmatched: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_gradebook(path: Path) -> Gradebook:
    """Return what Canvas exported. Raises `TableError`, OSError."""
    table = read_table(path)
    columns = table.headings
    rows = [{name: row.values.get(name.casefold(), "") for name in columns} for row in table.whole_rows()]
    if missing := [name for name in ("Student", "ID", "Section") if name not in columns]:
        raise TableError(f"{path} is no gradebook of Canvas: it has no column {', '.join(missing)}.")
    possible = next((row for row in rows if POSSIBLE in row["Student"]), {})
    students = [row for row in rows if POSSIBLE not in row["Student"] and row["ID"].strip()]
    return Gradebook(students, columns, possible)


def canvas_import(
    found: Iterable[Standing], title: str, points: float, gradebook: Gradebook | None = None
) -> Import:
    """Return the file to import; with a gradebook of Canvas its students and its column are used."""
    if gradebook is None:
        return _without(list(found), title, points)
    column, possible, notes = _column(gradebook, title, points)
    rows, unmatched = _matched(list(found), gradebook.students)
    header = [name for name in gradebook.columns if name in ABOUT]
    table: list[list[Cell]] = [[*header, column], [f"    {POSSIBLE}", *[""] * (len(header) - 1), possible]]
    table += [[*(row[name] for name in header), one.total] for row, one in rows]
    absent = len(gradebook.students) - len(rows)
    if absent:
        notes.append(
            f"{absent} students of Canvas have no graded hand-in; they are left out, so nothing changes."
        )
    return Import(csv_text(table), column, unmatched, notes)


def _without(found: list[Standing], title: str, points: float) -> Import:
    """Return a file in which Canvas has to find students by their logins."""
    unsafe = {
        one.student: "its name could be taken for a formula"
        for one in found
        if one.student.startswith(FORMULA)
    }
    table: list[list[Cell]] = [[*ABOUT, title], [f"    {POSSIBLE}", "", "", "", "", points]]
    table += [
        [one.name or one.student, *_ids(one.student), "", one.total]
        for one in found
        if one.student not in unsafe
    ]
    notes = [
        "Without --roster, students are found by SIS Login ID; Canvas asks about those it does not know."
    ]
    if not NUMBERED.fullmatch(title):
        notes.append(
            f"Canvas will ask whether {title!r} is a new assignment; --column 'NAME (ID)' names one."
        )
    return Import(csv_text(table), title, unsafe, notes)


def _ids(student: str) -> tuple[str, str, str]:
    """Return ID, SIS User ID and SIS Login ID of a student without a roster."""
    collected = COLLECTED.fullmatch(student)
    return (collected["id"], "", "") if collected else ("", "", student)


def _column(gradebook: Gradebook, title: str, points: float) -> tuple[str, Cell, list[str]]:
    """Return the assignment's column in Canvas, the points possible to write, and what to say of it."""
    named = {name: match["title"] for name in gradebook.columns if (match := NUMBERED.fullmatch(name))}
    fits = [name for name, plain in named.items() if title.casefold() in (name.casefold(), plain.casefold())]
    if len(fits) != 1:
        why = "no assignment" if not fits else f"{len(fits)} assignments"
        known = ", ".join(named) or "none"
        return (
            title,
            points,
            [f"Canvas has {why} called {title!r} (it has: {known}); --column names the one."],
        )
    there = gradebook.possible.get(fits[0], "").strip()
    if there and there != number(points) and there != f"{points:.2f}":
        return fits[0], there, [f"Canvas has {there} points possible, the course {number(points)}."]
    return fits[0], points, []


def _matched(
    found: list[Standing], students: Sequence[Mapping[str, str]]
) -> tuple[list[tuple[Mapping[str, str], Standing]], dict[str, str]]:
    """Return rows of Canvas with the student who each is, in Canvas's order, and who is nobody's row."""
    rows: dict[int, list[Standing]] = {}
    unmatched = {}
    for one in found:
        fits = _rows_of(one.student, students)
        if len(fits) == 1:
            rows.setdefault(fits[0], []).append(one)
        else:
            unmatched[one.student] = (
                f"Canvas has {len(fits)} such students" if fits else "not in Canvas's file"
            )
    for own in rows.values():
        if len(own) > 1:
            alike = ", ".join(one.student for one in own)
            unmatched |= {one.student: f"one student of Canvas is {alike}" for one in own}
    return [(students[i], own[0]) for i, own in sorted(rows.items()) if len(own) == 1], unmatched


def _rows_of(student: str, students: Sequence[Mapping[str, str]]) -> list[int]:
    """Return the rows of the students who are called like this, by the surest sort of name that has any."""
    for column in NAMED_BY:
        wanted = student.casefold()
        if fits := [i for i, row in enumerate(students) if row.get(column, "").strip().casefold() == wanted]:
            return fits
    collected = COLLECTED.fullmatch(student)
    if collected is None:
        return []
    return [
        i
        for i, row in enumerate(students)
        if row["ID"].strip() == collected["id"] and squeezed(row["Student"]) == squeezed(collected["name"])
    ]
