"""What a class run hands out and gets back, as plain data: the course, a task, its result.

A *task* is one lesson of one student. The work on it happens in another process, or on another machine, so
everything here goes through JSON, one object a line. A result is checked when it is read: what is not one
raises `BadMessage`, and the part that it was about earns nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Self, TypeVar, cast, get_args

T = TypeVar("T")
Mode = Literal["split", "trusted"]
State = Literal["graded", "failed"]
Launcher = Literal["warm", "cold"]


class BadMessage(ValueError):
    """A line that is not what it should be; the message says where and what was expected."""


@dataclass(frozen=True)
class Course:
    """What all tasks of one run have in common, as a worker needs to know it.

    `tests` maps a lesson to the file with its full test cells (`utils.grading.instructor_cells` writes and
    reads it). `box` is the address of the process that starts boxes, None where a worker starts its own.
    `limits` overrides numbers of the box's policy by name; `launcher` says whether boxes are forks of a warm
    process or started cold. `key` is the file with the course key, None for
    the public one. `versions` are those of each lesson that the gradebook has met, and the day (for notes).
    """

    root: str
    assignment: str
    mode: Mode = "split"
    box: str | None = None
    limits: Mapping[str, float] = field(default_factory=dict)
    tests: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    launcher: Launcher = "warm"
    versions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Return the course's root."""
        return Path(self.root)

    def submitted(self, student: str) -> Path:
        """Return the folder that a student handed in."""
        return self.folder / "submitted" / student / self.assignment

    def released(self, lesson: str) -> Path:
        """Return a notebook as it was handed out."""
        return self.folder / "release" / self.assignment / f"{lesson}.ipynb"

    @property
    def lessons(self) -> list[str]:
        """Return the names of the notebooks that were handed out, sorted."""
        return sorted(self.tests)

    def to_json(self) -> str:
        """Return the course on one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str | bytes) -> Self:
        """Return the course written on a line. Raises `BadMessage`."""
        fields = _object(line, "course")
        _require(fields.get("mode") in get_args(Mode), "course: mode is split or trusted")
        launcher = fields.get("launcher", "warm")
        _require(launcher in get_args(Launcher), "course: launcher is warm or cold")
        return _made(cls, fields, "course")


@dataclass(frozen=True)
class Task:
    """One lesson of one student; `digest` stands for all that its scores depend on, as it was handed out."""

    student: str
    lesson: str
    digest: str = ""

    def __str__(self) -> str:
        """Return how a task is called in messages."""
        return f"{self.student}, {self.lesson}"

    def to_json(self) -> str:
        """Return the task on one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str | bytes) -> Self:
        """Return the task written on a line. Raises `BadMessage`."""
        fields = _object(line, "task")
        _require(all(isinstance(value, str) for value in fields.values()), "task: every field is a text")
        return _made(cls, fields, "task")


@dataclass(frozen=True)
class CellScore:
    """Points on one graded cell; `points` is None, and `needs_manual` set, when a person must read it."""

    grade_id: str
    points: float | None
    out_of: float
    needs_manual: bool = False

    def checked(self) -> Self:
        """Return the score. Raises `BadMessage` unless it is a finite number from 0 to the most."""
        _require(isinstance(self.grade_id, str), "cell: grade_id is a text")
        _require(isinstance(self.needs_manual, bool), f"{self.grade_id}: needs_manual is true or false")
        _require(_is_number(self.out_of) and self.out_of >= 0, f"{self.grade_id}: out_of is {self.out_of!r}")
        within = self.points is None or (_is_number(self.points) and 0 <= self.points <= self.out_of)
        _require(within, f"{self.grade_id}: {self.points!r} is no number of points from 0 to {self.out_of:g}")
        _require(
            self.points is not None or self.needs_manual, f"{self.grade_id}: no points and nobody to ask"
        )
        return self


@dataclass(frozen=True)
class Finding:
    """Why a graded cell did not earn everything: the first wrong thing, and what a check said to it.

    `first` may quote a student. `hint` is empty when no known mistake was recognised.
    """

    grade_id: str
    first: str
    hint: str = ""

    def checked(self) -> Self:
        """Return the finding. Raises `BadMessage` unless it consists of texts."""
        texts = (self.grade_id, self.first, self.hint)
        _require(all(isinstance(text, str) for text in texts), "finding: every field is a text")
        return self


@dataclass(frozen=True)
class Result:
    """What became of one task.

    cells          a score for every graded cell; empty when `state` is "failed"
    reason         why it failed; empty when it was graded
    notes          how the submission was read, one sentence each, for student and instructor
    notebook_json  the executed notebook, as it is written to autograded/; never kept
    unanswered     grade ids of the answers that were left as they were handed out
    answers        digest of the student's answers: the same for a notebook that was only saved again
    draws          which hidden inputs were drawn, by check
    incidents      what an instructor should look at: a box that died, a rebound name
    seconds        CPU seconds: "all", and of them "box" (or "kernel") and "judge"; "wall" by the clock
    digest         the task's
    findings       what was wrong with the cells that did not earn everything; None where nobody took note
    """

    student: str
    lesson: str
    state: State
    reason: str = ""
    cells: tuple[CellScore, ...] = ()
    notes: tuple[str, ...] = ()
    notebook_json: str = ""
    unanswered: tuple[str, ...] = ()
    answers: str = ""
    draws: Mapping[str, Any] = field(default_factory=dict)
    incidents: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    digest: str = ""
    findings: tuple[Finding, ...] | None = None

    def to_json(self) -> str:
        """Return the result on one line. Raises ValueError for numbers that JSON does not have."""
        return json.dumps(asdict(self), allow_nan=False)

    @classmethod
    def from_json(cls, line: str | bytes) -> Self:
        """Return the result written on a line. Raises `BadMessage`."""
        fields = _object(line, "result")
        _require(fields.get("state") in get_args(State), "result: state is graded or failed")
        for name in ("student", "lesson", "reason", "notebook_json", "answers", "digest"):
            _require(isinstance(fields.get(name, ""), str), f"result: {name} is a text")
        for name in ("notes", "unanswered", "incidents"):
            fields[name] = _texts(fields.get(name, ()), name)
        for name in ("draws", "seconds"):
            _require(isinstance(fields.get(name, {}), dict), f"result: {name} is an object")
        numbers = fields.get("seconds", {}).values()
        _require(all(map(_is_number, numbers)), "result: seconds are finite numbers")
        fields["cells"] = _cells(fields.get("cells", []))
        fields["findings"] = _findings(fields.get("findings"))
        _require(fields["state"] == "failed" or bool(fields["cells"]), "result: graded, but without a cell")
        return _made(cls, fields, "result")


def failed(task: Task, reason: str) -> Result:
    """Return the result of a task that got no verdict."""
    return Result(task.student, task.lesson, "failed", reason, digest=task.digest)


def _cells(values: object) -> tuple[CellScore, ...]:
    _require(isinstance(values, list), "result: cells is a list")
    scores = tuple(_cell(value) for value in cast("list[Any]", values))
    _require(len({score.grade_id for score in scores}) == len(scores), "result: a cell is scored twice")
    return scores


def _cell(value: object) -> CellScore:
    _require(isinstance(value, dict), "result: a cell is an object")
    return _made(CellScore, cast("dict[str, Any]", value), "cell").checked()


def _findings(values: object) -> tuple[Finding, ...] | None:
    if values is None:
        return None
    known = isinstance(values, list) and all(isinstance(value, dict) for value in values)
    _require(known, "result: findings is a list of objects")
    return tuple(_made(Finding, value, "finding").checked() for value in cast("list[Any]", values))


def _texts(values: object, name: str) -> tuple[str, ...]:
    known = isinstance(values, list | tuple) and all(isinstance(value, str) for value in values)
    _require(known, f"result: {name} is a list of texts")
    return tuple(cast("list[str]", values))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _object(line: str | bytes, what: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadMessage(f"{what}: not a line of JSON ({error})") from None
    _require(isinstance(value, dict), f"{what}: not a JSON object")
    return cast("dict[str, Any]", value)


def _made(kind: type[T], fields: dict[str, Any], what: str) -> T:
    try:
        return kind(**fields)
    except TypeError as error:
        raise BadMessage(f"{what}: {error}") from None


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise BadMessage(message)
