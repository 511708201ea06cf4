"""A worker that decides at once, for tests of the class run: it reads a word instead of running a notebook.

A submission with the word `return a + b` earns everything, another one nothing. What else happens is in the
student's name: `slow`, `dies`, `once` (dies the first time), `nonsense`, `fails`, `alien`.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from utils.grading.line_desk import LineDesk, serve
from utils.grading.tasks import CellScore, Course, Result, Task
from utils.grading.workers import LocalWorkers, Workers

RIGHT = "return a + b"
SLOW_SECONDS = 0.1
INCIDENT = "an incident"


def grade(course: Course, task: Task) -> Result:
    """Return the result that the submission's words and the student's name ask for."""
    with (course.folder / "graded.log").open("a", encoding="utf-8") as log:
        log.write(f"{task.student} {task.lesson}\n")
    _misbehave(course, task)
    path = course.submitted(task.student) / f"{task.lesson}.ipynb"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    cells = json.loads(Path(course.tests[task.lesson]).read_text(encoding="utf-8"))["cells"]
    share = 1.0 if RIGHT in text or (task.lesson == "doubling" and text) else 0.0
    scores = tuple(
        CellScore(name, None, cell["points"], True)
        if cell["cell_type"] == "markdown"
        else CellScore(name, share * cell["points"], cell["points"])
        for name, cell in cells.items()
        if cell["points"] is not None
    )
    if "alien" in task.student:
        scores += (CellScore("of-another-course", 0.0, 1.0),)
    return Result(
        task.student,
        task.lesson,
        "failed" if "fails" in task.student else "graded",
        reason="as its name says" if "fails" in task.student else "",
        cells=scores,
        notes=() if text else (f"{task.lesson}.ipynb was not handed in",),
        notebook_json=text or '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
        answers=hashlib.sha256(_answers(text).encode()).hexdigest(),
        incidents=(INCIDENT,),
    )


def _answers(text: str) -> str:
    """Return the cells' texts: what else is in the file changes when a notebook is saved again."""
    return str([cell["source"] for cell in json.loads(text)["cells"]]) if text else ""


def _misbehave(course: Course, task: Task) -> None:
    first = course.folder / f"{task}.first"
    if "slow" in task.student:
        time.sleep(SLOW_SECONDS)
    if "dies" in task.student or ("once" in task.student and not first.exists()):
        first.touch()
        print("last words", file=sys.stderr, flush=True)
        os._exit(3)
    if "nonsense" in task.student:
        os.write(int(sys.argv[1]), b'{"student": 7}\n')
        os._exit(0)


def team(made: list[LineDesk] | None = None) -> Callable[[Course, int], AbstractContextManager[Workers]]:
    """Return what opens such workers for `grade_class`; each desk is put on the list."""

    @contextmanager
    def open_workers(course: Course, jobs: int) -> Iterator[Workers]:
        desk = LineDesk(course, [str(Path(__file__))])
        if made is not None:
            made.append(desk)
        workers = LocalWorkers(desk, jobs)
        try:
            yield workers
        finally:
            workers.close()

    return open_workers


if __name__ == "__main__":
    serve(grade, int(sys.argv[1]))
