"""Verbs for who grades a class: grade, feedback, regrade, scores, demo, doctor, init."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from utils.commands.verbs import CourseError, Verbs, assignment_of, counted, course_root, positive

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from utils.grading.tasks import Mode

WIDEST = 100_000  # characters of a line: a column for each of some thousand students


def add_to(verbs: Verbs) -> None:
    """Add these verbs to the command line."""
    for command in (grade, feedback, regrade, scores):
        verbs.add(command).add_argument("--student", action="append", help="only this one; may be repeated")
    verbs.add(demo).add_argument("--remove", action="store_true", help="remove the sample class again")
    verbs.add(doctor, assignment=False)
    verbs.add(init, assignment=False)
    _add_options(verbs.by_name)


def _add_options(verbs: Mapping[str, argparse.ArgumentParser]) -> None:
    """Give the grading commands the options that they share."""
    for name in ("grade", "feedback", "regrade", "demo"):
        verbs[name].add_argument("--jobs", type=positive, help="at a time; default: the number of cores")
    for name in ("grade", "demo"):
        verbs[name].add_argument("--force", action="store_true", help="also those that have not changed")
    for name in ("grade", "regrade", "demo"):
        verbs[name].add_argument(
            "--trusted", action="store_true", help="no box: only for notebooks that you would run yourself"
        )
    for name in ("grade", "feedback", "regrade", "scores"):
        verbs[name].add_argument("--db", metavar="URL", help="gradebook, such as postgresql://HOST/NAME")
    verbs["grade"].add_argument("--scheduler", metavar="ADDRESS", help="Dask scheduler, tcp://HOST:PORT")
    verbs["regrade"].add_argument("--dry-run", action="store_true", help="show what would change, no more")
    verbs["regrade"].add_argument("--check", metavar="PART", help="the part that --explain is about")
    verbs["regrade"].add_argument(
        "--explain", action="store_true", help="show input, expected and received of one part of one student"
    )


def grade(args: argparse.Namespace) -> int:
    """Grade what lies in submitted/ and print the table; what has not changed is skipped."""
    from utils.console import wide_console
    from utils.grading.demo import graded, report

    root, students = _class_of(args)
    console = wide_console()
    mode = _mode(args)
    options = {"jobs": args.jobs, "force": args.force, "db": args.db, "scheduler": args.scheduler}
    outcomes = graded(root, args.assignment, students, console, mode=mode, **options)
    report(root, args.assignment, outcomes, console, args.db)
    return 0 if all(outcome.state != "failed" for outcome in outcomes) else 1


def feedback(args: argparse.Namespace) -> int:
    """Write the feedback pages of what was graded; what has not changed is skipped."""
    from utils.console import wide_console
    from utils.grading.demo import fed_back

    root, students = _class_of(args)
    pages = fed_back(root, args.assignment, students, wide_console(), jobs=args.jobs, db=args.db)
    written = sum(page.state == "written" for page in pages)
    print(f"{written} of {counted(len(pages), 'student')} {'has' if len(pages) == 1 else 'have'} new pages")
    return 0 if all(page.state != "failed" for page in pages) else 1


def regrade(args: argparse.Namespace) -> int:
    """Grade again and show every score that changes: with --dry-run without writing anything."""
    from utils.console import wide_console
    from utils.grading import regrade as again
    from utils.grading.demo import cores, graded, warn
    from utils.grading.progress import ProgressBar

    root, students = _class_of(args)
    if args.explain:
        return _explain(args, root)
    console, mode = wide_console(), _mode(args)
    warn(root, mode, console)
    with ProgressBar(console, "comparing") as bar:
        jobs = args.jobs or cores()
        found = again.changes(root, args.assignment, students, jobs=jobs, mode=mode, db=args.db, watcher=bar)
    for change in found:
        console.print(str(change), markup=False)
    console.print(f"{counted(len(found), 'score')} change{'s' * (len(found) == 1)}")
    if args.dry_run or not found:
        return 0
    outcomes = graded(
        root, args.assignment, students, console, jobs=args.jobs, force=True, mode=mode, db=args.db
    )
    return 0 if all(outcome.state != "failed" for outcome in outcomes) else 1


def _explain(args: argparse.Namespace, root: Path) -> int:
    from utils.grading.regrade import explain

    if len(args.student or ()) != 1 or not args.check:
        raise CourseError("--explain is about one part of one student: --student ID --check PART --explain.")
    print(explain(root, args.assignment, args.student[0], args.check, db=args.db))
    return 0


def _class_of(args: argparse.Namespace) -> tuple[Path, list[str]]:
    """Return the course and the students that a command is about. Raises `CourseError` for none."""
    from utils.grading.class_run import students_of

    root = course_root()
    assignment = assignment_of(args.assignment, root)
    students = args.student or students_of(root, assignment)
    missing = [name for name in students if not (root / "submitted" / name / assignment).is_dir()]
    if missing:
        raise CourseError(f"submitted/ holds nothing of {', '.join(missing)} for {assignment}.")
    if not students:
        raise CourseError(
            f"submitted/ holds nothing for {assignment}: expected submitted/<student>/{assignment}/*.ipynb."
        )
    return root, students


def _mode(args: argparse.Namespace) -> Mode:
    return "trusted" if args.trusted else "split"


def scores(args: argparse.Namespace) -> int:
    """Print the points of every student on every part."""
    from rich.console import Console

    from utils.build.lessons import lesson_paths
    from utils.console import wide_console
    from utils.grading.class_run import students_of
    from utils.grading.demo import part_table

    root = course_root()
    students = args.student or students_of(root, assignment_of(args.assignment, root))
    console = wide_console()
    for path in lesson_paths(root, args.assignment):
        table = partial(part_table, root, args.assignment, path.stem, db=args.db)
        if console.is_terminal:
            console.print(*_fitting(console, table, students))
        else:
            whole = table(students)
            Console(width=_width(console, whole)).print(whole)  # a file is as wide as it has to be
    return 0


def _fitting(console: Console, table: Callable[[list[str]], Table], students: list[str]) -> list[Table]:
    """Return a table of these students, or several of some of them, none wider than the console."""
    whole = table(students)
    if len(students) <= 1 or _width(console, whole) <= console.width:
        return [whole]
    half = (len(students) + 1) // 2
    return _fitting(console, table, students[:half]) + _fitting(console, table, students[half:])


def _width(console: Console, table: Table) -> int:
    """Return how wide a table is in which nothing is cut or folded."""
    return console.measure(table, options=console.options.update(max_width=WIDEST)).maximum


def demo(args: argparse.Namespace) -> int:
    """Do the main job on the sample class, or remove it again."""
    from utils.grading import demo as main_job

    root = course_root()
    if args.remove:
        print("removed " + ", ".join(main_job.remove(root, args.assignment)))
        return 0
    options = {"jobs": args.jobs, "force": args.force}
    return main_job.run(root, assignment_of(args.assignment, root), mode=_mode(args), **options)


def doctor(args: argparse.Namespace) -> int:
    """Print what this machine can do to keep student code in a box, and what will be used."""
    from rich.table import Table

    from utils.console import wide_console
    from utils.grading.box.host import what_this_machine_can_do

    host = what_this_machine_can_do()
    table = Table("", "found", "used for a box")
    for row in host.table():
        table.add_row(*row)
    wide_console().print(table)
    if not host.can_sandbox:
        print(f"No box can be made here: {host.why_not}")
    return 0 if host.can_sandbox else 1


def init(args: argparse.Namespace) -> int:
    """Make the course key that hidden inputs are drawn from, outside of git."""
    from utils.checks.course_key import make_key

    try:
        path = make_key(course_root())
    except OSError as error:
        raise CourseError(str(error)) from None
    print(f"{path}\nKeep it secret and keep a copy: with another key every student gets other inputs.")
    return 0
