"""System calls that Python 3.11 has no function for, each with its errno as an exception."""

from __future__ import annotations

import ctypes
import os
import platform
from typing import Any

LIBC = ctypes.CDLL(None, use_errno=True)

# From linux/sched.h: one flag for each kind of namespace.
CLONE_NEWNS = 0x0002_0000
CLONE_NEWCGROUP = 0x0200_0000
CLONE_NEWUTS = 0x0400_0000
CLONE_NEWIPC = 0x0800_0000
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWPID = 0x2000_0000
CLONE_NEWNET = 0x4000_0000

# From linux/mount.h.
MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x4_0000
MNT_DETACH = 0x2
AT_FDCWD = -100
AT_RECURSIVE = 0x8000

# From linux/prctl.h.
PR_SET_PDEATHSIG = 1
PR_CAPBSET_READ = 23
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4

# Numbers that all architectures share carry one value, the others a table.
_NUMBERS: dict[str, int | dict[str, int]] = {
    "pivot_root": {"x86_64": 155, "aarch64": 41},
    "capset": {"x86_64": 126, "aarch64": 91},
    "seccomp": {"x86_64": 317, "aarch64": 277},
    "mount_setattr": 442,
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
}


def syscall(name: str, *arguments: Any) -> int:
    """Make the system call `name`; return its result.

    Raises OSError with the kernel's errno, or with ENOSYS on an architecture that is not in the table.
    """
    number = _NUMBERS[name]
    if isinstance(number, dict):
        number = number.get(platform.machine(), -1)
    return _checked(LIBC.syscall(ctypes.c_long(number), *arguments), name)


def unshare(flags: int) -> None:
    """Leave the namespaces named by `flags` for new ones."""
    _checked(LIBC.unshare(ctypes.c_int(flags)), "unshare")


def mount(source: str | None, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """Mount a file system of `kind`, bind `source`, or change a mount, as the flags say."""
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind)]
    done = LIBC.mount(*words, ctypes.c_ulong(flags), options.encode() or None)
    _checked(done, f"mount {target}")


def detach(target: str) -> None:
    """Take a mount away, now or when its last user is gone."""
    _checked(LIBC.umount2(os.fsencode(target), MNT_DETACH), f"umount {target}")


def prctl(option: int, *values: int) -> int:
    """Change a property of this process."""
    words = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    return _checked(LIBC.prctl(ctypes.c_int(option), *words), f"prctl {option}")


def die_with_parent(signal_number: int) -> None:
    """Let the kernel send this process a signal when its parent ends.

    A change of the uid clears this, so it is set again after one.
    """
    prctl(PR_SET_PDEATHSIG, signal_number)


def adopt_orphans() -> None:
    """Become the parent of every descendant that loses its own: init may be slow to reap them, or absent."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


class _MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("attr_set", "attr_clr", "propagation", "userns_fd")]


def set_mount_flags(target: str, flags: int) -> None:
    """Add mount flags to `target` and to everything mounted below it (Linux 5.12)."""
    wanted = _MountAttributes(attr_set=flags)
    path = ctypes.c_char_p(os.fsencode(target))
    size = ctypes.c_size_t(ctypes.sizeof(wanted))
    syscall("mount_setattr", AT_FDCWD, path, AT_RECURSIVE, ctypes.byref(wanted), size)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return int(result)
