"""One grading run at a time on a course: a lock that vanishes with the process that holds it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path


class RunLocked(RuntimeError):
    """Another run holds the course; the message says which process, and since when."""


@contextlib.contextmanager
def run_lock(root: Path) -> Iterator[None]:
    """Hold `.cache/grading.lock`. Raises `RunLocked`. A lock file that a dead process left is no lock."""
    path = root / ".cache" / "grading.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "a process that has just started"
            raise RunLocked(f"this course is being graded by {holder}; wait for it, or stop it.") from None
        file.truncate(0)
        file.write(f"process {os.getpid()}, started {time.strftime('%Y-%m-%d %H:%M:%S')}\n")
        file.flush()
        yield
        file.truncate(0)
