"""Two maps of numbers, the one asked for and the student's, as a picture on a feedback page needs them.

The numbers are told in few levels, and only where they are no whole numbers, so that nobody can hand in later
what a picture showed: a check compares many digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from utils.checks.evidence import Evidence
from utils.grading.executed import LEVELS

MOST_ROWS, MOST_COLUMNS = 16, 24
NO_NUMBER = -1  # the level of what is not a number, or infinite
Levels = list[list[int]]


@dataclass(frozen=True)
class HeatMaps:
    """The levels of both maps; `shape` is that of the whole result, `place` the index of the maps in it."""

    asked: Levels
    mine: Levels
    shape: tuple[int, ...]
    place: tuple[int, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """Return the maps as a notebook keeps them."""
        return asdict(self)


def heat_maps(seen: Evidence) -> HeatMaps | None:
    """Return the maps in which a result first differs from the one asked for.

    None where a picture says nothing: for other results than numbers with a fraction, for other shapes than
    the one asked for, for large maps and for differences too small to be seen.
    """
    if not seen.arguments:  # a typed answer beside its key
        return None
    for asked, mine in _pairs(seen.expected, seen.received):
        if asked.shape == mine.shape and asked.dim() and not torch.equal(asked, mine):
            return _maps(asked, mine)
    return None


def _pairs(expected: Any, received: Any) -> list[tuple[Tensor, Tensor]]:
    """Return the tensors to compare, in order."""
    if isinstance(expected, list | tuple) and isinstance(received, list | tuple):
        pairs = list(zip(expected, received, strict=False))
    else:
        pairs = [(expected, received)]
    return [pair for pair in pairs if all(map(_has_fractions, pair))]


def _has_fractions(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()


def _maps(asked: Tensor, mine: Tensor) -> HeatMaps | None:
    shape = tuple(asked.shape)
    asked, mine = (one.double().reshape(*shape[:-2], -1, shape[-1]) for one in (asked, mine))
    differs = ~torch.isclose(asked, mine, equal_nan=True).flatten(-2).all(-1)  # map by map
    rows, columns = asked.shape[-2:]
    if not differs.any() or rows > MOST_ROWS or columns > MOST_COLUMNS:
        return None
    place = tuple(differs.nonzero()[0].tolist())
    asked, mine = asked[place], mine[place]
    if not asked.isfinite().all() or torch.equal(asked, asked.round()):
        return None
    finite = torch.cat([asked.flatten(), mine[mine.isfinite()]])
    low, high = finite.min(), finite.max()
    levels = [_levels(one, low, high) for one in (asked, mine)]
    return None if levels[0] == levels[1] else HeatMaps(levels[0], levels[1], shape, place)


def _levels(numbers: Tensor, low: Tensor, high: Tensor) -> Levels:
    share = (numbers - low) / (high - low) if high > low else torch.zeros_like(numbers)
    levels = (share * LEVELS).floor().clamp(0, LEVELS - 1)
    found: Levels = torch.where(numbers.isfinite(), levels.nan_to_num(), NO_NUMBER).long().tolist()
    return found


def maps_of(seen: Mapping[str, Evidence]) -> dict[str, dict[str, Any]]:
    """Return the maps of every part that has some, as a notebook keeps them."""
    made = {part: heat_maps(evidence) for part, evidence in seen.items()}
    return {part: maps.as_data() for part, maps in made.items() if maps is not None}
