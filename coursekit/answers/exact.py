"""A normal form of formulas: quotients of sums over variables, roots, logarithms and exponentials, with
exact coefficients.

Equal formulas of the kind the course asks for get equal cross products. All variables are positive.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from math import gcd, lcm

from .budget import Work
from .polynomial import (
    STEPS_PER_TERM,
    UNIT,
    Generator,
    Monomial,
    Polynomial,
    add,
    constant,
    content,
    divide,
    generator,
    monomial,
    multiply,
    over,
    power,
    scale,
    times,
    to_power,
)  # fmt: skip
from .tree import Call, Name, Number, Power, Product, Quotient, Sum, Tree
from .verdict import UnreadableAnswer

VARIABLE, PRIME, LOG, EXP, ROOT, ROUNDED, PI = range(7)
ONE = Fraction(1)
LARGEST_EXPONENT = 64
FINEST_EXPONENT = 10_000  # the largest denominator
LARGEST_EXPANSION = 12
MOST_BITS = 600
LARGEST_PRIME = 1000


@dataclass(frozen=True)
class Exact:
    """above / below."""

    above: Polynomial
    below: Polynomial = field(default_factory=lambda: constant(ONE))


class Exacts:
    """Computes normal forms."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.inside: dict[Generator, Exact] = {}  # what a LOG, EXP or ROOT generator was made from

    def of(self, tree: Tree) -> Exact:
        """Return the normal form of a tree without max and min; raises UnreadableAnswer where it has none."""
        self.work.spend(10)
        match tree:
            case Number(number):
                return Exact(constant(number))
            case Name(name):
                return Exact(generator(VARIABLE, name))
            case Sum(terms):
                return reduce(self.plus, map(self.of, terms))
            case Product(factors):
                return reduce(self.times, map(self.of, factors))
            case Quotient(above, below):
                return self.times(self.of(above), self.inverse(self.of(below)))
            case Power(Power(base, first), second) if isinstance(first, Number):
                return self.of(Power(base, Product((first, second))))
            case Power(base, exponent):
                return self.power(self.of(base), self.of(exponent))
            case Call(function, arguments):
                return self.call(function, arguments)

    def plus(self, left: Exact, right: Exact) -> Exact:
        if left.below == right.below:
            return self.tidy(add(left.above, right.above, self.work), left.below)
        one, two = multiply(left.above, right.below, self.work), multiply(right.above, left.below, self.work)
        return self.tidy(add(one, two, self.work), multiply(left.below, right.below, self.work))

    def times(self, left: Exact, right: Exact) -> Exact:
        return self.tidy(
            multiply(left.above, right.above, self.work), multiply(left.below, right.below, self.work)
        )

    def inverse(self, value: Exact) -> Exact:
        if not value.above:
            raise UnreadableAnswer("a division by zero")
        return self.tidy(value.below, value.above)

    def tidy(self, above: Polynomial, below: Polynomial) -> Exact:
        """Return the quotient with roots folded and common factors cancelled."""
        above, below = self.folded(above), self.folded(below)
        while shared := to_power(content(below), -ONE):
            self.work.spend(STEPS_PER_TERM * (len(above) + len(below)))
            above, below = self.folded(scale(above, ONE, shared)), self.folded(scale(below, ONE, shared))
        lead = below[max(below)]
        if lead != 1:
            above, below = scale(above, 1 / lead), scale(below, 1 / lead)
        if (
            len(below) > 1
            and above
            and all(e.denominator == 1 and e > 0 for p in (above, below) for t in p for _, e in t)
        ):
            whole = divide(above, below, self.work)
            if whole is not None:
                return Exact(whole)
        return Exact(above, below)

    def folded(self, poly: Polynomial) -> Polynomial:
        """Return a polynomial in which a root of 2, or of a sum, has an exponent between 0 and 1."""
        if not any(symbol[0] in {PRIME, ROOT} for term in poly for symbol, _ in term):
            return poly
        total: Polynomial = {}
        for term, coefficient in poly.items():
            piece = {UNIT: coefficient}
            rest: list[tuple[Generator, Fraction]] = []
            for symbol, exponent in term:
                whole = exponent.numerator // exponent.denominator
                if symbol[0] == PRIME:
                    piece, exponent = scale(piece, Fraction(int(symbol[1])) ** whole), exponent - whole
                elif symbol[0] == ROOT and whole > 0:
                    piece, exponent = (
                        multiply(piece, self.power_of(self.inside[symbol].above, whole), self.work),
                        exponent - whole,
                    )
                rest.append((symbol, exponent))
            total = add(total, scale(piece, ONE, monomial(rest)), self.work)
        return total

    def power_of(self, poly: Polynomial, exponent: int) -> Polynomial:
        bits = max(max(c.numerator.bit_length(), c.denominator.bit_length()) for c in poly.values())
        if (
            exponent > (LARGEST_EXPONENT if len(poly) == 1 else LARGEST_EXPANSION)
            or bits * exponent > MOST_BITS
        ):
            raise UnreadableAnswer(
                f"a power of {exponent}, expected at most {LARGEST_EXPONENT} (of a sum, {LARGEST_EXPANSION})"
            )
        return power(poly, exponent, self.work)

    def power(self, base: Exact, exponent: Exact) -> Exact:
        number = _number(exponent)
        if number is None:
            return self.exp(self.times(exponent, self.log(base)))
        if abs(number) > LARGEST_EXPONENT or number.denominator > FINEST_EXPONENT:
            raise UnreadableAnswer(f"an exponent of {number}, expected at most {LARGEST_EXPONENT}")
        if number < 0:
            return self.power(self.inverse(base), Exact(constant(-number)))
        if not base.above:
            return Exact(constant(Fraction(0 if number else 1)))
        if number.denominator == 1:
            return self.tidy(*(self.power_of(p, int(number)) for p in (base.above, base.below)))
        return self.times(self.root(base.above, number), self.inverse(self.root(base.below, number)))

    def root(self, poly: Polynomial, exponent: Fraction) -> Exact:
        """Return a fractional power: of a monomial exactly, of a sum as a generator of its own."""
        number, shared, rest = _primitive(poly)
        if number < 0:
            raise UnreadableAnswer("a root of something negative")
        outside = times(to_power(shared, exponent), to_power(_primes(number), exponent))
        if rest == constant(ONE):
            return self.tidy({outside: ONE}, constant(ONE))
        symbol = self.made(ROOT, Exact(rest))
        return self.tidy({times(outside, ((symbol, exponent),)): ONE}, constant(ONE))

    def made(self, kind: int, inside: Exact) -> Generator:
        symbol = (kind, f"{_key(inside.above)} / {_key(inside.below)}")
        self.inside[symbol] = inside
        return symbol

    def log(self, value: Exact) -> Exact:
        minus = Exact(constant(-ONE))
        above, below = self.log_of(value.above), self.log_of(value.below)
        return self.plus(above, self.times(minus, below))

    def log_of(self, poly: Polynomial) -> Exact:
        if not poly:
            raise UnreadableAnswer("the logarithm of zero")
        number, shared, rest = _primitive(poly)
        if number < 0:
            raise UnreadableAnswer("the logarithm of something negative")
        total = Exact({})
        for symbol, exponent in (*shared, *_primes(number)):
            total = self.plus(total, self.times(Exact(constant(exponent)), self.log_generator(symbol)))
        if rest == constant(ONE):
            return total
        return self.plus(total, Exact({((self.made(LOG, Exact(rest)), ONE),): ONE}))

    def log_generator(self, symbol: Generator) -> Exact:
        if symbol[0] == EXP:
            return self.inside[symbol]
        if symbol[0] == ROOT:
            return self.log_of(self.inside[symbol].above)
        inside = Exact({((symbol, ONE),): ONE})
        return Exact({((self.made(LOG, inside), ONE),): ONE})

    def exp(self, value: Exact) -> Exact:
        """Return exp of a quotient as a product over the terms above: exp(2 log n) is n²."""
        total = Exact(constant(ONE))
        for term, coefficient in value.above.items():
            total = self.times(total, self.exp_of(term, value.below, coefficient))
        return total

    def exp_of(self, term: Monomial, below: Polynomial, coefficient: Fraction) -> Exact:
        scaled = coefficient / below.get(UNIT, ONE) if set(below) == {UNIT} else coefficient
        alone = set(below) == {UNIT} and len(term) == 1 and term[0][0][0] == LOG and term[0][1] == 1
        if alone:
            return self.power(self.inside[term[0][0]], Exact(constant(scaled)))
        symbol = self.made(EXP, Exact({term: ONE}, constant(ONE) if set(below) == {UNIT} else below))
        return self.tidy({((symbol, scaled),): ONE}, constant(ONE))

    def call(self, function: str, arguments: tuple[Tree, ...]) -> Exact:
        match function:
            case "sqrt":
                return self.of(Power(arguments[0], Number(Fraction(1, 2))))
            case "log":
                return self.log(self.of(arguments[0]))
            case "exp":
                return self.exp(self.of(arguments[0]))
            case "pi":
                return Exact(generator(PI, "pi"))
            case "floor" | "ceil":
                return self.rounded(function, self.of(arguments[0]))
        raise UnreadableAnswer(f"{function}( ) has no exact value, expected a formula")

    def rounded(self, function: str, value: Exact) -> Exact:
        number = _number(value)
        if number is not None:
            return Exact(constant(Fraction(number.__floor__() if function == "floor" else number.__ceil__())))
        return Exact(generator(ROUNDED, f"{function}({_key(value.above)} / {_key(value.below)})"))


def _number(value: Exact) -> Fraction | None:
    if set(value.above) - {UNIT} or set(value.below) - {UNIT}:
        return None
    return value.above.get(UNIT, Fraction(0)) / value.below[UNIT]


def _primitive(poly: Polynomial) -> tuple[Fraction, Monomial, Polynomial]:
    """Return a number, a monomial and a primitive polynomial whose product is `poly`."""
    shared = content(poly)
    numerators, denominators = [c.numerator for c in poly.values()], [c.denominator for c in poly.values()]
    number = Fraction(gcd(*numerators), lcm(*denominators))
    if poly[max(poly)] < 0:
        number = -number
    return number, shared, {over(term, shared): coefficient / number for term, coefficient in poly.items()}


def _primes(number: Fraction) -> Monomial:
    """Return a positive number as a product of powers of primes; a factor above a million stays whole."""
    found: list[tuple[Generator, Fraction]] = []
    for part, sign in ((number.numerator, 1), (number.denominator, -1)):
        factor = 2
        while factor * factor <= part and factor < LARGEST_PRIME:
            while part % factor == 0:
                found.append(((PRIME, str(factor)), Fraction(sign)))
                part //= factor
            factor += 1
        if part > 1:
            found.append(((PRIME, str(part)), Fraction(sign)))
    return monomial(found)


def _key(poly: Polynomial) -> str:
    """Return a text that equal polynomials share."""
    return " + ".join(
        f"{c}*" + "*".join(f"{k}:{n}^{e}" for (k, n), e in term) for term, c in sorted(poly.items())
    )
