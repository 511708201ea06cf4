"""Checks of the lesson on multi-head attention: keys, known mistakes with their hints, alternatives."""

from __future__ import annotations

import torch

from utils.checks.check import FunctionCheck
from utils.checks.multi_head_attention_blanks import (
    check_blank_a,
    check_blank_b,
    check_blank_c,
    check_blank_d,
    check_blank_e,
    check_blank_f,
    check_blank_g,
    check_blank_h,
)
from utils.checks.multi_head_attention_cases import loop_cases
from utils.checks.multi_head_attention_loops import LOOP_ALTERNATIVES, LOOP_MISTAKES
from utils.checks.multi_head_attention_masks import MASK_ALTERNATIVES, MASK_MISTAKES
from utils.checks.multi_head_attention_widening import (
    check_b_code,
    check_b_count,
    check_b_count_before,
    check_b_layer,
    check_b_rank,
    check_b_rank_before,
    check_b_where,
)
from utils.reference import multi_head_attention as reference

__all__ = [
    "check_blank_a",
    "check_blank_b",
    "check_blank_c",
    "check_blank_d",
    "check_blank_e",
    "check_blank_f",
    "check_blank_g",
    "check_blank_h",
    "check_mask",
    "check_per_head_loop",
    "check_b_layer",
    "check_b_where",
    "check_b_code",
    "check_b_count_before",
    "check_b_count",
    "check_b_rank_before",
    "check_b_rank",
]

check_mask = FunctionCheck(
    part="mask",
    variable="attention_mask",
    right=reference.attention_mask,
    cases=lambda g: [
        (torch.tensor([5, 3]), 5),
        (torch.tensor([2, 6, 4]), 6),
        (torch.randint(1, 8, (4,), generator=g), 7),
        (torch.tensor([1, 2]), 4),
        (torch.tensor([2, 4]), 5),  # the sizes of the first case again, with other lengths
    ],
    differentiable=False,
    mistakes=MASK_MISTAKES,
    alternatives=MASK_ALTERNATIVES,
)


check_per_head_loop = FunctionCheck(
    part="per_head_loop",
    variable="attention_by_heads",
    right=reference.attention_by_heads,
    cases=loop_cases,
    mistakes=LOOP_MISTAKES,
    alternatives=LOOP_ALTERNATIVES,
)
