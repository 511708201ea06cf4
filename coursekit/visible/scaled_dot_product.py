"""Visible checks of the lesson on the scale of dot products."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from coursekit.answers.questions import Formula, Number
from coursekit.compare import require, require_same
from coursekit.visible.report import passed

VARIANCE_NOISE = 0.1  # 300 random queries and keys give the variance to a few parts in a hundred

a = Formula(part="a", variable="mean_of_score", variables=["d", "sigma"], vectors=["mu"])
a_instance = Number(part="a_instance", variable="mean_in_example")
b = Formula(part="b", variable="variance_of_score", variables=["d"])
b_general = Formula(
    part="b_general", variable="variance_in_general", variables=["d", "sigma"], vectors=["mu"]
)
b_instance = Number(part="b_instance", variable="variance_in_example")
c = Formula(part="c", variable="divisor", variables=["d", "d_model"])


def a_function(mean_dot: Callable[[Tensor, float], Tensor]) -> None:
    """Check `mean_dot` on two small mean vectors, each with two values of sigma."""
    mu = torch.tensor([[3.0, 4.0], [0.0, 0.0]], dtype=torch.float64)
    expected = torch.tensor([25.0, 0.0], dtype=torch.float64)
    require_same("mean_dot([[3, 4], [0, 0]], 1.0)", mean_dot(mu.clone(), 1.0), expected)
    require_same(
        "mean_dot([[3, 4], [0, 0]], 7.0)",
        mean_dot(mu.clone(), 7.0),
        expected,
        hint="Does the spread of the components move the mean of a product of independent factors?",
    )
    passed("mean_dot", hidden=4)


def b_function(variance_dot: Callable[[Tensor, float], Tensor]) -> None:
    """Check `variance_dot` where the mean is zero, and that its shape is one number per row."""
    zero = torch.zeros(2, 5, dtype=torch.float64)
    expected = torch.tensor([5.0, 5.0], dtype=torch.float64)
    require_same("variance_dot(zeros of shape (2, 5), 1.0)", variance_dot(zero.clone(), 1.0), expected)
    doubled = variance_dot(zero.clone(), 2.0)
    require_same(
        "variance_dot(zeros of shape (2, 5), 2.0)",
        doubled,
        16 * expected,
        hint="Doubling sigma doubles both factors of every product. What does that do to a variance?",
    )
    passed("variance_dot", hidden=4)


def monte_carlo(moments: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]) -> None:
    """Check `moments` on three pairs whose dot products are 1, 2 and 6."""
    query = torch.tensor([[1.0, 0.0], [1.0, 1.0], [2.0, 1.0]], dtype=torch.float64)
    key = torch.tensor([[1.0, 9.0], [1.0, 1.0], [1.0, 4.0]], dtype=torch.float64)
    expected = (3.0, 7.0)  # tensors without axes are compared as numbers too
    require_same(
        "moments of the dot products 1, 2 and 6",
        moments(query.clone(), key.clone()),
        expected,
        hint="The mean of 1, 2, 6 is 3; their squared distances from it add up to 14, and n - 1 is 2.",
    )
    passed("moments", hidden=3)


def c_function(scaled_scores: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Check that orthogonal vectors score 0 in the right place, and that random scores have variance 1."""
    query, key = torch.eye(4, dtype=torch.float64)[:2], torch.eye(4, dtype=torch.float64)[:3]
    scores = scaled_scores(query.clone(), key.clone())
    require_same(
        "scaled_scores of 2 queries and 3 keys: where a score is not 0",
        scores != 0 if isinstance(scores, Tensor) else scores,
        torch.eye(3)[:2] != 0,
        hint="One row for each query, one column for each key; here query i equals key i and no other.",
    )
    generator = torch.Generator().manual_seed(6)
    for d in (9, 100):
        query, key = (torch.randn(300, d, dtype=torch.float64, generator=generator) for _ in range(2))
        variance = float(scaled_scores(query, key).var())
        require(
            abs(variance - 1) < VARIANCE_NOISE,
            f"For random vectors with d = {d} your scores have variance {variance:.3g}.",
            hint="Which variance was the divisor chosen for?",
        )
    passed("scaled_scores", hidden=3)


def entropy(function: Callable[[Tensor], Tensor]) -> None:
    """Check `entropy` where it is known: log m for equal scores, 0 for one score far above the others."""
    flat = function(torch.zeros(2, 16, dtype=torch.float64))
    require_same("entropy of 16 equal scores", flat, torch.full((2,), math.log(16), dtype=torch.float64))
    sharp = torch.tensor([[1000.0, 0.0, -1000.0]], dtype=torch.float64)
    found = function(sharp)
    require(
        bool(torch.isfinite(found).all()),
        "entropy([[1000, 0, -1000]]) is not a finite number.",
        hint="A weight can underflow to 0, and log(0) is not finite. Can it be had without the weight?",
    )
    require_same("entropy([[1000, 0, -1000]])", found, torch.zeros(1, dtype=torch.float64))
    passed("entropy", hidden=5)
