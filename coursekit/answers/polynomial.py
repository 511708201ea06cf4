"""Sums of monomials with rational coefficients and exponents, over generators named by the user."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TypeAlias

from .budget import Work

# A generator is (kind, name); what the kinds are is up to the user of this module.
Generator: TypeAlias = tuple[int, str]
Monomial: TypeAlias = tuple[tuple[Generator, Fraction], ...]  # sorted, no exponent zero
Polynomial: TypeAlias = dict[Monomial, Fraction]  # no coefficient zero

UNIT: Monomial = ()
STEPS_PER_TERM = 30
LONGEST_QUOTIENT = 40


def constant(value: Fraction) -> Polynomial:
    """Return the polynomial that is `value` everywhere."""
    return {UNIT: value} if value else {}


def generator(kind: int, name: str) -> Polynomial:
    """Return the polynomial that is one generator."""
    return {(((kind, name), Fraction(1)),): Fraction(1)}


def monomial(exponents: Iterable[tuple[Generator, Fraction]]) -> Monomial:
    """Return the monomial with these exponents, which may repeat a generator."""
    total: dict[Generator, Fraction] = {}
    for symbol, exponent in exponents:
        total[symbol] = total.get(symbol, Fraction(0)) + exponent
    return tuple(sorted((symbol, exponent) for symbol, exponent in total.items() if exponent))


def times(left: Monomial, right: Monomial) -> Monomial:
    """Return the product of two monomials."""
    return monomial((*left, *right)) if left and right else left or right


def to_power(base: Monomial, exponent: Fraction) -> Monomial:
    """Return a monomial to a rational power."""
    return tuple((symbol, power * exponent) for symbol, power in base) if exponent else UNIT


def over(above: Monomial, below: Monomial) -> Monomial:
    """Return one monomial divided by another."""
    return times(above, to_power(below, Fraction(-1)))


def add(left: Polynomial, right: Polynomial, work: Work) -> Polynomial:
    """Return the sum; terms that cancel are gone."""
    work.spend(STEPS_PER_TERM * len(right))
    total = dict(left)
    for term, coefficient in right.items():
        total[term] = total.get(term, Fraction(0)) + coefficient
    return {term: coefficient for term, coefficient in total.items() if coefficient}


def scale(poly: Polynomial, by: Fraction, shift: Monomial = UNIT) -> Polynomial:
    """Return the polynomial times a number and a monomial."""
    return {times(term, shift): coefficient * by for term, coefficient in poly.items()} if by else {}


def multiply(left: Polynomial, right: Polynomial, work: Work) -> Polynomial:
    """Return the product, multiplied out."""
    work.spend(STEPS_PER_TERM * len(left) * len(right))
    total: Polynomial = {}
    for one, a in left.items():
        for two, b in right.items():
            term = times(one, two)
            total[term] = total.get(term, Fraction(0)) + a * b
    return {term: coefficient for term, coefficient in total.items() if coefficient}


def power(base: Polynomial, exponent: int, work: Work) -> Polynomial:
    """Return a polynomial to a whole power of at least 0, multiplied out."""
    result = constant(Fraction(1))
    for _ in range(exponent):
        result = multiply(result, base, work)
    return result


def positive(poly: Polynomial) -> Polynomial:
    """Return the terms with positive coefficients."""
    return {term: coefficient for term, coefficient in poly.items() if coefficient > 0}


def is_positive(poly: Polynomial) -> bool:
    """Whether there is a term, and every coefficient is positive."""
    return bool(poly) and all(coefficient > 0 for coefficient in poly.values())


def divide(above: Polynomial, below: Polynomial, work: Work) -> Polynomial | None:
    """Return above / below when that is a polynomial with at most 40 terms, else None."""
    quotient: Polynomial = {}
    lead = max(below, key=_order)
    while above and len(quotient) < LONGEST_QUOTIENT:
        top = max(above, key=_order)
        factor, ratio = over(top, lead), above[top] / below[lead]
        if factor in quotient or any(exponent < 0 for _, exponent in factor):
            return None
        quotient[factor] = ratio
        work.spend(STEPS_PER_TERM * len(below))
        above = add(above, scale(below, -ratio, factor), work)
    return None if above else quotient


def _order(term: Monomial) -> tuple[Fraction, tuple[tuple[Fraction, Generator], ...]]:
    return sum((exponent for _, exponent in term), Fraction(0)), tuple(
        (exponent, symbol) for symbol, exponent in term
    )


def content(poly: Polynomial) -> Monomial:
    """Return the largest monomial that divides every term."""
    every = [dict(term) for term in poly]
    symbols = set().union(*every) if every else set()
    lowest = ((symbol, min(term.get(symbol, Fraction(0)) for term in every)) for symbol in symbols)
    return monomial(lowest)
