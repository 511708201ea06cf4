"""The workers that a run asks for: on this machine, by the course's mode, or behind a Dask scheduler."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from utils.grading.tasks import Course, Task
from utils.grading.workers import Desk, LocalWorkers, NoAnswer, Workers

if TYPE_CHECKING:
    from utils.grading.split_desk import SplitDesk


class CannotGrade(RuntimeError):
    """There is nobody to do the work; the message says why and what to do."""


def desk_for(course: Course) -> Desk:
    """Return what starts work on this machine in the course's mode. Raises `CannotGrade`."""
    if course.mode == "trusted":
        from utils.grading.line_desk import LineDesk

        return LineDesk(course)
    return _split_desk(course)


def explained_by_judge(course: Course, task: Task, part: str) -> str:
    """Return what decided a part, for an instructor. Raises `CannotGrade`."""
    with contextlib.closing(_split_desk(course)) as desk:
        try:
            return desk.explain(task, part)
        except NoAnswer as error:
            raise CannotGrade(f"{part} of {task.student} cannot be explained: {error}") from None


def _split_desk(course: Course) -> SplitDesk:
    # Imported here: this machine may have no way to make a box, and the trusted mode needs none.
    from utils.grading.box.boxes import BoxFailed
    from utils.grading.split_desk import SplitDesk

    try:
        return SplitDesk(course)
    except BoxFailed as error:
        raise CannotGrade(
            f"this machine cannot make a box for student code: {error}. 'course doctor' says what is "
            "missing; --trusted grades without a box, for notebooks that you would run yourself."
        ) from error


@contextmanager
def workers_here(course: Course, jobs: int) -> Iterator[Workers]:
    """Give processes of this machine, ended at the end. Raises `CannotGrade`."""
    workers = LocalWorkers(desk_for(course), jobs)
    try:
        yield workers
    finally:
        workers.close()


@contextmanager
def workers_at(scheduler: str, course: Course) -> Iterator[Workers]:
    """Give the workers of a Dask scheduler; what was not finished is called back at the end.

    Raises `CannotGrade`.
    """
    from utils.grading.dask_workers import DaskWorkers

    workers = DaskWorkers(scheduler, course)
    try:
        yield workers
    finally:
        workers.close()
