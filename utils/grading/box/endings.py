"""How a box ends when no limit was passed and no code of it exited, in sentences for the student.

A judge starts a notebook over after one of these, since no cell is to blame.
"""

from __future__ import annotations

RUN_STOPPED = "the grading run was stopped"
WARDEN_ENDED = "the notebook's process and its warden ended"
FROM_OUTSIDE = frozenset({RUN_STOPPED, WARDEN_ENDED})

KILLED = "your code ended its Python process (killed)"
WARDEN_SILENT = "the notebook's process ended, and its warden gives no reason"
# Somebody outside, or code that asked the kernel for its end: believed once in a notebook.
DOUBTFUL = frozenset({KILLED, WARDEN_SILENT})
