"""The main job on the sample class, from lessons to feedback, with a progress bar and a table at the end."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from utils.build.lessons import lesson_paths
from utils.build.release import build_release
from utils.build.source import build_source
from utils.checks.draws import PUBLIC_KEY, course_key
from utils.checks.report import wide_console
from utils.grading.class_run import Outcome, grade_class
from utils.grading.sample_class import models, write_class
from utils.grading.scores import Score, by_lesson, scores_of

TRUSTED_ONLY = (
    "No sandbox is used: submissions run with your rights, on this machine. "
    "Grade only notebooks that you would run yourself."
)
PUBLIC_DRAWS = (
    "No course key is set (COURSE_KEY_FILE): hidden inputs come from a public key and can be predicted."
)
OUR_OWN_DATA = "The sample class is part of this project, so the demo goes on."


def run(root: Path, assignment: str = "attention", *, jobs: int | None = None, force: bool = False) -> int:
    """Build, enter the sample class, grade it, write feedback, print the table; 0 if all were graded."""
    console = wide_console()
    started = time.monotonic()
    console.rule(f"[bold]{assignment}: from lessons to feedback")
    build_source(root, assignment)
    files = build_release(root, assignment)
    console.print(f"built {sum(f.suffix == '.ipynb' for f in files)} notebooks: lessons -> source -> release")
    students = write_class(root, assignment)
    console.print(f"collected {len(students)} submissions in submitted/")
    console.print(f"[bold yellow]{TRUSTED_ONLY} {OUR_OWN_DATA}")
    outcomes = graded(root, assignment, students, console, jobs=jobs, force=force)
    report(root, assignment, outcomes, console)
    console.print(f"{time.monotonic() - started:.0f} s in all. Open:")
    for path in ("source", "release", "autograded", "feedback"):
        console.print(f"  {root / path}")
    return 0 if all(outcome.state != "failed" for outcome in outcomes) else 1


def graded(
    root: Path,
    assignment: str,
    students: list[str],
    console: Console,
    *,
    jobs: int | None = None,
    force: bool = False,
) -> list[Outcome]:
    """Grade the students behind a progress bar; return what happened to each."""
    if course_key() == PUBLIC_KEY:
        console.print(f"[yellow]{PUBLIC_DRAWS}")
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("grading", total=len(students))
        return grade_class(
            root,
            assignment,
            students,
            jobs=jobs or os.cpu_count() or 1,
            force=force,
            progress=lambda student: bar.advance(task),
        )


def report(root: Path, assignment: str, outcomes: list[Outcome], console: Console) -> None:
    """Print points per student and lesson, then every submission that was unusual or failed."""
    lessons = [path.stem for path in lesson_paths(root, assignment)]
    console.print(score_table(root, assignment, lessons, [outcome.student for outcome in outcomes]))
    counts = {state: sum(o.state == state for o in outcomes) for state in ("graded", "skipped", "failed")}
    console.print(", ".join(f"{count} {state}" for state, count in counts.items()) + " (skipped: unchanged)")
    for outcome in outcomes:
        for note in outcome.notes:
            console.print(f"{outcome.student}: {note}", markup=False)
        if outcome.state == "failed":
            console.print(f"{outcome.student} could not be graded:\n{outcome.log}", markup=False, style="red")


def score_table(root: Path, assignment: str, lessons: list[str], students: list[str]) -> Table:
    """Return the table of points, a row a student, a column a lesson; * marks answers a person must read."""
    table = Table("student", *(lesson.replace("_", " ") for lesson in lessons), "total", title="points")
    for student in students:
        scores = scores_of(root, assignment, student)
        totals = by_lesson(scores)
        table.add_row(
            student, *(_cell(*totals.get(lesson, (0.0, 0.0, 0))) for lesson in lessons), _total(scores)
        )
    table.caption = "* has a written answer that a person still has to read"
    return table


def _cell(earned: float, possible: float, waiting: int) -> str:
    return f"{earned:g}/{possible:g}" + ("*" if waiting else "")


def _total(scores: dict[str, Score]) -> str:
    return f"{sum(s.points for s in scores.values()):g}/{sum(s.out_of for s in scores.values()):g}"


def part_table(root: Path, assignment: str, lesson: str, students: list[str]) -> Table:
    """Return the table of one lesson: one row a part, one column a student."""
    columns = {student: scores_of(root, assignment, student) for student in students}
    parts = [part for scores in columns.values() for part in scores if part.startswith(f"{lesson}.")]
    table = Table("part", *(student.removeprefix("sample-") for student in students), title=lesson)
    for part in dict.fromkeys(parts):
        cells = [columns[student].get(part) for student in students]
        table.add_row(
            part.split(".")[1], *("" if c is None else _cell(c.points, c.out_of, c.waits) for c in cells)
        )
    return table


def remove(root: Path, assignment: str) -> list[str]:
    """Remove the sample class from the working folders and the gradebook; return the students removed."""
    from nbgrader.api import Gradebook, MissingEntry

    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        for student in models(assignment):
            for folder in ("submitted", "autograded", "feedback"):
                shutil.rmtree(root / folder / student, ignore_errors=True)
            (root / ".cache" / "graded" / assignment / f"{student}.json").unlink(missing_ok=True)
            try:
                gradebook.remove_student(student)
            except MissingEntry:
                continue
    return sorted(models(assignment))
