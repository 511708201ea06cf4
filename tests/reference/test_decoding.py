"""The mathematics of the decoding lesson: fast forms against slow ones, formulas against counts."""

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close
from torch.utils.flop_counter import FlopCounterMode

from coursekit.boundary import gradients
from coursekit.cost import count
from utils.reference import decoding

B, H, G, N, D, K, V, T, LIMIT = 2, 6, 3, 5, 8, 4, 7, 9, 11


def normal(*shape, seed=0):
    return torch.randn(
        *shape, generator=torch.Generator().manual_seed(seed + sum(shape)), dtype=torch.float64
    )


def shared_step():
    return (
        normal(B, D),
        normal(B, N, K),
        normal(B, N, V),
        normal(H, D, K),
        normal(D, K),
        normal(D, V),
        normal(H, V, D),
    )


def per_head(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    """The arguments of a multi-head step whose heads hold copies of what multi-query heads share."""
    caches = (cache[:, None].expand(-1, H, -1, -1) for cache in (prev_K, prev_V))
    return x, *caches, W_q, W_k.expand(H, -1, -1), W_v.expand(H, -1, -1), W_o


def text():
    return (
        normal(B, T, D),
        normal(LIMIT, D),
        normal(H, D, K),
        normal(H, D, K, seed=1),
        normal(H, D, V),
        normal(H, V, D),
    )


def groups(key_heads):
    return normal(B, H, T, K), normal(B, key_heads, T, K), normal(B, key_heads, T, V)


def agree_with_gradients(one, other, args):
    assert_close(one(*args), other(*args))
    output = one(*args)
    outputs = output if isinstance(output, tuple) else (output,)
    cotangent = tuple(normal(*o.shape, seed=7) for o in outputs)
    cotangent = cotangent if isinstance(output, tuple) else cotangent[0]
    pairs = zip(gradients(one, args, cotangent), gradients(other, args, cotangent), strict=True)
    for position, (mine, theirs) in enumerate(pairs):
        assert_close(
            mine, theirs, msg=lambda why, position=position: f"gradient of argument {position}: {why}"
        )


def test_a_multi_query_step_equals_the_one_that_goes_head_by_head():
    agree_with_gradients(decoding.multi_query_step, decoding.multi_query_step_by_head, shared_step())


def test_a_multi_query_step_is_a_multi_head_step_whose_heads_share_weights_and_caches():
    args = shared_step()
    y, keys, values = decoding.multi_query_step(*args)
    wide_y, wide_keys, wide_values = decoding.multi_head_step(*per_head(*args))
    assert_close(y, wide_y)
    for head in range(H):
        assert_close(keys, wide_keys[:, head])
        assert_close(values, wide_values[:, head])


def test_a_step_leaves_the_caches_it_was_given_alone():
    args = shared_step()
    before = [a.clone() for a in args]
    decoding.multi_query_step(*args)
    for now, then in zip(args, before, strict=True):
        assert torch.equal(now, then)


def test_the_step_has_no_scale():
    x, prev_K, prev_V, W_q, *rest = shared_step()
    scaled = decoding.multi_query_step(x, prev_K, prev_V, W_q / K**0.5, *rest)[0]
    assert not torch.allclose(decoding.multi_query_step(x, prev_K, prev_V, W_q, *rest)[0], scaled)


def test_wrong_shapes_are_refused_at_the_door():
    x, *rest = shared_step()
    with pytest.raises(Exception, match="'x'|\"x\"|prev_K"):
        decoding.multi_query_step(x[:1], *rest)


def test_grouped_queries_equal_the_loop_over_heads_and_positions():
    agree_with_gradients(decoding.grouped_query, decoding.grouped_query_by_head, groups(G))


@pytest.mark.parametrize("key_heads", [1, 2, 3, 6])
def test_grouped_queries_equal_the_library(key_heads):
    args = groups(key_heads)
    expected = F.scaled_dot_product_attention(*args, is_causal=True, enable_gqa=True)
    assert_close(decoding.grouped_query(*args), expected)


def test_decoding_step_by_step_equals_one_causal_pass_over_the_whole_sequence():
    agree_with_gradients(decoding.decode, decoding.causal_pass, text())


SIZES = [(2, 12, 3, 5), (3, 24, 4, 2), (2, 40, 8, 17)]  # nowhere 1, where einsum multiplies without a product


def tensors(b, d, h, n, heads):
    """Arguments of a step without data: the axes of the key heads are `heads`."""
    k = d // h
    shapes = [
        (b, d),
        (b, *heads, n, k),
        (b, *heads, n, k),
        (h, d, k),
        (*heads, d, k),
        (*heads, d, k),
        (h, k, d),
    ]
    return [torch.ones(shape, dtype=torch.float64) for shape in shapes]


def flops(function, args):
    counter = FlopCounterMode(display=False)
    with counter:
        function(*args)
    return counter.get_total_flops()


@pytest.mark.parametrize(("b", "d", "h", "n"), SIZES)
def test_the_counted_multiply_adds_of_a_step_follow_the_formulas(b, d, h, n):
    wide, narrow = tensors(b, d, h, n, (h,)), tensors(b, d, h, n, ())
    counted = count(decoding.multi_head_step, *wide).multiply_adds
    assert counted == 4 * b * d**2 + 2 * b * (n + 1) * d == decoding.step_multiply_adds(b, d, h, h, n)
    counted = count(decoding.multi_query_step, *narrow).multiply_adds
    assert counted == 2 * b * d**2 + 2 * b * d**2 // h + 2 * b * (n + 1) * d
    assert counted == decoding.step_multiply_adds(b, d, h, 1, n)


@pytest.mark.parametrize(("b", "d", "h", "n"), SIZES)
def test_the_flop_counter_of_torch_counts_twice_the_multiply_adds(b, d, h, n):
    narrow = tensors(b, d, h, n, ())
    assert (
        flops(decoding.multi_query_step, narrow)
        == 2 * count(decoding.multi_query_step, *narrow).multiply_adds
    )


@pytest.mark.parametrize(("b", "d", "h", "n"), SIZES)
@pytest.mark.parametrize("variant", ["multi-head", "multi-query"])
def test_the_numbers_moved_are_the_entries_of_weights_new_caches_and_four_vectors(b, d, h, n, variant):
    g, heads, step = (
        (h, (h,), decoding.multi_head_step) if variant == "multi-head" else (1, (), decoding.multi_query_step)
    )
    args = tensors(b, d, h, n, heads)
    y, keys, values = step(*args)
    entries = sum(weight.numel() for weight in args[3:]) + keys.numel() + values.numel() + 4 * y.numel()
    assert decoding.step_numbers(b, d, h, g, n) == entries


def test_the_intensity_of_a_long_cache_tends_to_the_query_heads_per_key_head():
    for g in (1, 4, 16):
        assert decoding.step_intensity(8, 1024, 16, g, 10**9) == pytest.approx(16 / g, rel=1e-4)


def test_the_cache_of_gpt_2_takes_36_12_or_3_mebibytes():
    sizes = [decoding.cache_bytes(12, 1, 1024, g, 64, 2) for g in (12, 4, 1)]
    assert sizes == [
        36 * decoding.BYTES_PER_MEBIBYTE,
        12 * decoding.BYTES_PER_MEBIBYTE,
        3 * decoding.BYTES_PER_MEBIBYTE,
    ]


def test_a_hundred_tokens_cost_what_the_lesson_says():
    assert list(decoding.loop_counts(100).values()) == [5050, 100, 338350, 5050]


def test_each_further_token_of_the_loop_costs_four_projections_and_a_longer_row_of_scores():
    x, P, *weights = text()
    two, all_of_them = (count(decoding.decode, x[:, :t], P, *weights).multiply_adds for t in (2, T))
    rows = decoding.loop_counts(T)["scores with"] - decoding.loop_counts(2)["scores with"]
    assert all_of_them - two == (T - 2) * B * D * H * (2 * K + 2 * V) + rows * B * H * (K + V)
