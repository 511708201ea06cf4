"""What every verb of the `course` command needs: the course it is about, and its place in the parser."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

MARK = "nbgrader_config.py"
Command = Callable[[argparse.Namespace], int]


class CourseError(Exception):
    """Something the caller can mend; the message says what and how. Ends the command with code 2."""


@dataclass
class Verbs:
    """The verbs of the command line."""

    parsers: Subparsers
    by_name: dict[str, argparse.ArgumentParser] = field(default_factory=dict)

    def add(self, command: Command, *, assignment: bool = True) -> argparse.ArgumentParser:
        """Add the verb that a function does and is named for; its docstring is the help."""
        name, told = command.__name__, command.__doc__ or ""
        new = self.parsers.add_parser(name, help=told.splitlines()[0], description=told)
        if assignment:
            new.add_argument("assignment", nargs="?", default="attention", help="default: attention")
        new.set_defaults(command=command)
        self.by_name[name] = new
        return new


def course_root(start: Path | None = None) -> Path:
    """Return the course that the current folder lies in. Raises `CourseError` outside of one."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / MARK).is_file() and (folder / "lessons").is_dir():
            return folder
    raise CourseError(f"{here} is not inside a course: no folder above it holds {MARK} and lessons/.")


def assignment_of(name: str, root: Path) -> str:
    """Return the assignment's name. Raises `CourseError`, naming those that exist, when there is none."""
    known = sorted(path.name for path in (root / "lessons").iterdir() if path.is_dir())
    if name not in known:
        raise CourseError(f"there is no assignment {name!r}; there is: {', '.join(known)}.")
    return name


def there(path: Path) -> Path:
    """Return a path that leads to something. Raises `CourseError`."""
    if not path.exists():
        raise CourseError(f"{path} is not there.")
    return path


def counted(number: int, thing: str) -> str:
    """Return so many things in words: `1 student`, `2 students`."""
    return f"{number} {thing}{'s' * (number != 1)}"


def positive(text: str) -> int:
    """Return a whole number of at least 1, as argparse reads an option."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number
