"""What happened around the grading: late and missing work, incidents, what waits for a person, and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from utils.report.class_data import ClassData
from utils.report.reading import Read, read_as
from utils.report.statistics import Array

SLOWEST_SHARE = 0.9
NOT_RUN = "NotRun: "  # how the finding of a graded cell begins that no student's code was run for


@dataclass(frozen=True)
class Event:
    """Something that happened to a student's submission, in words; `lesson` is empty when it is about all."""

    student: str
    lesson: str
    text: str
    penalty: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True)
class Waiting:
    """A part that a person has something to do with: answers to be read, points given by hand."""

    part: str
    waits: int
    by_hand: int


@dataclass(frozen=True)
class Times:
    """How long the notebooks of one lesson took to grade: seconds by the clock, and of processors.

    `by_clock` is false where only processor seconds were recorded (graded without a box).
    """

    lesson: str
    n: int
    mean: float
    p90: float
    slowest: float
    slowest_student: str
    cpu_mean: float
    by_clock: bool


def events(data: ClassData) -> list[Event]:
    """Return every incident, by student and lesson."""
    found = [
        Event(student, lesson, text)
        for (student, lesson), record in data.records.items()
        for text in record.result.incidents
    ]
    return sorted(found, key=lambda event: (event.student, event.lesson))


def reading(data: ClassData) -> list[Read]:
    """Return how the submissions were read that were not read as usual, by student."""
    found = []
    for row, student in enumerate(data.students):
        notes = {lesson: data.notes.get((student, lesson), ()) for lesson in data.lessons}
        why = {lesson: _why_not_run(data, row, columns) for lesson, columns in data.lessons.items()}
        found.append(read_as(student, notes, why))
    return [one for one in found if one is not None]


def _why_not_run(data: ClassData, row: int, columns: Sequence[int]) -> str:
    """Return the one reason that all parts of a notebook give for not having been run, "" without one."""
    told = {data.findings[row, column].first for column in columns if (row, column) in data.findings}
    reason = next(iter(told)) if len(told) == 1 else ""
    return reason.removeprefix(NOT_RUN) if reason.startswith(NOT_RUN) else ""


def late(data: ClassData) -> list[Event]:
    """Return who handed in after the date, an extension included, the latest first."""
    found = [
        Event(one.student, "", "", one.penalty, one.seconds_late)
        for one in data.submissions.values()
        if one.seconds_late > 0
    ]
    return sorted(found, key=lambda event: (-event.seconds, event.student))


def waiting(data: ClassData) -> list[Waiting]:
    """Return the parts that wait for a person or have points that one gave."""
    counts = zip(data.parts, data.waits.sum(axis=0), data.by_hand.sum(axis=0), strict=True)
    return [Waiting(part.id, int(waits), int(hand)) for part, waits, hand in counts if waits or hand]


def times(data: ClassData) -> list[Times]:
    """Return the grading times of every lesson that some are recorded of."""
    found = []
    for lesson in data.lessons:
        spent = {
            student: record.result.seconds
            for (student, of), record in data.records.items()
            if of == lesson and "all" in record.result.seconds
        }
        if spent:
            found.append(_times(lesson, spent))
    return found


def _times(lesson: str, spent: Mapping[str, Mapping[str, float]]) -> Times:
    by_clock = all("wall" in seconds for seconds in spent.values())
    kind = "wall" if by_clock else "all"
    clock: Array = np.array([seconds[kind] for seconds in spent.values()], dtype=float)
    slowest = int(clock.argmax())
    return Times(
        lesson,
        len(spent),
        float(clock.mean()),
        float(np.quantile(clock, SLOWEST_SHARE)),
        float(clock[slowest]),
        list(spent)[slowest],
        fmean(seconds["all"] for seconds in spent.values()),
        by_clock,
    )
