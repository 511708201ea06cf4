"""The one progress bar of a class run: done, running, failed, rate, time left."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from utils.grading.tasks import Result

MINUTE = 60.0  # seconds


class ProgressBar:
    """Shows a run on a console; a watcher of `grade_class`, and a context manager."""

    def __init__(self, console: Console, what: str = "grading") -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(
                "{task.fields[running]} running, {task.fields[failed]} failed, {task.fields[rate]}/min"
            ),
            TimeRemainingColumn(),
            console=console,
        )
        self._task = self._bar.add_task(what, total=None, running=0, failed=0, rate="-")
        self._failed = 0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def begin(self, tasks: int, skipped: int) -> None:
        """Take note of how many tasks there are to do, and how many were done before."""
        if skipped:
            self._bar.console.print(f"{skipped} notebooks have not changed since they were graded")
        self._bar.update(self._task, total=tasks)

    def running(self, tasks: int) -> None:
        """Take note of how many are being worked on."""
        self._bar.update(self._task, running=tasks)

    def done(self, result: Result) -> None:
        """Take note of a result that has been recorded."""
        self._failed += result.state == "failed"
        left = max(0, self._bar.tasks[0].fields["running"] - 1)  # the run tells only when it begins another
        self._bar.update(self._task, advance=1, running=left, failed=self._failed, rate=self._rate())

    def advance(self) -> None:
        """Take note of one more thing done, where nothing can fail."""
        self._bar.update(self._task, advance=1, rate=self._rate())

    def _rate(self) -> str:
        """Return how many are done per minute, since the first one was begun."""
        task = self._bar.tasks[0]
        return f"{(task.completed + 1) / task.elapsed * MINUTE:.0f}" if task.elapsed else "-"
