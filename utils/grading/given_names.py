"""Names that read-only cells define keep their meaning, whatever a student's cell assigns to them.

Graded cells use these names. A student who calls a variable `visible` would otherwise lose every point after.
"""

from __future__ import annotations

import ast

import nbformat
from nbformat import NotebookNode

from utils.build.names import names_of

KEPT = "_given_names_"


def keep_given_names(notebook: NotebookNode, released: NotebookNode) -> list[str]:
    """Put cells around each answer that rebinds a given name, which restore it; return a note for each.

    A name that the released cell itself binds, and an import that a read-only cell has too, are left alone.
    """
    given: set[str] = set()
    imports: set[str] = set()
    cells, notes = [], []
    for cell, before in zip(notebook.cells, released.cells, strict=True):
        mark = cell.metadata.get("nbgrader", {})
        rebound = _bound(cell) & (given - _bound(before)) if mark.get("solution") else set()
        rebound -= _same_imports(cell, imports) if rebound else set()
        if rebound:
            cells += [_keep(cell.id, rebound), cell, _put_back(cell.id, rebound)]
            names = ", ".join(f"`{name}`" for name in sorted(rebound))
            notes.append(f"Your cell `{cell.id}` redefines {names} of a read-only cell, which was put back.")
        else:
            cells.append(cell)
        if mark.get("locked") and not mark.get("grade"):
            given |= _bound(cell)
            imports |= _imports(cell)
    notebook.cells = cells
    return notes


def _tree(cell: NotebookNode) -> ast.Module:
    """Return the syntax tree of a cell, empty if it has none."""
    try:
        return ast.parse(cell.source if cell.cell_type == "code" else "")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def _bound(cell: NotebookNode) -> set[str]:
    try:
        return set(names_of(_tree(cell)).bound)
    except RecursionError:  # an expression nested so deeply that only the parser can follow it
        return set()


def _imports(cell: NotebookNode) -> set[str]:
    """Return the cell's imports at top level, one text for each name."""
    found = set()
    for node in _tree(cell).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            source = getattr(node, "module", None)
            found |= {f"{source}:{alias.name}:{alias.asname or alias.name}" for alias in node.names}
    return found


def _same_imports(cell: NotebookNode, imports: set[str]) -> set[str]:
    """Return the names that the cell only binds by imports that read-only cells have too."""
    assigned = ast.Module([n for n in _tree(cell).body if not isinstance(n, ast.Import | ast.ImportFrom)], [])
    same = {text.split(":")[2].split(".")[0] for text in _imports(cell) & imports}
    other = {text.split(":")[2].split(".")[0] for text in _imports(cell) - imports}
    return same - other - set(names_of(assigned).bound)


def _keep(identity: str, names: set[str]) -> NotebookNode:
    why = "# Keeps what a read-only cell has defined."
    code = f"{KEPT} = {{name: globals()[name] for name in {sorted(names)} if name in globals()}}"
    return nbformat.v4.new_code_cell(f"{why}\n{code}", id=f"keep-{identity}"[:64])


def _put_back(identity: str, names: set[str]) -> NotebookNode:
    code = f"# Puts back {', '.join(sorted(names))}.\nglobals().update({KEPT})"
    return nbformat.v4.new_code_cell(code, id=f"put-back-{identity}"[:64])
