"""Grades a class with nbgrader's Python API, several submissions at a time, and writes feedback.

A submission that has not changed since its last grading is skipped, so an interrupted run is taken up where
it stopped. One student's trouble is reported and never stops the class.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import json
import logging
import os
import shutil
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_core.utils import ensure_event_loop
from nbgrader.converters import Autograde, BaseConverter, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from utils.build.release import course_config
from utils.grading.preprocessors import lessons_of
from utils.grading.reading import LARGEST_NOTEBOOK
from utils.grading.scores import forget_scores, graded_students

Progress = Callable[[str], None]
CODE = Path(__file__).resolve().parents[2]
CODE_THAT_DECIDES = ("coursekit", "utils/build", "utils/checks", "utils/reference", "utils/grading")
LOG_LINES = 40  # of a failure's log, the last ones say what happened
_building = threading.Lock()


@dataclass
class Outcome:
    """What happened to one submission: graded, skipped (unchanged) or failed, and the log of a failure.

    `notes` say what was unusual about how the submission was read; the feedback page shows them too.
    """

    student: str
    state: str
    log: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Run:
    """What all submissions of one run have in common."""

    root: Path
    assignment: str
    config: Config
    state: str
    feedback: bool
    skip: frozenset[str]

    def stamp(self, student: str) -> Path:
        """Return the file that says what a student's scores were computed from."""
        return self.root / ".cache" / "graded" / self.assignment / f"{student}.json"

    def coursedir(self, student: str) -> CourseDirectory:
        """Return nbgrader's view of the course, narrowed to one submission."""
        return CourseDirectory(config=self.config, assignment_id=self.assignment, student_id=student)


def students_of(root: Path, assignment: str) -> list[str]:
    """Return the students that handed in something for the assignment, sorted."""
    folders = [path for path in (root / "submitted").glob(f"*/{assignment}") if path.is_dir()]
    return sorted(path.parent.name for path in folders if not path.parent.name.startswith("."))


def grade_class(
    root: Path,
    assignment: str,
    students: Iterable[str],
    *,
    jobs: int = 2,
    force: bool = False,
    feedback: bool = True,
    progress: Progress = lambda student: None,
) -> list[Outcome]:
    """Grade the students' submissions and write feedback; return what happened to each, in their order.

    `progress` is called with a student's name when that student is done. An interruption (Ctrl-C) waits for
    the submissions that are being graded, and the next run goes on from there.
    """
    root, students = root.resolve(), list(dict.fromkeys(students))
    with _surroundings(root):
        config = course_config(root)
        skip = frozenset() if force else graded_students(root, assignment)
        run = _Run(root, assignment, config, _course_state(root, assignment), feedback, skip)
        return _in_parallel(run, students, jobs, progress)


def _in_parallel(run: _Run, students: list[str], jobs: int, progress: Progress) -> list[Outcome]:
    outcomes: dict[str, Outcome] = {}
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        waiting = {pool.submit(_grade_one, run, student): student for student in students}
        try:
            for done in as_completed(waiting):
                outcomes[waiting[done]] = done.result()
                progress(waiting[done])
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return [outcomes[student] for student in students]


@contextlib.contextmanager
def _surroundings(root: Path) -> Iterator[None]:
    """Set, once for all threads, what nbgrader would set and restore for each submission."""
    path = os.environ.get("PATH", "")
    # nbgrader calls alembic by its name alone.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), path])
    try:
        # nbgrader changes into the course's root and back, which is harmless when all are there already.
        with contextlib.chdir(root), warnings.catch_warnings():
            # It reads a submission while it is being added; the rows are complete afterwards.
            warnings.filterwarnings("ignore", message="Object of type <Submitted", category=SAWarning)
            yield
    finally:
        os.environ["PATH"] = path


def _grade_one(run: _Run, student: str) -> Outcome:
    """Return what happened to a submission; never raises for anything in it."""
    try:
        return _graded_or_skipped(run, student)
    except Exception as error:  # whatever one submission provokes is reported and stops nobody else
        return _failed(run, student, f"{type(error).__name__}: {error}")
    finally:
        ensure_event_loop().close()  # nbclient leaves the one of this thread open


def _graded_or_skipped(run: _Run, student: str) -> Outcome:
    folder = run.root / "submitted" / student / run.assignment
    if not folder.is_dir():
        return _failed(run, student, f"{folder.relative_to(run.root)} does not exist: nothing was handed in.")
    digest = _fingerprint(folder, student, run.state)
    before = _read_stamp(run.stamp(student))
    if before.get("digest") == digest and student in run.skip and _outputs_exist(run, student):
        return Outcome(student, "skipped", notes=list(before.get("notes", [])))
    run.stamp(student).unlink(missing_ok=True)
    lines = _Lines()
    converters = [_AutogradeOne, _FeedbackOne] if run.feedback else [_AutogradeOne]
    if not all(_convert(kind, run, student, lines) for kind in converters):
        return _failed(run, student, "\n".join(lines.texts[-LOG_LINES:]), lines.notes)
    _write_stamp(run.stamp(student), {"digest": digest, "notes": lines.notes})
    return Outcome(student, "graded", notes=lines.notes)


def _failed(run: _Run, student: str, log: str, notes: Iterable[str] = ()) -> Outcome:
    """Return the outcome of a failure; scores and feedback of an earlier submission do not outlive it."""
    run.stamp(student).unlink(missing_ok=True)
    shutil.rmtree(run.root / "feedback" / student / run.assignment, ignore_errors=True)
    try:
        forget_scores(run.root, run.assignment, student)
    except Exception as error:
        log += f"\nEarlier scores could not be removed from the gradebook: {type(error).__name__}: {error}"
    return Outcome(student, "failed", log, list(notes))


def _outputs_exist(run: _Run, student: str) -> bool:
    folders = ["autograded", "feedback"] if run.feedback else ["autograded"]
    return all((run.root / folder / student / run.assignment).is_dir() for folder in folders)


def _read_stamp(path: Path) -> dict[str, Any]:
    try:
        stamp = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _write_stamp(path: Path, stamp: dict[str, Any]) -> None:
    """Write a stamp at once, so that an interruption leaves none rather than half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".new")
    scratch.write_text(json.dumps(stamp), encoding="utf-8")
    scratch.replace(path)


class _OneSubmission(BaseConverter):  # type: ignore[misc] # nbgrader ships no types
    """Converts one student's submission, by names and not by patterns: `[` and `*` may be in a name."""

    def init_notebooks(self) -> None:
        """Take every notebook that was handed out, so that a missing one gets its zeros and its page too."""
        course = self.coursedir
        folder = self._format_source(course.assignment_id, course.student_id)
        names = lessons_of(course, course.assignment_id)
        self.assignments = {folder: [os.path.join(folder, f"{name}.ipynb") for name in names]}
        self.notebooks: list[str] = []


class _AutogradeOne(_OneSubmission, Autograde):  # type: ignore[misc]
    def run_pre_convert_hook(self) -> None:
        """Do nothing: the notebooks are named already."""

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Do both passes; nbgrader also sets an environment variable, which two threads cannot do at once."""
        course = self.coursedir
        folder = course.format_path(course.autograded_directory, course.student_id, course.assignment_id)
        sanitized = os.path.join(folder, os.path.basename(notebook_filename))
        try:
            for self._sanitizing, path in ((True, notebook_filename), (False, sanitized)):
                self._init_preprocessors()
                BaseConverter.convert_single_notebook(self, path)
        finally:
            self._sanitizing = True


class _FeedbackOne(_OneSubmission, GenerateFeedback):  # type: ignore[misc]
    pass


def _convert(kind: Any, run: _Run, student: str, lines: _Lines) -> bool:
    """Run one of nbgrader's converters for one student; return whether it succeeded."""
    log = logging.Logger(f"course.{kind.__name__}.{student}")
    log.addHandler(lines)
    with _building:  # building the objects touches nbgrader's and traitlets' class-wide state
        converter = kind(coursedir=run.coursedir(student), config=copy.deepcopy(run.config), log=log)
    converter.force = True
    try:
        converter.start()
    except (Exception, SystemExit) as error:  # nbgrader leaves the program in some of its own failures
        lines.texts.append(f"{type(error).__name__}: {error}")
        return False
    return True


class _Lines(logging.Handler):
    """Collects a converter's log, and in it the notes of intake."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []
        self.notes: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())
        note = getattr(record, "intake", None)
        if note is not None and note not in self.notes:
            self.notes.append(note)


def fingerprint(root: Path, assignment: str, student: str) -> str:
    """Return a digest of everything a student's score depends on: the submission, the tests, our code."""
    return _fingerprint(root / "submitted" / student / assignment, student, _course_state(root, assignment))


def _fingerprint(folder: Path, student: str, state: str) -> str:
    digest = hashlib.sha256(f"{state}\0{student}\0".encode())
    for path in sorted([*folder.rglob("*.ipynb"), folder / "timestamp.txt"]):
        digest.update(f"{path.relative_to(folder)}\0".encode("utf-8", "replace") + _content(path) + b"\0")
    return digest.hexdigest()


def _content(path: Path) -> bytes:
    """Return what is in a file, or how large it is when intake would not read it."""
    if path.is_symlink() or not path.is_file():
        return b"not a file"
    size = path.stat().st_size
    return path.read_bytes() if size <= LARGEST_NOTEBOOK else str(size).encode()


def _course_state(root: Path, assignment: str) -> str:
    """Return a digest of the tests, our code and the course key, wherever the course lies."""
    parts = [path for part in CODE_THAT_DECIDES for path in (CODE / part).rglob("*.py")]
    folders = [root / part / assignment for part in ("source", "release")]
    notebooks = [path for folder in folders for path in folder.glob("*.ipynb")]
    files = {path.relative_to(CODE).as_posix(): path for path in parts}
    files |= {path.relative_to(root).as_posix(): path for path in [root / "nbgrader_config.py", *notebooks]}
    key = os.environ.get("COURSE_KEY_FILE")
    files |= {"course key": Path(key)} if key else {}
    digest = hashlib.sha256()
    for name, path in sorted(files.items()):
        digest.update(f"{name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()
