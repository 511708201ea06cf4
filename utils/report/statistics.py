"""The statistics of a test, each with its formula and its source; `page.html` explains them in words.

`points` is a matrix, students by parts; NaN is a score that does not exist (yet). A number that is not
defined for a class is a `Statistic` without a value that says why: never NaN, never a division by zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
FEWEST = 3  # students: through two points every line is perfect
TAIL = 0.27  # of a class: Kelley's share, at which the difference of two tails is most certain
TINY = 1e-9  # points; rounding alone makes a sum of equal scores differ by less

TOO_FEW = f"fewer than {FEWEST} students have a score"
ALL_ALIKE = "every student has the same points on it"
REST_ALIKE = "every student has the same points on the rest"
TOTAL_ALIKE = "every student has the same points"
ONE_PART = "it takes two parts that every student has a score on"


@dataclass(frozen=True)
class Statistic:
    """A number, or None and the reason why there is none."""

    value: float | None
    why: str = ""


@dataclass(frozen=True)
class Summary:
    """How some scores are distributed; the quartiles lie between two scores where need be."""

    n: int
    mean: float
    deviation: float  # standard deviation of the class (divisor n)
    least: float
    lower: float
    median: float
    upper: float
    most: float


def summary(scores: Array) -> Summary | None:
    """Return the distribution of the scores that exist; None when there are none.

    Quartiles by linear interpolation, type 7 of Hyndman & Fan (1996), "Sample Quantiles in Statistical
    Packages", The American Statistician 50(4).
    """
    known = scores[~np.isnan(scores)]
    if known.size == 0:
        return None
    least, lower, median, upper, most = map(float, np.quantile(known, [0, 0.25, 0.5, 0.75, 1]))
    return Summary(known.size, float(known.mean()), float(known.std()), least, lower, median, upper, most)


def complete(points: Array) -> NDArray[np.bool_]:
    """Return which parts every student has a score on: only these can be added up for everybody."""
    found: NDArray[np.bool_] = np.asarray(~np.isnan(points).any(axis=0))
    return found


def totals(points: Array) -> Array:
    """Return each student's sum over the complete parts."""
    found: Array = points[:, complete(points)].sum(axis=1)
    return found


def rest_scores(points: Array, part: int) -> Array:
    """Return each student's sum over the complete parts without this one."""
    others = complete(points)
    others[part] = False
    found: Array = points[:, others].sum(axis=1)
    return found


def difficulty(points: Array, part: int, out_of: float) -> Statistic:
    """Return the mean score as a fraction of the points: p = mean(x) / max. High is easy."""
    known = _known(points[:, part])
    if known.size == 0:
        return Statistic(None, "nobody has a score")
    if out_of <= 0:
        return Statistic(None, "it is worth no points")
    return Statistic(float(known.mean()) / out_of)


def item_rest(points: Array, part: int) -> Statistic:
    """Return the corrected item-total correlation: Pearson's r of the part with the sum of all other parts.

    For a part that is right or wrong this is the point-biserial correlation with the rest,
    r = (M1 - M0) / s * sqrt(p (1 - p)): the same number. Henrysson (1963), "Correction of item-total
    correlations in item analysis", Psychometrika 28(2).
    """
    mine, rest = points[:, part], rest_scores(points, part)
    known = ~np.isnan(mine)
    mine, rest = mine[known], rest[known]
    if mine.size < FEWEST:
        return Statistic(None, TOO_FEW)
    if np.ptp(mine) < TINY:
        return Statistic(None, ALL_ALIKE)
    if np.ptp(rest) < TINY:
        return Statistic(None, REST_ALIKE)
    mine, rest = mine - mine.mean(), rest - rest.mean()
    r = float(mine @ rest) / math.sqrt(float(mine @ mine) * float(rest @ rest))
    return Statistic(min(max(r, -1.0), 1.0))


def upper_lower(points: Array, part: int, out_of: float) -> Statistic:
    """Return D = p(upper 27 %) - p(lower 27 %): the tails by total score, p the mean share of the points.

    Students who tie at the border of a tail share its last places, so the order of names decides nothing.
    Kelley (1939), "The selection of upper and lower groups for the validation of test items", Journal of
    Educational Psychology 30(1).
    """
    mine, sums = points[:, part], totals(points)
    known = ~np.isnan(mine)
    mine, sums = mine[known], sums[known]
    if mine.size < FEWEST:
        return Statistic(None, TOO_FEW)
    if out_of <= 0:
        return Statistic(None, "it is worth no points")
    if np.ptp(sums) < TINY:
        return Statistic(None, TOTAL_ALIKE)
    places = max(1, round(TAIL * mine.size))
    best, worst = tail_weights(sums, places), tail_weights(-sums, places)
    return Statistic(float(mine @ best - mine @ worst) / places / out_of)


def tail_weights(scores: Array, places: int) -> Array:
    """Return which share of a place among the best `places` each student has; they add up to `places`."""
    border = np.sort(scores)[-places]
    above = scores > border + TINY
    tied = ~above & (scores >= border - TINY)
    weights: Array = above.astype(np.float64)
    weights[tied] = (places - above.sum()) / tied.sum()
    return weights


def alpha(points: Array) -> Statistic:
    """Return Cronbach's alpha over the complete parts: k/(k-1) * (1 - sum of variances / variance of sums).

    Cronbach (1951), "Coefficient alpha and the internal structure of tests", Psychometrika 16(3). For parts
    that are right or wrong it is KR-20.
    """
    kept = points[:, complete(points)] if points.size else points
    students, parts = kept.shape
    if students < FEWEST:
        return Statistic(None, TOO_FEW)
    if parts <= 1:
        return Statistic(None, ONE_PART)
    sums = kept.sum(axis=1)
    if np.ptp(sums) < TINY:
        return Statistic(None, TOTAL_ALIKE)
    return Statistic(parts / (parts - 1) * (1 - float(kept.var(axis=0).sum()) / float(sums.var())))


def _known(scores: Array) -> Array:
    return scores[~np.isnan(scores)]
