"""Known mistakes and alternatives: softmax weights through the Gaussian kernel.

Each function stands for one submission: it uses only its arguments and what the notebook's first
cell imports.
"""

import math

import torch
from torch import Tensor

from utils.checks.check import Mistake

SINGLE_PRECISION = "Somewhere numbers pass through single precision."


def distances_only(queries: Tensor, keys: Tensor) -> Tensor:
    squared = (queries[:, None] - keys).square().sum(-1)
    return (-squared / (2 * math.sqrt(keys.shape[-1]))).softmax(-1)


def key_factor_upside_down(queries: Tensor, keys: Tensor) -> Tensor:
    squared = (queries[:, None] - keys).square().sum(-1)
    return (-(squared + keys.square().sum(-1)) / (2 * math.sqrt(keys.shape[-1]))).softmax(-1)


def key_factor_without_the_half(queries: Tensor, keys: Tensor) -> Tensor:
    root = math.sqrt(keys.shape[-1])
    squared = (queries[:, None] - keys).square().sum(-1)
    return (-squared / (2 * root) + keys.square().sum(-1) / root).softmax(-1)


def key_length_not_squared(queries: Tensor, keys: Tensor) -> Tensor:
    squared = (queries[:, None] - keys).square().sum(-1)
    lengths: Tensor = keys.norm(dim=-1)
    return ((lengths - squared) / (2 * math.sqrt(keys.shape[-1]))).softmax(-1)


def width_is_d(queries: Tensor, keys: Tensor) -> Tensor:
    return (torch.einsum("n d, j d -> n j", queries, keys) / keys.shape[-1]).softmax(-1)


def width_is_one(queries: Tensor, keys: Tensor) -> Tensor:
    return torch.einsum("n d, j d -> n j", queries, keys).softmax(-1)


def sigma_for_its_square(queries: Tensor, keys: Tensor) -> Tensor:
    squared = (queries[:, None] - keys).square().sum(-1)
    factor = keys.square().sum(-1) / (2 * math.sqrt(keys.shape[-1]))
    return (-squared / (2 * keys.shape[-1]) + factor).softmax(-1)


def kernel_without_the_half(queries: Tensor, keys: Tensor) -> Tensor:
    root = math.sqrt(keys.shape[-1])
    squared = (queries[:, None] - keys).square().sum(-1)
    return (-squared / root + keys.square().sum(-1) / (2 * root)).softmax(-1)


def distance_not_squared(queries: Tensor, keys: Tensor) -> Tensor:
    distances: Tensor = (queries[:, None] - keys).norm(dim=-1)
    return ((keys.square().sum(-1) - distances) / (2 * math.sqrt(keys.shape[-1]))).softmax(-1)


def over_the_queries(queries: Tensor, keys: Tensor) -> Tensor:
    squared = (queries[:, None] - keys).square().sum(-1)
    return ((keys.square().sum(-1) - squared) / (2 * math.sqrt(keys.shape[-1]))).softmax(0)


def not_normalised(queries: Tensor, keys: Tensor) -> Tensor:
    squared = (queries[:, None] - keys).square().sum(-1)
    return ((keys.square().sum(-1) - squared) / (2 * math.sqrt(keys.shape[-1]))).exp()


def over_everything(queries: Tensor, keys: Tensor) -> Tensor:
    squared = (queries[:, None] - keys).square().sum(-1)
    weights = ((keys.square().sum(-1) - squared) / (2 * math.sqrt(keys.shape[-1]))).exp()
    return weights / weights.sum()


def normalised_too_early(queries: Tensor, keys: Tensor) -> Tensor:
    root = math.sqrt(keys.shape[-1])
    kernel = (-(queries[:, None] - keys).square().sum(-1) / (2 * root)).softmax(-1)
    return kernel * (keys.square().sum(-1) / (2 * root)).exp()


def epsilon_below(queries: Tensor, keys: Tensor) -> Tensor:
    scores = torch.einsum("n d, j d -> n j", queries, keys) / math.sqrt(keys.shape[-1])
    return scores.exp() / (scores.exp().sum(-1, keepdim=True) + 1e-4)


def weights_in_single(queries: Tensor, keys: Tensor) -> Tensor:
    q, k = queries.float(), keys.float()
    exponents = (k.square().sum(-1) - (q[:, None] - k).square().sum(-1)) / (2 * math.sqrt(k.shape[-1]))
    return exponents.softmax(-1).to(queries.dtype)


WEIGHTS_MISTAKES = [
    Mistake(
        "10.Q1a-key-factor-missing",
        distances_only,
        "Your weights fall with the distance and know nothing else: which factor of "
        "exp(q.k/sqrt(D)) survives the normalisation?",
    ),
    Mistake(
        "10.Q1a-key-factor-sign",
        key_factor_upside_down,
        "Compare two keys on one sphere around the query: softmax prefers the longer one, yours the shorter.",
    ),
    Mistake(
        "10.Q1a-key-factor-half",
        key_factor_without_the_half,
        "Expand ||q - k||^2 again: with which coefficient does ||k||^2 appear beside q.k?",
    ),
    Mistake(
        "10.Q1a-length-not-squared",
        key_length_not_squared,
        "A length enters your key's factor where a squared length should.",
    ),
    Mistake(
        "10.Q1a-width-d",
        width_is_d,
        "Your weights are those of scores divided by D; which sigma^2 turns the kernel's exponent"
        " into q.k/sqrt(D)?",
    ),
    Mistake("10.Q1a-unscaled", width_is_one, "These are the weights of unscaled scores: sigma^2 is not 1."),
    Mistake(
        "10.Q1a-sigma-for-square",
        sigma_for_its_square,
        "Kernel and factor use different widths: is sqrt(D) the name of sigma, or of its square?",
    ),
    Mistake(
        "10.Q1a-kernel-half",
        kernel_without_the_half,
        "The Gaussian kernel divides by 2 sigma^2; look for the 2.",
    ),
    Mistake("10.Q1a-distance-not-squared", distance_not_squared, "Is the distance in your kernel squared?"),
    Mistake(
        "10.Q1a-axis",
        over_the_queries,
        "Your columns sum to one. Who distributes attention, the query or the key?",
    ),
    Mistake("10.Q1a-not-normalised", not_normalised, "The weights of one query must sum to one."),
    Mistake(
        "10.Q1a-all-sum",
        over_everything,
        "The whole table sums to one; each query has a budget of its own.",
    ),
    Mistake(
        "10.Q1a-early",
        normalised_too_early,
        "You normalised the kernel first and multiplied afterwards, so the rows no longer sum to one.",
    ),
    Mistake(
        "10.Q1a-epsilon",
        epsilon_below,
        "Something small is added to the denominator; the identity is exact without it.",
    ),
    Mistake("10.Q1a-weights-single", weights_in_single, SINGLE_PRECISION),
]


def by_softmax_of_exponents(queries: Tensor, keys: Tensor) -> Tensor:
    root = math.sqrt(keys.shape[-1])
    squared = ((queries[:, None] - keys) ** 2).sum(-1)
    return torch.softmax((keys**2).sum(-1) / (2 * root) - squared / (2 * root), dim=-1)


def by_loop(queries: Tensor, keys: Tensor) -> Tensor:
    variance = keys.shape[-1] ** 0.5
    rows = []
    for q in queries:
        row = [
            torch.exp(-((q - k) @ (q - k)) / (2 * variance)) * torch.exp(k @ k / (2 * variance)) for k in keys
        ]
        rows.append(torch.stack(row) / sum(row))
    return torch.stack(rows)


def with_both_factors(queries: Tensor, keys: Tensor) -> Tensor:
    root = math.sqrt(keys.shape[-1])
    q2, k2 = (torch.einsum("n d, n d -> n", x, x) for x in (queries, keys))
    squared = q2[:, None] + k2 - 2 * torch.einsum("n d, j d -> n j", queries, keys)
    table = (
        torch.exp(-squared / (2 * root)) * torch.exp(q2 / (2 * root))[:, None] * torch.exp(k2 / (2 * root))
    )
    return table / table.sum(1, keepdim=True)


def by_cdist(queries: Tensor, keys: Tensor) -> Tensor:
    root = math.sqrt(keys.shape[-1])
    table = torch.exp((keys.square().sum(dim=1) - torch.cdist(queries, keys) ** 2) / (2 * root))
    weights: Tensor = torch.nn.functional.normalize(table, p=1.0, dim=1)
    return weights


def in_place_exponents(queries: Tensor, keys: Tensor) -> Tensor:
    exponents = -(queries[:, None] - keys).pow(2).sum(-1)
    exponents += keys.pow(2).sum(-1)
    exponents /= 2 * keys.shape[-1] ** 0.5
    return exponents.softmax(-1)


def in_double_inside(queries: Tensor, keys: Tensor) -> Tensor:
    q, k = queries.double(), keys.double()
    scores = (k.square().sum(-1) - (q[:, None] - k).square().sum(-1)) / (2 * math.sqrt(k.shape[-1]))
    return scores.softmax(-1).to(queries.dtype)


WEIGHTS_ALTERNATIVES = {
    "softmax of the exponents": by_softmax_of_exponents,
    "a loop over pairs": by_loop,
    "both factors, distances by einsum": with_both_factors,
    "library distances and normalisation": by_cdist,
    "in place on its own exponents": in_place_exponents,
    "double inside": in_double_inside,
}
