"""Wrong and right answers to the exercises on scores and entropy, written as a student would write them."""

from __future__ import annotations

import torch

from utils.checks.check import Mistake


def scores_unscaled(query, key):
    return query @ key.transpose(-2, -1)


def scores_linear(query, key):
    return query @ key.transpose(-2, -1) / query.shape[-1]


def scores_multiplied(query, key):
    return query @ key.transpose(-2, -1) * query.shape[-1] ** 0.5


def scores_key_count(query, key):
    return query @ key.transpose(-2, -1) / key.shape[-2] ** 0.5


def scores_query_count(query, key):
    return query @ key.transpose(-2, -1) / query.shape[-2] ** 0.5


def scores_transposed(query, key):
    return key @ query.transpose(-2, -1) / query.shape[-1] ** 0.5


def scores_softmax(query, key):
    return (query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5).softmax(-1)


def scores_cosine(query, key):
    return torch.nn.functional.normalize(query, dim=-1) @ torch.nn.functional.normalize(
        key, dim=-1
    ).transpose(-2, -1)


SCORES_MISTAKES = [
    Mistake(
        "A1c-no-change", scores_unscaled, "These are the raw dot products; their variance still grows with d."
    ),
    Mistake(
        "A1c-linear",
        scores_linear,
        "With this divisor the variance falls below one as d grows. What does a divisor do to a variance?",
    ),
    Mistake("A1c-multiplier", scores_multiplied, "The scores got larger. Does s multiply or divide?"),
    Mistake(
        "A1c-key-count",
        scores_key_count,
        "You divide by the root of the number of keys; how many terms does one dot product have?",
    ),
    Mistake(
        "A1c-model-width", scores_query_count, "The divisor should not depend on how many queries are asked."
    ),
    Mistake("A1c-transposed", scores_transposed, "One row per query, one column per key."),
    Mistake("A1c-softmax", scores_softmax, "The scores are asked for, before the softmax."),
    Mistake(
        "A1c-cosine",
        scores_cosine,
        "You divide by the lengths of the vectors drawn, not by a number that depends on d alone.",
    ),
]


def scores_einsum(query, key):
    return torch.einsum("...nd,...md->...nm", query, key) / query.shape[-1] ** 0.5


def scores_loop(query, key):
    rows = [(query[..., i, None, :] * key).sum(-1) for i in range(query.shape[-2])]
    return torch.stack(rows, dim=-2) / query.shape[-1] ** 0.5


def scores_scaled_query(query, key):
    return torch.matmul(query * query.shape[-1] ** -0.5, key.mT)


def scores_in_place(query, key):
    scores = query @ key.mT
    scores /= query.shape[-1] ** 0.5
    return scores


def scores_in_double(query, key):
    return (query.double() @ key.double().mT / query.shape[-1] ** 0.5).to(query.dtype)


SCORES_ALTERNATIVES = {
    "einsum": scores_einsum,
    "loop": scores_loop,
    "library call": scores_scaled_query,
    "in-place": scores_in_place,
    "in double precision": scores_in_double,
}


def entropy_bits(scores):
    return -(scores.softmax(-1) * scores.log_softmax(-1)).sum(-1) / torch.log(
        torch.tensor(2.0, dtype=scores.dtype)
    )


def entropy_sign(scores):
    return (scores.softmax(-1) * scores.log_softmax(-1)).sum(-1)


def entropy_mean(scores):
    return -(scores.softmax(-1) * scores.log_softmax(-1)).mean(-1)


def entropy_nan(scores):
    weights = scores.softmax(-1)
    return -(weights * weights.log()).sum(-1)


def entropy_epsilon(scores):
    weights = scores.softmax(-1)
    return -(weights * (weights + 1e-6).log()).sum(-1)


def entropy_first_axis(scores):
    return -(scores.softmax(0) * scores.log_softmax(0)).sum(0)


def entropy_of_scores(scores):
    return -(scores.softmax(-1) * scores).sum(-1)


def entropy_cross(scores):
    return -scores.log_softmax(-1).mean(-1)


def entropy_total(scores):
    return -(scores.softmax(-1) * scores.log_softmax(-1)).sum()


def entropy_perplexity(scores):
    return (-(scores.softmax(-1) * scores.log_softmax(-1)).sum(-1)).exp()


def entropy_overflow(scores):
    grown = scores.exp()
    weights = grown / grown.sum(-1, keepdim=True)
    return -(weights * weights.log()).sum(-1)


def entropy_nan_row_to_zero(scores):
    weights = scores.softmax(-1)
    return torch.nan_to_num(-(weights * weights.log()).sum(-1))


def entropy_clamped_scores(scores):
    scores = scores.clamp(-50, 50)
    return -(scores.softmax(-1) * scores.log_softmax(-1)).sum(-1)


ENTROPY_MISTAKES = [
    Mistake("A1e-bits", entropy_bits, "This is in bits; the lesson counts in nats, the natural logarithm."),
    Mistake("A1e-sign", entropy_sign, "An entropy is not negative."),
    Mistake("A1e-mean", entropy_mean, "The weights already add up to one: sum, do not average."),
    Mistake(
        "A1e-nan",
        entropy_nan,
        "A weight that underflows to 0 has no logarithm. Take the logarithm before the exponential.",
    ),
    Mistake(
        "A1e-epsilon",
        entropy_epsilon,
        "A constant inside the logarithm shifts every entropy a little; there is a way without it.",
    ),
    Mistake("A1e-first-axis", entropy_first_axis, "The keys lie along the last axis."),
    Mistake(
        "A1e-no-normaliser",
        entropy_of_scores,
        "A score is not the logarithm of a weight until it is normalised.",
    ),
    Mistake(
        "A1e-cross", entropy_cross, "Each log weight counts in proportion to its own weight, not equally."
    ),
    Mistake("A1e-total", entropy_total, "One entropy per row is asked for."),
    Mistake(
        "A1e-overflow",
        entropy_overflow,
        "exp(1000) is infinite. Which number can be taken from all scores of a row and change no weight?",
    ),
    Mistake(
        "A1e-row-to-zero",
        entropy_nan_row_to_zero,
        "One weight without a logarithm turns the whole row to nan, and you make all of that row 0.",
    ),
    Mistake(
        "A1e-clamped",
        entropy_clamped_scores,
        "You moved the scores; two large ones that differ must stay different.",
    ),
    Mistake(
        "A1e-perplexity",
        entropy_perplexity,
        "You return the effective number of keys; its logarithm is asked for.",
    ),
]


def entropy_logsumexp(scores):
    return torch.logsumexp(scores, -1) - (scores.softmax(-1) * scores).sum(-1)


def entropy_library(scores):
    return torch.distributions.Categorical(logits=scores).entropy()


def entropy_entr(scores):
    return torch.special.entr(scores.softmax(-1)).sum(-1)


def entropy_loop(scores):
    log_weights = scores - scores.logsumexp(-1, keepdim=True)
    total = 0 * log_weights[..., 0]
    for i in range(scores.shape[-1]):
        total = total - log_weights[..., i].exp() * log_weights[..., i]
    return total


def entropy_skipping_zeros(scores):
    weights = scores.softmax(-1)
    return -torch.where(weights > 0, weights * weights.log(), torch.zeros_like(weights)).sum(-1)


def entropy_in_place(scores):
    log_weights = scores.log_softmax(-1)
    terms = log_weights.exp()
    terms = terms.mul(log_weights)
    result = terms.sum(-1)
    return result.neg_()


def entropy_in_double(scores):
    wide = scores.double().log_softmax(-1)
    return -(wide.exp() * wide).sum(-1).to(scores.dtype)


ENTROPY_ALTERNATIVES = {
    "log-sum-exp": entropy_logsumexp,
    "library call": entropy_library,
    "library call entr": entropy_entr,
    "loop": entropy_loop,
    "skipping zeros": entropy_skipping_zeros,
    "in-place": entropy_in_place,
    "in double precision": entropy_in_double,
}
