"""Checks of the decoding lesson: what a step, a cache and a loop cost, as typed answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from coursekit.display import show
from coursekit.visible import decoding as visible
from utils.checks.check import Mistake, TypedCheck

# --- what a step costs ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class NotedCheck(TypedCheck):
    """A typed answer that has another right form; whoever enters that form gets all points and a remark."""

    note: str

    def __call__(self, answer: Any, *, points: float = 1.0) -> float | None:
        """Return what `TypedCheck` returns; show the remark to an answer that is right in the other form."""
        earned = super().__call__(answer, points=points)
        if earned is None and not self.question.compare(self.right, answer).right:
            show("note", self.note)
        return earned


check_f = TypedCheck(
    part="f",
    variable="compute",
    question=visible.f,
    right="b d^2 + b n d",
    mistakes=[
        Mistake(
            "A4f-all-over-h", "O(bd^2/h + bnd/h)", "Two of the four projections are what they were. Which?"
        ),
        Mistake(
            "A4f-attention-over-h",
            "O(bd^2 + bnd/h)",
            "One list of keys, but how many queries are compared with it?",
        ),
        Mistake("A4f-drop-term", "O(bd^2)", "Imagine a cache of a million positions."),
        Mistake("A4f-drop-term", "O(bnd)", "Imagine an empty cache."),
        Mistake(
            "A4f-softmax-slip",
            "O(bhn) = O(bdn/h)",
            "Put d = 64 and h = 16 into bhn and into bdn/h: are they one thing?",
        ),
    ],
    alternatives={
        "factored": "b d (d + n)",
        "in O, tight": "O(bd^2 + bnd)",
        "exact": "2 b d^2 + 2 b d^2 / h + 2 b n d",
        "LaTeX": r"$\mathcal{O}(b d^{2} + b \cdot n \cdot d)$",
        "with the heads": "b d^2 + b n h k",
    },
)

check_g = NotedCheck(
    part="g",
    variable="memory_access",
    question=visible.g,
    right="d^2 + b d + b n d / h",
    also=["d^2 + b d + b n d / h + b h n"],
    note="You counted the logits b·h·n as well. They are traffic too, where they are written to memory; "
    "the usual answer leaves them out for both variants.",
    mistakes=[
        Mistake(
            "A4g-drop-h",
            "O(d^2 + bd + bnd)",
            "Write down the size of prev_K from its shape. h is a variable here: keep it.",
        ),
        Mistake(
            "A4g-weights-over-h",
            "O(d^2/h + bd + bnd/h)",
            "Write down the sizes of all four weights. Do all of them shrink?",
        ),
        Mistake(
            "A4g-no-activations",
            "O(d^2 + bnd/h)",
            "Something is read that is neither a weight nor cache. Think of a large batch.",
        ),
        Mistake("A4g-cache-only", "O(bnd/h)", "What is still read when the cache is empty?"),
        Mistake(
            "A4g-no-width",
            "O(d^2 + bd + bn/h)",
            "You counted positions. How many numbers are stored for one of them?",
        ),
    ],
    alternatives={
        "with k": "O(d^2 + bd + bnk)",
        "LaTeX": r"O(d^2 + bd + \frac{bnd}{h})",
        "exact": "2 d^2 + 2 d^2/h + 5 b d + 2 b n d/h",
        "grouped": "d (d + b) + b n (d / h)",
        "keys and values apart": "d^2 + b d + b n k + b n v",
        "the logits counted too": "d^2 + bd + bnk + bhn",
    },
)

check_f_exact = TypedCheck(
    part="f_exact",
    variable="multiply_adds",
    question=visible.f_exact,
    right="b d^2 (2 + 2/h) + 2 b (n+1) d",
    mistakes=[
        Mistake(
            "A4b-per-head",
            "4 b d^2 + 2 b (n+1) d",
            "That is the multi-head count. Which projections became narrower?",
        ),
        Mistake(
            "A4q-past-only",
            "b d^2 (2 + 2/h) + 2 b n d",
            "By the time of the scores the new token is in the cache.",
        ),
        Mistake(
            "A4f-attention-over-h",
            "b d^2 (2 + 2/h) + 2 b (n+1) d/h",
            "How many query heads compare themselves with each key?",
        ),
        Mistake(
            "A4f-all-over-h",
            "4 b d^2/h + 2 b (n+1) d/h",
            "Look at W_q and W_o again: how many numbers do they hold?",
        ),
        Mistake(
            "A4fe-flops",
            "2 b d^2 (2 + 2/h) + 4 b (n+1) d",
            "A multiplication with its addition counts as one here.",
        ),
        Mistake(
            "A4fe-no-output",
            "b d^2 (1 + 2/h) + 2 b (n+1) d",
            "There are four weights; one projection is missing.",
        ),
        Mistake(
            "A4fe-scores-only",
            "b d^2 (2 + 2/h) + b (n+1) d",
            "Attention multiplies twice: with the keys, and then?",
        ),
    ],
    alternatives={
        "expanded": "2 b d^2 + 2 b d^2/h + 2 b n d + 2 b d",
        "Python": "2*b*d**2*(1 + 1/h) + 2*b*(n + 1)*d",
        "LaTeX": r"2bd^2\left(1 + \frac{1}{h}\right) + 2b(n+1)d",
        "factored": "2 b d (d + d/h + n + 1)",
    },
)


check_intensity = TypedCheck(
    part="intensity",
    variable="limit_multi_head",
    question=visible.intensity,
    right=1,
    mistakes=[
        Mistake("A4i-flops", 2, "A multiplication with its addition counts as one here."),
        Mistake(
            "A4i-upside-down",
            0.5,
            "For each head and position: k products for the score, k for the sum, over how many numbers?",
        ),
        Mistake("A4i-nothing-left", 0, "The work grows with the cache too, not only the traffic."),
        Mistake("A4i-grouped", 4, "Which of the curves belongs to heads that share nothing?"),
        Mistake("A4i-short-cache", 8, "For a long cache the four projections no longer matter."),
        Mistake("A4i-other-curve", 32, "Sharing keys raises the intensity; here nothing is shared."),
    ],
    alternatives={
        "text": "1",
        "with a point": "1.0",
        "a float": 1.0,
        "a fraction": "1/1",
        "with a label": "limit = 1",
    },
)

check_intensity_shared = TypedCheck(
    part="intensity_shared",
    variable="limit_multi_query",
    question=visible.intensity_shared,
    right="h",
    mistakes=[
        Mistake(
            "A4g-drop-h",
            "1",
            "That would be no better than multi-head. How often is each cached key used in one step?",
        ),
        Mistake("A4i-upside-down", "1/h", "Sharing lowers the traffic and keeps the work: up or down?"),
        Mistake("A4i-flops", "2 h", "A multiplication with its addition counts as one here."),
        Mistake(
            "A4i-width", "d/h", "A key is read once and used by every query head; its width is on both sides."
        ),
        Mistake("A4i-batch", "b h", "Does a sequence of the batch use the cache of another?"),
    ],
    alternatives={"LaTeX": "$h$", "a quotient": "d / (d/h)", "a product": "1*h", "in O": "2 b d h / (2 b d)"},
)

# --- the cache and the loop -------------------------------------------------------------------------------

check_cache_formula = TypedCheck(
    part="cache_formula",
    variable="cache_bytes",
    question=visible.cache_formula,
    right="2 L b n g k w",
    mistakes=[
        Mistake("A4k-keys-alone", "L b n g k w", "There are two caches in every layer."),
        Mistake("A4k-one-layer", "2 b n g k w", "Every layer attends, and to keys of its own."),
        Mistake("A4k-one-head", "2 L b n k w", "How many heads does the cache keep apart?"),
        Mistake("A4k-one-sequence", "2 L n g k w", "Do the sequences of a batch have the same past?"),
        Mistake("A4k-numbers", "2 L b n g k", "Bytes are asked for, not numbers."),
        Mistake(
            "A4k-scores", "2 L b n^2 g k w", "The cache keeps keys and values, and no pairs of positions."
        ),
        Mistake("A4k-bits", "16 L b n g k w", "w counts bytes already."),
    ],
    alternatives={
        "Python": "2*L*b*n*g*k*w",
        "without spaces": "2Lbngkw",
        "keys plus values": "L b n (g k + g k) w",
        "LaTeX": r"2 \cdot L \cdot b \cdot n \cdot g \cdot k \cdot w",
        "with a label": "bytes = w * 2 * g * k * n * b * L",
    },
)

check_cache_size = TypedCheck(
    part="cache_size",
    variable="cache_mebibytes",
    question=visible.cache_size,
    right=[36, 12, 3],
    mistakes=[
        Mistake("A4k-keys-alone", [18, 6, 1.5], "There are two caches in every layer."),
        Mistake("A4k-one-layer", [3, 1, 0.25], "Every layer attends, and to keys of its own."),
        Mistake("A4k-four-bytes", [72, 24, 6], "How many bytes does a 16-bit number take?"),
        Mistake(
            "A4k-megabytes",
            [37.748736, 12.582912, 3.145728],
            "Those are megabytes. A mebibyte is a little larger.",
        ),
        Mistake("A4k-full-width", [432, 144, 36], "A key of one head has 64 channels, not 768."),
        Mistake("A4k-reversed", [3, 12, 36], "The order asked for is twelve key heads, then four, then one."),
        Mistake(
            "A4k-bytes", [37748736, 12582912, 3145728], "The bytes are right. What are they in mebibytes?"
        ),
    ],
    alternatives={
        "a tuple": (36, 12, 3),
        "text": "36, 12, 3",
        "floats": [36.0, 12.0, 3.0],
        "texts": ["36", "12", "3"],
        "in brackets": "(36, 12, 3)",
        "with their unit": ["36 MiB", "12 MiB", "3 MiB"],
    },
)

check_loop_cost_keys = TypedCheck(
    part="loop_cost_keys",
    variable="key_projections",
    question=visible.loop_cost_keys,
    right=[5050, 100],
    mistakes=[
        Mistake("A4l-always-all", [10000, 100], "At step t there are only t tokens yet."),
        Mistake("A4l-off-by-one", [4950, 100], "The first step projects one key, not none."),
        Mistake(
            "A4l-same",
            [100, 100],
            "Without a cache, who remembers the key of the first token at the second step?",
        ),
        Mistake("A4l-swapped", [100, 5050], "The first number is the one without a cache."),
        Mistake("A4l-one-step", [100, 1], "Count over all hundred steps."),
    ],
    alternatives={
        "a tuple": (5050, 100),
        "text": "5050, 100",
        "floats": [5050.0, 100.0],
        "in brackets": "(5050, 100)",
    },
)

check_loop_cost_scores = TypedCheck(
    part="loop_cost_scores",
    variable="score_products",
    question=visible.loop_cost_scores,
    right=[338350, 5050],
    mistakes=[
        Mistake("A4l-half-squares", [171700, 5050], "A masked score is computed, and then thrown away."),
        Mistake("A4l-always-all", [1000000, 10000], "At step t there are only t tokens yet."),
        Mistake("A4l-one-score", [5050, 100], "With a cache, the new query meets every key there is."),
        Mistake("A4l-off-by-one", [328350, 4950], "A token is compared with itself too."),
        Mistake("A4l-swapped", [5050, 338350], "The first number is the one without a cache."),
        Mistake("A4l-full-cache", [338350, 10000], "With a cache, step t has t keys to meet, not a hundred."),
    ],
    alternatives={
        "a tuple": (338350, 5050),
        "text": "338350, 5050",
        "floats": [338350.0, 5050.0],
        "in brackets": "(338350; 5050)",
    },
)
