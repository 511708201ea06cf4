"""Formulas with max and min, taken apart: in each order of the arguments every max is one of them."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence, Set
from itertools import chain, islice

from .budget import Work
from .tree import Call, Name, Number, Power, Product, Quotient, Sum, Tree, children, names, rebuilt
from .verdict import UnreadableAnswer

POINTS = 60  # an order of the arguments that none of these meets is taken not to occur
DRAWS = 600  # of which those outside the domain do not count
FEW_POINTS = 12  # to see which of two formulas is larger
STEPS_PER_PART = 15  # of work, to choose the arguments at one point
LARGEST = 7  # logarithm of the largest size tried
Point = dict[str, float]
AtMost = tuple[Tree, Tree]  # the first is at most the second wherever the question has a meaning


def orderings(
    key: Tree, answer: Tree, work: Work, domain: Sequence[AtMost] = ()
) -> Iterator[tuple[Tree, Tree]]:
    """Return both trees without max and min, once for each order of the arguments that occurs.

    Only sizes in `domain` count. Raises UnreadableAnswer when none of those drawn is.
    """
    if not _extreme(key) and not _extreme(answer):
        yield key, answer
        return
    seen: set[tuple[Tree, Tree]] = set()
    price = STEPS_PER_PART * (_size(key) + _size(answer))
    for point in islice(_points(key, answer, work, domain), POINTS):
        work.spend(price)
        pair = _chosen(key, point), _chosen(answer, point)
        if pair not in seen:
            seen.add(pair)
            yield pair
    if not seen:
        raise UnreadableAnswer("a max or min under constraints that no sizes tried here keep")


def signs_of_difference(key: Tree, answer: Tree, domain: Sequence[AtMost], any_size: Set[str]) -> set[int]:
    """Return the signs of answer - key at a few sizes, those in `any_size` also below 1.

    Empty when the numbers are too large to tell.
    """
    found = set()
    ones = dict.fromkeys(_every(key, answer, domain), 1.0)
    drawn = islice(_points(key, answer, Work(), domain, any_size), FEW_POINTS)
    try:
        for point in chain([ones] if _inside(ones, domain) else [], drawn):
            own, true = (_number(_chosen(tree, point), point) for tree in (answer, key))
            if not math.isclose(own, true):
                found.add(1 if own > true else -1)
    except UnreadableAnswer:
        return set()
    return found


def _points(
    key: Tree, answer: Tree, work: Work, domain: Sequence[AtMost], any_size: Set[str] = frozenset()
) -> Iterator[Point]:
    """Yield sizes for every name inside the domain, of at least 1 unless in `any_size`."""
    draw = random.Random(0)
    every = _every(key, answer, domain)
    for _ in range(DRAWS):
        point = {name: math.exp(draw.uniform(-LARGEST if name in any_size else 0, LARGEST)) for name in every}
        work.spend(20 * len(domain))
        if _inside(point, domain):
            yield point


def _size(tree: Tree) -> int:
    """Return the number of parts of a tree."""
    return 1 + sum(map(_size, children(tree)))


def _every(key: Tree, answer: Tree, domain: Sequence[AtMost]) -> list[str]:
    return sorted(set().union(names(key), names(answer), *(names(t) for pair in domain for t in pair)))


def _inside(point: Point, domain: Sequence[AtMost]) -> bool:
    values = ([_number(_chosen(tree, point), point) for tree in pair] for pair in domain)
    return all(low <= high for low, high in values)


def _extreme(tree: Tree) -> bool:
    return (isinstance(tree, Call) and tree.function in {"max", "min"}) or any(map(_extreme, children(tree)))


def _chosen(tree: Tree, point: Point) -> Tree:
    parts = tuple(_chosen(part, point) for part in children(tree))
    if isinstance(tree, Call) and tree.function in {"max", "min"}:
        return (max if tree.function == "max" else min)(parts, key=lambda part: _number(part, point))
    return rebuilt(tree, parts)


def _number(tree: Tree, point: Point) -> float:
    """Return the value of a tree without max and min at a point."""
    try:
        return _value(tree, point)
    except (OverflowError, ZeroDivisionError, ValueError) as problem:
        raise UnreadableAnswer("a max or min of something too large to compare") from problem


def _value(tree: Tree, point: Point) -> float:
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
