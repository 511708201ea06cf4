"""The settings that make Formgrader's pages ours; `nbgrader_config.py` puts them in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from utils.formgrader.button_log import shorten_logs
from utils.formgrader.inert import escaped, inert, nonce, ours, policy
from utils.formgrader.marking import MarkingSheets, prose

TEMPLATES = Path(__file__).parent / "templates"


def filters(root: Path) -> Mapping[str, Callable[..., Any]]:
    """Return what our template asks for, by the names that it uses."""
    return {
        "escaped": escaped,
        "inert": inert,
        "marking_sheet": MarkingSheets(root),
        "nonce": nonce,
        "ours": ours,
        "policy": policy,
        "prose": prose,
    }


def show_offline(config: Any, root: Path) -> None:
    """Make Formgrader's grading page, in nbgrader's settings, the one of the course at `root`.

    nbgrader's templates stay in the path: ours, of the same name, is found first and builds on them.
    """
    from nbgrader.server_extensions.formgrader import handlers

    stock = Path(handlers.template_path)
    config.HTMLExporter.extra_template_basedirs = [str(TEMPLATES), str(stock)]
    config.HTMLExporter.extra_template_paths = [str(stock.parent)]
    config.HTMLExporter.filters = dict(filters(root))
    config.FormgradeExtension.debug = False  # all settings on a page, the gradebook's address among them
    shorten_logs(root)
