"""Starts one box, warm (a fork of this process) or cold (bubblewrap and a new interpreter)."""

from __future__ import annotations

import json
import os
import select
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from utils.grading.box import bubblewrap, entry, namespaces, privileges, system, view
from utils.grading.box.cgroups import Group
from utils.grading.box.limits import Limits
from utils.grading.box.lockdown import Orders
from utils.grading.box.view import View

Launcher = Literal["warm", "cold"]
_MOST_TEXT = 65_536  # of what a failed start has to say


class StartFailed(RuntimeError):
    """The box did not come to the point where it serves; the text says why."""


@dataclass(frozen=True)
class Kit:
    """What every box of one template starts with; made once."""

    limits: Limits
    view: View
    program: bytes  # the seccomp filter
    staging: str  # an empty folder to build the root of a warm box on
    resident: str | None = None  # path of a file that defines `serve`; None for the resident of notebooks
    serve: entry.Serve | None = None  # the same, loaded; None in a template that starts cold boxes only


@dataclass
class Started:
    """A box that serves, as its warden sees it."""

    pid: int  # of its first process, on the host
    child: int  # the warden's own child: the same, or bubblewrap around it

    def kill(self) -> None:
        """End every process of the box: the kernel ends a pid namespace with its first process."""
        for pid in {self.pid, self.child}:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _orders(kit: Kit, uid: int | None) -> Orders:
    """Return the orders of a box of the user `uid`, None for the user of the namespace."""
    return Orders(
        uid=uid,
        limits=kit.limits,
        program=kit.program,
        writable=view.WRITABLE,
        environment=view.environment(),
        workplace=view.WORKPLACE,
        resident=kit.resident,
    )


def start(launcher: Launcher, kit: Kit, uid: int | None, group: Group, channel: int) -> Started:
    """Start a box that serves on `channel`. Raises StartFailed."""
    reading, writing = os.pipe()
    try:
        launch = _warm if launcher == "warm" else _cold
        return launch(kit, uid, group, channel, (reading, writing))
    finally:
        os.close(reading)


def _warm(kit: Kit, uid: int | None, group: Group, channel: int, status: tuple[int, int]) -> Started:
    if kit.serve is None:
        raise StartFailed("this template starts cold boxes only")
    seen, orders = kit.view.of(uid or view.USER), _orders(kit, uid)
    namespaces.leave_for_new_processes(view.USER, as_root=uid is not None)
    pid = os.fork()
    if pid == 0:
        _become_the_box(seen, orders, kit, group, channel, status[1])
    os.close(status[1])
    box = Started(pid, pid)
    _until_locked(box, status[0], kit.limits.start_seconds)
    return box


def _become_the_box(seen: View, orders: Orders, kit: Kit, group: Group, channel: int, status: int) -> None:
    """Build the walls around this process and serve behind them. Does not return."""
    try:
        _before_the_walls(group)
        namespaces.enter(seen, kit.staging)
        entry.run(orders, channel, status, kit.serve)
    except BaseException as problem:
        os.write(status, f"{type(problem).__name__}: {problem}".encode())
    finally:
        os._exit(1)


def _before_the_walls(group: Group) -> None:
    system.die_with_parent(signal.SIGKILL)
    privileges.be_expendable()
    group.join()


def _cold(kit: Kit, uid: int | None, group: Group, channel: int, status: tuple[int, int]) -> Started:
    seen, orders = kit.view.of(uid or view.USER), _orders(kit, uid)
    told = _file("orders", orders.as_text())
    files = {path: _file("file", text) for path, text in seen.files.items()}
    info_reading, info = os.pipe()
    inherited = [told, channel, status[1], info, *files.values()]
    words = bubblewrap.arguments(seen, as_root=uid is not None, files=files, info=info)
    command = bubblewrap.entry(told, channel, status[1])
    outer = bubblewrap.start(words, command, inherited, lambda: _before_the_walls(group))
    for descriptor in (told, status[1], info, *files.values()):
        os.close(descriptor)
    box = Started(_pid_inside(info_reading) or outer.pid, outer.pid)
    try:
        _until_locked(box, status[0], kit.limits.cold_start_seconds)
    except StartFailed as problem:
        assert outer.stderr is not None
        said = outer.stderr.read(_MOST_TEXT).decode("utf-8", "replace").strip()
        raise StartFailed(f"{problem} {said}".strip()) from None
    return box


def _file(name: str, text: str) -> int:
    """Return an open file in memory that holds `text`."""
    file = os.memfd_create(name)
    os.write(file, text.encode())
    os.lseek(file, 0, os.SEEK_SET)
    return file


def _pid_inside(reading: int) -> int | None:
    """Return the host's pid of the first process in the box, None when bubblewrap ended before."""
    with os.fdopen(reading) as text:
        said = text.read()
    return int(json.loads(said)["child-pid"]) if said.strip() else None


def _until_locked(box: Started, status: int, seconds: float) -> None:
    """Wait until the box says that it is locked; otherwise end it and raise StartFailed."""
    said = _said(status, seconds)
    if said == entry.LOCKED:
        return
    box.kill()
    os.waitpid(box.child, 0)
    if said is None:
        raise StartFailed(f"the box was not ready after {seconds:g} seconds")
    last = said.decode("utf-8", "replace").strip()
    raise StartFailed(f"the box could not be locked: {last or 'it ended without a word'}")


def _said(status: int, seconds: float) -> bytes | None:
    """Return everything that arrives until the other end closes, None after the given time."""
    end = time.monotonic() + seconds
    said = b""
    while select.select([status], [], [], max(0.0, end - time.monotonic()))[0]:
        more = os.read(status, _MOST_TEXT)
        if not more:
            return said
        said += more
    return None
