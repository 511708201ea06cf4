"""What single operations are charged, by hand count and by torch's own counter."""

from collections.abc import Callable
from dataclasses import astuple

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from coursekit.cost import UncountedOperation, count


def random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def ones(*shape: int) -> Tensor:
    return torch.ones(*shape, dtype=torch.float64)


TWO_ROWS = ones(2, 4)


@pytest.mark.parametrize(
    ("call", "multiply_adds"),
    [
        (lambda: ones(3, 4) @ ones(4, 5), 3 * 4 * 5),
        (lambda: ones(2, 3, 4) @ ones(2, 4, 5), 2 * 3 * 4 * 5),
        (lambda: ones(3, 4) @ ones(4), 3 * 4),
        (lambda: ones(4) @ ones(4), 4),
        (lambda: torch.outer(ones(3), ones(4)), 3 * 4),
        (lambda: torch.addr(ones(3, 4), ones(3), ones(4)), 3 * 4),
        (lambda: torch.addmm(ones(3, 5), ones(3, 4), ones(4, 5)), 3 * 4 * 5),
        (lambda: torch.addmv(ones(3), ones(3, 4), ones(4)), 3 * 4),
        (lambda: torch.baddbmm(ones(2, 3, 5), ones(2, 3, 4), ones(2, 4, 5)), 2 * 3 * 4 * 5),
        (lambda: torch.addbmm(ones(3, 5), ones(2, 3, 4), ones(2, 4, 5)), 2 * 3 * 4 * 5),
        (lambda: torch.einsum("i j, k j -> i k", ones(3, 4), ones(5, 4)), 3 * 4 * 5),
        (lambda: F.linear(ones(2, 3, 4), ones(5, 4)), 2 * 3 * 4 * 5),
        (lambda: F.bilinear(ones(5, 4), ones(5, 3), ones(2, 4, 3)), 5 * 4 * 3 * 2),
        (lambda: torch.cdist(ones(3, 4), ones(5, 4)), 3 * 5 * 4),
        (lambda: torch.cdist(ones(33, 4), ones(35, 4)), 33 * 35 * 4),
        (lambda: F.pdist(ones(5, 4)), 5 * 4 // 2 * 4),
        (lambda: F.conv1d(ones(2, 4, 9), ones(3, 4, 2)), 2 * 3 * 8 * 4 * 2),
        (lambda: F.conv_transpose1d(ones(2, 4, 9), ones(4, 3, 2)), 2 * 4 * 9 * 3 * 2),
        (lambda: torch.vmap(torch.dot)(ones(5, 4), ones(5, 4)), 5 * 4),
    ],
)
def test_a_product_is_charged_its_contraction(call: Callable[[], object], multiply_adds: int) -> None:
    assert count(call).multiply_adds == multiply_adds


@pytest.mark.parametrize(
    ("call", "touched"),
    [
        (lambda x: x + 1, 12),
        (lambda x: x.sum(), 12),
        (lambda x: x[:, None] + x[None], 3 * 3 * 4),
        (lambda x: x.expand(5, 3, 4).sum(), 5 * 3 * 4),
        (lambda x: torch.cat([x, x]), 24),
        (lambda x: torch._foreach_add([x, x], 1.0), 24),
        (lambda x: x[torch.tensor([2, 0])], 2 * 4),
        (lambda x: x.index_select(0, torch.tensor([2])), 4),
        (lambda x: x.index_put_((torch.tensor([2, 0]),), TWO_ROWS), 2 * 4),
        (lambda x: x.index_put_((torch.tensor([2, 0]),), TWO_ROWS[0]), 2 * 4),
        (lambda x: x.index_put_((x > 0,), torch.tensor(0.0, dtype=x.dtype)), 12 + 12),
        (lambda x: x.index_add_(0, torch.tensor([1]), TWO_ROWS[:1]), 4),
        (lambda x: torch.linalg.inv(x[:, :3]), 9 * 3),
    ],
)
def test_other_operations_are_charged_the_elements_they_touch(
    call: Callable[[Tensor], object], touched: int
) -> None:
    assert count(call, torch.eye(3, 4, dtype=torch.float64)).work == touched


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x.T,
        lambda x: x.view(-1),
        lambda x: x[1],
        lambda x: x[:, None].squeeze_(1),
        lambda x: x.expand(5, 3, 4),
        lambda x: x.unbind(),
        lambda x: x.split(2),
        lambda x: x.detach(),
    ],
)
def test_a_view_costs_no_work_and_no_storage(view: Callable[[Tensor], object]) -> None:
    assert not any(astuple(count(view, ones(3, 4))))


def test_on_products_of_matrices_the_count_is_half_of_what_the_flop_counter_of_torch_says() -> None:
    def feed_forward(x: Tensor, up: Tensor, down: Tensor) -> Tensor:
        return torch.bmm(x, x.mT) @ (x @ up).relu() @ down

    x, up, down = random(2, 5, 3).requires_grad_(), random(3, 7), random(7, 4)
    with FlopCounterMode(display=False) as flops:
        feed_forward(x, up, down).sum().backward()
    counted = count(lambda *args: feed_forward(*args).sum().backward(), x, up, down)
    assert 2 * counted.multiply_adds == flops.get_total_flops() > 0


@pytest.mark.parametrize("training", [False, True])
def test_attention_in_one_operation_is_charged_its_products(training: bool) -> None:
    b, h, n, m, d = 2, 3, 5, 7, 4
    q, k, v = (random(b, h, length, d).requires_grad_(training) for length in (n, m, m))

    def attend() -> None:
        output = F.scaled_dot_product_attention(q, k, v)
        if training:
            output.sum().backward()

    products = 2 + 5 if training else 2
    assert count(attend).multiply_adds == products * b * h * n * m * d


def test_the_attention_module_of_torch_is_counted_in_parts_and_not_by_its_fast_path() -> None:
    n, d = 5, 4
    module = torch.nn.MultiheadAttention(d, 2, batch_first=True, dtype=torch.float64).eval()
    x = random(3, n, d)
    with torch.no_grad():
        assert count(module, x, x, x).multiply_adds == 3 * (4 * n * d**2 + 2 * n**2 * d)


@pytest.mark.parametrize(
    "call", [lambda x: x.to_sparse(), lambda x: torch.nn.LSTM(4, 2)(x.float())], ids=["sparse", "fused"]
)
def test_an_operation_that_hides_its_work_is_refused_by_name(call: Callable[[Tensor], object]) -> None:
    with pytest.raises(UncountedOperation, match=r"aten\.(_to_sparse|mkldnn_rnn_layer)"):
        count(call, ones(3, 4))
