"""Equality of exact formulas: numbers of parameters, of bytes, expectations, ratios.

A normal form decides, so that equal means equal everywhere. Under max and min the formula is decided once
for each order of the arguments; which orders occur is found by trying sizes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm

from .budget import Work
from .exact import VARIABLE, Exact, Exacts
from .orderings import orderings
from .polynomial import Polynomial, add, constant, is_positive, monomial, multiply, power, scale
from .reading import Reader, Reading, reader_for
from .tree import Call, Name, Tree, children, names, shown
from .verdict import Relation, UnreadableAnswer, Verdict

LARGEST_SHIFT = 10
SIZES: dict[Relation, str] = {
    "too_loose": "Your formula is larger than the true one, for all sizes; is something counted twice?",
    "too_tight": "Your formula is smaller than the true one, for all sizes; is something left out?",
    "incomparable": "Your formula is larger than the true one for some sizes, smaller for others.",
}


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

    A constraint `d_k = d/h` (or ~) replaces the name on its left; inequalities change no identity and are
    not used. `units` may follow the formula and are ignored. For each of `vectors`, say mu, every form of
    the squared norm is the name mu2; `aliases` names other products, {"q.k": "s"}. Too loose (too tight)
    means never smaller (larger) with all variables at least 1. Raises UnreadableAnswer as `read` does, and
    when two readings would be judged differently.
    """
    options = {"units": tuple(units), "vectors": tuple(vectors), "aliases": aliases or {}}
    reader, answers = reader_for(expected, variables, constants, **options)
    keys = [reader.author(answer) for answer in answers]
    reading = read(
        submitted, reader.variables, constants=constants, units=units, vectors=vectors, aliases=aliases
    )
    comparison = _Comparison(_replacements(constraints, reader), reading)
    for side in reading.sides[:-1]:
        comparison.check_side(side[0])
    verdicts = (comparison.verdict(key) for key in keys)
    first = next(verdicts)
    return first if first.right else next((verdict for verdict in verdicts if verdict.right), first)


def _replacements(constraints: Sequence[str], reader: Reader) -> dict[str, Tree]:
    found: dict[str, Tree] = {}
    for text in constraints:
        if any(sign in text for sign in "<>≤≥"):
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


class _Comparison:
    """Compares one answer with keys, within one allowance of work."""

    def __init__(self, same: dict[str, Tree], reading: Reading) -> None:
        self.same, self.reading, self.work = same, reading, Work()

    def verdict(self, key: Tree) -> Verdict:
        """Return the verdict that all readings of the answer share."""
        found = [self.relation(key, tree) for tree in self.reading.sides[-1]]
        if len(set(found)) > 1:
            ways = "; ".join(note for note in self.reading.notes if note.startswith("read as "))
            text = self.reading.text
            raise UnreadableAnswer(
                f"cannot read {text!r}: it has two meanings ({ways}), write brackets", text
            )
        relation = found[0]
        detail = "" if relation == "equal" else f"expected {shown(key, self.reading.symbols)}"
        return Verdict(relation, self.reading.pretty, SIZES.get(relation, ""), detail)

    def check_side(self, side: Tree) -> None:
        """Raise UnreadableAnswer unless a side of a = b = c equals the last."""
        if self.relation(self.reading.tree, side) != "equal":
            left, right, text = shown(side, self.reading.symbols), self.reading.pretty, self.reading.text
            raise UnreadableAnswer(f"cannot read {text!r}: {left} and {right} are not equal", text)

    def relation(self, key: Tree, answer: Tree) -> Relation:
        """Return the relation that holds in every order of the arguments of max and min."""
        try:
            found = {self.plain_relation(one, two) for one, two in orderings(key, answer, self.work)}
        except UnreadableAnswer as problem:
            message = f"cannot decide {self.reading.text!r}, read as {self.reading.pretty}: {problem}"
            raise UnreadableAnswer(message, self.reading.text) from problem
        unequal = found - {"equal"}
        return "equal" if not unequal else unequal.pop() if len(unequal) == 1 else "incomparable"

    def plain_relation(self, key: Tree, answer: Tree) -> Relation:
        exacts = Exacts(self.work, self.same)
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
