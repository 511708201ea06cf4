"""Writes the feedback pages of a class, several students at a time, by nbgrader's own converter.

A student whose executed notebooks, points and comments have not changed keeps the pages that are there.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import json
import logging
import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sql
from nbgrader.api import Assignment, Comment, Grade, SubmittedAssignment, SubmittedNotebook
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SAWarning

from utils.build.release import course_config
from utils.grading.course_setup import gradebook_address, settings
from utils.grading.gradebook import address, explained

LOG_LINES = 40  # of a failure's log, the last ones say what happened
# Our code that a page depends on, beside the settings: all of these folders.
DECIDES = ("feedback", "build/preprocessors.py", "grading/feedback_run.py")
INDEX = "index"  # the list of a student's pages
GRADE_COLUMNS = ("cell_id", "auto_score", "manual_score", "extra_credit", "needs_manual_grade")
COMMENT_COLUMNS = ("cell_id", "auto_comment", "manual_comment")


@dataclass(frozen=True)
class Page:
    """What happened to one student's pages: written, skipped (unchanged) or failed, and the log of that."""

    student: str
    state: str
    log: str = ""


def write_feedback(
    root: Path,
    assignment: str,
    students: Iterable[str],
    *,
    jobs: int = 2,
    db: str | None = None,
    done: Callable[[Page], None] = lambda page: None,
) -> list[Page]:
    """Write the pages of the students; return what happened to each, in their order. Calls `done` for each.

    Raises `GradebookError`.
    """
    root, students = root.resolve(), list(dict.fromkeys(students))
    url = address(db or gradebook_address(settings(root)))
    stamps = _stamps(root, assignment, url, students)
    to_do = [student for student in students if not _is_current(root, assignment, student, stamps[student])]
    pages = {student: Page(student, "skipped") for student in students if student not in to_do}
    for page in pages.values():
        done(page)
    for page in _written(root, assignment, url, to_do, jobs):
        pages[page.student] = page
        if page.state == "written":
            _write_stamp(_stamp_file(root, assignment, page.student), stamps[page.student])
        done(page)
    return [pages[student] for student in students]


def _written(root: Path, assignment: str, url: str, students: list[str], jobs: int) -> Iterable[Page]:
    """Yield what happened to each student, as it comes."""
    if jobs <= 1 or len(students) <= 1:
        yield from (write_pages(root, assignment, url, student) for student in students)
        return
    fresh = multiprocessing.get_context("spawn")  # a fork would share nbgrader's open connections
    with ProcessPoolExecutor(min(jobs, len(students)), mp_context=fresh) as pool:
        try:
            calls = [pool.submit(write_pages, root, assignment, url, student) for student in students]
            for call in as_completed(calls):
                yield call.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def write_pages(root: Path, assignment: str, url: str, student: str) -> Page:
    """Write one student's pages with nbgrader's converter."""
    folder = root / "autograded" / student / assignment
    if not list(folder.glob("*.ipynb")):
        return Page(
            student, "failed", f"{folder.relative_to(root)} holds no graded notebook: grade it first."
        )
    config = copy.deepcopy(course_config(root))
    config.CourseDirectory.db_url = url
    lines = _Lines()
    log = logging.Logger(f"course.feedback.{student}")
    log.addHandler(lines)
    with contextlib.chdir(root), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Object of type <Submitted", category=SAWarning)
        course = CourseDirectory(config=config, assignment_id=assignment, student_id=student)
        converter = _OneStudent(coursedir=course, config=config, log=log)
        converter.force = True
        try:
            converter.start()
        except (Exception, SystemExit) as error:  # nbgrader leaves the program in some of its own failures
            lines.texts.append(f"{type(error).__name__}: {error}")
            return Page(student, "failed", "\n".join(lines.texts[-LOG_LINES:]))
    if not (root / "feedback" / student / assignment / f"{INDEX}.html").is_file():
        return Page(student, "failed", "\n".join([*lines.texts, "The list of pages was not written."]))
    return Page(student, "written")


class _OneStudent(GenerateFeedback):  # type: ignore[misc] # nbgrader ships no types
    def init_notebooks(self) -> None:
        """Take a student's notebooks by names and not by patterns: `[` and `*` may be in a name."""
        course = self.coursedir
        folder = self._format_source(course.assignment_id, course.student_id)
        names = sorted(path.name for path in Path(folder).glob("*.ipynb"))
        self.assignments = {folder: [os.path.join(folder, name) for name in names]}
        self.notebooks: list[str] = []


class _Lines(logging.Handler):
    """Collects a converter's log."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


# What a page depends on


def _stamps(root: Path, assignment: str, url: str, students: list[str]) -> dict[str, str]:
    """Return a digest, by student, of all that is on the pages."""
    common = hashlib.sha256((root / "nbgrader_config.py").read_bytes())
    for path in _deciding():
        common.update(path.read_bytes())
    rows = _rows(assignment, url)
    return {
        student: _digest(common, root / "autograded" / student / assignment, rows.get(student, []))
        for student in students
    }


def _deciding() -> list[Path]:
    """Return the files of ours on which a page depends."""
    places = [Path(__file__).parents[1] / name for name in DECIDES]
    inside = [path for place in places if place.is_dir() for path in place.rglob("*") if path.is_file()]
    files = [*inside, *(place for place in places if place.is_file())]
    return sorted(path for path in files if path.suffix != ".pyc")


def _digest(common: Any, folder: Path, rows: list[str]) -> str:
    digest = common.copy()
    for path in sorted([*folder.glob("*.ipynb"), *folder.glob("timestamp.txt")]):
        digest.update(f"{path.name}\0".encode("utf-8", "surrogatepass") + path.read_bytes() + b"\0")
    digest.update("\0".join(sorted(rows)).encode())
    return str(digest.hexdigest())


def _rows(assignment: str, url: str) -> dict[str, list[str]]:
    """Return the points and comments of each student as texts."""
    found: dict[str, list[str]] = {}
    with explained(url):
        engine = sql.create_engine(url)
        try:
            with engine.connect() as connection:
                for kind, names in ((Grade, GRADE_COLUMNS), (Comment, COMMENT_COLUMNS)):
                    for student, *values in connection.execute(_query(assignment, kind, names)):
                        found.setdefault(student, []).append(f"{kind.__name__} {values}")
        finally:
            engine.dispose()
    return found


def _query(assignment: str, kind: Any, names: tuple[str, ...]) -> Any:
    columns = [kind.__table__.c[name] for name in names]
    late = SubmittedNotebook.__table__.c.late_submission_penalty
    return (
        sql.select(SubmittedAssignment.student_id, *columns, late)
        .join(SubmittedNotebook, SubmittedNotebook.id == kind.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .where(Assignment.name == assignment)
    )


def _stamp_file(root: Path, assignment: str, student: str) -> Path:
    return root / ".cache" / "feedback" / assignment / f"{student}.json"


def _is_current(root: Path, assignment: str, student: str, stamp: str) -> bool:
    graded = {path.stem for path in (root / "autograded" / student / assignment).glob("*.ipynb")}
    pages = {path.stem for path in (root / "feedback" / student / assignment).glob("*.html")}
    try:
        said = json.loads(_stamp_file(root, assignment, student).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(graded) and {*graded, INDEX} == pages and said == stamp


def _write_stamp(path: Path, stamp: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".new")
    scratch.write_text(json.dumps(stamp), encoding="utf-8")
    scratch.replace(path)
