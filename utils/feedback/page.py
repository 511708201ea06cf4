"""The page that a student reads about one notebook, as an exporter that nbgrader's own commands use.

`nbgrader_config.py` names it, so `nbgrader generate_feedback`, Formgrader's button and `course feedback`
write the same page: one file that runs nothing, loads nothing, and shows neither a test nor a key.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_solution, is_task
from traitlets import default

from utils.feedback.figures import figure_of
from utils.feedback.maps import figure_of_maps
from utils.feedback.parts import STATES, Graded, graded
from utils.feedback.prose import STYLE, html_of
from utils.feedback.shown import coloured
from utils.grading.reading import handed_in_at

# Nothing runs and nothing is loaded; the page's own style and the pictures inside it are all there is.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
TEMPLATES = Path(__file__).with_name("templates")
SUMMARY = "feedback-summary"  # the name of the <meta> element from which the list of pages is made
DIGITS = 8  # of a digest, enough to tell two versions apart


@dataclass(frozen=True)
class Version:
    """What a page is about: when it was handed in, and short digests of the answers and of the tests."""

    handed_in: datetime | None
    answers: str
    tests: str


class FeedbackPage(Exporter):  # type: ignore[misc] # nbconvert ships no types
    """Makes the HTML of a feedback page of a notebook whose cells carry the gradebook's points."""

    output_mimetype = "text/html"

    @default("file_extension")  # type: ignore[untyped-decorator] # traitlets, too
    def _html(self) -> str:
        return ".html"

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> tuple[str, Any]:
        """Return the page."""
        nb, resources = super().from_notebook_node(nb, resources=resources, **kw)
        names = resources["nbgrader"]
        about = graded(nb, names["notebook"], float(names.get("late_penalty") or 0.0))
        version = _version(nb, Path(resources.get("metadata", {}).get("path", "")))
        return page_of(about, version, names["student"], names["assignment"]), resources


def page_of(about: Graded, version: Version, student: str, assignment: str) -> str:
    """Return the HTML of a page."""
    return render(
        "page.html.j2",
        about=about,
        version=version,
        student=student,
        assignment=assignment,
        summary=json.dumps(summary_of(about)),
    )


def summary_of(about: Graded) -> dict[str, Any]:
    """Return what the list of a student's pages says of this one, as plain data."""
    states = Counter(part.state for part in about.parts)
    return {
        "title": about.title,
        "points": about.points,
        "out_of": about.out_of,
        "waiting": about.waiting,
        "states": {state: states[state] for state in STATES if states[state]},
        "not_run": about.not_run,
    }


def render(template: str, **values: Any) -> str:
    """Return a page made of a template; every value is escaped there unless it is known to be HTML."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    made.globals |= {
        "policy": POLICY,
        "style": Markup(style + STYLE),  # noqa: S704 - our own file
        "summary_name": SUMMARY,
        "states": STATES,
        "figure_of": figure_of,
        "figure_of_maps": figure_of_maps,
    }
    made.filters |= {
        "prose": lambda text: Markup(html_of(text)),  # noqa: S704 - sanitised there
        "coloured": coloured,
        "number": number,
        "moment": moment,
        "breakable": breakable,
    }
    return made


def number(points: float) -> str:
    """Return points as people write them: 3, 2.5, 0.33."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def moment(when: datetime) -> str:
    """Return a time in words, in UTC as nbgrader keeps it."""
    return f"{when.day} {when:%B %Y, %H:%M} UTC"


def breakable(name: str) -> Markup:
    """Return a name that a browser may break after `_` and `.`, and not in the middle of a word."""
    return Markup(re.sub(r"(?<=[_.])(?=.)", "<wbr>", str(escape(name))))  # noqa: S704 - escaped


def _version(notebook: NotebookNode, folder: Path) -> Version:
    cells = notebook.cells
    answers = [cell.source for cell in cells if is_solution(cell) or is_task(cell)]
    tests = [str(cell.metadata.nbgrader.get("checksum")) for cell in cells if is_grade(cell)]
    return Version(handed_in(folder), _digest(answers), _digest(tests))


def handed_in(folder: Path) -> datetime | None:
    """Return when the work in a folder was handed in, None if that is not known."""
    try:
        return handed_in_at(folder)
    except ValueError:  # the page says elsewhere that the time could not be read
        return None


def _digest(texts: list[str]) -> str:
    whole = "\0".join(texts).encode("utf-8", "replace")
    return hashlib.sha256(whole).hexdigest()[:DIGITS]
