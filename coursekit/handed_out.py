"""What was handed out: the head line of every cell, and the note that a released notebook carries.

The note is the notebook's `metadata.course`. It is worked out of the released cells and of the visible checks
that they call, and holds nothing that does not stand in them, so that a copy of the notebook can be compared
with what was handed out:

    assignment, lesson    names
    version               a short digest of every released cell
    parts                 name, points, the cells to fill in, the cell that checks them ("": a person reads),
                          how many more checks run when graded, whether the answer is typed, not run
    cells                 a short digest of each marked cell, by its id
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

NOTE = "course"  # the key in a notebook's metadata
DIGITS = 10  # hexadecimal, of a digest: enough to tell versions apart, short enough to be read aloud
VERSION = re.compile(rf"[0-9a-f]{{{DIGITS}}}")


@dataclass(frozen=True)
class Part:
    """One part of a notebook. `check` is the id of the cell that checks it, "" where a person reads.

    `more` is how many checks run only when the notebook is graded, None where that is not known; a `typed`
    answer is read by its check and not run.
    """

    name: str
    points: float
    answers: tuple[str, ...]
    check: str = ""
    more: int | None = None
    typed: bool = False


@dataclass(frozen=True)
class HandedOut:
    """What a released notebook says about itself."""

    assignment: str
    lesson: str
    version: str
    parts: tuple[Part, ...]
    cells: Mapping[str, str]

    def to_metadata(self) -> dict[str, Any]:
        """Return the note as plain data, for the metadata of a notebook."""
        return {**asdict(self), "parts": [{**asdict(p), "answers": list(p.answers)} for p in self.parts]}

    def is_as_handed_out(self, name: str, text: str) -> bool:
        """Return whether a cell's text is the one that was handed out, white space aside."""
        return digest(text) == self.cells.get(name)

    def called(self, name: str) -> str:
        """Return how a sentence calls a marked cell: `the check of (a)`, `the given cell setup`."""
        for part in self.parts:
            if name == part.check:
                return f"the check of {label(part.name)}"
            if name in part.answers:
                return f"the cell to fill in for {label(part.name)}"
        return f"the given cell {name.removeprefix('given-')}"

    def head(self, name: str) -> str:
        """Return the head line of a cell that no other cell has, "" if it has none of its own."""
        for part in self.parts:
            if name == part.check:
                return head_line("graded", part.name, part.points)
            if name in part.answers and not part.check:
                return head_line("written", part.name, part.points)
            if name == part.name:
                return head_line("solution", part.name, part.points)
        return ""

    def answer_cells(self) -> set[str]:
        """Return the ids of the cells that a student fills in."""
        return {name for part in self.parts for name in part.answers}


def label(part: str) -> str:
    """Return a part's name as the text writes it: `(a)` for a letter, other names as they are."""
    return f"({part})" if len(part) == 1 else part


def worth(points: float) -> str:
    """Return points in words."""
    return f"{points:g} point" if points == 1 else f"{points:g} points"


def head_line(role: str, part: str = "", points: float = 0) -> str:
    """Return the line that stands first in a cell of this role and says what the cell is for."""
    named = f" {label(part)}, {worth(points)}" if part else ""
    return {
        "solution": f"# YOUR TURN:{named}" if part else "# YOUR TURN",
        "graded": f"# CHECK:{named}. Run it; it cannot be edited.",
        "written": f"**YOUR TURN:{named}, read by a person**",
        "locked": "# GIVEN. Run it; it cannot be edited.",
    }[role]


def digest(text: str) -> str:
    """Return a short digest of a text that does not depend on its white space."""
    return _short("".join(text.split()))


def version(assignment: str, lesson: str, cells: Iterable[Any]) -> str:
    """Return the version of a released notebook: a digest of its names and cells."""
    content = [[cell["id"], cell["cell_type"], text_of(cell), _marks(cell)] for cell in cells]
    return _short(json.dumps([assignment, lesson, content], sort_keys=True))


def _marks(cell: Any) -> dict[str, Any]:
    return dict(cell["metadata"].get("nbgrader", {}))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:DIGITS]


def text_of(cell: Any) -> str:
    """Return the text of a cell, in a notebook file's form or in nbformat's; "" if it has none."""
    source = cell.get("source", "")
    if isinstance(source, list):
        return "".join(map(str, source))
    return source if isinstance(source, str) else ""


def version_of(notebook: Any) -> str:
    """Return the version that a notebook says it was made from, "" when it says none that could be one."""
    note = _note(notebook)
    said = note.get("version") if note else None
    return said if isinstance(said, str) and VERSION.fullmatch(said) else ""


def handed_out(notebook: Any) -> HandedOut | None:
    """Return what a notebook says was handed out; None if its note is missing or broken.

    The notebook is JSON or nbformat's.
    """
    note = _note(notebook)
    if note is None:
        return None
    try:
        parts = tuple(_part(noted) for noted in note["parts"])
        cells = {str(name): str(text) for name, text in note["cells"].items()}
        return HandedOut(str(note["assignment"]), str(note["lesson"]), version_of(notebook), parts, cells)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _part(noted: Mapping[str, Any]) -> Part:
    """Return a part as it was noted; notes of older notebooks do not say what is left for grading."""
    more = noted.get("more")
    return Part(
        str(noted["name"]),
        float(noted["points"]),
        tuple(map(str, noted["answers"])),
        str(noted["check"]),
        None if more is None else int(more),
        bool(noted.get("typed")),
    )


def _note(notebook: Any) -> Mapping[str, Any] | None:
    """Return the note in the metadata of a notebook, which may be anything; None if there is none."""
    metadata = notebook.get("metadata") if isinstance(notebook, Mapping) else None
    note = metadata.get(NOTE) if isinstance(metadata, Mapping) else None
    return note if isinstance(note, Mapping) else None
