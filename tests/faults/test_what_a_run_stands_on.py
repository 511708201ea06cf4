"""The disk, the gradebook, the database and the other machines that a run stands on give way."""

from __future__ import annotations

import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.conftest import Prove, Run, ended_as_said
from tests.faults.dask_cluster import two_workers
from tests.faults.mounts import Ballast, NoMount, ReadOnly, small_disk
from tests.faults.postgres import NoServer, own_server
from tests.faults.registry import FAULTS
from tests.faults.scratch import NOTEBOOKS
from tests.faults.state import State


def test_a_full_disk_stops_a_run_and_loses_nothing(
    run: Run, class_to_grade: Path, undisturbed: State, tmp_path: Path
) -> None:
    fault = FAULTS["full disk"]
    try:
        with small_disk(tmp_path / "disk") as disk:
            root, ballast = shutil.copytree(class_to_grade, disk / "course"), Ballast(disk)
            command = run(root)
            command.until_the_middle()
            ballast.fill()
            ended_as_said(fault, command)
            still_full = run(root)
            assert still_full.end() == 1
            assert "No space left on device" in still_full.said or "disk is full" in still_full.said
            assert "Traceback" not in still_full.said
            ballast.drop()
            done = State.of(root).recorded
            assert 0 < done < NOTEBOOKS
            again = run(root)
            assert again.end() == 0, again.said
            assert f"{done} notebooks have not changed since they were graded" in again.said
            assert State.of(root) == undisturbed
            assert [one.traces.left() for one in (command, still_full, again)] == [{}] * 3
    except NoMount as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize(
    ("key", "place"), [("read-only gradebook", "gradebook.db"), ("read-only course", ".")]
)
def test_what_cannot_be_written_to_is_said_before_anything_is_graded(
    run: Run, course: Path, undisturbed: State, key: str, place: str
) -> None:
    before = State.of(course)
    try:
        with ReadOnly(course / place) as read_only:
            command = run(course)
            ended_as_said(FAULTS[key], command)
            read_only.mend()
    except NoMount as reason:
        pytest.skip(str(reason))
    assert State.of(course) == before
    again = run(course)
    assert again.end() == 0, again.said
    assert State.of(course) == undisturbed
    assert [command.traces.left(), again.traces.left()] == [{}, {}]


def test_of_two_runs_at_once_the_second_refuses_and_the_first_is_not_disturbed(
    run: Run, course: Path, undisturbed: State
) -> None:
    first = run(course)
    first.until_the_middle()
    first.process.send_signal(signal.SIGSTOP)  # or it might be done before the second has begun
    second = run(course)
    ended_as_said(FAULTS["two runs"], second)
    first.process.send_signal(signal.SIGCONT)
    assert f"process {first.process.pid}," in second.said
    assert first.end() == 0, first.said
    again = run(course)
    assert again.end() == 0, again.said
    assert f"{NOTEBOOKS} notebooks have not changed since they were graded" in again.said
    assert State.of(course) == undisturbed
    assert [one.traces.left() for one in (first, second, again)] == [{}] * 3


def test_a_killed_postgresql_stops_a_run_and_loses_nothing(prove: Prove, course: Path) -> None:
    fault = FAULTS["PostgreSQL"]
    try:
        with own_server() as server:
            killed = replace(fault, disturb=lambda command: server.kill())
            prove(killed, course, "--db", server.url, mend=server.start, db=server.url)
    except NoServer as reason:
        pytest.skip(str(reason))


@pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed")
def test_a_killed_dask_worker_has_its_notebooks_graded_by_the_other(
    prove: Prove, course: Path, tmp_path: Path
) -> None:
    with two_workers(tmp_path / "dask") as cluster:
        killed = replace(FAULTS["Dask worker"], disturb=lambda command: cluster.at_work().kill())
        prove(killed, course, "--scheduler", cluster.address, stop=cluster.stop)
