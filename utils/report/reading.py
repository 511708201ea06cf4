"""How submissions were read: what is missing, what could not be read, and what was unusual, by student."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from utils.grading.box.inside.shown import safe_line
from utils.grading.findings import LONGEST
from utils.grading.notices import apart

NOTES = "intake-notes"  # the id of the cell in which an executed notebook says how it was read
BULLET = "- "


@dataclass
class Read:
    """How one student's submission was read.

    missing   lessons of which no notebook was handed in
    unread    why a notebook could not be read, by lesson
    unusual   what else was noted: the lesson ("" for what is about all of them) and the note
    """

    student: str
    missing: list[str] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)
    unusual: list[tuple[str, str]] = field(default_factory=list)


def notes_in(path: Path) -> tuple[str, ...]:
    """Return what the file of an executed notebook says of how it was read; nothing where there is none."""
    try:
        cells = nbformat.v4.reads_json(path.read_text(encoding="utf-8")).cells
        text = next((str(cell.source) for cell in cells if cell.get("id") == NOTES), "")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # missing, damaged, or something else
        return ()
    return tuple(line.removeprefix(BULLET) for line in text.splitlines() if line.startswith(BULLET))


def read_as(student: str, notes: Mapping[str, Sequence[str]], why_not_run: Mapping[str, str]) -> Read | None:
    """Return how a student's notebooks were read, from the notes on each lesson; None when as usual.

    A note that is the reason why nothing was run tells of a notebook that could not be read. One that several
    lessons have is about the submission.
    """
    found, counts = Read(student), Counter(note for mine in notes.values() for note in set(mine))
    for lesson, mine in notes.items():
        missing, others = apart(mine)
        found.missing += [lesson] if lesson in missing else []
        if others and why_not_run[lesson] and safe_line(others[0], LONGEST).startswith(why_not_run[lesson]):
            found.unread[lesson] = others.pop(0)
        found.unusual += [("" if counts[note] > 1 else lesson, note) for note in others]
    found.unusual = sorted(dict.fromkeys(found.unusual))
    return found if found.missing or found.unread or found.unusual else None
