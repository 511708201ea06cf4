"""Kernel attention, parts (c) and (d): what softmax attention and linear attention cost, as typed answers."""

from __future__ import annotations

from coursekit.visible import kernel_attention as visible
from utils.checks.check import Mistake, TypedCheck
from utils.checks.kernel_attention_judging import HALF

check_c_time = TypedCheck(
    part="c_time",
    variable="softmax_time",
    question=visible.c_time,
    right="N^2 D + N^2 M",
    mistakes=[
        Mistake(
            "A6c-time-drop-M",
            "N^2 D",
            "Two products are large. You counted one; write the sizes of both.",
            HALF,
        ),
        Mistake("A6c-time-N2", "N^2", "That is how many weights there are. What does one of them cost?"),
        Mistake("A6c-time-product", "N^2 D M", "Is one product done inside the other, or after it?"),
        Mistake(
            "A6c-time-drop-D", "N^2 M", "This is the price of averaging. The weights must be made first."
        ),
        Mistake("A6c-time-linear", "N D + N M", "How many pairs of a query and a key are looked at?"),
        Mistake("A6c-time-cubic", "N^3", "Which product of matrices has three sides of length N?"),
    ],
    alternatives={
        "factored": "O(N^2 (D + M))",
        "with max": "N^2 max(D, M)",
        "softmax counted": "2N^2D + 2N^2M + 5N^2",
        "LaTeX": r"$\mathcal{O}(N^2 D + N^2 M)$",
        "unicode": "N²·(M+D)",
    },
)

check_c_memory = TypedCheck(
    part="c_memory",
    variable="softmax_memory",
    question=visible.c_memory,
    right="N^2 + N D + N M",
    mistakes=[
        Mistake(
            "A6c-space-N2-only",
            "N^2",
            "The weights are one thing that is kept. Read the note for the others.",
            HALF,
        ),
        Mistake(
            "A6c-space-no-scores",
            "N D + N M",
            "Which numbers does the softmax itself leave for its backward pass?",
        ),
        Mistake("A6c-space-times-D", "N^2 D", "How many numbers does one pair of positions leave behind?"),
        Mistake(
            "A6c-space-work",
            "N^2 D + N^2 M",
            "This is work. A number is kept once, however long it took to make.",
        ),
        Mistake("A6c-space-no-values", "N^2 + N D", "Three matrices go in. Which is missing?"),
        Mistake("A6c-space-no-keys", "N^2 + N M", "Let D grow beyond all else: does what is kept not grow?"),
    ],
    alternatives={
        "factored": "O(N (N + D + M))",
        "with constants": "N^2 + 2 N D + N M",
        "with max": "N max(N, D, M)",
        "LaTeX": r"\mathcal{O}(N^2 + N(D + M))",
    },
)

check_d_time = TypedCheck(
    part="d_time",
    variable="linear_time",
    question=visible.d_time,
    right="N D^3",
    mistakes=[
        Mistake("A6d-time-ND2", "N D^2", "How long is a single feature vector of your quadratic map?"),
        Mistake(
            "A6d-time-quadratic",
            "N^2 D^2",
            "Your N is squared: which product makes that unnecessary when done first?",
        ),
        Mistake(
            "A6d-time-ND4",
            "N D^4",
            "The matrix that all queries share has two sides. Are both as long as phi?",
        ),
        Mistake(
            "A6d-time-softmax",
            "N^2 D",
            "This is softmax attention. What does the other order of the products cost?",
        ),
        Mistake("A6d-time-no-positions", "D^3", "Is each key not visited at least once?"),
    ],
    alternatives={
        "wrapped": "O(N D^3)",
        "with M": "N D^2 M",
        "exact": "N D (D+1)(D+2)",
        "LaTeX": r"\mathcal{O}(ND^3)",
        "with the features": "2 N D^3 + N D^2",
    },
)

check_d_memory_stored = TypedCheck(
    part="d_memory_stored",
    variable="memory_features_stored",
    question=visible.d_memory_stored,
    right="N D^2 + D^3",
    mistakes=[
        Mistake(
            "A6d-space-ND2", "N D^2", "Let N stay small and D grow: how large is what all queries share?"
        ),
        Mistake(
            "A6d-space-recompute",
            "N D + D^3",
            "Here nothing is rebuilt later. List every tensor between input and output.",
        ),
        Mistake("A6d-space-ND", "N D", "These are the inputs. What is made of them on the way?"),
        Mistake(
            "A6d-space-state-only", "D^3", "Let N grow: does a backward pass need nothing of each position?"
        ),
        Mistake("A6d-space-work", "N D^3", "This counts work. How often is one number kept?"),
        Mistake("A6d-space-softmax", "N^2 + N D", "No weights per pair of positions exist any more."),
    ],
    alternatives={
        "factored": "O(D^2 (N + D))",
        "with M": "N D^2 + D^2 M",
        "LaTeX": r"\mathcal{O}(ND^2 + D^3)",
        "exact": "N (D+1)(D+2) + 3 N D + D (D+1)(D+2)/2",
        "with max": "D^2 max(N, D)",
    },
)

check_d_memory_recomputed = TypedCheck(
    part="d_memory_recomputed",
    variable="memory_features_rebuilt",
    question=visible.d_memory_recomputed,
    right="N D + D^3",
    mistakes=[
        Mistake(
            "A6d-space-ND2",
            "N D^2 + D^3",
            "What is rebuilt is not kept. Which of your terms are feature vectors?",
        ),
        Mistake(
            "A6d-space-ND2",
            "N D^2",
            "Feature vectors are not kept here, and something shared by all queries is.",
        ),
        Mistake(
            "A6d-space-ND",
            "N D",
            "Between input and output some tensors are no feature vectors. How large are they?",
        ),
        Mistake(
            "A6d-space-state-only",
            "D^3",
            "From what are the features rebuilt, if nothing is kept per position?",
        ),
        Mistake(
            "A6d-space-aggregate-D2", "N D + D^2", "How many rows has the matrix that all queries share?"
        ),
    ],
    alternatives={
        "factored": "O(D (N + D^2))",
        "with M": "N D + N M + D^2 M",
        "with max": "max(N D, D^3)",
        "LaTeX": r"\mathcal{O}(ND + D^3)",
    },
)

check_crossover = TypedCheck(
    part="crossover",
    variable="first_cheaper_length",
    question=visible.crossover,
    right=2179,
    mistakes=[
        Mistake(
            "A6-crossover-no-denominator",
            2146,
            "The denominator is computed as well: two more products, thin ones.",
        ),
        Mistake(
            "A6-crossover-mass-free", 2162, "The sum of the key features counts too, as a product with ones."
        ),
        Mistake("A6-crossover-off-by-one", 2178, "Put your number into both counts: which one is smaller?"),
        Mistake("A6-crossover-rule-of-thumb", 2048, "Half of D^2 is a rule of thumb. Count exactly."),
        Mistake(
            "A6-crossover-redundant",
            4227,
            "That is for a map with a feature for every ordered pair; the least width is smaller.",
        ),
        Mistake(
            "A6-crossover-plain-width", 66, "Your feature vectors are as short as the queries themselves."
        ),
        Mistake("A6-crossover-drop-M", 4358, "Softmax attention has two products, not one."),
    ],
    alternatives={
        "as text": "2179",
        "with a label": "N = 2179",
        "with a separator": "2,179",
        "as a float": 2179.0,
    },
)
