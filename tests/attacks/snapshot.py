"""What an attack could leave on the machine: processes, mounts, control groups, files. Before and after."""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import site
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.attacks.cases.files import TRAP

PR_SET_CHILD_SUBREAPER = 36
CONTROL_GROUPS = Path("/sys/fs/cgroup")
# Where an attack may have left a file for the next student, on the machine's own disks.
TRAP_FOLDERS = (
    "/",
    "/tmp",
    "/var/tmp",
    "/dev/shm",
    "/run",
    "/etc",
    "/opt",
    "/usr/local/lib",
    str(Path.home()),
)
SETTLES_WITHIN = 5.0  # seconds, in which control groups of other runs on this machine come and go


def adopt_orphans() -> None:
    """Make this process the parent of every descendant that loses its own, so that none gets away unseen."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "cannot become the reaper of orphans")


def descendants() -> set[int]:
    """Return the ids of all living processes below this one, in whatever namespace they are."""
    below = psutil.Process().children(recursive=True)
    return {process.pid for process in below if _lives(process)}


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def traps() -> set[str]:
    """Return the files of attackers in the folders where they could do harm."""
    folders = [*map(os.path.expanduser, TRAP_FOLDERS), *site.getsitepackages()]
    return {str(path) for folder in folders for path in _inside(Path(folder)) if TRAP in path.name}


def _inside(folder: Path) -> Iterator[Path]:
    try:
        yield from folder.iterdir()
    except OSError:
        return


@dataclass(frozen=True)
class Machine:
    """What there was at one moment."""

    processes: frozenset[int]
    mounts: frozenset[str]
    groups: frozenset[str]
    traps: frozenset[str]

    @classmethod
    def now(cls) -> Machine:
        """Return what there is now."""
        mounts = Path("/proc/self/mountinfo").read_text().splitlines()
        return cls(
            frozenset(descendants()), frozenset(mounts), frozenset(abandoned_groups()), frozenset(traps())
        )

    def left_since(self) -> dict[str, list[str]]:
        """Return what is there now and was not then, by kind; empty when nothing was left.

        Other runs on this machine make and remove control groups of their own: what stays is looked at.
        """
        end = time.monotonic() + SETTLES_WITHIN
        while (left := self._new(Machine.now())) and time.monotonic() < end:
            time.sleep(0.2)
        return left

    def _new(self, now: Machine) -> dict[str, list[str]]:
        kinds = ("processes", "mounts", "groups", "traps")
        new = {kind: getattr(now, kind) - getattr(self, kind) for kind in kinds}
        return {kind: sorted(map(str, found)) for kind, found in new.items() if found}


def abandoned_groups() -> Iterator[str]:
    """Yield the control groups without a process whose name holds no living one either."""
    for folder, _, _ in os.walk(CONTROL_GROUPS):
        if not _processes_in(folder) and not any(
            psutil.pid_exists(int(number)) for number in re.findall(r"\d+", os.path.basename(folder))[:4]
        ):
            yield folder


def _processes_in(folder: str) -> str:
    try:
        return Path(folder, "cgroup.procs").read_text().strip()
    except OSError:  # no group, or one that was removed meanwhile
        return "none to be read"


def digest(folders: Iterable[Path]) -> str:
    """Return a digest of every ordinary file below some folders: names, contents, and the aims of links."""
    found = hashlib.sha256()
    for path in sorted(path for folder in folders for path in (folder, *folder.rglob("*"))):
        found.update(os.fsencode(path) + b"\0")
        if path.is_symlink():
            found.update(os.fsencode(os.readlink(path)))
        elif path.is_file() and path.stat().st_size < 10**8:
            found.update(path.read_bytes())
    return found.hexdigest()
