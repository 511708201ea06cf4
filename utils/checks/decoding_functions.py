"""Checks of the decoding lesson: the functions that a student writes.

The wrong and the right functions that prove them stand in `decoding_steps` and `decoding_sequences`, the
inputs in `decoding_cases`.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from coursekit.compare import WrongAnswer
from coursekit.cost import count, numbers_for
from utils.checks import decoding_cases as cases
from utils.checks import decoding_sequences as sequences
from utils.checks import decoding_steps as steps
from utils.checks.caps import Cap, within_caps
from utils.checks.check import FunctionCheck, Mistake, Property, one_line
from utils.checks.decoding_cases import LONG_LOOP
from utils.reference import decoding as reference

# --- one step ---------------------------------------------------------------------------------------------


check_multi_query_step = FunctionCheck(
    part="multi_query_step",
    variable="multi_query_step",
    right=reference.multi_query_step,
    cases=cases.steps,
    mistakes=[
        Mistake(
            "A4x-two-letters",
            steps.logits_two_letters,
            "Your scores multiply two sums, instead of summing products over k.",
        ),
        Mistake(
            "A4x-value-letter",
            steps.values_named_by_head,
            "In the weighted sum, the second axis of new_V is not the heads.",
        ),
        Mistake(
            "A4x-mha-string",
            steps.values_with_head_axis,
            "In the weighted sum, new_V was given one axis too many.",
        ),
        Mistake(
            "A4x-output-letter",
            steps.output_named_by_batch,
            "In the last line, W_o was given an axis for the batch.",
        ),
        Mistake(
            "A4a-shared-query",
            steps.one_shared_query,
            "Your heads all ask the same question. What is left to each head?",
        ),
        Mistake(
            "A4q-past-only",
            steps.looks_at_the_past_only,
            "The new token is in the new cache; may it look at itself?",
        ),
        Mistake(
            "A4q-softmax-over-heads",
            steps.softmax_over_heads,
            "Which axis must the weights of one head add up to 1 along?",
        ),
        Mistake(
            "A4q-scaled",
            steps.scaled_step,
            "The listing has no factor 1/sqrt(k), and here you are to follow it.",
        ),
        Mistake(
            "A4q-old-caches",
            steps.returns_the_old_caches,
            "The next step needs the caches with the new token in them.",
        ),
        Mistake(
            "A4q-new-row-first",
            steps.puts_the_new_row_first,
            "The caches are in the order of the text. Where is the new token?",
        ),
        Mistake(
            "A4q-heads-averaged",
            steps.averages_the_heads,
            "The output adds up the contributions of the heads, undivided.",
        ),
        Mistake(
            "A4q-output-alone", steps.returns_y_alone, "Three results are asked for: y, new_K and new_V."
        ),
        Mistake(
            "A4q-single-precision",
            steps.step_in_single_precision,
            "Somewhere numbers pass through single precision.",
        ),
    ],
    alternatives={
        "a loop over the heads": steps.step_one_head_after_the_other,
        "a library call": steps.step_by_library_call,
        "matrix products": steps.step_by_matrix_products,
        "the multi-head step with expanded weights": steps.step_with_expanded_heads,
        "caches filled in place": steps.step_with_caches_filled_in_place,
        "double precision inside": steps.step_in_double_precision,
    },
)


check_step_intensity = FunctionCheck(
    part="step_intensity",
    variable="step_intensity",
    right=reference.step_intensity,
    cases=cases.sizes,
    differentiable=False,
    mistakes=[
        Mistake(
            "A4q-past-only",
            steps.intensity_of_the_past_only,
            "The caches after the step hold n + 1 positions.",
        ),
        Mistake(
            "A4i-upside-down",
            steps.numbers_per_multiply_add,
            "Intensity is work per number moved, not the other way round.",
        ),
        Mistake("A4i-flops", steps.counts_flops, "A multiplication with its addition counts as one here."),
        Mistake(
            "A4f-attention-over-h",
            steps.attention_of_the_key_heads,
            "Every query head computes scores, however few key heads.",
        ),
        Mistake(
            "A4b-per-head",
            steps.work_of_four_full_projections,
            "With fewer key heads, two projections do less work.",
        ),
        Mistake(
            "A4g-weights-over-h", steps.weights_all_shared, "W_q and W_o have an axis for the query heads."
        ),
        Mistake("A4g-no-activations", steps.no_activations, "x, q, o and y are moved too."),
        Mistake(
            "A4g-drop-h",
            steps.cache_of_all_query_heads,
            "How many heads does a cache hold? It is one of the arguments.",
        ),
        Mistake("A4g-cache-only", steps.cache_alone, "The caches are not all that is moved."),
        Mistake(
            "A4g-no-width",
            steps.cache_of_positions,
            "A cached position is more than one number for each key head.",
        ),
        Mistake(
            "A4i-one-cache",
            steps.one_cache_for_the_batch,
            "Each sequence of the batch has a past of its own.",
        ),
        Mistake(
            "A4i-weights-per-sequence",
            steps.weights_for_every_sequence,
            "The batch shares the weights; they are read once.",
        ),
        Mistake("A4i-keys-alone", steps.keys_alone, "A cache holds keys; what does the other cache hold?"),
        Mistake("A4i-whole-numbers", steps.whole_numbers_only, "// drops what is behind the point."),
    ],
    alternatives={
        "two sums": steps.intensity_in_two_sums,
        "factored": steps.intensity_factored,
        "a table of shapes": steps.intensity_over_a_table_of_shapes,
        "tensors without data": steps.intensity_of_tensors_without_data,
        "a tensor, added up in place": steps.intensity_as_a_tensor,
    },
)

# --- whole sequences --------------------------------------------------------------------------------------


check_grouped_query = FunctionCheck(
    part="grouped_query",
    variable="grouped_query",
    right=reference.grouped_query,
    cases=cases.sequences_of_groups,
    mistakes=[
        Mistake(
            "X2-repeat",
            sequences.repeats_the_whole_list,
            "Neighbouring query heads share a key head; yours take turns.",
        ),
        Mistake(
            "X2-no-scale",
            sequences.no_scale,
            "This attention divides its scores by the root of the channels of a key.",
        ),
        Mistake("X2-no-mask", sequences.no_mask, "A position must not see what comes after it."),
        Mistake(
            "X2-softmax-queries",
            sequences.softmax_over_queries,
            "The weights of one query, over all keys, add up to 1.",
        ),
        Mistake(
            "X2-not-itself",
            sequences.hides_the_position_itself,
            "A position may see itself; the first one has nothing else.",
        ),
        Mistake(
            "X2-past-hidden", sequences.hides_the_past, "You hid the past and left the future to be seen."
        ),
        Mistake(
            "X2-mask-late",
            sequences.masks_after_the_softmax,
            "Masked after the softmax, the weights no longer add up to 1.",
        ),
        Mistake(
            "X2-mask-zero",
            sequences.masks_with_zero,
            "A score of zero is a score; what has weight zero after the softmax?",
        ),
        Mistake(
            "X2-scale-width",
            sequences.scales_by_the_model_width,
            "The scale counts the channels of one head, not of all.",
        ),
        Mistake("X2-scale-no-root", sequences.scales_without_the_root, "The scale is a square root."),
        Mistake(
            "X2-first-head", sequences.reads_the_first_key_head_only, "All your query heads read key head 0."
        ),
        Mistake(
            "X2-mean-head", sequences.averages_the_key_heads, "The key heads are kept apart, not averaged."
        ),
        Mistake(
            "X2-key-heads-out", sequences.one_output_per_key_head, "There is one output for each query head."
        ),
        Mistake(
            "X2-single-precision",
            sequences.attention_in_single_precision,
            "Somewhere numbers pass through single precision.",
        ),
    ],
    alternatives={
        "a library call": sequences.grouped_by_library_call,
        "repeated keys": sequences.grouped_by_repeated_keys,
        "a loop over the heads": sequences.grouped_one_head_after_the_other,
        "einsum over the groups": sequences.grouped_by_einsum,
        "in place": sequences.grouped_in_place,
        "double precision inside": sequences.grouped_in_double_precision,
    },
)


# A pass that masks half of its scores has made twice as many as needed, and a product written with * and sum
# touches twice as many numbers as a multiply-add. Both are fine; a loop without a cache needs more than both.
ROOM_FOR_OTHER_WAYS = 2 * 2
WIDTH = 32  # numbers of a token, enough to make projections dear
WHOLE_TEXT_AGAIN = 2 * ROOM_FOR_OTHER_WAYS  # times the work: then queries and outputs are made again too
ALL_AGAIN = "The outputs are right, but each step runs through the whole text again. What are the caches for?"
KEYS_AGAIN = "The outputs are right, but each step makes the keys and values of the old tokens again."
UNSEEN = "Products made by numpy or plain Python cannot be counted. Use torch in the loop."


def _work_is_not_repeated(decode: Callable[..., Tensor]) -> None:
    """Raise WrongAnswer when a long loop does the work of the past again at every step."""
    args = cases.loop(torch.Generator().manual_seed(0), 2, LONG_LOOP, LONG_LOOP + 3, 3, WIDTH, 4, 7)
    called = f"x (2, {LONG_LOOP}, {WIDTH})"
    least = count(reference.decode, *args)
    needed = least.work
    try:
        spent = count(decode, *args).work
    except Exception as error:  # the student's code may raise anything, and the message must say what
        first = f"raised {one_line(error)}"
        raise WrongAnswer("decode fails on a longer text.", called=called, first=first) from None
    if spent < least.multiply_adds / 2:  # less than the products alone take: they were made elsewhere
        first = f"torch touches {spent} numbers, where the products alone take {least.multiply_adds}"
        raise WrongAnswer("decode is right, but not in torch.", called=called, first=first, hint=UNSEEN)
    if spent > ROOM_FOR_OTHER_WAYS * needed:
        hint = ALL_AGAIN if spent > WHOLE_TEXT_AGAIN * needed else KEYS_AGAIN
        first = f"it touches {spent / needed:.0f} times as many numbers as a loop with a cache"
        raise WrongAnswer("decode is right and too slow.", called=called, first=first, hint=hint)


BATCH_OF_TEXTS = (64, 128, 1024)  # so wide that old tokens are dear, with heads so narrow that caches are not


def _batch_of_texts(g: torch.Generator) -> tuple[Tensor, ...]:
    """Return the arguments of a loop over a batch of texts, of whose tokens only the numbers are drawn."""
    *_, t, width = BATCH_OF_TEXTS
    _, *others = cases.loop(g, 1, t, t + 3, 2, width, 8, 8)
    return torch.randn(numbers_for(BATCH_OF_TEXTS), generator=g, dtype=torch.float64), *others


# In one thread: a loop with caches 0.2 s, keys made again 7 s, the whole text again 10 s and gigabytes.
A_BATCH_WITHIN_CAPS = within_caps(
    "decode",
    Cap(
        sizes=f"x {BATCH_OF_TEXTS}",
        inputs=_batch_of_texts,
        expected=reference.causal_pass,
        window=BATCH_OF_TEXTS,
        reads=BATCH_OF_TEXTS[-1],
        sample=2,
        cpu_seconds=0.45,
        yardstick=reference.decode,
        hint=KEYS_AGAIN,
    ),
)

check_decode = FunctionCheck(
    part="decode",
    variable="decode",
    right=reference.decode,
    cases=cases.loops,
    differentiable=False,  # decoding is never trained through, and caches written in place are the usual way
    properties=[Property("work is not repeated", _work_is_not_repeated), A_BATCH_WITHIN_CAPS],
    mistakes=[
        Mistake(
            "X3-restart", sequences.positions_restart, "Every token entered with the position of the first."
        ),
        Mistake("X3-off-by-one", sequences.positions_start_at_one, "The first position is number 0."),
        Mistake("X3-no-positions", sequences.no_positions, "What is P for?"),
        Mistake(
            "X3-stale-cache",
            sequences.never_updates_the_cache,
            "Your caches are as empty at the end as at the start.",
        ),
        Mistake(
            "A4q-past-only",
            sequences.loop_looks_at_the_past_only,
            "A token may look at itself; the first has nothing else.",
        ),
        Mistake(
            "X3-future", sequences.looks_at_the_future, "An early output knows tokens that had not come yet."
        ),
        Mistake(
            "X3-feeds-back",
            sequences.feeds_the_output_back,
            "The tokens are given in x; the outputs are not fed back here.",
        ),
        Mistake("A4q-scaled", sequences.scaled_loop, "The step of this loop has no factor 1/sqrt(k)."),
        Mistake(
            "X3-last-only", sequences.returns_the_last_output, "The outputs of all positions are asked for."
        ),
        Mistake(
            "X3-stacked-in-front",
            sequences.stacks_in_front,
            "The positions belong on the axis where x has them.",
        ),
        Mistake("X3-one-short", sequences.stops_one_token_early, "The last token has an output too."),
        Mistake(
            "X3-window",
            sequences.forgets_the_beginning,
            "In a long text your late outputs no longer know the first tokens.",
        ),
        Mistake("X3-in-numpy", sequences.loop_in_numpy, UNSEEN),
        Mistake("X3-whole-again", sequences.feeds_the_whole_sequence_again, ALL_AGAIN),
        Mistake("X3-keys-again", sequences.projects_all_keys_again, KEYS_AGAIN),
    ],
    alternatives={
        "lists of keys and values": sequences.decode_with_lists,
        "caches allocated once, filled in place": sequences.decode_into_preallocated_caches,
        "recursion": sequences.decode_by_recursion,
        "one masked library call": sequences.decode_by_one_masked_pass,
        "double precision inside": sequences.decode_in_double_precision,
    },
)
