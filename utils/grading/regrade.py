"""What would change if a class were graded again: after a test was corrected, say, and before it counts.

The work is that of a class run; nothing is written but what `grade_class` writes when it is applied.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from utils.grading.class_run import Nobody, OpenWorkers, Watcher
from utils.grading.course_setup import course_of, gradebook_address, settings, tests_written
from utils.grading.digests import Digests, same_submission
from utils.grading.gradebook import OpenGradebook
from utils.grading.late_penalty import LatePenalty
from utils.grading.result_records import Record
from utils.grading.score_writer import ScoreWriter
from utils.grading.scores import Score, class_scores, part_id
from utils.grading.tasks import Mode, Result, Task
from utils.grading.teams import explained_by_judge, workers_here
from utils.grading.workers import worked

NO_POINTS = "-"
LONGEST_REASON = 160  # characters of a message in the table


@dataclass(frozen=True)
class Change:
    """A score that a regrade would change: a machine's points before and after, and why.

    `kept` are the points of a person, which count whatever a machine says.
    """

    student: str
    part: str
    old: float | None
    new: float | None
    why: str
    kept: float | None = None

    def __str__(self) -> str:
        """Return the change on one line."""
        by_hand = "" if self.kept is None else f" (the {self.kept:g} given by hand stay)"
        return f"{self.student}  {self.part}  {shown(self.old)} -> {shown(self.new)}{by_hand}  {self.why}"


def shown(points: float | None) -> str:
    """Return points as a table shows them."""
    return NO_POINTS if points is None else f"{points:g}"


def changes(
    root: Path,
    assignment: str,
    students: Iterable[str],
    *,
    jobs: int = 2,
    mode: Mode = "split",
    db: str | None = None,
    open_workers: OpenWorkers = workers_here,
    watcher: Watcher | None = None,
) -> list[Change]:
    """Grade the students' submissions anew, write nothing, and return every score that would change.

    A task without a verdict is a change too: its parts would get no points. Raises what `grade_class` does.
    """
    root, students, watcher = root.resolve(), list(dict.fromkeys(students)), watcher or Nobody()
    config = settings(root)
    url = db or gradebook_address(config)
    with contextlib.ExitStack() as stack:
        book = stack.enter_context(OpenGradebook(url, assignment))
        course = tests_written(book, course_of(root, assignment, mode, config))
        records = ScoreWriter(book, LatePenalty(config)).records()
        digests = Digests(course)
        pairs = [(student, lesson) for student in students for lesson in course.lessons]
        tasks = [Task(*pair, digests.of(*pair)) for pair in pairs]
        scores = class_scores(root, assignment, students, url)
        found: list[Change] = []
        watcher.begin(len(tasks), 0)
        for result in worked(tasks, stack.enter_context(open_workers(course, jobs)), watcher.running):
            record = records.get((result.student, result.lesson))
            found += _changed(result, scores[result.student], record)
            watcher.done(result)
    order = {student: place for place, student in enumerate(students)}
    return sorted(found, key=lambda change: (order[change.student], change.part))


def explain(root: Path, assignment: str, student: str, part: str, *, db: str | None = None) -> str:
    """Return, for an instructor, input, expected and received of the case that decided a student's part.

    `part` may leave the lesson out when only one has it. Raises `CannotGrade`, ValueError for no such part.
    """
    root = root.resolve()
    config = settings(root)
    with OpenGradebook(db or gradebook_address(config), assignment) as book:
        course = tests_written(book, course_of(root, assignment, "split", config))
        known = [part_id(lesson, name) for lesson in course.lessons for name in book.graded_cells(lesson)]
    named = [name for name in known if part in (name, name.partition(".")[2])]
    if len(named) != 1:
        raise ValueError(
            f"{part!r} is {'no part' if not named else 'more than one'}: {', '.join(named or known)}"
        )
    return explained_by_judge(course, Task(student, named[0].partition(".")[0]), named[0])


def _changed(result: Result, scores: dict[str, Score], record: Record | None) -> Iterable[Change]:
    """Yield the scores of one lesson that differ from those in the gradebook."""
    parts = {part_id(result.lesson, cell.grade_id): cell for cell in result.cells}
    said = _messages(result)
    for part, old in scores.items():
        if part.split(".")[0] == result.lesson and result.state == "failed" and old.auto is not None:
            yield Change(result.student, part, old.auto, None, f"no verdict: {result.reason}", _by_hand(old))
    for part, cell in parts.items():
        old_points = scores[part].auto if part in scores else None
        if old_points != cell.points:
            why = "; ".join(filter(None, (_cause(result, record), said.get(cell.grade_id, ""))))
            yield Change(result.student, part, old_points, cell.points, why, _by_hand(scores.get(part)))


def _by_hand(score: Score | None) -> float | None:
    """Return the points that a person gave, if so: then they are the score, whatever the machine's are."""
    return None if score is None or score.manual is None else score.manual


def _cause(result: Result, record: Record | None) -> str:
    if record is None:
        return "was not graded by this command before"
    if not same_submission(record.digest, result.digest):
        return "another submission"
    return "the same submission" if record.digest == result.digest else "the tests or the code changed"


def _messages(result: Result) -> dict[str, str]:
    """Return the first line of what each graded cell says now, by grade id."""
    if not result.notebook_json:
        return {}
    cells = nbformat.reads(result.notebook_json, as_version=4).cells
    marked = {cell.metadata.nbgrader["grade_id"]: cell for cell in cells if cell.metadata.get("nbgrader")}
    return {name: _first_error(cell) for name, cell in marked.items()}


def _first_error(cell: Any) -> str:
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            first = next(iter(str(output.evalue).strip().splitlines()), "")
            return f"now {output.ename}: {first}"[:LONGEST_REASON]
    return "now without an error"
