"""The hand-ins in an export: whose each file is, which files belong together, which hand-in is the last."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from utils.collect import gradescope
from utils.collect.entries import Entry, Export, Problem
from utils.collect.formats import GRADESCOPE, PLAIN, Read, plain, platform_of, read_name
from utils.collect.names import BadName, folded, student_folder
from utils.collect.roster import Roster, Unknown

GRADESCOPE_EXPORT = re.compile(r"assignment_\d+_export")
WRAPPERS = ("submissions", "submitted")  # folders that hold the students', in many exports
NOBODYS = "it lies in no student's folder, and is not named as {} names files"
TWO_PEOPLE = "{} people are called like this; --names with a table of names tells them apart"


@dataclass(frozen=True)
class File:
    """A file of a hand-in: its path within, and an order that grows with every upload, 0 where unknown."""

    parts: tuple[str, ...]
    entry: Entry
    order: int = 0


@dataclass
class HandIn:
    """What one student handed in at one time, and what the export says of it."""

    read: Read
    files: list[File] = field(default_factory=list)

    @property
    def notebooks(self) -> list[File]:
        """Return the files that can stand for a lesson."""
        return [file for file in self.files if file.parts[-1].lower().endswith(".ipynb")]

    @property
    def when(self) -> datetime | None:
        """Return when it was handed in, as far as the platform says."""
        return self.read.when

    @property
    def order(self) -> tuple[str, float]:
        """Return what is compared where no time is known: numbers of uploads, or dates of files."""
        uploads = max((file.order for file in self.files), default=0)
        changed = max((file.entry.changed for file in self.notebooks), default=0.0)
        return ("uploads", uploads) if uploads else ("files", changed)

    def __str__(self) -> str:
        """Return how it is called in messages."""
        when = f", {self.when:%Y-%m-%d %H:%M}" if self.when else ""
        return f"{self.read.owner.shown}{when}"


def hand_ins(
    export: Export, source: Path, assignment: str, platform: str | None = None
) -> tuple[list[HandIn], list[Problem]]:
    """Return the hand-ins in an export, and the notebooks that are nobody's.

    `platform` is found out when it is not given. Raises ValueError when two fit alike.
    """
    wrappers = {*WRAPPERS, assignment} | ({source.stem} if source.is_file() else set())
    inside = [(entry, _unwrapped(entry.parts, wrappers)) for entry in export.entries]
    lists, problems = _listed(inside)
    platform = platform or (GRADESCOPE if lists or problems else _platform(inside))
    found: dict[tuple[str, str], HandIn] = {}
    for entry, parts in inside:
        readings, rest = _whose(parts, platform, assignment, lists)
        for read in readings:
            key = (read.owner.identity, read.attempt)
            mine = found.setdefault(key, HandIn(replace(read, rest="", order=0)))
            mine.files.append(File(rest, entry, read.order))
            mine.read = replace(mine.read, late=mine.read.late or read.late)
        if not readings and parts[-1].lower().endswith(".ipynb"):
            problems.append(Problem(entry.name, NOBODYS.format(platform)))
    return list(found.values()), problems


def _unwrapped(parts: tuple[str, ...], wrappers: Collection[str]) -> tuple[str, ...]:
    """Return a path without the folders around all students'."""
    while len(parts) > 1 and (parts[0] in wrappers or GRADESCOPE_EXPORT.fullmatch(parts[0])):
        parts = parts[1:]
    return parts


def _platform(inside: list[tuple[Entry, tuple[str, ...]]]) -> str:
    tops = {parts[0] for _, parts in inside}
    return platform_of(tops, {parts[0] for _, parts in inside if len(parts) > 1})


def _listed(inside: list[tuple[Entry, tuple[str, ...]]]) -> tuple[dict[str, list[Read]], list[Problem]]:
    """Return who handed in each folder that Gradescope's list names; a list in a student's folder is none."""
    own = [entry for entry, parts in inside if parts == (gradescope.LIST,)]
    return gradescope.listed(own[0]) if own else ({}, [])


def _whose(
    parts: tuple[str, ...], platform: str, assignment: str, lists: Mapping[str, list[Read]]
) -> tuple[list[Read], tuple[str, ...]]:
    """Return the readings that say whose a file is, none for nobody's, and its path within the hand-in."""
    top, below = parts[0], parts[1:]
    if platform == GRADESCOPE:
        return (lists.get(top, []) if below else []), below
    if platform == PLAIN:
        inner = below[1:] if below[:1] == (assignment,) and below[1:] else below
        return ([plain(top)] if below else []), inner
    read = read_name(platform, top)
    return ([read] if read else []), below or ((read.rest if read else "") or top,)


# Whose


def by_student(
    found: Iterable[HandIn], roster: Roster | None
) -> tuple[dict[str, list[HandIn]], list[Problem]]:
    """Return the hand-ins of each student, and a problem for each that is nobody's for certain."""
    mine: dict[str, list[HandIn]] = {}
    problems: list[Problem] = []
    for hand_in in found:
        owner = hand_in.read.owner
        try:
            student = roster.find(owner.names) if roster else student_folder(owner.folder)
            mine.setdefault(student, []).append(hand_in)
        except (Unknown, BadName) as error:
            problems.append(Problem(owner.shown, str(error)))
    doubtful = dict(_doubtful(mine, known=roster is not None))
    problems += [Problem(student, why) for student, why in doubtful.items()]
    unique = {(problem.name, problem.why): problem for problem in problems}
    return {student: own for student, own in mine.items() if student not in doubtful}, list(unique.values())


def _doubtful(mine: dict[str, list[HandIn]], *, known: bool) -> Iterator[tuple[str, str]]:
    """Yield the students of whom it is not certain that they are one person, and why."""
    spelled: dict[str, list[str]] = {}
    for student in mine:
        spelled.setdefault(folded(student), []).append(student)
    for student, own in mine.items():
        people = {hand_in.read.owner.identity for hand_in in own}
        alike = [other for other in spelled[folded(student)] if other != student]
        if alike:
            yield student, f"some systems take this name for that of {alike[0]}"
        elif not known and len(people) > 1:
            yield student, TWO_PEOPLE.format(len(people))


def last_of(own: list[HandIn]) -> tuple[HandIn, list[HandIn]]:
    """Return a student's last hand-in that holds a notebook, and the others that do.

    Raises ValueError when none does, or when it cannot be told which is the last.
    """
    filled = sorted((hand_in for hand_in in own if hand_in.notebooks), key=_age)
    if not filled:
        raise ValueError("no notebook was handed in")
    if len(filled) > 1 and _age(filled[-1]) == _age(filled[-2]):
        raise ValueError(f"it cannot be told which of {len(filled)} hand-ins is the last")
    return filled[-1], filled[:-1]


def _age(hand_in: HandIn) -> tuple[float, float]:
    """Return what grows from one hand-in of a student to the next; one without a time comes first."""
    return (hand_in.when.timestamp() if hand_in.when else 0.0, hand_in.order[1])
