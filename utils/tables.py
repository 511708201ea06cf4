"""Reading a table that somebody saved as CSV: its encoding, its separator, its rows with their lines."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

LARGEST = 20_000_000  # bytes; a line for each of 2000 students has a hundredth
SEPARATORS = ",;\t"
OLD = "cp1252"  # what older Windows programs write in Western Europe
MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16", codecs.BOM_UTF8: "utf-8-sig"}


class TableError(ValueError):
    """A file that is no table; the message says which, why, and what to do."""


@dataclass(frozen=True)
class Row:
    """A row of a table by its columns, whose names are in lower case; `problem` says why it is none."""

    line: int
    values: dict[str, str] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True)
class Table:
    """A table that was read: its columns in lower case, and the headings as they are written.

    `guessed` is set when its letters beyond a to z may be wrong.
    """

    path: Path
    columns: tuple[str, ...]
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    guessed: bool = False

    def whole_rows(self) -> list[Row]:
        """Return the rows if all are whole and their letters are sure. Raises `TableError`."""
        if self.guessed:
            raise TableError(f"{self.path} is not in UTF-8; save it again as CSV UTF-8.")
        if broken := next((row for row in self.rows if row.problem), None):
            raise TableError(f"{self.path}, line {broken.line}: {broken.problem}.")
        return list(self.rows)


def read_table(path: Path) -> Table:
    """Return the table in a file. Raises `TableError`, OSError."""
    if path.stat().st_size > LARGEST:
        raise TableError(f"{path} has more than {LARGEST / 1e6:.0f} MB; that is no list of a class.")
    text, guessed = _decoded(path)
    separator, text = _separator(text)
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    try:
        headings = tuple(map(str.strip, next(reader, [])))
        columns = tuple(map(str.casefold, headings))
        rows = tuple(_rows(reader, columns))
    except csv.Error as error:
        raise TableError(f"{path}, line {reader.line_num}: {error}.") from None
    if not any(columns):
        raise TableError(f"{path} is empty; expected a first line with the names of the columns.")
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise TableError(f"{path} has more than one column {', '.join(twice)}.")
    return Table(path, columns, headings, rows, guessed)


def _decoded(path: Path) -> tuple[str, bool]:
    """Return a file's text, and whether its encoding had to be guessed. Raises `TableError`."""
    raw = path.read_bytes()
    encoding = next((name for mark, name in MARKS.items() if raw.startswith(mark)), "utf-8")
    for guessed, name in enumerate((encoding, OLD)):
        try:
            text = raw.decode(name)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, bool(guessed)
    raise TableError(f"{path} is in no encoding known here; save it again as CSV UTF-8.")


def _separator(text: str) -> tuple[str, str]:
    """Return what separates the fields, and the text without the line in which Excel says so."""
    first, _, rest = text.partition("\n")
    if first.strip().lower().removeprefix("sep=") in tuple(SEPARATORS) and "=" in first:
        return first.strip()[-1], rest
    return max(SEPARATORS, key=first.count), text


def _rows(reader: Iterator[list[str]], columns: tuple[str, ...]) -> Iterator[Row]:
    for fields in reader:
        line: int = reader.line_num  # type: ignore[attr-defined] # a reader of csv's
        if not any(map(str.strip, fields)):
            continue
        if len(fields) != len(columns):
            yield Row(line, problem=f"it has {len(fields)} fields, the first line has {len(columns)}")
        else:
            values = zip(columns, map(str.strip, fields), strict=True)
            yield Row(line, {name: value for name, value in values if name})
