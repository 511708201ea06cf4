"""Multi-head attention: several small attentions side by side, each on its own slice of the channels.

Vaswani et al. (2017), "Attention Is All You Need", arXiv:1706.03762: Eq. 1 is one attention, section 3.2.2
puts h of them side by side. Elhage et al. (2021), "A Mathematical Framework for Transformer Circuits", read
the output as a sum over heads and give the map of one head from value to output its name, OV.

b  batch       n  query positions         e  model width           d  channels of a query and a key per head
h  heads       m  key positions           w  width of all values   v  channels of a value per head, w / h

`weights` holds the eight tensors of a module with linear layers W_q, W_k, W_v and W_o under the names of
its `state_dict`. A linear layer stores its matrix as (out, in): the rows of W_q belong to channels of a
query, the columns of W_o to channels of the combined heads. A mask is True where a query may look.
"""

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, einsum

from coursekit.shapes import shape_checked

Weights = Mapping[str, Tensor]

# --- one attention, many heads ----------------------------------------------------------------------------


@shape_checked
def attention(
    query: Float[Tensor, "b h n d"],
    key: Float[Tensor, "b h m d"],
    value: Float[Tensor, "b h m v"],
    mask: Bool[Tensor, "b 1 n m"] | None = None,
) -> Float[Tensor, "b h n v"]:
    """Return softmax(query key^T / sqrt(d)) value, Eq. 1, for every head at once.

    The width v of a value is free: only queries and keys meet in the scores, and only d enters the scale.
    A query whose mask is False everywhere gets NaN.
    """
    scores = einsum("b h n d, b h m d -> b h n m", query, key) / math.sqrt(query.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    return einsum("b h n m, b h m v -> b h n v", scores.softmax(dim=-1), value)


@shape_checked
def split_heads(x: Float[Tensor, "b n w"], num_heads: int) -> Float[Tensor, "b h n v"]:
    """Return x with its channels cut into `num_heads` neighbouring blocks; a block is as wide as x says."""
    batch, positions, _ = x.shape
    return x.view(batch, positions, num_heads, -1).transpose(1, 2)


@shape_checked
def combine_heads(x: Float[Tensor, "b h n v"]) -> Float[Tensor, "b n w"]:
    """Return the heads side by side again, head 0 first: the inverse of `split_heads` at any width."""
    return x.transpose(1, 2).flatten(2)


@shape_checked
def multi_head_attention(
    weights: Weights,
    num_heads: int,
    Q: Float[Tensor, "b n e"],
    K: Float[Tensor, "b m e"],
    V: Float[Tensor, "b m e"],
    mask: Bool[Tensor, "b 1 n m"] | None = None,
) -> Float[Tensor, "b n e"]:
    """Return the block's output (section 3.2.2), with the biases of the four layers.

    W_v and W_o may be wider than e, as long as the width is a multiple of `num_heads`.
    """
    query, key, value = (
        split_heads(layer(weights, name, x), num_heads) for name, x in (("W_q", Q), ("W_k", K), ("W_v", V))
    )
    return layer(weights, "W_o", combine_heads(attention(query, key, value, mask)))


def layer(weights: Weights, name: str, x: Tensor) -> Tensor:
    """Return x through one of the four linear layers."""
    return F.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])


@shape_checked
def attention_by_heads(
    weights: Weights,
    num_heads: int,
    Q: Float[Tensor, "b n e"],
    K: Float[Tensor, "b m e"],
    V: Float[Tensor, "b m e"],
    mask: Bool[Tensor, "b 1 n m"] | None = None,
) -> Float[Tensor, "b n e"]:
    """Return the same as `multi_head_attention`, head after head, without a reshape: slow, and plain to read.

    Head i owns rows of W_q, W_k and W_v and columns of W_o. What the heads write is added up, which is what
    one matrix product with the concatenated heads does.
    """
    output = weights["W_o.bias"].expand(*Q.shape[:2], -1)
    for head in range(num_heads):
        own = {name: rows(tensor, head, num_heads) for name, tensor in weights.items() if "W_o" not in name}
        query, key, value = layer(own, "W_q", Q), layer(own, "W_k", K), layer(own, "W_v", V)
        seen = one_head(query, key, value, None if mask is None else mask[:, 0])
        output = output + seen @ rows(weights["W_o.weight"].T, head, num_heads)
    return output


@shape_checked
def one_head(
    query: Float[Tensor, "b n d"],
    key: Float[Tensor, "b m d"],
    value: Float[Tensor, "b m v"],
    mask: Bool[Tensor, "b n m"] | None = None,
) -> Float[Tensor, "b n v"]:
    """Return Eq. 1 for a single head."""
    scores = einsum("b n d, b m d -> b n m", query, key) / math.sqrt(query.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    return einsum("b n m, b m v -> b n v", scores.softmax(dim=-1), value)


def rows(matrix: Tensor, head: int, num_heads: int) -> Tensor:
    """Return the rows of a matrix, or the entries of a vector, that belong to one head."""
    return matrix.chunk(num_heads)[head]


# --- who may look at whom ---------------------------------------------------------------------------------


@shape_checked
def attention_mask(lengths: Int[Tensor, " b"], n: int) -> Bool[Tensor, "b 1 n n"]:
    """Return True where query i may look at key j: j <= i, and j is a word and not padding.

    Sequence s has lengths[s] >= 1 words at the front and padding behind them, so that key 0 is seen by all
    and no query is left without a key. The axis of length 1 is for the heads, which share the mask.
    """
    position = torch.arange(n)
    causal = position[:, None] >= position  # query, key
    words = position < lengths[:, None]  # sequence, key
    return (causal & words[:, None])[:, None]


@shape_checked
def attention_mask_by_definition(lengths: Int[Tensor, " b"], n: int) -> Bool[Tensor, "b 1 n n"]:
    """Return the same as `attention_mask`, one entry at a time."""
    rule = [[[[j <= i and j < length for j in range(n)] for i in range(n)]] for length in lengths.tolist()]
    return torch.tensor(rule)


# --- values of another width ------------------------------------------------------------------------------


@shape_checked
def wide_value_attention(
    Q: Float[Tensor, "b n e"],
    K: Float[Tensor, "b m e"],
    V: Float[Tensor, "b m w"],
    num_heads: int,
    mask: Bool[Tensor, "b 1 n m"] | None = None,
) -> Float[Tensor, "b n w"]:
    """Return the combined heads, before W_o, from projected queries, keys, and values of any width w.

    A value head has w / h channels. The scale stays sqrt(e / h): it belongs to the products of query and key.
    """
    query, key, value = (split_heads(x, num_heads) for x in (Q, K, V))
    return combine_heads(attention(query, key, value, mask))


@shape_checked
def wide_value_attention_by_heads(
    Q: Float[Tensor, "b n e"],
    K: Float[Tensor, "b m e"],
    V: Float[Tensor, "b m w"],
    num_heads: int,
    mask: Bool[Tensor, "b 1 n m"] | None = None,
) -> Float[Tensor, "b n w"]:
    """Return the same as `wide_value_attention`, head after head, without a reshape."""
    seen = None if mask is None else mask[:, 0]
    blocks = zip(*(x.chunk(num_heads, dim=-1) for x in (Q, K, V)), strict=True)
    return torch.cat([one_head(query, key, value, seen) for query, key, value in blocks], dim=-1)


# --- what a head can write --------------------------------------------------------------------------------


@shape_checked
def value_output_map(weights: Weights, head: int, num_heads: int) -> Float[Tensor, "e e"]:
    """Return the OV map of one head: what it writes to the output, for each channel of what it looks at."""
    write = rows(weights["W_o.weight"].T, head, num_heads).T  # e, v
    return write @ rows(weights["W_v.weight"], head, num_heads)  # v, e


def parameters(d_model: int, width: int) -> int:
    """Return the number of parameters of a block whose values are `width` wide, biases included.

    Two layers d_model -> d_model for queries and keys, one d_model -> width, one width -> d_model. With
    width = d_model that is 4d² + 4d, with width = 2 d_model it is 6d² + 5d.
    """
    queries_and_keys = 2 * (d_model * d_model + d_model)
    values = d_model * width + width
    output = width * d_model + d_model
    return queries_and_keys + values + output


def rank_bound(d_model: int, channels: int) -> int:
    """Return the largest rank of a d_model x d_model matrix that factors through so many channels."""
    return min(d_model, channels)
