"""Why graded cells did not earn everything: the first thing wrong, and the hint of a recognised mistake.

In the split run the checks say so themselves (`utils.checks.evidence.decisions`), so that no text of a
student is ever read as a hint. Where a check ran in a student's kernel only the cell's output is left, and it
is read with care: a reader still accepts only hints that the part's own table of mistakes has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from coursekit.compare import WrongAnswer
from utils.grading.box.inside.shown import safe_line
from utils.grading.running import is_graded_code
from utils.grading.scores import part_id
from utils.grading.tasks import Finding

PARTLY = "partly right: "  # how a check begins what it says of an answer in a tier
LONGEST = 300  # characters that are kept of one finding
LABELLED = re.compile(r"\n  (called with|first|hint) +")
NO_MESSAGE = "It said nothing."


def findings_of(
    notebook: NotebookNode, lesson: str, decided: Mapping[str, WrongAnswer] | None = None
) -> tuple[Finding, ...]:
    """Return a finding for every graded cell of an executed notebook that says that something is wrong.

    `decided` holds what the checks said, by the part's name within the lesson; None reads the outputs alone.
    """
    found = []
    for cell in filter(is_graded_code, notebook.cells):
        name = str(cell.metadata.nbgrader["grade_id"])
        said = _said(cell)
        if said is None:
            continue
        wrong = (decided or {}).get(part_id(lesson, name).partition(".")[2])
        if wrong is not None:
            found.append(_finding(name, wrong.first or wrong.what, wrong.hint))
        else:
            first, hint = parted(said)
            found.append(_finding(name, first, hint if decided is None else ""))
    return tuple(found)


def findings_in(path: Path, lesson: str) -> tuple[Finding, ...] | None:
    """Return the findings in the file of an executed notebook; None when there is none to be read."""
    try:
        notebook = nbformat.v4.reads_json(path.read_text(encoding="utf-8"))  # ours: not validated again
        return findings_of(notebook, lesson)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # missing, damaged, or something else
        return None


def parted(message: str) -> tuple[str, str]:
    """Return the first wrong thing and the hint in the message of a `WrongAnswer`, or its first line.

    A message in which a label stands twice has been tampered with; it has no hint.
    """
    what, *rest = LABELLED.split(message.removeprefix(PARTLY))
    labels, texts = rest[::2], rest[1::2]
    told = dict(zip(labels, texts, strict=True))
    genuine = len(told) == len(labels)
    return (told.get("first") or what.strip() or NO_MESSAGE), (told.get("hint", "") if genuine else "")


def _said(cell: NotebookNode) -> str | None:
    """Return what a graded cell says is wrong: its error, or that an answer is only partly right."""
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            kind = "" if output.ename == "WrongAnswer" else f"{output.ename}: "
            return f"{kind}{output.evalue}"
        text = str(output.get("data", {}).get("text/plain", ""))
        if output.output_type == "display_data" and text.startswith(PARTLY):
            return text
    return None


def _finding(name: str, first: str, hint: str) -> Finding:
    return Finding(name, safe_line(first, LONGEST), safe_line(hint, LONGEST))
