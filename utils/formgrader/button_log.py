"""What the dialog shows after a button of Formgrader was pressed."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

REFUSED = "ExchangeError: "  # how nbgrader's exchange ends after it has logged what is wrong
Capture = Callable[..., dict[str, Any]]


def readable(capture: Capture, root: Path) -> Capture:
    """Return nbgrader's way of running a command and keeping its log, without what only its authors read.

    A Jupyter server lets every line through to the log and sorts them out where it prints them; nbgrader's
    copy for the dialog has no such place.
    """

    def captured(app: Any, *args: Any, **options: Any) -> dict[str, Any]:
        before = app.log.level
        app.log.setLevel(max(before, logging.INFO))
        try:
            result = capture(app, *args, **options)
        finally:
            app.log.setLevel(before)
        if "log" in result:
            result["log"] = result["log"].replace(f"{root}/", "")
        if REFUSED in result.get("error", "").rstrip().rpartition("\n")[2]:
            del result["error"]  # a traceback; the log ends with the same reason
        return result

    return captured


def shorten_logs(root: Path) -> None:
    """Make Formgrader's dialogs readable, if this process is one that has them."""
    if api := sys.modules.get("nbgrader.apps.api"):
        from nbgrader.utils import capture_log  # as it came: settings are read again at every page

        vars(api)["capture_log"] = readable(capture_log, root)
