"""The value of a formula for given numbers, for figures that draw what a student typed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from coursekit.answers.tree import Call, Name, Number, Power, Product, Quotient, Sum, Tree

FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "sqrt": math.sqrt,
    "log": math.log,
    "exp": math.exp,
    "floor": math.floor,
    "ceil": math.ceil,
    "max": max,
    "min": min,
    "pi": lambda: math.pi,
}


def value(tree: Tree, numbers: Mapping[str, float]) -> float:
    """Return the value of a formula; nan where it has none that is a finite real number.

    Raises KeyError for a name without a number, and for O( ), which is no number.
    """
    try:
        found = _value(tree, numbers)
    except (ArithmeticError, ValueError):
        return math.nan
    return found if isinstance(found, float | int) and math.isfinite(found) else math.nan


def _value(tree: Tree, numbers: Mapping[str, float]) -> float:
    match tree:
        case Number(fraction):
            return float(fraction)
        case Name(name):
            return numbers[name]
        case Sum(parts):
            return math.fsum(_value(part, numbers) for part in parts)
        case Product(parts):
            return math.prod(_value(part, numbers) for part in parts)
        case Quotient(above, below):
            return _value(above, numbers) / _value(below, numbers)
        case Power(base, exponent):
            power: float = _value(base, numbers) ** _value(exponent, numbers)
            return power
        case Call(function, parts):
            return FUNCTIONS[function](*(_value(part, numbers) for part in parts))
