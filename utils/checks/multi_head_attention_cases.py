"""Random inputs of the checks of the lesson on multi-head attention."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

# What all keys have in common moves the scores of a query together and changes no weight, unless a masked
# score is given a number that is not far enough below the others.
FAR = 400

Case = tuple[int, Tensor, Tensor, Tensor, Tensor | None]


def draw(g: Generator, *shape: int) -> Tensor:
    """Return random float64 numbers."""
    return torch.randn(*shape, generator=g, dtype=torch.float64)


def draw_weights(g: Generator, d_model: int) -> dict[str, Tensor]:
    """Return random weights of a block, of a size that keeps scores near one."""
    names = ("W_q", "W_k", "W_v", "W_o")
    matrices = {f"{name}.weight": draw(g, d_model, d_model) / d_model**0.5 for name in names}
    return matrices | {f"{name}.bias": draw(g, d_model) for name in names}


def draw_mask(g: Generator, b: int, n: int, m: int) -> Tensor:
    """Return a random mask in which every query sees some keys and not others, and every key some queries."""
    seen = torch.rand(b, 1, n, m, generator=g) < 0.5
    turn = (torch.arange(n)[:, None] + torch.arange(m)) % 3
    return (seen | (turn == 0)) & (turn != 1)


def small(tensor: Tensor) -> Tensor:
    """Return a tensor in single precision, small enough that rounding stays far below the tolerance."""
    return tensor.float() / 4


def block_cases(g: Generator) -> list[Case]:
    """Return (num_heads, Q, K, V, mask): memory of another length, no mask, and single precision."""
    first = (3, draw(g, 2, 5, 12), draw(g, 2, 7, 12), draw(g, 2, 7, 12), draw_mask(g, 2, 5, 7))
    plain = (5, draw(g, 3, 6, 10), draw(g, 3, 4, 10), draw(g, 3, 4, 10), None)
    x = small(draw(g, 2, 3, 4))
    return [first, plain, (2, x, x, x, draw_mask(g, 2, 3, 3))]


def loop_cases(g: Generator) -> list[tuple[object, ...]]:
    """Return (weights, num_heads, Q, K, V, mask) for every case of the block."""
    first, plain, last = block_cases(g)
    weights = [draw_weights(g, Q.shape[-1]) for _, Q, _, _, _ in (first, plain, last)]
    weights[0]["W_k.bias"] *= FAR
    light = {name: small(tensor) for name, tensor in weights[2].items()}
    return [(weights[0], *first), (weights[1], *plain), (light, *last)]


def wide_cases(g: Generator) -> list[tuple[object, ...]]:
    """Return (Q, K, V, num_heads, mask) with values twice as wide as queries and keys."""
    keys = draw(g, 2, 7, 12) + FAR * draw(g, 12)
    return [
        (draw(g, 2, 5, 12), keys, draw(g, 2, 7, 24), 3, draw_mask(g, 2, 5, 7)),
        (draw(g, 3, 6, 10), draw(g, 3, 4, 10), draw(g, 3, 4, 20), 5, None),
        (small(draw(g, 3, 5, 4)), small(draw(g, 3, 6, 4)), small(draw(g, 3, 6, 8)), 2, None),
    ]
