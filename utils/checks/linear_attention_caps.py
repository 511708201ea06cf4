"""Caps on the cost of the functions of the lesson on linear attention, each at one large size.

Measured, in one thread, in seconds or megabytes: the cap, the most that right code needs, the least that a
known mistake needs, and a table of scores made in blocks, which stores little.

    random_feature_attention   storage  96   14    1070
                               work     0.5   0.57   48   (in blocks 4.8)
    causal_attention           storage  96   24    1070
                               work     0.36  0.37   28   (in blocks 3.6)
    chunked_attention          work     0.1   0.07    1.0  position by position; a table does not fit at all

A table in blocks is the cheapest way of the wrong order, so the caps on work are a tenth of what that needs. The
slowest right way, a loop over positions, needs about as much as the cap; it is the yardstick.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Generator, Tensor

from coursekit.cost import numbers_for
from coursekit.cost.caps import MEGABYTE
from utils.checks.caps import Cap, within_caps
from utils.checks.linear_attention_chunks import padded_and_batched
from utils.checks.linear_attention_random import FORMS_THE_TABLE, REPEATS_THE_SUM, sums_by_loop
from utils.checks.linear_attention_recurrence import KEEPS_THE_TABLE, LENGTH_UNUSED, STARTS_ANEW
from utils.reference import linear_attention as reference

POSITIONS = 8192
MORE = 16_384  # so many that even scores in blocks take ten times as long as a loop over positions
WIDE = (MORE, 512)  # so wide that reading all keys once takes longer than a step of a loop
MANY_POSITIONS, LENGTH = 65_536, 64
DIRECTIONS = 192


def _positive(g: Generator, *shape: int) -> Tensor:
    """Return features away from zero."""
    return torch.rand(*shape, generator=g, dtype=torch.float64) + 0.1


def _points(g: Generator, *sizes: tuple[int, int]) -> tuple[Tensor, ...]:
    """Return points so close together that every estimated kernel value is positive."""
    return tuple(0.3 * torch.randn(*size, generator=g, dtype=torch.float64) for size in sizes)


def _sequence(g: Generator, positions: int) -> tuple[Tensor, ...]:
    return _positive(g, positions, 5), _positive(g, positions, 5), _positive(g, positions, 3)


def _wide_sequence(g: Generator) -> tuple[Tensor, ...]:
    numbers = numbers_for(WIDE)
    return _positive(g, numbers), _positive(g, numbers), _positive(g, MORE, 1)


def _in_chunks(queries: Tensor, keys: Tensor, values: Tensor, *_: Any) -> Tensor:
    return reference.chunked_attention(queries, keys, values, LENGTH)


def _both_ways(*args: Any) -> None:
    """Work in chunks twice: in many small steps, and in few large ones. A machine may be slow at either."""
    reference.chunked_attention(*args)
    padded_and_batched(*args)


random_attention_within_caps = within_caps(
    "rff_attention",
    Cap(
        sizes=f"N = {POSITIONS} positions, 5 directions",
        inputs=lambda g: _points(g, (POSITIONS, 4), (POSITIONS, 4), (POSITIONS, 3), (5, 4)),
        expected=reference.random_feature_attention,
        sample=64,
        bytes=96 * MEGABYTE,
        hint=FORMS_THE_TABLE,
    ),
    Cap(
        sizes=f"N = {MORE} positions, {DIRECTIONS} directions",
        inputs=lambda g: _points(g, (MORE, 4), (MORE, 4), (MORE, 1), (DIRECTIONS, 4)),
        expected=reference.random_feature_attention,
        sample=64,
        cpu_seconds=0.5,
        yardstick=sums_by_loop,
        hint=REPEATS_THE_SUM,
    ),
)

causal_within_caps = within_caps(
    "causal",
    Cap(
        sizes=f"N = {POSITIONS} positions, 5 features",
        inputs=lambda g: _sequence(g, POSITIONS),
        expected=_in_chunks,
        bytes=96 * MEGABYTE,
        hint=KEEPS_THE_TABLE,
    ),
    Cap(
        sizes=f"N = {MORE} positions, {WIDE[1]} features",
        inputs=_wide_sequence,
        expected=_in_chunks,
        window=WIDE,
        cpu_seconds=0.36,
        yardstick=reference.causal_attention,
        hint=STARTS_ANEW,
    ),
)

chunked_within_caps = within_caps(
    "chunked",
    Cap(
        sizes=f"N = {MANY_POSITIONS} positions in chunks of {LENGTH}",
        inputs=lambda g: (*_sequence(g, MANY_POSITIONS), LENGTH),
        expected=_in_chunks,
        cpu_seconds=0.1,
        yardstick=_both_ways,
        bytes=512 * MEGABYTE,
        hint=LENGTH_UNUSED,
    ),
)
