"""Kernel attention, parts (a) and (b): when the denominator vanishes, the quadratic kernel, its features."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from coursekit.visible import kernel_attention as visible
from utils.checks import kernel_attention_mistakes as given
from utils.checks.check import Mistake, TypedCheck
from utils.checks.kernel_attention_judging import HALF, FeatureMapCheck
from utils.reference import kernel_attention as reference

# --- (a) when the denominator may vanish ------------------------------------------------------------------

check_a = TypedCheck(
    part="a",
    variable="minimal_condition",
    question=visible.a,
    right="e",
    mistakes=[
        Mistake(
            "A6a-all-positive", "a", "That is enough, but is it needed? Try the similarities -1 and 3.", HALF
        ),
        Mistake(
            "A6a-nonnegative",
            "b",
            "Enough again, and it still speaks of single terms. What exactly do you divide by?",
            HALF,
        ),
        Mistake("A6a-some-nonzero", "c", "Give one query two keys, with similarities 2 and -2."),
        Mistake(
            "A6a-mercer",
            "d",
            "The dot product is such a kernel. Which values does it take on two opposite vectors?",
        ),
        Mistake(
            "A6a-per-pair",
            "f",
            "How many denominators are there for N queries, and what does each consist of?",
        ),
    ],
    alternatives={
        "capital letter": "E",
        "in brackets": "(e)",
        "the option itself": visible.a.options["e"],
        "with a full stop": "e.",
    },
)

check_a_squares = TypedCheck(
    part="a_squares",
    variable="squared_kernel",
    question=visible.a_squares,
    right="d",
    mistakes=[
        Mistake(
            "A6a-squares-are-safe",
            "a",
            "Not negative and positive are two things. What if each square is 0?",
            HALF,
        ),
        Mistake(
            "A6a-squares-only-zero-keys",
            "b",
            "Take two keys that point the same way, in the plane, and turn the query.",
        ),
        Mistake("A6a-squares-cancel", "c", "Which sign can the square of a real number have?"),
    ],
    alternatives={
        "capital letter": "D",
        "in brackets": "(d)",
        "the option itself": visible.a_squares.options["d"],
        "quoted": "'d'",
    },
)

# --- (b) the quadratic kernel and its features ------------------------------------------------------------

check_b_kernel = TypedCheck(
    part="b_kernel",
    variable="quadratic_kernel",
    question=visible.b_kernel,
    right="(s + 1)^2",
    also=["(q k + 1)^2"],  # a product of vectors without a sign is the inner product here
    mistakes=[
        Mistake(
            "A6bi-elementwise",
            "sum_i (q_i k_i)^2",
            "Which comes first: adding over the channels, or the power?",
        ),
        Mistake(
            "A6bi-plus-one-outside", "s^2 + 1", "Is the inner product shifted before it is raised, or after?"
        ),
        Mistake(
            "A6bi-norms", "||q||^2 ||k||^2", "Turn q while its length stays: your value stays too. Should it?"
        ),
        Mistake(
            "A6bi-no-offset", "s^2", "All constants are one here, the shift too; in your formula it is zero."
        ),
        Mistake("A6bi-degree-one", "s + 1", "Which degree in s was asked for?"),
        Mistake(
            "A6bi-single-cross-term",
            "s^2 + s + 1",
            "Expand your power once more: how often does the mixed term occur?",
        ),
    ],
    alternatives={
        "expanded": "s^2 + 2 s + 1",
        "transposed": "(q^T k + 1)^2",
        "dotted": "(1 + q.k)**2",
        "LaTeX with a label": r"\text{sim}(q, k) = (q^T k + 1)^2",
        "inner product": r"(\langle q, k \rangle + 1)^2",
        "as a sum": r"(\sum_i q_i k_i + 1)^2",
        "without a sign": "(1 + q k)^2",
        "rows": "(Q_i K_j^T + 1)^2",
    },
)


def _pairs_of_rows(source: torch.Generator) -> list[tuple[Any, ...]]:
    """Return x and y: rows, blocks of rows, one channel, and single precision."""
    shapes = [((7, 4), (6, 4)), ((3, 5, 2), (3, 4, 2)), ((5, 1), (3, 1)), ((4, 6), (5, 6))]
    drawn = [tuple(_normal(shape, source) for shape in pair) for pair in shapes]
    return [*drawn, tuple(_normal(shape, source).float() for shape in ((5, 3), (4, 3)))]


def _normal(shape: tuple[int, ...], source: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=source, dtype=torch.float64)


check_b_map = FeatureMapCheck(
    part="b_map",
    variable="feature_map",
    right=reference.quadratic_features,
    cases=_pairs_of_rows,
    mistakes=[
        Mistake(
            "A6bii-cross-sqrt2",
            given.mixed_terms_once,
            "With x = y = (1, 1), compare the part that mixes the two channels on both sides.",
        ),
        Mistake(
            "A6bii-linear-coeff",
            given.linear_terms_once,
            "The terms of degree one come out too small. Which factor do they have in the expanded kernel?",
        ),
        Mistake(
            "A6bii-linear-coeff",
            given.linear_terms_twice,
            "The terms of degree one come out too large: a factor on the features counts twice in a product.",
        ),
        Mistake(
            "A6bii-squares-only",
            given.no_mixed_terms,
            "For D = 2, write down every monomial of the expanded kernel.",
        ),
        Mistake(
            "A6bii-no-constant",
            given.no_constant,
            "What is phi(0).phi(0), and what is the kernel of two zero vectors?",
        ),
        Mistake(
            "A6bii-no-offset",
            given.no_lower_degrees,
            "This is the kernel without its shift. Which degrees are missing?",
        ),
        Mistake(
            "A6bii-mixed-both-orders",
            given.mixed_terms_in_both_orders,
            "Features for (i, j) and for (j, i) share the work: yours have one factor too many.",
        ),
        Mistake(
            "A6bii-mixed-doubled",
            given.mixed_terms_doubled,
            "The mixed terms weigh too much: factors get squared.",
        ),
        Mistake(
            "A6bii-root-on-squares",
            given.everything_with_a_root,
            "For D = 1 expand the kernel: which coefficient has the term of highest degree?",
        ),
        Mistake(
            "A6bii-rounded-root",
            given.rounded_root,
            "Nearly. Let Python work out the root; three decimals show.",
        ),
        Mistake(
            "A6bii-rounded-root",
            given.root_in_single_precision,
            "Your root has seven digits: torch makes a tensor in single precision unless told otherwise.",
        ),
        Mistake(
            "A6bii-normalised",
            given.scaled_to_length_one,
            "phi(x).phi(x) is 1 for every x: should lengths be lost?",
        ),
        Mistake(
            "A6bii-square-of-the-sum",
            given.square_of_the_sum,
            "A single number per row cannot know the direction of x.",
        ),
        Mistake(
            "A6bii-kernel-with-itself",
            given.kernel_of_a_row_with_itself,
            "This evaluates a kernel of x with x. The map sees x alone, before any y is known.",
        ),
        Mistake(
            "A6bii-two-axes-only",
            given.only_two_axes,
            "There may be more axes in front: address the last one as -1.",
        ),
    ],
    alternatives={
        "squares first": given.squares_first,
        "loop over pairs": given.loop_over_pairs,
        "einsum, all ordered pairs": given.all_ordered_pairs,
        "outer product with a one appended": given.outer_product_with_a_one,
        "in place": given.written_into_place,
        "library call": given.library_combinations,
        "another dtype inside": given.double_precision_inside,
        "signs turned": given.signs_turned,
    },
)

check_b_dimension = TypedCheck(
    part="b_dimension",
    variable="least_width",
    question=visible.b_dimension,
    right="(D + 1)(D + 2)/2",
    mistakes=[
        Mistake(
            "A6bii-dim-half",
            "D^2/2",
            "Try D = 1 and D = 2 by hand: the count is exact, not a leading term.",
            HALF,
        ),
        Mistake(
            "A6bii-dim-quadratic-only",
            "D (D + 1)/2",
            "These are the monomials of one degree. Are there others?",
        ),
        Mistake(
            "A6bii-dim-full", "D^2", "Are x_1 x_2 and x_2 x_1 two monomials? And which have degree below two?"
        ),
        Mistake(
            "A6bii-dim-ordered-pairs", "1 + D + D^2", "That map works. Do two of its features always agree?"
        ),
        Mistake(
            "A6bii-dim-outer", "(D + 1)^2", "A symmetric matrix holds entries twice. How many are different?"
        ),
        Mistake(
            "A6bii-dim-no-mixed", "2 D + 1", "For D = 2 there are more: which monomials mix two channels?"
        ),
        Mistake("A6bii-dim-no-constant", "D + D (D + 1)/2", "One feature does not depend on x at all."),
    ],
    alternatives={
        "by degree": "1 + D + D(D+1)/2",
        "expanded": "(D^2 + 3D + 2)/2",
        "with a label": "P = (D + 1)(D + 2)/2",
        "LaTeX": r"\frac{(D+1)(D+2)}{2}",
        "by kind": "1 + 2*D + D*(D-1)/2",
    },
)
