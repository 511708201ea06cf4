"""Which names a piece of code binds, and which it takes from outside: a walk in the order of execution.

Branches count as taken. What a function body reads counts as deferred: it is looked up at the call.
"""

import ast
import builtins
from dataclasses import dataclass, field

# Without `_`, which an interactive Python adds to its built-ins.
BUILT_IN = frozenset(dir(builtins)) - {"_"}

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass
class Names:
    """The line (from 1) where each name is first bound, read from outside at once, or read by a function."""

    bound: dict[str, int] = field(default_factory=dict)
    read: dict[str, int] = field(default_factory=dict)
    deferred: dict[str, int] = field(default_factory=dict)

    @property
    def used(self) -> set[str]:
        """Return every name taken from outside the code."""
        return set(self.read) | set(self.deferred)


def names_of(code: ast.Module) -> Names:
    """Return the names of a module or cell; builtins count only where the code binds them."""
    walk = _Walk()
    walk.visit(code)
    outside = {name: line for name, line in walk.names.deferred.items() if name not in walk.names.bound}
    walk.names.deferred = outside
    return walk.names


class _Walk(ast.NodeVisitor):
    """Visits nodes in the order Python runs them."""

    def __init__(self) -> None:
        self.names = Names()

    def _bind(self, name: str, line: int) -> None:
        self.names.bound.setdefault(name, line)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self._bind(node.id, node.lineno)
        elif node.id not in self.names.bound and node.id not in BUILT_IN:
            self.names.read.setdefault(node.id, node.lineno)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._in_order(node.value, *node.targets)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value:
            self._in_order(node.annotation, node.value, node.target)
        else:
            self.visit(node.annotation)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.visit(ast.Name(node.target.id, ast.Load(), lineno=node.lineno))
        self._in_order(node.value, node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._in_order(node.value, node.target)

    def visit_For(self, node: ast.For) -> None:
        self._in_order(node.iter, node.target, *node.body, *node.orelse)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self._bind(alias.asname or alias.name.split(".")[0], node.lineno)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.visit_Import(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self._bind(node.name, node.lineno)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        if node.name:
            self._bind(node.name, node.lineno)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        annotations = [arg.annotation for arg in _arguments(node) if arg.annotation]
        returns = [node.returns] if node.returns else []
        self._in_order(*node.decorator_list, *_defaults(node), *annotations, *returns)
        self._bind(node.name, node.lineno)
        self._defer(node, node.body)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._in_order(*_defaults(node))
        self._defer(node, [node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._in_order(*node.decorator_list, *node.bases, *node.keywords)
        inner = self._inside(node.body)
        self._take(inner.read, inner.deferred)
        self._bind(node.name, node.lineno)

    def generic_visit(self, node: ast.AST) -> None:
        if isinstance(node, _COMPREHENSIONS):
            self._comprehension(node)
        else:
            super().generic_visit(node)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        steps = [part for loop in node.generators for part in (loop.iter, loop.target, *loop.ifs)]
        inner = self._inside([*steps, *results])
        self._take(inner.read, inner.deferred)

    def _defer(self, node: ast.AST, body: list[ast.stmt] | list[ast.expr]) -> None:
        """Record what a function body takes from outside its own names and arguments."""
        inner = _Walk()
        for argument in _arguments(node):
            inner._bind(argument.arg, 0)
        inner._in_order(*body)
        shared = {name for part in ast.walk(node) if isinstance(part, ast.Global) for name in part.names}
        local = set(inner.names.bound) - shared
        outside = {**inner.names.deferred, **inner.names.read, **{name: node.lineno for name in shared}}  # type: ignore[attr-defined]
        self._take({}, {name: line for name, line in outside.items() if name not in local})

    def _inside(self, nodes: list[ast.stmt] | list[ast.expr]) -> Names:
        """Return the names of an inner scope that sees ours."""
        inner = _Walk()
        inner._in_order(*nodes)
        return inner.names

    def _take(self, read: dict[str, int], deferred: dict[str, int]) -> None:
        for name, line in read.items():
            if name not in self.names.bound:
                self.names.read.setdefault(name, line)
        for name, line in deferred.items():
            self.names.deferred.setdefault(name, line)

    def _in_order(self, *nodes: ast.AST) -> None:
        for node in nodes:
            self.visit(node)


def _arguments(node: ast.AST) -> list[ast.arg]:
    """Return the arguments of a function or lambda."""
    if not isinstance(node, _FUNCTIONS):
        return []
    given = node.args
    starred = [argument for argument in (given.vararg, given.kwarg) if argument]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *starred]


def _defaults(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[ast.expr]:
    """Return the default values, which run where the function is made."""
    return [*node.args.defaults, *(default for default in node.args.kw_defaults if default)]
