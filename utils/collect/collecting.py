"""Collects an export: reads it, finds each student's last hand-in, places it, and says what it did."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from utils.build.lessons import lesson_paths
from utils.collect.choosing import Chosen, chosen
from utils.collect.entries import Export, NoExport, Problem
from utils.collect.handins import HandIn, by_student, hand_ins, last_of
from utils.collect.placing import NotPlaced, Origin, State, mend_all, place
from utils.collect.roster import Roster
from utils.grading.reading import printable
from utils.grading.run_lock import run_lock

SAID: dict[State, str] = {
    "placed": "placed",
    "replaced": "replaced, the one before is in .older",
    "unchanged": "unchanged",
    "older": "not taken: a later one lies there",
}
WOULD_BE: dict[State, str] = {
    **SAID,
    "placed": "would be placed",
    "replaced": "would be replaced, the one before kept in .older",
}
COUNTED: dict[State, str] = {"placed": "would be placed", "replaced": "would be replaced"}  # by a dry run


@dataclass
class Collected:
    """What a collection did, or with `dry` would do: a line per student, and what could not be placed."""

    dry: bool = False
    lines: dict[str, str] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    undated: int = 0

    @property
    def summary(self) -> str:
        """Return how many students there were of each state."""
        counts = {state: list(self.states.values()).count(state) for state in SAID}
        words = {**dict.fromkeys(SAID, ""), **(COUNTED if self.dry else {})}
        told = ", ".join(f"{count} {words[state] or state}" for state, count in counts.items() if count)
        told = told or "nobody's work was placed"
        return f"{told}; {len(self.problems)} could not be placed"


def collect(
    root: Path,
    assignment: str,
    source: Path,
    *,
    roster: Roster | None = None,
    platform: str | None = None,
    dry: bool = False,
) -> Collected:
    """Place the last hand-in of every student of an export; with `dry`, only say what would be done.

    Raises ValueError for what is no export or holds nobody's work, `RunLocked` when the course is being
    graded, and OSError.
    """
    lessons = [path.stem for path in lesson_paths(root, assignment)]
    result = Collected(dry=dry)
    with contextlib.nullcontext() if dry else run_lock(root), Export(source) as export:
        if not dry:
            mend_all(root, assignment)
        found, nobodys = hand_ins(export, source, assignment, platform)
        mine, doubtful = by_student(found, roster)
        result.problems += [*export.problems, *nobodys, *doubtful]
        for student in sorted(mine):
            try:
                _collect_one(
                    root, student, assignment, mine[student], lessons, result, roster=roster, dry=dry
                )
            except (NotPlaced, ValueError) as error:
                result.problems.append(Problem(student, str(error)))
    if not result.lines and not result.problems:
        raise NoExport(f"{source} holds nobody's work: there is no notebook in it, and no student's folder.")
    return result


def _collect_one(
    root: Path,
    student: str,
    assignment: str,
    own: list[HandIn],
    lessons: Collection[str],
    result: Collected,
    *,
    roster: Roster | None,
    dry: bool,
) -> None:
    """Place a student's last hand-in and note it. Raises `NotPlaced`, ValueError."""
    last, others = last_of(own)
    new = chosen(last, lessons)
    result.problems += [Problem(student, why) for why in new.problems]
    if not new.files:
        raise NotPlaced("none of the files handed in can be placed")
    identity = f"table {student}" if roster else last.read.owner.identity
    origin = Origin(identity, *last.order)
    state = place(root, student, assignment, new, origin, dry=dry)
    result.states[student] = state
    result.undated += new.when is None
    said = (WOULD_BE if dry else SAID)[state]
    result.lines[student] = "; ".join(_told(said, last, others, new))


def _told(said: str, last: HandIn, others: list[HandIn], new: Chosen) -> Iterator[str]:
    """Yield what is said of one student."""
    count = len(new.files)
    when = f", handed in {new.when:%Y-%m-%d %H:%M %Z}" if new.when else ""
    late = ", late by the platform's word" if last.read.late else ""
    yield f"{said}: {count} notebook{'s' if count > 1 else ''}{when}{late}"
    if others:
        told = ", ".join(printable(str(other)) for other in others)
        yield f"{len(others)} earlier left in the export ({told})"
    yield from new.notes
