"""Every statistic against numbers worked out by hand, and against a slow version in exact fractions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from utils.report import statistics as ours

NAN = np.nan
# Four students, three parts of 1, 1 and 2 points. The sums are 4, 3, 1 and 0.
SMALL = np.array([[1, 1, 2], [1, 0, 2], [0, 1, 0], [0, 0, 0]], dtype=np.float64)
CLASSES = arrays.arrays(
    np.float64,
    st.tuples(st.integers(3, 9), st.integers(2, 6)),
    elements=st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0]),
)


# The slow versions: textbook formulas in exact fractions, with loops


def fractions(values: Sequence[float]) -> list[Fraction]:
    return [Fraction(float(value)) for value in values]


def mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def variance(values: Sequence[Fraction]) -> Fraction:
    return mean([(value - mean(values)) ** 2 for value in values])


def correlation(xs: Sequence[Fraction], ys: Sequence[Fraction]) -> float:
    shared = mean([(x - mean(xs)) * (y - mean(ys)) for x, y in zip(xs, ys, strict=True)])
    return float(shared) / math.sqrt(variance(xs) * variance(ys))


def rest(points: np.ndarray, part: int) -> list[Fraction]:
    return [sum(fractions(row), Fraction(0)) - Fraction(float(row[part])) for row in points]


def slow_alpha(points: np.ndarray) -> Fraction:
    parts = points.shape[1]
    single = sum((variance(fractions(column)) for column in points.T), Fraction(0))
    return Fraction(parts, parts - 1) * (1 - single / variance([sum(fractions(row)) for row in points]))


# By hand


def test_difficulty_is_the_mean_share_of_the_points() -> None:
    assert [ours.difficulty(SMALL, part, most).value for part, most in ((0, 1), (1, 1), (2, 2))] == [0.5] * 3


def test_the_corrected_correlation_of_a_part_leaves_the_part_out_of_the_sum() -> None:
    # The rest without the first part is 3, 2, 1, 0: its deviations are 1.5, 0.5, -0.5, -1.5, and those of
    # the part are 0.5, 0.5, -0.5, -0.5. So r = 2 / sqrt(1 * 5).
    assert ours.item_rest(SMALL, 0).value == pytest.approx(2 / math.sqrt(5))
    assert ours.item_rest(SMALL, 1).value == pytest.approx(0.0)  # among 3, 3, 0, 0 it is right once and once


def test_alpha_of_the_small_class_is_six_tenths() -> None:
    # Variances 1/4, 1/4, 1; of the sums 5/2: 3/2 * (1 - (3/2)/(5/2)) = 3/5.
    assert ours.alpha(SMALL).value == pytest.approx(0.6)


def test_alpha_is_one_when_all_parts_say_the_same_and_nought_when_they_have_nothing_in_common() -> None:
    assert ours.alpha(np.array([[0, 0, 0], [1, 1, 1], [2, 2, 2.0]])).value == pytest.approx(1.0)
    independent = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]])
    assert ours.alpha(independent).value == pytest.approx(0.0)


def test_the_two_tails_are_27_percent_of_the_class() -> None:
    right = np.arange(11.0) >= 6  # of eleven students the tails are three: 10, 9, 8 and 0, 1, 2
    points = np.column_stack([right, 10 * np.arange(11.0)])
    assert ours.upper_lower(points, 0, 1.0).value == 1.0
    points[9, 0], points[2, 0] = 0, 1
    assert ours.upper_lower(points, 0, 1.0).value == pytest.approx(2 / 3 - 1 / 3)


def test_students_who_tie_at_the_border_share_the_last_places() -> None:
    assert ours.tail_weights(np.array([5.0, 3, 3, 3, 1]), 2).tolist() == pytest.approx(
        [1, 1 / 3, 1 / 3, 1 / 3, 0]
    )


def test_quartiles_lie_between_two_scores_where_need_be() -> None:
    found = ours.summary(np.array([1.0, 2, 3, 4, NAN]))
    assert found is not None
    assert (found.n, found.mean, found.lower, found.median, found.upper) == (4, 2.5, 1.75, 2.5, 3.25)
    assert found.deviation == pytest.approx(math.sqrt(1.25))


# Against the slow versions


@settings(deadline=None)
@given(CLASSES)
def test_the_correlation_and_alpha_agree_with_exact_fractions(points: np.ndarray) -> None:
    for part in range(points.shape[1]):
        found = ours.item_rest(points, part)
        mine, others = fractions(points[:, part]), rest(points, part)
        if variance(mine) and variance(others):
            assert found.value == pytest.approx(correlation(mine, others), abs=1e-12)
        else:
            assert found.value is None
    alpha = ours.alpha(points)
    if variance([sum(fractions(row)) for row in points]):
        assert alpha.value == pytest.approx(float(slow_alpha(points)), abs=1e-9)
    else:
        assert alpha.value is None


@settings(deadline=None)
@given(CLASSES)
def test_for_a_part_right_or_wrong_the_correlation_is_the_point_biserial_one(points: np.ndarray) -> None:
    points[:, 0] = points[:, 0] >= 1
    found = ours.item_rest(points, 0).value
    right, others = points[:, 0] == 1, np.array([float(one) for one in rest(points, 0)])
    if found is not None:
        p, spread = right.mean(), others.std()
        gap = others[right].mean() - others[~right].mean()
        assert found == pytest.approx(gap / spread * math.sqrt(p * (1 - p)), abs=1e-9)


@settings(deadline=None, max_examples=30)
@given(arrays.arrays(np.float64, 5, elements=st.sampled_from([0.0, 1.0, 2.0])), st.integers(1, 4))
def test_sharing_places_is_the_mean_over_all_orders_of_tied_students(scores: np.ndarray, places: int) -> None:
    taken = np.zeros(5)
    orders = list(permutations(range(5)))
    for order in orders:
        best = sorted(order, key=lambda student: -scores[student])[:places]  # stable: ties by this order
        taken[best] += 1
    assert ours.tail_weights(scores, places).tolist() == pytest.approx((taken / len(orders)).tolist())


@settings(deadline=None)
@given(CLASSES)
def test_the_order_of_the_students_changes_nothing(points: np.ndarray) -> None:
    shuffled = points[::-1]
    for part in range(points.shape[1]):
        for statistic in (lambda p, i: ours.upper_lower(p, i, 3.0), ours.item_rest):
            one, other = statistic(points, part).value, statistic(shuffled, part).value
            assert (one is None) == (other is None)
            assert one is None or one == pytest.approx(other, abs=1e-9)


# What is not defined


@pytest.mark.parametrize(
    ("points", "why"),
    [
        (SMALL[:2], ours.TOO_FEW),
        (SMALL * [0, 1, 1], ours.ALL_ALIKE),
        (SMALL * [1, 0, 0], ours.REST_ALIKE),
        (SMALL[:, :1], ours.REST_ALIKE),
        (SMALL[:0], ours.TOO_FEW),
    ],
)
def test_a_correlation_that_is_not_defined_says_why(points: np.ndarray, why: str) -> None:
    assert ours.item_rest(points, 0) == ours.Statistic(None, why)


@pytest.mark.parametrize(
    ("points", "why"),
    [
        (SMALL[:2], ours.TOO_FEW),
        (SMALL[:, :1], ours.ONE_PART),
        (SMALL * 0, ours.TOTAL_ALIKE),
        (np.full((4, 3), NAN), ours.ONE_PART),
        (np.empty((0, 0)), ours.TOO_FEW),
    ],
)
def test_an_alpha_that_is_not_defined_says_why(points: np.ndarray, why: str) -> None:
    assert ours.alpha(points) == ours.Statistic(None, why)


def test_a_part_that_waits_for_a_person_is_in_no_sum_and_has_its_own_numbers_for_those_who_were_read() -> (
    None
):
    waiting = np.column_stack([SMALL, [1, NAN, 0, 0]])
    assert ours.totals(waiting).tolist() == SMALL.sum(axis=1).tolist()
    assert ours.alpha(waiting) == ours.alpha(SMALL)
    assert ours.difficulty(waiting, 3, 1).value == pytest.approx(1 / 3)
    assert ours.item_rest(waiting, 3).value == pytest.approx(
        correlation(fractions([1, 0, 0]), fractions([4, 1, 0]))
    )


def test_nothing_is_nan_whatever_the_class() -> None:
    for points in (SMALL, SMALL[:1], SMALL * 0, np.full((4, 3), NAN), np.full((5, 2), 1e-300)):
        for part in range(points.shape[1]):
            for found in (
                ours.difficulty(points, part, 1.0),
                ours.difficulty(points, part, 0.0),
                ours.item_rest(points, part),
                ours.upper_lower(points, part, 1.0),
                ours.alpha(points),
            ):
                assert (found.value is None) == bool(found.why)
                assert found.value is None or math.isfinite(found.value)
