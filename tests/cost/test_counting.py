"""Counts of a call against closed forms, torch's own counter, and code that tries to hide work."""

import gc
from collections.abc import Callable
from dataclasses import astuple
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from coursekit.cost import SLOPE_TOLERANCE, count, growth_of, slope

SIZES = {"N": (5, 7, 11, 12), "D": (2, 3, 6), "M": (4, 8, 9)}
HELD_OUT = {"N": 13, "D": 5, "M": 3}


def random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def ones(*shape: int) -> Tensor:
    return torch.ones(*shape, dtype=torch.float64)


def attention_inputs(N: int, D: int, M: int) -> tuple[Tensor, Tensor, Tensor]:
    return random(N, D), random(N, D), random(N, M)


def trainable_inputs(N: int, D: int, M: int) -> list[Tensor]:
    return [tensor.requires_grad_() for tensor in attention_inputs(N, D, M)]


def softmax_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return (q @ k.T / q.shape[-1] ** 0.5).softmax(-1) @ v


def row_by_row(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return torch.stack([(k @ row / row.shape[-1] ** 0.5).softmax(-1) @ v for row in q])


def broadcast_and_sum(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    scores = (q[:, None] * k[None]).sum(-1) / q.shape[-1] ** 0.5
    return (scores.softmax(-1)[:, :, None] * v[None]).sum(1)


def entry_by_entry(q: Tensor, k: Tensor) -> Tensor:
    scores = torch.empty(len(q), len(k), dtype=q.dtype)
    for i in range(len(q)):
        for j in range(len(k)):
            scores[i, j] = q[i] @ k[j]
    return scores


def in_blocks(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return torch.cat([softmax_attention(rows, k, v) for rows in q.split(4)])


def linear_attention(features_q: Tensor, features_k: Tensor, v: Tensor) -> Tensor:
    mass = features_k.sum(0)
    return features_q @ (features_k.T @ v) / (features_q @ mass)[:, None]


def grows(function: Callable[..., object], of: Any = "work", inputs: Any = attention_inputs) -> str:
    return growth_of(function, inputs, SIZES, HELD_OUT, of=of).text


# -- attention, against closed forms


def test_softmax_attention_costs_its_two_products_and_one_pass_each_for_scaling_and_softmax() -> None:
    assert grows(softmax_attention) == "N^2 D + N^2 M + 2 N^2"
    assert grows(softmax_attention, of="multiply_adds") == "N^2 D + N^2 M"


def test_softmax_attention_keeps_its_weights_and_its_three_inputs_for_the_backward_pass() -> None:
    assert grows(softmax_attention, of="saved", inputs=trainable_inputs) == "N^2 + 2 N D + N M"


def test_nothing_is_saved_when_no_argument_needs_a_gradient() -> None:
    assert count(softmax_attention, *attention_inputs(7, 3, 5)).saved == 0


def test_softmax_attention_holds_two_score_matrices_at_once() -> None:
    cost = count(softmax_attention, *attention_inputs(11, 3, 5))
    assert (cost.peak, cost.largest) == (2 * 11**2, 11**2)


def test_linear_attention_grows_linearly_in_work_and_forms_nothing_of_size_n_squared() -> None:
    # Here D counts features. Two products; the mass and its product with the queries; the quotient.
    assert grows(linear_attention) == "2 N D M + 2 N D + N M"
    assert grows(linear_attention, of="multiply_adds") == "2 N D M + N D"
    assert count(linear_attention, *attention_inputs(50, 3, 4)).largest == 50 * 4


def test_row_by_row_attention_does_the_same_work_without_ever_holding_a_score_matrix() -> None:
    assert grows(row_by_row) == "N^2 D + N^2 M + 2 N^2 + N M"
    assert count(row_by_row, *attention_inputs(50, 3, 4)).largest == 50 * 4


def test_attention_by_broadcast_and_sum_is_charged_although_it_uses_no_product() -> None:
    assert grows(broadcast_and_sum) == "2 N^2 D + 2 N^2 M + 2 N^2"
    assert grows(broadcast_and_sum, of="multiply_adds") == "0"


def test_scores_filled_in_entry_by_entry_cost_a_dot_product_and_a_write_each() -> None:
    assert grows(lambda q, k, v: entry_by_entry(q, k)) == "N^2 D + N^2"


def test_attention_in_blocks_has_quadratic_work_and_a_linear_peak() -> None:
    lengths = [128, 256, 512]
    costs = [count(in_blocks, *attention_inputs(N, 3, 5)) for N in lengths]
    assert slope(lengths, [cost.work for cost in costs]) == pytest.approx(2, abs=SLOPE_TOLERANCE)
    assert slope(lengths, [cost.peak for cost in costs]) == pytest.approx(1, abs=SLOPE_TOLERANCE)


def test_the_decode_step_with_a_key_per_head_takes_4bdd_plus_2b_of_n_plus_1_d_multiply_adds() -> None:
    def step(x: Tensor, K: Tensor, V: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor, W_o: Tensor) -> Tensor:
        q, k, v = (torch.einsum("b d, h d k -> b h k", x, W) for W in (W_q, W_k, W_v))
        keys, values = torch.cat([K, k.unsqueeze(2)], dim=2), torch.cat([V, v.unsqueeze(2)], dim=2)
        weights = torch.einsum("b h k, b h n k -> b h n", q, keys).softmax(-1)
        return torch.einsum(
            "b h v, h v d -> b d", torch.einsum("b h n, b h n v -> b h v", weights, values), W_o
        )

    for b, n, h, k in [(2, 5, 3, 4), (3, 7, 2, 5)]:
        d = h * k
        projections = [random(h, d, k) for _ in range(3)]
        cost = count(
            step, random(b, d), random(b, h, n, k), random(b, h, n, k), *projections, random(h, k, d)
        )
        assert cost.multiply_adds == 4 * b * d**2 + 2 * b * (n + 1) * d


def test_the_decode_step_with_one_shared_key_saves_two_projections_but_no_attention_work() -> None:
    def step(x: Tensor, K: Tensor, V: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor, W_o: Tensor) -> Tensor:
        q = torch.einsum("b d, h d k -> b h k", x, W_q)
        k, v = (torch.einsum("b d, d k -> b k", x, W) for W in (W_k, W_v))
        keys, values = torch.cat([K, k.unsqueeze(1)], dim=1), torch.cat([V, v.unsqueeze(1)], dim=1)
        weights = torch.einsum("b h k, b n k -> b h n", q, keys).softmax(-1)
        return torch.einsum(
            "b h v, h v d -> b d", torch.einsum("b h n, b n v -> b h v", weights, values), W_o
        )

    def inputs(b: int, n: int, h: int, k: int) -> tuple[Tensor, ...]:
        d = h * k
        shapes = [(b, d), (b, n, k), (b, n, k), (h, d, k), (d, k), (d, k), (h, k, d)]
        return tuple(random(*shape) for shape in shapes)

    sizes, held_out = (
        {"b": (2, 3), "n": (4, 6), "h": (2, 3, 4), "k": (3, 5, 6)},
        {"b": 4, "n": 5, "h": 5, "k": 2},
    )
    found = growth_of(step, inputs, sizes, held_out, of="multiply_adds")
    # b d^2 (2 + 2/h) + 2 b (n + 1) d with d = h k
    assert found.text == "2 b h^2 k^2 + 2 b n h k + 2 b h k^2 + 2 b h k"


# -- storage


def test_arguments_and_what_the_call_closes_over_are_not_in_the_peak() -> None:
    weight = ones(4, 5)
    cost = count(lambda x: (x @ weight).sum(), ones(3, 4))
    assert (cost.peak, cost.largest) == (3 * 5 + 1, 3 * 5)


def test_storage_that_is_freed_makes_room_in_the_peak() -> None:
    def one_at_a_time(x: Tensor) -> None:
        for _ in range(4):
            x.exp()

    assert count(one_at_a_time, ones(3, 4)).peak == 3 * 4
    assert count(lambda x: [x.exp() for _ in range(4)], ones(3, 4)).peak == 4 * 3 * 4


def test_a_view_keeps_the_whole_storage_alive() -> None:
    def hold_a_row(x: Tensor) -> None:
        row = x.exp()[0]
        row.exp()

    assert count(hold_a_row, ones(3, 4)).peak == 3 * 4 + 4


def test_storage_is_counted_in_numbers_whatever_their_type() -> None:
    for dtype in (torch.float64, torch.float16, torch.bool):
        assert count(lambda dtype=dtype: torch.zeros(3, 4, dtype=dtype).view(torch.uint8)).peak == 3 * 4


def test_a_tensor_made_from_python_or_numpy_data_is_storage_of_the_call() -> None:
    assert count(lambda: torch.tensor([1.0, 2.0, 3.0])).peak == 3
    assert count(lambda: torch.from_numpy(np.ones((3, 4)))).peak == 3 * 4
    assert count(torch.as_tensor, ones(3, 4)).peak == 0


def test_a_buffer_that_grows_is_counted_at_its_full_size() -> None:
    assert count(lambda: torch.empty(2).resize_(3, 4)).peak == 3 * 4


def test_a_graph_that_is_dropped_frees_what_it_had_saved() -> None:
    def twice(*inputs: Tensor) -> None:
        for _ in range(2):
            softmax_attention(*inputs)

    inputs = [random(11, 3).requires_grad_() for _ in range(3)]
    assert count(twice, *inputs).peak == count(softmax_attention, *inputs).peak


def test_recomputation_in_the_backward_pass_saves_the_inputs_only() -> None:
    n, d, m = 7, 3, 5
    cost = count(
        lambda *args: checkpoint(softmax_attention, *args, use_reentrant=False), *trainable_inputs(n, d, m)
    )
    assert cost.saved == 2 * n * d + n * m


# -- what leaves torch


@pytest.mark.parametrize(
    ("leave", "numbers"),
    [
        (lambda x: x.numpy(), 12),
        (lambda x: np.asarray(x) + 1, 12),
        (lambda x: np.from_dlpack(x), 12),
        (lambda x: x.tolist(), 12),
        (lambda x: x[0].tolist(), 4),
        (lambda x: x.clone().apply_(abs), 12),
        (lambda x: x.data_ptr(), 12),
        (lambda x: x[0, 0].item(), 1),
        (lambda x: [float(entry) for entry in x[0]], 4),
        (lambda x: bool((x > 0).all()), 1),
        (lambda x: x @ x.T, 0),
    ],
)
def test_every_number_that_leaves_torch_is_noted(leave: Callable[[Tensor], object], numbers: int) -> None:
    assert count(leave, ones(3, 4)).escapes == numbers


def test_an_array_taken_out_in_a_loop_is_charged_each_time() -> None:
    cost = count(lambda x: [x.numpy().sum() for _ in range(5)], ones(3, 4))
    assert cost.escapes == cost.work == 5 * 3 * 4


def test_scores_computed_from_single_numbers_show_in_escapes_and_in_work() -> None:
    def by_hand(q: Tensor, k: Tensor) -> list[float]:
        return [sum(a.item() * b.item() for a, b in zip(x, y, strict=True)) for x in q for y in k]

    cost = count(by_hand, ones(3, 4), ones(5, 4))
    assert cost.escapes == cost.work == 2 * 3 * 5 * 4


# -- the count itself


def test_a_call_under_inference_mode_costs_what_it_costs_without() -> None:
    inputs = attention_inputs(7, 3, 5)
    with torch.inference_mode():
        cost = count(softmax_attention, *inputs)
    assert cost == count(softmax_attention, *inputs)


def test_two_counts_of_the_same_call_are_equal_and_plain() -> None:
    def train(*inputs: Tensor) -> None:
        row_by_row(*inputs).sum().backward()

    first, second = (count(train, *trainable_inputs(7, 3, 5)) for _ in range(2))
    assert first == second
    assert {type(value) for value in astuple(first)} == {int}


def test_tensors_in_reference_cycles_count_as_held_whenever_garbage_would_have_been_collected() -> None:
    cycles = 2 * gc.get_threshold()[0]  # enough for the collector to start, were it awake

    def cyclic(x: Tensor) -> None:
        for _ in range(cycles):
            cycle: list[object] = [x.exp()]
            cycle.append(cycle)

    assert count(cyclic, ones(3, 4)).peak == cycles * 3 * 4


def test_an_exception_in_the_call_comes_through_and_leaves_nothing_switched_on() -> None:
    def fail(x: Tensor) -> None:
        x.exp()
        raise KeyError("from the call")

    with pytest.raises(KeyError, match="from the call"):
        count(fail, ones(3, 4))
    assert gc.isenabled()
    assert torch.utils._python_dispatch._get_current_dispatch_mode() is None
    assert count(torch.exp, ones(3, 4)).work == 12


def test_counting_does_not_change_the_result_or_the_gradients() -> None:
    inputs = trainable_inputs(7, 3, 5)
    plain = torch.autograd.grad(softmax_attention(*inputs).square().sum(), inputs)
    results: list[tuple[Tensor, ...]] = []
    count(lambda: results.append(torch.autograd.grad(softmax_attention(*inputs).square().sum(), inputs)))
    torch.testing.assert_close(results[0], plain, rtol=0, atol=0)
