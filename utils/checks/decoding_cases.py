"""Inputs of the function checks of the decoding lesson."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Generator, Tensor

LONG_LOOP = 32  # tokens
GENTLE = 0.25  # numbers this small keep single-precision rounding far below what a comparison allows


def _weight(*shape: int, generator: Generator) -> Tensor:
    """Return a weight whose second last axis is summed over, of the size it has when training starts."""
    return _normal(*shape, generator=generator) / math.sqrt(shape[-2])


def _normal(*shape: int, generator: Generator) -> Tensor:
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def _single(args: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Return the arguments in single precision, and gentle."""
    return tuple((GENTLE * tensor).float() for tensor in args)


def _step(g: Generator, b: int, h: int, n: int, d: int, k: int, v: int) -> tuple[Tensor, ...]:
    vectors = [_normal(*shape, generator=g) for shape in [(b, d), (b, n, k), (b, n, v)]]
    weights = [_weight(*shape, generator=g) for shape in [(h, d, k), (d, k), (d, v), (h, v, d)]]
    return (*vectors, *weights)


def steps(g: Generator) -> Sequence[tuple[Any, ...]]:
    """Every axis its own size; n + 1 = h, where a wrong letter runs; an empty cache; single precision."""
    return [
        _step(g, 2, 3, 5, 8, 4, 7),
        _step(g, 2, 4, 3, 7, 5, 6),
        _step(g, 3, 2, 0, 7, 4, 5),
        _single(_step(g, 2, 3, 5, 8, 4, 7)),
    ]


def sizes(_: Generator) -> Sequence[tuple[Any, ...]]:
    """Sizes b, d, h, g, n: grouped, one key head, an empty cache with g = h, a long cache."""
    return [(5, 24, 6, 3, 9), (3, 40, 8, 1, 17), (5, 24, 4, 4, 0), (2, 64, 16, 4, 1000)]


def _grouped(
    g: Generator, b: int, h: int, groups: int, t: int, k: int, v: int
) -> tuple[Tensor, Tensor, Tensor]:
    shapes = (b, h, t, k), (b, groups, t, k), (b, groups, t, v)
    q, keys, values = (_normal(*shape, generator=g) for shape in shapes)
    return q, keys, values


def sequences_of_groups(g: Generator) -> Sequence[tuple[Any, ...]]:
    """Fewer key heads than query heads and more than one, twice; as many; one alone in single precision."""
    single = _single(_grouped(g, 2, 4, 1, 5, 3, 6))
    return [
        _grouped(g, 2, 6, 3, 5, 4, 7),
        _grouped(g, 3, 8, 2, 6, 5, 4),
        _grouped(g, 2, 3, 3, 5, 4, 6),
        single,
    ]


def loop(g: Generator, b: int, t: int, limit: int, h: int, d: int, k: int, v: int) -> tuple[Tensor, ...]:
    """Return a text, a table of positions and the four weights, for a loop over t tokens."""
    vectors = [_normal(*shape, generator=g) for shape in [(b, t, d), (limit, d)]]
    weights = [_weight(*shape, generator=g) for shape in [(h, d, k), (h, d, k), (h, d, v), (h, v, d)]]
    return (*vectors, *weights)


def loops(g: Generator) -> Sequence[tuple[Any, ...]]:
    """Five positions, twice, so that no cache outlives its text; one; the table's but one; many; single."""
    single = _single(loop(g, 2, 6, 9, 3, 8, 4, 7))
    return [
        loop(g, 2, 5, 9, 3, 8, 4, 7),
        loop(g, 2, 5, 9, 3, 8, 4, 7),
        loop(g, 2, 1, 7, 3, 6, 4, 5),
        loop(g, 3, 6, 7, 2, 8, 5, 4),
        loop(g, 2, LONG_LOOP, LONG_LOOP + 3, 3, 8, 4, 7),
        single,
    ]
