"""A class that has handed in, and the state of its course after a run that nothing disturbed."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# The modules beside this file import each other as `tests.faults`, as `python -m tests.faults.table` does.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.faults.command import Command  # noqa: E402
from tests.faults.registry import Fault  # noqa: E402
from tests.faults.scratch import NOTEBOOKS, handed_in  # noqa: E402
from tests.faults.state import State  # noqa: E402
from utils.grading.box.host import what_this_machine_can_do  # noqa: E402

Run = Callable[..., Command]
Prove = Callable[..., None]


@pytest.fixture(scope="session")
def class_to_grade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a course whose class has handed in. Copy it before it is graded."""
    machine = what_this_machine_can_do()
    if not machine.can_sandbox:
        pytest.skip(machine.why_not)
    return handed_in(tmp_path_factory.mktemp("faults") / "course")


@pytest.fixture(scope="session")
def undisturbed(class_to_grade: Path, tmp_path_factory: pytest.TempPathFactory) -> State:
    """Return the state after a run that nothing disturbed."""
    root = shutil.copytree(class_to_grade, tmp_path_factory.mktemp("undisturbed") / "course")
    command = Command(root)
    try:
        assert command.end() == 0, command.said
        assert command.traces.left() == {}
    finally:
        command.stop()
    state = State.of(root)
    assert state.recorded == NOTEBOOKS
    return state


@pytest.fixture
def course(class_to_grade: Path, tmp_path: Path) -> Path:
    """Return a course of the test's own whose class has handed in."""
    return shutil.copytree(class_to_grade, tmp_path / "course")


@pytest.fixture
def run() -> Iterator[Run]:
    """Return what starts `course grade`; what still runs is ended after the test."""
    started: list[Command] = []

    def start(root: Path, *options: str) -> Command:
        started.append(Command(root, *options))
        return started[-1]

    yield start
    for command in started:
        command.stop()


@pytest.fixture
def prove(run: Run, undisturbed: State) -> Prove:
    """Return what disturbs a run, gives the same command again, and compares with an undisturbed run.

    `mend` takes away what keeps a run from going on, `stop` ends who has worked for it elsewhere; `db` is the
    gradebook when it is not in the course.
    """

    def prove(
        fault: Fault,
        root: Path,
        *options: str,
        mend: Callable[[], object] = bool,
        stop: Callable[[], object] = bool,
        db: str | None = None,
    ) -> None:
        disturbed = run(root, *options)
        disturbed.until_the_middle()
        fault.disturb(disturbed)
        ended_as_said(fault, disturbed)
        mend()
        done = State.of(root, db).recorded
        assert done == NOTEBOOKS if fault.goes_on else 0 < done < NOTEBOOKS
        again = run(root, *options)
        assert again.end() == 0, again.said
        assert f"{done} notebooks have not changed since they were graded" in again.said
        assert State.of(root, db) == undisturbed
        stop()
        assert disturbed.traces.left() == {}
        assert again.traces.left() == {}

    return prove


def ended_as_said(fault: Fault, command: Command) -> None:
    """Wait for the end of a disturbed command; it must end and speak as the table says."""
    assert command.end() == fault.code, command.said
    assert re.search(fault.says, command.said), command.said
    assert "Traceback" not in command.said
