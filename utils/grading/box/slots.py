"""One user for each concurrent box, so that boxes share no process budget and cannot signal each other.

A slot is a locked file; the lock ends with its holder, however that ends. Two runs on one machine share them.
"""

from __future__ import annotations

import fcntl
import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from utils.grading.box.view import USER

SLOTS = 512
FOLDER = Path("/run/coursekit-boxes")


class NoSlot(RuntimeError):
    """Every user for boxes is taken."""


@dataclass(frozen=True)
class Slot:
    """A uid that no other process has while `lock` is open."""

    uid: int
    lock: int


def take(folder: Path = FOLDER) -> Slot:
    """Return a user that no box has. Raises NoSlot, and OSError without the rights of root."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.is_symlink():
        raise NoSlot(f"{folder} belongs to somebody else; remove it")
    for uid in range(USER, USER + SLOTS):
        lock = os.open(folder / str(uid), os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        if _locked(lock) and not _somebody(uid):
            return Slot(uid, lock)
        os.close(lock)
    raise NoSlot(f"all {SLOTS} users for boxes are taken; grade with fewer workers")


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _somebody(uid: int) -> bool:
    """Say whether the machine has a real account of this number."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True
