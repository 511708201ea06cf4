"""Polynomials come back exactly, what is no polynomial is refused, and slopes tell orders apart."""

from collections.abc import Callable
from fractions import Fraction
from math import prod

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from coursekit.cost import (
    SLOPE_TOLERANCE,
    NotAPolynomial,
    Polynomial,
    growth_of,
    polynomial,
    slope,
    slopes,
)

NAMES = ("N", "D_r", "M")
DEGREE = 3
Coefficients = dict[tuple[int, ...], int]

powers = st.tuples(*(st.integers(0, DEGREE) for _ in NAMES))
coefficients = st.dictionaries(powers, st.integers(-99, 99).filter(bool), max_size=6)
points = st.lists(st.integers(1, 30), min_size=DEGREE + 2, max_size=DEGREE + 2, unique=True)


def value_of(terms: Coefficients, sizes: dict[str, int]) -> int:
    return sum(
        value * prod(sizes[n] ** p for n, p in zip(NAMES, key, strict=True)) for key, value in terms.items()
    )


@given(coefficients, st.tuples(*(points for _ in NAMES)))
def test_any_polynomial_comes_back_exactly_from_its_values_on_a_grid(
    terms: Coefficients, axes: tuple[list[int], ...]
) -> None:
    grid = {name: axis[:-1] for name, axis in zip(NAMES, axes, strict=True)}
    held_out = {name: axis[-1] for name, axis in zip(NAMES, axes, strict=True)}
    found = polynomial(lambda **sizes: value_of(terms, sizes), grid, held_out)
    assert found.coefficients == terms


@given(coefficients, st.fixed_dictionaries({name: st.integers(1, 50) for name in NAMES}))
def test_a_polynomial_evaluates_to_the_sum_of_its_terms(terms: Coefficients, sizes: dict[str, int]) -> None:
    found = Polynomial(NAMES, {key: Fraction(value) for key, value in terms.items()})
    assert found.evaluate(**sizes) == value_of(terms, sizes)


def test_a_binomial_count_is_found_in_fractions() -> None:
    found = polynomial(lambda N: N * (N - 1) // 2, {"N": (3, 4, 7)}, {"N": 11})
    assert found.coefficients == {(2,): Fraction(1, 2), (1,): Fraction(-1, 2)}
    assert found.text == "(1/2) N^2 - (1/2) N"


@pytest.mark.parametrize(
    ("terms", "text"),
    [
        ({(2, 1, 0): 2, (2, 0, 1): 1}, "2 N^2 D_r + N^2 M"),
        ({(0, 0, 1): -1, (1, 1, 0): 3, (0, 0, 0): 1}, "3 N D_r - M + 1"),
        ({(0, 0, 2): -2, (0, 0, 0): -7}, "-2 M^2 - 7"),
        ({(0, 0, 0): 5}, "5"),
        ({}, "0"),
    ],
)
def test_the_text_lists_the_terms_from_the_highest_degree_down(terms: Coefficients, text: str) -> None:
    found = Polynomial(NAMES, {key: Fraction(value) for key, value in terms.items()})
    assert (found.text, str(found)) == (text, text)


def test_leading_terms_are_those_that_no_other_term_exceeds_in_every_size() -> None:
    terms = {(2, 1, 0): 1, (2, 0, 1): 3, (2, 0, 0): 2, (1, 1, 0): 9, (0, 0, 3): 1}
    found = Polynomial(NAMES, {key: Fraction(value) for key, value in terms.items()})
    assert found.leading.text == "N^2 D_r + 3 N^2 M + M^3"


def test_a_size_that_does_not_matter_needs_one_grid_point_only() -> None:
    assert polynomial(lambda N, D: N**2, {"N": (2, 3, 5), "D": (4,)}, {"N": 7, "D": 6}).text == "N^2"


@pytest.mark.parametrize(
    ("measure", "why"),
    [
        (lambda N: N**3, "a degree above the grid's"),
        (lambda N: N * N.bit_length(), "a logarithm"),
        (lambda N: max(N**2, 100), "a maximum"),
        (lambda N: N if N % 5 else N**2, "a branch on the size"),
    ],
)
def test_what_is_no_polynomial_of_the_grids_degree_is_refused(measure: Callable[..., int], why: str) -> None:
    with pytest.raises(NotAPolynomial):
        polynomial(measure, {"N": (4, 6, 9)}, {"N": 20})


def test_the_refusal_names_the_point_and_both_numbers() -> None:
    # The line through (1, 1) and (4, 64) is 21 N - 20.
    with pytest.raises(NotAPolynomial, match=r"At N = 5 .* predicts 85, but 125 were counted.* N\^1"):
        polynomial(lambda N: N**3, {"N": (1, 4)}, {"N": 5})


@pytest.mark.parametrize(
    ("sizes", "held_out", "error", "message"),
    [
        ({"N": (3, 5)}, {"N": 5}, ValueError, "lies on the grid: N = 5"),
        ({"N": (3, 3)}, {"N": 5}, ValueError, "grid of N needs different points"),
        ({"N": ()}, {"N": 5}, ValueError, "grid of N needs different points"),
        ({"N": (3, 5)}, {"M": 7}, TypeError, "needed for N; got M"),
    ],
)
def test_a_grid_or_a_held_out_point_that_can_not_decide_is_refused(
    sizes: dict[str, tuple[int, ...]], held_out: dict[str, int], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        polynomial(lambda **point: 1, sizes, held_out)


def test_evaluating_needs_every_size() -> None:
    with pytest.raises(TypeError, match="needed for N, D_r, M; got N"):
        Polynomial(NAMES, {}).evaluate(N=3)


def test_the_growth_of_a_product_of_two_matrices_is_found_from_its_inputs() -> None:
    found = growth_of(
        torch.matmul,
        lambda N, D, M: (torch.ones(N, D), torch.ones(D, M)),
        {"N": (2, 3), "D": (4, 6), "M": (5, 7)},
        {"N": 5, "D": 3, "M": 2},
    )
    assert found.text == "N D M"


def test_the_growth_of_storage_is_asked_for_by_name() -> None:
    def outer(x: torch.Tensor) -> torch.Tensor:
        return x[:, None] * x

    found = growth_of(outer, lambda N: (torch.ones(N),), {"N": (2, 3, 5)}, {"N": 7}, of="peak")
    assert found.text == "N^2"


@given(st.integers(0, 4), st.integers(1, 1000))
def test_the_slope_of_a_power_is_its_exponent(exponent: int, factor: int) -> None:
    sizes = [5, 8, 13, 21]
    assert slope(sizes, [factor * size**exponent for size in sizes]) == pytest.approx(exponent)


def test_the_slope_looks_at_the_last_points_only() -> None:
    sizes = [1, 2, 4, 100, 200, 400]
    counts = [1000, 1000, 1000, 100**2, 200**2, 400**2]
    assert slope(sizes, counts) == pytest.approx(2)
    assert abs(slope(sizes, counts, last=6) - 2) > SLOPE_TOLERANCE


@pytest.mark.parametrize(
    ("sizes", "counts", "message"),
    [
        ([3], [4], "two or more different sizes"),
        ([3, 5], [4], "two or more different sizes"),
        ([3, 3], [4, 5], "two or more different sizes"),
        ([3, 5], [0, 5], "at least 1"),
    ],
)
def test_a_slope_without_a_line_is_refused(sizes: list[int], counts: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        slope(sizes, counts)


def test_slopes_are_taken_along_one_size_at_a_time() -> None:
    found = slopes(
        lambda N, D: max(N**2, N * D), {"N": 100, "D": 10}, {"N": (200, 300, 400), "D": (300, 500, 700)}
    )
    assert found == {"N": pytest.approx(2), "D": pytest.approx(1)}
    with pytest.raises(TypeError, match="No base value for M"):
        slopes(lambda N: N, {"N": 5}, {"M": (2, 3)})
