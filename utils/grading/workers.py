"""Who does the work of a class run on this machine, and how a run hands it out.

A *desk* starts the work on one task in another process and returns a *call* to wait for. `LocalWorkers` keeps
as many calls going as there are jobs, tries a task that got no verdict once more, and never waits forever.
"""

from __future__ import annotations

import math
import select
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from utils.grading.tasks import BadMessage, Result, Task, failed

ATTEMPTS = 2  # a process that was killed by accident deserves a second one, a deadly task no third
PATIENCE = 900.0  # seconds for one task; a notebook's own deadline, restarts included, is far below
LOOK_SECONDS = 0.5  # how long one wait for answers may last


class NoAnswer(RuntimeError):
    """A call ended without an answer; the message says what is known of the reason."""


class Call(Protocol):
    """The work on one task in another process; `select` says when there is something to read."""

    def fileno(self) -> int:
        """Return the file descriptor to wait for."""

    def read(self) -> str | None:
        """Return the result's line once it is complete. Raises `NoAnswer`."""

    def kill(self) -> None:
        """End the work; the answer will not come."""


class Desk(Protocol):
    """Starts work on tasks."""

    def start(self, task: Task) -> Call:
        """Return the call of a task that a process has begun to work on. Raises `NoAnswer`."""

    def repair(self) -> None:
        """Replace what has died, after a call without an answer."""

    def close(self) -> None:
        """End every process."""


class Workers(Protocol):
    """What a class run needs: hand out a task, take results as they come."""

    @property
    def slots(self) -> int:
        """Return how many tasks can be worked on at a time."""

    def submit(self, task: Task) -> None:
        """Begin with a task."""

    def results(self, until: float | None = None) -> Iterator[Result]:
        """Yield results as they come, each once, until none is left or it is `until` (of time.monotonic)."""

    def close(self) -> None:
        """Abandon what is still being worked on."""


@dataclass
class _Running:
    task: Task
    call: Call
    attempt: int
    started: float = field(default_factory=time.monotonic)


class LocalWorkers:
    """Works on tasks through a desk, `slots` at a time."""

    def __init__(self, desk: Desk, slots: int, *, patience: float = PATIENCE) -> None:
        self.slots = slots
        self._desk, self._patience = desk, patience
        self._running: list[_Running] = []
        self._finished: list[Result] = []

    def submit(self, task: Task) -> None:
        """Begin with a task."""
        self._start(task, attempt=1)

    def _start(self, task: Task, attempt: int) -> None:
        try:
            self._running.append(_Running(task, self._desk.start(task), attempt))
        except NoAnswer as error:
            self._again(task, attempt, str(error))

    def _again(self, task: Task, attempt: int, reason: str) -> None:
        """Try a task once more, or give it up."""
        if attempt >= ATTEMPTS:
            self._finished.append(failed(task, reason))
            return
        self._desk.repair()
        self._start(task, attempt + 1)

    def results(self, until: float | None = None) -> Iterator[Result]:
        """Yield results as they come, each once, until none is left or it is `until` (of time.monotonic)."""
        while (self._running or self._finished) and (left := seconds_left(until)) > 0:
            if not self._finished:
                self._look(min(left, LOOK_SECONDS))
            while self._finished:
                yield self._finished.pop(0)

    def _look(self, seconds: float) -> None:
        """Wait a moment, and take up what has arrived."""
        ready = select.select([running.call for running in self._running], [], [], seconds)[0]
        for running in list(self._running):
            if running.call in ready:
                self._take(running)
            elif time.monotonic() - running.started > self._patience:
                running.call.kill()
                self._running.remove(running)
                self._again(running.task, running.attempt, f"no answer within {self._patience:.0f} s")

    def _take(self, running: _Running) -> None:
        try:
            line = running.call.read()
            result = None if line is None else read_result(running.task, line)
        except (NoAnswer, BadMessage) as error:
            running.call.kill()  # what has talked nonsense is not asked again
            self._running.remove(running)
            self._again(running.task, running.attempt, str(error))
            return
        if result is None:
            return
        self._running.remove(running)
        if result.state == "failed":
            self._again(running.task, running.attempt, result.reason)
        else:
            self._finished.append(result)

    def close(self) -> None:
        """Abandon what is still being worked on."""
        for running in self._running:
            running.call.kill()
        self._running.clear()
        self._desk.close()


def worked(
    tasks: Sequence[Task], workers: Workers, running: Callable[[int], None] = lambda count: None
) -> Iterator[Result]:
    """Hand out tasks in their order, as many at a time as there are slots; yield each result as it comes.

    `running` is told how many are being worked on.
    """
    waiting, count = list(reversed(tasks)), 0
    while waiting or count:
        while waiting and count < workers.slots:
            workers.submit(waiting.pop())
            count += 1
        running(count)
        yield next(workers.results())
        count -= 1


def seconds_left(until: float | None) -> float:
    """Return the seconds until then; without an end there are endlessly many."""
    return math.inf if until is None else until - time.monotonic()


def read_result(task: Task, line: str) -> Result:
    """Return the result on a line. Raises `BadMessage`, also when it is about another task."""
    result = Result.from_json(line)
    if (result.student, result.lesson) != (task.student, task.lesson):
        raise BadMessage(f"the answer is about {result.student}, {result.lesson}, not about {task}")
    return replace(result, digest=task.digest)
