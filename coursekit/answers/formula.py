"""Equality of exact formulas: numbers of parameters, of bytes, expectations, ratios.

A normal form decides, so that equal means equal everywhere. Under max and min the formula is decided once
for each order of the arguments; which orders occur is found by trying sizes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm

from .budget import Work
from .characters import GREEK
from .exact import VARIABLE, Exact, Exacts
from .orderings import AtMost, orderings, signs_of_difference
from .polynomial import (
    Polynomial,
    add,
    constant,
    content,
    is_positive,
    monomial,
    multiply,
    power,
    scale,
    to_power,
)
from .reading import Reader, Reading, reader_for
from .tree import Call, Name, Number, Tree, children, names, replaced, shown
from .verdict import Relation, UnreadableAnswer, Verdict

LARGEST_SHIFT = 10
REAL = frozenset(GREEK)  # names of numbers that may be below 1; the others are sizes
LARGER = (
    "Your formula is never smaller than the true one, and larger for most sizes; is something counted twice?"
)
SMALLER = "Your formula is never larger than the true one, and smaller for most sizes; is something left out?"
BOTH = "Your formula is larger than the true one for some sizes, smaller for others."
UNEQUAL = "Put in small numbers for which you know the result: does your formula give it?"


def read(
    text: str,
    variables: Sequence[str],
    *,
    constants: Sequence[str] = (),
    units: Sequence[str] = (),
    vectors: Sequence[str] = (),
    aliases: Mapping[str, str] | None = None,
) -> Reading:
    """Return how a formula is understood; raises UnreadableAnswer. Options as in `compare`."""
    reading = Reader(tuple(variables), tuple(constants), tuple(units), tuple(vectors), aliases or {}).read(
        text
    )
    for side in reading.sides:
        if any(map(_has_order, side)):
            raise UnreadableAnswer(
                f"cannot read {text!r}: O( ) drops constants, expected an exact formula", text
            )
    return reading


def compare(
    expected: str | Sequence[str],
    submitted: str,
    variables: Sequence[str] | None,
    constraints: Sequence[str] = (),
    *,
    constants: Sequence[str] = (),
    units: Sequence[str] = (),
    vectors: Sequence[str] = (),
    aliases: Mapping[str, str] | None = None,
) -> Verdict:
    """Return how a submitted formula stands to the expected one, or to the first that it equals. All
    variables are positive.

    A constraint `d_k = d/h` (or ~) replaces the name on its left. An inequality `h <= d` changes no
    identity; it says which orders of the arguments of max and min occur. `units` may follow the formula and
    are ignored. For each of `vectors`, say mu, every form of the squared norm is the name mu2; `aliases`
    names other products, {"q.k": "s"}. Too loose (too tight) means never smaller (larger) with all variables
    at least 1. Raises UnreadableAnswer as `read` does, and when two readings would be judged differently.
    """
    options = {"units": tuple(units), "vectors": tuple(vectors), "aliases": aliases or {}}
    reader, answers = reader_for(expected, variables, constants, **options)
    keys = [reader.author(answer) for answer in answers]
    reading = read(
        submitted, reader.variables, constants=constants, units=units, vectors=vectors, aliases=aliases
    )
    same = _replacements(constraints, reader)
    signed = frozenset((*reader.vectors, *reader.aliases.values()))
    comparison = _Comparison(same, _domain(constraints, reader, same), signed, reading)
    for side in reading.sides[:-1]:
        comparison.check_side(side[0])
    verdicts = (comparison.verdict(key) for key in keys)
    first = next(verdicts)
    return first if first.right else next((verdict for verdict in verdicts if verdict.right), first)


def _replacements(constraints: Sequence[str], reader: Reader) -> dict[str, Tree]:
    """Return what each name on the left of an equality stands for."""
    found: dict[str, Tree] = {}
    for text in map(_spelled, constraints):
        if "<" in text or ">" in text:
            continue
        left, sign, right = text.replace("~", "=").replace("==", "=").partition("=")
        name = reader.author(left)
        if not sign or not isinstance(name, Name) or name.name in names(reader.author(right)):
            raise ValueError(
                f"constraint {text!r}: expected a name, then =, then a formula without that name"
            )
        found[name.name] = reader.author(right)
    if any(names(tree) & found.keys() for tree in found.values()):
        raise ValueError(f"constraints {list(constraints)}: a replaced name stands in a replacement")
    return found


def _domain(constraints: Sequence[str], reader: Reader, same: dict[str, Tree]) -> list[AtMost]:
    """Return the inequalities among the constraints; a name that was replaced is at least 1 as all others."""
    found: list[AtMost] = [(Number(Fraction(1)), tree) for tree in same.values()]
    for text in map(_spelled, constraints):
        signs, sides = re.findall("[<>]", text), re.split("[<>]=?", text)
        trees = [replaced(reader.author(side), same) for side in sides] if signs else []
        for sign, one, two in zip(signs, trees, trees[1:], strict=False):
            found.append((one, two) if sign == "<" else (two, one))
    return found


def _spelled(constraint: str) -> str:
    return constraint.replace("≤", "<=").replace("≥", ">=")


class _Comparison:
    """Compares one answer with keys, within one allowance of work."""

    def __init__(
        self, same: dict[str, Tree], domain: list[AtMost], signed: frozenset[str], reading: Reading
    ) -> None:
        self.same, self.domain, self.reading, self.work = same, domain, reading, Work()
        self.signed = signed  # products of vectors, and their entries: these may be negative

    def verdict(self, key: Tree) -> Verdict:
        """Return the verdict that all readings of the answer share."""
        found = [self.relation(key, tree) for tree in self.reading.sides[-1]]
        if len(set(found)) > 1:
            ways = "; ".join(note for note in self.reading.notes if note.startswith("read as "))
            text = self.reading.text
            raise UnreadableAnswer(
                f"cannot read {text!r}: it has two meanings ({ways}), write brackets", text
            )
        relation, tree = found[0], self.reading.tree
        detail = "" if relation == "equal" else f"expected {shown(key, self.reading.symbols)}"
        return Verdict(relation, self.reading.pretty, self.hint(relation, key, tree), detail)

    def hint(self, relation: Relation, key: Tree, answer: Tree) -> str:
        """Return what the student may know: which is larger, where that has been seen and means something."""
        if relation == "equal":
            return ""
        if (names(key) | names(answer)) & self.signed:
            return UNEQUAL
        both = replaced(key, self.same), replaced(answer, self.same)
        signs = signs_of_difference(*both, self.domain, REAL)
        if len(signs) > 1:
            return BOTH
        known = {"too_loose": LARGER, "too_tight": SMALLER}
        return known.get(relation, UNEQUAL) if signs else UNEQUAL

    def check_side(self, side: Tree) -> None:
        """Raise UnreadableAnswer unless a side of a = b = c equals the last."""
        if self.relation(self.reading.tree, side) != "equal":
            left, right, text = shown(side, self.reading.symbols), self.reading.pretty, self.reading.text
            raise UnreadableAnswer(f"cannot read {text!r}: {left} and {right} are not equal", text)

    def relation(self, key: Tree, answer: Tree) -> Relation:
        """Return the relation that holds in every order of the arguments of max and min."""
        one, two = replaced(key, self.same), replaced(answer, self.same)
        try:
            found = {self.plain_relation(*pair) for pair in orderings(one, two, self.work, self.domain)}
        except UnreadableAnswer as problem:
            message = f"cannot decide {self.reading.text!r}, read as {self.reading.pretty}: {problem}"
            raise UnreadableAnswer(message, self.reading.text) from problem
        unequal = found - {"equal"}
        return "equal" if not unequal else unequal.pop() if len(unequal) == 1 else "incomparable"

    def plain_relation(self, key: Tree, answer: Tree) -> Relation:
        exacts = Exacts(self.work)
        gap = self.gap(exacts, exacts.of(answer), exacts.of(key))
        if gap is None:
            return "incomparable"
        if not gap:
            return "equal"
        if self.never_negative(gap):
            return "too_loose"
        return "too_tight" if self.never_negative(scale(gap, Fraction(-1))) else "incomparable"

    def gap(self, exacts: Exacts, own: Exact, true: Exact) -> Polynomial | None:
        """Return (answer - key) times something positive; None when nothing positive is at hand."""
        mine, theirs = multiply(own.above, true.below, self.work), multiply(true.above, own.below, self.work)
        difference = exacts.folded(add(mine, scale(theirs, Fraction(-1)), self.work))
        positive = is_positive(own.below) and is_positive(true.below)
        return difference if positive or not difference else None

    def never_negative(self, poly: Polynomial) -> bool:
        """Whether every coefficient is positive, perhaps after writing each variable as 1 + more."""
        poly = scale(poly, Fraction(1), to_power(content(poly), Fraction(-1)))
        if is_positive(poly):
            return True
        degrees: dict[tuple[int, str], int] = {}
        for term in poly:
            for symbol, exponent in term:
                degrees[symbol] = lcm(degrees.get(symbol, 1), exponent.denominator)
        if any(e < 0 or e * degrees[s] > LARGEST_SHIFT for term in poly for s, e in term):
            return False
        return is_positive(self.shifted(poly, degrees))

    def shifted(self, poly: Polynomial, degrees: dict[tuple[int, str], int]) -> Polynomial:
        total: Polynomial = {}
        for term, coefficient in poly.items():
            piece = constant(coefficient)
            for symbol, exponent in term:
                one = constant(Fraction(1)) if symbol[0] == VARIABLE else {}
                base = add({monomial([(symbol, Fraction(1))]): Fraction(1)}, one, self.work)
                piece = multiply(piece, power(base, int(exponent * degrees[symbol]), self.work), self.work)
            total = add(total, piece, self.work)
        return total


def _has_order(tree: Tree) -> bool:
    return (isinstance(tree, Call) and tree.function == "O") or any(map(_has_order, children(tree)))
