"""The files in an export: a folder, a zip, or zips in either, looked at before anything is unpacked.

Nothing is extracted to disk, so no name in an archive ever becomes a path. What is refused is reported, and
the rest goes on.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

from utils.collect.names import BadName, folded, parts_of
from utils.grading.reading import LARGEST_NOTEBOOK, printable

MOST_FILES = 200_000  # 2000 students with 100 files each
MOST_BYTES = 50 * 10**9  # of all notebooks; 2000 students with six of 4 MB
LARGEST_INNER = 2 * LARGEST_NOTEBOOK  # bytes of a zip that lies in the export
MOST_IN_INNER = 2_000  # files in such a zip: one student's work
LARGEST_RATIO = 200  # unpacked to packed; notebooks have 3 to 20, and only a bomb has hundreds
SMALL = 10_000_000  # bytes: below this size a ratio says nothing, and does no harm
ENCRYPTED = 0x1  # bit of a zip entry's flags
NOISE = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", ".ipynb_checkpoints")
WANTED = (".ipynb", ".txt", ".yml")  # what is ever opened: notebooks, times, Gradescope's list


class NoExport(ValueError):
    """What was named is neither a folder nor a zip; the message says what was expected."""


class Refused(ValueError):
    """A file that is not taken; the message says why, on one line."""


@dataclass(frozen=True)
class Problem:
    """Something that could not be placed: its name in the export, and why."""

    name: str
    why: str

    def __str__(self) -> str:
        """Return both on one line."""
        return f"{printable(self.name)}: {self.why}"


@dataclass(frozen=True)
class Entry:
    """One file of the export. `changed` is when this copy was written, in seconds: an order at best."""

    parts: tuple[str, ...]
    size: int
    changed: float
    read: Callable[[], bytes] = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """Return the path within the export."""
        return "/".join(self.parts)


class Export:
    """An open export: `entries` are its files, `problems` what was refused. A context manager."""

    def __init__(self, source: Path) -> None:
        self.entries: list[Entry] = []
        self.problems: list[Problem] = []
        self._seen: dict[str, str] = {}
        self._bytes = 0
        self._open = ExitStack()
        if source.is_dir():
            self._take(_in_folder(source))
        elif source.is_file() and zipfile.is_zipfile(source):
            archive = self._open.enter_context(_archive(source))
            self._take(_in_zip(archive, (), MOST_FILES, lambda info: _unpacked(archive, info)))
        else:
            raise NoExport(f"{source} is neither a folder nor a zip file.")

    def __enter__(self) -> Export:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _take(self, found: Iterator[Entry | Problem], inner: bool = False) -> None:
        for item in found:
            if isinstance(item, Problem):
                self.problems.append(item)
            elif not any(part in NOISE or part.startswith("._") for part in item.parts):
                self._take_file(item, inner=inner)

    def _take_file(self, entry: Entry, *, inner: bool) -> None:
        """Take one file, or look into it when it is a zip. Two names that one system confuses are one."""
        key = folded(*entry.parts)
        if key in self._seen:
            other = printable(self._seen[key])
            self.problems.append(Problem(entry.name, f"some systems take its name for that of {other}"))
            return
        self._seen[key] = entry.name
        if entry.parts[-1].lower().endswith(".zip"):
            self._look_into(entry, inner=inner)
        elif entry.parts[-1].lower().endswith(WANTED) and self._too_much(entry.size):
            self.problems.append(Problem(entry.name, f"all files together have more than {MOST_BYTES} bytes"))
        else:
            self.entries.append(entry)

    def _too_much(self, size: int) -> bool:
        self._bytes += size
        return self._bytes > MOST_BYTES

    def _look_into(self, entry: Entry, *, inner: bool) -> None:
        """Take the files of a zip that lies in the export; one in such a zip is one too many."""
        try:
            if inner:
                raise Refused("it is a zip in a zip in the export; unpack it by hand")
            if entry.size > LARGEST_INNER:
                raise Refused(f"a zip of {entry.size / 1e6:.0f} MB is no hand-in")
            archive = _archive(io.BytesIO(entry.read()))
        except (Refused, NoExport, OSError) as error:
            self.problems.append(Problem(entry.name, str(error)))
            return

        def read(info: zipfile.ZipInfo) -> bytes:
            with _archive(io.BytesIO(entry.read())) as again:  # a class of these does not fit in memory
                return _unpacked(again, info)

        with archive:
            self._take(_in_zip(archive, entry.parts, MOST_IN_INNER, read), inner=True)


# A folder


def _in_folder(source: Path) -> Iterator[Entry | Problem]:
    """Yield the ordinary files below a folder; a link of either kind is never followed."""
    for here, folders, files in os.walk(source):
        folders.sort()
        for name in sorted(folders):
            if Path(here, name).is_symlink():
                yield Problem(Path(here, name).relative_to(source).as_posix(), "it is a link")
        for name in sorted(files):
            path = Path(here, name)
            shown = path.relative_to(source).as_posix()
            try:
                yield _file(path, parts_of(shown))
            except (BadName, Refused, OSError) as error:
                yield Problem(shown, str(error))


def _file(path: Path, parts: tuple[str, ...]) -> Entry:
    """Return the entry of an ordinary file. Raises `Refused`, OSError."""
    about = path.lstat()
    _refuse_unless_ordinary(about)

    def read() -> bytes:
        with _opened(path) as file:
            return file.read(max(LARGEST_INNER, LARGEST_NOTEBOOK) + 1)

    return Entry(parts, about.st_size, about.st_mtime, read)


def _refuse_unless_ordinary(about: os.stat_result) -> None:
    if stat.S_ISLNK(about.st_mode):
        raise Refused("it is a link")
    if not stat.S_ISREG(about.st_mode):
        raise Refused("it is no ordinary file")
    if about.st_nlink > 1:
        raise Refused("it is a link: the file has another name, too")


def _opened(path: Path) -> IO[bytes]:
    """Open a file that was ordinary a moment ago. Raises `Refused` when it no longer is, OSError."""
    file = os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb")
    try:
        _refuse_unless_ordinary(os.fstat(file.fileno()))
    except BaseException:
        file.close()
        raise
    return file


# A zip


def _archive(source: Path | IO[bytes]) -> zipfile.ZipFile:
    """Return an open zip. Raises `NoExport` for one that is damaged where it lists its files."""
    try:
        return zipfile.ZipFile(source)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, OSError) as error:
        raise NoExport(f"it is no zip that can be read ({error})") from None


def _in_zip(
    archive: zipfile.ZipFile, above: tuple[str, ...], most: int, read: Callable[[zipfile.ZipInfo], bytes]
) -> Iterator[Entry | Problem]:
    """Yield the files of a zip, each judged by what the zip's table says of it; `read` unpacks one."""
    infos = [info for info in archive.infolist() if not info.is_dir()]
    where = "/".join(above)
    if len(infos) > most:
        yield Problem(where or str(archive.filename), f"it holds {len(infos)} files; {most} are allowed")
        return
    known: set[str] = set()
    for info in infos:
        shown = f"{where}/{info.filename}" if where else info.filename
        try:
            parts = parts_of(info.filename)
            _refuse_entry(info, known)
        except (BadName, Refused) as error:
            yield Problem(shown, str(error))
            continue
        known.add(info.filename)
        yield Entry((*above, *parts), info.file_size, _seconds(info), partial(read, info))


def _refuse_entry(info: zipfile.ZipInfo, known: set[str]) -> None:
    """Raise `Refused` for an entry that is not to be unpacked."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if info.flag_bits & ENCRYPTED:
        raise Refused("it is encrypted")
    if kind == stat.S_IFLNK:
        raise Refused("it is a link")
    if kind not in (0, stat.S_IFREG):
        raise Refused("it is no ordinary file")
    if info.filename in known:
        raise Refused("the archive holds this name twice")
    if info.file_size > SMALL and info.file_size > LARGEST_RATIO * max(info.compress_size, 1):
        raise Refused(f"it would unpack to {info.file_size / 1e6:.0f} MB from next to nothing")


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return an entry's content, as much of it as its table says and no more. Raises `Refused`."""
    try:
        with archive.open(info) as file:
            return file.read(info.file_size + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise Refused(f"it cannot be unpacked ({error})") from None
    except Exception as error:  # zlib.error, lzma.LZMAError: each method of packing has its own
        raise Refused(f"it cannot be unpacked ({type(error).__name__})") from None


def _seconds(info: zipfile.ZipInfo) -> float:
    """Return the date in a zip as unpacking would set it: it has no time zone, and is local time."""
    try:
        return time.mktime((*info.date_time, 0, 0, -1))
    except (OverflowError, ValueError):
        return 0.0
