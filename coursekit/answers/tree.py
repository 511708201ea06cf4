"""The tree of an expression, and how it is shown to people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


@dataclass(frozen=True)
class Number:
    """A rational number."""

    value: Fraction


@dataclass(frozen=True)
class Name:
    """A declared variable or constant."""

    name: str


@dataclass(frozen=True)
class Sum:
    """A sum; what is subtracted appears as a product with the number -1."""

    terms: tuple[Tree, ...]


@dataclass(frozen=True)
class Product:
    """A product of at least two factors."""

    factors: tuple[Tree, ...]


@dataclass(frozen=True)
class Quotient:
    """One expression divided by another."""

    above: Tree
    below: Tree


@dataclass(frozen=True)
class Power:
    """One expression to the power of another."""

    base: Tree
    exponent: Tree


@dataclass(frozen=True)
class Call:
    """sqrt, log, exp, floor, ceil, O (one argument), max, min (two or more), or pi (none)."""

    function: str
    arguments: tuple[Tree, ...]


Tree: TypeAlias = Number | Name | Sum | Product | Quotient | Power | Call

ONE, MINUS_ONE = Number(Fraction(1)), Number(Fraction(-1))


def product(*factors: Tree) -> Tree:
    """Return the product, flat, and without a product around a single factor."""
    flat = [
        part for factor in factors for part in (factor.factors if isinstance(factor, Product) else (factor,))
    ]
    return flat[0] if len(flat) == 1 else Product(tuple(flat))


def negative(tree: Tree) -> Tree:
    """Return minus one times `tree`."""
    return Number(-tree.value) if isinstance(tree, Number) else product(MINUS_ONE, tree)


def children(tree: Tree) -> tuple[Tree, ...]:
    """Return the parts a tree is made of, from left to right."""
    match tree:
        case Sum(parts) | Product(parts) | Call(_, parts):
            return parts
        case Quotient(left, right) | Power(left, right):
            return left, right
    return ()


def names(tree: Tree) -> set[str]:
    """Return every name in `tree`."""
    return {tree.name} if isinstance(tree, Name) else set().union(*map(names, children(tree)))


def rebuilt(tree: Tree, parts: tuple[Tree, ...]) -> Tree:
    """Return a tree of the same kind over other parts, as many as `children` gives."""
    match tree:
        case Sum():
            return Sum(parts)
        case Product():
            return product(*parts)
        case Quotient():
            return Quotient(*parts)
        case Power():
            return Power(*parts)
        case Call(function, _):
            return Call(function, parts)
    return tree


def replaced(tree: Tree, same: Mapping[str, Tree]) -> Tree:
    """Return the tree with every name in `same` replaced by what it stands for."""
    if isinstance(tree, Name):
        return same.get(tree.name, tree)
    return rebuilt(tree, tuple(replaced(part, same) for part in children(tree)))


# How tightly a node binds: a part that binds more loosely than its place asks for gets brackets.
SUM, PRODUCT, POWER, ATOM = range(4)


def shown(tree: Tree, symbols: Mapping[str, str] | None = None, tight: int = SUM) -> str:
    """Return the tree as people write it, `b·d² + b·n·d/h`; `symbols` says how a name looks ("mu2":
    "‖μ‖²")."""
    text, binding = _shown(tree, symbols or {})
    return f"({text})" if binding < tight else text


def _shown(tree: Tree, symbols: Mapping[str, str]) -> tuple[str, int]:
    match tree:
        case Number(value):
            return str(
                value
            ), ATOM if value.denominator == 1 and value >= 0 else PRODUCT if value >= 0 else SUM
        case Name(name):
            return symbols.get(name, name), ATOM
        case Sum(terms):
            return _sum(terms, symbols), SUM
        case Product((Number(value), *rest)) if value == -1:
            return "-" + shown(product(*rest), symbols, PRODUCT), SUM
        case Product(factors):
            return "·".join(shown(factor, symbols, PRODUCT) for factor in factors), PRODUCT
        case Quotient(above, below):
            return f"{shown(above, symbols, PRODUCT)}/{shown(below, symbols, POWER)}", PRODUCT
        case Power(base, exponent):
            return _power(base, exponent, symbols), POWER
        case Call(function, arguments):
            inside = ", ".join(shown(argument, symbols) for argument in arguments)
            return ("π" if function == "pi" else f"{function}({inside})"), ATOM


def _sum(terms: tuple[Tree, ...], symbols: Mapping[str, str]) -> str:
    text = shown(terms[0], symbols)
    for term in terms[1:]:
        piece = shown(term, symbols)
        text += f" - {piece[1:]}" if piece.startswith("-") else f" + {piece}"
    return text


def _power(base: Tree, exponent: Tree, symbols: Mapping[str, str]) -> str:
    below = shown(base, symbols, ATOM)
    if isinstance(base, Name) and not below.isidentifier() and not below.isalpha():
        below = f"({below})"
    if isinstance(exponent, Number) and exponent.value.denominator == 1:
        return below + str(exponent.value).translate(SUPERSCRIPTS)
    above, binding = _shown(exponent, symbols)
    return f"{below}^{above}" if binding == ATOM else f"{below}^({above})"
