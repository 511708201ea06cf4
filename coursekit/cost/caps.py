"""One call under caps: its processor time and memory, taken from the process and not from the code.

`count` is exact, but its numbers are made in the process of the code that it counts, where that code could
change them. A cap cannot be talked to: at a size where the wrong order of work needs ten times as much as the
cap allows, only the right order returns the right numbers within it.

A function that lives in another process is measured by whoever holds that process: its class then has a
method `__capped__(args, *, cpu_seconds, bytes, window, read, yardstick)` that does what `capped` does here.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf, prod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

MEGABYTE = 10**6
HIGH_WATER_MARK = Path("/proc/self/clear_refs")  # where Linux lets it start again
AMPLE = 4.0  # times what the yardstick needs, slow but right code; the wrong order needs eight times as much
MOST_PATIENCE = 6.0  # times a cap, however slow the yardstick; the wrong order needs ten times


class CapExceeded(RuntimeError):
    """A call needed more than its cap; the message says how much of what.

    `in_doubt` is set where a machine that was slow for a moment could be the reason.
    """

    def __init__(self, message: str, *, in_doubt: bool = False) -> None:
        super().__init__(message)
        self.in_doubt = in_doubt


@dataclass(frozen=True)
class Spent:
    """What one call returned and needed. `peak_bytes` is what it added at most, None where nobody can say."""

    result: Any
    cpu_seconds: float
    peak_bytes: int | None


def capped(
    function: Callable[..., Any],
    args: Sequence[Any],
    *,
    cpu_seconds: float | None = None,
    bytes: int | None = None,
    window: Sequence[int] | None = None,
    read: Tensor | None = None,
    yardstick: Callable[..., Any] | None = None,
) -> Spent:
    """Return what `function(*args)` gave and needed, in one thread; with `window`, as `on_windows` calls it.

    `cpu_seconds` is the cap on a machine as fast as the one where caps are set. A slower one is given more,
    as far as the `yardstick`, slow but right code for the same arguments, needs more there.
    Memory is measured where Linux tells it. Raises CapExceeded, and whatever the call raises.
    """
    elsewhere = getattr(type(function), "__capped__", None)
    if elsewhere is not None:
        caps = {
            "cpu_seconds": cpu_seconds,
            "bytes": bytes,
            "window": window,
            "read": read,
            "yardstick": yardstick,
        }
        spent: Spent = elsewhere(function, args, **caps)
        return spent
    allowance = Allowance(cpu_seconds, measuring(yardstick, args, window, read))
    with _one_thread():
        memory, started = _Memory(), time.process_time()
        result = _called(function, args, window, read)
        spent = Spent(result, time.process_time() - started, memory.peak_bytes())
    require_within(spent, allowance, bytes=bytes)
    return spent


def _called(
    function: Callable[..., Any], args: Sequence[Any], window: Sequence[int] | None, read: Tensor | None
) -> Any:
    return function(*args) if window is None else on_windows(function, args, window, read)


def measuring(
    yardstick: Callable[..., Any] | None,
    args: Sequence[Any],
    window: Sequence[int] | None,
    read: Tensor | None,
) -> Callable[[], object] | None:
    """Return the call of a yardstick on arguments as they are now; None without one."""
    if yardstick is None:
        return None
    own = [arg.clone() if isinstance(arg, Tensor) else arg for arg in args]
    return lambda: _called(yardstick, own, window, read)


class Allowance:
    """A cap of processor time, stretched where the machine is slow or busy; None is no cap.

    How slow it is at such work right now is told by right code, the yardstick, which runs when a call has
    passed its cap. Small samples of a pace told too little: what is slow may be shared memory, or the steps
    of a loop in Python. So the yardstick is the slowest right way that is known. `most` is what
    none can stretch the time to.
    """

    def __init__(self, cap: float | None, yardstick: Callable[[], object] | None = None) -> None:
        self._cap, self._yardstick = cap, yardstick
        self.seconds = inf if cap is None else cap  # what a call may use, as far as is known
        self.most = self.seconds if yardstick is None else MOST_PATIENCE * self.seconds

    def passed_by(self, seconds: float) -> bool:
        """Return whether a call that has used so much has used too much."""
        if seconds > self.seconds and self._yardstick is not None:
            self._stretch(_processor_time(self._yardstick))
            self._yardstick = None
        return seconds > self.seconds

    def _stretch(self, yardstick: float) -> None:
        assert self._cap is not None
        self.seconds = min(max(self._cap, AMPLE * yardstick), self.most)


def _processor_time(work: Callable[[], object]) -> float:
    with _one_thread():
        started = time.process_time()
        work()
        return time.process_time() - started


def require_within(spent: Spent, allowance: Allowance, *, bytes: int | None) -> None:
    """Raise CapExceeded when a call needed more than it may."""
    if allowance.passed_by(spent.cpu_seconds):
        needed, ample = spent.cpu_seconds, allowance.seconds
        told = f"needed {needed:.1f} s of processor time, where {ample:.1f} s are ample"
        raise CapExceeded(told, in_doubt=needed < allowance.most)
    if bytes is not None and spent.peak_bytes is not None and spent.peak_bytes > bytes:
        held, enough = spent.peak_bytes / MEGABYTE, bytes / MEGABYTE
        raise CapExceeded(f"needed {held:.0f} MB of memory, where {enough:.0f} MB are ample")


def on_windows(
    function: Callable[..., Any], args: Sequence[Any], shape: Sequence[int], read: Tensor | None = None
) -> Any:
    """Call `function` with every vector among `args` replaced by a tensor of `shape`; return what it returns.

    The rows of that tensor are windows of the vector, each one entry further on. So a large input is made,
    where the function is, from few numbers. A large result is read there too: with `read`, each of its rows
    is returned as one number, its product with that vector.
    """
    result = function(*(windows(arg, shape).contiguous() if _is_vector(arg) else arg for arg in args))
    return result if read is None else result @ read


def windows(numbers: Tensor, shape: Sequence[int]) -> Tensor:
    """Return the view of a vector of `numbers_for(shape)` entries whose rows are its windows in turn."""
    steps = [prod(shape[axis + 1 : -1]) for axis in range(len(shape) - 1)]
    return numbers.as_strided(tuple(shape), (*steps, 1))


def numbers_for(shape: Sequence[int]) -> int:
    """Return how long a vector is whose windows fill `shape`."""
    return prod(shape[:-1]) + shape[-1] - 1


def _is_vector(value: object) -> bool:
    return isinstance(value, Tensor) and value.dim() == 1


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Keep torch to one thread: waiting threads burn processor time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Memory:
    """The highest memory of this process from now on, above what it holds now."""

    def __init__(self) -> None:
        try:
            HIGH_WATER_MARK.write_text("5")
            self._before: int | None = _resident("VmHWM")
        except OSError:  # not Linux, or not allowed
            self._before = None

    def peak_bytes(self) -> int | None:
        return None if self._before is None else _resident("VmHWM") - self._before


def _resident(field: str) -> int:
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.split(f"\n{field}:", 1)[1].split(None, 1)[0])
