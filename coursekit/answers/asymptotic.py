"""From a tree to its order of growth: a quotient of sums of monomials, constants left out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import isqrt, log

from .budget import Work
from .growth import EXPONENTIAL, LOG_LOG_LOG, VARIABLE, Domain, log_of
from .polynomial import (
    UNIT,
    Monomial,
    Polynomial,
    add,
    constant,
    content,
    generator,
    is_positive,
    monomial,
    multiply,
    over,
    positive,
    power,
    scale,
    to_power,
)  # fmt: skip
from .tree import Call, Name, Number, Power, Product, Quotient, Sum, Tree
from .verdict import UnreadableAnswer

LARGEST_EXPONENT = 64
FINEST_EXPONENT = 10_000  # the largest denominator
LARGEST_EXPANSION = 6
MOST_BITS = 2000
ONE = Fraction(1)
MAY_CANCEL = "a difference of terms of the same order may cancel; write the result without a minus sign"


@dataclass(frozen=True)
class Order:
    """above / below. With `exact` the coefficients are as written, without it just positive."""

    above: Polynomial
    below: Polynomial = field(default_factory=lambda: constant(ONE))
    exact: bool = True


class Undecided(UnreadableAnswer):
    """A difference whose order is not that of a term: it may cancel."""


class Orders:
    """Computes orders of growth on a domain. Names in `fixed` are constants."""

    def __init__(self, domain: Domain, fixed: frozenset[str], work: Work) -> None:
        self.domain, self.fixed, self.work = domain, fixed, work
        self.ratios: dict[str, Monomial] = {}

    def of(self, tree: Tree) -> Order:
        """Return the order of a tree; raises UnreadableAnswer where there is none."""
        self.work.spend(10)
        match tree:
            case Number(number):
                return Order(constant(number))
            case Name(name):
                return (
                    Order(constant(ONE), exact=False)
                    if name in self.fixed
                    else Order(generator(VARIABLE, name))
                )
            case Sum(terms):
                return self.sum([self.of(term) for term in terms])
            case Product(factors):
                return self.product([self.of(factor) for factor in factors])
            case Quotient(above, below):
                return self.product([self.of(above), self.inverse(self.of(below))])
            case Power(base, exponent):
                return self.power(base, exponent)
            case Call(function, arguments):
                return self.call(function, arguments)

    def sum(self, terms: list[Order]) -> Order:
        total = terms[0]
        for term in terms[1:]:
            exact = total.exact and term.exact
            if total.below == term.below:
                above, below = self.plus(total.above, term.above, exact), total.below
            else:
                crossed = (
                    multiply(total.above, term.below, self.work),
                    multiply(term.above, total.below, self.work),
                )
                above, below = self.plus(*crossed, exact), multiply(total.below, term.below, self.work)
            total = Order(above, below, exact)
        return total

    def plus(self, left: Polynomial, right: Polynomial, exact: bool) -> Polynomial:
        if exact or (is_positive(left) and is_positive(right)):
            return add(left, right, self.work)
        gains, losses = (
            add(positive(left), positive(right), self.work),
            [t for p in (left, right) for t in p if p[t] < 0],
        )
        if all(any(shrinks(over(loss, gain)) for gain in gains) for loss in losses):
            return gains
        raise Undecided(MAY_CANCEL)

    def product(self, factors: list[Order]) -> Order:
        total = factors[0]
        for factor in factors[1:]:
            exact = total.exact and factor.exact
            pairs = (total.above, factor.above), (total.below, factor.below)
            if not exact and not all(len(p) == 1 or is_positive(p) for pair in pairs for p in pair):
                total, factor = self.settled(total), self.settled(factor)
                pairs = (total.above, factor.above), (total.below, factor.below)
            above, below = (multiply(*pair, self.work) for pair in pairs)
            shift = to_power(content(below), -ONE)
            total = (
                Order(scale(above, ONE, shift), scale(below, ONE, shift), exact)
                if shift
                else Order(above, below, exact)
            )
        return total

    def inverse(self, order: Order) -> Order:
        if not order.above:
            raise UnreadableAnswer("a division by zero")
        settled = self.settled(order)
        return Order(settled.below, settled.above, settled.exact)

    def settled(self, order: Order) -> Order:
        """Return the order without what is subtracted; raises Undecided when that is not small."""
        if is_positive(order.above):
            return order
        return Order(self.without_losses(order.above), order.below, exact=False)

    def without_losses(self, poly: Polynomial) -> Polynomial:
        """Return the positive terms when they keep a positive share after paying for each negative one.

        n² - n: n is small beside n². k(m + l) - k² with k <= m: each term pays for the part it exceeds on
        the whole domain.
        """
        gains = positive(poly)
        if not gains:
            raise UnreadableAnswer("zero or negative, expected something that grows")
        left = dict(gains)
        for loss, coefficient in poly.items():
            if coefficient > 0 or any(shrinks(over(loss, gain)) for gain in gains):
                continue
            payers = [gain for gain in gains if self.domain.holds(over(gain, loss), self.work)]
            wealth = sum((left[payer] for payer in payers), Fraction(0))
            if wealth <= -coefficient:
                raise Undecided(MAY_CANCEL)
            for payer in payers:
                left[payer] *= 1 + coefficient / wealth
        return gains

    def power(self, base: Tree, exponent: Tree) -> Order:
        number = self.number(exponent)
        if number is None:
            return self.exponential(base, exponent)
        order = self.of(base)
        if abs(number) > LARGEST_EXPONENT or number.denominator > FINEST_EXPONENT:
            raise UnreadableAnswer(f"an exponent of {number}, expected at most {LARGEST_EXPONENT}")
        if number < 0:
            order, number = self.inverse(order), -number
        if number.denominator == 1 and self.worth_expanding(order, int(number)):
            above, below = (power(p, int(number), self.work) for p in (order.above, order.below))
            return Order(above, below, order.exact)
        settled = self.settled(order)
        # A sum to a power has the order of the sum of the powers.
        above, below = ({to_power(term, number): ONE for term in p} for p in (settled.above, settled.below))
        return Order(above, below, exact=False)

    def worth_expanding(self, order: Order, exponent: int) -> bool:
        numbers = [abs(c) for c in (*order.above.values(), *order.below.values())]
        bits = max((max(c.numerator.bit_length(), c.denominator.bit_length()) for c in numbers), default=1)
        single = len(order.above) <= 1 and len(order.below) <= 1
        return bits * exponent <= MOST_BITS and (single or (order.exact and exponent <= LARGEST_EXPANSION))

    def number(self, tree: Tree) -> Fraction | None:
        """Return the rational number a tree stands for, or None."""
        order = self.of(tree)
        if not order.exact or set(order.above) - {UNIT} or set(order.below) - {UNIT}:
            return None
        return order.above.get(UNIT, Fraction(0)) / order.below[UNIT]

    def exponential(self, base: Tree, exponent: Tree) -> Order:
        number = self.number(base)
        if number is None or number <= 0 or max(number.numerator, number.denominator) > 10**6:
            raise UnreadableAnswer("a power whose exponent grows, expected a number as its base, as in 2^n")
        return self.growing(exponent, _logarithm(number.numerator) - _logarithm(number.denominator))

    def growing(self, exponent: Tree, rate: Fraction) -> Order:
        """Return exp(rate · exponent) for an exponent that is linear in the variables."""
        order = self.of(exponent)
        linear = all(len(t) <= 1 and all(s[0] == VARIABLE and e == 1 for s, e in t) for t in order.above)
        if not linear or set(order.below) != {UNIT} or not order.exact:
            raise UnreadableAnswer("an exponential of something else than a sum of variables")
        rates = [(t[0][0], c * rate / order.below[UNIT]) for t, c in order.above.items() if t]
        return Order(
            {monomial(((EXPONENTIAL, name), r) for (_, name), r in rates): ONE},
            exact=not order.above.get(UNIT),
        )

    def call(self, function: str, arguments: tuple[Tree, ...]) -> Order:
        match function:
            case "O":
                return self.of(arguments[0])
            case "sqrt":
                return self.power(arguments[0], Number(Fraction(1, 2)))
            case "log":
                return self.log(self.settled(self.of(arguments[0])))
            case "exp":
                return self.growing(arguments[0], ONE)
            case "max" | "min":
                return self.extreme(function, [self.settled(self.of(argument)) for argument in arguments])
            case "pi":
                return Order(constant(ONE), exact=False)
            case "floor" | "ceil":
                order = self.settled(self.of(arguments[0]))
                return replace(
                    self.sum([order, Order(constant(ONE))]) if function == "ceil" else order, exact=False
                )
        raise UnreadableAnswer(f"{function} has no meaning in an order of growth")

    def extreme(self, function: str, orders: list[Order]) -> Order:
        """max(a, b) has the order of a + b, and min(a, b) that of ab / (a + b)."""
        if function == "max":
            return replace(self.sum(orders), exact=False)
        total = self.sum([self.inverse(order) for order in orders])
        return Order(total.below, total.above, exact=False)

    def log(self, order: Order) -> Order:
        """Return the order of a logarithm: that of a sum is the largest of the logarithms of its terms."""
        if len(order.below) > 1:
            raise UnreadableAnswer("the logarithm of a quotient by a sum")
        (below,) = order.below
        terms: Polynomial = {}
        for term in order.above:
            terms = add(terms, self.log_monomial(over(term, below)), self.work)
        return Order(terms or constant(ONE), exact=False)

    def log_monomial(self, term: Monomial) -> Polynomial:
        if any(exponent < 0 for _, exponent in term):
            return generator(*log_of(self.ratio(term)))
        if any(kind >= LOG_LOG_LOG for (kind, _), _ in term):
            raise UnreadableAnswer("more than three logarithms within each other")
        return {(((log_of(symbol)), ONE),): ONE for symbol, _ in term}

    def ratio(self, term: Monomial) -> tuple[int, str]:
        """Return a variable for a quotient such as n/k, which must be at least 1 on the domain."""
        if any(kind != VARIABLE for (kind, _), _ in term) or not self.domain.holds(term, self.work):
            raise UnreadableAnswer("the logarithm of something that may be below 1")
        name = " ".join(f"{name}^{exponent}" for (_, name), exponent in term)
        self.ratios[name] = term
        return VARIABLE, name

    def whole_domain(self) -> Domain:
        """Return the domain, with the definition of each quotient under a logarithm."""
        new = [over((((VARIABLE, name), ONE),), term) for name, term in self.ratios.items()]
        both = [m for definition in new for m in (definition, to_power(definition, -ONE))]
        return Domain((*self.domain.at_least_one, *both))


def shrinks(ratio: Monomial) -> bool:
    """Whether a monomial becomes small as its variables grow, each on its own: log n / n."""
    leading: dict[str, Fraction] = {}
    for (_, name), exponent in sorted(ratio):
        leading.setdefault(name, exponent)
    return bool(leading) and all(exponent < 0 for exponent in leading.values())


def _logarithm(number: int) -> Fraction:
    """Return the logarithm to 15 digits, additive over primes: 2^n·3^n and 6^n agree exactly."""
    total, factor = Fraction(0), 2
    while factor <= isqrt(number):
        while number % factor == 0:
            total, number = total + Fraction(log(factor)), number // factor
        factor += 1
    return total + (Fraction(log(number)) if number > 1 else 0)
