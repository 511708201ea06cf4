"""Verbs for answers that come without a notebook: answers, transcript."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from utils.commands.verbs import CourseError, Verbs, assignment_of, course_root, there

if TYPE_CHECKING:
    from utils.grading.tasks import Mode


def add_to(verbs: Verbs) -> None:
    """Add these verbs to the command line."""
    verbs.add(answers, assignment=False).add_argument(
        "sheet", type=Path, help="a JSON list of part and answer"
    )
    verbs.add(transcript, assignment=False).add_argument("file", type=Path, help="text or Markdown")
    verbs.by_name["transcript"].add_argument("--figure", type=Path, metavar="PATH", help="draw the attempts")
    for name in ("answers", "transcript"):
        verbs.by_name[name].add_argument("--assignment", default="attention", help="default: attention")
        verbs.by_name[name].add_argument("--json", action="store_true", help="plain data instead of a table")
        verbs.by_name[name].add_argument(
            "--trusted", action="store_true", help="no box: only for code that you would run yourself"
        )


def answers(args: argparse.Namespace) -> int:
    """Judge a sheet of answers as the notebooks are judged; 1 if some answers could not be read."""
    from utils.console import wide_console
    from utils.sheets import report
    from utils.sheets.judging import judged_sheet
    from utils.sheets.parts import Parts
    from utils.sheets.sheet import read_sheet

    root = _prepared(args)
    parts = Parts(root, args.assignment)
    sheet = read_sheet(_file(args.sheet), parts)
    judged = judged_sheet(root, args.assignment, sheet, mode=_mode(args))
    if args.json:
        print(json.dumps(report.sheet_data(judged, sheet.problems), indent=1))
    else:
        report.print_sheet(judged, sheet.problems, wide_console())
    return 0 if not sheet.problems and all(one.verdict != "unreadable" for one in judged) else 1


def transcript(args: argparse.Namespace) -> int:
    """Tell which parts a transcript answers at once, after a correction, or never."""
    from utils.console import wide_console
    from utils.sheets import report
    from utils.sheets.parts import Parts
    from utils.sheets.study import studied
    from utils.sheets.transcript import read_transcript

    if args.figure:
        there(args.figure.absolute().parent)  # said before the work is done
    root = _prepared(args)
    parts = Parts(root, args.assignment)
    study = studied(root, args.assignment, read_transcript(_file(args.file), parts), mode=_mode(args))
    if args.figure:
        from utils.sheets.figure import draw

        draw(study, args.figure)
    if args.json:
        print(json.dumps(report.study_data(study), indent=1))
    else:
        report.print_study(study, wide_console())
    return 0 if not study.problems and not study.not_gradable else 1


def _prepared(args: argparse.Namespace) -> Path:
    """Return the course, once it was said aloud what is less safe than it could be."""
    import sys

    root = course_root()
    assignment_of(args.assignment, root)
    if args.trusted:
        from utils.grading.running import TRUSTED_ONLY

        print(TRUSTED_ONLY, file=sys.stderr)
    return root


def _file(path: Path) -> Path:
    """Return a path that names a file. Raises `CourseError`."""
    if not path.is_file():
        raise CourseError(f"{path} is {'a folder' if path.is_dir() else 'not there'}; a file was expected.")
    return path


def _mode(args: argparse.Namespace) -> Mode:
    return "trusted" if args.trusted else "split"
