"""Which mistakes a class made, part by part: those that a check knows are counted by their hint.

A hint counts only where it stands in the part's own table of mistakes, so nothing that a student wrote can
appear as one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from utils.checks.proof import checks_of
from utils.report.class_data import ClassData

Hints = Mapping[str, tuple[str, ...]]  # the names of the mistakes that a hint is given for, by hint
TINY = 1e-9  # points


@dataclass(frozen=True)
class KnownMistake:
    """A mistake that the class made on a part: the hint that was given, the mistakes that it is given for."""

    part: str
    hint: str
    names: tuple[str, ...]
    count: int


@dataclass(frozen=True)
class Wrong:
    """What was wrong on one part, without the answers that were left as they were handed out.

    `unknown` are the wrong answers that no known mistake explains, `firsts` the first wrong thing in each and
    how many students had it, the commonest first.
    """

    part: str
    count: int
    known: tuple[KnownMistake, ...]
    unknown: int
    firsts: tuple[tuple[str, int], ...]


def hints_of(lesson: str) -> dict[str, Hints]:
    """Return the hints that the checks of a lesson know, by part id; none for a lesson without checks."""
    try:
        checks = checks_of(lesson)
    except ModuleNotFoundError as error:
        if error.name != f"utils.checks.{lesson}":
            raise
        return {}
    found: dict[str, Hints] = {}
    for part, check in checks.items():
        names: dict[str, dict[str, None]] = {}
        for mistake in check.mistakes:
            if mistake.hint:
                names.setdefault(" ".join(mistake.hint.split()), {})[mistake.misconception] = None
        found[part] = {hint: tuple(mine) for hint, mine in names.items()}
    return found


def all_hints(data: ClassData) -> dict[str, Hints]:
    """Return the hints that are known of every part of an assignment."""
    return {part: hints for lesson in data.lessons for part, hints in hints_of(lesson).items()}


def losers(data: ClassData, column: int) -> list[int]:
    """Return the rows of those who answered a part and did not get all of its points."""
    mine, left = data.points[:, column], data.untouched[:, column]
    return [int(row) for row in np.flatnonzero((mine < data.out_of[column] - TINY) & (left != 1))]


def hint_of(data: ClassData, row: int, column: int, hints: Hints) -> str | None:
    """Return the hint that a student's answer got, when the part knows it."""
    finding = data.findings.get((row, column))
    return finding.hint if finding is not None and finding.hint in hints else None


def wrong(data: ClassData, column: int, hints: Hints) -> Wrong:
    """Return what was wrong on the part in a column."""
    part, rows = data.parts[column].id, losers(data, column)
    given = {row: hint_of(data, row, column, hints) for row in rows}
    counts = Counter(hint for hint in given.values() if hint is not None)
    known = tuple(KnownMistake(part, hint, hints[hint], count) for hint, count in counts.most_common())
    unknown = [row for row, hint in given.items() if hint is None]
    return Wrong(part, len(rows), known, len(unknown), first_things(data, unknown, column))


def first_things(data: ClassData, rows: list[int], column: int) -> tuple[tuple[str, int], ...]:
    """Return the first wrong things that these students were told, and how many were, the commonest first."""
    told = [data.findings[row, column].first for row in rows if (row, column) in data.findings]
    return tuple(Counter(told).most_common())


def commonest(found: list[Wrong], most: int) -> list[KnownMistake]:
    """Return the mistakes that most students made, over all parts."""
    known = [mistake for wrong in found for mistake in wrong.known]
    return sorted(known, key=lambda mistake: (-mistake.count, mistake.part, mistake.hint))[:most]
