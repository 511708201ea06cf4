"""What a process gives up before it runs a stranger's code: open files, resources, identity, capabilities."""

from __future__ import annotations

import ctypes
import os
import resource
from pathlib import Path

from utils.grading.box import system
from utils.grading.box.limits import Limits

_CAPABILITY_VERSION_3 = 0x2008_0522  # linux/capability.h
_HIGHEST_CAPABILITY = Path("/proc/sys/kernel/cap_last_cap")
EXPENDABLE = "1000"  # the kernel takes such a process first when the machine runs out of memory


class StillPowerful(RuntimeError):
    """The process kept a right that student code must not have."""


def keep_only(descriptors: dict[int, int]) -> None:
    """Close every open file but those in `descriptors` (number now: number then); 0, 1 and 2 lead nowhere."""
    nowhere = os.open("/dev/null", os.O_RDWR)
    wanted = {**{nowhere: 0}, **descriptors}
    above = max((*wanted, *wanted.values(), 2)) + 1
    moved = {_copy_above(now, above): then for now, then in wanted.items()}
    for now, then in moved.items():
        os.dup2(now, then)
    os.dup2(0, 1)
    os.dup2(0, 2)
    _close_all_but(sorted({0, 1, 2, *wanted.values()}))


def _copy_above(descriptor: int, above: int) -> int:
    import fcntl

    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, above)


def _close_all_but(kept: list[int]) -> None:
    highest = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    for low, high in zip(kept, [*kept[1:], min(highest, 2**31 - 1)], strict=True):
        os.closerange(low + 1, high)


def limit_resources(limits: Limits) -> None:
    """Set the limits of this process and of those it starts; none can be raised again."""
    table = {
        resource.RLIMIT_AS: limits.address_space_bytes,
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_NPROC: limits.processes,
        resource.RLIMIT_STACK: limits.stack_bytes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_RTPRIO: 0,
    }
    for kind, most in table.items():
        _, highest = resource.getrlimit(kind)
        allowed = most if highest == resource.RLIM_INFINITY else min(most, highest)
        resource.setrlimit(kind, (allowed, allowed))


def be_expendable() -> None:
    """Let the kernel end this process first when the machine itself has no memory left."""
    Path("/proc/self/oom_score_adj").write_text(EXPENDABLE)


def become(uid: int | None) -> None:
    """Give up every capability, and with a `uid` the identity too; no later program gets any back.

    Raises StillPowerful when something is left.
    """
    for capability in range(int(_HIGHEST_CAPABILITY.read_text()) + 1):
        if system.prctl(system.PR_CAPBSET_READ, capability):  # bubblewrap may have dropped it
            system.prctl(system.PR_CAPBSET_DROP, capability)
    system.prctl(system.PR_CAP_AMBIENT, system.PR_CAP_AMBIENT_CLEAR_ALL)
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    _drop_capabilities()
    system.prctl(system.PR_SET_NO_NEW_PRIVS, 1)
    check_powerless()


def _drop_capabilities() -> None:
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    system.syscall("capset", ctypes.byref(header), ctypes.byref(nothing))


def check_powerless() -> None:
    """Raise StillPowerful unless this process is an ordinary user, outside as well as inside."""
    status = dict(
        line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line
    )
    held = {name: status[name] for name in ("CapPrm", "CapEff", "CapBnd", "CapInh") if int(status[name], 16)}
    if held:
        raise StillPowerful(f"capabilities are left: {held}")
    if status["NoNewPrivs"].strip() != "1":
        raise StillPowerful("new privileges could be gained")
    if outside_id(os.getuid()) == 0 or os.getuid() == 0:
        raise StillPowerful("the user of the box is root outside it")


def outside_id(uid: int) -> int:
    """Return the uid that `uid` of this user namespace is in the one around it. Raises StillPowerful."""
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        inside, outside, count = (int(word) for word in line.split())
        if inside <= uid < inside + count:
            return outside + uid - inside
    raise StillPowerful(f"uid {uid} is no user outside the box")
