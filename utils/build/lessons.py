"""A lesson as text: cells, and the mark that says what each cell is for.

The text is jupytext's percent format. A mark stands on the line that opens the cell:

    # %% solution="mean"
    # %% graded="mean" points=2 spec="A1a" kind="formula"

`read` and `write` are inverse up to blank lines at the ends of cells.
"""

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import jupytext
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

Role = Literal["prose", "locked", "solution", "graded", "written", "draw"]
ROLES: tuple[Role, ...] = get_args(Role)
MARKS = ROLES[1:]
EXTRA_KEYS: Mapping[str, tuple[str, ...]] = {
    "graded": ("points", "spec", "kind"),
    "written": ("points", "spec", "kind", "shows"),
}
NAME = re.compile(r"[a-zA-Z0-9_-]+")
WORD = re.compile(r"[\w.,+-]*")

# Magics are no Python: a lesson without them can be linted, parsed and checked.
PERCENT = {"extension": ".py", "format_name": "percent", "comment_magics": False}
CELL_START = re.compile(r"# %%(\s|$)")
# What the format, in this or an older dialect, would take for the start of a cell.
LIKE_A_START = re.compile(r"(# ?)*%%|# <(code|markdown)cell>|# In\s?\[")


@dataclass(frozen=True)
class Problem:
    """One thing to change in a lesson, and the place of it."""

    place: str
    cell: str
    message: str

    def __str__(self) -> str:
        """Return `path:line: cell: message`."""
        return f"{self.place}: {self.cell}: {self.message}"


class ContractError(ValueError):
    """A lesson breaks the rules of its cells; `problems` lists every breach found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True)
class Cell:
    """One cell: its role, its name (empty for prose), its text, and the line of the lesson that opens it.

    `shows` names the drawing cells, with commas between them, whose figures a person needs to see who reads
    a written answer.
    """

    role: Role
    name: str
    source: str
    points: int = 0
    spec: str = ""
    kind: str = ""
    line: int = 0
    shows: str = ""

    @property
    def is_code(self) -> bool:
        """Return whether the cell is run."""
        return self.role not in ("prose", "written")

    @property
    def title(self) -> str:
        """Return how messages call the cell: `graded "mean"`."""
        return f'{self.role} "{self.name}"' if self.name else self.role


@dataclass(frozen=True)
class Lesson:
    """The cells of one notebook, in order; `path` is what messages quote."""

    name: str
    cells: tuple[Cell, ...]
    path: str = ""

    def problem(self, cell: Cell, message: str, line: int = 0) -> Problem:
        """Return a problem at a line of a cell, counted from 1; 0 is the line with the mark."""
        return Problem(f"{self.path or self.name}:{cell.line + line}", cell.title, message)

    def with_role(self, *roles: Role) -> list[Cell]:
        """Return the cells that have one of the roles."""
        return [cell for cell in self.cells if cell.role in roles]


def lesson_paths(root: Path, assignment: str) -> list[Path]:
    """Return the lesson files of an assignment, sorted by name.

    Raises FileNotFoundError if there are none.
    """
    folder = root / "lessons" / assignment
    paths = sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
    if not paths:
        raise FileNotFoundError(f"no lessons in {folder}")
    return paths


def load(path: Path) -> Lesson:
    """Return the lesson in a file. Raises ContractError on a malformed mark."""
    name = path.stem
    return read(path.read_text(encoding="utf-8"), name, f"lessons/{path.parent.name}/{path.name}")


def read(text: str, name: str, path: str = "") -> Lesson:
    """Return the lesson written in `text`. Raises ContractError on malformed marks."""
    notebook = jupytext.reads(text, fmt=PERCENT)
    lines = [number for number, line in enumerate(text.splitlines(), 1) if CELL_START.match(line)]
    if len(lines) != len(notebook.cells):
        what = 'every cell opens with "# %%" at the start of a line, and nothing else may look like that'
        raise ContractError([Problem(f"{path or name}:1", "lesson", what)])
    cells, problems = [], []
    for line, raw in zip(lines, notebook.cells, strict=True):
        metadata = {key: value for key, value in raw.metadata.items() if key != "lines_to_next_cell"}
        cell, complaint = _marked(raw.cell_type, metadata, tidy(raw.source, raw.cell_type), line)
        cells.append(cell)
        if complaint:
            problems.append(Problem(f"{path or name}:{line}", cell.title, complaint))
    if problems:
        raise ContractError(problems)
    return Lesson(name, tuple(cell for cell in cells if cell.source or cell.name), path)


def _marked(cell_type: str, metadata: Mapping[str, Any], source: str, line: int) -> tuple[Cell, str]:
    """Return the cell that the mark describes, and what is wrong with the mark."""
    marks = [mark for mark in MARKS if mark in metadata]
    role: Role = marks[0] if marks else "prose"
    name = str(metadata.get(role, ""))
    points = metadata.get("points", 0)
    spec, kind = str(metadata.get("spec", "")), str(metadata.get("kind", ""))
    shows = str(metadata.get("shows", ""))
    cell = Cell(role, name, source, points if type(points) is int else 0, spec, kind, line, shows)
    return cell, _complaint(cell_type, cell, marks, metadata)


def _complaint(cell_type: str, cell: Cell, marks: list[Role], metadata: Mapping[str, Any]) -> str:
    """Return what is wrong with a mark, or an empty text."""
    allowed = {cell.role, *EXTRA_KEYS.get(cell.role, ())}
    unknown = sorted(key for key in metadata if key not in allowed)
    if cell_type == "code" and not marks:
        return f"a code cell needs one mark of {', '.join(m for m in MARKS if m != 'written')}"
    if len(marks) > 1:
        return f"one mark per cell, not {' and '.join(marks)}"
    if (cell_type == "code") != cell.is_code or cell_type == "raw":
        return f"a {cell_type} cell cannot be {cell.role}"
    if unknown:
        return f"unknown key {', '.join(unknown)}; a {cell.role} cell may have {', '.join(sorted(allowed))}"
    return name_complaint(cell) or points_complaint(cell, metadata.get("points"))


def name_complaint(cell: Cell) -> str:
    """Return what is wrong with the name, spec or kind of a cell, or an empty text."""
    if cell.role != "prose" and not NAME.fullmatch(cell.name):
        return "a name is made of letters, digits, - and _"
    if not all(WORD.fullmatch(text) for text in (cell.spec, cell.kind, cell.shows)):
        return "spec, kind and shows are made of letters, digits and . , + - _"
    return ""


def points_complaint(cell: Cell, points: object) -> str:
    """Return what is wrong with the points a mark states, or an empty text."""
    if cell.role in EXTRA_KEYS and not (type(points) is int and points > 0):
        return f"points is a positive whole number, not {points!r}"
    return ""


def write(lesson: Lesson) -> str:
    """Return the lesson as text.

    Raises ContractError if a line of a cell would be read as the start of another cell.
    """
    broken = [
        lesson.problem(cell, "a line that starts like a cell of a lesson would start one; reword it")
        for cell in lesson.cells
        if any(LIKE_A_START.match(line) for line in cell.source.splitlines())
    ]
    if broken:
        raise ContractError(broken)
    notebook = new_notebook(cells=[_raw(cell) for cell in lesson.cells])
    notebook.metadata["jupytext"] = {"notebook_metadata_filter": "-all", "cell_metadata_filter": "all"}
    return str(jupytext.writes(notebook, fmt=PERCENT))


def _raw(cell: Cell) -> Any:
    """Return a notebook cell with the mark as its metadata, in the order of the format's examples."""
    metadata: dict[str, object] = {cell.role: cell.name} if cell.name else {}
    if cell.points:
        metadata["points"] = cell.points
    metadata |= {key: text for key, text in _texts(cell) if text}
    make = new_code_cell if cell.is_code else new_markdown_cell
    return make(cell.source, metadata=metadata)


def _texts(cell: Cell) -> tuple[tuple[str, str], ...]:
    """Return the marks of a cell that are texts, empty ones too, in the order in which they are written."""
    return ("spec", cell.spec), ("kind", cell.kind), ("shows", cell.shows)


def tidy(source: str, cell_type: str) -> str:
    """Return the text without what editors add: blank lines at both ends, spaces after code."""
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    lines = [line.rstrip() if not line.strip() else line for line in text.split("\n")]
    text = "\n".join(lines).strip("\n").rstrip()
    return _without_trailing_spaces(text) if cell_type == "code" else text


def _without_trailing_spaces(code: str) -> str:
    """Return the code without spaces at line ends, unless they lie inside a string and so mean something."""
    bare = "\n".join(line.rstrip() for line in code.split("\n"))
    try:
        return bare if ast.dump(ast.parse(bare)) == ast.dump(ast.parse(code)) else code
    except (SyntaxError, ValueError):
        return bare
