"""Checks of the lesson on kernel attention, gathered: where each stands is said by the imports."""

from utils.checks.kernel_attention_costs import (
    check_c_memory,
    check_c_time,
    check_crossover,
    check_d_memory_recomputed,
    check_d_memory_stored,
    check_d_time,
)
from utils.checks.kernel_attention_kernels import (
    check_a,
    check_a_squares,
    check_b_dimension,
    check_b_kernel,
    check_b_map,
)
from utils.checks.kernel_attention_sums import check_b_rewrite, check_claim, check_linear_attention

__all__ = [
    "check_a",
    "check_a_squares",
    "check_b_dimension",
    "check_b_kernel",
    "check_b_map",
    "check_b_rewrite",
    "check_c_memory",
    "check_c_time",
    "check_claim",
    "check_crossover",
    "check_d_memory_recomputed",
    "check_d_memory_stored",
    "check_d_time",
    "check_linear_attention",
]
