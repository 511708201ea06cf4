"""Visible checks of the lesson on decoding one token at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from coursekit.answers.questions import BigO, Choice, Einsum, Formula, Number, Vector
from coursekit.compare import first_difference, require, require_same
from coursekit.visible.report import passed

SIZES = ["b", "d", "h", "n", "q", "k", "v"]
SAME_WIDTH = ["h <= d", "q ~ d/h", "k ~ d/h", "v ~ d/h"]

a = Choice(part="a", variable="shape_W_q", options={"A": "[d, q]", "B": "[h, q]", "C": "[h, d, q]"})
b = Choice(part="b", variable="shape_W_k", options={"A": "[h, k]", "B": "[d, k]", "C": "[h, d, k]"})
# The shapes of the weights are what a and b ask for, so here the operands of c, d and e have names alone.
c = Einsum(part="c", variable="equation_q", shapes={"x": (), "W_q": ()})
d = Einsum(part="d", variable="equation_k", shapes={"x": (), "W_k": ()})
e = Einsum(part="e", variable="equation_v", shapes={"x": (), "W_v": ()})
debug_logits = Einsum(
    part="debug_logits", variable="equation_logits", shapes={"q": (2, 3, 4), "new_K": (2, 6, 4)}
)
debug_output = Einsum(
    part="debug_output", variable="equation_o", shapes={"weights": (2, 3, 6), "new_V": (2, 6, 7)}
)
debug_y = Einsum(part="debug_y", variable="equation_y", shapes={"o": (2, 3, 7), "W_o": (3, 7, 12)})
f = BigO(part="f", variable="compute", constraints=SAME_WIDTH, variables=SIZES)
g = BigO(part="g", variable="memory_access", constraints=SAME_WIDTH, variables=SIZES)
f_exact = Formula(part="f_exact", variable="multiply_adds", variables=["b", "d", "h", "n"])
intensity = Number(part="intensity", variable="limit_multi_head")
intensity_shared = Formula(part="intensity_shared", variable="limit_multi_query", variables=["b", "d", "h"])
cache_formula = Formula(
    part="cache_formula", variable="cache_bytes", variables=["L", "b", "n", "g", "k", "w"]
)
cache_size = Vector(part="cache_size", variable="cache_mebibytes", unit="MiB")
loop_cost_keys = Vector(part="loop_cost_keys", variable="key_projections")
loop_cost_scores = Vector(part="loop_cost_scores", variable="score_products")

RESULTS = ("y", "new_K", "new_V")
Step = Callable[..., tuple[Tensor, Tensor, Tensor]]


def draw(*shape: int, seed: int = 0) -> Tensor:
    """Return random float64 numbers, the same for the same shape and seed."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def multi_query_step(step: Step) -> None:
    """Check a step where identity weights make the result plain: no past, equal scores, one of log 2."""
    _without_a_past(step)
    _with_equal_scores(step)
    _with_one_larger_score(step)
    passed("multi_query_step", hidden=4)


def _identity_weights(width: int, heads: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Weights that make query, key and value equal to x, and the output the average over the heads."""
    one = torch.eye(width, dtype=torch.float64)
    return one.repeat(heads, 1, 1), one, one, one.repeat(heads, 1, 1) / heads


def _three(results: Any) -> tuple[Tensor, Tensor, Tensor]:
    several = hasattr(results, "__len__") and not hasattr(results, "shape")
    require(
        several and len(results) == len(RESULTS),
        "multi_query_step does not return three results.",
        hint="It returns the output and both new caches: return y, new_K, new_V.",
    )
    y, new_K, new_V = results
    return y, new_K, new_V


def _without_a_past(step: Step) -> None:
    x, nothing = draw(2, 4), torch.empty(2, 0, 4, dtype=torch.float64)
    y, new_K, new_V = _three(step(x.clone(), nothing, nothing.clone(), *_identity_weights(4, 3)))
    what = "with an empty cache and identity weights, "
    require_same(what + "new_K", new_K, x[:, None], hint="The first key in the cache is the new token's own.")
    require_same(
        what + "new_V", new_V, x[:, None], hint="The first value in the cache is the new token's own."
    )
    require_same(what + "y", y, x, hint="There is one place to look, the new token itself.")


def _with_equal_scores(step: Step) -> None:
    x, past = draw(2, 4), draw(2, 3, 4, seed=1)
    W_q, W_k, W_v, W_o = _identity_weights(4, 5)
    y, new_K, new_V = _three(step(x.clone(), past.clone(), past.clone(), 0 * W_q, W_k, W_v, W_o))
    everything = torch.cat([past, x[:, None]], dim=1)
    hint = ""
    if first_difference(y, past.mean(dim=1)) is None:
        hint = "You averaged the past alone; the new token may look at itself too."
    require_same(
        "when every score is 0, y (the average of all four values)", y, everything.mean(dim=1), hint=hint
    )
    require_same("new_K", new_K, everything, hint="The new key goes behind the old ones.")
    require_same("new_V", new_V, everything, hint="The new value goes behind the old ones.")


def _with_one_larger_score(step: Step) -> None:
    """The past has keys of zero, so its scores are 0; the new token's own score is x·x = log 2."""
    x = torch.tensor([[1.0, -1.0, 0.0, 0.0]] * 2, dtype=torch.float64) * math.sqrt(math.log(2) / 2)
    past_V = draw(2, 2, 4, seed=2)
    y, _, _ = _three(step(x.clone(), torch.zeros_like(past_V), past_V.clone(), *_identity_weights(4, 3)))
    expected = x / 2 + past_V.sum(dim=1) / 4
    hint = "A score is the sum over k of q[k] times key[k]."
    if first_difference(y, (math.sqrt(2) * x + past_V.sum(dim=1)) / (2 + math.sqrt(2))) is None:
        hint = "The listing of this step has no factor 1/sqrt(k); see the remark under the first step."
    require_same("with scores 0, 0 and log 2 (weights 1/4, 1/4, 1/2), y", y, expected, hint=hint)


def step_intensity(function: Callable[[int, int, int, int, int], float]) -> None:
    """Check the count where every size is 1, and the order of the variants for a long cache."""
    require_same(
        "step_intensity(1, 1, 1, 1, 0), six products and ten numbers,",
        function(1, 1, 1, 1, 0),
        0.6,
        hint="Write down the ten numbers: four weights, two in the caches, and x, q, o and y.",
    )
    many, few = function(8, 64, 16, 16, 100_000), function(8, 64, 16, 1, 100_000)
    require(
        few > many,
        "For a long cache, 16 key heads came out at least as intense as a single one.",
        hint="Which of the two has more numbers to read?",
    )
    passed("step_intensity", hidden=4)


def grouped_query(function: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
    """Check which key head a query head reads and the mask, by equal scores; the scale, by a known weight."""
    v = draw(2, 2, 3, 5)
    out = function(draw(2, 4, 3, 4, seed=1), torch.zeros(2, 2, 3, 4, dtype=torch.float64), v.clone())
    average = v.cumsum(dim=2) / torch.arange(1, 4, dtype=torch.float64)[:, None]
    _heads_share_with_neighbours(out, average)
    _one_weight_of_three_quarters(function)
    passed("grouped_query", hidden=4)


def _heads_share_with_neighbours(out: Tensor, average: Tensor) -> None:
    hint = (
        "Position 0 sees itself, position 1 sees positions 0 and 1, and with equal scores they count alike."
    )
    if first_difference(out, average[:, [0, 1, 0, 1]]) is None:
        hint = "Your heads read key heads 0, 1, 0, 1; here neighbours share, 0, 0, 1, 1."
    require_same(
        "with keys of zero, 4 query heads and 2 key heads, the running average of the values",
        out,
        average[:, [0, 0, 1, 1]],
        hint=hint,
    )


def _one_weight_of_three_quarters(function: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
    q = torch.full((2, 4, 2, 4), math.log(3) / 2, dtype=torch.float64)
    k = torch.stack([torch.zeros(2, 2, 4), torch.ones(2, 2, 4)], dim=2).double()
    v = torch.stack([torch.zeros(2, 2, 5), torch.ones(2, 2, 5)], dim=2).double()
    out = function(q, k, v)
    expected = torch.full((2, 4, 5), 0.75, dtype=torch.float64)
    require_same(
        "where q·k is 0 and 2 log 3 and k = 4, the last row (weights 1/4 and 3/4)",
        out[:, :, 1],
        expected,
        hint="This attention has the factor 1/sqrt(k), and k counts the channels of one head.",
    )


def decode(function: Callable[..., Tensor]) -> None:
    """Check a loop by equal scores, where outputs are running averages; no output knows the future."""
    x, P = draw(2, 4, 5), draw(7, 5, seed=1)
    one = torch.eye(5, dtype=torch.float64).repeat(3, 1, 1)
    out = function(x.clone(), P.clone(), 0 * one, one, one, one / 3)
    entered = x + P[:4]
    average = entered.cumsum(dim=1) / torch.arange(1, 5, dtype=torch.float64)[:, None]
    require_same(
        "when every score is 0, the outputs (running averages of x + P)",
        out,
        average,
        hint=_hint_for_loop(out, x, P),
    )
    changed = x.clone()
    changed[:, -1] += 1
    weights = [draw(3, 5, 5, seed=seed) for seed in range(2, 6)]
    before, after = function(x, P, *weights), function(changed, P, *weights)
    require_same(
        "after a change of the last token, the earlier outputs",
        after[:, :-1],
        before[:, :-1],
        hint="Only the last output may know the last token.",
    )
    passed("decode", hidden=8)


def _hint_for_loop(out: Any, x: Tensor, P: Tensor) -> str:
    counts = torch.arange(1, 5, dtype=torch.float64)[:, None]
    known = {
        "Every token entered with the position of the first one.": (x + P[0]).cumsum(dim=1) / counts,
        "The first token has position 0.": (x + P[1:5]).cumsum(dim=1) / counts,
        "No position was added to the tokens.": x.cumsum(dim=1) / counts,
        "Each token saw itself alone: do the new caches reach the next step?": x + P[:4],
    }
    return next((hint for hint, wrong in known.items() if first_difference(out, wrong) is None), "")
