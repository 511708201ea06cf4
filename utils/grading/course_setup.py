"""What a run needs to know before it begins: settings, the gradebook's address, the instructor's cells."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat

from utils.build.files import write_if_changed
from utils.build.release import course_config, scripts_on_path
from utils.checks.course_key import key_file
from utils.grading.gradebook import GradebookError, OpenGradebook
from utils.grading.tasks import Course, Launcher, Mode


def settings(root: Path) -> Any:
    """Return the settings in the course's `nbgrader_config.py`."""
    return course_config(root)


def gradebook_address(config: Any) -> str:
    """Return where the course's settings say that the gradebook is."""
    return str(config.CourseDirectory.db_url)


def course_of(root: Path, assignment: str, mode: Mode, config: Any) -> Course:
    """Return the course as workers need to know it, but for the tests."""
    chosen = config.SplitRun
    limits = dict(chosen.limits) if "limits" in chosen else {}
    launcher: Launcher = "cold" if chosen.get("launcher") == "cold" else "warm"
    key = key_file(root)
    named = None if key is None else str(key)
    return Course(str(root), assignment, mode, limits=limits, key=named, launcher=launcher)


def tests_written(book: OpenGradebook, course: Course) -> Course:
    """Write the instructor's cells of each lesson to a file; return the course that knows these files.

    A gradebook that has not seen the release yet gets it entered first. Raises `GradebookError`,
    `StaleRelease`.
    """
    if not book.known:
        enter_release(book, course)
    tests = {}
    for path in sorted((course.folder / "release" / course.assignment).glob("*.ipynb")):
        if path.stem not in book.notebooks:
            raise GradebookError(f"the gradebook does not know {path.stem}: run 'course build'.")
        cells = book.instructor_cells(path.stem)
        cells.restore(nbformat.read(path, as_version=4))  # said now, and not once for every student
        file = course.folder / ".cache" / "instructor" / course.assignment / f"{path.stem}.json"
        write_if_changed(file, cells.to_json().encode())
        tests[path.stem] = str(file)
    if not tests:
        raise GradebookError(f"release/{course.assignment} holds no notebook: run 'course build'.")
    return replace(course, tests=tests, versions=book.versions())


def enter_release(book: OpenGradebook, course: Course) -> None:
    """Have nbgrader record the assignment's cells in this gradebook; release/ stays as it is."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.utils import capture_log

    config = course_config(course.folder)
    config.CourseDirectory.db_url = book.url
    with tempfile.TemporaryDirectory() as scratch, scripts_on_path(), contextlib.chdir(course.folder):
        folder = CourseDirectory(config=config, assignment_id=course.assignment, release_directory=scratch)
        done = capture_log(GenerateAssignment(coursedir=folder, config=config, force=True))
    if not done["success"]:
        raise GradebookError(f"the release could not be entered in the gradebook: {done.get('error', '')}")
    book.refresh()
