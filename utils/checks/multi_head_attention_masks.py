"""Wrong and right answers to `attention_mask`, written as a student would write them."""

# The functions can be pasted into a notebook as they stand, so they carry no annotations and share no code.

from __future__ import annotations

import math

import torch

from utils.checks.check import Mistake


def mask_inverted(lengths, n):
    i = torch.arange(n)
    hidden = (i[None, :] > i[:, None]) | (i >= lengths[:, None])[:, None]
    return hidden[:, None]


def mask_transposed(lengths, n):
    i = torch.arange(n)
    return ((i[None, :] >= i[:, None]) & (i < lengths[:, None])[:, None])[:, None]


def mask_strict(lengths, n):
    i = torch.arange(n)
    return ((i[None, :] < i[:, None]) & (i < lengths[:, None])[:, None])[:, None]


def mask_one_ahead(lengths, n):
    i = torch.arange(n)
    return ((i[None, :] <= i[:, None] + 1) & (i < lengths[:, None])[:, None])[:, None]


def mask_no_padding(lengths, n):
    causal = torch.ones(n, n).tril().bool()
    return causal.expand(len(lengths), 1, n, n)


def mask_only_padding(lengths, n):
    words = torch.arange(n) < lengths[:, None]
    return words[:, None, None].expand(-1, 1, n, n)


def mask_padded_queries(lengths, n):
    i = torch.arange(n)
    words = i < lengths[:, None]
    return ((i[None, :] <= i[:, None]) & words[:, :, None])[:, None]


def mask_length_included(lengths, n):
    i = torch.arange(n)
    return ((i[None, :] <= i[:, None]) & (i <= lengths[:, None])[:, None])[:, None]


def mask_either(lengths, n):
    i = torch.arange(n)
    return ((i[None, :] <= i[:, None]) | (i < lengths[:, None])[:, None])[:, None]


def mask_pads_first(lengths, n):
    i = torch.arange(n)
    return ((i[None, :] <= i[:, None]) & (i >= n - lengths[:, None])[:, None])[:, None]


def mask_without_head_axis(lengths, n):
    i = torch.arange(n)
    return (i[None, :] <= i[:, None]) & (i < lengths[:, None])[:, None]


def mask_head_axis_inside(lengths, n):
    i = torch.arange(n)
    return ((i[None, :] <= i[:, None]) & (i < lengths[:, None])[:, None])[:, :, None]


def mask_to_add(lengths, n):
    i = torch.arange(n)
    seen = (i[None, :] <= i[:, None]) & (i < lengths[:, None])[:, None]
    return torch.zeros(seen.shape).masked_fill(~seen, -math.inf)[:, None]


MASK_MISTAKES = [
    Mistake(
        "A3-mask-inverted",
        mask_inverted,
        "Every entry is the opposite of what it should be: what does True mean?",
    ),
    Mistake(
        "A3-mask-transposed",
        mask_transposed,
        "Your words see what comes after them: which axis is the query?",
    ),
    Mistake(
        "A3-mask-strict",
        mask_strict,
        "A word may look at itself too; now the first word has nothing to look at.",
    ),
    Mistake(
        "A3-mask-one-ahead",
        mask_one_ahead,
        "Each word sees one too many; compare the last two entries of row 0.",
    ),
    Mistake(
        "A3-mask-no-padding",
        mask_no_padding,
        "Every sequence gets the same mask. Where does its length enter?",
    ),
    Mistake("A3-mask-only-padding", mask_only_padding, "Nobody looks at padding, but everybody looks ahead."),
    Mistake(
        "A3-mask-padded-queries",
        mask_padded_queries,
        "You stop the pads from looking; they should not be looked at.",
    ),
    Mistake(
        "A3-mask-length-included",
        mask_length_included,
        "A sequence of L words has its last one at which position?",
    ),
    Mistake(
        "A3-mask-either", mask_either, "A key must pass both rules to be seen; one of them is enough for you."
    ),
    Mistake(
        "A3-mask-pads-first",
        mask_pads_first,
        "The words stand at the front here, and the padding behind them.",
    ),
    Mistake(
        "A3-mask-head-axis-missing",
        mask_without_head_axis,
        "Count the axes: scores have one for heads as well.",
    ),
    Mistake(
        "A3-mask-head-axis-inside",
        mask_head_axis_inside,
        "The axis of length 1 stands where scores have their heads.",
    ),
    Mistake("A3-mask-to-add", mask_to_add, "This one is for adding to the scores; a yes or no is asked for."),
]


def mask_loop(lengths, n):
    seen = torch.zeros(len(lengths), 1, n, n, dtype=torch.bool)
    for s, length in enumerate(lengths.tolist()):
        for i in range(n):
            seen[s, 0, i, : min(i + 1, length)] = True
    return seen


def mask_einsum(lengths, n):
    words = (torch.arange(n) < lengths[:, None]).double()
    causal = torch.ones(n, n, dtype=torch.double).tril()
    return torch.einsum("i j, b j -> b i j", causal, words).unsqueeze(1) > 0


def mask_library(lengths, n):
    future = torch.nn.Transformer.generate_square_subsequent_mask(n) < 0
    words = [torch.ones(int(k)) for k in lengths]
    real = torch.nn.utils.rnn.pad_sequence([*words, torch.ones(n)], batch_first=True)[:-1].bool()
    return torch.logical_and(~future, real[:, None, None])


def mask_in_place(lengths, n):
    seen = torch.ones(len(lengths), 1, n, n, dtype=torch.bool).tril_()
    for s in range(len(lengths)):
        seen[s, :, :, int(lengths[s]) :] = False
    return seen


def mask_through_int8(lengths, n):
    causal = torch.tril(torch.ones(n, n, dtype=torch.int8))
    words = torch.lt(torch.arange(n)[None], lengths[:, None]).to(torch.int8)
    return (causal * words.view(-1, 1, 1, n)).to(torch.bool)


def mask_by_smaller_bound(lengths, n):
    i = torch.arange(n)
    last = torch.minimum(i[None, :], lengths[:, None] - 1)
    return (i <= last[:, :, None]).unsqueeze(1)


MASK_ALTERNATIVES = {
    "loop": mask_loop,
    "einsum": mask_einsum,
    "library call": mask_library,
    "in-place": mask_in_place,
    "another dtype inside": mask_through_int8,
    "last key seen": mask_by_smaller_bound,
}
