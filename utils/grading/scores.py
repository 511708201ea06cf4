"""The gradebook as tables: points of every student on every part, and on every lesson."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sql
from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    GradeCell,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)

from utils.build.notebooks import PREFIX
from utils.grading.course_setup import gradebook_address, settings
from utils.grading.gradebook import rows_of

PREFIXES = (PREFIX["graded"], PREFIX["written"])


@dataclass(frozen=True)
class Score:
    """Points earned on one part; `waits` when a person still has to read the answer.

    `auto` are the points that a machine gave, `manual` those of a person, None where there are none.
    """

    part: str
    points: float
    out_of: float
    waits: bool = False
    auto: float | None = None
    manual: float | None = None


def part_id(notebook: str, grade_id: str) -> str:
    """Return the part that a gradebook cell grades: `<lesson>.<part>`."""
    for prefix in PREFIXES:
        grade_id = grade_id.removeprefix(prefix)
    return f"{notebook}.{grade_id}"


def scores_of(root: Path, assignment: str, student: str, db: str | None = None) -> dict[str, Score]:
    """Return a student's score on every part, by part id; empty when nothing of theirs was graded."""
    return class_scores(root, assignment, [student], db)[student]


def class_scores(
    root: Path, assignment: str, students: Iterable[str], db: str | None = None
) -> dict[str, dict[str, Score]]:
    """Return the scores of many students, by student and part id. Raises `GradebookError`."""
    scores: dict[str, dict[str, Score]] = {student: {} for student in students}
    for row in rows_of(db or gradebook_address(settings(root)), _query(assignment)):
        if row.student in scores:
            score = _score(row)
            scores[row.student][score.part] = score
    return scores


def _score(row: Any) -> Score:
    part = part_id(row.notebook, row.cell)
    waits = row.needs_manual_grade
    return Score(part, row.score or 0.0, row.out_of, waits, row.auto_score, row.manual_score)


def _query(assignment: str) -> sql.Select[tuple[object, ...]]:
    """Return what asks for every score of an assignment, lessons and cells in the order of their names."""
    return (
        sql.select(
            SubmittedAssignment.student_id.label("student"),
            Notebook.name.label("notebook"),
            BaseCell.name.label("cell"),
            Grade.score.label("score"),
            Grade.auto_score,
            Grade.manual_score,
            Grade.needs_manual_grade,
            GradeCell.__table__.c.max_score.label("out_of"),
        )
        .select_from(Grade)
        .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .join(BaseCell, BaseCell.id == Grade.cell_id)
        .join(GradeCell.__table__, GradeCell.__table__.c.id == BaseCell.id)
        .where(Assignment.name == assignment)
        .order_by(Notebook.name)
    )


def by_lesson(scores: Mapping[str, Score]) -> dict[str, tuple[float, float, int]]:
    """Return, per lesson, points earned, points possible and how many answers a person has yet to read."""
    totals: dict[str, tuple[float, float, int]] = {}
    for score in scores.values():
        lesson = score.part.split(".")[0]
        earned, possible, waiting = totals.get(lesson, (0.0, 0.0, 0))
        totals[lesson] = (earned + score.points, possible + score.out_of, waiting + score.waits)
    return totals
