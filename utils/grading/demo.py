"""The main job on the sample class, from lessons to feedback, and the tables at its end."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path

import sqlalchemy as sql
from nbgrader.api import Gradebook, MissingEntry
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from utils.build.lessons import lesson_paths
from utils.build.release import build_release
from utils.build.source import build_source
from utils.checks.course_key import key_file
from utils.console import wide_console
from utils.grading import class_tables
from utils.grading.class_run import Outcome, grade_class
from utils.grading.course_setup import gradebook_address, settings
from utils.grading.executed import forget_student
from utils.grading.feedback_run import Page, write_feedback
from utils.grading.notices import apart, missing_line
from utils.grading.penalties import penalties
from utils.grading.progress import ProgressBar
from utils.grading.result_records import RESULTS
from utils.grading.running import TRUSTED_ONLY
from utils.grading.sample_class import models, write_class
from utils.grading.scores import Score, by_lesson, class_scores
from utils.grading.tasks import Mode

PUBLIC_DRAWS = (
    "There is no course key, so hidden inputs can be predicted: they come from a public one. "
    "'course init' makes a key."
)


def run(
    root: Path,
    assignment: str = "attention",
    *,
    jobs: int | None = None,
    force: bool = False,
    mode: Mode = "split",
) -> int:
    """Build, enter the sample class, grade it, write feedback, print the table; 0 if all were graded."""
    console = wide_console()
    started = time.monotonic()
    console.rule(f"[bold]{assignment}: from lessons to feedback")
    build_source(root, assignment)
    files = build_release(root, assignment)
    console.print(f"built {sum(f.suffix == '.ipynb' for f in files)} notebooks: lessons -> source -> release")
    students = write_class(root, assignment)
    console.print(f"collected {len(students)} submissions in submitted/")
    outcomes = graded(root, assignment, students, console, jobs=jobs, force=force, mode=mode)
    graded_ones = [outcome.student for outcome in outcomes if outcome.state != "failed"]
    pages = fed_back(root, assignment, graded_ones, console, jobs=jobs)
    report(root, assignment, outcomes, console)
    console.print(f"{time.monotonic() - started:.0f} s in all. Open:")
    for path in ("source", "release", "autograded", "feedback"):
        console.print(Text(f"  {root / path}"))
    states = [outcome.state for outcome in outcomes] + [page.state for page in pages]
    return 1 if "failed" in states else 0


def graded(
    root: Path,
    assignment: str,
    students: list[str],
    console: Console,
    *,
    jobs: int | None = None,
    force: bool = False,
    mode: Mode = "split",
    db: str | None = None,
    scheduler: str | None = None,
) -> list[Outcome]:
    """Grade the students behind a progress bar; return what happened to each."""
    warn(root, mode, console)
    with ProgressBar(console) as bar:
        return grade_class(
            root,
            assignment,
            students,
            jobs=jobs or cores(),
            force=force,
            mode=mode,
            db=db,
            scheduler=scheduler,
            watcher=bar,
        )


def warn(root: Path, mode: Mode, console: Console) -> None:
    """Say loudly what is less safe than it could be."""
    if mode == "trusted":
        console.print(TRUSTED_ONLY, style="bold yellow")
    if key_file(root) is None:
        console.print(PUBLIC_DRAWS, style="yellow")


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def fed_back(
    root: Path,
    assignment: str,
    students: list[str],
    console: Console,
    *,
    jobs: int | None = None,
    db: str | None = None,
) -> list[Page]:
    """Write the students' pages behind a progress bar, say what failed; return what happened to each."""
    with ProgressBar(console, "feedback") as bar:
        bar.begin(len(students), 0)
        pages = write_feedback(
            root, assignment, students, jobs=jobs or cores(), db=db, done=lambda page: bar.advance()
        )
    for page in pages:
        if page.state == "failed":
            console.print(Text(f"{page.student} has no pages:\n{page.log}"), style="red")
    return pages


def report(
    root: Path, assignment: str, outcomes: list[Outcome], console: Console, db: str | None = None
) -> None:
    """Print points per student and lesson, every submission that was unusual or failed, what is missing."""
    lessons = [path.stem for path in lesson_paths(root, assignment)]
    console.print(score_table(root, assignment, lessons, [outcome.student for outcome in outcomes], db))
    counts = {state: sum(o.state == state for o in outcomes) for state in ("graded", "skipped", "failed")}
    console.print(", ".join(f"{count} {state}" for state, count in counts.items()) + " (skipped: unchanged)")
    missing = {}
    for outcome in outcomes:
        missing[outcome.student], notes = apart(outcome.notes)
        for note in (*notes, *outcome.incidents):
            console.print(Text(f"{outcome.student}: {note}"))
        if outcome.state == "failed":
            console.print(Text(f"{outcome.student} could not be graded:\n{outcome.log}"), style="red")
    for student, lessons_missing in missing.items():
        if lessons_missing:
            console.print(Text(f"{student}: {missing_line(lessons_missing)}"))


def score_table(
    root: Path, assignment: str, lessons: list[str], students: list[str], db: str | None = None
) -> Table:
    """Return the table of points, a row a student, a column a lesson; * marks answers a person must read.

    The totals are what is left after late penalties, which are named below the table.
    """
    off = penalties(root, assignment, db)
    columns = ("student", *(lesson.replace("_", " ") for lesson in lessons), "total")
    table = Table(*(Column(name, overflow="fold") for name in columns), title="points")
    for student, scores in class_scores(root, assignment, students, db).items():
        totals = by_lesson(scores)
        table.add_row(
            Text(student), *(_cell(*totals.get(lesson, (0.0, 0.0, 0))) for lesson in lessons),
            _total(scores, sum(off.get(student, {}).values())),
        )  # fmt: skip
    table.caption = "* has a written answer that a person still has to read"
    if late := [student for student in students if student in off]:
        taken = ", ".join(f"{student} {sum(off[student].values()):g}" for student in late)
        table.caption = Text(f"{table.caption}\nthe total is what is left after late penalties: {taken}")
    return table


def _cell(earned: float, possible: float, waiting: int) -> str:
    return f"{earned:g}/{possible:g}" + ("*" if waiting else "")


def _total(scores: dict[str, Score], penalty: float) -> str:
    earned = sum(s.points for s in scores.values()) - penalty
    return f"{earned:g}/{sum(s.out_of for s in scores.values()):g}"


def part_table(root: Path, assignment: str, lesson: str, students: list[str], db: str | None = None) -> Table:
    """Return the table of one lesson: one row a part, one column a student, and a row of totals.

    Where lateness cost somebody points on the lesson, a row says how many; the totals are what is left.
    """
    columns = class_scores(root, assignment, students, db)
    parts = [part for scores in columns.values() for part in scores if part.startswith(f"{lesson}.")]
    names = (Column(Text(student.removeprefix("sample-")), overflow="fold") for student in students)
    table = Table(Column("part", overflow="fold"), *names, title=lesson)
    for part in dict.fromkeys(parts):
        cells = [columns[student].get(part) for student in students]
        table.add_row(
            part.split(".")[1], *("" if c is None else _cell(c.points, c.out_of, c.waits) for c in cells)
        )
    off = {student: mine.get(lesson, 0.0) for student, mine in penalties(root, assignment, db).items()}
    lost = [off.get(student, 0.0) for student in students]
    table.add_section()
    if any(lost):
        table.add_row("late penalty", *(f"-{points:g}" if points else "" for points in lost))
    totals = [by_lesson(columns[student]).get(lesson) for student in students]
    table.add_row("total", *(_left(total, points) for total, points in zip(totals, lost, strict=True)))
    return table


def _left(total: tuple[float, float, int] | None, penalty: float) -> str:
    return "" if total is None else _cell(total[0] - penalty, *total[1:])


def remove(root: Path, assignment: str) -> list[str]:
    """Remove the sample class from the working folders and the gradebook; return the students removed."""
    students = sorted(models(assignment))
    with Gradebook(gradebook_address(settings(root))) as gradebook:
        if sql.inspect(gradebook.engine).has_table(RESULTS.name):
            gradebook.db.execute(RESULTS.delete().where(RESULTS.c.student.in_(students)))
        if sql.inspect(gradebook.engine).has_table(class_tables.REQUESTS.name):
            class_tables.forget_students(gradebook.db.connection(), students)
        for student in students:
            shutil.rmtree(root / "submitted" / student, ignore_errors=True)
            forget_student(root, assignment, student)
            (root / ".cache" / "feedback" / assignment / f"{student}.json").unlink(missing_ok=True)
            with contextlib.suppress(MissingEntry):
                gradebook.remove_student(student)
        gradebook.db.commit()
    return students
