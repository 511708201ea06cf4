"""A desk of processes that each take a course, then one task a line, and answer each with a line.

The trusted mode works like this: nbgrader takes seconds to import, so a process does many tasks.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from utils.grading.tasks import Course, Result, Task
from utils.grading.workers import NoAnswer

CODE = Path(__file__).resolve().parents[2]
TRUSTED = ("-m", "utils.grading.trusted_run")
CHUNK = 1 << 20  # bytes
END_SECONDS = 1.0  # a process that is asked to end gets so long to end its kernel


class LineDesk:
    """Keeps processes that are idle, and starts another one when a task finds none."""

    def __init__(self, course: Course, program: Sequence[str] = TRUSTED) -> None:
        self._course, self._program = course, program
        self._idle: list[_Process] = []
        self._all: list[_Process] = []

    def start(self, task: Task) -> _LineCall:
        """Return the call of a task that a process has begun to work on. Raises `NoAnswer`."""
        process = self._idle.pop() if self._idle else self._another()
        process.send(task.to_json())
        return _LineCall(process, self._idle)

    def _another(self) -> _Process:
        process = _Process(self._program, self._course.key)
        self._all.append(process)
        process.send(self._course.to_json())
        return process

    def repair(self) -> None:
        """Do nothing: a process that has died is not among the idle ones."""

    def close(self) -> None:
        """End every process."""
        for process in self._all:
            process.ask_to_end()
        for process in self._all:
            process.end()
            process.said.close()


class _Process:
    """One process and the socket to it; what it says on stderr is kept for the reason of a failure."""

    def __init__(self, program: Sequence[str], key: str | None) -> None:
        self.socket, theirs = socket.socketpair()
        self.said = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        more = {"COURSE_KEY_FILE": key} if key else {}
        self._process = subprocess.Popen(
            [sys.executable, *program, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            cwd=CODE,
            env={**os.environ, **more, "OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=self.said,
            stderr=self.said,
            start_new_session=True,  # Ctrl-C is the runner's business
        )
        theirs.close()

    def send(self, line: str) -> None:
        """Send one line. Raises `NoAnswer`."""
        try:
            self.socket.setblocking(True)
            self.socket.sendall(line.encode() + b"\n")
            self.socket.setblocking(False)
        except OSError:
            raise NoAnswer(self.last_words()) from None

    def last_words(self) -> str:
        """Return how the process ended, and the last line that it printed."""
        self.end()
        self.said.seek(0)
        lines = self.said.read().decode("utf-8", "replace").strip().splitlines()
        code = self._process.returncode
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return f"the grading process ended ({how})" + (f": {lines[-1]}" if lines else "")

    def ask_to_end(self) -> None:
        """Close the socket, which the process takes as a request to end."""
        self.socket.close()
        if self._process.poll() is None:
            self._process.terminate()

    def end(self) -> None:
        """See the process end, by force if need be."""
        self.ask_to_end()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class _LineCall:
    """A task that a process is working on; with its answer the process is idle again."""

    def __init__(self, process: _Process, idle: list[_Process]) -> None:
        self._process, self._idle = process, idle
        self._parts: list[bytes] = []

    def fileno(self) -> int:
        """Return the file descriptor to wait for."""
        return self._process.socket.fileno()

    def read(self) -> str | None:
        """Return the result's line once it is complete. Raises `NoAnswer`."""
        while True:
            try:
                part = self._process.socket.recv(CHUNK)
            except BlockingIOError:
                return None
            except OSError:
                part = b""
            if not part:
                raise NoAnswer(self._process.last_words())
            self._parts.append(part)
            if part.endswith(b"\n"):
                self._idle.append(self._process)
                return b"".join(self._parts).decode()

    def kill(self) -> None:
        """End the process."""
        if self._process in self._idle:
            self._idle.remove(self._process)
        self._process.end()


def serve(grade: Callable[[Course, Task], Result], descriptor: int) -> None:
    """Answer tasks in this process until the socket closes; what `grade` raises ends the process."""
    connection = socket.socket(fileno=descriptor)
    with connection, connection.makefile("rb") as lines, connection.makefile("wb") as answers:
        course = Course.from_json(lines.readline())
        for line in lines:
            answers.write(grade(course, Task.from_json(line)).to_json().encode() + b"\n")
            answers.flush()
