"""Formulas with max and min, taken apart: in each order of the arguments every max is one of them."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

from .budget import Work
from .tree import Call, Name, Number, Power, Product, Quotient, Sum, Tree, children, names, rebuilt
from .verdict import UnreadableAnswer

POINTS = 60  # an order of the arguments that none of these meets is taken not to occur


def orderings(key: Tree, answer: Tree, work: Work) -> Iterator[tuple[Tree, Tree]]:
    """Return both trees without max and min, once for each order of the arguments that occurs."""
    if not _extreme(key) and not _extreme(answer):
        yield key, answer
        return
    draw = random.Random(0)
    seen: set[tuple[Tree, Tree]] = set()
    for _ in range(POINTS):
        work.spend(300)
        point = {name: math.exp(draw.uniform(0, 7)) for name in sorted(names(key) | names(answer))}
        pair = _chosen(key, point), _chosen(answer, point)
        if pair not in seen:
            seen.add(pair)
            yield pair


def _extreme(tree: Tree) -> bool:
    return (isinstance(tree, Call) and tree.function in {"max", "min"}) or any(map(_extreme, children(tree)))


def _chosen(tree: Tree, point: dict[str, float]) -> Tree:
    parts = tuple(_chosen(part, point) for part in children(tree))
    if isinstance(tree, Call) and tree.function in {"max", "min"}:
        return (max if tree.function == "max" else min)(parts, key=lambda part: _number(part, point))
    return rebuilt(tree, parts)


def _number(tree: Tree, point: dict[str, float]) -> float:
    """Return the value of a tree without max and min at a point."""
    try:
        return _value(tree, point)
    except (OverflowError, ZeroDivisionError, ValueError) as problem:
        raise UnreadableAnswer("a max or min of something too large to compare") from problem


def _value(tree: Tree, point: dict[str, float]) -> float:
    parts = [_value(part, point) for part in children(tree)]
    match tree:
        case Number(value):
            return float(value)
        case Name(name):
            return point[name]
        case Sum():
            return sum(parts)
        case Product():
            return math.prod(parts)
        case Quotient():
            return parts[0] / parts[1]
        case Power():
            return float(parts[0] ** parts[1])
        case Call("pi"):
            return math.pi
        case Call(function):
            return float(getattr(math, function)(parts[0]))
