"""What can be said of monomials without a search: a variable tied to others (k ~ d/h) is written away, and
one monomial is held against another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from .polynomial import Generator, Monomial, monomial, over, to_power

MOST_FACTORS = 3  # constraints multiplied to show that a monomial is at least 1
ONE = Fraction(1)
VARIABLE = 0  # the kind of a generator that is a variable itself, not its logarithm


@dataclass(frozen=True)
class Elimination:
    """Constraints without ties, and for each variable written away the monomial it stands for."""

    at_least_one: tuple[Monomial, ...]
    rules: tuple[tuple[Generator, Monomial], ...] = ()

    def of(self, term: Monomial) -> Monomial:
        """Return a monomial in the variables that are left."""
        for symbol, stands_for in self.rules:
            term = _replaced(term, symbol, stands_for)
        return term

    def restored(self, direction: Mapping[Generator, Fraction]) -> dict[Generator, Fraction]:
        """Return a direction of the variables left with those written away, where they grow."""
        whole = dict(direction)
        for symbol, stands_for in reversed(self.rules):
            growth = sum((e * whole.get(other, Fraction(0)) for other, e in stands_for), Fraction(0))
            if growth:
                whole[symbol] = growth
        return whole


@lru_cache(maxsize=256)
def eliminated(at_least_one: tuple[Monomial, ...], kept: frozenset[str]) -> Elimination:
    """Return the constraints with one variable less for each pair r >= 1 and 1/r >= 1.

    The names in `kept` stay: the logarithm of a quotient is no monomial. A variable written away is at
    least 1 as before: that is a constraint of its own.
    """
    left, rules = list(dict.fromkeys(at_least_one)), list[tuple[Generator, Monomial]]()
    while (tie := _tie(left, kept)) is not None:
        symbol, stands_for = tie
        rules.append(tie)
        new = [_replaced(ratio, symbol, stands_for) for ratio in left] + [stands_for]
        left = [ratio for ratio in dict.fromkeys(new) if any(exponent < 0 for _, exponent in ratio)]
    return Elimination(tuple(left), tuple(rules))


def _tie(ratios: list[Monomial], kept: frozenset[str]) -> tuple[Generator, Monomial] | None:
    """Return a variable and the monomial that it is of the order of.

    That is the variable used least, and of two the one on the left: M for M ~ D, which is D/M and M/D.
    """
    tied = [ratio for i, ratio in enumerate(ratios) if to_power(ratio, -ONE) in ratios[i + 1 :]]
    uses = [symbol for ratio in ratios for symbol, _ in ratio]
    free = [
        (uses.count(symbol), exponent > 0, symbol, exponent, ratio)
        for ratio in tied
        for symbol, exponent in ratio
        if symbol[0] == VARIABLE and symbol[1] not in kept
    ]
    if not free:
        return None
    *_, symbol, exponent, ratio = min(free)
    return symbol, to_power(over(ratio, ((symbol, exponent),)), -1 / exponent)


def _replaced(term: Monomial, symbol: Generator, stands_for: Monomial) -> Monomial:
    exponent = dict(term).get(symbol)
    if exponent is None:
        return term
    return monomial([*(pair for pair in term if pair[0] != symbol), *to_power(stands_for, exponent)])


def plainly_at_least_one(
    ratio: Monomial, at_least_one: tuple[Monomial, ...], factors: int = MOST_FACTORS
) -> bool:
    """Whether a monomial is a product of powers of generators and of a few constraints.

    That proves it is at least 1; without such a product it may be so all the same.
    """
    low = next((pair for pair in ratio if pair[1] < 0), None)
    if low is None:
        return True
    symbol, exponent = low
    return factors > 0 and any(
        plainly_at_least_one(over(ratio, to_power(known, exponent / power)), at_least_one, factors - 1)
        for known in at_least_one
        if (power := dict(known).get(symbol, Fraction(0))) < 0
    )
