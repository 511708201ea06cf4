"""How a count grows: the exact polynomial behind it, or its slope on log-log axes.

A count of work is a polynomial in the sizes, so a small grid of exact counts fixes it, in fractions and
without a fit; one more point, off the grid, shows that it was one. A peak is the largest of several
polynomials: for it there are slopes, along one size at a time.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import log, prod
from typing import Any, Literal

from coursekit.cost.counting import count

Measure = Callable[..., int]
Counted = Literal["work", "multiply_adds", "peak", "largest", "saved", "escapes"]
Terms = dict[tuple[int, ...], Fraction]

# At the sizes of a lesson a term of lower order moves a slope by up to a tenth, and orders lie 1 apart.
SLOPE_TOLERANCE = 0.12
POINTS_OF_A_LINE = 2


class NotAPolynomial(ValueError):
    """Raised when the polynomial through the grid misses the count at the point held out."""


@dataclass(frozen=True)
class Polynomial:
    """A polynomial in named sizes: exponents, in the order of `names`, to coefficients other than 0."""

    names: tuple[str, ...]
    coefficients: Mapping[tuple[int, ...], Fraction]

    @property
    def text(self) -> str:
        """The terms, highest degree first: "2 N^2 D + N^2 M - (1/2) N"; "0" if there are none."""
        ordered = sorted(self.coefficients, key=lambda powers: (sum(powers), powers), reverse=True)
        signed = "".join(self._signed_term(powers) for powers in ordered)
        return signed.removeprefix(" + ").replace(" - ", "-", signed.startswith(" - ")) or "0"

    @property
    def leading(self) -> "Polynomial":
        """The terms that no other term exceeds in every exponent: what is left when all sizes may grow."""
        kept = {
            powers: value
            for powers, value in self.coefficients.items()
            if not any(_dominates(other, powers) for other in self.coefficients)
        }
        return Polynomial(self.names, kept)

    def evaluate(self, **sizes: int) -> Fraction:
        """The value at the sizes, one for each name. Raises TypeError for a size too few or too many."""
        _require_same_names(self.names, sizes)
        point = [sizes[name] for name in self.names]
        monomials = ((value, prod(map(pow, point, powers))) for powers, value in self.coefficients.items())
        return sum((value * monomial for value, monomial in monomials), Fraction())

    def __str__(self) -> str:
        return self.text

    def _signed_term(self, powers: tuple[int, ...]) -> str:
        value = self.coefficients[powers]
        size = str(abs(value)) if value.denominator == 1 else f"({abs(value)})"
        factors = [_power(name, power) for name, power in zip(self.names, powers, strict=True) if power]
        number = [] if factors and abs(value) == 1 else [size]
        return (" - " if value < 0 else " + ") + " ".join([*number, *factors])


def polynomial(
    measure: Measure, sizes: Mapping[str, Sequence[int]], held_out: Mapping[str, int]
) -> Polynomial:
    """The polynomial that `measure(**sizes)` follows, found from its values on the grid of `sizes`.

    A size with m grid points may occur up to the power m - 1. `held_out` names one more point, off the grid
    in every size, at which the polynomial must give the counted value.

    Raises NotAPolynomial if it does not, and ValueError for a grid or a point that can not decide.
    """
    _require_a_deciding_grid(sizes, held_out)
    names = tuple(sizes)
    grid = {point: measure(**dict(zip(names, point, strict=True))) for point in product(*sizes.values())}
    found = Polynomial(names, _interpolate(list(sizes.values()), grid))
    predicted, counted = found.evaluate(**held_out), measure(**held_out)
    if predicted != counted:
        raise NotAPolynomial(_miss(sizes, held_out, predicted, counted))
    return found


def growth_of(
    function: Callable[..., object],
    make_inputs: Callable[..., Iterable[Any]],
    sizes: Mapping[str, Sequence[int]],
    held_out: Mapping[str, int],
    of: Counted = "work",
) -> Polynomial:
    """The polynomial that one count of `function(*make_inputs(**sizes))` follows; `of` is a field of `Cost`.

    Raises what `polynomial` and `count` raise.
    """

    def measure(**point: int) -> int:
        return int(getattr(count(function, *make_inputs(**point)), of))

    return polynomial(measure, sizes, held_out)


def slope(sizes: Sequence[int], counts: Sequence[int], last: int = 3) -> float:
    """The least-squares slope of log(count) against log(size) over the `last` points: 2.0 for a square.

    Raises ValueError for fewer than two points, unequal lengths, repeated sizes, or a number below 1.
    """
    if len(sizes) != len(counts) or min(last, len(sizes)) < POINTS_OF_A_LINE or len(set(sizes)) < len(sizes):
        raise ValueError(
            f"A slope needs two or more different sizes and a count for each: {sizes}, {counts}."
        )
    if min(*sizes, *counts) < 1:
        raise ValueError(f"A logarithm needs sizes and counts of at least 1: {sizes}, {counts}.")
    across, up = [[log(value) for value in values[-last:]] for values in (sizes, counts)]
    middle, height = sum(across) / len(across), sum(up) / len(up)
    spread = sum((x - middle) ** 2 for x in across)
    return sum((x - middle) * (y - height) for x, y in zip(across, up, strict=True)) / spread


def slopes(
    measure: Measure, base: Mapping[str, int], along: Mapping[str, Sequence[int]], last: int = 3
) -> dict[str, float]:
    """The slope of `measure(**sizes)` along each size in `along`, with all other sizes as in `base`.

    Raises ValueError as `slope` does, and TypeError for a size in `along` that `base` lacks.
    """
    unknown = sorted(set(along) - set(base))
    if unknown:
        raise TypeError(f"No base value for {', '.join(unknown)}.")
    return {
        name: slope(values, [measure(**{**base, name: value}) for value in values], last)
        for name, values in along.items()
    }


def _interpolate(axes: Sequence[Sequence[int]], counts: Mapping[tuple[int, ...], int]) -> Terms:
    terms = {point: Fraction(counted) for point, counted in counts.items()}
    for axis, points in enumerate(axes):
        terms = _from_values_to_powers(terms, axis, _lagrange_basis(points))
    return {powers: value for powers, value in terms.items() if value}


def _from_values_to_powers(terms: Terms, axis: int, basis: Mapping[int, Sequence[Fraction]]) -> Terms:
    """Along one axis, values at grid points become coefficients of powers."""
    found: Terms = {}
    for key, value in terms.items():
        for power, weight in enumerate(basis[key[axis]]):
            target = (*key[:axis], power, *key[axis + 1 :])
            found[target] = found.get(target, Fraction()) + weight * value
    return found


def _lagrange_basis(points: Sequence[int]) -> dict[int, list[Fraction]]:
    """For each point the polynomial that is 1 there and 0 at the others: coefficients, the constant first."""
    return {point: _one_at(point, [other for other in points if other != point]) for point in points}


def _one_at(point: int, roots: Sequence[int]) -> list[Fraction]:
    coefficients = [Fraction(1)]
    for root in roots:
        shifted = [Fraction(0), *coefficients]
        scaled = [*(root * value for value in coefficients), Fraction(0)]
        coefficients = [(up - down) / (point - root) for up, down in zip(shifted, scaled, strict=True)]
    return coefficients


def _power(name: str, power: int) -> str:
    return name if power == 1 else f"{name}^{power}"


def _dominates(other: tuple[int, ...], powers: tuple[int, ...]) -> bool:
    return other != powers and all(theirs >= ours for theirs, ours in zip(other, powers, strict=True))


def _require_same_names(names: Iterable[str], sizes: Mapping[str, int]) -> None:
    if set(names) != set(sizes):
        raise TypeError(f"Sizes are needed for {', '.join(names)}; got {', '.join(sizes) or 'none'}.")


def _require_a_deciding_grid(sizes: Mapping[str, Sequence[int]], held_out: Mapping[str, int]) -> None:
    _require_same_names(sizes, held_out)
    for name, points in sizes.items():
        if not points or len(set(points)) < len(points):
            raise ValueError(f"The grid of {name} needs different points, at least one: {list(points)}.")
        if held_out[name] in points:
            raise ValueError(f"The point held out lies on the grid: {name} = {held_out[name]}.")


def _miss(
    sizes: Mapping[str, Sequence[int]], held_out: Mapping[str, int], predicted: Fraction, counted: int
) -> str:
    where = ", ".join(f"{name} = {value}" for name, value in held_out.items())
    degrees = ", ".join(f"{name}^{len(points) - 1}" for name, points in sizes.items())
    return (
        f"At {where} the polynomial through the grid predicts {predicted}, but {counted} were counted. "
        f"The count grows faster than the grid can show (up to {degrees}), or it is no polynomial "
        f"(a maximum, a logarithm, a branch on a size)."
    )
