"""Checks of the eight blanks (a) to (h) of the class.

The completed template comes back as one function of plain values, so that a blank is judged by what its class
computes, beside `torch.nn.MultiheadAttention` with the same weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from coursekit.answers.questions import CodeBlank
from coursekit.compare import WrongAnswer
from coursekit.visible import multi_head_attention as visible
from utils.checks import draws
from utils.checks.blank_check import NO_TENSOR, BlankCheck, is_tensor, tensor_difference
from utils.checks.check import Mistake, copied
from utils.checks.multi_head_attention_cases import block_cases, draw_weights

KEY = dict(a="d_model", b="d_model", c="d_model", d="Q", e="softmax", f="V", g="self.num_heads", h="W_o")
ATTEND = """

def attend(num_heads, Q, K, V, mask=None, weights=None, gradients=False):
    block = MultiHeadAttention(Q.shape[-1], num_heads).to(Q.dtype)
    if weights is not None:
        block.load_state_dict(weights)
    output = block(Q, K, V, mask)
    if not gradients:
        return output.detach()
    output.square().sum().backward()
    return {name: None if p.grad is None else p.grad.clone() for name, p in block.named_parameters()}
"""


def torch_attention(
    num_heads: int, Q: Tensor, K: Tensor, V: Tensor, mask: Tensor | None, weights: Mapping[str, Tensor]
) -> tuple[Tensor, dict[str, Tensor]]:
    """Return what `torch.nn.MultiheadAttention` computes with these weights, and how it would learn.

    The second result holds the gradients of the sum of squares of the first, by the names of `weights`. The
    library's masks hide what is True.
    """
    with torch.random.fork_rng():
        library = nn.MultiheadAttention(Q.shape[-1], num_heads, batch_first=True, dtype=Q.dtype)
    inner = {kind: torch.cat([weights[f"W_{x}.{kind}"] for x in "qkv"]) for kind in ("weight", "bias")}
    library.load_state_dict(
        {f"in_proj_{kind}": stacked for kind, stacked in inner.items()}
        | {f"out_proj.{kind}": weights[f"W_o.{kind}"] for kind in ("weight", "bias")}
    )
    hidden = None if mask is None else ~mask.repeat_interleave(num_heads, dim=1).flatten(0, 1)
    output: Tensor = library(Q, K, V, attn_mask=hidden, need_weights=False)[0]
    torch.autograd.backward(output.square().sum())
    return output.detach(), _by_our_names(library)


def _by_our_names(library: nn.MultiheadAttention) -> dict[str, Tensor]:
    """Return the gradients of the library's tensors under the names that the class gives them."""
    found = {name: p.grad for name, p in library.named_parameters() if p.grad is not None}
    inner = {
        f"W_{x}.{kind}": part
        for kind in ("weight", "bias")
        for x, part in zip("qkv", found[f"in_proj_{kind}"].chunk(3), strict=True)
    }
    return inner | {f"W_o.{kind}": found[f"out_proj.{kind}"] for kind in ("weight", "bias")}


def attends_like_torch(attend: Callable[..., Any]) -> None:
    """Raise `WrongAnswer` unless the completed class keeps the width and agrees with the library."""
    g = draws.generator("blanks")
    for num_heads, Q, K, V, mask in block_cases(g):
        output = attend(num_heads, *copied((Q, K, V, mask)))
        became = tuple(output.shape) if is_tensor(output) else NO_TENSOR
        if became != tuple(Q.shape):
            raise WrongAnswer(
                "", first=f"the block turns {tuple(Q.shape)} into {became}: they cannot be added"
            )
        weights = {name: tensor.to(Q.dtype) for name, tensor in draw_weights(g, Q.shape[-1]).items()}
        expected, slopes = torch_attention(num_heads, Q, K, V, mask, weights)
        difference = tensor_difference(attend(num_heads, *copied((Q, K, V, mask, weights))), expected)
        if difference:
            raise WrongAnswer("", first=f"beside torch.nn.MultiheadAttention: {difference}")
        if Q.dtype == torch.float64:  # single precision: two right backward passes may differ by more
            learns_like_torch(attend(num_heads, *copied((Q, K, V, mask, weights)), True), slopes)


def learns_like_torch(gradients: Mapping[str, Tensor | None], expected: Mapping[str, Tensor]) -> None:
    """Raise `WrongAnswer` unless the gradients are those of the library; None stands for no gradient."""
    for name, slope in expected.items():
        mine = gradients.get(name)
        difference = tensor_difference(torch.zeros_like(slope) if mine is None else mine, slope)
        if difference:
            raise WrongAnswer("", first=f"the numbers are right, the gradient of {name} is not: {difference}")


def blank(question: CodeBlank, mistakes: Sequence[Mistake], alternatives: Sequence[str]) -> BlankCheck:
    """Return the check of one of the eight blanks."""
    return BlankCheck(
        part=question.part,
        variable=question.variable,
        question=question,
        right=KEY[question.letter],
        template=visible.TEMPLATE + ATTEND,
        key=KEY,
        name="attend",
        test=attends_like_torch,
        mistakes=mistakes,
        alternatives={f"written {text}": text for text in alternatives},
    )


WIDTHS_OF_ALL_HEADS = [
    "self.d_model",
    "num_heads * self.d_k",
    "self.d_k*self.num_heads",
    " d_model ",
    "`d_model`",
    "self.W_q.out_features",
]

check_blank_a = blank(
    visible.blank_a,
    [
        Mistake(
            "A3a-dk-width", "self.d_k", "That is one head's share. How many channels does split_heads cut up?"
        ),
        Mistake(
            "A3a-dk-width", "num_heads", "A layer's size is a number of channels, not a number of heads."
        ),
        Mistake(
            "A3a-dk-width", "d_model // num_heads", "You divide among the heads before split_heads does."
        ),
        Mistake("A3a-dk-width", "d_k", "No such name exists here, and is one head's width what is needed?"),
        Mistake(
            "A3a-too-wide", "2 * d_model", "More channels come out than split_heads can hand to its heads."
        ),
        Mistake(
            "A3a-whole-layer", "nn.Linear(d_model, d_model)", "Only the second argument of the call is blank."
        ),
        Mistake(
            "A3a-placeholder", "x", "Which names and attributes are known in the constructor at that line?"
        ),
    ],
    WIDTHS_OF_ALL_HEADS,
)

check_blank_b = blank(
    visible.blank_b,
    [
        Mistake(
            "A3a-dk-width", "self.d_k", "Values are projected before they are cut: what enters is uncut."
        ),
        Mistake("A3a-dk-width", "num_heads", "The layer takes in the channels of a position, not its heads."),
        Mistake("A3a-dk-width", "d_model // num_heads", "The input is not yet divided among the heads."),
        Mistake(
            "A3a-too-wide", "2 * d_model", "How many channels does a position have when it enters the block?"
        ),
        Mistake(
            "A3a-too-wide", "3 * d_model", "The three layers are not merged here; this one sees V alone."
        ),
        Mistake("A3a-placeholder", "V", "A tensor is no size: the constructor has seen no input yet."),
    ],
    WIDTHS_OF_ALL_HEADS,
)

check_blank_c = blank(
    visible.blank_c,
    [
        Mistake("A3a-dk-width", "self.d_k", "The output is added to the block's input. What width has that?"),
        Mistake(
            "A3a-dk-width", "num_heads", "Heads are gone after combine_heads; the block returns channels."
        ),
        Mistake("A3a-dk-width", "d_model // num_heads", "After W_o there are no heads left to share among."),
        Mistake("A3a-too-wide", "2 * d_model", "It runs. Now add the result to the input of the block."),
        Mistake(
            "A3a-too-wide", "d_model * num_heads", "The heads together are only as wide as what was cut up."
        ),
        Mistake("A3a-placeholder", "Q", "A size is asked for, and no tensor is known in the constructor."),
    ],
    WIDTHS_OF_ALL_HEADS,
)

check_blank_d = blank(
    visible.blank_d,
    [
        Mistake("A3a-swap", "K", "These scores compare the memory with itself; nobody asks."),
        Mistake("A3a-swap", "V", "What is averaged later takes part in the comparison here."),
        Mistake(
            "A3a-transposed-twice", "Q.transpose(-2, -1)", "One of the two factors is transposed already."
        ),
        Mistake(
            "A3a-prefix", "self.W_q(Q)", "Look at forward: had Q gone through its layer when it came here?"
        ),
        Mistake("A3a-prefix", "self.Q", "An argument of the method is not an attribute of the object."),
        Mistake("A3a-scaled-twice", "Q / math.sqrt(self.d_k)", "Read the next line of the method too."),
        Mistake("A3a-detached", "Q.detach()", "The numbers are right. Could W_q still learn anything?"),
    ],
    ["(Q)", " Q ", "`Q`", "Q.contiguous()", "1 * Q", "Q.clone()"],
)

check_blank_e = blank(
    visible.blank_e,
    [
        Mistake(
            "A3a-not-softmax",
            "sigmoid",
            "Each score is squashed alone. Do the weights of a query sum to one?",
        ),
        Mistake(
            "A3a-not-softmax",
            "log_softmax",
            "These numbers are negative: what would an average with them be?",
        ),
        Mistake(
            "A3a-not-softmax", "argmax", "A position comes out here, where one weight per key is needed."
        ),
        Mistake(
            "A3a-not-softmax",
            "Softmax",
            "Capital letters name classes, and this class is not in torch itself.",
        ),
        Mistake(
            "A3a-not-softmax",
            "nn.Softmax",
            "A class is made first and called later; the line does both at once.",
        ),
        Mistake("A3a-not-softmax", "softmin", "Would the best match get the smallest weight?"),
        Mistake("A3a-not-softmax", "exp", "Positive weights, yes. What do they add up to?"),
        Mistake(
            "A3a-prefix", "F.softmax", "The short name F is not known inside torch; what is it short for?"
        ),
        Mistake(
            "A3a-whole-call",
            "softmax(attn_scores)",
            "The parentheses and arguments are printed after the blank.",
        ),
        Mistake(
            "A3a-whole-call",
            "softmax(attn_scores, dim=-1)",
            "The function is called twice now; only its name is blank.",
        ),
    ],
    ["special.softmax", "nn.functional.softmax", "Tensor.softmax", "torch.softmax", " softmax ", "`softmax`"],
)

check_blank_f = blank(
    visible.blank_f,
    [
        Mistake("A3a-swap", "K", "The keys have done their work in the scores. What is left to average?"),
        Mistake("A3a-swap", "Q", "A query asks; what should come back is what it found."),
        Mistake(
            "A3a-transposed-twice",
            "V.transpose(-2, -1)",
            "Which axis of V do the weights of a query run over?",
        ),
        Mistake(
            "A3a-prefix", "self.W_v(V)", "Look at forward: had V gone through its layer when it came here?"
        ),
        Mistake("A3a-prefix", "self.V", "Arguments of a method are used by their bare name."),
        Mistake(
            "A3a-placeholder", "attn_scores", "The weights were made from these; what are they weights of?"
        ),
        Mistake("A3a-detached", "V.detach()", "The numbers are right. Could W_v still learn anything?"),
    ],
    ["(V)", " V ", "`V`", "V.contiguous()", "1 * V", "V.clone()"],
)

check_blank_g = blank(
    visible.blank_g,
    [
        Mistake(
            "A3a-bare-num-heads",
            "num_heads",
            "That name lives in the constructor. How does a method get at it?",
        ),
        Mistake("A3a-g-width", "self.d_k", "Multiply the last two sizes of the view: is it the width of x?"),
        Mistake(
            "A3a-g-width",
            "d_model",
            "The channels are to be cut up, and you keep all of them for each piece.",
        ),
        Mistake("A3a-g-width", "self.d_model", "The view would hold d_k times more numbers than x has."),
        Mistake("A3a-g-length", "seq_length", "Positions have their axis already; which axis is new?"),
        Mistake("A3a-g-literal", "3", "It fits one block only: the number of heads is chosen by the caller."),
        Mistake("A3a-g-one", "1", "One piece of width d_k does not hold all the channels."),
    ],
    ["-1", "d_model // self.d_k", "self.d_model // self.d_k", "x.size(-1) // self.d_k", " self.num_heads "],
)

check_blank_h = blank(
    visible.blank_h,
    [
        Mistake(
            "A3a-h-missing", "", "One of the four layers made in the constructor is not called anywhere yet."
        ),
        Mistake("A3a-double-self", "self.W_o", "The line already says `self.` just before the blank."),
        Mistake(
            "A3a-h-other-layer", "W_v", "It fits, and it runs, but that layer had its turn a few lines above."
        ),
        Mistake(
            "A3a-h-other-layer", "W_q", "That layer makes queries; here the heads have already answered."
        ),
        Mistake(
            "A3a-h-other-layer", "W_k", "That layer makes keys; which one was made for the combined heads?"
        ),
        Mistake("A3a-h-method", "combine_heads", "The heads are combined inside the parentheses already."),
        Mistake("A3a-h-method", "split_heads", "This would cut the heads apart again."),
        Mistake("A3a-whole-call", "W_o(attn_output)", "The parentheses after the blank make the call."),
    ],
    ["W_o.forward", " W_o ", "`W_o`", "W_o.__call__"],
)
