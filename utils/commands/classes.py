"""Verbs for what a class needs around grading: roster, due, extend, request, requests."""

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from utils.commands.verbs import CourseError, Verbs, assignment_of, counted, course_root, positive, there

if TYPE_CHECKING:
    from utils.classes.requests import Asked
    from utils.classes.roster import Changes
    from utils.grading.gradebook import OpenGradebook

IMPORT = "import"
DEFAULT = "attention"


def add_to(verbs: Verbs) -> None:
    """Add these verbs to the command line."""
    _add_roster(verbs)
    _add_dates(verbs)
    _add_requests(verbs)
    for name in ("roster", "due", "extend", "request", "requests"):
        verbs.by_name[name].add_argument(
            "--db", metavar="URL", help="gradebook, such as postgresql://HOST/NAME"
        )


def _add_roster(verbs: Verbs) -> None:
    listing = verbs.add(roster, assignment=False)
    listing.add_argument(
        "action", nargs="?", choices=[IMPORT], help="take a file; without it the class is listed"
    )
    listing.add_argument(
        "file", nargs="?", type=Path, metavar="FILE.csv", help="with columns such as id, email"
    )
    listing.add_argument("--dry-run", action="store_true", help="say what would change, write nothing")
    listing.add_argument(
        "--skip-bad", action="store_true", help="leave bad lines out instead of refusing all"
    )
    listing.add_argument(
        "--remove", action="store_true", help="remove who is not in the file and has no scores"
    )


def _add_dates(verbs: Verbs) -> None:
    dating = verbs.add(due)
    dating.add_argument("when", nargs="?", metavar="WHEN", help="with its zone: 2026-12-01T23:59+01:00")
    dating.add_argument("--show", action="store_true", help="say when it is due and who has more time")
    dating.add_argument("--none", action="store_true", help="remove the due date")
    more = verbs.add(extend, assignment=False)
    more.add_argument("assignment")
    more.add_argument("student")
    more.add_argument("--days", type=positive, default=0, help="of 24 hours, from the due date")
    more.add_argument("--hours", type=positive, default=0)
    more.add_argument("--until", metavar="WHEN", help="a time with its zone, instead of days and hours")
    more.add_argument("--none", action="store_true", help="take the extension back")


def _add_requests(verbs: Verbs) -> None:
    asking = verbs.add(request, assignment=False)
    asking.add_argument("assignment", metavar="ASSIGNMENT|import", help="import takes a file or a folder")
    asking.add_argument(
        "file", nargs="?", type=Path, help="CSV, JSON, or a folder of them: student, part, reason"
    )
    asking.add_argument("--student", metavar="ID")
    asking.add_argument("--part", help="such as decoding.g")
    asking.add_argument("--reason", help="in the student's words")
    asking.add_argument("--for", dest="about", default=DEFAULT, help="the assignment of an import")
    deciding = verbs.add(requests)
    deciding.add_argument("--closed", action="store_true", help="list those that are closed")
    deciding.add_argument("--show", type=positive, metavar="N", help="all that is needed to decide on one")
    deciding.add_argument("--quick", action="store_true", help="with --show: do not run the notebook again")
    deciding.add_argument("--close", type=positive, metavar="N", help="record the decision on one")
    deciding.add_argument("--answer", help="with --close: the decision, in words")


def _opened(args: argparse.Namespace, root: Path, assignment: str) -> AbstractContextManager[OpenGradebook]:
    from utils.grading.course_setup import gradebook_address, settings
    from utils.grading.gradebook import OpenGradebook

    return OpenGradebook(args.db or gradebook_address(settings(root)), assignment)


# The class


def roster(args: argparse.Namespace) -> int:
    """List the class, or import it from a learning platform's list of students."""
    from utils.classes.roster import roster as people
    from utils.grading.box.inside.shown import safe_line

    root = course_root()
    if args.action == IMPORT:
        return _import_roster(args, root)
    if args.dry_run or args.skip_bad or args.remove:
        raise CourseError("--dry-run, --skip-bad and --remove belong to: course roster import FILE.csv")
    with _opened(args, root, DEFAULT) as book:
        found = people(book)
    for one in found.values():
        name = ", ".join(filter(None, (one.last_name, one.first_name)))
        columns = (f"{one.id:24}", f"{name:32}", f"{one.email:32}", f"{one.section:12}", one.lms_user_id)
        print(safe_line("  ".join(columns), 1000).rstrip())
    print(counted(len(found), "student"))
    return 0


def _import_roster(args: argparse.Namespace, root: Path) -> int:
    from utils.classes.roster import apply, plan
    from utils.classes.roster import roster as people
    from utils.classes.roster_file import read_roster

    if args.file is None:
        raise CourseError("a file is needed: course roster import FILE.csv")
    with _opened(args, root, DEFAULT) as book:
        given = read_roster(there(args.file), people(book))
        for bad in given.bad:
            print(f"{args.file}, {bad}")
        if given.bad and not args.skip_bad:
            told = counted(len(given.bad), "bad line")
            print(f"{told}: nothing was written. Mend the file, or use --skip-bad.")
            return 1
        if given.guessed:
            print(f"{args.file} is not in UTF-8 and was read as Windows-1252: look at the names.")
        if args.remove and given.bad:
            raise CourseError("--remove needs a file without bad lines: who stands in them would be removed.")
        print(f"students are known by the column {given.id_column!r}")
        changes = plan(book, root, given.people, remove=args.remove)
        _say(changes)
        if not args.dry_run:
            apply(book, changes, given.people)
    if args.dry_run:
        print("a dry run: nothing was written")
    return 1 if given.bad else 0


def _say(changes: Changes) -> None:
    """Print what an import does, a line a student."""
    from utils.grading.box.inside.shown import safe_line

    told = dict.fromkeys(changes.added, "new")
    told |= {student: f"changed: {', '.join(fields)}" for student, fields in changes.changed.items()}
    told |= dict.fromkeys(changes.removed, "removed")
    told |= {student: f"not on the roster, stays: {why}" for student, why in changes.kept.items()}
    for student, what in told.items():
        print(f"{safe_line(student, 200):24} {what}")
    counts = (len(changes.added), len(changes.changed), len(changes.removed), len(changes.kept))
    print("{} new, {} changed, {} removed, {} not on the roster".format(*counts))


# Dates


def due(args: argparse.Namespace) -> int:
    """Set when an assignment is due, or show it with the extensions."""
    from utils.classes.due import dates, moment, set_due, shown

    root = course_root()
    with _opened(args, root, assignment_of(args.assignment, root)) as book:
        if sum((args.when is not None, args.none, args.show)) > 1:
            raise CourseError("give one of WHEN, --none and --show, not several.")
        changed = args.when is not None or args.none
        if changed:
            set_due(book, moment(args.when) if args.when is not None else None)
        known = dates(book)
    print(
        f"{args.assignment} is due {shown(known.due)}" if known.due else f"{args.assignment} has no due date"
    )
    for student, extension in known.extensions.items():
        print(f"  {student} has until {shown(known.due + extension) if known.due else 'any time'}")
    if changed:
        _say_next(args.assignment)
    return 0


def extend(args: argparse.Namespace) -> int:
    """Give one student more time, in the place of an earlier extension."""
    from utils.classes.due import dates, moment, shown
    from utils.classes.due import extend as give

    root = course_root()
    ways = (args.days or args.hours, args.until is not None, args.none)
    if sum(map(bool, ways)) != 1:
        raise CourseError(
            "say how much time in one way: --days and --hours, or --until WHEN; --none takes it back."
        )
    with _opened(args, root, assignment_of(args.assignment, root)) as book:
        known = dates(book)
        extension = None if args.none else timedelta(days=args.days, hours=args.hours)
        if args.until is not None:
            extension = moment(args.until) - (known.due or moment(args.until))
        before = give(book, root, args.student, extension)
    instead = f", instead of {shown(known.due + before)}" if before and known.due else ""
    end = f"has until {shown(known.due + extension)}" if extension and known.due else "has no extension"
    print(f"{args.student} {end}{instead}")
    _say_next(args.assignment)
    return 0


def _say_next(assignment: str) -> None:
    print(
        f"'course grade {assignment}' brings late penalties up to date; unchanged notebooks do not run again."
    )


# Requests


def request(args: argparse.Namespace) -> int:
    """Enter a student's request to look at a part again, or import many."""
    from utils.classes.request_files import read_requests
    from utils.classes.requests import Asked

    root, taking = course_root(), args.assignment == IMPORT
    told = [text for text in (args.student, args.part, args.reason) if text is not None]
    if taking and (args.file is None or told):
        raise CourseError("course request import FILE (a table, or a folder of files), and nothing else.")
    if not taking and (args.file is not None or len(told) != len(("student", "part", "reason"))):
        raise CourseError("course request ASSIGNMENT --student ID --part PART --reason TEXT")
    if taking:
        return _enter(args, root, args.about, list(read_requests(there(args.file))))
    return _enter(args, root, args.assignment, [("", Asked(*told))])


def _enter(
    args: argparse.Namespace, root: Path, assignment: str, given: list[tuple[str, Asked | str]]
) -> int:
    """Enter requests and say what became of each; 1 when one could not be entered.

    One that was typed rather than read from a file has no place, and is not counted.
    """
    from utils.classes.requests import RequestError, add
    from utils.grading.box.inside.shown import safe_line

    bad, new = 0, 0
    with _opened(args, root, assignment_of(assignment, root)) as book:
        for place, asked in given:
            where = f"{place}: " if place else ""
            try:
                if isinstance(asked, str):
                    raise RequestError(asked)
                number = add(book, root, asked)
            except RequestError as error:
                bad += 1
                print(f"not taken: {where}{safe_line(str(error), 500)}")
                continue
            new += number is not None
            print(where + ("it was entered before" if number is None else f"entered as request {number}"))
    if any(place for place, _ in given):
        print(f"{new} new, {len(given) - new - bad} known, {bad} not taken")
    return 1 if bad else 0


def requests(args: argparse.Namespace) -> int:
    """List the open requests, show one with all that is needed to decide, or close one."""
    from utils.classes import requests as kept
    from utils.classes.request_page import background, line, page

    root = course_root()
    if (args.close is None) != (args.answer is None):
        raise CourseError('course requests --close N --answer "what was decided"')
    with _opened(args, root, assignment_of(args.assignment, root)) as book:
        if args.close is not None:
            print(f"closed: {line(kept.close(book, args.close, args.answer))}")
            return 0
        if args.show is None:
            found = kept.listed(book, closed=args.closed)
            count = counted(len(found), f"{'closed' if args.closed else 'open'} request")
            print("\n".join([*map(line, found), count]))
            return 0
        asked = kept.found(book, args.show)
    with _opened(args, root, asked.assignment) as book:
        print(page(asked, background(book, root, asked, explaining=not args.quick)))
    if asked.closed is None:
        print("Points are given in Formgrader; then: course requests --close N --answer TEXT")
    return 0
