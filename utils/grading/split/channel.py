"""Sending and receiving whole frames by a deadline, whatever the other end does."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable

from utils.grading.box.inside.wire import FIRST, LONGEST_REPLY, announced_length

PIECE = 2**18  # bytes read at once
WATCH_SECONDS = 0.04  # between two questions of whoever watches the box


class Ended(Exception):
    """The other end has closed the channel."""


class TookTooLong(Exception):
    """The deadline has passed."""


class Stopped(Exception):
    """Whoever watches has seen enough; `str()` says why."""


class Channel:
    """One end of a socket whose other end may send anything, or nothing, and need not read."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._deadline = 0.0
        self._watch: Callable[[], str] = str
        self._grace: Callable[[], float] = float
        end.setblocking(False)

    def unasked(self) -> bool:
        """Return whether bytes wait that no request has asked for."""
        try:
            return bool(self._end.recv(1, socket.MSG_PEEK))
        except OSError:
            return False

    def exchange(
        self,
        frame: bytes,
        deadline: float,
        watch: Callable[[], str] = str,
        grace: Callable[[], float] = float,
    ) -> bytearray:
        """Send a frame and return the body of the one that answers it.

        When the deadline has passed, `grace` says by how many seconds it lies further off.

        Raises `Ended`, `TookTooLong`, `BadFrame` for a length that is none, and `Stopped` when `watch`, asked
        every WATCH_SECONDS, returns a text.
        """
        self._deadline, self._watch, self._grace = deadline, watch, grace
        view = memoryview(frame)
        try:
            while view:
                view = view[self._send(view) :]
            return self._exactly(announced_length(self._exactly(FIRST), LONGEST_REPLY))
        except OSError:
            raise Ended from None

    def _send(self, view: memoryview) -> int:
        try:
            return self._end.send(view)
        except BlockingIOError:
            self._wait(select.POLLOUT)
            return 0

    def _exactly(self, count: int) -> bytearray:
        data = bytearray()
        while len(data) < count:
            self._wait(select.POLLIN)
            data += self._some(min(PIECE, count - len(data)))
        return data

    def _some(self, most: int) -> bytes:
        try:
            some = self._end.recv(most)
        except BlockingIOError:
            return b""
        if not some:
            raise Ended
        return some

    def _wait(self, event: int) -> None:
        """Wait until the socket is ready, at most WATCH_SECONDS."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            left += self._grace()
        if left <= 0:
            raise TookTooLong
        poll = select.poll()
        poll.register(self._end, event)
        poll.poll(min(left, WATCH_SECONDS) * 1000)
        if reason := self._watch():
            raise Stopped(reason)
