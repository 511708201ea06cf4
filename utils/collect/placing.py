"""Writing a hand-in to `submitted/<student>/<assignment>/`: whole or not at all, and never an older one.

What was there before is kept in `submitted/<student>/.older/`, where no grader looks.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from utils.collect.choosing import Chosen
from utils.collect.names import folded
from utils.grading.reading import handed_in_at

RECORD = ".collected.json"  # where a hand-in came from; hidden files are never graded
INCOMING, REPLACED, OLDER = ".incoming-{}", ".replaced-{}", ".older"
State = Literal["placed", "replaced", "unchanged", "older"]


class NotPlaced(ValueError):
    """A hand-in that cannot be written; the message says why and what to do."""


@dataclass(frozen=True)
class Origin:
    """What a hand-in is compared with the next one by, where the platform gave no time."""

    identity: str  # the platform, and what it calls the student
    sort: str
    order: float

    def contradicts(self, other: Origin) -> bool:
        """Return whether one platform says of the two that they are different people."""
        mine, yours = self.identity.partition(" "), other.identity.partition(" ")
        return mine[0] == yours[0] and mine[2] != yours[2]


def place(root: Path, student: str, assignment: str, new: Chosen, origin: Origin, *, dry: bool) -> State:
    """Write a hand-in, unless it is there already or a later one is; return which. Raises `NotPlaced`."""
    home = _home(root, student)
    target = home / assignment
    if target.is_symlink():
        raise NotPlaced(f"submitted/{student}/{assignment} is a link; nothing is written through it.")
    state = _compared(target, new, origin)
    if state in ("placed", "replaced") and not dry:
        _written(home / INCOMING.format(assignment), new, origin)
        _swapped(home, assignment)
    return state


def _home(root: Path, student: str) -> Path:
    """Return the folder of a student. Raises `NotPlaced` for one that would lead elsewhere."""
    submitted = root / "submitted"
    home = submitted / student
    if submitted.is_symlink() or home.is_symlink():
        raise NotPlaced(f"submitted/{student} is a link; nothing is written through it.")
    if not home.exists() and submitted.is_dir():
        alike = [path.name for path in submitted.iterdir() if folded(path.name) == folded(student)]
        if alike:
            raise NotPlaced(
                f"submitted/{alike[0]} is there, which some systems take for submitted/{student}."
            )
    return home


# Which one is newer


def _compared(target: Path, new: Chosen, origin: Origin) -> State:
    """Return what becomes of a hand-in beside the one that lies there. Raises `NotPlaced`."""
    if not target.exists():
        return "placed"
    if _contents(target) == new.files and _time_of(target) == new.when:
        return "unchanged"
    known, there = _origin_of(target), _time_of(target)
    if known is not None and known.contradicts(origin):
        raise NotPlaced(
            f"another person's hand-in lies there ({known.identity}, and this is {origin.identity}); "
            "--names with a table of names tells them apart."
        )
    if new.when is not None and there is not None:
        age = new.when.timestamp() - there.timestamp()
    elif known is not None and known.sort == origin.sort:
        age = origin.order - known.order
    else:
        age = 0
    if age == 0:
        raise NotPlaced("it differs from what lies there, and nothing tells which is newer; move one away.")
    return "replaced" if age > 0 else "older"


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.ipynb") if path.is_file()}


def _time_of(folder: Path) -> datetime | None:
    """Return when a submission was handed in, in UTC; None where its file says nothing."""
    try:
        moment = handed_in_at(folder)
    except ValueError:
        return None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)


def _origin_of(folder: Path) -> Origin | None:
    try:
        return Origin(**json.loads((folder / RECORD).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


# Writing


def _written(folder: Path, new: Chosen, origin: Origin) -> None:
    """Write all files of a hand-in to a folder that nobody reads yet."""
    folder.mkdir(parents=True)
    for name, content in new.files.items():
        (folder / name).write_bytes(content)
    if new.when is not None:
        moment = new.when.astimezone(UTC)
        (folder / "timestamp.txt").write_text(f"{moment:%Y-%m-%d %H:%M:%S.%f} UTC\n", encoding="utf-8")
    (folder / RECORD).write_text(json.dumps(vars(origin)), encoding="utf-8")


def _swapped(home: Path, assignment: str) -> None:
    """Put the new folder in the place of the old one; `mend_all` takes up what a kill in between left."""
    target, replaced = home / assignment, home / REPLACED.format(assignment)
    if target.exists():
        target.rename(replaced)
    (home / INCOMING.format(assignment)).rename(target)
    _set_aside(home, assignment)


def _set_aside(home: Path, assignment: str) -> None:
    replaced, older = home / REPLACED.format(assignment), home / OLDER
    if replaced.exists():
        older.mkdir(exist_ok=True)
        taken = {path.name for path in older.iterdir()}
        free = next(n for n in range(1, len(taken) + 2) if f"{assignment}-{n}" not in taken)
        replaced.rename(older / f"{assignment}-{free}")


def mend_all(root: Path, assignment: str) -> None:
    """Bring every student's folder to where it was before, or after, a run that was killed."""
    for left in (INCOMING, REPLACED):
        for path in (root / "submitted").glob(f"*/{left.format(assignment)}"):
            if not path.parent.is_symlink():
                mend(path.parent, assignment)


def mend(home: Path, assignment: str) -> None:
    """Do so for one student: what was set aside comes back unless the new folder is there."""
    shutil.rmtree(home / INCOMING.format(assignment), ignore_errors=True)
    target, replaced = home / assignment, home / REPLACED.format(assignment)
    if replaced.exists() and not target.exists():
        replaced.rename(target)
    _set_aside(home, assignment)
