"""How much a notebook asks of its reader: sizes of code cells, prose for each line, drawings left unread."""

import re
from dataclasses import dataclass
from statistics import median

from nbformat import NotebookNode

MEDIAN_LINES, P90_LINES, LONGEST_LINES, WORDS_PER_LINE = 6, 16, 35, 6.0

_MARK_LINE = re.compile(r"\s*### (BEGIN|END) ")


@dataclass(frozen=True)
class Budget:
    """What was measured: lines of code cells, words of prose per line of code, drawings without a reading."""

    median_lines: float
    p90_lines: int
    longest_lines: int
    longest_cell: str
    words_per_line: float
    unread: tuple[str, ...]

    @property
    def excesses(self) -> list[str]:
        """Return what is over budget, in words; empty if nothing is."""
        measured = [
            (
                self.median_lines > MEDIAN_LINES,
                f"median code cell {self.median_lines:g} lines, at most {MEDIAN_LINES}",
            ),
            (
                self.p90_lines > P90_LINES,
                f"90 % of code cells within {self.p90_lines} lines, at most {P90_LINES}",
            ),
            (
                self.longest_lines > LONGEST_LINES,
                f"longest code cell {self.longest_cell} {self.longest_lines} lines, at most {LONGEST_LINES}",
            ),
            (
                self.words_per_line < WORDS_PER_LINE,
                f"{self.words_per_line:.1f} words of prose per line of code, at least {WORDS_PER_LINE:g}",
            ),
        ]
        unread = [f"{cell} draws, and no prose follows to read it" for cell in self.unread]
        return [words for over, words in measured if over] + unread


def budget(notebook: NotebookNode) -> Budget:
    """Return the measures of a source notebook; blank lines and the marks of regions count as nothing.

    Hidden tests and solutions count as code. Raises ValueError if there is no code cell.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if not code:
        raise ValueError("a notebook without code has no budget")
    sizes = {cell.id: _lines(cell.source) for cell in code}
    ordered = sorted(sizes.values())
    longest = max(sizes, key=lambda name: sizes[name])
    return Budget(
        median_lines=median(ordered),
        p90_lines=ordered[-(-9 * len(ordered) // 10) - 1],
        longest_lines=sizes[longest],
        longest_cell=longest,
        words_per_line=_words(notebook) / max(1, sum(ordered)),
        unread=tuple(_unread(notebook)),
    )


def _lines(source: str) -> int:
    """Return how many lines of a code cell a reader reads."""
    return sum(1 for line in source.splitlines() if line.strip() and not _MARK_LINE.match(line))


def _words(notebook: NotebookNode) -> int:
    """Return the number of words of prose; a model answer or mark scheme is no prose of the notebook."""
    prose = [
        cell for cell in notebook.cells if cell.cell_type == "markdown" and "nbgrader" not in cell.metadata
    ]
    return sum(len(re.findall(r"\w+", cell.source)) for cell in prose)


def _unread(notebook: NotebookNode) -> list[str]:
    """Return the drawing cells that no prose follows."""
    following = [*notebook.cells[1:], None]
    return [
        cell.id
        for cell, after in zip(notebook.cells, following, strict=True)
        if "draw" in cell.metadata.get("course", {}) and (after is None or after.cell_type != "markdown")
    ]
