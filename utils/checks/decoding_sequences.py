"""Functions of the decoding lesson about whole sequences: grouped-query attention and the loop.

They are written as students write them, plain and without annotations. Each can be pasted into the notebook
as it stands: it uses torch, math, F and the notebook's `multi_head_step`, and nothing else. The first half
is wrong, and the names say how; the second half is right.
"""

import math

import torch
import torch.nn.functional as F

from utils.reference.decoding import multi_head_step

# --- grouped-query attention over a sequence, wrong -------------------------------------------------------


def repeats_the_whole_list(q, k, v):
    k, v = (heads.repeat(1, q.shape[1] // k.shape[1], 1, 1) for heads in (k, v))
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


def no_scale(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True, scale=1.0)


def no_mask(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, enable_gqa=True)


def softmax_over_queries(q, k, v):
    k, v = (heads.repeat_interleave(q.shape[1] // k.shape[1], dim=1) for heads in (k, v))
    future = torch.ones(q.shape[2], q.shape[2], dtype=torch.bool).triu(1)
    scores = (q @ k.mT / math.sqrt(q.shape[-1])).masked_fill(future, -math.inf)
    return scores.softmax(dim=-2) @ v


def hides_the_position_itself(q, k, v):
    k, v = (heads.repeat_interleave(q.shape[1] // k.shape[1], dim=1) for heads in (k, v))
    future = torch.ones(q.shape[2], q.shape[2], dtype=torch.bool).triu(0)
    scores = (q @ k.mT / math.sqrt(q.shape[-1])).masked_fill(future, -math.inf)
    return scores.softmax(dim=-1) @ v


def hides_the_past(q, k, v):
    k, v = (heads.repeat_interleave(q.shape[1] // k.shape[1], dim=1) for heads in (k, v))
    past = torch.ones(q.shape[2], q.shape[2], dtype=torch.bool).tril(-1)
    scores = (q @ k.mT / math.sqrt(q.shape[-1])).masked_fill(past, -math.inf)
    return scores.softmax(dim=-1) @ v


def masks_after_the_softmax(q, k, v):
    k, v = (heads.repeat_interleave(q.shape[1] // k.shape[1], dim=1) for heads in (k, v))
    weights = (q @ k.mT / math.sqrt(q.shape[-1])).softmax(dim=-1)
    return weights.tril() @ v


def masks_with_zero(q, k, v):
    k, v = (heads.repeat_interleave(q.shape[1] // k.shape[1], dim=1) for heads in (k, v))
    scores = (q @ k.mT / math.sqrt(q.shape[-1])).tril()
    return scores.softmax(dim=-1) @ v


def scales_by_the_model_width(q, k, v):
    scale = 1 / math.sqrt(q.shape[1] * q.shape[-1])
    return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True, scale=scale)


def scales_without_the_root(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True, scale=1 / q.shape[-1])


def reads_the_first_key_head_only(q, k, v):
    return F.scaled_dot_product_attention(q, k[:, :1], v[:, :1], is_causal=True, enable_gqa=True)


def averages_the_key_heads(q, k, v):
    k, v = k.mean(dim=1, keepdim=True), v.mean(dim=1, keepdim=True)
    return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)


def one_output_per_key_head(q, k, v):
    q = q[:, :: q.shape[1] // k.shape[1]]
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


def attention_in_single_precision(q, k, v):
    out = F.scaled_dot_product_attention(q.float(), k.float(), v.float(), is_causal=True, enable_gqa=True)
    return out.to(q.dtype)


# --- the loop, wrong --------------------------------------------------------------------------------------


def positions_restart(x, P, W_q, W_k, W_v, W_o):
    K, V = x.new_zeros(len(x), len(W_k), 0, W_k.shape[2]), x.new_zeros(len(x), len(W_v), 0, W_v.shape[2])
    outputs = []
    for i in range(x.shape[1]):
        y, K, V = multi_head_step(x[:, i] + P[0], K, V, W_q, W_k, W_v, W_o)
        outputs.append(y)
    return torch.stack(outputs, dim=1)


def positions_start_at_one(x, P, W_q, W_k, W_v, W_o):
    K, V = x.new_zeros(len(x), len(W_k), 0, W_k.shape[2]), x.new_zeros(len(x), len(W_v), 0, W_v.shape[2])
    outputs = []
    for i in range(x.shape[1]):
        y, K, V = multi_head_step(x[:, i] + P[i + 1], K, V, W_q, W_k, W_v, W_o)
        outputs.append(y)
    return torch.stack(outputs, dim=1)


def no_positions(x, P, W_q, W_k, W_v, W_o):
    K, V = x.new_zeros(len(x), len(W_k), 0, W_k.shape[2]), x.new_zeros(len(x), len(W_v), 0, W_v.shape[2])
    outputs = []
    for i in range(x.shape[1]):
        y, K, V = multi_head_step(x[:, i], K, V, W_q, W_k, W_v, W_o)
        outputs.append(y)
    return torch.stack(outputs, dim=1)


def never_updates_the_cache(x, P, W_q, W_k, W_v, W_o):
    K, V = x.new_zeros(len(x), len(W_k), 0, W_k.shape[2]), x.new_zeros(len(x), len(W_v), 0, W_v.shape[2])
    outputs = []
    for i in range(x.shape[1]):
        y, new_K, new_V = multi_head_step(x[:, i] + P[i], K, V, W_q, W_k, W_v, W_o)
        outputs.append(y)
    return torch.stack(outputs, dim=1)


def loop_looks_at_the_past_only(x, P, W_q, W_k, W_v, W_o):
    entered = x + P[: x.shape[1]]
    q, k = torch.einsum("btd,hdk->bhtk", entered, W_q), torch.einsum("btd,hdk->bhtk", entered, W_k)
    v = torch.einsum("btd,hdv->bhtv", entered, W_v)
    outputs = []
    for i in range(x.shape[1]):
        weights = torch.einsum("bhk,bhnk->bhn", q[:, :, i], k[:, :, :i]).softmax(dim=-1)
        o = torch.einsum("bhn,bhnv->bhv", weights, v[:, :, :i])
        outputs.append(torch.einsum("bhv,hvd->bd", o, W_o))
    return torch.stack(outputs, dim=1)


def looks_at_the_future(x, P, W_q, W_k, W_v, W_o):
    entered = x + P[: x.shape[1]]
    q, k = torch.einsum("btd,hdk->bhtk", entered, W_q), torch.einsum("btd,hdk->bhtk", entered, W_k)
    v = torch.einsum("btd,hdv->bhtv", entered, W_v)
    return torch.einsum("bhtv,hvd->btd", (q @ k.mT).softmax(dim=-1) @ v, W_o)


def feeds_the_output_back(x, P, W_q, W_k, W_v, W_o):
    K, V = x.new_zeros(len(x), len(W_k), 0, W_k.shape[2]), x.new_zeros(len(x), len(W_v), 0, W_v.shape[2])
    outputs, token = [], x[:, 0]
    for i in range(x.shape[1]):
        token, K, V = multi_head_step(token + P[i], K, V, W_q, W_k, W_v, W_o)
        outputs.append(token)
    return torch.stack(outputs, dim=1)


def scaled_loop(x, P, W_q, W_k, W_v, W_o):
    K, V = x.new_zeros(len(x), len(W_k), 0, W_k.shape[2]), x.new_zeros(len(x), len(W_v), 0, W_v.shape[2])
    outputs, scaled = [], W_q / math.sqrt(W_q.shape[2])
    for i in range(x.shape[1]):
        y, K, V = multi_head_step(x[:, i] + P[i], K, V, scaled, W_k, W_v, W_o)
        outputs.append(y)
    return torch.stack(outputs, dim=1)


def returns_the_last_output(x, P, W_q, W_k, W_v, W_o):
    K, V = x.new_zeros(len(x), len(W_k), 0, W_k.shape[2]), x.new_zeros(len(x), len(W_v), 0, W_v.shape[2])
    for i in range(x.shape[1]):
        y, K, V = multi_head_step(x[:, i] + P[i], K, V, W_q, W_k, W_v, W_o)
    return y


def stacks_in_front(x, P, W_q, W_k, W_v, W_o):
    K, V = x.new_zeros(len(x), len(W_k), 0, W_k.shape[2]), x.new_zeros(len(x), len(W_v), 0, W_v.shape[2])
    outputs = []
    for i in range(x.shape[1]):
        y, K, V = multi_head_step(x[:, i] + P[i], K, V, W_q, W_k, W_v, W_o)
        outputs.append(y)
    return torch.stack(outputs)


def stops_one_token_early(x, P, W_q, W_k, W_v, W_o):
    K, V = x.new_zeros(len(x), len(W_k), 0, W_k.shape[2]), x.new_zeros(len(x), len(W_v), 0, W_v.shape[2])
    outputs = []
    for i in range(x.shape[1] - 1):
        y, K, V = multi_head_step(x[:, i] + P[i], K, V, W_q, W_k, W_v, W_o)
        outputs.append(y)
    return torch.stack(outputs, dim=1)


def feeds_the_whole_sequence_again(x, P, W_q, W_k, W_v, W_o):
    outputs = []
    for t in range(1, x.shape[1] + 1):
        entered = x[:, :t] + P[:t]
        q, k = torch.einsum("btd,hdk->bhtk", entered, W_q), torch.einsum("btd,hdk->bhtk", entered, W_k)
        v = torch.einsum("btd,hdv->bhtv", entered, W_v)
        future = torch.ones(t, t, dtype=torch.bool).triu(1)
        o = (q @ k.mT).masked_fill(future, -math.inf).softmax(dim=-1) @ v
        outputs.append(torch.einsum("bhtv,hvd->btd", o, W_o)[:, -1])
    return torch.stack(outputs, dim=1)


def projects_all_keys_again(x, P, W_q, W_k, W_v, W_o):
    outputs = []
    for t in range(1, x.shape[1] + 1):
        past = x[:, : t - 1] + P[: t - 1]
        K, V = torch.einsum("btd,hdk->bhtk", past, W_k), torch.einsum("btd,hdv->bhtv", past, W_v)
        outputs.append(multi_head_step(x[:, t - 1] + P[t - 1], K, V, W_q, W_k, W_v, W_o)[0])
    return torch.stack(outputs, dim=1)


def forgets_the_beginning(x, P, W_q, W_k, W_v, W_o):
    K, V = x.new_zeros(len(x), len(W_k), 0, W_k.shape[2]), x.new_zeros(len(x), len(W_v), 0, W_v.shape[2])
    outputs = []
    for i in range(x.shape[1]):
        y, K, V = multi_head_step(x[:, i] + P[i], K[:, :, -8:], V[:, :, -8:], W_q, W_k, W_v, W_o)
        outputs.append(y)
    return torch.stack(outputs, dim=1)


def loop_in_numpy(x, P, W_q, W_k, W_v, W_o):
    import numpy as np

    q, k, v = ((x + P[: x.shape[1]]).numpy()[:, None] @ W.numpy() for W in (W_q, W_k, W_v))
    outputs = []
    for i in range(x.shape[1]):
        scores = (q[:, :, i : i + 1] * k[:, :, : i + 1]).sum(-1, keepdims=True)
        weights = np.exp(scores - scores.max(2, keepdims=True))
        o = (weights * v[:, :, : i + 1]).sum(2) / weights.sum(2)
        outputs.append((o[:, :, None] @ W_o.numpy())[:, :, 0].sum(1))
    return torch.from_numpy(np.stack(outputs, axis=1))


# --- grouped-query attention, right -----------------------------------------------------------------------


def grouped_by_library_call(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)


def grouped_by_repeated_keys(q, k, v):
    k, v = (heads.repeat_interleave(q.shape[1] // k.shape[1], dim=1) for heads in (k, v))
    future = torch.ones(q.shape[2], q.shape[2], dtype=torch.bool).triu(1)
    scores = (q @ k.mT / math.sqrt(q.shape[-1])).masked_fill(future, -math.inf)
    return scores.softmax(dim=-1) @ v


def grouped_one_head_after_the_other(q, k, v):
    share, t = q.shape[1] // k.shape[1], q.shape[2]
    mask = torch.full((t, t), -math.inf, dtype=q.dtype).triu(1)
    heads = []
    for i in range(q.shape[1]):
        scores = q[:, i] @ k[:, i // share].transpose(1, 2) / q.shape[-1] ** 0.5 + mask
        heads.append(torch.softmax(scores, dim=-1) @ v[:, i // share])
    return torch.stack(heads, 1)


def grouped_by_einsum(q, k, v):
    q = q.unflatten(1, (k.shape[1], -1))
    scores = torch.einsum("bgrtd,bgsd->bgrts", q, k) * q.shape[-1] ** -0.5
    past = torch.ones(q.shape[3], q.shape[3], dtype=torch.bool).tril()
    weights = torch.where(past, scores, -math.inf).softmax(-1)
    return torch.einsum("bgrts,bgsv->bgrtv", weights, v).flatten(1, 2)


def grouped_in_place(q, k, v):
    share, t = q.shape[1] // k.shape[1], q.shape[2]
    scores = q @ k.repeat_interleave(share, 1).transpose(-2, -1)
    scores.div_(math.sqrt(q.shape[-1]))
    scores.masked_fill_(~torch.ones(t, t, dtype=torch.bool).tril(), float("-inf"))
    return scores.softmax(-1) @ v.repeat_interleave(share, 1)


def grouped_in_double_precision(q, k, v):
    wide = (q.double(), k.double(), v.double())
    return F.scaled_dot_product_attention(*wide, is_causal=True, enable_gqa=True).to(q.dtype)


# --- the loop, right --------------------------------------------------------------------------------------


def decode_with_lists(x, P, W_q, W_k, W_v, W_o):
    keys, values, outputs = [], [], []
    for i, token in enumerate(x.unbind(1)):
        token = token + P[i]
        keys.append(torch.einsum("bd,hdk->bhk", token, W_k))
        values.append(torch.einsum("bd,hdv->bhv", token, W_v))
        q = torch.einsum("bd,hdk->bhk", token, W_q)
        weights = torch.einsum("bhk,bhnk->bhn", q, torch.stack(keys, 2)).softmax(-1)
        outputs.append(torch.einsum("bhn,bhnv,hvd->bd", weights, torch.stack(values, 2), W_o))
    return torch.stack(outputs, 1)


@torch.no_grad()
def decode_into_preallocated_caches(x, P, W_q, W_k, W_v, W_o):
    (b, t, _), (h, _, k) = x.shape, W_q.shape
    K, V, out = x.new_zeros(b, h, t, k), x.new_zeros(b, h, t, W_v.shape[2]), torch.empty_like(x)
    for i in range(t):
        token = x[:, i] + P[i]
        K[:, :, i] = (token @ W_k).transpose(0, 1)
        V[:, :, i] = (token @ W_v).transpose(0, 1)
        q = (token @ W_q).transpose(0, 1)
        weights = (K[:, :, : i + 1] @ q[..., None]).squeeze(-1).softmax(-1)
        out[:, i] = torch.einsum("bhn,bhnv,hvd->bd", weights, V[:, :, : i + 1], W_o)
    return out


def decode_by_recursion(x, P, W_q, W_k, W_v, W_o):
    def rest(i, K, V):
        if i == x.shape[1]:
            return []
        y, K, V = multi_head_step(x[:, i] + P[i], K, V, W_q, W_k, W_v, W_o)
        return [y, *rest(i + 1, K, V)]

    empty = x.new_zeros(len(x), len(W_k), 0, W_k.shape[2]), x.new_zeros(len(x), len(W_v), 0, W_v.shape[2])
    return torch.stack(rest(0, *empty), dim=1)


def decode_by_one_masked_pass(x, P, W_q, W_k, W_v, W_o):
    entered = x + P[: x.shape[1]]
    q, k = torch.einsum("btd,hdk->bhtk", entered, W_q), torch.einsum("btd,hdk->bhtk", entered, W_k)
    v = torch.einsum("btd,hdv->bhtv", entered, W_v)
    o = F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=1.0)
    return torch.einsum("bhtv,hvd->btd", o, W_o)


def decode_in_double_precision(x, P, W_q, W_k, W_v, W_o):
    weights = [w.double() for w in (W_q, W_k, W_v, W_o)]
    h, k, v = W_q.shape[0], W_k.shape[2], W_v.shape[2]
    K, V = (torch.zeros(x.shape[0], h, 0, c, dtype=torch.float64) for c in (k, v))
    outputs = []
    for i in range(x.shape[1]):
        y, K, V = multi_head_step(x[:, i].double() + P[K.shape[2]].double(), K, V, *weights)
        outputs.append(y.unsqueeze(1))
    return torch.cat(outputs, dim=1).to(x.dtype)
