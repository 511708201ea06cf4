"""Checks of the lesson on hard attention: keys, known mistakes with their hints, alternatives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor

from coursekit.answers.questions import Vector
from coursekit.answers.verdict import UnreadableAnswer
from coursekit.visible import argmax_attention as visible
from utils.checks import argmax_attention_backward as backward
from utils.checks import argmax_attention_layers as layers
from utils.checks.check import FunctionCheck, Mistake, TypedCheck
from utils.reference import argmax_attention as reference

ROUNDED = Vector(part="", variable="", rel_tol=1e-3)  # three digits: how people round a result they print


@dataclass(frozen=True, kw_only=True)
class ExactVectorCheck(TypedCheck):
    """A vector of whole numbers, whose known mistakes are recognised when rounded to three digits, too."""

    def recognise(self, answer: Any) -> Mistake | None:
        """Return the known mistake with these entries."""
        exact = super().recognise(answer)
        return exact or next((m for m in self.mistakes if _rounded(m.answer, answer)), None)


def _rounded(known: Any, answer: Any) -> bool:
    try:
        return ROUNDED.compare(known, answer).right
    except (TypeError, UnreadableAnswer):
        return False


check_a_scores = ExactVectorCheck(
    part="a_scores",
    variable="scores",
    question=visible.a_scores,
    right=[3, 11, 5, 2],
    mistakes=[
        Mistake("A2a-ocr-query", [5, 18, 5, 3],
                "The same key wins for you, but is this the query stated? Look at its last two entries."),
        Mistake("A2a-rows-as-keys", [11, 5, 4],
                "One score per key. How many keys are there, and do they stand in columns or in rows?"),
        Mistake("A2a-ocr-matrix", [5, 0, 0],
                "You multiplied the key matrix by something that is not the query."),
        Mistake("A2a-scaled-scores", [1.7320508076, 6.3508529611, 2.8867513459, 1.1547005384],
                "Scores in this lesson are plain inner products, nothing divides them."),
        Mistake("A2a-softmax-weights", [0.00033436584, 0.99707090926, 0.00247149103, 0.00012300632],
                "These add up to one: they are weights made of scores. What were the scores?"),
        Mistake("A2a-last-entry-once", [3, 7, 5, 1], "The last entry of the query is not 1."),
        Mistake("A2a-one-hot", [0, 1, 0, 0], "You have already chosen the winner. By which numbers?"),
        Mistake("A2a-values-scored", [4, 11, 7, -1], "The query was compared with the wrong matrix."),
    ],
    alternatives={
        "a tuple": (3, 11, 5, 2),
        "text": "[3, 11, 5, 2]",
        "a transposed column, labelled": "s = (3, 11, 5, 2)^T",
        "a tensor": torch.tensor([3.0, 11.0, 5.0, 2.0]),
        "a column": [[3], [11], [5], [2]],
        "a row of a matrix": [[3, 11, 5, 2]],
        "a list of tensors": list(torch.tensor([3.0, 11.0, 5.0, 2.0])),
    },
)

check_a_index = TypedCheck(
    part="a_index",
    variable="winner",
    question=visible.a_index,
    right=1,
    mistakes=[
        Mistake("A2a-index-base", 2, "You count as people do. What does torch call the first position?"),
        Mistake("A2a-score", 11, "This is how well the best key fits, not where it stands."),
        Mistake("A2a-last-wins", 3, "Look for the largest of your four scores, not for the smallest."),
        Mistake("A2a-first-wins", 0, "Does the first key have the largest score?"),
        Mistake("A2a-no-such-key", 4,
                "There are four keys. Which number does the last of them have in torch?"),
    ],
    alternatives={"a tensor, as argmax returns it": torch.tensor(1), "a float": 1.0, "text": "1", "with a label": "index = 1", "a fraction": "1/1"},
)

check_a = ExactVectorCheck(
    part="a",
    variable="output",
    question=visible.a,
    right=[1, 4, 3],
    mistakes=[
        Mistake("A2a-score", [11],
                "Does a layer hand on how similar two vectors are, or the content that was found?"),
        Mistake("A2a-index", [2], "That is a place, counted from one. Read what is stored there."),
        Mistake("A2a-index-zero", [1], "That is a place, counted from zero. Read what is stored there."),
        Mistake("A2a-key", [0, 3, 4],
                "You return what was compared with the query. Where is the content kept?"),
        Mistake("A2a-rows-as-keys", [2, 0, 1],
                "This is the content of another key. Do keys stand in rows or in columns?"),
        Mistake("A2a-value-row", [0, 4, -1, 0],
                "How many numbers make up one value? Yours has one too many."),
        Mistake("A2a-softmax", [0.9979033, 3.9857952, 3.0012871],
                "Several values are mixed in your output. How many does this layer let through?"),
        Mistake("A2a-scaled-softmax", [0.9795, 3.7916, 2.9899],
                "You mixed the values with the weights of ordinary attention. What has been replaced here?"),
        Mistake("A2a-raw-weights", [19, 39, 54],
                "You added all values, each times its score. What are the scores for?"),
        Mistake("A2a-ocr-matrix", [5, 0, 0],
                "A matrix of three columns holds three keys. How many are stated?"),
        Mistake("A2a-runner-up", [0, -1, 4], "This is the content of the second-best key."),
        Mistake("A2a-one-hot", [0, 1, 0, 0], "These are the weights. What do they select?"),
    ],
    alternatives={
        "a tuple": (1, 4, 3),
        "a transposed column": "(1, 4, 3)^T",
        "floats": [1.0, 4.0, 3.0],
        "a tensor": torch.tensor([1.0, 4.0, 3.0]),
        "LaTeX marks and a label": "$output = [1, 4, 3]$",
    },
)

check_b = TypedCheck(
    part="b",
    variable="effect_on_training",
    question=visible.b,
    right="c",
    mistakes=[
        Mistake("A2b-nothing-trains", "a",
                "Half of it. Walk back from the output twice: into the values, and into the scores.", 0.5),
        Mistake("A2b-infinite-gradient", "b",
                "Away from a tie, nudge the query a little: how far does the output move?"),
        Mistake("A2b-like-max", "d",
                "Max hands on the largest number. Does the largest score appear in this output?"),
        Mistake("A2b-only-speed", "e",
                "True of the forward pass. What does the selection tell the backward pass about its scores?"),
    ],
    alternatives={
        "capital": "C",
        "in brackets": "(c)",
        "with a full stop": "c.",
        "the option in full": visible.b.options["c"],
        "spaces": "  c ",
    },
)


def normal(generator: Generator, *shape: int) -> Tensor:
    """Return a float64 tensor of standard normal numbers."""
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def planted(
    generator: Generator, d: int, scores: Sequence[float], apart: Sequence[float]
) -> tuple[Tensor, Tensor]:
    """Return a query of width d and keys with these scores; key m stands off the query's line by apart[m].

    A random draw may let a wrong rule choose the right key; here it is known which rule chooses which key.
    The query has length 2, so that distances between query and keys are known, too.
    """
    q = normal(generator, d)
    q = 2 * q / q.norm()
    aside = normal(generator, d, len(scores))
    aside = aside - torch.outer(q, q @ aside) / (q @ q)
    aside = aside / aside.norm(dim=0)
    along = torch.outer(q, torch.tensor(scores, dtype=torch.float64)) / (q @ q)
    return q, along + aside * torch.tensor(apart, dtype=torch.float64)


# All scores positive: the largest score is the largest in size. The winner stands neither first nor last.
PLAIN = ((0.5, 1.5, 4.0, 0.9, 2.2), (1.0, 1.0, 1.0, 1.0, 1.0))
# The second key wins. The fourth has the direction of the query, the fifth is nearest, the sixth longest.
LONG_AND_ALIGNED = ((1.0, 3.0, 0.7, 2.5, 2.9, 1.1, 0.4), (4.0, 4.0, 4.0, 0.01, 0.3, 30.0, 4.0))
ALL_NEGATIVE = ((-3.0, -1.0, -4.0, -0.5, -2.0, -6.0), (1.0, 2.0, 1.0, 2.0, 1.0, 2.0))
# The winner stands at either end: code that never looks there is exposed.
FIRST_WINS = ((2.5, 1.0, -1.0, 2.2, 0.3), (1.0, 2.0, 1.0, 1.5, 1.0))
LAST_WINS = ((1.0, -2.0, 0.5, 3.0), (1.0, 2.0, 1.5, 1.0))
# The best two scores differ by a millionth: a soft layer would mix their values at any usual temperature.
NEARLY_TIED = ((0.3, 2.0, 2.0 + 1e-6, -1.0), (1.0, 2.0, 1.5, 1.0))
COLD = ((3.0, 12.0, 11.9, -5.0), (1.0, 2.0, 1.5, 1.0))  # at a temperature of 0.01, exp of 12 is infinite


def hard_cases(generator: Generator) -> list[tuple[Tensor, ...]]:
    """Return queries, keys and values on which every wrong way of choosing a key is exposed."""
    sizes = [(4, 3, PLAIN), (3, 2, LONG_AND_ALIGNED), (5, 4, ALL_NEGATIVE), (6, 5, NEARLY_TIED)]
    sizes += [(3, 2, FIRST_WINS), (2, 5, LAST_WINS)]
    cases = [(*planted(generator, d, *keys), normal(generator, v, len(keys[0]))) for d, v, keys in sizes]
    return [*cases, tuple(tensor.float() for tensor in cases[0])]


def leaves_cases(generator: Generator) -> list[tuple[Tensor, ...]]:
    """Return the same with a gradient that arrives at the output; no entry of it is zero or one."""
    return [(q, K, V, (2 + normal(generator, len(V)).abs()).to(V)) for q, K, V in hard_cases(generator)]


def _case(generator: Generator, d: int, v: int, keys: Any, temperature: float) -> tuple[Any, ...]:
    return *planted(generator, d, *keys), normal(generator, v, len(keys[0])), temperature


def soft_cases(generator: Generator) -> list[tuple[Any, ...]]:
    """Return layers that are warm, hot, and so cold that exp of an unshifted score is infinite."""
    warm = _case(generator, 4, 3, PLAIN, 0.3)
    others = [
        _case(generator, 3, 2, LONG_AND_ALIGNED, 2.5),
        _case(generator, 5, 4, ALL_NEGATIVE, 0.7),
        _case(generator, 6, 5, COLD, 0.01),
    ]
    return [warm, *others, (*(tensor.float() for tensor in warm[:3]), 0.6)]


def through_cases(generator: Generator) -> list[tuple[Any, ...]]:
    """Return layers warm enough for the soft weights, and so the gradient, to be felt, and a very cold one."""
    warm = _case(generator, 4, 3, PLAIN, 1.5)
    others = [
        _case(generator, 3, 2, LONG_AND_ALIGNED, 2.5),
        _case(generator, 5, 4, ALL_NEGATIVE, 0.7),
        _case(generator, 2, 5, LAST_WINS, 0.9),
        _case(generator, 6, 5, COLD, 0.01),
    ]
    return [warm, *others, (*(tensor.float() for tensor in warm[:3]), 0.8)]


check_hard_attention = FunctionCheck(
    part="hard_attention",
    variable="hard_attention",
    right=reference.hard_attention,
    cases=hard_cases,
    mistakes=layers.HARD_MISTAKES,
    alternatives=layers.HARD_ALTERNATIVES,
)

check_soft_attention = FunctionCheck(
    part="soft_attention",
    variable="soft_attention",
    right=reference.soft_attention,
    cases=soft_cases,
    mistakes=layers.SOFT_MISTAKES,
    alternatives=layers.SOFT_ALTERNATIVES,
)

check_gradients = FunctionCheck(
    part="gradients",
    variable="leaf_gradients",
    right=reference.leaf_gradients,
    cases=leaves_cases,
    differentiable=False,
    mistakes=backward.LEAVES_MISTAKES,
    alternatives=backward.LEAVES_ALTERNATIVES,
)

check_straight_through = FunctionCheck(
    part="straight_through",
    variable="straight_through",
    right=reference.straight_through_attention,
    cases=through_cases,
    mistakes=backward.THROUGH_MISTAKES,
    alternatives=backward.THROUGH_ALTERNATIVES,
)
