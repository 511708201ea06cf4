"""Workers on other machines: tasks go to an existing Dask scheduler, results come back to the one writer.

Every machine sees the course in the same folder. A Dask worker that dies has its tasks rerun elsewhere, by
Dask itself. In a Dask worker's process the templates are started for its first task and kept.
"""

from __future__ import annotations

import atexit
import select
import threading
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import Any
from uuid import uuid4

from distributed import Client, Future

from utils.grading.tasks import BadMessage, Course, Result, Task, failed
from utils.grading.teams import CannotGrade, desk_for
from utils.grading.workers import ATTEMPTS, PATIENCE, Desk, NoAnswer, read_result, seconds_left

CONNECT_SECONDS = 10
LOOK_SECONDS = 0.5
LOST = ("cancelled", "lost")

_desks: dict[str, Desk] = {}
_starting = threading.Lock()


class DaskWorkers:
    """Works on tasks through a scheduler's workers. Raises `CannotGrade` when it cannot be reached."""

    def __init__(self, scheduler: str, course: Course) -> None:
        self._address, self._course = scheduler, course.to_json()
        try:
            self._client = Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise CannotGrade(f"no Dask scheduler answers at {scheduler}: {error}") from error
        if not self._client.nthreads():
            self._client.close()
            raise CannotGrade(f"the Dask scheduler at {scheduler} has no workers: start dask worker.")
        self._running: dict[str, tuple[Task, Future]] = {}
        self._done: SimpleQueue[str] = SimpleQueue()

    @property
    def slots(self) -> int:
        """Return how many tasks can be worked on at a time: one per thread of every worker."""
        threads: int = sum(self._client.nthreads().values())
        return max(1, threads)

    def submit(self, task: Task) -> None:
        """Begin with a task."""
        key = f"grade-{uuid4().hex}"
        future = self._client.submit(grade_there, self._course, task.to_json(), key=key, pure=False)
        self._running[key] = task, future
        future.add_done_callback(lambda done: self._done.put(done.key))

    def results(self, until: float | None = None) -> Iterator[Result]:
        """Yield results as they come, each once, until none is left or it is `until` (of time.monotonic).

        Raises `CannotGrade` when the scheduler is gone.
        """
        while self._running and (left := seconds_left(until)) > 0:
            try:
                key = self._done.get(timeout=min(left, LOOK_SECONDS))
            except Empty:
                self._see_the_scheduler()
                continue
            task, future = self._running.pop(key)
            yield self._result(task, future)

    def _result(self, task: Task, future: Any) -> Result:
        if future.status in LOST:
            raise CannotGrade(f"the Dask scheduler at {self._address} has gone.")
        if future.status == "error":
            return failed(task, f"{type(future.exception()).__name__}: {future.exception()}")
        try:
            return read_result(task, future.result())
        except BadMessage as error:
            return failed(task, str(error))

    def _see_the_scheduler(self) -> None:
        if self._client.status not in ("running", "connecting"):
            raise CannotGrade(f"the Dask scheduler at {self._address} has gone.")

    def close(self) -> None:
        """Call back what is still being worked on."""
        futures = [future for _, future in self._running.values()]
        if futures and self._client.status == "running":
            self._client.cancel(futures, force=True)
        self._client.close(timeout=CONNECT_SECONDS)


# In a Dask worker's process


def grade_there(course: str, task: str) -> str:
    """Return the result of one task as a line; run by a thread of a Dask worker."""
    desk, wanted = _desk(course), Task.from_json(task)
    reason = ""
    for _ in range(ATTEMPTS):
        try:
            line = _ask(desk, wanted)
            result = read_result(wanted, line)
            if result.state == "graded":
                return line
            reason = result.reason
        except (NoAnswer, BadMessage) as error:
            reason = str(error)
        with _starting:
            desk.repair()
    return failed(wanted, reason).to_json()


def _desk(course: str) -> Desk:
    """Return this process's desk for a course, made for its first task."""
    with _starting:
        if course not in _desks:
            _desks[course] = desk_for(Course.from_json(course))
            atexit.register(_desks[course].close)
        return _desks[course]


def _ask(desk: Desk, task: Task) -> str:
    """Return the answer to one task. Raises `NoAnswer`."""
    with _starting:
        call = desk.start(task)
    line = None
    while line is None:
        if not select.select([call], [], [], PATIENCE)[0]:
            call.kill()
            raise NoAnswer(f"no answer within {PATIENCE:.0f} s")
        line = call.read()
    return line
