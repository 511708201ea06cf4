"""The judge template: a process that has imported torch and the checks, and forks one judge per request.

Started by `Judges`. It holds what students must not see, runs no student code, and is never forked into a
box: boxes come from a template of their own. Every request has a socket of its own: the judge says its
process id, reads the request, and writes "ok" or "error" and the answer.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from utils.quick_start import without_address_grammars

PR_SET_PDEATHSIG = 1
MOST_MEMORY = 4 * 2**30  # bytes of one judge; it reads what others wrote
ON_DEMAND = (  # what a check imports when it first needs it
    "matplotlib.pyplot",
    "coursekit.answers.big_o",
    "coursekit.answers.formula",
    "coursekit.answers.einsum",
    "utils.grading.split.caps",
)
PARTS = ("utils.checks", "coursekit.visible", "coursekit.figures")  # each has a module for every lesson
Requests = Mapping[str, Callable[..., str]]


def main(control: socket.socket, warm: list[str]) -> None:
    """Fork a judge for every socket that arrives on `control`, until it closes; `warm` names lessons."""
    os.environ |= {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    without_address_grammars()
    import torch

    torch.set_num_threads(1)  # threads of OpenMP do not survive a fork
    from utils.grading.box import huge_pages
    from utils.grading.box.inside.warm import warm_up
    from utils.grading.notebook_run import REQUESTS

    warm_up()
    _load(warm)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a judge: its socket says how it ended
    gc.collect()
    gc.freeze()
    huge_pages.gather()
    while True:
        message, sockets, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        with socket.socket(fileno=sockets[0]) as call:
            if os.fork() == 0:
                control.close()
                _judge(call, REQUESTS)


def _load(lessons: list[str]) -> None:
    """Import what graded cells of these lessons import, and have nbformat make its validator."""
    modules = [f"{part}.{lesson}" for lesson in lessons for part in PARTS]
    for module in (*ON_DEMAND, *modules):
        if find_spec(module):
            import_module(module)
    import nbformat

    nbformat.validate(nbformat.v4.new_notebook())


def _judge(call: socket.socket, requests: Requests) -> None:
    """Answer one request in this process, and end it."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
        call.sendall(f"{os.getpid()}\n".encode())
        with call.makefile("rb") as lines:
            request: dict[str, Any] = json.loads(lines.read())
        answer = requests[request.pop("do")](**request)
        call.sendall(b"ok\n" + answer.encode("utf-8", "surrogatepass"))
        code = 0
    except BaseException:  # the answer is the traceback then
        with suppress(OSError):
            call.sendall(b"error\n" + traceback.format_exc().strip().encode("utf-8", "backslashreplace"))
    os._exit(code)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:])
