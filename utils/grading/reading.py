"""Reading what a student handed in: which file stands for which lesson, and the cells in it.

Nothing here trusts a file. Of a notebook only the type, the text, the id and nbgrader's mark of each cell are
read; every difficulty becomes one sentence for the student.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import parse_utc

from coursekit.handed_out import version_of
from utils.grading.submitted_files import NotTaken, OtherNames, check_file, check_place, notebooks_below

LARGEST_NOTEBOOK = 100_000_000  # bytes, nbgrader's own limit; a lesson with its figures has a hundredth
MENTIONED_OUTPUTS = 20_000_000  # bytes from which on a student hears that outputs are not needed
MOST_CELLS = 5_000  # a lesson has fewer than a hundred
LONGEST_TIMESTAMP = 1_000  # bytes
LONGEST_TEXT = 100_000  # characters in one cell; no answer of the course needs a tenth of that
FALLBACKS = ("cp1252", "latin-1")  # what older Windows editors write; the last one reads anything
AGAIN = "Open it in JupyterLab, save it, and hand it in again."

_COPY = re.compile(r"^copy of\s+|[\s_-]*\((\d+)\)$|[\s_-]+copy[\s_-]*(\d*)$|[\s_-]+(\d+)$", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s,]*")


class UnreadableNotebook(ValueError):
    """A file that is no notebook; the message says what was expected and what to do."""


@dataclass
class Taken:
    """A notebook to grade, and what its student should know about how it was read.

    `given` is False when there was nothing to take answers from. `version` is the one that the notebook says
    it was made from, "" when it says none.
    """

    notebook: NotebookNode
    notes: list[str] = field(default_factory=list)
    given: bool = True
    version: str = ""


def submitted_notebook(folder: Path, lesson: str, lessons: Collection[str]) -> Taken:
    """Return the cells handed in for one lesson of `lessons`, with notes; an empty notebook if none were.

    Raises `NotTaken`.
    """
    hindered = why_not_taken(folder, lessons)
    if why := hindered.get("") or hindered.get(lesson):
        raise NotTaken(why)
    found, notes = files_for(folder, lessons)
    notes += timestamp_notes(folder)
    if lesson not in found:
        message = f"{lesson}.ipynb was not handed in, so its parts get no points."
        return Taken(nbformat.v4.new_notebook(), [message, *notes], given=False)
    try:
        taken = read_notebook(found[lesson])
    except UnreadableNotebook as error:
        return Taken(nbformat.v4.new_notebook(), [str(error), *notes], given=False)
    return Taken(taken.notebook, [*taken.notes, *notes], version=taken.version)


def why_not_taken(folder: Path, lessons: Collection[str], names: OtherNames | None = None) -> dict[str, str]:
    """Return why notebooks of a submission cannot be judged as they lie there, by lesson; "" is all of them.

    `names` are those of all submissions' files; they are looked for when none are given.
    """
    names, hindered = names or OtherNames(folder.parent.parent), dict[str, str]()
    try:
        check_place(folder)
        found, _ = files_for(folder, lessons)
    except NotTaken as error:
        return {"": printable(str(error))}
    for lesson, path in found.items():
        try:
            check_file(path, folder, names)
        except NotTaken as error:
            hindered[lesson] = printable(str(error))
    return hindered


# Which file


def files_for(folder: Path, lessons: Collection[str]) -> tuple[dict[str, Path], list[str]]:
    """Return the file that stands for each lesson found in a folder, and notes on files with other names.

    A notebook under its right name wins; then the copy with the highest number; then one in a subfolder.
    Raises `NotTaken`.
    """
    found: dict[str, Path] = {}
    notes = []
    for path in _notebooks_in(folder):
        lesson = meant(path.stem, lessons)
        shown = printable(path.relative_to(folder).as_posix())
        if lesson and lesson not in found:
            found[lesson] = path
            notes += [] if shown == f"{lesson}.ipynb" else [f"{shown} was taken for {lesson}.ipynb."]
        elif lesson:
            better = printable(found[lesson].relative_to(folder).as_posix())
            notes.append(f"{shown} was not read, because {better} was.")
        elif path.parent == folder:
            notes.append(f"{shown} is not a notebook of this assignment and was not read.")
    return found, notes


def printable(name: str) -> str:
    """Return a file's name on one line, in which no character can move a cursor or turn the line around."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in name
    )


def _notebooks_in(folder: Path) -> list[Path]:
    """Return the notebooks below a folder, best first: near ones, plain names, high numbers of copies."""
    paths = [path for path in notebooks_below(folder) if not _hidden(path.relative_to(folder))]
    return sorted(paths, key=lambda path: (len(path.parts), *_rank(path.stem), path.name))


def _hidden(path: Path) -> bool:
    """Return whether a file is an editor's own, or lies in something that is named like a notebook."""
    return any(part.startswith(".") for part in path.parts) or any(p.suffix == ".ipynb" for p in path.parents)


def _rank(stem: str) -> tuple[int, int]:
    """Return how far a name is from a plain one: 0 for a plain one; high numbers of copies come first."""
    mark = _COPY.search(stem)
    numbers = [int(text) for text in (mark.groups() if mark else ()) if text]
    changed = mark is not None or stem != stem.lower()
    return int(changed), -max(numbers, default=0)


def meant(stem: str, lessons: Collection[str]) -> str | None:
    """Return the lesson that a file's name stands for: `Decoding (1)`, `my_decoding` are `decoding`."""
    while stem not in lessons and (shorter := _COPY.sub("", stem.strip())) != stem:
        stem = shorter
    if stem in lessons:
        return stem
    name = re.sub(r"[\s-]+", "_", stem.strip().lower())
    fits = [lesson for lesson in lessons if name == lesson.lower() or name.endswith(f"_{lesson.lower()}")]
    return max(fits, key=len, default=None)


# What is in it


def read_notebook(path: Path) -> Taken:
    """Return the cells of a notebook file and nothing else of it; of a damaged one the complete cells.

    Raises `UnreadableNotebook`, `NotTaken`.
    """
    raw, name = _bytes(path), printable(path.name)
    text, notes = _decoded(name, raw)
    cells, note, version = _cells_in(name, text)
    notes += note
    if len(raw) > MENTIONED_OUTPUTS:
        notes.append(f"{name} has {len(raw) / 1e6:.0f} MB; outputs are not read and need not be handed in.")
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [*_clean(cells, notes)]  # handed over as they are: a cell without outputs is not valid
    return Taken(notebook, notes, version=version)


def _cells_in(name: str, text: str) -> tuple[list[Any], list[str], str]:
    """Return the cells in the text of a notebook file, a note when they are not all, and the version."""
    try:
        data = json.loads(text)
    except MemoryError:
        what = f"{name} is too large to be read. Clear its outputs, hand it in again."
        raise UnreadableNotebook(what) from None
    except (ValueError, RecursionError):
        complete = list(itertools.islice(_complete_cells(text), MOST_CELLS))
        if not complete:
            raise UnreadableNotebook(f"{name} is not a complete notebook. {AGAIN}") from None
        note = f"{name} is damaged: only its first {len(complete)} cells could be read. {AGAIN}"
        return complete, [note], ""
    cells = data.get("cells") if isinstance(data, dict) else None
    if not isinstance(cells, list):
        raise UnreadableNotebook(f"{name} is not a notebook: it has no list of cells. {AGAIN}")
    if len(cells) > MOST_CELLS:
        note = f"{name} has {len(cells)} cells: only its first {MOST_CELLS} were read."
        return cells[:MOST_CELLS], [note], version_of(data)
    return cells, [], version_of(data)


def _bytes(path: Path) -> bytes:
    """Return what is in an ordinary, not too large file. Raises `UnreadableNotebook`, `NotTaken`."""
    name = printable(path.name)
    if path.is_symlink() or not path.is_file():
        kind = "link" if path.is_symlink() else "folder" if path.is_dir() else "special file"
        raise UnreadableNotebook(f"{name} is a {kind}, not a notebook. Hand in the file itself.")
    try:
        about = path.stat()
        if about.st_size > LARGEST_NOTEBOOK:
            raise UnreadableNotebook(
                f"{name} has {about.st_size / 1e6:.0f} MB. Clear its outputs, hand it in again."
            )
        raw = path.read_bytes()
    except OSError as error:
        raise NotTaken(f"{name} could not be read ({error.strerror}).") from None  # no word about the answers
    if not raw.strip():
        raise UnreadableNotebook(f"{name} is empty. {AGAIN}")
    return raw


def _decoded(name: str, raw: bytes) -> tuple[str, list[str]]:
    """Return a file's text in whatever encoding it is, with a note when it is not UTF-8."""
    encoding: str = json.detect_encoding(raw)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            return raw[: error.start].decode(encoding), []  # a damaged file, of which more is said later
        text, encoding = _guessed(raw)
    if encoding.startswith("utf-8"):
        return text, []
    return text, [f"{name} is not in UTF-8; it was read as {encoding}. Letters beyond a to z may be wrong."]


def _guessed(raw: bytes) -> tuple[str, str]:
    for encoding in FALLBACKS:
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding), encoding
    raise AssertionError("the last of FALLBACKS reads any bytes")


def _complete_cells(text: str) -> Iterator[Any]:
    """Yield the cells before the place where the text stops being JSON."""
    decoder = json.JSONDecoder()
    opening = re.search(r'"cells"\s*:\s*\[', text)
    position = opening.end() if opening else len(text)
    with suppress(ValueError, RecursionError):
        while gap := _BETWEEN.match(text, position):
            cell, position = decoder.raw_decode(text, gap.end())
            yield cell


def _clean(cells: Iterable[Any], notes: list[str]) -> Iterator[NotebookNode]:
    """Yield the cells that have a text, each with what intake looks at; a note is added for one left out."""
    for cell in cells:
        text = _text(cell.get("source")) if isinstance(cell, dict) else None
        if text is not None and len(text) > LONGEST_TEXT:
            notes.append(f"A cell with {len(text)} characters was left out; {LONGEST_TEXT} are allowed.")
        elif text is not None:
            kind = str(cell.get("cell_type"))
            yield NotebookNode(cell_type=kind, id=str(cell.get("id", "")), source=text, metadata=_mark(cell))


def _text(source: Any) -> str | None:
    """Return the text of a cell in either form that notebooks have, in characters that can be written."""
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    return source.encode("utf-8", "replace").decode("utf-8") if isinstance(source, str) else None


def _mark(cell: dict[str, Any]) -> NotebookNode:
    """Return the cell's metadata, reduced to the id that nbgrader knows it by."""
    metadata = cell.get("metadata")
    mark = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = mark.get("grade_id") if isinstance(mark, dict) else None
    return NotebookNode(nbgrader=NotebookNode(grade_id=name) if isinstance(name, str) else NotebookNode())


# When


def timestamp_notes(folder: Path) -> list[str]:
    """Return a note when a submission's `timestamp.txt` cannot be read."""
    try:
        handed_in_at(folder)
    except ValueError as error:
        return [str(error)]
    return []


def handed_in_at(folder: Path) -> datetime | None:
    """Return when a submission was handed in (UTC), or None if its `timestamp.txt` is missing or empty.

    Raises ValueError, with a sentence for the student, for a file that holds no time.
    """
    path = folder / "timestamp.txt"
    if not os.path.lexists(path):
        return None
    try:
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode) or about.st_size > LONGEST_TIMESTAMP:
            raise ValueError("no small ordinary file")
        text = path.read_text(encoding="utf-8").strip()
        moment: datetime | None = parse_utc(text) if text else None
    except Exception as error:  # the parser of dates lets many kinds of exceptions through
        message = "timestamp.txt holds no date and time, so it is not known when this was handed in."
        raise ValueError(message) from error
    return moment
