"""Before a class is graded, one box does what every notebook begins with.

Where a box cannot read the packages, or lacks one that a lesson imports, every student would lose every point
for it. So a run that would go like this does not begin.
"""

from __future__ import annotations

from dataclasses import replace

import nbformat
from nbformat import NotebookNode

from utils.grading.box.boxes import Boxes, BoxFailed
from utils.grading.box.limits import Limits
from utils.grading.split.session import BoxLost, Session
from utils.grading.tasks import Course

# A warm box holds these in its memory, so importing them says nothing of files that it will read later on.
READS_PACKAGES = """\
import importlib
for name in ("torch", "numpy", "matplotlib", "IPython", "coursekit"):
    open(importlib.import_module(name).__file__, "rb").close()
"""
EVERYBODY = "; every student would lose all points for it"


def rehearsed(course: Course) -> str:
    """Return why a box cannot run the beginning of every lesson; empty when it can."""
    policy = replace(Limits(), **course.limits)  # type: ignore[arg-type]
    with Boxes(policy, address=course.box, launcher=course.launcher) as boxes:
        try:
            session = Session(boxes.open(), policy)
        except BoxFailed as error:
            return str(error)
        try:
            return _first_failure(course, session, policy.cell_seconds)
        except BoxLost as lost:
            return f"a box ended in the first cells of the lessons ({lost}){EVERYBODY}"
        finally:
            session.close()


def _first_failure(course: Course, session: Session, seconds: float) -> str:
    if error := session.run(READS_PACKAGES, seconds).error:
        return f"a box cannot read the installed packages ({error}){EVERYBODY}"
    for lesson in course.lessons:
        for cell in _beginning(nbformat.read(course.released(lesson), as_version=4)):
            if error := session.run(cell.source, seconds).error:
                return f"the first cell of {lesson} fails in a box ({error}){EVERYBODY}"
    return ""


def _beginning(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the first code cell, unless it is for students to fill in or looks at what they did."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"][:1]
    marks = [cell.metadata.get("nbgrader", {}) for cell in code]
    return [] if any(mark.get("solution") or mark.get("grade") for mark in marks) else code
