"""What a release hides: solution regions, `BLANK(expression)`, hidden tests and mark schemes.

Every function takes and returns the text of one cell. Nothing here knows about notebooks.
"""

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass

SOLUTION, HIDDEN_TESTS, MARK_SCHEME = "SOLUTION", "HIDDEN TESTS", "MARK SCHEME"
REGIONS = (SOLUTION, HIDDEN_TESTS, MARK_SCHEME)
STARTER = "____()  # write your code here"
WRITTEN_STARTER = "Your answer here."
BLANKS_MODULE = "coursekit.blanks"

_EDGE = re.compile(r"\s*### (BEGIN|END) (.+?)\s*$")
_SAFE_WITHOUT_PARENTHESES = (
    ast.Name,
    ast.Constant,
    ast.Call,
    ast.Attribute,
    ast.Subscript,
    ast.List,
    ast.Dict,
)


class ClearingError(ValueError):
    """The marks in a cell do not fit; `line` is counted from 1 in the cell."""

    def __init__(self, message: str, line: int) -> None:
        self.line = line
        super().__init__(message)


@dataclass(frozen=True)
class Region:
    """Lines `first` to `last` of a cell, the two delimiters included, counted from 1."""

    kind: str
    first: int
    last: int
    indent: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Blank:
    """One `BLANK(expression)`: characters `start` to `end` of the cell; `node` is the expression."""

    start: int
    end: int
    line: int
    expression: str
    node: ast.expr


def regions(source: str) -> list[Region]:
    """Return the marked regions of a cell.

    Raises ClearingError for an unknown, nested, unopened, unclosed or empty region.
    """
    found: list[Region] = []
    opened: tuple[str, int] | None = None
    lines = source.split("\n")
    for number, line in enumerate(lines, 1):
        if edge := _EDGE.match(line):
            opened = _step(edge[1], edge[2], number, opened, lines, found)
        elif re.search(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)", line):
            raise ClearingError('a region opens with "### BEGIN ..." alone on its line', number)
    if opened:
        raise ClearingError(f"### BEGIN {opened[0]} has no ### END {opened[0]}", opened[1])
    return found


def _step(
    edge: str, kind: str, number: int, opened: tuple[str, int] | None, lines: list[str], found: list[Region]
) -> tuple[str, int] | None:
    """Return the region that is open after one delimiter; a region it closes is appended to `found`."""
    if kind not in REGIONS:
        raise ClearingError(f"{kind!r} is no region; there are {', '.join(REGIONS)}", number)
    if edge == "BEGIN":
        if opened:
            raise ClearingError(f"### BEGIN {kind} inside {opened[0]}", number)
        return kind, number
    if opened is None or opened[0] != kind:
        raise ClearingError(f"### END {kind} has no ### BEGIN {kind}", number)
    begin = lines[opened[1] - 1]
    inner = tuple(lines[opened[1] : number - 1])
    if not any(line.strip() for line in inner):
        raise ClearingError(f"the region {kind} is empty", number)
    found.append(Region(kind, opened[1], number, begin[: len(begin) - len(begin.lstrip())], inner))
    return None


def blanks(source: str) -> list[Blank]:
    """Return the calls of BLANK in the order of the text.

    Raises ClearingError if BLANK has not exactly one argument or stands inside another, and SyntaxError for
    what is no Python.
    """
    offset = _offsets(source)
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "BLANK":
            found.append(_blank(source, node, offset))
    found.sort(key=lambda blank: blank.start)
    for outer, inner in zip(found, found[1:], strict=False):
        if inner.start < outer.end:
            raise ClearingError("BLANK inside BLANK", inner.line)
    return found


def _blank(source: str, node: ast.Call, offset: Callable[[int, int], int]) -> Blank:
    """Return the blank that a call of BLANK makes."""
    if len(node.args) != 1 or node.keywords or isinstance(node.args[0], ast.Starred):
        raise ClearingError("BLANK takes one expression", node.lineno)
    start = offset(node.lineno, node.col_offset)
    end = offset(node.end_lineno or 0, node.end_col_offset or 0)
    inner = source[start + len("BLANK") : end].strip()[1:-1].strip().rstrip(",").rstrip()
    return Blank(start, end, node.lineno, inner, node.args[0])


def _offsets(source: str) -> Callable[[int, int], int]:
    """Return a function from ast's (line, byte column) to the position of a character."""
    lines = source.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    return lambda line, column: starts[line - 1] + len(lines[line - 1].encode()[:column].decode())


def fill(source: str, text: Callable[[Blank], str]) -> str:
    """Return the code with every call of BLANK replaced by a text; all around it is kept."""
    for blank in reversed(blanks(source)):
        source = source[: blank.start] + text(blank) + source[blank.end :]
    return source


def replace_regions(source: str, kind: str, text: Callable[[Region], list[str]]) -> str:
    """Return the cell with every region of a kind replaced by lines."""
    lines = source.split("\n")
    for region in reversed(regions(source)):
        if region.kind == kind:
            lines[region.first - 1 : region.last] = text(region)
    return "\n".join(lines)


def clear_solution(source: str) -> str:
    """Return a solution cell as a student receives it: `____` for a blank, one starter line for a region.

    Raises ClearingError if the cell holds neither.
    """
    starter = replace_regions(source, SOLUTION, lambda region: [region.indent + STARTER])
    cleared = fill(starter, lambda blank: "____")
    if cleared == source:
        raise ClearingError("a solution cell needs BLANK(expression) or a region ### BEGIN SOLUTION", 0)
    return cleared


def clear_written(source: str) -> str:
    """Return a written answer as a student receives it: one line in place of the model answer."""
    asked = replace_regions(source, MARK_SCHEME, lambda region: [])
    return replace_regions(asked, SOLUTION, lambda region: [WRITTEN_STARTER]).strip()


def clear_hidden_tests(source: str) -> str:
    """Return a graded cell with its visible lines only."""
    return replace_regions(source, HIDDEN_TESTS, lambda region: []).rstrip()


def clear_imports(source: str) -> str:
    """Return the code importing `____` but not BLANK, a name only authors use."""
    lines = source.split("\n")
    for node in reversed(ast.parse(source).body):
        if isinstance(node, ast.ImportFrom) and node.module == BLANKS_MODULE:
            lines[node.lineno - 1 : node.end_lineno] = _import_without_blank(node, lines)
    return "\n".join(lines)


def _import_without_blank(node: ast.ImportFrom, lines: list[str]) -> list[str]:
    """Return the lines of an import of `coursekit.blanks`, rewritten if it imports BLANK."""
    kept = [alias for alias in node.names if alias.name != "BLANK"]
    if len(kept) == len(node.names):
        return lines[node.lineno - 1 : node.end_lineno]
    names = ", ".join(alias.name + (f" as {alias.asname}" if alias.asname else "") for alias in kept)
    return [f"from {BLANKS_MODULE} import {names}"] if kept else []


def solve(source: str) -> str:
    """Return a solution cell as a perfect student leaves it: the expressions and bodies, no marks."""
    body = replace_regions(source, SOLUTION, lambda region: list(region.lines))
    return fill(body, _filled)


def _filled(blank: Blank) -> str:
    """Return the expression of a blank, in parentheses where it would otherwise bind differently."""
    plain = isinstance(blank.node, _SAFE_WITHOUT_PARENTHESES) and "#" not in blank.expression
    multi_line = "\n" in blank.expression
    if plain and not multi_line:
        return blank.expression
    return f"({blank.expression}\n)" if "#" in blank.expression else f"({blank.expression})"


def solve_written(source: str) -> str:
    """Return a written answer holding the model answer alone."""
    asked = replace_regions(source, MARK_SCHEME, lambda region: [])
    return replace_regions(asked, SOLUTION, lambda region: list(region.lines)).strip()
