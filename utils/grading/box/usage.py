"""What the processes of a box use, read from outside through /proc.

Used where no control group counts the memory, and for processor time. A box can hide nothing from it that
matters: parents and times are public, memory that no process shows is refused to it or counted in full.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
TICK = os.sysconf("SC_CLK_TCK")
INODE_BYTES = 1024  # about what an empty file in a tmpfs costs the kernel
# Shared memory without a file: its pages stay when a process drops them from view.
_UNNAMED = re.compile(
    r"^(\w+)-(\w+) \S{3}s \S+ (\S+ \d+)\s+/(?:dev/zero|SYSV\w+|memfd:.*) \(deleted\)$", re.MULTILINE
)
_PARENT, _USER_TIME, _THREADS = 1, 11, 17  # fields of stat behind the name


def family(pid: int) -> dict[int, list[str]]:
    """Return the process, all its descendants, and the fields of stat behind the name of each."""
    fields = _stat(pid)
    if fields and not _has_children(pid):
        return {pid: fields}
    # A list of children may leave one out while others end, so with any child everything is read.
    every = {int(name): _stat(name) for name in os.listdir("/proc") if name.isdigit()}
    children: dict[int, list[int]] = {}
    for child, fields in every.items():
        if fields:
            children.setdefault(int(fields[_PARENT]), []).append(child)
    found: dict[int, list[str]] = {}
    waiting = [pid]
    while waiting:
        process = waiting.pop()
        if every.get(process):
            found[process] = every[process]
            waiting += children.get(process, [])
    return found


def _has_children(pid: int) -> bool:
    """Return whether a process has children; True as well where the kernel keeps no list of them."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        return any(_text(f"/proc/{pid}/task/{thread}/children") for thread in threads)
    except OSError:
        return True


def _text(path: str) -> str:
    """Return a file of the kernel's; `pathlib` takes longer than the kernel here, ten times a second."""
    with open(path, errors="replace") as file:
        return file.read()


def _stat(name: int | str) -> list[str]:
    try:
        return _text(f"/proc/{name}/stat").rpartition(")")[2].split()
    except OSError:
        return []  # it ended meanwhile


class Meter:
    """The processor time of a box, which never goes back: a process that is gone has used what it has used.

    Ended children count twice if they were seen before; honest notebooks have none.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._own: dict[int, int] = {}
        self._ended: dict[int, int] = {}

    def seconds(self) -> float:
        """Return the processor time of every process ever seen, and of the children it has waited for."""
        for process, fields in family(self._pid).items():
            own, ended = _ticks(fields, _USER_TIME), _ticks(fields, _USER_TIME + 2)
            self._own[process] = max(own, self._own.get(process, 0))
            self._ended[process] = max(ended, self._ended.get(process, 0))
        return (sum(self._own.values()) + sum(self._ended.values())) / TICK


def waited_seconds(pid: int) -> float:
    """Return how long a process was ready to run and no core was free."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 10**9
    except (OSError, IndexError):
        return 0.0  # it ended meanwhile, or this kernel does not count it


def _ticks(fields: list[str], first: int) -> int:
    """Return user and system time, two neighbouring fields of stat."""
    return int(fields[first]) + int(fields[first + 1])


def tasks(pid: int) -> int:
    """Return how many threads all processes of the box have."""
    return sum(int(fields[_THREADS]) for fields in family(pid).values())


def memory_bytes(pid: int, folders: tuple[str, ...]) -> int:
    """Return the memory of all processes, shared pages once, and of the files in the writable `folders`."""
    processes = family(pid)
    unnamed: dict[str, int] = {}
    for process in processes:
        unnamed |= _unnamed_shared(process)
    return (
        sum(_proportional(process) for process in processes)
        + sum(unnamed.values())
        + sum(_in_files(pid, folder) for folder in folders)
    )


def _proportional(pid: int) -> int:
    """Return the process's share of memory (PSS), or all that it has in view where that is not readable."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return 1024 * int(rollup.split("\nPss:", 1)[1].split(None, 1)[0])
    except (OSError, IndexError):
        return _resident(pid)


def _resident(pid: int) -> int:
    try:
        return PAGE * int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0  # it ended meanwhile


def _unnamed_shared(pid: int) -> dict[str, int]:
    """Return the sizes of the process's shared memory without a file, by inode."""
    try:
        maps = Path(f"/proc/{pid}/maps").read_text(errors="replace")
    except OSError:
        return {}
    sizes: dict[str, int] = {}
    for start, end, inode in _UNNAMED.findall(maps):
        sizes[inode] = sizes.get(inode, 0) + int(end, 16) - int(start, 16)
    return sizes


def _in_files(pid: int, folder: str) -> int:
    try:
        state = os.statvfs(f"/proc/{pid}/root{folder}")
    except OSError:
        return 0
    used = (state.f_blocks - state.f_bfree) * state.f_frsize
    return used + (state.f_files - state.f_ffree) * INODE_BYTES


def peak_bytes(pid: int) -> int:
    """Return the sum of the highest resident sizes of the processes that are alive."""
    return sum(_high_water(process) for process in family(pid))


def _high_water(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        return 1024 * int(status.split("\nVmHWM:", 1)[1].split(None, 1)[0])
    except (OSError, IndexError):
        return 0


def reset_peak(pid: int) -> None:
    """Let the highest resident sizes start again from what is held now. Raises OSError."""
    for process in family(pid):
        Path(f"/proc/{process}/clear_refs").write_text("5")
