"""Everything that a reader of nbgrader's gradebook can see, as text: the same for two gradebooks alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sql
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)


def url_of(root: Path) -> str:
    """Return the address of a scratch course's own gradebook."""
    return f"sqlite:///{root}/gradebook.db?timeout=60"


def rows(url: str, *, comments: bool = True) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of students, submissions, grades and comments, without their random ids."""
    engine = sql.create_engine(url)
    submission, notebook = SubmittedAssignment.__table__, SubmittedNotebook.__table__
    grade, comment, cell = Grade.__table__, Comment.__table__, BaseCell.__table__
    who = [submission.c.student_id, Assignment.name, Notebook.name.label("lesson")]
    mine = (
        sql.join(submission, notebook, submission.c.id == notebook.c.assignment_id)
        .join(Assignment.__table__, Assignment.id == submission.c.assignment_id)
        .join(Notebook.__table__, Notebook.id == notebook.c.notebook_id)
    )
    marks = ("auto_score", "manual_score", "extra_credit", "needs_manual_grade")
    queries = {
        "submissions": sql.select(submission.c.student_id, submission.c.timestamp, submission.c.extension),
        "notebooks": sql.select(*who, notebook.c.flagged, notebook.c.late_submission_penalty).select_from(
            mine
        ),
        "grades": sql.select(*who, cell.c.name, *(grade.c[mark] for mark in marks)).select_from(
            mine.join(grade, grade.c.notebook_id == notebook.c.id).join(cell, cell.c.id == grade.c.cell_id)
        ),
    }
    if comments:
        said = (comment.c.auto_comment, comment.c.manual_comment)
        queries["comments"] = sql.select(*who, cell.c.name, *said).select_from(
            mine.join(comment, comment.c.notebook_id == notebook.c.id).join(
                cell, cell.c.id == comment.c.cell_id
            )
        )
    with engine.connect() as connection:
        found = {
            name: sorted(map(tuple, connection.execute(query)), key=str) for name, query in queries.items()
        }
    engine.dispose()
    return found
