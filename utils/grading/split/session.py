"""One box, as a judge sees it: run a cell, fetch a name, call what the student wrote.

Whatever a box does, a request ends by its deadline with a value, with an exception of the student's code, or
with `BoxLost`; after that the box is closed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from coursekit.boundary import changes_are_seen
from utils.grading.box.endings import DOUBTFUL, FROM_OUTSIDE
from utils.grading.box.inside.changes import apply
from utils.grading.box.inside.outgoing import ToBox
from utils.grading.box.inside.shown import Budget, Output, safe_line, safe_outputs, safe_text
from utils.grading.box.inside.unpacking import FromStudent, fields
from utils.grading.box.inside.wire import LONGEST_REQUEST, BadFrame, TooLarge, read_frame, write_frame
from utils.grading.split.channel import Channel, Ended, Stopped, TookTooLong
from utils.grading.split.errors import student_error
from utils.grading.split.stand_in import NotPlainData, StandIn, StandIns, handle_in

if TYPE_CHECKING:
    import socket

    from utils.grading.box.limits import Limits

LONGEST_ERROR = 300  # characters of a cell's error on one line
MOST_GRACE = 4.0  # times its time: what a call on a busy machine may spend waiting for a core
SECONDS_TO_SAY_WHY = 0.5  # until the warden has seen why a box ended
ENDED = "your code ended its Python process"
NOT_IN_TIME = "your code took longer than the {:g} seconds it may take"
NONSENSE = "the process that runs your code sent something that is no answer: {}"
REPLY = {"n", "kind", "body", "changed", "printed"}


class BoxLost(BaseException):
    """The box died, took too long, or sent nonsense; `str()` is the reason, a sentence for the student.

    It is no `Exception`: a check catches what student code raises, and this is not raised by student code.
    """

    def no_cell_is_to_blame(self, *, doubtful: bool) -> bool:
        """Say whether the box was ended from outside; `doubtful` is the answer where that is not certain."""
        return str(self) in FROM_OUTSIDE or (doubtful and str(self) in DOUBTFUL)


class Box(Protocol):
    """What a session needs of a box."""

    @property
    def channel(self) -> socket.socket: ...
    def why_ended(self) -> str: ...
    def cpu_seconds(self) -> float: ...
    def waited_seconds(self) -> float: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class CellRun:
    """What a cell showed, fit for a page, and its error in one line."""

    outputs: list[Output]
    error: str | None


class Session:
    """Speaks with one box. `deadline` is the monotonic time until which calls may take.

    `watch`, if there is one, is asked at least every WATCH_SECONDS while a request is out; a text that it
    returns ends the box, for that reason.
    """

    watch: Callable[[], str] | None = None

    def __init__(self, box: Box, limits: Limits) -> None:
        self.lost = ""
        self.printed: list[str] = []
        self.deadline = time.monotonic() + limits.cell_seconds
        self.box, self._limits = box, limits
        self._channel = Channel(box.channel)
        self._budget = Budget(limits.as_dict())
        self._stand_ins = StandIns(self)
        self._sequence = 0
        self._cpu_seconds = 0.0
        self._closed = False

    def run(self, code: str, seconds: float) -> CellRun:
        """Run a cell. Raises `BoxLost`."""
        deadline = time.monotonic() + seconds
        ran = self._ask({"do": "run", "code": code}, deadline)
        if not isinstance(ran, dict) or ran.keys() != {"outputs", "error"}:
            self._lose(NONSENSE.format("no outputs"))
        error = None if ran["error"] is None else safe_line(ran["error"], LONGEST_ERROR)
        return CellRun(safe_outputs(ran["outputs"], self._budget), error)

    def get(self, name: str, seconds: float) -> Any:
        """Return a copy of a name's value if it is plain data, else a stand-in.

        Raises NameError when no cell has defined the name, and `BoxLost`.
        """
        return self._ask({"do": "get", "name": name}, time.monotonic() + seconds)

    def call(self, target: StandIn, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Return what an object of the student's gives for plain data, to which its changes are made, too.

        Raises what it raises, as `student_error` has it, `NotPlainData` for other arguments, and `BoxLost`.
        """
        return self._ask({"do": "call", "target": target, "args": tuple(args), "kwargs": dict(kwargs)})

    def attribute(self, target: StandIn, name: str) -> Any:
        """Return an attribute of an object of the student's. Raises as `call` does."""
        return self._ask({"do": "attribute", "target": target, "name": name})

    def item(self, target: StandIn, key: Any) -> Any:
        """Return an item of an object of the student's. Raises as `call` does."""
        return self._ask({"do": "item", "target": target, "key": key})

    def beside(self, qualified_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Return what a function of `coursekit.boundary.BESIDE_STUDENT_CODE` gives in the box; as `call`."""
        request = {"do": "beside", "name": qualified_name, "args": tuple(args), "kwargs": dict(kwargs)}
        return self._ask(request)

    def take_printed(self) -> list[str]:
        """Return what student code has printed during calls since this was last asked."""
        taken, self.printed = self.printed, []
        return taken

    def cpu_seconds(self) -> float:
        """Return the processor time of all processes of the box, also after it was closed."""
        if not self._closed:
            self._cpu_seconds = self.box.cpu_seconds()
        return self._cpu_seconds

    def close(self) -> None:
        """Close the box; closing twice is fine."""
        if not self._closed:
            self.cpu_seconds()
            self._closed = True
            self.lost = self.lost or "the box is closed"
            self.box.close()

    def _ask(self, request: dict[str, Any], deadline: float | None = None) -> Any:
        """Return the value that answers a request, or raise what the student's code raised."""
        if self.lost:
            raise BoxLost(self.lost)
        self._sequence += 1
        packer = ToBox(lambda value: handle_in(self, value))
        message = {"n": self._sequence, "drop": self._stand_ins.take_gone(), **request}
        try:
            frame = write_frame(packer.write(message), packer.blobs, LONGEST_REQUEST)
        except TooLarge as error:
            raise NotPlainData(f"What the test hands to the student's code {error}.") from None
        body = self._exchange(frame, self.deadline if deadline is None else deadline)
        return self._taken(body, packer.mutables, seen=request["do"] == "call" and changes_are_seen())

    def _exchange(self, frame: bytes, deadline: float) -> bytearray:
        started, waited = time.monotonic(), self.box.waited_seconds()
        most = MOST_GRACE * max(0.0, deadline - started)

        def grace() -> float:
            return min(self.box.waited_seconds() - waited, most)

        try:
            if self._channel.unasked():
                raise BadFrame("more than one reply")
            return self._channel.exchange(frame, deadline, self._watched, grace)
        except Stopped as stopped:
            self._lose(str(stopped))
        except Ended:
            self._lose(self._why_ended())
        except TookTooLong:
            self._lose(self.box.why_ended() or NOT_IN_TIME.format(max(0.0, round(deadline - started, 1))))
        except BadFrame as error:
            self._lose(NONSENSE.format(error))

    def _watched(self) -> str:
        return self.watch() if self.watch else ""

    def _taken(self, body: bytearray, arguments: list[Any], *, seen: bool) -> Any:
        try:
            kind, value = self._read(body, arguments, seen=seen)
            error = student_error(value) if kind == "raised" else None
        except BadFrame as nonsense:
            self._lose(NONSENSE.format(nonsense))
        if error is not None:
            raise error
        return value

    def _read(self, body: bytearray, arguments: list[Any], *, seen: bool) -> tuple[str, Any]:
        """Return kind and value of a reply; make its changes if they are to be seen. Raises `BadFrame`."""
        reply, blobs = read_frame(body)
        if not isinstance(reply, dict) or reply.keys() != REPLY or reply["n"] != self._sequence:
            raise BadFrame("a reply to nothing that was asked")
        if reply["kind"] not in ("value", "raised", "ran") or not isinstance(reply["changed"], list):
            raise BadFrame("a reply of no known kind")
        reader = FromStudent(blobs, self._stand_ins.refer, arguments)
        value, printed = reader.read(reply["body"]), reader.read(reply["printed"])
        changes = [_change(reader, one, arguments) for one in reply["changed"]]
        for argument, content in changes if seen else ():
            apply(argument, content)
        self._print(printed)
        return reply["kind"], value

    def _print(self, text: object) -> None:
        room = self._limits.printed_characters - sum(map(len, self.printed))
        if isinstance(text, str) and text and room > 0:
            self.printed.append(safe_text(text)[:room])

    def _why_ended(self) -> str:
        """Return why the box ended, once the warden knows."""
        until = time.monotonic() + SECONDS_TO_SAY_WHY
        while not (why := self.box.why_ended()) and time.monotonic() < until:
            time.sleep(0.01)
        return why or ENDED

    def _lose(self, reason: str) -> NoReturn:
        self.lost = reason
        self.close()
        raise BoxLost(reason) from None


def _change(reader: FromStudent, written: Any, arguments: Sequence[Any]) -> tuple[Any, Any]:
    number, content = fields(written if isinstance(written, list) else [], 2)
    if type(number) is not int or not 0 <= number < len(arguments):
        raise BadFrame("a change of nothing that was handed in")
    return arguments[number], reader.read(content)
