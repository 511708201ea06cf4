"""The contract of a lesson's cells, checked without running them.

Graded cells run in another process than the student's code, and under plain nbgrader in the same one. Both
must give the same verdict, so graded cells touch a student's work only by using it, and leave nothing behind
that other cells use. `check` reports every breach at once.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from utils.build.clearing import (
    HIDDEN_TESTS,
    MARK_SCHEME,
    SOLUTION,
    ClearingError,
    clear_hidden_tests,
    clear_solution,
    clear_written,
    regions,
)
from utils.build.lessons import Cell, ContractError, Lesson, Problem, Role, name_complaint, points_complaint
from utils.build.names import BUILT_IN, Names, names_of
from utils.build.notebooks import PREFIX, cell_id

REGIONS_OF: dict[Role, tuple[str, ...]] = {
    "solution": (SOLUTION,),
    "graded": (HIDDEN_TESTS,),
    "written": (SOLUTION, MARK_SCHEME),
}
ANY_CELL_IMPORTS = frozenset({"coursekit", "torch", "numpy", "matplotlib", "math"})
# A prediction asked for before the result is shown is drawn beside it, and earns nothing.
GUESS = "guess"
UNSAFE_CALLS = frozenset(
    [
        "isinstance",
        "issubclass",
        "type",
        "id",
        "eval",
        "exec",
        "compile",
        "globals",
        "locals",
        "vars",
        "setattr",
        "delattr",
        "__import__",
    ]
)

# A place in a cell, and what to do about it: (line counted from 1, message).
Finding = tuple[int, str]


@dataclass(frozen=True)
class _Code:
    """A code cell with its syntax tree and names."""

    cell: Cell
    tree: ast.Module
    names: Names


def check(lesson: Lesson) -> None:
    """Raise ContractError listing every breach of the contract; return None if there is none."""
    problems = [*_names_are_unique(lesson)]
    codes = []
    for cell in lesson.cells:
        findings = list(_shape(cell))
        if cell.is_code and not findings:
            code = _Code(cell, ast.parse(cell.source), names_of(ast.parse(cell.source)))
            codes.append(code)
            findings = list(_rules_of_one_cell(code))
        problems += [lesson.problem(cell, message, line) for line, message in findings]
    problems += [*_nothing_left_behind(lesson, codes), *_every_solution_is_graded(lesson, codes)]
    problems += [*_shown_figures_exist(lesson), *_no_function_crosses(lesson, codes)]
    if problems:
        raise ContractError(sorted(problems, key=lambda problem: int(problem.place.rpartition(":")[2])))


def _names_are_unique(lesson: Lesson) -> Iterator[Problem]:
    """Ids are unique in the notebook, and graded and written names together, since they name the parts."""
    ids: set[str] = set()
    parts: set[str] = set()
    for cell in (cell for cell in lesson.cells if cell.role != "prose"):
        if cell_id(cell) in ids or (cell.role in ("graded", "written") and cell.name in parts):
            yield lesson.problem(cell, "the name is taken by an earlier cell; choose another")
        if cell.role == "solution" and cell.name.startswith(tuple(filter(None, PREFIX.values()))):
            yield lesson.problem(cell, "the name starts like the id of another kind of cell; choose another")
        ids.add(cell_id(cell))
        parts |= {cell.name} if cell.role in ("graded", "written") else set()


def _shape(cell: Cell) -> Iterator[Finding]:
    """The mark is complete, regions fit, and the code parses both as written and as released."""
    complaint = name_complaint(cell) or points_complaint(cell, cell.points)
    if complaint:
        yield 0, complaint
    try:
        yield from _regions_fit(cell)
        if cell.is_code:
            ast.parse(cell.source)
        _cleared_parses(cell)
    except ClearingError as error:
        yield error.line, str(error)
    except SyntaxError as error:
        yield error.lineno or 0, f"this is no Python ({error.msg}); magics are not allowed either"


def _regions_fit(cell: Cell) -> Iterator[Finding]:
    """Each kind of region stands in the kind of cell it belongs to."""
    allowed = REGIONS_OF.get(cell.role, ())
    found = regions(cell.source)
    for region in found:
        if region.kind not in allowed:
            yield region.first, f"a region {region.kind} does not belong in a {cell.role} cell"
    if cell.role == "written" and {region.kind for region in found} != set(allowed):
        yield 0, "a written answer needs a model answer in ### BEGIN SOLUTION and ### BEGIN MARK SCHEME"


def _cleared_parses(cell: Cell) -> None:
    """Raise ClearingError or SyntaxError if the released form of the cell cannot be made or read."""
    if cell.role == "solution":
        ast.parse(clear_solution(cell.source))
    elif cell.role == "graded":
        ast.parse(clear_hidden_tests(cell.source))
    elif cell.role == "written":
        clear_written(cell.source)


def _rules_of_one_cell(code: _Code) -> Iterator[Finding]:
    """Yield what is wrong with one code cell by itself."""
    yield from _imports(code)
    if code.cell.role != "solution":
        yield from _blank_only_in_solutions(code)
    if code.cell.role == "graded":
        yield from _only_uses(code)
        yield from _ends_without_a_value(code)
        yield from _hidden_tests(code)
    if code.cell.role in ("graded", "draw"):
        for name in sorted(set(code.names.bound) & BUILT_IN):
            yield code.names.bound[name], f"`{name}` is a built-in of Python; use another name"


def _imports(code: _Code) -> Iterator[Finding]:
    """The course's packages anywhere, the standard library in locked cells, `utils` in hidden tests only."""
    hidden = _hidden_lines(code.cell)
    for node in ast.walk(code.tree):
        for module in _imported(node):
            root, line = module.split(".")[0], getattr(node, "lineno", 0)
            if root == "utils" and line in hidden:
                continue
            if root == "utils":
                yield line, "import utils inside ### BEGIN HIDDEN TESTS only; students do not have it"
            elif root in ANY_CELL_IMPORTS or (code.cell.role == "locked" and root in sys.stdlib_module_names):
                continue
            elif root in sys.stdlib_module_names:
                yield line, f"import {root} in a locked cell"
            else:
                yield line, f"{root} is not among {', '.join(sorted(ANY_CELL_IMPORTS))}"


def _imported(node: ast.AST) -> list[str]:
    """Return the modules that a node imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return ["." * node.level + (node.module or "")]
    return []


def _hidden_lines(cell: Cell) -> set[int]:
    """Return the lines of the cell's hidden tests."""
    found = [region for region in regions(cell.source) if region.kind == HIDDEN_TESTS]
    return {line for region in found for line in range(region.first, region.last + 1)}


def _blank_only_in_solutions(code: _Code) -> Iterator[Finding]:
    """Outside solution cells nothing would turn BLANK into `____`."""
    for node in ast.walk(code.tree):
        if isinstance(node, ast.Name) and node.id == "BLANK":
            yield node.lineno, "BLANK belongs in a solution cell"


def _only_uses(code: _Code) -> Iterator[Finding]:
    """A graded cell works on copies and remote stand-ins: identity, types and patches mean nothing there."""
    for node in ast.walk(code.tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in UNSAFE_CALLS:
            yield line, f"a graded cell cannot use {node.func.id}(); compare values instead"
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.Is | ast.IsNot) for op in node.ops):
            yield line, "a graded cell cannot use `is`; compare values instead"
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            yield line, f"a graded cell cannot set or delete .{node.attr}; pass values as arguments"
        if isinstance(node, ast.Global):
            yield line, "a graded cell cannot use `global`"


def _ends_without_a_value(code: _Code) -> Iterator[Finding]:
    """The grader takes the value of a last expression for the score, so only a call may stand there."""
    for tree in (code.tree, ast.parse(clear_hidden_tests(code.cell.source))):
        last = tree.body[-1] if tree.body else None
        if isinstance(last, ast.Expr) and not isinstance(last.value, ast.Call):
            yield last.lineno, "a last line with a value becomes the score; assert it, or name it with `=`"
            return


def _hidden_tests(code: _Code) -> Iterator[Finding]:
    """Hidden tests stand below visible lines, and a check is told the points of its cell."""
    hidden = _hidden_lines(code.cell)
    if not clear_hidden_tests(code.cell.source).strip():
        yield 0, "give the student a visible line, at least a comment that says what is graded"
    for node in ast.walk(code.tree):
        if isinstance(node, ast.Call) and node.lineno in hidden and _called(node).startswith("check"):
            yield from _points_agree(code.cell, node)


def _called(node: ast.Call) -> str:
    """Return the last name of the function that a call calls."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _points_agree(cell: Cell, node: ast.Call) -> Iterator[Finding]:
    """`points=` of a check is the number in the mark."""
    for keyword in (keyword for keyword in node.keywords if keyword.arg == "points"):
        if not (isinstance(keyword.value, ast.Constant) and keyword.value.value == cell.points):
            said = ast.unparse(keyword.value)
            yield (
                node.lineno,
                f"{_called(node)} says points={said}, the mark points={cell.points}; make them equal",
            )


def _nothing_left_behind(lesson: Lesson, codes: list[_Code]) -> Iterator[Problem]:
    """No cell uses a name that a graded or drawing cell binds: it might not run, or run elsewhere."""
    for position, code in enumerate(codes):
        if code.cell.role in ("graded", "draw"):
            for name, user in sorted(_uses_of(code, codes[:position], codes[position + 1 :]).items()):
                message = f"binds `{name}`, which {user} uses; rename it, or bind it in a locked cell"
                yield lesson.problem(code.cell, message, code.names.bound[name])


def _uses_of(code: _Code, before: list[_Code], after: list[_Code]) -> dict[str, str]:
    """Return the names bound by one cell that others look up after it ran, with the first cell that does."""
    later = [(other, other.names.used) for other in after]
    called_later = [(other, set(other.names.deferred)) for other in before]
    uses: dict[str, str] = {}
    for other, used in later + called_later:
        for name in used & set(code.names.bound):
            uses.setdefault(name, other.cell.title)
    return uses


def _every_solution_is_graded(lesson: Lesson, codes: list[_Code]) -> Iterator[Problem]:
    """Each solution cell reaches a graded cell, if need be through other cells; a guess reaches a drawing."""
    graded = _reached([code for code in codes if code.cell.role == "graded"], codes)
    drawn = _reached([code for code in codes if code.cell.role == "draw"], codes)
    for code in (code for code in codes if code.cell.role == "solution"):
        fine = graded | drawn if code.cell.name.startswith(GUESS) else graded
        if not fine & set(code.names.bound):
            yield lesson.problem(code.cell, "no graded cell uses it; grade it, or make it a locked cell")


def _shown_figures_exist(lesson: Lesson) -> Iterator[Problem]:
    """What a written answer shows are drawing cells of the lesson."""
    drawn = {cell.name for cell in lesson.with_role("draw")}
    for cell in lesson.with_role("written"):
        for name in sorted(set(filter(None, cell.shows.split(","))) - drawn):
            yield lesson.problem(cell, f'shows="{name}": no cell is marked draw="{name}"')


def _no_function_crosses(lesson: Lesson, codes: list[_Code]) -> Iterator[Problem]:
    """A function written in a graded cell cannot be handed to student code, which runs in another process."""
    answers = {name for code in codes if code.cell.role == "solution" for name in code.names.bound}
    for code in (code for code in codes if code.cell.role == "graded"):
        own = {node.name for node in ast.walk(code.tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        for node in ast.walk(code.tree):
            if isinstance(node, ast.Call) and _root(node.func) in answers:
                for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                    if isinstance(argument, ast.Lambda) or getattr(argument, "id", "") in own:
                        message = (
                            f"hands a function of this cell to `{_root(node.func)}`, which runs in another "
                            "process; put the function into coursekit.visible and pass it by that name"
                        )
                        yield lesson.problem(code.cell, message, argument.lineno)


def _root(node: ast.expr) -> str:
    """Return the name that an expression such as `block.W_q(x)` begins with, "" if with none."""
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _reached(start: list[_Code], codes: list[_Code]) -> set[str]:
    """Return every name that some cells use, directly or through the cells that bind those names."""
    names: set[str] = set()
    waiting = list(start)
    while waiting:
        fresh = waiting.pop().names.used - names
        names |= fresh
        waiting += [code for code in codes if code.cell.role != "graded" and fresh & set(code.names.bound)]
    return names
