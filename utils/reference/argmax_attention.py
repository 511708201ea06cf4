"""Hard attention: the value whose key fits the query best, and its differentiable neighbours.

Keys and values are the columns of K and V, as in

    s_m = q . K_m                                                     (1) the score of key m
    hard(q, K, V) = V_m*,  m* = argmax_m s_m                          (2)
    soft(q, K, V) = sum_m w_m V_m,  w = softmax(s / T)                (3) T is the temperature

As T falls to zero (3) tends to (2), and as T grows it tends to the mean of the values. The two differ in what
they let through backwards. With the covariance taken under the weights w,

    d soft / d q = Cov(V, K) / T = V (diag(w) - w w^T) K^T / T        (4)

so the query's gradient needs more than one key with weight. In (2) one key has all of it, and m* is a whole
number that a small step of q or K leaves as it is: q and K receive nothing, the winning value everything.

Xu et al. (2015), "Show, Attend and Tell", arXiv:1502.03044, compare hard and soft attention;
Bengio, Leonard and Courville (2013), arXiv:1308.3432, propose the straight-through estimator.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, einsum
from torch.nn import functional

from coursekit.shapes import shape_checked


@shape_checked
def scores(q: Float[Tensor, " d"], K: Float[Tensor, "d m"]) -> Float[Tensor, " m"]:
    """Return the inner product of the query with every key: equation (1), unscaled."""
    return einsum("d, d m -> m", q, K)


@shape_checked
def hard_attention(
    q: Float[Tensor, " d"], K: Float[Tensor, "d m"], V: Float[Tensor, "v m"]
) -> Float[Tensor, " v"]:
    """Return the value of the best key: equation (2). Among equal scores the first key wins.

    Costs d·m multiply-adds and copies v numbers; the other values are not read.
    """
    return V[:, scores(q, K).argmax()]


@shape_checked
def hard_attention_as_average(
    q: Float[Tensor, " d"], K: Float[Tensor, "d m"], V: Float[Tensor, "v m"]
) -> Float[Tensor, " v"]:
    """Return the same as `hard_attention`, as an average of all values with one weight 1 and the others 0."""
    winner = scores(q, K).argmax()
    weights = functional.one_hot(winner, K.shape[1]).to(V)  # m
    return einsum("v m, m -> v", V, weights)


@shape_checked
def attention_weights(
    q: Float[Tensor, " d"], K: Float[Tensor, "d m"], temperature: float
) -> Float[Tensor, " m"]:
    """Return softmax(s / T), the weights in equation (3); they sum to 1."""
    return (scores(q, K) / temperature).softmax(dim=0)


@shape_checked
def soft_attention(
    q: Float[Tensor, " d"], K: Float[Tensor, "d m"], V: Float[Tensor, "v m"], temperature: float
) -> Float[Tensor, " v"]:
    """Return the average of the values under the attention weights: equation (3)."""
    return einsum("v m, m -> v", V, attention_weights(q, K, temperature))


@shape_checked
def soft_attention_one_key_at_a_time(
    q: Float[Tensor, " d"], K: Float[Tensor, "d m"], V: Float[Tensor, "v m"], temperature: float
) -> Float[Tensor, " v"]:
    """Return equation (3) read literally, one key after the other.

    The largest score is subtracted first, which changes no weight and keeps exp below infinity.
    """
    exponents = [(q @ key) / temperature for key in K.T]
    largest = max(exponents)
    parts = [(exponent - largest).exp() for exponent in exponents]
    total = torch.stack(parts).sum()
    weighted = [part / total * value for part, value in zip(parts, V.T, strict=True)]
    return torch.stack(weighted).sum(dim=0)


@shape_checked
def query_jacobian(
    q: Float[Tensor, " d"], K: Float[Tensor, "d m"], V: Float[Tensor, "v m"], temperature: float
) -> Float[Tensor, "v d"]:
    """Return how each entry of the soft output answers to each entry of the query: equation (4)."""
    weights = attention_weights(q, K, temperature)
    mean_key = einsum("d m, m -> d", K, weights)
    mean_value = einsum("v m, m -> v", V, weights)
    spread_of_keys, spread_of_values = K - mean_key[:, None], V - mean_value[:, None]
    covariance = einsum("v m, m, d m -> v d", spread_of_values, weights, spread_of_keys)
    return covariance / temperature


@shape_checked
def straight_through_attention(
    q: Float[Tensor, " d"], K: Float[Tensor, "d m"], V: Float[Tensor, "v m"], temperature: float
) -> Float[Tensor, " v"]:
    """Return the value of the best key, with weights that are hard going forward and soft going back.

    The gradient is that of equation (2) for V, and for q and K the one that soft weights would pass on. It is
    not the gradient of any function, which is why it is called an estimator.
    """
    soft = attention_weights(q, K, temperature)  # m
    hard = functional.one_hot(soft.argmax(), K.shape[1]).to(soft)  # m
    weights = soft + (hard - soft).detach()
    return einsum("v m, m -> v", V, weights)


@shape_checked
def leaf_gradients(
    q: Float[Tensor, " d"], K: Float[Tensor, "d m"], V: Float[Tensor, "v m"], upstream: Float[Tensor, " v"]
) -> dict[str, Tensor | None]:
    """Return what each leaf receives when `upstream` arrives at the output of the hard layer.

    None stands for a leaf that the backward pass did not reach, which is more than a gradient of zeros says.
    """
    leaves = [leaf.detach().clone().requires_grad_() for leaf in (q, K, V)]
    received = torch.autograd.grad(hard_attention(*leaves), leaves, upstream, allow_unused=True)
    return dict(zip(("q", "K", "V"), received, strict=True))
