"""The functions that run a student's code, gathered so that a grader can run them beside that code.

A check never evaluates what a student wrote. It calls one of the functions here with plain data, or calls
the student's function itself, and gets plain data back. A grader that keeps student code in another
process therefore has to carry across only calls, plain values, and the functions named here: inside
`run_beside` they are handed to the grader. Anywhere else they are ordinary functions.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from coursekit import blanks

if TYPE_CHECKING:
    from torch import Tensor

P = ParamSpec("P")
T = TypeVar("T")
Elsewhere = Callable[[str, tuple[Any, ...], dict[str, Any]], Any]

# Functions, by qualified name, that must run in the process that holds the student's code.
BESIDE_STUDENT_CODE = (
    "coursekit.boundary.define",
    "coursekit.boundary.gradients",
    "coursekit.cost.count",
    "coursekit.cost.on_windows",
)
ALWAYS_BESIDE = BESIDE_STUDENT_CODE[:1]  # its arguments are text, and the text is code

_elsewhere: list[Elsewhere] = []
_here: list[str] = []
_changes_seen: list[bool] = [True]


@contextmanager
def run_beside(elsewhere: Elsewhere) -> Iterator[None]:
    """Meanwhile, have `elsewhere(qualified name, args, kwargs)` do what must be done beside student code.

    That is `define`, and the others where one of their arguments lives with student code: an object whose
    class says `lives_with_student_code`, alone, in a partial, a list, a tuple or a dict.
    """
    _elsewhere.append(elsewhere)
    try:
        yield
    finally:
        _elsewhere.pop()


def beside_student_code(qualified_name: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorate a function of BESIDE_STUDENT_CODE."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(function)
        def dispatched(*args: P.args, **kwargs: P.kwargs) -> T:
            if not _elsewhere:
                return function(*args, **kwargs)
            if qualified_name in ALWAYS_BESIDE or _lives_elsewhere((args, kwargs)):
                return _elsewhere[-1](qualified_name, args, kwargs)  # type: ignore[no-any-return]
            with _running(qualified_name):
                return function(*args, **kwargs)

        return dispatched

    return decorate


@contextmanager
def changes(*, seen: bool) -> Iterator[None]:
    """Meanwhile, say whether a call of student code may change the arguments that it is given.

    Where that code lives in another process it works on copies, and a grader can leave the originals alone:
    what a student's call returns is judged by inputs that it could not rewrite.
    """
    _changes_seen.append(seen)
    try:
        yield
    finally:
        _changes_seen.pop()


def changes_are_seen() -> bool:
    """Return whether changes that a call makes to its arguments are made to the caller's, too."""
    return _changes_seen[-1]


def running_here() -> str:
    """Return which of the functions runs in this process although student code lives in another, or ""."""
    return _here[-1] if _here else ""


@contextmanager
def _running(qualified_name: str) -> Iterator[None]:
    _here.append(qualified_name)
    try:
        yield
    finally:
        _here.pop()


def _lives_elsewhere(value: object) -> bool:
    if isinstance(value, functools.partial):
        return _lives_elsewhere((value.func, value.args, value.keywords))
    if isinstance(value, tuple | list):
        return any(map(_lives_elsewhere, value))
    if isinstance(value, dict):
        return any(map(_lives_elsewhere, value.values()))
    return bool(getattr(type(value), "lives_with_student_code", False))


@beside_student_code("coursekit.boundary.define")
def define(template: str, texts: Mapping[str, object], name: str) -> Any:
    """Run the completed template and return what it defines under `name`.

    Raises what `blanks.complete` raises, and whatever the completed code raises when it is executed.
    """
    code = blanks.complete(template, texts)
    namespace: dict[str, Any] = {"__name__": "completed_template"}
    exec(compile(code, f"<{name} with its blanks filled in>", "exec"), namespace)
    return namespace[name]


@beside_student_code("coursekit.boundary.gradients")
def gradients(function: Callable[..., Any], args: Sequence[Any], cotangent: Any) -> list[Tensor | None]:
    """Return the vector-Jacobian product of `function` at `args`: one gradient per floating tensor in `args`.

    `cotangent` has the shape of the output; for several outputs it is a tuple. An entry is None where the
    output does not depend on that argument. Raises RuntimeError when the output is cut off from the graph.
    """
    import torch

    leaves = [a.detach().clone().requires_grad_() if _differentiable(a) else a for a in args]
    wanted = [a for a in leaves if _differentiable(a)]
    with warnings.catch_warnings():
        # float(score) of a tensor with a graph warns; nbgrader would take the line on stderr for a failure.
        warnings.simplefilter("ignore")
        output = function(*leaves)
    found = torch.autograd.grad(output, wanted, cotangent, allow_unused=True)
    return [None if g is None else g.detach() for g in found]


def _differentiable(value: object) -> bool:
    import torch

    return isinstance(value, torch.Tensor) and value.is_floating_point()
