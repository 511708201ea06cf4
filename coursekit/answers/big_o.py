"""Equality of Big-O answers in several variables, decided exactly.

Two costs are equal when their quotient stays between two positive constants while the variables are large
and keep the constraints of the question. An O is read as a Theta: the answer expected is the order itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product as every

from .asymptotic import Order, Orders, Undecided
from .budget import Work
from .differences import Bounds, bounds_of_difference
from .domain import domain
from .growth import VARIABLE, Direction, Domain, Form, escape, leading
from .polynomial import Monomial, Polynomial, monomial, multiply, over
from .reading import Reader, Reading, reader_for
from .regime import simplest
from .tree import Call, Sum, Tree, children, rebuilt, shown
from .verdict import UnreadableAnswer, Verdict

NEARBY = 2  # variables in the factor by which two terms may differ to be named as one slip
MOST_ORDERS = 16  # ways to order the arguments of max and min


def read(text: str, variables: Sequence[str], *, constants: Sequence[str] = ()) -> Reading:
    """Return how a Big-O answer is understood; raises UnreadableAnswer, which quotes the place."""
    return Reader(tuple(variables), tuple(constants), any_label=False, sentences=True).read(text)


def compare(
    expected: str | Sequence[str],
    submitted: str,
    variables: Sequence[str] | None,
    constraints: Sequence[str] = (),
    *,
    constants: Sequence[str] = (),
) -> Verdict:
    """Return how a submitted order of growth stands to the expected one, or to the first that it equals.

    Variables are large, and keep `constraints` ("h <= d", "M ~ D"); `constants` are fixed numbers. With
    `variables` None those of the expected answers count. Raises UnreadableAnswer when the submitted text
    has no meaning, or several that would be judged differently, and ValueError when the question itself
    cannot be read.
    """
    reader, answers = reader_for(expected, variables, constants, any_label=False, sentences=True)
    comparison = _Comparison(domain(constraints, reader), frozenset(constants))
    keys = [reader.author(answer) for answer in answers]
    reading = reader.read(submitted)
    comparison.check_chain(reading)
    verdicts = (comparison.verdict(key, reading) for key in keys)
    first = next(verdicts)
    return first if first.right else next((verdict for verdict in verdicts if verdict.right), first)


class _Comparison:
    """Compares trees on one domain, within one allowance of work."""

    def __init__(self, where: Domain, fixed: frozenset[str]) -> None:
        drop = [
            monomial([((VARIABLE, name), sign)]) for name in fixed for sign in (Fraction(1), Fraction(-1))
        ]
        self.domain, self.fixed, self.work = Domain((*where.at_least_one, *drop)), fixed, Work()

    def check_chain(self, reading: Reading) -> None:
        """Raise UnreadableAnswer unless all sides of a = b = c have the same order."""
        for side in reading.sides[:-1]:
            if self.bounds(reading.tree, side[0]).relation != "equal":
                left, right = shown(side[0]), reading.pretty
                raise UnreadableAnswer(
                    f"cannot read {reading.text!r}: {left} and {right} are not equal", reading.text
                )

    def verdict(self, key: Tree, reading: Reading) -> Verdict:
        """Return the verdict all readings share; raises UnreadableAnswer when they differ."""
        found: list[Bounds] = []
        problems: list[UnreadableAnswer] = []
        for tree in reading.sides[-1]:
            try:
                found.append(self.bounds(key, tree))
            except UnreadableAnswer as problem:  # a reading without a meaning was not meant
                problems.append(_placed(problem, reading))
        if not found:
            raise problems[0]
        if len({bounds.relation for bounds in found}) > 1:
            ways = "; ".join(dict.fromkeys(note for note in reading.notes if note.startswith("read as ")))
            raise UnreadableAnswer(
                f"cannot read {reading.text!r}: it has two meanings ({ways}), write brackets", reading.text
            )
        return found[0].verdict(reading.pretty)

    def bounds(self, key: Tree, answer: Tree) -> Bounds:
        """Return the directions in which the answer outgrows the key and the key the answer."""
        parts = [self.plain_bounds(k, a, where) for k, a, where in self.ordered(key, answer)]
        upper = next((part.upper for part in parts if part.upper is not None), None)
        lower = next((part.lower for part in parts if part.lower is not None), None)
        details = dict.fromkeys(part.detail for part in parts if part.detail)
        return Bounds(upper, lower, "; ".join(details), parts[0].own, parts[0].true, self.domain)

    def ordered(self, key: Tree, answer: Tree) -> Iterator[tuple[Tree, Tree, Domain]]:
        """Go through the orders of the arguments of each max and min that stands beside a minus sign."""
        both = (key, answer)
        extremes = (
            list(dict.fromkeys(e for tree in both for e in _extremes(tree)))
            if any(map(_subtracts, both))
            else []
        )
        if not extremes:
            yield key, answer, self.domain
            return
        choices = list(every(*(range(len(extreme.arguments)) for extreme in extremes)))
        if len(choices) > MOST_ORDERS:
            raise UnreadableAnswer("too many max and min beside a minus sign")
        for picks in choices:
            chosen = dict(zip(extremes, picks, strict=True))
            ratios = [ratio for extreme, pick in chosen.items() for ratio in self.order(extreme, pick)]
            one, two = (_without_extremes(tree, chosen) for tree in both)
            yield one, two, Domain((*self.domain.at_least_one, *ratios))

    def order(self, extreme: Call, pick: int) -> Iterator[Monomial]:
        """Return the ratios that are at least 1 when argument `pick` is the largest, or smallest."""
        orders = [Orders(self.domain, self.fixed, self.work).of(argument) for argument in extreme.arguments]
        if any(len(order.above) != 1 or len(order.below) != 1 for order in orders):
            raise UnreadableAnswer("a max or min of sums beside a minus sign")
        terms = [over(*order.above, *order.below) for order in orders]
        for i, term in enumerate(terms):
            if i != pick:
                yield over(terms[pick], term) if extreme.function == "max" else over(term, terms[pick])

    def plain_bounds(self, key: Tree, answer: Tree, where: Domain) -> Bounds:
        orders = Orders(where, self.fixed, self.work)
        true = orders.settled(orders.of(key))
        raw = orders.of(answer)
        try:
            own = orders.settled(raw)
        except Undecided:
            return bounds_of_difference(raw, true, orders.whole_domain(), self.work)
        return self.of_orders(own, true, orders.whole_domain())

    def of_orders(self, own: Order, true: Order, where: Domain) -> Bounds:
        mine, theirs = self.crossed(own.above, true.below), self.crossed(true.above, own.below)
        over_top, missing = self.escapes(mine, theirs, where), self.escapes(theirs, mine, where)
        upper, lower = self.regime(over_top, theirs, where), self.regime(missing, mine, where)
        return Bounds(
            upper, lower, _detail(mine, theirs, over_top, missing), _forms(mine), _forms(theirs), where
        )

    def crossed(self, above: Polynomial, below: Polynomial) -> list[Monomial]:
        """Return the terms of the product with the names of constants left out."""
        terms = multiply(above, below, self.work)
        return list(dict.fromkeys(tuple(p for p in term if p[0][1] not in self.fixed) for term in terms))

    def escapes(
        self, terms: list[Monomial], bounds: list[Monomial], where: Domain
    ) -> dict[Monomial, Direction]:
        """Return the terms that exceed a sum, each with a direction in which it does."""
        tops = leading(bounds, where, self.work)
        ways = {term: escape(term, tops, where, self.work) for term in terms if term not in bounds}
        return {term: way for term, way in ways.items() if way is not None}

    def regime(
        self, exceeding: dict[Monomial, Direction], bounds: list[Monomial], where: Domain
    ) -> Direction | None:
        """Return the direction in which the first term exceeds a sum: a simple one if there is one."""
        for term, way in exceeding.items():
            return simplest(term, leading(bounds, where, self.work), where) or way
        return None


def _forms(terms: list[Monomial]) -> list[Form]:
    return [dict(term) for term in terms]


def _placed(problem: UnreadableAnswer, reading: Reading) -> UnreadableAnswer:
    """Return the problem with the answer quoted, as a message of the parser has it."""
    if problem.text:
        return problem
    return UnreadableAnswer(
        f"cannot decide {reading.text!r}, read as {reading.pretty}: {problem}", reading.text
    )


def _subtracts(tree: Tree) -> bool:
    minus = isinstance(tree, Sum) and any(shown(term).startswith("-") for term in tree.terms)
    return minus or any(map(_subtracts, children(tree)))


def _extremes(tree: Tree) -> Iterator[Call]:
    if isinstance(tree, Call) and tree.function in {"max", "min"}:
        yield tree
    for part in children(tree):
        yield from _extremes(part)


def _without_extremes(tree: Tree, chosen: dict[Call, int]) -> Tree:
    if isinstance(tree, Call) and tree in chosen:
        return _without_extremes(tree.arguments[chosen[tree]], chosen)
    return rebuilt(tree, tuple(_without_extremes(part, chosen) for part in children(tree)))


def _detail(
    mine: list[Monomial],
    theirs: list[Monomial],
    over_top: dict[Monomial, Direction],
    missing: dict[Monomial, Direction],
) -> str:
    """Return, for the instructor, which terms exceed and which are not covered, by which factor."""
    said = []
    for term in missing:
        near = next(
            (over(term, other) for other in mine if other not in theirs and _close(term, other)), None
        )
        said.append(f"not covered: {spelled(term)}" + (f" (a factor {spelled(near)} short)" if near else ""))
    said += [f"exceeds: {spelled(term)}" for term in over_top]
    extra = [spelled(term) for term in mine if term not in theirs and term not in over_top]
    return "; ".join(said + ([f"dominated: {', '.join(extra)}"] if extra else []))


def _close(term: Monomial, other: Monomial) -> bool:
    """Whether two terms differ by a factor in at most two variables that keeps one in common."""
    return 0 < len(over(term, other)) <= NEARBY and bool(dict(term).keys() & dict(other).keys())


def spelled(term: Monomial) -> str:
    """Return a monomial for people, `b·n·d/h`."""
    words = {0: "{}", 1: "log {}", 2: "log log {}", 3: "log log log {}", -1: "exp {}"}

    def piece(kind: int, name: str, exponent: Fraction) -> str:
        base = words[kind].format(name)
        return base if exponent == 1 else f"({base})^{exponent}" if kind else f"{base}^{exponent}"

    above = [piece(*symbol, exponent) for symbol, exponent in term if exponent > 0]
    below = [piece(*symbol, -exponent) for symbol, exponent in term if exponent < 0]
    bottom = "·".join(below) if len(below) == 1 else f"({'·'.join(below)})"
    return ("·".join(above) or "1") + (f"/{bottom}" if below else "")
