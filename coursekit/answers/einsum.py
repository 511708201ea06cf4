"""Einsum equations: run on tensors of the documented shapes, never compared as text.

Accepted are an equation ("bd,hdq->bhq", any letters, spaces free), the whole call
`torch.einsum("bd,hdq->bhq", x, W_q)`, and a product of two declared operands (`x @ W_k`, `x @ W_k.T`,
`torch.matmul(x, W_k)`); a name and = may stand in front of either.
Nothing is evaluated: the text is taken apart by Python's own parser and only these forms are understood.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from coursekit.answers.verdict import UnreadableAnswer, Verdict

if TYPE_CHECKING:
    from torch import Tensor

LONGEST_EQUATION = 120  # characters
QUOTED = 20  # characters of a text that is too long to repeat
EQUATION = re.compile(r"[a-zA-Z,\s]+(->[a-zA-Z\s]*)?")


def read(submitted: object, operands: Sequence[str]) -> str:
    """Return the equation of an answer, without spaces, or `A @ B` for a product of operands.

    Raises `UnreadableAnswer` for any other text, or when the operands are not those of the question.
    """
    if not isinstance(submitted, str):
        raise UnreadableAnswer('enter the equation as text, such as "ij,jk->ik".')
    text = submitted.strip().strip("`").replace("→", "->").strip()
    text = re.sub(r"^[A-Za-z_]\w*\s*=(?!=)\s*", "", text)  # the line of the listing: q = torch.einsum(...)
    if len(text) > LONGEST_EQUATION:
        raise UnreadableAnswer(
            f"an equation has at most {LONGEST_EQUATION} characters; yours begins {text[:QUOTED]!r} "
            f"and has {len(text)}.",
            text,
        )
    if EQUATION.fullmatch(text.strip("'\"")):
        return re.sub(r"\s", "", text.strip("'\""))
    return _from_code(text, operands)


def _from_code(text: str, operands: Sequence[str]) -> str:
    try:
        node = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise UnreadableAnswer(f"{text!r} is neither an equation nor a call of einsum.", text) from None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        return f"{_operand(node.left, operands, text)} @ {_operand(node.right, operands, text)}"
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.matmul" and len(node.args) > 1:
        return " @ ".join(_operand(side, operands, text) for side in node.args)
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("torch.einsum", "einsum", "np.einsum"):
        return _from_call(node, operands, text)
    raise UnreadableAnswer(f"{text!r} is neither an equation nor a call of einsum.", text)


def _from_call(call: ast.Call, operands: Sequence[str], text: str) -> str:
    first, *rest = call.args or [ast.Constant(None)]
    if not (isinstance(first, ast.Constant) and isinstance(first.value, str)) or call.keywords:
        raise UnreadableAnswer(f"the first argument of einsum is its equation, in quotes: {text!r}.", text)
    if "@" in first.value:
        raise UnreadableAnswer(f"an equation has no @ in it: {first.value!r}.", text)
    given = [_operand(node, operands, text) for node in rest]
    if sorted(given) != sorted(operands):
        raise UnreadableAnswer(f"einsum is to be called with {', '.join(operands)}, each once.", text)
    return _in_order(re.sub(r"\s", "", first.value), given, operands)


def _in_order(equation: str, given: Sequence[str], operands: Sequence[str]) -> str:
    """Return the equation with its terms in the order of the question's operands."""
    terms, arrow, output = equation.partition("->")
    if terms.count(",") != len(given) - 1:
        return equation
    term_of = dict(zip(given, terms.split(","), strict=True))
    return ",".join(term_of[name] for name in operands) + arrow + output


def _operand(node: ast.expr, operands: Sequence[str], text: str) -> str:
    """Return the operand a node names; its case is free, since W_k and w_k are one tensor here."""
    name, suffix = (ast.unparse(node), "")
    if isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        name, suffix = ast.unparse(node.value), ".T"
    for operand in operands:
        if operand.lower() == name.lower():
            return operand + suffix
    raise UnreadableAnswer(f"{name!r} is none of the operands {', '.join(operands)}.", text)


def renamed(equation: str) -> str:
    """Return the equation with its letters replaced in order of appearance: renaming changes nothing."""
    order = {
        letter: chr(ord("a") + i) for i, letter in enumerate(dict.fromkeys(re.findall("[a-zA-Z]", equation)))
    }
    return equation if "@" in equation else re.sub("[a-zA-Z]", lambda m: order[m.group()], equation)


def run(equation: str, tensors: Mapping[str, Tensor]) -> Tensor:
    """Return the equation applied to the tensors, in their order.

    `equation` is as `read` returns it. Raises RuntimeError as torch does when it does not fit the shapes.
    """
    import torch

    if "@" in equation:
        left, right = (part.strip() for part in equation.split("@"))
        sides = [tensors[s.removesuffix(".T")].mT if s.endswith(".T") else tensors[s] for s in (left, right)]
        return sides[0] @ sides[1]
    return torch.einsum(equation, *tensors.values())


def draw(shapes: Mapping[str, Sequence[int]], seed: int = 0) -> dict[str, Tensor]:
    """Return one random float64 tensor per operand."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(*shape, generator=generator, dtype=torch.float64) for name, shape in shapes.items()
    }


def compare(expected: str, submitted: object, shapes: Mapping[str, Sequence[int]]) -> Verdict:
    """Return whether both compute the same from random tensors of the documented shapes.

    An equation that torch refuses is different, with torch's reason in `detail` and the kind of slip as hint.
    Raises `UnreadableAnswer` for text that is no equation.
    """
    import torch

    from coursekit.compare import first_difference

    equation, tensors = read(submitted, list(shapes)), draw(shapes)
    if renamed(equation) == renamed(read(expected, list(shapes))):
        return Verdict("equal", equation)
    try:
        found = run(equation, tensors)
    except (RuntimeError, ValueError, IndexError) as error:
        return Verdict(
            "different", equation, "This does not run on tensors of the documented shapes.", str(error)
        )
    try:
        wanted = run(expected, tensors)
    except (RuntimeError, ValueError, IndexError):  # a known mistake that does not run equals only itself
        return Verdict("different", equation)
    if not torch.isfinite(found).all():
        return Verdict("different", equation)
    difference = first_difference(found, wanted)
    if difference is None:
        return Verdict("equal", equation)
    return Verdict("different", equation, "It runs, and computes something else.", difference)
