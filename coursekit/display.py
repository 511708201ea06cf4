"""The small coloured box in which a visible check reports: words first, colour second."""

from __future__ import annotations

import html
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

COLOURS = {"ok": ("#e6f4ea", "#1e7e34"), "wrong": ("#fdecea", "#b3261e"), "note": ("#eef3fb", "#1a4f9c")}
STYLE = (
    "background:{fill};border-left:5px solid {edge};color:#1a1a1a;padding:0.5em 0.8em;"
    "margin:0.2em 0;white-space:pre-wrap;font-family:monospace"
)


@dataclass(frozen=True)
class Box:
    """A message of tone ok, wrong or note; a notebook shows it coloured, a terminal as it stands.

    `more` is how many checks are left for when the notebook is graded, None where that is not said.
    """

    tone: str
    text: str
    more: int | None = None

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        fill, edge = COLOURS[self.tone]
        return (
            f'<div role="status" style="{STYLE.format(fill=fill, edge=edge)}">{html.escape(self.text)}</div>'
        )


def being_graded() -> bool:
    """Return whether a grader runs this notebook, so that nothing is left for later."""
    return os.environ.get("NBGRADER_EXECUTION") == "autograde"


_listeners: list[Callable[[Box], None]] = []
MOST_ANNOUNCED = 100  # boxes; no cell of the course shows more than three
# What the cell that runs now has shown; whoever follows the cells clears it.
announced: deque[Box] = deque(maxlen=MOST_ANNOUNCED)


@contextmanager
def shown_to(listener: Callable[[Box], None]) -> Iterator[None]:
    """Hand the boxes that are shown meanwhile to `listener`, in place of a notebook."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.pop()


def show(tone: str, text: str, more: int | None = None) -> None:
    """Display a box in a notebook, or print its text where there is none."""
    box = Box(tone, text, more)
    if _listeners:
        _listeners[-1](box)
        return
    announced.append(box)
    displayed(box, {} if more is None or being_graded() else {"course": {"more": more, "tone": tone}})


def displayed(shown: object, metadata: Mapping[str, object] | None = None) -> None:
    """Display an object in a notebook, with metadata for its output, or print it where there is none."""
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        print(shown)
    else:
        display(shown, metadata=dict(metadata or {}))
