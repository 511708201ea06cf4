"""Bounds between two costs, and the special case of a difference that may cancel, (n - d)²."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product as every

from .asymptotic import MAY_CANCEL, Order
from .budget import Work
from .growth import VARIABLE, Direction, Domain, Form, escape, value
from .polynomial import UNIT, Polynomial, positive
from .regime import in_words
from .verdict import Relation, UnreadableAnswer, Verdict

MOST_VARIABLES = 6


@dataclass(frozen=True)
class Bounds:
    """Directions in which the answer outgrows the true cost, and is outgrown; None: there is none."""

    upper: Direction | None
    lower: Direction | None
    detail: str = ""
    own: Sequence[Form] = field(default_factory=list)
    true: Sequence[Form] = field(default_factory=list)
    domain: Domain = Domain()

    @property
    def relation(self) -> Relation:
        if self.upper is None:
            return "equal" if self.lower is None else "too_tight"
        return "too_loose" if self.lower is None else "incomparable"

    def verdict(self, read_as: str) -> Verdict:
        """Return the verdict, with the regimes in which the two costs part as its hint."""
        ways = [way for way in (self.lower, self.upper) if way is not None]
        hints = [in_words(way, self.own, self.true, self.domain) for way in ways]
        return Verdict(self.relation, read_as, " ".join(hints), self.detail)


def bounds_of_difference(own: Order, true: Order, where: Domain, work: Work) -> Bounds:
    """Return the bounds of a difference that vanishes where its terms meet, by following it along curves x
    = t^u.

    Along a curve every size is exact, so a curve proves that two costs part. That an answer never outgrows
    the true cost is proved by its positive terms alone. Raises UnreadableAnswer when neither decides, or
    the difference is negative somewhere.
    """
    if set(own.below) != {UNIT} or set(true.below) != {UNIT} or not own.exact:
        raise UnreadableAnswer(
            "a difference that may cancel, inside a quotient; write it without a minus sign"
        )
    upper = lower = None
    for curve in _curves([own.above, true.above], where):
        work.spend(20 * (len(own.above) + len(true.above)))
        mine, theirs = _degree(own.above, curve), _degree(true.above, curve)
        assert theirs is not None
        upper = curve if upper is None and mine is not None and mine > theirs else upper
        lower = curve if lower is None and (mine is None or mine < theirs) else lower
    bounded = all(escape(term, list(true.above), where, work) is None for term in positive(own.above))
    if lower is None or (upper is None and not bounded):
        raise UnreadableAnswer(MAY_CANCEL)
    return Bounds(upper, lower, "a difference that vanishes where its terms meet")


def _curves(polys: Sequence[Polynomial], where: Domain) -> Iterator[Direction]:
    symbols = sorted({symbol for poly in polys for term in poly for symbol, _ in term})
    if len(symbols) > MOST_VARIABLES or any(kind != VARIABLE for kind, _ in symbols):
        raise UnreadableAnswer("a difference that may cancel, among too many variables")
    for powers in every((0, 1), repeat=len(symbols)):
        curve: Direction = dict(zip(symbols, map(Fraction, powers), strict=True))
        if any(powers) and all(value(dict(ratio), curve) >= 0 for ratio in where.at_least_one):
            yield curve


def _degree(poly: Polynomial, curve: Direction) -> Fraction | None:
    """Return the degree in t along a curve, None when the terms cancel."""
    sizes: dict[Fraction, Fraction] = {}
    for term, coefficient in poly.items():
        degree = value(dict(term), curve)
        sizes[degree] = sizes.get(degree, Fraction(0)) + coefficient
    degrees = [degree for degree, size in sizes.items() if size]
    if degrees and sizes[max(degrees)] < 0:
        raise UnreadableAnswer("a difference that is negative for some sizes, expected a cost")
    return max(degrees, default=None)
