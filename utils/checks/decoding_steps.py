"""Functions of the decoding lesson about one step: the multi-query step and its arithmetic intensity.

They are written as students write them, plain and without annotations. Each can be pasted into the notebook
as it stands: it uses torch, math, F and the notebook's `multi_head_step`, and nothing else. The first half
is wrong, and the names say how; the second half is right.
"""

import math

import torch
import torch.nn.functional as F

from utils.reference.decoding import multi_head_step

# --- the multi-query step, wrong --------------------------------------------------------------------------


def logits_two_letters(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    q = torch.einsum("bd,hdq->bhq", x, W_q)
    new_K = torch.cat([prev_K, (x @ W_k).unsqueeze(1)], dim=1)
    new_V = torch.cat([prev_V, (x @ W_v).unsqueeze(1)], dim=1)
    logits = torch.einsum("bhq,bnk->bhn", q, new_K)
    o = torch.einsum("bhn,bnv->bhv", F.softmax(logits, dim=-1), new_V)
    return torch.einsum("bhv,hvd->bd", o, W_o), new_K, new_V


def values_named_by_head(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    q = torch.einsum("bd,hdq->bhq", x, W_q)
    new_K = torch.cat([prev_K, (x @ W_k).unsqueeze(1)], dim=1)
    new_V = torch.cat([prev_V, (x @ W_v).unsqueeze(1)], dim=1)
    weights = F.softmax(torch.einsum("bhk,bnk->bhn", q, new_K), dim=-1)
    o = torch.einsum("bhn,bhv->bhv", weights, new_V)
    return torch.einsum("bhv,hvd->bd", o, W_o), new_K, new_V


def values_with_head_axis(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    q = torch.einsum("bd,hdq->bhq", x, W_q)
    new_K = torch.cat([prev_K, (x @ W_k).unsqueeze(1)], dim=1)
    new_V = torch.cat([prev_V, (x @ W_v).unsqueeze(1)], dim=1)
    weights = F.softmax(torch.einsum("bhk,bnk->bhn", q, new_K), dim=-1)
    o = torch.einsum("bhn,bhnv->bhv", weights, new_V)
    return torch.einsum("bhv,hvd->bd", o, W_o), new_K, new_V


def output_named_by_batch(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    q = torch.einsum("bd,hdq->bhq", x, W_q)
    new_K = torch.cat([prev_K, (x @ W_k).unsqueeze(1)], dim=1)
    new_V = torch.cat([prev_V, (x @ W_v).unsqueeze(1)], dim=1)
    weights = F.softmax(torch.einsum("bhk,bnk->bhn", q, new_K), dim=-1)
    o = torch.einsum("bhn,bnv->bhv", weights, new_V)
    return torch.einsum("bhv,bdv->bd", o, W_o), new_K, new_V


def one_shared_query(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    q = (x @ W_q[0]).unsqueeze(1).expand(-1, W_q.shape[0], -1)
    new_K = torch.cat([prev_K, (x @ W_k).unsqueeze(1)], dim=1)
    new_V = torch.cat([prev_V, (x @ W_v).unsqueeze(1)], dim=1)
    weights = F.softmax(torch.einsum("bhk,bnk->bhn", q, new_K), dim=-1)
    o = torch.einsum("bhn,bnv->bhv", weights, new_V)
    return torch.einsum("bhv,hvd->bd", o, W_o), new_K, new_V


def looks_at_the_past_only(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    q = torch.einsum("bd,hdq->bhq", x, W_q)
    weights = F.softmax(torch.einsum("bhk,bnk->bhn", q, prev_K), dim=-1)
    o = torch.einsum("bhn,bnv->bhv", weights, prev_V)
    new_K = torch.cat([prev_K, (x @ W_k).unsqueeze(1)], dim=1)
    new_V = torch.cat([prev_V, (x @ W_v).unsqueeze(1)], dim=1)
    return torch.einsum("bhv,hvd->bd", o, W_o), new_K, new_V


def softmax_over_heads(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    q = torch.einsum("bd,hdq->bhq", x, W_q)
    new_K = torch.cat([prev_K, (x @ W_k).unsqueeze(1)], dim=1)
    new_V = torch.cat([prev_V, (x @ W_v).unsqueeze(1)], dim=1)
    weights = F.softmax(torch.einsum("bhk,bnk->bhn", q, new_K), dim=1)
    o = torch.einsum("bhn,bnv->bhv", weights, new_V)
    return torch.einsum("bhv,hvd->bd", o, W_o), new_K, new_V


def scaled_step(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    q = torch.einsum("bd,hdq->bhq", x, W_q)
    new_K = torch.cat([prev_K, (x @ W_k).unsqueeze(1)], dim=1)
    new_V = torch.cat([prev_V, (x @ W_v).unsqueeze(1)], dim=1)
    logits = torch.einsum("bhk,bnk->bhn", q, new_K) / math.sqrt(q.shape[-1])
    o = torch.einsum("bhn,bnv->bhv", F.softmax(logits, dim=-1), new_V)
    return torch.einsum("bhv,hvd->bd", o, W_o), new_K, new_V


def returns_the_old_caches(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    q = torch.einsum("bd,hdq->bhq", x, W_q)
    new_K = torch.cat([prev_K, (x @ W_k).unsqueeze(1)], dim=1)
    new_V = torch.cat([prev_V, (x @ W_v).unsqueeze(1)], dim=1)
    weights = F.softmax(torch.einsum("bhk,bnk->bhn", q, new_K), dim=-1)
    o = torch.einsum("bhn,bnv->bhv", weights, new_V)
    return torch.einsum("bhv,hvd->bd", o, W_o), prev_K, prev_V


def puts_the_new_row_first(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    q = torch.einsum("bd,hdq->bhq", x, W_q)
    new_K = torch.cat([(x @ W_k).unsqueeze(1), prev_K], dim=1)
    new_V = torch.cat([(x @ W_v).unsqueeze(1), prev_V], dim=1)
    weights = F.softmax(torch.einsum("bhk,bnk->bhn", q, new_K), dim=-1)
    o = torch.einsum("bhn,bnv->bhv", weights, new_V)
    return torch.einsum("bhv,hvd->bd", o, W_o), new_K, new_V


def averages_the_heads(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    q = torch.einsum("bd,hdq->bhq", x, W_q)
    new_K = torch.cat([prev_K, (x @ W_k).unsqueeze(1)], dim=1)
    new_V = torch.cat([prev_V, (x @ W_v).unsqueeze(1)], dim=1)
    weights = F.softmax(torch.einsum("bhk,bnk->bhn", q, new_K), dim=-1)
    o = torch.einsum("bhn,bnv->bhv", weights, new_V)
    return torch.einsum("bhv,hvd->bd", o, W_o) / W_o.shape[0], new_K, new_V


def returns_y_alone(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    q = torch.einsum("bd,hdq->bhq", x, W_q)
    new_K = torch.cat([prev_K, (x @ W_k).unsqueeze(1)], dim=1)
    new_V = torch.cat([prev_V, (x @ W_v).unsqueeze(1)], dim=1)
    weights = F.softmax(torch.einsum("bhk,bnk->bhn", q, new_K), dim=-1)
    return torch.einsum("bhv,hvd->bd", torch.einsum("bhn,bnv->bhv", weights, new_V), W_o)


def step_in_single_precision(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    q = torch.einsum("bd,hdq->bhq", x, W_q)
    new_K = torch.cat([prev_K, (x @ W_k).unsqueeze(1)], dim=1)
    new_V = torch.cat([prev_V, (x @ W_v).unsqueeze(1)], dim=1)
    logits = torch.einsum("bhk,bnk->bhn", q.float(), new_K.float())
    weights = F.softmax(logits, dim=-1).to(x.dtype)
    o = torch.einsum("bhn,bnv->bhv", weights, new_V)
    return torch.einsum("bhv,hvd->bd", o, W_o), new_K, new_V


# --- the arithmetic intensity of a step, wrong ------------------------------------------------------------


def intensity_of_the_past_only(b, d, h, g, n):
    k = d // h
    return (2 * b * d * (d + g * k) + 2 * b * n * d) / (2 * d * (d + g * k) + 2 * b * n * g * k + 4 * b * d)


def numbers_per_multiply_add(b, d, h, g, n):
    k, m = d // h, n + 1
    return (2 * d * (d + g * k) + 2 * b * m * g * k + 4 * b * d) / (2 * b * d * (d + g * k) + 2 * b * m * d)


def counts_flops(b, d, h, g, n):
    k, m = d // h, n + 1
    return (4 * b * d * (d + g * k) + 4 * b * m * d) / (2 * d * (d + g * k) + 2 * b * m * g * k + 4 * b * d)


def attention_of_the_key_heads(b, d, h, g, n):
    k, m = d // h, n + 1
    projections, caches = 2 * d * (d + g * k), 2 * b * m * g * k
    return (b * projections + caches) / (projections + caches + 4 * b * d)


def work_of_four_full_projections(b, d, h, g, n):
    k, m = d // h, n + 1
    return (4 * b * d * d + 2 * b * m * d) / (2 * d * (d + g * k) + 2 * b * m * g * k + 4 * b * d)


def weights_all_shared(b, d, h, g, n):
    k, m = d // h, n + 1
    return (2 * b * d * (d + g * k) + 2 * b * m * d) / (4 * d * g * k + 2 * b * m * g * k + 4 * b * d)


def no_activations(b, d, h, g, n):
    k, m = d // h, n + 1
    return (2 * b * d * (d + g * k) + 2 * b * m * d) / (2 * d * (d + g * k) + 2 * b * m * g * k)


def cache_of_all_query_heads(b, d, h, g, n):
    k, m = d // h, n + 1
    return (2 * b * d * (d + g * k) + 2 * b * m * d) / (2 * d * (d + g * k) + 2 * b * m * d + 4 * b * d)


def cache_alone(b, d, h, g, n):
    k, m = d // h, n + 1
    return (2 * b * d * (d + g * k) + 2 * b * m * d) / (2 * b * m * g * k)


def cache_of_positions(b, d, h, g, n):
    k, m = d // h, n + 1
    return (2 * b * d * (d + g * k) + 2 * b * m * d) / (2 * d * (d + g * k) + 2 * b * m * g + 4 * b * d)


def one_cache_for_the_batch(b, d, h, g, n):
    k, m = d // h, n + 1
    return (2 * b * d * (d + g * k) + 2 * b * m * d) / (2 * d * (d + g * k) + 2 * m * g * k + 4 * b * d)


def weights_for_every_sequence(b, d, h, g, n):
    k, m = d // h, n + 1
    work = 2 * b * d * (d + g * k)
    return (work + 2 * b * m * d) / (work + 2 * b * m * g * k + 4 * b * d)


def keys_alone(b, d, h, g, n):
    k, m = d // h, n + 1
    return (2 * b * d * (d + g * k) + 2 * b * m * d) / (2 * d * (d + g * k) + b * m * g * k + 4 * b * d)


def whole_numbers_only(b, d, h, g, n):
    k, m = d // h, n + 1
    return (2 * b * d * (d + g * k) + 2 * b * m * d) // (2 * d * (d + g * k) + 2 * b * m * g * k + 4 * b * d)


# --- the multi-query step, right --------------------------------------------------------------------------


def step_one_head_after_the_other(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    new_K = torch.cat([prev_K, (x @ W_k)[:, None]], dim=1)
    new_V = torch.cat([prev_V, (x @ W_v)[:, None]], dim=1)
    y = torch.zeros_like(x)
    for head in range(W_q.shape[0]):
        logits = (new_K @ (x @ W_q[head])[:, :, None]).squeeze(-1)
        o = (torch.softmax(logits, dim=-1)[:, None] @ new_V).squeeze(1)
        y = y + o @ W_o[head]
    return y, new_K, new_V


def step_by_library_call(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    q = torch.einsum("bd,hdk->bhk", x, W_q).unsqueeze(2)
    new_K = torch.cat([prev_K, (x @ W_k).unsqueeze(1)], dim=1)
    new_V = torch.cat([prev_V, (x @ W_v).unsqueeze(1)], dim=1)
    o = F.scaled_dot_product_attention(q, new_K[:, None], new_V[:, None], scale=1.0, enable_gqa=True)
    return torch.einsum("bhv,hvd->bd", o.squeeze(2), W_o), new_K, new_V


def step_by_matrix_products(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    new_K = torch.cat((prev_K, (x @ W_k).reshape(len(x), 1, -1)), 1)
    new_V = torch.cat((prev_V, (x @ W_v).reshape(len(x), 1, -1)), 1)
    q = (x @ W_q).transpose(0, 1)
    o = torch.softmax(q @ new_K.transpose(1, 2), 2) @ new_V
    return o.flatten(1) @ W_o.flatten(0, 1), new_K, new_V


def step_with_expanded_heads(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    h = W_q.shape[0]
    wide_K, wide_V = (cache[:, None].expand(-1, h, -1, -1) for cache in (prev_K, prev_V))
    wide = (W_k.expand(h, -1, -1), W_v.expand(h, -1, -1))
    y, new_K, new_V = multi_head_step(x, wide_K, wide_V, W_q, *wide, W_o)
    return y, new_K[:, 0], new_V[:, 0]


def step_with_caches_filled_in_place(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    b, n, k = prev_K.shape
    new_K, new_V = x.new_empty(b, n + 1, k), x.new_empty(b, n + 1, prev_V.shape[2])
    new_K[:, :n], new_V[:, :n] = prev_K, prev_V
    new_K[:, n], new_V[:, n] = x @ W_k, x @ W_v
    logits = torch.einsum("hdk,bd,bnk->bhn", W_q, x, new_K)
    weights = logits.sub(logits.amax(-1, keepdim=True)).exp()
    weights = weights / weights.sum(-1, keepdim=True)
    return torch.einsum("bhn,bnv,hvd->bd", weights, new_V, W_o), new_K, new_V


def step_in_double_precision(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    wide = [t.double() for t in (x, prev_K, prev_V, W_q, W_k, W_v, W_o)]
    x64, K, V, Q, WK, WV, WO = wide
    K = torch.cat([K, (x64 @ WK)[:, None]], dim=1)
    V = torch.cat([V, (x64 @ WV)[:, None]], dim=1)
    weights = torch.einsum("bd,hdk,bnk->bhn", x64, Q, K).softmax(-1)
    y = torch.einsum("bhn,bnv,hvd->bd", weights, V, WO)
    return y.to(x.dtype), K.to(x.dtype), V.to(x.dtype)


# --- the arithmetic intensity of a step, right ------------------------------------------------------------


def intensity_in_two_sums(b, d, h, g, n):
    k = d // h
    multiply_adds = 2 * b * h * d * k + 2 * b * g * d * k + 2 * b * h * (n + 1) * k
    numbers = 2 * h * d * k + 2 * g * d * k + 2 * b * g * (n + 1) * k + 4 * b * d
    return multiply_adds / numbers


def intensity_factored(b, d, h, g, n):
    share = g / h
    return b * (d * (1 + share) + n + 1) / (d * (1 + share) + b * (n + 1) * share + 2 * b)


def intensity_over_a_table_of_shapes(b, d, h, g, n):
    k, m = d // h, n + 1
    products = [(b, h, d, k), (b, g, d, k), (b, g, d, k), (b, h, m, k), (b, h, m, k), (b, h, k, d)]
    moved = [(h, d, k), (g, d, k), (g, d, k), (h, k, d), (b, g, m, k), (b, g, m, k)] + [(b, d)] * 4
    total = 0
    for sizes in products:
        total += math.prod(sizes)
    return total / sum(math.prod(sizes) for sizes in moved)


def intensity_of_tensors_without_data(b, d, h, g, n):
    k, m = d // h, n + 1
    shapes = [(h, d, k), (h, k, d)] + [(g, d, k)] * 2 + [(b, g, m, k)] * 2 + [(b, d)] * 4
    moved = [torch.empty(shape, device="meta") for shape in shapes]
    products = b * sum(t.numel() for t in moved[:4]) + 2 * torch.empty(b, h, m, k, device="meta").numel()
    return products / sum(t.numel() for t in moved)


def intensity_as_a_tensor(b, d, h, g, n):
    b, d, h, g, n = torch.tensor([b, d, h, g, n], dtype=torch.float64)
    multiply_adds = b * d * d * (2 + 2 * g / h) + 2 * b * (n + 1) * d
    numbers = d * d * (2 + 2 * g / h)
    numbers += 2 * b * (n + 1) * g * d / h
    numbers += 4 * b * d
    return multiply_adds / numbers
