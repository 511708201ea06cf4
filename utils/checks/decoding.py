"""Checks of the decoding lesson, gathered: where each stands is said by the imports.

`decoding_listing` holds the blanks of the listing, `decoding_costs` the costs as typed answers,
`decoding_functions` the functions that a student writes.
"""

from utils.checks.decoding_costs import (
    check_cache_formula,
    check_cache_size,
    check_f,
    check_f_exact,
    check_g,
    check_intensity,
    check_intensity_shared,
    check_loop_cost_keys,
    check_loop_cost_scores,
)
from utils.checks.decoding_functions import (
    check_decode,
    check_grouped_query,
    check_multi_query_step,
    check_step_intensity,
)
from utils.checks.decoding_listing import (
    check_a,
    check_b,
    check_c,
    check_d,
    check_debug_logits,
    check_debug_output,
    check_debug_y,
    check_e,
)

__all__ = [
    "check_a",
    "check_b",
    "check_c",
    "check_d",
    "check_e",
    "check_debug_logits",
    "check_debug_output",
    "check_debug_y",
    "check_multi_query_step",
    "check_f",
    "check_g",
    "check_f_exact",
    "check_step_intensity",
    "check_intensity",
    "check_intensity_shared",
    "check_grouped_query",
    "check_cache_formula",
    "check_cache_size",
    "check_loop_cost_keys",
    "check_loop_cost_scores",
    "check_decode",
]
