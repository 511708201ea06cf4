"""A control group of its own for each box: memory and processes of the whole box, kept by the kernel.

Groups are made below the group that this process is in, and nowhere else; the limits of groups that exist
already are never touched. Where that cannot be done, the warden counts by itself (see `usage`).
"""

from __future__ import annotations

import os
import re
import secrets
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from utils.grading.box.limits import Limits

PREFIX = "box"
_REMOVAL_SECONDS = 1.0  # the kernel takes its time to let the last process of a group go
_NAME = re.compile(rf"{PREFIX}-(\d+)-\d+")


@dataclass(frozen=True)
class Interface:
    """What the two versions of control groups call the same things; "" for what a version lacks."""

    limit: str
    now: str
    peak: str
    events: str
    together: str = ""  # end all processes of the group at once
    swap: str = ""


@dataclass(frozen=True)
class Peak:
    """The highest memory of a group; in version 2 a reset counts for this open file only."""

    file: int

    def reset(self) -> None:
        """Start again from what is held now. Raises OSError before Linux 6.12 with version 2."""
        os.pwrite(self.file, b"0\n", 0)

    def bytes(self) -> int:
        """Return the highest memory since the reset, in steps of about 0.25 MiB per processor."""
        return int(os.pread(self.file, 32, 0))


V1 = Interface(
    limit="memory.limit_in_bytes",
    now="memory.usage_in_bytes",
    peak="memory.max_usage_in_bytes",
    events="memory.oom_control",
)
V2 = Interface(
    limit="memory.max",
    now="memory.current",
    peak="memory.peak",
    events="memory.events",
    together="memory.oom.group",
    swap="memory.swap.max",
)


@dataclass(frozen=True)
class Group:
    """The groups of one box, or of none: a part that the machine cannot give is None."""

    memory: Path | None = None
    pids: Path | None = None
    version: int = 1

    @property
    def interface(self) -> Interface:
        return V1 if self.version == 1 else V2

    @property
    def folders(self) -> set[Path]:
        return {folder for folder in (self.memory, self.pids) if folder is not None}

    def limit(self, limits: Limits) -> None:
        """Write the limits. Raises OSError."""
        if self.memory is not None:
            (self.memory / self.interface.limit).write_text(str(limits.memory_bytes))
            for name, value in ((self.interface.together, "1"), (self.interface.swap, "0")):
                if name and (self.memory / name).exists():
                    (self.memory / name).write_text(value)
        if self.pids is not None:
            (self.pids / "pids.max").write_text(str(limits.processes))

    def join(self) -> None:
        """Put this process into the group. Raises OSError."""
        for folder in self.folders:
            (folder / "cgroup.procs").write_text("0")

    def memory_bytes(self) -> int:
        """Return what the box holds now. Raises OSError when the group is gone."""
        assert self.memory is not None
        return int((self.memory / self.interface.now).read_text())

    def peak(self) -> Peak | None:
        """Return the group's highest memory as something to read, None where the kernel keeps none."""
        if self.memory is None:
            return None
        try:
            return Peak(os.open(self.memory / self.interface.peak, os.O_RDWR | os.O_CLOEXEC))
        except OSError:
            return None

    def ran_out_of_memory(self) -> bool:
        """Say whether the kernel has ended a process of the box for its memory."""
        if self.memory is None:
            return False
        found = re.search(r"^oom_kill (\d+)", (self.memory / self.interface.events).read_text(), re.MULTILINE)
        return found is not None and int(found[1]) > 0

    def remove(self) -> bool:
        """Remove the groups once their processes are gone; say whether that was done."""
        end = time.monotonic() + _REMOVAL_SECONDS
        left = self.folders
        while left:
            left = {folder for folder in left if not _removed(folder)}
            if left and time.monotonic() > end:
                return False
            if left:
                time.sleep(0.005)
        return True


def create(limits: Limits, owner: int, box: int) -> Group:
    """Make the groups of one box, named for two processes: the owner and the warden. Never raises."""
    name = f"{PREFIX}-{owner}-{box}"
    group = _make(name)
    try:
        group.limit(limits)
    except OSError:
        group.remove()
        return Group()
    return group


def named(owner: int, box: int) -> Group:
    """Return the groups that `create` made for these processes, as far as they are still there."""
    group = _located(f"{PREFIX}-{owner}-{box}")
    there = [place if place and place.exists() else None for place in (group.memory, group.pids)]
    return Group(there[0], there[1], group.version)


def sweep() -> None:
    """Remove the empty groups of owners that are gone, left by a run that was cut off."""
    places = {parent for parent in (own_folder("memory"), own_folder("pids"), own_folder("")) if parent}
    for folder in (found for parent in places for found in parent.glob(f"{PREFIX}-*")):
        owner = _NAME.fullmatch(folder.name)
        if owner and not Path("/proc", owner[1]).exists():
            _removed(folder)


def probe() -> Group:
    """Make and remove a group; the answer says which parts this machine gives."""
    group = create(Limits(), os.getpid(), secrets.randbelow(10**9))
    group.remove()
    return group


@cache
def own_folder(controller: str) -> Path | None:
    """Return the folder of the group that this process is in; "" asks for version 2."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return _mounted(controller, path)
    return None


def _mounted(controller: str, path: str) -> Path | None:
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        place, _, kind = line.partition(" - ")
        root, target = place.split()[3:5]
        words = kind.split()
        right = controller in words[2].split(",") if controller else words[0] == "cgroup2"
        if words[0].startswith("cgroup") and right and Path(path).is_relative_to(root):
            return Path(target) / Path(path).relative_to(root)
    return None


def _located(name: str) -> Group:
    """Return where the groups would lie, version 1 before version 2."""
    memory, pids = own_folder("memory"), own_folder("pids")
    if memory is not None:
        return Group(memory / name, pids / name if pids else None)
    whole = own_folder("")
    if whole is None:
        return Group(pids=pids / name if pids else None)
    return Group(whole / name, whole / name, version=2)


def _make(name: str) -> Group:
    wanted = _located(name)
    memory = _made(wanted.memory, wanted.interface.limit)
    pids = _made(wanted.pids, "pids.max")
    return Group(memory, pids, wanted.version)


def _made(folder: Path | None, needed: str) -> Path | None:
    """Make a group; None when it cannot be made, or lacks the controller."""
    if folder is None:
        return None
    try:
        folder.mkdir(exist_ok=True)
    except OSError:
        return None
    if (folder / needed).exists() and os.access(folder / "cgroup.procs", os.W_OK):
        return folder
    _removed(folder)
    return None


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
