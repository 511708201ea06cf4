"""For the student: a regime in which two costs part, as simple as there is one, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import product as every

from .growth import LOG_LOG_LOG, VARIABLE, Direction, Domain, Form, value, without_ties
from .polynomial import Monomial, over

SIMPLE = 4  # a speed such as t^(7/5) says less than no speed
MOST_ALIKE, MOST_AT_TWO_SPEEDS = 8, 5  # variables among which a simple regime is sought
ZERO = Fraction(0)
LEVEL = [ZERO] * (1 + LOG_LOG_LOG)  # what neither grows nor falls, on no scale


def simplest(term: Monomial, bounds: Sequence[Monomial], domain: Domain) -> Direction | None:
    """Return a direction in which `term` outgrows every bound: the fewest variables, alike or two speeds.

    None when no such direction does. Variables tied to others follow them.
    """
    plain = without_ties([term, *bounds], domain)
    targets = [dict(over(plain.of(term), plain.of(bound))) for bound in bounds]
    constraints = [dict(ratio) for ratio in plain.at_least_one]
    used = {symbol for form in (*targets, *constraints) for symbol in form}
    if any(kind < VARIABLE for kind, _ in used):
        return None
    names = sorted({name for _, name in used})
    for speeds in _speeds(len(names)):
        at = dict(zip(names, speeds, strict=True))
        if all(_sizes(form, at) > LEVEL for form in targets) and all(
            _sizes(form, at) >= LEVEL for form in constraints
        ):
            return plain.restored({(VARIABLE, name): Fraction(speed) for name, speed in at.items() if speed})
    return None


@cache
def _speeds(count: int) -> list[tuple[int, ...]]:
    fastest = 2 if count <= MOST_AT_TWO_SPEEDS else 1 if count <= MOST_ALIKE else 0
    found = [speeds for speeds in every(range(fastest + 1), repeat=count) if 1 in speeds]
    return sorted(found, key=lambda speeds: (max(speeds), count - speeds.count(0), sum(speeds)))


def _sizes(form: Form, at: Mapping[str, int]) -> list[Fraction]:
    """Return the power of t, then of log t, of log log t ... of a monomial, where a variable is t^speed."""
    sizes = [ZERO] * len(LEVEL)
    for (kind, name), exponent in form.items():
        sizes[kind] += exponent * (at[name] if kind == VARIABLE else at[name] > 0)
    return sizes


def in_words(way: Direction, own: Sequence[Form], true: Sequence[Form], domain: Domain) -> str:
    """Return what happens to both costs when the variables grow in one direction."""
    mine, theirs = _growth(own, way), _growth(true, way)
    if mine == theirs:
        rest = "the two costs differ by a factor that grows slowly"
    elif _moves(own, way, mine) == _moves(true, way, theirs):
        verb = "grows" if max(mine, theirs) > 0 else "falls"
        faster_is_mine = (mine > theirs) == (verb == "grows")
        rest = (
            f"your cost {verb} faster than the true one"
            if faster_is_mine
            else f"the true cost {verb} faster than yours"
        )
    else:
        rest = f"your cost {_moves(own, way, mine)}, the true one {_moves(true, way, theirs)}"
    tied = {name for (_, name), _ in without_ties((), domain).rules}
    return f"Let {_growing(way, tied)}: {rest}."


def _growth(forms: Sequence[Form], way: Direction) -> Fraction:
    return max((value(form, way) for form in forms), default=ZERO)


def _moves(forms: Sequence[Form], way: Direction, growth: Fraction) -> str:
    """Return what a sum does; what grows only like a logarithm of the rest grows as well."""
    kinds = {name: kind for (kind, name), speed in way.items() if speed > 0}
    slow = any(
        value(form, way) == 0
        and any(e > 0 and kind > kinds.get(name, kind) for (kind, name), e in form.items())
        for form in forms
    )
    return "grows" if growth > 0 or (growth == 0 and slow) else "stays" if growth == 0 else "falls"


def _growing(way: Direction, tied: Collection[str]) -> str:
    """Return a direction in words; the tied variables only follow."""
    speeds = dict(_named(way))
    leaders = {name: speed for name, speed in speeds.items() if name not in tied} or speeds
    followers = [name for name in speeds if name not in leaders]
    if not leaders:
        return "every variable grow"
    if len(leaders) == 1:
        (only,) = leaders
        return (
            f"{only} grow, and {_listed(followers)} with it"
            if followers
            else f"{only} grow with all else fixed"
        )
    rest = f", and {_listed(followers)} with them" if followers else ""
    return f"{_listed(list(leaders))} grow together{_speeds_in_words(leaders)}{rest}"


def _named(way: Direction) -> Iterator[tuple[str, Fraction]]:
    """Yield the variables that grow, without the quotients that stand under a logarithm."""
    for (kind, name), speed in sorted(way.items(), key=lambda item: item[0][1]):
        if kind <= VARIABLE and speed > 0 and "^" not in name:
            yield name, speed


def _speeds_in_words(leaders: Mapping[str, Fraction]) -> str:
    least = min(leaders.values())
    powers = {name: speed / least for name, speed in leaders.items()}
    if set(powers.values()) == {1}:
        return ""
    if any(power.denominator > SIMPLE for power in powers.values()):
        return ", each at its own speed"
    each = [f"{name} like t" + (f"^{power}" if power != 1 else "") for name, power in powers.items()]
    return f" ({', '.join(each)})"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
