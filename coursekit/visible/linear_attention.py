"""What the lesson on linear attention asks for, and checks of functions that can be redone by hand."""

from collections.abc import Callable
from math import e, pi, sqrt

import torch
from torch import Tensor

from coursekit.answers.questions import BigO, Choice, Formula, Number
from coursekit.boundary import gradients
from coursekit.compare import WrongAnswer, require, require_same
from coursekit.visible.report import passed

gaussian_identity = Formula(
    part="gaussian_identity", variable="gaussian_factor", variables=["q", "k", "D"], vectors=["q", "k"]
)
cancels = Choice(
    part="cancels",
    variable="cancelling_factor",
    options={
        "a": "the factor that depends on the query",
        "b": "the factor that depends on the key",
        "c": "both factors",
        "d": "neither factor",
    },
)
variance = Formula(part="variance", variable="direction_variance", variables=["sigma"])
cost_features = BigO(
    part="cost_features", variable="feature_attention_cost", variables=["N", "D", "D_r", "M"]
)
causal_time = BigO(part="causal_time", variable="recurrence_cost", variables=["N", "C", "M"])
causal_state = BigO(part="causal_state", variable="memory_cost", variables=["N", "C", "M"])
state_size = Number(part="state_size", variable="memory_numbers")
crossover = Number(part="crossover", variable="first_larger_position")
chunked_cost = BigO(
    part="chunked_cost", variable="chunk_cost", variables=["N", "L", "C", "M"], constraints=["L <= N"]
)

Function = Callable[..., Tensor]


def _double(rows: object) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def _drawn(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)


def _close(left: Tensor, right: Tensor) -> bool:
    same_shape = getattr(left, "shape", None) == right.shape
    return same_shape and torch.allclose(left.to(right.dtype), right)


def gaussian_weights(function: Function) -> None:
    """Raise `WrongAnswer` unless the weights are right for two keys whose scores are 0 and 1."""
    queries, keys = _double([[2.0, 0, 0, 0]]), _double([[0.0, 0, 0, 0], [1, 0, 0, 0]])
    weights = function(queries, keys)
    only_distances = _double([[1.0, e**0.75]]) / (1 + e**0.75)
    hint = ""
    if _close(weights, only_distances):
        hint = "These weights know how far a key is from the query, but not how long the key is."
    called = "gaussian_softmax_weights, for a query (2,0,0,0) and the keys (0,0,0,0) and (1,0,0,0),"
    require_same(called, weights, _double([[1.0, e]]) / (1 + e), hint=hint)
    rows = function(_drawn(3, 4), 3 * _drawn(5, 4)).sum(dim=-1)
    require_same("the sum of each query's weights", rows, torch.ones(3, dtype=torch.float64))
    passed("gaussian_softmax_weights", hidden=4)


def random_features(function: Function) -> None:
    """Raise `WrongAnswer` unless sines, cosines and length are right where one can see them."""
    quarter_turn = function(_double([[pi / 2, 0]]), _double([[1.0, 0], [0, 1]]))
    shape = tuple(getattr(quarter_turn, "shape", ()))
    hint = "A sine and a cosine for each direction, in one row for each point."
    require(
        shape == (1, 4), f"phi of 1 point with 2 directions has shape {shape}, expected (1, 4).", hint=hint
    )
    turned = sorted(quarter_turn.flatten().tolist())
    require_same("the entries of phi((pi/2, 0)), sorted", _double(turned), _double([0, 0, 1, 1]) / sqrt(2))
    points, directions = _drawn(3, 4), _drawn(7, 4)
    lengths = function(points, directions).square().sum(dim=-1)
    hint = "sin^2 + cos^2 = 1 for every direction. What must their sum over all directions be divided by?"
    require_same("phi(x).phi(x)", lengths, torch.ones(3, dtype=torch.float64), hint=hint)
    _shift_changes_nothing(function, points, directions)
    passed("random_features", hidden=3)


def _shift_changes_nothing(function: Function, points: Tensor, directions: Tensor) -> None:
    products = [function(x, directions) for x in (points, points + 2)]
    before, after = [torch.einsum("N C, J C -> N J", f, f) for f in products]
    require_same("phi(x + a).phi(y + a), which must be phi(x).phi(y),", after, before)


def directions(function: Function) -> None:
    """Raise `WrongAnswer` unless shape and mean are kept, and width 1 leaves the draw alone."""
    normal = _drawn(3, 2) - 0.5
    called = "with sigma = 1, the kernel whose directions are standard normal,"
    require_same(called, function(normal, 1.0), normal)
    turned = function(-normal, 3.0)
    require_same("what comes of -w", turned, -function(normal, 3.0))
    require(not _close(turned, -normal), "with sigma = 3 the directions are those of sigma = 1.")
    passed("scaled_directions", hidden=4)


def random_feature_attention(function: Function) -> None:
    """Raise `WrongAnswer` unless one key, equal values, and directions of zero give what they must."""
    directions = 0.3 * _drawn(6, 4)
    queries, keys, values = _drawn(3, 4), _drawn(2, 4), _drawn(2, 5)
    alone = function(queries, keys[:1], values[:1], directions)
    hint = "Do numerator and denominator hold the same factors?"
    require_same("the output when there is one key", alone, values[:1].expand(3, 5), hint=hint)
    _key_length_counts(function)
    passed("random_feature_attention", hidden=6)


def _key_length_counts(function: Function) -> None:
    keys, values = _double([[0.0, 0, 0, 0], [2, 0, 0, 0]]), _double([[0.0], [1]])
    output = function(_drawn(3, 4), keys, values, torch.zeros(6, 4, dtype=torch.float64))
    expected = torch.full((3, 1), e / (1 + e), dtype=torch.float64)
    alike = _close(output, torch.full_like(expected, 0.5))
    hint = "Both keys got the same weight. Is the Gaussian kernel all there is to a weight?" if alike else ""
    called = "the output with all directions zero, keys (0,0,0,0), (2,0,0,0) and values 0, 1"
    require_same(called, output, expected, hint=hint)


def causal_attention(function: Function) -> None:
    """Raise `WrongAnswer` unless the function averages the past alone and can be differentiated."""
    _looks_back_only(function)
    _lets_gradients_through(function)
    passed("causal_attention", hidden=7)


def chunked_attention(function: Function) -> None:
    """Raise `WrongAnswer` unless every chunk length, dividing or not, gives a causal average."""
    for length in (1, 2, 3, 5, 8):
        try:
            _looks_back_only(lambda q, k, v, length=length: function(q, k, v, length))
        except WrongAnswer as wrong:
            raise WrongAnswer(
                f"with chunks of length {length}: {wrong.what}", first=wrong.first, hint=wrong.hint
            ) from None
    _lets_gradients_through(function, 2)
    passed("chunked_attention", hidden=10)


def _looks_back_only(function: Function) -> None:
    ones, values = torch.ones(5, 2, dtype=torch.float64), _double([[2.0], [4], [9], [1], [4]])
    running_mean = _double([[2.0], [3], [5], [4], [4]])
    output = function(ones, ones, values)
    called = "with all features 1 and values 2, 4, 9, 1, 4 the output"
    require_same(called, output, running_mean, hint=_average(output))
    queries, keys, values = 0.1 + _drawn(5, 2), 0.3 + _drawn(5, 2), _drawn(5, 3)
    outputs = function(queries, keys, values)
    require_same("the first output, which can only be the first value,", outputs[0], values[0])
    changed = values.clone()
    changed[3:] += 5
    same = _close(function(queries, keys, changed)[:3], outputs[:3])
    require(same, "outputs 0 to 2 change when values 3 and 4 change: a position sees its future.")


def _average(output: Tensor) -> str:
    """Return a hint where the output is a well-known wrong average of 2, 4, 9, 1, 4."""
    known = {
        "Every position got the mean of all five values.": [[4.0]] * 5,
        "These are weighted sums (each weight is 2 here), not weighted means.": [
            [4.0],
            [12],
            [30],
            [32],
            [40],
        ],
    }
    if getattr(output, "shape", None) == (5, 1) and bool(output[0].isnan()):
        return "Position 0 divides zero by zero. Does it see itself?"
    return next((hint for hint, rows in known.items() if _close(output, _double(rows))), "")


def _lets_gradients_through(function: Function, *more: int) -> None:
    inputs = [0.2 + _drawn(4, width) for width in (2, 2, 3)]
    try:
        gradients(function, [*inputs, *more], _drawn(4, 3))
    except RuntimeError as error:
        what = "torch cannot differentiate through the function; a training loop would stop here."
        hint = "Make new tensors (a = a + b) instead of writing into old ones (a += b)."
        raise WrongAnswer(what, first=str(error).splitlines()[0], hint=hint) from None
