"""The `course` command: a thin door to the build, the checks and the grading."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence

from utils.commands import classes, exchange, grading, lessons, report, sheets
from utils.commands.verbs import CourseError, Verbs
from utils.quick_start import without_address_grammars

INTERRUPTED = 130  # the exit code that shells give to Ctrl-C


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(prog="course", description="Build, prove, release and grade the course.")
    verbs = Verbs(top.add_subparsers(title="commands", required=True, metavar="COMMAND"))
    for kind in (lessons, grading, classes, report, exchange, sheets):
        kind.add_to(verbs)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code: 0 done, 1 done with findings, 2 not possible as asked."""
    _print_any_name()
    without_address_grammars()
    args = parser().parse_args(argv)
    try:
        code: int = args.command(args)
    except KeyboardInterrupt as error:
        print(f"course: {str(error) or 'interrupted'}", file=sys.stderr)
        return INTERRUPTED
    except RuntimeError as error:  # a lock, a gradebook, a machine without boxes: nothing was lost
        print(f"course: {error}", file=sys.stderr)
        return 1
    except (CourseError, ValueError, FileNotFoundError) as error:
        print(f"course: {error}\nTry 'course --help'.", file=sys.stderr)
        return 2
    except OSError as error:  # a full disk, a folder that cannot be written to
        print(f"course: {_told(error)}", file=sys.stderr)
        return 1
    except AssertionError as error:  # a proof that does not hold
        print(f"course: {error}", file=sys.stderr)
        return 1
    return code


def _told(error: OSError) -> str:
    """Return what the machine refused, where, and what to do about it."""
    if not error.strerror:
        return str(error)
    where = f" ({error.filename})" if error.filename else ""
    return f"{error.strerror}{where}: mend that, and the same command goes on from there."


def _print_any_name() -> None:
    """Let names of files be printed that hold bytes which are no letters."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
