"""Attention with any similarity, and why one that factors into features costs linear time.

Katharopoulos, Vyas, Pappas and Fleuret (2020), "Transformers are RNNs: Fast Autoregressive Transformers with
Linear Attention", arXiv:2006.16236. Attention as a kernel smoother: Tsai et al. (2019), arXiv:1908.11775.

N  positions                            M  channels of a value              i  position of a query
D  channels of a query or a key         P  width of a feature vector        j  position of a key

    (G)  V'_i = sum_j sim(Q_i, K_j) V_j / sum_j sim(Q_i, K_j)
    (F)  sim(q, k) = phi(q) . phi(k)
    (L)  V'_i = phi(Q_i) S / phi(Q_i) z,    S = sum_j phi(K_j)^T V_j,    z = sum_j phi(K_j)^T
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, einsum

from coursekit.shapes import shape_checked

FeatureMap = Callable[[Tensor], Tensor]
Similarity = Callable[[Tensor, Tensor], Tensor]


def softmax_similarity(q: Tensor, k: Tensor) -> Tensor:
    """Return exp(q . k / sqrt(D)) of two vectors: with it, (G) is softmax attention."""
    return torch.exp(q @ k / q.shape[-1] ** 0.5)


def quadratic_similarity(q: Tensor, k: Tensor) -> Tensor:
    """Return the polynomial kernel of degree two with every constant one, (q . k + 1)^2, of two vectors."""
    return (q @ k + 1) ** 2


@shape_checked
def attention_by_definition(
    Q: Float[Tensor, "N D"], K: Float[Tensor, "N D"], V: Float[Tensor, "N M"], similarity: Similarity
) -> Float[Tensor, "N M"]:
    """Return (G) read literally: one query and one key at a time. The denominator must not vanish."""
    rows = []
    for query in Q:
        weights = torch.stack([similarity(query, key) for key in K])  # N
        rows.append(einsum("j, j M -> M", weights, V) / weights.sum())
    return torch.stack(rows)


@shape_checked
def softmax_attention(
    Q: Float[Tensor, "N D"], K: Float[Tensor, "N D"], V: Float[Tensor, "N M"]
) -> Float[Tensor, "N M"]:
    """Return softmax(Q K^T / sqrt(D)) V in N^2 D + N^2 M multiply-adds.

    A backward pass needs N^2 + 2ND + NM numbers of it: the weights, and Q, K and V.
    """
    weights = (einsum("i D, j D -> i j", Q, K) / Q.shape[-1] ** 0.5).softmax(-1)
    return einsum("i j, j M -> i M", weights, V)


@shape_checked
def quadratic_features(x: Float[Tensor, "*rows D"]) -> Float[Tensor, "*rows P"]:
    """Return (1, sqrt2 x_i, x_i^2, sqrt2 x_i x_j for i < j), whose inner products are (x . y + 1)^2.

    P = (D + 1)(D + 2)/2, one feature per monomial of degree 0, 1 and 2; no map for all of R^D has fewer.
    """
    first, second = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    root = 2**0.5  # mixed products and linear terms occur twice in the expanded square
    constant = torch.ones_like(x[..., :1])
    return torch.cat([constant, root * x, x**2, root * x[..., first] * x[..., second]], dim=-1)


@shape_checked
def outer_features(x: Float[Tensor, "*rows D"]) -> Float[Tensor, "*rows P"]:
    """Return all products of two entries of (x, 1): the same inner products from P = (D + 1)^2 features."""
    extended = torch.cat([x, torch.ones_like(x[..., :1])], dim=-1)
    return (extended[..., :, None] * extended[..., None, :]).flatten(-2)


def feature_width(D: int) -> int:
    """Return the least width of a feature map for (x . y + 1)^2 on vectors of D channels."""
    return (D + 1) * (D + 2) // 2


@shape_checked
def attend(
    query: Float[Tensor, " D"], K: Float[Tensor, "N D"], V: Float[Tensor, "N M"], phi: FeatureMap
) -> Float[Tensor, " M"]:
    """Return one row of (G) with (F) put in, as it stands: N inner products of features."""
    weights = einsum("P, j P -> j", phi(query), phi(K))
    return einsum("j, j M -> M", weights, V) / weights.sum()


@shape_checked
def kernelised_attention(
    Q: Float[Tensor, "N D"], K: Float[Tensor, "N D"], V: Float[Tensor, "N M"], phi: FeatureMap
) -> Float[Tensor, "N M"]:
    """Return (G) with (F) put in, all pairs first: N^2 (P + M) multiply-adds and N^2 weights."""
    weights = einsum("i P, j P -> i j", phi(Q), phi(K))
    return einsum("i j, j M -> i M", weights, V) / weights.sum(-1, keepdim=True)


@shape_checked
def linear_attention(
    Q: Float[Tensor, "N D"], K: Float[Tensor, "N D"], V: Float[Tensor, "N M"], phi: FeatureMap
) -> Float[Tensor, "N M"]:
    """Return (L): the same numbers, keys and values summed first, in 2 N P (M + 1) multiply-adds."""
    return _read(phi(Q), *_aggregate(phi(K), V))


def _aggregate(keys: Tensor, V: Tensor) -> tuple[Tensor, Tensor]:
    """Return S and z of (L) from the features of the keys: P x M numbers and P numbers, whatever N is."""
    return einsum("j P, j M -> P M", keys, V), keys.sum(0)


def _read(queries: Tensor, state: Tensor, mass: Tensor) -> Tensor:
    """Return what each query, given by its features, reads from the sums that all queries share."""
    return einsum("i P, P M -> i M", queries, state) / einsum("i P, P -> i", queries, mass)[:, None]


@shape_checked
def recomputing_attention(
    Q: Float[Tensor, "N D"], K: Float[Tensor, "N D"], V: Float[Tensor, "N M"]
) -> Float[Tensor, "N M"]:
    """Return (L) with quadratic features that are rebuilt in the backward pass instead of kept.

    Kept are 2ND + NM + PM + P numbers: Q, K, V and the two sums. Kept features would add 2NP.
    """
    output: Tensor = _Recomputing.apply(Q, K, V)  # type: ignore[no-untyped-call]  # unannotated in torch
    return output


class _Recomputing(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, Q: Tensor, K: Tensor, V: Tensor) -> Tensor:
        state, mass = _aggregate(quadratic_features(K), V)
        ctx.save_for_backward(Q, K, V, state, mass)
        return _read(quadratic_features(Q), state, mass)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, ...]:
        Q, K, V, state, mass = (kept.detach().requires_grad_() for kept in ctx.saved_tensors)
        with torch.enable_grad():
            output = _read(quadratic_features(Q), state, mass)
            sums = _aggregate(quadratic_features(K), V)
        to_Q, to_state, to_mass = torch.autograd.grad(output, (Q, state, mass), gradient)
        to_K, to_V = torch.autograd.grad(sums, (K, V), (to_state, to_mass))
        return to_Q, to_K, to_V


def softmax_multiply_adds(N: int, D: int, M: int) -> int:
    """Return the multiply-adds of the two products of softmax attention."""
    return N * N * (D + M)


def linear_multiply_adds(N: int, P: int, M: int) -> int:
    """Return the multiply-adds of (L): two products for the numerator, two for the denominator."""
    return 2 * N * P * M + 2 * N * P


def crossover(D: int, M: int, P: int) -> int:
    """Return the least N from which (L) needs fewer multiply-adds than softmax attention."""
    return linear_multiply_adds(1, P, M) // (D + M) + 1
