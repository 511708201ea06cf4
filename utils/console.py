"""Where the commands print their tables."""

from __future__ import annotations

from rich.console import Console

WIDTH = 150  # characters


def wide_console() -> Console:
    """Return a console that does not cut a table short when its output goes to a file or a log."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)
