"""The list of a student's pages of an assignment, made from what each page says of itself."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

from utils.feedback.page import SUMMARY, handed_in, render

INDEX = "index.html"
HEAD = 8_000  # characters of a page in which its summary stands


@dataclass(frozen=True)
class Entry:
    """One page of the list; `summary` is None for a page that says nothing of itself, as older ones."""

    name: str
    link: str
    summary: dict[str, Any] | None


def after_feedback(assignment: str, student: str, notebooks: Sequence[str]) -> None:
    """Write the list for the student whose notebooks nbgrader has converted; its names for the arguments.

    What was handed out beside the notebooks, and nbgrader has copied along, is taken out of the folder.
    nbgrader hides what goes wrong in a hook, so it is logged as an error as well.
    """
    course = Path.cwd()  # nbgrader has changed into the course's root
    for folder in sorted({Path(name).parent for name in notebooks}):
        pages = course / "feedback" / folder.parent.name / folder.name
        try:
            _take_out_handouts(pages, course / "release" / assignment)
            write_index(pages)
        except Exception:
            logging.getLogger("traitlets").exception("The list of pages of %s was not written.", folder)
            raise


def _take_out_handouts(folder: Path, release: Path) -> None:
    """Remove the files of the release that are no notebooks: how to set the course up is no feedback."""
    handouts = {path.name for path in release.iterdir() if path.is_file()} if release.is_dir() else set()
    for name in handouts:
        if not name.endswith(".ipynb"):
            (folder / name).unlink(missing_ok=True)


def write_index(folder: Path) -> None:
    """Write `index.html` for the pages of one student and assignment. Raises OSError."""
    entries = [_entry(path) for path in sorted(folder.glob("*.html")) if path.name != INDEX]
    known = [entry.summary for entry in entries if entry.summary]
    total = {key: sum(each[key] for each in known) for key in ("points", "out_of", "waiting")}
    page = render(
        "index.html.j2",
        entries=entries,
        total=total,
        student=folder.parent.name,
        assignment=folder.name,
        handed_in=handed_in(folder),
    )
    scratch = folder / f".{INDEX}.new"
    scratch.write_text(page, encoding="utf-8")
    scratch.replace(folder / INDEX)


def _entry(path: Path) -> Entry:
    with path.open(encoding="utf-8") as file:
        reader = _SummaryReader()
        reader.feed(file.read(HEAD))
    return Entry(path.stem, quote(path.name), reader.summary)


class _SummaryReader(HTMLParser):
    """Finds the first summary in a page's head; what stands in the body is text of a student."""

    def __init__(self) -> None:
        super().__init__()
        self.summary: dict[str, Any] | None = None
        self._in_head = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read a <meta> element of the head."""
        self._in_head = self._in_head and tag != "body"
        values = dict(attrs)
        if self._in_head and tag == "meta" and values.get("name") == SUMMARY and self.summary is None:
            self.summary = json.loads(values.get("content") or "null")
