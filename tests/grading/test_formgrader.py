"""Formgrader's buttons, pressed over HTTP in a running Jupyter server with the committed configuration."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bad_input import CASES
from graded_class import GradedClass, points_of
from scratch_course import ASSIGNMENT, Desk

TOKEN = "only-for-this-test"
START_SECONDS, REQUEST_SECONDS = 60, 60


@dataclass(frozen=True)
class Server:
    """A Jupyter server in a course, and how to ask it for something."""

    root: Path
    port: int

    def ask(self, method: str, path: str) -> Any:
        """Send a request of Formgrader's page and return the JSON of the answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/{path}", method=method, headers={"Authorization": f"token {TOKEN}"}
        )
        with urllib.request.urlopen(request, timeout=REQUEST_SECONDS) as answer:
            return json.loads(answer.read())


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the server answers; fail with its log when it does not."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            server.ask("GET", "api/status")
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"the Jupyter server did not start:\n{log.read_text(encoding='utf-8')[-3000:]}")


@pytest.fixture(scope="module")
def server(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server in a course with one good and one bad submission; stop it afterwards."""
    scratch = tmp_path_factory.mktemp("formgrader")
    desk = Desk(shutil.copytree(built, scratch / "course"))
    desk.hand_in("good", desk.solved())
    CASES["metadata"].hand_in(desk, "metadata")
    ours = {
        "HOME": str(scratch),
        "JUPYTER_CONFIG_DIR": str(scratch / "config"),
        "JUPYTER_PLATFORM_DIRS": "0",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    server = Server(desk.root, free_port())
    options = [
        f"--ServerApp.port={server.port}",
        "--ServerApp.port_retries=0",
        "--no-browser",
        "--allow-root",
    ]
    log = scratch / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", *options, f"--IdentityProvider.token={TOKEN}"],
            cwd=desk.root,
            env={**os.environ, **ours},
            stdout=output,
            stderr=output,
        )
        try:
            wait_for(server, process, log)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS)


def test_the_buttons_assign_and_autograde_do_what_the_commands_do(
    server: Server, graded: GradedClass
) -> None:
    release = server.root / "release" / ASSIGNMENT
    before = {path.name: path.read_bytes() for path in release.iterdir()}
    assigned = server.ask("POST", f"formgrader/api/assignment/{ASSIGNMENT}/assign")
    assert assigned["success"], assigned
    assert {path.name: path.read_bytes() for path in release.iterdir()} == before
    for student in ("good", "metadata"):
        answer = server.ask("POST", f"formgrader/api/submission/{ASSIGNMENT}/{student}/autograde")
        assert answer["success"], answer
    assert points_of(server.root, "good") == graded.points("renamed")
    assert points_of(server.root, "metadata") == graded.points("metadata")
    listed = {
        row["student"]: row["score"] for row in server.ask("GET", f"formgrader/api/submissions/{ASSIGNMENT}")
    }
    assert listed == {
        student: sum(points_of(server.root, student).values()) for student in ("good", "metadata")
    }
