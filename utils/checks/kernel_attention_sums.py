"""Kernel attention, functions of a feature map: one query, all queries in linear time, and a claim."""

from __future__ import annotations

from typing import Any

import torch

from coursekit.visible import kernel_attention as visible
from coursekit.visible.kernel_attention import plain_features, positive_features, two_sided_features
from utils.checks import kernel_attention_mistakes as given
from utils.checks.check import Mistake
from utils.checks.kernel_attention_judging import (
    HALF,
    ClaimCheck,
    TieredCheck,
    linear_at_scale,
    linear_in_positions,
    order_of_work,
    right_at_lengths,
)
from utils.reference import kernel_attention as reference

GUARDED = (
    "Repeat it in double precision, with a denominator of 1e-13: neither a constant added below nor a dtype "
    "fixed inside may change the result."
)
STORAGE = "The numbers are right. Let N grow: one of your tensors has an entry for every pair of positions."
WORK = "Nothing large is stored, but each query still visits every key. What could all queries share?"


def _attention_cases(source: torch.Generator) -> list[tuple[Any, ...]]:
    """Return Q, K, V and phi: three maps, denominators of either sign, a tiny one, and single precision."""
    Q, K, V = (torch.randn(7, width, generator=source, dtype=torch.float64) for width in (3, 3, 5))
    up = [torch.rand(6, 4, generator=source, dtype=torch.float64) + 0.5 for _ in range(2)]
    W = torch.randn(6, 2, generator=source, dtype=torch.float64)
    return [
        (Q, K, V, positive_features),
        (2 * Q, K, V, two_sided_features),
        (-up[0], up[1], W, plain_features),
        (1e-7 * up[0], 1e-7 * up[1], W, plain_features),
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
        Mistake(
            "A6biii-cancel",
            given.query_cancelled,
            "phi(q) is a vector, not a number that one may divide out.",
        ),
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
        Mistake(
            "A6biii-no-normaliser",
            given.no_denominator,
            "Where every value is the same vector, what must come out?",
        ),
        Mistake(
            "A6biii-divided-by-count",
            given.divided_by_the_count,
            "You divide by the number of keys. What says (G)?",
        ),
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
        Mistake(
            "A6biii-clamped",
            given.clamped_below,
            "A lower bound replaces every negative denominator. Which denominators are harmful, if not those?",
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

LINEAR_AT_SCALE = linear_at_scale(reference.linear_attention, given.loop_over_positions, STORAGE, WORK)

check_linear_attention = TieredCheck(
    part="linear_attention",
    variable="linear_attention",
    right=reference.linear_attention,
    cases=_attention_cases,
    ordinary=_ordinary_cases,
    tier=LINEAR_GUARDED,
    properties=[
        right_at_lengths(reference.linear_attention),
        linear_in_positions(STORAGE, WORK),
        LINEAR_AT_SCALE,
    ],
    mistakes=[
        LINEAR_GUARDED,
        Mistake("A6p-quadratic", given.all_pairs_first, STORAGE),
        Mistake("A6p-row-by-row", given.one_row_of_weights_at_a_time, WORK),
        Mistake(
            "A6p-no-normaliser",
            given.rows_without_denominator,
            "Let every value be one and the same vector: what comes out?",
        ),
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
        Mistake(
            "A6p-one-denominator", given.one_denominator_for_all, "Each query has a denominator of its own."
        ),
        Mistake(
            "A6p-swapped", given.queries_and_keys_swapped, "Which of Q and K does the sum over j run over?"
        ),
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
        Mistake(
            "A6p-causal",
            given.only_earlier_positions,
            "Here every query sees all keys; yours sees none after its own.",
        ),
        Mistake("A6p-plain-queries", given.queries_without_features, "phi applies to the rows of Q as well."),
        Mistake(
            "A6p-absolute",
            given.absolute_rows,
            "A denominator may be negative, and its sign belongs to the result.",
        ),
        Mistake(
            "A6p-clamped",
            given.clamped_rows,
            "A lower bound replaces every negative denominator. Which denominators are harmful, if not those?",
        ),
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

check_claim = ClaimCheck(
    part="claim",
    depends_on=("linear_attention",),
    variable="claimed_work",
    question=visible.claim,
    right="N D M",
    measure=order_of_work,
    within=LINEAR_AT_SCALE,
    otherwise="N^2 (D + M)",
    mistakes=[
        Mistake(
            "A6p-claim-quadratic",
            "N^2 D + N^2 M",
            "Count the largest product in your own code once more, side by side.",
        ),
        Mistake(
            "A6p-claim-features-free",
            "N D + N M",
            "Look at the product of key features and values: three sizes meet there.",
        ),
        Mistake(
            "A6p-claim-quadratic-map",
            "N D^3",
            "That was for a quadratic map. Here a feature vector is as wide as its input.",
        ),
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
