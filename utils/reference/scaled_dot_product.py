"""Why attention divides its scores by the square root of d.

Vaswani et al. (2017), "Attention Is All You Need", arXiv:1706.03762, section 3.2.1 and its footnote 4: for
independent components of mean 0 and variance 1, q·k has mean 0 and variance d. Here the components may have
any mean vector mu and any standard deviation sigma.
"""

from __future__ import annotations

import math

from jaxtyping import Float
from torch import Tensor, einsum

from coursekit.shapes import shape_checked


@shape_checked
def mean_dot(mu: Float[Tensor, "*b d"], sigma: float) -> Float[Tensor, "*b"]:
    """Return E[q·k] for independent q, k ~ N(mu, sigma² I): the squared length of mu.

    sigma does not appear: independent factors have E[q_i k_i] = E[q_i] E[k_i] = mu_i².
    """
    return einsum("... d, ... d -> ...", mu, mu)


@shape_checked
def variance_dot(mu: Float[Tensor, "*b d"], sigma: float) -> Float[Tensor, "*b"]:
    """Return Var[q·k] for independent q, k ~ N(mu, sigma² I): d sigma⁴ + 2 sigma² |mu|².

    Per coordinate, E[q²] E[k²] - (E[q] E[k])² = (mu² + sigma²)² - mu⁴, and the coordinates are independent.
    """
    channels = mu.shape[-1]
    return channels * sigma**4 + 2 * sigma**2 * mean_dot(mu, sigma)


@shape_checked
def moments(
    query: Float[Tensor, "n d"], key: Float[Tensor, "n d"]
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Return the sample mean and the unbiased sample variance of the n dot products of matching rows."""
    products = einsum("n d, n d -> n", query, key)
    return products.mean(), products.var()


@shape_checked
def scaled_scores(query: Float[Tensor, "*b n d"], key: Float[Tensor, "*b m d"]) -> Float[Tensor, "*b n m"]:
    """Return q·k / sqrt(d) for every query and every key, equation 1 of the paper before its softmax."""
    return einsum("... n d, ... m d -> ... n m", query, key) / math.sqrt(query.shape[-1])


@shape_checked
def entropy(scores: Float[Tensor, "*b m"]) -> Float[Tensor, "*b"]:
    """Return the entropy, in nats, of the softmax of each row: log m when it is flat, 0 when it is one-hot.

    Written with log_softmax, so that a weight that underflows to 0 contributes 0 and not NaN.
    """
    log_weights = scores.log_softmax(dim=-1)
    return -(log_weights.exp() * log_weights).sum(dim=-1)


@shape_checked
def entropy_from_weights(scores: Float[Tensor, "*b m"]) -> Float[Tensor, "*b"]:
    """Return the same from the definition, minus the sum of p log p, with 0 log 0 = 0: slow and obvious."""
    weights = scores.softmax(dim=-1)
    return -(weights * weights.log().where(weights > 0, weights)).sum(dim=-1)
