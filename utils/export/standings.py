"""How every student stands in the gradebook: who they are, what each part earned, what lateness cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sql
from nbgrader.api import Assignment, Student, SubmittedAssignment

from utils.grading.course_setup import gradebook_address, settings
from utils.grading.gradebook import rows_of
from utils.grading.penalties import penalties
from utils.grading.scores import Score, by_lesson, class_scores


@dataclass(frozen=True)
class Standing:
    """One student's points. `penalties` are points off for lateness, by lesson."""

    student: str
    last_name: str = ""
    first_name: str = ""
    email: str = ""
    scores: Mapping[str, Score] = field(default_factory=dict)
    penalties: Mapping[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the name as lists of students have it, `Lovelace, Ada`; empty when it is not known."""
        return ", ".join(filter(None, (self.last_name, self.first_name)))

    @property
    def before_penalty(self) -> float:
        """Return the sum of all parts."""
        return sum(score.points for score in self.scores.values())

    @property
    def penalty(self) -> float:
        """Return what lateness costs; no lesson is worth less than nothing."""
        earned = by_lesson(self.scores)
        return sum(min(off, earned.get(lesson, (0.0,))[0]) for lesson, off in self.penalties.items())

    @property
    def total(self) -> float:
        """Return the points as nbgrader adds them up."""
        return self.before_penalty - self.penalty

    @property
    def waiting(self) -> int:
        """Return how many answers a person has yet to read."""
        return sum(score.waits for score in self.scores.values())


def standings(root: Path, assignment: str, db: str | None = None) -> list[Standing]:
    """Return the students who have a graded submission, sorted by their ids. Raises `GradebookError`."""
    people = rows_of(db or gradebook_address(settings(root)), _people(assignment))
    late = penalties(root, assignment, db)
    scores = class_scores(root, assignment, [row.id for row in people], db)
    return [
        Standing(
            row.id,
            row.last_name or "",
            row.first_name or "",
            row.email or "",
            scores[row.id],
            late.get(row.id, {}),
        )
        for row in people
        if scores[row.id]
    ]


def _people(assignment: str) -> sql.Select[tuple[object, ...]]:
    submitted = sql.select(SubmittedAssignment.student_id).join(
        Assignment, Assignment.id == SubmittedAssignment.assignment_id
    )
    submitted = submitted.where(Assignment.name == assignment)
    columns = (Student.id, Student.last_name, Student.first_name, Student.email)
    return sql.select(*columns).where(Student.id.in_(submitted)).order_by(Student.id)
