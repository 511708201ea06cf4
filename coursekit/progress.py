"""How far a notebook is, part by part: the last cell of every notebook shows it.

It tells what the visible checks said when they last ran, and never that everything is right: what a part is
worth is decided when the notebook is graded. `python -m coursekit.selfcheck` gives the same report of a file.
"""

from __future__ import annotations

import html
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coursekit.cell_faults import (
    Cell,
    answer_texts,
    borrowed,
    broken_given,
    cells_of,
    faults,
    stopped_cells,
)
from coursekit.display import COLOURS, STYLE, being_graded, displayed, show
from coursekit.handed_out import HandedOut, handed_out, label, worth
from coursekit.part_states import (
    CANNOT,
    NOT_RUN,
    NOT_STARTED,
    PASSED,
    READ,
    STARTED,
    UNFINISHED,
    WRONG,
    Given,
    State,
    states,
)
from coursekit.run_record import Run, record

PLAIN = ("#ffffff", "#4d4d4d")
# Green says that something was found right. An answer that was only read, or waits for a person, is blue.
TONES = {
    PASSED: COLOURS["ok"],
    READ: COLOURS["note"],
    STARTED: COLOURS["note"],
    WRONG: COLOURS["wrong"],
    UNFINISHED: COLOURS["wrong"],
    CANNOT: ("#fff6dd", "#7a4b00"),
    NOT_RUN: ("#fff6dd", "#7a4b00"),
    NOT_STARTED: PLAIN,
}
LARGEST = 100_000_000  # bytes of a notebook file
CELL = "text-align:left;vertical-align:top;padding:0.25em 0.8em 0.25em 0.5em;color:#1a1a1a;"
NEVER_ALL = "No visible check can say that a part is right: that is decided when the notebook is graded."


@dataclass(frozen=True)
class Report:
    """Where a notebook stands. A notebook shows it as a table, a terminal as text."""

    title: str
    states: Sequence[State]
    faults: Sequence[str] = ()
    footer: str = NEVER_ALL

    @property
    def summary(self) -> str:
        """Return the counts by kind of part. No points: none is earned before the notebook is graded."""
        typed = [s for s in self.states if s.part.typed or s.word == READ]
        code = [s for s in self.states if s.part.check and s not in typed]
        written = [s for s in self.states if not s.part.check]
        said = []
        if code:
            parts = "part" if len(code) == 1 else "parts"
            said.append(f"Visible checks passed: {_count(code, PASSED)} {parts} with code.")
        if typed:
            said.append(
                f"Typed answers that can be read: {_count(typed, READ)}; "
                "whether they are right is said when the notebook is graded."
            )
        if written:
            said.append(f"Written answers started: {_count(written, STARTED)}.")
        return " ".join(said)

    def __repr__(self) -> str:
        width = max((len(label(s.part.name)) for s in self.states), default=0)
        lines = [self.title, self.summary, ""]
        lines += [f"!  {fault}" for fault in self.faults]
        lines += [""] if self.faults else []
        for state in self.states:
            head = f"{label(state.part.name):{width}}  {worth(state.part.points):>9}  "
            said = f"{state.word}: {state.detail}" if state.detail else state.word
            lines.append(head + said.replace("\n", "\n" + " " * len(head)))
        return "\n".join([*lines, "", self.footer])

    def _repr_html_(self) -> str:
        fill, edge = COLOURS["note"]
        box = STYLE.format(fill=fill, edge=edge).replace("white-space:pre-wrap;font-family:monospace", "")
        return (
            f'<div role="status" style="{box}"><strong>{_text(self.title)}</strong><br>{_text(self.summary)}'
            + "".join(_fault(sentence) for sentence in self.faults)
            + '<table style="border-collapse:collapse;margin:0.5em 0;background:#ffffff">'
            + f"<tr>{_head('part')}{_head('points')}{_head('visible check')}{_head('')}</tr>"
            + "".join(_row(state) for state in self.states)
            + f"</table>{_text(self.footer)}</div>"
        )


def _count(some: Sequence[State], word: str) -> str:
    return f"{sum(state.word == word for state in some)} of {len(some)}"


def _text(words: str) -> str:
    return html.escape(words).replace("\n", "<br>")


def _fault(sentence: str) -> str:
    fill, edge = COLOURS["wrong"]
    style = f"background:{fill};border-left:5px solid {edge};padding:0.3em 0.6em;margin:0.3em 0;color:#1a1a1a"
    return f'<div style="{style}">{_text(sentence)}</div>'


def _head(name: str) -> str:
    return f'<th style="{CELL}background:#ffffff;border-bottom:1px solid #767676">{name}</th>'


def _row(state: State) -> str:
    """Return one row of the table: words first, colour second."""
    fill, edge = TONES[state.word]
    style = f"{CELL}background:{fill};border-bottom:1px solid #d0d0d0;"
    detail = f"{style}white-space:pre-wrap;max-width:40em"
    return (
        f'<tr><td style="{style}">{_text(label(state.part.name))}</td>'
        f'<td style="{style}">{state.part.points:g}</td>'
        f'<td style="{style}color:{edge};white-space:nowrap"><strong>{state.word}</strong></td>'
        f'<td style="{detail}">{html.escape(state.detail)}</td></tr>'
    )


def progress(lesson: str) -> None:
    """Show how far the notebook of a lesson is. When a class is graded it does nothing; it never raises."""
    if being_graded():
        return
    found = _saved(lesson)
    if found is None:
        show(
            "note",
            f"{lesson}.ipynb was not found beside this kernel, so nothing can be said about its parts. Save "
            f"the notebook under that name, or run: python -m coursekit.selfcheck {lesson}.ipynb",
        )
        return
    notebook, handed = found
    displayed(report_of_kernel(notebook, handed, record.runs))


def report_of_kernel(notebook: Any, handed: HandedOut, runs: Mapping[tuple[str, str], Run]) -> Report:
    """Return the report on a notebook, as it was last saved, whose cells ran in this kernel."""
    footer = f"Checks: as they last ran. Texts and cells: as last saved. {NEVER_ALL}"
    return report_of(f"{handed.lesson}: where you stand", notebook, handed, runs, footer=footer)


def report_of(
    title: str,
    notebook: Any,
    handed: HandedOut,
    runs: Mapping[tuple[str, str], Run],
    *,
    stopped: str = "",
    footer: str = NEVER_ALL,
) -> Report:
    """Return the report on a notebook's cells and their last runs."""
    cells, ran = cells_of(notebook, handed), named(runs, handed)
    beside = [Cell(cell, "code", run.text) for (cell, _), run in runs.items() if run not in ran.values()]
    needs = borrowed(cells, ran, beside, handed)
    given = Given(*broken_given(cells, ran, handed))
    found = states(handed, answer_texts(cells, handed), ran, stopped, needs, given)
    return Report(title, found, [*faults(cells, handed), *stopped_cells(cells, ran, handed)], footer)


def named(runs: Mapping[tuple[str, str], Run], handed: HandedOut) -> dict[str, Run]:
    """Return the last run of each marked cell by its id, or by its head where the application gives none."""
    heads = {handed.head(name): name for name in handed.cells if handed.head(name)}
    found: dict[str, Run] = {}
    for (cell_id, first), run in runs.items():
        name = cell_id if cell_id in handed.cells else heads.get(first, "")
        if name and (name not in found or found[name].number < run.number):
            found[name] = run
    return found


def _saved(lesson: str) -> tuple[Any, HandedOut] | None:
    """Return the notebook of a lesson, as it was last saved, and what was handed out, if it is found."""
    for path in _places(lesson):
        notebook = read_json(path)
        handed = handed_out(notebook)
        if handed and handed.lesson == lesson:
            return notebook, handed
    return None


def _places(lesson: str) -> Iterator[Path]:
    """Yield where the notebook of this kernel may lie: where Jupyter says, else in or below the folder."""
    if session := os.environ.get("JPY_SESSION_NAME"):
        yield Path(session)
    yield Path(f"{lesson}.ipynb")
    yield from sorted(Path().glob(f"*{lesson}*.ipynb"))
    yield from sorted(Path().glob(f"*/{lesson}.ipynb"))


def read_json(path: Path) -> Any:
    """Return what a notebook file holds, None if it cannot be read."""
    try:
        if path.stat().st_size > LARGEST:
            return None
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
