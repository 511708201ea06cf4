"""A call of a student's function under caps, measured from outside the box.

The box holds the counter, so its counts can be forged. What its processes use is known to the kernel, and the
result is compared on this side.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from coursekit.cost import Allowance, Spent, measuring, require_within
from coursekit.cost.caps import MEGABYTE

if TYPE_CHECKING:
    from torch import Tensor

    from utils.grading.box.boxes import Box
    from utils.grading.split.session import Session
    from utils.grading.split.stand_in import StandIn

CORES = os.cpu_count() or 1
OF_ITS_OWN = 64 * MEGABYTE  # a notebook may hold before the call; what it frees then hides no more than this
ENDED = "a call at a large size used up its {:.1f} s of processor time"


def capped(
    session: Session,
    function: StandIn,
    args: Sequence[Any],
    *,
    cpu_seconds: float | None = None,
    bytes: int | None = None,
    window: Sequence[int] | None = None,
    read: Tensor | None = None,
    yardstick: Callable[..., Any] | None = None,
) -> Spent:
    """Return what `coursekit.cost.capped` returns, for a function that lives in the session's box.

    Raises what that raises. A call that has used up its processor time is not waited for: it loses its box,
    and `BoxLost` says why.
    """
    box: Box = session.box  # type: ignore[assignment] # a session without caps asks less of its box
    allowance = Allowance(cpu_seconds, measuring(yardstick, args, window, read))
    box.reset_peak()
    held, used = min(box.peak_bytes(), box.bytes_at_start + OF_ITS_OWN), box.cpu_seconds()
    session.watch = _watch(box, used, allowance)
    try:
        if window is None:
            result = session.call(function, args, {})
        else:
            given = (function, tuple(args), tuple(window), read)
            result = session.beside("coursekit.cost.on_windows", given, {})
    finally:
        session.watch = None
    spent = Spent(result, box.cpu_seconds() - used, box.peak_bytes() - held)
    require_within(spent, allowance, bytes=bytes)
    return spent


def _watch(box: Box, used: float, allowance: Allowance) -> Callable[[], str]:
    """Return what says, while the call runs, why it has to end.

    It looks again when all cores together could have used up what is left: looking costs time as well.
    """
    looks_again = time.monotonic()

    def watch() -> str:
        nonlocal looks_again
        if time.monotonic() < looks_again:
            return ""
        spent = box.cpu_seconds() - used
        if spent > allowance.most:
            return ENDED.format(allowance.most)
        looks_again = time.monotonic() + (allowance.most - spent) / CORES
        return ""

    return watch
