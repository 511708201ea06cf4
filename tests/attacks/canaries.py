"""Secrets planted where an attack must not reach, and the search for them in everything a run has written."""

from __future__ import annotations

import base64
import os
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.attacks.assignment import HIDDEN_WORD

# Where a box may try to call out to. Fixed, since the text of the attack names them.
# Below the ports that a system gives to outgoing calls.
PORT = 28_611
ABSTRACT = "attack-listener-28611"
LARGEST_READ = 50_000_000  # bytes of one file; nothing that a run writes is larger


def _secret(place: str) -> str:
    return f"canary-{place}-{secrets.token_hex(8)}"


@dataclass(frozen=True)
class Canaries:
    """The planted secrets, by place, each a text that occurs nowhere else."""

    places: dict[str, str] = field(
        default_factory=lambda: {
            place: _secret(place) for place in ("environment", "key", "home", "course", "neighbour")
        }
    )

    def plant(self, root: Path, home: Path) -> dict[str, str]:
        """Write the secrets into the course and a home folder; return the environment of the grader."""
        key = root / ".course-key"
        key.write_text(self.places["key"].ljust(32))
        key.chmod(0o600)
        (root / "secret-of-the-course.txt").write_text(self.places["course"])
        (home / ".ssh").mkdir(parents=True)
        for name in (".ssh/id_rsa", ".netrc", ".canary"):
            (home / name).write_text(self.places["home"])
        return {
            **os.environ,
            "HOME": str(home),
            "COURSE_KEY_FILE": str(key),
            "COURSE_CANARY": self.places["environment"],
        }

    def found_in(self, text: bytes) -> list[str]:
        """Return the places whose secrets stand in a text: as they are, backwards, in hex or in base64."""
        words = {**self.places, "hidden tests": HIDDEN_WORD}
        return [place for place, word in words.items() if any(form in text for form in _forms(word))]


def _forms(word: str) -> Iterator[bytes]:
    raw = word.encode()
    yield raw
    yield raw[::-1]
    yield raw.hex().encode()
    # Base64 depends on where in the encoded text the word begins: the inner part of each of the three.
    for shift in range(3):
        yield base64.b64encode(bytes(shift) + raw)[4:-4]


class Listener:
    """Listens where an attack may call: a TCP port, a UDP port and an abstract socket of the host."""

    def __init__(self, port: int = PORT, abstract: str = ABSTRACT) -> None:
        self._sockets = [
            socket.create_server(("127.0.0.1", port)),
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
            socket.socket(socket.AF_UNIX),
        ]
        self._sockets[1].bind(("127.0.0.1", port))
        self._sockets[2].bind(f"\0{abstract}")
        self._sockets[2].listen()

    def heard(self) -> int:
        """Return how many calls came in."""
        return sum(map(_was_called, self._sockets))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in self._sockets:
            one.close()


def _was_called(one: socket.socket) -> bool:
    one.setblocking(False)
    try:
        if one.type == socket.SOCK_DGRAM:
            one.recv(100)
        else:
            one.accept()[0].close()
    except BlockingIOError:
        return False
    return True
