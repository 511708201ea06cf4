"""`course grade` as an instructor runs it, in a process of its own, to be disturbed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.faults.scratch import ASSIGNMENT, NOTEBOOKS, ROOT
from tests.faults.traces import BOX_TEMPLATE, JUDGE_TEMPLATE, Traces, lives, runs

DEADLINE = 120  # seconds for a run that takes five on a quiet machine
MIDDLE = 3  # notebooks
MOST_SAID = 2**20  # bytes
LOOKS_EVERY = 0.3  # seconds; a look reads about every process of the machine


class Command:
    """A run of `course grade` on a course. `traces` know what it starts."""

    def __init__(self, root: Path, *options: str) -> None:
        self.root, self.traces = root, Traces.begin()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the command
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.at_rest", "grade", ASSIGNMENT, "--jobs", "2", *options],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(ROOT), "JUPYTER_PLATFORM_DIRS": "1", "COLUMNS": "300"},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C at a terminal goes to a whole group of processes
        )

    # What it has done and said

    @property
    def executed(self) -> int:
        """Return how many notebooks lie in autograded/."""
        return len(list(self.root.glob(f"autograded/*/{ASSIGNMENT}/*.ipynb")))

    @property
    def said(self) -> str:
        """Return everything that the command has printed."""
        return os.pread(self._log.fileno(), MOST_SAID, 0).decode("utf-8", "replace")

    def until(self, condition: Callable[[], bool], *, what: str) -> None:
        """Wait for something that happens while the command runs. Raises AssertionError, naming `what`."""
        end = time.monotonic() + DEADLINE
        while not condition():
            assert self.process.poll() is None, f"the run ended before {what}:\n{self.said}"
            assert time.monotonic() < end, f"no sign of {what} within {DEADLINE} s:\n{self.said}"
            time.sleep(0.02)

    def until_the_middle(self) -> None:
        """Wait until some notebooks are graded and others are not."""
        self.until(lambda: self.executed >= MIDDLE, what="the middle of the run")
        self.traces.processes()
        assert self.executed < NOTEBOOKS, "the run was over before it could be disturbed"

    def end(self) -> int:
        """Wait for the end of the command; return its exit code."""
        end = time.monotonic() + DEADLINE
        while self.process.poll() is None and time.monotonic() < end:
            self.traces.processes()
            time.sleep(LOOKS_EVERY)
        assert self.process.poll() is not None, f"the run did not end within {DEADLINE} s:\n{self.said}"
        return int(self.process.returncode)

    def stop(self) -> None:
        """End the command by force, if it still runs."""
        self.process.kill()
        self.process.wait()
        self._log.close()

    # What it consists of

    def box_templates(self) -> list[psutil.Process]:
        """Return the processes that fork boxes."""
        return self._first_to_run(BOX_TEMPLATE)

    def judge_templates(self) -> list[psutil.Process]:
        """Return the processes that fork judges."""
        return self._first_to_run(JUDGE_TEMPLATE)

    def _first_to_run(self, module: str) -> list[psutil.Process]:
        """Return the processes that run a module, without their forks."""
        found = {process.pid: process for process in self.traces.processes() if runs(process, module)}
        return [process for process in found.values() if process.ppid() not in found]

    def judges(self) -> list[psutil.Process]:
        """Return the judges at work."""
        return [judge for template in self.judge_templates() for judge in children(template)]

    def wardens(self) -> list[psutil.Process]:
        """Return the processes that watch a box each."""
        return [warden for template in self.box_templates() for warden in children(template)]

    def boxes(self) -> list[psutil.Process]:
        """Return the first process of each box."""
        return [box for warden in self.wardens() for box in children(warden)]


def children(process: psutil.Process) -> list[psutil.Process]:
    """Return the living children of a process, none when it has ended."""
    try:
        return [child for child in process.children() if lives(child)]
    except psutil.NoSuchProcess:
        return []


def killed(
    command: Command, found: Callable[[], list[psutil.Process]], what: str, *, young: bool = False
) -> None:
    """Kill the first process that is found, in the middle of a run.

    `young` asks for one that was not there at the last look: it has its work before it.
    """
    known = {process.pid for process in found()} if young else set()

    def strike() -> bool:
        return any(_killed(process) for process in found() if process.pid not in known)

    command.until(strike, what=what)


def _killed(process: psutil.Process) -> bool:
    """Kill a process; say whether it lived until then."""
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return False
    try:
        if not lives(process):
            return False
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        return True
    finally:
        os.close(handle)
