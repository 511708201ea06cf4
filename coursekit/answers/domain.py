"""Constraints on variables, as the author of a question writes them: "h <= d", "k <= min(m, l)", "M ~ D",
"h ~ 1"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from .asymptotic import Orders
from .budget import Work
from .growth import Domain
from .polynomial import Monomial, over
from .reading import Reader
from .tree import Call, Tree
from .verdict import UnreadableAnswer

RELATION = re.compile(r"<=|>=|==|[<>=~]")


def domain(constraints: Sequence[str], reader: Reader) -> Domain:
    """Return the domain that the constraints describe; raises ValueError when one cannot be read."""
    return Domain(tuple(m for text in constraints for m in _constraint(text, reader)))


def _constraint(text: str, reader: Reader) -> list[Monomial]:
    text = text.replace("≤", "<=").replace("≥", ">=").replace("≍", "~").replace("∼", "~")
    signs, sides = RELATION.findall(text), RELATION.split(text)
    if not signs:
        raise ValueError(f"constraint {text!r}: expected <=, >= or ~")
    try:
        trees = [reader.author(side) for side in sides]
        return [m for i, sign in enumerate(signs) for m in _relation(trees[i], sign, trees[i + 1])]
    except UnreadableAnswer as problem:
        raise ValueError(f"constraint {text!r}: {problem}") from problem


def _relation(left: Tree, sign: str, right: Tree) -> list[Monomial]:
    if sign in {">=", ">"}:
        left, right = right, left
    ratios = [over(high, low) for low in _parts(left, "max") for high in _parts(right, "min")]
    both = sign in {"~", "=", "=="}
    return ratios + (
        [over(low, high) for low in _parts(left, "max") for high in _parts(right, "min")] if both else []
    )


def _parts(tree: Tree, function: str) -> list[Monomial]:
    trees = tree.arguments if isinstance(tree, Call) and tree.function == function else (tree,)
    return [_monomial(part) for part in trees]


def _monomial(tree: Tree) -> Monomial:
    order = Orders(Domain(), frozenset(), Work()).of(tree)
    if len(order.above) != 1 or len(order.below) != 1 or min(order.above.values()) <= Fraction(0):
        raise ValueError("expected products and quotients of variables on both sides, sums are not supported")
    (above,), (below,) = order.above, order.below
    return over(above, below)
