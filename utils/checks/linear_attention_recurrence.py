"""Known mistakes and alternatives: causal linear attention, position by position and chunk by chunk.

Each function stands for one submission: it uses only its arguments and what the notebook's first cell
imports. `q` and `k` are features already, `v` the values.
"""

import torch
from torch import Tensor

from utils.checks.check import Mistake

KEEPS_THE_TABLE = (
    "Your numbers are right, but you store a weight for every pair of positions; the state replaces them."
)
STARTS_ANEW = (
    "Your numbers are right, but every position adds up its whole past again instead of one new term."
)
LENGTH_UNUSED = "Your numbers are right, but the chunk length changes nothing in how they are computed."


def update_after_output(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    state, normaliser = v.new_zeros(k.shape[1], v.shape[1]), v.new_zeros(k.shape[1])
    outputs = []
    for t in range(len(q)):
        outputs.append((q[t] @ state) / (q[t] @ normaliser))
        state = state + torch.outer(k[t], v[t])
        normaliser = normaliser + k[t]
    return torch.stack(outputs)


def update_after_output_guarded(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    state, normaliser = v.new_zeros(k.shape[1], v.shape[1]), v.new_zeros(k.shape[1])
    outputs = []
    for t in range(len(q)):
        outputs.append((q[t] @ state) / (q[t] @ normaliser).clamp_min(1e-9))
        state = state + torch.outer(k[t], v[t])
        normaliser = normaliser + k[t]
    return torch.stack(outputs)


def no_normaliser(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    state, outputs = v.new_zeros(k.shape[1], v.shape[1]), []
    for t in range(len(q)):
        state = state + torch.outer(k[t], v[t])
        outputs.append(q[t] @ state)
    return torch.stack(outputs)


def normaliser_of_all(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    state, outputs = v.new_zeros(k.shape[1], v.shape[1]), []
    for t in range(len(q)):
        state = state + torch.outer(k[t], v[t])
        outputs.append((q[t] @ state) / (q[t] @ k.sum(0)))
    return torch.stack(outputs)


def outer_turned(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    state, normaliser = v.new_zeros(k.shape[1], v.shape[1]), v.new_zeros(k.shape[1])
    outputs = []
    for t in range(len(q)):
        state = state + torch.outer(v[t], k[t])
        normaliser = normaliser + k[t]
        outputs.append((q[t] @ state) / (q[t] @ normaliser))
    return torch.stack(outputs)


def not_causal(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return (q @ (k.T @ v)) / (q @ k.sum(0))[:, None]


def normaliser_forgets(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    state, outputs = v.new_zeros(k.shape[1], v.shape[1]), []
    for t in range(len(q)):
        state = state + torch.outer(k[t], v[t])
        outputs.append((q[t] @ state) / (q[t] @ k[t]))
    return torch.stack(outputs)


def state_forgets(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    normaliser, outputs = v.new_zeros(k.shape[1]), []
    for t in range(len(q)):
        normaliser = normaliser + k[t]
        outputs.append((q[t] @ torch.outer(k[t], v[t])) / (q[t] @ normaliser))
    return torch.stack(outputs)


def divided_by_position(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    state, outputs = v.new_zeros(k.shape[1], v.shape[1]), []
    for t in range(len(q)):
        state = state + torch.outer(k[t], v[t])
        outputs.append((q[t] @ state) / (t + 1))
    return torch.stack(outputs)


def normaliser_summed(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    state, normaliser = v.new_zeros(k.shape[1], v.shape[1]), v.new_zeros(k.shape[1])
    outputs = []
    for t in range(len(q)):
        state = state + torch.outer(k[t], v[t])
        normaliser = normaliser + k[t]
        outputs.append((q[t] @ state) / normaliser.sum())
    return torch.stack(outputs)


def query_for_key(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    state, normaliser = v.new_zeros(k.shape[1], v.shape[1]), v.new_zeros(k.shape[1])
    outputs = []
    for t in range(len(q)):
        state = state + torch.outer(q[t], v[t])
        normaliser = normaliser + q[t]
        outputs.append((q[t] @ state) / (q[t] @ normaliser))
    return torch.stack(outputs)


def last_output(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return (q[-1] @ (k.T @ v)) / (q[-1] @ k.sum(0))


def normaliser_starts_at_one(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    state, normaliser = v.new_zeros(k.shape[1], v.shape[1]), v.new_ones(k.shape[1])
    outputs = []
    for t in range(len(q)):
        state = state + torch.outer(k[t], v[t])
        normaliser = normaliser + k[t]
        outputs.append((q[t] @ state) / (q[t] @ normaliser))
    return torch.stack(outputs)


def masked_table(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    weights = (q @ k.T).tril()
    return weights @ v / weights.sum(-1, keepdim=True)


def past_anew(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    outputs = []
    for t in range(len(q)):
        weights = k[: t + 1] @ q[t]
        outputs.append((weights @ v[: t + 1]) / weights.sum())
    return torch.stack(outputs)


def last_seven_alone(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    outputs = []
    for t in range(len(q)):
        recent = slice(max(t - 6, 0), t + 1)
        weights = k[recent] @ q[t]
        outputs.append((weights @ v[recent]) / weights.sum())
    return torch.stack(outputs)


CAUSAL_MISTAKES = [
    Mistake(
        "X1-output-before-update",
        update_after_output,
        "Position 0 divides nothing by nothing: in which order do output and update come?",
    ),
    Mistake(
        "X1-self-missing",
        update_after_output_guarded,
        "Position 0 returns zero: it does not see itself.",
    ),
    Mistake(
        "X1-no-normaliser",
        no_normaliser,
        "You return weighted sums. A weighted mean divides by the sum of the weights.",
    ),
    Mistake(
        "X1-normaliser-of-all",
        normaliser_of_all,
        "The state knows only the past, but what you divide by knows the future.",
    ),
    Mistake(
        "X1-outer-transposed",
        outer_turned,
        "Which axis of the state does a query meet first, the features or the value's channels?",
    ),
    Mistake("X1-not-causal", not_causal, "Every position sees the whole sequence here."),
    Mistake(
        "X1-normaliser-forgets",
        normaliser_forgets,
        "What you divide by holds the newest key alone; the state holds all of them so far.",
    ),
    Mistake(
        "X1-state-forgets",
        state_forgets,
        "The state holds the newest pair alone; what happened to the earlier ones?",
    ),
    Mistake(
        "X1-count",
        divided_by_position,
        "You divide by the number of positions; the weights are not all one.",
    ),
    Mistake(
        "X1-query-not-asked",
        normaliser_summed,
        "The sum of the weights depends on the query; yours does not ask it.",
    ),
    Mistake(
        "X1-query-stored",
        query_for_key,
        "You store queries. What is stored belongs to the positions that are looked at.",
    ),
    Mistake("X1-last-only", last_output, "One row per position is asked for; this is the last one."),
    Mistake(
        "X1-normaliser-start",
        normaliser_starts_at_one,
        "Before the first position nothing has been added up: what does the normaliser start from?",
    ),
    Mistake(
        "X1-window",
        last_seven_alone,
        "Late outputs have forgotten how the sequence began; nothing may leave the sums.",
    ),
    Mistake("X1-table", masked_table, KEEPS_THE_TABLE),
    Mistake("X1-past-anew", past_anew, STARTS_ANEW),
]


def by_running_sums(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    states = torch.einsum("n c, n m -> n c m", k, v).cumsum(0)
    return (
        torch.einsum("n c, n c m -> n m", q, states) / torch.einsum("n c, n c -> n", q, k.cumsum(0))[:, None]
    )


def value_with_a_one(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    longer = torch.cat([v, torch.ones_like(v[:, :1])], dim=1)
    state = torch.zeros(k.shape[1], longer.shape[1], dtype=v.dtype)
    rows = []
    for query, key, value in zip(q, k, longer, strict=True):
        state = torch.addr(state, key, value)
        rows.append(query @ state)
    table = torch.stack(rows)
    return table[:, :-1] / table[:, -1:]


def state_turned(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    state, normaliser = v.new_zeros(v.shape[1], k.shape[1]), v.new_zeros(k.shape[1])
    outputs = []
    for query, key, value in zip(q, k, v, strict=True):
        state = state + value[:, None] * key
        normaliser = normaliser + key
        outputs.append((state @ query) / normaliser.dot(query))
    return torch.stack(outputs)


def written_row_by_row(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    output, state, normaliser = torch.empty_like(v), 0 * torch.outer(k[0], v[0]), 0 * k[0]
    for t in range(len(v)):
        state = state + torch.outer(k[t], v[t])
        normaliser = normaliser + k[t]
        output[t] = torch.mv(state.T, q[t])
        output[t] /= torch.dot(q[t], normaliser)
    return output


def recurrence_in_double(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    state, normaliser, outputs = torch.zeros(()), torch.zeros(()), []
    for query, key, value in zip(q.double(), k.double(), v.double(), strict=True):
        state, normaliser = state + torch.outer(key, value), normaliser + key
        outputs.append((query @ state) / (query @ normaliser))
    return torch.stack(outputs).to(v.dtype)


def chunks_of_four(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    state, normaliser, outputs = v.new_zeros(k.shape[1], v.shape[1]), v.new_zeros(k.shape[1]), []
    for a, b, c in zip(torch.split(q, 4), torch.split(k, 4), torch.split(v, 4), strict=True):
        weights = (a @ b.T).tril()
        outputs.append((a @ state + weights @ c) / (a @ normaliser + weights.sum(1))[:, None])
        state, normaliser = state + b.T @ c, normaliser + b.sum(0)
    return torch.cat(outputs)


CAUSAL_ALTERNATIVES = {
    "running sums by einsum": by_running_sums,
    "a one beside the value, library update": value_with_a_one,
    "the state the other way round": state_turned,
    "written row by row in place": written_row_by_row,
    "double inside": recurrence_in_double,
    "chunks": chunks_of_four,
}
