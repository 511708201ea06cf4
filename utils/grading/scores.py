"""The gradebook as tables: points of every student on every part, and on every lesson."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry

from utils.build.notebooks import PREFIX

PREFIXES = (PREFIX["graded"], PREFIX["written"])


@dataclass(frozen=True)
class Score:
    """Points earned on one part; `waits` when a person still has to read the answer."""

    part: str
    points: float
    out_of: float
    waits: bool = False


def part_id(notebook: str, grade_id: str) -> str:
    """Return the part that a gradebook cell grades: `<lesson>.<part>`."""
    for prefix in PREFIXES:
        grade_id = grade_id.removeprefix(prefix)
    return f"{notebook}.{grade_id}"


def scores_of(root: Path, assignment: str, student: str) -> dict[str, Score]:
    """Return a student's score on every part, by part id; empty when nothing of theirs was graded."""
    with _gradebook(root) as gradebook:
        try:
            submission = gradebook.find_submission(assignment, student)
        except MissingEntry:
            return {}
        scores = [_score(notebook, grade) for notebook in submission.notebooks for grade in notebook.grades]
    return {score.part: score for score in scores}


def _score(notebook: Any, grade: Any) -> Score:
    part = part_id(notebook.name, grade.cell.name)
    return Score(part, grade.score or 0.0, grade.max_score, grade.needs_manual_grade)


def graded_students(root: Path, assignment: str) -> frozenset[str]:
    """Return the students whose submissions the gradebook knows; none when there is no gradebook yet."""
    with _gradebook(root) as gradebook:
        try:
            known = gradebook.assignment_submissions(assignment)
            return frozenset(submission.student.id for submission in known)
        except MissingEntry:
            return frozenset()


def forget_scores(root: Path, assignment: str, student: str) -> None:
    """Mark every part of a submission as not graded, if there is one; points given by a person stay."""
    with _gradebook(root) as gradebook:
        try:
            submission = gradebook.find_submission(assignment, student)
        except MissingEntry:
            return
        for grade in (grade for notebook in submission.notebooks for grade in notebook.grades):
            grade.auto_score = None
            grade.needs_manual_grade = True
        gradebook.db.commit()


def _gradebook(root: Path) -> Gradebook:
    """Return the course's gradebook. Another process may be writing to it, for which a minute is allowed."""
    return Gradebook(f"sqlite:///{root / 'gradebook.db'}?timeout=60")


def by_lesson(scores: Mapping[str, Score]) -> dict[str, tuple[float, float, int]]:
    """Return, per lesson, points earned, points possible and how many answers a person has yet to read."""
    totals: dict[str, tuple[float, float, int]] = {}
    for score in scores.values():
        lesson = score.part.split(".")[0]
        earned, possible, waiting = totals.get(lesson, (0.0, 0.0, 0))
        totals[lesson] = (earned + score.points, possible + score.out_of, waiting + score.waits)
    return totals
