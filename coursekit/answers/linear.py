"""Linear programming in exact integers: the simplex method with Bland's rule, which always ends."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

from .budget import Work

Row = Sequence[Fraction]


def maximise(objective: Row, rows: Sequence[Row], bounds: Row, work: Work) -> list[Fraction]:
    """Return an x >= 0 that maximises objective . x subject to rows . x <= bounds, where bounds >= 0.

    The maximum must exist. Integer pivoting (Edmonds): every entry is a minor of the input, every division
    is exact.
    """
    table = [_whole([*row, bound]) for row, bound in zip(rows, bounds, strict=True)]
    table.append([-entry for entry in _whole([*objective, Fraction(0)])])
    width = len(objective)
    inside, outside = list(range(width, width + len(rows))), list(range(width))
    denominator = 1
    while (column := _entering(table[-1], outside)) is not None:
        row = _leaving(table, inside, column)
        work.spend(len(table) * (width + 1) // 2)
        denominator = _pivot(table, row, column, denominator)
        inside[row], outside[column] = outside[column], inside[row]
    solution = [Fraction(0)] * width
    for row, variable in enumerate(inside):
        if variable < width:
            solution[variable] = Fraction(table[row][-1], denominator)
    return solution


def _whole(row: Row) -> list[int]:
    common = lcm(*(entry.denominator for entry in row))
    return [entry.numerator * (common // entry.denominator) for entry in row]


def _entering(costs: Sequence[int], outside: Sequence[int]) -> int | None:
    return min((i for i in range(len(outside)) if costs[i] < 0), key=outside.__getitem__, default=None)


def _leaving(table: Sequence[Sequence[int]], inside: Sequence[int], column: int) -> int:
    rows = [row for row in range(len(inside)) if table[row][column] > 0]
    if not rows:
        raise ArithmeticError("the linear program has no maximum")
    return min(rows, key=lambda row: (Fraction(table[row][-1], table[row][column]), inside[row]))


def _pivot(table: list[list[int]], row: int, column: int, denominator: int) -> int:
    """Exchange in place; returns the new common denominator."""
    pivot_row = table[row]
    pivot = pivot_row[column]
    for i, entries in enumerate(table):
        if i != row:
            factor = entries[column]
            table[i] = [
                (entry * pivot - factor * p) // denominator
                for entry, p in zip(entries, pivot_row, strict=True)
            ]
            table[i][column] = -factor
    pivot_row[column] = denominator
    return pivot
