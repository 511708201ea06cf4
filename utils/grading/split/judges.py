"""Judges from the outside: start their template once, hand each request to a fork of it, read the answer."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

CODE = Path(__file__).resolve().parents[3]
CHUNK = 1 << 20  # bytes


class JudgeFailed(RuntimeError):
    """A judge gave no answer; the message says what is known of the reason."""


class Call:
    """One request that a judge is working on. `select` says when there is something to read."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._parts: list[bytes] = []
        connection.setblocking(False)

    def fileno(self) -> int:
        """Return the file descriptor to wait for."""
        return self._connection.fileno()

    def read(self) -> str | None:
        """Take up what has arrived; return the answer once it is complete. Raises `JudgeFailed`."""
        while True:
            try:
                part = self._connection.recv(CHUNK)
            except BlockingIOError:
                return None
            except OSError:
                part = b""
            if not part:
                return self._answer()
            self._parts.append(part)

    def _answer(self) -> str:
        self._connection.close()
        _, _, rest = b"".join(self._parts).partition(b"\n")
        state, _, text = rest.partition(b"\n")
        if state == b"ok":
            return text.decode("utf-8", "surrogatepass")
        raise JudgeFailed(text.decode("utf-8", "replace") or "the judge's process ended without an answer")

    def kill(self) -> None:
        """End the judge, and with it its box. The answer will not come."""
        with suppress(JudgeFailed, OSError):
            self.read()
        said = b"".join(self._parts).partition(b"\n")[0]
        if self._connection.fileno() >= 0 and said.isdigit():
            with suppress(ProcessLookupError):
                os.kill(int(said), signal.SIGKILL)
        self._connection.close()


class Judges:
    """Owns the template of the judges. `warm` names the lessons whose checks it imports beforehand."""

    def __init__(self, warm: Sequence[str] = ()) -> None:
        self._control, theirs = socket.socketpair()
        path = [str(CODE), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._template = subprocess.Popen(
            [sys.executable, "-P", "-m", "utils.grading.split.template", str(theirs.fileno()), *warm],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
            start_new_session=True,  # Ctrl-C is for the one who asks
        )
        theirs.close()

    @property
    def pid(self) -> int:
        """Return the template's process id."""
        return self._template.pid

    @property
    def gone(self) -> bool:
        """Return whether the template has ended.

        Its end of the socket tells: nothing is written there, and it closes before the process can be waited
        for.
        """
        return bool(select.select([self._control], [], [], 0)[0])

    def start(self, do: str, **request: Any) -> Call:
        """Hand a request to a new judge. Raises `JudgeFailed` when the template is gone."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._control, [b"."], [theirs.fileno()])
            except OSError as error:
                ours.close()
                raise JudgeFailed(f"the template of the judges is gone ({error})") from None
        with suppress(OSError):  # then reading says what became of it
            ours.sendall(json.dumps({"do": do, **request}).encode())
            ours.shutdown(socket.SHUT_WR)
        return Call(ours)

    def ask(self, do: str, *, seconds: float, **request: Any) -> str:
        """Return a judge's answer. Raises `JudgeFailed`, also when it takes longer than `seconds`."""
        call = self.start(do, **request)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            select.select([call], [], [], left)
            if (answer := call.read()) is not None:
                return answer
        call.kill()
        raise JudgeFailed(f"no answer within {seconds:.0f} s")

    def close(self) -> None:
        """End the template and every judge that is still at work."""
        self._control.close()
        self._template.kill()
        self._template.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
