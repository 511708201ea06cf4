"""What the gradebook, the results and the folders say about a class, as tables: students by parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sql
from nbgrader.api import Assignment, Student, SubmittedAssignment, SubmittedNotebook
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from utils.build.source import Part, parts
from utils.grading import result_records
from utils.grading.class_run import students_of
from utils.grading.course_setup import gradebook_address, settings
from utils.grading.findings import findings_in
from utils.grading.gradebook import address, explained
from utils.grading.result_records import RESULTS, Record
from utils.grading.scores import Score, class_scores, part_id
from utils.grading.tasks import Finding
from utils.report.reading import notes_in
from utils.report.statistics import Array

UNKNOWN = ""  # the kind of a part that no lesson has any more


class NothingToReport(ValueError):
    """There is no result to report on; the message says what is missing and how it comes about."""


@dataclass(frozen=True)
class Submission:
    """When a student handed in, by how much that was late, and what it cost."""

    student: str
    handed_in: datetime | None = None
    seconds_late: float = 0.0
    penalty: float = 0.0


@dataclass(frozen=True)
class ClassData:
    """One assignment of a class. Rows are the students in the gradebook, columns the parts.

    points    NaN where there is no verdict: not graded, or not read by a person yet
    waits     a person has to read it, or to look at it again
    by_hand   a person gave the points
    records   what is recorded of each result, by student and lesson; none for `nbgrader autograde`
    findings  what was wrong, by row and column
    absent    students in the gradebook who have handed in nothing
    waiting   students whose work lies in submitted/, and nothing of it is graded
    due       when the assignment is due, in UTC
    notes     how each notebook was read, by student and lesson: as recorded, or as the executed one has it
    """

    assignment: str
    students: tuple[str, ...]
    parts: tuple[Part, ...]
    out_of: Array
    points: Array
    waits: NDArray[np.bool_]
    by_hand: NDArray[np.bool_]
    submissions: Mapping[str, Submission]
    records: Mapping[tuple[str, str], Record]
    findings: Mapping[tuple[int, int], Finding] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    due: datetime | None = None
    notes: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def lessons(self) -> dict[str, list[int]]:
        """Return the columns of each lesson."""
        found: dict[str, list[int]] = {}
        for column, part in enumerate(self.parts):
            found.setdefault(lesson_of(part.id), []).append(column)
        return found

    @cached_property
    def analysed(self) -> NDArray[np.intp]:
        """Return the rows with a verdict on every part that a machine grades (and has graded for anybody)."""
        scored = ~np.isnan(self.points)
        needed = scored.any(axis=0) & ~np.array([part.manual for part in self.parts], dtype=bool)
        return np.flatnonzero(scored[:, needed].all(axis=1) & scored.any(axis=1))

    @cached_property
    def untouched(self) -> Array:
        """Return 1 where an answer was left as it was handed out, 0 where not, NaN where nobody took note."""
        found = np.full(self.points.shape, np.nan)
        for row, student in enumerate(self.students):
            for lesson, columns in self.lessons.items():
                record = self.records.get((student, lesson))
                if record is not None:
                    left = {part_id(lesson, name) for name in record.result.unanswered}
                    found[row, columns] = [self.parts[column].id in left for column in columns]
        return found

    def without_result(self) -> list[tuple[str, str]]:
        """Return students and lessons that have no verdict on any part."""
        missing = []
        for lesson, columns in self.lessons.items():
            rows = np.flatnonzero(np.isnan(self.points[:, columns]).all(axis=1))
            missing += [(self.students[row], lesson) for row in rows]
        return sorted(missing)


def lesson_of(part: str) -> str:
    """Return the lesson of a part id."""
    return part.partition(".")[0]


def class_data(root: Path, assignment: str, db: str | None = None) -> ClassData:
    """Return all that is known about a class. Raises `GradebookError`, `NothingToReport`."""
    url = address(db or gradebook_address(settings(root)))
    _require_file(url, assignment)
    with explained(url):
        engine = sql.create_engine(url)
        try:
            with engine.connect() as connection:
                roster, submissions = _submissions(connection, assignment)
                due = _due(connection, assignment)
                kept = sql.inspect(connection).has_table(RESULTS.name)
                records = dict(result_records.read(connection, assignment, submissions)) if kept else {}
        finally:
            engine.dispose()
    handed_in = students_of(root, assignment)
    if not submissions:
        there = f"submissions that wait: {len(handed_in)}" if handed_in else "nothing was handed in"
        raise NothingToReport(
            f"nothing of {assignment} is graded yet ({there}): run 'course grade {assignment}' first."
        )
    scores = class_scores(root, assignment, submissions, url)
    found = _tables(root, assignment, scores, submissions, records)
    absent = sorted(set(roster) - set(handed_in) - set(submissions))
    waiting = sorted(set(handed_in) - set(submissions))
    return replace(found, absent=tuple(absent), waiting=tuple(waiting), due=due)


def _due(connection: Connection, assignment: str) -> datetime | None:
    """Return when an assignment is due, in UTC; None where the gradebook has no date."""
    if not sql.inspect(connection).has_table(Assignment.__tablename__):
        return None
    due = sql.select(Assignment.duedate).where(Assignment.name == assignment)
    found: datetime | None = connection.execute(due).scalar_one_or_none()
    return found


def _require_file(url: str, assignment: str) -> None:
    """Raise `NothingToReport` for a gradebook that is not there: opening it would make an empty one."""
    made = sql.make_url(url)
    if made.get_backend_name() == "sqlite" and made.database and not Path(made.database).is_file():
        raise NothingToReport(
            f"there is no gradebook {made.database}: run 'course grade {assignment}', or name one (--db)."
        )


def _submissions(connection: Connection, assignment: str) -> tuple[list[str], dict[str, Submission]]:
    """Return everybody in the gradebook, and what those have handed in who are known to the assignment."""
    if not sql.inspect(connection).has_table(Assignment.__tablename__):
        return [], {}
    everybody = list(connection.execute(sql.select(Student.id)).scalars())
    lost = sql.func.coalesce(sql.func.sum(SubmittedNotebook.late_submission_penalty), 0.0)
    when = (SubmittedAssignment.timestamp, SubmittedAssignment.extension, Assignment.duedate)
    query = (
        sql.select(SubmittedAssignment.student_id.label("student"), *when, lost.label("penalty"))
        .select_from(SubmittedAssignment)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .outerjoin(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .where(Assignment.name == assignment)
        .group_by(SubmittedAssignment.id, SubmittedAssignment.student_id, *when)
        .order_by(SubmittedAssignment.student_id)
    )
    return everybody, {row.student: _submission(row) for row in connection.execute(query)}


def _submission(row: Any) -> Submission:
    if row.timestamp is None or row.duedate is None:
        return Submission(row.student, row.timestamp, 0.0, float(row.penalty))
    end = row.duedate if row.extension is None else row.duedate + row.extension
    late = max(0.0, (row.timestamp - end).total_seconds())
    return Submission(row.student, row.timestamp, late, float(row.penalty))


def _tables(
    root: Path,
    assignment: str,
    scores: Mapping[str, Mapping[str, Score]],
    submissions: Mapping[str, Submission],
    records: Mapping[tuple[str, str], Record],
) -> ClassData:
    students = tuple(sorted(scores))
    columns = _columns(root, assignment, scores)
    shape = (len(students), len(columns))
    points, out_of = np.full(shape, np.nan), np.zeros(len(columns))
    waits, by_hand = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    place = {part.id: column for column, part in enumerate(columns)}
    for row, student in enumerate(students):
        for score in scores[student].values():
            column = place[score.part]
            out_of[column] = score.out_of
            if score.auto is not None or score.manual is not None:
                points[row, column] = score.points
            by_hand[row, column] = score.manual is not None
            waits[row, column] = score.waits
    if np.isnan(points).all():
        raise NothingToReport(f"nothing of {assignment} has points yet: run 'course grade {assignment}'.")
    _only_what_ran(columns, points, waits, by_hand)
    findings = _findings(root, assignment, students, place, records)
    lessons = sorted({lesson_of(part.id) for part in columns})
    notes = {
        (student, lesson): _notes(root, assignment, student, lesson, records)
        for student in students
        for lesson in lessons
    }
    return ClassData(
        assignment, students, columns, out_of, points, waits, by_hand, submissions, records, findings,
        notes=notes,
    )  # fmt: skip


def _notes(
    root: Path, assignment: str, student: str, lesson: str, records: Mapping[tuple[str, str], Record]
) -> tuple[str, ...]:
    """Return how a notebook was read, as recorded; where nothing is, as the executed notebook has it."""
    record = records.get((student, lesson))
    if record is not None:
        return record.result.notes
    return notes_in(root / "autograded" / student / assignment / f"{lesson}.ipynb")


def _columns(root: Path, assignment: str, scores: Mapping[str, Mapping[str, Score]]) -> tuple[Part, ...]:
    """Return the parts in the gradebook: in the order of the lessons, then those that no lesson has now."""
    there = dict.fromkeys(part for mine in scores.values() for part in mine)
    known = [part for part in parts(root, assignment) if part.id in there]
    others = sorted(set(there) - {part.id for part in known})
    return (*known, *(Part(part, "", UNKNOWN, 0, manual=False) for part in others))


def _only_what_ran(
    columns: Sequence[Part], points: Array, waits: NDArray[np.bool_], by_hand: NDArray[np.bool_]
) -> None:
    """Let nothing wait for a person but answers of a graded notebook, and points that a person gave.

    The gradebook marks every part of a notebook so that was entered and never graded.
    """
    manual = np.array([part.manual for part in columns], dtype=np.bool_)
    lessons = np.array([lesson_of(part.id) for part in columns])
    for lesson in set(lessons):
        mine = lessons == lesson
        ran: NDArray[np.bool_] = np.asarray(~np.isnan(points[:, mine]).all(axis=1))
        waits[:, mine] &= (ran[:, None] & manual[mine]) | by_hand[:, mine]


def _findings(
    root: Path,
    assignment: str,
    students: Sequence[str],
    place: Mapping[str, int],
    records: Mapping[tuple[str, str], Record],
) -> dict[tuple[int, int], Finding]:
    """Return what was wrong, as recorded; for older results, as the executed notebook has it."""
    found = {}
    lessons = sorted({lesson_of(part) for part in place})
    for row, student in enumerate(students):
        for lesson in lessons:
            record = records.get((student, lesson))
            noted = record.result.findings if record is not None else None
            if noted is None:
                path = root / "autograded" / student / assignment / f"{lesson}.ipynb"
                noted = findings_in(path, lesson) or ()
            for finding in noted:
                column = place.get(part_id(lesson, finding.grade_id))
                if column is not None:
                    found[row, column] = finding
    return found
