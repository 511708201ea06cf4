"""The verb for who teaches a class and wants to know how it went: report."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

from utils.commands.verbs import CourseError, Verbs, assignment_of, counted, course_root


def add_to(verbs: Verbs) -> None:
    """Add this verb to the command line."""
    new = verbs.add(report)
    new.add_argument("--anonymous", action="store_true", help="no student ids: a page to be shown around")
    new.add_argument(
        "--out", metavar="PATH", type=Path, help="the page to write; default: reports/ASSIGNMENT.html"
    )
    new.add_argument("--db", metavar="URL", help="gradebook, such as postgresql://HOST/NAME")


def report(args: argparse.Namespace) -> int:
    """Write a page on how the class did: scores, parts, known mistakes, checks to look at."""
    from utils.build.files import write_if_changed
    from utils.report import page
    from utils.report.class_data import class_data

    root = course_root()
    assignment = assignment_of(args.assignment, root)
    path = _path(args.out) if args.out else root / "reports" / f"{assignment}.html"
    data = class_data(root, assignment, args.db)
    said = page.report(data, anonymous=args.anonymous, db=args.db, made=datetime.now().astimezone())
    write_if_changed(path, page.html(said).encode())
    print(
        f"{path}\n{counted(len(data.students), 'student')}, {counted(len(data.parts), 'part')}, "
        f"{len(said.suspects)} to look at"
    )
    return 0


def _path(path: Path) -> Path:
    """Return where the page goes. Raises `CourseError` for a folder, and for a page in none."""
    if path.is_dir():
        raise CourseError(f"{path} is a folder: --out names the page itself, such as {path / 'report.html'}.")
    if not path.parent.is_dir():
        raise CourseError(f"the folder {path.parent} does not exist, so {path.name} cannot be written there.")
    return path
