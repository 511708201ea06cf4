"""Decoding: attention for one new position, with the keys and values of the past in a cache.

Shazeer (2019), "Fast Transformer Decoding: One Write-Head is All You Need", arXiv:1911.02150, gives the
multi-head and the multi-query step (his sections 2.4 and 3.1). Ainslie et al. (2023), "GQA: Training
Generalized Multi-Query Transformer Models from Multi-Head Checkpoints", arXiv:2305.13245, stand between them.

b  batch          h  query heads                  n  positions cached       k  channels of a query and a key
d  model width    g  key heads, a divisor of h    m  positions, n + 1       v  channels of a value
s  query heads that share a key head, h / g       t  positions of a whole sequence

The steps follow the paper's listing and have no factor 1/sqrt(k): it can be part of W_q. The attention over
a whole sequence has the factor, as libraries do. In the formulas of cost, k = v = d/h.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, einsum

from coursekit.shapes import shape_checked

# --- one new position -------------------------------------------------------------------------------------


@shape_checked
def multi_head_step(
    x: Float[Tensor, "b d"],
    prev_K: Float[Tensor, "b h n k"],
    prev_V: Float[Tensor, "b h n v"],
    W_q: Float[Tensor, "h d k"],
    W_k: Float[Tensor, "h d k"],
    W_v: Float[Tensor, "h d v"],
    W_o: Float[Tensor, "h v d"],
) -> tuple[Float[Tensor, "b d"], Float[Tensor, "b h n+1 k"], Float[Tensor, "b h n+1 v"]]:
    """Return the output at the new position, and both caches one position longer; every head has its own.

    Nothing is masked: a cache holds only the past. 4bd² + 2b(n+1)d multiply-adds.
    """
    query = einsum("b d, h d k -> b h k", x, W_q)
    key = einsum("b d, h d k -> b h k", x, W_k)
    value = einsum("b d, h d v -> b h v", x, W_v)
    keys = torch.cat([prev_K, key[:, :, None]], dim=2)  # b h m k
    values = torch.cat([prev_V, value[:, :, None]], dim=2)  # b h m v

    weights = einsum("b h k, b h m k -> b h m", query, keys).softmax(dim=-1)
    output = einsum("b h m, b h m v -> b h v", weights, values)
    return einsum("b h v, h v d -> b d", output, W_o), keys, values


@shape_checked
def multi_query_step(
    x: Float[Tensor, "b d"],
    prev_K: Float[Tensor, "b n k"],
    prev_V: Float[Tensor, "b n v"],
    W_q: Float[Tensor, "h d k"],
    W_k: Float[Tensor, "d k"],
    W_v: Float[Tensor, "d v"],
    W_o: Float[Tensor, "h v d"],
) -> tuple[Float[Tensor, "b d"], Float[Tensor, "b n+1 k"], Float[Tensor, "b n+1 v"]]:
    """Return what `multi_head_step` returns, when all query heads read one shared list of keys and values.

    bd²(2 + 2/h) + 2b(n+1)d multiply-adds, but only 2b(n+1)d/h numbers of cache.
    """
    query = einsum("b d, h d k -> b h k", x, W_q)
    keys = torch.cat([prev_K, einsum("b d, d k -> b k", x, W_k)[:, None]], dim=1)  # b m k
    values = torch.cat([prev_V, einsum("b d, d v -> b v", x, W_v)[:, None]], dim=1)  # b m v

    weights = einsum("b h k, b m k -> b h m", query, keys).softmax(dim=-1)
    output = einsum("b h m, b m v -> b h v", weights, values)
    return einsum("b h v, h v d -> b d", output, W_o), keys, values


@shape_checked
def multi_query_step_by_head(
    x: Float[Tensor, "b d"],
    prev_K: Float[Tensor, "b n k"],
    prev_V: Float[Tensor, "b n v"],
    W_q: Float[Tensor, "h d k"],
    W_k: Float[Tensor, "d k"],
    W_v: Float[Tensor, "d v"],
    W_o: Float[Tensor, "h v d"],
) -> tuple[Float[Tensor, "b d"], Float[Tensor, "b n+1 k"], Float[Tensor, "b n+1 v"]]:
    """Return the same as `multi_query_step`, one sequence and one head at a time: slow, and plain to read."""
    keys = torch.stack([torch.cat([past, (new @ W_k)[None]]) for past, new in zip(prev_K, x, strict=True)])
    values = torch.stack([torch.cat([past, (new @ W_v)[None]]) for past, new in zip(prev_V, x, strict=True)])
    outputs = []
    for new, K, V in zip(x, keys, values, strict=True):
        heads = [torch.softmax(K @ (new @ w_q), dim=0) @ V @ w_o for w_q, w_o in zip(W_q, W_o, strict=True)]
        outputs.append(torch.stack(heads).sum(dim=0))
    return torch.stack(outputs), keys, values


# --- a whole sequence -------------------------------------------------------------------------------------


@shape_checked
def grouped_query(
    q: Float[Tensor, "b h t k"], k: Float[Tensor, "b g t k"], v: Float[Tensor, "b g t v"]
) -> Float[Tensor, "b h t v"]:
    """Return causal attention of h query heads to g key heads; h/g neighbours share one key head.

    The grouped axis is split instead of copying keys, so no number of the keys is stored twice.
    """
    b, h, t, channels = q.shape
    grouped = q.reshape(b, k.shape[1], -1, t, channels)  # b g s t k
    scores = einsum("b g s t k, b g m k -> b g s t m", grouped, k) / math.sqrt(channels)
    future = torch.ones(t, t, dtype=torch.bool).triu(diagonal=1)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return einsum("b g s t m, b g m v -> b g s t v", weights, v).reshape(b, h, t, v.shape[-1])


@shape_checked
def grouped_query_by_head(
    q: Float[Tensor, "b h t k"], k: Float[Tensor, "b g t k"], v: Float[Tensor, "b g t v"]
) -> Float[Tensor, "b h t v"]:
    """Return the same as `grouped_query`, one query head and one position at a time."""
    h, g = q.shape[1], k.shape[1]
    heads = []
    for head in range(h):
        keys, values = k[:, head // (h // g)], v[:, head // (h // g)]
        rows = []
        for t in range(q.shape[2]):
            scores = (q[:, head, t, None] * keys[:, : t + 1]).sum(-1) / math.sqrt(q.shape[-1])  # b m
            rows.append((scores.softmax(-1)[..., None] * values[:, : t + 1]).sum(1))
        heads.append(torch.stack(rows, dim=1))
    return torch.stack(heads, dim=1)


@shape_checked
def decode(
    x: Float[Tensor, "b t d"],
    P: Float[Tensor, "limit d"],
    W_q: Float[Tensor, "h d k"],
    W_k: Float[Tensor, "h d k"],
    W_v: Float[Tensor, "h d v"],
    W_o: Float[Tensor, "h v d"],
) -> Float[Tensor, "b t d"]:
    """Return the outputs at all positions, made one at a time with `multi_head_step` and its caches.

    The token at position i enters as x[:, i] + P[i]; i is the number of positions cached by then.
    """
    b, t, _ = x.shape
    K, V = x.new_zeros(b, W_k.shape[0], 0, W_k.shape[2]), x.new_zeros(b, W_v.shape[0], 0, W_v.shape[2])
    outputs = []
    for i in range(t):
        y, K, V = multi_head_step(x[:, i] + P[i], K, V, W_q, W_k, W_v, W_o)
        outputs.append(y)
    return torch.stack(outputs, dim=1)


@shape_checked
def causal_pass(
    x: Float[Tensor, "b t d"],
    P: Float[Tensor, "limit d"],
    W_q: Float[Tensor, "h d k"],
    W_k: Float[Tensor, "h d k"],
    W_v: Float[Tensor, "h d v"],
    W_o: Float[Tensor, "h v d"],
) -> Float[Tensor, "b t d"]:
    """Return what `decode` returns from one masked pass over the whole sequence, as in training."""
    t = x.shape[1]
    entered = x + P[:t]
    q, k = einsum("b t d, h d k -> b h t k", entered, W_q), einsum("b t d, h d k -> b h t k", entered, W_k)
    v = einsum("b t d, h d v -> b h t v", entered, W_v)
    output = F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=1.0)
    return einsum("b h t v, h v d -> b t d", output, W_o)


# --- what a step costs ------------------------------------------------------------------------------------


def step_multiply_adds(b: int, d: int, h: int, g: int, n: int) -> int:
    """Return the multiply-adds of one step with g key heads: four projections, scores, weighted sum."""
    k = d // h
    projections = b * d * (2 * h * k + 2 * g * k)
    return projections + 2 * b * h * (n + 1) * k


def step_numbers(b: int, d: int, h: int, g: int, n: int) -> int:
    """Return how many numbers one step with g key heads moves, each once.

    These are the weights, the caches after the step, and the vectors x, q, o and y. The [b, h, n+1] logits
    and attention weights are left out: a fused kernel never writes them.
    """
    k = d // h
    weights = 2 * h * d * k + 2 * g * d * k
    caches = 2 * b * g * (n + 1) * k
    return weights + caches + 4 * b * d


def step_intensity(b: int, d: int, h: int, g: int, n: int) -> float:
    """Return the arithmetic intensity of one step, in multiply-adds per number moved."""
    return step_multiply_adds(b, d, h, g, n) / step_numbers(b, d, h, g, n)


BYTES_PER_MEBIBYTE = 2**20


def cache_bytes(L: int, b: int, n: int, g: int, k: int, w: int) -> int:  # noqa: N803 - the lesson's letters
    """Return the bytes of the keys and values of L layers, at w bytes per number."""
    return 2 * L * b * n * g * k * w


def loop_counts(t: int) -> dict[str, int]:
    """Return how many keys a loop over t tokens projects, and how many scores it makes, per layer and head.

    Without a cache, the step for token i runs attention over the first i tokens anew: all i keys, all i²
    scores (a mask hides results, it does not save products). With a cache it makes one key and i scores.
    """
    steps = range(1, t + 1)
    return {
        "keys without": sum(i for i in steps),
        "keys with": sum(1 for _ in steps),
        "scores without": sum(i * i for i in steps),
        "scores with": sum(i for i in steps),
    }
