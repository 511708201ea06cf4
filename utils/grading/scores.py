"""The gradebook as tables: points of every student on every part, and on every lesson."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry

PREFIXES = ("test-", "written-")


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
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        try:
            submission = gradebook.find_submission(assignment, student)
        except MissingEntry:
            return {}
        scores = [
            Score(part_id(notebook.name, grade.cell.name), grade.score or 0.0, grade.max_score, grade.needs_manual_grade)
            for notebook in submission.notebooks
            for grade in notebook.grades
        ]
    return {score.part: score for score in scores}


def by_lesson(scores: Mapping[str, Score]) -> dict[str, tuple[float, float, int]]:
    """Return, per lesson, points earned, points possible and the number of answers a person has yet to read."""
    totals: dict[str, tuple[float, float, int]] = {}
    for score in scores.values():
        lesson = score.part.split(".")[0]
        earned, possible, waiting = totals.get(lesson, (0.0, 0.0, 0))
        totals[lesson] = (earned + score.points, possible + score.out_of, waiting + score.waits)
    return totals
