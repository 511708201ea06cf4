"""Requests that students sent as files: a table (CSV), or a folder of small CSV and JSON files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from utils.classes.requests import Asked
from utils.grading.reading import printable
from utils.tables import TableError, read_table

LARGEST = 100_000  # bytes of one student's file
MOST_FILES = 10_000
COLUMNS = {
    "student": ("student", "student_id", "student id", "id", "username", "email"),
    "part": ("part", "question", "exercise"),
    "reason": ("reason", "why", "text", "request"),
}
EXPECTED = "expected student, part and reason"


def read_requests(path: Path) -> Iterator[tuple[str, Asked | str]]:
    """Yield every request in a file or a folder with its place; a text says why one cannot be read.

    Raises `TableError` when a folder has too many files, OSError.
    """
    if not path.is_dir():
        yield from _in_file(path, path.name)
        return
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in (".csv", ".json"))
    if len(files) > MOST_FILES:
        raise TableError(f"{path} holds {len(files)} files; {MOST_FILES} are read at once.")
    for file in files:
        if file.is_symlink() or not file.is_file() or file.stat().st_size > LARGEST:
            yield printable(file.name), f"it is no ordinary file of at most {LARGEST} bytes."
        else:
            yield from _in_file(file, printable(file.name))


def _in_file(path: Path, name: str) -> Iterator[tuple[str, Asked | str]]:
    if path.suffix.lower() == ".json":
        yield from _in_json(path, name)
        return
    try:
        table = read_table(path)
    except TableError as error:
        yield name, str(error)
        return
    wanted = {
        field: next((c for c in columns if c in table.columns), "") for field, columns in COLUMNS.items()
    }
    if not all(wanted.values()):
        yield name, f"its columns are {', '.join(table.columns)}; {EXPECTED}."
        return
    for row in table.rows:
        values = {field: row.values.get(column, "") for field, column in wanted.items()}
        yield f"{name}, line {row.line}", f"{row.problem}." if row.problem else Asked(**values)


def _in_json(path: Path, name: str) -> Iterator[tuple[str, Asked | str]]:
    try:
        data = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        yield name, "it is not JSON."
        return
    for number, one in enumerate(data if isinstance(data, list) else [data], 1):
        place = f"{name}, {number}." if isinstance(data, list) else name
        yield place, _asked(one)


def _asked(one: Any) -> Asked | str:
    """Return the request in a piece of JSON, or why it is none."""
    fields = [one.get(name) for name in COLUMNS] if isinstance(one, dict) else []
    texts = [text for text in fields if isinstance(text, str)]
    return Asked(*texts) if len(texts) == len(COLUMNS) else f"it is no object with texts; {EXPECTED}."
