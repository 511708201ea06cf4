"""Wrong and right hard and soft attention layers, as a student writes them.

Each function uses only what the first cell of the notebook imports, so that its source can be pasted there.
"""

# Student code carries no annotations.
# ruff: noqa: D103 - each function is one answer; the table that names it says what it is

from __future__ import annotations

import torch
import torch.nn.functional as F

from utils.checks.check import Mistake

# ----------------------------------------------------------------------------------- hard_attention(q, K, V)


def hard_softmax(q, K, V):
    return V @ (q @ K).softmax(dim=0)


def hard_score(q, K, V):
    return (q @ K).max()


def hard_index(q, K, V):
    return (q @ K).argmax()


def hard_key(q, K, V):
    return K[:, (q @ K).argmax()]


def hard_value_row(q, K, V):
    return V[(q @ K).argmax()]


def hard_rows_as_keys(q, K, V):
    return V[:, (K @ q).argmax()]


def hard_raw_weights(q, K, V):
    return V @ (q @ K)


def hard_by_size(q, K, V):
    return V[:, (q @ K).abs().argmax()]


def hard_worst_key(q, K, V):
    return V[:, (q @ K).argmin()]


def hard_by_angle(q, K, V):
    return V[:, F.cosine_similarity(q[:, None], K, dim=0).argmax()]


def hard_without_the_last(q, K, V):
    return V[:, (q @ K)[:-1].argmax()]


def hard_longest_key(q, K, V):
    return V[:, K.norm(dim=0).argmax()]


def hard_nearest_key(q, K, V):
    return V[:, (K - q[:, None]).norm(dim=0).argmin()]


def hard_one_based(q, K, V):
    return V[:, (q @ K).argmax() + 1]


def hard_keeps_axis(q, K, V):
    winner = (q @ K).argmax()
    return V[:, winner : winner + 1]


def hard_weighted_winner(q, K, V):
    scores = q @ K
    return V[:, scores.argmax()] * scores.max()


def hard_cut_off(q, K, V):
    return V[:, (q @ K).argmax()].detach()


def hard_max_pooling(q, K, V):
    best = (q @ K).max()
    return V[:, (q @ K).argmax()] * (best / best.detach())


def hard_soft_backward(q, K, V):
    soft = (q @ K).softmax(dim=0)
    hard = F.one_hot(soft.argmax(), K.shape[1]).to(soft)
    return V @ (soft + (hard - soft).detach())


HARD_MISTAKES = [
    Mistake("A2a-softmax", hard_softmax, "All values take part in your output. How many should?"),
    Mistake("A2a-score", hard_score, "You return how well the best key fits. What does the layer hand on?"),
    Mistake("A2a-index", hard_index, "You found where the best key stands. What stands at that place in V?"),
    Mistake("A2a-key", hard_key, "Keys are there to be compared with. From which matrix is the result read?"),
    Mistake("A2a-value-row", hard_value_row, "Is one value a row or a column of V? Count its entries."),
    Mistake("A2a-rows-as-keys", hard_rows_as_keys,
            "Along which axis of K does one key lie? It is as long as q."),
    Mistake("A2a-raw-weights", hard_raw_weights, "Scores choose a value here; they do not multiply values."),
    Mistake("A2a-by-size", hard_by_size, "Is a score of -6 a better fit than a score of 2?"),
    Mistake("A2a-worst-key", hard_worst_key, "Does a large score mean a good fit or a bad one?"),
    Mistake("A2a-by-angle", hard_by_angle, "Does making a key twice as long change its score?"),
    Mistake("A2a-longest-key", hard_longest_key, "Does your choice of a key depend on the query at all?"),
    Mistake("A2a-nearest-key", hard_nearest_key, "You compare by distance. By what does the text compare?"),
    Mistake("A2a-index-base", hard_one_based, "From which number does torch count?"),
    Mistake("A2a-without-the-last", hard_without_the_last,
            "Does every key take part, the one at the end as well?"),
    Mistake("A2a-keeps-axis", hard_keeps_axis,
            "The axis of the keys should be gone: one value has one axis."),
    Mistake("A2a-weighted-winner", hard_weighted_winner, "The right value, but is it handed on unchanged?"),
    Mistake("A2b-nothing-trains", hard_cut_off,
            "Nothing at all trains through your layer. Is copying a number a reason to cut the graph?"),
    Mistake("A2b-like-max", hard_max_pooling,
            "In your layer the winning score is part of the output; in ours it only chooses."),
    Mistake("A2b-surrogate", hard_soft_backward,
            "Going back, your layer pretends to be soft. That comes later; here nothing is pretended."),
]


def hard_einsum(q, K, V):
    winner = torch.einsum("d, d m -> m", q, K).argmax()
    return torch.einsum("v m, m -> v", V, F.one_hot(winner, K.shape[1]).to(V.dtype))


def hard_loop(q, K, V):
    best, found = None, None
    for m in range(K.shape[1]):
        score = sum(float(a) * float(b) for a, b in zip(q, K[:, m], strict=True))
        if best is None or score > best:
            best, found = score, V[:, m]
    return found


def hard_library(q, K, V):
    winner = torch.topk(torch.mv(K.T, q), k=1).indices
    return torch.index_select(V, 1, winner).squeeze(1)


def hard_in_place(q, K, V):
    scores = (q.detach()[:, None] * K.detach()).sum(dim=0)
    scores.div_(len(q) ** 0.5)
    weights = torch.zeros_like(scores)
    weights[scores.argmax()] = 1
    return V @ weights


def hard_in_double(q, K, V):
    winner = int((q.double() @ K.double()).argmax())
    return V.double()[:, winner].to(V.dtype)


def hard_sorted(q, K, V):
    order = (q @ K).argsort(descending=True)
    return V.T[order][0]


HARD_ALTERNATIVES = {
    "einsum with one weight of 1": hard_einsum,
    "a loop over the keys": hard_loop,
    "topk and index_select": hard_library,
    "scaled scores, weights written in place": hard_in_place,
    "another dtype inside": hard_in_double,
    "sorted by score": hard_sorted,
}

# ----------------------------------------------------------------------- soft_attention(q, K, V, temperature)


def soft_ignores_temperature(q, K, V, temperature):
    return V @ (q @ K).softmax(dim=0)


def soft_multiplies(q, K, V, temperature):
    return V @ (q @ K * temperature).softmax(dim=0)


def soft_root_of_width(q, K, V, temperature):
    return V @ (q @ K / len(q) ** 0.5).softmax(dim=0)


def soft_both_divisors(q, K, V, temperature):
    return V @ (q @ K / (len(q) ** 0.5 * temperature)).softmax(dim=0)


def soft_root_of_temperature(q, K, V, temperature):
    return V @ (q @ K / temperature**0.5).softmax(dim=0)


def soft_divides_weights(q, K, V, temperature):
    return V @ ((q @ K).softmax(dim=0) / temperature)


def soft_not_normalised(q, K, V, temperature):
    return V @ (q @ K / temperature).exp()


def soft_overflows(q, K, V, temperature):
    parts = (q @ K / temperature).exp()
    return V @ (parts / parts.sum())


def soft_no_exp(q, K, V, temperature):
    parts = q @ K / temperature
    return V @ (parts / parts.sum())


def soft_log_weights(q, K, V, temperature):
    return V @ (q @ K / temperature).log_softmax(dim=0)


def soft_sigmoid(q, K, V, temperature):
    return V @ (q @ K / temperature).sigmoid()


def soft_is_hard(q, K, V, temperature):
    return V[:, (q @ K / temperature).argmax()]


def soft_reversed(q, K, V, temperature):
    return V @ (-(q @ K) / temperature).softmax(dim=0)


def soft_averages_keys(q, K, V, temperature):
    return K @ (q @ K / temperature).softmax(dim=0)


def soft_weights_only(q, K, V, temperature):
    return (q @ K / temperature).softmax(dim=0)


def soft_rows_as_keys(q, K, V, temperature):
    return V @ (K @ q / temperature).softmax(dim=0)


def soft_single_precision(q, K, V, temperature):
    return V.float() @ (q.float() @ K.float() / temperature).softmax(dim=0)


def soft_weights_cut_off(q, K, V, temperature):
    return V @ (q @ K / temperature).softmax(dim=0).detach()


SOFT_MISTAKES = [
    Mistake("A2a-temperature-ignored", soft_ignores_temperature,
            "Your output is the same at every temperature."),
    Mistake("A2a-temperature-multiplies", soft_multiplies,
            "As you lower the temperature, your weights get more even. Which way should they go?"),
    Mistake("A2a-root-of-width", soft_root_of_width,
            "What divides the scores in this formula, and is it an argument?"),
    Mistake("A2a-two-divisors", soft_both_divisors,
            "The scores are divided once too often: compare with the formula."),
    Mistake("A2a-root-of-temperature", soft_root_of_temperature,
            "Is it the temperature that divides, or a function of it?"),
    Mistake("A2a-weights-divided", soft_divides_weights,
            "Add up your weights. At which point does the temperature enter?"),
    Mistake("A2a-overflow", soft_overflows,
            "When it is cold, exp leaves the range of a float. Which shift of the scores is harmless?"),
    Mistake("A2a-not-normalised", soft_not_normalised, "An average of equal values is that value. Is yours?"),
    Mistake("A2a-no-exp", soft_no_exp, "Can one of your weights be negative?"),
    Mistake("A2a-log-weights", soft_log_weights,
            "All your weights are negative. Are they weights, or their logarithms?"),
    Mistake("A2a-sigmoid", soft_sigmoid,
            "Each of your weights ignores the other keys. What should they add up to?"),
    Mistake("A2a-still-hard", soft_is_hard,
            "At any temperature your output is one single value. Should it be?"),
    Mistake("A2a-reversed", soft_reversed, "Which key should get the largest weight?"),
    Mistake("A2a-key", soft_averages_keys, "You average the things compared with. What should be averaged?"),
    Mistake("A2a-weights-only", soft_weights_only, "These are the weights. What do they weigh?"),
    Mistake("A2a-rows-as-keys", soft_rows_as_keys, "One key is as long as q. Which axis of K is that?"),
    Mistake("A2a-single-precision", soft_single_precision, "Return the dtype that you were given."),
    Mistake("A2b-weights-cut-off", soft_weights_cut_off,
            "Soft weights are smooth in q and K. What stops the gradient on its way back to them?"),
]


def soft_einsum(q, K, V, temperature):
    exponents = torch.einsum("d, d m -> m", q, K).div(temperature)
    return torch.einsum("v m, m -> v", V, torch.softmax(exponents, 0))


def soft_loop(q, K, V, temperature):
    exponents = [(q * K[:, m]).sum() / temperature for m in range(K.shape[1])]
    largest = max(float(x) for x in exponents)
    parts = [(x - largest).exp() for x in exponents]
    output = torch.zeros_like(V[:, 0])
    for m, part in enumerate(parts):
        output = output + part / sum(parts) * V[:, m]
    return output


def soft_library(q, K, V, temperature):
    output = F.scaled_dot_product_attention(q[None, None], K.T[None], V.T[None], scale=1 / temperature)
    return output[0, 0]


def soft_in_place(q, K, V, temperature):
    weights = q @ K
    weights = weights.div_(temperature)
    weights = weights.sub_(weights.detach().max()).exp()
    return (V @ weights).div_(weights.sum())


def soft_in_double(q, K, V, temperature):
    weights = F.softmax(q.double() @ K.double() / temperature, dim=-1)
    return (V.double() * weights).sum(dim=1).to(V.dtype)


def soft_logsumexp(q, K, V, temperature):
    exponents = (q / temperature) @ K
    return (exponents - exponents.logsumexp(dim=0)).exp() @ V.T


SOFT_ALTERNATIVES = {
    "einsum": soft_einsum,
    "a loop over the keys": soft_loop,
    "a library call": soft_library,
    "in place on its own numbers": soft_in_place,
    "another dtype inside": soft_in_double,
    "logsumexp, temperature in the query": soft_logsumexp,
}
