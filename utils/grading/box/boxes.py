"""Boxes as the grader uses them: open one, talk over its channel, ask what it used, close it."""

from __future__ import annotations

import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from utils.grading.box import bubblewrap, usage, view
from utils.grading.box.cgroups import Group
from utils.grading.box.endings import WARDEN_ENDED, WARDEN_SILENT
from utils.grading.box.launch import Launcher
from utils.grading.box.limits import Limits
from utils.grading.box.template import ADDRESS, READY, Settings

_ANSWER_BYTES = 65_536
_DESCRIPTORS = 2  # the channel, and a descriptor of the box's first process


class BoxFailed(RuntimeError):
    """A box could not be started; the text says why."""


class Box:
    """One box, seen by the process that opened it."""

    def __init__(
        self, control: socket.socket, hello: dict[str, Any], channel: int, pidfd: int, limits: Limits
    ) -> None:
        self.channel = socket.socket(fileno=channel)
        self.pid: int = hello["pid"]
        self.launcher: Launcher = hello["launcher"]
        self.uid: int | None = hello["uid"]  # None: the user of the run, in a user namespace
        self.warden: int = hello["warden"]
        group = hello["memory_group"]
        self._group = Group(Path(group) if group else None, None, hello["version"])
        self._peak = self._group.peak()
        self._meter = usage.Meter(self.pid)
        # Started cold by root, the first process of a box is not Python but bubblewrap.
        self._python = max(usage.family(self.pid), default=self.pid)
        self._control, self._pidfd, self._limits = control, pidfd, limits
        self._reason: str | None = None
        self.bytes_at_start = self.peak_bytes()  # nothing of a notebook has run in it yet

    def alive(self) -> bool:
        """Say whether the box still runs."""
        return self._pidfd >= 0 and not select.select([self._pidfd], [], [], 0)[0]

    def cpu_seconds(self) -> float:
        """Return the processor time of all processes of the box."""
        return self._meter.seconds() if self.alive() else 0.0

    def waited_seconds(self) -> float:
        """Return how long the box has waited for a core, which is nobody's answer."""
        return usage.waited_seconds(self._python)

    def memory_bytes(self) -> int:
        """Return what all processes of the box hold now, files in memory included."""
        if not self.alive():
            return 0
        try:
            if self._group.memory is not None:
                return self._group.memory_bytes()
            return usage.memory_bytes(self.pid, view.WRITABLE)
        except OSError:
            return 0  # it ended meanwhile

    def reset_peak(self) -> None:
        """Let `peak_bytes` start again from what is held now. Raises OSError when the box is gone."""
        if self._peak is not None:
            try:
                self._peak.reset()
                return
            except OSError:
                self._close_peak()  # this kernel resets no group's peak
        usage.reset_peak(self.pid)

    def peak_bytes(self) -> int:
        """Return the highest memory of the box since `reset_peak`, or since its start.

        For what a call takes, subtract what this returns right after the reset: without a control group it
        is the sum of the highest resident sizes of the living processes, which `memory_bytes` is not.
        """
        if not self.alive():
            return 0
        try:
            return usage.peak_bytes(self.pid) if self._peak is None else self._peak.bytes()
        except OSError:
            return 0  # it ended meanwhile

    def _close_peak(self) -> None:
        if self._peak is not None:
            os.close(self._peak.file)
            self._peak = None

    def why_ended(self) -> str:
        """Return why the box ended, as a sentence for the student; "" while it is alive."""
        if self._reason is None and not self.alive():
            self._reason = self._last_word()
        return self._reason or ""

    def _last_word(self) -> str:
        """Wait for the warden's account; it comes when nothing of the box is left."""
        if not select.select([self._control], [], [], self._limits.close_seconds)[0]:
            return WARDEN_SILENT
        try:
            answer = self._control.recv(_ANSWER_BYTES)
        except OSError:
            answer = b""
        if not answer:
            return WARDEN_ENDED
        return str(json.loads(answer)["ended"])

    def close(self) -> None:
        """End the box; return when nothing of it is left. Closing twice is fine."""
        if self._pidfd < 0:
            return
        self.channel.close()
        if self._reason is None:
            with suppress(OSError):  # it may have ended by itself
                self._control.shutdown(socket.SHUT_WR)  # a close would not count while a fork holds a copy
            self._reason = self._last_word()
        select.select([self._pidfd], [], [], self._limits.close_seconds)
        self._close_peak()
        self._control.close()
        os.close(self._pidfd)
        self._pidfd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Boxes:
    """Opens boxes through a template: its own, or with `address` that of another process.

    Use as a context manager; leaving it ends the template and with it every box.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        launcher: Launcher = "warm",
        address: str | None = None,
        resident: Path | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.launcher: Launcher = launcher
        self._resident = resident
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._template: subprocess.Popen[bytes] | None = None
        self.address = address or self._start_template()

    def _start_template(self) -> str:
        """Start a template in a private folder; return the path of its socket. Raises BoxFailed."""
        self._folder = tempfile.TemporaryDirectory(prefix="box-", dir=_short_folder())
        resident = str(self._resident.resolve()) if self._resident else None
        settings = Settings(self._folder.name, self.launcher, self.limits.as_dict(), resident)
        with tempfile.TemporaryFile() as said:
            self._template = subprocess.Popen(
                [sys.executable, "-I", "-m", "utils.grading.box.template", settings.as_text()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                cwd=self._folder.name,
                env=view.environment() | {"MPLCONFIGDIR": self._folder.name, "HOME": self._folder.name},
            )
            try:
                self._wait_until_ready(said.fileno())
            except BaseException:  # Ctrl-C, too: nobody else knows of the template
                self.close()
                raise
        return str(Path(self._folder.name, ADDRESS))

    def _wait_until_ready(self, said: int) -> None:
        assert self._template is not None
        assert self._template.stdout is not None
        seconds = self.limits.template_start_seconds
        ready, _, _ = select.select([self._template.stdout], [], [], seconds)
        if ready and self._template.stdout.readline() == READY:
            return
        self.close()
        last = os.pread(said, _ANSWER_BYTES, 0).decode("utf-8", "replace").strip().rpartition("\n")[2]
        why = (last or "it gave no reason") if ready else f"it took longer than {seconds:g} seconds"
        raise BoxFailed(f"the template of the boxes did not start: {why}")

    def open(self) -> Box:
        """Return a new box. A warm start that fails is tried again cold, where bubblewrap is there.

        Raises BoxFailed.
        """
        try:
            return self._open(self.launcher)
        except BoxFailed as problem:
            if self.launcher == "cold" or not shutil.which(bubblewrap.PROGRAM):
                raise
            try:
                return self._open("cold")
            except BoxFailed as second:
                raise BoxFailed(f"{problem}; and through bubblewrap: {second}") from second

    def _open(self, launcher: Launcher) -> Box:
        control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        seconds = self.limits.start_seconds if launcher == "warm" else self.limits.cold_start_seconds
        control.settimeout(seconds + 1)  # the warden gives up first, and says why
        try:
            control.connect(self.address)
            control.sendall(json.dumps({"launcher": launcher}).encode())
            answer, descriptors, _, _ = socket.recv_fds(control, _ANSWER_BYTES, _DESCRIPTORS)
            hello = json.loads(answer) if answer else {"failed": "the template gave no answer"}
            if "failed" in hello:
                raise BoxFailed(hello["failed"])
            control.settimeout(None)
            return Box(control, hello, descriptors[0], descriptors[1], self.limits)
        except OSError as problem:
            control.close()
            raise BoxFailed(f"the template of the boxes cannot be reached: {problem}") from problem
        except BoxFailed:
            control.close()
            raise

    def close(self) -> None:
        """End the template, if it is ours, and with it every box that is open."""
        if self._template is not None:
            for stream in (self._template.stdin, self._template.stdout):
                if stream is not None:
                    stream.close()
            self._template.wait()
            self._template = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _short_folder() -> str | None:
    """Return where the template's folder goes: the path of a unix socket has at most 108 bytes."""
    return "/tmp" if os.access("/tmp", os.W_OK) else None
