"""A Dask scheduler with two workers on this machine, one of them to be killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.faults.scratch import ROOT

START_SECONDS = 90
STOP_SECONDS = 20
SCHEDULER = ("distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard", "--no-show")
WORKER = ("distributed.cli.dask_worker", "--nthreads", "1", "--no-nanny", "--no-dashboard")


class Cluster:
    """A scheduler's address and the processes of its workers; what they print goes to a file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        file = str(folder / "scheduler.json")
        common = ["--scheduler-file", file]
        self._scheduler = self._start([*SCHEDULER, *common])
        self.workers = [self._start([*WORKER, *common, "--local-directory", str(folder)]) for _ in range(2)]
        self.address = _address(file)

    def _start(self, words: list[str]) -> subprocess.Popen[bytes]:
        with (self._folder / "dask.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *words],
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )

    def at_work(self) -> subprocess.Popen[bytes]:
        """Return the worker that has started processes of its own, the second one if both have."""
        return max(self.workers, key=lambda worker: len(psutil.Process(worker.pid).children(recursive=True)))

    def stop(self) -> None:
        """End the workers in order, then the scheduler."""
        for process in (*self.workers, self._scheduler):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _address(file: str) -> str:
    """Return the scheduler's address once both workers have reported."""
    from distributed import Client

    end = time.monotonic() + START_SECONDS
    while not Path(file).exists() and time.monotonic() < end:
        time.sleep(0.1)
    with Client(scheduler_file=file, set_as_default=False, timeout=START_SECONDS) as client:
        client.wait_for_workers(2, timeout=START_SECONDS)
        return str(client.scheduler.address)


@contextlib.contextmanager
def two_workers(folder: Path) -> Iterator[Cluster]:
    """Give a cluster; all of its processes are ended afterwards."""
    folder.mkdir()
    cluster = Cluster(folder)
    try:
        yield cluster
    finally:
        cluster.stop()
