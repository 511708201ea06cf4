"""File systems that a test puts in the way of a run: a small one, and one that cannot be written to."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

MEBIBYTE = 2**20
DISK = 16 * MEBIBYTE  # the course takes less than one


class NoMount(RuntimeError):
    """This process may not mount anything; the message says why."""


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Give a file system of DISK bytes in memory, mounted on a new folder. Raises NoMount."""
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        _unmount(folder)


class ReadOnly:
    """Makes a file or a folder one that nobody can write to, not even root, until it is mended."""

    def __init__(self, path: Path) -> None:
        self._path: Path | None = path
        _mount("--bind", str(path), str(path))
        _mount("-o", "remount,bind,ro", str(path))

    def mend(self) -> None:
        """Let it be written to again; twice is fine."""
        if self._path is not None:
            _unmount(self._path)
            self._path = None

    def __enter__(self) -> ReadOnly:
        return self

    def __exit__(self, *_: object) -> None:
        self.mend()


class Ballast:
    """A file that takes up all that is left of a small disk."""

    def __init__(self, disk: Path) -> None:
        self._file = disk / "ballast"

    def fill(self) -> None:
        """Write until nothing more can be written, to the last byte of a page."""
        with self._file.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            for _ in range(DISK // 4096 + 1):
                file.write(b"\0" * 4096)

    def drop(self) -> None:
        """Give the space back."""
        self._file.unlink()


def _mount(*words: str) -> None:
    if os.geteuid() != 0:
        raise NoMount("mounting a file system needs root")
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoMount(done.stderr.strip())


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
