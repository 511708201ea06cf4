"""Classes made by writing rows into a gradebook of their own: of any size, with any points, in a moment."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sql
from nbgrader.api import (
    Assignment,
    BaseCell,
    Gradebook,
    Notebook,
    new_uuid,
)

from utils.build.source import Part, parts
from utils.grading.gradebook import OpenGradebook
from utils.grading.result_records import RESULTS
from utils.grading.score_writer import GRADE, NOTEBOOK, STUDENT, SUBMISSION
from utils.grading.tasks import CellScore, Finding, Result

ROOT = Path(__file__).resolve().parents[2]
DUE = datetime(2026, 3, 1, 12)


@dataclass
class Made:
    """One student: points by part (None: a person has to read it), and what else is recorded."""

    name: str
    points: Mapping[str, float | None]
    by_hand: Mapping[str, float] = field(default_factory=dict)
    findings: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # first wrong thing, hint
    untouched: Sequence[str] = ()
    incidents: Mapping[str, str] = field(default_factory=dict)  # by lesson
    notes: Mapping[str, Sequence[str]] = field(default_factory=dict)  # by lesson
    seconds: Mapping[str, float] = field(default_factory=lambda: {"all": 1.0, "wall": 2.0})
    late: timedelta = timedelta(0)
    recorded: bool = True  # False: as `nbgrader autograde` leaves it


def make_course(root: Path, assignment: str = "attention", lessons: Mapping[str, str] | None = None) -> Path:
    """Make a course with an empty gradebook that knows the assignment; the real one, or lessons as texts."""
    folder = root / "lessons" / assignment
    folder.mkdir(parents=True)
    for name in ("nbgrader_config.py", "pyproject.toml"):
        shutil.copy(ROOT / name, root)
    if lessons is None:
        shutil.copytree(ROOT / "lessons" / assignment, folder, dirs_exist_ok=True)
    for name, text in (lessons or {}).items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    _enter(root, assignment)
    return root


def url_of(root: Path) -> str:
    """Return the address of a made course's gradebook."""
    return f"sqlite:///{root}/gradebook.db"


def _enter(root: Path, assignment: str) -> None:
    with OpenGradebook(url_of(root), assignment):
        pass
    with Gradebook(url_of(root)) as book:
        book.add_assignment(assignment, duedate=DUE)
        for part in parts(root, assignment):
            lesson, _, name = part.id.partition(".")
            book.update_or_create_notebook(lesson, assignment)
            kind = "markdown" if part.manual else "code"
            prefix = "written-" if part.manual else "test-"
            book.update_or_create_grade_cell(
                prefix + name, lesson, assignment, max_score=part.points, cell_type=kind
            )


def fill(root: Path, students: Iterable[Made], assignment: str = "attention") -> None:
    """Write the rows of these students."""
    known = {part.id: part for part in parts(root, assignment)}
    engine = sql.create_engine(url_of(root))
    with engine.begin() as connection:
        key = connection.execute(sql.select(Assignment.id).where(Assignment.name == assignment)).scalar_one()
        notebooks = {row.name: row.id for row in connection.execute(sql.select(Notebook.id, Notebook.name))}
        cells = {row.name: row.id for row in connection.execute(_cells())}
        tables: dict[Any, list[dict[str, Any]]] = {
            t: [] for t in (STUDENT, SUBMISSION, NOTEBOOK, GRADE, RESULTS)
        }
        for one in students:
            _rows(one, assignment, key, notebooks, cells, known, tables)
        for table, rows in tables.items():
            if rows:
                connection.execute(table.insert(), rows)
    engine.dispose()


def _cells() -> Any:
    named = (Notebook.name + "." + BaseCell.name).label("name")
    return sql.select(BaseCell.id, named).join(Notebook, Notebook.id == BaseCell.notebook_id)


def _rows(
    one: Made,
    assignment: str,
    key: str,
    notebooks: Mapping[str, str],
    cells: Mapping[str, str],
    known: Mapping[str, Part],
    tables: dict[Any, list[dict[str, Any]]],
) -> None:
    submission = new_uuid()
    tables[STUDENT].append({"id": one.name})
    handed_in = DUE + one.late
    row = {"id": submission, "assignment_id": key, "student_id": one.name, "timestamp": handed_in}
    tables[SUBMISSION].append(row)
    mine = {lesson: new_uuid() for lesson in notebooks}
    for lesson, own in mine.items():
        row = {"id": own, "assignment_id": submission, "notebook_id": notebooks[lesson], "flagged": False}
        tables[NOTEBOOK].append({**row, "late_submission_penalty": 1.0 if one.late else None})
    for part in known.values():
        lesson, _, name = part.id.partition(".")
        points, hand = one.points.get(part.id), one.by_hand.get(part.id)
        cell = cells[f"{lesson}.{_grade_id(part)}"]
        given = {"auto_score": points, "manual_score": hand}
        waits = points is None and hand is None
        row = {"id": new_uuid(), "cell_id": cell, "notebook_id": mine[lesson], "needs_manual_grade": waits}
        tables[GRADE].append({**row, **given})
    if one.recorded:
        tables[RESULTS] += [
            _record(one, assignment, lesson, list(known.values()))
            for lesson in notebooks
            if any(part.startswith(f"{lesson}.") for part in one.points)
        ]


def _grade_id(part: Part) -> str:
    return ("written-" if part.manual else "test-") + part.id.partition(".")[2]


def _record(one: Made, assignment: str, lesson: str, known: list[Part]) -> dict[str, Any]:
    here = [part for part in known if part.id.startswith(f"{lesson}.")]
    result = Result(
        one.name,
        lesson,
        "graded",
        cells=tuple(
            CellScore(_grade_id(part), one.points.get(part.id), part.points, one.points.get(part.id) is None)
            for part in here
        ),
        unanswered=tuple(part.id.partition(".")[2] for part in here if part.id in one.untouched),
        incidents=(one.incidents[lesson],) if lesson in one.incidents else (),
        notes=tuple(one.notes.get(lesson, ())),
        seconds=one.seconds,
        findings=tuple(
            Finding(_grade_id(part), *one.findings[part.id]) for part in here if part.id in one.findings
        ),
    )
    row = {"assignment": assignment, "student": one.name, "lesson": lesson, "digest": "made"}
    return {**row, "result": result.to_json(), "recorded": DUE}


def plausible(
    known: Sequence[Part],
    hints: Mapping[str, Sequence[str]],
    size: int,
    seed: int = 0,
    unfair: Sequence[str] = (),
) -> list[Made]:
    """Return students of different ability; a part is right as often as ability and its difficulty say.

    The better students are, the rarer they get an `unfair` part right, and no known mistake explains it.
    """
    chance = np.random.default_rng(seed)
    hard = {part.id: chance.normal(-0.5, 1.0) for part in known}
    return [_plausible(chance, f"student-{n:04}", known, hints, hard, unfair) for n in range(size)]


def _plausible(
    chance: np.random.Generator,
    name: str,
    known: Sequence[Part],
    hints: Mapping[str, Sequence[str]],
    hard: Mapping[str, float],
    unfair: Sequence[str],
) -> Made:
    ability = chance.normal(0.0, 1.2)
    points: dict[str, float | None] = {}
    findings, untouched = {}, []
    for part in known:
        bent = -ability if part.id in unfair else ability
        right = chance.random() < 1 / (1 + np.exp(-1.5 * (bent - hard[part.id])))
        points[part.id] = float(part.points) if right else 0.0
        if part.manual:
            points[part.id] = None
        elif not right and chance.random() < 0.2 and part.id not in unfair:
            untouched.append(part.id)
        elif not right:
            mine = [] if part.id in unfair else list(hints.get(part.id, ()))
            hint = str(chance.choice(mine)) if mine and chance.random() < 0.75 else ""
            findings[part.id] = (f"largest gap at [0, {chance.integers(3)}]: yours 0.25", hint)
    wall = float(chance.lognormal(0.3, 0.5))
    late = timedelta(hours=float(chance.exponential(20))) if chance.random() < 0.1 else timedelta(0)
    return Made(
        name,
        points,
        findings=findings,
        untouched=untouched,
        seconds={"all": wall / 3, "wall": wall},
        incidents={"decoding": "given-setup: the box was ended"} if chance.random() < 0.02 else {},
        late=late,
    )
