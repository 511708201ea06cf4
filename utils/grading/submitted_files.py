"""The files of a submission as they lie in submitted/: which there are, and which belong to several students.

No time of a file or folder decides anything here: it travels with a submission, and says what one likes.
"""

from __future__ import annotations

import os
import stat
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

DEEPEST = 50  # folders in one another; a submission has two or three
MENTIONED = 4  # names of one file in a message
MEND = "and grade again."

_File = tuple[int, int]  # device and inode


class NotTaken(ValueError):
    """A submission that cannot be judged as it lies there; the message says why and what to do.

    Such a submission gets no verdict: what an earlier one earned stays.
    """


class OtherNames:
    """The names that files have in submitted/; it is looked through once, when a file with several is met."""

    def __init__(self, submitted: Path) -> None:
        self._submitted = submitted
        self._known: Mapping[_File, list[Path]] | None = None

    def of(self, about: os.stat_result) -> list[Path]:
        """Return every name found of a file that has several, sorted."""
        if self._known is None:
            self._known = self._found()
        return sorted(self._known.get((about.st_dev, about.st_ino), []))

    def _found(self) -> Mapping[_File, list[Path]]:
        found = defaultdict(list)
        for student in self._submitted.iterdir():
            with suppress(NotTaken, OSError):  # whoever hides a name there has not taken the file of others
                for entry in _below(student):
                    about = entry.stat(follow_symlinks=False)
                    if _has_several_names(about):
                        found[about.st_dev, about.st_ino].append(Path(entry.path))
        return found


def notebooks_below(folder: Path) -> list[Path]:
    """Return everything that is named like a notebook below a folder, not following links.

    Raises `NotTaken`.
    """
    if not folder.is_dir():
        return []
    return [Path(entry.path) for entry in _below(folder) if entry.name.endswith(".ipynb")]


def _below(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield what lies below a folder, near things first. Raises `NotTaken`."""
    waiting = deque([(os.fspath(folder), 0)])
    while waiting:
        here, depth = waiting.popleft()
        if depth > DEEPEST:
            deep = f"`{_shown(folder, folder)}` holds folders more than {DEEPEST} deep in one another"
            raise NotTaken(f"{deep}; remove them, {MEND}")
        try:
            with os.scandir(here) as entries:
                found = list(entries)
            inner = [entry.path for entry in found if entry.is_dir(follow_symlinks=False)]
        except OSError as error:
            raise _unreadable(folder, error) from None
        yield from found
        waiting.extend((path, depth + 1) for path in inner)


def check_place(folder: Path) -> None:
    """Raise `NotTaken` for a submission's folder that is a link to something else of the course."""
    submitted, real = folder.parent.parent, Path(os.path.realpath(folder))
    ours = [Path(os.path.realpath(place)) for place in (submitted, submitted.parent)]
    if real != ours[0] / folder.parent.name / folder.name and any(map(real.is_relative_to, ours)):
        where = f"`{_shown(folder, folder)}` is a link to `{real}`"
        raise NotTaken(f"{where}; replace it by what that student handed in, {MEND}")


def check_file(path: Path, folder: Path, names: OtherNames) -> None:
    """Raise `NotTaken` for a file below a submission's folder that others share, or that cannot be opened."""
    try:
        about = path.lstat()
        if stat.S_ISREG(about.st_mode):
            path.open("rb").close()
        found = names.of(about) if _has_several_names(about) else []
    except OSError as error:
        raise _unreadable(folder, error, path) from None
    others = [name for name in found if folder.parent not in name.parents]
    if others:
        raise NotTaken(_one_file([path, *others], folder))
    if _has_several_names(about) and len(found) < about.st_nlink:
        what = f"`{_shown(path, folder)}` has another name outside of the submissions"
        raise NotTaken(f"{what}; replace it by a copy of what that student handed in, {MEND}")


def _has_several_names(about: os.stat_result) -> bool:
    return stat.S_ISREG(about.st_mode) and about.st_nlink > 1


def _one_file(names: list[Path], folder: Path) -> str:
    listed = [f"`{_shown(name, folder)}`" for name in names[:MENTIONED]]
    listed += [f"{len(names) - MENTIONED} more"] if len(names) > MENTIONED else []
    said = f"{', '.join(listed[:-1])} and {listed[-1]} are one file"
    return f"{said}; replace each by a copy of what that student handed in, {MEND}"


def _unreadable(folder: Path, error: OSError, path: Path | None = None) -> NotTaken:
    """Return what to raise for a file, or for something below a folder: its own name may be endless."""
    what = f"`{_shown(path, folder)}`" if path else f"something in `{_shown(folder, folder)}`"
    return NotTaken(f"{what} could not be read ({error.strerror}); mend that, {MEND}")


def _shown(path: Path, folder: Path) -> str:
    """Return a path from the course on: `submitted/ada/attention/decoding.ipynb`."""
    return path.relative_to(folder.parent.parent.parent).as_posix()
