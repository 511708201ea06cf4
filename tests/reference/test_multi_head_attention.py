"""The reference of the lesson on multi-head attention, held against the library, slow forms and counting."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from utils.reference import multi_head_attention as reference


def draw(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def weights_of(d_model, width):
    sizes = {
        "W_q": (d_model, d_model),
        "W_k": (d_model, d_model),
        "W_v": (width, d_model),
        "W_o": (d_model, width),
    }
    matrices = {f"{name}.weight": draw(*size, seed=i) for i, (name, size) in enumerate(sizes.items())}
    return matrices | {
        f"{name}.bias": draw(size[0], seed=9 + i) for i, (name, size) in enumerate(sizes.items())
    }


def some_mask(b, n, m):
    seen = torch.rand(b, 1, n, m, generator=torch.Generator().manual_seed(3)) < 0.5
    seen[..., 0] = True
    return seen


INPUTS = (draw(2, 5, 12, seed=20), draw(2, 7, 12, seed=21), draw(2, 7, 12, seed=22))


@pytest.mark.parametrize("mask", [None, some_mask(2, 5, 7)], ids=["no mask", "a mask"])
def test_the_block_equals_torch_s_multi_head_attention_with_the_same_weights(mask):
    weights = weights_of(12, 12)
    library = nn.MultiheadAttention(12, 3, batch_first=True, dtype=torch.float64)
    library.load_state_dict(
        {
            "in_proj_weight": torch.cat([weights[f"W_{x}.weight"] for x in "qkv"]),
            "in_proj_bias": torch.cat([weights[f"W_{x}.bias"] for x in "qkv"]),
            "out_proj.weight": weights["W_o.weight"],
            "out_proj.bias": weights["W_o.bias"],
        }
    )
    hidden = None if mask is None else ~mask.expand(2, 3, 5, 7).reshape(6, 5, 7)
    theirs = library(*INPUTS, attn_mask=hidden, need_weights=False)[0]
    assert_close(reference.multi_head_attention(weights, 3, *INPUTS, mask), theirs)


@pytest.mark.parametrize("width", [12, 24], ids=["values as wide as the model", "values twice as wide"])
def test_the_block_equals_its_loop_over_heads_in_numbers_and_in_every_gradient(width):
    weights, mask = weights_of(12, width), some_mask(2, 5, 7)
    leaves = {name: tensor.requires_grad_() for name, tensor in weights.items()}
    fast = reference.multi_head_attention(leaves, 3, *INPUTS, mask)
    slow = reference.attention_by_heads(leaves, 3, *INPUTS, mask)
    assert_close(fast, slow)
    cotangent = draw(2, 5, 12, seed=30)
    ours = torch.autograd.grad(fast, list(leaves.values()), cotangent)
    theirs = torch.autograd.grad(slow, list(leaves.values()), cotangent)
    for name, mine, other in zip(leaves, ours, theirs, strict=True):
        assert_close(mine, other, msg=lambda text, name=name: f"gradient of {name}: {text}")


def test_the_middle_of_the_wide_block_equals_its_loop_over_heads_in_numbers_and_in_every_gradient():
    leaves = [draw(2, 5, 12, seed=1), draw(2, 7, 12, seed=2), draw(2, 7, 24, seed=3)]
    leaves = [leaf.requires_grad_() for leaf in leaves]
    fast = reference.wide_value_attention(*leaves, 3, some_mask(2, 5, 7))
    slow = reference.wide_value_attention_by_heads(*leaves, 3, some_mask(2, 5, 7))
    assert_close(fast, slow)
    cotangent = draw(2, 5, 24, seed=30)
    for mine, other in zip(*(torch.autograd.grad(y, leaves, cotangent) for y in (fast, slow)), strict=True):
        assert_close(mine, other)


@pytest.mark.parametrize("width", [12, 24])
def test_combining_undoes_splitting_at_any_width(width):
    x = draw(2, 5, width)
    assert reference.split_heads(x, 3).shape == (2, 3, 5, width // 3)
    assert torch.equal(reference.combine_heads(reference.split_heads(x, 3)), x)


@pytest.mark.parametrize("lengths", [[5, 3], [1, 4, 2], [6, 6, 6, 1]])
def test_the_mask_equals_its_definition_entry_by_entry_and_leaves_every_query_a_key(lengths):
    n = max(lengths) + 1
    mask = reference.attention_mask(torch.tensor(lengths), n)
    assert torch.equal(mask, reference.attention_mask_by_definition(torch.tensor(lengths), n))
    assert mask.any(-1).all()


def test_a_query_that_may_look_nowhere_gets_nan_and_never_a_silent_average():
    query, key, value = draw(2, 3, 5, 4), draw(2, 3, 7, 4), draw(2, 3, 7, 6)
    mask = torch.ones(2, 1, 5, 7, dtype=torch.bool)
    mask[1, 0, 2] = False
    assert reference.attention(query, key, value, mask)[1, :, 2].isnan().all()


@pytest.mark.parametrize(("d_model", "width"), [(12, 12), (12, 24), (10, 20)])
def test_the_number_of_parameters_is_what_torch_s_layers_hold(d_model, width):
    sizes = [(d_model, d_model), (d_model, d_model), (d_model, width), (width, d_model)]
    counted = sum(p.numel() for size in sizes for p in nn.Linear(*size).parameters())
    assert reference.parameters(d_model, width) == counted


@pytest.mark.parametrize("num_heads", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("width", [12, 24], ids=["before", "after"])
def test_random_weights_reach_the_rank_bound_of_a_head_and_do_not_pass_it(num_heads, width):
    written = reference.value_output_map(weights_of(12, width), 0, num_heads)
    assert int(torch.linalg.matrix_rank(written)) == reference.rank_bound(12, width // num_heads)


def test_a_wrong_width_is_refused_where_it_enters():
    with pytest.raises(Exception, match="K"):
        reference.multi_head_attention(weights_of(12, 12), 3, INPUTS[0], INPUTS[1][..., :8], INPUTS[2])
