"""Wrong and right answers to `attention_by_heads`, written as a student would write them."""

# The functions can be pasted into a notebook as they stand, so they carry no annotations and share no code.

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from utils.checks.check import Mistake


def strided(weights, num_heads, Q, K, V, mask=None):
    inputs = {"W_q": Q, "W_k": K, "W_v": V}
    q, k, v = (x @ weights[f"{n}.weight"].T + weights[f"{n}.bias"] for n, x in inputs.items())
    d_k, heads = Q.shape[-1] // num_heads, []
    for i in range(num_heads):
        own = slice(i, None, num_heads)
        scores = q[..., own] @ k[..., own].mT / math.sqrt(d_k)
        if mask is not None:
            scores = scores.masked_fill(~mask[:, 0], -1e9)
        heads.append(scores.softmax(-1) @ v[..., own])
    return torch.cat(heads, -1) @ weights["W_o.weight"].T + weights["W_o.bias"]


def positions_mixed(weights, num_heads, Q, K, V, mask=None):
    inputs = {"W_q": Q, "W_k": K, "W_v": V}
    q, k, v = (
        F.linear(x, weights[f"{n}.weight"], weights[f"{n}.bias"]).reshape(len(x), num_heads, x.shape[1], -1)
        for n, x in inputs.items()
    )
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -1e9)
    combined = (scores.softmax(-1) @ v).reshape(Q.shape)
    return F.linear(combined, weights["W_o.weight"], weights["W_o.bias"])


def no_scale(weights, num_heads, Q, K, V, mask=None):
    inputs = {"W_q": Q, "W_k": K, "W_v": V}
    q, k, v = (x @ weights[f"{n}.weight"].T + weights[f"{n}.bias"] for n, x in inputs.items())
    d_k, heads = Q.shape[-1] // num_heads, []
    for i in range(num_heads):
        own = slice(i * d_k, (i + 1) * d_k)
        scores = q[..., own] @ k[..., own].mT
        if mask is not None:
            scores = scores.masked_fill(~mask[:, 0], -1e9)
        heads.append(scores.softmax(-1) @ v[..., own])
    return torch.cat(heads, -1) @ weights["W_o.weight"].T + weights["W_o.bias"]


def scale_by_model(weights, num_heads, Q, K, V, mask=None):
    inputs = {"W_q": Q, "W_k": K, "W_v": V}
    q, k, v = (x @ weights[f"{n}.weight"].T + weights[f"{n}.bias"] for n, x in inputs.items())
    d_k, heads = Q.shape[-1] // num_heads, []
    for i in range(num_heads):
        own = slice(i * d_k, (i + 1) * d_k)
        scores = q[..., own] @ k[..., own].mT / math.sqrt(Q.shape[-1])
        if mask is not None:
            scores = scores.masked_fill(~mask[:, 0], -1e9)
        heads.append(scores.softmax(-1) @ v[..., own])
    return torch.cat(heads, -1) @ weights["W_o.weight"].T + weights["W_o.bias"]


def scale_no_root(weights, num_heads, Q, K, V, mask=None):
    inputs = {"W_q": Q, "W_k": K, "W_v": V}
    q, k, v = (x @ weights[f"{n}.weight"].T + weights[f"{n}.bias"] for n, x in inputs.items())
    d_k, heads = Q.shape[-1] // num_heads, []
    for i in range(num_heads):
        own = slice(i * d_k, (i + 1) * d_k)
        scores = q[..., own] @ k[..., own].mT / d_k
        if mask is not None:
            scores = scores.masked_fill(~mask[:, 0], -1e9)
        heads.append(scores.softmax(-1) @ v[..., own])
    return torch.cat(heads, -1) @ weights["W_o.weight"].T + weights["W_o.bias"]


def softmax_over_queries(weights, num_heads, Q, K, V, mask=None):
    inputs = {"W_q": Q, "W_k": K, "W_v": V}
    q, k, v = (x @ weights[f"{n}.weight"].T + weights[f"{n}.bias"] for n, x in inputs.items())
    d_k, heads = Q.shape[-1] // num_heads, []
    for i in range(num_heads):
        own = slice(i * d_k, (i + 1) * d_k)
        scores = q[..., own] @ k[..., own].mT / math.sqrt(d_k)
        if mask is not None:
            scores = scores.masked_fill(~mask[:, 0], -1e9)
        heads.append(scores.softmax(-2) @ v[..., own])
    return torch.cat(heads, -1) @ weights["W_o.weight"].T + weights["W_o.bias"]


def no_biases(weights, num_heads, Q, K, V, mask=None):
    inputs = {"W_q": Q, "W_k": K, "W_v": V}
    q, k, v = (x @ weights[f"{n}.weight"].T for n, x in inputs.items())
    d_k, heads = Q.shape[-1] // num_heads, []
    for i in range(num_heads):
        own = slice(i * d_k, (i + 1) * d_k)
        scores = q[..., own] @ k[..., own].mT / math.sqrt(d_k)
        if mask is not None:
            scores = scores.masked_fill(~mask[:, 0], -1e9)
        heads.append(scores.softmax(-1) @ v[..., own])
    return torch.cat(heads, -1) @ weights["W_o.weight"].T


def mask_after_softmax(weights, num_heads, Q, K, V, mask=None):
    inputs = {"W_q": Q, "W_k": K, "W_v": V}
    q, k, v = (x @ weights[f"{n}.weight"].T + weights[f"{n}.bias"] for n, x in inputs.items())
    d_k, heads = Q.shape[-1] // num_heads, []
    for i in range(num_heads):
        own = slice(i * d_k, (i + 1) * d_k)
        scores = q[..., own] @ k[..., own].mT / math.sqrt(d_k)
        attention = scores.softmax(-1)
        if mask is not None:
            attention = attention * mask[:, 0]
        heads.append(attention @ v[..., own])
    return torch.cat(heads, -1) @ weights["W_o.weight"].T + weights["W_o.bias"]


def mask_inverted(weights, num_heads, Q, K, V, mask=None):
    inputs = {"W_q": Q, "W_k": K, "W_v": V}
    q, k, v = (x @ weights[f"{n}.weight"].T + weights[f"{n}.bias"] for n, x in inputs.items())
    d_k, heads = Q.shape[-1] // num_heads, []
    for i in range(num_heads):
        own = slice(i * d_k, (i + 1) * d_k)
        scores = q[..., own] @ k[..., own].mT / math.sqrt(d_k)
        if mask is not None:
            scores = scores.masked_fill(mask[:, 0], -1e9)
        heads.append(scores.softmax(-1) @ v[..., own])
    return torch.cat(heads, -1) @ weights["W_o.weight"].T + weights["W_o.bias"]


def mask_ignored(weights, num_heads, Q, K, V, mask=None):
    inputs = {"W_q": Q, "W_k": K, "W_v": V}
    q, k, v = (x @ weights[f"{n}.weight"].T + weights[f"{n}.bias"] for n, x in inputs.items())
    d_k, heads = Q.shape[-1] // num_heads, []
    for i in range(num_heads):
        own = slice(i * d_k, (i + 1) * d_k)
        scores = q[..., own] @ k[..., own].mT / math.sqrt(d_k)
        heads.append(scores.softmax(-1) @ v[..., own])
    return torch.cat(heads, -1) @ weights["W_o.weight"].T + weights["W_o.bias"]


def heads_reversed(weights, num_heads, Q, K, V, mask=None):
    inputs = {"W_q": Q, "W_k": K, "W_v": V}
    q, k, v = (x @ weights[f"{n}.weight"].T + weights[f"{n}.bias"] for n, x in inputs.items())
    d_k, heads = Q.shape[-1] // num_heads, []
    for i in range(num_heads):
        own = slice(i * d_k, (i + 1) * d_k)
        scores = q[..., own] @ k[..., own].mT / math.sqrt(d_k)
        if mask is not None:
            scores = scores.masked_fill(~mask[:, 0], -1e9)
        heads.append(scores.softmax(-1) @ v[..., own])
    return torch.cat(heads[::-1], -1) @ weights["W_o.weight"].T + weights["W_o.bias"]


def weight_not_transposed(weights, num_heads, Q, K, V, mask=None):
    inputs = {"W_q": Q, "W_k": K, "W_v": V}
    q, k, v = (x @ weights[f"{n}.weight"] + weights[f"{n}.bias"] for n, x in inputs.items())
    d_k, heads = Q.shape[-1] // num_heads, []
    for i in range(num_heads):
        own = slice(i * d_k, (i + 1) * d_k)
        scores = q[..., own] @ k[..., own].mT / math.sqrt(d_k)
        if mask is not None:
            scores = scores.masked_fill(~mask[:, 0], -1e9)
        heads.append(scores.softmax(-1) @ v[..., own])
    return torch.cat(heads, -1) @ weights["W_o.weight"].T + weights["W_o.bias"]


def bias_per_head(weights, num_heads, Q, K, V, mask=None):
    inputs = {"W_q": Q, "W_k": K, "W_v": V}
    q, k, v = (x @ weights[f"{n}.weight"].T + weights[f"{n}.bias"] for n, x in inputs.items())
    d_k, heads = Q.shape[-1] // num_heads, []
    for i in range(num_heads):
        own = slice(i * d_k, (i + 1) * d_k)
        scores = q[..., own] @ k[..., own].mT / math.sqrt(d_k)
        if mask is not None:
            scores = scores.masked_fill(~mask[:, 0], -1e9)
        heads.append(scores.softmax(-1) @ v[..., own])
    written = [h @ w.T for h, w in zip(heads, weights["W_o.weight"].split(d_k, dim=1), strict=True)]
    return sum(w + weights["W_o.bias"] for w in written)


def averages_keys(weights, num_heads, Q, K, V, mask=None):
    inputs = {"W_q": Q, "W_k": K, "W_v": V}
    q, k, v = (x @ weights[f"{n}.weight"].T + weights[f"{n}.bias"] for n, x in inputs.items())
    d_k, heads = Q.shape[-1] // num_heads, []
    for i in range(num_heads):
        own = slice(i * d_k, (i + 1) * d_k)
        scores = q[..., own] @ k[..., own].mT / math.sqrt(d_k)
        if mask is not None:
            scores = scores.masked_fill(~mask[:, 0], -1e9)
        heads.append(scores.softmax(-1) @ k[..., own])
    return torch.cat(heads, -1) @ weights["W_o.weight"].T + weights["W_o.bias"]


def sigmoid(weights, num_heads, Q, K, V, mask=None):
    inputs = {"W_q": Q, "W_k": K, "W_v": V}
    q, k, v = (x @ weights[f"{n}.weight"].T + weights[f"{n}.bias"] for n, x in inputs.items())
    d_k, heads = Q.shape[-1] // num_heads, []
    for i in range(num_heads):
        own = slice(i * d_k, (i + 1) * d_k)
        scores = q[..., own] @ k[..., own].mT / math.sqrt(d_k)
        if mask is not None:
            scores = scores.masked_fill(~mask[:, 0], -1e9)
        heads.append(scores.sigmoid() @ v[..., own])
    return torch.cat(heads, -1) @ weights["W_o.weight"].T + weights["W_o.bias"]


def no_output_layer(weights, num_heads, Q, K, V, mask=None):
    inputs = {"W_q": Q, "W_k": K, "W_v": V}
    q, k, v = (x @ weights[f"{n}.weight"].T + weights[f"{n}.bias"] for n, x in inputs.items())
    d_k, heads = Q.shape[-1] // num_heads, []
    for i in range(num_heads):
        own = slice(i * d_k, (i + 1) * d_k)
        scores = q[..., own] @ k[..., own].mT / math.sqrt(d_k)
        if mask is not None:
            scores = scores.masked_fill(~mask[:, 0], -1e9)
        heads.append(scores.softmax(-1) @ v[..., own])
    return torch.cat(heads, -1)


LOOP_MISTAKES = [
    Mistake(
        "A3-loop-strided",
        strided,
        "A head owns neighbouring channels, as view cuts them; yours are spread out.",
    ),
    Mistake(
        "A3-loop-positions-mixed",
        positions_mixed,
        "Two axes have to change places after the cut; a reshape alone mixes positions into heads.",
    ),
    Mistake(
        "A3-loop-no-scale",
        no_scale,
        "Compare your scores with Eq. 1: something is missing between the product and the softmax.",
    ),
    Mistake("A3-loop-scale-by-model", scale_by_model, "How many products does one score of one head add up?"),
    Mistake(
        "A3-loop-scale-no-root",
        scale_no_root,
        "You divide by too much: what grows like the width, and what like its root?",
    ),
    Mistake(
        "A3-loop-softmax-over-queries",
        softmax_over_queries,
        "Whose weights should add up to one: those of a query, or those of a key?",
    ),
    Mistake(
        "A3-loop-no-biases",
        no_biases,
        "Each of the four layers has a second tensor, which you never use.",
    ),
    Mistake(
        "A3-loop-mask-after-softmax",
        mask_after_softmax,
        "With a mask, do your attention weights still add up to one?",
    ),
    Mistake("A3-loop-mask-inverted", mask_inverted, "You attend exactly where the mask forbids it."),
    Mistake("A3-loop-mask-ignored", mask_ignored, "Your result is the same with and without a mask."),
    Mistake(
        "A3-loop-heads-reversed",
        heads_reversed,
        "The heads are right and arrive at W_o in another order.",
    ),
    Mistake(
        "A3-loop-weight-not-transposed",
        weight_not_transposed,
        "A linear layer stores its matrix as (out, in).",
    ),
    Mistake(
        "A3-loop-bias-per-head",
        bias_per_head,
        "The block has one output bias, and you add it once for every head.",
    ),
    Mistake("A3a-swap", averages_keys, "You average what the queries were compared with."),
    Mistake("A3a-not-softmax", sigmoid, "Add up the attention of one query over its keys: what do you get?"),
    Mistake("A3a-h-missing", no_output_layer, "One of the four layers in the weights has had no input yet."),
]


def loop_adding_up(weights, num_heads, Q, K, V, mask=None):
    d_k = Q.shape[-1] // num_heads
    total = weights["W_o.bias"]
    for i in range(num_heads):
        own = slice(i * d_k, (i + 1) * d_k)
        q = Q @ weights["W_q.weight"][own].T + weights["W_q.bias"][own]
        k = K @ weights["W_k.weight"][own].T + weights["W_k.bias"][own]
        v = V @ weights["W_v.weight"][own].T + weights["W_v.bias"][own]
        scores = q @ k.mT / math.sqrt(d_k)
        if mask is not None:
            scores = scores.masked_fill(~mask.squeeze(1), -math.inf)
        total = total + scores.softmax(-1) @ v @ weights["W_o.weight"][:, own].T
    return total


def all_heads_einsum(weights, num_heads, Q, K, V, mask=None):
    inputs = {"W_q": Q, "W_k": K, "W_v": V}
    q, k, v = (
        F.linear(x, weights[f"{n}.weight"], weights[f"{n}.bias"]).unflatten(-1, (num_heads, -1))
        for n, x in inputs.items()
    )
    scores = torch.einsum("b n h d, b m h d -> b h n m", q, k) * q.shape[-1] ** -0.5
    scores = scores if mask is None else torch.where(mask, scores, -math.inf)
    heads = torch.einsum("b h n m, b m h d -> b n h d", scores.softmax(-1), v)
    write = weights["W_o.weight"].unflatten(1, (num_heads, -1))
    return torch.einsum("b n h d, e h d -> b n e", heads, write) + weights["W_o.bias"]


def library(weights, num_heads, Q, K, V, mask=None):
    inputs = {"W_q": Q, "W_k": K, "W_v": V}
    q, k, v = (F.linear(x, weights[f"{n}.weight"], weights[f"{n}.bias"]) for n, x in inputs.items())
    q, k, v = (x.unflatten(-1, (num_heads, -1)).transpose(1, 2) for x in (q, k, v))
    combined = F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).flatten(2)
    return F.linear(combined, weights["W_o.weight"], weights["W_o.bias"])


def in_place(weights, num_heads, Q, K, V, mask=None):
    q = F.linear(Q, weights["W_q.weight"], weights["W_q.bias"]).chunk(num_heads, -1)
    k = F.linear(K, weights["W_k.weight"], weights["W_k.bias"]).chunk(num_heads, -1)
    v = F.linear(V, weights["W_v.weight"], weights["W_v.bias"]).chunk(num_heads, -1)
    d_k = Q.shape[-1] // num_heads
    combined = torch.zeros(Q.shape, dtype=Q.dtype)
    for i in range(num_heads):
        scores = torch.bmm(q[i], k[i].transpose(1, 2)).div_(d_k**0.5)
        if mask is not None:
            scores.masked_fill_(~mask[:, 0], -math.inf)
        combined[..., i * d_k : (i + 1) * d_k] = torch.bmm(torch.softmax(scores, -1), v[i])
    return torch.addmm(weights["W_o.bias"], combined.flatten(0, 1), weights["W_o.weight"].T).view(Q.shape)


def in_double(weights, num_heads, Q, K, V, mask=None):
    wide = {name: tensor.double() for name, tensor in weights.items()}
    inputs = {"W_q": Q.double(), "W_k": K.double(), "W_v": V.double()}
    q, k, v = (x @ wide[f"{n}.weight"].T + wide[f"{n}.bias"] for n, x in inputs.items())
    heads = []
    for own in torch.arange(Q.shape[-1]).chunk(num_heads):
        scores = q[..., own] @ k[..., own].mT / math.sqrt(len(own))
        if mask is not None:
            scores = scores.masked_fill(mask[:, 0] == 0, -1e9)
        heads.append(scores.softmax(-1) @ v[..., own])
    return (torch.cat(heads, -1) @ wide["W_o.weight"].T + wide["W_o.bias"]).to(Q.dtype)


def sequence_by_sequence(weights, num_heads, Q, K, V, mask=None):
    outputs = []
    for b in range(len(Q)):
        heads = []
        for i in range(num_heads):
            q, k, v = (
                x[b] @ weights[f"{n}.weight"].chunk(num_heads)[i].T + weights[f"{n}.bias"].chunk(num_heads)[i]
                for n, x in {"W_q": Q, "W_k": K, "W_v": V}.items()
            )
            scores = q @ k.T / math.sqrt(q.shape[1])
            if mask is not None:
                scores = scores + torch.zeros_like(scores).masked_fill(~mask[b, 0], -math.inf)
            heads.append(torch.softmax(scores, dim=1) @ v)
        outputs.append(F.linear(torch.cat(heads, dim=1), weights["W_o.weight"], weights["W_o.bias"]))
    return torch.stack(outputs)


LOOP_ALTERNATIVES = {
    "loop, adding up what heads write": loop_adding_up,
    "einsum": all_heads_einsum,
    "library call": library,
    "in-place": in_place,
    "in double precision": in_double,
    "loop over sequences and heads": sequence_by_sequence,
}
