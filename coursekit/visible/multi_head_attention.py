"""Visible checks of the lesson on multi-head attention, its templates, and the three heads that it draws."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from coursekit.answers.questions import Choices, CodeBlank, Formula
from coursekit.compare import require_same
from coursekit.display import show
from coursekit.visible.report import passed

TEMPLATE = """\
import math

import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        self.d_model = d_model
        self.num_heads = num_heads
        self.d_k = d_model // num_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, __a__)
        self.W_v = nn.Linear(__b__, d_model)
        self.W_o = nn.Linear(d_model, __c__)

    def scaled_dot_product_attention(self, Q, K, V, mask=None):
        attn_scores = torch.matmul(__d__, K.transpose(-2, -1))
        attn_scores = attn_scores / math.sqrt(self.d_k)
        if mask is not None:
            attn_scores = attn_scores.masked_fill(mask == 0, -1e9)
        attn_probs = torch.__e__(attn_scores, dim=-1)
        output = torch.matmul(attn_probs, __f__)
        return output

    def split_heads(self, x):
        batch_size, seq_length, d_model = x.size()
        return x.view(batch_size, seq_length, __g__, self.d_k).transpose(1, 2)

    def combine_heads(self, x):
        batch_size, _, seq_length, _ = x.size()
        return x.transpose(1, 2).contiguous().view(batch_size, seq_length, self.d_model)

    def forward(self, Q, K, V, mask=None):
        Q = self.split_heads(self.W_q(Q))
        K = self.split_heads(self.W_k(K))
        V = self.split_heads(self.W_v(V))
        attn_output = self.scaled_dot_product_attention(Q, K, V, mask)
        output = self.__h__(self.combine_heads(attn_output))
        return output
"""

# The constructor of the block with wide values; blank (i) is everything to the right of the equals sign.
WIDE_LAYERS = """\
import torch
from torch import nn


class WideLayers(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        self.d_model = d_model
        self.num_heads = num_heads
        self.d_k = d_model // num_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(in_features=d_model, out_features=2 * d_model)
        self.W_o = __i__
"""

# The class of part (a) with the two layers of part (b) in it and nothing else changed.
LAYERS_ALONE = TEMPLATE.replace(
    "nn.Linear(__b__, d_model)", "nn.Linear(in_features=__b__, out_features=2 * d_model)"
).replace("self.W_o = nn.Linear(d_model, __c__)", "self.W_o = __i__")

blank_a = CodeBlank(part="blank_a", variable="blank_a", letter="a")
blank_b = CodeBlank(part="blank_b", variable="blank_b", letter="b")
blank_c = CodeBlank(part="blank_c", variable="blank_c", letter="c")
blank_d = CodeBlank(part="blank_d", variable="blank_d", letter="d")
blank_e = CodeBlank(part="blank_e", variable="blank_e", letter="e")
blank_f = CodeBlank(part="blank_f", variable="blank_f", letter="f")
blank_g = CodeBlank(part="blank_g", variable="blank_g", letter="g")
blank_h = CodeBlank(part="blank_h", variable="blank_h", letter="h")

b_layer = CodeBlank(part="b_layer", variable="wide_output_layer", letter="i")
b_where = Choices(
    part="b_where",
    variable="places",
    options={
        "a": "W_q and W_k",
        "b": "self.d_k, and with it the scale",
        "c": "self.num_heads",
        "d": "scaled_dot_product_attention",
        "e": "split_heads",
        "f": "combine_heads",
        "g": "W_o",
    },
)
WIDTH = {"d_model": "d"}  # another spelling of the model width
UNITS = ["parameters", "params"]
b_count_before = Formula(
    part="b_count_before", variable="parameters_before", variables=["d"], aliases=WIDTH, units=UNITS
)
b_count = Formula(part="b_count", variable="parameters_after", variables=["d"], aliases=WIDTH, units=UNITS)
b_rank_before = Formula(part="b_rank_before", variable="rank_before", variables=["d", "d_k"], aliases=WIDTH)
b_rank = Formula(part="b_rank", variable="rank_after", variables=["d", "d_k"], aliases=WIDTH)

Attention = Callable[..., Tensor]


# Four words, and two words with two pads behind them: query in rows, key in columns.
SEEN_BY_FOUR = [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]]
SEEN_BY_TWO = [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0]]


def mask(attention_mask: Callable[[Tensor, int], Tensor]) -> None:
    """Check `attention_mask` on a sequence of four words and on one of two words and two pads."""
    require_same(
        "attention_mask(torch.tensor([4, 2]), 4)",
        attention_mask(torch.tensor([4, 2]), 4),
        torch.tensor([[SEEN_BY_FOUR], [SEEN_BY_TWO]], dtype=torch.bool),
        hint="Query in rows, key in columns: look at the first row, the last row, the columns of the pads.",
    )
    passed("attention_mask", hidden=5)


def draw(*sizes: int, seed: int) -> Tensor:
    """Return random float64 numbers, the same at every call with the same seed."""
    return torch.randn(*sizes, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def draw_weights(d_model: int) -> dict[str, Tensor]:
    """Return random weights under the names that `MultiHeadAttention(...).state_dict()` gives them."""
    names = ("W_q", "W_k", "W_v", "W_o")
    matrices = {f"{name}.weight": draw(d_model, d_model, seed=i) / 2 for i, name in enumerate(names)}
    biases = {f"{name}.bias": draw(d_model, seed=10 + i) for i, name in enumerate(names)}
    return matrices | biases


def per_head_loop(attention_by_heads: Attention) -> None:
    """Check `attention_by_heads` where the weights of attention are known, and under a renaming of heads."""
    weights, heads = draw_weights(6), 3
    x, memory = draw(2, 5, 6, seed=20), draw(2, 5, 6, seed=21)
    through = F.linear(memory, weights["W_v.weight"], weights["W_v.bias"])
    one_key = draw(2, 1, 6, seed=22).expand(2, 5, 6).clone()
    mean = through.mean(1, keepdim=True).expand(2, 5, 6)
    require_same(
        "attention_by_heads with five equal keys",
        attention_by_heads(dict(weights), heads, x.clone(), one_key, memory.clone(), None),
        F.linear(mean, weights["W_o.weight"], weights["W_o.bias"]),
        hint="Equal keys get equal attention: W_o of the mean over positions of W_v(V), biases included.",
    )
    only_self = torch.eye(5, dtype=torch.bool).expand(2, 1, 5, 5).clone()
    require_same(
        "attention_by_heads when every position sees only itself",
        attention_by_heads(dict(weights), heads, x.clone(), memory.clone(), memory.clone(), only_self),
        F.linear(through, weights["W_o.weight"], weights["W_o.bias"]),
        hint="One key to look at gets all the attention: W_o(W_v(V)), position by position.",
    )
    swapped = renamed(weights, heads, [1, 0, 2])
    require_same(
        "attention_by_heads after heads 0 and 1 were swapped",
        attention_by_heads(swapped, heads, x.clone(), memory.clone(), memory.clone(), None),
        attention_by_heads(dict(weights), heads, x.clone(), memory.clone(), memory.clone(), None),
        hint="Head i owns neighbouring channels, and the columns of W_o at the same place, in that order.",
    )
    passed("attention_by_heads", hidden=3)


def renamed(weights: dict[str, Tensor], num_heads: int, order: list[int]) -> dict[str, Tensor]:
    """Return the weights with whole heads in another order: rows of W_q, W_k, W_v, columns of W_o."""

    def moved(tensor: Tensor) -> Tensor:
        blocks = tensor.chunk(num_heads)
        return torch.cat([blocks[i] for i in order])

    inner = {name: moved(tensor) for name, tensor in weights.items() if not name.startswith("W_o")}
    return inner | {"W_o.weight": moved(weights["W_o.weight"].T).T, "W_o.bias": weights["W_o.bias"]}


def b_code(wide_value_attention: Attention) -> None:
    """Check `wide_value_attention` where the weights of attention are known, so that V comes back."""
    Q, K, V = draw(2, 5, 6, seed=30), draw(2, 5, 6, seed=31), draw(2, 5, 12, seed=32)
    only_self = torch.eye(5, dtype=torch.bool).expand(2, 1, 5, 5).clone()
    require_same(
        "wide_value_attention when every position sees only itself",
        wide_value_attention(Q.clone(), K.clone(), V.clone(), 3, only_self),
        V,
        hint="One key to look at gets all the attention, so every channel of V must come back where it was.",
    )
    require_same(
        "wide_value_attention with five equal keys",
        wide_value_attention(Q.clone(), K[:, :1].expand(2, 5, 6).clone(), V.clone(), 3, None),
        V.mean(1, keepdim=True).expand(2, 5, 12),
        hint="Equal keys get equal attention, so each position must get the mean of V over positions.",
    )
    passed("wide_value_attention", hidden=3)


def attempt(what: str, call: Callable[[], Tensor]) -> None:
    """Show the shape of what a call returns, or the first line of the error that it raises."""
    try:
        found = f"shape {tuple(call().shape)}"
    except (RuntimeError, NameError, TypeError, AttributeError) as error:
        found = f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"
    show("note", f"{what}\n  {found}")


SENTENCES = ("the cat saw the dog saw the cat", "the dog saw the cat")
VOCABULARY = ("the", "cat", "saw", "dog")
PERIODS = (10, 10 / 3)  # positions per turn of the two clock hands that make up a position


def hand_made_heads() -> tuple[list[list[str]], Tensor, dict[str, Tensor]]:
    """Return sentences, their vectors (2, 8, 12) and weights (12 wide, 3 heads) that do three plain jobs.

    Head 0 looks for the same word, head 1 one position back, head 2 one position ahead. A vector is four
    channels of word, four of position, four of nothing; a pad has no word.
    """
    sentences = [(text.split() + ["(pad)"] * 8)[:8] for text in SENTENCES]
    x = torch.stack([torch.cat([_word_channels(s), _clock(), torch.zeros(8, 4)], dim=1) for s in sentences])
    word, place, none = (F.pad(torch.eye(4), (4 * i, 8 - 4 * i)) for i in range(3))
    keys = torch.cat([word, place, place])
    queries = torch.cat([3.5 * word, 7 * _turn(-1) @ place, 7 * _turn(1) @ place])
    values = torch.cat([word, place, none])
    matrices = {"W_q": queries, "W_k": keys, "W_v": values, "W_o": torch.eye(12)}
    weights = {f"{name}.weight": matrix for name, matrix in matrices.items()}
    return sentences, x, weights | {f"{name}.bias": torch.zeros(12) for name in matrices}


def _word_channels(sentence: list[str]) -> Tensor:
    return torch.tensor([[2.0 * (word == known) for known in VOCABULARY] for word in sentence])


def _clock() -> Tensor:
    angles = [[2 * math.pi * i / period for period in PERIODS] for i in range(8)]
    return torch.tensor([[f(angle) for angle in row for f in (math.cos, math.sin)] for row in angles])


def _turn(steps: int) -> Tensor:
    """Return the matrix (4, 4) that turns a position into the one so many steps on."""
    turn = torch.zeros(4, 4)
    for i, period in enumerate(PERIODS):
        t, hand = 2 * math.pi * steps / period, slice(2 * i, 2 * i + 2)
        turn[hand, hand] = torch.tensor([[math.cos(t), -math.sin(t)], [math.sin(t), math.cos(t)]])
    return turn
