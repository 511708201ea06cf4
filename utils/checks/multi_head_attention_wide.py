"""Wrong and right answers to `wide_value_attention`, written as a student would write them."""

# The functions can be pasted into a notebook as they stand, so they carry no annotations and share no code.

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from utils.checks.check import Mistake


def wide_old_split(Q, K, V, num_heads, mask=None):
    d_k = Q.shape[-1] // num_heads
    q, k, v = (x.view(x.shape[0], x.shape[1], num_heads, d_k).transpose(1, 2) for x in (Q, K, V))
    scores = q @ k.mT / math.sqrt(d_k)
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -1e9)
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)


def wide_old_combine(Q, K, V, num_heads, mask=None):
    q, k, v = (x.view(x.shape[0], x.shape[1], num_heads, -1).transpose(1, 2) for x in (Q, K, V))
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -1e9)
    return (scores.softmax(-1) @ v).transpose(1, 2).contiguous().view(Q.shape)


def wide_new_d_k(Q, K, V, num_heads, mask=None):
    d_k = 2 * Q.shape[-1] // num_heads
    q, k, v = (x.view(x.shape[0], x.shape[1], num_heads, d_k).transpose(1, 2) for x in (Q, K, V))
    scores = q @ k.mT / math.sqrt(d_k)
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -1e9)
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)


def wide_scale_of_values(Q, K, V, num_heads, mask=None):
    q, k, v = (x.unflatten(-1, (num_heads, -1)).transpose(1, 2) for x in (Q, K, V))
    scores = q @ k.mT / math.sqrt(v.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -1e9)
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)


def wide_more_heads(Q, K, V, num_heads, mask=None):
    d_k = Q.shape[-1] // num_heads
    q, k, v = (x.view(x.shape[0], x.shape[1], -1, d_k).transpose(1, 2) for x in (Q, K, V))
    scores = q @ k.mT / math.sqrt(d_k)
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -1e9)
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)


def wide_maps_repeated(Q, K, V, num_heads, mask=None):
    d_k = Q.shape[-1] // num_heads
    q, k, v = (x.unflatten(-1, (-1, d_k)).transpose(1, 2) for x in (Q, K, V))
    scores = q @ k.mT / math.sqrt(d_k)
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -1e9)
    return (scores.softmax(-1).repeat(1, 2, 1, 1) @ v).transpose(1, 2).flatten(2)


def wide_no_copy(Q, K, V, num_heads, mask=None):
    q, k, v = (x.unflatten(-1, (num_heads, -1)).transpose(1, 2) for x in (Q, K, V))
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -1e9)
    heads = scores.softmax(-1) @ v
    return heads.transpose(1, 2).view(Q.shape[0], Q.shape[1], V.shape[-1])


def wide_no_transpose(Q, K, V, num_heads, mask=None):
    q, k, v = (x.unflatten(-1, (num_heads, -1)).transpose(1, 2) for x in (Q, K, V))
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -1e9)
    return (scores.softmax(-1) @ v).reshape(Q.shape[0], Q.shape[1], V.shape[-1])


def wide_half_dropped(Q, K, V, num_heads, mask=None):
    V = V[..., : Q.shape[-1]]
    q, k, v = (x.unflatten(-1, (num_heads, -1)).transpose(1, 2) for x in (Q, K, V))
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -1e9)
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)


def wide_heads_added(Q, K, V, num_heads, mask=None):
    q, k, v = (x.unflatten(-1, (num_heads, -1)).transpose(1, 2) for x in (Q, K, V))
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -1e9)
    return (scores.softmax(-1) @ v).sum(1)


def wide_one_head(Q, K, V, num_heads, mask=None):
    scores = Q @ K.mT / math.sqrt(Q.shape[-1] // num_heads)
    if mask is not None:
        scores = scores.masked_fill(mask[:, 0] == 0, -1e9)
    return scores.softmax(-1) @ V


def wide_strided(Q, K, V, num_heads, mask=None):
    q, k, v = (x.unflatten(-1, (-1, num_heads)).permute(0, 3, 1, 2) for x in (Q, K, V))
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -1e9)
    return (scores.softmax(-1) @ v).permute(0, 2, 3, 1).flatten(2)


def wide_no_scale(Q, K, V, num_heads, mask=None):
    q, k, v = (x.unflatten(-1, (num_heads, -1)).transpose(1, 2) for x in (Q, K, V))
    scores = q @ k.mT
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -1e9)
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)


def wide_mask_ignored(Q, K, V, num_heads, mask=None):
    q, k, v = (x.unflatten(-1, (num_heads, -1)).transpose(1, 2) for x in (Q, K, V))
    weights = (q @ k.mT / math.sqrt(q.shape[-1])).softmax(-1)
    return (weights @ v).transpose(1, 2).flatten(2)


WIDE_MISTAKES = [
    Mistake(
        "A3b-wo-only",
        wide_old_split,
        "Follow the shape of V through your first reshape, and count its numbers.",
    ),
    Mistake(
        "A3b-combine-forgotten",
        wide_old_combine,
        "The heads are cut well; which width do you glue them back to?",
    ),
    Mistake("A3b-change-dk", wide_new_d_k, "Q and K did not get wider. Does your cut still fit them?"),
    Mistake(
        "A3b-change-dk",
        wide_scale_of_values,
        "The numbers are close: which vectors does the scale belong to?",
    ),
    Mistake(
        "A3b-more-heads",
        wide_more_heads,
        "How many attention maps are there, and how many value heads did you make?",
    ),
    Mistake(
        "A3b-more-heads",
        wide_maps_repeated,
        "Two value heads share a map with you. Are they the two neighbours?",
    ),
    Mistake(
        "A3b-no-contiguous",
        wide_no_copy,
        "A view cannot merge two axes that do not lie next to each other in memory.",
    ),
    Mistake(
        "A3b-no-transpose",
        wide_no_transpose,
        "The axes of heads and positions must change places before merging.",
    ),
    Mistake("A3b-half-dropped", wide_half_dropped, "Half of the channels of V never reach your output."),
    Mistake(
        "A3b-heads-added",
        wide_heads_added,
        "Heads are set side by side here; adding them up is the business of W_o.",
    ),
    Mistake("A3b-one-head", wide_one_head, "You computed one attention map; every head should have its own."),
    Mistake("A3b-strided", wide_strided, "A head owns neighbouring channels, not every third or fifth one."),
    Mistake(
        "A3b-no-scale", wide_no_scale, "Look at the scores before the softmax: is something of Eq. 1 missing?"
    ),
    Mistake("A3b-mask-ignored", wide_mask_ignored, "Your result is the same with and without a mask."),
]


def wide_loop(Q, K, V, num_heads, mask=None):
    heads = []
    for q, k, v in zip(Q.chunk(num_heads, -1), K.chunk(num_heads, -1), V.chunk(num_heads, -1), strict=True):
        scores = q @ k.mT / math.sqrt(q.shape[-1])
        if mask is not None:
            scores = scores.masked_fill(~mask[:, 0], -math.inf)
        heads.append(scores.softmax(-1) @ v)
    return torch.cat(heads, -1)


def wide_einsum(Q, K, V, num_heads, mask=None):
    q, k, v = (x.unflatten(-1, (num_heads, -1)) for x in (Q, K, V))
    scores = torch.einsum("b n h d, b m h d -> b h n m", q, k) * (Q.shape[-1] / num_heads) ** -0.5
    scores = scores if mask is None else torch.where(mask, scores, -math.inf)
    return torch.einsum("b h n m, b m h v -> b n h v", scores.softmax(-1), v).flatten(2)


def wide_library(Q, K, V, num_heads, mask=None):
    q, k, v = (x.unflatten(-1, (num_heads, -1)).transpose(1, 2) for x in (Q, K, V))
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).flatten(2)


def wide_in_place(Q, K, V, num_heads, mask=None):
    q, k, v = (x.unflatten(-1, (num_heads, -1)).transpose(1, 2) for x in (Q, K, V))
    scores = torch.matmul(q, k.transpose(-2, -1)).div_(q.shape[-1] ** 0.5)
    if mask is not None:
        scores.masked_fill_(~mask, -math.inf)
    return torch.matmul(torch.softmax(scores, -1), v).transpose(1, 2).reshape(Q.shape[0], Q.shape[1], -1)


def wide_in_double(Q, K, V, num_heads, mask=None):
    q, k, v = (x.double().unflatten(-1, (num_heads, -1)).transpose(1, 2) for x in (Q, K, V))
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -1e9)
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2).to(Q.dtype)


def wide_two_neighbours_per_map(Q, K, V, num_heads, mask=None):
    d_k = Q.shape[-1] // num_heads
    q, k, v = (x.unflatten(-1, (-1, d_k)).transpose(1, 2) for x in (Q, K, V))
    scores = q @ k.mT / math.sqrt(d_k)
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -1e9)
    return (scores.softmax(-1).repeat_interleave(2, dim=1) @ v).transpose(1, 2).flatten(2)


WIDE_ALTERNATIVES = {
    "loop": wide_loop,
    "einsum": wide_einsum,
    "library call": wide_library,
    "in-place": wide_in_place,
    "another dtype inside": wide_in_double,
    "two neighbouring narrow heads per map": wide_two_neighbours_per_map,
}
