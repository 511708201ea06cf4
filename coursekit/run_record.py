"""What the cells of a notebook said when they last ran in this kernel.

`begin` has IPython tell us of every cell that ends. Only the last run of a cell counts.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from coursekit import display

READ_AS = " was read as: "  # in the box with which a check repeats a typed answer
UNKNOWN_NAME = re.compile(r"NameError: name '(\w+)' is not defined")
# IPython gives every cell a file's name made of digits.
PLACE_IN_FILE = re.compile(r"(?: \(detected at line \d+\))? \([\w.<>-]+, (line \d+)")


@dataclass(frozen=True)
class Run:
    """One cell's last run: its text, the error that ended it ("" for none), its number among all runs.

    `more` is how many checks the cell announced for later, None if it announced nothing; `only_read` says
    that it read an answer without judging it, and `read_as` how.
    """

    text: str
    error: str = ""
    number: int = 0
    more: int | None = None
    only_read: bool = False
    read_as: str = ""


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
        how = read_as(box.text for box in boxes)
        key = (str(getattr(result.info, "cell_id", None) or ""), first_line(text))
        said = described(error) if error else ""
        self.runs[key] = Run(text, said, self._number, more, only_read, how)


def first_line(text: str) -> str:
    """Return the first line of a cell, where its head stands."""
    return text.lstrip("\n").partition("\n")[0].strip()


def read_as(boxes: Iterable[str]) -> str:
    """Return how a check understood a typed answer, from the texts of its boxes; "" if they do not say."""
    said = (text.partition(READ_AS)[2].partition("\n")[0].strip() for text in boxes)
    return "; ".join(each for each in said if each)


def unknown_name(error: str) -> str:
    """Return the name whose lack is the error, "" for another error."""
    found = UNKNOWN_NAME.match(error)
    return found[1] if found else ""


def placed(error: str, cell: str = "") -> str:
    """Return an error of a cell with that cell's name in place of the file's that IPython made up."""
    where = f" of {cell}" if cell else ""
    return PLACE_IN_FILE.sub(lambda found: f" ({found[1]}{where}", error)


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
