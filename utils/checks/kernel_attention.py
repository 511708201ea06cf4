"""Checks of the lesson on kernel attention: keys, cases, known mistakes with their hints, known alternatives."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from coursekit.visible import kernel_attention as visible
from coursekit.visible.kernel_attention import plain_features, positive_features, two_sided_features
from utils.checks import kernel_attention_mistakes as given
from utils.checks.check import Mistake, TypedCheck
from utils.checks.kernel_attention_judging import (
    ClaimCheck,
    FeatureMapCheck,
    TieredCheck,
    linear_in_positions,
    order_of_work,
)
from utils.reference import kernel_attention as reference

HALF = 0.5  # the tier of an answer that is right under an assumption nobody made

# --- (a) when the denominator may vanish ------------------------------------------------------------------

check_a = TypedCheck(
    part="a",
    variable="minimal_condition",
    question=visible.a,
    right="e",
    mistakes=[
        Mistake("A6a-all-positive", "a", "That is enough, but is it needed? Try the similarities -1 and 3.", HALF),
        Mistake(
            "A6a-nonnegative",
            "b",
            "Enough again, and it still speaks of single terms. What exactly do you divide by?",
            HALF,
        ),
        Mistake("A6a-some-nonzero", "c", "Give one query two keys, with similarities 2 and -2."),
        Mistake("A6a-mercer", "d", "The dot product is such a kernel. Which values does it take on two opposite vectors?"),
        Mistake("A6a-per-pair", "f", "How many denominators are there for N queries, and what does each consist of?"),
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
        Mistake("A6a-squares-are-safe", "a", "Not negative and positive are two things. What if each square is 0?", HALF),
        Mistake("A6a-squares-only-zero-keys", "b", "Take two keys that point the same way, in the plane, and turn the query."),
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
        Mistake("A6bi-elementwise", "sum_i (q_i k_i)^2", "Which comes first: adding over the channels, or the power?"),
        Mistake("A6bi-plus-one-outside", "s^2 + 1", "Is the inner product shifted before it is raised, or after?"),
        Mistake("A6bi-norms", "||q||^2 ||k||^2", "Turn q while its length stays: your value stays too. Should it?"),
        Mistake("A6bi-no-offset", "s^2", "All constants are one here, the shift too; in your formula it is zero."),
        Mistake("A6bi-degree-one", "s + 1", "Which degree in s was asked for?"),
        Mistake("A6bi-single-cross-term", "s^2 + s + 1", "Expand your power once more: how often does the mixed term occur?"),
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
        Mistake("A6bii-squares-only", given.no_mixed_terms, "For D = 2, write down every monomial of the expanded kernel."),
        Mistake("A6bii-no-constant", given.no_constant, "What is phi(0).phi(0), and what is the kernel of two zero vectors?"),
        Mistake("A6bii-no-offset", given.no_lower_degrees, "This is the kernel without its shift. Which degrees are missing?"),
        Mistake(
            "A6bii-mixed-both-orders",
            given.mixed_terms_in_both_orders,
            "Features for (i, j) and for (j, i) share the work: one factor too many here, for pairs in either order.",
        ),
        Mistake("A6bii-mixed-doubled", given.mixed_terms_doubled, "The mixed terms weigh too much: factors get squared."),
        Mistake(
            "A6bii-root-on-squares",
            given.everything_with_a_root,
            "For D = 1 expand the kernel: which coefficient has the term of highest degree?",
        ),
        Mistake("A6bii-rounded-root", given.rounded_root, "Nearly. Let Python work out the root; three decimals show."),
        Mistake("A6bii-normalised", given.scaled_to_length_one, "phi(x).phi(x) is 1 for every x: should lengths be lost?"),
        Mistake("A6bii-square-of-the-sum", given.square_of_the_sum, "A single number per row cannot know the direction of x."),
        Mistake(
            "A6bii-kernel-with-itself",
            given.kernel_of_a_row_with_itself,
            "This evaluates a kernel of x with x. The map sees x alone, before any y is known.",
        ),
        Mistake("A6bii-two-axes-only", given.only_two_axes, "There may be more axes in front: address the last one as -1."),
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
        Mistake("A6bii-dim-half", "D^2/2", "Try D = 1 and D = 2 by hand: the count is exact, not a leading term.", HALF),
        Mistake("A6bii-dim-quadratic-only", "D (D + 1)/2", "These are the monomials of one degree. Are there others?"),
        Mistake("A6bii-dim-full", "D^2", "Are x_1 x_2 and x_2 x_1 two monomials? And which have degree below two?"),
        Mistake("A6bii-dim-ordered-pairs", "1 + D + D^2", "That map works. Do two of its features always agree?"),
        Mistake("A6bii-dim-outer", "(D + 1)^2", "A symmetric matrix holds entries twice. How many are different?"),
        Mistake("A6bii-dim-no-mixed", "2 D + 1", "For D = 2 there are more: which monomials mix two channels?"),
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

# --- (b) and (d) attention through features ---------------------------------------------------------------

GUARDED = (
    "Repeat it in double precision, with a denominator of 1e-8: neither a constant added below nor a dtype "
    "fixed inside may change the result."
)
STORAGE = "The numbers are right. Let N grow: one of your tensors has an entry for every pair of positions."
WORK = "Nothing large is stored, but each query still visits every key. What could all queries share?"


def _attention_cases(source: torch.Generator) -> list[tuple[Any, ...]]:
    """Return Q, K, V and phi: three maps, denominators of either sign, a tiny one, and single precision."""
    Q, K, V = (_normal((7, width), source) for width in (3, 3, 5))
    up = [torch.rand(6, 4, generator=source, dtype=torch.float64) + 0.5 for _ in range(2)]
    W = _normal((6, 2), source)
    return [
        (Q, K, V, positive_features),
        (2 * Q, K, V, two_sided_features),
        (-up[0], up[1], W, plain_features),
        (1e-4 * up[0], 1e-4 * up[1], W, plain_features),
        *_ordinary_cases(source),
    ]


def _ordinary_cases(source: torch.Generator) -> list[tuple[Any, ...]]:
    """Return cases of torch's default dtype, with denominators between one and some hundred in size."""
    Q, K = (torch.rand(8, 3, generator=source) + 0.5 for _ in range(2))
    V = torch.randn(8, 5, generator=source)
    return [(Q, K, V, positive_features), (-Q, K, V, plain_features)]


def _first_query(cases: Any) -> Any:
    return lambda source: [(Q[0], K, V, phi) for Q, K, V, phi in cases(source)]


ATTEND_GUARDED = Mistake("A6p-eps", given.guarded_denominator, GUARDED, HALF)

check_b_rewrite = TieredCheck(
    part="b_rewrite",
    variable="attend",
    right=reference.attend,
    cases=_first_query(_attention_cases),
    ordinary=_first_query(_ordinary_cases),
    tier=ATTEND_GUARDED,
    mistakes=[
        ATTEND_GUARDED,
        Mistake("A6biii-cancel", given.query_cancelled, "phi(q) is a vector, not a number that one may divide out."),
        Mistake(
            "A6biii-cancel",
            given.query_cancelled_and_averaged,
            "Your output is the same for every query. Is that still attention?",
        ),
        Mistake(
            "A6biii-product-of-sums",
            given.product_of_sums,
            "Two keys, two different values: is a sum of products the product of the sums?",
        ),
        Mistake("A6biii-no-normaliser", given.no_denominator, "Where every value is the same vector, what must come out?"),
        Mistake("A6biii-divided-by-count", given.divided_by_the_count, "You divide by the number of keys. What says (G)?"),
        Mistake(
            "A6biii-denominator-without-query",
            given.denominator_without_the_query,
            "Above the line you use the similarities to this query. And below it?",
        ),
        Mistake(
            "A6biii-divided-inside",
            given.divided_inside,
            "You divide feature by feature. A ratio of sums is not a sum of ratios.",
        ),
        Mistake(
            "A6biii-softmax",
            given.softmax_of_the_similarities,
            "An exponential has crept back in: the weights in (G) are the similarities themselves.",
        ),
        Mistake("A6biii-plain-query", given.plain_query, "The keys went through phi. Did the query?"),
        Mistake("A6biii-plain-keys", given.plain_keys, "The query went through phi. Did the keys?"),
        Mistake(
            "A6biii-features-of-the-sum",
            given.features_of_the_summed_keys,
            "phi is not linear: the features of a sum are not the sum of the features.",
        ),
        Mistake(
            "A6biii-absolute",
            given.absolute_denominator,
            "Where all similarities are negative, your output has the wrong sign.",
        ),
    ],
    alternatives={
        "sums first": given.sums_first,
        "loop": given.loop_over_keys,
        "einsum": given.one_einsum,
        "library calls, divided in place": given.divided_in_place,
        "another dtype inside": given.attend_in_double,
        "columns and outer products": given.as_columns,
    },
)

LINEAR_GUARDED = Mistake("A6p-eps", given.added_to_the_denominator, GUARDED, HALF)

check_linear_attention = TieredCheck(
    part="linear_attention",
    variable="linear_attention",
    right=reference.linear_attention,
    cases=_attention_cases,
    ordinary=_ordinary_cases,
    tier=LINEAR_GUARDED,
    properties=[linear_in_positions(STORAGE, WORK)],
    mistakes=[
        LINEAR_GUARDED,
        Mistake("A6p-eps", given.added_in_any_dtype, GUARDED, HALF),
        Mistake("A6p-eps", given.clamped_denominator, GUARDED, HALF),
        Mistake("A6p-eps", given.ones_of_the_default_dtype, GUARDED, HALF),
        Mistake("A6p-quadratic", given.all_pairs_first, STORAGE),
        Mistake("A6p-quadratic", given.all_pairs_for_the_denominator, STORAGE),
        Mistake("A6p-row-by-row", given.one_row_of_weights_at_a_time, WORK),
        Mistake("A6p-no-normaliser", given.rows_without_denominator, "Let every value be one and the same vector: what comes out?"),
        Mistake(
            "A6p-divided-by-count",
            given.rows_divided_by_the_count,
            "All rows are divided by one number, N. Whose similarities add up to N?",
        ),
        Mistake(
            "A6p-lost-axis",
            given.denominator_without_its_axis,
            "There is one denominator per row. Which axis must it keep to divide rows, not columns?",
        ),
        Mistake("A6p-one-denominator", given.one_denominator_for_all, "Each query has a denominator of its own."),
        Mistake("A6p-swapped", given.queries_and_keys_swapped, "Which of Q and K does the sum over j run over?"),
        Mistake(
            "A6p-divided-inside",
            given.rows_divided_inside,
            "You divide before the query is known. Only two finished sums may be divided.",
        ),
        Mistake(
            "A6p-product-of-sums",
            given.rows_of_the_product_of_sums,
            "All rows of your output agree: each value must meet the features of its own key.",
        ),
        Mistake("A6p-causal", given.only_earlier_positions, "Here every query sees all keys; yours sees none after its own."),
        Mistake("A6p-plain-queries", given.queries_without_features, "phi applies to the rows of Q as well."),
        Mistake("A6p-absolute", given.absolute_rows, "A denominator may be negative, and its sign belongs to the result."),
    ],
    alternatives={
        "loop": given.loop_over_positions,
        "einsum": given.two_einsums,
        "a column of ones beside V": given.values_with_a_column_of_ones,
        "library calls": given.library_calls,
        "in place, in blocks": given.accumulated_in_place,
        "another dtype inside": given.rows_in_double,
        "ones of the right dtype": given.ones_like_the_values,
    },
)

# --- (c) and (d) costs ------------------------------------------------------------------------------------

check_c_time = TypedCheck(
    part="c_time",
    variable="softmax_time",
    question=visible.c_time,
    right="N^2 D + N^2 M",
    mistakes=[
        Mistake("A6c-time-drop-M", "N^2 D", "Two products are large. You counted one; write the sizes of both.", HALF),
        Mistake("A6c-time-N2", "N^2", "That is how many weights there are. What does one of them cost?"),
        Mistake("A6c-time-product", "N^2 D M", "Is one product done inside the other, or after it?"),
        Mistake("A6c-time-drop-D", "N^2 M", "This is the price of averaging. The weights must be made first."),
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
        Mistake("A6c-space-N2-only", "N^2", "The weights are one thing that is kept. Read the note for the others.", HALF),
        Mistake("A6c-space-no-scores", "N D + N M", "Which numbers does the softmax itself leave for its backward pass?"),
        Mistake("A6c-space-times-D", "N^2 D", "How many numbers does one pair of positions leave behind?"),
        Mistake("A6c-space-work", "N^2 D + N^2 M", "This is work. A number is kept once, however long it took to make."),
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
        Mistake("A6d-time-quadratic", "N^2 D^2", "Your N is squared: which product makes that unnecessary when done first?"),
        Mistake("A6d-time-ND4", "N D^4", "The matrix that all queries share has two sides. Are both as long as phi?"),
        Mistake("A6d-time-softmax", "N^2 D", "This is softmax attention. What does the other order of the products cost?"),
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
        Mistake("A6d-space-ND2", "N D^2", "Let N stay small and D grow: how large is what all queries share?"),
        Mistake("A6d-space-recompute", "N D + D^3", "Here nothing is rebuilt later. List every tensor between input and output."),
        Mistake("A6d-space-ND", "N D", "These are the inputs. What is made of them on the way?"),
        Mistake("A6d-space-state-only", "D^3", "Let N grow: does a backward pass need nothing of each position?"),
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
        Mistake("A6d-space-ND2", "N D^2 + D^3", "What is rebuilt is not kept. Which of your terms are feature vectors?"),
        Mistake("A6d-space-ND2", "N D^2", "Feature vectors are not kept here, and something shared by all queries is."),
        Mistake("A6d-space-ND", "N D", "Between input and output some tensors are no feature vectors. How large are they?"),
        Mistake("A6d-space-state-only", "D^3", "From what are the features rebuilt, if nothing is kept per position?"),
        Mistake("A6d-space-aggregate-D2", "N D + D^2", "How many rows has the matrix that all queries share?"),
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
        Mistake("A6-crossover-no-denominator", 2146, "The denominator is computed as well: two more products, thin ones."),
        Mistake("A6-crossover-mass-free", 2162, "The sum of the key features counts too, as a product with ones."),
        Mistake("A6-crossover-off-by-one", 2178, "Put your number into both counts: which one is smaller?"),
        Mistake("A6-crossover-rule-of-thumb", 2048, "Half of D^2 is a rule of thumb. Count exactly."),
        Mistake("A6-crossover-redundant", 4227, "That is for a map with a feature for every ordered pair; the least width is smaller."),
        Mistake("A6-crossover-plain-width", 66, "Your feature vectors are as short as the queries themselves."),
        Mistake("A6-crossover-drop-M", 4358, "Softmax attention has two products, not one."),
    ],
    alternatives={
        "as text": "2179",
        "with a label": "N = 2179",
        "with a separator": "2,179",
        "as a float": 2179.0,
    },
)

check_claim = ClaimCheck(
    part="claim",
    variable="claimed_work",
    question=visible.claim,
    right="N D M",
    measure=order_of_work,
    mistakes=[
        Mistake("A6p-claim-quadratic", "N^2 D + N^2 M", "Count the largest product in your own code once more, side by side."),
        Mistake("A6p-claim-features-free", "N D + N M", "Look at the product of key features and values: three sizes meet there."),
        Mistake("A6p-claim-quadratic-map", "N D^3", "That was for a quadratic map. Here a feature vector is as wide as its input."),
        Mistake("A6p-claim-no-positions", "D M", "Double N: does your loop or product not take longer?"),
        Mistake("A6p-claim-one-width", "N D^2", "M need not be close to D here."),
    ],
    alternatives={
        "wrapped": "O(N D M)",
        "with constants": "2NDM + 3ND",
        "LaTeX": r"\mathcal{O}(N \cdot D \cdot M)",
        "as a sum": "N D M + N M + N D",
        "unicode": "N·M·D",
    },
)
