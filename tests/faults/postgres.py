"""A PostgreSQL server of one's own, to be killed: another folder, another port, nobody else's data."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

PROGRAMS = Path("/usr/lib/postgresql")
USER = "postgres"  # the server refuses to run as root
START_SECONDS = 60


class NoServer(RuntimeError):
    """There is no server program here, or nobody to run it as; the message says which."""


def programs() -> Path:
    """Return the folder with the newest server's programs. Raises NoServer."""
    found = sorted(PROGRAMS.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise NoServer(f"no PostgreSQL server program below {PROGRAMS}")
    return found[-1].parent


class Server:
    """A server in a folder of its own. It listens on a free port of this machine."""

    def __init__(self, folder: Path) -> None:
        self._programs, self._data, self._user = programs(), folder / "data", _user()
        self.port = _free_port()
        self.url = f"postgresql://{USER}@127.0.0.1:{self.port}/{USER}"
        if self._user:
            shutil.chown(folder, self._user)
        self._run("initdb", "--no-sync", "--auth=trust", f"--username={USER}", str(self._data))
        self._process: subprocess.Popen[bytes] | None = None

    def _run(self, name: str, *words: str) -> None:
        program = self._programs / name
        subprocess.run([program, *words], check=True, capture_output=True, user=self._user, cwd="/")

    def start(self) -> None:
        """Start the server and wait until it answers. What was committed before is there again."""
        settings = {"unix_socket_directories": str(self._data), "listen_addresses": "127.0.0.1"}
        settings |= {
            "port": str(self.port),
            "fsync": "off",
        }  # a killed process loses nothing of what it wrote
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self._data.parent / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", str(self._data), *words],
                stdout=log,
                stderr=log,
                user=self._user,
                cwd="/",
            )
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, (self._data.parent / "log").read_text()
            assert time.monotonic() < end, f"PostgreSQL does not answer within {START_SECONDS} s"
            time.sleep(0.1)

    def _answers(self) -> bool:
        asked = [self._programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(asked, check=False).returncode == 0

    def kill(self) -> None:
        """Kill every process of the server."""
        assert self._process is not None
        first = psutil.Process(self._process.pid)
        for process in [first, *first.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Stop the server at once, in order."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()


@contextlib.contextmanager
def own_server() -> Iterator[Server]:
    """Give a server that runs, and nothing of it afterwards. Raises NoServer."""
    programs()
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # pytest's own folders are closed to others
    server = Server(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


def _user() -> str | None:
    """Return who the server has to run as, None for whoever runs the tests. Raises NoServer."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(USER).pw_name
    except KeyError:
        raise NoServer(f"PostgreSQL refuses to run as root, and there is no user {USER}") from None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
