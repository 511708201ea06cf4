"""Linear attention: softmax as a Gaussian kernel, random Fourier features, and attention as a recurrence.

Rahimi and Recht (2007), "Random Features for Large-Scale Kernel Machines": the features.
Peng et al. (2021), "Random Feature Attention", arXiv:2103.02143: the features in attention.
Katharopoulos et al. (2020), "Transformers are RNNs", arXiv:2006.16236: Eqs. 8 to 12, the recurrence.
Yang et al. (2023), "Gated Linear Attention Transformers", arXiv:2312.06635: the chunked form.

Axes of this lesson:  N  query positions       D  channels of a query or key    C  features
                      J  key positions         M  channels of a value           R  random directions
"""

from dataclasses import dataclass
from math import sqrt

import torch
from jaxtyping import Float
from torch import Tensor, einsum

from coursekit.shapes import shape_checked


def softmax_weights(queries: Float[Tensor, "N D"], keys: Float[Tensor, "J D"]) -> Float[Tensor, "N J"]:
    """Return the attention weights softmax(q.k / sqrt(D)), one row per query."""
    scores = einsum("N D, J D -> N J", queries, keys) / sqrt(queries.shape[-1])
    return scores.softmax(dim=-1)


def gaussian_kernel(
    queries: Float[Tensor, "N D"], keys: Float[Tensor, "J D"], sigma: float
) -> Float[Tensor, "N J"]:
    """Return exp(-||q - k||^2 / (2 sigma^2)) for every query and key."""
    squared_distances = (queries[:, None] - keys).square().sum(dim=-1)
    return torch.exp(-squared_distances / (2 * sigma**2))


def key_factor(keys: Float[Tensor, "J D"]) -> Float[Tensor, " J"]:
    """Return exp(||k||^2 / (2 sqrt(D))): what the Gaussian kernel leaves out of exp(q.k / sqrt(D)).

    The same factor of the query is left out too; it stands in numerator and denominator, so it cancels.
    """
    return torch.exp(keys.square().sum(dim=-1) / (2 * sqrt(keys.shape[-1])))


@shape_checked
def gaussian_softmax_weights(
    queries: Float[Tensor, "N D"], keys: Float[Tensor, "J D"]
) -> Float[Tensor, "N J"]:
    """Return softmax's attention weights, computed from the Gaussian kernel with sigma^2 = sqrt(D)."""
    sigma = queries.shape[-1] ** 0.25
    unnormalised = gaussian_kernel(queries, keys, sigma) * key_factor(keys)
    return unnormalised / unnormalised.sum(dim=-1, keepdim=True)


@shape_checked
def scaled_directions(normal: Float[Tensor, "R D"], sigma: float) -> Float[Tensor, "R D"]:
    """Return the directions whose features estimate the Gaussian kernel of width `sigma`.

    `normal` holds standard normal numbers. The variance of an entry is sigma^-2: the mean of cos(w.x) over
    w from N(0, s^2 I) is exp(-s^2 ||x||^2 / 2). A wide kernel needs slow waves.
    """
    return normal / sigma


@shape_checked
def random_features(points: Float[Tensor, "N D"], directions: Float[Tensor, "R D"]) -> Float[Tensor, "N 2*R"]:
    """Return sqrt(1/R) [sin(w_1.x) ... sin(w_R.x), cos(w_1.x) ... cos(w_R.x)] for every point x.

    The product of two points' features is the mean of cos(w.(x - y)) over the directions.
    """
    angles = einsum("N D, R D -> N R", points, directions)
    return torch.cat([angles.sin(), angles.cos()], dim=-1) / sqrt(len(directions))


@shape_checked
def random_feature_attention_quadratic(
    queries: Float[Tensor, "N D"],
    keys: Float[Tensor, "J D"],
    values: Float[Tensor, "J M"],
    directions: Float[Tensor, "R D"],
) -> Float[Tensor, "N M"]:
    """Attend with the estimated Gaussian kernel in softmax's place, every weight written out."""
    query_features, key_features = random_features(queries, directions), random_features(keys, directions)
    kernel = einsum("N C, J C -> N J", query_features, key_features)
    weights = kernel * key_factor(keys)
    return einsum("N J, J M -> N M", weights / weights.sum(dim=-1, keepdim=True), values)


@shape_checked
def random_feature_attention(
    queries: Float[Tensor, "N D"],
    keys: Float[Tensor, "J D"],
    values: Float[Tensor, "J M"],
    directions: Float[Tensor, "R D"],
) -> Float[Tensor, "N M"]:
    """The same numbers from one sum over the keys, shared by all queries.

    With N = J: N R D multiply-adds for the features of queries and of keys each, 2 N R M for the sum and
    for reading it: O(N R (D + M)). No table of N x N numbers exists.
    """
    query_features = random_features(queries, directions)
    key_features = random_features(keys, directions) * key_factor(keys)[:, None]
    state = einsum("J C, J M -> C M", key_features, values)
    normaliser = key_features.sum(dim=0)
    numerators = einsum("N C, C M -> N M", query_features, state)
    return numerators / einsum("N C, C -> N", query_features, normaliser)[:, None]


def elu_features(points: Float[Tensor, "N D"]) -> Float[Tensor, "N D"]:
    """Return elu(x) + 1, positive features as wide as the point (Katharopoulos et al., Eq. 7)."""
    return torch.nn.functional.elu(points) + 1


@shape_checked
def causal_attention_quadratic(
    query_features: Float[Tensor, "N C"], key_features: Float[Tensor, "N C"], values: Float[Tensor, "N M"]
) -> Float[Tensor, "N M"]:
    """Eq. 8 read literally: every position weighs itself and the positions before it."""
    weights = einsum("N C, J C -> N J", query_features, key_features).tril()
    return einsum("N J, J M -> N M", weights, values) / weights.sum(dim=-1, keepdim=True)


@dataclass(frozen=True)
class Memory:
    """All that causal linear attention keeps of the past: C (M + 1) numbers, at every position."""

    state: Float[Tensor, "C M"]  # sum over the past of phi(k) v^T
    normaliser: Float[Tensor, " C"]  # sum over the past of phi(k)

    def after(self, key_features: Float[Tensor, "L C"], values: Float[Tensor, "L M"]) -> "Memory":
        """Return the memory with more positions in it (Eqs. 18 and 19); this one stays as it is."""
        state = self.state + einsum("L C, L M -> C M", key_features, values)
        return Memory(state, self.normaliser + key_features.sum(dim=0))


def empty_memory(key_features: Float[Tensor, "N C"], values: Float[Tensor, "N M"]) -> Memory:
    """Return the memory of no position: zeros of the right widths (Eqs. 16 and 17)."""
    features, channels = key_features.shape[-1], values.shape[-1]
    return Memory(values.new_zeros(features, channels), values.new_zeros(features))


@shape_checked
def causal_attention(
    query_features: Float[Tensor, "N C"], key_features: Float[Tensor, "N C"], values: Float[Tensor, "N M"]
) -> Float[Tensor, "N M"]:
    """Eqs. 16 to 20: the same numbers from a running sum, one position after the other.

    2 N C M multiply-adds for state and outputs; the memory has the same size at every position.
    """
    memory = empty_memory(key_features, values)
    outputs = []
    for position, query in enumerate(query_features):
        here = slice(position, position + 1)
        memory = memory.after(key_features[here], values[here])
        outputs.append((query @ memory.state) / (query @ memory.normaliser))
    return torch.stack(outputs)


@shape_checked
def chunked_attention(
    query_features: Float[Tensor, "N C"],
    key_features: Float[Tensor, "N C"],
    values: Float[Tensor, "N M"],
    length: int,
) -> Float[Tensor, "N M"]:
    """The same numbers chunk by chunk: the past through the memory, the chunk itself by its quadratic form.

    2 N C M multiply-adds for the memory and N L (C + M) inside the chunks, in N / L steps instead of N.
    """
    memory = empty_memory(key_features, values)
    outputs = []
    triples = zip(*(torch.split(t, length) for t in (query_features, key_features, values)), strict=True)
    for queries, keys, chunk_values in triples:
        weights = einsum("L C, K C -> L K", queries, keys).tril()
        numerators = einsum("L C, C M -> L M", queries, memory.state) + einsum(
            "L K, K M -> L M", weights, chunk_values
        )
        denominators = einsum("L C, C -> L", queries, memory.normaliser) + weights.sum(dim=-1)
        outputs.append(numerators / denominators[:, None])
        memory = memory.after(keys, chunk_values)
    return torch.cat(outputs)


def memory_numbers(features: int, value_channels: int) -> int:
    """Return how many numbers the memory of linear attention holds, at any position."""
    return features * (value_channels + 1)


def cache_numbers(positions: int, key_channels: int, value_channels: int) -> int:
    """Return how many numbers softmax attention keeps after `positions`: every key and every value."""
    return positions * (key_channels + value_channels)


def first_position_with_a_larger_cache(features: int, key_channels: int, value_channels: int) -> int:
    """Return the first position after which the cache of softmax attention is larger than the memory."""
    return memory_numbers(features, value_channels) // (key_channels + value_channels) + 1
