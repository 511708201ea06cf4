"""Checks of part (b): values twice as wide, what has to change, what it costs and what a head gains."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from coursekit.compare import WrongAnswer
from coursekit.visible import multi_head_attention as visible
from utils.checks import draws
from utils.checks.blank_check import NO_TENSOR, BlankCheck, is_tensor, tensor_difference
from utils.checks.check import FunctionCheck, Mistake, TypedCheck, copied
from utils.checks.multi_head_attention_cases import draw, wide_cases
from utils.checks.multi_head_attention_wide import WIDE_ALTERNATIVES, WIDE_MISTAKES
from utils.reference import multi_head_attention as reference

OUTPUT_LAYER = """

def output_layer(num_heads, combined, weights=None):
    layer = WideLayers(combined.shape[-1] // 2, num_heads).W_o.to(combined.dtype)
    if weights is not None:
        layer.load_state_dict(weights)
    return layer(combined).detach()
"""


def maps_wide_to_model(output_layer: Callable[..., Tensor]) -> None:
    """Raise `WrongAnswer` unless the layer takes the wide heads, with a bias, back to the model width."""
    g = draws.generator("b_layer")
    for num_heads, combined in ((3, draw(g, 2, 5, 24)), (5, draw(g, 3, 4, 20))):
        width = combined.shape[-1]
        output = output_layer(num_heads, combined.clone())
        became = f"{output.shape[-1]} channels" if is_tensor(output) else NO_TENSOR
        if became != f"{width // 2} channels":
            raise WrongAnswer(
                "", first=f"heads of width {width} become {became}, the block is {width // 2} wide"
            )
        weights = {"weight": draw(g, width // 2, width), "bias": draw(g, width // 2)}
        expected = F.linear(combined, **weights)
        difference = tensor_difference(output_layer(num_heads, *copied((combined, weights))), expected)
        if difference:
            raise WrongAnswer("", first=difference)


check_b_layer = BlankCheck(
    part="b_layer",
    variable="wide_output_layer",
    question=visible.b_layer,
    right="nn.Linear(2 * d_model, d_model)",
    template=visible.WIDE_LAYERS + OUTPUT_LAYER,
    key={},
    name="output_layer",
    test=maps_wide_to_model,
    mistakes=[
        Mistake(
            "A3b-wo-wide-out",
            "nn.Linear(2 * d_model, 2 * d_model)",
            "Can the result be added to the block's input?",
        ),
        Mistake(
            "A3b-wo-swapped",
            "nn.Linear(d_model, 2 * d_model)",
            "The wide side is at the wrong end of the layer.",
        ),
        Mistake(
            "A3b-wo-unchanged",
            "nn.Linear(d_model, d_model)",
            "What arrives from the heads is wider than before.",
        ),
        Mistake(
            "A3b-wo-no-bias",
            "nn.Linear(2 * d_model, d_model, bias=False)",
            "The layer had a bias; the widening is no reason to lose it.",
        ),
        Mistake(
            "A3b-wo-one-head",
            "nn.Linear(2 * self.d_k, d_model)",
            "The layer receives all heads side by side, not one.",
        ),
        Mistake(
            "A3b-wo-two-layers",
            "nn.Sequential(nn.Linear(2 * d_model, d_model), nn.Linear(d_model, d_model))",
            "As few changes as possible: one layer is enough.",
        ),
        Mistake(
            "A3b-wo-sizes-only",
            "(2 * d_model, d_model)",
            "Two sizes are not yet a layer; write the whole right side.",
        ),
    ],
    alternatives={
        "no spaces": "nn.Linear(2*d_model,d_model)",
        "factor behind": "nn.Linear(d_model * 2, d_model)",
        "keywords": "nn.Linear(in_features=2 * d_model, out_features=d_model)",
        "attributes": "nn.Linear(2 * self.num_heads * self.d_k, self.d_model)",
        "the layer before it": "nn.Linear(self.W_v.out_features, d_model)",
        "the full name": "torch.nn.Linear(2 * d_model, d_model, bias=True)",
    },
)

check_b_where = TypedCheck(
    part="b_where",
    variable="places",
    question=visible.b_where,
    right="efg",
    mistakes=[
        Mistake(
            "A3b-wo-only",
            "g",
            "W_o is one of them. Follow the shape of V through both reshapes, and run the code.",
            0.5,
        ),
        Mistake(
            "A3b-combine-forgotten",
            "eg",
            "The wide heads come out of the average. Into which shape are they put then?",
        ),
        Mistake(
            "A3b-split-forgotten",
            "fg",
            "The run stops earlier than the places you name: what happens to V first?",
        ),
        Mistake(
            "A3b-wo-forgotten", "ef", "The heads are whole again and wide. Which layer do they meet next?"
        ),
        Mistake(
            "A3b-change-dk",
            "bg",
            "Queries and keys are cut with that number too, and they are as wide as before.",
        ),
        Mistake(
            "A3b-change-dk", "befg", "One of these would spoil the queries and keys, which did not change."
        ),
        Mistake(
            "A3b-more-heads", "cg", "With more heads for V than maps of attention, which map does a head use?"
        ),
        Mistake("A3b-everything", "abcdefg", "As few changes as possible: which of these run unchanged?"),
        Mistake(
            "A3b-widen-all",
            "ag",
            "Scores are made of Q and K alone. Does anything about them have to be wider?",
        ),
        Mistake(
            "A3b-attention-too",
            "defg",
            "Read that method with wide values in mind: does any line depend on their width?",
        ),
    ],
    alternatives={
        "separated by commas": "e, f, g",
        "a list": ["e", "f", "g"],
        "another order": "gfe",
        "by name": ["W_o", "split_heads", "combine_heads"],
        "capital letters": ["E", "F", "G"],
    },
)

check_b_code = FunctionCheck(
    part="b_code",
    variable="wide_value_attention",
    right=reference.wide_value_attention,
    cases=wide_cases,
    mistakes=WIDE_MISTAKES,
    alternatives=WIDE_ALTERNATIVES,
)

check_b_count_before = TypedCheck(
    part="b_count_before",
    variable="parameters_before",
    question=visible.b_count_before,
    right="4d^2 + 4d",
    mistakes=[
        Mistake("A3b-count-no-biases", "4d^2", "Every layer has a second tensor besides its matrix."),
        Mistake("A3b-count-three-layers", "3d^2 + 3d", "Count the layers in the constructor again."),
        Mistake("A3b-count-one-bias", "4d^2 + d", "How many of the layers have a bias?"),
        Mistake("A3b-count-one-layer", "d^2 + d", "That is one layer, with its bias."),
        Mistake("A3b-count-after", "6d^2 + 5d", "Before the widening, please: all layers are square still."),
    ],
    alternatives={
        "factored": "4d(d + 1)",
        "layer by layer": "4*(d*d + d)",
        "LaTeX": r"4 d_{\text{model}}^2 + 4 d_{\text{model}}",
        "Python": "4*d**2 + 4*d",
        "a sum": "3(d^2 + d) + d^2 + d",
    },
)

check_b_count = TypedCheck(
    part="b_count",
    variable="parameters_after",
    question=visible.b_count,
    right="6d^2 + 5d",
    mistakes=[
        Mistake(
            "A3b-wo-only",
            "4d^2 + 4d",
            "Nothing has grown in your count. Which two matrices have a longer side now?",
        ),
        Mistake(
            "A3b-wo-wide-out",
            "8d^2 + 6d",
            "Your output layer is wide at both ends; the block cannot return that.",
        ),
        Mistake("A3b-change-dk", "8d^2 + 7d", "You widened the layers of queries and keys as well."),
        Mistake("A3b-count-value-only", "5d^2 + 5d", "W_v has grown in your count. Who receives its output?"),
        Mistake("A3b-count-no-biases", "6d^2", "The matrices are right; each layer has one more tensor."),
        Mistake("A3b-count-old-biases", "6d^2 + 4d", "One of the four biases has become longer."),
        Mistake(
            "A3b-count-long-biases",
            "6d^2 + 6d",
            "A bias is as long as the output of its layer, not as its input.",
        ),
    ],
    alternatives={
        "layer by layer": "2(d^2 + d) + (2d^2 + 2d) + (2d^2 + d)",
        "factored": "d(6d + 5)",
        "Python": "6*d**2 + 5*d",
        "LaTeX": r"6 d_{\text{model}}^2 + 5 d_{\text{model}}",
        "with a label": "P = 6d^2 + 5d",
    },
)

check_b_rank_before = TypedCheck(
    part="b_rank_before",
    variable="rank_before",
    question=visible.b_rank_before,
    right="d_k",
    also=["min(d, d_k)"],
    mistakes=[
        Mistake(
            "A3b-rank-full", "d", "The matrix has that many rows. Through how many channels does it pass?"
        ),
        Mistake(
            "A3b-rank-twice", "2d_k", "Before the widening: how wide was the slice of V that one head reads?"
        ),
        Mistake(
            "A3b-rank-entries", "d d_k", "A rank is at most a number of rows or columns, not their product."
        ),
        Mistake("A3b-rank-one", "1", "One channel would do that; a head has more."),
    ],
    alternatives={
        "with min": "min(d_k, d)",
        "LaTeX": r"\min(d, d_k)",
        "label": "r = d_k",
        "model width": "min(d_model, d_k)",
    },
)

check_b_rank = TypedCheck(
    part="b_rank",
    variable="rank_after",
    question=visible.b_rank,
    right="min(d, 2 d_k)",
    mistakes=[
        Mistake(
            "A3b-rank-one-head", "2 d_k", "Try num_heads = 1. Can a matrix have a rank larger than its side?"
        ),
        Mistake(
            "A3b-rank-unchanged",
            "d_k",
            "The slice of one head has become wider: a product of which two shapes is it?",
        ),
        Mistake("A3b-rank-full", "d", "With many heads, the channels of one head are fewer than that."),
        Mistake(
            "A3b-rank-model",
            "2d",
            "The map takes the model width to the model width; its sides did not grow.",
        ),
        Mistake(
            "A3b-rank-max", "max(d, 2 d_k)", "A rank is limited by its narrowest place, not by its widest."
        ),
        Mistake("A3b-rank-old-min", "min(d, d_k)", "That is the bound before the values got wider."),
    ],
    alternatives={
        "another order": "min(2*d_k, d)",
        "model width": "min(d_model, 2*d_k)",
        "LaTeX": r"\min(d, 2 d_k)",
        "with a label": "rank = min(d, 2 d_k)",
    },
)
