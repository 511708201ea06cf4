"""Every fault that a run has to survive: how it is brought about, and what the command then does and says.

The tests play them, the table of the README lists them.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.faults.command import Command, killed

Disturb = Callable[[Command], None]


def by_hand(command: Command) -> None:
    """Do nothing to a run: the test itself brings the fault about."""


@dataclass(frozen=True)
class Fault:
    """A fault in the middle of a run, the exit code of the disturbed command, and what it prints, a pattern.

    `run` says in a few words what the run does. With exit code 0 it goes on by itself. `rerun` says what the
    same command does when it is given again.
    """

    what: str
    run: str
    code: int
    says: str = ""
    disturb: Disturb = by_hand
    rerun: str = "grades the rest"

    @property
    def goes_on(self) -> bool:
        """Return whether the run comes to its end."""
        return self.code == 0

    @property
    def ends(self) -> str:
        """Return how the command ends, for the table."""
        if self.code < 0:
            return signal.Signals(-self.code).name
        return f"exit code {self.code}"


def kill_the_runner(command: Command) -> None:
    """Kill the command itself."""
    command.process.kill()


def kill_a_box(command: Command) -> None:
    """Kill the first process of a box, while a student's cell runs in it."""
    killed(command, command.boxes, "a box at work", young=True)


def kill_a_warden(command: Command) -> None:
    """Kill the process that watches a box, while a student's cell runs in that box."""
    killed(command, command.wardens, "a warden at work", young=True)


def kill_a_judge(command: Command) -> None:
    """Kill a judge at work."""
    killed(command, command.judges, "a judge at work", young=True)


def kill_the_box_template(command: Command) -> None:
    """Kill the process that forks boxes."""
    killed(command, command.box_templates, "a box template")


def kill_the_judge_template(command: Command) -> None:
    """Kill the process that forks judges."""
    killed(command, command.judge_templates, "a judge template")


def press_ctrl_c(command: Command) -> None:
    """Interrupt the command and every process that shares its terminal."""
    os.killpg(command.process.pid, signal.SIGINT)


FAR = r"\d of 8 notebooks are graded; the same command goes on from there\."
DONE = "finds nothing to do"
FAULTS: Mapping[str, Fault] = {
    "runner": Fault(
        "kill -9 of the runner",
        "ends at once, and with it every judge and every box",
        -signal.SIGKILL,
        disturb=kill_the_runner,
    ),
    "box template": Fault(
        "kill -9 of the box template",
        "starts another one and grades again what was in the boxes",
        0,
        disturb=kill_the_box_template,
        rerun=DONE,
    ),
    "judge template": Fault(
        "kill -9 of the judge template",
        "starts another one and grades again what the judges had",
        0,
        disturb=kill_the_judge_template,
        rerun=DONE,
    ),
    "judge": Fault(
        "kill -9 of a judge", "hands its notebook to another judge", 0, disturb=kill_a_judge, rerun=DONE
    ),
    "box": Fault(
        "kill -9 of a box (its first process)",
        "starts the notebook over in another box; no cell is blamed",
        0,
        disturb=kill_a_box,
        rerun=DONE,
    ),
    "warden": Fault(
        "kill -9 of a warden",
        "the box ends with it; starts the notebook over in another box",
        0,
        disturb=kill_a_warden,
        rerun=DONE,
    ),
    "Dask worker": Fault(
        "kill -9 of one of two Dask workers", "the other worker does its notebooks", 0, rerun=DONE
    ),
    "PostgreSQL": Fault(
        "kill -9 of PostgreSQL, all of its processes",
        "stops and says what the database said",
        1,
        rf"course: the gradebook postgresql\S+ cannot be used: .+ {FAR}",
    ),
    "full disk": Fault(
        "the disk of the course is full",
        "stops and says so; started again on a full disk, it says so again",
        1,
        rf"course: .*(No space left on device|database or disk is full).* {FAR}",
    ),
    "read-only gradebook": Fault(
        "the gradebook cannot be written to",
        "ends before anything is graded, and says why",
        1,
        r"course: the gradebook sqlite:\S+ cannot be used: attempt to write a readonly database",
        rerun="grades everything",
    ),
    "read-only course": Fault(
        "the folder of the course cannot be written to",
        "ends before anything is graded, and says why",
        1,
        r"course: .*Read-only file system",
        rerun="grades everything",
    ),
    "two runs": Fault(
        "a second run of the same course is started",
        "the second refuses and names the process that holds the course; the first goes on",
        1,
        r"course: this course is being graded by process \d+, started 20\d\d-\S+ [\d:]+; wait for it",
        rerun=f"once the first has ended, {DONE}",
    ),
    "Ctrl-C": Fault(
        "Ctrl-C",
        "takes what is finished, ends every judge and every box, says how far it came",
        130,
        rf"course: interrupted: {FAR}",
        disturb=press_ctrl_c,
    ),
}
