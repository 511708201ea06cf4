"""What a person needs to see who grades a written answer: the mark scheme, a full answer, the figure.

The mark scheme stands in the instructor's notebook only, and goes from there to the grader's page. Executed
notebooks, from which students' pages are made, never hold it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from utils.build.clearing import MARK_SCHEME, SOLUTION, ClearingError, regions

NO_SCHEME = "There is no mark scheme for this answer."
# In a scheme, every tariff gets a paragraph: "1 point: ...", "No point for ..."; inside a line, those with a
# colon after a sentence do.
_TARIFF = re.compile(
    r"\n[ \t]*(?=(?:\d+(?:\.\d+)?|No|Half a) points?\b)|(?<=[.;])\s+(?=\d+(?:\.\d+)? points?:)"
)


@dataclass(frozen=True)
class Sheet:
    """Three things beside an answer, as HTML."""

    scheme: str
    answer: str = ""
    figures: list[str] = field(default_factory=list)


def prose(markdown: str) -> str:
    """Return markdown as HTML that can do nothing, with its formulas as MathML."""
    from utils.feedback.prose import html_of  # only a page needs it, and every nbgrader command reads this

    return html_of(markdown)


@dataclass(frozen=True)
class MarkingSheets:
    """Finds the sheet for an answer in the course at `root`."""

    root: Path

    def __call__(self, cell: NotebookNode, notebook: NotebookNode, resources: Mapping[str, Any]) -> Sheet:
        """Return the sheet of a cell. What cannot be found is said on it; nothing is raised."""
        path = self.root / "source" / resources["assignment_id"] / f"{resources['notebook_id']}.ipynb"
        try:
            texts = _regions_of(path, cell.metadata.nbgrader.grade_id)
        except (OSError, ValueError) as error:  # no such file, no notebook, marks that do not fit
            reason = f"{NO_SCHEME} {path.relative_to(self.root)}: {_reason(error)}"
            return Sheet(f"<p>{html.escape(reason)}</p>", figures=_figures(cell, notebook))
        scheme = _TARIFF.sub("\n\n", texts.get(MARK_SCHEME, NO_SCHEME))
        return Sheet(prose(scheme), prose(texts.get(SOLUTION, "")), _figures(cell, notebook))


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"{error} (line {error.line} of the cell)" if isinstance(error, ClearingError) else str(error)


def _regions_of(path: Path, name: str) -> dict[str, str]:
    """Return the marked texts of an answer. Raises OSError, ValueError."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == name:
            return {region.kind: "\n".join(region.lines) for region in regions(cell.source)}
    raise ValueError(f"there is no cell {name!r}")


def _figures(cell: NotebookNode, notebook: NotebookNode) -> list[str]:
    """Return the pictures of the drawing cells that an answer is about."""
    shows = cell.metadata.get("course", {}).get("shows", "")
    wanted = {f"draw-{name.strip()}" for name in shows.split(",") if name.strip()}
    drawn = [other for other in notebook.cells if other.get("id") in wanted]
    outputs = [output for other in drawn for output in other.get("outputs", [])]
    return [_picture(output) for output in outputs if "image/png" in output.get("data", {})]


def _picture(output: NotebookNode) -> str:
    described = output.get("metadata", {}).get("image/png", {}).get("alt", "the student's figure")
    return f'<img src="data:image/png;base64,{output.data["image/png"]}" alt="{html.escape(str(described))}">'
