"""The first thing that runs in a box: lock, report, serve. Also the program of a cold box."""

from __future__ import annotations

import importlib
import importlib.util
import os
import random
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress

from utils.grading.box import privileges
from utils.grading.box.lockdown import Orders, lock

RESIDENT = "utils.grading.box.inside.resident"
LOCKED = b"locked"
CHANNEL, STATUS = 3, 4  # the only open files of a box at its start, besides 0, 1 and 2
MOST_TEXT = 4000  # of a failed start; the end of a traceback says most
Serve = Callable[[socket.socket, dict[str, int | float]], None]


def resident(path: str | None) -> Serve:
    """Return the function that answers requests in a box; `path` names a file that defines another one."""
    if path is None:
        module = importlib.import_module(RESIDENT)
        getattr(module, "prepare", lambda: None)()
    else:
        spec = importlib.util.spec_from_file_location("resident", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    serve: Serve = module.serve
    return serve


def run(orders: Orders, channel: int, status: int, serve: Serve | None = None) -> None:
    """Lock this process, say so on `status`, and serve until the channel closes. Does not return."""
    code = 1
    try:
        privileges.keep_only({channel: CHANNEL, status: STATUS})
        lock(orders)
        serve = serve or resident(orders.resident)
        reseed()
        modest = max(orders.limits.nice, os.getpriority(os.PRIO_PROCESS, 0))  # `nice course grade` stays nice
        os.setpriority(os.PRIO_PROCESS, 0, modest)
        os.write(STATUS, LOCKED)
        os.close(STATUS)
        serve(socket.socket(fileno=CHANNEL), orders.limits.as_dict())
        code = 0
    except BaseException:
        _tell(traceback.format_exc())
    finally:
        os._exit(code)


def _tell(problem: str) -> None:
    """Report a failed start; once the box serves, nobody listens here."""
    with suppress(OSError):
        os.write(STATUS, problem.encode("utf-8", "backslashreplace")[-MOST_TEXT:])


def reseed() -> None:
    """Give the random numbers of this process a start of their own: forks would all draw the same."""
    random.seed()
    for name, seed in (("numpy", _seed_numpy), ("torch", _seed_torch)):
        if name in sys.modules:
            seed()


def _seed_numpy() -> None:
    import numpy

    numpy.random.seed()


def _seed_torch() -> None:
    import torch

    # torch.manual_seed would also look for a GPU, which takes longer than the whole start of a box.
    torch.default_generator.manual_seed(int.from_bytes(os.urandom(8), "little"))


def main() -> None:
    """Start a cold box: `entry ORDERS CHANNEL STATUS`, the numbers of open files."""
    orders, channel, status = (int(word) for word in sys.argv[1:])
    with os.fdopen(orders) as text:
        run(Orders.from_text(text.read()), channel, status)


if __name__ == "__main__":
    main()
