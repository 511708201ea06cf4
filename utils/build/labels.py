"""What the build adds to a release: a head line in every marked cell, the last cells, the notebook's note.

All of it is worked out of the cells themselves, so the proof that nothing leaks can work it out again and
compare. Lessons and source notebooks do without.
"""

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from nbformat import NotebookNode, from_dict

from coursekit.handed_out import HandedOut, Part, digest, head_line, text_of, version
from utils.build.announced import Announced, announced_by
from utils.build.lessons import Cell, Role
from utils.build.names import names_of
from utils.build.notebooks import FLAGS, PREFIX, nbgrader_metadata

LAST_PROSE = """\
## Where you stand

The last cell shows how far you are. Run it whenever you like, and as often as you like; it earns nothing and
costs nothing. It knows what the visible checks said when you last ran them."""
LAST_CODE = """\
from coursekit.progress import progress

progress("{lesson}")"""
LAST_NAMES = ("where-you-stand", "progress")


def role_of(cell: Mapping[str, Any]) -> Role | None:
    """Return the role of a cell, read off nbgrader's flags; None if it has no mark."""
    mark = cell["metadata"].get("nbgrader")
    if not mark:
        return None
    flags = tuple(bool(mark.get(flag)) for flag in ("grade", "solution", "locked"))
    return next((role for role, known in FLAGS.items() if known == flags), None)


def part_of(cell: Mapping[str, Any], role: Role) -> str:
    """Return the name of the part that a marked cell belongs to: its id without the prefix of its role."""
    name = str(cell["metadata"]["nbgrader"]["grade_id"])
    return name.removeprefix(PREFIX[role])


def heads(cells: list[Any]) -> dict[str, str]:
    """Return the head line of every marked cell, by grade id; a cell to fill in says what its check says."""
    marked = [(cell, role) for cell in cells if (role := role_of(cell))]
    points = {
        part_of(cell, role): float(cell["metadata"]["nbgrader"]["points"])
        for cell, role in marked
        if role in ("graded", "written")
    }
    found = {}
    for cell, role in marked:
        part = part_of(cell, role)
        known = part if role != "locked" and part in points else ""
        found[str(cell["metadata"]["nbgrader"]["grade_id"])] = head_line(role, known, points.get(known, 0))
    return found


def add_heads(cells: list[NotebookNode]) -> None:
    """Put its head line at the top of every marked cell; prose gets an empty line below it."""
    lines = heads(cells)
    for cell in cells:
        if role_of(cell):
            gap = "\n" if cell.cell_type == "code" else "\n\n"
            cell.source = lines[cell.metadata.nbgrader.grade_id] + gap + cell.source


def without_heads(cells: list[Any]) -> list[str]:
    """Return the texts of released cells without the lines that `add_heads` puts there."""
    lines = heads(cells)
    texts = []
    for cell in cells:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        texts.append(text_of(cell).removeprefix(lines[name]).lstrip("\n") if name in lines else text_of(cell))
    return texts


def last_cells(lesson: str) -> list[NotebookNode]:
    """Return the cells that end every notebook: some prose, and the read-only one that shows the progress."""
    prose, code = LAST_NAMES
    shows = Cell("locked", code, LAST_CODE.format(lesson=lesson))
    plain = {"cell_type": "markdown", "id": prose, "metadata": {}, "source": LAST_PROSE}
    locked: dict[str, object] = {
        "cell_type": "code",
        "execution_count": None,
        "id": PREFIX["locked"] + code,
        "metadata": {"nbgrader": nbgrader_metadata(shows)},
        "outputs": [],
        "source": shows.source,
    }
    return [from_dict(plain), from_dict(locked)]


def note(assignment: str, lesson: str, cells: list[Any]) -> dict[str, Any]:
    """Return the note on a released notebook, from its released cells and the visible checks they call."""
    marked = [cell for cell in cells if role_of(cell)]
    digests = {str(cell["metadata"]["nbgrader"]["grade_id"]): digest(text_of(cell)) for cell in marked}
    parts = tuple(_parts(marked, announced_by(lesson)))
    made = HandedOut(assignment, lesson, version(assignment, lesson, cells), parts, digests)
    return made.to_metadata()


def _parts(marked: list[Any], announced: Announced) -> Iterator[Part]:
    """Yield the parts in the order of their checks and written answers."""
    solutions = {part_of(c, "solution"): c for c in marked if role_of(c) == "solution"}
    for cell in marked:
        role, mark = role_of(cell), cell["metadata"]["nbgrader"]
        if role == "written":
            yield Part(part_of(cell, role), mark["points"], (mark["grade_id"],))
        elif role == "graded":
            name = part_of(cell, role)
            answers = [name] if name in solutions else _used_by(cell, solutions)
            more, typed = announced.by(text_of(cell))
            yield Part(name, mark["points"], tuple(answers), mark["grade_id"], more, typed)


def _used_by(check: Any, solutions: Mapping[str, Any]) -> list[str]:
    """Return the solution cells that bind a name which the visible lines of a check use."""
    used = names_of(ast.parse(text_of(check))).used
    return [name for name, cell in solutions.items() if used & set(names_of(ast.parse(text_of(cell))).bound)]
