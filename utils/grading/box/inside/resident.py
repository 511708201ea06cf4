"""The resident of a box: runs a student's cells, and calls what they defined, as the judge asks.

One request, one reply, in one thread. Objects that are not plain data stay here; the judge knows them by
handle. Nothing here is trusted by the judge: it is the student's process.
"""

from __future__ import annotations

import builtins
import getpass
import importlib
import itertools
import linecache
import socket
import sys
from collections.abc import Callable, Mapping
from types import FrameType, TracebackType
from typing import Any

from coursekit.blanks import EmptyBlank, UnusableBlank
from coursekit.cost import UncountedOperation
from utils.grading.box.inside import shell as shells
from utils.grading.box.inside.changes import Snapshot
from utils.grading.box.inside.outgoing import FromBox, found, type_name
from utils.grading.box.inside.shown import Collected
from utils.grading.box.inside.unpacking import FromJudge
from utils.grading.box.inside.warm import warm_up
from utils.grading.box.inside.wire import (
    FIRST,
    LONGEST_REPLY,
    LONGEST_REQUEST,
    TooLarge,
    announced_length,
    read_frame,
    write_frame,
)

# What lessons and their visible checks import; loaded before a box is forked from the template.
LOADED_EARLY = (
    *("torch", "numpy", "matplotlib.pyplot", "matplotlib_inline.backend_inline", "coursekit.cost"),
    *("coursekit.answers.questions", "coursekit.display", "coursekit.shapes"),
)
OWN_ERRORS = (EmptyBlank, UnusableBlank, UncountedOperation)
LONGEST_TEXT = 2_000  # characters of an exception's message

_prepared: list[shells.BoxShell] = []


def prepare() -> None:
    """Load what every box needs and make its shell; the template calls this once, before the first fork.

    No thread is started, and no number drawn.
    """
    for module in LOADED_EARLY:
        importlib.import_module(module)
    if not _prepared:
        warm_up()
        _prepared.append(shells.new_shell())
        _draw_once()


def _draw_once() -> None:
    """Draw an empty figure, so that fonts are looked for once and not in every box."""
    import io

    from matplotlib.figure import Figure

    figure = Figure(figsize=(1, 1))
    figure.subplots().set_title("x")
    figure.savefig(io.BytesIO(), format="png")


def serve(channel: socket.socket, limits: Mapping[str, int | float]) -> None:
    """Answer requests until the other end closes the channel."""
    prepare()
    shell = _prepared[0]
    shell.starting_dir = "."
    sys.stdout, sys.stderr = shells.Stream("stdout", shell), shells.Stream("stderr", shell)
    builtins.input = getpass.getpass = shells.no_input  # type: ignore[assignment]
    _rename_callers()
    channel.setblocking(True)
    resident = Resident(shell, limits)
    while (body := _received(channel)) is not None:
        channel.sendall(resident.answer(body))


def _rename_callers() -> None:
    """Take the name __main__ from whatever program got us here; from now on it is the notebook's."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_globals.get("__name__") == "__main__":
            frame.f_globals["__name__"] = "__box__"
        frame = frame.f_back


def _received(channel: socket.socket) -> bytearray | None:
    first = _exactly(channel, FIRST)
    return None if first is None else _exactly(channel, announced_length(first, LONGEST_REQUEST))


def _exactly(channel: socket.socket, count: int) -> bytearray | None:
    data = bytearray(count)
    view, at = memoryview(data), 0
    while at < count:
        got = channel.recv_into(view[at:])
        if not got:
            return None
        at += got
    return data


class Resident:
    """Answers one request after another."""

    def __init__(self, shell: shells.BoxShell, limits: Mapping[str, int | float]) -> None:
        self._shell, self._limits = shell, limits
        self._own_names = dict(shell.user_ns)
        self._objects: dict[int, Any] = {}
        self._handles = itertools.count(1)
        self._does: dict[str, Callable[[dict[str, Any]], Any]] = {
            "get": self._get,
            "call": lambda request: request["target"](*request["args"], **request["kwargs"]),
            "attribute": lambda request: getattr(request["target"], request["name"]),
            "item": lambda request: request["target"][request["key"]],
            "beside": lambda request: found(request["name"])(*request["args"], **request["kwargs"]),  # type: ignore[operator]
        }

    def answer(self, body: bytearray) -> bytes:
        """Return the frame that answers one request."""
        written, blobs = read_frame(body)
        reader = FromJudge(blobs, self._objects)
        request = reader.read(written)
        for handle in request["drop"]:
            self._objects.pop(handle, None)
        if request["do"] == "run":
            return self._run(request)
        return self._done(request, reader.mutables)

    def _run(self, request: dict[str, Any]) -> bytes:
        """Run a cell and return what it shows."""
        self._shell.collected = collected = Collected(self._limits)
        result = self._shell.run_cell(request["code"], store_history=True)
        error = result.error_before_exec or result.error_in_exec
        line = None if error is None else f"{type_name(error)}: {text_of(error)}"
        return self._reply(request, "ran", {"outputs": collected.finished(), "error": line})

    def _done(self, request: dict[str, Any], arguments: list[Any]) -> bytes:
        """Do what is asked and return the result, what was raised, and what became of the arguments."""
        limits = {**self._limits, "cell_output_characters": self._limits["printed_characters"]}
        self._shell.collected = Collected(limits)
        snapshot = Snapshot(arguments)
        try:
            kind, value = "value", self._does[request["do"]](request)
        except BaseException as error:  # SystemExit and KeyboardInterrupt of a student's function, too
            kind, value = "raised", described(error)
        _close_figures()
        printed = "".join(
            output.get("text", output.get("data", {}).get("text/plain", ""))
            for output in self._shell.collected.finished()
        )
        try:
            return self._reply(request, kind, value, snapshot.changed(), arguments, printed)
        except Exception as error:  # TooLarge, or an object of the student's that defies being looked at
            said = str(error) if isinstance(error, TooLarge) else "cannot be handed over"
            raised = {"type": "ValueError", "base": "ValueError", "text": f"the result {said}", "place": ""}
            return self._reply(request, "raised", raised, printed=printed)

    def _reply(
        self,
        request: dict[str, Any],
        kind: str,
        value: Any,
        changed: dict[int, Any] | None = None,
        arguments: list[Any] | None = None,
        printed: str = "",
    ) -> bytes:
        writer = FromBox(self._keep)
        body = writer.write(value)
        changes = writer.changes(changed or {}, arguments or [])
        reply = {"n": request["n"], "kind": kind, "body": body, "changed": changes}
        return write_frame({**reply, "printed": writer.write(printed)}, writer.blobs, LONGEST_REPLY)

    def _keep(self, value: object) -> int:
        handle = next(self._handles)
        self._objects[handle] = value
        return handle

    def _get(self, request: dict[str, Any]) -> Any:
        """Return a name's value. Raises NameError where no cell has defined it."""
        name, names = request["name"], self._shell.user_ns
        if name not in names or (name in self._own_names and names[name] is self._own_names[name]):
            raise NameError(f"name {name!r} is not defined")
        return names[name]


def _close_figures() -> None:
    """Forget figures that a call has left open; the next cell would show them."""
    from matplotlib import pyplot

    if pyplot.get_fignums():
        pyplot.close("all")


def described(error: BaseException) -> dict[str, str]:
    """Return an exception as text: its class, the nearest class that the judge knows, message, and place."""
    own = next((kind.__name__ for kind in OWN_ERRORS if type(error) is kind), "")
    known = next(kind for kind in type(error).__mro__ if kind.__module__ == "builtins")
    return {
        "type": type_name(error),
        "base": own or known.__name__,
        "text": text_of(error),
        "place": _place(error.__traceback__),
    }


def text_of(error: BaseException) -> str:
    """Return an exception's message, cut to LONGEST_TEXT characters."""
    try:
        return str(error)[:LONGEST_TEXT]
    except Exception:  # the class is the student's
        return ""


def _place(trace: TracebackType | None) -> str:
    """Return the innermost line of a student's cell that an exception came through, "" if through none."""
    place = ""
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_globals.get("__name__") == "__main__":
            line = linecache.getline(frame.f_code.co_filename, trace.tb_lineno).strip()
            place = f"in line {trace.tb_lineno} of its cell: {line}"
        trace = trace.tb_next
    return place
