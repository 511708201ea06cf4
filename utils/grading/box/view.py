"""What a box can see: one statement, which both launchers carry out.

The places are bound read-only at their host paths, so that a module's file is where the interpreter says it
is. Nothing of a class is among them: no lesson, no submission, no gradebook, no home folder.
"""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from utils.grading.box.limits import Limits

HERE = Path(__file__).resolve().parent
USER = 60_000  # the first uid of a box; see `slots`
WORKPLACE = "/tmp/notebook"
WRITABLE = ("/tmp", "/dev/shm")  # the only places that a box can write to

# Merged with /usr on most systems, where they are links.
_TOP_LEVEL = ("bin", "lib", "lib32", "lib64", "libx32")
# Tools for `!ls`, libraries, the linker's cache, time zones. Nothing needs /usr/local or /usr/share.
_SYSTEM = (
    "/usr/bin",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libx32",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/etc/localtime",
)
_SYSTEM_PREFIXES = ("/", "/usr")  # an interpreter there is among the system's libraries

DEVICES = ("null", "zero", "full", "random", "urandom")
DEVICE_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
}
# As container engines have it: kernel settings may be read, what tells about the host may not.
PROC_READ_ONLY = ("sys", "irq", "bus", "fs", "sysrq-trigger")
PROC_MASKED = ("keys", "key-users", "kcore", "timer_list", "latency_stats", "sched_debug", "cmdline")


class NothingToBind(RuntimeError):
    """A place that a box needs is missing, or would show what it must not."""


@dataclass(frozen=True)
class Tmpfs:
    """A writable folder in memory, with its caps."""

    target: str
    size: int  # bytes
    inodes: int
    mode: int = 0o1777


@dataclass(frozen=True)
class View:
    """Everything below the root of a box."""

    read_only: tuple[str, ...]
    links: dict[str, str]
    folders: tuple[str, ...]  # empty folders that anybody in the box may write to
    tmpfs: tuple[Tmpfs, ...]
    files: dict[str, str]  # path to text
    root_bytes: int

    @property
    def first(self) -> list[Tmpfs]:
        """Return the writable folders to mount before anything else: a course may lie in /tmp."""
        return [tmpfs for tmpfs in self.tmpfs if not tmpfs.target.startswith("/dev/")]

    @property
    def last(self) -> list[Tmpfs]:
        """Return the writable folders below /dev, to mount when that is there."""
        return [tmpfs for tmpfs in self.tmpfs if tmpfs not in self.first]

    def of(self, uid: int) -> View:
        """Return the same view with the box's user in the lists of users and groups."""
        return replace(self, files=self.files | _accounts(uid))


def view(limits: Limits, also: tuple[str, ...] = ()) -> View:
    """Return what a box sees; `also` names further files, bound read-only. Raises NothingToBind."""
    return View(
        read_only=_without_repeats((*_interpreter(), *_system(), *_modules(), *also)),
        links=_merged_folders(),
        folders=(WORKPLACE,),
        tmpfs=(
            Tmpfs(WRITABLE[0], limits.tmpfs_bytes, limits.tmpfs_inodes),
            Tmpfs(WRITABLE[1], limits.shm_bytes, limits.tmpfs_inodes),
        ),
        files={"/etc/hosts": "127.0.0.1 localhost\n", **_accounts(USER)},
        root_bytes=limits.root_bytes,
    )


def _accounts(uid: int) -> dict[str, str]:
    return {
        "/etc/passwd": f"student:x:{uid}:{uid}::{WORKPLACE}:/bin/sh\n",
        "/etc/group": f"student:x:{uid}:\n",
    }


def environment() -> dict[str, str]:
    """Return the environment variables of a box; none is taken from the grader's."""
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": WORKPLACE,
        "TMPDIR": "/tmp",
        "LANG": "C.UTF-8",
        "USER": "student",
        "LOGNAME": "student",
        "OMP_NUM_THREADS": "1",  # a fork keeps no threads, and boxes side by side must not compete
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": "/tmp/matplotlib",
        "IPYTHONDIR": "/tmp/ipython",
        "PYTHONDONTWRITEBYTECODE": "1",
        "NBGRADER_EXECUTION": "autograde",
    }


def _interpreter() -> list[str]:
    """Return the folders of Python itself and of the installed packages."""
    prefixes = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.base_prefix).resolve()}
    places = [str(prefix) for prefix in prefixes if str(prefix) not in _SYSTEM_PREFIXES]
    for place in places:
        if HERE.is_relative_to(Path(place).resolve()):
            raise NothingToBind(
                f"{HERE} lies below {place}, which a box can read; install the course with `pip install -e`"
            )
    return sorted(places)


def _system() -> list[str]:
    top = [f"/{name}" for name in _TOP_LEVEL if not Path("/", name).is_symlink()]
    return [place for place in (*_SYSTEM, *top) if Path(place).exists()]


def _merged_folders() -> dict[str, str]:
    links = {f"/{name}": Path("/", name) for name in _TOP_LEVEL if Path("/", name).is_symlink()}
    return {name: str(path.readlink()) for name, path in links.items()}


def _modules() -> list[str]:
    """Return coursekit, and of utils only what runs inside a box."""
    found = importlib.util.find_spec("coursekit")
    if found is None or found.origin is None:
        raise NothingToBind("coursekit is not installed; install the course with `pip install -e`")
    grading = HERE.parent
    inits = [grading.parent / "__init__.py", grading / "__init__.py", HERE / "__init__.py"]
    own = [HERE / name for name in ENTRY]
    return [str(path) for path in (Path(found.origin).resolve().parent, *inits, *own, HERE / "inside")]


# What the cold entry needs to lock itself; it says how the wall is built, and holds nothing.
ENTRY = ("limits.py", "system.py", "privileges.py", "landlock.py", "lockdown.py", "entry.py")


def _without_repeats(places: tuple[str, ...]) -> tuple[str, ...]:
    """Return the places in order, without those that lie below another one."""
    kept: list[str] = []
    for place in sorted(set(places), key=lambda text: (len(Path(text).parts), text)):
        if not any(Path(place).is_relative_to(other) for other in kept):
            kept.append(place)
    return tuple(kept)
