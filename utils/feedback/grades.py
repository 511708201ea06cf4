"""What the gradebook knows of a graded notebook's cells, written into their metadata for the page."""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import GetGrades

from utils.feedback.messages import place_of


class ReadGrades(GetGrades):  # type: ignore[misc] # nbgrader ships no types
    """nbgrader's step that reads points and comments; this one also reads whether a person has to decide."""

    def _get_score(self, cell: NotebookNode, resources: Any) -> None:
        """Put points, and what they rest on, into the metadata of a graded cell.

        A later step takes tracebacks out, so the one line in them that is a student's own is noted here.
        """
        mark = cell.metadata.nbgrader
        grade = self.gradebook.find_grade(
            mark["grade_id"], self.notebook_id, self.assignment_id, self.student_id
        )
        mark["score"], mark["points"] = grade.score, grade.max_score
        mark["place"] = place_of(cell)
        mark["waits"] = bool(grade.needs_manual_grade)
        mark["by_hand"] = grade.manual_score is not None
