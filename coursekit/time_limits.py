"""How long the cells of a notebook may run when a program runs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic


@dataclass
class TimeLimits:
    """Seconds for each cell, and for all cells of one notebook together, counted from its first cell.

    An object serves one run of one notebook. nbclient's `timeout_func` calls it before each cell.
    """

    cell: int
    notebook: int
    clock: Callable[[], float] = monotonic
    ends: float | None = None

    def __call__(self, cell: object) -> int:
        """Return the seconds that the next cell may take: at least 1, since 0 would mean no limit."""
        now = self.clock()
        if self.ends is None:
            self.ends = now + self.notebook
        return max(1, min(self.cell, int(self.ends - now)))
