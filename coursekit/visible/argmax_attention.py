"""What the lesson on hard attention asks for, and checks of functions that can be redone by hand."""

from __future__ import annotations

from collections.abc import Callable
from math import log, sqrt

import torch
from torch import Tensor

from coursekit.answers.questions import Choice, Number, Vector
from coursekit.boundary import gradients
from coursekit.compare import first_difference, kind_of, require, require_same
from coursekit.visible.report import passed

a_scores = Vector(part="a_scores", variable="scores")
a_index = Number(part="a_index", variable="winner")
a = Vector(part="a", variable="output")
b = Choice(
    part="b",
    variable="effect_on_training",
    options={
        "a": "no part of the network can be trained any more",
        "b": "the gradients explode: they become infinite or undefined",
        "c": "what produces queries and keys gets no signal; what produces the selected value still learns",
        "d": "everything trains as before, as it does with max pooling",
        "e": "training stays as it is; only the cost and the sharpness of the layer change",
    },
)

Layer = Callable[..., Tensor]


def double(rows: object) -> Tensor:
    """Return rows of numbers as a float64 tensor."""
    return torch.tensor(rows, dtype=torch.float64)


def _small() -> tuple[Tensor, Tensor, Tensor]:
    """Return a query of width 2, three keys with the scores 0, 2 and 1, and three values of width 4."""
    values = double([[1, 2, 3], [4, 5, 6], [7, 8, 9], [0, 5, 0]])
    return double([1, 0]), double([[0, 2, 1], [5, 0, 1]]), values


SELECTED = [2, 5, 8, 5]  # the second value of the small example


def _recognised(found: object, known: dict[str, object]) -> str:
    """Return the hint of the known wrong result that was found, or no hint."""
    hints = [hint for hint, wrong in known.items() if first_difference(found, wrong) is None]
    return hints[0] if hints else ""


def hard_attention(function: Layer) -> None:
    """Check `hard_attention` where the scores are 0, 2 and 1, and that only the choice depends on them."""
    found = function(*_small())
    hint = _recognised(
        found,
        {
            "You return a key. Which matrix holds what the layer hands on?": double([2, 0]),
            "This is the value of the first key, whose score is 0.": double([1, 4, 7, 0]),
            "This is the value of the third key. Torch counts from zero.": double([3, 6, 9, 0]),
            "You return a row of V; its values stand in columns.": double([4, 5, 6]),
            "You multiplied the values by their scores; the scores only choose.": double([7, 16, 25, 10]),
        },
    )
    require_same("hard_attention for scores 0, 2 and 1", found, double(SELECTED), hint=hint)
    query, keys, values = _small()
    longer = function(3 * query, keys, values)
    require_same(
        "hard_attention for scores 0, 6 and 3",
        longer,
        double(SELECTED),
        hint="The same key wins when all scores are multiplied by 3. What else depends on them?",
    )
    values[:, 0] = 1000
    elsewhere = function(*_small()[:2], values)
    require_same(
        "hard_attention after the first value was replaced",
        elsewhere,
        double(SELECTED),
        hint="A value that was not selected has no say.",
    )
    passed("hard_attention", hidden=7)


def soft_attention(function: Layer) -> None:
    """Check `soft_attention` for scores 0 and log 3, and where the temperature is very high or very low."""
    query, keys, values = double([1, 0]), double([[0, log(3)], [2, 7]]), double([[0, 1], [4, 8], [6, 6]])
    require_same(
        "soft_attention for scores 0 and log 3, temperature 1",
        function(query, keys, values, 1.0),
        double([3 / 4, 7, 6]),
        hint="exp(0) = 1 and exp(log 3) = 3: the weights are 1/4 and 3/4.",
    )
    found, root = function(query, keys, values, 0.5), sqrt(3) / (1 + sqrt(3))
    hint = (
        _recognised(
            found,
            {
                "Half the temperature should double the scores; yours are halved.": double(
                    [root, 4 + 4 * root, 6]
                ),
                "The temperature has no effect on your output.": double([3 / 4, 7, 6]),
            },
        )
        or "Divided by 1/2, the scores are 0 and 2 log 3 = log 9: the weights are 1/10 and 9/10."
    )
    require_same("soft_attention at temperature 1/2", found, double([9 / 10, 7.6, 6]), hint=hint)
    query, keys, values = _small()
    hot = function(query, keys, values, 1e12)
    require_same(
        "soft_attention at temperature 10^12",
        hot,
        values.mean(dim=1),
        hint="Where all weights are equal, the average is the mean.",
    )
    cold = function(query, keys, values, 1e-3)
    require(
        bool(torch.isfinite(cold).all()),
        "soft_attention at temperature 1/1000 is not a finite number.",
        hint="exp(2000) is too large for a float. Torch has a softmax that knows how to avoid it.",
    )
    require_same("soft_attention at temperature 1/1000", cold, double(SELECTED))
    passed("soft_attention", hidden=5)


Report = dict[str, Tensor | None]


def leaf_gradients(function: Callable[..., Report]) -> None:
    """Check the three entries, that they double with what arrives, and that leaves are copies."""
    upstream = double([1, 10, 100, 1000])
    once, twice = (function(*_small(), scale * upstream) for scale in (1, 2))
    for report in (once, twice):
        _has_three_entries(report)
    for name, leaf in zip(("q", "K", "V"), _small(), strict=True):
        _fits(name, once[name], twice[name], leaf)
    _leaves_the_caller_alone(function, upstream)
    passed("leaf_gradients", hidden=7)


def _leaves_the_caller_alone(function: Callable[..., Report], upstream: Tensor) -> None:
    inputs = _small()
    function(*inputs, upstream)
    untouched = all(torch.equal(now, before) for now, before in zip(inputs, _small(), strict=True))
    require(
        untouched and not any(tensor.requires_grad or tensor.grad is not None for tensor in inputs),
        "after leaf_gradients, the tensors it was given are not as they were before.",
        hint="Make leaves out of copies: a second call would add its gradients to those of the first.",
    )


def _has_three_entries(report: Report) -> None:
    require(
        isinstance(report, dict),
        f"leaf_gradients returned {kind_of(report)}, expected a dict.",
        hint="Such as {'q': ..., 'K': ..., 'V': ...}.",
    )
    found = ", ".join(sorted(map(str, report)))
    require(set(report) == {"q", "K", "V"}, f"the report has the entries {found}, expected q, K and V.")


def _fits(name: str, once: Tensor | None, twice: Tensor | None, leaf: Tensor) -> None:
    if once is None:
        return
    require(
        kind_of(once) == "Tensor",
        f"the entry {name} is of type {kind_of(once)}.",
        hint="An entry is a gradient, or None for a leaf that nothing reached.",
    )
    require(
        once.shape == leaf.shape,
        f"the gradient of {name} has not the shape of {name}.",
        hint="One derivative for each number in the leaf.",
    )
    doubles = first_difference(twice, 2 * once) is None
    require(
        doubles,
        f"the gradient of {name} does not double when `upstream` does.",
        hint="Does the backward pass start from `upstream`?",
    )


def straight_through(function: Layer) -> None:
    """Check that the output is hard, that the query hears about it, and that V learns where it was read."""
    require_same(
        "straight_through for scores 0, 2 and 1",
        function(*_small(), 1.0),
        double(SELECTED),
        hint="Going forward, this is hard attention, whatever the temperature.",
    )
    of_query, _, of_values = gradients(function, (*_small(), 1.0), double([1, 1, 1, 1]))
    require(
        of_query is not None and bool(of_query.abs().max() > 0),
        "no gradient arrives at the query.",
        hint="Going back, the soft weights stand in for the hard ones: they have to be part of the sum.",
    )
    read = double([[0, 1, 0]] * 4)
    require_same(
        "the gradient of V, when ones arrive at the output,",
        of_values,
        read,
        hint="Going forward one value was read, so that one alone should learn.",
    )
    passed("straight_through", hidden=6)
