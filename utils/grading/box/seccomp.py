"""Which system calls a box may not make, as a compiled filter.

A refused call fails with EPERM, as it would for want of a right, so that libraries take their other way.
Calls that are younger than this list do not exist inside (ENOSYS).
"""

from __future__ import annotations

import errno
import os
import struct
import tempfile
from types import ModuleType
from typing import Any

from utils.grading.box import system

LOW_32_BITS = 0xFFFF_FFFF
YOUNGEST_KNOWN_CALL = 456  # futex_requeue (Linux 6.7); numbers from 424 on are the same on all machines

NAMESPACES = ("unshare", "setns")
MOUNTS = ("mount", "umount2", "pivot_root", "chroot")
OTHER_PROCESSES = ("ptrace", "process_vm_readv", "process_vm_writev", "kcmp")
KERNEL = (
    "bpf", "perf_event_open", "userfaultfd", "init_module", "finit_module", "delete_module",
    "kexec_load", "kexec_file_load", "reboot", "syslog", "personality", "fanotify_init", "lookup_dcookie",
    "acct", "quotactl", "swapon", "swapoff",
)  # fmt: skip
KEYS = ("add_key", "request_key", "keyctl")
FILES_BY_HANDLE = ("open_by_handle_at", "name_to_handle_at")
MACHINE = (
    "iopl", "ioperm", "modify_ldt", "vhangup", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex",
    "sethostname", "setdomainname", "mbind", "migrate_pages", "move_pages", "set_mempolicy",
)  # fmt: skip
# Memory that neither a process nor a file system shows; a supervisor without cgroups could not count it.
HIDDEN_MEMORY = ("memfd_create", "shmget", "msgget", "semget", "mq_open")
# Young calls by number, which an older libseccomp takes too.
YOUNG = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
    "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
    "pidfd_getfd": 438, "process_madvise": 440, "mount_setattr": 442, "quotactl_fd": 443,
    "memfd_secret": 447, "process_mrelease": 448,
}  # fmt: skip
REFUSED: tuple[str | int, ...] = (
    *NAMESPACES, *MOUNTS, *OTHER_PROCESSES, *KERNEL, *KEYS, *FILES_BY_HANDLE, *MACHINE, *HIDDEN_MEMORY,
    *YOUNG.values(),
)  # fmt: skip

NEW_NAMESPACES = (
    system.CLONE_NEWNS, system.CLONE_NEWCGROUP, system.CLONE_NEWUTS, system.CLONE_NEWIPC,
    system.CLONE_NEWUSER, system.CLONE_NEWPID, system.CLONE_NEWNET,
)  # fmt: skip
AF_UNIX, AF_INET, AF_INET6, AF_NETLINK = 1, 2, 10, 16
NETLINK_ROUTE = 0
TIOCSTI, TIOCLINUX = 0x5412, 0x541C  # typing into, and pasting on, a terminal
PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4  # a box must die with its warden, and be measured by it

# Classic BPF, from linux/bpf_common.h and linux/seccomp.h.
_LOAD_WORD, _JUMP_IF_GREATER, _RETURN = 0x20, 0x25, 0x06
_NO_SUCH_CALL = 0x0005_0000 | errno.ENOSYS


class NoFilter(RuntimeError):
    """The filter cannot be built on this machine; nothing may then be started."""


def build() -> bytes:
    """Return the filter as the kernel takes it. Raises NoFilter."""
    seccomp = _library()
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    refuse = seccomp.ERRNO(errno.EPERM)
    for call in REFUSED:
        _add(rules, refuse, call)
    for flag in NEW_NAMESPACES:
        _add(rules, refuse, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag))
    _add(rules, seccomp.ERRNO(errno.ENOSYS), "clone3")  # its flags lie in memory; libc then calls clone
    _refuse_sockets(seccomp, rules, refuse)
    for name, index, values in (
        ("ioctl", 1, (TIOCSTI, TIOCLINUX)),
        ("prctl", 0, (PR_SET_PDEATHSIG, PR_SET_DUMPABLE)),
    ):
        for value in values:
            _add(rules, refuse, name, _equal(seccomp, index, value))
    return _refuse_unknown_calls() + _compiled(rules)


def _library() -> ModuleType:
    try:
        import pyseccomp
    except (ImportError, RuntimeError, AttributeError, OSError) as problem:
        raise NoFilter(f"pyseccomp with libseccomp is needed: {problem}") from problem
    module: ModuleType = pyseccomp
    return module


def _add(rules: Any, action: int, call: str | int, *arguments: Any) -> None:
    try:
        rules.add_rule(action, call, *arguments)
    except (OSError, ValueError) as problem:
        raise NoFilter(f"libseccomp takes no rule for {call}: {problem}") from problem


def _equal(seccomp: ModuleType, index: int, value: int) -> Any:
    """Compare an int argument: the kernel looks at its low 32 bits only, and so must the filter."""
    return seccomp.Arg(index, seccomp.MASKED_EQ, LOW_32_BITS, value)


def _refuse_sockets(seccomp: ModuleType, rules: Any, refuse: int) -> None:
    """Allow the families that a network namespace confines; vsock, for one, reaches past it."""
    families = (AF_UNIX, AF_INET, AF_INET6, AF_NETLINK)
    for family in range(max(families)):
        if family not in families:
            _add(rules, refuse, "socket", _equal(seccomp, 0, family))
    # What is above the highest allowed family, in any bit: a comparison of 32 bits by its parts.
    for bit in range(32):
        flag = 1 << bit
        if flag > max(families):
            _add(rules, refuse, "socket", seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag))
    for family in range(max(families) + 1, 2 * max(families)):
        _add(rules, refuse, "socket", _equal(seccomp, 0, family))
    for bit in range(32):  # NETLINK_ROUTE is 0: refuse a protocol with any bit set
        flag = 1 << bit
        netlink = _equal(seccomp, 0, AF_NETLINK)
        _add(rules, refuse, "socket", netlink, seccomp.Arg(2, seccomp.MASKED_EQ, flag, flag))


def _refuse_unknown_calls() -> bytes:
    return b"".join(
        struct.pack("HBBI", *instruction)
        for instruction in (
            (_LOAD_WORD, 0, 0, 0),
            (_JUMP_IF_GREATER, 0, 1, YOUNGEST_KNOWN_CALL),
            (_RETURN, 0, 0, _NO_SUCH_CALL),
        )
    )


def _compiled(rules: Any) -> bytes:
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        return os.read(file.fileno(), 1 << 20)
