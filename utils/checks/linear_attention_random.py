"""Known mistakes and alternatives: attention by random features.

Each function stands for one submission: it uses only its arguments and what the notebook's first
cell imports.
"""

import math

import torch
from torch import Tensor

from utils.checks.check import Mistake
from utils.checks.linear_attention_kernel import SINGLE_PRECISION

FORMS_THE_TABLE = "Your numbers are right, but on the way you store one number for every pair of positions."
REPEATS_THE_SUM = "Your numbers are right, but the sum over all keys is taken anew for every query."


def key_length_forgotten(queries: Tensor, keys: Tensor, values: Tensor, directions: Tensor) -> Tensor:
    q, k = (torch.cat([(x @ directions.T).sin(), (x @ directions.T).cos()], -1) for x in (queries, keys))
    return (q @ (k.T @ values)) / (q @ k.sum(0))[:, None]


def factor_above_only(queries: Tensor, keys: Tensor, values: Tensor, directions: Tensor) -> Tensor:
    q, k = (torch.cat([(x @ directions.T).sin(), (x @ directions.T).cos()], -1) for x in (queries, keys))
    factor = torch.exp(keys.square().sum(-1) / (2 * math.sqrt(keys.shape[-1])))
    return (q @ ((k * factor[:, None]).T @ values)) / (q @ k.sum(0))[:, None]


def factor_below_only(queries: Tensor, keys: Tensor, values: Tensor, directions: Tensor) -> Tensor:
    q, k = (torch.cat([(x @ directions.T).sin(), (x @ directions.T).cos()], -1) for x in (queries, keys))
    factor = torch.exp(keys.square().sum(-1) / (2 * math.sqrt(keys.shape[-1])))
    return (q @ (k.T @ values)) / (q @ (k * factor[:, None]).sum(0))[:, None]


def factor_sign(queries: Tensor, keys: Tensor, values: Tensor, directions: Tensor) -> Tensor:
    q, k = (torch.cat([(x @ directions.T).sin(), (x @ directions.T).cos()], -1) for x in (queries, keys))
    k = k * torch.exp(-keys.square().sum(-1) / (2 * math.sqrt(keys.shape[-1])))[:, None]
    return (q @ (k.T @ values)) / (q @ k.sum(0))[:, None]


def factor_without_half(queries: Tensor, keys: Tensor, values: Tensor, directions: Tensor) -> Tensor:
    q, k = (torch.cat([(x @ directions.T).sin(), (x @ directions.T).cos()], -1) for x in (queries, keys))
    k = k * torch.exp(keys.square().sum(-1) / math.sqrt(keys.shape[-1]))[:, None]
    return (q @ (k.T @ values)) / (q @ k.sum(0))[:, None]


def factor_with_d(queries: Tensor, keys: Tensor, values: Tensor, directions: Tensor) -> Tensor:
    q, k = (torch.cat([(x @ directions.T).sin(), (x @ directions.T).cos()], -1) for x in (queries, keys))
    k = k * torch.exp(keys.square().sum(-1) / (2 * keys.shape[-1]))[:, None]
    return (q @ (k.T @ values)) / (q @ k.sum(0))[:, None]


def not_divided(queries: Tensor, keys: Tensor, values: Tensor, directions: Tensor) -> Tensor:
    q, k = (torch.cat([(x @ directions.T).sin(), (x @ directions.T).cos()], -1) for x in (queries, keys))
    k = k * torch.exp(keys.square().sum(-1) / (2 * math.sqrt(keys.shape[-1])))[:, None]
    return q @ (k.T @ values) / len(directions)


def divided_by_count(queries: Tensor, keys: Tensor, values: Tensor, directions: Tensor) -> Tensor:
    q, k = (torch.cat([(x @ directions.T).sin(), (x @ directions.T).cos()], -1) for x in (queries, keys))
    k = k * torch.exp(keys.square().sum(-1) / (2 * math.sqrt(keys.shape[-1])))[:, None]
    return q @ (k.T @ values) / len(directions) / len(keys)


def cosines_only(queries: Tensor, keys: Tensor, values: Tensor, directions: Tensor) -> Tensor:
    q, k = ((x @ directions.T).cos() for x in (queries, keys))
    k = k * torch.exp(keys.square().sum(-1) / (2 * math.sqrt(keys.shape[-1])))[:, None]
    return (q @ (k.T @ values)) / (q @ k.sum(0))[:, None]


def scaled_beforehand(queries: Tensor, keys: Tensor, values: Tensor, directions: Tensor) -> Tensor:
    scale = keys.shape[-1] ** -0.25
    q, k = (
        torch.cat([(x @ directions.T).sin(), (x @ directions.T).cos()], -1)
        for x in (queries * scale, keys * scale)
    )
    k = k * torch.exp(keys.square().sum(-1) / (2 * math.sqrt(keys.shape[-1])))[:, None]
    return (q @ (k.T @ values)) / (q @ k.sum(0))[:, None]


def softmax_after_all(queries: Tensor, keys: Tensor, values: Tensor, directions: Tensor) -> Tensor:
    return (queries @ keys.T / math.sqrt(keys.shape[-1])).softmax(-1) @ values


def softmax_of_features(queries: Tensor, keys: Tensor, values: Tensor, directions: Tensor) -> Tensor:
    q, k = (torch.cat([(x @ directions.T).sin(), (x @ directions.T).cos()], -1) for x in (queries, keys))
    return (q @ k.T / len(directions)).softmax(-1) @ values


def with_epsilon(queries: Tensor, keys: Tensor, values: Tensor, directions: Tensor) -> Tensor:
    q, k = (torch.cat([(x @ directions.T).sin(), (x @ directions.T).cos()], -1) for x in (queries, keys))
    k = k * torch.exp(keys.square().sum(-1) / (2 * math.sqrt(keys.shape[-1])))[:, None] / len(directions)
    return (q @ (k.T @ values)) / (q @ k.sum(0) + 1e-3)[:, None]


def whole_table(queries: Tensor, keys: Tensor, values: Tensor, directions: Tensor) -> Tensor:
    q, k = (torch.cat([(x @ directions.T).sin(), (x @ directions.T).cos()], -1) for x in (queries, keys))
    weights = (q @ k.T) * torch.exp(keys.square().sum(-1) / (2 * math.sqrt(keys.shape[-1])))
    return weights @ values / weights.sum(-1, keepdim=True)


def row_by_row(queries: Tensor, keys: Tensor, values: Tensor, directions: Tensor) -> Tensor:
    q, k = (torch.cat([(x @ directions.T).sin(), (x @ directions.T).cos()], -1) for x in (queries, keys))
    factor = torch.exp(keys.square().sum(-1) / (2 * math.sqrt(keys.shape[-1])))
    outputs = []
    for one in q:
        row = (k @ one) * factor
        outputs.append((row @ values) / row.sum())
    return torch.stack(outputs)


def attention_in_single(queries: Tensor, keys: Tensor, values: Tensor, directions: Tensor) -> Tensor:
    q, k = (x.float() @ directions.float().T for x in (queries, keys))
    q, k = (torch.cat([x.sin(), x.cos()], -1) for x in (q, k))
    k = k * torch.exp(keys.float().square().sum(-1, keepdim=True) / (2 * math.sqrt(keys.shape[-1])))
    return ((q @ (k.T @ values.float())) / (q @ k.sum(0))[:, None]).to(values.dtype)


RANDOM_ATTENTION_MISTAKES = [
    Mistake(
        "10.Q1a-attention-key-factor",
        key_length_forgotten,
        "You attend by distance alone. Softmax attention also prefers long keys; which factor says so?",
    ),
    Mistake(
        "10.Q1a-attention-factor-above",
        factor_above_only,
        "With equal values your output is not that value: the key's factor stands above the line "
        "and not below.",
    ),
    Mistake(
        "10.Q1a-attention-factor-below",
        factor_below_only,
        "With equal values your output is not that value: the key's factor stands below the line "
        "and not above.",
    ),
    Mistake(
        "10.Q1a-attention-factor-sign",
        factor_sign,
        "In your version a long key gets less attention than a short one at the same distance.",
    ),
    Mistake(
        "10.Q1a-attention-factor-half",
        factor_without_half,
        "Your key's factor is the square of the one in the identity.",
    ),
    Mistake(
        "10.Q1a-attention-factor-d",
        factor_with_d,
        "The key's factor has sigma^2 in it, and sigma^2 is not D.",
    ),
    Mistake(
        "10.Q1a-attention-no-normaliser",
        not_divided,
        "These are weighted sums of the values; attention returns weighted means.",
    ),
    Mistake(
        "10.Q1a-attention-count",
        divided_by_count,
        "You divide by the number of keys; what has to be divided by is the sum of the weights.",
    ),
    Mistake(
        "10.Q1a-attention-cosines",
        cosines_only,
        "Half of the features is missing: cos(a - b) needs the sines too.",
    ),
    Mistake(
        "10.Q1a-attention-scaled-twice",
        scaled_beforehand,
        "The spread of the directions already carries sqrt(D); queries and keys go into the "
        "features as they are.",
    ),
    Mistake(
        "10.Q1a-attention-exact",
        softmax_after_all,
        "This is softmax attention itself. The output asked for is the estimate that these directions give.",
    ),
    Mistake(
        "10.Q1a-attention-softmax",
        softmax_of_features,
        "phi(q).phi(k) already estimates the kernel; no exponential is taken of it.",
    ),
    Mistake(
        "10.Q1a-attention-epsilon",
        with_epsilon,
        "Something small is added to the denominator, and the weights no longer sum to one.",
    ),
    Mistake("10.Q1a-attention-single", attention_in_single, SINGLE_PRECISION),
    Mistake("10.Q1a-attention-table", whole_table, FORMS_THE_TABLE),
    Mistake("10.Q1a-attention-rows", row_by_row, REPEATS_THE_SUM),
]


def sums_by_einsum(queries: Tensor, keys: Tensor, values: Tensor, directions: Tensor) -> Tensor:
    q_angles, k_angles = (torch.einsum("n d, r d -> n r", x, directions) for x in (queries, keys))
    q = torch.cat([q_angles.sin(), q_angles.cos()], dim=1) / math.sqrt(len(directions))
    k = torch.cat([k_angles.sin(), k_angles.cos()], dim=1) / math.sqrt(len(directions))
    factor = torch.exp((keys**2).sum(1) / (2 * math.sqrt(keys.shape[1])))
    above = torch.einsum("n c, c m -> n m", q, torch.einsum("j c, j, j m -> c m", k, factor, values))
    below = torch.einsum("n c, c -> n", q, torch.einsum("j c, j -> c", k, factor))
    return above / below[:, None]


def sums_by_loop(queries: Tensor, keys: Tensor, values: Tensor, directions: Tensor) -> Tensor:
    state, normaliser = torch.zeros(()), torch.zeros(())
    for key, value in zip(keys, values, strict=True):
        angles = directions @ key
        weight = torch.cat([angles.sin(), angles.cos()]) * torch.exp(key @ key / (2 * len(key) ** 0.5))
        state, normaliser = state + torch.outer(weight, value), normaliser + weight
    features = [torch.cat([(directions @ q).sin(), (directions @ q).cos()]) for q in queries]
    return torch.stack([(f @ state) / (f @ normaliser) for f in features])


def column_of_ones(queries: Tensor, keys: Tensor, values: Tensor, directions: Tensor) -> Tensor:
    q, k = (torch.cat([(x @ directions.T).cos(), (x @ directions.T).sin()], -1) for x in (queries, keys))
    k = k * torch.exp(keys.square().sum(-1, keepdim=True) / (2 * math.sqrt(keys.shape[-1])))
    both = q @ (k.T @ torch.cat([values, torch.ones_like(values[:, :1])], dim=1))
    return both[:, :-1] / both[:, -1:]


def factor_into_values(queries: Tensor, keys: Tensor, values: Tensor, directions: Tensor) -> Tensor:
    q, k = (torch.nn.functional.linear(x, directions) for x in (queries, keys))
    factor = keys.square().sum(dim=1).div(2 * math.sqrt(keys.shape[1])).exp().unsqueeze(1)
    above = q.sin() @ (k.sin().T @ (factor * values)) + q.cos() @ (k.cos().T @ (factor * values))
    return above / (q.sin() @ (k.sin().T @ factor) + q.cos() @ (k.cos().T @ factor))


def shifted_exponents(queries: Tensor, keys: Tensor, values: Tensor, directions: Tensor) -> Tensor:
    q, k = (torch.cat([(x @ directions.T).sin(), (x @ directions.T).cos()], -1) for x in (queries, keys))
    exponents = keys.square().sum(-1, keepdim=True) / (2 * math.sqrt(keys.shape[-1]))
    k = k * (exponents - exponents.max().detach()).exp()
    output = q @ (k.T @ values)
    output /= (q @ k.sum(0)).unsqueeze(1)
    return output


def attention_in_double(queries: Tensor, keys: Tensor, values: Tensor, directions: Tensor) -> Tensor:
    q, k = (x.double() @ directions.double().T for x in (queries, keys))
    q, k = (torch.cat([x.sin(), x.cos()], -1) / math.sqrt(len(directions)) for x in (q, k))
    k = k * torch.exp(keys.double().square().sum(-1, keepdim=True) / (2 * math.sqrt(keys.shape[-1])))
    return ((q @ (k.T @ values.double())) / (q @ k.sum(0)).unsqueeze(1)).to(values.dtype)


RANDOM_ATTENTION_ALTERNATIVES = {
    "einsum": sums_by_einsum,
    "a loop over keys": sums_by_loop,
    "a column of ones as normaliser": column_of_ones,
    "factor in the values, library layer": factor_into_values,
    "exponents shifted by their largest, in place": shifted_exponents,
    "double inside": attention_in_double,
}
