"""The executed notebooks in autograded/, where Formgrader and the feedback look for them."""

from __future__ import annotations

import os
import shutil
import tempfile
from fnmatch import fnmatch
from pathlib import Path

from utils.grading.reading import LARGEST_NOTEBOOK
from utils.grading.tasks import Course, Task

NOT_COPIED = ("*.ipynb", "*.py", "*.pyc", ".*", "*~")  # of what lies beside the instructor's notebooks
MAPS = "maps"  # in the metadata of a graded cell: what `utils.grading.heat_maps` made
LEVELS = 12  # of brightness in such maps, from the smallest number to the largest of both
SCRATCH = ".new"  # the end of a file's name until it is there as a whole


def executed_path(course: Course, task: Task) -> Path:
    """Return the path of a task's executed notebook."""
    return _folder(course, task.student) / f"{task.lesson}.ipynb"


def write_executed(course: Course, task: Task, notebook_json: str) -> None:
    """Write an executed notebook at once, and beside it what nbgrader puts there. Raises OSError.

    These are the instructor's files of the assignment, and the time at which it was handed in. Other files of
    the student are not copied: they count for nothing, and may be links to anywhere.
    """
    folder = _folder(course, task.student)
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f".*{SCRATCH}"):
        left.unlink()  # of a run that was killed while it wrote here
    source = course.folder / "source" / course.assignment
    for path in source.iterdir() if source.is_dir() else ():
        if path.is_file() and not any(fnmatch(path.name, pattern) for pattern in NOT_COPIED):
            _replace(folder / path.name, path.read_bytes())
    _copy_timestamp(course.submitted(task.student) / "timestamp.txt", folder)
    _replace(executed_path(course, task), notebook_json.encode("utf-8", "replace"))


def forget_executed(course: Course, task: Task) -> None:
    """Remove an executed notebook and its page, if there are any."""
    page = course.folder / "feedback" / task.student / course.assignment / f"{task.lesson}.html"
    for path in (executed_path(course, task), page):
        if path.parent.is_dir():
            path.unlink(missing_ok=True)


def forget_student(root: Path, assignment: str, student: str) -> None:
    """Remove a student's executed notebooks and pages of an assignment."""
    for folder in ("autograded", "feedback"):
        shutil.rmtree(root / folder / student / assignment, ignore_errors=True)


def _folder(course: Course, student: str) -> Path:
    return course.folder / "autograded" / student / course.assignment


def _copy_timestamp(path: Path, folder: Path) -> None:
    if path.is_file() and not path.is_symlink() and path.stat().st_size <= LARGEST_NOTEBOOK:
        _replace(folder / path.name, path.read_bytes())


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that it is there as a whole or not at all, also after a power cut."""
    if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
        return
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=SCRATCH)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(scratch).chmod(0o644)
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise
