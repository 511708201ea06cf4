"""A student's numbers beside those asked for, as two maps; drawn from what grading kept in a graded cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from utils.feedback.figures import WIDTH, Figure, svg
from utils.grading.executed import LEVELS

SIDE = 17  # of one number's square, in the drawing's units
GAP, ABOVE = 26, 24  # between two maps; for the word above each
WIDEST = (WIDTH - GAP) // (2 * SIDE)  # columns of two maps that fit side by side
MOST = 24  # rows or columns

Levels = list[list[int]]


@dataclass(frozen=True)
class Maps:
    """Two maps of levels, both `rows` by `columns`, and where in the result they stand."""

    asked: Levels
    mine: Levels
    shape: tuple[int, ...]
    place: tuple[int, ...]

    @property
    def rows(self) -> int:
        """How many rows each map has."""
        return len(self.asked)

    @property
    def columns(self) -> int:
        """How many columns each map has."""
        return len(self.asked[0])


def read_maps(kept: Any) -> Maps | None:
    """Return the maps that a graded cell keeps; None when it keeps none, or nothing that could be drawn."""
    try:
        asked, mine = ([[int(level) for level in row] for row in kept[name]] for name in ("asked", "mine"))
        shape, place = (tuple(int(size) for size in kept[name]) for name in ("shape", "place"))
    except (KeyError, TypeError, ValueError):
        return None
    sizes = {len(row) for row in (*asked, *mine)}
    fits = len(asked) == len(mine) and 0 < len(asked) <= MOST and len(sizes) == 1 and 0 < max(sizes) <= MOST
    return Maps(asked, mine, shape, place) if fits else None


def figure_of_maps(maps: Maps) -> Figure:
    """Return the drawing of both maps; numbers that differ so much that it shows are framed in one's own."""
    beside = maps.columns <= WIDEST
    step = maps.columns * SIDE + GAP if beside else maps.rows * SIDE + ABOVE + 10
    second = (step, 0) if beside else (0, step)
    height = maps.rows * SIDE + ABOVE + 6 + second[1]
    body = _map("yours", maps.mine, maps.asked, (2, 0)) + _map(
        "asked", maps.asked, maps.asked, (2 + second[0], second[1])
    )
    title = f"Your numbers beside those asked for: {maps.rows} by {maps.columns}"
    return Figure(svg(title, height, body), _caption(maps))


def _map(word: str, levels: Levels, others: Levels, corner: tuple[int, int]) -> str:
    left, top = corner
    squares = "".join(
        _square(level, others[i][j], left + j * SIDE, top + ABOVE + i * SIDE)
        for i, row in enumerate(levels)
        for j, level in enumerate(row)
    )
    return f'<text x="{left}" y="{top + 16}">{word}</text>{squares}'


def _square(level: int, other: int, x: int, y: int) -> str:
    """Return one number's square: the larger, the stronger; a cross for what is no number."""
    kind = "heat" if level == other else "heat differs"
    strength = 0.04 + 0.96 * min(max(level, 0), LEVELS - 1) / (LEVELS - 1)
    square = (
        f'<rect class="{kind}" fill-opacity="{strength:.2f}" x="{x + 1}" y="{y + 1}" '
        f'width="{SIDE - 2}" height="{SIDE - 2}"/>'
    )
    if level >= 0:
        return square
    return square + f'<path class="mine" d="M{x + 4} {y + 4} l9 9 m0 -9 l-9 9"/>'


def _caption(maps: Maps) -> str:
    pairs = [
        pair
        for mine, asked in zip(maps.mine, maps.asked, strict=True)
        for pair in zip(mine, asked, strict=True)
    ]
    differ = sum(mine != asked for mine, asked in pairs)
    where = (
        f"At [{', '.join(map(str, maps.place))}] of a result of shape {maps.shape}: " if maps.place else ""
    )
    told = f"{where}{differ} of {len(pairs)} numbers differ so much that it shows; they are framed."
    crosses = sum(mine < 0 for mine, _ in pairs)
    infinite = (
        f" {crosses} of yours {'is' if crosses == 1 else 'are'} infinite or no number." if crosses else ""
    )
    return f"{told}{infinite} The stronger the colour, the larger the number."
