"""A resident of thirty lines: runs the Python text that it is sent and answers with what it printed."""

import contextlib
import io
import socket
import struct
import traceback


def serve(channel: socket.socket, limits: dict) -> None:
    names: dict = {"__name__": "__main__", "limits": limits}
    with channel.makefile("rwb") as stream:
        while length := stream.read(4):
            code = stream.read(struct.unpack("!I", length)[0]).decode()
            answer = run(code, names).encode("utf-8", "backslashreplace")
            stream.write(struct.pack("!I", len(answer)) + answer)
            stream.flush()


def run(code: str, names: dict) -> str:
    """Return what the code printed, and the last line of its error behind it."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "<box>", "exec"), names)
    except Exception:
        printed.write(traceback.format_exc().strip().rpartition("\n")[2])
    return printed.getvalue().strip()
