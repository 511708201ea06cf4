"""What a run has to say of submissions, in the order in which somebody wants to read it."""

from __future__ import annotations

import re
from collections.abc import Iterable

# What `utils.grading.reading` says of a lesson that a submission holds no file for.
NOT_HANDED_IN = re.compile(r"(\w+)\.ipynb was not handed in, so its parts get no points\.")


def apart(notes: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the lessons that notes say were not handed in, and the other notes, each once."""
    missing: dict[str, None] = {}
    others: dict[str, None] = {}
    for note in notes:
        found = NOT_HANDED_IN.fullmatch(note)
        if found:
            missing[found[1]] = None
        else:
            others[note] = None
    return list(missing), list(others)


def missing_line(lessons: list[str]) -> str:
    """Return on one line that notebooks were not handed in."""
    count = "a notebook was" if len(lessons) == 1 else f"{len(lessons)} notebooks were"
    return f"{count} not handed in: {', '.join(sorted(lessons))}"
