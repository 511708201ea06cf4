"""Which monomial is dominated by which sum, on a domain of large variables: decided exactly, never sampled.

With y = log x, a sum of monomials grows like exp(max_b b·y). So x^a = O(sum_b x^b) unless some direction y
in the cone of the domain has a·y > b·y for every b: a linear program. A logarithm (or an exponential)
lives on another scale: when y grows like T, log x grows like T and the logarithm of log x like log T.
Directions are therefore sought scale by scale: first among the leading parts; what ties there is decided
by the parts of order log T, and so on down the tower exp x, x, log x, log log x.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import combinations

from .budget import Work
from .elimination import Elimination, eliminated, plainly_at_least_one
from .linear import maximise
from .polynomial import Generator, Monomial, over

Form = dict[Generator, Fraction]  # a linear form in the logarithms of the generators
Direction = dict[Generator, Fraction]

# The kinds of generators: how many logarithms lie between the variable and the generator.
EXPONENTIAL, VARIABLE, LOG, LOG_LOG, LOG_LOG_LOG = -1, 0, 1, 2, 3
ZERO, ONE = Fraction(0), Fraction(1)
COMPARED = 30  # steps to hold one monomial against another


def log_of(symbol: Generator) -> Generator:
    """Return the generator that is the logarithm of another."""
    return symbol[0] + 1, symbol[1]


def value(form: Form, direction: Direction) -> Fraction:
    """Return a linear form at a direction."""
    return sum((coefficient * direction.get(symbol, ZERO) for symbol, coefficient in form.items()), ZERO)


@dataclass(frozen=True)
class Domain:
    """All variables large, and each monomial of `at_least_one` at least 1 (h <= d is d/h)."""

    at_least_one: tuple[Monomial, ...] = ()

    def holds(self, ratio: Monomial, work: Work) -> bool:
        """Whether a monomial in variables is at least 1 wherever the constraints hold as written."""
        return all(e >= 0 for _, e in ratio) or escape(over((), ratio), [()], self, work) is None


def leading(terms: Iterable[Monomial], domain: Domain, work: Work) -> list[Monomial]:
    """Return the terms without those that one other term plainly covers: the order of the sum is the same."""
    every = list(dict.fromkeys(terms))
    plain = without_ties(every, domain)
    kept: dict[Monomial, Monomial] = {}
    for term in every:
        low = plain.of(term)
        work.spend(COMPARED * (1 + len(kept)))
        if any(plainly_at_least_one(over(high, low), plain.at_least_one) for high in kept):
            continue
        kept = {h: t for h, t in kept.items() if not plainly_at_least_one(over(low, h), plain.at_least_one)}
        kept[low] = term
    return list(kept.values())


def escape(term: Monomial, bounds: Sequence[Monomial], domain: Domain, work: Work) -> Direction | None:
    """Return a direction along which `term` outgrows the sum of `bounds`, or None when it is O of that sum.

    The direction gives the leading growth of the generators; those not named stay fixed, or grow more
    slowly than all others.
    """
    plain = without_ties([term, *bounds], domain)
    work.spend(COMPARED * len(bounds))
    low = plain.of(term)
    ratios = [over(high, low) for high in dict.fromkeys(map(plain.of, bounds))]
    if any(plainly_at_least_one(ratio, plain.at_least_one) for ratio in ratios):
        return None
    forms = [dict(over((), ratio)) for ratio in ratios]
    found = _Search.over(forms, [dict(m) for m in plain.at_least_one], work).run()
    return None if found is None else plain.restored(found)


def without_ties(terms: Iterable[Monomial], domain: Domain) -> Elimination:
    """Return the domain with each tied variable written away, unless its logarithm is in use."""
    logged = {name for m in (*terms, *domain.at_least_one) for (kind, name), _ in m if kind != VARIABLE}
    return eliminated(domain.at_least_one, frozenset(logged))


@dataclass(frozen=True)
class _Search:
    """The state after some scales: what is still to become positive, what is still tied, what may still
    start to grow.

    `stages` holds the generators that began to grow on this scale, fastest first; their logarithms live on
    the next.
    """

    targets: list[Form]
    tied: list[Form]
    free: list[Generator]
    waiting: frozenset[Generator]
    present: frozenset[Generator]
    work: Work
    stages: tuple[frozenset[Generator], ...] = ()
    above: tuple[frozenset[Generator], ...] = ()
    first: Direction = field(default_factory=dict)

    @classmethod
    def over(cls, targets: list[Form], constraints: list[Form], work: Work) -> _Search:
        used = {symbol for form in (*targets, *constraints) for symbol in form}
        lowest = {name: min([kind for kind, other in used if other == name] + [VARIABLE]) for _, name in used}
        highest = {
            name: max([kind for kind, other in used if other == name] + [VARIABLE]) for _, name in used
        }
        present = {(kind, name) for name in lowest for kind in range(lowest[name], highest[name] + 1)}
        free = sorted((kind, name) for name, kind in lowest.items())
        waiting = frozenset(symbol for symbol in present if log_of(symbol) in present)
        return cls(
            targets,
            [*constraints, *({symbol: ONE} for symbol in free)],
            free,
            waiting,
            frozenset(present),
            work,
        )

    def run(self) -> Direction | None:
        """Return the leading direction of an escape, or None."""
        bases = sorted(self.waiting & set(self.free))
        for size in range(len(bases) + 1):
            for chosen in combinations(bases, size):
                if (found := self.step(frozenset(chosen), new_scale=True)) is not None:
                    return found
        return None

    def step(self, chosen: frozenset[Generator], new_scale: bool) -> Direction | None:
        """Look for an escape in which, of the generators with logarithms, just `chosen` start to grow."""
        self.work.spend(200)
        moving = [g for g in self.free if g not in self.waiting or g in chosen]
        logs = (
            [s for stage in self.above if (s := frozenset(map(log_of, stage)) & self.present)]
            if new_scale
            else []
        )
        columns: list[frozenset[Generator]] = [frozenset([g]) for g in moving] + logs
        kept = [min(stage) for stage in logs]  # all logarithms of a stage are of the same order
        required = [{g: ONE} for g in (*chosen, *kept[:1])]
        order: list[Form] = [{one: ONE, two: -ONE} for one, two in zip(kept, kept[1:], strict=False)]
        forms = [*self.targets, *required, *self.tied, *order, *({g: ONE} for g in kept[-1:])]
        direction = self.solve(forms, columns)
        positive = [value(form, direction) > 0 for form in forms]
        start = len(self.targets)
        if not all(positive[start : start + len(required)]):
            return None
        targets = [form for form, done in zip(self.targets, positive, strict=False) if not done]
        leading = self.first or {g: v for g, v in direction.items() if v > 0}
        if not targets:
            return leading
        tied = [
            form for form, done in zip(self.tied, positive[start + len(required) :], strict=False) if not done
        ]
        grown = frozenset(g for stage in logs for g in stage if log_of(g) in self.present)
        stages = (*(() if new_scale else self.stages), *([s] if (s := chosen | grown) else []))
        after = replace(
            self, targets=targets, tied=tied, waiting=self.waiting - chosen, stages=stages,
            above=() if new_scale else self.above, first=leading,
        )  # fmt: skip
        return after.next()

    def next(self) -> Direction | None:
        """Let other generators start more slowly on this scale, or go down to the logarithms."""
        bases = sorted(self.waiting & set(self.free))
        for size in range(1, len(bases) + 1):
            for chosen in combinations(bases, size):
                if (found := self.step(frozenset(chosen), new_scale=False)) is not None:
                    return found
        if not self.stages:
            return None
        below = replace(self, above=self.stages, stages=())
        for size in range(len(bases) + 1):
            for chosen in combinations(bases, size):
                if (found := below.step(frozenset(chosen), new_scale=True)) is not None:
                    return found
        return None

    def solve(self, forms: Sequence[Form], columns: Sequence[frozenset[Generator]]) -> Direction:
        """Return a direction with every form >= 0, and as many as possible > 0.

        The directions with every form >= 0 are a cone, so all that can be positive can be so at once: each
        gets a share of at most 1, and the sum of shares is maximised. Generators that already grow may
        shrink here, hence two columns each.
        """
        held = {next(iter(form)) for form in self.tied if len(form) == 1}
        signed = [(c, s) for c in columns for s in ((ONE,) if c & held or len(c) != 1 else (ONE, -ONE))]
        wide = len(signed)
        rows = []
        for i, form in enumerate(forms):
            row = [-s * sum((form.get(g, ZERO) for g in c), ZERO) for c, s in signed]
            rows.append(row + [ONE if i == j else ZERO for j in range(len(forms))])
        shares = [
            [ZERO] * wide + [ONE if i == j else ZERO for j in range(len(forms))] for i in range(len(forms))
        ]
        goal = [ZERO] * wide + [ONE] * len(forms)
        found = maximise(goal, [*rows, *shares], [ZERO] * len(rows) + [ONE] * len(rows), self.work)
        direction: Direction = {}
        for (column, sign), amount in zip(signed, found, strict=False):
            for g in column:
                direction[g] = direction.get(g, ZERO) + sign * amount
        return direction
