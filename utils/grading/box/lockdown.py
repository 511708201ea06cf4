"""The last steps before student code may run, the same for both launchers."""

from __future__ import annotations

import base64
import ctypes
import json
import os
import signal
from dataclasses import asdict, dataclass

from utils.grading.box import landlock, privileges, system
from utils.grading.box.limits import Limits

_SET_MODE_FILTER = 1
_INSTRUCTION_BYTES = 8


@dataclass(frozen=True)
class Orders:
    """What a box that was just started needs to know; it can be sent as text."""

    uid: int | None  # None where a user namespace gave the identity already
    limits: Limits
    program: bytes  # the seccomp filter
    writable: tuple[str, ...]
    environment: dict[str, str]
    workplace: str
    resident: str | None = None  # path of a file that defines `serve`; None for the resident of notebooks

    def as_text(self) -> str:
        """Return the orders for a process that is started afresh."""
        return json.dumps(asdict(self) | {"program": base64.b64encode(self.program).decode()})

    @classmethod
    def from_text(cls, text: str) -> Orders:
        """Read what `as_text` wrote."""
        fields = json.loads(text)
        fields["limits"] = Limits(**fields["limits"])
        fields["program"] = base64.b64decode(fields["program"])
        fields["writable"] = tuple(fields["writable"])
        return cls(**fields)


def lock(orders: Orders) -> None:
    """Give up every right; what follows in this process may be a stranger's code.

    Raises OSError or StillPowerful; the caller then ends the process.
    """
    os.environ.clear()
    os.environ.update(orders.environment)
    os.chdir(orders.workplace)
    os.umask(0o022)
    privileges.limit_resources(orders.limits)
    privileges.become(orders.uid)
    system.die_with_parent(signal.SIGKILL)  # the change of the uid cleared it
    landlock.restrict(orders.writable)
    load_filter(orders.program)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def load_filter(program: bytes) -> None:
    """Put a compiled seccomp filter in force, for good. Raises OSError."""
    code = ctypes.create_string_buffer(program, len(program))
    whole = _Program(len(program) // _INSTRUCTION_BYTES, ctypes.cast(code, ctypes.c_void_p))
    system.syscall("seccomp", _SET_MODE_FILTER, 0, ctypes.byref(whole))
