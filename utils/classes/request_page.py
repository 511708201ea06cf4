"""What a person needs to see who decides on a request, as text for a terminal.

A student's text stands behind a bar, so that it cannot pass for ours, and in characters that are what they
look like.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import sqlalchemy as sql
from nbgrader.api import (
    BaseCell,
    Comment,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)

from coursekit.handed_out import Part, handed_out
from utils.classes.requests import Request
from utils.grading import result_records
from utils.grading.box.inside.shown import safe_line, safe_text
from utils.grading.gradebook import OpenGradebook, explained
from utils.grading.intake import grade_id
from utils.grading.regrade import explain
from utils.grading.scores import Score, class_scores, part_id
from utils.grading.tasks import Finding

BAR = "  | "
LONGEST = 20_000  # characters of one text
SHORT = 70  # characters of a reason in a list
DAY = "%Y-%m-%d %H:%M UTC"


@dataclass(frozen=True)
class Background:
    """What the course knows about the part that a request is about."""

    score: Score | None
    answers: dict[str, str]
    finding: Finding | None
    comments: tuple[str, ...]
    explained: str


def line(request: Request) -> str:
    """Return a request on one line."""
    who = (
        f"{request.number:4}  {request.made:%Y-%m-%d}  {safe_line(request.student, SHORT):20}  {request.part}"
    )
    return f"{who}: {safe_line(request.reason, SHORT)}"


def background(book: OpenGradebook, root: Path, request: Request, *, explaining: bool = True) -> Background:
    """Return what is known about a request's part. The explanation runs the student's notebook in a box."""
    lesson = request.part.partition(".")[0]
    part = _part(root, request)
    scores = class_scores(root, request.assignment, [request.student], book.url)[request.student]
    return Background(
        scores.get(request.part),
        _answers(root / "autograded" / request.student / request.assignment / f"{lesson}.ipynb", part),
        _finding(book, request),
        tuple(_comments(book, request, part)),
        _explained(root, book, request) if explaining and part is not None and part.check else "",
    )


def page(request: Request, about: Background) -> str:
    """Return all that a person needs to decide on a request."""
    return "\n".join(_page(request, about))


def _page(request: Request, about: Background) -> Iterator[str]:
    state = f"closed {request.closed:{DAY}}" if request.closed else "open"
    yield f"request {request.number}, {state}"
    yield f"{safe_line(request.student, SHORT)}, {request.assignment}, {request.part}, {request.made:{DAY}}"
    yield from _quoted("reason", request.reason)
    yield f"points: {_points(about.score)}"
    for name, answer in about.answers.items() or {"": "nothing was graded yet"}.items():
        yield from _quoted(f"answer {name}".strip(), answer)
    if about.finding:
        yield from _quoted("first wrong thing", about.finding.first)
        yield f"hint: {about.finding.hint or 'none; no known mistake was recognised'}"
    for comment in about.comments:
        yield from _quoted("comment", comment)
    if about.explained:
        yield from _quoted("what decided it", about.explained)
    if request.answer:
        yield from _quoted("decision", request.answer)


def _quoted(title: str, text: str) -> Iterator[str]:
    yield f"{title}:"
    yield from (BAR + one for one in safe_text(text[:LONGEST]).split("\n"))


def _points(score: Score | None) -> str:
    if score is None:
        return "none; it has not been graded"
    auto = "none" if score.auto is None else f"{score.auto:g}"
    by_hand = "none" if score.manual is None else f"{score.manual:g}"
    waits = ", waits for a person" if score.waits else ""
    return f"{score.points:g} of {score.out_of:g} (by machine {auto}, by hand {by_hand}{waits})"


def _part(root: Path, request: Request) -> Part | None:
    """Return the part as it was handed out; None when the present release has no such part."""
    lesson, _, name = request.part.partition(".")
    path = root / "release" / request.assignment / f"{lesson}.ipynb"
    told = handed_out(nbformat.read(path, as_version=4)) if path.is_file() else None
    return next((part for part in told.parts if part.name == name), None) if told else None


def _answers(path: Path, part: Part | None) -> dict[str, str]:
    """Return the student's texts in the cells of a part, as they were graded."""
    if part is None or not path.is_file():
        return {}
    cells = nbformat.read(path, as_version=4).cells
    return {str(grade_id(cell)): cell.source for cell in cells if grade_id(cell) in part.answers}


def _finding(book: OpenGradebook, request: Request) -> Finding | None:
    lesson = request.part.partition(".")[0]
    with explained(book.url), book.engine.connect() as connection:
        records = result_records.read(connection, request.assignment, [request.student])
    record = records.get((request.student, lesson))
    findings = record.result.findings if record else None
    return next((f for f in findings or () if part_id(lesson, f.grade_id) == request.part), None)


def _comments(book: OpenGradebook, request: Request, part: Part | None) -> list[str]:
    """Return what persons have written to the cells of a part."""
    names = (part.check, *part.answers) if part else ()
    query = (
        sql.select(Comment.manual_comment)
        .join(SubmittedNotebook, SubmittedNotebook.id == Comment.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .join(BaseCell, BaseCell.id == Comment.cell_id)
        .where(SubmittedAssignment.student_id == request.student)
        .where(SubmittedAssignment.assignment_id == book.id)
        .where(Notebook.name == request.part.partition(".")[0], BaseCell.name.in_(names))
    )
    with explained(book.url), book.engine.connect() as connection:
        return [text for text in connection.execute(query).scalars() if text]


def _explained(root: Path, book: OpenGradebook, request: Request) -> str:
    """Return what decided the part, or why that cannot be said."""
    try:
        return explain(root, request.assignment, request.student, request.part, db=book.url)
    except (RuntimeError, ValueError) as error:
        return f"This cannot be said: {error}"
