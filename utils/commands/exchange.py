"""Verbs for what goes to and comes from other systems: export, collect."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from utils.commands.verbs import CourseError, Verbs, assignment_of, course_root, there

if TYPE_CHECKING:
    from utils.export.standings import Standing

PLATFORMS = ("canvas", "moodle", "blackboard", "brightspace", "gradescope", "folders")
VISIBILITIES = ("after_published", "after_due_date", "hidden", "visible")
KINDS = ("csv", "canvas", "gradescope")


def add_to(verbs: Verbs) -> None:
    """Add these verbs to the command line."""
    _add_export(verbs)
    _add_collect(verbs)


def _add_export(verbs: Verbs) -> None:
    giving = verbs.add(export)
    giving.add_argument("--to", choices=KINDS, required=True, help="the form that is wanted")
    giving.add_argument("--out", type=Path, metavar="PATH", help="the file to write; default: below exports/")
    giving.add_argument("--db", metavar="URL", help="gradebook, such as postgresql://HOST/NAME")
    canvas = giving.add_argument_group("canvas")
    canvas.add_argument("--roster", type=Path, metavar="CSV", help="a gradebook that Canvas exported")
    canvas.add_argument(
        "--column", metavar="NAME", help="the assignment in Canvas, with its id: 'Homework (12)'"
    )
    gradescope = giving.add_argument_group("gradescope")
    gradescope.add_argument(
        "--trusted", action="store_true", help="grade without a box where none can be made: hidden tests show"
    )
    gradescope.add_argument(
        "--visibility", choices=VISIBILITIES, default=VISIBILITIES[0], help="of parts with hidden tests"
    )


def _add_collect(verbs: Verbs) -> None:
    taking = verbs.add(collect)
    taking.add_argument("source", type=Path, metavar="FOLDER|ZIP", help="what the learning platform exported")
    taking.add_argument(
        "--names", type=Path, metavar="CSV", help="table of names: the platform's list of students"
    )
    taking.add_argument("--platform", choices=PLATFORMS, help="who exported it; found out when left out")
    taking.add_argument("--dry-run", action="store_true", help="say what would be done, write nothing")


def collect(args: argparse.Namespace) -> int:
    """Bring hand-ins from a learning platform's export to submitted/, and say what could not be placed."""
    from utils.collect.collecting import collect as taken
    from utils.collect.roster import read_roster

    root = course_root()
    assignment = assignment_of(args.assignment, root)
    roster = read_roster(there(args.names)) if args.names else None
    result = taken(root, assignment, args.source, roster=roster, platform=args.platform, dry=args.dry_run)
    for student, line in result.lines.items():
        print(f"{student:24} {line}")
    if result.undated:
        print(f"{result.undated} without a time: taken as handed in on time.")
    for problem in result.problems:
        print(f"could not be placed: {problem}")
    print(result.summary + (" (a dry run: nothing was written)" if args.dry_run else ""))
    return 1 if result.problems else 0


def export(args: argparse.Namespace) -> int:
    """Write scores for a spreadsheet or for Canvas, or an autograder for Gradescope."""
    root = course_root()
    assignment_of(args.assignment, root)
    return {"csv": _csv, "canvas": _canvas, "gradescope": _gradescope}[args.to](args, root)


def _csv(args: argparse.Namespace, root: Path) -> int:
    from utils.build.source import parts
    from utils.export.tables import csv_text, scores_table

    found = _standings(args, root)
    text = csv_text(scores_table(parts(root, args.assignment), found))
    _write(
        args, root, ".csv", text.encode("utf-8-sig")
    )  # without the mark, Excel takes it for another encoding
    _say_waiting(found)
    return 0


def _canvas(args: argparse.Namespace, root: Path) -> int:
    from utils.build.source import parts
    from utils.export.canvas import canvas_import, read_gradebook

    gradebook = read_gradebook(there(args.roster)) if args.roster else None
    found = _standings(args, root)
    points = sum(part.points for part in parts(root, args.assignment))
    made = canvas_import(found, args.column or args.assignment, points, gradebook)
    _write(args, root, "-canvas.csv", made.text.encode())
    for note in made.notes:
        print(note)
    for student, why in made.unmatched.items():
        print(f"left out: {student}: {why}")
    _say_waiting(found)
    return 1 if made.unmatched else 0


def _gradescope(args: argparse.Namespace, root: Path) -> int:
    from utils.export.gradescope import autograder, zipped

    files = autograder(root, args.assignment, trusted=args.trusted, visibility=args.visibility)
    _write(args, root, "-gradescope.zip", zipped(files))
    print(
        "It holds the hidden tests, the reference solutions and the course key: upload it, never hand it out."
    )
    if args.trusted:
        from utils.grading.running import TRUSTED_ONLY

        print(f"Where no box can be made: {TRUSTED_ONLY}")
    return 0


def _standings(args: argparse.Namespace, root: Path) -> list[Standing]:
    """Return how the class stands. Raises `CourseError` when nothing was graded."""
    from utils.export.standings import standings

    found = standings(root, args.assignment, args.db)
    if not found:
        raise CourseError(f"nothing of {args.assignment} has been graded: run 'course grade' first.")
    return found


def _write(args: argparse.Namespace, root: Path, ending: str, content: bytes) -> None:
    """Write what is exported where it was asked for, or below exports/, which git ignores; say where."""
    from utils.export.tables import write

    path = args.out or root / "exports" / f"{args.assignment}{ending}"
    if args.out is None:
        write(path.parent / ".gitignore", b"*\n")
    elif path.is_dir():
        raise CourseError(f"{path} is a folder; --out names the file to write.")
    write(path, content)
    print(path)


def _say_waiting(found: list[Standing]) -> None:
    waiting = sum(one.waiting > 0 for one in found)
    if waiting:
        print(f"{waiting} of {len(found)} students have answers that a person has yet to read.")
