"""Grades a class with nbgrader's Python API in one process, several submissions at a time, and writes feedback.

A submission that has not changed since its last grading is skipped, so an interrupted run is taken up where
it stopped. One student's trouble is reported and never stops the class.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SAWarning
from traitlets.config import Config, PyFileConfigLoader

Progress = Callable[[str], None]
CODE_THAT_DECIDES = ("coursekit", "utils/checks", "utils/reference", "utils/grading")
_writing = threading.Lock()


class ThreadSafeAutograde(Autograde):  # type: ignore[misc]
    """nbgrader's Autograde, without the variable that it sets and deletes in this process around every notebook.

    Two threads cannot do that at once; the kernels get NBGRADER_EXECUTION in their own environment instead.
    """

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Sanitise a submitted notebook into autograded/, then run and score it there."""
        self._sanitizing = True
        self._init_preprocessors()
        super(Autograde, self).convert_single_notebook(notebook_filename)
        sanitised = Path(self.writer.build_directory) / Path(notebook_filename).name
        self._sanitizing = False
        self._init_preprocessors()
        try:
            super(Autograde, self).convert_single_notebook(str(sanitised))
        finally:
            self._sanitizing = True


@dataclass
class Outcome:
    """What happened to one submission: graded, skipped (unchanged) or failed, and the log of a failure."""

    student: str
    state: str
    log: str = ""
    notes: list[str] = field(default_factory=list)


def load_config(root: Path) -> Config:
    """Return nbgrader's settings for the course in `root`."""
    config: Config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    config.CourseDirectory.root = str(root)
    return config


def students_of(root: Path, assignment: str) -> list[str]:
    """Return the students that handed in something for the assignment, sorted."""
    return sorted(path.parent.name for path in (root / "submitted").glob(f"*/{assignment}") if path.is_dir())


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
    """Grade the students' submissions and write their feedback; return what happened to each, in their order.

    `progress` is called with a student's name when that student is done.
    """
    students = list(students)
    os.environ["PATH"] = _with_our_programs(os.environ.get("PATH", ""))
    # nbgrader reads a submission while it is being added; its rows are complete afterwards.
    warnings.filterwarnings("ignore", message="Object of type <Submitted", category=SAWarning)
    outcomes: dict[str, Outcome] = {}
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        waiting = {pool.submit(_grade_one, root, assignment, s, force, feedback): s for s in students}
        for done in as_completed(waiting):
            outcomes[waiting[done]] = done.result()
            progress(waiting[done])
    return [outcomes[student] for student in students]


def _with_our_programs(path: str) -> str:
    """Return PATH with this interpreter's programs first: nbgrader calls alembic by name."""
    import sys

    ours = str(Path(sys.executable).parent)
    return path if path.split(os.pathsep)[0] == ours else ours + os.pathsep + path


def _grade_one(root: Path, assignment: str, student: str, force: bool, feedback: bool) -> Outcome:
    stamp = root / ".cache" / "graded" / assignment / f"{student}.json"
    digest = fingerprint(root, assignment, student)
    if not force and stamp.is_file() and json.loads(stamp.read_text())["digest"] == digest:
        return Outcome(student, "skipped")
    log = _convert(ThreadSafeAutograde, root, assignment, student)
    if log is None and feedback:
        log = _convert(GenerateFeedback, root, assignment, student)
    if log is not None:
        return Outcome(student, "failed", log)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(json.dumps({"digest": digest}))
    return Outcome(student, "graded")


def _convert(kind: Any, root: Path, assignment: str, student: str) -> str | None:
    """Run one of nbgrader's converters for one student; return its log when it fails."""
    config = load_config(root)
    log = logging.getLogger(f"course.{kind.__name__}.{student}")
    log.propagate = False
    lines = _Lines()
    log.handlers = [lines]
    coursedir = CourseDirectory(config=config, assignment_id=assignment, student_id=student)
    with _writing:  # building the object touches nbgrader's and traitlets' class-wide state
        converter = kind(coursedir=coursedir, config=config, log=log)
    converter.force = True
    try:
        converter.start()
    except Exception as error:  # nbgrader's own exceptions and anything that one submission provokes
        return "\n".join([*lines.texts[-40:], f"{type(error).__name__}: {error}"])
    return None


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


def fingerprint(root: Path, assignment: str, student: str) -> str:
    """Return a digest of everything a student's score depends on: the submission, the tests, our code."""
    digest = hashlib.sha256(_course_state(root, assignment).encode())
    folder = root / "submitted" / student / assignment
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _course_state(root: Path, assignment: str) -> str:
    code = Path(__file__).resolve().parents[2]
    digest = hashlib.sha256((root / "nbgrader_config.py").read_bytes())
    paths = [*(root / "source" / assignment).glob("*.ipynb"), *(root / "release" / assignment).glob("*.ipynb")]
    for part in CODE_THAT_DECIDES:
        paths += (code / part).rglob("*.py")
    for path in sorted(paths):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
