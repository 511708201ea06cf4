"""What the cells of a notebook said when they last ran in this kernel.

`begin` has IPython tell us of every cell that ends. Only the last run of a cell counts.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Any

from coursekit import display


@dataclass(frozen=True)
class Run:
    """One cell's last run: its text, the error that ended it ("" for none), its number among all runs.

    `more` is how many checks the cell announced for later, None if it announced nothing; `only_read` says
    that it read an answer without judging it.
    """

    text: str
    error: str = ""
    number: int = 0
    more: int | None = None
    only_read: bool = False


class Record:
    """The last run of every cell, by the id that the notebook application gives, else by its first line."""

    def __init__(self) -> None:
        self.runs: dict[tuple[str, str], Run] = {}
        self._number = 0

    def begin_cell(self, info: Any) -> None:
        """Forget what an earlier cell announced."""
        display.announced.clear()

    def end_cell(self, result: Any) -> None:
        """Note how a cell ended; `result` is IPython's."""
        text = result.info.raw_cell or ""
        error = result.error_before_exec or result.error_in_exec
        self._number += 1
        boxes = [box for box in display.announced if box.more is not None]
        more = sum(box.more or 0 for box in boxes) if boxes else None
        only_read = bool(boxes) and all(box.tone == "note" for box in boxes)
        key = (str(getattr(result.info, "cell_id", None) or ""), first_line(text))
        self.runs[key] = Run(text, described(error) if error else "", self._number, more, only_read)


def first_line(text: str) -> str:
    """Return the first line of a cell, where its head stands."""
    return text.lstrip("\n").partition("\n")[0].strip()


def described(error: BaseException) -> str:
    """Return an exception as its name and message; a class of the student's own may refuse to give one."""
    try:
        message = str(error)
    except Exception:  # whatever the student's __str__ raises
        message = ""
    return f"{type(error).__name__}: {message}".removesuffix(": ")


record = Record()
_begun: list[object] = []


def begin() -> None:
    """Follow the cells of the IPython shell that runs this code; do nothing without one, or when graded.

    While nbgrader validates, warnings go to stdout: it would take a line on stderr for a failed check, which
    when graded costs nothing.
    """
    shell = _shell()
    if shell is None or shell in _begun or display.being_graded():
        return
    if os.environ.get("NBGRADER_EXECUTION") == "validate":
        sys.stderr = sys.stdout
    _begun.append(shell)
    shell.events.register("pre_run_cell", record.begin_cell)
    shell.events.register("post_run_cell", record.end_cell)


def _shell() -> Any:
    """Return IPython's shell, without loading IPython where nobody has."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None
