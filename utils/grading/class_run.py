"""Grades a class: hands tasks to workers, takes their results, writes each to the gradebook at once.

A task is one lesson of one student. One whose digest is recorded and whose executed notebook lies in
autograded/ is done, so a run that was interrupted at any moment is taken up where it stopped. One student's
trouble is reported and never stops the class.
"""

from __future__ import annotations

import contextlib
import errno
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from utils.grading.course_setup import course_of, gradebook_address, settings, tests_written
from utils.grading.digests import Digests, same_submission
from utils.grading.executed import executed_path, forget_executed, write_executed
from utils.grading.gradebook import GradebookError, OpenGradebook
from utils.grading.late_penalty import LatePenalty
from utils.grading.reading import handed_in_at, why_not_taken
from utils.grading.result_records import Record
from utils.grading.run_lock import run_lock
from utils.grading.score_writer import NotRecorded, ScoreWriter
from utils.grading.submitted_files import OtherNames
from utils.grading.tasks import Course, Mode, Result, Task, failed
from utils.grading.teams import CannotGrade, workers_at, workers_here
from utils.grading.versions import released
from utils.grading.workers import Workers, worked

OpenWorkers = Callable[[Course, int], AbstractContextManager[Workers]]
STATES = ("skipped", "graded", "failed")
NOT_THE_STUDENTS_FAULT = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
LAST_SECONDS = 0.5  # after Ctrl-C: what comes within this time is still taken


class Watcher(Protocol):
    """Who is told how a run goes on."""

    def begin(self, tasks: int, skipped: int) -> None:
        """Take note of how many tasks there are to do, and how many were done before."""

    def running(self, tasks: int) -> None:
        """Take note of how many are being worked on."""

    def done(self, result: Result) -> None:
        """Take note of a result that has been recorded."""


class Nobody:
    """A watcher that does not look."""

    def begin(self, tasks: int, skipped: int) -> None:
        """Do nothing."""

    def running(self, tasks: int) -> None:
        """Do nothing."""

    def done(self, result: Result) -> None:
        """Do nothing."""


@dataclass
class Outcome:
    """What happened to one student's submission: graded, skipped (unchanged) or failed, with the reasons.

    `notes` say what was unusual about how it was read, `incidents` what an instructor should look at.
    """

    student: str
    state: str = "skipped"
    reasons: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    incidents: list[str] = field(default_factory=list)

    @property
    def log(self) -> str:
        """Return why lessons failed, a line each; empty when none did."""
        return "\n".join(
            f"{lesson}: {why}" if lesson else why for lesson, why in sorted(self.reasons.items())
        )

    def add(self, result: Result, state: str) -> None:
        """Take note of what became of one lesson: the worst of all of them is the submission's state."""
        self.state = max(self.state, state, key=STATES.index)
        for note in result.notes:
            if note not in self.notes:
                self.notes.append(note)
        told = [f"{result.lesson}: {incident}" for incident in result.incidents]
        self.incidents = sorted(self.incidents + told)
        if state == "failed":
            self.reasons[result.lesson] = result.reason

    def fail(self, reason: str) -> None:
        """Take note that nothing of the submission could be graded."""
        self.state, self.reasons[""] = "failed", reason


class RunStopped(RuntimeError):
    """A run cannot go on; the message says why and how far it came."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C ended a run; the message says how far it came."""


def students_of(root: Path, assignment: str) -> list[str]:
    """Return the students that handed in something for the assignment, sorted."""
    folders = [path for path in (root / "submitted").glob(f"*/{assignment}") if path.is_dir()]
    return sorted(path.parent.name for path in folders if not path.parent.name.startswith("."))


def grade_class(
    root: Path,
    assignment: str,
    students: Iterable[str],
    *,
    jobs: int = 2,
    force: bool = False,
    mode: Mode = "split",
    db: str | None = None,
    scheduler: str | None = None,
    open_workers: OpenWorkers = workers_here,
    watcher: Watcher | None = None,
) -> list[Outcome]:
    """Grade the students' submissions; return what happened to each, in their order.

    Raises `RunLocked`, `GradebookError`, `CannotGrade`, `StaleRelease`, `RunStopped` and, on Ctrl-C,
    `Interrupted`. Whatever was recorded before stays, and the same call goes on from there.
    """
    root, students = root.resolve(), list(dict.fromkeys(students))
    with run_lock(root), contextlib.ExitStack() as stack:
        with _begun_again():
            config = settings(root)
            book = stack.enter_context(OpenGradebook(db or gradebook_address(config), assignment))
            penalty = LatePenalty(config)
            book.note_versions(released(root, assignment))
            course = tests_written(book, course_of(root, assignment, mode, config))
            run = ClassRun(course, ScoreWriter(book, penalty), watcher or Nobody())
            workers = None
            if tasks := run.plan(students, force=force):
                team = workers_at(scheduler, course) if scheduler else open_workers(course, jobs)
                workers = stack.enter_context(team)
        if workers is not None:
            run.work(tasks, workers)
        run.settle_lateness()
        return [run.outcomes[student] for student in students]


class ClassRun:
    """One run over a class: what is to do, and what has become of it."""

    def __init__(self, course: Course, writer: ScoreWriter, watcher: Watcher) -> None:
        self.course, self._writer, self._watcher = course, writer, watcher
        self.outcomes: dict[str, Outcome] = {}
        self._records = writer.records()
        self._recorded = 0

    # What is to do

    def plan(self, students: Sequence[str], *, force: bool) -> list[Task]:
        """Return the tasks that are not done, and take note of those that are."""
        self.outcomes = {student: Outcome(student) for student in students}
        digests, tasks, skipped = Digests(self.course), list[Task](), 0
        names = OtherNames(self.course.folder / "submitted")
        for student in students:
            for task in self._tasks_of(student, digests, names):
                record = self._done_before(task)
                if record is None or force:
                    tasks.append(task)
                else:
                    self.outcomes[student].add(record.result, "skipped")
                    skipped += 1
        self._watcher.begin(len(tasks), skipped)
        return tasks

    def _tasks_of(self, student: str, digests: Digests, names: OtherNames) -> Iterator[Task]:
        """Yield a student's tasks; none, and a failed outcome, when they could not be read or recorded."""
        folder = self.course.submitted(student)
        if not folder.is_dir():
            shown = folder.relative_to(self.course.folder)
            self.outcomes[student].fail(f"{shown} does not exist: nothing was handed in.")
        elif not _encodable(student):
            self.outcomes[student].fail(
                "the folder's name holds letters that no gradebook can hold; rename it."
            )
        else:
            for lesson in self._taken(student, names):
                yield Task(student, lesson, digests.of(student, lesson))

    def _taken(self, student: str, names: OtherNames) -> list[str]:
        """Return the lessons of a submission that can be judged; the others fail, and their scores stay.

        A file of another student may be the reason, so nobody may lose by it what was earned before.
        """
        outcome, lessons = self.outcomes[student], self.course.lessons
        hindered = why_not_taken(self.course.submitted(student), lessons, names)
        if "" in hindered:
            outcome.fail(hindered[""])
            return []
        for lesson, why in hindered.items():
            outcome.add(failed(Task(student, lesson), why), "failed")
        return [lesson for lesson in lessons if lesson not in hindered]

    def _done_before(self, task: Task) -> Record | None:
        """Return the record of a task that need not be done again."""
        record = self._records.get((task.student, task.lesson))
        same = record is not None and record.digest == task.digest
        return record if same and executed_path(self.course, task).is_file() else None

    def settle_lateness(self) -> None:
        """Bring late penalties up to date, those of unchanged submissions, too; each change is a note."""
        for changed in self._writer.settle_lateness(self.outcomes):
            self.outcomes[changed.student].notes.append(str(changed))

    # Doing it

    def work(self, tasks: Sequence[Task], workers: Workers) -> None:
        """Hand out the tasks and record what comes back. Raises `RunStopped`, `Interrupted`."""
        try:
            with ctrl_c_is_kept() as pressed:
                for result in worked(tasks, workers, self._watcher.running):
                    self._record(result)
                    if pressed:
                        raise KeyboardInterrupt
        except KeyboardInterrupt:
            with contextlib.suppress(KeyboardInterrupt):
                self._take_last(workers)
            raise Interrupted(f"interrupted: {self._so_far(tasks)}") from None
        except (GradebookError, CannotGrade, OSError) as error:
            raise RunStopped(f"{error} {self._so_far(tasks)}") from error

    def _take_last(self, workers: Workers) -> None:
        """Record what is finished a moment after an interruption."""
        for result in workers.results(until=time.monotonic() + LAST_SECONDS):
            self._record(result)

    def _so_far(self, tasks: Sequence[Task]) -> str:
        return f"{self._recorded} of {len(tasks)} notebooks are graded; the same command goes on from there."

    def _record(self, result: Result) -> None:
        """Write one result and count it; Ctrl-C waits until both are done."""
        with ctrl_c_waits():
            self._write(result)

    def _write(self, result: Result) -> None:
        """Write one result: first the executed notebook, then the scores, which say that it is done."""
        task = Task(result.student, result.lesson, result.digest)
        before = self._records.get((task.student, task.lesson))
        if result.state == "graded":
            result = self._saved(task, result, before)
        if result.state == "failed":
            self._forget(task, before)
        self.outcomes[task.student].add(result, result.state)
        self._recorded += result.state == "graded"
        self._watcher.done(result)

    def _saved(self, task: Task, result: Result, before: Record | None) -> Result:
        """Return the result when it is recorded, or a failed one for what has no place to be recorded in."""
        try:
            write_executed(self.course, task, result.notebook_json)
            self._writer.save(result, _handed_in(self.course.submitted(task.student)), before)
        except NotRecorded as error:
            return failed(task, str(error))
        except OSError as error:
            if error.errno in NOT_THE_STUDENTS_FAULT:
                raise
            return failed(task, f"the executed notebook could not be written: {error}")
        return result

    def _forget(self, task: Task, before: Record | None) -> None:
        """Let nothing of an earlier submission outlive a failure; the present one's scores stay valid."""
        if before is None or not same_submission(before.digest, task.digest):
            forget_executed(self.course, task)
            self._writer.forget(task)


@contextlib.contextmanager
def _begun_again() -> Iterator[None]:
    """Let Ctrl-C in the block, before any result came, say that nothing is lost. Raises `Interrupted`."""
    try:
        yield
    except KeyboardInterrupt:
        said = "interrupted before anything was graded; the same command starts again."
        raise Interrupted(said) from None


@contextlib.contextmanager
def ctrl_c_is_kept() -> Iterator[list[int]]:
    """Give a list that holds every Ctrl-C since, for one that is raised while Python clears up is dropped.

    It is raised as well, as always; in any thread but the main one it never comes.
    """
    pressed: list[int] = []

    def press(number: int, frame: object) -> None:
        pressed.append(number)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield pressed
        return
    before = signal.signal(signal.SIGINT, press)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def ctrl_c_waits() -> Iterator[None]:
    """Let Ctrl-C wait until the block is done; in any thread but the main one it never comes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt


def _handed_in(folder: Path) -> datetime | None:
    try:
        return handed_in_at(folder)
    except ValueError:
        return None  # intake's notes say so


def _encodable(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
