"""A class run over a Dask scheduler with two workers of its own, one of them killed in mid-run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from graded_class import points_of
from scratch_course import ASSIGNMENT, FULL, ROOT, Desk

from utils.grading import digests
from utils.grading.class_run import Nobody, grade_class
from utils.grading.tasks import Result
from utils.grading.teams import CannotGrade

START_SECONDS = 90


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Give a scheduler's address and the processes of its two workers; all are ended afterwards."""
    file = tmp_path / "scheduler.json"
    dask = [
        sys.executable,
        "-m",
        "distributed.cli.dask_scheduler",
        "--port",
        "0",
        "--no-dashboard",
        "--no-show",
    ]
    started = [_start([*dask, "--scheduler-file", str(file)], tmp_path)]
    end = time.monotonic() + START_SECONDS
    while not file.exists() and time.monotonic() < end:
        time.sleep(0.1)
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(file)]
    worker += ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(tmp_path)]
    workers = [_start(worker, tmp_path) for _ in range(2)]
    started += workers
    from distributed import Client

    with Client(scheduler_file=str(file), set_as_default=False) as client:
        client.wait_for_workers(2, timeout=START_SECONDS)
        address = client.scheduler.address
    yield address, workers
    for process in reversed(started):
        process.kill()
        process.wait()


def _start(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "dask.log").open("ab") as log:
        return subprocess.Popen(
            command, stdout=log, stderr=log, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}
        )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_killed_worker_has_its_tasks_rerun_elsewhere_and_the_class_is_complete(
    desk: Desk, scheduler: tuple[str, list[subprocess.Popen[bytes]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "CODE_THAT_DECIDES", ())
    address, workers = scheduler
    students = [f"student-{number}" for number in range(4)]
    for student in students:
        desk.hand_in(student, desk.solved())

    class Killer(Nobody):
        def done(self, result: Result) -> None:
            if workers[0].poll() is None:
                workers[0].send_signal(signal.SIGKILL)
                workers[0].wait()

    done = grade_class(desk.root, ASSIGNMENT, students, mode="trusted", scheduler=address, watcher=Killer())
    assert [(outcome.state, outcome.log) for outcome in done] == [("graded", "")] * 4
    assert workers[0].poll() == -signal.SIGKILL
    assert [points_of(desk.root, student) for student in students] == [{**FULL, "double": 0.0}] * 4


def test_a_scheduler_that_nobody_answers_for_is_named(desk: Desk) -> None:
    desk.hand_in("ada", desk.solved())
    with pytest.raises(CannotGrade, match="no Dask scheduler answers at tcp://127.0.0.1:1"):
        grade_class(desk.root, ASSIGNMENT, ["ada"], mode="trusted", scheduler="tcp://127.0.0.1:1")
