"""The desk of the split run: one judge per task, forked from a template, with boxes from another template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec

from utils.grading.box.boxes import Boxes, BoxFailed
from utils.grading.box.limits import Limits
from utils.grading.split import judges
from utils.grading.split.judges import JudgeFailed, Judges
from utils.grading.tasks import Course, Task
from utils.grading.workers import NoAnswer

SLACK = 60  # seconds that a judge may take beyond the time for the notebook


class SplitDesk:
    """Owns the two templates. Raises `BoxFailed` when this machine cannot make a box."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._limits = replace(Limits(), **course.limits)  # type: ignore[arg-type]
        self._judges = Judges(_warm(course.lessons))  # imports while the other template does
        try:
            self._boxes = Boxes(self._limits, launcher=course.launcher)
        except BaseException:
            self._judges.close()
            raise
        try:
            self._rehearse()  # said now, and not once for every submission
        except BaseException:
            self.close()
            raise

    def _rehearse(self) -> None:
        """Raise `BoxFailed` when a box cannot run what every notebook begins with."""
        course = replace(self._course, box=self._boxes.address)
        seconds = self._limits.notebook_seconds + SLACK
        try:
            why = self._judges.ask("rehearse", seconds=seconds, course=course.to_json())
        except JudgeFailed as error:
            raise BoxFailed(_last_line(str(error))) from None
        if why:
            raise BoxFailed(why)

    def start(self, task: Task) -> _JudgeCall:
        """Return the call of a task that a judge has begun to work on. Raises `NoAnswer`."""
        course = replace(self._course, box=self._boxes.address)
        try:
            return _JudgeCall(self._judges.start("grade", course=course.to_json(), task=task.to_json()))
        except JudgeFailed as error:
            raise NoAnswer(str(error)) from None

    def explain(self, task: Task, part: str) -> str:
        """Return input, expected and received of the case that decided a part. Raises `NoAnswer`."""
        course = replace(self._course, box=self._boxes.address)
        seconds = self._limits.notebook_seconds + SLACK
        request = {"course": course.to_json(), "task": task.to_json(), "part": part}
        try:
            return self._judges.ask("explain", seconds=seconds, **request)
        except JudgeFailed as error:
            raise NoAnswer(_last_line(str(error))) from None

    def repair(self) -> None:
        """Replace a template that has died."""
        if self._judges.gone:
            self._judges.close()
            self._judges = Judges(_warm(self._course.lessons))
        try:
            self._boxes.open().close()
        except BoxFailed:
            self._boxes.close()
            self._boxes = Boxes(self._limits, launcher=self._course.launcher)

    def close(self) -> None:
        """End both templates, and with them every judge and every box."""
        self._judges.close()
        self._boxes.close()


class _JudgeCall:
    """A judge's call, whose failures are those of any desk."""

    def __init__(self, call: judges.Call) -> None:
        self._call = call

    def fileno(self) -> int:
        """Return the file descriptor to wait for."""
        return self._call.fileno()

    def read(self) -> str | None:
        """Return the result's line once it is complete. Raises `NoAnswer`."""
        try:
            return self._call.read()
        except JudgeFailed as error:
            raise NoAnswer(_last_line(str(error))) from None

    def kill(self) -> None:
        """End the judge, and with it its box."""
        self._call.kill()


def _warm(lessons: Sequence[str]) -> list[str]:
    """Return the lessons that have checks of ours to import beforehand."""
    return [lesson for lesson in lessons if find_spec(f"utils.checks.{lesson}")]


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else "the judge gave no reason"
