"""What the visible checks of a lesson leave for grading, read off their source: how many checks run then.

Nothing is imported, and the source is what students have, so a count says nothing of what is hidden.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

VISIBLE = Path(__file__).parents[2] / "coursekit" / "visible"
QUESTIONS = "coursekit.answers.questions"
OF_A_QUESTION = 1  # a typed answer is judged once


@dataclass(frozen=True)
class Announced:
    """By the name of a visible check, how many more checks it announces; `typed` are those that only read."""

    more: Mapping[str, int] = field(default_factory=dict)
    typed: frozenset[str] = frozenset()

    def by(self, check: str) -> tuple[int | None, bool]:
        """Return what a check's cell announces, None for nothing, and whether it only reads an answer."""
        called = [name for name in _called(ast.parse(check)) if name in self.more]
        if not called:
            return None, False
        return sum(self.more[name] for name in called), all(name in self.typed for name in called)


@lru_cache(maxsize=32)
def announced_by(lesson: str) -> Announced:
    """Return what the visible checks of a lesson announce; nothing for a lesson without a module of them."""
    path = VISIBLE / f"{lesson}.py"
    if not lesson.isidentifier() or not path.is_file():
        return Announced()
    module = ast.parse(path.read_text(encoding="utf-8"))
    typed = dict.fromkeys(_questions(module), OF_A_QUESTION)
    return Announced({**dict(_functions(module)), **typed}, frozenset(typed))


def _questions(module: ast.Module) -> Iterator[str]:
    """Yield the names of the typed answers that a module asks for."""
    kinds = {
        alias.asname or alias.name
        for node in module.body
        if isinstance(node, ast.ImportFrom) and node.module == QUESTIONS
        for alias in node.names
    }
    for node in module.body:
        if isinstance(node, ast.Assign) and _name_called(node.value) in kinds:
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _functions(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield the functions of a module that report a number of hidden checks: `passed(name, hidden=4)`."""
    for function in module.body:
        if isinstance(function, ast.FunctionDef) and (counts := list(_hidden(function))):
            yield function.name, sum(counts)


def _hidden(function: ast.FunctionDef) -> Iterator[int]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and _name_called(node) == "passed":
            given = [keyword.value for keyword in node.keywords if keyword.arg == "hidden"]
            yield from (int(ast.literal_eval(value)) for value in given)


def _name_called(node: ast.expr) -> str:
    """Return the name in a call of a plain name, "" for anything else."""
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


def _called(check: ast.Module) -> Iterator[str]:
    """Yield the names of the visible checks that a cell calls, as `visible.name(...)`."""
    for node in ast.walk(check):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            module = node.func.value
            if isinstance(module, ast.Name) and module.id == "visible":
                yield node.func.attr
