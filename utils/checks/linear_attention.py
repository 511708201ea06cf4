"""Checks of the lesson on linear attention: keys, known mistakes with their hints, alternatives, costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Generator, Tensor

from coursekit import cost
from coursekit.compare import WrongAnswer
from coursekit.visible import linear_attention as visible
from utils.checks.check import RIGHT, FunctionCheck, Judgement, Property, TypedCheck
from utils.checks.linear_attention_caps import (
    causal_within_caps,
    chunked_within_caps,
    random_attention_within_caps,
)
from utils.checks.linear_attention_chunks import CHUNKED_ALTERNATIVES, CHUNKED_MISTAKES
from utils.checks.linear_attention_kernel import (
    SINGLE_PRECISION,
    WEIGHTS_ALTERNATIVES,
    WEIGHTS_MISTAKES,
)
from utils.checks.linear_attention_random import (
    FORMS_THE_TABLE,
    RANDOM_ATTENTION_ALTERNATIVES,
    RANDOM_ATTENTION_MISTAKES,
    REPEATS_THE_SUM,
)
from utils.checks.linear_attention_recurrence import (
    CAUSAL_ALTERNATIVES,
    CAUSAL_MISTAKES,
    KEEPS_THE_TABLE,
    LENGTH_UNUSED,
    STARTS_ANEW,
)
from utils.checks.linear_attention_typed import (
    CANCELS_MISTAKES,
    CAUSAL_STATE_MISTAKES,
    CAUSAL_TIME_MISTAKES,
    CHUNKED_COST_MISTAKES,
    COST_FEATURES_MISTAKES,
    CROSSOVER_MISTAKES,
    GAUSSIAN_IDENTITY_MISTAKES,
    STATE_SIZE_MISTAKES,
    VARIANCE_MISTAKES,
)
from utils.checks.linear_attention_waves import (
    DIRECTIONS_ALTERNATIVES,
    DIRECTIONS_MISTAKES,
    FEATURES_ALTERNATIVES,
    FEATURES_MISTAKES,
)
from utils.reference import linear_attention as reference

Inputs = Callable[[int], tuple[Any, ...]]

POSITIONS = (32, 64, 128)
AT_MOST_LINEAR = 1 + cost.SLOPE_TOLERANCE


def _normal(g: Generator, *shape: int, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(*shape, generator=g, dtype=torch.float64)


def _features(g: Generator, *shape: int) -> Tensor:
    # Positive, as elu + 1 makes them, and away from zero: a normaliser near zero would test the arithmetic.
    return reference.elu_features(_normal(g, *shape)) + 0.1


def _single(*tensors: Tensor) -> tuple[Tensor, ...]:
    return tuple(t.float() for t in tensors)


def _points(g: Generator, *sizes: tuple[int, int]) -> tuple[Tensor, ...]:
    """Return tensors of points so close together that every estimated kernel value is positive."""
    return tuple(_normal(g, *size, scale=0.3) for size in sizes)


def _sequence(g: Generator, positions: int, features: int, channels: int) -> tuple[Tensor, Tensor, Tensor]:
    return (
        _features(g, positions, features),
        _features(g, positions, features),
        _normal(g, positions, channels),
    )


def _slope(function: Any, inputs: Inputs, of: str) -> float:
    counts = [int(getattr(cost.count(function, *inputs(n)), of)) for n in POSITIONS]
    return cost.slope(POSITIONS, counts)


def grows_linearly(inputs: Inputs, too_much_storage: str, too_much_work: str) -> Property:
    """Return the requirement that storage and work of a call grow no faster than the sequence."""

    def test(function: Any) -> None:
        for of, hint in {"peak": too_much_storage, "work": too_much_work}.items():
            found = _slope(function, inputs, of)
            if found > AT_MOST_LINEAR:
                what = "The results are right, but they cost more than linear attention does."
                word = "numbers alive at one time" if of == "peak" else "work"
                raise WrongAnswer(what, first=f"{word} grow like N^{found:.2f}, counted", hint=hint)

    return Property("grows linearly", test)


def keeps_double_precision(inputs: Callable[[Generator], tuple[Any, ...]]) -> Property:
    """Return the requirement that a change in the tenth digit of any tensor changes the result.

    Where rounding to single precision stays below what a comparison allows, this is how it shows.
    """

    def test(function: Any) -> None:
        args = inputs(torch.Generator().manual_seed(0))
        plain = function(*args)
        for i in (i for i, arg in enumerate(args) if isinstance(arg, Tensor)):
            nudged = function(*args[:i], args[i] * (1 + 1e-10 * torch.rand_like(args[i])), *args[i + 1 :])
            if torch.equal(plain, nudged):
                what = "The results are right to seven digits, and then they stop."
                first = f"another tenth digit in argument {i + 1} changes nothing"
                raise WrongAnswer(what, first=first, hint=SINGLE_PRECISION)

    return Property("keeps double precision", test)


def _random_attention_inputs(positions: int) -> tuple[Tensor, ...]:
    g = torch.Generator().manual_seed(positions)
    return _points(g, (positions, 4), (positions, 4), (positions, 3), (5, 4))


def _causal_inputs(positions: int) -> tuple[Tensor, ...]:
    return _sequence(torch.Generator().manual_seed(positions), positions, 5, 3)


def _chunk_inputs(positions: int) -> tuple[Any, ...]:
    return (*_causal_inputs(positions), 4)


def _chunks_are_used(function: Any) -> None:
    sequence = _causal_inputs(POSITIONS[0])
    short, long = (cost.count(function, *sequence, length) for length in (2, 16))
    if (short.multiply_adds, short.largest) == (long.multiply_adds, long.largest):
        what = "The results are right, but they are not computed in chunks."
        first = "chunks of 2 and of 16 positions take the same products and the same storage, counted"
        raise WrongAnswer(what, first=first, hint=LENGTH_UNUSED)


@dataclass(frozen=True, kw_only=True)
class AnyOrderCheck(FunctionCheck):
    """A check with references that are as right as `right`: the same features in other orders."""

    orders: Sequence[Callable[..., Tensor]] = ()

    def judge(self, answer: Any) -> Judgement:
        first = super().judge(answer)
        others = (replace(self, right=order, orders=()) for order in self.orders if first.wrong)
        return RIGHT if any(other.judge(answer).wrong is None for other in others) else first


def _cosines_first(points: Tensor, directions: Tensor) -> Tensor:
    return reference.random_features(points, directions).roll(len(directions), dims=-1)


def _in_turn(points: Tensor, directions: Tensor) -> Tensor:
    features = reference.random_features(points, directions)
    return features.reshape(-1, 2, len(directions)).mT.flatten(1)


def _in_turn_cosines_first(points: Tensor, directions: Tensor) -> Tensor:
    return _in_turn(points, directions).reshape(len(points), -1, 2).flip(-1).flatten(1)


check_gaussian_identity = TypedCheck(
    part="gaussian_identity",
    variable="gaussian_factor",
    question=visible.gaussian_identity,
    right="exp((||q||^2 + ||k||^2) / (2 sqrt(D)))",
    mistakes=GAUSSIAN_IDENTITY_MISTAKES,
    alternatives={
        "two factors": "exp(||q||^2/(2 sqrt(D))) * exp(||k||^2/(2 sqrt(D)))",
        "dot products": "exp(q.q/(2*D^0.5)) exp(k.k/(2*D^0.5))",
        "LaTeX": r"e^{\frac{\|q\|^2 + \|k\|^2}{2\sqrt{D}}}",
        "sums": "exp((sum_i q_i^2 + sum_i k_i^2)/(2*sqrt(D)))",
        "a square root outside": "sqrt(exp(||q||^2/sqrt(D)) * exp(||k||^2/sqrt(D)))",
    },
)

check_cancels = TypedCheck(
    part="cancels",
    variable="cancelling_factor",
    question=visible.cancels,
    right="a",
    mistakes=CANCELS_MISTAKES,
    alternatives={
        "a capital": "A",
        "in brackets": "(a)",
        "the option itself": "the factor that depends on the query",
        "with a full stop": "a.",
    },
)

check_gaussian_weights = FunctionCheck(
    part="gaussian_weights",
    variable="gaussian_softmax_weights",
    right=reference.gaussian_softmax_weights,
    cases=lambda g: [
        (_normal(g, 5, 4), _normal(g, 7, 4)),
        (_normal(g, 3, 6), _normal(g, 2, 6)),
        _single(_normal(g, 2, 3, scale=0.5), _normal(g, 4, 3, scale=0.5)),
    ],
    mistakes=WEIGHTS_MISTAKES,
    alternatives=WEIGHTS_ALTERNATIVES,
    properties=[keeps_double_precision(lambda g: (_normal(g, 5, 4), _normal(g, 7, 4)))],
)

check_random_features = AnyOrderCheck(
    part="random_features",
    variable="random_features",
    right=reference.random_features,
    orders=[_cosines_first, _in_turn, _in_turn_cosines_first],
    cases=lambda g: [
        (_normal(g, 6, 4), _normal(g, 5, 4)),
        (_normal(g, 2, 3), _normal(g, 7, 3)),
        _single(_normal(g, 4, 5, scale=0.5), _normal(g, 3, 5, scale=0.5)),
    ],
    mistakes=FEATURES_MISTAKES,
    alternatives=FEATURES_ALTERNATIVES,
)

check_variance = TypedCheck(
    part="variance",
    variable="direction_variance",
    question=visible.variance,
    right="1/sigma^2",
    mistakes=VARIANCE_MISTAKES,
    alternatives={
        "a negative power": "sigma^-2",
        "a squared fraction": "(1/sigma)^2",
        "labelled LaTeX": r"s^2 = \frac{1}{\sigma^2}",
        "Python": "1/sigma**2",
        "Greek": "σ⁻²",
    },
)

check_directions = FunctionCheck(
    part="directions",
    variable="scaled_directions",
    right=reference.scaled_directions,
    cases=lambda g: [
        (_normal(g, 5, 6), 2.5),
        (_normal(g, 3, 7), 0.4),
        (*_single(_normal(g, 6, 2)), 3.0),
    ],
    mistakes=DIRECTIONS_MISTAKES,
    alternatives=DIRECTIONS_ALTERNATIVES,
    properties=[keeps_double_precision(lambda g: (_normal(g, 5, 6), 2.5))],
)

check_rff_attention = FunctionCheck(
    part="rff_attention",
    variable="random_feature_attention",
    right=reference.random_feature_attention,
    cases=lambda g: [
        _points(g, (3, 4), (7, 4), (7, 5), (6, 4)),
        _points(g, (5, 6), (2, 6), (2, 3), (9, 6)),
        _single(*_points(g, (4, 5), (6, 5), (6, 2), (3, 5))),
    ],
    mistakes=RANDOM_ATTENTION_MISTAKES,
    alternatives=RANDOM_ATTENTION_ALTERNATIVES,
    properties=[
        keeps_double_precision(lambda g: _points(g, (3, 4), (7, 4), (7, 5), (6, 4))),
        grows_linearly(_random_attention_inputs, FORMS_THE_TABLE, REPEATS_THE_SUM),
        random_attention_within_caps,
    ],
)

check_cost_features = TypedCheck(
    part="cost_features",
    variable="feature_attention_cost",
    question=visible.cost_features,
    right="N D_r (D + M)",
    mistakes=COST_FEATURES_MISTAKES,
    alternatives={
        "two terms": "N D D_r + N D_r M",
        "O and LaTeX": r"\mathcal{O}(N D_r (D+M))",
        "constants": "2*N*D*D_r + 4*N*D_r*M + 2*N*D_r",
        "a maximum": "O(N D_r max(D, M))",
        "powers": "N^1*(D_r*D + D_r*M)",
    },
)

check_causal = FunctionCheck(
    part="causal",
    variable="causal_attention",
    right=reference.causal_attention,
    cases=lambda g: [
        _sequence(g, 7, 4, 3),
        _sequence(g, 5, 3, 6),
        _sequence(g, 1, 3, 2),
        _sequence(g, 40, 4, 2),  # long enough to notice a memory that forgets its beginning
        _single(*_sequence(g, 6, 5, 2)),
    ],
    mistakes=CAUSAL_MISTAKES,
    alternatives=CAUSAL_ALTERNATIVES,
    properties=[grows_linearly(_causal_inputs, KEEPS_THE_TABLE, STARTS_ANEW), causal_within_caps],
)

check_causal_time = TypedCheck(
    part="causal_time",
    variable="recurrence_cost",
    question=visible.causal_time,
    right="N C M",
    mistakes=CAUSAL_TIME_MISTAKES,
    alternatives={
        "O": "O(NCM)",
        "both updates": "N C M + N C",
        "constants": "2*N*C*M",
        "LaTeX": r"\Theta(N \cdot C \cdot M)",
    },
)

check_causal_state = TypedCheck(
    part="causal_state",
    variable="memory_cost",
    question=visible.causal_state,
    right="C M",
    mistakes=CAUSAL_STATE_MISTAKES,
    alternatives={
        "O": "O(CM)",
        "with the normaliser": "C M + C",
        "factored": "C (M + 1)",
        "LaTeX": r"\mathcal{O}(C \cdot M)",
    },
)

check_state_size = TypedCheck(
    part="state_size",
    variable="memory_numbers",
    question=visible.state_size,
    right=reference.memory_numbers(64, 64),
    mistakes=STATE_SIZE_MISTAKES,
    alternatives={
        "a float": 4160.0,
        "with a comma": "4,160",
        "power form": "4.16e3",
        "labelled": "state = 4160",
    },
)

check_crossover = TypedCheck(
    part="crossover",
    variable="first_larger_position",
    question=visible.crossover,
    right=reference.first_position_with_a_larger_cache(64, 64, 64),
    mistakes=CROSSOVER_MISTAKES,
    alternatives={"a float": 33.0, "text": "33", "labelled": "t = 33", "power form": "3.3e1"},
)

check_chunked = FunctionCheck(
    part="chunked",
    variable="chunked_attention",
    right=reference.chunked_attention,
    cases=lambda g: [
        (*_sequence(g, 7, 4, 3), 3),
        (*_sequence(g, 12, 3, 5), 5),
        (*_sequence(g, 8, 3, 2), 4),
        (*_sequence(g, 5, 4, 6), 8),
        (*_sequence(g, 24, 5, 3), 1),
        (*_single(*_sequence(g, 9, 5, 2)), 2),
    ],
    mistakes=CHUNKED_MISTAKES,
    alternatives=CHUNKED_ALTERNATIVES,
    properties=[
        keeps_double_precision(lambda g: (*_sequence(g, 7, 4, 3), 3)),
        grows_linearly(_chunk_inputs, KEEPS_THE_TABLE, STARTS_ANEW),
        Property("uses its chunks", _chunks_are_used),
        chunked_within_caps,
    ],
)

check_chunked_cost = TypedCheck(
    part="chunked_cost",
    variable="chunk_cost",
    question=visible.chunked_cost,
    right="N L (C + M) + N C M",
    mistakes=CHUNKED_COST_MISTAKES,
    alternatives={
        "written out": "N L C + N L M + N C M",
        "by chunks": "(N/L) (L^2 C + L^2 M + L C M)",
        "O and LaTeX": r"\mathcal{O}(N L (C+M) + N C M)",
        "constants": "2 N C M + N L (C + M) + N C",
    },
)
