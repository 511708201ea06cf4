"""The functions that run a student's code, gathered so that a grader can run them beside that code.

A check never evaluates what a student wrote. It calls one of the functions here with plain data, or calls
the student's function itself, and gets plain data back. A grader that keeps student code in another
process therefore has to carry across only calls, plain values, and the functions named here.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from coursekit import blanks

if TYPE_CHECKING:
    from torch import Tensor

# Functions, by qualified name, that must run in the process that holds the student's code.
BESIDE_STUDENT_CODE = (
    "coursekit.boundary.define",
    "coursekit.boundary.gradients",
    "coursekit.cost.count",
)


def define(template: str, texts: Mapping[str, object], name: str) -> Any:
    """Run the completed template and return what it defines under `name`.

    Raises what `blanks.complete` raises, and whatever the completed code raises when it is executed.
    """
    code = blanks.complete(template, texts)
    namespace: dict[str, Any] = {"__name__": "completed_template"}
    exec(compile(code, f"<{name} with its blanks filled in>", "exec"), namespace)
    return namespace[name]


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
