"""The warden: one process per box that watches it from outside, ends it, and says why.

It is a fork of the template and lives as long as its box. It takes no word from the box: what it acts on
is the kernel's account of time and memory, and the control connection of the one who opened the box.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import time
from contextlib import suppress
from dataclasses import dataclass

from utils.grading.box import cgroups, launch, slots, system, usage, view
from utils.grading.box.endings import KILLED, RUN_STOPPED
from utils.grading.box.limits import GIBIBYTE, MEBIBYTE, Limits

TICK_SECONDS = 0.1  # between two looks at memory and time, see `Watch.look`
_SIGNALLED = 128  # bubblewrap reports the end by signal n as this plus n
CRASHES = {signal.SIGSEGV: "segmentation fault", signal.SIGBUS: "bus error", signal.SIGABRT: "abort",
           signal.SIGFPE: "arithmetic error", signal.SIGILL: "illegal instruction"}  # fmt: skip


def attend(control: socket.socket, launcher: launch.Launcher, kit: launch.Kit) -> None:
    """Start a box for whoever asked on `control`, watch it to its end, and clear up. Does not return."""
    owner = os.getppid()
    system.adopt_orphans()
    group = cgroups.create(kit.limits, owner, os.getpid())
    try:
        reason = _start_and_watch(control, launcher, kit, group, owner)
        answer = {"ended": reason}
    except Exception as problem:
        answer = {"failed": f"{problem}" if isinstance(problem, launch.StartFailed) else repr(problem)}
    finally:
        group.remove()
    _tell(control, answer)
    os._exit(0)


def _start_and_watch(
    control: socket.socket, launcher: launch.Launcher, kit: launch.Kit, group: cgroups.Group, owner: int
) -> str:
    uid = slots.take().uid if os.geteuid() == 0 else None  # the lock is held until this process ends
    ours, theirs = socket.socketpair()
    box = launch.start(launcher, kit, uid, group, theirs.fileno())
    theirs.close()
    watch = Watch(box, kit.limits, group, control, owner)
    try:
        _hand_over(control, ours, box, group, uid, launcher)
        ours.close()
        return watch.until_the_end()
    finally:
        watch.end()


def _hand_over(
    control: socket.socket,
    channel: socket.socket,
    box: launch.Started,
    group: cgroups.Group,
    uid: int | None,
    launcher: launch.Launcher,
) -> None:
    hello = {
        "pid": box.pid,
        "launcher": launcher,
        "warden": os.getpid(),
        "uid": uid,
        "memory_group": str(group.memory) if group.memory else None,
        "version": group.version,
    }
    pidfd = os.pidfd_open(box.pid)
    socket.send_fds(control, [json.dumps(hello).encode()], [channel.fileno(), pidfd])
    os.close(pidfd)


def _tell(control: socket.socket, answer: dict[str, str]) -> None:
    with suppress(OSError):  # who asked may be gone
        control.sendall(json.dumps(answer).encode())


@dataclass
class Watch:
    """A box and what may end it."""

    box: launch.Started
    limits: Limits
    group: cgroups.Group
    control: socket.socket
    owner: int

    def __post_init__(self) -> None:
        self.deadline = time.monotonic() + self.limits.notebook_seconds
        self.pidfd = os.pidfd_open(self.box.pid)
        self.meter = usage.Meter(self.box.pid)
        self.status: int | None = None

    def until_the_end(self) -> str:
        """Wait for the end of the box or for a reason to end it; return the sentence for the student."""
        poll = select.poll()
        poll.register(self.pidfd, select.POLLIN)
        poll.register(self.control, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _ in poll.poll(TICK_SECONDS * 1000)}
            if self.pidfd in ready:
                return self._how_it_ended()
            if self.control.fileno() in ready:
                return RUN_STOPPED  # nothing is ever sent here: this is its closing
            if reason := self.look():
                return reason

    def look(self) -> str:
        """Return the limit that is passed now, "" if none is."""
        if os.getppid() != self.owner:
            return RUN_STOPPED
        if time.monotonic() > self.deadline:
            return f"the notebook took longer than {self.limits.notebook_seconds:g} seconds"
        if self._too_much_memory():
            return f"the notebook used more than {_size(self.limits.memory_bytes)} of memory"
        if self.meter.seconds() > self.limits.cpu_seconds:
            return self._too_long()
        if usage.tasks(self.box.pid) > 2 * self.limits.processes:
            return f"the notebook started more than {self.limits.processes} processes and threads"
        return ""

    def _too_much_memory(self) -> bool:
        if self.group.memory is not None:
            return self.group.ran_out_of_memory()
        held = usage.memory_bytes(self.box.pid, view.WRITABLE)
        return held > self.limits.memory_bytes

    def _too_long(self) -> str:
        return f"the notebook used more than {self.limits.cpu_seconds} seconds of processor time"

    def _how_it_ended(self) -> str:
        """Return why the first process ended by itself, from the kernel's account."""
        if self.group.ran_out_of_memory():
            return f"the notebook used more than {_size(self.limits.memory_bytes)} of memory"
        code = self._reap()
        number = -code if code < 0 else code - _SIGNALLED
        if number == signal.SIGKILL:
            return self._too_long() if self._cpu_was_spent() else KILLED
        if number in CRASHES:
            return f"your code crashed its Python process ({CRASHES[signal.Signals(number)]})"
        return f"your code ended its Python process (exit code {code})"

    def _reap(self) -> int:
        if self.status is None:
            _, self.status, self.spent = os.wait4(self.box.child, 0)
        return os.waitstatus_to_exitcode(self.status)

    def _cpu_was_spent(self) -> bool:
        return self.spent.ru_utime + self.spent.ru_stime >= self.limits.cpu_seconds - 1

    def end(self) -> None:
        """Leave no process of the box, and no zombie of it either."""
        self.box.kill()
        self._reap()
        with suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)
        os.close(self.pidfd)


def _size(number: int) -> str:
    return f"{number / GIBIBYTE:g} GiB" if number >= GIBIBYTE else f"{number / MEBIBYTE:g} MiB"
