"""What a graded scratch course holds: outcomes, points, and the words on feedback pages."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from pathlib import Path

from scratch_course import ASSIGNMENT

from utils.grading.class_run import Outcome
from utils.grading.scores import scores_of

NEIGHBOURS = ("aa-neighbour", "zz-neighbour")  # the first and the last of the class


@dataclass(frozen=True)
class GradedClass:
    """A course after grading, and what happened to each student."""

    root: Path
    outcomes: dict[str, Outcome]

    def points(self, student: str) -> dict[str, float]:
        """Return the points of a student by the part's name."""
        return points_of(self.root, student)

    def page(self, student: str) -> str:
        """Return what a student reads on all feedback pages, as plain text without the signs of Markdown."""
        folder = self.root / "feedback" / student / ASSIGNMENT
        return "\n".join(page_text(path) for path in sorted(folder.glob("*.html")))


def points_of(root: Path, student: str) -> dict[str, float]:
    """Return a student's points in the scratch course, by the part's name."""
    return {part.split(".")[1]: score.points for part, score in scores_of(root, ASSIGNMENT, student).items()}


def page_text(path: Path) -> str:
    """Return the words of an HTML page between its tags."""
    body = re.sub(
        r"(?s)<(style|script)\b.*?</\1>", " ", path.read_text(encoding="utf-8").partition("<body")[2]
    )
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", "", body)))
