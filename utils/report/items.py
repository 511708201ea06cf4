"""The analysis of the parts: how hard, how telling, and where a check should be looked at by a person."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from utils.build.source import Part
from utils.report import statistics
from utils.report.class_data import ClassData
from utils.report.known_mistakes import Hints, first_things, hint_of, losers
from utils.report.statistics import Statistic, rest_scores

BEST = 1 / 3  # of the class, by their points on all other parts
LOST = 0.5  # whoever has less than this fraction of a part's points has lost it
AT_LEAST = 2  # of the best students: what one has lost alone is that one's mistake
SHARE = 0.1  # of the best, at least: in a large class somebody good fails everything
NOT_NOTED = "it is not recorded which answers were left as they were (nbgrader autograde)"


@dataclass(frozen=True)
class Item:
    """One part and its statistics, over the students with a result on every lesson."""

    part: Part
    out_of: float
    n: int
    difficulty: Statistic
    item_rest: Statistic
    upper_lower: Statistic
    untouched: Statistic
    in_sums: bool  # whether its points are part of the sums that other parts are compared with


@dataclass(frozen=True)
class Suspect:
    """A part that good students lost: rows of those students, why it is listed, and what they were told."""

    part: Part
    reasons: tuple[str, ...]
    best: int  # how many students are the best third
    rows: tuple[int, ...]
    firsts: tuple[tuple[str, int], ...]
    item_rest: Statistic

    @property
    def weight(self) -> tuple[int, float, float]:
        """Return what the worst come first by: number of reasons, share of the best, discrimination."""
        r = self.item_rest.value
        return (-len(self.reasons), -len(self.rows) / self.best, 0.0 if r is None else r)


def items(data: ClassData) -> list[Item]:
    """Return the analysis of every part."""
    points = data.points[data.analysed]
    added = statistics.complete(points)
    return [_item(data, points, column, bool(added[column])) for column in range(len(data.parts))]


def _item(data: ClassData, points: statistics.Array, column: int, in_sums: bool) -> Item:
    most = float(data.out_of[column])
    return Item(
        data.parts[column],
        most,
        int((~np.isnan(points[:, column])).sum()),
        statistics.difficulty(points, column, most),
        statistics.item_rest(points, column),
        statistics.upper_lower(points, column, most),
        _share(data.untouched[data.analysed, column]),
        in_sums,
    )


def _share(left: statistics.Array) -> Statistic:
    known = left[~np.isnan(left)]
    return Statistic(float(known.mean())) if known.size else Statistic(None, NOT_NOTED)


def best_rows(data: ClassData, column: int) -> NDArray[np.intp]:
    """Return the best third by points on all other parts; who ties with the last of them is one of them.

    Nobody is best where all have the same.
    """
    rows = data.analysed
    rest = rest_scores(data.points[rows], column)
    if rows.size == 0 or np.ptp(rest) < statistics.TINY:
        return rows[:0]
    border = np.sort(rest)[-math.ceil(BEST * rows.size)]
    found: NDArray[np.intp] = rows[rest >= border - statistics.TINY]
    return found


def suspects(data: ClassData, found: list[Item], hints: dict[str, Hints]) -> list[Suspect]:
    """Return the parts whose checks a person should look at, the most suspicious first."""
    listed = [_suspect(data, column, item, hints) for column, item in enumerate(found)]
    return sorted((one for one in listed if one is not None), key=lambda one: (*one.weight, one.part.id))


def _suspect(data: ClassData, column: int, item: Item, hints: dict[str, Hints]) -> Suspect | None:
    """Return the part as a suspect when enough of the best lost it, and that says something of the check."""
    best = set(best_rows(data, column).tolist())
    lost = data.points[:, column] < LOST * data.out_of[column]
    rows = [row for row in losers(data, column) if row in best and lost[row]]
    if item.part.manual or len(rows) < max(AT_LEAST, SHARE * len(best)):
        return None
    unknown = [row for row in rows if hint_of(data, row, column, hints.get(item.part.id, {})) is None]
    reasons = _reasons(item, len(rows), len(best), len(unknown))
    if not reasons:
        return None
    firsts = first_things(data, unknown or rows, column)
    return Suspect(item.part, reasons, len(best), tuple(rows), firsts, item.item_rest)


def _reasons(item: Item, lost: int, best: int, unknown: int) -> tuple[str, ...]:
    reasons = []
    if item.item_rest.value is not None and item.item_rest.value < 0:
        reasons.append("whoever is better elsewhere is worse here (negative discrimination)")
    if 2 * lost > best:
        reasons.append("most of the best third lost it")
    if 2 * unknown > lost and unknown >= AT_LEAST:
        reasons.append(f"no known mistake explains {unknown} of these {lost} answers")
    return tuple(reasons)
