"""Every graded part of an assignment with its check, found by its id or by its id in the specification."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from utils.build.source import Part
from utils.build.source import parts as graded_parts
from utils.checks.blank_check import BlankCheck
from utils.checks.check import Check, FunctionCheck
from utils.checks.proof import checks_of

LONGEST_NAME = 60  # characters of an id that are repeated in a message


class UnknownPart(ValueError):
    """No part has this id, or several have; the message says which come close."""


@dataclass(frozen=True)
class Asked:
    """A graded part and what judges it: a check, or None when a person reads it."""

    part: Part
    check: Check | None

    @property
    def id(self) -> str:
        """Return `<lesson>.<name>`."""
        return self.part.id

    @property
    def lesson(self) -> str:
        """Return the lesson's name."""
        return self.part.id.partition(".")[0]

    @property
    def subjects(self) -> list[str]:
        """Return the ids of the parts whose answers this one is about."""
        return [f"{self.lesson}.{name}" for name in (self.check.depends_on if self.check else ())]

    @property
    def runs_code(self) -> bool:
        """Whether judging an answer to it means running the answer."""
        return isinstance(self.check, BlankCheck | FunctionCheck)


class Parts(Mapping[str, Asked]):
    """The parts of an assignment by id, in the order of the lessons."""

    def __init__(self, root: Path, assignment: str) -> None:
        listed = graded_parts(root, assignment)
        lessons = dict.fromkeys(part.id.partition(".")[0] for part in listed)
        checks = {name: check for lesson in lessons for name, check in checks_of(lesson).items()}
        self._by_id = {part.id: Asked(part, None if part.manual else checks[part.id]) for part in listed}

    def __getitem__(self, name: str) -> Asked:
        return self._by_id[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)

    @property
    def lessons(self) -> set[str]:
        """Return the names of the lessons."""
        return {asked.lesson for asked in self.values()}

    def find(self, name: str) -> Asked:
        """Return the part of an id such as `decoding.g` or `A4g`, in any case. Raises `UnknownPart`."""
        wanted = name.strip().casefold()
        exact = [asked for asked in self.values() if asked.id.casefold() == wanted]
        found = exact or [asked for asked in self.values() if asked.part.spec.casefold() == wanted]
        if len(found) == 1:
            return found[0]
        shown = name[:LONGEST_NAME]
        if found:
            raise UnknownPart(f"{shown!r} names several parts: {', '.join(asked.id for asked in found)}")
        close = get_close_matches(shown, list(self), n=3)
        meant = f"; did you mean {', '.join(close)}?" if close else "; 'course parts' lists them all"
        raise UnknownPart(f"there is no part {shown!r}{meant}")
