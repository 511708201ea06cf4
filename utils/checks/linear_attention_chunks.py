"""Known mistakes and alternatives: causal linear attention in chunks.

Each function stands for one submission: it uses only its arguments and what the notebook's first cell
imports. `q` and `k` are features already, `v` the values, `length` the positions in a chunk.
"""

import torch
from torch import Tensor

from utils.checks.check import Mistake
from utils.checks.linear_attention_recurrence import KEEPS_THE_TABLE, LENGTH_UNUSED


def state_first(q: Tensor, k: Tensor, v: Tensor, length: int) -> Tensor:
    state, normaliser, outputs = v.new_zeros(k.shape[1], v.shape[1]), v.new_zeros(k.shape[1]), []
    for a, b, c in zip(torch.split(q, length), torch.split(k, length), torch.split(v, length), strict=True):
        state, normaliser = state + b.T @ c, normaliser + b.sum(0)
        weights = (a @ b.T).tril()
        outputs.append((a @ state + weights @ c) / (a @ normaliser + weights.sum(1))[:, None])
    return torch.cat(outputs)


def state_only(q: Tensor, k: Tensor, v: Tensor, length: int) -> Tensor:
    state, normaliser, outputs = v.new_zeros(k.shape[1], v.shape[1]), v.new_zeros(k.shape[1]), []
    for a, b, c in zip(torch.split(q, length), torch.split(k, length), torch.split(v, length), strict=True):
        state, normaliser = state + b.T @ c, normaliser + b.sum(0)
        outputs.append((a @ state) / (a @ normaliser)[:, None])
    return torch.cat(outputs)


def no_mask_inside(q: Tensor, k: Tensor, v: Tensor, length: int) -> Tensor:
    state, normaliser, outputs = v.new_zeros(k.shape[1], v.shape[1]), v.new_zeros(k.shape[1]), []
    for a, b, c in zip(torch.split(q, length), torch.split(k, length), torch.split(v, length), strict=True):
        weights = a @ b.T
        outputs.append((a @ state + weights @ c) / (a @ normaliser + weights.sum(0))[:, None])
        state, normaliser = state + b.T @ c, normaliser + b.sum(0)
    return torch.cat(outputs)


def strictly_before(q: Tensor, k: Tensor, v: Tensor, length: int) -> Tensor:
    state, normaliser, outputs = v.new_zeros(k.shape[1], v.shape[1]), v.new_zeros(k.shape[1]), []
    for a, b, c in zip(torch.split(q, length), torch.split(k, length), torch.split(v, length), strict=True):
        weights = (a @ b.T).tril(-1)
        below = (a @ normaliser + weights.sum(1)).clamp_min(1e-9)
        outputs.append((a @ state + weights @ c) / below[:, None])
        state, normaliser = state + b.T @ c, normaliser + b.sum(0)
    return torch.cat(outputs)


def mask_turned(q: Tensor, k: Tensor, v: Tensor, length: int) -> Tensor:
    state, normaliser, outputs = v.new_zeros(k.shape[1], v.shape[1]), v.new_zeros(k.shape[1]), []
    for a, b, c in zip(torch.split(q, length), torch.split(k, length), torch.split(v, length), strict=True):
        weights = (a @ b.T).triu()
        outputs.append((a @ state + weights @ c) / (a @ normaliser + weights.sum(1))[:, None])
        state, normaliser = state + b.T @ c, normaliser + b.sum(0)
    return torch.cat(outputs)


def chunks_alone(q: Tensor, k: Tensor, v: Tensor, length: int) -> Tensor:
    outputs = []
    for a, b, c in zip(torch.split(q, length), torch.split(k, length), torch.split(v, length), strict=True):
        weights = (a @ b.T).tril()
        outputs.append(weights @ c / weights.sum(1, keepdim=True))
    return torch.cat(outputs)


def one_chunk_back(q: Tensor, k: Tensor, v: Tensor, length: int) -> Tensor:
    state, normaliser, outputs = v.new_zeros(k.shape[1], v.shape[1]), v.new_zeros(k.shape[1]), []
    for a, b, c in zip(torch.split(q, length), torch.split(k, length), torch.split(v, length), strict=True):
        weights = (a @ b.T).tril()
        outputs.append((a @ state + weights @ c) / (a @ normaliser + weights.sum(1))[:, None])
        state, normaliser = b.T @ c, b.sum(0)
    return torch.cat(outputs)


def inner_normaliser_missing(q: Tensor, k: Tensor, v: Tensor, length: int) -> Tensor:
    state, normaliser, outputs = v.new_zeros(k.shape[1], v.shape[1]), v.new_zeros(k.shape[1]), []
    for a, b, c in zip(torch.split(q, length), torch.split(k, length), torch.split(v, length), strict=True):
        normaliser = normaliser + b.sum(0)
        outputs.append((a @ state + (a @ b.T).tril() @ c) / (a @ normaliser)[:, None])
        state = state + b.T @ c
    return torch.cat(outputs)


def outer_normaliser_missing(q: Tensor, k: Tensor, v: Tensor, length: int) -> Tensor:
    state, outputs = v.new_zeros(k.shape[1], v.shape[1]), []
    for a, b, c in zip(torch.split(q, length), torch.split(k, length), torch.split(v, length), strict=True):
        weights = (a @ b.T).tril()
        outputs.append((a @ state + weights @ c) / weights.sum(1, keepdim=True))
        state = state + b.T @ c
    return torch.cat(outputs)


def divided_apart(q: Tensor, k: Tensor, v: Tensor, length: int) -> Tensor:
    state, normaliser, outputs = v.new_zeros(k.shape[1], v.shape[1]), v.new_zeros(k.shape[1]), []
    for a, b, c in zip(torch.split(q, length), torch.split(k, length), torch.split(v, length), strict=True):
        weights = (a @ b.T).tril()
        past = (a @ state) / (a @ normaliser).clamp_min(1e-9)[:, None]
        outputs.append(past + weights @ c / weights.sum(1, keepdim=True))
        state, normaliser = state + b.T @ c, normaliser + b.sum(0)
    return torch.cat(outputs)


def short_chunk_dropped(q: Tensor, k: Tensor, v: Tensor, length: int) -> Tensor:
    state, normaliser, outputs = v.new_zeros(k.shape[1], v.shape[1]), v.new_zeros(k.shape[1]), [v[:0]]
    for i in range(len(q) // length):
        a, b, c = (x[i * length : (i + 1) * length] for x in (q, k, v))
        weights = (a @ b.T).tril()
        outputs.append((a @ state + weights @ c) / (a @ normaliser + weights.sum(1))[:, None])
        state, normaliser = state + b.T @ c, normaliser + b.sum(0)
    return torch.cat(outputs)


def equal_chunks_only(q: Tensor, k: Tensor, v: Tensor, length: int) -> Tensor:
    state, normaliser, outputs = v.new_zeros(k.shape[1], v.shape[1]), v.new_zeros(k.shape[1]), []
    chunks = [x.reshape(-1, length, x.shape[1]) for x in (q, k, v)]
    for a, b, c in zip(*chunks, strict=True):
        weights = (a @ b.T).tril()
        outputs.append((a @ state + weights @ c) / (a @ normaliser + weights.sum(1))[:, None])
        state, normaliser = state + b.T @ c, normaliser + b.sum(0)
    return torch.cat(outputs)


def number_of_chunks(q: Tensor, k: Tensor, v: Tensor, length: int) -> Tensor:
    state, normaliser, outputs = v.new_zeros(k.shape[1], v.shape[1]), v.new_zeros(k.shape[1]), []
    for start in range(0, len(q), length + 1):
        a, b, c = (x[start : start + length] for x in (q, k, v))
        weights = (a @ b.T).tril()
        outputs.append((a @ state + weights @ c) / (a @ normaliser + weights.sum(1))[:, None])
        state, normaliser = state + b.T @ c, normaliser + b.sum(0)
    return torch.cat(outputs)


def last_of_the_chunk_forgotten(q: Tensor, k: Tensor, v: Tensor, length: int) -> Tensor:
    state, normaliser, outputs = v.new_zeros(k.shape[1], v.shape[1]), v.new_zeros(k.shape[1]), []
    for a, b, c in zip(torch.split(q, length), torch.split(k, length), torch.split(v, length), strict=True):
        weights = (a @ b.T).tril()
        outputs.append((a @ state + weights @ c) / (a @ normaliser + weights.sum(1))[:, None])
        state, normaliser = state + b[:-1].T @ c[:-1], normaliser + b[:-1].sum(0)
    return torch.cat(outputs)


def table_of_all(q: Tensor, k: Tensor, v: Tensor, length: int) -> Tensor:
    weights = (q @ k.T).tril()
    return weights @ v / weights.sum(-1, keepdim=True)


def step_by_step(q: Tensor, k: Tensor, v: Tensor, length: int) -> Tensor:
    state, normaliser, outputs = v.new_zeros(k.shape[1], v.shape[1]), v.new_zeros(k.shape[1]), []
    for t in range(len(q)):
        state, normaliser = state + torch.outer(k[t], v[t]), normaliser + k[t]
        outputs.append((q[t] @ state) / (q[t] @ normaliser))
    return torch.stack(outputs)


CHUNKED_MISTAKES = [
    Mistake(
        "X1-chunk-twice",
        state_first,
        "Positions of the current chunk are counted twice: once in the state, once inside the chunk.",
    ),
    Mistake("X1-chunk-state-only", state_only, "Inside a chunk your positions see the chunk's own future."),
    Mistake(
        "X1-chunk-no-mask",
        no_mask_inside,
        "The weights inside a chunk need a mask, and each row of them its own sum.",
    ),
    Mistake(
        "X1-chunk-strict",
        strictly_before,
        "A position sees itself too; your mask inside the chunk leaves it out.",
    ),
    Mistake(
        "X1-chunk-mask-turned",
        mask_turned,
        "Rows are queries and columns are keys: your mask keeps the wrong triangle.",
    ),
    Mistake(
        "X1-chunk-alone",
        chunks_alone,
        "Every chunk starts with no past; what do the earlier chunks hand over?",
    ),
    Mistake("X1-chunk-one-back", one_chunk_back, "A chunk hands over only itself, not what it had received."),
    Mistake(
        "X1-chunk-normaliser-ahead",
        inner_normaliser_missing,
        "What you divide by already holds the whole chunk, future included; the sum above does not.",
    ),
    Mistake(
        "X1-chunk-normaliser-inside",
        outer_normaliser_missing,
        "You divide by the weights inside the chunk alone, while the sum above has the past in it.",
    ),
    Mistake(
        "X1-chunk-means-added",
        divided_apart,
        "A mean over the past plus a mean over the chunk is no mean over both: add first, divide once.",
    ),
    Mistake(
        "X1-chunk-short-dropped",
        short_chunk_dropped,
        "Positions are missing at the end: what happens when the length does not divide N?",
    ),
    Mistake(
        "X1-chunk-equal-only",
        equal_chunks_only,
        "The last chunk may be shorter; a reshape into equal chunks cannot express that.",
    ),
    Mistake(
        "X1-chunk-gap",
        number_of_chunks,
        "Look at where one chunk ends and the next begins: a position in between is skipped.",
    ),
    Mistake(
        "X1-chunk-border",
        last_of_the_chunk_forgotten,
        "The last position of each chunk never reaches the state.",
    ),
    Mistake("X1-chunk-table", table_of_all, KEEPS_THE_TABLE),
    Mistake("X1-chunk-length-unused", step_by_step, LENGTH_UNUSED),
]


def by_slices(q: Tensor, k: Tensor, v: Tensor, length: int) -> Tensor:
    state, normaliser, outputs = torch.zeros(()), torch.zeros(()), []
    for start in range(0, len(q), length):
        a, b, c = (x[start : start + length] for x in (q, k, v))
        weights = torch.tril(torch.matmul(a, b.T))
        above, below = weights @ c, weights.sum(dim=1, keepdim=True)
        if start:
            above, below = above + a @ state, below + (a @ normaliser)[:, None]
        outputs.append(above / below)
        state, normaliser = state + torch.matmul(b.T, c), normaliser + b.sum(dim=0)
    return torch.cat(outputs)


def by_einsum(q: Tensor, k: Tensor, v: Tensor, length: int) -> Tensor:
    longer = torch.cat([v, torch.ones_like(v[:, :1])], dim=1)
    state, rows = torch.zeros(k.shape[1], longer.shape[1], dtype=v.dtype), []
    for a, b, c in zip(
        torch.split(q, length), torch.split(k, length), torch.split(longer, length), strict=True
    ):
        inside = torch.ones(len(a), len(b), dtype=v.dtype).tril()
        rows.append(
            torch.einsum("i c, c m -> i m", a, state)
            + torch.einsum("i c, j c, i j, j m -> i m", a, b, inside, c)
        )
        state = state + torch.einsum("j c, j m -> c m", b, c)
    table = torch.cat(rows)
    return table[:, :-1] / table[:, -1:]


def states_beforehand(q: Tensor, k: Tensor, v: Tensor, length: int) -> Tensor:
    keys, values = torch.split(k, length), torch.split(v, length)
    states = [torch.zeros(k.shape[1], v.shape[1], dtype=v.dtype)]
    normalisers = [torch.zeros(k.shape[1], dtype=v.dtype)]
    for b, c in zip(keys, values, strict=True):
        states.append(states[-1] + b.T @ c)
        normalisers.append(normalisers[-1] + b.sum(0))
    outputs = []
    for i, a in enumerate(torch.split(q, length)):
        weights = torch.where(torch.ones(len(a), len(a)).tril() > 0, a @ keys[i].T, 0)
        below = a @ normalisers[i] + weights.sum(-1)
        outputs.append((a @ states[i] + weights @ values[i]) / below.unsqueeze(-1))
    return torch.vstack(outputs)


def padded_and_batched(q: Tensor, k: Tensor, v: Tensor, length: int) -> Tensor:
    spare = -len(q) % length
    a, b, c = (
        torch.nn.functional.pad(x, (0, 0, 0, spare)).reshape(-1, length, x.shape[1]) for x in (q, k, v)
    )
    before = torch.einsum("s j c, s j m -> s c m", b, c).cumsum(0).roll(1, 0)
    before = torch.cat([torch.zeros_like(before[:1]), before[1:]])
    counted = b.sum(1).cumsum(0) - b.sum(1)
    weights = torch.bmm(a, b.mT).tril()
    above = torch.bmm(a, before) + torch.bmm(weights, c)
    below = torch.einsum("s i c, s c -> s i", a, counted) + weights.sum(-1)
    return above.flatten(0, 1)[: len(q)] / below.flatten()[: len(q), None]


def written_in_place(q: Tensor, k: Tensor, v: Tensor, length: int) -> Tensor:
    output, state, normaliser = (
        torch.empty_like(v),
        v.new_zeros(k.shape[1], v.shape[1]),
        v.new_zeros(k.shape[1]),
    )
    for start in range(0, len(q), length):
        here = slice(start, start + length)
        weights = (q[here] @ k[here].T).tril()
        output[here] = q[here] @ state + weights @ v[here]
        output[here] /= (q[here] @ normaliser + weights.sum(1))[:, None]
        state, normaliser = state + k[here].T @ v[here], normaliser + k[here].sum(0)
    return output


def chunks_in_double(q: Tensor, k: Tensor, v: Tensor, length: int) -> Tensor:
    state, normaliser, outputs = (
        torch.zeros(k.shape[1], v.shape[1]).double(),
        torch.zeros(k.shape[1]).double(),
        [],
    )
    for a, b, c in zip(*(torch.split(x.double(), length) for x in (q, k, v)), strict=True):
        weights = (a @ b.T).tril()
        outputs.append((a @ state + weights @ c) / (a @ normaliser + weights.sum(1))[:, None])
        state, normaliser = state + b.T @ c, normaliser + b.sum(0)
    return torch.cat(outputs).to(v.dtype)


CHUNKED_ALTERNATIVES = {
    "slices, the first chunk without a past": by_slices,
    "einsum and a one beside the value": by_einsum,
    "all states beforehand": states_beforehand,
    "padded and batched": padded_and_batched,
    "written in place": written_in_place,
    "double inside": chunks_in_double,
}
