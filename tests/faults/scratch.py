"""A small class whose cells take their time, so that there is a middle of its run."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "grading"))  # the scratch course lies there, in no package

from scratch_course import ASSIGNMENT, Desk, make_course  # noqa: E402

SECONDS = 0.6  # that the slow cell of each notebook takes
LESSONS = ("adding", "doubling")
WAIT = f"import time\n\ntime.sleep({SECONDS})\n\n"
RIGHT = f"{WAIT}def add(a, b):\n    return a + b\n"
WRONG = f"{WAIT}def add(a, b):\n    return a - b\n"
SLOW_CALL = f"import time\n\ndef add(a, b):\n    time.sleep({SECONDS / 2})\n    return a + b\n"
STUDENTS = {"ada": RIGHT, "ben": WRONG, "cyd": SLOW_CALL, "dee": RIGHT}
NOTEBOOKS = len(STUDENTS) * len(LESSONS)

__all__ = ["ASSIGNMENT", "NOTEBOOKS", "ROOT", "STUDENTS", "handed_in"]


def handed_in(root: Path) -> Path:
    """Build the scratch course in `root`, let the class hand in, and return it."""
    desk = Desk(make_course(root))
    for student, add in STUDENTS.items():
        desk.hand_in(student, desk.solved(add=add))
        desk.hand_in(student, desk.solved("doubling", double=f"{WAIT}double = 14\n"), "doubling.ipynb")
    desk.hand_in("cyd", desk.solved(add=SLOW_CALL, scale=_left_open(desk)))
    return root


def _left_open(desk: Desk) -> str:
    """Return the cell `scale` as it was handed out."""
    return str(next(cell.source for cell in desk.released().cells if cell.id == "scale"))
