"""The warm template: a process that has imported what notebooks import, and forks a warden per box.

`python -m utils.grading.box.template SETTINGS` is started with a clean environment and holds no secret: a
box inherits its memory. One request per connection; standard input is its lifeline.
"""

from __future__ import annotations

import fcntl
import gc
import importlib
import json
import os
import select
import selectors
import shutil
import signal
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from utils.grading.box import cgroups, entry, huge_pages, seccomp, system, view, warden
from utils.grading.box.launch import Kit
from utils.grading.box.limits import Limits

WARM = ("torch", "numpy.random", "matplotlib.pyplot", "IPython", "coursekit")  # what the first cells import
SECRET = ("utils.checks", "utils.reference", "utils.build")  # never in the memory of a box
ADDRESS = "address"
READY = b"ready\n"
_REQUEST_BYTES = 4096


@dataclass(frozen=True)
class Settings:
    """What the owner says when it starts a template."""

    folder: str  # private; the socket is made here
    launcher: str
    limits: dict[str, int | float]
    resident: str | None = None

    def as_text(self) -> str:
        return json.dumps(vars(self))


class NotFitToFork(RuntimeError):
    """The template has threads or secrets; no box may be forked from it."""


def prepare(settings: Settings) -> Kit:
    """Import everything once and build what all boxes share. Raises NotFitToFork, NoFilter."""
    serve = None
    if settings.launcher == "warm":
        for module in WARM:
            importlib.import_module(module)
        serve = entry.resident(settings.resident)
    staging = Path(settings.folder, "root")
    staging.mkdir(mode=0o700)
    limits = Limits(**settings.limits)  # type: ignore[arg-type]
    seen = view.view(limits, () if settings.resident is None else (settings.resident,))
    kit = Kit(limits, seen, seccomp.build(), str(staging), settings.resident, serve)
    check_fit_to_fork()
    gc.collect()
    gc.freeze()  # the collector would otherwise copy every page of the template into each box
    huge_pages.gather()
    return kit


@contextmanager
def ended_with_the_owner(folder: str) -> Iterator[None]:
    """End this process, and remove its folder, as soon as standard input closes: imports take seconds."""

    def look(*_: object) -> None:
        if select.select([0], [], [], 0)[0]:  # nothing is ever written there
            shutil.rmtree(folder, ignore_errors=True)
            os._exit(1)

    flags = fcntl.fcntl(0, fcntl.F_GETFL)
    before = signal.signal(signal.SIGIO, look)
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETFL, flags | os.O_ASYNC)
    look()
    try:
        yield
    finally:
        fcntl.fcntl(0, fcntl.F_SETFL, flags)
        signal.signal(signal.SIGIO, before)


def check_fit_to_fork() -> None:
    """Raise NotFitToFork when a fork of this process would hang or know too much."""
    threads = len(os.listdir("/proc/self/task"))
    if threads != 1:
        raise NotFitToFork(f"the template has {threads} threads; a fork keeps one of them")
    known = [name for name in sys.modules if name.startswith(SECRET)]
    if known:
        raise NotFitToFork(f"the template has imported {known[0]}")


class Template:
    """The loop: a connection becomes a warden, an ended warden is reaped, a gone owner ends it all."""

    def __init__(self, listener: socket.socket, kit: Kit) -> None:
        self.listener, self.kit = listener, kit
        self.owner = os.getppid()
        self.wardens: set[int] = set()
        self.bell, ring = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(ring)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> None:
        """Answer until standard input closes."""
        waiting = selectors.DefaultSelector()
        for source, action in ((self.listener, self._accept), (self.bell, self._reap), (0, None)):
            waiting.register(source, selectors.EVENT_READ, action)
        while os.getppid() == self.owner:
            for key, _ in waiting.select(timeout=1):
                if key.data is None:
                    return
                key.data()

    def _accept(self) -> None:
        control, _ = self.listener.accept()
        with control:
            warden_pid = os.fork()
            if warden_pid == 0:
                self._be_the_warden(control)
            self.wardens.add(warden_pid)

    def _be_the_warden(self, control: socket.socket) -> None:
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            self.listener.close()
            os.close(0)
            control.settimeout(self.kit.limits.start_seconds)
            if _peer(control) in (0, os.geteuid()):
                request = json.loads(control.recv(_REQUEST_BYTES))
                control.settimeout(None)
                warden.attend(control, request["launcher"], self.kit)
        finally:
            os._exit(1)

    def _reap(self) -> None:
        os.read(self.bell, _REQUEST_BYTES)
        with suppress(ChildProcessError):
            while pid := os.waitpid(-1, os.WNOHANG)[0]:
                self._clear_up_after(pid)

    def _clear_up_after(self, pid: int) -> None:
        """Remove the groups of a warden that ended; one that was killed could not do so."""
        if pid in self.wardens:
            self.wardens.remove(pid)
            cgroups.named(os.getpid(), pid).remove()

    def end(self) -> None:
        """End every warden, and by the kernel's doing its box; return when nothing is left."""
        wardens = sorted(self.wardens)
        for pid in wardens:
            os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            while True:  # the wardens, and the boxes that they leave
                os.waitpid(-1, 0)
        for pid in wardens:
            self._clear_up_after(pid)


def _peer(control: socket.socket) -> int:
    """Return the uid at the other end."""
    credentials = control.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[1])


def main() -> None:
    """Run a template for the settings in the first argument."""
    settings = Settings(**json.loads(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the owner, whose end is seen here
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # by way of the clearing up below
    system.adopt_orphans()
    cgroups.sweep()
    try:
        with ended_with_the_owner(settings.folder):
            kit = prepare(settings)
        _serve(settings, kit)
    finally:
        shutil.rmtree(settings.folder, ignore_errors=True)  # the owner may be gone


def _serve(settings: Settings, kit: Kit) -> None:
    """Say that the template is ready, and answer until its owner is gone."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(Path(settings.folder, ADDRESS)))
        listener.listen(128)
        os.write(1, READY)
        template = Template(listener, kit)
        try:
            template.serve()
        finally:
            template.end()


if __name__ == "__main__":
    main()
